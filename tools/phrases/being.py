"""Patterns of how, what and where people and things are. `grammar` takes some of each."""

from __future__ import annotations

from collections.abc import Iterator

from phrases import people
from phrases.actions import phrase
from phrases.adjectives import ADJECTIVES, OF_PEOPLE, OF_THINGS, PASSING
from phrases.adverbials import ON_THE_STREET, PLACES, SIDES, TODAY, TOO, VERY
from phrases.doing import ASKED, Candidate, group
from phrases.nouns import NOUNS
from phrases.people import HUMANS, NAMED, PRONOUNS, THE_YOUNG, YOU, I
from phrases.sentences import (
    as_subject,
    beside,
    is_a,
    is_at,
    is_so,
    there_is,
    this_is,
    where_is,
)
from phrases.words import Adjective, NounPhrase

_DEGREES = {"very": VERY, "too": TOO}
_GRADED_WITH_TOO = ("big", "small", "expensive", "heavy", "long", "short", "difficult", "slow", "hot", "cold", "sweet")
_BUILDINGS = (
    "bank",
    "pharmacy",
    "bakery",
    "bookstore",
    "station",
    "restaurant",
    "supermarket",
    "church",
    "museum",
    "library",
    "hotel",
    "hospital",
    "school",
    "park",
)


def _plain(adjective: Adjective) -> bool:
    """Whether ``very`` goes with it, and can stand right before it in Korean."""
    return " " not in adjective.ko and not adjective.ko.startswith("=") and adjective.en != "delicious"


def of_people() -> Iterator[Candidate]:
    """She is tired today."""
    for name in OF_PEOPLE:
        adjective = ADJECTIVES[name]
        for who in HUMANS:
            if name == "hard-working" and who in THE_YOUNG:
                continue
            features = (("subject", group(who)), ("adjective", name))
            yield Candidate(is_so(who, adjective), (*features, ("how", "plain")))
            yield Candidate(is_so(who, adjective, negated=True), (*features, ("how", "not")))
            if _plain(adjective) and not adjective.avoir and not adjective.invariable:
                yield Candidate(is_so(who, adjective, degree=VERY), (*features, ("how", "very")))
            if name in PASSING:
                yield Candidate(is_so(who, adjective, time=TODAY), (*features, ("how", "today")))
            if who is YOU or who in ASKED:
                yield Candidate(is_so(who, adjective, question=True), (*features, ("how", "?")))


def _noun(text: str) -> tuple[str, bool]:
    return text.removesuffix("+").replace("_", " "), text.endswith("+")


def of_things() -> Iterator[Candidate]:
    """This house is too small."""
    for name, nouns in OF_THINGS.items():
        adjective = ADJECTIVES[name]
        for text in nouns.split():
            noun, many = _noun(text)
            for determiner in ("the",) if noun == "sea" else ("the", "this"):
                thing = as_subject(NounPhrase(NOUNS[noun], determiner, many))  # type: ignore[arg-type]
                features = (("thing", noun), ("adjective", name), ("determiner", determiner))
                yield Candidate(is_so(thing, adjective), (*features, ("how", "plain")))
                yield Candidate(is_so(thing, adjective, negated=True), (*features, ("how", "not")))
                yield Candidate(is_so(thing, adjective, question=True), (*features, ("how", "?")))
                for degree, word in _DEGREES.items():
                    if (
                        _plain(adjective)
                        and not adjective.invariable
                        and (degree == "very" or name in _GRADED_WITH_TOO)
                    ):
                        yield Candidate(is_so(thing, adjective, degree=word), (*features, ("how", degree)))


_OWNED = {
    "bag": "heavy light black red",
    "car": "fast red white clean dirty",
    "room": "small clean big quiet",
    "house": "small big white",
    "computer": "fast slow",
    "bicycle": "blue green light",
    "shoe+": "comfortable dirty black",
    "school": "big small",
    "dog": "big",
    "cat": "small white black",
    "umbrella": "yellow green",
    "hat": "red black",
    "garden": "beautiful small",
}
_SHARED = ("car", "room", "house", "computer", "school", "dog", "cat", "garden")


