"""A rung is its class and its line in `RUNGS`: one that is new here is climbed, tuned, shown and loaded."""

import json

import numpy as np
import polars as pl
import pytest

import sadari
from cli_runs import run_badly, run_well
from letters_rung import Letters, LexicalLetters, SlowLetters, StartedLetters
from sadari.climb.selection import rungs_to_climb
from sadari.data.datasets import find
from sadari.data.read import open_source
from sadari.rungs import RUNGS


@pytest.fixture
def rungs(monkeypatch):
    for kind in (Letters, SlowLetters, StartedLetters, LexicalLetters):
        monkeypatch.setitem(RUNGS, kind.name, kind)


@pytest.fixture(scope="module")
def some():
    data = find("headlines")
    train, test = (open_source(file, text="title", label="label").read() for file in (data.train, data.test))
    return train.take(np.arange(300)), test.take(np.arange(60))


def test_a_new_rung_is_climbed_tuned_reported_saved_and_loaded(rungs, some, tmp_path):
    train, test = some
    result = sadari.climb(
        train, test, rungs=["bow", "letters", "slow-letters"], budget=600, trials=3, folder=tmp_path / "run"
    )
    assert not result.skipped
    assert [rung.rung for rung in result.rungs] == ["bow", "letters", "slow-letters"]
    assert not result.skipped
    toy = result.rungs[1]
    assert 0.1 <= toy.settings["smoothing"] <= 100
    assert "3" in str(toy.note)  # of so many settings
    assert "texts/s" not in str(result.rungs[1].note)
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "slow-letters" in report
    table = json.loads((tmp_path / "run" / "climb.json").read_text(encoding="utf-8"))
    assert [rung["rung"] for rung in table["rungs"]] == ["bow", "letters", "slow-letters"]
    loaded = sadari.load(tmp_path / "run" / "letters")
    assert isinstance(loaded, Letters)
    names = [str(label) for label in loaded.classes_]
    again = loaded.predict_proba(test.texts)
    in_order = again[:, [names.index(name) for name in result.label_names]]
    assert np.array_equal(in_order.astype(np.float32), toy.probabilities)  # which a climb keeps as float32


def test_its_cost_decides_whether_it_is_measured_first_and_how_far_the_bar_goes(rungs, some):
    told: list[tuple[str, float]] = []
    sadari.climb(
        some[0],
        rungs=["bow", "letters", "slow-letters"],
        budget=600,
        curves=False,
        on_progress=lambda done, total, record: told.append((str(record["doing"]), done / total)),
    )
    begun = {
        name: next(share for what, share in told if what.startswith(f"{name}:")) for name in ("letters", "slow-letters")
    }
    assert begun == pytest.approx({"letters": 1 / 53, "slow-letters": 3 / 53})
    paces = {what.split(":")[0] for what, _ in told if "texts/s" in what}
    assert paces == {"slow-letters"}


def test_what_it_starts_from_decides_whether_it_is_climbed(rungs, some):
    selection = rungs_to_climb(None, {})
    left_out = dict(selection.left_out)
    assert "letters" in selection.names
    assert {"bert", "started-letters"} <= set(left_out)
    assert left_out["started-letters"] == left_out["bert"]
    with pytest.raises(sadari.errors.SettingError, match="'started-letters' starts from pre-trained weights"):
        sadari.climb(some[0], rungs=["bow", "started-letters"])
    result = sadari.climb(some[0], rungs=["started-letters"], weights="somewhere", curves=False)
    assert result.rungs[0].settings["weights"] == "somewhere"


def test_a_start_of_its_own_is_given_by_the_name_of_its_setting(rungs, some):
    assert "--lexicon FILE" in str(dict(rungs_to_climb(None, {}).left_out)["lexical-letters"])
    with pytest.raises(sadari.errors.SettingError, match="'lexical-letters' starts from word vectors, and none"):
        rungs_to_climb(["started-letters", "lexical-letters"], {"weights": "somewhere"})
    result = sadari.climb(some[0], rungs=["lexical-letters"], lexicon="here", curves=False)
    assert result.rungs[0].settings["lexicon"] == result.options["lexicon"] == "here"
    with pytest.raises(sadari.errors.SettingError, match="'lexical-letters', which starts from them, is not"):
        sadari.climb(some[0], rungs=["bow"], lexicon="here")
    with pytest.raises(sadari.errors.SettingError, match="a climb has no setting 'lexica'"):
        sadari.climb(some[0], rungs=["bow"], lexica="here")


def test_the_command_line_takes_it(rungs, tmp_path):
    result = run_well("train", "headlines", "--rung", "letters", "--set", "smoothing=2", "-o", tmp_path / "m")
    assert "smoothing 2" in result.stdout
    assert "smoothing" in run_well("train", "--rung", "letters", "--settings").stdout
    assert run_well("predict", tmp_path / "m", "-", stdin=b"text\nhello there\n").stdout
    assert "too fast to keep a run" in run_badly(
        "train", "headlines", "--rung", "letters", "-o", tmp_path / "m", "--run", tmp_path / "r"
    )


def test_the_command_line_climbs_it(rungs, some, tmp_path):
    train, _ = some
    pl.DataFrame({"text": train.texts, "label": train.labels}).write_csv(tmp_path / "few.csv")
    run = tmp_path / "run"
    printed = run_well("climb", tmp_path / "few.csv", "--rungs", "letters,bow", "--no-curves", "-o", run).stdout
    assert any("letters" in line.split()[:2] for line in printed.splitlines())  # marked, if it is the one to take
    assert "letters" in (run / "report.html").read_text(encoding="utf-8")
    printed = run_well("predict", run / "letters", tmp_path / "few.csv").stdout
    assert len(printed.splitlines()) == 1 + len(train)
