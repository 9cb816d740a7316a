"""What a file is before it is read: compressed or not, in which encoding, or no text at all."""

from __future__ import annotations

import codecs
import unicodedata
from pathlib import Path

from sadari.data.byte_stream import (
    BLOCK_BYTES,
    ENCODING_HINT,
    MAX_RECORD_BYTES,
    ByteStream,
    UndecodableError,
    decoded_blocks,
    first_bytes,
    raw_blocks,
)
from sadari.data.line_ends import ends_in_carriage_returns
from sadari.errors import DataError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its first half
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FOREIGN = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "save the sheet as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "save the sheet as CSV (UTF-8)"),
    (b"PAR1", "a Parquet file", "name it .parquet, or pass --format parquet"),
    (b"%PDF", "a PDF file", "extract its text first"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "decompress it, or use gzip"),
    (b"BZh91AY&SY", "compressed with bzip2", "decompress it, or use gzip"),
    (b"\xfd7zXZ", "compressed with xz", "decompress it, or use gzip"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
)
_GZIP_MAGIC = b"\x1f\x8b"


def open_stream(path: Path, *, name: str | None = None, encoding: str | None = None) -> ByteStream:
    """Look at a file: gzip or not, its encoding, lone-CR line ends.

    Without `encoding`, a byte order mark decides; else strict UTF-8 and then strict CP949, each tried on the
    whole file, since on short Korean texts that order is more reliable than statistical guessing.

    Raises:
        DataError: the file is missing, unreadable, empty, binary, or in neither encoding.
    """
    stream = ByteStream(path, name or str(path))
    stream.compressed = first_bytes(path, stream.name, 2) == _GZIP_MAGIC
    head = _raw_head(stream, 1 << 16)
    if not head:
        raise DataError("the file is empty", where=stream.name)
    for magic, what, hint in _FOREIGN:
        if head.startswith(magic):
            raise DataError(f"is not a text file but {what}", where=stream.name, hint=hint)
    if encoding is not None:
        _take_encoding(stream, encoding, head)
    else:
        _detect_encoding(stream, head)
    text, complete = stream.head(1 << 16)
    if not text:
        raise DataError("the file is empty", where=stream.name)
    stream.carriage_returns = ends_in_carriage_returns(text, complete)
    return stream


def read_text(path: Path, encoding: str | None = None) -> tuple[str, str]:
    """A small file's whole text, and the encoding it was in; an empty file is an empty text.

    Raises:
        DataError: it cannot be read or decoded, or is larger than `MAX_RECORD_BYTES`.
    """
    name = str(path)
    if not first_bytes(path, name, 1):
        return "", "utf-8"
    stream = open_stream(path, encoding=encoding)
    content, complete = stream.head(MAX_RECORD_BYTES)
    if not complete:
        raise DataError(f"is longer than {MAX_RECORD_BYTES >> 20} MiB", where=name)
    return content.decode("utf-8"), stream.encoding


def _raw_head(stream: ByteStream, size: int) -> bytes:
    return next(raw_blocks(stream, size), b"")


def _take_encoding(stream: ByteStream, encoding: str, head: bytes) -> None:
    try:
        stream.encoding = codecs.lookup(encoding).name
        "".encode(encoding)
    except (LookupError, ValueError):
        what = f"there is no encoding {encoding!r}"
        raise DataError(what, where=stream.name, hint="such as utf-8, cp949, latin-1, utf-16") from None
    if stream.encoding in ("utf-8-sig", "utf_8_sig"):
        stream.encoding = "utf-8"
    for bom, of in _BOMS:
        family = stream.encoding.replace("_", "-")
        if head.startswith(bom) and of.startswith(family):
            stream.encoding, stream.skip = of, len(bom)
            return
    if stream.encoding in ("utf-16", "utf-32"):
        stream.encoding += "-le"


def _detect_encoding(stream: ByteStream, head: bytes) -> None:
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            stream.encoding, stream.skip = encoding, len(bom)
            if encoding != "utf-8":
                stream.notes.append(f"encoding: {encoding.upper()[:6]}, by its byte order mark")
            return
    if b"\0" in head:
        stream.encoding = _utf16_without_mark(stream, head)
        stream.notes.append(f"encoding: {stream.encoding.upper()}, without a byte order mark")
        return
    failures = []
    for encoding in ("utf-8", "cp949"):
        failure = _first_failure(stream, encoding)
        if failure is None:
            stream.encoding = encoding
            if encoding != "utf-8":
                stream.notes.append("encoding: CP949 (the file is not UTF-8 but is valid CP949)")
            return
        failures.append(failure.what)
    raise DataError(f"neither UTF-8 nor CP949: {failures[0]}; {failures[1]}", where=stream.name, hint=ENCODING_HINT)


def _utf16_without_mark(stream: ByteStream, head: bytes) -> str:
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = codecs.getincrementaldecoder(encoding)("strict").decode(head)
        except UnicodeDecodeError:
            continue
        odd = sum(unicodedata.category(c) in ("Cc", "Cn", "Co") for c in text if c not in "\r\n\t")
        if "\n" in text and not odd:
            return encoding
    raise DataError(
        "is a binary file (it holds NUL bytes)",
        where=stream.name,
        hint="give a file of text: CSV, JSONL, Parquet",
    )


def _first_failure(stream: ByteStream, encoding: str) -> DataError | None:
    try:
        for block in decoded_blocks(stream, encoding, BLOCK_BYTES):
            del block
    except UndecodableError as error:
        return error
    return None
