"""The settings of a generator: what each may be, and what it is where nobody says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sadari.errors import SettingError
from sadari.generation.codec import LEVELS
from sadari.messages import message
from sadari.settings.limits import Choice, Flag, Whole
from sadari.train.allowed_settings import Allowed
from sadari.train.settings import TRAINED_BY, TaskSettings

if TYPE_CHECKING:
    from sadari.nets.generator import RecurrentGenerator, TransformerGenerator

NETS = ("lstm", "gru", "transformer")
LEARNED_TOKENS = 10_000_000  # where nobody says how long: so many are read in all
ONE_HOT_IDS = 256  # with more ids an embedding is cheaper than one-hot input
FEW_WORDS = 2_500_000  # up to here words are read four times and more, and an lstm comes to know them by heart
DROPOUT_OF_FEW_WORDS = 0.4

ALLOWED: Allowed = {
    **TRAINED_BY,
    "level": Choice(LEVELS),
    "net": Choice(NETS),
    "embed_dim": Whole(0, 4096),
    "tied": Flag(),
    "window": Whole(2, 65_536),
    "max_vocab": Whole(2, 2**20),
    "sample_every": Whole(0, 2**31 - 1),
}

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


@dataclass(kw_only=True)
class GeneratorSettings(TaskSettings):
    """The settings of a generator; see `sadari.generation.generator.Generator`."""

    allowed: ClassVar[Allowed] = ALLOWED

    level: str = "char"
    net: str = "lstm"
    embed_dim: int | None = None
    hidden: int = 256
    layers: int | None = None
    heads: int = 4
    inner: int | None = None
    tied: bool = True
    window: int | None = None
    dropout: float | None = None
    min_freq: int | None = None
    max_vocab: int | None = None
    epochs: int | None = None
    steps: int | None = None
    minutes: float | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    optimizer: str = "adamw"
    weight_decay: float | None = None
    beta2: float = 0.99
    warmup: float = 0.02
    decay: str = "cosine"
    floor: float = 0.0
    clip: float | None = 1.0
    accumulate: int = 1
    validation: float = 0.1
    validations: int = 10
    patience: int | None = None
    sample_every: int = 0
    device: str = "cpu"
    precision: str = "fp32"
    compile: bool = False
    threads: int | None = 1
    seed: int = 0

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
