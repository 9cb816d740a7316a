"""A generator from text to text: what it learns, writes, keeps and refuses."""

import json
import math
import os
import re
import signal
import unicodedata

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from precisions import needs
from real_data import data_file
from sadari import Generator
from sadari.artifact import read_model, write_model
from sadari.errors import DataError, ModelError, OutputError, SadariError, SettingError
from sadari.generation.codec import END_ID, LEVELS, Written, _byte_names, decode, learn_codec
from sadari.generation.corpus import gather
from sadari.generation.settings import DROPOUT_OF_FEW_WORDS, FEW_WORDS
from sadari.train.checkpoint import read_run
from sadari.train.loop import Interrupted
from sadari.train.machine.environment import threads
from text_reference import MARKS

VERSE = "the cat sat on the mat. the dog sat on the log.\nthe cat ran to the dog, and the dog ran to the mat.\n"
TEXT = VERSE * 6
NEWS = [f"{team} win {score}" for team in ("Lions", "Tigers", "Bears") for score in ("one nil", "two one")] * 4
MONEY = [f"{thing} falls {size}" for thing in ("Oil", "Gold", "Tin") for size in ("a bit", "by half")] * 4
TEXTS, LABELS = NEWS + MONEY, ["Sports"] * len(NEWS) + ["Business"] * len(MONEY)
SMALL = {"hidden": 24, "batch_size": 4, "window": 16, "learning_rate": 0.01, "dropout": 0.0}
SMALL_TRANSFORMER = {**SMALL, "net": "transformer", "embed_dim": 32, "heads": 2, "layers": 2}
NETS = {"lstm": SMALL, "gru": {**SMALL, "net": "gru"}, "transformer": SMALL_TRANSFORMER}
EVERY_NET = pytest.mark.parametrize("net", NETS)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with threads(1):
        yield


_trained = {}


def trained(net="lstm", level="char", labelled=False, **more):
    """A generator trained once for all tests that only look at it."""
    key = (net, level, labelled, *sorted(more.items()))
    if key not in _trained:
        generator = Generator(**{**NETS[net], "level": level, "steps": 60, "validations": 2, **more})
        if level == "subword":
            generator.max_vocab = 280
        _trained[key] = generator.fit(TEXTS, LABELS) if labelled else generator.fit(TEXT)
    return _trained[key]


def weights(generator):
    return {name: value.numpy().tobytes() for name, value in generator.net_.state_dict().items()}


# -- text and ids -------------------------------------------------------------------------------------------

CHARACTERS = st.characters(exclude_categories=["Cs", "Cn"])  # of those unknown to this Python Polars may know more
ANY_TEXT = st.text(CHARACTERS, max_size=40)
ODD = st.sampled_from(
    [" ", "\n", "\u3000", "a", "क", "ि", "\u0301", "\u200d", "\ufe0f", "👩", "❤", "🏽", "!", "가", "\u11ab"]
)


@pytest.mark.parametrize("level", LEVELS)
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(ANY_TEXT, min_size=1, max_size=5))
def test_nothing_is_lost_between_text_and_ids(level, texts):
    column = pl.Series([*texts, "ab ba"], dtype=pl.String)
    codec = learn_codec(level, column, labels=["x"])
    encoded = codec.encode(column)
    column = pl.Series([unicodedata.normalize("NFC", text) for text in column])
    assert [decode(codec, row) for row in encoded] == column.to_list()
    assert len(encoded.values) == 0 or encoded.values.min() > 2
    for row, text in zip(encoded, column, strict=True):
        written = Written(codec)
        assert "".join(written(token) for token in row.tolist()) + written.end() == text


def test_words_take_the_space_before_them():
    codec = learn_codec("word", pl.Series(['say: "the  cat"\n it_2 x']))
    ids = codec.encode(pl.Series(['say: "the  cat"\n it_2 x', " say", "  ", " \n"]))
    pieces = [[codec.raw[token].decode() for token in row] for row in ids]
    assert pieces[0] == ["say", ":", ' "', "the", " ", " cat", '"', "\n", " it_2", " x"]
    assert pieces[2] == [" ", " "]
    assert pieces[3] == [" ", "\n"]


