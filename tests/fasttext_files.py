"""Model files for tests: those that the official package trains, and small ones made number by number."""

import struct
import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sadari.vectors.fasttext.dictionary import Dictionary
from sadari.vectors.fasttext.file import Arguments, FastTextFile, write_fasttext
from sadari.vectors.fasttext.product_quantization import QuantisedMatrix

HEAD, ARGUMENTS, SIZES = 8, 56, 28  # bytes of the file's first three parts
PLACES = {
    name: HEAD + 4 * i
    for i, name in enumerate(
        (
            "dim",
            "ws",
            "epoch",
            "minCount",
            "neg",
            "wordNgrams",
            "loss",
            "model",
            "bucket",
            "minn",
            "maxn",
            "lrUpdateRate",
        )
    )
} | {"t": 56, "size": 64, "nwords": 68, "nlabels": 72, "ntokens": 76, "pruned": 84, "entries": 92}


@cache
def official():
    return pytest.importorskip("fasttext", reason="the official package fasttext is not installed")


def write_lines(path: Path, texts, labels, prefix="__label__"):
    """Training lines, lower-cased; labels without their spaces."""
    lines = [
        f"{prefix}{label.replace(' ', '_')} {' '.join(text.lower().split())}"
        for text, label in zip(texts, labels, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def many_labels(texts, count=300):
    """A label for each text that its bytes choose: as many as quantising the output matrix asks for."""
    return [str(zlib.crc32(text.encode()) % count) for text in texts]


def train(lines: Path, path: Path, **settings):
    """A supervised model, trained on one thread, which gives the same bits each time."""
    settings = {"dim": 10, "epoch": 15, "lr": 2.0, "bucket": 20_000, "thread": 1, "verbose": 0, **settings}
    official().train_supervised(str(lines), **settings).save_model(str(path))
    return path


def quantise(source: Path, path: Path, lines: Path, **settings):
    model = official().load_model(str(source))
    if settings.get("retrain"):
        settings |= {"input": str(lines), "epoch": 1, "thread": 1}
    model.quantize(verbose=0, **settings)
    model.save_model(str(path))
    return path


def official_probabilities(path: Path, texts, prefix="__label__"):
    """What the official package prints: labels, sorted, without their prefix; and float64 [n, k]."""
    model = official().load_model(str(path))
    names = sorted(label.removeprefix(prefix) for label in model.get_labels())
    column = {prefix + name: k for k, name in enumerate(names)}
    out = np.full((len(texts), len(names)), np.nan)
    for row, text in enumerate(texts):
        for probability, label in model.f.predict(text + "\n", len(names), 0.0, "strict"):
            out[row, column[label]] = probability
    return names, out


def small_model(*, loss="softmax", quantised=False, pruned=False, word_ngrams=2, pieces=(2, 3)):
    """A supervised model of five words and three labels, drawn at random."""
    random = np.random.default_rng(7)
    words, labels = [b"</s>", b"the", b"\xea\xb0\x80", b"cat", b"sat"], [b"__label__a", b"__label__b c", b"__label__d"]
    buckets, width = 16, 4
    pairs = np.array([[3, 0], [9, 1], [14, 2]], np.int32) if pruned else None
    rows = len(words) + (3 if pruned else buckets)
    matrix = random.normal(size=(rows, width)).astype(np.float32)
    if quantised or pruned:
        codes = random.integers(0, 256, size=(rows, 2)).astype(np.uint8)
        centroids = random.normal(size=256 * width).astype(np.float32)
        lengths = random.random(256).astype(np.float32)
        matrix = QuantisedMatrix(codes, centroids, width, 3, random.integers(0, 256, rows).astype(np.uint8), lengths)
    arguments = Arguments(
        width, loss=loss, word_ngrams=word_ngrams, buckets=buckets, shortest=pieces[0], longest=pieces[1]
    )
    dictionary = Dictionary.of(words, labels, np.array([9, 7, 5, 3, 2, 5, 3, 1]), 26)
    dictionary = replace(dictionary, pruned=pairs)
    return FastTextFile(arguments, dictionary, matrix, random.normal(size=(3, width)).astype(np.float32))


def small_bytes(path: Path, **settings):
    write_fasttext(small_model(**settings), path)
    return path.read_bytes()


def patched(data: bytes, name: str, value):
    """The file with another number in its head."""
    layout = {"t": "<d", "ntokens": "<q", "pruned": "<q"}.get(name, "<i")
    place = PLACES[name]
    return data[:place] + struct.pack(layout, value) + data[place + struct.calcsize(layout) :]
