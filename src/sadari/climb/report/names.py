"""What things of a climb and of its audit are called: kind → name in the data → what a reader sees."""

from __future__ import annotations

from sadari.data.audit.findings import SCRIPTS
from sadari.data.audit.result import ODD, SEVERITIES, UNITS
from sadari.messages import Message, message

ROWS = {
    "train": message("training"),
    "validation": message("validation"),
    "final": message("final"),
    "dropped_duplicates": message("duplicates dropped"),
    "dropped_blank": message("blank texts dropped"),
    "leaked": message("also in training"),
    "leaked_near": message("of these only nearly the same"),
    "folds": message("folds, validating each training row once"),
}
AUDIT = {
    "train": message("Training file"),
    "test": message("Test file"),
    "across": message("In both files"),
    "tokenizers": message("Share that a tokenizer cannot see"),
    "rows": message("rows"),
    "labels": message("labels"),
    "lengths": message("lengths"),
    "empty": message("empty"),
    "exact_duplicates": message("exact duplicates"),
    "near_duplicates": message("near-duplicates"),
    "contradictions": message("one text, two labels"),
    "scripts": message("scripts"),
    "imbalance": message("most over least frequent"),
    "odd_characters": message("odd characters"),
    "notes": message("notes"),
    **UNITS,
    "min": message("shortest"),
    "median": message("middle"),
    "p95": message("95 % up to"),
    "max": message("longest"),
    "exact": message("the same text"),
    "near": message("nearly the same text"),
    **ODD,
}
_KINDS = {"rows": ROWS, "severity": SEVERITIES, "audit": AUDIT, "script": SCRIPTS}


def named(kind: str, name: str) -> Message | str:
    """What a thing of this kind is called; one without a name reads as it is, underscores as spaces."""
    return _KINDS[kind].get(name, name.replace("_", " "))
