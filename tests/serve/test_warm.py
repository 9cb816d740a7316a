"""A server lets the first request in when nothing is left to compile: on a fresh machine that takes many seconds."""

import json
import subprocess
import sys

import pytest

# In a process of its own: in this one, other tests have called the same loops.
ASKED = """
import json, sys
from pathlib import Path
from numba.core.dispatcher import Dispatcher
from sadari.rungs import load
from sadari.serve.core.answer import Loaded

def compiled():
    modules = [m for name, m in sys.modules.items() if name.startswith("sadari.")]
    loops = [(m.__name__, name, v) for m in modules for name, v in vars(m).items() if isinstance(v, Dispatcher)]
    return {f"{module}.{name} {types}" for module, name, loop in loops for types in loop.overloads}

model = Loaded("m", Path(sys.argv[1]), load(sys.argv[1]), "")
model.warm()
before = compiled()
for text in json.loads(sys.argv[2]):
    for texts in ([text], [text, "two"], [text] * 20):
        model.raw_scores(texts, model.answer(texts))
        model.rung.token_counts(texts)
    model.rung.explain(text)
print(json.dumps([len(before), sorted(compiled() - before)]))
"""
TEXTS = ["Stocks fell on Friday", "", "\N{ROCKET} qwxz", "새 위성이 발사됐다", "İstanbul, <br> Ünïcode " * 30]


@pytest.mark.parametrize("name", ["tfidf", "lstm"])
def test_the_first_request_compiles_nothing(folders, name):
    command = [sys.executable, "-c", ASKED, folders[name], json.dumps(TEXTS)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    loops, late = json.loads(ended.stdout)
    assert loops > 5
    assert late == []
