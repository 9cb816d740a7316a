"""One net trained by several processes of a Ray cluster: the model that as many processes of ``torchrun`` give.

Ray's own Train library is not what does it. To it every error is a lost worker, so that what a user can mend would be
tried again; Ctrl-C ends its workers before they have written a checkpoint; and it starts seven processes where two
train. What is needed of it is little: a place for each process, an address where they meet, and another try.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.artifact import remove_folder
from sadari.artifact.atomic import output_errors
from sadari.data.text_stream import TextStream
from sadari.display.terminal import Progress
from sadari.display.where import SILENT, current_bar, on_terminal
from sadari.errors import ClusterError, SettingError
from sadari.messages import counted, message
from sadari.scale.attempts import Attempts, Share, Telling, step_of
from sadari.scale.cluster import LOCAL, Cluster, connected
from sadari.scale.trainer import Job, Shipped
from sadari.settings.limits import Whole, check

if TYPE_CHECKING:
    from sadari.train.checkpoint import Run

PATHS = ("weights", "vectors")  # settings that may name what lies on a disk


def _quiet(*_: Any) -> None:
    """Shows nothing."""


def check_trains_together(model: Any, workers: int) -> None:
    """Refuse what several processes cannot train.

    Args:
        model: a rung, a `Generator`, a `Translator` or a `Bert`.
        workers: how many processes.

    Raises:
        SettingError: a rung that trains in one process; or no number of workers.
    """
    from sadari.rungs import RUNGS

    check("workers", workers, Whole(1, 2**16))
    if not getattr(model, "keeps_runs", True):
        names = [name for name, kind in RUNGS.items() if kind.resumable and kind().keeps_runs]
        raise SettingError(
            message("the rung {name!r} trains in one process, and needs no cluster", name=model.name),
            hint=message("leave out --ray; {names} are trained by several", names=", ".join(names)),
        )


@contextmanager
def together(model: Any, *, workers: int, address: str = LOCAL) -> Iterator[Callable[..., Any]]:
    """The `fit` of a model, by several processes of a cluster, while the block runs.

    Args:
        model: a rung, a `Generator`, a `Translator` or a `Bert`, not trained yet.
        workers: how many processes.
        address: of the cluster; see `sadari.scale.cluster.connected`.

    Yields:
        what takes all that the model's own `fit` takes, and besides: ``describe`` and ``also``, see
        `sadari.scale.trainer.Job`. ``on_start`` is called with what ``describe`` gave.

    Raises:
        MissingExtraError: Ray is not installed. ClusterError: the cluster does not answer, or is not fit.
        SettingError: more workers than the cluster has CPUs or GPUs for; a rung that trains in one process.
    """
    check_trains_together(model, workers)
    with connected(address) as cluster:
        share = _share(cluster, model, workers)

        def fit(*texts: Any, **options: Any) -> Any:
            import ray

            try:
                return _fit(model, texts, options, share)
            except ray.exceptions.RayError as error:  # a full disk or memory of its object store, a head that is gone
                reason = str(error).strip().partition("\n")[0][:200]
                raise ClusterError(
                    message("the cluster failed: {reason}", reason=reason or type(error).__name__),
                    hint=message("what was done is kept where there is a --run: resume it when the cluster is well"),
                ) from error

        yield fit


def fit_together(model: Any, *texts: Any, workers: int, address: str = LOCAL, **options: Any) -> Any:
    """Train a model by several processes of a cluster; it is the one that as many processes of ``torchrun`` give.

    A process that is lost costs what was done since the last checkpoint: all of them go on from there, to the same
    bits as if nothing had happened. Without ``run`` they begin again.

    Args:
        model: a rung, a `Generator`, a `Translator` or a `Bert`, not trained yet.
        texts: what its `fit` takes by position.
        workers: how many processes, each with a CPU (or as many as the model's ``threads``) and, where the cluster has
            them, a GPU.
        address: of the cluster; see `sadari.scale.cluster.connected`.
        options: what its `fit` takes by keyword. The folder of ``run`` must be one that every machine sees.

    Returns:
        the model, trained.

    Raises:
        MissingExtraError: Ray is not installed.
        ClusterError: the cluster does not answer, is not fit, or lost workers without a step forward.
        SettingError: more workers than the cluster has CPUs or GPUs for; a rung that trains in one process; a file or
            folder that a machine does not see.
        Interrupted: it was stopped, and its checkpoint is written.
    """
    with together(model, workers=workers, address=address) as fit:
        return fit(*texts, **options)


def _share(cluster: Cluster, model: Any, workers: int) -> Share:
    """What each process gets.

    Raises:
        SettingError: there are not so many places on the cluster's machines, whether they are free or not.
    """
    import ray

    device = str(getattr(model, "device", "cpu"))
    gpus = int(device.startswith("cuda") or (device == "auto" and cluster.gpus > 0))
    share = Share(workers, int(getattr(model, "threads", None) or 1), gpus)
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    places = sum(min(int(node.get(name, 0.0) // each) for name, each in share.needs.items()) for node in nodes)
    if places >= workers:
        return share
    each = message("{cpus} and {gpus} for each", cpus=counted(share.cpus, "CPU"), gpus=counted(gpus, "GPU"))
    if not gpus:
        each = message("{cpus} for each", cpus=counted(share.cpus, "CPU"))
    hint = message("--workers {places} at most, or a larger cluster", places=places)
    if not places:
        hint = message("--device cpu, fewer threads, or a larger cluster")
    said = message("there is no room for {workers} on the cluster: with {each} it has places for {places:,}")
    raise SettingError(said.filled(workers=counted(workers, "worker"), each=each, places=places), hint=hint)


def _fit(model: Any, texts: tuple[Any, ...], options: dict[str, Any], share: Share) -> Any:
    """Train the model by several processes; the arguments are those of its `fit`."""
    import ray

    run, resume = options.pop("run", None), options.pop("resume", False)
    told = {name: options.pop(name, None) for name in ("on_record", "on_progress", "on_start")}
    describe, also = options.pop("describe", None), options.pop("also", None)
    kept = _begun(run, resume=resume)
    if options.get("teacher") is not None:
        from sadari.rungs.distillation.teacher import Teacher

        options["teacher"] = replace(Teacher.of(options["teacher"]), say=None)
    job = Job(
        model,
        tuple(_shipped(ray, part) for part in texts),
        {**options, **({} if kept is None else {"run": kept})},
        str(Path.cwd()),
        bool(share.gpus),
        describe,
        also,
        told["on_progress"] is not None,
    )
    with _screen(options.get("verbose")) as bar, _seen(model, options, kept) as seen:
        attempts = Attempts(ray, share, ray.put(job), kept, resume, seen, Telling(bar, **told))
        vars(model).update(vars(attempts.trained()))
    return model


def _begun(run: Run | str | Path | None, *, resume: bool) -> Run | None:
    """The run, by its absolute name, its folder free or as it was left."""
    from sadari.train.checkpoint import begin_run

    kept = begin_run(run, resume=resume)
    if kept is None:
        return None
    kept = replace(kept, folder=kept.folder.absolute())
    if not resume and step_of(kept) is not None:
        remove_folder(kept.folder)  # of a run that came to its end: a lost worker's successor must not go on with it
    return kept


def _shipped(ray: Any, texts: Any) -> Any:
    """Texts as they travel: a stream over files is read once, since those may lie on this machine alone."""
    if isinstance(texts, str) or not hasattr(texts, "__iter__"):
        return texts
    if hasattr(texts, "__len__") and not isinstance(texts, TextStream):
        return texts
    if iter(texts) is texts:  # which cannot be gone through again
        return list(texts)
    columns, rows = [], 0
    for column in texts:
        columns.append(ray.put(column))
        rows += len(column)
    return Shipped(columns, rows)


@contextmanager
def _screen(verbose: bool | None) -> Iterator[Callable[..., None]]:
    """Where it is shown how it goes: what shows the job already, a bar of its own, or nowhere."""
    bar = current_bar()
    with ExitStack() as stack:
        if verbose is False or bar == SILENT:
            bar = _quiet
        elif bar is None:
            bar = stack.enter_context(Progress()) if verbose or on_terminal() else _quiet
        yield bar


@contextmanager
def _seen(model: Any, options: Mapping[str, Any], run: Run | None) -> Iterator[dict[str, str]]:
    """The files and folders that every machine must see, by name; beside the run's folder lies a mark meanwhile."""
    teacher = options.get("teacher")
    given = [*(getattr(model, name, None) for name in PATHS), options.get("start")]
    given.append(None if teacher is None else teacher.model)
    paths = {str(path): str(path) for path in given if isinstance(path, str | Path) and os.path.lexists(path)}
    with ExitStack() as stack:
        if run is not None:
            above = next(place for place in run.folder.parents if place.exists())
            with output_errors(run.folder):
                mark = stack.enter_context(tempfile.NamedTemporaryFile(dir=above, prefix=f".{run.folder.name}-"))
            paths[mark.name] = str(run.folder)
        yield paths
