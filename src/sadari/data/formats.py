"""Which format a file has, and the reader for it: by what the user says, the extension, or the first bytes."""

from __future__ import annotations

import stat
from pathlib import Path

from sadari.data.byte_stream import ByteStream, open_stream, spool_standard_input
from sadari.data.csv_records import CsvRecords
from sadari.data.records import Records
from sadari.errors import DataError, SettingError

FORMATS = ("csv", "tsv", "jsonl", "parquet", "fasttext", "folder", "lines")
_EXTENSIONS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".ft": "fasttext",
}
STANDARD_INPUT = "standard input"


def display_name(path: str | Path) -> str:
    """What messages call the file."""
    return STANDARD_INPUT if str(path) == "-" else str(path)


def open_records(
    path: str | Path,
    *,
    format: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    known: list[str] | None = None,
    need_label: bool = True,
) -> Records:
    """The reader of a file; arguments as for `open_source`, `known` being the column names the user gave."""
    if format is not None and format not in FORMATS:
        raise SettingError(f"there is no format {format!r}; there are: {', '.join(FORMATS)}")
    stream = open_stream(Path(path), name=display_name(path), encoding=encoding)
    return CsvRecords(stream, delimiter=delimiter, header=header, known=known, labelled=need_label)
