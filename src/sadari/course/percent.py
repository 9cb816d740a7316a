"""Notebooks as text, in the percent format of Jupytext, and as Jupyter's JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_MARK = re.compile(r"# %%(?: \[(markdown)\])?\s*$")
_PYTHON = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook.

    Args:
        kind: ``"markdown"`` or ``"code"``, as Jupyter calls them.
        source: its text, without line ends around it.
    """

    kind: str
    source: str


def read_percent(text: str) -> list[Cell]:
    """The cells of a notebook that is written as a script: ``# %%`` begins code, ``# %% [markdown]`` words.

    Args:
        text: the script; what stands before its first mark is no cell.
    """
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if mark := _MARK.match(line):
            found.append((mark[1] or "code", []))
        elif found:
            found[-1][1].append(line)
    return [Cell(kind, _source(kind, lines)) for kind, lines in found]


def _source(kind: str, lines: list[str]) -> str:
    """Words stand behind ``# ``, and on bare lines ``#``."""
    return "\n".join(re.sub("^# ?", "", line) if kind == "markdown" else line for line in lines).strip("\n")


def to_notebook(cells: list[Cell]) -> str:
    """Cells as the text of an ``.ipynb`` file (nbformat 4.5), without outputs.

    Args:
        cells: in their order.
    """
    written: list[dict[str, Any]] = [
        {
            "cell_type": cell.kind,
            "id": f"cell-{number:03}",
            "metadata": {},
            "source": cell.source.splitlines(keepends=True),
            **({"execution_count": None, "outputs": []} if cell.kind == "code" else {}),
        }
        for number, cell in enumerate(cells, 1)
    ]
    notebook = {"cells": written, "metadata": _PYTHON, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