def is_sign(character):
    return not character.isascii() and character not in MARKS and re.match(r"[\w\s]", character) is None


def words_by_definition(text):
    """Letter by letter with its marks; then words, signs with what a joiner joins, and the blank before each."""
    found = []
    for letter in re.findall(rf"[^\s\0-\x20{MARKS}][{MARKS}]*|[\s\S]", unicodedata.normalize("NFC", text)):
        last = found[-1] if found else " "
        joined = last.endswith("\u200d") and is_sign(last[0]) and is_sign(letter[0])
        word_goes_on = re.match(r"\w", letter) and re.match(r"\w", last)
        if joined or word_goes_on or (letter in MARKS and last[0] in MARKS):
            found[-1] += letter
        else:
            found.append(letter)
    tokens = []
    for word in found:
        tokens[-1:] = [" " + word] if tokens and tokens[-1] == " " and word[0] > " " else [*tokens[-1:], word]
    return tokens


@settings(deadline=None)
@given(texts=st.lists(st.lists(st.one_of(ODD, CHARACTERS), max_size=15).map("".join), min_size=1, max_size=4))
@example(texts=["हिन्दी में कि", "ที่นี่ก็", "👩\u200d👩\u200d👧❤\ufe0f👍🏽👍", "क\u200d👧", "👩\u200da"])
@example(texts=[" \u0301\u0301a", "\n\u0301", "!\u0301"])
def test_words_keep_their_marks(texts):
    column = pl.Series([*texts, "ab ba"])
    codec = learn_codec("word", column)
    found = [[codec.raw[token].decode() for token in row] for row in codec.encode(column)]
    assert found == [words_by_definition(text) for text in column]


@pytest.mark.parametrize("level", LEVELS)
def test_composed_and_decomposed_texts_are_the_same_ids(level):
    composed = pl.Series(["café crème, 영화를 봤다", "Tiếng Việt हिन्दी"])
    apart = composed.str.normalize("NFD")
    assert composed.to_list() != apart.to_list()
    codecs = [learn_codec(level, column, max_vocab=300) for column in (composed, apart)]
    assert codecs[0].state() == codecs[1].state()
    assert codecs[0].encode(apart).to_lists() == codecs[0].encode(composed).to_lists()
    assert codecs[0].encode(apart[:1]).to_lists() == codecs[0].encode(composed).to_lists()[:1]


def test_subwords_are_those_of_tokenizers():
    """Its byte-level decoder gives back what ours does, and its table of bytes is ours."""
    from tokenizers import decoders, pre_tokenizers

    assert set(_byte_names()) == set(pre_tokenizers.ByteLevel.alphabet())
    column = pl.Series([TEXT, "한국어 텍스트 é🙂"])
    codec = learn_codec("subword", column, max_vocab=300)
    ids = codec.encode(column)[1].tolist()
    pieces = [codec.pieces[token - 2] for token in ids]
    assert decoders.ByteLevel().decode(pieces) == decode(codec, ids) == "한국어 텍스트 é🙂"
    assert len(codec) <= 302
    assert len(codec.encode(column)[0]) < 0.8 * len(TEXT)


def test_half_a_character_waits_for_its_other_half():
    codec = learn_codec("subword", pl.Series(["ab ab"]), max_vocab=256)
    written = Written(codec)
    ids = codec.encode(pl.Series(["é한"]))[0].tolist()
    assert [written(token) for token in ids] == ["", "é", "", "", "한"]
    assert written(ids[0]) + written.end() == "�"


@pytest.mark.data
def test_the_courses_characters():
    """84 of them, 'a' has 4, and 13 is 'h'."""
    from sadari.data.read import open_source

    codec = learn_codec("char", open_source(data_file("ag_news/test.csv")).read().texts)
    assert len(codec) == 84
    assert codec.vocab["a"] == 4
    assert codec.vocab.tokens[13] == "h"


