"""A rung that cannot be trained is left out, with the reason, and the climb goes on."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from sadari.climb.climb import climb
from sadari.climb.failures import none_trained, why_failed
from sadari.climb.report import report
from sadari.data.corpus import Corpus
from sadari.errors import DataError, OutputError, SettingError
from sadari.messages import message, render
from sadari.rungs import GRU, BagOfWords, EmbeddingMean, TfIdf, load

QUICK = {"gru": {"embed_dim": 8, "hidden": 4, "epochs": 1}, "embedding": {"embed_dim": 8, "epochs": 1}}


def written_out(skipped):
    return [(name, str(why)) for name, why in skipped]


def corpus(texts, labels, source="made"):
    return Corpus(pl.Series("text", texts), pl.Series("label", labels), np.arange(1, len(texts) + 1), source)


def unique(rows=40):
    return corpus([f"w{i}" for i in range(rows)], ["pl", "dk"] * (rows // 2))


def two_kinds(rows=60):
    texts = [f"{'good fine' if i % 2 else 'bad awful'} thing number {i}" for i in range(rows)]
    return corpus(texts, ["pos" if i % 2 else "neg" for i in range(rows)])


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        ([f"w{i}" for i in range(40)], ["pl", "dk"] * 20),
        ([f"{word} and {word}er" for word in "abcdef"], list("aabbcc")),
        ([*(f"w{i} w{i % 5}" for i in range(29)), " ".join(f"w{i % 700}" for i in range(20_000))], ["a", "b"] * 15),
        ([f"{i} {i * 7} {i * 13}" for i in range(40)], ["a", "b"] * 20),
        ([f"w{i % 9} w{i}" for i in range(40)], ["rare", *["a"] * 20, *["b"] * 19]),
    ],
    ids=["each word once", "two rows a label", "one very long text", "numbers", "one row of a label"],
)
def test_odd_texts_climb_on_every_kind_of_rung(texts, labels):
    result = climb(
        corpus(texts, labels), rungs=["bow", "embedding-bag", "embedding", "gru"], settings=QUICK, curves=False
    )
    assert [rung.rung for rung in result.rungs] == ["bow", "embedding-bag", "embedding", "gru"]
    assert result.skipped == []


def test_nets_that_nobody_set_take_words_that_stand_once():
    texts, labels = unique().texts, unique().labels
    assert EmbeddingMean(**QUICK["embedding"]).fit(texts, labels).resolved_settings()["min_freq"] == 1
    twice = EmbeddingMean(**QUICK["embedding"]).fit([*texts, *texts, "once"], [*labels, *labels, "pl"])
    assert twice.resolved_settings()["min_freq"] == 2
    assert "once" not in twice.vocab_
    with pytest.raises(DataError, match="no token stands 3 times"):
        EmbeddingMean(min_freq=3).fit(texts, labels)


def test_a_rung_that_raises_is_left_out_and_says_why(tmp_path):
    astray = {**QUICK, "gru": {**QUICK["gru"], "min_freq": 99}}
    train = two_kinds()
    result = climb(train, rungs=["bow", "gru", "embedding"], settings=astray, folder=tmp_path / "c", curves=False)
    why = (
        "no token stands 99 times in the texts → with another min_freq it may: "
        "sadari train DATA --rung gru --set min_freq=… -o MODEL"
    )
    assert [rung.rung for rung in result.rungs] == ["bow", "embedding"]
    assert written_out(result.skipped) == [("gru", why)]
    assert json.loads((tmp_path / "c" / "climb.json").read_text())["skipped"] == [{"rung": "gru", "why": why}]
    assert f"left out, {why}" in (tmp_path / "c" / "report.html").read_text().replace("&gt;", ">")
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == [
        "bow",
        "climb.json",
        "embedding",
        "model",
        "predictions.csv",
        "report.html",
        "validation.safetensors",
    ]


def test_where_no_rung_can_be_trained_each_reason_is_said_once():
    marks = corpus([f"{'!' * (1 + i)}" for i in range(40)], ["a", "b"] * 20)
    with pytest.raises(DataError) as error:
        climb(marks, rungs=["bow", "embedding-bag", "embedding"], settings=_with("words"))
    said = str(error.value)
    assert "made: no rung could be trained:\n  bow: " in said
    assert "the tokenizer 'words' takes for a token → try --tokenizer characters" in said
    listed = str(none_trained({"a": "why", "b": "why", "c": "other"}, source="x.csv"))
    assert listed == "x.csv: no rung could be trained:\n  a, b: why\n  c: other"


def _with(tokenizer):
    return {name: {**QUICK.get(name, {}), "tokenizer": tokenizer} for name in ("bow", "embedding-bag", "embedding")}


@pytest.mark.parametrize("fault", ["train", "fold", "measure", "save", "explain"])
def test_wherever_a_rung_raises_the_others_go_on(fault, tmp_path, monkeypatch):
    """A fault of our own, in each thing that a climb does with a rung."""
    calls = {"fold": 0}

    def raises(*given, **named):
        raise RuntimeError("a bug\nin two lines")

    if fault == "fold":
        inner = TfIdf._train

        def third(self, *given):
            calls["fold"] += 1
            if calls["fold"] == 4:  # the probe, all rows, the first fold, the second
                raises()
            return inner(self, *given)

        monkeypatch.setattr(TfIdf, "_train", third)
    else:
        names = {"train": "_train", "measure": "_logits", "save": "_state", "explain": "_top_features"}
        monkeypatch.setattr(TfIdf, names[fault], raises, raising=True)
    result = climb(two_kinds(), rungs=["bow", "tfidf", "embedding-bag"], folder=tmp_path / "c", curves=False)
    assert [rung.rung for rung in result.rungs] == ["bow", "embedding-bag"]
    why = "a fault of Sadari's own: RuntimeError: a bug in two lines → please report it"
    assert written_out(result.skipped) == [("tfidf", why)]
    assert not (tmp_path / "c" / "tfidf").exists()
    assert load(tmp_path / "c" / "bow").predict(["good fine"])[0] == "pos"


def test_a_curve_that_fails_costs_the_curve_alone(monkeypatch):
    inner, sizes = TfIdf._train, []

    def few_raise(self, texts, *given):
        sizes.append(len(texts))
        if len(sizes) > 7:  # after the probe, all rows and five folds
            raise MemoryError
        return inner(self, texts, *given)

    monkeypatch.setattr(TfIdf, "_train", few_raise)
    result = climb(two_kinds(100), rungs=["bow", "tfidf"])
    assert [rung.rung for rung in result.rungs] == ["bow", "tfidf"]
    assert result.rungs[1].curve == [(80, result.rungs[1].validation_accuracy.value)]  # all rows, as in the table
    assert str(result.rungs[1].note) == (
        "no learning curve: the memory is not enough for it → give fewer texts, or free some memory"
    )
    assert len(result.rungs[0].curve) > 1
    assert "no learning curve" in report.report_html(result)


def test_a_section_that_cannot_be_drawn_leaves_the_rest_of_the_report(monkeypatch):
    def raises(view):
        raise ZeroDivisionError("of nothing")

    drawn = [replace(section, values=raises) if section.name == "costs" else section for section in report.SECTIONS]
    monkeypatch.setattr(report, "SECTIONS", drawn)
    result = climb(two_kinds(), rungs=["bow", "tfidf"], curves=False)
    page = report.report_html(result, lang="ko")
    assert "이 부분은 그리지 못했습니다: Sadari 자체의 오류: ZeroDivisionError: of nothing" in page
    assert page.count("<section") == report.report_html(result).count("<section") > 4


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, type("Ended", (KeyboardInterrupt,), {})])
def test_somebody_who_stops_a_climb_stops_it(kind, monkeypatch):
    """It is nobody's fault, and no reason to go on with the next rung; Ctrl-C keeps what is measured already."""

    def stopped(*given):
        raise kind

    monkeypatch.setattr(TfIdf, "_train", stopped)
    with pytest.raises(kind):
        climb(two_kinds(), rungs=["tfidf", "embedding-bag"], curves=False)
    if kind is not KeyboardInterrupt:
        with pytest.raises(kind):
            climb(two_kinds(), rungs=["bow", "tfidf"], curves=False)
        return
    result = climb(two_kinds(), rungs=["bow", "tfidf", "embedding-bag"], curves=False)
    assert [rung.rung for rung in result.rungs] == ["bow"]
    stopped_rungs = ("tfidf", "embedding-bag")
    assert written_out(result.skipped) == [(name, "stopped before it was measured") for name in stopped_rungs]


