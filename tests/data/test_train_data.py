"""Training and validation rows of one file: the same from memory and from a stream, and no text in both."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from data_messy import messy
from sadari.data.read import open_source
from sadari.data.train_data import TrainData, gather
from written import written


def gathered(path: Path, *, stream: bool, keep: bool = False, seed: int = 0, **reading: object) -> TrainData:
    source = open_source(path, **reading)
    return gather(source, validation=0.1, seed=seed, keep_duplicates=keep, stream=stream, say=lambda what: None)


@pytest.mark.parametrize("keep", [False, True])
def test_split_keeps_equal_texts_together_and_the_shares_of_labels(tmp_path, keep):
    rows = gathered(messy(tmp_path / "d.csv"), stream=False, keep=keep)
    assert (rows.rows, rows.blank, rows.duplicates) == (1053, 2, 0 if keep else 50)
    assert not set(rows.texts) & set(rows.validation.texts)
    assert len(rows.texts) + len(rows.validation) + rows.duplicates + rows.blank == rows.rows
    whole = pl.concat([rows.labels, rows.validation.labels]).value_counts().sort("label")
    held = rows.validation.labels.value_counts().sort("label")
    np.testing.assert_allclose(held["count"] / whole["count"], 0.1, atol=0.02)


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("seed", [0, 3])
def test_stream_gives_the_rows_that_memory_gives(tmp_path, keep, seed):
    path = messy(tmp_path / "d.csv")
    held, streamed = (gathered(path, stream=stream, keep=keep, seed=seed) for stream in (False, True))
    assert pl.concat(list(streamed.texts)).to_list() == held.texts.to_list()
    assert streamed.labels.to_list() == held.labels.to_list()
    assert streamed.validation.texts.to_list() == held.validation.texts.to_list()
    assert streamed.validation.labels.to_list() == held.validation.labels.to_list()
    assert streamed.label_names == held.label_names
    assert (streamed.rows, streamed.duplicates, streamed.blank) == (held.rows, held.duplicates, held.blank)
    assert streamed.provenance(seed=seed) == held.provenance(seed=seed)
    assert streamed.validation.rows.tolist() == held.validation.rows.tolist()
    assert streamed.notes == held.notes


@pytest.mark.parametrize("stream", [False, True])
def test_row_numbers_and_warnings_survive_rows_that_are_left_out(tmp_path: Path, stream: bool) -> None:
    path = tmp_path / "d.csv"
    rows = [f"text number {i},{'Sport' if i % 2 else 'sport '}" for i in range(40)]
    path.write_text("text,label\nbroken\n,x\n" + "\n".join(rows) + "\n")
    found = gathered(path, stream=stream, on_bad_row="skip")
    numbers = [int(text.split()[-1]) + 3 for text in found.validation.texts]
    assert found.validation.rows.tolist() == numbers
    assert any("'Sport' and 'sport '" in note for note in written(found.notes))
    assert any("2 bad rows left out (the first: row 1 (line 2)" in note for note in written(found.notes))


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_s_folder_says_where_its_rows_come_from(tmp_path: Path, stream: bool) -> None:
    path = messy(tmp_path / "d.csv")
    found = gathered(path, stream=stream)
    said = found.provenance(seed=7)
    assert said | {"sha256": ""} == {
        "source": str(path),
        "text_columns": ["text"],
        "label_column": "label",
        "rows": len(found.labels),
        "seed": 7,
        "sha256": "",
    }
    whole = open_source(path).read()
    assert whole.provenance(seed=7) | {"rows": 0, "sha256": ""} == said | {"rows": 0, "sha256": ""}
