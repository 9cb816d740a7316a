"""The model card: the README of a model folder, for the person who finds it.

One template, ``artifact/card.md.jinja``, says what every card says; each kind of model has a template in its own room
that extends it. Whatever a template writes out is a value of the manifest, and is escaped: a label cannot write
Markdown into a card.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

MOST_CHARACTERS = 200  # of one label or value


def model_card(template: str, manifest: Mapping[str, Any]) -> str:
    """Markdown for a model's manifest: what it is, what it was trained on, what it scored, how to use it.

    Args:
        template: its place in the package, such as ``"rungs/card.md.jinja"``; it sees the manifest's keys.
        manifest: what ``sadari.json`` will say.
    """
    return _templates().get_template(template).render(manifest)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("sadari", ""),
        autoescape=True,
        finalize=_escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters["code"] = _code
    return found


def _escaped(value: Any) -> Markup:
    """A value as Markdown shows it, in place of what Jinja2 itself would make of it, which is HTML."""
    from markupsafe import Markup

    if isinstance(value, Markup):
        return value
    text = f"{value:.4g}" if isinstance(value, float) else _line(value)
    return Markup(re.sub(r"([\\`*<>|\[\]])", r"\\\1", text))


def _code(value: Any) -> Markup:
    """A code span, whatever backticks are in it."""
    from markupsafe import Markup

    text = _line(value)
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if "`" in text or text != text.strip() else ""
    return Markup(f"{fence}{space}{text}{space}{fence}")


def _line(value: Any) -> str:
    text = " ".join(str(value).split()) if re.search(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", str(value)) else str(value)
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"
