"""Training word vectors: against the gradients of torch, against gensim on real text, and its promises."""

import mmap
import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import torch

from real_data import data_file
from sadari.display.watching import Watching
from sadari.errors import DataError, SettingError
from sadari.vectors.evaluation import evaluate_similarity
from sadari.vectors.formats.files import read_vectors, write_vectors
from sadari.vectors.keyed import WordVectors
from sadari.vectors.word2vec import corpus as sentences_module
from sadari.vectors.word2vec import gpu as word2vec_torch
from sadari.vectors.word2vec import trainer as word2vec
from sadari.vectors.word2vec.corpus import choose_word_tokenizer, read_sentences
from sadari.vectors.word2vec.cpu import STEPS, alias_table, cbow, skipgram, tables, windows
from sadari.vectors.word2vec.trainer import Word2Vec, runs_of, train_vectors

TEXTS = ["the cat sat on the mat", "the dog sat on the log", "a cat and a dog", "on the mat the cat sat"] * 50
ALWAYS = np.uint64(2**32)


def one_step(loop, rows, *, window=2, negatives=3, seed=12345, rate=1e-3):
    """One pass of a compiled loop over one sentence with every word kept: matrices before and after, the loss."""
    random = np.random.default_rng(0)
    words, width = 6, 16
    values, offsets = np.array([0, 1, 2, 3, 1], np.int32), np.array([0, 5])
    row_values, row_offsets = rows
    inputs = random.normal(size=(row_values.max() + 1, width)).astype(np.float32)
    outputs = random.normal(size=(words, width)).astype(np.float32)
    before = inputs.copy(), outputs.copy()
    odds, others = alias_table(np.ones(words))
    loss, pairs = loop(
        (values, offsets),
        0,
        1,
        row_values,
        row_offsets,
        np.full(words, ALWAYS),
        (odds, others),
        inputs,
        outputs,
        window,
        negatives,
        (rate, rate),
        np.uint64(seed),
        tables(),
    )
    return before, (inputs, outputs), loss, pairs


SINGLE = np.arange(6, dtype=np.int32), np.arange(7)
PIECES = np.array([0, 6, 7, 1, 7, 2, 3, 8, 4, 5], np.int32), np.array([0, 3, 5, 6, 8, 9, 10])


class Draws:
    """The numbers that the compiled loops draw, drawn again in Python: xorshift64."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = 2**64 - 1
        self.state ^= (self.state << 13) & mask
        self.state ^= self.state >> 7
        self.state ^= (self.state << 17) & mask
        return self.state

    def word(self, words):
        return ((self.next() >> 32) * words) >> 32  # equal shares: the alias is never taken


@pytest.mark.parametrize("rows", [SINGLE, PIECES], ids=["words", "pieces"])
@pytest.mark.parametrize("loop", [skipgram, cbow])
def test_a_small_step_is_the_gradient_that_torch_computes(loop, rows):
    """At a small rate the steps of a pass add up to minus the gradient of its summed loss."""
    rate = 1e-4
    before, after, loss, pairs = one_step(loop, rows, rate=rate)
    inputs = torch.tensor(before[0], dtype=torch.float64, requires_grad=True)
    outputs = torch.tensor(before[1], dtype=torch.float64, requires_grad=True)
    draws, sentence, wanted, counted = Draws(12345), [0, 1, 2, 3, 1], 0.0, 0
    for _ in sentence:
        draws.next()  # whether each word is kept

    def vector(words):
        """The mean of some words' rows, each of which gets the whole gradient: word2vec's rule, and fastText's."""
        rows_of = [inputs[rows[0][i]] for w in words for i in range(rows[1][w], rows[1][w + 1])]
        total = torch.stack(rows_of).sum(dim=0)
        return total - total.detach() + total.detach() / len(rows_of)

    for i, middle in enumerate(sentence):
        reach = 1 + (draws.next() >> 33) % 2
        around = [sentence[j] for j in range(max(0, i - reach), min(5, i + reach + 1)) if j != i]
        if loop is skipgram:
            hidden, positives, weight = vector([middle]), around, len(around)
        else:
            hidden, positives, weight = vector(around), [middle], 1
        for word in positives:
            wanted = wanted - torch.nn.functional.logsigmoid(hidden @ outputs[word])
        for _ in range(3):
            other = draws.word(6)
            if other != middle:
                wanted = wanted - weight * torch.nn.functional.logsigmoid(-(hidden @ outputs[other]))
        counted += len(positives)
    wanted.backward()
    assert pairs == counted
    assert loss == pytest.approx(float(wanted.detach()), rel=0.01)
    for matrix, start, end in ((inputs, before[0], after[0]), (outputs, before[1], after[1])):
        step = torch.tensor((end.astype(np.float64) - start) / -rate)
        assert torch.allclose(step, matrix.grad, atol=0.05)
        assert float(matrix.grad.abs().max()) > 1


