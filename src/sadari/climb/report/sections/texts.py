"""Texts: which ones a rung mends and which it breaks against the rung below, and which no rung gets right."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from sadari.climb.report.sections.view import View
from sadari.climb.result import RungResult

_EXAMPLES = 6


def steps(view: View) -> dict[str, Any] | None:
    """For each step of the ladder: what the higher rung mends and breaks, with examples."""
    rungs = view.result.rungs
    if len(rungs) < 2:
        return None
    return {
        "steps": [
            _step(view, lower, higher, view.correct[index], view.correct[index + 1])
            for index, (lower, higher) in enumerate(pairwise(rungs))
        ]
    }


def _step(view: View, lower: RungResult, higher: RungResult, below: np.ndarray, above: np.ndarray) -> dict[str, Any]:
    parts = {
        "both": below & above,
        "fixed": ~below & above,
        "broken": below & ~above,
        "neither": ~below & ~above,
    }
    # Surest first: where the one that is right believes most in the truth, and the one that is wrong least.
    truth = np.maximum(view.result.truth, 0)
    every = np.arange(view.rows)
    gained = higher.probabilities[every, truth] - lower.probabilities[every, truth]
    return {
        "rungs": (lower, higher),
        "counts": {name: int(part.sum()) for name, part in parts.items()},
        "fixed": _surest(view, parts["fixed"], gained),
        "broken": _surest(view, parts["broken"], -gained),
    }


def hardest(view: View) -> dict[str, Any] | None:
    """Texts that every rung gets wrong, the surest mistakes first: labels to look at again."""
    truth = view.result.truth
    wrong = ~view.correct.any(axis=0) & (truth >= 0)
    if not wrong.any():
        return None
    every = np.arange(view.rows)
    believed = np.mean([rung.probabilities[every, np.maximum(truth, 0)] for rung in view.result.rungs], axis=0)
    return {
        "wrong": int(wrong.sum()),
        "share": float(wrong.mean()),
        "shown": _surest(view, wrong, -believed),
    }


def doubtful(view: View) -> dict[str, Any] | None:
    """Validation texts whose labels the rungs, which did not see them, take for wrong."""
    found = view.result.doubtful
    return {"found": found} if found is not None and found.suspects else None


def _surest(view: View, among: np.ndarray, sureness: np.ndarray) -> list[int]:
    """Up to six rows, surest first, no text twice; leaked ones only where others run out."""
    rows = np.flatnonzero(among)
    order = rows[np.lexsort((-sureness[rows], view.result.leaked[rows]))]
    chosen: dict[str, int] = {}
    for row in order:
        chosen.setdefault(view.result.final_texts[row], int(row))
        if len(chosen) == _EXAMPLES:
            break
    return list(chosen.values())
