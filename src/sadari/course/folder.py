"""The folder that a student opens: six notebooks in a language, and what they must know of it."""

from __future__ import annotations

import json
from pathlib import Path

from sadari.artifact import atomic_folder, atomic_write
from sadari.course.lesson import ABOUT
from sadari.course.percent import read_percent, to_notebook
from sadari.errors import DataError
from sadari.messages import message

NOTEBOOKS = (
    "1_representation",
    "2_classification",
    "3_embeddings",
    "4_recurrent",
    "5_generation",
    "6_attention",
)
LANGUAGES = ("en", "ko")
SOLUTIONS = "solutions"
_INSTALLED = Path(__file__).parent / "notebooks"  # in a wheel
_CHECKOUT = Path(__file__).parents[3] / "course"


def source_of(name: str, place: str) -> str:
    """A notebook as it is written, in the percent format.

    Args:
        name: one of `NOTEBOOKS`.
        place: one of `LANGUAGES`, or `SOLUTIONS`, which are code and the same in every language.

    Raises:
        DataError: it is not where the package has it.
    """
    file = (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT) / place / f"{name}.py"
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(
            message("the notebooks should be part of the package, and are not"),
            where=str(file),
            hint=message("install sadari again"),
        ) from error


def write_course(folder: str | Path, *, lang: str = "en", solutions: bool = False) -> list[Path]:
    """Write the six notebooks, whole or not at all, without outputs.

    Args:
        folder: where to; it must be absent or empty.
        lang: ``"en"`` or ``"ko"``.
        solutions: whether to write those of the exercises too, as notebooks in a folder within.

    Returns:
        The notebooks.

    Raises:
        OutputError: the folder is not empty, or cannot be written.
    """
    names = [(lang, name) for name in NOTEBOOKS] + [(SOLUTIONS, name) for name in NOTEBOOKS if solutions]
    files = {
        Path(SOLUTIONS if place == SOLUTIONS else "", f"{name}.ipynb"): to_notebook(
            read_percent(source_of(name, place))
        )
        for place, name in names
    }
    with atomic_folder(folder) as made:
        for file, text in files.items():
            (made / file).parent.mkdir(exist_ok=True)
            atomic_write(made / file, text)
        atomic_write(made / ABOUT, json.dumps({"lang": lang}) + "\n")
    return [Path(folder) / file for file in files]
