"""Files of word vectors: every format in and out, against gensim's own files; and everything that is none."""

from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sadari.errors import DataError, ModelError, OutputError, SadariError, SettingError
from sadari.vectors.formats import source
from sadari.vectors.formats.files import FORMATS, read_vectors, write_vectors
from sadari.vectors.keyed import WordVectors

WORDS = ["the", "of", "가나다", "naïve", "don't", "😀", "1", "0.5", "nan", "</s>", "\u00a0", "\u2028"]
IN_FILES = ("word2vec-binary", "word2vec-text", "glove")
GLOVE = "the 0.1 -0.2 3\nof 1e-3 .5 -4.\nto 7 8 9\n"


def put(folder: Path, content: str | bytes, name: str = "vectors.txt") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def some(words: list[str] | None = None, width: int = 7, seed: int = 0) -> WordVectors:
    words = WORDS if words is None else words
    matrix = np.random.default_rng(seed).normal(size=(len(words), width)).astype(np.float32)
    return WordVectors(words, matrix)


def same(one: WordVectors, other: WordVectors) -> bool:
    bits = one.matrix.view(np.uint32), other.matrix.view(np.uint32)
    return one.words == other.words and np.array_equal(*bits)


def error_of(path: Path, **options: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        read_vectors(path, **options)
    # One line that says what and where, one that says what to do.
    assert str(caught.value).count("\n") <= 1
    assert str(path) in str(caught.value)
    return caught.value


def binary(*rows: tuple[bytes, list[float]], promised: int | None = None, end: bytes = b"\n") -> bytes:
    width = len(rows[0][1])
    body = b"".join(word + b" " + struct.pack(f"<{width}f", *values) + end for word, values in rows)
    return f"{len(rows) if promised is None else promised} {width}\n".encode() + body


# -- against gensim -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keyed_vectors() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    return models.KeyedVectors


@pytest.mark.parametrize("options", [{"binary": True}, {"binary": False}, {"binary": False, "write_header": False}])
def test_files_that_gensim_wrote(tmp_path: Path, keyed_vectors: Any, options: dict[str, bool]) -> None:
    matrix = np.random.default_rng(0).normal(size=(len(WORDS), 9)).astype(np.float32)
    theirs = keyed_vectors(vector_size=9)
    theirs.add_vectors(WORDS, matrix)
    path = tmp_path / "theirs"
    theirs.save_word2vec_format(str(path), **options)
    ours = read_vectors(path)
    assert ours.words == theirs.index_to_key
    assert np.array_equal(ours.matrix, matrix)
    assert all(np.array_equal(ours[word], theirs[word]) for word in WORDS)


@pytest.mark.parametrize("format", IN_FILES)
def test_gensim_reads_what_we_write(tmp_path: Path, keyed_vectors: Any, format: str) -> None:
    ours = some()
    path = tmp_path / "ours"
    write_vectors(ours, path, format=format)
    theirs = keyed_vectors.load_word2vec_format(
        str(path), binary=format == "word2vec-binary", no_header=format == "glove"
    )
    assert theirs.index_to_key == ours.words
    assert np.array_equal(theirs.vectors, ours.matrix)


def test_numbers_are_what_gensim_makes_of_them(tmp_path: Path, keyed_vectors: Any) -> None:
    random = np.random.default_rng(1)
    texts = [
        f"{x:.{d}{k}}"
        for x in random.normal(size=300) * 10.0 ** random.integers(-9, 9, 300)
        for d in (3, 6, 17)
        for k in "fge"
    ]
    path = put(tmp_path, "".join(f"word{i} {' '.join(texts[i::300])}\n" for i in range(300)))
    theirs = keyed_vectors.load_word2vec_format(str(path), no_header=True)
    assert np.array_equal(read_vectors(path).matrix, theirs.vectors)


# -- round trips --------------------------------------------------------------------------------------

A_WORD = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=" \ufeff"), min_size=1, max_size=6)
A_NUMBER = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.data(),
    words=st.lists(A_WORD, min_size=1, max_size=8, unique=True),
    width=st.integers(1, 5),
    compressed=st.booleans(),
)
def test_round_trips_keep_words_and_bits(
    tmp_path: Path, data: st.DataObject, words: list[str], width: int, compressed: bool
) -> None:
    numbers = data.draw(st.lists(A_NUMBER, min_size=len(words) * width, max_size=len(words) * width))
    ours = WordVectors(words, np.array(numbers, np.float32).reshape(len(words), width))
    for format in IN_FILES:
        path = tmp_path / "round"
        write_vectors(ours, path, format=format)
        if compressed:
            path.write_bytes(gzip.compress(path.read_bytes(), 1))
        back = read_vectors(path, format=None if width > 2 else format)
        assert same(back, ours)
        assert str(back.notes[0]).startswith(f"format: {FORMATS[format]}")


