"""The page in a real browser: Debian's Chromium, driven by Playwright."""

import csv
import io
import shutil

import polars as pl
import pytest

import sadari
from browsing import chromium, downloaded, drop, expect, needs_chromium, page_at, violations
from sadari.data.datasets import find
from sadari.serve.settings import Limits, ServeSettings
from serving import process, running

pytestmark = needs_chromium
TEXT = "A late goal won the cup for the team"


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def opened(browser, server, **more):
    return page_at(browser, server.url, **more)


def typed(page, text=TEXT):
    page.fill("#text", text)
    page.wait_for_selector("#answers .answer:not(.old)")
    page.wait_for_selector("#words-0 [role=option]")


def bars(page, place=0):
    """Labels and percentages as they are drawn, of one model."""
    rows = page.locator("#answers .answer").nth(place).locator(".bar").all()
    return [
        (row.locator(".name").inner_text(), float(row.locator("b").inner_text().removesuffix(" %"))) for row in rows
    ]


def test_bars_and_words_of_a_text(browser, server, models):
    with opened(browser, server) as page:
        typed(page)
        for place, name in enumerate(("tfidf", "lstm")):
            [expected] = models[name].predict_proba([TEXT])
            order = expected.argsort()[::-1]
            expect(page.locator("#answers .answer").nth(place).locator("b").first).to_have_text(
                f"{100 * expected.max():.1f} %"
            )
            assert bars(page, place) == [
                (models[name].classes_[k], pytest.approx(100 * expected[k], abs=0.051)) for k in order
            ]
        best = page.locator("#answers .answer").first.locator(".bar").first
        assert best.get_attribute("aria-pressed") == "true"
        strongest = dict(models["tfidf"].explain(TEXT).strongest(best.locator(".name").inner_text(), 30))
        assert page.locator("#words-0").inner_text() == TEXT
        goal = page.locator("#words-0 [role=option]", has_text="goal")
        assert goal.get_attribute("class") == ("for" if strongest["goal"] > 0 else "against")
        goal.hover()
        assert "goal" in page.locator(".figures").first.inner_text()
        page.uncheck("#names input >> nth=1")
        assert page.locator("#answers .answer").count() == 1


ROWS = [[each["text"], each["title"]] for each in csv.DictReader(find("headlines").test.open(encoding="utf-8"))][:60]


def as_csv(rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def test_a_file_is_labelled_filtered_and_saved(browser, server, models):
    rows = [["text", "note"], *ROWS, ["", "=1+1"]]
    labels = models["tfidf"].predict([row[0] for row in rows[1:]])
    with opened(browser, server, accept_downloads=True) as page:
        drop(page, as_csv(rows))
        expect(page.locator("#found")).to_have_text("61 of 61 rows")
        assert page.locator("#rows tr").first.locator("td").first.inner_text() == labels[0]
        name, saved = downloaded(page)
        assert name == "news.labelled.csv"
        assert saved.startswith(b"\xef\xbb\xbf")
        back = list(csv.DictReader(io.StringIO(saved.decode("utf-8-sig"))))
        assert [row["label"] for row in back] == list(labels)
        assert back[-1]["note"] == "'=1+1"
        page.select_option("#filter", label="Sports")
        page.fill("#least", "50")
        kept = [row for row in back if row["label"] == "Sports" and float(row["probability"]) >= 0.5]
        assert 0 < len(kept) < 61
        expect(page.locator("#found")).to_have_text(f"{len(kept)} of 61 rows")
        again = list(csv.DictReader(io.StringIO(downloaded(page)[1].decode("utf-8-sig"))))
        assert again == kept
        page.select_option("#by", "lstm")
        page.wait_for_selector("#result:not([hidden])")
        page.select_option("#filter", label="all")
        page.fill("#least", "0")
        expect(page.locator("#found")).to_have_text("61 of 61 rows")
        back = list(csv.DictReader(io.StringIO(downloaded(page)[1].decode("utf-8-sig"))))
        assert [row["label"] for row in back] == list(models["lstm"].predict([row[0] for row in rows[1:]]))


def test_korean_the_dark_and_what_is_kept(browser, server):
    with opened(browser, server, locale="ko-KR", color_scheme="dark") as page:
        assert page.locator("html").get_attribute("lang") == "ko"
        assert "레이블" in page.locator("h1").inner_text()
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        typed(page)
        page.select_option("#theme", "light")
        page.select_option("#language", "en")
        assert page.locator("h1").inner_text() == "Which label does a text have?"
        assert page.input_value("#text") == TEXT
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
        page.reload()
        page.wait_for_selector("body[data-ready]")
        assert page.locator("h1").inner_text() == "Which label does a text have?"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


@pytest.mark.parametrize(("width", "scheme", "locale"), [(360, "light", "ko-KR"), (1280, "dark", "en-US")])
def test_nobody_is_shut_out(browser, server, width, scheme, locale):
    """No fault that axe finds, and nothing that has to be scrolled sideways."""
    how = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "locale": locale}
    with opened(browser, server, **how) as page:
        typed(page)
        drop(page, as_csv([["text", "title"], *ROWS]))
        page.wait_for_selector("#result:not([hidden])")
        page.locator("summary").first.click()
        page.wait_for_selector(".text table")
        page.focus("#words-0")
        page.keyboard.press("End")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_by_keyboard_alone(browser, server):
    with opened(browser, server) as page:
        at = "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
        reached = []
        for _ in range(3):
            page.keyboard.press("Tab")
            reached.append(page.evaluate(at))
        assert reached == ["language", "theme", "text"]
        page.keyboard.type(TEXT)
        page.wait_for_selector("#words-0 [role=option]")
        for _ in range(4):  # two models, and two bars
            page.keyboard.press("Tab")
        second = page.locator(".bar").nth(1).locator(".name").inner_text()
        assert second in page.evaluate("document.activeElement.innerText")
        page.keyboard.press("Enter")
        pressed = page.locator(".bar[aria-pressed=true]").first
        assert pressed.locator(".name").inner_text() == second
        assert pressed.evaluate("each => each === document.activeElement")
        while page.evaluate(at) == "bar":
            page.keyboard.press("Tab")
        assert page.evaluate(at) == "words-0"
        page.keyboard.press("ArrowRight")
        active = page.locator("#words-0").get_attribute("aria-activedescendant")
        assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
        assert page.locator(f"#{active}").inner_text() == "late"
        assert page.locator(".figures").first.inner_text().startswith("late")


