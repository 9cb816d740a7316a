"""Metrics of costs, of recall where precision is kept, and of labels with an order, against scikit-learn."""

import json

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import (
    cohen_kappa_score,
    mean_absolute_error,
    precision_recall_curve,
    precision_recall_fscore_support,
)

import sadari
from cli_runs import run_badly, run_well
from sadari.errors import DataError, SettingError
from sadari.metrics.answers import Answers
from sadari.metrics.metric import Metric, check_metric
from sadari.metrics.scores.costs import read_costs, read_costs_of_several
from sadari.metrics.several import SeveralMetric
from sadari.metrics.threshold_table import threshold_table
from sadari.train.thresholds import likeliest, standing, threshold_at_precision

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 4, 300)
TABLE = (
    RNG.dirichlet(np.ones(4), 300) * 0.6
    + 0.4 * np.eye(4)[np.where(RNG.random(300) < 0.7, TRUTH, RNG.integers(0, 4, 300))]
)
NAMES, COUNTS = ["1", "2", "3", "4"], [80, 70, 90, 60]


def named(asked):
    return Metric.named(asked, NAMES, COUNTS)


def test_labels_with_an_order_are_scored_as_elsewhere():
    given = TABLE.argmax(axis=1)
    assert named("weighted-kappa").point(TRUTH, TABLE) == pytest.approx(
        cohen_kappa_score(TRUTH, given, weights="quadratic", labels=range(4))
    )
    assert named("mean-absolute-error").point(TRUTH, TABLE) == pytest.approx(mean_absolute_error(TRUTH, given))
    weights = RNG.integers(0, 3, (5, 300))
    drawn = named("weighted-kappa").of_draws(TRUTH, TABLE, weights)
    for row, found in zip(weights, drawn, strict=True):
        rows = np.repeat(np.arange(300), row)
        assert found == pytest.approx(cohen_kappa_score(TRUTH[rows], given[rows], weights="quadratic", labels=range(4)))


def test_a_label_never_seen_is_as_far_off_as_can_be():
    given = np.array([0, 3, 1])
    answers = Answers(np.eye(4)[given], given)
    assert named("mean-absolute-error").point(np.array([-1, -1, 1]), answers) == pytest.approx(2)
    assert named("weighted-kappa").point(np.array([-1, 3, 1]), answers) < 0.5


@pytest.mark.parametrize("precision", [0.3, 0.6, 0.9, 0.999])
def test_recall_where_precision_is_kept(precision):
    metric = named(f"recall@precision={precision}")
    assert (metric.label, metric.code) == ("4", 3)  # the rarest
    right, found, _ = precision_recall_curve(TRUTH == 3, TABLE[:, 3])
    # scikit-learn's last point, at which nothing is given, has precision 1 and recall 0
    assert metric.point(TRUTH, TABLE) == pytest.approx(found[right >= precision].max())
    assert named(f"{metric.name}").code == named(f"recall@precision={precision}:4").code


def test_the_threshold_keeps_the_precision_on_its_rows():
    for precision in (0.4, 0.8):
        thresholds = threshold_at_precision(TABLE, TRUTH == 3, 3, precision)
        given = likeliest(TABLE, thresholds) == 3
        assert (TRUTH[given] == 3).mean() >= precision
    two = np.column_stack([1 - TABLE[:, 3], TABLE[:, 3]])
    thresholds = threshold_at_precision(two, TRUTH == 3, 1, 0.8)
    given = likeliest(two, thresholds) == 1
    assert (given & (TRUTH == 3)).sum() / (TRUTH == 3).sum() == pytest.approx(
        Metric.named("recall@precision=0.8", ["a", "b"], [9, 1]).point((TRUTH == 3).astype(int), two)
    )


def test_what_each_threshold_gives_is_scikit_learns():
    wanted, stands = TRUTH == 3, standing(TABLE, 3)
    for each in threshold_table(wanted, stands):
        given = likeliest(TABLE, np.where(np.arange(4) == 3, each.threshold, 1 - each.threshold)) == 3
        scores = precision_recall_fscore_support(wanted, given, average="binary", zero_division=1)[:3]
        assert (each.precision, each.recall, each.f1) == pytest.approx(scores)
        assert each.given == given.sum()


