"""JSONL, Parquet, fastText lines, plain lines and folders."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sadari.data.formats import lines as line_formats
from sadari.data.formats import parquet_probe
from sadari.data.formats.jsonl import parse_line
from sadari.data.formats.parquet_probe import count_rows
from sadari.data.read import open_source
from sadari.errors import DataError, SettingError
from written import written


def write(folder: Path, content: str | bytes, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def jsonl(folder: Path, *values: object) -> Path:
    return write(folder, "".join(json.dumps(v, ensure_ascii=False) + "\n" for v in values), "data.jsonl")


def error_of(path: Path, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        open_source(path, **options).read()
    return str(caught.value)


GOOD: list[dict[str, Any]] = [{"text": "one", "label": "a"}, {"text": "two", "label": "b"}]

# --- JSONL


def test_separators_inside_strings_do_not_split_lines(tmp_path: Path) -> None:
    texts = ["a\u2028b", "c\x85d", "e\u2029f", "g\x0bh\x0ci\x1cj\x1dk\x1el", "m\r"]
    raw = "".join(f'{{"text": {json.dumps(t, ensure_ascii=False)}, "label": "{i % 2}"}}\n' for i, t in enumerate(texts))
    raw = raw.replace("\\u000b", "\\u000b")
    corpus = open_source(write(tmp_path, raw, "data.jsonl")).read()
    assert corpus.texts.to_list() == texts


@pytest.mark.parametrize(
    ("value", "kind"),
    [(5, "a number"), (1.5, "a number"), (["x"], "a list"), ({"x": 1}, "an object"), (True, "true or false")],
)
def test_text_that_is_no_string(tmp_path: Path, value: object, kind: str) -> None:
    path = jsonl(tmp_path, *GOOD, {"text": value, "label": "a"}, *GOOD)
    message = error_of(path)
    assert "line 3" in message
    assert f"is {kind}, not a string" in message
    corpus = open_source(path, on_bad_row="skip").read()
    assert (len(corpus), corpus.skipped, corpus.rows.tolist()) == (4, 1, [1, 2, 4, 5])


@pytest.mark.parametrize("bad", [{"text": None, "label": "a"}, {"label": "a"}])
def test_null_or_absent_text_is_missing(tmp_path: Path, bad: dict[str, object]) -> None:
    message = error_of(jsonl(tmp_path, *GOOD, bad))
    assert "line 3" in message
    assert "text is missing" in message


def test_labels_of_other_types_are_their_json_text(tmp_path: Path) -> None:
    values = [1, 1.0, True, "1", "NA", 10**30]
    corpus = open_source(jsonl(tmp_path, *({"text": "x", "label": v} for v in values))).read()
    assert corpus.labels is not None
    assert corpus.labels.to_list() == ["1", "1.0", "true", "1", "NA", str(10**30)]


@pytest.mark.parametrize(
    ("label", "what"),
    [(None, "label is missing"), ("", "label is missing"), ({"a": 1}, "an object"), (["a"], "a list"), ([1], "a list")],
)
def test_label_that_is_none(tmp_path: Path, label: object, what: str) -> None:
    # The list comes after the head from which the labels' type is known.
    rows = [*GOOD] * 600 + [{"text": "x", "label": label}]
    message = error_of(jsonl(tmp_path, *rows))
    assert "line 1,201" in message
    assert what in message


def test_lists_of_labels(tmp_path: Path) -> None:
    path = jsonl(tmp_path, {"text": "x", "tags": ["a", "b"]}, {"text": "y", "tags": "b"}, {"text": "z", "tags": ["c"]})
    corpus = open_source(path, label="tags").read()
    assert corpus.multi_label
    assert corpus.labels is not None
    assert corpus.labels.to_list() == [["a", "b"], ["b"], ["c"]]
    corpus = open_source(jsonl(tmp_path, {"text": "x", "label": ["a"]}, {"text": "y", "label": []})).read()
    assert corpus.labels is not None
    assert corpus.labels.to_list() == [["a"], []]
    assert "label is missing" in error_of(jsonl(tmp_path, {"text": "x", "label": ["a"]}, {"text": "y", "label": None}))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"text": "a", "text": "b", "label": "x"}', "'text' comes twice"),
        ('{"text": "a" "label": "x"}', "not valid JSON"),
        ('{"text": "a", "label": "x"', "not valid JSON"),
        ('{"text": "a", "label": "x"} {}', "something follows"),
        ('["a", "x"]', "a list where an object"),
        ('"text"', "a string where an object"),
        ("null", "null where an object"),
        ("nonsense", "not valid JSON"),
        ('{"text": "a", "label": NaN}', "NaN is not JSON"),
        ('{"text": "a\tb", "label": "x"}', "Invalid control character"),
        ('{"text": "\\ud800", "label": "x"}', "surrogate"),
        ('{"text": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deep"),
        ('{"text": "a", "label": ' + "9" * 5000 + "}", "a number of too many digits"),
    ],
)
def test_broken_lines(tmp_path: Path, line: str, what: str) -> None:
    good = '{"text": "good", "label": "x"}\n'
    path = write(tmp_path, good * 3 + line + "\n" + good, "data.jsonl")
    message = error_of(path)
    assert "line 4" in message
    assert what in message
    corpus = open_source(path, on_bad_row="skip").read()
    assert (len(corpus), corpus.skipped) == (4, 1)


def test_json_array_and_broken_first_line(tmp_path: Path) -> None:
    message = error_of(write(tmp_path, '[{"text": "a", "label": "b"}]\n', "data.json"))
    assert "one object a line" in message
    assert "JSON array" in message
    assert "line 1" in error_of(write(tmp_path, "{broken\n", "data.jsonl"))
    assert "no rows" in error_of(write(tmp_path, "\n\n", "data.jsonl"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(value=st.dictionaries(st.text(max_size=6), json_values, max_size=5), ascii_only=st.booleans())
def test_a_line_means_what_json_says(value: dict[str, Any], ascii_only: bool) -> None:
    line = json.dumps(value, ensure_ascii=ascii_only)
    try:
        expected = json.loads(line)
        json.dumps(expected, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        with pytest.raises(ValueError, match="surrogate"):
            parse_line(line)
        return
    assert parse_line(line) == expected


def test_other_keys_stay_in_the_frame_as_strings(tmp_path: Path) -> None:
    path = jsonl(tmp_path, {"id": 7, "text": "a", "meta": {"x": [1]}}, {"text": "b", "id": "q", "new": False})
    (batch,) = open_source(path, need_label=False).batches()
    assert batch.frame.to_dicts() == [
        {"id": "7", "text": "a", "meta": '{"x": [1]}', "new": None},
        {"id": "q", "text": "b", "meta": None, "new": "false"},
    ]


def test_lines_as_they_are_and_all_their_keys(tmp_path: Path) -> None:
    lines = ['{"text":"a","n":1.0}'] * 1100 + [' {"text": "b", "late": null}\t', '{"text": 5}']
    path = write(tmp_path, "\n".join(lines), "data.jsonl")
    source = open_source(path, need_label=False, on_bad_row="skip")
    assert source.columns == ["text", "n"]
    source.complete_columns()
    assert source.columns == ["text", "n", "late"]
    batches = list(source.batches(300))
    assert pl.concat([b.lines for b in batches if b.lines is not None]).to_list() == [
        line.strip() for line in lines[:-1]
    ]
    assert batches[-1].frame.columns == source.columns
    assert all(batch.lines is None for batch in source.batches(300, whole=False))


# --- lines and fastText


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\n\r"), max_size=9), min_size=1),
    block=st.integers(1, 40),
    batch=st.integers(1, 5),
    final=st.booleans(),
)
def test_plain_lines_are_read_back(tmp_path: Path, texts: list[str], block: int, batch: int, final: bool) -> None:
    content = "\n".join(texts) + "\n" * (final or texts[-1] == "")
    if content.lstrip("\ufeff") != content:
        return
    usual = line_formats.BLOCK_BYTES
    line_formats.BLOCK_BYTES = block
    try:
        batches = list(open_source(write(tmp_path, content, "t.txt"), format="lines", need_label=False).batches(batch))
    finally:
        line_formats.BLOCK_BYTES = usual
    assert [t for b in batches for t in b.texts] == texts
    assert [int(r) for b in batches for r in b.rows] == list(range(1, len(texts) + 1))


def test_text_file_is_lines_unless_it_is_a_table(tmp_path: Path) -> None:
    def opened(content: str) -> tuple[str, list[str]]:
        source = open_source(write(tmp_path, content, "t.txt"), need_label=False)
        return source.format, [t for b in source.batches() for t in b.texts]

    assert opened("hello, you\nhello, me\n") == ("lines", ["hello, you", "hello, me"])
    assert opened('"quoted" words\n\nlast') == ("lines", ['"quoted" words', "", "last"])
    assert opened("text,label\na,b\n") == ("csv", ["a"])
    assert opened("3\ta few words\n4\tsome more words\n") == ("tsv", ["a few words", "some more words"])
    assert opened('{"text": "a"}\n') == ("jsonl", ["a"])
    assert opened("__label__x a\n") == ("fasttext", ["a"])


def test_fasttext_lines(tmp_path: Path) -> None:
    content = "__label__a one two\r\n\n__label__b-c\tthree __label__ish x__label__y\n__label__a\n"
    source = open_source(write(tmp_path, content.replace(" __label__ish", ""), "data.txt"))
    corpus = source.read(keep_blank=True)
    assert corpus.labels is not None
    assert corpus.texts.to_list() == ["one two", "three x__label__y", ""]
    assert corpus.rows.tolist() == [1, 3, 4]
    labels = corpus.labels
    assert (labels.list.first() if corpus.multi_label else labels).to_list() == ["a", "b-c", "a"]


def test_fasttext_labels_anywhere_and_several_of_them(tmp_path: Path) -> None:
    lines = ["__label__a only one"] * 9000 + ["__label__a  __label__b two here", "last one __label__c"]
    corpus = open_source(write(tmp_path, "\n".join(lines), "data.ft")).read()
    assert corpus.multi_label
    assert corpus.labels is not None
    assert corpus.labels[-2:].to_list() == [["a", "b"], ["c"]]
    assert corpus.texts[-2:].to_list() == ["two here", "last one"]


def test_fasttext_line_without_label(tmp_path: Path) -> None:
    path = write(tmp_path, "__label__a b\nno label here\n", "data.ft")
    assert "line 2" in error_of(path)
    assert len(open_source(path, on_bad_row="skip").read()) == 1
    assert len(open_source(path, need_label=False).read()) == 2
    assert "no line of its head has a label" in error_of(write(tmp_path, "nothing\n", "data.ft"))


# --- Parquet


@pytest.mark.parametrize("packed", [False, True])
def test_parquet(tmp_path: Path, packed: bool) -> None:
    frame = pl.DataFrame(
        {"text": [f"t{i}" for i in range(1000)], "n": range(1000), "label": [i % 3 for i in range(1000)]}
    )
    handle = io.BytesIO()
    frame.write_parquet(handle, row_group_size=100)
    content = gzip.compress(handle.getvalue()) if packed else handle.getvalue()
    source = open_source(write(tmp_path, content, "data.parquet.gz" if packed else "data.parquet"))
    corpus = source.read()
    assert corpus.texts.to_list() == frame["text"].to_list()
    assert corpus.label_names == ["0", "1", "2"]
    batches = list(source.batches(333))
    assert [b.texts.len() for b in batches] == [333, 333, 333, 1]
    assert pl.concat([b.frame for b in batches]).equals(frame)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (pl.Series(["a", "b"], dtype=pl.Categorical), ["a", "b"]),
        (pl.Series([True, False]), ["true", "false"]),
        (pl.Series([["a", "b"], ["b"]]), [["a", "b"], ["b"]]),
        (pl.Series([7, 8], dtype=pl.UInt8), ["7", "8"]),
    ],
)
def test_parquet_label_types(tmp_path: Path, labels: pl.Series, expected: list[object]) -> None:
    pl.DataFrame({"text": ["x", "y"], "label": labels}).write_parquet(tmp_path / "data.parquet")
    corpus = open_source(tmp_path / "data.parquet").read()
    assert corpus.labels is not None
    assert corpus.labels.to_list() == expected


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"text": [1, 2], "label": ["a", "b"]}, "holds Int64, not strings"),
        ({"text": ["x", "y"], "label": [1.0, 2.0]}, "holds Float64, which is no label"),
        ({"text": ["x", None], "label": ["a", "b"]}, "row 2: the text is missing"),
        ({"text": ["x", "y"], "label": ["a", None]}, "row 2: the label is missing"),
        ({"text": ["x", "y"], "label": [["a"], None]}, "row 2: the label is missing"),
        ({"text": pl.Series([], dtype=pl.String), "label": pl.Series([], dtype=pl.String)}, "no rows"),
    ],
)
def test_parquet_that_will_not_do(tmp_path: Path, columns: dict[str, Any], what: str) -> None:
    pl.DataFrame(columns).write_parquet(tmp_path / "data.parquet")
    assert what in error_of(tmp_path / "data.parquet", text="text", label="label")


@pytest.mark.parametrize("content", [b"PAR1junkPAR1", b"hello", b"PAR1"])
def test_torn_parquet(tmp_path: Path, content: bytes) -> None:
    assert "not a readable Parquet file" in error_of(write(tmp_path, content, "data.parquet"))


@pytest.mark.parametrize("damage", ["zeros", "cut", "shifted", "repeated"])
def test_damaged_parquet(tmp_path: Path, damage: str) -> None:
    handle = io.BytesIO()
    pl.DataFrame({"text": [f"t{i}" for i in range(999)], "label": ["a"] * 999}).write_parquet(handle)
    raw = handle.getvalue()
    damaged = {
        "zeros": raw[:400] + bytes(300) + raw[700:],
        "cut": raw[: len(raw) // 2],
        "shifted": raw[:300] + raw[340:],
        "repeated": raw[:300] + raw[260:],
    }
    assert "Parquet file" in error_of(write(tmp_path, damaged[damage], "data.parquet"))


# A byte of a page's header is wrong, and says that 2 ** 61 bytes of memory are needed: no process survives that.
DEADLY_PARQUET = (
    "c-oCp!EVz)5M4Wq=^=-z%B*ZD2VY{fA}Wq)8XHlebt#1ssB45mEiQI#lOQ)iv1!wO2M3P*5I%s9;7d5Mvo_&|Sjlg8XXd>(D{sKV"
    "0Z`~bXDk9CL=j(%kN|-#*y@7<o1lS4h$^yFQCcdrjUmxC4V_lmssh3&OITv<TN^}>TyXn>K>m_iw1xOoimwoE5N?G|k7$N_uZWYZ"
    "pvA1L?q@}InaxpDV-bt2JB1iswhwzuFvRXofe5#t8XsQJ<zi6*CD87v^)Nj$?uzPA)oW2uK^s584ArFpsCD-rqlUn!(KY(kH>LZJ"
    "%dsCSbcpp!HvP}!?57Hhu<r_^)`kcjyn^25VR$-uTwYAG%UJ)aKE&m|<6<2lxL4x5I&01{^@{V7AIf;f9|WR)eU15-oPTWk#FqOP"
    "c<>QUK8Yqzk^_Xg&wq}xQX1jVM(g7>Ns4eD%7%4amW~TMn%FYClKwcaU!G4+iUgCVw|I$iE#fzR^>A;|PsFg9<8`h7%x(0K>Un%S"
    "dOsB=2M0ud6D*2&S(@9QZ>s5HzGGfx%W}4uo6hcF*EYA4FS8;wN4aM^N%|<yQ)iUtu9FV-oRJ&bUhH_oJa_U@oTZ+#WAw#u#y{<e"
    "7a53G{~Ptup=|"
)


def test_parquet_that_would_end_the_process(tmp_path: Path) -> None:
    path = write(tmp_path, zlib.decompress(base64.b85decode(DEADLY_PARQUET)), "data.parquet")
    assert "damaged Parquet file: it ends the process that reads it (memory allocation of" in error_of(path)


def test_one_process_looks_at_many_parquet_files_and_whatever_ends_it_ends_no_other(tmp_path: Path) -> None:
    deadly = write(tmp_path, zlib.decompress(base64.b85decode(DEADLY_PARQUET)), "deadly.parquet")
    good = [tmp_path / f"{i}.parquet" for i in range(20)]
    for i, path in enumerate(good):
        pl.DataFrame({"text": [f"x{j}" for j in range(i + 1)]}).write_parquet(path)
    parquet_probe._end_all()

    def waiting() -> list[int]:
        return [other.process.pid for other in parquet_probe._waiting]

    assert count_rows(good[0], "") == 1
    first = waiting()
    assert count_rows(good[1], "") == 2
    assert waiting() == first
    with pytest.raises(DataError, match="it ends the process"):
        count_rows(deadly, "deadly")
    assert waiting() == []
    assert count_rows(good[2], "") == 3
    os.kill(waiting()[0], signal.SIGKILL)  # while it waits, which says nothing of the next file
    assert count_rows(good[3], "") == 4
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda path: count_rows(path, ""), good[4:])) == list(range(5, 21))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_has_another_look_at_its_parquet_files(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.parquet" for i in range(2)]
    for path in paths:
        pl.DataFrame({"text": ["x"]}).write_parquet(path)
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom sadari.data.formats import parquet_probe as p\n"
        "p.count_rows(Path(sys.argv[1]), '')\nhere = [other.process.pid for other in p._waiting]\n"
        "if os.fork() == 0:\n"
        "    p.count_rows(Path(sys.argv[2]), '')\n"
        "    os._exit(int(here == [other.process.pid for other in p._waiting]))\n"
        "sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))"
    )
    subprocess.run([sys.executable, "-c", code, *map(str, paths)], check=True, timeout=60)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"text,label\n", "does not begin as one"),
        (b"PAR1" + bytes(30), "its end is missing"),
        (b"PAR1" + b"\xff\xff\xff\x7fPAR1", "its footer is longer than the file"),
        (b"PARE" + bytes(9) + b"PARE", "encrypted"),
    ],
)
def test_no_parquet_by_its_ends(tmp_path: Path, content: bytes, what: str) -> None:
    assert what in error_of(write(tmp_path, content, "data.parquet"))


def test_parquet_where_python_is_built_into_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")
    pl.DataFrame({"text": ["x", "y"], "label": ["a", "b"]}).write_parquet(tmp_path / "data.parquet")
    assert len(open_source(tmp_path / "data.parquet").read()) == 2
    assert "not a readable Parquet file" in error_of(
        write(tmp_path, b"PAR1" + bytes(30) + b"\x08\0\0\0PAR1", "b.parquet")
    )


@pytest.mark.parametrize("name", ["a[1].parquet", "a*.parquet", "~ b.parquet", "polars.py"])
def test_parquet_by_any_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that mean something to a shell, or to Python's search for modules in the current folder."""
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"text": ["x"], "label": ["other"]}).write_parquet(tmp_path / "a1.parquet")
    with Path(name).open("wb") as file:
        pl.DataFrame({"text": ["x", "y"], "label": ["a", "b"]}).write_parquet(file)
    assert open_source(name).read().label_names == ["a", "b"]


