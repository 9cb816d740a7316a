"""Measure one trained rung: its scores, its speed and its size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sadari.artifact import megabytes
from sadari.climb.context import ClimbContext
from sadari.climb.measuring.one_label import scores_of_one
from sadari.climb.measuring.several_labels import scores_of_several
from sadari.climb.result import RungResult
from sadari.metrics.speed import one_text_us, predict_in_bulk
from sadari.rungs import Rung


def measure(run: ClimbContext, name: str, model: Rung, held_out: NDArray[np.float32]) -> RungResult:
    """The figures of a trained rung; its folder is written, if the climb has one.

    Args:
        run: the climb.
        name: the rung.
        model: trained.
        held_out: float32 [v, k], probabilities of each validation row by a model that did not see it.
    """
    frozen = run.frozen
    probabilities, bulk = predict_in_bulk(model, frozen.final.texts, frozen.label_names)
    scores = scores_of_several if frozen.several else scores_of_one
    result = RungResult(
        rung=name,
        settings=dict(model.resolved_settings()),
        train_seconds=model.train_seconds_,
        one_text_us=one_text_us(model, frozen.final.texts),
        bulk_texts_per_second=bulk,
        megabytes=0.0,
        probabilities=probabilities,
        validation_probabilities=held_out,
        history=model.history_,
        top_features=model.top_features(),
        inverse_temperature=model.inverse_temperature_,
        metric=run.metric.name,
        **scores(frozen, model, run.metric, probabilities, held_out, run.seed),
    )
    result.validation_score = run.metric.score(frozen.validation_truth, result.validation_answers)
    if run.folder is not None:
        shown = {
            f"{frozen.final_name} accuracy": result.accuracy.value,
            f"{frozen.final_name} macro-F1": result.macro_f1.value,
            "validation accuracy": result.validation_accuracy.value,
        }
        model.save(run.folder / name, scores=shown, data=run.data_of(model))
        result.folder = str(run.place / name)
        result.megabytes = megabytes(run.folder / name)
    return result
