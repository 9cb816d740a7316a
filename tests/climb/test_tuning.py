"""A search for settings: the same trials whoever scores them, kept in a journal, and gone on with."""

import json
import shutil

import numpy as np
import pytest

import sadari
from sadari.climb.tuning import tune as tuning
from sadari.climb.tuning.study import TRIALS, Kept
from sadari.climb.tuning.tune import TOGETHER, tune
from sadari.data.datasets import find
from sadari.data.read import open_source
from sadari.errors import DataError
from sadari.settings.limits import Whole
from sadari.settings.search import LogNumber

SPACE = {"width": Whole(1, 100), "rate": LogNumber(1e-3, 1.0)}


def few_headlines():
    train = open_source(find("headlines").train, text="title,text", label="label").read()
    return train.take(np.arange(0, len(train), 4))


def far_from(settings):
    """A score that is best at width 40 and rate 0.1."""
    return -abs(settings.get("width", 1) - 40) - abs(settings.get("rate", 1.0) - 0.1)


class Scores:
    """Scores trials, in order or the last of each round first, and stops after so many as one that is killed."""

    def __init__(self, *, backwards=False, most=None):
        self.seen, self.backwards, self.most = [], backwards, most

    def __call__(self, each):
        each = list(each)
        if self.backwards:
            found = {number: far_from(settings) for number, settings in reversed(list(enumerate(each)))}
            self.seen += each
            return [lambda number=number: found[number] for number in range(len(each))]
        return (lambda settings=settings: self.one(settings) for settings in each)

    def one(self, settings):
        if self.most is not None and len(self.seen) >= self.most:
            raise KeyboardInterrupt
        self.seen.append(settings)
        return far_from(settings)


def search(scores, trials, kept=None):
    return tune(SPACE, scores, trials=trials, seconds=float("inf"), seed=3, kept=kept)


def test_the_trials_are_the_same_in_whatever_order_they_are_scored():
    one, other = Scores(), Scores(backwards=True)
    assert search(one, 14) == search(other, 14)
    assert one.seen == other.seen
    assert len(one.seen) == 14
    assert one.seen[0] == {}


@pytest.mark.parametrize("most", [1, 3, 2 * TOGETHER, 11])
def test_a_search_that_was_stopped_goes_on_to_the_same_trials(tmp_path, most):
    kept = Kept(tmp_path / TRIALS, "toy")
    stopped, rest, whole = Scores(most=most), Scores(), Scores()
    with pytest.raises(KeyboardInterrupt):
        search(stopped, 14, kept)
    found = search(rest, 14, kept)
    assert found == search(whole, 14)
    assert stopped.seen + rest.seen == whole.seen


def test_more_trials_go_on_with_those_that_are_there(tmp_path):
    kept, more = Kept(tmp_path / TRIALS, "toy"), Scores()
    best = search(Scores(), 6, kept)[1]
    found = search(more, 10, kept)
    assert found[2] == 10
    assert found[1] >= best
    assert len(more.seen) == 4
    assert search(Scores(most=0), 6, kept)[1] == best  # and of fewer the first count


def test_another_question_is_another_study_in_the_same_journal(tmp_path):
    first, second = Scores(), Scores()
    search(first, 5, Kept(tmp_path / TRIALS, "toy"))
    search(second, 5, Kept(tmp_path / TRIALS, "another"))
    assert first.seen == second.seen


def test_a_journal_that_was_torn_is_gone_on_with_and_one_that_is_none_is_named(tmp_path):
    kept, rest = Kept(tmp_path / TRIALS, "toy"), Scores()
    search(Scores(), 5, kept)
    with kept.journal.open("ab") as journal:
        journal.write(b'{"op_code":5,"wor')
    search(rest, 7, kept)
    assert len(rest.seen) == 2
    kept.journal.write_text("no journal\nat all\n", encoding="utf-8")
    with pytest.raises(DataError, match="no journal of trials"):
        search(Scores(), 5, kept)


def test_a_climb_keeps_its_trials_and_goes_on_with_them(tmp_path, monkeypatch):
    train = few_headlines()
    run = {"rungs": ["bow", "tfidf"], "folder": tmp_path / "run", "report": False, "curves": False}
    first = sadari.climb(train, trials=3, **run)
    assert (tmp_path / "run" / TRIALS).is_file()
    trained = []
    one = tuning.Trial.run
    monkeypatch.setattr(tuning.Trial, "run", lambda job, *rest: (trained.append(job.rung), one(job, *rest))[1])
    again = sadari.climb(train, trials=3, **run)
    assert trained == []
    assert [rung.settings for rung in again.rungs] == [rung.settings for rung in first.rungs]
    sadari.climb(train, trials=5, **run)
    assert sorted(trained) == ["bow"] * 2 + ["tfidf"] * 2
    del trained[:]
    sadari.climb(train, trials=2, metric="macro-f1", **run)  # which no trial was scored by
    assert len(trained) == 4


def test_the_trials_of_a_climb_that_was_killed_are_gone_on_with(tmp_path, monkeypatch):
    train, folder = few_headlines(), tmp_path / "run"
    sadari.climb(train, rungs=["bow"], folder=folder, report=False, curves=False, trials=3)
    journal = (folder / TRIALS).read_bytes()
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / TRIALS).write_bytes(journal)  # all that a killed climb leaves
    monkeypatch.setattr(tuning.Trial, "run", lambda *rest: pytest.fail("they are there"))
    sadari.climb(train, rungs=["bow"], folder=folder, report=False, curves=False, trials=3)
    assert json.loads((folder / "climb.json").read_text(encoding="utf-8"))["rungs"]
