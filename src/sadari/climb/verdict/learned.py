"""Whether anything was learned at all; and where it was not, what could still help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sadari import readable
from sadari.climb.measuring.scores import score_said
from sadari.climb.result import RungResult
from sadari.climb.training import LONG
from sadari.messages import Message, both, message
from sadari.metrics.answers import Answers
from sadari.metrics.interval import Interval
from sadari.metrics.metric import Metric, suggested
from sadari.metrics.several import DEFAULT, SeveralMetric, always_the_same
from sadari.rungs import RUNGS, Rung
from sadari.rungs.ladder import ENCODER

CEILING, NEAR = 0.005, 0.98  # what the interval of the best reaches up to, and what it is right in at least
LEAST_GAIN = 0.005  # of the last doubling of the rows, from which on more of them are advised
LEVEL = 0.05  # p-values under this count as a difference


def nothing_learned(
    rungs: Sequence[RungResult],
    truth: NDArray[np.integer],
    chosen: str,
    metric: Metric,
    names: Sequence[str] = (),
) -> tuple[float, float, list[Message]]:
    """Compare with always answering the most frequent label.

    A rung has learned something where it is above that in the metric. Where that label has over nine tenths of the rows
    it is right so often that accuracy says nothing: there macro-F1 and average precision count besides.

    Args:
        rungs: all that were trained.
        truth: int [v], of the validation rows; or int [v, k + 1], of several labels a text.
        chosen: the rung that is recommended.
        metric: what counts.
        names: of all rungs that were asked for, those included that came to no end.

    Returns:
        the accuracy of that answer; the chosen rung's p-value against it, 1 where it is no better; and what to say.
    """
    if truth.ndim == 2:
        return _several_learned(rungs, truth, chosen, names)
    known = truth[truth >= 0]
    if not len(known):
        return 0.0, 1.0, []
    counts = np.bincount(known, minlength=rungs[0].probabilities.shape[1])
    constant = int(counts.argmax())
    always = Answers(np.tile(counts / counts.sum(), (len(truth), 1)), np.full(len(truth), constant))
    asked = [] if suggested(counts) and metric.counts_rows else [metric]
    asked += [Metric("macro-f1"), Metric("average-precision")] if suggested(counts) else []
    p_values = {
        rung.rung: min(_p_value(each, truth, always, rung.validation_answers) for each in asked) for rung in rungs
    }
    share, p = float((truth == constant).mean()), p_values[chosen]
    if p < LEVEL:
        return share, p, []
    failed = message(
        "But always answering the most frequent label would be right in {share} % of them, and {rung} is not clearly "
        "better than that ({p}).",
        rung=chosen,
        share=readable.percent(share),
        p=readable.p_value(p),
    )
    return share, p, [failed, *_instead(rungs, p_values, names, rare=suggested(counts))]


def _several_learned(
    rungs: Sequence[RungResult], truth: NDArray[np.integer], chosen: str, names: Sequence[str]
) -> tuple[float, float, list[Message]]:
    """The same where a text may have several labels, by micro-F1: of always giving the best of all sets of labels.

    Whatever counts, a rung's labels are those by the thresholds that are good for micro-F1.
    """
    metric, always = SeveralMetric(DEFAULT), always_the_same(truth)
    given = {rung.rung: metric.held_out(truth, rung.validation_answers.probabilities) for rung in rungs}
    p_values = {name: _p_value(metric, truth, always, answers) for name, answers in given.items()}
    share, p = metric.point(truth, always), p_values[chosen]
    if p < LEVEL:
        return share, p, []
    failed = message(
        "But always giving the same labels has a micro-F1 of {share} %, and {rung} is not clearly better than that "
        "({p}).",
        rung=chosen,
        share=readable.percent(share),
        p=readable.p_value(p),
    )
    return share, p, [failed, *_instead(rungs, p_values, names, rare=False)]


def _instead(
    rungs: Sequence[RungResult], p_values: Mapping[str, float], names: Sequence[str], *, rare: bool
) -> list[Message]:
    """That there may be nothing to learn, if all fail that read in different ways; else what could still help."""
    kinds = {_reads(name) for name in p_values}
    if not {"tokens", "characters"} <= kinds or min(p_values.values()) < LEVEL:
        return _could_help(rungs, kinds, [name for name in names if name not in p_values], rare=rare)
    nothing = message(
        "The rungs that read words and those that read characters all fail: there may be nothing to learn here, or "
        "too few rows to learn it from."
    )
    return [nothing, *_more_rows(rungs)]


def _p_value(metric: Metric, truth: NDArray[np.integer], always: Answers, answers: Answers) -> float:
    """Of a rung's answers against the same answer to all rows; 1 where they are no better."""
    _, (test,) = metric.compare(truth, {"always": always, "rung": answers})
    return test.p_value if test.difference.value > 0 else 1.0


