"""``sadari climb``: the table, the verdict and the folder, in any language, on any terminal, in a pipe."""

import json
import os
import re
from pathlib import Path

import click
import polars as pl
import pytest
from rich.cells import cell_len

import sadari
from cli_runs import HEADLINES, run, run_badly, run_well, spawn
from measure_climb_factory import make_climb
from sadari.cli.climb.view import score_table

QUICK = ["--rungs", "bow,tfidf", "--no-curves"]


def corpora(*parts: str) -> Path:
    """A file of ``$SADARI_DATA``; the test is skipped where there is none."""
    place = os.environ.get("SADARI_DATA")
    if not place or not Path(place, *parts).exists():
        pytest.skip(f"{'/'.join(parts)} of SADARI_DATA is not here")
    return Path(place, *parts)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def table_of(printed: str) -> dict[str, list[str]]:
    """Rung → the cells behind its name, and "" → the headings."""
    lines = printed.split("\n\n")[1].splitlines()
    cells = [re.split(r"  +", line.replace("●", " ").strip()) for line in lines]
    return {"": cells[0][1:], **{row[0]: row[1:] for row in cells[1:] if row[0] in sadari.RUNGS}}


def test_without_an_argument_the_bundled_headlines():
    printed = run_well("climb", *QUICK).stdout
    heads = [line.split()[0] for line in printed.splitlines() if line and not line.startswith(" ") and "●" not in line]
    assert heads == ["Read", "Audit", "Split", "Verdict", "Model", "Next"]
    table = table_of(printed)
    assert list(table)[1:] == ["bow", "tfidf"]
    assert {"accuracy", "macro-F1", "in bulk", "size"} <= set(table[""])
    [marked] = re.findall(r"^● (\S+)", printed, re.MULTILINE)
    assert f"Take {marked}:" in printed
    assert f"model is {marked} as measured" in printed
    assert "sadari predict runs/headlines/model new.csv" in printed
    assert "report: runs/headlines/report.html" in printed
    assert "test 320, used once" in printed


def test_the_table_says_what_the_folder_says():
    printed = run_well("climb", *QUICK).stdout
    saved = json.loads(Path("runs/headlines/climb.json").read_text())
    table = table_of(printed)
    for rung in saved["rungs"]:
        shown = dict(zip(table[""], table[rung["rung"]], strict=True))
        assert shown["accuracy"].split()[0] == f"{100 * rung['accuracy']['value']:.1f}"
        assert shown["macro-F1"].split()[0] == f"{100 * rung['macro_f1']['value']:.1f}"
    for sentence in saved["verdict"]["sentences"]:
        assert " ".join(sentence.split()) in " ".join(printed.split())
    assert {entry.name for entry in Path("runs/headlines").iterdir() if not entry.name.startswith(".")} == {
        "bow",
        "tfidf",
        "model",
        "climb.json",
        "predictions.csv",
        "validation.safetensors",
        "report.html",
    }
    for name in ("tfidf", "model"):
        assert len(sadari.load(f"runs/headlines/{name}").predict(["a text"])) == 1


def test_json_is_all_there_is_on_standard_output():
    result = spawn("climb", "headlines_ko", "--rungs", "bow", "--no-curves", "--no-report", "--json", "-o", "out")
    found = json.loads(result.stdout)
    assert found == json.loads(Path("out/climb.json").read_text())
    assert found["verdict"]["rung"] == "bow"
    assert found["final"] == "test"
    assert not Path("out/report.html").exists()


def test_own_file_without_a_test_file_holds_some_rows_out(tmp_path):
    pl.read_csv(HEADLINES / "en_train.csv").head(400).write_csv("news.csv")
    printed = run_well("climb", "news.csv", "--rungs", "bow", "--no-curves", "--no-report").stdout
    assert re.search(r"held-out \d+, used once", printed)
    assert "runs/news/model" in printed
    assert "label: column label (guessed)" in printed


