"""How a climb was made: the split, the seed, what was decided on the way, each rung's settings, the versions."""

from __future__ import annotations

from typing import Any

from sadari.climb.report.names import named
from sadari.climb.report.sections.view import View
from sadari.messages import message


def settings(view: View) -> dict[str, Any]:
    """What it takes to make the same climb again."""
    result = view.result
    split: dict[str, object] = {view.say(named("rows", name)): count for name, count in result.rows.items()}
    split[view.say(message("seed"))] = str(result.seed)
    split[view.say(message("whole climb"))] = view.duration(result.seconds)
    folder = view.say(message("folder"))
    return {
        "split": split,
        "rungs": {rung.rung: rung.settings | ({folder: rung.folder} if rung.folder else {}) for rung in result.rungs},
    }
