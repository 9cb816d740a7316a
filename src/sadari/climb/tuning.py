"""A short search for better settings of a rung, on validation rows, by Optuna (``sadari[tune]``)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from sadari.errors import MissingExtraError, SettingError
from sadari.messages import message
from sadari.settings.limits import Limit
from sadari.settings.search import suggest


def tune(
    space: Mapping[str, Limit],
    score: Callable[[dict[str, Any]], float],
    *,
    trials: int,
    seconds: float,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> tuple[dict[str, Any], float, int]:
    """The best settings of a few trials; the first trial is always the rung's own defaults.

    Args:
        space: what a trial may try of which setting.
        score: of a model trained with these settings besides the defaults, on validation rows; the higher the better.
        trials: how many, at most. With a time limit that is not reached, the same seed gives the same trials.
        seconds: no trial begins after so many.
        seed: of the trials.
        progress: told how many trials are done.

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
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=5))
    start = time.perf_counter()
    best: dict[str, Any] = {}
    best_score, done = score({}), 1
    while done < trials and time.perf_counter() - start < seconds:
        trial = study.ask()
        settings = {name: suggest(trial, name, values) for name, values in space.items()}
        found = score(settings)
        study.tell(trial, found)
        done += 1
        if found > best_score:
            best, best_score = settings, found
        if progress is not None:
            progress(done)
    return best, best_score, done
