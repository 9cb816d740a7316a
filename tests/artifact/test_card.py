"""The README of a model folder: what it says, and that a label cannot write Markdown into it."""

import pytest

from rungs_headlines import FIRST_RUNGS, some
from sadari.rungs import BagOfWords

TEXTS, LABELS = some(60)


@pytest.mark.parametrize("name", list(FIRST_RUNGS))
def test_every_rung_writes_its_card(name, tmp_path):
    FIRST_RUNGS[name](epochs=2).fit(TEXTS, LABELS).save(
        tmp_path / "m", scores={"test accuracy": 0.91284}, data={"name": "news.csv", "rows": 60}
    )
    card = (tmp_path / "m" / "README.md").read_text("utf-8")
    assert f"# A text classifier: `{name}`" in card
    assert "4 labels: `Business`, `Sci/Tech`, `Sports`, `World`." in card
    assert "Tokenizer: `basic_english`." in card
    assert "| test accuracy | 0.9128 |" in card
    assert "| name | news.csv |" in card
    assert "| seed | 0 |" in card
    assert "class_weight" not in card  # None: nobody gave any
    assert "always answers with one of them" in card


def test_a_card_of_several_labels_says_so(tmp_path):
    BagOfWords().fit(TEXTS, [(label, "news") for label in LABELS]).save(tmp_path / "m")
    card = (tmp_path / "m" / "README.md").read_text("utf-8")
    assert "any number of 5 labels" in card
    assert "always answers" not in card


def test_labels_and_values_write_no_markdown(tmp_path):
    labels = ["a`b``c", "0new\n# line", "| cell |", " space ", "x" * 5000, *[f"l{i}" for i in range(30)]]
    model = BagOfWords().fit([f"word{i}" for i in range(35)], labels)
    model.save(tmp_path / "m", data={"name": "a|b\n# c <script>[x](y)"})
    card = (tmp_path / "m" / "README.md").read_text("utf-8")
    assert "``` a`b``c ```" in card
    assert "`0new # line`" in card
    assert "`  space  `" in card
    assert " and 15 more." in card
    assert r"| name | a\|b # c \<script\>\[x\](y) |" in card
    assert [line for line in card.splitlines() if line.startswith("# ")] == ["# A text classifier: `bow`"]
    assert len(card) < 5000
