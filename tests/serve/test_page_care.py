"""Answers withheld on the server's page: what the page shows is what Python says."""

import csv
import io

import pytest

from browsing import chromium, downloaded, drop, expect, needs_chromium, page_at, violations
from sadari.data.datasets import find
from sadari.rungs.cautious import Caution

pytestmark = needs_chromium
TEXTS = [each["text"] for each in csv.DictReader(find("headlines").test.open(encoding="utf-8"))][:60]
CARE = Caution(coverage=0.6, sets=0.9)


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def judged(models):
    found = models["tfidf"].careful(CARE).answer([*TEXTS, ""])
    assert 0 < found.unsure.sum() < len(TEXTS)
    return found


def asked(page):
    page.select_option("#care-by", "coverage")
    page.fill("#care-share", "60")
    page.check("#care-sets")


def named(model, row):
    return {name for name, held in zip(model.codec.names(), row, strict=True) if held}


def test_a_text_is_left_to_a_person(browser, server, models, judged):
    with page_at(browser, server.url, faults=("Failed to load resource",)) as page:
        expect(page.locator("#care-without")).to_contain_text("lstm")
        asked(page)
        answer = page.locator("#answers .answer").first
        for place in (int(judged.unsure.argmax()), int(judged.unsure.argmin())):
            page.fill("#text", TEXTS[place])
            expect(answer.locator(".note")).to_contain_text(f"{100 * judged.certainty[place]:.1f} %")
            shown = "unsure" in answer.get_attribute("class")
            assert shown == judged.unsure[place] == ("a person should decide" in answer.locator(".note").inner_text())
            held = named(models["tfidf"], judged.sets[place])
            assert set(answer.locator(".set").inner_text().split(": ")[-1].split(" · ")) == held or not held
        expect(page.locator("#answers .answer").nth(1).locator(".note")).not_to_contain_text("Unsure")
        page.select_option("#care-by", "")
        page.uncheck("#care-sets")
        expect(answer.locator(".set")).to_have_text("")
        expect(answer.locator(".note")).to_have_text("")
        page.select_option("#care-by", "min_precision")
        page.fill("#care-share", "99")
        page.keyboard.press("Tab")
        expect(answer.locator(".alert")).to_contain_text("cannot be reached")


@pytest.mark.parametrize(("width", "scheme", "locale"), [(360, "dark", "ko-KR"), (1280, "light", "en-US")])
def test_a_file_is_filtered_by_its_notes(browser, server, models, judged, width, scheme, locale):
    how = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "locale": locale}
    with page_at(browser, server.url, accept_downloads=True, **how) as page:
        out = io.StringIO()
        csv.writer(out).writerows([["text"], *[[text] for text in TEXTS], [""]])
        asked(page)
        page.fill("#text", TEXTS[int(judged.unsure.argmax())])
        drop(page, out.getvalue().encode())
        unsure = judged.unsure[:-1]
        expect(page.locator("#rows tr")).to_have_count(61)
        withheld = [bool(row.locator(".withheld").count()) for row in page.locator("#rows tr").all()]
        assert withheld == judged.unsure.tolist()
        page.select_option("#noted", "unsure")
        expect(page.locator("#rows tr")).to_have_count(int(unsure.sum()))
        assert page.locator("#rows .label").first.inner_text().endswith("?")
        back = list(csv.DictReader(io.StringIO(downloaded(page)[1].decode("utf-8-sig"))))
        assert {(row["note"], row["label"]) for row in back} == {("unsure", "")}
        page.select_option("#noted", "none")
        expect(page.locator("#rows tr")).to_have_count(int((~unsure).sum()))
        page.select_option("#noted", "")
        page.wait_for_selector(".answer.unsure:not(.old)")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
