"""Rung `embed`: frozen weights make one vector of a text, and a linear layer is learned on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import TRANSFORMERS_WEIGHTS, ModelFiles
from sadari.artifact.restore import check_learned, check_weights
from sadari.errors import DataError, SettingError
from sadari.messages import message
from sadari.pretrained.embedders.encoder import Running
from sadari.pretrained.embedders.read import check_embedder, kind_of_weights, read_embedder, restored_embedder
from sadari.pretrained.folder import shown_weights
from sadari.rungs.base import Rung
from sadari.rungs.embed.portable import portable_embedder
from sadari.rungs.ladder import ENCODER, StartsFrom
from sadari.rungs.portable.forms import Portable
from sadari.rungs.training_rows import check_fits
from sadari.settings.limits import Whole
from sadari.settings.search import LogNumber, Tried
from sadari.settings.shared import AnyPrecision, ClassWeight, Device, Positive, Seed, Threads, WeightsPlace
from sadari.text.column import as_column
from sadari.text.vectorize import columns
from sadari.train.solvers.ridge import Linear, choose_strength, fit_ridge
from sadari.train.training_context import TrainingContext


@dataclass(kw_only=True, eq=False, repr=False)
class EmbeddingClassifier(Rung):
    """A frozen sentence encoder, or static embeddings, and a linear layer on their vectors.

    The layer is fitted by least squares with a penalty, and its temperature on texts that are held out. Beside an
    encoder's vector stands the mean of what enters its lowest layer, where the words themselves are.

    The vectors are centred and brought to a mean square of 1 before the layer is fitted: by one number for all
    dimensions, since those that vary little say little, and dividing each by its own deviation would make them as loud
    as the others. Both are folded into the layer, which so works on the vectors as they are.

    Args:
        weights: a folder of sentence-transformers, of an encoder that `BertClassifier` takes, or of model2vec; a file
            or folder of word vectors; or a name on the Hugging Face hub, which is looked for in the local cache alone.
            A saved model needs them no more.
        download: fetch the name from the hub if it is not in the cache.
        max_length: the most tokens of a text, those round it included. None: as many as the weights say.
        C: the larger, the closer the layer fits the training texts. None: the one that is wrong least on texts
            that are held out, of `sadari.train.solvers.ridge.STRENGTHS`.
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
    starts_from: ClassVar[StartsFrom] = ENCODER
    reads: ClassVar[Literal["subwords"]] = "subwords"
    relative_cost: ClassVar[int] = 10
    gains_from_batches: ClassVar[bool] = True
    looks_up: ClassVar[bool] = True
    weights_file: ClassVar[str] = TRANSFORMERS_WEIGHTS

    weights: WeightsPlace | None = None
    download: bool = False
    max_length: Annotated[int, Whole(4, 65_536)] | None = None
    C: Annotated[Positive, Tried(LogNumber(0.01, 100.0))] | None = None
    class_weight: ClassWeight | None = None
    precision: AnyPrecision = "fp32"
    device: Device = "cpu"
    threads: Threads | None = None
    seed: Seed = 0

    # -- settings ---------------------------------------------------------------------------------------

    def check(self) -> None:
        super().check()
        check_embedder(self._given(), download=self.download)

    @classmethod
    def can_start_from(cls, weights: Any, *, download: bool = False) -> int:
        return 2 if kind_of_weights(weights, download=download) in ("sentences", "static") else 1

    def _given(self) -> str | Path:
        if self.weights is None:
            raise SettingError(
                message("the rung {name!r} starts from pre-trained weights, and none are given", name=self.name),
                hint=message("give a folder of them (--weights FOLDER), or a name on the Hugging Face hub"),
            )
        return self.weights

    def resolved_settings(self) -> dict[str, Any]:
        settings = super().resolved_settings()
        settings["weights"] = None if self.weights is None else shown_weights(self.weights)
        settings["C"] = getattr(self, "C_", self.C)
        return settings

    def _running(self) -> Running:
        return Running(self.device, self.precision, self.threads)

    # -- training ---------------------------------------------------------------------------------------

    def _train(
        self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> None:
        vectors = self._embedded(texts)
        check_fits(vectors, targets)
        wanted, several = targets > 0, self._codec.multilabel
        centre = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        vectors -= centre
        spread = max(float(np.sqrt(np.mean(np.square(vectors, dtype=np.float64)))), 1e-12)
        vectors /= np.float32(spread)
        found = choose_strength(vectors, wanted, costs, multilabel=several, seed=self.seed)
        self.C_ = found.strength if self.C is None else self.C
        self.history_ = [{"C": strength, "loss": loss} for strength, loss in found.losses.items()]
        layer = fit_ridge(vectors, wanted, costs, [self.C_])[0]
        weight = layer.weight / np.float32(spread)
        self.head_ = Linear(weight, layer.bias - centre @ weight)
        check_learned(weight=self.head_.weight, bias=self.head_.bias)
        self._sharpen(found.logits, wanted[found.rows], np.ones(len(found.logits), np.bool_))

    def _embedded(self, texts: Any) -> NDArray[np.float32]:
        """float32 [n, width]: the vectors of training texts."""
        parts: list[NDArray[np.float32]] = []
        self.cut_, known, sample = 0, False, ""
        for column in columns(texts):
            if not parts:
                self.embedder_ = read_embedder(self._given(), column, self.max_length, self._running(), lowest=True)
                self.tokenizer_ = self.embedder_.tokenizer
                sample = ", ".join(repr(text[:60]) for text in column.head(3))
            vectors, marks = self.embedder_.embed(column)
            parts.append(vectors)
            known |= bool(marks.any())
            self.cut_ += int(self.embedder_.cut(column).sum())
        if not known:
            raise DataError(
                message("the weights' tokenizer knows nothing in the texts"),
                where=message("such as {sample}", sample=sample),
                hint=message("take weights that were trained on this language"),
            )
        return np.concatenate(parts)

    def portable(self) -> Portable:
        return portable_embedder(self.embedder_, self.head_.weight, self.head_.bias)

    # -- predicting -------------------------------------------------------------------------------------

    def cut_texts(self, texts: Any) -> NDArray[np.bool_]:
        self._check_fitted()
        return self.embedder_.cut(as_column(texts))

    def _logits(self, column: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        vectors, known = self.embedder_.embed(column)
        return self.head_.logits(vectors), known

    def _contributions(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        return self.embedder_.contributions(column[0], self.head_.weight, self.head_.bias)

    # -- saving -----------------------------------------------------------------------------------------

    def _state(self) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
        tensors, texts, said = self.embedder_.state()
        head = {"head.weight": self.head_.weight, "head.bias": self.head_.bias}
        return {**tensors, **head}, dict(texts), {**said, "embedder": self.embedder_.kind}

    def _restore(self, files: ModelFiles, model: Mapping[str, Any]) -> None:
        self.embedder_ = restored_embedder(files, model, self._running())
        self.tokenizer_ = self.embedder_.tokenizer
        labels, width = len(self.classes_), self.embedder_.width
        weight = files.tensor("head.weight", shape=(width, labels), dtype="float32")
        bias = files.tensor("head.bias", shape=(labels,), dtype="float32")
        check_weights(str(files.folder), weight=weight, bias=bias)
        self.head_, self.C_ = Linear(weight, bias), self.C or 1.0
