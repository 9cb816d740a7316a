"""A server that runs: in a thread, at a free port; and texts that it is asked."""

import asyncio
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from sadari.serve.app import Served
from sadari.serve.lifecycle.server import Server
from sadari.serve.lifecycle.sockets import listening_socket, url_of
from sadari.serve.log import RequestLog
from sadari.serve.settings import ServeSettings

TEXTS = [
    "Stocks fell on Friday after the bank's report",
    "A late goal won the cup",
    "qwxz",
    "",
    "새 위성이 발사됐다 🚀",
]


class Running:
    """A server that runs, its address, and what it has written into its log."""

    def __init__(self, server: Server, url: str, log: io.StringIO) -> None:
        self.server, self.served, self.url, self.log = server, server._served, url, log
        self.client = httpx.Client(base_url=url, timeout=30)

    def post(self, path: str, body: object = None, **more: object) -> httpx.Response:
        return self.client.post(path, json=body, **more)


@contextmanager
def running(settings: ServeSettings) -> Iterator[Running]:
    """The server, until the block ends."""
    log, started = io.StringIO(), threading.Event()
    server = Server(Served(settings, RequestLog(log, texts=settings.log_texts)), started.set)
    with listening_socket(settings) as listening:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        assert started.wait(60)
        found = Running(server, url_of(listening, settings), log)
        try:
            yield found
        finally:
            found.client.close()
            server.should_exit = True
            thread.join(15)
            assert not thread.is_alive()


@contextmanager
def process(*arguments, environment=None):
    """``sadari serve`` as a process of its own, and its address."""
    command = [sys.executable, "-m", "sadari", "serve", *map(str, arguments), "--port", "0"]
    started = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
    )
    said = []
    drain = threading.Thread(target=lambda: said.extend(started.stderr))
    drain.start()
    try:
        while "http://" not in (line := started.stdout.readline()):
            assert line or started.poll() is None, said
        yield started, re.search(r"http://[\d.:]+", line)[0]
    finally:
        started.kill()
        started.wait()
        drain.join()
        started.stdout.close()
        started.stderr.close()
