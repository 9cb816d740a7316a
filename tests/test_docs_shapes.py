"""The page of the four shapes: its code runs and answers what it says, and so do its Korean sister and its pictures."""

from __future__ import annotations

import ast
import re
import runpy
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

DOCS = Path(__file__).parent.parent / "docs"
PAGES = [DOCS / "shapes.md", DOCS / "shapes.ko.md"]


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def answers(code: str) -> list[tuple[str, Any]]:
    """Expressions of a block that say what they give: ``expression  # value``."""
    said = re.findall(r"^(\S.*?)  # (\[.*)$", code, re.MULTILINE)
    return [(expression, ast.literal_eval(value)) for expression, value in said]


@pytest.mark.slow
def test_the_code_answers_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    checked = 0
    for code in blocks(PAGES[0]):
        exec(code, space)
        for expression, value in answers(code):
            assert list(eval(expression, space)) == value, expression
            checked += 1
    assert checked == 3
    assert len(capsys.readouterr().out.split()) > 2  # a headline
    assert (tmp_path / "alignment.svg").exists()
    # the alignment of a translator that learned: most words look at the one that they translate
    seen = space["seen"]
    looked = {target: seen.sources[row.argmax()] for target, row in zip(seen.targets, seen.weights, strict=True)}
    assert looked["lait"] == "milk"


def test_the_code_runs_on_few_texts(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    for number, code in enumerate(blocks(PAGES[0])):
        exec(re.sub(r"epochs=\d+", "epochs=1", code), space)
        if number == 0:
            phrases = space["phrases"]
            for name in ("news", "titles"):
                space[name] = space[name].take(np.arange(0, 1000, 5))
            space["phrases"] = phrases.take(np.arange(150))
    assert space["translator"].translate(["I drink milk"])
    assert space["writer"].score("The home side won").perplexity > 1


def test_both_languages_have_the_same_code_and_pictures():
    first, second = (page.read_text(encoding="utf-8") for page in PAGES)
    assert blocks(PAGES[0]) == blocks(PAGES[1])
    assert len(blocks(PAGES[0])) >= 6
    names = re.findall(r"\]\((pictures/.*?)\)", first)
    assert names == re.findall(r"\]\((pictures/.*?)\)", second)
    assert len(names) == 5
    for name in names:
        assert ET.parse(DOCS / name).getroot().tag.endswith("svg")


def test_the_pictures_are_what_the_script_draws():
    script = runpy.run_path(str(DOCS / "pictures" / "draw.py"))
    drawn = script["pictures"]()
    assert set(drawn) == {"one-to-one", "one-to-many", "many-to-one", "many-to-many"}
    for name, picture in drawn.items():
        assert (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8") == picture.svg()
