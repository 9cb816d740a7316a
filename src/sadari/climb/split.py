"""The one split that every rung sees: made once, from a seed, and never looked at again for anything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sadari.climb.result import FINAL_NAMES
from sadari.data.audit.result import Audit
from sadari.data.belonging import group_numbers
from sadari.data.corpus import Corpus
from sadari.errors import DataError, SettingError
from sadari.messages import Message, message
from sadari.metrics.evaluate import check_some_known, truth_codes
from sadari.metrics.several import truth_matrix
from sadari.settings.limits import Number, shown

FOLDS = 5
FOLD_ROWS = 10_000  # with fewer training rows than this every row is validated once, in folds: a tenth tells too little
FEW_ROWS = 5_000  # with fewer rows than this, and no test file,
HELD_OUT = 0.2  # so many are held out


@dataclass
class Frozen:
    """The one split that every rung sees: texts and truth of each part.

    The truth is int32 [n], label codes (−1: a label not in training); or int16 [n, k + 1] where a text may have several
    labels, as `sadari.metrics.several` says.

    Attributes:
        folds: the training rows (positions) of each fold, where every training row is validated once, by a model that
            did not see it; then ``validation`` is ``train``. Empty where validation rows are set aside.
    """

    label_names: list[str]
    train: Corpus
    validation: Corpus
    final: Corpus
    folds: list[NDArray[np.int64]]
    validation_truth: NDArray[np.integer]
    final_truth: NDArray[np.integer]
    final_name: str
    leaked: NDArray[np.bool_]
    notes: list[Message]
    rows: dict[str, int]

    @property
    def several(self) -> bool:
        """Whether a text may have several labels."""
        return self.train.multi_label

    @property
    def label_counts(self) -> NDArray[np.int64]:
        """int64 [k]: the training rows of each label."""
        return np.array([self.train.counts.get(name, 0) for name in self.label_names])


def freeze(
    train: Corpus,
    test: Corpus | None,
    audited: Audit,
    *,
    seed: int,
    validation: float = 0.1,
    keep_duplicates: bool = False,
) -> Frozen:
    """The split: training, validation and final rows, the same for the same seed.

    Raises:
        DataError: too few rows, or too few with one of the labels, for every part to have some.
    """
    if not Number(0, 1).allows(validation) or validation in (0, 1):
        raise SettingError(message("validation is {shown}; it must lie between 0 and 1", shown=shown(validation)))
    notes = list(train.notes)
    dropped = 0
    leaked_near: NDArray[np.bool_] = np.zeros(0, np.bool_)
    if not keep_duplicates and len(audited.duplicate_rows):
        dropped = len(audited.duplicate_rows)
        train = train.take(np.setdiff1d(np.arange(len(train)), audited.duplicate_rows))
    train.check_lone()
    _check_repeated(train)
    _check_parts(train)
    fewer = len(train) < FOLD_ROWS and train.times is None  # folds would learn from what comes later
    if test is not None:
        rest, final, final_name = train, test, "test"
        leaked = audited.leaked_exact | audited.leaked_near
        leaked_near = audited.leaked_near
    else:
        share = HELD_OUT if len(train) < FEW_ROWS else validation
        first, last = _parted(train, share, seed)
        rest, final, final_name = train.take(first), train.take(last), "held-out"
        leaked = np.zeros(len(final), np.bool_)
    rest.check_trainable()
    kept, held_out, folds = _validated(rest, validation, seed, fewer=fewer)
    for part, what in ((held_out, "validation"), (final, "final")):
        _check_some_left(part, what, len(train))
    known = kept.label_names
    if final_name == "test":
        check_some_known(final, known)
        notes += _shared_groups_note(rest, final)
    notes += _belonging_notes(train, final if test is None else final.take(np.arange(0)), share=HELD_OUT)
    validation_truth, _ = _truth(held_out, known)
    final_truth, unseen = _truth(final, known)
    notes += _unseen_note(unseen, final_name)
    rows = {
        "train": len(kept),
        "validation": len(held_out),
        "final": len(final),
        "dropped_duplicates": dropped,
        "leaked": int(leaked.sum()),
        "leaked_near": int(leaked_near.sum()),
        "folds": len(folds),
    }
    return Frozen(known, kept, held_out, final, folds, validation_truth, final_truth, final_name, leaked, notes, rows)


def _parted(corpus: Corpus, share: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows to learn from, and those that are set aside: by chance, or, where times are known, the latest.

    Rows of one moment stay together, and so do groups: one that goes on to the end is set aside as a whole.

    Raises:
        DataError: every group goes on to the end.
    """
    if corpus.times is None:
        first, last = corpus.parts((1 - share, share), seed=seed)
        return first, last
    late = corpus.times >= np.quantile(corpus.times, 1 - share, method="higher")
    if late.all():
        late = corpus.times > corpus.times.min()
    if corpus.groups is not None:
        numbers = group_numbers(corpus.groups)
        late = np.isin(numbers, numbers[late])
        if late.all():
            raise DataError(
                message("every group has rows among the latest, so that none is left to learn from"),
                where=corpus.source,
                hint=message("leave out --group or --time"),
            )
    return np.flatnonzero(~late), np.flatnonzero(late)


