"""Is the recommendation right? A climb on every set of a folder, beside the cheap peers: how far behind is it?

``python benchmarks/suite.py FOLDER --peers --budget 4m``, or ``SADARI_SUITE=FOLDER make bench BENCH=suite``. A set is
``NAME/train.csv.gz`` and ``NAME/test.csv.gz`` with a header ``text,label``; ``peers.csv`` of the folder (set, peer,
accuracy, macro_f1, in per cent) is read where it is there. What is found of a set is kept in the output folder, so that
a broken run goes on there. Options that are not known here are handed to ``sadari climb``.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from suite_peers import SEPARATOR, peers, run_peer
from timing import table

NO_PEER = {"majority"}  # of peers.csv: nobody would take it
NOT_CHEAP = {"minilm_lr", "minilm_lr_c10"}  # stands on weights that others made; compared when the climb has some, too
DRAWS = 2_000
csv.field_size_limit(1 << 30)  # a mail may be longer than the 128 kB that the module allows


def read_set(folder: Path) -> dict[str, tuple[list[str], list[str]]]:
    """ "train" and "test" → texts and labels."""
    found = {}
    for part in ("train", "test"):
        with gzip.open(folder / f"{part}.csv.gz", "rt", encoding="utf-8", newline="") as file:
            rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
        found[part] = ([text for text, _ in rows], [label for _, label in rows])
    return found


def has_several(labels: Iterable[str]) -> bool:
    return any(SEPARATOR in label for label in labels)


# -- scores -----------------------------------------------------------------------------------------------


def scores(truth: Sequence[str], found: Sequence[str], *, several: bool) -> dict[str, float]:
    """Accuracy and macro-F1 in per cent; micro-F1 in place of accuracy where a text has several labels."""
    if not several:
        macro = f1_score(truth, found, average="macro", zero_division=0)
        return {"accuracy": 100 * accuracy_score(truth, found), "macro_f1": 100 * macro}
    codes = MultiLabelBinarizer().fit([_parts(label) for label in [*truth, *found]])
    true, said = (codes.transform([_parts(label) for label in labels]) for labels in (truth, found))
    micro, macro = (f1_score(true, said, average=how, zero_division=0) for how in ("micro", "macro"))
    return {"accuracy": 100 * micro, "macro_f1": 100 * macro}


def _parts(label: str) -> list[str]:
    return [part for part in label.split(SEPARATOR) if part]


def parts_of_score(truth: Sequence[str], found: Sequence[str], *, several: bool) -> np.ndarray:
    """Float [n, 2]: what each row adds above and below the line of accuracy, or of micro-F1."""
    if not several:
        return np.array([(a == b, 1) for a, b in zip(truth, found, strict=True)], float)
    pairs = [(set(_parts(a)), set(_parts(b))) for a, b in zip(truth, found, strict=True)]
    return np.array([(2 * len(a & b), len(a) + len(b)) for a, b in pairs], float)


def interval(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    """The paired 95 % interval, in points, of our score less theirs: rows drawn anew, the same for both."""
    random = np.random.default_rng(0)
    weights = random.multinomial(len(ours), np.full(len(ours), 1 / len(ours)), size=DRAWS)
    a, b = weights @ ours, weights @ theirs
    low, high = np.percentile(100 * (a[:, 0] / a[:, 1] - b[:, 0] / b[:, 1]), [2.5, 97.5])
    return float(low), float(high)


# -- one set ----------------------------------------------------------------------------------------------


def climb_set(folder: Path, output: Path, options: list[str], *, several: bool) -> dict[str, Any]:
    """A climb as a user would run it: what the recommended model says of the test texts, and the seconds of all."""
    run = output / "run"
    asked = [*options, *(["--label-sep", SEPARATOR] if several else [])]
    files = [str(folder / "train.csv.gz"), "--test", str(folder / "test.csv.gz")]
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "sadari", "climb", *files, "--no-report", "--json", "-o", str(run), *asked],
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-2:], "seconds": seconds}
    result = json.loads(done.stdout)
    from sadari.models import load

    taken = result["verdict"]["rung"]
    model = load(run / "model" if (run / "model").is_dir() else run / taken)
    found = model.predict(read_set(folder)["test"][0])
    predictions = [SEPARATOR.join(label) if several else str(label) for label in found]
    rungs = {
        rung["rung"]: {
            "validation": 100 * rung["validation_accuracy"]["value"],
            "test": 100 * rung["accuracy"]["value"],
            "seconds": rung["train_seconds"],
        }
        for rung in result["rungs"]
    }
    said = result["verdict"]["sentences"]
    return {"rung": taken, "predictions": predictions, "seconds": seconds, "rungs": rungs, "sentences": said}


def source_digest() -> str:
    """Of Sadari's source: another one may recommend something else."""
    import sadari

    digest = hashlib.sha256()
    for path in sorted(Path(sadari.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def kept(path: Path, asked: Any) -> dict[str, Any] | None:
    """What an earlier run found, if it was asked the same."""
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return found["found"] if found["asked"] == asked else None


def keep(path: Path, asked: Any, found: dict[str, Any]) -> dict[str, Any]:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"asked": asked, "found": found}, ensure_ascii=False), encoding="utf-8")
    part.replace(path)
    return found


