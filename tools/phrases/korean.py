"""Korean: particles by the last sound, and the polite 해요 style, by arithmetic on Hangul syllables.

A syllable is 0xAC00 + (initial · 21 + vowel) · 28 + final; final 0 is none (Unicode, chapter 3.12).
"""

from __future__ import annotations

from phrases.words import Form, NounPhrase, Subject

NUMBERS = {2: "두", 3: "세", 4: "네", 5: "다섯"}
_BASE, _FINALS = 0xAC00, 28
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_N, _L, _M, _SS = 4, 8, 16, 20  # finals ㄴ ㄹ ㅁ ㅆ
_OPPOSITES = {"있": "없", "알": "모르/르"}
_MERGED = {"ㅗ": "ㅘ", "ㅜ": "ㅝ", "ㅣ": "ㅕ", "ㅚ": "ㅙ"}


def final(word: str) -> int:
    """The final consonant of the last syllable, 0 for none."""
    code = ord(word[-1]) - _BASE
    if not 0 <= code < 11172:
        raise ValueError(f"{word!r} does not end in a Hangul syllable")
    return code % _FINALS


def _vowel(syllable: str) -> str:
    return _VOWELS[(ord(syllable) - _BASE) // _FINALS % 21]


def _with_vowel(word: str, vowel: str) -> str:
    code = ord(word[-1]) - _BASE
    initial = code // (_FINALS * 21)
    return word[:-1] + chr(_BASE + (initial * 21 + _VOWELS.index(vowel)) * _FINALS)


def _with_final(word: str, consonant: int) -> str:
    """The word with another final consonant, 0 to drop it."""
    return word[:-1] + chr(ord(word[-1]) - final(word) + consonant)


def topic(word: str) -> str:
    """은 or 는."""
    return word + ("은" if final(word) else "는")


def subject(word: str) -> str:
    """이 or 가."""
    return word + ("이" if final(word) else "가")


def thing(word: str) -> str:
    """을 or 를."""
    return word + ("을" if final(word) else "를")


def copula(word: str) -> str:
    """이에요 or 예요."""
    return word + ("이에요" if final(word) else "예요")


def not_copula(word: str) -> str:
    """이/가 아니에요."""
    return f"{subject(word)} 아니에요"


def _stem(marked: str) -> tuple[str, str]:
    stem, _, irregular = marked.partition("/")
    return stem, irregular


def joined(marked: str) -> str:
    """The stem with 아 or 어, drawn together as in speech: 마시 → 마셔, 돕/ㅂ → 도와, 부르/르 → 불러."""
    stem, irregular = _stem(marked)
    if stem.endswith("하"):
        return stem[:-1] + "해"
    if irregular == "ㅂ":
        return _with_final(stem, 0) + ("와" if stem in ("돕", "곱") else "워")
    if irregular == "ㄷ":
        stem = _with_final(stem, _L)
    elif irregular == "르":
        before = _with_final(stem[:-1], _L)
        return before + ("라" if _vowel(before[-1]) in "ㅏㅗ" else "러")
    vowel = _vowel(stem[-1])
    if vowel == "ㅡ" and not final(stem):
        bright = len(stem) > 1 and stem[-2] != " " and _vowel(stem[-2]) in "ㅏㅗ"
        return _with_vowel(stem, "ㅏ" if bright else "ㅓ")
    if not final(stem):
        if vowel in "ㅏㅐㅓㅔㅕ":
            return stem
        if vowel in _MERGED:
            return _with_vowel(stem, _MERGED[vowel])
    return stem + ("아" if vowel in "ㅏㅑㅗ" else "어")


def _open(marked: str) -> str:
    """The stem as endings with 으 find it: 돕/ㅂ → 도우, 듣/ㄷ → 들으, 먹 → 먹으, 마시 → 마시, 살 → 살."""
    stem, irregular = _stem(marked)
    if irregular == "ㅂ":
        return _with_final(stem, 0) + "우"
    if irregular == "ㄷ":
        return _with_final(stem, _L) + "으"
    return stem if final(stem) in (0, _L) else stem + "으"


def before_noun(marked: str) -> str:
    """An adjective before a noun: 큰, 작은, 무거운, 긴; 있다 and its kin take 는."""
    stem, _ = _stem(marked)
    return stem + "는" if stem.endswith(("있", "없")) else _with_final(_open(marked), _N)


def _nominal(marked: str) -> str:
    """A verb before 것: 읽는, 만드는."""
    stem, _ = _stem(marked)
    return (_with_final(stem, 0) if final(stem) == _L else stem) + "는"


def verb(marked: str, form: Form, *, negated: bool = False, first_or_second: bool = True) -> str:
    """A verb or adjective in the polite style.

    Args:
        marked: the stem, with a mark if it is irregular.
        first_or_second: whether I or you want; of others Korean says that they show it (싶어 해요).
    """
    if negated and marked in _OPPOSITES:
        return verb(_OPPOSITES[marked], form, first_or_second=first_or_second)
    if negated and form == "want":
        return _stem(marked)[0] + ("고 싶지 않아요" if first_or_second else "고 싶어 하지 않아요")
    if negated and form == "can":
        return _with_final(_open(marked), _L) + " 수 없어요"
    if negated:
        return verb(f"{_stem(marked)[0]}지 않", form, first_or_second=first_or_second)
    if form == "past":
        return _with_final(joined(marked), _SS) + "어요"
    if form == "future":
        return _with_final(_open(marked), _L) + " 거예요"
    if form == "can":
        return _with_final(_open(marked), _L) + " 수 있어요"
    if form == "want":
        return _stem(marked)[0] + ("고 싶어요" if first_or_second else "고 싶어 해요")
    if form == "must":
        return joined(marked) + "야 해요"
    if form == "like":
        return _nominal(marked) + " 것을 좋아해요"
    return joined(marked) + "요"


def please(marked: str) -> str:
    """A request: 열어 주세요."""
    return joined(marked) + " 주세요"


def noun_phrase(thing: NounPhrase) -> str:
    """Determiner, adjective and noun; the number is for `counted`."""
    words = thing.noun.ko
    if thing.plural and thing.noun.counter in ("명", "마리") and thing.determiner != "all":
        words += "들"
    if thing.adjective:
        words = f"{adnominal(thing.adjective.noun_form, thing.adjective.ko)} {words}"
    return f"이 {words}" if thing.determiner == "this" else words


def adnominal(given: str, marked: str) -> str:
    """An adjective before a noun, from its stem unless it is given."""
    return given or before_noun(marked)


def counted(phrase: NounPhrase) -> str:
    """``두 권``: the number with what the noun is counted in; empty for one."""
    return f"{NUMBERS[phrase.number]} {phrase.noun.counter}" if phrase.number > 1 else ""


def wants_openly(who: Subject) -> bool:
    """Whether it is I, we or you who wants."""
    return who.person in ("je", "nous", "vous")
