"""n-grams of characters: scikit-learn's, within words and across spaces, alone and beside words."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import hstack
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from rungs_headlines import some
from sadari.errors import DataError
from sadari.rungs import Char, WordChar
from sadari.text.characters.beside import WordsAndCharacters
from sadari.text.characters.vectors import BREAK, CharacterVectors
from sadari.text.tokens.choose import written_without_spaces
from sadari.text.tokens.tokenize import tokenizer
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import CountsOnDemand, weigh

texts = st.text(alphabet="abAB é한국中\n\t\u00a0\u2003\x1f.!ΣİI🎉", max_size=12)
corpora = st.lists(texts, min_size=1, max_size=8)
ranges = st.sampled_from([(1, 1), (1, 5), (2, 3), (3, 3), (4, 4), (4, 6), (1, 16)])


def dense(matrix, names, wanted):
    places = {name: place for place, name in enumerate(names)}
    return np.asarray(matrix.todense())[:, [places[name] for name in wanted]]


def composed(corpus):
    return pl.Series("text", corpus, pl.String).str.normalize("NFC").to_list()


@settings(max_examples=300, deadline=None)
@given(corpora, ranges, st.booleans(), st.integers(1, 2), st.sampled_from([0.5, 1.0]), st.booleans(), texts)
def test_counts_and_weights_are_scikit_learns(corpus, ngram_range, across, min_df, max_df, sublinear, new):
    corpus = composed(corpus)
    options = {"ngram_range": ngram_range, "min_df": min_df, "max_df": max_df}
    peer = TfidfVectorizer(analyzer="char" if across else "char_wb", sublinear_tf=sublinear, **options)
    ours = CharacterVectors(across_spaces=across, **options)
    try:
        theirs = peer.fit_transform(corpus)
    except ValueError:  # nothing is left, or no text could have min_df and max_df
        if min_df <= max_df * len(corpus):
            with pytest.raises(DataError):
                ours.fit(corpus)
        return
    counts = ours.fit(corpus)
    weights = weigh(counts, idf=True, sublinear=sublinear, norm="l2")
    names, wanted = ours.feature_names(), peer.get_feature_names_out().tolist()
    assert sorted(names) == sorted(wanted)
    idf = dict(zip(names, weights.feature_scale, strict=True))
    np.testing.assert_allclose([idf[name] for name in wanted], peer.idf_, rtol=1e-6)
    np.testing.assert_allclose(dense(weights.matrix(counts), names, wanted), theirs.toarray(), atol=1e-6)
    more = composed([*corpus, new, new[::-1]])
    for batch in (more, [new], more[-1:]):  # a single text goes another way
        batch = composed(batch)
        found = ours.transform(pl.Series("text", batch, pl.String))
        np.testing.assert_allclose(
            dense(weights.matrix(found), names, wanted), peer.transform(batch).toarray(), atol=1e-6
        )


@settings(max_examples=100, deadline=None)
@given(corpora, st.integers(1, 30))
def test_the_most_frequent_are_kept(corpus, most):
    corpus = composed(corpus)
    peer = CountVectorizer(analyzer="char_wb", ngram_range=(1, 3))
    try:
        totals = np.asarray(peer.fit_transform(corpus).sum(axis=0)).ravel()
    except ValueError:
        return
    ours = CharacterVectors(ngram_range=(1, 3), max_features=most)
    kept = ours.fit(corpus).totals()
    assert sorted(kept.tolist(), reverse=True) == sorted(totals.tolist(), reverse=True)[:most]
    total_of = dict(zip(peer.get_feature_names_out(), totals, strict=True))
    assert [total_of[name] for name in ours.feature_names()] == kept.tolist()


@settings(max_examples=60, deadline=None)
@given(corpora, st.booleans())
def test_what_is_saved_counts_the_same_before_any_table_is_built(corpus, across):
    ours = CharacterVectors(across_spaces=across, ngram_range=(1, 4), max_features=40)
    try:
        ours.fit(corpus)
    except DataError:
        return
    again = CharacterVectors(across_spaces=across, ngram_range=(1, 4), max_features=40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sadari.text.vectorize.in_use", lambda: False)
        again.restore(*ours.state())
        for text in corpus:
            plain, compiled = again.count_one(text), ours.count_one(text)
            assert plain.ids.tolist() == compiled.ids.tolist()
            assert plain.counts.tolist() == compiled.counts.tolist()
        assert again.names_of(np.arange(ours.size, dtype=np.int32)) == ours.feature_names()


@settings(max_examples=60, deadline=None)
@given(corpora, texts, st.booleans())
def test_what_n_grams_add_is_handed_on_to_characters_whole(corpus, new, across):
    ours = CharacterVectors(across_spaces=across, ngram_range=(1, 4))
    try:
        ours.fit(corpus)
    except DataError:
        return
    counts = ours.transform(pl.Series("text", [new], pl.String))
    added = np.random.default_rng(0).normal(size=(len(counts.ids), 3))
    characters, parts = ours.by_character(new, counts.ids, added)
    np.testing.assert_allclose(parts.sum(axis=0), added.sum(axis=0), atol=1e-9)
    spoken = "".join(characters).replace(BREAK, " ")
    [plain] = composed([new])
    assert spoken.split() == plain.lower().split()


CORPUS = ["The cat sat", "a Cat's hat", "dogs bark\n at cats", "hats, cats and dogs"]


@pytest.mark.parametrize("norm", ["l1", "l2", None])
def test_words_and_characters_are_a_feature_union(norm):
    ours = WordsAndCharacters(CountVectors(tokenizer("words"), ngram_range=(1, 2)), CharacterVectors())
    counts = ours.fit(CORPUS)
    weights = weigh(counts, idf=True, sublinear=True, norm=norm, second=ours.second)
    peers = [
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, norm=norm),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True, norm=norm),
    ]
    theirs = hstack([peer.fit_transform(CORPUS) for peer in peers]).toarray()
    wanted = [(block, name) for block, peer in enumerate(peers) for name in peer.get_feature_names_out()]
    names = [(int(i >= ours.second), name) for i, name in enumerate(ours.names_of(np.arange(ours.size)))]
    np.testing.assert_allclose(dense(weights.matrix(counts), names, wanted), theirs, atol=1e-6)
    for text, row in zip(CORPUS, theirs, strict=True):
        one = weights.matrix(ours.count_one(text))
        np.testing.assert_allclose(dense(one, names, wanted)[0], row, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "across"),
    [
        ("The cat sat on the mat", False),
        ("한국어는 띄어 쓴다", False),
        ("我们的文本没有空格", True),
        ("これは日本語の文です", True),
        ("ภาษาไทยไม่มีช่องว่าง", True),
        ("我们 have many English words", False),
        ("", False),
    ],
)
def test_n_grams_go_across_spaces_where_the_script_has_none(text, across):
    assert written_without_spaces(pl.Series("text", [text] * 3, pl.String)) is across
    labels = ["a", "b"] * 6
    if text:
        assert Char().fit([text] * 12, labels).resolved_settings()["across_spaces"] is across
        assert WordChar(across_spaces=not across).fit([text] * 12, labels).across_spaces_ is not across


@pytest.mark.parametrize("rung", [Char, WordChar])
@pytest.mark.parametrize("settings", [{}, {"across_spaces": True, "min_df": 2}, {"solver": "adam", "max_features": 50}])
def test_what_does_not_fit_in_memory_is_counted_when_wanted_to_the_same_bits(rung, settings, monkeypatch):
    texts, labels = some(120)
    stored = rung(**settings, epochs=3).fit(texts, labels)
    for name, value in {"MOST_STORED": 0, "IN_MEMORY": 100}.items():
        monkeypatch.setattr(f"sadari.text.characters.vectors.{name}", value)
    for module in ("text.weigh", "text.vectorize"):  # the counts of words
        monkeypatch.setattr(f"sadari.{module}.IN_MEMORY", 100)
    for module in ("text.weigh", "train.solvers.dual_coordinate_descent"):
        monkeypatch.setattr(f"sadari.{module}.BLOCK", 7)
    monkeypatch.setattr(
        "sadari.text.vectorize.columns", lambda read: (read[first : first + 50] for first in range(0, len(read), 50))
    )
    read = pl.Series("text", texts)
    assert isinstance(stored._new_vectors().fit(read), CountsOnDemand)
    wanted = rung(**settings, epochs=3).fit(texts, labels)
    assert np.array_equal(stored.weight_, wanted.weight_)
    assert np.array_equal(stored.predict_proba(texts), wanted.predict_proba(texts))


def test_what_is_white_space_alone_follows_what_was_learned():
    """It is looked for once, and again when other texts are learned."""
    vectors, places = CharacterVectors(across_spaces=True, ngram_range=(1, 2)), []
    for corpus in (["a b", "b a"], ["zyx zz", "y z"]):
        vectors.fit(pl.Series("text", corpus))
        assert vectors.known(vectors.transform(pl.Series("text", [" ", corpus[0], "…"]))).tolist() == [
            False,
            True,
            False,
        ]
        names = vectors.feature_names()
        assert [names[feature] for feature in vectors.white_space()] == [" "]
        places.append(vectors.white_space())
    assert places[0] != places[1]