def test_rare_words_are_unknown_and_counted():
    training_text = gather("a rare word and a word and a", level="word", min_freq=2, validation=0)
    tokens = training_text.codec.vocab.tokens
    assert tokens == ["<unk>", "<end>", " a", " and", " word"]
    assert training_text.unknown == 2
    assert training_text.ids.tolist() == [1, 0, 0, 4, 3, 2, 4, 3, 2]


def test_a_running_text_is_split_at_its_end():
    training_text = gather(TEXT, validation=0.1)
    text = training_text.codec.encode(pl.Series([TEXT])).values
    assert training_text.ids.tolist() == [END_ID, *text[: int((len(TEXT) + 1) * 0.9) - 1]]
    assert (training_text.held_out[: training_text.known] == training_text.ids[-training_text.known :]).all()
    scored = training_text.held_out[training_text.known :].tolist()
    assert [*training_text.ids, *scored] == [END_ID, *text]
    assert training_text.characters == len(scored)


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(ANY_TEXT.filter(str.strip), min_size=2, max_size=9), seed=st.integers(0, 5), labelled=st.booleans()
)
def test_several_texts_stand_between_their_ends_in_random_order(texts, seed, labelled):
    texts = [*(unicodedata.normalize("NFC", text) for text in texts), "ab"]
    labels = [str(number % 3) for number in range(len(texts))] if labelled else None
    training_text = gather(texts, labels, validation=0, seed=seed)
    codec, ids = training_text.codec, training_text.ids.tolist()
    assert ids[0] == END_ID == ids[-1]
    found = []
    for part in "|".join(map(str, ids[1:-1])).split(f"|{END_ID}|"):
        row = [int(token) for token in part.split("|")]
        found.append((codec.labels[row[0] - 2], decode(codec, row[1:])) if labelled else (None, decode(codec, row)))
    assert sorted(found, key=str) == sorted(zip(labels or [None] * len(texts), texts, strict=True), key=str)


# -- training -----------------------------------------------------------------------------------------------


def test_the_courses_model_is_one_setting():
    """One-hot input, an LSTM of 64, 82 characters and two specials: 43,860 parameters, a first loss near ln 84."""
    characters = "".join(map(chr, range(33, 115)))
    random = np.random.default_rng(0)
    text = characters + "".join(random.choice(list(characters), 2000))
    first = []

    def asked(generator, training_text):
        first.append(generator.score(text[:500]).loss)

    generator = Generator(embed_dim=0, hidden=64, layers=1, steps=1, dropout=0.0, window=32).fit(text, on_start=asked)
    assert sum(parameter.numel() for parameter in generator.net_.parameters()) == 43_860
    assert first[0] == pytest.approx(math.log(84), abs=0.05)


@pytest.mark.parametrize(
    ("settings", "tokens", "dropout"),
    [
        ({"level": "word"}, 1000, DROPOUT_OF_FEW_WORDS),
        ({"level": "word"}, FEW_WORDS, DROPOUT_OF_FEW_WORDS),
        ({"level": "word"}, FEW_WORDS + 1, 0.1),
        ({"level": "word", "dropout": 0.0}, 1000, 0.0),
        ({}, 1000, 0.1),
        ({"level": "word", "net": "gru"}, 1000, 0.1),
        ({"level": "word", "net": "transformer"}, 1000, 0.0),
    ],
)
def test_an_lstm_that_reads_few_words_often_forgets_more(settings, tokens, dropout):
    assert Generator(**settings).resolved(ids=1000, tokens=tokens).dropout == dropout


