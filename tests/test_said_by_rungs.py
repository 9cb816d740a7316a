"""What rungs warn of, what vectors know, and figures in a table, in both languages."""

import re
import warnings

import numpy as np
import pytest

from bert_small import LABELS, TEXTS, rewrite, save_encoder
from sadari import readable
from sadari.errors import SadariWarning
from sadari.messages import render
from sadari.rungs import BertClassifier, FromVectors
from sadari.vectors.initialise import Coverage
from sadari.vectors.keyed import WordVectors
from written import written


def warned(fit):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        fit()
    return written([one.message.said for one in told if issubclass(one.category, SadariWarning)], "ko")


def check_korean(said, *names):
    assert re.search("[가-힣]", said)
    left = said
    for name in names:
        left = left.replace(name, "")
    assert not re.search("[A-Za-z]", left), said


def test_what_a_bert_warns_of(tmp_path):
    """Weights with a head for other labels, code of their own, and fewer places than are asked for."""
    place = save_encoder(tmp_path / "m", head=True, labels=3)
    rewrite(place / "config.json", auto_map={"AutoModel": "evil.Evil"})
    told = warned(lambda: BertClassifier(weights=place, epochs=1, max_length=400, threads=1).fit(TEXTS, LABELS))
    assert len(told) == 3
    for warning in told:
        check_korean(warning, str(place), "bert", "max_length")


def test_what_few_vectors_warn_of():
    vectors = WordVectors(["match", "goal"], np.eye(2, 8, dtype=np.float32))
    [warning] = warned(lambda: FromVectors(vectors=vectors, epochs=1).fit(TEXTS, LABELS))
    check_korean(warning, "basic_english", "--tokenizer NAME", "vectors in memory")


@pytest.mark.parametrize("counts", [(100, 81, 0, 0, 19, 0), (100, 81, 7, 3, 4, 12)])
def test_what_vectors_know(counts):
    found = Coverage(*counts, 0.97)
    said = render(found.said(), "ko")
    check_korean(said)
    assert sorted(re.findall(r"\d+", said)) == sorted(re.findall(r"\d+", str(found)))


def test_figures_of_a_table():
    speeds = (0.5, 7.25, 5_200, 54_000, 1_100_000, 230_000_000)
    assert written(map(readable.rate, speeds)) == ["0.50/s", "7.2/s", "5.2 k/s", "54 k/s", "1.1 M/s", "230 M/s"]
    assert written(map(readable.rate, speeds), "ko") == [
        "0.50/초",
        "7.2/초",
        "5,200/초",
        "5.4만/초",
        "110만/초",
        "2.3억/초",
    ]
    seconds = (0.000_059, 0.66, 3.5, 90.0, float("nan"))
    said = [readable.duration(each, 2) for each in seconds]
    assert written(said) == ["59 µs", "660 ms", "3.5 s", "1 min 30 s", "–"]
    assert written(said, "ko") == ["59µs", "660ms", "3.5초", "1분 30초", "–"]
