"""Data files: written by the rules, they are read cell for cell; spoilt, read or refused; and no row is lost."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import polars as pl
from fuzz_mutations import spoil

import sadari
from sadari.data.read import open_source
from sadari.data.source import Batch
from sadari.errors import SadariError

HEADLINES = Path(sadari.__file__).parent / "data" / "headlines"
CELLS = [
    "",
    " ",
    "a",
    "한국어 텍스트",
    'he said "x"',
    "a,b",
    "a;b",
    "a\tb",
    "a|b",
    "line\nbreak",
    "cr\rhere",
    "both\r\nends",
    '"',
    '""',
    "'",
    "\\",
    "😀 emoji",
    "=1+1",
    " lead",
    "trail ",
    "0",
    "-1.5",
    "NA",
    "null",
    "None",
    "nan",
    "e\u0301",
    "مرحبا",
    "नमस्ते",
    "\u2028",
    "\x85",
    "x" * 3000,
    "__label__a",
    "#",
    "text",
    "label",
    "true",
    "{",
    "[1]",
    "日本語",
    "ﬁ",
    "\u200d",
]
ENCODINGS = ["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32", "cp949", "gb18030"]


def table(rng: Random) -> list[list[str]]:
    """A header, whose second column is "text", and rows of cells, of which none is all blank."""
    width, height = rng.randint(2, 5), rng.randint(1, 30)
    names = ["id", "text", "label", "more", "내용"][:width]
    draw = CELLS if rng.random() < 0.7 else CELLS[:12]
    return [names, *([str(i), *(rng.choice(draw) for _ in names[1:])] for i in range(height))]


# -- written by the rules ---------------------------------------------------------------------------------------------


def make_exact(rng: Random) -> dict[str, bytes]:
    """A table as CSV, TSV or JSONL in some dialect, and how it is to be read."""
    rows, encoding = table(rng), rng.choice(ENCODINGS)
    kind, delimiter = rng.choice((("csv", ","), ("csv", ";"), ("csv", "|"), ("tsv", "\t"), ("jsonl", None)))
    ends = rng.choice(("\n", "\r\n"))
    if delimiter:
        quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC))
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator=ends, quoting=quoting).writerows(rows)
        text = out.getvalue()
    else:
        encoding = "utf-8"
        objects = (dict(zip(rows[0], row, strict=True)) for row in rows[1:])
        text = "".join(json.dumps(each, ensure_ascii=rng.random() < 0.5) + ends for each in objects)
    try:
        data = text.encode(encoding)
    except UnicodeEncodeError:
        encoding, data = "utf-8", text.encode()
    named = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    options: dict[str, Any] = {"text": "text", "format": kind, "need_label": False, "missing": "empty"}
    options |= {"encoding": named} if kind != "jsonl" else {}
    options |= {"delimiter": delimiter, "header": True} if kind == "csv" else {"header": True} if kind == "tsv" else {}
    if rng.random() < 0.2:
        data = gzip.compress(data, mtime=0)
    return {"data": data, "how.json": json.dumps({"options": options, "rows": rows}).encode()}


def check_exact(folder: Path) -> None:
    """Every cell is what was written, in the same order."""
    how = json.loads((folder / "how.json").read_bytes())
    source = open_source(folder / "data", **how["options"])
    frame = pl.concat([batch.frame for batch in source.batches(7)])
    names, rows = how["rows"][0], how["rows"][1:]
    found = frame.select(pl.col(names).cast(pl.String).fill_null("")).rows()
    assert [list(row) for row in found] == rows, "a cell differs from what was written"


# -- spoilt -----------------------------------------------------------------------------------------------------------


def _seeds() -> dict[str, list[bytes]]:
    seeds: dict[str, list[bytes]] = {"csv": [], "tsv": [], "jsonl": [], "parquet": [], "txt": [], "fasttext": []}
    for name in ("en_train.csv", "ko_train.csv"):
        lines = (HEADLINES / name).read_bytes().split(b"\n")
        seeds["csv"].append(b"\n".join(lines[:25]))
        text = b"\n".join(lines[:25]).decode()
        seeds["csv"] += [text.encode("utf-16"), text.encode("cp949", "replace"), text.replace(",", ";").encode()]
        seeds["tsv"].append(text.replace(",", "\t").encode())
        frame = pl.read_csv(HEADLINES / name).head(20)
        column = next(each for each in frame.columns if each != "label")
        pairs = frame.select(pl.col(column).alias("text"), pl.col("label"))
        seeds["jsonl"].append("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in pairs.to_dicts()).encode())
        for wide in (pairs, pairs.with_columns(n=pl.lit(1), some=pl.lit([1, 2]), none=pl.lit(None))):
            out = io.BytesIO()
            wide.write_parquet(out, compression="zstd")
            seeds["parquet"].append(out.getvalue())
        seeds["txt"].append("\n".join(pairs["text"]).encode())
        seeds["fasttext"].append("".join(f"__label__{b.replace(' ', '_')} {a}\n" for a, b in pairs.rows()).encode())
    rng = Random(0)
    for _ in range(12):
        out_text = io.StringIO()
        csv.writer(out_text).writerows(table(rng))
        seeds["csv"].append(out_text.getvalue().encode())
    return seeds


SEEDS = _seeds()


def make_spoilt(rng: Random) -> dict[str, bytes]:
    """A file of any format with some bytes changed, and how it is to be opened."""
    return _spoilt(rng, rng.choice(("csv", "csv", "csv", "tsv", "jsonl", "jsonl", "txt", "fasttext")))


def make_parquet(rng: Random) -> dict[str, bytes]:
    """The same of Parquet, which is slower, as a process of its own looks at each file first."""
    return _spoilt(rng, "parquet")


def _spoilt(rng: Random, kind: str) -> dict[str, bytes]:
    data = spoil(rng, rng.choice(SEEDS[kind]), [rng.choice(SEEDS[other]) for other in SEEDS])
    if rng.random() < 0.1:
        data = gzip.compress(data, 1, mtime=0)
        data = spoil(rng, data, [data]) if rng.random() < 0.5 else data
    options: dict[str, Any] = {"need_label": rng.random() < 0.5, "missing": rng.choice(("error", "empty"))}
    options["on_bad_row"] = rng.choice(("skip", "skip", "error"))
    if rng.random() < 0.3:
        options["format"] = {"txt": "lines"}.get(kind, kind)
    if rng.random() < 0.3:
        options["text"] = rng.choice(("text", "title", "1", "내용"))
    if rng.random() < 0.2:
        options["encoding"] = rng.choice(("utf-8", "cp949", "utf-16", "latin-1", "gb18030"))
    return {f"data.{kind}": data, "how.json": json.dumps(options).encode()}


def check_spoilt(folder: Path) -> None:
    """Read or refused; what is read does not hang on the size of batches, and no row is left uncounted."""
    options = json.loads((folder / "how.json").read_bytes())
    path = next(each for each in folder.iterdir() if each.name != "how.json")
    try:
        source = open_source(path, **options)
        once = list(source.batches(1 << 16))
        skipped = source.skipped
    except SadariError:
        return
    few = list(source.batches(5))
    assert source.skipped == skipped, "another number of bad rows with small batches"
    rows, texts, labels = _all(once)
    rows_few, texts_few, labels_few = _all(few)
    assert (rows == rows_few).all(), "other rows with small batches"
    assert texts == texts_few, "other texts with small batches"
    assert labels == labels_few, "other labels with small batches"
    assert (np.diff(rows) > 0).all(), "rows out of order, or twice"
    assert None not in texts, "a text is null"
    if source.format == "jsonl":
        _check_lines(path.read_bytes(), source, rows, texts, skipped)
    elif source.format in ("csv", "tsv", "lines", "fasttext"):
        _check_records(path.read_bytes(), source, rows, skipped)


def _all(batches: list[Batch]) -> tuple[np.ndarray, list[Any], list[Any]]:
    rows = np.concatenate([np.empty(0, np.int64), *(batch.rows for batch in batches)])
    texts = [text for batch in batches for text in batch.texts.to_list()]
    labels = [label for batch in batches if batch.labels is not None for label in batch.labels.to_list()]
    return rows, texts, labels


def _plain(data: bytes) -> bytes:
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def _check_lines(data: bytes, source: Any, rows: np.ndarray, texts: list[str], skipped: int) -> None:
    """Each line of JSON that is not blank is a row or a bad one; and what `json` reads in it is its text."""
    encoding = source.encoding or "utf-8"
    try:
        lines = _plain(data).decode(encoding).removeprefix("\ufeff").split("\n")
    except (UnicodeDecodeError, LookupError):  # some of it cannot be decoded: those rows are the bad ones
        return
    full = [line for line in lines if line.strip(" \t\r\n")]
    assert rows.size + skipped == len(full), f"{len(full)} lines, {rows.size} rows and {skipped} bad ones"
    read = dict(zip(rows.tolist(), texts, strict=True))
    column = source.text_columns[0]
    for row, text in read.items():
        if len(source.text_columns) == 1:
            said = json.loads(lines[row - 1]).get(column)
            assert (said or "") == text, f"row {row} is {text!r}, and not {said!r}"


def _check_records(data: bytes, source: Any, rows: np.ndarray, skipped: int) -> None:
    """Without quotes every line that is not empty is a record: the header, a row or a bad one."""
    data = _plain(data)
    if b'"' in data or b"\x00" in data or b"\r" in data.replace(b"\r\n", b""):
        return
    try:
        text = data.decode(source.encoding or "utf-8").removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError):
        return
    lines = text.replace("\r\n", "\n").split("\n")
    count = len(lines) - (not lines[-1]) if source.format == "lines" else sum(line != "" for line in lines)
    header = source.format in ("csv", "tsv") and any("header" in note.id for note in source.notes)
    total = rows.size + skipped
    assert total in (count, count - 1) or header, f"{count} lines, but {rows.size} rows and {skipped} bad ones"


def whole_files() -> list[dict[str, bytes]]:
    """The files as they were before anything was changed."""
    how = json.dumps({"need_label": False, "missing": "empty", "on_bad_row": "skip"}).encode()
    return [{f"data.{kind}": data, "how.json": how} for kind, files in SEEDS.items() for data in files[:2]]
