"""One text in one compiled call: the bits of a batch, whatever the text and the settings."""

import copy
import pickle
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import sadari
import text_reference as reference
from sadari.errors import SadariWarning
from sadari.nets.compiled import probabilities_loop
from sadari.text.one_text import MOST_CHARACTERS
from sadari.train.labels import LabelCodec
from sadari.train.solvers.temperature import sigmoid, softmax

TEXTS = [
    "good film",
    "a bad film é",
    "not good, not bad",
    "가나다 라마 good",
    "bad bad bad day",
    "nice day 좋은 날",
] * 3
LABELS = ["p", "n", "o", "p", "n", "p"] * 3
SEVERAL = [["p"], ["n", "o"], [], ["p", "o"], ["n"], ["p"]] * 3
MODELS = {
    "plain": (sadari.TfIdf, {"tokenizer": "words"}),
    "signs": (sadari.TfIdf, {"tokenizer": "basic_english", "ngram_range": (1, 3), "norm": "l1"}),
    "white space": (sadari.Ngrams, {"tokenizer": "whitespace", "norm": None, "sublinear_tf": False}),
    "characters": (sadari.Ngrams, {"tokenizer": "characters", "ngram_range": (2, 3), "binary": True}),
    "syllables": (sadari.TfIdf, {"tokenizer": "syllables", "min_df": 2}),
    "words": (sadari.BagOfWords, {"tokenizer": "words", "max_features": 4}),
    "hashed": (sadari.TfIdf, {"tokenizer": "words", "buckets": 64, "ngram_range": (1, 3)}),
    "hashed words": (sadari.BagOfWords, {"tokenizer": "syllables", "buckets": 16}),
    "several": (sadari.TfIdf, {"tokenizer": "words"}),
}
WORDS = st.lists(st.sampled_from([*" ".join(TEXTS).split(), "<br />", "new", ".", "GOOD", "E\u0301"]), max_size=12)
ODD = st.lists(reference.awkward | reference.assigned, max_size=20).map("".join)


@cache
def model(name):
    kind, given_settings = MODELS[name]
    return kind(**given_settings).fit(TEXTS, SEVERAL if name == "several" else LABELS)


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=60)
@given(text=WORDS.map(" ".join) | ODD)
@example(text="")
@example(text="\0 good\0film")
def test_one_text_gets_the_bits_of_a_batch(name, text):
    rung = model(name)
    probabilities, known = rung.predict_with_marks([text, "good film"])
    row, found = rung.answer_one(text)
    assert np.array(row).tobytes() == probabilities[0].tobytes()
    assert found == known[0]
    alone, mark = rung.predict_with_marks([text])
    assert (alone.tobytes(), alone.dtype, alone.shape) == (probabilities[:1].tobytes(), np.float64, (1, len(row)))
    assert (mark.tolist(), mark.dtype) == ([found], np.bool_)


@pytest.mark.parametrize("text", ["good " * MOST_CHARACTERS, "good \ud800", "good \u0378"])
def test_what_only_a_batch_can_read_is_left_to_it(text):
    assert model("plain").answer_one(text) is None


def test_a_model_that_changed_answers_as_it_is_now():
    rung = sadari.TfIdf(tokenizer="words").fit(TEXTS, LABELS)
    before, twin = rung.answer_one("good film"), copy.deepcopy(rung)
    assert pickle.loads(pickle.dumps(rung)).answer_one("good film") == before  # noqa: S301
    rung.inverse_temperature_ *= 2
    rung.weight_[:] *= -1
    changed = rung.predict_proba(["good film", "x"])[0].tolist()
    assert rung.answer_one("good film")[0] == changed != before[0]
    rung.fit(TEXTS[:5], ["a", "b", "c", "d", "e"])
    assert rung.answer_one("good film")[0] == rung.predict_proba(["good film", "x"])[0].tolist()
    del rung
    assert twin.answer_one("good film") == before


def test_weights_that_give_no_numbers_are_said_as_of_a_batch():
    rung = sadari.TfIdf(tokenizer="words").fit(TEXTS, LABELS)
    rung.weight_[:] = np.inf
    with pytest.warns(SadariWarning, match="no numbers"):
        probabilities, known = rung.predict_with_marks(["good film"])
    assert (probabilities[0].tolist(), known.tolist()) == (rung.prior_.tolist(), [False])


@pytest.mark.parametrize("several", [False, True])
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 4), labels=st.integers(2, 40))
def test_probabilities_are_those_of_numpy_and_the_same_bits_before_anything_is_compiled(several, seed, rows, labels):
    random = np.random.default_rng(seed)
    logits = random.lognormal(0, 2, (rows, labels)).astype(np.float32) * random.choice([-1, 1], (rows, labels))
    logits, known, prior = logits.astype(np.float32), random.random(rows) < 0.8, random.random(labels)
    found, plain = np.empty((rows, labels)), np.empty((rows, labels))
    probabilities_loop(logits, known, 1.7, prior, several, found)
    probabilities_loop.plain(logits, known, 1.7, prior, several, plain)
    assert found.tobytes() == plain.tobytes()
    expected = (sigmoid if several else softmax)(logits * np.float64(1.7))
    expected[~known] = prior
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@given(
    row=st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]) | st.floats(0, 1), min_size=2, max_size=8),
    seed=st.integers(0, 9),
    kind=st.sampled_from(["one", "several"]),
)
def test_the_order_of_one_text_is_that_of_a_batch(row, seed, kind):
    codec = LabelCodec(np.array([str(place) for place in range(len(row))]), kind)
    thresholds = np.random.default_rng(seed).choice([0.0, 0.2, 0.5, 0.9], len(row))
    expected = codec.order(np.array([row]), thresholds)[0].tolist()
    assert codec.order_of_one(row, codec.order_divisors(thresholds)) == expected
