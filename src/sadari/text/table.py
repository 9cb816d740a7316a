"""The compiled hash table: from a token's bytes to its id, for millions at a time.

An open-addressing table with linear probing over plain arrays. Ids are given in the order in which keys are first
seen, so the same texts in the same order always give the same ids. A token's bytes are compared, never its hash alone.
Tokens made to collide would take a time that grows with their number squared, so they are refused (`CROWDED`).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.errors import DataError, SettingError
from sadari.messages import message
from sadari.text.tokens.scan import MOST_BYTES, Tokens, hash_bytes

MISSING = -1
ENTRIES_FULL, CONTENT_FULL, CROWDED = 1, 2, 3  # why the compiled loop stopped


class TokenTable:
    """Tokens ↔ ids 0, 1, 2 …; grows while it learns."""

    def __init__(self) -> None:
        self.slots: NDArray[np.int32] = np.full(1024, MISSING, np.int32)
        self.hashes: NDArray[np.uint32] = np.empty(512, np.uint32)
        self.offsets: NDArray[np.int64] = np.zeros(513, np.int64)
        self.content: NDArray[np.uint8] = np.empty(4096, np.uint8)
        self.counts: NDArray[np.int64] = np.zeros(512, np.int64)
        self.size = 0

    def __len__(self) -> int:
        return self.size

    def learn(self, tokens: Tokens) -> NDArray[np.int32]:
        """Ids int32 [tokens]; unseen tokens get the next ids, and every occurrence is counted.

        Raises:
            DataError: the tokens' hashes collide as only tokens made for it do.
        """
        ids = np.empty(len(tokens), np.int32)
        done = 0
        while True:
            done, self.size, full = _learn(
                tokens.content,
                tokens.starts,
                tokens.lengths,
                tokens.hashes,
                ids,
                done,
                self.slots,
                self.hashes,
                self.offsets,
                self.content,
                self.counts,
                self.size,
            )
            if done == len(tokens):
                return ids
            if full == CROWDED:
                last = self.token(self.size - 1)
                raise DataError(
                    message("the tokens are made to collide in a hash table, such as {last!r:.60}", last=last)
                )
            # Arrays grow here and not in the compiled loop: a loop over arrays that never change is four times as fast.
            if full == CONTENT_FULL:
                self.content = np.resize(self.content, 2 * len(self.content) + int(tokens.lengths[done]))
            else:
                self.hashes, self.counts = np.resize(self.hashes, 2 * self.size), np.resize(self.counts, 2 * self.size)
                self.offsets = np.resize(self.offsets, 2 * self.size + 1)
                self.slots = _rehashed(self.hashes, self.size, 4 * self.size)

    @property
    def tables(self) -> tuple[NDArray[np.int32], NDArray[np.uint32], NDArray[np.int64], NDArray[np.uint8]]:
        """What `look_up_loop` looks in."""
        return self.slots, self.hashes, self.offsets, self.content

    def look_up(self, tokens: Tokens) -> NDArray[np.int32]:
        """Ids int32 [tokens], MISSING for tokens never learned."""
        return look_up_loop(
            tokens.content,
            tokens.starts,
            tokens.lengths,
            tokens.hashes,
            *self.tables,
        )

    def find(self, token: str) -> int:
        """The id of one token, or MISSING; half a surrogate pair is in no token."""
        try:
            raw = np.frombuffer(token.encode(), np.uint8)
        except UnicodeEncodeError:
            return MISSING
        starts, lengths = np.zeros(1, np.int32), np.array([len(raw)], np.int32)
        one = Tokens(raw, starts, lengths, hash_slices(raw, starts, lengths), np.array([0, 1]))
        return int(self.look_up(one)[0])

    @classmethod
    def of(cls, tokens: list[str]) -> TokenTable:
        """A table in which ``tokens[i]`` has id i.

        Raises:
            SettingError: a token that stands twice, is no text, or was made to collide.
        """
        try:
            raw = [token.encode() for token in tokens]
        except (AttributeError, UnicodeEncodeError) as error:
            raise SettingError(message("the vocabulary has an entry that is no text: {error}", error=error)) from None
        if sum(map(len, raw)) > MOST_BYTES:
            raise SettingError(message("the vocabulary has more than {most_bytes:,} bytes", most_bytes=MOST_BYTES))
        content = np.frombuffer(b"".join(raw), np.uint8)
        lengths = np.array([len(r) for r in raw], np.int32)
        starts = (np.cumsum(lengths, dtype=np.int64) - lengths).astype(np.int32)
        hashes = hash_slices(content, starts, lengths)
        table = cls()
        try:
            ids = table.learn(Tokens(content, starts, lengths, hashes, np.array([0, len(tokens)])))
        except DataError as error:
            raise SettingError(message("the vocabulary cannot be used: {what}", what=error.said)) from None
        if table.size < len(tokens):
            twice = int(np.argmax(ids != np.arange(len(tokens))))
            raise SettingError(message("the vocabulary has {tokens!r} twice", tokens=tokens[twice]))
        table.counts[: table.size] = 0
        return table

    def token(self, index: int) -> str:
        """The token with this id."""
        return self.content[self.offsets[index] : self.offsets[index + 1]].tobytes().decode()

    def to_list(self) -> list[str]:
        """Every token, by id."""
        raw = self.content[: self.offsets[self.size]].tobytes()
        bounds = self.offsets[: self.size + 1].tolist()
        return [raw[a:b].decode() for a, b in pairwise(bounds)]


@njit(cache=True, nogil=True)
def hash_slices(content, starts, lengths):  # type: ignore[no-untyped-def]
    """uint32 [n]: the hash of every byte slice."""
    hashes = np.empty(len(starts), np.uint32)
    for t in range(len(starts)):
        hashes[t] = hash_bytes(content, starts[t], starts[t] + lengths[t])
    return hashes


@njit(cache=True, nogil=True, inline="always")
def spread(h):  # type: ignore[no-untyped-def]
    """FNV's low bits are weak on short words; this mixes all bits into the ones that pick a slot."""
    x = np.uint64(h) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64(x >> np.uint64(32))


