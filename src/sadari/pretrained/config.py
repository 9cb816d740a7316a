"""What ``config.json`` of an encoder may say: each field that is known by its type and range, all by the weights.

Everything here is asked before anything is made of the numbers: a layer too many costs a second each, a row of an
embedding four bytes times its width.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sadari.artifact.weights import CONFIG
from sadari.errors import ModelError
from sadari.messages import Message, message
from sadari.pretrained.package import transformers
from sadari.settings.limits import Choice, Number, Text, Whole

MOST = 2**22  # of any number in a configuration; the largest that is known counts a vocabulary of 1.2 million entities
MOST_LABELS = 100_000
_SHARE = Number(0, 0.999999)
# what each field must be; some families have names of their own
_FIELDS: Mapping[str, Whole | Number | Choice | Text] = {
    "vocab_size": Whole(1, MOST),
    **dict.fromkeys(("num_hidden_layers", "n_layers", "num_hidden_groups", "inner_group_num"), Whole(1, 512)),
    **dict.fromkeys(("num_attention_heads", "n_heads"), Whole(1, 1024)),
    **dict.fromkeys(("hidden_size", "dim", "d_model", "embedding_size", "input_embedding_size"), Whole(1, 2**16)),
    **dict.fromkeys(("intermediate_size", "hidden_dim"), Whole(1, 2**20)),
    "max_position_embeddings": Whole(1, 2**20),
    "type_vocab_size": Whole(0, 2**16),
    "chunk_size_feed_forward": Whole(0, 2**20),
    "num_labels": Whole(1, MOST_LABELS),
    **dict.fromkeys(
        (
            "hidden_dropout_prob",
            "attention_probs_dropout_prob",
            "dropout",
            "attention_dropout",
            "classifier_dropout",
            "classifier_dropout_prob",
            "seq_classif_dropout",
            "qa_dropout",
            "pooler_dropout",
            "embedding_dropout",
        ),
        _SHARE,
    ),
    **dict.fromkeys(("layer_norm_eps", "norm_eps"), Number(0, 0.1)),
    "initializer_range": Number(0, 1000),
    "dtype": Choice(("float32", "float16", "bfloat16", "float64", "auto")),
    "model_type": Text(),
}
_ACTIVATIONS = ("hidden_act", "activation", "hidden_activation", "activation_function", "pooler_hidden_act")
_MAY_BE_NULL = frozenset(
    {
        "classifier_dropout",
        "embedding_size",
        "input_embedding_size",
        "num_labels",
        "dtype",
        "pooler_dropout",
    }
)
_WIDTHS, _HEADS, _LAYERS = ("hidden_size", "dim"), ("num_attention_heads", "n_heads"), ("num_hidden_layers", "n_layers")
_INNER_WIDTHS = ("embedding_size", "input_embedding_size", *_WIDTHS)
_LAYER = re.compile(r"(?:^|\.)layers?\.([0-9]{1,9})\.")
_WORDS, _PLACES = "word_embeddings.weight", ".position_embeddings.weight"
_TOGETHER = message("take weights and {config} from the same model", config=CONFIG)


def check_config(said: Mapping[str, Any], where: str) -> None:
    """Refuse a configuration with a field that is of the wrong type or out of its range.

    Raises:
        ModelError: which, what it says, and what it must be.
    """
    for name, value in said.items():
        allowed = _FIELDS.get(name)
        if allowed is not None and not (value is None and name in _MAY_BE_NULL) and not allowed.allows(value):
            raise _refused(name, value, message("it must be {limit}", limit=allowed), where)
        if name.endswith("_token_id"):
            _check_ids(name, value, said.get("vocab_size"), where)
        if any(abs(number) > MOST for number in _numbers(value)):
            raise _refused(name, value, message("no number in it may be above {most:,}", most=MOST), where)
    for name in _ACTIVATIONS:
        if said.get(name) is not None and not _is_activation(said[name]):
            raise _refused(name, said[name], message("no activation of that name is known"), where)
    width, heads = _first(said, _WIDTHS), _first(said, _HEADS)
    if width and heads and "head_dim" not in said and width % heads:
        raise ModelError(
            message(
                "{config} says that {heads} heads share a width of {width:,}, which they cannot",
                config=CONFIG,
                heads=heads,
                width=width,
            ),
            where=where,
        )
    _check_labels(said, where)


def check_claims(said: Mapping[str, Any], shapes: Mapping[str, Sequence[int]], where: str) -> None:
    """Refuse a configuration, once `check_config` passed it, whose sizes are not those of the weights.

    Args:
        said: the configuration.
        shapes: of the weights, by name.
        where: the file, for errors.

    Raises:
        ModelError: with both numbers.
    """
    wrong = _misfit(said, shapes)
    if wrong is not None:
        raise ModelError(wrong, where=where, hint=_TOGETHER)


def _misfit(said: Mapping[str, Any], shapes: Mapping[str, Sequence[int]]) -> Message | None:
    present = {int(found[1]) for name in shapes if (found := _LAYER.search(name))}
    layers = _first(said, _LAYERS)
    if present and layers is not None and layers != max(present) + 1:
        return message(
            "the weights do not fit {config}, which speaks of {layers:,} layers; there are {number_of_present:,}",
            config=CONFIG,
            layers=layers,
            number_of_present=len(present),
        )
    places, most = said.get("max_position_embeddings"), _rows_of(shapes, _PLACES)
    if places is not None and most is not None and places > most[0]:
        return message(
            "the weights do not fit {config}, whose max_position_embeddings is {places:,}; there are {most:,}",
            config=CONFIG,
            places=places,
            most=most[0],
        )
    words = _rows_of(shapes, _WORDS)
    if words is None:
        return None
    rows, widths = said.get("vocab_size"), [said[name] for name in _INNER_WIDTHS if said.get(name)]
    if rows is not None and rows != words[0]:
        return message(
            "the weights do not fit {config}, whose vocab_size is {rows:,}; the embedding has {words:,} rows",
            config=CONFIG,
            rows=rows,
            words=words[0],
        )
    if widths and words[1] not in widths:
        return message(
            "the weights do not fit {config}, whose hidden_size is {widths:,}; the embedding is {words:,} wide",
            config=CONFIG,
            widths=widths[-1],
            words=words[1],
        )
    return None


def _rows_of(shapes: Mapping[str, Sequence[int]], ending: str) -> Sequence[int] | None:
    """The shape of the embedding whose name ends so; None where there is none."""
    return next((shape for name, shape in shapes.items() if name.endswith(ending) and len(shape) == 2), None)


def labels_of(said: Mapping[str, Any]) -> int:
    """How many labels the head of some weights has, by a configuration that `check_config` passed."""
    names = said.get("id2label")
    return len(names) if names else said.get("num_labels") or 2


def _check_labels(said: Mapping[str, Any], where: str) -> None:
    names, count = said.get("id2label"), said.get("num_labels")
    if names is None:
        return
    if (
        not isinstance(names, Mapping)
        or len(names) > MOST_LABELS
        or not all(isinstance(name, str) for name in names.values())
    ):
        raise _refused("id2label", names, message("it must be an object of names"), where)
    if count is not None and names and count != len(names):
        raise ModelError(
            message(
                "{config} says num_labels {count:,}, and names {number_of_names:,} in id2label",
                config=CONFIG,
                count=count,
                number_of_names=len(names),
            ),
            where=where,
        )


def _check_ids(name: str, value: Any, rows: Any, where: str) -> None:
    """Ids of the tokenizer: one, several or none; that of padding stands in the embedding."""
    most = rows - 1 if name == "pad_token_id" and isinstance(rows, int) else MOST
    allowed = Whole(0, most)
    if value is not None and not all(map(allowed.allows, value if isinstance(value, list) else [value])):
        raise _refused(name, value, message("it must be {limit}", limit=allowed), where)


def _is_activation(name: Any) -> bool:
    transformers()
    from transformers.activations import ACT2FN

    return isinstance(name, str) and name in ACT2FN


def _numbers(value: Any) -> Iterator[int | float]:
    """All numbers in a JSON value."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value
    elif isinstance(value, Mapping | list):
        for entry in value.values() if isinstance(value, Mapping) else value:
            yield from _numbers(entry)


def _first(said: Mapping[str, Any], names: Sequence[str]) -> int | None:
    return next((said[name] for name in names if name in said), None)


def _refused(name: str, value: Any, why: Message, where: str) -> ModelError:
    return ModelError(
        message("{config} says {name} {value!r:.60}; {why}", config=CONFIG, name=name[:60], value=value, why=why),
        where=where,
        hint=_TOGETHER,
    )
