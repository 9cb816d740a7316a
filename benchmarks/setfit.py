"""Few labels: our `setfit` beside setfit's own package, on the same draws, encoder and number of pairs, of AG News.

    python -m venv PEER && PEER/bin/pip install setfit                   an environment for the peer
    python benchmarks/setfit.py --peer PEER/bin/python --results FILE    or SADARI_BENCH_SETFIT=PEER/bin/python
    python benchmarks/setfit.py --peer … --draws 8:2                     two draws of 8 texts a label
    python benchmarks/setfit.py --table                                  beside tfidf, embed and bert (and vectors)

Both go five times over the texts (the peer's ``num_iterations``): ten pairs a text, sixteen a batch, on one thread in
float32. Seconds are of processor time. What is done is kept in FILE, a line each; what stands there is not done again.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bert import minilm
from corpora import ag_news, read_plain
from sadari.rungs import RUNGS
from timing import table

OURS, PEER = "Sadari `setfit`", "setfit's own package"
ITERATIONS, TEST_ROWS = 5, 2_000
DRAWS = "8:10,16:10,64:3"  # texts a label, and how often they are drawn
TABLE = "8:3,16:3,64:3,250:1"
Result = dict[str, Any]


def run(peer: str = "", draws: str = DRAWS, results: str = "") -> str:
    """The table of our rung beside the package."""
    peer = peer or os.environ.get("SADARI_BENCH_SETFIT", "")
    if not peer:
        return "no peer: name the interpreter that has setfit with --peer, or in SADARI_BENCH_SETFIT"
    kept = Kept(Path(results) if results else None)
    wanted = parsed(draws)
    for asked in wanted:
        kept.once(OURS, asked, lambda asked=asked: ours("setfit", asked, epochs=ITERATIONS, precision="fp32"))
        kept.once(PEER, asked, lambda asked=asked: theirs(peer, asked))
    truth = np.array(read_plain(ag_news() / "test.csv")[1][:TEST_ROWS])
    rows = []
    for size in dict.fromkeys(size for size, _ in wanted):
        pairs = [(kept[OURS, asked], kept[PEER, asked]) for asked in wanted if asked[0] == size]
        rows.append([str(size), *compared([own for own, _ in pairs], [other for _, other in pairs], truth)])
    times = ["training, ours", "theirs", "ratio"]
    return table(["texts a label", "draws", "ours, mean", "theirs, mean", "difference (95 %)", *times], rows)


def compared(own: Sequence[Result], other: Sequence[Result], truth: np.ndarray) -> list[str]:
    """The cells of draws of one size: accuracies, their difference in pairs with its interval of 95 %, and times."""
    from scipy.stats import t

    mine, its = ([accuracy(one, truth) for one in found] for found in (own, other))
    gaps = 100 * (np.array(mine) - np.array(its))
    wide = float(t.ppf(0.975, len(gaps) - 1) * gaps.std(ddof=1) / np.sqrt(len(gaps))) if len(gaps) > 1 else np.inf
    spent = [[one["train"] for one in found] for found in (own, other)]
    ratio = statistics.median(a / b for a, b in zip(*spent, strict=True))
    return [
        str(len(gaps)),
        f"{statistics.mean(mine):.4f}",
        f"{statistics.mean(its):.4f}",
        f"{gaps.mean():+.1f} ({gaps.mean() - wide:+.1f} to {gaps.mean() + wide:+.1f})",
        f"{statistics.median(spent[0]):.0f} s",
        f"{statistics.median(spent[1]):.0f} s",
        f"{ratio:.2f}",
    ]


def beside(draws: str = TABLE, vectors: str = "", results: str = "") -> str:
    """Mean accuracies of other rungs on the same draws; 250 texts a label are 1,000 rows."""
    kept = Kept(Path(results) if results else None)
    wanted = parsed(draws)
    names = ["tfidf", *(["vectors"] if vectors else []), "embed", "bert", "setfit"]
    truth = np.array(read_plain(ag_news() / "test.csv")[1][:TEST_ROWS])
    sizes = list(dict.fromkeys(size for size, _ in wanted))
    rows = []
    for name in names:
        for asked in wanted:
            kept.once(name, asked, lambda name=name, asked=asked: ours(name, asked, vectors=vectors))
        found = {size: [accuracy(kept[name, asked], truth) for asked in wanted if asked[0] == size] for size in sizes}
        rows.append([f"`{name}`", *(f"{statistics.mean(found[size]):.4f}" for size in sizes)])
    return table(["rung", *(f"{size} texts a label" for size in sizes)], rows)


def parsed(draws: str) -> list[tuple[int, int]]:
    """``8:2,16:1`` as (texts a label, number of the draw)."""
    parts = [tuple(map(int, part.split(":"))) for part in draws.split(",")]
    return [(size, seed) for size, count in parts for seed in range(count)]


def drawn(asked: tuple[int, int]) -> dict[str, Any]:
    """Texts and labels of a draw: so many of each label."""
    texts, labels = read_plain(ag_news() / "train.csv")
    codes = np.array(labels)
    random = np.random.default_rng(asked)
    places = [np.flatnonzero(codes == label) for label in np.unique(codes)]
    rows = np.concatenate([random.permutation(some)[: asked[0]] for some in places])
    return {"size": asked[0], "seed": asked[1], "texts": [texts[row] for row in rows], "labels": codes[rows].tolist()}


def ours(name: str, asked: tuple[int, int], *, vectors: str = "", **settings: Any) -> Result:
    """One rung, trained on a draw; what its settings do not have is left out."""
    given = {"weights": str(minilm()), "vectors": vectors, "threads": 1, "seed": asked[1], **settings}
    known = RUNGS[name]._get_param_names()
    rung = RUNGS[name](**{key: value for key, value in given.items() if key in known})
    draw, test = drawn(asked), read_plain(ag_news() / "test.csv")[0][:TEST_ROWS]
    start = time.process_time()
    rung.fit(draw["texts"], draw["labels"])
    trained = time.process_time()
    predicted = rung.predict(test).tolist()
    return {"predicted": predicted, "train": trained - start, "predict": time.process_time() - trained}


def theirs(peer: str, asked: tuple[int, int]) -> Result:
    """The package, in a process of its own."""
    test = read_plain(ag_news() / "test.csv")[0][:TEST_ROWS]
    given = {"weights": str(minilm()), "iterations": ITERATIONS, "test": test, "draws": [drawn(asked)]}
    script = Path(__file__).with_name("setfit_peer.py")
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([peer, str(script)], input=json.dumps(given), env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"the peer failed: {done.stderr[-2000:]}")
    found: Result = json.loads(done.stdout)
    return found


def accuracy(result: Result, truth: np.ndarray) -> float:
    return float(np.mean(np.array(result["predicted"]) == truth))


class Kept:
    """Results that are there already, and what is added to them, in a file of lines; without one, in memory."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.found = {(one["way"], (one["size"], one["seed"])): one for one in self._lines()}

    def _lines(self) -> Iterator[Result]:
        if self.path is not None and self.path.is_file():
            yield from map(json.loads, self.path.read_text(encoding="utf-8").splitlines())

    def __getitem__(self, key: tuple[str, tuple[int, int]]) -> Result:
        return self.found[key]

    def once(self, way: str, asked: tuple[int, int], work: Callable[[], Result]) -> None:
        """Do the work, unless its result is there."""
        if (way, asked) in self.found:
            return
        line = {"way": way, "size": asked[0], "seed": asked[1], **work()}
        self.found[way, asked] = line
        print(f"{way} {asked[0]} a label, draw {asked[1]}: {line['train']:.0f} s", file=sys.stderr, flush=True)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", default="", help="the interpreter of an environment that has setfit")
    parser.add_argument("--draws", default="", help=f"texts a label and draws: {DRAWS}; with --table {TABLE}")
    parser.add_argument("--results", default="", metavar="FILE", help="where results are kept")
    parser.add_argument("--table", action="store_true", help="other rungs on such draws")
    parser.add_argument("--vectors", default="", help="word vectors for the rung vectors")
    given = parser.parse_args()
    if given.table:
        print(beside(given.draws or TABLE, given.vectors, given.results))
    else:
        print(run(given.peer, given.draws or DRAWS, given.results))
