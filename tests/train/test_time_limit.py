"""A run that is kept to a time: as planned where that suffices, and else fewer steps to the same end."""

import numpy as np
import pytest
import torch

import torchrun
from rungs_headlines import some
from sadari.errors import SettingError
from sadari.rungs import LSTM, FromVectors
from sadari.train import loop as loops
from sadari.train.loop import Interrupted, Loop
from sadari.train.optimizer import OptimizerSettings, rate_at
from sadari.train.time_limit import AS_PLANNED, DOUBT, TimeLimit, place_of
from sadari.vectors.keyed import WordVectors

NET = {"embed_dim": 8, "hidden": 4, "epochs": 10, "max_length": 12, "batch_size": 8, "threads": 1}


class Clock:
    """A clock that each step of a training moves, by what `throughput` says of the step's number."""

    def __init__(self, throughput):
        self.now, self.steps, self.throughput = 1000.0, 0, throughput

    def perf_counter(self):
        return self.now

    def step(self):
        self.steps += 1
        self.now += self.throughput(self.steps)


@pytest.fixture
def on_a_clock(monkeypatch):
    """Let trainings run by a clock whose steps take as many seconds as `throughput` says."""

    def set_up(throughput):
        clock = Clock(throughput)
        one = Loop._gradients

        def timed(self, batches):
            one(self, batches)
            clock.step()

        monkeypatch.setattr(Loop, "_gradients", timed)
        monkeypatch.setattr(loops, "time", clock)
        for module in ("rungs.base", "train.training_context"):
            monkeypatch.setattr(f"sadari.{module}.time", clock)
        return clock

    yield set_up
    monkeypatch.undo()


def bits(rung):
    return [value.numpy().tobytes() for value in rung.net_.state_dict().values()]


def walk(throughput, *, steps=1000, seconds=1000.0):
    """A plan of so many steps under a limit: (the places of the steps that were made, when they ended)."""
    limit, course, now, places = TimeLimit(seconds), AS_PLANNED, 0.0, []
    for step in range(1, steps + 1):
        now += throughput(step)
        course = limit.course(course, step, steps, now)
        places.append(place_of(course, step))
        if places[-1] >= steps * (1 - 1e-9):
            break
    return np.array(places), now, limit


# -- the course -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "throughput",
    [
        lambda step: 0.5,
        lambda step: 0.999,
        lambda step: 20.0 if step == 1 else 0.9,
        lambda step: 3.0 if step % 7 == 0 else 0.5,
    ],
    ids=["fast", "just in time", "a slow start", "uneven"],
)
def test_a_run_that_ends_in_time_is_the_planned_one(throughput):
    places, now, _ = walk(throughput)
    assert now <= 1000
    assert places.tolist() == list(range(1, 1001))


@pytest.mark.parametrize("slower", [1.1, 1.5, 3.0, 20.0])
@pytest.mark.parametrize("since", [0, 0.3, 0.8])
def test_a_run_that_became_slower_ends_in_its_time_by_fewer_steps(slower, since):
    places, now, limit = walk(lambda step: slower if step > since * 1000 else 1.0)
    in_all = since + (1 - since) * slower
    assert now <= 1000 * 1.06
    assert now >= 1000 * 0.95  # and makes use of it
    assert limit.planned == 1000
    assert len(places) == pytest.approx(1000 * (since + (1 - since) / slower), rel=0.06)
    assert in_all > 1
    steps = np.diff(places)
    assert (steps > 0).all()
    assert places[-1] == pytest.approx(1000)
    assert steps.max() < 40 * slower  # the rate falls faster, and does not jump


def test_the_rate_falls_to_its_end_without_a_jump():
    optimizer_settings = OptimizerSettings(epochs=1, warmup=0.1)
    places, _, _ = walk(lambda step: 3.0 if step > 300 else 1.0)
    rates = np.array([rate_at(optimizer_settings, place - 1, 1000) for place in places])
    assert rates[-1] < 0.005
    assert np.abs(np.diff(rates)).max() < 0.02
    assert (np.diff(rates[100:]) < 0).all()


def test_a_machine_that_is_free_again_makes_all_the_steps_that_there_is_time_for():
    """Three times as slow for a while, and then twice as fast as planned."""
    places, now, _ = walk(lambda step: 3.0 if 100 < step <= 300 else 0.4)
    assert places[-1] == pytest.approx(1000)
    assert len(places) == 1000
    assert now <= 1000
    assert (np.diff(places) > 0).all()


def test_time_that_is_up_at_once_winds_down_in_a_twentieth_of_the_steps():
    places, _, _ = walk(lambda step: 5000.0 if step == 400 else 0.5)  # the machine slept
    assert len(places) == 400 + 20
    assert places[398] == 399
    assert places[-1] == pytest.approx(1000)
    only, _, _ = walk(lambda step: 400.0, steps=30)  # a step takes longer than a twentieth of the time
    assert len(only) <= 4
    assert only[-1] == pytest.approx(30)


