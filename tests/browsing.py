"""A page in a real browser: Debian's Chromium, driven by Playwright; what axe finds in it; a file that is dropped."""

import base64
import shutil
from contextlib import contextmanager

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="there is no Playwright on this machine")
axe_api = pytest.importorskip("axe_playwright_python.sync_playwright", reason="there is no axe on this machine")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
expect = sync_api.expect
expect.set_options(timeout=20_000)  # as page_at: a machine with other work answers late


@contextmanager
def chromium():
    """The browser, until the block ends."""
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@contextmanager
def page_at(browser, url, ready=True, faults=(), **more):
    """The page; a fault that the browser finds in it ends the test, but for those that are to be."""
    context = browser.new_context(**{"locale": "en-US", "viewport": {"width": 1280, "height": 900}} | more)
    page = context.new_page()
    page.set_default_timeout(20_000)
    found = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    page.goto(url)
    if ready:
        page.wait_for_selector("body[data-ready]")
    yield page
    context.close()
    assert [each for each in found if not any(fault in each for fault in faults)] == []


def violations(page):
    """What axe finds: rules, and the elements that break them."""
    found = axe_api.Axe().run(page)
    return [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found.response["violations"]]


def drop(page, content, name="news.csv"):
    """As a person does who drags a file onto the page."""
    held = page.evaluate_handle(
        """([content, name]) => {
            const given = new DataTransfer();
            given.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name));
            return given;
        }""",
        [base64.b64encode(content).decode(), name],
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": held})


def downloaded(page):
    """Name and content of what the page's button saves."""
    with page.expect_download() as found:
        page.click("#save")
    return found.value.suggested_filename, found.value.path().read_bytes()
