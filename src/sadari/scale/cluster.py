"""A Ray cluster: started on this machine or found at an address, checked before it works, and left as it was.

No other room knows Ray, and nothing of it is imported before a connection is asked for.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from sadari.display.terminal import Progress
from sadari.display.where import current_bar
from sadari.errors import ClusterError, MissingExtraError, SettingError, reason_of
from sadari.messages import Message, message
from sadari.scale.greeting import answers_as_ray
from sadari.scale.package import Package, here, of_worker

LOCAL = "local"  # the address of a cluster of this machine alone, which is started for the job
ANSWER_SECONDS = 10.0  # an address that says nothing for so long is given up
WORKER_SECONDS = 120.0  # a busy node may take long to start its first process
_ADDRESS = re.compile(r"local|auto|(ray://)?(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:/*?]+):(?P<port>[0-9]{1,5})")
_CONNECTS = (str(Path("ray", "_private", "worker.py")), "connect")  # where its own code is started
_alike: set[str] = set()  # nodes (Ray gives each a name of its own) that run what this process runs
# What Ray says and sends unasked: usage statistics, bars of its own, advice for other versions.
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
}


@dataclass(frozen=True)
class Cluster:
    """What a job runs on.

    Args:
        address: as it was asked for; "local" is this machine.
        nodes: how many machines there are.
        cpus: processors of all of them together.
        gpus: the same.
    """

    address: str
    nodes: int
    cpus: int
    gpus: int


def check_address(address: str) -> str:
    """An address that may be one: "local", "auto", "host:port" or "ray://host:port".

    Args:
        address: as a user gives it.

    Raises:
        SettingError: it is none of these.
    """
    if not _ADDRESS.fullmatch(address):
        raise SettingError(
            message("{address!r} is no address of a Ray cluster", address=address),
            hint=message("give host:port, ray://host:port, auto, or nothing for this machine: --ray=local"),
        )
    return address


@contextmanager
def connected(address: str = LOCAL, *, check: bool = True, **settings: Any) -> Iterator[Cluster]:
    """A cluster while the block runs. One that was started for it ends with it; any other goes on without this job.

    A process that is connected to Ray already uses that connection and keeps it.

    Args:
        address: "local" starts Ray on this machine: no dashboard, no usage statistics, nothing on the terminal.
            "auto" finds the cluster of this machine; "host:port" and "ray://host:port" name one.
        check: whether each node is asked what it runs, which takes a process on each. Without it the caller asks its
            own workers: see `check_package`.
        settings: of ``ray.init``, for a cluster that is started: ``num_cpus``, say.

    Yields:
        What there is to work on.

    Raises:
        MissingExtraError: Ray is not installed.
        SettingError: this is no address.
        ClusterError: nothing answers there within 10 seconds, or it runs other versions of Ray, Python or Sadari.
    """
    check_address(address)
    ray = import_ray()
    if ray.is_initialized():
        yield _found(ray, address, check)
        return
    with _reticent(ray):
        try:
            with _said(address):
                _check_answers(address)
                _start(ray, address, settings)
                found = _found(ray, address, check)
            yield found
        finally:
            _end(ray)


@contextmanager
def _said(address: str) -> Iterator[None]:
    """Meanwhile whoever waits sees for what."""
    bar = current_bar()
    if not isinstance(bar, Progress):
        yield
        return
    what = message("starting Ray") if address == LOCAL else message("connecting to the cluster")
    with bar.during(what):
        yield


@contextmanager
def _reticent(ray: Any) -> Iterator[None]:
    """Meanwhile Ray does not print what becomes of its processes: it would on standard output, where results stand.
    Nor does it say how SIGTERM ends this process: it would raise `SystemExit`, which it takes for a lost cluster, or
    print where in C++ the signal came, and abort."""
    inside = ray._private

    def nothing(*_: Any, **__: Any) -> None:
        pass

    places: Sequence[tuple[Any, str, Any]] = (
        (inside.worker, "print_to_stdstream", nothing),
        (inside.utils, "set_sigterm_handler", nothing),
        (inside.ray_constants, "RAY_DISABLE_FAILURE_SIGNAL_HANDLER", True),
    )
    before = [getattr(place, name, None) for place, name, _ in places]
    for place, name, value in places:
        setattr(place, name, value)
    try:
        yield
    finally:
        for (place, name, _), value in zip(places, before, strict=True):
            setattr(place, name, value)


def import_ray() -> Any:
    """Ray, told to be quiet before it is imported.

    Raises:
        MissingExtraError: it is not installed.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError:
        raise MissingExtraError(message("working on a cluster (--ray)"), "ray") from None
    return ray


def _start(ray: Any, address: str, settings: dict[str, Any]) -> None:
    """Connect; a second time where it fails, since Ray gives up what a busy machine starts or answers slowly."""
    settings = {"include_dashboard": False, **settings} if address == LOCAL else {}
    with suppress(ClusterError):
        _connect(ray, address, settings)
        return
    _end(ray)
    _connect(ray, address, settings)


def _end(ray: Any) -> None:
    """End the connection, however much of it there is."""
    with _signals_put_off(), suppress(Exception):
        ray.shutdown()


def _connect(ray: Any, address: str, settings: dict[str, Any]) -> None:
    """Connect. What ends this process waits while Ray's own code is being started: half of it ends in a crash."""
    try:
        with _signals_put_off(_CONNECTS):
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL, **settings)
    except (Exception, SystemExit) as error:  # it leaves the process where a cluster ends while it is being joined
        raise _unconnected(address, error) from error


