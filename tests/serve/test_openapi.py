"""`/openapi.json` says what the server does: schemathesis asks what it says, and what it forbids.

``SADARI_SCHEMA_EXAMPLES=200`` asks each route so often.
"""

import json
import os
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from serving import TEXTS

load_all_checks()
# Which bytes are a table is nothing that a schema can say.
NOT_OF_FILES = {"positive_data_acceptance", "negative_data_rejection"}
# Which targets a model can reach is nothing that one can say either.
CARE = {"min_precision", "coverage", "sets", "scope"}
EXAMPLES = int(os.environ.get("SADARI_SCHEMA_EXAMPLES", "4"))  # of a route


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_every_route_does_what_it_says(server, mode):
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    every = [found.ok() for found in schema.get_all_operations()]
    said = server.client.get("/openapi.json").json()["paths"]
    wanted = {(path, method) for path in said for method in said[path]}
    assert {(each.path, each.method) for each in every} == wanted - {("/openapi.json", "get")}
    for operation in every:
        with suppress(Unsatisfiable):  # a route that takes nothing can be asked nothing wrong
            ask(operation, mode)


def ask(operation, mode):
    left_out = [CHECKS.get_one(name) for name in NOT_OF_FILES] if operation.path == "/predict/file" else []

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(operation.as_strategy(generation_mode=mode))
    def asks(case):
        answer = case.call()
        if answer.status_code != 413:  # which schemathesis does not know: the body is larger than any may be
            unsaid = [CHECKS.get_one("positive_data_acceptance")] if care_in(case.body) else []
            case.validate_response(answer, excluded_checks=[*left_out, *unsaid])

    asks()


def care_in(body):
    """Whether a request asks for care."""
    inner = body.get("parameters") if isinstance(body, dict) else None
    return isinstance(body, dict) and bool(CARE & (set(body) | set(inner if isinstance(inner, dict) else ())))


def test_the_page_needs_no_network(server):
    page = server.client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "http://" not in page.text.replace("http://localhost", "")
    assert "https://" not in page.text
    assert "/v2/models/{model}/infer" in page.text
    assert server.client.get("/docs", headers={"accept-language": "ko-KR,ko;q=0.9"}).text.count("모델") > 1
    assert server.client.get("/static/look.css").status_code == 200


def test_its_examples_are_answered(server):
    for path, each in server.client.get("/openapi.json").json()["paths"].items():
        content = each.get("post", {}).get("requestBody", {}).get("content", {})
        if "application/json" in content:
            place = path.format(model="tfidf", version="1")
            assert server.post(place, content["application/json"]["example"]).status_code == 200, place


def test_info_tells_the_page_what_it_needs(server):
    info = server.client.get("/info").json()
    assert [each["name"] for each in info["models"]] == ["tfidf", "lstm"]
    assert info["models"][0]["labels"] == ["Business", "Sci/Tech", "Sports", "World"]
    assert info["limits"]["max_texts"] == 128
    assert info["model_type"]["classifier"]["label2id"]["Sports"] == 2
    assert json.dumps(TEXTS) not in json.dumps(info)
