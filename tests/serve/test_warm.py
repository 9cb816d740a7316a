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


SERVED = """
import asyncio, io, json, sys
import httpx, polars as pl
from numba.core.dispatcher import Dispatcher
from sadari.serve.app import Served
from sadari.serve.settings import ServeSettings

def compiled():
    modules = [m for name, m in sys.modules.items() if name.startswith("sadari.")]
    loops = [(m.__name__, name, v) for m in modules for name, v in vars(m).items() if isinstance(v, Dispatcher)]
    return {f"{module}.{name} {types}" for module, name, loop in loops for types in loop.overloads}

served = Served(ServeSettings(models=(("m", sys.argv[1]),)))
before, texts = compiled(), json.loads(sys.argv[2])
rows = pl.DataFrame({"n": range(len(texts)), "text": texts, "other, one": [f'a "quote", {t}\\nb' for t in texts]})
files = {"csv": io.BytesIO(), "jsonl": io.BytesIO(), "parquet": io.BytesIO()}
rows.write_csv(files["csv"]); rows.write_ndjson(files["jsonl"]); rows.write_parquet(files["parquet"])

async def ask():
    late = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://127.0.0.1") as client:
        for name, file in files.items():
            query = {"format": name, "coverage": "0.9", "sets": "0.9", "proba": "true"}
            late[name] = await client.post("/predict/file", content=file.getvalue(), params=query)
        late["classify"] = await client.post("/classify", json={"input": texts, "sets": 0.9, "scope": 0.1})
        late["explain"] = await client.post("/explain", json={"inputs": texts[0]})
        late["predict"] = await client.post("/predict", json={"inputs": texts[3]})
        for path in ("/", "/metrics", "/openapi.json"):
            late[path] = await client.get(path)
    return {name: answer.status_code for name, answer in late.items()}

codes = asyncio.run(ask())
print(json.dumps([len(before), sorted(compiled() - before), codes]))
"""


def test_the_first_file_and_page_compile_nothing(folders):
    command = [sys.executable, "-c", SERVED, folders["tfidf"], json.dumps(TEXTS)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    loops, late, codes = json.loads(ended.stdout.splitlines()[-1])
    assert set(codes.values()) == {200}, codes
    assert loops > 20
    assert late == []
