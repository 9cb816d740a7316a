"""Texts longer than a net reads: their beginning, their beginning and end, or windows over all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sadari.messages import Message, message
from sadari.ragged import Ragged, offsets_of

WAYS = ("head", "head+tail", "windows")
HEAD_SHARE = 0.25  # of what is read, where beginning and end are (Sun et al. 2019 read 128 and 382 of 510)


def fit_long(ids: Ragged, longest: int, way: str) -> tuple[Ragged, NDArray[np.int64]]:
    """Pieces of texts that are no longer than ``longest``.

    Args:
        ids: of whole texts [n].
        longest: ids that a piece may have.
        way: "head", "head+tail", or "windows": as few as hold all of a text, evenly spaced.

    Returns:
        the pieces [m], and int64 [m], of which text each one is, in the order of the texts. Only windows are more than
        one a text.
    """
    lengths = ids.lengths
    if way == "windows":
        counts = np.maximum(1, -(-lengths // longest))
        owners = np.repeat(np.arange(len(lengths)), counts)
        place = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
        spare = np.maximum(lengths - longest, 0)[owners]
        starts = spare * place // np.maximum(counts[owners] - 1, 1)
        return _slices(ids, owners, starts, np.minimum(lengths[owners], longest)), owners
    owners = np.arange(len(lengths))
    if way == "head" or not (lengths > longest).any():
        return ids.truncate(longest)[0], owners
    head = max(1, int(longest * HEAD_SHARE))
    kept = np.minimum(lengths, longest)
    rank = np.arange(kept.sum()) - np.repeat(offsets_of(kept)[:-1], kept)
    skip = np.where(rank >= head, np.repeat(lengths - kept, kept), 0)
    positions = np.repeat(ids.offsets[:-1], kept) + rank + skip
    return Ragged(ids.values[positions], offsets_of(kept)), owners


def _slices(ids: Ragged, owners: NDArray[np.int64], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> Ragged:
    offsets = offsets_of(lengths)
    rank = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    return Ragged(ids.values[np.repeat(ids.offsets[:-1][owners] + starts, lengths) + rank], offsets)


def cut_note(texts: int, rows: int, tokens: int, read: object = "head") -> Message:
    """How many texts were longer than a model reads: "2 of 120 texts (1.7 %) cut after 256 tokens".

    Args:
        texts: that were longer.
        rows: texts in all.
        tokens: that are read of each.
        read: which of them: "head", or "head+tail".
    """
    said = message("{texts:,} of {rows:,} texts ({share:.1f} %) cut after {tokens:,} tokens")
    if read == "head+tail":
        said = message("{texts:,} of {rows:,} texts ({share:.1f} %) read by head and tail, {tokens:,} tokens")
    return said.filled(texts=texts, rows=rows, share=100 * texts / max(rows, 1), tokens=tokens)


def windows_note(texts: int, rows: int, windows: int, tokens: int) -> Message:
    """How many texts were read in pieces: "2 of 120 texts (1.7 %) read in 5 windows of up to 256 tokens".

    Args:
        texts: that were longer than a window.
        rows: texts in all.
        windows: of the long texts.
        tokens: of a window, at most.
    """
    said = message("{texts:,} of {rows:,} texts ({share:.1f} %) read in {windows:,} windows of up to {tokens:,} tokens")
    return said.filled(texts=texts, rows=rows, share=100 * texts / max(rows, 1), windows=windows, tokens=tokens)
