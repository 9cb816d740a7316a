"""Linear classifiers by dual coordinate descent, every label in one pass over a text.

Squared hinge loss, one label against the rest (Hsieh et al. 2008, "A dual coordinate descent method for large-scale
linear SVM", algorithm 1), as LIBLINEAR's ``LinearSVC`` solves it label by label. Here the weights lie feature by label,
so a text's features are read once for all labels: the memory is touched k times less.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.nets.compiled import linear_logits
from sadari.text.ids_on_disk import write
from sadari.text.weigh import BLOCK, Counts, CountsOnDemand, Weights

IN_MEMORY = 2**26  # bytes of a weight matrix of which there may be two
# After each epoch: (epochs done, epochs at most, the record of this epoch) → True to stop.
Monitor = Callable[[int, int, dict[str, float]], bool]


@dataclass
class DualSolution:
    """What the solver found.

    Attributes:
        weight: float32 [features, k].
        bias: float32 [k].
        alpha: float32 [n, k], the dual variables: how much each text holds the boundary of each label.
        history: one record an epoch: epoch, violation (largest step taken), loss (mean over texts), seconds.
        in_time: whether no pass was left out for want of time.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    alpha: NDArray[np.float32]
    history: list[dict[str, float]]
    in_time: bool = True


def solve_dual(
    counts: Counts | CountsOnDemand,
    weights: Weights,
    row_scale: NDArray[np.float32],
    signs: NDArray[np.int8],
    costs: NDArray[np.float32],
    *,
    epochs: int,
    tolerance: float,
    seed: int,
    monitor: Monitor | None = None,
    solution: DualSolution | None = None,
    start: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
    rows: NDArray[np.int64] | None = None,
    ends: float | None = None,
    settling: float = 0.0,
) -> DualSolution:
    """Minimise ``|w|² / 2 + Σ costs · max(0, 1 − sign · logit)²`` for every label.

    Args:
        counts: counts of the texts' features.
        weights: what each feature's count is multiplied by.
        row_scale: float32 [n, blocks], what each text's features are multiplied by.
        signs: int8 [n, k], +1 where the text has the label, else −1.
        costs: float32 [n], the C of each text (class and sample weights multiplied in).
        epochs: the most passes over the texts.
        tolerance: stop when no step of a pass is larger.
        seed: of the order of the texts, which is drawn anew for each pass.
        monitor: called after each pass; its True stops.
        solution: where to go on from (written over); default: zeros.
        start: a weight and a bias of zeros to write into, for a monitor that looks at them.
        rows: the texts to visit; default: all.
        ends: when it must be over, of `time.perf_counter`, after half of the passes at least: with fewer it is not
            what it could be; default: whenever.
        settling: passes that are to follow until then.
    """
    labels = signs.shape[1]
    if solution is None:
        weight, bias = start or (np.zeros((counts.size, labels), np.float32), np.zeros(labels, np.float32))
        solution = DualSolution(weight, bias, np.zeros(signs.shape, np.float32), [])
    rows = np.arange(len(counts)) if rows is None else rows
    random = np.random.default_rng(seed)
    for epoch in range(1, epochs + 1):
        began = time.perf_counter()
        violation, loss = _pass(counts, weights, row_scale, random.permutation(rows), signs, costs, solution)
        record = {
            "epoch": float(epoch),
            "loss": loss / max(1, len(rows)),
            "violation": violation,
            "seconds": time.perf_counter() - began,
        }
        solution.history.append(record)
        if (monitor is not None and monitor(epoch, epochs, record)) or violation < tolerance:
            break
        if ends is not None and 2 * epoch >= epochs and time.perf_counter() + (1 + settling) * record["seconds"] > ends:
            solution.in_time = epoch == epochs
            break
    return solution


