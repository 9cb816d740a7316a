"""Dual coordinate descent against LIBLINEAR (scikit-learn's LinearSVC), which solves the same problem."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from rungs_headlines import some
from sadari.errors import OutputError
from sadari.messages import message
from sadari.rungs import RUNGS, TfIdf
from sadari.text import weigh as weighing
from sadari.text.tokens.tokenize import tokenizer
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import weigh
from sadari.train.labels import LabelCodec
from sadari.train.solvers import dual_coordinate_descent
from sadari.train.solvers.dual_coordinate_descent import held_out_logits, solve_dual

ROWS = 240


def problem(labels=None, rows=ROWS, norm="l2"):
    """Weighed counts, their row scale, targets, and the same texts as a scipy matrix."""
    texts, own = some(rows)
    counts = CountVectors(tokenizer("words")).fit(texts)
    weights = weigh(counts, idf=True, sublinear=True, norm=norm)
    _, targets = LabelCodec.learn(own if labels is None else labels)
    return counts, weights, weights.row_scale(counts), targets, weights.matrix(counts)


def signs_of(targets):
    return np.where(targets > 0, 1, -1).astype(np.int8)


def solve(counts, weights, scale, targets, costs, **options):
    options = {"epochs": 3000, "tolerance": 1e-6, "seed": 0, **options}
    return solve_dual(counts, weights, scale, signs_of(targets), costs.astype(np.float32), **options)


def liblinear(C=1.0, **options):
    return LinearSVC(C=C, loss="squared_hinge", dual=True, tol=1e-9, max_iter=200_000, intercept_scaling=1, **options)


def objective(matrix, signs, costs, weight, bias):
    """|w|² / 2 + Σ costs · max(0, 1 − sign · logit)² of one label, the bias being the weight of a feature of ones."""
    short = np.maximum(0, 1 - signs * (matrix @ weight.astype(np.float64) + bias))
    return 0.5 * (weight @ weight + bias * bias) + float((costs * short * short).sum())


@pytest.mark.parametrize("C", [0.05, 1.0, 20.0])
def test_same_weights_and_objective_as_liblinear(C):
    counts, weights, scale, targets, matrix = problem()
    costs = np.full(ROWS, C)
    ours = solve(counts, weights, scale, targets, costs)
    theirs = liblinear(C).fit(matrix, targets.argmax(1))
    assert ours.history[-1]["violation"] < 1e-6
    np.testing.assert_allclose(ours.weight.T, theirs.coef_, atol=2e-4 * max(1, np.abs(theirs.coef_).max()))
    np.testing.assert_allclose(ours.bias, theirs.intercept_, atol=1e-3)
    for k in range(targets.shape[1]):
        mine = objective(matrix, signs_of(targets)[:, k], costs, ours.weight[:, k], float(ours.bias[k]))
        best = objective(matrix, signs_of(targets)[:, k], costs, theirs.coef_[k], theirs.intercept_[k])
        assert mine == pytest.approx(best, rel=1e-5)


def test_weights_without_a_norm():
    counts, weights, scale, targets, matrix = problem(norm=None)
    ours = solve(counts, weights, scale, targets, np.full(ROWS, 0.01))
    theirs = liblinear(0.01).fit(matrix, targets.argmax(1))
    np.testing.assert_allclose(ours.weight.T, theirs.coef_, atol=1e-4)


def test_eight_epochs_come_close_to_the_optimum():
    """What is trained by default is nearly the optimum: within 1 % of its objective."""
    counts, weights, scale, targets, matrix = problem(rows=900)
    costs = np.full(900, 0.5)
    ours = solve(counts, weights, scale, targets, costs, epochs=8, tolerance=1e-3)
    theirs = liblinear(0.5).fit(matrix, targets.argmax(1))
    for k in range(targets.shape[1]):
        mine = objective(matrix, signs_of(targets)[:, k], costs, ours.weight[:, k], float(ours.bias[k]))
        best = objective(matrix, signs_of(targets)[:, k], costs, theirs.coef_[k], theirs.intercept_[k])
        assert best <= mine * (1 + 1e-6)
        assert mine < 1.01 * best


def test_several_labels_as_one_against_the_rest():
    _, own = some(ROWS)
    labels = [(label, "odd") if row % 2 else (label,) for row, label in enumerate(own)]
    labels[5] = ()
    counts, weights, scale, targets, matrix = problem(labels)
    assert targets.sum() == ROWS - 1 + ROWS // 2 - 1
    ours = solve(counts, weights, scale, targets, np.ones(ROWS))
    theirs = OneVsRestClassifier(liblinear()).fit(matrix, targets)
    for k, estimator in enumerate(theirs.estimators_):
        np.testing.assert_allclose(ours.weight[:, k], estimator.coef_[0], atol=5e-4)
        np.testing.assert_allclose(ours.bias[k], estimator.intercept_[0], atol=1e-3)


def test_a_cost_for_each_row_as_sample_weight():
    counts, weights, scale, targets, matrix = problem()
    costs = np.random.default_rng(3).uniform(0.1, 5, ROWS)
    ours = solve(counts, weights, scale, targets, costs)
    theirs = liblinear().fit(matrix, targets.argmax(1), sample_weight=costs)
    np.testing.assert_allclose(ours.weight.T, theirs.coef_, atol=1e-3)


@pytest.mark.parametrize("class_weight", ["balanced", {"Sports": 7.0}])
def test_class_weights_of_two_labels_as_linear_svc(class_weight):
    texts, labels = some(400)
    rows = [i for i, label in enumerate(labels) if label in ("Sports", "World")]
    rows = [i for i in rows if labels[i] == "World" or i % 3 == 0]  # fewer of one than of the other
    texts, labels = [texts[i] for i in rows], [labels[i] for i in rows]
    rung = TfIdf(ngram_range=(1, 1), class_weight=class_weight, C=1.0, epochs=3000, tolerance=1e-6).fit(texts, labels)
    counts, _ = rung.weighed(pl.Series("text", texts))
    theirs = liblinear(class_weight=class_weight).fit(rung._weights.matrix(counts), labels)
    np.testing.assert_allclose(rung.weight_[:, 1], theirs.coef_[0], atol=5e-4)
    np.testing.assert_allclose(rung.weight_[:, 0], -theirs.coef_[0], atol=5e-4)


def test_class_weights_are_the_weights_of_their_rows():
    texts, labels = some(ROWS)
    by_label = {"Sports": 3.0, "World": 0.5}
    by_class = TfIdf(class_weight=by_label).fit(texts, labels)
    by_row = TfIdf().fit(texts, labels, sample_weight=[by_label.get(label, 1.0) for label in labels])
    assert np.array_equal(by_class.weight_, by_row.weight_)


def test_held_out_logits_are_those_of_a_model_that_never_saw_the_rows():
    counts, weights, scale, targets, matrix = problem(rows=1000)
    costs = np.full(1000, 0.5, np.float32)
    solution = solve(counts, weights, scale, targets, costs, epochs=8, tolerance=1e-3)
    before = solution.weight.copy(), solution.bias.copy(), solution.alpha.copy(), counts.ids.copy()
    rows = np.sort(np.random.default_rng(0).permutation(1000)[:100])
    quick = held_out_logits(counts, weights, scale, signs_of(targets), costs, solution, rows, seed=0)
    for then, now in zip(before, (solution.weight, solution.bias, solution.alpha, counts.ids), strict=True):
        assert np.array_equal(then, now)

    others = np.setdiff1d(np.arange(1000), rows)
    without = solve_dual(
        counts, weights, scale, signs_of(targets), costs, epochs=500, tolerance=1e-6, seed=0, rows=others
    )
    # a vectorizer that never saw the rows has no column for what stands in them alone
    shared = normalize(matrix[rows].multiply(matrix[others].getnnz(axis=0) > 0).tocsr())
    truly = shared @ without.weight + without.bias
    seen = matrix[rows] @ solution.weight + solution.bias
    assert np.abs(quick - truly).mean() < 0.04
    assert np.abs(seen - truly).mean() > 5 * np.abs(quick - truly).mean()
    assert (quick.argmax(1) == truly.argmax(1)).mean() > 0.95
    settled = held_out_logits(counts, weights, scale, signs_of(targets), costs, solution, rows, epochs=100, seed=0)
    np.testing.assert_allclose(settled, truly, atol=2e-3)


@pytest.mark.parametrize("room", [0, 2**40])
def test_the_last_held_out_logits_are_the_same_bits(room, monkeypatch):
    """A large weight matrix waits in a file, and is there again; the dual variables are used up."""
    counts, weights, scale, targets, _ = problem(rows=300)
    costs, rows = np.full(300, 0.5, np.float32), np.arange(0, 300, 7)
    solution = solve(counts, weights, scale, targets, costs, epochs=4, tolerance=1e-3)
    given = counts, weights, scale, signs_of(targets), costs, solution, rows
    expected, before = held_out_logits(*given, seed=0), (solution.weight.copy(), solution.bias.copy())
    monkeypatch.setattr(dual_coordinate_descent, "IN_MEMORY", room)
    assert np.array_equal(held_out_logits(*given, seed=0, last=True), expected)
    assert np.array_equal(solution.weight, before[0])
    assert np.array_equal(solution.bias, before[1])


def test_counts_in_a_file_train_the_same_bits(monkeypatch):
    texts, labels = some(200)
    for rung in (TfIdf(), RUNGS["word-char"]()):
        expected = rung.fit(texts, labels).weight_
        monkeypatch.setattr(weighing, "IN_MEMORY", 0)
        assert np.array_equal(type(rung)().fit(texts, labels).weight_, expected)
        monkeypatch.undo()


def test_a_full_disk_leaves_counts_in_memory(monkeypatch):
    def full(array):
        raise OutputError(message("the disk is full"))

    monkeypatch.setattr(weighing, "IN_MEMORY", 0)
    monkeypatch.setattr(weighing, "mapped", full)
    counts = problem(rows=50)[0]
    assert weighing.on_disk_if_large(counts) is counts


def test_a_row_that_is_not_visited_leaves_no_trace():
    counts, weights, scale, targets, _ = problem()
    solution = solve(counts, weights, scale, targets, np.ones(ROWS), rows=np.arange(ROWS // 2), epochs=5)
    assert not solution.alpha[ROWS // 2 :].any()


def test_loss_in_the_history_is_a_mean_over_texts():
    """Before any step every margin is 0, so a first pass over one text costs its C, however many there are."""
    counts, weights, scale, targets, _ = problem()
    one = solve(counts, weights, scale, targets, np.full(ROWS, 2.0), rows=np.array([7]), epochs=1)
    assert one.history[0]["loss"] == pytest.approx(2.0 * targets.shape[1])


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 5), st.floats(1e-3, 30), st.integers(0, 2**32))
def test_any_random_problem_ends_at_liblinears_optimum(labels, C, seed):
    random = np.random.default_rng(seed)
    words = [f"w{i}" for i in range(30)]
    texts = [" ".join(random.choice(words, random.integers(1, 12))) for _ in range(40)]
    codes = random.integers(0, labels, 40)
    codes[:labels] = np.arange(labels)
    counts = CountVectors(tokenizer("whitespace")).fit(texts)
    weights = weigh(counts, norm="l2")
    _, targets = LabelCodec.learn(codes)
    ours = solve(counts, weights, weights.row_scale(counts), targets, np.full(40, C), epochs=5000)
    theirs = liblinear(C).fit(weights.matrix(counts), codes)
    matrix = weights.matrix(counts)
    for k in range(labels):
        signs = signs_of(targets)[:, k]
        coef = theirs.coef_[k] if labels > 2 else (theirs.coef_[0] if k else -theirs.coef_[0])
        bias = theirs.intercept_[k] if labels > 2 else (theirs.intercept_[0] if k else -theirs.intercept_[0])
        mine = objective(matrix, signs, np.full(40, C), ours.weight[:, k], float(ours.bias[k]))
        best = objective(matrix, signs, np.full(40, C), coef, bias)
        assert mine <= best * 1.01 + 1e-6
