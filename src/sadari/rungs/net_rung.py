"""What the rungs that train a torch net have alike, whatever they start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sadari.artifact.restore import check_learned
from sadari.device import resolve_device
from sadari.rungs.resumable import Resumable
from sadari.settings.shared import ClassWeight, Count, Epochs, Every
from sadari.train.net_settings import NetSettings


@dataclass(kw_only=True, eq=False, repr=False)
class NetRung(NetSettings, Resumable):
    """A torch net that reads texts as ids; the other settings are `NetSettings`'.

    Args:
        epochs: passes over the texts, at most.
        epoch_size: texts of a pass, drawn anew for each; None: all.
        report_every: a record every so many steps, besides those of validations; 0: none.
        validate_every: score the validation texts every so many steps, and keep the best net; 0: after every epoch.
        class_weight: None, "balanced", or label → weight.
    """

    epochs: Epochs | None = None
    epoch_size: Count | None = None
    report_every: Every = 0
    validate_every: Every = 0
    class_weight: ClassWeight | None = None

    def answer_on(self, device: str | None, precision: str | None) -> None:
        super().answer_on(device, precision)
        if device is not None:
            cast(Any, self).net_.to(resolve_device(device))  # each has one of its own kind

    def _settle(self) -> None:
        check_learned(**{name: value.numpy() for name, value in self._weights().items()})

    def _weights(self) -> dict[str, Any]:
        """The net's weights by name, on the CPU."""
        raise NotImplementedError
