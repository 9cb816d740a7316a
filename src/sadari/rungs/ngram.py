"""Rung `ngram`: counts of 1- to n-grams, and a linear layer."""

from __future__ import annotations

from sadari.rungs.linear import LinearRung


class Ngrams(LinearRung):
    """A linear classifier of counts of 1- to n-grams; the settings are `LinearRung`'s."""

    name = "ngram"
    default_ngram_range = (1, 2)
    default_C = 1.0
    default_epochs = 6
    use_idf = False
