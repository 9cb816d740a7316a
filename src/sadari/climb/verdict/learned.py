"""Whether anything was learned at all; and where it was not, what could still help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sadari import readable
from sadari.climb.result import RungResult
from sadari.messages import Message, message
from sadari.metrics.metric import Metric, suggested
from sadari.metrics.several import DEFAULT, SeveralMetric, always_the_same
from sadari.metrics.significance import mcnemar
from sadari.rungs import RUNGS, Rung
from sadari.rungs.ladder import ENCODER

LONG = 4  # a rung's cost beside a linear one's, from which on it is left out where it can no longer matter
CEILING, NEAR = 0.005, 0.98  # what the interval of the best reaches up to, and what it is right in at least
LEVEL = 0.05  # p-values under this count as a difference


def nothing_learned(
    rungs: Sequence[RungResult], truth: NDArray[np.integer], chosen: str
) -> tuple[float, float, list[Message]]:
    """Compare with always answering the most frequent label.

    Where that label has over nine tenths of the rows it is right so often that accuracy says nothing: there a rung has
    learned something where its macro-F1 or average precision is above it.

    Args:
        rungs: all that were trained.
        truth: int [v], of the validation rows; or int [v, k + 1], of several labels a text.
        chosen: the rung that is recommended.

    Returns:
        the accuracy of that answer; the chosen rung's p-value against it, 1 where it is no better; and what to say.
    """
    if truth.ndim == 2:
        return _several_learned(rungs, truth, chosen)
    known = truth[truth >= 0]
    if not len(known):
        return 0.0, 1.0, []
    counts = np.bincount(known)
    constant = int(counts.argmax())
    p_values = {rung.rung: _p_value(rung, truth, constant, rare=suggested(counts)) for rung in rungs}
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
    return share, p, [failed, *_instead(rungs, p_values, rare=suggested(counts))]


def _several_learned(
    rungs: Sequence[RungResult], truth: NDArray[np.integer], chosen: str
) -> tuple[float, float, list[Message]]:
    """The same where a text may have several labels, by micro-F1: of always giving the best of all sets of labels."""
    metric, always = SeveralMetric(DEFAULT), always_the_same(truth)
    p_values = {}
    for rung in rungs:
        scores, (test,) = metric.compare(truth, {"always": always, "rung": rung.validation_answers})
        p_values[rung.rung] = test.p_value if test.difference.value > 0 else 1.0
    share, p = scores["always"].value, p_values[chosen]
    if p < LEVEL:
        return share, p, []
    failed = message(
        "But always giving the same labels has a micro-F1 of {share} %, and {rung} is not clearly better than that "
        "({p}).",
        rung=chosen,
        share=readable.percent(share),
        p=readable.p_value(p),
    )
    return share, p, [failed, *_instead(rungs, p_values, rare=False)]


def _instead(rungs: Sequence[RungResult], p_values: Mapping[str, float], *, rare: bool) -> list[Message]:
    """That there may be nothing to learn, if all fail that read in different ways; else what could still help."""
    kinds = {_reads(name) for name in p_values}
    if not {"tokens", "characters"} <= kinds or min(p_values.values()) < LEVEL:
        return _could_help(rungs, kinds, rare=rare)
    nothing = message(
        "The rungs that read words and those that read characters all fail: there may be nothing to learn here, or "
        "too few rows to learn it from."
    )
    return [nothing, *_more_rows(rungs)]


def _p_value(rung: RungResult, truth: NDArray[np.integer], constant: int, *, rare: bool) -> float:
    """Of a rung against always answering one label; 1 where it is no better."""
    table = rung.validation_table()
    if not rare:
        mine, its = table.argmax(axis=1) == truth, truth == constant
        lost, won = int(np.count_nonzero(its & ~mine)), int(np.count_nonzero(mine & ~its))
        return mcnemar(lost, won) if won > lost else 1.0
    always = np.zeros_like(table)
    always[:, constant] = 1
    found = 1.0
    for metric in (Metric("macro-f1"), Metric("average-precision")):
        _, (test,) = metric.compare(truth, {"always": always, "rung": table})
        if test.difference.value > 0:
            found = min(found, test.p_value)
    return found


def _reads(name: str) -> str:
    kind = RUNGS.get(name)
    return kind.reads if kind is not None else "tokens"


def _could_help(rungs: Sequence[RungResult], kinds: set[str], *, rare: bool) -> list[Message]:
    """What was not tried yet, each in a sentence."""
    said = []
    unread = [name for name, kind in RUNGS.items() if kind.reads == "characters" and kind.starts_from is None]
    if "characters" not in kinds and unread:
        said.append(message("Rungs that read characters were not tried: --rungs {names}.", names=",".join(unread)))
    if "tokens" not in kinds:
        said.append(message("Rungs that read words were not tried."))
    if not any(RUNGS[rung.rung].starts_from == ENCODER for rung in rungs if rung.rung in RUNGS):
        said.append(
            message(
                "Pre-trained weights may know what these rows are too few to teach: {option}.", option=ENCODER.option
            )
        )
    if rare and not any(rung.settings.get("class_weight") for rung in rungs):
        said.append(message("Rare labels count more with --class-weight balanced."))
    return [*said, *_more_rows(rungs)]


def _more_rows(rungs: Sequence[RungResult]) -> list[Message]:
    """By the learning curves: whether the last doubling of the rows still helped."""
    gains = []
    for rung in rungs:
        if len(rung.curve) > 1:
            (fewer, before), (rows, after) = rung.curve[-2:]
            gains.append(((after - before) / np.log2(rows / fewer), rung.rung, rows))
    if not gains:
        return []
    gain, name, rows = max(gains)
    if gain < 0.005:
        return []
    return [
        message(
            "More rows could help: {rung} gained {points} points with the last doubling, to {rows:,} rows.",
            rung=name,
            points=readable.points(float(gain)),
            rows=rows,
        )
    ]


def no_longer_matters(kind: type[Rung], done: Sequence[RungResult]) -> Message | None:
    """Why a net is not trained: the best of the rungs below it reaches the ceiling, so that none could be much better.

    Args:
        kind: the rung's class.
        done: what was found of those below it.
    """
    if kind.relative_cost < LONG:
        return None
    best = max(done, key=lambda rung: rung.validation_accuracy.value)
    if best.validation_accuracy.high < 1 - CEILING or best.validation_accuracy.value < NEAR:
        return None
    return message(
        "it could no longer matter: {rung} is right in {percent} % of the validation rows",
        rung=best.rung,
        percent=readable.percent(best.validation_accuracy.value),
    )
