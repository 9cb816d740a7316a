"""What is known of a file format: how its files are recognised, and what reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sadari.data.formats.records import Records


@dataclass(frozen=True)
class Asked:
    """What the user says about a file; None and empty mean: find out. See `sadari.data.read.open_source`."""

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    columns: tuple[str, ...] = ()
    need_label: bool = True


@dataclass(frozen=True)
class LocalFile:
    """A file or folder that can be read twice.

    Attributes:
        path: where it lies.
        name: what messages call it.
        spool: what keeps it there as long as it is read.
    """

    path: Path
    name: str
    spool: object | None = None


@dataclass(frozen=True)
class Format:
    """One file format.

    Attributes:
        read: opens its records; gets a `ByteStream` of a text, and a `LocalFile` of anything else.
        of: what it is a format of.
        endings: of the names of its files, lower-case: ``(".csv",)``.
        begins: with what every such file begins, white space aside in a text; empty where nothing shows it.
        named: whether its columns have names of our own (``text``, ``label``), so that none is guessed.
    """

    read: Callable[[Any, Asked], Records]
    of: Literal["text", "bytes", "folder"] = "text"
    endings: tuple[str, ...] = ()
    begins: bytes = b""
    named: bool = False
