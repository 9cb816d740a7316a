"""The rung `setfit`: what it learns, the same bits again, a model folder that stands alone, and what is refused."""

import re
import shutil

import numpy as np
import polars as pl
import pytest

import sadari
from bert_small import FAMILIES, LABELS, TEXTS, save_encoder
from embedders_small import sentence_folder, static_folder
from sadari.errors import DataError, ModelError, SettingError
from sadari.messages import render
from sadari.pretrained.embedders import cache
from sadari.rungs import EmbeddingClassifier, SetFit, load
from sadari.train.checkpoint import Run
from sadari.train.loop import Interrupted, Loop
from tiny_bert import few_titles

pytest.importorskip("transformers")
QUICK = {"epochs": 2, "threads": 1, "precision": "fp32", "learning_rate": 1e-3}
MIXED = pl.Series([*TEXTS[:5], "a goal " * 60, "the  BANK, of the news!", "x"])
FEW, FEW_LABELS = TEXTS[:24], LABELS[:24]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path / "cache")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return save_encoder(tmp_path_factory.mktemp("plain") / "w")


@pytest.fixture
def sentences(plain, tmp_path):
    return sentence_folder(tmp_path / "w", plain, {"pooling_mode": "mean"}, normalise=True)


@pytest.fixture(scope="module")
def trained(plain):
    return SetFit(weights=plain, **QUICK).fit(FEW, FEW_LABELS)