@EVERY_NET
@pytest.mark.parametrize("level", LEVELS)
def test_it_learns_at_every_level(net, level):
    generator = trained(net, level)
    history = [record["loss"] for record in generator.history_]
    assert history[-1] < history[0]
    assert generator.scores_["validation loss"] == min(record["validation_loss"] for record in generator.history_)
    text = generator.sample("the ", 40, seed=1)
    assert text.startswith("the ")
    # words that were written without a blank between them are read again as one, so there the pieces are counted
    pieces = list(generator.stream("the ", 40, seed=1))
    assert text == "the " + "".join(pieces)
    read_again = len(generator.codec_.encode(pl.Series([text])).values)
    assert (len(pieces) if level == "word" else read_again) >= 40


@pytest.mark.slow
@EVERY_NET
def test_a_text_can_be_learned_by_heart(net):
    size = {"hidden": 64} if net != "transformer" else {"embed_dim": 64}
    generator = Generator(**{**NETS[net], "steps": 800, "validation": 0.0, "window": 32, **size}).fit(TEXT)
    assert generator.sample(VERSE, 40, temperature=0) == VERSE + VERSE[:40]


@EVERY_NET
def test_the_same_seed_gives_the_same_bits(net):
    one, other, third = (
        Generator(**{**NETS[net], "steps": 8, "dropout": 0.2, "seed": seed}).fit(TEXT) for seed in (1, 1, 2)
    )
    assert weights(one) == weights(other)
    assert weights(one) != weights(third)


@pytest.mark.parametrize(("limit", "steps"), [({"steps": 7}, 7), ({"epochs": 2}, 20), ({"steps": 13, "epochs": 9}, 13)])
def test_it_ends_exactly_where_it_should(limit, steps):
    generator = Generator(**SMALL, **limit, validations=3).fit(TEXT)
    per_epoch = math.ceil(math.ceil((int((len(TEXT) + 1) * 0.9) - 1) / 4) / 16)
    assert generator.history_[-1]["step"] == (limit["epochs"] * per_epoch if "steps" not in limit else steps)
    assert sum("validation_loss" in record for record in generator.history_) == 3


def test_it_ends_when_its_time_is_up():
    generator = Generator(**SMALL, minutes=1.5 / 60, validations=2).fit(TEXT)
    assert 1.5 <= generator.history_[-1]["seconds"] < 6
    assert "validation_loss" in generator.history_[-1]


def test_whoever_watches_is_told():
    steps, records = [], []
    one = Generator(**SMALL, steps=12, validations=3, sample_every=5).fit(
        TEXT, on_progress=lambda done, total, record: steps.append((done, total, record)), on_record=records.append
    )
    quiet = Generator(**SMALL, steps=12, validations=3).fit(TEXT)
    learned = [(round(done), total, record) for done, total, record in steps if "loss" in record]
    assert [(done, total) for done, total, _ in learned] == [(step, 12) for step in range(1, 13)]
    assert all(math.isfinite(record["loss"]) for *_, record in learned)
    samples = [record for record in records if "sample" in record]
    assert [record for record in records if "sample" not in record] == one.history_
    assert [record["step"] for record in samples] == [5, 10]
    assert all(len(record["sample"]) == 200 for record in samples)
    assert weights(one) == weights(quiet)  # to write something changes nothing


def test_what_it_writes_while_it_trains_goes_on_from_a_prompt():
    records = []
    settings = {**SMALL, "steps": 4, "sample_every": 2, "sample_prompt": "today "}
    model = Generator(**settings).fit(TEXT, on_record=records.append)
    samples = [record["sample"] for record in records if "sample" in record]
    assert [sample[:6] for sample in samples] == ["today ", "today "]
    assert samples[-1] == model.glimpse() == model.sample("today ", 200, temperature=0.8)
    with pytest.raises(SettingError, match="sample_prompt"):
        Generator(sample_prompt=3).fit(TEXT)


@needs("bf16", "layers", "lstm")
def test_bf16_learns_too():
    generator = Generator(**{**SMALL, "precision": "bf16"}, steps=60, validations=2).fit(TEXT)
    exact = trained("lstm")
    assert generator.scores_["validation loss"] == pytest.approx(exact.scores_["validation loss"], abs=0.2)


