"""A pre-trained model's own tokenizer: whole columns of texts to ids of word pieces, over the Rust `tokenizers`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import polars as pl

from sadari.artifact import guarded
from sadari.artifact.strict_json import parse_object
from sadari.artifact.weights import TOKENIZER
from sadari.errors import DataError
from sadari.messages import message
from sadari.ragged import Ragged, offsets_of
from sadari.text.subword.tokenizer_file import MOST_PIECES, WRONG_SIZE, check_description
from sadari.text.tokens.compose import composed

MOST_ROUND = 64  # pieces round a text; two are usual
UNKNOWN = "ꙮ 𐎀 ᚠ 🜁"  # of scripts that next to no tokenizer has: what it does not know must not stop it


@dataclass(frozen=True)
class SubwordTokenizer:
    """A tokenizer with the pieces that it puts round every text.

    Attributes:
        engine: a `tokenizers.Tokenizer` that neither cuts nor pads.
        pad_id: what stands after shorter texts.
        unknown_id: of what the tokenizer has no piece for; None: there is no such thing (pieces of bytes).
    """

    engine: Any
    pad_id: int
    unknown_id: int | None

    @classmethod
    def read(cls, content: str, pad_id: Any, unknown_id: Any) -> SubwordTokenizer:
        """The tokenizer of a ``tokenizer.json``.

        Raises:
            ValueError, ModelError: it is none, or the two ids are not among its own.
        """
        from tokenizers import Tokenizer

        check_description(parse_object(content.encode(), TOKENIZER))
        with guarded(message("the tokenizer cannot be read")):
            engine = Tokenizer.from_str(content)
        return cls.of(engine, pad_id, unknown_id)

    @classmethod
    def restored(cls, content: str, said: Mapping[str, Any]) -> SubwordTokenizer:
        """The tokenizer of a model folder.

        Args:
            content: of its ``tokenizer.json``.
            said: what the folder says of it: ``pad_id``, ``unknown_id`` and, as ``tokenizer``, its kind.

        Raises:
            DataError, ModelError: as `read`, or it is of another kind.
        """
        made = cls.read(content, said.get("pad_id"), said.get("unknown_id"))
        if said.get("tokenizer") != made.kind:
            raise DataError(message("the tokenizer is of another kind than the model says: {kind}", kind=made.kind))
        return made

    @classmethod
    def of(cls, engine: Any, pad_id: Any, unknown_id: Any) -> SubwordTokenizer:
        """A `tokenizers.Tokenizer`, which is changed to neither cut nor pad.

        Raises:
            ValueError: an id that is not one of its own. ModelError: it fails on texts.
        """
        with guarded(message("the tokenizer cannot be read")):
            engine.no_truncation()
            engine.no_padding()
            size = engine.get_vocab_size(with_added_tokens=True)
        if not 0 < size <= MOST_PIECES:
            raise DataError(WRONG_SIZE.filled(size=size))
        for name, number in (("pad", pad_id), ("unknown", unknown_id)):
            if number is None and name == "unknown":
                continue
            if type(number) is not int or not 0 <= number < MOST_PIECES:
                raise DataError(message("the tokenizer's {name} id is {number!r:.40}", name=name, number=number))
        pieces = cls(engine, pad_id, unknown_id)
        with guarded(message("the tokenizer fails on what it does not know")):
            engine.encode(UNKNOWN, add_special_tokens=False)
        if pieces.extra > MOST_ROUND:
            raise DataError(
                message(
                    "the tokenizer puts {extra:,} pieces round every text; {most_round} is the limit",
                    extra=pieces.extra,
                    most_round=MOST_ROUND,
                )
            )
        if max(pieces.round_ids, default=0) >= MOST_PIECES:
            raise DataError(
                message("the tokenizer puts the id {round_ids:,} beside a text", round_ids=max(pieces.round_ids))
            )
        return pieces

    @cached_property
    def kind(self) -> str:
        """``wordpiece``, ``bpe``, ``unigram`` or ``wordlevel``."""
        return type(self.engine.model).__name__.lower()

    @cached_property
    def largest_id(self) -> int:
        """The largest id that a text can have in it."""
        with guarded(message("the tokenizer cannot be read")):
            return max(self.engine.get_vocab(with_added_tokens=True).values(), default=-1)

    @cached_property
    def ends(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The ids put before and after every text, such as ``[CLS]`` and ``[SEP]``."""
        with guarded(message("the tokenizer cannot read a text")):
            bare = self.engine.encode("a", add_special_tokens=False).ids
            whole = self.engine.encode("a", add_special_tokens=True).ids
        start = next((i for i in range(len(whole) + 1) if whole[i : i + len(bare)] == bare), 0) if bare else 0
        return tuple(whole[:start]), tuple(whole[start + len(bare) :])

    @property
    def round_ids(self) -> tuple[int, ...]:
        """All ids that are put round a text."""
        return (*self.ends[0], *self.ends[1])

    @property
    def extra(self) -> int:
        """How many ids are put round every text."""
        return len(self.round_ids)

    def encode(self, column: pl.Series) -> Ragged:
        """Ids of the composed (NFC) texts, whole, without what is put round them."""
        with guarded(message("the tokenizer cannot read a text")):
            texts = composed(column).to_list()
            rows = [entry.ids for entry in self.engine.encode_batch_fast(texts, add_special_tokens=False)]
        lengths = [len(row) for row in rows]
        return Ragged(np.fromiter(chain.from_iterable(rows), np.int32, sum(lengths)), offsets_of(lengths))

    def closed(self, ids: Ragged) -> Ragged:
        """The ids with those round every text put on."""
        before, after = self.ends
        count, lengths = len(ids), ids.lengths
        offsets = offsets_of(lengths + self.extra)
        values = np.empty(offsets[-1], np.int32)
        inside = np.ones(len(values), np.bool_)
        for place, number in enumerate(before):
            values[offsets[:-1] + place] = number
            inside[offsets[:-1] + place] = False
        for place, number in enumerate(reversed(after), 1):
            values[offsets[1:] - place] = number
            inside[offsets[1:] - place] = False
        values[inside] = ids.values
        assert len(offsets) == count + 1
        return Ragged(values, offsets)

    def known(self, ids: Ragged) -> np.ndarray:
        """bool [n]: whether there is a piece in the text that is not the unknown one."""
        known = np.ones(len(ids.values), np.bool_) if self.unknown_id is None else ids.values != self.unknown_id
        before = np.concatenate([[0], np.cumsum(known)])
        return np.diff(before[ids.offsets]) > 0

    def words(self, text: str) -> Iterator[tuple[int, str, str]]:
        """Each piece of a text: the number of the word that it is part of, the piece, and what it stands for there."""
        with guarded(message("the tokenizer cannot read a text")):
            found = self.engine.encode(text, add_special_tokens=False)
            parts = list(zip(found.word_ids, found.tokens, found.offsets, strict=True))
        for place, (word, piece, (start, stop)) in enumerate(parts):
            yield (place if word is None else word), piece, text[start:stop]
