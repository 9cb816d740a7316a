"""Sets of 90 % and answers withheld: against MAPIE and scikit-learn's calibrated classifier; and whether 95 % is kept.

Three sets of texts: AG News (SADARI_DATA), `ko_3i4k` and `products` (SADARI_SUITE; left out where they are not there).
Sets: one model (`tfidf`), its test rows cut in half a hundred times, thresholds learned on one half and counted on the
other. Answers withheld: the area under risk against coverage on all test rows, ours by rows that five folds of the
training rows validated, scikit-learn's by its own five, over the same features. Precision: thresholds for 0.95 learned
on some test rows and counted on the others, 200 times.
``python benchmarks/trust/sets.py``; ``SADARI_SPLITS`` (100) says how many.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

sys.path.insert(0, str(Path(__file__).parent.parent))

from corpora import ag_news
from sadari.data.read import open_source
from sadari.data.split import split
from sadari.metrics.coverage import area_under_risk, score_sets
from sadari.rungs import TfIdf
from sadari.train.calibration.rows import CalibrationRows
from sadari.train.calibration.sets import set_thresholds

SPLITS, ASKED, FOLDS = int(os.environ.get("SADARI_SPLITS", "100")), 0.9, 5
PRECISION, LEARNED_ON = 0.95, (200, 1_000, 3_000)
MANY = 100  # test rows of a label
# MAPIE's scores: its name → what `predict_set` is told; the first is its default
MAPIE = {
    "lac": ("lac", None),
    "aps": ("aps", {"include_last_label": True}),
    "aps, randomised": ("aps", {"include_last_label": "randomized"}),
    "raps": ("raps", {"include_last_label": True}),
    "raps, randomised": ("raps", {"include_last_label": "randomized"}),
}
MAPIE_SPLITS = 20  # which is enough for its mean: it takes its time
Found = list[tuple[float, float, list[float]]]


def corpora() -> dict[str, tuple[Path, Path]]:
    folder, suite = ag_news(), Path(os.environ.get("SADARI_SUITE", ""))
    found = {"AG News": (folder / "train.csv", folder / "test.csv")}
    for name in ("ko_3i4k", "products"):
        if (suite / name / "train.csv.gz").is_file():
            found[name] = (suite / name / "train.csv.gz", suite / name / "test.csv.gz")
    return found


def mapie_sets(p: Any, truth: Any, cal: Any, new: Any, score: str, told: Any, seed: int) -> Any:
    """MAPIE's sets for rows of a table of probabilities."""
    from mapie.classification import SplitConformalClassifier
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Table(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        classes_ = np.arange(p.shape[1])

        def fit(self, rows: Any, labels: Any) -> Any:
            return self

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict_proba(self, rows: Any) -> Any:
            return p[rows[:, 0]]

        def predict(self, rows: Any) -> Any:
            return self.predict_proba(rows).argmax(axis=1)

    peer = SplitConformalClassifier(
        Table(), confidence_level=ASKED, conformity_score=score, prefit=True, random_state=seed
    )
    peer.conformalize(cal[:, None], truth[cal])
    return peer.predict_set(new[:, None], conformity_score_params=told)[1][:, :, 0]


def mapie_by_label(p: Any, truth: Any, cal: Any, new: Any) -> Any:
    """What its split conformal prediction gives, held to the promise for each label: one threshold a label."""
    sets = np.zeros((len(new), p.shape[1]), bool)
    for k in range(p.shape[1]):
        own = np.sort(p[cal[truth[cal] == k], k])
        rank = int(np.floor((len(own) + 1) * (1 - ASKED)))
        sets[:, k] = p[new, k] >= (own[rank - 1] if rank >= 1 else 0)
    return sets


def scored(found: Found, sets: Any, truth: Any) -> None:
    scores = score_sets(sets, truth)
    found.append((scores.held, scores.size, scores.by_label))


def row(name: str, kind: str, found: Found, many: Any) -> str:
    held, size = (100 * np.mean([one[0] for one in found]), np.mean([one[1] for one in found]))
    least = 100 * np.nanmean([one[2] for one in found], axis=0)[many].min()
    return f"| {name} | {kind} | {held:.2f} | {least:.1f} | {size:.3f} |"


def sets_of(name: str, p: Any, truth: Any) -> list[str]:
    try:
        import mapie  # noqa: F401

        peers = MAPIE
    except ImportError:
        peers = {}
    ours: Found = []
    by_label: Found = []
    theirs: dict[str, Found] = {kind: [] for kind in peers}
    for seed in range(SPLITS):
        order = np.random.default_rng(seed).permutation(len(truth))
        cal, new = order[: len(order) // 2], order[len(order) // 2 :]
        own = p[cal, truth[cal]]
        scored(ours, p[new] >= set_thresholds(truth[cal], own, labels=p.shape[1], coverage=ASKED), truth[new])
        scored(by_label, mapie_by_label(p, truth, cal, new), truth[new])
        for kind, (score, told) in peers.items() if seed < MAPIE_SPLITS else ():
            scored(theirs[kind], mapie_sets(p, truth, cal, new, score, told, seed), truth[new])
    many = np.bincount(truth, minlength=p.shape[1]) >= 2 * MANY
    lines = [row(name, "Sadari", ours, many), row(name, "split conformal, label by label", by_label, many)]
    return lines + [row(name, f"MAPIE {kind}", found, many) for kind, found in theirs.items()]


def area(model: TfIdf, train: Any, codes: Any, test: Any, truth: Any) -> list[str]:
    """Ours and scikit-learn's accuracy, and areas under risk against coverage."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.svm import LinearSVC

    names, k = model.codec.names(), len(model.classes_)
    logits = np.full((len(train), k), -1.0)
    for part in split(train.labels, fractions=(1 / FOLDS,) * FOLDS, texts=train.texts, seed=0):
        rest = np.setdiff1d(np.arange(len(train)), part)
        one = TfIdf().fit(train.texts.gather(rest), train.labels.gather(rest))
        logits[np.ix_(part, [names.index(name) for name in one.codec.names()])] = one.logits(train.texts.gather(part))
    rows = CalibrationRows.of_one(logits, logits, codes, logits.argmax(axis=1))
    new = model.logits(test.texts)
    given = new.argmax(axis=1)
    assert rows.certain is not None
    found = {"Sadari": (given == truth, rows.certain(new, given))}

    def features(texts: Any) -> Any:
        counts, values = model.weighed(texts)
        return csr_matrix((values, counts.ids.copy(), counts.offsets), shape=(len(counts), counts.size))

    for method in ("sigmoid", "isotonic"):
        peer = CalibratedClassifierCV(LinearSVC(C=1.0), method=method, cv=FOLDS).fit(features(train.texts), codes)
        p = peer.predict_proba(features(test.texts))
        found[f"scikit-learn, {method}"] = (p.argmax(axis=1) == truth, p.max(axis=1))
    return [
        f"{kind} | {100 * right.mean():.2f} | {1000 * area_under_risk(certainty, right):.2f} |"
        for kind, (right, certainty) in found.items()
    ]


def precise(model: TfIdf, texts: Any, truth: Any) -> list[str]:
    """How many of the answers are right where 95 % are to be, by the number of rows that thresholds are learned on."""
    logits, lines = model.logits(texts), []
    given = logits.argmax(axis=1)
    for rows in (rows for rows in LEARNED_ON if rows < 0.8 * len(truth)):
        right, answered = [], []
        for seed in range(2 * SPLITS):
            order = np.random.default_rng(seed).permutation(len(truth))
            cal, new = order[:rows], order[rows:]
            kept = CalibrationRows.of_one(logits[cal], logits[cal], truth[cal], given[cal])
            assert kept.certain is not None
            sure = kept.certain(logits[new], given[new]) >= kept.for_precision(PRECISION)[given[new]]
            answered.append(sure.mean())
            right.append((given == truth)[new][sure].mean())
        share = 100 * np.mean(np.array(right) >= PRECISION)
        line = [
            f"{100 * np.mean(answered):.0f}",
            f"{100 * np.mean(right):.1f}",
            f"{share:.0f}",
            f"{100 * min(right):.1f}",
        ]
        lines.append(f"{rows:,} | {' | '.join(line)} |")
    return lines


def run() -> str:
    sets = ["| | sets of 90 % | hold, % | least label, % | labels |", "|---|---|---|---|---|"]
    areas = ["| | | accuracy, % | area under risk, ‰ |", "|---|---|---|---|"]
    kept = ["| | rows | answered, % | right, % | draws of 95 %, % | worst |", "|---|---|---|---|---|---|"]
    for name, (first, second) in corpora().items():
        train, test = open_source(first).read(), open_source(second).read()
        model = TfIdf().fit(train.texts, train.labels)
        place = {label: k for k, label in enumerate(model.codec.names())}
        codes, truth = (np.array([place[label] for label in one.labels.to_list()]) for one in (train, test))
        sets += sets_of(name, model.predict_proba(test.texts), truth)
        areas += [f"| {name} | {line}" for line in area(model, train, codes, test, truth)]
        kept += [f"| {name} | {line}" for line in precise(model, test.texts, truth)]
        print("\n".join([*sets[2:], *areas[2:], *kept[2:]]), flush=True)
    return "\n".join(["### Sets, and answers withheld", "", *sets, "", *areas, "", *kept])


if __name__ == "__main__":
    print(run())
