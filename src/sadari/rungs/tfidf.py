"""Rung `tfidf`: TF-IDF weights of 1- to n-grams, and a linear layer."""

from __future__ import annotations

from sadari.rungs.linear import LinearRung


class TfIdf(LinearRung):
    """A linear classifier of TF-IDF weights of 1- to n-grams; the settings are `LinearRung`'s."""

    name = "tfidf"
    default_ngram_range = (1, 2)
    default_C = 1.0
    default_epochs = 6
    use_idf = True
