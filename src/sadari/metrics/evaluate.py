"""One trained model on labelled texts: what it scores, label by label."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sadari import readable
from sadari.data.corpus import Corpus
from sadari.display.html import block, rest, table, washed
from sadari.errors import DataError
from sadari.messages import Message, counted, message
from sadari.metrics.care import care_figures, doubts_of, usual_care
from sadari.metrics.classification import (
    accuracy,
    class_scores,
    confusion_cells,
    expected_calibration_error,
    macro_f1_interval,
    multilabel_scores,
    wilson,
)
from sadari.metrics.interval import Interval
from sadari.metrics.several import all_right, calibration, truth_matrix
from sadari.metrics.threshold_table import AtThreshold, threshold_table
from sadari.rungs.cautious import Judged
from sadari.train.labels import ONE_LABEL, OTHERWISE, SEVERAL_LABELS, place_of_label
from sadari.train.thresholds import standing

PER_LABEL = ("precision", "recall", "f1", "support")
MOST_SHOWN = 20  # labels, in a notebook
MOST_IN_A_MATRIX, MOST_CONFUSED = 500, 100  # labels of a confusion matrix; pairs that are listed

if TYPE_CHECKING:
    from sadari.rungs.base import Rung


@dataclass
class Evaluation:
    """Scores of one model on one corpus; shares are 0 to 1.

    Attributes:
        rows: texts scored.
        label_names: the k labels that the model knows.
        accuracy: of the labels; for several labels a text, the share of texts with exactly the right set.
        macro_f1: the mean F1 over labels.
        micro_f1: only for several labels a text.
        calibration_error: expected calibration error; of several labels a text, that of each label of each text.
        per_class: one record a label: label, precision, recall, f1, support.
        confusion: int [k + 1][k], row = truth (the last: labels never seen in training), column = prediction; only for
            one label a text, and up to 500 labels.
        confused: the label that rows have, the one that they were given, and how many rows, the most first, of up to
            100 such pairs; "" for labels never seen in training; only for one label a text.
        unseen_labels: label → rows, of labels that training never saw; those rows count as wrong.
        unknown_texts: texts in which the model knew nothing, and answered with the shares of the labels in training.
        cut_texts: texts longer than the model reads, answered by their beginning.
        window_texts: how many texts are longer than the model reads at once.
        windows: in how many windows these are read.
        risk: where only the surest texts are answered, pairs of their share and of how many of these answers are wrong;
            of several labels a text, the same of the labels that are given. Empty where the model keeps too few rows to
            calibrate on.
        risk_area: the mean of the risk over all shares (AURC); None as above.
        answered: what is left of the answers where the others are left to a person, and ``how``: ``coverage``, or of
            several labels a text ``min_precision``; ``asked``, the ``share`` that is answered (of the texts; of the
            labels given), how many of these are ``right``, and label → the same, ``by_label`` and ``right_by_label``;
            None as above, and where no label is that sure.
        sets: of sets that are to hold the right label, or all that are right, in 90 % of the texts: ``asked``, how
            often they do (``held``), labels in one on average (``size``), the share of ``empty`` ones; and label → how
            often the sets of its texts hold it, and their size: ``by_label`` and ``size_by_label``; None as above.
        doubts: what of this is not promised, as the model keeps few rows to calibrate on, or none at all.
        thresholds: what each threshold of one label would give; None where nobody asked.
    """

    rows: int
    label_names: list[str]
    accuracy: Interval
    macro_f1: Interval
    micro_f1: float | None
    calibration_error: float | None
    per_class: list[dict[str, Any]]
    confusion: list[list[int]] | None
    unseen_labels: dict[str, int]
    unknown_texts: int
    cut_texts: int = 0
    window_texts: int = 0
    windows: int = 0
    risk: list[tuple[float, float]] = field(default_factory=list)
    risk_area: float | None = None
    answered: dict[str, Any] | None = None
    sets: dict[str, Any] | None = None
    doubts: list[Message] = field(default_factory=list)
    thresholds: list[AtThreshold] | None = None
    confused: list[tuple[str, str, int]] = field(default_factory=list)

    def _repr_html_(self) -> str:
        """The scores, each label's, and which labels are taken for which."""
        names = self.label_names
        figures = [(message("accuracy"), _with_ends(self.accuracy)), (message("macro-F1"), _with_ends(self.macro_f1))]
        if self.micro_f1 is not None:
            figures.append((message("micro-F1"), readable.in_percent(self.micro_f1)))
        if self.calibration_error is not None:
            figures.append((message("calibration error"), readable.in_percent(self.calibration_error)))
        labels = [
            (one["label"], *(readable.percent(one[key]) for key in ("precision", "recall", "f1")), one["support"])
            for one in self.per_class[:MOST_SHOWN]
        ]
        headings = [message("label"), message("precision"), message("recall"), message("F1"), message("rows")]
        return block(
            table(figures, caption=counted(self.rows, "text"), left=2),
            table(labels, headings=headings) + rest(len(labels), len(self.per_class)),
            "" if self.confusion is None or len(names) > MOST_SHOWN else _confusion_table(self.confusion, names),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def _with_ends(score: Interval) -> Message:
    return message(
        "{score} (95 %: {low} to {high})",
        score=readable.in_percent(score.value),
        low=readable.percent(score.low),
        high=readable.percent(score.high),
    )


def _confusion_table(confusion: list[list[int]], names: list[str]) -> str:
    """Rows are truths, columns predictions; the darker, the larger the share of the row."""
    rows = [
        [name, *(washed(f"{count:,}", count / max(1, sum(counts))) for count in counts)]
        for name, counts in zip(names, confusion, strict=False)
    ]
    return table(rows, headings=["", *names], caption=message("rows: the true label; columns: the label it was given"))


def truth_codes(labels: list[str], known: list[str]) -> tuple[NDArray[np.int32], dict[str, int]]:
    """Each label's place in ``known`` (−1: not there), and how often each of those others occurs."""
    place = {name: code for code, name in enumerate(known)}
    codes = np.array([place.get(label, -1) for label in labels], dtype=np.int32)
    unseen: dict[str, int] = {}
    for label, code in zip(labels, codes.tolist(), strict=True):
        if code < 0:
            unseen[label] = unseen.get(label, 0) + 1
    return codes, unseen


def check_some_known(corpus: Corpus, known: list[str]) -> None:
    """That there is a label to be right about: with none, another column than the labels' was read.

    Raises:
        DataError: none of the corpus's labels is among those that training saw.
    """
    names = corpus.label_names
    if not names or set(names) & set(known):
        return
    shown, saw = (
        ", ".join(_cut(name) for name in some[:5]) + (", …" if len(some) > 5 else "") for some in (names, known)
    )
    what = message("none of its labels was seen in training: {shown}, where training has {saw}", shown=shown, saw=saw)
    raise DataError(what, where=corpus.source, hint=message("is this the labels' column? Name it with --label"))


def _cut(name: str) -> str:
    """A label in quotes; one that is a whole text is cut."""
    return repr(name if len(name) <= 40 else f"{name[:39]}…")


def evaluate(model: Rung, corpus: Corpus, *, thresholds_of: str | None = None) -> Evaluation:
    """Score a model on a corpus.

    Args:
        model: trained.
        corpus: labelled texts.
        thresholds_of: a label; it is looked at what each threshold of it would give.

    Raises:
        DataError: the corpus has no labels or no texts, or has several labels a text where the model gives one.
        SettingError: the model has no such label.
    """
    if corpus.labels is None or len(corpus) == 0:
        raise DataError(message("there are no labelled texts to evaluate on"), where=corpus.source)
    names = [str(label) for label in model.classes_.tolist()]
    if model.multilabel != corpus.multi_label:
        has = SEVERAL_LABELS if corpus.multi_label else ONE_LABEL
        hint = message("give --label-sep as in training")
        raise DataError(OTHERWISE.filled(has=has), where=corpus.source, hint=hint)
    place = None if thresholds_of is None else place_of_label(thresholds_of, names)
    careful = usual_care(model)
    judged = careful.answer(corpus.texts)
    probabilities, known = judged.probabilities, judged.known
    pieces = model.windows(corpus.texts)
    long: dict[str, Any] = {
        "cut_texts": int(np.count_nonzero(model.cut_texts(corpus.texts))),
        "window_texts": int(np.count_nonzero(pieces > 1)),
        "windows": int(pieces[pieces > 1].sum()),
        "doubts": doubts_of(careful),
        "thresholds": None if place is None else _thresholds(model, corpus, probabilities, place),
    }
    if model.multilabel:
        return _evaluate_several(names, corpus, model.codec.given(probabilities, model.thresholds_), judged, long)
    truth, unseen = truth_codes(corpus.labels.to_list(), names)
    confusion = confusion_cells(truth, model.codec.given(probabilities, model.thresholds_), classes=len(names))
    scores = class_scores(confusion)
    figures = (getattr(scores, each).tolist() for each in PER_LABEL)
    per_class = [dict(zip(("label", *PER_LABEL), each, strict=True)) for each in zip(names, *figures, strict=True)]
    return Evaluation(
        rows=len(corpus),
        label_names=names,
        accuracy=accuracy(confusion),
        macro_f1=macro_f1_interval(confusion),
        micro_f1=None,
        calibration_error=expected_calibration_error(truth, probabilities),
        per_class=per_class,
        confusion=confusion.matrix().tolist() if len(names) <= MOST_IN_A_MATRIX else None,
        confused=confusion.largest(MOST_CONFUSED, names),
        unseen_labels=unseen,
        unknown_texts=int(np.count_nonzero(~known)),
        **long,
        **care_figures(judged, truth, judged.given, names),
    )


def _thresholds(model: Rung, corpus: Corpus, probabilities: NDArray[np.floating], place: int) -> list[AtThreshold]:
    """What thresholds of a label would give."""
    label = model.codec.names()[place]
    labels = corpus.given_labels.to_list()
    wanted = np.array([label in each if isinstance(each, list) else each == label for each in labels])
    return threshold_table(wanted, standing(probabilities, place, several=model.multilabel))


def _evaluate_several(
    names: list[str], corpus: Corpus, predictions: NDArray[np.bool_], judged: Judged, long: dict[str, Any]
) -> Evaluation:
    matrix, unseen = truth_matrix(corpus.given_labels, names)
    truth = matrix[:, :-1] > 0
    scores = multilabel_scores(truth, predictions, unseen=matrix[:, -1])
    right = int(all_right(matrix, predictions).sum())
    per_class = []
    for k, name in enumerate(names):
        hits = int((truth[:, k] & predictions[:, k]).sum())
        given, support = int(predictions[:, k].sum()), int(truth[:, k].sum())
        precision, recall = hits / max(1, given), hits / max(1, support)
        f1 = 2 * hits / max(1, given + support)
        per_class.append({"label": name, "precision": precision, "recall": recall, "f1": f1, "support": support})
    return Evaluation(
        rows=len(corpus),
        label_names=names,
        accuracy=wilson(right, len(corpus)),
        macro_f1=Interval(scores.macro_f1, float("nan"), float("nan")),
        micro_f1=scores.micro_f1,
        calibration_error=calibration(matrix, judged.probabilities)[2],
        per_class=per_class,
        confusion=None,
        unseen_labels=unseen,
        unknown_texts=int(np.count_nonzero(~judged.known)),
        **long,
        **care_figures(judged, matrix, predictions, names),
    )