def test_what_is_wrong_is_said(browser, folders, tmp_path):
    """A wrong token, a text and a file that are too large, a file that is none, and a server that goes away."""
    limits = Limits(body=3_000, file=5_000)
    settings = ServeSettings((("tfidf", folders["tfidf"]),), port=0, token="right", limits=limits)
    seen = ("Failed to load resource",)
    with running(settings) as server, opened(browser, server, ready=False, faults=seen) as page:
        page.wait_for_selector("#token-part:not([hidden])")
        assert violations(page) == []
        assert not page.is_visible("#text")
        page.fill("#token", "wrong")
        page.keyboard.press("Enter")
        expect(page.locator("#alert")).to_contain_text("the token is wrong")
        page.fill("#token", "right")
        page.keyboard.press("Enter")
        typed(page)
        assert page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])") == '[{},{},""]'
        page.fill("#text", "a" * 4_000)
        expect(page.locator("#answers .alert")).to_contain_text("3,000 bytes")
        typed(page)
        expect(page.locator("#answers .alert")).to_have_text("")
        drop(page, as_csv([["text"], *[["goal"]] * 1_000]))
        expect(page.locator("#file-alert")).to_contain_text("this server takes")
        drop(page, b"text\nx\n", "x.parquet")
        expect(page.locator("#found")).to_have_text("1 of 1 rows")
        drop(page, b"PAR1 is no table", "x.parquet")
        expect(page.locator("#file-alert")).not_to_have_text("")
        drop(page, b"text,b\nx,y\nz,w,v,u\n", "torn.csv")
        expect(page.locator("#file-alert")).not_to_have_text("")
        page.check("#skip")
        expect(page.locator("#found")).to_have_text("1 of 1 rows")
        assert violations(page) == []
        server.server.should_exit = True
        page.wait_for_timeout(1_000)
        page.fill("#text", "somebody there?")
        expect(page.locator("#answers .alert")).to_contain_text("does not answer")


def test_card_and_report(browser, folders, tmp_path):
    """A report beside a model of a climb is shown, and runs nothing."""
    place = tmp_path / "run" / "tfidf"
    shutil.copytree(folders["tfidf"], place)
    (place.parent / "climb.json").write_text("{}", encoding="utf-8")
    report = "<title>of a climb</title><h1>Report</h1><script>document.title = 'ran'</script>"
    (place.parent / "report.html").write_text(report, encoding="utf-8")
    models = (("a b", str(place)), ("lstm", folders["lstm"]))
    with running(ServeSettings(models, port=0)) as server, opened(browser, server) as page:
        page.locator("summary").first.click()
        expect(page.locator(".text").first).to_contain_text("Sorts texts into")
        expect(page.locator(".card a")).to_have_count(1)
        with page.context.expect_page() as shown:
            page.click(".card a")
        shown.value.wait_for_load_state()
        assert shown.value.title() == "of a climb"
        shown.value.close()
        assert server.client.get("/models/lstm/report").status_code == 404
        assert server.client.get("/models/none/card").status_code == 404
        (place / "README.md").unlink()
        assert server.client.get("/models/a%20b/card").status_code == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_for_programs(browser, server, scheme):
    with opened(browser, server, color_scheme=scheme, viewport={"width": 360, "height": 800}) as page:
        page.click("footer a")
        page.wait_for_url("**/docs")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.click("text=The page for people")
        page.wait_for_selector("body[data-ready]")


