"""Pictures are drawn whatever matplotlib's surroundings ask for, and none costs a report."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sadari

CHART = """
import sys, warnings
from sadari.climb.report.charts import Titles, reliability_chart
from sadari.plots.picture import write_picture

def figure():
    from matplotlib.figure import Figure
    drawn = Figure()
    drawn.subplots().plot([1, 2])
    return drawn

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    chart = reliability_chart([0.5, 0.9], [0.6, 0.8], Titles("t", "d", "x", "y"))
if chart is not None:
    for name in ("a.svg", "a.png", "a.pdf"):
        write_picture(name, figure)
sys.stdout.write(f"{chart}\\n{[str(each.message) for each in told]}")
"""


def drawn(folder, **env):
    """The chart, what was warned of, and what else was said."""
    env = {**os.environ, "PYTHONPATH": str(Path(sadari.__file__).parent.parent), "MPLCONFIGDIR": "", **env}
    run = subprocess.run([sys.executable, "-c", CHART], capture_output=True, text=True, env=env, cwd=folder, timeout=60)
    assert run.returncode == 0, run.stderr
    chart, _, told = run.stdout.rpartition("\n")
    return chart, told, run.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "env",
    [
        {"MPLBACKEND": "module://no_such_package.backend"},
        {
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "HOME": "/dev/null",
            "XDG_CACHE_HOME": "/dev/null/c",
        },
        {"MPLBACKEND": "nonsense"},
    ],
    ids=str,
)
def test_what_the_surroundings_ask_for_costs_no_picture(env, tmp_path):
    usual, told, _ = drawn(tmp_path)
    assert (usual[:4], told) == ("<svg", "[]")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for path in tmp_path.iterdir():
        path.unlink()
    assert drawn(tmp_path, **env) == (usual, "[]", "")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_matplotlib_that_cannot_be_loaded_costs_the_chart_alone(tmp_path):
    broken = tmp_path / "packages"
    broken.mkdir()
    (broken / "matplotlib.py").write_text("raise OSError('no folder may be written')", encoding="utf-8")
    chart, told, _ = drawn(tmp_path, PYTHONPATH=f"{broken}:{Path(sadari.__file__).parent.parent}")
    said = "a chart is left out of the report: no folder may be written"
    assert (chart, told) == ("None", f"[{said!r}]")
