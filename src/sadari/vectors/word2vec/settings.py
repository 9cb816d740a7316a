"""The settings of a training of word vectors, and what each may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from sadari.errors import SettingError
from sadari.messages import message
from sadari.settings.limits import shown
from sadari.vectors.subwords import UNITS, check_subwords

MODELS = ("skipgram", "cbow")
_MOST = 1_000_000
# Settings that are whole numbers: from, to, and whether None will do.
_WHOLE = {
    "width": (1, _MOST, False),
    "window": (1, _MOST, False),
    "negatives": (1, _MOST, False),
    "epochs": (1, _MOST, False),
    "min_count": (1, 2**31, False),
    "max_words": (1, 2**31, True),
    "buckets": (1, 2**31, True),
    "workers": (1, 1_024, True),
    "seed": (0, 2**63 - 1, False),
}

Progress = Callable[[str, float, dict[str, float]], None]


@dataclass(frozen=True, kw_only=True)
class Word2VecSettings:
    """How word vectors are trained.

    Args:
        model: "skipgram" (a word predicts each of its neighbours) or "cbow" (their mean predicts it; quicker).
        width: of the vectors.
        window: neighbours on each side, at most; each place draws its own from 1 to that.
        negatives: words drawn for a neighbour, which are not to be predicted.
        epochs: passes over the corpus.
        min_count: rarer words have no vector.
        max_words: the most words, the most frequent ones.
        sample: words more frequent than this share are left out now and then; 0: never.
        learning_rate: at the first step; it falls in a line to 0.4 % of that. (gensim and fastText take 0.025 and 0.05
            for skip-gram; on corpora of a few million words 0.05 is better for both models.)
        subwords: (shortest, longest) pieces of words that have vectors too, as in fastText; None: none.
        unit: what pieces are made of: "characters", or "jamo", the letters of Hangul.
        buckets: rows that the pieces share; None: by the number of different pieces.
        tokenizer: a name of `sadari.text.tokenize.TOKENIZERS`, or "auto": one that keeps words whole.
        workers: threads; None: one for each core. With one, the same seed gives the same bits, on a GPU, too (where it
            takes longer); with more, threads write into each other's vectors now and then (Hogwild, Recht et al. 2011),
            and no two runs are quite the same.
        device: "cpu" for the compiled loops; "cuda", "mps" or "auto" for torch there.
        seed: seed of every random choice.

    Raises:
        SettingError: a setting out of its range.
    """

    model: str = "skipgram"
    width: int = 100
    window: int = 5
    negatives: int = 5
    epochs: int = 5
    min_count: int = 5
    max_words: int | None = None
    sample: float = 1e-3
    learning_rate: float = 0.05
    subwords: tuple[int, int] | None = None
    unit: str = "characters"
    buckets: int | None = None
    tokenizer: str = "auto"
    workers: int | None = None
    device: str = "cpu"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (low, high, optional) in _WHOLE.items():
            value = getattr(self, name)
            if not (_is_whole(value, low, high) or (optional and value is None)):
                wanted = f"a whole number from {low} to {high:,}{', or None' if optional else ''}"
                raise SettingError(
                    message("{name} is {shown}; it must be {wanted}", name=name, shown=shown(value), wanted=wanted)
                )
            if value is not None:
                object.__setattr__(self, name, int(value))  # NumPy's numbers could not be written with the vectors
        if self.model not in MODELS:
            raise SettingError(
                message("there is no model {model!r}", model=self.model),
                hint=message("one of {models}", models=", ".join(MODELS)),
            )
        if not isinstance(self.learning_rate, Real) or not 0 < self.learning_rate <= 1:
            raise SettingError(
                message("learning_rate is {shown}", shown=shown(self.learning_rate)),
                hint=message("above 0, at most 1; 0.05 is usual"),
            )
        if not isinstance(self.sample, Real) or not 0 <= self.sample < 1:
            raise SettingError(
                message("sample is {shown}", shown=shown(self.sample)),
                hint=message("a share from 0 (never) to below 1; 0.001 is usual"),
            )
        object.__setattr__(self, "learning_rate", float(self.learning_rate))
        object.__setattr__(self, "sample", float(self.sample))
        self._check_subwords()

    def _check_subwords(self) -> None:
        if self.unit not in UNITS:
            raise SettingError(
                message("there is no unit {unit!r}", unit=self.unit),
                hint=message("one of {units}", units=", ".join(UNITS)),
            )
        if self.subwords is not None:
            pair = self.subwords if isinstance(self.subwords, tuple | list) else ()
            if len(pair) != 2 or not all(_is_whole(units, 0, 2**31) for units in pair):
                raise SettingError(
                    message("subwords is {shown}", shown=shown(self.subwords)),
                    hint=message("(shortest, longest), such as (3, 6)"),
                )
            object.__setattr__(self, "subwords", (int(pair[0]), int(pair[1])))
            check_subwords(*self.subwords, self.unit)
        elif self.unit != "characters" or self.buckets is not None:
            what = (
                message("unit is {unit!r}", unit=self.unit)
                if self.buckets is None
                else message("buckets is {buckets:,}", buckets=self.buckets)
            )
            raise SettingError(
                message("{what}, but there are no subwords", what=what),
                hint=message("subwords=(3, 6) gives words such pieces"),
            )


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and low <= int(value) <= high
