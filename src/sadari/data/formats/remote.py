"""Files that lie elsewhere (``s3://``, ``gs://``, ``https://`` …), through fsspec: which there are, a copy to read."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from sadari.errors import DataError, OutputError, reason_of
from sadari.messages import message

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_BLOCK_BYTES = 8 << 20
# What file systems say of a version of a file, the surest first; each says it whether it lists or looks at one.
_VERSIONS = ("ETag", "etag", "md5Hash", "generation", "mtime", "LastModified", "last_modified", "updated", "created")


def is_remote(name: object) -> bool:
    """Whether a name is an address of another file system."""
    return isinstance(name, str) and bool(_ADDRESS.match(name))


def remote_files(address: str, *, pattern: bool) -> list[str] | None:
    """The addresses of the files that match a pattern, or lie directly in a folder; None where it is no folder.

    Raises:
        DataError: they cannot be listed.
    """
    with _reading(address):
        system, path = file_system(address)
        if pattern:
            found = system.glob(path, detail=True)
        elif system.isdir(path):
            found = {entry["name"]: entry for entry in system.ls(path, detail=True)}
        else:
            return None
        return sorted(system.unstrip_protocol(name) for name, about in found.items() if about["type"] == "file")


def remote_path(address: str) -> PurePosixPath:
    """An address as a path that can be compared with others: its kind, and what stands behind.

    Raises:
        DataError: it needs a package that is not installed, or there is no such kind.
    """
    with _reading(address):
        _, path = file_system(address)
    return PurePosixPath(address.partition("://")[0].lower(), path.strip("/"))


def is_remote_folder(address: str) -> bool:
    """Whether a folder lies there.

    Raises:
        DataError: it cannot be told.
    """
    with _reading(address):
        system, path = file_system(address)
        return bool(system.isdir(path))


def remote_state(address: str) -> tuple[int, int]:
    """The size of a file in bytes, and a number that another version of it does not have.

    Raises:
        DataError: it is not there, or cannot be looked at.
    """
    with _reading(address):
        system, path = file_system(address)
        about = system.info(path)
        versions = (about[name] for name in _VERSIONS if about.get(name) is not None)
        version = hashlib.sha256(str(next(versions, "")).encode()).hexdigest()
        return int(about["size"] or 0), int(version[:12], 16)


def shown(address: str) -> str:
    """An address without password and query, which may hold a signature; any other name as it is."""
    if not is_remote(address):
        return address
    kind, _, rest = address.partition("://")
    rest = rest if kind.lower() not in ("http", "https") else rest.partition("?")[0]
    place, slash, path = rest.partition("/")
    return f"{kind}://{place.rpartition('@')[2]}{slash}{path}"


def without_secrets(address: str, error: BaseException) -> str:
    """What an error says, without what stands before the ``@`` of an address."""
    said = str(reason_of(error)) or type(error).__name__
    before = address.partition("://")[2].partition("/")[0].rpartition("@")[0]
    for secret in filter(None, (before, before.partition(":")[2])):
        said = said.replace(secret, "…")
    return said.replace(address, shown(address))


def fetched(address: str) -> tuple[Path, object]:
    """A copy of a file, and what keeps it: the copy goes when that does.

    Raises:
        DataError: it is not there, or cannot be read. OutputError: there is no room for it.
    """
    copy = tempfile.NamedTemporaryFile(prefix="sadari-")  # noqa: SIM115
    with _reading(address):
        system, path = file_system(address)
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


def file_system(address: str) -> tuple[Any, str]:
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
            message("cannot be read ({reason})", reason=without_secrets(address, error)),
            where=shown(address),
            hint=message("check the address, your access rights and the network"),
        ) from None
