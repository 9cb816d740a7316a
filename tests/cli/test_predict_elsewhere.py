"""``sadari predict 'memory://in/*.csv' -o memory://out/``: as in a folder of this machine, through fsspec."""

import json
from pathlib import Path

import fsspec
import polars as pl
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from cli_runs import model_folder, run, run_badly, run_well
from sadari.data.formats.remote import shown
from sadari.labelled.label_file import Labelling
from sadari.labelled.shards.run import label_files
from sadari.rungs import load

TEXTS = ["stocks fell on friday", "a late goal won the match", "", "new phones are out", "xyzzy"]


@pytest.fixture
def store(tmp_path, request):
    """Three files, here (in/) and in fsspec's memory; and the address of a folder there."""
    system = fsspec.filesystem("memory")
    for at, name in enumerate(("x/a.csv", "x/b.parquet", "y/c.jsonl")):
        frame = pl.DataFrame({"id": range(5 + at), "text": (TEXTS * 2)[at : at + 5 + at]})
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        {".csv": frame.write_csv, ".parquet": frame.write_parquet, ".jsonl": frame.write_ndjson}[path.suffix](path)
        system.pipe(f"/bucket/in/{name}", path.read_bytes())
    yield system
    system.store.clear()


def predict(*more: object, rung: str = "tfidf"):
    return run("predict", model_folder(rung), *more)


def answers(system: MemoryFileSystem) -> dict[str, bytes]:
    return {
        path.removeprefix("/bucket/out/"): system.cat(path)
        for path in system.find("/bucket/out")
        if not path.endswith("_manifest.jsonl")
    }


@pytest.fixture
def here(store, tmp_path):
    """What lies in a folder of this machine after the same."""
    run_well("predict", model_folder("tfidf"), tmp_path / "in/*/*", "-o", f"{tmp_path}/out/")
    return {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
        for path in sorted((tmp_path / "out").rglob("*"))
        if path.is_file() and path.name != "_manifest.jsonl"
    }


@pytest.mark.parametrize("given", ["memory://bucket/in/*/*", "{here}/in/*/*"])
def test_the_answers_are_those_of_this_machine(given, store, here, tmp_path):
    result = predict(given.format(here=tmp_path), "-o", "memory://bucket/out/")
    assert result.exit_code == 0, result.stderr
    assert "memory://bucket/out/" in result.stderr
    assert answers(store) == here
    manifest = [json.loads(line) for line in store.cat("/bucket/out/_manifest.jsonl").splitlines()]
    assert sorted(line["file"] for line in manifest[1:]) == sorted(here)


def test_files_from_elsewhere_go_into_a_folder_here(store, here, tmp_path):
    assert predict("memory://bucket/in/*/*", "-o", f"{tmp_path}/other/").exit_code == 0
    assert {name: (tmp_path / "other" / name).read_bytes() for name in here} == here


def test_the_same_command_does_what_is_missing(store, here):
    command = ("memory://bucket/in/*/*", "-o", "memory://bucket/out/")
    predict(*command)
    store.rm("/bucket/out/x/b.parquet")
    store.pipe("/bucket/out/y/c.jsonl", b"torn")
    result = predict(*command)
    assert "1 file was there already" in result.stderr, result.stderr
    assert answers(store) == here
    assert "3 files were there already" in predict(*command).stderr


def test_a_run_that_is_killed_is_gone_on_with(store, here, monkeypatch):
    """At each of its writes in turn: what is there is whole, and in the end all is there."""
    command = ("memory://bucket/in/*/*", "-o", "memory://bucket/out/")
    real = MemoryFileSystem.put_file, MemoryFileSystem.pipe_file
    for fatal in range(8):
        writes = []

        def dying(write, fatal=fatal, writes=writes):
            def call(*given, **more):
                writes.append(given)
                if len(writes) > fatal:
                    raise SystemExit(9)  # and nothing that is written after
                return write(*given, **more)

            return call

        monkeypatch.setattr(MemoryFileSystem, "put_file", dying(real[0]))
        monkeypatch.setattr(MemoryFileSystem, "pipe_file", dying(real[1]))
        result = predict(*command)
        monkeypatch.undo()
        assert answers(store).items() <= here.items()
        if result.exit_code == 0:
            break
        assert predict(*command).exit_code == 0
        assert answers(store) == here
        store.rm("/bucket/out", recursive=True)
    assert fatal > 3


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda system: system.rm("/bucket/out/_manifest.jsonl"), "the folder exists and is not empty"),
        (lambda system: system.rm("/bucket/in/x/a.csv"), "holds the answers to other files: x/a.csv"),
        (lambda system: system.pipe("/bucket/in/x/a.csv", b"id,text\n1,a\n"), "holds the answers to another x/a.csv"),
        (lambda system: system.pipe("/bucket/out/_manifest.jsonl", b"{}\n"), "line 1 is none that"),
    ],
)
def test_what_something_else_has_filled_is_left_alone(spoil, said, store):
    command = ("memory://bucket/in/*/*", "-o", "memory://bucket/out/")
    predict(*command)
    spoil(store)
    before = answers(store)
    assert said in run_badly("predict", model_folder("tfidf"), *command)
    assert answers(store) == before


def test_of_two_runs_at_once_one_ends(store, monkeypatch):
    first = True

    def another(standing) -> None:
        nonlocal first
        if standing.done and first:
            first = False
            store.pipe("/bucket/out/_manifest.jsonl", b"of another run\n")

    folder = model_folder("tfidf")
    paths = sorted(f"memory:/{path}" for path in store.find("/bucket/in"))
    with pytest.raises(Exception, match="another run is writing there"):
        label_files(load(folder), folder, paths, "memory://bucket/out", Labelling(), on_standing=another)
    assert store.cat("/bucket/out/_manifest.jsonl") == b"of another run\n"


def test_what_cannot_be_written_is_a_line_without_the_password(store, monkeypatch):
    def refuse(self, path, *given, **more):
        raise PermissionError(f"denied for user:secret at {path}")

    monkeypatch.setattr(MemoryFileSystem, "pipe_file", refuse)
    said = run_badly(
        "predict", model_folder("tfidf"), "memory://bucket/in/*/*", "-o", "memory://user:secret@bucket/out/"
    )
    assert "cannot be written: denied for …" in said
    assert "secret" not in said
    assert shown("https://me:word@host/a.csv?X-Signature=1") == "https://host/a.csv"


def test_here_and_elsewhere_are_two_commands(store, tmp_path):
    said = run_badly(
        "predict",
        model_folder("tfidf"),
        tmp_path / "in/x/a.csv",
        "memory://bucket/in/y/c.jsonl",
        "-o",
        f"{tmp_path}/o/",
    )
    assert "some files lie here and some elsewhere" in said
    assert not Path(tmp_path, "o").exists()
