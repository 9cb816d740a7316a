"""The neural rungs: the same answer in any batch, the same bits for a seed, reasons that add up, folders that fit."""

import dataclasses
import time
import tracemalloc

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.base import clone

from precisions import needs
from real_data import data_file
from rungs_headlines import headlines, some
from sadari.artifact import read_model
from sadari.artifact.restore import VOCABULARY
from sadari.data.read import open_source
from sadari.data.text_stream import TextStream
from sadari.errors import DataError, ModelError, SettingError
from sadari.nets.bert.integrated_gradients import integrated_gradients
from sadari.rungs.neural import base
from sadari.rungs.neural import defaults as sizes
from sadari.rungs.neural.base import NeuralRung
from sadari.rungs.neural.embedding import EmbeddingMean
from sadari.rungs.neural.recurrent import GRU, LSTM, RNN, BiLSTM
from sadari.rungs.neural.transformer import Transformer
from sealed import changed

ALL = (EmbeddingMean, RNN, GRU, LSTM, BiLSTM, Transformer)
EVERY = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
TEXTS, LABELS = some(200)
TEST_TEXTS = headlines(part="test")[0].to_list()
QUICK = {"epochs": 2, "threads": 1}
ODD = ["", " ", "zzqx", "the", "the the the", TEXTS[0], TEXTS[0] * 30, "zzqx " * 500, "💾", "\0"]


@pytest.fixture(scope="module")
def trained():
    """Each rung, trained a little."""
    return {kind: kind(**QUICK, max_length=60).fit(TEXTS, LABELS) for kind in ALL}


def weights(rung):
    return {name: value.numpy().tobytes() for name, value in rung.net_.state_dict().items()}


# -- the same answer --------------------------------------------------------------------------------------


def assert_same_alone(rung, texts, atol=1e-5):
    together = rung._logits_of(texts)[0]
    alone = np.concatenate([rung._logits_of([text])[0] for text in texts])
    assert np.abs(together - alone).max() <= atol
    shuffled = np.random.default_rng(0).permutation(len(texts))
    again = rung._logits_of([texts[i] for i in shuffled])[0]
    assert np.abs(again - together[shuffled]).max() <= atol


VARIANTS = [
    *[(kind, {}) for kind in ALL],
    *[
        (kind, {"pooling": pooling, "packed": packed, "layers": 2})
        for kind in (LSTM, BiLSTM)
        for pooling in ("mean", "max", "last")
        for packed in (False, True)
    ],
    *[
        (Transformer, {"pooling": pooling, "positions": positions})
        for pooling in ("mean", "max", "class")
        for positions in ("sinusoidal", "learned")
    ],
]


@pytest.mark.parametrize(("kind", "options"), VARIANTS, ids=str)
def test_a_text_alone_and_in_a_batch(kind, options):
    """The course averaged padding in, and gave BERT no mask: a text's logits depended on its batch-mates."""
    rung = kind(**{**QUICK, "epochs": 1}, **options).fit(TEXTS, LABELS)
    assert_same_alone(rung, [*ODD, *TEST_TEXTS[:60]])


@pytest.mark.slow
@EVERY
def test_a_thousand_texts_alone_and_in_batches(kind):
    texts, labels = headlines()
    rung = kind(**QUICK).fit(texts, labels)
    assert_same_alone(rung, texts.head(1000).to_list())


@pytest.mark.slow
@pytest.mark.data
@EVERY
def test_a_thousand_texts_of_ag_news_alone_and_in_batches(kind):
    train = open_source(data_file("ag_news/train.csv")).read()
    test = open_source(data_file("ag_news/test.csv")).read()
    rung = kind(threads=1, epochs=1).fit(train.texts.head(3000), train.labels.head(3000))
    assert_same_alone(rung, test.texts.head(1000).to_list())


@EVERY
def test_odd_texts_have_finite_answers(kind, trained):
    """Empty, unknown, too long: a crash in the course."""
    rung = trained[kind]
    probabilities, known = rung.predict_with_marks(ODD)
    assert np.isfinite(probabilities).all()
    assert np.allclose(probabilities.sum(1), 1)
    assert known.tolist() == [bool(np.any(rung.encode(pl.Series([text])).values >= 2)) for text in ODD]
    for place in (0, 1, 2):
        assert not known[place]
        assert np.allclose(probabilities[place], rung.prior_)


