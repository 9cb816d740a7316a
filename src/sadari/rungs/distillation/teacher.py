"""Distillation: a small student learns from what a large teacher says of its texts, and of texts without labels.

Hinton et al. 2015, "Distilling the Knowledge in a Neural Network". The student costs to predict what it always does.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import MANIFEST
from sadari.data.fingerprint import fingerprint
from sadari.data.text_stream import TextStream
from sadari.errors import DataError, SettingError
from sadari.messages import Message, message, some_of
from sadari.rungs.answering import Answering
from sadari.rungs.distillation.augmentation import MOST_COPIES, altered
from sadari.rungs.distillation.teacher_quality import Worth, learned_from
from sadari.rungs.ladder import RUNGS, load
from sadari.rungs.training_rows import Rows, check_fits
from sadari.settings.declaration import check_settings
from sadari.settings.limits import Number, Whole
from sadari.text.column import as_column, columns, slices
from sadari.train.labels import LabelCodec
from sadari.train.objectives.soft_targets import SoftTargets, at_temperature
from sadari.train.validation_set import HeldOut

ASKED_AT_ONCE = 512  # texts; always the same, so that the answers are the same bits whenever asked
MOST_LABELS_SHOWN = 20
TEMPERATURE, TRUST = 2.0, 0.9  # measured in docs/tried.md

Say = Callable[[Message | str, float], None]
Answers = tuple[NDArray[np.float32], NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class Teacher:
    """A model to learn from, the texts to ask it about, and how much its answers count: `fit`'s ``teacher``.

    Attributes:
        model: a trained classifier with the same labels, or its folder.
        unlabelled: texts without labels; the student learns the teacher's answers to them. Blank texts are left out,
            and those that are training or validation texts.
        temperature: the logits of teacher and student are divided by it; above 1, less likely labels count more.
        trust: how much the teacher's answer counts for a text with a label, 0 to 1; the label counts for the rest.
        never: texts that must not be learned from, such as those of a test file; they are left out of ``unlabelled``.
        altered: copies of every text, each altered in another way (`sadari.rungs.distillation.augmentation`), that the
            teacher answers too. They help where all texts have labels, or where the teacher was trained on the same
            texts.
        say: called with what is being done and the share done, 0 to 1.
        remembered: the answers so far, so that several students need only one pass over the texts. Make a new `Teacher`
            if its model is trained again.
    """

    model: Answering | str | Path
    unlabelled: Any = None
    temperature: Annotated[float, Number(0.1, 100)] = TEMPERATURE
    trust: Annotated[float, Number(0, 1)] = TRUST
    never: Any = None
    altered: Annotated[int, Whole(0, MOST_COPIES)] = 0
    say: Say | None = None
    remembered: dict[str, Answers] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, teacher: Teacher | Answering | str | Path) -> Teacher:
        """A teacher, of whatever stands for one.

        Args:
            teacher: a teacher, which is returned as it is; or a trained classifier, or its folder.
        """
        return teacher if isinstance(teacher, Teacher) else cls(teacher)

    @cached_property
    def rung(self) -> Answering:
        """The classifier, read if it lies in a folder.

        Raises:
            ModelError: it is none. NotFittedError: it is not trained.
        """
        given: Any = self.model
        found: Answering = given if hasattr(given, "predict_with_marks") else load(given)
        _ = found.codec  # which an untrained one has not
        return found

    def checked(self, student: Answering) -> Teacher:
        """This teacher, if the student can learn from it. Call it before texts are read, which may take minutes.

        Args:
            student: the rung that will learn from it.

        Raises:
            SettingError: a rung that takes no teacher, or a setting out of its range.
            ModelError: the teacher is no classifier.
        """
        if not student.takes_teacher:
            takers = ", ".join(name for name, kind in RUNGS.items() if kind.takes_teacher)
            raise SettingError(
                message("the rung {name!r} learns from labels alone", name=student.name),
                hint=message("those that take a teacher: {takers}", takers=takers),
            )
        check_settings(self)
        _ = self.rung
        return self

    def about(self) -> dict[str, Any]:
        """What a model folder says of its teacher."""
        found: dict[str, Any] = {"rung": self.rung.name}
        if isinstance(self.model, str | Path):
            found["folder"] = Path(self.model).resolve().name
            found["sha256"] = hashlib.sha256((Path(self.model) / MANIFEST).read_bytes()).hexdigest()
        copies = {"altered copies": self.altered} if self.altered else {}
        return {**found, "temperature": float(self.temperature), "trust": float(self.trust), **copies}

    def answers(self, texts: pl.Series | TextStream, codec: LabelCodec, what: Message) -> Answers:
        """Probabilities float32 [n, k] in the order of the codec's labels, and bool [n]: whether it knew the text.

        Args:
            texts: the texts.
            codec: the labels and their order.
            what: the kind of texts, for the message of progress.
        """
        order = self._order(codec)
        soft, known = [np.empty((0, len(order)), np.float32)], [np.empty(0, np.bool_)]
        start, done = time.perf_counter(), 0
        for column in columns(texts):
            for part in slices(column, max_rows=ASKED_AT_ONCE, max_bytes=1 << 22):
                probabilities, marks = self._answer(part)
                soft.append(probabilities[:, order])
                known.append(marks)
                done += len(part)
                if self.say is not None:
                    rate = done / max(time.perf_counter() - start, 1e-9)
                    said = message("the teacher reads {what}: {done:,} of {all:,}, {rate:,.0f} texts/s", what=what)
                    self.say(said.filled(done=done, all=len(texts), rate=rate), done / max(1, len(texts)))
        return np.concatenate(soft), np.concatenate(known)

    def gives(self, probabilities: NDArray[np.float32], codec: LabelCodec) -> NDArray[np.int8]:
        """The labels that it gives, as int8 [n, k], 1 for each.

        Args:
            probabilities: float32 [n, k], which `answers` returned.
            codec: the labels and their order.
        """
        if codec.multilabel:
            return (probabilities >= self.thresholds(codec)).astype(np.int8)
        return (np.arange(probabilities.shape[1]) == probabilities.argmax(axis=1)[:, None]).astype(np.int8)

    def thresholds(self, codec: LabelCodec) -> NDArray[np.float64]:
        """From which probability on it gives each label, as float64 [k].

        Args:
            codec: the labels and their order.
        """
        return self.rung.thresholds_[self._order(codec)]

    def _order(self, codec: LabelCodec) -> list[int]:
        names = self.rung.codec.names()
        return [names.index(name) for name in codec.names()]

    def _answer(self, texts: pl.Series) -> Answers:
        """Of a few texts: probabilities float32 [n, k] in the order of the teacher's own labels, and bool [n]."""
        key = fingerprint([texts])
        if key not in self.remembered:
            probabilities, known = self.rung.predict_with_marks(texts)
            self.remembered[key] = probabilities.astype(np.float32), known
        return self.remembered[key]