@njit(cache=True, nogil=True, inline="always")
def _same(content, start, length, stored, offset, end):  # type: ignore[no-untyped-def]
    if end - offset != length:
        return False
    for j in range(length):  # noqa: SIM110 - compiled: a loop, not a generator
        if content[start + j] != stored[offset + j]:
            return False
    return True


@njit(cache=True, nogil=True)
def _slot_of(content, start, length, h, slots, hashes, offsets, stored):  # type: ignore[no-untyped-def]
    """The slot in which a token stands, or the free one in which it would; and how many others were looked at."""
    mask = len(slots) - 1
    s, probes = spread(h) & mask, 0
    while slots[s] >= 0:
        k = slots[s]
        if hashes[k] == h and _same(content, start, length, stored, offsets[k], offsets[k + 1]):
            return s, probes
        s = (s + 1) & mask
        probes += 1
    return s, probes


@njit(cache=True, nogil=True)
def _rehashed(keys, size, capacity):  # type: ignore[no-untyped-def]
    """Slots, a power of two of them, for the first ``size`` hashes or keys."""
    slots = np.full(capacity, np.int32(-1), np.int32)
    mask = capacity - 1
    for i in range(size):
        s = spread(keys[i]) & mask
        while slots[s] >= 0:
            s = (s + 1) & mask
        slots[s] = i
    return slots


@njit(cache=True, nogil=True)
def _learn(  # type: ignore[no-untyped-def]
    content, starts, lengths, token_hashes, ids, done, slots, hashes, offsets, stored, counts, size
):
    """Learn from token ``done`` on until the end, or until an array is full: (tokens done, size, what is full)."""
    probes, most_probes = 0, 64 * len(starts) + 1_000_000  # in tables of texts: about one a token
    for t in range(done, len(starts)):
        h, start, length = token_hashes[t], starts[t], lengths[t]
        s, looks = _slot_of(content, start, length, h, slots, hashes, offsets, stored)
        found = slots[s]
        probes += looks
        if probes > most_probes:
            return t, size, CROWDED
        if found < 0:
            if size == len(hashes):
                return t, size, ENTRIES_FULL
            end = offsets[size] + length
            if end > len(stored):
                return t, size, CONTENT_FULL
            stored[offsets[size] : end] = content[start : start + length]
            hashes[size], offsets[size + 1], slots[s], counts[size] = h, end, size, 0
            found = size
            size += 1
        counts[found] += 1
        ids[t] = found
    return len(starts), size, 0


@njit(cache=True, nogil=True)
def look_up_loop(content, starts, lengths, token_hashes, slots, hashes, offsets, stored):  # type: ignore[no-untyped-def]
    ids = np.empty(len(starts), np.int32)
    for t in range(len(starts)):
        s, _ = _slot_of(content, starts[t], lengths[t], token_hashes[t], slots, hashes, offsets, stored)
        ids[t] = slots[s]
    return ids
