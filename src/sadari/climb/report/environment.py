"""The templates of a report, in one language: whatever they write out is text, and text cannot become markup.

Texts and labels come from files that nobody has read. Jinja2 escapes every value; the page's policy forbids scripts,
plug-ins and any request besides, should an escape ever fail.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from sadari import readable
from sadari.climb.report import names
from sadari.display.templates import page_templates
from sadari.messages import LANGUAGES, Figure, Message, message, plural, render
from sadari.settings.limits import Choice, check

# Control characters but tab and newline, and halves of surrogate pairs: no HTML file may hold them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LETTERS = 400  # of one value


@cache
def templates(lang: str) -> Environment:
    """What renders ``templates/*.html.jinja`` in a language.

    In a template, ``_("… {name} …", name=value)`` is a sentence of the catalogues, and ``plural`` one with two forms;
    the filter ``say`` writes out what is a message already.

    Args:
        lang: ``"en"`` or ``"ko"``.

    Raises:
        SettingError: another language.
    """
    check("lang", lang, Choice(LANGUAGES))
    found = page_templates("sadari.climb.report", "templates", finalize=printable)

    def say(said: Any) -> Any:
        return render(said, lang) if isinstance(said, Figure | Message) else said

    def duration(seconds: float, digits: int = 2) -> Any:
        return say(readable.duration(seconds, digits))

    found.globals |= {
        "_": lambda sentence, /, **values: say(message(sentence, **values)),
        "plural": lambda one, many, count, /: say(plural(one, many, count)),
        "named": lambda kind, name: say(names.named(kind, str(name))),
        "lang": lang,
        "readable": readable,
    }
    found.filters |= {
        "say": say,
        "spelled": lambda value: say(_spelled(value)),
        "count": readable.count,
        "figure": readable.significant,
        "percent": lambda share: say(readable.in_percent(share)),
        "seconds": duration,
    }
    found.tests |= {"list_or_tuple": lambda value: isinstance(value, list | tuple), "empty": empty}
    return found


def printable(value: Any) -> Any:
    """A value as a template writes it out: unprintable characters become U+FFFD, and None nothing."""
    if value is None or isinstance(value, Markup):
        return value or ""
    return _UNPRINTABLE.sub("\ufffd", str(value))


def escaped(text: str) -> Markup:
    """Text as markup."""
    return escape(printable(text))


def empty(value: object) -> bool:
    """Nothing worth a line."""
    return value is None or (isinstance(value, Mapping | list | tuple | str) and not value)


def _spelled(value: object) -> Message | str:
    """One plain value as a person reads it."""
    if isinstance(value, bool):
        return message("yes") if value else message("no")
    if isinstance(value, int):
        return readable.count(value)
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else readable.DASH
    text = readable.DASH if value is None else str(value)
    return text if len(text) <= _LETTERS else f"{text[:_LETTERS]}…"
