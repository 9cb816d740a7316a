"""Rung `vectors`: a bag, an LSTM or a Transformer whose embedding starts from pre-trained word vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import ModelFiles
from sadari.artifact.model import State
from sadari.errors import SettingError
from sadari.messages import Message, message
from sadari.pretrained.embedders.read import kind_of_weights, word_source
from sadari.rungs.explanation import Activations
from sadari.rungs.ladder import VECTORS, StartsFrom
from sadari.rungs.portable.forms import Portable
from sadari.rungs.resumable import Resumable
from sadari.rungs.vectors.initialised import (
    Start,
    StartedBag,
    StartedBiLSTM,
    StartedLSTM,
    StartedNet,
    StartedTransformer,
    checked_about,
)
from sadari.settings.declaration import plain_settings, settings_of
from sadari.settings.limits import Choice, Flag, Limit, Number, Whole, value_in
from sadari.settings.search import OneOf, Tried
from sadari.settings.shared import (
    BatchTexts,
    Buckets,
    ClassWeight,
    Count,
    Device,
    Epochs,
    Heads,
    Layers,
    LearningRate,
    LongestNgram,
    MaxLength,
    Patience,
    Precision,
    Seed,
    Share,
    Threads,
    Width,
)
from sadari.text.column import columns
from sadari.text.table import TokenTable
from sadari.text.tokens.tokenize import TokenizerName, tokenizer
from sadari.train.training_context import TrainingContext
from sadari.vectors.keyed import WordVectors
from sadari.vectors.vector_source import VectorSource

if TYPE_CHECKING:
    from torch import nn

    from sadari.train.checkpoint import Run

Inner = StartedBag | StartedNet
NETS: dict[str, type[Inner]] = {
    "bag": StartedBag,
    "lstm": StartedLSTM,
    "bilstm": StartedBiLSTM,
    "transformer": StartedTransformer,
}
# (net, tune) → where a start from vectors wants other settings than a start from nothing (measured in docs/tried.md).
DEFAULTS: dict[tuple[str, bool], dict[str, Any]] = {
    ("bag", True): {"learning_rate": 0.5, "longest": 2},
    ("bag", False): {"learning_rate": 0.5, "longest": 1},
    ("lstm", False): {"learning_rate": 0.01},
    ("bilstm", False): {"learning_rate": 0.01},
}
MOST_WIDE = 100_000


@dataclass(frozen=True)
class WhereVectorsAre(Limit):
    """Word vectors: where they are, or they themselves."""

    @property
    def said(self) -> Message:
        return message("a file or folder of word vectors, or WordVectors")

    def allows(self, value: Any) -> bool:
        if isinstance(value, str):
            return 0 < len(value) <= 4096
        return isinstance(value, Path | WordVectors | VectorSource)


Vectors = Annotated[str | Path | WordVectors | VectorSource, WhereVectorsAre()]


@dataclass(kw_only=True, eq=False, repr=False)
class FromVectors(Resumable):
    """A classifier that starts from word vectors, and so also knows words that are in no training text.

    A setting that is None has the net's own default; most settings are those of `EmbeddingBag`, `LSTM` and
    `Transformer`.

    Args:
        vectors: a file of word vectors (word2vec, GloVe, fastText), a folder of our own or of static embeddings
            (model2vec), of which the tokens that are whole words are taken, or `WordVectors`. They are copied:
            training never changes them. A saved model needs them no more.
        net: "bag" (mean of embeddings and a linear layer, compiled), "lstm", "bilstm" or "transformer".
        tune: whether the words' vectors learn with the rest; else they stay as they are ("frozen").
        vocabulary: "corpus", the words of the training texts; "vectors", the vectors' own words, so that also those
            that no training text has are known; or "both".
        max_vocab: the most words, the texts' most frequent first, then the vectors' first; None: no limit.
        min_freq: words without a vector that are rarer in the texts are unknown. The others start at random, at the
            vectors' scale.
        tokenizer: a name of `sadari.text.tokens.tokenize.TOKENIZERS`; "auto": the one of the texts that the vectors
            were trained on, else one that keeps words whole.
        longest: the longest n-gram that the net "bag" counts; n-grams start at zero, and with frozen words there are
            none.
        buckets: hash n-grams into so many rows.
        hidden: width of each direction's state (lstm, bilstm).
        layers: layers of the net.
        heads: attention heads of a layer (transformer).
        pooling: "mean", "max" or "last": what is made of the tokens' states.
        token_dropout: the share of tokens hidden from the net in training.
        max_length: longer texts are cut after so many tokens; None: by the texts' lengths.
        batch_size: the most texts in a batch.
        device: "cpu", "cuda", "mps" or "auto".
        precision: "fp32" or "bf16".
        threads: CPU threads of torch; None: torch's own number.
        epochs: passes over the texts, at most; None: by the net and the number of texts.
        learning_rate: the highest learning rate; None: by the net.
        dropout: the share of values that is zeroed in training.
        label_smoothing: the share of each target given to all labels alike.
        class_weight: None, "balanced", or label → weight.
        patience: stop after so many validations without a better accuracy, and keep the best net.
        seed: seed of every random choice.

    Attributes:
        classes_: the labels [k].
        history_: records of the training.
        tokenizer_: the tokenizer that was used.
        coverage_: how many words of the training texts have a vector.
        net_: the torch module.
    """

    name: ClassVar[str] = "vectors"
    starts_from: ClassVar[StartsFrom] = VECTORS
    takes_teacher: ClassVar[bool] = True
    gains_from_batches: ClassVar[bool] = True

    vectors: Vectors | None = None
    net: Annotated[str, Choice(tuple(NETS))] = "bag"
    tune: Annotated[bool, Tried(Flag())] = True
    vocabulary: Annotated[str, Choice(("both", "corpus", "vectors")), Tried(OneOf(("both", "corpus")))] = "both"
    max_vocab: Count | None = 100_000
    min_freq: Count = 1
    tokenizer: TokenizerName = "auto"
    longest: LongestNgram | None = None
    buckets: Buckets | None = None
    hidden: Width | None = None
    layers: Layers | None = None
    heads: Heads | None = None
    pooling: Annotated[str, Choice(("mean", "max", "last", "class"))] | None = None
    max_length: MaxLength | None = None
    epochs: Epochs | None = None
    learning_rate: LearningRate | None = None
    dropout: Annotated[Share, Tried(Number(0.2, 0.7))] | None = None
    token_dropout: Share | None = None
    label_smoothing: Annotated[Share, Tried(Number(0.0, 0.2))] | None = None
    batch_size: BatchTexts | None = None
    class_weight: ClassWeight | None = None
    patience: Patience | None = None
    device: Device | None = None
    precision: Precision | None = None
    threads: Threads | None = None
    seed: Seed = 0

    # -- settings ---------------------------------------------------------------------------------------

    def check_settings(self) -> None:
        if self.vectors is None:
            raise SettingError(
                message("the rung {name!r} starts from word vectors, and none are given", name=self.name),
                hint=message("give a file of them (--vectors FILE), or train some: sadari vectors train TEXTS -o FILE"),
            )
        super().check_settings()
        known = settings_of(NETS[self.net])
        given = self.get_params(deep=False)
        for name, value in given.items():
            if value is not None and name not in known and name not in _OWN:
                its = ", ".join(other for other in given if other in known and other not in _OWN)
                raise SettingError(
                    message("the net {net!r} has no {name}", net=self.net, name=name),
                    hint=message("it has: {its}", its=its),
                )
        if not self.tune and (self.longest or 1) > 1:
            raise SettingError(
                message(
                    "longest is {longest}, but n-grams start at zero and frozen ones stay there", longest=self.longest
                ),
                hint=message("tune=True"),
            )
        self._new_inner().check_settings()

    @classmethod
    def can_start_from(cls, weights: Any, *, download: bool = False) -> int:
        return {"words": 2, "static": 1}.get(kind_of_weights(weights, download=download), 0)

    def _new_inner(self) -> Inner:
        """The rung that does the work, untrained."""
        if self.net not in NETS:
            raise SettingError(
                message("there is no net {net!r}", net=self.net), hint=message("one of: {nets}", nets=", ".join(NETS))
            )
        kind = NETS[self.net]
        given = self.get_params(deep=False)
        given = {name: given[name] for name in settings_of(kind) if given.get(name) is not None}
        settings = DEFAULTS.get((self.net, self.tune), {}) | {name: given[name] for name in given if name not in _OWN}
        if issubclass(kind, StartedBag):
            settings["end"] = False
        else:
            heads = settings.pop("heads", None)  # how many there can be, the vectors' width says
            settings["sparse"] = self.tune  # of a large vocabulary, a batch touches few words
        inner = kind(**settings, class_weight=self.class_weight, seed=self.seed)
        inner.tune = self.tune
        if isinstance(inner, StartedTransformer):
            inner.heads_asked = heads
        return inner

    def planned_epochs(self, rows: int) -> int:
        return self._new_inner().planned_epochs(rows)

    def resolved_settings(self) -> dict[str, Any]:
        """The settings, with the net's own in place of None, and the vectors by name."""
        settings = super().resolved_settings()
        settings["vectors"] = None if self.vectors is None else VectorSource.of(self.vectors).name
        inner = self.inner_ if self.__sklearn_is_fitted__() else self._new_inner()
        own = inner.resolved_settings()
        return {name: own[name] if name in own and name not in _OWN else value for name, value in settings.items()}

    # -- training ---------------------------------------------------------------------------------------

    @property
    def keeps_runs(self) -> bool:
        return self.net != "bag"

    def _run_notes(self) -> dict[str, Any]:
        """Where the vectors are, so that they are found from anywhere."""
        return {"vectors": str(Path(self.vectors).absolute())} if isinstance(self.vectors, str | Path) else {}

    @classmethod
    def _recalled(cls, run: Run | str | Path) -> tuple[dict[str, Any], Run]:
        settings, kept = super()._recalled(run)
        if "vectors" not in kept.notes:
            raise SettingError(
                message("the run was begun with vectors in memory, and does not say where they are"),
                hint=message("give them again: FromVectors(vectors=…).fit(texts, labels, run=RUN, resume=True)"),
            )
        return {**settings, "vectors": kept.notes["vectors"]}, kept

    def _identity(self) -> dict[str, Any]:
        settings = {**self.get_params(deep=False), "vectors": VectorSource.of(self._given()).name}
        return {"rung": self.name, "settings": plain_settings(settings)}

    def _given(self) -> str | Path | WordVectors | VectorSource:
        assert self.vectors is not None  # as `check_settings` made sure
        return self.vectors

    def _costs(self, targets: NDArray[np.int8], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._adopt(self._new_inner()).costs(targets, weights)

    def _train(
        self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> None:
        start = self._new_start()
        inner = self._adopt(self._new_inner())
        inner.start = start
        self.tokenizer_ = inner.tokenizer = start.tokenizer(texts) if self.tokenizer == "auto" else self.tokenizer
        if isinstance(inner, StartedNet):
            inner.identity = self._identity()
        inner.data_ = self.data_  # what is said of the training is said of this rung
        self.inner_ = inner  # validation texts are scored while it trains
        inner.learn(texts, targets, costs, context)
        self.coverage_, self._about = start.coverage, start.about()
        self.history_, self.epochs_, self.cut_ = inner.history_, inner.epochs_, inner.cut_
        self.shortened_ = inner.shortened_
        start.forget()

    def start_in_memory(self, texts: Any) -> dict[str, Any]:
        """The vectors that these texts and the settings want, in memory.

        Args:
            texts: strings: a list, array, Series or other column of them.

        Raises:
            DataError, ModelError: they cannot be read. SettingError: none of the texts' words is among them.
        """
        self.check_settings()
        start = self._new_start()
        cut = tokenizer(start.tokenizer(texts) if self.tokenizer == "auto" else self.tokenizer)
        table = TokenTable()
        for column in columns(texts):
            table.learn(cut(column))
        start.choose(table, cut)
        return {"vectors": start.in_memory()}

    def _new_start(self) -> Start:
        source = word_source(self._given())
        return Start(source, self.tune, self.vocabulary, self.max_vocab, self.min_freq, self.seed)

    def _adopt(self, inner: Inner) -> Inner:
        """Let it answer for this rung."""
        inner.take_labels(self._codec)
        return inner

    def portable(self) -> Portable:
        return self.inner_.portable()

    # -- predicting -------------------------------------------------------------------------------------

    @property
    def net_(self) -> nn.Module:
        """The trained torch module."""
        return self.inner_.net_

    def _logits(self, column: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        return self.inner_.answers(column)

    def cut_texts(self, texts: Any) -> NDArray[np.bool_]:
        self._check_fitted()
        return self.inner_.cut_texts(texts)

    def token_counts(self, texts: Any) -> NDArray[np.int64]:
        self._check_fitted()
        return self.inner_.token_counts(texts)

    def activations(self, text: str) -> Activations | None:
        self._check_fitted()
        return self.inner_.activations(text)

    def _contributions(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        return self.inner_.contributions(column)

    def _top_features(self, count: int, labels: Mapping[str, int]) -> dict[str, list[tuple[str, float]]]:
        return self.inner_.top_features(count, list(labels))

    # -- saving -----------------------------------------------------------------------------------------

    def _state(self) -> State:
        tensors, texts, model = self.inner_.state()
        return tensors, texts, {**model, "width": self.inner_.vector_width, "vectors": self._about}

    def _restore(self, files: ModelFiles, model: Mapping[str, Any]) -> None:
        width = value_in(model, "width", Whole(1, MOST_WIDE))
        self._about, self.coverage_ = checked_about(model.get("vectors"))
        inner = self._adopt(self._new_inner())
        inner.fit_width(width)
        inner.restore(files, model)
        self.inner_, self.tokenizer_, self.epochs_ = inner, inner.tokenizer_, inner.epochs_


# Settings of the start, which no net has, or which mean another thing there.
_OWN = frozenset({"vectors", "net", "tune", "vocabulary", "max_vocab", "min_freq", "tokenizer", "class_weight", "seed"})
