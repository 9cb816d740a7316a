"""Many files, labelled into a folder, here or on a Ray cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from sadari.cli.arguments.inputs import reading_of
from sadari.cli.arguments.models import load_model
from sadari.data.formats.remote import is_remote, remote_path, shown
from sadari.errors import DataError, SettingError
from sadari.messages import Message, beside, counted, message, plural

if TYPE_CHECKING:
    from sadari.labelled.rows import Answers, Wanted
    from sadari.labelled.shards.run import Standing, Worker


def goes_to_folder(asked: dict[str, Any]) -> bool:
    """Whether what is asked for is a folder of labelled files, and not one file.

    Raises:
        SettingError: it is for a folder, and none is named.
    """
    output = asked["output"]
    folder = output is not None and (output.endswith(("/", os.sep)) or _is_folder(Path(output)))
    if asked["ray"] is not None and not folder:
        raise SettingError(
            message("--ray labels files into a folder"), hint=message("name it with a slash: -o labelled/ --ray")
        )
    if asked["concurrency"] is not None and asked["ray"] is None:
        raise SettingError(message("--concurrency is for --ray alone"))
    return folder


def _is_folder(path: Path) -> bool:
    """Whether a folder lies there, by whose name no file is meant: not ``labelled.csv``."""
    if not os.path.isdir(path):  # noqa: PTH112 – False where we have no rights
        return False
    from sadari.labelled.writers import SUFFIXES

    return path.suffix.lower() not in SUFFIXES


def say_never(answers: Answers) -> None:
    """Say which labels are never sure enough to be given, and what few rows to calibrate on do not promise."""
    from sadari.cli.terminal.printing import note

    if doubts := answers.careful.doubts:
        note(beside(doubts))
    if never := answers.careful.never:
        labels = ", ".join(map(repr, never[:5])) + (", …" if len(never) > 5 else "")
        note(message("never sure enough, and always left to a person: {labels}", labels=labels))


def label_folder(
    model: str, inputs: Sequence[str], asked: dict[str, Any], wanted: Callable[[dict[str, Any]], Wanted]
) -> None:
    """Label all files that are meant; say what is done, and what is not and why.

    Raises:
        DataError: some have no answers; the others lie there.
    """
    if asked["ray"] is not None:
        from sadari.scale.cluster import check_address

        check_address(asked["ray"])  # before all else: "--ray in.csv" takes a file for one
    if not inputs:
        raise click.UsageError(str(message("give files")), click.get_current_context())
    from sadari.cli.terminal.printing import note
    from sadari.data.files.find import data_files, folder_of_all
    from sadari.display.terminal import Progress
    from sadari.labelled.shards.plan import plan
    from sadari.labelled.shards.run import place_of

    place_of(asked["output"]).head()  # what cannot be is refused before anything is read or started
    output, shown_output = asked["output"], shown(asked["output"])
    found = data_files(inputs, format=asked["format"])
    note(*found.notes)
    paths = _apart_from(output, found.paths)
    if asked["ray"] is not None:
        plan(paths, folder_of_all(inputs))  # what is no file, too
    reading = {name: value for name, value in reading_of(asked).items() if name != "on_bad_file"}  # files are apart
    with Progress() as progress, _worker(model, asked, len(paths)) as worker:
        from sadari.labelled.label_file import Labelling  # takes a while, in which a cluster's workers start
        from sadari.labelled.rows import Answers
        from sadari.labelled.shards.run import label_files

        progress(message("loading the model"))
        rung, columns = load_model(model, precision=asked["precision"]), wanted(asked)
        say_never(Answers(rung, [], columns))
        standing = label_files(
            rung,
            model,
            paths,
            output,
            Labelling(reading, columns, asked["escape_formulas"], asked["bom"], asked["precision"]),
            root=folder_of_all(inputs),
            worker=worker,
            on_standing=lambda now: progress(_how_it_stands(now), now.done / max(1, now.files)),
            on_stop=note,
        )
    _tell(standing, shown_output, asked)


def _apart_from(output: str, paths: Sequence[str]) -> list[str]:
    """Those of the files that do not lie in the folder of the answers: what a pattern finds there was made, not given.

    Raises:
        DataError: all of them lie there.
    """
    from sadari.cli.terminal.printing import note

    made = _resolved(output)
    apart = [path for path in paths if not _resolved(path, above=True).is_relative_to(made)]
    if paths and not apart:
        raise DataError(
            message("the files to label lie in the folder of the answers"),
            where=shown(output),
            hint=message("choose another folder with -o"),
        )
    if answers := len(paths) - len(apart):
        note(
            plural(
                "{count:,} file lies in {folder}, where the answers go, and is not labelled",
                "{count:,} files lie in {folder}, where the answers go, and are not labelled",
                answers,
                folder=shown(output),
            )
        )
    return apart


def _resolved(path: str, *, above: bool = False) -> PurePath:
    """A path without links, or an address, as what can be compared; or the folder that it lies in."""
    if is_remote(path):
        return remote_path(path).parent if above else remote_path(path)
    return Path(path).parent.resolve() if above else Path(path).resolve()


@contextmanager
def _worker(model: str, asked: dict[str, Any], files: int) -> Iterator[Worker]:
    """What labels so many files: this process, or a cluster, whose workers start while the model is loaded here."""
    if asked["ray"] is None:
        from sadari.labelled.shards.run import one_by_one

        yield one_by_one
        return
    from sadari.artifact import MANIFEST
    from sadari.scale.predict import on_cluster

    if not (Path(model) / MANIFEST).is_file():  # what is wrong is said at once, and not once a cluster answers
        load_model(model)
    with on_cluster(asked["ray"], asked["concurrency"], files=files) as worker:
        yield worker


def _how_it_stands(now: Standing) -> Message:
    from sadari import readable

    said = message("{done:,} of {files:,} files labelled", done=now.done, files=now.files)
    if now.rows:
        said = message("{said}, {rate}", said=said, rate=readable.rate(now.rows / max(now.seconds, 1e-9)))
    return message("{said}, {count:,} failed", said=said, count=len(now.failed)) if now.failed else said


def _tell(standing: Standing, output: str, asked: dict[str, Any]) -> None:
    from sadari import readable
    from sadari.cli.predict.view import remark
    from sadari.cli.terminal.printing import note, say_json
    from sadari.messages import render

    if standing.before:
        note(plural("{count:,} file was there already", "{count:,} files were there already", standing.before))
    if standing.rows:
        note(remark(standing.rows, standing.notes, output))
        speed = readable.rate(standing.rows / max(standing.seconds, 1e-9))
        files = plural("{count:,} file", "{count:,} files", standing.done - standing.before)
        note(
            message(
                "{files} in {time}: rows at {rate}", files=files, time=readable.duration(standing.seconds), rate=speed
            )
        )
    if standing.skipped:
        note(message("bad rows left out: {rows}", rows=counted(standing.skipped, "row")))
    problems = [(o.shard, o.problem) for o in standing.failed if o.problem is not None]
    for shard, problem in problems:
        note(message("not labelled: {where}: {what}", where=problem.where or shard.source, what=problem.what))
    if asked["as_json"]:
        failed = [
            {"file": shard.source, "where": render(problem.where or ""), "what": render(problem.what)}
            for shard, problem in problems
        ]
        counts = {"files": standing.files, "done": standing.done, "before": standing.before, "rows": standing.rows}
        say_json({**counts, "seconds": standing.seconds, "skipped": standing.skipped, "failed": failed})
    if problems and asked["on_bad_file"] == "error":
        raise DataError(
            plural(
                "{count:,} file of {files:,} has no labels",
                "{count:,} files of {files:,} have no labels",
                len(problems),
                files=standing.files,
            ),
            where=output,
            hint=message("mend them, and give the same command again; or leave them out: --on-bad-file skip"),
        )
