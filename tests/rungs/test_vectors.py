"""Rung `vectors`: it starts from what the vectors say, what is frozen stays, and a folder holds all that it needs."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils import estimator_checks

import sadari
from rungs_headlines import headlines, some
from sadari.artifact import read_model
from sadari.data.read import open_source
from sadari.data.text_stream import TextStream
from sadari.errors import DataError, ModelError, SettingError
from sadari.rungs.vectors.classifier import NETS, FromVectors
from sadari.rungs.vectors.initialised import FewWordsFound, Start
from sadari.text.tokens.tokenize import tokenizer
from sadari.train.loop import Interrupted
from sadari.train.optimizer import make_optimizers
from sadari.vectors.formats.files import write_vectors
from sadari.vectors.initialise import look_up
from sadari.vectors.keyed import WordVectors
from sadari.vectors.subwords import Subwords
from sadari.vectors.vector_source import VectorSource
from sadari.vectors.word2vec.trainer import train_vectors
from sealed import changed
from sklearn_contract import ABOUT_PARAMETERS, ABOUT_TRAINING, reading_numbers

TEXTS, LABELS = some(150)
TEST_TEXTS, TEST_LABELS = (column.to_list() for column in headlines(part="test"))
ODD = ["", " ", "zzqx", "the", "the the the", TEXTS[0], TEXTS[0] * 30, "zzqx " * 500, "\0"]
WIDTH = 12
QUICK = {"epochs": 2}
EVERY = pytest.mark.parametrize("net", list(NETS))
TORCH = pytest.mark.parametrize("net", [net for net in NETS if net != "bag"])


def tokens_of(texts):
    return [token for text in tokenizer("basic_english")(pl.Series(texts)).to_lists() for token in text]


WORDS = sorted({*tokens_of(TEXTS)})
KNOWN = [*(word for i, word in enumerate(WORDS) if i % 5), *(f"other{i}" for i in range(40))]


def vectors_of(words=KNOWN, *, width=WIDTH, seed=0, **options):
    random = np.random.default_rng(seed)
    return WordVectors(words, random.normal(0, 0.4, (len(words), width)).astype(np.float32), **options)


VECTORS = vectors_of()


@pytest.fixture(scope="module")
def trained():
    """Each net, trained a little, with its words tuned."""
    return {net: FromVectors(vectors=VECTORS, net=net, **QUICK).fit(TEXTS, LABELS) for net in NETS}


def rows(rung):
    """The words of a trained rung and their embeddings."""
    if rung.net == "bag":
        words = rung.inner_.vectors_.words.to_list()
        return words, rung.inner_.embedding_[: len(words)]
    return rung.inner_.vocab_.tokens, rung.net_.embedding.weight.detach().numpy()


def weights(rung):
    return {name: value.detach().numpy().tobytes() for name, value in rung.net_.state_dict().items()}


# -- what it starts from ----------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("vocabulary", ["both", "corpus", "vectors"])
def test_frozen_rows_are_their_source_vectors_to_the_bit(net, vocabulary):
    """The course filled `weight[i].data`, a temporary, and trained on rows drawn at random."""
    before = VECTORS.matrix.tobytes()
    rung = FromVectors(vectors=VECTORS, net=net, tune=False, vocabulary=vocabulary, **QUICK).fit(TEXTS, LABELS)
    words, embedding = rows(rung)
    found, _ = look_up(VECTORS, words)
    assert np.count_nonzero(found >= 0) >= (len(KNOWN) if vocabulary != "corpus" else len(KNOWN) - 40)
    assert embedding[found >= 0].tobytes() == VECTORS.matrix[found[found >= 0]].tobytes()
    assert VECTORS.matrix.tobytes() == before
    assert (
        set(words) - {"<unk>", "<pad>"}
        == {"both": {*WORDS, *KNOWN}, "corpus": {*WORDS}, "vectors": {*KNOWN}}[vocabulary]
    )


@EVERY
def test_tuned_rows_leave_their_source_and_the_source_stays(net, trained):
    """`weight.data = vocab.vectors` let training write into the vectors themselves."""
    rung = trained[net]
    words, embedding = rows(rung)
    found, _ = look_up(VECTORS, words)
    seen = np.isin(words, WORDS) & (found >= 0)
    moved = (embedding[seen] != VECTORS.matrix[found[seen]]).any(axis=1)
    assert moved.mean() > 0.7  # dropout hides some from a training this short
    unseen = ~np.isin(words, WORDS) & (found >= 0)
    assert unseen.sum() == 40
    assert embedding[unseen].tobytes() == VECTORS.matrix[found[unseen]].tobytes()  # no text had them
    assert VECTORS.matrix.tobytes() == vectors_of().matrix.tobytes()
    assert not np.shares_memory(embedding, VECTORS.matrix)


@EVERY
@pytest.mark.parametrize("tune", [True, False])
def test_found_and_missing_are_counted(net, tune):
    coverage = FromVectors(vectors=VECTORS, net=net, tune=tune, **QUICK).fit(TEXTS, LABELS).coverage_
    tokens = tokens_of(TEXTS)
    assert coverage.words == len(WORDS)
    assert coverage.found == sum(word in VECTORS for word in WORDS)
    assert coverage.drawn == coverage.words - coverage.found > 0
    assert coverage.tokens == pytest.approx(np.mean([token in VECTORS for token in tokens]))
    assert (coverage.other_case, coverage.made, coverage.left_out) == (0, 0, 0)


@EVERY
def test_rare_words_without_a_vector_are_left_out_on_request(net):
    rung = FromVectors(vectors=VECTORS, net=net, min_freq=2, **QUICK).fit(TEXTS, LABELS)
    tokens = tokens_of(TEXTS)
    rare = {word for word in WORDS if word not in VECTORS and tokens.count(word) < 2}
    assert rung.coverage_.left_out == len(rare) > 0
    assert not rare & set(rows(rung)[0])
    assert {word for word in WORDS if word in VECTORS} <= set(rows(rung)[0])


@EVERY
def test_a_vocabulary_has_a_limit(net):
    rung = FromVectors(vectors=VECTORS, net=net, max_vocab=50, **QUICK).fit(TEXTS, LABELS)
    words = [word for word in rows(rung)[0] if not word.startswith("<")]
    tokens = tokens_of(TEXTS)
    by_hand = sorted(WORDS, key=lambda word: (-tokens.count(word), word))
    assert words == by_hand[:50]
    assert FromVectors(vectors=VECTORS, max_vocab=None, **QUICK).fit(TEXTS, LABELS).coverage_.left_out == 0


@EVERY
def test_words_that_training_never_saw_are_known_by_their_vectors(net, trained):
    alone = FromVectors(vectors=VECTORS, net=net, vocabulary="corpus", **QUICK).fit(TEXTS, LABELS)
    probabilities, known = trained[net].predict_with_marks(["other1 other2", "zzqx"])
    assert known.tolist() == [True, False]
    assert not np.allclose(probabilities[0], trained[net].prior_)
    assert alone.predict_with_marks(["other1 other2", "zzqx"])[1].tolist() == [False, False]


def test_vectors_that_mean_something_teach_words_never_seen():
    """Words of one topic have one direction: a text of words that no training text has is told by that alone."""
    random = np.random.default_rng(3)
    topics = {label: random.normal(size=WIDTH) for label in ("cooking", "sailing")}
    words = [f"{label}{i}" for label in topics for i in range(60)]
    matrix = np.stack([topics[word.rstrip("0123456789")] + random.normal(0, 0.5, WIDTH) for word in words])
    vectors = WordVectors(words, matrix.astype(np.float32))
    pairs = [(label, " ".join(f"{label}{i}" for i in random.integers(0, 20, 6))) for label in topics for _ in range(20)]
    unseen = [
        (label, " ".join(f"{label}{i}" for i in random.integers(20, 60, 6))) for label in topics for _ in range(9)
    ]
    for settings in ({}, {"tune": False}, {"net": "lstm", "tune": False}, {"net": "transformer", "epochs": 150}):
        rung = FromVectors(vectors=vectors, **settings).fit([text for _, text in pairs], [label for label, _ in pairs])
        assert rung.score([text for _, text in unseen], [label for label, _ in unseen]) == 1, settings


@TORCH
def test_special_tokens_start_at_zero_and_padding_stays_there(net, trained):
    start = Start(VectorSource.of(VECTORS), True, "both", None, 1, 0)
    inner = FromVectors(vectors=VECTORS, net=net)._new_inner()
    inner.start, inner.tokenizer = start, "basic_english"
    inner._learn_vocabulary(pl.Series(TEXTS), np.zeros((len(TEXTS), 4), np.int8))
    made = inner._new_net(len(inner.vocab_), 4)
    inner._begin(made)
    embedding = made.embedding.weight.detach().numpy()
    assert (embedding[:2] == 0).all()
    assert embedding[2:].tobytes() == start.matrix.tobytes()
    assert inner.vocab_["other7"] >= 2
    assert (trained[net].net_.embedding.weight[1] == 0).all()


def test_cased_vectors_for_tokens_in_lower_case():
    cased = vectors_of([word.capitalize() for word in KNOWN])
    rung = FromVectors(vectors=cased, tune=False, **QUICK).fit(TEXTS, LABELS)
    assert rung.coverage_.found == sum(word.capitalize() in cased for word in WORDS)
    assert rung.coverage_.other_case > 0.9 * rung.coverage_.found
    words, embedding = rows(rung)
    for word in ("other1", next(word for word in WORDS if word.isalpha() and word.capitalize() in cased)):
        assert embedding[words.index(word)].tobytes() == cased[word.capitalize()].tobytes()


def test_words_are_made_from_subwords():
    random = np.random.default_rng(0)
    subwords = Subwords(random.normal(0, 0.1, (1024, WIDTH)).astype(np.float32))
    vectors = vectors_of(subwords=subwords)
    rung = FromVectors(vectors=vectors, vocabulary="corpus", tune=False, **QUICK).fit(TEXTS, LABELS)
    assert rung.coverage_.made > 0
    assert rung.coverage_.found + rung.coverage_.made + rung.coverage_.drawn == len(WORDS)
    words, embedding = rows(rung)
    made = [word for word in WORDS if word not in vectors and len(word) > 3]
    assert np.array_equal(embedding[[words.index(word) for word in made]], vectors.vectors_of(made)[0])


# -- which tokenizer ----------------------------------------------------------------------------------------


def test_the_tokenizer_keeps_words_whole():
    """`auto` of other rungs cuts Korean words into pieces, none of which has a vector."""
    texts = ["영화를 봤다", "밥을 먹었다", "영화를 먹었다", "밥을 봤다"] * 5
    vectors = vectors_of(["영화를", "봤다", "밥을", "먹었다"])
    rung = FromVectors(vectors=vectors, **QUICK).fit(texts, ["가", "나"] * 10)
    assert rung.tokenizer_ == "basic_english"
    assert rung.coverage_.found == rung.coverage_.words == 4
    assert sadari.EmbeddingBag(epochs=1).fit(texts, ["가", "나"] * 10).tokenizer_ == "syllables"


def test_the_vectors_say_what_cut_their_texts():
    vectors = vectors_of(tokenizer="whitespace")
    rung = FromVectors(vectors=vectors, **QUICK).fit(TEXTS, LABELS)
    assert rung.tokenizer_ == rung.resolved_settings()["tokenizer"] == "whitespace"
    assert FromVectors(vectors=vectors, tokenizer="words", **QUICK).fit(TEXTS, LABELS).tokenizer_ == "words"


def test_few_words_found_is_said_loudly_and_none_is_an_error():
    few = vectors_of(WORDS[200:220])
    with pytest.warns(FewWordsFound, match=r"know only \d+ % of the text, cut by the tokenizer 'basic_english'"):
        rung = FromVectors(vectors=few, **QUICK).fit(TEXTS, LABELS)
    assert rung.coverage_.tokens < 0.3
    with pytest.raises(SettingError, match=r"none of the .* words of the texts, cut by the tokenizer 'characters'"):
        FromVectors(vectors=VECTORS, tokenizer="characters").fit(["ZQ"] * 4, [1, 2, 1, 2])


# -- frozen -----------------------------------------------------------------------------------------------


@TORCH
def test_what_is_frozen_is_not_the_optimisers(net, tmp_path):
    rung = FromVectors(vectors=VECTORS, net=net, tune=False, **QUICK).fit(TEXTS, LABELS)
    rung.save(tmp_path / "m")
    for model in (rung, FromVectors.load(tmp_path / "m")):
        weight = model.net_.embedding.weight
        assert not weight.requires_grad
        optimised = [
            p
            for optimizer in make_optimizers(model.net_, model.inner_.optimizer_settings())
            for group in optimizer.param_groups
            for p in group["params"]
        ]
        assert optimised
        assert all(parameter is not weight for parameter in optimised)
    assert FromVectors(vectors=VECTORS, net=net, **QUICK).fit(TEXTS, LABELS).net_.embedding.weight.requires_grad


def test_a_frozen_bag_learns_its_output_alone():
    short, long = (FromVectors(vectors=VECTORS, tune=False, epochs=epochs).fit(TEXTS, LABELS) for epochs in (1, 9))
    assert short.inner_.embedding_.tobytes() == long.inner_.embedding_.tobytes()
    assert short.inner_.output_.tobytes() != long.inner_.output_.tobytes()
    assert len(short.inner_.embedding_) == len(rows(short)[0])  # and there are no n-grams, which could never learn


# -- the same answer --------------------------------------------------------------------------------------


@EVERY
def test_a_saved_model_needs_no_vectors(net, trained, tmp_path):
    """Also not those of a file that is gone, and the folder does not say where that was."""
    write_vectors(VECTORS, tmp_path / "v.vec")
    rung = FromVectors(vectors=tmp_path / "v.vec", net=net, **QUICK).fit(TEXTS, LABELS)
    assert weights(rung) == weights(trained[net])  # a file, or the same in memory
    rung.save(tmp_path / "m")
    (tmp_path / "v.vec").unlink()
    loaded = sadari.load(tmp_path / "m")
    assert isinstance(loaded, FromVectors)
    assert weights(loaded) == weights(rung)
    texts = [*ODD, *TEST_TEXTS[:50]]
    assert np.array_equal(loaded.predict_proba(texts), rung.predict_proba(texts))
    assert loaded.resolved_settings() == rung.resolved_settings()
    assert loaded.coverage_ == rung.coverage_
    manifest = json.loads((tmp_path / "m" / "sadari.json").read_text())
    assert manifest["settings"]["vectors"] == manifest["model"]["vectors"]["name"] == "v.vec"
    assert len(manifest["model"]["vectors"]["sha256"]) == 64
    assert str(tmp_path) not in (tmp_path / "m" / "sadari.json").read_text()
    loaded.save(tmp_path / "again")
    assert read_model(tmp_path / "m").manifest["sha256"] == read_model(tmp_path / "again").manifest["sha256"]
    with pytest.raises(DataError, match=r"v\.vec"):
        loaded.fit(TEXTS, LABELS)


@EVERY
def test_a_text_alone_and_in_a_batch(net, trained):
    rung, texts = trained[net], [*ODD, *TEST_TEXTS[:40]]
    together = rung._logits_of(texts)[0]
    alone = np.concatenate([rung._logits_of([text])[0] for text in texts])
    assert np.abs(together - alone).max() <= 1e-5
    probabilities, known = rung.predict_with_marks(ODD)
    assert np.isfinite(probabilities).all()
    assert not known[:3].any()
    assert np.allclose(probabilities[0], rung.prior_)


@EVERY
def test_a_seed_gives_its_bits(net, trained):
    again = FromVectors(vectors=VECTORS, net=net, **QUICK).fit(TEXTS, LABELS)
    assert weights(again) == weights(trained[net])
    other = FromVectors(vectors=VECTORS, net=net, **QUICK, seed=1).fit(TEXTS, LABELS)
    assert weights(other) != weights(again)


@EVERY
def test_streamed_texts_are_the_same_texts(net, trained, tmp_path):
    pl.DataFrame({"text": TEXTS, "label": LABELS}).write_csv(tmp_path / "texts.csv")
    stream = TextStream(open_source(tmp_path / "texts.csv", text="text", label="label"), rows=70)
    assert weights(FromVectors(vectors=VECTORS, net=net, **QUICK).fit(stream, LABELS)) == weights(trained[net])


@EVERY
def test_reasons_add_up_to_the_logits(net, trained):
    rung = trained[net]
    for text in [*TEST_TEXTS[:5], *ODD]:
        explained = rung.explain(text)
        logits = rung._logits_of([text])[0][0] * rung.inverse_temperature_
        assert np.allclose(explained.contributions.sum(0) + explained.bias, logits, atol=1e-3)
    top = rung.top_features(5)
    assert set(top) == (set(LABELS) if net == "bag" else set())


def test_the_inner_life_is_the_nets(trained):
    assert trained["bag"].activations(TEXTS[0]) is None
    assert set(trained["lstm"].activations(TEXTS[0]).panels) >= {"input", "forget"}
    assert trained["transformer"].activations(TEXTS[0]).kind == "attention"


# -- learning ---------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("tune", [True, False])
def test_it_learns(net, tune):
    """Even vectors that mean nothing tell the words apart."""
    vectors = vectors_of(width=60)
    settings = {"dropout": 0.1, "label_smoothing": 0.0, "epochs": 60}
    rung = FromVectors(vectors=vectors, net=net, tune=tune, **settings).fit(TEXTS[:60], LABELS[:60])
    assert rung.score(TEXTS[:60], LABELS[:60]) > (0.9 if tune else 0.7)
    losses = [record["loss"] for record in rung.history_]
    assert losses[-1] < 0.8 * losses[0]


@EVERY
def test_patience_keeps_the_best(net):
    held = (TEST_TEXTS[:100], TEST_LABELS[:100])
    rung = FromVectors(vectors=VECTORS, net=net, epochs=12, patience=2).fit(TEXTS, LABELS, validation=held)
    best = max(record["validation_accuracy"] for record in rung.history_)
    assert rung.score(*held) == pytest.approx(best)


@EVERY
def test_several_labels_a_text(net):
    labels = [(label, "and") if " and " in text else (label,) for text, label in zip(TEXTS, LABELS, strict=True)]
    rung = FromVectors(vectors=VECTORS, net=net, **QUICK).fit(TEXTS, labels)
    probabilities = rung.predict_proba(TEXTS)
    assert rung.multilabel
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_class_weights_move_the_answers():
    labels = ["one" if label == LABELS[0] else "other" for label in LABELS]
    for net, least in (("bag", 0.01), ("lstm", 0.01)):
        shares = []
        for weight in ({"other": 20}, None, {"one": 20}):
            rung = FromVectors(vectors=VECTORS, net=net, epochs=15, class_weight=weight).fit(TEXTS, labels)
            shares.append(rung.predict_proba(TEST_TEXTS)[:, 0].mean())
        assert shares[0] + least < shares[1] < shares[2] - least, net


def test_weights_of_samples_are_relative():
    for net in ("bag", "lstm"):
        plain = FromVectors(vectors=VECTORS, net=net, **QUICK).fit(TEXTS, LABELS)
        threefold = FromVectors(vectors=VECTORS, net=net, **QUICK).fit(TEXTS, LABELS, np.full(len(TEXTS), 3.0))
        assert weights(plain) == weights(threefold)


def test_a_long_text_is_cut_and_counted():
    rung = FromVectors(vectors=VECTORS, net="lstm", max_length=10, **QUICK).fit(TEXTS, LABELS)
    assert rung.cut_ == sum(len(tokens_of([text])) > 10 for text in TEXTS) == int(rung.cut_texts(TEXTS).sum())


# -- runs that are kept --------------------------------------------------------------------------------------


def stop_at(step):
    def progress(done, total, record):
        if record["step"] >= step:
            os.kill(os.getpid(), signal.SIGTERM)

    return progress


@pytest.mark.parametrize("given", ["a file", "in memory"])
def test_a_stopped_run_ends_in_the_same_bits(given, tmp_path):
    write_vectors(VECTORS, tmp_path / "v.vec")
    settings = {"vectors": tmp_path / "v.vec" if given == "a file" else VECTORS, "net": "lstm", "epochs": 4}
    unbroken = FromVectors(**settings).fit(TEXTS, LABELS)
    run = tmp_path / "run"
    with pytest.raises(Interrupted):
        FromVectors(**settings).fit(TEXTS, LABELS, run=run, on_progress=stop_at(4))
    with pytest.raises(SettingError, match="vectors differs"):
        FromVectors(**{**settings, "vectors": vectors_of(seed=1)}).fit(TEXTS, LABELS, run=run, resume=True)
    if given == "a file":
        resumed = FromVectors.resume(run, TEXTS, LABELS)
    else:
        with pytest.raises(SettingError, match="vectors in memory"):
            FromVectors.resume(run, TEXTS, LABELS)
        resumed = FromVectors(**settings).fit(TEXTS, LABELS, run=run, resume=True)
    assert weights(resumed) == weights(unbroken)


def test_a_bag_keeps_no_run(tmp_path):
    with pytest.raises(SettingError, match="too fast to keep a run"):
        FromVectors(vectors=VECTORS).fit(TEXTS, LABELS, run=tmp_path / "run")
    assert not FromVectors().keeps_runs
    assert FromVectors(net="lstm").keeps_runs


# -- scikit-learn -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", ABOUT_PARAMETERS)
def test_sklearns_checks_of_parameters(check):
    getattr(estimator_checks, check)("FromVectors", FromVectors())


@pytest.mark.parametrize("check", ABOUT_TRAINING)
def test_sklearns_checks_of_training(check):
    """On words made from numbers, of which half have a vector."""
    vectors = vectors_of([f"c{j}v{size}" for j in range(30) for size in range(-60, 300, 2)])
    rung = reading_numbers(FromVectors)(vectors=vectors, tokenizer="whitespace", epochs=30)
    getattr(estimator_checks, check)("FromVectors", rung)


@pytest.mark.parametrize("vectors", [VECTORS, VectorSource.of(VECTORS), "v.vec", None], ids=["object", "", "path", ""])
def test_clone_is_untrained_and_has_the_settings(vectors):
    rung = FromVectors(vectors=vectors, net="lstm", tune=False)
    copy = clone(rung)
    assert copy.get_params() == rung.get_params()
    assert copy.vectors is vectors


def test_grid_search():
    grid = {"tune": [True, False], "vocabulary": ["both", "corpus"]}
    search = GridSearchCV(FromVectors(vectors=VECTORS, epochs=3), grid, cv=2).fit(TEXTS, LABELS)
    assert search.best_estimator_.predict(TEXTS[:3]).tolist() == search.predict(TEXTS[:3]).tolist()


def test_vectors_read_once_train_the_same_everywhere(tmp_path):
    """For a climb: in memory are the words of all texts, also where only some of them are trained on."""
    write_vectors(VECTORS, tmp_path / "v.bin")
    for vocabulary in ("both", "corpus"):
        rung = FromVectors(vectors=tmp_path / "v.bin", vocabulary=vocabulary, max_vocab=300, **QUICK)
        once = clone(rung).set_params(**rung.start_in_memory(TEXTS))
        assert once.vectors.name == "v.bin"
        assert len(once.vectors.vectors) < len(VECTORS)
        for count in (150, 60):
            one, other = (model.fit(TEXTS[:count], LABELS[:count]) for model in (clone(rung), clone(once)))
            assert weights(one) == weights(other)


# -- what cannot be -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"vectors": None}, "none are given"),
        ({"vectors": 3}, "vectors is 3"),
        ({"vectors": ""}, "vectors is ''"),
        ({"net": "gpt"}, "net is 'gpt'"),
        ({"vocabulary": "mine"}, "vocabulary is 'mine'"),
        ({"tune": "no"}, "tune is"),
        ({"hidden": 8}, "the net 'bag' has no hidden"),
        ({"net": "lstm", "longest": 2}, "'lstm' has no longest"),
        ({"net": "transformer", "hidden": 8}, "'transformer' has no hidden"),
        ({"net": "lstm", "heads": 2}, "no heads"),
        ({"tune": False, "longest": 2}, "frozen ones stay there"),
        ({"net": "lstm", "pooling": "class"}, "pooling"),
        ({"net": "transformer", "pooling": "last"}, "pooling"),
        ({"max_vocab": 0}, "max_vocab is 0"),
        ({"net": "transformer", "heads": 5}, "12 wide, which 5 heads cannot share"),
        ({"buckets": 3}, "buckets"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(wrong, match):
    with pytest.raises(SettingError, match=match):
        FromVectors(**{"vectors": VECTORS, **QUICK, **wrong}).fit(TEXTS[:30], LABELS[:30])


def test_heads_are_as_many_as_can_share_the_width():
    for width, heads in ((12, 4), (10, 2), (9, 3), (7, 1)):
        rung = FromVectors(vectors=vectors_of(width=width), net="transformer", epochs=1).fit(TEXTS[:30], LABELS[:30])
        assert rung.resolved_settings()["heads"] == heads


def test_an_embedding_that_is_too_large_is_refused():
    start = Start(VectorSource.of(VECTORS), True, "both", None, 1, 0)
    start.coverage = FromVectors(vectors=VECTORS, **QUICK).fit(TEXTS, LABELS).coverage_
    with pytest.raises(SettingError, match="too large"):
        start._check(tokenizer("words"), 2**29 + 1)


def test_a_fit_that_fails_leaves_no_half_model(trained):
    rung = clone(trained["bag"]).fit(TEXTS, LABELS)
    with pytest.raises(SettingError, match="none of the"):
        rung.set_params(tokenizer="characters").fit(["ZQ"] * 4, [1, 2, 1, 2])
    with pytest.raises(Exception, match="not trained"):
        rung.predict(TEXTS)


@pytest.mark.parametrize(
    "change",
    [
        {"model": {"width": 13}},
        {"model": {"width": 0}},
        {"model": {"width": 10**18}},
        {"model": {"width": "12"}},
        {"model": {"width": None}},
        {"model": {"width": True}},
        {"model": {"vectors": None}},
        {"model": {"vectors": {"name": "x", "sha256": "y", "coverage": {}}}},
        {"model": {"tokenizer": "__import__"}},
        {"settings": {"net": "gpt"}},
        {"settings": {"vectors": None}},
        {"settings": {"vectors": 3}},
        {"settings": {"vectors": "x" * 5_000}},
        {"settings": {"epochs": -1}},
        {"settings": {"no_such": 1}},
        {"texts": {"vocabulary.json": "[]"}},
        {"texts": {"vocabulary.json": '["<unk>", "<pad>", "a"]'}},
    ],
    ids=str,
)
@EVERY
def test_hostile_folders_are_refused(net, change, trained, tmp_path):
    with pytest.raises(ModelError):
        sadari.load(changed(trained[net], tmp_path, **change))


def test_a_folder_of_another_net_is_refused(trained, tmp_path):
    for net, other in (("lstm", "bag"), ("bag", "lstm"), ("lstm", "transformer"), ("bilstm", "lstm")):
        with pytest.raises(ModelError):
            sadari.load(changed(trained[net], tmp_path / f"{net}-{other}", settings={"net": other}))


# -- what it buys ---------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.slow
def test_with_few_rows_it_beats_what_starts_from_nothing():
    folder = Path(os.environ.get("SADARI_DATA", "")) / "ag_news"
    if not os.environ.get("SADARI_DATA") or not (folder / "train.csv").is_file():
        pytest.skip("SADARI_DATA is not set, or has no ag_news/train.csv")
    train, test = (open_source(folder / f"{part}.csv").read() for part in ("train", "test"))
    vectors = train_vectors(train.texts, workers=1, seed=0)
    truth = test.labels.to_numpy()
    order = np.random.default_rng(0).permutation(len(train.texts))
    for count, least in ((200, 0.08), (1_000, 0.02)):
        chosen = np.sort(order[:count])
        texts, labels = train.texts.gather(chosen), train.labels.gather(chosen)
        scores = {
            name: float(np.mean(rung.fit(texts, labels).predict(test.texts) == truth))
            for name, rung in (
                ("tfidf", sadari.TfIdf()),
                ("embedding-bag", sadari.EmbeddingBag()),
                ("tuned", FromVectors(vectors=vectors)),
                ("frozen", FromVectors(vectors=vectors, tune=False)),
            )
        }
        best = max(scores["tfidf"], scores["embedding-bag"])
        assert scores["tuned"] > best + least, scores
        assert scores["frozen"] > best + least / 2, scores