@EVERY
def test_a_long_text_is_cut_and_counted(kind, trained):
    rung = trained[kind]
    assert rung.cut_ == sum(len(rung.vocab_.encode(words).values) > 60 for words in tokens_of(rung, TEXTS))
    long = " ".join(TEXTS[:10])
    assert len(rung.encode(pl.Series([long])).values) == 60
    assert np.allclose(rung.predict_proba([long]), rung.predict_proba([long + " and so on"]))


def tokens_of(rung, texts):
    from sadari.text.tokens.tokenize import tokenizer

    return [tokenizer(rung.tokenizer_)(pl.Series([text])) for text in texts]


# -- learning ---------------------------------------------------------------------------------------------


@EVERY
def test_one_batch_can_be_learned_by_heart(kind):
    texts, labels = TEXTS[:32], LABELS[:32]
    rung = kind(
        epochs=60, learning_rate=0.01, dropout=0, token_dropout=0, label_smoothing=0, min_freq=1, threads=1, warmup=0.05
    ).fit(texts, labels)
    assert rung.score(texts, labels) == 1
    assert rung.history_[-1]["loss"] < 0.05


@EVERY
def test_the_pad_embedding_is_zero_and_no_text_can_name_it(kind, trained):
    """The course padded with 0, which was also `<unk>`."""
    rung = trained[kind]
    assert rung.vocab_.pad_id == 1
    assert rung.vocab_.unknown_id == 0
    assert float(rung.net_.embedding.weight[1].detach().abs().max()) == 0
    with torch.random.fork_rng():
        torch.manual_seed(rung.seed)
        before = rung._new_net(len(rung.vocab_), 4).embedding.weight[0]
    assert not torch.equal(rung.net_.embedding.weight[0], before)  # that of unknown tokens does learn
    assert 1 not in rung.encode(pl.Series(["<pad> the <pad>"])).values


@EVERY
def test_a_seed_gives_its_bits(kind, trained):
    torch.manual_seed(12345)  # what others drew before does not matter
    again = kind(**QUICK, max_length=60).fit(TEXTS, LABELS)
    assert weights(again) == weights(trained[kind])
    other = kind(**QUICK, max_length=60, seed=1).fit(TEXTS, LABELS)
    assert weights(other) != weights(again)


@EVERY
def test_a_seed_does_not_touch_the_generators_of_others(kind):
    torch.manual_seed(3)
    wanted = torch.rand(3)
    torch.manual_seed(3)
    kind(**{**QUICK, "epochs": 1}).fit(TEXTS[:40], LABELS[:40])
    assert torch.equal(torch.rand(3), wanted)


@EVERY
def test_as_many_threads_give_the_same_bits(kind):
    """Whether more or fewer would, is the processor's affair: so a run is kept with their number."""
    settings = {"epochs": 2, "threads": 2, "batch_size": 64, "max_length": 60}
    assert weights(kind(**settings).fit(TEXTS, LABELS)) == weights(kind(**settings).fit(TEXTS, LABELS))


def test_weights_of_samples_are_relative():
    plain = EmbeddingMean(**QUICK).fit(TEXTS, LABELS)
    threefold = EmbeddingMean(**QUICK).fit(TEXTS, LABELS, np.full(len(TEXTS), 3.0))
    assert weights(plain) == weights(threefold)


def test_class_weights_move_the_answers():
    labels = ["one" if label == LABELS[0] else "other" for label in LABELS]
    shares = []
    for weight in ({"other": 20}, None, {"one": 20}):
        rung = EmbeddingMean(**{**QUICK, "epochs": 20}, class_weight=weight).fit(TEXTS, labels)
        shares.append(rung.predict_proba(TEST_TEXTS)[:, 0].mean())
    assert shares[0] + 0.03 < shares[1] < shares[2] - 0.03


