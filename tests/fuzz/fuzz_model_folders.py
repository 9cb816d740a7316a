"""Model folders, weights of others and word vectors, spoilt and sealed again as a forger would: used, or refused."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from fuzz_mutations import NUMBERS, dump_json, spoil, spoil_json

import sadari
from sadari.errors import SadariError
from sadari.rungs import RUNGS

TEXTS = [
    "the tea smells of garlic",
    "the captain won the heat",
    "the cheese needs more pepper",
    "the sprinter was hurt",
] * 6
LABELS = ["food", "sport"] * 12
ASKED = ["the captain drinks tea", "", "세상 😀 e\u0301", "word " * 40]

Files = dict[str, bytes]


def read_folder(folder: Path) -> Files:
    """A folder's files, and those in folders of it, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# -- the folders that are spoilt --------------------------------------------------------------------------------------

_SMALL_NET = {"embed_dim": 8, "epochs": 1, "min_freq": 1, "threads": 1}


def _classifier(name: str, **settings: Any) -> Callable[[Path], None]:
    return lambda folder: RUNGS[name](**settings).fit(TEXTS, LABELS).save(folder)


def _of_vectors(folder: Path) -> None:
    words = sorted({word for text in TEXTS for word in text.split()})
    vectors = sadari.WordVectors(words, np.random.default_rng(0).normal(size=(len(words), 8)).astype(np.float32))
    sadari.FromVectors(vectors=vectors, epochs=1).fit(TEXTS, LABELS).save(folder)


def _vectors(folder: Path) -> None:
    vectors = sadari.WordVectors(["tea", "garlic", "heat"], np.eye(3, 4, dtype=np.float32))
    sadari.write_vectors(vectors, folder, format="sadari")


def _generator(folder: Path) -> None:
    settings = {"hidden": 8, "batch_size": 4, "window": 16, "steps": 2, "validations": 1}
    sadari.Generator(**settings, level="char").fit(" ".join(TEXTS)).save(folder)


def _translator(folder: Path) -> None:
    settings = {"net": "transformer", "width": 16, "hidden": 16, "heads": 2, "epochs": 1, "threads": 1}
    sadari.Translator(**settings).fit(TEXTS, [text.upper() for text in TEXTS]).save(folder)


def _bert(folder: Path) -> None:
    settings = {"length": 32, "steps": 2, "validations": 1, "vocabulary": 120, "threads": 1, "batch_size": 8}
    documents = [f"{one}.\n{other}." for one, other in zip(TEXTS[:4] * 10, TEXTS[1:5] * 10, strict=True)]
    sadari.Bert(**settings).fit(documents).save(folder)


def _weights(folder: Path) -> None:
    from tiny_bert import tiny_bert

    tiny_bert(str(folder))


def _bert_classifier(folder: Path) -> None:
    weights = folder.parent / "tiny"
    _weights(weights)
    sadari.BertClassifier(weights=weights, steps=1, batch_size=4).fit(TEXTS, LABELS).save(folder)


def _sentences(folder: Path) -> None:
    from embedders_small import sentence_folder
    from tiny_bert import tiny_bert

    tiny_bert(str(folder.parent / "tiny-sentences"))
    sentence_folder(folder, folder.parent / "tiny-sentences", {"pooling_mode": "mean"}, normalise=True)


