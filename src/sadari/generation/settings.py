"""The settings of a generator: what each may be, and what it is where nobody says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Self

from sadari.errors import SettingError
from sadari.generation.codec import LEVELS
from sadari.messages import message
from sadari.settings.limits import Choice, Number, Text, Whole
from sadari.settings.shared import (
    Beta2,
    Count,
    Decay,
    Every,
    Heads,
    InnerWidth,
    Layers,
    Precision,
    Share,
    Threads,
    Validations,
    WeightDecay,
    Width,
)
from sadari.train.settings import LanguageSettings

if TYPE_CHECKING:
    from sadari.nets.generator import RecurrentGenerator, TransformerGenerator

NETS = ("lstm", "gru", "transformer")
LEARNED_TOKENS = 10_000_000  # where nobody says how long: so many are read in all
ONE_HOT_IDS = 256  # with more ids an embedding is cheaper than one-hot input
FEW_WORDS = 2_500_000  # up to here words are read four times and more, and an lstm comes to know them by heart
DROPOUT_OF_FEW_WORDS = 0.4

# What is right depends on the net: net → setting → value (some of it was measured: docs/tried.md)
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "lstm": {"layers": 1, "dropout": 0.1, "window": 64, "batch_size": 32, "learning_rate": 0.006, "weight_decay": 0.0},
    "gru": {"layers": 1, "dropout": 0.1, "window": 64, "batch_size": 32, "learning_rate": 0.004, "weight_decay": 0.0},
    "transformer": {
        "layers": 4,
        "dropout": 0.0,
        "window": 128,
        "batch_size": 16,
        "learning_rate": 0.002,
        "weight_decay": 0.1,
        "embed_dim": 128,
    },
}


@dataclass(kw_only=True, repr=False)
class GeneratorSettings(LanguageSettings):
    """The settings of a generator; see `sadari.generation.generator.Generator`."""

    level: Annotated[str, Choice(LEVELS)] = "char"
    net: Annotated[str, Choice(NETS)] = "lstm"
    embed_dim: Annotated[int, Whole(0, 4096)] | None = None
    hidden: Width = 256
    layers: Layers | None = None
    heads: Heads = 4
    inner: InnerWidth | None = None
    tied: bool = True
    window: Annotated[int, Whole(2, 65_536)] | None = None
    min_freq: Count | None = None
    max_vocab: Annotated[int, Whole(2, 2**20)] | None = None
    weight_decay: WeightDecay | None = None
    beta2: Beta2 = 0.99
    warmup: Share = 0.02
    decay: Decay = "cosine"
    validation: Annotated[float, Number(0, 0.9)] = 0.1
    validations: Validations = 10
    sample_every: Every = 0
    sample_prompt: Annotated[str, Text()] = ""
    precision: Precision = "fp32"
    threads: Threads | None = 1

    def check(self) -> None:
        super().check()
        width = DEFAULTS["transformer"]["embed_dim"] if self.embed_dim is None else self.embed_dim
        if self.net == "transformer" and (width % self.heads or not width):
            raise SettingError(
                message("embed_dim is {width}, which {heads} heads cannot share", width=width, heads=self.heads),
                hint=message("a multiple of heads"),
            )

    def resolved(self, *, ids: int, tokens: int) -> Self:
        """These settings, with a value chosen for each that is None. A limit that is None stays None.

        Args:
            ids: of the vocabulary.
            tokens: to learn from.
        """
        found = dict(DEFAULTS[self.net])
        found["min_freq"] = 2 if self.level == "word" else 1
        if self.net == "lstm" and self.level == "word" and tokens <= FEW_WORDS:
            found["dropout"] = DROPOUT_OF_FEW_WORDS
        if self.net != "transformer":
            found["embed_dim"] = 0 if ids <= ONE_HOT_IDS else 128
        if self.steps is None and self.minutes is None:
            found["epochs"] = min(100, max(1, round(LEARNED_TOKENS / max(1, tokens))))
        return self._with(found)

    def new_net(self, size: int) -> RecurrentGenerator | TransformerGenerator:
        """The net before training. The settings must be `resolved`.

        Args:
            size: number of ids.
        """
        from sadari.nets.generator import RecurrentGenerator, TransformerGenerator

        own: Any = self
        if own.net == "transformer":
            return TransformerGenerator(
                size,
                width=own.embed_dim,
                heads=own.heads,
                layers=own.layers,
                inner=own.inner,
                context=own.window,
                dropout=own.dropout,
                tied=own.tied,
            )
        return RecurrentGenerator(
            size, cell=own.net, embed_dim=own.embed_dim, hidden=own.hidden, layers=own.layers, dropout=own.dropout
        )
