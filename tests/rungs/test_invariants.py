"""What holds of every rung: alone as in a batch, one seed one model, saved as trained, explained to the sum."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sadari
from rungs_headlines import FIRST_RUNGS, headlines, some
from sadari.rungs import RUNGS, EmbeddingBag, TfIdf
from sadari.text.characters.vectors import BREAK
from sadari.train.solvers.temperature import sigmoid, softmax

SETTINGS = [
    ("bow", {}),
    ("bow", {"solver": "adam", "epochs": 2}),
    ("ngram", {"max_features": 900, "ngram_range": (2, 3)}),
    ("tfidf", {}),
    ("tfidf", {"buckets": 2**10, "min_df": 1}),
    ("tfidf", {"binary": True, "norm": None, "sublinear_tf": False, "min_df": 2}),
    ("char", {}),
    ("char", {"across_spaces": True, "ngram_range": (2, 4), "max_features": 900}),
    ("char", {"solver": "adam", "epochs": 1, "ngram_range": (4, 6)}),
    ("word-char", {}),
    ("word-char", {"norm": "l1", "min_df": 2, "character_range": (2, 3)}),
    ("embedding-bag", {}),
    ("embedding-bag", {"longest": 1, "width": 5, "min_count": 2}),
    ("embedding-bag", {"longest": 4, "buckets": 2**7}),
]
KOREAN, KOREAN_LABELS = some(150, "ko")
ENGLISH, ENGLISH_LABELS = some(150)
ODD = ["", " \n", "zzqq xxyy", "한글", "a", "news " * 300, "\0", "é 你好 مرحبا 🎉", ENGLISH[0], ENGLISH[0].upper()]


@pytest.fixture(scope="module", params=SETTINGS, ids=lambda case: f"{case[0]} {case[1]}")
def rung(request):
    name, options = request.param
    return RUNGS[name](**options).fit(ENGLISH, ENGLISH_LABELS)


def logits_of(rung, texts):
    return rung.decision_function(texts)


def test_logits_are_the_same_alone_and_in_any_batch(rung):
    texts = [*ODD, *headlines(part="test")[0].head(60).to_list()]
    together = logits_of(rung, texts)
    alone = np.concatenate([logits_of(rung, [text]) for text in texts])
    assert np.array_equal(together, alone)
    order = np.random.default_rng(0).permutation(len(texts))
    assert np.array_equal(logits_of(rung, [texts[i] for i in order]), together[order])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=8))
def test_any_text_gets_a_finite_answer_alone_and_in_any_batch(texts):
    for rung in CHARACTERS:
        together = rung.predict_proba(texts)
        assert np.isfinite(together).all()
        np.testing.assert_allclose(together.sum(axis=1), 1)
        alone = np.concatenate([rung.predict_proba([text]) for text in texts])
        assert np.array_equal(together, alone)


CHARACTERS = [
    TfIdf(tokenizer="characters").fit(ENGLISH, ENGLISH_LABELS),
    EmbeddingBag(tokenizer="syllables").fit(KOREAN, KOREAN_LABELS),
]


def test_the_order_of_whole_columns_is_kept_past_the_size_of_a_slice():
    rung = TfIdf().fit(ENGLISH, ENGLISH_LABELS)
    texts = pl.Series((ENGLISH * 500)[:70_000])
    found = rung.predict_proba(texts)
    assert len(found) == 70_000
    assert np.array_equal(found, np.resize(rung.predict_proba(ENGLISH), (70_000, 4)))


def test_the_same_seed_gives_the_same_bits_and_another_does_not(rung):
    texts = headlines(part="test")[0]
    again = type(rung)(**rung.get_params()).fit(ENGLISH, ENGLISH_LABELS)
    assert np.array_equal(logits_of(rung, texts), logits_of(again, texts))
    other = type(rung)(**{**rung.get_params(), "seed": 1}).fit(ENGLISH, ENGLISH_LABELS)
    assert not np.array_equal(logits_of(rung, texts), logits_of(other, texts))


def test_fitting_again_leaves_nothing_of_the_first_time(rung):
    again = type(rung)(**rung.get_params())
    again.fit(KOREAN, KOREAN_LABELS).fit(ENGLISH, ENGLISH_LABELS)
    assert np.array_equal(logits_of(rung, ENGLISH), logits_of(again, ENGLISH))


PROGRAM = """
import hashlib, sys
from rungs_headlines import FIRST_RUNGS, headlines, some
for name in FIRST_RUNGS:
    rung = FIRST_RUNGS[name]().fit(*some(150))
    print(name, hashlib.sha256(rung.predict_proba(headlines(part="test")[0]).tobytes()).hexdigest())
