"""A binary file that nobody vouches for: read in order, and never for more than it holds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import Struct
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sadari.artifact import open_plain
from sadari.errors import ModelError, reason_of
from sadari.messages import Message, message

_WORD2VEC = re.compile(rb"\s*[0-9]{1,12} [0-9]{1,6} *\r?\n")
_KNOWN = (
    (b"PK\x03\x04", message("a zip file"), message("unpack it first")),
    (b"\x1f\x8b", message("a gzip file"), message("unpack it first: gunzip FILE")),
    (b"\x80", message("a Python pickle"), message("export it from the library that wrote it")),
)
_NOT_OURS = message("is no model of fastText's: it does not begin with its magic number")
_HEAD = 4096


class FileBytes:
    """An open file and how much of it is left.

    Attributes:
        where: its name, for messages.
        size: in bytes.
        at: how far it was read.
    """

    def __init__(self, stream: BinaryIO, where: str) -> None:
        self._stream, self.where = stream, where
        self.size, self.at = os.fstat(stream.fileno()).st_size, 0

    @property
    def left(self) -> int:
        return self.size - self.at

    def seek(self, place: int) -> None:
        self._stream.seek(place)
        self.at = place

    def skip(self, count: int, what: Message) -> None:
        """Pass over so many bytes of ``what``."""
        self._check(count, what)
        self.seek(self.at + count)

    def unpack(self, layout: Struct, what: Message) -> tuple[Any, ...]:
        """Numbers of ``what``."""
        return layout.unpack(self.array(np.uint8, layout.size, what).tobytes())

    def flag(self, what: Message) -> bool:
        """A byte that is 0 or 1."""
        value = int(self.array(np.uint8, 1, what)[0])
        if value > 1:
            raise ModelError(
                message("says {value} where {what} begins, and not yes or no", value=value, what=what), where=self.where
            )
        return bool(value)

    def array(self, dtype: Any, count: int, what: Message) -> NDArray[Any]:
        """So many numbers, once it is known that the file has them.

        Raises:
            ModelError: it has not.
        """
        self._check(count * np.dtype(dtype).itemsize, what)
        out = np.empty(count, np.dtype(dtype).newbyteorder("<"))
        self.fill(out, what)
        return out

    def fill(self, out: NDArray[Any], what: Message) -> None:
        """Read into an array without holes."""
        view = out.view(np.uint8).data
        done = 0
        while done < len(view):
            try:
                got = self._stream.readinto(view[done:])  # type: ignore[attr-defined]
            except OSError as error:
                raise ModelError(
                    message("cannot be read: {reason}", reason=reason_of(error)), where=self.where
                ) from None
            if not got:
                raise self._cut_off(what)
            done += got
        self.at += done

    def _check(self, count: int, what: Message) -> None:
        if count > self.left:
            raise self._cut_off(what)

    def _cut_off(self, what: Message) -> ModelError:
        return ModelError(
            message("ends within {what}, or says that there is more of it than there can be", what=what),
            where=self.where,
            hint=message("copy or download it again"),
        )

    def not_fasttext(self) -> ModelError:
        """What to say of a file that does not begin as fastText's do: what it is instead, if that can be seen."""
        self.seek(0)
        head = self.array(np.uint8, min(self.size, _HEAD), message("its head")).tobytes()
        hint: Message | None = None
        what = _NOT_OURS
        if not head:
            what = message("is empty")
        elif _WORD2VEC.match(head):
            what = message("holds word vectors in word2vec's format, and is no model of fastText's")
            hint = message("sadari vectors convert reads it")
        elif known := next((known for known in _KNOWN if head.startswith(known[0])), None):
            what, hint = message("is {known}, no model of fastText's", known=known[1]), known[2]
        elif _is_text(head):
            what = message("is text, no model of fastText's")
            hint = message("texts to train on go to sadari train; vectors (.vec) to sadari vectors convert")
        return ModelError(what, where=self.where, hint=hint)


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode()  # the head ends within a character
    return all(character.isprintable() or character in "\t\r\n" for character in text)


@contextmanager
def open_model_file(path: str | Path) -> Iterator[FileBytes]:
    """A plain file, open.

    Raises:
        ModelError: there is none, it is something else, or it may not be read.
    """
    where = os.fspath(path)
    try:
        stream = open_plain(path)
    except FileNotFoundError:
        raise ModelError(message("there is no such file"), where=where) from None
    except ValueError:
        raise ModelError(message("a name cannot hold NUL"), where=repr(where)) from None
    except OSError as error:
        raise ModelError(message("cannot be read: {reason}", reason=reason_of(error)), where=where) from None
    with stream:
        yield FileBytes(stream, where)
