"""Many files, labelled into a folder; the same call again does what is missing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from sadari.artifact import MANIFEST, open_plain, parse_json
from sadari.artifact.manifest import MAX_MANIFEST
from sadari.data.formats.remote import is_remote
from sadari.errors import OutputError, SadariError
from sadari.labelled.label_file import Labelling, open_unlabelled
from sadari.labelled.shards.elsewhere import Elsewhere
from sadari.labelled.shards.label import Outcome, label_shard
from sadari.labelled.shards.manifest import open_manifest
from sadari.labelled.shards.place import Here, Place
from sadari.labelled.shards.plan import Shard, plan
from sadari.messages import Message, plural

if TYPE_CHECKING:
    from sadari.rungs import Rung


@dataclass(frozen=True)
class Work:
    """What every file needs to be labelled.

    Args:
        model: that labels it.
        folder: the model's.
        output: where the answers go.
        how: it is labelled.
        mark: the first line of the output folder's manifest, by which a machine knows that it sees that folder.
    """

    model: Rung
    folder: Path
    output: Place
    how: Labelling
    mark: bytes


@dataclass(frozen=True)
class Standing:
    """How the work stands.

    Args:
        done: files that lie there, those of earlier runs too.
        files: of all.
        rows: labelled in this run.
        seconds: since it began.
        before: files that lay there when it began.
        failed: what has no answers, and why.
        notes: note → rows that have it, of this run.
        skipped: bad rows that were left out, of this run.
    """

    done: int
    files: int
    rows: int = 0
    seconds: float = 0.0
    before: int = 0
    failed: Sequence[Outcome] = ()
    notes: Counter[str] = field(default_factory=Counter)
    skipped: int = 0

    def after(self, outcome: Outcome, seconds: float) -> Standing:
        """How it stands once a file is done with."""
        if outcome.said is None:
            return replace(self, failed=[*self.failed, outcome], seconds=seconds)
        return replace(
            self,
            done=self.done + 1,
            rows=self.rows + outcome.said["rows"],
            seconds=seconds,
            notes=self.notes + Counter(outcome.said["notes"]),
            skipped=self.skipped + outcome.said["skipped"],
        )


Worker = Callable[[Work, Sequence[Shard]], Iterator[Outcome]]


def one_by_one(work: Work, shards: Sequence[Shard]) -> Iterator[Outcome]:
    """Label files in this process."""
    for shard in shards:
        yield label_shard(work.model, shard, work.output, work.how)


def label_files(
    model: Rung,
    folder: str | Path,
    paths: Sequence[str],
    output: str | Path,
    how: Labelling,
    *,
    root: str | PurePath | None = None,
    worker: Worker = one_by_one,
    on_standing: Callable[[Standing], None] = lambda standing: None,
    on_stop: Callable[[Message], None] = lambda said: None,
) -> Standing:
    """Label each of many files into one of its own.

    Args:
        model: that labels them.
        folder: the model's.
        paths: of the files.
        output: the folder of the answers, or its address (``s3://bucket/out/``). It holds a manifest by which the
            same call again does what is missing.
        how: they are labelled.
        root: a folder that holds them all, below which the answers are named as the files are; None: the innermost.
        worker: labels some of them, in any order, and says of each what became of it.
        on_standing: is told how the work stands after each file.
        on_stop: is told, where the user stops it, that it can be gone on with.

    Returns:
        How it stands at the end. What one file lacks does not keep the others.

    Raises:
        DataError: there is no such file.
        OutputError: the output folder holds something else, is at work elsewhere, or cannot be written.
    """
    shards = plan(paths, root)
    how = _with_columns(model, shards, how)
    place, names = place_of(output), [shard.name for shard in shards]
    with open_manifest(place, _seal(Path(folder)), _options(how)) as manifest, place.swept(names):
        missing = manifest.missing(shards, strict=how.reading.get("on_bad_row", "error") == "error")
        there = len(shards) - len(missing)
        standing = Standing(there, len(shards), before=there)
        on_standing(standing)
        start = time.monotonic()
        if not missing:
            return standing
        work = Work(model, Path(folder).resolve(), place, how, manifest.head)
        try:
            with closing(worker(work, missing)) as outcomes:  # type: ignore[type-var]
                for outcome in outcomes:
                    if outcome.said is not None:
                        manifest.add(outcome.shard, outcome.said)
                    elif outcome.problem is not None and outcome.problem.ends:
                        raise _ended(outcome, standing)
                    standing = standing.after(outcome, time.monotonic() - start)
                    on_standing(standing)
        except KeyboardInterrupt:
            on_stop(goes_on(standing))
            raise
    return standing


def place_of(output: str | Path) -> Place:
    """Where answers lie, by a path or an address.

    Raises:
        OutputError: it cannot be.
    """
    return Elsewhere(str(output)) if is_remote(output) else Here(output)


def _ended(outcome: Outcome, standing: Standing) -> OutputError:
    problem = outcome.problem
    assert problem is not None
    return OutputError(problem.what, where=problem.where, hint=goes_on(standing))


def goes_on(standing: Standing) -> Message:
    """What is done, and that nothing of it is lost."""
    return plural(
        "{done:,} of {count:,} file is done; the same command again does what is missing",
        "{done:,} of {count:,} files are done; the same command again does what is missing",
        standing.files,
        done=standing.done,
    )


def _seal(folder: Path) -> str:
    with open_plain(folder / MANIFEST) as opened:
        return str(parse_json(opened.read(MAX_MANIFEST))["sha256"])


def _with_columns(model: Rung, shards: Sequence[Shard], how: Labelling) -> Labelling:
    """What is known of the first file that has any texts, for all, and its text columns: what was guessed of one holds
    for the others."""
    for shard in shards:
        with suppress(SadariError):
            source = open_unlabelled(model, shard.source, how.reading)
            reading = how.reading if how.reading.get("text") else {**how.reading, "text": source.text_columns}
            return replace(how, reading=reading, first=source.known)
    return how


def _options(how: Labelling) -> dict[str, Any]:
    """What the answers depend on. Leaving bad rows out is no such thing: files that have none are the same."""
    reading = {key: value for key, value in how.reading.items() if key != "on_bad_row"}
    asked = {"proba": how.wanted.proba, "top": how.wanted.top, **asdict(how.wanted.caution)}
    return {**reading, **asked, "precision": how.precision, "escape": how.escape, "bom": how.bom}
