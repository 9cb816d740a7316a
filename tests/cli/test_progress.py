"""What a long job says on standard error, and that a quick one says nothing."""

import time

import pytest

from sadari.compiling import njit
from sadari.display import terminal as progress
from sadari.display.terminal import CompilingNotice, Progress
from sadari.messages import message


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_a_quick_job_says_nothing(capsys, clock):
    with Progress() as say:
        for step in range(50):
            say(f"step {step}", step / 50)
            clock.now += 0.03
    assert capsys.readouterr() == ("", "")


def test_a_long_job_says_each_step_and_then_every_ten_seconds(capsys, clock):
    with Progress() as say:
        say("reading", None)
        clock.now += 3
        said = message("training, pass {step} of 9, {bars}")
        say(said.filled(step=1, bars="█"), 1 / 9)
        for step in range(2, 10):
            clock.now += 4
            say(said.filled(step=step, bars="█▆▁"[: step % 4]), step / 9)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(None, 2)[2] for line in lines] == [
        "training, pass 1 of 9, █ (11% done)",
        "training, pass 4 of 9,  (44% done)",
        "training, pass 7 of 9, █▆▁ (78% done)",
    ]
    assert [int(line.split()[0]) for line in lines] == [3, 15, 27]


def test_a_long_step_that_says_nothing_itself_is_said_while_it_works(capsys, monkeypatch):
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.05)
    with Progress() as say:
        with say.during(message("starting Ray")):
            time.sleep(0.5)
            assert capsys.readouterr().err.split(None, 2)[2] == "starting Ray\n"
        with say.during("quick"):
            pass
        assert "quick" in capsys.readouterr().err  # a step after a long one is said at once
        time.sleep(0.3)
    with Progress() as say, say.during("quick"):
        pass
    time.sleep(0.3)
    assert capsys.readouterr() == ("", "")


def compile_something(numbers):
    """Compiles a loop that was never compiled before, and waits for a moment in between."""

    @njit()
    def add(values):
        total = 0.0
        for value in values:
            total += value**2
        return total

    return add(numbers)


def test_compiling_is_said_once_and_only_when_it_takes_long(monkeypatch):
    import numpy as np

    said: list[str] = []
    monkeypatch.setattr(progress, "QUIET_SECONDS", 3600.0)
    with CompilingNotice(said.append):
        compile_something(np.arange(3.0))
    assert said == []
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.01)
    with CompilingNotice(said.append):
        compile_something(np.arange(3.0))
        compile_something(np.arange(3))
    assert len(said) == 1
    assert "first run" in said[0]
    compile_something(np.arange(3.0))
    assert len(said) == 1
