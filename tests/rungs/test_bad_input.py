"""Bad input to training and predicting: each has a defined result, or an error that names the row."""

import time
import warnings

import numpy as np
import polars as pl
import pytest
import sklearn.exceptions
from hypothesis import given, settings
from hypothesis import strategies as st

import sadari
from rungs_headlines import FIRST_RUNGS, some
from sadari.data.read import open_source
from sadari.data.text_stream import TextStream
from sadari.errors import DataError, SadariWarning, SettingError
from sadari.rungs import RUNGS, BagOfWords, Char, EmbeddingBag, TfIdf, WordChar

TEXTS, LABELS = some(60)
EVERY = [pytest.param(RUNGS[name], id=name) for name in [*FIRST_RUNGS, "char", "word-char"]]
OF_WORDS = [case for case in EVERY if case.id not in ("char", "word-char")]  # which go on with characters


# -- texts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rung", EVERY)
def test_blank_texts_are_left_out_of_training_and_counted(rung):
    texts, labels = (
        ["", *TEXTS[:30], " \t\n", "\u3000\xa0", *TEXTS[30:]],
        ["World", *LABELS[:30], "x", "y", *LABELS[30:]],
    )
    with pytest.warns(SadariWarning, match="3 blank texts were left out of training: rows 1, 32, 33") as caught:
        model = rung().fit(texts, labels)
    assert caught[0].filename == __file__
    assert model.dropped_rows_ == [1, 32, 33]
    assert model.classes_.tolist() == ["Business", "Sci/Tech", "Sports", "World"]  # x and y had blank texts alone
    assert np.array_equal(model.predict_proba(TEXTS), rung().fit(TEXTS, LABELS).predict_proba(TEXTS))


def test_where_no_text_has_a_word_characters_do_alone(tmp_path):
    texts, labels = (
        ["!!!", "?!", "...!", "🎉🎉", "🎉 …", "(🎉)"] * 4,
        ["loud", "loud", "loud", "glad", "glad", "glad"] * 4,
    )
    model = WordChar(tokenizer="words").fit(texts, labels)
    assert model.predict(texts).tolist() == labels
    assert np.array_equal(model.weight_, Char().fit(texts, labels).weight_)
    model.save(tmp_path / "model")
    again = sadari.load(tmp_path / "model")
    assert np.array_equal(again.predict_proba([*texts, "word"]), model.predict_proba([*texts, "word"]))
    assert again.explain("🎉!").complete


def test_blank_rows_take_their_weights_and_indicators_with_them():
    matrix = np.array([[label == "World", label != "Sports"] for label in LABELS]).astype(int)
    weights = np.linspace(1, 2, 60)
    with pytest.warns(SadariWarning, match="rows 3, 5"):
        model = BagOfWords().fit(
            [*TEXTS[:2], "", TEXTS[2], " ", *TEXTS[3:]],
            np.insert(matrix, [2, 3], 0, axis=0),
            sample_weight=np.insert(weights, [2, 3], 9),
        )
    assert np.array_equal(model.weight_, BagOfWords().fit(TEXTS, matrix, weights).weight_)


def test_many_blank_rows_are_not_all_listed_in_the_warning():
    with pytest.warns(SadariWarning, match=r"9 blank texts .* rows 1, 2, 3, 4, 5 …$"):
        model = TfIdf().fit([""] * 9 + TEXTS, ["World"] * 9 + LABELS)
    assert len(model.dropped_rows_) == 9


@pytest.mark.parametrize("rung", EVERY)
def test_nothing_but_blank_texts_is_an_error(rung):
    with pytest.raises(DataError, match="all 2 texts are blank"):
        rung().fit(["", " "], ["a", "b"])


@pytest.mark.parametrize("rung", EVERY)
@pytest.mark.parametrize("text", ["", " \n\t", "zzqqxx wwvvyy", "。！", "\0\0", "🎉🎉"])
def test_a_text_with_nothing_known_gets_the_prior_and_is_marked(rung, text):
    model = rung().fit(TEXTS, LABELS)
    probabilities, known = model.predict_with_marks([text, TEXTS[0]])
    if rung.reads == "characters" and text.startswith("zz"):  # of characters that it does know
        assert known.all()
        return
    assert known.tolist() == [False, True]
    shares = [LABELS.count(label) / len(LABELS) for label in model.classes_]
    np.testing.assert_allclose(probabilities[0], shares)
    assert model.predict([text])[0] == model.classes_[int(np.argmax(shares))]
    assert np.isfinite(model.decision_function([text])).all()


