"""Clients that ask a server as fast as it answers, or at a rate; with no more work of their own than must be."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Load:
    """What clients have seen.

    Attributes:
        seconds: that it took.
        statuses: of the answers; "lost" where a connection broke.
        waits: seconds of each answer of status 200.
    """

    seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers of status 200 a second."""
        return self.statuses["200"] / self.seconds

    def percentile(self, percent: int) -> float:
        """Seconds."""
        return statistics.quantiles(self.waits, n=100)[percent - 1] if len(self.waits) > 1 else float("nan")


def request(path: str, body: bytes, port: int) -> bytes:
    """The bytes of a POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class _Client(asyncio.Protocol):
    """One connection, with one request at a time."""

    def __init__(self, sent: bytes) -> None:
        self._sent, self._got = sent, b""
        self.transport: asyncio.Transport | None = None
        self.answer: asyncio.Future[str] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self._give("lost")

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if end:
            low = head.lower()
            at = low.find(b"content-length:")
            length = int(low[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(body) >= length:
                self._got = b""
                if b"connection: close" in low and self.transport is not None:  # the last answer here
                    self.transport.close()
                    self.transport = None
                self._give(head[9:12].decode())

    def ask(self) -> asyncio.Future[str]:
        assert self.transport is not None
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(self._sent)
        return self.answer

    def _give(self, status: str) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(status)


async def ask_on(load: Load, port: int, sent: bytes, ends: float, pause: float = 0.0) -> None:
    """One client, until the time is over."""
    loop = asyncio.get_running_loop()
    client: _Client | None = None
    while time.perf_counter() < ends:
        if client is None or client.transport is None:
            try:
                _, client = await loop.create_connection(lambda: _Client(sent), "127.0.0.1", port)
            except OSError:
                load.statuses["refused"] += 1
                await asyncio.sleep(0.05)
                continue
        started = time.perf_counter()
        status = await client.ask()
        load.statuses[status] += 1
        if status == "200":
            load.waits.append(time.perf_counter() - started)
        elif status != "lost" and pause:
            await asyncio.sleep(pause)
    if client is not None and client.transport is not None:
        client.transport.close()


async def _all(port: int, sent: bytes, clients: int, seconds: float, pause: float, slow: int) -> Load:
    load, started = Load(), time.perf_counter()
    waiting = [await asyncio.open_connection("127.0.0.1", port) for _ in range(slow)]
    for _, writer in waiting:
        writer.write(sent[:40])
    started = time.perf_counter()
    await asyncio.gather(*(ask_on(load, port, sent, started + seconds, pause) for _ in range(clients)))
    load.seconds = time.perf_counter() - started
    for _, writer in waiting:
        writer.close()
    return load


async def _at_rate(port: int, sent: bytes, rate: float, seconds: float, most: int) -> Load:
    load, loop, started = Load(), asyncio.get_running_loop(), time.perf_counter()
    idle, tasks, opened, begun = list[_Client](), set[asyncio.Task[None]](), 0, 0

    async def one(client: _Client | None) -> None:
        nonlocal opened
        try:
            if client is None or client.transport is None:
                _, client = await loop.create_connection(lambda: _Client(sent), "127.0.0.1", port)
        except OSError:
            load.statuses["refused"] += 1
            opened -= 1
            return
        asked = time.perf_counter()
        status = await client.ask()
        load.statuses[status] += 1
        if status == "200":
            load.waits.append(time.perf_counter() - asked)
        idle.append(client)

    while (now := time.perf_counter() - started) < seconds:
        while begun < now * rate:
            begun += 1
            if not idle and opened >= most:
                load.statuses["unsent"] += 1
                continue
            opened += not idle
            task = loop.create_task(one(idle.pop() if idle else None))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.sleep(0.002)
    await asyncio.gather(*tasks)
    load.seconds = time.perf_counter() - started
    for client in idle:
        if client.transport is not None:
            client.transport.close()
    return load


def ask_at_rate(port: int, path: str, body: bytes, *, rate: float, seconds: float, most: int) -> Load:
    """Requests that come whether or not those before them have been answered; "unsent" are those without a connection.

    Args:
        port: of the server.
        path: of the route.
        body: of each request.
        rate: requests a second.
        seconds: for how long.
        most: connections.
    """
    return _run(_at_rate(port, request(path, body, port), rate, seconds, most))


def ask_server(
    port: int, path: str, body: bytes, *, clients: int, seconds: float, pause: float = 0.0, slow: int = 0
) -> Load:
    """So many clients at once, each with its own connection.

    Args:
        port: of the server.
        path: of the route.
        body: of each request.
        clients: how many.
        seconds: for how long.
        pause: seconds after a refusal.
        slow: clients besides, who never finish their request.
    """
    sent = request(path, body, port)
    return _run(_all(port, sent, clients, seconds, pause, slow))


def _run(asking: Coroutine[Any, Any, Load]) -> Load:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(asking)
    return uvloop.run(asking)
