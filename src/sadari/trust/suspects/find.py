"""Wrong labels: every training text with the probability that its label is right, voted by rungs of different kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.climb.progress import Bar
from sadari.climb.selection import rungs_to_climb
from sadari.climb.validated import Validated, read_validated
from sadari.data.corpus import Corpus, check_corpora
from sadari.data.fingerprint import text_keys
from sadari.display.watching import OnProgress, OnRecord, Watching
from sadari.errors import DataError
from sadari.messages import Message, message
from sadari.metrics.label_quality.ballots import Ballots
from sadari.metrics.label_quality.quality import LabelQuality, label_quality
from sadari.metrics.label_quality.voters import near_the_best
from sadari.settings.limits import MOST, SEED, Whole, check
from sadari.trust.suspects.folds import usual_voters, vote_in_folds
from sadari.trust.suspects.reasons import Reason, reader_of, reasons_for
from sadari.trust.suspects.result import Suspects

FOLDS, REASONS = 5, 1_000
_LEAST_SHOWN = 20
_VOTED = 0.9  # of the bar


def suspects(
    train: Corpus,
    *,
    run: str | Path | None = None,
    rungs: Sequence[str] | None = None,
    folds: int = FOLDS,
    reasons: int = REASONS,
    seed: int = 0,
    download: bool = False,
    verbose: bool | None = None,
    on_progress: OnProgress | None = None,
    on_record: OnRecord | None = None,
    **starts: Any,
) -> Suspects:
    """Rank the labels of training texts by how likely they are right, the most suspicious first.

    Models that did not see a text vote on its label, and the vote is read by confident learning (Northcutt et al.
    2021): see `sadari.metrics.label_quality.quality.label_quality`. A climb's folder has such votes of its validation
    rows, of small data of all; where it has them only in part, or there is no run, cheap rungs vote in folds.

    Args:
        train: labelled texts, one label each or several.
        run: folder of a climb on these texts; its rungs vote on the rows that they were validated on.
        rungs: names from `RUNGS` that vote in folds; None: a few cheap ones of different kind.
        folds: in how many parts the rows are cut; each voter is trained as often.
        reasons: of how many of the first rows it is said why: words, and near texts with another label.
        seed: of the folds and of every rung.
        download: fetch ``weights`` from the hub where they are not in the local cache.
        verbose: show how it goes; None: in a notebook and on a terminal.
        on_progress: is called with (share done, 1.0, record), whose ``doing`` says what is being done.
        on_record: is called with nothing yet.
        starts: ``weights`` or ``vectors``, for voters that start from some.

    Raises:
        DataError: one label, too few rows, or texts of which the run knows none. SettingError: an unknown rung.
        ModelError: ``run`` is no folder of a climb.
    """
    check("folds", folds, Whole(2, 100))
    check("reasons", reasons, Whole(0, MOST))
    check("seed", seed, SEED)
    check_corpora(train=train)
    train.check_trainable()
    selection = rungs_to_climb(None if rungs is None else list(rungs), {**starts, "download": download})
    voters = usual_voters(selection.starts) if rungs is None else selection.names
    with Watching(message("suspects"), verbose, on_progress, on_record) as watching:
        bar = Bar(watching)

        def say(what: Message | str, share: float) -> None:
            bar(what, _VOTED * share)

        ballots = Ballots(train.indicator if train.multi_label else train.codes, len(train.label_names))
        notes = [] if run is None else _from_run(train, ballots, run)
        if run is None or not ballots.voted.all():
            notes += vote_in_folds(train, ballots, voters, selection.starts, folds=folds, seed=seed, say=say)
        quality = label_quality(ballots.given, ballots)
        notes += _unjudged(train, quality)
        order = quality.ranked()
        found = _reasons(train, quality, order, reasons, seed, bar)
        bar(message("done"), 1.0)
    return Suspects(train, quality, ballots.voters, order, found, notes)


def _from_run(train: Corpus, ballots: Ballots, run: str | Path) -> list[Message]:
    """Add what a climb's rungs said of its validation rows.

    Raises:
        DataError: they are other texts, or have none of these labels.
    """
    kept = read_validated(run)
    if kept is None:
        return [
            message("{run} keeps no probabilities of its validation rows: they are made anew, in folds", run=str(run))
        ]
    rows, places = _matched(train, kept)
    if not len(rows):
        raise DataError(
            message(
                "is not what {run} was climbed on: none of its {count:,} validation texts is there",
                run=str(run),
                count=len(kept.texts),
            ),
            where=train.source,
            hint=message("name that file, or leave out --run"),
        )
    known = {name: column for column, name in enumerate(kept.labels)}
    columns = np.array([known.get(name, -1) for name in train.label_names])
    judged = _known(train, rows, columns >= 0)
    rows, places = rows[judged], places[judged]
    said = {name: _in_order(table[places], columns) for name, table in kept.tables.items()}
    taken = near_the_best(said, ballots.given[rows])
    for name in taken:
        ballots.add(name, rows, said[name])
    gone = len(kept.texts) - len(np.unique(places))
    judged_by = message("rows judged by {run}: {rows:,} ({rungs})")
    notes = [judged_by.filled(rows=len(rows), run=str(run), rungs=", ".join(taken))]
    if gone:
        missing = message("validation texts of {run} that are not in the data, or have labels new to it: {gone:,}")
        notes.append(missing.filled(gone=gone, run=str(run)))
    return notes


def _matched(train: Corpus, kept: Validated) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of rows whose text the run has validated, and where it stands in the run: whatever their labels are."""
    of_run = pl.DataFrame({"key": kept.texts, "place": np.arange(len(kept.texts))}).unique("key", keep="first")
    own = pl.DataFrame({"key": text_keys(train.texts), "row": np.arange(len(train))})
    found = own.join(of_run, on="key").sort("row")
    return found["row"].to_numpy(), found["place"].to_numpy()


def _known(train: Corpus, rows: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool [rows]: whose labels the run knows, and has from other rows as well."""
    known = known & (np.array(list(train.counts.values())) > 1)
    if train.multi_label:
        return np.asarray(~(train.indicator[rows] & ~known).any(axis=1))
    return np.asarray(known[train.codes[rows]])


def _in_order(table: NDArray[np.float32], columns: NDArray[np.int64]) -> NDArray[np.float32]:
    """A run's probabilities in the order of the data's labels."""
    return np.where(columns >= 0, table[:, columns], np.float32(0))


def _unjudged(train: Corpus, quality: LabelQuality) -> list[Message]:
    """What is said of rows that nobody could vote on: labels of which no other row tells a model."""
    rows = np.flatnonzero(quality.voters == 0)
    if not len(rows):
        return []
    names = (train.take(rows).label_names if not train.multi_label else [])[:5]
    said = message("texts whose label no other text has, so that nobody can say whether it is right: {rows:,}")
    said = said.filled(rows=len(rows))
    return [message("{said} ({labels})", said=said, labels=", ".join(map(repr, names))) if names else said]


def _reasons(
    train: Corpus, quality: LabelQuality, order: NDArray[np.int64], most: int, seed: int, bar: Bar
) -> list[Reason]:
    """Why the first rows are suspected, by a model that saw none of them."""
    count = min(most, max(len(quality.suspect.nonzero()[0]), _LEAST_SHOWN), len(order) // 4)
    if not count:
        return []
    bar(message("looking for reasons"), _VOTED)
    rows = order[:count]
    reader = reader_of(train, rows, seed=seed)
    return [] if reader is None else reasons_for(train, reader, rows, quality.likelier[rows])