def of_own_things() -> Iterator[Candidate]:
    """My bag is heavy."""
    for text, adjectives in _OWNED.items():
        noun, many = _noun(text)
        for name in adjectives.split():
            for owner in (I, people.WE) if noun in _SHARED else (I,):
                thing = as_subject(NounPhrase(NOUNS[noun], "own", many), owner)
                features = (("thing", noun), ("adjective", name))
                yield Candidate(is_so(thing, ADJECTIVES[name]), (*features, ("how", "plain")))
                yield Candidate(is_so(thing, ADJECTIVES[name], negated=True), (*features, ("how", "not")))


def professions() -> Iterator[Candidate]:
    """She is a doctor."""
    for profession in people.PROFESSIONS:
        for who in (*PRONOUNS, *NAMED, *people.MINE):
            features = (("subject", group(who)), ("noun", profession.en))
            yield Candidate(is_a(who, profession), (*features, ("how", "plain")))
            yield Candidate(is_a(who, profession, negated=True), (*features, ("how", "not")))
            if who is YOU or who in ASKED:
                yield Candidate(is_a(who, profession, question=True), (*features, ("how", "?")))


_THESE = (
    "a book,a bag,a umbrella,a key,a gift,a dog,a cat,a apple,a orange,a watch,a painting,a chair,a pen,a letter,a box,"
    "a old computer,a new bicycle,a old car,a good book,a new watch,a old photo,a beautiful flower,a beautiful bird,"
    "a good film,a old guitar,a good question,a small box,a red apple,a white cat,a long letter"
)
_MINE = ("bag", "umbrella", "book", "key+", "shoe+", "car", "bicycle", "dog", "glasses+", "phone")


def introductions() -> Iterator[Candidate]:
    """This is a book; These are my shoes."""
    for text in _THESE.split(","):
        thing = phrase(text)
        features = (("thing", thing.noun.en),)
        yield Candidate(this_is(thing), (*features, ("how", "plain")))
        yield Candidate(this_is(thing, negated=True), (*features, ("how", "not")))
        yield Candidate(this_is(thing, question=True), (*features, ("how", "?")))
    for text in _MINE:
        noun, many = _noun(text)
        for owner in (I, people.WE):
            thing = NounPhrase(NOUNS[noun], "own", many)
            features = (("thing", noun),)
            yield Candidate(this_is(thing, owner), (*features, ("how", "own")))
            yield Candidate(this_is(thing, owner, negated=True), (*features, ("how", "not own")))


# What lies, sits or stands where: things, sides, places.
_SPOTS = (
    ("book key+ cup pen phone wallet letter bag hat", "on", "table desk chair bed sofa"),
    ("cat", "on under", "table bed sofa chair"),
    ("dog", "under next_to", "table bed sofa chair"),
    ("book pen letter key+ wallet phone", "in", "bag box drawer"),
    ("cat dog", "behind near", "door sofa tree"),
    ("car", "in_front_of behind near", "house hotel school church bank"),
    ("bicycle", "in_front_of behind near", "house tree door library"),
    ("milk cheese egg+ fish orange_juice", "in", "fridge"),
    ("bread cake apple+ soup", "on", "table"),
    ("chair lamp", "next_to near", "bed window desk"),
    ("box bag", "under", "table bed desk"),
    ("box bag", "behind", "door sofa"),
)
_MAPS = ("next_to", "near", "in_front_of", "behind")


def _spots() -> Iterator[tuple[str, bool, str, str]]:
    for things, sides, places in _SPOTS:
        for thing in things.split():
            for side in sides.split():
                for place in places.split():
                    noun, many = _noun(thing)
                    if noun in NOUNS and noun != place:
                        yield noun, many, side.replace("_", " "), place


def locations() -> Iterator[Candidate]:
    """The book is on the table."""
    for noun, many, side, place in _spots():
        where = beside(SIDES[side], NounPhrase(NOUNS[place], "the"))
        thing = as_subject(NounPhrase(NOUNS[noun], "the", many))
        features = (("thing", noun), ("side", side), ("place", place))
        yield Candidate(is_at(thing, where), (*features, ("how", "plain")))
        yield Candidate(is_at(thing, where, negated=True), (*features, ("how", "not")))
        yield Candidate(is_at(thing, where, question=True), (*features, ("how", "?")))