def _pass(
    counts: Counts | CountsOnDemand,
    weights: Weights,
    row_scale: NDArray[np.float32],
    order: NDArray[np.int64],
    signs: NDArray[np.int8],
    costs: NDArray[np.float32],
    solution: DualSolution,
) -> tuple[float, float]:
    """One pass over the texts in an order, the solution written over: (largest step taken, summed loss)."""
    if isinstance(counts, CountsOnDemand):
        violation, loss = 0.0, 0.0
        for first in range(0, len(order), BLOCK):
            rows = order[first : first + BLOCK]
            part, each = DualSolution(solution.weight, solution.bias, solution.alpha[rows], []), np.arange(len(rows))
            found = _pass(counts.take(rows), weights, row_scale[rows], each, signs[rows], costs[rows], part)
            solution.alpha[rows] = part.alpha
            violation, loss = max(violation, found[0]), loss + found[1]
        return violation, loss
    longest = int(np.diff(counts.offsets).max(initial=0))
    violation, loss = _epoch(
        counts.ids,
        counts.counts,
        counts.offsets,
        weights.tf,
        weights.feature_scale,
        row_scale,
        weights.bound,
        order,
        signs,
        costs,
        solution.alpha,
        solution.weight,
        solution.bias,
        longest,
    )
    return violation, loss


def _take_out(
    part: Counts,
    weights: Weights,
    row_scale: NDArray[np.float32],
    share: NDArray[np.float32],
    weight: NDArray[np.float32],
) -> None:
    """Subtract from a weight matrix, in place, what some texts hold of it: float32 [rows, k] of each."""
    tf, scale = weights.tf, weights.feature_scale
    _add_texts(part.ids, part.counts, part.offsets, tf, scale, row_scale, weights.bound, -share, weight)


def held_out_logits(
    counts: Counts | CountsOnDemand,
    weights: Weights,
    row_scale: NDArray[np.float32],
    signs: NDArray[np.int8],
    costs: NDArray[np.float32],
    solution: DualSolution,
    rows: NDArray[np.int64],
    *,
    epochs: int = 1,
    seed: int,
    last: bool = False,
) -> NDArray[np.float32]:
    """Logits of some training texts by a model that did not learn from them: float32 [rows, k].

    The solution is a sum over texts, ``w = Σ alpha · sign · x``, so these texts can be taken out of it exactly; a pass
    or more over all others lets those settle. This costs a tenth of training anew, and the model keeps every text.
    Features that no other text has are left out of these texts, as they would be out of a new one.

    Args:
        counts: as it was given to `solve_dual`.
        weights: as it was given to `solve_dual`.
        row_scale: as it was given to `solve_dual`.
        signs: as it was given to `solve_dual`.
        costs: as it was given to `solve_dual`.
        solution: what it gave; its weight and bias are not changed.
        rows: int64, the texts to take out.
        epochs: passes over the others.
        seed: of their order.
        last: the solution's dual variables are not needed again, and are written over in place of a copy of them; and a
            large weight matrix waits in a file meanwhile.
    """
    share = solution.alpha[rows] * signs[rows]
    with _set_aside(solution.weight, last) as weight:
        alpha = solution.alpha if last else solution.alpha.copy()
        without = DualSolution(weight, solution.bias - share.sum(axis=0), alpha, [])
        return _logits_without(counts, weights, row_scale, signs, costs, without, rows, share, epochs=epochs, seed=seed)


@contextmanager
def _set_aside(weight: NDArray[np.float32], last: bool) -> Iterator[NDArray[np.float32]]:
    """A weight matrix to write over: a copy, or a large one itself, which is read back from a file at the end."""
    if not last or weight.nbytes <= IN_MEMORY:
        yield weight.copy()
        return
    with tempfile.TemporaryFile(prefix="sadari-") as file:
        write(file, weight)
        try:
            yield weight
        finally:
            file.seek(0)
            file.readinto(weight.data.cast("B"))


