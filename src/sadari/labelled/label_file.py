"""One file, labelled by a model: opened, answered a batch at a time, and written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.labelled.columns import use_columns_of_model
from sadari.labelled.rows import NOTES, Answers, Labelled, Wanted
from sadari.labelled.writers import write_file
from sadari.messages import Message, message

if TYPE_CHECKING:
    from sadari.data.files.like_first import First
    from sadari.data.source import Source
    from sadari.rungs import Rung

BATCH_ROWS = 32_768


@dataclass(frozen=True)
class Labelling:
    """How files are labelled.

    Args:
        reading: arguments of `sadari.data.read.open_source`.
        wanted: which columns are added.
        escape: whether CSV cells that a spreadsheet would run are made harmless.
        bom: whether CSV begins with a byte order mark.
        precision: in which the model predicts; None: as it is saved.
        first: what is known of the first of many files.
    """

    reading: Mapping[str, Any] = field(default_factory=dict)
    wanted: Wanted = field(default_factory=Wanted)
    escape: bool = False
    bom: bool = False
    precision: str | None = None
    first: First | None = None


class Counted:
    """Rows that are counted as they pass, and how many have each note.

    Args:
        labelled: the rows.
        on_rows: is told how many there were so far.
    """

    def __init__(self, labelled: Iterator[Labelled], on_rows: Callable[[int], None] = lambda rows: None) -> None:
        self._labelled, self._on_rows = labelled, on_rows
        self.rows, self.notes = 0, dict[str, int]()

    def __iter__(self) -> Iterator[Labelled]:
        for rows in self._labelled:
            notes = rows.notes()
            self.rows += notes.len()
            for text in notes.drop_nulls().unique().sort():
                self.notes[text] = self.notes.get(text, 0) + int((notes == text).sum())
            yield rows
            self._on_rows(self.rows)


def notes_said(notes: Mapping[str, int]) -> list[Message]:
    """``3 empty``, ``1 cut``: how many rows have each note, for people."""
    return [message("{count:,} {what}", count=count, what=NOTES[name]) for name, count in notes.items()]


def open_unlabelled(
    model: Rung, path: str | Path | Sequence[str | Path], reading: Mapping[str, Any], first: First | None = None
) -> Source:
    """A file whose texts a model is to label; a column of labels is one like any other.

    Without ``text`` in `reading`, the texts are those of the columns of the model's training, where the file has
    them. Texts that are missing are empty ones, which a model answers too.

    Args:
        model: that will label them.
        path: the file, or several as one.
        reading: arguments of `sadari.data.read.open_source`.
        first: its ``like``.

    Raises:
        DataError: the file cannot be read as texts.
        SettingError: an argument that makes no sense.
    """
    from sadari.data.read import open_source

    source = open_source(path, **{**reading, "need_label": False, "missing": "empty", "like": first})
    if not reading.get("text"):
        use_columns_of_model(source, model, need_label=False)
    source.use_columns(source.text_columns, None)
    return source


def answered(source: Source, answers: Answers) -> Iterator[Labelled]:
    """The rows of a file with their answers, a batch at a time."""
    for batch in source.batches(BATCH_ROWS):
        yield Labelled(batch.frame, answers.answer(batch.texts), batch.lines)


def label_file(model: Rung, path: str | Path, target: Path, how: Labelling) -> tuple[Counted, int]:
    """Label the rows of one file into another, which has the bytes that ``sadari predict`` gives it.

    Returns:
        The rows that were written, counted; and how many bad rows were left out.

    Raises:
        DataError: the file cannot be read.
        OutputError: the other cannot be written.
    """
    source = open_unlabelled(model, path, how.reading, how.first)
    source.complete_columns()
    seen = Counted(answered(source, Answers(model, source.columns, how.wanted)))
    write_file(target, iter(seen), escape=how.escape, bom=how.bom)
    return seen, source.skipped
