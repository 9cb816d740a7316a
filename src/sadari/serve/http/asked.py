"""A request as handlers see it: its headers, and its body, which is read only as far as it may be."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from starlette.types import Receive, Scope

from sadari.artifact.strict_json import json_depth, parse_json
from sadari.messages import message
from sadari.serve.http.exchange import ARRIVED, CONNECTION, Exchange, exchange_of
from sadari.serve.http.headers import header, language_of
from sadari.serve.http.refused import ClientGone, Refused, past_limit
from sadari.serve.settings import Limits

# A client that sends too much reads our answer only when it has sent all: so much more is read and forgotten.
_FORGOTTEN = 8  # times the limit
_FORGETTING = 2.0  # seconds
_WINDOWS = {b"gzip": zlib.MAX_WBITS | 16, b"deflate": zlib.MAX_WBITS}


class Asked:
    """One request.

    Args:
        scope: ASGI's.
        receive: ASGI's.
        limits: of the server.
    """

    __slots__ = ("_more", "_receive", "limits", "scope")

    def __init__(self, scope: Scope, receive: Receive, limits: Limits) -> None:
        self.scope, self._receive, self.limits, self._more = scope, receive, limits, True

    @property
    def exchange(self) -> Exchange:
        """What is noted of it."""
        return exchange_of(self.scope)

    @property
    def parameters(self) -> dict[str, str]:
        """What stands in the path."""
        found: dict[str, str] = self.scope.get("path_params", {})
        return found

    def header(self, name: bytes) -> bytes:
        """A header, whose name is given in small letters; empty where it is not there."""
        return header(self.scope, name)

    @property
    def waited(self) -> float:
        """Seconds since its last byte came."""
        now = time.perf_counter()
        return now - float(self.scope.get(ARRIVED, now))

    @property
    def crowd(self) -> int:
        """How many requests are not yet answered, this one among them."""
        connection = self.scope.get(CONNECTION)
        return 1 if connection is None else len(connection.tasks)

    @property
    def language(self) -> str:
        """That the client reads."""
        return language_of(self.scope)

    async def json(self) -> Any:
        """The body, as strict JSON.

        Raises:
            Refused: it is none, is too large or too deep.
        """
        return read_json(await self.body(), self.limits)

    async def body(self) -> bytes:
        """The whole body, decompressed.

        Raises:
            Refused: it is too large, or compressed in a way that is not known.
            ClientGone: it broke off.
        """
        most = self.limits.body
        parts, size = [], 0
        self.check_length(most)
        async for part in self.parts():
            size += len(part)
            if size > most:
                await self._forget()
                raise _too_large(most)
            parts.append(part)
        self.exchange.read = True
        whole = parts[0] if len(parts) == 1 else b"".join(parts)
        encoding = self.header(b"content-encoding")
        return decompressed(whole, encoding, most) if encoding else whole

    def check_length(self, most: int) -> None:
        """Refuse a body that says that it is too large, before any of it is read, if the client waits for that.

        Raises:
            Refused: it is.
        """
        if not self.header(b"expect"):
            return
        length = self.header(b"content-length")
        if length.isdigit() and int(length[:20]) > most:
            raise _too_large(most)

    async def parts(self) -> AsyncIterator[bytes]:
        """The body, as it comes.

        Raises:
            ClientGone: it broke off.
        """
        while self._more:
            event = await self._receive()
            if event["type"] == "http.disconnect":
                raise ClientGone
            self._more = event.get("more_body", False)
            yield event.get("body", b"")

    async def _forget(self) -> None:
        """Read on for a while, so that a client that is still sending comes to read the answer."""
        size = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(_FORGETTING):
                async for part in self.parts():
                    size += len(part)
                    if size > _FORGOTTEN * self.limits.body:
                        return


def _too_large(most: int) -> Refused:
    return past_limit(
        413,
        message("the body has more than {most:,} bytes", most=most),
        "body",
        most,
        hint=message("send fewer texts at a time; a file goes to /predict/file"),
        headers={"connection": "close"},
    )


def decompressed(data: bytes, encoding: bytes, most: int) -> bytes:
    """A body as it was before it was compressed with gzip or deflate, and no more of it than may be.

    Raises:
        Refused: it is something else, damaged, or too large.
    """
    name = encoding.strip().lower()
    if name == b"identity":
        return data
    if name not in _WINDOWS:
        raise Refused(
            415,
            message("the body is compressed with {name!r}", name=encoding.decode("latin-1")[:40]),
            hint=message("use gzip or deflate, or send it as it is"),
        )
    unpacker = zlib.decompressobj(_WINDOWS[name])
    try:
        whole = unpacker.decompress(data, most + 1)
    except zlib.error:
        raise Refused(400, message("the compressed body is damaged")) from None
    if len(whole) > most:
        raise _too_large(most)
    if not unpacker.eof:
        raise Refused(400, message("the compressed body is damaged"))
    return whole


def read_json(data: bytes, limits: Limits) -> Any:
    """Strict JSON.

    Raises:
        Refused: it is none, or nested too deep.
    """
    try:
        return parse_json(data, max_depth=limits.depth)
    except ValueError as error:
        if json_depth(data) > limits.depth:
            raise past_limit(
                422, message("the JSON is nested more than {most} deep", most=limits.depth), "depth", limits.depth
            ) from None
        raise Refused(400, message("the body is no JSON that can be read: {error}", error=str(error))) from None
