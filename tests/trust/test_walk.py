"""The walk of docs/walk.md: from raw texts to a model that is asked with care, and an alarm when the texts change.

A person is simulated, who knows the labels and gives one in twelve wrong; all else is real.
"""

import csv
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cli_runs import run, run_well
from label_served import client, label_page, labelling_of, texts_file
from real_data import data_file
from sadari.serve.settings import ServeSettings
from serving import running

TOPICS = {"1": "World", "2": "Sports", "3": "Business", "4": "Sci/Tech"}
ROWS, WRONG, LOOKED_AT = 300, 1 / 12, 60
FRESH = 1_500


def news(part, count, seed):
    """Some rows of AG News: text and label."""
    frame = pl.read_csv(data_file(f"ag_news/{part}.csv"), has_header=False, infer_schema=False)
    some = frame.sample(count, seed=seed, shuffle=True)
    text = (some.to_series(1) + " " + some.to_series(2)).str.strip_chars()
    return pl.DataFrame({"text": text, "label": some.to_series(0).replace_strict(TOPICS)})


def mistakes(truth):
    """Text → another label than its own, of one text in twelve."""
    generator, names = np.random.default_rng(0), list(TOPICS.values())
    wrong = [text for text in truth if generator.random() < WRONG]
    return {text: str(generator.choice([name for name in names if name != truth[text]])) for text in wrong}


def label_all(raw, output, answers):
    """Answer all that the page asks. Rows come out in the file's order: that of the questions is the machine's."""
    with label_page(labelling_of(raw, output, dict.fromkeys(TOPICS.values(), ""))) as url, client(url) as page:
        while (asked := page.get("/label").json()["question"]) is not None:
            body = {"key": asked["key"], "did": "label", "label": answers[asked["key"]]}
            assert page.post("/label/answer", json=body).status_code == 200
    pl.read_csv(output).sort("row").write_csv(output)


def look_again(table, truth):
    """Correct what is wrong among the first rows of a table of suspects; the texts that were looked at."""
    rows = pl.read_csv(table, infer_schema=False)
    right = [truth[text.strip()] if n < LOOKED_AT else None for n, text in enumerate(rows["text"])]
    rows.with_columns(corrected=pl.Series(right, dtype=pl.String)).write_csv(table)
    return [text.strip() for text in rows["text"][:LOOKED_AT]]


class Walk:
    """What the walk leaves in a folder, up to the model."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        train = news("train", ROWS, seed=2)
        self.truth = dict(train.iter_rows())
        self.labels, self.clean, self.model = folder / "labels.csv", folder / "clean.csv", folder / "model"
        raw = texts_file(folder / "raw.csv", train["text"].to_list())
        wrong = mistakes(self.truth)
        self.wrong = set(wrong)
        label_all(raw, self.labels, self.truth | wrong)
        run_well("data", "suspects", self.labels, "-o", folder / "labels.suspects.csv")
        self.looked_at = look_again(folder / "labels.suspects.csv", self.truth)
        corrected = ["--apply", folder / "labels.suspects.csv", "-o", self.clean, "--model", self.model]
        self.said = run_well("data", "suspects", self.labels, *corrected).stdout
        self.fresh = news("test", FRESH, seed=1)


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    return Walk(tmp_path_factory.mktemp("walk"))


def test_every_answer_is_in_the_table_and_wrong_ones_come_first(walk):
    rows = list(csv.DictReader(walk.labels.open(encoding="utf-8")))
    assert {row["text"].strip() for row in rows} == set(walk.truth)
    assert {row["text"].strip() for row in rows if row["label"] != walk.truth[row["text"].strip()]} == walk.wrong
    found = len(walk.wrong & set(walk.looked_at))
    by_chance = len(walk.wrong) * LOOKED_AT / ROWS
    assert found > 2 * by_chance
    assert f"labels corrected: {found}" in walk.said
    left = pl.read_csv(walk.clean, infer_schema=False)
    still = [text for text, label in left.select("text", "label").iter_rows() if label != walk.truth[text.strip()]]
    assert len(still) == len(walk.wrong) - found


def test_what_is_answered_is_right_and_the_rest_is_left_to_a_person(walk):
    new, out = texts_file(walk.folder / "new.csv", walk.fresh["text"].to_list()), walk.folder / "answered.csv"
    run_well("predict", walk.model, new, "--min-precision", "0.95", "-o", out)
    answers = pl.read_csv(out, infer_schema=False).fill_null("")
    right = answers["label"] == walk.fresh["label"]
    given = answers["label"] != ""
    assert given.sum() >= 0.05 * FRESH
    assert set(answers.filter(~given)["note"]) == {"unsure"}
    learned_from = ROWS * given.mean()  # chance was there too when the threshold was learned
    assert right.sum() / given.sum() >= 0.95 - 2 * (0.95 * 0.05 * (1 / given.sum() + 1 / learned_from)) ** 0.5
    guessed = (pl.Series(np.where(given, answers["label"], answers["suggestion"])) == walk.fresh["label"]).mean()
    assert guessed < 0.85  # of all texts far fewer are answered right


def test_the_server_answers_as_the_command_does(walk):
    texts = walk.fresh["text"][:100].to_list()
    out = walk.folder / "some.csv"
    new = texts_file(walk.folder / "some_new.csv", texts)
    run_well("predict", walk.model, new, "--min-precision", "0.95", "-o", out)
    notes = pl.read_csv(out, infer_schema=False).fill_null("")["note"]
    with running(ServeSettings((("news", str(walk.model)),), port=0)) as server:
        data = server.post("/classify", {"input": texts, "min_precision": 0.95}).json()["data"]
    unsure = [bool(each["unsure"]) for each in data]
    assert unsure == (notes == "unsure").to_list()
    assert 0 < sum(unsure) < len(texts)


def test_an_alarm_when_the_texts_change_and_none_before(walk):
    alike = texts_file(walk.folder / "week.csv", walk.fresh["text"][:ROWS].to_list())
    of_one = walk.fresh.filter(pl.col("label") == "Sports")["text"].to_list()
    changed = texts_file(walk.folder / "cup.csv", of_one[:150] + walk.fresh["text"][:150].to_list())
    for before in (walk.clean, walk.model):
        assert run("data", "drift", before, alike, "--fail-if", "p<0.01").exit_code == 0
        alarm = run("data", "drift", before, changed, "--fail-if", "p<0.01")
        assert (alarm.exit_code, alarm.stderr.count("fault")) == (1, 0)
        assert "Changed" in alarm.stdout
