"""A column of a climb's table is declared once: the terminal and the report both have one that is new here."""

from dataclasses import replace
from html import unescape

import click
import pytest

from measure_climb_factory import make_climb
from sadari.cli.climb.view import score_table
from sadari.climb import columns
from sadari.climb.columns import COLUMNS, Column, columns_of
from sadari.climb.report.report import report_html
from sadari.messages import message, render, speaking


@pytest.fixture(scope="module")
def climb():
    found = make_climb(rows=300, validation=200)
    found.rungs = [replace(rung, accuracy_without_leaks=rung.validation_accuracy) for rung in found.rungs]
    return found


def in_terminal(climb, lang="en"):
    with speaking(lang):
        return list(map(click.unstyle, score_table(climb, 200)[0]))


def in_report(climb, lang="en"):
    page = report_html(climb, lang=lang)
    return unescape(page[page.index('class="wide rungs"') : page.index("</table>")])


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_both_show_every_column_and_every_figure(climb, lang):
    head, *lines = in_terminal(climb, lang)
    table = in_report(climb, lang)
    shown = columns_of(climb.rungs)
    assert len(shown) >= 8
    for column in shown:
        heading = render(column.heading, lang)
        assert heading in head
        assert f">{heading}<" in table
        for line, rung in zip(lines, climb.rungs, strict=True):
            assert render(column.cell(rung), lang) in line


def test_a_new_column_is_in_both(climb, monkeypatch):
    fresh = Column(
        message("epochs made"),
        "of each text",
        lambda rung: float(len(rung.rung)),
        brief=lambda count: f"{count:.0f} made",
        rank=2,
        figure=lambda count: f"{count:.2f}",
    )
    monkeypatch.setattr(columns, "COLUMNS", [*COLUMNS, fresh])
    head, *lines = in_terminal(climb)
    table = in_report(climb)
    assert "epochs made" in head
    assert ">epochs made<small>of each text</small>" in table
    for line, rung in zip(lines, climb.rungs, strict=True):
        assert line.endswith(f"{len(rung.rung)} made")
        assert f">{len(rung.rung)}.00</td>" in table


def test_a_column_that_no_rung_has_a_figure_for_is_in_neither(climb, monkeypatch):
    monkeypatch.setattr(
        columns, "COLUMNS", [*COLUMNS, Column(message("nothing"), "", lambda rung: None, brief=lambda *_: "", rank=2)]
    )
    assert "nothing" not in in_terminal(climb)[0]
    assert "nothing" not in in_report(climb)


def test_a_rung_without_a_figure_has_a_dash(climb, monkeypatch):
    first = climb.rungs[0].rung
    some = Column(message("some"), "", lambda rung: None if rung.rung == first else 1.0, brief=lambda *_: "one", rank=2)
    monkeypatch.setattr(columns, "COLUMNS", [some])
    _, *lines = in_terminal(climb)
    assert [line.split()[-1] for line in lines] == ["–", *["one"] * (len(lines) - 1)]
    assert in_report(climb).count('class="number">–</td>') == 1