# -- writing ------------------------------------------------------------------------------------------------


@EVERY_NET
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "how", [{"temperature": 0}, {"temperature": 0.9, "seed": 3}, {"top_k": 5, "top_p": 0.8}], ids=str
)
def test_the_same_text_with_and_without_a_cache(net, level, how):
    """Over three windows of the Transformer, too, whose context moves on."""
    generator = trained(net, level)
    assert generator.sample("the dog", 50, **how) == generator.sample("the dog", 50, cached=False, **how)


@EVERY_NET
def test_the_seed_and_the_prompt_decide_and_nothing_before(net):
    generator = trained(net)
    first = generator.sample("the ", 60, seed=5)
    torch.manual_seed(99)
    generator.sample("a dog", 30, seed=6)
    assert generator.sample("the ", 60, seed=5) == first
    assert generator.sample("the ", 60, seed=6) != first


def test_a_stream_is_the_sample_piece_by_piece():
    generator = trained()
    stream = generator.stream("the ", 30, seed=1)
    first = next(stream)
    assert len(first) == 1
    assert torch.is_inference_mode_enabled() is False  # between two pieces the caller's torch is as it was
    assert "the " + first + "".join(stream) == generator.sample("the ", 30, seed=1)


def test_a_length_of_nothing_is_the_prompt():
    assert trained().sample("the ", 0) == "the "
    assert trained().sample("", 0) == ""
    assert trained(labelled=True).sample("", 0, label="Sports") == ""


@EVERY_NET
def test_without_a_prompt_it_begins_a_line(net):
    generator = trained(net)
    text = generator.sample("", 50, seed=2)
    assert len(text) == 50
    assert generator.sample("\n", 50, seed=2) == "\n" + text


def test_lengths_are_exact_where_a_text_has_no_end():
    for length in (1, 2, 17, 100):
        assert len(trained("transformer").sample("the", length)) == 3 + length


@EVERY_NET
def test_a_prompt_longer_than_the_window_is_read_from_where_the_window_begins(net):
    generator = trained(net)
    long = TEXT[:300]
    text = generator.sample(long, 30, seed=1)
    assert text.startswith(long)
    assert len(text) == 330
    if net == "transformer":
        first = generator.net_.stepper().first_in_window(299)
        assert text[300:] == generator.sample(long[first:], 30, seed=1)[300 - first :]


def test_unknown_characters_are_passed_over():
    generator = trained()
    assert generator.unknown_in("thé 한국 cat") == ["é", "한", "국"]
    assert generator.sample("thé c한at", 20)[len("thé c한at") :] == generator.sample("th cat", 20)[len("th cat") :]
    only = generator.sample("한국", 20)
    assert only == "한국" + generator.sample("", 20)


def test_unknown_words_are_read_as_unknown_where_that_was_learned():
    generator = Generator(level="word", **SMALL, steps=5, min_freq=7).fit(TEXT)
    assert generator.unknown_learned_
    assert generator.unknown_in("the zebra zebra") == [" zebra"]
    assert generator._read("the zebra", None)[-1] == 0
    text = generator.sample("the", 300, temperature=3.0)
    assert "<unk>" not in text


def test_a_blank_that_ends_a_prompt_is_the_one_before_the_next_word():
    generator = Generator(level="word", **SMALL, steps=5, min_freq=7).fit(TEXT)
    assert generator.unknown_in("the ") == []
    assert generator.length_of("the ") == generator.length_of("the") == 1
    for seed in range(8):
        went_on = "".join(generator.stream("the", 20, seed=seed))
        assert "".join(generator.stream("the ", 20, seed=seed)) == went_on.removeprefix(" ")
    assert "".join(generator.stream("the ", 0)) == ""


