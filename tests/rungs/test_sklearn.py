"""scikit-learn's contract: its own checks, its model selection, its pipelines, and labels as its users have them."""

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone, is_classifier
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MultiLabelBinarizer
from sklearn.utils import estimator_checks

from rungs_headlines import FIRST_RUNGS, headlines, some
from sadari.rungs import BagOfWords, EmbeddingBag, TfIdf
from sklearn_contract import ABOUT_PARAMETERS, ABOUT_TRAINING, reading_numbers

TEXTS, LABELS = some(120)
EVERY = [pytest.param(rung, id=name) for name, rung in FIRST_RUNGS.items()]


@pytest.mark.parametrize("check", ABOUT_PARAMETERS)
@pytest.mark.parametrize("rung", EVERY)
def test_sklearns_checks_of_parameters(rung, check):
    getattr(estimator_checks, check)(rung.__name__, rung())


@pytest.mark.parametrize("check", ABOUT_TRAINING)
@pytest.mark.parametrize("rung", EVERY)
def test_sklearns_checks_of_training(rung, check):
    getattr(estimator_checks, check)(rung.__name__, reading_numbers(rung)(tokenizer="whitespace"))


@pytest.mark.parametrize("rung", EVERY)
def test_untrained_it_says_so_everywhere(rung, tmp_path):
    for ask in (
        lambda r: r.predict(["a"]),
        lambda r: r.predict_proba(["a"]),
        lambda r: r.decision_function(["a"]),
        lambda r: r.explain("a"),
        lambda r: r.save(tmp_path / "m"),
        lambda r: r.multilabel,
        lambda r: r.score(["a"], ["b"]),
        lambda r: r.predict_with_marks(["a"]),
        lambda r: r.top_features(),
    ):
        with pytest.raises(NotFittedError, match="fit"):
            ask(rung())


@pytest.mark.parametrize("rung", EVERY)
def test_a_fit_that_fails_leaves_no_half_model(rung):
    model = rung().fit(TEXTS, LABELS)
    with pytest.raises(ValueError, match="no text has anything"):
        model.set_params(tokenizer="words").fit(["!", "?"], ["a", "b"])
    with pytest.raises(NotFittedError):
        model.predict(TEXTS)


@pytest.mark.parametrize("rung", EVERY)
def test_clone_is_untrained_and_has_the_settings(rung):
    model = rung(class_weight={"World": 2.0}, seed=3, tokenizer="words").fit(TEXTS, LABELS)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "classes_")
    assert is_classifier(copy)
    assert np.array_equal(copy.fit(TEXTS, LABELS).predict_proba(TEXTS), model.predict_proba(TEXTS))


def test_grid_search_finds_and_refits():
    texts, labels = some(200)
    grid = {"C": [0.001, 0.5], "ngram_range": [(1, 1), (1, 2)], "class_weight": [None, "balanced"]}
    search = GridSearchCV(TfIdf(), grid, cv=2, scoring=["accuracy", "neg_log_loss", "f1_macro"], refit="accuracy")
    search.fit(texts, labels)
    assert search.best_params_["C"] == 0.5
    assert search.best_score_ > 0.4
    assert np.isfinite(search.cv_results_["mean_test_neg_log_loss"]).all()
    assert search.predict(texts[:3]).tolist() == search.best_estimator_.predict(texts[:3]).tolist()


@pytest.mark.parametrize("rung", EVERY)
def test_cross_validation(rung):
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    scores = cross_val_score(rung(), np.array(TEXTS, dtype=object), np.array(LABELS), cv=folds, n_jobs=1)
    assert scores.shape == (3,)
    assert scores.mean() > 0.3
    probabilities = cross_val_predict(rung(), TEXTS, LABELS, cv=folds, method="predict_proba")
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


@pytest.mark.parametrize("rung", EVERY)
def test_binary_scorers(rung):
    texts, labels = headlines()
    two = labels.is_in(["Sports", "World"]).to_numpy()
    texts, labels = texts.filter(two).to_list(), labels.filter(two).to_list()
    for scoring in ("roc_auc", "average_precision", "neg_brier_score"):
        wanted = labels if scoring == "roc_auc" else [int(label == "World") for label in labels]
        scores = cross_val_score(rung(), texts, wanted, cv=3, scoring=scoring, error_score="raise")
        assert scores.mean() > (0.8 if scoring != "neg_brier_score" else -0.3)
    model = rung().fit(texts, labels)
    above = model.decision_function(texts)
    assert above.shape == (len(texts),)
    assert np.array_equal(model.predict(texts) == "World", above > 0)


def test_at_the_end_of_a_pipeline():
    def lowercase(texts):
        return [text.lower() for text in texts]

    pipeline = make_pipeline(FunctionTransformer(lowercase), TfIdf(tokenizer="whitespace"))
    pipeline.fit(TEXTS, LABELS)
    alone = TfIdf(tokenizer="whitespace").fit(lowercase(TEXTS), LABELS)
    assert np.array_equal(pipeline.predict_proba(TEXTS), alone.predict_proba(lowercase(TEXTS)))
    search = GridSearchCV(Pipeline([("rung", EmbeddingBag())]), {"rung__epochs": [1, 30]}, cv=2).fit(TEXTS, LABELS)
    assert search.best_params_ == {"rung__epochs": 30}


