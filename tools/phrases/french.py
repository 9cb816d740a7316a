"""French: elision, articles and their contractions, agreement, conjugation, negation."""

from __future__ import annotations

from phrases.words import PERSONS, Adjective, Form, Gender, Noun, NounPhrase, Subject, Verb

NUMBERS = {2: "deux", 3: "trois", 4: "quatre", 5: "cinq"}
_VOWELS = "aàâeéèêëiîïoôuùûœh"  # an h is mute here, but for these
_ASPIRATED = ("haut", "huit")
_AVOIR = dict(zip(PERSONS, ("ai", "a", "avons", "avez", "ont"), strict=True))
_ÊTRE = dict(zip(PERSONS, ("suis", "est", "sommes", "êtes", "sont"), strict=True))
_LEADS = {
    "future": ("vais", "va", "allons", "allez", "vont"),
    "want": ("veux", "veut", "voulons", "voulez", "veulent"),
    "must": ("dois", "doit", "devons", "devez", "doivent"),
    "like": ("aime", "aime", "aimons", "aimez", "aiment"),
    "can": ("sais", "sait", "savons", "savez", "savent"),
}
_POSSESSIVES = {
    "je": ("mon", "ma", "mes"),
    "il": ("son", "sa", "ses"),
    "nous": ("notre", "notre", "nos"),
    "vous": ("votre", "votre", "vos"),
    "ils": ("leur", "leur", "leurs"),
}


def elides(words: str) -> bool:
    """Whether le, de, je, ne, que lose their vowel before these words."""
    return words[0].lower() in _VOWELS and not words.startswith(_ASPIRATED)


def short(word: str, words: str) -> str:
    """``de`` and its kind before words: ``d'eau``, ``de lait``."""
    return f"{word[:-1]}'{words}" if elides(words) else f"{word} {words}"


def at(words: str) -> str:
    """``à`` before a noun phrase: au, aux, à la, à l'."""
    for article, both in (("le ", "au "), ("les ", "aux ")):
        if words.startswith(article):
            return both + words.removeprefix(article)
    return f"à {words}"


def of(words: str) -> str:
    """``de`` before a noun phrase: du, des, de la, d'un."""
    for article, both in (("le ", "du "), ("les ", "des ")):
        if words.startswith(article):
            return both + words.removeprefix(article)
    return short("de", words)


def plural(noun: Noun) -> str:
    """The plural of a noun."""
    return noun.fr_plural or _with_s(noun.fr)


def _with_s(word: str) -> str:
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith(("eau", "eu")) and word != "bleu":
        return word + "x"
    return word + "s"


def agree(adjective: Adjective, gender: Gender, *, plural: bool, before: str = "") -> str:
    """The adjective's form.

    Args:
        before: the word that follows, where the adjective stands before its noun (``un bel oiseau``).
    """
    if adjective.invariable or adjective.avoir:
        return adjective.m
    word = adjective.m if gender == "m" else adjective.f
    if plural:
        return _with_s(word)
    if gender == "m" and before and adjective.m_vowel and elides(before):
        return adjective.m_vowel
    return word


def noun_phrase(thing: NounPhrase, owner: Subject | None = None, *, negated: bool = False) -> str:
    """``une pomme``, ``du lait``, ``de belles fleurs``; under a negation ``de lait``."""
    many = thing.plural or thing.number > 1
    words = plural(thing.noun) if many else thing.noun.fr
    first = False
    if thing.adjective:
        first = thing.adjective.before
        form = agree(thing.adjective, thing.noun.gender, plural=many, before=words if first else "")
        words = f"{form} {words}" if first else f"{words} {form}"
    if thing.number > 1:
        return f"{NUMBERS[thing.number]} {words}"
    gender: Gender = thing.noun.gender
    if thing.determiner in ("the", "all"):
        return definite(words, gender, plural=many)
    if thing.determiner == "this":
        return f"{_this(words, gender, plural=many)} {words}"
    if thing.determiner == "own" and owner is not None:
        return f"{possessive(owner, words, gender, plural=many)} {words}"
    if thing.determiner == "none":
        return words
    if negated or (many and first):
        return short("de", words)
    if thing.determiner == "a" and not many:
        return f"{'un' if gender == 'm' else 'une'} {words}"
    return f"des {words}" if many else of(definite(words, gender, plural=False))


def definite(words: str, gender: Gender, *, plural: bool) -> str:
    """le, la, l', les before a noun and its adjectives."""
    return f"les {words}" if plural else short("le" if gender == "m" else "la", words)


def possessive(owner: Subject, words: str, gender: Gender, *, plural: bool) -> str:
    """mon, ma, mes, …; ``mon`` too before a feminine that begins with a vowel."""
    masculine, feminine, many = _POSSESSIVES[owner.person]
    if plural:
        return many
    return masculine if gender == "m" or (elides(words) and masculine != "leur") else feminine


def _this(words: str, gender: Gender, *, plural: bool) -> str:
    if plural:
        return "ces"
    if gender == "f":
        return "cette"
    return "cet" if elides(words) else "ce"


def present(verb: Verb, person: str) -> str:
    """The present of the verb's first word."""
    if verb.present:
        return verb.present.split()[PERSONS.index(person)]
    stem = verb.fr.split(" ")[0].removesuffix("er")
    if person == "nous":
        return {"g": f"{stem}eons", "c": f"{stem[:-1]}çons"}.get(stem[-1], f"{stem}ons")
    return stem + {"je": "e", "il": "e", "vous": "ez", "ils": "ent"}[person]


def participle(verb: Verb, subject: Subject) -> str:
    """The past participle; with être it agrees with the subject."""
    word = verb.participle or verb.fr.split(" ")[0].removesuffix("er") + "é"
    if not verb.être:
        return word
    return word + "e" * (subject.gender == "f") + "s" * subject.plural


def predicate(subject: Subject, verb: Verb, form: Form) -> tuple[str, str]:
    """The finite verb, which ne … pas encloses, and what follows: ``("ai", "bu")``, ``("veux", "boire")``."""
    after = verb.fr.split(" ")[1:]
    if form == "present":
        return present(verb, subject.person), " ".join(after)
    if form == "past":
        auxiliary = (_ÊTRE if verb.être else _AVOIR)[subject.person]
        return auxiliary, " ".join([participle(verb, subject), *after])
    return _LEADS[form][PERSONS.index(subject.person)], verb.fr


def statement(subject: Subject, finite: str, rest: str, *, negated: bool = False, adverb: str = "") -> str:
    """``je ne bois pas``, ``j'ai souvent bu``."""
    core = f"{short('ne', finite)} pas" if negated else finite
    core = short("je", core) if subject.person == "je" else f"{subject.fr} {core}"
    return " ".join(word for word in (core, adverb, rest) if word)


def question(said: str) -> str:
    """A statement as a question, without the mark."""
    return f"est-ce {short('que', said)}"


def be(subject: Subject) -> str:
    """suis, est, sommes, êtes, sont."""
    return _ÊTRE[subject.person]


def have(subject: Subject) -> str:
    """ai, a, avons, avez, ont."""
    return _AVOIR[subject.person]
