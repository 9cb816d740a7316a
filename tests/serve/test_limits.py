"""What a server lets in: who, how much, how deep, how long; and one shape for every refusal."""

import asyncio
import gzip
import json
import socket
import time
import zlib
from dataclasses import replace

import httpx
import pytest

from sadari.errors import SettingError
from sadari.serve.settings import Limits, ServeSettings
from serving import TEXTS, running

GOOD = {"inputs": TEXTS[0]}


def refused(answer, status, said, limit=None):
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert said in body["error"]
    assert {"error", "error_type"} <= set(body) <= {"error", "error_type", "hint", "limit"}
    assert body.get("limit", {}).get("name") == limit
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "not JSON"),
        (b"no json", 400, "not JSON"),
        (b"\xff\xfe", 400, "not UTF-8"),
        (b'{"inputs": "a", "inputs": "b"}', 400, "given twice"),
        (b'{"inputs": NaN}', 400, "not a number"),
        (b'{"inputs": "\\ud800"}', 400, "surrogate"),
        (b'{"inputs": ' + b"9" * 5_000 + b"}", 400, "digits"),
        (b"[]", 422, "an object"),
        (b"{}", 422, "'inputs'"),
        (b'{"inputs": []}', 422, "no text"),
        (b'{"inputs": [[]]}', 422, "pair"),
        (b'{"inputs": 5}', 422, "must be a text, or a list of texts"),
        (b'{"inputs": [7]}', 422, "inputs[0]"),
        (b'{"inputs": "a", "raw_scores": "yes"}', 422, "true or false"),
        (b'{"inputs": "a", "parameters": {"top_k": 0}}', 422, "at least 1"),
        (b'{"inputs": "a", "model": "nobody"}', 404, "nobody"),
    ],
)
def test_what_is_wrong_is_said(server, body, status, said):
    refused(server.client.post("/predict", content=body), status, said)


@pytest.mark.parametrize("path", ["/", "/models/tfidf"])
def test_the_model_of_a_body_is_a_name(server, path):
    """Also where the path names one, by which the request is answered."""
    refused(server.client.post(path, json={"inputs": "a", "model": []}), 422, "model: must be a string")


def test_every_limit_is_said(server):
    post = server.client.post
    refused(post("/predict", content=b"[" * 33 + b"]" * 33), 422, "32", "depth")
    refused(post("/predict", content=b"[" * 500_000), 422, "32", "depth")
    refused(post("/classify", json={"input": ["a"] * 129}), 422, "129", "texts")
    refused(post("/predict", json={"inputs": "a" * 100_001}), 422, "100,001", "characters")
    refused(post("/predict", content=b" " * (1 << 20) + b"{}"), 413, "1,048,576", "body")
    refused(post("/predict", content=b" " * (5 << 20)), 413, "1,048,576", "body")
    assert server.post("/classify", {"input": ["a"] * 128}).status_code == 200
    assert server.post("/predict", {"inputs": "a " * 50_000}).status_code == 200


@pytest.mark.parametrize("text", ["a\0b", "\0", "‮abc", "각 각", "👩‍👩‍👧 " * 50, "\r\n\t", "a" * 10_001])
def test_odd_texts_have_pythons_answer(server, models, text):
    answer = server.post("/classify", {"input": text}).json()
    assert answer["data"][0]["probs"] == pytest.approx(models["tfidf"].predict_proba([text])[0].tolist(), abs=1e-6)


def test_compressed_bodies(server):
    good = json.dumps(GOOD).encode()

    def post(content, encoding):
        return server.client.post("/predict", content=content, headers={"content-encoding": encoding})

    assert post(gzip.compress(good), "gzip").json() == server.post("/predict", GOOD).json()
    assert post(zlib.compress(good), "deflate").status_code == 200
    refused(post(gzip.compress(b" " * (50 << 20), 1), "gzip"), 413, "1,048,576", "body")
    refused(post(gzip.compress(good)[:-9], "gzip"), 400, "damaged")
    refused(post(good, "gzip"), 400, "damaged")
    refused(post(good, "br"), 415, "br")


