"""Spoiled bodies on every route: refused or answered, never an error of the server's own.

``SADARI_FUZZ_BODIES=1000000`` sends so many.
"""

import gzip
import os
import random

import httpx

BODIES = int(os.environ.get("SADARI_FUZZ_BODIES", "600"))
SEEDS = {
    "/predict": b'{"inputs": [["A late goal"], ["Stocks fell"]], "raw_scores": true, "parameters": {"top_k": 2}}',
    "/": b'{"inputs": ["A late goal", "x"], "parameters": {"function_to_apply": "sigmoid"}}',
    "/models/lstm": b'{"inputs": "A late goal"}',
    "/v1/classify": '{"model": "lstm", "input": ["새 위성", "a"]}'.encode(),
    "/explain": b'{"inputs": "A late goal won the cup"}',
    "/v2/models/tfidf/infer": b'{"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["a"]}]}',
    "/predict/file": b'id,text\n1,"A late goal"\n2,Stocks fell\n',
}
HEAD = b'{"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 7}}]}'
BINARY = HEAD + b"\x03\x00\x00\x00abc"
PIECES = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"null",
    b"1e999",
    b"-1",
    b"\\ud800",
    b"\\u0000",
    b"\xff",
    b"\0",
    b"9" * 50,
    b",",
)


def spoiled(data: bytes, chance: random.Random) -> bytes:
    """A body with some bytes changed, left out, doubled or put in."""
    for _ in range(chance.randint(1, 4)):
        first = chance.randrange(len(data) + 1)
        last = min(len(data), first + chance.randint(0, 8))
        middle = chance.choice([b"", data[first:last] * 2, chance.choice(PIECES), bytes([chance.randrange(256)])])
        data = data[:first] + middle + data[last:]
    return data


def test_no_body_is_a_fault_of_the_server(server):
    chance, seen = random.Random(7), set()
    with httpx.Client(base_url=server.url, timeout=30) as client:
        for _ in range(BODIES):
            path = chance.choice(list(SEEDS))
            body, headers = spoiled(SEEDS[path], chance), {}
            if path.startswith("/v2") and chance.random() < 0.5:
                body = spoiled(BINARY, chance)
                headers["inference-header-content-length"] = str(chance.choice([len(HEAD), len(body), 10**6, -1, "x"]))
            if chance.random() < 0.1:
                body, headers["content-encoding"] = spoiled(gzip.compress(body), chance), "gzip"
            answer = client.post(path, content=body, headers=headers)
            assert answer.status_code < 500, (path, body, headers, answer.text)
            assert answer.status_code == 200 or answer.json()["error"]
            seen.add(answer.status_code)
    assert {200, 400, 422} <= seen
