"""The compiled loops of skip-gram and CBoW with negative sampling, a run of sentences at a time.

Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their Compositionality". Each word has an
input vector, the mean of its rows of ``inputs`` (its own, and those of its pieces if there are any), and an output
vector, a row of ``outputs``. The logit of a pair is their product.

Skip-gram goes through a window once: the word in the middle is the input, the words around it are positive outputs, and
one draw of negatives serves them all, weighted by their number (Ji et al. 2016, "Parallelizing Word2Vec in Shared and
Distributed Memory", share them too). The expected gradient is that of a draw for each pair, for a third of the work.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit

STEPS, REACH = 4096, 8.0  # the tables' entries, and the logits that they reach to
_PER_UNIT = np.float32(STEPS / (2 * REACH))
_LAST = np.float32(REACH - 1e-3)
_MIDDLE = np.float32(STEPS / 2)


def tables() -> NDArray[np.float32]:
    """float32 [2, STEPS]: the logistic function from −REACH to REACH, and minus its logarithm.

    Each is exact in the middle of its step and off by less than 0.0005 at its ends; beyond REACH lie 0.0003.
    """
    middle = (np.arange(STEPS) + 0.5) * (2 * REACH / STEPS) - REACH
    return np.stack([1 / (1 + np.exp(-middle)), np.log1p(np.exp(-middle))]).astype(np.float32)


@njit(cache=True, nogil=True, inline="always")
def _next(state):  # type: ignore[no-untyped-def]
    # xorshift64 (Marsaglia 2003): a few instructions a number, and the same ones from the same seed
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


@njit(cache=True, nogil=True, inline="always")
def _draw(state, odds, others):  # type: ignore[no-untyped-def]
    """One word by Walker's alias method (1977)."""
    word = np.int64(((state >> np.uint64(32)) * np.uint64(len(odds))) >> np.uint64(32))
    if (state & np.uint64(0xFFFFFFFF)) >= odds[word]:
        word = np.int64(others[word])
    return word


@njit(cache=True, nogil=True, fastmath=True, inline="always")
def _pair(hidden, row, rate, target, table, error):  # type: ignore[no-untyped-def]
    """One pair's step: the output row moves, the input's step is added to ``error``; the loss of the pair."""
    width = len(hidden)
    logit = np.float32(0)
    for d in range(width):
        logit += hidden[d] * row[d]
    place = np.int64(min(max(logit, -_LAST), _LAST) * _PER_UNIT + _MIDDLE)
    step = rate * (target - table[0, place])
    for d in range(width):
        old = row[d]
        error[d] += step * old
        row[d] = old + step * hidden[d]
    return table[1, place] if target > 0 else table[1, STEPS - 1 - place]


@njit(cache=True, nogil=True)
def _keep(values, first, end, chance, state, kept):  # type: ignore[no-untyped-def]
    """Copy the words of a sentence that frequent-word subsampling leaves: (how many, the generator's state)."""
    n = 0
    for i in range(first, end):
        state = _next(state)
        if state >> np.uint64(32) < chance[values[i]]:
            kept[n] = values[i]
            n += 1
    return n, state


@njit(cache=True, nogil=True, inline="always")
def _around(state, i, n, window):  # type: ignore[no-untyped-def]
    """The window of word ``i`` of ``n``, of a size that is drawn: (the generator's state, begin, end)."""
    state = _next(state)
    reach = 1 + np.int64((state >> np.uint64(33)) % np.uint64(window))
    return state, i - reach if i > reach else 0, i + reach + 1 if i + reach < n else n


@njit(cache=True, nogil=True)
def _longest(offsets, first, last):  # type: ignore[no-untyped-def]
    longest = 0
    for t in range(first, last):
        longest = max(longest, offsets[t + 1] - offsets[t])
    return longest


@njit(cache=True, nogil=True, fastmath=True)
def skipgram(  # type: ignore[no-untyped-def]
    corpus, first, last, rows, row_offsets, chance, alias, inputs, outputs, window, negatives, rates, seed, table
):
    """Train in place on sentences ``first`` to ``last``: (summed loss, pairs of a word and a neighbour).

    Shapes: corpus: values int32 and offsets int64 [n + 1]; rows int32 and row_offsets int64 [words + 1], each
    word's rows of ``inputs``; chance uint64 [words], of 2³², that a word is kept; alias: odds uint32 and others int32
    [words], the table of the negatives; inputs float32 [rows, width]; outputs float32 [words, width].
    The learning rate goes from the first of ``rates`` to the second in a line. The loss is in nats, of a pair and its
    negatives.
    """
    (values, offsets), (odds, others), (rate, end_rate), width = corpus, alias, rates, inputs.shape[1]
    hidden, error = np.empty(width, np.float32), np.empty(width, np.float32)
    kept = np.empty(_longest(offsets, first, last), np.int32)
    state, loss, pairs = np.uint64(seed), 0.0, np.int64(0)
    per_word = (end_rate - rate) / max(1, offsets[last] - offsets[first])
    for t in range(first, last):
        speed = np.float32(rate + per_word * (offsets[t] - offsets[first]))
        n, state = _keep(values, offsets[t], offsets[t + 1], chance, state, kept)
        for i in range(n):
            state, begin, end = _around(state, i, n, window)
            around = end - begin - 1
            if around == 0:
                continue
            word = kept[i]
            own = rows[row_offsets[word] : row_offsets[word + 1]]
            for d in range(width):
                hidden[d] = 0
                error[d] = 0
            for r in own:
                row = inputs[r]
                for d in range(width):
                    hidden[d] += row[d]
            if len(own) > 1:
                for d in range(width):
                    hidden[d] /= len(own)
            for j in range(begin, end):
                if j != i:
                    loss += _pair(hidden, outputs[kept[j]], speed, np.float32(1), table, error)
            for _ in range(negatives):
                state = _next(state)
                other = _draw(state, odds, others)
                if other != word:
                    loss += around * _pair(hidden, outputs[other], speed * around, np.float32(0), table, error)
            for r in own:
                row = inputs[r]
                for d in range(width):
                    row[d] += error[d]
            pairs += around
    return loss, pairs