def damaged_footers(every: int) -> Iterator[bytes]:
    handle = io.BytesIO()
    frame = pl.DataFrame({"text": [f"t{i}" for i in range(1000)], "label": ["a", "b"] * 500})
    frame.write_parquet(handle, row_group_size=250, compression="uncompressed")
    raw = handle.getvalue()
    footer = int.from_bytes(raw[-8:-4], "little")
    for at in range(len(raw) - 8 - footer, len(raw) - 8, every):
        flipped = bytearray(raw)
        flipped[at] ^= 0x40
        yield bytes(flipped)


@pytest.mark.parametrize("every", [200, pytest.param(8, marks=pytest.mark.slow)])
def test_parquet_with_a_damaged_footer_never_loses_rows_in_silence(tmp_path: Path, every: int) -> None:
    """Polars ends its batches without an error when one of its threads crashes."""
    for content in damaged_footers(every):
        with contextlib.suppress(DataError):
            assert len(open_source(write(tmp_path, content, "data.parquet")).read()) == 1000


# --- folders


def test_folder_of_text_files(tmp_path: Path) -> None:
    write(tmp_path, "좋아요".encode("cp949"), "good/2.txt")
    write(tmp_path, "great", "good/10.txt")
    write(tmp_path, gzip.compress("나빠요\n둘째 줄".encode()), "so bad/1.txt.gz")
    write(tmp_path, "", "so bad/2.txt")
    write(tmp_path, "ignored", "so bad/readme.md")
    write(tmp_path, "ignored", ".hidden/1.txt")
    source = open_source(tmp_path)
    corpus = source.read(keep_blank=True)
    assert corpus.labels is not None
    assert corpus.labels.to_list() == ["good", "good", "so bad", "so bad"]
    assert corpus.texts.to_list() == ["great", "좋아요", "나빠요\n둘째 줄", ""]
    assert any("1 file read as CP949" in note for note in written(source.notes))
    assert any("1 file passed over" in note for note in written(source.notes))
    (batch,) = source.batches()
    assert batch.frame["file"].to_list() == ["good/10.txt", "good/2.txt", "so bad/1.txt.gz", "so bad/2.txt"]


