"""What each token adds becomes what each word of the page adds: nothing is lost on the way, whatever the signs."""

import pytest

from sadari.export.node import found_node
from sadari.serve.page.files import STATIC

PARTS = """
const { partsOf } = await import(given.source);
return given.asked.map(([text, tokens]) => partsOf(text, tokens, 2));
"""
SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~…“”–·₩°"
TEXTS = [
    "MANILA - A chartered vessel (320 medics) docked; $1.14 a share, 8% up / down?",
    *(f"oil {sign} rose {sign}{sign} again" for sign in SIGNS),
    "새 위성이 - 발사됐다! 北京 (베이징)",
]


@pytest.mark.skipif(found_node() is None, reason="there is no Node 18 or newer on this machine")
def test_words_add_what_tokens_add(models):
    asked, totals = [], []
    for text in TEXTS:
        found = models["tfidf"].explain(text)
        rows = found.contributions[:, :2].tolist()
        asked.append([text, [{"token": t, "contributions": row} for t, row in zip(found.features, rows, strict=True)]])
        totals.append(found.contributions[:, :2].sum(axis=0))
    answers = found_node().run(PARTS, {"source": (STATIC / "parts.mjs").as_uri(), "asked": asked})
    assert any(total.any() for total in totals)
    for text, parts, total in zip(TEXTS, answers, totals, strict=True):
        assert "".join(part["word"] for part in parts) == text
        added = [part["adds"] for part in parts if part["adds"]]
        assert [sum(column) for column in zip(*added, strict=True)] == pytest.approx(total.tolist() if added else [])