def test_tables_of_other_kinds(browser, server):
    """Parquet and JSONL come back as a table, too; a column is chosen by its name."""
    frame = pl.DataFrame({"n": [1, 2], "title": ["A late goal", "Shares fell"], "text": ["x", "y"]})
    parquet, lines = io.BytesIO(), io.BytesIO()
    frame.write_parquet(parquet)
    frame.write_ndjson(lines)
    with opened(browser, server) as page:
        for name, content in (("some.parquet", parquet), ("some.jsonl", lines)):
            page.set_input_files("#file", {"name": name, "mimeType": "", "buffer": content.getvalue()})
            expect(page.locator("#found")).to_have_text("2 of 2 rows")
            assert page.locator("#head th").all_inner_texts()[-3:] == ["n", "title", "text"]
        page.select_option("#column", "title")
        expect(page.locator("#head th").nth(2)).to_have_text("title")
        expect(page.locator("#rows tr").first.locator("td").nth(2)).to_have_text("A late goal")


def test_the_report_where_a_token_is_asked_for(browser, folders, tmp_path):
    """No link shows a token: the report is saved, and it is said when it is gone."""
    place = tmp_path / "run" / "tfidf"
    shutil.copytree(folders["tfidf"], place)
    (place.parent / "climb.json").write_text("{}", encoding="utf-8")
    (place.parent / "report.html").write_text("<h1>Report</h1>", encoding="utf-8")
    settings = ServeSettings((("m", str(place)),), port=0, token="right")
    seen = {"ready": False, "faults": ("Failed to load resource",), "accept_downloads": True}
    with running(settings) as server, opened(browser, server, **seen) as page:
        page.fill("#token", "right")
        page.keyboard.press("Enter")
        with page.expect_download() as saved:
            page.click(".card a")
        assert saved.value.suggested_filename == "m.report.html"
        assert saved.value.path().read_text("utf-8") == "<h1>Report</h1>"
        (place.parent / "report.html").unlink()
        page.click(".card a")
        expect(page.locator("#alert")).to_contain_text("/models/m/report")


def test_several_labels(browser, folders, tmp_path):
    """Each label that a text has is ticked; a file's rows have all of theirs, or none."""
    frame = pl.read_csv(find("headlines").train)
    texts = frame["text"].to_list()
    labels = [(label, "long") if len(text) > 130 else (label,) for text, label in frame.select("text", "label").rows()]
    model = sadari.TfIdf().fit(texts, labels)
    model.save(tmp_path / "m")
    rows = [*texts[:40], ""]
    answers = [", ".join(answer) for answer in model.predict(rows)]
    with running(ServeSettings((("m", str(tmp_path / "m")),), port=0)) as server, opened(browser, server) as page:
        typed(page, texts[0])
        ticked = [row.locator(".name").inner_text() for row in page.locator(".bar").all() if "✓" in row.inner_text()]
        assert set(ticked) == set(model.predict([texts[0]])[0])
        expect(page.locator(".note").first).to_contain_text("several")
        drop(page, as_csv([["text"], *[[row] for row in rows]]))
        expect(page.locator("#found")).to_have_text("41 of 41 rows")
        shown = [set(cell.split(", ")) for cell in page.locator("#rows td.label").all_inner_texts()]
        assert shown == [set(answer.split(", ")) for answer in answers]
        page.select_option("#filter", label="long")
        long = sum("long" in answer for answer in answers)
        expect(page.locator("#found")).to_have_text(f"{long} of 41 rows")
        page.select_option("#filter", label="none")
        expect(page.locator("#found")).to_have_text(f"{answers.count('')} of 41 rows")
        assert violations(page) == []


ASK = """async ([url, token]) => {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const asked = { method: "POST", headers, body: JSON.stringify({ inputs: "A late goal" }) };
    try {
        const answer = await fetch(`${url}/predict`, asked);
        return [answer.status, (await answer.json()).error ?? null, answer.headers.get("x-sadari-notes")];
    } catch (error) {
        return String(error);
    }
}"""


def test_pages_of_a_site_that_is_named_read_the_answers(browser, server, folders, tmp_path):
    """Token from a file, and pages from elsewhere: two of our own servers are the sites."""
    (tmp_path / "token").write_text("from a file\n", encoding="utf-8")
    named = server.url
    with process(folders["tfidf"], "--token-file", tmp_path / "token", "--cors", named) as (_, url):
        with opened(browser, server, bypass_csp=True, faults=("Failed to load resource",)) as page:
            assert page.evaluate(ASK, [url, "from a file"]) == [200, None, None]
            assert page.evaluate(ASK, [url, ""])[:2] == [401, "there is no token"]
            assert page.evaluate(ASK, [url, "another"])[:2] == [401, "the token is wrong"]
        strange = named.replace("127.0.0.1", "localhost")
        with page_at(browser, strange, bypass_csp=True, faults=("Failed to load resource", "CORS")) as page:
            assert "Failed to fetch" in page.evaluate(ASK, [url, "from a file"])
