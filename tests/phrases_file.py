"""The bundled phrases as their file has them, for the tests of their three languages."""

from __future__ import annotations

import csv
import re

from sadari.data import datasets

PATH = datasets.find("phrases").train
ROWS = list(csv.reader(PATH.open(encoding="utf-8", newline="")))
TRIPLES = [tuple(row) for row in ROWS[1:]]
ENGLISH, FRENCH, KOREAN = (list(column) for column in zip(*TRIPLES, strict=True))


def found(pattern: str, texts: list[str]) -> list[str]:
    """The texts that have it."""
    compiled = re.compile(pattern)
    return [text for text in texts if compiled.search(text)]
