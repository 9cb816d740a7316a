"""Labels withheld and sets of them, over HTTP: as from Python and the command line."""

import polars as pl
import pytest

from cli_runs import run_well
from sadari.rungs.cautious import Caution
from serving import TEXTS


def test_classify_says_what_is_withheld(server, models):
    caution = Caution(coverage=0.5, sets=0.9)
    body = {"input": TEXTS, "model": "tfidf", "coverage": 0.5, "sets": 0.9}
    answer = server.client.post("/classify", json=body)
    judged = models["tfidf"].careful(caution).answer(TEXTS)
    data = answer.json()["data"]
    assert [one["unsure"] for one in data] == judged.unsure.tolist()
    assert [one["certainty"] for one in data] == pytest.approx(judged.certainty.tolist())
    names = models["tfidf"].codec.names()
    assert [one["set"] for one in data] == [
        [n for n, held in zip(names, row, strict=True) if held] for row in judged.sets
    ]
    noted = dict(one.split(":") for one in answer.headers["x-sadari-notes"].split(", "))
    unsure = {str(place) for place, one in enumerate(data) if one["unsure"]}
    assert unsure == {place for place, note in noted.items() if note in ("unsure", "empty", "unknown")}
    assert "unsure" in noted.values()
    assert "unsure" not in server.client.post("/classify", json={"input": TEXTS, "model": "tfidf"}).json()["data"][0]


def test_texts_of_no_label_are_noted(server, models):
    texts = [*TEXTS, "flour butter eggs and a pinch of salt"]
    answer = server.client.post("/classify", json={"input": texts, "model": "tfidf", "scope": 0.3})
    outside = models["tfidf"].out_of_scope(texts, 0.3)
    assert outside.any()
    assert [one["out_of_scope"] for one in answer.json()["data"]] == outside.tolist()
    assert answer.headers["x-sadari-notes"].count("out of scope") == outside.sum()


@pytest.mark.parametrize("path", ["/predict", "/"])
def test_others_say_it_in_the_header(server, path):
    body = {"inputs": "Minister resigns", "model": "tfidf", "parameters": {"coverage": 0.01}}
    answer = server.client.post(path, json=body)
    assert answer.status_code == 200
    assert answer.headers["x-sadari-notes"] == "0:unsure"


def test_a_file_is_answered_as_by_the_command_line(server, folders, tmp_path):
    file, wanted = tmp_path / "new.csv", tmp_path / "out.csv"
    pl.DataFrame({"text": TEXTS}).write_csv(file)
    run_well("predict", folders["tfidf"], file, "--min-precision", "0.8", "--sets", "0.9", "-o", wanted)
    query = {"model": "tfidf", "min_precision": "0.8", "sets": "0.9"}
    assert server.client.post("/predict/file", content=file.read_bytes(), params=query).content == wanted.read_bytes()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"coverage": [0.9]}, "must be a number"),
        ({"sets": 2}, "sets is 2"),
        ({"coverage": 0.9, "min_precision": 0.9}, "ask for one of them"),
        ({"min_precision": 0.9999}, "cannot be reached"),
        ({"sets": 0.9, "model": "lstm"}, "keeps no rows to calibrate on"),  # trained without validation rows
    ],
)
def test_what_cannot_be_is_refused(server, body, said):
    answer = server.client.post("/classify", json={"input": "a text", "model": "tfidf", **body})
    assert answer.status_code == 422
    assert said in answer.json()["error"]
    assert server.client.post("/predict/file", content=b"text\na\n", params={"sets": "1e9"}).status_code == 422
