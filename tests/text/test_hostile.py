"""Texts made to be slow: a megabyte of them costs about what a megabyte of news costs.

The bound is generous, for it tells a loop that grows with the length from one that grows with its square, which at this
size is a million times as slow; it does not measure speed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from sadari.ragged import Ragged
from sadari.text.ngrams import NgramTable
from sadari.text.table import TokenTable
from sadari.text.tokens.tokenize import tokenizer

SIZE = 1_000_000  # bytes
FACTOR = 40
HOSTILE = {
    "open tags": "<",
    "tags that fail at their end": "<br /<br /",
    "a quote in every tag": '<"b"r" "/"',
    "one tag of quotes": "<" + '"' * SIZE,
    "many tags of quotes": "<" + '"' * 1_000,
    "quotes": '"',
    "apostrophes": "'",
    "white space": " ",
    "wide spaces": "\u2028\u3000\x85",
    "one word": "a",
    "one long syllabic word": "가",
    "a Latin word that one syllable makes dense": "가" + "a" * SIZE,
    "final sigmas": "Σ",
    "sigmas among case-ignorable characters": "Σ''''Σ....",
    "one sigma before a million dots": "aΣ" + "." * SIZE,
    "one sigma after a million dots": "." * (SIZE - 9) + "Σ",
    "letters that grow when lowered": "İȺ",
    "combining marks": "a\u0301\u0301\u0301",
    "emoji": "😀\u200d",
    "zero bytes": "\0",
}


def filled(unit: str) -> str:
    """The unit again and again, up to `SIZE` bytes."""
    return (unit * (SIZE // len(unit.encode()) + 1)).encode()[:SIZE].decode(errors="ignore")


def benign() -> str:
    return filled("Oil prices soared to an all-time record, posing a new menace to the economy; it wasn't over. ")


def seconds(work: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    work(text)
    return time.process_time() - start


def slow_ones(work: Callable[[str], object]) -> dict[str, float]:
    """Kinds of hostile text that cost far more than news, in three tries."""
    work("news, and \u201cmore\u201d")  # compiles
    allowed = FACTOR * min(seconds(work, benign()) for _ in range(3))
    slow = {}
    for kind, unit in HOSTILE.items():
        text = filled(unit)
        tries = (seconds(work, text) for _ in range(3))
        if all(taken > allowed for taken in tries):
            slow[kind] = allowed
    return slow


@pytest.mark.parametrize("name", ["characters", "whitespace", "words", "basic_english", "syllables"])
def test_hostile_text_is_tokenized_in_linear_time(name: str) -> None:
    assert slow_ones(lambda text: tokenizer(name)([text])) == {}


@pytest.mark.parametrize("name", ["characters", "basic_english", "syllables"])
def test_hostile_tokens_are_learned_and_joined_in_linear_time(name: str) -> None:
    cut = tokenizer(name)

    def learn(text: str) -> None:
        tokens, words, grams = cut([text]), TokenTable(), NgramTable(3)
        ids = Ragged(words.learn(tokens), tokens.offsets)
        grams.learn(ids, len(words))
        grams.look_up(ids)

    assert slow_ones(learn) == {}
