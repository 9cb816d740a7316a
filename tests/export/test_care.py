"""Readers of exported models withhold the labels that the model withholds, and give the sets that it gives."""

import importlib.resources

import numpy as np
import pytest

from rungs_headlines import headlines, some
from sadari.errors import ModelError
from sadari.export import onnx
from sadari.export.care import TARGETS, Decisions, care_data
from sadari.export.node import found_node
from sadari.export.onnx import export_onnx, reading_data
from sadari.export.readers.sadari_reader import Classifier, Reader
from sadari.rungs import RUNGS
from sadari.vectors.formats.files import write_vectors
from sadari.vectors.keyed import WordVectors


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


RUNG_SETTINGS = {"tfidf": {}, "word-char": {}, "embedding-bag": {"epochs": 4}, "embed": {}}


def fitted(rung, several, folder):
    """A small model of the headlines; of several labels a text, some have one more."""
    texts, labels = some(300)
    if several:
        labels = [[label, "in"] if " in " in text else [label] for text, label in zip(texts, labels, strict=True)]
    settings = dict(RUNG_SETTINGS[rung])
    if rung == "embed":
        words = sorted({word for text in texts for word in text.lower().split()})
        has = np.array([[word in text.lower().split() for text in texts] for word in words], np.float32)
        names = np.array(some(300)[1])
        table = has @ (names[:, None] == np.unique(names)).astype(np.float32)  # in how many texts of each label
        write_vectors(WordVectors(words, table), folder / "vectors")
        settings["weights"] = folder / "vectors"
    validation = tuple(column[200:] for column in (texts, labels)) if rung == "embedding-bag" else None
    return RUNGS[rung](**settings).fit(texts[:200], labels[:200], validation=validation)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("rung", RUNG_SETTINGS)
def test_through_the_graph_it_decides_as_the_model_does(rung, several, tmp_path):
    """For every target that the model can reach, but for texts as near to a threshold as numbers are rounded."""
    model = fitted(rung, several, tmp_path)
    proof = export_onnx(model, tmp_path / "out", texts=texts_of(model)[:20])
    own, texts = Classifier(tmp_path / "out"), texts_of(model)
    care, scored, checked = care_data(model), model.scored(texts), []
    decisions = Decisions(model, care)
    low, high = decisions.of(scored, -2e-5), decisions.of(scored, 2e-5)
    for asked, lower, upper in zip(decisions.asked, low, high, strict=True):
        sure_of = (lower == upper).all(axis=1)
        [(kind, target)] = asked.items()
        if kind == "sets":
            found, expected = own.predict_sets(texts, target), model.predict_sets(texts, target)
        elif kind == "scope":
            found, expected = own.out_of_scope(texts, target).tolist(), model.out_of_scope(texts, target).tolist()
        else:
            found, expected = list(own.predict_sure(texts, **asked)), list(model.predict_sure(texts, **asked))
        same = np.array([one == other for one, other in zip(found, expected, strict=True)])
        assert same[sure_of].all(), asked
        checked.append(sure_of.mean())
    assert len(checked) > 8
    assert np.mean(checked) > 0.9
    assert {kind for asked in decisions.asked for kind in asked} >= {"min_precision", "sets"}
    assert bool(care["coverage"]) == (not several)
    assert "decides as the model does by min_precision" in str(proof.care)


def test_what_decides_otherwise_is_refused(tmp_path, monkeypatch):
    model = fitted("tfidf", False, tmp_path)
    wrong = care_data(model)
    wrong["sets"]["0.9"] = [0.0] * len(wrong["sets"]["0.9"])
    monkeypatch.setattr(onnx, "care_data", lambda model: wrong)
    with pytest.raises(ModelError, match=r"asked for sets=0\.9, Python decides otherwise than the model"):
        export_onnx(model, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_left_out_is_said(model):
    rows = model.calibration_
    few = Decisions(model, care_data(model)).said()
    assert "left out, as the model cannot reach them: min_precision=0." in str(few)
    try:
        model.calibration_ = None
        assert "too few rows to calibrate on" in str(Decisions(model, care_data(model)).said())
    finally:
        model.calibration_ = rows