def run_set(folder: Path, output: Path, options: list[str], *, fresh: bool) -> dict[str, Any]:
    """The climb of one set, and the peers if they are run afresh; each from the output folder if it is there."""
    data = read_set(folder)
    several = has_several(data["train"][1])
    own = output / folder.name
    asked = [*options, source_digest()]
    climbed = kept(own / "climb.json", asked)
    if climbed is None:
        climbed = keep(own / "climb.json", asked, climb_set(folder, own, options, several=several))
    found = {"set": folder.name, "several": several, "climb": climbed, "peers": {}}
    for name, train in peers(several=several).items() if fresh else []:
        path = own / f"peer_{name}.json"
        found["peers"][name] = kept(path, name) or keep(path, name, run_peer(train, data["train"], data["test"][0]))
    return found


def compare(found: dict[str, Any], truth: list[str], stored: dict[str, dict[str, float]]) -> dict[str, Any]:
    """One line of the table: our scores, the best peer's, and that of the peer which is best on validation rows."""
    several, climbed = found["several"], found["climb"]
    fresh = {name: scores(truth, one["predictions"], several=several) for name, one in found["peers"].items()}
    all_peers = {**stored, **fresh}
    row: dict[str, Any] = {"set": found["set"], "rows": len(truth), "peers": all_peers, **climbed}
    row.pop("predictions", None)
    if "failed" in climbed:
        return row
    row |= scores(truth, climbed["predictions"], several=several)
    for score in ("accuracy", "macro_f1"):
        if all_peers:
            best = max(all_peers, key=lambda name: all_peers[name][score])
            row[f"best_{score}"] = {"peer": best, "behind": all_peers[best][score] - row[score]}
    if fresh:
        row["validated"] = validated(found, truth, row["accuracy"], fresh)
    return row


def validated(
    found: dict[str, Any], truth: list[str], ours: float, fresh: dict[str, dict[str, float]]
) -> dict[str, Any]:
    """The peer that a user of the peers would have chosen, by validation rows, and how far we are behind it."""
    several = found["several"]

    def on_validation(name: str) -> float:
        rows = found["peers"][name]["validation"]
        return scores(rows["truth"], rows["predictions"], several=several)["accuracy"]

    chosen = max(fresh, key=on_validation)
    low, high = interval(
        parts_of_score(truth, found["peers"][chosen]["predictions"], several=several),
        parts_of_score(truth, found["climb"]["predictions"], several=several),
    )
    return {"peer": chosen, "behind": fresh[chosen]["accuracy"] - ours, "low": low, "high": high}


# -- all sets ---------------------------------------------------------------------------------------------


def sets_of(folder: Path, names: Sequence[str] = ()) -> list[Path]:
    found = sorted(path.parent for path in folder.glob("*/train.csv.gz"))
    found = [path for path in found if not names or path.name in names]
    if not found:
        sys.exit(f"no set NAME/train.csv.gz in {folder}: give the folder of a suite, or set SADARI_SUITE to it")
    return found


