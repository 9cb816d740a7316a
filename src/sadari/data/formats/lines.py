"""Formats with one record a line: fastText's ``__label__x text``, and plain text.

Lines end at a line feed alone: U+2028, NEL and their like are characters of the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import nanoarrow as na
import numpy as np
import polars as pl

from sadari.data.formats.byte_stream import BLOCK_BYTES, MAX_RECORD_BYTES, ByteStream
from sadari.data.formats.format import Format
from sadari.data.formats.records import BadRows, Chunk, Records, Wanted, line_place, placed
from sadari.errors import DataError
from sadari.messages import message

LABEL_PREFIX = "__label__"
LINES_COLUMNS = ("text",)  # of plain text
_LABEL = rf"(?:^|[ \t]){LABEL_PREFIX}[^ \t]*"
_HEAD_BYTES = 256 << 10
_HEAD_ROWS = 1000


def line_runs(stream: ByteStream, rows: int) -> Iterator[tuple[int, bytes]]:
    """Whole lines, at most `rows` at a time: the first one's number, from 1, and their bytes.

    Raises:
        DataError: a line longer than `MAX_RECORD_BYTES`.
    """
    rest, line = b"", 1
    for block in chain(stream.blocks(BLOCK_BYTES), (b"",)):
        data = rest + block if rest else block
        if not block and data and not data.endswith(b"\n"):
            data += b"\n"
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 10) + 1
        lengths = np.diff(ends, prepend=0)
        if lengths.size and lengths.max() > MAX_RECORD_BYTES:
            raise _too_long(stream, line + int(lengths.argmax()))
        begin = 0
        for i in range(0, ends.size, rows):
            end = int(ends[min(i + rows, ends.size) - 1])
            yield line + i, data[begin:end]
            begin = end
        line += ends.size
        rest = data[begin:]
        if len(rest) > MAX_RECORD_BYTES:
            raise _too_long(stream, line)


def _too_long(stream: ByteStream, line: int) -> DataError:
    what = message("the line is longer than {max_record_bytes} MiB", max_record_bytes=MAX_RECORD_BYTES >> 20)
    return DataError(
        what,
        where=message("{name}, line {line:,}", name=stream.name, line=line),
        hint=message("is this a file with one text a line?"),
    )


def lines_column(data: bytes) -> pl.Series:
    """Lines that each end in a line feed as String, without it and without carriage returns before it."""
    buffer = np.frombuffer(data, np.uint8)
    offsets = np.append(0, np.flatnonzero(buffer == 10) + 1)
    array = na.c_array_from_buffers(na.large_string(), offsets.size - 1, [None, offsets, buffer])
    return pl.Series(array).alias("line").str.strip_suffix("\n").str.strip_chars_end("\r")


def head_lines(stream: ByteStream) -> bytes:
    """The first whole lines of a file, each ending in a line feed."""
    head, complete = stream.head(_HEAD_BYTES)
    cut = head.rfind(b"\n") + 1
    if complete:
        return head if cut == len(head) else head + b"\n"
    return head[:cut] if cut else next(line_runs(stream, 1))[1]


class _LineRecords(Records):
    """What the two formats share: records are lines, numbered as lines."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.notes = list(stream.notes)
        self.encoding = stream.encoding
        self.head = self._frame(lines_column(head_lines(stream))[:_HEAD_ROWS])

    def chunks(self, rows: int, wanted: Wanted, bad: BadRows) -> Iterator[Chunk]:
        """All records in file order; see `Records`."""
        names = self.columns if wanted.columns is None else list(wanted.columns)
        for first, data in line_runs(self._stream, rows):
            lines = lines_column(data)
            numbers = np.arange(first, first + lines.len(), dtype=np.int64)
            keep = self._records(lines)
            if keep is not None:
                lines, numbers = lines.filter(keep), numbers[keep.to_numpy()]
            yield Chunk(self._frame(lines).select(names), numbers, placed(line_place, numbers))

    def _records(self, lines: pl.Series) -> pl.Series | None:
        """Mask of the lines that are records; None for all."""
        return None

    def _frame(self, lines: pl.Series) -> pl.DataFrame:
        raise NotImplementedError


class PlainLines(_LineRecords):
    """One text a line, no labels; an empty line is an empty text.

    Args:
        stream: the file.
    """

    format = "lines"

    def __init__(self, stream: ByteStream) -> None:
        self.columns = list(LINES_COLUMNS)
        super().__init__(stream)

    def _frame(self, lines: pl.Series) -> pl.DataFrame:
        return lines.alias("text").to_frame()


class FastTextRecords(_LineRecords):
    """fastText's training files: words that begin with ``__label__`` are labels, wherever they stand.

    Labels are String, or List[String] if any line of the file has several. Empty lines are passed over.

    Args:
        stream: the file.
    """

    format = "fasttext"

    def __init__(self, stream: ByteStream) -> None:
        self.columns = ["label", "text"]
        self._several = False
        super().__init__(stream)
        if not self.head["text"].len():
            raise DataError(message("the file has no lines with text"), where=stream.name)
        if self.head["label"].null_count() == self.head.height:
            what = message("no line of its head has a label ({label_prefix}x)", label_prefix=LABEL_PREFIX)
            raise DataError(what, where=stream.name, hint=message("is it another format? Name it with --format"))
        self._several = self._any_several()
        self.head = self._frame(lines_column(head_lines(stream))[:_HEAD_ROWS])

    def _any_several(self) -> bool:
        for _, data in line_runs(self._stream, 1 << 20):
            if (lines_column(data).str.count_matches(LABEL_PREFIX, literal=True) > 1).any():
                return True
        return False

    def _records(self, lines: pl.Series) -> pl.Series | None:
        blank = lines.str.strip_chars() == ""
        return ~blank if blank.any() else None

    def _frame(self, lines: pl.Series) -> pl.DataFrame:
        labels = lines.str.extract_all(_LABEL).list.eval(
            pl.element().str.strip_chars_start(" \t").str.strip_prefix(LABEL_PREFIX)
        )
        if not self._several:
            labels = labels.list.first()
        texts = lines.str.replace_all(_LABEL, "").str.strip_chars(" \t")
        return pl.DataFrame([labels.alias("label"), texts.alias("text")])


LINES = Format(lambda stream, asked: PlainLines(stream), named=True)
FASTTEXT = Format(
    lambda stream, asked: FastTextRecords(stream), endings=(".ft",), begins=LABEL_PREFIX.encode(), named=True
)
