"""A connection that ends when its client is too slow; uvicorn's own waits for ever."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sadari.messages import Message, message
from sadari.serve.http.exchange import ARRIVED, CONNECTION
from sadari.serve.http.gate import SAFE_HEADERS
from sadari.serve.http.refused import Refused
from sadari.serve.http.replies import json_bytes
from sadari.serve.settings import Limits

REASONS = {
    400: b"Bad Request",
    408: b"Request Timeout",
    431: b"Request Header Fields Too Large",
    503: b"Service Unavailable",
}


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, with limits: of a head in bytes and seconds, of an answer that nobody reads, of their number.

    A subclass says its `limits`.
    """

    limits: Limits

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._timer: asyncio.TimerHandle | None = None
        self._in_head, self._head = True, 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._refuse(503, message("too many connections are open"), ("connections", self.limits.connections))
            return
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head += len(data)
            if self._timer is None:
                self._expect_head()
        super().data_received(data)
        if self._in_head and self._head > self.limits.head and not self.transport.is_closing():
            self._refuse(431, message("the headers are too long"), ("head", self.limits.head))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: Any = self.scope
        scope[CONNECTION] = self

    def on_headers_complete(self) -> None:
        self._stop_timer()
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        scope: Any = self.scope
        scope[ARRIVED] = time.perf_counter()
        super().on_message_complete()
        self._in_head, self._head = True, 0

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._end_soon()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._end_soon()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, message("this is no HTTP that can be read"))

    @property
    def gone(self) -> bool:
        """Whether the client has closed it."""
        return self.transport is None or self.transport.is_closing()

    def break_off(self) -> None:
        """Close it at once: what has not been read of an answer is lost."""
        if self.transport is not None and not self.transport.is_closing():
            if self.cycle is not None:
                self.cycle.disconnected = True  # else uvicorn takes it for a fault that the answer has no end
            self.transport.abort()

    def _expect_head(self) -> None:
        self._timer = self.loop.call_later(self.limits.seconds, self._head_is_late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _head_is_late(self) -> None:
        said = message("the request took longer than {seconds:g} s", seconds=self.limits.seconds)
        self._refuse(408, said, ("seconds", self.limits.seconds))

    def _end_soon(self) -> None:
        """A closed connection waits until all is read that was written; not for ever."""
        if self.transport.get_write_buffer_size():
            self.loop.call_later(self.limits.idle, self.transport.abort)

    def _refuse(self, status: int, what: Message, limit: tuple[str, float] | None = None) -> None:
        """Answer what is no request yet, and close."""
        self._stop_timer()
        body = json_bytes(Refused(status, what, limit=limit).body())
        lines = [
            b"HTTP/1.1 %d %s" % (status, REASONS[status]),
            b"content-type: application/json",
            b"content-length: %d" % len(body),
            b"connection: close",
            *(b"%s: %s" % header for header in SAFE_HEADERS),
            *([b"retry-after: 1"] if status == 503 else []),
        ]
        self.transport.write(b"\r\n".join([*lines, b"", body]))
        self.transport.close()
        self._end_soon()


def connection_class(limits: Limits) -> type[Connection]:
    """The class of connections with these limits.

    Args:
        limits: of the server.
    """
    return type("LimitedConnection", (Connection,), {"limits": limits})