@pytest.mark.parametrize("net", ["lstm", "transformer"])
def test_a_labelled_text_is_asked_for_by_its_label(net):
    generator = trained(net, labelled=True, steps=500, validation=0.05)
    assert generator.codec_.labels == ["Business", "Sports"]
    asked = {
        label: [generator.sample("", 60, seed=seed, label=label, temperature=0.5) for seed in range(10)]
        for label in generator.codec_.labels
    }
    assert sum("win" in text for text in asked["Sports"]) >= 8
    assert sum("falls" in text for text in asked["Business"]) >= 8
    assert max(map(len, asked["Sports"])) < 60  # it ends them itself
    assert generator.sample("Lions", 60, seed=1, label="Sports", temperature=0.3).startswith("Lions win")


def test_nothing_but_text_is_ever_written():
    """No <unk>, no label, and no end before its time, however hot."""
    for generator in (trained(), trained("transformer", labelled=True)):
        text = generator.sample("", 400, temperature=1000.0, seed=3)
        assert "<" not in text
        assert set(text) <= set(TEXT) | set("".join(TEXTS))


# -- scores -------------------------------------------------------------------------------------------------


@EVERY_NET
def test_a_score_is_the_mean_loss_of_the_next_token(net):
    generator = trained(net)
    ids = torch.tensor([[END_ID, *generator.codec_.encode(pl.Series([VERSE[:16]])).values.tolist()]])
    with torch.no_grad():
        logits = generator.net_(ids[:, :-1])
    logits = logits[0] if isinstance(logits, tuple) else logits
    wanted = torch.nn.functional.cross_entropy(logits[0], ids[0, 1:]).item()
    score = generator.score(VERSE[:16])
    assert score.loss == pytest.approx(wanted, rel=1e-4)
    assert score.bits_per_character == pytest.approx(wanted / math.log(2), rel=1e-4)
    assert score.tokens == 16


def test_what_was_learned_scores_better_than_what_was_not():
    generator = trained()
    assert generator.score(VERSE).loss < generator.score(VERSE[::-1]).loss - 0.3
    with pytest.raises(DataError, match="no text"):
        generator.score("")


def test_texts_are_scored_with_their_ends():
    generator = trained(labelled=True)
    assert generator.score(["Lions win", "Oil"]).tokens == len("Lions win") + len("Oil") + 2


# -- runs ---------------------------------------------------------------------------------------------------


def stopping(step):
    seen = []

    def stop(done, total, record):
        seen.extend([record] if "loss" in record else [])
        if len(seen) == step:
            os.kill(os.getpid(), signal.SIGTERM)

    return stop


@EVERY_NET
def test_a_stopped_run_ends_in_the_same_bits(net, tmp_path):
    """The state between two windows is part of the checkpoint."""
    how = {**NETS[net], "epochs": 3, "dropout": 0.2, "validations": 4, "seed": 3}
    unbroken = Generator(**how).fit(TEXT)
    run = tmp_path / "run"
    for number, step in enumerate((3, 9)):
        with pytest.raises(Interrupted):
            Generator(**how).fit(TEXT, run=run, resume=number > 0, on_progress=stopping(step))
        torch.manual_seed(number)
    assert read_run(run).step == 12
    resumed = Generator(**how).fit(TEXT, run=run, resume=True)
    assert weights(resumed) == weights(unbroken)
    bare = [[{**record, "seconds": 0} for record in one.history_] for one in (resumed, unbroken)]
    assert bare[0] == bare[1]
    assert read_run(run).finished


def test_another_run_is_not_gone_on_with(tmp_path):
    run = tmp_path / "run"
    with pytest.raises(Interrupted):
        Generator(**SMALL, steps=9).fit(TEXT, run=run, on_progress=stopping(2))
    with pytest.raises(SettingError, match="texts differs"):
        Generator(**SMALL, steps=9).fit(TEXT + "x", run=run, resume=True)
    with pytest.raises(SettingError, match="steps differs: 9 then, 8 now"):
        Generator(**SMALL, steps=8).fit(TEXT, run=run, resume=True)
    with pytest.raises(OutputError, match="stopped"):
        Generator(**SMALL, steps=9).fit(TEXT, run=run)
    with pytest.raises(SettingError, match="needs the folder"):
        Generator(**SMALL, steps=9).fit(TEXT, resume=True)
    with pytest.raises(ModelError):
        Generator(**SMALL, steps=9).fit(TEXT, run=tmp_path / "none", resume=True)