@pytest.mark.parametrize(
    ("name", "format"),
    [("v.bin", "word2vec-binary"), ("v.vec", "word2vec-text"), ("v.TXT", "word2vec-text"), ("v", "sadari")],
)
def test_the_name_says_what_is_written(tmp_path: Path, name: str, format: str) -> None:
    write_vectors(some(), tmp_path / name)
    back = read_vectors(tmp_path / name)
    assert same(back, some())
    assert str(FORMATS[format]) in str(back.notes[0])


def test_a_fasttext_model_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    ours = some()
    write_vectors(ours, tmp_path / "v.bin", format="fasttext")
    back = read_vectors(tmp_path / "v.bin")
    assert "a fastText model" in str(back.notes[0])
    assert sorted(back.words) == sorted(ours.words)
    assert np.allclose(back["가나다"], ours["가나다"], atol=1e-5)
    assert read_vectors(tmp_path / "v.bin", words=["naïve"]).words == ["naïve"]


def test_a_name_that_says_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"'\.npy'.*names no format"):
        write_vectors(some(), tmp_path / "v.npy")
    assert not list(tmp_path.iterdir())


def test_many_rows_over_many_blocks(tmp_path: Path) -> None:
    ours = some([f"word{i}" for i in range(30_000)], width=60)
    for format in IN_FILES:
        write_vectors(ours, tmp_path / "many", format=format)
        assert (tmp_path / "many").stat().st_size > source.BLOCK_BYTES
        assert same(read_vectors(tmp_path / "many"), ours)


@pytest.mark.parametrize("size", [1, 2, 7, 100])
@pytest.mark.parametrize("format", IN_FILES)
def test_blocks_may_end_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, format: str) -> None:
    monkeypatch.setattr(source, "BLOCK_BYTES", size)
    write_vectors(some(), tmp_path / "v", format=format)
    assert same(read_vectors(tmp_path / "v"), some())


def test_reading_changes_with_nothing_but_the_file(tmp_path: Path) -> None:
    path = put(tmp_path, GLOVE)
    vectors = read_vectors(path)
    assert not vectors.matrix.flags.writeable
    assert same(vectors, read_vectors(str(path)))
    assert np.array_equal(vectors.matrix, np.array([[0.1, -0.2, 3], [1e-3, 0.5, -4], [7, 8, 9]], np.float32))
    assert [str(note) for note in vectors.notes] == ["format: GloVe text, 3 wide, without a header"]


# -- a part of a file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("format", [*IN_FILES, "sadari"])
def test_only_the_words_that_are_wanted(tmp_path: Path, format: str) -> None:
    ours = some()
    write_vectors(ours, tmp_path / "v", format=format)
    wanted = ["naïve", "absent", "1", "the", "the"]
    part = read_vectors(tmp_path / "v", words=iter(wanted))
    assert part.words == ["the", "naïve", "1"]  # in the order of the file
    assert all(np.array_equal(part[word], ours[word]) for word in part.words)
    assert "3 of the 4 words asked for are in it" in list(map(str, part.notes))
    none = read_vectors(tmp_path / "v", words=["absent"])
    assert len(none) == 0
    assert none.width == ours.width


