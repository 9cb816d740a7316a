"""Wrong arguments of the public calls: each is taken, or refused with an error that says what it must be.

To hold a new call to this, add a line to `CALLS`. To try another kind of value on all of them, add it to `WRONG`.
What may come out is an answer, an error of Sadari's, or the TypeError or ValueError that scikit-learn's contract names;
nothing else, and within the time that a call of this size can take.
"""

from __future__ import annotations

import array
import contextlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

import sadari
from sadari.errors import DataError, SadariError, SettingError
from sadari.generation.sampling import Rules
from sadari.text.column import as_column
from sadari.text.ngrams import ngrams
from sadari.train.labels import as_labels

TEXTS = ["a good film", "a bad film", "so good", "so bad"] * 6
LABELS = ["yes", "no"] * 12
SENTENCES = ["I eat bread", "you drink milk", "we read books", "they see cats", "I drink milk"] * 4

NUMBERS: dict[str, Any] = {
    "None": None,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "minus one": -1,
    "zero": 0,
    "half": 0.5,
    "huge": 2**70,
    "thousands of digits": 10**5000,
    "text": "5",
    "bytes": b"5",
    "list": [5],
    "array": np.arange(3),
    "0-d array": np.array(5),
    "NumPy's": np.int64(5),
    "tensor": torch.tensor(5),
    "object": object(),
    "True": True,
    "path": Path("5"),
    "complex": 1j,
}
COLUMNS: dict[str, Any] = {
    "None": None,
    "number": 5,
    "NaN": float("nan"),
    "text": "abc",
    "bytes": b"abc",
    "path": Path("texts.csv"),
    "0-d array": np.array("abc"),
    "numbers": [1, 2],
    "floats": np.array([0.5, 1.5]),
    "NaNs": [float("nan")] * 24,
    "Nones": [None] * 24,
    "list of bytes": [b"a"] * 24,
    "list of lists": [["a", "b"]] * 24,
    "two columns": np.array([["a", "b"]] * 24),
    "three dimensions": np.zeros((2, 2, 2)),
    "row": np.array([["a"] * 24]),
    "set": {"a", "b"},
    "frozenset": frozenset("ab"),
    "dict of two": {"a": TEXTS, "b": TEXTS},
    "dict of numbers": {1: 2},
    "empty dict": {},
    "frame of two": pl.DataFrame({"a": TEXTS, "b": TEXTS}),
    "empty frame": pl.DataFrame(),
    "query": pl.DataFrame({"a": TEXTS}).lazy(),
    "tensor": torch.tensor([1, 2]),
    "0-d tensor": torch.tensor(1),
    "tensor [2, 2]": torch.ones(2, 2, requires_grad=True),
    "series of numbers": pl.Series([1, 2]),
    "nulls": pl.Series([None, None]),
    "half a pair": ["\ud800"] * 24,
    "range": range(3),
    "empty": [],
    "iterator": iter([1]),
    "array.array": array.array("i", [1]),
    "object": object(),
    "function": len,
    "objects": [object()] * 24,
    "records": np.array([(1, "a")], dtype=[("x", int), ("y", "U3")]),
}
STRINGS: dict[str, Any] = {
    "None": None,
    "number": 5,
    "NaN": float("nan"),
    "bytes": b"a",
    "path": Path("a"),
    "list": ["a"],
    "dict": {"a": 1},
    "array": np.array(["a", "b"]),
    "0-d array": np.array("a"),
    "tensor": torch.tensor(1),
    "half a pair": "\ud800",
    "object": object(),
    "series": pl.Series(["a"]),
    "NumPy's": np.str_("a"),
    "NUL": "\0",
    "empty": "",
}


def deep(depth: int) -> dict[str, Any]:
    """A mapping in a mapping in a mapping …"""
    found: dict[str, Any] = {}
    for _ in range(depth):
        found = {"a": found}
    return found


def endless() -> dict[str, Any]:
    """A mapping that holds itself."""
    found: dict[str, Any] = {}
    found["a"] = found
    return found


