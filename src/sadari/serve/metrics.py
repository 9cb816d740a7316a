"""What is counted, as Prometheus reads it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from sadari.serve.http.exchange import Exchange
from sadari.serve.window import Window, with_shifts

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
TOGETHER = "PROMETHEUS_MULTIPROC_DIR"  # the client's own variable: where processes put what they count


class Metrics:
    """The figures of one process; where there are several, `text` adds them up.

    Args:
        processes: how many there are.
    """

    def __init__(self, processes: int = 1) -> None:
        self.registry = CollectorRegistry()
        made: dict[str, Any] = {"registry": self.registry}
        self._requests = Counter("sadari_requests", "Requests by route and status.", ("route", "status"), **made)
        self._seconds = Histogram(
            "sadari_request_seconds", "Time from a request to its answer.", ("route",), buckets=SECONDS, **made
        )
        self._texts = Counter("sadari_texts", "Texts that were answered.", ("model",), **made)
        self._labels = Counter("sadari_predictions", "Texts by their likeliest label.", ("model", "label"), **made)
        self._notes = Counter("sadari_noted_texts", "Texts that were empty, unknown or cut.", ("model", "note"), **made)
        self._batch = Histogram("sadari_batch_texts", "Texts that a net answered together.", buckets=TEXTS, **made)
        self._waited = Histogram(
            "sadari_queue_seconds", "Time that a request waited for a net.", buckets=SECONDS, **made
        )
        self._depth = Gauge(
            "sadari_queue_depth", "Requests that wait.", ("model",), multiprocess_mode="livesum", **made
        )
        self._reloads = Counter("sadari_reloads", "Times that a folder was read again.", ("model", "result"), **made)
        self._window = Window(self.registry, processes)
        # what counts for one route, status, model or label; the client looks for it each time, and holds a lock
        self._of_status, self._of_route = cache(self._requests.labels), cache(self._seconds.labels)
        self._of_model, self._of_label = cache(self._texts.labels), cache(self._labels.labels)

    def finished(self, exchange: Exchange) -> None:
        """Count a request that is over."""
        self._of_status(exchange.route, str(exchange.status)).inc()
        self._of_route(exchange.route).observe(time.perf_counter() - exchange.started)
        if exchange.texts and exchange.found:
            self._of_model(exchange.model).inc(exchange.texts)
            self._window.add(exchange.model, exchange.found)
            for label in exchange.found:
                self._of_label(exchange.model, label).inc()
            for note in filter(None, exchange.notes):
                self._notes.labels(exchange.model, note).inc()

    def batch(self, texts: int, waited: list[float]) -> None:
        """Count a batch, and the seconds that its requests waited."""
        self._batch.observe(texts)
        for seconds in waited:
            self._waited.observe(seconds)

    def depth(self, model: str, waiting: int) -> None:
        """Note how many requests wait for a model."""
        self._depth.labels(model).set(waiting)

    def reloaded(self, model: str, result: str) -> None:
        """Count a reload: "new", or "refused", where what was there was no model."""
        self._reloads.labels(model, result).inc()
        if result == "new":
            self._window.forget(model)

    def text(self, expected: Mapping[str, Mapping[str, int]]) -> tuple[bytes, str]:
        """All figures, and their media type.

        Args:
            expected: model → label → how many of the rows that it was calibrated on were given it.
        """
        every = self.registry
        if TOGETHER in os.environ:
            from prometheus_client.multiprocess import MultiProcessCollector

            every = CollectorRegistry()
            MultiProcessCollector(every)
        return generate_latest(_Shifting(every, expected)), CONTENT_TYPE_LATEST


class _Shifting(Collector):
    """What a registry collects, and the shifts of the windows in it."""

    def __init__(self, registry: CollectorRegistry, expected: Mapping[str, Mapping[str, int]]) -> None:
        self._registry, self._expected = registry, expected

    def collect(self) -> Iterator[Metric]:
        return with_shifts(self._registry.collect(), self._expected)