@EVERY
def test_several_labels_a_text(kind):
    labels = [(label, "and") if " and " in text else (label,) for text, label in zip(TEXTS, LABELS, strict=True)]
    epochs = 90 if kind is EmbeddingMean else 30
    rung = kind(epochs=epochs, learning_rate=0.01, dropout=0, token_dropout=0).fit(TEXTS, labels)
    assert rung.multilabel
    assert rung.score(TEXTS, labels) > 0.8
    probabilities = rung.predict_proba(TEXTS)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_few_texts_get_more_passes_and_smaller_batches():
    rows = (1, 100, 1_000, 5_000, 30_000, 10**7)
    assert [LSTM().planned_epochs(count) for count in rows] == [40, 40, 19, 5, 4, 4]
    assert [LSTM().planned_batch(count) for count in rows] == [32, 32, 32, 32, 64, 64]
    assert [LSTM(batch_size=64).planned_epochs(count) for count in rows] == [40, 40, 22, 10, 4, 4]
    rung = GRU(threads=1, embed_dim=8, hidden=4).fit(TEXTS[:50], LABELS[:50])
    assert rung.resolved_settings()["epochs"] == rung.epochs_ == rung.history_[-1]["epoch"]
    assert rung.history_[-1]["step"] == 2 * rung.epochs_  # 32 and 18 texts
    assert rung.resolved_settings()["batch_size"] == 32
    assert rung.get_params()["epochs"] is rung.get_params()["batch_size"] is None


@pytest.mark.parametrize(("words", "longest"), [(20, 256), (300, 320), (500, 512), (5_000, 512)])
def test_the_longest_text_read_follows_the_texts(words, longest, tmp_path):
    """One text of a hundred may be cut; of few tokens none is, of very many all are."""
    texts = [f"w{place % 9} " * words for place in range(len(LABELS))]
    texts[7] = "word " * 20_000
    rung = EmbeddingMean(**QUICK, embed_dim=4).fit(texts, LABELS)
    assert rung.max_length_ == rung.resolved_settings()["max_length"] == longest
    assert rung.cut_ == (1 if words <= 512 else 200)
    assert len(rung.encode(pl.Series([texts[7]])).values) == longest
    rung.save(tmp_path / "m")
    assert EmbeddingMean.load(tmp_path / "m").max_length_ == longest


def test_gradients_of_a_large_vocabulary_are_sparse(monkeypatch):
    assert not LSTM(**QUICK).fit(TEXTS[:40], LABELS[:40]).net_.embedding.sparse
    monkeypatch.setattr(sizes, "SPARSE_WORDS", 50)
    rung = LSTM(**QUICK).fit(TEXTS[:40], LABELS[:40])
    assert rung.net_.embedding.sparse
    assert rung.resolved_settings()["sparse"] is True
    assert not LSTM(**QUICK, sparse=False).fit(TEXTS[:40], LABELS[:40]).net_.embedding.sparse


@EVERY
def test_settings_are_those_of_scikit_learn(kind):
    rung = kind(epochs=3, dropout=0.5)
    assert clone(rung).get_params() == rung.get_params()
    assert set(rung.get_params()) == {field.name for field in dataclasses.fields(kind)}
    assert rung.set_params(epochs=4).epochs == 4


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (LSTM, {"pooling": "class"}),
        (Transformer, {"pooling": "last"}),
        (Transformer, {"embed_dim": 10, "heads": 4}),
        (LSTM, {"hidden": 0}),
        (EmbeddingMean, {"epochs": 0}),
        (EmbeddingMean, {"device": "warp"}),
        (EmbeddingMean, {"batch_tokens": 0}),
        (LSTM, {"optimizer": "lion"}),
        (LSTM, {"precision": "fp8"}),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(kind, wrong):
    with pytest.raises(SettingError):
        kind(**{**QUICK, **wrong}).fit(TEXTS[:30], LABELS[:30])


@needs("bf16", "layers", "lstm")
def test_bf16_trains():
    rung = LSTM(**{**QUICK, "epochs": 30, "learning_rate": 0.01}, precision="bf16").fit(TEXTS, LABELS)
    assert rung.score(TEXTS, LABELS) > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("kind", [EmbeddingMean, LSTM, Transformer], ids=lambda kind: kind.name)
def test_compiled_training_saves_under_the_same_names(kind, trained, tmp_path):
    rung = kind(**QUICK, max_length=60, compile=True).fit(TEXTS, LABELS)
    assert list(rung.net_.state_dict()) == list(trained[kind].net_.state_dict())
    rung.save(tmp_path / "m")
    assert np.allclose(kind.load(tmp_path / "m").predict_proba(TEXTS), rung.predict_proba(TEXTS), atol=1e-6)


