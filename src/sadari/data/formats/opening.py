"""Which format a file has, and its reader: by what the user says, the extension, or the first bytes."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path
from pkgutil import resolve_name

from sadari.artifact.plain_file import as_path
from sadari.data.formats import FORMATS
from sadari.data.formats.byte_stream import (
    STANDARD_INPUT,
    ByteStream,
    first_bytes,
    open_bytes,
    spool,
    spool_standard_input,
)
from sadari.data.formats.csv.records import TSV, CsvRecords, open_csv
from sadari.data.formats.encodings.encoding import open_stream
from sadari.data.formats.format import Asked, Format, LocalFile
from sadari.data.formats.lines import LINES, LINES_COLUMNS
from sadari.data.formats.records import Records
from sadari.data.formats.remote import fetched, is_remote
from sadari.errors import DataError
from sadari.messages import message
from sadari.settings.limits import Choice, check

_HEAD_BYTES = 64 << 10
_LINES_ALIKE = 20


def find_format(name: str) -> Format:
    """The format of that name in `FORMATS`."""
    format: Format = resolve_name(FORMATS[name])
    return format


def open_records(path: str | Path, asked: Asked) -> Records:
    """The reader of a file.

    Raises:
        DataError: it is missing, empty, unreadable, or not what it is said to be.
    """
    check("format", asked.format, Choice(tuple(FORMATS)), optional=True)
    place, name, kept = local_file(path)
    file, every = LocalFile(place, name, kept), list(map(find_format, FORMATS))
    format = None if asked.format is None else find_format(asked.format)
    if stat.S_ISDIR(_mode(place)):
        if format is not None and format.of != "folder":
            raise DataError(message("is a folder, not a file"), where=name)
        return (format or next(each for each in every if each.of == "folder")).read(file, asked)
    if format is not None and format.of == "folder":
        open_bytes(place, name).close()
        raise DataError(message("is a file, not a folder"), where=name)
    ending = None if format else _by_ending(name, every)
    format = format or ending or _by_first_bytes(file, every)
    if format is not None and format.of == "bytes":
        return format.read(file, asked)
    stream = open_stream(place, name=name, encoding=asked.encoding)
    stream.spool = kept
    if ending is not None and not ending.begins:
        _refuse_another(stream)
    return format.read(stream, asked) if format is not None else _by_content(stream, asked, every)


def _by_ending(name: str, every: Sequence[Format]) -> Format | None:
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return next((format for format in every if suffixes and suffixes[-1] in format.endings), None)


def _refuse_another(stream: ByteStream) -> None:
    """Raise an error of a file named as one format whose first lines all begin as those of another one."""
    lines = [line.lstrip() for line in stream.head(_HEAD_BYTES)[0].splitlines() if line.strip()][:_LINES_ALIKE]
    if not lines:
        return
    for named in FORMATS:
        begins = find_format(named).begins
        if find_format(named).of == "text" and begins and all(line.startswith(begins) for line in lines):
            what = message(
                "each line begins with {begins}, as it does in the format {name}", begins=begins.decode(), name=named
            )
            raise DataError(what, where=stream.name, hint=message("pass --format {name}, or --format csv", name=named))


def _by_first_bytes(file: LocalFile, every: Sequence[Format]) -> Format | None:
    """A format of bytes; what is text is known when its encoding is."""
    signs = {format.begins: format for format in every if format.of == "bytes" and format.begins}
    head = first_bytes(file.path, file.name, max(map(len, signs)))
    return next((format for begins, format in signs.items() if head.startswith(begins)), None)


def local_file(path: str | Path) -> tuple[Path, str, object | None]:
    """A file that can be read twice, its name for messages, and what keeps it alive."""
    place = as_path(path)
    if str(path) == "-":
        place, kept = spool_standard_input()
        return place, STANDARD_INPUT, kept
    if is_remote(path):
        place, kept = fetched(str(path))
        return place, str(path), kept
    mode = _mode(place)
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        with open_bytes(place, str(path), pipe=True) as handle:
            if stat.S_ISCHR(mode) and not handle.isatty() and handle.read(1):
                raise DataError(
                    message("is a device, not a plain file"), where=str(path), hint=message("name a file of texts")
                )
            copy, kept = spool(handle)
        return copy, str(path), kept
    return place, str(path), None


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0  # opening it will say what is wrong


def _by_content(stream: ByteStream, asked: Asked, every: Sequence[Format]) -> Records:
    """For standard input, ``.txt`` and unknown extensions: by its first characters, a table, or one text a line."""
    head, _ = stream.head(_HEAD_BYTES)
    start = head.lstrip()
    for format in every:
        if format.of == "text" and format.begins and start.startswith(format.begins):
            return format.read(stream, asked)
    of_a_table = asked.columns and asked.columns != LINES_COLUMNS
    if asked.delimiter or asked.header is not None or of_a_table or asked.need_label:
        return TSV.read(stream, asked)
    return _table_or_none(stream, asked) or LINES.read(stream, asked)


def _table_or_none(stream: ByteStream, asked: Asked) -> CsvRecords | None:
    """A table without any sign of a label is taken for one only if it has what is asked for, or its header or layout
    is known."""
    try:
        table = open_csv(stream, asked, "\t")
    except DataError:
        return None
    is_one = len(table.columns) > 1 and (table.header_is_known or table.delimiter == "\t")
    return table if is_one or set(asked.columns) & set(table.columns) else None
