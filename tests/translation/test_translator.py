"""Translators and their parts: subwords, batches of pairs, averaged weights, training, translating, saving."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchrun
from sadari.artifact import read_model, write_model
from sadari.data.datasets import find
from sadari.data.parallel.read import read_pairs
from sadari.errors import DataError, ModelError, SettingError
from sadari.text.subword.bpe import SPECIALS, Subwords
from sadari.train.averaging import LastWeights
from sadari.train.checkpoint import read_run
from sadari.train.loop import Interrupted
from sadari.train.objectives.translation import PairBatches, mean_loss, with_end
from sadari.translation import settings as translator_settings
from sadari.translation.alignment import align_words
from sadari.translation.defaults import BY_PAIRS, EPOCHS, MANY_PAIRS
from sadari.translation.scripts import same_script, vocabulary_size
from sadari.translation.translator import Translator

PHRASES = read_pairs(find("phrases").train, source_column="en", target_column="fr")
SOURCES, TARGETS = PHRASES.sources.head(120), PHRASES.targets.head(120)
HELD_OUT = PHRASES.sources[120:160], PHRASES.targets[120:160]
# nets that learn something of this in seconds
TINY = {"width": 32, "hidden": 32, "epochs": 6, "batch_tokens": 200, "learning_rate": 0.01, "heads": 2, "seed": 3}
NETS = ("transformer", "lstm", "gru")
EVERY = pytest.mark.parametrize("net", NETS)
TEXTS = ["I drink milk", "", "The dogs sleep", "  ", "A word", "She eats an apple with her friend on Monday", "?"]


def tiny(net="transformer", **more):
    return Translator(**{**TINY, "net": net, **more})


_made = {}


def made(net):
    """A tiny translator, trained once."""
    if net not in _made:
        _made[net] = tiny(net).fit(SOURCES, TARGETS, validation=HELD_OUT)
    return _made[net]


def bits(model):
    """All that two equal trainings have in common: weights and history, but for the time."""
    weights = {name: value.numpy().tobytes() for name, value in model.net_.state_dict().items()}
    return weights, [{key: value for key, value in record.items() if key != "seconds"} for record in model.history_]


# -- subwords -------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.text(st.sampled_from("abc de,.'!\t\n"), max_size=30))
def test_what_is_cut_is_put_together_again(text):
    subwords = Subwords.train([pl.Series(["abc de, abc. d'e! ab abc", "de abc, abc de", ". , ' !"])], size=60)
    assert subwords.decode(subwords.encode([text]).to_lists()) == [" ".join(text.split())]


def test_subwords_are_fewer_than_letters_and_learned_alike_each_time():
    subwords = Subwords.train([SOURCES, TARGETS], size=300)
    again = Subwords.train([SOURCES, TARGETS], size=300)
    assert (subwords.pieces, subwords.merges) == (again.pieces, again.merges)
    assert len(subwords) <= 300
    assert subwords.encode(SOURCES).lengths.sum() < 0.6 * SOURCES.str.len_chars().sum()
    assert Subwords.train([pl.Series(["ABC abc"] * 3)], size=50, lowercase=True).encode(["ABC"]).to_lists() != [[1]]


def test_no_text_is_cut_into_a_special_subword():
    subwords = Subwords.train([SOURCES], size=300)
    ids = subwords.encode(["<s> milk </s> <pad>"]).values
    assert not {subwords.pad_id, subwords.start_id, subwords.end_id} & set(ids.tolist())


def test_unknown_characters_are_counted_and_left_out():
    subwords = Subwords.train([SOURCES], size=300)
    ids = subwords.encode(["I drink 牛奶"]).to_lists()[0]
    assert ids.count(subwords.unknown_id) == 2
    assert subwords.decode([ids]) == ["I drink"]


def test_subwords_make_words():
    subwords = Subwords.train([TARGETS.str.replace(" ", ", ")], size=120)
    ids = [*subwords.encode(["J'ai du lait 牛 ,"]).values.tolist(), subwords.end_id]
    words = subwords.words(ids)
    assert [word for word, _ in words] == ["J", "'", "ai", "du", "lait", "<unk>", ",", "</s>"]
    assert sum(count for _, count in words) == len(ids)


def test_a_tokenizer_file_says_it_all():
    subwords = Subwords.train([SOURCES, TARGETS], size=300, lowercase=True)
    back = Subwords.from_json(subwords.to_json())
    assert back.lowercase
    assert back.encode(TARGETS).to_lists() == subwords.encode(TARGETS).to_lists()
    from tokenizers import Tokenizer

    theirs = Tokenizer.from_str(subwords.to_json())
    assert [entry.ids for entry in theirs.encode_batch(TARGETS.to_list())] == subwords.encode(TARGETS).to_lists()


def _changed(**changes):
    said = json.loads(Subwords.train([SOURCES], size=200).to_json())
    said["model"].update(changes.pop("model", {}))
    return json.dumps({**said, **changes})


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "nothing",
        json.dumps({"model": {"vocab": {}, "merges": []}}),
        _changed(normalizer=None),
        _changed(model={"type": "WordPiece"}),
        _changed(model={"merges": [["z", "zzz"]]}),
        _changed(model={"merges": "ab"}),
        _changed(model={"vocab": {"a": 0, "b": 7}}),
        _changed(model={"dropout": 0.5}),
        _changed(pre_tokenizer={"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Removed"}),
        _changed(model={"vocab": {name: id for id, name in enumerate([*SPECIALS[1:], "a", "b"])}, "merges": []}),
        _changed(model={"vocab": dict.fromkeys(SPECIALS, True)}),
    ],
)
def test_a_strangers_tokenizer_is_refused(text):
    with pytest.raises((ValueError, ModelError), match=r".") as caught:
        Subwords.from_json(text)
    assert "\n" not in str(caught.value)


def test_scripts():
    korean = PHRASES.targets.head(0).extend(pl.Series(["나는 우유를 마셔요", "개들은 자요"] * 5))
    assert same_script(SOURCES, TARGETS)
    assert not same_script(SOURCES, korean)
    assert 500 <= vocabulary_size([SOURCES]) <= 8000
    assert vocabulary_size([pl.Series(["a b c d " * 1000] * 100)]) == 8000


# -- batches and weights --------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), max_size=60), st.integers(1, 200), st.integers(1, 3))
def test_every_pair_stands_in_one_batch_that_is_not_too_large(lengths, most, world):
    sources, targets = (np.array([pair[side] for pair in lengths], np.int64) for side in (0, 1))
    batches = PairBatches(sources, targets, most, seed=1)
    for epoch in (batches.epoch(1), batches.in_order()):
        assert sorted(np.concatenate([*epoch, []]).tolist()) == list(range(len(lengths)))
        for batch in epoch:
            cost = len(batch) * max(sources[batch].max(), targets[batch].max())
            assert cost <= most or len(batch) == 1
    again = PairBatches(sources, targets, most, seed=1).epoch(1)
    assert [batch.tolist() for batch in again] == [batch.tolist() for batch in batches.epoch(1)]
    shares = [batches.epoch(1, rank=rank, world=world) for rank in range(world)]
    for parts, whole in zip(zip(*shares, strict=True), batches.epoch(1), strict=True):
        assert sorted(np.concatenate(parts).tolist()) == sorted(whole.tolist())


def test_batches_have_little_padding():
    random = np.random.default_rng(0)
    sources = random.integers(3, 40, 5000)
    targets = np.maximum(1, sources + random.integers(-4, 5, 5000))
    batches = PairBatches(sources, targets, 1000).epoch(1)
    longer = PairBatches(10 * sources, 10 * targets, 4000).epoch(1)
    assert all(len(batch) * (10 * targets[batch].max()) ** 2 <= 4000 * 64 or len(batch) == 1 for batch in longer)
    for lengths, most in ((targets, 0.05), (sources, 0.15)):
        padded = sum(len(batch) * lengths[batch].max() for batch in batches)
        assert padded < (1 + most) * lengths.sum()


def test_the_mean_of_the_last_weights():
    net, last = torch.nn.Linear(2, 2), LastWeights(3)
    states = []
    for _ in range(5):
        torch.nn.init.normal_(net.weight)
        last.add(net)
        states.append(net.weight.detach().clone())
    assert len(last) == 3
    assert torch.allclose(last.mean()["weight"], (states[2] + states[3] + states[4]) / 3)
    back = LastWeights(3)
    back.restore(last.tensors(), torch.device("cpu"))
    assert torch.equal(back.mean()["weight"], last.mean()["weight"])


@EVERY
def test_the_loss_of_a_pair_is_the_same_in_any_company(net):
    model = made(net)
    pairs, _ = model._pairs(*HELD_OUT)
    total = sum(
        mean_loss(model.net_, model._pairs(*(side[i : i + 1] for side in HELD_OUT))[0]) * tokens
        for i, tokens in enumerate(pairs.targets.lengths.tolist())
    )
    assert mean_loss(model.net_, pairs) == pytest.approx(total / pairs.targets.lengths.sum(), rel=1e-4)


# -- translating ----------------------------------------------------------------------------------------


@EVERY
def test_a_text_alone_or_among_others(net):
    model = made(net)
    for beam in (1, 4):
        together = model.search(TEXTS, beam=beam)
        for text, found in zip(TEXTS, together, strict=True):
            alone = model.search([text], beam=beam)[0]
            assert alone.text == found.text
            assert alone.log_probability == pytest.approx(found.log_probability, abs=1e-3)


@EVERY
def test_empty_unknown_and_long_texts_have_an_answer(net):
    model = made(net)
    long = "milk " * 400
    found = model.translate(["", " \n", "牛奶", long, "I drink 牛奶"])
    assert found[:2] == ["", ""]
    assert all(isinstance(text, str) and "<" not in text for text in found)
    read = model.read(["", "牛奶", long, "I drink 牛奶"])
    assert read.cut.tolist() == [False, False, True, False]
    assert read.unknown.tolist() == [0, 2, 0, 2]
    assert read.ids.lengths[2] == model.max_length
    assert model.translate([]) == []


@EVERY
def test_a_beam_finds_what_the_model_likes_better(net):
    """On the whole, and almost always; a beam may lose what greedy search would have come to."""
    model = made(net)
    greedy, wide = (
        [found.log_probability for found in model.search(HELD_OUT[0], beam=beam, length_penalty=0)] for beam in (1, 8)
    )
    assert sum(wide) > sum(greedy)
    assert np.mean(np.array(wide) >= np.array(greedy) - 1e-4) > 0.9


@EVERY
def test_alignments_are_shares(net):
    model = made(net)
    found = model.alignment("She eats an apple")
    assert found.sources == ["She", "eats", "an", "apple", "</s>"]
    assert found.targets[-1] == "</s>"
    assert found.weights.shape == (len(found.targets), 5)
    assert np.allclose(found.weights.sum(axis=1), 1)
    assert (found.weights >= 0).all()
    assert "".join(found.targets[:-1]) == model.translate(["She eats an apple"])[0].replace(" ", "")
    given = model.alignment("She eats an apple", "Elle mange")
    assert given.targets == ["Elle", "mange", "</s>"]
    with pytest.raises(DataError):
        model.alignment(" ")


def test_without_attention_there_is_no_alignment():
    model = tiny("lstm", attention="none", reverse=True, epochs=1).fit(SOURCES, TARGETS)
    with pytest.raises(SettingError, match="attention"):
        model.alignment("I drink milk")
    assert isinstance(model.translate(["I drink milk"])[0], str)


def test_words_are_aligned_by_their_subwords():
    weights = np.array([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4], [0.0, 0.5, 0.5]])
    found = align_words([("ab", 2), ("c", 1)], [("x", 1), ("yz", 2)], weights)
    assert np.allclose(found.weights, [[0.3, 0.7], [(0.6 + 0.5) / 2, (0.4 + 0.5) / 2]])


# -- training -------------------------------------------------------------------------------------------


@EVERY
def test_it_learns_its_pairs_by_heart(net):
    model = tiny(net, epochs=60, width=64, hidden=64, dropout=0.0, label_smoothing=0.0)
    model.fit(SOURCES.head(40), TARGETS.head(40))
    right = np.mean([a == b for a, b in zip(model.translate(SOURCES.head(40)), TARGETS.head(40), strict=True)])
    assert right > 0.9
    assert model.history_[-1]["cross_entropy"] < 0.3


def test_the_same_seed_gives_the_same_bits():
    first, again, other = (tiny(epochs=2, seed=seed).fit(SOURCES, TARGETS) for seed in (1, 1, 2))
    assert bits(first) == bits(again)
    assert bits(first)[0] != bits(other)[0]


def test_what_is_kept_is_no_worse_on_the_validation_pairs():
    model = made("transformer")
    best = min(record["validation_loss"] for record in model.history_)
    assert model.validation_loss_ <= best + 1e-6
    assert model.validation_loss_ == pytest.approx(mean_loss(model.net_, model._pairs(*HELD_OUT)[0]), rel=1e-5)
    assert model.weights_ in ("best", "mean of the last 5")
    without = tiny(epochs=3, average=2).fit(SOURCES, TARGETS)
    assert without.weights_ == "mean of the last 2"
    assert without.validation_loss_ is None
    single = tiny(epochs=1, average=1).fit(SOURCES, TARGETS)
    assert single.weights_ == "last"


@EVERY
def test_a_stopped_training_ends_in_the_same_bits(net, tmp_path):
    asked = {"epochs": 4, "average": 2, "dropout": 0.3}
    unbroken = tiny(net, **asked).fit(SOURCES, TARGETS, validation=HELD_OUT)

    def stop_at(step):
        def progress(done, total, record):
            if record["step"] >= step:
                os.kill(os.getpid(), signal.SIGTERM)

        return progress

    steps = unbroken.history_[-1]["step"]
    for step in (steps // 4, 3 * steps // 4):
        with pytest.raises(Interrupted):
            tiny(net, **asked).fit(
                SOURCES,
                TARGETS,
                validation=HELD_OUT,
                run=tmp_path / "run",
                resume=step > steps // 4,
                on_progress=stop_at(step),
            )
        torch.manual_seed(999)  # whatever happens between the two
    assert not read_run(tmp_path / "run").finished
    with pytest.raises(SettingError, match="width"):
        tiny(net, **asked, width=64).fit(SOURCES, TARGETS, validation=HELD_OUT, run=tmp_path / "run", resume=True)
    resumed = tiny(net, **asked).fit(SOURCES, TARGETS, validation=HELD_OUT, run=tmp_path / "run", resume=True)
    assert bits(resumed) == bits(unbroken)
    assert resumed.weights_ == unbroken.weights_


def test_bleu_is_watched_and_changes_nothing():
    told = []

    def bleu(found, references):
        told.append((list(found), list(references)))
        return 42.0

    plain, watched = (tiny(epochs=2).fit(SOURCES, TARGETS, validation=HELD_OUT, bleu=way) for way in (None, bleu))
    assert bits(plain)[0] == bits(watched)[0]
    assert [record["bleu"] for record in watched.history_] == [42.0, 42.0]
    assert told[1][1] == HELD_OUT[1].to_list()
    assert len(told[1][0]) == 40


@EVERY
def test_what_nobody_sets_follows_the_pairs(net):
    for pairs, place in ((200, 0), (MANY_PAIRS - 1, 0), (MANY_PAIRS, 1), (29_000, 1)):
        found = Translator(net=net).resolved(pairs=pairs, tokens=15 * pairs).settings()
        assert {name: found[name] for name in BY_PAIRS[net]} == {
            name: both[place] for name, both in BY_PAIRS[net].items()
        }
        assert found["epochs"] == EPOCHS
        assert found["batch_tokens"] == {200: 256, 29_000: 2560}.get(pairs, 15 * pairs // 100)
    given = {"layers": 3, "width": 64, "dropout": 0.0, "learning_rate": 0.001, "batch_tokens": 77, "epochs": 2}
    for pairs in (200, 29_000):
        own = Translator(net=net, **given)
        found = own.resolved(pairs=pairs, tokens=15 * pairs).settings()
        assert {**found, "precision": "auto"} == own.settings()
    assert Translator(net=net, minutes=1).resolved(pairs=200, tokens=3000).epochs is None


@pytest.mark.parametrize("fast", [True, False])
def test_many_pairs_are_multiplied_in_bf16_where_that_is_faster(fast, monkeypatch):
    monkeypatch.setattr(translator_settings, "bf16_is_fast", lambda *asked: fast)
    for asked, pairs, wanted in (
        ("auto", MANY_PAIRS, "bf16" if fast else "fp32"),
        ("auto", 200, "fp32"),
        ("bf16", 200, "bf16"),
        ("fp32", MANY_PAIRS, "fp32"),
    ):
        assert Translator(precision=asked).resolved(pairs=pairs, tokens=15 * pairs).precision == wanted


@EVERY
def test_what_was_chosen_is_known_before_it_learns_and_is_saved(net, tmp_path):
    told = []

    def begun(model, pairs):
        assert not hasattr(model, "history_")
        told.append((model.chosen(), sum(parameter.numel() for parameter in model.net_.parameters())))

    asked = {"width": 32, "hidden": 32, "heads": 2, "epochs": 1, "learning_rate": 0.01}
    model = Translator(net=net, **asked).fit(SOURCES, TARGETS, on_start=begun)
    (chosen, weights), *more = told
    assert not more
    assert weights == sum(value.numel() for value in model.net_.state_dict().values())
    assert set(chosen) >= {"layers", "dropout", "batch_tokens"}
    assert not set(chosen) & set(asked)
    model.save(tmp_path / "m")
    kept = json.loads((tmp_path / "m" / "sadari.json").read_text())["settings"]
    assert {name: kept[name] for name in chosen} == chosen
    back = Translator.load(tmp_path / "m")
    # what it learned by is now said to be given: trained again on any number of pairs, it is the same net
    assert back.resolved(pairs=29_000, tokens=400_000).settings() == back.settings()


def test_the_time_is_a_limit():
    model = tiny(epochs=None, minutes=0.02).fit(SOURCES, TARGETS)
    assert 0.5 < model.history_[-1]["seconds"] < 30
    assert model.resolved_.epochs is None


def test_pairs_that_cannot_be_learned_from():
    sources, targets = (
        [*SOURCES.head(20).to_list(), "", "x", "milk " * 99],
        [*TARGETS.head(20).to_list(), "a", " ", "lait"],
    )
    model = tiny(epochs=1, max_length=50).fit(sources, targets)
    assert (model.blank_, model.too_long_) == (2, 1)
    assert model.data_ == {"pairs": 20, "threads": 1}
    for pair in ((["a"], ["b", "c"]), ([], []), ([""], ["b"]), (["a"], ["a"] * 2)):
        with pytest.raises(DataError):
            tiny().fit(*pair)
    with pytest.raises(DataError, match="max_length"):
        tiny(max_length=2).fit(["a b c"] * 4, ["c d e"] * 4)
    for validation, said in (((["a"], [" "]), "empty side"), ((["milk " * 99], ["lait"]), "max_length")):
        with pytest.raises(DataError, match="every validation pair") as caught:
            tiny(max_length=50).fit(SOURCES, TARGETS, validation=validation)
        assert said in str(caught.value)
    with pytest.raises(DataError, match="row 2"):
        tiny().fit(["a", None], ["b", "c"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"net": "rnn"},
        {"attention": "dot"},
        {"width": 30, "heads": 4},
        {"width": None, "heads": 3},
        {"layers": 0},
        {"dropout": 1.0},
        {"reverse": True},
        {"attention": "none"},
        {"epochs": 0},
        {"minutes": 0},
        {"average": 0},
        {"subwords": 3},
        {"precision": "fp8"},
        {"patience": 2},
        {"label_smoothing": -0.1},
        {"max_length": 1},
        {"learning_rate": "fast"},
    ],
)
def test_settings_that_cannot_be(wrong):
    with pytest.raises(SettingError):
        tiny(**wrong).fit(SOURCES, TARGETS)


def test_a_translator_that_is_not_trained():
    for call in (lambda m: m.translate(["a"]), lambda m: m.alignment("a"), lambda m: m.save("x")):
        with pytest.raises(SettingError, match="not trained"):
            call(tiny())


def test_languages_apart_and_weights_apart():
    korean = read_pairs(find("phrases").train, source_column="ko", target_column="en")
    model = tiny(epochs=1, tied=False, precision="bf16").fit(korean.sources.head(60), korean.targets.head(60))
    assert not model.shared_
    assert len(model.source_subwords_) != len(model.target_subwords_)
    assert np.isfinite(model.history_[-1]["loss"])
    assert isinstance(model.translate(["나는 우유를 마셔요"])[0], str)


# -- saving ---------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("shared", [True, False])
def test_a_saved_translator_translates_alike(net, shared, tmp_path):
    model = made(net) if shared else tiny(net, shared=False, epochs=1).fit(SOURCES, TARGETS)
    model.save(tmp_path / "m", scores={"BLEU": 12.3})
    back = Translator.load(tmp_path / "m")
    assert back.search(TEXTS) == model.search(TEXTS)
    assert np.array_equal(back.alignment(TEXTS[0]).weights, model.alignment(TEXTS[0]).weights)
    assert back.scores_ == {"BLEU": 12.3}
    assert (back.history_, back.weights_, back.train_seconds_) == (model.history_, model.weights_, model.train_seconds_)
    assert back.settings() == model.resolved_.settings()
    assert back.looks_swapped(TARGETS)
    assert not back.looks_swapped(SOURCES, TARGETS)
    back.save(tmp_path / "again")
    assert (tmp_path / "again" / "weights.safetensors").read_bytes() == (
        tmp_path / "m" / "weights.safetensors"
    ).read_bytes()
    assert "sadari translate run" in (tmp_path / "m" / "README.md").read_text()


SAID = {"shared": True, "weights": "of the last pass", "seconds": 1.0, "source_words": [], "target_words": []}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "classifier"}, "a classifier, and no translator"),
        ({"settings": {"net": "gru", "evil": 1}}, "evil"),
        ({"settings": {"net": "gru", "width": 64, "hidden": 32}}, "shape"),
        ({"settings": {"net": "gru", "width": 10**9}}, "width"),
        ({"settings": {"net": "transformer", "width": 32}}, "tensor"),
        ({"model": 3}, "model"),
        ({"model": {**SAID, "source_words": [1]}}, "frequent words"),
        ({"model": {**SAID, "target_words": ["a"] * 10_001}}, "frequent words"),
        ({"model": {**SAID, "shared": False}}, "missing"),
        ({"model": {**SAID, "seconds": -1}}, "seconds"),
        ({"model": {}}, "shared is None"),
    ],
)
def test_a_strangers_folder_is_refused(changes, said, tmp_path):
    made("gru").save(tmp_path / "m")
    files = read_model(tmp_path / "m")
    manifest = {key: value for key, value in files.manifest.items() if key not in ("files", "sha256", "versions")}
    manifest.pop("format_version")
    write_model(tmp_path / "m", manifest={**manifest, **changes}, tensors=files.tensors, texts=files.texts)
    with pytest.raises(ModelError, match=said):
        Translator.load(tmp_path / "m")


def test_a_vocabulary_that_does_not_fit_is_refused(tmp_path):
    made("gru").save(tmp_path / "m")
    files = read_model(tmp_path / "m")
    manifest = {key: value for key, value in files.manifest.items() if key not in ("files", "sha256", "versions")}
    manifest.pop("format_version")
    texts = {**files.texts, "tokenizer.json": Subwords.train([SOURCES], size=150).to_json()}
    write_model(tmp_path / "m", manifest=manifest, tensors=files.tensors, texts=texts)
    with pytest.raises(ModelError, match="shape"):
        Translator.load(tmp_path / "m")


def test_the_end_stands_after_each_text():
    ids = Subwords.train([SOURCES], size=200).encode(["I drink", "", "milk"])
    assert with_end(ids, 3).to_lists() == [[*row, 3] for row in ids.to_lists()]


TWO = """
import json, sys
import torch
from test_translator import ALIKE, SOURCES, TARGETS, HELD_OUT
from sadari.translation.translator import Translator
from sadari.train.machine import distributed as processes