@pytest.mark.parametrize("format", [*IN_FILES, "sadari"])
@pytest.mark.parametrize("limit", [1, 5, len(WORDS), 99])
def test_only_the_first_rows(tmp_path: Path, format: str, limit: int) -> None:
    ours = some()
    write_vectors(ours, tmp_path / "v", format=format)
    part = read_vectors(tmp_path / "v", limit=limit)
    assert part.words == ours.words[:limit]
    assert np.array_equal(part.matrix, ours.matrix[:limit])
    assert read_vectors(tmp_path / "v", limit=limit, words=[ours.words[4]]).words == ours.words[4:5] * (limit > 4)


def test_a_limit_stops_before_what_is_bad(tmp_path: Path) -> None:
    assert read_vectors(put(tmp_path, GLOVE + "bad\n"), limit=3).words == ["the", "of", "to"]
    truncated = binary((b"a", [1, 2]), (b"b", [3, 4]), promised=3)[:-4]
    assert read_vectors(put(tmp_path, truncated), limit=1).words == ["a"]


@pytest.mark.parametrize("format", IN_FILES)
def test_what_is_not_wanted_is_not_held(tmp_path: Path, format: str) -> None:
    ours = some([f"word{i}" for i in range(40_000)], width=200)  # 32 MB
    path = tmp_path / "v"
    write_vectors(ours, path, format=format)
    read_vectors(path, limit=1)  # compiled code is none of the vectors
    for options, held in (({"words": ["word39999"]}, 0), ({}, ours.matrix.nbytes)):
        tracemalloc.start()
        vectors = read_vectors(path, **options)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert np.array_equal(vectors["word39999"], ours["word39999"])
        assert peak < 1.1 * held + 7 * source.BLOCK_BYTES  # less than all vectors take


def test_progress_ends_at_all_of_it(tmp_path: Path) -> None:
    for format in IN_FILES:
        write_vectors(some([f"word{i}" for i in range(20_000)], width=100), tmp_path / "v", format=format)
        shares: list[float] = []
        read_vectors(tmp_path / "v", progress=lambda what, share, shares=shares: shares.append(share))
        assert len(shares) > 1
        assert shares == sorted(shares)
        assert shares[0] < 1 == shares[-1]


def test_settings_that_cannot_be(tmp_path: Path) -> None:
    path = put(tmp_path, GLOVE)
    for options in (
        {"format": "word"},
        {"limit": 0},
        {"on_bad_row": "ignore"},
        {"words": "the"},
        {"words": [1]},
        {"encoding": "utf-9"},
    ):
        with pytest.raises(SettingError):
            read_vectors(path, **options)  # type: ignore[arg-type]


# -- texts as they come -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        GLOVE.replace("\n", "\r\n"),
        GLOVE.replace("\n", "\r\r\n"),
        GLOVE.replace("\n", " \n"),  # as fastText ends its lines
        GLOVE.replace(" ", "\t"),
        GLOVE.replace(" ", "  "),
        GLOVE.removesuffix("\n"),
        "\ufeff" + GLOVE,
        "3 3\n" + GLOVE,
        "3\t3\r\n" + GLOVE,
        " 3 3 \n" + GLOVE,
        "\ufeff3 3\n" + GLOVE,
        gzip.compress(GLOVE.encode()),
        gzip.compress(GLOVE[:20].encode()) + gzip.compress(GLOVE[20:].encode()),
        GLOVE.encode("utf-16"),
        ("3 3\n" + GLOVE).encode("utf-16-be").join([b"\xfe\xff", b""]),
    ],
)
def test_the_same_vectors_written_in_other_ways(tmp_path: Path, content: str | bytes) -> None:
    assert same(read_vectors(put(tmp_path, content)), read_vectors(put(tmp_path, GLOVE, "plain")))


