"""Charts: well-formed, named, in their place, with round numbers on their axes."""

from __future__ import annotations

import math
import re
import warnings
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sadari.climb.report.charts import (
    Curve,
    Dot,
    Titles,
    _apart,
    _log_ticks,
    cost_chart,
    curve_chart,
    reliability_chart,
)

TITLES = Titles("A title & more", "bow < tfidf", "한 건당 시간", "정확도")
SVG = "{http://www.w3.org/2000/svg}"


def dots(*costs: float) -> list[Dot]:
    names = ("bow", "n-gram $x_1$", "<tfidf>", "embedding-bag", "임베딩")
    return [
        Dot(name, cost, 0.8 + 0.02 * order, 0.79 + 0.02 * order, 0.81 + 0.02 * order, marked=order == 1, order=order)
        for order, (name, cost) in enumerate(zip(names, costs, strict=False))
    ]


def lettering(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_a_chart_is_xml_with_a_title_its_words_and_the_colours_of_the_page():
    svg = cost_chart(dots(1e-6, 1e-5, 1e-4, 1e-3, 1e-2), TITLES)
    tree = ElementTree.fromstring(svg)
    assert tree.find(f"{SVG}title").text == "A title & more"
    assert tree.find(f"{SVG}desc").text == "bow < tfidf"
    assert tree.get("role") == "img"
    words = lettering(svg)
    for name in ("bow", "n-gram $x_1$", "<tfidf>", "embedding-bag", "임베딩", "한 건당 시간", "정확도", "1 µs", "1 ms"):
        assert name in words, name
    assert not re.search(r"Q\d+x*Q", svg)
    # Colours are variables, but for what stays invisible.
    assert set(re.findall(r"(?:fill|stroke): (#\w+)", svg)) <= {"#000000", "#ffffff"}
    assert "DejaVu" not in svg


def test_no_points_no_chart():
    assert cost_chart([], TITLES) is None
    assert cost_chart(dots(0.0, math.inf, math.nan), TITLES) is None
    assert curve_chart([], TITLES) is None
    assert curve_chart([Curve("bow", [], [])], TITLES) is None
    assert reliability_chart([], [], TITLES) is None


@given(st.lists(st.tuples(st.floats(1e-9, 1e6), st.floats(0, 1), st.floats(0, 0.2)), min_size=1, max_size=12))
@settings(max_examples=30, deadline=None)
def test_any_points_make_a_chart_within_its_frame(points):
    made = [
        Dot(f"rung{order}", cost, value, max(0.0, value - half), min(1.0, value + half), order=order)
        for order, (cost, value, half) in enumerate(points)
    ]
    svg = cost_chart(made, TITLES)
    words = lettering(svg)
    assert all(f"rung{order}" in words for order in range(len(points)))
    for text in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        assert -5 <= float(text.get("x")) <= 445
        assert -20 <= float(text.get("y")) <= 350


@given(st.lists(st.tuples(st.integers(1, 10**7), st.floats(0, 1)), min_size=1, max_size=8, unique_by=lambda p: p[0]))
@settings(max_examples=20, deadline=None)
def test_any_curve_makes_a_chart(points):
    points.sort()
    svg = curve_chart([Curve("bow", [p[0] for p in points], [p[1] for p in points])], TITLES)
    assert "bow" in lettering(svg)


@pytest.mark.parametrize("confidence", [[0.5], [0.2, 0.5, 1.0], [1.0, 1.0]])
def test_reliability(confidence):
    assert "100 %" in lettering(reliability_chart(confidence, confidence, TITLES))


@given(st.floats(1e-9, 1e6), st.floats(1.2, 1e9))
def test_ticks_are_few_round_and_within(low, ratio):
    high = low * ratio
    ticks = _log_ticks(low, high)
    assert len(ticks) <= 7
    assert all(low <= tick <= high for tick in ticks)
    assert all(f"{tick:.0e}"[0] in "1235" for tick in ticks)
    if ratio >= 10:
        assert ticks


@given(st.lists(st.floats(0, 300), min_size=1, max_size=12))
def test_names_at_the_ends_of_curves_never_lie_on_each_other(heights):
    moved = _apart(heights, 15)
    assert sum(moved) == pytest.approx(sum(heights), abs=1e-6)
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    gaps = [moved[above] - moved[below] for below, above in pairwise(order)]
    assert all(gap >= 15 - 1e-6 for gap in gaps)


def test_names_beside_dots_do_not_cover_each_other_where_there_is_room():
    crowd = {"bow": (1e-6, 0.90), "ngram": (1.2e-6, 0.905), "tfidf": (1.4e-6, 0.90), "bag": (3e-6, 0.93)}
    made = [
        Dot(name, cost, value, value - 0.005, value + 0.005, order=order)
        for order, (name, (cost, value)) in enumerate(crowd.items())
    ]
    svg = cost_chart(made, TITLES)
    places = {}
    for text in ElementTree.fromstring(svg).iter(f"{SVG}text"):
        word = "".join(text.itertext())
        if word in {dot.name for dot in made}:
            places[word] = (float(text.get("x")), float(text.get("y")))
    for one, (x, y) in places.items():
        for other, (x2, y2) in places.items():
            if one < other:
                apart_across = x + 7 * len(one) < x2 or x2 + 7 * len(other) < x
                assert apart_across or abs(y - y2) > 10, (one, other)


def test_charts_are_the_same_whatever_layout_is_set_around_them():
    import matplotlib

    given = [0.5, 0.7, 0.9], [0.5, 0.6, 0.95], Titles("a", "b", "c", "d")
    plain = reliability_chart(*given)
    with matplotlib.rc_context({"figure.constrained_layout.use": True}), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert reliability_chart(*given) == plain
