"""Files of word vectors and of fastText, spoilt: read or refused, and what is read is finite and as long as it says."""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path
from random import Random

import numpy as np
from fuzz_mutations import spoil

import sadari
from sadari.errors import SadariError

_WORDS = ["tea", "garlic", "세상", "naïve", "heat", "the", "</s>", "a_b", "x" * 40]


@functools.cache
def _seeds() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    vectors = sadari.WordVectors(_WORDS, rng.normal(size=(len(_WORDS), 4)).astype(np.float32))
    found = {}
    with tempfile.TemporaryDirectory() as place:
        for name, format in (("v.bin", "word2vec-binary"), ("v.vec", "word2vec-text"), ("v.txt", "glove")):
            sadari.write_vectors(vectors, Path(place) / name, format=format)
            found[name] = (Path(place) / name).read_bytes()
        texts = ["the tea smells", "the heat was won", "tea and garlic", "won the heat"] * 5
        rung = sadari.EmbeddingBag(epochs=1, min_count=1, buckets=64).fit(texts, ["a", "b", "a", "b"] * 5)
        export(rung, Path(place) / "m.bin")
        found["m.bin"] = (Path(place) / "m.bin").read_bytes()
    return found


def export(rung: sadari.EmbeddingBag, path: Path) -> None:
    """The rung as fastText's file."""
    from sadari.rungs.fasttext.export import export_fasttext

    export_fasttext(rung, path)


def make_vectors(rng: Random) -> dict[str, bytes]:
    """A file of some format with some bytes changed."""
    name = rng.choice(sorted(_seeds()))
    data = spoil(rng, _seeds()[name], list(_seeds().values()))
    options = {"limit": rng.choice((None, None, 2)), "on_bad_row": rng.choice(("error", "skip"))}
    return {name: data, "how.json": json.dumps(options).encode()}


def check_vectors(folder: Path) -> None:
    """Read as vectors, and a fastText model as a classifier too."""
    path = next(each for each in folder.iterdir() if each.name != "how.json")
    try:
        vectors = sadari.read_vectors(path, **json.loads((folder / "how.json").read_bytes()))
        matrix = vectors.all_of(vectors.words[:100])
        assert matrix.shape == (min(100, len(vectors)), vectors.width), "another shape than it says"
        assert np.isfinite(matrix).all(), "a number that is none"
    except SadariError:
        pass
    if path.name == "m.bin":
        try:
            shares = sadari.FastTextModel.from_file(path).predict_proba(["the tea", "", "won"])
            assert np.isfinite(shares).all(), "a probability that is no number"
        except SadariError:
            pass


def whole_vectors() -> list[dict[str, bytes]]:
    """The files as they were before anything was changed."""
    how = json.dumps({"limit": None, "on_bad_row": "error"}).encode()
    return [{name: data, "how.json": how} for name, data in _seeds().items()]