def test_the_tables_are_the_logistic_function_and_its_logarithm():
    table, middle = tables(), (np.arange(STEPS) + 0.5) * 16 / STEPS - 8
    assert np.abs(table[0] - 1 / (1 + np.exp(-middle))).max() < 1e-6
    assert np.abs(table[1] + np.log(table[0])).max() < 1e-3


@pytest.mark.parametrize("shares", [[1.0], [1.0, 1.0], [0.5, 3.0, 100.0, 0.01], list(range(1, 200))])
def test_the_alias_table_has_the_shares(shares):
    odds, others = alias_table(np.array(shares))
    chance = odds.astype(np.float64) / 2**32
    found = chance.copy()
    np.add.at(found, others, 1 - chance)
    assert np.allclose(found / len(shares), np.array(shares) / np.sum(shares), atol=1e-8)


def test_windows_are_those_of_the_loops():
    values, offsets = np.array([4, 5, 6, 7, 8, 9], np.int32), np.array([0, 5, 6])
    middles, around, ends = np.empty(6, np.int32), np.empty(60, np.int32), np.empty(7, np.int64)
    chance = np.full(10, ALWAYS)
    words, stored = windows(values, offsets, 0, 2, chance, 1, np.uint64(1), middles, around, ends)
    assert middles[:words].tolist() == [4, 5, 6, 7, 8]  # a sentence of one word has no neighbours
    assert [around[a:b].tolist() for a, b in pairwise(ends[: words + 1].tolist())] == [[5], [4, 6], [5, 7], [6, 8], [7]]
    assert stored == 8


# -- training -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("subwords", [None, (2, 3)])
def test_one_worker_gives_the_same_bits(model, subwords):
    settings = {"model": model, "width": 20, "min_count": 1, "workers": 1, "subwords": subwords, "epochs": 2}
    first, second = (train_vectors(TEXTS, **settings, seed=3) for _ in range(2))
    other = train_vectors(TEXTS, **settings, seed=4)
    assert np.array_equal(first.matrix, second.matrix)
    assert first.training["history"][0]["loss"] == second.training["history"][0]["loss"]
    assert not np.array_equal(first.matrix, other.matrix)


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_the_loss_begins_where_an_untrained_net_stands_and_falls(model):
    seen = []
    vectors = train_vectors(
        TEXTS * 5,
        model=model,
        min_count=1,
        width=24,
        workers=1,
        epochs=8,
        sample=0,
        on_progress=lambda *told: seen.append(told),
    )
    losses = [record["loss"] for record in vectors.training["history"]]
    assert losses[0] < 6 * np.log(2) + 1e-6  # (1 + 5 negatives) · ln 2, less what the first epoch learned
    tiny = train_vectors(TEXTS, model=model, min_count=1, width=24, workers=1, epochs=1, sample=0, learning_rate=1e-9)
    spared = tiny.training["history"][0]["loss"]  # a negative that is the word itself is passed over
    assert 4 * np.log(2) < spared <= 6 * np.log(2) + 1e-6
    assert losses[-1] < losses[0]
    shares = [done / total for done, total, record in seen if "loss" in record]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


def test_words_that_stand_alike_end_alike():
    """Two words in the same places come to lie nearer to each other than to a word of other places."""
    random = np.random.default_rng(0)
    fruit, metal = ["apple", "pear"], ["iron", "zinc"]
    texts = [
        f"eat a ripe {random.choice(fruit)} from the tree" if i % 2 else f"melt the {random.choice(metal)} in a furnace"
        for i in range(3000)
    ]
    for model in ("skipgram", "cbow"):
        vectors = train_vectors(texts, model=model, width=16, workers=1, window=3)
        assert vectors.similarity("apple", "pear") > vectors.similarity("apple", "zinc") + 0.3


