"""Readings of subword tokenizers, whose own file goes with the model, and of words that have vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sadari.artifact import guarded
from sadari.errors import SettingError
from sadari.messages import message
from sadari.text.long_texts import HEAD_SHARE
from sadari.text.reading.reading import Reading
from sadari.text.reading.rules import tokenizer_rules
from sadari.text.subword.pretrained import SubwordTokenizer
from sadari.text.tokens.tokenize import Tokenizer

NO_LIMIT = 2**31 - 1


def subword_reading(
    pieces: SubwordTokenizer,
    room: int,
    *,
    way: str = "head",
    ends: bool = True,
    lowercase: bool = False,
    dropped: int | None = None,
    files: Mapping[str, str],
) -> Reading:
    """The ids of a text's subword tokens, in order.

    Args:
        pieces: the tokenizer.
        room: tokens of a text itself that are read.
        way: which of a longer text's, of `sadari.text.long_texts.WAYS`.
        ends: whether those that stand round every text are put on.
        lowercase: whether texts are lower-cased first.
        dropped: the id that is left out; None: none.
        files: that go with the model as they are, ``tokenizer.json`` among them.

    Raises:
        SettingError: long texts are read in windows, which one call of a graph cannot.
    """
    if way == "windows":
        raise SettingError(
            message("the model reads long texts in windows, and an export reads each text once"),
            hint=message("train with --set long_texts=head+tail"),
        )
    before, after = pieces.ends if ends else ((), ())
    step: dict[str, Any] = {
        "do": "subwords",
        "most": room,
        "head": room if way == "head" else max(1, int(room * HEAD_SHARE)),
        "before": list(before),
        "after": list(after),
        "padding": pieces.pad_id,
        "lowercase": lowercase,
        "sigma": _lowers_sigma(files["tokenizer.json"]),
        "dropped": dropped,
        "unknown": pieces.unknown_id if ends else None,  # a text of nothing else has no ids
    }
    return Reading([step], files={name: text.encode() for name, text in files.items()})


def _lowers_sigma(tokenizer: str) -> bool:
    """Whether a tokenizer lower-cases one letter after another, to which a word's last sigma is as any other.

    JavaScript looks at the whole word; its reader must know that this one does not.
    """
    from tokenizers import Tokenizer as Engine

    with guarded(message("the tokenizer cannot be read")):
        normalizer = Engine.from_str(tokenizer).normalizer
        return normalizer is not None and normalizer.normalize_str("\u0391\u03a3").endswith("\u03c3")


def words_reading(tokenizer: Tokenizer, words: list[str], most: int | None) -> Reading:
    """The rows of a text's words; those without one are left out.

    Args:
        tokenizer: cuts the texts.
        words: by row.
        most: words that are read of a text; None: all.
    """
    step = {"do": "words", "tokenizer": tokenizer_rules(tokenizer), "most": most or NO_LIMIT}
    return Reading([step], {"words": words})
