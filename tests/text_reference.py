"""What the text tests compare with: the definitions in plain Python, one text at a time, and real and random texts."""

from __future__ import annotations

import contextlib
import csv
import os
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import strategies as st

from sadari.data import datasets
from sadari.errors import DataError
from sadari.text.tokens.scan import DENSE, character_kinds

OFFICIAL_TRAIN_BYTES = 29_470_338

# Characters that Python's Unicode tables do not know yet may have a small letter in Polars' newer ones.
assigned = st.characters(codec="utf-8", exclude_categories=("Cn", "Cs"))

awkward = st.sampled_from(
    [
        "<br />",
        "<BR />",
        '<b"r />',
        '<BR "/>',
        "<br / >",
        "<br/>",
        "<",
        "<br",
        "br />",
        "b",
        "r",
        "/>",
        '"',
        "'",
        ".",
        ",",
        "(",
        ")",
        "!",
        "?",
        ";",
        ":",
        " ",
        "\t",
        "\n",
        "\r",
        "\x1c",
        "\x1f",
        "\x85",
        "\u00a0",
        "\u2028",
        "\u3000",
        "\u200b",
        "\ufeff",
        "\0",
        "_",
        "-",
        "İ",
        "I",
        "ı",
        "Σ",
        "ΑΣ",
        "Σ'",
        "ς",
        "ß",
        "ẞ",
        "\u212a",
        "Å",
        "Ⱥ",
        "é",
        "e\u0301",
        "\u0301",
        "²",
        "½",
        "٣",
        "Ⅷ",
        "가",
        "나다",
        "漢",
        "か",
        "ไทย",
        "가a",
        "\U00020000",
        "😀",
        "👩‍👩‍👧",
        "❤\ufe0f",
        "👍🏽",
        "a",
        "Ab",
        "word",
        "9",
        "कि",
        "की",
        "क्\u200dष",
        "க்",
        "কো",
        "ที่",
        "ກຳ",
        "ကျွန်ုပ်",
        "ខ្មែរ",
        "שָׁלוֹם",
        "كِتَاب",
        "می\u200cخواهم",
        "q\u0323\u0307",
        "\u0307\u0323",
        "\u1112\u1161\u11ab",
        "\u11ab",
        "e\u0302\u0301",
        "か\u3099",
        "\u212b",
        "\u037e",
        "\u200d",
        "\u200c",
        "\ufe0f",
        "\u0903",
        "\u20e3",
    ]
)

texts = st.lists(st.one_of(awkward, awkward, assigned), max_size=30).map("".join)
columns_of_texts = st.lists(texts, max_size=8)

_TORCHTEXT = [
    (re.compile(pattern), replacement)
    for pattern, replacement in [
        (r"\'", " '  "),
        (r"\"", ""),
        (r"\.", " . "),
        (r"<br \/>", " "),
        (r",", " , "),
        (r"\(", " ( "),
        (r"\)", " ) "),
        (r"\!", " ! "),
        (r"\?", " ? "),
        (r"\;", " "),
        (r"\:", " "),
        (r"\s+", " "),
    ]
]


# What belongs to the letter before it: Unicode's marks, the joiners, skin tones, the letters of flags.
MARKS = "".join(
    character
    for character in map(chr, (*range(0xD800), *range(0xE000, 0x110000)))
    if unicodedata.category(character) in ("Mn", "Mc", "Me")
    or character in "\u200c\u200d"
    or 0x1F3FB <= ord(character) < 0x1F400
    or 0xE0020 <= ord(character) < 0xE0080
)


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def basic_english(text: str) -> list[str]:
    """torchtext's `basic_english`, by its definition: lower-case, then these replacements in this order, then split."""
    text = composed(text).lower()
    for pattern, replacement in _TORCHTEXT:
        text = pattern.sub(replacement, text)
    return text.split()


WORD = rf"\w[\w{MARKS}]+"


def words(text: str) -> list[str]:
    """scikit-learn's default tokens, ``\\b\\w\\w+\\b``, of letters with their marks."""
    return re.findall(WORD, composed(text).lower())


def characters(text: str) -> list[str]:
    return list(composed(text))


def whitespace(text: str) -> list[str]:
    return composed(text).split()


def syllables(text: str) -> list[str]:
    """Words, those with a letter of a dense script cut into one to three letters, each with its marks."""
    kinds = character_kinds()
    found = []
    for word in re.findall(rf"\w[\w{MARKS}]*|[.,()!?']", composed(text).lower()):
        dense = any(ord(c) >= 128 and kinds[ord(c)] == DENSE for c in word)
        found += pieces(re.findall(rf".[{MARKS}]*", word)) if dense else [word]
    return found


def pieces(letters: Sequence[str]) -> list[str]:
    """One to three letters from each place of a word."""
    ends = [(i, i + n) for i in range(len(letters)) for n in range(1, min(3, len(letters) - i) + 1)]
    return ["".join(letters[start:end]) for start, end in ends]


DEFINITIONS = {
    "characters": characters,
    "whitespace": whitespace,
    "words": words,
    "basic_english": basic_english,
    "syllables": syllables,
}


def fnv1a(token: str) -> int:
    """32-bit FNV-1a as fastText computes it: each byte is sign-extended before it is mixed in."""
    h = 2166136261
    for byte in token.encode():
        h = (h ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619 % 2**32
    return h


def fasttext_buckets(tokens: list[str], longest: int, buckets: int) -> list[int]:
    """The buckets of a text's n-grams of 2 to ``longest`` words: ``Dictionary::addWordNgrams`` in whole numbers."""
    hashes = [h - 2**32 if h >= 2**31 else h for h in map(fnv1a, tokens)]
    found = []
    for i, first in enumerate(hashes):
        h = first
        for other in hashes[i + 1 : i + longest]:
            h = (h * 116049371 + other) % 2**64
            found.append(h % buckets)
    return found


def fasttext_pieces(word: str, shortest: int, longest: int, buckets: int) -> list[int]:
    """The buckets of a word's runs of characters: ``Dictionary::computeSubwords``."""
    if word == "</s>":
        return []
    full = f"<{word}>"
    runs = [
        full[first:end]
        for first in range(len(full))
        for end in range(first + shortest, min(first + longest, len(full)) + 1)
        if (first, end) not in ((0, 1), (len(full) - 1, len(full)))  # "<" and ">" by themselves
    ]
    return [fnv1a(run) % buckets for run in runs]


def _texts_of(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as lines:
        return [" ".join(row[1:]) for row in csv.reader(lines)]


@cache
def ag_news(split: str) -> list[str]:
    """Title and description, joined by one space as torchtext joins them; read by Python's csv."""
    folder = os.environ.get("SADARI_DATA")
    path = Path(folder or ".", "ag_news", f"{split}.csv")
    if not folder or not path.is_file():
        pytest.skip("AG News is not in $SADARI_DATA")
    return _texts_of(path)


@cache
def official_ag_news_train() -> list[str]:
    """The 120,000 texts of the official training file, where this machine has it."""
    candidates = [Path(os.environ.get("SADARI_DATA", "."), "ag_news", "train.csv")]
    with mock.patch.dict(os.environ):
        os.environ.pop("SADARI_DATA", None)
        with contextlib.suppress(DataError):
            candidates.append(datasets.find("ag_news").train)
    for path in candidates:
        if path.is_file() and path.stat().st_size == OFFICIAL_TRAIN_BYTES:
            return _texts_of(path)
    pytest.skip("the official 120,000-row AG News train.csv is not on this machine (sadari data fetch ag_news)")