for net, settings in ALIKE.items():
    model = Translator(net=net, **settings).fit(SOURCES, TARGETS, validation=HELD_OUT)
    everyone = processes.gather(torch.cat([value.flatten() for value in model.net_.state_dict().values()]))
    assert all(torch.equal(everyone[0], other) for other in everyone)
    if processes.place()[0] == 0:
        model.save(f"{sys.argv[1]}/{net}")
"""
# SGD: of gradients that are nothing but rounding, Adam would make steps of full size
ALIKE = {
    net: {**TINY, "epochs": 2, "dropout": 0.0, "optimizer": "sgd", "learning_rate": 0.05, "average": 1}
    for net in ("transformer", "lstm")
}


@pytest.mark.slow
def test_two_processes_reach_the_weights_of_one(tmp_path):
    """By torchrun, with shares of batches; but for the order of sums they do the same."""
    torchrun.run(TWO, tmp_path, str(tmp_path), paths=os.pathsep.join([str(Path(__file__).parent), torchrun.PATHS]))
    for net, asked in ALIKE.items():
        alone = Translator(net=net, **asked).fit(SOURCES, TARGETS, validation=HELD_OUT)
        found = read_model(tmp_path / net, as_torch=True).tensors
        for key, value in alone.net_.state_dict().items():
            assert torch.allclose(found[key], value, atol=2e-4, rtol=1e-3), (net, key)
