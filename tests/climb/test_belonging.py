"""Rows that belong together, and the latest rows: no split parts a group, none learns from what comes later."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sadari
from cli_runs import run_badly, run_well
from sadari.climb.split import freeze, halves, nested_rows
from sadari.data.audit.audit import audit
from sadari.data.belonging import moments, suggested_columns
from sadari.data.corpus import Corpus
from sadari.data.split import split
from sadari.errors import DataError
from sadari.messages import message
from sadari.rungs import TfIdf
from sadari.trust.drifting.guessed import guess

PLACE = lambda at: message("row {row}", row=at + 1)  # noqa: E731


@pytest.fixture(scope="module")
def titles():
    return sadari.open_source("headlines").read()


def with_belonging(corpus, *, groups=None, times=None):
    return Corpus(corpus.texts, corpus.labels, corpus.rows, "x", groups=groups, times=times)


def frozen(corpus, test=None, seed=0):
    return freeze(corpus, test, audit(corpus, test, unseen={}, seed=0), seed=seed)


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2), st.integers(0, 30)), min_size=1, max_size=60),
    st.integers(0, 3),
)
def test_no_group_and_no_text_is_parted(rows, seed):
    groups = pl.Series([f"g{group}" if group else None for group, _, _ in rows], dtype=pl.String)
    labels, texts = pl.Series([f"l{label}" for _, label, _ in rows]), pl.Series([f"t{text}" for *_, text in rows])
    parts = split(labels, fractions=(0.6, 0.2, 0.2), texts=texts, groups=groups, seed=seed)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(rows)))
    part = np.empty(len(rows), int)
    for number, members in enumerate(parts):
        part[members] = number
    for column in (groups, texts):
        frame = pl.DataFrame({"value": column, "part": part}).drop_nulls()
        assert (frame.group_by("value").agg(pl.col("part").n_unique())["part"] <= 1).all()


def test_shares_and_labels_are_about_right_where_groups_are_small():
    rng = np.random.default_rng(0)
    groups = pl.Series([f"g{each}" for each in rng.integers(0, 400, 2000)])
    labels = pl.Series([f"l{each}" for each in rng.choice(3, 2000, p=[0.6, 0.3, 0.1])])
    last = split(labels, validation=0.2, groups=groups)[1]
    assert len(last) == pytest.approx(400, abs=30)
    for name, share in (("l0", 0.6), ("l1", 0.3), ("l2", 0.1)):
        assert (labels.gather(last) == name).mean() == pytest.approx(share, abs=0.04)
    again = split(labels, validation=0.2, groups=groups)
    assert np.array_equal(last, again[1])


def test_groups_are_apart_in_every_part_of_a_climb(titles):
    names = [f"g{place % 90}" for place in range(len(titles))]
    made = frozen(with_belonging(titles, groups=pl.Series(names)))
    assert made.folds
    train, final = (set(part.groups.to_list()) for part in (made.train, made.final))
    assert not train & final
    every = np.arange(len(made.train))
    for fold in [*made.folds, *halves(made, 0)]:
        seen, others = (set(made.train.groups.gather(rows).to_list()) for rows in (fold, np.setdiff1d(every, fold)))
        assert not seen & others
    part = nested_rows(made, 300, 0)
    left = np.setdiff1d(every, part)
    assert 200 < len(part) <= 300
    assert not set(made.train.groups.gather(part).to_list()) & set(made.train.groups.gather(left).to_list())


def test_the_latest_validate_and_are_tested(titles):
    times = np.random.default_rng(0).permutation(len(titles)).astype(float)
    made = frozen(with_belonging(titles, times=times))
    assert not made.folds
    assert made.train.times.max() < made.validation.times.min()
    assert made.validation.times.max() < made.final.times.min()
    assert len(made.final) == pytest.approx(0.2 * len(titles), abs=2)


def test_rows_of_one_moment_stay_together(titles):
    times = np.repeat(np.arange(10.0), len(titles) // 10)
    made = frozen(with_belonging(titles.take(np.arange(len(times))), times=times))
    assert not {*made.train.times} & {*made.validation.times}
    assert not {*made.validation.times} & {*made.final.times}


def test_groups_that_stand_in_the_test_file_are_said(titles):
    groups = pl.Series([f"g{place % 90}" for place in range(len(titles))])
    corpus = with_belonging(titles, groups=groups)
    made = frozen(corpus.take(np.arange(800)), corpus.take(np.arange(800, len(titles))))
    assert any("belong to groups" in str(note) for note in made.notes)


@pytest.mark.parametrize(
    "values",
    [
        ["2020-01-02", "2019-12-31", "2020-01-01"],
        ["2020-01-02T03:04:05Z", "2020-01-01T00:00:00Z", "2020-01-02T00:00:00.5Z"],
        ["2020-01-02 03:04:05", "2019-01-01 00:00:00", "2020-01-02 00:00:00"],
        ["02.01.2020", "31.12.2019", "01.01.2020"],
        ["2020-01-02 03:04", "2019-01-01 00:00", "2020-01-02 00:00"],
        ["2020/01/02 03:04", "2019/01/01 00:00", "2020/01/02 00:00"],
        ["2020-01-02T03:04Z", "2019-01-01T00:00Z", "2020-01-02T00:00Z"],
        ["3", "1.5", "2"],
        [3, 1, 2],
    ],
)
def test_moments_are_read(values):
    assert np.array_equal(np.argsort(moments(pl.Series(values), PLACE)), [1, 2, 0])


@pytest.mark.parametrize("values", [["2020-01-02", "soon"], ["1", None], [1.0, float("nan")]])
def test_what_is_no_moment_is_said_with_its_row(values):
    with pytest.raises(DataError, match="row 2"):
        moments(pl.Series(values), PLACE)


def test_a_whole_text_among_moments_is_cut():
    with pytest.raises(DataError) as said:
        moments(pl.Series(["2020-01-01", "no moment " * 1000]), PLACE)
    assert len(str(said.value)) < 200


def test_columns_are_suggested_by_their_names():
    assert suggested_columns(["text", "Customer ID", "created_at", "label"], ["text", "label"]) == (
        "Customer ID",
        "created_at",
    )
    assert suggested_columns(["text", "update", "userland", "date"], ["text", "date"]) == (None, None)


def test_the_command(titles, tmp_path):
    # whoever learns of a customer's other rows knows the label: each has words of its own, and one label
    rng = np.random.default_rng(0)
    rows = [
        (f"c{c}", "ab"[c % 2], f"word{c} " + " ".join(rng.choice(list("xyz"), 4))) for c in range(60) for _ in range(8)
    ]
    frame = pl.DataFrame(rows, schema=["customer", "label", "text"], orient="row")
    frame.with_columns(text=pl.col("text") + pl.Series([f" {i}" for i in range(len(rows))])).write_csv(
        tmp_path / "t.csv"
    )
    fast = ("--rungs", "bow", "--no-report", "--no-curves", "--json", "--budget", "none", "-o")
    alone = json.loads(run_well("climb", tmp_path / "t.csv", *fast, tmp_path / "a").stdout)
    apart = json.loads(run_well("climb", tmp_path / "t.csv", "--group", "customer", *fast, tmp_path / "b").stdout)
    assert alone["rungs"][0]["accuracy"]["value"] > 0.95
    assert apart["rungs"][0]["accuracy"]["value"] < 0.8
    assert "--group customer" in run_well("data", "audit", tmp_path / "t.csv").stdout
    assert "no column 'shop'" in run_badly("climb", tmp_path / "t.csv", "--group", "shop")


def test_the_split_says_what_it_goes_by(titles):
    names = pl.Series([f"g{place % 90}" for place in range(len(titles))])
    said = "\n".join(map(str, frozen(with_belonging(titles, groups=names)).notes))
    assert "rows of one group stand on one side: 90 groups" in said
    assert "held out" not in said
    said = "\n".join(map(str, frozen(with_belonging(titles, times=np.arange(float(len(titles))))).notes))
    assert "validated and tested on the latest" in said
    early = [place < 0.8 * len(titles) and place % 4 == 0 for place in range(len(titles))]  # short ones; others go on
    some = pl.Series([f"e{n // 40}" if soon else f"g{n % 45}" for n, soon in enumerate(early)])
    made = frozen(with_belonging(titles, groups=some, times=np.arange(float(len(titles)))))
    assert any("rows are held out, because groups" in str(note) for note in made.notes)
    with pytest.raises(DataError, match="every group has rows among the latest"):
        frozen(with_belonging(titles, groups=names, times=np.arange(float(len(titles)))))


@pytest.mark.parametrize(
    ("belonging", "said"),
    [
        ({"groups": lambda n, labels: pl.Series(["same"] * n)}, "all its rows are of one group"),
        ({"groups": lambda n, labels: labels}, "groups too few have rows of several labels"),
        ({"times": lambda n, labels: np.ones(n)}, "all its rows are of one moment"),
    ],
)
def test_groups_and_moments_that_part_nothing_are_refused(titles, belonging, said):
    with pytest.raises(DataError, match=said):
        frozen(with_belonging(titles, **{name: make(len(titles), titles.labels) for name, make in belonging.items()}))


def test_what_looks_for_wrong_labels_and_for_drift_keeps_groups_apart_too(monkeypatch):
    rng = np.random.default_rng(0)
    groups = [f"customer{group}" for group in rng.integers(0, 40, 200)]
    labels = ["good" if word else "bad" for word in rng.integers(0, 2, 200)]
    texts = pl.Series(
        [f"{group} is {label} text{i}" for i, (group, label) in enumerate(zip(groups, labels, strict=True))]
    )
    corpus = Corpus(texts, pl.Series(labels), np.arange(200), "x", groups=pl.Series(groups))
    seen, asked = [], []
    fit, scored = TfIdf.fit, TfIdf.predict_proba

    def group_of(column):
        return {text.split()[0] for text in column}

    monkeypatch.setattr(
        TfIdf,
        "fit",
        lambda self, texts, *rest, **more: (seen.append(group_of(texts)), fit(self, texts, *rest, **more))[1],
    )
    monkeypatch.setattr(
        TfIdf,
        "predict_proba",
        lambda self, texts, **more: (asked.append((group_of(texts), seen[-1])), scored(self, texts, **more))[1],
    )
    sadari.suspects(corpus, rungs=["tfidf"], reasons=0, verbose=False)
    assert len(asked) == 5
    assert not any(here & there for here, there in asked)
    asked.clear()
    guess(corpus, pl.Series(["customer999 is good"] * 10))
    assert len(asked) == 10
    assert not any(here & there for here, there in asked)
