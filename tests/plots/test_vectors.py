"""Words on a plane: the projection against scikit-learn's, and the picture."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from sadari.errors import DataError, SettingError
from sadari.plots.vectors import draw_words, place_labels
from sadari.vectors.keyed import WordVectors
from sadari.vectors.projection import project


def vectors_of(words, width=12, seed=0):
    rng = np.random.default_rng(seed)
    return WordVectors(words, rng.standard_normal((len(words), width)).astype(np.float32))


WORDS = ["king", "queen", "e-mail", "서울", "東京", "$x^2$", "<b>", "tab\there"]


@pytest.mark.parametrize("count", [3, 8, 60])
def test_points_are_scikit_learns_principal_components(count):
    vectors = vectors_of([f"w{i}" for i in range(100)])
    chosen = vectors.words[:count]
    found = project(vectors, [*chosen, chosen[0]])
    theirs = PCA(2, svd_solver="full").fit(vectors.matrix[:count].astype(np.float64))
    points = theirs.transform(vectors.matrix[:count].astype(np.float64))
    assert found.words == chosen
    for mine, other in zip(found.points.T, points.T, strict=True):
        assert np.allclose(mine, other) or np.allclose(mine, -other)
    assert np.allclose(found.shares, theirs.explained_variance_ratio_)


def test_the_same_words_give_the_same_points_whatever_their_order():
    vectors = vectors_of(WORDS)
    one, other = project(vectors, WORDS), project(vectors, WORDS[::-1])
    assert np.allclose(one.points, other.points[::-1])


def test_two_words_stand_on_one_axis():
    found = project(vectors_of(WORDS), ["king", "queen"])
    assert found.shares == pytest.approx((1, 0))
    assert np.allclose(found.points[:, 1], 0)
    assert project(WordVectors(["a", "b"], np.array([[1], [3]], np.float32)), ["a", "b"]).points.shape == (2, 2)


def test_what_makes_no_picture_is_said(tmp_path):
    vectors = vectors_of(WORDS)
    with pytest.raises(DataError, match="two words or more"):
        project(vectors, ["king", "king"])
    with pytest.raises(DataError, match="2 words have no vector: 'King', 'kong'"):
        project(vectors, ["King", "queen", "kong"])
    alike = WordVectors(["a", "b"], np.ones((2, 3), np.float32))
    with pytest.raises(DataError, match="same vector"):
        project(alike, ["a", "b"])
    with pytest.raises(DataError, match="'b' is not finite"):
        project(WordVectors(["a", "b"], np.array([[1], [np.nan]], np.float32)), ["a", "b"])
    with pytest.raises(SettingError, match="gif"):
        draw_words(project(vectors, WORDS), tmp_path / "x.gif")
    many = vectors_of([f"w{i}" for i in range(201)])
    with pytest.raises(DataError, match="201 words are too many"):
        draw_words(project(many, many.words), tmp_path / "x.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore:no font here")  # boxes are the same each time, too
@pytest.mark.parametrize("ending", [".svg", ".png", ".pdf"])
def test_pictures_are_written_the_same_each_time(tmp_path, ending):
    found = project(vectors_of(WORDS), WORDS)
    first = draw_words(found, tmp_path / f"one{ending}", marked=["king"]).read_bytes()
    assert draw_words(found, tmp_path / f"two{ending}", marked=["king"]).read_bytes() == first
    assert len(first) > 1_000


def test_every_word_is_text_in_the_svg(tmp_path):
    found = project(vectors_of([*WORDS, "x" * 60]), [*WORDS, "x" * 60])
    path = draw_words(found, tmp_path / "words.svg")
    texts = [element.text for element in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]
    wanted = {*WORDS, "x" * 39 + "…", "tab�here"} - {"tab\there"}
    assert wanted <= set(texts)


def boxes_of(points, sizes, offsets):
    middles = points + offsets
    return np.concatenate([middles - sizes / 2, middles + sizes / 2], axis=1)


def covered(one, other):
    return np.maximum(0, np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])).prod()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(0, 1_000))
def test_labels_cover_neither_each_other_nor_points(count, seed):
    rng = np.random.default_rng(seed)
    points = rng.uniform(80, 520, (count, 2))
    sizes = np.column_stack([rng.uniform(15, 60, count), np.full(count, 12.0)])
    boxes = boxes_of(points, sizes, place_labels(points, sizes, np.array([0.0, 0.0, 600.0, 600.0])))
    dots = np.concatenate([points - 2, points + 2], axis=1)
    for i in range(count):
        assert all(covered(boxes[i], boxes[j]) < 1e-6 for j in range(i))
        assert all(covered(boxes[i], dot) < 1e-6 for dot in np.delete(dots, i, axis=0))
    assert (boxes[:, :2] >= -1e-9).all()
    assert (boxes[:, 2:] <= 600 + 1e-9).all()


def test_points_on_one_spot_have_labels_apart():
    points = np.full((12, 2), 300.0)
    sizes = np.tile([40.0, 12.0], (12, 1))
    boxes = boxes_of(points, sizes, place_labels(points, sizes, np.array([0.0, 0.0, 600.0, 600.0])))
    assert all(covered(boxes[i], boxes[j]) < 1e-6 for i in range(12) for j in range(i))