def test_routes_and_methods_that_are_not_there(server):
    refused(server.client.get("/nothing"), 404, "/nothing")
    answer = server.client.get("/predict")
    refused(answer, 405, "GET")
    assert answer.headers["allow"] == "POST"
    assert set(server.client.delete("/").headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    refused(server.client.get("/v2/models/tfidf/versions/9"), 404, "9")


def test_errors_speak_korean(server):
    answer = server.client.post("/predict", content=b"{}", headers={"accept-language": "ko-KR,en;q=0.5"})
    assert "본문" in answer.json()["error"]


def test_a_page_of_another_name_is_not_answered(server):
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "localhost.evil"):
        refused(server.client.post("/predict", json=GOOD, headers={"host": host}), 421, "not called")
    for host in ("localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000", "127.8.8.8"):
        assert server.client.post("/predict", json=GOOD, headers={"host": host}).status_code == 200


def test_a_token(folders):
    settings = ServeSettings((("tfidf", folders["tfidf"]),), port=0, token="s3cret", cors=("https://a.example",))
    with running(settings) as server:
        get, post = server.client.get, server.client.post
        for path in ("/health", "/", "/v2/health/ready", "/docs", "/openapi.json", "/static/look.css"):
            assert get(path).status_code == 200, path
        for path in ("/info", "/metrics", "/v2/models/tfidf", "/v2"):
            refused(get(path), 401, "no token")
        for path in ("/", "/predict", "/predict/file", "/models/tfidf", "/static/look.css"):
            refused(post(path, json=GOOD), 401, "no token")
        for wrong in ("Bearer wrong", "s3cret", "Basic s3cret", "Bearer", "Bearer s3cret2", "bearer é"):
            refused(post("/predict", json=GOOD, headers={"authorization": wrong.encode()}), 401, "wrong")
        right = {"authorization": "Bearer s3cret"}
        assert post("/predict", json=GOOD, headers=right).status_code == 200
        assert "s3cret" not in server.log.getvalue()
        assert "token" in json.dumps(get("/openapi.json").json()["paths"]["/predict"])
        named = get("/info", headers={**right, "origin": "https://a.example"})
        assert named.headers["access-control-allow-origin"] == "https://a.example"
        assert (
            "access-control-allow-origin" not in get("/info", headers={**right, "origin": "https://b.example"}).headers
        )


def test_nobody_else_reaches_a_server_without_a_token():
    for host in ("0.0.0.0", "::", "10.0.0.1", "example.org"):
        with pytest.raises(SettingError, match="without a token"):
            ServeSettings((("a", "b"),), host=host).check()
    ServeSettings((("a", "b"),), host="0.0.0.0", token="x").check()
    with pytest.raises(SettingError, match="two models"):
        ServeSettings((("a", "b"), ("a", "c"))).check()


def test_the_log_has_a_line_a_request_and_no_text(server):
    answer = server.client.post("/predict", json=GOOD, headers={"x-request-id": "mine-7"})
    assert answer.headers["x-request-id"] == "mine-7"
    bad = server.client.post("/predict", json=GOOD, headers={"x-request-id": "a b"})
    assert bad.headers["x-request-id"] != "a b"
    time.sleep(0.2)
    lines = [json.loads(line) for line in server.log.getvalue().splitlines()]
    [mine] = [line for line in lines if line["id"] == "mine-7"]
    assert mine["status"] == 200
    assert mine["path"] == "/predict"
    assert mine["texts"] == 1
    assert TEXTS[0] not in server.log.getvalue()


def test_metrics(server):
    server.post("/predict", {"inputs": [[text] for text in TEXTS]})
    server.post("/predict", {"inputs": TEXTS[0], "model": "lstm"})
    text = server.client.get("/metrics").text
    for said in (
        'sadari_requests_total{route="/predict",status="200"}',
        'sadari_request_seconds_bucket{le="0.001",route="/predict"}',
        'sadari_predictions_total{label="Sports",model="tfidf"}',
        'sadari_noted_texts_total{model="tfidf",note="empty"}',
        "sadari_batch_texts_bucket",
        "sadari_queue_seconds_bucket",
        'sadari_queue_depth{model="lstm"}',
    ):
        assert said in text, said


QUICK = Limits(seconds=1.0, idle=1.0, connections=20)


@pytest.fixture(scope="module")
def hurried(folders):
    with running(ServeSettings((("tfidf", folders["tfidf"]),), port=0, limits=QUICK)) as found:
        yield found


def raw(server, sent=b""):
    host, port = server.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    connection.sendall(sent)
    return connection


