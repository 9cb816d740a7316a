"""Who may ask: a token, compared in constant time, and the name by which a loopback server is called."""

from __future__ import annotations

import hmac

from sadari.messages import message
from sadari.serve.http.refused import Refused
from sadari.serve.settings import TOKEN_VARIABLE, ServeSettings, is_loopback

# What holds no data: whoever asks these shows no token.
OPEN_PATHS = frozenset(
    {"/", "/health", "/v2/health/live", "/v2/health/ready", "/openapi.json", "/docs", "/favicon.ico"}
)
OPEN_FOLDER = "/static/"


class Access:
    """What a request must show.

    Args:
        settings: of the server.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self._token = settings.token.encode() if settings.token else None
        self._hosts = frozenset(name.lower() for name in settings.allowed_hosts)
        self._checks_host = settings.loopback or bool(self._hosts)

    def check(self, path: str, method: str, headers: list[tuple[bytes, bytes]]) -> None:
        """Let a request in, or not.

        Raises:
            Refused: it calls the server by a name that is not its own, or shows no token or a wrong one.
        """
        host, shown = b"", b""
        for name, value in headers:
            if name == b"host":
                host = value
            elif name == b"authorization":
                shown = value
        if self._checks_host:
            self._check_host(host)
        if self._token is None or is_open(path, method):
            return
        scheme, _, given = shown.partition(b" ")
        right = hmac.compare_digest(given.strip(), self._token)
        if not right or scheme.lower() != b"bearer":
            raise Refused(
                401,
                message("the token is wrong") if shown else message("there is no token"),
                hint=message(
                    "send the header Authorization: Bearer TOKEN, with the server's {name}", name=TOKEN_VARIABLE
                ),
                headers={"www-authenticate": "Bearer"},
            )

    def _check_host(self, host: bytes) -> None:
        """A page from elsewhere may have made its own name lead here: then it is its name that stands in the header."""
        name = _without_port(host.decode("latin-1").lower())
        if not is_loopback(name) and name not in self._hosts:
            raise Refused(
                421,
                message("this server is not called {name!r}", name=name[:80]),
                hint=message("ask localhost, or start it with --allow-host NAME"),
            )


def is_open(path: str, method: str) -> bool:
    """Whether a route holds no data, so that nobody has to show a token.

    Args:
        path: of the request.
        method: of the request.
    """
    return method != "POST" and (path in OPEN_PATHS or path.startswith(OPEN_FOLDER))


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and (port.isdigit() or not port) else host
