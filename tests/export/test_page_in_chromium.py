"""The page of ``--to html`` in a real browser, opened from a file: by text and by CSV, in both languages."""

import csv
import io
import socket
from urllib.parse import quote

import pytest

from browsing import chromium, downloaded, drop, expect, needs_chromium, page_at, violations
from rungs_headlines import headlines, some
from sadari.export.page.html import export_html
from sadari.rungs import RUNGS
from sadari.rungs.cautious import Caution

pytestmark = needs_chromium
ALL = {"en": "all", "ko": "모두"}
PERCENT = {"en": " %", "ko": "%"}
UNSURE = {"en": "a person should decide", "ko": "사람이"}
CARE = Caution(coverage=0.6, sets=0.9, scope=0.05)


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module", params=["en", "ko"])
def exported(request, tmp_path_factory):
    """Language, model and address of a page."""
    place = tmp_path_factory.mktemp("page") / "page.html"
    model = RUNGS["tfidf"]().fit(*some(400, request.param))
    export_html(model, place, texts=["one text"], lang=request.param)
    return request.param, model, place.as_uri()


def as_csv(rows, encoding="utf-8"):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


def test_bars_and_words_are_those_of_the_model(browser, exported):
    lang, model, url = exported
    text = headlines(lang, "test")[0][0]
    with page_at(browser, f"{url}#text={quote(text)}") as page:
        assert page.locator("html").get_attribute("lang") == lang
        assert page.input_value("#text") == text
        [probabilities] = model.predict_proba([text])
        rows = [
            (row.locator(".name").inner_text(), row.locator("b").inner_text()) for row in page.locator(".bar").all()
        ]
        expected = sorted(zip(probabilities, model.classes_, strict=True), key=lambda pair: -pair[0])
        assert [(label, float(share.removesuffix(PERCENT[lang]))) for label, share in rows] == [
            (label, pytest.approx(100 * share, abs=0.051)) for share, label in expected
        ]
        page.wait_for_selector("#words .for")
        assert page.locator("#words").inner_text() == text
        page.focus("#words")
        page.keyboard.press("End")
        expect(page.locator("#figures")).not_to_have_text("")
        page.fill("#text", "")
        expect(page.locator("#note")).not_to_have_text("")


def test_a_file_is_labelled_filtered_and_saved(browser, exported):
    lang, model, url = exported
    texts = headlines(lang, "test")[0].to_list()[:40]
    rows = [["other", "text", "=note"], *[["qwxz", text, "=1+1"] for text in texts]]
    labels = list(model.predict(texts))
    with page_at(browser, url, accept_downloads=True) as page:
        drop(page, as_csv(rows, "cp949" if lang == "ko" else "utf-8"))
        expect(page.locator("#rows tr")).to_have_count(40)
        assert page.locator("#rows td.label").all_inner_texts() == labels
        name, saved = downloaded(page)
        assert (name, saved[:3]) == ("news.labelled.csv", b"\xef\xbb\xbf")
        back = list(csv.DictReader(io.StringIO(saved.decode("utf-8-sig"))))
        assert [row["predicted_label"] for row in back] == labels
        assert [row["text"] for row in back] == texts
        assert {row["'=note"] for row in back} == {"'=1+1"}
        page.select_option("#filter", label=labels[0])
        page.fill("#sure", "50")
        kept = [each["predicted_label"] == labels[0] and float(each["probability"]) >= 0.5 for each in back]
        expect(page.locator("#rows tr")).to_have_count(sum(kept))
        page.select_option("#column", label="other")  # in which nothing is known
        expect(page.locator("#filter option")).to_have_count(2)
        assert page.locator("#filter option").first.inner_text() == ALL[lang]
        drop(page, b"text\n")
        expect(page.locator("#found")).not_to_have_text("")


def with_care(page):
    page.select_option("#care-by", "coverage")
    page.select_option("#care-share", "60")
    page.check("#care-sets")
    page.check("#care-scope")


def names_of(model, row):
    return {name for name, held in zip(model.codec.names(), row, strict=True) if held}


