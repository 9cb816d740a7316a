"""The course's own recipe for a linear bag: log-softmax, negative log-likelihood, Adam, a report every n steps.

As it is taught, with its mistakes mended: `epoch_size` is an exact count of texts and not one batch more, losses are
true means over texts, and nothing keeps the graph of a step that is done.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sadari.display.watching import Watching
from sadari.text.weigh import Counts, CountsOnDemand, Weights
from sadari.train.solvers.dual_coordinate_descent import Monitor


@dataclass(frozen=True)
class AdamSettings:
    """How `train_with_adam` trains.

    Attributes:
        epochs: passes.
        epoch_size: texts a pass, exactly; None for all of them.
        batch_size: texts a step.
        learning_rate: Adam's.
        report_every: a record every so many steps (0: only one a pass).
        multilabel: independent labels (sigmoid), else log-softmax.
        seed: of the order of the texts.
    """

    epochs: int
    epoch_size: int | None
    batch_size: int
    learning_rate: float
    report_every: int
    multilabel: bool
    seed: int


def train_with_adam(
    counts: Counts | CountsOnDemand,
    weights: Weights,
    row_scale: NDArray[np.float32],
    targets: NDArray[np.int8],
    costs: NDArray[np.float32],
    weight: NDArray[np.float32],
    bias: NDArray[np.float32],
    settings: AdamSettings,
    *,
    monitor: Monitor | None = None,
    watching: Watching | None = None,
) -> list[dict[str, float]]:
    """Train a weight and a bias in place.

    Args:
        counts: counts of the texts' features.
        weights: what each feature's count is multiplied by.
        row_scale: what each text's features are multiplied by.
        targets: int8 [n, k], 1 where the text has the label.
        costs: float32 [n], by which each text's loss is multiplied.
        weight: float32 [features, k].
        bias: float32 [k].
        settings: how to train.
        monitor: called after each pass; its True stops.
        watching: told of every report within a pass, as it is made.

    Returns:
        one record for every report: epoch, step, texts (seen in this pass), loss (nats) and accuracy (both running
        means over those texts, each measured before the step that learns from it) and seconds.
    """
    import torch

    from sadari.nets.bag import LinearBag

    net = LinearBag.sharing(weight, bias)
    adam = torch.optim.Adam(net.parameters(), lr=settings.learning_rate)
    random = np.random.default_rng(settings.seed)
    history: list[dict[str, float]] = []
    for epoch in range(1, settings.epochs + 1):
        order = random.permutation(len(counts))[: settings.epoch_size]
        start, seen, loss_sum, right = time.perf_counter(), 0, 0.0, 0
        batches = range(0, len(order), settings.batch_size)
        for step, first in enumerate(batches, 1):
            rows = order[first : first + settings.batch_size]
            losses, correct = _losses(
                net, counts.take(rows), weights, row_scale[rows], targets[rows], settings.multilabel
            )
            adam.zero_grad()
            (losses * torch.from_numpy(costs[rows])).mean().backward()
            adam.step()
            seen, loss_sum, right = seen + len(rows), loss_sum + float(losses.detach().sum()), right + correct
            if step == len(batches) or (settings.report_every and step % settings.report_every == 0):
                report = {"loss": loss_sum / seen, "accuracy": right / seen, "seconds": time.perf_counter() - start}
                history.append({"epoch": float(epoch), "step": float(step), "texts": float(seen), **report})
                if step < len(batches) and watching is not None:
                    watching.record(epoch - 1 + step / len(batches), settings.epochs, history[-1])
        if monitor is not None and monitor(epoch, settings.epochs, history[-1]):
            break
    return history


def _losses(net, part, weights, row_scale, targets, multilabel):  # type: ignore[no-untyped-def]
    """Each text's loss, float32 [batch], and how many the net gets right before it learns from them."""
    import torch
    from torch.nn import functional

    values = torch.from_numpy(weights.values(part, row_scale))
    logits = net(torch.from_numpy(part.ids).long(), torch.from_numpy(part.offsets[:-1]), values)
    wanted = torch.from_numpy(targets)
    if multilabel:
        losses = functional.binary_cross_entropy_with_logits(logits, wanted.float(), reduction="none").sum(1)
        return losses, int(((logits > 0) == (wanted > 0)).all(1).sum())
    codes = wanted.argmax(1)
    losses = functional.nll_loss(functional.log_softmax(logits, dim=1), codes, reduction="none")
    return losses, int((logits.argmax(1) == codes).sum())