def test_texts_without_a_token_are_an_error():
    with pytest.raises(DataError, match="takes for a token") as error:
        EmbeddingMean(**QUICK, tokenizer="words").fit(["!!!", "???", "..."], ["a", "b", "a"])
    assert "'!!!'" in str(error.value)
    with pytest.raises(DataError, match="no token stands 9 times"):
        EmbeddingMean(**QUICK, min_freq=9).fit(["one two", "three four"], ["a", "b"])


# -- a corpus larger than memory --------------------------------------------------------------------------


class Chunks:
    """A source that gives texts a few at a time."""

    def __init__(self, texts, rows):
        self.texts, self.each = texts, rows

    def batches(self, rows=65536, *, whole=True):
        for first in range(0, len(self.texts), self.each):
            yield type("Batch", (), {"texts": pl.Series("text", self.texts[first : first + self.each])})()

    def count_rows(self):
        return len(self.texts)


@pytest.mark.parametrize("in_memory", [10**9, 1000, 0])
def test_a_stream_gives_the_bits_of_texts_in_memory(in_memory, monkeypatch):
    monkeypatch.setattr(base, "STREAMED_IN_MEMORY", in_memory)
    rung = LSTM(**QUICK, tokenizer="basic_english")
    ids = rung._learn_vocabulary(TextStream(Chunks(TEXTS, 30)), np.zeros((len(TEXTS), 2), np.int8))
    mapped = ids.values
    while isinstance(mapped, np.ndarray) and not isinstance(mapped, np.memmap):
        mapped = mapped.base
    assert isinstance(mapped, np.memmap) == (in_memory < 10**9)
    streamed = LSTM(**QUICK).fit(TextStream(Chunks(TEXTS, 30)), LABELS)
    assert weights(streamed) == weights(LSTM(**QUICK).fit(TEXTS, LABELS))


def test_a_stream_of_another_length_is_refused():
    with pytest.raises(DataError, match="200 texts"):
        EmbeddingMean(**QUICK).fit(TextStream(Chunks(TEXTS, 30)), LABELS[:-1])


# -- reasons ----------------------------------------------------------------------------------------------


@EVERY
def test_contributions_add_up_to_the_logits(kind):
    """Completeness of integrated gradients, on nets trained until they are sure of themselves."""
    rung = kind(epochs=25, learning_rate=0.005, threads=1).fit(TEXTS, LABELS)
    worst = 0.0
    for text in [*TEST_TEXTS[:8], *TEXTS[:4]]:
        explained = rung.explain(text)
        logits = rung._logits_of([text])[0][0] * rung.inverse_temperature_
        error = np.abs(explained.contributions.sum(0) + explained.bias - logits).max()
        worst = max(worst, error / max(1.0, np.abs(logits).max()))
    assert worst < 1e-3


@EVERY
def test_reasons_for_odd_texts(kind, trained):
    for text in ODD:
        explained = trained[kind].explain(text)
        assert explained.contributions.shape == (len(explained.features), 4)
        assert np.isfinite(explained.contributions).all()
        assert np.isfinite(explained.bias).all()
    assert trained[kind].explain("").features == []


def test_reasons_of_a_linear_net_are_its_terms():
    """The mean of embeddings is linear: a token's contribution is its own row, by hand."""
    rung = EmbeddingMean(**QUICK).fit(TEXTS, LABELS)
    ids = torch.from_numpy(rung.encode(pl.Series([TEXTS[0]])).values.astype(np.int64))
    values, bias = integrated_gradients(rung.net_, ids)
    with torch.no_grad():
        wanted = rung.net_.embedding(ids) @ rung.net_.output.weight.T / len(ids)
    assert np.allclose(values, wanted.numpy(), atol=1e-5)
    assert np.allclose(bias, rung.net_.output.bias.detach().numpy(), atol=1e-6)


# -- model folders ----------------------------------------------------------------------------------------


@EVERY
def test_a_saved_model_answers_the_same(kind, trained, tmp_path):
    rung = trained[kind]
    rung.save(tmp_path / "m")
    loaded = kind.load(tmp_path / "m")
    assert weights(loaded) == weights(rung)
    texts = [*ODD, *TEST_TEXTS[:50]]
    assert np.array_equal(loaded.predict_proba(texts), rung.predict_proba(texts))
    assert loaded.resolved_settings() == rung.resolved_settings()
    loaded.save(tmp_path / "again")
    first, second = read_model(tmp_path / "m"), read_model(tmp_path / "again")
    assert first.manifest["sha256"] == second.manifest["sha256"]


