"""The page of labelling in a real browser, and what its server does with what no page sends."""

import csv
import io

import pytest
from click.testing import CliRunner

from browsing import chromium, expect, needs_chromium, page_at, violations
from label_served import client, label_page, labelling_of, texts_file
from sadari.cli import app
from sadari.trust.answers.journal import folder_of, journals_in

LABELS = {"Sports": "matches and players", "World": ""}
TEXTS = [f"the team won match {number}" if number % 2 else f"the president met {number}" for number in range(60)]


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def place(tmp_path):
    return texts_file(tmp_path / "texts.csv", [*TEXTS, TEXTS[0], "  ", f" {TEXTS[1]} "]), tmp_path / "labels.csv"


def rows_of(output):
    return list(csv.DictReader(io.StringIO(output.read_text(encoding="utf-8"))))


def truth_of(text):
    return "Sports" if "team" in text else "World"


def shown(page):
    return page.evaluate("document.querySelector('#text').textContent")


def press(page, key):
    """A key, and the answer to it."""
    with page.expect_response("**/label/**"):
        page.keyboard.press(key)
    page.wait_for_function("() => !document.querySelector('#alert').textContent")


def press_label(page, key=None):
    """A label, and the next text: until it is there, keys are not taken."""
    text = shown(page)
    press(page, key or ("1" if truth_of(text) == "Sports" else "2"))
    page.wait_for_function("(text) => document.querySelector('#text').textContent !== text", arg=text)
    return text


@needs_chromium
def test_one_keystroke_a_label_by_keyboard_alone(browser, place):
    file, output = place
    labelling = labelling_of(file, output, LABELS, guidelines="Take the main topic.")
    with label_page(labelling) as url, page_at(browser, url) as page:
        texts = [press_label(page) for _ in range(3)]
        assert [answer.text for answer in journals_in(folder_of(output))["me"]] == texts
        third = texts.pop()
        press(page, "u")
        expect(page.locator("#text")).to_have_text(third)
        press(page, "n")
        skipped = shown(page)
        press(page, "s")
        assert shown(page) not in (third, skipped, *texts)
        page.keyboard.press("l")
        page.keyboard.type("Sci n u s")  # letters in a field are no keys
        page.keyboard.press("Enter")
        expect(page.locator("#labels button")).to_have_count(3)
        text = shown(page)
        press(page, "3")
        expect(page.locator("#tally")).to_have_text("3 labelled, 1 not in the list, 1 skipped, of 60 texts")
        assert page.locator("#guide").inner_text() == "Take the main topic."
    assert [(row["text"], row["label"]) for row in rows_of(output)] == [
        *((each, truth_of(each)) for each in texts),
        (text, "Sci n u s"),
    ]


@needs_chromium
def test_all_texts_are_asked_once_and_the_page_says_what_they_are_worth(browser, place):
    file, output = place
    with label_page(labelling_of(file, output, LABELS)) as url, page_at(browser, url, locale="ko-KR") as page:
        assert page.locator("h1").inner_text() == "어느 레이블인가요?"
        texts = [press_label(page) for _ in range(60)]
        assert sorted(texts) == sorted(TEXTS)
        expect(page.locator("#text")).to_have_text("모든 글에 답했습니다.")
        page.select_option("#language", "en")
        expect(page.locator("#changed")).to_contain_text("answers", timeout=60_000)
    assert {row["text"]: row["label"] for row in rows_of(output)} == {text: truth_of(text) for text in TEXTS}
    assert all(TEXTS[int(row["row"]) - 1] == row["text"] for row in rows_of(output))
    said = CliRunner().invoke(app, ["data", "audit", str(output)])
    assert said.exit_code == 0, said.output


@needs_chromium
@pytest.mark.parametrize(("width", "scheme", "locale"), [(360, "light", "ko-KR"), (1280, "dark", "en-US")])
def test_nobody_is_shut_out(browser, place, width, scheme, locale):
    """No fault that axe finds, and nothing that has to be scrolled sideways: asking, adding a label, deciding."""
    file, output = place
    how = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "locale": locale}
    for name in ("kim", "lee"):
        labelling = labelling_of(file, output, {**LABELS, "긴 이름 " * 12: "뜻 " * 40}, name, guidelines="길잡이 " * 50)
        with label_page(labelling) as url, page_at(browser, url, **how) as page:
            for _ in range(9):
                press_label(page, "1" if name == "kim" else "2")
            assert violations(page) == []
            page.keyboard.press("l")
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            if name == "lee":
                page.keyboard.press("Escape")
                page.click("#resolve")
                expect(page.locator("#said li")).to_have_count(2)
                assert violations(page) == []
                assert page.evaluate("document.documentElement.scrollWidth") <= width


