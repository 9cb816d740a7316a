"""``sadari train``: one rung, saved; the same from memory and from a stream; validated on rows it never saw."""

import json

import polars as pl
import pytest

import sadari
from cli_runs import HEADLINES, run, run_badly, run_well, spawn
from data_messy import messy
from sadari.data.fingerprint import fingerprint
from sadari.data.read import open_source
from sadari.data.train_data import gather
from sadari.display.lines import sparkline

TRAIN = HEADLINES / "en_train.csv"


def train(tmp_path, *arguments, data="headlines", rung="bow"):
    printed = run_well("train", data, "--rung", rung, "-o", tmp_path / "m", "--json", *arguments).stdout
    return json.loads(printed)


@pytest.mark.parametrize("rung", ["bow", "ngram", "tfidf", "embedding-bag"])
def test_every_rung_trains_saves_and_says_what_it_did(tmp_path, rung):
    printed = run_well("train", "headlines", "--rung", rung, "-o", tmp_path / "m", "--test", "headlines").stdout
    assert "1,000 texts · 4 labels" in printed.replace("·\n           ", "·")
    assert "train 900 · validation 100 (10 %, stratified by label, seed 0)" in printed
    for head in ("Settings", "Trained", "Validation", "Test", "Saved"):
        assert f"\n{head} " in printed
    assert f"sadari predict {tmp_path}/m new.csv" in " ".join(printed.split()[-4:])
    model = sadari.load(tmp_path / "m")
    assert model.name == rung
    assert (tmp_path / "m" / "README.md").exists()


def test_settings_reach_the_model_and_its_folder(tmp_path):
    said = train(
        tmp_path,
        "--set",
        "C=0.3",
        "--set",
        "ngram_range=1,3",
        "--epochs",
        "4",
        "--class-weight",
        "balanced",
        "--seed",
        "5",
        "--tokenizer",
        "words",
        rung="tfidf",
    )
    model = sadari.load(tmp_path / "m")
    assert (model.C, model.ngram_range, model.epochs, model.class_weight, model.seed) == (0.3, (1, 3), 4, "balanced", 5)
    assert model.tokenizer_ == "words"
    assert said["settings"]["C"] == 0.3
    assert len(said["history"]) <= 4


def test_scores_are_of_rows_that_were_not_trained_on(tmp_path):
    said = train(tmp_path, "--test", TRAIN.with_name("en_test.csv"))
    dropped = {"dropped_duplicates": 0, "dropped_blank": 0, "cut": 0}
    assert said["rows"] == {"read": 1000, "train": 900, "validation": 100, **dropped}
    source = open_source(TRAIN, text="title,text")
    rows = gather(source, validation=0.1, seed=0, keep_duplicates=False, stream=False, say=lambda what: None)
    model = sadari.load(tmp_path / "m")
    right = (model.predict(rows.validation.texts) == rows.validation.labels.to_numpy()).mean()
    assert said["validation"]["accuracy"]["value"] == pytest.approx(right)
    assert said["test"]["rows"] == 320
    manifest = json.loads((tmp_path / "m" / "sadari.json").read_text())
    assert manifest["scores"]["validation accuracy"] == said["validation"]["accuracy"]["value"]
    assert manifest["data"]["text_columns"] == ["title", "text"]
    assert manifest["data"]["sha256"] == fingerprint([rows.texts], rows.labels)


@pytest.mark.parametrize("rung", ["tfidf", "embedding-bag"])
def test_stream_trains_the_same_bits(tmp_path, rung):
    path = messy(tmp_path / "d.csv")
    for name, how in (("held", "--no-stream"), ("streamed", "--stream")):
        run_well("train", path, "--rung", rung, "-o", tmp_path / name, how, "--json")
    weights = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("held", "streamed")]
    assert weights[0] == weights[1]