@njit(cache=True, nogil=True, fastmath=True)
def cbow(  # type: ignore[no-untyped-def]
    corpus, first, last, rows, row_offsets, chance, alias, inputs, outputs, window, negatives, rates, seed, table
):
    """Train in place as `skipgram` does, the other way round: the mean of the words around predicts the middle one."""
    (values, offsets), (odds, others), (rate, end_rate), width = corpus, alias, rates, inputs.shape[1]
    hidden, error = np.empty(width, np.float32), np.empty(width, np.float32)
    kept = np.empty(_longest(offsets, first, last), np.int32)
    state, loss, pairs = np.uint64(seed), 0.0, np.int64(0)
    per_word = (end_rate - rate) / max(1, offsets[last] - offsets[first])
    for t in range(first, last):
        speed = np.float32(rate + per_word * (offsets[t] - offsets[first]))
        n, state = _keep(values, offsets[t], offsets[t + 1], chance, state, kept)
        for i in range(n):
            state, begin, end = _around(state, i, n, window)
            if end - begin == 1:
                continue
            for d in range(width):
                hidden[d] = 0
                error[d] = 0
            summed = 0
            for j in range(begin, end):
                if j == i:
                    continue
                for r in range(row_offsets[kept[j]], row_offsets[kept[j] + 1]):
                    row = inputs[rows[r]]
                    for d in range(width):
                        hidden[d] += row[d]
                    summed += 1
            scale = np.float32(1.0 / summed)
            for d in range(width):
                hidden[d] *= scale
            word = kept[i]
            loss += _pair(hidden, outputs[word], speed, np.float32(1), table, error)
            for _ in range(negatives):
                state = _next(state)
                other = _draw(state, odds, others)
                if other != word:
                    loss += _pair(hidden, outputs[other], speed, np.float32(0), table, error)
            for j in range(begin, end):
                if j == i:
                    continue
                for r in range(row_offsets[kept[j]], row_offsets[kept[j] + 1]):
                    row = inputs[rows[r]]
                    for d in range(width):
                        row[d] += error[d]
            pairs += 1
    return loss, pairs


@njit(cache=True, nogil=True)
def alias_table(shares):  # type: ignore[no-untyped-def]
    """Walker's alias table of some shares float64 [n]: odds uint32 [n], of 2³², and others int32 [n] (Vose 1991)."""
    n = len(shares)
    left = shares * (n / shares.sum())
    odds, others = np.full(n, np.uint32(0xFFFFFFFF), np.uint32), np.arange(n).astype(np.int32)
    small, large = np.empty(n, np.int64), np.empty(n, np.int64)
    smalls, larges = 0, 0
    for i in range(n):
        if left[i] < 1:
            small[smalls] = i
            smalls += 1
        else:
            large[larges] = i
            larges += 1
    while smalls and larges:
        smalls -= 1
        poor, rich = small[smalls], large[larges - 1]
        odds[poor], others[poor] = np.uint32(min(left[poor], 1.0) * 4294967295.0), rich
        left[rich] -= 1 - left[poor]
        if left[rich] < 1:
            larges -= 1
            small[smalls] = rich
            smalls += 1
    return odds, others


@njit(cache=True, nogil=True)
def windows(values, offsets, first, last, chance, window, seed, middles, around, around_offsets):  # type: ignore[no-untyped-def]
    """The words of sentences ``first`` to ``last`` that have neighbours, and those: (how many words, neighbours).

    For whoever trains in batches. Writes middles int32 [tokens], around int32 [2 · window · tokens] and
    around_offsets int64 [tokens + 1].
    """
    kept = np.empty(_longest(offsets, first, last), np.int32)
    state, words, stored = np.uint64(seed), 0, 0
    around_offsets[0] = 0
    for t in range(first, last):
        n, state = _keep(values, offsets[t], offsets[t + 1], chance, state, kept)
        for i in range(n):
            state, begin, end = _around(state, i, n, window)
            if end - begin == 1:
                continue
            for j in range(begin, end):
                if j != i:
                    around[stored] = kept[j]
                    stored += 1
            middles[words] = kept[i]
            words += 1
            around_offsets[words] = stored
    return words, stored
