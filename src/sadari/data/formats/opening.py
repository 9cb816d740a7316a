"""Which format a file has, and its reader: by what the user says, the extension, or the first bytes."""

from __future__ import annotations

import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sadari.artifact.plain_file import as_path
from sadari.data.formats.byte_stream import (
    BLOCK_BYTES,
    STANDARD_INPUT,
    ByteStream,
    first_bytes,
    open_bytes,
    raw_blocks,
    spool,
    spool_standard_input,
)
from sadari.data.formats.csv.records import CsvRecords
from sadari.data.formats.encodings.encoding import open_stream
from sadari.data.formats.folder import FolderRecords
from sadari.data.formats.jsonl import JsonlRecords
from sadari.data.formats.lines import LABEL_PREFIX, FastTextRecords, PlainLines
from sadari.data.formats.parquet import ParquetRecords
from sadari.data.formats.records import Records
from sadari.errors import DataError
from sadari.messages import message
from sadari.settings.limits import Choice, check

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
_HEAD_BYTES = 64 << 10


@dataclass(frozen=True)
class Asked:
    """What the user says about a file; None and empty mean: find out. See `sadari.data.read.open_source`."""

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    columns: tuple[str, ...] = ()
    need_label: bool = True


def open_records(path: str | Path, asked: Asked) -> Records:
    """The reader of a file.

    Raises:
        DataError: it is missing, empty, unreadable, or not what it is said to be.
    """
    check("format", asked.format, Choice(FORMATS), optional=True)
    place, name, kept = local_file(path)
    if stat.S_ISDIR(_mode(place)):
        if asked.format not in (None, "folder"):
            raise DataError(message("is a folder, not a file"), where=name)
        return FolderRecords(place, encoding=asked.encoding)
    if asked.format == "folder":
        open_bytes(place, name).close()
        raise DataError(message("is a file, not a folder"), where=name)
    suffixes = [s.lower() for s in Path(name).suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    format = asked.format or _EXTENSIONS.get(suffixes[-1] if suffixes else "")
    if format == "parquet" or (format is None and _begins_as_parquet(place, name)):
        return _open_parquet(place, name, kept)
    stream = open_stream(place, name=name, encoding=asked.encoding)
    stream.spool = kept
    if format == "jsonl":
        return JsonlRecords(stream)
    if format == "fasttext":
        return FastTextRecords(stream)
    if format == "lines":
        return PlainLines(stream)
    if format is None:
        return _by_content(stream, asked)
    return _open_csv(stream, asked, "\t" if format == "tsv" else ",")


def local_file(path: str | Path) -> tuple[Path, str, object | None]:
    """A file that can be read twice, its name for messages, and what keeps it alive."""
    given = as_path(path)
    if str(path) == "-":
        place, kept = spool_standard_input()
        return place, STANDARD_INPUT, kept
    place = given
    mode = _mode(place)
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        with open_bytes(place, str(path), pipe=True) as handle:
            if stat.S_ISCHR(mode) and not handle.isatty() and handle.read(1):
                raise DataError(
                    message("is a device, not a plain file"), where=str(path), hint=message("name a file of texts")
                )
            copy, kept = spool(handle)
        return copy, str(path), kept
    return place, str(path), None


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0  # opening it will say what is wrong


def _open_csv(stream: ByteStream, asked: Asked, default: str) -> CsvRecords:
    return CsvRecords(
        stream,
        delimiter=asked.delimiter or ("\t" if asked.format == "tsv" else None),
        header=asked.header,
        default=default,
        known=list(asked.columns),
        labelled=asked.need_label,
    )


def _by_content(stream: ByteStream, asked: Asked) -> Records:
    """For standard input, ``.txt`` and unknown extensions: JSON, fastText, a table, or one text a line."""
    head, _ = stream.head(_HEAD_BYTES)
    start = head.lstrip()
    if start.startswith(b"{"):
        return JsonlRecords(stream)
    if start.startswith(LABEL_PREFIX.encode()):
        return FastTextRecords(stream)
    if asked.delimiter or asked.header is not None or asked.columns or asked.need_label:
        return _open_csv(stream, asked, "\t")
    table = _table_or_none(stream, asked)
    return table or PlainLines(stream)


def _table_or_none(stream: ByteStream, asked: Asked) -> CsvRecords | None:
    """A table without any sign of a label is taken for one only if its header or layout is known."""
    try:
        table = _open_csv(stream, asked, "\t")
    except DataError:
        return None
    return table if len(table.columns) > 1 and (table.header_is_known or table.delimiter == "\t") else None


def _begins_as_parquet(path: Path, name: str) -> bool:
    return first_bytes(path, name, 4) == b"PAR1"


def _open_parquet(path: Path, name: str, kept: object | None) -> ParquetRecords:
    magic = first_bytes(path, name, 4)
    if not magic:
        raise DataError(message("the file is empty"), where=name)
    if magic[:2] != b"\x1f\x8b":
        return ParquetRecords(path, name=name, spool=kept)
    copy = tempfile.NamedTemporaryFile(prefix="sadari-", suffix=".parquet")  # noqa: SIM115
    for block in raw_blocks(ByteStream(path, name, compressed=True), BLOCK_BYTES):
        copy.write(block)
    copy.flush()
    return ParquetRecords(Path(copy.name), name=name, spool=copy)
