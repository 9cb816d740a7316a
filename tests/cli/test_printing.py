"""Lines for a terminal: nothing lost, nothing wider than asked, whatever the script."""

import json

import click
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sadari import readable
from sadari.cli.terminal.printing import bar, pad, say_json, signed, table, wrap
from sadari.display.lines import cut, printable
from sadari.messages import render

words = st.text(st.sampled_from("abc국회漢é."), min_size=1, max_size=9)
lines = st.lists(words, max_size=20).map(" ".join)


@given(text=lines, width=st.integers(1, 40))
def test_wrapping_loses_nothing_and_stays_within(text, width):
    wrapped = wrap(text, width)
    assert " ".join(wrapped).split() == text.split()
    assert all(cell_len(line) <= width or " " not in line for line in wrapped)


def test_parts_and_figures_are_not_broken():
    assert wrap("four words are here · and more", 22) == ["four words are here ·", "and more"]
    text = "which may be chance (p = 0.05), by 1.2 ± 0.3 points or 99.9 % of them"
    for width in range(12, 60):
        assert not [line for line in wrap(text, width) if line.endswith(("=", "±", "0.05 ")) or line.startswith("%")]


@given(text=words, width=st.integers(1, 20), right=st.booleans())
def test_padding_fills_exactly(text, width, right):
    padded = pad(text, width, right=right)
    assert cell_len(padded) == width
    assert cell_len(cut(text, width)) <= width
    if cell_len(text) <= width:
        assert padded.strip() == text
    else:
        assert "…" in padded


@given(rows=st.lists(st.tuples(words, words, words), min_size=1, max_size=5))
def test_columns_of_a_table_are_aligned(rows):
    printed = table(rows, headings=["a", "b", "c"], indent=0)
    plain = [click.unstyle(line) for line in printed]
    assert len(plain) == len(rows) + 1
    assert len({cell_len(line) for line in plain}) == 1  # the last column is flush right


def test_bars_grow_with_the_value():
    drawn = [cell_len(bar(value, 1.0, 10)) for value in np.linspace(0, 1, 50)]
    assert drawn == sorted(drawn)
    assert (drawn[0], drawn[1], drawn[-1]) == (0, 1, 10)
    assert bar(-0.5, 1.0, 10) == "█████"
    assert bar(3.0, 1.0, 4) == "████"
    assert bar(1.0, 0.0, 4) == ""


def test_signs():
    assert [signed(value) for value in (0.416, -1.3, 0.0, -0.001)] == ["+0.42", "−1.30", "0.00", "0.00"]


@pytest.mark.parametrize(
    ("speed", "said", "korean"),
    [
        (1_100_000, "1.1 M/s", "110만/초"),
        (999_999, "1.0 M/s", "100만/초"),
        (45_300, "45 k/s", "4.5만/초"),
        (950, "950/s", "950/초"),
        (7.2, "7.2/s", "7.2/초"),
    ],
)
def test_rates(speed, said, korean):
    assert render(readable.rate(speed), "en") == said
    assert render(readable.rate(speed), "ko") == korean


def test_rows_of_numbers_are_one_line_of_json(capsys):
    value = {"confusion": np.array([[1, -2], [3, 4]]), "share": np.float32(0.5), "text": "[\n 1,\n 2\n]", "none": []}
    say_json(value)
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"confusion": [[1, -2], [3, 4]], "share": 0.5, "text": "[\n 1,\n 2\n]", "none": []}
    assert "[1, -2]" in printed


def test_json_has_no_nan(capsys):
    say_json({"a": [float("nan"), np.float64("inf")], "b": {1: True}})
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == {"a": [None, None], "b": {"1": True}}


@given(text=st.text())
def test_printable_moves_no_cursor(text):
    assert all(character.isprintable() or character == "\n" for character in printable(text))