def maps() -> Iterator[Candidate]:
    """The bank is next to the station."""
    for noun in _BUILDINGS:
        for place in _BUILDINGS:
            for side in _MAPS:
                if noun != place:
                    where = beside(SIDES[side.replace("_", " ")], NounPhrase(NOUNS[place], "the"))
                    thing = as_subject(NounPhrase(NOUNS[noun], "the"))
                    features = (("thing", noun), ("side", side), ("place", place))
                    yield Candidate(is_at(thing, where), (*features, ("how", "plain")))
                    yield Candidate(is_at(thing, where, question=True), (*features, ("how", "?")))


_HERE = (
    "home",
    "school",
    "library",
    "office",
    "kitchen",
    "garden",
    "park",
    "café",
    "restaurant",
    "market",
    "station",
    "hospital",
    "bank",
    "beach",
    "zoo",
    "museum",
)
_NOT_OF_CHILDREN = ("office", "bank", "café")


def people_in_places() -> Iterator[Candidate]:
    """My mother is in the kitchen."""
    for name in _HERE:
        for who in HUMANS:
            if who.kind == "child" and name in _NOT_OF_CHILDREN:
                continue
            features = (("subject", group(who)), ("place", name))
            if who is not YOU:
                yield Candidate(is_at(who, PLACES[name]), (*features, ("how", "plain")))
                yield Candidate(is_at(who, PLACES[name], negated=True), (*features, ("how", "not")))
            if who is YOU or who in ASKED:
                yield Candidate(is_at(who, PLACES[name], question=True), (*features, ("how", "?")))


_IN_ROOMS = {
    "garden": "a dog,a cat,some flower+,a tree,some bird+,a beautiful tree,a child:2,a dog:2",
    "kitchen": "a table,a cat,a chair:4,a window,a big table",
    "room": "a bed,a desk,a window,a chair:2,a computer,a old sofa",
    "park": "some flower+,a lake,some child+,some tree+,a horse:2,a dog:3,a old church",
    "village": "a church,a school,a bank,a bakery,a restaurant:2,a old bridge",
    "city": "a museum,a airport,a zoo,a university,a hospital:3,a big library,a beautiful park",
    "street": "a bakery,a pharmacy,a hotel,a bookstore,a supermarket,a restaurant:5",
}


def existence() -> Iterator[Candidate]:
    """There is a cat under the table."""
    for noun, many, side, place in _spots():
        where = beside(SIDES[side], NounPhrase(NOUNS[place], "the"))
        mass = noun in ("milk", "cheese", "fish", "orange juice", "bread", "soup")
        things = [NounPhrase(NOUNS[noun], "some" if mass or many else "a", many)]
        if not mass:
            things += [NounPhrase(NOUNS[noun], "none", number=number) for number in (2, 3)]
        features = (("thing", noun), ("side", side), ("place", place))
        for thing in things:
            yield Candidate(there_is(thing, where), (*features, ("number", str(thing.number))))
        if side in ("on", "in", "under"):
            yield Candidate(there_is(things[0], where, negated=True), (*features, ("number", "no")))
    for room, listed in _IN_ROOMS.items():
        where = beside(SIDES["in"], NounPhrase(NOUNS[room], "the"), room=True)
        where = ON_THE_STREET if room == "street" else where
        for text in listed.split(","):
            words, _, number = text.partition(":")
            thing = phrase(words)
            if number:
                thing = NounPhrase(thing.noun, "none", number=int(number))
            features = (("thing", thing.noun.en), ("side", "in"), ("place", room))
            yield Candidate(there_is(thing, where), (*features, ("number", number or "1")))
            if not number:
                yield Candidate(there_is(thing, where, negated=True), (*features, ("number", "no")))


_SOUGHT = ("book", "key+", "umbrella", "phone", "wallet", "bag", "hat", "cat", "dog", "glasses+", "shoe+", "pen")


def wheres() -> Iterator[Candidate]:
    """Where is the station?"""
    for text in (*_BUILDINGS, *_SOUGHT):
        noun, many = _noun(text)
        yield Candidate(where_is(as_subject(NounPhrase(NOUNS[noun], "the", many))), (("thing", noun),))
    for text in _SOUGHT:
        noun, many = _noun(text)
        yield Candidate(where_is(as_subject(NounPhrase(NOUNS[noun], "own", many), I)), (("thing", noun),))
    for who in (*NAMED, *THE_YOUNG, *people.MINE[:4], people.HE, people.SHE, people.THEY):
        yield Candidate(where_is(who), (("thing", "person"),))
