"""The report: self-contained, safe against whatever stands in the data, whole, the same twice, true to the result."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measure_climb_factory import LADDER, make_climb
from sadari.climb.report.report import report_html, write_report
from sadari.climb.report.sections.labels import carriers
from sadari.climb.report.sections.view import View
from sadari.climb.result import ClimbResult
from sadari.errors import DataError, OutputError, SettingError
from sadari.metrics.classification import accuracy, class_scores, confusion_matrix
from sadari.metrics.interval import Interval

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script src=//evil.example/x.js></script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title></textarea><svg onload=alert(1)>",
    "<!-- --><iframe srcdoc='<script>alert(1)</script>'>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#60;script&#62;",
    "{rung} {0} %s $x_1$ \\frac{1}{2} Q0Q Q1xxQ",
    "\x00\x1b[31m\x7f\u202eevil\u2028\ud800 \ufffe",
]
ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "main",
    "footer",
    "nav",
    "section",
    "div",
    "span",
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "b",
    "em",
    "i",
    "small",
    "bdi",
    "a",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "figure",
    "figcaption",
    "details",
    "summary",
    "svg",
    "desc",
    "defs",
    "g",
    "path",
    "use",
    "text",
    "clippath",
    "rect",
}
VOID = {"meta"}


class Page(HTMLParser):
    """A strict reader: every element closed in order, everything found kept."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in {tag}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    @property
    def words(self) -> str:
        return " ".join(text for tag, text in self.texts if tag != "style")

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def check_safe(html: str) -> Page:
    """Nothing runs, nothing is loaded, every reference stays in the page."""
    page = Page(html)
    assert {tag for tag, _ in page.elements} <= ALLOWED
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in {"src", "srcset", "srcdoc", "action", "formaction", "data", "background", "poster"}
            if name.endswith("href"):
                assert value.startswith("#"), (tag, value)
                assert value[1:] in ids, (tag, value)
            if name == "style":
                assert set(re.findall(r"url\((.*?)\)", value)) <= {f"#{known}" for known in ids}
                assert "expression" not in value
            if name == "clip-path":
                assert value[5:-1] in ids
    style = "".join(text for tag, text in page.texts if tag == "style")
    assert "url(" not in style
    assert "@import" not in style
    return page


@pytest.fixture(scope="module")
def climb() -> ClimbResult:
    return make_climb(rows=2000, validation=1500)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_page_is_whole_and_stands_alone(lang):
    html = report_html(make_climb(lang=lang, rows=1500, validation=800), lang=lang)
    page = check_safe(html)
    assert page.all("html")[0]["lang"] == lang
    assert len(page.all("svg")) == 4
    sections = [attributes["id"] for attributes in page.all("section")]
    assert sections[0] == "verdict"
    assert [attributes["href"] for attributes in page.all("a")] == [f"#{name}" for name in sections[1:]]
    assert len(sections) == 13
    policies = [each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    assert policies[0].startswith("default-src 'none'")
    assert len(html) < 300_000


def hostile_climb() -> ClimbResult:
    """Everything that comes from the data is hostile; so are the notes, settings and audit."""
    result = make_climb(rows=400, validation=300, labels=HOSTILE[:4], texts=HOSTILE)
    nasty = HOSTILE[0]
    for number, rung in enumerate(result.rungs):
        rung.note = HOSTILE[2]
        rung.settings = {nasty: HOSTILE[3], "list": HOSTILE}
        rung.top_features = {label: [(text, 1.0) for text in HOSTILE] for label in result.label_names}
        rung.folder = nasty
        if number != 2:
            rename(result, rung.rung, HOSTILE[number * 2])
    result.source = HOSTILE[4]
    result.notes = HOSTILE
    result.skipped = [(nasty, HOSTILE[2])]
    result.rows = {**result.rows, nasty: 3}
    result.versions = {nasty: HOSTILE[1]}
    result.final_name = nasty
    result.audit = {
        nasty: {nasty: nasty, "labels": dict.fromkeys(HOSTILE, 3)},
        "train": {"rows": nasty, "lengths": {nasty: {nasty: nasty}}, "scripts": {nasty: 0.5}},
        "findings": [
            {"severity": nasty, "what": nasty, "key": nasty, "count": nasty, "examples": HOSTILE},
            nasty,
            None,
        ],
        "list": [nasty, [HOSTILE, {nasty: {nasty: {nasty: nasty}}}]],
    }
    return result


def rename(result: ClimbResult, old: str, new: str) -> None:
    for rung in result.rungs:
        rung.rung = new if rung.rung == old else rung.rung
    for test in [*result.validation_tests, *result.final_tests]:
        test.first = new if test.first == old else test.first
        test.second = new if test.second == old else test.second
    verdict = result.verdict
    for name in ("rung", "best", "next_rung"):
        if getattr(verdict, name) == old:
            setattr(verdict, name, new)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_nothing_in_the_data_becomes_markup(lang):
    page = check_safe(report_html(hostile_climb(), lang=lang))
    # Every one is there to be read, as the text that it is.
    for text in HOSTILE[:-1]:
        assert text in page.words, text
    assert "\x00" not in page.words
    assert "\ufffd" in page.words


@given(
    st.lists(st.text(max_size=30), min_size=1, max_size=4),
    st.lists(st.text(min_size=1, max_size=12), min_size=2, max_size=4, unique=True),
)
@settings(max_examples=25, deadline=None)
def test_any_text_and_any_label_leave_the_page_whole(texts, labels):
    result = make_climb(rows=30, validation=30, rungs=2, texts=texts, labels=labels)
    page = check_safe(report_html(result))
    shown = re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\s]", "", labels[0])
    if shown:
        every = re.sub(r"[\ufffd\s]", "", page.words)
        assert re.sub(r"\ufffd", "", shown) in every


