"""What ``auto`` takes where several tokenizers are plausible."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import sadari
from sadari.climb.climb import climb
from sadari.data.corpus import Corpus
from sadari.messages import render
from sadari.rungs import RUNGS
from sadari.text.tokens.tokenize import TOKENIZERS
from sadari.train.tokenizer_choice import FEWEST_ROWS, choose_tokenizer

RUNGS_BY_TEXTS = [name for name, kind in RUNGS.items() if kind.auto_by_texts]


def tagged(rows: int = 400) -> tuple[list[str], list[str]]:
    """Texts whose one telling word stands behind one of hundreds of signs: glued to it, it is hardly seen twice."""
    random = np.random.default_rng(0)
    labels, signs = random.integers(0, 2, rows), random.integers(0x2190, 0x2400, rows)
    texts = [f"{chr(sign)}{['glad', 'sad'][label]} how it was" for label, sign in zip(labels, signs, strict=True)]
    return texts, ["yes" if label else "no" for label in labels]


def korean(rows: int = 400) -> tuple[list[str], list[str]]:
    """Stems of two syllables with random endings of three: whole words are hardly ever seen twice."""
    random = np.random.default_rng(0)
    syllables = [chr(0xAC00 + 28 * code) for code in range(120)]
    labels = random.integers(0, 2, rows)
    texts = [["사랑", "이별"][label] + "".join(random.choice(syllables, 3)) for label in labels]
    return texts, ["yes" if label else "no" for label in labels]


def coded(labels: list[str]) -> np.ndarray[Any, Any]:
    return np.array([[label == "no", label == "yes"] for label in labels], np.int8)


def test_the_better_is_taken_and_said() -> None:
    texts, labels = tagged()
    choice = choose_tokenizer(texts, coded(labels), longest=(1,))
    assert choice.name == "syllables"
    assert "100.0 % of 400 rows right in a trial (basic_english:" in str(choice.said())
    assert "400" in render(choice.said(), "ko")
    assert "because" not in render(choice.said(), "ko")


def test_the_likeliest_stays_where_none_is_surely_better() -> None:
    texts, labels = tagged()
    random = np.random.default_rng(1).permutation(labels).tolist()
    choice = choose_tokenizer(texts, coded(random), longest=(1, 2))
    assert choice.name == "basic_english"
    assert "none is surely better" in str(choice.said())


def test_korean_is_cut_into_syllables() -> None:
    texts, labels = korean()
    choice = choose_tokenizer(texts, coded(labels), longest=(1,))
    assert choice.name == "syllables"
    assert "100 % of the letters" in str(choice.said())


def test_of_few_rows_none_is_tried() -> None:
    texts, labels = tagged(FEWEST_ROWS - 1)
    assert choose_tokenizer(texts, coded(labels), longest=(1,)).name == "basic_english"
    assert choose_tokenizer([], np.zeros((0, 2), np.int8), longest=(1,)).name == "basic_english"


def test_several_labels_a_text() -> None:
    texts, labels = tagged()
    targets = np.hstack([coded(labels), np.ones((len(labels), 1), np.int8)])
    assert choose_tokenizer(texts, targets, longest=(1,), multilabel=True).name == "syllables"


@pytest.mark.parametrize("name", RUNGS_BY_TEXTS)
def test_every_rung_takes_it_and_keeps_it(name: str, tmp_path: Path) -> None:
    texts, labels = tagged(200)
    quick = {"epochs": 1} if "epochs" in RUNGS[name]().get_params() else {}
    rung = RUNGS[name](**quick).fit(texts, labels)
    assert rung.tokenizer_ == "syllables"
    rung.save(tmp_path / "model")
    loaded = sadari.load(tmp_path / "model")
    assert loaded.tokenizer_ == "syllables"
    assert loaded.data_["tokenizer"] == rung.data_["tokenizer"] == render(rung.tokenizer_choice_.said(), "en")
    np.testing.assert_array_equal(loaded.predict_proba(texts), rung.predict_proba(texts))
    alone = np.concatenate([loaded.predict_proba([text]) for text in texts[:5]])
    np.testing.assert_allclose(alone, rung.predict_proba(texts[:5]), atol=1e-6)


@pytest.mark.parametrize("name", RUNGS_BY_TEXTS)
def test_one_that_is_named_is_not_tried(name: str) -> None:
    quick = {"epochs": 1} if "epochs" in RUNGS[name]().get_params() else {}
    rung = RUNGS[name](tokenizer="basic_english", **quick).fit(*tagged(200))
    assert rung.tokenizer_ == "basic_english"
    assert rung.tokenizer_choice_ is None
    assert "tokenizer" not in rung.data_


def choose_in_another_process(column: list[str]) -> str:
    return str(choose_tokenizer(column, coded(tagged()[1]), longest=(1,)).said())


def test_another_process_chooses_alike() -> None:
    texts, labels = tagged()
    own = str(choose_tokenizer(texts, coded(labels), longest=(1,)).said())
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(choose_in_another_process, (texts,)) == own


def test_a_climb_chooses_once_for_all_rungs(tmp_path: Path) -> None:
    texts, labels = tagged(300)
    result = climb(
        Corpus(pl.Series("text", texts), pl.Series("label", labels), np.arange(1, 301), "made"),
        rungs=["bow", "tfidf", "embedding-bag"],
        settings={"tfidf": {"tokenizer": "words"}},
        curves=False,
        report=False,
        folder=tmp_path / "run",
    )
    taken = {rung.rung: rung.settings["tokenizer"] for rung in result.rungs}
    assert taken == {"bow": "syllables", "tfidf": "words", "embedding-bag": "syllables"}
    assert sadari.load(tmp_path / "run" / "bow").data_["tokenizer"].startswith("tokenizer: syllables, because")
    assert "tokenizer" not in sadari.load(tmp_path / "run" / "tfidf").data_
    assert set(taken.values()) <= set(TOKENIZERS)
