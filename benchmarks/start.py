"""One text: a command from its start, and one text after another in Python, against fastText and scikit-learn.

``SADARI_BEFORE=FOLDER`` (another version's ``src``) is measured beside, in turn, on a model that it trained itself.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import table

SOURCE = Path(__file__).parent.parent / "src"
TEXT = "Stocks fell on Friday as oil prices rose to a record high in London, and shares of banks were sold."
IMPORT = "import sadari; sadari.TfIdf"
READ = """
from sadari.data.datasets import find
from sadari.data.read import open_source
corpus = open_source(str(find("headlines").train)).read()
texts, labels = corpus.texts, corpus.labels
"""
TRAIN = READ + "import sadari, sys; sadari.TfIdf().fit(texts, labels).save(sys.argv[1])"
PEERS = {
    "scikit-learn's pipeline": READ
    + """
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression()).fit(texts.to_list(), labels.to_list())
ask = lambda: model.predict([text])
""",
    "fastText": READ
    + """
import fasttext, tempfile
with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
    file.writelines(f"__label__{label.replace(' ', '-')} {text}\\n" for label, text in zip(labels, texts))
    file.flush()
    model = fasttext.train_supervised(file.name, dim=10, wordNgrams=2, thread=1, verbose=0)
ask = lambda: model.f.predict(text + "\\n", 1, 0.0, "strict")
""",
}
OURS = "import sadari, sys; model = sadari.load(sys.argv[1]); ask = lambda: model.predict([text])\n"
MEASURE = """
import time, statistics
for _ in range(200): ask()
spent = []
for _ in range(2000):
    start = time.perf_counter_ns(); ask(); spent.append(time.perf_counter_ns() - start)
print(statistics.median(spent) / 1e3)
"""


def processor_seconds(source: Path, *arguments: str) -> float:
    """What a process of its own spends, of the user's and the system's time: another's work does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    called(source, *arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def called(source: Path, *arguments: str) -> str:
    env = {**os.environ, "PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, check=True)
    return done.stdout


def run(runs: int = 7) -> str:
    versions = {"Sadari": SOURCE}
    if os.environ.get("SADARI_BEFORE"):
        versions["Sadari before"] = Path(os.environ["SADARI_BEFORE"])
    started: dict[str, dict[str, list[float]]] = {}
    alone: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        models = {name: str(Path(folder) / name.replace(" ", "-")) for name in versions}
        for name, source in versions.items():
            called(source, "-c", TRAIN, models[name])
        for turn in range(runs + 1):  # the first fills the caches of compiled loops
            for name, source in versions.items():
                ways = {
                    "import sadari; sadari.TfIdf": ("-c", IMPORT),
                    "sadari predict MODEL TEXT": ("-m", "sadari", "predict", models[name], TEXT),
                    "sadari explain MODEL TEXT": ("-m", "sadari", "explain", models[name], TEXT),
                }
                for way, arguments in ways.items():
                    spent = processor_seconds(source, *arguments)
                    if turn:
                        started.setdefault(way, {}).setdefault(name, []).append(spent)
                script = f"text = {TEXT!r}\n{OURS}{MEASURE}"
                alone.setdefault(name, []).append(float(called(source, "-c", script, models[name])))
        for name, script in PEERS.items():
            alone[name] = [float(called(SOURCE, "-c", f"text = {TEXT!r}\n{script}{MEASURE}")) for _ in range(3)]
    rows = [
        [way, *(f"{statistics.median(seconds):.2f}" for seconds in by_version.values())]
        for way, by_version in started.items()
    ]
    single = [[name, f"{statistics.median(spent):,.0f}"] for name, spent in alone.items()]
    return (
        table(["seconds of processor time", *versions], rows)
        + "\n\n"
        + table(["one text at a time, in Python", "microseconds a text"], single)
    )
