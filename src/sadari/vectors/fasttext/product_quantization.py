"""Matrices in a few bytes a row: fastText's product quantisation, as its ``.ftz`` files hold it.

Jégou et al. 2011, "Product Quantization for Nearest Neighbor Search"; Joulin et al. 2016, "FastText.zip". A row is cut
into parts; each part is the number, one byte, of one of 256 centroids. A row's length can be a byte of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sadari.compiling import njit

CENTROIDS = 256  # of each part


@dataclass(frozen=True)
class QuantisedMatrix:
    """A matrix of ``rows`` by ``width``, quantised.

    Attributes:
        codes: uint8 [rows, parts], the centroid of each part of each row.
        centroids: float32 [width · 256]: all centroids of the first part, one after another, then of the second …
        width: of a row.
        part: of each of its parts, but for the last, which has what is left.
        length_codes: uint8 [rows], the number of each row's length; None where rows have none.
        lengths: float32 [256], what these numbers stand for.
    """

    codes: NDArray[np.uint8]
    centroids: NDArray[np.float32]
    width: int
    part: int
    length_codes: NDArray[np.uint8] | None = None
    lengths: NDArray[np.float32] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.codes), self.width

    @property
    def parts(self) -> int:
        return -(-self.width // self.part)

    @property
    def largest(self) -> float:
        """No number in the matrix is larger than this."""
        scale = 1.0 if self.lengths is None else float(np.abs(self.lengths).max())
        return scale * float(np.abs(self.centroids).max(initial=0))

    def row_lengths(self) -> NDArray[np.float32]:
        """float32 [rows]: by what each row's centroids are multiplied; [0] where by nothing."""
        if self.length_codes is None or self.lengths is None:
            return np.empty(0, np.float32)
        return self.lengths[self.length_codes]

    def without_lengths(self) -> QuantisedMatrix:
        """The same rows before they are multiplied by their lengths."""
        return replace(self, length_codes=None, lengths=None)

    def decoded(self, rows: NDArray[np.integer] | slice = slice(None)) -> NDArray[np.float32]:
        """Some rows, by their numbers, or all: float32 [m, width]."""
        lengths = self.row_lengths()
        codes, lengths = self.codes[rows], lengths[rows] if len(lengths) else lengths
        out = np.empty((len(codes), self.width), np.float32)
        _decode(codes, self.centroids, self.part, lengths, out)
        return out


@njit(cache=True, nogil=True)
def _decode(codes, centroids, part, lengths, out):  # type: ignore[no-untyped-def]
    rows, width = out.shape
    for row in range(rows):
        scale = lengths[row] if len(lengths) > 0 else np.float32(1)
        for m in range(codes.shape[1]):
            first = m * part
            size = min(part, width - first)
            at = 256 * first + codes[row, m] * size
            for j in range(size):
                out[row, first + j] = scale * centroids[at + j]


@njit(cache=True, nogil=True)
def mean_coded_rows(ids, offsets, codes, centroids, part, lengths, out):  # type: ignore[no-untyped-def]
    """out[t] = mean of the rows of text t's ids, decoded one by one; zeros where there are none."""
    width = out.shape[1]
    for t in range(len(offsets) - 1):
        hidden = out[t]
        hidden[:] = 0
        for i in range(offsets[t], offsets[t + 1]):
            row = ids[i]
            scale = lengths[row] if len(lengths) > 0 else np.float32(1)
            for m in range(codes.shape[1]):
                first = m * part
                size = min(part, width - first)
                at = 256 * first + codes[row, m] * size
                for j in range(size):
                    hidden[first + j] += scale * centroids[at + j]
        scale = np.float32(1.0 / max(1, offsets[t + 1] - offsets[t]))
        for j in range(width):
            hidden[j] *= scale


@njit(cache=True, nogil=True)
def mean_dense_rows(ids, offsets, matrix, out):  # type: ignore[no-untyped-def]
    """out[t] = mean of the rows of text t's ids; zeros where there are none. Sums go in fastText's order."""
    width = out.shape[1]
    for t in range(len(offsets) - 1):
        hidden = out[t]
        hidden[:] = 0
        for i in range(offsets[t], offsets[t + 1]):
            row = matrix[ids[i]]
            for j in range(width):
                hidden[j] += row[j]
        scale = np.float32(1.0 / max(1, offsets[t + 1] - offsets[t]))
        for j in range(width):
            hidden[j] *= scale
