"""What the headers of a request say."""

from __future__ import annotations

from starlette.types import Scope

from sadari.messages import LANGUAGES, current_language


def header(scope: Scope, wanted: bytes) -> bytes:
    """A header; empty where it is not there.

    Args:
        scope: ASGI's.
        wanted: its name, in small letters.
    """
    return next((value for name, value in scope["headers"] if name == wanted), b"")


def language_of(scope: Scope) -> str:
    """The first language of Accept-Language that there is a catalogue of; else the server's own.

    Args:
        scope: ASGI's.
    """
    for part in header(scope, b"accept-language").decode("latin-1").split(",")[:10]:
        name = part.split(";")[0].split("-")[0].strip().lower()
        if name in LANGUAGES:
            return name
    return current_language()
