"""What few rows to calibrate on cannot promise, and that it is said."""

import json
import re

import numpy as np
import pytest
from scipy.stats import beta

import sadari
from cli_runs import model_folder, run_well
from sadari.artifact import CALIBRATION, read_model, write_model
from sadari.errors import SadariWarning
from sadari.messages import speaking
from sadari.train.calibration.doubts import FEW, doubt_of_few, share_reached
from sadari.train.calibration.withholding import from_below


@pytest.mark.parametrize(("share", "rows"), [(0.5, 1), (0.9, 12), (0.8, 4), (0.95, 49)])
def test_the_interval_is_that_of_the_beta_distribution(share, rows):
    rank = max(1, int((rows + 1) * (1 - share) + 1e-9))
    assert share_reached(share, rows) == pytest.approx(beta.ppf([0.025, 0.975], rows + 1 - rank, rank), abs=1e-9)


def test_so_often_it_holds():
    """In 95 of 100 draws of the rows that a threshold is learned from."""
    random = np.random.default_rng(0)
    low, high = share_reached(0.9, 20)
    reached = [1 - from_below(random.random(20), 0.9) for _ in range(4_000)]  # the share of uniform values above it
    assert np.mean((low <= np.array(reached)) & (np.array(reached) <= high)) == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize("name", ["coverage", "sets", "scope", "min_precision"])
def test_few_rows_are_said_and_many_are_not(name):
    assert doubt_of_few(name, 0.5, FEW) is None
    assert "alone" in str(doubt_of_few(name, 0.5, FEW - 1))
    with speaking("ko"):
        said = str(doubt_of_few(name, 0.5, 7))
    assert re.search("[가-힣]", said)
    assert "7" in said


def with_rows(folder, rows):
    """The model of the headlines, which has so many rows left to calibrate on."""
    files = read_model(model_folder())
    own = {key: value for key, value in files.manifest.items() if key not in ("format_version", "files", "sha256")}
    kept = json.loads(files.texts[CALIBRATION])
    kept |= {name: values[:rows] for name, values in kept.items() if isinstance(values, list)}
    write_model(folder, manifest=own, tensors=files.tensors, texts={**files.texts, CALIBRATION: json.dumps(kept)})
    return folder


@pytest.mark.parametrize(
    ("rows", "asked", "said"),
    [
        (1, ("--coverage", 0.9), "cannot be told with 1 row to calibrate on, from which at most 0.5 can be"),
        (1, ("--sets", 0.5), r"learned from 1 row alone: of new texts it may be 2\.5 to 97\.5 %"),
        (1, ("--coverage", 0.9), "no row to calibrate on has these labels, of which nothing is promised: 'Business'"),
        (30, ("--sets", 0.9), r"learned from 30 rows alone: of new texts it may be 77\.9 to 97\.9 %"),
        (30, ("--scope", 0.2), r"learned from 30 rows alone: of new texts it may be 7\.7 to 34\.7 %"),
        (30, ("--min-precision", 0.5), "learned from 30 rows alone: the share that is right may be lower"),
    ],
)
def test_predict_says_what_it_cannot_promise(tmp_path, rows, asked, said):
    result = run_well("predict", with_rows(tmp_path / "model", rows), "Minister resigns", *asked)
    assert len(re.findall(said, result.stderr)) == 1


def test_predict_says_nothing_of_many_rows():
    said = run_well("predict", model_folder(), "Minister resigns", "--coverage", 0.9, "--sets", 0.9).stderr
    assert "calibrate" not in said
    assert "alone" not in said


def test_python_warns_once(tmp_path):
    model = sadari.load(with_rows(tmp_path / "model", 5))
    with pytest.warns(SadariWarning, match="at most 0.833 can be") as warned:
        assert None not in model.predict_sure(["Minister resigns"], coverage=0.9)
    assert len(warned) == 1
    assert warned[0].filename == __file__
    with pytest.warns(SadariWarning, match="learned from 5 rows alone"):
        model.predict_sets(["Minister resigns"], 0.5)


def test_evaluate_says_it_beside_the_figures(tmp_path):
    scores = run_well("evaluate", with_rows(tmp_path / "model", 5), "headlines").stdout
    assert "5 rows to calibrate on, too few" in " ".join(scores.split())
    scores = run_well("evaluate", with_rows(tmp_path / "other", 12), "headlines").stdout
    assert "sets=0.9 is learned from 12 rows alone" in " ".join(scores.split())
