"""One queue before a net: what waits is answered together, since many texts cost a net much less than one by one."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sadari.messages import message
from sadari.serve.core.answer import Answer
from sadari.serve.http.refused import Refused

Result = TypeVar("Result")
Watch = Callable[[int, list[float]], None]

LONGEST_WAIT = 0.002  # seconds, for others that may come
A_LOOK = 0.0005
MOST_TOKENS = 4_096  # of a batch
BYTES_A_TOKEN = 4  # of UTF-8, roughly: in Latin letters as in Hangul
A_TEXT = 2  # tokens that every text has besides
FIRST_RATE = 20_000.0  # tokens a second, until it is measured
SMOOTHING = 0.2


def tokens_of(texts: list[str]) -> int:
    """About how many tokens a net reads of them."""
    return sum(len(text.encode()) // BYTES_A_TOKEN + A_TEXT for text in texts)


@dataclass(eq=False)
class Waiting:
    """A request that waits for its turn."""

    texts: list[str]
    tokens: int
    answer: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    since: float = field(default_factory=time.perf_counter)


class Queue:
    """What waits for one model, and the thread in which it computes.

    Args:
        compute: answers a list of texts, in the thread.
        longest: seconds that a request may have to wait; more are refused.
        together: whether waiting requests are answered together.
        watch: is told of each batch: how many texts it has, and the seconds that each of its requests waited.
    """

    def __init__(
        self,
        compute: Callable[[list[str]], Answer],
        longest: float,
        *,
        together: bool = True,
        watch: Watch | None = None,
    ) -> None:
        self._compute, self._longest, self._together, self._watch = compute, longest, together, watch
        self._waiting: deque[Waiting] = deque()
        self._tokens, self._rate, self._last = 0, FIRST_RATE, 1
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sadari-model")
        self._worker: asyncio.Task[None] | None = None

    @property
    def depth(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    async def answer(self, texts: list[str]) -> Answer:
        """The answer, when it is these texts' turn.

        Args:
            texts: of one request.

        Raises:
            Refused: too much is waiting already.
        """
        waiting = Waiting(texts, tokens_of(texts))
        seconds = self._tokens / self._rate
        if seconds > self._longest:
            raise overloaded(seconds)
        self._waiting.append(waiting)
        self._tokens += waiting.tokens
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work())
        return await waiting.answer

    async def run(self, call: Callable[..., Result], *given: Any) -> Result:
        """A call in the model's thread, after what it computes now."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *given)

    async def _work(self) -> None:
        while self._waiting:
            await self._gather()
            batch = self._take()
            if batch:
                await self._answer(batch)

    async def _gather(self) -> None:
        """Give others the time to come, where the last batch had several."""
        await asyncio.sleep(0)
        ends = time.perf_counter() + LONGEST_WAIT
        while self._together and len(self._waiting) < self._last and time.perf_counter() < ends:
            await asyncio.sleep(A_LOOK)

    def _take(self) -> list[Waiting]:
        """The requests that are next, for so many tokens as a batch may have; at least one."""
        batch: list[Waiting] = []
        tokens = 0
        while self._waiting and (not batch or tokens + self._waiting[0].tokens <= MOST_TOKENS):
            waiting = self._waiting.popleft()
            if waiting.answer.done():  # its client has gone, or it has waited too long
                self._tokens -= waiting.tokens
                continue
            batch.append(waiting)
            tokens += waiting.tokens
            if not self._together:
                break
        return batch

    async def _answer(self, batch: list[Waiting]) -> None:
        texts = [text for waiting in batch for text in waiting.texts]
        tokens = sum(waiting.tokens for waiting in batch)
        self._last = len(batch)
        started = time.perf_counter()
        try:
            whole = await self.run(self._compute, texts)
        except Exception as error:
            for waiting in batch:
                _give(waiting, error)
            return
        finally:
            self._tokens -= tokens
        self._rate += SMOOTHING * (tokens / max(time.perf_counter() - started, 1e-6) - self._rate)
        if self._watch is not None:
            self._watch(len(texts), [started - waiting.since for waiting in batch])
        first = 0
        for waiting in batch:
            _give(waiting, whole.part(first, first + len(waiting.texts)))
            first += len(waiting.texts)


def _give(waiting: Waiting, answer: Answer | Exception) -> None:
    if waiting.answer.done():
        return
    if isinstance(answer, Exception):
        waiting.answer.set_exception(answer)
    else:
        waiting.answer.set_result(answer)


def overloaded(seconds: float) -> Refused:
    """The refusal of a request that would have to wait too long."""
    return Refused(
        429,
        message("too many requests are waiting"),
        hint=message("ask again in a second"),
        headers={"retry-after": str(max(1, round(seconds)))},
    )
