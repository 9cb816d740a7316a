"""What a ``tokenizer.json`` of a stranger may say, before the Rust `tokenizers` is asked to make something of it.

Its tables have a place for every id up to the largest: an id of 2³¹ ends the process, and no error can be caught.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sadari.errors import DataError
from sadari.messages import message

MOST_PIECES = 2**22
MOST_GROWTH = 256  # times as many characters, by all that is put in the place of others
WRONG_SIZE = message("the tokenizer has {size:,} pieces; there may be 1 to {most:,}", most=MOST_PIECES)


def check_description(said: Mapping[str, Any]) -> None:
    """Refuse a tokenizer with ids that are none, or that makes a text many times as long.

    Args:
        said: what its ``tokenizer.json`` says.

    Raises:
        ValueError: which number.
    """
    model = said.get("model")
    vocabulary = model.get("vocab") if isinstance(model, Mapping) else None
    if isinstance(vocabulary, Mapping):
        check_vocabulary(vocabulary)
    elif isinstance(vocabulary, list) and len(vocabulary) > MOST_PIECES:
        raise DataError(WRONG_SIZE.filled(size=len(vocabulary)))
    growth = 1
    for name, part in said.items():
        if name in ("truncation", "padding"):  # which are turned off
            continue
        kept = {key: value for key, value in part.items() if key != "vocab"} if isinstance(part, Mapping) else part
        for node in _nodes(kept):
            if isinstance(node, int | float) and not abs(node) < MOST_PIECES:
                raise DataError(
                    message("the tokenizer's {name:.40} speaks of the number {node:,}", name=name, node=node)
                )
            if isinstance(node, Mapping) and isinstance(node.get("content"), str) and "pattern" in node:
                growth *= max(1, len(node["content"]))
    if growth > MOST_GROWTH:
        raise DataError(message("the tokenizer makes a text {growth:,} times as long", growth=growth))


def check_vocabulary(vocabulary: Mapping[str, Any]) -> None:
    """Refuse ids that are none.

    Raises:
        ValueError: the first of them.
    """
    for piece, number in vocabulary.items():
        if type(number) is not int or not 0 <= number < MOST_PIECES:
            raise DataError(
                message("the tokenizer gives the piece {piece!r:.40} the id {number!r:.40}", piece=piece, number=number)
            )


def _nodes(value: Any) -> Iterator[Any]:
    """A JSON value and all that is in it."""
    yield value
    for entry in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        if not isinstance(entry, str):
            yield from _nodes(entry)
