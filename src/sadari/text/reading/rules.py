"""A tokenizer's rules as data: what each character is, how capitals are lowered, how words are cut."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import polars as pl

from sadari.errors import SettingError
from sadari.messages import message
from sadari.text.tokens.pattern import pattern_of
from sadari.text.tokens.scan import character_kinds
from sadari.text.tokens.tokenize import Tokenizer


def tokenizer_rules(tokenizer: Tokenizer) -> dict[str, Any]:
    """The rules of a tokenizer, for JSON.

    Raises:
        SettingError: a library cuts the texts, which no data can say.
    """
    if pattern_of(tokenizer.name) is not None:
        raise SettingError(
            message(
                "the tokenizer {name!r} is a regular expression, which each language reads in a way of its own",
                name=tokenizer.name,
            ),
            hint=message("train with --tokenizer words, or another that has a name"),
        )
    if tokenizer.prepare is not None:
        raise SettingError(
            message("the tokenizer {name!r} is a library, Kiwi, and cannot go with a model", name=tokenizer.name),
            hint=message("train with --tokenizer syllables, which reads Korean as well"),
        )
    rules = tokenizer.rules
    return {
        "name": tokenizer.name,
        "lowercase": tokenizer.lowercase,
        "ascii": rules.ascii_class.tolist(),
        "lower": rules.lower.tolist(),
        "other": rules.other_class.tolist(),
        "shortest": rules.min_chars,
        "pieces": list(rules.pieces),
    }


@cache
def character_runs() -> list[list[int]]:
    """Runs of characters of one kind, as [first code point, kind]: `character_kinds` for JSON."""
    kinds = character_kinds()
    starts = np.concatenate([[0], np.flatnonzero(np.diff(kinds)) + 1])
    return [[int(start), int(kinds[start])] for start in starts]


@cache
def newer_capitals() -> dict[str, str]:
    """Capitals that Polars lowers and Python does not know as such yet."""
    codes = [code for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000]
    column = pl.Series("text", [chr(code) for code in codes], pl.String)
    pairs = zip(column.to_list(), column.str.to_lowercase().to_list(), strict=True)
    return {capital: small for capital, small in pairs if capital.lower() == capital != small}
