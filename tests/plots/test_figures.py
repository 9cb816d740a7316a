"""Pictures as figures and on axes of one's own."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import sadari
from sadari.errors import SettingError
from sadari.messages import speaking
from sadari.plots.activations import draw_activations
from sadari.plots.alignment import draw_alignment
from sadari.plots.vectors import draw_words
from sadari.rungs.explanation import Activations
from sadari.translation.alignment import Alignment
from sadari.vectors.projection import Projection

TOKENS = ["나는", "<b>", "$x$"]
RANDOM = np.random.default_rng(0)
GATES = ("input", "forget", "candidate", "output", "cell", "hidden")


def gates(side=""):
    return Activations("gates", TOKENS, {side + name: RANDOM.random((3, 4), np.float32) for name in GATES})


def attention():
    shares = RANDOM.random((2, 3, 3), np.float32)
    return Activations("attention", TOKENS, {f"layer {number}": shares for number in (1, 2)})


def alignment():
    return Alignment(TOKENS, ["a", "b"], np.full((2, 3), 1 / 3))


def words():
    return Projection(TOKENS, RANDOM.random((3, 2)), np.array([0.6, 0.3]))


def titles(figure):
    return [axis.get_title() or axis.get_title(loc="left") for axis in figure.axes]


@pytest.mark.parametrize(
    ("draw", "found"), [(draw_activations, gates), (draw_alignment, alignment), (draw_words, words)]
)
def test_without_a_path_it_is_a_figure_that_a_notebook_shows(draw, found):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw(found())
        assert isinstance(figure, Figure)
        assert figure._repr_png_().startswith(b"\x89PNG")


def test_axes_of_ones_own_are_drawn_on():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert draw_alignment(alignment(), ax=left) is figure
    assert draw_words(words(), ax=right) is figure
    assert len(left.images) == 1
    assert {text.get_text() for text in right.texts} == set(TOKENS)
    figure = Figure()
    axes = figure.subplots(2, 3)
    draw_activations(gates(), ax=axes)
    assert all(len(axis.images) == 1 for axis in axes.flat)
    figure = Figure()
    draw_activations(gates(), ax=figure.subplots(), panels=["forget"])
    assert titles(figure)[0] == "forget gate f"
    draw_activations(attention(), ax=Figure().subplots())
    with pytest.raises(SettingError, match="1 axes for 6 panels"):
        draw_activations(gates(), ax=[Figure().subplots()])
    with pytest.raises(SettingError, match="not to both"):
        draw_alignment(alignment(), "a.svg", ax=left)


def test_gates_and_layers_are_named():
    assert titles(draw_activations(gates()))[:6] == [
        "input gate i",
        "forget gate f",
        "candidate g",
        "output gate o",
        "cell state c",
        "hidden state h",
    ]
    assert titles(draw_activations(gates("backward ")))[0] == "input gate i, backward"
    assert titles(draw_activations(attention()))[:2] == ["layer 1, mean of 2 heads", "layer 2, mean of 2 heads"]
    assert titles(draw_activations(attention(), panels=["layer 2"], head=1))[0] == "layer 2, head 1"
    with speaking("ko"):
        assert titles(draw_activations(gates()))[1] == "망각 게이트 f"
    with pytest.raises(SettingError, match="no head 2"):
        draw_activations(attention(), head=2)
    with pytest.raises(SettingError, match="no such panel"):
        draw_activations(gates(), panels=["fourth"])


def test_a_head_is_that_head():
    found = attention()
    image = draw_activations(found, panels=["layer 1"], head=1).axes[0].images[0]
    np.testing.assert_array_equal(image.get_array(), found.panels["layer 1"][1])


SHOWN = """
import numpy as np
from sadari.plots.alignment import draw_alignment
from sadari.translation.alignment import Alignment
figure = draw_alignment(Alignment(["a"], ["b"], np.ones((1, 1))))
print(len(figure._repr_png_()) > 1000)
"""


@pytest.mark.parametrize("backend", ["module://no_such_package.backend", "nonsense"])
def test_a_backend_that_is_not_there_costs_no_picture(backend):
    """Every kernel asks for one of a package that may be missing."""
    env = {**os.environ, "MPLBACKEND": backend, "PYTHONPATH": str(Path(sadari.__file__).parent.parent)}
    run = subprocess.run([sys.executable, "-c", SHOWN], capture_output=True, text=True, env=env, check=False)
    assert (run.stdout, run.stderr) == ("True\n", "")
