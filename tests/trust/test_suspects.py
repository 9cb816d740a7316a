"""Wrong labels found in texts: from folds, from a climb's folder, and what a person made of them applied."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import sadari
from cli_runs import run_badly, run_well
from sadari.climb.climb import climb
from sadari.climb.validated import VALIDATION
from sadari.data.corpus import Corpus
from sadari.errors import DataError, ModelError
from sadari.rungs import RUNGS, training_rows
from sadari.text.column import parts_of, slices
from sadari.trust.suspects import folds
from sadari.trust.suspects.corrections import holds_corrections, read_corrections
from sadari.trust.suspects.reasons import reader_of
from sadari.trust.suspects.worth import AS_GIVEN, CORRECTED, TEST, worth

ROWS, WRONG = 600, 30


def as_corpus(texts, labels, source="news.csv"):
    return Corpus(pl.Series("text", texts), pl.Series("label", labels), np.arange(1, len(texts) + 1), source)


def drawn(rows, seed):
    """Texts of four labels, most words of which tell the label, and these."""
    generator, names = np.random.default_rng(seed), ["Business", "Science", "Sports", "World"]
    codes = generator.integers(4, size=rows)
    texts = []
    for row, code in enumerate(codes):
        kinds = np.where(generator.random(8) < 0.6, code, generator.integers(4, size=8))
        texts.append(" ".join(f"{names[kind][:2].lower()}{generator.integers(40)}" for kind in kinds) + f" n{row}")
    return as_corpus(texts, [names[code] for code in codes])


@pytest.fixture(scope="module")
def clean():
    return drawn(ROWS, 0)


@pytest.fixture(scope="module")
def wrong(clean):
    """Positions of the rows whose label is made wrong."""
    return np.sort(np.random.default_rng(0).choice(len(clean), WRONG, replace=False))


@pytest.fixture(scope="module")
def noisy(clean, wrong):
    names, labels = clean.label_names, clean.labels.to_list()
    for row in wrong.tolist():
        labels[row] = names[(names.index(labels[row]) + 1) % len(names)]
    return as_corpus(clean.texts.to_list(), labels)


@pytest.fixture(scope="module")
def found(noisy):
    return sadari.suspects(noisy, rungs=["bow", "tfidf"], folds=4, verbose=False)


def share_found(found, wrong, count=WRONG):
    return np.isin(found.order[:count], wrong).mean()


def test_wrong_labels_come_first(found, noisy, clean, wrong):
    assert share_found(found, wrong) > 0.6
    assert len(found.order) == len(noisy)
    assert 0.02 < found.quality.noise < 0.1
    table = found.table()
    assert table["row"].to_list() == (found.order + 1).tolist()
    assert table["text"].to_list() == noisy.texts.gather(found.order).to_list()
    true = clean.labels.gather(found.order)
    hit = table.with_columns(true=true).filter((pl.col("suspect") == "yes") & (pl.col("label") != pl.col("true")))
    assert len(hit) > 0.4 * WRONG
    assert (hit["likelier"] == hit["true"]).mean() > 0.9
    assert set(table["corrected"].to_list()) == {None}


def test_a_vote_is_cast_by_models_that_did_not_see_the_row(noisy, found):
    """A row's label does not change what is said of it but by what is usual: the vote itself stays."""
    rows = found.order[:5]
    labels = noisy.labels.to_list()
    other = sadari.suspects(noisy, rungs=["bow", "tfidf"], folds=4, verbose=False)
    assert np.array_equal(other.quality.score, found.quality.score)
    text = noisy.texts[int(rows[0])]
    twice = as_corpus([*noisy.texts.to_list(), text], [*labels, labels[int(rows[0])]])
    again = sadari.suspects(twice, rungs=["bow", "tfidf"], folds=4, verbose=False)
    assert again.quality.right[-1] == pytest.approx(again.quality.right[rows[0]], abs=1e-6)
    assert again.quality.right[-1] < 0.5  # its twin was in no fold that its voters learned from