def test_several_labels_streamed_too(tmp_path):
    path = tmp_path / "genres.csv"
    rows = [f"{'war battle' if i % 2 else 'love kiss'} {i},{'war' if i % 2 else 'love|new'}\n" for i in range(80)]
    path.write_text("text,genres\n" + "".join(rows))
    for how in ("--stream", "--no-stream"):
        said = train(tmp_path, "--label-sep", "|", "--label", "genres", how, data=path)
        assert said["validation"]["micro_f1"] > 0.9
        assert sadari.load(tmp_path / "m").multilabel
        assert said["validation"]["macro_f1"]["low"] is None  # JSON has no NaN
    scores = run_well("evaluate", tmp_path / "m", path, "--label-sep", "|")
    assert "all labels of a text right" in " ".join(scores.stdout.split())
    assert run_well("evaluate", tmp_path / "m", path).stdout == scores.stdout  # parted as in training


def test_the_course_recipe_prints_its_reports(tmp_path):
    arguments = [
        "--solver",
        "adam",
        "--epochs",
        "2",
        "--epoch-size",
        "320",
        "--report-every",
        "5",
        "--set",
        "batch_size=16",
    ]
    printed = run_well("train", "headlines", "--rung", "bow", "-o", tmp_path / "m", *arguments).stdout
    lines = [line.split() for line in printed.splitlines()]
    start = lines.index(["pass", "step", "texts", "loss", "accuracy", "seconds"])
    reports = lines[start + 1 : start + 9]
    assert [row[:3] for row in reports[:4]] == [
        ["1", "5", "80"],
        ["1", "10", "160"],
        ["1", "15", "240"],
        ["1", "20", "320"],
    ]
    assert [row[0] for row in reports[4:]] == ["2"] * 4
    assert float(reports[7][3]) < float(reports[0][3])


def test_an_older_model_is_replaced_and_nothing_else(tmp_path):
    train(tmp_path, "--epochs", "1")
    train(tmp_path, "--epochs", "2")
    assert sadari.load(tmp_path / "m").epochs == 2
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me")
    complaint = run_badly("train", "headlines", "--rung", "bow", "-o", tmp_path / "mine")
    assert "is in the way and was not replaced" in complaint
    assert [entry.name for entry in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    (tmp_path / "file").write_text("keep me")
    assert "a file of this name" in run_badly("train", "headlines", "--rung", "bow", "-o", tmp_path / "file")
    assert "is a file" in run_badly("train", "headlines", "--rung", "bow", "-o", tmp_path / "file" / "m")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text,label\na b,x\nc d,x\n", "only label 'x' in 2 rows"),
        ("text,label\na b,x\nc d,\n", "row 2 (line 3): the label is missing"),
        ("text,label\n" + "".join(f"{'!' * i},x\n{'?' * i},y\n" for i in range(1, 40)), "'words'"),
        ('text,label\n"",x\n" ",y\n', "there are no texts to train on"),
    ],
)
@pytest.mark.parametrize("how", ["--stream", "--no-stream"])
def test_data_that_cannot_be_learned_from(tmp_path, content, said, how):
    path = tmp_path / "d.csv"
    path.write_text(content)
    complaint = run_badly("train", path, "--rung", "bow", "-o", tmp_path / "m", "--tokenizer", "words", how)
    assert said in complaint
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("share", ["0", "1", "nan", "-0.1"])
def test_validation_share_out_of_range(tmp_path, share):
    complaint = run_badly("train", "headlines", "--rung", "bow", "-o", tmp_path / "m", "--validation", share)
    assert "validation is" in complaint


def test_cp949(tmp_path):
    frame = pl.read_csv(HEADLINES / "ko_train.csv")
    path = tmp_path / "ko.csv"
    path.write_bytes(frame.write_csv().encode("cp949", errors="replace"))
    printed = run_well("train", path, "--rung", "bow", "--text", "title,text", "-o", tmp_path / "m").stdout
    assert "CP949" in printed.upper()
    assert "tokenizer syllables" in printed.replace("\n            ", " ")


def test_progress_and_notes_stay_out_of_standard_output(tmp_path):
    result = spawn("train", "headlines", "--rung", "bow", "-o", tmp_path / "m", "--json")
    assert json.loads(result.stdout)["rung"] == "bow"


