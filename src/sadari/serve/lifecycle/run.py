"""Serve until the end: in this process, or in several."""

from __future__ import annotations

from collections.abc import Callable

from sadari.errors import MissingExtraError
from sadari.messages import message
from sadari.serve.settings import ServeSettings


def serve(settings: ServeSettings, started: Callable[[str], None]) -> None:
    """Load the models and answer, until SIGTERM or Ctrl-C.

    Args:
        settings: what is asked for.
        started: called with the server's address, when it answers.

    Raises:
        SettingError: what cannot be; a port that is taken.
        ModelError: a folder that is no model.
        MissingExtraError: the packages of the extra are not installed.
    """
    settings.check()
    try:
        from sadari.serve.app import Served
        from sadari.serve.lifecycle.server import serve_here
        from sadari.serve.lifecycle.sockets import listening_socket, url_of
        from sadari.serve.lifecycle.workers import serve_in_workers
    except ImportError as error:
        raise MissingExtraError(message("the server"), "serve") from error
    with listening_socket(settings) as listening:
        url = url_of(listening, settings)
        if settings.workers > 1:
            serve_in_workers(settings, listening, lambda: started(url))
        else:
            serve_here(Served(settings), listening, lambda: started(url))