MAPPINGS: dict[str, Any] = {
    "None": None,
    "number": 5,
    "text": "abc",
    "bytes": b"abc",
    "list": ["a"],
    "pairs": [("a", 1)],
    "set": {"a"},
    "array": np.arange(3),
    "0-d array": np.array(1),
    "frame": pl.DataFrame({"a": [1]}),
    "tensor": torch.tensor([1]),
    "object": object(),
    "function": len,
    "numbers as keys": {1: 2},
    "pairs as keys": {(1, 2): 3},
    "None as key": {None: 1},
    "of an object": {"a": object()},
    "of a NaN": {"a": float("nan")},
    "of an infinity": {"a": [float("inf")]},
    "of an array": {"a": np.arange(3)},
    "of NumPy's": {"a": np.int64(5), "b": np.float32(0.5), "c": np.str_("x"), "d": np.bool_(True)},
    "of a tensor": {"a": torch.tensor(1)},
    "of bytes": {"a": b"a"},
    "of a path": {"a": Path("a")},
    "of a set": {"a": {1}},
    "of half a pair": {"a": "\ud800"},
    "half a pair as key": {"\ud800": 1},
    "of a huge number": {"a": 10**5000},
    "of None": {"a": None},
    "deep": deep(5000),
    "endless": endless(),
}
WRONG = {"number": NUMBERS, "column": COLUMNS, "string": STRINGS, "mapping": MAPPINGS}

Models = dict[str, Any]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own with a table of texts and a file of vectors: some calls write where they are told."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{text},{label}\n" for text, label in zip(TEXTS, LABELS, strict=True))
    Path("d.csv").write_text(f"text,label\n{rows}", encoding="utf-8")
    Path("v.vec").write_text("2 2\na 0 1\nb 1 0\n", encoding="utf-8")


@pytest.fixture(scope="module")
def models() -> Models:
    tokens = sadari.tokenizer("words")(TEXTS)
    return {
        "tfidf": sadari.TfIdf().fit(TEXTS, LABELS),
        "generator": sadari.Generator(hidden=8, steps=1, window=8, validation=0.0).fit("to be or not to be " * 20),
        "translator": sadari.Translator(net="gru", width=8, hidden=8, layers=1, epochs=1).fit(SENTENCES, SENTENCES),
        "vectors": sadari.WordVectors(["a", "b", "c"], np.eye(3, dtype=np.float32)),
        "bert": sadari.Bert(steps=1, length=16, vocabulary=120, batch_size=4).fit(
            [f"{a}.\n{b}." for a in TEXTS for b in SENTENCES[:5]]
        ),
        "tokens": tokens,
        "vocab": sadari.Vocab.learn(tokens),
        "ragged": sadari.Ragged.from_lists([[1, 2], [3]]),
        "corpus": sadari.Corpus(pl.Series(TEXTS), pl.Series(LABELS), np.arange(1, 25), "texts"),
    }


