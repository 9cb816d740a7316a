"""New texts against old ones: halves of one file are alike, others are not, and what changed is named."""

import json

import numpy as np
import polars as pl
import pytest

import sadari
from cli_runs import run, run_badly, run_well
from sadari.data.corpus import Corpus
from sadari.errors import DataError, SettingError
from sadari.trust.drifting.drift import drift, drift_from_model


@pytest.fixture(scope="module")
def titles():
    return sadari.open_source("headlines").read()


@pytest.fixture(scope="module")
def halves(titles):
    order = np.random.default_rng(0).permutation(len(titles))
    return titles.take(order[: len(order) // 2]), titles.take(order[len(order) // 2 :])


def of_label(corpus, name, share):
    """The corpus with only a share of the rows of one label."""
    labels = np.array(corpus.labels.to_list())
    rows = np.flatnonzero(labels == name)
    return corpus.take(np.setdiff1d(np.arange(len(corpus)), rows[int(share * len(rows)) :]))


def test_halves_of_one_file_are_alike(halves):
    found = drift(*halves, permutations=199)
    assert not found.changed
    assert set(found.test.blocks) == {"words", "form", "labels", "sureness"}
    assert found.largest_move < 0.08
    assert found.unknown_share == 0
    assert np.allclose(found.given, found.shift.before, atol=0.05)


def test_texts_that_stand_in_both_are_not_guessed_by_models_that_learned_them(titles):
    """A weekly export often holds what came before, and models are surer of what they have learned."""
    same = drift(titles, titles, permutations=199)
    assert not same.changed
    assert same.test.blocks["sureness"].auc < 0.55
    order = np.random.default_rng(1).permutation(len(titles))
    before, more = titles.take(order[: 2 * len(order) // 3]), titles.take(order[len(order) // 3 :])
    assert not drift(before, more, permutations=199).changed


def test_a_label_that_is_gone_is_seen_without_the_new_labels(halves):
    before, after = halves
    few = of_label(after, before.label_names[0], 0.1)
    found = drift(before, Corpus(few.texts, None, few.rows, "new"), permutations=199)
    assert found.changed
    assert found.given is None
    place = np.abs(found.shift.after - found.shift.before).argmax()
    assert found.labels[place] == before.label_names[0]
    truth = (np.array(few.labels.to_list()) == before.label_names[0]).mean()
    assert found.shift.low[place] - 0.03 <= truth <= found.shift.high[place] + 0.03


def test_words_lengths_and_scripts_are_named(halves):
    before, after = halves
    changed = after.texts.to_frame().select(pl.col(after.texts.name) + " 새로운 zebra")[after.texts.name]
    found = drift(before, Corpus(changed, None, after.rows, "new"), permutations=99)
    assert found.changed
    assert {"zebra", "새로운"} <= {word.word for word in found.words[:3]}
    assert found.words[0].before == 0
    assert found.words[0].after == 1
    assert found.lengths[1] >= found.lengths[0] + 8
    assert found.scripts["Hangul"][0] == 0 < found.scripts["Hangul"][1]


def test_without_labels_words_and_form_are_compared(halves):
    before, after = (Corpus(each.texts, None, each.rows, "x") for each in halves)
    found = drift(before, after, permutations=99)
    assert set(found.test.blocks) == {"words", "form"}
    assert found.shift is None
    assert found.labels == []
    json.dumps(found.to_dict())


def test_several_labels_a_text():
    rng = np.random.default_rng(0)
    words = {"a": ["apple", "plum"], "b": ["car", "train"], "c": ["goal", "team"]}

    def corpus(shares):
        sets = [[name for name, share in shares.items() if rng.random() < share] or ["a"] for _ in range(300)]
        texts = [" ".join(str(rng.choice(words[name])) for name in names) + f" {rng.random()}" for names in sets]
        return Corpus(pl.Series(texts), pl.Series(sets, dtype=pl.List(pl.String)), np.arange(300) + 1, "x")

    found = drift(corpus({"a": 0.4, "b": 0.4, "c": 0.2}), corpus({"a": 0.4, "b": 0.1, "c": 0.6}), permutations=99)
    assert found.changed
    assert found.shift.after[2] == pytest.approx(0.6, abs=0.08)
    assert found.shift.before[2] == pytest.approx(0.2, abs=0.08)


def test_odd_texts_are_borne(halves):
    odd = ["", "   ", "\u200b", "🙂" * 50, "a" * 100_000, *["…"] * 30]
    found = drift(halves[0], Corpus(pl.Series(odd), None, np.arange(len(odd)) + 1, "odd"), permutations=99)
    assert found.changed
    with pytest.raises(DataError, match="19 texts are too few"):
        drift(halves[0].take(np.arange(19)), halves[1])


def test_the_command(halves, tmp_path):
    before, after = halves
    few = of_label(after, before.label_names[0], 0)
    for name, corpus in (("before", before), ("after", after), ("few", few)):
        pl.DataFrame({"label": corpus.labels, "text": corpus.texts}).write_csv(tmp_path / f"{name}.csv")
    fast = ("--permutations", "99", "--fail-if")
    said = run_well("data", "drift", tmp_path / "before.csv", tmp_path / "after.csv", *fast, "p<0.02").stdout
    assert "Alike" in said
    found = run("data", "drift", tmp_path / "before.csv", tmp_path / "few.csv", *fast, "label > 0.1")
    assert (found.exit_code, "Changed" in found.stdout) == (1, True), found.stderr
    said = run("data", "drift", tmp_path / "before.csv", tmp_path / "after.csv", "--lang", "ko").stdout
    assert not [word for word in ("Alike", "Scripts", "Latin", "Changed") if word in said]
    found = run("data", "drift", tmp_path / "before.csv", tmp_path / "few.csv", "--json", *fast, "unknown>0")
    assert found.exit_code == 0
    assert json.loads(found.stdout)["changed"] is True
    assert "write p<0.01" in run_badly("data", "drift", "headlines", "headlines", *fast, "perhaps")
    assert "no such file" in run_badly("data", "drift", "headlines", tmp_path / "none.csv")


@pytest.mark.parametrize(
    "asked", ["p>0.1", "p<0", "p<nan", "p<2", "label<0.1", "label>nan", "unknown>-1", "label>1", "x>0", ""]
)
def test_an_alarm_that_is_none_is_refused(asked):
    said = run_badly("data", "drift", "headlines", "headlines", "--fail-if", asked)
    assert "write p<0.01, label>0.1 or unknown>0" in said


def test_an_alarm_that_could_not_go_off_is_refused(halves, tmp_path):
    for name, corpus in zip(("before", "after"), halves, strict=True):
        pl.DataFrame({"label": corpus.labels, "text": corpus.texts}).write_csv(tmp_path / f"{name}.csv")
        pl.DataFrame({"text": corpus.texts}).write_csv(tmp_path / f"{name}-texts.csv")
    before, after = tmp_path / "before.csv", tmp_path / "after-texts.csv"
    said = run_badly("data", "drift", before, after, "--fail-if", "p<0.001")
    assert "is never so" in said
    assert "--permutations 1000" in said
    fast = ("--permutations", "99", "--fail-if")
    assert "unknown needs labels in both" in run_badly("data", "drift", before, after, *fast, "unknown>0")
    assert "has no labels, two at least" in run_badly(
        "data", "drift", tmp_path / "before-texts.csv", after, *fast, "label>0.1"
    )


def test_a_rare_label_among_several_is_not_said_to_have_moved():
    """It is guessed of as many texts as have it, not of those where it is likelier than not."""
    rng = np.random.default_rng(0)

    def corpus():
        sets = [["common"] + ["rare"] * (rng.random() < 0.05) for _ in range(400)]
        texts = [
            " ".join(rng.choice(["one", "two", "three"], 4))
            + f" {rng.random()}"
            + " odd" * (len(names) > 1 and rng.random() < 0.5)
            for names in sets
        ]
        return Corpus(pl.Series(texts), pl.Series(sets, dtype=pl.List(pl.String)), np.arange(400) + 1, "x")

    found = drift(corpus(), corpus(), permutations=99)
    assert found.shift.after == pytest.approx(found.shift.before, abs=0.06)
    assert found.largest_move < 0.02


def test_what_is_no_corpus_and_no_model_is_refused(halves):
    with pytest.raises(SettingError, match=r"before is 'train\.csv'"):
        drift("train.csv", halves[1])
    with pytest.raises(SettingError, match="model is 'runs/news'"):
        drift_from_model("runs/news", halves[1])


def test_a_model_that_keeps_too_few_answers_and_a_climb_are_refused(halves, tmp_path):
    model = sadari.TfIdf().fit(halves[0].texts[:12], halves[0].labels[:12])
    with pytest.raises(SettingError, match="20 at least"):
        drift_from_model(model, halves[1])
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "climb.json").write_text("{}")
    assert "is not a Sadari model" in run_badly("data", "drift", tmp_path / "run", "headlines")


def test_a_model_is_compared_by_what_it_answered(halves, tmp_path):
    before, after = halves
    model = sadari.TfIdf().fit(before.texts, before.labels)
    same = drift_from_model(model, Corpus(after.texts, None, after.rows, "new"), permutations=199)
    assert not same.changed
    assert set(same.test.blocks) == {"labels", "sureness"}
    gone = of_label(after, before.label_names[0], 0)
    found = drift_from_model(model, gone, permutations=199)
    assert found.changed
    assert found.shift.after[0] < 0.1 < found.shift.before[0]
    model.save(tmp_path / "m")
    pl.DataFrame({"text": gone.texts}).write_csv(tmp_path / "new.csv")
    result = run("data", "drift", tmp_path / "m", tmp_path / "new.csv", "--permutations", "199", "--fail-if", "p<0.03")
    assert (result.exit_code, result.stderr.count("fault")) == (1, 0), result.stderr
    assert before.label_names[0] in result.stdout
    assert "Length" not in result.stdout  # a model holds no texts
    model.calibration_ = None
    with pytest.raises(SettingError, match="keeps no answers"):
        drift_from_model(model, gone)
