"""Two processes that train one generator reach the weights of one process: torchrun, gloo, for real."""

import json

import pytest
import torch

import torchrun
from sadari import Generator

SCRIPT = """
import json, signal, sys
import torch
from sadari import Generator
from sadari.train.loop import Interrupted
from sadari.train.machine import distributed as processes

text, jobs, place = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]

def weights(model):
    return torch.cat([value.flatten() for value in model.net_.state_dict().values()])

said = []
for number, settings in enumerate(jobs):
    told = []
    model = Generator(**settings).fit(text, on_record=told.append)
    everyone = processes.gather(weights(model))
    said.append([all(torch.equal(everyone[0], other) for other in everyone), len(told)])
    if processes.place()[0] == 0:
        model.save(f"{place}/{number}")

def stop(done, total, record):
    if record.get("step") == 7:
        signal.raise_signal(signal.SIGTERM)  # the first process is asked, and both stop

settings = {**jobs[0], "dropout": 0.2}
try:
    Generator(**settings).fit(text, run=f"{place}/run", on_progress=stop)
    said.append("was not stopped")
except Interrupted:
    resumed = Generator(**settings).fit(text, run=f"{place}/run", resume=True)
    unbroken = Generator(**settings).fit(text)
    said.append([torch.equal(weights(resumed), weights(unbroken)), len(resumed.history_)])
if processes.place()[0] == 0:
    print("SAID", json.dumps(said))
"""
TEXT = (
    "".join(f"the {one} sat on the {place}. " for one in ("cat", "dog", "fox") for place in ("mat", "log", "hill")) * 8
)
SAME = {
    "batch_size": 5,
    "window": 16,
    "steps": 30,
    "validations": 3,
    "embed_dim": 8,
    "hidden": 16,
    "dropout": 0.0,
    "optimizer": "sgd",
    "learning_rate": 0.2,
    "precision": "fp32",
    "threads": 1,
}
# a batch of one stream, or window, leaves the second process nothing
JOBS = [
    SAME,
    {**SAME, "net": "gru", "layers": 2, "accumulate": 3},
    {**SAME, "batch_size": 1},
    {**SAME, "net": "transformer", "heads": 2, "sample_every": 10},
    {**SAME, "net": "transformer", "heads": 2, "batch_size": 1, "steps": 6},
]


@pytest.fixture(scope="module")
def by_two(tmp_path_factory):
    place = tmp_path_factory.mktemp("two")
    return torchrun.run(SCRIPT, place, TEXT, json.dumps(JOBS), str(place)), place


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(JOBS)))
def test_two_processes_reach_the_weights_of_one(number, by_two):
    (said, place), told = by_two, []
    alone = Generator(**JOBS[number]).fit(TEXT, on_record=told.append)
    assert said[number] == [True, len(told)]  # both have the same bits, and one of them speaks
    found = Generator.load(place / str(number)).net_.state_dict()
    begun = Generator(**{**JOBS[number], "steps": 1, "learning_rate": 1e-9}).fit(TEXT).net_.state_dict()
    moved = 0.0
    for name, value in alone.net_.state_dict().items():
        assert torch.allclose(found[name], value, atol=2e-5, rtol=1e-3), name
        moved = max(moved, float((value - begun[name]).abs().max()))
    assert moved > 1e-3


@pytest.mark.slow
def test_two_processes_stop_together_and_resume_to_the_same_bits(by_two):
    assert by_two[0][-1] == [True, 3]