def test_subwords_give_unseen_words_a_vector_near_their_kin():
    vectors = train_vectors(TEXTS * 4, min_count=1, width=16, subwords=(2, 4), workers=1)
    assert "cats" not in vectors
    assert vectors.similarity("cats", "cat") > vectors.similarity("cats", "log")
    # a known word's vector is the mean of its own row and its pieces
    assert vectors.vectors_of(["cat"])[1].all()


def test_korean_jamo_share_pieces_between_inflections():
    texts = ["나는 밥을 먹었어", "너는 빵을 먹고 있어", "우리는 밥을 먹지", "물을 마셨지", "차를 마시고 있어"] * 200
    vectors = train_vectors(texts, min_count=1, width=16, subwords=(3, 5), unit="jamo", workers=1)
    assert "먹는다" not in vectors
    assert vectors.similarity("먹는다", "먹고") > vectors.similarity("먹는다", "마시고")
    known, made = vectors.vectors_of(["먹는다", "xyzzy"])
    assert made[0]
    assert known[0].any()


def test_several_workers_learn_as_well():
    before = threading.active_count()
    one = train_vectors(TEXTS * 40, min_count=1, width=16, workers=1, epochs=2)
    two = train_vectors(TEXTS * 40, min_count=1, width=16, workers=2, epochs=2)
    assert two.training["history"][-1]["loss"] == pytest.approx(one.training["history"][-1]["loss"], rel=0.05)
    assert threading.active_count() <= before


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("subwords", [None, (3, 4)])
def test_torch_learns_what_the_loops_learn(model, subwords, monkeypatch):
    """The way of a GPU, on the CPU: the same loss, nearly."""
    monkeypatch.setattr(word2vec_torch, "BATCH", 32)  # of a few words: a small batch
    settings = Word2Vec(model=model, min_count=1, width=16, epochs=3, subwords=subwords, sample=0, workers=1)
    loops = settings.train(TEXTS * 5)
    sentences = read_sentences(TEXTS * 5, min_count=1)
    start = settings.start(sentences)
    history = word2vec_torch.train_on_device(settings, sentences, start, Watching("vectors"))
    batched = settings.finish(sentences, start, history)
    assert history[-1]["loss"] == pytest.approx(loops.training["history"][-1]["loss"], rel=0.2)
    assert batched.similarity("cat", "dog") > batched.similarity("cat", "on")


def test_a_corpus_on_the_disk_gives_the_same_vectors():
    columns = [pl.Series(TEXTS[i : i + 50]) for i in range(0, len(TEXTS), 50)]
    held = read_sentences(TEXTS, min_count=2)
    stored = read_sentences(iter(columns), min_count=2, in_memory=10)
    base = stored.ids.values
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap | mmap.mmap)
    assert held.words == stored.words
    assert np.array_equal(held.ids.values, stored.ids.values)
    assert np.array_equal(held.ids.offsets, stored.ids.offsets)


def test_rare_words_are_left_out_of_the_sentences():
    sentences = read_sentences(["a a b", "c", "", "b a d"], min_count=2)
    assert sentences.words == ["a", "b"]
    assert sentences.ids.to_lists() == [[0, 0, 1], [], [], [1, 0]]
    assert (sentences.rare, sentences.tokens) == (2, 7)


def test_runs_end_at_the_end_of_a_text():
    offsets = np.array([0, 3, 3, 10, 11, 30])
    runs = runs_of(offsets, 5)
    assert runs[0] == 0
    assert runs[-1] == 5
    assert (np.diff(runs) > 0).all()


def test_whole_words_for_korean_and_pieces_where_there_are_no_spaces():
    assert choose_word_tokenizer(pl.Series(["나는 밥을 먹었다"])) == "basic_english"
    assert choose_word_tokenizer(pl.Series(["hello there"])) == "basic_english"
    assert choose_word_tokenizer(pl.Series(["吾輩は猫である。名前はまだ無い。"])) == "syllables"


@pytest.mark.parametrize("texts", [[], [""], ["a b c"]])
def test_a_corpus_without_frequent_words_is_refused(texts):
    with pytest.raises(DataError):
        train_vectors(texts)


