"""What the rungs `embed` and `setfit` share: weights make one vector of a text, and a linear layer is fitted on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import TRANSFORMERS_WEIGHTS, ModelFiles
from sadari.artifact.restore import check_learned, check_weights
from sadari.errors import DataError
from sadari.messages import message
from sadari.pretrained.embedders.base import MOST_TEXT, Embedder
from sadari.pretrained.embedders.encoder import Running
from sadari.pretrained.embedders.read import check_embedder, restored_embedder
from sadari.pretrained.folder import shown_weights
from sadari.rungs.base import Rung
from sadari.rungs.embed.portable import portable_embedder
from sadari.rungs.ladder import ENCODER, StartsFrom, given_weights
from sadari.rungs.portable.forms import Portable
from sadari.settings.limits import Whole
from sadari.settings.search import LogNumber, Tried
from sadari.settings.shared import AnyPrecision, ClassWeight, Device, Positive, Seed, Threads, WeightsPlace
from sadari.text.column import as_column, columns
from sadari.train.solvers.ridge import STRENGTHS, Chosen, Linear, choose_strength, fit_ridge

Read = TypeVar("Read")


@dataclass(frozen=True)
class Scaled:
    """Vectors that are centred, and of a mean square of 1.

    Attributes:
        vectors: float32 [n, width].
        centre: float32 [width], that was taken off.
        spread: by which they were divided.
    """

    vectors: NDArray[np.float32]
    centre: NDArray[np.float32]
    spread: float

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> Scaled:
        """These vectors, float32 [n, width], which are overwritten."""
        centre = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        vectors -= centre
        spread = max(float(np.sqrt(np.mean(np.square(vectors, dtype=np.float64)))), 1e-12)
        vectors /= np.float32(spread)
        return cls(vectors, centre, spread)


@dataclass(kw_only=True, eq=False, repr=False)
class OnVectors(Rung):
    """A linear layer on one vector a text.

    The layer is fitted by least squares with a penalty, if a rung has no other way. The vectors are centred and brought
    to a mean square of 1 before it is fitted: by one number for all dimensions, since those that vary little say
    little, and dividing each by its own deviation would make them as loud as the others. Both are folded into the
    layer, which so works on the vectors as they are.

    Args:
        weights: a folder, a file, or a name on the Hugging Face hub, which is looked for in the local cache alone.
        download: fetch the name from the hub if it is not in the cache.
        max_length: the most tokens of a text, those round it included. None: as many as the weights say.
        C: the larger, the closer the layer fits the training texts. None: the one whose scores are nearest on
            texts that are held out, of `sadari.train.solvers.ridge.STRENGTHS`.
        class_weight: None, "balanced", or label → weight.
        precision: of an encoder's products.
        device: "cpu", "cuda", "mps" or "auto".
        threads: CPU threads of torch; None: torch's own number.
        seed: of every random choice.

    Attributes:
        embedder_: what makes the vectors.
        head_: the linear layer.
        C_: the strength that was taken.
        tokenizer_: what kind the weights' tokenizer is.
        cut_: how many training texts were longer than is read.
    """

    starts_from: ClassVar[StartsFrom] = ENCODER
    reads: ClassVar[Literal["subwords"]] = "subwords"
    gains_from_batches: ClassVar[bool] = True
    usual_C: ClassVar[float | None] = None  # None: chosen by texts that are held out
    weights_file: ClassVar[str] = TRANSFORMERS_WEIGHTS

    weights: WeightsPlace | None = None
    download: bool = False
    max_length: Annotated[int, Whole(1, MOST_TEXT)] | None = None
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

    def _given(self) -> str | Path:
        return given_weights(self.weights, self.name)

    def resolved_settings(self) -> dict[str, Any]:
        settings = super().resolved_settings()
        settings["weights"] = None if self.weights is None else shown_weights(self.weights)
        settings["C"] = getattr(self, "C_", self.C)
        if hasattr(self, "embedder_"):
            settings["max_length"] = self.embedder_.longest
        return settings

    def answer_on(self, device: str | None, precision: str | None) -> None:
        super().answer_on(device, precision)
        asked = {"device": device, "precision": precision}
        self.embedder_.run_on(**{name: value for name, value in asked.items() if value is not None})

    def _running(self) -> Running:
        """How an encoder is run to make vectors."""
        return Running(self.device, self.precision, self.threads)

    # -- training ---------------------------------------------------------------------------------------

    def _new_embedder(self, column: pl.Series) -> Embedder:
        """What is to make the vectors, before training; ``column`` holds some of the texts."""
        raise NotImplementedError

    def _read(self, texts: Any, read: Callable[[pl.Series], tuple[Read, NDArray[np.bool_]]]) -> list[Read]:
        """What is made of each column of the training texts, once `embedder_` is there.

        Args:
            texts: the training texts.
            read: gives what is made of a column, and which of its texts [n] are known.

        Raises:
            DataError: none of them is.
        """
        parts: list[Read] = []
        self.cut_, some, sample = 0, False, ""
        for column in columns(texts):
            if not parts:
                self.embedder_ = self._new_embedder(column)
                self.tokenizer_ = self.embedder_.tokenizer
                sample = ", ".join(repr(text[:60]) for text in column.head(3))
            part, known = read(column)
            parts.append(part)
            some |= bool(known.any())
            self.cut_ += int(self.embedder_.cut(column).sum())
        if not some:
            raise DataError(
                message("the weights' tokenizer knows nothing in the texts"),
                where=message("such as {sample}", sample=sample),
                hint=message("take weights that were trained on this language"),
            )
        return parts

    def _choose_strength(self, scaled: Scaled, targets: NDArray[np.int8], costs: NDArray[np.float32]) -> Chosen:
        """Settle `C_` and the temperature by training texts that are held out in turn; what was found of each C."""
        wanted, given = targets > 0, self.C or self.usual_C
        strengths = STRENGTHS if given is None else (given,)
        found = choose_strength(
            scaled.vectors, wanted, costs, seed=self.seed, strengths=strengths, fit=self._fit_layers
        )
        self.C_ = found.strength
        # rows count here as they do in the layer: one that is pushed to some labels would else be taken for unsure
        self._sharpen(found.logits, wanted[found.rows], np.ones(len(found.logits), np.bool_), costs[found.rows])
        return found

    def _fit_layers(
        self,
        vectors: NDArray[np.float32],
        targets: NDArray[np.bool_],
        costs: NDArray[np.float32],
        strengths: Sequence[float],
    ) -> list[Linear]:
        """A layer for each strength."""
        return fit_ridge(vectors, targets, costs, strengths)

    def _fit_head(self, scaled: Scaled, targets: NDArray[np.int8], costs: NDArray[np.float32]) -> None:
        layer = self._fit_layers(scaled.vectors, targets > 0, costs, [self.C_])[0]
        weight = layer.weight / np.float32(scaled.spread)
        self.head_ = Linear(weight, layer.bias - scaled.centre @ weight)
        check_learned(weight=self.head_.weight, bias=self.head_.bias)

    def portable(self) -> Portable:
        return portable_embedder(self.embedder_, self.head_.weight, self.head_.bias)

    # -- predicting -------------------------------------------------------------------------------------

    def cut_texts(self, texts: Any) -> NDArray[np.bool_]:
        self._check_fitted()
        return self.embedder_.cut(as_column(texts))

    def token_counts(self, texts: Any) -> NDArray[np.int64]:
        self._check_fitted()
        return self.embedder_.token_counts(as_column(texts))

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
