"""What a climb found, as plain data: made by `climb`, printed by the command line, drawn by `report`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sadari.messages import Message, message
from sadari.metrics.interval import Interval, PairTest

# What the final rows are called.
FINAL_NAMES = {"test": message("test"), "held-out": message("held-out")}


@dataclass
class RungResult:
    """One trained rung, measured on the final rows.

    Shapes: ``n`` final rows, ``v`` validation rows, ``k`` labels.
    """

    rung: str
    settings: dict[str, object]
    accuracy: Interval
    macro_f1: Interval
    calibration_error: float  # expected calibration error, 0 to 1
    train_seconds: float  # texts and labels in memory → trained model
    one_text_us: float  # microseconds to predict one text, one at a time
    bulk_texts_per_second: float
    megabytes: float  # the saved model folder, 1e6 bytes
    predictions: np.ndarray  # int32 [n]: index into ClimbResult.label_names
    probabilities: np.ndarray  # float32 [n, k]
    validation_predictions: np.ndarray  # int32 [v]
    validation_accuracy: Interval
    history: list[dict[str, float]] = field(default_factory=list)  # one record an epoch
    curve: list[tuple[int, float]] = field(default_factory=list)  # (training rows, validation accuracy)
    # label name → [(feature, weight)], strongest first
    top_features: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    accuracy_without_leaks: Interval | None = None  # without final rows whose text is also in training
    folder: str | None = None  # where the model was saved
    rows: int = 0  # training rows; 0: all
    note: str = ""  # e.g. "stopped early after 4 of 10 passes", "trained on 5,000 rows for the budget"


@dataclass
class Verdict:
    """Which rung to take, and why, from validation rows alone."""

    rung: str
    best: str  # the rung with the highest validation accuracy
    next_rung: str | None  # the next dearer rung that is better, if any
    gain: float  # how much more accurate (share) `next_rung`, or `best`, is on the validation rows
    gain_p: float
    cost_ratio: float  # its time a text over the recommended rung's
    sentences: list[str] = field(default_factory=list)
    majority_share: float = 0.0  # validation accuracy of always answering the most frequent label
    majority_p: float = 0.0  # the recommended rung against that; 1 when it is not more accurate


@dataclass(repr=False)
class ClimbResult:
    """Everything a table, a report, or a program needs."""

    source: str
    label_names: list[str]
    rows: dict[str, int]  # train, validation, final, dropped_duplicates, leaked, ...
    final_name: str  # "test" when a test file was given, else "held-out"
    seed: int
    rungs: list[RungResult]  # in the order of the ladder, cheapest first
    skipped: list[tuple[str, str]]  # (rung, why)
    validation_tests: list[PairTest]
    final_tests: list[PairTest]
    verdict: Verdict
    truth: np.ndarray  # int32 [n]; -1 for a label that training never saw
    final_texts: list[str]  # the n final texts, shortened to 400 characters, for the report
    leaked: np.ndarray  # bool [n]: this final text is also in training
    audit: dict[str, object]  # audit.Audit.to_dict()
    notes: list[Message]  # what reading and splitting decided, one sentence each
    seconds: float = 0.0
    options: dict[str, object] = field(default_factory=dict)  # what `climb` was asked: budget, validation, test file …
    versions: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """The verdict and the scores, in a line or two: all that it holds would fill a notebook's screen many times."""
        scores = ", ".join(f"{rung.rung} {100 * rung.accuracy.value:.1f} %" for rung in self.rungs)
        verdict = self.verdict.sentences[0] if self.verdict.sentences else ""
        return f"ClimbResult of {self.source}: {scores} of {len(self.truth):,} {self.final_name} texts\n{verdict}"
