"""``--to onnx`` of encoders and of what makes one vector of a text; others' tools read the folder, too."""

import numpy as np
import pytest

from bert_small import save_encoder
from embedders_small import sentence_folder, static_folder
from rungs_headlines import headlines, some
from sadari.errors import SettingError
from sadari.export.node import found_node
from sadari.export.onnx import export_onnx
from sadari.export.page.html import export_html
from sadari.export.proof import HOSTILE
from sadari.export.readers.sadari_reader import Classifier
from sadari.rungs import RUNGS
from sadari.vectors.formats.files import write_vectors
from sadari.vectors.keyed import WordVectors

FAMILIES = ["bert", "roberta", "electra", "distilbert"]


def trained(folder, rung="bert", **settings):
    return RUNGS[rung](weights=folder, **settings).fit(*some(80))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_answers_as_in_torch(family, tmp_path):
    save_encoder(tmp_path / "w", family)
    model = trained(tmp_path / "w", epochs=1)
    proof = export_onnx(model, tmp_path / "out", texts=headlines("en", "test")[0].to_list()[:40])
    assert proof.off < 1e-5
    assert proof.int8[1] < 0.2
    texts = [*some(20)[0], *HOSTILE]
    logits, _ = Classifier(tmp_path / "out").run(texts)
    known = model.predict_with_marks(texts)[1]
    assert np.allclose(logits[known], model.logits(texts)[known], atol=1e-4)


def test_others_tools_read_the_folder(tmp_path):
    """`tokenizers` and onnxruntime alone, with the names of inputs and files that they know."""
    import onnxruntime
    from tokenizers import Tokenizer

    save_encoder(tmp_path / "w")
    model = trained(tmp_path / "w", epochs=1)
    export_onnx(model, tmp_path / "out", texts=["one"])
    text = "stocks fell on friday"
    cut = Tokenizer.from_file(str(tmp_path / "out" / "tokenizer.json")).encode(text)
    session = onnxruntime.InferenceSession(str(tmp_path / "out" / "model.onnx"))
    given = {"input_ids": np.array([cut.ids]), "attention_mask": np.ones((1, len(cut.ids)), np.int64)}
    [probabilities] = session.run(["probabilities"], given)
    assert np.allclose(probabilities, model.predict_proba([text]), atol=1e-5)
    assert (tmp_path / "out" / "config.json").exists()
    assert (tmp_path / "out" / "tokenizer.json").read_bytes() == (tmp_path / "w" / "tokenizer.json").read_bytes()


def test_long_texts(tmp_path):
    save_encoder(tmp_path / "w")
    model = trained(tmp_path / "w", epochs=1, max_length=12, long_texts="head+tail")
    assert export_onnx(model, tmp_path / "out", texts=some(40)[0]).off < 1e-5
    windows = trained(tmp_path / "w", epochs=1, max_length=12, long_texts="windows")
    with pytest.raises(SettingError, match="windows"):
        export_onnx(windows, tmp_path / "out")


@pytest.mark.parametrize("pooling", [{}, {"pooling_mode_cls_token": True}, {"pooling_mode_max_tokens": True}])
def test_a_sentence_encoder_answers_the_same(pooling, tmp_path):
    save_encoder(tmp_path / "w")
    plain = {"pooling_mode_mean_tokens": not pooling, **pooling}
    folder = sentence_folder(tmp_path / "s", tmp_path / "w", plain, normalise=True, do_lower_case=True)
    assert export_onnx(trained(folder, "embed"), tmp_path / "out", texts=some(40)[0]).off < 1e-4


def test_an_encoder_that_learned_from_pairs_answers_the_same(tmp_path):
    save_encoder(tmp_path / "w")
    texts, labels = some(24)
    model = RUNGS["setfit"](weights=tmp_path / "w", epochs=1).fit(texts, labels)
    assert export_onnx(model, tmp_path / "out", texts=texts).off < 1e-4


@pytest.mark.parametrize("normalise", [True, False])
def test_static_embeddings_answer_the_same(normalise, tmp_path):
    folder, *_ = static_folder(tmp_path / "s", config={"normalize": normalise})
    model = trained(folder, "embed")
    proof = export_onnx(model, tmp_path / "out")
    assert proof.off < 1e-5
    if found_node() is not None:  # JavaScript reads subwords by a package that is not there
        assert "@huggingface/tokenizers" in str(proof.unrun)
    with pytest.raises(SettingError, match="subword"):
        export_html(model, tmp_path / "page.html")


def test_word_vectors_fit_in_a_page(tmp_path):
    words = sorted({word for text in some(80)[0] for word in text.lower().split()})
    table = np.random.default_rng(0).normal(size=(len(words), 9)).astype(np.float32)
    write_vectors(WordVectors(words, table), tmp_path / "v")
    model = trained(tmp_path / "v", "embed")
    assert export_onnx(model, tmp_path / "out").off < 1e-5
    page = export_html(model, tmp_path / "page.html")
    assert page.off < 1e-5
    size = (tmp_path / "page.html").stat().st_size
    small = export_html(model, tmp_path / "page.html", max_size=0.75 * size / 1e6)
    assert small.bits < 32
    if found_node() is not None:
        assert small.proof.off < 1e-6


def test_a_pooling_without_a_graph_is_refused(tmp_path):
    save_encoder(tmp_path / "w")
    folder = sentence_folder(tmp_path / "s", tmp_path / "w", {"pooling_mode_lasttoken": True})
    with pytest.raises(SettingError, match="lasttoken"):
        export_onnx(trained(folder, "embed"), tmp_path / "out")