"""


@pytest.mark.parametrize("threads", ["1", "2"])
def test_another_process_with_other_threads_and_hash_seed_gives_the_same_bits(threads):
    folder = str(Path(__file__).parents[1])
    environment = {
        **os.environ,
        "PYTHONHASHSEED": threads,
        "NUMBA_NUM_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        "POLARS_MAX_THREADS": threads,
        "PYTHONPATH": folder,
    }
    there = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    found = dict(line.split(" ") for line in there.stdout.splitlines())
    for name in FIRST_RUNGS:
        here = FIRST_RUNGS[name]().fit(*some(150)).predict_proba(headlines(part="test")[0])
        assert found[name] == hashlib.sha256(here.tobytes()).hexdigest(), name


def test_saved_and_loaded_it_is_the_same(rung, tmp_path):
    texts = [*ODD, *headlines(part="test")[0].head(60).to_list()]
    rung.save(tmp_path / "model")
    loaded = sadari.load(tmp_path / "model")
    assert type(loaded) is type(rung)
    assert np.array_equal(loaded.predict_proba(texts), rung.predict_proba(texts))
    assert np.array_equal(loaded.predict(texts), rung.predict(texts))
    assert loaded.classes_.tolist() == rung.classes_.tolist()
    assert loaded.top_features() == rung.top_features()
    one, other = loaded.explain(ENGLISH[3]), rung.explain(ENGLISH[3])
    assert one.features == other.features
    assert np.array_equal(one.contributions, other.contributions)
    assert loaded.resolved_settings() == rung.resolved_settings()


def test_a_loaded_model_saves_the_same_bytes(rung, tmp_path):
    rung.save(tmp_path / "first")
    sadari.load(tmp_path / "first").save(tmp_path / "second")
    for file in (tmp_path / "first").iterdir():
        assert file.read_bytes() == (tmp_path / "second" / file.name).read_bytes(), file.name


def test_a_loaded_model_can_be_trained_again(rung, tmp_path):
    rung.save(tmp_path / "model")
    again = sadari.load(tmp_path / "model").fit(ENGLISH, ENGLISH_LABELS)
    assert np.array_equal(again.predict_proba(ENGLISH), rung.predict_proba(ENGLISH))


def test_contributions_sum_to_the_logits(rung):
    for text in [*ODD, *ENGLISH[:20]]:
        told = rung.explain(text)
        assert told.contributions.shape == (len(told.features), 4)
        scaled = rung.decision_function([text])[0] * rung.inverse_temperature_
        np.testing.assert_allclose(told.logits, scaled, atol=1e-5 * max(1, np.abs(scaled).max()))
        assert np.array_equal(told.probabilities, rung.predict_proba([text])[0])
        if rung.predict_with_marks([text])[1][0]:
            np.testing.assert_allclose(told.probabilities, softmax(told.logits[None])[0], atol=1e-5)


def test_the_features_of_an_explanation_stand_in_the_text(rung):
    from sadari.text.tokens.tokenize import tokenizer

    for text in ENGLISH[:20]:
        tokens = tokenizer(rung.tokenizer_).tokenize(text) if rung.tokenizer_ else []
        if rung.reads == "characters":  # words between white space; one by one where n-grams go across it
            tokens += [BREAK, *(text.lower() if rung.across_spaces_ else text.lower().split())]
        tokens = " ".join([*tokens, *["</s>"] * hasattr(rung, "end")])
        for feature in rung.explain(text).features:
            # two n-grams of a text that share a bucket are named together
            assert all(f" {name} " in f" {tokens} " for name in feature.split(" / ")), feature


def test_taking_a_word_out_takes_its_contribution_out():
    """Without a norm, and of single words, a text's logits without a word are its logits less that word's part."""
    rung = FIRST_RUNGS["bow"](norm=None).fit(ENGLISH, ENGLISH_LABELS)
    text = "stocks fell sharply in tokyo"
    told = rung.explain(text)
    for i, word in enumerate(told.features):
        without = rung.explain(text.replace(word, "")).logits
        np.testing.assert_allclose(told.logits - told.contributions[i], without, atol=1e-5)


def test_strongest_names_what_speaks_for_and_against():
    told = TfIdf().fit(ENGLISH, ENGLISH_LABELS).explain(ENGLISH[0])
    label = told.labels[int(told.logits.argmax())]
    strongest = told.strongest(label, 5)
    sizes = [abs(value) for _, value in strongest]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == np.abs(told.contributions[:, told.labels.index(label)]).max()
    with pytest.raises(sadari.SadariError, match="no label 'Weather'"):
        told.strongest("Weather")


def test_top_features_speak_for_their_label():
    for name in FIRST_RUNGS:
        rung = FIRST_RUNGS[name]().fit(*headlines())
        top = rung.top_features(8)
        assert list(top) == rung.classes_.tolist()
        for label, features in top.items():
            assert len(features) == 8
            values = [value for _, value in features]
            assert values == sorted(values, reverse=True)
            assert rung.predict([" ".join(feature for feature, _ in features)]) == [label]


def test_top_features_of_a_tiny_vocabulary_are_all_there_are():
    for name in FIRST_RUNGS:
        top = FIRST_RUNGS[name](tokenizer="words").fit(["good", "bad", "good", "bad"], ["yes", "no", "yes", "no"])
        found = top.top_features(50)["yes"]
        assert [feature for feature, _ in found] == ["good", "bad"]
        assert np.isfinite([value for _, value in found]).all()


def test_several_labels_have_probabilities_of_their_own(tmp_path):
    rows = zip(ENGLISH, ENGLISH_LABELS, strict=True)
    labels = [(label, "long") if len(text) > 170 else (label,) for text, label in rows]
    for name in FIRST_RUNGS:
        rung = FIRST_RUNGS[name]().fit(ENGLISH, labels)
        assert rung.multilabel
        assert rung.classes_.tolist() == ["Business", "Sci/Tech", "Sports", "World", "long"]
        probabilities = rung.predict_proba(ENGLISH)
        scaled = rung.decision_function(ENGLISH) * rung.inverse_temperature_
        np.testing.assert_allclose(probabilities, sigmoid(scaled), rtol=1e-5)
        assert rung.score(ENGLISH, labels) > 0.8
        assert rung.predict(ENGLISH)[0] == tuple(np.array(rung.classes_)[probabilities[0] >= 0.5])
        rung.save(tmp_path / name)
        loaded = sadari.load(tmp_path / name)
        assert loaded.predict(ENGLISH) == rung.predict(ENGLISH)
        shares = [np.mean([label in row for row in labels]) for label in rung.classes_]
        np.testing.assert_allclose(rung.predict_proba([""])[0], shares)


def test_an_indicator_matrix_gives_an_indicator_matrix(tmp_path):
    names = sorted(set(ENGLISH_LABELS))
    matrix = np.array([[label == name for name in names] for label in ENGLISH_LABELS]).astype(int)
    matrix[:, 0] |= np.array([len(text) > 170 for text in ENGLISH])
    for name in FIRST_RUNGS:
        rung = FIRST_RUNGS[name]().fit(ENGLISH, matrix)
        found = rung.predict(ENGLISH)
        assert found.shape == matrix.shape
        assert rung.score(ENGLISH, matrix) == (found == matrix).all(axis=1).mean() > 0.8
        rung.save(tmp_path / name)
        assert np.array_equal(sadari.load(tmp_path / name).predict(ENGLISH), found)


def test_balanced_classes_help_the_rare_one():
    texts, labels = headlines()
    rows = np.flatnonzero((labels != "Sports").to_numpy() | (np.arange(len(labels)) % 4 == 0))
    test, wanted = headlines(part="test")
    rare = (wanted == "Sports").to_numpy()
    for name in FIRST_RUNGS:
        plain = FIRST_RUNGS[name]().fit(texts[rows], labels[rows])
        balanced = FIRST_RUNGS[name](class_weight="balanced").fit(texts[rows], labels[rows])
        before = (plain.predict(test) == "Sports")[rare].mean()
        after = (balanced.predict(test) == "Sports")[rare].mean()
        assert after > before + 0.02, name