# (what it is called, the kind of value, the call)
CALLS: list[tuple[str, str, Callable[[Models, Any], Any]]] = [
    ("as_column", "column", lambda m, v: as_column(v)),
    ("as_labels", "column", lambda m, v: as_labels(v)),
    ("fit texts", "column", lambda m, v: sadari.TfIdf().fit(v, LABELS)),
    ("fit labels", "column", lambda m, v: sadari.TfIdf().fit(TEXTS, v)),
    ("fit weights", "column", lambda m, v: sadari.TfIdf().fit(TEXTS, LABELS, v)),
    ("fit validation", "column", lambda m, v: sadari.TfIdf().fit(TEXTS, LABELS, validation=v)),
    ("fit validation texts", "column", lambda m, v: sadari.TfIdf().fit(TEXTS, LABELS, validation=(v, LABELS))),
    ("fit validation labels", "column", lambda m, v: sadari.TfIdf().fit(TEXTS, LABELS, validation=(TEXTS, v))),
    ("fit teacher", "string", lambda m, v: sadari.EmbeddingBag(epochs=1).fit(TEXTS, LABELS, teacher=v)),
    ("predict", "column", lambda m, v: m["tfidf"].predict(v)),
    ("predict_proba", "column", lambda m, v: m["tfidf"].predict_proba(v)),
    ("decision_function", "column", lambda m, v: m["tfidf"].decision_function(v)),
    ("logits", "column", lambda m, v: m["tfidf"].logits(v)),
    ("cut_texts", "column", lambda m, v: m["tfidf"].cut_texts(v)),
    ("score texts", "column", lambda m, v: m["tfidf"].score(v, LABELS)),
    ("score labels", "column", lambda m, v: m["tfidf"].score(TEXTS, v)),
    ("score weights", "column", lambda m, v: m["tfidf"].score(TEXTS, LABELS, v)),
    ("explain", "string", lambda m, v: m["tfidf"].explain(v)),
    ("top_features", "number", lambda m, v: m["tfidf"].top_features(v)),
    ("rung's seed", "number", lambda m, v: sadari.TfIdf(seed=v, epochs=1).fit(TEXTS, LABELS)),
    ("rung's C", "number", lambda m, v: sadari.TfIdf(C=v, epochs=1).fit(TEXTS, LABELS)),
    ("rung's tokenizer", "string", lambda m, v: sadari.TfIdf(tokenizer=v).fit(TEXTS, LABELS)),
    ("tokenizer", "string", lambda m, v: sadari.tokenizer(v)),
    ("tokenizer's texts", "column", lambda m, v: sadari.tokenizer("words")(v)),
    ("tokenize", "string", lambda m, v: sadari.tokenizer("words").tokenize(v)),
    ("ngrams of", "column", lambda m, v: ngrams(v, 2)),
    ("ngrams n", "number", lambda m, v: ngrams(["a", "b"], v)),
    ("Vocab", "column", lambda m, v: sadari.Vocab(v)),
    ("Vocab.learn", "column", lambda m, v: sadari.Vocab.learn(v)),
    ("Vocab.learn min_freq", "number", lambda m, v: sadari.Vocab.learn(m["tokens"], min_freq=v)),
    ("Vocab.learn max_size", "number", lambda m, v: sadari.Vocab.learn(m["tokens"], max_size=v)),
    ("Vocab.learn specials", "column", lambda m, v: sadari.Vocab.learn(m["tokens"], specials=v)),
    ("Vocab.encode", "column", lambda m, v: m["vocab"].encode(v)),
    ("Vocab.decode", "column", lambda m, v: m["vocab"].decode(v)),
    ("Vocab.one_hot", "column", lambda m, v: m["vocab"].one_hot(v)),
    ("Vocab[]", "string", lambda m, v: m["vocab"][v]),
    ("in Vocab", "string", lambda m, v: v in m["vocab"]),
    ("Ragged values", "column", lambda m, v: sadari.Ragged(v, np.array([0, 2]))),
    ("Ragged offsets", "column", lambda m, v: sadari.Ragged(np.array([1, 2]), v)),
    ("Ragged.from_lists", "column", lambda m, v: sadari.Ragged.from_lists(v)),
    ("Ragged.from_arrow", "column", lambda m, v: sadari.Ragged.from_arrow(v)),
    ("Ragged.take", "column", lambda m, v: m["ragged"].take(v)),
    ("Ragged.truncate", "number", lambda m, v: m["ragged"].truncate(v)),
    ("Ragged.padded", "number", lambda m, v: m["ragged"].padded(v)),
    ("Ragged.counts", "number", lambda m, v: m["ragged"].counts(v)),
    ("WordVectors words", "column", lambda m, v: sadari.WordVectors(v, np.ones((2, 3), np.float32))),
    ("WordVectors matrix", "column", lambda m, v: sadari.WordVectors(["a", "b"], v)),
    ("WordVectors[]", "string", lambda m, v: m["vectors"][v]),
    ("in WordVectors", "string", lambda m, v: v in m["vectors"]),
    ("similarity", "string", lambda m, v: m["vectors"].similarity("a", v)),
    ("vectors_of", "column", lambda m, v: m["vectors"].vectors_of(v)),
    ("nearest", "string", lambda m, v: m["vectors"].nearest(v)),
    ("nearest count", "number", lambda m, v: m["vectors"].nearest("a", v)),
    ("nearest metric", "string", lambda m, v: m["vectors"].nearest("a", metric=v)),
    ("nearest exclude", "column", lambda m, v: m["vectors"].nearest("a", exclude=v)),
    ("analogy", "string", lambda m, v: m["vectors"].analogy(v)),
    ("analogy weight", "number", lambda m, v: m["vectors"].analogy({"a": v})),
    ("analogy metric", "string", lambda m, v: m["vectors"].analogy("a", metric=v)),
    ("train_vectors", "column", lambda m, v: sadari.train_vectors(v, min_count=1, epochs=1, width=4)),
    ("train_vectors seed", "number", lambda m, v: sadari.train_vectors(TEXTS, min_count=1, epochs=1, width=4, seed=v)),
    ("read_vectors", "string", lambda m, v: sadari.read_vectors(v)),
    ("generator's texts", "column", lambda m, v: sadari.Generator(hidden=8, steps=1, window=8).fit(v)),
    ("generator's labels", "column", lambda m, v: sadari.Generator(hidden=8, steps=1, window=8).fit(TEXTS, v)),
    ("generator's seed", "number", lambda m, v: sadari.Generator(hidden=8, steps=1, window=8, seed=v).fit(TEXTS)),
    ("sample", "string", lambda m, v: m["generator"].sample(v, 3)),
    ("sample length", "number", lambda m, v: next(m["generator"].stream("a", v), "")),
    ("sample seed", "number", lambda m, v: m["generator"].sample("a", 3, seed=v)),
    ("sample temperature", "number", lambda m, v: m["generator"].sample("a", 3, temperature=v)),
    ("sample top_k", "number", lambda m, v: m["generator"].sample("a", 3, top_k=v)),
    ("sample top_p", "number", lambda m, v: m["generator"].sample("a", 3, top_p=v)),
    ("sample label", "string", lambda m, v: m["generator"].sample("a", 3, label=v)),
    ("unknown_in", "string", lambda m, v: m["generator"].unknown_in(v)),
    ("generator's score", "column", lambda m, v: m["generator"].score(v)),
    ("rules", "number", lambda m, v: Rules(temperature=v)),
    ("translator's sources", "column", lambda m, v: sadari.Translator(epochs=1).fit(v, SENTENCES)),
    (
        "translator's validation",
        "column",
        lambda m, v: sadari.Translator(epochs=1).fit(SENTENCES, SENTENCES, validation=v),
    ),
    ("translate", "column", lambda m, v: m["translator"].translate(v, beam=1)),
    ("translate beam", "number", lambda m, v: m["translator"].translate(SENTENCES[:1], beam=v)),
    (
        "translate length_penalty",
        "number",
        lambda m, v: m["translator"].translate(SENTENCES[:1], beam=2, length_penalty=v),
    ),
    ("alignment", "string", lambda m, v: m["translator"].alignment(v)),
    ("looks_swapped", "column", lambda m, v: m["translator"].looks_swapped(v)),
    ("Bert's texts", "column", lambda m, v: sadari.Bert(steps=1).fit(v)),
    ("Bert's seed", "number", lambda m, v: sadari.Bert(steps=1, seed=v).check()),
    ("load", "string", lambda m, v: sadari.load(v)),
    ("open_source", "string", lambda m, v: sadari.open_source(v)),
    ("audit", "column", lambda m, v: sadari.audit(v)),
    ("audit seed", "number", lambda m, v: sadari.audit(m["corpus"], seed=v)),
    ("Corpus.split", "number", lambda m, v: m["corpus"].split(validation=v)),
    ("Corpus.split seed", "number", lambda m, v: m["corpus"].split(seed=v)),
    ("Corpus.take", "column", lambda m, v: m["corpus"].take(v)),
    ("climb", "column", lambda m, v: sadari.climb(v)),
    ("climb seed", "number", lambda m, v: sadari.climb(m["corpus"], rungs=["nothing"], seed=v)),
    ("climb test", "column", lambda m, v: sadari.climb(m["corpus"], v, rungs=["nothing"])),
    ("climb rungs", "column", lambda m, v: sadari.climb(m["corpus"], rungs=[] if v is None else v)),
    ("climb trials", "number", lambda m, v: sadari.climb(m["corpus"], rungs=["nothing"], trials=v)),
    ("climb lang", "string", lambda m, v: sadari.climb(m["corpus"], rungs=["nothing"], lang=v)),
    ("audit test", "column", lambda m, v: sadari.audit(m["corpus"], v)),
    ("Corpus texts", "column", lambda m, v: sadari.Corpus(v, None, np.arange(24), "texts")),
    ("Corpus labels", "column", lambda m, v: sadari.Corpus(pl.Series(TEXTS), v, np.arange(24), "texts")),
    ("Corpus rows", "column", lambda m, v: sadari.Corpus(pl.Series(TEXTS), None, v, "texts")),
    ("save", "string", lambda m, v: m["tfidf"].save(v)),
    ("generator's save", "string", lambda m, v: m["generator"].save(v)),
    ("translator's save", "string", lambda m, v: m["translator"].save(v)),
    ("rung's load", "string", lambda m, v: sadari.TfIdf.load(v)),
    ("generator's load", "string", lambda m, v: sadari.Generator.load(v)),
    ("translator's load", "string", lambda m, v: sadari.Translator.load(v)),
    ("Bert's load", "string", lambda m, v: sadari.Bert.load(v)),
    ("Bert's start", "string", lambda m, v: sadari.Bert(steps=1).fit([], start=v)),
    ("fastText's file", "string", lambda m, v: sadari.FastTextModel.from_file(v)),
    ("generator's run", "string", lambda m, v: sadari.Generator(hidden=8, steps=1, window=8).fit(TEXTS, run=v)),
    ("open_source text", "string", lambda m, v: sadari.open_source("d.csv", text=v)),
    ("open_source text's number", "number", lambda m, v: sadari.open_source("d.csv", text=v)),
    ("open_source label", "string", lambda m, v: sadari.open_source("d.csv", label=v)),
    ("open_source label's number", "number", lambda m, v: sadari.open_source("d.csv", label=v)),
    ("open_source format", "string", lambda m, v: sadari.open_source("d.csv", format=v)),
    ("open_source encoding", "string", lambda m, v: sadari.open_source("d.csv", encoding=v)),
    ("open_source delimiter", "string", lambda m, v: sadari.open_source("d.csv", delimiter=v)),
    ("open_source label_sep", "string", lambda m, v: sadari.open_source("d.csv", label_sep=v).read()),
    ("open_source on_bad_row", "string", lambda m, v: sadari.open_source("d.csv", on_bad_row=v)),
    ("open_source missing", "string", lambda m, v: sadari.open_source("d.csv", missing=v)),
    ("batches", "number", lambda m, v: list(sadari.open_source("d.csv").batches(v))),
    ("read_vectors limit", "number", lambda m, v: sadari.read_vectors("v.vec", limit=v)),
    ("read_vectors words", "column", lambda m, v: sadari.read_vectors("v.vec", words=v)),
    ("read_vectors format", "string", lambda m, v: sadari.read_vectors("v.vec", format=v)),
    ("read_vectors encoding", "string", lambda m, v: sadari.read_vectors("v.vec", encoding=v)),
    ("read_vectors on_bad_row", "string", lambda m, v: sadari.read_vectors("v.vec", on_bad_row=v)),
    ("write_vectors", "string", lambda m, v: sadari.write_vectors(v, "w.vec")),
    ("write_vectors path", "string", lambda m, v: sadari.write_vectors(m["vectors"], v)),
    ("write_vectors format", "string", lambda m, v: sadari.write_vectors(m["vectors"], "w.vec", format=v)),
    ("WordVectors counts", "column", lambda m, v: sadari.WordVectors(["a"], np.ones((1, 3), np.float32), counts=v)),
    ("WordVectors subwords", "string", lambda m, v: sadari.WordVectors(["a"], np.ones((1, 3), np.float32), subwords=v)),
    ("Ragged.concat", "column", lambda m, v: sadari.Ragged.concat(v)),
    ("rung's vectors", "string", lambda m, v: sadari.FromVectors(vectors=v, epochs=1).fit(TEXTS, LABELS)),
    ("rung's class_weight", "string", lambda m, v: sadari.TfIdf(class_weight=v, epochs=1).fit(TEXTS, LABELS)),
    ("a class's weight", "number", lambda m, v: sadari.TfIdf(class_weight={"yes": v}, epochs=1).fit(TEXTS, LABELS)),
    ("calibrate", "column", lambda m, v: m["tfidf"].calibrate(m["tfidf"].logits(TEXTS), v)),
    (
        "Teacher unlabelled",
        "column",
        lambda m, v: sadari.EmbeddingBag(epochs=1).fit(TEXTS, LABELS, teacher=sadari.Teacher(m["tfidf"], unlabelled=v)),
    ),
    (
        "Teacher temperature",
        "number",
        lambda m, v: sadari.EmbeddingBag(epochs=1).fit(
            TEXTS, LABELS, teacher=sadari.Teacher(m["tfidf"], temperature=v)
        ),
    ),
    ("save data", "mapping", lambda m, v: m["tfidf"].save("m", data=v)),
    ("save scores", "mapping", lambda m, v: m["tfidf"].save("m", scores=v)),
    ("generator's save data", "mapping", lambda m, v: m["generator"].save("m", data=v)),
    ("translator's save scores", "mapping", lambda m, v: m["translator"].save("m", scores=v)),
    ("climb settings", "mapping", lambda m, v: sadari.climb(m["corpus"], rungs=["bow"], settings=v, budget=0.001)),
    (
        "climb a rung's settings",
        "mapping",
        lambda m, v: sadari.climb(m["corpus"], rungs=["bow"], settings={"bow": v}, budget=0.001),
    ),
    ("climb budget", "number", lambda m, v: sadari.climb(m["corpus"], rungs=["bow"], budget=v, curves=False)),
    ("climb validation", "number", lambda m, v: sadari.climb(m["corpus"], rungs=["nothing"], validation=v)),
    ("climb folder", "string", lambda m, v: sadari.climb(m["corpus"], rungs=["nothing"], folder=v)),
    ("climb vectors", "string", lambda m, v: sadari.climb(m["corpus"], rungs=["nothing"], vectors=v)),
    ("climb weights", "string", lambda m, v: sadari.climb(m["corpus"], rungs=["nothing"], weights=v)),
    ("audit unseen", "mapping", lambda m, v: sadari.audit(m["corpus"], unseen=v)),
    ("fit seconds", "number", lambda m, v: sadari.GRU(hidden=4, epochs=1).fit(TEXTS, LABELS, seconds=v)),
    ("fit run", "string", lambda m, v: sadari.GRU(hidden=4, epochs=1).fit(TEXTS, LABELS, run=v)),
    ("fit run to resume", "string", lambda m, v: sadari.GRU(hidden=4).fit(TEXTS, LABELS, run=v, resume=True)),
    ("rung's resume", "string", lambda m, v: sadari.GRU.resume(v, TEXTS, LABELS)),
    ("set_params", "mapping", lambda m, v: sadari.TfIdf().set_params(epochs=v)),
    ("activations", "string", lambda m, v: m["tfidf"].activations(v)),
    ("predict_with_marks", "column", lambda m, v: m["tfidf"].predict_with_marks(v)),
    ("calibrate logits", "column", lambda m, v: m["tfidf"].calibrate(v, LABELS)),
    ("Teacher trust", "number", lambda m, v: sadari.Teacher(m["tfidf"], trust=v)),
    ("Teacher altered", "number", lambda m, v: sadari.Teacher(m["tfidf"], altered=v)),
    (
        "Teacher never",
        "column",
        lambda m, v: sadari.EmbeddingBag(epochs=1).fit(
            TEXTS, LABELS, teacher=sadari.Teacher(m["tfidf"], unlabelled=SENTENCES, never=v)
        ),
    ),
    ("translator's targets", "column", lambda m, v: sadari.Translator(epochs=1).fit(SENTENCES, v)),
    ("translator's run", "string", lambda m, v: sadari.Translator(epochs=1).fit(SENTENCES, SENTENCES, run=v)),
    ("search", "column", lambda m, v: m["translator"].search(v, beam=1)),
    ("alignment translation", "string", lambda m, v: m["translator"].alignment("I eat", v)),
    ("alignment beam", "number", lambda m, v: m["translator"].alignment("I eat", beam=v)),
    ("looks_swapped references", "column", lambda m, v: m["translator"].looks_swapped(SENTENCES, v)),
    ("length_of", "string", lambda m, v: m["generator"].length_of(v)),
    ("stream label", "string", lambda m, v: next(m["generator"].stream("a", 3, label=v), "")),
    ("Bert's run", "string", lambda m, v: sadari.Bert(steps=1).fit([], run=v)),
    ("fill", "string", lambda m, v: m["bert"].fill(v)),
    ("fill second", "string", lambda m, v: m["bert"].fill("the [MASK]", v)),
    ("fill top", "number", lambda m, v: m["bert"].fill("the [MASK]", top=v)),
    ("follows first", "string", lambda m, v: m["bert"].follows(v, "a good film")),
    ("follows second", "string", lambda m, v: m["bert"].follows("a good film", v)),
    ("Bert's save data", "mapping", lambda m, v: m["bert"].save("m", data=v)),
    (
        "WordVectors tokenizer",
        "string",
        lambda m, v: sadari.WordVectors(["a"], np.ones((1, 3), np.float32), tokenizer=v),
    ),
    ("WordVectors outputs", "column", lambda m, v: sadari.WordVectors(["a"], np.ones((1, 3), np.float32), outputs=v)),
    ("WordVectors training", "mapping", lambda m, v: save_trained(v)),
    ("WordVectors.word", "number", lambda m, v: m["vectors"].word(v)),
    ("WordVectors.rows_of", "column", lambda m, v: m["vectors"].rows_of(v)),
    ("WordVectors.all_of", "column", lambda m, v: m["vectors"].all_of(v)),
    ("WordVectors.likely", "string", lambda m, v: m["vectors"].likely(v)),
    ("Vocab specials", "number", lambda m, v: sadari.Vocab(["a", "b"], specials=v)),
    ("fastText's label_prefix", "string", lambda m, v: sadari.FastTextModel.from_file("v.vec", label_prefix=v)),
    ("open_source header", "string", lambda m, v: sadari.open_source("d.csv", header=v).read()),
    ("open_source need_label", "string", lambda m, v: sadari.open_source("d.csv", need_label=v).read()),
    ("Corpus.provenance", "number", lambda m, v: m["corpus"].provenance(seed=v)),
    (
        "Corpus label_order",
        "column",
        lambda m, v: sadari.Corpus(pl.Series(TEXTS), pl.Series(LABELS), np.arange(24), "t", label_order=v),
    ),
    ("climb curves", "number", lambda m, v: sadari.climb(m["corpus"], rungs=["nothing"], curves=v)),
    ("climb report", "number", lambda m, v: sadari.climb(m["corpus"], rungs=["nothing"], report=v)),
    ("climb keep_duplicates", "number", lambda m, v: sadari.climb(m["corpus"], rungs=["nothing"], keep_duplicates=v)),
    ("climb download", "number", lambda m, v: sadari.climb(m["corpus"], rungs=["nothing"], download=v)),
    ("fit resume", "number", lambda m, v: sadari.GRU(hidden=4, epochs=1).fit(TEXTS, LABELS, resume=v)),
    ("generator's resume", "number", lambda m, v: sadari.Generator(hidden=8, steps=1, window=8).fit(TEXTS, resume=v)),
    ("translator's resume", "number", lambda m, v: sadari.Translator(epochs=1).fit(SENTENCES[:1], [""], resume=v)),
    ("Bert's download", "number", lambda m, v: sadari.Bert(steps=1).fit([], download=v)),
    ("Bert's resume", "number", lambda m, v: sadari.Bert(steps=1).fit([], resume=v)),
    ("stream cached", "number", lambda m, v: m["generator"].sample("a", 2, cached=v)),
    ("Corpus source", "string", lambda m, v: sadari.Corpus(pl.Series(TEXTS), None, np.arange(24), v)),
]