def _reads(name: str) -> str:
    kind = RUNGS.get(name)
    return kind.reads if kind is not None else "tokens"


def _could_help(
    rungs: Sequence[RungResult], kinds: set[str], unfinished: Sequence[str], *, rare: bool
) -> list[Message]:
    """What was not tried yet, each in a sentence; ``unfinished``: rungs that were, and came to no end."""
    said = []
    unread = [name for name, kind in RUNGS.items() if kind.reads == "characters" and kind.starts_from is None]
    if "characters" not in kinds and not set(unread) & set(unfinished) and unread:
        said.append(message("Rungs that read characters were not tried: --rungs {names}.", names=",".join(unread)))
    if "tokens" not in kinds and not any(_reads(name) == "tokens" for name in unfinished):
        said.append(message("Rungs that read words were not tried."))
    if left_out := [name for name in unfinished if _reads(name) in {"tokens", "characters"} - kinds]:
        said.append(
            message("Left out were {names}, which read in another way; the table says why.", names=both(left_out))
        )
    tried = [rung.rung for rung in rungs if rung.rung in RUNGS] + [*unfinished]
    if not any(RUNGS[name].starts_from == ENCODER for name in tried):
        said.append(
            message(
                "Pre-trained weights may know what these rows are too few to teach: {option}.", option=ENCODER.option
            )
        )
    if rare and not any(rung.settings.get("class_weight") for rung in rungs):
        said.append(message("Rare labels count more with --class-weight balanced."))
    return [*said, *_more_rows(rungs)]


def _more_rows(rungs: Sequence[RungResult]) -> list[Message]:
    """By the learning curves: whether the last doubling of the rows still helped, by more than chance might."""
    gains = []
    for rung in rungs:
        if len(rung.curve) > 1:
            (fewer, before), (rows, after) = rung.curve[-2:]
            gain, score = (after - before) / np.log2(rows / fewer), score_of(rung)
            if gain > max(LEAST_GAIN, (score.high - score.low) / 2):
                gains.append((gain, rung.rung, rows))
    if not gains:
        return []
    gain, name, rows = max(gains)
    return [
        message(
            "More rows could help: {rung} gained {points} points with the last doubling, to {rows:,} rows.",
            rung=name,
            points=readable.points(float(gain)),
            rows=rows,
        )
    ]


def no_longer_matters(kind: type[Rung], done: Sequence[RungResult], metric: Metric) -> Message | None:
    """Why a net is not trained: the best of the rungs below it reaches the ceiling, so that none could be much better.

    Args:
        kind: the rung's class.
        done: what was found of those below it.
        metric: what counts; of log loss nobody knows the best that can be had.
    """
    if kind.relative_cost < LONG:
        return None
    best = at_the_ceiling(done, metric)
    if best is None:
        return None
    return message(
        "it could no longer matter: {rung} reaches {score} on the validation rows",
        rung=best.rung,
        score=score_said(metric, score_of(best).value),
    )


def at_the_ceiling(done: Sequence[RungResult], metric: Metric) -> RungResult | None:
    """The best rung, if none could be much better; None where one could.

    Args:
        done: rungs that were trained.
        metric: what counts; of one that has no best value none is at it.
    """
    if metric.lower_is_better:
        return None
    best, score = max(((rung, score_of(rung)) for rung in done), key=lambda pair: pair[1].value)
    return best if score.high >= 1 - CEILING and score.value >= NEAR else None


def score_of(rung: RungResult) -> Interval:
    """What counts of a rung, on the validation rows."""
    return rung.validation_score or rung.validation_accuracy