def state(asking):
    return asking.get("/label").json()


def test_two_people_and_what_they_decide(place):
    file, output = place
    with label_page(labelling_of(file, output, LABELS, "kim")) as url, client(url) as asking:
        for _ in range(12):
            question = state(asking)["question"]
            asking.post("/label/answer", json={"key": question["key"], "did": "label", "label": "Sports"})
    with label_page(labelling_of(file, output, LABELS, "lee")) as url, client(url) as asking:
        shared = 0
        for _ in range(30):
            question = state(asking)["question"]
            shared += question["drawn"] == "shared"
            given = truth_of(question["text"])
            asking.post("/label/answer", json={"key": question["key"], "did": "label", "label": given})
        found = state(asking)
        assert shared == 10
        [agreement] = found["agreement"]
        assert agreement["name"] == "kim"
        assert agreement["texts"] == 10
        assert found["disagreements"] == 10 - round(10 * agreement["share"]) > 0
        before = len(asking.get("/label/table").text.splitlines())
        for left in range(found["disagreements"], 0, -1):
            now = asking.post("/label/disagreements", json={"wanted": True}).json()
            assert now["disagreements"] == left
            assert set(now["question"]["said"].values()) == {"Sports", "World"}
            asking.post("/label/answer", json={"key": now["question"]["key"], "did": "label", "label": "World"})
        assert state(asking)["question"]["drawn"] != "listed"
        assert len(asking.get("/label/table").text.splitlines()) == before + found["disagreements"]
    rows = rows_of(output)
    assert {row["by"] for row in rows} == {"kim", "lee", "kim lee"}
    assert all(row["label"] == "World" for row in rows if row["by"] == "kim lee" and "president" in row["text"])


def test_what_no_page_of_ours_sends(place):
    file, output = place
    with label_page(labelling_of(file, output, LABELS)) as url, client(url) as asking:
        key = state(asking)["question"]["key"]
        given = {"key": key, "did": "label", "label": "Sports"}
        foreign = {"content-type": "text/plain"}
        assert asking.post("/label/answer", json=given, headers=foreign).status_code == 415
        assert asking.post("/label/undo", json={}, headers={"origin": "https://example.org"}).status_code == 403
        assert asking.get("/label", headers={"host": "example.org"}).status_code == 421
        for wrong in (
            [],
            {},
            {"key": key},
            {"key": key, "did": "fly"},
            {"key": key, "did": "label"},
            {**given, "key": 1},
        ):
            assert asking.post("/label/answer", json=wrong).status_code == 422
        assert asking.post("/label/answer", json={**given, "label": "none of these"}).status_code == 422
        assert asking.post("/label/labels", json={"name": " "}).status_code == 422
        assert asking.post("/label/labels", json={"name": "two\nlines"}).status_code == 422
        assert state(asking)["answered"] == {"label": 0, "none": 0, "skip": 0}
        asking.post("/label/answer", json=given)
        asking.post("/label/answer", json=given)  # once more, as a page that heard no answer does
        assert state(asking)["answered"]["label"] == 1
    assert len(rows_of(output)) == 1


def test_a_token_where_others_reach_it(place):
    file, output = place
    with label_page(labelling_of(file, output, LABELS), token="secret") as url, client(url) as asking:
        assert asking.get("/").status_code == 200
        assert asking.get("/label").status_code == 401
        assert asking.get("/label/table").status_code == 401
        assert asking.get("/label", headers={"authorization": "Bearer secret"}).status_code == 200


def test_a_file_that_changed(place, tmp_path):
    file, output = place
    with label_page(labelling_of(file, output, LABELS)) as url, client(url) as asking:
        for _ in range(6):
            key = state(asking)["question"]["key"]
            asking.post("/label/answer", json={"key": key, "did": "label", "label": "Sports"})
    before = rows_of(output)
    gone, *kept = [row["text"] for row in before]
    texts_file(file, ["new text", *reversed([text for text in TEXTS if text != gone])])
    labelling = labelling_of(file, output, LABELS)
    [note] = labelling.candidates.notes()
    assert gone in str(note)
    labelling.close()
    after = {row["text"]: row for row in rows_of(output)}
    assert list(after) == [gone, *kept]
    assert after[gone]["row"] == ""
    with label_page(labelling_of(file, output, LABELS)) as url, client(url) as asking:
        assert state(asking)["answered"]["label"] == 6
        for _ in range(55):
            question = state(asking)["question"]
            assert question["text"] not in after
            asking.post("/label/answer", json={"key": question["key"], "did": "label", "label": "World"})
        assert state(asking)["question"] is None
