"""Serve the page of labelling until the end."""

from __future__ import annotations

import os
from collections.abc import Callable

from sadari.errors import MissingExtraError
from sadari.messages import message
from sadari.serve.settings import ServeSettings
from sadari.trust.labelling import Labelling


def serve_labelling(labelling: Labelling, settings: ServeSettings, started: Callable[[str], None]) -> None:
    """Show the page, and keep what is answered, until SIGTERM or Ctrl-C.

    Args:
        labelling: what is asked and answered; it is ended here.
        settings: where the page is served, and for whom.
        started: called with the page's address, when it answers.

    Raises:
        SettingError: what cannot be; a port that is taken. OutputError: the table could not be written.
        MissingExtraError: the packages of the extra are not installed.
    """
    settings.check()
    try:
        from sadari.serve.app import Application
        from sadari.serve.labelling.handlers import handlers
        from sadari.serve.labelling.said import SAID
        from sadari.serve.lifecycle.server import serve_here
        from sadari.serve.lifecycle.sockets import listening_socket, url_of
        from sadari.serve.log import RequestLog
        from sadari.serve.page import files
    except ImportError as error:
        raise MissingExtraError(message("the page of labelling"), "serve") from error
    with open(os.devnull, "w", encoding="utf-8") as nowhere, listening_socket(settings) as listening:  # noqa: PTH123
        application = Application(settings, RequestLog(nowhere))  # one person's answers need no log of requests
        application.open([*handlers(labelling), *files.handlers("labelling", SAID)])
        labelling.start()
        serve_here(application, listening, lambda: started(url_of(listening, settings)))
