"""Words that are spelled almost like one: what a user may have meant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.compiling import njit

SHORTEST = 3  # of a word that has neighbours: every word of two letters is near to every other
TWO_FROM = 6  # letters of a word from which on two of them may be wrong
LONGEST = 64


class Spellings:
    """Words by their letters, in which those near to another word are found: 400,000 in some 30 ms.

    Words are compared in lower case, and a Korean syllable by its letters: 한국 and 항국 differ in one of six. A letter
    left out, put in or taken for another is one error, and so are two letters that changed places.

    Args:
        words: n words.
    """

    def __init__(self, words: Sequence[str]) -> None:
        spelled = pl.Series(words, dtype=pl.String).str.to_lowercase().str.normalize("NFD")
        self._letters = _code_points("".join(spelled))
        self._ends = spelled.str.len_chars().cum_sum().cast(pl.Int64).to_numpy()

    def near(self, word: str) -> NDArray[np.int64]:
        """Rows of the words with the fewest errors, one or two, in order; none where all words have more.

        Args:
            word: any word; itself is not found.
        """
        (spelled,) = pl.Series([word]).str.to_lowercase().str.normalize("NFD")
        letters = _code_points(spelled)
        if not SHORTEST <= len(letters) <= LONGEST:
            return np.empty(0, np.int64)
        most = 1 if len(letters) < TWO_FROM else 2
        errors = np.empty(len(self._ends), np.int8)
        _count_errors(letters, self._letters, self._ends, most, errors)
        fewest = errors[errors > 0].min(initial=most + 1)
        return np.flatnonzero(errors == fewest) if fewest <= most else np.empty(0, np.int64)


def _code_points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)


@njit(cache=True, nogil=True)
def _count_errors(word, letters, ends, most, errors):  # type: ignore[no-untyped-def]
    """How many errors lie between the word and each of the others (Damerau's, no letter in two); most + 1 for more."""
    m = len(word)
    rows = np.empty((3, m + 1), np.int64)  # of the table of distances: the last two, and the one that is filled
    for i in range(len(ends)):
        start = ends[i - 1] if i else 0
        n = ends[i] - start
        errors[i] = most + 1
        if abs(n - m) > most:
            continue
        for j in range(m + 1):
            rows[0, j] = j
        low = 0
        for k in range(1, n + 1):
            now, before, earlier = k % 3, (k - 1) % 3, (k - 2) % 3
            letter = letters[start + k - 1]
            rows[now, 0] = k
            low = k
            for j in range(1, m + 1):
                best = rows[before, j - 1] + (letter != word[j - 1])
                best = min(best, rows[before, j] + 1, rows[now, j - 1] + 1)
                if k > 1 and j > 1 and letter == word[j - 2] and letters[start + k - 2] == word[j - 1]:
                    best = min(best, rows[earlier, j - 2] + 1)
                rows[now, j] = best
                low = min(low, best)
            if low > most + 1:  # two letters that change places may still mend one
                break
        if low <= most + 1 and rows[n % 3, m] <= most:
            errors[i] = rows[n % 3, m]
