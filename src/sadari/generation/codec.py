"""What a generator reads and writes: characters, words or subwords as ids, and ids as text again, nothing lost.

==========  =======================================================================================================
level       tokens
==========  =======================================================================================================
char        every character, as it is
word        runs of letters, digits and ``_``, and every other character, with the marks on it (an emoji with what is
            joined to it), each with the one space before it if there is one: ``"the cat,\\n"`` → ``the``, `` cat``,
            ``,``, ``\\n``
subword     byte-level BPE (Radford et al. 2019): what stands together most often in UTF-8, so that nothing is unknown
==========  =======================================================================================================

Texts are composed first (NFC).

Ids: ``<unk>`` is 0, ``<end>`` (the end of a text, and so what stands before the next) is 1, then come the labels that a
text may be asked for, then the tokens, of characters and words the most frequent first.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import ModelFiles, guarded, parse_json
from sadari.artifact.restore import read_words
from sadari.compiling import njit
from sadari.errors import DataError
from sadari.messages import Message, message
from sadari.ragged import Ragged, offsets_of
from sadari.text.column import as_column, slices
from sadari.text.subword.bpe import NOT_LEARNED, NOT_MADE, merges_of, size_note
from sadari.text.table import TokenTable, hash_slices
from sadari.text.tokens.compose import composed
from sadari.text.tokens.scan import ALONE, MARK, OTHER, PART, SPACE, Rules, Tokens, character_kinds, decode_character
from sadari.text.tokens.tokenize import Tokenizer
from sadari.text.vocab import UNKNOWN, Vocab

if TYPE_CHECKING:
    from tokenizers import Tokenizer as BytePairs

LEVELS = ("char", "word", "subword")
END = "<end>"
UNKNOWN_ID, END_ID = 0, 1
VOCABULARY, MERGES = "vocabulary.json", "merges.json"
MOST_WORDS, MOST_SUBWORDS = 10_000, 2_000  # where nobody says
PIECE_BYTES = 1 << 22
ZWJ = 0x200D


class TextCodec(Protocol):
    """Text ↔ ids."""

    level: str
    labels: list[str]

    def __len__(self) -> int:
        """Number of ids."""

    def encode(self, texts: pl.Series) -> Ragged:
        """Ids of texts, without ends and labels; `UNKNOWN_ID` for what is unknown."""

    @property
    def raw(self) -> list[bytes]:
        """What each id is written as in UTF-8; nothing for ``<unk>``, ``<end>`` and labels."""

    def unknown_in(self, text: str) -> list[str]:
        """The tokens of a text that are ``<unk>``, each once."""

    def size_note(self, asked: int | None) -> Message | None:
        """Why there are not as many tokens as were asked for, if that needs saying."""

    def state(self) -> dict[str, str]:
        """Text files of a model folder."""


def learn_codec(
    level: str, texts: pl.Series, *, labels: Sequence[str] = (), min_freq: int = 1, max_vocab: int | None = None
) -> TextCodec:
    """The coder of some texts.

    Args:
        level: of `LEVELS`.
        texts: String; the tokens are learned from them.
        labels: that a text may be asked for.
        min_freq: rarer tokens are unknown.
        max_vocab: the most tokens, the most frequent ones.

    Raises:
        DataError: there are fewer than two different tokens in them.
    """
    if level == "subword":
        return BytePieces.learn(texts, labels=labels, min_freq=min_freq, size=max_vocab or MOST_SUBWORDS)
    return Symbols.learn(level, texts, labels=labels, min_freq=min_freq, size=max_vocab)


def restored_codec(level: str, labels: Sequence[str], files: ModelFiles) -> TextCodec:
    """The coder of a model folder.

    Raises:
        ValueError, SettingError, ModelError: its vocabulary is not one of this level and labels.
    """
    head = _head(labels)
    tokens = read_words(files, head)
    if not all(tokens):
        raise DataError(message("the vocabulary has an empty word"))
    if level == "subword":
        return BytePieces.restored(tokens[len(head) :], parse_json(files.text(MERGES).encode()), labels)
    return Symbols(level, Vocab(tokens, specials=len(head)), labels)


class Written:
    """Ids turned into text as they come: bytes wait until they make up a character.

    Args:
        codec: whose ids they are.
    """

    def __init__(self, codec: TextCodec) -> None:
        self._raw = codec.raw
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def __call__(self, token: int) -> str:
        """What can be written now."""
        return self._decoder.decode(self._raw[token])

    def end(self) -> str:
        """What is left at the end: half a character is ``�``."""
        return self._decoder.decode(b"", final=True)


def decode(codec: TextCodec, ids: Iterable[int]) -> str:
    """The text of some ids."""
    raw = codec.raw
    return b"".join(raw[token] for token in ids).decode(errors="replace")


def _head(labels: Sequence[str]) -> list[str]:
    # no token of a text is as long as these: a label cannot be mistaken for one
    return [UNKNOWN, END, *(f"<label: {label}>" for label in labels)]


# -- characters and words -----------------------------------------------------------------------------------


def _rules(of_ascii: Any, of_others: Sequence[int]) -> Rules:
    table = np.array([of_ascii(chr(code)) for code in range(128)], np.uint8)
    return Rules(table, np.arange(128, dtype=np.uint8), np.array(of_others, np.uint8))


def _scan(level: str, texts: pl.Series) -> Tokens:
    if level == "char":
        return Tokenizer("char", _rules(lambda _: ALONE, [ALONE] * 5), lowercase=False)(texts)
    rules = _rules(lambda c: PART if c.isalnum() or c == "_" else ALONE, [ALONE, ALONE, PART, PART, ALONE])
    return _joined_to_spaces(_joined_to_marks(Tokenizer("word", rules, lowercase=False)(texts)))


def _joined_to_marks(tokens: Tokens) -> Tokens:
    """Every sign and the marks on it as one token; a mark on white space stands alone."""
    if not len(tokens) or int(tokens.content.max()) < 0xCC:  # with which the first mark begins
        return tokens
    joins = np.zeros(len(tokens), np.bool_)
    _find_joins(tokens.content, tokens.starts, tokens.offsets, character_kinds(), joins)
    lengths = np.add.reduceat(tokens.lengths, np.flatnonzero(~joins)).astype(np.int32)
    return _tokens_at(tokens, tokens.starts[~joins], lengths, ~joins)


@njit(cache=True, nogil=True)
def _find_joins(content, starts, offsets, kinds, joins):  # type: ignore[no-untyped-def]
    """Which tokens go on with the one before them: marks, and in a sequence of emoji what follows a joiner."""
    for t in range(len(offsets) - 1):
        blank, sign, before = True, False, np.int64(0)  # of the text's beginning; whether the token begins with a sign
        for i in range(offsets[t], offsets[t + 1]):
            code, _ = decode_character(content, starts[i])
            kind = kinds[code]
            joins[i] = not blank and (kind == MARK or (before == ZWJ and sign and code >= 0x80 and kind == OTHER))
            if not joins[i]:
                sign = code >= 0x80 and kind == OTHER
                blank = code <= 32 or kind == SPACE
            before = code


def _joined_to_spaces(tokens: Tokens) -> Tokens:
    """One space and what follows it as one token, unless that is white space, too."""
    if not len(tokens):
        return tokens
    first = tokens.content[tokens.starts]
    space = (first == 32) & (tokens.lengths == 1)
    last_of_text = np.zeros(len(tokens), bool)
    last_of_text[tokens.offsets[1:][np.diff(tokens.offsets) > 0] - 1] = True
    takes = space & ~last_of_text & ~np.append(first[1:] <= 32, True)
    taking = np.append(False, takes[:-1])
    starts, lengths = (tokens.starts - taking)[~takes], (tokens.lengths + taking)[~takes]
    return _tokens_at(tokens, starts.astype(np.int32), lengths.astype(np.int32), ~takes)


def _tokens_at(
    tokens: Tokens, starts: NDArray[np.int32], lengths: NDArray[np.int32], kept: NDArray[np.bool_]
) -> Tokens:
    """Other slices of the same bytes, one for each token that is kept."""
    before = np.append(0, np.cumsum(kept))
    hashes = hash_slices(tokens.content, starts, lengths)
    return Tokens(tokens.content, starts, lengths, hashes, before[tokens.offsets])


class Symbols:
    """Characters or words.

    Args:
        level: "char" or "word".
        vocab: the ids.
        labels: that a text may be asked for.
    """

    def __init__(self, level: str, vocab: Vocab, labels: Sequence[str] = ()) -> None:
        self.level, self.vocab, self.labels = level, vocab, list(labels)

    @classmethod
    def learn(cls, level: str, texts: pl.Series, *, labels: Sequence[str], min_freq: int, size: int | None) -> Symbols:
        table = TokenTable()
        for part in slices(texts, max_bytes=PIECE_BYTES):
            table.learn(_scan(level, part))
        head = _head(labels)
        most = size if size is not None or level == "char" else MOST_WORDS
        vocab, _ = Vocab.from_table(
            table, min_freq=min_freq, max_size=None if most is None else most + len(head), specials=head
        )
        if len(table) < 2 or len(vocab) == len(head):
            what = message("the text has nothing in it that stands there twice: there is nothing to learn")
            if len(table) == 1:
                what = message("the text has only {token!r} in it: there is nothing to learn", token=table.token(0))
            raise DataError(what)
        return cls(level, vocab, labels)

    def __len__(self) -> int:
        return len(self.vocab)

    def encode(self, texts: pl.Series) -> Ragged:
        parts = [self.vocab.encode(_scan(self.level, part)) for part in slices(texts, max_bytes=PIECE_BYTES)]
        return Ragged.concat(parts)

    @cached_property
    def raw(self) -> list[bytes]:
        head = len(self.labels) + 2
        return [b"" if place < head else token.encode() for place, token in enumerate(self.vocab.tokens)]

    def unknown_in(self, text: str) -> list[str]:
        tokens = _scan(self.level, as_column([text])).to_lists()[0]
        return [token for token in dict.fromkeys(tokens) if token not in self.vocab]

    def size_note(self, asked: int | None) -> Message | None:
        return None  # never more, and fewer where there are no others

    def state(self) -> dict[str, str]:
        return {VOCABULARY: json.dumps(self.vocab.tokens, ensure_ascii=False)}


# -- subwords -----------------------------------------------------------------------------------------------


def _byte_names() -> list[str]:
    """How `tokenizers` writes each byte as a character that can be seen: GPT-2's table."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    names = {byte: chr(byte) for byte in seen}
    others = (byte for byte in range(256) if byte not in names)
    names |= {byte: chr(256 + place) for place, byte in enumerate(others)}
    return [names[byte] for byte in range(256)]


