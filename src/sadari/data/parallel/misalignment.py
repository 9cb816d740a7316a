"""Where two files that should translate each other line by line stop doing so.

A line and its translation are alike in what needs no dictionary: length (Gale and Church 1993), digits, and the last
mark. If one file lacks d lines, then line i stands beside line i, later beside i + 1, and in the end beside i + d; the
cuts that make all neighbours most alike are found by dynamic programming. In Multi30k (English with German or French)
a single missing line was placed within five lines of where it is missing, in 80 trials of 80.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

STEPS = 20  # lines that may be missing in different places; of more, the rest is taken to be missing in one
_MARKS = (".。", "?？", "!！", ":;：；,，")
_FAR = 1.0  # a log ratio of lengths beyond which lines are as unlike as can be
_DIGITS, _LACKING_DIGITS, _MARK = 1.5, 0.7, 0.7
_OUTSIDE = -2.0  # a line without neighbour
_LEAST_RUN = 50  # lines that fit better one line off, before anyone is told
_CERTAIN = 6.0  # standard errors of their gain; the best run of lines that have nothing in common reaches 4


@dataclass(frozen=True)
class _Lines:
    """What of each line can be compared across languages.

    Args:
        lengths: float64 [lines], log(characters + 1).
        digits: uint64 [lines], a hash of its digits, 0 for none.
        marks: int8 [lines], the kind of its last character.
    """

    lengths: NDArray[np.float64]
    digits: NDArray[np.uint64]
    marks: NDArray[np.int8]

    def __len__(self) -> int:
        return self.lengths.size


def first_slip(sources: pl.Series, targets: pl.Series) -> int:
    """The line, from 0, at which alignment seems to slip; the shorter file's length if it is only cut off.

    Args:
        sources: (n,) String, no nulls.
        targets: (m,) String, no nulls; m is not n.
    """
    first, second = _look(sources), _look(targets)
    missing = len(second) - len(first)
    step = int(np.sign(missing))
    shifts = [*(step * i for i in range(min(abs(missing), STEPS))), missing]
    middle = _middle(first, second)
    totals = [np.append(0.0, np.cumsum(_alike(first, second, shift, middle))) for shift in shifts]
    best, cuts = totals[0], []
    for total in totals[1:]:
        lead = best - total  # of the best way so far, were this shift to begin here
        top = np.maximum.accumulate(lead)
        cuts.append(np.maximum.accumulate(np.where(lead == top, np.arange(lead.size), 0)))
        best = total + top
    at = len(first)
    for cut in reversed(cuts):
        at = int(cut[at])
    return min(at, len(first), len(second))


def shifted_run(sources: pl.Series, targets: pl.Series) -> tuple[int, int] | None:
    """Lines, from 0 and up to but not with the second number, that fit far better with their neighbour's translation.

    None where there are no such lines, and where the two sides are not alike enough to tell, as questions and their
    answers are not.

    Args:
        sources: (n,) String, no nulls.
        targets: (n,) String, no nulls.
    """
    if len(sources) < 2 * _LEAST_RUN:
        return None
    first, second = _look(sources), _look(targets)
    middle = _middle(first, second)
    straight = _alike(first, second, 0, middle)
    for shift in (1, -1):
        gain = _alike(first, second, shift, middle) - straight
        begin, end = _best_run(gain)
        inside, outside = gain[begin:end], np.delete(gain, slice(begin, end))
        if min(inside.size, outside.size) >= _LEAST_RUN and _surely_positive(inside) and _surely_positive(-outside):
            return begin, end
    return None


def _look(texts: pl.Series) -> _Lines:
    lines = texts.str.strip_chars()
    digits = lines.str.replace_all(r"\D", "")
    last = lines.str.tail(1)
    marks = np.zeros(len(lines), np.int8)
    for kind, characters in enumerate(_MARKS, 1):
        marks[last.is_in(list(characters)).to_numpy()] = kind
    hashes = np.where((digits == "").to_numpy(), np.uint64(0), digits.hash(seed=0).to_numpy())
    return _Lines(np.log1p(lines.str.len_chars().to_numpy()), hashes, marks)


def _middle(first: _Lines, second: _Lines) -> float:
    """The usual log ratio of lengths: Korean says in half the characters what English does."""
    both = min(len(first), len(second))
    return float(np.median(second.lengths[:both] - first.lengths[:both])) if both else 0.0


def _alike(first: _Lines, second: _Lines, shift: int, middle: float) -> NDArray[np.float64]:
    """float64 [lines of the first]: how alike each is to the line of the second that is `shift` further on."""
    score = np.full(len(first), _OUTSIDE)
    here = np.arange(max(0, -shift), max(0, min(len(first), len(second) - shift)))
    there = here + shift
    apart = np.abs(second.lengths[there] - first.lengths[here] - middle)
    digits, others = first.digits[here], second.digits[there]
    numbered = (digits != 0).astype(np.int8) + (others != 0)
    same = np.where(numbered == 2, np.where(digits == others, _DIGITS, -_DIGITS), -_LACKING_DIGITS * (numbered == 1))
    score[here] = same - np.minimum(apart, _FAR) - _MARK * (first.marks[here] != second.marks[there])
    return score


def _best_run(gain: NDArray[np.float64]) -> tuple[int, int]:
    """The run of the largest sum: its begin, and its end."""
    total = np.append(0.0, np.cumsum(gain))
    low = np.minimum.accumulate(total)
    end = int(np.argmax(total - low))
    return int(np.argmin(total[: end + 1])), end


def _surely_positive(values: NDArray[np.float64]) -> bool:
    return bool(values.sum() > _CERTAIN * values.std() * np.sqrt(values.size))
