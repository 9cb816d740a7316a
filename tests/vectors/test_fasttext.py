"""fastText's model files: those that it wrote itself, read and written back; word vectors; and what no file can say."""

import gzip
import struct
import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fasttext_files import (
    PLACES,
    many_labels,
    official,
    official_probabilities,
    patched,
    quantise,
    small_bytes,
    small_model,
    train,
    write_lines,
)
from rungs_headlines import some
from sadari.errors import ModelError, OutputError, SettingError
from sadari.rungs import FastTextModel
from sadari.vectors.fasttext import vectors as fasttext_model
from sadari.vectors.fasttext.dictionary import Dictionary
from sadari.vectors.fasttext.file import dense, open_fasttext, write_fasttext
from sadari.vectors.fasttext.product_quantization import QuantisedMatrix
from sadari.vectors.fasttext.vectors import read_vectors_bin, write_vectors_bin
from sadari.vectors.keyed import WordVectors
from sadari.vectors.subwords import Subwords
from sadari.vectors.word2vec.trainer import train_vectors

TEXTS, LABELS = some(600)
UNSEEN = ["zzqq", "unbelievableness", "한국어", "é", "x", "a" * 300, "–="]
KINDS = {"plain": {}, "quantised": {"quantised": True}, "pruned": {"pruned": True}, "words": {"pieces": (0, 0)}}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("fasttext")


@pytest.fixture(scope="module")
def lines(place):
    return write_lines(place / "lines.txt", TEXTS, LABELS)


@pytest.fixture(scope="module")
def files(place, lines):
    """Models of every kind, by the official package."""
    common = {"dim": 12, "epoch": 1, "bucket": 5_000, "thread": 1, "verbose": 0, "minCount": 1}
    found = {}
    for name, more in {"skipgram": {}, "cbow": {"minn": 1, "maxn": 4}, "words": {"minn": 0, "maxn": 0}}.items():
        model = official().train_unsupervised(
            str(lines), model="cbow" if name == "cbow" else "skipgram", **{**common, **more}
        )
        model.save_model(str(place / name))
        found[name] = place / name
    found["supervised"] = train(lines, place / "supervised", epoch=3, bucket=5_000, minn=3, maxn=5, wordNgrams=2)
    many = write_lines(place / "many.txt", TEXTS, many_labels(TEXTS))
    full = train(many, place / "full", epoch=3, bucket=1_000, minn=2, maxn=3, wordNgrams=3)
    found["ftz"] = quantise(full, place / "ftz", many)
    found["ftz lengths"] = quantise(full, place / "ftz-lengths", many, qnorm=True, dsub=3)
    found["ftz output"] = quantise(full, place / "ftz-output", many, qout=True, qnorm=True)
    found["ftz pruned"] = quantise(full, place / "ftz-pruned", many, cutoff=600, qnorm=True, qout=True, retrain=True)
    return found


# -- what the official package wrote ----------------------------------------------------------------------


def test_files_written_back_have_the_same_bytes(files, tmp_path):
    for name, path in files.items():
        with open_fasttext(path) as model:
            write_fasttext(model, tmp_path / "copy")
            assert (tmp_path / "copy").read_bytes() == path.read_bytes(), name


def test_quantised_rows_are_the_official_ones(files):
    for name in ("ftz", "ftz lengths", "ftz output", "ftz pruned"):
        model = official().load_model(str(files[name]))
        with open_fasttext(files[name]) as found:
            rows = dense(found.input)
        wanted = np.stack([model.get_input_vector(row) for row in range(len(rows))])
        assert np.array_equal(rows, wanted), name


