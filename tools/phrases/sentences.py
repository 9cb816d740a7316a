"""One meaning as three sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from phrases import english, french, korean
from phrases.people import YOU, Profession
from phrases.words import Action, Adjective, Adverbial, Form, NounPhrase, Subject


class Phrase(NamedTuple):
    """A sentence in English, French and Korean."""

    en: str
    fr: str
    ko: str


@dataclass(frozen=True)
class Clause:
    """Who does what; what is asked of `you` leaves the subject out in Korean.

    Args:
        place: where; with `goal`, where to (Korean 에, not 에서). way: by what. person: whom it is given to.
        first: whether the time opens the sentence.
    """

    subject: Subject
    action: Action
    form: Form = "present"
    negated: bool = False
    question: bool = False
    time: Adverbial | None = None
    place: Adverbial | None = None
    goal: bool = False
    way: Adverbial | None = None
    frequency: Adverbial | None = None
    person: Subject | None = None
    first: bool = False


def clause(said: Clause) -> Phrase:
    """The clause in each language."""
    return _finished(_english(said), _french(said), _korean(said), question=said.question)


def _english(said: Clause) -> str:
    subject, verb = said.subject, said.action.verb
    if said.question:
        core = english.question(subject, verb, said.form)
    else:
        adverb = said.frequency.en if said.frequency else ""
        core = english.statement(subject, verb, said.form, negated=said.negated, adverb=adverb)
    thing = english.noun_phrase(said.action.thing, subject) if said.action.thing else ""
    person = f"to {said.person.en}" if said.person else ""
    place, way, time = (adverbial.en if adverbial else "" for adverbial in (said.place, said.way, said.time))
    words = [core, thing, person, place, way]
    return _spaced(f"{time},", *words) if said.first else _spaced(*words, time)


def _french(said: Clause) -> str:
    finite, rest = french.predicate(said.subject, said.action.verb, said.form)
    adverb = said.frequency.fr if said.frequency else ""
    core = french.statement(said.subject, finite, rest, negated=said.negated, adverb=adverb)
    if said.question:
        core = french.question(core)
    person = french.at(said.person.fr) if said.person else ""
    place, way, time = (adverbial.fr if adverbial else "" for adverbial in (said.place, said.way, said.time))
    words = [core, _french_thing(said), person, place, way]
    return _spaced(f"{time},", *words) if said.first else _spaced(*words, time)


def _french_thing(said: Clause) -> str:
    thing, preposition = said.action.thing, said.action.verb.preposition
    if thing is None:
        return ""
    if preposition == "de" and (thing.determiner == "some" or (thing.determiner == "a" and said.negated)):
        return french.noun_phrase(thing, said.subject, negated=True)  # besoin d'eau: de and du are one de
    words = french.noun_phrase(thing, said.subject, negated=said.negated)
    return {"à": french.at, "de": french.of}.get(preposition, str)(words)


def _korean(said: Clause) -> str:
    who = "" if said.question and said.subject is YOU else korean.topic(said.subject.ko)
    place = f"{said.place.ko}{'에' if said.goal else '에서'}" if said.place else ""
    person = f"{said.person.ko}에게" if said.person else ""
    way, frequency, time = (word.ko if word else "" for word in (said.way, said.frequency, said.time))
    openly = korean.wants_openly(said.subject)
    verb = korean.verb(said.action.stem, said.form, negated=said.negated, first_or_second=openly)
    words = [frequency, way, place, person, korean_thing(said.action), verb]
    return _spaced(time, who, *words) if said.first else _spaced(who, time, *words)


def korean_thing(action: Action) -> str:
    """The object with its particle: ``사과 두 개를``, ``고양이가 두 마리``."""
    thing = action.thing
    if thing is None:
        return ""
    words, counted = korean.noun_phrase(thing), korean.counted(thing)
    if action.verb.subject_particle:
        return _spaced(korean.subject(words), counted)
    return korean.thing(_spaced(words, counted))


def please(action: Action) -> Phrase:
    """A request."""
    finite = french.present(action.verb, "vous")
    thing = action.thing
    return _finished(
        _spaced("please", action.verb.en, english.noun_phrase(thing, YOU) if thing else ""),
        _spaced(finite, f"{french.noun_phrase(thing, YOU)}, s'il vous plaît" if thing else ""),
        _spaced(korean_thing(action), korean.please(action.stem)),
    )


def what(subject: Subject, action: Action, time: Adverbial | None) -> Phrase:
    """What somebody does the action to; its object is only an example."""
    when = time or Adverbial("", "", "")
    who = "" if subject is YOU else korean.topic(subject.ko)
    finite, rest = french.predicate(subject, action.verb, "present")
    return _finished(
        _spaced("what", english.question(subject, action.verb, "present"), when.en),
        _spaced("qu'" + french.question(french.statement(subject, finite, rest)), when.fr),
        _spaced(who, when.ko, "무엇을", korean.verb(action.stem, "present")),
        question=True,
    )


def is_so(
    subject: Subject,
    adjective: Adjective,
    *,
    degree: Adverbial | None = None,
    time: Adverbial | None = None,
    negated: bool = False,
    question: bool = False,
) -> Phrase:
    """How somebody or something is."""
    much, when = degree or Adverbial("", "", ""), time or Adverbial("", "", "")
    form = french.agree(adjective, subject.gender, plural=subject.plural)
    finite = french.have(subject) if adjective.avoir else french.be(subject)
    said = french.statement(subject, finite, _spaced(much.fr, form, when.fr), negated=negated)
    who = "" if question and subject is YOU else korean.topic(subject.ko)
    if adjective.ko.startswith("="):
        ending = (korean.not_copula if negated else korean.copula)(adjective.ko[1:])
    else:
        ending = korean.verb(adjective.ko, "present", negated=negated)
    return _finished(
        _spaced(_is(subject, negated=negated, question=question), much.en, adjective.en, when.en),
        french.question(said) if question else said,
        _spaced(who, when.ko, much.ko, ending),
        question=question,
    )


def is_a(subject: Subject, profession: Profession, *, negated: bool = False, question: bool = False) -> Phrase:
    """What somebody is."""
    form = (profession.m if subject.gender == "m" else profession.f) + "s" * subject.plural
    said = french.statement(subject, french.be(subject), form, negated=negated)
    who = "" if question and subject is YOU else korean.topic(subject.ko)
    return _finished(
        _spaced(
            _is(subject, negated=negated, question=question),
            profession.en + "s" if subject.plural else english.article(profession.en),
        ),
        french.question(said) if question else said,
        _spaced(who, (korean.not_copula if negated else korean.copula)(profession.ko)),
        question=question,
    )


def this_is(
    thing: NounPhrase, owner: Subject | None = None, *, negated: bool = False, question: bool = False
) -> Phrase:
    """What this is; Korean names the owner here."""
    many = thing.plural
    verb = "sont" if many else "est"
    core = (f"ce ne {verb} pas" if many else "ce n'est pas") if negated else ("ce sont" if many else "c'est")
    said = f"{core} {french.noun_phrase(thing, owner)}"
    whose = {"je": "내", "nous": "우리", "vous": "당신의"}[owner.person] if owner else ""
    words = _spaced(whose, korean.noun_phrase(thing))
    first, second = ("these", "are") if many else ("this", "is")
    return _finished(
        _spaced(
            *((second, first) if question else (first, second)), "not" * negated, english.noun_phrase(thing, owner)
        ),
        f"est-ce que {said}" if question else said,
        f"이것은 {(korean.not_copula if negated else korean.copula)(words)}",
        question=question,
    )


def is_at(subject: Subject, where: Adverbial, *, negated: bool = False, question: bool = False) -> Phrase:
    """Where somebody or something is; the Korean place comes without its particle 에."""
    said = french.statement(subject, french.be(subject), where.fr, negated=negated)
    who = "" if question and subject is YOU else korean.topic(subject.ko)
    return _finished(
        _spaced(_is(subject, negated=negated, question=question), where.en),
        french.question(said) if question else said,
        _spaced(who, f"{where.ko}에", korean.verb("있", "present", negated=negated)),
        question=question,
    )


def where_is(subject: Subject) -> Phrase:
    """The question for a place."""
    return _finished(
        f"where {english.be(subject)} {subject.en}",
        f"où {french.be(subject)} {subject.fr}",
        f"{korean.topic(subject.ko)} 어디에 있어요",
        question=True,
    )


def there_is(thing: NounPhrase, where: Adverbial, *, negated: bool = False) -> Phrase:
    """What there is in a place."""
    many = thing.plural or thing.number > 1
    noun = thing if not negated else NounPhrase(thing.noun, "none", thing.plural, thing.adjective)
    return _finished(
        _spaced("there", "are" if many else "is", "no" * negated, english.noun_phrase(noun), where.en),
        _spaced("il n'y a pas" if negated else "il y a", french.noun_phrase(thing, negated=negated), where.fr),
        _spaced(
            f"{where.ko}에",
            korean.subject(korean.noun_phrase(thing)),
            korean.counted(thing),
            korean.verb("있", "present", negated=negated),
        ),
    )


def as_subject(thing: NounPhrase, owner: Subject | None = None) -> Subject:
    """A thing that something is said of; with an owner, Korean names him."""
    whose = {"je": "내", "nous": "우리"}[owner.person] if owner else ""
    return Subject(
        english.noun_phrase(thing, owner),
        french.noun_phrase(thing, owner),
        _spaced(whose, korean.noun_phrase(thing)),
        "ils" if thing.plural else "il",
        thing.noun.gender,
        "thing",
    )


def beside(side: Adverbial, thing: NounPhrase, *, room: bool = False) -> Adverbial:
    """``next to the bank``, ``à côté de la banque``, ``은행 옆``; of a room Korean says no ``안``."""
    words = french.noun_phrase(thing)
    place = f"{side.fr.removesuffix(' de')} {french.of(words)}" if side.fr.endswith(" de") else f"{side.fr} {words}"
    noun = korean.noun_phrase(thing)
    return Adverbial(f"{side.en} {english.noun_phrase(thing)}", place, noun if room else f"{noun} {side.ko}")


def _is(subject: Subject, *, negated: bool, question: bool) -> str:
    if question:
        return f"{english.be(subject)} {subject.en}"
    return _spaced(subject.en, english.be(subject), "not" * negated)


def _spaced(*words: str) -> str:
    return " ".join(word for word in words if word)


def _finished(en: str, fr: str, ko: str, *, question: bool = False) -> Phrase:
    """Capitals and question marks; statements end without a full stop. French has a space before its mark."""
    if question:
        en, fr, ko = en + "?", fr + " ?", ko + "?"
    return Phrase(en[0].upper() + en[1:], fr[0].upper() + fr[1:], ko)
