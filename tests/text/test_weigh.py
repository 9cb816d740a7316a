"""Counts and TF-IDF against scikit-learn's CountVectorizer and TfidfVectorizer."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

import text_reference as reference
from sadari.errors import DataError, SettingError
from sadari.ragged import Ragged
from sadari.text.column import as_column
from sadari.text.tokens.tokenize import tokenizer
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import MOST, Counts, count, weigh

few_words = st.lists(st.sampled_from(["aa", "bb", "cc", "Dd", "é1", "가나", "x", "."]), max_size=10).map(" ".join)
corpora = st.lists(few_words, min_size=1, max_size=8)
ranges = st.sampled_from([(1, 1), (1, 2), (2, 2), (1, 3), (2, 4)])


def plain(counts: Counts) -> csr_matrix:
    return weigh(counts).matrix(counts)


def fitted(corpus: list[str], theirs: CountVectorizer, **ours: Any) -> tuple[CountVectors, Counts, csr_matrix]:
    """Both, or a skip of the example where there is no feature; ours must then refuse as scikit-learn does."""
    vectors = CountVectors(tokenizer("words"), **ours)
    try:
        expected = theirs.fit_transform(corpus)
    except ValueError:
        with pytest.raises(DataError):
            vectors.fit(as_column(corpus))
        assume(False)
    return vectors, vectors.fit(as_column(corpus)), expected


def assert_equal(ours: csr_matrix, names: list[str], theirs: csr_matrix, their_names: list[str]) -> None:
    assert sorted(names) == sorted(their_names)
    aligned = theirs.toarray()[:, [their_names.index(name) for name in names]]
    np.testing.assert_allclose(ours.toarray(), aligned, rtol=2e-6, atol=0)


# -- counts -----------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(corpus=corpora, others=corpora, ngram_range=ranges, min_df=st.integers(1, 3), max_df=st.floats(0.2, 1.0))
def test_counts_are_count_vectorizers(
    corpus: list[str], others: list[str], ngram_range: tuple[int, int], min_df: int, max_df: float
) -> None:
    theirs = CountVectorizer(ngram_range=ngram_range, min_df=min_df, max_df=max_df)
    vectors, counts, expected = fitted(corpus, theirs, ngram_range=ngram_range, min_df=min_df, max_df=max_df)
    names, their_names = vectors.feature_names(), theirs.get_feature_names_out().tolist()
    assert_equal(plain(counts), names, expected, their_names)
    assert_equal(plain(vectors.transform(as_column(others))), names, theirs.transform(others), their_names)
    assert vectors.names_of(np.arange(vectors.size, dtype=np.int32)) == names


@settings(deadline=None)
@given(corpus=st.lists(reference.texts, min_size=1, max_size=8), ngram_range=ranges)
def test_counts_of_any_text_are_count_vectorizers(corpus: list[str], ngram_range: tuple[int, int]) -> None:
    """With what we say of words that have marks told to it."""
    theirs = CountVectorizer(
        ngram_range=ngram_range,
        preprocessor=lambda text: reference.composed(text).lower(),
        token_pattern=reference.WORD,
    )
    vectors, counts, expected = fitted(corpus, theirs, ngram_range=ngram_range)
    assert_equal(plain(counts), vectors.feature_names(), expected, theirs.get_feature_names_out().tolist())


@settings(deadline=None)
@given(corpus=corpora, ngram_range=ranges, max_features=st.integers(1, 12), min_df=st.integers(1, 2))
def test_max_features_keeps_the_most_frequent(
    corpus: list[str], ngram_range: tuple[int, int], max_features: int, min_df: int
) -> None:
    theirs = CountVectorizer(ngram_range=ngram_range, min_df=min_df)
    whole, _, expected = fitted(corpus, theirs, ngram_range=ngram_range, min_df=min_df)
    kept = CountVectors(tokenizer("words"), ngram_range=ngram_range, min_df=min_df, max_features=max_features)
    counts = kept.fit(as_column(corpus))
    totals = dict(zip(theirs.get_feature_names_out(), np.asarray(expected.sum(axis=0)).ravel().tolist(), strict=True))
    # ties aside, the same features as scikit-learn's: those of the highest totals; of equals, the one seen first
    first = {name: i for i, name in enumerate(whole.feature_names())}
    best = sorted(totals, key=lambda name: (-totals[name], first[name]))[:max_features]
    assert sorted(kept.feature_names()) == sorted(best)
    their_names = theirs.get_feature_names_out().tolist()
    assert_equal(plain(counts), kept.feature_names(), expected[:, [their_names.index(n) for n in best]], best)


@settings(deadline=None)
@given(texts=st.lists(st.lists(st.integers(-1, 60), max_size=20), max_size=8), size=st.integers(61, 5_000))
def test_count_counts_each_text_in_order_of_first_sight(texts: list[list[int]], size: int) -> None:
    """Few texts and many features, or the other way round: two layouts of the places, one answer."""
    counts = count(Ragged.from_lists(texts), size)
    for i, text in enumerate(texts):
        counter = Counter(i for i in text if i >= 0)
        span = slice(counts.offsets[i], counts.offsets[i + 1])
        assert counts.ids[span].tolist() == list(counter)
        assert counts.counts[span].tolist() == list(counter.values())
    everything = Counter(i for text in texts for i in text if i >= 0)
    in_texts = Counter(i for text in texts for i in set(text) if i >= 0)
    assert counts.totals().tolist() == [everything[i] for i in range(size)]
    assert counts.document_frequency.tolist() == [in_texts[i] for i in range(size)]


def test_features_that_share_a_place_are_told_apart() -> None:
    size = 1 << 20
    text = [i << 12 for i in range(100)] * 2
    counts = count(Ragged.from_lists([text, [5], text]), size)
    assert counts.ids.tolist() == [*text[:100], 5, *text[:100]]
    assert counts.counts.tolist() == [2] * 100 + [1] + [2] * 100


def test_a_count_stops_at_the_most_it_can_hold() -> None:
    counts = count(Ragged.from_lists([[0] * (MOST + 10) + [1]]), 2)
    assert counts.counts.tolist() == [MOST, 1]


@settings(deadline=None)
@given(texts=st.lists(st.lists(st.integers(0, 9), max_size=9), min_size=1, max_size=8), data=st.data())
def test_take_and_renamed_are_rows_and_columns(texts: list[list[int]], data: st.DataObject) -> None:
    counts = count(Ragged.from_lists(texts), 10)
    dense = plain(counts).toarray()
    rows = data.draw(st.lists(st.integers(-len(texts), len(texts) - 1), max_size=8))
    assert np.array_equal(plain(counts.take(np.array(rows, np.int64))).toarray(), dense[rows])
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=10, max_size=10)))
    new_ids = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    renamed = counts.renamed(new_ids, int(kept.sum()))
    assert np.array_equal(plain(renamed).toarray(), dense[:, kept])


def test_what_does_not_fit_is_refused() -> None:
    counts = count(Ragged.from_lists([[0, 1]]), 2)
    with pytest.raises(SettingError, match="feature 2 is not one of 2"):
        count(Ragged.from_lists([[2]]), 2)
    with pytest.raises(SettingError, match="1 new ids do not fit 2 features"):
        counts.renamed(np.zeros(1, np.int32), 1)
    with pytest.raises(SettingError, match="counts of 3 features do not fit 2 weights"):
        weigh(counts).matrix(count(Ragged.from_lists([[2]]), 3))
    with pytest.raises(SettingError, match="norm is 'max'"):
        weigh(counts, norm="max")


# -- TF-IDF -----------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=200)
@given(
    corpus=corpora,
    others=corpora,
    ngram_range=ranges,
    min_df=st.integers(1, 2),
    max_df=st.floats(0.2, 1.0),
    binary=st.booleans(),
    sublinear=st.booleans(),
    smooth=st.booleans(),
    idf=st.booleans(),
    norm=st.sampled_from(["l1", "l2", None]),
)
def test_weights_are_tfidf_vectorizers(
    corpus: list[str],
    others: list[str],
    ngram_range: tuple[int, int],
    min_df: int,
    max_df: float,
    binary: bool,
    sublinear: bool,
    smooth: bool,
    idf: bool,
    norm: str | None,
) -> None:
    theirs = TfidfVectorizer(
        ngram_range=ngram_range,
        min_df=min_df,
        max_df=max_df,
        binary=binary,
        sublinear_tf=sublinear,
        smooth_idf=smooth,
        use_idf=idf,
        norm=norm,
    )
    vectors, counts, expected = fitted(corpus, theirs, ngram_range=ngram_range, min_df=min_df, max_df=max_df)
    weights = weigh(counts, idf=idf, smooth=smooth, sublinear=sublinear, binary=binary, norm=norm)
    names, their_names = vectors.feature_names(), theirs.get_feature_names_out().tolist()
    assert_equal(weights.matrix(counts), names, expected, their_names)
    assert_equal(weights.matrix(vectors.transform(as_column(others))), names, theirs.transform(others), their_names)
    if idf:
        aligned = theirs.idf_[[their_names.index(name) for name in names]]
        np.testing.assert_allclose(weights.feature_scale, aligned, rtol=1e-6)


@pytest.mark.data
@pytest.mark.parametrize(("ngram_range", "min_df"), [((1, 1), 1), ((1, 2), 2)])
def test_weights_of_ag_news_are_tfidf_vectorizers(ngram_range: tuple[int, int], min_df: int) -> None:
    corpus = reference.ag_news("test")
    theirs = TfidfVectorizer(ngram_range=ngram_range, min_df=min_df, sublinear_tf=True)
    vectors, counts, expected = fitted(corpus, theirs, ngram_range=ngram_range, min_df=min_df)
    weights = weigh(counts, idf=True, sublinear=True, norm="l2")
    order = np.argsort(np.array(vectors.feature_names(), dtype=object))
    assert [vectors.feature_names()[i] for i in order[:5]] == theirs.get_feature_names_out()[:5].tolist()
    difference = weights.matrix(counts)[:, order] - expected
    assert abs(difference).max() < 1e-6
    assert counts.size == expected.shape[1]


@settings(deadline=None)
@given(corpus=corpora, norm=st.sampled_from(["l1", "l2"]))
def test_every_text_with_a_feature_has_norm_one(corpus: list[str], norm: str) -> None:
    _, counts, _ = fitted(corpus, CountVectorizer())
    rows = weigh(counts, idf=True, norm=norm).matrix(counts).toarray().astype(np.float64)
    norms = np.linalg.norm(rows, ord=int(norm[1]), axis=1)
    assert np.allclose(norms, np.where(np.diff(counts.offsets) > 0, 1, 0), atol=1e-6)


# -- the course -------------------------------------------------------------------------------------------


def test_banana_banana_mango() -> None:
    vectors = CountVectors(tokenizer("words"))
    counts = vectors.fit(as_column(["banana, banana, mango"]))
    found = dict(zip(vectors.feature_names(), plain(counts).toarray()[0].tolist(), strict=True))
    assert found == {"banana": 2, "mango": 1}


def test_tfidf_of_the_course() -> None:
    vectors = CountVectors(tokenizer("words"), ngram_range=(1, 2))
    counts = vectors.fit(as_column(["I like hot dogs.", "The dog ran fast.", "Its hot outside."]))
    weights = weigh(counts, idf=True, norm="l2")
    matrix = weights.matrix(vectors.transform(as_column(["My dog likes hot dogs on a hot day."]))).toarray()[0]
    found = dict(zip(vectors.feature_names(), matrix.tolist(), strict=True))
    present = {name: weight for name, weight in found.items() if weight}
    expected = {"dog": 0.43381609, "dogs": 0.43381609, "hot dogs": 0.43381609, "hot": 0.65985664}
    assert present == pytest.approx(expected, abs=1e-7)
