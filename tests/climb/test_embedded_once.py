"""Every text is embedded once: folds, curves, heads, tuning and a second climb look it up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from bert_small import save_encoder
from cli_runs import run_well
from sadari.climb.climb import climb
from sadari.messages import render
from sadari.metrics import speed
from sadari.pretrained.embedders import cache
from sadari.pretrained.embedders.encoder import EncoderEmbedder
from sadari.rungs import EmbeddingClassifier
from tiny_bert import few_titles

pytest.importorskip("transformers")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that an encoder is asked for, those apart that are embedded for a figure of speed or read alone."""
    found: list[str] = []
    real = EncoderEmbedder._embed

    def embed(self: EncoderEmbedder, column: pl.Series) -> cache.Embedded:
        if cache._used.get() and len(column) >= cache.FEWEST:
            found.extend(column)
        return real(self, column)

    monkeypatch.setattr(EncoderEmbedder, "_embed", embed)
    monkeypatch.setattr(speed, "EMBEDDED", 8)
    return found


def test_a_climb_embeds_every_text_once_and_a_second_none(asked: list[str], tmp_path: Path) -> None:
    train, test = few_titles()
    weights = save_encoder(tmp_path / "w")

    def climbed(**more: Any) -> Any:
        settings = {"embed": {"threads": 1}}
        return climb(train, test, rungs=["bow", "embed"], weights=weights, settings=settings, report=False, **more)

    first = climbed(folder=tmp_path / "run")  # in folds, with curves, and a model of all rows
    assert first.skipped == []
    assert sorted(asked) == sorted({*train.texts, *test.texts})
    assert any("after 38 tokens" in render(note) for note in [first.rungs[-1].note])
    asked.clear()
    again = climbed(seed=1, trials=3)  # other folds, other heads
    assert asked == []
    assert {result.rung for result in again.rungs} == {"bow", "embed"}


def test_other_labels_and_strengths_embed_nothing_again(asked: list[str], tmp_path: Path) -> None:
    train, _ = few_titles()
    weights = save_encoder(tmp_path / "w")
    EmbeddingClassifier(weights=weights, threads=1).fit(train.texts, train.labels)
    assert len(asked) == len(set(train.texts))
    asked.clear()
    labels = ["even" if len(text) % 2 else "odd" for text in train.texts]
    EmbeddingClassifier(weights=weights, threads=1, C=3.0).fit(train.texts, labels)
    assert asked == []


@pytest.mark.parametrize("command", ["train", "climb"])
def test_without_the_cache_nothing_is_kept(command: str, tmp_path: Path) -> None:
    train, _ = few_titles()
    pl.DataFrame({"text": train.texts, "label": train.labels}).write_csv(tmp_path / "rows.csv")
    weights = save_encoder(tmp_path / "w")
    kind = ["--rung", "embed"] if command == "train" else ["--rungs", "bow,embed", "--no-curves", "--no-report"]
    asked = [command, tmp_path / "rows.csv", *kind, "--weights", weights, "-o", tmp_path / "out", "--json"]
    run_well(*asked, "--no-cache")
    assert list((tmp_path / "cache").rglob("*.sqlite")) == []
    run_well(*asked)
    assert len(list((tmp_path / "cache").rglob("*.sqlite"))) == 1
