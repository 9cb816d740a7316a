"""Whether the labels of the last answers are those that a model gave the rows that it was calibrated on."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial

import numpy as np
from prometheus_client import CollectorRegistry, Gauge, Metric
from prometheus_client.core import GaugeMetricFamily

from sadari.metrics.two_samples import shift_of_counts

MOST_ANSWERS = 1_000  # of a model, which its window holds
FEWEST_ANSWERS = 100  # with fewer, chance alone makes a large shift
NAME = "sadari_window_answers"


class Window:
    """The labels of each model's last answers, of which an answer costs two steps.

    Args:
        registry: where they are counted.
        processes: that answer: each has its part of the window, and `shifts` adds them up.
    """

    def __init__(self, registry: CollectorRegistry, processes: int = 1) -> None:
        said = "The last answers by their likeliest label."
        gauge = Gauge(NAME, said, ("model", "label"), registry=registry, multiprocess_mode="livesum")
        self._of_label = cache(gauge.labels)
        most = max(1, MOST_ANSWERS // processes)
        self._last: dict[str, deque[str]] = defaultdict(partial(deque, maxlen=most))

    def add(self, model: str, labels: list[str]) -> None:
        """Take in the labels of a request's answers."""
        last = self._last[model]
        for label in labels:
            if len(last) == last.maxlen:
                self._of_label(model, last[0]).dec()
            last.append(label)
            self._of_label(model, label).inc()

    def forget(self, model: str) -> None:
        """Begin anew: another model answers by this name."""
        last = self._last[model]
        while last:
            self._of_label(model, last.popleft()).dec()


def with_shifts(families: Iterable[Metric], expected: Mapping[str, Mapping[str, int]]) -> Iterator[Metric]:
    """What was counted, and how far each model's window is from what was to be expected.

    Args:
        families: what was counted, the windows among it.
        expected: model → label → how many of the rows that it was calibrated on were given it.
    """
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for family in families:
        yield family
        if family.name == NAME:
            for sample in family.samples:
                found[sample.labels["model"]][sample.labels["label"]] = sample.value
    largest = GaugeMetricFamily(
        "sadari_label_shift", "Largest difference of a label's share from the calibration rows.", labels=["model"]
    )
    chance = GaugeMetricFamily("sadari_label_shift_p", "p-value of that shift (chi-squared).", labels=["model"])
    for model, before in expected.items():
        now = found.get(model, {})
        if sum(now.values()) >= FEWEST_ANSWERS:
            counts = np.array([[before[label], max(0.0, now.get(label, 0.0))] for label in before])
            difference, p = shift_of_counts(counts[:, 0], counts[:, 1])
            largest.add_metric([model], difference)
            chance.add_metric([model], p)
    yield largest
    yield chance
