"""A corpus as word2vec reads it: the frequent words, how often each stands, and every text as their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.errors import DataError
from sadari.forked import check_threads
from sadari.messages import message
from sadari.ragged import Ragged, offsets_of
from sadari.text.column import TEXTS, as_column, entries_of, slices
from sadari.text.ids_on_disk import GrowingIds
from sadari.text.table import MISSING, TokenTable
from sadari.text.tokens.choose import written_without_spaces
from sadari.text.tokens.scan import Tokens
from sadari.text.tokens.tokenize import Tokenizer, tokenizer

IN_MEMORY = 2**28  # ids held in memory, 1 GiB; more go to a file
# Words in a sentence; longer texts are cut (gensim cuts there, too). A corpus such as text8 is one line: threads could
# not share it, and the learning rate, which falls from sentence to sentence, would stand still.
MOST_WORDS = 10_000


@dataclass(frozen=True)
class Sentences:
    """Texts as ids of their frequent words.

    Attributes:
        words: most frequent first, ties in the order of the alphabet.
        counts: int64 [words].
        ids: the texts, rare words left out; those of more than `MOST_WORDS` words are cut.
        tokenizer: the name of the one that cut them.
        rare: how many different words were left out.
        tokens: how many words were read, the rare ones with them.
    """

    words: list[str]
    counts: NDArray[np.int64]
    ids: Ragged
    tokenizer: str
    rare: int
    tokens: int


def read_sentences(
    texts: Any,
    *,
    tokenizer_name: str = "auto",
    min_count: int = 5,
    max_words: int | None = None,
    in_memory: int = IN_MEMORY,
    progress: Callable[[int], None] | None = None,
) -> Sentences:
    """Learn the words of a corpus and encode it, in one pass.

    Args:
        texts: a column of texts, or an iterable of columns, which may be larger than memory.
        tokenizer_name: "auto" takes one that keeps words whole, see `choose_word_tokenizer`.
        min_count: rarer words are left out.
        max_words: the most words, the most frequent ones.
        in_memory: so many ids are held in memory; beyond that they lie in a temporary file.
        progress: called with the number of words read so far.

    Raises:
        DataError: no word stands ``min_count`` times, or the texts are something else.
    """
    check_threads()
    table, ids = TokenTable(), GrowingIds(in_memory)
    lengths: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    chosen: Tokenizer | None = None
    for column in _columns(texts):
        chosen = chosen or _tokenizer(tokenizer_name, column)
        tokens: Tokens = chosen(column)
        ids.append(table.learn(tokens))
        lengths.append(np.diff(tokens.offsets))
        if progress is not None:
            progress(ids.stored)
    if chosen is None or not len(table):
        raise DataError(message("there is no word in the texts"))
    words, counts, new_ids = _frequent(table, min_count, max_words)
    if not words:
        raise DataError(
            message("no word stands {min_count} times in the texts", min_count=min_count),
            hint=message("give a smaller {setting}", setting="min_count"),
        )
    encoded = Ragged(ids.renamed(new_ids), offsets_of(np.concatenate(lengths)))
    sentences = _cut_long(_without_rare(encoded))
    return Sentences(words, counts, sentences, chosen.name, len(table) - len(words), ids.stored)


def _columns(texts: Any) -> Iterator[pl.Series]:
    if _is_column(texts):
        yield from slices(as_column(texts))
        return
    for part in entries_of(texts, TEXTS):
        if isinstance(part, str):
            raise DataError(
                message("the texts come one by one"), hint=message("give a list of them, or an iterable of lists")
            )
        yield from slices(as_column(part))


def _is_column(texts: Any) -> bool:
    """Whether this is one column: a Series, or any other sequence (a list, a pandas column) that is not of columns."""
    if isinstance(texts, str | pl.Series | np.ndarray):
        return True
    is_sequence = isinstance(texts, Iterable) and isinstance(texts, Sized) and hasattr(texts, "__getitem__")
    return is_sequence and not isinstance(next(entries_of(texts, TEXTS), ""), pl.Series | np.ndarray | list | tuple)


def _tokenizer(name: str, column: pl.Series) -> Tokenizer:
    return tokenizer(choose_word_tokenizer(column) if name == "auto" else name)


def choose_word_tokenizer(texts: pl.Series) -> str:
    """What ``auto`` takes for word vectors: ``basic_english``, which keeps the words of all scripts whole.

    But ``syllables`` for scripts that put no spaces between words (Han, kana, Thai …). Korean has spaces; what a suffix
    does to a word is for subwords to see.
    """
    return "syllables" if written_without_spaces(texts) else "basic_english"


def _frequent(
    table: TokenTable, min_count: int, max_words: int | None
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int32]]:
    """The frequent words, their counts, and int32 [table]: the new id of each of its words, MISSING for rare ones."""
    counted = pl.DataFrame({"word": table.to_list(), "count": table.counts[: len(table)], "old": np.arange(len(table))})
    counted = counted.filter(pl.col("count") >= min_count).sort(["count", "word"], descending=[True, False])
    if max_words is not None:
        counted = counted.head(max_words)
    new_ids = np.full(len(table), MISSING, np.int32)
    new_ids[counted["old"].to_numpy()] = np.arange(len(counted), dtype=np.int32)
    return counted["word"].to_list(), counted["count"].to_numpy().astype(np.int64), new_ids


def _cut_long(ids: Ragged) -> Ragged:
    """The same words, the texts of more than `MOST_WORDS` cut."""
    long = np.flatnonzero(ids.lengths > MOST_WORDS).tolist()
    cuts = [np.arange(ids.offsets[t] + MOST_WORDS, ids.offsets[t + 1], MOST_WORDS) for t in long]
    return Ragged(ids.values, np.sort(np.concatenate([ids.offsets, *cuts]))) if cuts else ids


def _without_rare(ids: Ragged) -> Ragged:
    """The same texts without negative ids, moved together in place: a corpus on the disk stays there."""
    offsets = ids.offsets.copy()
    values = ids.values
    stored = 0
    block = 2**22
    kept_before = np.zeros(len(offsets), np.int64)
    for first in range(0, len(values), block):
        part = values[first : first + block].copy()
        known = part >= 0
        running = np.concatenate([[0], np.cumsum(known)])
        here = (offsets > first) & (offsets <= first + len(part))
        kept_before[here] = stored + running[offsets[here] - first]
        kept = part[known]
        values[stored : stored + len(kept)] = kept
        stored += len(kept)
    return Ragged(values[:stored], kept_before)
