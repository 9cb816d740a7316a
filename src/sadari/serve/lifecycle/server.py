"""One process that serves: from its first request to the last one that it has accepted."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn

from sadari.serve.app import Application, Served
from sadari.serve.lifecycle.connection import connection_class
from sadari.serve.lifecycle.reloading import watch_folders

FAREWELL = 0.5  # seconds in which those who are connected learn, with an answer, that this is the last one
GRACE = 8.0  # and in which what was accepted must be finished
LAST_WORDS = 0.2  # in which who was let in last sends its request
KEEP_ALIVE = 60  # seconds that a connection may be idle between two requests
BACKLOG = 2_048


class Server(uvicorn.Server):
    """uvicorn's server, which ends as a load balancer wants it, and reads models again.

    Args:
        served: the application.
        started: called when it listens.
    """

    def __init__(self, served: Application, started: Callable[[], None] | None = None) -> None:
        config = uvicorn.Config(
            served,
            http=connection_class(served.settings.limits),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,  # type: ignore[arg-type]  # which is handed on to asyncio
            backlog=BACKLOG,
        )
        super().__init__(config)
        self._served, self._on_start, self._hangup = served, started, asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and begin to look after the folders."""
        await super().startup(sockets)
        if isinstance(self._served, Served):
            self._watcher = asyncio.get_running_loop().create_task(watch_folders(self._served, self._hangup))
        if self._on_start is not None:
            self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say farewell, stop listening, and finish what was accepted."""
        if self._watcher is not None:
            self._watcher.cancel()
        self._served.state.closing = True
        if self.server_state.connections:
            await asyncio.sleep(FAREWELL)
        await self._stop_listening(sockets or [])
        await super().shutdown(sockets)
        self._served.log.flush()

    async def _stop_listening(self, sockets: list[socket.socket]) -> None:
        """Let nobody in any more, but those whom the system has connected already: closing would break them off."""
        loop, kind, knocking = asyncio.get_running_loop(), self.config.http_protocol_class, list[socket.socket]()
        copies = [listening.dup() for listening in sockets]
        for server in self.servers:
            server.close()
        await asyncio.sleep(0.01)  # the loop closes its own in the next round
        for copy in copies:
            copy.setblocking(False)
            with suppress(OSError):  # there is no more of it
                while True:
                    knocking.append(copy.accept()[0])
            copy.close()
        for connection in knocking:
            connection.setblocking(False)
            await loop.connect_accepted_socket(
                lambda: kind(self.config, self.server_state, {}),  # type: ignore[call-arg]
                connection,
            )
        if self.server_state.connections:
            await asyncio.sleep(LAST_WORDS)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM and Ctrl-C end it, SIGHUP reads the models again; it ends as one who has done his work."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        taken = {
            signal.SIGTERM: signal.signal(signal.SIGTERM, self.handle_exit),
            signal.SIGINT: signal.signal(signal.SIGINT, self.handle_exit),
        }
        if hasattr(signal, "SIGHUP"):
            taken[signal.SIGHUP] = signal.signal(
                signal.SIGHUP, lambda number, frame: loop.call_soon_threadsafe(self._hangup.set)
            )
        try:
            yield
        finally:
            for number, handler in taken.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Be no longer ready, from now on."""
        self._served.state.closing = True
        super().handle_exit(sig, frame)


def serve_here(served: Application, listening: socket.socket, started: Callable[[], None] | None = None) -> None:
    """Serve in this process.

    Args:
        served: what answers.
        listening: the socket.
        started: called when it answers.
    """
    server = Server(served, started)
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve([listening]))
