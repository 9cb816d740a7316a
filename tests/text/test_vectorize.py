"""Vectorizing a corpus: one column or many, saved and restored, hashed or exact; what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import text_reference as reference
from sadari.data.read import open_source
from sadari.data.text_stream import TextStream
from sadari.errors import DataError, SettingError
from sadari.text.column import as_column, columns, slices
from sadari.text.hashed_vectors import HashedVectors
from sadari.text.table import MISSING
from sadari.text.tokens.tokenize import tokenizer
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import Counts

Vectors = CountVectors | HashedVectors
corpora = st.lists(reference.texts, min_size=1, max_size=10)
settings_of_counts = st.fixed_dictionaries(
    {
        "ngram_range": st.sampled_from([(1, 1), (1, 2), (2, 2), (2, 3)]),
        "min_df": st.integers(1, 2),
        "max_df": st.sampled_from([0.5, 1.0]),
        "max_features": st.sampled_from([None, 3, 50]),
    }
)


def arrays_of(result: Any) -> list[list[int]]:
    if isinstance(result, Counts):
        return [result.ids.tolist(), result.counts.tolist(), result.offsets.tolist()]
    return [result.values.tolist(), result.offsets.tolist()]


def fit(vectors: Vectors, corpus: Any) -> Any:
    try:
        return vectors.fit(corpus)
    except DataError:
        assume(False)


def in_batches(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """From here on, columns come in slices of so many rows."""
    monkeypatch.setattr("sadari.text.column.slices", lambda column: slices(column, max_rows=rows))


# -- one column or many -----------------------------------------------------------------------------------


@settings(deadline=None)
@given(corpus=corpora, chosen=settings_of_counts, rows=st.sampled_from([1, 2, 7]))
def test_counting_in_batches_is_counting_at_once(corpus: list[str], chosen: dict[str, Any], rows: int) -> None:
    whole, parts = (CountVectors(tokenizer("words"), **chosen) for _ in range(2))
    expected = fit(whole, as_column(corpus))
    with pytest.MonkeyPatch.context() as monkeypatch:
        in_batches(monkeypatch, rows)
        found = parts.fit(as_column(corpus))
    assert arrays_of(found) == arrays_of(expected)
    assert parts.feature_names() == whole.feature_names()


@settings(deadline=None)
@given(corpus=corpora, longest=st.integers(1, 3), min_count=st.integers(1, 2), rows=st.sampled_from([1, 2, 7]))
def test_hashing_in_batches_is_hashing_at_once(corpus: list[str], longest: int, min_count: int, rows: int) -> None:
    whole, parts = (HashedVectors(tokenizer("words"), longest=longest, min_count=min_count) for _ in range(2))
    expected = fit(whole, as_column(corpus))
    with pytest.MonkeyPatch.context() as monkeypatch:
        in_batches(monkeypatch, rows)
        found = parts.fit(as_column(corpus))
    assert arrays_of(found) == arrays_of(expected)
    assert parts.state()[0] == whole.state()[0]


@pytest.mark.data
@pytest.mark.parametrize("rows", [1, 7, 1_000])
def test_a_stream_from_a_file_is_the_column(rows: int, tmp_path: Path) -> None:
    texts = reference.ag_news("test")[:1_500]
    path = tmp_path / "texts.csv"
    pl.DataFrame({"text": texts, "label": ["x", "y", "z"] * 500}).write_csv(path)
    stream = TextStream(open_source(path, text="text", label="label"), rows=rows)
    assert [text for column in columns(stream) for text in column] == texts
    whole, parts = (CountVectors(tokenizer("words"), ngram_range=(1, 2), min_df=2) for _ in range(2))
    assert arrays_of(parts.fit(stream)) == arrays_of(whole.fit(as_column(texts)))
    assert parts.feature_names() == whole.feature_names()


# -- the same features again ------------------------------------------------------------------------------


@settings(deadline=None)
@given(corpus=corpora, chosen=settings_of_counts)
def test_transforming_the_training_texts_gives_their_counts(corpus: list[str], chosen: dict[str, Any]) -> None:
    vectors = CountVectors(tokenizer("words"), **chosen)
    counts = fit(vectors, as_column(corpus))
    assert arrays_of(vectors.transform(as_column(corpus))) == arrays_of(counts)


@settings(deadline=None)
@given(corpus=corpora, others=corpora)
def test_fitting_again_leaves_nothing_of_the_first_time(corpus: list[str], others: list[str]) -> None:
    for make in (CountVectors, HashedVectors):
        fresh, used = make(tokenizer("words")), make(tokenizer("words"))
        expected = fit(fresh, as_column(corpus))
        fit(used, as_column(others))
        assert arrays_of(used.fit(as_column(corpus))) == arrays_of(expected)
        assert used.state()[0] == fresh.state()[0]


@settings(deadline=None)
@given(corpus=corpora, others=corpora, longest=st.integers(1, 3), min_count=st.integers(1, 2))
def test_hashed_features_are_words_then_fasttexts_buckets(
    corpus: list[str], others: list[str], longest: int, min_count: int
) -> None:
    vectors = HashedVectors(tokenizer("words"), longest=longest, min_count=min_count, buckets=2**14)
    found = fit(vectors, as_column(corpus))
    words = [token for text in corpus for token in reference.words(text)]
    known = [word for word in dict.fromkeys(words) if words.count(word) >= min_count]
    assert vectors.state()[0] == known
    assert vectors.size == len(known) + (2**14 if longest > 1 else 0)

    def expected(text: str) -> list[int]:
        tokens = reference.words(text)
        buckets = reference.fasttext_buckets(tokens, longest, 2**14)
        return [known.index(token) if token in known else MISSING for token in tokens] + [
            len(known) + b for b in buckets
        ]

    assert found.to_lists() == [expected(text) for text in corpus]
    assert vectors.features(as_column(others)).to_lists() == [expected(text) for text in others]


@settings(deadline=None)
@given(
    corpus=corpora,
    others=corpora,
    longest=st.integers(1, 2),
    sizes=st.sampled_from([(1, 1), (1, 3), (2, 4), (3, 6), (5, 5)]),
    end=st.booleans(),
)
def test_subwords_stand_behind_the_ngrams_in_fasttexts_buckets(
    corpus: list[str], others: list[str], longest: int, sizes: tuple[int, int], end: bool
) -> None:
    vectors = HashedVectors(tokenizer("words"), longest=longest, buckets=2**10, subwords=sizes, end=end)
    found = fit(vectors, as_column(corpus))
    known = vectors.state()[0]
    assert vectors.size == len(known) + 2**10

    def expected(text: str) -> list[int]:
        tokens = [*reference.words(text), *["</s>"] * end]
        buckets = reference.fasttext_buckets(tokens, longest, 2**10)
        buckets += [bucket for token in tokens for bucket in reference.fasttext_pieces(token, *sizes, 2**10)]
        return [known.index(token) if token in known else MISSING for token in tokens] + [
            len(known) + bucket for bucket in buckets
        ]

    assert found.to_lists() == [expected(text) for text in corpus]
    assert vectors.features(as_column(others)).to_lists() == [expected(text) for text in others]


def test_a_subword_belongs_to_its_word() -> None:
    vectors = HashedVectors(tokenizer("words"), longest=2, buckets=2**14, subwords=(3, 3), end=True)
    vectors.fit(as_column(["ab cde"]))
    features, owners, names = vectors.occurrences("ab xyz")
    assert names == ["ab", "xyz", "</s>", "ab xyz", "xyz </s>"]
    assert owners.tolist() == [0, 1, 2, 3, 4, 0, 0, 1, 1, 1]  # <ab ab> <xy xyz yz>
    assert features.tolist() == vectors.features(as_column(["ab xyz"])).values.tolist()
    assert features[1] == MISSING
    assert vectors.known(vectors.features(as_column(["ab", "xyz", ""]))).tolist() == [True, True, False]


def test_buckets_are_chosen_by_the_number_of_tokens() -> None:
    vectors = HashedVectors(tokenizer("words"))
    found = vectors.fit(as_column(["ab cd"]))
    assert vectors.buckets == HashedVectors.LEAST_BUCKETS
    tokens = 5 * HashedVectors.LEAST_BUCKETS
    many = HashedVectors(tokenizer("words"))
    many.fit(as_column(["ab cd ef gh " * 100] * (tokens // 400 + 1)))
    assert many.buckets == 2 * HashedVectors.LEAST_BUCKETS
    assert found.values.max() < vectors.size


def test_names_of_hashed_features() -> None:
    vectors = HashedVectors(tokenizer("words"), longest=2, buckets=1)
    vectors.fit(as_column(["ab cd ef"]))
    features = vectors.features(as_column(["ab cd ef"])).values
    assert vectors.names_in("ab cd ef", features) == ["ab", "cd", "ef", "ab cd / cd ef", "ab cd / cd ef"]


# -- saving -----------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(corpus=corpora, others=corpora, chosen=settings_of_counts)
def test_counts_restored_are_the_same(corpus: list[str], others: list[str], chosen: dict[str, Any]) -> None:
    vectors = CountVectors(tokenizer("words"), **chosen)
    fit(vectors, as_column(corpus))
    words, arrays = vectors.state()
    assert tuple(arrays) == CountVectors.array_names
    restored = CountVectors(tokenizer("words"), **chosen).restore(list(words), {k: v.copy() for k, v in arrays.items()})
    assert arrays_of(restored.transform(as_column(others))) == arrays_of(vectors.transform(as_column(others)))
    assert restored.feature_names() == vectors.feature_names()
    assert restored.size == vectors.size


@settings(deadline=None)
@given(corpus=corpora, others=corpora)
def test_hashed_restored_is_the_same(corpus: list[str], others: list[str]) -> None:
    vectors = HashedVectors(tokenizer("words"), buckets=2**14)
    fit(vectors, as_column(corpus))
    restored = HashedVectors(tokenizer("words"), buckets=2**14).restore(*vectors.state())
    assert arrays_of(restored.features(as_column(others))) == arrays_of(vectors.features(as_column(others)))


def good_state() -> tuple[list[str], dict[str, np.ndarray]]:
    vectors = CountVectors(tokenizer("words"), ngram_range=(1, 2), min_df=2)
    vectors.fit(as_column(["ab cd ef", "ab cd", "ef ab"]))
    return vectors.state()


Change = Callable[[list[str], dict[str, np.ndarray]], Any]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda words, arrays: words.append(words[0]), "twice"),
        (lambda words, arrays: words.pop(), "does not fit its vocabulary"),
        (lambda words, arrays: words.__setitem__(0, "\ud800"), "no text"),
        (lambda words, arrays: words.__setitem__(0, None), "no text"),
        (lambda words, arrays: arrays.pop("grams"), "'grams' is missing"),
        (lambda words, arrays: arrays.pop("feature_of"), "'feature_of' is missing"),
        (lambda words, arrays: arrays.update(grams=arrays["grams"][:, :1]), "not int32"),
        (lambda words, arrays: arrays.update(grams=arrays["grams"].astype(np.float32)), "not int32"),
        (lambda words, arrays: arrays.update(grams=np.full_like(arrays["grams"], 2**31 - 1)), "does not fit"),
        (lambda words, arrays: arrays.update(feature_of=arrays["feature_of"][1:]), "not int32"),
        (lambda words, arrays: arrays.update(feature_of=arrays["feature_of"].astype(np.int64)), "not int32"),
        (lambda words, arrays: arrays.update(feature_of=arrays["feature_of"] + 1), "without gaps"),
        (lambda words, arrays: arrays.update(feature_of=arrays["feature_of"] * 0), "without gaps"),
        (lambda words, arrays: arrays.update(feature_of=arrays["feature_of"] * 0 - 2), "without gaps"),
        (lambda words, arrays: arrays.update(feature_of=arrays["feature_of"] * 0 + 2**30), "without gaps"),
    ],
)
def test_a_hostile_state_is_refused_and_changes_nothing(change: Change, message: str) -> None:
    words, arrays = good_state()
    vectors = CountVectors(tokenizer("words"), ngram_range=(1, 2)).restore(*good_state())
    before = vectors.feature_names()
    change(words, arrays)
    with pytest.raises(SettingError, match=message):
        vectors.restore(words, arrays)
    assert vectors.feature_names() == before


@settings(deadline=None, max_examples=300)
@given(
    words=st.lists(st.sampled_from(["ab", "cd", "ef"]), max_size=4),
    grams=st.lists(st.lists(st.sampled_from([-1, 0, 1, 2, 3, 2**31 - 1]), min_size=2, max_size=2), max_size=5),
    feature_of=st.lists(st.integers(-2, 4), max_size=5),
)
def test_any_state_is_refused_or_works(words: list[str], grams: list[list[int]], feature_of: list[int]) -> None:
    vectors = CountVectors(tokenizer("words"), ngram_range=(1, 2))
    arrays = {
        "grams": np.array(grams, np.int32).reshape(-1, 2),
        "feature_of": np.array(feature_of, np.int32),
    }
    try:
        vectors.restore(words, arrays)
    except SettingError:
        return
    counts = vectors.transform(as_column(["ab cd ef ab", ""]))
    assert set(counts.ids.tolist()) <= set(range(vectors.size))
    assert len(vectors.feature_names()) == vectors.size


def test_a_hashed_state_that_cannot_be_is_refused() -> None:
    with pytest.raises(SettingError, match="twice"):
        HashedVectors(tokenizer("words"), buckets=2).restore(["ab", "ab"], {})
    with pytest.raises(SettingError, match="number of buckets is missing"):
        HashedVectors(tokenizer("words")).restore(["ab"], {})
    with pytest.raises(SettingError, match="number of buckets is missing"):
        HashedVectors(tokenizer("words"), longest=1, subwords=(2, 3)).restore(["ab"], {})


# -- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [CountVectors, HashedVectors])
def test_texts_without_any_token_are_shown(make: type[Vectors]) -> None:
    with pytest.raises(DataError) as caught:
        make(tokenizer("words")).fit(as_column(["!!", "", "? " * 100, "four"[:1]]))
    assert "training texts such as '!!', '', '? ? " in str(caught.value)
    assert "'words'" in str(caught.value)
    assert len(str(caught.value)) < 400
    with pytest.raises(DataError, match=r"\(none\)"):
        make(tokenizer("words")).fit(as_column([]))


def test_settings_that_leave_no_feature_are_an_error() -> None:
    with pytest.raises(DataError, match="smaller min_df"):
        CountVectors(tokenizer("words"), min_df=2).fit(as_column(["ab cd", "ef"]))


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"ngram_range": (0, 1)}, "ngram_range"),
        ({"ngram_range": (2, 1)}, "ngram_range"),
        ({"ngram_range": (1, 17)}, "1 to 16"),
        ({"min_df": 0}, "min_df is 0"),
        ({"max_df": 0.0}, "max_df 0.0"),
        ({"max_df": 1.1}, "max_df 1.1"),
        ({"max_features": 0}, "max_features is 0"),
        ({"max_features": -1}, "max_features is -1"),
    ],
)
def test_count_settings_out_of_range_are_refused(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        CountVectors(tokenizer("words"), **chosen)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"longest": 0}, "longest is 0"),
        ({"min_count": 0}, "min_count 0"),
        ({"buckets": 0}, "buckets is 0"),
        ({"buckets": 1000}, "power of two"),
        ({"buckets": 2**22}, "power of two"),
    ],
)
def test_hash_settings_out_of_range_are_refused(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        HashedVectors(tokenizer("words"), **chosen)
