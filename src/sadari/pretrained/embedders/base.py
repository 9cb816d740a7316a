"""What every embedder is: a text goes in, and one vector comes out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import State
from sadari.pretrained.embedders import cache

MOST_TEXT = 2**20  # tokens that are read of a text, at most
Embedded = tuple[NDArray[np.float32], NDArray[np.bool_]]


class Embedder(ABC):
    """Frozen weights that give one vector a text.

    Attributes:
        kind: what the weights are, as a model folder names it.
        libraries: that it needs to run.
        width: of a vector.
        tokenizer: what kind of tokenizer it has.
        longest: tokens that are read of a text, those round it included; None: all.
        fingerprint: SHA-256 of all that a vector depends on; None where no cache is to be used.
    """

    kind: ClassVar[str]
    width: int
    tokenizer: str
    longest: int | None
    fingerprint: str | None = None

    def embed(self, column: pl.Series) -> Embedded:
        """Vectors float32 [n, width], and bool [n]: whether anything in the text is known. A text that was embedded
        before with the same weights is looked up.

        Args:
            column: the texts.
        """
        if self.fingerprint is None:
            return self._embed(column)
        return cache.through(self.fingerprint, self.width, column, self._embed)

    @abstractmethod
    def cut(self, column: pl.Series) -> NDArray[np.bool_]:
        """bool [n]: which texts are longer than is read."""

    @abstractmethod
    def token_counts(self, column: pl.Series) -> NDArray[np.int64]:
        """int64 [n]: how many tokens of each text are read."""

    def run_on(self, **running: Any) -> None:  # noqa: B027 (what has no choice is right to do nothing)
        """Run as is asked from now on; what is looked up in a table has no choice.

        Args:
            running: "device", "precision".
        """

    @abstractmethod
    def contributions(
        self, text: str, weight: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        """What each word adds to each logit of a linear layer on the vectors.

        Args:
            text: to be explained.
            weight: float32 [width, k].
            bias: float32 [k].

        Returns:
            the words [m], what each adds, float64 [m, k], and the logits without any, float64 [k].

        Raises:
            DataError: there is nothing in the text.
        """

    @abstractmethod
    def state(self) -> State:
        """Tensors, texts, and what a manifest must say, for a model folder."""

    @abstractmethod
    def _embed(self, column: pl.Series) -> Embedded:
        """The same as `embed`, worked out."""