def test_a_header_is_two_whole_numbers(tmp_path: Path) -> None:
    one_wide = put(tmp_path, "2 1\n3 4\n5 6\n")
    assert read_vectors(one_wide).words == ["3", "5"]
    assert read_vectors(one_wide, format="glove").words == ["2", "3", "5"]
    assert read_vectors(put(tmp_path, "2 1.0\n3 4\n")).words == ["2", "3"]
    assert "glove" in str(error_of(put(tmp_path, "2 3\n4 5\n6 7\n")).hint)
    error = error_of(put(tmp_path, GLOVE), format="word2vec-text")
    assert "no header" in error.what


@pytest.mark.parametrize("end", [b"\n", b""])
def test_binary_rows_with_and_without_line_feeds(tmp_path: Path, end: bytes) -> None:
    rows = (b"a", [1.5, 2.5]), ("한".encode(), [10.0, -3.25]), (b"10", [struct.unpack("<f", b"\n\n\n\n")[0], 0.0])
    vectors = read_vectors(put(tmp_path, binary(*rows, end=end)))
    assert vectors.words == ["a", "한", "10"]
    assert np.array_equal(vectors.matrix, np.array([values for _, values in rows], np.float32))


def test_a_narrow_binary_vector_that_looks_like_digits_needs_a_format(tmp_path: Path) -> None:
    path = put(tmp_path, binary((b"0", [141516.5])))  # its bytes are a space, "3", a line feed and "H"
    error_of(path)
    assert read_vectors(path, format="word2vec-binary").matrix.tolist() == [[141516.5]]


def test_spaces_inside_words(tmp_path: Path) -> None:
    path = put(tmp_path, "the 1 2\n. . . 3 4\nat name@domain.com 5 6\n7-\televen 8 9\n")
    vectors = read_vectors(path)
    assert vectors.words == ["the", ". . .", "at name@domain.com", "7-\televen"]
    assert np.array_equal(vectors[". . ."], np.array([3, 4], np.float32))
    assert "words with spaces in them: 3 (the first: '. . .', line 2)" in list(map(str, vectors.notes))
    assert read_vectors(put(tmp_path, ". . . 3 4\nthe 1 2\n")).words == [". . .", "the"]


def test_the_first_of_equal_words_is_kept(tmp_path: Path) -> None:
    for content in (
        "a 1 2\nb 3 4\na 5 6\nc 7 8\nb 9 9\na 9 9\n",
        binary((b"a", [1, 2]), (b"b", [3, 4]), (b"a", [5, 6]), (b"c", [7, 8]), (b"b", [9, 9]), (b"a", [9, 9])),
    ):
        vectors = read_vectors(put(tmp_path, content))
        assert vectors.words == ["a", "b", "c"]
        assert np.array_equal(vectors.matrix, np.array([[1, 2], [3, 4], [7, 8]], np.float32))
        assert "words that stood before, of which the first is kept: 3 (the first: 'a')" in list(
            map(str, vectors.notes)
        )


def test_bytes_that_are_not_valid_are_replaced_and_counted(tmp_path: Path) -> None:
    for content in (
        b"caf\xe9 1 2\nb 3 4\ncaf\xe8 5 6\n",
        binary((b"caf\xe9", [1, 2]), (b"b", [3, 4]), (b"caf\xe8", [5, 6])),
    ):
        vectors = read_vectors(put(tmp_path, content), encoding="utf-8")
        assert vectors.words == ["caf\ufffd", "b"]
        assert "words that are not valid UTF-8, their wrong bytes replaced: 2 (the first: 'caf\ufffd')" in list(
            map(str, vectors.notes)
        )
        assert any("stood before" in note for note in map(str, vectors.notes))
        assert read_vectors(put(tmp_path, content), encoding="latin-1").words == ["café", "b", "cafè"]


def test_the_bytes_of_two_words_are_never_one_character(tmp_path: Path) -> None:
    path = put(tmp_path, b"x\xc3 1 2\n\xa9y 3 4\n")
    assert read_vectors(path).words == ["x\ufffd", "\ufffdy"]


