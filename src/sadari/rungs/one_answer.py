"""The answer to one text in one call, from its bytes to its probabilities, by the loops that a batch goes through.

What these loops read of a model is noted once, as addresses and sizes: see `sadari.compiling.native`.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import array_at, native, njit
from sadari.nets.compiled import linear_logits, probabilities_loop
from sadari.text.hashed_vectors import HashedVectors
from sadari.text.one_text import count_hashed_loop, count_loop, prepared
from sadari.text.tokens.scan import character_kinds, no_kinds
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import Weights, row_scale_loop

_KNOWN = 2.0  # behind the probabilities; 1: nothing is known, 0: there are none
# of the arrays, as `_answer` names them: rules, kinds; words; n-grams, features; weights; what is said
_TYPES = [*["u1"] * 4, "i4", "u4", "i8", "u1", "i4", "i4", "i8", "i4", *["f4"] * 4, "f8", "f8"]


class OneAnswer:
    """A linear model of words, ready to answer texts one by one.

    Args:
        vectors: how it counts, with its tables built.
        weights: what it makes of counts; one block of features.
        net: float32 [features, k], its weights, and float32 [k], the bias.
        prior: float64 [k], the probabilities of a text in which it knows nothing.
        factor: the inverse temperature.
        several: whether a text may have several labels.
    """

    def __init__(
        self,
        vectors: CountVectors | HashedVectors,
        weights: Weights,
        net: tuple[NDArray[np.float32], NDArray[np.float32]],
        prior: NDArray[np.float64],
        factor: float,
        several: bool,
    ) -> None:
        self._made_of = net[0], prior, factor
        tables, numbers = vectors.for_one_text()
        *self._classes, least, smallest, largest = vectors.tokenizer.rules.tables
        self._parts = [*tables, weights.tf, weights.feature_scale, *net, prior, np.array([factor])]
        self._numbers = [least, smallest, largest, *numbers, weights.order, weights.bound, several]
        self._tokenizer, self._row = vectors.tokenizer, ctypes.c_double * (len(prior) + 1)
        self._noted: dict[bool, _Noted] = {}  # without and with a table of all characters, which takes a while to make

    def fits(self, weight: NDArray[np.float32], prior: NDArray[np.float64], factor: float) -> bool:
        """Whether these are still the model's own."""
        own = self._made_of
        return own[0] is weight and own[1] is prior and own[2] == factor

    def __reduce__(self) -> Any:
        """A copy of the model makes its own: its arrays are elsewhere."""
        return type(None), ()

    def __call__(self, text: str) -> tuple[list[float], bool] | None:
        """The k probabilities of a text, and whether anything in it is known; None where only a batch can say.

        Args:
            text: any.
        """
        ready = prepared(text, self._tokenizer)
        if ready is None:
            return None
        noted = self._noted.get(ready.isascii()) or self._note(ready.isascii())
        raw, out = ready.encode(), self._row()
        _answer.call(raw, len(raw), noted.addresses, noted.numbers, out)
        row = out[:]
        state = row.pop()
        return (row, state == _KNOWN) if state else None

    def _note(self, ascii_alone: bool) -> _Noted:
        kinds = no_kinds() if ascii_alone else character_kinds()
        found = self._noted[ascii_alone] = _Noted([*self._classes, kinds, *self._parts], self._numbers)
        return found


class _Noted:
    """Where arrays lie, how many entries each has, and further numbers, in memory that compiled code reads."""

    def __init__(self, arrays: list[NDArray[Any]], numbers: list[int]) -> None:
        self._arrays = [np.require(array, kind, ["C", "A"]) for array, kind in zip(arrays, _TYPES, strict=True)]
        places, sizes = [each.ctypes.data for each in self._arrays], [each.size for each in self._arrays]
        self.addresses = ctypes.byref((ctypes.c_void_p * len(places))(*places))
        entries = [*sizes, *map(int, numbers)]
        self.numbers = ctypes.byref((ctypes.c_int64 * len(entries))(*entries))


@njit(cache=True, nogil=True)
def _part(addresses, sizes, place, kind):  # type: ignore[no-untyped-def]
    return array_at(addresses[place], (sizes[place],), kind)


@native("void(voidptr, int32, CPointer(voidptr), CPointer(int64), voidptr)")
def _answer(raw, size, at, numbers, out):  # type: ignore[no-untyped-def]
    """Write the probabilities of a text, UTF-8 of so many bytes, and behind them what is known of it."""
    content, kinds = array_at(raw, (size,), np.uint8), _part(at, numbers, 3, np.uint8)
    classes = _part(at, numbers, 0, np.uint8), _part(at, numbers, 1, np.uint8), _part(at, numbers, 2, np.uint8)
    rules = (*classes, numbers[18], numbers[19], numbers[20])
    slots, hashes = _part(at, numbers, 4, np.int32), _part(at, numbers, 5, np.uint32)
    words = slots, hashes, _part(at, numbers, 6, np.int64), _part(at, numbers, 7, np.uint8)
    longest, buckets, vocabulary = numbers[21], numbers[22], numbers[23]
    if buckets > 0:
        ids, counts = count_hashed_loop(content, rules, kinds, words, longest, vocabulary, buckets)
    else:
        unigrams, gram_slots = _part(at, numbers, 8, np.int32), _part(at, numbers, 9, np.int32)
        grams = longest, unigrams, gram_slots, _part(at, numbers, 10, np.int64)
        ids, counts = count_loop(content, rules, kinds, words, grams, _part(at, numbers, 11, np.int32))
    known, offsets, scale = np.zeros(1, np.bool_), np.zeros(2, np.int64), np.ones((1, 1), np.float32)
    offsets[1] = len(ids)
    for i in range(len(ids)):
        known[0] = known[0] or ids[i] < vocabulary
    tf, feature_scale, bound = _part(at, numbers, 12, np.float32), _part(at, numbers, 13, np.float32), numbers[25]
    row_scale_loop(ids, counts, offsets, tf, feature_scale, numbers[24], bound, scale)
    bias, prior = _part(at, numbers, 15, np.float32), _part(at, numbers, 16, np.float64)
    factor, labels = _part(at, numbers, 17, np.float64)[0], len(bias)
    weight = array_at(at[14], (bound, labels), np.float32)
    logits = np.empty((1, labels), np.float32)
    linear_logits(ids, counts, offsets, tf, feature_scale, scale, bound, weight, bias, logits)
    for k in range(labels):
        if not np.isfinite(logits[0, k]):
            return
    row = array_at(out, (1, labels + 1), np.float64)
    probabilities_loop(logits, known, factor, prior, numbers[26] > 0, row[:, :labels])
    row[0, labels] = _KNOWN if known[0] else 1.0
