"""fastText's output layers, compiled: the same sums in the same order, and its tables and trees.

Joulin et al. 2016, "Bag of Tricks for Efficient Text Classification". They know hidden vectors and counts alone.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit
from sadari.errors import DataError
from sadari.messages import message

REACH, STEPS = 8, 512  # fastText looks its sigmoid up in a table from −8 to 8
LOG_2 = float(np.log(2))


@njit(cache=True, nogil=True)
def hidden_logits(hidden, output, out):  # type: ignore[no-untyped-def]
    """out[t, k] = hidden[t] · output[:, k], summed in order; hidden float32 [n, width], output [width, k]."""
    width, labels = output.shape
    for t in range(len(hidden)):
        row = out[t]
        row[:] = 0
        for j in range(width):
            h = hidden[t, j]
            for k in range(labels):
                row[k] += output[j, k] * h


def table_sigmoid(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities float64 [n, k] of each label by itself, as rough (0.008) as fastText's table of 512 steps."""
    x = logits.astype(np.float32)
    steps = (np.clip(x, -REACH, REACH) + np.float32(REACH)) * np.float32(STEPS) / np.float32(2 * REACH)
    found = _sigmoid_table()[steps.astype(np.int64)].astype(np.float64)
    found[x < -REACH], found[x > REACH] = 0, 1
    return found


@cache
def _sigmoid_table() -> NDArray[np.float32]:
    x = np.arange(STEPS + 1) * (2 * REACH) / STEPS - REACH
    return (1 / (1 + np.exp(-x))).astype(np.float32)


def label_tree(counts: NDArray[np.int64]) -> NDArray[np.int32]:
    """fastText's Huffman tree over k labels: int32 [k − 1, 2], the left and right child of each inner node.

    Labels are 0 … k − 1, and inner node i is k + i; both its children have smaller numbers, the last node is the root.

    Args:
        counts: int64 [k], never rising.

    Raises:
        DataError: the counts make no tree.
    """
    tree = np.empty((len(counts) - 1, 2), np.int32)
    if not _build_tree(counts, tree):
        raise DataError(message("the counts of its labels make no tree"))
    return tree


@njit(cache=True, nogil=True)
def _build_tree(counts, tree):  # type: ignore[no-untyped-def]
    labels = len(counts)
    unbuilt = np.int64(10**15)
    sums = np.full(2 * labels - 1, unbuilt, np.int64)
    sums[:labels] = counts
    leaf, node = labels - 1, labels
    for i in range(labels - 1):
        total = np.int64(0)
        for side in range(2):
            if leaf >= 0 and sums[leaf] < sums[node]:
                child = leaf
                leaf -= 1
            else:
                child = node
                node += 1
            if child >= labels + i:
                return False
            tree[i, side] = child
            total += sums[child]
        if total >= unbuilt:
            return False
        sums[labels + i] = total
    return True


@njit(cache=True, nogil=True)
def leaf_logs(scores, tree, out):  # type: ignore[no-untyped-def]
    """out[t, k] = logarithm of label k's probability, of each text's scores [n, k] of inner nodes (the last unused)."""
    labels = len(tree) + 1
    logs = np.empty(2 * labels - 1, np.float64)
    for t in range(len(scores)):
        logs[2 * labels - 2] = 0
        for i in range(labels - 2, -1, -1):
            f = np.float64(scores[t, i])
            rest = np.log1p(np.exp(-abs(f)))
            logs[tree[i, 0]] = logs[labels + i] + min(-f, 0.0) - rest
            logs[tree[i, 1]] = logs[labels + i] + min(f, 0.0) - rest
        for k in range(labels):
            out[t, k] = logs[k]


def leaf_parts(parts: NDArray[np.float64], tree: NDArray[np.int32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each part of a hidden vector adds to the logarithm of each label's probability.

    Integrated gradients from a hidden vector of zeros, in closed form: along that path a node's part of the logarithm
    rises from −log 2 to what it is, and each part of the vector has a share in the node's score.

    Args:
        parts: float64 [m, k − 1], what each part adds to the score of each inner node.
        tree: int32 [k − 1, 2], the children of each inner node.

    Returns:
        float64 [m, k], and the logarithms at zero, float64 [k]; together they sum to the logarithms.
    """
    labels = len(tree) + 1
    scores = parts.sum(axis=0)
    added = np.zeros((2 * labels - 1, len(parts)))
    at_zero = np.zeros(2 * labels - 1)
    for i in range(labels - 2, -1, -1):
        f, parent = scores[i], labels + i
        for child, sign in ((tree[i, 0], -1.0), (tree[i, 1], 1.0)):
            gain = LOG_2 - np.logaddexp(0, -sign * f)
            added[child] = added[parent] + parts[:, i] * (gain / f if abs(f) > 1e-9 else sign / 2)
            at_zero[child] = at_zero[parent] - LOG_2
    return added[:labels].T, at_zero[:labels]
