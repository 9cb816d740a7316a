"""Why a text got its label: what each of its tokens and n-grams added."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sadari.errors import SettingError


@dataclass(frozen=True)
class Explanation:
    """Why a text gets its logits: ``logits = bias + contributions.sum(0)``, exactly but for rounding.

    Attributes:
        labels: the k label names.
        features: the m tokens and n-grams that were found, in the text's order, one entry an occurrence or one a
            feature.
        contributions: float64 [m, k], what each adds to each label's logit.
        bias: float64 [k].
        probabilities: float64 [k], as `Rung.predict_proba` gives them: of these logits; the shares of the labels in
            training where the model knows nothing in the text.
    """

    labels: list[str]
    features: list[str]
    contributions: NDArray[np.float64]
    bias: NDArray[np.float64]
    probabilities: NDArray[np.float64]

    @property
    def logits(self) -> NDArray[np.float64]:
        """float64 [k], calibrated: `Rung.decision_function` times the model's sharpness."""
        return self.bias + self.contributions.sum(axis=0)

    def strongest(self, label: str, count: int = 10) -> list[tuple[str, float]]:
        """The features that speak most for ``label`` and, with negative numbers, against it; strongest first.

        Raises:
            SettingError: no such label.
        """
        if label not in self.labels:
            raise SettingError(f"there is no label {label!r}", hint=f"choose from: {', '.join(self.labels[:20])}")
        values = self.contributions[:, self.labels.index(label)]
        return [(self.features[i], float(values[i])) for i in np.argsort(-np.abs(values), kind="stable")[:count]]


@dataclass(frozen=True)
class InnerLife:
    """What a net does inside while it reads one text.

    Attributes:
        kind: "gates" (of an LSTM) or "attention" (of a Transformer).
        tokens: the T tokens it reads.
        panels: name → float32 array. Gates: "input", "forget", "candidate", "output", "cell" and "hidden", each
            [T, width]; with both directions, "backward input" … too. Attention: "layer 1" …, each [heads, T, T], row =
            the token that attends, column = the token attended to.
    """

    kind: str
    tokens: list[str]
    panels: dict[str, NDArray[np.float32]]
