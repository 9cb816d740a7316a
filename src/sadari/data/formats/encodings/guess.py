"""In which encoding bytes are that are not UTF-8: the one whose decoded text looks most like a language.

Nearly any bytes decode in several encodings, so that they decode proves little. Each encoding's text is scored as
each language that is written in it: the logarithm of the probability of its characters, of their company (a letter
with an accent stands within a word of ASCII letters, a Hangul syllable among others), and a fine for each byte that
cannot be decoded. The scores are probabilities of the same bytes, so they can be compared.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from sadari.data.formats.encodings.languages import LANGUAGES, Language

_TAKEN = frozenset(("utf-8", "cp949", "euc_kr", "gb18030", "cp950", "cp932", "euc_jp", "cp1252"))
"""The encodings that are taken without asking; others have too many brothers that read nearly alike."""

_NEEDED = 5.0  # how much likelier than any other reading, in logarithms: 150 times
_LESS_USUAL = 1.3  # how much rarer than usual in the language the characters of a text may be on average
_ASCII = -3.0  # what a character of ASCII costs, where another encoding makes it half of something else
_UNDECODABLE = -25.0
_SECOND_CODEC = -1.0
_OLD = {"mac-roman": 6.0, "cp850": 6.0, "mac-cyrillic": 4.0, "cp866": 2.0}  # how much rarer they are by now
_MOST_UNDECODABLE = 0.02  # of what is not ASCII: a damaged file may still be told for what it is
_IN_UTF8 = -4.0  # bytes that are UTF-8 by chance are rare, whatever they mean
_MOST_NAMED = 4
_NAMES = {
    "cp932": "CP932 (Shift-JIS)",
    "cp950": "CP950 (Big5)",
    "gb18030": "GB18030 (GBK)",
    "euc_jp": "EUC-JP",
    "euc_kr": "EUC-KR",
}
_WORDS = re.compile(r"[^\W\d_]*[^\x00-\x7f\s]\w*")
_ELIDED = re.compile(r"[A-Za-z]’(?:s|t|re|ve|ll|d|m)\b|\b(?:[cdjlmnst]|qu)’[A-Za-zÀ-ÿ]", re.IGNORECASE)
_WITHIN_WORDS = "’‘´·-\xa0\xad"
_OPENING = "„‚¿¡"


@dataclass(frozen=True)
class Reading:
    """A sample as an encoding decodes it, and how much it looks like a language.

    Attributes:
        codec: Python's name of the encoding.
        language: which it looks like, or which family of them; empty for UTF-8.
        score: the higher, the likelier.
        undecodable: whether bytes of it cannot be decoded.
        text: the sample, decoded.
        plausible: whether its characters are about as usual as in texts of the language.
    """

    codec: str
    language: str
    score: float
    undecodable: bool
    text: str
    plausible: bool

    def words(self, most: int = 3) -> str:
        """A few of its words that are not ASCII."""
        words = dict.fromkeys(word[:12] for word in _WORDS.findall(self.text[:20_000]))
        return " ".join(list(words)[:most])


def shown_name(codec: str) -> str:
    """An encoding's name as users know it: CP949 for cp949."""
    return _NAMES.get(codec, codec.upper())


def judge(sample: bytes) -> tuple[Reading | None, list[Reading]]:
    """In which encoding a sample is, and which come into question.

    Args:
        sample: bytes that are not valid UTF-8.

    Returns:
        The reading that is beyond doubt, or None; and all that come into question, the likeliest first.
    """
    readings = _readings(sample)
    best = readings[0]
    rival = next((other for other in readings if other.text != best.text), None)
    clear = rival is None or best.score - rival.score >= _NEEDED
    possible = [reading for reading in readings if not reading.undecodable]
    distinct: dict[str, Reading] = {}
    for reading in possible:
        distinct.setdefault(reading.text, reading)
    taken = clear and best.plausible and best.codec in _TAKEN
    return best if taken else None, list(distinct.values())[:_MOST_NAMED]


def looks_like_language(text: str) -> bool:
    """Whether the characters of a text that are not ASCII are about as usual as in some language; true of none."""
    read = _Text(text)
    return not read.foreign.any() or any(_reading(read, language, "", 0.0).plausible for language in LANGUAGES)