def test_a_test_file_that_cannot_be_scored_stops_before_anything_is_trained(tmp_path):
    (tmp_path / "test.csv").write_text("text,label\na good one,World\nbroken\n")
    (tmp_path / "several.jsonl").write_text('{"text": "a", "label": ["World", "Sports"]}\n')
    for name, said in (("test.csv", "row 2 (line 3)"), ("several.jsonl", "several"), ("none.csv", "no such file")):
        result = run("train", "headlines", "--rung", "bow", "-o", tmp_path / "m", "--test", tmp_path / name)
        assert result.exit_code == 2
        assert said in result.stderr
        assert "Read" not in result.stdout
    assert not (tmp_path / "m").exists()


def test_what_reading_found_in_the_test_file_is_said(tmp_path):
    pl.read_csv(TRAIN.with_name("en_test.csv")).head(30).write_csv(tmp_path / "test.csv")
    with (tmp_path / "test.csv").open("a") as file:
        file.write("broken\nWorld,,\n")
    arguments = ["--on-bad-row", "skip", "--test", tmp_path / "test.csv", "-o", tmp_path / "m"]
    printed = " ".join(run_well("train", "headlines", "--rung", "bow", *arguments).stdout.split())
    assert "test: 1 bad row left out (the first: row 31" in printed
    assert "test: 1 blank text kept (row 32)" in printed


def test_a_test_file_of_another_layout_takes_the_columns_it_has(tmp_path):
    frame = pl.read_csv(TRAIN.with_name("en_test.csv")).head(30)
    frame.select("text", "label").write_csv(tmp_path / "test.csv")
    printed = run_well(
        "train", "headlines", "--rung", "bow", "--test", tmp_path / "test.csv", "-o", tmp_path / "m"
    ).stdout
    assert "test: text: column text (guessed)" in " ".join(printed.split())
    frame.write_csv(tmp_path / "test.csv")
    content = (tmp_path / "test.csv").read_text()
    printed = run_well(
        "train", TRAIN, "--rung", "bow", "--text", "2,3", "--test", "-", "-o", tmp_path / "m", stdin=content
    )
    assert "Test " in printed.stdout
    (tmp_path / "columns.csv").write_text("a,b,topic\n" + "".join(f"w{i} x,y{i} z,{'pq'[i % 2]}\n" for i in range(40)))
    run_well(
        "train",
        tmp_path / "columns.csv",
        "--text",
        "b",
        "--rung",
        "bow",
        "-o",
        tmp_path / "m",
        "--test",
        "-",
        stdin="b,topic,a\nhello,p,a longer text by far\n",
    )


def test_settings_are_refused_before_a_file_is_looked_for(tmp_path):
    """A file may take minutes to read; a wrong setting is known at once."""
    for wrong, said in (
        (["--set", "optimizer=lion"], "optimizer is 'lion'"),
        (["--device", "warp"], "there is no device 'warp'"),
        (["--patience", "0"], "patience is 0"),
    ):
        assert said in run_badly("train", "no-such.csv", "--rung", "lstm", "-o", tmp_path / "m", *wrong)


def test_a_net_prints_a_report_every_n_steps(tmp_path):
    net = ["--set", "embed_dim=8", "--set", "hidden=4", "--epochs", "2", "--set", "batch_size=90"]
    asked = ["--report-every", "4", "--set", "validate_every=6"]
    result = run_well("train", "headlines", "--rung", "gru", "-o", tmp_path / "m", "--json", *net, *asked)
    lines = [line.split() for line in result.stderr.splitlines() if " steps  " in line]
    assert [(line[1], line[2], "validation" in line) for line in lines] == [
        ("1", "4", False),
        ("1", "6", True),
        ("1", "8", False),
        ("2", "12", True),
        ("2", "16", False),
        ("2", "18", True),
        ("2", "20", True),
    ]
    history = json.loads(result.stdout)["history"]
    assert [record["step"] for record in history] == [4, 6, 8, 12, 16, 18, 20]
    assert [f"{record['loss']:.4f}" for record in history] == [line[5] for line in lines]


def test_a_curve_is_of_the_whole_training():
    assert sparkline([4.0, 3.0, 2.0, 1.0]) == "█▆▃▁"
    assert sparkline([float(100 - n) for n in range(100)], 4) == "█▆▃▁"
    assert sparkline([1.0], 8) == sparkline([1.0, 1.0], 1) == "▁"
