"""The token that ends a text: whole columns of them, against lists of Python's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sadari.rungs import EmbeddingBag
from sadari.text.table import hash_slices
from sadari.text.tokens.ends import END, with_ends
from sadari.text.tokens.tokenize import tokenizer

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=6) | st.just(END)
TEXTS, LABELS = ["a fine day", "a bad day", "fine", "bad bad"] * 5, ["yes", "no"] * 10


@given(st.lists(st.lists(WORDS, max_size=6).map(" ".join), max_size=8))
def test_each_text_ends_once(texts):
    tokens = tokenizer("whitespace")(texts)
    ended = with_ends(tokens)
    assert ended.to_lists() == [[*(token for token in text if token != END), END] for text in tokens.to_lists()]
    assert np.array_equal(ended.hashes, hash_slices(ended.content, ended.starts, ended.lengths))


def test_a_text_without_tokens_is_still_unknown():
    model = EmbeddingBag(tokenizer="words", epochs=2).fit(TEXTS, LABELS)
    probabilities, known = model.predict_with_marks(["", "!!", "zzqq", END, "fine", "a fine zzqq"])
    assert known.tolist() == [False, False, False, False, True, True]
    assert np.array_equal(probabilities[:4], np.tile(model.prior_, (4, 1)))


def test_the_end_is_learned_and_explained():
    model = EmbeddingBag(tokenizer="whitespace", epochs=20).fit(TEXTS, LABELS)
    told = model.explain("fine day")
    assert told.features == ["fine", "day", END, "fine day", f"day {END}"]
    np.testing.assert_allclose(told.logits, model.logits(["fine day"])[0] * model.inverse_temperature_, atol=1e-5)
    assert END not in [feature for features in model.top_features(50).values() for feature, _ in features]
    assert EmbeddingBag(tokenizer="whitespace", end=False).fit(TEXTS, LABELS).explain("fine").features == ["fine"]