def test_the_same_result_gives_the_same_bytes_and_leaves_matplotlib_alone(tmp_path, climb):
    import matplotlib

    before = dict(matplotlib.rcParams)
    first = write_report(climb, tmp_path / "a.html").read_bytes()
    second = write_report(climb, tmp_path / "b.html").read_bytes()
    assert first == second
    assert dict(matplotlib.rcParams) == before


def test_importing_and_drawing_need_no_pyplot_and_importing_no_matplotlib():
    code = (
        "import sys; sys.path.insert(0, 'tests'); import sadari.climb.report.report;"
        "assert 'matplotlib' not in sys.modules and 'torch' not in sys.modules;"
        "from measure_climb_factory import make_climb;"
        "sadari.climb.report.report.report_html(make_climb(rows=200, validation=100));"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=resources.files("sadari").parent.parent)


def test_the_table_says_what_the_climb_found(climb):
    html = report_html(climb)
    table = html[html.index('class="wide rungs"') : html.index("</table>")]
    rows = table.split("<tr")[2:]
    assert len(rows) == len(LADDER)
    for row, rung in zip(rows, climb.rungs, strict=True):
        assert rung.rung in row
        right = int((rung.predictions == climb.truth).sum())
        assert f"{100 * right / len(climb.truth):.1f}" in row
        assert ("recommended" in row) == (rung.rung == climb.verdict.rung)
    assert html.count('class="taken"') == 1
    assert "lstm: left out, the budget" in html


def test_the_confusion_matrix_and_each_label_are_those_of_the_recommended_rung(climb):
    taken = next(rung for rung in climb.rungs if rung.rung == climb.verdict.rung)
    confusion = confusion_matrix(climb.truth, taken.predictions, classes=4)
    html = report_html(climb)
    matrix = html[html.index('<table class="confusion">') :]
    cells = re.findall(r"<td[^>]*>([\d,]+)</td>", matrix[: matrix.index("</table>")])
    assert [int(cell.replace(",", "")) for cell in cells] == confusion.ravel().tolist()
    assert "unknown to training" in html
    assert "3 rows have a label that training never saw" in html
    for f1 in class_scores(confusion).f1:
        assert f"{100 * f1:.1f}" in html[html.index('id="each"') :]