@dataclass(frozen=True)
class Taught:
    """What a student learns from.

    Attributes:
        texts: with labels, then without.
        targets: int8 [n, k], the labels; of texts without, what the teacher chooses.
        weights: float32 [n].
        lesson: the teacher's answers; None where labels alone count.
        about: of the teacher and what it did, for the model folder.
    """

    texts: pl.Series | TextStream
    targets: NDArray[np.int8]
    weights: NDArray[np.float32]
    soft_targets: SoftTargets | None
    about: dict[str, Any]


def taught(
    teacher: Teacher, rows: Rows, codec: LabelCodec, targets: NDArray[np.int8], held_out: HeldOut | None
) -> Taught:
    """Ask the teacher about every text.

    Args:
        teacher: who answers.
        rows: the texts with labels.
        codec: how their labels are encoded.
        targets: int8 [n, k], their labels.
        held_out: texts that must not be learned from.

    Warns:
        SadariWarning: the teacher is at chance.

    Raises:
        DataError: the teacher has other labels, or there are texts that are none.
    """
    check_labels(teacher.rung.codec, codec)
    more, left_out = _new_texts(teacher.unlabelled, teacher, rows.texts, held_out)
    soft, known = teacher.answers(rows.texts, codec, message("the labelled texts"))
    check_fits(soft, targets)
    chosen = teacher.gives(soft, codec)
    own = _check_worth(teacher, rows, codec, chosen, targets, held_out)
    more, more_soft, left_out["unknown to the teacher"] = _known(teacher, more, codec, message("the unlabelled texts"))
    unlabelled = len(more)
    if teacher.altered:
        copies, _ = _new_texts(altered(_joined(rows.texts, more), teacher.altered), teacher, rows.texts, held_out)
        copies, copies_soft, _ = _known(teacher, copies, codec, message("the altered texts"))
        more, more_soft = pl.concat([more, copies], rechunk=True), np.concatenate([more_soft, copies_soft])
    # where the teacher knows nothing, its answer is no more than how frequent the labels are
    trust = np.concatenate([np.float32(teacher.trust) * known, np.ones(len(more))]).astype(np.float32)
    warm = at_temperature(np.concatenate([soft, more_soft]), teacher.temperature, multilabel=codec.multilabel)
    about = {
        "agrees with labels": float((chosen == targets).all(axis=1).mean()),
        **({"trained on these": True} if own else {}),
        "labelled texts": len(targets),
        "unlabelled texts": unlabelled,
        **({"altered texts": len(more) - unlabelled} if teacher.altered else {}),
        **{f"left out, {why}": number for why, number in left_out.items() if number},
    }
    return Taught(
        _joined(rows.texts, more),
        np.concatenate([targets, teacher.gives(more_soft, codec)]),
        np.concatenate([rows.weights, np.full(len(more), rows.weights.mean(), np.float32)]),
        SoftTargets(warm, trust, float(teacher.temperature)) if trust.any() else None,
        teacher.about() | about,
    )


