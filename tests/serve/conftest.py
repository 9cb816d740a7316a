"""A server that runs: in a thread, at a free port, with a quick model and a net of the bundled headlines."""

import asyncio
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

import sadari
from sadari.data.datasets import find
from sadari.serve.app import Served
from sadari.serve.lifecycle.server import Server
from sadari.serve.lifecycle.sockets import listening_socket, url_of
from sadari.serve.log import RequestLog
from sadari.serve.settings import ServeSettings


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


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Model folders by name: a linear one, and a net."""
    place = tmp_path_factory.mktemp("models")
    corpus = sadari.open_source(find("headlines").train).read()
    for rung in (sadari.TfIdf(), sadari.LSTM(epochs=1, max_length=12)):
        rung.fit(corpus.texts, corpus.labels).save(place / rung.name)
    return {name: str(place / name) for name in ("tfidf", "lstm")}


@pytest.fixture(scope="session")
def models(folders):
    """The same, loaded in Python."""
    return {name: sadari.load(folder) for name, folder in folders.items()}


@pytest.fixture(scope="session")
def server(folders):
    with running(ServeSettings(tuple(folders.items()), port=0)) as found:
        yield found
