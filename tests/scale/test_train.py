"""A net that processes of a cluster train: the bits of ``torchrun``, whoever is lost on the way."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
import torch

import sadari
import torchrun
from cli_runs import SADARI, run_badly, run_well
from rungs_headlines import some
from sadari.artifact import read_model
from sadari.errors import ClusterError, DataError, SadariWarning, SettingError
from sadari.rungs import RUNGS
from sadari.scale.train import fit_together
from sadari.train.checkpoint import Run, read_run

# with dropout, whose random numbers each process has of its own
NET = {"embed_dim": 16, "hidden": 8, "epochs": 3, "batch_size": 20, "threads": 1}
SCRIPT = """
import json, sys
from rungs_headlines import some
from sadari.rungs import RUNGS
from sadari.train.machine import distributed as processes

rung = RUNGS["lstm"](**json.loads(sys.argv[1])).fit(*some(150))
if processes.place()[0] == 0:
    rung.save(sys.argv[2])
"""


@pytest.fixture(scope="module")
def by_torchrun(tmp_path_factory):
    """The folder of the model that two processes of torchrun give."""
    place = tmp_path_factory.mktemp("torchrun")
    torchrun.run(SCRIPT, place, json.dumps(NET), str(place / "model"))
    return place / "model"


def assert_same(rung, folder):
    found = read_model(folder, as_torch=True).tensors
    for name, value in rung.net_.state_dict().items():
        assert torch.equal(found[name], value), name


def trainers(cluster):
    """The processes that train on a cluster."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = place.joinpath("stat").read_text().rsplit(") ", 1)[1].split()[1]
            if place.joinpath("cmdline").read_bytes().startswith(b"ray::Trainer"):
                raylet = Path("/proc", parent, "cmdline").read_bytes()
                found += [int(place.name)] if cluster.address.encode() in raylet else []
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_a_lost_worker_costs_no_bits(cluster, address, by_torchrun, tmp_path):
    told, before = [], set(trainers(cluster))

    def tell(record):
        told.append(record)
        if len(told) == 1:
            os.kill(next(pid for pid in trainers(cluster) if pid not in before), signal.SIGKILL)

    rung = RUNGS["lstm"](**NET)
    with pytest.warns(SadariWarning, match=r"a worker was lost \(its process ended\): all of them go on from step"):
        fit_together(rung, *some(150), workers=2, address=address, run=Run(tmp_path / "run", every=0.0), on_record=tell)
    assert_same(rung, by_torchrun)
    assert read_run(tmp_path / "run").finished
    assert [record["epoch"] for record in told] == [1, 2, 3]  # each once
    assert [record["loss"] for record in rung.history_] == [record["loss"] for record in told]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]  # and no mark
    texts = some(20)[0]
    alone = sadari.load(by_torchrun)
    assert (rung.predict_proba(texts) == alone.predict_proba(texts)).all()


@pytest.mark.slow
def test_a_generator_is_trained_on_a_cluster_and_says_what_it_always_says(address, tmp_path):
    (tmp_path / "cats.txt").write_text("The cat sat on the mat. The dog sat on the log. " * 20)
    result = run_well(
        *("generate", "train", tmp_path / "cats.txt", "-o", tmp_path / "m", "--steps", "6"),
        *("--set", "hidden=8", "--set", "window=16", "--set", "batch_size=4", "--seed", "1", "--report-every", "3"),
        *("--ray", address, "--workers", "2", "--run", tmp_path / "run"),
    )
    assert result.stdout.startswith("Read        ")
    assert "\nNet         lstm · " in result.stdout
    assert "\nSaved " in result.stdout
    assert "step 6 · " in result.stderr
    assert "  │ " in result.stderr  # what it writes meanwhile
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cats.txt", "m"]


def test_what_cannot_be(cluster, address, tmp_path):
    lstm = RUNGS["lstm"](**NET)
    with pytest.raises(
        SettingError, match="no room for 4 workers on the cluster: with 1 CPU for each it has places for 3"
    ):
        fit_together(lstm, *some(50), workers=4, address=address)
    with pytest.raises(SettingError, match="with 2 CPUs for each it has places for 0"):
        fit_together(RUNGS["lstm"](threads=2), *some(50), workers=1, address=address)
    with pytest.raises(SettingError, match="'bow' trains in one process"):  # before anything is connected to
        fit_together(RUNGS["bow"](), *some(50), workers=2, address="127.0.0.1:1")
    with pytest.raises(SettingError) as refused:  # by its net, which others keep runs of
        fit_together(RUNGS["vectors"](vectors="v.vec"), *some(50), workers=2, address="127.0.0.1:1")
    assert "leave out --ray; embedding, rnn" in str(refused.value)
    with pytest.raises(SettingError, match="workers"):
        fit_together(lstm, *some(50), workers=0, address=address)
    train = ("train", "headlines", "-o", tmp_path / "m", "--rung")
    assert "training on a cluster needs --ray" in run_badly(*train, "lstm", "--workers", "2")
    assert "training on a cluster needs --workers" in run_badly(*train, "lstm", "--ray", address)
    assert "leave out --ray" in run_badly(*train, "tfidf", "--ray", address, "--workers", "2")
    assert not (tmp_path / "m").exists()


