"""Commands that read data take many files as one corpus."""

import json

import polars as pl
import pytest

from cli_runs import HEADLINES, model_folder, run_badly, run_well


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The bundled headlines as one file, and in parts of three formats."""
    folder = tmp_path_factory.mktemp("parts")
    rows = pl.read_csv(HEADLINES / "en_train.csv", infer_schema=False)
    rows.write_csv(folder / "all.csv")
    (folder / "news").mkdir()
    size = rows.height // 4 + 1
    rows[:size].write_csv(folder / "news" / "0.csv")
    rows[size : 2 * size].write_parquet(folder / "news" / "1.parquet")
    rows[2 * size : 3 * size].write_ndjson(folder / "news" / "2.jsonl")
    rows[3 * size :].select(rows.columns[::-1]).write_csv(folder / "news" / "3.tsv", separator="\t")
    (folder / "news" / "_SUCCESS").touch()
    return folder


def test_train_gives_the_model_of_one_file(parts, tmp_path):
    run_well("train", parts / "all.csv", "--rung", "tfidf", "-o", tmp_path / "one", "--json")
    ways = {
        "folder": [parts / "news"],
        "paths": [f"{parts}/news/0.csv", f"{parts}/news/[1-2].*", parts / "news/3.tsv"],
    }
    one = (tmp_path / "one" / "weights.safetensors").read_bytes()
    for name, way in ways.items():
        said = run_well("train", *way, "--rung", "tfidf", "-o", tmp_path / name, "--stream")
        assert (tmp_path / name / "weights.safetensors").read_bytes() == one
        assert "4 files: 0.csv, 1.parquet, 2.jsonl, 3.tsv" in said.stdout


def test_predict_answers_all_rows_in_order(parts, tmp_path):
    model = model_folder()
    for kind in ("csv", "parquet"):
        one, many = tmp_path / f"one.{kind}", tmp_path / f"many.{kind}"
        run_well("predict", model, parts / "all.csv", "-o", one)
        run_well("predict", model, f"{parts}/news/*", "-o", many)
        assert one.read_bytes() == many.read_bytes()
    names = sorted(str(path) for path in (parts / "news").glob("[0-9]*"))
    assert run_well("predict", model, *names).stdout == run_well("predict", model, f"{parts}/news/").stdout


def test_predict_keeps_texts_that_look_like_patterns(tmp_path):
    said = run_well("predict", model_folder(), "Who won the cup?", "stocks *fell*", "[sic]", "--json").stdout
    assert len(said.splitlines()) == 3


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        (["{parts}/news/0.csv", "a text"], "give only files, or only texts"),
        (["{parts}/news/0.csv", "-"], "give only files, or only texts"),
        (["{parts}/news/*.pq"], "nothing matches it"),
        (["{parts}/news/*", "-o", "{parts}/news/0.csv"], "is the file that is read"),
    ],
)
def test_what_predict_refuses(parts, inputs, says):
    assert says in run_badly("predict", model_folder(), *(text.format(parts=parts) for text in inputs))


def test_audit_counts_over_all_files(parts, tmp_path):
    (tmp_path / "4.csv").write_text('title,text,label\na,b,Sports\nc,d\n"",e,\n')
    (tmp_path / "5.csv").write_bytes(b"")
    files = [parts / "news", tmp_path / "4.csv", tmp_path / "5.csv"]
    assert "5.csv: the file is empty\n  → mend it, or pass --on-bad-file skip" in run_badly("data", "audit", *files)
    found = json.loads(run_well("data", "audit", *files, "--on-bad-file", "skip", "--json").stdout)
    (bad,) = found["bad_rows"].values()
    assert bad["count"] == 1
    assert bad["first"] == [f"{tmp_path}/4.csv, row 2 (line 3): 2 fields where the file has 3 columns"]
    (files_left_out,) = found["bad_files"].values()
    assert files_left_out == [f"{tmp_path}/5.csv: the file is empty"]


@pytest.mark.slow
def test_climb_reads_a_pattern_and_a_test_pattern(parts, tmp_path):
    few = ["--rungs", "bow", "--no-curves", "--no-report", "--no-refit", "-o", tmp_path / "run", "--json"]
    result = json.loads(run_well("climb", f"{parts}/news/*", "--test", f"{parts}/news/[12].*", *few).stdout)
    assert (result["rows"]["train"], result["rows"]["final"]) == (1000, 502)


def test_evaluate_and_head_take_a_pattern(parts):
    one = json.loads(run_well("evaluate", model_folder(), parts / "all.csv", "--json").stdout)
    many = json.loads(run_well("evaluate", model_folder(), f"{parts}/news/*", "--json").stdout)
    assert {**many, "source": 0, "notes": 0} == {**one, "source": 0, "notes": 0}
    assert "Sports" in run_well("data", "head", f"{parts}/news/*", "-n", 20).stdout


def test_vectors_and_texts_of_tables(parts, tmp_path):
    same = ["--deterministic", "--width", "8", "--epochs", "1", "--min-count", "1", "--tokenizer", "words", "--json"]
    for name, way in {"one": parts / "all.csv", "many": f"{parts}/news/*", "folder": parts / "news"}.items():
        run_well("vectors", "train", way, "--text", "text", "-o", tmp_path / f"{name}.vec", *same)
    assert (tmp_path / "one.vec").read_bytes() == (tmp_path / "many.vec").read_bytes()
    assert (tmp_path / "one.vec").read_bytes() == (tmp_path / "folder.vec").read_bytes()