def _check_worth(
    teacher: Teacher,
    rows: Rows,
    codec: LabelCodec,
    chosen: NDArray[np.int8],
    targets: NDArray[np.int8],
    held_out: HeldOut | None,
) -> bool:
    """Warn of a teacher that is at chance; says whether it was trained on these rows, which flatter it then.

    Args:
        teacher: who answers.
        rows: the texts with labels.
        codec: how their labels are encoded.
        chosen: int8 [n, k], the labels that the teacher chooses.
        targets: int8 [n, k], the true ones.
        held_out: asked about in place of rows that flatter.
    """
    own = learned_from(teacher.rung, rows.texts, rows.labels)
    if own and held_out is not None:
        soft, _ = teacher.answers(held_out.texts, codec, message("the validation texts"))
        Worth.of(teacher.gives(soft, codec), held_out.wanted.astype(np.int8), codec.names()).warn(
            message("validation rows")
        )
    else:
        kind = message("labelled rows, which it was trained on") if own else message("labelled rows")
        Worth.of(chosen, targets, codec.names()).warn(kind)
    return own


class JoinedStream(TextStream):
    """The texts of a stream, then more that are in memory."""

    def __init__(self, first: TextStream, more: pl.Series) -> None:
        self.first, self.more = first, more

    def __iter__(self) -> Iterator[pl.Series]:
        yield from self.first
        if len(self.more):
            yield self.more

    def __len__(self) -> int:
        return len(self.first) + len(self.more)


def check_labels(teacher: LabelCodec, student: LabelCodec) -> None:
    """Refuse a teacher with other labels than the texts.

    Raises:
        DataError: with both lists.
    """
    if teacher.multilabel != student.multilabel:
        raise DataError(
            message("the teacher gives several labels a text, and these texts have one")
            if teacher.multilabel
            else message("the teacher gives one label a text, and these texts have several")
        )
    theirs, ours = teacher.names(), student.names()
    if set(theirs) != set(ours):
        raise DataError(
            message(
                "the teacher has other labels than the texts: it knows {shown}; they have {shown_2}",
                shown=some_of(theirs, MOST_LABELS_SHOWN),
                shown_2=some_of(ours, MOST_LABELS_SHOWN),
            ),
            hint=message("train the teacher on texts with the same labels"),
        )


def _new_texts(
    found: Any, teacher: Teacher, texts: pl.Series | TextStream, held_out: HeldOut | None
) -> tuple[pl.Series, dict[str, int]]:
    """Those of some texts that can be learned from the teacher alone, and how many were left out for which reason.

    Args:
        found: None, or texts without labels.
        teacher: who will answer.
        texts: those with labels.
        held_out: texts that must not be learned from.
    """
    if found is None:
        return pl.Series("text", [], dtype=pl.String), {}
    column = as_column(found)
    left_out: dict[str, int] = {}

    def keep(why: str, kept: pl.Series) -> None:
        nonlocal column
        left_out[why] = left_out.get(why, 0) + len(column) - len(kept)
        column = kept

    keep("blank", column.filter(column.str.strip_chars() != ""))
    keep("repeated", column.unique(maintain_order=True))
    for known in columns(texts):
        keep("training texts", column.filter(~column.is_in(known.implode())))
    validated = None if held_out is None else held_out.texts
    for why, others in (("validation texts", validated), ("test texts", teacher.never)):
        if others is not None:
            keep(why, column.filter(~column.is_in(as_column(others).implode())))
    return column, left_out


def _known(
    teacher: Teacher, texts: pl.Series, codec: LabelCodec, what: Message
) -> tuple[pl.Series, NDArray[np.float32], int]:
    """The texts that the teacher knows, its probabilities of them float32 [n, k], and the number of the others."""
    soft, known = teacher.answers(texts, codec, what)
    return texts.filter(pl.Series(known)), soft[known], int(np.count_nonzero(~known))


def _joined(texts: pl.Series | TextStream, more: pl.Series) -> pl.Series | TextStream:
    if not len(more):
        return texts
    return JoinedStream(texts, more) if isinstance(texts, TextStream) else pl.concat([texts, more], rechunk=True)
