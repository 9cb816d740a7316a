"""A short search for better settings of a rung, on validation rows, by Optuna (``sadari[tune]``)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from sadari.errors import MissingExtraError, SettingError
from sadari.messages import message

# What a trial may ask for: name → (kind, low or choices, high). "log" spreads numbers over orders of magnitude.
Space = Mapping[str, tuple[Any, ...]]

LINEAR: Space = {"C": ("log", 0.03, 10.0), "min_df": ("whole", 1, 3), "sublinear_tf": ("choice", [True, False])}
NGRAMS: Space = {**LINEAR, "longest": ("whole", 1, 3)}
TRAINED: Space = {
    "learning_rate": ("log", 0.001, 0.01),
    "dropout": ("number", 0.1, 0.6),
    "token_dropout": ("number", 0.0, 0.5),
}
RECURRENT: Space = {**TRAINED, "hidden": ("choice", [32, 64, 128]), "pooling": ("choice", ["mean", "max"])}

SPACES: dict[str, Space] = {
    "bow": LINEAR,
    "ngram": NGRAMS,
    "tfidf": NGRAMS,
    "embedding-bag": {
        "learning_rate": ("log", 0.2, 2.0),
        "dropout": ("number", 0.2, 0.7),
        "label_smoothing": ("number", 0.0, 0.2),
        "longest": ("whole", 1, 3),
    },
    "vectors": {
        "dropout": ("number", 0.2, 0.7),
        "label_smoothing": ("number", 0.0, 0.2),
        "tune": ("choice", [True, False]),
        "vocabulary": ("choice", ["both", "corpus"]),
    },
    "embedding": {**TRAINED, "learning_rate": ("log", 0.003, 0.03), "embed_dim": ("choice", [32, 64, 128])},
    "rnn": RECURRENT,
    "gru": RECURRENT,
    "lstm": RECURRENT,
    "bilstm": RECURRENT,
    "transformer": {**TRAINED, "layers": ("whole", 1, 3), "embed_dim": ("choice", [64, 128])},
    "bert": {"learning_rate": ("log", 3e-5, 3e-4), "layer_decay": ("choice", [0.8, 0.9, 1.0])},
}


def tune(
    name: str,
    score: Callable[[dict[str, Any]], float],
    *,
    trials: int,
    seconds: float,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> tuple[dict[str, Any], float, int]:
    """The best settings of a few trials; the first trial is always the rung's own defaults.

    Args:
        name: of the rung.
        score: validation accuracy of a model trained with these settings besides the defaults.
        trials: how many, at most. With a time limit that is not reached, the same seed gives the same trials.
        seconds: no trial begins after so many.
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
        asked = {key: _suggest(trial, key, space) for key, space in SPACES[name].items()}
        settings = _as_settings(name, asked)
        found = score(settings)
        study.tell(trial, found)
        done += 1
        if found > best_score:
            best, best_score = settings, found
        if progress is not None:
            progress(done)
    return best, best_score, done


def _suggest(trial: Any, key: str, space: tuple[Any, ...]) -> Any:
    kind = space[0]
    if kind == "choice":
        return trial.suggest_categorical(key, space[1])
    if kind == "whole":
        return trial.suggest_int(key, space[1], space[2])
    return trial.suggest_float(key, space[1], space[2], log=kind == "log")


def _as_settings(name: str, asked: dict[str, Any]) -> dict[str, Any]:
    """The linear rungs call their longest n-gram by another name."""
    if name in ("ngram", "tfidf"):
        asked = {**asked, "ngram_range": (1, asked["longest"])}
        del asked["longest"]
    return asked
