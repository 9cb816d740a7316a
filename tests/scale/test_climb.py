"""A climb on a cluster comes to what it comes to without, whatever becomes of nodes, tasks and patience."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

import sadari
from cli_runs import run_badly, run_well
from ray_nodes import add_node
from sadari.artifact import CALIBRATION
from sadari.climb import split as freezing
from sadari.climb.tuning import tune as tuning
from sadari.data.datasets import find
from sadari.data.read import open_source
from sadari.errors import SettingError
from sadari.scale import climb as scaled
from sadari.scale.climb import climbing_on
from sadari.scale.climb_worker import Held, _check_sees

RUNGS = ["bow", "tfidf", "lstm"]
# as many threads here as on the cluster: that is what a net's bits depend on
ASKED = {"rungs": RUNGS, "settings": {"lstm": {"epochs": 1, "threads": 1}}, "report": False, "verbose": False}


@pytest.fixture(scope="module")
def few():
    train = open_source(find("headlines").train, text="title,text", label="label").read()
    return train.take(np.arange(0, len(train), 6))


@pytest.fixture(scope="module")
def alone(few, tmp_path_factory):
    """What comes of it without Ray."""
    return sadari.climb(few, folder=tmp_path_factory.mktemp("alone") / "run", **ASKED)


def climb_on(address, corpus, **asked):
    with climbing_on(address) as executor:
        return sadari.climb(corpus, executor=executor, **{**ASKED, **asked})


def table(result):
    """All that is no time, and no sentence with a time in it."""
    return [
        (
            rung.rung,
            rung.settings,
            rung.rows,
            rung.score,
            rung.validation_score,
            rung.calibration_error,
            rung.curve,
            str(rung.note),
            rung.probabilities.tobytes(),
            rung.validation_table().tobytes(),
        )
        for rung in result.rungs
    ]


def verdict(result):
    found = result.verdict
    return found.rung, found.best, found.gain, found.gain_p, found.certainty, str(result.model)


def weights(result):
    """The bits of every model, and what it said of rows that it was not trained on, by their files."""
    folder = Path(result.rungs[0].folder).parent
    files = [*folder.rglob("*.safetensors"), *folder.rglob(CALIBRATION)]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def assert_same(one, other):
    assert table(one) == table(other)
    assert verdict(one) == verdict(other)
    assert [name for name, _ in one.skipped] == [name for name, _ in other.skipped]
    assert weights(one) == weights(other)


@pytest.mark.slow
def test_in_folds_models_table_and_verdict_are_those_of_one_machine(few, alone, address, tmp_path):
    found = climb_on(address, few, folder=tmp_path / "run")
    assert_same(found, alone)
    assert "on Ray:" in " ".join(map(str, found.notes))
    assert len(weights(found)) == 2 * (len(RUNGS) + 1) + 1  # and the model to keep, and the validation rows


def test_with_rows_set_aside_they_are_the_same_too(few, address, tmp_path, monkeypatch):
    monkeypatch.setattr(freezing, "FOLD_ROWS", 50)
    asked = {"curves": False, "settings": {"lstm": {"epochs": 2, "threads": 1}}}
    one = sadari.climb(few, folder=tmp_path / "one", **{**ASKED, **asked})
    assert one.rows["folds"] == 0
    assert_same(climb_on(address, few, folder=tmp_path / "other", **asked), one)


@pytest.mark.slow
def test_a_node_that_is_lost_costs_its_tasks_and_not_the_climb(few, alone, cluster, address, tmp_path, monkeypatch):
    def slowly(held, job, threads):
        from sadari.scale.climb_worker import work

        time.sleep(0.3)
        return work(held, job, threads)

    lost = [add_node(cluster)]

    def lose(done, total, record):
        if done > 0.3 and lost:
            cluster.remove_node(lost.pop(), allow_graceful=False)

    monkeypatch.setattr(scaled, "work", slowly)
    found = climb_on(address, few, folder=tmp_path / "run", on_progress=lose)
    assert not lost
    assert_same(found, alone)


def test_a_task_that_ends_its_process_fails_its_rung_alone(few, address, monkeypatch):
    def dies(held, job, threads):
        from sadari.scale.climb_worker import work

        if job.rung == "tfidf" and type(job).__name__ == "Fit":
            os._exit(9)
        return work(held, job, threads)

    monkeypatch.setattr(scaled, "work", dies)
    found = climb_on(address, few, curves=False, rungs=["bow", "tfidf"])
    assert [rung.rung for rung in found.rungs] == ["bow"]
    ((name, why),) = found.skipped
    assert name == "tfidf"
    assert "was killed 2 times" in str(why)
    (alone,) = sadari.climb(few, **{**ASKED, "curves": False, "rungs": ["bow"]}).rungs
    assert found.rungs[0].score == alone.score


@pytest.mark.slow
def test_ctrl_c_concludes_with_what_is_there(few, alone, address, tmp_path, monkeypatch):
    def waits(held, job, threads):
        from sadari.scale.climb_worker import work

        if job.rung == "lstm" and getattr(job, "whole", False):  # one of three processors is enough
            time.sleep(600)
        return work(held, job, threads)

    measured, pressed = [], []

    def stop(done, total, record):
        if len(measured) == 2 and not pressed:
            pressed.append(True)
            raise KeyboardInterrupt

    monkeypatch.setattr(scaled, "work", waits)
    asked = {"curves": False, "on_progress": stop, "on_record": measured.append}
    found = climb_on(address, few, folder=tmp_path / "run", **asked)
    assert table(found)[0][:6] == table(alone)[0][:6]
    assert [name for name, _ in found.skipped] == ["lstm"]
    assert (tmp_path / "run" / "model" / "sadari.json").is_file()


@pytest.mark.slow
def test_trials_are_spread_and_gone_on_with_without_ray(few, address, tmp_path, monkeypatch):
    asked = {"rungs": ["bow", "tfidf"], "curves": False, "refit": False}
    one = sadari.climb(few, folder=tmp_path / "one", trials=4, **{**ASKED, **asked})
    other = climb_on(address, few, folder=tmp_path / "other", trials=4, **asked)
    assert_same(other, one)
    tried, trial = [], tuning.Trial.run
    monkeypatch.setattr(tuning.Trial, "run", lambda job, *rest: (tried.append(job.rung), trial(job, *rest))[1])
    sadari.climb(few, folder=tmp_path / "other", trials=6, **{**ASKED, **asked})
    assert sorted(tried) == ["bow"] * 2 + ["tfidf"] * 2


def test_within_a_budget_the_longest_gets_less_and_the_plan_says_how_long_it_takes(few, address):
    settings = {"lstm": {"threads": 1, "epochs": 1_000}}
    with climbing_on(address) as executor:  # a busy machine may need longer to start its workers than the budget is
        sadari.climb(few, executor=executor, **{**ASKED, "curves": False})
        found = sadari.climb(few, executor=executor, budget=12.0, **{**ASKED, "curves": False, "settings": settings})
    assert found.seconds < 40
    assert {"bow", "tfidf"} <= {rung.rung for rung in found.rungs}
    assert not any(rung.note for rung in found.rungs if rung.rung != "lstm")
    said = [str(rung.note) for rung in found.rungs if rung.rung == "lstm"] + [str(why) for _, why in found.skipped]
    assert any("budget" in each for each in said)


def test_the_command_line(address, tmp_path):
    out = run_well("climb", "headlines", "--rungs", "bow", "--ray", address, "-o", tmp_path / "run", "--no-curves")
    assert "on Ray:" in out.output
    assert (tmp_path / "run" / "report.html").is_file()
    assert "no node has more than" in run_badly("climb", "headlines", "--ray", address, "--task-cpus", "99")
    assert "no address of a Ray cluster" in run_badly("climb", "headlines", "--ray", "news.csv")
    assert "--task-cpus needs a cluster" in run_badly("climb", "headlines", "--task-cpus", "2")


def test_a_node_that_lacks_the_weights_is_named(tmp_path):
    held = Held(None, "", False, {"bert": str(tmp_path / "weights")})
    _check_sees(held, "tfidf")
    with pytest.raises(SettingError, match="does not see it"):
        _check_sees(held, "bert")
    (tmp_path / "weights").mkdir()
    _check_sees(held, "bert")
