"""Running text: a file that is read for its words or characters, and not for its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from sadari.data.formats.byte_stream import BLOCK_BYTES
from sadari.data.formats.encodings.encoding import open_stream
from sadari.data.formats.lines import lines_column
from sadari.data.formats.opening import local_file

PIECE_BYTES = 1 << 20  # a longer line is cut at white space: corpora such as text8 are one line of 100 MB


class PlainText:
    """A file of text, gzip or not, or standard input ("-"), in bounded memory.

    Args:
        path: the file.
        encoding: of the file; None: found out.

    Attributes:
        notes: sentences on what was found out.

    Raises:
        DataError: it is missing, empty, a folder, binary, or not of that encoding.
    """

    def __init__(self, path: str | Path, *, encoding: str | None = None) -> None:
        place, self.name, self._kept = local_file(path)
        self._stream = open_stream(place, name=self.name, encoding=encoding)
        self.notes = list(self._stream.notes)

    def read(self) -> str:
        """All of it."""
        return b"".join(self._stream.blocks()).decode()

    def columns(self, *, blank: bool = False) -> Iterator[pl.Series]:
        """Its lines, as String columns of some MB; can be called again.

        Args:
            blank: blank lines are kept, and not left out.
        """
        rest = b""
        for block in self._stream.blocks(BLOCK_BYTES):
            whole, rest = _cut(rest + block)
            yield from _lines(whole, blank)
        yield from _lines(rest, blank)


def _cut(data: bytes) -> tuple[bytes, bytes]:
    """What can be read now: up to the last line feed; of a line without an end, up to its last white space.

    Where there is none of either, as in Chinese, up to the last character: memory must not grow with the line.
    """
    end = data.rfind(b"\n") + 1
    if end == 0 and len(data) > PIECE_BYTES:
        end = max(data.rfind(b" "), data.rfind(b"\t")) + 1
        if end == 0:
            end = len(data) - 1
            while data[end] & 0xC0 == 0x80:  # within a character
                end -= 1
    return data[:end], data[end:]


def _lines(data: bytes, blank: bool) -> Iterator[pl.Series]:
    if not data:
        return
    lines = lines_column(data if data.endswith(b"\n") else data + b"\n")
    if lines.str.len_bytes().max() > PIECE_BYTES:  # type: ignore[operator]
        lines = pl.Series("line", [piece for line in lines.to_list() for piece in _pieces(line)], pl.String)
    if not blank:
        lines = lines.filter(lines.str.strip_chars() != "")
    if len(lines):
        yield lines


def _pieces(line: str) -> Iterator[str]:
    """A line in pieces of at most `PIECE_BYTES` characters, cut after white space where there is any."""
    start = 0
    while len(line) - start > PIECE_BYTES:
        end = line.rfind(" ", start, start + PIECE_BYTES) + 1 or start + PIECE_BYTES
        yield line[start:end]
        start = end
    yield line[start:]
