"""How a file's lines end: in LF or CR LF, as nearly all do, in CR, as old Macs and some Excels write, or in LF CR."""

from __future__ import annotations

import numpy as np

_LF, _CR, _QUOTE = 10, 13, ord('"')


def rare_line_end(head: bytes, complete: bool) -> bytes:
    """What ends the lines, where it is CR alone or LF CR; else nothing. Line feeds may stand in quotes.

    Args:
        head: UTF-8.
        complete: whether that is the whole file.
    """
    data = np.frombuffer(head, np.uint8)
    feeds, returns = data == _LF, data == _CR
    outside = np.cumsum(data == _QUOTE) % 2 == 0
    turned = feeds[:-1] & returns[1:]  # LF CR
    single, lone = feeds.copy(), returns.copy()
    single[:-1] &= ~turned
    lone[1:] &= ~turned
    single[-1:] = False  # the very last one, or half of an LF CR
    if (turned & outside[1:]).any() and not ((lone | single) & outside).any():
        return b"\n\r"
    lone = returns
    lone[:-1] &= ~feeds[1:]
    if complete:
        feeds[-1:] = False
    else:
        lone[-1:] = False  # may be half of a CR LF
    within = lone if not feeds.any() else lone & outside
    return b"\r" if within.any() and not (feeds & outside).any() else b""


def has_lone_return(record: np.ndarray) -> bool:
    """Whether a CR stands in a record (uint8) that no LF follows."""
    at = np.flatnonzero(record[:-1] == _CR)
    return bool((record[at + 1] != _LF).any())
