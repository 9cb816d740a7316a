"""How fast a rung answers, on a machine that does other things, too."""

import time

import polars as pl

from sadari.metrics.speed import score_in_bulk
from sadari.rungs import RUNGS

TEXTS = pl.Series([f"text {number}" for number in range(100)])


def test_waiting_for_a_processor_is_no_time_of_a_rung_without_a_net():
    class Waiting(RUNGS["bow"]):  # type: ignore[misc]
        def scored(self, texts):
            time.sleep(0.3)
            return super().scored(texts)

    model = Waiting().fit(TEXTS, ["a", "b"] * 50)
    (found, _, _), rate = score_in_bulk(model, TEXTS)
    assert found.shape == (100, 2)
    assert rate > 100 / 0.25


def test_work_of_its_own_counts_in_full():
    class Slow(RUNGS["bow"]):  # type: ignore[misc]
        def scored(self, texts):
            end = time.process_time() + 0.3
            while time.process_time() < end:
                pass
            return super().scored(texts)

    _, rate = score_in_bulk(Slow().fit(TEXTS, ["a", "b"] * 50), TEXTS)
    assert 0 < rate <= 100 / 0.3
