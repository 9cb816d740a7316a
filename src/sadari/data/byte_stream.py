"""A file of text as blocks of valid UTF-8 bytes: compression, standard input and encodings end here.

What comes later (records, columns) sees UTF-8 without a byte order mark, cut between characters, and nothing
else.
"""

from __future__ import annotations

import codecs
import difflib
import gzip
import shutil
import sys
import tempfile
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import IO, BinaryIO, cast

from sadari.errors import DataError

BLOCK_BYTES = 8 << 20
"""Bytes read at a time; also what bounds the memory a reader takes."""

MAX_RECORD_BYTES = 8 << 20
"""The longest record (a row, a line, one text file) that is read; a longer one is an error, not a hang."""

STANDARD_INPUT = "standard input"
"""What messages call it."""

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
    (b"BZh", "compressed with bzip2", "decompress it, or use gzip"),
    (b"\xfd7zXZ", "compressed with xz", "decompress it, or use gzip"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
)
_GZIP_MAGIC = b"\x1f\x8b"
_ENCODING_HINT = "save it as UTF-8, or name its encoding with --encoding (such as cp949, latin-1, utf-16)"


@dataclass
class ByteStream:
    """A readable file, its encoding known.

    Args:
        path: where the bytes lie (for standard input, the spooled copy).
        name: what messages call it.
        encoding: a Python codec name.
        skip: bytes of the byte order mark.
        compressed: whether it is gzip.
        notes: sentences on what was detected.
    """

    path: Path
    name: str
    encoding: str = "utf-8"
    skip: int = 0
    compressed: bool = False
    carriage_returns: bool = False
    notes: list[str] = field(default_factory=list)
    spool: object | None = None  # keeps standard input's temporary file alive

    def open(self) -> BinaryIO:
        """The uncompressed bytes from the start."""
        handle = open_bytes(self.path, self.name)
        return cast(BinaryIO, gzip.GzipFile(fileobj=handle, mode="rb")) if self.compressed else handle

    def blocks(self, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """Blocks of valid UTF-8, each ending between two characters; lone CR line ends come as LF."""
        for block in decoded_blocks(self, self.encoding, size):
            yield block.replace(b"\r", b"\n") if self.carriage_returns else block

    def head(self, size: int) -> tuple[bytes, bool]:
        """About the first `size` bytes as UTF-8, and whether that is all there is."""
        parts: list[bytes] = []
        total = 0
        for block in self.blocks(size):
            if total >= size:
                return b"".join(parts), False
            parts.append(block)
            total += len(block)
        return b"".join(parts), True


def open_bytes(path: Path, name: str) -> BinaryIO:
    """Open a file for reading; what the system refuses becomes one line for the user."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise DataError("there is no such file", where=name, hint=_near_names(path)) from None
    except IsADirectoryError:
        raise DataError("is a folder, not a file", where=name) from None
    except PermissionError:
        raise DataError("no permission to read it", where=name, hint="check its access rights") from None
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be opened ({error})", where=name) from None


def _near_names(path: Path) -> str:
    try:
        names = [p.name for p in path.parent.iterdir()]
    except OSError:
        return f"the folder {path.parent} cannot be listed; check the path"
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"did you mean {path.parent / near[0]}?" if near else "check the path"


def open_stream(path: Path, *, name: str | None = None, encoding: str | None = None) -> ByteStream:
    """Look at a file: gzip or not, its encoding, lone-CR line ends.

    Without `encoding`, a byte order mark decides; else strict UTF-8 and then strict CP949, each tried on the
    whole file, since on short Korean texts that order is more reliable than statistical guessing.

    Raises:
        DataError: the file is missing, unreadable, empty, binary, or in neither encoding.
    """
    stream = ByteStream(path, name or str(path))
    with stream.open() as handle:
        stream.compressed = handle.read(2) == _GZIP_MAGIC
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
    within = text if complete else text[:-1]  # a last CR may be half of a CR LF
    stream.carriage_returns = b"\r" in within and b"\n" not in text
    return stream


def spool(handle: IO[bytes]) -> tuple[Path, object]:
    """Copy a pipe to a temporary file, to read it twice; the file goes when the second result does."""
    copy = tempfile.NamedTemporaryFile(prefix="sadari-")  # noqa: SIM115
    shutil.copyfileobj(handle, copy, BLOCK_BYTES)
    copy.flush()
    return Path(copy.name), copy


def spool_standard_input() -> tuple[Path, object]:
    """As `spool`, for standard input."""
    return spool(sys.stdin.buffer)


def read_text(path: Path, encoding: str | None = None) -> tuple[str, str]:
    """A small file's whole text, and the encoding it was in; an empty file is an empty text.

    Raises:
        DataError: it cannot be read or decoded, or is larger than `MAX_RECORD_BYTES`.
    """
    name = str(path)
    with open_bytes(path, name) as handle:
        if not handle.read(1):
            return "", "utf-8"
    stream = open_stream(path, encoding=encoding)
    content, complete = stream.head(MAX_RECORD_BYTES)
    if not complete:
        raise DataError(f"is longer than {MAX_RECORD_BYTES >> 20} MiB", where=name)
    return content.decode("utf-8"), stream.encoding


def _raw_head(stream: ByteStream, size: int) -> bytes:
    return next(_raw_blocks(stream, size), b"")


def _raw_blocks(stream: ByteStream, size: int) -> Iterator[bytes]:
    with stream.open() as handle:
        while True:
            try:
                block = handle.read(size)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                what = f"the gzip data is damaged ({error})"
                raise DataError(what, where=stream.name, hint="fetch or compress the file again") from None
            except OSError as error:
                raise DataError(f"reading failed ({error})", where=stream.name) from None
            if not block:
                return
            yield block


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
    raise DataError(f"neither UTF-8 nor CP949: {failures[0]}; {failures[1]}", where=stream.name, hint=_ENCODING_HINT)


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
    except _UndecodableError as error:
        return error
    return None


class _UndecodableError(DataError):
    """Bytes that are not text in the encoding tried."""


def decoded_blocks(stream: ByteStream, encoding: str, size: int) -> Iterator[bytes]:
    """The stream's bytes as UTF-8, strictly decoded from `encoding`.

    Raises:
        DataError: at the first byte that is not text in `encoding`, with its line.
    """
    decode = codecs.getincrementaldecoder(encoding)("strict").decode
    plain = encoding == "utf-8"
    rest, skip, yielded = b"", stream.skip, 0
    for raw in chain(_raw_blocks(stream, size), (b"",)):
        block, rest, skip = rest + raw[skip:], b"", max(0, skip - len(raw))
        try:
            if plain:
                block, rest = _cut_between_characters(block) if raw else (block, b"")
                if not block.isascii():
                    block.decode("utf-8")
            else:
                block = decode(block, not raw).encode("utf-8")
        except UnicodeError as error:
            before = islice(decoded_blocks(stream, encoding, size), yielded)
            raise _undecodable(stream, encoding, error, _line_feeds(before)) from None
        if b"\0" in block:
            before = islice(decoded_blocks(stream, encoding, size), yielded)
            line = _line_feeds(before) + block.count(b"\n", 0, block.index(b"\0")) + 1
            what = f"is a binary file (a NUL byte in line {line:,})"
            raise DataError(what, where=stream.name, hint="give a file of text")
        if block:
            yielded += 1
            yield block


def _line_feeds(blocks: Iterable[bytes]) -> int:
    return sum(block.count(b"\n") for block in blocks)


def _cut_between_characters(block: bytes) -> tuple[bytes, bytes]:
    """Split off the bytes of a UTF-8 character that the block's end cuts in two (at most three)."""
    for back in range(1, min(4, len(block)) + 1):
        byte = block[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return (block[:-back], block[-back:]) if length > back else (block, b"")
    return block, b""


def _undecodable(stream: ByteStream, encoding: str, error: UnicodeError, lines: int) -> DataError:
    if not isinstance(error, UnicodeDecodeError):  # a lone surrogate that UTF-16 smuggled in
        return _UndecodableError(f"not valid {encoding.upper()}", where=stream.name, hint=_ENCODING_HINT)
    byte = error.object[error.start]
    line = lines + bytes(error.object[: error.start]).count(b"\n") + 1
    what = f"byte 0x{byte:02x} in line {line:,} is not valid {encoding.upper()}"
    return _UndecodableError(what, where=stream.name, hint=_ENCODING_HINT)
