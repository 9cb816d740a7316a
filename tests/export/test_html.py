"""``--to html``: one file that answers as the model does, in Node (Chromium: test_page_in_chromium.py)."""

import base64
import csv
import io
import re
import shutil

import numpy as np
import pytest

from cli_runs import HEADLINES, model_folder, run_badly, run_well
from rungs_headlines import headlines, some
from sadari.errors import ModelError, SettingError
from sadari.export.node import Node, found_node
from sadari.export.page import html, writing
from sadari.export.page.html import export_html
from sadari.rungs import RUNGS

RUNGS_OF_PAGES = {
    "bow": {"buckets": 512, "ngram_range": (1, 2)},
    "ngram": {"norm": "l1"},
    "tfidf": {},
    "char": {},
    "word-char": {},
    "embedding-bag": {"subwords": (3, 4)},
}
needs_node = pytest.mark.skipif(found_node() is None, reason="there is no Node 18 or newer on this machine")


def page_functions(what, given):
    """What the functions of `view.mjs` give."""
    script = writing._source("view.mjs").encode()
    source = f"data:text/javascript;base64,{base64.b64encode(script).decode()}"
    body = (
        f"const {{ parseCsv, writtenCsv, decoded }} = await import(given.source); given = given.value; return {what};"
    )
    return found_node().run(body, {"source": source, "value": given})


def trained(name, lang="en", **settings):
    return RUNGS[name](**RUNGS_OF_PAGES.get(name, {}) | settings).fit(*some(400, lang))


@needs_node
@pytest.mark.parametrize("name", RUNGS_OF_PAGES)
def test_a_page_answers_as_the_model(name, tmp_path):
    model = trained(name)
    page = export_html(model, tmp_path / "page.html", texts=headlines("en", "test")[0].to_list()[:60], max_size=50)
    assert (page.bits, page.changed) == (32, 0)
    assert page.off < 1e-6
    assert page.proof.off < 1e-9
    assert page.proof.readers == ("Python", found_node().name)


@needs_node
def test_several_labels_have_their_thresholds(tmp_path):
    texts, labels = some(200)
    several = [(label, "long") if len(text) > 120 else (label,) for text, label in zip(texts, labels, strict=True)]
    model = RUNGS["tfidf"]().fit(texts, several)
    page = export_html(model, tmp_path / "page.html", texts=texts[:50])
    assert (page.changed, page.proof.readers[1]) == (0, found_node().name)


@pytest.mark.slow
@needs_node
@pytest.mark.parametrize("name", ["tfidf", "word-char", "embedding-bag"])
def test_a_page_that_must_be_small_is(name, tmp_path):
    model = trained(name, "ko")
    texts, labels = (column.to_list()[:150] for column in headlines("ko", "test"))
    whole = export_html(model, tmp_path / "page.html", texts=texts, labels=labels, max_size=50)
    size = 0.35 * (tmp_path / "page.html").stat().st_size
    page = export_html(model, tmp_path / "page.html", texts=texts, labels=labels, max_size=size / 1e6)
    assert (tmp_path / "page.html").stat().st_size <= size
    assert page.bits == 8
    assert page.proof.off < 1e-6  # Node answers as the rounded weights do
    assert page.accuracy[0] == whole.accuracy[0] == pytest.approx(model.score(texts, labels))
    assert page.accuracy[1] >= page.accuracy[0] - 0.05
    assert page.accuracy[1] == np.mean(model.classes_[page.answer(texts).argmax(axis=1)] == np.array(labels))


def test_fewer_features_stay_in_order(tmp_path):
    """Of all features none goes, and of all but a few the rest answers as it did."""
    from sadari.export.page.pruning import pruned
    from sadari.export.page.weights import PageWeights

    for name in ("word-char", "embedding-bag"):
        portable = trained(name).portable()
        weights = PageWeights(portable.reading, portable.form, 32, portable.known)
        whole = pruned(weights, weights.features)
        assert whole.features == weights.features
        assert all(np.array_equal(whole.reading.arrays[key], value) for key, value in weights.reading.arrays.items())
        assert whole.reading.words == weights.reading.words