def test_what_was_set_wrongly_is_an_error_before_anything_is_trained(monkeypatch):
    monkeypatch.setattr(BagOfWords, "_train", lambda *given: pytest.fail("it was trained"))
    with pytest.raises(SettingError, match="C is -1"):
        climb(two_kinds(), rungs=["bow", "tfidf"], settings={"tfidf": {"C": -1.0}})
    with pytest.raises(SettingError, match="no setting 'depth'"):
        climb(two_kinds(), rungs=["bow", "tfidf"], settings={"tfidf": {"depth": 1}})


def test_reasons_say_what_can_be_done_in_a_climb():
    rate = DataError("training diverged", hint=message("try a smaller {setting}", setting="learning_rate"))
    assert str(why_failed(rate, "gru")).startswith("training diverged → with another learning_rate it may")
    shapes = DataError("no token", hint="try --tokenizer characters")
    assert str(why_failed(shapes, "gru")) == "no token → try --tokenizer characters"
    full = OutputError("cannot be written: No space left", where="runs/x/gru", hint="free some space")
    assert str(why_failed(full, "gru")) == "runs/x/gru: cannot be written: No space left → free some space"
    torch_says = RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes")
    assert why_failed(torch_says, "gru") == why_failed(MemoryError(), "gru")


def test_reasons_in_korean():
    assert GRU.name == "gru"
    once = DataError(
        message("no token stands {min_freq} times in the texts", min_freq=3),
        hint=message("give a smaller {setting}", setting="min_freq"),
    )
    assert render(why_failed(once, "gru"), "ko") == (
        "글에 3번 이상 나오는 토큰이 없습니다 → min_freq 값을 바꾸면 될 수도 있음: "
        "sadari train DATA --rung gru --set min_freq=… -o MODEL"
    )
    with pytest.raises(DataError) as error:
        EmbeddingMean(tokenizer="words").fit(["!!!", "???"], ["a", "b"])
    said = render(why_failed(error.value, "embedding"), "ko")
    assert said.startswith("학습 글의 예: '!!!', '???': ")
    assert said.endswith(" → --tokenizer characters를 써 보세요")
    assert not re.search("[A-Za-z]", said.replace("words", "").replace("--tokenizer characters", ""))


