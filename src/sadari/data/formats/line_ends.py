"""How the lines of a file end: in LF or CR LF, as nearly all do, or in CR alone, as old Macs and some Excels write."""

from __future__ import annotations

import numpy as np

_LF, _CR, _QUOTE = 10, 13, ord('"')


def ends_in_carriage_returns(head: bytes, complete: bool) -> bool:
    """Whether CR alone ends the lines; line feeds may stand in quotes, and one at the very end.

    Args:
        head: UTF-8.
        complete: whether that is the whole file.
    """
    data = np.frombuffer(head, np.uint8)
    feeds, lone = data == _LF, data == _CR
    lone[:-1] &= ~feeds[1:]
    if complete:
        feeds[-1:] = False
    else:
        lone[-1:] = False  # may be half of a CR LF
    if not feeds.any():
        return bool(lone.any())
    outside = np.cumsum(data == _QUOTE) % 2 == 0
    return bool((lone & outside).any() and not (feeds & outside).any())


def has_lone_return(record: np.ndarray) -> bool:
    """Whether a CR stands in a record (uint8) that no LF follows."""
    at = np.flatnonzero(record[:-1] == _CR)
    return bool((record[at + 1] != _LF).any())