def test_each_step_counts_and_shows_what_it_mends_and_breaks():
    texts = [f"unmistakable {number}." for number in range(600)]
    result = make_climb(rows=600, validation=300, texts=texts)
    html = report_html(result)
    steps = html[html.index('id="steps"') : html.index('id="hardest"')].split('class="pair"')[1:]
    assert len(steps) == len(result.rungs) - 1
    for step, (lower, higher) in zip(steps, pairwise(result.rungs), strict=True):
        below, above = (rung.predictions == result.truth for rung in (lower, higher))
        mended, broken = step.split("<h4>")[1:]
        for part, rows in ((mended, ~below & above), (broken, below & ~above)):
            assert f"({rows.sum():,})" in part
            shown = [int(number) for number in re.findall(r"unmistakable (\d+)\.", part)]
            assert 1 <= len(shown) <= 6
            assert len(shown) == len(set(shown)) == min(6, rows.sum())
            assert rows[shown].all()
    hardest = html[html.index('id="hardest"') : html.index('id="audit"')]
    wrong = np.all([rung.predictions != result.truth for rung in result.rungs], axis=0) & (result.truth >= 0)
    assert f"{wrong.sum():,} of the test texts" in hardest
    assert wrong[[int(number) for number in re.findall(r"unmistakable (\d+)\.", hardest)]].all()


def test_examples_come_from_texts_that_training_has_not_seen_where_there_are_enough():
    result = make_climb(rows=600, validation=300, texts=[f"unmistakable {number}." for number in range(600)])
    below, above = (rung.predictions == result.truth for rung in result.rungs[:2])
    mended = np.flatnonzero(~below & above)
    assert len(mended) > 8
    result.leaked[:] = False
    result.leaked[mended[:-6]] = True
    html = report_html(result)
    part = html[html.index('id="steps"') :].split("<h4>")[1]
    assert {int(number) for number in re.findall(r"unmistakable (\d+)\.", part)} == set(mended[-6:].tolist())


def test_korean_reads_korean_whatever_language_the_climb_spoke():
    result = make_climb(lang="ko", rows=500, validation=400)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a glyph that matplotlib's font lacks would warn
        page = check_safe(report_html(result, lang="ko"))
    assert f"{result.verdict.rung} 단계를 쓰세요" in page.words.replace("  ", " ")
    assert "Take" not in page.words
    drawn = [text for tag, text in page.texts if tag == "text"]
    assert "정확도" in drawn
    assert "학습 행 수" in drawn
    assert "테스트 글 7,600건 중 3건이 학습에도 있습니다" in page.words
    assert "2 texts are odd" in page.words  # a finding that no language but the audit's own has


# What stays as it is: rungs, settings, packages, units, and what has no other name.
NAMES = "bow ngram tfidf embedding bag lowercase ngrams epochs class weight sadari torch numpy python Sadari HTML MB ms"


def test_every_word_of_a_korean_report_is_korean_but_names():
    result = make_climb(lang="ko", rows=500, validation=400)
    result.source, result.notes, result.skipped = "뉴스", [], []
    result.rows = {**result.rows, "dropped_blank": 2, "leaked_near": 1, "folds": 5}
    result.audit = {**result.audit, "findings": [{"severity": "warning", "what": "보기", "examples": ["하나"]}]}
    result.audit["tokenizers"] = {"토크나이저": 0.021}
    for rung in result.rungs:
        rung.note = ""
    page = check_safe(report_html(result, lang="ko"))
    said = [text for tag, text in page.texts if tag != "style"]
    said += [each[name] for _, each in page.elements for name in ("title", "aria-label") if name in each]
    ours = "\n".join(text for text in said if text not in set(result.final_texts))
    assert set(re.findall("[A-Za-z]{2,}", ours)) - set(NAMES.split()) == set()
    assert not re.search("낱말|누출|시험|나눔|걸음|[0-9] %", ours)


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("nasty", HOSTILE[:-1])
def test_a_hostile_label_text_or_rung_is_text_in_every_place(nasty, lang):
    result = make_climb(rows=120, validation=60, rungs=2, labels=[nasty, "b"], texts=[nasty])
    taken = result.verdict.rung
    rename(result, taken, nasty)
    result.verdict.sentences = [
        sentence.filled(**{name: nasty for name, value in sentence.values.items() if value == taken})
        for sentence in result.verdict.sentences
    ]
    page = check_safe(report_html(result, lang=lang))
    bold = [text for tag, text in page.texts if tag == "b"]
    assert nasty in bold  # in the verdict
    assert nasty in [text for tag, text in page.texts if tag == "text"]  # in a chart
    assert nasty in [text for tag, text in page.texts if tag == "bdi"]
    assert any(nasty in (each.get("aria-label") or "") for _, each in page.elements)


