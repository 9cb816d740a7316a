"""Nearest words and analogies, against plain NumPy and gensim."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sadari.errors import DataError, SettingError
from sadari.vectors.analogy import parse_analogy
from sadari.vectors.keyed import WordVectors
from sadari.vectors.subwords import Subwords


def random_vectors(n=2_000, width=50, seed=0):
    rng = np.random.default_rng(seed)
    return WordVectors([f"w{i}" for i in range(n)], rng.standard_normal((n, width), dtype=np.float32))


def plain_nearest(vectors, direction, count, skip=()):
    """Every cosine in float64, sorted; equal ones by row."""
    matrix = vectors.matrix.astype(np.float64)
    lengths = np.linalg.norm(matrix, axis=1)
    cosines = matrix @ direction / np.where(lengths > 0, lengths, 1) / np.linalg.norm(direction)
    rows = [row for row in range(len(matrix)) if lengths[row] > 0 and vectors.word(row) not in skip]
    rows.sort(key=lambda row: (-round(float(cosines[row]), 12), row))
    return [(vectors.word(row), float(cosines[row])) for row in rows[:count]]


def assert_same(found, wanted):
    assert [word for word, _ in found] == [word for word, _ in wanted]
    assert np.allclose([cosine for _, cosine in found], [cosine for _, cosine in wanted], atol=1e-12)


def course():
    """Three axes: royal, male, fruit."""
    words = ["king", "queen", "man", "woman", "apple", "royal"]
    matrix = [[1, 1, 0], [1, -1, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [1, 0, 0]]
    return WordVectors(words, np.array(matrix, np.float32))


def test_nearest_is_what_sorting_every_cosine_gives():
    vectors = random_vectors()
    for word in ("w0", "w7", "w1999"):
        assert_same(vectors.nearest(word, 25), plain_nearest(vectors, vectors[word], 25, skip=[word]))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40).flatmap(
        lambda n: st.lists(
            st.lists(st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0]), min_size=3, max_size=3), min_size=n, max_size=n
        )
    ),
    st.integers(1, 50),
)
def test_ties_are_in_the_order_of_the_rows_and_zeros_are_near_to_nothing(rows, count):
    vectors = WordVectors([f"w{i}" for i in range(len(rows))], np.array(rows, np.float32))
    query = np.array([1.0, 2.0, -1.0])
    assert_same(vectors.nearest(query, count), plain_nearest(vectors, query, count))


def test_of_equal_vectors_the_first_comes_first_however_many_there_are():
    matrix = np.tile(random_vectors(1, 300).matrix, (5_000, 1))
    matrix[4_000] *= 3
    vectors = WordVectors([f"w{i}" for i in range(5_000)], matrix)
    assert [word for word, _ in vectors.nearest("w2", 4)] == ["w0", "w1", "w3", "w4"]


@pytest.mark.parametrize("many", [2, 3, 4, 5, 64])
def test_many_queries_at_once_have_the_answers_of_each_alone(many):
    vectors = random_vectors()
    queries = [*vectors.words[: many - 1], np.ones(50)]
    assert vectors.nearest_many(queries, 5, exclude=["w100"]) == [
        vectors.nearest(query, 5, exclude=["w100"]) for query in queries
    ]
    assert vectors.nearest_many([], 5) == []


def test_more_queries_than_are_scored_at_once(monkeypatch):
    vectors = random_vectors(200)
    wanted = vectors.nearest_many(vectors.words, 3)
    monkeypatch.setattr("sadari.vectors.search.SCORES_AT_ONCE", 1_500)
    assert vectors.nearest_many(vectors.words, 3) == wanted


def test_the_word_itself_and_excluded_words_are_not_among_the_answers():
    vectors = random_vectors(20)
    first = [word for word, _ in vectors.nearest("w3", 30)]
    assert sorted(first) == sorted(set(vectors.words) - {"w3"})
    assert vectors.nearest("w3", 30, exclude=[first[0], "no such word"])[0][0] == first[1]


def test_a_vector_is_nearest_to_its_own_word():
    vectors = random_vectors()
    [(word, cosine)] = vectors.nearest(vectors["w9"] * 7, 1)
    assert word == "w9"
    assert cosine == pytest.approx(1, abs=1e-12)


def test_an_unseen_word_with_subwords_has_neighbours():
    rng = np.random.default_rng(0)
    subwords = Subwords(rng.standard_normal((1000, 20), dtype=np.float32))
    vectors = WordVectors(["영화", "배우"], rng.standard_normal((2, 20), dtype=np.float32), subwords=subwords)
    assert_same(vectors.nearest("영화를"), plain_nearest(vectors, vectors["영화를"], 10))


def test_rows_that_are_zero_or_not_finite_are_never_found():
    matrix = random_vectors(50).matrix.copy()
    matrix[0], matrix[1, 3], matrix[2, 3] = 0, np.nan, np.inf
    vectors = WordVectors([f"w{i}" for i in range(50)], matrix)
    for found in [vectors.nearest("w9", 60), *vectors.nearest_many(vectors.words[3:], 60)]:
        assert len(found) == 46 or (len(found) == 47 and "w9" in dict(found))
        assert not {"w0", "w1", "w2"} & set(dict(found))
        assert np.isfinite([cosine for _, cosine in found]).all()


@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_vectors_of_any_scale_are_compared(scale):
    vectors = random_vectors(50)
    scaled = WordVectors(vectors.words, vectors.matrix * np.float32(scale))
    assert [word for word, _ in scaled.nearest("w3", 9)] == [word for word, _ in vectors.nearest("w3", 9)]


def test_a_mapped_matrix_answers_as_one_in_memory(tmp_path):
    vectors = random_vectors(100)
    np.save(tmp_path / "m.npy", vectors.matrix)
    mapped = WordVectors(vectors.words, np.load(tmp_path / "m.npy", mmap_mode="r"))
    assert mapped.nearest("w3") == vectors.nearest("w3")


def test_what_cannot_be_asked_is_said():
    vectors = course()
    with pytest.raises(DataError, match=r"'King' has no vector\n  → did you mean 'king'\?"):
        vectors.nearest("King")
    with pytest.raises(
        DataError, match=r"2 words have no vector: 'Kingdom', 'Queen'\n  → in place of 'Queen' there is 'queen'"
    ):
        vectors.nearest_many(["Kingdom", "king", "Queen"])
    with pytest.raises(DataError, match="is zero"):
        vectors.nearest(np.zeros(3))
    with pytest.raises(SettingError, match="not finite"):
        vectors.nearest(np.array([1, np.nan, 0]))
    with pytest.raises(SettingError, match=r"shape is \[2\].* 3 wide"):
        vectors.nearest(np.ones(2))
    for count in (0, -1):
        with pytest.raises(SettingError, match="count"):
            vectors.nearest("king", count)
        with pytest.raises(SettingError, match="count"):
            vectors.analogy("king", count)
    with pytest.raises(SettingError, match="metric"):
        vectors.nearest("king", metric="manhattan")
    with pytest.raises(SettingError, match="no words"):
        vectors.analogy({})
    for nothing in ("king + man - man - king", "0*king"):
        with pytest.raises(DataError, match="sum of these words is zero"):
            vectors.analogy(nothing)
    with pytest.raises(DataError, match="2 words have no vector: 'kong', 'wombat'"):
        vectors.analogy("kong + man - wombat")


# -- analogies ------------------------------------------------------------------------------------------------


def test_king_minus_man_plus_woman_is_queen():
    vectors = course()
    found = vectors.analogy("king - man + woman")
    assert found[0][0] == "queen"
    assert not {"king", "man", "woman"} & set(dict(found))
    unit = np.array([2**-0.5, 2**-0.5 - 2, 0])
    assert found[0][1] == pytest.approx(unit @ [2**-0.5, -(2**-0.5), 0] / np.linalg.norm(unit), abs=1e-12)


def test_nearest_and_analogies_are_gensims():
    keyed_vectors = pytest.importorskip("gensim.models").KeyedVectors
    vectors = random_vectors(3_000, 60, seed=4)
    theirs = keyed_vectors(60)
    theirs.add_vectors(vectors.words, vectors.matrix.copy())
    rng = np.random.default_rng(1)
    for _ in range(20):
        drawn = [f"w{i}" for i in rng.choice(3_000, 5, replace=False)]
        for positive, negative in ((drawn[:1], []), (drawn[:2], drawn[2:3]), (drawn[:2], drawn[2:]), ([], drawn[:2])):
            wanted = theirs.most_similar(positive=positive, negative=negative, topn=10)
            weights = dict.fromkeys(positive, 1.0) | dict.fromkeys(negative, -1.0)
            for found in [vectors.analogy(weights)] + [vectors.nearest(drawn[0])] * (len(positive) == 1):
                assert [word for word, _ in found] == [word for word, _ in wanted]
                assert np.allclose([cosine for _, cosine in found], [cosine for _, cosine in wanted], atol=1e-6)


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("king - man + woman", {"king": 1, "man": -1, "woman": 1}),
        ("king + woman − man", {"king": 1, "woman": 1, "man": -1}),
        ("king -man +woman", {"king": 1, "man": -1, "woman": 1}),
        ("- man + king", {"man": -1, "king": 1}),
        ("  왕 - 남자 + 여자 ", {"왕": 1, "남자": -1, "여자": 1}),
        ("e-mail - mail", {"e-mail": 1, "mail": -1}),
        ("c++ + -lrb-", {"c++": 1, "-lrb-": 1}),
        ("Paris", {"Paris": 1}),
        ("a + a - b - b", {"a": 2, "b": -2}),
        ("king - man + 1.3*woman", {"king": 1, "man": -1, "woman": 1.3}),
        ("0.5 * king -2*man − .5* 여자", {"king": 0.5, "man": -2, "여자": -0.5}),
        ("1990 - 1980 + 2", {"1990": 1, "1980": -1, "2": 1}),
        ("3*3 + 2 * *", {"3": 3, "*": 2}),
        ("x2*y - *", {"x2*y": 1, "*": -1}),
    ],
)
def test_analogies_are_read_as_they_are_written(text, weights):
    assert parse_analogy(text) == weights


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no words"),
        ("   ", "no words"),
        ("-", "after the last '-' a word is missing"),
        ("king -", "after the last '-' a word is missing"),
        ("king - + man", "'-' and '\\+' stand together"),
        ("New York - USA", "between 'New' and 'York' stands neither"),
        ("king - man woman", "between 'man' and 'woman' stands neither"),
        ("king 1.3*woman", "between 'king' and '1.3\\*woman' stands neither"),
    ],
)
def test_what_is_no_analogy_is_said(text, what):
    with pytest.raises(SettingError, match=what):
        parse_analogy(text)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "Cc", "Cs"]), min_size=1).filter(
    lambda word: word.split() == [word] and word[0] not in "+-−*.0123456789"
)


@given(
    st.dictionaries(
        WORDS, st.tuples(st.sampled_from("+-−"), st.sampled_from(["", "2*", "0.25 * "])), min_size=1, max_size=6
    )
)
def test_any_words_are_read_back(parts):
    read = parse_analogy(" ".join(f"{sign} {weight}{word}" for word, (sign, weight) in parts.items()))
    assert read == {
        word: (1 if sign == "+" else -1) * {"": 1, "2*": 2, "0.25 * ": 0.25}[weight]
        for word, (sign, weight) in parts.items()
    }


# -- Euclidean ------------------------------------------------------------------------------------------------


def plain_closest(vectors, point, count, skip=()):
    """Every distance in float64, sorted; equal ones by row."""
    far = np.linalg.norm(vectors.matrix.astype(np.float64) - point, axis=1)
    rows = [row for row in range(len(far)) if np.isfinite(far[row]) and vectors.word(row) not in skip]
    rows.sort(key=lambda row: (round(float(far[row]), 12), row))
    return [(vectors.word(row), float(far[row])) for row in rows[:count]]


def test_by_distance_are_found_what_sorting_every_distance_gives():
    vectors = random_vectors(500)
    asked = ["w0", "w7", np.linspace(-1, 1, 50)]
    found = vectors.nearest_many(asked, 25, metric="euclidean", exclude=["w3"])
    for query, each in zip(asked, found, strict=True):
        point = vectors[query] if isinstance(query, str) else query
        assert_same(each, plain_closest(vectors, point, 25, skip=["w3", query] if isinstance(query, str) else ["w3"]))


def test_by_distance_ties_are_in_the_order_of_rows_and_what_is_not_finite_is_left_out():
    matrix = np.array([[1, 0], [3, 0], [1, 0], [np.nan, 0], [0, 0], [np.inf, 0]], np.float32)
    vectors = WordVectors(list("abcdef"), matrix)
    assert vectors.nearest("b", metric="euclidean") == [("a", 2), ("c", 2), ("e", 3)]
    assert vectors.nearest(np.zeros(2), 1, metric="euclidean") == [("e", 0)]
    with pytest.raises(SettingError, match="not finite"):
        vectors.nearest("f", metric="euclidean")


def test_an_analogy_by_distance_adds_vectors_as_they_are():
    vectors = random_vectors(200)
    point = vectors["w1"].astype(np.float64) - vectors["w2"] + 1.3 * vectors["w3"]
    found = vectors.analogy("w1 - w2 + 1.3*w3", 7, metric="euclidean")
    assert_same(found, plain_closest(vectors, point, 7, skip=["w1", "w2", "w3"]))
    unit = [vectors[word] / np.linalg.norm(vectors[word].astype(np.float64)) for word in ("w1", "w2", "w3")]
    direction = unit[0] - unit[1] + 1.3 * unit[2]
    assert_same(vectors.analogy("w1 - w2 + 1.3*w3", 7), plain_nearest(vectors, direction, 7, skip=["w1", "w2", "w3"]))


# -- words that nobody knows ----------------------------------------------------------------------------------


def test_who_tries_thousands_of_unknown_words_waits_for_no_suggestion(monkeypatch):
    vectors = random_vectors(50)
    monkeypatch.setattr(WordVectors, "likely", lambda *_: pytest.fail("looked for before anybody read it"))
    for i in range(100, 1_100):
        with pytest.raises(DataError):
            vectors[f"w{i}"]


def test_a_word_that_is_like_no_other_has_no_hint():
    with pytest.raises(DataError) as raised:
        course()["zzzzzzz"]
    assert raised.value.hint is None
    assert str(raised.value) == "the word 'zzzzzzz' has no vector"


def test_a_misspelt_word_names_those_that_are_near():
    with pytest.raises(DataError, match=r"'womam' has no vector\n  → did you mean 'woman'\?"):
        course().nearest("womam")
    with pytest.raises(DataError, match=r"in place of 'kimg' there is 'king' and in place of 'Man' there is 'man'"):
        course().analogy("kimg - Man + woman")
