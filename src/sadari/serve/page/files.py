"""``GET /`` and ``/static/…``: the page's files. They hold no data, and fetch nothing from elsewhere."""

from __future__ import annotations

import mimetypes
from functools import partial
from hashlib import sha256
from pathlib import Path

from starlette.responses import Response

from sadari.messages import message
from sadari.serve.http.asked import Asked
from sadari.serve.http.endpoint import Handlers
from sadari.serve.http.refused import Refused

STATIC = Path(__file__).parent / "static"
INDEX = "index.html"
# Scripts, styles, pictures and answers of this server alone; what is made in the page may be downloaded.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}


class File:
    """One file, as it is sent."""

    def __init__(self, path: Path) -> None:
        self.content = path.read_bytes()
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        self.kind = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
        self.tag = f'"{sha256(self.content).hexdigest()[:16]}"'

    def reply(self, asked: Asked) -> Response:
        """The file, or that the client has it already."""
        headers = {"etag": self.tag, "content-security-policy": POLICY}
        if asked.header(b"if-none-match") == self.tag.encode():
            return Response(status_code=304, headers=headers)
        return Response(self.content, 200, headers, self.kind)


def handlers() -> Handlers:
    """The routes of the page."""
    files = {path.relative_to(STATIC).as_posix(): File(path) for path in STATIC.rglob("*") if path.is_file()}
    return [("GET", "/", partial(send, files, INDEX)), ("GET", "/static/{path:path}", partial(send, files, None))]


async def send(files: dict[str, File], name: str | None, asked: Asked) -> Response:
    """A file.

    Args:
        files: by the path below ``static/``.
        name: which one; None: that of the request's path.
        asked: the request.

    Raises:
        Refused: there is none of that name.
    """
    found = files.get(asked.parameters["path"] if name is None else name)
    if found is None:
        raise Refused(404, message("there is nothing at {path}", path=asked.scope["path"][:80]))
    return found.reply(asked)