class BytePieces:
    """Byte-level BPE, over the Rust `tokenizers`.

    Args:
        pieces: the subwords, bytes written as GPT-2 writes them.
        merges: pairs of them in the order of merging.
        labels: that a text may be asked for.
    """

    level = "subword"

    def __init__(self, pieces: Sequence[str], merges: Sequence[tuple[str, str]], labels: Sequence[str] = ()) -> None:
        self.pieces, self.merges, self.labels = list(pieces), list(merges), list(labels)
        self._first = 2 + len(self.labels)

    @classmethod
    def learn(cls, texts: pl.Series, *, labels: Sequence[str], min_freq: int, size: int) -> BytePieces:
        from tokenizers import pre_tokenizers, trainers

        if texts.len() == 0 or not texts.str.len_bytes().sum():
            raise DataError(message("there is no text to learn from"))
        engine = _engine()
        with guarded(NOT_LEARNED, kind=DataError):
            trainer = trainers.BpeTrainer(
                vocab_size=max(size, 256),
                min_frequency=max(2, min_freq),
                special_tokens=[],
                show_progress=False,
                initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            )
            engine.train_from_iterator(composed(texts), trainer)
            learned = json.loads(engine.to_str())["model"]
        pieces = sorted(learned["vocab"], key=learned["vocab"].get)
        return cls(pieces, [(pair[0], pair[1]) for pair in learned["merges"]], labels)

    @classmethod
    def restored(cls, pieces: list[str], merges: Any, labels: Sequence[str]) -> BytePieces:
        pairs = merges_of(merges)
        known = set(pieces)
        if (
            len(known) != len(pieces)
            or not set(_byte_names()) <= known
            or not set("".join(pieces)) <= set(_byte_names())
        ):
            raise DataError(message("the subwords are not those of bytes, or one stands there twice"))
        if any(not {left, right, left + right} <= known for left, right in pairs):
            raise DataError(message("a merge makes a subword that is not in the vocabulary"))
        return cls(pieces, pairs, labels)

    def __len__(self) -> int:
        return self._first + len(self.pieces)

    def encode(self, texts: pl.Series) -> Ragged:
        with guarded(message("the tokenizer cannot read a text")):
            found = [entry.ids for entry in self._bytes_pairs.encode_batch_fast(composed(texts).to_list())]
        values = np.fromiter((piece for row in found for piece in row), np.int32, sum(map(len, found)))
        return Ragged(values + np.int32(self._first), offsets_of([len(row) for row in found]))

    @cached_property
    def raw(self) -> list[bytes]:
        bytes_of = {name: byte for byte, name in enumerate(_byte_names())}
        return [b""] * self._first + [bytes(bytes_of[name] for name in piece) for piece in self.pieces]

    def unknown_in(self, text: str) -> list[str]:
        return []

    def size_note(self, asked: int | None) -> Message | None:
        return size_note(len(self.pieces), asked, message("each of the 256 bytes is one, so that nothing is unknown"))

    def state(self) -> dict[str, str]:
        tokens = [*_head(self.labels), *self.pieces]
        return {
            VOCABULARY: json.dumps(tokens, ensure_ascii=False),
            MERGES: json.dumps(self.merges, ensure_ascii=False),
        }

    @cached_property
    def _bytes_pairs(self) -> BytePairs:
        return _engine({piece: place for place, piece in enumerate(self.pieces)}, self.merges)


def _engine(*vocabulary_and_merges: Any) -> BytePairs:
    from tokenizers import Tokenizer as BytePairs
    from tokenizers import models, pre_tokenizers

    with guarded(NOT_MADE):
        engine = BytePairs(models.BPE(*vocabulary_and_merges))
        engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return engine