def test_folder_of_posts_whose_names_are_numbers(tmp_path: Path) -> None:
    posts = ["rec.autos/101551", "rec.autos/101552", "sci.med/00001.7848dde101aa9850", "sci.med/57110"]
    for name in [*posts, "sci.med/a.py"]:
        write(tmp_path, f"From: {name}", name)
    source = open_source(tmp_path)
    corpus = source.read()
    assert corpus.labels is not None
    assert corpus.labels.to_list() == ["rec.autos", "rec.autos", "sci.med", "sci.med"]
    assert corpus.texts.to_list() == [f"From: {name}" for name in posts]
    assert "1 file passed over: its name has an ending" in written(source.notes)
    for name in ("rec.autos/b.py", "rec.autos/c.cpp", "sci.med/d.html"):  # as many with an ending: no posts
        write(tmp_path, "x = 1", name)
    assert "a folder with no text files" in error_of(tmp_path)


def test_folder_with_a_binary_file(tmp_path: Path) -> None:
    write(tmp_path, "fine", "a/1.txt")
    write(tmp_path, b"\0\1\2", "b/2.txt")
    assert "b/2.txt" in error_of(tmp_path)
    corpus = open_source(tmp_path, on_bad_row="skip").read()
    assert (len(corpus), corpus.skipped) == (1, 1)


