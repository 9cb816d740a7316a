"""The model card: the README of a model folder, for the person who finds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def model_card(manifest: Mapping[str, Any]) -> str:
    """Markdown for a model's manifest: what it is, what it was trained on, what it scored, how to use it."""
    labels = manifest["label_names"]
    shown = ", ".join(f"`{label}`" for label in labels[:20]) + (
        f" and {len(labels) - 20} more" if len(labels) > 20 else ""
    )
    lines = [
        f"# A text classifier: `{manifest['rung']}`",
        "",
        f"Sorts texts into {len(labels)} labels: {shown}.",
        f"Tokenizer: `{manifest['tokenizer']['name']}`.",
        "",
        *_table("Scores", manifest["scores"]),
        *_table("Trained on", manifest["data"]),
        *_table("Settings", manifest["settings"]),
        "## Use",
        "",
        "```",
        'sadari predict THIS_FOLDER "a text"',
        "```",
        "",
        "```python",
        "import sadari",
        "",
        'model = sadari.load("THIS_FOLDER")',
        'model.predict(["a text"])',
        "```",
        "",
        "## Limits",
        "",
        "It knows only the labels above and always answers with one of them, also for texts unlike its training data.",
        "A text in which it knows nothing gets the shares of the labels in training.",
        "The folder holds numbers and words, no code; `sadari.json` lists every file with its SHA-256.",
        "",
    ]
    return "\n".join(lines)


def _table(title: str, rows: Mapping[str, Any]) -> list[str]:
    if not rows:
        return []
    body = [f"| {key} | {_cell(value)} |" for key, value in rows.items()]
    return [f"## {title}", "", "| | |", "|---|---|", *body, ""]


def _cell(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")
