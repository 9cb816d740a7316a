"""Which rung to take, decided from validation rows alone, and said in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sadari.climb.result import RungResult, Verdict
from sadari.climb.verdict.choice import (
    LABELLING_SECONDS,
    MARGIN,
    TEXTS_PER_DAY,
    Compare,
    Compared,
    Cost,
    choose,
)
from sadari.climb.verdict.learned import LEVEL, nothing_learned
from sadari.climb.verdict.sentences import explain_verdict, fewer_texts
from sadari.errors import DataError, SettingError
from sadari.messages import message
from sadari.metrics.interval import Interval, PairTest
from sadari.metrics.metric import Metric

MOST = 1e12  # seconds: what could not be measured takes so long

__all__ = ["LEVEL", "compare_on_validation", "cost_of", "decide"]


def cost_of(rung: RungResult, texts_per_day: int = TEXTS_PER_DAY) -> Cost:
    """What a rung takes in training once and in labelling the texts of a day in bulk."""
    rate = rung.bulk_texts_per_second
    labelling = texts_per_day / rate if rate > 0 else math.inf
    return Cost(*(value if value < MOST else MOST for value in (rung.train_seconds, labelling, rung.megabytes)))


def decide(
    rungs: Sequence[RungResult],
    validation_truth: NDArray[np.integer],
    *,
    metric: Metric | None = None,
    margin: float = MARGIN,
    texts_per_day: int = TEXTS_PER_DAY,
    compared: tuple[Mapping[str, Interval], Sequence[PairTest]] | None = None,
    names: Sequence[str] = (),
) -> Verdict:
    """Take the cheapest rung that no other one beats: see `sadari.climb.verdict.choice.choose` and ``docs/verdict.md``.

    The final rows play no part.

    Args:
        rungs: in the order of the ladder; only what was found on validation rows and the costs are read.
        validation_truth: int [v], −1 for a label that training never saw (every rung is wrong there).
        metric: what counts; None: accuracy.
        margin: what may be lost for a cost that counts in full: a share of the metric.
        texts_per_day: how many texts are to be labelled.
        compared: what `compare_on_validation` gives of them, where it is known already.
        names: of all rungs that were asked for, those included that came to no end.

    Raises:
        SettingError: no rungs, two of the same name, or a margin that is no share.
        DataError: the lengths of truth and predictions differ, or there are no validation rows.
    """
    truth = np.asarray(validation_truth)
    metric = metric or Metric()
    _check(rungs, truth)
    scores, tests = compared or compare_on_validation(rungs, truth, metric)
    values = {name: metric.sign * round(score.value, 9) for name, score in scores.items()}  # sums round differently
    costs = {rung.rung: cost_of(rung, texts_per_day) for rung in rungs}

    compare = _comparing(tests)
    chosen = choose(values, costs, compare, margin=margin)
    best = max(values, key=lambda name: (values[name], name == chosen))
    dearer = [name for name in values if values[name] > values[chosen]]
    following = min(dearer, key=lambda name: costs[name].noticed) if dearer else None
    share, p, learned = nothing_learned(rungs, truth, chosen, metric, names)
    verdict = Verdict(
        rung=chosen,
        best=best,
        next_rung=following,
        gain=values[following] - values[chosen] if following else 0.0,
        gain_p=compare(following, chosen).p_value if following else 1.0,
        cost_ratio=_time_ratio(rungs, following, chosen) if following else 1.0,
        majority_share=share,
        majority_p=p,
        metric=metric.name,
        margin=margin,
        texts_per_day=texts_per_day,
        certainty=compare(best, chosen).certainty(margin) if best != chosen else 1.0,
    )
    verdict.sentences = [*explain_verdict(verdict, rungs, scores, costs, compare, metric), *learned]
    if best != chosen and texts_per_day == TEXTS_PER_DAY and (fewer := _unnoticed(rungs, best)):
        fewer_costs = {rung.rung: cost_of(rung, fewer) for rung in rungs}
        if choose(values, fewer_costs, compare, margin=margin) == best:
            verdict.sentences.insert(-1 - len(learned), fewer_texts(verdict, fewer))
    return verdict


def _unnoticed(rungs: Sequence[RungResult], name: str) -> int:
    """How many texts a day that rung labels without anybody noticing it: two figures of it, rounded down."""
    rate = next(rung.bulk_texts_per_second for rung in rungs if rung.rung == name)
    texts = int(min(LABELLING_SECONDS * rate, MOST))
    unit = 10 ** max(0, len(str(texts)) - 2)
    return texts // unit * unit


def compare_on_validation(
    rungs: Sequence[RungResult], truth: NDArray[np.integer], metric: Metric
) -> tuple[dict[str, Interval], list[PairTest]]:
    """The score of each rung on the validation rows, and a paired test of every two of them.

    Args:
        rungs: with their probabilities on validation rows, or predictions alone.
        truth: int [v].
        metric: what counts.
    """
    return metric.compare(truth, {rung.rung: rung.validation_answers for rung in rungs})


def gains_over(rung: str, tests: Sequence[PairTest]) -> dict[str, Interval]:
    """How much better each other rung is on the validation rows.

    Args:
        rung: its name.
        tests: of every two, as `compare_on_validation` gives them.
    """
    names = {name for test in tests for name in (test.first, test.second)} - {rung}
    compare = _comparing(tests)
    return {name: compare(name, rung).gain for name in names}


def _comparing(tests: Sequence[PairTest]) -> Compare:
    """How much better the first of two rungs is than the second, by the tests of every two."""
    pairs = {(test.first, test.second): test for test in tests}

    def compare(one: str, other: str) -> Compared:
        test = pairs.get((other, one))
        if test is not None:
            return Compared(test.difference, test.p_value)
        turned = pairs[one, other]
        gain = turned.difference
        return Compared(Interval(-gain.value, -gain.high, -gain.low), turned.p_value)

    return compare


def _time_ratio(rungs: Sequence[RungResult], other: str, chosen: str) -> float:
    """How many times the time a text, in bulk."""
    rates = {rung.rung: rung.bulk_texts_per_second for rung in rungs}
    return rates[chosen] / rates[other] if rates[other] > 0 else math.inf


def _check(rungs: Sequence[RungResult], truth: NDArray[np.integer]) -> None:
    names = [rung.rung for rung in rungs]
    if not names:
        raise SettingError(message("there is no rung to decide about"), hint=message("train at least one"))
    if len(set(names)) < len(names):
        raise SettingError(
            message("a rung is there twice: {names}", names=", ".join(names)), hint=message("give each its own name")
        )
    if not len(truth):
        raise DataError(message("there are no validation rows"), hint=message("take some from the training rows"))
    for rung in rungs:
        if len(rung.validation_predictions) != len(truth):
            raise DataError(
                message(
                    "{number_of_validation_predictions:,} validation predictions for {number_of_truth:,} rows",
                    number_of_validation_predictions=len(rung.validation_predictions),
                    number_of_truth=len(truth),
                ),
                where=rung.rung,
            )