def save_trained(training: Any) -> None:
    vectors = sadari.WordVectors(["a"], np.ones((1, 3), np.float32), training=training)
    sadari.write_vectors(vectors, "folder", format="sadari")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("kind", "call"), [pytest.param(kind, call, id=name) for name, kind, call in CALLS])
def test_what_is_wrong_is_refused_in_words(models: Models, kind: str, call: Callable[[Models, Any], Any]) -> None:
    raw = []
    for name, value in WRONG[kind].items():
        try:
            call(models, iter([1]) if name == "iterator" else value)
        except SadariError as error:
            if len(str(error)) > 1_500:
                raw.append(f"{name}: an error of {len(str(error)):,} characters")
        except Exception as error:
            raw.append(f"{name}: {type(error).__name__}: {error}"[:200])
    assert not raw, "\n".join(raw)


ESTIMATORS = (
    "TfIdf",
    "EmbeddingBag",
    "FromVectors",
    "GRU",
    "Transformer",
    "BertClassifier",
    "Generator",
    "Translator",
    "Bert",
)


@pytest.mark.parametrize("kind", ESTIMATORS)
@pytest.mark.parametrize("value", [*NUMBERS.items(), *STRINGS.items()], ids=lambda pair: pair[0])
def test_no_setting_takes_a_wrong_value_raw(kind: str, value: tuple[str, Any]) -> None:
    for name in inspect.signature(getattr(sadari, kind)).parameters:
        with contextlib.suppress(SadariError):
            getattr(sadari, kind)(**{name: value[1]}).check()


