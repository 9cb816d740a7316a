"""The settings by which a BERT is pre-trained: what each may be, and what it is where nobody says."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Self

from sadari.errors import SettingError
from sadari.rungs.settings import ALLOWED as SHARED
from sadari.rungs.settings import Allowed, Choice, Number, Whole, check_settings

SIZE_NAMES = ("tiny", "mini", "small", "base", "large")
MOST_POSITIONS = 512
MOST_EPOCHS = 10_000
EPOCHS = 40  # where nobody says how long
# Small nets bear, and in little time need, larger steps (measured in docs/tried.md)
RATES = {"tiny": 2e-3, "mini": 1e-3, "small": 5e-4, "base": 1e-4, "large": 1e-4}
RATE_GOING_ON = 1e-4  # of a net that knows something already

ALLOWED: Allowed = {
    **SHARED,
    "size": Choice(SIZE_NAMES),
    "vocabulary": Whole(16, 2**20),
    "lowercase": SHARED["sparse"],
    "nsp": SHARED["sparse"],
    "whole_words": SHARED["sparse"],
    "alike": SHARED["sparse"],
    "masked": Number(0.01, 0.9),
    "length": Whole(8, MOST_POSITIONS),
    "steps": Whole(1, 2**31 - 1),
    "minutes": Number(1e-3, 1e6),
    "beta2": Number(0.5, 0.999999),
    "floor": Number(0, 1),
    "validation": Number(0, 0.9),
    "validations": Whole(1, 10_000),
}


@dataclass(kw_only=True)
class BertSettings:
    """How a BERT is pre-trained; see `sadari.tasks.pretrain.Bert`."""

    size: str | None = None
    vocabulary: int | None = None
    lowercase: bool = True
    nsp: bool = True
    whole_words: bool = False
    masked: float = 0.15
    alike: bool = False
    length: int = 128
    epochs: int | None = None
    steps: int | None = None
    minutes: float | None = None
    batch_size: int = 128
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
    precision: str = "fp32"
    compile: bool = False
    threads: int | None = None
    seed: int = 0

    def check(self) -> None:
        """Refuse settings out of their range.

        Raises:
            SettingError: the first of them.
        """
        optional = {field.name for field in fields(BertSettings) if "None" in str(field.type)}
        check_settings(self.settings(), optional=optional, allowed=ALLOWED)
        if self.patience is not None and not self.validation:
            raise SettingError("patience needs a share of the texts to score on", hint="set validation above 0")

    def settings(self) -> dict[str, Any]:
        """Every setting, by name."""
        return {field.name: getattr(self, field.name) for field in fields(BertSettings)}

    def resolved(self, *, begun: bool) -> Self:
        """These settings without any that is still to be found out.

        Args:
            begun: it goes on from a net that is trained already.
        """
        size = self.size or "tiny"
        found: dict[str, Any] = {"dropout": 0.1, "learning_rate": RATE_GOING_ON if begun else RATES[size]}
        if not begun:
            found["size"] = size
        unlimited = self.steps is None and self.minutes is None
        found["epochs"] = EPOCHS if unlimited else MOST_EPOCHS
        own = self.settings()
        return replace(self, **{name: value for name, value in found.items() if own[name] is None})
