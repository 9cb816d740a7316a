"""The ids of a corpus that is larger than memory: written once to a file without a name, read back page by page."""

from __future__ import annotations

import mmap
import tempfile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sadari.errors import OutputError, reason_of
from sadari.messages import message

CHUNK = 2**22  # ids renamed at once: 16 MiB


class GrowingIds:
    """Ids, or counts, that grow part by part: in memory up to ``in_memory`` of them, beyond that in a temporary file.

    The file lies in the system's folder for such (``TMPDIR``), has no name, and is gone with the process. Its pages
    are read as they are wanted and given up as the system needs memory, so that memory does not grow with it.
    """

    def __init__(self, in_memory: int, dtype: type[np.integer] = np.int32) -> None:
        self.in_memory, self.dtype, self.stored = in_memory, dtype, 0
        self._held: NDArray[Any] = np.empty(0, dtype)
        self._file: IO[bytes] | None = None

    def append(self, part: NDArray[np.integer]) -> None:
        """Add ids behind those that are there.

        Raises:
            OutputError: the disk is full.
        """
        if self._file is None and self.stored + len(part) > self.in_memory:
            self._file = self._write(tempfile.TemporaryFile(prefix="sadari-"), self._held)  # noqa: SIM115
            self._held = np.empty(0, self.dtype)
        if self._file is not None:
            self._write(self._file, part)
        else:
            # grown in place, so that no two copies of a corpus are held; no view is kept meanwhile
            self._held.resize(self.stored + len(part), refcheck=False)
            self._held[self.stored :] = part
        self.stored += len(part)

    def renamed(self, new_ids: NDArray[np.int32]) -> NDArray[Any]:
        """All ids, each replaced by ``new_ids[id]``: an array, or one mapped to the file. Ends the growing."""
        values = self.whole()
        for first in range(0, self.stored, CHUNK):
            values[first : first + CHUNK] = new_ids[values[first : first + CHUNK]]
        return values

    def whole(self) -> NDArray[Any]:
        """All ids: an array, or one mapped to the file. Ends the growing."""
        if self._file is None:
            return self._held
        self._file.flush()
        return np.memmap(self._file, self.dtype, mode="r+", shape=(self.stored,))

    def _write(self, file: IO[bytes], part: NDArray[np.integer]) -> IO[bytes]:
        write(file, np.ascontiguousarray(part, self.dtype))
        return file


def mapped(array: NDArray[Any]) -> NDArray[Any]:
    """The same array in a temporary file without a name, whose pages are given up as the system needs memory.

    Raises:
        OutputError: the disk is full.
    """
    file = tempfile.TemporaryFile(prefix="sadari-")  # noqa: SIM115
    write(file, array)
    return np.memmap(file, array.dtype, mode="r+", shape=array.shape)


def is_mapped(array: NDArray[Any]) -> bool:
    """Whether an array lies in a file already."""
    place: object = array
    while isinstance(place, np.ndarray):
        place = place.base
    return isinstance(place, mmap.mmap)


def write(file: IO[bytes], array: NDArray[Any]) -> None:
    """Add an array to a temporary file.

    Raises:
        OutputError: the disk is full.
    """
    try:
        file.write(array.data)
        file.flush()  # so that a full disk is found out here
    except OSError as error:
        raise OutputError(
            message("the ids of the texts cannot be written: {reason}", reason=reason_of(error)),
            where=tempfile.gettempdir(),
            hint=message("set TMPDIR to a folder with more room"),
        ) from error
