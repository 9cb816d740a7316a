"""Altered copies of texts: what each way gives, in any script; and that a student learns from them."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rungs_headlines import headlines
from sadari.data.text_stream import TextStream
from sadari.errors import SettingError
from sadari.rungs import EmbeddingBag, TfIdf
from sadari.rungs.distillation.augmentation import altered
from sadari.rungs.distillation.teacher import Teacher

TEXTS, LABELS = headlines()
TEST = headlines(part="test")[0]
KINDS = 4


def ways(*texts):
    """The copies of one round: by way, those of all texts."""
    found = altered(pl.Series(texts), KINDS).to_list()
    return [found[way * len(texts) : (way + 1) * len(texts)] for way in range(KINDS)]


def test_what_each_way_gives():
    texts = [" ".join(f"{letter}{place}" for place in range(40)) for letter in "abc"]
    begun, ended, both, fewer = ways(*texts)
    for row, text in enumerate(texts):
        words = text.split()
        assert text.startswith(begun[row])
        assert 12 <= len(begun[row].split()) <= 28
        assert text.endswith(ended[row])
        assert 12 <= len(ended[row].split()) <= 28
        left = fewer[row].split()
        assert left == [word for word in words if word in left]
        assert 15 <= len(left) <= 38
        assert left[0] == words[0]
        first = [word for word in both[row].split() if word in words]
        assert text.startswith(" ".join(first))
    ends = [both[row].split()[-1][0] for row in range(3)]
    assert sorted(ends) == ["a", "b", "c"]
    assert ends != ["a", "b", "c"]


@pytest.mark.parametrize("text", ["今天天气很好我们去公园", "東京に行きました。", "วันนี้อากาศดี"])
def test_letters_stand_for_words_where_no_space_is_between_them(text):
    begun, ended, *_ = ways(text)
    assert 1 <= len(begun[0]) < len(text)
    assert text.startswith(begun[0])
    assert 1 <= len(ended[0]) < len(text)
    assert text.endswith(ended[0])


def test_korean_words_stay_whole():
    text = "배송이 정말 빠르고 포장도 좋아요"
    assert all(word in text.split() for way in ways(text) for copy in way for word in copy.split())


def test_texts_of_one_word_or_none_are_not_altered():
    assert altered(pl.Series(["", "  ", "word", "two words"]), 1).to_list() == ["two"]
    assert altered(pl.Series([], dtype=pl.String), 3).to_list() == []
    assert altered(TEXTS, 0).to_list() == []


@given(st.lists(st.text(st.sampled_from(list("ab 가나中文\n\t.")), max_size=30), max_size=8), st.integers(1, 9))
def test_every_copy_is_made_of_the_texts_words(texts, copies):
    column = pl.Series(texts, dtype=pl.String)
    found = altered(column, copies)
    assert found.to_list() == altered(column, copies).to_list()
    assert len(found) % copies == 0
    assert len(found) // copies <= len(texts)
    letters = set("".join(texts))
    assert all(copy == copy.strip() and copy and set(copy) <= letters for copy in found)


def test_copies_differ_from_each_other_and_a_stream_gives_as_many():
    many = altered(TEXTS, 2 * KINDS)
    assert many.n_unique() > 0.9 * len(many)

    class Halves(TextStream):
        def __init__(self):
            pass

        def __iter__(self):
            yield from (TEXTS[:500], TEXTS[500:])

        def __len__(self):
            return len(TEXTS)

    assert len(altered(Halves(), 3)) == len(altered(TEXTS, 3))


# -- as a teacher's pupil reads them --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def teacher():
    return TfIdf().fit(TEXTS, LABELS)


def test_a_student_of_altered_copies_says_more_often_what_its_teacher_says(teacher):
    texts, labels = TEXTS.head(150), LABELS.head(150)

    def agreement(copies):
        guide = Teacher(teacher, altered=copies)
        students = (EmbeddingBag(seed=seed).fit(texts, labels, teacher=guide) for seed in range(3))
        return np.mean([(student.predict(TEST) == teacher.predict(TEST)).mean() for student in students])

    assert agreement(KINDS) > agreement(0) + 0.01


def test_the_model_says_how_many(teacher, tmp_path):
    held_out = (TEXTS[400:500], LABELS[400:500])
    guide = Teacher(teacher, unlabelled=TEXTS[500:560], altered=2, never=TEXTS[560:600])
    student = EmbeddingBag().fit(TEXTS[:400], LABELS[:400], teacher=guide, validation=held_out)
    assert student.teacher_["altered copies"] == 2
    assert student.teacher_["unlabelled texts"] == 60
    assert 2 * 440 < student.teacher_["altered texts"] <= 2 * 460
    student.save(tmp_path / "m")
    assert "| altered texts |" in (tmp_path / "m" / "README.md").read_text()
    assert "altered texts" not in EmbeddingBag().fit(TEXTS[:99], LABELS[:99], teacher=teacher).teacher_


def test_a_copy_that_is_a_text_of_the_test_file_is_left_out():
    texts, labels = pl.Series(["oil prices", "cup final"] * 20), ["Business", "Sports"] * 20
    teacher = TfIdf().fit(texts, labels)
    free, kept = (
        EmbeddingBag().fit(texts, labels, teacher=Teacher(teacher, altered=1, never=never)).teacher_
        for never in (None, ["oil"])
    )
    assert (free["altered texts"], kept["altered texts"]) == (2, 1)  # repeated ones count once


@pytest.mark.parametrize("copies", [-1, 101, 1.5, "4"])
def test_settings_out_of_their_range(teacher, copies):
    with pytest.raises(SettingError, match="altered"):
        EmbeddingBag().fit(TEXTS, LABELS, teacher=Teacher(teacher, altered=copies))
