"""``--to onnx``: the folder answers as the model does, read by one file and nothing of ours."""

import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli_runs import HEADLINES, model_folder, run_badly, run_well
from rungs_headlines import headlines, some
from sadari.errors import MissingExtraError, ModelError, OutputError, SettingError
from sadari.export.onnx import export_onnx, reading_data
from sadari.export.proof import HOSTILE, compare
from sadari.export.readers.sadari_reader import Classifier, Reader
from sadari.rungs import RUNGS
from sadari.text.tokens.tokenize import TOKENIZERS

COUNTING = {
    "bow": {},
    "bow hashed": {"buckets": 1024, "ngram_range": (1, 2)},
    "ngram": {"ngram_range": (2, 3), "norm": "l1"},
    "tfidf": {"min_df": 2},
    "tfidf binary": {"binary": True, "sublinear_tf": False, "norm": None},
    "char": {},
    "char across": {"across_spaces": True, "ngram_range": (2, 4)},
    "word-char": {},
    "embedding-bag": {},
    "embedding-bag subwords": {"subwords": (3, 5), "longest": 1},
    "embedding-bag plain": {"end": False, "min_count": 2},
}


def trained(name, lang="en", rows=400):
    texts, labels = some(rows, lang)
    return RUNGS[name.split()[0]](**COUNTING.get(name, {})).fit(texts, labels)


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("name", COUNTING)
def test_every_rung_that_counts_answers_the_same(name, lang, tmp_path):
    model = trained(name, lang)
    asked = headlines(lang, "test")[0].to_list()[:50]
    proof = export_onnx(model, tmp_path / "out", texts=asked)
    assert proof.off < 2e-5
    texts = [*asked, *HOSTILE]
    logits, probabilities = Classifier(tmp_path / "out").run(texts)
    assert np.abs(probabilities - model.predict_proba(texts)).max() < 2e-5
    assert np.allclose(logits, model.logits(texts), atol=1e-4)
    assert Classifier(tmp_path / "out").predict(texts) == model.predict(texts).tolist()


def test_the_folder_is_read_without_this_package(tmp_path):
    model = trained("tfidf")
    export_onnx(model, tmp_path / "out", texts=["one text"])
    script = (
        "import sys; sys.modules['sadari'] = None\n"
        "from sadari_reader import Classifier\n"
        "print(Classifier('.').predict(['Stocks fell on Friday as oil rose'])[0])\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'torch', 'polars', 'numba', 'tokenizers'}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path / "out", capture_output=True, text=True, check=True
    )
    assert run.stdout.split("\n")[:2] == [model.predict(["Stocks fell on Friday as oil rose"])[0], "[]"]


def test_several_labels_have_their_thresholds(tmp_path):
    texts, labels = some(300)
    pairs = [(label, "long") if len(text) > 120 else (label,) for text, label in zip(texts, labels, strict=True)]
    model = RUNGS["tfidf"]().fit(texts, pairs)
    export_onnx(model, tmp_path / "out", texts=texts[:100])
    assert Classifier(tmp_path / "out").predict(texts[:40]) == [tuple(row) for row in model.predict(texts[:40])]


HARD = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cs", "Cn")),
        st.sampled_from([*"aB1_.,!?'\"<>;: \t\n", *"가각힣ㄱ", "\u1100", "\u1161", "\u11a8", "e", "\u0301", "Σ", "İ"]),
        st.sampled_from([*"ทดสอบ", *"你好", *"<br />", *"</s>", "\u200d", "\ufe0f", "👩", "🏽", "ß", "ك"]),
    ),
    max_size=40,
) | st.lists(st.sampled_from(["<br />", "<BR />", '<"br />', "</s>", "word", "영화", " ", "."])).map("".join)


@pytest.mark.parametrize("name", [name for name in TOKENIZERS if name != "morphemes"])
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(HARD, min_size=1, max_size=9))
def test_texts_are_cut_as_by_the_tokenizer(name, texts):
    assert [reader_of(name).steps[0].tokenizer(text) for text in texts] == TOKENIZERS[name]()(texts).to_lists()


READERS = {}


def reader_of(name):
    if name not in READERS:
        model = RUNGS["bow"](tokenizer=name).fit(["a few words here", "and others there"], ["a", "b"])
        portable = model.portable()
        READERS[name] = Reader(reading_data(model, portable), portable.reading.arrays)
    return READERS[name]


