"""The audit: every figure of a corpus whose faults are known, and its promises for any corpus."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sadari.data.audit.audit import audit
from sadari.data.corpus import Corpus
from sadari.messages import Message
from written import written

LONG = "the committee said on monday that it would look into the matter and report to the council by spring"
NEAR = LONG.replace("monday", "tuesday")


def corpus(texts: list[str], labels: list[str] | list[list[str]] | None = None, source: str = "x.csv") -> Corpus:
    kind = pl.List(pl.String) if labels and isinstance(labels[0], list) else pl.String
    return Corpus(
        pl.Series("text", texts, dtype=pl.String),
        None if labels is None else pl.Series("label", labels, dtype=kind),
        np.arange(1, len(texts) + 1),
        source,
    )


def keys(result: object) -> dict[str, int]:
    return {finding.key: finding.count for finding in result.findings}  # type: ignore[attr-defined]


@pytest.fixture
def faulty() -> tuple[Corpus, Corpus]:
    train = corpus(
        [
            "Good  morning, everyone",  # 0
            "good morning, EVERYONE ",  # 1: row 0 again
            "good morning, everyone",  # 2: row 0 again, with another label
            LONG,  # 3
            NEAR,  # 4: nearly row 3, with another label
            "café",  # 5
            "cafe\u0301",  # 6: row 5 again, composed otherwise
            "   ",  # 7
            "",  # 8
            "price &lt; 5 \ufffd",  # 9
        ],
        ["a", "a", "b", "a", "b", "b", "b", "a", "a", "a"],
        "train.csv",
    )
    test = corpus(
        [
            "GOOD MORNING, EVERYONE",
            "Café",
            LONG.replace("spring", "autumn"),
            "something new",
            "",
            "something  new",
        ],
        ["a", "a", "a", "c", "a", "c"],
        "test.csv",
    )
    return train, test


def test_every_figure_of_a_known_corpus(faulty):
    train, test = faulty
    result = audit(train, test)
    assert result.duplicate_rows.tolist() == [1, 6]
    assert result.contradicting_rows.tolist() == [0, 1, 2]
    assert result.near_duplicate_rows.tolist() == [4]
    assert result.leaked_exact.tolist() == [True, True, False, False, False, False]
    assert result.leaked_near.tolist() == [False, False, True, False, False, False]
    assert result.across == {"exact": 2, "near": 1, "contradictions": 1}  # café is b in training
    got = result.to_dict()["train"]
    assert got["rows"] == 10
    assert got["labels"] == {"a": 6, "b": 4}
    assert got["imbalance"] == 1.5
    assert got["lengths"]["characters"] == {"min": 0, "median": 14, "p95": len(NEAR), "max": len(NEAR)}
    assert got["lengths"]["words"] == {"min": 0, "median": 3, "p95": 19, "max": 19}
    assert (got["empty"], got["exact_duplicates"], got["near_duplicates"], got["contradictions"]) == (
        2,
        2,
        1,
        1,
    )
    assert got["scripts"] == {"Latin": 1.0}
    assert got["odd_characters"] == {"replacement character": 1, "HTML entity": 1, "not NFC": 1}
    assert result.test is not None
    assert (result.test.empty, result.test.exact_duplicates, result.test.contradictions) == (1, 1, 0)


def test_the_findings_of_a_known_corpus(faulty):
    result = audit(*faulty)
    assert keys(result) == {
        "leaked_exact": 2,
        "unseen_labels": 1,
        "leaked_near": 1,
        "contradictions_across": 1,
        "contradictions_training": 1,
        "near_contradictions_training": 1,
        "rare_labels": 2,
        "replacement_character_training": 1,
        "duplicates_training": 2,
        "near_duplicates_training": 1,
        "duplicates_test": 1,
        "html_entity_training": 1,
        "not_nfc_training": 1,
    }
    severities = [finding.severity for finding in result.findings]
    assert severities == sorted(severities, key=["serious", "warning", "note"].index)
    examples = {finding.key: written(finding.examples) for finding in result.findings}
    assert examples["leaked_exact"][0].startswith("training row 1, test row 1: “Good morning, everyone”")
    assert examples["contradictions_training"] == ["rows 1, 2, 3: “Good morning, everyone” (a / b)"]
    assert examples["duplicates_training"] == [
        "rows 1, 2: “Good morning, everyone” (a)",
        "rows 6, 7: “café” (b)",
    ]


def test_the_summary_of_a_known_corpus(faulty):
    first, second = written(audit(*faulty).summary())
    assert first == (
        "2 duplicates dropped from training"
        " · 2 texts also in the test file (scored with and without), 1 nearly"
        " · 1 text with contradictory labels"
    )
    assert "unknown to training" in second
    assert "more: sadari data audit DATA" in second


def test_a_clean_corpus_takes_one_line():
    labels = ["a", "b"] * 10
    train = corpus([f"{chr(97 + i) * 9} text" for i in range(20)], labels)
    assert written(audit(train).summary()) == ["no duplicates in training · no contradictions"]
    test = corpus([f"{chr(97 + i) * 9} other" for i in range(20)], labels)
    result = audit(train, test)
    said = "no duplicates in training · no texts also in the test file · no contradictions"
    assert written(result.summary()) == [said]
    assert result.findings == []
    assert written([result.sections()[-1].title, result.sections()[-1].about]) == ["Findings", "none"]


def test_the_audit_is_plain_data(faulty):
    got = audit(*faulty, unseen={"words": lambda texts: np.float64(0.25)}).to_dict()
    assert json.loads(json.dumps(got)) == got
    assert got["tokenizers"] == {"words": 0.25}


def test_dropped_rows_leave_nothing_to_drop(faulty):
    train, test = faulty
    result = audit(train, test)
    keep = np.ones(len(train), bool)
    keep[result.duplicate_rows] = False
    again = audit(train.take(keep), test)
    assert again.duplicate_rows.tolist() == []
    assert again.across == result.across
    assert again.train.contradictions == result.train.contradictions


def test_the_same_seed_gives_the_same_audit(faulty):
    once, again = audit(*faulty, seed=3), audit(*faulty, seed=3)
    assert once.to_dict() == again.to_dict()
    assert once.sections() == again.sections()


def test_several_labels_are_compared_as_sets():
    texts = ["one text", "one text", "another text", "another text"]
    result = audit(corpus(texts, [["x", "y"], ["y", "x"], ["x"], ["x", "y"]]))
    assert result.duplicate_rows.tolist() == [1]
    assert result.contradicting_rows.tolist() == [2, 3]
    assert result.train.labels == {"x": 4, "y": 3}


def test_texts_without_labels_have_repeats_and_no_contradictions():
    result = audit(corpus(["one text", "One text", "two"]), corpus(["two"], ["a"]))
    assert result.duplicate_rows.tolist() == [1]
    assert result.contradicting_rows.tolist() == []
    assert result.train.labels == {}
    assert result.across == {"exact": 1, "near": 0, "contradictions": 0}


@pytest.mark.parametrize("test", [None, corpus([], [])])
def test_an_empty_corpus_is_audited_too(test):
    result = audit(corpus([], []), test)
    assert result.train.rows == 0
    assert result.duplicate_rows.tolist() == []
    assert result.leaked_exact.tolist() == []
    assert result.sections()


def test_blank_texts_that_reading_dropped_are_counted():
    train = corpus(["a b", "c d"], ["x", "y"])
    dropped = Corpus(train.texts, train.labels, train.rows, "x.csv", blank_rows=np.array([3, 9]))
    assert audit(dropped).train.empty == 2


def test_labels_that_look_alike_are_pointed_out():
    texts = [f"text number {i}" for i in range(4)]
    finding = next(
        f for f in audit(corpus(texts, ["Sport", "sport ", "01", "1"])).findings if f.key == "similar_labels"
    )
    assert finding.examples == ["'Sport' / 'sport '"]  # "01" and "1" are two labels


def test_an_imbalance_one_label_and_rare_labels_are_pointed_out():
    texts = [f"text number {i}" for i in range(33)]
    assert keys(audit(corpus(texts, ["a"] * 30 + ["b"] * 3)))["imbalance"] == 1
    assert keys(audit(corpus(texts, ["a"] * 33)))["one_label"] == 1
    assert "imbalance" not in keys(audit(corpus(texts, ["a"] * 20 + ["b"] * 13)))


def test_a_test_file_unlike_training_is_pointed_out():
    train = corpus(["short one", "tiny two"], ["a", "b"])
    assert "other_lengths" in keys(audit(train, corpus([LONG], ["a"])))
    assert "other_scripts" in keys(audit(train, corpus(["오늘 날씨"], ["a"])))
    assert not {"other_lengths", "other_scripts"} & set(keys(audit(train, corpus(["small one"], ["a"]))))


def test_tokenizers_are_shown_a_sample_and_the_blind_ones_are_pointed_out():
    shown: list[int] = []

    def blind(texts: pl.Series) -> float:
        shown.append(len(texts))
        return 0.4

    train = corpus([f"text {i}" for i in range(5_000)], ["a", "b"] * 2_500)
    result = audit(train, unseen={"ascii": blind, "characters": lambda texts: 0.0})
    assert shown == [2_000]
    assert result.tokenizers == {"ascii": 0.4, "characters": 0.0}
    assert next(f for f in result.findings if f.key == "unseen_ascii").severity == "warning"
    assert "unseen_characters" not in keys(result)


def test_what_is_printed_cannot_steer_a_terminal():
    train = corpus(["\x1b[2J\x1b[31mred alert\u202e"] * 2, ["\x1b]0;x\x07", "b\x9b31m"])
    found = audit(train)
    lines = [part for section in found.sections() for line in section.lines for part in line]
    for line in written([*lines, *found.summary()]):
        assert line.isprintable(), line


def test_progress_names_the_steps(faulty):
    steps: list[Message] = []
    audit(*faulty, progress=steps.append)
    assert written(steps) == ["looking at the characters", "looking for duplicates", "looking at the tokenizers"]


TEXTS = st.lists(st.tuples(st.sampled_from(["a b", "A  b", "c", "", " ", "d\te"]), st.sampled_from("xy")), max_size=12)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_repeats_are_those_of_plain_python(train, test):
    result = audit(
        corpus([text for text, _ in train], [label for _, label in train]),
        corpus([text for text, _ in test], [label for _, label in test]),
    )
    rows = [(" ".join(text.lower().split()), label) for text, label in train]
    tested = [(" ".join(text.lower().split()), label) for text, label in test]
    labels: dict[str, set[str]] = {}
    for text, label in rows:
        labels.setdefault(text, set()).add(label)
    assert result.duplicate_rows.tolist() == [i for i, row in enumerate(rows) if row[0] and row in rows[:i]]
    assert result.contradicting_rows.tolist() == [
        i for i, (text, _) in enumerate(rows) if text and len(labels[text]) > 1
    ]
    leaked = [bool(text) and text in labels for text, _ in tested]
    assert result.leaked_exact.tolist() == leaked
    contradicted = [leak and label not in labels[text] for leak, (text, label) in zip(leaked, tested, strict=True)]
    assert result.across["contradictions"] == sum(contradicted)


@pytest.mark.data
def test_ag_news_and_the_korean_chatbot_corpus():
    folder = Path(os.environ.get("SADARI_DATA", ""))
    if not os.environ.get("SADARI_DATA") or not (folder / "ag_news" / "test.csv").is_file():
        pytest.skip("SADARI_DATA is not set, or has no ag_news")
    names = ["label", "title", "text"]
    frame = pl.read_csv(folder / "ag_news" / "test.csv", has_header=False, new_columns=names, infer_schema=False)
    half = frame.height // 2
    whole = corpus((frame["title"] + " " + frame["text"]).to_list(), frame["label"].to_list())
    result = audit(whole.take(np.arange(half)), whole.take(np.arange(half - 100, frame.height)))
    assert result.leaked_exact.sum() == result.leaked_exact[:100].sum() == 100  # the rows that are in both
    assert result.train.exact_duplicates == 0
    assert result.train.scripts["Latin"] > 0.999
    assert result.train.odd_characters["HTML entity"] > 1_000
    korean = pl.read_csv(folder / "chatbot_ko" / "ChatbotData.csv", infer_schema=False)
    result = audit(corpus(korean["Q"].to_list(), korean["label"].to_list()))
    assert result.train.scripts["Hangul"] > 0.99
    assert keys(result)["similar_labels"] == 1  # one label of that file is "2   "
    questions = [" ".join(text.split()).lower() for text in korean["Q"].to_list()]
    pairs = list(zip(questions, korean["label"].to_list(), strict=True))
    assert result.train.exact_duplicates == len(pairs) - len(set(pairs))