def test_texts_that_are_read_part_by_part_give_the_same_bits(noisy, found, monkeypatch):
    monkeypatch.setattr(folds, "IN_MEMORY", 0)
    again = sadari.suspects(noisy, rungs=["bow", "tfidf"], folds=4, verbose=False)
    assert np.array_equal(again.quality.right, found.quality.right)
    assert again.table(20).equals(found.table(20))


def test_parts_are_those_of_a_column_of_these_texts(monkeypatch):
    texts, rows = pl.Series([f"{'word ' * (n % 7)}{n}" for n in range(100)]), np.arange(0, 100, 3)
    monkeypatch.setattr(training_rows, "parts_of", lambda sizes: parts_of(sizes, max_rows=8, max_bytes=60))
    expected = [part.to_list() for part in slices(texts.gather(rows), max_rows=8, max_bytes=60)]
    assert [part.to_list() for part in training_rows.SomeTexts(texts, rows)] == expected
    assert len(expected) > 4


def test_blank_texts_are_left_out_as_of_a_column(monkeypatch):
    monkeypatch.setattr(folds, "IN_MEMORY", 0)
    corpus = as_corpus(["a b", " ", "c"], ["x", "y", "y"])
    assert isinstance(folds.some_texts(corpus, np.arange(3), RUNGS["bow"]), pl.Series)
    assert not isinstance(folds.some_texts(corpus.take(np.array([0, 2])), np.arange(2), RUNGS["bow"]), pl.Series)


def test_reasons_name_words_and_near_texts_of_another_label(noisy, found):
    rows = found.order[: len(found.reasons)]
    reader = reader_of(noisy, rows, seed=0)
    matrix = reader.feature_table(noisy.texts).matrix
    cosines = (matrix @ matrix.T).toarray()
    assert len(found.reasons) >= len(found)
    for row, reason in zip(rows[:10], found.reasons, strict=False):
        other = (noisy.labels != noisy.labels[int(row)]).to_numpy()
        best = np.sort(np.where(other, cosines[row], 0))[::-1][: len(reason.nearest)]
        assert np.allclose(reason.likeness, best, atol=1e-5)
        assert other[reason.nearest].all()
        if found.quality.suspect[row]:
            assert 1 <= len(reason.words) <= 5
            explained = reader.explain(noisy.texts[int(row)])
            rather, own = (
                dict(explained.strongest(name, 999))[reason.words[0]]
                for name in (noisy.label_names[found.quality.likelier[row]], noisy.labels[int(row)])
            )
            assert rather > own


