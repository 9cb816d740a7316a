"""The head of a report: how many rows there are of each kind, each said once."""

import re

import pytest

from measure_climb_factory import make_climb
from sadari.climb.report.report import report_html


def facts(lang: str, **rows: int) -> list[str]:
    """What the head says of the rows, without markup."""
    result = make_climb(rows=300, validation=200)
    result.rows = {"train": 1000, "validation": 1000, "final": 300, **rows}
    listed = re.search(r'<ul class="facts">(.*?)</ul>', report_html(result, lang=lang), re.DOTALL)
    assert listed is not None
    return [re.sub(r"<[^>]+>", "", item).strip() for item in listed[1].split("</li>") if item.strip()]


@pytest.mark.parametrize(
    ("lang", "folds", "held_out"),
    [
        ("en", "5 folds, validating each training row once", "1,000 validation"),
        ("ko", "5 겹 교차 검증(학습 글마다 한 번)", "1,000 검증"),
    ],
)
def test_rows_validated_in_folds_are_no_rows_of_their_own(lang: str, folds: str, held_out: str) -> None:
    assert folds in facts(lang, folds=5)
    assert held_out not in facts(lang, folds=5)
    assert held_out in facts(lang, folds=0)
    assert folds not in facts(lang, folds=0)


@pytest.mark.parametrize(("lang", "near"), [("en", "of these only nearly the same"), ("ko", "그중 거의 같은 글")])
def test_leaks_are_counted_once(lang: str, near: str) -> None:
    assert f"3 {near}" in facts(lang, leaked=10, leaked_near=3)
    assert not any(near in fact for fact in facts(lang, leaked=3, leaked_near=3))
    assert not any(near in fact for fact in facts(lang, leaked=3, leaked_near=0))
