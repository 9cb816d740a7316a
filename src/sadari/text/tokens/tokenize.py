"""Tokenizers: from a column of texts to tokens, by name.

=============  ==================================================================================================
name           tokens
=============  ==================================================================================================
characters     every character, as it is
whitespace     what stands between white space, as it is (``str.split``)
words          runs of two or more letters, digits and ``_``, lower-cased: scikit-learn's default ``\\b\\w\\w+\\b``
basic_english  torchtext's: lower-cased; ``. , ( ) ! ? '`` stand alone; ``; : " <br />`` go
syllables      letters and digits as in ``words``, single ones too; punctuation as in ``basic_english``; words of
               Hangul, Han, kana or Thai are cut into one to three of their characters, overlapping:
               "영화를!" → 영 영화 영화를 화 화를 를 !
morphemes      Korean morphemes by Kiwi (needs ``sadari[ko]``), lower-cased
regex:…        what a regular expression of your own finds, as it is: ``regex:\\b\\w+\\b``
=============  ==================================================================================================

Each text is composed first (NFC), whatever stands beside it. A mark belongs to the letter before it: a vowel sign, an
accent that composes with nothing, a joiner (`sadari.text.tokens.scan.MARK`); `characters` alone takes it for one of its
own.

Lower-casing is ``str.lower``'s (İ → i̇, a final Σ → ς). Polars does it, whose Unicode tables may be newer than this
Python's: it then also lowers capitals that Python does not know yet (55 between Unicode 14 and 17, of rare scripts).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Annotated, Any

import numpy as np
import polars as pl

from sadari.artifact import guarded
from sadari.errors import DataError, MissingExtraError, SettingError
from sadari.forked import uses, without_polars
from sadari.messages import Message, message
from sadari.settings.limits import Choice, shown
from sadari.text.column import as_column, column_bytes, one_by_one
from sadari.text.tokens.compose import composed, composed_bytes
from sadari.text.tokens.pattern import check_pattern, found_tokens, pattern_of
from sadari.text.tokens.scan import (
    ALONE,
    DROP,
    PART,
    SEPARATOR,
    TAG,
    Rules,
    Tokens,
    scan,
)

STANDING = ".,()!?'"  # punctuation that basic_english and syllables keep, each as a token
MORPHEME_END = "\x1f"  # unit separator: stands between morphemes, in no text that a person wrote


@dataclass(frozen=True, repr=False)
class Tokenizer:
    """A named way to cut texts into tokens. Make one with `tokenizer`."""

    name: str
    rules: Rules
    lowercase: bool
    prepare: Callable[[pl.Series], pl.Series] | None = None

    def __call__(self, texts: Any) -> Tokens:
        """Tokens of a column (a Polars Series or any sequence of strings)."""
        column, content, offsets = composed_bytes(as_column(texts))
        if self.prepare is not None:
            column = self.prepare(column)
            content, offsets = column_bytes(column)
        if self.lowercase and len(content) and content.max() >= 128 and not _lower_already(column):
            # the scanner lower-cases ASCII by itself; the rest of Unicode is work for Polars, on the whole column
            content, offsets = column_bytes(_lowered(column))
        return scan(content, offsets, self.rules)

    def __repr__(self) -> str:
        return f"tokenizer({self.name!r})"

    def __reduce__(self) -> Any:
        """A model's user may pickle it: by its name, for Kiwi cannot be, and is made anew where it is needed."""
        own = TOKENIZERS.get(self.name)
        known = pattern_of(self.name) is not None or (own is not None and self is own())
        return (tokenizer, (self.name,)) if known else super().__reduce__()

    def tokenize(self, text: str) -> list[str]:
        """The tokens of one text."""
        return self([text]).to_lists()[0]