@pytest.fixture(scope="module")
def run(noisy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("suspects") / "run"
    climb(noisy, rungs=["bow", "tfidf"], folder=folder, curves=False, report=False)
    return folder


def test_a_climbs_rungs_vote_on_what_they_validated(noisy, run, wrong):
    found = sadari.suspects(noisy, run=run, rungs=["bow"], folds=3, verbose=False)
    voters = found.quality.voters
    assert set(voters.tolist()) == {1, 2}  # tfidf voted on what the climb has validated; bow votes once on every row
    assert (voters == 2).sum() == 480
    assert share_found(found, wrong) > 0.55
    assert any("rows judged by" in str(note) for note in found.notes)


def test_of_a_file_that_changed_the_texts_count(noisy, run):
    """Rows in another order, one label corrected since, some rows gone."""
    order = np.random.default_rng(1).permutation(len(noisy))[:500]
    changed = as_corpus(noisy.texts.gather(order).to_list(), noisy.labels.gather(order).to_list())
    found = sadari.suspects(changed, run=run, rungs=["bow"], folds=3, verbose=False)
    whole = sadari.suspects(noisy, run=run, rungs=["bow"], folds=3, verbose=False)
    assert ((found.quality.voters == 2) == (whole.quality.voters == 2)[order]).all()
    assert any("not in the data" in str(note) for note in found.notes)


def test_a_run_on_other_texts_is_refused(run):
    other = as_corpus([f"word{row} thing{row % 7}" for row in range(60)], ["a", "b"] * 30)
    with pytest.raises(DataError, match="none of its 480 validation texts is there"):
        sadari.suspects(other, run=run, verbose=False)


def test_a_run_without_probabilities_is_made_anew(noisy, run, tmp_path):
    for name in ("climb.json",):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    found = sadari.suspects(noisy, run=tmp_path, rungs=["bow"], folds=3, verbose=False)
    assert any("made anew" in str(note) for note in found.notes)
    (tmp_path / VALIDATION).write_bytes(b"no tensors at all")
    with pytest.raises(ModelError):
        sadari.suspects(noisy, run=tmp_path, verbose=False)
    with pytest.raises(ModelError, match="no folder of a climb"):
        sadari.suspects(noisy, run=tmp_path / "nothing", verbose=False)


def test_a_label_that_stands_alone_is_not_judged(noisy):
    labels = ["hapax", *noisy.labels.to_list()[1:]]
    labels[1] = labels[2] = "twice"
    found = sadari.suspects(replace(noisy, labels=pl.Series(labels)), rungs=["bow"], folds=4, verbose=False)
    assert np.isnan(found.quality.right[0])
    assert not np.isnan(found.quality.right[1:3]).all()
    assert found.table()["row"][-1] == 1
    assert found.table()["right"][-1] is None
    assert "hapax" in str(found.notes[-1])


def test_one_label_and_too_few_rows_are_refused():
    with pytest.raises(DataError, match="only label 'a'"):
        sadari.suspects(as_corpus(["one", "two"], ["a", "a"]), verbose=False)
    with pytest.raises(DataError, match="too few to vote on"):
        sadari.suspects(as_corpus(["one", "two"], ["a", "b"]), folds=2, verbose=False)


def test_of_several_labels_a_text_each_is_judged():
    generator = np.random.default_rng(3)
    words = {name: [f"{name}{number}" for number in range(12)] for name in ("red", "blue", "loud")}
    has = generator.random((400, 3)) < 0.4
    texts = [
        " ".join(generator.choice(words[name]) for name, yes in zip(words, row, strict=True) for _ in range(3 * yes))
        + f" filler{generator.integers(30)}"
        for row in has
    ]
    given = has.copy()
    given[:6, 0] = ~given[:6, 0]
    labels = pl.Series([[name for name, yes in zip(words, row, strict=True) if yes] for row in given])
    corpus = Corpus(pl.Series(texts), labels, np.arange(1, 401), "tags.csv")
    found = sadari.suspects(corpus, rungs=["bow", "tfidf"], folds=3, verbose=False)
    assert set(found.order[:6].tolist()) >= {0, 1, 2, 3}
    first = found.table(1, sep="|").to_dicts()[0]
    true = {name for name, yes in zip(words, has[first["row"] - 1], strict=True) if yes}
    assert set(filter(None, first["likelier"].split("|"))) == true
    assert found.to_dict()["suspects"] >= 4


@pytest.fixture
def filled(found, clean, tmp_path):
    """The table with every suspect corrected, but for one that is dropped."""
    table = found.table()
    true = dict(zip(clean.rows.tolist(), clean.labels.to_list(), strict=True))
    corrected = [
        true[row] if suspect and true[row] != label else None
        for row, label, suspect in table.select("row", "label", "suspect").iter_rows()
    ]
    dropped = next(number for number, label in enumerate(corrected) if label)
    corrected[dropped] = None
    drop = ["yes" if number == dropped else None for number in range(len(table))]
    table = table.with_columns(corrected=pl.Series(corrected, dtype=pl.String), drop=pl.Series(drop, dtype=pl.String))
    path = tmp_path / "filled.csv"
    table.write_csv(path)
    return path, int(table["row"][dropped]), sum(label is not None for label in corrected)


def test_corrections_find_their_rows(filled, noisy, clean):
    path, dropped, count = filled
    found = read_corrections(path, noisy)
    assert found.dropped.tolist() == [dropped - 1]
    assert len(found.rows) == count
    assert found.labels.to_list() == clean.labels.gather(found.rows).to_list()
    mended = found.apply(noisy)
    assert len(mended) == len(noisy) - 1
    assert dropped not in mended.rows
    assert not found.notes


def test_a_label_written_as_it_is_corrects_nothing(filled, noisy):
    """Who goes down the table may write each label that is right after all."""
    path, _, count = filled
    frame = pl.read_csv(path, infer_schema=False)
    frame.with_columns(pl.coalesce("corrected", "label").alias("corrected")).write_csv(path)
    assert len(read_corrections(path, noisy).rows) == count


def test_corrections_find_their_texts_in_a_changed_file(filled, noisy):
    path, dropped, _ = filled
    order = np.random.default_rng(2).permutation(len(noisy))
    changed = as_corpus(noisy.texts.gather(order).to_list(), noisy.labels.gather(order).to_list())
    there = read_corrections(path, changed)
    assert sorted(order[there.rows].tolist()) == read_corrections(path, noisy).rows.tolist()
    assert "stand elsewhere" in str(there.notes[0])
    gone = changed.take(np.flatnonzero(order != dropped - 1))
    assert f"passed over: 1 ({dropped})" in str(read_corrections(path, gone).notes[-1])


def test_corrections_that_cannot_be_are_refused(filled, noisy, found, tmp_path):
    path, *_ = filled
    frame = pl.read_csv(path, infer_schema=False)
    bad = frame.with_columns(corrected=pl.when(pl.col("corrected").is_null()).then(None).otherwise(pl.lit("Sprots")))
    bad.write_csv(path)
    with pytest.raises(DataError, match=r"'Sprots' is none of the data's[\s\S]*there are: Sports"):
        read_corrections(path, noisy)
    empty = tmp_path / "empty.csv"
    found.table().write_csv(empty)
    assert not holds_corrections(empty)
    with pytest.raises(DataError, match="corrects nothing"):
        read_corrections(empty, noisy)
    other = tmp_path / "other.csv"
    other.write_text("text,label\na,b\n", encoding="utf-8")
    with pytest.raises(DataError, match="has no column 'corrected'"):
        read_corrections(other, noisy)


def test_what_stands_in_drop_is_yes_or_no(filled, noisy):
    path, *_ = filled
    frame = pl.read_csv(path, infer_schema=False)
    for said, drops in (("Yes ", True), ("네", True), ("No", False), ("아니오", False)):
        frame.with_columns(drop=pl.when(pl.col("drop") == "yes").then(pl.lit(said))).write_csv(path)
        assert len(read_corrections(path, noisy).dropped) == drops
    frame.with_columns(drop=pl.when(pl.col("drop") == "yes").then(pl.lit("perhaps"))).write_csv(path)
    assert holds_corrections(path)
    with pytest.raises(DataError, match=r"drop holds 'perhaps'[\s\S]*write yes"):
        read_corrections(path, noisy)


def test_a_text_may_be_corrected_to_no_label(tmp_path):
    sets = pl.Series([["a"], ["b"], ["a", "b"], []] * 10, dtype=pl.List(pl.String))
    train = Corpus(pl.Series([f"text {n}" for n in range(40)]), sets, np.arange(1, 41), "x")
    (tmp_path / "filled.csv").write_text("row,text,label,corrected\n1,text 0,a,|\n4,text 3,,a|b\n", encoding="utf-8")
    found = read_corrections(tmp_path / "filled.csv", train)
    assert (found.rows.tolist(), found.labels.to_list()) == ([0, 3], [[], ["a", "b"]])
    likelier = sadari.suspects(train, rungs=["bow"], folds=2).table()["likelier"].drop_nulls()
    assert (likelier != "").all()  # the separator alone, which can be written into corrected as it is


def test_data_and_tables_are_not_written_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{w} {n},{w},{n}\n" for n in range(20) for w in ("up", "down"))
    Path("news.csv").write_text("text,topic,id\n" + rows, "utf-8")
    Path("filled.csv").write_text("row,text,corrected,drop\n1,up 0,down,\n2,down 0,,yes\n", "utf-8")
    asked = ["data", "suspects", "news.csv", "--label", "topic"]
    assert "-o news.csv is the file that is read" in run_badly(*asked, "-o", "news.csv")
    assert "-o filled.csv is the file that is read" in run_badly(*asked, "--apply", "filled.csv", "-o", "filled.csv")
    assert "-o news.csv is the file that is read" in run_badly(*asked, "--apply", "filled.csv", "-o", "news.csv")
    for option in ("--model", "--test", "--rung"):
        assert f"{option} is for --apply" in run_badly(*asked, option, "other.csv")
    Path("other.csv").write_text("text,topic\na,x\nb,y\n", "utf-8")
    said = run_badly(*asked, "--apply", "filled.csv", "--test", "other.csv", "-o", "clean.csv")
    assert "none of its labels was seen in training" in said
    said = run_well(*asked, "--rungs", "bow", "--folds", 2, "-o", "found.csv").stdout
    assert "--label topic --apply found.csv" in " ".join(said.split())
    said = run_well(*asked, "--rung", "bow", "--apply", "filled.csv", "-o", "clean.csv").stdout
    assert "sadari climb clean.csv --label topic" in said
    cleaned = Path("clean.csv").read_text("utf-8").splitlines()
    assert cleaned[:3] == ["text,topic,id", "up 0,down,0", "up 1,up,1"]
    assert len(cleaned) == 40


def test_what_corrections_buy_is_measured_on_rows_that_neither_model_saw(filled, noisy, clean):
    corrections = read_corrections(filled[0], noisy)
    test = drawn(300, 1)
    bought = worth(noisy, corrections, RUNGS["bow"](), test=test, say=lambda what, share: None)
    given, corrected, tested = bought.measured
    assert [each.on for each in bought.measured] == [AS_GIVEN, CORRECTED, TEST]
    assert (given.rows, corrected.rows, tested.rows) == (ROWS, ROWS - 1, len(test))
    assert corrected.after.value > corrected.before.value
    assert corrected.after.value > given.after.value
    right = (bought.model.predict(test.texts) == test.labels.to_numpy()).mean()
    assert tested.after.value == pytest.approx(right)
    assert bought.model.data_["rows"] == ROWS - 1
    assert bought.to_dict()["measured"][0]["before"]["value"] == given.before.value


def test_the_command_writes_a_table_and_applies_it(noisy, clean, wrong, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"text": noisy.texts, "label": noisy.labels}).write_csv("news.csv")
    asked = ["data", "suspects", "news.csv", "--rungs", "bow,tfidf", "--folds", 3]
    said = run_well(*asked).stdout
    assert "more likely wrong than right" in said
    assert "--apply news.suspects.csv" in said
    table = pl.read_csv("news.suspects.csv", infer_schema=False)
    assert len(table) == ROWS
    true = dict(zip(clean.rows.tolist(), clean.labels.to_list(), strict=True))
    mended = [
        true[int(row)] if suspect else None for row, suspect in table.select("row", "suspect").fill_null("").iter_rows()
    ]
    table.with_columns(corrected=pl.Series(mended, dtype=pl.String)).write_csv("news.suspects.csv")
    assert "holds corrections already" in run_badly(*asked)
    said = run_well(
        *asked[:3], "--apply", "news.suspects.csv", "--rung", "bow", "-o", "clean.csv", "--model", "mended"
    ).stdout
    assert "labels corrected:" in said
    cleaned = pl.read_csv("clean.csv", infer_schema=False)
    before = (noisy.labels == clean.labels).sum()
    assert (cleaned["label"] == clean.labels).sum() > before + 0.4 * WRONG
    assert sadari.load("mended").data_["rows"] == ROWS


def test_the_command_speaks_json(tmp_path):
    import json

    path = tmp_path / "few.csv"
    path.write_text("text,label\n" + "".join(f"{w} {n},{w}\n" for n in range(20) for w in ("up", "down")), "utf-8")
    found = json.loads(run_well("data", "suspects", path, "--rungs", "bow", "--folds", 2, "--json").stdout)
    assert found["rows"] == 40
    assert found["suspects"] == 0
    assert len(found["ranked"]) == 40
    assert list(tmp_path.iterdir()) == [path]
