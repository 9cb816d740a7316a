"""What a climb found, as plain data: made by `climb`, printed by the command line, drawn by `report`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sadari import readable
from sadari.display.html import block, cell, muted, table
from sadari.messages import Message, counted, message, of
from sadari.metrics.answers import Answers
from sadari.metrics.interval import Interval, PairTest
from sadari.train.calibration.rows import CalibrationRows

# What the final rows are called.
MOST_LABELS = 200  # that are shown one by one: more would be a page that nobody reads
FINAL_NAMES = {"test": message("test"), "held-out": message("held-out")}


@dataclass
class RungResult:
    """One trained rung, measured on the final rows.

    Shapes: ``n`` final rows, ``v`` validation rows, ``k`` labels.

    Attributes:
        rung: its name in `RUNGS`.
        settings: the settings it was trained with.
        accuracy: accuracy on the final rows; of several labels a text, the share of rows with just the right ones.
        macro_f1: macro-F1 on the final rows.
        calibration_error: expected calibration error, 0 to 1.
        train_seconds: seconds from texts and labels in memory to the trained model.
        one_text_us: microseconds to predict one text, one at a time.
        bulk_texts_per_second: texts predicted a second, many at a time.
        megabytes: size of the saved model folder, in 1e6 bytes.
        predictions: int32 [n], index into ClimbResult.label_names; bool [n, k] where a text may have several labels.
        probabilities: float32 [n, k].
        validation_predictions: the same of the v validation rows.
        validation_accuracy: accuracy on the validation rows.
        micro_f1: micro-F1 on the final rows, where a text may have several labels.
        mean_absolute_error: of labels that have an order, by how many of them the given one is off on the final rows.
        average_precision: the mean of the labels' average precision, where a text may have several.
        thresholds: label name → its threshold: the probability from which on a text gets it, where it may have several;
            else what its probability is divided by before the largest is taken.
        validation_probabilities: float32 [v, k], of models that did not see the row; None where they were not kept.
        metric: what counts in the climb.
        score: its value on the final rows.
        validation_score: the same of the validation rows.
        inverse_temperature: what its logits are multiplied by, so that its probabilities are calibrated.
        history: one record an epoch.
        curve: the learning curve, pairs of training rows and the score on validation rows.
        top_features: label name → [(feature, weight)], strongest first.
        accuracy_without_leaks: accuracy, or micro-F1 of several labels a text, without the final rows whose text is in
            training too.
        folder: where the model was saved.
        rows: training rows; 0: all.
        calibration: what its thresholds and sets are learned from: validation rows, by models that did not see them.
        care: what is gained on the final rows by leaving answers to a person, and what sets hold: `risk`, `risk_area`,
            `answered` and `sets` of `sadari.metrics.evaluate.Evaluation`.
        note: e.g. "stopped early after 4 of 10 passes", "trained on 5,000 rows for the budget".
        cut: whether the budget has left it fewer rows, passes or steps than it would have made.
    """

    rung: str
    settings: dict[str, object]
    accuracy: Interval
    macro_f1: Interval
    calibration_error: float
    train_seconds: float
    one_text_us: float
    bulk_texts_per_second: float
    megabytes: float
    predictions: np.ndarray
    probabilities: np.ndarray
    validation_predictions: np.ndarray
    validation_accuracy: Interval
    micro_f1: Interval | None = None
    mean_absolute_error: float | None = None
    average_precision: float | None = None
    thresholds: dict[str, float] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    curve: list[tuple[int, float]] = field(default_factory=list)
    top_features: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    accuracy_without_leaks: Interval | None = None
    folder: str | None = None
    rows: int = 0
    calibration: CalibrationRows | None = None
    care: dict[str, Any] = field(default_factory=dict)
    note: Message | str = ""
    cut: bool = False
    validation_probabilities: np.ndarray | None = None
    metric: str = "accuracy"
    score: Interval | None = None
    validation_score: Interval | None = None
    inverse_temperature: float = 1.0

    def validation_table(self) -> np.ndarray:
        """Probabilities float [v, k] on the validation rows; where they were not kept, all for the label predicted."""
        if self.validation_probabilities is not None:
            return self.validation_probabilities
        if self.several:
            return self.validation_predictions.astype(np.float32)
        return np.eye(self.probabilities.shape[1], dtype=np.float32)[self.validation_predictions]

    @property
    def several(self) -> bool:
        """Whether a text may have several labels."""
        return self.predictions.ndim == 2

    @property
    def validation_answers(self) -> Answers:
        """What it says of the validation rows, which a metric compares."""
        return Answers(self.validation_table(), self.validation_predictions)

    @property
    def final_answers(self) -> Answers:
        """The same of the final rows."""
        return Answers(self.probabilities, self.predictions)


@dataclass
class Verdict:
    """Which rung to take, and why, from validation rows alone.

    Attributes:
        rung: the recommended rung.
        best: the rung with the highest validation accuracy.
        next_rung: the next rung that costs more and is better, if any.
        gain: how much more accurate (share) `next_rung`, or `best`, is on the validation rows.
        gain_p: p-value of that gain.
        cost_ratio: the time that rung takes for a text, divided by the recommended rung's.
        sentences: the verdict in words.
        metric: what counts.
        margin: what may be lost for a cost that somebody would notice.
        texts_per_day: how many texts are to be labelled.
        certainty: with which the recommended rung loses no more than the margin against `best`.
        majority_share: validation accuracy of always answering the most frequent label.
        majority_p: p-value of the recommended rung against that; 1 when it is not more accurate.
    """

    rung: str
    best: str
    next_rung: str | None
    gain: float
    gain_p: float
    cost_ratio: float
    sentences: list[Message] = field(default_factory=list)
    majority_share: float = 0.0
    majority_p: float = 0.0
    metric: str = "accuracy"
    margin: float = 0.0
    texts_per_day: int = 0
    certainty: float = 1.0


@dataclass(frozen=True)
class DoubtfulText:
    """A validation text whose label the rungs take for wrong.

    Attributes:
        row: its number in the file, from 1.
        text: its beginning.
        labels: that it has: one, or several.
        rather: those that it ought to have.
        right: the probability that its label is right; of several, of the one that is least sure.
    """

    row: int
    text: str
    labels: list[str]
    rather: list[str]
    right: float


@dataclass(frozen=True)
class Doubtful:
    """What the rungs say of the labels of the validation rows, which they did not see.

    Attributes:
        rows: how many were judged.
        suspects: how many of their labels are more likely wrong than right.
        noise: the share of all labels that are wrong, as far as one can tell.
        voters: the rungs that voted.
        shown: the most suspicious of them.
    """

    rows: int
    suspects: int
    noise: float
    voters: list[str]
    shown: list[DoubtfulText]


def said_once(said: Iterable[tuple[str, Message | str]]) -> list[tuple[str, Message | str]]:
    """What is said of each rung: each sentence once, behind the names of all that it is said of.

    Args:
        said: pairs of a rung's name and a sentence.
    """
    names: dict[str, list[str]] = {}
    sentences = dict[str, Message | str]()
    for name, sentence in said:
        names.setdefault(repr(sentence), []).append(name)
        sentences[repr(sentence)] = sentence
    return [(", ".join(names[key]), sentence) for key, sentence in sentences.items()]


@dataclass(repr=False)
class ClimbResult:
    """Everything a table, a report, or a program needs.

    Attributes:
        source: what was climbed on: a file or a data set.
        label_names: the k labels, in the order of the columns of probabilities.
        rows: how many there are: train, validation, final, dropped_duplicates, leaked and more.
        final_name: "test" when a test file was given, else "held-out".
        seed: seed of the splits and of every rung.
        rungs: one result a rung, in the order of the ladder, cheapest first.
        skipped: rungs that were left out, and why.
        validation_tests: every pair of rungs, compared on the validation rows.
        final_tests: every pair of rungs, compared on the final rows.
        verdict: which rung to take.
        truth: int32 [n], index into label_names; -1 for a label that training never saw. Of several labels a text,
            int16 [n, k + 1], as `sadari.metrics.several` says.
        final_texts: the n final texts, shortened to 400 characters, for the report.
        leaked: bool [n], whether the final text is also in training.
        audit: what `sadari.audit` found, as plain values.
        notes: what reading and splitting decided, one sentence each.
        seconds: how long the climb took.
        model: what the folder ``model`` holds; None where nothing was saved.
        options: what `climb` was asked: budget, validation, test file and more.
        versions: versions of Python and of the packages used.
        doubtful: what the rungs say of the labels of the validation rows; None where these are too few.
    """

    source: str
    label_names: list[str]
    rows: dict[str, int]
    final_name: str
    seed: int
    rungs: list[RungResult]
    skipped: list[tuple[str, Message | str]]
    validation_tests: list[PairTest]
    final_tests: list[PairTest]
    verdict: Verdict
    truth: np.ndarray
    final_texts: list[str]
    leaked: np.ndarray
    audit: dict[str, object]
    notes: list[Message]
    seconds: float = 0.0
    model: Message | None = None
    options: dict[str, object] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    doubtful: Doubtful | None = None

    @property
    def several(self) -> bool:
        """Whether a text may have several labels."""
        return self.truth.ndim == 2

    def left_out(self) -> list[Message]:
        """Why rungs were left out: each reason once, behind the names of those that it holds of."""
        return [of(names, message("left out, {why}", why=why)) for names, why in said_once(self.skipped)]

    def _repr_html_(self) -> str:
        """The rungs, of which the recommended one stands out, and the verdict."""
        names = [rung.rung for rung in self.rungs]
        metric = message("macro-F1") if self.verdict.metric == "macro-f1" else Message(self.verdict.metric)
        headings = [message("rung"), metric, message("training"), message("one text"), message("size")]
        rows = [
            (
                rung.rung,
                f"{readable.percent(score.value)} ±{readable.plus_minus(score)}",
                readable.duration(rung.train_seconds, 2),
                readable.duration(rung.one_text_us * 1e-6, 2),
                f"{readable.significant(rung.megabytes, 2)} MB" if rung.megabytes else readable.DASH,
            )
            for rung in self.rungs
            for score in [rung.score or rung.accuracy]
        ]
        chosen = names.index(self.verdict.rung) if self.verdict.rung in names else None
        about = message("{texts} of {source}", texts=counted(len(self.truth), "text"), source=self.source)
        return block(
            table(rows, headings=headings, caption=about, chosen=chosen),
            *(cell(sentence, 600) for sentence in self.verdict.sentences),
            *(muted(left_out) for left_out in self.left_out()),
        )

    def __repr__(self) -> str:
        """The verdict and the scores, in a line or two: all that it holds would fill a notebook's screen many times."""
        scores = ", ".join(f"{rung.rung} {100 * rung.accuracy.value:.1f} %" for rung in self.rungs)
        verdict = self.verdict.sentences[0] if self.verdict.sentences else ""
        return f"ClimbResult of {self.source}: {scores} of {len(self.truth):,} {self.final_name} texts\n{verdict}"
