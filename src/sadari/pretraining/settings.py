"""The settings by which a BERT is pre-trained: what each may be, and what it is where nobody says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Self

from sadari.device import bf16_is_fast, resolve_device
from sadari.errors import SettingError
from sadari.messages import message
from sadari.settings.limits import Choice, Number, Whole
from sadari.settings.shared import (
    Beta2,
    Share,
    Validations,
    WeightDecay,
)
from sadari.train.settings import LanguageSettings

SIZE_NAMES = ("tiny", "mini", "small", "base", "large")
MOST_POSITIONS = 512
EPOCHS = 40  # where nobody says how long
# Small nets bear, and in little time need, larger steps (measured in docs/tried.md)
RATES = {"tiny": 3e-3, "mini": 1e-3, "small": 5e-4, "base": 1e-4, "large": 1e-4}
BATCH, BATCH_PACKED = 64, 32  # sequences: most are not full unless they are packed, so about as many tokens
LITTLE = ("tiny", "mini")  # these have too few weights for dropout, and need a start that large nets find by themselves
RATE_GOING_ON = 1e-4  # of a net that knows something already


@dataclass(kw_only=True, repr=False)
class BertSettings(LanguageSettings):
    """How a BERT is pre-trained; see `sadari.pretraining.bert.Bert`."""

    size: Annotated[str, Choice(SIZE_NAMES)] | None = None
    vocabulary: Annotated[int, Whole(16, 2**20)] | None = None
    lowercase: bool = True
    nsp: bool = True
    packed: bool = False
    whole_words: bool = False
    masked: Annotated[float, Number(0.01, 0.9)] = 0.15
    alike: bool | None = None
    length: Annotated[int, Whole(8, MOST_POSITIONS)] = 128
    weight_decay: WeightDecay = 0.01
    beta2: Beta2 = 0.98
    warmup: Share = 0.05
    validation: Annotated[float, Number(0, 0.9)] = 0.05
    validations: Validations = 20

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
