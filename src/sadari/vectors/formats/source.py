"""A file of word vectors as bytes: plain or gzip, read a block at a time, with the share that is read."""

from __future__ import annotations

import codecs
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sadari.data.formats.byte_stream import ByteStream, first_bytes, raw_blocks
from sadari.data.formats.encodings.encoding import (
    byte_order_mark,
    encoding_note,
    foreign_lines,
    mark_note,
    no_mark_note,
    wide_encoding,
)
from sadari.data.formats.encodings.guess import judge
from sadari.errors import DataError, SettingError
from sadari.messages import message

BLOCK_BYTES = 4 << 20
HEAD_BYTES = 1 << 20  # what is looked at to tell the format
MAX_LINE_BYTES = 16 << 20
_GZIP = b"\x1f\x8b"
_SAVE = message("save it in word2vec's format where it was made")
_FOREIGN = (
    (b"PK\x03\x04", message("a zip archive"), message("unpack it, and give the file that is in it")),
    (b"BZh91AY&SY", message("compressed with bzip2"), message("decompress it, or use gzip")),
    (b"\xfd7zXZ", message("compressed with xz"), message("decompress it, or use gzip")),
    (b"\x28\xb5\x2f\xfd", message("compressed with zstd"), message("decompress it, or use gzip")),
    (
        b"\x80\x02",
        message("a Python pickle, which is never opened here"),
        _SAVE,
    ),
    (
        b"\x80\x03",
        message("a Python pickle, which is never opened here"),
        _SAVE,
    ),
    (
        b"\x80\x04",
        message("a Python pickle, which is never opened here"),
        _SAVE,
    ),
    (
        b"\x80\x05",
        message("a Python pickle, which is never opened here"),
        _SAVE,
    ),
    (b"\x93NUMPY", message("a NumPy array, which holds no words"), message("give the file that has the words too")),
    (b"\x89HDF", message("an HDF5 file"), _SAVE),
)


class VectorFile(ByteStream):
    """A file of word vectors, looked at: gzip or not, and its encoding.

    Args:
        path: the file.
        encoding: a Python codec name, for its words; None: found out by its beginning.

    Attributes:
        beginning: its first bytes as they are, decompressed; at most `HEAD_BYTES`.
        whole: whether that is all of it.

    Raises:
        DataError: it is missing, unreadable, empty, no plain file, or of a foreign kind.
        SettingError: there is no such encoding.
    """

    def __init__(self, path: Path, encoding: str | None) -> None:
        super().__init__(path, str(path), encoding="utf-8" if encoding is None else _codec(encoding))
        _check_plain(path, self.name)
        start = first_bytes(path, self.name, 8)
        if not start:
            raise DataError(message("the file is empty"), where=self.name)
        self.compressed = start.startswith(_GZIP)
        self._size = path.stat().st_size
        self._handle: BinaryIO | None = None
        found = b""
        for block in raw_blocks(self, HEAD_BYTES):  # gzip may give less than was asked for
            found += block
            if len(found) > HEAD_BYTES:
                break
        if not found:
            raise DataError(message("the file is empty"), where=self.name)
        self.beginning, self.whole = found[:HEAD_BYTES], len(found) <= HEAD_BYTES
        for magic, what, hint in _FOREIGN:
            if found.startswith(magic):
                raise DataError(message("is {what}", what=what), where=self.name, hint=hint)
        marked = byte_order_mark(found)
        if marked is not None and marked[0] != "utf-8":
            self.encoding = marked[0][:6]  # Python's codec of that name takes the mark off
            self.notes.append(mark_note(self.encoding.upper()))
        elif marked is None and encoding is None and 4 * found.count(b"\0") >= len(found):  # text is mostly numbers
            wide = wide_encoding(self.beginning)
            if wide is not None:  # else it is binary
                self.encoding = wide
                self.notes.append(no_mark_note(wide))
        self._asked = encoding

    def find_encoding(self) -> None:
        """Of a file of text, tell the words' encoding by its beginning; in doubt it stays UTF-8."""
        if self._asked is not None or self.encoding != "utf-8":
            return
        lines = foreign_lines([self.beginning[: self.beginning.rfind(b"\n") + 1] or self.beginning])
        if _is_utf8(lines):
            return
        best, _ = judge(lines)
        if best is not None and best.codec != "utf-8":
            self.encoding = best.codec
            self.notes.append(encoding_note(best))

    def open(self) -> BinaryIO:
        self._handle = super().open()
        return self._handle

    @property
    def share(self) -> float:
        """The share of the file that has been read, 0 to 1."""
        raw = getattr(self._handle, "fileobj", self._handle)  # of a gzip file, the compressed bytes
        return min(1.0, raw.tell() / self._size) if raw is not None and not raw.closed and self._size else 1.0

    def read(self) -> Iterator[bytes]:
        """All bytes, decompressed, a block at a time."""
        return raw_blocks(self, BLOCK_BYTES)

    def text(self) -> Iterator[bytes]:
        """All bytes as UTF-8 without a byte order mark; what cannot be decoded comes as the replacement character.

        Text that is in UTF-8 is passed on as it is, right or wrong: only words are ever looked at as text.
        """
        first = True
        decode = None if self.encoding == "utf-8" else codecs.getincrementaldecoder(self.encoding)("replace").decode
        for block in self.read():
            if decode is not None:
                block = decode(block).encode("utf-8", "replace")
            if first and block:
                block, first = block.removeprefix(codecs.BOM_UTF8), False
            yield block
        if decode is not None:
            yield decode(b"", True).encode("utf-8", "replace")

    def lines(self) -> Iterator[tuple[bytes, bool]]:
        """Blocks of whole lines, and whether the block's last line is ended; the file's last one may not be.

        Raises:
            DataError: a line longer than `MAX_LINE_BYTES`, or a NUL byte, with its line.
        """
        rest, passed = b"", 0
        for block in self.text():
            if b"\0" in block:
                line = self._line_at(passed + len(rest) + block.index(b"\0"))
                raise DataError(
                    message("holds a NUL byte, so this is no text"),
                    where=message("{name}, line {line:,}", name=self.name, line=line),
                )
            block = rest + block
            end = block.rfind(b"\n") + 1
            lines, rest = block[:end], block[end:]
            passed += end
            if len(rest) > MAX_LINE_BYTES:
                where = f"{self.name}, line {self._line_at(passed):,}"
                raise DataError(
                    message("is longer than {max_line_bytes} MiB", max_line_bytes=MAX_LINE_BYTES >> 20), where=where
                )
            if lines:
                yield lines, True
        if rest:
            yield rest + b"\n", False

    def _line_at(self, place: int) -> int:
        """The number of the line in which a byte of the text stands."""
        lines = 1
        for block in self.text():
            lines += block[: max(0, place)].count(b"\n")
            place -= len(block)
            if place <= 0:
                break
        return lines


def _codec(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        "".encode(encoding)
    except (LookupError, ValueError, TypeError):
        raise SettingError(
            message("there is no encoding {encoding!r}", encoding=encoding),
            hint=message("such as utf-8, cp949, latin-1"),
        ) from None
    return "utf-8" if name == "utf-8-sig" else name


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_plain(path: Path, name: str) -> None:
    """Refuse pipes and devices, which cannot be read twice."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return  # whoever opens it says what is wrong
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise DataError(
            message("is a pipe or a device, not a file"), where=name, hint=message("save what it gives in a file first")
        )
