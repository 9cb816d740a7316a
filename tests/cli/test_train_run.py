"""``sadari train --run``, stopped and resumed; and ``torchrun -m sadari train``: one model, one voice."""

import json
import os
import signal
import subprocess
import sys

import pytest

import sadari
from cli_runs import ENVIRONMENT, HEADLINES, SADARI, run_badly, run_well, stopped
from sadari.artifact import read_model
from sadari.train.checkpoint import read_run

LSTM = ["--rung", "lstm", "--set", "embed_dim=16", "--set", "hidden=8"]


def tensors(folder):
    return {name: value.tobytes() for name, value in read_model(folder).tensors.items()}


def test_a_stopped_training_is_resumed_to_the_same_model(tmp_path):
    data, run = os.path.relpath(HEADLINES / "en_train.csv", tmp_path), tmp_path / "run"
    command = ["train", data, *LSTM, "-o", "m", "--run", "run", "--text", "title,text", "--epochs", "30"]
    code, said = stopped(*command, run=run, cwd=tmp_path)
    assert code == 130, said
    assert "training was stopped in pass" in said
    assert "sadari train --resume run" in said
    assert not (tmp_path / "m").exists()
    assert not read_run(run).finished
    result = run_well("train", "--resume", run, "--json")  # from another folder than it was begun in
    assert json.loads(result.stdout)["settings"]["hidden"] == 8
    assert not run.exists()  # its model is saved
    data = HEADLINES / "en_train.csv"
    run_well("train", data, *LSTM, "-o", tmp_path / "unbroken", "--text", "title,text", "--epochs", "30")
    assert tensors(tmp_path / "m") == tensors(tmp_path / "unbroken")
    assert sadari.load(tmp_path / "m").inverse_temperature_ == sadari.load(tmp_path / "unbroken").inverse_temperature_


def test_a_run_that_ends_leaves_its_model_alone(tmp_path):
    run_well("train", "headlines", *LSTM, "-o", tmp_path / "m", "--run", tmp_path / "run", "--epochs", "1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m"]


def test_what_cannot_be(tmp_path):
    def badly(*arguments):
        return run_badly("train", *arguments)

    m, run = tmp_path / "m", tmp_path / "run"
    assert "trains too fast to keep a run" in badly("headlines", "--rung", "bow", "-o", m, "--run", run)
    assert "standard input" in badly("-", *LSTM, "-o", m, "--run", run)
    assert "the same folder" in badly("headlines", *LSTM, "-o", m, "--run", tmp_path / "x" / ".." / "m")
    assert "DATA is missing" in badly("--rung", "bow", "-o", m)
    assert "--rung is missing" in badly("headlines", "-o", m)
    assert "-o is missing" in badly("headlines", "--rung", "bow")
    assert "leave out 'epochs'" in badly("--resume", run, "--epochs", "3")
    assert f"{run}: there is no run in this folder" in badly("--resume", run)
    run_well("train", "headlines", "--rung", "bow", "-o", m)
    assert "no checkpoint" in badly("--resume", m)
    assert "in the way of the checkpoint" in badly("headlines", *LSTM, "-o", tmp_path / "n", "--run", m)
    assert sadari.load(m).name == "bow"


def test_two_processes_make_one_model_and_one_of_them_speaks(tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "sadari"]
    still = ["--epochs", "6", "--set", "dropout=0", "--set", "token_dropout=0"]
    arguments = ["train", "headlines", *LSTM, *still, "-o", str(tmp_path / "m")]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, env=ENVIRONMENT, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\nSaved ") == 1
    alone = json.loads(run_well("train", "headlines", *LSTM, *still, "-o", tmp_path / "alone", "--json").stdout)
    manifest = json.loads((tmp_path / "m" / "sadari.json").read_text())
    accuracy = manifest["scores"]["validation accuracy"]
    assert abs(accuracy - alone["validation"]["accuracy"]["value"]) < 0.05


def stopped_run(tmp_path):
    """The folder of a run that was stopped."""
    run = tmp_path / "run"
    asked = [*LSTM, "-o", tmp_path / "m", "--run", run, "--epochs", "900"]
    stopped("train", "headlines", *asked, run=run, number=signal.SIGTERM)
    return run


@pytest.mark.slow
def test_a_run_is_not_written_over_nor_taken_for_a_model(tmp_path):
    run = stopped_run(tmp_path)
    before = tensors(run)
    assert "holds a training run" in run_badly("train", "headlines", "--rung", "bow", "-o", run)
    assert tensors(run) == before
    for command in (["predict", run, "a text"], ["evaluate", run, "headlines"], ["explain", run, "a text"]):
        assert "a training run that is not finished" in run_badly(*command)


@pytest.mark.slow
def test_training_that_is_stopped_without_a_run_says_how_it_could_be_kept(tmp_path):
    command = [
        *SADARI,
        "train",
        "headlines",
        *LSTM,
        "-o",
        str(tmp_path / "m"),
        "--epochs",
        "900",
        "--report-every",
        "1",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    assert " steps  loss " in next(line for line in process.stderr if line.startswith("pass "))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "stopped\n  → begun with --run RUN" in said
    assert not (tmp_path / "m").exists()
