"""What is counted, as Prometheus reads it."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from sadari.serve.http.exchange import Exchange

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
TOGETHER = "PROMETHEUS_MULTIPROC_DIR"  # the client's own variable: where processes put what they count


class Metrics:
    """The figures of one process; where there are several, `text` adds them up."""

    def __init__(self) -> None:
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
        # what counts for one route, status, model or label; the client looks for it each time, and holds a lock
        self._of_status, self._of_route = cache(self._requests.labels), cache(self._seconds.labels)
        self._of_model, self._of_label = cache(self._texts.labels), cache(self._labels.labels)

    def finished(self, exchange: Exchange) -> None:
        """Count a request that is over."""
        self._of_status(exchange.route, str(exchange.status)).inc()
        self._of_route(exchange.route).observe(time.perf_counter() - exchange.started)
        if exchange.texts and exchange.found:
            self._of_model(exchange.model).inc(exchange.texts)
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

    def text(self) -> tuple[bytes, str]:
        """All figures, and their media type."""
        if TOGETHER not in os.environ:
            return generate_latest(self.registry), CONTENT_TYPE_LATEST
        from prometheus_client.multiprocess import MultiProcessCollector

        every = CollectorRegistry()
        MultiProcessCollector(every)
        return generate_latest(every), CONTENT_TYPE_LATEST