def refused(kind, folder, match=None):
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(ModelError, match=match):
        kind.load(folder)
    assert time.process_time() - start < 2
    assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    tracemalloc.stop()


CLAIMS = [
    (EmbeddingMean, {"embed_dim": 4096}),
    (LSTM, {"hidden": 4096, "layers": 64}),
    (BiLSTM, {"hidden": 4096, "layers": 64}),
    (LSTM, {"hidden": 10**9}),
    (LSTM, {"layers": 0}),
    (GRU, {"embed_dim": 4096, "hidden": 4096, "layers": 64}),
    (RNN, {"layers": 64}),
    (Transformer, {"layers": 64, "embed_dim": 4096, "inner": 16_384}),
    (Transformer, {"heads": 7}),
    (Transformer, {"positions": "learned", "max_length": 65_536}),
    (Transformer, {"pooling": "class"}),
    (LSTM, {"pooling": "class"}),
    (LSTM, {"tokenizer": "__import__('os')"}),
    (EmbeddingMean, {"no_such": 1}),
    (LSTM, {"max_length": 10**12}),
    (LSTM, {"device": 7}),
    (LSTM, {"epochs": -1}),
]


@pytest.mark.parametrize(("kind", "settings"), CLAIMS, ids=str)
def test_what_a_folder_claims_and_does_not_hold(kind, settings, trained, tmp_path):
    refused(kind, changed(trained[kind], tmp_path, settings=settings))


@EVERY
def test_a_missing_or_misshapen_tensor(kind, trained, tmp_path):
    weight = trained[kind].net_.state_dict()["output.weight"].numpy()
    for tensors, match in [
        ({"output.bias": None}, "no tensor"),
        ({"output.weight": weight[:, :-1].copy()}, "shape"),
        ({"output.weight": weight.astype(np.float64)}, "float64"),
        ({"output.weight": weight.T.copy()}, "shape"),
        ({"output.weight": np.full_like(weight, 1e30)}, "too large"),
    ]:
        refused(kind, changed(trained[kind], tmp_path, tensors=tensors), match)


@pytest.mark.parametrize(
    ("words", "match"),
    [
        ('["<unk>", "<pad>"]', "shape"),
        ('["<pad>", "<unk>", "a"]', "does not begin"),
        ("[]", "does not begin"),
        ("{}", "list of words"),
        ('["<unk>", "<pad>", 3]', "list of words"),
        ("[" * 10_000, "deep|nest|list"),
        ('["<unk>", "<pad>", "a", "a"]', "twice|stands|shape"),
    ],
    ids=lambda text: text[:20],
)
def test_a_vocabulary_that_does_not_fit_the_embedding(words, match, trained, tmp_path):
    refused(LSTM, changed(trained[LSTM], tmp_path, texts={VOCABULARY: words}), match)


def test_a_device_of_training_is_not_asked_for_when_loading(trained, tmp_path):
    """A model trained on a GPU predicts on a machine without one."""
    folder = changed(trained[LSTM], tmp_path, settings={"device": "cuda"})
    assert np.array_equal(LSTM.load(folder).predict_proba(TEXTS), trained[LSTM].predict_proba(TEXTS))


def test_an_untrained_rung_is_none_of_its_kinds():
    with pytest.raises(NotImplementedError):
        NeuralRung(**QUICK).fit(TEXTS[:30], LABELS[:30])


def test_a_pass_over_some_of_the_texts_and_a_report_every_few_steps():
    texts, labels = [f"word{i % 7} other{i % 2}" for i in range(64)], [str(i % 2) for i in range(64)]
    model = EmbeddingMean(epochs=2, epoch_size=24, batch_size=4, report_every=2).fit(texts, labels)
    assert [record["step"] for record in model.history_] == [2, 4, 6, 8, 10, 12]
    assert [record["epoch"] for record in model.history_] == [1, 1, 1, 2, 2, 2]
    with pytest.raises(SettingError, match="epoch_size"):
        EmbeddingMean(epoch_size=0).fit(texts, labels)
