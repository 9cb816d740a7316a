"""What a file is before it is read: compressed or not, in which encoding, or no text at all."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from sadari.data.formats.byte_stream import (
    BLOCK_BYTES,
    ENCODING_HINT,
    MAX_RECORD_BYTES,
    ByteStream,
    UndecodableError,
    decoded_blocks,
    first_bytes,
    raw_blocks,
)
from sadari.data.formats.encodings.guess import Reading, judge, shown_name
from sadari.data.formats.encodings.switching import switching_codecs
from sadari.data.formats.line_ends import rare_line_end
from sadari.errors import DataError
from sadari.messages import Message, message

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its first half
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FOREIGN = (
    (b"PK\x03\x04", message("a zip archive or an Excel workbook"), message("save the sheet as CSV (UTF-8)")),
    (b"\xd0\xcf\x11\xe0", message("an old Excel or Word file"), message("save the sheet as CSV (UTF-8)")),
    (b"PAR1", message("a Parquet file"), message("name it .parquet, or pass --format parquet")),
    (b"%PDF", message("a PDF file"), message("extract its text first")),
    (b"\x28\xb5\x2f\xfd", message("compressed with zstd"), message("decompress it, or use gzip")),
    (b"BZh91AY&SY", message("compressed with bzip2"), message("decompress it, or use gzip")),
    (b"\xfd7zXZ", message("compressed with xz"), message("decompress it, or use gzip")),
    (b"SQLite format 3", message("an SQLite database"), message("export the table as CSV")),
)
_FOREIGN_BYTE = re.compile(rb"[\x80-\xff]")
_SAMPLE_BYTES = 1 << 17
_BLOCK_SAMPLE = 1 << 15
_LONG_LINE = 1 << 12
_MEND = message("mend that line, or name the encoding of the file with --encoding")
_GZIP_MAGIC = b"\x1f\x8b"


class UnclearEncodingError(DataError):
    """A file that is not UTF-8, and may be in one of several other encodings."""


def open_stream(path: Path, *, name: str | None = None, encoding: str | None = None) -> ByteStream:
    """Look at a file: gzip or not, its encoding, what ends its lines.

    Without `encoding`, a byte order mark decides, or the NUL bytes of UTF-16 and UTF-32; else strict UTF-8, tried on
    the whole file; else what its lines that are not ASCII look like in other encodings (`guess` beside this file).

    Raises:
        UnclearEncodingError: it may be in one of several encodings.
        DataError: the file is missing, unreadable, empty, binary, or holds bytes that are not text in its encoding.
    """
    stream = ByteStream(path, name or str(path))
    stream.compressed = first_bytes(path, stream.name, 2) == _GZIP_MAGIC
    head = next(raw_blocks(stream, 1 << 16), b"")
    if not head:
        raise DataError(message("the file is empty"), where=stream.name)
    for magic, what, hint in _FOREIGN:
        if head.startswith(magic):
            raise DataError(message("is not a text file but {what}", what=what), where=stream.name, hint=hint)
    if encoding is not None:
        _take_encoding(stream, encoding, head)
    else:
        _detect_encoding(stream, head)
    text, complete = stream.head(1 << 16)
    if not text:
        raise DataError(message("the file is empty"), where=stream.name)
    stream.line_end = rare_line_end(text, complete)
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
        raise DataError(
            message("is longer than {max_record_bytes} MiB", max_record_bytes=MAX_RECORD_BYTES >> 20), where=name
        )
    return content.decode("utf-8"), stream.encoding


def foreign_lines_of(path: Path) -> bytes:
    """What there is to tell a file's encoding by; nothing where it is UTF-8 or UTF-16, or cannot be read."""
    try:
        encoding = read_text(path)[1]
    except UnclearEncodingError:
        encoding = ""
    except DataError:
        return b""
    if encoding.startswith("utf"):
        return b""
    stream = ByteStream(path, str(path), compressed=first_bytes(path, str(path), 2) == _GZIP_MAGIC)
    return foreign_lines(raw_blocks(stream, BLOCK_BYTES))


def _take_encoding(stream: ByteStream, encoding: str, head: bytes) -> None:
    try:
        stream.encoding = codecs.lookup(encoding).name
        "".encode(encoding)
    except (LookupError, ValueError):
        what = message("there is no encoding {encoding!r}", encoding=encoding)
        raise DataError(what, where=stream.name, hint=message("such as utf-8, cp949, latin-1, utf-16")) from None
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
    if (marked := byte_order_mark(head)) is not None:
        stream.encoding, stream.skip = marked
        if stream.encoding != "utf-8":
            stream.notes.append(mark_note(stream.encoding.upper()[:6]))
        return
    if b"\0" in head:
        stream.encoding = _without_mark(stream, head)
        stream.notes.append(no_mark_note(stream.encoding))
        return
    failure = _first_failure(stream, "utf-8")
    if failure is None:
        tried = switching_codecs(next(raw_blocks(stream, BLOCK_BYTES), b""))
        switching = next((codec for codec in tried if _first_failure(stream, codec) is None), None)
        if switching is not None:
            stream.encoding = switching
            stream.notes.append(message("encoding: {encoding}, by its escape sequences", encoding=switching.upper()))
        return
    best, possible = judge(foreign_lines(raw_blocks(stream, BLOCK_BYTES)))
    if best is None:
        raise _unclear(stream, failure, possible)
    if best.codec == "utf-8":
        raise UndecodableError(message("{what}, as the rest is", what=failure.what), where=stream.name, hint=_MEND)
    stream.encoding = best.codec
    failure = _first_failure(stream, best.codec)
    if failure is not None:
        raise UndecodableError(
            message("{what}, in which the rest reads as {language}", what=failure.what, language=best.language),
            where=stream.name,
            hint=_MEND,
        )
    stream.notes.append(encoding_note(best))


