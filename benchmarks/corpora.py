"""AG News as every benchmark reads it, and in the form that fastText wants."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import polars as pl

from sadari.text.tokens.tokenize import tokenizer


def ag_news() -> Path:
    """The folder of train.csv and test.csv; leaves, saying so, where it is absent."""
    folder = Path(os.environ.get("SADARI_DATA", "")) / "ag_news"
    if not (folder / "train.csv").is_file():
        sys.exit("benchmarks need AG News: set SADARI_DATA to a folder with ag_news/train.csv and ag_news/test.csv")
    return folder


def read_plain(path: Path) -> tuple[list[str], list[str]]:
    """Texts and labels as a user of scikit-learn would read them (Polars, the quickest reader)."""
    frame = pl.read_csv(path, has_header=False, infer_schema=False)
    texts = frame.to_series(1) + " " + frame.to_series(2)
    return texts.to_list(), frame.to_series(0).to_list()


def fasttext_lines(texts: list[str]) -> list[str]:
    """Lower-cased, punctuation apart: what fastText's own scripts make of AG News."""
    return [" ".join(tokens) for tokens in tokenizer("basic_english")(texts).to_lists()]


def write_fasttext(path: Path, texts: list[str], labels: list[str]) -> None:
    lines = (f"__label__{label} {line}\n" for line, label in zip(fasttext_lines(texts), labels, strict=True))
    path.write_text("".join(lines), encoding="utf-8")
