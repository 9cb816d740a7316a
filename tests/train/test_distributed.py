"""Two processes that train one net reach the weights of one process with the same batches: torchrun, gloo, for real."""

import json
import signal
import time

import pytest
import torch

import torchrun
from sadari.artifact import read_model
from sadari.rungs import RUNGS
from sadari.train.checkpoint import read_run
from sadari.train.machine import distributed as processes

SCRIPT = """
import json, sys
import torch
from rungs_headlines import some
from sadari.rungs import RUNGS
from sadari.train.machine import distributed as processes

texts, labels = some(150)
said = []
for name, settings in json.loads(sys.argv[1]):
    told = []
    rung = RUNGS[name](**settings).fit(texts, labels, on_record=told.append)
    rank = processes.place()[0]
    if rank == 0:
        rung.save(f"{sys.argv[2]}/{len(said)}")
    everyone = processes.gather(torch.cat([value.flatten() for value in rung.net_.state_dict().values()]))
    said.append({
        "told": len(told), "loss": [record["loss"] for record in rung.history_],
        "same": all(torch.equal(everyone[0], other) for other in everyone),
    })
if processes.place()[0] == 0:
    print("SAID", json.dumps(said))
"""
# batches of 25 and a last one of odd size; without dropout nothing but the order of sums differs
SAME = {"epochs": 2, "batch_size": 25, "dropout": 0.0, "token_dropout": 0.0, "embed_dim": 16, "threads": 1}
JOBS = [
    ("embedding", {**SAME, "sparse": True}),
    ("embedding", {**SAME, "sparse": True, "optimizer": "sgd", "learning_rate": 0.5}),
    ("embedding", {**SAME, "sparse": False, "clip": 0.05}),
    ("lstm", {**SAME, "accumulate": 3}),
    ("bilstm", {**SAME, "optimizer": "sgd", "learning_rate": 0.1, "layers": 2}),
    # SGD: the keys' bias has a gradient of nothing but rounding, which Adam would make a step of full size
    ("transformer", {**SAME, "pooling": "class", "report_every": 2, "optimizer": "sgd", "learning_rate": 0.1}),
    ("embedding", {**SAME, "sparse": True, "batch_size": 1, "epochs": 1, "max_vocab": 50}),
]


@pytest.fixture(scope="module")
def trained_by_two(tmp_path_factory):
    """What two processes said, and the folder of their models."""
    place = tmp_path_factory.mktemp("two")
    return torchrun.run(SCRIPT, place, json.dumps(JOBS), str(place)), place


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(JOBS)), ids=[f"{name}-{number}" for number, (name, _) in enumerate(JOBS)])
def test_two_processes_reach_the_weights_of_one(number, trained_by_two):
    from rungs_headlines import some

    (said, place), (name, settings) = trained_by_two, JOBS[number]
    alone = RUNGS[name](**settings).fit(*some(150))
    assert said[number]["same"]  # both processes have the same bits
    assert said[number]["loss"] == pytest.approx([record["loss"] for record in alone.history_], rel=1e-4)
    found = read_model(place / str(number), as_torch=True).tensors
    for key, value in alone.net_.state_dict().items():
        assert torch.allclose(found[key], value, atol=2e-4, rtol=1e-3), key
    assert said[number]["told"] == len(alone.history_)  # and the second process was told nothing


STOPPED = """
import sys
from rungs_headlines import some
from sadari.rungs import RUNGS
from sadari.train.machine import distributed as processes
from sadari.train.checkpoint import Run
from sadari.train.loop import Interrupted

texts, labels = some(150)
def progress(done, total, record):
    print(int(record["step"]), flush=True)

settings = {"epochs": int(sys.argv[3]), "batch_size": 10, "embed_dim": 16, "threads": 1, "report_every": 1}
rung = RUNGS["lstm"](**settings)
try:
    rung.fit(texts, labels, run=Run.of(sys.argv[1]), resume=sys.argv[2] == "resume", on_progress=progress)
except Interrupted as error:
    sys.exit(f"process {processes.place()[0]}: {error}")
"""


@pytest.mark.slow
def test_two_processes_stop_together_and_resume_to_the_same_bits(tmp_path):
    (tmp_path / "train.py").write_text(STOPPED)
    stopped = torchrun.begin(tmp_path / "train.py", str(tmp_path / "run"), "start", "40")
    for line in stopped.stdout:
        if int(line) >= 20:
            break
    stopped.send_signal(signal.SIGTERM)
    stopped.communicate(timeout=60)
    deadline = time.monotonic() + 10
    while not 20 <= read_run(tmp_path / "run").step < 600 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert 20 <= read_run(tmp_path / "run").step < 600
    for run, how in (("run", "resume"), ("unbroken", "start")):
        process = torchrun.begin(tmp_path / "train.py", str(tmp_path / run), how, "40")
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
    resumed, unbroken = (read_model(tmp_path / run, as_torch=True).tensors for run in ("run", "unbroken"))
    assert all(torch.equal(value, unbroken[name]) for name, value in resumed.items())


def test_alone_it_is_the_first_of_one():
    assert processes.place() == (0, 1)
    assert processes.total(1.5, 2.0) == [1.5, 2.0]
    assert len(processes.gather(torch.ones(2))) == 1
