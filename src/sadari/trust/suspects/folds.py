"""What a few cheap rungs of different kind say of every row, each time by a model that did not see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.climb.failures import none_trained, why_failed
from sadari.data.corpus import Corpus
from sadari.data.text_stream import TextStream
from sadari.errors import DataError
from sadari.messages import Message, message, of
from sadari.metrics.label_quality.ballots import ROWS, Ballots
from sadari.metrics.predictions import label_columns
from sadari.rungs import RUNGS, Rung
from sadari.rungs.training_rows import SomeTexts

IN_MEMORY = 2**16  # texts of which there may be a copy
Say = Callable[[Message | str, float], None]


def usual_voters(starts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The rungs that vote where nobody names any: cheap ones of different kind.

    Args:
        starts: rung → the settings that say what it starts from, of those that have it.
    """
    return [name for name, kind in RUNGS.items() if kind.votes_on_labels and (not kind.starts_from or name in starts)]


def vote_in_folds(
    train: Corpus,
    ballots: Ballots,
    voters: Sequence[str],
    starts: Mapping[str, Mapping[str, Any]],
    *,
    folds: int,
    seed: int,
    say: Say,
) -> list[Message]:
    """Add each voter's probabilities of every row, by a model of the other folds: see `Corpus.parts`.

    Args:
        train: the texts with their labels.
        ballots: where to.
        voters: the rungs.
        starts: rung → what it starts from.
        folds: how many.
        seed: of the folds and of every rung.
        say: told what is being done, and the share of it.

    Returns:
        who could not vote, and why.

    Raises:
        DataError: nobody can.
    """
    parts = [part for part in train.parts((1 / folds,) * folds, seed=seed) if len(part)]
    every, failed = np.arange(len(train)), dict[str, Message | str]()
    _check(train, every, parts)
    costs = np.array([RUNGS[name].relative_cost for name in voters], np.float64)
    ends = np.concatenate([[0.0], np.cumsum(costs) / costs.sum()])
    for number, name in enumerate(voters):
        try:
            models = dict(starts.get(name, {}))
            models |= RUNGS[name](**models).set_params(seed=seed).start_in_memory(train.texts)
            for fold, held in enumerate(parts):
                share = ends[number] + (ends[number + 1] - ends[number]) * fold / len(parts)
                say(of(name, message("fold {fold} of {folds}", fold=fold + 1, folds=len(parts))), share)
                rows = np.setdiff1d(every, held)
                model = RUNGS[name](**models).set_params(seed=seed)
                model.fit(some_texts(train, rows, RUNGS[name]), train.given_labels.gather(rows), verbose=False)
                add_answers(ballots, name, model, train, held)
        except Exception as error:
            failed[name] = why_failed(error, name)
    if len(failed) == len(voters):
        raise none_trained(failed, source=train.source)
    return [of(name, message("has no vote: {why}", why=why)) for name, why in failed.items()]


def some_texts(train: Corpus, rows: NDArray[np.int64], kind: type[Rung]) -> pl.Series | TextStream:
    """The texts of some rows, to be trained on; many are not copied.

    Args:
        train: the texts.
        rows: positions in it.
        kind: the rung that is to learn from them.
    """
    # of a column, and of no stream, blank texts are left out, and what was made of a text is looked up
    if len(rows) <= IN_MEMORY or kind.looks_up or not train.texts.str.contains(r"\S").all():
        return train.texts.gather(rows)
    return SomeTexts(train.texts, rows)


def add_answers(ballots: Ballots, name: str, model: Rung, train: Corpus, rows: NDArray[np.int64]) -> None:
    """Add what a model says of rows that it did not see; of a label that it does not know it says nothing.

    Args:
        ballots: where to.
        name: the voter.
        model: that answers.
        train: the texts with their labels.
        rows: positions in it.
    """
    columns = label_columns(model, train.label_names)
    for first in range(0, len(rows), ROWS):
        some = rows[first : first + ROWS]
        found = model.predict_proba(train.texts.gather(some))
        table = np.zeros((len(some), len(columns)), np.float32)
        table[:, columns >= 0] = found[:, columns[columns >= 0]]
        fits = _knows(columns >= 0, ballots.given[some])
        ballots.add(name, some[fits], table[fits])


def _knows(known: NDArray[np.bool_], given: NDArray[Any]) -> NDArray[np.bool_]:
    """bool [r]: of which rows a model knows the labels."""
    return np.asarray(~(given & ~known).any(axis=1) if given.ndim == 2 else known[given])


def _check(train: Corpus, every: NDArray[np.int64], parts: Sequence[NDArray[np.int64]]) -> None:
    """Refuse folds without two labels to learn from."""
    for held in parts:
        seen = train.given_labels.gather(np.setdiff1d(every, held))
        flat = seen.explode() if seen.dtype == pl.List(pl.String) else seen
        if flat.drop_nulls().n_unique() < 2:
            raise DataError(
                message(
                    "{rows:,} rows are too few to vote on in folds: a model of the others sees one label",
                    rows=len(train),
                ),
                where=train.source,
                hint=message("give more labelled rows"),
            )