def test_weights_of_samples_pass_through_a_pipeline():
    weights = np.linspace(0.1, 3, len(TEXTS))
    pipeline = Pipeline([("rung", TfIdf())]).fit(TEXTS, LABELS, rung__sample_weight=weights)
    alone = TfIdf().fit(TEXTS, LABELS, weights)
    assert np.array_equal(pipeline.predict_proba(TEXTS), alone.predict_proba(TEXTS))


def test_a_weight_of_two_is_a_row_given_twice():
    """Two costs of 1 on one text are one of 2; without idf, for the same text twice stands in two texts."""
    weights = np.where(np.arange(len(TEXTS)) % 3 == 0, 2.0, 1.0)
    twice = [i for i, weight in enumerate(weights) for _ in range(int(weight))]
    settings = {"norm": "l2", "epochs": 3000, "tolerance": 1e-7, "C": 0.5}
    weighted = BagOfWords(**settings).fit(TEXTS, LABELS, weights)
    repeated = BagOfWords(**settings).fit([TEXTS[i] for i in twice], [LABELS[i] for i in twice])
    np.testing.assert_allclose(weighted.decision_function(TEXTS), repeated.decision_function(TEXTS), atol=1e-4)


@pytest.mark.parametrize("rung", EVERY)
@pytest.mark.parametrize(
    "given",
    [
        lambda labels: labels,
        tuple,
        np.array,
        lambda labels: np.array(labels, dtype=object),
        lambda labels: pl.Series("y", labels),
        lambda labels: pl.Series("y", labels, dtype=pl.Categorical),
        lambda labels: [np.str_(label) for label in labels],
    ],
)
def test_strings_in_any_form_are_the_same_labels(rung, given):
    model = rung(epochs=2).fit(TEXTS, given(LABELS))
    assert model.classes_.tolist() == ["Business", "Sci/Tech", "Sports", "World"]
    assert model.predict(TEXTS).dtype.kind == "U"
    assert model.score(TEXTS, LABELS) == accuracy_score(LABELS, model.predict(TEXTS))


@pytest.mark.parametrize("rung", EVERY)
@pytest.mark.parametrize(
    "given",
    [
        list,
        np.array,
        lambda n: np.array(n, np.int8),
        lambda n: pl.Series(n, dtype=pl.UInt16),
        lambda n: [np.int64(i) for i in n],
    ],
)
def test_whole_numbers_stay_numbers(rung, given):
    numbers = [{"World": -3, "Sports": 0, "Business": 7, "Sci/Tech": 12}[label] for label in LABELS]
    if isinstance(given(numbers[:0]), pl.Series):
        numbers = [number + 3 for number in numbers]
    model = rung().fit(TEXTS, given(numbers))
    assert model.classes_.tolist() == sorted(set(numbers))
    assert model.predict(TEXTS).dtype.kind == "i"
    assert f1_score(numbers, model.predict(TEXTS), average="macro") > 0.5


def test_texts_in_any_form_are_the_same_texts():
    wanted = TfIdf().fit(TEXTS, LABELS).predict_proba(TEXTS)
    for form in (tuple, np.array, lambda t: np.array(t, dtype=object), lambda t: np.array(t)[:, None], pl.Series):
        assert np.array_equal(TfIdf().fit(form(TEXTS), LABELS).predict_proba(form(TEXTS)), wanted)


def test_pandas_columns_where_there_is_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": TEXTS, "label": LABELS}).sample(frac=1, random_state=0)  # an index out of order
    model = TfIdf().fit(frame["text"], frame["label"])
    again = TfIdf().fit(frame["text"].tolist(), frame["label"].astype("category"))
    assert np.array_equal(model.predict_proba(TEXTS), again.predict_proba(frame["text"].sort_index()))


def test_sklearns_indicator_matrices_dense_and_sparse():
    several = [(label, "odd") if i % 2 else (label,) for i, label in enumerate(LABELS)]
    dense = MultiLabelBinarizer().fit_transform(several)
    sparse = MultiLabelBinarizer(sparse_output=True).fit_transform(several)
    one, other = TfIdf().fit(TEXTS, dense), TfIdf().fit(TEXTS, sparse)
    assert np.array_equal(one.predict(TEXTS), other.predict(TEXTS))
    named = TfIdf().fit(TEXTS, several)
    assert np.array_equal(one.predict_proba(TEXTS), named.predict_proba(TEXTS))
    scores = cross_val_score(TfIdf(), TEXTS, dense, cv=2, scoring="f1_micro")
    assert scores.mean() > 0.2


def test_bagging_of_a_column_as_scikit_learn_gives_it():
    """It hands on a table of one column, and weights of 0 for what was not drawn."""
    column = np.array(TEXTS, dtype=object)[:, None]
    bagged = BaggingClassifier(TfIdf(), n_estimators=3, random_state=0).fit(column, LABELS)
    assert bagged.score(column, LABELS) > 0.8


@pytest.mark.parametrize("rung", EVERY)
def test_a_score_is_the_share_of_right_labels_however_they_are_given(rung):
    model = rung().fit(TEXTS, LABELS)
    share = accuracy_score(LABELS, model.predict(TEXTS))
    for labels in (LABELS, np.array(LABELS)[:, None], pl.DataFrame({"label": LABELS}), pl.Series(LABELS), iter(LABELS)):
        assert model.score(iter(TEXTS), labels) == share
    assert model.score(TEXTS[:2], ["never seen", model.predict(TEXTS[1:2])[0]]) == 0.5
