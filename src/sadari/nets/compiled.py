"""Compiled CPU forms of the bag nets: one pass over ragged ids, no torch import, the same bits alone and in any batch.

They read the very memory of the torch modules in `nets.bag`, and give the same logits (tested).
"""

from __future__ import annotations

import math

import numpy as np

from sadari.compiling import njit


@njit(cache=True, nogil=True)
def linear_logits(ids, counts, offsets, tf, feature_scale, row_scale, bound, weight, bias, out):  # type: ignore[no-untyped-def]
    """out[t] = bias + sum over the features of text t of its weight times ``weight[feature]``.

    Shapes: ids, counts [stored]; offsets [n + 1]; row_scale float32 [n, blocks], where features from ``bound`` on are
    of the second; weight float32 [features, k]; bias float32 [k]; out float32 [n, k].
    """
    # A product of two float32 is exact in float64, so sums taken in this order are the same bits on every processor.
    labels = len(bias)
    sums = np.empty(labels, np.float64)
    for t in range(len(offsets) - 1):
        for k in range(labels):
            sums[k] = bias[k]
        for i in range(offsets[t], offsets[t + 1]):
            x = np.float64(tf[counts[i]] * feature_scale[ids[i]] * row_scale[t, 1 if ids[i] >= bound else 0])
            for k in range(labels):
                sums[k] += x * np.float64(weight[ids[i], k])
        for k in range(labels):
            out[t, k] = sums[k]


def linear_logits_of_one(ids, counts, offsets, tf, feature_scale, row_scale, bound, weight, bias, out):  # type: ignore[no-untyped-def]
    """The same of one text, to the same bits, before any loop is compiled."""
    x = tf[counts] * feature_scale[ids] * row_scale[0, (ids >= bound).astype(np.int8)]
    terms = x[:, None].astype(np.float64) * weight[ids]
    out[0] = np.concatenate([bias[None].astype(np.float64), terms]).cumsum(axis=0)[-1]


@njit(cache=True, nogil=True)
def probabilities_loop(logits, known, factor, prior, several, out):  # type: ignore[no-untyped-def]
    """out[t] = the probabilities of text t: softmax, or sigmoid of several labels a text; `prior` of one not known.

    Shapes: logits float32 [n, k]; known bool [n]; prior float64 [k]; out float64 [n, k]. Factor: the inverse
    temperature.
    """
    # The C library's exp and tanh, compiled or in Python: NumPy's have other last bits on some processors.
    for t in range(len(logits)):
        if not known[t]:
            out[t] = prior
            continue
        top, total = -np.inf, 0.0
        for k in range(len(prior)):
            out[t, k] = np.float64(logits[t, k]) * factor
            top = max(top, out[t, k])
        for k in range(len(prior)):
            out[t, k] = 0.5 * (1.0 + math.tanh(0.5 * out[t, k])) if several else math.exp(out[t, k] - top)
            total += out[t, k]
        if not several:
            for k in range(len(prior)):
                out[t, k] /= total


@njit(cache=True, nogil=True, fastmath=True)
def mean_logits(ids, offsets, embedding, output, out):  # type: ignore[no-untyped-def]
    """out[t] = output @ mean of the embeddings of text t's ids; negative ids are skipped, no ids give zeros.

    Shapes: embedding float32 [features, width]; output float32 [k, width]; out float32 [n, k].
    """
    # summed in float64: in float32 the logits of a text of 100,000 characters were off by 0.0003
    labels, width = output.shape
    hidden = np.empty(width, np.float64)
    for t in range(len(offsets) - 1):
        hidden[:] = 0
        known = 0
        for i in range(offsets[t], offsets[t + 1]):
            if ids[i] >= 0:
                known += 1
                for j in range(width):
                    hidden[j] += embedding[ids[i], j]
        scale = 1.0 / max(known, 1)
        for k in range(labels):
            total = 0.0
            for j in range(width):
                total += output[k, j] * hidden[j]
            out[t, k] = total * scale