def _truth(corpus: Corpus, known: list[str]) -> tuple[NDArray[np.integer], dict[str, int]]:
    """The truth of a part, and how often each label occurs that is not known."""
    if corpus.multi_label:
        return truth_matrix(corpus.given_labels, known)
    return truth_codes(corpus.given_labels.to_list(), known)


def _validated(
    rest: Corpus, validation: float, seed: int, *, fewer: bool
) -> tuple[Corpus, Corpus, list[NDArray[np.int64]]]:
    """The rows to train on, those that validate, and, where they are few, folds: each row validates for the others."""
    if not fewer:
        fit, held = _parted(rest, validation, seed)
        kept = rest.take(fit)
        kept.check_trainable()
        return kept, rest.take(held), []
    parts = rest.parts((1 / FOLDS,) * FOLDS, seed=seed)
    folds = [np.setdiff1d(np.arange(len(rest)), part) for part in parts if len(part)]
    if any(len(rest.take(fold).label_names) < 2 for fold in folds):
        if rest.groups is not None:
            raise DataError(
                message(
                    "of its {count:,} groups too few have rows of several labels: without some, a model sees one label",
                    count=_groups_in(rest),
                ),
                where=rest.source,
                hint=message("name a column with more groups, or leave out --group"),
            )
        raise DataError(
            message(
                "{number_of_rest:,} training rows are too few to validate each by a model of others: it sees one label",
                number_of_rest=len(rest),
            ),
            where=rest.source,
            hint=message("give more labelled rows"),
        )
    return rest, rest, folds


def _check_some_left(part: Corpus, what: str, rows: int) -> None:
    """Refuse a part of so many rows that came out empty."""
    if len(part) == 0 or part.labels is None:
        raise DataError(
            message("no row is left for the {what} rows out of {number_of_train:,}", what=what, number_of_train=rows),
            where=part.source,
            hint=message("give more labelled rows, or a --test file"),
        )


def _check_repeated(train: Corpus) -> None:
    """Refuse labels that are all different: none is both learned and scored.

    Raises:
        DataError: they are.
    """
    if not train.multi_label and train.labels is not None and max(train.counts.values(), default=2) == 1:
        raise DataError(
            message("each of the {count:,} labels stands in one row alone: none can be scored", count=len(train)),
            where=train.source,
            hint=message("is --label right? Else give more rows of each label"),
        )


def _groups_in(corpus: Corpus) -> int:
    return 0 if corpus.groups is None else len(np.unique(group_numbers(corpus.groups)))


def _check_parts(train: Corpus) -> None:
    """Refuse rows that are all of one group, or of one moment: there is nothing to part.

    Raises:
        DataError: they are.
    """
    if _groups_in(train) == 1:
        raise DataError(
            message("all its rows are of one group"),
            where=train.source,
            hint=message("name a column with more groups, or leave out --group"),
        )
    if train.times is not None and len(train) and train.times.min() == train.times.max():
        raise DataError(
            message("all its rows are of one moment"),
            where=train.source,
            hint=message("name a column with more moments, or leave out --time"),
        )


