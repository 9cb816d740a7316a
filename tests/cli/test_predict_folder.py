"""``sadari predict MODEL FILES… -o FOLDER/``: a file for a file, gone on with, and never mixed with anything else."""

import fcntl
import gzip
import json
import os
import shutil
from pathlib import Path

import polars as pl
import pytest
from fsspec.registry import known_implementations

from cli_runs import model_folder, run, run_badly, run_well

TEXTS = [
    "stocks fell on friday",
    "a late goal won the match",
    "",
    "new phones are out",
    "the minister resigned",
    "xyzzy",
]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Three files of one kind each, with a column of their own."""
    folder = tmp_path / "in"
    folder.mkdir()
    frame = pl.DataFrame({"id": range(6), "text": TEXTS})
    frame.write_parquet(folder / "a.parquet")
    frame.reverse().write_csv(folder / "b.csv")
    frame.head(4).write_ndjson(folder / "c.jsonl")
    return folder


def predict(*more: object, rung: str = "tfidf"):
    return run("predict", model_folder(rung), *more)


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "_manifest.jsonl"
    }


def test_each_file_has_the_bytes_that_it_has_alone(files, tmp_path):
    result = predict(files / "*", "-o", f"{tmp_path}/out/")
    assert result.exit_code == 0, result.stderr
    assert sorted(content(tmp_path / "out")) == ["a.parquet", "b.csv", "c.jsonl"]
    for name, data in content(tmp_path / "out").items():
        run_well("predict", model_folder("tfidf"), files / name, "-o", tmp_path / name)
        assert data == (tmp_path / name).read_bytes()
    assert "16 texts labelled" in result.stderr
    assert "3 files" in result.stderr


def test_the_same_command_does_what_is_missing(files, tmp_path):
    out = tmp_path / "out"
    predict(files, "-o", f"{out}/", "--proba")
    before = content(out)
    (out / "b.csv").unlink()
    (out / "c.jsonl").write_bytes(b"torn")
    result = predict(files, "-o", out, "--proba")
    assert result.exit_code == 0
    assert "1 file was there already" in result.stderr
    assert content(out) == before
    assert "3 files were there already" in predict(files, "-o", out, "--proba").stderr


def test_files_that_come_later_are_added(files, tmp_path):
    out = tmp_path / "out"
    predict(files, "-o", f"{out}/")
    before = content(out)
    shutil.copy(files / "a.parquet", files / "d.parquet")
    assert predict(files, "-o", out).exit_code == 0
    assert content(out) == {**before, "d.parquet": before["a.parquet"]}


def test_answers_within_the_folder_of_the_files_are_no_files(files, tmp_path):
    for said in ("16 texts labelled", "3 files lie in"):
        result = predict(files / "**/*.*", "-o", f"{files}/out/")
        assert result.exit_code == 0
        assert said in result.stderr
        assert sorted(content(files / "out")) == ["a.parquet", "b.csv", "c.jsonl"]
    said = run_badly("predict", model_folder("tfidf"), files, "-o", f"{files}/")
    assert "the files to label lie in the folder of the answers" in said


def test_an_address_is_no_folder_of_this_machine(files, tmp_path, monkeypatch):
    monkeypatch.setitem(known_implementations, "far", {"class": "farfs.Far", "err": "no"})
    monkeypatch.chdir(tmp_path)
    for ray in ([], ["--ray=nowhere:1"]):  # before anything is asked there
        said = run_badly("predict", model_folder("tfidf"), files, "-o", "far://bucket/out/", *ray)
        assert "far:// needs a package that is not installed" in said
    assert "an address" in run_badly("predict", model_folder("tfidf"), files / "b.csv", "-o", "far://bucket/out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_who_stops_it_is_told_that_it_can_be_gone_on_with(files, tmp_path, monkeypatch):
    from sadari.labelled.shards import run as shards

    first = shards.label_shard
    monkeypatch.setattr(
        shards, "label_shard", lambda model, shard, *more: first(model, shard, *more) if shard.name < "b" else stop()
    )

    def stop() -> None:
        raise KeyboardInterrupt

    result = predict(files, "-o", f"{tmp_path}/out/")
    assert result.exit_code != 0
    assert "1 of 3 files are done; the same command again does what is missing" in result.stderr
    monkeypatch.undo()
    assert predict(files, "-o", f"{tmp_path}/out/").exit_code == 0


def test_a_pattern_keeps_the_folders_that_a_later_file_makes_needful(files, tmp_path):
    out, year = tmp_path / "out", files / "2026"
    year.mkdir()
    (files / "b.csv").rename(year / "b.csv")
    assert predict(files / "*/*.csv", "-o", f"{out}/").exit_code == 0
    (files / "2027").mkdir()
    shutil.copy(year / "b.csv", files / "2027")
    assert predict(files / "*/*.csv", "-o", out).exit_code == 0
    assert sorted(content(out)) == ["2026/b.csv", "2027/b.csv"]


@pytest.mark.parametrize("first", ["a.txt", "a.csv"])
def test_a_text_a_line_is_labelled_as_it_is_alone(first, tmp_path):
    lines = "".join(f"{text or 'a draw'}, and more\n" for text in TEXTS)
    for name in (first, "b.txt"):
        (tmp_path / name).write_text(("text\n" if name == "a.csv" else "") + lines, encoding="utf-8")
    (tmp_path / "c.txt").write_text("text\nits header is no text\nand it has two rows\n", encoding="utf-8")
    assert predict(tmp_path / "[abc].*", "-o", f"{tmp_path}/out/").exit_code == 0
    for name in (first, "b.txt"):
        run_well("predict", model_folder("tfidf"), tmp_path / name, "-o", tmp_path / "alone.csv")
        assert content(tmp_path / "out")[f"{name[0]}.csv"] == (tmp_path / "alone.csv").read_bytes()
    assert len(content(tmp_path / "out")["c.csv"].splitlines()) == 3


@pytest.mark.parametrize("names", ["id,text", "text", "text,topic", ""])
def test_files_without_header_are_called_as_the_first(names, tmp_path):
    """As ``split -l`` cuts a table: each file has the answers that it has as a part of all."""
    rows = [
        f"{f'{at},' if 'id' in names else ''}{TEXTS[at % 6] or 'a draw'} {at}{',sport' if 'topic' in names else ''}\n"
        for at in range(80)
    ]
    lines = [*([f"{names}\n"] if names else []), *rows]
    lines = lines if names else [f"{at},{line}" for at, line in enumerate(lines)]
    for at in range(0, len(lines), 20):
        (tmp_path / f"{at:03}.csv").write_text("".join(lines[at : at + 20]), encoding="utf-8")
    assert predict(tmp_path / "0*.csv", "-o", f"{tmp_path}/out/").exit_code == 0
    run_well("predict", model_folder("tfidf"), tmp_path / "0*.csv", "-o", tmp_path / "all.csv")
    head, rest = (tmp_path / "all.csv").read_bytes().split(b"\n", 1)
    parts = [data.split(b"\n", 1) for data in content(tmp_path / "out").values()]
    assert {named for named, _ in parts} == {head}
    assert b"".join(part for _, part in parts) == rest


def test_a_line_that_a_killed_run_left_torn_is_taken_back(files, tmp_path):
    out = tmp_path / "out"
    predict(files, "-o", f"{out}/")
    before = content(out)
    manifest = out / "_manifest.jsonl"
    whole = manifest.read_bytes()
    for end in (5, whole.index(b"\n") + 9, len(whole) - 1):
        manifest.write_bytes(whole[:end])
        if end == 5:  # no file has its name before the first line is whole
            for name in before:
                (out / name).unlink()
        assert predict(files, "-o", out).exit_code == 0
        assert content(out) == before
        assert manifest.read_bytes().splitlines()[0] == whole.splitlines()[0]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda files, out: (out / "_manifest.jsonl").unlink(), "the folder exists and is not empty"),
        (lambda files, out: (files / "b.csv").unlink(), "holds the answers to other files: b.csv"),
        (
            lambda files, out: (files / "b.csv").write_text("id,text\n1,another\n", encoding="utf-8"),
            "holds the answers to another b.csv",
        ),
        (
            lambda files, out: (files / "b.csv").write_bytes((files / "b.csv").read_bytes().replace(b"5", b"6")),
            "holds the answers to another b.csv",
        ),
        (lambda files, out: (out / "_manifest.jsonl").write_text("{}\n", encoding="utf-8"), "line 1 is none that"),
    ],
)
def test_a_folder_of_something_else_is_left_alone(files, tmp_path, spoil, said):
    out = tmp_path / "out"
    predict(files, "-o", f"{out}/")
    spoil(files, out)
    before = content(out)
    assert said in run_badly("predict", model_folder("tfidf"), files, "-o", out)
    assert content(out) == before


def test_a_file_that_was_copied_again_is_still_the_same(files, tmp_path):
    out = tmp_path / "out"
    predict(files, "-o", f"{out}/")
    os.utime(files / "b.csv", ns=(1, 1))
    assert predict(files, "-o", out).exit_code == 0


def test_another_model_and_other_options_are_refused(files, tmp_path):
    out = tmp_path / "out"
    predict(files, "-o", f"{out}/")
    assert "holds the answers of another model" in run_badly("predict", model_folder("bow"), files, "-o", out)
    assert "other options (proba)" in run_badly("predict", model_folder("tfidf"), files, "-o", out, "--proba")


def test_a_run_that_labelled_nothing_binds_nobody(files, tmp_path):
    out = tmp_path / "out"
    for name in ("a.parquet", "b.csv", "c.jsonl"):
        (files / name).rename(files / f"{name}.kept")
        (files / name).write_bytes(b"\0")
    assert predict(files / "*.[pcj]*[tvl]", "-o", f"{out}/").exit_code == 2
    for name in ("a.parquet", "b.csv", "c.jsonl"):
        (files / f"{name}.kept").replace(files / name)
    assert predict(files, "-o", out, "--proba").exit_code == 0


def test_two_at_once_are_refused(files, tmp_path):
    out = tmp_path / "out"
    predict(files, "-o", f"{out}/")
    with (out / "_manifest.jsonl").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "another run is writing there" in run_badly("predict", model_folder("tfidf"), files, "-o", out)


def test_what_fails_does_not_keep_the_others(files, tmp_path):
    out = tmp_path / "out"
    (files / "b.csv").write_bytes(b"PAR1 no csv \0\0\0\xff\xfe")
    result = predict(files, "-o", f"{out}/", "--json")
    assert result.exit_code == 2
    assert "not labelled" in result.stderr
    assert "1 file of 3 has no labels" in result.stderr
    told = json.loads(result.stdout)
    assert (told["done"], len(told["failed"])) == (2, 1)
    assert told["failed"][0]["file"].endswith("b.csv")
    assert sorted(content(out)) == ["a.parquet", "c.jsonl"]
    assert predict(files, "-o", out, "--on-bad-file", "skip").exit_code == 0
    pl.DataFrame({"id": [1], "text": ["a goal"]}).write_csv(files / "b.csv")  # mended
    assert predict(files, "-o", out).exit_code == 0
    assert len(content(out)) == 3


def test_bad_rows_are_left_out_where_they_are_asked_to_be(files, tmp_path):
    out = tmp_path / "out"
    (files / "c.jsonl").write_text('{"id": 1, "text": "a goal"}\n{"id": broken\n', encoding="utf-8")
    result = predict(files, "-o", f"{out}/")
    assert result.exit_code == 2
    assert "c.jsonl, line 2" in result.stderr, result.stderr
    result = predict(files, "-o", out, "--on-bad-row", "skip")
    assert result.exit_code == 0
    assert "bad rows left out: 1 row" in result.stderr
    assert len(content(out)["c.jsonl"].splitlines()) == 1
    assert predict(files, "-o", out).exit_code == 2  # asked to be strict again, it looks at that file again


def test_files_of_several_folders_keep_them(tmp_path):
    for name in ("x", "y"):
        (tmp_path / "in" / name).mkdir(parents=True)
        pl.DataFrame({"text": TEXTS}).write_csv(tmp_path / "in" / name / "day.csv")
    (tmp_path / "in/y/day.csv.gz").write_bytes(gzip.compress((tmp_path / "in/y/day.csv").read_bytes()))
    assert predict(tmp_path / "in/**/*", "-o", f"{tmp_path}/out/").exit_code == 0
    found = content(tmp_path / "out")
    assert sorted(found) == ["x/day.csv", "y/day.csv", "y/day.csv.gz.csv"]
    assert len(set(found.values())) == 1


def test_a_full_disk_ends_it_and_says_what_is_done(files, tmp_path, monkeypatch):
    import errno

    from sadari.labelled import label_file

    write = label_file.write_file
    monkeypatch.setattr(
        label_file,
        "write_file",
        lambda path, rows, **how: write(path, rows, **how) if path.name < "b" else full(path),
    )

    def full(path: Path) -> None:
        from sadari.artifact.atomic import output_errors

        with output_errors(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    said = run_badly("predict", model_folder("tfidf"), files, "-o", f"{tmp_path}/out/")
    assert "No space left on device" in said
    assert "1 of 3 files are done; the same command again does what is missing" in said
    monkeypatch.undo()
    assert predict(files, "-o", f"{tmp_path}/out/").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a text", "--ray"], "--ray labels files into a folder"),
        (["in.csv", "-o", "out.csv", "--ray"], "--ray labels files into a folder"),
        (["in.csv", "-o", "out/", "--concurrency", "2"], "--concurrency is for --ray alone"),
        (["in.csv", "-o", "out/", "--ray=nowhere"], "'nowhere' is no address of a Ray cluster"),
        (["nothing/*.csv", "-o", "out/"], "nothing"),
        (["--ray", "in.csv", "-o", "out/"], "'in.csv' is no address of a Ray cluster"),
        (["in.csv", "-o", "out/"], "in.csv"),
        (["a text", "-o", "out/"], "a folder of answers is for files alone"),
        (["-", "-o", "out/"], "a folder of answers is for files alone"),
        (["memory://in/a.csv", "-o", "out/"], "memory://in/a.csv: there is no such file"),
        (["memory://in/*.csv", "-o", "out/"], "memory://in/*.csv: nothing matches it"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert said in run_badly("predict", model_folder("tfidf"), *arguments)
    assert not list(tmp_path.iterdir())
