"""A training run on disk: written whole, read back to the same bits."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from sadari.artifact import read_model, remove_folder, write_model
from sadari.artifact.plain_file import as_path
from sadari.errors import DataError, ModelError, OutputError, SadariWarning, SettingError, reason_of
from sadari.messages import Message, message, plural
from sadari.train.loop import CarriesState, Loop, Progress
from sadari.train.machine import distributed as processes
from sadari.train.machine.environment import random_state, set_random_state

KIND = "checkpoint"
MOST_THREADS = 2**15
HISTORY = "history.json"
ABOUT = """# A training run that can go on

`sadari train --resume FOLDER` takes it up where it stands, to the same bits as if it had never stopped. It is no model
to predict with, and may be deleted once the model is saved.
"""


@dataclass(frozen=True)
class Run:
    """Where a training run keeps its checkpoint.

    Attributes:
        folder: of the checkpoint.
        every: seconds between checkpoints.
        notes: what whoever resumes it must know, as JSON: where the data is, where the model goes.
    """

    folder: Path
    every: float = 60.0
    notes: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, run: Run | str | Path) -> Run:
        return run if isinstance(run, Run) else cls(as_path(run))


@dataclass(frozen=True)
class RunHead:
    """What a checkpoint says about its run.

    Attributes:
        identity: what must be the same to go on: rung, settings, fingerprint of the data, number of processes.
        notes: as in `Run`.
        epoch: the pass that the run is in.
        step: the steps that are done.
        finished: whether it is at its end.
    """

    identity: dict[str, Any]
    notes: dict[str, Any]
    epoch: int
    step: int
    finished: bool


def read_run(folder: str | Path) -> RunHead:
    """What a checkpoint says about its run.

    Raises:
        ModelError: there is none, or it is torn.
    """
    manifest = _read(folder).manifest
    try:
        progress = Progress(**manifest["progress"])
        return RunHead(
            dict(manifest["identity"]), dict(manifest["notes"]), progress.epoch, progress.step, progress.finished
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(message("the checkpoint does not say what it is of"), where=str(folder)) from error


def check_free(folder: str | Path) -> None:
    """Refuse to start a run where something lies that its checkpoints would replace.

    Raises:
        OutputError: a model, or a run that is not finished.
    """
    if not (Path(folder) / "sadari.json").exists():
        return  # nothing, or what `write_model` refuses to replace
    try:
        head = read_run(folder)
    except ModelError as error:
        raise OutputError(
            message("is in the way of the checkpoint ({what})", what=error.said),
            where=str(folder),
            hint=message("choose another folder"),
        ) from None
    if not head.finished:
        raise OutputError(
            message("holds a run that was stopped in pass {number}", number=head.epoch),
            where=str(folder),
            hint=message("resume it (sadari train --resume, or resume=True), or remove the folder to start again"),
        )


def discard_run(folder: str | Path) -> None:
    """Remove the checkpoint of a run that is finished, once its model is saved; one that is not finished stays."""
    if read_run(folder).finished:
        remove_folder(folder)


def begin_run(run: Run | str | Path | None, *, resume: bool) -> Run | None:
    """The run in a folder, to be begun or resumed; None without one.

    Raises:
        SettingError: there is nothing to resume. OutputError: it is to begin anew, and something else is there.
    """
    if run is None:
        if resume:
            raise SettingError(
                message("resume needs the folder of the run"), hint=message("fit(…, run=FOLDER, resume=True)")
            )
        return None
    run = Run.of(run)
    if not resume:
        check_free(run.folder)
    return run


def keep_run(loop: Loop, run: Run | None, identity: Mapping[str, Any], *, resume: bool) -> None:
    """Let a loop write checkpoints, and put it where the last one left it if it is to go on; nothing without a run.

    Args:
        loop: not started yet.
        run: where checkpoints are written, and how often; None: nowhere.
        identity: what must be the same to go on.
        resume: whether to go on from the last one.

    Raises:
        SettingError: the checkpoint is of another run. ModelError: there is none, or it is torn.
    """
    if run is None:
        return
    if resume:
        load_checkpoint(loop, run.folder, identity)
    loop.checkpoint = lambda loop: save_checkpoint(loop, run, identity)
    loop.checkpoint_every = run.every


def save_checkpoint(loop: Loop, run: Run, identity: Mapping[str, Any]) -> None:
    """Write all that `load_checkpoint` needs: weights, optimisers, random generators, place in the data, history.

    Every process must call it, as each has random generators and streams of its own; the first one writes.
    """
    generators, sums = random_state(), _sums_of_all(loop.progress.sums)
    carried = loop.task.carried() if isinstance(loop.task, CarriesState) else {}
    if processes.place()[0] != 0:
        return
    tensors: dict[str, Any] = {f"net.{name}": value for name, value in loop.net.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in (loop.best_state or {}).items()}
    tensors |= {f"random.{name}": value for name, value in generators.items()}
    tensors |= {f"task.{name}": value for name, value in carried.items()}
    numbers: dict[str, float] = {}
    for place, optimizer in enumerate(loop.optimizers):
        for index, state in optimizer.state_dict()["state"].items():
            for key, value in state.items():
                if torch.is_tensor(value):
                    tensors[f"optimizer.{place}.{index}.{key}"] = value
                elif value is not None:
                    numbers[f"{place}.{index}.{key}"] = value
    progress = asdict(loop.progress)
    history = progress.pop("history")
    progress["best"] = None if loop.progress.best == float("-inf") else loop.progress.best
    manifest = {
        "kind": KIND,
        "progress": progress,
        "sums": sums,
        "optimizer_numbers": numbers,
        "threads": torch.get_num_threads(),
        "precision": loop.optimizer_settings.precision,
        "identity": dict(identity),
        "notes": dict(run.notes),
    }
    texts = {HISTORY: json.dumps(history), "README.md": ABOUT}
    write_model(run.folder, manifest=manifest, tensors=tensors, texts=texts)


def _sums_of_all(sums: dict[str, float]) -> list[dict[str, float]]:
    """What each process has summed up since the last record."""
    parts = processes.gather(torch.tensor([*sums.values(), 0.0], dtype=torch.float64))
    return [dict(zip(sums, part.tolist(), strict=False)) for part in parts]


def load_checkpoint(loop: Loop, folder: str | Path, identity: Mapping[str, Any]) -> None:
    """Put a loop where a checkpoint left it: its next `run` goes on to the same bits, with as many threads as before.

    Its precision is that of before, too, where settings leave it to the machine, and this is another one; a run in a
    precision that cannot be had here goes on in float32.

    Raises:
        SettingError: the run is another one: of other settings, other data, or another number of processes.
        ModelError: no checkpoint, or a torn one.

    Warns:
        SadariWarning: it was begun with another version of torch, or in a precision that cannot be had here, which
            may give other bits; or it goes on with more or fewer threads, or in another precision, than settings say.
    """
    files = _read(folder)
    try:
        check_same(dict(files.manifest["identity"]), identity, str(folder))
        loop.net.load_state_dict(_part(files.tensors, "net."))
        best = _part(files.tensors, "best.")
        loop.best_state = {name: value.to(loop.device) for name, value in best.items()} or None
        for place, optimizer in enumerate(loop.optimizers):
            state = _optimizer_state(files.tensors, files.manifest["optimizer_numbers"], place)
            optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
        progress = dict(files.manifest["progress"])
        progress["best"] = float("-inf") if progress["best"] is None else progress["best"]
        progress["course"] = tuple(progress["course"])
        if "sums" in files.manifest:  # which runs that were begun before have for the first process alone
            progress["sums"] = files.manifest["sums"][processes.place()[0]]
        loop.progress = Progress(**progress, history=json.loads(files.text(HISTORY)))
        _take_up_machine(loop, files.manifest)
        if isinstance(loop.task, CarriesState):
            loop.task.restore(_part(files.tensors, "task."))
        set_random_state(_part(files.tensors, "random."))
    except SettingError:
        raise
    except (LookupError, ValueError, TypeError, RuntimeError) as error:
        raise ModelError(
            message("the checkpoint does not fit this run: {reason}", reason=reason_of(error)), where=str(folder)
        ) from error
    begun = files.manifest.get("versions", {}).get("torch")
    if begun != torch.__version__:
        said = message("the run was begun with torch {begun} and goes on with {version}: its bits may differ")
        _say(said.filled(begun=begun, version=torch.__version__))


def _take_up_machine(loop: Loop, manifest: Mapping[str, Any]) -> None:
    """Give a loop the threads and the precision of its run, and say where they are not what they would be here."""
    count, given = int(manifest["threads"]), loop.threads or torch.get_num_threads()
    if not 1 <= count <= MOST_THREADS:
        raise DataError(message("it says that it had {count:,} threads", count=count))
    if count != given:
        said = plural(
            "the run was begun with {count:,} thread and goes on so: {given:,} would give other bits",
            "the run was begun with {count:,} threads and goes on so: {given:,} would give other bits",
            count,
            given=given,
        )
        _say(said)
    loop.threads = count
    begun = manifest["precision"]
    if begun not in ("fp32", "bf16"):
        raise DataError(message("it says that its precision was {begun!r:.80}", begun=begun))
    kept = loop.precision_for(begun)
    if kept != begun:
        _say(
            message("the run was begun in {begun} and goes on in {kept}: its bits will differ", begun=begun, kept=kept)
        )
    elif kept != loop.optimizer_settings.precision:
        said = message("the run was begun in {begun} and goes on so, not in {asked}")
        _say(said.filled(begun=begun, asked=loop.optimizer_settings.precision))
    loop.optimizer_settings = replace(loop.optimizer_settings, precision=kept)


def _say(what: Message) -> None:
    warnings.warn(SadariWarning(what), stacklevel=4)


def check_same(kept: Mapping[str, Any], given: Mapping[str, Any], where: str) -> None:
    """Refuse to go on with another run than the one that is kept.

    Raises:
        SettingError: the first thing that differs.
    """
    for key in dict.fromkeys([*given, *kept]):
        old, new = kept.get(key), given.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            check_same(old, new, where)
        elif old != new:
            what = message("this is not the run that was stopped: {key} differs", key=key)
            if len(f"{old}{new}") <= 80:
                what = message("{what}: {old!r} then, {new!r} now", what=what, old=old, new=new)
            hint = message("give the same texts, labels and settings, or start again in another folder")
            raise SettingError(what, where=where, hint=hint)


def _read(folder: str | Path) -> Any:
    if not Path(folder).exists():
        raise ModelError(
            message("there is no run in this folder"),
            where=str(folder),
            hint=message("is the name right? A run that came to its end is removed: its model is where -o said"),
        )
    return read_model(folder, kind=KIND, as_torch=True)


def _optimizer_state(
    tensors: dict[str, torch.Tensor], numbers: Mapping[str, float], place: int
) -> dict[int, dict[str, Any]]:
    states: dict[int, dict[str, Any]] = {}
    # copies: what is read lies where it lies in the file, and not as torch aligns its own
    found: dict[str, Any] = {name: value.clone() for name, value in _part(tensors, f"optimizer.{place}.").items()}
    found |= {name.split(".", 1)[1]: value for name, value in numbers.items() if name.split(".", 1)[0] == str(place)}
    for name, value in found.items():
        index, key = name.split(".", 1)
        states.setdefault(int(index), {})[key] = value
    return states


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
