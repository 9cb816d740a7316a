"""What a rung may start from, and cannot be trained without."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StartsFrom:
    """What a rung starts from.

    Attributes:
        setting: of the rung that takes it; whoever climbs gives it by the same name.
        what: it is.
        option: of the command line, that gives it.
        how: else one comes by it.
    """

    setting: str
    what: str
    option: str
    how: str


VECTORS = StartsFrom("vectors", "word vectors", "--vectors FILE", "sadari vectors train TEXTS -o FILE")
ENCODER = StartsFrom("weights", "pre-trained weights", "--weights FOLDER", "sadari pretrain TEXTS -o FOLDER")