# -- folders ------------------------------------------------------------------------------------------------


@EVERY_NET
@pytest.mark.parametrize("level", LEVELS)
def test_a_saved_generator_writes_the_same(net, level, tmp_path):
    generator = trained(net, level)
    generator.save(tmp_path / "m", data={"source": "verses"})
    loaded = Generator.load(tmp_path / "m")
    assert weights(loaded) == weights(generator)
    for how in ({"temperature": 0}, {"seed": 4}):
        assert loaded.sample("the cat", 60, **how) == generator.sample("the cat", 60, **how)
    assert loaded.score(TEXT) == generator.score(TEXT)
    assert loaded.data_["source"] == "verses"
    loaded.save(tmp_path / "again")
    first, second = (read_model(tmp_path / name) for name in ("m", "again"))
    assert first.texts == second.texts
    assert first.manifest["settings"] == second.manifest["settings"]


def test_a_labelled_generator_is_saved_with_its_labels(tmp_path):
    generator = trained("lstm", labelled=True)
    generator.save(tmp_path / "m")
    loaded = Generator.load(tmp_path / "m")
    assert loaded.sample(label="Sports", seed=2) == generator.sample(label="Sports", seed=2)
    assert '--label "LABEL"' in (tmp_path / "m" / "README.md").read_text()


def damaged(tmp_path, change):
    """The folder of a generator of subwords, written again with one thing changed."""
    trained("transformer", "subword").save(tmp_path / "good")
    files = read_model(tmp_path / "good")
    manifest = {key: value for key, value in files.manifest.items() if key not in ("format_version", "files", "sha256")}
    tensors, texts = dict(files.tensors), dict(files.texts)
    change(manifest, tensors, texts)
    write_model(tmp_path / "bad", manifest=manifest, tensors=tensors, texts=texts)
    return tmp_path / "bad"


def edit(name, value):
    return lambda manifest, tensors, texts: manifest["settings"].update({name: value})


def vocabulary(change):
    def apply(manifest, tensors, texts):
        texts["vocabulary.json"] = json.dumps(change(json.loads(texts["vocabulary.json"])))

    return apply


DAMAGES = {
    "another kind": lambda manifest, tensors, texts: manifest.update(kind="vectors"),
    "a wider net": edit("embed_dim", 64),
    "a huge net": edit("layers", 64),
    "an unknown net": edit("net", "rwkv"),
    "an unknown level": edit("level", "pixel"),
    "heads that do not fit": edit("heads", 3),
    "an unknown setting": edit("evil", 1),
    "a setting of another type": edit("hidden", "many"),
    "no labels": lambda manifest, tensors, texts: manifest.update(model={}),
    "other labels": lambda manifest, tensors, texts: manifest["model"].update(labels=["a"], running=False),
    "labels of a running text": lambda manifest, tensors, texts: manifest["model"].update(labels=["a"]),
    "no history": lambda manifest, tensors, texts: texts.pop("history.jsonl"),
    "a history of words": lambda manifest, tensors, texts: texts.update({"history.jsonl": '{"loss": "low"}\n'}),
    "no scores": lambda manifest, tensors, texts: manifest.pop("scores"),
    "a word less": vocabulary(lambda words: words[:-1]),
    "a word twice": vocabulary(lambda words: [*words[:-1], words[-2]]),
    "no specials": vocabulary(lambda words: words[2:]),
    "a word of no bytes": vocabulary(lambda words: [*words[:-1], "한"]),
    "no list": vocabulary(lambda words: {"a": 1}),
    "a merge of strangers": lambda manifest, tensors, texts: texts.update({"merges.json": '[["Q", "zz"]]'}),
    "merges that are none": lambda manifest, tensors, texts: texts.update({"merges.json": '[["a"]]'}),
    "no merges": lambda manifest, tensors, texts: texts.pop("merges.json"),
    "a tensor less": lambda manifest, tensors, texts: tensors.pop("norm.weight"),
    "huge weights": lambda manifest, tensors, texts: tensors.update({"norm.weight": tensors["norm.weight"] * 1e30}),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_a_folder_that_does_not_fit_is_refused(what, tmp_path):
    with pytest.raises(ModelError):
        Generator.load(damaged(tmp_path, DAMAGES[what]))


def test_a_words_vocabulary_with_a_label_as_a_word_is_refused(tmp_path):
    trained("lstm", labelled=True).save(tmp_path / "good")
    files = read_model(tmp_path / "good")
    assert json.loads(files.texts["vocabulary.json"])[2] == "<label: Business>"


# -- what cannot be -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no text to learn from"),
        ("  \n ", "no text to learn from"),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "only 'a'"),
        ("a short one", "window of 16 needs 17"),
        ([], "no text to learn from"),
        (["", " "], "no text to learn from"),
    ],
)
def test_texts_that_teach_nothing(text, said):
    with pytest.raises(DataError, match=said):
        Generator(**SMALL, steps=1).fit(text)


