"""What readers of vectors fill: words and their rows, each word once, only those that are wanted."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.errors import DataError, SettingError
from sadari.messages import Message, message, of
from sadari.ragged import offsets_of
from sadari.text.column import column_bytes
from sadari.text.table import MISSING, TokenTable, hash_slices
from sadari.text.tokens.scan import Tokens
from sadari.vectors.keyed import WordVectors

ON_BAD_ROW = ("error", "skip")
WORDLESS_ROWS = message("rows without a word, passed over")


class Rows:
    """The rows of a file of vectors, as they are found.

    Args:
        width: numbers in a vector.
        where: what messages call the file.
        wanted: only these words are kept; None keeps all.
        limit: so many rows of the file are read at most.
        on_bad_row: "error", or "skip" to leave bad rows out and count them.

    Attributes:
        seen: rows of the file so far, good and bad.
        notes: sentences for people, to which `finish` adds what was counted.
    """

    def __init__(
        self, width: int, *, where: str, wanted: TokenTable | None, limit: int | None, on_bad_row: str
    ) -> None:
        self.width, self.where, self.limit, self.on_bad_row = width, where, limit, on_bad_row
        self.seen = 0
        self.notes: list[Message | str] = []
        self._wanted = wanted
        self._table = TokenTable()
        self._matrix = np.empty((0, width), np.float32)
        self._found: dict[str, Message] = {}  # what is odd → that, how often, and the first of them

    @property
    def full(self) -> bool:
        """Whether the file need not be read on."""
        return self.limit is not None and self.seen >= self.limit

    def room(self, rows: int) -> int:
        """How many of so many rows may still be read."""
        return rows if self.limit is None else min(rows, self.limit - self.seen)

    def count(self, what: Message, times: int, first: Message | str) -> None:
        """Count something odd; ``first`` says which was the first."""
        if times:
            said = message("{what}: {times:,} (the first: {first})", what=what, times=0, first=first)
            said = self._found.get(what.id, said)
            self._found[what.id] = said.filled(times=said.values["times"] + times)

    def count_wrong(self, words: list[str], encoding: str) -> None:
        """Count words with bytes that were replaced."""
        if words:
            what = message("words that are not valid {encoding}, their wrong bytes replaced")
            self.count(what.filled(encoding=encoding.upper()), len(words), f"{words[0]!r:.60}")

    def bad(self, what: Message, place: Message, hint: Message, times: int) -> None:
        """Raise what is wrong with the first of some bad rows, or count them where bad rows are left out.

        Args:
            what: is wrong with it.
            place: of it in the file.
            hint: what to do about it.
            times: how many there are.

        Raises:
            DataError: bad rows are errors.
        """
        if self.on_bad_row == "error":
            raise DataError(what, where=message("{name}, {place}", name=self.where, place=place), hint=hint)
        self.count(message("rows left out"), times, of(place, what))

    def add(self, words: Tokens, values: NDArray[np.float32], share: float) -> None:
        """Take up some rows, in the order of the file.

        Args:
            words: of each row, in UTF-8.
            values: float32 [rows, width]; copied.
            share: the share of the file that is read, from which the size of it all is guessed.
        """
        if self._wanted is not None:
            chosen = np.flatnonzero(self._wanted.look_up(words) != MISSING)
            words, values = _chosen(words, chosen), values[chosen]
        before = len(self._table)
        try:
            ids = self._table.learn(words)
        except DataError as error:
            raise DataError(error.said, where=self.where) from None
        added = len(self._table) - before
        if added < len(ids):
            highest = np.maximum.accumulate(np.concatenate([[before - 1], ids]))[:-1]
            new = ids > highest
            again = self._table.token(int(ids[np.argmin(new)]))
            what = message("words that stood before, of which the first is kept")
            self.count(what, len(ids) - added, f"{again!r:.60}")
            values = values[new]
        self._reserve(before + added, share)
        self._matrix[before : before + added] = values

    def check_promise(self, promised: int) -> None:
        """Compare what the file's header promises with the rows that were there, now that all are read."""
        if promised == self.seen:
            return
        hint = (
            message("is the download complete?")
            if promised > self.seen
            else message("correct the first line of the file")
        )
        what = message(
            "the first line promises {promised:,} words, and there are {seen:,}", promised=promised, seen=self.seen
        )
        if self.on_bad_row == "error":
            raise DataError(what, where=self.where, hint=hint)
        self.notes.append(what)

    def finish(self) -> WordVectors:
        """All that was kept, with notes on what was odd.

        Raises:
            DataError: the file has no words.
        """
        if self.seen == 0 or (len(self._table) == 0 and self._wanted is None):
            raise DataError(
                message("there is no word with a vector in it"), where=self.where, hint=message("check how it was made")
            )
        table, matrix = self._table, self._matrix
        self._matrix = np.empty((0, self.width), np.float32)
        matrix.resize((len(table), self.width), refcheck=False)
        table.counts[: len(table)] = 0
        notes = [*self.notes, *self._found.values()]
        if self._wanted is not None:
            found = message("{found:,} of the {asked:,} words asked for are in it")
            notes.append(found.filled(found=len(table), asked=len(self._wanted)))
        return WordVectors(table, matrix, notes=notes)

    def _reserve(self, rows: int, share: float) -> None:
        """Make room, by a guess at the size of it all: an array that grows in place is never there twice."""
        if rows <= len(self._matrix):
            return
        guess = int(min(rows / max(share, 1e-9) * 1.01, 64 * rows))
        most = (self.limit, None if self._wanted is None else len(self._wanted))
        guess = min([guess, *[each for each in most if each is not None]])
        # nothing else holds this array yet, which is what the check would ask
        self._matrix.resize((max(rows, guess), self.width), refcheck=False)