def test_two_labels_of_which_one_stands_once_are_refused_by_name():
    one = corpus([f"w{i} w{i % 5}" for i in range(41)], [*["ham"] * 20, "spam", *["ham"] * 20])
    with pytest.raises(DataError, match="made, row 21: label 'spam' stands in this row alone"):
        climb(one, rungs=["bow"])
    with pytest.raises(DataError, match="3 training rows are too few to validate"):
        climb(corpus(["a b", "c d", "e f", "g h"], list("aabb")), rungs=["bow"])


SHORT_OF_MEMORY = """
import resource, sys
from sadari.cli import main
import torch, sadari.climb.climb, sadari.climb.report.report, matplotlib.pyplot
from sadari.rungs import GRU
GRU(embed_dim=8, hidden=4, epochs=1).fit(["a b", "b c", "a c", "c a"], list("abab"))
with open("/proc/self/statm") as file:
    now = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + 700 * 2**20,) * 2)
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="the memory in use is read from Linux")  # noqa: PTH110
def test_a_rung_that_memory_does_not_suffice_for_is_left_out():
    """Memory that is really limited: an embedding of 100,000 words needs 1.6 GB, and the others next to nothing."""
    code = SHORT_OF_MEMORY + (
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import test_climb_failed as here\n"
        "settings = {**here.QUICK, 'embedding': {'embed_dim': 4096, 'epochs': 1}}\n"
        "result = here.climb(here.wordy(), rungs=['bow', 'embedding', 'gru'], settings=settings, curves=False)\n"
        "print(result.skipped, [r.rung for r in result.rungs])\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr
    assert "the memory is not enough for it" in ended.stdout
    assert ended.stdout.rstrip().endswith("['bow', 'gru']")


def wordy():
    """40 texts of 2,500 words each, which stand nowhere else."""
    texts = [" ".join(f"w{2500 * i + j}" for j in range(2500)) for i in range(40)]
    return corpus(texts, ["a", "b"] * 20)
