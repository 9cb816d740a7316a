"""Every number and text in every JSON of every kind of folder replaced by what cannot be: it works, or is refused."""

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import mutants
from every_folder import KINDS
from process_use import path_to_tests

pytest.importorskip("transformers")
HERE = Path(__file__).parent
FEW = (
    "bow",
    "embedding-bag",
    "transformer",
    "bert",
    "embed-static",
    "weights-roberta",
    "weights-sentences",
    "generator-subword",
    "translator",
    "vectors",
)
EACH = 10


def outcomes(kinds, place, few):
    """What became of mutants of these kinds, in a process that one of them may end: Counter, and what went wrong."""
    for kind in kinds:
        KINDS[kind][0](place / kind)
    todo = []
    for kind in kinds:
        found = mutants.cases(kind, place / kind)
        todo += random.Random(kind).sample(found, few) if few else found
    counts, wrong = Counter(), []
    (place / "work").mkdir()
    while todo:
        command = [sys.executable, str(HERE / "mutants.py"), str(place), str(place / "work")]
        run = subprocess.run(
            command,
            input="".join(f"{json.dumps(case)}\n" for case in todo),
            capture_output=True,
            text=True,
            env=path_to_tests(),
        )
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        done = [line for line in lines if line[0] == "done"]
        counts.update(outcome.split()[0] for _, _, outcome, *_ in done)
        wrong += [f"{case}: {outcome}" for _, case, outcome, *_ in done if outcome.startswith("BAD")]
        if len(done) == len(todo):
            break
        assert [line[0] for line in lines[-1:]] == ["trying"], run.stderr[-2000:]
        wrong.append(f"{lines[-1][1]}: ended the process: {run.stderr[-300:]}")
        todo = todo[len(done) + 1 :]
    return counts, wrong


@pytest.mark.slow
def test_some_values_of_some_folders(tmp_path):
    counts, wrong = outcomes(FEW, tmp_path, EACH)
    assert not wrong
    assert counts.total() == EACH * len(FEW)
    assert counts["refused"] > counts["works"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_value_of_every_folder(kind, tmp_path):
    counts, wrong = outcomes([kind], tmp_path, 0)
    assert not wrong
    assert counts["refused"]
