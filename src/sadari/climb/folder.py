"""The folder that a climb leaves: table, settings, history, predictions and report beside the models."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import atomic_folder, atomic_write, check_is_model
from sadari.artifact.atomic import output_errors
from sadari.artifact.write import CLUTTER
from sadari.climb.report.report import write_report
from sadari.climb.result import ClimbResult
from sadari.climb.split import Frozen
from sadari.climb.tuning.study import TRIALS
from sadari.climb.validated import TABLE, VALIDATION, validation_tensors
from sadari.climb.verdict.final_model import MODEL
from sadari.errors import OutputError
from sadari.messages import message, plain, speaking
from sadari.rungs import RUNGS

PREDICTIONS, REPORT = "predictions.csv", "report.html"
_NOT_IN_TABLE = ("predictions", "probabilities", "validation_predictions", "validation_probabilities", "calibration")
_BETWEEN = ("|", ";", "\t", "\n")  # labels, where a text may have several


@contextmanager
def run_folder(folder: str | Path | None) -> Iterator[Path | None]:
    """A folder to fill, which takes its name when the block ends; an earlier climb is there, whole, until then.

    Yields:
        The folder, for the moment under another name; None for None.

    Raises:
        OutputError: it cannot be written, or something else than a climb is in its place; that was not touched.
    """
    if folder is None:
        yield None
        return
    with atomic_folder(folder, may_replace=check_is_climb) as place:
        yield place
        trials = Path(folder, TRIALS)  # what they cost is not lost with a climb that is killed, or replaced
        if trials.is_file():
            with output_errors(trials):
                shutil.copyfile(trials, place / TRIALS)


def check_is_climb(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but a climb.

    Raises:
        OutputError: what is in the way.
    """
    entries = sorted(folder.iterdir())
    if not (folder / TABLE).is_file() and any(entry.name != TRIALS for entry in entries):  # else one that was killed
        what = message("is in the way: it holds {name!r}, and is no folder of a climb", name=entries[0].name)
        raise OutputError(what, where=str(folder), hint=message("choose another folder, or move that away"))
    for entry in entries:
        if entry.name in {*RUNGS, MODEL} and entry.is_dir() and not entry.is_symlink():
            check_is_model(entry)
        elif not _is_ours(entry):
            what = message("is in the way: it holds {name!r}, which is not of a climb", name=entry.name)
            raise OutputError(what, where=str(folder), hint=message("choose another folder, or move that away"))


def _is_ours(entry: Path) -> bool:
    if entry.name.startswith(".") and ".sadari-" in entry.name:  # of a save that was killed
        return True
    return entry.name in {TABLE, PREDICTIONS, VALIDATION, REPORT, TRIALS} | CLUTTER and entry.is_file()


def to_dict(result: ClimbResult, *, predictions: bool = False) -> dict[str, Any]:
    """A climb as plain values for JSON.

    Args:
        result: what the climb found.
        predictions: with every row's prediction and probability too.
    """
    rungs = []
    for rung in result.rungs:
        record = {key: value for key, value in vars(rung).items() if key not in _NOT_IN_TABLE}
        if predictions:
            record["predictions"] = _label_lists(result, rung.predictions)
        rungs.append(record)
    found = {
        "source": result.source,
        "labels": result.label_names,
        "rows": result.rows,
        "final": result.final_name,
        "seed": result.seed,
        "seconds": result.seconds,
        "options": result.options,
        "verdict": result.verdict,
        "model": result.model,
        "rungs": rungs,
        "skipped": [{"rung": rung, "why": why} for rung, why in result.skipped],
        "validation_tests": result.validation_tests,
        "final_tests": result.final_tests,
        "audit": result.audit,
        "doubtful": result.doubtful,
        "notes": result.notes,
        "versions": result.versions,
    }
    return dict(plain(found))


def to_json(result: ClimbResult) -> str:
    """The same as JSON text."""
    return json.dumps(to_dict(result), ensure_ascii=False, indent=2, default=_plain) + "\n"


def predictions_table(result: ClimbResult, rows: NDArray[np.int64]) -> pl.DataFrame:
    """One row for each final text: its row in the file, the truth, every rung's label and its probability."""
    if result.several:
        return _table_of_several(result, rows)
    names = np.array([*result.label_names, None], dtype=object)
    columns: dict[str, Any] = {"row": rows, "truth": pl.Series(names[result.truth].tolist(), dtype=pl.String)}
    for rung in result.rungs:
        columns[rung.rung] = pl.Series(names[rung.predictions].tolist(), dtype=pl.String)
        columns[f"{rung.rung} probability"] = rung.probabilities.max(axis=1).round(6)
    columns["leaked"] = result.leaked
    return pl.DataFrame(columns)


def _label_lists(result: ClimbResult, given: NDArray[Any]) -> list[Any]:
    """The label of each row; its labels, where it may have several."""
    names = result.label_names
    if given.ndim == 1:
        return [names[code] for code in given.tolist()]
    return [[names[code] for code in np.flatnonzero(row)] for row in given]


def _table_of_several(result: ClimbResult, rows: NDArray[np.int64]) -> pl.DataFrame:
    """The same where a text may have several labels: they stand with a sign between them that is in none of them."""
    sign = next((sign for sign in _BETWEEN if not any(sign in name for name in result.label_names)), _BETWEEN[0])

    def joined(given: NDArray[Any]) -> pl.Series:
        return pl.Series([sign.join(labels) for labels in _label_lists(result, given)], dtype=pl.String)

    columns: dict[str, Any] = {"row": rows, "truth": joined(result.truth[:, :-1])}
    columns |= {rung.rung: joined(rung.predictions) for rung in result.rungs}
    columns["leaked"] = result.leaked
    return pl.DataFrame(columns)


def write_run(result: ClimbResult, folder: Path, frozen: Frozen, *, lang: str, report: bool) -> None:
    """Write table, predictions and report; the models stand there already.

    Args:
        result: of the climb.
        folder: where to.
        frozen: the split, for the rows of the texts in their files.
        lang: of the report and of what else is written.
        report: whether there is to be one.

    Raises:
        OutputError: something could not be written.
    """
    with speaking(lang):
        atomic_write(folder / TABLE, to_json(result))
    atomic_write(folder / PREDICTIONS, predictions_table(result, frozen.final.rows).write_csv())
    validated = validation_tensors(result, frozen.validation, frozen.validation_truth)
    atomic_write(folder / VALIDATION, validated)
    if report:
        write_report(result, folder / REPORT, lang=lang)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return str(value)
