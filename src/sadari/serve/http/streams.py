"""Bodies that are larger than memory: in, into a file; out, piece by piece, to a client that reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sadari.errors import reason_of
from sadari.messages import message
from sadari.serve.http.asked import Asked
from sadari.serve.http.exchange import CONNECTION
from sadari.serve.http.refused import ClientGone, Refused, past_limit


@contextmanager
def room_on_disk() -> Iterator[None]:
    """What is written in here may find no room: that is no fault of the request, nor of the server.

    Raises:
        Refused: it did.
    """
    try:
        yield
    except (TimeoutError, ConnectionError):  # which are of the client's
        raise
    except OSError as error:
        raise Refused(
            503,
            message("the server has no room for the file: {reason}", reason=reason_of(error)),
            headers={"connection": "close", "retry-after": "10"},
        ) from None


async def save_body(asked: Asked, file: Path) -> None:
    """Write the body into a file.

    Args:
        asked: the request.
        file: where to.

    Raises:
        Refused: it is too large, empty, or does not come on; or the disk is full.
        ClientGone: it broke off.
    """
    limits, size = asked.limits, 0
    asked.check_length(limits.file)
    parts = asked.parts()
    with room_on_disk(), file.open("wb") as stream:
        while (part := await _next(parts, limits.idle)) is not None:
            size += len(part)
            if size > limits.file:
                raise past_limit(
                    413,
                    message("the file has more than {most:,} bytes", most=limits.file),
                    "file",
                    limits.file,
                    hint=message("split it, or use sadari predict"),
                    headers={"connection": "close"},
                )
            await asyncio.to_thread(stream.write, part)
    if not size:
        raise Refused(400, message("the body is empty"), hint=message("send a CSV, JSONL or Parquet file"))


async def _next(parts: AsyncIterator[bytes], idle: float) -> bytes | None:
    try:
        async with asyncio.timeout(idle):
            return await anext(parts, None)
    except TimeoutError:
        raise past_limit(
            408,
            message("no byte came for {seconds:g} s", seconds=idle),
            "idle",
            idle,
            headers={"connection": "close"},
        ) from None


class Streamed(Response):
    """An answer in pieces. A client that reads none for a while, or has gone, ends it.

    Args:
        pieces: of the answer.
        idle: seconds that a piece may wait to be read.
        media_type: of the answer.
    """

    def __init__(self, pieces: AsyncIterator[bytes], idle: float, media_type: str) -> None:
        self._pieces, self._idle = pieces, idle
        self.status_code, self.media_type, self.background = 200, media_type, None
        self.init_headers()

    def init_headers(self, headers: Any = None) -> None:
        """The media type alone: nobody knows the length."""
        self.raw_headers = [(b"content-type", str(self.media_type).encode())]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for piece in self._pieces:
            connection = scope.get(CONNECTION)
            if connection is not None and connection.gone:
                raise ClientGone
            async with asyncio.timeout(self._idle):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
