"""Each protocol by a client that somebody else wrote."""

import numpy as np
import polars as pl
import pytest

from sadari.text.tokens.tokenize import tokenizer
from serving import TEXTS

NAMES = ["tfidf", "lstm"]


def test_huggingface_hub(server, models):
    from huggingface_hub import InferenceClient

    for model, url in (("tfidf", server.url), ("lstm", f"{server.url}/models/lstm")):
        client = InferenceClient(url)
        for text in TEXTS:
            found = {each.label: each.score for each in client.text_classification(text)}
            wanted = models[model].predict_proba([text])[0].tolist()
            assert found == pytest.approx(dict(zip(models[model].codec.names(), wanted, strict=True)), abs=1e-6)
        assert len(client.text_classification("A goal", top_k=1)) == 1
        none = client.text_classification(TEXTS[0], function_to_apply="none")
        assert max(each.score for each in none) == pytest.approx(
            float(models[model].logits([TEXTS[0]]).max() * models[model].inverse_temperature_), rel=1e-4
        )


def test_the_body_names_a_model_where_the_path_names_none(server, models):
    found = server.post("/", {"inputs": TEXTS[0], "model": "lstm"}).json()[0]
    assert found[0]["score"] == pytest.approx(models["lstm"].predict_proba(TEXTS[:1]).max(), abs=1e-6)
    assert server.post("/", {"inputs": TEXTS[0], "model": "nobody"}).status_code == 404


@pytest.mark.parametrize("path", ["/classify", "/v1/classify"])
@pytest.mark.parametrize("name", NAMES)
def test_openai(server, models, name, path):
    from openai import OpenAI

    client = OpenAI(base_url=server.url, api_key="none")
    answer = client.post(path, body={"model": name, "input": TEXTS}, cast_to=object)
    model = models[name]
    assert [each["index"] for each in answer["data"]] == list(range(len(TEXTS)))
    assert [each["label"] for each in answer["data"]] == model.predict(TEXTS).tolist()
    assert np.allclose([each["probs"] for each in answer["data"]], model.predict_proba(TEXTS), atol=1e-6)
    assert {each["num_classes"] for each in answer["data"]} == {4}
    assert answer["model"] == name
    tokens = np.diff(tokenizer(model.tokenizer_)(pl.Series(TEXTS)).offsets)
    most = 12 if name == "lstm" else 1_000
    assert answer["usage"]["prompt_tokens"] == np.minimum(tokens, most).sum()
    counts = model.token_counts(TEXTS)
    assert (counts.dtype, counts.tolist()) == (np.int64, np.minimum(tokens, most).tolist())


def test_openai_reads_our_errors(server):
    from openai import NotFoundError, OpenAI

    client = OpenAI(base_url=server.url, api_key="none", max_retries=0)
    with pytest.raises(NotFoundError) as raised:
        client.post("/classify", body={"model": "x", "input": "a"}, cast_to=object)
    assert raised.value.body == "there is no model 'x'"


@pytest.fixture
def triton(server):
    http = pytest.importorskip("tritonclient.http", reason="tritonclient[http] is not installed")
    client = http.InferenceServerClient(server.url.removeprefix("http://"))
    yield http, client
    client.close()


def test_triton_asks_about_server_and_models(triton):
    _, client = triton
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("lstm")
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    about = client.get_model_metadata("tfidf", "1")
    assert [each["name"] for each in about["outputs"]] == ["label", "probabilities"]
    assert not client.is_model_ready("nobody")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False, None])
def test_triton(triton, models, name, binary_in, binary_out):
    http, client = triton
    tensor = http.InferInput("text", [len(TEXTS)], "BYTES")
    tensor.set_data_from_numpy(np.array([text.encode() for text in TEXTS], object), binary_data=binary_in)
    asked = None
    if binary_out is not None:
        asked = [http.InferRequestedOutput(each, binary_data=binary_out) for each in ("label", "probabilities")]
    answer = client.infer(name, [tensor], outputs=asked, request_id="7")
    labels = [value.decode() if isinstance(value, bytes) else value for value in answer.as_numpy("label")]
    assert labels == models[name].predict(TEXTS).tolist()
    found = answer.as_numpy("probabilities")
    assert found.shape == (len(TEXTS), 4)
    assert found.dtype == np.float32
    assert np.allclose(found, models[name].predict_proba(TEXTS), atol=1e-6)
    assert answer.get_response()["id"] == "7"


def test_triton_compresses_and_has_other_shapes(triton, models):
    http, client = triton
    tensor = http.InferInput("text", [2, 1], "BYTES")
    tensor.set_data_from_numpy(np.array([[b"A goal"], [b"Stocks fell"]], object))
    for way in ("gzip", "deflate"):
        answer = client.infer("tfidf", [tensor], request_compression_algorithm=way)
        assert answer.as_numpy("probabilities").shape == (2, 1, 4)
        assert answer.as_numpy("label").shape == (2, 1)


def test_explain_adds_up(server, models):
    answer = server.post("/explain", {"inputs": TEXTS}).json()
    model = models["tfidf"]
    for text, found in zip(TEXTS, answer["results"], strict=True):
        logits = np.array(found["bias"]) + sum(
            (np.array(each["contributions"]) for each in found["tokens"]), np.zeros(len(answer["labels"]))
        )
        assert np.allclose(logits, model.logits([text])[0] * model.inverse_temperature_, atol=1e-4)
        assert np.allclose(found["probabilities"], model.predict_proba([text])[0], atol=1e-6)
    assert [each["note"] for each in answer["results"]] == [None, None, "unknown", "empty", "unknown"]
    assert server.post("/explain", {"inputs": TEXTS[0], "model": "lstm"}).json()["results"][0]["complete"]
