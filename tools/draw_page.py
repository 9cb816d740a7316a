"""Takes pictures of the page: ``python tools/draw_page.py`` writes ``docs/pictures/page.webp``, ``page.ko.webp``.

It trains two quick models on the bundled headlines, serves them, and looks at the page with Chromium (Debian's, by
Playwright), as tests/serve/test_page.py does.
"""

from __future__ import annotations

import shutil
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

import sadari  # noqa: E402
from sadari.data.datasets import find  # noqa: E402
from sadari.serve.settings import ServeSettings  # noqa: E402
from serving import running  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1080, "height": 1560}
WHAT = {  # language → bundled data, a text, a file, the picture
    "en": ("headlines", "Shares of the club fell after a late goal cost it the cup final", "news.csv", "page.webp"),
    "ko": ("headlines_ko", "결승전 막판 골로 우승을 놓친 구단의 주가가 크게 떨어졌다", "기사.csv", "page.ko.webp"),
}


def main() -> int:
    """Draw all of them."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for language in WHAT:
            draw(browser, language)
        browser.close()
    return 0


def draw(browser: Browser, language: str) -> None:
    """Train, serve, look.

    Args:
        browser: that looks.
        language: of the page and of the texts.
    """
    name, text, file, picture = WHAT[language]
    data = find(name)
    corpus = sadari.open_source(data.train).read()
    with TemporaryDirectory() as place:
        for rung in (sadari.TfIdf(), sadari.EmbeddingBag(epochs=20)):
            rung.fit(corpus.texts, corpus.labels).save(Path(place) / rung.name)
        folders = tuple((folder.name, str(folder)) for folder in sorted(Path(place).iterdir(), reverse=True))
        with running(ServeSettings(folders, port=0)) as server:
            page = browser.new_page(viewport=SIZE, locale=language, color_scheme="light")
            page.goto(server.url)
            page.fill("#text", text)
            page.wait_for_selector("#words-1 [role=option]")
            page.set_input_files("#file", {"name": file, "mimeType": "text/csv", "buffer": data.test.read_bytes()})
            page.wait_for_selector("#result:not([hidden])")
            page.locator("#words-0 [role=option]").nth(-1).hover()
            shot = page.screenshot()
            page.close()
    Image.open(BytesIO(shot)).convert("RGB").save(PICTURES / picture, quality=78, method=6)
    print(f"{picture}: {(PICTURES / picture).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
