"""bert in the climb: taken when weights are given, within the budget, and what is said of it before and after."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import sadari
from cli_runs import run_badly, run_well
from sadari.climb.budget import budget as budgets
from sadari.climb.budget.budget import Budget, Plan, TooDear, _plan_slow
from sadari.climb.budget.throughput import Throughput, throughput_of
from sadari.climb.progress import Bar
from sadari.climb.selection import rungs_to_climb
from sadari.climb.split import freeze, halves, nested_rows
from sadari.data.audit.audit import audit
from sadari.data.corpus import Corpus
from sadari.data.datasets import find
from sadari.data.read import open_source
from sadari.display.watching import Watching
from sadari.messages import render
from sadari.rungs import BertClassifier
from sadari.rungs.neural.recurrent import LSTM
from sadari.settings.declaration import search_space
from tiny_bert import few_titles, tiny_bert

PACE = Throughput(training=0.02, predicting=0.005)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return tiny_bert(str(tmp_path_factory.mktemp("weights") / "tiny-bert"))


@pytest.fixture(scope="module")
def some():
    return few_titles()


@pytest.fixture(scope="module")
def in_folds(some):
    return freeze(*some, audit(*some), seed=0)


def large(train, validation=3_000, final=7_000):
    """A split of so many rows, as far as a plan looks at it."""
    return SimpleNamespace(train=range(train), validation=range(validation), final=range(final), folds=[])


def bert(**given):
    return BertClassifier(weights="w", **given)


# -- what the time allows ---------------------------------------------------------------------------------


def test_all_rows_and_what_is_measured_are_in_the_time():
    """30,000 rows twice at 50 texts a second, and 10,000 that are predicted at 200."""
    needed = 30_000 * 2 * 0.02 + 10_000 * 0.005
    plan = _plan_slow(bert(), PACE, large(30_000), needed + 1)
    assert plan == Plan(30_000, throughput=PACE, seconds=pytest.approx(needed))
    assert str(plan.said()) == "50 texts/s in training, about 20 min 50 s in all"
    without_measuring = _plan_slow(bert(), PACE, large(30_000), 30_000 * 2 * 0.02 + 1)
    assert without_measuring.settings == {"epochs": 1}


def test_with_less_time_one_pass_and_then_fewer_rows_and_it_is_said():
    one = _plan_slow(bert(), PACE, large(30_000), 700.0)
    assert (one.rows, one.settings, str(one.note)) == (30_000, {"epochs": 1}, "1 of 2 passes, for the budget")
    few = _plan_slow(bert(), PACE, large(30_000), 350.0)
    assert 14_000 < few.rows <= 15_000
    assert str(few.note) == f"trained on {few.rows:,} of 30,000 rows, for the budget"
    assert few.seconds <= 350.0
    asked = _plan_slow(bert(epochs=2), PACE, large(30_000), 700.0)
    assert asked.settings == {}
    assert 16_000 < asked.rows < 16_500
    assert asked.seconds <= 700.0


def test_with_no_time_it_is_left_out_and_says_how_fast_it_would_be():
    dear = _plan_slow(bert(), PACE, large(30_000), 60.0)
    assert isinstance(dear, TooDear)
    assert str(dear.why).startswith("at 50 texts/s in training it needs about 20 min")
    assert dear.least == pytest.approx(500 * 8 / 2 * 0.02 + 10_000 * 0.005)
    assert isinstance(_plan_slow(bert(), PACE, large(30_000), dear.least + 2), Plan)


def test_few_rows_are_validated_in_halves_where_folds_take_too_long(in_folds):
    rows, most = len(in_folds.train), 10  # passes, that so few rows want
    once, rest = rows * most * 0.02, (rows + 40) * 0.005
    whole = _plan_slow(bert(), PACE, in_folds, 5 * once + rest + 0.1)
    assert (whole.halves, whole.note) == (False, "")
    assert whole.seconds == pytest.approx(5 * once + rest)
    half = _plan_slow(bert(), PACE, in_folds, 2 * once + rest + 0.1)
    assert half.halves
    assert str(half.note) == "validated by models of half the rows, for the budget"
    assert half.seconds == pytest.approx(2 * once + rest)
    fewer = _plan_slow(bert(), PACE, in_folds, 1.6 * once + rest)
    assert (fewer.settings, fewer.halves) == ({"epochs": 8}, True)
    dear = _plan_slow(bert(), PACE, in_folds, 30 * 2 * 7 * 0.02 + rest - 0.01)  # a quarter of the rows, seven passes
    assert isinstance(dear, TooDear)
    assert str(dear.why).startswith(
        "at 50 texts/s in training it needs at least 8.4 s, and 8.4 s of the budget are left"
    )
    assert isinstance(_plan_slow(bert(), PACE, in_folds, dear.least), Plan)


@pytest.mark.parametrize("asked", [{}, {"epochs": 3}], ids=["its own passes", "passes that were asked for"])
def test_of_few_rows_fewer_are_trained_on_where_halves_take_too_long(in_folds, asked):
    rest = (120 + 40) * 0.005
    plan = _plan_slow(bert(**asked), PACE, in_folds, 45 * 2 * (3 if asked else 7) * 0.02 + rest)
    assert (plan.rows, plan.halves, plan.settings) == (45, True, {} if asked else {"epochs": 7})
    assert str(plan.note) == "trained on 45 of 120 rows, for the budget · validated by two models of as many rows"
    more = _plan_slow(bert(**asked), PACE, in_folds, (75 + 60 + 60) * (3 if asked else 7) * 0.02 + rest)
    assert (
        str(more.note)
        == "trained on 75 of 120 rows, for the budget · validated by models of half the rows, for the budget"
    )


def test_a_rare_label_is_among_few_rows(in_folds):
    codes = np.array([1] + [0] * 99, np.int32)
    labels = pl.Series(np.array(["often", "once"])[codes])
    frozen = SimpleNamespace(train=Corpus(pl.Series(["text"] * 100), labels, np.arange(1, 101), "rare.csv"))
    for rows in (2, 10, 50):
        chosen = nested_rows(frozen, rows, 0)
        assert len(chosen) == rows
        assert set(codes[chosen]) == {0, 1}
    part = halves(in_folds, 0)[1]
    among = nested_rows(in_folds, 8, 0, among=part)
    assert set(among) <= set(part)
    assert np.bincount(in_folds.train.codes[among]).tolist() == [2, 2, 2, 2]


def test_two_halves_are_all_the_rows(in_folds):
    first, second = halves(in_folds, 0)
    assert np.array_equal(np.sort(np.concatenate([first, second])), np.arange(len(in_folds.train)))
    assert abs(len(first) - len(second)) <= len(in_folds.label_names)
    assert set(in_folds.train.codes[first]) == set(in_folds.train.codes[second])


def count_fits(rung, monkeypatch):
    """A list to which each training of that rung adds how many texts it has."""
    fits, one = [], rung._train

    def counted(self, texts, targets, costs, watch):
        fits.append(len(targets))
        return one(self, texts, targets, costs, watch)

    monkeypatch.setattr(rung, "_train", counted)
    return fits


def test_the_pace_is_that_of_a_training(weights, some, monkeypatch):
    throughput = throughput_of(BertClassifier(weights=weights, threads=1, epochs=9), some[0])
    assert throughput.predicting > 1e-6
    assert 1e-6 < throughput.training < 1
    fits = count_fits(BertClassifier, monkeypatch)
    short = throughput_of(BertClassifier(weights=weights, threads=1), some[0], 0.0)
    assert fits == [16]  # however little time there is
    assert 1e-6 < short.training < 1
    plan = Budget(1e6).plan(BertClassifier(weights=weights, threads=1), freeze(*some, audit(*some), seed=0), 0)
    assert isinstance(plan, Plan)
    assert plan.rows == len(some[0])
    assert plan.seconds > 0
    assert fits == [16, 16, 120]


def test_texts_that_stand_label_by_label_are_measured_as_others(weights, some, monkeypatch):
    """And a weight of a label that is not among a few texts is no reason to stop."""
    ordered = some[0].take(np.argsort(some[0].codes, kind="stable"))
    ordered = replace(ordered, labels=pl.Series([*ordered.labels[:-3], *["rare"] * 3]))
    assert len(set(ordered.labels[:16])) == 1
    fits = count_fits(BertClassifier, monkeypatch)
    settings = {"class_weight": {"rare": 5.0}, "threads": 1}
    assert throughput_of(BertClassifier(weights=weights, **settings), ordered, 0.0).training > 0
    assert fits == [16]
    frozen = freeze(ordered, some[1], audit(ordered, some[1]), seed=0)
    fits = count_fits(LSTM, monkeypatch)
    assert isinstance(Budget(1e6).plan(LSTM(**settings), frozen, 0), Plan)
    assert fits == [64, 120]  # what is measured is no first training


def test_a_pace_is_measured_once(weights, in_folds, monkeypatch):
    measured = []
    monkeypatch.setattr(budgets, "throughput_of", lambda model, probe, seconds: measured.append(seconds) or PACE)
    budget = Budget(100)
    for share in (0.01, 1):
        budget.plan(BertClassifier(weights=weights), in_folds, 0, share=share)
    assert len(measured) == 1
    assert 4.5 < measured[0] <= 5.0  # of a hundred seconds


# -- the climb --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def climbed(weights, tmp_path_factory):
    """A climb of a few headlines, as the command line makes it: (printed, on standard error, its folder)."""
    place = tmp_path_factory.mktemp("climb")
    data = find("headlines")
    lines = data.train.read_text().splitlines(keepends=True)
    (place / "few.csv").write_text("".join(lines[:61]))
    (place / "test.csv").write_text("".join(data.test.read_text().splitlines(keepends=True)[:41]))
    result = run_well(
        "climb",
        place / "few.csv",
        "--test",
        place / "test.csv",
        "--rungs",
        "bow,bert",
        "--weights",
        weights,
        "-o",
        place / "out",
        "--text",
        "title",
        "--tokenizer",
        "words",
        "--budget",
        "none",
        "--no-curves",
        "--texts-per-day",
        10**9,  # so many that what bert costs is noticed on any machine
        "--margin",
        0.5,
    )
    return result.stdout, place / "out"


def test_bert_is_a_rung_of_the_climb(climbed, some):
    printed, folder = climbed
    assert "bert" in printed
    assert "tokenizer: words" in printed
    found = json.loads((folder / "climb.json").read_text())
    bow, mine = found["rungs"]
    assert (bow["rung"], mine["rung"]) == ("bow", "bert")
    assert mine["settings"]["weights"] == found["options"]["weights"] == "tiny-bert"
    assert {"transformers", "torch"} <= set(found["versions"])
    assert mine["one_text_us"] > bow["one_text_us"]
    assert len(mine["history"]) >= 1
    report = (folder / "report.html").read_text()
    assert "bert" in report
    assert "tiny-bert" in report


def test_its_model_is_saved_and_explains_and_needs_the_weights_no_more(climbed, some):
    model = sadari.load(climbed[1] / "bert")
    assert isinstance(model, BertClassifier)
    reasons = model.explain(some[1].texts[0])
    assert len(reasons.features) == len(reasons.contributions) > 0
    assert model.predict_proba(some[1].texts).shape == (40, 4)


def test_the_verdict_says_what_bert_costs_a_text(climbed):
    verdict = json.loads((climbed[1] / "climb.json").read_text())["verdict"]
    assert verdict["rung"] == "bow"  # random weights, a few texts
    assert verdict["cost_ratio"] > 5
    assert any("bert" in said and "to label 1,000,000,000 texts" in said for said in verdict["sentences"])


def test_class_weights_and_passes_reach_it_and_halves_are_said(weights, some, monkeypatch):
    plan, told, fits = budgets._plan_slow, [], []

    def in_halves(model, throughput, frozen, allowed):
        return Plan(len(frozen.train), {"epochs": 1}, "validated by models of half the rows", True, throughput, 1.0)

    monkeypatch.setattr(budgets, "_plan_slow", in_halves)
    one = BertClassifier._train

    def counted(self, texts, targets, costs, watch):
        fits.append((len(targets), self.class_weight, self.epochs))
        return one(self, texts, targets, costs, watch)

    monkeypatch.setattr(BertClassifier, "_train", counted)
    result = sadari.climb(
        *some,
        rungs=["bert"],
        weights=weights,
        budget=1000,
        curves=False,
        settings={"bert": {"class_weight": "balanced", "threads": 1}},
        on_progress=lambda done, total, record: told.append(record["doing"]),
    )
    assert plan is not budgets._plan_slow
    assert fits[-3:] == [(120, "balanced", 1), (60, "balanced", 1), (60, "balanced", 1)]
    assert "validated by models of half the rows" in str(result.rungs[0].note)
    assert any(what.startswith("bert: ") and what.endswith("about 1.0 s in all") for what in map(str, told))
    assert len(result.rungs[0].validation_predictions) == 120


def test_fewer_rows_and_no_word_of_english_in_a_korean_climb(weights, monkeypatch):
    data = find("headlines_ko")
    korean = open_source(data.train, text="title,text", label="label").read().take(np.arange(120))
    test = open_source(data.test, text="title,text", label="label").read().take(np.arange(40))
    monkeypatch.setattr(budgets, "throughput_of", lambda model, probe, seconds: PACE)
    told = []
    fits = []
    one = BertClassifier._train

    def counted(self, texts, targets, costs, watch):
        fits.append((len(targets), self.epochs))
        return one(self, texts, targets, costs, watch)

    monkeypatch.setattr(BertClassifier, "_train", counted)
    result = sadari.climb(
        korean,
        test,
        rungs=["bert"],
        weights=weights,
        budget=45 * 2 * 7 * 0.02 + 160 * 0.005 + 2,
        curves=False,
        lang="ko",
        settings={"bert": {"threads": 1, "max_length": 16}},
        on_progress=lambda done, total, record: told.append(record["doing"]),
    )
    rows = result.rungs[0].rows
    assert 45 <= rows < 60
    assert fits == [(rows, 7)] * 2  # the model itself validates one half
    assert len(result.rungs[0].validation_predictions) == 120
    note = render(result.rungs[0].note, "ko")
    assert note.startswith(
        f"시간 예산 때문에 120행 중 {rows}행으로만 학습 · 같은 수의 행으로 학습한 두 모델로 검증 · 글 "
    )
    assert note.endswith("%)은 토큰 16개까지만 읽음")
    assert any(render(what, "ko").startswith("bert: 학습 속도 50건/초, 모두 약 ") for what in told)
    dear = Budget(1).plan(BertClassifier(weights=weights), freeze(korean, test, audit(korean, test), seed=0), 0)
    left_out = rungs_to_climb(None, {}).left_out
    for said in (note, render(dear.why, "ko"), *(render(why, "ko").partition(":")[0] for _, why in left_out)):
        assert not re.search("[A-Za-z]", said), said


# -- what is refused --------------------------------------------------------------------------------------


def test_weights_and_the_rung_belong_together(weights, tmp_path):
    selection = rungs_to_climb(None, {})
    assert "bert" not in selection.names
    assert render(dict(selection.left_out)["bert"]) == "for want of pre-trained weights to start from: --weights FOLDER"
    assert rungs_to_climb(["bert"], {"weights": weights}).starts == {"bert": {"weights": weights}}
    assert "none are given" in run_badly("climb", "--rungs", "bow,bert", "-o", tmp_path / "o")
    assert "is not asked for" in run_badly("climb", "--rungs", "bow", "--weights", tmp_path, "-o", tmp_path / "o")
    nothing = run_badly("climb", "--weights", tmp_path / "nowhere", "-o", tmp_path / "o")
    assert "there is no such folder of weights" in nothing
    assert "config.json" in run_badly("climb", "--weights", tmp_path, "-o", tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_every_rung_has_settings_to_try():
    for name, kind in sadari.RUNGS.items():
        assert search_space(kind), name


def test_the_bar_never_runs_back():
    told = []
    with Watching("climb", False, lambda done, total, record: told.append((record["doing"], done / total))) as watching:
        say = Bar(watching)
        for what, share in (("bert", 0.4), ("lstm again", 0.1), ("lstm again", 0.5)):
            say(what, share)
    assert told == [("bert", 0.4), ("lstm again", 0.4), ("lstm again", 0.5)]


def test_the_bar_runs_on_and_leaves_room_for_bert(some, weights):
    told = []
    sadari.climb(
        *some,
        rungs=["bow", "tfidf", "bert"],
        weights=weights,
        curves=False,
        settings={"bert": {"epochs": 1}},
        on_progress=lambda done, total, record: told.append((record["doing"], done / total)),
    )
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert next(share for what, share in told if str(what).startswith("bert")) < 0.1
