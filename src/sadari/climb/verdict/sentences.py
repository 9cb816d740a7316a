"""A verdict in plain words: what to take and why, what a better rung would cost, what could still hide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sadari import readable
from sadari.climb.measuring.scores import amount_alone, amount_said, score_said
from sadari.climb.result import RungResult, Verdict
from sadari.climb.verdict.choice import (
    LABELLING_SECONDS,
    LEVEL,
    MEGABYTES,
    TRAINING_SECONDS,
    Compare,
    Compared,
    Cost,
    weight,
)
from sadari.messages import Message, message
from sadari.metrics.interval import Interval
from sadari.metrics.metric import Metric

Costs = Mapping[str, Cost]
Scores = Mapping[str, Interval]


def explain_verdict(
    verdict: Verdict, rungs: Sequence[RungResult], scores: Scores, costs: Costs, compare: Compare, metric: Metric
) -> list[Message]:
    """Say a verdict.

    Args:
        verdict: as `decide` made it; its own sentences are not read.
        rungs: those it was decided from.
        scores: of each on the validation rows.
        costs: of each.
        compare: how much better the first of two is.
        metric: what counts.
    """
    rows = len(rungs[0].validation_predictions)
    about: dict[str, Any] = {
        "rung": verdict.rung,
        "rows": rows,
        "score": score_said(metric, scores[verdict.rung].value),
    }
    if len(rungs) == 1:
        only = message(
            "Take {rung}: it is the only rung that was trained, so there is nothing to compare it with ({score} on "
            "{rows:,} validation rows)."
        )
        return [only.filled(**about)]
    sentences = [_take(verdict, scores, costs, compare, metric).filled(**about)]
    sentences += _what_it_buys(verdict, scores, costs, compare, metric)
    others = dict.fromkeys(name for name in (verdict.best, verdict.next_rung) if name not in (None, verdict.rung))
    for name in others:
        sentences += _why_not(str(name), verdict, costs, compare, metric)
    return [*sentences, _what_could_hide(verdict, [rung.rung for rung in rungs], rows, compare, metric)]


def certainty_said(certainty: float) -> str:
    """``0.8432`` → "84": per cent, never all or nothing."""
    return f"{100 * min(max(certainty, 0.01), 0.99):.0f}"


def _take(verdict: Verdict, scores: Scores, costs: Costs, compare: Compare, metric: Metric) -> Message:
    mine = costs[verdict.rung]
    if verdict.rung != verdict.best:
        return message(
            "Take {rung} ({score} on {rows:,} validation rows): {best} has {best_score}, but costs noticeably more.",
            best=verdict.best,
            best_score=score_said(metric, scores[verdict.best].value),
        )
    as_good = [name for name in scores if scores[name].value == scores[verdict.rung].value]
    place = message("none is better") if len(as_good) > 1 else message("it is the best")
    if not mine.noticed:
        return message(
            "Take {rung}: {place} on the {rows:,} validation rows ({score}), and nobody would notice what it costs: "
            "{training} to train, {labelling} to label {texts:,} texts.",
            place=place,
            training=readable.duration(mine.training, 2),
            labelling=readable.duration(mine.labelling, 2),
            texts=verdict.texts_per_day,
        )
    cheaper = [name for name, cost in costs.items() if weight(mine, cost)]
    if not cheaper:
        said = message(
            "Take {rung}: {place} on the {rows:,} validation rows ({score}), and none is noticeably cheaper."
        )
    elif any(compare(verdict.rung, name).chance >= LEVEL for name in cheaper):  # little cost asks for little certainty
        said = message(
            "Take {rung}: {place} on the {rows:,} validation rows ({score}), and cheaper ones save too little to be "
            "preferred."
        )
    else:
        said = message(
            "Take {rung}: {place} on the {rows:,} validation rows ({score}), better than the cheaper ones by more than "
            "chance, and worth what it costs."
        )
    return said.filled(place=place)


def _what_it_buys(verdict: Verdict, scores: Scores, costs: Costs, compare: Compare, metric: Metric) -> list[Message]:
    """What the rung taken buys over the best of the cheaper ones."""
    cheaper = [name for name in scores if weight(costs[verdict.rung], costs[name])]
    if not cheaper:
        return []
    closest = max(cheaper, key=lambda name: metric.sign * scores[name].value)
    found = compare(verdict.rung, closest)
    return [
        message(
            "Of the cheaper ones {rung} comes closest: {amount} less ({p}), but {costs}.",
            rung=closest,
            amount=amount_said(metric, found.gain),
            p=readable.p_value(found.p_value),
            costs=_instead(costs[closest], costs[verdict.rung], verdict.texts_per_day),
        )
    ]


def _why_not(name: str, verdict: Verdict, costs: Costs, compare: Compare, metric: Metric) -> list[Message]:
    """What a better and dearer rung would buy, and why it is not taken."""
    found = compare(name, verdict.rung)
    values: dict[str, Any] = {
        "rung": name,
        "amount": amount_said(metric, found.gain),
        "p": readable.p_value(found.p_value),
        "costs": _instead(costs[name], costs[verdict.rung], verdict.texts_per_day),
    }
    if _by_chance(found, weight(costs[name], costs[verdict.rung])):
        sentence = message("{rung} would buy {amount}, which may be chance ({p}), for {costs}.")
    else:
        sentence = message("{rung} would buy {amount} ({p}), which is within the margin, for {costs}.")
    return [sentence.filled(**values), *_accepted(name, verdict, found, metric)]


def _accepted(name: str, verdict: Verdict, found: Compared, metric: Metric) -> list[Message]:
    """What is lost by not taking the best one, and with what certainty that is within the margin."""
    if name != verdict.best:
        return []
    certainty = found.certainty(verdict.margin)
    said = message("With {certainty} % certainty {rung} loses no more than the margin of {margin} by that.")
    if certainty < 0.5:
        said = message("With {certainty} % certainty {rung} loses more than the margin of {margin} by that.")
    return [
        said.filled(
            certainty=certainty_said(max(certainty, 1 - certainty)),
            rung=verdict.rung,
            margin=amount_alone(metric, verdict.margin),
        )
    ]


def fewer_texts(verdict: Verdict, texts: int) -> Message:
    """That the better rung would be taken if fewer texts were to be labelled.

    Args:
        verdict: as `decide` made it.
        texts: so few a day.
    """
    return message(
        "With {texts:,} texts a day or fewer {rung} would be the one to take: --texts-per-day {number}.",
        texts=texts,
        rung=verdict.best,
        number=str(texts),
    )


def _by_chance(found: Compared, counts: float) -> bool:
    return found.chance >= 0.5 - (0.5 - LEVEL) * counts


def _instead(one: Cost, other: Cost, texts: int) -> list[Message]:
    """In what the two costs differ so that somebody would notice, each figure beside the other's."""
    kinds = (
        (one.training, other.training, TRAINING_SECONDS, message("{one} to train in place of {other}")),
        (
            one.labelling,
            other.labelling,
            LABELLING_SECONDS,
            message("{one} to label {texts:,} texts in place of {other}", texts=texts),
        ),
        (one.megabytes, other.megabytes, MEGABYTES, message("{one} MB in place of {other}")),
    )
    said = []
    for mine, its, limit, sentence in kinds:
        if max(mine, its) <= limit or mine == its:
            continue
        written = readable.significant if limit == MEGABYTES else readable.duration
        said.append(sentence.filled(one=written(mine, 2), other=written(its, 2)))
    return said


def _what_could_hide(verdict: Verdict, names: Sequence[str], rows: int, compare: Compare, metric: Metric) -> Message:
    """How much better another rung may truly be."""
    gains = {name: compare(name, verdict.rung).gain for name in names if name != verdict.rung}
    most = max(gains, key=lambda name: gains[name].high)
    if gains[most].high < 0.00005:
        if any(gain.value >= 0 for gain in gains.values()):
            return message("On these {rows:,} validation rows no other trained rung is better.", rows=rows)
        return message(
            "On these {rows:,} validation rows every other trained rung is worse by more than chance.", rows=rows
        )
    sentence = message("So much can {rows:,} validation rows tell: {rung} could still be up to {amount} better.")
    return sentence.filled(rows=rows, rung=most, amount=amount_alone(metric, gains[most].high))
