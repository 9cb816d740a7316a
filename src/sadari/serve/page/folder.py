"""``GET /models/M/card`` and ``/report``: what lies in, and beside, a model's folder for people to read."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from starlette.responses import Response

from sadari.artifact.plain_file import open_plain
from sadari.messages import message
from sadari.serve.core.shelf import Shelf
from sadari.serve.http.asked import Asked
from sadari.serve.http.endpoint import Handlers
from sadari.serve.http.refused import Refused

CARD = "README.md"
REPORT, TABLE = "report.html", "climb.json"  # of a climb's folder, in which its models' folders stand
MOST = 64 << 20  # bytes
# The report has styles of its own and runs nothing; whatever else lies there may not either.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups; frame-ancestors 'none'"


def handlers(shelf: Shelf) -> Handlers:
    """The routes.

    Args:
        shelf: the models.
    """
    return [
        ("GET", "/models/{model}/card", partial(card, shelf)),
        ("GET", "/models/{model}/report", partial(report, shelf)),
    ]


def report_of(folder: Path) -> Path | None:
    """The report of the climb that made a model, if it is there.

    Args:
        folder: of the model.
    """
    place = folder.absolute().parent
    return place / REPORT if (place / REPORT).is_file() and (place / TABLE).is_file() else None


async def card(shelf: Shelf, asked: Asked) -> Response:
    """The model card, in Markdown."""
    slot = shelf.find(asked.parameters["model"])
    return Response(await _read(slot.folder / CARD, asked), 200, media_type="text/markdown")


async def report(shelf: Shelf, asked: Asked) -> Response:
    """The report, as a page that runs nothing."""
    slot = shelf.find(asked.parameters["model"])
    content = await _read(report_of(slot.folder), asked)
    return Response(content, 200, {"content-security-policy": POLICY}, "text/html")


async def _read(file: Path | None, asked: Asked) -> bytes:
    """A file's bytes.

    Raises:
        Refused: there is none, or it is too large.
    """
    content = await asyncio.to_thread(_bytes_of, file) if file is not None else None
    if content is None or len(content) > MOST:
        raise Refused(404, message("there is nothing at {path}", path=asked.scope["path"][:80]))
    return content


def _bytes_of(file: Path) -> bytes | None:
    try:
        with open_plain(file) as stream:
            return stream.read(MOST + 1)
    except (OSError, ValueError):
        return None
