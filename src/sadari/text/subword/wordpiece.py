"""BERT's tokenizer: words cut into the longest pieces that are known (WordPiece), over the Rust `tokenizers`.

It is the plain ``BertTokenizer``: its files open in `transformers`, and theirs here. Accents are kept, because
stripping them takes Korean syllables apart.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import guarded
from sadari.artifact.strict_json import parse_object
from sadari.artifact.weights import TOKENIZER, TOKENIZER_SETTINGS, WORDS
from sadari.errors import DataError
from sadari.messages import Message, message
from sadari.ragged import Ragged, offsets_of
from sadari.text.column import slices
from sadari.text.subword.bpe import NOT_LEARNED, NOT_MADE, pieces_by_id, size_note
from sadari.text.tokens.compose import composed

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PAD, UNKNOWN, CLASS, SEPARATOR, MASK = SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MOST, LEAST = 30_522, 500
WORDS_EACH = 150
INSIDE = "##"  # before a piece that goes on with a word


class _Composed:
    """Columns in NFC, as often as they are gone through."""

    def __init__(self, columns: Iterable[pl.Series]) -> None:
        self.columns = columns

    def __iter__(self) -> Iterator[pl.Series]:
        return map(composed, self.columns)


class WordPiece:
    """Pieces of words and their ids.

    Args:
        pieces: by id; all of `SPECIALS` among them.
        lowercase: texts are lower-cased.
        strip_accents: accents are taken off; None: where texts are lower-cased, as the first BERT did.
        chinese: Han characters stand alone.

    Attributes:
        pad_id: the id of ``[PAD]``.
        unknown_id: the id of ``[UNK]``.
        class_id: the id of ``[CLS]``.
        separator_id: the id of ``[SEP]``.
        mask_id: the id of ``[MASK]``.

    Raises:
        ValueError: a special token is missing.
    """

    def __init__(
        self, pieces: list[str], *, lowercase: bool = True, strip_accents: bool | None = False, chinese: bool = True
    ) -> None:
        self.pieces, self.lowercase, self.strip_accents, self.chinese = pieces, lowercase, strip_accents, chinese
        place = {piece: id for id, piece in enumerate(pieces)}
        missing = [piece for piece in SPECIALS if piece not in place]
        if missing:
            raise DataError(message("the vocabulary has no {missing}", missing=missing[0]))
        self.pad_id, self.unknown_id, self.class_id, self.separator_id, self.mask_id = (place[s] for s in SPECIALS)

    @classmethod
    def train(cls, columns: Iterable[pl.Series], *, size: int, lowercase: bool = True) -> WordPiece:
        """Learn the pieces of texts.

        Args:
            columns: String columns of texts; gone through twice.
            size: pieces at most.
            lowercase: whether texts are read in lower case.

        Raises:
            DataError: there is nothing in the texts.
        """
        from tokenizers import trainers

        columns = _Composed(columns)
        letters = _letters(columns, lowercase, most=max(1000, size // 3))
        engine = _engine(None, lowercase, False, True)
        # letters within a word have their ids beforehand: else they get them in the random order of a hash table, and
        # the same texts would give another vocabulary each time
        inside = [INSIDE + letter for letter in letters if not _stands_alone(letter)]
        with guarded(NOT_LEARNED, kind=DataError):
            trainer = trainers.WordPieceTrainer(
                vocab_size=size,
                min_frequency=2,
                special_tokens=[*SPECIALS, *inside],
                show_progress=False,
                initial_alphabet=letters,
                limit_alphabet=len(letters),
                continuing_subword_prefix=INSIDE,
            )
            engine.train_from_iterator((column.to_list() for column in columns), trainer)
            vocabulary = engine.get_vocab(with_added_tokens=True)
        if len(vocabulary) <= len(SPECIALS):
            raise DataError(message("there are no words in the texts"))
        return cls(sorted(vocabulary, key=vocabulary.__getitem__), lowercase=lowercase)

    def __len__(self) -> int:
        return len(self.pieces)

    def size_note(self, asked: int | None) -> Message | None:
        """Why there are not as many as were asked for; None where there are, or nobody asked."""
        letters = sum(len(piece) == 1 for piece in self.pieces)
        kept = message(
            "{letters:,} characters are kept in any case, at the beginning of words and within them", letters=letters
        )
        return size_note(len(self), asked, kept)

    @cached_property
    def goes_on(self) -> NDArray[np.bool_]:
        """bool [ids]: whether a piece goes on with the word before it."""
        return np.array([piece.startswith(INSIDE) and len(piece) > len(INSIDE) for piece in self.pieces])

    @cached_property
    def special(self) -> NDArray[np.bool_]:
        """bool [ids]: whether a piece is none of a text's: `SPECIALS`, and what is set apart for later."""
        return np.array([piece in SPECIALS or piece.startswith("[unused") for piece in self.pieces])

    def encode(self, texts: pl.Series, *, specials: bool = False) -> Ragged:
        """Ids of texts, without ``[CLS]`` and ``[SEP]``.

        Args:
            texts: String [n].
            specials: ``[MASK]`` and its like in a text are read as what they are, and not as letters.
        """
        engine = self._engine
        with guarded(message("the tokenizer cannot read a text")):
            engine.encode_special_tokens = not specials
            found = [
                entry.ids for entry in engine.encode_batch_fast(composed(texts).to_list(), add_special_tokens=False)
            ]
        values = np.fromiter((piece for row in found for piece in row), np.int32, sum(map(len, found)))
        return Ragged(values, offsets_of([len(row) for row in found]))

    # -- files ------------------------------------------------------------------------------------------

    def files(self, most_tokens: int) -> dict[str, str]:
        """What `transformers` reads: file name → content.

        Args:
            most_tokens: of a sequence.
        """
        engine = self._engine
        engine.encode_special_tokens = False
        config = {
            "tokenizer_class": "BertTokenizer",
            "do_lower_case": self.lowercase,
            "strip_accents": self.strip_accents,
            "tokenize_chinese_chars": self.chinese,
            "model_max_length": most_tokens,
            "pad_token": PAD,
            "unk_token": UNKNOWN,
            "cls_token": CLASS,
            "sep_token": SEPARATOR,
            "mask_token": MASK,
        }
        with guarded(message("the tokenizer cannot be written")):
            written = engine.to_str(pretty=False)
        return {
            TOKENIZER: written,
            TOKENIZER_SETTINGS: json.dumps(config, indent=2),
            WORDS: "".join(f"{piece}\n" for piece in self.pieces),
        }

    @classmethod
    def of_files(cls, tokenizer: str | None, vocabulary: str | None, config: str | None) -> WordPiece:
        """The tokenizer of a BERT's folder: of its ``tokenizer.json``, or of its ``vocab.txt``.

        What a stranger's file asks for is not run: its vocabulary is taken, and whether it lower-cases.

        Raises:
            ValueError: it is another kind of tokenizer, or there is none.
        """
        if tokenizer is not None:
            return cls._of_json(tokenizer)
        if vocabulary is None:
            raise DataError(message("there is no tokenizer: neither tokenizer.json nor vocab.txt"))
        pieces = vocabulary.split("\n")
        pieces = [piece.rstrip("\r") for piece in (pieces[:-1] if pieces[-1] == "" else pieces)]
        said = {} if config is None else parse_object(config.encode(), TOKENIZER_SETTINGS)
        strip = said.get("strip_accents")
        return cls(
            pieces,
            lowercase=said.get("do_lower_case", True) is True,
            strip_accents=strip if isinstance(strip, bool) else None,
            chinese=said.get("tokenize_chinese_chars", True) is True,
        )

    @classmethod
    def _of_json(cls, text: str) -> WordPiece:
        said = parse_object(text.encode(), TOKENIZER)
        model, normalizer = said.get("model"), said.get("normalizer")
        if not isinstance(model, dict) or model.get("type", "WordPiece") != "WordPiece":
            kind = model.get("type") if isinstance(model, dict) else None
            raise DataError(message("the tokenizer is of the type {kind!r:.40}, not WordPiece", kind=kind))
        if not isinstance(normalizer, dict) or normalizer.get("type") != "BertNormalizer":
            raise DataError(message("the tokenizer prepares texts in another way than BERT's"))
        if model.get("continuing_subword_prefix", INSIDE) != INSIDE:
            raise DataError(message("the tokenizer does not mark pieces within a word by {inside}", inside=INSIDE))
        strip = normalizer.get("strip_accents")
        return cls(
            pieces_by_id(model.get("vocab")),
            lowercase=normalizer.get("lowercase") is True,
            strip_accents=strip if isinstance(strip, bool) else None,
            chinese=normalizer.get("handle_chinese_chars", True) is True,
        )

    @cached_property
    def _engine(self) -> Tokenizer:
        from tokenizers import AddedToken, processors

        engine = _engine(self.pieces, self.lowercase, self.strip_accents, self.chinese)
        with guarded(NOT_MADE):
            engine.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in SPECIALS])
            engine.post_processor = processors.TemplateProcessing(
                single=f"{CLASS}:0 $A:0 {SEPARATOR}:0",
                pair=f"{CLASS}:0 $A:0 {SEPARATOR}:0 $B:1 {SEPARATOR}:1",
                special_tokens=[(CLASS, self.class_id), (SEPARATOR, self.separator_id)],
            )
        return engine