@pytest.mark.parametrize("encoding", ["cp949", "utf-16-le", "utf-16-be", "utf-16"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    path = put(tmp_path, "한글 1 2\n단어 3 4\n".encode(encoding))
    vectors = read_vectors(path, encoding=encoding)
    assert vectors.words == ["한글", "단어"]
    wrong = put(tmp_path, "2 2\n한글 1 2\n".encode("cp949") + b"\xff 3 4\n")
    assert read_vectors(wrong, encoding="cp949").words == ["한글", "\ufffd"]
    assert "words that are not valid CP949" in str(read_vectors(wrong, encoding="cp949").notes[-1])


def test_blank_lines_and_rows_without_a_word(tmp_path: Path) -> None:
    vectors = read_vectors(put(tmp_path, "2 2\na 1 2\n\n 3 4\n \t\r\n\n"))
    assert vectors.words == ["a"]
    assert "blank lines passed over: 3 (the first: line 3)" in list(map(str, vectors.notes))
    assert "rows without a word, passed over: 1 (the first: line 4)" in list(map(str, vectors.notes))
    vectors = read_vectors(put(tmp_path, binary((b"a", [1, 2]), (b"", [3, 4]))))
    assert vectors.words == ["a"]
    assert "rows without a word, passed over: 1 (the first: row 2)" in list(map(str, vectors.notes))


# -- bad files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("bad 1 2", "'bad' has 2 values, where 3 are expected"),
        ("bad", "'bad' has 0 values, where 3 are expected"),
        ("bad 1 2 3 4", "'bad' has 4 values, where 3 are expected"),
        (" bad 1 2", "'bad' has 2 values, where 3 are expected"),
        ("bad 1 two 3", "the vector of 'bad' holds 'two', which is no number"),
        ("bad 1 2 3,5", "the vector of 'bad' holds '3,5', which is no number"),
        ("bad word 1 2", "the vector of 'bad' holds 'word', which is no number"),
        ("bad 1 nan 3", "the vector of 'bad' holds 'nan', which is no finite number"),
        ("bad 1 2 -Infinity", "the vector of 'bad' holds '-Infinity', which is no finite number"),
        ("bad 1 1e39 3", "the vector of 'bad' holds '1e39', which is no finite number"),
        (
            "bad 1 3.4028235677973366e38 3",
            "the vector of 'bad' holds '3.4028235677973366e38', which is no finite number",
        ),
    ],
)
def test_a_bad_line_is_named_or_left_out(tmp_path: Path, line: str, what: str) -> None:
    path = put(tmp_path, GLOVE + line + "\nlast 4 5 6\n")
    error = error_of(path)
    assert error.what == what
    assert error.where == f"{path}, line 4"
    assert "on_bad_row" in str(error.hint)
    vectors = read_vectors(path, on_bad_row="skip")
    assert vectors.words == ["the", "of", "to", "last"]
    assert f"rows left out: 1 (the first: line 4: {what})" in list(map(str, vectors.notes))


def test_line_numbers_count_headers_blank_lines_and_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = "".join(f"word{i} 1 2 3\n" for i in range(80_000))
    path = put(tmp_path, f"80001 3\n\n{many}bad\n")
    assert error_of(path).where == f"{path}, line 80,003"
    monkeypatch.setattr(source, "BLOCK_BYTES", 1000)
    assert error_of(path).where == f"{path}, line 80,003"
    path = put(tmp_path, f"80001 3\n\n{many}b\0d 1 2 3\n")
    assert error_of(path).where == f"{path}, line 80,003"


def test_a_line_that_is_cut_is_told_from_one_that_is_bad(tmp_path: Path) -> None:
    assert "download" in str(error_of(put(tmp_path, GLOVE + "cut 1 2")).hint)


