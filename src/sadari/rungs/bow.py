"""Rung `bow`: counts of words, and a linear layer."""

from __future__ import annotations

from sadari.rungs.linear import LinearRung


class BagOfWords(LinearRung):
    """A linear classifier of counts of words; the settings are `LinearRung`'s."""

    name = "bow"
    default_ngram_range = (1, 1)
    default_C = 1.0
    use_idf = False
