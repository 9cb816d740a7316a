"""Which rung to take, decided from validation rows alone, and said in plain words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from sadari.climb.result import RungResult, Verdict
from sadari.errors import DataError, SettingError
from sadari.messages import Message, message
from sadari.metrics.interval import Interval, PairTest
from sadari.metrics.significance import mcnemar, pair_tests, paired_difference, smallest_telling_difference
from sadari.wording import numbers as readable

LEVEL = 0.05  # corrected p-values under this count as a difference
TEXTS = 1_000_000  # what a rung's cost is reckoned for
ALIKE = 3.0  # costs within this factor are the same, so that a busy machine cannot change a verdict
_TIMES_A_TEXT = (
    message("about the same time a text"),
    message("{percent} % of the time a text"),
    message("{times} times the time a text"),
)
_TRAINING_TIMES = (
    message("about the same training time"),
    message("{percent} % of the training time"),
    message("{times} times the training time"),
)


def cost(rung: RungResult) -> float:
    """Seconds to train the rung once and to label a million texts in bulk.

    One figure for both, so that a slow training is worth it where labelling is fast, and the other way round.
    """
    rate = rung.bulk_texts_per_second
    seconds = rung.train_seconds + (TEXTS / rate if rate > 0 else math.inf)
    return seconds if not math.isnan(seconds) else math.inf


def decide(rungs: Sequence[RungResult], validation_truth: np.ndarray) -> Verdict:
    """Take the cheapest rung that is not significantly worse than the best.

    *Best* is the highest accuracy on the validation rows. *Not significantly worse*: the exact McNemar test
    of the two on the same rows, after Holm's correction over all pairs, gives p ≥ 0.05. *Cheapest*: `cost`;
    among costs within a factor of 3 of the lowest the order of the ladder decides. The final rows play no
    part.

    Args:
        rungs: in the order of the ladder; only ``validation_predictions``, ``validation_accuracy`` and the
            costs are read.
        validation_truth: int [v], −1 for a label that training never saw (every rung is wrong there).

    Raises:
        SettingError: no rungs, or two of the same name.
        DataError: the lengths of truth and predictions differ, or there are no validation rows.
    """
    correct = _correct(rungs, np.asarray(validation_truth))
    tests = pair_tests(correct)
    right = {name: int(values.sum()) for name, values in correct.items()}
    costs = {rung.rung: cost(rung) for rung in rungs}
    best = max(right, key=lambda name: right[name])  # `right` is in the order of the ladder: of equals, the lowest
    good = [name for name in right if name == best or _pair(tests, name, best).p_corrected >= LEVEL]
    chosen = _cheapest(good, costs)
    better = [name for name in right if right[name] > right[chosen]]
    following = _cheapest(better, costs) if better else None
    majority, majority_p = _majority(correct[chosen], np.asarray(validation_truth))
    by_name = {rung.rung: rung for rung in rungs}
    verdict = Verdict(
        rung=chosen,
        best=best,
        next_rung=following,
        gain=(right[following] - right[chosen]) / len(validation_truth) if following else 0.0,
        gain_p=_pair(tests, chosen, following).p_corrected if following else 1.0,
        cost_ratio=_time_ratio(by_name[following], by_name[chosen]) if following else 1.0,
        majority_share=majority,
        majority_p=majority_p,
    )
    verdict.sentences = explain_verdict(verdict, rungs, tests)
    return verdict


def _cheapest(names: Sequence[str], costs: Mapping[str, float]) -> str:
    """The first of those whose costs are as good as the lowest: the ladder decides between them, and not the clock."""
    lowest = min(costs[name] for name in names)
    return next(name for name in names if costs[name] <= ALIKE * lowest)


def explain_verdict(verdict: Verdict, rungs: Sequence[RungResult], tests: Sequence[PairTest]) -> list[Message]:
    """Say a verdict in plain words: what to take, what the next better rung would buy, what could still hide.

    Args:
        verdict: as `decide` made it; its own sentences are not read.
        rungs: those it was decided from.
        tests: the paired tests on the validation rows, every pair.
    """
    by_name = {rung.rung: rung for rung in rungs}
    chosen = by_name[verdict.rung]
    sentences = [_take(verdict, by_name), *_closest_cheaper(chosen, rungs, tests)]
    for name in dict.fromkeys((verdict.next_rung, verdict.best)):
        if name is not None and name != verdict.rung:
            sentences.append(_what_it_buys(by_name[name], chosen, tests))
    if len(rungs) > 1:
        sentences += _what_could_hide(verdict, rungs, tests)
    if verdict.majority_p >= LEVEL:
        sentences.append(
            message(
                "But always answering the most frequent label would be right in {share} % of them, and {rung} is not "
                "clearly better than that ({p}): there may be nothing to learn here, or too few rows to learn it from.",
                rung=verdict.rung,
                share=readable.percent(verdict.majority_share),
                p=readable.p_value(verdict.majority_p),
            )
        )
    return sentences


def difference(tests: Sequence[PairTest], first: str, second: str, rows: int) -> Interval:
    """How much more accurate ``second`` is than ``first`` on the tests' rows: a share with its interval."""
    test = _pair(tests, first, second)
    losses, gains = test.first_only, test.second_only
    if test.first != first:
        losses, gains = gains, losses
    return paired_difference(losses, gains, rows)


