"""HTML made of escaped pieces: whatever is not `Html` already is text, and text cannot become markup.

Texts and labels come from files that nobody has read. Every piece of a page goes through `element`, which
escapes all plain strings; the page's policy forbids scripts, plug-ins and any request besides, should an
escape ever fail.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from importlib import resources

_VOID = frozenset({"meta", "br", "hr", "col"})
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
# Control characters but tab and newline, and halves of surrogate pairs: no HTML file may hold them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Html(str):
    """Markup that is safe as it stands; `escaped`, `element` and `joined` make it, and `charts` its SVG."""

    __slots__ = ()


Piece = str | None | Iterable["Piece"]


def escaped(text: str) -> Html:
    """Text as markup, for content and for quoted attributes; unprintable characters become U+FFFD."""
    if isinstance(text, Html):
        return text
    return Html(html.escape(_UNPRINTABLE.sub("\ufffd", text), quote=True))


def joined(*pieces: Piece) -> Html:
    """Pieces in a row: strings are escaped, `Html` stays, ``None`` vanishes, iterables are opened."""
    return Html("".join(_open(pieces)))


def element(tag: str, *pieces: Piece, **attributes: str | int | float | bool | None) -> Html:
    """``<tag attributes>pieces</tag>``.

    An attribute's trailing underscore goes (``class_``), others become hyphens (``aria_label``); ``True``
    stands alone, ``None`` and ``False`` vanish.
    """
    written = ""
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        hyphened = name.rstrip("_").replace("_", "-")
        # An attribute's own text is escaped even if it is markup elsewhere: a quote must never end it.
        written += f" {hyphened}" if value is True else f' {hyphened}="{escaped(str.__str__(str(value)))}"'
    if tag in _VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{joined(*pieces)}</{tag}>")


def foreign(text: str) -> Html:
    """A text from the data: escaped, and kept from turning the direction of what stands around it."""
    return element("bdi", text)


def document(title: str, *body: Piece, lang: str) -> str:
    """A whole page with its style in it; it loads nothing and runs nothing."""
    style = resources.files("sadari.climb.report").joinpath("report.css").read_text(encoding="utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        element("style", Html(style)),
    )
    page = element("html", "\n", head, "\n", element("body", "\n", *body, "\n"), "\n", lang=lang)
    return f"<!doctype html>\n{page}\n"


def _open(pieces: Iterable[Piece]) -> Iterable[str]:
    for piece in pieces:
        if piece is None:
            continue
        if isinstance(piece, str):
            yield escaped(piece)
        else:
            yield from _open(piece)
