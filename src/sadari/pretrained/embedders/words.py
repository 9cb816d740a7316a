"""Word vectors as an embedder: a text's vector is the mean of its words'."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sadari.artifact import ModelFiles, guarded
from sadari.artifact.restore import VOCABULARY, read_words, text_in
from sadari.errors import DataError
from sadari.messages import message
from sadari.pretrained.embedders.static import StaticEmbedder, SubwordReader, static_of
from sadari.pretrained.folder import MARKS
from sadari.ragged import Ragged
from sadari.text.table import TokenTable
from sadari.text.tokens.tokenize import tokenizer
from sadari.vectors.initialise import fill, own_words
from sadari.vectors.keyed import WordVectors
from sadari.vectors.vector_source import VectorSource
from sadari.vectors.word2vec.corpus import choose_word_tokenizer

MOST_WORDS = 100_000  # the most frequent ones


class WordReader:
    """Rows of words that a tokenizer of ours cuts.

    Args:
        name: of the tokenizer.
        words: that have a vector, by row.

    Raises:
        SettingError: there is no such tokenizer, or a word stands twice.
    """

    def __init__(self, name: str, words: list[str]) -> None:
        self.kind, self.cut, self.vocabulary, self._table = name, tokenizer(name), words, TokenTable.of(words)

    def read(self, column: pl.Series) -> Ragged:
        tokens = self.cut(column)
        return Ragged(self._table.look_up(tokens), tokens.offsets)

    def words(self, text: str) -> list[str]:
        return self.cut(pl.Series([text], dtype=pl.String)).to_lists()[0]

    def state(self) -> tuple[dict[str, str], dict[str, Any]]:
        return {VOCABULARY: json.dumps(self.vocabulary, ensure_ascii=False)}, {"tokenizer": self.kind}


class WordsEmbedder(StaticEmbedder):
    """The same with word vectors as the table."""

    kind = "words"


def read_word_vectors(path: str | Path, texts: pl.Series) -> WordsEmbedder:
    """The word vectors of a file or folder.

    Args:
        path: where they are.
        texts: some of those that are to be embedded, by which a tokenizer is chosen where the vectors name none.

    Raises:
        DataError, ModelError: they cannot be read.
    """
    source = VectorSource.of(path)
    vectors = source.take([], own=MOST_WORDS)
    cut = tokenizer(source.tokenizer or choose_word_tokenizer(texts))
    words = own_words(vectors, lowercase=cut.lowercase, limit=MOST_WORDS)
    table = np.ascontiguousarray(fill(vectors, words, seed=0).matrix)
    return WordsEmbedder(WordReader(cut.name, words), table, normalise=False, longest=None)


def whole_words(made: StaticEmbedder, reader: SubwordReader) -> WordVectors:
    """Word vectors of the tokens that are whole words: a text that is nothing but this word has this token alone.

    Args:
        made: static embeddings.
        reader: theirs.
    """
    engine = reader.pieces.engine
    with guarded(message("the tokenizer cannot be read")):
        ids = sorted(engine.get_vocab(with_added_tokens=False).values())
        shown = engine.decode_batch([[number] for number in ids], skip_special_tokens=False)
    bare = dict.fromkeys(piece.strip().strip(MARKS) for piece in shown)
    words = [word for word in bare if any(map(str.isalnum, word)) and not any(map(str.isspace, word))]
    found = reader.read(pl.Series(words, dtype=pl.String))
    alone = np.flatnonzero(found.lengths == 1)
    ids_of = found.values[found.offsets[alone]]
    alone, ids_of = alone[ids_of >= 0], ids_of[ids_of >= 0]
    return WordVectors([words[place] for place in alone], made.rows(ids_of))


def restored_words(files: ModelFiles, said: Mapping[str, Any]) -> StaticEmbedder:
    """The word vectors of a model folder.

    Raises:
        ValueError, ModelError, SettingError: its parts do not fit each other.
    """
    words = read_words(files)
    made = static_of(files, said, WordReader(text_in(said, "tokenizer"), words))
    if len(made.table) != len(words) or made.mapping is not None or made.weights is not None:
        raise DataError(
            message(
                "a table of {number_of_table:,} rows does not fit {number_of_words:,} words",
                number_of_table=len(made.table),
                number_of_words=len(words),
            )
        )
    made.__class__ = WordsEmbedder
    return made
