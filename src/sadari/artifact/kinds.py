"""The kinds of model that a folder can hold, as people call them, and the refusal of one that is not the wanted one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sadari.errors import ModelError
from sadari.messages import Message, message

MAX_BYTES = 2 * 2**30
LARGE = 2**40  # of what may not fit in memory; sizes are compared with the files before these are read


@dataclass(frozen=True)
class Kind:
    """One kind of model.

    Attributes:
        found: what to call it where it was found.
        wanted: what to call it where it was looked for.
        hint: what it is good for.
        max_bytes: the most that the files of such a folder may take together.
    """

    found: Message
    wanted: Message
    hint: Message
    max_bytes: int = MAX_BYTES


KINDS: Mapping[str, Kind] = {
    "classifier": Kind(message("a classifier"), message("classifier"), message("sadari predict --help")),
    "generator": Kind(message("a model that writes"), message("generator"), message("sadari generate --help")),
    "translator": Kind(message("a model that translates"), message("translator"), message("sadari translate --help")),
    "bert": Kind(
        message("a pre-trained BERT"),
        message("pre-trained BERT"),
        message(
            "start a classifier from it: sadari train DATA --rung bert --weights FOLDER -o MODEL; or sadari pretrain "
            "probe"
        ),
    ),
    "vectors": Kind(
        message("word vectors"), message("folder of word vectors"), message("sadari vectors --help"), LARGE
    ),
    "checkpoint": Kind(
        message("a training run that is not finished"),
        message("checkpoint of a training run"),
        message("go on with it: sadari train --resume FOLDER"),
        LARGE,
    ),
}


def check_kind(manifest: Mapping[str, Any], wanted: str, where: str) -> None:
    """Refuse a folder of another kind than the wanted one.

    Raises:
        ModelError: what it is.
    """
    name = manifest["kind"]
    if name == wanted:
        return
    kind = KINDS.get(name)
    found = message("a model of the kind {name!r:.40}", name=name) if kind is None else kind.found
    raise ModelError(
        message("this is {found}, and no {wanted}", found=found, wanted=KINDS[wanted].wanted),
        where=where,
        hint=None if kind is None else kind.hint,
    )