def test_a_doubt_is_not_enough_to_change_a_run():
    places, now, _ = walk(lambda step: 1.2 if step < 150 else 0.9)
    assert places.tolist() == list(range(1, 1001))
    assert now < 1000
    assert DOUBT > 1.2


# -- trainings --------------------------------------------------------------------------------------------


def test_a_training_in_time_has_the_bits_of_one_without_a_limit(on_a_clock):
    texts, labels = some(120)
    plain = LSTM(**NET).fit(texts, labels)
    on_a_clock(lambda step: 1.0)
    timed = LSTM(**NET).fit(texts, labels, seconds=150.0)  # of 15 batches, ten times
    assert timed.shortened_ is None
    assert bits(timed) == bits(plain)
    assert [record["step"] for record in timed.history_] == [record["step"] for record in plain.history_]


def test_a_training_that_becomes_slower_ends_in_time_and_says_so(on_a_clock):
    texts, labels = some(120)
    on_a_clock(lambda step: 1.0 if step <= 50 else 4.0)
    timed = LSTM(**NET).fit(texts, labels, seconds=150.0)
    made, planned = timed.shortened_
    assert planned == 150
    assert 70 <= made <= 80
    assert timed.history_[-1]["step"] == made
    assert timed.history_[-1]["seconds"] <= 150 + 4
    assert timed.predict(texts).shape == (120,)
    assert timed.fit(texts, labels).shortened_ is None


def test_it_ends_with_a_validation_and_its_rate_at_the_end(on_a_clock):
    texts, labels = some(120)
    on_a_clock(lambda step: 6.0)
    rates = []
    one = Loop._step

    def watched(self, batches):
        one(self, batches)
        rates.append(self.optimizers[0].param_groups[0]["lr"])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loop, "_step", watched)
        timed = LSTM(**NET, patience=5).fit(texts, labels, validation=(texts, labels), seconds=150.0)
    assert "validation_accuracy" in timed.history_[-1]
    assert len(rates) == timed.shortened_[0] <= 27
    assert rates[-1] < 0.1 * max(rates)


def test_a_start_from_vectors_is_kept_to_a_time_too(on_a_clock):
    texts, labels = some(120)
    words = sorted({word for text in texts for word in text.lower().split() if word.isalpha()})
    vectors = WordVectors(words, np.random.default_rng(0).normal(0, 0.3, (len(words), 8)).astype(np.float32))
    on_a_clock(lambda step: 4.0)
    timed = FromVectors(vectors=vectors, net="lstm", epochs=10, max_length=12).fit(texts, labels, seconds=60.0)
    made, planned = timed.shortened_
    assert made < planned
    assert made <= 16


def test_a_run_that_is_stopped_goes_on_by_the_course_it_took(on_a_clock, tmp_path):
    texts, labels = some(120)
    on_a_clock(lambda step: 4.0 if step <= 30 else 0.1)

    def stop(done, total, record):
        if record["step"] >= 25:
            import signal

            signal.raise_signal(signal.SIGINT)

    given = {**NET, "report_every": 5}
    with pytest.raises(Interrupted):
        LSTM(**given).fit(texts, labels, seconds=150.0, run=tmp_path / "run", on_progress=stop)
    gone_on = LSTM.resume(tmp_path / "run", texts, labels)
    assert gone_on.history_[-1]["step"] < 150  # it has no limit of its own, and its end is where the first saw it
    assert torch.isfinite(next(iter(gone_on.net_.parameters()))).all()


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_time_that_is_none(seconds):
    with pytest.raises(SettingError, match="seconds is"):
        LSTM(**NET).fit(*some(20), seconds=seconds)


@pytest.mark.slow
def test_two_processes_are_cut_alike(tmp_path):
    """Their clocks differ; what is made of them must not, or one would wait for the other for ever."""
    said = torchrun.run(
        "import json, time, torch\n"
        "from rungs_headlines import some\n"
        "from sadari.rungs import LSTM\n"
        "from sadari.train.machine import distributed as processes\n"
        f"rung = LSTM(**{ {**NET, 'epochs': 5000} })\n"
        "processes.join()\n"
        "time.sleep(processes.place()[0])\n"
        "rung.fit(*some(120), seconds=3.0 + 0.2 * processes.place()[0])\n"
        "steps = processes.gather(torch.tensor(rung.shortened_))\n"
        "same = processes.gather(torch.cat([value.flatten() for value in rung.net_.state_dict().values()]))\n"
        "if processes.place()[0] == 0:\n"
        "    print('SAID', json.dumps([torch.equal(*steps), torch.equal(*same), *rung.shortened_]))\n",
        tmp_path,
    )
    assert said[:2] == [True, True]
    assert 0 < said[2] < said[3] == 75_000
