"""How a training stands: its figures, in a line."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, Literal

from sadari import readable
from sadari.display.lines import sparkline
from sadari.messages import Message, counted, message

Unit = Literal["pass", "step", "time"]
MOST_POINTS = 400  # of a curve; where there are more, every other one goes


class Standing:
    """What was told of a training so far.

    Args:
        title: what is trained.

    Attributes:
        unit: what ``total`` counts: passes over the texts, steps, or nothing but the time.
        done: so much of ``total``.
        total: all there is to do.
        latest: the last value of each figure, which stays until there is a new one.
        doing: what is done besides learning, such as reading texts; None while it learns.
        curves: name → points (share done, loss): of the ``loss`` it learns by, and of the ``validation``.
        sample: what a generator wrote last.
    """

    def __init__(self, title: Message | str) -> None:
        self.title = title
        self.unit: Unit = "pass"
        self.done, self.total = 0.0, 1.0
        self.latest: dict[str, Any] = {}
        self.doing: Message | str | None = None
        self.sample: str | None = None
        self.curves: dict[str, list[tuple[float, float]]] = {"loss": [], "validation": []}
        self._begun = time.perf_counter()

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total > 0 else 0.0

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.perf_counter() - self._begun

    def take(self, done: float, total: float, record: Mapping[str, Any]) -> None:
        """Take up what `OnProgress` is told."""
        self.done, self.total = done, total
        self.doing, self.sample = _doing(record), record.get("sample", self.sample)
        self.latest.update(record)
        for name, value in (("loss", training_loss(record)), ("validation", validation_loss(record))):
            if value is not None and math.isfinite(value):
                self.curves[name].append((self.share, value))
                if len(self.curves[name]) > MOST_POINTS:
                    del self.curves[name][:-1:2]

    def line(self, *, bars: bool = True) -> Message | str:
        """``pass 2 of 9 █▆▄▂▁ loss 0.338, validation 88.7 %``.

        Args:
            bars: whether losses are drawn among the words.
        """
        if self.doing is not None:
            return self.doing
        losses = [loss for _, loss in self.curves["validation"] or self.curves["loss"]]
        drawn = sparkline(losses, 8) if losses and bars else ""
        return message("{passes} {bars} {scores}", passes=self._place(), bars=drawn, scores=self._scores())

    def _place(self) -> Message:
        epoch = int(self.latest.get("epoch", max(1, math.ceil(self.done))))
        if self.unit == "pass":
            return message("pass {done} of {total}", done=epoch, total=int(self.total))
        if self.unit == "step":
            return message("step {done:,} of {total:,}", done=round(self.done), total=int(self.total))
        return message("pass {done}", done=epoch)

    def _scores(self) -> list[Message]:
        found, loss, said = self.latest, training_loss(self.latest), []
        if loss is not None:
            said.append(message("loss {loss:.3f}", loss=loss))
        if "validation_loss" in found:
            said.append(message("validation {loss:.3f}", loss=found["validation_loss"]))
        if "bleu" in found:
            said.append(message("BLEU {bleu:.1f}", bleu=found["bleu"]))
        if "validation_accuracy" in found:
            said.append(message("validation {share}", share=readable.in_percent(found["validation_accuracy"])))
        elif "accuracy" in found:
            said.append(message("accuracy {share}", share=readable.in_percent(found["accuracy"])))
        return said


def _doing(record: Mapping[str, Any]) -> Message | str | None:
    what, tokens = record.get("doing"), int(record.get("tokens", 0))
    return message("{what}: {tokens}", what=what, tokens=counted(tokens, "token")) if what and tokens else what


def training_loss(record: Mapping[str, Any]) -> float | None:
    """The loss of what it learns from: not one that is smoothed, which no validation's compares with."""
    return record.get("cross_entropy", record.get("loss"))


def validation_loss(record: Mapping[str, Any]) -> float | None:
    """The loss of what is held out; None where it was not scored."""
    likelihood = record.get("validation_log_likelihood")
    return record.get("validation_loss", None if likelihood is None else -likelihood)
