"""What holds of several rungs, or of every fold, is said once."""

import json
import re
import warnings

import click
import numpy as np
import polars as pl
import pytest

from sadari.cli.climb.view import print_result
from sadari.climb.climb import climb
from sadari.climb.report.report import report_html
from sadari.climb.result import said_once
from sadari.data.corpus import Corpus
from sadari.messages import message
from sadari.rungs import RUNGS
from sadari.rungs.vectors.initialised import FewWordsFound
from sadari.vectors.keyed import WordVectors


def kinds(rows: int) -> Corpus:
    """Texts of two labels that one word tells apart, most of whose words no vectors know."""
    random = np.random.default_rng(0)
    labels = ["left", "right"] * (rows // 2)
    texts = [" ".join([label, *(f"w{random.integers(500)}" for _ in range(9))]) for label in labels]
    return Corpus(pl.Series(texts), pl.Series(labels), np.arange(1, rows + 1), "kinds.csv")


def test_each_sentence_stands_behind_all_that_it_is_said_of():
    near, far = message("none is left of {what}", what="it"), message("none is left of {what}", what="them")
    said = said_once([("a", near), ("b", far), ("c", message("none is left of {what}", what="it"))])
    assert [(names, str(sentence)) for names, sentence in said] == [
        ("a, c", "none is left of it"),
        ("b", "none is left of them"),
    ]


@pytest.fixture
def few_rungs():
    """A ladder of one linear rung, nets, and rungs that start from weights; then the whole one again, in its order."""
    whole = dict(RUNGS)
    for name in set(RUNGS) - {"bow", "embedding", "rnn", "gru", "embed", "bert", "setfit"}:
        del RUNGS[name]
    yield
    RUNGS.clear()
    RUNGS.update(whole)


def test_the_table_says_once_why_rungs_are_left_out(few_rungs, tmp_path, capsys):
    """The first rung tells all rows apart, so that no net could matter; and nothing is given to start from."""
    folder = tmp_path / "run"
    print_result(climb(kinds(200), folder=folder, curves=False), folder, report=True, known=[])
    text = " ".join(click.unstyle(capsys.readouterr().out).split())
    assert text.count("could no longer matter") == text.count("for want of pre-trained weights") == 1
    assert "embedding, rnn, gru: left out, it could no longer matter: bow reaches 100.0 %" in text
    assert "embed, bert, setfit: left out, for want of pre-trained weights" in text
    page = " ".join((folder / "report.html").read_text("utf-8").split())
    assert page.count("could no longer matter") == page.count("for want of pre-trained weights") == 1
    kept = json.loads((folder / "climb.json").read_text("utf-8"))["skipped"]
    assert [one["rung"] for one in kept if "could no longer matter" in one["why"]] == ["embedding", "rnn", "gru"]


def test_a_notebook_and_the_report_say_notes_and_reasons_once(tmp_path, capsys):
    result = climb(kinds(400), rungs=["bow", "ngram", "tfidf"], curves=False)
    for rung in result.rungs[:2]:
        rung.note = message("trained on {rows:,} of {total:,} rows, for the budget", rows=100, total=400)
    result.skipped = [(name, message("none of the budget is left for it")) for name in ("rnn", "gru")]
    shown, page = result._repr_html_(), report_html(result)
    assert shown.count("none of the budget") == page.count("none of the budget") == 1
    print_result(result, tmp_path, report=True, known=[])
    text = click.unstyle(capsys.readouterr().out)
    assert "bow, ngram: trained on 100 of 400 rows, for the budget" in text
    assert "rnn, gru: left out, none of the budget is left for it" in text


def test_lines_that_go_on_stand_behind_those_that_begin(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("COLUMNS", "60")
    result = climb(kinds(60), rungs=["bow"], curves=False)
    result.skipped = [("rnn", message("none of the budget is left for it")), ("gru", "so it is " * 9)]
    print_result(result, tmp_path, report=True, known=[])
    lines = re.findall(r"^ {4,6}\S.*$", click.unstyle(capsys.readouterr().out), re.MULTILINE)
    assert [line[4:8] for line in lines if line[4] != " "][-2:] == ["rnn:", "gru:"]
    assert any(line.startswith(("      so", "      it")) for line in lines)
    assert max(map(len, lines)) <= 60


def test_a_warning_of_every_fold_is_shown_once_a_climb():
    """The share of the words that the vectors know is another in each fold."""
    vectors = WordVectors(["left", "right", "w1"], np.eye(3, dtype=np.float32), tokenizer="whitespace")
    rungs, settings = ["bow", "vectors"], {"vectors": {"epochs": 1}}
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        found = climb(kinds(600), rungs=rungs, vectors=vectors, settings=settings, curves=True)
    assert found.rows["folds"] == 5
    assert [one.category for one in shown].count(FewWordsFound) == 1
    before = warnings.showwarning
    climb(kinds(200), rungs=["bow"], curves=False)
    assert warnings.showwarning is before
