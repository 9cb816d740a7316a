"""Accuracy on real texts: AG News, 32,055 rows for training and the official test file."""

import os
from pathlib import Path

import numpy as np
import pytest

from rungs_headlines import FIRST_RUNGS
from sadari.data.read import open_source
from sadari.rungs import BagOfWords, EmbeddingBag

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def ag_news():
    folder = Path(os.environ.get("SADARI_DATA", "")) / "ag_news"
    if not os.environ.get("SADARI_DATA") or not (folder / "train.csv").is_file():
        pytest.skip("SADARI_DATA is not set, or has no ag_news/train.csv")
    return open_source(folder / "train.csv").read(), open_source(folder / "test.csv").read()


@pytest.mark.parametrize(("name", "least"), [("bow", 0.900), ("ngram", 0.907), ("tfidf", 0.911)])
def test_the_linear_rungs(ag_news, name, least):
    train, test = ag_news
    rung = FIRST_RUNGS[name]().fit(train.texts, train.labels)
    assert rung.score(test.texts, test.labels) >= least
    wanted = rung._codec.matrix(test.labels) > 0
    assert -np.log(rung.predict_proba(test.texts)[wanted]).mean() < 0.32  # calibrated without validation texts


def test_embedding_bag_over_three_seeds(ag_news):
    train, test = ag_news
    scores = [
        EmbeddingBag(seed=seed).fit(train.texts, train.labels).score(test.texts, test.labels) for seed in range(3)
    ]
    assert np.mean(scores) >= 0.907


def test_the_courses_recipe_in_one_pass(ag_news):
    """Counts, Adam, batches of 16: 0.8724 running accuracy in the course, which took 120,000 rows for it."""
    train, _ = ag_news
    settings = {"norm": None, "sublinear_tf": False, "tokenizer": "basic_english"}
    rung = BagOfWords(solver="adam", epochs=1, report_every=500, **settings).fit(train.texts, train.labels)
    last = rung.history_[-1]
    assert last["texts"] == 32_055
    assert last["accuracy"] > 0.868
    assert [record["step"] for record in rung.history_] == [500, 1000, 1500, 2000, 2004]
