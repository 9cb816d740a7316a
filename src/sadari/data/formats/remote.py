"""Files that lie elsewhere (``s3://``, ``gs://``, ``https://`` …), through fsspec: which there are, a copy to read."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sadari.errors import DataError, OutputError, reason_of
from sadari.messages import message

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_BLOCK_BYTES = 8 << 20


def is_remote(name: object) -> bool:
    """Whether a name is an address of another file system."""
    return isinstance(name, str) and bool(_ADDRESS.match(name))


def remote_files(address: str, *, pattern: bool) -> list[str] | None:
    """The addresses of the files that match a pattern, or lie directly in a folder; None where it is no folder.

    Raises:
        DataError: they cannot be listed.
    """
    with _reading(address):
        system, path = _system(address)
        if pattern:
            found = system.glob(path, detail=True)
        elif system.isdir(path):
            found = {entry["name"]: entry for entry in system.ls(path, detail=True)}
        else:
            return None
        return sorted(system.unstrip_protocol(name) for name, about in found.items() if about["type"] == "file")


def fetched(address: str) -> tuple[Path, object]:
    """A copy of a file, and what keeps it: the copy goes when that does.

    Raises:
        DataError: it is not there, or cannot be read. OutputError: there is no room for it.
    """
    copy = tempfile.NamedTemporaryFile(prefix="sadari-")  # noqa: SIM115
    with _reading(address):
        system, path = _system(address)
        opened = system.open(path, "rb")
    with opened:
        while True:
            with _reading(address):
                block = opened.read(_BLOCK_BYTES)
            if not block:
                break
            try:
                copy.write(block)
                copy.flush()
            except OSError as error:
                raise OutputError(
                    message("a copy cannot be kept while it is read: {reason}", reason=reason_of(error)),
                    where=address,
                    hint=message("set TMPDIR to a folder with more room"),
                ) from error
    return Path(copy.name), copy


def _system(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it.

    Raises:
        DataError: it needs a package that is not installed, or there is no such kind.
    """
    scheme = address.partition("://")[0].lower()
    try:
        import fsspec
        from fsspec.registry import known_implementations
    except ImportError:
        raise _missing(address, scheme, "fsspec") from None
    try:
        system, path = fsspec.core.url_to_fs(address)
    except ImportError:
        package = str(known_implementations.get(scheme, {}).get("class", "fsspec")).partition(".")[0]
        raise _missing(address, scheme, package) from None
    return system, path


def _missing(address: str, scheme: str, package: str) -> DataError:
    what = message("{scheme}:// needs a package that is not installed", scheme=scheme)
    return DataError(what, where=address, hint=message("install it: pip install {package}", package=package))


@contextmanager
def _reading(address: str) -> Iterator[None]:
    """What a file system says of a failure, each in its own way, as one line."""
    try:
        yield
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(message("there is no such file"), where=address, hint=message("check the address")) from None
    except Exception as error:
        raise DataError(
            message("cannot be read ({reason})", reason=reason_of(error)),
            where=address,
            hint=message("check the address, your access rights and the network"),
        ) from None
