"""Read a model folder, believing nothing that it says until it has been checked.

In this order, the cheap before the dear: the manifest (size, strict JSON, format version, its own SHA-256,
types, names), all files (plain ones, of the announced sizes), texts, the header of the weights, the weights
(SHA-256, no NaN). Every byte is read once, from a file that stays open, so that what was checked is what is
used.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sadari.artifact.kinds import KINDS, MAX_BYTES, check_kind
from sadari.artifact.manifest import (
    MANIFEST,
    MAX_MANIFEST,
    FileEntry,
    check_content,
    check_files,
    check_seal,
    check_version,
)
from sadari.artifact.plain_file import as_path, open_plain
from sadari.artifact.strict_json import parse_json
from sadari.artifact.swap import find_folder
from sadari.artifact.temporary import beside
from sadari.artifact.untrusted import UntrustedFile, UntrustedFolder, foreign_format, open_folder
from sadari.artifact.weights import MAX_HEADER, TRANSFORMERS_WEIGHTS, WEIGHTS, decode_header, decode_tensors
from sadari.errors import ModelError, reason_of
from sadari.messages import Message, message

_TRIES = 20
_NAMED = 8  # models in a folder that is none itself
_AGAIN = message("copy it again from where it is from")


@dataclass(frozen=True)
class ModelFiles:
    """What a model folder holds, checked as far as it can be without knowing the model.

    Attributes:
        folder: where it was read, as the caller named it.
        manifest: ``sadari.json`` as it was given to `write_model`, with ``format_version``, ``versions``,
            ``files`` and ``sha256`` added.
        tensors: name → NumPy array (writable, aligned), or torch tensor (CPU) if `read_model` was asked for
            those.
        texts: file name → content.
    """

    folder: Path
    manifest: dict[str, Any]
    tensors: dict[str, Any]
    texts: dict[str, str]

    def tensor(self, name: str, *, shape: Sequence[int | None] | None = None, dtype: str | None = None) -> Any:
        """One tensor, of the shape and dtype that the model needs.

        Args:
            name: its name.
            shape: the length of each dimension; None where any will do. ``(len(vocabulary), None)``.
            dtype: such as ``"float32"``, the same word for NumPy and torch.

        Raises:
            ModelError: it is missing or does not fit.
        """
        where = os.fspath(self.folder / self.manifest.get("weights_file", WEIGHTS))
        if name not in self.tensors:
            raise ModelError(message("there is no tensor {name!r}", name=name), where=where)
        tensor = self.tensors[name]
        found = tuple(tensor.shape)
        if shape is not None and (
            len(found) != len(shape) or any(want not in (None, have) for want, have in zip(shape, found, strict=True))
        ):
            wanted = ", ".join("any" if want is None else f"{want:,}" for want in shape)
            raise ModelError(
                message(
                    "tensor {name!r} has shape {list}; the rest of the model needs [{wanted}]",
                    name=name,
                    list=list(found),
                    wanted=wanted,
                ),
                where=where,
            )
        if dtype is not None and str(tensor.dtype).removeprefix("torch.") != dtype:
            raise ModelError(
                message(
                    "tensor {name!r} is {dtype}; the model needs {dtype_2}",
                    name=name,
                    dtype=tensor.dtype,
                    dtype_2=dtype,
                ),
                where=where,
            )
        return tensor

    def text(self, name: str) -> str:
        """The content of one text file.

        Raises:
            ModelError: it is missing.
        """
        if name not in self.texts:
            raise ModelError(message("is missing from the model"), where=os.fspath(self.folder / name))
        return self.texts[name]


def read_model(
    folder: str | Path, *, kind: str | None = None, max_bytes: int | None = None, as_torch: bool = False
) -> ModelFiles:
    """Read a model folder that `write_model` wrote, in this version of the format or any before it.

    Runs no code of the folder's, and reads nothing outside it. Files that the manifest does not name are
    ignored. While another process replaces the model, either the old one is read or the new one.

    Args:
        folder: the model folder (or a link to one).
        kind: what kind of model it must be; None: any.
        max_bytes: the most that all its files together may take; None: what its kind may.
        as_torch: give torch tensors, which bfloat16 needs, in place of NumPy arrays.

    Raises:
        ModelError: it is not a model, torn, hostile, too large, of a newer format, or of another kind; with
            the reason and the file.
    """
    where = os.fspath(as_path(folder))
    if "\0" in where:
        raise ModelError(message("a name cannot hold NUL"), where=repr(where))
    target = Path(os.path.realpath(folder))
    for _ in range(_TRIES):
        with open_folder(find_folder(target, beside(target, "old")), where=where) as opened:
            try:
                version, data, manifest = read_manifest(opened)
                tensors, texts = _READERS[version](opened, data, manifest, kind, max_bytes, as_torch)
            except ModelError:
                # A save may have replaced the folder and be taking the old one apart: then read the new one.
                if not opened.was_replaced():
                    raise
            else:
                return ModelFiles(Path(folder), manifest, tensors, texts)
    raise ModelError(message("is being replaced again and again"), where=where)


def _models_in(folder: str) -> Message:
    """What to name in place of a folder that is no model: the models in it, such as those of a climb."""
    found: list[str] = []
    with suppress(OSError):
        found = sorted(str(entry) for entry in Path(folder).iterdir() if (entry / MANIFEST).is_file())
    if not found:
        return message("name the folder that a run made")
    return message("take one of: {models}", models=", ".join(found[:_NAMED]) + (", …" if len(found) > _NAMED else ""))


def read_manifest(opened: UntrustedFolder) -> tuple[int, bytes, dict[str, Any]]:
    """The format version, the manifest's bytes, and what they say; only the version has been checked.

    Raises:
        ModelError: there is no manifest, it is no strict JSON, or it is of a newer format.
    """
    if not opened.holds(MANIFEST):
        raise ModelError(
            message("is not a Sadari model: it holds no {manifest}", manifest=MANIFEST),
            where=opened.where,
            hint=_models_in(opened.where),
        )
    with opened.open(MANIFEST) as file:
        if file.size > MAX_MANIFEST:
            raise ModelError(
                message(
                    "takes {size:,} bytes; {max_manifest:,} is the limit", size=file.size, max_manifest=MAX_MANIFEST
                ),
                where=file.where,
            )
        data = file.take(file.size).tobytes()
        try:
            manifest = parse_json(data)
        except ValueError as error:
            found = foreign_format(data)
            raise ModelError(
                message("is {found}, not JSON", found=found)
                if found
                else message("is refused: {reason}", reason=reason_of(error)),
                where=file.where,
            ) from None
        return check_version(manifest, where=file.where), data, manifest


def _read_v1(
    folder: UntrustedFolder,
    data: bytes,
    manifest: dict[str, Any],
    kind: str | None,
    max_bytes: int | None,
    as_torch: bool,
) -> tuple[dict[str, Any], dict[str, str]]:
    where = os.path.join(folder.where, MANIFEST)  # noqa: PTH118 – as the user wrote it
    check_seal(data, where=where)
    check_content(manifest, where=where)
    if kind is not None:
        check_kind(manifest, kind, folder.where)
    entries = check_files(manifest, where=where)
    weights_name = manifest.get("weights_file", WEIGHTS)
    if weights_name not in (WEIGHTS, TRANSFORMERS_WEIGHTS):
        raise ModelError(message("'weights_file' is not a name that the weights can have"), where=where)
    if weights_name not in entries:
        raise ModelError(message("'files' does not name {weights_name}", weights_name=weights_name), where=where)
    total = sum(entry.size for entry in entries.values())
    if max_bytes is None:
        max_bytes = KINDS[manifest["kind"]].max_bytes if manifest["kind"] in KINDS else MAX_BYTES
    if total > max_bytes:
        raise ModelError(
            message("the model takes {total:,} bytes; {max_bytes:,} is the limit", total=total, max_bytes=max_bytes),
            where=where,
            hint=message("pass a larger max_bytes"),
        )
    with ExitStack() as stack:
        files = {name: stack.enter_context(folder.open(name)) for name in entries}
        for name, file in files.items():
            if file.size != entries[name].size:
                raise ModelError(
                    message(
                        "holds {size:,} bytes where {size_2:,} were written", size=file.size, size_2=entries[name].size
                    ),
                    where=file.where,
                    hint=message("copy the model again, or train it again"),
                )
        weights = files.pop(weights_name)
        texts = {name: _read_text(file, entries[name]) for name, file in files.items()}
        return _read_weights(weights, entries[weights_name], as_torch), texts


def _read_text(file: UntrustedFile, entry: FileEntry) -> str:
    data = file.take(file.size).tobytes()
    file.check_digest(entry.sha256)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        found = foreign_format(data) or message("not UTF-8 text (byte {place:,})", place=error.start)
        raise ModelError(message("is {found}", found=found), where=file.where) from None


def read_tensors(path: str | Path, *, as_torch: bool = False) -> dict[str, Any]:
    """The tensors of a safetensors file that no manifest vouches for: name → as in `ModelFiles`. A link is followed.

    Raises:
        ModelError: it cannot be read, is no safetensors, or holds NaN or infinity.
    """
    return _with_open(path, lambda file: _read_weights(file, None, as_torch))


def read_shapes(path: str | Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors in a safetensors file, by name; only its header is read. A link is followed.

    Raises:
        ModelError: it cannot be read, or is no safetensors.
    """
    return _with_open(path, lambda file: {name: shape for name, (_, shape, _) in _read_header(file)[0].items()})