def apart(vectors, labels):
    """The mean cosine of texts of one label, less that of texts of two."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines, same = unit @ unit.T, np.equal.outer(labels, labels)
    return cosines[same & ~np.eye(len(same), dtype=bool)].mean() - cosines[~same].mean()


@pytest.mark.parametrize("family", FAMILIES)
def test_texts_of_a_label_come_together_and_others_apart(family, tmp_path):
    weights = save_encoder(tmp_path / "w", family)
    labels, texts = np.array(FEW_LABELS), pl.Series(FEW)
    before = EmbeddingClassifier(weights=weights, threads=1).fit(FEW, FEW_LABELS)
    # encoders of chance part the texts by little: a layer that fits them closely shows it
    after = SetFit(weights=weights, C=10.0, **{**QUICK, "epochs": 10}).fit(FEW, FEW_LABELS)
    vectors = before.embedder_.embed(texts)[0][:, : after.embedder_.width]
    assert apart(after.embedder_.embed(texts)[0], labels) > apart(vectors, labels) + 0.15
    assert after.history_[-1]["loss"] < after.history_[0]["loss"]
    assert after.score(FEW, FEW_LABELS) == 1.0


def test_it_saves_and_predicts_without_its_weights(sentences, tmp_path):
    model = SetFit(weights=sentences, **QUICK).fit(FEW, FEW_LABELS)
    model.save(tmp_path / "m")
    shutil.rmtree(sentences)
    again = load(tmp_path / "m")
    assert np.allclose(again.predict_proba([*MIXED, ""]), model.predict_proba([*MIXED, ""]), atol=1e-6)
    assert again.resolved_settings() == {**model.resolved_settings(), "weights": sentences.name}
    assert model.resolved_settings()["C"] == model.C_


def test_a_text_alone_and_in_a_batch(trained):
    alone = np.concatenate([trained.predict_proba([text]) for text in MIXED])
    assert np.allclose(trained.predict_proba(MIXED), alone, atol=1e-5)


def test_what_the_weights_made_of_a_text_before_is_not_looked_up(plain):
    """The cache knows an encoder by its files, which training leaves as they are."""
    texts = TEXTS * 2
    embed = EmbeddingClassifier(weights=plain, threads=1).fit(texts, LABELS * 2)
    model = SetFit(weights=plain, **QUICK).fit(texts, LABELS * 2)
    with cache.without_cache():
        worked_out = model.embedder_.embed(pl.Series(texts))[0]
    assert np.array_equal(model.embedder_.embed(pl.Series(texts))[0], worked_out)
    assert not np.allclose(embed.embedder_.embed(pl.Series(texts))[0][:, : worked_out.shape[1]], worked_out, atol=0.01)


def test_a_seed_gives_the_same_bits_and_another_one_others(plain, trained):
    again = SetFit(weights=plain, **QUICK).fit(FEW, FEW_LABELS)
    assert np.array_equal(again.logits(TEXTS), trained.logits(TEXTS))
    other = SetFit(weights=plain, **QUICK, seed=1).fit(FEW, FEW_LABELS)
    assert not np.array_equal(other.logits(TEXTS), trained.logits(TEXTS))


def test_a_run_that_was_stopped_ends_in_the_same_bits(plain, trained, tmp_path, monkeypatch):
    step = Loop._step

    def stopping(loop, batches):
        step(loop, batches)
        if loop.progress.step == 4:
            loop.ask_to_stop()

    monkeypatch.setattr(Loop, "_step", stopping)
    with pytest.raises(Interrupted):
        SetFit(weights=plain, **QUICK).fit(FEW, FEW_LABELS, run=Run(tmp_path / "run"))
    monkeypatch.undo()
    again = SetFit.resume(tmp_path / "run", FEW, FEW_LABELS)
    assert np.array_equal(again.logits(TEXTS), trained.logits(TEXTS))
    other = save_encoder(tmp_path / "other", seed=9)
    with pytest.raises(SettingError, match="weights differs"):
        SetFit(weights=other, **QUICK).fit(FEW, FEW_LABELS, run=tmp_path / "run", resume=True)


def test_it_keeps_to_a_time(plain):
    model = SetFit(weights=plain, **{**QUICK, "epochs": 2_000}).fit(FEW, FEW_LABELS, seconds=2.0)
    made, planned = model.shortened_
    assert made < planned == 2_000 * 3
    assert model.train_seconds_ < 10


def test_reasons_sum_to_the_logits(trained):
    explained = trained.explain(TEXTS[0])
    assert explained.complete
    assert np.allclose(explained.logits, trained.logits([TEXTS[0]])[0] * trained.inverse_temperature_, atol=0.05)
    assert "match" in explained.features


def test_several_labels_a_text(plain):
    labels = [[label, "all"] if place % 3 else [label] for place, label in enumerate(FEW_LABELS)]
    model = SetFit(weights=plain, C=10.0, **{**QUICK, "epochs": 6}).fit(FEW, labels)
    assert model.multilabel
    assert model.score(FEW, labels) > 0.8


def test_texts_that_count_more_move_it_more(plain):
    flat, heavy = (
        SetFit(weights=plain, **QUICK, C=0.01, class_weight=weights).fit(FEW, FEW_LABELS)
        for weights in (None, {"World": 50.0})
    )
    world = list(flat.classes_).index("World")
    assert heavy.predict_proba(TEXTS)[:, world].mean() > flat.predict_proba(TEXTS)[:, world].mean() + 0.05


def test_the_temperature_is_that_of_the_encoder_before_it_learned(plain, trained):
    """Of texts that it has learned from every one is right, at any temperature."""
    from sadari.pretrained.embedders.read import read_embedder
    from sadari.train.solvers.logistic import fit_logistic
    from sadari.train.solvers.ridge import choose_strength
    from sadari.train.solvers.temperature import fit_inverse_temperature

    vectors = read_embedder(plain, MIXED).embed(pl.Series(FEW))[0]
    vectors -= vectors.mean(axis=0)
    wanted = np.array(FEW_LABELS)[:, None] == trained.classes_
    every = np.ones(24, np.float32)
    found = choose_strength(vectors, wanted, every, seed=0, strengths=(1.0,), fit=fit_logistic)
    assert trained.C_ == 1.0
    expected = fit_inverse_temperature(found.logits, wanted[found.rows], multilabel=False)
    assert trained.inverse_temperature_ == pytest.approx(expected, rel=1e-3)


def test_passes_by_the_number_of_texts():
    model = SetFit()
    assert [model.planned_epochs(rows) for rows in (8, 150, 300, 1_000, 100_000)] == [20, 20, 10, 3, 1]
    assert SetFit(epochs=7).planned_epochs(8) == 7


# -- what is refused --------------------------------------------------------------------------------------


def test_weights_that_have_no_encoder_are_refused(tmp_path):
    folder = static_folder(tmp_path / "static")[0]
    with pytest.raises(ModelError, match="have no encoder, which is what this rung trains"):
        SetFit(weights=folder).fit(FEW, FEW_LABELS)
    with pytest.raises(SettingError, match="'setfit' starts from pre-trained weights, and none are given"):
        SetFit().fit(FEW, FEW_LABELS)


@pytest.mark.parametrize(
    ("texts", "labels", "match"),
    [
        (FEW[:4], list("abcd"), "no two texts share a label"),
        (FEW[:4], ["a"] * 4, "label"),
        (["ꙮ"] * 4, list("aabb"), "the weights' tokenizer knows nothing"),
    ],
)
def test_rows_that_nothing_is_learned_from(texts, labels, match, plain):
    with pytest.raises(DataError, match=match):
        SetFit(weights=plain, **QUICK).fit(texts, labels)


def test_a_label_of_one_text_stands_beside_others(plain):
    model = SetFit(weights=plain, **QUICK).fit(FEW[:7], ["a", "a", "b", "b", "b", "c", "a"])
    assert model.predict_proba(FEW).shape == (24, 3)


@pytest.mark.parametrize(
    "setting", [{"epochs": 0}, {"batch_size": 0}, {"learning_rate": 0}, {"dropout": 1.0}, {"predict_precision": "int8"}]
)
def test_settings_out_of_their_range(setting, plain):
    with pytest.raises(SettingError, match=next(iter(setting))):
        SetFit(weights=plain, **setting).fit(FEW, FEW_LABELS)


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ([8, 8], None),
        ([2, 1, 1], None),
        ([100, 100, 5_000], None),
        ([101, 101, 5], "it is for few texts of a label, up to about 100; here there are 101 in the median"),
        ([1, 1, 1], "no two texts share a label, so that there is no pair to learn from"),
    ],
)
def test_where_a_climb_does_without_it(counts, why):
    found = SetFit.needless(TEXTS, np.array(counts))
    assert (None if found is None else render(found)) == why


@pytest.mark.slow
def test_a_climb_with_few_labels_tries_it(plain):
    train, test = few_titles()
    result = sadari.climb(train.take(np.arange(60)), test, weights=[plain], budget=60, curves=False, refit=False)
    assert "setfit" in {rung.rung for rung in result.rungs} | dict(result.skipped).keys()
    named = sadari.climb(
        train, test, rungs=["bow", "setfit"], weights=[plain], settings={"setfit": QUICK}, curves=False, refit=False
    )
    assert [rung.rung for rung in named.rungs] == ["bow", "setfit"]


def test_the_embed_rung_is_named_where_it_would_do(plain):
    with pytest.raises(DataError) as caught:
        SetFit(weights=plain, **QUICK).fit(FEW[:2], ["a", "b"])
    assert re.search(r"embed", str(caught.value.hint))