def _logits_without(
    counts: Counts | CountsOnDemand,
    weights: Weights,
    row_scale: NDArray[np.float32],
    signs: NDArray[np.int8],
    costs: NDArray[np.float32],
    without: DualSolution,
    rows: NDArray[np.int64],
    share: NDArray[np.float32],
    *,
    epochs: int,
    seed: int,
) -> NDArray[np.float32]:
    """Take texts out of a solution, which is written over: their logits by what it is then."""
    part = counts.take(rows)
    _take_out(part, weights, row_scale[rows], share, without.weight)
    solve_dual(
        counts,
        weights,
        row_scale,
        signs,
        costs,
        epochs=epochs,
        tolerance=0,
        seed=seed,
        solution=without,
        rows=np.setdiff1d(np.arange(len(counts)), rows),
    )
    shared = counts.document_frequency > part.document_frequency
    part = part.renamed(np.where(shared, np.arange(counts.size, dtype=np.int32), np.int32(-1)), counts.size)
    out, tf, scale = np.empty((len(rows), signs.shape[1]), np.float32), weights.tf, weights.feature_scale
    norms, bound = weights.row_scale(part), weights.bound
    linear_logits(part.ids, part.counts, part.offsets, tf, scale, norms, bound, without.weight, without.bias, out)
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _add_texts(ids, counts, offsets, tf, feature_scale, row_scale, bound, share, weight):  # type: ignore[no-untyped-def]
    for t in range(len(offsets) - 1):
        for i in range(offsets[t], offsets[t + 1]):
            x = tf[counts[i]] * feature_scale[ids[i]] * row_scale[t, 1 if ids[i] >= bound else 0]
            for k in range(share.shape[1]):
                weight[ids[i], k] += x * share[t, k]


@njit(cache=True, nogil=True, fastmath=True)
def _epoch(  # type: ignore[no-untyped-def]
    ids, counts, offsets, tf, feature_scale, row_scale, bound, order, signs, costs, alpha, weight, bias, longest
):
    """One pass: (largest change of a dual variable, summed loss before each step)."""
    labels = signs.shape[1]
    margin, step = np.empty(labels, np.float32), np.empty(labels, np.float32)
    x = np.empty(longest, np.float32)
    fours = labels - labels % 4
    violation, loss = 0.0, 0.0
    for t in order:
        first, end = offsets[t], offsets[t + 1]
        slack = np.float32(1 / (2 * costs[t]))
        curvature = slack + 1  # the bias is a feature that is always 1
        for k in range(labels):
            margin[k] = bias[k]
        for i in range(first, end):
            value = tf[counts[i]] * feature_scale[ids[i]] * row_scale[t, 1 if ids[i] >= bound else 0]
            x[i - first] = value
            curvature += value * value
            row = ids[i]
            for k in range(0, fours, 4):  # all four are read before one is written, so that it is one instruction
                a, b, c, d = weight[row, k], weight[row, k + 1], weight[row, k + 2], weight[row, k + 3]
                e, f, g, h = margin[k], margin[k + 1], margin[k + 2], margin[k + 3]
                margin[k], margin[k + 1] = e + value * a, f + value * b
                margin[k + 2], margin[k + 3] = g + value * c, h + value * d
            for k in range(fours, labels):
                margin[k] += value * weight[row, k]
        moved = False
        for k in range(labels):
            sign = np.float32(signs[t, k])
            short = max(1 - sign * margin[k], np.float32(0))
            loss += costs[t] * short * short
            old = alpha[t, k]
            new = max(old - (sign * margin[k] - 1 + slack * old) / curvature, np.float32(0))
            change = new - old
            alpha[t, k] = new
            step[k] = change * sign
            violation = max(violation, abs(change))
            moved = moved or change != 0
        if moved:
            for k in range(labels):
                bias[k] += step[k]
            for k in range(0, fours, 4):  # most labels are settled after some passes: their weights are not touched
                e, f, g, h = step[k], step[k + 1], step[k + 2], step[k + 3]
                if e == 0 and f == 0 and g == 0 and h == 0:
                    continue
                for i in range(first, end):
                    row, value = ids[i], x[i - first]
                    a, b, c, d = weight[row, k], weight[row, k + 1], weight[row, k + 2], weight[row, k + 3]
                    weight[row, k], weight[row, k + 1] = a + value * e, b + value * f
                    weight[row, k + 2], weight[row, k + 3] = c + value * g, d + value * h
            for k in range(fours, labels):
                if step[k] != 0:
                    for i in range(first, end):
                        weight[ids[i], k] += x[i - first] * step[k]
    return violation, loss
