"""Who watches a training, and where it is shown."""

import os
import subprocess
import sys

import pytest
from sklearn.model_selection import cross_val_score

import sadari
from rungs_headlines import some
from sadari.display import watching as watching_module
from sadari.display.notebook import curve
from sadari.display.standing import Standing
from sadari.display.watching import Watching
from sadari.errors import SettingError


class Screen:
    """Notes what it is to show."""

    def __init__(self):
        self.lines, self.ended = [], []

    def show(self, standing):
        self.lines.append(str(standing.line()))

    def end(self, standing, *, completed):
        self.ended.append(completed)


@pytest.fixture
def screens(monkeypatch):
    """The screens of a terminal on which somebody looks."""
    made = []

    def new(self):
        from sadari.display.where import SILENT, asked_by_sklearn, current_bar

        if self._verbose is False or current_bar() == SILENT or (self._verbose is None and asked_by_sklearn()):
            return None
        made.append(Screen())
        return made[-1]

    monkeypatch.setattr(watching_module.Watching, "_find_screen", new)
    return made


def test_a_part_of_a_larger_job_is_not_shown_by_itself(screens):
    with Watching("whole"), Watching("part") as part:
        part.progress(1, 2, {"loss": 1.0})
    assert len(screens) == 1
    assert screens[0].lines == []
    with Watching("another"):
        pass
    assert len(screens) == 2


def test_cross_validation_is_silent_unless_somebody_asks(screens):
    texts, labels = some(60)
    cross_val_score(sadari.BagOfWords(), texts, labels, cv=2)
    assert not screens
    sadari.BagOfWords().fit(texts, labels)
    assert len(screens) == 1
    sadari.BagOfWords().fit(texts, labels, verbose=False)
    assert len(screens) == 1
    cross_val_score(sadari.BagOfWords(), texts, labels, cv=2, params={})
    assert len(screens) == 1


def test_a_training_that_fails_ends_what_is_shown(screens):
    with pytest.raises(KeyboardInterrupt), Watching("it"):
        raise KeyboardInterrupt
    assert screens[0].ended == [False]
    with Watching("next"):
        pass
    assert screens[1].ended == [True]


def test_verbose_is_a_yes_or_no():
    with pytest.raises(SettingError, match="verbose"):
        sadari.BagOfWords().fit(*some(20), verbose="loud")


def test_nobody_is_told_where_nobody_looks(capsys):
    sadari.EmbeddingMean(epochs=2, threads=1).fit(*some(60))
    sadari.train_vectors(["a b c d"] * 40, min_count=1, width=4, workers=1)
    assert capsys.readouterr() == ("", "")


def test_a_line_says_what_counts():
    standing = Standing("a net")
    standing.take(0.5, 3, {"epoch": 1.0, "loss": 2.0})
    standing.take(1, 3, {"epoch": 1.0, "loss": 1.5, "validation_accuracy": 0.5})
    standing.take(1.5, 3, {"epoch": 2.0, "loss": 1.0})
    assert str(standing.line()) == "pass 2 of 3 █▅▁ loss 1.000, validation 50.0 %"
    assert standing.share == 0.5
    standing.unit = "step"
    standing.take(6, 20, {"loss": 0.5, "validation_loss": 2.5})
    assert str(standing.line()) == "step 6 of 20 ▁ loss 0.500, validation 2.500, validation 50.0 %"
    standing.take(6, 20, {"doing": "reading", "tokens": 7})
    assert str(standing.line()) == "reading: 7 tokens"
    standing.take(7, 20, {"loss": 0.5})
    assert str(standing.line()).startswith("step 7")


def test_a_curve_falls_where_the_loss_falls():
    assert curve([(0.0, 1.0)], []) == ""
    drawn = curve([(0.0, 2.0), (1.0, 1.0)], [(0.5, 1.5), (1.0, 1.2)])
    assert drawn.count("<polyline") == 2
    assert 'points="4.0,4.0 316.0,68.0"' in drawn


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
@pytest.mark.parametrize("in_a_cell", [False, True], ids=["on a terminal", "in a notebook's cell"])
def test_a_command_in_a_cell_leaves_no_frames(in_a_cell, tmp_path):
    """A notebook gives the command a terminal, of which it saves all that is written."""
    import pty

    command = [sys.executable, "-m", "sadari", "train", "headlines", "--rung", "embedding", "-o", str(tmp_path / "m")]
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-color"}
    environment.pop("JPY_PARENT_PID", None)
    process = subprocess.Popen(
        [*command, "--set", "epochs=3"],
        stdout=subprocess.DEVNULL,
        stderr=follower,
        env={**environment, **({"JPY_PARENT_PID": "1"} if in_a_cell else {})},
    )
    os.close(follower)
    written = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        written += part
    os.close(leader)
    assert process.wait() == 0
    assert (b"\x1b[" in written) != in_a_cell
    if in_a_cell:
        assert written.count(b"\n") < 12
