"""Which sentences are in the data set: some of each pattern, spread evenly over words."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from phrases import being, doing, having
from phrases.actions import actions
from phrases.doing import Candidate
from phrases.people import I
from phrases.sentences import Clause, Phrase, clause

FIRST = clause(Clause(I, actions()[0]))
"""I drink milk."""

QUOTAS: tuple[tuple[Callable[[], Iterator[Candidate]], int], ...] = (
    (doing.plain, 260),
    (doing.of_animals, 30),
    (doing.with_time, 170),
    (doing.with_time_first, 50),
    (doing.with_place, 100),
    (doing.how_often, 50),
    (doing.negated, 130),
    (doing.asked, 80),
    (doing.asked_of_you, 100),
    (doing.past, 220),
    (doing.past_negated, 50),
    (doing.future, 110),
    (doing.with_modals, 150),
    (doing.not_wanted, 30),
    (doing.requests, 40),
    (doing.whats, 40),
    (having.given, 44),
    (having.going, 100),
    (having.living, 40),
    (having.having, 80),
    (having.several, 50),
    (being.of_people, 120),
    (being.of_things, 180),
    (being.of_own_things, 30),
    (being.professions, 60),
    (being.introductions, 40),
    (being.locations, 60),
    (being.maps, 30),
    (being.people_in_places, 50),
    (being.existence, 60),
    (being.wheres, 30),
)
"""Patterns in the order of the file, and how many sentences of each at most."""


def phrases() -> list[Phrase]:
    """All sentences of the data set, the same ones every time.

    No sentence, in whatever language, occurs twice: each has one translation into each of the others.
    """
    chosen = [FIRST]
    taken = set(FIRST)  # no sentence is one of two languages
    for pattern, count in QUOTAS:
        for phrase in _spread(pattern(), count):
            if taken.isdisjoint(phrase):
                chosen.append(phrase)
                taken.update(phrase)
    return chosen


def to_csv() -> str:
    """The content of ``phrases.csv``."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Phrase._fields)
    writer.writerows(phrases())
    return out.getvalue()


def _spread(candidates: Iterable[Candidate], count: int) -> list[Phrase]:
    """At most `count` of the candidates, such that each subject, verb, time, … occurs about equally often.

    They come in the order of a hash, so the order in which a pattern names them is of no account. A value of a kind
    may be taken as often as its fair share, which is raised by quarters until there are enough.
    """
    pending = sorted(candidates, key=lambda one: hashlib.sha256(one.key.encode()).digest())
    values = {feature for one in pending for feature in one.features}
    kinds = Counter(kind for kind, _ in values)
    used: Counter[tuple[str, str]] = Counter()
    chosen: list[Phrase] = []
    for quarter in range(4, 24):
        limits = {kind: math.ceil(count / number * quarter / 4) for kind, number in kinds.items()}
        left = []
        for one in pending:
            if len(chosen) == count:
                return chosen
            if all(used[feature] < limits[feature[0]] for feature in one.features):
                chosen.append(one.phrase)
                used.update(one.features)
            else:
                left.append(one)
        pending = left
    return chosen
