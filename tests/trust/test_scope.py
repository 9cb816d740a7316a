"""Texts of no label: found by their energy, and how well is measured by leaving labels out."""

import numpy as np
import polars as pl
import pytest
from scipy.special import logsumexp
from sklearn.metrics import roc_auc_score

from cli_runs import model_folder, run_badly, run_well
from rungs_headlines import headlines
from sadari.cli.predict.command import SHARE
from sadari.errors import DataError, SettingError
from sadari.rungs import RUNGS
from sadari.train.calibration import rows
from sadari.train.calibration.rows import CalibrationRows, energies
from sadari.trust.scope import auroc, leave_labels_out


@pytest.fixture(scope="module")
def model():
    return RUNGS["tfidf"]().fit(*headlines())


def test_energy_is_that_of_the_paper():
    logits = 30 * np.random.default_rng(0).normal(size=(50, 4))
    assert energies(logits) == pytest.approx(-logsumexp(logits, axis=1))


def test_so_many_texts_of_a_label_are_taken_for_such(model):
    texts = headlines(part="test")[0]
    for share in (0.05, 0.2, 0.5):
        assert model.out_of_scope(texts, share).mean() == pytest.approx(share, abs=0.08)
    assert not model.out_of_scope(["qqq"], 0.5).any()  # of which nothing is known: that has a note of its own


def test_it_is_found_again_in_a_folder(model, tmp_path):
    model.save(tmp_path / "model")
    texts = headlines(part="test")[0]
    assert (type(model).load(tmp_path / "model").out_of_scope(texts, 0.2) == model.out_of_scope(texts, 0.2)).all()


def test_auroc_is_that_of_scikit_learn():
    random = np.random.default_rng(0)
    positive, scores = random.random(200) < 0.3, random.integers(20, size=200) / 20
    assert auroc(scores, positive) == pytest.approx(roc_auc_score(positive, scores))


def test_texts_of_a_label_left_out_are_told_apart(model):
    found = leave_labels_out(model, *headlines())
    assert set(found.by_label) == set(model.classes_.tolist())
    assert 0.65 < found.auroc < 1
    with pytest.raises(DataError, match="there must be three"):
        leave_labels_out(model, ["a"] * 40, ["x", "y"] * 20)


def test_what_cannot_be_told_is_said():
    logits = np.eye(20)
    few = CalibrationRows.of_one(logits, logits, np.arange(20), np.arange(20))
    with pytest.raises(SettingError, match=r"cannot be told with 20 rows") as error:
        few.for_scope(0.04)
    assert "0.048" in str(error.value)
    few.for_scope(0.048)
    several = CalibrationRows.of_several(np.ones((3, 2)), np.ones((3, 2), bool), np.ones((3, 2), bool))
    with pytest.raises(SettingError, match="may also have none, so that none is out of scope"):
        several.for_scope(0.05)


def test_predict_notes_it(tmp_path):
    out = tmp_path / "out.csv"
    pl.DataFrame({"text": headlines(part="test")[0]}).write_csv(tmp_path / "new.csv")
    run_well("predict", model_folder(), tmp_path / "new.csv", "--scope", 0.2, "-o", out)
    assert pl.read_csv(out).filter(pl.col("note") == "out of scope").height > 5
    for option in ("--scope", "--sets", "--coverage", "--min-precision"):
        assert f"'{option}': 2.0 is not in the range" in run_badly("predict", model_folder(), "a text", option, 2)
        assert "is nan" in run_badly("predict", model_folder(), "a text", option, "nan")
    assert (SHARE.min, SHARE.max) == (rows.SHARE.low, rows.SHARE.high)
