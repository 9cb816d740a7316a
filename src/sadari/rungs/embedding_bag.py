"""Rung `embedding-bag`: the mean of word and n-gram embeddings, and a linear layer (what fastText does)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import ModelFiles
from sadari.artifact.restore import VOCABULARY, check_learned, check_weights, read_words, text_in
from sadari.errors import DataError, SettingError
from sadari.messages import message
from sadari.nets.compiled import mean_logits
from sadari.ragged import Ragged
from sadari.rungs.base import Rung
from sadari.rungs.portable.forms import MeanOfRows, Portable
from sadari.rungs.training_rows import check_fits
from sadari.settings.limits import Number, Whole
from sadari.settings.search import LogNumber, Tried
from sadari.settings.shared import (
    Buckets,
    ClassWeight,
    Count,
    Epochs,
    LearningRate,
    LongestNgram,
    Patience,
    Seed,
    Share,
    SubwordUnits,
    Width,
)
from sadari.text.hashed_vectors import HashedVectors
from sadari.text.reading.reading import reading_of
from sadari.text.tokens.tokenize import TokenizerName, tokenizer
from sadari.train.solvers.embedding_bag import BagSettings, train_bag
from sadari.train.training_context import TrainingContext

if TYPE_CHECKING:
    from sadari.nets.bag import MeanBag


MOST_NUMBERS = 2**29  # in an embedding: 2 GiB
USUAL = {"dropout": 0.5, "label_smoothing": 0.05}  # where a text has one label


@dataclass(kw_only=True, eq=False, repr=False)
class EmbeddingBag(Rung):
    """fastText's classifier (Joulin et al. 2016), trained by a compiled loop: deterministic, on one thread.

    Args:
        tokenizer: a name of `sadari.text.tokens.tokenize.TOKENIZERS`, or "auto": chosen by the texts.
        width: of the embeddings.
        longest: the longest n-gram, in words; 1 for words alone.
        buckets: how many rows the hashed n-grams share, a power of two; None: by the number of tokens.
        subwords: characters of the shortest and of the longest subword of each word, such as (3, 6), as in fastText
            (minn, maxn): a word is then its own row and those of its subwords, and one that was never seen has these.
            They share the buckets of the n-grams. None: none.
        min_count: rarer words have no row of their own.
        end: each text ends with the token </s>, as in fastText, so that fastText predicts the same with an export.
        epochs: passes over the texts; None: 5, and more for few texts.
        learning_rate: at the first step; it falls in a line to 0.
        dropout: the share of a text's features left out of each step; None: half, and none where a text may have
            several labels: a rare one often hangs on a single word, and no other label makes up for it.
        label_smoothing: the share of each target given to all labels alike; None: 0.05, and none of several.
        class_weight: None, "balanced", or label → weight.
        patience: with validation texts, stop after so many passes without a better accuracy, and keep the best.
        seed: seed of every random choice; the same seed gives the same bits.

    Attributes:
        classes_: the labels [k].
        history_: one record an epoch.
        embedding_: float32 [words + buckets, width].
        output_: float32 [k, width].
        vectors_: its words, and what finds the features of texts.
        net_: the torch module; it shares this model's memory.
        tokenizer_: the tokenizer that was used.
    """

    name = "embedding-bag"
    votes_on_labels = True
    takes_teacher = True
    auto_by_texts = True

    tokenizer: TokenizerName = "auto"
    width: Width = 16
    longest: Annotated[LongestNgram, Tried(Whole(1, 3))] = 2
    buckets: Buckets | None = None
    subwords: SubwordUnits | None = None
    min_count: Count = 1
    end: bool = True
    epochs: Epochs | None = None
    learning_rate: Annotated[LearningRate, Tried(LogNumber(0.2, 2.0))] = 1.0
    dropout: Annotated[Share, Tried(Number(0.0, 0.7))] | None = None
    label_smoothing: Annotated[Share, Tried(Number(0.0, 0.2))] | None = None
    class_weight: ClassWeight | None = None
    patience: Patience | None = None
    seed: Seed = 0

    def planned_epochs(self, rows: int) -> int:
        return self.epochs or epochs_for(rows)

    def resolved_settings(self) -> dict[str, Any]:
        settings = super().resolved_settings()
        if self.__sklearn_is_fitted__():
            settings |= {"buckets": self.vectors_.buckets, "epochs": self.epochs_, **self._regularisation()}
        return settings

    def _train(
        self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> None:
        self._take_tokenizer(texts, targets, self.longest)
        self.vectors_ = self._new_vectors(self.tokenizer_)
        features = self.vectors_.fit(texts)
        check_fits(features, targets)
        self.epochs_ = self.planned_epochs(len(features))
        self._start(targets.shape[1])
        context.watch.keep(self.embedding_, self.output_)
        self.history_ = train_bag(
            features,
            targets,
            costs,
            self.embedding_,
            self.output_,
            self._optimizer_settings(),
            label_weights=self._codec.label_weights(targets, self.class_weight),
            soft_targets=context.soft_targets,
            monitor=context.watch,
        )
        context.watch.restore()
        check_learned(embedding=self.embedding_, output=self.output_)

    def _regularisation(self) -> dict[str, float]:
        """Dropout and label smoothing, as they are set or as the labels ask for."""
        usual = {name: 0.0 if self._codec.multilabel else value for name, value in USUAL.items()}
        return {name: value if getattr(self, name) is None else getattr(self, name) for name, value in usual.items()}

    def _optimizer_settings(self) -> BagSettings:
        regularisation = self._regularisation()
        return BagSettings(
            epochs=self.epochs_,
            learning_rate=self.learning_rate,
            dropout=regularisation["dropout"],
            label_smoothing=regularisation["label_smoothing"],
            multilabel=self._codec.multilabel,
            seed=self.seed,
        )

    def _costs(self, targets: NDArray[np.int8], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        # they say how much a text counts beside others, and not how fast to learn; `_train` weighs the labels
        return weights / weights.mean()

    def _start(self, labels: int) -> None:
        """The weights before the first step."""
        words = len(self.vectors_.words)
        random = np.random.default_rng(self.seed)
        self.embedding_ = self._zeros()
        # words start at random, as in fastText; n-grams at zero, so that one never trained says nothing
        self.embedding_[:words] = random.random((words, self.width), dtype=np.float32) * 2 - 1
        self.embedding_[:words] /= self.width
        self.output_ = np.zeros((labels, self.width), np.float32)

    def _zeros(self) -> NDArray[np.float32]:
        rows = self.vectors_.size
        if rows * self.width > MOST_NUMBERS:
            raise SettingError(
                message(
                    "{rows:,} embeddings of width {width:,} are {rows_2:,} numbers",
                    rows=rows,
                    width=self.width,
                    rows_2=rows * self.width,
                ),
                hint=message(
                    "at most {most_numbers:,}: a smaller {setting}, fewer buckets, or a larger min_count",
                    most_numbers=MOST_NUMBERS,
                    setting="width",
                ),
            )
        return aligned_zeros(rows, self.width)

    def _new_vectors(self, tokenizer_name: str) -> HashedVectors:
        return HashedVectors(
            tokenizer(tokenizer_name),
            longest=self.longest,
            buckets=self.buckets,
            min_count=self.min_count,
            subwords=self.subwords,
            end=self.end,
        )

    @property
    def net_(self) -> MeanBag:
        """The trained torch module; it shares this model's memory."""
        from sadari.nets.bag import MeanBag

        return MeanBag.sharing(self.embedding_, self.output_)

    def portable(self) -> Portable:
        reading, words = reading_of(self.vectors_), len(self.vectors_.words)
        used = words + np.flatnonzero(self.embedding_[words:].any(axis=1))
        # most buckets were never learned: they are zeros, and share the last row
        rows = np.concatenate([self.embedding_[:words], self.embedding_[used], np.zeros((1, self.width), np.float32)])
        reading.arrays["rows"] = used.astype(np.int32)
        known = words if self.subwords is None else len(rows)
        form = MeanOfRows(rows, self.output_, np.zeros(len(self.output_), np.float32))
        return Portable(reading, form, known)

    def features(self, texts: pl.Series) -> Ragged:
        """Feature ids of texts as the net reads them: known words, then n-grams, then subwords.

        Args:
            texts: the texts.
        """
        return self.vectors_.features(texts).known()

    def _logits(self, column: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        found = self.vectors_.features(column)
        return self._mean_logits(found), self.vectors_.known(found)

    def _mean_logits(self, found: Ragged) -> NDArray[np.float32]:
        out = np.empty((len(found), len(self.output_)), np.float32)
        mean_logits(found.values, found.offsets, self.embedding_, self.output_, out)
        return out

    def _contributions(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        found, owners, names = self.vectors_.occurrences(column[0])
        ids, owners = found[found >= 0], owners[found >= 0]
        said, places = np.unique(owners, return_inverse=True)
        values = np.zeros((len(said), len(self.output_)))
        np.add.at(values, places, self.embedding_[ids].astype(np.float64) @ self.output_.T.astype(np.float64))
        return [names[owner] for owner in said], values / max(1, len(ids)), np.zeros(len(self.output_))

    def _top_features(self, count: int, labels: Mapping[str, int]) -> dict[str, list[tuple[str, float]]]:
        table = self.vectors_.words
        words = len(table)
        # Words seen once or twice have large random parts; their sums say little about the label.
        seen = np.where(np.arange(words) == self.vectors_.end_id, 0, table.counts[:words])
        usual = np.flatnonzero(seen >= max(1, min(3, seen.max(initial=0))))
        scores = self._mean_logits(self.vectors_.word_features(usual))
        top = {}
        for label, k in labels.items():
            best = np.argsort(-scores[:, k], kind="stable")[:count]
            top[label] = [(table.token(int(usual[i])), float(scores[i, k])) for i in best]
        return top

    def _state(self) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
        words = len(self.vectors_.words)
        # most buckets are never touched: only those that are lie in the folder
        used = words + np.flatnonzero(self.embedding_[words:].any(axis=1)).astype(np.int32)
        tensors = {
            "words": self.embedding_[:words],
            "word_counts": self.vectors_.words.counts[:words],
            "ngrams": self.embedding_[used],
            "ngram_rows": used.astype(np.int32),
            "output": self.output_,
        }
        texts = {VOCABULARY: json.dumps(self.vectors_.words.to_list(), ensure_ascii=False)}
        return tensors, texts, {"tokenizer": self.tokenizer_}

    def _restore(self, files: ModelFiles, model: Mapping[str, Any]) -> None:
        self.tokenizer_, self.epochs_ = text_in(model, "tokenizer"), self.epochs or 1
        self.vectors_ = self._new_vectors(self.tokenizer_)
        self.vectors_.restore(read_words(files), {})
        words, size = len(self.vectors_.words), self.vectors_.size
        rows = files.tensor("ngram_rows", shape=(None,), dtype="int32")
        if len(rows) and (rows.min() < words or rows.max() >= size):
            raise DataError(message("the rows of the n-grams do not fit the vocabulary"))
        word_part = files.tensor("words", shape=(words, self.width), dtype="float32")
        ngram_part = files.tensor("ngrams", shape=(len(rows), self.width), dtype="float32")
        self.output_ = files.tensor("output", shape=(len(self.classes_), self.width), dtype="float32")
        check_weights(str(files.folder), words=word_part, ngrams=ngram_part, output=self.output_)
        self.vectors_.words.counts[:words] = files.tensor("word_counts", shape=(words,), dtype="int64")
        self.embedding_ = self._zeros()
        self.embedding_[:words] = word_part
        self.embedding_[rows] = ngram_part


def epochs_for(rows: int) -> int:
    """Passes that so many texts need: 5, and more for few texts, up to 50 (measured in docs/tried.md)."""
    return int(np.clip(round(150_000 / max(1, rows)), 5, 50))


def aligned_zeros(rows: int, width: int) -> NDArray[np.float32]:
    """float32 [rows, width] of zeros that starts at a cache line: 16 floats are then one line and not parts of two."""
    buffer = np.zeros(rows * width + 16, np.float32)
    shift = (-buffer.ctypes.data % 64) // 4
    return buffer[shift : shift + rows * width].reshape(rows, width)