def test_word_vectors_have_the_official_bits(files):
    for name, path in files.items():
        model, vectors = official().load_model(str(path)), read_vectors_bin(path)
        assert vectors.words == [word for word in model.get_words() if not word.startswith("__label__")]
        wanted = np.stack([model.get_word_vector(word) for word in vectors.words])
        assert np.array_equal(vectors.matrix, wanted), name
        assert vectors.counts.tolist() == model.get_words(include_freq=True)[1].tolist()
        made, found = vectors.vectors_of(UNSEEN)
        if name in ("words", "ftz pruned"):
            assert not found.any()
            assert bool(vectors.notes) == (name == "ftz pruned")
        else:
            wanted = np.stack([model.get_word_vector(word) for word in UNSEEN])
            np.testing.assert_allclose(made, wanted, atol=1e-6)


def test_some_words_or_the_first_words_alone(files):
    for path in files.values():
        whole = read_vectors_bin(path)
        words = ["zzqq", whole.words[40], "the", whole.words[-1], whole.words[40]]
        part = read_vectors_bin(path, words=words)
        assert set(part.words) == set(words) - {"zzqq"}
        assert np.array_equal(part.matrix, whole.vectors_of(part.words)[0])
        first = read_vectors_bin(path, limit=7)
        assert first.words == whole.words[:7]
        assert np.array_equal(first.matrix, whole.matrix[:7])
        assert read_vectors_bin(path, words=words, limit=3).words == ["the"] * ("the" in whole.words[:3])
        none = read_vectors_bin(path, words=["zzqq"])
        assert (len(none), str(none.notes[0])) == (0, "0 of the 1 words asked for are in it")
        assert np.array_equal(none.vectors_of(UNSEEN)[0], whole.vectors_of(UNSEEN)[0])


def test_version_11_knew_no_pieces_of_words(files, tmp_path):
    """An old supervised file is read as fastText reads it, whatever its arguments say of pieces."""
    data = files["supervised"].read_bytes()
    path = tmp_path / "old.bin"
    path.write_bytes(data[:4] + struct.pack("<i", 11) + data[8:])
    wanted = official_probabilities(path, TEXTS[:50])[1]
    np.testing.assert_allclose(FastTextModel.from_file(path).predict_proba(TEXTS[:50]) + 1e-5, wanted, atol=1e-6)
    assert read_vectors_bin(path).subwords is None
    with open_fasttext(path) as model:
        write_fasttext(model, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == path.read_bytes()


# -- what the official package reads ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["skipgram", "cbow", "words", "supervised", "ftz"])
def test_written_vectors_are_found_by_the_official_package(name, files, tmp_path):
    vectors = read_vectors_bin(files[name])
    write_vectors_bin(vectors, tmp_path / "v.bin")
    model = official().load_model(str(tmp_path / "v.bin"))
    for word in vectors.words:
        np.testing.assert_allclose(model.get_word_vector(word), vectors[word], atol=1e-5)
    if vectors.subwords is not None:
        for word in UNSEEN:
            np.testing.assert_allclose(model.get_word_vector(word), vectors[word], atol=1e-5)
    again = read_vectors_bin(tmp_path / "v.bin")
    np.testing.assert_allclose(again.matrix, vectors.matrix, atol=1e-5)
    assert again.counts.tolist() == vectors.counts.tolist()


def test_words_that_only_a_binary_file_can_hold(tmp_path):
    """Spaces, labels, an empty word, the end of a line: all but NUL."""
    random = np.random.default_rng(0)
    words = ["new york", "__label__x", "</s>", "", "줄\n바꿈", "a\\x"]
    pieces = Subwords(random.normal(size=(64, 3)).astype(np.float32), shortest=1, longest=3)
    vectors = WordVectors(words, random.normal(size=(6, 3)).astype(np.float32), subwords=pieces)
    write_vectors_bin(vectors, tmp_path / "v.bin")
    found = read_vectors_bin(tmp_path / "v.bin")
    assert found.words == words
    assert found.notes == []
    np.testing.assert_allclose(found.matrix, vectors.matrix, atol=1e-6)
    model = official().load_model(str(tmp_path / "v.bin"))
    for word in ["new york", "</s>", "unseen", "the"]:
        if word != "the":
            np.testing.assert_allclose(model.get_word_vector(word), vectors[word], atol=1e-6)
    with pytest.raises(SettingError, match="NUL"):
        write_vectors_bin(WordVectors(["a\0b"], np.ones((1, 3), np.float32)), tmp_path / "w.bin")
    jamo = Subwords(pieces.matrix, unit="jamo")
    with pytest.raises(SettingError, match="jamo"):
        write_vectors_bin(WordVectors(["a"], np.ones((1, 3), np.float32), subwords=jamo), tmp_path / "w.bin")
    assert not (tmp_path / "w.bin").exists()


def test_output_vectors_are_written_where_they_are_known(tmp_path):
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    write_vectors_bin(WordVectors(["a", "b"], matrix, outputs=matrix + 1), tmp_path / "v.bin")
    assert np.array_equal(official().load_model(str(tmp_path / "v.bin")).get_output_matrix(), matrix + 1)


@pytest.mark.parametrize("model", ["cbow", "skipgram"])
def test_how_they_were_trained_is_written_where_it_is_known(model, tmp_path):
    vectors = train_vectors(TEXTS[:50], model=model, window=3, negatives=4, epochs=2, min_count=1, workers=1)
    write_vectors_bin(vectors, tmp_path / "v.bin")
    found = official().load_model(str(tmp_path / "v.bin")).f.getArgs()
    assert (found.model.name, found.ws, found.neg, found.epoch, found.minCount) == (model, 3, 4, 2, 1)
    said = WordVectors(vectors.words, vectors.matrix, training={"settings": {"window": 2**40, "epochs": "many"}})
    write_vectors_bin(said, tmp_path / "w.bin")  # a folder may say anything
    assert official().load_model(str(tmp_path / "w.bin")).f.getArgs().ws == 5


def test_writing_is_deterministic_and_whole_or_not_at_all(tmp_path):
    assert small_bytes(tmp_path / "a") == small_bytes(tmp_path / "b")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError):
        write_fasttext(small_model(), tmp_path / "folder")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "b", "folder"]


