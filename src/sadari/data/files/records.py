"""The records of many files, one file after another: the columns of the first, whatever each one's format is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from sadari.data.columns import shown_names
from sadari.data.files.like_first import known_of, open_like
from sadari.data.formats.csv.header import header_note
from sadari.data.formats.format import Asked
from sadari.data.formats.opening import find_format, open_records
from sadari.data.formats.records import BadRowError, BadRows, Chunk, OnBadFile, Places, Records, Wanted, in_file
from sadari.data.formats.remote import is_remote
from sadari.errors import DataError
from sadari.messages import Message, both, message, notes_of, plural

_NOTED = 5  # files of which it is said how they differ from the first


class FilesRecords(Records):
    """Several files as one: rows are numbered through all of them.

    Each file has a format, an encoding, a delimiter and a header of its own. The columns are those of the first file;
    any other must have the same, in whatever order, but that objects (JSONL) may lack keys or have more. A file is
    opened when its turn comes.

    Args:
        paths: the files, two at least.
        asked: what the user says of each of them.
        on_bad_file: "error", or "skip" to leave out what cannot be read, or has other columns.

    Raises:
        DataError: the first file cannot be read; of those that follow, reading says it.
    """

    def __init__(self, paths: Sequence[str], asked: Asked, *, on_bad_file: OnBadFile = "error") -> None:
        self._paths, self._asked, self._skips = list(paths), asked, on_bad_file == "skip"
        self._left_out: dict[int, DataError] = {}
        self._opened: dict[int, Records] = {}
        self._types: dict[str, pl.DataType] | None = None
        self._texts: tuple[str, ...] = ()
        self._label: str | None = None
        self._at, first = self._open_first()
        self._first, self.path = first, self._paths[self._at]
        self._known = known_of(self.path, first)
        self.format, self.columns, self.head = first.format, list(first.columns), first.head
        self.encoding, self.delimiter = first.encoding, first.delimiter
        self.repeated, self.untyped = first.repeated, first.untyped
        self.notes = notes_of(self.path, first.notes)
        self.places = Places((), ())

    def complete_columns(self) -> None:
        """Open every file: columns that only some have are added, and one type is found for each column."""
        types: dict[str, pl.DataType] = {}
        for at in range(len(self._paths)):
            records = self._open(at)
            if records is not None:
                records.complete_columns()
                types = self._common(types, records.schema, self._paths[at])
        self.columns, self._types = list(types), types

    def check_types(self, texts: Sequence[str], label: str | None) -> None:
        """As the first file has it; the others are looked at when they are opened. See `Records`."""
        self._first.check_types(texts, label)
        if (tuple(texts), label) != (self._texts, self._label):
            self._texts, self._label = tuple(texts), label
            self._opened.clear()
            self._left_out = {at: error for at, error in self._left_out.items() if at < self._at}

    def chunks(self, rows: int, wanted: Wanted, bad: BadRows) -> Iterator[Chunk]:
        """All records of all files; see `Records`."""
        before, last = [], 0
        notes: dict[str, list[Message]] = {}
        for at, path in enumerate(self._paths):
            before.append(last)
            own = BadRows(path, bad.mode)
            highest = 0
            try:
                for chunk in self._chunks_of(at, rows, wanted, own):
                    highest = max(highest, int(chunk.rows.max(initial=0)))
                    yield self._numbered(chunk, wanted, path, before[at])
            except DataError as error:
                self._leave_out(at, error)
            last += max(highest, own.last)
            bad.add(own, before[at])
            notes[path] = [*self._unlike_first(at), *own.notes]
        self.places = Places(tuple(self._paths), tuple(before))
        bad.notes += _of_some({path: said for path, said in notes.items() if said})
        self._say_left_out(bad)

    def _open_first(self) -> tuple[int, Records]:
        for at, path in enumerate(self._paths):
            try:
                return at, open_records(path, self._asked)
            except DataError as error:
                self._leave_out(at, error)
        first = self._left_out[0]
        raise DataError(
            message("none of the {count:,} files can be read: {reason}", count=len(self._paths), reason=first.said),
            where=self._paths[0],
            hint=first.advice,
        )

    def _open(self, at: int) -> Records | None:
        """A file's records; None where it is left out."""
        if at == self._at:
            return self._first
        if at not in self._opened and at not in self._left_out:
            try:
                records = self._checked(self._paths[at])
            except DataError as error:
                self._leave_out(at, error)
                return None
            if is_remote(self._paths[at]):  # a copy of every file would fill the disk
                return records
            self._opened[at] = records
        return self._opened.get(at)

    def _checked(self, path: str) -> Records:
        """Opened, with the columns of the first file.

        Raises:
            DataError: it cannot be read, or has other columns.
        """
        own_names = find_format(self.format).named
        asked = self._asked if own_names else replace(self._asked, columns=tuple(filter(None, self._needed)))
        records = open_like(path, asked, self._known)
        self._check_columns(records, path)
        records.check_types(self._texts, self._label)
        # a thousand heads would fill the memory: of each, the labels alone are asked for again
        head = records.head
        records.head = head.clear() if self._label is None else head.unique(self._label, maintain_order=True)
        return records

    @property
    def _needed(self) -> list[str]:
        return list(dict.fromkeys([*self._texts, *([self._label] if self._label else [])]))

    def _check_columns(self, records: Records, path: str) -> None:
        there, known = set(records.columns), self._first.columns
        keyed = "jsonl" in (records.format, self.format)
        missing = [name for name in (self._needed if keyed else known) if name not in there]
        more = [] if keyed else [name for name in records.columns if name not in set(known)]
        if not missing and not more:
            return
        lacks = message("it lacks {names}", names=shown_names(missing))
        has_more = message("it has {names} more", names=shown_names(more))
        said = [*([lacks] if missing else []), *([has_more] if more else [])]
        raise DataError(
            message("has other columns than {file}: {difference}", file=self.path, difference=both(said)),
            where=path,
            hint=message(
                "its columns are: {columns}; give files of the same columns, or pass --on-bad-file skip",
                columns=shown_names(records.columns),
            ),
        )

    def _chunks_of(self, at: int, rows: int, wanted: Wanted, bad: BadRows) -> Iterator[Chunk]:
        records = self._open(at)
        if records is None:
            return
        if wanted.columns is None and records.format == "jsonl":
            records.columns = list(self.columns)  # what a line lacks is null
        yield from records.chunks(rows, wanted, bad)

    def _numbered(self, chunk: Chunk, wanted: Wanted, path: str, before: int) -> Chunk:
        """A file's chunk as one of all files'."""
        numbers = chunk.rows

        def place(i: int) -> Message:
            return in_file(path, chunk.place(i), before + int(numbers[i]))

        frame = chunk.frame
        if wanted.columns is None and self._types is not None:
            frame = self._of_types(frame, wanted.label)
        return Chunk(frame, numbers + before, place, chunk.lines)

    def _of_types(self, frame: pl.DataFrame, label: str | None) -> pl.DataFrame:
        """A frame with the columns and types that those of all files have."""
        types = self._types or {}
        there = frame.schema
        return frame.select(
            (pl.col(name) if name in there else pl.lit(None)).cast(there[name] if name == label else kind).alias(name)
            for name, kind in types.items()
        )

    def _common(self, types: dict[str, pl.DataType], more: dict[str, pl.DataType], path: str) -> dict[str, pl.DataType]:
        """One type for each column: one that holds the values of both."""
        empty = [pl.DataFrame(schema=schema) for schema in (types, more)]
        try:
            return dict(pl.concat(empty, how="diagonal_relaxed").schema)
        except pl.exceptions.PolarsError:
            name = next(name for name, kind in more.items() if name in types and not _fit(kind, types[name]))
        raise DataError(
            message(
                "the column {name!r} holds {kind}, and {other} in the files before it",
                name=name,
                kind=more[name],
                other=types[name],
            ),
            where=path,
            hint=message("write the files with one type for each column"),
        )

    def _leave_out(self, at: int, error: DataError) -> None:
        if isinstance(error, BadRowError):
            raise error
        if not self._skips:
            error.advice = error.advice or message("mend it, or pass --on-bad-file skip to leave such files out")
            raise error
        self._left_out[at] = error

    def _unlike_first(self, at: int) -> list[Message]:
        """What was found out of a file that is not so of the first."""
        records = self._opened.get(at)
        if records is None:
            return []
        known = [*self._first.notes, header_note(records.columns)]  # it names the same columns, or it is an error
        return [note for note in records.notes if note not in known]

    def _say_left_out(self, bad: BadRows) -> None:
        bad.files = [
            message("{place}: {what}", place=self._paths[at], what=error.said)
            for at, error in sorted(self._left_out.items())
        ]
        if bad.files:
            bad.notes.append(
                plural(
                    "{count:,} file left out ({first})",
                    "{count:,} files left out (the first: {first})",
                    len(bad.files),
                    first=bad.files[0],
                )
            )


def _of_some(notes: dict[str, list[Message]]) -> list[Message]:
    """What is said of files, of the first of them in full."""
    first = list(notes)[:_NOTED]
    said = [note for path in first for note in notes_of(path, notes[path])]
    if len(notes) > len(first):
        more = plural("{count:,} more file has notes like these", "{count:,} more files have notes like these", 2)
        said.append(more.filled(len(notes) - len(first)))
    return said


def _fit(kind: pl.DataType, other: pl.DataType) -> bool:
    """Whether one type holds the values of both."""
    empty = [pl.Series("values", [], dtype=each).to_frame() for each in (kind, other)]
    try:
        pl.concat(empty, how="vertical_relaxed")
    except pl.exceptions.PolarsError:
        return False
    return True
