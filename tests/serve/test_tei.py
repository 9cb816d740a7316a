"""text-embeddings-inference's `POST /predict`, in the shapes that its documentation shows."""

import shutil

import numpy as np
import pytest

import sadari
from bert_small import save_encoder
from sadari.errors import SettingError
from sadari.pretrained.embedders.encoder import EncoderEmbedder, Running
from sadari.rungs import RUNGS
from sadari.serve.settings import ServeSettings
from serving import TEXTS, running


def by_label(answer):
    return {each["label"]: each["score"] for each in answer}


def python(model, text):
    return dict(zip(model.codec.names(), model.predict_proba([text])[0].tolist(), strict=True))


@pytest.mark.parametrize("name", ["tfidf", "lstm"])
@pytest.mark.parametrize("text", TEXTS)
def test_one_text_has_the_answer_of_python(server, models, name, text):
    answer = server.post("/predict", {"inputs": text, "model": name})
    assert answer.status_code == 200
    assert by_label(answer.json()) == pytest.approx(python(models[name], text), abs=1e-6)
    scores = [each["score"] for each in answer.json()]
    assert scores == sorted(scores, reverse=True)


def test_a_list_of_one_string_is_one_text(server):
    [flat, listed] = [server.post("/predict", {"inputs": inputs}).json() for inputs in ("A goal", ["A goal"])]
    assert flat == listed
    assert "label" in flat[0]


def test_a_batch_is_a_list_of_lists(server, models):
    answer = server.post("/predict", {"inputs": [[text] for text in TEXTS]})
    assert [by_label(each) for each in answer.json()] == [
        pytest.approx(python(models["tfidf"], text), abs=1e-6) for text in TEXTS
    ]
    assert answer.headers["x-sadari-notes"] == "2:unknown, 3:empty, 4:unknown"


@pytest.mark.parametrize("inputs", [["a", "b"], [["a", "b"]], [["a"], ["b", "c"]], ["a", "b", "c"]])
def test_a_flat_list_of_two_is_a_pair_and_is_refused(server, inputs):
    answer = server.post("/predict", {"inputs": inputs})
    assert answer.status_code == 422
    assert "pair" in answer.json()["error"]
    assert '[["…"], ["…"]]' in answer.json()["hint"]


def test_top_k_and_raw_scores(server, models):
    answer = server.post("/predict", {"inputs": TEXTS[0], "raw_scores": True, "parameters": {"top_k": 2}}).json()
    model = models["tfidf"]
    logits = model.logits([TEXTS[0]])[0] * model.inverse_temperature_
    wanted = sorted(logits.tolist(), reverse=True)[:2]
    assert [each["score"] for each in answer] == pytest.approx(wanted, rel=1e-5)


def test_the_label_that_the_model_gives_comes_first_where_another_is_likelier(folders, models, tmp_path):
    model = sadari.load(folders["tfidf"])
    likeliest = int(model.predict_proba([TEXTS[0]])[0].argmax())
    model.thresholds_ = np.where(np.arange(len(model.thresholds_)) == likeliest, 0.999, 0.001)
    model.save(tmp_path / "rare")
    with running(ServeSettings((("rare", str(tmp_path / "rare")),), port=0)) as server:
        tei = server.post("/predict", {"inputs": TEXTS[0]}).json()
        hugging_face = server.post("/", {"inputs": TEXTS[0]}).json()[0]
        classified = server.post("/classify", {"input": TEXTS[0]}).json()["data"][0]
    given = model.predict([TEXTS[0]])[0]
    assert given != model.codec.names()[likeliest]
    assert tei[0]["label"] == hugging_face[0]["label"] == classified["label"] == given
    assert max(tei, key=lambda each: each["score"])["label"] == model.codec.names()[likeliest]


def test_device_and_precision_are_those_that_are_asked_for(folders):
    model = sadari.load(folders["lstm"])
    model.answer_on("cpu", None)
    assert next(model.net_.parameters()).device.type == "cpu"
    with pytest.raises(SettingError, match="device"):
        model.answer_on("tpu", None)
    sadari.load(folders["tfidf"]).answer_on("cpu", "bf16")  # a linear model has no choice, and needs none


@pytest.mark.parametrize("rung", ["bert", "embed"])
def test_what_a_model_started_from_may_be_gone(rung, tmp_path):
    save_encoder(tmp_path / "weights")
    texts = ["A late goal won the cup", "Stocks fell on Friday"] * 4
    model = RUNGS[rung](weights=tmp_path / "weights", **({"epochs": 1} if rung == "bert" else {}))
    model.fit(texts, ["Sports", "Business"] * 4).save(tmp_path / "m")
    shutil.rmtree(tmp_path / "weights")
    with running(ServeSettings((("m", str(tmp_path / "m")),), port=0, device="cpu", precision="fp32")) as server:
        answer = server.post("/predict", {"inputs": texts[0]})
        assert by_label(answer.json()) == pytest.approx(python(sadari.load(tmp_path / "m"), texts[0]), abs=1e-6)


def test_an_encoder_answers_in_the_precision_that_is_asked_for():
    embedder = EncoderEmbedder.__new__(EncoderEmbedder)
    embedder.running = Running()
    embedder.run_on(precision="bf16")
    assert embedder.running == Running("cpu", "bf16", None)


def test_what_is_too_long_is_cut_and_said_or_refused(server):
    long = "word " * 50
    cut = server.post("/predict", {"inputs": long, "model": "lstm"})
    assert cut.status_code == 200
    assert "cut" in cut.headers["x-sadari-notes"] or "unknown" in cut.headers["x-sadari-notes"]
    text = "Stocks fell on Friday " * 20
    assert server.post("/predict", {"inputs": text, "model": "lstm"}).headers["x-sadari-notes"] == "0:cut"
    refused = server.post("/predict", {"inputs": text, "model": "lstm", "truncate": False})
    assert refused.status_code == 413
