"""``--run`` and ``--resume`` of commands that train: a run keeps the command's arguments beside its checkpoint."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from sadari.errors import ModelError, SettingError
from sadari.messages import message

if TYPE_CHECKING:
    from sadari.rungs import Rung

# of files and folders: kept so that they are found from anywhere
_PLACES = ("data", "texts", "test", "output", "run", "vectors", "weights", "teacher", "unlabelled", "start")
_OF_THIS_TIME = ("resume", "as_json", "list_settings")
_WHERE = ("ray", "workers")  # which may be another cluster when a run is gone on with


@dataclass(frozen=True)
class Command:
    """A command that keeps runs: its name after ``sadari``, and what must be given: (parameter, how it is written)."""

    name: str
    needs: tuple[tuple[str, str], ...]


TRAIN = Command("train", (("data", "DATA"), ("rung", "--rung"), ("output", "-o")))


def arguments(context: click.Context, command: Command = TRAIN) -> dict[str, Any]:
    """The arguments to train by: those given, or, with ``--resume``, those that the run was begun with.

    Raises:
        click.UsageError: some are missing; or some are given that the run knows already.
        SettingError: a run that could not be resumed.
        ModelError: there is no run to resume.
    """
    given = dict(context.params)
    if given["resume"] is not None:
        typed = [
            name
            for name in given
            if name not in (*_OF_THIS_TIME, *_WHERE)
            and context.get_parameter_source(name) == ParameterSource.COMMANDLINE
        ]
        if typed:
            said = message("--resume goes on with the run as it was begun: leave out {name!r}", name=typed[0])
            raise click.UsageError(str(said))
        # what it does not say, for there was no such option when it was begun, is as it is where nobody says
        recalled = {**given, **_recall(given["resume"], command)}
        there = {name: given[name] for name in _WHERE if given.get(name) is not None}
        return {**recalled, **there, **{name: given[name] for name in _OF_THIS_TIME}}
    for name, how in command.needs:
        if given[name] in (None, ()):
            raise click.UsageError(str(message("{option} is missing", option=how)))
    if given["run"] is not None and "-" in (*given.get("data", ()), *given.get("texts", ())):
        raise SettingError(
            message("--run cannot keep a run whose texts come from standard input"), hint=message("put them in a file")
        )
    if given["run"] is not None and os.path.realpath(given["run"]) == os.path.realpath(given["output"]):
        raise SettingError(
            message("--run and -o are the same folder"), hint=message("the run ends where the model begins: name two")
        )
    return given


def train_or_list(
    context: click.Context, command: Command, kind: type[Any], train: Callable[[dict[str, Any]], None]
) -> None:
    """Train by the command's arguments; or list what can be set, where that is asked for.

    Args:
        context: of the command.
        command: its name, and what it needs.
        kind: of model, whose settings are listed.
        train: does it.
    """
    from sadari.cli.terminal.settings import print_settings

    if context.params["list_settings"]:
        print_settings(kind, as_json=context.params["as_json"])
        return
    with only_the_first_speaks():
        train(arguments(context, command))


def begin(kind: type[Any], asked: Mapping[str, Any], command: Command, **converted: Any) -> tuple[Any, dict[str, Any]]:
    """A model of the settings asked for, and what `fit` is told of its run: checked before a file is read.

    Args:
        kind: of model, no rung.
        asked: the command's arguments; those of a setting's name are that setting.
        command: its name.
        converted: settings, in place of what the arguments say.
    """
    from sadari.cli.arguments.outputs import check_model_folder
    from sadari.cli.arguments.settings import parse_settings
    from sadari.settings.declaration import settings_of

    own = {name: value for name, value in {**asked, **converted}.items() if name in settings_of(kind)}
    model = kind(**parse_settings(kind, asked["settings"], own))
    model.check()
    kept = kept_run(asked, command)
    check_model_folder(Path(asked["output"]))
    return model, kept


def fit_options(model: Rung, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What `fit` is told of the run; nothing without one.

    Raises:
        SettingError: a rung that keeps no run.
    """
    from sadari.rungs import RUNGS

    if asked["run"] is None:
        return {}
    if not model.keeps_runs:
        names = [name for name, kind in RUNGS.items() if kind.resumable and kind().keeps_runs]
        raise SettingError(
            message("the rung {name!r} trains too fast to keep a run", name=model.name),
            hint=message("{names} keep one", names=", ".join(names)),
        )
    return kept_run(asked)


def kept_run(asked: Mapping[str, Any], command: Command = TRAIN) -> dict[str, Any]:
    """What `fit` is told of the run, with the command's arguments beside it; nothing without one."""
    from sadari.train.checkpoint import Run

    if asked["run"] is None:
        return {}
    kept = {name: value for name, value in asked.items() if name not in _OF_THIS_TIME}
    kept |= {name: _found_again(name, kept[name]) for name in _PLACES if name in kept}
    notes = {"command": command.name, "arguments": kept}
    return {"run": Run(Path(asked["run"]), notes=notes), "resume": asked["resume"] is not None}


@contextmanager
def says_how_to_resume(kept: Mapping[str, Any], command: Command = TRAIN) -> Iterator[None]:
    """Where training is stopped, the error says by which command it goes on. ``kept`` is what `fit_options` gave."""
    if not kept:
        yield
        return
    from sadari.train.loop import Interrupted

    try:
        yield
    except Interrupted as stopped:
        hint = f"sadari {command.name} --resume {shlex.quote(str(kept['run'].folder))}"
        raise Interrupted(stopped.said, hint=hint) from None


def discard(run: str | None) -> None:
    """Remove the checkpoint of a run whose model is saved."""
    if run is not None:
        from sadari.train.checkpoint import discard_run

        discard_run(run)


def is_first() -> bool:
    """Whether this is the first of several processes (``torchrun``), or the only one: it alone prints and saves."""
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def only_the_first_speaks() -> Iterator[None]:
    """Nothing that the other processes print is seen; errors, which end the block, are."""
    with ExitStack() as stack:
        if not is_first():
            nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(redirect_stdout(nowhere))
            stack.enter_context(redirect_stderr(nowhere))
        yield


def _found_again(name: str, value: Any) -> Any:
    """An absolute path, or several; the name of named data as it is."""
    from sadari.data.files.find import is_pattern

    if isinstance(value, tuple):
        return [_found_again(name, one) for one in value]
    if value is None or (
        not is_pattern(value)
        and name in ("data", "texts", "test", "weights", "unlabelled", "start")
        and not Path(value).exists()
    ):
        return value
    return str(Path(value).absolute())


def _recall(run: str, command: Command) -> dict[str, Any]:
    from sadari.train.checkpoint import read_run

    notes = read_run(run).notes
    begun, kept = str(notes.get("command", TRAIN.name)), notes.get("arguments")
    if begun != command.name:
        raise ModelError(
            message("the run was begun by `sadari {begun:.40}`", begun=begun),
            where=run,
            hint=message("sadari {begun:.40} --resume", begun=begun),
        )
    if not isinstance(kept, dict):
        raise ModelError(
            message("the run was not begun by `sadari {name}`, and does not say with what", name=command.name),
            where=run,
            hint=message("resume it as it was begun: fit(texts, labels, run=…, resume=True)"),
        )
    kept["run"] = run  # it may have been moved
    return {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
