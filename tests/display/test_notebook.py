"""A training in a real kernel: one output, written over, of which the notebook keeps the last state."""

import os
import sys
from pathlib import Path

import pytest

import sadari

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

BEGIN = """
import sadari
from rungs_headlines import some
texts, labels = some(60)
"""
FIT = "model = sadari.EmbeddingMean(epochs=4, threads=1).fit(texts, labels)"
WRITE = "sadari.Generator(steps=8, hidden=16, layers=1, window=16, sample_every=4, threads=1).fit('the cat sat. ' * 99)"
STOP = """
def stop(done, total, record):
    if done >= 2:
        raise KeyboardInterrupt
model.fit(texts, labels, on_progress=stop)
"""
SILENT = """
from sklearn.model_selection import cross_val_score
cross_val_score(sadari.BagOfWords(), texts, labels, cv=2)
model.fit(texts, labels, verbose=False)
None
"""
PICTURE = """
import numpy as np
from sadari.plots.alignment import draw_alignment
from sadari.translation.alignment import Alignment
draw_alignment(Alignment(["우유를"], ["milk"], np.ones((1, 1))))
"""


@pytest.fixture(scope="module")
def outputs():
    """The outputs of each cell, by its source."""
    cells = [BEGIN, FIT, WRITE, STOP, SILENT, PICTURE]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    here = [str(Path(sadari.__file__).parent.parent), str(Path(__file__).parent.parent)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(here))
        patch.setenv("SADARI_LANG", "en")
        manager = nbclient.NotebookClient(book, timeout=300, kernel_name="python3", allow_errors=True)
        manager.create_kernel_manager()
        manager.km.kernel_spec.argv[0] = sys.executable
        manager.execute()
    return {cell.source: cell.outputs for cell in book.cells}


@pytest.mark.slow
def test_a_training_leaves_one_output(outputs):
    assert outputs[BEGIN] == []
    [shown] = outputs[FIT]
    assert shown.output_type == "display_data"
    assert shown.data["text/plain"].startswith("embedding: pass 4 of 4 ")
    assert "<svg" in shown.data["text/html"]
    assert "<progress" not in shown.data["text/html"]


def test_what_a_generator_writes_is_shown(outputs):
    shown, model = outputs[WRITE]
    assert shown.data["text/plain"].startswith("a generator of text: step 8 of 8 ")
    assert "│" in shown.data["text/plain"]
    assert "<pre" in shown.data["text/html"]
    assert model.data["text/plain"].startswith("Generator(steps=8, ")


def test_one_that_is_stopped_says_so(outputs):
    shown = [output for output in outputs[STOP] if output.output_type == "display_data"]
    assert len(shown) == 1
    assert "stopped" in shown[0].data["text/plain"]


def test_cross_validation_leaves_none(outputs):
    assert outputs[SILENT] == []


def test_a_picture_is_seen_and_nothing_is_warned_of(outputs):
    [shown] = outputs[PICTURE]
    assert "image/png" in shown.data