def _take(verdict: Verdict, by_name: dict[str, RungResult]) -> Message:
    chosen, best = by_name[verdict.rung], by_name[verdict.best]
    if len(by_name) == 1:
        sentence = message(
            "Take {rung}: it is the only rung that was trained, so there is nothing to compare it with "
            "({accuracy} % on {rows:,} validation rows)."
        )
    elif verdict.rung != verdict.best:
        sentence = message(
            "Take {rung}: it is the cheapest rung that is not significantly worse than the best on the {rows:,} "
            "validation rows ({accuracy} %, against {best_accuracy} % for {best}).",
            best=verdict.best,
            best_accuracy=readable.percent(best.validation_accuracy.value),
        )
    elif _cheaper(chosen, by_name.values()):
        sentence = message(
            "Take {rung}: it is the most accurate on the {rows:,} validation rows ({accuracy} %), and every cheaper "
            "rung is significantly worse."
        )
    else:
        sentence = message(
            "Take {rung}: it is the most accurate on the {rows:,} validation rows ({accuracy} %), and none is clearly "
            "cheaper."
        )
    return sentence.filled(
        rung=verdict.rung,
        rows=len(chosen.validation_predictions),
        accuracy=readable.percent(chosen.validation_accuracy.value),
    )


def _closest_cheaper(chosen: RungResult, rungs: Sequence[RungResult], tests: Sequence[PairTest]) -> list[Message]:
    """What the chosen rung buys over the most accurate of the cheaper ones."""
    cheaper = _cheaper(chosen, rungs)
    if not cheaper:
        return []
    rows = len(chosen.validation_predictions)
    closest = max(cheaper, key=lambda rung: rung.validation_accuracy.value)
    gain = difference(tests, closest.rung, chosen.rung, rows)
    return [
        message(
            "Of the cheaper ones {rung} comes closest: {loss} ± {half} points less ({p}) for {time}.",
            rung=closest.rung,
            loss=readable.points(gain.value),
            half=readable.plus_minus(gain),
            p=readable.p_value(_pair(tests, closest.rung, chosen.rung).p_corrected),
            time=_beside(_time_ratio(closest, chosen), _TIMES_A_TEXT),
        )
    ]


