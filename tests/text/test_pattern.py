"""Tokens by a regular expression of one's own, against Python's `re`."""

import json
import pickle
import re
import time

import pytest

import sadari
from cli_runs import run_badly, run_well
from sadari.errors import SettingError

TEXTS = ["Hello, it's me: x_1 and 2nd!", "", "한국어 영화는 재미있다.", "naïve café — end", "  "]


@pytest.mark.parametrize("pattern", [r"\b\w+\b", r"[A-Za-z]+|\d+", r"\S+", r".", r"x*", "[가-힣]+"])
def test_tokens_are_the_matches(pattern):
    words = sadari.tokenizer(f"regex:{pattern}")
    wanted = [[token for token in re.findall(pattern, text) if token] for text in TEXTS]
    assert words(TEXTS).to_lists() == wanted
    assert [words.tokenize(text) for text in TEXTS] == wanted
    assert pickle.loads(pickle.dumps(words)) is words  # noqa: S301 - our own


@pytest.mark.parametrize("pattern", ["(", r"(?=a)b", r"(a)\1", "", "a" * 1001, r"\w{1000}{1000}", "\ud800"])
def test_what_is_no_expression_is_said(pattern):
    with pytest.raises(SettingError, match="regular expression"):
        sadari.tokenizer(f"regex:{pattern}")
    with pytest.raises(SettingError, match="tokenizer"):
        sadari.BagOfWords(tokenizer=f"regex:{pattern}").fit(["a b", "c d"], ["x", "y"])


def test_no_expression_takes_longer_than_the_text_is_long():
    started = time.perf_counter()
    sadari.tokenizer(r"regex:(a+)+$|(a|aa)+b")(["a" * 200_000 + "!"])
    assert time.perf_counter() - started < 10  # of `re`, for ever


def test_a_model_keeps_its_expression_and_an_export_refuses_it(tmp_path):
    rows = [f"Ab-{i} cd{'fg'[i % 2]},{'xy'[i % 2]}" for i in range(60)]
    (tmp_path / "d.csv").write_text("\n".join(["text,label", *rows, ""]))
    given = ("--tokenizer", r"regex:[a-z]+|\d", "--rung", "bow")
    run_well("train", tmp_path / "d.csv", *given, "-o", tmp_path / "m")
    model = sadari.load(tmp_path / "m")
    assert model.tokenizer == model.tokenizer_ == r"regex:[a-z]+|\d"
    assert model.explain("Ab-1 cdg").features == ["b", "1", "cdg"]
    assert json.loads((tmp_path / "m" / "sadari.json").read_text())["settings"]["tokenizer"] == r"regex:[a-z]+|\d"
    assert "is a regular expression" in run_badly("export", tmp_path / "m", "--to", "onnx", "-o", tmp_path / "o")
    assert "regular expression" in run_badly("train", "headlines", "--rung", "bow", "--tokenizer", "regex:(", "-o", "x")