def test_a_text_that_is_not_there_is_an_error_of_its_place() -> None:
    ragged = sadari.Ragged.from_lists([[1, 2], [3]])
    assert [ragged[place].tolist() for place in (0, -1, np.int64(1), torch.tensor(1))] == [[1, 2], [3], [3], [3]]
    for place in (2, -3, 2**70, 10**5000):
        with pytest.raises(IndexError, match="there is no text"):
            ragged[place]
    for place in (None, 0.5, "0", [0], slice(0, 1), np.arange(2)):
        with pytest.raises(TypeError, match="by its place"):
            ragged[place]
    mask = np.array([False, True])
    assert ragged.take(mask).to_lists() == ragged.take([-1]).to_lists() == [[3]]


def test_columns_are_asked_for_by_name_or_number() -> None:
    for text in (1, "1", [1], ("text",), np.int64(1)):
        assert sadari.open_source("d.csv", text=text, label=2).text_columns == ["text"]


# (the call, a value, the error that it must be): what is neither taken nor left to chance
MUST: list[tuple[Callable[[Models], Any], type[Exception], str]] = [
    (lambda m: m["tfidf"].predict(pl.DataFrame({"a": TEXTS, "b": TEXTS})), DataError, r"\(24, 2\).*\(24,\)"),
    (lambda m: m["tfidf"].predict({"a": TEXTS, "b": TEXTS}), DataError, r"\(24, 2\).*\(24,\)"),
    (lambda m: m["tfidf"].predict(set(TEXTS)), DataError, "no order"),
    (lambda m: m["tfidf"].predict(np.array([["a", "b"]] * 3)), DataError, r"\(3, 2\).*\(3,\)"),
    (lambda m: m["translator"].translate({"a": TEXTS, "b": TEXTS}), DataError, r"\(24, 2\)"),
    (lambda m: sadari.tokenizer("words")({"a": TEXTS, "b": TEXTS}), DataError, r"\(24, 2\)"),
    (lambda m: m["generator"].sample(seed=None), SettingError, "seed is None"),
    (lambda m: m["generator"].sample(seed=2**70), SettingError, "seed is"),
    (lambda m: m["vocab"][5], SettingError, "must be a string"),
    (lambda m: m["vocab"].one_hot(np.array([0.5])), SettingError, "whole numbers"),
    (lambda m: m["translator"].translate(["a"], length_penalty=1e9), SettingError, "length_penalty is"),
    (lambda m: m["translator"].translate(["a"], beam=10**6), SettingError, "beam is"),
    (lambda m: m["translator"].translate([], beam=0), SettingError, "beam is"),
]


