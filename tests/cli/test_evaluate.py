"""``sadari evaluate`` and ``sadari explain``: figures that agree with scikit-learn's, and sums that add up."""

import json
import math
import re

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

import sadari
from cli_runs import HEADLINES, model_folder, run_badly, run_well
from sadari.cli.explain.view import print_explanation
from sadari.rungs import BagOfWords, Char, WordChar
from sadari.rungs.explanation import LEAST_SEEN, Explanation, bar_lengths

TEST = HEADLINES / "en_test.csv"
TEXT = "A late goal in Turin sends the stocks of Juventus up"


@pytest.fixture(scope="module")
def scores():
    return json.loads(run_well("evaluate", model_folder(), TEST, "--json").stdout)


def test_scores_are_scikit_learns(scores):
    frame = pl.read_csv(TEST)
    truth = frame["label"].to_list()
    found = sadari.load(model_folder()).predict((frame["title"] + " " + frame["text"]).to_list())
    assert scores["accuracy"]["value"] == pytest.approx(accuracy_score(truth, found))
    assert scores["macro_f1"]["value"] == pytest.approx(f1_score(truth, found, average="macro"))
    assert scores["accuracy"]["low"] < scores["accuracy"]["value"] < scores["accuracy"]["high"]
    np.testing.assert_array_equal(np.array(scores["confusion"])[:-1], confusion_matrix(truth, found))


def test_printed_figures_are_the_same(scores):
    printed = run_well("evaluate", model_folder(), TEST).stdout
    assert f"Accuracy     {100 * scores['accuracy']['value']:.1f} %" in printed
    assert "Calibration" in printed
    for record in scores["per_class"]:
        [shown] = re.findall(rf"^  {record['label']} +(\d+\.\d) +(\d+\.\d) +(\d+\.\d) +(\d+)$", printed, re.MULTILINE)
        assert shown[2] == f"{100 * record['f1']:.1f}"
        assert int(shown[3]) == record["support"]
    matrix = printed.split("truth ↓")[1].splitlines()[1:]
    assert [[int(n) for n in line.split()[1:]] for line in matrix] == scores["confusion"][:-1]


def test_a_name_stands_for_its_test_file(scores):
    named = json.loads(run_well("evaluate", model_folder(), "headlines", "--json").stdout)
    assert named["accuracy"] == scores["accuracy"]
    assert named["source"] == "headlines (test)"
    assert scores["source"] == str(TEST)


def test_labels_never_seen_are_counted_and_wrong(tmp_path):
    frame = pl.read_csv(TEST).head(40)
    odd = frame.head(10).with_columns(label=pl.Series(["Weather"] * 7 + ["Traffic"] * 3))
    pl.concat([frame, odd]).write_csv(tmp_path / "odd.csv")
    plain = json.loads(run_well("evaluate", model_folder(), "-", "--json", stdin=frame.write_csv()).stdout)
    found = json.loads(run_well("evaluate", model_folder(), tmp_path / "odd.csv", "--json").stdout)
    assert found["unseen_labels"] == {"Weather": 7, "Traffic": 3}
    assert found["accuracy"]["value"] == pytest.approx(plain["accuracy"]["value"] * 40 / 50)
    assert sum(found["confusion"][-1]) == 10
    printed = run_well("evaluate", model_folder(), tmp_path / "odd.csv").stdout
    assert "10 texts with labels that training never saw" in " ".join(printed.split())
    assert "(unseen)" in printed


def test_a_file_with_no_label_that_training_saw_is_an_error_and_not_a_score_of_nothing(tmp_path):
    """Most often another column was taken for the labels': 0.0 % would say that the model is bad."""
    frame = pl.read_csv(TEST).head(40).with_columns(label=pl.Series(["yes", "no"] * 20))
    frame.write_csv(tmp_path / "odd.csv")
    train = TEST.with_name("en_train.csv")
    for arguments in (
        ("evaluate", model_folder(), tmp_path / "odd.csv"),
        ("train", train, "--rung", "bow", "-o", tmp_path / "m", "--test", tmp_path / "odd.csv"),
        ("climb", train, "--rungs", "bow", "-o", tmp_path / "run", "--test", tmp_path / "odd.csv"),
    ):
        said = " ".join(run_badly(*arguments).split())
        assert "none of its labels was seen in training: 'no', 'yes', where training has 'Business'" in said
        assert "--label" in said
    assert not (tmp_path / "m").exists()
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["gaps.csv", "gaps.jsonl"])
def test_empty_texts_are_scored_with_the_most_frequent_label_and_said(tmp_path, name):
    model = sadari.load(model_folder())
    most = str(model.classes_[model.prior_.argmax()])
    other = next(str(label) for label in model.classes_ if label != most)
    frame = pl.DataFrame({"text": [TEXT, None, "", None], "label": ["Sports", most, other, other]})
    frame.write_csv(tmp_path / "gaps.csv", quote_style="non_numeric")
    (tmp_path / "gaps.jsonl").write_text("".join(json.dumps(row) + "\n" for row in frame.to_dicts()))
    found = json.loads(run_well("evaluate", model_folder(), tmp_path / name, "--json").stdout)
    assert (found["rows"], found["unknown_texts"], found["accuracy"]["value"]) == (4, 3, 0.5)
    assert "3 blank texts kept (rows 2, 3, 4)" in found["notes"]
    printed = " ".join(run_well("evaluate", model_folder(), tmp_path / name).stdout.split())
    assert "3 texts in which the model knows nothing, answered with the labels' shares in training" in printed