def test_words_that_are_not_utf8(tmp_path):
    path = tmp_path / "m.bin"
    path.write_bytes(small_bytes(path).replace(b"sat", b"\xff\xfet"))
    vectors = read_vectors_bin(path)
    assert vectors.words[-1] == "\\xff\\xfet"
    assert "1 words have bytes that are not UTF-8" in str(vectors.notes[0])
    assert np.isfinite(FastTextModel.from_file(path).predict_proba(["sat ÿþt"])).all()


# -- what no file can say ---------------------------------------------------------------------------------


def outcome(path, data):
    """Read in every way: "refused", or "read" and its numbers finite; never anything else, nor slow, nor large."""
    path.write_bytes(data)
    start = time.process_time()  # other tests may run beside this one
    ends = set()
    for read in (FastTextModel.from_file, read_vectors_bin):
        error = None
        try:
            found = read(path)
        except ModelError as refused:
            error = str(refused)
        if error is not None:
            assert str(path) in error
            ends.add("refused")
            continue
        numbers = found.matrix if read is read_vectors_bin else found.predict_proba(["the cat sat", "", "가 </s> x"])
        assert np.isfinite(numbers).all()
        ends.add("read")
    assert time.process_time() - start < 4
    return "read" if "read" in ends else "refused"


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_file_cut_anywhere_is_refused(kind, tmp_path):
    data = small_bytes(tmp_path / "whole", **KINDS[kind])
    assert outcome(tmp_path / "m", data) == "read"
    # every place in the head and the dictionary, and some in the matrices
    for cut in [*range(min(len(data), 400)), *range(400, len(data), 97), len(data) - 1]:
        assert outcome(tmp_path / "m", data[:cut]) == "refused", cut
    assert outcome(tmp_path / "m", data + b"x") == "refused"


