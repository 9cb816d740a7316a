"""Readers of exported models withhold the labels that the model withholds, and give the sets that it gives."""

import importlib.resources

import numpy as np
import pytest

from rungs_headlines import headlines
from sadari.export.care import TARGETS, care_data
from sadari.export.node import found_node
from sadari.export.onnx import reading_data
from sadari.export.readers.sadari_reader import Reader
from sadari.rungs import RUNGS


@pytest.fixture(scope="module")
def model():
    texts, labels = headlines("en", "train")
    return RUNGS["tfidf"]().fit(texts, labels)


@pytest.fixture(scope="module")
def several():
    random = np.random.default_rng(0)
    words = np.array(["red", "green", "blue"])
    has = random.random((300, 3)) < 0.4
    texts = [" ".join([*words[row], "thing"]) for row in has]
    return RUNGS["tfidf"]().fit(texts, [list(words[row & (random.random(3) < 0.9)]) for row in has])


def reader_of(model):
    portable = model.portable()
    return Reader({**reading_data(model, portable), "care": care_data(model)}, portable.reading.arrays)


def texts_of(model):
    return [*headlines("en", "test")[0].to_list()[:100], "red blue thing", "green thing", "qqq zzz", ""]


@pytest.mark.parametrize("kind", ["model", "several"])
def test_the_reader_in_python(kind, request):
    model = request.getfixturevalue(kind)
    reader, texts = reader_of(model), texts_of(model)
    logits, probabilities = model.logits(texts), model.predict_proba(texts)
    care = reader.data["care"]
    assert len(care["sets"]) > 5
    for target in map(float, care["sets"]):
        assert reader.sets(probabilities, target) == model.predict_sets(texts, target)
    for name in ("min_precision", "coverage"):
        for target in map(float, care[name]):
            expected = model.predict_sure(texts, **{name: target})
            assert list(reader.sure(logits, probabilities, name, target)) == list(expected)
    for share in map(float, care["scope"]):
        assert list(reader.outside(logits, probabilities, share)) == list(model.out_of_scope(texts, share))
    assert bool(care["coverage"]) == bool(care["scope"]) == (kind == "model")
    with pytest.raises(ValueError, match=r"sets can be one of: 0\.5, 0\.6"):
        reader.sets(probabilities, 0.123)


@pytest.mark.parametrize("kind", ["model", "several"])
def test_the_reader_in_javascript(kind, request):
    node = found_node()
    if node is None:
        pytest.skip("there is no Node 18 or newer on this machine")
    model = request.getfixturevalue(kind)
    reader, texts = reader_of(model), texts_of(model)
    logits, probabilities = model.logits(texts), model.predict_proba(texts)
    source = importlib.resources.files("sadari.export.readers").joinpath("sadari_reader.mjs").as_uri()
    script = (
        "const { Reader } = await import(given.source); const reader = new Reader(given.data, {});"
        "const rows = given.logits.map((own, row) => [own, given.probabilities[row]]);"
        "return [rows.map(([, own]) => reader.sets(own, 0.9)),"
        "rows.map(([own, share]) => reader.sure(own, share, { min_precision: 0.8 })),"
        "rows.map(([own, share]) => given.data.several ? null : reader.outside(own, share, 0.1))];"
    )
    data = {**reader.data, "steps": []}
    given = {"source": source, "data": data, "logits": logits.tolist(), "probabilities": probabilities.tolist()}
    sets, sure, outside = node.run(script, given)
    assert [tuple(row) for row in sets] == model.predict_sets(texts, 0.9)
    expected = model.predict_sure(texts, min_precision=0.8)
    assert kind == "several" or outside == list(model.out_of_scope(texts, 0.1))
    assert sure == [list(one) if kind == "several" else one for one in expected]


def test_a_model_without_rows_says_so(model):
    portable = model.portable()
    bare = Reader({**reading_data(model, portable), "care": None}, portable.reading.arrays)
    with pytest.raises(ValueError, match="sets can be one of: none"):
        bare.sets(model.predict_proba(["a"]), 0.9)
    assert 0.9 in TARGETS
