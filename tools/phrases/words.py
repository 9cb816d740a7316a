"""What the lexicon is made of: words that know their three forms, and how they agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Gender = Literal["m", "f"]
Determiner = Literal["a", "some", "the", "all", "this", "own", "none"]
"""a: a, un, –. some: –, du or des, –. the: the, le, –. all, of a whole kind: –, le or les, –. this: this, ce, 이.
own, the subject's: my, mon, –. none: –, –, –. (Korean leaves out what is plain from the context.)"""
Form = Literal["present", "past", "future", "want", "must", "like", "can"]
"""drinks, drank, is going to drink, wants to drink, has to drink, likes to drink, can drink."""

PERSONS = ("je", "il", "nous", "vous", "ils")
"""The order of French forms."""


@dataclass(frozen=True)
class Noun:
    """A noun; plurals are given where they are irregular. `counter` is what Korean counts it in."""

    en: str
    fr: str
    gender: Gender
    ko: str
    counter: str = "개"
    en_plural: str = ""
    fr_plural: str = ""


@dataclass(frozen=True)
class Adjective:
    """An adjective.

    Args:
        en: English. m, f: French masculine and feminine singular.
        ko: the Korean stem; ``/ㅂ`` marks an irregular one; ``=빨간색`` a noun, which takes 이에요.
        noun_form: what stands before a Korean noun, where it is not made from the stem.
        before: whether it stands before a French noun. m_vowel: the masculine before a vowel.
        avoir: whether French has it (``avoir faim``) and not is it.
        invariable: whether French never inflects it.
    """

    en: str
    m: str
    f: str
    ko: str
    noun_form: str = ""
    before: bool = False
    m_vowel: str = ""
    avoir: bool = False
    invariable: bool = False


@dataclass(frozen=True)
class Verb:
    """A verb.

    Args:
        en, past: English; what follows the first word is not inflected (``listen to``).
        fr: the infinitive; what follows the first word is not inflected (``avoir besoin``).
        ko: the Korean stem; ``/ㄷ``, ``/ㅂ`` and ``/르`` mark irregular ones.
        present: French forms in the order of `PERSONS`; empty for regular verbs in -er.
        participle: of the French past; empty for regular verbs in -er.
        preposition: what French puts before the object. être: whether that is the auxiliary of the past.
        subject_particle: whether Korean marks the object as a subject, 이/가.
    """

    en: str
    past: str
    fr: str
    ko: str
    present: str = ""
    participle: str = ""
    preposition: Literal["", "à", "de"] = ""
    être: bool = False
    subject_particle: bool = False


@dataclass(frozen=True, eq=False)
class Subject:
    """Who does it.

    Args:
        en, fr, ko: as they stand in the middle of a sentence.
        person: a French person, see `PERSONS`. gender: of adjectives; speakers and the one spoken to count as
            masculine. plural: of adjectives and nouns.
        kind: for what it can do.
    """

    en: str
    fr: str
    ko: str
    person: Literal["je", "il", "nous", "vous", "ils"]
    gender: Gender
    kind: Literal["pronoun", "adult", "child", "animal", "thing"] = "pronoun"

    @property
    def plural(self) -> bool:
        """Whether adjectives take the plural; ``vous`` is one person here."""
        return self.person in ("nous", "ils")

    @property
    def third(self) -> bool:
        """Whether English verbs take -s."""
        return self.person == "il"


@dataclass(frozen=True)
class NounPhrase:
    """A noun with what stands before it."""

    noun: Noun
    determiner: Determiner = "a"
    plural: bool = False
    adjective: Adjective | None = None
    number: int = 1  # 2 to 5: two books, deux livres, 책 두 권


@dataclass(frozen=True)
class Adverbial:
    """A time, a place or a manner, the same whatever it stands with."""

    en: str
    fr: str
    ko: str


@dataclass(frozen=True)
class Action:
    """A verb with its object, and what is natural to say of it.

    Args:
        uses: letters, explained in `phrases.actions`.
        ko: the Korean stem where it is not the verb's own. places, times: where and when it is done.
    """

    verb: Verb
    thing: NounPhrase | None
    uses: str
    ko: str = ""
    places: tuple[str, ...] = ()
    times: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """The Korean stem."""
        return self.ko or self.verb.ko