BAD = [
    ("dim", 0),
    ("dim", -1),
    ("dim", 5),
    ("dim", 2**31 - 1),
    ("wordNgrams", 65),
    ("wordNgrams", 2**31 - 1),
    ("loss", 0),
    ("loss", 5),
    ("loss", -1),
    ("model", 0),
    ("model", 4),
    ("bucket", 17),
    ("bucket", 0),
    ("bucket", -1),
    ("bucket", 2**31 - 1),
    ("maxn", 65),
    ("maxn", 2**31 - 1),
    ("t", float("nan")),
    ("t", float("inf")),
    ("size", 9),
    ("size", -1),
    ("size", 2**31 - 1),
    ("nwords", 6),
    ("nwords", -1),
    ("nwords", 2**31 - 1),
    ("nlabels", 2**31 - 1),
    ("pruned", 10**12),
    ("pruned", -2),
    ("pruned", 0),
    ("pruned", 2**63 - 1),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_numbers_that_cannot_be(name, value, tmp_path):
    tracemalloc.start()
    assert outcome(tmp_path / "m", patched(small_bytes(tmp_path / "whole"), name, value)) == "refused"
    assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize(("words", "labels"), [(10**9, 0), (2**31 - 4, 3)])
def test_a_dictionary_larger_than_the_file(words, labels, tmp_path):
    data = patched(small_bytes(tmp_path / "whole"), "size", words + labels)
    (tmp_path / "m").write_bytes(patched(patched(data, "nwords", words), "nlabels", labels))
    with pytest.raises(ModelError, match="dictionary has"):
        FastTextModel.from_file(tmp_path / "m")


def test_a_matrix_larger_than_the_file(tmp_path):
    data = small_bytes(tmp_path / "whole")
    shape = struct.pack("<qq", 21, 4)
    for rows, width in [(10**12, 4), (2**62, 4), (21, 2**40), (-1, 4), (21, -4), (2**63 - 1, 2**63 - 1), (20, 4)]:
        other = data.replace(shape, struct.pack("<qq", rows, width))
        assert other != data
        assert outcome(tmp_path / "m", other) == "refused"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e30])
def test_weights_that_are_no_numbers(value, tmp_path):
    for kind in KINDS.values():
        data = small_bytes(tmp_path / "whole", **kind)
        for place in (-4, -4 * 12):  # the last and the first of the output matrix
            stop = len(data) + place
            other = data[:stop] + struct.pack("<f", value) + data[stop + 4 :]
            (tmp_path / "m").write_bytes(other)
            with pytest.raises(ModelError, match=r"NaN|too large"):
                FastTextModel.from_file(tmp_path / "m")


def test_quantised_rows_too_large_to_calculate_with(tmp_path):
    """Each part is finite, and their product is not."""
    model = small_model(quantised=True)
    large = replace(model.input, centroids=model.input.centroids * np.float32(1e30), lengths=np.full(256, 1e30, "<f4"))
    write_fasttext(replace(model, input=large), tmp_path / "m")
    for read in (FastTextModel.from_file, read_vectors_bin):
        with pytest.raises(ModelError, match="too large"):
            read(tmp_path / "m")


def test_a_small_file_of_many_wide_rows_is_not_decoded(tmp_path):
    model = small_model(quantised=True)
    few, width = np.zeros((2**22, 1), np.uint8), 1_000
    wide = QuantisedMatrix(few, np.ones(256 * width, np.float32), width, width)
    write_fasttext(
        replace(model, arguments=replace(model.arguments, width=width), input=wide, output=np.ones((3, width), "<f4")),
        tmp_path / "m",
    )
    with pytest.raises(ModelError, match="too many to decode"):
        read_vectors_bin(tmp_path / "m")