@pytest.mark.parametrize(
    "setting",
    [
        {"model": "bert"},
        {"width": 0},
        {"window": 0},
        {"negatives": 0},
        {"epochs": 0},
        {"min_count": 0},
        {"learning_rate": 0},
        {"learning_rate": 5},
        {"sample": 1.0},
        {"sample": -1},
        {"unit": "bytes"},
        {"subwords": (4, 3)},
        {"subwords": (0, 3)},
        {"workers": 0},
        {"buckets": 0},
        {"max_words": 0},
        {"width": "5"},
        {"width": 2.5},
        {"width": True},
        {"epochs": None},
        {"seed": -1},
        {"seed": "x"},
        {"learning_rate": "0.1"},
        {"sample": None},
        {"subwords": 3},
        {"subwords": "3-6"},
        {"subwords": (3, 6, 9)},
        {"subwords": (3.0, 6)},
        {"unit": "jamo"},
        {"buckets": 100},
        {"workers": 10**6},
        {"window": 10**9},
    ],
)
def test_a_setting_out_of_range_is_refused(setting):
    with pytest.raises(SettingError):
        Word2Vec(**setting)


@pytest.mark.parametrize("loop", [skipgram, cbow])
def test_the_learning_rate_falls_from_sentence_to_sentence(loop):
    """From zero outputs and without negatives, a step of a pair is half the rate times the other word's vector."""
    inputs = np.random.default_rng(0).normal(size=(4, 16)).astype(np.float32)
    outputs = np.zeros((4, 16), np.float32)
    odds, others = alias_table(np.ones(4))
    loop(
        (np.array([0, 1, 2, 3], np.int32), np.array([0, 2, 4])),
        0,
        2,
        np.arange(4, dtype=np.int32),
        np.arange(5),
        np.full(4, ALWAYS),
        (odds, others),
        inputs,
        outputs,
        1,
        0,
        (0.1, 0.02),
        np.uint64(1),
        tables(),
    )
    np.testing.assert_allclose(outputs[1], 0.5 * 0.10 * inputs[0], rtol=2e-3)
    np.testing.assert_allclose(outputs[3], 0.5 * 0.06 * inputs[2], rtol=2e-3)


def test_the_learning_rate_falls_in_a_line_over_all_epochs(monkeypatch):
    told = []

    def loop(corpus, first, last, *others):
        told.append((first, last, *others[-3]))  # the first and the last rate
        return 0.0, 1

    monkeypatch.setattr(word2vec, "skipgram", loop)
    monkeypatch.setattr(word2vec, "RUN", 60)
    train_vectors(TEXTS, min_count=1, width=4, epochs=2, learning_rate=0.2, workers=1)
    assert len(told) > 10
    firsts, lasts, rates, end_rates = zip(*told, strict=True)
    assert (firsts[0], lasts[-1], rates[0]) == (0, len(TEXTS), 0.2)
    assert end_rates[-1] == pytest.approx(0.2 * 0.004)
    assert np.allclose(rates[1:], end_rates[:-1])
    lengths = np.array([len(text.split()) for text in TEXTS])
    slopes = [(a - b) / lengths[first:last].sum() for first, last, a, b in told]
    assert np.allclose(slopes, slopes[0])


def test_frequent_words_are_left_out_by_word2vecs_rule():
    texts = [" ".join(["a a a a a a a a b c"] * 10)] * 50
    sentences = read_sentences(texts, min_count=1)
    start = Word2Vec(min_count=1, sample=0.02, width=4).start(sentences)
    share = np.array([0.8, 0.1, 0.1])
    wanted = np.sqrt(0.02 / share) + 0.02 / share
    np.testing.assert_allclose(start.chance / 2.0**32, wanted, rtol=1e-6)
    ids = sentences.ids
    room = np.empty(5_000, np.int32), np.empty(50_000, np.int32), np.empty(5_001, np.int64)
    kept = [
        windows(ids.values, ids.offsets, 0, 50, start.chance, 5, np.uint64(seed), *room)[0] for seed in range(1, 20)
    ]
    assert np.mean(kept) / 5_000 == pytest.approx(float(wanted @ share), rel=0.03)
    assert (Word2Vec(min_count=1, sample=0, width=4).start(sentences).chance == 2**32).all()


def test_numpys_numbers_are_numbers(tmp_path):
    vectors = train_vectors(TEXTS, min_count=np.int64(1), width=np.int32(4), learning_rate=np.float32(0.1), workers=1)
    write_vectors(vectors, tmp_path / "v")
    assert read_vectors(tmp_path / "v").training["settings"]["width"] == 4


