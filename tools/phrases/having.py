"""Patterns with a receiver, a goal, a home or a number. `grammar` takes some of each."""

from __future__ import annotations

from collections.abc import Iterator

from phrases import people
from phrases.actions import phrase
from phrases.adverbials import (
    CITIES,
    COUNTRIES,
    FAR_FUTURE,
    FUTURE,
    GOALS,
    HABITS,
    LONG_PAST,
    PAST,
    WAYS,
)
from phrases.doing import ASKED, TOLD, Candidate, candidate, suits
from phrases.people import HUMANS, MINE, NAMED, OTHERS, THE_YOUNG, YOU, I
from phrases.sentences import Clause
from phrases.verbs import VERBS
from phrases.words import Action, Adverbial, Form, NounPhrase

_GIFTS = (
    ("give", "a flower,a book,a gift,a cake,a apple,a pen,a red bag,a ticket,a cup,a small dog"),
    ("send", "a letter,a gift,a email,a photo,a book,a long letter"),
    ("show", "a photo,a painting,a letter,a interesting book,a beautiful dress"),
    ("lend", "a book,a umbrella,a pen,a bicycle,a computer,a notebook"),
)


def given() -> Iterator[Candidate]:
    """I gave a book to Minji yesterday."""
    forms: tuple[tuple[Form, tuple[Adverbial, ...]], ...] = (("past", PAST), ("future", FUTURE))
    takers = (*NAMED, *THE_YOUNG, people.FRIEND, people.SISTER, people.BROTHER, OTHERS[-1])
    for name, things in _GIFTS:
        for thing in things.split(","):
            action = Action(VERBS[name], phrase(thing), "")
            for who in (*TOLD[:5], *NAMED, people.MOTHER, people.FATHER):
                for taker in takers:
                    if taker is who or (taker in MINE and who not in (I, people.MOTHER, people.FATHER)):
                        continue
                    for form, times in forms:
                        for time in times:
                            said = Clause(who, action, form, time=time, person=taker)
                            yield candidate(said, ("taker", taker.en), ("form", form))


def going() -> Iterator[Candidate]:
    """She went to the park yesterday; They go to school by bus."""
    go = Action(VERBS["go"], None, "")
    forms: tuple[tuple[Form, tuple[Adverbial, ...]], ...] = (("present", HABITS), ("past", PAST), ("future", FUTURE))
    for place in GOALS:
        for who in HUMANS:
            if not suits(who, go, place.en.split(" ")[-1]):
                continue
            for form, times in forms[: 1 if who is YOU else 3]:
                for time in times:
                    yield candidate(Clause(who, go, form, time=time, place=place, goal=True), ("form", form))
            for way in WAYS:
                if not (who.kind == "child" and way.en == "by car"):
                    said = Clause(who, go, place=place, goal=True, way=way)
                    yield candidate(said, ("form", "way"), ("way", way.en))
            if who is not YOU:
                said = Clause(who, go, "past", negated=True, time=PAST[1], place=place, goal=True)
                yield candidate(said, ("form", "no"))
                yield candidate(Clause(who, go, "want", place=place, goal=True), ("form", "want"))
    for place in (*CITIES, *COUNTRIES):
        there = Adverbial(f"to {place.en}", place.fr, place.ko)
        for who in TOLD:
            for form, times in (("past", LONG_PAST), ("future", FAR_FUTURE)):
                for time in times:
                    said = Clause(who, go, form, time=time, place=there, goal=True)
                    yield candidate(said, ("form", "far"))


def living() -> Iterator[Candidate]:
    """I live in Seoul."""
    live = Action(VERBS["live"], None, "")
    for place in (*CITIES, *COUNTRIES):
        there = Adverbial(f"in {place.en}", place.fr, place.ko)
        for who in HUMANS:
            yield candidate(Clause(who, live, place=there, goal=True), ("form", "yes"))
            yield candidate(Clause(who, live, negated=True, place=there, goal=True), ("form", "no"))
            if who is not YOU:
                yield candidate(Clause(who, live, "want", place=there, goal=True), ("form", "want"))
        for who in (YOU, *ASKED):
            yield candidate(Clause(who, live, question=True, place=there, goal=True), ("form", "?"))


_HAVE = (
    "a dog,a cat,a big dog,a small cat,a black cat,a bicycle,a blue bicycle,a car,a red car,a new phone,a computer,"
    "a old guitar,a piano,a umbrella,a ticket,a pen,a beautiful garden,a big house,a white rabbit,a brother,a sister,"
    "a interesting book,a exam,a question,some money"
)
_COUNTED = ("dog", "cat", "brother", "sister", "child", "bag", "bicycle", "book", "ticket", "pen")


def having() -> Iterator[Candidate]:
    """I have two cats."""
    have = VERBS["have"]
    counted = [NounPhrase(phrase(f"a {noun}").noun, "none", number=n) for noun in _COUNTED for n in (2, 3, 4)]
    for thing in (*map(phrase, _HAVE.split(",")), *counted):
        grown = "g" * (thing.noun.en in ("car", "house", "child", "garden"))
        action = Action(have, thing, grown)
        for who in HUMANS:
            if suits(who, action):
                yield candidate(Clause(who, action), ("number", str(thing.number)))
                if thing.adjective is None and thing.number == 1:
                    yield candidate(Clause(who, action, negated=True), ("number", "no"))
        for who in (YOU, *ASKED):
            if suits(who, action) and thing.adjective is None and thing.number == 1:
                yield candidate(Clause(who, action, question=True), ("number", "?"))


_SEVERAL = {
    "buy": "apple orange egg tomato book pen ticket flower notebook cake",
    "eat": "apple banana egg sandwich orange",
    "read": "book novel poem letter",
    "write": "letter email poem",
    "see": "bird dog cat horse film",
}


def several() -> Iterator[Candidate]:
    """I bought two apples yesterday."""
    for name, nouns in _SEVERAL.items():
        for noun in nouns.split():
            for number in (2, 3) if name == "eat" else (2, 3, 4, 5):
                action = Action(VERBS[name], NounPhrase(phrase(f"a {noun}").noun, "none", number=number), "")
                for who in TOLD:
                    for time in PAST:
                        yield candidate(Clause(who, action, "past", time=time), ("number", str(number)))