def tokenizer(name: str) -> Tokenizer:
    r"""The tokenizer of that name.

    Args:
        name: one of `TOKENIZERS`; or ``regex:`` and a regular expression, of which every match is a token:
            ``tokenizer(r"regex:\b\w+\b")``. It is one of Rust's `regex`, without look-around, whose time grows with
            the text's length and no faster.

    Raises:
        SettingError: no such tokenizer, or an expression that cannot be used.
        MissingExtraError: ``morphemes`` without kiwipiepy.
    """
    pattern = pattern_of(name)
    if pattern is not None:
        check_pattern(pattern)
        return _by_pattern(pattern)
    if not isinstance(name, str) or name not in TOKENIZERS:
        raise SettingError(
            message("there is no tokenizer {shown}", shown=shown(name)),
            hint=message(
                "choose one of: auto, {tokenizers}, or a regular expression such as {example}",
                tokenizers=", ".join(TOKENIZERS),
                example=r"regex:\b\w+\b",
            ),
        )
    return TOKENIZERS[name]()


def _ascii_table(classify: Callable[[str], int]) -> np.ndarray:
    return np.array([classify(chr(code)) for code in range(128)], dtype=np.uint8)


_AS_IS = np.arange(128, dtype=np.uint8)
_LOWER = np.array([ord(chr(code).lower()) for code in range(128)], dtype=np.uint8)


def _other(other: int, space: int, word: int) -> np.ndarray:
    return np.array([other, space, word, word, other], dtype=np.uint8)  # a mark without a letter is like other signs


def _basic_class(character: str) -> int:
    if character.isspace() or character in ";:":
        return SEPARATOR
    if character in STANDING:
        return ALONE
    return {'"': DROP, "<": TAG}.get(character, PART)


def _word_class(character: str) -> int:
    return PART if character.isalnum() or character == "_" else SEPARATOR


@cache
def _characters() -> Tokenizer:
    return Tokenizer("characters", Rules(_ascii_table(lambda _: ALONE), _AS_IS, _other(ALONE, ALONE, ALONE)), False)


@cache
def whitespace(*, lowercase: bool = False) -> Tokenizer:
    """What stands between white space, as it is or lower-cased."""
    table = _ascii_table(lambda c: SEPARATOR if c.isspace() else PART)
    rules = Rules(table, _LOWER if lowercase else _AS_IS, _other(PART, SEPARATOR, PART))
    return Tokenizer("whitespace", rules, lowercase)


@cache
def whole(*, lowercase: bool = False) -> Tokenizer:
    """Every text as one token, with all its spaces; an empty one has none."""
    rules = Rules(_ascii_table(lambda _: PART), _LOWER if lowercase else _AS_IS, _other(PART, PART, PART))
    return Tokenizer("whole", rules, lowercase)


@cache
def _words() -> Tokenizer:
    rules = Rules(_ascii_table(_word_class), _LOWER, _other(SEPARATOR, SEPARATOR, PART), min_chars=2)
    return Tokenizer("words", rules, True)


@cache
def _basic_english() -> Tokenizer:
    return Tokenizer("basic_english", Rules(_ascii_table(_basic_class), _LOWER, _other(PART, SEPARATOR, PART)), True)


@cache
def _syllables() -> Tokenizer:
    # punctuation tells a question from a statement: it is worth a point of accuracy on Korean chat (docs/korean.md)
    table = _ascii_table(lambda c: ALONE if c in STANDING else _word_class(c))
    rules = Rules(table, _LOWER, _other(SEPARATOR, SEPARATOR, PART), pieces=(1, 3))
    return Tokenizer("syllables", rules, True)


def _lower_already(column: pl.Series) -> bool:
    """Whether a few texts are known to have no capitals but those of ASCII.

    A call on a column waits for one of Polars' threads: for a text alone that is most of its time, and on a busy
    machine a hundred times all the rest. A character that this Python does not know is left to Polars.
    """
    if not one_by_one(column):
        return False
    seen = {character for text in column.to_list() for character in set(text) if character >= "\x80"}
    return all(character.lower() == character and unicodedata.category(character) != "Cn" for character in seen)


def _lowered(column: pl.Series) -> pl.Series:
    if without_polars():
        return pl.Series("text", [text.lower() for text in column.to_list()], pl.String)
    return column.str.to_lowercase()


