"""Training word vectors: skip-gram and CBoW with negative sampling, with subwords on request (word2vec, fastText)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import numpy as np

from sadari.device import resolve_device
from sadari.display.watching import OnProgress, OnRecord, Watching
from sadari.errors import DataError, SettingError
from sadari.messages import message
from sadari.ragged import Ragged, offsets_of
from sadari.text.subword.hashed import pieces_of
from sadari.vectors.keyed import WordVectors
from sadari.vectors.subwords import Subwords, mean_rows
from sadari.vectors.word2vec.corpus import Sentences, read_sentences
from sadari.vectors.word2vec.cpu import alias_table, cbow, skipgram, tables
from sadari.vectors.word2vec.matrices import LAST_RATE, Start, runs_of
from sadari.vectors.word2vec.settings import Word2VecSettings

SKEW = 0.75  # negatives are drawn by counts to this power
LEAST_BUCKETS, MOST_BUCKETS = 2**12, 2**21
RUN = 20_000  # tokens that a thread trains on at a time
MOST_NUMBERS = 2**31


class Word2Vec(Word2VecSettings):
    """A training of word vectors; the settings are `Word2VecSettings`'."""

    def train(
        self,
        texts: Any,
        *,
        verbose: bool | None = None,
        on_progress: OnProgress | None = None,
        on_record: OnRecord | None = None,
    ) -> WordVectors:
        """Vectors of the words of a corpus.

        Args:
            texts: a column of texts, or an iterable of columns, which may be larger than memory; a text is a sentence
                (of a long one, every 10,000 words are).
            verbose: show how it goes; None: in a notebook and on a terminal.
            on_progress: is called with (passes done, passes, figures) several times a second; see
                `sadari.display.watching`. Its ``loss`` is the mean since the pass began, in nats, of a word's pair with
                a neighbour (CBoW: of a word) and its negatives; untrained it is (1 + negatives) · ln 2.
            on_record: is called with the record of each pass.

        Returns:
            vectors whose ``training`` says the settings and holds a record an epoch.

        Raises:
            DataError: no word is frequent enough, or none stands beside another.
            SettingError: more numbers than can be held, or a device that is not there.
        """
        with Watching(message("word vectors"), verbose, on_progress, on_record) as watching:
            return self._train(texts, watching)

    def _train(self, texts: Any, watching: Watching) -> WordVectors:
        on_cores = self.device == "cpu" or resolve_device(self.device).type == "cpu"  # known before hours of reading
        sentences = read_sentences(
            texts,
            tokenizer_name=self.tokenizer,
            min_count=self.min_count,
            max_words=self.max_words,
            progress=lambda tokens: watching.doing(message("reading"), tokens=tokens),
        )
        start = self.start(sentences)
        if on_cores:
            history = _train_on_cores(self, sentences, start, watching)
        else:
            from sadari.vectors.word2vec.gpu import train_on_device

            history = train_on_device(self, sentences, start, watching)
        if not any(record["pairs"] for record in history):
            raise DataError(
                message("no word stands beside another, so that there is nothing to learn from"),
                hint=message("a text is a sentence of several words; of few texts keep all their words: sample=0"),
            )
        return self.finish(sentences, start, history)

    def start(self, sentences: Sentences) -> Start:
        """The matrices before the first step."""
        words, buckets = len(sentences.words), 0
        rows = Ragged(np.arange(words, dtype=np.int32), np.arange(words + 1))
        if self.subwords is not None:
            buckets = self.buckets or _buckets_for(sentences.words, *self.subwords, self.unit)
            pieces = pieces_of(sentences.words, *self.subwords, buckets, self.unit)
            rows = _joined(words, pieces)
        stride = -(-self.width // 16) * 16  # whole cache lines; the columns beyond the width are zero and stay so
        if (2 * words + buckets) * stride > MOST_NUMBERS:
            raise SettingError(
                message("{words:,} vectors {width} wide are too many", words=2 * words + buckets, width=self.width),
                hint=message(
                    "at most {most_numbers:,} numbers: a smaller width, fewer buckets, or a larger min_count",
                    most_numbers=MOST_NUMBERS,
                ),
            )
        random = np.random.default_rng(self.seed)
        inputs = np.zeros((words + buckets, stride), np.float32)
        inputs[:, : self.width] = (random.random((words + buckets, self.width), np.float32) - 0.5) / self.width
        share = sentences.counts / sentences.counts.sum()
        chance = np.ones(words)
        if self.sample:
            chance = np.minimum(1, np.sqrt(self.sample / share) + self.sample / share)
        odds, others = alias_table(sentences.counts.astype(np.float64) ** SKEW)
        outputs = np.zeros((words, stride), np.float32)
        return Start(rows, inputs, outputs, (chance * 2.0**32).astype(np.uint64), odds, others)

    def finish(self, sentences: Sentences, start: Start, history: list[dict[str, float]]) -> WordVectors:
        """The vectors that trained matrices are."""
        words = len(sentences.words)
        subwords = None
        inputs = np.ascontiguousarray(start.inputs[:, : self.width])
        if not np.isfinite(inputs).all():
            raise SettingError(
                message("training diverged: the vectors are no longer numbers"), hint=message("a smaller learning_rate")
            )
        matrix = inputs[:words]
        if self.subwords is not None:
            matrix = np.zeros((words, self.width), np.float32)
            mean_rows(start.rows.values, start.rows.offsets, inputs, matrix)
            shortest, longest = self.subwords
            subwords = Subwords(inputs[words:], shortest=shortest, longest=longest, unit=self.unit)
        return WordVectors(
            sentences.words,
            matrix,
            counts=sentences.counts,
            subwords=subwords,
            tokenizer=sentences.tokenizer,
            outputs=np.ascontiguousarray(start.outputs[:, : self.width]),
            training={"settings": asdict(self), "history": history, "tokens": sentences.tokens, "rare": sentences.rare},
        )


def train_vectors(
    texts: Any,
    *,
    verbose: bool | None = None,
    on_progress: OnProgress | None = None,
    on_record: OnRecord | None = None,
    **settings: Any,
) -> WordVectors:
    """Train vectors of the words of some texts.

    >>> vectors = train_vectors(texts, model="cbow", width=50)

    Args:
        texts: a column of texts, or an iterable of columns, as for `Word2Vec.train`.
        verbose: as for `Word2Vec.train`.
        on_progress: as for `Word2Vec.train`.
        on_record: as for `Word2Vec.train`.
        settings: settings of `Word2Vec`, by name.
    """
    return Word2Vec(**settings).train(texts, verbose=verbose, on_progress=on_progress, on_record=on_record)


def _buckets_for(words: list[str], shortest: int, longest: int, unit: str) -> int:
    """A power of two, at least twice the number of different pieces."""
    hashes = pieces_of(words, shortest, longest, 2**31 - 1, unit)
    different = len(np.unique(hashes.values))
    return min(MOST_BUCKETS, max(LEAST_BUCKETS, 1 << (2 * different - 1).bit_length()))


def _joined(words: int, pieces: Ragged) -> Ragged:
    """Each word's own row, then the rows of its pieces, which lie behind all words."""
    offsets = offsets_of(pieces.lengths + 1)
    values = np.empty(offsets[-1], np.int32)
    own = np.zeros(len(values), np.bool_)
    own[offsets[:-1]] = True
    values[own] = np.arange(words)
    values[~own] = pieces.values + words
    return Ragged(values, offsets)


def _train_on_cores(
    settings: Word2Vec, sentences: Sentences, start: Start, watching: Watching
) -> list[dict[str, float]]:
    """Every thread takes the next run of sentences; what is drawn depends on the run alone, not on the thread."""
    ids = sentences.ids
    runs = runs_of(ids.offsets, RUN)
    loop = skipgram if settings.model == "skipgram" else cbow
    table, first_rate = tables(), settings.learning_rate
    total = settings.epochs * len(ids.values)
    workers = settings.workers or os.cpu_count() or 1

    def rate_after(epoch: int, text: int) -> float:
        share = (epoch * len(ids.values) + ids.offsets[text]) / max(1, total)
        return float(first_rate * (1 - (1 - LAST_RATE) * share))

    def train(epoch: int, run: int) -> tuple[float, int]:
        first, last = runs[run], runs[run + 1]
        [seed] = np.random.SeedSequence([settings.seed, epoch, run]).generate_state(1, np.uint64)
        return loop(
            (ids.values, ids.offsets),
            first,
            last,
            start.rows.values,
            start.rows.offsets,
            start.chance,
            (start.odds, start.others),
            start.inputs,
            start.outputs,
            settings.window,
            settings.negatives,
            (rate_after(epoch, first), rate_after(epoch, last)),
            seed | np.uint64(1),
            table,
        )

    history = []
    for epoch in range(settings.epochs):
        began, loss, pairs = time.perf_counter(), 0.0, 0
        for run, (lost, made) in enumerate(_in_order(train, epoch, len(runs) - 1, workers)):
            loss, pairs = loss + lost, pairs + made
            seconds = time.perf_counter() - began
            record = {
                "epoch": float(epoch + 1),
                "loss": loss / max(1, pairs),
                "pairs": float(pairs),
                "seconds": seconds,
                "words_per_second": float(ids.offsets[runs[run + 1]]) / max(seconds, 1e-9),
            }
            watching.progress(epoch + (run + 1) / (len(runs) - 1), settings.epochs, record)
        history.append(record)
        watching.report(record)
    return history


def _in_order(
    train: Callable[[int, int], tuple[float, int]], epoch: int, runs: int, workers: int
) -> Iterator[tuple[float, int]]:
    """What each run of an epoch gives, in their order; a few of them wait for a thread at any time."""
    if workers == 1:
        yield from (train(epoch, run) for run in range(runs))
        return
    pool = ThreadPoolExecutor(workers)
    try:
        waiting: list[Future[tuple[float, int]]] = []
        todo = iter(range(runs))
        for run in todo:
            waiting.append(pool.submit(train, epoch, run))
            if len(waiting) > 2 * workers:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)
