"""The search itself: rounds of trials, each scored on validation rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sadari.climb.context import ClimbContext
from sadari.climb.training import Rows
from sadari.climb.tuning.study import DEFAULTS, Kept, Search
from sadari.display.watching import OnProgress
from sadari.errors import MissingExtraError, SettingError
from sadari.messages import message
from sadari.metrics.predictions import predict_in_order
from sadari.settings.limits import Limit

TOGETHER = (
    4  # trials that are chosen before the first of them is scored: the same ones, however many are scored at once
)


@dataclass(frozen=True)
class Trial:
    """Train a rung with settings that are tried, and score it on validation rows: the higher the better.

    Attributes:
        rung: its name.
        own: the settings, and what the budget has chosen.
        rows: the training rows (positions); None: all.
        held: those that are scored, of the training rows; None: the validation rows that are set aside.
    """

    rung: str
    own: Mapping[str, Any]
    rows: Rows
    held: Rows

    def run(self, context: ClimbContext, progress: OnProgress | None) -> float:
        """Its score.

        Args:
            context: the climb.
            progress: is told nothing.
        """
        frozen = context.frozen
        train = frozen.train if self.rows is None else frozen.train.take(self.rows)
        held = slice(None) if self.held is None else self.held
        model = context.new(self.rung, self.own).fit(train.texts, train.labels)
        table = predict_in_order(model, frozen.validation.texts[held], frozen.label_names)
        return context.metric.sign * context.metric.quick(frozen.validation_truth[held], table)


def tune(
    space: Mapping[str, Limit],
    scores: Callable[[Sequence[Mapping[str, Any]]], Iterable[Callable[[], float]]],
    *,
    trials: int,
    seconds: float,
    seed: int,
    progress: Callable[[int], None] | None = None,
    kept: Kept | None = None,
) -> tuple[dict[str, Any], float, int]:
    """The best settings of a few trials; the first trial is always the rung's own defaults.

    Args:
        space: what a trial may try of which setting.
        scores: begins to score models trained with such settings besides the defaults, and gives what waits for each
            score, on validation rows; the higher the better.
        trials: how many, at most. With a time limit that is not reached, the same seed gives the same trials.
        seconds: no round of `TOGETHER` trials begins after so many.
        seed: of the trials.
        progress: told how many trials are done.
        kept: where the trials are kept; those that are there count. None: nowhere.

    Returns:
        the settings (none, where the defaults were best), their score, and how many trials there were.

    Raises:
        MissingExtraError: Optuna is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise MissingExtraError("--tune", "tune") from error
    if trials < 1:
        raise SettingError(message("--tune is {trials}; it must be at least 1 trial", trials=trials))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    search = Search(optuna.create_study(direction="maximize") if kept is None else kept.open(), space, seed)
    start = time.perf_counter()
    if DEFAULTS not in search.study.user_attrs:
        (wait,) = scores([{}])
        search.study.set_user_attr(DEFAULTS, wait())
    while (done := 1 + len(search.done)) < trials and time.perf_counter() - start < seconds:
        chosen = search.round(min(TOGETHER, trials - done))
        for (number, _), wait in zip(chosen, scores([settings for _, settings in chosen]), strict=True):
            search.study.tell(number, wait())
            done += 1
            if progress is not None:
                progress(done)
    best: dict[str, Any] = {}
    best_score = search.study.user_attrs[DEFAULTS]
    tried = search.done[: trials - 1]
    for trial in tried:
        if trial.value > best_score:
            best, best_score = search.settings_tried(trial), trial.value
    return best, best_score, 1 + len(tried)