def _unconnected(address: str, error: BaseException) -> ClusterError:
    """Why there is no connection, and what to do."""
    if address == LOCAL:
        return ClusterError(message("Ray does not start: {reason}", reason=_first_line(error)))
    if address == "auto" and isinstance(error, ConnectionError):
        return ClusterError(
            message("no Ray cluster runs on this machine"),
            where=address,
            hint=message("leave the address out to start one for this command, or name one: --ray host:port"),
        )
    return ClusterError(
        message("there is no connection to the Ray cluster: {reason}", reason=_first_line(error)),
        where=address,
        hint=message("run the command on a machine of the cluster, with its versions of Ray and Python"),
    )


@contextmanager
def _signals_put_off(within: tuple[str, str] | None = None) -> Iterator[None]:
    """Ctrl-C and SIGTERM do what they did before, but later: at the end of the block.

    Args:
        within: the file and the function in which alone they wait; None: everywhere.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []
    found = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in found.items() if callable(handler)}

    def handle(number: int, frame: FrameType | None) -> None:
        if within is None or _is_in(frame, *within):
            asked.append(number)
        else:
            before[signal.Signals(number)](number, frame)

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, kept in found.items():  # Ray's code in C++ has put its own in front of them
            if kept is not None:
                signal.signal(number, kept)
        for first in asked[:1]:
            before[signal.Signals(first)](first, None)


def _is_in(frame: FrameType | None, file: str, function: str) -> bool:
    while frame is not None:
        if frame.f_code.co_name == function and frame.f_code.co_filename.endswith(file):
            return True
        frame = frame.f_back
    return False


def _first_line(error: BaseException) -> Message | str:
    if isinstance(error, SystemExit):
        return message("it did not answer")
    lines = str(reason_of(error)).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


def _check_answers(address: str) -> None:
    """Greet what is at an address, since Ray itself waits for minutes.

    Raises:
        ClusterError: nothing answers, or not as a server of Ray does.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or found["host"] is None:
        return
    hint = message("check the address, and that the cluster runs: ray status --address {address}", address=address)
    host, port = found["host"].strip("[]"), int(found["port"])
    try:
        is_ray = answers_as_ray(host, port, ANSWER_SECONDS, encrypted=os.environ.get("RAY_USE_TLS", "0") == "1")
    except TimeoutError:
        what = message("nothing answered within {seconds:.0f} seconds", seconds=ANSWER_SECONDS)
        raise ClusterError(what, where=address, hint=hint) from None
    except (OSError, OverflowError) as error:
        raise ClusterError(
            message("there is no Ray cluster: {reason}", reason=reason_of(error)), where=address, hint=hint
        ) from None
    if not is_ray:
        raise ClusterError(message("something answers that is not Ray"), where=address, hint=hint)


def _found(ray: Any, address: str, check: bool) -> Cluster:
    """The cluster, once every node has shown that it runs what this machine runs."""
    alive = [node for node in ray.nodes() if node["Alive"]]
    unknown = [node for node in alive if check and node["NodeID"] not in _alike]
    for node, theirs in _packages(ray, unknown):
        check_package(str(node["NodeManagerHostname"]), theirs)
        _alike.add(node["NodeID"])
    total = ray.cluster_resources()
    return Cluster(address, len(alive), int(total.get("CPU", 0)), int(total.get("GPU", 0)))


def _packages(ray: Any, nodes: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Package]]:
    """What each node's workers run; a node that is gone meanwhile says nothing."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    ask = ray.remote(num_cpus=0, max_retries=0)(of_worker())
    asked = {}
    for node in nodes:
        there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        asked[ask.options(scheduling_strategy=there).remote()] = node
    for answer, node in asked.items():
        try:
            yield node, Package(*ray.get(answer, timeout=WORKER_SECONDS))
        except ray.exceptions.GetTimeoutError:
            what = message("started no worker within {seconds:.0f} seconds", seconds=WORKER_SECONDS)
            raise ClusterError(what, where=message("node {name}", name=node["NodeManagerHostname"])) from None
        except ray.exceptions.RayError:
            with suppress(Exception):
                ray.cancel(answer, force=True)


def check_package(node: str, theirs: Package) -> None:
    """Make sure that a node runs what this machine runs.

    Args:
        node: its name.
        theirs: what it runs.

    Raises:
        ClusterError: it runs something else.
    """
    ours = here()
    where = message("node {name}", name=node)
    if theirs.sadari is None:
        raise ClusterError(
            message("Sadari is not installed there"),
            where=where,
            hint=message("pip install 'sadari[ray]=={version}' on every node", version=ours.sadari),
        )
    for name, one, other in (
        ("Python", ours.python, theirs.python),
        ("Ray", ours.ray, theirs.ray),
        ("Sadari", ours.sadari, theirs.sadari),
    ):
        if one != other:
            raise ClusterError(
                message("runs {name} {other}, and this machine {one}", name=name, other=other, one=one),
                where=where,
                hint=message("install the same version on every machine of the cluster"),
            )
    if ours.source != theirs.source:
        raise ClusterError(
            message("runs another Sadari than this machine, though both are of version {one}", one=ours.sadari),
            where=where,
            hint=message("install the same version on every machine of the cluster"),
        )
