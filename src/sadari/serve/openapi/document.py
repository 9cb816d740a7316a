"""``/openapi.json``: the routes, with their bodies."""

from __future__ import annotations

from typing import Any

from sadari import __version__
from sadari.messages import Message, message, plain
from sadari.serve.http.access import is_open
from sadari.serve.openapi.schemas import ANSWERS, request_schemas
from sadari.serve.settings import ServeSettings

JSON = "application/json"
_TEXT = {"inputs": "Stocks fell on Friday"}
_INFER = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["Stocks fell on Friday"]}]}

# path → summary, name of the shapes of request and answer, example
POSTED: dict[str, tuple[Message, str, Any]] = {
    "/predict": (message("Labels and scores, as text-embeddings-inference answers"), "Predict", _TEXT),
    "/": (message("Labels and scores, as Hugging Face's task text-classification"), "Task", _TEXT),
    "/models/{model}": (message("The same, of a model by its name"), "Task", _TEXT),
    "/classify": (message("Label and probabilities, as vLLM and SGLang answer"), "Classify", {"input": "A late goal"}),
    "/v1/classify": (message("The same, where OpenAI's client posts"), "Classify", {"input": "A late goal"}),
    "/explain": (message("What every token adds to every label's logit"), "Explain", _TEXT),
    "/v2/models/{model}/infer": (message("Open Inference Protocol; BYTES as JSON or binary"), "Infer", _INFER),
    "/v2/models/{model}/versions/{version}/infer": (message("The same, of version 1"), "Infer", _INFER),
}
GIVEN: dict[str, tuple[Message, str]] = {
    "/": (message("The page for people"), "text/html"),
    "/health": (message("Whether the server takes requests"), JSON),
    "/info": (message("Models, labels, scores and limits"), JSON),
    "/metrics": (message("Figures for Prometheus"), "text/plain"),
    "/openapi.json": (message("This description"), JSON),
    "/models/{model}/card": (message("A model's card"), "text/markdown"),
    "/models/{model}/report": (message("The report of the climb that made a model"), "text/html"),
    "/docs": (message("This description, as a page"), "text/html"),
    "/v2": (message("The server, in the Open Inference Protocol"), JSON),
    "/v2/health/live": (message("Whether the server runs"), JSON),
    "/v2/health/ready": (message("Whether the server takes requests"), JSON),
    "/v2/models/{model}": (message("Inputs and outputs of a model"), JSON),
    "/v2/models/{model}/ready": (message("Whether a model takes requests"), JSON),
}
FILE = message("A CSV, JSONL or Parquet file in, the same rows with labels out")


def openapi(settings: ServeSettings) -> dict[str, Any]:
    """The whole document, in the language that is spoken.

    Args:
        settings: of the server.
    """
    paths: dict[str, dict[str, Any]] = {}
    names = [name for name, _ in settings.models]
    for path, (summary, shape, example) in POSTED.items():
        paths.setdefault(path, {})["post"] = _posted(path, summary, shape, example, names)
    for path, (summary, kind) in GIVEN.items():
        paths.setdefault(path, {})["get"] = _operation(path, summary, names, _answers("Object", kind))
    paths["/predict/file"] = {"post": _file(names)}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Sadari", "version": __version__},
        "paths": plain(paths),
        "components": {"schemas": {**request_schemas(settings.limits), **ANSWERS}},
    }
    if settings.token:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, each in document["paths"].items():
            for method, operation in each.items():
                if not is_open(path, method.upper()):
                    operation["security"] = [{"token": []}]
    return document


def _posted(path: str, summary: Message, shape: str, example: Any, names: list[str]) -> dict[str, Any]:
    answers = _answers(f"{shape}Answer", JSON)
    if shape == "Infer":
        answers["200"]["content"]["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}
    body = {JSON: {"schema": _shape(f"{shape}Request"), "example": example}}
    return {
        **_operation(path, summary, names, answers),
        "requestBody": {"required": True, "content": body},
    }


def _operation(path: str, summary: Message, names: list[str], answers: dict[str, Any]) -> dict[str, Any]:
    known = {"model": names, "version": ["1"]}
    given = [name for name in known if f"{{{name}}}" in path]
    found: dict[str, Any] = {"summary": summary, "responses": answers}
    if given:
        found["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"enum": known[name]}} for name in given
        ]
    return found


def _answers(shape: str, kind: str) -> dict[str, Any]:
    schema = _shape(shape) if kind == JSON else {"type": "string"}
    error = {"description": "refused: why, what to do, the limit", "content": {JSON: {"schema": _shape("Error")}}}
    good = {
        "description": "answered",
        "content": {kind: {"schema": schema}},
        "headers": {
            "X-Sadari-Notes": {
                "description": "which texts were empty, unknown or cut: 0:cut, 3:empty",
                "schema": {"type": "string"},
            }
        },
    }
    return {"200": good, "4XX": error, "5XX": error}


def _file(names: list[str]) -> dict[str, Any]:
    boolean, formats = {"enum": ["true", "false"]}, {"enum": ["csv", "tsv", "jsonl", "parquet"]}
    asked: dict[str, dict[str, Any]] = {
        "model": {"enum": names},
        "format": formats,
        "to": formats,
        "text": {"type": "string"},
        "proba": boolean,
        "top": {"type": "integer", "minimum": 1, "maximum": 9_999},
        "on_bad_row": {"enum": ["error", "skip"]},
        "bom": boolean,
        "escape_formulas": boolean,
        **{
            name: {"type": "number", "minimum": 0.01, "maximum": 0.9999}
            for name in ("min_precision", "coverage", "sets", "scope")
        },
    }
    answers = _answers("Object", "text/csv")
    for kind in ("text/tab-separated-values", "application/x-ndjson", "application/vnd.apache.parquet"):
        answers["200"]["content"][kind] = {"schema": {"type": "string", "format": "binary"}}
    return {
        "summary": FILE,
        "parameters": [{"name": name, "in": "query", "schema": schema} for name, schema in asked.items()],
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
        "responses": answers,
    }


def _shape(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
