"""Calls from Python with arguments that make no sense: each works, or raises what the contract names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import polars as pl
import torch

import sadari
from sadari.errors import SadariError

TEXTS, LABELS = ["the tea smells", "the heat was won", "tea and garlic", "won the heat"] * 5, ["a", "b", "a", "b"] * 5

# Every value has a name, so that a call can be written down as JSON.
VALUES: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "true": lambda: True,
    "zero": lambda: 0,
    "minus": lambda: -1,
    "one": lambda: 1,
    "two": lambda: 2,
    "big": lambda: 10**9,
    "huge": lambda: 2**70,
    "half": lambda: 0.5,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "1e300": lambda: 1e300,
    "numpy int": lambda: np.int64(3),
    "numpy float": lambda: np.float32(0.5),
    "word": lambda: "tea",
    "empty word": lambda: "",
    "surrogate": lambda: "\ud800",
    "nul": lambda: "a\x00b",
    "long": lambda: "tea " * 5000,
    "bytes": lambda: b"tea",
    "path": lambda: Path("/nonexistent/file"),
    "list": lambda: ["tea", "garlic"],
    "tuple": lambda: ("tea", "garlic"),
    "empty list": list,
    "list of none": lambda: ["tea", None],
    "list of lists": lambda: [["tea"], ["garlic", "heat"]],
    "list of ints": lambda: [1, 2],
    "list of surrogates": lambda: ["tea", "\udc80"],
    "set": lambda: {"tea", "garlic"},
    "dict": lambda: {"text": ["tea", "garlic"]},
    "generator": lambda: (word for word in ("tea", "garlic")),
    "array": lambda: np.array(["tea", "garlic"]),
    "object array": lambda: np.array(["tea", None, 1.5], dtype=object),
    "column": lambda: np.array([["tea"], ["garlic"]]),
    "two columns": lambda: np.array([["tea", "heat"], ["garlic", "won"]]),
    "scalar array": lambda: np.array("tea"),
    "float array": lambda: np.array([0.5, np.nan]),
    "series": lambda: pl.Series(["tea", "garlic"]),
    "int series": lambda: pl.Series([1, 2]),
    "null series": lambda: pl.Series([None, None]),
    "frame": lambda: pl.DataFrame({"text": ["tea", "garlic"]}),
    "wide frame": lambda: pl.DataFrame({"text": ["tea", "garlic"], "label": ["a", "b"]}),
    "tensor": lambda: torch.tensor([[1, 2], [3, 4]]),
    "float tensor": lambda: torch.tensor([0.5]),
    "class": lambda: int,
    "function": lambda: len,
}

_fitted: dict[str, Any] = {}


def fitted(name: str) -> Any:
    """A model fitted once."""
    if name not in _fitted:
        made = {
            "tfidf": lambda: sadari.TfIdf(min_df=1).fit(TEXTS, LABELS),
            "bag": lambda: sadari.EmbeddingBag(epochs=1, min_count=1).fit(TEXTS, LABELS),
            "vectors": lambda: sadari.WordVectors(["tea", "heat"], np.eye(2, 3, dtype=np.float32)),
            "vocab": lambda: sadari.Vocab(["<unk>", "<pad>", "tea"], specials=2),
            "generator": lambda: sadari.Generator(
                hidden=8, batch_size=4, window=16, steps=1, validations=1, threads=1
            ).fit(" ".join(TEXTS) * 3),
            "ragged": lambda: sadari.Ragged(np.arange(5, dtype=np.int32), np.array([0, 2, 5])),
        }[name]
        _fitted[name] = made()
    return _fitted[name]


# What a call is, how many values it takes, and how slow it may grow with them is for the library to bound.
CALLS: dict[str, tuple[int, Callable[..., Any]]] = {
    "fit": (2, lambda texts, labels: sadari.TfIdf(min_df=1).fit(texts, labels)),
    "fit texts": (1, lambda texts: sadari.TfIdf(min_df=1).fit(texts, ["a", "b"])),
    "fit labels": (1, lambda labels: sadari.TfIdf(min_df=1).fit(["tea", "garlic"], labels)),
    "fit weights": (1, lambda weights: sadari.TfIdf(min_df=1).fit(TEXTS, LABELS, sample_weight=weights)),
    "fit validation": (1, lambda rows: sadari.EmbeddingBag(epochs=1).fit(TEXTS, LABELS, validation=rows)),
    "predict": (1, lambda texts: fitted("tfidf").predict(texts)),
    "predict bag": (1, lambda texts: fitted("bag").predict_proba(texts)),
    "explain": (1, lambda text: fitted("tfidf").explain(text)),
    "score": (2, lambda texts, labels: fitted("tfidf").score(texts, labels)),
    "settings min_df": (1, lambda value: sadari.TfIdf(min_df=value).fit(TEXTS, LABELS)),
    "settings ngram_range": (1, lambda value: sadari.Ngrams(ngram_range=value).fit(TEXTS, LABELS)),
    "settings tokenizer": (1, lambda value: sadari.BagOfWords(tokenizer=value).fit(TEXTS, LABELS)),
    "settings seed": (1, lambda value: sadari.EmbeddingBag(epochs=1, seed=value).fit(TEXTS, LABELS)),
    "class weight": (1, lambda value: sadari.TfIdf(min_df=1, class_weight=value).fit(TEXTS, LABELS)),
    "word": (1, lambda word: fitted("vectors")[word]),
    "words": (1, lambda words: fitted("vectors").all_of(words)),
    "similarity": (2, lambda one, other: fitted("vectors").similarity(one, other)),
    "new vectors": (2, lambda words, matrix: sadari.WordVectors(words, matrix)),
    "sample prompt": (1, lambda prompt: fitted("generator").sample(prompt, 5, seed=1)),
    "sample length": (
        1,
        lambda length: (
            fitted("generator").sample("tea", length, seed=1) if not isinstance(length, int) or length < 10**6 else None
        ),
    ),
    "sample seed": (1, lambda seed: fitted("generator").sample("tea", 5, seed=seed)),
    "sample temperature": (1, lambda heat: fitted("generator").sample("tea", 5, seed=1, temperature=heat)),
    "tokenizer": (1, lambda name: sadari.tokenizer(name)),
    "tokens": (1, lambda texts: sadari.tokenizer("words")(texts)),
    "vocab word": (1, lambda word: fitted("vocab")[word]),
    "new vocab": (2, lambda words, specials: sadari.Vocab(words, specials=specials)),
    "ragged row": (1, lambda row: fitted("ragged")[row]),
    "ragged": (2, lambda content, offsets: sadari.Ragged(content, offsets)),
    "load": (1, lambda folder: sadari.load(folder)),
    "open": (1, lambda path: sadari.open_source(path)),
    "read vectors": (1, lambda path: sadari.read_vectors(path)),
}


def make_call(rng: Random) -> dict[str, bytes]:
    """A call by name, and its values by theirs."""
    name = rng.choice(list(CALLS))
    values = [rng.choice(list(VALUES)) for _ in range(CALLS[name][0])]
    return {"call.json": json.dumps([name, values]).encode()}


def check_call(folder: Path) -> None:
    """Only errors that name what is wrong: those of the project, or of a contract with words of ours."""
    name, values = json.loads((folder / "call.json").read_bytes())
    try:
        CALLS[name][1](*(VALUES[value]() for value in values))
    except SadariError:
        pass
    except (TypeError, ValueError, KeyError, IndexError) as error:
        frame = error.__traceback__
        while frame.tb_next is not None:
            frame = frame.tb_next
        home = frame.tb_frame.f_code.co_filename
        ours = "sadari" in home and "site-packages" not in home
        no_path = home.endswith("pathlib.py") and isinstance(error, TypeError)  # Python's own words say it all
        assert ours or no_path, f"a raw {type(error).__name__} from {home}: {error}"  # noqa: PT017


def whole_calls() -> list[dict[str, bytes]]:
    """Calls that make sense."""
    calls = [("predict", ["list"]), ("predict bag", ["list"]), ("word", ["word"]), ("sample prompt", ["word"])]
    return [{"call.json": json.dumps(call).encode()} for call in calls]
