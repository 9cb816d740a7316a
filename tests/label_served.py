"""A file that is labelled: the page's server in a thread, and what it was asked."""

import asyncio
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import polars as pl

from sadari.data.read import open_source
from sadari.serve.app import Application
from sadari.serve.labelling.handlers import handlers
from sadari.serve.labelling.said import SAID
from sadari.serve.lifecycle.server import Server
from sadari.serve.lifecycle.sockets import listening_socket, url_of
from sadari.serve.log import RequestLog
from sadari.serve.page import files
from sadari.serve.settings import ServeSettings
from sadari.trust.active.candidates import read_candidates
from sadari.trust.active.spaces import space_of
from sadari.trust.answers.journal import Journal, folder_of, journals_in
from sadari.trust.answers.standing import Standing
from sadari.trust.labelling import Labelling


def labelling_of(file: Path, output: Path, labels: dict[str, str], name: str = "me", **more: object) -> Labelling:
    """As the command makes it, not begun."""
    source = open_source(file, need_label=False, missing="empty")
    source.use_columns(source.text_columns, None)
    standings = [Standing.of(answers) for answers in journals_in(folder_of(output)).values()]
    answered = [answer.text for each in standings for answer in each.answers.values()]
    candidates = read_candidates(source, answered)
    return Labelling(candidates, Journal(folder_of(output), name), output, labels, space_of(None), **more)


def texts_file(path: Path, texts: list[str]) -> Path:
    """A CSV file of these texts."""
    pl.DataFrame({"text": texts}).write_csv(path)
    return path


@contextmanager
def label_page(labelling: Labelling, **more: object) -> Iterator[str]:
    """The page's address, until the block ends; then the table is written."""
    settings, started = ServeSettings((), port=0, **more), threading.Event()
    application = Application(settings, RequestLog(io.StringIO()))
    application.open([*handlers(labelling), *files.handlers("labelling", SAID)])
    server = Server(application, started.set)
    labelling.start()
    with listening_socket(settings) as listening:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        assert started.wait(60)
        try:
            yield url_of(listening, settings)
        finally:
            server.should_exit = True
            thread.join(15)
            assert not thread.is_alive()
            labelling.close()


def client(url: str) -> httpx.Client:
    """What asks as the page does."""
    return httpx.Client(base_url=url, timeout=30, headers={"content-type": "application/json"})
