"""Files as they come: encodings, compression, standard input, and everything that is no file of texts."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sadari.data.formats import byte_stream
from sadari.data.formats.byte_stream import decoded_blocks
from sadari.data.formats.encodings.encoding import open_stream
from sadari.data.read import open_source
from sadari.errors import DataError
from written import written

TABLE = "text,label\n한글 문장입니다,가\n둘째 문장,나\n"


def write(folder: Path, content: str | bytes, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def error_of(path: Path | str, **options: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        open_source(path, **options).read()
    # One line that says what and where, one that says what to do.
    assert str(caught.value).count("\n") <= 1
    assert str(path).removesuffix("-") in str(caught.value)
    return caught.value


# --- encodings


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("cp949", "CP949"),
        ("euc-kr", "CP949"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
    ],
)
def test_encoding_is_detected_and_said(tmp_path: Path, encoding: str, said: str | None) -> None:
    source = open_source(write(tmp_path, TABLE.encode(encoding)))
    assert source.columns == ["text", "label"]
    corpus = source.read()
    assert corpus.texts.to_list() == ["한글 문장입니다", "둘째 문장"]
    notes = [note for note in written(source.notes) if note.startswith("encoding")]
    assert len(notes) == (said is not None)
    assert said is None or said in notes[0]


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16", "utf-16-le", "latin-1", "shift-jis", "utf-8-sig"])
def test_encoding_given_by_the_user(tmp_path: Path, encoding: str) -> None:
    word = "café" if encoding == "latin-1" else "日本" if encoding == "shift-jis" else "한글"
    path = write(tmp_path, f"text,label\n{word},a\nb,b\n".encode(encoding))
    assert open_source(path, encoding=encoding).read().texts[0] == word


def test_an_encoding_in_doubt_asks_for_it(tmp_path: Path) -> None:
    error = error_of(write(tmp_path, "text,label\nfine,a\nà,b\n".encode("latin-1")))
    assert "0xe0 in line 3" in str(error)
    assert "cp1252 reads “à”" in str(error)
    assert "--encoding cp1252" in str(error.hint)


def test_wrong_encoding_given(tmp_path: Path) -> None:
    path = write(tmp_path, TABLE)
    assert "line 2" in str(error_of(path, encoding="ascii"))
    assert "no encoding 'utf-9'" in str(error_of(path, encoding="utf-9"))
    assert "no encoding 'base64'" in str(error_of(path, encoding="base64"))


def test_encoding_that_shows_only_at_the_end_of_a_large_file(tmp_path: Path) -> None:
    path = write(tmp_path, b"text,label\n" + b"plain ascii,a\n" * 700_000 + "한글,b\n".encode("cp949"))
    source = open_source(path)
    assert source.encoding == "cp949"
    assert source.read().texts[-1] == "한글"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=60), size=st.integers(1, 9), name=st.sampled_from(["utf-8", "utf-16-le"]))
def test_blocks_of_any_size_are_valid_utf8_and_add_up(tmp_path: Path, text: str, size: int, name: str) -> None:
    text = text.replace("\0", "") or "x"
    path = write(tmp_path, text.encode(name))
    stream = byte_stream.ByteStream(path, "x", encoding=name)
    blocks = list(decoded_blocks(stream, name, size))
    assert "".join(block.decode("utf-8") for block in blocks) == text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(min_size=1, max_size=40), size=st.integers(1, 9))
def test_strict_utf8_fails_exactly_where_python_does(tmp_path: Path, raw: bytes, size: int) -> None:
    raw = raw.replace(b"\0", b"\n")
    stream = byte_stream.ByteStream(write(tmp_path, raw), "x")
    try:
        expected = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        with pytest.raises(DataError, match=f"line {line} "):
            list(decoded_blocks(stream, "utf-8", size))
    else:
        assert b"".join(decoded_blocks(stream, "utf-8", size)).decode() == expected


# --- compression


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    for name in ("data.csv.gz", "data.csv", "data"):
        corpus = open_source(write(tmp_path, gzip.compress(TABLE.encode("cp949")), name)).read()
        assert corpus.texts.to_list() == ["한글 문장입니다", "둘째 문장"]


@pytest.mark.parametrize("damage", ["cut", "flip", "header"])
def test_damaged_gzip(tmp_path: Path, damage: str) -> None:
    packed = bytearray(gzip.compress(("text,label\n" + "".join(f"t{i},{i % 3}\n" for i in range(9999))).encode()))
    if damage == "cut":
        del packed[len(packed) // 2 :]
    elif damage == "flip":
        packed[len(packed) // 2] ^= 0xFF
    else:
        del packed[5:]
    assert "gzip data is damaged" in str(error_of(write(tmp_path, bytes(packed), "data.csv.gz")))


# --- what is no file of texts


def test_missing_file_suggests_a_near_name(tmp_path: Path) -> None:
    write(tmp_path, TABLE, "train.csv")
    error = error_of(tmp_path / "trian.csv")
    assert "no such file" in str(error)
    assert "train.csv?" in str(error.hint)
    assert "no such file" in str(error_of(tmp_path / "nowhere" / "x.csv"))


@pytest.mark.parametrize("name", ["data.csv", "data.jsonl", "data.parquet", "data.txt", "data.ft", "data.csv.gz"])
def test_empty_file(tmp_path: Path, name: str) -> None:
    content = gzip.compress(b"") if name.endswith("gz") else b""
    assert "the file is empty" in str(error_of(write(tmp_path, content, name)))
    assert "the file is empty" in str(error_of(write(tmp_path, b"\xef\xbb\xbf", "bom.csv")))


@pytest.mark.parametrize("content", ["text,label\n", "text,label", "\n\n\n", "text\n"])
def test_header_alone_or_blank_lines(tmp_path: Path, content: str) -> None:
    message = str(error_of(write(tmp_path, content), header=None if "t" not in content else True))
    assert "no rows" in message


def test_folder_without_labels(tmp_path: Path) -> None:
    assert "folder with no text files" in str(error_of(tmp_path))
    assert "is a folder, not a file" in str(error_of(tmp_path, format="csv"))
    write(tmp_path, TABLE, "train.csv")
    assert open_source(tmp_path).path == str(tmp_path / "train.csv")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0", "binary"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
        (b"PK\x03\x04\x14\0\x06\0", "Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
        (b"%PDF-1.7\n", "PDF"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\x28\xb5\x2f\xfd\x04", "zstd"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"text,label\n" + b"fine,a\n" * 20_000 + b"not\0fine,b\n", "NUL byte in line 20,002"),
        (bytes(range(128, 256)) * 4, "byte 0x80 in line 1 is not valid UTF-8"),
    ],
)
def test_binary_files(tmp_path: Path, content: bytes, what: str) -> None:
    assert what in str(error_of(write(tmp_path, content)))


def test_no_right_to_read(tmp_path: Path) -> None:
    path = write(tmp_path, TABLE)
    path.chmod(0)
    code = (
        "import sys; from sadari.data.read import open_source\n"
        "import os; os.geteuid() == 0 and os.seteuid(65534)\n"
        "try: open_source(sys.argv[1])\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"DataError {path}: no permission to read it")


def test_device_and_name_with_nul() -> None:
    assert "empty" in str(error_of("/dev/null"))
    with pytest.raises(DataError):
        open_source("a\0b.csv")


# --- long records


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.csv", b"text,label\na,b\n" + b"x" * 10_000_000 + b",a\n"),
        ("data.csv", b"text,label\na,b\n" + b"x" * 30_000_000),
        ("data.csv", b"x" * 10_000_000),
        ("data.csv", b'text,label\na,b\n"' + b"x\n" * 5_000_000 + b'",a\n'),
        ("data.jsonl", b'{"text": "' + b"x" * 10_000_000 + b'", "label": "a"}\n'),
        ("data.jsonl", b'{"text": "a", "label": "a"}\n{"text": "' + b"x" * 10_000_000 + b'", "label": "a"}\n'),
        ("data.ft", b"__label__a b\n__label__a " + b"x" * 10_000_000 + b"\n"),
        ("a/data.txt", b"x" * 10_000_000),
    ],
)
def test_record_of_ten_megabytes_is_an_error(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / "a").mkdir()
    path = write(tmp_path, content, name)
    message = str(error_of(tmp_path if "/" in name else path))
    assert "8 MiB" in message


def test_record_of_some_megabytes_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, b"text,label\na,b\n" + b"x" * 7_000_000 + b",a\n" + b"c,d\n")
    assert open_source(path).read().texts.str.len_bytes().to_list() == [1, 7_000_000, 1]


# --- standard input and pipes


def run_reading(content: bytes, options: str = "") -> str:
    code = (
        "from sadari.data.read import open_source\n"
        f"s = open_source('-', {options})\n"
        "print(s.path, s.format, [b.texts.to_list() for b in s.batches()], s.read().texts.to_list())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=content, capture_output=True, check=True)
    return done.stdout.decode()


def test_standard_input() -> None:
    texts = "['한글 문장입니다', '둘째 문장']"
    assert run_reading(gzip.compress(TABLE.encode("cp949"))) == f"standard input csv [{texts}] {texts}\n"
    assert run_reading(b"a, b\n\nc\n", "need_label=False") == "standard input lines [['a, b', '', 'c']] ['a, b', 'c']\n"


def test_named_pipe_can_be_read_twice(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(TABLE.encode(),))
    writer.start()
    source = open_source(pipe)
    writer.join()
    assert len(source.read()) == len(source.read()) == 2


def test_stream_keeps_no_handle_open(tmp_path: Path) -> None:
    path = write(tmp_path, TABLE)
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    for _ in range(20):
        open_stream(path)
        open_source(path).read()
    after = len(list(Path("/proc/self/fd").iterdir())) if before else 0
    assert after <= before + 2


def test_other_columns_may_be_taken_after_opening(tmp_path: Path) -> None:
    pl.DataFrame({"text": ["a", "b"], "n": [1.5, 2.5], "label": [1, 2], "more": ["c", "d"]}).write_parquet(
        tmp_path / "d.parquet"
    )
    source = open_source(tmp_path / "d.parquet")
    source.use_columns(["text", "more"], "label")
    assert source.read().texts.to_list() == ["a c", "b d"]
    for texts, label in ((["n"], "label"), (["text"], "n")):
        with pytest.raises(DataError, match="holds Float64"):
            source.use_columns(texts, label)


def test_names_of_classes_follow_the_label(tmp_path: Path) -> None:
    write(tmp_path, "red\ngreen\n", "classes.txt")
    source = open_source(write(tmp_path, "text,label,other\na,1,x\nb,2,y\n"))
    assert source.label_order == ("red", "green")
    assert any("label names from classes.txt" in note for note in written(source.notes))
    source.use_columns(["text"], "other")
    assert source.label_order == ()
    assert not any("classes.txt" in note for note in written(source.notes))
    assert source.read().label_names == ["x", "y"]
    source.use_columns(["text"], None)
    assert source.read().labels is None


@pytest.mark.parametrize("name", ["/proc/self/mem", "/proc/self/attr/current"])
def test_file_whose_reading_fails_is_named(name: str) -> None:
    if not Path(name).exists():
        pytest.skip(f"there is no {name} here")
    try:
        with Path(name).open("rb") as handle:
            handle.read(1)
    except OSError:
        assert "reading failed" in str(error_of(name)) or "cannot be opened" in str(error_of(name))
    else:
        pytest.skip("it can be read here")
