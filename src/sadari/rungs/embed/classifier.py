"""Rung `embed`: frozen weights make one vector of a text, and a linear layer is learned on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.pretrained.embedders.base import Embedder
from sadari.pretrained.embedders.read import kind_of_weights, read_embedder
from sadari.rungs.embed.on_vectors import OnVectors, Scaled
from sadari.rungs.training_rows import check_fits
from sadari.train.training_context import TrainingContext


@dataclass(kw_only=True, eq=False, repr=False)
class EmbeddingClassifier(OnVectors):
    """A frozen sentence encoder, or static embeddings, and a linear layer on their vectors.

    The layer is fitted by least squares with a penalty, and its temperature on texts that are held out. Beside an
    encoder's vector stands the mean of what enters its lowest layer, where the words themselves are.

    Args:
        weights: a folder of sentence-transformers, of an encoder that `BertClassifier` takes, or of model2vec; a file
            or folder of word vectors; or a name on the Hugging Face hub, which is looked for in the local cache alone.
            A saved model needs them no more.
        download: fetch the name from the hub if it is not in the cache.
        max_length: the most tokens of a text, those round it included. None: as many as the weights say.
        C: the larger, the closer the layer fits the training texts. None: the one whose scores are nearest on
            texts that are held out, of `sadari.train.solvers.ridge.STRENGTHS`.
        class_weight: None, "balanced", or label → weight.
        precision: of an encoder's products: "fp32", "bf16", or "auto": bf16 where processor or GPU has it.
        device: "cpu", "cuda", "mps" or "auto"; static embeddings are on the CPU.
        threads: CPU threads of torch; None: torch's own number.
        seed: which texts are held out together.

    Attributes:
        classes_: the labels [k].
        embedder_: what makes the vectors.
        head_: the linear layer.
        C_: the strength that was taken.
        tokenizer_: what kind the weights' tokenizer is.
        cut_: how many training texts were longer than is read.
        history_: one record a strength that was tried.
    """

    name: ClassVar[str] = "embed"
    votes_on_labels = True
    relative_cost: ClassVar[int] = 10
    looks_up: ClassVar[bool] = True

    @classmethod
    def can_start_from(cls, weights: Any, *, download: bool = False) -> int:
        return 2 if kind_of_weights(weights, download=download) in ("sentences", "static") else 1

    def _new_embedder(self, column: pl.Series) -> Embedder:
        return read_embedder(self._given(), column, self.max_length, self._running(), lowest=True)

    def _train(
        self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> None:
        vectors = np.concatenate(self._read(texts, lambda column: self.embedder_.embed(column)))
        check_fits(vectors, targets)
        scaled = Scaled.of(vectors)
        found = self._choose_strength(scaled, targets, costs)
        self.history_ = [{"C": strength, "loss": loss} for strength, loss in found.losses.items()]
        self._fit_head(scaled, targets, costs)