def test_what_does_not_fit_or_has_no_page(tmp_path):
    (tmp_path / "page.html").write_text("mine", encoding="utf-8")
    with pytest.raises(SettingError, match=r"does not fit in 0\.03 MB"):
        export_html(trained("tfidf"), tmp_path / "page.html", max_size=0.03)
    with pytest.raises(SettingError, match="does not fit"):
        export_html(trained("bow"), tmp_path / "page.html", max_size=0.03)
    net = RUNGS["embedding"](epochs=1).fit(*some(60))
    with pytest.raises(SettingError):
        export_html(net, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "mine"


@needs_node
def test_a_page_that_answers_otherwise_is_refused(tmp_path, monkeypatch):
    model = trained("tfidf")
    source = writing._source
    monkeypatch.setattr(writing, "_source", lambda name: source(name).replace("Math.log(once)", "Math.log(once + 1)"))
    with pytest.raises(ModelError, match="Node"):
        export_html(model, tmp_path / "page.html")
    monkeypatch.setattr(writing, "_source", lambda name: source(name).replace("sure === null", "sure !== null"))
    with pytest.raises(ModelError, match=r"asked for min_precision=0\.5, Node \d+ decides otherwise"):
        export_html(model, tmp_path / "page.html", texts=["a text"])
    monkeypatch.setattr(writing, "_source", lambda name: "throw new Error('broken')")
    with pytest.raises(ModelError, match="broken"):
        export_html(model, tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_without_node_the_page_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(html, "found_node", lambda: None)
    assert export_html(trained("tfidf"), tmp_path / "page.html").proof.readers == ("Python",)


def test_a_page_asks_for_nothing_outside_itself(tmp_path):
    model = RUNGS["tfidf"]().fit([*some(100)[0], "x"], [*some(100)[1], "</script><img src=x onerror=alert(1)>"])
    export_html(model, tmp_path / "page.html", texts=["x"])
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert not re.search(r"<(?:link|img|iframe|object)\b|\bsrc=\"|@import|url\(", page)
    assert page.count("</script>") == 4


@needs_node
def test_csv_in_and_out():
    rows = [["a", "b"], ['say "hi", you', "two\nlines"], ["", "=1+1"], ["-5", "@x"]]
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(rows)
    read, written = page_functions("[parseCsv(given), writtenCsv(parseCsv(given))]", out.getvalue())
    assert read == rows
    assert list(csv.reader(io.StringIO(written.removeprefix("\ufeff")))) == [
        *rows[:2],
        ["", "'=1+1"],
        ["-5", "'@x"],
    ]
    korean = "글,레이블\r\n안녕하세요,a\r\n".encode("cp949")
    assert page_functions("decoded(Uint8Array.from(given))", list(korean)) == korean.decode("cp949")


@needs_node
def test_the_command_says_what_smaller_weights_change(tmp_path):
    options = ("export", model_folder("tfidf"), "--to", "html", "-o", tmp_path / "page.html")
    said = " ".join(run_well(*options).stdout.split())
    assert "all of them, as they are" in said
    assert "Node" in said
    test = HEADLINES / "en_test.csv"
    said = " ".join(run_well(*options, "--texts", test, "--label", "label", "--max-size", "0.1").stdout.split())
    assert re.search(r"8 bits, [\d,]+ of [\d,]+ features · \d+ of [\d,]+ texts get another label", said)
    assert re.search(r"care decides up to \d+ of them otherwise", said)
    assert re.search(r"accuracy 0\.\d+ → 0\.\d+", said)
    assert "does not fit" in run_badly(*options, "--max-size", "0.02")
    assert "--lines is not for --to html" in run_badly(*options, "--lines", test)
    assert "--max-size is not for --to onnx" in run_badly(
        "export", model_folder("tfidf"), "--to", "onnx", "-o", tmp_path / "o", "--max-size", "3"
    )


def test_an_old_node_is_none(monkeypatch):
    found_node.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert found_node() is None
    found_node.cache_clear()
    with pytest.raises(ModelError, match="cannot run it"):
        Node("/nowhere/node", "Node 20").run("return 1;", {})
