"""The models that are served: each is read once, and read again when its folder is replaced."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sadari.artifact import MANIFEST
from sadari.messages import message
from sadari.serve.core.answer import Answer, Loaded
from sadari.serve.core.batching import Queue, Watch, overloaded
from sadari.serve.http.refused import Refused
from sadari.serve.settings import ServeSettings

Result = TypeVar("Result")

AT_ONCE = 20_000  # characters that a rung without a queue answers while others wait; more go to a thread
MOST_ASIDE = 8  # requests in threads; more are refused
NOTHING = "gone"


class Slot:
    """One model, and how it answers.

    Args:
        name: by which clients ask for it.
        folder: where it is.
        settings: of the server.
        watch: is told of each batch.
    """

    def __init__(self, name: str, folder: str, settings: ServeSettings, watch: Watch | None = None) -> None:
        self.name, self.folder, self._settings = name, Path(folder), settings
        self.loaded = self._read()
        self.seen, self._aside = self.loaded.identity, 0
        self.queue = Queue(
            lambda texts: self.loaded.answer(texts),
            settings.limits.waiting,
            together=settings.batching,
            watch=watch,
        )

    def _read(self) -> Loaded:
        from sadari.rungs import load

        identity = identity_of(self.folder)
        rung = load(self.folder)
        rung.answer_on(self._settings.device, self._settings.precision)
        loaded = Loaded(self.name, self.folder, rung, identity)
        loaded.warm()
        return loaded

    def reload(self) -> None:
        """Read the folder again; what answers now goes on until the new model is there, and for good where it is none.

        Raises:
            ModelError: what is there now is no model.
        """
        self.seen = identity_of(self.folder)
        self.loaded = self._read()

    def replaced(self) -> bool:
        """Whether something else is in the folder than was looked at last."""
        found = identity_of(self.folder)
        return found not in (NOTHING, self.seen)

    async def answer(self, texts: list[str]) -> Answer:
        """What the model says.

        Args:
            texts: of one request.

        Raises:
            Refused: too much is waiting already.
        """
        if self.loaded.rung.gains_from_batches:
            return await self.queue.answer(texts)
        if sum(map(len, texts)) <= AT_ONCE:
            return self.loaded.answer(texts)
        if self._aside >= MOST_ASIDE:
            raise overloaded(self._settings.limits.waiting)
        self._aside += 1
        try:
            return await asyncio.to_thread(self.loaded.answer, texts)
        finally:
            self._aside -= 1

    async def raw_scores(self, texts: list[str], answer: Answer) -> NDArray[np.float64]:
        """float64 [n, k]: the logits of an answer.

        Args:
            texts: of one request.
            answer: what was answered.
        """
        model = answer.model
        if model.rung.gains_from_batches:
            return await self.run(model.raw_scores, texts, answer)
        return model.raw_scores(texts, answer)

    async def token_counts(self, texts: list[str], answer: Answer) -> list[int]:
        """How many tokens of each text the model reads.

        Args:
            texts: of one request.
            answer: what was answered.
        """
        rung = answer.model.rung
        run = self.run if rung.gains_from_batches else asyncio.to_thread
        return (await run(rung.token_counts, texts)).tolist()

    async def run(self, call: Callable[..., Result], *given: Any) -> Result:
        """A call that takes long, in the model's thread."""
        return await self.queue.run(call, *given)


class Shelf:
    """All models by name.

    Args:
        settings: of the server.
        watch: is told of each batch.

    Raises:
        ModelError: one of the folders is none.
    """

    def __init__(self, settings: ServeSettings, watch: Watch | None = None) -> None:
        self.slots = {name: Slot(name, folder, settings, watch) for name, folder in settings.models}
        self.first = next(iter(self.slots.values()))

    def __iter__(self) -> Iterator[Slot]:
        return iter(self.slots.values())

    def find(self, name: str | None = None) -> Slot:
        """The model of a name; the first one where none is named.

        Raises:
            Refused: there is none of that name.
        """
        if not name:
            return self.first
        if name not in self.slots:
            raise Refused(
                404,
                message("there is no model {name!r}", name=name[:80]),
                hint=message("choose from: {models}", models=", ".join(self.slots)),
            )
        return self.slots[name]


def identity_of(folder: Path) -> str:
    """What changes when another model takes a folder's place, or one of its files is written."""
    try:
        with os.scandir(folder) as entries:
            found = {entry.name: entry.stat() for entry in entries if entry.is_file()}
    except (OSError, ValueError):
        return NOTHING
    if MANIFEST not in found:
        return NOTHING
    files = [(name, each.st_ino, each.st_mtime_ns, each.st_size) for name, each in sorted(found.items())]
    return sha256(repr(files).encode()).hexdigest()[:16]
