"""What a folder of labelled files says of itself: ``_manifest.jsonl``.

Its first line says which model answered and how; each other line tells of a file that lies there whole, and of what it
was made. A line is added once the file has its name, so that a run that is killed at any moment loses no more than the
line: the file is then made again, to the same bytes. While a run writes, it holds a lock on the manifest.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sadari.artifact.atomic import output_errors, sync_folder
from sadari.artifact.strict_json import parse_json
from sadari.artifact.temporary import lock
from sadari.errors import OutputError
from sadari.labelled.shards.plan import Shard, digest
from sadari.messages import message

MANIFEST = "_manifest.jsonl"  # by its name no data: readers of folders pass over what begins with _
KIND = "labelled files"
_ANOTHER = message("choose another folder with -o, or remove this one")


class Manifest:
    """The manifest of an output folder, locked and open.

    Args:
        folder: the output folder.
        opened: a descriptor of the manifest.
        lines: what stands in it after the head: name → what was said of that file.
        head: its first line, encoded.
    """

    def __init__(self, folder: Path, opened: int, lines: dict[str, dict[str, Any]], head: bytes) -> None:
        self.folder, self.head, self._opened, self._lines = folder, head, opened, lines

    def missing(self, shards: Sequence[Shard], *, strict: bool) -> list[Shard]:
        """Those that do not lie there yet.

        Args:
            shards: all that are asked for.
            strict: whether files are made again from which bad rows were left out.

        Raises:
            OutputError: something there was made of a file that is none of these, or has another content.
        """
        wanted = {shard.name: shard for shard in shards}
        for name, said in self._lines.items():
            if name not in wanted:
                raise OutputError(
                    message("holds the answers to other files: {name} is not among those that are given", name=name),
                    where=str(self.folder),
                    hint=_ANOTHER,
                )
            if not _same_content(wanted[name], said):
                raise OutputError(
                    message("holds the answers to another {name} than the one that is given", name=name),
                    where=str(self.folder),
                    hint=_ANOTHER,
                )
        return [shard for shard in shards if not self._is_there(shard, strict)]

    def rows(self) -> int:
        """How many rows lie there by now."""
        return sum(int(said["rows"]) for said in self._lines.values())

    def add(self, shard: Shard, said: Mapping[str, Any]) -> None:
        """Say that a file lies there.

        Args:
            shard: of which it was made.
            said: of it, as plain values; ``rows`` among them.

        Raises:
            OutputError: the line cannot be written.
        """
        line = {"file": shard.name, "size": shard.size, "changed": shard.changed, **said}
        with output_errors(self.folder / MANIFEST):
            _append(self._opened, line)
        self._lines[shard.name] = line

    def _is_there(self, shard: Shard, strict: bool) -> bool:
        said = self._lines.get(shard.name)
        if said is None or (strict and said.get("skipped")):
            return False
        try:
            return (self.folder / shard.name).stat().st_size == said.get("bytes")
        except OSError:
            return False


@contextmanager
def open_manifest(folder: Path, model: str, options: Mapping[str, Any]) -> Iterator[Manifest]:
    """An output folder, new or begun by the same model with the same options, for this run alone.

    Args:
        folder: where the answers will lie; missing ones are made.
        model: SHA-256 of the model's manifest, which vouches for all its files.
        options: those by which the answers differ, as plain values.

    Raises:
        OutputError: something else lies there, another run is at work there, or it cannot be written.
    """
    head = {"kind": KIND, "format_version": 1, "model": model, "options": dict(options)}
    path = folder / MANIFEST
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with output_errors(path):
        strange = not path.exists() and any(not entry.name.startswith(".") for entry in folder.iterdir())
    if strange:
        raise OutputError(message("the folder exists and is not empty"), where=str(folder), hint=_ANOTHER)
    with output_errors(path):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        if lock(opened) == "theirs":
            raise OutputError(
                message("another run is writing there"), where=str(folder), hint=message("wait until it has ended")
            )
        with output_errors(path):
            found = _parsed(path, _whole_lines(opened))
            if len(found) > 1:
                _check_head(folder, found[0], head)
            else:  # nothing was labelled yet: a run that came no further binds nobody
                os.ftruncate(opened, 0)
                _append(opened, head)
                sync_folder(folder)
        yield Manifest(folder, opened, {line["file"]: line for line in found[1:]}, _line(head))
    finally:
        os.close(opened)


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogateescape") + b"\n"


def _append(opened: int, value: Mapping[str, Any]) -> None:
    """Add a line, whole; what a full disk took of one is taken back."""
    before, data = os.fstat(opened).st_size, _line(value)
    try:
        while data:
            data = data[os.write(opened, data) :]
        os.fsync(opened)
    except BaseException:
        os.ftruncate(opened, before)
        raise


def _whole_lines(opened: int) -> list[bytes]:
    """All lines; what a killed run has written of one is taken back."""
    with os.fdopen(os.dup(opened), "rb") as stream:
        stream.seek(0)
        data = stream.read()
    end = data.rfind(b"\n") + 1
    if end < len(data):
        os.ftruncate(opened, end)
    return data[:end].splitlines()


def _parsed(path: Path, lines: Sequence[bytes]) -> list[dict[str, Any]]:
    found = []
    for number, line in enumerate(lines):
        try:
            value = parse_json(line)
        except ValueError:
            value = None
        good = isinstance(value, dict) and (
            value.get("kind") == KIND
            if number == 0
            else isinstance(value.get("file"), str) and type(value.get("rows")) is int
        )
        if not good:
            raise OutputError(
                message("line {number} is none that Sadari wrote", number=number + 1), where=str(path), hint=_ANOTHER
            )
        found.append(value)
    return found


def _check_head(folder: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    if found.get("format_version") != wanted["format_version"]:
        raise OutputError(message("was written by a newer Sadari"), where=str(folder), hint=_ANOTHER)
    if found.get("model") != wanted["model"]:
        raise OutputError(message("holds the answers of another model"), where=str(folder), hint=_ANOTHER)
    theirs = found.get("options")
    theirs = theirs if isinstance(theirs, dict) else {}
    other = [name for name in wanted["options"] if theirs.get(name) != wanted["options"][name]]
    if other or set(theirs) - set(wanted["options"]):
        names = ", ".join(other or sorted(set(theirs) - set(wanted["options"])))
        raise OutputError(
            message("holds answers that were given with other options ({names})", names=names),
            where=str(folder),
            hint=_ANOTHER,
        )


def _same_content(shard: Shard, said: Mapping[str, Any]) -> bool:
    """Whether a file is the one that was read; one that was copied meanwhile is read again to tell."""
    if shard.size != said.get("size"):
        return False
    return shard.changed == said.get("changed") or digest(shard.source) == said.get("sha256")
