"""Drift in ``/metrics``: the labels of the last answers against those that the model gave its calibration rows."""

import re
import signal

import httpx
import numpy as np
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from scipy.stats import chi2_contingency

from sadari.data.datasets import find
from sadari.data.read import open_source
from sadari.serve.settings import ServeSettings
from sadari.serve.window import FEWEST_ANSWERS, MOST_ANSWERS, Window
from serving import process, running


def gauge(text, name, model="tfidf"):
    found = re.findall(rf'^{name}{{(?:label="([^"]*)",)?model="{model}"}} (\S+)$', text, re.MULTILINE)
    return {label: float(value) for label, value in found}


@pytest.fixture(scope="module")
def texts():
    return open_source(find("headlines").test).read().texts.to_list()


def wanted(model, labels):
    names = model.codec.names()
    before = np.bincount(model.calibration_.given, minlength=len(names))
    now = np.array([list(labels).count(name) for name in names])
    shares = np.abs(before / before.sum() - now / now.sum())
    return shares.max(), chi2_contingency(np.stack([before, now])[:, (before + now) > 0], correction=False).pvalue


def test_labels_that_shift_are_seen(folders, models, texts):
    model = models["tfidf"]
    with running(ServeSettings((("tfidf", folders["tfidf"]),), port=0)) as server:

        def ask(some):
            for first in range(0, len(some), 50):
                server.client.post("/predict", json={"inputs": [[text] for text in some[first : first + 50]]})
            return server.client.get("/metrics").text

        assert gauge(ask(texts[: FEWEST_ANSWERS - 1]), "sadari_label_shift") == {}
        same = [*texts[: FEWEST_ANSWERS - 1], *texts[:300]]
        said = ask(texts[:300])
        shift, p = wanted(model, model.predict(same))
        assert gauge(said, "sadari_label_shift")[""] == pytest.approx(shift)
        assert gauge(said, "sadari_label_shift_p")[""] == pytest.approx(p)
        sports = [text for text, label in zip(texts, model.predict(texts), strict=True) if label == "Sports"]
        said = ask((sports * MOST_ANSWERS)[:MOST_ANSWERS])
        assert gauge(said, "sadari_window_answers")["Sports"] == MOST_ANSWERS
        assert sum(gauge(said, "sadari_window_answers").values()) == MOST_ANSWERS
        assert gauge(said, "sadari_label_shift")[""] > 0.5
        assert gauge(said, "sadari_label_shift_p")[""] < 1e-12


@pytest.mark.slow
def test_processes_share_a_window(folders, models, texts):
    """Whichever process is asked, it adds up what all of them answered."""
    with process(folders["tfidf"], "--workers", 2) as (started, url):
        body = {"inputs": [[text] for text in texts[:20]]}
        for _ in range(12):
            assert httpx.post(f"{url}/predict", json=body).status_code == 200
        said = httpx.get(f"{url}/metrics").text
        started.send_signal(signal.SIGTERM)
        assert started.wait(20) == 0
    [name] = set(re.findall(r'sadari_window_answers{label="[^"]*",model="([^"]*)"}', said))
    assert sum(gauge(said, "sadari_window_answers", name).values()) == 240
    shift, p = wanted(models["tfidf"], list(models["tfidf"].predict(texts[:20])) * 12)
    assert gauge(said, "sadari_label_shift", name)[""] == pytest.approx(shift)
    assert gauge(said, "sadari_label_shift_p", name)[""] == pytest.approx(p, rel=1e-6)


def test_another_model_begins_a_new_window():
    registry = CollectorRegistry()
    window = Window(registry, processes=4)
    window.add("m", ["a", "b"] * MOST_ANSWERS)
    counted = gauge(generate_latest(registry).decode(), "sadari_window_answers", "m")
    assert counted == {"a": MOST_ANSWERS / 8, "b": MOST_ANSWERS / 8}
    window.forget("m")
    window.add("m", ["c"])
    assert gauge(generate_latest(registry).decode(), "sadari_window_answers", "m") == {"a": 0, "b": 0, "c": 1}
