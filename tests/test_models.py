"""`sadari.load` opens every kind of model by what its folder says, with the same answers, history and scores."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest
import torch

import sadari
from bert_small import LABELS, TEXTS
from sadari.artifact import read_model, write_model
from sadari.artifact.history import decode_history, encode_history
from sadari.artifact.kinds import KINDS
from sadari.errors import ModelError
from sadari.models import READERS

SHORT, SHORT_LABELS = TEXTS[:24], LABELS[:24]
TINY = {"hidden": 8, "steps": 2, "validations": 1, "batch_size": 4, "window": 8}


def classifier(**settings):
    return sadari.GRU(epochs=2, embed_dim=8, hidden=8, **settings).fit(SHORT, SHORT_LABELS)


def linear():
    return sadari.TfIdf(epochs=3).fit(SHORT, SHORT_LABELS)


def generator(**settings):
    return sadari.Generator(**TINY, **settings).fit(SHORT, SHORT_LABELS)


def translator(**settings):
    model = sadari.Translator(net="gru", width=8, hidden=8, epochs=2, subwords=120, **settings).fit(SHORT, SHORT[::-1])
    model.scores_ = {"BLEU": 1.5}
    return model


def bert(threads=1):
    texts = [f"{one}. {other}." for one, other in pairwise(TEXTS)]
    return sadari.Bert(length=16, batch_size=8, steps=2, validations=1, threads=threads, vocabulary=120).fit(texts)


def answers_of(model):
    """What it says of some texts."""
    if isinstance(model, sadari.Generator):
        return [model.sample("the", 12, seed=1), model.score(SHORT)]
    if isinstance(model, sadari.Translator):
        return model.search(SHORT[:3], beam=2)
    if isinstance(model, sadari.Bert):
        return model.fill("the [MASK] was won")
    return model.predict_proba(SHORT).tolist()


@pytest.mark.parametrize("make", [classifier, linear, generator, translator, bert])
def test_what_was_saved_comes_back(make, tmp_path):
    model = make()
    model.save(tmp_path / "m", scores={"accuracy": 0.75}, data={"source": "here"})
    back = sadari.load(tmp_path / "m")
    assert type(back) is type(model)
    assert answers_of(back) == answers_of(model)
    assert back.history_ == model.history_
    assert len(back.history_) > 0
    assert back.scores_ == {**model.scores_, "accuracy": 0.75}
    assert back.data_ == {**model.data_, "source": "here"}
    assert answers_of(type(model).load(tmp_path / "m")) == answers_of(model)
    back.save(tmp_path / "again")
    first, second = (read_model(tmp_path / name) for name in ("m", "again"))
    assert first.texts == second.texts  # the card and the history among them
    assert first.manifest["data"] == second.manifest["data"]


@pytest.mark.parametrize("make", [classifier, generator, translator, bert])
@pytest.mark.parametrize("count", [1, 2])
def test_a_model_says_with_how_many_threads_it_was_trained_where_none_were_asked_for(make, count, tmp_path):
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        model = make(threads=None)
    finally:
        torch.set_num_threads(before)
    model.save(tmp_path / "m")
    assert sadari.load(tmp_path / "m").data_["threads"] == count
    assert f"| threads | {count} |" in (tmp_path / "m" / "README.md").read_text("utf-8")


def test_vectors_come_back_with_their_training(tmp_path):
    vectors = sadari.train_vectors(TEXTS, width=4, epochs=2, min_count=1)
    sadari.write_vectors(vectors, tmp_path / "v")
    back = sadari.load(tmp_path / "v")
    assert isinstance(back, sadari.WordVectors)
    assert np.array_equal(back.matrix, vectors.matrix)
    assert back.training["history"] == vectors.training["history"]
    assert back.training["settings"] == json.loads(json.dumps(vectors.training["settings"]))
    assert back.training["tokens"] == vectors.training["tokens"]


@pytest.mark.parametrize("wanted", [*READERS])
@pytest.mark.parametrize("found", ["generator", "checkpoint", "crystal ball"])
def test_another_kind_is_refused_by_its_name_before_its_weights_are_read(wanted, found, tmp_path):
    if wanted == found:
        return
    write_model(tmp_path / "m", manifest={"kind": found}, tensors={"w": np.zeros(3)}, texts={})
    path = tmp_path / "m" / "weights.safetensors"
    path.write_bytes(b"\xff" * path.stat().st_size)  # no file of weights
    said = KINDS[found].found if found in KINDS else "a model of the kind 'crystal ball'"
    with pytest.raises(ModelError, match=f"this is {said}, and no {KINDS[wanted].wanted}"):
        read_model(tmp_path / "m", kind=wanted)


@pytest.mark.parametrize(("found", "said"), [("checkpoint", "--resume"), ("crystal ball", "'crystal ball'")])
def test_what_is_no_model_is_refused(found, said, tmp_path):
    write_model(tmp_path / "m", manifest={"kind": found}, tensors={}, texts={})
    with pytest.raises(ModelError, match=said):
        sadari.load(tmp_path / "m")


def test_every_kind_of_model_can_be_read():
    assert set(READERS) == set(KINDS) - {"checkpoint"}


def test_any_numbers_of_a_history_come_back():
    history = [{"loss": 0.1 + 0.2, "step": 3}, {"loss": math.inf, "least": -math.inf}, {"loss": np.float32(0.1)}, {}]
    assert decode_history(encode_history(history)) == history
    [record] = decode_history(encode_history([{"loss": math.nan}]))
    assert math.isnan(record["loss"])


@pytest.mark.parametrize("line", ["[1]", "3", '{"a": "b"}', '{"a": true}', '{"a": null}', '{"a": [1]}', "{", "{}{}"])
def test_a_history_of_anything_but_numbers_is_refused(line):
    with pytest.raises(ValueError, match=r"line 2|JSON"):
        decode_history('{"loss": 1}\n' + line + "\n")
