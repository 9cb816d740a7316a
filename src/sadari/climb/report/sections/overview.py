"""The head of a report: what was climbed, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sadari.climb.report.sections.view import View
from sadari.messages import Message, pieces


def overview(view: View) -> dict[str, Any]:
    """The counts of rows worth telling, and the verdict's sentences."""
    return {
        "taken": view.taken,
        "rows": _telling(view.result.rows),
        "sentences": [list(_names_marked(sentence, view.lang)) for sentence in view.result.verdict.sentences],
    }


def _telling(rows: Mapping[str, int]) -> dict[str, int]:
    """The counts of rows that say something: validation rows are the training rows where they come in folds."""
    telling = {name: count for name, count in rows.items() if count}
    if "folds" in telling:
        telling.pop("validation", None)
    if telling.get("leaked_near") == telling.get("leaked"):
        telling.pop("leaked_near", None)
    return telling


def _names_marked(sentence: Message, lang: str) -> Iterator[tuple[bool, str]]:
    """A sentence in pieces, and whether each names a rung; figures are kept on one line with their signs."""
    for name, text in pieces(sentence, lang):
        marked = name in ("rung", "best")
        yield marked, text if marked else text.replace(" ± ", "\u00a0±\u00a0").replace(" %", "\u00a0%")
