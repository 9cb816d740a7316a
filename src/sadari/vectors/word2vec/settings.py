"""The settings of a training of word vectors, and what each may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from sadari.errors import SettingError
from sadari.messages import message
from sadari.settings.declaration import check_settings, plain_settings, values_of
from sadari.settings.limits import Choice, Number, Whole
from sadari.settings.shared import Count, Device, Seed, SubwordUnits, Threads
from sadari.text.subword.hashed import UNITS
from sadari.text.tokens.tokenize import TokenizerName

MODELS = ("skipgram", "cbow")
_Size = Annotated[int, Whole(1, 1_000_000)]


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
        tokenizer: a name of `sadari.text.tokens.tokenize.TOKENIZERS`, or "auto": one that keeps words whole.
        workers: threads; None: one for each core. With one, the same seed gives the same bits, on a GPU, too (where it
            takes longer); with more, threads write into each other's vectors now and then (Hogwild, Recht et al. 2011),
            and no two runs are quite the same.
        device: "cpu" for the compiled loops; "cuda", "mps" or "auto" for torch there.
        seed: seed of every random choice.

    Raises:
        SettingError: a setting out of its range.
    """

    model: Annotated[str, Choice(MODELS)] = "skipgram"
    width: _Size = 100
    window: _Size = 5
    negatives: _Size = 5
    epochs: _Size = 5
    min_count: Count = 5
    max_words: Count | None = None
    sample: Annotated[float, Number(0, 0.999)] = 1e-3
    learning_rate: Annotated[float, Number(1e-9, 1)] = 0.05
    subwords: SubwordUnits | None = None
    unit: Annotated[str, Choice(UNITS)] = "characters"
    buckets: Count | None = None
    tokenizer: TokenizerName = "auto"
    workers: Threads | None = None
    device: Device = "cpu"
    seed: Seed = 0

    def __post_init__(self) -> None:
        check_settings(self)
        for name, value in plain_settings(values_of(self)).items():  # NumPy's could not be written with the vectors
            object.__setattr__(self, name, tuple(value) if isinstance(value, list) else value)
        object.__setattr__(self, "sample", float(self.sample))  # compiled loops are made for one type
        object.__setattr__(self, "learning_rate", float(self.learning_rate))
        if self.subwords is None and (self.unit != "characters" or self.buckets is not None):
            what = (
                message("unit is {unit!r}", unit=self.unit)
                if self.buckets is None
                else message("buckets is {buckets:,}", buckets=self.buckets)
            )
            raise SettingError(
                message("{what}, but there are no subwords", what=what),
                hint=message("subwords=(3, 6) gives words such pieces"),
            )