@pytest.mark.parametrize("rung", EVERY)
def test_no_texts_at_all_get_no_answers(rung):
    model = rung().fit(TEXTS, LABELS)
    assert model.predict([]).tolist() == []
    assert model.predict_proba([]).shape == (0, 4)
    assert model.predict_proba(pl.Series([], dtype=pl.String)).shape == (0, 4)


@pytest.mark.parametrize("rung", [case for case in OF_WORDS if case.id != "word-char"])  # it goes on with characters
def test_no_vocabulary_is_an_error_with_three_texts_and_the_tokenizer(rung):
    texts = ["?!", "...", "--", "##"]
    with pytest.raises(DataError) as error:
        rung(tokenizer="words").fit(texts, ["a", "b", "a", "b"])
    message = str(error.value)
    assert "'words'" in message
    for text in texts[:3]:
        assert repr(text) in message
    assert "'##'" not in message
    assert "characters" in message


def test_min_df_that_leaves_nothing_says_so():
    with pytest.raises(DataError, match="min_df"):
        BagOfWords(min_df=50).fit(["a b", "c d"], ["x", "y"])


@pytest.mark.parametrize("rung", EVERY)
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (None, "the text is missing"),
        (3.5, "float: 3.5"),
        (7, "int: 7"),
        (["a"], "list"),
        (b"a", "bytes"),
        (float("nan"), "the text is missing"),
    ],
)
def test_what_is_no_text_is_named_by_row_and_type(rung, wrong, reason):
    with pytest.raises(DataError, match=f"row 4: .*{reason}"):
        rung().fit([*TEXTS[:3], wrong, *TEXTS[4:]], LABELS)
    model = rung().fit(TEXTS, LABELS)
    for ask in (model.predict, model.predict_proba, model.predict_with_marks, model.decision_function):
        with pytest.raises(DataError, match=f"row 2: .*{reason}"):
            ask(["fine", wrong])
    with pytest.raises(DataError, match=f"row 1: .*{reason}"):
        model.explain(wrong)


@pytest.mark.parametrize("rung", EVERY)
def test_one_string_is_not_a_list_of_texts(rung):
    model = rung().fit(TEXTS, LABELS)
    for ask in (model.predict, model.predict_proba):
        with pytest.raises(DataError, match=r"\[text\]"):
            ask("one text")
    with pytest.raises(DataError, match=r"\[text\]"):
        rung().fit("abc", ["a", "b", "c"])


@pytest.mark.parametrize("rung", OF_WORDS)
def test_words_that_pandas_takes_for_missing_are_texts_and_labels(rung):
    words = ["NA", "null", "None", "nan", "NULL", "n/a", "NaN", "<NA>"]
    labels = ["NA", "null", "None", "nan"] * 2
    model = rung(tokenizer="whitespace", epochs=30).fit(words, labels)
    assert model.classes_.tolist() == ["NA", "None", "nan", "null"]
    assert model.predict(words).tolist() == labels


@pytest.mark.parametrize("rung", EVERY)
def test_a_huge_text_is_trained_on_and_predicted_in_seconds(rung):
    huge = " ".join(TEXTS * 400)  # 3 MB
    assert len(huge) > 3_000_000
    start = time.perf_counter()
    model = rung(epochs=2).fit([*TEXTS, huge], [*LABELS, "World"])
    probabilities = model.predict_proba([huge, "a" * 3_000_000, *TEXTS[:3]])
    assert time.perf_counter() - start < 20
    assert np.isfinite(probabilities).all()
    assert np.array_equal(probabilities[2:], model.predict_proba(TEXTS[:3]))