def test_a_vector_in_a_binary_file_that_is_not_finite(tmp_path: Path) -> None:
    for value in (float("nan"), float("inf"), float("-inf")):
        path = put(tmp_path, binary((b"a", [1, 2]), (b"bad", [1, value]), (b"c", [3, 4])))
        error = error_of(path)
        assert "'bad'" in error.what
        assert error.where == f"{path}, row 2"
        vectors = read_vectors(path, on_bad_row="skip")
        assert vectors.words == ["a", "c"]
        assert any("rows left out: 1" in note for note in map(str, vectors.notes))


@pytest.mark.parametrize("promised", [2, 4, 10**17])
def test_a_header_that_promises_wrongly(tmp_path: Path, promised: int) -> None:
    rows = (b"a", [1.0, 2.0]), (b"b", [3.0, 4.0]), (b"c", [5.0, 6.0])
    text = f"{promised} 2\na 1 2\nb 3 4\nc 5 6\n"
    for content in (text, gzip.compress(text.encode())):
        error = error_of(put(tmp_path, content))
        assert f"promises {promised:,} words, and there are 3" in error.what
    for content in (binary(*rows, promised=promised), gzip.compress(binary(*rows, promised=promised))):
        error = error_of(put(tmp_path, content))
        assert f"{promised:,} words" in error.what
        vectors = read_vectors(put(tmp_path, content), on_bad_row="skip")
        assert vectors.words == ["a", "b", "c"][:promised]
        assert any(f"{promised:,} words" in note for note in list(map(str, vectors.notes))[1:])


@pytest.mark.parametrize("compressed", [False, True])
def test_headers_that_lie_take_no_memory(tmp_path: Path, compressed: bool) -> None:
    for header in ("9" * 18 + " 3", "9" * 40 + " 3", "3 " + "9" * 18, "3 " + "9" * 40, "3 100000", "3 0", "0 3", "0 0"):
        for body in (GLOVE.encode(), binary((b"a", [1, 2, 3])).partition(b"\n")[2], b""):
            content = header.encode() + b"\n" + body
            tracemalloc.start()
            error_of(put(tmp_path, gzip.compress(content) if compressed else content))
            assert tracemalloc.get_traced_memory()[1] < 32 << 20
            tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (gzip.compress(b""), "empty"),
        (b"\n \n\n", "not a word and numbers"),
        (b"hello\n", "not a word and numbers"),
        (b"text,label\nhello,1\n", "not a word and numbers"),
        (b'{"a": [1, 2]}\n', "not a word and numbers"),
        (bytes(range(256)) * 50, "binary"),
        (b"\x7fELF" + bytes(3000), "binary"),
        (b"PK\x03\x04" + bytes(100), "zip"),
        (b"\x80\x04\x95" + bytes(100), "pickle"),
        (b"\x93NUMPY" + bytes(100), "NumPy"),
        (b"x" * (3 << 20), "longer than"),
        (b"a 1 2\n" + b"x" * (20 << 20), "longer than"),
        (gzip.compress(np.random.default_rng(0).bytes(5000))[:-2000], "gzip data is damaged"),
        (gzip.compress(GLOVE.encode())[:-9], "gzip data is damaged"),
        (gzip.compress((793712314).to_bytes(4, "little") + bytes(100)), "compressed fastText"),
        (b"2 2\n" + b"\x01" * (1 << 18), "no word"),
        (GLOVE.replace("\n", "\r").encode(), "carriage return"),
        (b"3 3\r" + GLOVE.replace("\n", "\r").encode(), "carriage return"),
    ],
    ids=range(19),
)
def test_what_is_no_file_of_vectors(tmp_path: Path, content: bytes, what: str) -> None:
    assert what in error_of(put(tmp_path, content)).what


def test_what_is_no_file(tmp_path: Path) -> None:
    assert "no such file" in error_of(tmp_path / "absent.txt").what
    with pytest.raises(ModelError, match="not a Sadari model"):
        read_vectors(tmp_path)
    assert "folder" in error_of(tmp_path, format="glove").what
    os.mkfifo(tmp_path / "pipe")
    assert "pipe" in error_of(tmp_path / "pipe").what


