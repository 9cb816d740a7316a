"""fastText's training loop, compiled: one text a step, the learning rate falling in a line to zero.

Joulin et al. 2016, "Bag of Tricks for Efficient Text Classification". One thread and one seed: the same bits every
time. Beside fastText's recipe it drops features at random, smooths labels, and shortens steps that would overshoot;
that is worth one to three points of accuracy for no time (measured in docs/tried.md).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.ragged import Ragged
from sadari.train.objectives.soft_targets import SoftTargets
from sadari.train.solvers.dual_coordinate_descent import Monitor

# what nobody teaches
_NOBODY = SoftTargets(np.empty((0, 0), np.float32), np.empty(0, np.float32), 1.0)


@dataclass(frozen=True)
class BagSettings:
    """How `train_bag` trains.

    Attributes:
        epochs: passes over the texts.
        learning_rate: at the first step; it falls in a line to 0 at the last. A step that would overshoot is shorter.
        dropout: the share of a text's features left out of each step.
        label_smoothing: the share of the target given to all labels alike (Szegedy et al. 2016).
        multilabel: each label a yes or no of its own (sigmoid), else exactly one a text (softmax).
        seed: of the order of the texts and of the dropout.
        tune: whether the embedding learns too, and not the output matrix alone.
    """

    epochs: int
    learning_rate: float
    dropout: float
    label_smoothing: float
    multilabel: bool
    seed: int
    tune: bool = True


def train_bag(
    features: Ragged,
    targets: NDArray[np.int8],
    costs: NDArray[np.float32],
    embedding: NDArray[np.float32],
    output: NDArray[np.float32],
    settings: BagSettings,
    *,
    label_weights: NDArray[np.float64] | None = None,
    soft_targets: SoftTargets | None = None,
    monitor: Monitor | None = None,
) -> list[dict[str, float]]:
    """Train an embedding, if it is to be tuned, and an output matrix in place.

    Args:
        features: feature ids of every text; negative ids are skipped.
        targets: int8 [n, k], 1 where the text has the label.
        costs: float32 [n], by which each text's loss and step are multiplied.
        embedding: float32 [features, width].
        output: float32 [k, width].
        settings: how to train.
        label_weights: float64 [k], how much each label counts; default: 1. Not by longer steps, which a net that fits
            all its texts soon forgets, but by a handicap: while it trains, a label's logit is lower by the logarithm of
            its weight, and has to win all the same (Menon et al. 2021, "Long-tail learning via logit adjustment").
        soft_targets: what a teacher says of the texts.
        monitor: called after each epoch; its True stops.

    Returns:
        one record an epoch: epoch, loss (in nats, mean over the texts of which dropout left anything), seconds.
    """
    order = np.random.default_rng(settings.seed)
    history: list[dict[str, float]] = []
    steps = settings.epochs * len(features)
    longest = int(features.lengths.max(initial=0))
    weights = np.ones(targets.shape[1]) if label_weights is None else label_weights
    handicap = np.log(weights).astype(np.float32)
    taught = soft_targets or _NOBODY
    rate, smoothing = np.float32(settings.learning_rate), np.float32(settings.label_smoothing)
    for epoch in range(1, settings.epochs + 1):
        start = time.perf_counter()
        loss, seen = _epoch(
            (features.values, features.offsets),
            order.permutation(len(features)),
            targets,
            costs,
            handicap,
            embedding,
            output,
            (rate, (epoch - 1) * len(features), steps, settings.dropout, smoothing),
            settings.multilabel,
            longest,
            order.integers(1, 2**63),
            settings.tune,
            (taught.soft, taught.trust, np.float32(taught.temperature)),
        )
        record = {"epoch": float(epoch), "loss": loss / max(1, seen), "seconds": time.perf_counter() - start}
        history.append(record)
        if monitor is not None and monitor(epoch, settings.epochs, record):
            break
    return history


@njit(cache=True, nogil=True)
def _choose(ids, first, end, threshold, state, chosen):  # type: ignore[no-untyped-def]
    """Copy the ids that this step sees into ``chosen``: (how many, the generator's next state)."""
    n = 0
    for i in range(first, end):
        if threshold > 0:
            # xorshift64 (Marsaglia 2003): a few instructions a feature, and the same bits from the same seed
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            if state >> np.uint64(32) < threshold:
                continue
        if ids[i] >= 0:
            chosen[n] = ids[i]
            n += 1
    return n, state


@njit(cache=True, nogil=True, fastmath=True)
def _scores(output, hidden, handicap, scale, score):  # type: ignore[no-untyped-def]
    """Write each label's logit into ``score``: (the largest, how far a step of 1 moves them).

    A step of r moves the logits by about r · (|hidden|² + |output row|² / features) times the error. Were that
    product above 3, it would throw them past where they should go (short texts and heavy ones far past).
    """
    labels, width = output.shape
    top, longest_row, hidden_square = np.float32(-1e30), np.float32(0), np.float32(0)
    for j in range(width):
        hidden_square += hidden[j] * hidden[j]
    for k in range(labels):
        total, square = np.float32(0), np.float32(0)
        for j in range(width):
            total += output[k, j] * hidden[j]
            square += output[k, j] * output[k, j]
        score[k] = total - handicap[k]
        top, longest_row = max(top, score[k]), max(longest_row, square)
    return top, max(hidden_square + longest_row * scale, np.float32(1e-9))


@njit(cache=True, nogil=True, fastmath=True)
def _output_step(target, cost, handicap, rate, left, scale, smoothing, multilabel, output, hidden, gradient):  # type: ignore[no-untyped-def]
    """The loss of one text; the output matrix takes its step, and ``gradient`` becomes the hidden vector's step."""
    labels, width = output.shape
    score = np.empty(labels, np.float32)
    top, reach = _scores(output, hidden, handicap, scale, score)
    rate = left * min(rate * cost, 3 / reach)
    norm = np.float32(0)
    for k in range(labels):
        score[k] = 1 / (1 + np.exp(-score[k])) if multilabel else np.exp(score[k] - top)
        norm += score[k]
    loss = 0.0
    for k in range(labels):
        p = score[k] if multilabel else score[k] / norm
        has = target[k] > 0
        if has:
            loss -= cost * np.log(p + np.float32(1e-9))
        elif multilabel:
            loss -= cost * np.log(1 - p + np.float32(1e-9))
        share = np.float32(0.5) if multilabel else np.float32(1.0 / labels)
        wanted = (1 - smoothing) * np.float32(has) + smoothing * share
        step = rate * (wanted - p)
        for j in range(width):
            gradient[j] += step * output[k, j]
            output[k, j] += step * hidden[j]
    return loss


@njit(cache=True, nogil=True, fastmath=True)
def _taught_step(  # type: ignore[no-untyped-def]
    target, soft, trust, temperature, cost, handicap, rate, left, scale, smoothing, multilabel, output, hidden, gradient
):
    """`_output_step` of a text that a teacher has answered: its loss is mixed as `SoftTargets` says."""
    labels, width = output.shape
    score, warm = np.empty(labels, np.float32), np.empty(labels, np.float32)
    top, reach = _scores(output, hidden, handicap, scale, score)
    rate = left * min(rate * cost, 3 / reach)
    norm, warm_norm = np.float32(0), np.float32(0)
    for k in range(labels):
        warm[k] = 1 / (1 + np.exp(-score[k] / temperature)) if multilabel else np.exp((score[k] - top) / temperature)
        score[k] = 1 / (1 + np.exp(-score[k])) if multilabel else np.exp(score[k] - top)
        norm, warm_norm = norm + score[k], warm_norm + warm[k]
    tiny, loss, apart = np.float32(1e-9), 0.0, 0.0
    for k in range(labels):
        p = score[k] if multilabel else score[k] / norm
        q = warm[k] if multilabel else warm[k] / warm_norm
        apart += soft[k] * np.log((soft[k] + tiny) / (q + tiny))
        if multilabel:
            apart += (1 - soft[k]) * np.log((1 - soft[k] + tiny) / (1 - q + tiny))
        has = target[k] > 0
        if has:
            loss -= np.log(p + tiny)
        elif multilabel:
            loss -= np.log(1 - p + tiny)
        share = np.float32(0.5) if multilabel else np.float32(1.0 / labels)
        wanted = (1 - smoothing) * np.float32(has) + smoothing * share
        # of the divergence times the square of the temperature, one temperature is left in the gradient
        step = rate * ((1 - trust) * (wanted - p) + trust * temperature * (soft[k] - q))
        for j in range(width):
            gradient[j] += step * output[k, j]
            output[k, j] += step * hidden[j]
    return cost * ((1 - trust) * loss + trust * temperature * temperature * apart)


@njit(cache=True, nogil=True, fastmath=True)
def _epoch(  # type: ignore[no-untyped-def]
    features, order, targets, costs, handicap, embedding, output, rates, multilabel, longest, seed, tune, taught
):
    """One pass in place: (summed loss, each before its step, and over how many texts)."""
    (ids, offsets), (soft, trust, temperature), width = features, taught, embedding.shape[1]
    rate, done, steps, dropout, smoothing = rates
    hidden, gradient = np.empty(width, np.float32), np.empty(width, np.float32)
    chosen = np.empty(longest, np.int32)
    threshold, state = np.uint64(dropout * 4294967296.0), np.uint64(seed)
    loss, seen = 0.0, 0
    for step in range(len(order)):
        t = order[step]
        n, state = _choose(ids, offsets[t], offsets[t + 1], threshold, state, chosen)
        if n == 0:
            continue
        seen += 1
        for j in range(width):
            hidden[j], gradient[j] = 0, 0
        for i in range(n):
            row = embedding[chosen[i]]
            for j in range(width):
                hidden[j] += row[j]
        scale = np.float32(1.0 / n)
        for j in range(width):
            hidden[j] *= scale
        left = np.float32(1.0 - (done + step) / steps)
        if len(trust) and trust[t] > 0:
            loss += _taught_step(
                targets[t],
                soft[t],
                trust[t],
                temperature,
                costs[t],
                handicap,
                rate,
                left,
                scale,
                smoothing,
                multilabel,
                output,
                hidden,
                gradient,
            )
        else:
            loss += _output_step(
                targets[t], costs[t], handicap, rate, left, scale, smoothing, multilabel, output, hidden, gradient
            )
        if not tune:
            continue
        for j in range(width):
            gradient[j] *= scale
        for i in range(n):
            row = embedding[chosen[i]]
            for j in range(width):
                row[j] += gradient[j]
    return loss, seen