def stored_peers(folder: Path, *, with_weights: bool) -> dict[str, dict[str, dict[str, float]]]:
    """Set → peer → scores in per cent, from the folder's ``peers.csv``."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    path = folder / "peers.csv"
    for row in csv.DictReader(path.open(encoding="utf-8")) if path.is_file() else []:
        if row["peer"] in NO_PEER or (row["peer"] in NOT_CHEAP and not with_weights):
            continue
        one = {score: float(row[score]) for score in ("accuracy", "macro_f1")}
        found.setdefault(row["set"], {})[row["peer"]] = one
    return found


def summary(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean, median and how many are over one point, of what is behind."""
    sums = {}
    for key in ("best_accuracy", "best_macro_f1", "validated"):
        behind = [row[key]["behind"] for row in rows if key in row]
        if behind:
            over = sum(points > 1 for points in behind)
            mean, median = statistics.mean(behind), statistics.median(behind)
            sums[key] = {"sets": len(behind), "mean": mean, "median": median, "over a point": over}
    return sums


def report(rows: list[dict[str, Any]]) -> str:
    header = ["set", "recommended", "acc", "F1", "best peer", "behind", "best F1", "behind", "best validated peer"]
    lines = []
    for row in rows:
        if "failed" in row:
            lines.append([row["set"], " ".join(row["failed"])[:60], *[""] * 8, f"{row['seconds']:.0f}"])
            continue
        line = [row["set"], row["rung"], f"{row['accuracy']:.1f}", f"{row['macro_f1']:.1f}"]
        for key in ("best_accuracy", "best_macro_f1"):
            line += [row[key]["peer"], f"{row[key]['behind']:+.1f}"] if key in row else ["", ""]
        chosen = row.get("validated")
        line += (
            [chosen["peer"], f"{chosen['behind']:+.1f} ({chosen['low']:+.1f} to {chosen['high']:+.1f})"]
            if chosen
            else ["", ""]
        )
        lines.append([*line, f"{row['seconds']:.0f}"])
    text = table([*header, "behind (paired 95 %)", "seconds"], lines)
    titles = {"best_accuracy": "the best peer", "best_macro_f1": "the best macro-F1", "validated": "the validated peer"}
    for key, sums in summary(rows).items():
        text += (
            f"\n\nBehind {titles[key]}, {sums['sets']} sets: {sums['mean']:+.2f} points in the mean,"
            f" {sums['median']:+.2f} in the median; more than a point in {sums['over a point']}."
        )
    return text


def run_all(
    folder: Path, output: Path, options: list[str], *, fresh: bool, names: Sequence[str] = ()
) -> list[dict[str, Any]]:
    stored = stored_peers(folder, with_weights="--weights" in options)
    rows = []
    for path in sets_of(folder, names):
        print(f"{path.name} …", file=sys.stderr, flush=True)
        found = run_set(path, output, options, fresh=fresh)
        rows.append(compare(found, read_set(path)["test"][1], stored.get(path.name, {})))
    return rows


def default_folder() -> Path:
    if not os.environ.get("SADARI_SUITE"):
        sys.exit("which suite? Give its folder, or set SADARI_SUITE to it")
    return Path(os.environ["SADARI_SUITE"])


def run() -> str:
    output = Path(__file__).parent / "results" / "suite"
    return report(run_all(default_folder(), output, ["--budget", "4m"], fresh=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="of the sets [default: SADARI_SUITE]")
    parser.add_argument("--output", type=Path, default=Path("runs/suite"), help="what is found of each set stays here")
    parser.add_argument("--sets", default="", help="some of them: NAME,NAME")
    parser.add_argument("--peers", action="store_true", help="train the peers too")
    parser.add_argument("--json", action="store_true", help="print the whole as JSON")
    parser.add_argument("--budget", default="4m", help="of each climb")
    asked, options = parser.parse_known_args()
    names = [name for name in asked.sets.split(",") if name]
    rows = run_all(
        asked.folder or default_folder(),
        asked.output,
        ["--budget", asked.budget, *options],
        fresh=asked.peers,
        names=names,
    )
    print(json.dumps({"sets": rows, "summary": summary(rows)}, ensure_ascii=False) if asked.json else report(rows))


if __name__ == "__main__":
    main()
