"""What each setting of a rung may be; asked before training, and of every model folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sadari.errors import SettingError
from sadari.text.tokenize import TOKENIZERS
from sadari.vectors.keyed import WordVectors
from sadari.vectors.wanted import VectorSource

MOST = 2**31 - 1


@dataclass(frozen=True)
class Whole:
    """A whole number from ``low`` to ``high``."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"a whole number from {self.low:,} to {self.high:,}"

    def allows(self, value: Any) -> bool:
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        return whole and bool(self.low <= value <= self.high)


@dataclass(frozen=True)
class Number:
    """A number from ``low`` to ``high``."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"

    def allows(self, value: Any) -> bool:
        number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
        return number and bool(self.low <= value <= self.high)


@dataclass(frozen=True)
class Choice:
    """One of some texts."""

    texts: tuple[str, ...]

    def __str__(self) -> str:
        return f"one of {', '.join(self.texts)}"

    def allows(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.texts


@dataclass(frozen=True)
class Text:
    """A short text."""

    def __str__(self) -> str:
        return "a text"

    def allows(self, value: Any) -> bool:
        return isinstance(value, str) and len(value) <= 100


@dataclass(frozen=True)
class Vectors:
    """Word vectors: where they are, or they themselves."""

    def __str__(self) -> str:
        return "a file or folder of word vectors, or WordVectors"

    def allows(self, value: Any) -> bool:
        if isinstance(value, str):
            return 0 < len(value) <= 4096
        return isinstance(value, Path | WordVectors | VectorSource)


@dataclass(frozen=True)
class Flag:
    """True or False."""

    def __str__(self) -> str:
        return "True or False"

    def allows(self, value: Any) -> bool:
        return isinstance(value, bool | np.bool_)


@dataclass(frozen=True)
class Range:
    """Two whole numbers, the first not above the second."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"two whole numbers from {self.low} to {self.high}, such as (1, 2)"

    def allows(self, value: Any) -> bool:
        if not isinstance(value, tuple | list) or len(value) != 2:
            return False
        whole = Whole(self.low, self.high)
        return whole.allows(value[0]) and whole.allows(value[1]) and value[0] <= value[1]


@dataclass(frozen=True)
class ClassWeights:
    """ "balanced", or a weight for each label."""

    def __str__(self) -> str:
        return '"balanced", or a number above 0 for each label: {"spam": 5}'

    def allows(self, value: Any) -> bool:
        if isinstance(value, Mapping):
            return all(Number(1e-9, 1e9).allows(weight) for weight in value.values())
        return isinstance(value, str) and value == "balanced"


# What each setting may be. A setting has one meaning in every rung that has it.
ALLOWED: dict[str, Whole | Number | Choice | Text | Vectors | Flag | Range | ClassWeights] = {
    "tokenizer": Choice(("auto", *TOKENIZERS)),
    "ngram_range": Range(1, 16),
    "longest": Whole(1, 16),
    "min_df": Whole(1, MOST),
    "max_df": Number(1e-9, 1),
    "min_count": Whole(1, MOST),
    "end": Flag(),
    "max_features": Whole(1, MOST),
    "buckets": Whole(1, 2**21),
    "sublinear_tf": Flag(),
    "binary": Flag(),
    "norm": Choice(("l1", "l2")),
    "solver": Choice(("dual", "adam")),
    "C": Number(1e-9, 1e9),
    "epochs": Whole(1, 10_000),
    "tolerance": Number(0, 1e9),
    "learning_rate": Number(1e-9, 1e3),
    "dropout": Number(0, 0.99),
    "label_smoothing": Number(0, 0.99),
    "width": Whole(1, 4096),
    "batch_size": Whole(1, 2**20),
    "epoch_size": Whole(1, MOST),
    "report_every": Whole(0, MOST),
    "patience": Whole(1, 10_000),
    "class_weight": ClassWeights(),
    "min_freq": Whole(1, MOST),
    "max_vocab": Whole(1, MOST),
    "max_length": Whole(1, 65_536),
    "token_dropout": Number(0, 0.99),
    "optimizer": Choice(("adam", "adamw", "sgd")),
    "weight_decay": Number(0, 10),
    "warmup": Number(0, 0.99),
    "decay": Choice(("linear", "cosine", "constant")),
    "clip": Number(1e-9, 1e9),
    "accumulate": Whole(1, 65_536),
    "batch_tokens": Whole(1, 2**24),
    "sparse": Flag(),
    "validate_every": Whole(0, MOST),
    "device": Text(),
    "precision": Choice(("fp32", "bf16")),
    "compile": Flag(),
    "threads": Whole(1, 1024),
    "embed_dim": Whole(1, 4096),
    "hidden": Whole(1, 4096),
    "layers": Whole(1, 64),
    "heads": Whole(1, 64),
    "inner": Whole(1, 16_384),
    "pooling": Choice(("mean", "max", "last", "class")),
    "positions": Choice(("sinusoidal", "learned")),
    "packed": Flag(),
    "vectors": Vectors(),
    "net": Choice(("bag", "lstm", "bilstm", "transformer")),
    "tune": Flag(),
    "vocabulary": Choice(("both", "corpus", "vectors")),
    "seed": Whole(0, 2**63 - 1),
}


Allowed = Mapping[str, Whole | Number | Choice | Text | Vectors | Flag | Range | ClassWeights]


def check_settings(settings: Mapping[str, Any], *, optional: Collection[str], allowed: Allowed = ALLOWED) -> None:
    """Refuse the first setting that is out of its range.

    Args:
        settings: name → value.
        optional: those that may be None.
        allowed: what each may be.

    Raises:
        SettingError: which one, what it is and what it may be.
    """
    for name, value in settings.items():
        if value is None and name in optional:
            continue
        if not allowed[name].allows(value):
            shown = repr(value)
            shown = shown if len(shown) <= 80 else shown[:80] + "…"
            hint = f"it must be {allowed[name]}{', or None' if name in optional else ''}"
            raise SettingError(f"{name} is {shown}", hint=hint)


def plain_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as JSON has them."""
    return {name: _plain(value) for name, value in settings.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    return value