def wanted_words(words: Iterable[str] | None) -> TokenTable | None:
    """The words that a caller wants.

    Raises:
        SettingError: they are one string, or not words.
    """
    if words is None:
        return None
    if isinstance(words, str):
        raise SettingError(
            message("words must be several, not one string: {words!r:.60}", words=words),
            hint=message("put it in a list"),
        )
    try:
        return TokenTable.of(list(dict.fromkeys(words)))
    except TypeError as error:
        raise SettingError(message("words must be strings: {error}", error=error)) from None


def decoded(words: bytes, offsets: NDArray[np.int64], encoding: str) -> tuple[Tokens, list[str]]:
    """Words as tokens in UTF-8, and those that were not valid in their encoding, as they are now.

    Args:
        words: all of them, a line feed after each.
        offsets: int64 [n + 1]: where each begins.
        encoding: of the words.
    """
    wrong = []
    content = np.frombuffer(words, np.uint8)
    starts, lengths = offsets[:-1].astype(np.int32), (np.diff(offsets) - 1).astype(np.int32)
    if encoding != "utf-8" or not _is_utf8(words):
        texts = []
        for start, end in pairwise(offsets.tolist()):
            raw = words[start : end - 1]
            try:
                texts.append(raw.decode(encoding))
            except UnicodeDecodeError:
                texts.append(raw.decode(encoding, "replace"))
                wrong.append(texts[-1])
        content, bounds = column_bytes(pl.Series(texts, dtype=pl.String))
        starts, lengths = bounds[:-1].astype(np.int32), np.diff(bounds).astype(np.int32)
    hashes = hash_slices(content, starts, lengths)
    return Tokens(content, starts, lengths, hashes, np.array([0, len(starts)])), wrong


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def gather(
    content: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[bytes, NDArray[np.int64]]:
    """Slices of some bytes, a line feed after each, and int64 [n + 1]: where each begins."""
    offsets = offsets_of(lengths + 1)
    out = np.empty(offsets[-1], np.uint8)
    _copy_slices(content, starts, lengths, offsets, out)
    return out.tobytes(), offsets


@njit(cache=True, nogil=True)
def _copy_slices(content, starts, lengths, offsets, out):  # type: ignore[no-untyped-def]
    for t in range(len(starts)):
        at = offsets[t]
        for j in range(lengths[t]):
            out[at + j] = content[starts[t] + j]
        out[at + lengths[t]] = 10


def _chosen(tokens: Tokens, chosen: NDArray[np.int64]) -> Tokens:
    return Tokens(
        tokens.content,
        tokens.starts[chosen],
        tokens.lengths[chosen],
        tokens.hashes[chosen],
        np.array([0, len(chosen)]),
    )
