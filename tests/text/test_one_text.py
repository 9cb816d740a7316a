"""What plain Python says of one text is what the compiled loops say: tokens, n-grams, counts and logits, to the bit."""

import unicodedata
from unittest import mock

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import text_reference as reference
from sadari.errors import SettingError
from sadari.nets.compiled import linear_logits, linear_logits_of_one
from sadari.text import vectorize, weigh
from sadari.text.one_text import MOST_CHARACTERS, prepared, tokens_of
from sadari.text.tokens.scan import character_kind, character_kinds
from sadari.text.tokens.tokenize import TOKENIZERS, tokenizer
from sadari.text.vectorize import FEW_ANSWERS, CountVectors
from sadari.text.weigh import Counts, Weights, count, term_weights

NAMES = [name for name in TOKENIZERS if name != "morphemes"]
ODD = st.lists(reference.awkward | reference.assigned, max_size=30).map("".join)
WORDS = st.lists(st.sampled_from(["a", "b", "c", "dd", "é", "."]), max_size=25).map(" ".join)


def test_the_kind_of_a_character_is_that_of_the_table():
    codes = range(0x80, 0x110000)
    assert [character_kind(chr(code)) for code in codes] == character_kinds()[0x80:].tolist()


@pytest.mark.parametrize("name", NAMES)
@given(text=ODD)
def test_tokens_are_those_of_the_compiled_scanner(name, text):
    cut = tokenizer(name)
    assert tokens_of(prepared(text, cut), cut.rules) == cut.tokenize(text)


def test_what_python_may_see_otherwise_is_left_to_the_loops():
    unknown = next(chr(code) for code in range(0x300, 0x110000) if unicodedata.category(chr(code)) == "Cn")
    assert prepared(f"a {unknown}", tokenizer("words")) is None
    assert prepared("a \ud800", tokenizer("words")) is None
    assert prepared("a" * (MOST_CHARACTERS + 1), tokenizer("words")) is None


@pytest.mark.parametrize("settings", [{}, {"ngram_range": (1, 3)}, {"ngram_range": (2, 3), "min_df": 2}])
@pytest.mark.parametrize("name", ["whitespace", "syllables"])
@given(corpus=st.lists(WORDS, min_size=1, max_size=8), texts=st.lists(WORDS | ODD, min_size=1, max_size=5))
def test_counts_are_those_of_the_compiled_tables(settings, name, corpus, texts):
    made = CountVectors(tokenizer(name), **settings)
    made.fit([*corpus, "a b c", "a b c"])
    words, arrays = made.state()
    with mock.patch.object(vectorize, "in_use", return_value=False):
        saved = CountVectors(tokenizer(name), **settings).restore(words, arrays)
        plain = [saved.count_one(text) for text in texts[:FEW_ANSWERS]]
        assert saved._one_text is not None  # no table was built
        every = np.arange(made.size, dtype=np.int32)
        assert saved.names_of(every) == made.names_of(every)
    for text, found in zip(texts, plain, strict=True):
        expected = count(made.features(pl.Series([text], dtype=pl.String)), made.size)
        for ours in (found, made.count_one(text)):
            for part in ("ids", "counts", "offsets"):
                assert getattr(ours, part).dtype == getattr(expected, part).dtype
                assert getattr(ours, part).tolist() == getattr(expected, part).tolist()


@pytest.mark.parametrize("norm", [None, "l1", "l2"])
@given(seed=st.integers(0, 2**32 - 1), features=st.integers(0, 60), labels=st.integers(2, 40))
def test_weights_and_logits_are_the_same_bits(norm, seed, features, labels):
    random = np.random.default_rng(seed)
    ids = random.permutation(80)[:features].astype(np.int32)
    counts = random.integers(1, 9, features).astype(np.uint16)
    offsets = np.array([0, features])
    scale = random.lognormal(0, 3, 80).astype(np.float32)
    second = int(random.integers(80)) if seed % 2 else None
    weights = Weights(term_weights(sublinear=True, binary=False), scale, norm, second)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weigh, "in_use", lambda: True)
        compiled = weights.row_scale(Counts(ids, counts, offsets, 80))
        patch.setattr(weigh, "in_use", lambda: False)
        plain = weights.row_scale(Counts(ids, counts, offsets, 80))
    assert plain.dtype == compiled.dtype
    assert plain.tobytes() == compiled.tobytes()
    weight = random.lognormal(0, 3, (80, labels)).astype(np.float32) * random.choice([-1, 1], (80, labels))
    weight, bias = weight.astype(np.float32), random.normal(size=labels).astype(np.float32)
    ours, theirs = np.empty((1, labels), np.float32), np.empty((1, labels), np.float32)
    linear_logits_of_one(ids, counts, offsets, weights.tf, scale, plain, weights.bound, weight, bias, ours)
    linear_logits(ids, counts, offsets, weights.tf, scale, compiled, weights.bound, weight, bias, theirs)
    assert ours.tobytes() == theirs.tobytes()


NO = 0x7FFFFFFF  # no shorter n-gram


@pytest.mark.parametrize(
    ("words", "pairs", "why"),
    [
        (["a", "a"], [(NO, 0), (NO, 1)], "twice"),
        (["a", "\ud800"], [(NO, 0), (NO, 1)], "no text"),
        (["a"], [(NO, 0), (NO, 0)], "twice"),
        (["a"], [(NO, 1)], "does not fit"),
        (["a"], [(NO, 0), (1, 0)], "does not fit"),
        (["a"], [(-1, 0)], "does not fit"),
        (["a"], [(NO, 0), (0, 0), (1, 0)], "more than 2 words"),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_what_no_table_can_have_is_refused_both_ways(words, pairs, why, compiled, monkeypatch):
    monkeypatch.setattr(vectorize, "in_use", lambda: compiled)
    arrays = {"grams": np.array(pairs, np.int32), "feature_of": np.arange(len(pairs), dtype=np.int32)}
    with pytest.raises(SettingError, match=why):
        CountVectors(tokenizer("words"), ngram_range=(1, 2)).restore(words, arrays)