def test_texts_and_labels_that_do_not_fit():
    generator = Generator(**SMALL, steps=1)
    for labels, said in (
        (["a"], "48 texts and 1 labels"),
        ([None] * 48, "label is missing"),
        ([["a"]] * 48, "several"),
    ):
        with pytest.raises(DataError, match=said):
            generator.fit(TEXTS, labels)
    with pytest.raises(DataError, match="one running text"):
        generator.fit(TEXT, ["a"])
    with pytest.raises(DataError, match="row 1"):
        generator.fit([3], None)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"level": "byte"}, "level is 'byte'"),
        ({"net": "rnn"}, "net is 'rnn'"),
        ({"window": 1}, "window is 1"),
        ({"steps": 0}, "steps is 0"),
        ({"minutes": math.nan}, "minutes is nan"),
        ({"validation": 1.5}, "validation is 1.5"),
        ({"net": "transformer", "embed_dim": 30}, "heads cannot share"),
        ({"net": "transformer", "embed_dim": 0}, "heads cannot share"),
        ({"device": "abacus"}, "no device"),
    ],
)
def test_settings_that_cannot_be(how, said):
    with pytest.raises(SettingError, match=said):
        Generator(**{**SMALL, "steps": 1, **how}).fit(TEXT)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"length": -1}, "length is -1"),
        ({"length": 1.5}, "length is 1.5"),
        ({"temperature": math.nan}, "temperature is nan"),
        ({"temperature": -1}, "temperature is -1"),
        ({"top_p": 1.2}, "top_p is 1.2"),
        ({"top_k": -3}, "top_k is -3"),
        ({"label": "Sports"}, "no label 'Sports'"),
    ],
)
def test_what_cannot_be_asked_for(how, said):
    with pytest.raises(SettingError, match=said):
        trained().stream("the", **how)  # at once, and not with the first piece
    with pytest.raises(SettingError, match="its labels: Business, Sports"):
        trained(labelled=True).sample(label="Weather")


def test_a_generator_that_learned_nothing_writes_nothing(tmp_path):
    for ask in (lambda g: g.sample("a"), lambda g: g.score("a"), lambda g: g.save(tmp_path / "m")):
        with pytest.raises(SadariError, match="not trained"):
            ask(Generator())


def test_half_a_surrogate_is_no_prompt():
    with pytest.raises(DataError, match="no character"):
        trained().sample("a\ud800")


def test_a_report_every_few_steps_besides_those_of_validations():
    history = Generator(**SMALL, steps=6, validations=1, report_every=2).fit(TEXT).history_
    assert [(record["step"], "validation_loss" in record) for record in history] == [(2, False), (4, False), (6, True)]