@pytest.mark.parametrize("width", [60, 80, 100, 120])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_no_line_is_wider_than_the_terminal(width, lang):
    result = run("climb", "headlines_ko", *QUICK, "--lang", lang, env={"COLUMNS": str(width)})
    assert result.exit_code == 0, result.stderr
    assert [line for line in result.stdout.splitlines() if cell_len(line) > width] == []
    assert "\x1b" not in result.stdout


def test_columns_of_the_table_go_and_the_accuracy_stays():
    result = make_climb(rows=500, validation=300)
    tables = {width: score_table(result, width) for width in (40, 80, 120)}
    shown = {width: list(map(click.unstyle, lines)) for width, (lines, _) in tables.items()}
    assert not tables[120][1]
    assert "calibration" in " ".join(map(str, tables[80][1]))
    for width, lines in shown.items():
        assert max(map(cell_len, lines)) <= width
        assert "accuracy" in lines[0]
        assert len(lines) == 1 + len(result.rungs)
    headings = [set(lines[0].split()) for lines in shown.values()]
    assert headings[0] < headings[1] < headings[2]


def test_in_korean():
    printed = run_well("climb", "headlines_ko", *QUICK, "--lang", "ko").stdout
    for word in ("읽음", "점검", "분할", "결론", "다음", "단계", "정확도", "보고서"):
        assert word in printed
    assert "Verdict" not in printed
    assert "쓰세요" in printed
    lines = printed.split("\n\n")[1].splitlines()
    assert len({cell_len(line) for line in lines}) == 1  # right-hand columns end together, wide letters or not


def test_duplicates_and_leaks_are_said(tmp_path):
    frame = pl.read_csv(HEADLINES / "en_train.csv")
    pl.concat([frame, frame.head(12)]).write_csv("train.csv")
    pl.concat([pl.read_csv(HEADLINES / "en_test.csv"), frame.head(7)]).write_csv("test.csv")
    printed = run_well("climb", "train.csv", "--test", "test.csv", *QUICK, "-o", "out").stdout
    assert "12 duplicates dropped from training" in printed
    assert "7 texts also in the test file" in printed
    assert "without leaks" in table_of(printed)[""]
    saved = json.loads(Path("out/climb.json").read_text())
    assert saved["rows"]["dropped_duplicates"] == 12
    assert saved["rows"]["leaked"] >= 7
    kept = run_well("climb", "train.csv", "--test", "test.csv", *QUICK, "-o", "out", "--keep-duplicates").stdout
    assert "12 duplicates kept in training" in kept


def test_label_that_training_never_saw_counts_as_wrong():
    pl.read_csv(HEADLINES / "en_train.csv").head(300).write_csv("train.csv")
    frame = pl.read_csv(HEADLINES / "en_test.csv")
    pl.concat([frame, frame.head(2).with_columns(label=pl.lit("Weather"))]).write_csv("test.csv")
    printed = run_well("climb", "train.csv", "--test", "test.csv", *QUICK, "-o", "out").stdout
    assert "'Weather' (2)" in printed


def test_earlier_run_is_replaced_and_nothing_else():
    run_well("climb", *QUICK, "-o", "out")
    run_well("climb", *QUICK, "-o", "out", "--seed", "1")
    assert json.loads(Path("out/climb.json").read_text())["seed"] == 1
    for name in ("mine", "models"):
        Path(name).mkdir()
    Path("mine/notes.txt").write_text("keep me")
    Path("out/bow").rename("models/bow")  # a folder of models that no climb made
    Path("file").write_text("keep me")
    for folder in ("mine", "models", "file", "file/sub"):
        assert folder in run_badly("climb", *QUICK, "-o", folder)
    Path("out/notes.txt").write_text("keep me")
    assert "'notes.txt', which is not of a climb" in run_badly("climb", *QUICK, "-o", "out")
    assert Path("mine/notes.txt").read_text() == Path("out/notes.txt").read_text() == "keep me"
    assert [entry.name for entry in Path("models").iterdir()] == ["bow"]


