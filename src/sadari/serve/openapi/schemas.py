"""The shapes of bodies, as JSON Schema: just what is taken, and just what is given."""

from __future__ import annotations

from typing import Any

from sadari.serve.settings import Limits

Schema = dict[str, Any]
STRING: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
MODEL: Schema = {"type": ["string", "null"], "description": "Name of a model; the first one where it is left out."}
TOP: Schema = {"type": ["integer", "null"], "minimum": 1, "description": "The best so many labels."}
CARE: Schema = {"type": ["number", "null"], "minimum": 0.01, "maximum": 0.9999}
NOTE: Schema = {"enum": ["empty", "unknown", "cut", None]}


_WITHHELD = {"min_precision": CARE, "coverage": CARE}


def an_object(required: list[str], **properties: Schema) -> Schema:
    """An object that may have other entries too."""
    return {"type": "object", "required": required, "properties": properties}


def a_list(of: Schema, **more: Any) -> Schema:
    """A list."""
    return {"type": "array", "items": of, **more}


def request_schemas(limits: Limits) -> dict[str, Schema]:
    """The bodies that are taken, by name.

    Args:
        limits: of the server.
    """
    text: Schema = {"type": "string", "maxLength": limits.characters}
    texts = a_list(text, minItems=1, maxItems=limits.texts)
    one_or_more: Schema = {"anyOf": [text, texts]}
    one = a_list(text, minItems=1, maxItems=1)
    return {
        "PredictRequest": an_object(
            ["inputs"],
            inputs={"anyOf": [text, one, a_list(one, minItems=1, maxItems=limits.texts)]},
            model=MODEL,
            raw_scores={"type": ["boolean", "null"]},
            truncate={"type": ["boolean", "null"]},
            truncation_direction={"enum": ["right", "Right", None]},
            parameters={"type": ["object", "null"], "properties": {"top_k": TOP, **_WITHHELD}},
        ),
        "TaskRequest": an_object(
            ["inputs"],
            inputs=one_or_more,
            model=MODEL,
            parameters={
                "type": ["object", "null"],
                "properties": {
                    "top_k": TOP,
                    "function_to_apply": {"enum": ["softmax", "sigmoid", "none", None]},
                    **_WITHHELD,
                },
            },
        ),
        "ClassifyRequest": an_object(["input"], input=one_or_more, model=MODEL, sets=CARE, scope=CARE, **_WITHHELD),
        "ExplainRequest": an_object(["inputs"], inputs=one_or_more, model=MODEL),
        "InferRequest": _infer_request(text, limits.texts),
    }


def _infer_request(text: Schema, most: int) -> Schema:
    """A tensor of n texts is of shape [n] or [n, 1]: JSON Schema has to say that for each n."""
    name: dict[str, Schema] = {"name": {"const": "text"}, "datatype": {"const": "BYTES"}}
    sizes = [
        {"properties": {"shape": {"enum": [[n], [n, 1]]}, "data": {"minItems": n, "maxItems": n}}}
        for n in range(1, most + 1)
    ]
    tensor: Schema = {
        **an_object(
            ["name", "datatype", "shape", "data"],
            **name,
            shape=a_list({"type": "integer"}),
            data=a_list(text),
            parameters={"type": ["object", "null"], "properties": {"binary_data_size": {"type": "null"}}},
        ),
        "anyOf": sizes,
    }
    boolean: Schema = {"type": ["boolean", "null"]}
    output = an_object(
        ["name"],
        name={"enum": ["label", "probabilities"]},
        parameters={"type": ["object", "null"], "properties": {"binary_data": boolean}},
    )
    return an_object(
        ["inputs"],
        id={"type": ["string", "null"]},
        inputs=a_list(tensor, minItems=1, maxItems=1),
        outputs={"type": ["array", "null"], "items": output},
        parameters={"type": ["object", "null"], "properties": {"binary_data_output": boolean}},
    )


_SCORES = a_list(an_object(["label", "score"], label=STRING, score=NUMBER))
_TOKENS = an_object(["contributions"], contributions=a_list(NUMBER))

ANSWERS: dict[str, Schema] = {
    "Error": an_object(
        ["error", "error_type"],
        error=STRING,
        error_type=STRING,
        hint=STRING,
        limit=an_object(["name", "most"], name=STRING, most=NUMBER),
    ),
    "PredictAnswer": {"anyOf": [_SCORES, a_list(_SCORES)]},
    "TaskAnswer": a_list(_SCORES),
    "ClassifyAnswer": an_object(
        ["id", "object", "created", "model", "data", "usage"],
        data=a_list(
            an_object(
                ["index", "label", "probs", "num_classes"],
                index={"type": "integer"},
                label=STRING,
                probs=a_list(NUMBER),
                num_classes={"type": "integer"},
                unsure={"type": "boolean"},
                certainty=NUMBER,
                given=a_list(STRING),
                out_of_scope={"type": "boolean"},
                set=a_list(STRING),
            )
        ),
        usage={"type": "object"},
    ),
    "ExplainAnswer": an_object(
        ["model", "labels", "results"],
        model=STRING,
        labels=a_list(STRING),
        results=a_list(
            an_object(
                ["label", "note", "probabilities", "complete", "bias", "tokens", "characters"],
                label=STRING,
                note=NOTE,
                probabilities=a_list(NUMBER),
                complete={"type": "boolean"},
                bias=a_list(NUMBER),
                tokens=a_list(_TOKENS),
                characters=a_list(_TOKENS),
            )
        ),
    ),
    "InferAnswer": an_object(
        ["model_name", "model_version", "outputs"],
        model_name=STRING,
        model_version=STRING,
        outputs=a_list(an_object(["name", "datatype", "shape"], name=STRING, datatype=STRING)),
    ),
    "Object": {"type": "object"},
}