def _what_it_buys(other: RungResult, chosen: RungResult, tests: Sequence[PairTest]) -> Message:
    gain = difference(tests, chosen.rung, other.rung, len(chosen.validation_predictions))
    p = _pair(tests, chosen.rung, other.rung).p_corrected
    sentence = message("{rung} would buy {gain} ± {half} points ({p}) for {time} and {training}.")
    if p >= LEVEL:
        sentence = message(
            "{rung} would buy {gain} ± {half} points, which may be chance ({p}), for {time} and {training}."
        )
    return sentence.filled(
        rung=other.rung,
        gain=readable.points(gain.value),
        half=readable.plus_minus(gain),
        p=readable.p_value(p),
        time=_beside(_time_ratio(other, chosen), _TIMES_A_TEXT),
        training=_beside(_ratio(other.train_seconds, chosen.train_seconds), _TRAINING_TIMES),
    )


def _beside(ratio: float, said: tuple[Message, Message, Message]) -> Message:
    """``12`` → "12 times the time a text", ``0.3`` → "30 % of the time a text"."""
    same, share, times = said
    if 1 / 1.1 < ratio < 1.1:
        return same
    return share.filled(percent=readable.times(100 * ratio)) if ratio < 1 else times.filled(times=readable.times(ratio))


def _what_could_hide(verdict: Verdict, rungs: Sequence[RungResult], tests: Sequence[PairTest]) -> list[Message]:
    """The smallest difference these rows could show, and how much better another rung may truly be."""
    rows = len(rungs[0].validation_predictions)
    others = [rung for rung in rungs if rung.rung != verdict.rung]
    # The pair that mattered: against the best, or where that is what was chosen, against the one behind it.
    rival = max(others, key=lambda rung: rung.validation_accuracy.value)
    test = _pair(tests, verdict.rung, verdict.best if verdict.best != verdict.rung else rival.rung)
    factor = sum(other.p_value >= test.p_value for other in tests)  # Holm's, for this pair
    telling = smallest_telling_difference(test.first_only, test.second_only, rows, tests=factor)
    if telling > 1:
        return [message("{rows:,} validation rows are too few to tell any two rungs apart.", rows=rows)]
    limit = message(
        "With {rows:,} validation rows, differences under about {points} points cannot be told apart.",
        rows=rows,
        points=readable.points(telling),
    )
    limits = {rung.rung: difference(tests, verdict.rung, rung.rung, rows).high for rung in others}
    most = max(limits, key=lambda name: limits[name])
    if limits[most] < 0.00005:
        return [limit]
    hidden = message(
        "{rung} could still be up to {points} points better.", rung=most, points=readable.points(limits[most])
    )
    return [message("{first} {second}", first=limit, second=hidden)]


def _correct(rungs: Sequence[RungResult], truth: np.ndarray) -> dict[str, np.ndarray]:
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
    return {rung.rung: rung.validation_predictions == truth for rung in rungs}


def _majority(chosen: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Accuracy of always answering the most frequent label, and the chosen rung's p-value against it.

    The p-value is 1 when the rung is not more accurate than that.
    """
    known = truth[truth >= 0]
    constant = truth == np.bincount(known).argmax() if len(known) else np.zeros(len(truth), dtype=bool)
    lost, won = int(np.count_nonzero(constant & ~chosen)), int(np.count_nonzero(chosen & ~constant))
    return float(constant.mean()), mcnemar(lost, won) if won > lost else 1.0


def _cheaper(chosen: RungResult, rungs: Iterable[RungResult]) -> list[RungResult]:
    return [rung for rung in rungs if cost(rung) * ALIKE < cost(chosen)]


def _pair(tests: Sequence[PairTest], first: str, second: str) -> PairTest:
    for test in tests:
        if {test.first, test.second} == {first, second}:
            return test
    raise DataError(
        message("there is no paired test of {first} and {second}", first=first, second=second),
        hint=message("test every pair"),
    )


def _time_ratio(other: RungResult, chosen: RungResult) -> float:
    """How many times the time a text, in bulk."""
    return _ratio(chosen.bulk_texts_per_second, other.bulk_texts_per_second)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.inf