@pytest.mark.parametrize("device", ["nowhere", "cuda:99", "mps:7"])
def test_a_device_that_is_not_there_is_said_before_anything_is_read(device):
    def texts():
        raise AssertionError("read")
        yield

    with pytest.raises(SettingError, match=r"device|has no"):
        train_vectors(texts(), device=device)


def test_a_training_that_diverged_gives_no_vectors():
    settings = Word2Vec(min_count=1, width=4)
    sentences = read_sentences(TEXTS, min_count=1)
    start = settings.start(sentences)
    start.inputs[2, 3] = np.nan
    with pytest.raises(SettingError, match="diverged"):
        settings.finish(sentences, start, [])


@pytest.mark.parametrize("texts", [["one", "one", "two"], ["a b"]])
def test_words_without_neighbours_teach_nothing(texts):
    """Two words, each half of the text, are left out of nearly all sentences unless all are kept."""
    with pytest.raises(DataError, match="beside another"):
        train_vectors(texts, min_count=1, epochs=1, workers=1, sample=1e-9)


def test_texts_come_as_lists_columns_and_streams_of_them():
    wanted = train_vectors(TEXTS, min_count=1, width=4, workers=1).matrix
    columns = [pl.Series(TEXTS[:50]), pl.Series(TEXTS[50:])]
    for texts in (tuple(TEXTS), np.array(TEXTS), pl.Series(TEXTS), columns, iter(columns), [TEXTS[:50], TEXTS[50:]]):
        assert np.array_equal(train_vectors(texts, min_count=1, width=4, workers=1).matrix, wanted)
    for wrong, what in (
        (None, "NoneType"),
        (5, "int"),
        (iter(TEXTS), "one by one"),
        ("a b", "one string"),
        ([1], "int"),
    ):
        with pytest.raises(DataError, match=what):
            train_vectors(wrong)


def test_a_long_text_is_cut_into_sentences(monkeypatch):
    monkeypatch.setattr(sentences_module, "MOST_WORDS", 4)
    found = read_sentences(["a a a a a a a a a", "", "a a a a", "a"], min_count=1)
    assert found.ids.lengths.tolist() == [4, 4, 1, 0, 4, 1]
    whole = train_vectors([" ".join(TEXTS)], min_count=1, width=4, workers=1, epochs=1)
    assert whole.training["history"][0]["pairs"] > 0


def test_on_a_device_one_worker_adds_in_a_fixed_order(monkeypatch):
    """What makes the same bits on a GPU is on while it trains, and off again, whatever happens."""
    import torch

    settings, sentences = Word2Vec(min_count=1, width=4, workers=1), read_sentences(TEXTS, min_count=1)
    seen = []

    def watch(*_):
        seen.append(torch.are_deterministic_algorithms_enabled())
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        word2vec_torch.train_on_device(
            settings, sentences, settings.start(sentences), Watching("vectors", on_progress=watch)
        )
    assert seen == [True, True]
    assert not torch.are_deterministic_algorithms_enabled()
    several = replace(settings, workers=2)
    word2vec_torch.train_on_device(
        several, sentences, settings.start(sentences), Watching("vectors", on_progress=watch)
    )
    assert not any(seen[2:])


@pytest.mark.slow
@pytest.mark.data
def test_vectors_of_ag_news_are_as_good_as_gensims():
    """WordSim-353 after one epoch of half the texts: no lower than gensim's with the same settings."""
    gensim = pytest.importorskip("gensim.models")
    from sadari.data.read import open_source

    texts = open_source(data_file("ag_news/train.csv")).read().texts[:15_000]
    sentences = read_sentences(texts)
    words = [[sentences.words[i] for i in row] for row in sentences.ids]
    path = data_file("wordsim/wordsim353.tsv")
    for sg, model in ((1, "skipgram"), (0, "cbow")):
        theirs = gensim.Word2Vec(words, vector_size=50, window=5, negative=5, sg=sg, epochs=2, seed=1, workers=1)
        ours = train_vectors(texts, model=model, width=50, epochs=2, workers=1)
        matrix = theirs.wv.vectors.astype(np.float32)
        peer = evaluate_similarity(WordVectors(theirs.wv.index_to_key, matrix), path)
        assert evaluate_similarity(ours, path).spearman > peer.spearman