def test_no_template_takes_a_value_for_markup():
    """What is markup comes from the templates and from the charts; a value marked safe would not be escaped."""
    folder = resources.files("sadari.climb.report").joinpath("templates")
    found = [*folder.iterdir(), *folder.joinpath("sections").iterdir()]
    templates = {file.name: file.read_text(encoding="utf-8") for file in found if file.name.endswith(".jinja")}
    assert len(templates) == 21
    for name, text in templates.items():
        assert not re.search(r"\bsafe\b|Markup|autoescape", text), name


def test_one_rung_with_nothing_else_to_show():
    result = make_climb(rows=2, validation=2, rungs=1, unseen=0, labels=["a", "b"], texts=["x", "y"])
    rung = result.rungs[0]
    rung.curve, rung.history, rung.top_features, rung.settings = [], [], {}, {}
    result.audit, result.notes, result.versions, result.rows, result.skipped = {}, [], {}, {}, []
    page = check_safe(report_html(result))
    sections = [attributes["id"] for attributes in page.all("section")]
    assert "steps" not in sections
    assert "differences" not in sections
    assert "carriers" not in sections
    assert "audit" not in sections
    assert "nothing to compare it with" in page.words


def lengths(result: ClimbResult) -> list[float]:
    """Of the bars of all words, as the page has them, too."""
    drawn = [length for words in carriers(View(result, "en"))["cards"].values() for _, _, length in words]
    html = report_html(result)
    lexicon = html[html.index('id="carriers"') : html.index('id="steps"')]
    assert re.findall(r"width:([\d.]+)%", lexicon) == [f"{100 * length:.1f}" for length in drawn]
    return drawn


def test_words_that_carry_nothing_have_no_bars():
    result = make_climb(rows=200, validation=200)
    for rung in result.rungs:
        rung.top_features = {name: [("a", 1e-6), ("b", 1e-7)] for name in result.label_names}
    assert lengths(result) == [0.0] * 2 * len(result.label_names)
    for rung in result.rungs:
        rung.top_features[result.label_names[0]] = [("a", 3.0), ("b", 1.5)]
    assert lengths(result)[:4] == [1.0, 0.5, 0.0, 0.0]


def test_figures_that_are_not_numbers_read_as_dashes():
    result = make_climb(rows=300, validation=200)
    nan = float("nan")
    for rung in result.rungs:
        rung.train_seconds, rung.one_text_us, rung.bulk_texts_per_second, rung.megabytes = 0.0, nan, 0.0, nan
        rung.calibration_error = nan
        rung.macro_f1 = Interval(nan, nan, nan)
    result.truth[:] = -1
    page = check_safe(report_html(result))
    assert "nan" not in page.words.lower().split()
    assert "inf" not in page.words.lower().split()


def test_hundreds_of_labels_give_a_list_of_confusions_and_a_page_of_bearable_size():
    labels = [f"label {number:03}" for number in range(300)]
    result = make_climb(rows=3000, validation=500, labels=labels)
    start = time.process_time()
    html = report_html(result)
    assert time.process_time() - start < 10
    page = check_safe(html)
    assert not any("confusion" in (attributes.get("class") or "") for attributes in page.all("table"))
    taken = next(rung for rung in result.rungs if rung.rung == result.verdict.rung)
    confusion = confusion_matrix(result.truth, taken.predictions, classes=300)
    np.fill_diagonal(confusion[:300], 0)
    row = int(confusion.argmax()) // 300
    listed = html[html.index('id="confusion"') : html.index('id="each"')]
    assert listed.count("<tr>") == 31
    assert (labels[row] if row < 300 else "unknown to training") in listed
    assert len(html) < 2_000_000


def test_an_audit_of_any_shape_is_shown():
    result = make_climb(rows=200, validation=100)
    for odd in (
        {"train": None, "test": [], "findings": None},
        {"findings": [], "tokenizers": {}},
        {"train": 3, "across": "none", "deep": {"a": {"b": {"c": {"d": {"e": 1}}}}}, "long": list(range(500))},
        {"train": {"labels": {"a": float("nan")}, "scripts": {"x": "y"}, "lengths": {"words": 3}}},
        {"train": {"labels": {f"l{n}": n for n in range(99)}}, "findings": [{"examples": 3}]},
    ):
        result.audit = odd
        check_safe(report_html(result))
    result.audit = {"findings": []}
    assert "Nothing to report." in report_html(result)