MODELS = {}


@pytest.mark.parametrize("name", ["tfidf", "char", "char across", "word-char", "embedding-bag subwords"])
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(HARD, min_size=1, max_size=5))
def test_hostile_texts_have_the_same_features(name, texts):
    if name not in MODELS:
        model = trained(name, "ko", 200)
        portable = model.portable()
        MODELS[name] = model, portable, Reader(reading_data(model, portable), portable.reading.arrays)
    model, portable, reader = MODELS[name]
    if name.startswith("embedding"):
        for text in texts:
            found = model.vectors_.features(model_column(text)).values
            ids, counts = reader.read(text)
            assert counts.sum() == (found >= 0).sum()
            total = (portable.form.embedding[ids] * counts[:, None]).sum(axis=0)
            assert np.allclose(total, model.embedding_[found[found >= 0]].sum(axis=0), atol=1e-3)
        return
    counts, _ = model.weighed(model_column(*texts))
    for row, text in enumerate(texts):
        own = slice(counts.offsets[row], counts.offsets[row + 1])
        expected = sorted(zip(counts.ids[own].tolist(), counts.counts[own].tolist(), strict=True))
        assert list(zip(*(part.tolist() for part in reader.read(text)), strict=True)) == expected


def model_column(*texts):
    import polars as pl

    return pl.Series("text", texts, pl.String)


def test_an_export_that_answers_otherwise_is_refused(tmp_path, monkeypatch):
    model = trained("tfidf")
    monkeypatch.setattr(model, "inverse_temperature_", model.inverse_temperature_ * 1.01)
    expected = model.predict_proba(["a", "stocks fell"])
    with pytest.raises(ModelError, match="2 of 2 texts"):
        compare(expected, expected[::-1], model, ["a", "stocks fell"], "it", 1e-4)
    with pytest.raises(ModelError, match="2 of 2 texts"):
        compare(expected, expected * np.nan, model, ["a", "b"], "it", 1e-4)


def test_a_refused_export_leaves_nothing(tmp_path, monkeypatch):
    model = trained("tfidf")
    wrong = model.predict_proba(["x"])
    always = np.repeat(wrong[:, ::-1], 1_000, axis=0)
    monkeypatch.setattr(type(model), "_probabilities", lambda self, logits, known: always[: len(logits)])
    with pytest.raises(ModelError, match="refused"):
        export_onnx(model, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_absent_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"sadari\[onnx\]"):
        export_onnx(trained("bow"), tmp_path / "out")


def test_what_cannot_go_says_why(tmp_path):
    pytest.importorskip("kiwipiepy")
    model = RUNGS["bow"](tokenizer="morphemes").fit(*some(60, "ko"))
    with pytest.raises(SettingError, match="Kiwi"):
        export_onnx(model, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_older_export_is_replaced_and_nothing_else(tmp_path):
    model = trained("bow")
    export_onnx(model, tmp_path / "out", texts=["one text"])
    export_onnx(model, tmp_path / "out", texts=["one text"])
    (tmp_path / "out" / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match=r"mine\.txt"):
        export_onnx(model, tmp_path / "out")
    assert (tmp_path / "out" / "mine.txt").exists()


def test_the_command_writes_and_proves(tmp_path):
    folder = model_folder("tfidf")
    said = run_well(
        "export", folder, "--to", "onnx", "-o", tmp_path / "out", "--texts", HEADLINES / "en_test.csv"
    ).stdout
    assert "texts have the same labels there" in " ".join(said.split())
    assert (tmp_path / "out" / "model.onnx").exists()
    assert "is not for --to onnx" in run_badly(
        "export", folder, "--to", "onnx", "-o", tmp_path / "o", "--lines", HEADLINES / "en_test.csv"
    )
    assert "is not for --to fasttext" in run_badly(
        "export", folder, "--to", "fasttext", "-o", tmp_path / "o", "--texts", HEADLINES / "en_test.csv"
    )
    assert "no exported model" in run_badly("export", folder, "--to", "onnx", "-o", folder)
    assert "no such model folder" in run_badly("export", tmp_path / "none", "--to", "onnx", "-o", tmp_path / "o")


def test_nfd_and_nfc_are_one_text(tmp_path):
    reader = reader_of("syllables")
    cut = reader.steps[0].tokenizer
    assert cut(unicodedata.normalize("NFD", "영화를 봤다")) == cut("영화를 봤다")
