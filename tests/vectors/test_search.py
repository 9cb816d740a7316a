"""Nearest words and analogies, against plain NumPy and gensim."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sadari.errors import DataError, SettingError
from sadari.vectors.keyed import WordVectors
from sadari.vectors.search import analogy, nearest, nearest_many, parse_analogy
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
        assert_same(nearest(vectors, word, 25), plain_nearest(vectors, vectors[word], 25, skip=[word]))


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
    assert_same(nearest(vectors, query, count), plain_nearest(vectors, query, count))


def test_of_equal_vectors_the_first_comes_first_however_many_there_are():
    matrix = np.tile(random_vectors(1, 300).matrix, (5_000, 1))
    matrix[4_000] *= 3
    vectors = WordVectors([f"w{i}" for i in range(5_000)], matrix)
    assert [word for word, _ in nearest(vectors, "w2", 4)] == ["w0", "w1", "w3", "w4"]


@pytest.mark.parametrize("many", [2, 3, 4, 5, 64])
def test_many_queries_at_once_have_the_answers_of_each_alone(many):
    vectors = random_vectors()
    queries = [*vectors.words[: many - 1], np.ones(50)]
    assert nearest_many(vectors, queries, 5, ["w100"]) == [nearest(vectors, query, 5, ["w100"]) for query in queries]
    assert nearest_many(vectors, [], 5) == []


def test_more_queries_than_are_scored_at_once(monkeypatch):
    vectors = random_vectors(200)
    wanted = nearest_many(vectors, vectors.words, 3)
    monkeypatch.setattr("sadari.vectors.search.SCORES_AT_ONCE", 1_500)
    assert nearest_many(vectors, vectors.words, 3) == wanted


def test_the_word_itself_and_excluded_words_are_not_among_the_answers():
    vectors = random_vectors(20)
    first = [word for word, _ in nearest(vectors, "w3", 30)]
    assert sorted(first) == sorted(set(vectors.words) - {"w3"})
    assert nearest(vectors, "w3", 30, exclude=[first[0], "no such word"])[0][0] == first[1]


def test_a_vector_is_nearest_to_its_own_word():
    vectors = random_vectors()
    [(word, cosine)] = nearest(vectors, vectors["w9"] * 7, 1)
    assert word == "w9"
    assert cosine == pytest.approx(1, abs=1e-12)


def test_an_unseen_word_with_subwords_has_neighbours():
    rng = np.random.default_rng(0)
    subwords = Subwords(rng.standard_normal((1000, 20), dtype=np.float32))
    vectors = WordVectors(["영화", "배우"], rng.standard_normal((2, 20), dtype=np.float32), subwords=subwords)
    assert_same(nearest(vectors, "영화를"), plain_nearest(vectors, vectors["영화를"], 10))


def test_rows_that_are_zero_or_not_finite_are_never_found():
    matrix = random_vectors(50).matrix.copy()
    matrix[0], matrix[1, 3], matrix[2, 3] = 0, np.nan, np.inf
    vectors = WordVectors([f"w{i}" for i in range(50)], matrix)
    for found in [nearest(vectors, "w9", 60), *nearest_many(vectors, vectors.words[3:], 60)]:
        assert len(found) == 46 or (len(found) == 47 and "w9" in dict(found))
        assert not {"w0", "w1", "w2"} & set(dict(found))
        assert np.isfinite([cosine for _, cosine in found]).all()


@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_vectors_of_any_scale_are_compared(scale):
    vectors = random_vectors(50)
    scaled = WordVectors(vectors.words, vectors.matrix * np.float32(scale))
    assert [word for word, _ in nearest(scaled, "w3", 9)] == [word for word, _ in nearest(vectors, "w3", 9)]


def test_a_mapped_matrix_answers_as_one_in_memory(tmp_path):
    vectors = random_vectors(100)
    np.save(tmp_path / "m.npy", vectors.matrix)
    mapped = WordVectors(vectors.words, np.load(tmp_path / "m.npy", mmap_mode="r"))
    assert nearest(mapped, "w3") == nearest(vectors, "w3")


def test_what_cannot_be_asked_is_said():
    vectors = course()
    with pytest.raises(DataError, match=r"'King' has no vector\n  → there is 'king'"):
        nearest(vectors, "King")
    with pytest.raises(DataError, match=r"2 words have no vector: 'Kong', 'Queen'\n  → there is 'queen'"):
        nearest_many(vectors, ["Kong", "king", "Queen"])
    with pytest.raises(DataError, match="is zero"):
        nearest(vectors, np.zeros(3))
    with pytest.raises(SettingError, match="not finite"):
        nearest(vectors, np.array([1, np.nan, 0]))
    with pytest.raises(SettingError, match=r"shape is \[2\].* 3 wide"):
        nearest(vectors, np.ones(2))
    for count in (0, -1):
        with pytest.raises(SettingError, match="count"):
            nearest(vectors, "king", count)
        with pytest.raises(SettingError, match="count"):
            analogy(vectors, ["king"], [], count)
    with pytest.raises(SettingError, match="no words"):
        analogy(vectors, [], [])
    with pytest.raises(DataError, match="sum of these words is zero"):
        analogy(vectors, ["king", "man"], ["man", "king"])
    with pytest.raises(DataError, match="2 words have no vector: 'kong', 'wombat'"):
        analogy(vectors, ["kong", "man"], ["wombat"])


# -- analogies ------------------------------------------------------------------------------------------------


def test_king_minus_man_plus_woman_is_queen():
    vectors = course()
    found = analogy(vectors, *parse_analogy("king - man + woman"))
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
            for found in [analogy(vectors, positive, negative)] + [nearest(vectors, drawn[0])] * (len(positive) == 1):
                assert [word for word, _ in found] == [word for word, _ in wanted]
                assert np.allclose([cosine for _, cosine in found], [cosine for _, cosine in wanted], atol=1e-6)


@pytest.mark.parametrize(
    ("text", "positive", "negative"),
    [
        ("king - man + woman", ["king", "woman"], ["man"]),
        ("king + woman − man", ["king", "woman"], ["man"]),
        ("king -man +woman", ["king", "woman"], ["man"]),
        ("- man + king", ["king"], ["man"]),
        ("  왕 - 남자 + 여자 ", ["왕", "여자"], ["남자"]),
        ("e-mail - mail", ["e-mail"], ["mail"]),
        ("c++ + -lrb-", ["c++", "-lrb-"], []),
        ("Paris", ["Paris"], []),
        ("a + a - b - b", ["a", "a"], ["b", "b"]),
    ],
)
def test_analogies_are_read_as_they_are_written(text, positive, negative):
    assert parse_analogy(text) == (positive, negative)


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
    ],
)
def test_what_is_no_analogy_is_said(text, what):
    with pytest.raises(SettingError, match=what):
        parse_analogy(text)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "Cc", "Cs"]), min_size=1).filter(
    lambda word: word.split() == [word] and word[0] not in "+-−"
)


@given(st.lists(st.tuples(st.sampled_from("+-−"), WORDS), min_size=1, max_size=6))
def test_any_words_are_read_back(parts):
    read = parse_analogy(" ".join(f"{sign} {word}" for sign, word in parts))
    assert read == ([w for sign, w in parts if sign == "+"], [w for sign, w in parts if sign != "+"])
