"""A realistic result of a climb, made without training: to test the report, and to look at it.

``python tests/measure_climb_factory.py FOLDER`` writes reports to look at, in both languages.
"""

from __future__ import annotations

import csv
import itertools
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import numpy as np

from sadari.climb.report.report import write_report
from sadari.climb.result import ClimbResult, RungResult
from sadari.climb.verdict.decide import decide
from sadari.messages import plural
from sadari.metrics.classification import (
    accuracy,
    confusion_matrix,
    expected_calibration_error,
    macro_f1_interval,
    wilson,
)
from sadari.metrics.significance import pair_tests

# name, how well it sees, training s, µs a text, texts/s, MB
LADDER = (
    ("bow", 2.55, 0.58, 11.8, 1_120_000, 0.62),
    ("ngram", 2.76, 2.9, 24.1, 310_000, 22.4),
    ("tfidf", 3.02, 1.38, 15.2, 820_000, 8.41),
    ("embedding-bag", 2.88, 0.81, 10.6, 1_310_000, 11.0),
)
_WORDS = {
    "en": {
        "World": "iraq,minister,killed,president,troops,palestinian,elections,baghdad,nuclear,prime minister",
        "Sports": "coach,cup,season,game,olympic,team,red sox,championship,players,victory",
        "Business": "oil prices,profit,shares,wall street,company,economy,stocks,quarterly,investors,bank",
        "Sci/Tech": "microsoft,software,internet,nasa,scientists,google,computer,space,web,researchers",
    },
    "ko": {
        "세계": "대통령,총리,유엔,분쟁,난민,정상회담,외무부,선거,휴전,대사관",
        "스포츠": "감독,경기,우승,결승,선수,리그,득점,국가대표,시즌,올림픽",
        "경제": "주가,금리,수출,영업이익,환율,투자,은행,코스피,물가,실적",
        "과학·기술": "연구진,위성,반도체,인공지능,로봇,탐사선,소프트웨어,배터리,유전자,망원경",
    },
}


def headlines(lang: str) -> tuple[list[str], list[str]]:
    """The bundled texts and labels."""
    source = resources.files("sadari.data").joinpath("headlines", f"{lang}_train.csv")
    rows = list(csv.DictReader(source.read_text(encoding="utf-8").splitlines()))
    return [f"{row['title']} {row['text']}"[:400] for row in rows], [row["label"] for row in rows]


def make_climb(
    *,
    lang: str = "en",
    rows: int = 7600,
    validation: int = 3206,
    rungs: int = len(LADDER),
    labels: Sequence[str] | None = None,
    texts: Sequence[str] | None = None,
    unseen: int = 3,
    seed: int = 0,
) -> ClimbResult:
    """A climb of up to four rungs; each answers by the truth, noise that all share, and noise of its own."""
    bundled, bundled_labels = headlines(lang)
    names = list(labels) if labels is not None else list(_WORDS[lang])
    generator = np.random.default_rng(seed)
    final_texts = list(itertools.islice(itertools.cycle(texts or bundled), rows))
    if labels is None and texts is None:
        position = {name: index for index, name in enumerate(dict.fromkeys(bundled_labels))}
        names = list(position)
        cycled = itertools.islice(itertools.cycle(bundled_labels), rows)
        truth = np.array([position[label] for label in cycled], dtype=np.int32)
    else:
        truth = generator.integers(0, len(names), rows).astype(np.int32)
    known = truth.copy()
    truth[generator.choice(rows, min(unseen, rows), replace=False)] = -1
    validation_truth = generator.integers(0, len(names), validation).astype(np.int32)
    shared = generator.normal(size=(rows, len(names))), generator.normal(size=(validation, len(names)))
    made = [_rung(spec, names, (known, truth, validation_truth), shared, generator, lang) for spec in LADDER[:rungs]]
    leaked = np.arange(rows) % 2500 == 700
    for rung in made:
        kept = ~leaked
        right = int((rung.predictions == truth)[kept].sum())
        rung.accuracy_without_leaks = wilson(right, int(kept.sum())) if leaked.any() else None
    return ClimbResult(
        source="news.csv" if lang == "en" else "뉴스.csv",
        label_names=names,
        rows={
            "train": 28_849,
            "validation": validation,
            "final": rows,
            "dropped_duplicates": 212,
            "leaked": int(leaked.sum()),
        },
        final_name="test",
        seed=13,
        rungs=made,
        skipped=[("lstm", "the budget of 10 minutes was used up")],
        validation_tests=pair_tests({r.rung: r.validation_predictions == validation_truth for r in made}),
        final_tests=pair_tests({r.rung: r.predictions == truth for r in made}),
        verdict=decide(made, validation_truth),
        truth=truth,
        final_texts=final_texts,
        leaked=leaked,
        audit=_audit(names, rows),
        notes=["Read news.csv as CSV with a header; text: title; label: class.", "Tokenizer: basic_english."],
        seconds=41.7,
        versions={"sadari": "0.1.0", "python": "3.11.2", "torch": "2.8.0", "numpy": "2.3.1"},
    )


