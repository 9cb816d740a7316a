"""What the settings of all that is trained here and is no rung have in common: generators, translators, BERTs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sadari.artifact import Model
from sadari.artifact.restore import check_learned
from sadari.display.history import History
from sadari.settings.declaration import check_settings, plain_settings, settings_of, values_of
from sadari.settings.shared import (
    AnyPrecision,
    BatchTexts,
    Count,
    Epochs,
    Every,
    Floor,
    LearningRate,
    Minutes,
    Optimizer,
    Share,
)
from sadari.train.net_settings import NetSettings
from sadari.train.training_context import TrainingContext

if TYPE_CHECKING:
    from sadari.train.loop import Loop, Task
    from sadari.train.optimizer import OptimizerSettings

MOST_EPOCHS = 10_000  # where steps or time are the limit


@dataclass(kw_only=True, eq=False, repr=False)
class TaskSettings(NetSettings, Model):
    """The base of a dataclass whose fields are settings.

    Args:
        epochs: passes over the texts, at most.
        minutes: minutes of training, at most.
        learning_rate: the highest learning rate.
        dropout: the share of values that is zeroed in training.
        precision: "fp32", "bf16", or "auto": bf16 where the machine is faster with it.
    """

    history_of: ClassVar[Callable[[list[dict[str, float]]], list[dict[str, float]]]] = History

    epochs: Epochs | None = None
    minutes: Minutes | None = None
    learning_rate: LearningRate | None = None
    dropout: Share | None = None
    precision: AnyPrecision = "auto"
    # the settings as they were taken; not typed as without None: the fields' types are what a user may give
    resolved_: Any = field(init=False, repr=False, compare=False)

    def __repr__(self) -> str:
        """Its class, and the settings that are not as they always are."""
        usual = values_of(type(self)())
        given = [f"{name}={value!r}" for name, value in self.settings().items() if value != usual[name]]
        return f"{type(self).__name__}({', '.join(given)})"

    def check(self) -> None:
        """Raise an error for settings that are out of their range or contradict each other.

        Raises:
            SettingError: the first of them.
        """
        check_settings(self)

    def settings(self) -> dict[str, Any]:
        """Every setting, by name."""
        return values_of(self)

    def _saved_settings(self) -> dict[str, Any]:
        return plain_settings(self.resolved_.settings())

    @classmethod
    def _setting_names(cls) -> Collection[str]:
        return settings_of(cls)

    @classmethod
    def _of_settings(cls, settings: dict[str, Any]) -> Self:
        model = cls(**settings)
        model.check()
        return model

    def optimizer_settings(self) -> OptimizerSettings:
        """The recipe that these settings are, once they are resolved."""
        from sadari.train.optimizer import OptimizerSettings

        # where there are none, the steps or the time are up before
        return OptimizerSettings.of(self, epochs=self.epochs or MOST_EPOCHS)

    def _learn(self, task: Task, context: TrainingContext, identity: Callable[[], Mapping[str, Any]]) -> Loop:
        """Train the task's net by the resolved settings, and check what it learned; its records are in `history_` then.

        Args:
            task: what is learned.
            context: what the training needs from outside.
            identity: what must be the same for a run to go on.
        """
        from sadari.train.loop import Loop

        loop = Loop(task, self.resolved_.optimizer_settings())
        context.attach(loop, identity)
        self.history_ = History(loop.run())
        self.data_["threads"] = loop.threads
        check_learned(**{name: value.detach().cpu().numpy() for name, value in loop.net.state_dict().items()})
        if self.precision == "auto":  # the run's, if begun elsewhere; what was asked for stays
            self.resolved_ = replace(self.resolved_, precision=loop.optimizer_settings.precision)
        return loop

    def _with(self, found: Mapping[str, Any]) -> Self:
        """These settings, with what was found for those that are None."""
        own = self.settings()
        return replace(self, **{name: value for name, value in found.items() if own[name] is None})


@dataclass(kw_only=True, eq=False, repr=False)
class LanguageSettings(TaskSettings):
    """What those that learn a language from running texts have besides.

    Args:
        steps: training steps, at most.
        batch_size: sequences that make a step.
        optimizer: "adam", "adamw" or "sgd" (with momentum 0.9).
        floor: the share of the learning rate that is left at the end.
        report_every: a record every so many steps, besides those of validations; 0: none.
        compile: use torch.compile.
    """

    steps: Count | None = None
    batch_size: BatchTexts | None = None
    optimizer: Optimizer = "adamw"
    floor: Floor = 0.0
    report_every: Every = 0
    compile: bool = False


def best_record(history: list[dict[str, float]]) -> dict[str, float]:
    """The record of the weights that were kept: that of the best validation; empty where nothing was scored."""
    by = "validation_log_likelihood"
    return max((record for record in history if by in record), key=lambda record: record[by], default={})
