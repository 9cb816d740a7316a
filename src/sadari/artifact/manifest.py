"""``sadari.json``: what the model is, and the size and SHA-256 of every file that belongs to it.

The last line is the SHA-256 of all bytes before it, so that a changed byte shows here as it does elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from platform import python_version
from typing import Any

from sadari.artifact.strict_json import parse_json
from sadari.errors import ModelError, reason_of
from sadari.messages import Message, alternatives, message

MANIFEST = "sadari.json"
FORMAT_VERSION = 1
MAX_MANIFEST = 4 * 2**20  # bytes: 100,000 label names fit
MAX_FILES = 64

# The keys with a meaning of their own; others are kept as they are.
_TYPES: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "rung": (str,),
    "settings": (dict,),
    "label_names": (list,),
    "tokenizer": (dict, str, type(None)),
    "scores": (dict,),
    "data": (dict,),
    "versions": (dict,),
}
_RESERVED = ("format_version", "files", "sha256")
_WORDS: dict[type, Message | str] = {
    str: message("text"),
    dict: message("an object"),
    list: message("a list"),
    type(None): "null",
}

# One plain name: no separator, no leading dot, nothing that Windows reads as a device or a stream.
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_DEVICE_NAME = re.compile(r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RELEASE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,3}((a|b|rc|\.dev|\.post)[0-9]{1,4})?")
_SEAL = re.compile(rb',\n  "sha256": "([0-9a-f]{64})"\n\}\n')
_SEAL_LENGTH = len(b',\n  "sha256": ""\n}\n') + 64


@dataclass(frozen=True)
class FileEntry:
    """What the manifest says of one file: its size in bytes and its content's SHA-256 (hexadecimal)."""

    size: int
    sha256: str


def versions(*more: str) -> dict[str, str]:
    """The versions of Sadari, Python and the packages that make a model's numbers, and of more; none is imported."""
    found = {"python": python_version()}
    for package in ("sadari", "numpy", "torch", *more):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # a source tree on the path
            continue
    return found


def is_file_name(name: str) -> bool:
    """Whether `name` may name a file of a model folder."""
    return bool(_FILE_NAME.fullmatch(name)) and not _DEVICE_NAME.fullmatch(name)


def check_content(manifest: Any, *, where: str) -> None:
    """Check the types of the keys that have a meaning of their own.

    Raises:
        ModelError: not an object, no `kind`, a wrong type, or label names that are not distinct texts.
    """
    if not isinstance(manifest, dict):
        raise ModelError(message("the manifest is not a JSON object"), where=where)
    if not isinstance(manifest.get("kind"), str):
        raise ModelError(message("'kind' is missing or not text"), where=where)
    for key, types in _TYPES.items():
        if key in manifest and not isinstance(manifest[key], types):
            wanted = alternatives([_WORDS[each] for each in types])
            raise ModelError(message("{key!r} is not {wanted}", key=key, wanted=wanted), where=where)
    labels = manifest.get("label_names", [])
    if not all(isinstance(label, str) for label in labels):
        raise ModelError(message("'label_names' holds something other than text"), where=where)
    if len(set(labels)) != len(labels):
        raise ModelError(message("'label_names' holds a name twice"), where=where)
    if not all(isinstance(version, str) for version in manifest.get("versions", {}).values()):
        raise ModelError(message("'versions' holds something other than text"), where=where)


def encode_manifest(manifest: Mapping[str, Any], files: Mapping[str, FileEntry], *, where: str) -> bytes:
    """The bytes of ``sadari.json``; the same content gives the same bytes.

    Raises:
        ModelError: something that the reader would refuse, so that nothing is written that cannot be read.
    """
    taken = [key for key in _RESERVED if key in manifest]
    if taken:
        raise ModelError(message("{taken!r} is written by the model folder itself", taken=taken[0]), where=where)
    content = {"format_version": FORMAT_VERSION, **manifest}
    content["versions"] = {**versions(), **content.get("versions", {})}
    check_content(content, where=where)
    content["files"] = {name: {"size": file.size, "sha256": file.sha256} for name, file in files.items()}
    check_files(content, where=where)
    try:
        text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)
        body = text.removesuffix("\n}").encode("utf-8")
        data = body + f',\n  "sha256": "{hashlib.sha256(body).hexdigest()}"\n}}\n'.encode()
        parse_json(data)
    except (
        TypeError,
        ValueError,
        RecursionError,
    ) as error:  # an object of Python's own, NaN, nested too deep
        raise ModelError(
            message("the manifest cannot be written as JSON: {reason}", reason=reason_of(error)), where=where
        ) from None
    if len(data) > MAX_MANIFEST:
        raise ModelError(
            message(
                "the manifest takes {number_of_data:,} bytes; {max_manifest:,} is the limit",
                number_of_data=len(data),
                max_manifest=MAX_MANIFEST,
            ),
            where=where,
        )
    return data


def check_version(manifest: Any, *, where: str) -> int:
    """The format version, which is looked at before anything else, as all else may differ between formats.

    Raises:
        ModelError: no such number, or one that only a newer Sadari reads.
    """
    version = manifest.get("format_version") if isinstance(manifest, dict) else None
    if type(version) is not int or version < 1:
        raise ModelError(message("is not a Sadari model: 'format_version' is missing or not a number"), where=where)
    if version > FORMAT_VERSION:
        written_by = manifest.get("versions")
        release = written_by.get("sadari") if isinstance(written_by, dict) else None
        known = isinstance(release, str) and _RELEASE.fullmatch(release)
        raise ModelError(
            message(
                "is of format {version}; this Sadari reads formats up to {format_version}",
                version=version,
                format_version=FORMAT_VERSION,
            ),
            where=where,
            hint=message("pip install 'sadari>={release}'", release=release)
            if known
            else message("pip install --upgrade sadari"),
        )
    return version


def check_seal(data: bytes, *, where: str) -> None:
    """Check the manifest's own SHA-256, on its last line.

    Raises:
        ModelError: the line is missing, or a byte before it was changed.
    """
    seal = _SEAL.fullmatch(data[-_SEAL_LENGTH:])
    if not seal or hashlib.sha256(data[:-_SEAL_LENGTH]).hexdigest().encode() != seal[1]:
        raise ModelError(
            message("the manifest was changed after it was written (its SHA-256 differs)"),
            where=where,
            hint=message("copy the model again, or train it again"),
        )


def check_files(manifest: Mapping[str, Any], *, where: str) -> dict[str, FileEntry]:
    """The files that belong to the model, by name.

    Raises:
        ModelError: a name that is not a plain one, or a size or SHA-256 that cannot be.
    """
    files = manifest.get("files")
    if not isinstance(files, dict):
        raise ModelError(message("'files' is missing or not an object"), where=where)
    if len(files) > MAX_FILES:
        raise ModelError(
            message(
                "'files' names {number_of_files:,} files; {max_files} is the limit",
                number_of_files=len(files),
                max_files=MAX_FILES,
            ),
            where=where,
        )
    found: dict[str, FileEntry] = {}
    for name, entry in files.items():
        if not is_file_name(name) or name == MANIFEST:
            raise ModelError(
                message("{name!r} is not a name that a file of a model can have", name=name[:80]), where=where
            )
        size = entry.get("size") if isinstance(entry, dict) else None
        digest = entry.get("sha256") if isinstance(entry, dict) else None
        if type(size) is not int or size < 0 or not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            raise ModelError(message("{name!r} is not given with its size and SHA-256", name=name), where=where)
        found[name] = FileEntry(size, digest)
    return found
