"""Texts that occur more than once: the same but for case and spaces, or nearly the same.

Nearly the same: the sets of their character shingles (runs of 5 characters, or of 3 where a character is a
syllable or a word) have a Jaccard similarity of at least 0.8. Candidates come from MinHash signatures (Broder
1997) cut into bands (Indyk and Motwani 1998); each is verified on the sets themselves, so no pair is listed
by chance. A pair of similarity 0.8 shares no band with a probability of (1 − 0.8⁴)¹⁶ = 0.0002.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import rensa

from sadari.data.audit.characters import DENSE_SCRIPTS, PIECE, code_points, pieces
from sadari.messages import Message, message

if TYPE_CHECKING:
    from scipy.sparse import csr_array

THRESHOLD = 0.8
BANDS, BAND_ROWS = 16, 4
SLOTS = BANDS * BAND_ROWS
# Slots that two signatures must share: a pair of similarity 0.8 has fewer once in 10,000 times.
ENOUGH_SLOTS = 38
# A bucket of n texts has n² / 2 pairs; in a large one each text is compared with the first few alone.
LEADERS = 4
MAX_TEXTS = 200_000
MAX_CHARACTERS = 60_000_000  # some 3 s on one core
MAX_PAIR_CHARACTERS = 100_000_000  # some 5 s; an ordinary corpus needs a hundredth of it
MAX_LENGTH = 1_000_000  # characters of a text


@dataclass(frozen=True)
class NearPairs:
    """Pairs of positions in the column searched, ``first < second``, ascending."""

    first: np.ndarray  # int64 [pairs]
    second: np.ndarray  # int64 [pairs]
    similarity: np.ndarray  # float64 [pairs], the Jaccard similarity, 0.8 to 1
    notes: tuple[Message, ...] = ()  # what limits left out


def fold(texts: pl.Series) -> pl.Series:
    """The form in which texts count as the same: lower case, NFC, single spaces, trimmed; null is ''."""
    texts = texts.fill_null("").str.to_lowercase()
    # Most columns need neither of the two dear steps in most rows.
    texts = _where(texts, texts.str.len_bytes() != texts.str.len_chars(), _compose)
    return _where(texts, texts.str.contains(r"\s\s|[^\S ]|^ | $"), _single_spaces)


def _compose(texts: pl.Series) -> pl.Series:
    return texts.str.normalize("NFC")


def _single_spaces(texts: pl.Series) -> pl.Series:
    return texts.str.replace_all(r"\s+", " ").str.strip_chars(" ")


def _where(texts: pl.Series, mask: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The column with ``change`` applied to the rows of the mask alone."""
    if not mask.any():
        return texts
    back = np.argsort(np.concatenate([(~mask).arg_true().to_numpy(), mask.arg_true().to_numpy()]))
    return pl.concat([texts.filter(~mask), change(texts.filter(mask))]).gather(back)


def first_rows(*columns: pl.Series) -> np.ndarray:
    """For each row the first row that equals it in all these columns, maybe itself, int64 [rows]."""
    frame = pl.DataFrame({str(index): column for index, column in enumerate(columns)})
    rows = pl.Series("row", np.arange(frame.height))
    return frame.with_columns(rows).select(pl.col("row").first().over(frame.columns)).to_series().to_numpy()


def shingle_width(scripts: dict[str, float]) -> int:
    """Characters in a shingle, for a corpus with these shares of scripts."""
    return 3 if sum(scripts.get(script, 0.0) for script in DENSE_SCRIPTS) >= 0.5 else 5


def near_pairs(folded: pl.Series, *, width: int, seed: int = 0, prefer: np.ndarray | None = None) -> NearPairs:
    """All pairs of nearly equal texts among texts that differ.

    Texts shorter than a shingle or longer than `MAX_LENGTH` are left out; so are some of a column that is past
    `MAX_TEXTS` or `MAX_CHARACTERS`, chosen at random by the seed, and the note says how many were searched.

    Args:
        folded: String, as `fold` returns it; no text twice.
        width: characters in a shingle.
        seed: of the MinHash permutations and of the choice among too many texts.
        prefer: Boolean [texts]; these are left out last.
    """
    lengths = folded.str.len_chars().to_numpy().astype(np.int64)
    wanted = np.flatnonzero((lengths >= width) & (lengths <= MAX_LENGTH))
    searched, notes = _affordable(lengths, wanted, seed, prefer)
    signatures = _signatures(folded, searched, lengths, width, seed)
    first, second = _candidates(signatures)
    costs = np.cumsum(lengths[searched[first]] + lengths[searched[second]])
    if len(first) and costs[-1] > MAX_PAIR_CHARACTERS:
        compared = int(np.searchsorted(costs, MAX_PAIR_CHARACTERS, side="right"))
        limit = message(
            "only {compared:,} of {pairs:,} similar pairs were compared", compared=compared, pairs=len(first)
        )
        notes = (*notes, limit)
        first, second = first[:compared], second[:compared]
    similarity = _similarities(folded, searched[first], searched[second], lengths, width)
    near = np.flatnonzero(similarity >= THRESHOLD)
    first, second = searched[first[near]], searched[second[near]]
    order = np.lexsort((second, first))
    return NearPairs(first[order], second[order], similarity[near][order], notes)


