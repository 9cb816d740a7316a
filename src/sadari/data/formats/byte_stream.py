"""A file of text as blocks of valid UTF-8 bytes: compression, pipes and encodings end here.

What comes later (records, columns) sees UTF-8 without a byte order mark, cut between characters, and nothing
else.
"""

from __future__ import annotations

import codecs
import difflib
import errno
import gzip
import re
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import IO, BinaryIO, cast

from sadari.artifact import open_plain
from sadari.errors import DataError, OutputError, reason_of
from sadari.messages import Message, Named, message

BLOCK_BYTES = 8 << 20
"""Bytes read at a time; also what bounds the memory a reader takes."""

MAX_RECORD_BYTES = 8 << 20
"""The longest record (a row, a line, one text file) that is read; a longer one is an error, not a hang."""

_ENDS = {b"\r": re.compile(rb"\r(?!\n)"), b"\n\r": re.compile(rb"\n\r")}
_UNPACKED_FREELY = 64 << 20
_MOST_UNPACKED = 200  # times: texts shrink to a third, logs that repeat themselves to a 50th; zeros to a 1,000th

STANDARD_INPUT = Named("standard input")
"""What messages call it."""

_NAMES_COMPARED = 2_000  # of a folder's files, to find which was meant

ENCODING_HINT = message("save it as UTF-8, or name its encoding with --encoding (such as cp949, latin-1, utf-16)")


@dataclass
class ByteStream:
    """A readable file, its encoding known.

    Args:
        path: where the bytes lie (for standard input, the spooled copy).
        name: what messages call it.
        encoding: a Python codec name.
        skip: bytes of the byte order mark.
        compressed: whether it is gzip.
        line_end: what ends its lines, where that is a lone CR or LF CR.
        notes: sentences on what was detected.
    """

    path: Path
    name: str
    encoding: str = "utf-8"
    skip: int = 0
    compressed: bool = False
    line_end: bytes = b""
    notes: list[Message] = field(default_factory=list)
    spool: object | None = None  # keeps standard input's temporary file alive

    def open(self) -> BinaryIO:
        """The uncompressed bytes from the start."""
        handle = open_bytes(self.path, self.name)
        if not self.compressed:
            return handle
        unpacked = gzip.GzipFile(fileobj=handle, mode="rb")
        unpacked.myfileobj = handle  # type: ignore[assignment]  # closed with it
        return cast(BinaryIO, unpacked)

    def blocks(self, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """Blocks of valid UTF-8, each ending between two characters; every line end comes as LF or CR LF."""
        blocks = decoded_blocks(self, self.encoding, size)
        return _with_line_feeds(blocks, self.line_end) if self.line_end else blocks

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


def _with_line_feeds(blocks: Iterator[bytes], end: bytes) -> Iterator[bytes]:
    """LF in place of each such line end, be half of it in the next block: CR that no LF follows, or LF CR."""
    last = b""
    for block in blocks:
        joined = last + block
        last = joined[-1:] if joined.endswith(end[:1]) else b""
        if len(joined) > len(last):
            yield _ENDS[end].sub(b"\n", joined[: len(joined) - len(last)])
    if last:
        yield b"\n"


def open_bytes(path: Path, name: str, *, pipe: bool = False) -> BinaryIO:
    """Open a plain file for reading; what the system refuses becomes one line for the user.

    Args:
        path: the file.
        name: what errors call it.
        pipe: whether it may be a pipe, which is waited for: one that the user named.
    """
    try:
        return path.open("rb") if pipe else open_plain(path)
    except FileNotFoundError:
        raise DataError(message("there is no such file"), where=name, hint=_near_names(path)) from None
    except IsADirectoryError:
        raise DataError(message("is a folder, not a file"), where=name) from None
    except PermissionError:
        raise DataError(
            message("no permission to read it"), where=name, hint=message("check its access rights")
        ) from None
    except OSError as error:
        if error.errno == errno.EINVAL and error.strerror:
            raise DataError(error.strerror, where=name, hint=message("name a file of texts")) from None
        raise DataError(message("cannot be opened ({reason})", reason=reason_of(error)), where=name) from None
    except ValueError as error:
        raise DataError(message("cannot be opened ({reason})", reason=reason_of(error)), where=name) from None


def first_bytes(path: Path, name: str, size: int) -> bytes:
    """The first bytes of a file as they are, fewer where it is shorter.

    Raises:
        DataError: it cannot be opened, or read.
    """
    with open_bytes(path, name) as handle:
        try:
            return handle.read(size)
        except OSError as error:
            raise DataError(message("reading failed ({reason})", reason=reason_of(error)), where=name) from None


def _near_names(path: Path) -> Message:
    try:
        names = [p.name for p in islice(path.parent.iterdir(), _NAMES_COMPARED)]
    except OSError:
        return message("the folder {folder} cannot be listed; check the path", folder=path.parent)
    near = difflib.get_close_matches(path.name, names, n=1)
    return message("did you mean {path}?", path=path.parent / near[0]) if near else message("check the path")


def spool(handle: IO[bytes]) -> tuple[Path, object]:
    """Copy a pipe to a temporary file, to read it twice; the file goes when the second result does.

    Raises:
        OutputError: there is no room for it.
    """
    copy = tempfile.NamedTemporaryFile(prefix="sadari-")  # noqa: SIM115
    while block := handle.read(BLOCK_BYTES):
        try:
            copy.write(block)
            copy.flush()
        except OSError as error:
            with suppress(OSError):  # what could not be written cannot be at its end either
                copy.close()
            raise OutputError(
                message("a pipe cannot be kept while it is read: {reason}", reason=reason_of(error)),
                where=tempfile.gettempdir(),
                hint=message("set TMPDIR to a folder with more room, or give a file"),
            ) from error
    return Path(copy.name), copy


def spool_standard_input() -> tuple[Path, object]:
    """As `spool`, for standard input."""
    return spool(sys.stdin.buffer)


def raw_blocks(stream: ByteStream, size: int) -> Iterator[bytes]:
    """The file's uncompressed bytes, `size` at a time."""
    with stream.open() as handle:
        packed, taken = getattr(handle, "fileobj", None), 0
        while True:
            try:
                block = handle.read(size)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                what = message("the gzip data is damaged ({error})", error=error)
                raise DataError(what, where=stream.name, hint=message("fetch or compress the file again")) from None
            except OSError as error:
                raise DataError(
                    message("reading failed ({reason})", reason=reason_of(error)), where=stream.name
                ) from None
            if not block:
                return
            taken += len(block)
            if packed is not None and taken > _UNPACKED_FREELY and taken > _MOST_UNPACKED * packed.tell():
                what = message(
                    "the gzip data unpacks to more than {most_unpacked} times its size, as no table of texts does",
                    most_unpacked=_MOST_UNPACKED,
                )
                raise DataError(
                    what, where=stream.name, hint=message("if it is what you want, unpack it with gunzip first")
                )
            yield block


class UndecodableError(DataError):
    """Bytes that are not text in the encoding tried."""


def decoded_blocks(stream: ByteStream, encoding: str, size: int) -> Iterator[bytes]:
    """The stream's bytes as UTF-8, strictly decoded from `encoding`.

    Raises:
        DataError: at the first byte that is not text in `encoding`, with its line.
    """
    decode = codecs.getincrementaldecoder(encoding)("strict").decode
    plain = encoding == "utf-8"
    rest, skip, yielded = b"", stream.skip, 0
    for raw in chain(raw_blocks(stream, size), (b"",)):
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
            what = message("is a binary file (a NUL byte in line {line:,})", line=line)
            raise DataError(what, where=stream.name, hint=message("give a file of text"))
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
        return UndecodableError(
            message("not valid {encoding}", encoding=encoding.upper()), where=stream.name, hint=ENCODING_HINT
        )
    byte = error.object[error.start]
    line = lines + bytes(error.object[: error.start]).count(b"\n") + 1
    what = message(
        "byte 0x{byte:02x} in line {line:,} is not valid {encoding}", byte=byte, line=line, encoding=encoding.upper()
    )
    return UndecodableError(what, where=stream.name, hint=ENCODING_HINT)