def test_costs_are_read_in_three_forms(tmp_path):
    files = {
        "by_label.csv": "label,cost\n2,100\n",
        "pairs.csv": "truth,given,cost\n2,1,100\n2,3,100\n2,4,100\n",
        "table.csv": "\ufefftruth,1,2,3,4\n1,0,1,1,1\n2,100,0,100,100\n3,1,1,0,1\n4,1,1,1,0\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
        costs = read_costs(tmp_path / name, NAMES)
        assert costs.tolist() == [[0, 1, 1, 1], [100, 0, 100, 100], [1, 1, 0, 1], [1, 1, 1, 0]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("label,cost\nx,1\n", "line 2: there is no label 'x'"),
        ("label,cost\n1,-2\n", "line 2: the cost '-2'"),
        ("label,cost\n1,nan\n", "the cost 'nan'"),
        ("label,cost\n1,2,3\n", "it has 3 cells"),
        ("label,cost\n", "no table of costs"),
        ("", "no table of costs"),
        ("\xff", "no file of costs"),
    ],
)
def test_bad_costs_are_said_with_their_line(text, said, tmp_path):
    (tmp_path / "c.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=said):
        read_costs(tmp_path / "c.csv", NAMES)


def test_costs_that_are_not_there_are_said_to_be_missing(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        read_costs(tmp_path / "none.csv", NAMES)


def test_what_is_dear_to_miss_is_given_more_often(tmp_path):
    (tmp_path / "c.csv").write_text("label,cost\n4,30\n", "utf-8")
    metric = named(f"cost={tmp_path / 'c.csv'}")
    assert metric.lower_is_better
    thresholds = metric.thresholds(TRUTH, TABLE)
    plain, dear = TABLE.argmax(axis=1), metric.given(TABLE, thresholds)
    assert (dear == 3).sum() > (plain == 3).sum()
    costs = metric.costs
    assert costs[TRUTH, dear].mean() < costs[TRUTH, plain].mean()
    assert metric.point(TRUTH, Answers(TABLE, dear)) == pytest.approx(costs[TRUTH, dear].mean())


def test_of_several_labels_what_is_missed_and_what_is_wrong_cost_by_label(tmp_path):
    rng = np.random.default_rng(0)
    truth, table = np.zeros((400, 4), np.int16), rng.uniform(size=(400, 3)) ** np.array([1, 2, 4])
    truth[:, :3] = rng.uniform(size=(400, 3)) < table  # what it says of how likely labels are is so
    truth[:7, 3] = 1
    (tmp_path / "c.csv").write_text("label,missed,wrong\nb,100,2\nc,5,20\n", "utf-8")
    metric = SeveralMetric.named(f"cost={tmp_path / 'c.csv'}", ["a", "b", "c"], [1, 1, 1])
    missed, wrong = [1, 100, 5], [1, 2, 20]
    assert np.array_equal(metric.costs, [missed, wrong])
    assert metric.lower_is_better

    def cost(given):
        found = 0.0
        for row in range(400):
            for label in range(3):
                if truth[row, label] and not given[row, label]:
                    found += missed[label]
                if given[row, label] and not truth[row, label]:
                    found += wrong[label]
            found += 100 * truth[row, 3]
        return found / 400

    thresholds = metric.thresholds(truth, table)
    given = metric.given(table, thresholds)
    assert metric.point(truth, Answers(table, given)) == pytest.approx(cost(given))
    assert thresholds == pytest.approx(np.divide(wrong, np.add(missed, wrong)), abs=0.15)
    usual = SeveralMetric("micro-f1").thresholds(truth, table)
    assert cost(given) < min(cost(table >= 0.5), cost(table >= usual))
    too_sure = metric.thresholds(truth, table**0.5)  # probabilities that say more than there is: all are moved up
    assert cost(table**0.5 >= too_sure) < cost(table**0.5 >= np.divide(wrong, np.add(missed, wrong)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("truth,given,cost\n1,2,3\n", "several labels, this is no table of costs"),
        ("label,missed,wrong\n1,2\n", "it has 2 cells"),
        ("label,missed,wrong\n1,2,-1\n", "line 2: the cost '-1'"),
        ("label,cost\nx,2\n", "there is no label 'x'"),
    ],
)
def test_bad_costs_of_several_labels_are_said(text, said, tmp_path):
    (tmp_path / "c.csv").write_text(text, "utf-8")
    with pytest.raises(DataError, match=said):
        read_costs_of_several(tmp_path / "c.csv", NAMES)
    (tmp_path / "c.csv").write_text("label,cost\n2,100\n", "utf-8")
    assert read_costs_of_several(tmp_path / "c.csv", NAMES).tolist() == [[1, 100, 1, 1], [1, 1, 1, 1]]


@pytest.mark.parametrize(
    "asked", ["recall@precision=2", "recall@precision", "cost=", "cost", "kappa", "recall@precision=x"]
)
def test_what_is_no_metric_is_refused(asked):
    with pytest.raises(SettingError):
        check_metric(asked)


@pytest.mark.parametrize("asked", ["weighted-kappa", "mean-absolute-error"])
def test_what_is_for_one_label_a_text_is_refused_of_several(asked):
    with pytest.raises(SettingError, match=r"is for texts of one label[\s\S]*take one of: accuracy"):
        SeveralMetric.named(asked, ["a", "b"], [3, 4])


def test_of_several_labels_recall_at_a_precision_is_that_of_the_label_alone():
    rng = np.random.default_rng(0)
    wanted = rng.random((400, 3)) < (0.1, 0.4, 0.6)
    table = np.clip(0.5 * wanted + 0.6 * rng.random((400, 3)), 0, 1)
    truth = np.column_stack([wanted, np.zeros(400)]).astype(np.int16)
    several = SeveralMetric.named("recall@precision=0.9:a", ["a", "b", "c"], wanted.sum(axis=0))
    alone = Metric.named("recall@precision=0.9:a", ["a", "not"], [1, 2])
    two = np.column_stack([table[:, 0], 1 - table[:, 0]])
    codes = np.where(wanted[:, 0], 0, 1)
    assert several.point(truth, Answers(table, wanted)) == pytest.approx(alone.point(codes, two))
    thresholds = several.thresholds(truth, table)
    given = table[:, 0] >= thresholds[0]
    assert (given & wanted[:, 0]).sum() / given.sum() >= 0.9
    assert (given & wanted[:, 0]).sum() / wanted[:, 0].sum() == pytest.approx(
        several.point(truth, Answers(table, wanted))
    )
    assert SeveralMetric.named("recall@precision=0.9", ["a", "b", "c"], wanted.sum(axis=0)).label == "a"


def test_climbs_that_go_by_them(tmp_path):
    corpus = sadari.open_source("headlines").read()
    order = {name: str(place + 1) for place, name in enumerate(corpus.label_names)}
    stars = corpus.labels.replace_strict(order)
    pl.DataFrame({"stars": stars, "text": corpus.texts}).write_csv(tmp_path / "stars.csv")
    (tmp_path / "costs.csv").write_text("label,cost\n4,20\n", "utf-8")
    fast = ("--label", "stars", "--rungs", "bow,tfidf", "--no-report", "--no-curves", "--budget", "none", "-o")
    found = run_well("climb", tmp_path / "stars.csv", "--ordinal", *fast, tmp_path / "a", "--json")
    rung = json.loads(found.stdout)["rungs"][0]
    assert rung["metric"] == "weighted-kappa"
    assert 0 < rung["mean_absolute_error"] < 1.5
    found = run_well(
        "climb", tmp_path / "stars.csv", "--metric", f"cost={tmp_path / 'costs.csv'}", *fast, tmp_path / "b"
    )
    assert "cost a text" in found.stdout
    table = pl.read_csv(tmp_path / "stars.csv").with_columns(stars=pl.lit("s") + pl.col("stars").cast(pl.String))
    table.write_csv(tmp_path / "named.csv")
    said = run_badly("climb", tmp_path / "named.csv", "--ordinal", *fast, tmp_path / "c")
    assert "the order of the labels is not known: s1" in said
    assert "--order" in said
    with_none = pl.read_csv(tmp_path / "stars.csv", infer_schema=False).with_columns(
        stars=pl.when(pl.int_range(pl.len()) < 20).then(pl.lit("none")).otherwise("stars")
    )
    with_none.write_csv(tmp_path / "none.csv")
    said = run_badly("climb", tmp_path / "none.csv", "--ordinal", *fast, tmp_path / "c")
    assert "the order of the labels is not known: none\n" in said
    order = ("--order", "s1,s2,s1,s3,s4")
    assert "has the label 's1' twice" in run_badly("climb", tmp_path / "named.csv", *order, *fast, tmp_path / "c")
    asked = ("--ordinal", "--metric", "accuracy")
    assert "goes by weighted kappa" in run_badly("climb", tmp_path / "stars.csv", *asked, *fast, tmp_path / "c")
    assert "lacks the label 's4'" in run_badly(
        "climb", tmp_path / "named.csv", "--order", "s3,s2,s1", *fast, tmp_path / "c"
    )
    found = run_well(
        "climb", tmp_path / "named.csv", "--metric", "recall@precision=0.7:s2", *fast, tmp_path / "d", "--json"
    )
    assert json.loads(found.stdout)["rungs"][0]["thresholds"]