def shingles(texts: pl.Series, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of every run of ``width`` characters, text by text, repeated ones too.

    Returns:
        hashes uint64 [shingles], offsets int64 [texts + 1]; text i has ``hashes[offsets[i]:offsets[i + 1]]``.
    """
    points = code_points(texts)
    lengths = texts.str.len_chars().to_numpy().astype(np.int64)
    counts = np.maximum(lengths - width + 1, 0)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    windows = max(len(points) - width + 1, 0)
    hashes = np.zeros(windows, np.uint64)
    for shift in range(width):
        hashes *= np.uint64(0x9E3779B97F4A7C15)
        hashes += points[shift : shift + windows]
    text_of = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)
    return hashes[text_of[:windows] == text_of[len(points) - windows :]], offsets


def _affordable(
    lengths: np.ndarray, wanted: np.ndarray, seed: int, prefer: np.ndarray | None
) -> tuple[np.ndarray, tuple[Message, ...]]:
    if len(wanted) <= MAX_TEXTS and lengths[wanted].sum() <= MAX_CHARACTERS:
        return wanted, ()
    order = np.random.default_rng(seed).permutation(wanted)
    if prefer is not None:
        order = np.concatenate([order[prefer[order]], order[~prefer[order]]])
    within = np.searchsorted(np.cumsum(lengths[order]), MAX_CHARACTERS, side="right")
    chosen = np.sort(order[: min(MAX_TEXTS, int(within))])
    said = message(
        "near-duplicates were looked for among {searched:,} of {texts:,} texts, chosen at random",
        searched=len(chosen),
        texts=len(wanted),
    )
    return chosen, (said,)


def _signatures(folded: pl.Series, rows: np.ndarray, lengths: np.ndarray, width: int, seed: int) -> np.ndarray:
    """MinHash signatures, uint32 [rows, SLOTS]."""
    signatures = np.empty((len(rows), SLOTS), np.uint32)
    for piece in pieces(lengths[rows], PIECE):
        hashes, offsets = shingles(folded.gather(rows[piece]), width)
        matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets.astype(np.uint64), SLOTS, seed)
        signatures[piece] = matrix.to_rows()
    return signatures


def _candidates(signatures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that share a band and enough slots, each once; those with a bucket's first text come first."""
    mixer = np.random.default_rng(0).integers(1 << 63, size=BAND_ROWS, dtype=np.uint64) | np.uint64(1)
    found: list[list[np.ndarray]] = [[] for _ in range(LEADERS)]
    for band in range(BANDS):
        keys = signatures[:, band * BAND_ROWS : (band + 1) * BAND_ROWS].astype(np.uint64) @ mixer
        for leader, pairs in enumerate(_bucket_pairs(keys)):
            found[leader].append(pairs)
    pairs = np.concatenate([pair for leader in found for pair in leader])
    _, position = np.unique(pairs[:, 0] * max(len(signatures), 1) + pairs[:, 1], return_index=True)
    first, second = pairs[np.sort(position)].T
    shared = np.empty(len(first), np.int64)
    for piece in pieces(np.ones(len(first), np.int64), 1 << 16):
        shared[piece] = np.count_nonzero(signatures[first[piece]] == signatures[second[piece]], axis=1)
    return first[shared >= ENOUGH_SLOTS], second[shared >= ENOUGH_SLOTS]


def _bucket_pairs(keys: np.ndarray) -> list[np.ndarray]:
    """For each leader the pairs (leader of the bucket, a later text of the same key), int64 [pairs, 2]."""
    order = np.argsort(keys, kind="stable")
    begins = np.ones(len(keys), bool)
    begins[1:] = keys[order[1:]] != keys[order[:-1]]
    start = np.flatnonzero(begins)[np.cumsum(begins) - 1] if len(keys) else order
    rank = np.arange(len(keys)) - start
    return [np.stack([order[start[rank > leader] + leader], order[rank > leader]], axis=1) for leader in range(LEADERS)]


def _similarities(
    folded: pl.Series, first: np.ndarray, second: np.ndarray, lengths: np.ndarray, width: int
) -> np.ndarray:
    """Jaccard similarity of the two shingle sets of each pair, float64 [pairs]."""
    result = np.empty(len(first))
    for piece in pieces(lengths[first] + lengths[second], PIECE):
        texts, pairs = np.unique(np.concatenate([first[piece], second[piece]]), return_inverse=True)
        sets = _set_matrix(*shingles(folded.gather(texts), width))
        left, right = pairs.reshape(2, -1)
        common = np.diff(sets[left].multiply(sets[right]).indptr)
        sizes = np.diff(sets.indptr)
        result[piece] = common / (sizes[left] + sizes[right] - common)
    return result


def _set_matrix(hashes: np.ndarray, offsets: np.ndarray) -> csr_array:
    """Texts by shingles, 1 where the text has the shingle: int8 [texts, 2**63]; a shingle's column is its hash."""
    from scipy.sparse import csr_array

    # The lowest bit must stay: it may be all that tells a run ending in "b" from one ending in "c".
    columns = (hashes & np.uint64(2**63 - 1)).astype(np.int64)
    matrix = csr_array((np.ones(len(columns), np.int8), columns, offsets), (len(offsets) - 1, 2**63 - 1))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix
