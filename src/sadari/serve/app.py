"""The whole server as one ASGI application."""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from sadari.serve.core.shelf import Shelf
from sadari.serve.http.access import Access
from sadari.serve.http.endpoint import Handlers, routes
from sadari.serve.http.exchange import Exchange
from sadari.serve.http.gate import Gate
from sadari.serve.log import RequestLog
from sadari.serve.metrics import Metrics
from sadari.serve.openapi import page as docs
from sadari.serve.page import files, folder
from sadari.serve.protocols import about, classify, explain, huggingface, open_inference, predict_file, tei
from sadari.serve.settings import ServeSettings
from sadari.serve.state import State


class Application:
    """Routes, figures and log of one process; it is the ASGI application.

    Args:
        settings: what the server is asked for.
        log: where requests are noted; None: standard error.
    """

    def __init__(self, settings: ServeSettings, log: RequestLog | None = None) -> None:
        self.settings, self.state, self.metrics = settings, State(), Metrics(settings.workers)
        self.log = log or RequestLog(texts=settings.log_texts)

    def open(self, handlers: Handlers) -> None:
        """Answer at these routes."""
        router = Router(routes(self.settings.limits, handlers), redirect_slashes=False)
        gate: ASGIApp = Gate(router, Access(self.settings), self.settings.limits, self.state, self._finished)
        self._way_in = _open_to(gate, self.settings.cors) if self.settings.cors else gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._way_in(scope, receive, send)

    def _finished(self, scope: Scope, exchange: Exchange) -> None:
        self.metrics.finished(exchange)
        self.log.finished(scope, exchange)


class Served(Application):
    """Models that answer.

    Args:
        settings: what the server is asked for.
        log: where requests are noted; None: standard error.

    Raises:
        ModelError: a folder that is no model.
    """

    def __init__(self, settings: ServeSettings, log: RequestLog | None = None) -> None:
        super().__init__(settings, log)
        self.shelf = Shelf(settings, self.metrics.batch)
        predict_file.warm(self.shelf)
        self.open(
            [
                *tei.handlers(self.shelf),
                *huggingface.handlers(self.shelf),
                *classify.handlers(self.shelf),
                *open_inference.handlers(self.shelf, self.state),
                *explain.handlers(self.shelf),
                *predict_file.handlers(self.shelf),
                *files.handlers(),
                *folder.handlers(self.shelf),
                *docs.handlers(settings),
                *about.handlers(self.shelf, settings, self.state, self.metrics),
            ]
        )


def _open_to(app: ASGIApp, origins: tuple[str, ...]) -> ASGIApp:
    """Let pages of these sites read the answers."""
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "POST"),
        allow_headers=("authorization", "content-type", "x-request-id"),
        expose_headers=("x-sadari-notes", "x-request-id", "retry-after"),
    )
