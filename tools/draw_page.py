"""Takes pictures of the pages: ``python tools/draw_page.py [page label]`` writes ``docs/pictures/page.webp``,
``label.webp`` and, of the Korean ones, ``page.ko.webp`` and ``label.ko.webp``.

It trains two quick models on the bundled headlines, serves them, and looks at the page with Chromium (Debian's, by
Playwright), as tests/serve/test_page.py does.
"""

from __future__ import annotations

import shutil
import sys
import time
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

import sadari  # noqa: E402
from label_served import client, label_page, labelling_of  # noqa: E402
from sadari.data.datasets import find  # noqa: E402
from sadari.serve.settings import ServeSettings  # noqa: E402
from serving import running  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1080, "height": 2120}
WHAT = {  # language → bundled data, a text, a file, the picture
    "en": ("headlines", "Shares of the club fell after a late goal cost it the cup final", "news.csv", "page.webp"),
    "ko": ("headlines_ko", "결승전 막판 골로 우승을 놓친 구단의 주가가 크게 떨어졌다", "기사.csv", "page.ko.webp"),
}
GUIDELINES = {
    "en": "Give the topic that the headline is mainly about.\nOf two, take the one that it names first.",
    "ko": "기사 제목이 주로 다루는 주제를 고릅니다.\n둘이면 먼저 나오는 것을 고릅니다.",
}
LABELLED, LABEL_SIZE = 160, {"width": 1080, "height": 900}


def main() -> int:
    """Draw all of them."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for kind in sys.argv[1:] or list(KINDS):
            for language in WHAT:
                KINDS[kind](browser, language)
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
            page.select_option("#care-by", "min_precision")
            page.fill("#care-share", "80")
            page.check("#care-sets")
            page.fill("#text", text)
            page.wait_for_selector("#words-1 [role=option]")
            page.set_input_files("#file", {"name": file, "mimeType": "text/csv", "buffer": data.test.read_bytes()})
            page.wait_for_selector("#result:not([hidden])")
            page.locator("#words-0 [role=option]").nth(-1).hover()
            shot = page.screenshot()
            page.close()
    keep(shot, picture)


def draw_label(browser: Browser, language: str) -> None:
    """Label some hundred texts, and look.

    Args:
        browser: that looks.
        language: of the page and of the texts.
    """
    corpus = sadari.open_source(find(WHAT[language][0]).train).read()
    truth = {text.strip(): label for text, label in corpus}
    with TemporaryDirectory() as place:
        file = Path(place) / "texts.csv"
        corpus.texts.alias("text").to_frame().write_csv(file)
        labels = dict.fromkeys(corpus.label_names, "")
        labelling = labelling_of(file, Path(place) / "labels.csv", labels, "kim", guidelines=GUIDELINES[language])
        with label_page(labelling) as url, client(url) as asking:
            for number in range(LABELLED):
                key = asking.get("/label").json()["question"]["key"]
                asking.post("/label/answer", json={"key": key, "did": "label", "label": truth[key]})
                time.sleep(1.0 if number % 20 == 0 else 0.0)  # as a person leaves it, who reads
            page = browser.new_page(viewport=LABEL_SIZE, locale=language, color_scheme="light")
            page.goto(url)
            page.wait_for_function("() => /1[0-9]{2}/.test(document.querySelector('#accuracy').textContent)")
            shot = page.screenshot()
            page.close()
    keep(shot, WHAT[language][3].replace("page", "label"))


def keep(shot: bytes, picture: str) -> None:
    """Write a picture."""
    Image.open(BytesIO(shot)).convert("RGB").save(PICTURES / picture, quality=78, method=6)
    print(f"{picture}: {(PICTURES / picture).stat().st_size / 1000:.0f} kB")


KINDS = {"page": draw, "label": draw_label}


if __name__ == "__main__":
    sys.exit(main())
