"""The model card: the README of a model folder, for the person who finds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MOST_LABELS = 20
MOST_CHARACTERS = 200  # of one label or value


def model_card(manifest: Mapping[str, Any]) -> str:
    """Markdown for a model's manifest: what it is, what it was trained on, what it scored, how to use it."""
    labels = manifest["label_names"]
    shown = ", ".join(_code(label) for label in labels[:MOST_LABELS])
    if len(labels) > MOST_LABELS:
        shown += f" and {len(labels) - MOST_LABELS} more"
    one = manifest["label_kind"] == "one"
    does = "Sorts texts into" if one else "Gives a text any number of"
    limits = (
        "It knows only the labels above and always answers with one of them, also for texts unlike its training data."
        if one
        else "It knows only the labels above, and decides on each of them by itself."
    )
    lines = [
        f"# A text classifier: `{manifest['rung']}`",
        "",
        f"{does} {len(labels)} labels: {shown}.",
        f"Tokenizer: {_code(manifest['tokenizer']['name'])}.",
        "",
        *table_lines("Scores", manifest["scores"]),
        *table_lines("Trained on", manifest["data"]),
        *table_lines("Taught by", manifest.get("teacher", {})),
        *table_lines("Settings", manifest["settings"]),
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
        *(_in_transformers(manifest) if manifest["rung"] == "bert" else []),
        "## Limits",
        "",
        limits,
        "A text in which it knows nothing gets the shares of the labels in training.",
        "The folder holds numbers and words, no code; `sadari.json` lists every file with its SHA-256.",
        "",
    ]
    return "\n".join(lines)


def _in_transformers(manifest: Mapping[str, Any]) -> list[str]:
    """How the folder is used by `transformers`, and how its logits become the same probabilities there."""
    inverse_temperature, one = manifest["inverse_temperature"], manifest["label_kind"] == "one"
    way = manifest["settings"].get("long_texts", "head")
    long = f"Of a text that is too long it reads the beginning there, and here by {way}: the answers may differ."
    return [
        "It opens in `transformers` as it is, with the same logits and labels. Probabilities are those of the logits",
        f"times {inverse_temperature:.6g}, which was fitted on texts that were not trained on:",
        "",
        "```python",
        "from transformers import AutoModelForSequenceClassification, AutoTokenizer",
        "",
        'tokenizer = AutoTokenizer.from_pretrained("THIS_FOLDER")',
        'model = AutoModelForSequenceClassification.from_pretrained("THIS_FOLDER").eval()',
        f'ids = tokenizer("a text", truncation=True, max_length={manifest["settings"]["max_length"]}, '
        'return_tensors="pt")',
        f"(model(**ids).logits * {inverse_temperature:.6g}).{'softmax(dim=1)' if one else 'sigmoid()'}",
        "```",
        "",
        *([] if way == "head" else [long, ""]),
    ]


def table_lines(title: str, rows: Mapping[str, Any]) -> list[str]:
    """Markdown of a title and a table of names and values; nothing where there are none."""
    if not rows:
        return []
    body = [f"| {_cell(key)} | {_cell(value)} |" for key, value in rows.items()]
    return [f"## {title}", "", "| | |", "|---|---|", *body, ""]


def _cell(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else _line(value)
    return re.sub(r"([\\`*<>|\[\]])", r"\\\1", text)


def _code(value: Any) -> str:
    """A code span, whatever backticks are in it."""
    text = _line(value)
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if "`" in text or text != text.strip() else ""
    return f"{fence}{space}{text}{space}{fence}"


def _line(value: Any) -> str:
    text = " ".join(str(value).split()) if re.search(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", str(value)) else str(value)
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"
