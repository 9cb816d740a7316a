"""What is noted of one request while it is answered: for the log, the metrics and the answer's headers."""

from __future__ import annotations

import itertools
import re
import secrets
import time
from typing import Any

KEY = "sadari.exchange"  # under which it stands in the scope
CONNECTION = "sadari.connection"
ARRIVED = "sadari.arrived"  # when the last byte of the request came, by `time.perf_counter`

_SAFE_ID = re.compile(rb"[!-~]{1,128}")
_prefix = secrets.token_hex(4)
_numbers = itertools.count(1)


class Exchange:
    """One request and its answer.

    Args:
        given_id: the client's own id of the request, if it has one that may stand in a log.

    Attributes:
        id: of the request.
        started: by `time.perf_counter`.
        route: the template of its path.
        model: that answered.
        texts: how many there were.
        notes: "empty", "unknown" or "cut", or None, a text.
        status: of the answer; 0 until there is one.
        found: the likeliest label of each text.
        read: whether the whole body has come.
        shown: the texts themselves, where the log may have them.
    """

    __slots__ = ("found", "id", "model", "notes", "read", "route", "shown", "started", "status", "texts")

    def __init__(self, given_id: bytes = b"") -> None:
        self.id = given_id.decode("ascii") if _SAFE_ID.fullmatch(given_id) else f"{_prefix}-{next(_numbers)}"
        self.started = time.perf_counter()
        self.route, self.model, self.status, self.texts = "other", "", 0, 0
        self.read = False
        self.notes: list[str | None] = []
        self.found: list[str] = []
        self.shown: list[str] | None = None

    def noted(self) -> str:
        """``0:cut, 3:empty``: what is to be said of which text; an empty text of nothing."""
        return ", ".join(f"{place}:{note}" for place, note in enumerate(self.notes) if note)


def exchange_of(scope: Any) -> Exchange:
    """The notes on the request of an ASGI scope."""
    found: Exchange = scope[KEY]
    return found
