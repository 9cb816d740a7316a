"""What every request passes, and every answer: who may ask, for how long, how many, and one shape for all errors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sadari.errors import SadariError
from sadari.messages import message, speaking
from sadari.serve.http.access import Access
from sadari.serve.http.exchange import CONNECTION, KEY, Exchange
from sadari.serve.http.headers import header, language_of
from sadari.serve.http.refused import ClientGone, Refused
from sadari.serve.http.replies import json_reply
from sadari.serve.settings import Limits
from sadari.serve.state import State

CLIENT_GONE = 499  # in log and metrics alone: nobody reads it
NO_LIMIT_OF_TIME = frozenset({"/predict/file"})  # which has limits of its own
_NOT_FOUND = message("there is nothing at {path}")
_NOT_ALLOWED = message("{path} takes no {method}")

# Of whatever is answered: not to be guessed at, framed, kept or read by other sites.
SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_POLICY = b"content-security-policy"
_NOTHING = (_POLICY, b"default-src 'none'; frame-ancestors 'none'")

log = logging.getLogger("sadari.serve")


class Gate:
    """ASGI: the way in, and out.

    Args:
        app: the routes.
        access: who may ask.
        limits: of the server.
        state: whether the server is about to end.
        finished: is told of every request.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        limits: Limits,
        state: State,
        finished: Callable[[Scope, Exchange], None],
    ) -> None:
        self._app, self._access, self._limits, self._finished = app, access, limits, finished
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        exchange = scope[KEY] = Exchange(header(scope, b"x-request-id"))
        answered = _Answered(exchange, send, self._state)
        try:
            await self._pass(scope, receive, answered)
        except ClientGone:
            exchange.status = exchange.status or CLIENT_GONE
        except Exception as error:
            await self._refuse(error, scope, receive, answered)
        finally:
            self._finished(scope, exchange)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._access.check(scope["path"], scope["method"], scope["headers"])
        scope["app"] = self
        if scope["path"] in NO_LIMIT_OF_TIME:
            await self._app(scope, receive, send)
            return
        async with asyncio.timeout(self._limits.seconds):
            await self._app(scope, receive, send)

    async def _refuse(self, error: Exception, scope: Scope, receive: Receive, answered: _Answered) -> None:
        """Say what was wrong, if the answer has not begun; else break it off."""
        with speaking(language_of(scope)):
            refused = _as_refused(error, scope, self._limits)
            if answered.begun or refused.status == CLIENT_GONE:
                answered.exchange.status = CLIENT_GONE
                _break_off(scope)
                return
            reply = json_reply(refused.body(), refused.status, refused.headers)
        try:
            async with asyncio.timeout(self._limits.seconds):
                await reply(scope, receive, answered)
        except Exception:
            _break_off(scope)


class _Answered:
    """ASGI's ``send``, which adds the headers that every answer has, and notes the status."""

    __slots__ = ("_send", "_state", "begun", "exchange")

    def __init__(self, exchange: Exchange, send: Send, state: State) -> None:
        self.exchange, self._send, self._state, self.begun = exchange, send, state, False

    async def __call__(self, event: Message) -> None:
        if event["type"] == "http.response.start":
            self.begun = True
            self.exchange.status = event["status"]
            headers = event["headers"] = [*event.get("headers", ()), *SAFE_HEADERS]
            headers.append((b"x-request-id", self.exchange.id.encode()))
            if not any(name == _POLICY for name, _ in headers):
                headers.append(_NOTHING)
            if self.exchange.notes and (noted := self.exchange.noted()):
                headers.append((b"x-sadari-notes", noted.encode()))
            if self._state.closing:
                headers.append((b"connection", b"close"))
        await self._send(event)


def _as_refused(error: Exception, scope: Scope, limits: Limits) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, HTTPException):
        path, method = scope["path"][:80], scope["method"]
        said = _NOT_ALLOWED if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else _NOT_FOUND
        return Refused(error.status_code, said.filled(path=path, method=method), headers=error.headers)
    if isinstance(error, TimeoutError):
        return Refused(
            503 if scope[KEY].read else 408,
            message("the request took longer than {seconds:g} s", seconds=limits.seconds),
            limit=("seconds", limits.seconds),
            hint=message("send fewer or shorter texts at a time, or try again"),
            headers={"connection": "close", "retry-after": "1"},
        )
    if isinstance(error, SadariError):
        return Refused(422, error.said, where=error.place, hint=error.advice)
    if isinstance(error, ConnectionError):
        return Refused(CLIENT_GONE, "")
    log.exception("request %s", scope[KEY].id, exc_info=error)
    return Refused(
        500,
        message("a fault of Sadari's own: {kind}", kind=type(error).__name__),
        hint=message("the server's log has it under {id}", id=scope[KEY].id),
    )


def _break_off(scope: Scope) -> None:
    """Close a connection whose client does not read, or is in the middle of an answer that cannot go on."""
    connection: Any = scope.get(CONNECTION)
    if connection is not None:
        connection.break_off()
