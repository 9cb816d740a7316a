"""What a teacher says of the texts that a student learns from (Hinton et al. 2015, "Distilling the Knowledge …")."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sadari.train.solvers.temperature import sigmoid, softmax

LEAST = 1e-9  # probabilities under this are as good as none


@dataclass(frozen=True)
class SoftTargets:
    """A teacher's answers to every training text, and how much each counts.

    A text's loss is (1 - trust) times that of its own label, as without a teacher, plus trust · temperature² times the
    Kullback-Leibler divergence (nats) of the student's probabilities, at the same temperature, from the teacher's. The
    square keeps the gradients as large as they are without a temperature.

    Attributes:
        soft: float32 [n, k], the teacher's probabilities at the temperature.
        trust: float32 [n], from 0, the label alone, to 1, the teacher alone.
        temperature: by which logits are divided before they become probabilities.
    """

    soft: NDArray[np.float32]
    trust: NDArray[np.float32]
    temperature: float

    def take(self, rows: NDArray[np.int64]) -> SoftTargets:
        """The same of these texts alone, in this order."""
        return SoftTargets(self.soft[rows], self.trust[rows], self.temperature)

    def fingerprint(self) -> str:
        """SHA-256 (hex) of all of it."""
        digest = hashlib.sha256(repr((self.temperature, self.soft.shape)).encode())
        digest.update(np.ascontiguousarray(self.soft).tobytes())
        digest.update(np.ascontiguousarray(self.trust).tobytes())
        return digest.hexdigest()


def at_temperature(probabilities: NDArray[np.floating], temperature: float, *, multilabel: bool) -> NDArray[np.float32]:
    """Probabilities float32 [n, k] of the same logits at another temperature.

    Args:
        probabilities: float [n, k], at a temperature of 1.
        temperature: above 0; above 1 the probabilities are more even.
        multilabel: each label by itself (sigmoid), else rows that sum to 1 (softmax).
    """
    exact = np.clip(probabilities.astype(np.float64), LEAST, 1.0)
    if multilabel:
        rest = np.clip(1.0 - exact, LEAST, 1.0)
        return sigmoid((np.log(exact) - np.log(rest)) / temperature).astype(np.float32)
    return softmax(np.log(exact) / temperature).astype(np.float32)
