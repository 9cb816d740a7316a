"""One JSON line a request, written by a thread: a full pipe holds up no answer."""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from typing import Any, TextIO

from starlette.types import Scope

from sadari.serve.http.exchange import Exchange

MOST_WAITING = 10_000  # lines; more are dropped, and counted


class RequestLog:
    """The log.

    Args:
        stream: where it is written; None: standard error.
        texts: whether the texts themselves stand in it.
    """

    def __init__(self, stream: TextIO | None = None, *, texts: bool = False) -> None:
        self._stream, self._texts, self.dropped = stream or sys.stderr, texts, 0
        self._lines: queue.SimpleQueue[dict[str, Any] | threading.Event] = queue.SimpleQueue()
        threading.Thread(target=self._write, name="sadari-log", daemon=True).start()

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
        if self._lines.qsize() > MOST_WAITING:
            self.dropped += 1
        else:
            self._lines.put(line)

    def flush(self, seconds: float = 1.0) -> None:
        """Wait until all that was noted is written, if that is soon."""
        done = threading.Event()
        self._lines.put(done)
        done.wait(seconds)

    def _write(self) -> None:
        while True:
            line = self._lines.get()
            if isinstance(line, threading.Event):
                line.set()
                continue
            try:
                self._stream.write(json.dumps(line, ensure_ascii=True) + "\n")
                if self._lines.empty():
                    self._stream.flush()
            except (OSError, ValueError):
                self.dropped += 1
