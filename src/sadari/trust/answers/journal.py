"""What one person has answered, one line an answer, on the disk before the next text is asked.

A journal is only ever added to: taking an answer back is a line, too. Each line goes out in one write and is flushed;
what a killed process or a full disk leaves of a line is no answer, and is cut off. The system's lock says whether
somebody else is writing under the same name.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from sadari.artifact.atomic import output_errors, sync_folder
from sadari.artifact.plain_file import open_plain
from sadari.artifact.strict_json import parse_json
from sadari.artifact.temporary import BINARY, lock
from sadari.errors import DataError, OutputError, SettingError, reason_of
from sadari.messages import message

Did = Literal["label", "none", "skip", "settle", "undo", "list"]
Drawn = Literal["random", "chosen", "shared", "listed"]
SUFFIX = ".jsonl"
MOST_LINE = 16 << 20  # bytes
MOST_FILE = 4 << 30
_NAME = re.compile(r"[^\W_][\w.@+ -]{0,63}")


@dataclass(frozen=True)
class Answer:
    """One thing that a person did.

    Attributes:
        did: "label": gave one; "none": said that none of the list fits; "skip": left it; "settle": decided what others
            disagree about; "undo": took back their last answer that still stood; "list": changed the list of labels.
        text: that was shown; empty for "undo" and "list".
        label: that was given, else None.
        row: of the text in the file, from 1; 0 where there is none.
        drawn: why it was asked: "random": drawn at random, to estimate by; "chosen": to learn from; "shared": another
            person has answered it; "listed": a disagreement.
        at: when, in UTC, as ISO 8601 has it.
        labels: for "list": the whole list, name → what it means.
    """

    did: Did
    text: str = ""
    label: str | None = None
    row: int = 0
    drawn: Drawn = "chosen"
    at: str = ""
    labels: Mapping[str, str] | None = None

    def line(self) -> bytes:
        """As it stands in a journal."""
        given = {name: value for name, value in asdict(self).items() if value not in (None, "", 0)}
        return json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def folder_of(output: Path) -> Path:
    """Where the journals of a table of labels lie: ``labels.csv`` → ``labels.csv.answers``."""
    return output.with_name(f"{output.name}.answers")


def journals_in(folder: Path) -> dict[str, list[Answer]]:
    """Whose journals there are → what stands in each, in order.

    Args:
        folder: of the journals; it need not exist.

    Raises:
        DataError: one is damaged, or cannot be read.
    """
    found = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    return {file.name.removesuffix(SUFFIX): read_journal(file) for file in found}


def read_journal(file: Path) -> list[Answer]:
    """What stands in a journal; a last line that has no end is no answer.

    Raises:
        DataError: a line is no answer, or it cannot be read.
    """
    try:
        with open_plain(file) as stream:
            content = stream.read(MOST_FILE + 1)
    except (OSError, ValueError) as error:
        raise DataError(message("cannot be read: {reason}", reason=reason_of(error)), where=str(file)) from None
    return list(_answers(content[: content.rfind(b"\n") + 1], str(file)))


def _answers(content: bytes, where: str) -> Iterator[Answer]:
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        try:
            if len(line) > MOST_LINE:
                raise DataError(message("longer than {most:,} bytes", most=MOST_LINE))
            yield _answer_of(parse_json(line))
        except DataError as error:
            raise DataError(
                message("line {number:,} is no answer: {error}", number=number, error=error.said),
                where=where,
                hint=message("take the line out, or bring back the file as it was"),
            ) from None


def _answer_of(given: Any) -> Answer:
    """An answer of a line's value.

    Raises:
        DataError: it is none.
    """
    kinds: dict[str, type] = {
        "did": str,
        "text": str,
        "label": str,
        "row": int,
        "drawn": str,
        "at": str,
        "labels": dict,
    }
    if type(given) is not dict or not all(type(value) is kinds.get(name) for name, value in given.items()):
        raise DataError(message("the line has other fields than an answer"))
    found = Answer(**{"did": "", **given})
    named = found.labels is None or all(type(said) is str for said in found.labels.values())
    whole = (found.did == "label") <= (found.label is not None) <= (found.did in ("label", "settle"))
    whole &= (found.did == "list") == (found.labels is not None)
    if found.did not in get_args(Did) or found.drawn not in get_args(Drawn) or not named or not whole:
        raise DataError(message("the line has other values than an answer"))
    return found


class Journal:
    """The journal of one person, open for more; nobody else may write under this name meanwhile.

    Args:
        folder: of the journals; it is made where it is missing.
        name: of the person.

    Attributes:
        answers: all that stands in it.

    Raises:
        SettingError: no file can have this name, or somebody else is writing under it. DataError: it is damaged.
        OutputError: it cannot be written.
    """

    def __init__(self, folder: Path, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise SettingError(
                message("--as {name!r}: no name of a person that a file can have", name=name),
                hint=message("take up to 64 letters and digits"),
            )
        self.name, self.path = name, folder / f"{name}{SUFFIX}"
        with output_errors(self.path):
            _make(folder)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | BINARY
            self._opened = os.open(self.path, flags, 0o666)
        try:
            self._begin(folder)
        except BaseException:
            self.close()
            raise

    def _begin(self, folder: Path) -> None:
        if lock(self._opened) == "theirs":
            raise SettingError(
                message("{name!r} is labelling this file already", name=self.name),
                where=str(self.path),
                hint=message("end the other one first, or give another name: --as NAME"),
            )
        self.answers = read_journal(self.path)
        with output_errors(self.path):
            size = os.fstat(self._opened).st_size
            self._size = _whole_lines(self._opened, size)
            if self._size < size:
                os.ftruncate(self._opened, self._size)
                os.fsync(self._opened)
            sync_folder(folder)

    def add(self, answer: Answer) -> None:
        """Keep an answer; when this returns, it is on the disk.

        Raises:
            OutputError: it could not be kept; the journal is as it was.
        """
        line = answer.line()
        try:
            with output_errors(self.path):
                if os.write(self._opened, line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # what a disk that is nearly full does
                os.fsync(self._opened)
        except OutputError:
            with suppress(OSError):
                os.ftruncate(self._opened, self._size)
            raise
        self._size += len(line)
        self.answers.append(answer)

    def close(self) -> None:
        """Let others write under this name; once more does nothing."""
        opened, self._opened = self._opened, -1
        if opened >= 0:
            os.close(opened)


def _make(folder: Path) -> None:
    """A folder, and those above it, on the disk."""
    for each in reversed([folder, *folder.parents]):
        if not each.exists():
            each.mkdir(exist_ok=True)
            sync_folder(each.parent)


def _whole_lines(opened: int, size: int) -> int:
    """Where the last whole line of a file ends."""
    end = size
    while end:
        start = max(0, end - 65_536)
        os.lseek(opened, start, os.SEEK_SET)
        place = os.read(opened, end - start).rfind(b"\n")
        if place >= 0:
            return start + place + 1
        end = start
    return 0