# --- any format


def test_all_formats_give_the_same_corpus(tmp_path: Path) -> None:
    rows = [('first, "text"', "a"), ("둘째 글", "b"), ("third", "a"), ("NA", "b")]
    frame = pl.DataFrame(rows, schema=["text", "label"], orient="row")
    frame.write_csv(tmp_path / "d.csv")
    frame.write_csv(tmp_path / "d.tsv", separator="\t")
    frame.write_ndjson(tmp_path / "d.jsonl")
    frame.write_parquet(tmp_path / "d.parquet")
    write(tmp_path, "".join(f"__label__{label} {text}\n" for text, label in rows), "d.ft")
    for i, (text, label) in enumerate(rows):
        write(tmp_path, text, f"d/{label}/{i}.txt")
    for name in ("d.csv", "d.tsv", "d.jsonl", "d.parquet", "d.ft", "d"):
        corpus = open_source(tmp_path / name).read()
        assert corpus.labels is not None
        read = zip(corpus.texts.to_list(), corpus.labels.to_list(), strict=True)
        assert sorted(read) == sorted(rows), name


def test_settings_that_make_no_sense(tmp_path: Path) -> None:
    path = write(tmp_path, "text,label\na,b\n", "d.csv")
    for options in ({"format": "xml"}, {"on_bad_row": "ignore"}, {"label_sep": ""}):
        with pytest.raises(SettingError):
            open_source(path, **options)
    with pytest.raises(SettingError):
        next(open_source(path).batches(0))
    with pytest.raises(DataError, match="is a file, not a folder"):
        open_source(path, format="folder")


@pytest.mark.slow
@pytest.mark.parametrize(
    "hostile", [" ", "__label__", " __label__", "__label__x ", "\t \t", "{", '{"', "\\u", '"', ",", "1"]
)
def test_hostile_text_in_a_line_takes_time_in_proportion_to_its_length(tmp_path: Path, hostile: str) -> None:
    for name, lines in (
        ("d.ft", "__label__a b\n__label__a {line}\n"),
        ("d.jsonl", '{{"text": "b", "label": "a"}}\n{line}\n'),
        ("d.csv", 'text,label\nb,a\n"c, d",a\n{line}\n'),
        ("d.txt", "b\n{line}\n"),
    ):

        def seconds(length: int, name: str = name, lines: str = lines) -> float:
            """The shortest of three times: others run on the same processor."""
            path = write(tmp_path, lines.format(line=hostile * (length // len(hostile))), name)
            taken = []
            for _ in range(3):
                start = time.process_time()
                with contextlib.suppress(DataError):
                    open_source(path, on_bad_row="skip", need_label=False).read()
                taken.append(time.process_time() - start)
            return min(taken)

        # in proportion it is four times as long, by the square of the length 16 times
        assert seconds(800_000) < 10 * max(seconds(200_000), 0.02), name
