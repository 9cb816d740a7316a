"""The characters of a column of texts: which scripts, how much of each, and which ought not to be there.

Everything is read off one histogram of code points, so a column costs one pass whatever is asked of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

# Scripts that put no spaces between words, inside [] of a regular expression.
WITHOUT_SPACES = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"

PIECE = 4_000_000  # code points worked on at once: some 100 MB at the widest step

# The first word of a letter's Unicode name is its script, for these.
_SCRIPTS = {
    name.upper(): name
    for name in (
        *(
            "Latin",
            "Greek",
            "Cyrillic",
            "Armenian",
            "Georgian",
            "Hebrew",
            "Arabic",
            "Syriac",
            "Thaana",
            "Ethiopic",
        ),
        *(
            "Devanagari",
            "Bengali",
            "Gurmukhi",
            "Gujarati",
            "Oriya",
            "Tamil",
            "Telugu",
            "Kannada",
            "Malayalam",
        ),
        *("Sinhala", "Thai", "Lao", "Tibetan", "Myanmar", "Khmer", "Mongolian", "Cherokee", "Yi"),
        *("Hangul", "Hiragana", "Katakana", "Bopomofo"),
    )
} | {"CJK": "Han"}

# A character of these is a syllable or a word, so a few of them say as much as many letters.
DENSE_SCRIPTS = frozenset({"Hangul", "Han", "Hiragana", "Katakana"})


@dataclass(frozen=True)
class _Odd:
    """Something that rarely belongs in a text. Both patterns are regular expressions."""

    name: str
    pattern: str
    only_if: str  # matches a character without which the pattern cannot match


# Soft hyphen, zero-width space, marks of direction, word joiner and its kin, byte order mark. The joiners
# are not among them: Persian, Indic scripts and emoji need those.
_INVISIBLE = "\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_ODD = (
    _Odd("replacement character", "\ufffd", "\ufffd"),
    _Odd("wrongly decoded", "â€|Ã[\u0080-\u00bf]|Â[\u00a0-\u00bf]|占쏙옙|ï»¿|ï¿½", "[ÃÂâï占]"),
    _Odd("control character", f"[{_CONTROL}]", f"[{_CONTROL}]"),
    _Odd("private-use character", r"\p{Co}", r"\p{Co}"),
    _Odd("invisible character", f"[{_INVISIBLE}]", f"[{_INVISIBLE}]"),
    _Odd(
        "HTML entity",
        r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});|#\d{2,5};|\b(?:quot|amp|nbsp|apos|lt|gt);",
        ";",
    ),
    _Odd("HTML tag", r"</?[A-Za-z][^<>]{0,200}>", "<"),
    _Odd("backslash", r"\\", r"\\"),
)


@dataclass(frozen=True)
class Histogram:
    """How often each code point occurs, in code point order."""

    points: np.ndarray  # uint32 [distinct]
    counts: np.ndarray  # int64 [distinct]

    def characters(self) -> list[str]:
        """The distinct characters, in code point order."""
        return list(self.points.tobytes().decode("utf-32-le"))


def histogram(texts: pl.Series) -> Histogram:
    """Count the code points of a String column; nulls count as empty."""
    totals = np.zeros(0x110000, np.int64)
    for piece in pieces(texts.str.len_chars().fill_null(0).to_numpy(), PIECE):
        found = np.bincount(code_points(texts[piece]))
        totals[: len(found)] += found
    points = np.flatnonzero(totals)
    return Histogram(points.astype("<u4"), totals[points])


def code_points(texts: pl.Series) -> np.ndarray:
    """All characters of the column, uint32 [sum of lengths]; the texts follow one another unmarked."""
    joined = texts.str.join("").item() if len(texts) else ""
    return np.frombuffer(joined.encode("utf-32-le"), "<u4")


def pieces(lengths: np.ndarray, limit: int) -> Iterator[slice]:
    """Cut rows of these lengths into runs of at most ``limit`` in all; a longer row is a run of its own."""
    ends = np.cumsum(lengths, dtype=np.int64)
    start, done = 0, 0
    while start < len(lengths):
        stop = max(start + 1, int(np.searchsorted(ends, done + limit, side="right")))
        yield slice(start, stop)
        start, done = stop, int(ends[stop - 1])


def script_of(character: str) -> str | None:
    """The script of a letter, or of a mark that one script has; None for digits, punctuation and the like."""
    category = unicodedata.category(character)[0]
    if category not in "LM":
        return None
    first, *rest = unicodedata.name(character, "").replace("-", " ").split(" ")
    if first in ("FULLWIDTH", "HALFWIDTH") and rest:
        first = rest[0]
    return _SCRIPTS.get(first, "Other" if category == "L" else None)


def script_shares(counted: Histogram) -> dict[str, float]:
    """Script → its share of the letters, largest first; the shares add up to 1, or the dict is empty."""
    totals: dict[str, int] = {}
    for character, count in zip(counted.characters(), counted.counts.tolist(), strict=True):
        script = script_of(character)
        if script:
            totals[script] = totals.get(script, 0) + count
    letters = sum(totals.values())
    return {script: count / letters for script, count in sorted(totals.items(), key=lambda item: (-item[1], item[0]))}


def odd_characters(texts: pl.Series, counted: Histogram) -> dict[str, pl.Series]:
    """What is found → Boolean column, true for the texts that have it; only what some text has is listed.

    Args:
        texts: String, no nulls.
        counted: the histogram of these texts; it spares a search for what cannot be there.
    """
    present = pl.Series(counted.characters(), dtype=pl.String)
    found = {odd.name: texts.str.contains(odd.pattern) for odd in _ODD if present.str.contains(odd.only_if).any()}
    # Hangul from macOS file names comes apart into jamo, and then equals no word that was typed.
    if counted.points.size and counted.points[-1] > 0x7F:
        found["not NFC"] = texts.str.normalize("NFC") != texts
    return {name: mask for name, mask in found.items() if mask.any()}