def _rung(spec, names, truths, shared, generator, lang) -> RungResult:
    name, sight, train, one, bulk, size = spec
    known, truth, validation_truth = truths
    logits = _logits(known, shared[0], sight, generator)
    exponent = np.exp(1.25 * (logits - logits.max(axis=1, keepdims=True)))
    probabilities = (exponent / exponent.sum(axis=1, keepdims=True)).astype(np.float32)
    predictions = probabilities.argmax(axis=1).astype(np.int32)
    validated = _logits(validation_truth, shared[1], sight, generator).argmax(axis=1).astype(np.int32)
    confusion = confusion_matrix(truth, predictions, classes=len(names))
    right = int((validated == validation_truth).sum())
    best = right / len(validated)
    steps = np.array([451, 902, 1803, 3606, 7212, 14_424, 28_849])
    curve = best - (0.24 - 0.02 * sight) * ((steps / steps[-1]) ** -0.28 - 1) * 0.5
    return RungResult(
        rung=name,
        settings={"lowercase": True, "ngrams": (1, 1 + (name != "bow")), "epochs": 10, "class_weight": None},
        accuracy=accuracy(confusion),
        macro_f1=macro_f1_interval(confusion, draws=300),
        calibration_error=expected_calibration_error(truth, probabilities),
        train_seconds=train,
        one_text_us=one,
        bulk_texts_per_second=bulk,
        megabytes=size,
        predictions=predictions,
        probabilities=probabilities,
        validation_predictions=validated,
        validation_accuracy=wilson(right, len(validated)),
        history=[{"epoch": float(epoch), "loss": 1 / epoch} for epoch in range(1, 11)],
        curve=[(int(step), float(score)) for step, score in zip(steps, curve, strict=True)],
        top_features=_features(names, _WORDS[lang]),
        note="stopped early after 6 of 10 passes" if name == "embedding-bag" else "",
    )


def _features(names: Sequence[str], words: dict[str, str]) -> dict[str, list[tuple[str, float]]]:
    """Words for each label; labels of other names get them in turn."""
    turns = itertools.cycle(words.values())
    lists = {name: words.get(name, turn).split(",") for name, turn in zip(names, turns, strict=False)}
    return {name: [(word, 3.1 * 0.9**place) for place, word in enumerate(features)] for name, features in lists.items()}


def _logits(truth: np.ndarray, shared: np.ndarray, sight: float, generator: np.random.Generator) -> np.ndarray:
    logits = shared + 0.45 * generator.normal(size=shared.shape)
    logits[np.arange(len(truth)), truth] += sight
    # The last two labels look alike, as business and technology do.
    if shared.shape[1] > 3:
        alike = np.isin(truth, (2, 3))
        logits[alike, 5 - truth[alike]] += 0.7
    return logits


def _audit(names: list[str], rows: int) -> dict[str, object]:
    """As ``sadari.data.audit.audit.Audit.to_dict`` makes it."""

    def one(count: int) -> dict[str, object]:
        return {
            "rows": count,
            "labels": {name: count // len(names) + 37 * index for index, name in enumerate(names)},
            "imbalance": 1.02,
            "lengths": {
                "characters": {"min": 31, "median": 232, "p95": 382, "max": 1012},
                "words": {"min": 5, "median": 38, "p95": 61, "max": 177},
            },
            "empty": 0,
            "exact_duplicates": 212,
            "near_duplicates": 1204,
            "contradictions": 0,
            "scripts": {"Latin": 0.997, "Greek": 0.003},
            "odd_characters": {"HTML entity": 611, "backslash": 402},
        }

    return {
        "train": one(32_055),
        "test": one(rows),
        "across": {"exact": 3, "near": 41, "contradictions": 0},
        "tokenizers": {"basic_english": 0.0, "words": 0.021, "characters": 0.0},
        "findings": [
            {
                "key": "leaked_exact",
                "count": 3,
                "severity": "serious",
                "what": plural(
                    "{count:,} test text of {rows:,} also in training: the score rewards memory",
                    "{count:,} test texts of {rows:,} also in training: the score rewards memory",
                    3,
                    rows=7600,
                ),
                "examples": ["training row 12, test row 7: “Oil prices fall” (Business)"],
            },
            {
                "key": "html_entity_training",
                "count": 611,
                "severity": "note",
                "what": "611 texts in training hold left-over HTML entities, such as “&lt;” or “#39;”",
                "examples": [
                    "row 8: “AT&amp;T #39;s profit” (Business)",
                    "row 31: “&lt;b&gt;Reuters&lt;/b&gt;” (World)",
                ],
            },
            {"key": "something_new", "count": 2, "severity": "warning", "what": "2 texts are odd", "examples": []},
        ],
        "notes": [],
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for language in ("en", "ko"):
        print(write_report(make_climb(lang=language), folder / f"report-{language}.html", lang=language))
