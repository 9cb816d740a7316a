"""A training file with what training files have: blank texts, repeats, one text with two labels."""

from pathlib import Path

import polars as pl

import sadari

TRAIN = Path(sadari.__file__).parent / "data" / "headlines" / "en_train.csv"


def messy(path: Path) -> Path:
    """Headlines with blank texts, repeats, and one text with two labels."""
    frame = pl.read_csv(TRAIN).select("label", "text")
    extra = pl.DataFrame({"label": ["World", "World", "Sports"], "text": ["", "  ", frame["text"][0]]})
    pl.concat([frame, extra, frame.head(50)]).write_csv(path, quote_style="non_numeric")
    return path
