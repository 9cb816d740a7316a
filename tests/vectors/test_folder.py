"""Our own folder of vectors: all that goes in comes out, and nothing is believed that does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sadari.artifact import read_model, write_model
from sadari.errors import ModelError, SettingError
from sadari.vectors.formats.files import read_vectors, write_vectors
from sadari.vectors.formats.folder import load_vectors, save_vectors
from sadari.vectors.keyed import WordVectors
from sadari.vectors.subwords import Subwords

WORDS = ["the", "New York", "a\nb", "", "가나다", '"', "\u2028"]


def some(*, unit: str = "characters") -> WordVectors:
    random = np.random.default_rng(0)
    subwords = Subwords(random.normal(size=(50, 4)).astype(np.float32), shortest=2, longest=5, unit=unit)
    matrix = random.normal(size=(len(WORDS), 4)).astype(np.float32)
    outputs = random.normal(size=(len(WORDS), 4)).astype(np.float32)
    counts = np.arange(len(WORDS))[::-1].copy()
    training = {"model": "cbow", "epochs": 5}
    return WordVectors(
        WORDS, matrix, counts=counts, subwords=subwords, outputs=outputs, tokenizer="words", training=training
    )


def damaged(folder: Path, **changes: Any) -> Path:
    """A folder of vectors, sound but for what is changed: sealed and signed as any is."""
    vectors = some()
    assert vectors.subwords is not None
    parts: dict[str, Any] = {
        "kind": "vectors",
        "model": {"words": len(WORDS), "width": 4, "subwords": {"shortest": 2, "longest": 5, "unit": "characters"}},
        "said": {"settings": {}, "data": {}, "tokenizer": None},
        "history": "",
        "words": json.dumps(WORDS),
        "tensors": {"vectors": vectors.matrix, "counts": vectors.counts, "subwords": vectors.subwords.matrix},
    }
    parts["tensors"].update(changes.pop("tensors", {}))
    parts.update(changes)
    tensors = {name: tensor for name, tensor in parts["tensors"].items() if tensor is not None}
    write_model(
        folder,
        manifest={"kind": parts["kind"], "model": parts["model"], **parts["said"]},
        tensors=tensors,
        texts={"vocabulary.json": parts["words"], "history.jsonl": parts["history"]},
    )
    return folder


@pytest.mark.parametrize("unit", ["characters", "jamo"])
def test_all_of_it_comes_back(tmp_path: Path, unit: str) -> None:
    ours = some(unit=unit)
    save_vectors(ours, tmp_path / "v")
    back = load_vectors(tmp_path / "v")
    assert back.words == ours.words
    assert np.array_equal(back.matrix, ours.matrix)
    assert back.counts is not None
    assert np.array_equal(back.counts, ours.counts)  # type: ignore[arg-type]
    assert back.subwords is not None
    assert (back.subwords.shortest, back.subwords.longest, back.subwords.unit) == (2, 5, unit)
    assert np.array_equal(back.outputs, ours.outputs)  # type: ignore[arg-type]
    assert (back.tokenizer, back.training) == (ours.tokenizer, ours.training)
    unseen = ["unseen", "가나", "the"]
    assert np.array_equal(back.vectors_of(unseen)[0], ours.vectors_of(unseen)[0])


def test_what_is_not_there_does_not_come_back(tmp_path: Path) -> None:
    write_vectors(WordVectors(["a"], np.ones((1, 2), np.float32)), tmp_path / "v")
    back = read_vectors(tmp_path / "v")
    assert back.counts is None
    assert back.subwords is None


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True, max_size=8))
def test_any_words_can_be_saved(tmp_path: Path, words: list[str]) -> None:
    ours = WordVectors(words, np.random.default_rng(0).normal(size=(len(words), 3)).astype(np.float32))
    save_vectors(ours, tmp_path / "v")
    back = load_vectors(tmp_path / "v")
    assert back.words == words
    assert np.array_equal(back.matrix, ours.matrix)


def test_a_part_keeps_its_counts_and_all_subwords(tmp_path: Path) -> None:
    ours = some()
    save_vectors(ours, tmp_path / "v")
    part = load_vectors(tmp_path / "v", words=["가나다", "the", "absent"], limit=6)
    assert part.words == ["the", "가나다"]
    assert part.counts is not None
    assert part.counts.tolist() == [6, 2]
    assert np.array_equal(part.outputs, ours.outputs[[0, 4]])  # type: ignore[arg-type,index]
    assert np.array_equal(part["가나다"], ours["가나다"])
    assert np.array_equal(part["absent"], ours["absent"])


def test_an_older_folder_is_replaced_and_a_newer_one_is_the_same_bytes(tmp_path: Path) -> None:
    save_vectors(WordVectors(["old"], np.ones((1, 2), np.float32)), tmp_path / "v")
    save_vectors(some(), tmp_path / "v")
    save_vectors(some(), tmp_path / "w")
    for name in ("sadari.json", "weights.safetensors", "vocabulary.json", "README.md"):
        assert (tmp_path / "v" / name).read_bytes() == (tmp_path / "w" / name).read_bytes()


def test_the_card_says_what_it_is(tmp_path: Path) -> None:
    save_vectors(some(), tmp_path / "v")
    card = read_model(tmp_path / "v").text("README.md")
    assert "7 words, each with a vector of 4 numbers" in card
    assert "2 to 5 characters" in card


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"kind": "classifier"}, "this is a classifier, and no folder of word vectors"),
        ({"words": '["a", "a", "b", "c", "d", "e", "f"]'}, "'a' twice"),
        ({"words": '["a"]'}, "shape"),
        ({"words": "[1, 2, 3, 4, 5, 6, 7]"}, "not a list of words"),
        ({"words": '{"a": 1}'}, "not a list of words"),
        ({"words": "["}, "not JSON"),
        ({"tensors": {"vectors": np.ones((7, 4))}}, "float64"),
        (
            {"tensors": {"vectors": np.ones((7, 0), np.float32), "subwords": np.ones((2, 0), np.float32)}},
            "7 words need",
        ),
        ({"tensors": {"vectors": np.ones(7, np.float32)}}, "shape"),
        ({"tensors": {"vectors": None}}, "no tensor 'vectors'"),
        ({"tensors": {"counts": np.ones(3, np.int64)}}, "shape"),
        ({"tensors": {"counts": np.full(7, -1)}}, "below 0"),
        ({"tensors": {"counts": np.ones(7, np.float32)}}, "float32"),
        ({"tensors": {"subwords": np.ones((0, 4), np.float32)}}, "no buckets"),
        ({"tensors": {"subwords": np.ones((9, 5), np.float32)}}, "shape"),
        ({"tensors": {"subwords": None}}, "no tensor 'subwords'"),
        ({"model": {"subwords": None}}, "no settings"),
        ({"model": [1]}, "'model' is missing"),
        ({"said": {"settings": {}, "data": {}, "tokenizer": {}}}, "tokenizer"),
        ({"history": "[1]\n"}, "line 1 of history.jsonl"),
        ({"tensors": {"outputs": np.ones((3, 4), np.float32)}}, "shape"),
        ({"model": {"subwords": {"shortest": 3, "longest": 2, "unit": "jamo"}}}, "pieces of 3 to 2"),
        ({"model": {"subwords": {"shortest": True, "longest": 2, "unit": "jamo"}}}, "whole numbers"),
        ({"model": {"subwords": {"shortest": 1, "longest": 10**18, "unit": "jamo"}}}, "pieces of"),
        ({"model": {"subwords": {"shortest": 2, "longest": 3, "unit": "bytes"}}}, "no unit"),
        ({"tensors": {"subwords": np.full((9, 4), -3e38, np.float32)}}, "too large"),
    ],
    ids=range(26),
)
def test_parts_that_do_not_fit_are_refused(tmp_path: Path, changes: dict[str, Any], what: str) -> None:
    folder = damaged(tmp_path / "v", **changes)
    with pytest.raises(ModelError) as caught:
        load_vectors(folder)
    assert what in str(caught.value)
    assert str(folder) in str(caught.value)


def test_the_sound_folder_of_these_tests_is_sound(tmp_path: Path) -> None:
    assert load_vectors(damaged(tmp_path / "v")).words == WORDS


def test_nothing_changed_on_the_disk_is_believed(tmp_path: Path) -> None:
    save_vectors(some(), tmp_path / "v")
    for name in ("sadari.json", "weights.safetensors", "vocabulary.json"):
        path = tmp_path / "v" / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:])
        with pytest.raises(ModelError):
            load_vectors(tmp_path / "v")
        path.write_bytes(whole)
    assert load_vectors(tmp_path / "v").words == WORDS


def test_words_must_be_several(tmp_path: Path) -> None:
    save_vectors(some(), tmp_path / "v")
    with pytest.raises(SettingError):
        read_vectors(tmp_path / "v", words="the")
