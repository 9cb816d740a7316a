"""``GET /`` and ``/static/…``: the page's files. They hold no data, and fetch nothing from elsewhere."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import sha256
from importlib import resources
from pathlib import Path

from markupsafe import Markup
from starlette.responses import Response

from sadari import __version__
from sadari.display.templates import page_templates
from sadari.messages import LANGUAGES, Message, message
from sadari.serve.http.asked import Asked
from sadari.serve.http.endpoint import Handlers
from sadari.serve.http.refused import Refused
from sadari.serve.page.said import SAID, names_of_languages, said

STATIC = Path(__file__).parent / "static"
SHARED = ("look.css", "view.mjs", "withheld.mjs")  # with the page that `sadari export --to html` writes
# Scripts, styles, pictures and answers of this server alone; what is made in the page may be downloaded.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TYPES = {".mjs": "text/javascript", ".svg": "image/svg+xml"}


class File:
    """One file, as it is sent.

    Args:
        name: says what kind it is.
        content: its bytes.
    """

    def __init__(self, name: str, content: bytes) -> None:
        self.content = content
        kind = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.kind = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
        self.tag = f'"{sha256(content).hexdigest()[:16]}"'

    def reply(self, asked: Asked) -> Response:
        """The file, or that the client has it already."""
        headers = {"etag": self.tag, "content-security-policy": POLICY}
        if asked.header(b"if-none-match") == self.tag.encode():
            return Response(status_code=304, headers=headers)
        return Response(self.content, 200, headers, self.kind)


def handlers(room: str = "page", sentences: Mapping[str, Message] = SAID) -> Handlers:
    """The routes of a page.

    Args:
        room: of `sadari.serve`, in which its template lies, and what it has besides the files of all pages.
        sentences: what it says, by the names that its template and scripts know.
    """
    pages = {language: File("index.html", index(language, room, sentences).encode()) for language in LANGUAGES}
    return [
        ("GET", "/", partial(send_page, pages)),
        ("GET", "/static/{path:path}", partial(send, dict(static_files(room)))),
    ]


def static_files(room: str = "page") -> Iterator[tuple[str, File]]:
    """Name and content of each.

    Args:
        room: whose page it is.
    """
    shared = resources.files("sadari.export.page")
    for name in SHARED:
        yield name, File(name, shared.joinpath(name).read_bytes())
    for place in dict.fromkeys((STATIC, STATIC.parent.with_name(room) / STATIC.name)):
        for path in place.iterdir():
            yield path.name, File(path.name, path.read_bytes())


def index(language: str, room: str, sentences: Mapping[str, Message]) -> str:
    """The page in a language; the other ones lie in it too.

    Args:
        language: one of `sadari.messages.LANGUAGES`.
        room: whose page it is.
        sentences: what it says.
    """
    table = json.dumps({each: said(each, sentences) for each in LANGUAGES}, ensure_ascii=False).replace("<", "\\u003c")
    return (
        page_templates("sadari.serve", room)
        .get_template("index.html.jinja")
        .render(
            language=language,
            languages=names_of_languages(),
            say=said(language, sentences),
            table=Markup(table),
            version=__version__,
        )
    )


async def send_page(pages: dict[str, File], asked: Asked) -> Response:
    """The page, in the first language that the client reads."""
    reply = pages[asked.language].reply(asked)
    reply.headers["vary"] = "accept-language"
    return reply


async def send(files: dict[str, File], asked: Asked) -> Response:
    """A file.

    Args:
        files: by name.
        asked: the request.

    Raises:
        Refused: there is none of that name.
    """
    found = files.get(asked.parameters["path"])
    if found is None:
        raise Refused(404, message("there is nothing at {path}", path=asked.scope["path"][:80]))
    return found.reply(asked)