def all_of(connection):
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", b"408"),
        (b"POST /predict HTTP/1.1\r\nHost: loc", b"408"),
        (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{", b"408"),
        (b"POST /predict/file HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\ntext", b"408"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 20_000, b"431"),
        (b"\x16\x03\x01\x02\x00\x01\x00", b"400"),
        (b"GET / HTTP/9.9\r\n\r\n", b"400"),
        (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", b"400"),
    ],
)
def test_slow_and_broken_clients_are_dropped(hurried, sent, status):
    started = time.monotonic()
    with raw(hurried, sent) as connection:
        answer = all_of(connection)
    assert time.monotonic() - started < 5
    assert answer.split(b" ")[1] == status
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]


def test_slow_clients_do_not_keep_others_out(hurried):
    slow = [raw(hurried, b"POST /predict HTTP/1.1\r\n") for _ in range(15)]
    try:
        assert hurried.post("/predict", GOOD).status_code == 200
        more = [raw(hurried) for _ in range(10)]
        assert b" 503 " in more[-1].recv(65536)
    finally:
        for connection in [*slow, *more]:
            connection.close()
    time.sleep(0.3)
    assert hurried.post("/predict", GOOD).status_code == 200


def test_a_client_that_reads_nothing_is_dropped(hurried):
    rows = b"text\n" + b"Stocks fell on Friday\n" * 200_000
    head = b"POST /predict/file HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(rows)
    with raw(hurried, head + rows):
        time.sleep(4)
        assert len(hurried.server.server_state.tasks) == 0
    assert hurried.post("/predict", GOOD).status_code == 200


def test_a_client_that_goes_away_hurts_nobody(hurried, caplog):
    for sent in (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{", b"POST / HTT"):
        raw(hurried, sent).close()
    assert hurried.post("/predict", GOOD).status_code == 200
    ends = time.monotonic() + 5
    while '"status": 499' not in hurried.log.getvalue():  # which nobody reads but who runs the server
        assert time.monotonic() < ends
        time.sleep(0.05)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_file_has_a_limit_of_its_own(folders):
    small = replace(QUICK, file=1_000)
    with running(ServeSettings((("tfidf", folders["tfidf"]),), port=0, limits=small)) as server:
        refused(server.client.post("/predict/file", content=b"text\n" + b"a\n" * 2_000), 413, "1,000", "file")
        assert server.client.post("/predict/file", content=b"text\n" + b"a\n" * 100).status_code == 200


def test_too_much_at_once_is_429_and_never_an_error(folders):
    limits = Limits(waiting=0.02)
    with running(ServeSettings((("lstm", folders["lstm"]),), port=0, limits=limits)) as server:

        async def ask():
            async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
                body = {"input": [f"{text} {n}" for text in TEXTS for n in range(20)]}
                return await asyncio.gather(*(client.post("/classify", json=body) for _ in range(60)))

        answers = asyncio.run(ask())
        assert {answer.status_code for answer in answers} == {200, 429}
        late = next(answer for answer in answers if answer.status_code == 429)
        assert int(late.headers["retry-after"]) >= 1
        assert late.json()["error_type"] == "overloaded"
        assert server.post("/classify", {"input": "A goal"}).status_code == 200


def test_a_quick_model_lets_nobody_wait_long(folders):
    """More clients than are answered in time, each with many texts: who would wait too long is told so at once."""
    limits = Limits(waiting=0.1)
    with running(ServeSettings((("tfidf", folders["tfidf"]),), port=0, limits=limits)) as server:

        async def ask():
            async with httpx.AsyncClient(
                base_url=server.url, timeout=30, limits=httpx.Limits(max_connections=200)
            ) as one:
                body = {"inputs": [[f"{text} {n} " * 5] for text in TEXTS for n in range(25)]}
                return await asyncio.gather(*(one.post("/predict", json=body) for _ in range(200)))

        answers = asyncio.run(ask())
        assert {answer.status_code for answer in answers} == {200, 429}
        assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 429)
        long = {"inputs": [["goal " * 20_000]] * 5}

        async def ask_long():
            async with httpx.AsyncClient(base_url=server.url, timeout=30) as one:
                return await asyncio.gather(*(one.post("/predict", json=long) for _ in range(30)))

        assert {answer.status_code for answer in asyncio.run(ask_long())} == {200, 429}
        assert server.post("/predict", GOOD).status_code == 200
