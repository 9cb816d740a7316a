"""What a folder of labelled files says of itself: ``_manifest.jsonl``.

Its first line says which model answered and how; each other line tells of a file that lies there whole, and of what it
was made. A line is added once the file has its name, so that a run that is killed at any moment loses no more than the
line: the file is then made again, to the same bytes. While a run writes, it holds a lock on the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sadari.artifact.strict_json import parse_json
from sadari.errors import OutputError
from sadari.labelled.shards.place import ANOTHER, MANIFEST, Log, Place
from sadari.labelled.shards.plan import Shard, digest
from sadari.messages import message

KIND = "labelled files"


class Manifest:
    """The manifest of an output folder, locked and open.

    Args:
        place: the output folder.
        log: the lines of the manifest.
        lines: what stands in it after the head: name → what was said of that file.
        head: its first line, encoded.
    """

    def __init__(self, place: Place, log: Log, lines: dict[str, dict[str, Any]], head: bytes) -> None:
        self.place, self.head, self._log, self._lines = place, head, log, lines

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
                    where=self.place.name,
                    hint=ANOTHER,
                )
            if not _same_content(wanted[name], said):
                raise OutputError(
                    message("holds the answers to another {name} than the one that is given", name=name),
                    where=self.place.name,
                    hint=ANOTHER,
                )
        sizes = self.place.sizes(self._lines)
        return [shard for shard in shards if not self._is_there(shard, sizes, strict)]

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
        self._log.append(_line(line))
        self._lines[shard.name] = line

    def _is_there(self, shard: Shard, sizes: Mapping[str, int], strict: bool) -> bool:
        said = self._lines.get(shard.name)
        if said is None or (strict and said.get("skipped")):
            return False
        return shard.name in sizes and sizes[shard.name] == said.get("bytes")


@contextmanager
def open_manifest(place: Place, model: str, options: Mapping[str, Any]) -> Iterator[Manifest]:
    """An output folder, new or begun by the same model with the same options, for this run alone.

    Args:
        place: where the answers will lie; missing folders are made.
        model: SHA-256 of the model's manifest, which vouches for all its files.
        options: those by which the answers differ, as plain values.

    Raises:
        OutputError: something else lies there, another run is at work there, or it cannot be written.
    """
    head = {"kind": KIND, "format_version": 1, "model": model, "options": dict(options)}
    with place.log() as log:
        found = _parsed(f"{place.name.rstrip('/')}/{MANIFEST}", log.lines)
        if len(found) > 1:
            _check_head(place.name, found[0], head)
        else:  # nothing was labelled yet: a run that came no further binds nobody
            log.restart(_line(head))
        yield Manifest(place, log, {line["file"]: line for line in found[1:]}, _line(head))


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogateescape") + b"\n"


def _parsed(path: str, lines: Sequence[bytes]) -> list[dict[str, Any]]:
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
                message("line {number} is none that Sadari wrote", number=number + 1), where=path, hint=ANOTHER
            )
        found.append(value)
    return found


def _check_head(folder: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    if found.get("format_version") != wanted["format_version"]:
        raise OutputError(message("was written by a newer Sadari"), where=folder, hint=ANOTHER)
    if found.get("model") != wanted["model"]:
        raise OutputError(message("holds the answers of another model"), where=folder, hint=ANOTHER)
    theirs = found.get("options")
    theirs = theirs if isinstance(theirs, dict) else {}
    other = [name for name in wanted["options"] if theirs.get(name) != wanted["options"][name]]
    if other or set(theirs) - set(wanted["options"]):
        names = ", ".join(other or sorted(set(theirs) - set(wanted["options"])))
        raise OutputError(
            message("holds answers that were given with other options ({names})", names=names),
            where=folder,
            hint=ANOTHER,
        )


def _same_content(shard: Shard, said: Mapping[str, Any]) -> bool:
    """Whether a file is the one that was read; one that was copied meanwhile is read again to tell."""
    if shard.size != said.get("size"):
        return False
    if shard.changed == said.get("changed"):
        return True
    return said.get("sha256") is not None and digest(shard.source) == said["sha256"]