@pytest.mark.parametrize("size", [1_000, 2**20, 2**23])
def test_a_long_word_takes_little_memory(size, tmp_path):
    """Its pieces would be 64 times as many as its letters; what is longer than 1 MiB is no word."""
    model = small_model(pieces=(1, 64))
    words = [b"</s>", b"the", b"x" * size, b"cat", b"sat"]
    named = replace(model, dictionary=Dictionary.of(words, [b"a", b"b", b"c"], np.ones(8, np.int64), 8))
    write_fasttext(named, tmp_path / "m")
    assert outcome(tmp_path / "m", (tmp_path / "m").read_bytes()) == ("read" if size == 1_000 else "refused")


def test_blocks_of_words_may_end_anywhere(files, monkeypatch):
    for path in (files["cbow"], files["ftz lengths"]):
        wanted = read_vectors_bin(path)
        with monkeypatch.context() as patch:
            patch.setattr(fasttext_model, "_BLOCK", 7)
            patch.setattr(fasttext_model, "_BLOCK_BYTES", 11)
            assert np.array_equal(read_vectors_bin(path).matrix, wanted.matrix)
            assert read_vectors_bin(path, words=["the", "zzqq"]).words == ["the"]


def test_files_of_other_kinds_are_named(tmp_path):
    head = struct.pack("<ii", 793712314, 12)
    cases = {
        b"": "is empty",
        b"__label__a some text\n__label__b other\n": "is text",
        "ko 한국어 텍스트\n".encode() * 300: "is text",
        b"3 2\nthe 0.1 0.2\na 0.1 0.2\nof 1 2\n": "word2vec's format.*\n.*vectors convert",
        b"3 2\nthe " + struct.pack("<2f", 1, 2): "word2vec's format",
        gzip.compress(b"x" * 100): "gzip",
        b"PK\x03\x04" + bytes(40): "zip",
        b"\x80\x04\x95" + bytes(40): "pickle",
        bytes(range(256)) * 4: "magic number",
        head[:4] + struct.pack("<i", 13) + bytes(400): "format 13",
        head[:4] + struct.pack("<i", 5) + bytes(400): "format 5",
        head: "ends within the arguments",
    }
    for data, what in cases.items():
        (tmp_path / "model.bin").write_bytes(data)
        for read in (FastTextModel.from_file, read_vectors_bin):
            with pytest.raises(ModelError, match=what) as error:
                read(tmp_path / "model.bin")
            assert "model.bin" in str(error.value)
    for name, what in ((".", "a folder"), ("none.bin", "no such file"), ("a\0b", "NUL")):
        with pytest.raises(ModelError, match=what):
            read_vectors_bin(f"{tmp_path}/{name}")


def test_a_word_twice_and_words_among_labels(tmp_path):
    data = small_bytes(tmp_path / "whole")
    (tmp_path / "m").write_bytes(data.replace(b"sat", b"cat"))
    with pytest.raises(ModelError, match="'cat' twice"):
        FastTextModel.from_file(tmp_path / "m")
    kind = data.index(b"cat\0") + 4 + 8
    (tmp_path / "m").write_bytes(data[:kind] + b"\1" + data[kind + 1 :])
    with pytest.raises(ModelError, match="mixes words and labels"):
        FastTextModel.from_file(tmp_path / "m")


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_changed_or_cut(data, tmp_path):
    """Refused, or a model whose numbers are finite."""
    loss = data.draw(st.sampled_from(["softmax", "hs", "ova", "ns"]))
    whole = bytearray(small_bytes(tmp_path / "whole", loss=loss, **KINDS[data.draw(st.sampled_from(list(KINDS)))]))
    matrices = st.integers(0, len(whole) - 1)
    for _ in range(data.draw(st.integers(1, 4))):
        # mostly in what is read first: there are the sizes
        place = data.draw(st.integers(0, PLACES["entries"] + 120) | matrices)
        whole[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        first = data.draw(matrices)
        del whole[first : first + data.draw(st.integers(1, 40))]
    outcome(tmp_path / "m", bytes(whole))
