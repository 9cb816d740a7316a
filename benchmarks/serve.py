"""`sadari serve` under load, beside the same server with a constant answer and what people write with FastAPI.

``SADARI_SECONDS`` (5) is how long each is asked; ``SADARI_BERT`` a model folder of a BERT, without which none is asked;
``SADARI_OVERLOAD`` (20) the seconds of overload, ``SADARI_ENDS`` (10) how often a server is ended under load.
On a machine that does other things too, seconds of the processor a request tell more than requests a second.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from load import Load, ask_server
from timing import table

HERE = Path(__file__).parent
SECONDS = float(os.environ.get("SADARI_SECONDS", "5"))
OVERLOAD = float(os.environ.get("SADARI_OVERLOAD", "20"))
ENDS = int(os.environ.get("SADARI_ENDS", "10"))
TEXT = "Stocks fell on Friday as oil prices rose to a record high in London, and shares of banks were sold."
BODY = json.dumps({"inputs": TEXT}).encode()
NAMES = {
    "ours": "sadari serve",
    "constant": "the same, constant answer",
    "alone": "the same, no batches",
    "sklearn": "FastAPI, scikit-learn's pipeline",
    "transformers": "FastAPI, transformers' pipeline",
}


class Process:
    """A server that runs, and what it costs."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    def cpu(self) -> float:
        """Seconds of the processor that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """MB that it holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1_000

    def ask(self, clients: int, seconds: float = SECONDS, **more: float) -> Load:
        """So many clients."""
        return ask_server(self.port, "/predict", BODY, clients=clients, seconds=seconds, **more)  # type: ignore[arg-type]


@contextmanager
def served(which: str, model: str) -> Iterator[Process]:
    """One of the servers, ready and warm."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(HERE / "serve_peers.py"), which, str(port), model]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = Process(process, port)
    try:
        ends = time.monotonic() + 180
        while not found.ask(1, 0.2).statuses["200"]:
            assert process.poll() is None, f"{which} ended"
            assert time.monotonic() < ends, f"{which} does not answer"
        yield found
    finally:
        process.kill()
        process.wait()


def compared(kinds: list[str], model: str, clients: int, rounds: int = 3) -> str:
    """Requests a second and processor a request of several servers, in turn."""
    rows: dict[str, list[list[float]]] = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind in kinds:
            with served(kind, model) as server:
                server.ask(clients, 1.0)
                before = server.cpu()
                many = server.ask(clients)
                spent = (server.cpu() - before) / max(1, many.statuses["200"])
                one = server.ask(1, SECONDS / 2)
                rows[kind].append([many.rate, spent * 1e6, one.percentile(50) * 1e3, many.percentile(99) * 1e3])
    middle = {
        kind: [sorted(column)[rounds // 2] for column in zip(*found, strict=True)] for kind, found in rows.items()
    }
    head = [
        "server",
        f"requests/s, {clients} clients",
        "processor, µs",
        "p50 of one client, ms",
        f"p99 of {clients}, ms",
    ]
    return table(
        head,
        [[NAMES[kind], f"{a:,.0f}", f"{b:,.0f}", f"{c:.2f}", f"{d:.1f}"] for kind, (a, b, c, d) in middle.items()],
    )


def beside_slow_clients(model: str) -> str:
    """50 quick clients alone, and beside 500 that never finish a request."""
    with served("ours", model) as server:
        server.ask(50, 1.0)
        pairs = [(server.ask(50), server.ask(50, slow=500)) for _ in range(3)]
    rows = [[f"{a.percentile(99) * 1e3:.1f}", f"{b.percentile(99) * 1e3:.1f}"] for a, b in pairs]
    return table(["p99 of 50 clients alone, ms", "beside 500 slow ones"], rows)


def overloaded(model: str) -> str:
    """More clients than it can serve in time: what they get, and its memory."""
    with served("ours", model) as server:
        server.ask(64, 2.0)
        before = server.memory()
        load = server.ask(256, OVERLOAD, pause=0.05)
        after = server.memory()
    head = ["clients", "seconds", "answers", "p99 of those, s", "MB before", "after"]
    said = ", ".join(f"{status} {count:,}" for status, count in load.statuses.most_common())
    return table(
        head, [["256", f"{load.seconds:.0f}", said, f"{load.percentile(99):.2f}", f"{before:.0f}", f"{after:.0f}"]]
    )


def ended(model: str) -> str:
    """SIGTERM under load: how many accepted requests were lost."""
    seen: Counter[str] = Counter()
    longest = 0.0
    for _ in range(ENDS):
        with served("ours", model) as server:
            loads: list[Load] = []
            asking = threading.Thread(target=lambda found=loads, asked=server: found.append(asked.ask(16, 3.0)))
            asking.start()
            time.sleep(1.0)
            begun = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(15)
            longest = max(longest, time.monotonic() - begun)
            asking.join()
            seen += loads[0].statuses
    said = ", ".join(f"{status} {count:,}" for status, count in seen.most_common() if status != "refused")
    return table(["times ended", "answers", "longest end, s"], [[str(ENDS), said, f"{longest:.1f}"]])


def run() -> str:
    """All tables."""
    import sadari
    from sadari.data.datasets import find

    corpus = sadari.open_source(find("headlines").train).read()
    with tempfile.TemporaryDirectory() as folder:
        model = f"{folder}/tfidf"
        sadari.TfIdf().fit(corpus.texts, corpus.labels).save(model)
        parts = [
            compared(["ours", "constant", "sklearn"], model, 16),
            beside_slow_clients(model),
            overloaded(model),
            ended(model),
        ]
    if bert := os.environ.get("SADARI_BERT"):
        parts += [compared(["ours", "alone", "transformers"], bert, 32), overloaded(bert)]
    return "\n\n".join(parts)
