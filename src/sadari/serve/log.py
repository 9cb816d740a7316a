"""One JSON line a request, written by a thread a few times a second: a full pipe holds up no answer."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from typing import Any, TextIO

from starlette.types import Scope

from sadari.serve.http.exchange import Exchange

MOST_WAITING = 10_000  # lines; more are dropped, and counted
EVERY = 0.05  # seconds; a thread that woke for each line would take more time than the answers


class RequestLog:
    """The log.

    Args:
        stream: where it is written; None: standard error.
        texts: whether the texts themselves stand in it.

    Attributes:
        dropped: lines that could not be written.
    """

    def __init__(self, stream: TextIO | None = None, *, texts: bool = False) -> None:
        self._stream, self._texts, self.dropped = stream or sys.stderr, texts, 0
        self._lines: deque[dict[str, Any]] = deque()
        self._writing = threading.Lock()
        threading.Thread(target=self._write_on, name="sadari-log", daemon=True).start()

    def finished(self, scope: Scope, exchange: Exchange) -> None:
        """Note a request that is over."""
        line: dict[str, Any] = {
            "time": time.time(),
            "id": exchange.id,
            "method": scope["method"],
            "path": scope["path"][:200],
            "status": exchange.status,
            "ms": round((time.perf_counter() - exchange.started) * 1000, 3),
        }
        if exchange.texts:
            line |= {"model": exchange.model, "texts": exchange.texts}
            if self._texts:
                line["text"] = exchange.shown
        self.event(line)

    def event(self, line: dict[str, Any]) -> None:
        """Note anything else, or the same."""
        if len(self._lines) >= MOST_WAITING:
            self.dropped += 1
        else:
            self._lines.append(line)

    def flush(self, seconds: float = 1.0) -> None:
        """Write what was noted, if the stream takes it soon."""
        if self._writing.acquire(timeout=seconds):
            try:
                self._write()
            finally:
                self._writing.release()

    def _write_on(self) -> None:
        while True:
            time.sleep(EVERY)
            with self._writing:
                self._write()

    def _write(self) -> None:
        count = len(self._lines)
        written = "".join(json.dumps(self._lines.popleft()) + "\n" for _ in range(count))
        try:
            self._stream.write(written)
            self._stream.flush()
        except (OSError, ValueError):
            self.dropped += count
