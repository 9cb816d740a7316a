"""English: articles, plurals, the -s of the third person, questions and negation with do."""

from __future__ import annotations

from phrases.words import Form, Noun, NounPhrase, Subject, Verb

NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}
_POSSESSIVES = {"je": "my", "nous": "our", "vous": "your", "ils": "their"}
_BE = {"je": "am", "il": "is", "nous": "are", "vous": "are", "ils": "are"}
_LEADS = {"want": ("want", "wanted"), "must": ("have", "had"), "like": ("like", "liked")}


def article(words: str) -> str:
    """The words with a or an before them: by sound, so ``a university`` and ``an hour``."""
    vowel = words[0] in "aeiou" and not words.startswith(("uni", "use", "eu", "one"))
    return f"{'an' if vowel or words.startswith(('hour', 'honest')) else 'a'} {words}"


def plural(noun: Noun) -> str:
    """The plural of a noun."""
    if noun.en_plural:
        return noun.en_plural
    if noun.en.endswith(("s", "x", "ch", "sh")):
        return noun.en + "es"
    if noun.en.endswith("y") and noun.en[-2] not in "aeiou":
        return noun.en[:-1] + "ies"
    return noun.en + "s"


def third_person(verb: str) -> str:
    """The first word with -s: listens to, watches, studies, has."""
    first, *rest = verb.split(" ")
    if first in ("have", "do", "go"):
        first = {"have": "has", "do": "does", "go": "goes"}[first]
    elif first.endswith(("s", "x", "ch", "sh", "z")):
        first += "es"
    elif first.endswith("y") and first[-2] not in "aeiou":
        first = first[:-1] + "ies"
    else:
        first += "s"
    return " ".join([first, *rest])


def possessive(subject: Subject) -> str:
    """my, his, her, its, our, your, their."""
    if subject.person != "il":
        return _POSSESSIVES[subject.person]
    if subject.kind in ("animal", "thing"):
        return "its"
    return "his" if subject.gender == "m" else "her"


def noun_phrase(thing: NounPhrase, owner: Subject | None = None) -> str:
    """``a red car``, ``my friends``, ``two apples``."""
    many = thing.plural or thing.number > 1
    words = plural(thing.noun) if many else thing.noun.en
    if thing.adjective:
        words = f"{thing.adjective.en} {words}"
    if thing.number > 1:
        words = f"{NUMBERS[thing.number]} {words}"
    if thing.determiner == "a" and not many:
        return article(words)
    if thing.determiner == "the":
        return f"the {words}"
    if thing.determiner == "this":
        return f"{'these' if many else 'this'} {words}"
    if thing.determiner == "own" and owner is not None:
        return f"{possessive(owner)} {words}"
    return words


def be(subject: Subject) -> str:
    """am, is, are."""
    return _BE[subject.person]


def statement(subject: Subject, verb: Verb, form: Form, *, negated: bool = False, adverb: str = "") -> str:
    """Subject and verb: ``she does not drink``, ``I often drink``."""
    first, rest = _parts(subject, verb, form, questioned=False, negated=negated)
    if negated:
        first = "cannot" if first == "can" else f"{first} not"
    return " ".join(word for word in (subject.en, adverb, first, rest) if word)


def question(subject: Subject, verb: Verb, form: Form) -> str:
    """``does she drink``, without the mark."""
    first, rest = _parts(subject, verb, form, questioned=True, negated=False)
    return f"{first} {subject.en} {rest}"


def _parts(subject: Subject, verb: Verb, form: Form, *, questioned: bool, negated: bool) -> tuple[str, str]:
    """What is moved or negated, and what follows it."""
    if form == "can":
        return "can", verb.en
    if form == "future":
        return be(subject), f"going to {verb.en}"
    whole, past = verb.en, verb.past
    if form in _LEADS:
        lead, past = _LEADS[form]
        whole, past = f"{lead} to {verb.en}", f"{past} to {verb.en}"
    if questioned or negated:
        return "did" if form == "past" else "does" if subject.third else "do", whole
    if form == "past":
        return past, ""
    return third_person(whole) if subject.third else whole, ""
