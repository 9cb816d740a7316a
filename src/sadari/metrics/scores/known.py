"""What was counted of the same rows and answers before: a verdict grows by one rung at a time, those below it stay."""

from __future__ import annotations

from hashlib import blake2b
from typing import TypeVar

import numpy as np

MOST = 512  # values that are kept
Counted = TypeVar("Counted")


def fingerprint(*about: object) -> bytes:
    """The same 16 bytes for the same arrays and values.

    Args:
        about: arrays, by their content; and what `repr` tells apart.
    """
    digest = blake2b(digest_size=16)
    for one in about:
        if isinstance(one, np.ndarray):
            digest.update(repr((one.shape, one.dtype.str)).encode())
            digest.update(np.ascontiguousarray(one).data)
        else:
            digest.update(repr(one).encode())
    return digest.digest()


def keep(counted: dict[bytes, Counted], place: bytes, value: Counted) -> Counted:
    """Keep a value to which nobody writes; the oldest of too many go.

    Args:
        counted: what is kept.
        place: its fingerprint.
        value: what was counted.
    """
    counted[place] = value
    while len(counted) > MOST:
        counted.pop(next(iter(counted)), None)
    return value