def test_a_word_that_stands_a_million_times_in_a_text():
    texts = ["good " * 1_000_000, "bad"]
    for name in FIRST_RUNGS:
        assert FIRST_RUNGS[name]().fit(texts, ["yes", "no"]).predict(texts).tolist() == ["yes", "no"]
    counts, _ = BagOfWords().fit(texts, ["yes", "no"]).weighed(pl.Series(texts))
    assert counts.counts.tolist() == [65_535, 1]  # the most that is counted


# -- labels -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rung", EVERY)
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["x"] * 60, "only label 'x' in 60 rows"),
        ([7] * 60, "only label '7' in 60 rows"),
        ([("x",)] * 60, "only label 'x' in 60 rows"),
        ([()] * 60, "no label in 60 rows"),
    ],
)
def test_one_class_is_an_error(rung, labels, message):
    with pytest.raises(DataError, match=message):
        rung().fit(TEXTS, labels)


def test_one_class_left_after_blank_rows_is_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(DataError, match="only label 'a' in 2 rows"):
            TfIdf().fit(["one", "two", ""], ["a", "a", "b"])


def test_labels_are_taken_as_they_are(tmp_path):
    names = [
        "01",
        "1",
        "1.0",
        "Sport",
        "sport",
        "sport ",
        "a label, with spaces",
        "é",
        "e\u0301",
        "y\nz",
        "|`",
        "a\0",
        "a",
    ]
    texts = [f"word{i}" for i in range(len(names))]
    for name in FIRST_RUNGS:
        model = FIRST_RUNGS[name](tokenizer="words", epochs=60).fit(texts, names)
        assert model.classes_.tolist() == sorted(names)
        assert model.predict(texts).tolist() == names
        model.save(tmp_path / name)
        loaded = sadari.load(tmp_path / name)
        assert loaded.predict(texts).tolist() == names


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (None, "missing"),
        (float("nan"), "missing"),
        (np.nan, "missing"),
        (1, "'?1'?, a int"),
        (2.5, "2.5, a float"),
        (b"World", "bytes"),
    ],
)
@pytest.mark.parametrize("row", [0, 4])
def test_a_label_that_is_none_is_named_by_its_row(wrong, reason, row):
    labels = list(LABELS)
    labels[row] = wrong
    with pytest.raises(DataError, match="row ") as error:
        TfIdf().fit(TEXTS, labels)
    if row or wrong != 1:  # whole numbers are labels: the strings after the first one are what is wrong then
        assert error.value.where == f"row {row + 1}"
        assert error.match(reason)


def test_numbers_that_are_not_whole_are_no_labels():
    with pytest.raises(DataError, match=r"row 1: a label is 1\.0, a float"):
        TfIdf().fit(TEXTS, [1.0, 2.0] * 30)
    with pytest.raises(DataError, match="Float64"):
        TfIdf().fit(TEXTS, pl.Series([1.0, 2.0] * 30))