def _with_open(path: str | Path, read: Callable[[UntrustedFile], dict[str, Any]]) -> dict[str, Any]:
    where = os.fspath(path)
    try:
        with open_plain(path) as file:
            return read(UntrustedFile(file.fileno(), os.fstat(file.fileno()).st_size, where))
    except OSError as error:
        raise ModelError(message("cannot be read: {reason}", reason=reason_of(error)), where=where) from None


def _read_header(file: UntrustedFile) -> tuple[dict[str, tuple[str, tuple[int, ...], int]], int]:
    """What `decode_header` gives, and the size of the data, which come next."""
    start = file.take(min(file.size, 8)).tobytes()
    length = int.from_bytes(start, "little")
    if file.size < 8 or length > min(MAX_HEADER, file.size - 8):
        # Only a length that cannot be is looked at twice: one of 640 bytes begins with the two bytes of a pickle.
        found = foreign_format(start)
        if found:
            raise ModelError(
                message("is {found}, not safetensors; Sadari never unpickles", found=found), where=file.where
            )
        said = message("is not safetensors: it announces a header of {length:,} bytes", length=length)
        raise ModelError(said, where=file.where, hint=_AGAIN)
    size = file.size - 8 - length
    try:
        return decode_header(file.take(length).tobytes(), size), size
    except ValueError as error:
        said = message("is refused: {reason}", reason=reason_of(error))
        raise ModelError(said, where=file.where, hint=_AGAIN) from None


def _read_weights(file: UntrustedFile, entry: FileEntry | None, as_torch: bool) -> dict[str, Any]:
    header, size = _read_header(file)
    data = file.take(size)
    if entry is not None:
        file.check_digest(entry.sha256)
    try:
        return decode_tensors(header, data, as_torch=as_torch)
    except ModelError as error:
        raise ModelError(error.said, where=file.where, hint=error.advice) from None


_Reader = Callable[
    [UntrustedFolder, bytes, dict[str, Any], str | None, int | None, bool], tuple[dict[str, Any], dict[str, str]]
]

# One reader for each format version ever written; none is ever taken out.
_READERS: Mapping[int, _Reader] = {1: _read_v1}
