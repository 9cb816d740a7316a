"""Which tokenizers are plausible for some texts: by the scripts they are written in, and by what each can see of them.

``words`` is never among these: it sees no punctuation, no emoji and no single letter. Nor is ``morphemes``: Kiwi takes
seconds to start, and fifteen times as long as `syllables`, which does as well (``docs/korean.md``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.messages import Message, message
from sadari.text.tokens.compose import composed
from sadari.text.tokens.scan import DENSE, MARK, SPACE, WORD, character_kinds
from sadari.text.tokens.tokenize import STANDING, unseen_share

SAMPLE, LONGEST = 2_000, 1_000  # texts that are looked at, and characters of each
HANGUL = ((0x1100, 0x11FF), (0x3130, 0x318E), (0xA960, 0xA97C), (0xAC00, 0xD7FB))  # dense, but written with spaces
FEW_LETTERS = 0.2  # of what is not white space: below, most of it is signs
SOME, MOST, ALL_BUT_SOME = 0.1, 0.5, 0.9  # of the letters
SINGLE = 0.95  # of the texts: so many are single words where all are said to be
GLUED = 0.1  # of the words: above, signs that stand at words are worth a trial without them
UNSEEN = 0.1  # of what is not white space: a tokenizer that misses more of it is not plausible


@dataclass(frozen=True)
class Scripts:
    """What texts are written in.

    Attributes:
        letters: the share of letters and digits in what is not white space.
        dense: the share of the letters that are of scripts whose words are not dependably parted (Hangul, Han, Thai …).
        unspaced: the share of the letters that are of those that put no spaces between words: the same but for Hangul.
        glued: the share of the words that have a sign at them or in them which `basic_english` leaves there, such as
            ``#``, ``@``, ``/``, ``«`` or an emoji.
    """

    letters: float
    dense: float
    unspaced: float
    glued: float

    @classmethod
    def of(cls, texts: pl.Series) -> Scripts:
        """Look at some of the texts.

        Args:
            texts: a String column, of which about `SAMPLE` texts are looked at, evenly spaced.
        """
        joined = " ".join(_sample(texts).to_list())
        codes = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
        kinds = np.where(codes < 128, _ASCII[np.minimum(codes, 127)], character_kinds()[codes])
        letter = (kinds == WORD) | (kinds == DENSE)
        alphabetic = letter & ~((codes >= ord("0")) & (codes <= ord("9")))
        unspaced = kinds == DENSE
        for first, last in HANGUL:
            unspaced &= (codes < first) | (codes > last)
        return cls(
            _share(letter, kinds != SPACE),
            _share(kinds == DENSE, alphabetic),
            _share(unspaced, alphabetic),
            _glued(letter | (kinds == MARK), kinds, codes),
        )


def written_without_spaces(texts: pl.Series) -> bool:
    """Whether more than half of the letters are of scripts that put no spaces between words: Han, kana, Thai …

    Args:
        texts: a String column, of which a sample is looked at.
    """
    return Scripts.of(texts).unspaced > MOST


def single_words(texts: pl.Series) -> bool:
    """Whether the texts are single words, of letters alone and of scripts that put spaces between words: names, say.

    Args:
        texts: a String column, of which a sample is looked at.
    """
    single = _sample(texts).str.contains(r"^\s*[\p{L}\p{M}'’-]+\s*$")
    return bool(len(single)) and int(single.sum()) >= SINGLE * len(single) and Scripts.of(texts).dense < SOME


def plausible_tokenizers(texts: pl.Series) -> tuple[list[str], Message]:
    """The tokenizers that texts might be cut by, the likeliest first, and why it is.

    Args:
        texts: a String column, of which a sample is looked at.
    """
    found = Scripts.of(texts)
    if found.letters < FEW_LETTERS:
        return ["basic_english", "characters"], message("there are few letters, and it sees all signs")
    sees = unseen_share("syllables")(_sample(texts)) <= UNSEEN if found.dense >= SOME or found.glued >= GLUED else False
    if found.dense < SOME:
        spaced = message("words stand between spaces, and it sees all signs")
        return ["basic_english", *(["syllables"] if sees else [])], spaced
    unparted = message(
        "{share} % of the letters are of scripts that do not dependably part words", share=f"{100 * found.dense:.0f}"
    )
    if found.dense > ALL_BUT_SOME:
        return ["syllables", "characters"], unparted
    if sees or found.dense > MOST:
        return ["syllables", "basic_english", "characters"], unparted
    return ["basic_english", "characters"], message("there are signs in the texts that others do not see")


def _sample(texts: pl.Series) -> pl.Series:
    return composed(texts.gather_every(max(1, len(texts) // SAMPLE)).str.slice(0, LONGEST))


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
    return int(np.count_nonzero(part)) / max(1, int(np.count_nonzero(whole)))


def _glued(inside: NDArray[np.bool_], kinds: NDArray[np.uint8], codes: NDArray[np.uint32]) -> float:
    """The share of words (of letters, digits and marks) with a sign at either end that is none of `basic_english`'s."""
    edges = np.diff(inside.astype(np.int8), prepend=0, append=0)
    starts, ends = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    parted = np.isin(codes, _PARTING) | (kinds == SPACE)
    sign = np.concatenate([[False], ~(inside | parted), [False]])
    return int(np.count_nonzero(sign[starts] | sign[ends + 1])) / max(1, len(starts))


_PARTING = np.array([ord(sign) for sign in STANDING + ';:"'], np.uint32)
_ASCII = np.array([WORD if chr(c).isalnum() else SPACE if chr(c).isspace() else 0 for c in range(128)], np.uint8)