def _belonging_notes(train: Corpus, final: Corpus, *, share: float) -> list[Message]:
    """What is said of groups and times that the split goes by.

    Args:
        train: all rows.
        final: those of them that were set aside to test on.
        share: of all rows, how many may be wanted for that at most.
    """
    notes = []
    if train.groups is not None:
        notes.append(message("rows of one group stand on one side: {count:,} groups", count=_groups_in(train)))
    if train.times is not None:
        notes.append(
            message("validated and tested on the latest") if len(final) else message("validated on the latest")
        )
    if len(final) > 1.5 * share * len(train):
        notes.append(
            message(
                "{rows:,} of {all:,} rows are held out, because groups are as a whole: fewer are left to learn from",
                rows=len(final),
                all=len(train),
            )
        )
    return notes


def _shared_groups_note(train: Corpus, test: Corpus) -> list[Message]:
    """What is said of groups that stand in both files."""
    if train.groups is None or test.groups is None:
        return []
    shared = test.groups.drop_nulls().is_in(train.groups.drop_nulls().unique().implode()).sum()
    if not shared:
        return []
    return [message("{rows:,} test rows belong to groups that stand in the training file too", rows=shared)]


def _unseen_note(unseen: Mapping[str, int], name: str) -> list[Message]:
    """What is said of final rows with labels that training never saw: label → how many; nothing where there are none.

    Args:
        unseen: label → final rows that have it.
        name: of the final rows.
    """
    if not unseen:
        return []
    labels = ", ".join(f"{label!r} ({rows:,})" for label, rows in list(unseen.items())[:5])
    return [
        message(
            "{count:,} {final} rows have labels that training never saw, and count as wrong: {labels}",
            count=sum(unseen.values()),
            final=FINAL_NAMES[name],
            labels=labels,
        )
    ]


def nested_rows(frozen: Frozen, rows: int, seed: int, *, among: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """The first ``rows`` of a seeded, stratified order of the training rows: smaller sets lie in larger ones.

    No label is missing where there are as many rows as labels.

    Args:
        frozen: the data split.
        rows: how many to take.
        seed: of their order.
        among: the rows to choose from; None: all.
    """
    corpus = frozen.train if among is None else frozen.train.take(among)
    if corpus.groups is not None and frozen.folds:  # what is left validates, so no group may be parted
        chosen = _whole_groups(group_numbers(corpus.groups), rows, seed)
        return chosen if among is None else among[chosen]
    order = np.random.default_rng(seed).permutation(len(corpus))
    rank = np.ones(len(corpus), np.float64)
    for label in _members(corpus):
        members = order[label[order]]
        rank[members] = np.minimum(rank[members], (np.arange(len(members)) + 0.5) / max(1, len(members)))
        rank[members[:1]] = 0  # a rare label is not missed where there is room for it
    chosen = np.sort(np.argsort(rank, kind="stable")[:rows])
    return chosen if among is None else among[chosen]


def _whole_groups(groups: NDArray[np.int64], rows: int, seed: int) -> NDArray[np.int64]:
    """As many whole groups, in a seeded order, as have no more rows than that; one at least."""
    own, sizes = np.unique(groups, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(own))
    taken = order[: max(1, int(np.searchsorted(np.cumsum(sizes[order]), rows, side="right")))]
    return np.flatnonzero(np.isin(groups, own[taken]))


def _members(corpus: Corpus) -> Iterator[NDArray[np.bool_]]:
    """Which rows have each label, bool [n]; where a text may have several, at last those that have none."""
    if not corpus.multi_label:
        for code in range(len(corpus.label_names)):
            yield corpus.codes == code
        return
    yield from corpus.indicator.T
    yield np.logical_not(corpus.indicator.any(axis=1))


def halves(frozen: Frozen, seed: int) -> list[NDArray[np.int64]]:
    """The training rows of two folds in place of more: every row is validated by a model that saw the other half."""
    return list(frozen.train.parts((0.5, 0.5), seed=seed))