@cache
def _morphemes() -> Tokenizer:
    try:
        from kiwipiepy import Kiwi
    except ImportError as error:
        raise MissingExtraError(message("the tokenizer 'morphemes'"), "ko") from error
    with guarded(message("the tokenizer 'morphemes' cannot be started"), hint=message("install kiwipiepy again")):
        kiwi = Kiwi(num_workers=1)

    def prepare(column: pl.Series) -> pl.Series:
        uses("Kiwi")
        with guarded(message("the tokenizer 'morphemes' cannot read a text"), kind=DataError):
            found = [MORPHEME_END.join(token.form for token in tokens) for tokens in kiwi.tokenize(column.to_list())]
        return pl.Series("text", found, pl.String)

    table = _ascii_table(lambda c: SEPARATOR if c == MORPHEME_END else PART)
    return Tokenizer("morphemes", Rules(table, _LOWER, _other(PART, PART, PART)), True, prepare)


@lru_cache(64)
def _by_pattern(pattern: str) -> Tokenizer:
    table = _ascii_table(lambda c: SEPARATOR if c == MORPHEME_END else PART)

    def prepare(column: pl.Series) -> pl.Series:
        return found_tokens(column, pattern, MORPHEME_END)

    return Tokenizer(f"regex:{pattern}", Rules(table, _AS_IS, _other(PART, PART, PART)), False, prepare)


TOKENIZERS: dict[str, Callable[[], Tokenizer]] = {
    "characters": _characters,
    "whitespace": whitespace,
    "words": _words,
    "basic_english": _basic_english,
    "syllables": _syllables,
    "morphemes": _morphemes,
}


def is_tokenizer(name: object) -> bool:
    """Whether `tokenizer` has one of that name."""
    try:
        tokenizer(name)  # type: ignore[arg-type]
    except MissingExtraError:
        return True
    except SettingError:
        return False
    return True


class NamedOrPattern(Choice):
    """The name of a tokenizer, or ``regex:`` and a regular expression that can be used."""

    @property
    def said(self) -> Message:
        return message("one of {texts}, or regex: and a regular expression", texts=", ".join(self.texts))

    def allows(self, value: Any) -> bool:
        return super().allows(value) or (pattern_of(value) is not None and is_tokenizer(value))


TokenizerName = Annotated[str, NamedOrPattern(("auto", *TOKENIZERS))]  # of the settings that name one


def unseen_share(name: str) -> Callable[[pl.Series], float]:
    """What measures, for one tokenizer, the share (0 to 1) of a column's characters that end up in no token.

    White space does not count. For the audit: a tokenizer that cannot see a third of the texts is the wrong one.
    """
    chosen = tokenizer(name)
    whole = Tokenizer(chosen.name, replace(chosen.rules, pieces=(0, 0)), chosen.lowercase, chosen.prepare)

    def share(column: pl.Series) -> float:
        column = composed(column)
        visible = int(column.str.replace_all(r"\s+", "").str.len_chars().sum())
        tokens = whole(column)
        leads = np.concatenate([[0], np.cumsum(tokens.content & 0xC0 != 0x80)])
        seen = int((leads[tokens.starts + tokens.lengths] - leads[tokens.starts]).sum())
        return max(0.0, 1 - seen / visible) if visible else 0.0

    return share


def such_as(sample: Sequence[str]) -> Message:
    """Where training texts are, for errors, by some of them."""
    shown = ", ".join(repr(text[:60]) for text in sample)
    return message("training texts such as {texts}", texts=shown or message("(none)"))


def no_tokens(name: str, sample: Sequence[str]) -> DataError:
    """What to say of texts in which a tokenizer finds nothing.

    Args:
        name: of the tokenizer.
        sample: some of the texts.
    """
    what = message("no text has anything that the tokenizer {name!r} takes for a token", name=name)
    return DataError(what, where=such_as(sample), hint=message("try --tokenizer characters"))
