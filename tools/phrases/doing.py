"""Patterns of what people do: every sentence that each allows. `grammar` takes some of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from phrases import people
from phrases.actions import OF_ANIMALS, OF_BABIES, OF_BIRDS, actions, phrase
from phrases.adverbials import (
    FAR_FUTURE,
    FREQUENCIES,
    FUTURE,
    HABITS,
    LONG_PAST,
    PAST,
    PLACES,
    TIMES,
)
from phrases.english import noun_phrase
from phrases.people import HUMANS, NAMED, PRONOUNS, THE_YOUNG, YOU, I
from phrases.sentences import Clause, Phrase, clause, please, what
from phrases.verbs import VERBS
from phrases.words import Action, Adverbial, Form, Subject

ASKED = (people.HE, people.SHE, people.THEY, *NAMED, *THE_YOUNG)
"""Whom questions are about, besides you."""
TOLD = tuple(who for who in HUMANS if who is not YOU)
"""Whose past and future is told: nobody tells you what you did."""

# Times of day at which a thing is not had or seen.
_NEVER = {
    "breakfast": ("evening", "afternoon"),
    "lunch": ("evening", "morning", "afternoon"),
    "dinner": ("morning", "afternoon"),
    "moon": ("morning", "afternoon", "today"),
    "star": ("morning", "afternoon", "today"),
}
_LEARNERS = (*PRONOUNS, *NAMED, *THE_YOUNG, people.SISTER, people.BROTHER, people.COUSIN)
_IN_DRESSES = (I, people.SHE, people.MINJI, people.MARIE, people.GIRL, people.SISTER)
_OF_GROWN_UPS = ("office", "café", "bank", "hospital", "university")


class Candidate(NamedTuple):
    """A sentence, or the clause that becomes one, and what of it should be spread evenly: (kind, value)."""

    said: Phrase | Clause
    features: tuple[tuple[str, str], ...]

    @property
    def phrase(self) -> Phrase:
        """The sentence."""
        return clause(self.said) if isinstance(self.said, Clause) else self.said

    @property
    def key(self) -> str:
        """What tells it from others of its pattern; of clauses, of which there are many, cheaper than a sentence."""
        if not isinstance(self.said, Clause):
            return self.said.en
        thing = self.said.action.thing
        what = f"{self.said.action.verb.en} {noun_phrase(thing) if thing else ''} {self.said.form} {self.said.negated}"
        return " ".join([self.said.subject.en, what, *(value for _, value in self.features)])


def group(who: Subject) -> str:
    """What counts as one subject where sentences are spread: each pronoun, or people of a kind."""
    if who.kind == "pronoun":
        return who.en
    if who in NAMED:
        return "name"
    return "child" if who.kind == "child" else f"{who.kind} {who.person} {who.gender}"


def suits(who: Subject, action: Action, place: str = "", *, question: bool = False) -> bool:
    """Whether one would say it of this person."""
    noun = action.thing.noun.en if action.thing else ""
    if who.plural and "1" in action.uses:
        return False
    if who.kind == "child" and ("g" in action.uses or place in _OF_GROWN_UPS):
        return False
    learner = who in _LEARNERS or who.en.startswith("the student")
    if not learner and ("y" in action.uses or place in ("school", "university")):
        return False
    if noun == "dress":
        return who in _IN_DRESSES
    if noun in ("mother", "father"):
        return who is not YOU and who in (*PRONOUNS, *NAMED, *THE_YOUNG)
    return question or who is not YOU or action.thing is None or action.thing.determiner != "own"


def fits(action: Action, time: Adverbial) -> bool:
    """Whether it is done at that time."""
    noun = action.thing.noun.en if action.thing else ""
    return not any(word in time.en for word in _NEVER.get(noun, ()))


def times_of(action: Action) -> list[Adverbial]:
    """When a habit is seen to."""
    own = [TIMES[name] for name in action.times]
    return own if "t" in action.uses else [*own, *(time for time in HABITS if fits(action, time))]


def candidate(said: Clause, *more: tuple[str, str]) -> Candidate:
    """The clause in words, and its parts as features."""
    thing = said.action.thing
    noun = thing.noun.en if thing else ""
    features = [("subject", group(said.subject)), ("action", f"{said.action.verb.en} {noun}")]
    features += [("thing", noun)] if thing else []
    features += [("time", said.time.en)] if said.time else []
    features += [("place", said.place.en)] if said.place else []
    return Candidate(said, (*features, *more))


def used(letters: str, *, without: str = "") -> list[Action]:
    """The actions with one of these uses, and none of those `without` names."""
    return [one for one in actions() if set(letters) & set(one.uses) and not set(without) & set(one.uses)]


def plain() -> Iterator[Candidate]:
    """I drink milk."""
    for action in used("hs", without="x"):
        for who in HUMANS:
            if suits(who, action):
                yield candidate(Clause(who, action))


def of_animals() -> Iterator[Candidate]:
    """The cat sleeps on the sofa."""
    for table, subjects in (
        (OF_ANIMALS, (people.CAT, people.DOG, people.DOGS)),
        (OF_BABIES, (people.BABY,)),
        (OF_BIRDS, (people.BIRDS,)),
    ):
        for action in actions(table):
            for who in subjects:
                yield candidate(Clause(who, action))
                yield candidate(Clause(who, action, question=True))
                if "n" not in action.uses:
                    yield candidate(Clause(who, action, negated=True))
                for name in action.places:
                    yield candidate(Clause(who, action, place=PLACES[name]))
                for name in action.times:
                    yield candidate(Clause(who, action, time=TIMES[name]))


def with_time() -> Iterator[Candidate]:
    """I drink milk in the morning."""
    for action in used("h"):
        for time in times_of(action):
            for who in HUMANS:
                if suits(who, action):
                    yield candidate(Clause(who, action, time=time))


def with_time_first() -> Iterator[Candidate]:
    """In the morning, I drink milk."""
    for action in used("h"):
        for time in times_of(action):
            for who in TOLD:
                if suits(who, action):
                    yield candidate(Clause(who, action, time=time, first=True))


def with_place() -> Iterator[Candidate]:
    """I drink milk in the kitchen."""
    for action in used("h"):
        for name in action.places:
            for who in TOLD:
                if suits(who, action, name):
                    yield candidate(Clause(who, action, place=PLACES[name]))


def how_often() -> Iterator[Candidate]:
    """I often drink milk."""
    for action in used("h", without="tnx"):
        if action.thing is not None and action.thing.determiner == "a":  # who often eats an apple?
            continue
        for often in FREQUENCIES:
            for who in TOLD:
                if suits(who, action) and (action.thing or often.en != "always"):
                    yield candidate(Clause(who, action, frequency=often), ("often", often.en))


def negated() -> Iterator[Candidate]:
    """I do not drink milk; I cannot swim."""
    for action in used("hs", without="nx"):
        for who in HUMANS:
            if suits(who, action):
                yield candidate(Clause(who, action, negated=True))
    for action in used("k"):
        for who in TOLD:
            if suits(who, action):
                yield candidate(Clause(who, action, "can", negated=True))


def asked() -> Iterator[Candidate]:
    """Does she drink milk? Can she swim?"""
    for action in used("hs", without="x"):
        for who in ASKED:
            if suits(who, action):
                yield candidate(Clause(who, action, question=True))
    for action in used("k"):
        for who in ASKED:
            if suits(who, action):
                yield candidate(Clause(who, action, "can", question=True))


def asked_of_you() -> Iterator[Candidate]:
    """Do you drink milk? Did you drink milk yesterday?"""
    forms: tuple[tuple[Form, str, tuple[Adverbial | None, ...]], ...] = (
        ("present", "hs", (None,)),
        ("past", "ep", PAST),
        ("future", "e", FUTURE),
        ("want", "w", (None,)),
        ("can", "k", (None,)),
    )
    for form, letters, times in forms:
        for action in used(letters, without="x" if form == "present" else ""):
            for time in times:
                if suits(YOU, action, question=True) and (time is None or fits(action, time)):
                    yield candidate(Clause(YOU, action, form, question=True, time=time), ("form", form))


def _dated(form: Form, letters: str, times: tuple[Adverbial, ...], *, negated: bool = False) -> Iterator[Candidate]:
    for action in used(letters):
        for time in times:
            for who in TOLD:
                if suits(who, action) and fits(action, time):
                    yield candidate(Clause(who, action, form, negated=negated, time=time))


def past() -> Iterator[Candidate]:
    """I drank milk yesterday."""
    yield from _dated("past", "ep", PAST)
    yield from _dated("past", "r", LONG_PAST)


def past_negated() -> Iterator[Candidate]:
    """I did not drink milk yesterday."""
    yield from _dated("past", "e", PAST, negated=True)


def future() -> Iterator[Candidate]:
    """I am going to drink milk tomorrow."""
    yield from _dated("future", "e", FUTURE)
    yield from _dated("future", "r", FAR_FUTURE)


def with_modals() -> Iterator[Candidate]:
    """I want to, have to, like to and can drink milk."""
    forms: tuple[tuple[Form, str], ...] = (("want", "w"), ("must", "m"), ("like", "l"), ("can", "k"))
    for form, letter in forms:
        for action in used(letter):
            for who in TOLD:
                if suits(who, action):
                    yield candidate(Clause(who, action, form), ("form", form))


def not_wanted() -> Iterator[Candidate]:
    """I do not want to drink milk."""
    for action in used("w"):
        if action.thing is None or action.thing.determiner != "a":
            for who in TOLD:
                if suits(who, action):
                    yield candidate(Clause(who, action, "want", negated=True))


def requests() -> Iterator[Candidate]:
    """Please open the window."""
    for action in used("i"):
        yield Candidate(please(action), (("verb", action.verb.en),))


_WHAT = (
    ("drink", "some milk"),
    ("eat", "some bread"),
    ("read", "a book"),
    ("buy", "a bag"),
    ("prepare", "all dinner"),
    ("study", "all history"),
    ("learn", "all French"),
    ("draw", "a tree"),
)


def whats() -> Iterator[Candidate]:
    """What do you drink in the morning?"""
    for name, example in _WHAT:
        action = Action(VERBS[name], phrase(example), "")
        for who in (YOU, *ASKED):
            for time in (None, *HABITS):
                when = time.en if time else "none"
                yield Candidate(what(who, action, time), (("subject", group(who)), ("verb", name), ("time", when)))
