"""Where answers lie: a folder of this machine, and what every such place can do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from sadari.artifact.atomic import output_errors, sync_folder
from sadari.artifact.temporary import clean_folder, lock
from sadari.errors import OutputError
from sadari.labelled.shards.presence import nobody_writing, writing
from sadari.messages import message

MANIFEST = "_manifest.jsonl"  # by its name no data: readers of folders pass over what begins with _
ANOTHER = message("choose another folder with -o, or remove this one")
_GONE = 10.0  # seconds that workers that were killed have to be gone


class Log(Protocol):
    """The lines of a manifest, for one run alone.

    Attributes:
        lines: those that were there when it was opened.
    """

    lines: list[bytes]

    def restart(self, line: bytes) -> None:
        """Begin anew with this line."""

    def append(self, line: bytes) -> None:
        """Add a line, whole or not at all."""


class Place(Protocol):
    """A folder of answers.

    Attributes:
        address: by which workers find it.
        name: as messages call it.
    """

    address: str
    name: str

    def log(self) -> AbstractContextManager[Log]:
        """The manifest's lines.

        Raises:
            OutputError: something else lies there, another run is at work there, or it cannot be written.
        """

    def head(self) -> bytes:
        """The manifest's first line; empty where there is none."""

    def sizes(self, names: Iterable[str]) -> Mapping[str, int]:
        """Bytes of those files that are there."""

    def target(self, name: str) -> AbstractContextManager[Path]:
        """What to write a file to: it has its name there, whole, once the block has ended."""

    def swept(self, names: Iterable[str]) -> AbstractContextManager[None]:
        """Of what workers that were killed had begun to write, nothing is left before and after the block."""

    def writing(self) -> AbstractContextManager[None]:
        """Be known to write there while the block runs."""


class Here:
    """A folder of this machine, or one that all nodes share.

    Args:
        folder: its path; links are followed, since workers may start elsewhere.
    """

    def __init__(self, folder: str | Path) -> None:
        with output_errors(folder):
            self._folder = Path(folder).resolve()
        self.address = self.name = str(self._folder)

    @contextmanager
    def log(self) -> Iterator[Log]:
        """See `Place`."""
        path = self._folder / MANIFEST
        with output_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        with output_errors(path):
            strange = not path.exists() and any(not entry.name.startswith(".") for entry in self._folder.iterdir())
        if strange:
            raise OutputError(message("the folder exists and is not empty"), where=self.name, hint=ANOTHER)
        with output_errors(path):
            opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            if lock(opened) == "theirs":
                raise OutputError(
                    message("another run is writing there"), where=self.name, hint=message("wait until it has ended")
                )
            with output_errors(path):
                log = _OpenLog(path, opened)
            yield log
        finally:
            os.close(opened)

    def head(self) -> bytes:
        """See `Place`."""
        with suppress(OSError), (self._folder / MANIFEST).open("rb") as opened:
            return opened.readline()
        return b""

    def sizes(self, names: Iterable[str]) -> Mapping[str, int]:
        """See `Place`."""
        found = {}
        for name in names:
            with suppress(OSError):
                found[name] = (self._folder / name).stat().st_size
        return found

    @contextmanager
    def target(self, name: str) -> Iterator[Path]:
        """See `Place`."""
        yield self._folder / name

    @contextmanager
    def swept(self, names: Iterable[str]) -> Iterator[None]:
        """See `Place`."""
        folders = {(self._folder / name).parent for name in names}
        self._sweep(folders)
        try:
            yield
        finally:
            self._sweep(folders)

    def writing(self) -> AbstractContextManager[None]:
        """See `Place`."""
        return writing(self._folder)

    def _sweep(self, folders: Iterable[Path]) -> None:
        with nobody_writing(self._folder, _GONE):
            for folder in folders:
                clean_folder(folder)


class _OpenLog:
    """A manifest that is open and locked."""

    def __init__(self, path: Path, opened: int) -> None:
        self._path, self._opened = path, opened
        self.lines = self._whole_lines()

    def restart(self, line: bytes) -> None:
        with output_errors(self._path):
            os.ftruncate(self._opened, 0)
            self._write(line)
            sync_folder(self._path.parent)

    def append(self, line: bytes) -> None:
        with output_errors(self._path):
            self._write(line)

    def _write(self, data: bytes) -> None:
        """Add a line, whole; what a full disk took of one is taken back."""
        before = os.fstat(self._opened).st_size
        try:
            while data:
                data = data[os.write(self._opened, data) :]
            os.fsync(self._opened)
        except BaseException:
            os.ftruncate(self._opened, before)
            raise

    def _whole_lines(self) -> list[bytes]:
        """All lines; what a killed run has written of one is taken back."""
        with os.fdopen(os.dup(self._opened), "rb") as stream:
            stream.seek(0)
            data = stream.read()
        end = data.rfind(b"\n") + 1
        if end < len(data):
            os.ftruncate(self._opened, end)
        return data[:end].splitlines()
