"""The settings by which a BERT is pre-trained: what each may be, and what it is where nobody says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from sadari.device import PRECISIONS, bf16_is_fast, resolve_device
from sadari.errors import SettingError
from sadari.messages import message
from sadari.settings.limits import Choice, Flag, Number, Whole
from sadari.train.allowed_settings import Allowed
from sadari.train.settings import TRAINED_BY, TaskSettings

SIZE_NAMES = ("tiny", "mini", "small", "base", "large")
MOST_POSITIONS = 512
EPOCHS = 40  # where nobody says how long
# Small nets bear, and in little time need, larger steps (measured in docs/tried.md)
RATES = {"tiny": 3e-3, "mini": 1e-3, "small": 5e-4, "base": 1e-4, "large": 1e-4}
BATCH, BATCH_PACKED = 64, 32  # sequences: most are not full unless they are packed, so about as many tokens
LITTLE = ("tiny", "mini")  # these have too few weights for dropout, and need a start that large nets find by themselves
RATE_GOING_ON = 1e-4  # of a net that knows something already

ALLOWED: Allowed = {
    **TRAINED_BY,
    "size": Choice(SIZE_NAMES),
    "vocabulary": Whole(16, 2**20),
    "lowercase": Flag(),
    "nsp": Flag(),
    "packed": Flag(),
    "whole_words": Flag(),
    "alike": Flag(),
    "precision": Choice(PRECISIONS),
    "masked": Number(0.01, 0.9),
    "length": Whole(8, MOST_POSITIONS),
}


@dataclass(kw_only=True)
class BertSettings(TaskSettings):
    """How a BERT is pre-trained; see `sadari.pretraining.bert.Bert`."""

    allowed: ClassVar[Allowed] = ALLOWED

    size: str | None = None
    vocabulary: int | None = None
    lowercase: bool = True
    nsp: bool = True
    packed: bool = False
    whole_words: bool = False
    masked: float = 0.15
    alike: bool | None = None
    length: int = 128
    epochs: int | None = None
    steps: int | None = None
    minutes: float | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    beta2: float = 0.98
    warmup: float = 0.05
    decay: str = "linear"
    floor: float = 0.0
    clip: float | None = 1.0
    accumulate: int = 1
    dropout: float | None = None
    validation: float = 0.05
    validations: int = 20
    patience: int | None = None
    device: str = "cpu"
    precision: str = "auto"
    compile: bool = False
    threads: int | None = None
    seed: int = 0

    def check(self) -> None:
        super().check()
        if self.packed and self.nsp:
            raise SettingError(
                message("packed sequences hold no pairs of sentences"), hint=message("add nsp=False (--no-nsp)")
            )
        if self.patience is not None and not self.validation:
            raise SettingError(
                message("patience needs a share of the texts to score on"), hint=message("set validation above 0")
            )

    def resolved(self, *, begun: bool) -> Self:
        """These settings, with a value chosen for each that is None. A limit that is None stays None.

        Args:
            begun: it goes on from a net that is trained already.
        """
        size = self.size or "tiny"
        little = size in LITTLE and not begun
        found: dict[str, Any] = {
            "dropout": 0.0 if little else 0.1,
            "alike": little,
            "batch_size": BATCH_PACKED if self.packed else BATCH,
            "learning_rate": RATE_GOING_ON if begun else RATES[size],
        }
        if not begun:
            found["size"] = size
        if self.steps is None and self.minutes is None:
            found["epochs"] = EPOCHS
        own = self._with(found)
        if own.precision != "auto":
            return own
        fast = bf16_is_fast(resolve_device(own.device), "layers")
        return replace(own, precision="bf16" if fast else "fp32")
