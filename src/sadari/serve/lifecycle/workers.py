"""Several processes that listen at one socket."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from prometheus_client.multiprocess import mark_process_dead

from sadari.errors import ModelError, SadariError
from sadari.messages import message
from sadari.serve.metrics import TOGETHER
from sadari.serve.settings import ServeSettings

LAST = 10.0  # seconds until those that have not ended are killed
STARTING = 600.0  # that loading a model may take
A_LOOK = 0.2


class Workers:
    """The processes.

    Args:
        settings: what is asked for.
        listening: the socket.
    """

    def __init__(self, settings: ServeSettings, listening: socket.socket) -> None:
        self._settings, self._listening = settings, listening
        self._context = multiprocessing.get_context("spawn")
        self.processes: list[BaseProcess] = []
        self.ending = threading.Event()

    def start(self) -> None:
        """Start them all, and wait until they answer.

        Raises:
            ModelError: one of them cannot.
        """
        while len(self.processes) < self._settings.workers and not self.ending.is_set():
            self.processes.append(self._begin())

    def _begin(self) -> BaseProcess:
        mine, its = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_work, args=(self._settings, self._listening, its))
        process.start()
        its.close()
        said = self._word_of(mine)
        if said != "ready":
            process.kill()
            if not self.ending.is_set():
                raise ModelError(message("a process of the server could not start: {reason}", reason=said or "?"))
        return process

    def _word_of(self, process: Connection) -> str | None:
        """What a process says when it has started; None where it says nothing, or all are to end before that."""
        ends = time.monotonic() + STARTING
        with process, suppress(EOFError):
            while time.monotonic() < ends and not self.ending.is_set():
                if process.poll(A_LOOK):
                    said: str = process.recv()
                    return said
        return None

    def watch(self) -> None:
        """Start another one for each that ends, until all are told to."""
        while not self.ending.is_set():
            wait([process.sentinel for process in self.processes], timeout=0.5)
            for place, process in enumerate(self.processes):
                if not process.is_alive() and not self.ending.is_set():
                    mark_process_dead(process.pid)
                    with suppress(ModelError):  # the folder may be torn just now: then it is tried again
                        self.processes[place] = self._begin()

    def send(self, number: int) -> None:
        """Send a signal to all of them."""
        for process in self.processes:
            if process.pid is not None and process.is_alive():
                os.kill(process.pid, number)

    def end(self) -> None:
        """Let them finish, and end those that do not."""
        self.send(signal.SIGTERM)
        for process in self.processes:
            process.join(LAST)
            if process.is_alive():
                process.kill()


def serve_in_workers(settings: ServeSettings, listening: socket.socket, started: Callable[[], None]) -> None:
    """Serve in as many processes as the settings say.

    Args:
        settings: what is asked for.
        listening: the socket.
        started: called when all of them answer.

    Raises:
        ModelError: one of them could not start.
    """
    with tempfile.TemporaryDirectory(prefix="sadari-metrics-") as folder:
        os.environ[TOGETHER] = folder  # the processes inherit it
        workers = Workers(settings, listening)
        try:
            with _heeding_signals(workers):
                workers.start()
                if not workers.ending.is_set():
                    started()
                workers.watch()
        finally:
            listening.close()  # the last of the processes is the last who listens
            workers.end()
            del os.environ[TOGETHER]


@contextmanager
def _heeding_signals(workers: Workers) -> Iterator[None]:
    def end(number: int, frame: object) -> None:
        workers.ending.set()

    taken = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    if hasattr(signal, "SIGHUP"):
        taken[signal.SIGHUP] = signal.signal(signal.SIGHUP, lambda number, frame: workers.send(number))
    try:
        yield
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)


def _work(settings: ServeSettings, listening: socket.socket, say: Connection) -> None:
    """What a process does: it says "ready" when it answers, or why it cannot."""
    from sadari.serve.app import Served
    from sadari.serve.lifecycle.server import serve_here

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of them; the first process passes it on
    try:
        serve_here(Served(settings), listening, lambda: say.send("ready"))
    except SadariError as error:
        with suppress(OSError):
            say.send(str(error))