def test_answers_are_withheld_as_the_model_withholds_them(browser, exported):
    lang, model, url = exported
    texts = [*headlines(lang, "test")[0].to_list()[:40], "qwxz"]
    judged = model.careful(CARE).answer(texts)
    assert judged.outside.any()
    assert 1 < judged.unsure.sum() < 40
    with page_at(browser, url, accept_downloads=True) as page:
        with_care(page)
        for place in (int(judged.unsure.argmax()), int(judged.unsure.argmin()), int(judged.outside.argmax())):
            page.fill("#text", texts[place])
            expect(page.locator("#careful")).to_contain_text(f"{100 * judged.certainty[place]:.1f}{PERCENT[lang]}")
            assert (UNSURE[lang] in page.locator("#careful").inner_text()) == judged.unsure[place]
            held = page.locator("#set").inner_text().split(": ")[-1].split(" · ")
            assert set(held) == names_of(model, judged.sets[place]) or not judged.sets[place].any()
        drop(page, as_csv([["text"], *[[text] for text in texts]]))
        expect(page.locator("#rows tr")).to_have_count(41)
        withheld = [bool(row.locator(".withheld").count()) for row in page.locator("#rows tr").all()]
        assert withheld == judged.unsure.tolist()
        back = list(csv.DictReader(io.StringIO(downloaded(page)[1].decode("utf-8-sig"))))
        labels = model.predict(texts)
        sure = ["" if unsure else label for label, unsure in zip(labels, judged.unsure, strict=True)]
        assert [row["predicted_label"] for row in back] == sure
        assert [row["predicted_label"] or row["suggestion"] for row in back] == list(labels)
        assert [float(row["certainty"]) for row in back] == pytest.approx(judged.certainty, abs=1e-4)
        sets = [set(filter(None, row["set"].split(" | "))) for row in back]
        assert sets == [names_of(model, row) for row in judged.sets]
        assert [row["note"] == "out of scope" for row in back] == judged.outside.tolist()
        assert back[-1]["note"] == "nothing known"
        page.select_option("#noted", "unsure")
        expect(page.locator("#rows tr")).to_have_count(sum(row["note"] == "unsure" for row in back))
        page.select_option("#care-by", "")
        expect(page.locator("#rows .withheld")).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_nobody_is_shut_out(browser, exported, width, scheme):
    """No fault that axe finds, and nothing that has to be scrolled sideways."""
    lang, _, url = exported
    texts = headlines(lang, "test")[0].to_list()[:5]
    with page_at(browser, url, viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
        page.fill("#text", texts[0])
        page.wait_for_selector("#words .for")
        with_care(page)
        drop(page, as_csv([["text"], *[[text] for text in texts]]))
        expect(page.locator("#rows tr")).to_have_count(5)
        page.focus("#words")
        page.keyboard.press("End")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_several_labels(browser, tmp_path):
    texts, labels = some(400)
    several = [(label, "long") if len(text) > 130 else (label,) for text, label in zip(texts, labels, strict=True)]
    model = RUNGS["tfidf"]().fit(texts, several)
    export_html(model, tmp_path / "page.html", texts=texts[:20])
    asked = [*texts[:30], "qwxz"]
    answers = [" | ".join(answer) for answer in model.predict(asked)]
    with page_at(browser, (tmp_path / "page.html").as_uri()) as page:
        page.fill("#text", texts[0])
        page.wait_for_selector("#words .for")
        ticked = {row.locator(".name").inner_text() for row in page.locator(".bar").all() if "✓" in row.inner_text()}
        assert ticked == set(model.predict([texts[0]])[0])
        drop(page, as_csv([["text"], *[[text] for text in asked]]))
        expect(page.locator("#rows tr")).to_have_count(31)
        assert page.locator("#rows td.label").all_inner_texts() == answers
        said = {answer or "none" for answer in answers}
        assert set(page.locator("#filter option").all_inner_texts()[1:]) == said
        assert page.locator("#care-by option").count() == 2  # no share of texts to answer
        page.select_option("#care-by", "min_precision")
        page.select_option("#care-share", "90")
        sure = [" | ".join(labels) for labels in model.predict_sure(asked, min_precision=0.9)]
        assert sure != answers
        page.wait_for_selector("#rows .withheld")
        shown = page.locator("#rows td.label").evaluate_all("(all) => all.map((cell) => cell.firstChild?.data ?? '')")
        assert [label.removesuffix(" · ") for label in shown] == sure
        assert violations(page) == []


def test_no_text_can_leave_the_page(browser, exported):
    """The page's own policy stops every request, whoever makes it."""
    *_, url = exported
    with (
        socket.create_server(("127.0.0.1", 0)) as somebody,
        page_at(browser, url, faults=("Content Security Policy",)) as page,
    ):
        somebody.settimeout(0.5)
        there = f"http://127.0.0.1:{somebody.getsockname()[1]}"
        assert page.evaluate("(to) => fetch(to).catch((error) => error.message)", there) == "Failed to fetch"
        page.evaluate("(to) => { document.body.append(Object.assign(new Image(), { src: to })) }", there)
        page.evaluate("(to) => { navigator.sendBeacon(to, 'a text') }", there)
        with pytest.raises(TimeoutError):
            somebody.accept()