def test_many_labels_fit_the_terminal(tmp_path):
    names = [f"label number {i:02}" for i in range(50)]
    rows = [f"word{i} token{i} {j},{name}\n" for i, name in enumerate(names) for j in range(6)]
    (tmp_path / "d.csv").write_text("text,label\n" + "".join(rows))
    run_well("train", tmp_path / "d.csv", "--rung", "bow", "-o", tmp_path / "m", "--json")
    (tmp_path / "t.csv").write_text("text,label\n" + "".join(rows).replace("word1 ", "word2 ").replace("token1 ", ""))
    printed = run_well("evaluate", tmp_path / "m", tmp_path / "t.csv").stdout
    assert [line for line in printed.splitlines() if len(line) > 80 and str(tmp_path) not in line] == []
    assert "the lowest 40 of 50" in printed
    assert "label number 01 → label number 02" in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([TEST, "--label", "nope"], "no column 'nope'"), (["nope.csv"], "nope.csv"), (["-"], "empty")],
)
def test_mistakes(arguments, said):
    assert said in run_badly("evaluate", model_folder(), *arguments, stdin="")


@pytest.mark.parametrize("rung", ["bow", "tfidf", "embedding-bag"])
def test_contributions_add_up_to_the_probabilities(rung):
    found = json.loads(run_well("explain", model_folder(rung), TEXT, "--json").stdout)
    labels = list(found["probabilities"])
    logits = dict(found["bias"])
    for feature in found["features"]:
        assert feature["feature"]
        for label in labels:
            logits[label] += feature["contributions"][label]
    assert logits == pytest.approx(found["logits"], abs=1e-6)
    total = sum(map(math.exp, logits.values()))
    assert {label: math.exp(logits[label]) / total for label in labels} == pytest.approx(
        found["probabilities"], abs=1e-5
    )
    assert found["label"] == max(labels, key=found["probabilities"].get)


def columns_of(printed):
    """Row name → numbers, and "" → the labels above them."""
    lines = printed.split("\n\n")[1].splitlines()
    rows = {"": lines[0].split()}
    for line in lines[1:]:
        numbers = [float(n.replace("−", "-")) for n in re.findall(r"[+−]?\d+\.\d\d", line)]
        rows[re.split(r" {2,}", line.strip())[0]] = numbers
    return rows


@pytest.mark.parametrize("label", [None, "World"])
@pytest.mark.parametrize("top", [3, 100])
def test_printed_table_adds_up(label, top):
    asked = [] if label is None else ["--label", label]
    printed = run_well("explain", model_folder(), TEXT, "--top", top, *asked).stdout
    rows = columns_of(printed)
    assert rows[""][0] == (label or "Sports")
    features = [name for name in rows if name not in ("", "sum", "bias") and not name.endswith(" more")]
    assert len(features) == 3 or (top == 100 and len(features) > 10)
    for k in range(4):
        parts = sum(numbers[k] for name, numbers in rows.items() if name not in ("", "sum"))
        assert parts == pytest.approx(rows["sum"][k], abs=0.005 * len(rows))
    sizes = [abs(rows[name][0]) for name in features]
    assert sizes == sorted(sizes, reverse=True)
    assert max(map(len, printed.splitlines())) <= 80


def test_text_from_standard_input_and_unknown_text():
    assert (
        run_well("explain", model_folder(), "-", stdin=TEXT + "\n").stdout
        == run_well("explain", model_folder(), TEXT).stdout
    )
    assert "Nothing in this text is known" in run_well("explain", model_folder(), "qqqq").stdout
    assert "it has: Business" in run_badly("explain", model_folder(), TEXT, "--label", "Weather")
    assert "UTF-8" in run_badly("explain", model_folder(), "-", stdin=b"\xff\xfe\xfd")