def test_a_folder_that_other_machines_do_not_see(address, tmp_path):
    here = os.open(tmp_path, os.O_RDONLY)  # this process alone finds it under this name
    try:
        with pytest.raises(SettingError, match=f"(?s)fd/{here}/run: node .* does not see it.*storage that they share"):
            fit_together(RUNGS["lstm"](**NET), *some(50), workers=1, address=address, run=f"/proc/self/fd/{here}/run")
    finally:
        os.close(here)
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_what_goes_wrong_in_a_worker_is_said_as_if_it_went_wrong_here(address):
    with pytest.raises(DataError, match="only label 'x'"):
        fit_together(RUNGS["lstm"](**NET), ["a text", "another"], ["x", "x"], workers=2, address=address)

    class Hungry:
        def fit(self, *texts, **options):
            raise MemoryError

    with pytest.raises(MemoryError):
        fit_together(Hungry(), ["a"], workers=1, address=address)


@pytest.mark.slow
def test_a_worker_that_is_lost_again_and_again_is_the_end(address):
    class Doomed:
        def fit(self, *texts, **options):
            os.kill(os.getpid(), signal.SIGKILL)

    with (
        pytest.warns(SadariWarning, match="all of them begin again") as said,
        pytest.raises(ClusterError, match="a worker was lost 3 times without a step forward: its process ended"),
    ):
        fit_together(Doomed(), ["a"], workers=1, address=address)
    assert len(said) == 2


@pytest.mark.slow
def test_ctrl_c_leaves_a_checkpoint_and_the_command_goes_on_anywhere(address, tmp_path):
    """Stopped on a cluster, resumed there: the bits of a run that was not stopped."""
    command = ["train", "headlines", "--rung", "lstm", "--set", "embed_dim=16", "--set", "hidden=8", "--epochs", "12"]
    there = ["--ray", address, "--workers", "2"]
    stopped = subprocess.Popen(
        [*SADARI, *command, "-o", "m", "--run", "run", *there, "--report-every", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "80"},
    )
    lines = []
    for line in stopped.stderr:
        lines.append(line)
        if line.startswith("pass 2"):
            break
    stopped.send_signal(signal.SIGINT)
    _, said = stopped.communicate(timeout=60)
    said = "".join([*lines, said])
    assert stopped.returncode == 130, said
    assert "training was stopped in pass" in said
    assert "sadari train --resume run" in said
    assert not read_run(tmp_path / "run").finished
    run_well("train", "--resume", tmp_path / "run", "--json")
    run_well(*command, "--report-every", "1", "-o", tmp_path / "unbroken", *there)
    found, unbroken = (read_model(tmp_path / name).tensors for name in ("m", "unbroken"))
    assert all((found[name] == value).all() for name, value in unbroken.items())


STILL = ("--set", "dropout=0", "--set", "threads=1")  # without dropout nothing but the order of sums differs


@pytest.mark.parametrize(
    ("command", "settings", "loss"),
    [
        pytest.param(
            ("train", "headlines", "--rung", "embedding"),
            ("--epochs", "2", "--set", "token_dropout=0", "--set", "embed_dim=8"),
            "loss",
            id="train",
        ),
        pytest.param(
            ("pretrain", "headlines", "--text", "title,text"),
            ("--steps", "4", "--length", "24", "--batch-size", "16", "--vocabulary", "150", "--set", "optimizer=sgd"),
            "loss",
            id="pretrain",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ("translate", "train", "phrases", "--source", "en", "--target", "fr"),
            ("--epochs", "1", "--width", "16", "--set", "heads=2", "--layers", "1", "--set", "optimizer=sgd"),
            "cross_entropy",
            id="translate",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_loss_of_two_workers_is_that_of_one_process(command, settings, loss, address, tmp_path):
    def trained(name, *there):
        result = run_well(*command, "-o", tmp_path / name, *settings, *STILL, *there, "--json")
        return [record[loss] for record in json.loads(result.stdout)["history"] if loss in record]

    together = trained("together", "--ray", address, "--workers", "2")
    assert together
    assert together == pytest.approx(trained("alone"), rel=1e-4)
