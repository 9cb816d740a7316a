"""Write a model folder beside its place: weights, texts, the manifest that vouches for them; then swap."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sadari.artifact.atomic import atomic_folder
from sadari.artifact.manifest import MANIFEST, FileEntry, check_files, encode_manifest, is_file_name
from sadari.artifact.plain_file import as_path
from sadari.artifact.read import read_manifest
from sadari.artifact.untrusted import open_folder
from sadari.artifact.weights import TRANSFORMERS_WEIGHTS, WEIGHTS, encode_weights
from sadari.errors import ModelError, OutputError
from sadari.messages import message

_CHUNK = 2**22  # bytes hashed and written together: small enough to stay in a cache
CLUTTER = {".DS_Store", "Thumbs.db", "desktop.ini"}  # what file managers drop anywhere


def write_model(
    folder: str | Path,
    *,
    manifest: Mapping[str, Any],
    tensors: Mapping[str, Any],
    texts: Mapping[str, str | bytes],
    weights: str = WEIGHTS,
) -> None:
    """Write a model folder, whole or not at all, in the place of an older model or of nothing.

    The same arguments give the same bytes.

    Args:
        folder: where to. A Sadari model or an empty folder there is replaced, anything else refused.
        manifest: what ``sadari.json`` says: ``kind`` (text, required: "classifier", "generator", …),
            ``rung`` (text), ``settings``, ``scores``, ``data`` (the fingerprint), ``versions`` (objects),
            ``tokenizer`` (object or text), ``label_names`` (distinct texts, in the order of the outputs),
            and any other JSON. The versions of Sadari, Python, NumPy and torch are added.
        tensors: name → NumPy array or torch tensor, of any real, integer or boolean dtype; NaN and infinity
            are refused.
        texts: plain file name → its content in UTF-8: ``vocabulary.txt``, ``README.md``.
        weights: the name of the file of the tensors; `TRANSFORMERS_WEIGHTS` where `transformers` opens the folder too.

    Raises:
        OutputError: it could not be written; what was there before is untouched, and nothing of ours is left.
        ModelError: what was given is nothing that `read_model` would take back; nothing was written.
    """
    folder = as_path(folder)
    where = os.fspath(folder)
    contents = {name: _encode_text(name, texts[name], where) for name in sorted(texts)}
    if weights != WEIGHTS:
        manifest = {**manifest, "weights_file": weights}
    metadata = {"format": "pt"} if weights == TRANSFORMERS_WEIGHTS else None
    with atomic_folder(folder, may_replace=check_is_model) as new:
        files = {weights: _write(new / weights, encode_weights(tensors, metadata))}
        for name, content in contents.items():
            files[name] = _write(new / name, [content])
        _write(new / MANIFEST, [encode_manifest(manifest, files, where=where)])


def _encode_text(name: str, content: str | bytes, where: str) -> bytes:
    if not is_file_name(name) or name in (MANIFEST, WEIGHTS, TRANSFORMERS_WEIGHTS):
        raise ModelError(message("{name!r} is not a name that a text of a model can have", name=name), where=where)
    try:
        if isinstance(content, str):
            return content.encode("utf-8")
        content.decode("utf-8")
    except UnicodeError as error:
        raise ModelError(
            message("{name!r} cannot be written as UTF-8: {error}", name=name, error=error), where=where
        ) from None
    return content


def _write(path: Path, pieces: Iterable[bytes | memoryview]) -> FileEntry:
    """Write and flush one new file."""
    sha256 = hashlib.sha256()
    with path.open("xb", buffering=0) as file:
        for piece in pieces:
            view = memoryview(piece)
            while view:
                written = file.write(view[:_CHUNK])
                sha256.update(view[:written])
                view = view[written:]
        os.fsync(file.fileno())
        return FileEntry(file.tell(), sha256.hexdigest())


def check_is_model(folder: Path) -> None:
    """Refuse to replace what is not a Sadari model, or holds more than one.

    Raises:
        OutputError: what is in the way.
    """
    where = str(folder)
    try:
        others = _other_names(folder)
    except ModelError as error:
        raise OutputError(
            message("is in the way and was not replaced ({what})", what=error.said),
            where=where,
            hint=message("choose another name, or move it away"),
        ) from None
    if others:
        raise OutputError(
            message("holds {others!r}, which is not part of the model that would be replaced", others=others[0]),
            where=where,
            hint=message("choose another name, or move that file away"),
        )


def _other_names(folder: Path) -> list[str]:
    """What lies in a model folder and does not belong to the model; `ModelError` if it is no model folder."""
    where = str(folder)
    with open_folder(folder, where=where) as opened:
        try:
            _, _, manifest = read_manifest(opened)
            ours = {MANIFEST, *check_files(manifest, where=where)}
        except ModelError:
            # Another save may have replaced it and be taking the old one apart: then look at the new one.
            if not opened.was_replaced():
                raise
        else:
            return sorted(set(opened.names()) - ours - CLUTTER)
    return _other_names(folder)