def byte_order_mark(head: bytes) -> tuple[str, int] | None:
    """The encoding that a file's first bytes name, and the length of that mark."""
    return next(((encoding, len(bom)) for bom, encoding in _BOMS if head.startswith(bom)), None)


_LANGUAGES = {  # what they are called
    "Arabic": message("Arabic"),
    "Baltic": message("Baltic"),
    "Central European": message("Central European"),
    "Chinese": message("Chinese"),
    "Greek": message("Greek"),
    "Hebrew": message("Hebrew"),
    "Japanese": message("Japanese"),
    "Korean": message("Korean"),
    "Russian": message("Russian"),
    "Thai": message("Thai"),
    "Turkish": message("Turkish"),
    "Ukrainian": message("Ukrainian"),
    "Vietnamese": message("Vietnamese"),
    "Western European": message("Western European"),
}


def mark_note(encoding: str) -> Message:
    """What is said of an encoding that a file's first bytes name."""
    return message("encoding: {encoding}, by its byte order mark", encoding=encoding)


def no_mark_note(encoding: str) -> Message:
    """What is said of a wide encoding that the NUL bytes show."""
    return message("encoding: {encoding}, without a byte order mark", encoding=encoding.upper())


def encoding_note(reading: Reading) -> Message:
    """What is said of an encoding that was judged by what the text looks like."""
    return message(
        "encoding: {encoding} (not UTF-8; read so, it is {language})",
        encoding=shown_name(reading.codec),
        language=_LANGUAGES.get(reading.language, reading.language),
    )


def _unclear(stream: ByteStream, failure: DataError, possible: list[Reading]) -> UnclearEncodingError:
    """An error that shows what each encoding would make of the text."""
    shown = [f"{reading.codec} reads “{reading.words()}”" for reading in possible]
    if not shown:
        what = message("{what}, and no other encoding fits", what=failure.what)
        return UnclearEncodingError(what, where=stream.name, hint=ENCODING_HINT)
    what = message(
        "{what}, and in which encoding it is, is in doubt: {names}", what=failure.what, names="; ".join(shown)
    )
    names = ", ".join(f"--encoding {reading.codec}" for reading in possible)
    return UnclearEncodingError(
        what, where=stream.name, hint=message("name the right one ({names}), or save it as UTF-8", names=names)
    )


def wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte order mark, told by its NUL bytes: half of every ASCII character or more.

    Read with the bytes of a character the wrong way round, ASCII is not ASCII any more.
    """
    found: list[tuple[int, str]] = []
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        try:
            text = codecs.getincrementaldecoder(encoding)("strict").decode(head)
        except UnicodeDecodeError:
            continue
        odd = any(unicodedata.category(c) in ("Cc", "Cn", "Co") for c in set(text) - set("\r\n\t"))
        if not odd and not set(text).isdisjoint(" \n\t,"):  # no text is without all of these
            found.append((sum(c.isascii() for c in text), encoding))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _without_mark(stream: ByteStream, head: bytes) -> str:
    encoding = wide_encoding(head)
    if encoding is None:
        what, hint = (
            message("is a binary file (it holds NUL bytes)"),
            message("give a file of text: CSV, JSONL, Parquet"),
        )
        raise DataError(what, where=stream.name, hint=hint)
    return encoding


def foreign_lines(blocks: Iterable[bytes]) -> bytes:
    """Lines that are not ASCII alone, from all over a file, to tell its encoding by.

    No line is left out that holds a byte which is in no other: encodings that differ in that byte alone could not be
    told apart without it.
    """
    found: list[bytes] = []
    size, rest, seen = 0, b"", bytes(range(0x80))
    for block in chain(blocks, (b"",)):
        data = rest + block
        end = (data.rfind(b"\n") + 1 if block else 0) or len(data)  # a line that is longer than a block is cut
        data, rest = data[:end], data[end:]
        lines = list(_lines_of(data, min(_BLOCK_SAMPLE, _SAMPLE_BYTES - size)))
        size += sum(map(len, lines))
        found += lines
        seen = bytes(set(seen).union(*lines))
        while unseen := data.translate(None, seen):
            at = data.index(unseen[:1])
            found += _lines_of(data, _LONG_LINE, max(data.rfind(b"\n", 0, at) + 1, at - _LONG_LINE // 2))
            seen = bytes({*seen, unseen[0]}.union(found[-1]))
    return b"\n".join(found)


def _lines_of(data: bytes, most: int, at: int = 0) -> Iterator[bytes]:
    """The first lines that are not ASCII, some `most` bytes of them."""
    while most > 0 and (match := _FOREIGN_BYTE.search(data, at)) is not None:
        first = match.start()  # never the second byte of a character: the first of each is no ASCII either
        start = max(data.rfind(b"\n", at, first) + 1, data.rfind(b"\r", at, first) + 1, at)
        end = data.find(b"\n", first)
        end = min(len(data) if end < 0 else end, first + most)
        yield data[start if first - start < _LONG_LINE else first : end]
        most, at = most - (end - start), end


def _first_failure(stream: ByteStream, encoding: str) -> DataError | None:
    try:
        for block in decoded_blocks(stream, encoding, BLOCK_BYTES):
            del block
    except UndecodableError as error:
        return error
    return None
