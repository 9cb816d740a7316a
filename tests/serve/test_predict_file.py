"""`POST /predict/file`: every row comes back, with what `sadari predict` would add."""

import io
import random
import resource

import httpx
import polars as pl
import pytest

from cli_runs import run_well
from serving import TEXTS

ROWS = pl.DataFrame({"id": range(len(TEXTS)), "text": TEXTS})


def as_bytes(format):
    out = io.BytesIO()
    if format == "csv":
        ROWS.write_csv(out)
    elif format == "jsonl":
        ROWS.write_ndjson(out)
    else:
        ROWS.write_parquet(out)
    return out.getvalue()


@pytest.mark.parametrize("model", ["tfidf", "lstm"])
@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_the_same_as_the_command_line_writes(server, folders, tmp_path, format, model):
    file, wanted = tmp_path / f"new.{format}", tmp_path / f"out.{format}"
    file.write_bytes(as_bytes(format))
    run_well("predict", folders[model], file, "--proba", "--top", "2", "-o", wanted)
    answer = server.client.post(
        "/predict/file", content=as_bytes(format), params={"model": model, "proba": "true", "top": "2"}
    )
    assert answer.status_code == 200, answer.text
    if format == "parquet":
        assert pl.read_parquet(answer.content).equals(pl.read_parquet(wanted))
    else:
        assert answer.content == wanted.read_bytes()


def test_one_format_in_another_out(server):
    asked = [
        server.client.post("/predict/file", content=as_bytes(format), params={"to": "csv"})
        for format in ("csv", "jsonl", "parquet")
    ]
    assert {answer.headers["content-type"] for answer in asked} == {"text/csv; charset=utf-8"}
    assert len({answer.content for answer in asked}) == 1
    back = server.client.post("/predict/file", content=as_bytes("csv"), params={"to": "parquet"})
    assert pl.read_parquet(back.content)["label"].to_list() == pl.read_csv(asked[0].content)["label"].to_list()


def test_many_rows_are_streamed(server, models):
    texts = [f"{TEXTS[0]} {number}" for number in range(10_000)]
    sent = io.BytesIO()
    pl.DataFrame({"text": texts}).write_csv(sent)
    answer = server.client.post("/predict/file", content=sent.getvalue())
    assert answer.headers["transfer-encoding"] == "chunked"
    found = pl.read_csv(answer.content)
    assert found["text"].to_list() == texts
    assert found["label"].to_list() == models["tfidf"].predict(texts).tolist()


@pytest.mark.parametrize(
    ("content", "query", "status", "said"),
    [
        (b"", {}, 400, "empty"),
        (b"\x1f\x8b\x08\x00", {}, 415, "compressed"),
        (b"text\nA goal\n", {"text": "body"}, 422, "body"),
        (b"text\nA goal\n", {"model": "nobody"}, 404, "nobody"),
        (b"text\nA goal\n", {"top": "0"}, 422, "whole number"),
        (b"text\nA goal\n", {"texts": "1"}, 422, "texts"),
        (b"text\nA goal\n", {"proba": ["true", "false"]}, 422, "proba: is given twice"),
        (b"text\nA goal\n", {"coverage": ["0.9"] * 60}, 422, "coverage: is given twice"),
        (b"PAR1 no parquet", {}, 422, ""),
        (b'{"text": "A goal"}\n{"text": \n', {"format": "jsonl"}, 422, "line 2"),
        (b"text\n" + b"A goal\n" * 5_000 + b'"an open quote\n', {}, 422, "row 5,001"),
        (b"\x00\x01\x02\xff\xfe" * 50, {}, 422, ""),
    ],
)
def test_what_cannot_be_labelled_is_said(server, content, query, status, said):
    answer = server.client.post("/predict/file", content=content, params=query)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["error"]
    assert "sadari-file-" not in answer.text


def test_an_answer_that_breaks_off_is_no_fault_of_the_server(server, caplog):
    rows = b"text\n" + b"A goal\n" * 30_000
    with pytest.raises(httpx.RemoteProtocolError):
        server.client.post("/predict/file", content=rows + b'"' + b"x" * 11_000_000, params={"on_bad_row": "skip"})
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert '/predict/file",status="499"' in server.client.get("/metrics").text
    assert server.post("/predict", {"inputs": "A goal"}).status_code == 200


@pytest.mark.parametrize(("room", "query"), [(0.5, {}), (1.1, {"to": "parquet", "proba": "true", "top": "4"})])
def test_a_full_disk_is_no_fault(server, room, query):
    """No file of this process may grow past a limit, as on a full disk: the body has no room, or the answer has not."""
    draw, words = random.Random(1), " ".join(TEXTS).split()
    content = "\n".join(["text", *(" ".join(draw.choices(words, k=3)) for _ in range(2_000))]).encode()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(room * len(content)), before[1]))
    try:
        answer = server.client.post("/predict/file", content=content, params=query)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (answer.status_code, answer.json()["error_type"]) == (503, "overloaded"), answer.text
    assert "no room for the file" in answer.json()["error"]
    assert server.client.post("/predict/file", content=content, params=query).status_code == 200


def test_a_server_that_may_write_nowhere_says_so(server, monkeypatch, tmp_path):
    with monkeypatch.context() as patched:
        patched.setattr("tempfile.tempdir", str(tmp_path / "gone"))
        for _ in range(5):  # more than may be labelled at once: none of them keeps its place
            answer = server.client.post("/predict/file", content=b"text\nA goal\n")
            assert (answer.status_code, answer.json()["error_type"]) == (503, "overloaded")
            assert "no room for the file" in answer.json()["error"]
    assert server.client.post("/predict/file", content=b"text\nA goal\n").status_code == 200