@pytest.mark.parametrize(("call", "kind", "message"), MUST)
def test_the_error_says_what_it_must_be(
    models: Models, call: Callable[[Models], Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        call(models)


def test_ngrams_longer_than_the_text_are_none_at_once() -> None:
    assert ngrams(["a", "b", "c"], 10**9) == []
    assert ngrams(["a", "b", "c"], 3) == ["a b c"]


def single_columns() -> dict[str, Any]:
    """The texts, in all that holds one column."""
    found: dict[str, Any] = {
        "tuple": tuple(TEXTS),
        "iterator": iter(TEXTS),
        "array": np.array(TEXTS),
        "objects": np.array(TEXTS, object),
        "(n, 1)": np.array(TEXTS)[:, None],
        "series": pl.Series(TEXTS),
        "frame": pl.DataFrame({"text": TEXTS}),
        "categories": pl.Series(TEXTS, dtype=pl.Categorical),
        "dict": {"text": TEXTS},
        "masked": np.ma.array(TEXTS),
        "matrix": np.array(TEXTS)[:, None].view(np.matrix),
    }
    arrow = pytest.importorskip("pyarrow")
    found |= {
        "Arrow": arrow.array(TEXTS),
        "Arrow chunks": arrow.chunked_array([TEXTS[:9], TEXTS[9:]]),
        "Arrow table": arrow.table({"text": TEXTS}),
        "Arrow dictionary": arrow.array(TEXTS).dictionary_encode(),
    }
    return found


@pytest.mark.parametrize("name", single_columns())
def test_one_column_is_taken_in_whatever_it_comes(models: Models, name: str) -> None:
    assert as_column(single_columns()[name]).to_list() == TEXTS
    expected = models["tfidf"].predict_proba(TEXTS)
    assert np.array_equal(models["tfidf"].predict_proba(single_columns()[name]), expected)
    assert sadari.tokenizer("words")(single_columns()[name]).to_lists() == models["tokens"].to_lists()


def test_columns_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": TEXTS, "label": LABELS, "good": [label == "yes" for label in LABELS]})
    for texts in (
        frame["text"],
        frame[["text"]],
        frame["text"].astype("category"),
        pandas.Index(TEXTS),
        frame["text"].astype("string"),
        frame["text"].values,
        frame["text"].astype(object),
    ):
        assert as_column(texts).to_list() == TEXTS
    with pytest.raises(DataError, match=r"\(24, 2\).*\(24,\)\n.*'text', 'label'"):
        as_column(frame[["text", "label"]])
    for missing in (pandas.NA, None, float("nan"), pandas.NaT):
        with pytest.raises(DataError, match="row 2: the text is missing"):
            as_column(pandas.Series(["a", missing], dtype=object))
    numbers = [int(label == "yes") for label in LABELS]
    for labels in (frame["good"], frame[["good"]], frame["good"].astype("boolean"), frame["good"].astype(int)):
        assert as_labels(labels).to_list() == numbers
    both = pandas.DataFrame({"a": numbers, "b": [1 - number for number in numbers]})
    assert as_labels(both).tolist() == both.to_numpy().tolist()
    with pytest.raises(DataError, match="row 2: the label is missing"):
        as_labels(pandas.Series([True, None], dtype="boolean"))


@pytest.mark.parametrize("labels", [[10**18 + 1, -(10**18)], [2**63 - 1, -(2**63)], [True, False]])
def test_whole_numbers_of_64_bits_stay_the_labels_they_were(labels: list[int], tmp_path: Path) -> None:
    model = sadari.TfIdf(epochs=2).fit(TEXTS, labels * 12)
    model.save(tmp_path / "model")
    assert sadari.load(tmp_path / "model").predict(TEXTS).tolist() == model.predict(TEXTS).tolist()
    assert set(model.classes_.tolist()) == {int(label) for label in labels}