def vocabulary_size(words: int) -> int:
    """How many pieces texts of so many words can do with: each should be seen often enough to be learned."""
    return max(LEAST, min(MOST, words // WORDS_EACH // 8 * 8))


def _letters(columns: Iterable[pl.Series], lowercase: bool, most: int) -> list[str]:
    """The characters that stand twice at least in some texts, the most frequent ones, in the order of their codes."""
    counts = np.zeros(sys.maxunicode + 1, np.int64)
    for column in columns:
        for part in slices(column.str.to_lowercase() if lowercase else column, max_bytes=1 << 22):
            codes = np.frombuffer(part.str.join("").item().encode("utf-32-le"), np.uint32)
            found, times = np.unique(codes, return_counts=True)
            counts[found] += times
    kept = np.flatnonzero(counts >= 2)
    kept = kept[np.lexsort((kept, -counts[kept]))[:most]]
    return [chr(code) for code in np.sort(kept).tolist() if not chr(code).isspace() and chr(code).isprintable()]


def _stands_alone(letter: str) -> bool:
    """Whether a character is a word of its own: punctuation and other signs, and Han."""
    return unicodedata.category(letter)[0] in "PS" or "CJK" in unicodedata.name(letter, "")


def _engine(pieces: list[str] | None, lowercase: bool, strip_accents: bool | None, chinese: bool) -> Tokenizer:
    """The tokenizer of these pieces; None: of none yet."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    known = {} if pieces is None else {"vocab": {piece: id for id, piece in enumerate(pieces)}}
    with guarded(NOT_MADE):
        engine = Tokenizer(models.WordPiece(**known, unk_token=UNKNOWN))
        engine.normalizer = normalizers.BertNormalizer(
            clean_text=True, handle_chinese_chars=chinese, strip_accents=strip_accents, lowercase=lowercase
        )
        engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        engine.decoder = decoders.WordPiece(prefix=INSIDE)
    return engine
