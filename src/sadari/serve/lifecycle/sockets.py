"""The socket that a server listens at."""

from __future__ import annotations

import errno
import os
import socket

from sadari.errors import SettingError
from sadari.messages import message
from sadari.serve.lifecycle.server import BACKLOG
from sadari.serve.settings import ServeSettings


def listening_socket(settings: ServeSettings) -> socket.socket:
    """A socket at the address and port that are asked for.

    Raises:
        SettingError: another program listens there, it is not allowed, or it is no address of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host.strip("[]"), settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        opened = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingError(
            message("{host} is no address: {reason}", host=settings.host, reason=error.strerror or str(error))
        ) from None
    try:
        if os.name != "nt":  # where it would let two programs listen at one port
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        raise _not_bound(error, settings) from None
    opened.setblocking(False)
    return opened


def _not_bound(error: OSError, settings: ServeSettings) -> SettingError:
    if error.errno == errno.EADDRINUSE:
        return SettingError(
            message("another program listens at {host}:{port}", host=settings.host, port=settings.port),
            hint=message("choose another one with --port; --port 0 takes a free one"),
        )
    return SettingError(
        message(
            "cannot listen at {host}:{port}: {reason}",
            host=settings.host,
            port=settings.port,
            reason=error.strerror or str(error),
        )
    )


def url_of(listening: socket.socket, settings: ServeSettings) -> str:
    """Where a server answers: ``http://127.0.0.1:8000``."""
    host = f"[{settings.host}]" if ":" in settings.host.strip("[]") else settings.host
    return f"http://{host}:{listening.getsockname()[1]}"
