"""Subwords: words cut into the pieces that stand in the training texts most often (BPE, Sennrich et al. 2016)."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from sadari.artifact import guarded, parse_json
from sadari.artifact.restore import object_in
from sadari.artifact.strict_json import parse_object
from sadari.artifact.weights import TOKENIZER
from sadari.errors import DataError
from sadari.messages import Message, message
from sadari.ragged import Ragged, offsets_of
from sadari.text.column import as_column

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIALS = ("<pad>", "<unk>", "<s>", "</s>")  # of ids 0, 1, 2 and 3; no text is ever cut into one of them
SPACE = "▁"  # what stands for the space before a word
NOT_MADE = message("the tokenizer cannot be put together")
NOT_LEARNED = message("no tokenizer can be learned of the texts")
MOST = 2**20  # entries of a vocabulary, and merges


class Subwords:
    """A vocabulary of subwords, and the merges that make them, over the Rust `tokenizers`.

    White space is one space, and punctuation stands by itself. A character that was not in the training texts is
    ``<unk>``.

    Args:
        pieces: the subwords by id, `SPECIALS` first.
        merges: pairs of subwords, in the order in which they are put together.
        lowercase: texts are lower-cased.

    Attributes:
        pad_id: the id of padding, 0.
        unknown_id: the id of characters that were not in the training texts, 1.
        start_id: the id of a text's start, 2.
        end_id: the id of a text's end, 3.
    """

    pad_id, unknown_id, start_id, end_id = range(4)

    def __init__(self, pieces: Sequence[str], merges: Sequence[tuple[str, str]], *, lowercase: bool = False) -> None:
        self.pieces, self.merges, self.lowercase = list(pieces), [(left, right) for left, right in merges], lowercase
        if tuple(self.pieces[: len(SPECIALS)]) != SPECIALS or len(set(self.pieces)) != len(self.pieces):
            raise DataError(
                message("subwords must begin with {specials}, and each stand there once", specials=", ".join(SPECIALS))
            )

    @classmethod
    def train(cls, columns: Iterable[pl.Series], *, size: int = 8000, lowercase: bool = False) -> Subwords:
        """Learn subwords from texts.

        Args:
            columns: String columns of texts.
            size: entries at most.
            lowercase: lower-case the texts.

        Raises:
            DataError: there is nothing in the texts.
        """
        from tokenizers import trainers

        with guarded(NOT_LEARNED, kind=DataError):
            fresh = _tokenizer(None, lowercase)
            trainer = trainers.BpeTrainer(
                vocab_size=size, min_frequency=2, special_tokens=list(SPECIALS), show_progress=False
            )
            fresh.train_from_iterator((text for column in columns for text in column), trainer)
            learned = json.loads(fresh.to_str())["model"]
        pieces = sorted(learned["vocab"], key=learned["vocab"].get)
        if len(pieces) == len(SPECIALS):
            raise DataError(message("there are no words in the texts"))
        return cls(pieces, [tuple(pair) for pair in learned["merges"]], lowercase=lowercase)

    def __len__(self) -> int:
        return len(self.pieces)

    def size_note(self, asked: int | None) -> Message | None:
        """Why there are not as many as were asked for; None where there are, or nobody asked."""
        letters = sum(len(piece) == 1 for piece in self.pieces)
        kept = message("each of the texts' {letters:,} different characters is kept", letters=letters)
        return size_note(len(self), asked, kept)

    # -- texts and ids ----------------------------------------------------------------------------------

    def encode(self, texts: Any) -> Ragged:
        """Ids of texts, without start or end."""
        column = as_column(texts)
        with guarded(message("the tokenizer cannot read a text")):
            ids = [entry.ids for entry in self._engine.encode_batch_fast(column.to_list(), add_special_tokens=False)]
        values = np.fromiter((piece for row in ids for piece in row), np.int32, sum(map(len, ids)))
        return Ragged(values, offsets_of([len(row) for row in ids]))

    def decode(self, rows: Iterable[Sequence[int]]) -> list[str]:
        """Texts of ids; `SPECIALS` are left out."""
        first = len(SPECIALS)
        joined = ("".join(self.pieces[id] for id in row if id >= first) for row in rows)
        return [" ".join(text.replace(SPACE, " ").split()) for text in joined]

    def words(self, ids: Sequence[int]) -> list[tuple[str, int]]:
        """The words that ids make up, each with the number of its ids.

        A word goes on until a space or punctuation; ``</s>`` and ``<unk>`` are words of their own.
        """
        words: list[tuple[str, int]] = []
        may_go_on = False
        for id in ids:
            piece, special = self.pieces[id], id < len(SPECIALS)
            text = piece if special else piece.replace(SPACE, "")
            alone = special or piece.startswith(SPACE) or _is_mark(text)
            # an empty word is the space before a mark or an unknown character
            if may_go_on and (not alone or (words[-1][0] == "" and id != self.end_id)):
                words[-1] = (words[-1][0] + text, words[-1][1] + 1)
            else:
                words.append((text, 1))
            may_go_on = not special and not _is_mark(text)
        return words

    # -- saving -----------------------------------------------------------------------------------------

    def to_json(self) -> str:
        """The ``tokenizer.json`` that `tokenizers.Tokenizer.from_file` reads, too."""
        with guarded(message("the tokenizer cannot be written")):
            return self._engine.to_str(pretty=False)

    @classmethod
    def from_json(cls, text: str) -> Subwords:
        """The subwords of a ``tokenizer.json`` that `to_json` wrote.

        What a stranger's file asks for is not run: its vocabulary and merges are taken, and must make the same file.

        Raises:
            ValueError, ModelError: it is another kind of tokenizer, or not whole.
        """
        said = parse_object(text.encode(), TOKENIZER)
        model = object_in(said, "model")
        pieces, merges = pieces_by_id(model.get("vocab")), merges_of(model.get("merges"))
        subwords = cls(pieces, merges, lowercase='"Lowercase"' in text)
        if parse_json(subwords.to_json().encode()) != said:
            raise DataError(message("the tokenizer is not one that was trained here"))
        return subwords

    @cached_property
    def _engine(self) -> Tokenizer:
        return _tokenizer(self, self.lowercase)


def _is_mark(text: str) -> bool:
    """Whether a subword is punctuation or another sign that stands by itself."""
    return len(text) == 1 and unicodedata.category(text)[0] in "PS"


def _tokenizer(subwords: Subwords | None, lowercase: bool) -> Tokenizer:
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    unknown = SPECIALS[Subwords.unknown_id]
    with guarded(NOT_MADE):
        if subwords is None:
            engine = Tokenizer(models.BPE(unk_token=unknown))
        else:
            vocabulary = {piece: id for id, piece in enumerate(subwords.pieces)}
            engine = Tokenizer(models.BPE(vocabulary, subwords.merges, unk_token=unknown))
        parts = [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
        engine.normalizer = normalizers.Sequence([*parts, *([normalizers.Lowercase()] if lowercase else [])])
        engine.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()])
        engine.decoder = decoders.Metaspace()
    return engine


def size_note(size: int, asked: int | None, kept: Message) -> Message | None:
    """Why a vocabulary has not the size that was asked for; None where it has, or nobody asked.

    Args:
        size: of the vocabulary.
        asked: at most.
        kept: what is in it in any case, as a sentence.
    """
    if asked is None or size == asked:
        return None
    why = kept if size > asked else message("no other pieces stand in the texts often enough")
    return message("{size:,} subwords where {asked:,} were asked for: {why}", size=size, asked=asked, why=why)


def pieces_by_id(vocabulary: Any) -> list[str]:
    """The pieces of a ``tokenizer.json``'s vocabulary, in the order of their ids.

    Raises:
        ValueError: it is no such vocabulary.
    """
    if not isinstance(vocabulary, Mapping) or not len(SPECIALS) < len(vocabulary) <= MOST:
        raise DataError(message("the tokenizer's vocabulary is no object of subwords"))
    pieces: list[str] = [""] * len(vocabulary)
    for piece, id in vocabulary.items():
        if type(id) is not int or not 0 <= id < len(pieces) or pieces[id] or not piece:
            raise DataError(message("the tokenizer's ids are not the numbers from 0 on"))
        pieces[id] = piece
    return pieces


def merges_of(merges: Any) -> list[tuple[str, str]]:
    """The pairs of subwords that are put together, in this order.

    Raises:
        DataError: they are something else.
    """
    if not isinstance(merges, list) or len(merges) > MOST or not all(map(_is_pair, merges)):
        raise DataError(message("the merges are no list of pairs of subwords"))
    return [(pair[0], pair[1]) for pair in merges]


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) and part for part in pair)