@pytest.mark.parametrize("format", IN_FILES)
def test_a_file_cut_anywhere_is_refused_or_read_up_to_there(tmp_path: Path, format: str) -> None:
    ours = some(WORDS[:4], width=3)
    path = tmp_path / "v"
    write_vectors(ours, path, format=format)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        try:
            found = read_vectors(path)
        except DataError:
            continue
        # Nothing in a text says that it was cut between two lines, or within its last number.
        assert format == "glove" or len(found) == len(ours)
        assert format != "word2vec-binary" or size == len(whole) - 1
        assert found.words == ours.words[: len(found)]
        assert np.array_equal(found.matrix[:-1], ours.matrix[: len(found) - 1, : found.width])


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.data(),
    format=st.sampled_from(IN_FILES),
    skip=st.booleans(),
    junk=st.one_of(st.binary(max_size=12), st.text("0 .-+e\n\r\tnaif", max_size=12).map(str.encode)),
)
def test_a_damaged_file_gives_an_error_or_sound_vectors(
    tmp_path: Path, data: st.DataObject, format: str, skip: bool, junk: bytes
) -> None:
    path = tmp_path / "v"
    write_vectors(some(WORDS[:5], width=2), path, format=format)
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 12)))
    path.write_bytes(whole[:start] + junk + whole[end:])
    try:
        found = read_vectors(path, on_bad_row="skip" if skip else "error")
    except SadariError:
        return
    assert np.isfinite(found.matrix).all()
    assert len(set(found.words)) == len(found) > 0
    assert [found.rows_of([word])[0] for word in found.words] == list(range(len(found)))


# -- what cannot be written ---------------------------------------------------------------------------


@pytest.mark.parametrize("format", IN_FILES)
@pytest.mark.parametrize("word", ["New York", "a\nb", "\ta", "a\r", "", "a\0b"])
def test_words_that_a_format_cannot_hold(tmp_path: Path, format: str, word: str) -> None:
    path = put(tmp_path, "what was there")
    vectors = some(["fine", word])
    with pytest.raises(SettingError, match="1 words cannot be written") as caught:
        write_vectors(vectors, path, format=format)
    assert repr(word) in caught.value.what
    assert path.read_text() == "what was there"
    write_vectors(vectors, tmp_path / "folder")
    assert same(read_vectors(tmp_path / "folder"), vectors)


def test_a_glove_file_cannot_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    vectors = some(["\ufeffa", "b"])
    with pytest.raises(SettingError, match="cannot be written"):
        write_vectors(vectors, tmp_path / "v", format="glove")
    write_vectors(vectors, tmp_path / "v.txt")
    assert same(read_vectors(tmp_path / "v.txt"), vectors)


@pytest.mark.parametrize("format", [*IN_FILES, "sadari"])
def test_vectors_that_are_not_finite_are_not_written(tmp_path: Path, format: str) -> None:
    vectors = WordVectors(["a", "bad"], np.array([[1, 2], [3, np.nan]], np.float32))
    with pytest.raises(DataError, match="'bad'"):
        write_vectors(vectors, tmp_path / "v", format=format)
    assert not list(tmp_path.iterdir())


def test_a_folder_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    with pytest.raises(OutputError):
        write_vectors(some(), tmp_path / "v", format="glove")
    with pytest.raises(SettingError, match="format is"):
        write_vectors(some(), tmp_path / "w", format="word2vec")


def test_a_part_of_a_matrix_in_another_layout_is_written_as_it_is(tmp_path: Path) -> None:
    wide = np.asfortranarray(np.random.default_rng(0).normal(size=(9, 8)).astype(np.float32))
    vectors = WordVectors([f"w{i}" for i in range(3)], wide[::3, ::2])
    for format in (*IN_FILES, "sadari"):
        write_vectors(vectors, tmp_path / format, format=format)
        assert same(WordVectors(vectors.words, np.ascontiguousarray(vectors.matrix)), read_vectors(tmp_path / format))
