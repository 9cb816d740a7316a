"""``--to onnx`` of nets: the graphs give what torch gives, whatever the layers and however long the texts are."""

import numpy as np
import pytest

from rungs_headlines import headlines, some
from sadari.errors import SettingError
from sadari.export.onnx import export_onnx
from sadari.export.page.html import export_html
from sadari.export.readers.sadari_reader import Classifier
from sadari.rungs import RUNGS
from sadari.vectors.keyed import WordVectors

SMALL = {"epochs": 1, "embed_dim": 16}
NETS = [
    ("embedding", {"pooling": None}),
    ("rnn", {"hidden": 8, "pooling": "last"}),
    ("gru", {"hidden": 8, "layers": 2, "pooling": "mean"}),
    ("lstm", {"hidden": 8, "pooling": "max"}),
    ("bilstm", {"hidden": 8, "layers": 2, "pooling": "max"}),
    ("bilstm", {"hidden": 8, "pooling": "last"}),
    ("transformer", {"heads": 2, "layers": 2, "pooling": "class"}),
    ("transformer", {"heads": 4, "positions": "learned", "pooling": "max"}),
    ("transformer", {"heads": 2, "pooling": "mean", "max_length": 8}),
]


@pytest.mark.parametrize(("name", "settings"), NETS, ids=[f"{name} {more['pooling']}" for name, more in NETS])
def test_a_net_answers_as_in_torch(name, settings, tmp_path):
    model = RUNGS[name](**SMALL | {key: value for key, value in settings.items() if value}).fit(*some(80, "ko"))
    texts = [*headlines("ko", "test")[0].to_list()[:20], "한 단어", "영화 " * 700]
    proof = export_onnx(model, tmp_path / "out", texts=texts)
    assert proof.off < 1e-6
    logits, probabilities = Classifier(tmp_path / "out").run(texts)
    assert np.allclose(logits, model.logits(texts), atol=1e-5)
    assert np.abs(probabilities - model.predict_proba(texts)).max() < 1e-6


@pytest.mark.parametrize("settings", [{"net": "bag"}, {"net": "bag", "tune": False}, {"net": "lstm", "hidden": 8}])
def test_what_starts_from_vectors_answers_the_same(settings, tmp_path):
    texts, labels = some(120)
    words = sorted({word for text in texts for word in text.lower().split()})
    vectors = WordVectors(words, np.random.default_rng(0).normal(size=(len(words), 12)).astype(np.float32))
    model = RUNGS["vectors"](vectors=vectors, epochs=1, **settings).fit(texts, labels)
    assert export_onnx(model, tmp_path / "out", texts=texts).off < 1e-6
    if settings["net"] == "bag":
        page = export_html(model, tmp_path / "page.html", texts=texts)
        assert (page.bits, page.changed) == (32, 0)
    else:
        with pytest.raises(SettingError, match="sum rows of weights"):
            export_html(model, tmp_path / "page.html")