def test_of_a_model_that_has_learned_nothing_no_bar_is_drawn(tmp_path):
    """Every text stands under both labels: no word says anything."""
    words = ["red", "green", "blue", "grey", "pink", "gold"]
    texts = [f"{first} {second}" for first in words for second in words if first != second]
    model = BagOfWords().fit(texts * 2, ["a"] * len(texts) + ["b"] * len(texts))
    model.save(tmp_path / "blind")
    printed = run_well("explain", tmp_path / "blind", "red gold").stdout
    assert {"red", "gold"} <= set(columns_of(printed))
    assert not set("█▉▊▋▌▍▎▏") & set(printed)
    assert "moves the probability by as much as 0.1 %" in " ".join(printed.split())
    seeing = run_well("explain", model_folder(), TEXT).stdout
    assert "█" * 12 in seeing
    assert "0.1 %" not in seeing


def test_what_speaks_against_other_labels_alone_still_moves_the_probability(capsys):
    found = Explanation(["a", "b"], ["word"], np.array([[0.0, -2.0]]), np.zeros(2), np.array([0.88, 0.12]))
    print_explanation(found, label=None, top=5, known=True)
    printed = capsys.readouterr().out
    assert not set("█▉▊▋▌▍▎▏") & set(printed)
    assert "0.1 %" not in printed


def test_bars_stand_for_what_moves_a_probability():
    assert bar_lengths([2.0, -1.0, 0.003]).tolist() == [1.0, 0.5, 0.0]
    assert bar_lengths([0.02, -0.004]).tolist() == pytest.approx([0.5, 0.1])  # no full bar for half a percent
    assert bar_lengths([0.0039, -0.001]).tolist() == [0.0, 0.0]
    assert bar_lengths([1.0], among=[1.0, -4.0]).tolist() == [0.25]
    assert bar_lengths([]).tolist() == []
    steepest = 1 / (1 + math.exp(-LEAST_SEEN / 2)) - 1 / (1 + math.exp(LEAST_SEEN / 2))
    assert steepest == pytest.approx(0.001, rel=1e-4)


@pytest.mark.parametrize("rung", [Char, WordChar])
def test_of_characters_the_text_stands_above_each_in_its_colour(rung, capsys):
    texts = ["warm sun", "sunny day", "cold snow", "snowy night"] * 6
    model = rung().fit(texts, ["a", "a", "b", "b"] * 6)
    found = model.explain("a sunny  snow")
    assert "".join(found.characters) == " a sunny snow "
    adds = dict(zip(found.characters, found.by_character[:, 0].tolist(), strict=True))
    assert adds["u"] > 0 > adds["o"]
    if rung is Char:
        np.testing.assert_allclose(found.by_character.sum(axis=0), found.contributions.sum(axis=0), atol=1e-9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sadari.cli.explain.view.say", print)
        print_explanation(found, label="a", top=5, known=True)
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("\x1b[1mText")]
    assert re.sub(r"\x1b\[\d+m", "", line).split() == ["Text", "a", "sunny", "snow"]
    assert re.search(r"\x1b\[32m(\x1b\[1m)?u", line)
    assert re.search(r"\x1b\[31m(\x1b\[1m)?o", line)


def test_json_has_what_each_character_adds(tmp_path):
    Char().fit(["warm sun", "cold snow"] * 8, ["a", "b"] * 8).save(tmp_path / "model")
    told = json.loads(run_well("explain", tmp_path / "model", "sun snow", "--json").stdout)
    assert "".join(entry["character"] for entry in told["characters"]) == " sun snow "
    for label, bias in told["bias"].items():
        total = bias + sum(entry["contributions"][label] for entry in told["characters"])
        assert total == pytest.approx(told["logits"][label])
    plain = json.loads(run_well("explain", model_folder(), TEXT, "--json").stdout)
    assert plain["characters"] == []


def test_what_is_gained_by_leaving_texts_to_a_person():
    found = json.loads(run_well("evaluate", model_folder(), "headlines", "--json").stdout)
    shares, wrong = zip(*found["risk"], strict=True)
    assert shares[0] == 1.0
    assert 1 - wrong[0] == pytest.approx(found["accuracy"]["value"])
    assert list(wrong) == sorted(wrong, reverse=True)
    assert 0 < found["risk_area"] < wrong[0]
    assert found["sets"]["held"] == pytest.approx(0.9, abs=0.08)
    assert set(found["sets"]["by_label"]) == set(found["label_names"])
    assert found["answered"]["share"] == pytest.approx(0.9, abs=0.08)
    assert 1 - wrong[shares.index(0.9)] == pytest.approx(found["answered"]["right"], abs=0.03)
    text = run_well("evaluate", model_folder(), "headlines").stdout
    assert "of the surest half" in text
    assert "meant to hold the right label in 90 %" in text
    for label, share in found["answered"]["by_label"].items():
        figures = [share, found["answered"]["right_by_label"][label], found["sets"]["by_label"][label]]
        shown = " +".join(f"{100 * each:.1f}" for each in figures)
        assert re.search(rf"^  {label} +{shown} +{found['sets']['size_by_label'][label]:.2f}$", text, re.MULTILINE)