@pytest.mark.parametrize(
    "labels",
    [
        pl.Series([*LABELS[:6], None, *LABELS[7:]]),
        [*[["a"], ["b"]] * 3, ["a", None], *[["a"]] * 53],
        pl.Series([*[["a"], ["b"]] * 3, ["a", None], *[["a"]] * 53]),
        pl.Series([*[["a"], ["b"]] * 3, None, *[["a"]] * 53]),
    ],
)
def test_a_missing_label_in_a_series_or_a_list_is_named_by_its_row(labels):
    with pytest.raises(DataError, match="row 7: the label is missing"):
        TfIdf().fit(TEXTS, labels)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (None, "labels are wanted"),
        ("abc", "a list of labels is wanted"),
        (LABELS[:59], "60 texts and 59 labels"),
        ([*LABELS, "x"], "60 texts and 61 labels"),
        (np.array(LABELS[:59]), "60 texts and 59 labels"),
        (pl.Series(LABELS[:59]), "60 texts and 59 labels"),
        (np.eye(59, dtype=int), "60 texts and 59 labels"),
        ([], "60 texts and 0 labels"),
        ([["a"], "b", *[["a"]] * 58], "row 2"),
        ([["a"], ["b", 1], *[["a"]] * 58], "row 2"),
        (np.full((60, 2), 2), "0 and 1"),
        (np.ones((60, 1)), r"row 1: a label is 1\.0"),
        (np.array([LABELS, LABELS]).T, r"shape \(60, 2\) .*\n.*shape \(60,\)"),
        (np.ones((60, 2, 2)), r"shape \(60, 2, 2\)"),
        ([2**70, 1] * 30, "64 bits"),
        (["\ud800", "a"] * 30, "surrogate"),
        (pl.Series([[1.5], [2.5]] * 30), "List"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_labels_that_cannot_be_learned(labels, reason):
    for rung in (TfIdf, EmbeddingBag):
        with pytest.raises(DataError, match=reason):
            rung().fit(TEXTS, labels)


def test_no_texts_and_no_labels():
    with pytest.raises(DataError, match="no label in 0 rows"):
        TfIdf().fit([], [])


def test_so_many_labels_are_another_column():
    texts, labels = pl.Series(["a b"] * 60_000), pl.Series([str(i) for i in range(60_000)])
    with pytest.raises(DataError, match=r"60,000 distinct labels .*\n.*column"):
        TfIdf().fit(texts, labels)


def test_long_labels_take_no_room_of_their_length_squared():
    names = [f"{i}" for i in range(2000)] + ["long " * 100_000]
    model = TfIdf(epochs=1).fit([f"w{i % 7}" for i in range(2001)], names)
    assert model.classes_.dtype == object
    assert len(set(model.predict(["w1", "w2"]))) == 2


def test_validation_labels_that_training_never_saw_count_as_wrong():
    validation = TEXTS[:4], ["Weather", *LABELS[1:4]]
    model = TfIdf(patience=3).fit(TEXTS, LABELS, validation=validation)
    assert model.history_[-1]["validation_accuracy"] <= 0.75
    assert np.isfinite(model.inverse_temperature_)
    TfIdf().fit(TEXTS, LABELS, validation=(TEXTS[:2], ["Weather", "Rain"]))


@pytest.mark.parametrize(
    "validation",
    [
        (TEXTS[:3], LABELS[:2]),
        ([None], ["World"]),
        (TEXTS[:2], [("World",), ("Sports",)]),
        (TEXTS[:2], np.eye(2, dtype=int)),
    ],
    ids=str,
)
def test_validation_rows_that_do_not_fit(validation):
    with pytest.raises(DataError):
        TfIdf().fit(TEXTS, LABELS, validation=validation)


def test_labels_are_known_by_name_where_a_file_gives_texts_for_numbers():
    numbers = [LABELS.index(label) for label in LABELS]
    model = TfIdf().fit(TEXTS, numbers)
    assert np.array_equal(model._codec.matrix([str(n) for n in numbers]), model._codec.matrix(numbers))
    assert not model._codec.matrix([f"0{n}" for n in numbers]).any()


def test_labels_of_nineteen_digits_are_saved_and_loaded(tmp_path):
    names = [2**63 - 1, -(2**63), 10**18, 0]
    TfIdf().fit(["a b", "c d", "e f", "g h"] * 3, names * 3).save(tmp_path / "model")
    assert sadari.load(tmp_path / "model").predict(["a b", "c d", "e f", "g h"]).tolist() == names


# -- weights and settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        (np.ones(59), r"shape \[59\]"),
        (np.ones((60, 2)), r"shape \(60, 2\)"),
        ([0.0] * 60, "every sample_weight is 0"),
        ([1.0, -1.0] * 30, "row 2: sample_weight is -1"),
        ([1.0, np.nan] * 30, "row 2"),
        ([1.0, np.inf] * 30, "row 2"),
        (["a"] * 60, "numbers"),
        (2.0, "one a row"),
        ({1.0, 2.0}, "no order"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_sample_weights_that_cannot_be(weights, reason):
    with pytest.raises(DataError, match=reason):
        TfIdf().fit(TEXTS, LABELS, weights)


@pytest.mark.parametrize("rung", EVERY)
def test_a_weight_of_nothing_is_as_good_as_no_row(rung):
    """scikit-learn's contract, on which its BaggingClassifier relies."""
    gone = np.arange(60) % 7 == 3
    kept = [text for text, out in zip(TEXTS, gone, strict=True) if not out]
    weights = np.where(gone, 0.0, 2.0)
    weighed = rung().fit(TEXTS, LABELS, weights)
    without = rung().fit(kept, [label for label, out in zip(LABELS, gone, strict=True) if not out], weights[~gone])
    assert np.array_equal(weighed.predict_proba(TEXTS), without.predict_proba(TEXTS))


@pytest.mark.parametrize("rung", EVERY)
def test_a_label_whose_rows_all_weigh_nothing_is_known_and_never_likely(rung):
    weights = [0.0 if label == "World" else 1.0 for label in LABELS]
    model = rung().fit(TEXTS, LABELS, weights)
    assert model.classes_.tolist() == sorted(set(LABELS))
    assert "World" not in model.predict(TEXTS).tolist()
    assert np.isfinite(model.predict_proba([*TEXTS, ""])).all()


@pytest.mark.parametrize("rung", [BagOfWords, EmbeddingBag])
def test_heavy_weights_do_not_make_training_diverge(rung):
    for scale in (1e-6, 1.0, 1e6):
        model = rung().fit(TEXTS, LABELS, np.full(60, scale))
        assert np.isfinite(model.predict_proba(TEXTS)).all()
    assert model.score(TEXTS, LABELS) == 1


@pytest.mark.parametrize("C", [1e-9, 1e9])
@pytest.mark.parametrize("weight", [1e-30, 1.0, 1e30])
def test_costs_at_the_ends_of_their_range_give_finite_answers(C, weight):
    model = TfIdf(C=C).fit(TEXTS, LABELS, np.full(60, weight))
    assert np.isfinite(model.predict_proba(TEXTS)).all()
    assert np.isfinite([record["loss"] for record in model.history_]).all()


BAD_SETTINGS = [
    ("epochs", 0),
    ("epochs", 2.5),
    ("epochs", "8"),
    ("epochs", True),
    ("epochs", float("nan")),
    ("epochs", 10**9),
    ("tokenizer", "wrods"),
    ("tokenizer", None),
    ("tokenizer", ["words"]),
    ("seed", -1),
    ("seed", None),
    ("seed", 1.0),
    ("class_weight", "balance"),
    ("class_weight", {"World": 0}),
    ("class_weight", {"World": -1.0}),
    ("class_weight", {"World": "2"}),
    ("class_weight", {"World": float("inf")}),
    ("class_weight", [1, 2]),
    ("class_weight", {"Weather": 2.0}),
    ("patience", 0),
    ("patience", "3"),
]
BAD_LINEAR = [
    ("C", 0),
    ("C", -1.0),
    ("C", "1"),
    ("C", float("inf")),
    ("ngram_range", (2, 1)),
    ("ngram_range", (0, 1)),
    ("ngram_range", (1, 17)),
    ("ngram_range", 2),
    ("ngram_range", (1, 2, 3)),
    ("ngram_range", "12"),
    ("ngram_range", (1.0, 2.0)),
    ("min_df", 0),
    ("min_df", 0.5),
    ("max_df", 0),
    ("max_df", 1.5),
    ("max_features", 0),
    ("buckets", 1000),
    ("buckets", 2**40),
    ("sublinear_tf", 1),
    ("binary", "no"),
    ("norm", "l3"),
    ("solver", "sgd"),
    ("tolerance", -1),
    ("learning_rate", 0),
    ("batch_size", 0),
    ("epoch_size", 0),
    ("report_every", -1),
]
BAD_BAG = [
    ("width", 0),
    ("width", 10**9),
    ("width", 16.0),
    ("longest", 0),
    ("longest", 10**9),
    ("buckets", 3),
    ("buckets", 0),
    ("buckets", 2**30),
    ("min_count", 0),
    ("learning_rate", -1),
    ("learning_rate", None),
    ("dropout", 1),
    ("dropout", -0.1),
    ("label_smoothing", 1),
    ("label_smoothing", "much"),
]


@pytest.mark.parametrize(
    ("rung", "name", "value"),
    [(TfIdf, *case) for case in BAD_SETTINGS + BAD_LINEAR] + [(EmbeddingBag, *case) for case in BAD_SETTINGS + BAD_BAG],
)
def test_a_setting_out_of_its_range_is_named(rung, name, value):
    with pytest.raises(SettingError, match=name):
        rung(**{name: value}).fit(TEXTS, LABELS)


def test_numbers_of_numpy_are_settings():
    TfIdf(C=np.float32(0.5), epochs=np.int64(2), min_df=np.uint8(1), sublinear_tf=np.True_).fit(TEXTS, LABELS)


def test_an_embedding_that_no_memory_holds_is_refused_before_it_is_made():
    with pytest.raises(SettingError, match="numbers"):
        EmbeddingBag(width=4096, buckets=2**21).fit(TEXTS, LABELS)


def test_hashed_features_stand_beside_all_words():
    with pytest.raises(SettingError, match="ngram_range from 1"):
        TfIdf(ngram_range=(2, 3), buckets=1024).fit(TEXTS, LABELS)


@pytest.mark.filterwarnings("ignore:overflow")
def test_training_that_diverges_is_an_error_and_no_model():
    model = BagOfWords(solver="adam", learning_rate=1e3, norm=None, epochs=9)
    weights = np.where(np.arange(60) % 2, 1e38, 1.0)
    with pytest.raises(SettingError, match="smaller learning_rate"):
        model.fit([text + " good" * 6_000 for text in TEXTS], LABELS, weights)
    with pytest.raises(sklearn.exceptions.NotFittedError):
        model.predict(TEXTS)


# -- streams ----------------------------------------------------------------------------------------------


def a_file(tmp_path, rows):
    path = tmp_path / "texts.csv"
    pl.DataFrame({"label": (LABELS * 10)[:rows], "text": (TEXTS * 10)[:rows]}).write_csv(path)
    return open_source(path, text="text", label="label")


@pytest.mark.parametrize("rung", EVERY)
def test_a_stream_gives_the_same_model_as_its_texts(rung, tmp_path):
    source = a_file(tmp_path, 200)
    corpus = source.read()
    streamed = rung().fit(TextStream(source, rows=64), corpus.labels)
    at_once = rung().fit(corpus.texts, corpus.labels)
    assert np.array_equal(streamed.predict_proba(TEXTS), at_once.predict_proba(TEXTS))
    assert np.array_equal(streamed.predict_proba(TextStream(source, rows=50)), at_once.predict_proba(corpus.texts))


@pytest.mark.parametrize("rung", EVERY)
@pytest.mark.parametrize("labels", [150, 250])
def test_a_stream_with_more_or_fewer_texts_than_labels_is_an_error(rung, labels, tmp_path):
    source = a_file(tmp_path, 200)
    with pytest.raises(DataError, match=f"the stream gave 200 texts, and there are {labels} labels"):
        rung().fit(TextStream(source), (LABELS * 10)[:labels])


# -- anything ---------------------------------------------------------------------------------------------

ANY_TEXT = st.one_of(st.text(max_size=30), st.none(), st.integers(), st.floats(), st.binary(max_size=3))
ANY_LABEL = st.one_of(
    st.text(max_size=4), st.none(), st.integers(), st.floats(), st.booleans(), st.lists(st.text(max_size=2), max_size=2)
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ANY_TEXT, max_size=6), st.lists(ANY_LABEL, max_size=6), st.sampled_from(list(FIRST_RUNGS)))
def test_whatever_is_given_it_trains_or_says_what_is_wrong(texts, labels, name):
    check_trains_or_says(name, texts, labels)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.text(max_size=30), st.sampled_from(["a", "b", "", " ", "\0", "01", "1"])), max_size=8),
    st.sampled_from(list(FIRST_RUNGS)),
    st.sampled_from(["auto", "characters", "whitespace", "words", "basic_english", "syllables"]),
)
def test_whatever_strings_are_given_it_trains_or_says_what_is_wrong(rows, name, tokenizer):
    check_trains_or_says(name, [text for text, _ in rows], [label for _, label in rows], tokenizer=tokenizer)


def check_trains_or_says(name, texts, labels, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SadariWarning)
        try:
            model = FIRST_RUNGS[name](epochs=2, **options).fit(texts, labels)
        except DataError:
            return
    probabilities = model.predict_proba(texts)
    assert probabilities.shape == (len(texts), len(model.classes_))
    assert np.isfinite(probabilities).all()
    assert len(model.predict(texts)) == len(texts)
