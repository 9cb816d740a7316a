"""A route's handler as Starlette calls it: a request in, an answer out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sadari.serve.http.asked import Asked
from sadari.serve.settings import Limits

Handler = Callable[[Asked], Awaitable[Response]]
Handlers = list[tuple[str, str, Handler]]  # method, path, and what answers


class Endpoint:
    """One route.

    Args:
        path: its template, by which it is counted.
        handle: gives the answer, by method.
        limits: of the server.
    """

    def __init__(self, path: str, limits: Limits) -> None:
        self.path, self.handle, self._limits = path, dict[str, Handler](), limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Asked(scope, receive, self._limits)
        asked.exchange.route = self.path
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        reply = await self.handle[method](asked)
        await reply(scope, receive, send)


def routes(limits: Limits, handlers: Iterable[tuple[str, str, Handler]]) -> list[Route]:
    """Starlette's routes: one a path, with all its methods.

    Args:
        limits: of the server.
        handlers: method, path and handler of each.
    """
    endpoints: dict[str, Endpoint] = {}
    for method, path, handle in handlers:
        endpoints.setdefault(path, Endpoint(path, limits)).handle[method] = handle
    return [Route(path, endpoint, methods=list(endpoint.handle)) for path, endpoint in endpoints.items()]
