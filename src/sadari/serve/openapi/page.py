"""``/openapi.json`` and ``/docs``, which needs no network."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from starlette.responses import Response

from sadari.display.templates import page_templates
from sadari.messages import current_language, speaking, translated
from sadari.serve.http.asked import Asked
from sadari.serve.http.endpoint import Handlers
from sadari.serve.http.replies import json_reply
from sadari.serve.openapi.document import openapi
from sadari.serve.page.files import POLICY
from sadari.serve.settings import ServeSettings


def handlers(settings: ServeSettings) -> Handlers:
    """The routes.

    Args:
        settings: of the server.
    """
    return [
        ("GET", "/openapi.json", partial(document, settings)),
        ("GET", "/docs", partial(docs, settings)),
    ]


async def document(settings: ServeSettings, asked: Asked) -> Response:
    """The description as JSON."""
    with speaking(asked.language):
        return json_reply(openapi(settings))


async def docs(settings: ServeSettings, asked: Asked) -> Response:
    """The description as a page."""
    with speaking(asked.language):
        return Response(rendered(settings), 200, {"content-security-policy": POLICY}, "text/html")


def rendered(settings: ServeSettings) -> str:
    """The page, in the language that is spoken.

    Args:
        settings: of the server.
    """
    described = openapi(settings)
    operations = [
        {"path": path, "method": method.upper(), "summary": operation["summary"], "example": _example(operation)}
        for path, each in described["paths"].items()
        for method, operation in each.items()
    ]
    template = page_templates("sadari.serve", "openapi").get_template("docs.html.jinja")
    return template.render(
        _=translated,
        language=current_language(),
        operations=sorted(operations, key=lambda each: each["method"] != "POST"),
        models=[name for name, _ in settings.models],
        token=settings.token is not None,
        limits=vars(settings.limits),
    )


def _example(operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return json.dumps(content["example"], ensure_ascii=False) if "example" in content else ""