def _readings(sample: bytes) -> list[Reading]:
    """One for each encoding, as the language it looks most like; the best first."""
    texts: dict[str, _Text] = {}
    best: dict[str, Reading] = {}
    for language in LANGUAGES:
        for place, codec in enumerate(language.codecs):
            if codec not in texts:
                texts[codec] = _Text(sample.decode(codec, "replace"))
            reading = _reading(texts[codec], language, codec, _SECOND_CODEC * place - _OLD.get(codec, 0.0))
            if codec not in best or reading.score > best[codec].score:
                best[codec] = reading
    text = _Text(sample.decode("utf-8", "replace"))
    score = text.flaws + _IN_UTF8 * int(text.foreign.sum())
    best["utf-8"] = Reading("utf-8", "", score, True, text.text, text.undecodable <= text.foreign.sum())
    return sorted(best.values(), key=lambda reading: -reading.score)


def _reading(text: _Text, language: Language, codec: str, start: float) -> Reading:
    logs = language.table[text.codes[text.foreign]]
    company = text.latin_company if language.latin else text.script_company(language.touching)
    score = start + language.prior + text.flaws + float(logs.sum(dtype=np.float64)) + company
    usual, spread = language.usual
    some = max(1, len(logs))
    least = usual - _LESS_USUAL - 3 * spread / np.sqrt(some)
    plausible = len(logs) > 0 and bool(logs.mean() >= least) and text.undecodable <= 1 + _MOST_UNDECODABLE * some
    return Reading(codec, language.kind, score, text.undecodable > 0, text.text, plausible)


class _Text:
    """A decoded sample as arrays: which characters are not ASCII, and what stands beside them."""

    def __init__(self, text: str) -> None:
        self.text = text
        codes = np.frombuffer(text.encode("utf-32-le", "replace"), "<u4")
        self.codes = np.minimum(codes, 0xFFFF)
        wrong = codes == 0xFFFD
        self.undecodable = int(wrong.sum())
        self.foreign = (codes >= 0x80) & ~wrong
        self.flaws = _UNDECODABLE * self.undecodable + _ASCII * int((codes < 0x80).sum())
        self._letter, self._lower, self._upper, self._apart, self._opening = (mask[self.codes] for mask in _kinds())

    @cached_property
    def latin_company(self) -> float:
        """How usual the neighbours are, where what is not ASCII are letters with accents, and marks."""
        letters = self.foreign & self._letter
        alone = letters & ~_before(self._letter) & ~_after(self._letter)
        inside = self.foreign & _before(self._letter) & (self._apart & _after(self._letter) | self._opening)
        alike = -3.0 * _count(letters & _before(letters)) - 3.0 * _count(alone)
        return alike - 4.0 * _count(inside) + self._case + self._elided

    def script_company(self, touch: float) -> float:
        """The same for a script of its own, where it costs `touch` that a letter touches one of ASCII."""
        following = _count(self.foreign & _before(self.foreign))
        ends = _count(self.foreign) - following
        ascii_letters = self._letter & ~self.foreign
        letters = self.foreign & self._letter
        touching = _count(letters & _before(ascii_letters)) + _count(letters & _after(ascii_letters))
        return -0.3 * following - 1.4 * ends + touch * touching + self._case

    @property
    def _elided(self) -> float:
        """What stands beside an apostrophe is easily guessed: isn’t, l’eau."""
        return 3.0 * len(_ELIDED.findall(self.text)) if "’" in self.text else 0.0

    @cached_property
    def _case(self) -> float:
        """A large letter does not follow a small one."""
        return -5.0 * _count(self._upper & _before(self._lower) & (self.foreign | _before(self.foreign)))


@cache
def _kinds() -> list[NDArray[np.bool_]]:
    """For each character below U+10000: is it a letter, a small one, a large one, what parts words, or opens them?"""
    characters = [chr(code) for code in range(1 << 16)]

    def parts(c: str) -> bool:
        return not c.isalpha() and c not in _WITHIN_WORDS and not unicodedata.combining(c)

    tests = (str.isalpha, str.islower, str.isupper, parts, _OPENING.__contains__)
    return [np.fromiter(map(test, characters), bool, 1 << 16) for test in tests]


def _before(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether the character before each is in the mask."""
    return np.concatenate((np.zeros(1, bool), mask[:-1]))


def _after(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.concatenate((mask[1:], np.zeros(1, bool)))


def _count(mask: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(mask))
