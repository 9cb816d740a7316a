"""The table of labelled texts that all answers make: a plain CSV, whole at any moment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from sadari.artifact import atomic_file
from sadari.errors import OutputError, SettingError
from sadari.messages import message
from sadari.trust.answers.journal import folder_of
from sadari.trust.answers.standing import Standing, settled

SUFFIX = ".csv"


def check_output(output: Path) -> None:
    """Refuse a place where the table cannot be, or where something else is.

    Args:
        output: of the table.

    Raises:
        SettingError: the name is not one of a CSV file. OutputError: a file is there that no answers made.
    """
    if output.suffix.lower() != SUFFIX:
        raise SettingError(
            message("-o {path}: labels are written as CSV", path=output), hint=message("end the name in .csv")
        )
    if output.exists() and not folder_of(output).is_dir():
        raise OutputError(
            message("there is a file of this name that was not made by answers here"),
            where=str(output),
            hint=message("choose another name, or remove it"),
        )


def table_of_answers(standings: Mapping[str, Standing], rows: Mapping[str, int]) -> pl.DataFrame:
    """``text``, ``label`` and ``row``, and ``by`` where several people answered: what holds, in order of answers.

    A text that nobody gave a label, or about which people disagree, is not in it.

    Args:
        standings: of all people, by name.
        rows: key of a text → its row in the file as it is now; null where it is not there.
    """
    held = {key: answer for key, answer in settled(standings).items() if answer.label is not None}
    found = {
        "text": [answer.text for answer in held.values()],
        "label": [answer.label for answer in held.values()],
        "row": [rows.get(key) or None for key in held],
    }
    if len(standings) > 1:
        found["by"] = [
            " ".join(sorted(name for name, each in standings.items() if key in each.answers)) for key in held
        ]
    kinds = {"text": pl.String, "label": pl.String, "row": pl.Int64, "by": pl.String}
    return pl.DataFrame(found, schema={name: kinds[name] for name in found})


def write_table(output: Path, table: pl.DataFrame) -> None:
    """Write the table, whole or not at all.

    Args:
        output: where to.
        table: as `table_of_answers` makes it.

    Raises:
        OutputError: it could not be written; the answers are safe all the same.
    """
    with atomic_file(output) as stream:
        table.write_csv(stream)