def test_nothing_is_left_of_a_climb_that_cannot_begin():
    Path("bad.csv").write_text("text,label\na,x\nb,x\n")
    assert "only label 'x'" in run_badly("climb", "bad.csv")
    assert not Path("runs").exists()


def test_standard_input():
    printed = run_well("climb", "-", *QUICK, stdin=(HEADLINES / "en_train.csv").read_bytes()).stdout
    assert "runs/stdin/" in printed


def test_tokenizer_and_budget():
    run_well("climb", *QUICK, "--tokenizer", "characters", "--budget", "5m", "-o", "out")
    assert sadari.load("out/bow").tokenizer_ == "characters"


@pytest.mark.data
@pytest.mark.slow
def test_ag_news_with_its_test_file():
    train = corpora("ag_news", "train.csv")
    printed = run_well("climb", train, "--test", train.with_name("test.csv"), "--no-curves").stdout
    table = table_of(printed)
    left_out = set(re.findall(r"^ +([\w-]+): not trained,", printed, re.MULTILINE))
    assert {*table, *left_out} - {""} == set(sadari.RUNGS)  # a long net that cannot matter says so, as do those that
    assert left_out.isdisjoint(table)  # have nothing to start from
    accuracy = {rung: float(cells[table[""].index("accuracy")].split()[0]) for rung, cells in table.items() if rung}
    assert min(accuracy[rung] for rung in ("bow", "ngram", "tfidf", "char", "word-char", "embedding-bag")) > 89
    assert max(accuracy.values()) > 91
    assert "test 7,600, used once" in printed
    assert "runs/ag_news/" in printed


@pytest.mark.data
def test_korean_questions_as_cp949_climb_the_same(tmp_path):
    source = corpora("chatbot_ko", "ChatbotData.csv")
    Path("korean.csv").write_bytes(source.read_text("utf-8-sig").encode("cp949"))
    accuracy = []
    for path in (source, "korean.csv"):
        arguments = ["--text", "Q", "--rungs", "bow", "--no-curves", "--no-report", "--json", "-o", "out"]
        found = json.loads(run_well("climb", path, *arguments).stdout)
        accuracy.append(found["rungs"][0]["accuracy"]["value"])
    assert accuracy[0] == accuracy[1] > 0.8
    assert any("CP949" in note.upper() for note in found["notes"])


def test_a_climb_and_an_evaluation_score_the_same_rows_the_same():
    """Empty and missing texts of a test file are answered, and count, in both."""
    frame = pl.read_csv(HEADLINES / "en_test.csv").select("text", "label").head(60)
    odd = pl.DataFrame({"text": ["", None, "qqqq"], "label": ["Sports", "World", "World"]})
    pl.concat([frame, odd]).write_csv("test.csv", quote_style="non_numeric")
    pl.read_csv(HEADLINES / "en_train.csv").select("text", "label").write_csv("news.csv")
    result = run_well("climb", "news.csv", "--test", "test.csv", *QUICK, "-o", "out")
    assert "test: 2 blank texts kept (rows 61, 62)" in " ".join(result.stdout.split())
    assert "test 63, used once" in result.stdout
    for rung in json.loads(Path("out/climb.json").read_text())["rungs"]:
        scores = json.loads(run_well("evaluate", rung["folder"], "test.csv", "--json").stdout)
        assert scores["accuracy"] == rung["accuracy"]
        assert scores["macro_f1"]["value"] == rung["macro_f1"]["value"]


