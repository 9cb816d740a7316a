"""Two processes that pre-train one BERT reach the weights of one process: torchrun, gloo, for real."""

import json

import pytest
import torch

import torchrun
from sadari import Bert

SCRIPT = """
import json, sys
import torch
from sadari import Bert
from sadari.train.machine import distributed as processes

texts, jobs = json.loads(sys.argv[1]), json.loads(sys.argv[2])
said = []
for number, settings in enumerate(jobs):
    model = Bert(**settings).fit(texts)
    everyone = processes.gather(torch.cat([value.flatten() for value in model.net_.state_dict().values()]))
    said.append([torch.equal(everyone[0], other) for other in everyone])
    if processes.place()[0] == 0:
        model.save(f"{sys.argv[3]}/{number}")
if processes.place()[0] == 0:
    print("SAID", json.dumps(said))
"""
SUBJECTS, PLACES = ["cat", "dog", "bird", "fox", "cow"], ["mat", "log", "roof", "hill"]
TEXTS = [f"The {one} sat on the {place}. It saw the {two}." for one in SUBJECTS for two in SUBJECTS for place in PLACES]
# SGD: the keys' bias has a gradient of nothing but rounding, which Adam would make a step of full size
SAME = {
    "length": 24,
    "batch_size": 15,
    "epochs": 2,
    "validations": 2,
    "validation": 0.2,
    "vocabulary": 120,
    "dropout": 0.0,
    "optimizer": "sgd",
    "learning_rate": 0.05,
    "precision": "fp32",
    "threads": 1,
}
# a batch of one text leaves the second process nothing
JOBS = [
    SAME,
    {**SAME, "nsp": False},
    {**SAME, "accumulate": 2, "whole_words": True},
    {**SAME, "batch_size": 1, "steps": 6},
]


@pytest.fixture(scope="module")
def by_two(tmp_path_factory):
    place = tmp_path_factory.mktemp("two")
    return torchrun.run(SCRIPT, place, json.dumps(TEXTS), json.dumps(JOBS), str(place)), place


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(JOBS)))
def test_two_processes_reach_the_weights_of_one(number, by_two):
    said, place = by_two
    assert all(said[number])  # both have the same bits
    alone = Bert(**JOBS[number]).fit(TEXTS)
    found = Bert.load(place / str(number)).net_.state_dict()
    begun = Bert(**{**JOBS[number], "steps": 1, "learning_rate": 1e-9}).fit(TEXTS).net_.state_dict()
    moved = 0.0
    for name, value in alone.net_.state_dict().items():
        assert torch.allclose(found[name], value, atol=2e-5, rtol=1e-3), name
        moved = max(moved, float((value - begun[name]).abs().max()))
    assert moved > 1e-3