def _static(folder: Path) -> None:
    from embedders_small import static_folder

    size = static_folder(folder.parent / f"{folder.name}-size")[2].get_vocab_size()
    more = {"weights": np.ones(size, np.float32), "mapping": np.minimum(np.arange(size), size // 2)}
    static_folder(folder, config={"max_length": 99}, **more)


def _embed(make: Callable[[Path], None]) -> Callable[[Path], None]:
    def made(folder: Path) -> None:
        weights = folder.parent / f"{folder.name}-weights"
        make(weights)
        sadari.EmbeddingClassifier(weights=weights, threads=1).fit(TEXTS, LABELS).save(folder)

    return made


MAKERS: dict[str, Callable[[Path], None]] = {
    "bow": _classifier("bow"),
    "ngram": _classifier("ngram"),
    "tfidf": _classifier("tfidf"),
    "char": _classifier("char"),
    "word-char": _classifier("word-char"),
    "embedding-bag": _classifier("embedding-bag", epochs=1, min_count=1, buckets=64),
    "lstm": _classifier("lstm", hidden=8, **_SMALL_NET),
    "bilstm": _classifier("bilstm", hidden=8, **_SMALL_NET),
    "transformer": _classifier("transformer", epochs=1, min_freq=1, threads=1, layers=1),
    "vectors": _of_vectors,
    "bert-classifier": _bert_classifier,
    "word-vectors": _vectors,
    "generator": _generator,
    "translator": _translator,
    "bert": _bert,
    "weights": _weights,
    "embed-sentences": _embed(_sentences),
    "embed-static": _embed(_static),
    "weights-sentences": _sentences,
    "weights-static": _static,
}
QUICK = ("bow", "ngram", "tfidf", "embedding-bag", "word-vectors")  # load within milliseconds


def make_seeds(place: Path) -> None:
    """One folder of every kind, below `place`."""
    for name, make in MAKERS.items():
        if not (place / name).exists():
            make(place / name)


@functools.cache
def seeds(place: Path) -> dict[str, Files]:
    """The folders that `make_seeds` left, in memory."""
    return {name: read_folder(place / name) for name in MAKERS}


# -- spoiling ---------------------------------------------------------------------------------------------------------


def seal(files: Files) -> None:
    """Give the manifest the sizes and hashes that the files have, and its own, where it is still an object."""
    try:
        manifest = json.loads(files["sadari.json"])
        manifest.pop("sha256", None)
        named = manifest["files"]
        for name in list(named):
            if name in files:
                named[name] = {"size": len(files[name]), "sha256": hashlib.sha256(files[name]).hexdigest()}
        text = dump_json(manifest)
    except (KeyError, TypeError, AttributeError, ValueError):
        return
    body = text.removesuffix(b"\n}")
    digest = hashlib.sha256(body).hexdigest()
    files["sadari.json"] = body + f',\n  "sha256": "{digest}"\n}}\n'.encode()


def spoil_tensors(rng: Random, data: bytes) -> bytes:
    """A safetensors file whose header says something else, or whose numbers are others."""
    size = int.from_bytes(data[:8], "little")
    header, body = data[8 : 8 + size], bytearray(data[8 + size :])
    if rng.random() < 0.6:
        header = dump_json(spoil_json(rng, json.loads(header)))
    elif len(body) >= 8:
        place = 4 * rng.randrange(len(body) // 4)
        with np.errstate(over="ignore"):
            body[place : place + 4] = np.float32(float(rng.choice(NUMBERS))).tobytes()
    else:
        body += b"\x00" * 4
    return len(header).to_bytes(8, "little") + header + bytes(body)


def make_folder(rng: Random, place: Path, names: tuple[str, ...]) -> Files:
    """The files of a model folder of one of these kinds after one to three changes."""
    every = seeds(place)
    name = rng.choice(names)
    files = dict(every[name])
    for _ in range(rng.choice((1, 1, 2, 3))):
        target = rng.choice(sorted(files) + ["sadari.json"] * ("sadari.json" in files))
        if target not in files:
            continue
        change = rng.random()
        if target.endswith(".json") and change < 0.85:
            try:
                files[target] = dump_json(spoil_json(rng, json.loads(files[target])))
            except (ValueError, RecursionError):
                files[target] = spoil(rng, files[target], [files[target]])
        elif target.endswith(".safetensors") and change < 0.85:
            try:
                files[target] = spoil_tensors(rng, files[target])
            except (ValueError, AttributeError):
                files[target] = spoil(rng, files[target], [files[target]])
        elif change < 0.95:
            files[target] = spoil(rng, files[target], [rng.choice(list(files.values()))])
        elif change < 0.97:
            del files[target]
        else:
            other = every[rng.choice(names)]
            files[target] = other.get(target, rng.choice(list(other.values())))
    if rng.random() < 0.9:
        seal(files)
    return {**files, "kind.txt": name.encode()}


def whole_folders(place: Path, names: tuple[str, ...]) -> list[Files]:
    """The folders as they were before anything was changed."""
    return [{**seeds(place)[name], "kind.txt": name.encode()} for name in names]


# -- using ------------------------------------------------------------------------------------------------------------


def check_folder(folder: Path) -> None:
    """Load it as what it was, and ask it."""
    kind = (folder / "kind.txt").read_text()
    (folder / "kind.txt").unlink()
    with contextlib.suppress(SadariError):
        _use(kind, folder)


def _use(kind: str, folder: Path) -> None:
    if kind == "word-vectors":
        vectors = sadari.read_vectors(folder)
        vectors.all_of(vectors.words[:3])
    elif kind == "generator":
        sadari.Generator.load(folder).sample("the tea", 8, seed=1)
    elif kind == "translator":
        sadari.Translator.load(folder).translate(ASKED[:2], beam=2)
    elif kind == "bert":
        sadari.Bert.load(folder).fill("the [MASK] smells of tea")
    elif kind in ("weights-sentences", "weights-static"):
        sadari.EmbeddingClassifier(weights=folder, threads=1).fit(TEXTS, LABELS).predict_proba(ASKED)
    elif kind == "weights":
        sadari.BertClassifier(weights=folder, steps=1, batch_size=4, max_length=16).fit(TEXTS[:8], LABELS[:8])
    else:
        model = sadari.load(folder)
        shares = model.predict_proba(ASKED)
        assert np.isfinite(shares).all(), "a probability that is no number"
        assert abs(shares.sum(axis=1) - 1).max() < 1e-4 or model.multilabel, "probabilities that do not sum to 1"
