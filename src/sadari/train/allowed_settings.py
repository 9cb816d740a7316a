"""What each setting of a rung may be; asked before training, and of every model folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sadari.settings.limits import MOST, SEED, Choice, Flag, Limit, Number, Range, Text, Whole, check
from sadari.text.tokenize import TOKENIZERS
from sadari.vectors.keyed import WordVectors
from sadari.vectors.vector_source import VectorSource


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
class ClassWeights:
    """ "balanced", or a weight for each label."""

    def __str__(self) -> str:
        return '"balanced", or a number above 0 for each label: {"spam": 5}'

    def allows(self, value: Any) -> bool:
        if isinstance(value, Mapping):
            return all(Number(1e-9, 1e9).allows(weight) for weight in value.values())
        return isinstance(value, str) and value == "balanced"


# What each setting may be. A setting has one meaning in every rung that has it.
ALLOWED: dict[str, Limit] = {
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
    "seed": SEED,
}


Allowed = Mapping[str, Limit]


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
        check(name, value, allowed[name], optional=name in optional)


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