def test_scores_without_leaked_rows_have_their_column_only_where_there_are_any(climb):
    assert "without leaks" in report_html(climb)
    kept = [replace(rung, accuracy_without_leaks=None) for rung in climb.rungs]
    assert "without leaks" not in report_html(replace(climb, rungs=kept))


def test_a_climb_without_its_paired_tests_keeps_its_own_sentences(climb):
    result = replace(climb, validation_tests=[], final_tests=[])
    page = check_safe(report_html(result))
    assert str(result.verdict.sentences[-1]).split(" ")[0] in page.words


def test_what_does_not_hold_together_is_refused(climb):
    with pytest.raises(DataError, match="no rung"):
        report_html(replace(climb, rungs=[]))
    with pytest.raises(DataError, match="final_texts: 1 entries for 2,000 final rows"):
        report_html(replace(climb, final_texts=["x"]))
    with pytest.raises(DataError, match="probabilities are"):
        report_html(replace(climb, label_names=["a", "b"]))
    with pytest.raises(DataError, match="not among the rungs"):
        report_html(replace(climb, verdict=replace(climb.verdict, rung="bert")))
    with pytest.raises(SettingError, match="lang is 'fr'"):
        report_html(climb, lang="fr")


def test_a_report_that_cannot_be_written_says_so_and_touches_nothing(tmp_path, climb):
    with pytest.raises(OutputError, match="directory"):
        write_report(climb, tmp_path)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError):
        write_report(climb, tmp_path / "file" / "report.html")
    assert (tmp_path / "file").read_text() == "mine"
    before = tmp_path / "report.html"
    before.write_text("before")
    with pytest.raises(DataError):
        write_report(replace(climb, rungs=[]), before)
    assert before.read_text() == "before"
    assert write_report(climb, tmp_path / "new" / "report.html").read_text(encoding="utf-8").startswith("<!doctype")


def _variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})", block))


def _luminance(color: str) -> float:
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_are_readable_in_light_dark_and_print():
    """WCAG 2.2: 4.5 for text, 3 for marks."""
    style = resources.files("sadari.climb.report").joinpath("report.css").read_text(encoding="utf-8")
    schemes = [_variables(block) for block in re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)]
    assert len(schemes) == 3
    for colors in schemes:
        assert set(colors) == set(schemes[0])
        for name in ("ink", "muted", "accent", "warning", "serious"):
            for ground in ("paper", "card"):
                assert _contrast(colors[name], colors[ground]) >= 4.5, (name, ground)
        for name in ("ink", "muted"):
            assert _contrast(colors[name], colors["accent-tint"]) >= 4.5, name
        for number in range(8):
            assert _contrast(colors[f"series-{number}"], colors["paper"]) >= 3, number
        assert _contrast(colors["series-0"], colors["paper"]) >= 4.5
        assert _contrast(colors["series-1"], colors["paper"]) >= 4.5


def test_accuracy_in_the_factory_is_what_its_predictions_give(climb):
    """The factory's own figures, so that the tests above mean what they say."""
    for rung in climb.rungs:
        assert rung.accuracy == accuracy(confusion_matrix(climb.truth, rung.predictions, classes=4))


def test_of_many_pairs_those_that_matter_come_first_and_all_are_there(climb, monkeypatch):
    from sadari.climb.report.sections import scores

    whole = Page(report_html(climb))
    monkeypatch.setattr(scores, "FEW_PAIRS", 1)
    monkeypatch.setattr(scores, "LEVEL", 0.0)  # in the factory's climb all differences are real
    folded = Page(report_html(climb))
    pairs = [text for tag, text in whole.texts if tag == "th" and " → " in text]
    shown = [text for tag, text in folded.texts if tag == "th" and " → " in text]
    assert len(pairs) == len(LADDER) * (len(LADDER) - 1) // 2
    assert shown[-len(pairs) :] == pairs  # on request, all of them
    first = shown[: -len(pairs)]
    assert 0 < len(first) < len(pairs)
    assert {pair for pair in pairs if climb.verdict.rung in pair.split(" → ")} <= set(first)