def test_results_are_called_as_the_user_calls_the_data():
    run_well("climb", "headlines", *QUICK)
    pl.read_csv(HEADLINES / "en_train.csv").write_csv("news.csv")
    run_well("climb", "./news.csv", *QUICK)
    for folder, source, columns in (
        ("runs/headlines", "headlines", ["title", "text"]),
        ("runs/news", "./news.csv", ["text"]),
    ):
        assert json.loads(Path(folder, "climb.json").read_text())["source"] == source
        assert f"<h1>{source}" in re.sub(r"(<h1>)<[^>]*>", r"\1", Path(folder, "report.html").read_text())
        said = json.loads(Path(folder, "bow", "sadari.json").read_text())["data"]
        assert (said["source"], said["text_columns"]) == (source, columns)


def test_places_that_cannot_be_replaced_are_refused_before_anything_is_read():
    for command in (["climb"], ["train", "headlines", "--rung", "bow"]):
        for place in (".", "..", "/"):
            result = run(*command, "-o", place)
            assert result.exit_code == 2
            assert re.search("current folder|mounted", result.stderr)
            assert "Read" not in result.stdout
    assert not list(Path().iterdir())


def test_the_split_says_how_rows_are_validated():
    assert "train 1,000, each validated once in 5 folds · test 320, used once" in run_well("climb", *QUICK).stdout
    assert "학습 480(5겹 교차 검증)" in run_well("climb", "headlines_ko", *QUICK, "--lang", "ko").stdout
    rows = [f"{'red green' if i % 2 else 'blue grey'} thing number {i} of many,{'ab'[i % 2]}" for i in range(16_000)]
    Path("many.csv").write_text("text,label\n" + "\n".join(rows))
    printed = run_well("climb", "many.csv", "--rungs", "bow", "--no-curves", "--no-report", "--keep-duplicates").stdout
    assert re.search(r"train 1[23],\d{3} · validation 1,\d{3} · held-out 1,\d{3}, used once", printed)


def test_texts_that_a_rung_cuts_are_counted_under_the_table():
    rows = [f"{'red green blue' if i % 2 else 'one two three'} {i},{'ab'[i % 2]}" for i in range(60)]
    rows += [f"{'red ' * 600} {i},b" for i in range(10)]
    Path("long.csv").write_text("text,label\n" + "\n".join(rows))
    printed = run_well("climb", "long.csv", "--rungs", "bow,embedding", "--no-curves", "--no-report").stdout
    [remark] = [line for line in printed.splitlines() if "cut after" in line]
    assert re.fullmatch(r" +embedding: \d+ of 56 texts \(\d+\.\d %\) cut after 512 tokens", remark)


def test_class_weights_go_to_every_rung():
    """Of rare labels more are found; a weight for what is no label is said before anything is trained."""
    frame = pl.read_csv(HEADLINES / "en_train.csv").with_columns(
        pl.when(pl.col("label") == "Sports").then(pl.lit("yes")).otherwise(pl.lit("no")).alias("label")
    )
    rare = pl.concat([frame.filter(pl.col("label") == "no"), frame.filter(pl.col("label") == "yes").head(90)])
    rare.write_csv("rare.csv")
    recall = {}
    for weights in (None, "balanced", "yes=30"):
        given = [] if weights is None else ["--class-weight", weights]
        found = json.loads(run_well("climb", "rare.csv", *QUICK, *given, "-o", "run", "--json").stdout)
        for rung in found["rungs"]:
            assert rung["settings"]["class_weight"] == (weights if weights != "yes=30" else {"yes": 30.0})
            answers = pl.read_csv("run/predictions.csv").filter(pl.col("truth") == "yes")
            recall.setdefault(rung["rung"], []).append((answers[rung["rung"]] == "yes").mean())
    for plain, balanced, _ in recall.values():
        assert balanced >= plain, recall
    assert sum(balanced for _, balanced, _ in recall.values()) > sum(plain for plain, *_ in recall.values())
    said = run_badly("climb", "rare.csv", *QUICK, "--class-weight", "yess=3", "-o", "other")
    assert "class_weight names 'yess', which is no label of the training data" in said
    assert not Path("other").exists()
    assert "class_weight" in run_badly("climb", "rare.csv", *QUICK, "--class-weight", "yes=-3")
