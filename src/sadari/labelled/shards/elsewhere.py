"""Answers that lie elsewhere (``s3://``, ``gs://`` …), through fsspec: each file is sent once it is whole.

Where nothing can be added to a file and nothing be locked, the manifest is written anew, at most so often that it
costs a twentieth of the time. A run that is killed loses the lines since then, and those files are made again, to the
same bytes. Before each time it looks whether the manifest is still its own: of two runs one ends.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from sadari.data.formats.remote import file_system, shown, without_secrets
from sadari.errors import OutputError, SadariError
from sadari.labelled.shards.place import ANOTHER, MANIFEST, Log
from sadari.messages import message

_SHARE = 20.0  # times as long as writing the manifest takes, nothing is written


class Elsewhere:
    """A folder of another file system.

    Args:
        address: such as ``s3://bucket/out/``.

    Raises:
        DataError: it needs a package that is not installed, or there is no such kind.
    """

    def __init__(self, address: str) -> None:
        self.address, self.name = address, shown(address)
        with self._writing():
            self._system, path = file_system(address)
        self._path = path.rstrip("/")

    @contextmanager
    def log(self) -> Iterator[Log]:
        """See `Place`."""
        with self._writing():
            self._system.invalidate_cache()
            data = self._read()
            strange = data is None and any(not _is_hidden(name) for name in self._found())
        if strange:
            raise OutputError(message("the folder exists and is not empty"), where=self.name, hint=ANOTHER)
        log = _SentLog(self, data)
        try:
            yield log
        except BaseException:
            with suppress(SadariError):
                log.send()
            raise
        log.send()

    def head(self) -> bytes:
        """See `Place`."""
        with self._writing():
            self._system.invalidate_cache()
            return (self._read() or b"").partition(b"\n")[0] + b"\n"

    def sizes(self, names: Iterable[str]) -> Mapping[str, int]:
        """See `Place`."""
        with self._writing():
            return self._found()

    @contextmanager
    def target(self, name: str) -> Iterator[Path]:
        """See `Place`."""
        with tempfile.TemporaryDirectory(prefix="sadari-") as folder:
            path = Path(folder, Path(name).name)
            yield path
            with self._writing():
                self._with_folders(name, lambda there: self._system.put_file(str(path), there))

    def swept(self, names: Iterable[str]) -> AbstractContextManager[None]:
        """See `Place`: nothing lies there by halves."""
        return nullcontext()

    def writing(self) -> AbstractContextManager[None]:
        """See `Place`."""
        return nullcontext()

    def manifest(self) -> bytes | None:
        """All of it; None where there is none."""
        with self._writing():
            return self._read()

    def send_manifest(self, data: bytes) -> None:
        """Put it there, in place of what was there."""
        with self._writing():
            self._with_folders(MANIFEST, lambda there: self._system.pipe_file(there, data))

    def _read(self) -> bytes | None:
        try:
            return bytes(self._system.cat_file(f"{self._path}/{MANIFEST}"))
        except FileNotFoundError:
            return None

    def _found(self) -> dict[str, int]:
        begin = len(self._path.lstrip("/")) + 1
        try:
            entries = self._system.find(self._path, detail=True)
        except FileNotFoundError:
            return {}
        return {name.lstrip("/")[begin:]: int(about["size"] or 0) for name, about in entries.items()}

    def _with_folders(self, name: str, write: Any) -> None:
        """Write a file; where the file system has folders, they are made. A bucket is not."""
        there = f"{self._path}/{name}"
        try:
            write(there)
        except FileNotFoundError:
            parts = there.strip("/").split("/")
            root = f"/{parts[0]}" if there.startswith("/") else parts[0]
            if not self._system.exists(root):
                raise
            self._system.makedirs(there.rpartition("/")[0], exist_ok=True)
            write(there)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """What a file system says of a failure, each in its own way, as one line without passwords."""
        try:
            yield
        except SadariError:
            raise
        except Exception as error:
            raise OutputError(
                message("cannot be written: {reason}", reason=without_secrets(self.address, error)),
                where=self.name,
                hint=message("check the address, your access rights and the network"),
            ) from None


class _SentLog:
    """A manifest that is written anew."""

    def __init__(self, place: Elsewhere, data: bytes | None) -> None:
        self._place, self._there, self._next = place, data, 0.0
        self._data = (data or b"")[: (data or b"").rfind(b"\n") + 1]
        self.lines = self._data.splitlines()

    def restart(self, line: bytes) -> None:
        self._data = line
        self.send()

    def append(self, line: bytes) -> None:
        self._data += line
        if time.monotonic() >= self._next:
            self.send()

    def send(self) -> None:
        """Write what is not there yet.

        Raises:
            OutputError: it cannot be, or another run has.
        """
        if self._data == self._there:
            return
        begin = time.monotonic()
        if self._place.manifest() != self._there:
            raise OutputError(
                message("another run is writing there"), where=self._place.name, hint=message("wait until it has ended")
            )
        self._place.send_manifest(self._data)
        self._there = self._data
        self._next = time.monotonic() + _SHARE * (time.monotonic() - begin)


def _is_hidden(name: str) -> bool:
    return name.rpartition("/")[2].startswith(".")
