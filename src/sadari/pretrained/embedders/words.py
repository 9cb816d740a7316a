"""Word vectors as an embedder: a text's vector is the mean of its words'."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sadari.artifact import ModelFiles
from sadari.artifact.restore import VOCABULARY, read_words, text_in
from sadari.errors import DataError
from sadari.messages import message
from sadari.pretrained.embedders.static import StaticEmbedder, static_of
from sadari.ragged import Ragged
from sadari.text.table import TokenTable
from sadari.text.tokens.tokenize import tokenizer
from sadari.vectors.initialise import fill, own_words
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
