"""An embedding filled from word vectors: found rows to the bit, counts that are right, a source that never changes."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sadari.errors import DataError
from sadari.vectors.formats.files import write_vectors
from sadari.vectors.initialise import (
    DRAWN,
    FOUND,
    MADE,
    OTHER_CASE,
    Coverage,
    cover,
    fill,
    fingerprint,
    in_every_case,
    look_up,
    own_words,
)
from sadari.vectors.keyed import WordVectors
from sadari.vectors.subwords import Subwords
from sadari.vectors.vector_source import IN_MEMORY, VectorSource

WIDTH = 7


def vectors_of(words, *, width=WIDTH, seed=0, **options):
    random = np.random.default_rng(seed)
    return WordVectors(words, random.normal(0.3, 2.0, (len(words), width)).astype(np.float32), **options)


def cases_by_hand(word):
    return [word, word.lower(), word[:1].upper() + word[1:].lower(), word.upper()]


NAMES = st.lists(st.text(st.sampled_from("abAB가é-"), min_size=1, max_size=4), unique=True, max_size=30)


@settings(deadline=None)
@given(st.lists(st.text(min_size=1, max_size=3), unique=True, min_size=1, max_size=20), NAMES)
def test_every_found_row_is_its_source_vector_to_the_bit(known, words):
    """The course wrote `weight[i].data = v`, which filled nothing, while it printed "found"."""
    vectors = vectors_of([*known, *(word for word in words[::2] if word not in known)])
    before = vectors.matrix.tobytes()
    filled = fill(vectors, words)
    assert filled.matrix.shape == (len(words), WIDTH)
    assert filled.matrix.dtype == np.float32
    for word, row, how, source in zip(words, filled.matrix, filled.how.tolist(), filled.rows.tolist(), strict=True):
        there = [case for case in cases_by_hand(word) if case in vectors]
        assert how == (DRAWN if not there else FOUND if there[0] == word else OTHER_CASE)
        if there:
            assert row.tobytes() == vectors[there[0]].tobytes()
            assert vectors.word(source) == there[0]
        else:
            assert source == -1
    assert vectors.matrix.tobytes() == before


def test_the_source_never_changes_with_what_was_filled():
    vectors = vectors_of(["a", "b"])
    before = vectors.matrix.tobytes()
    filled = fill(vectors, ["a", "b"])
    assert not np.shares_memory(filled.matrix, vectors.matrix)
    filled.matrix[:] = 0
    assert vectors.matrix.tobytes() == before
    with pytest.raises(ValueError, match="read-only"):
        vectors.matrix[0, 0] = 1


def test_the_word_as_it_is_goes_before_other_cases():
    vectors = vectors_of(["PARIS", "Paris", "paris", "NATO", "Rome", "ROME"])
    rows, how = look_up(vectors, ["paris", "Paris", "pARIS", "nato", "Nato", "rome", "oslo"])
    assert [vectors.word(row) if row >= 0 else None for row in rows.tolist()] == [
        "paris",
        "Paris",
        "paris",
        "NATO",
        "NATO",
        "Rome",
        None,
    ]
    assert how.tolist() == [FOUND, FOUND, OTHER_CASE, OTHER_CASE, OTHER_CASE, OTHER_CASE, DRAWN]
    assert set(in_every_case(["rome"])) == {"rome", "Rome", "ROME"}


@settings(deadline=None)
@given(NAMES)
def test_what_is_read_of_a_file_is_all_that_is_looked_up(words):
    assert set(in_every_case(words)) == {case for word in words for case in cases_by_hand(word)}


def test_missing_words_are_drawn_at_the_scale_of_those_found():
    """By dimension, as the course does it for all of them together."""
    random = np.random.default_rng(1)
    means, deviations = random.normal(0, 3, WIDTH), random.uniform(0.01, 5, WIDTH)
    known = [f"w{i}" for i in range(2_000)]
    vectors = WordVectors(known, random.normal(means, deviations, (2_000, WIDTH)).astype(np.float32))
    filled = fill(vectors, [*known, *(f"m{i}" for i in range(20_000))])
    drawn = filled.matrix[filled.how == DRAWN]
    assert len(drawn) == 20_000
    wanted = vectors.matrix.mean(axis=0), vectors.matrix.std(axis=0)
    assert np.abs(drawn.mean(axis=0) - wanted[0]).max() < 0.05 * wanted[1].max()
    assert np.allclose(drawn.std(axis=0), wanted[1], rtol=0.03)
    correlation = np.corrcoef(drawn, rowvar=False) - np.eye(WIDTH)
    assert np.abs(correlation).max() < 0.05  # each number is drawn by itself


def test_a_seed_draws_the_same_and_another_seed_does_not():
    vectors = vectors_of(["a", "b", "c"])
    one, again, other = (fill(vectors, ["a", "x", "y"], seed=seed).matrix for seed in (3, 3, 4))
    assert one.tobytes() == again.tobytes()
    assert one[0].tobytes() == other[0].tobytes()
    assert (one[1:] != other[1:]).all()


def test_where_nothing_is_found_the_scale_is_that_of_all_vectors():
    vectors = vectors_of([f"w{i}" for i in range(500)])
    drawn = fill(vectors, [f"x{i}" for i in range(5_000)]).matrix
    assert np.allclose(drawn.std(axis=0), vectors.matrix.std(axis=0), rtol=0.1)
    assert fill(vectors, []).matrix.shape == (0, WIDTH)


def test_words_are_made_from_pieces_that_were_trained():
    random = np.random.default_rng(2)
    matrix = np.zeros((512, WIDTH), np.float32)
    trained = Subwords(matrix, shortest=3, longest=4).pieces(["walking"]).values
    matrix[trained] = random.normal(size=(len(trained), WIDTH))
    vectors = vectors_of(["walk", "Talk"], subwords=Subwords(matrix, shortest=3, longest=4))
    filled = fill(vectors, ["walk", "talk", "walking", "zq"])
    assert filled.how.tolist()[:3] == [FOUND, OTHER_CASE, MADE]
    assert filled.matrix[2].tobytes() == vectors["walking"].tobytes()
    assert filled.matrix[0].tobytes() == vectors.matrix[0].tobytes()
    assert (filled.how[3] == MADE) == bool(vectors.vectors_of(["zq"])[1][0])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_vector_that_is_no_numbers_is_named(wrong):
    matrix = np.ones((3, WIDTH), np.float32)
    matrix[1, 2] = wrong
    vectors = WordVectors(["a", "bad", "c"], matrix)
    with pytest.raises(DataError, match="'bad'"):
        fill(vectors, ["a", "bad"])
    assert np.array_equal(fill(vectors, ["a", "c"]).matrix, np.ones((2, WIDTH)))


# -- the vectors' own words -------------------------------------------------------------------------------


def test_own_words_as_a_tokenizer_gives_them():
    vectors = vectors_of(["the", "Paris", "The", "iPhone", "PARIS", "New_York", "NATO"])
    assert own_words(vectors, lowercase=False) == vectors.words
    assert own_words(vectors, lowercase=False, limit=2) == ["the", "Paris"]
    lowered = own_words(vectors, lowercase=True)
    assert lowered == ["the", "paris", "nato"]  # "iphone" and "new_york" would not be found again
    assert own_words(vectors, lowercase=True, limit=3) == ["the", "paris"]
    assert (fill(vectors, lowered).how != DRAWN).all()


# -- counting ---------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 50), st.booleans()), max_size=40))
def test_found_and_missing_are_counted_right(words):
    how = np.array([kind for kind, _, _ in words], np.int8)
    counts = np.array([count for _, count, _ in words], np.int64)
    known = np.array([there for _, _, there in words], np.bool_)
    found = cover(how, counts, known)
    assert found.words == len(words)
    assert found.found == sum(kind in (FOUND, OTHER_CASE) for kind, _, _ in words)
    assert found.other_case == sum(kind == OTHER_CASE for kind, _, _ in words)
    assert found.made == sum(kind == MADE for kind, _, _ in words)
    assert found.drawn == sum(kind == DRAWN and there for kind, _, there in words)
    assert found.left_out == sum(kind == DRAWN and not there for kind, _, there in words)
    assert found.found + found.made + found.drawn + found.left_out == found.words
    share = sum(count for kind, count, _ in words if kind != DRAWN) / max(1, counts.sum())
    assert found.tokens == pytest.approx(share)
    assert Coverage.of(found.to_dict()) == found


def test_coverage_in_a_sentence():
    assert str(Coverage(25_001, 20_311, 0, 0, 4_690, 0, 0.966)) == (
        "20,311 of 25,001 words found (81 %), 4,690 missing drawn at the vectors' scale · 97 % of the text"
    )
    assert str(Coverage(100, 60, 5, 30, 4, 6, 0.9)) == (
        "60 of 100 words found (60 %), 5 of them in other case, 30 made from subwords, "
        "4 missing drawn at the vectors' scale, 6 missing left out · 90 % of the text"
    )


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        {"words": 3},
        {**Coverage(1, 1, 0, 0, 0, 0, 1.0).to_dict(), "more": 1},
        {**Coverage(1, 1, 0, 0, 0, 0, 1.0).to_dict(), "words": -1},
        {**Coverage(1, 1, 0, 0, 0, 0, 1.0).to_dict(), "words": True},
        {**Coverage(1, 1, 0, 0, 0, 0, 1.0).to_dict(), "tokens": float("nan")},
        {**Coverage(1, 1, 0, 0, 0, 0, 1.0).to_dict(), "tokens": "1"},
    ],
    ids=str,
)
def test_what_is_no_coverage(said):
    with pytest.raises(ValueError, match=r"coverage|covered"):
        Coverage.of(said)


def test_a_fingerprint_is_of_the_words_and_of_every_bit():
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    one = fingerprint(["a", "b"], matrix)
    assert one == fingerprint(["a", "b"], matrix.copy())
    changed = matrix.copy()
    changed[1, 2] = np.nextafter(changed[1, 2], np.float32(9))
    assert len({one, fingerprint(["b", "a"], matrix), fingerprint(["a", "b"], changed)}) == 3


# -- only what is wanted of a file --------------------------------------------------------------------------

WORDS = ["the", "Paris", "of", "paris", "NATO", "rome", "rare", "Rare", "가다"]
WANTED = ["the", "paris", "nato", "Rome", "rare", "missing", "가다"]


@pytest.fixture(scope="module", params=["v.bin", "v.vec", "v", "fasttext"])
def place(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("vectors") / request.param
    write_vectors(vectors_of(WORDS), path, format="fasttext" if request.param == "fasttext" else None)
    return path


@pytest.mark.parametrize("own", [0, 1, 3, 100, None])
def test_a_file_gives_what_memory_gives(place, own):
    memory, file = VectorSource.of(vectors_of(WORDS)), VectorSource.of(place)
    assert (memory.name, file.name) == (IN_MEMORY, place.name)
    wanted, found = (fill(source.take(WANTED, own=own), WANTED, seed=5) for source in (memory, file))
    assert wanted.how.tolist() == found.how.tolist() == [FOUND, FOUND, OTHER_CASE, OTHER_CASE, FOUND, DRAWN, FOUND]
    assert wanted.matrix.tobytes() == found.matrix.tobytes()
    read = file.take(WANTED, own=own)
    assert set(WORDS[: len(WORDS) if own is None else own]) <= set(read.words)
    if own == 0:
        assert set(read.words) <= set(in_every_case(WANTED))


def test_a_source_is_not_copied():
    source = VectorSource.of(vectors_of(WORDS))
    assert copy.deepcopy({"vectors": source})["vectors"] is source
    assert VectorSource.of(source) is source
    assert VectorSource.of(vectors_of(WORDS, tokenizer="words")).tokenizer == "words"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"none\.vec"):
        VectorSource.of(tmp_path / "none.vec").take(["a"], own=None)
