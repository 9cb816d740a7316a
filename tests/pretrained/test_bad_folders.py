"""What can be wrong with pre-trained weights, each with one clear error; and model folders that lie."""

import json
import re
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

import sadari
from bert_small import LABELS, TEXTS, rewrite, save_encoder, wordpiece
from cli_runs import run_badly, run_well
from embedders_small import static_folder
from sadari.artifact import read_model, write_model
from sadari.errors import (
    DataError,
    DownloadError,
    MissingExtraError,
    ModelError,
    SadariError,
    SadariWarning,
    SettingError,
)
from sadari.pretrained.find import find_weights
from sadari.rungs import BertClassifier, EmbeddingClassifier, TfIdf

pytest.importorskip("transformers")
QUICK = {"epochs": 1, "threads": 1, "precision": "fp32"}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return save_encoder(tmp_path_factory.mktemp("good") / "w")


@pytest.fixture
def folder(good, tmp_path):
    return shutil.copytree(good, tmp_path / "w")


def refused(weights, match, kind=ModelError):
    with pytest.raises(kind, match=match) as error:
        BertClassifier(weights=weights, **QUICK).fit(TEXTS, LABELS)
    assert str(weights) in str(error.value)
    return str(error.value)


# -- weights --------------------------------------------------------------------------------------------


def test_no_weights_at_all():
    with pytest.raises(SettingError, match=r"starts from pre-trained weights(.|\n)*--weights"):
        BertClassifier().fit(TEXTS, LABELS)


@pytest.mark.parametrize("name", ["/no/such/folder", "./none", "../w", "a/b/c", "https://example.com/x", "x" * 5000])
def test_no_such_folder(name, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(SadariError, match=r"no such folder|it must be"):
        BertClassifier(weights=name, **QUICK).fit(TEXTS, LABELS)


def test_a_file(folder):
    refused(folder / "config.json", "is a file")


def test_an_empty_folder(tmp_path):
    refused(tmp_path, "no pre-trained model: there is no config.json")


def test_a_model_of_another_rung(tmp_path):
    TfIdf().fit(TEXTS, LABELS).save(tmp_path / "m")
    refused(tmp_path / "m", "Sadari model of 'tfidf', and no BERT")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a":1,"a":2}', "\x80\x04", '{"model_type": {}}'])
def test_a_configuration_that_is_none(text, folder):
    (folder / "config.json").write_bytes(text.encode("latin-1"))
    refused(folder, "config.json|of the type")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"model_type": "gpt2"}, "is no encoder"),
        ({"model_type": "t5"}, "is no encoder"),
        ({"is_decoder": True}, "is no encoder"),
        ({"model_type": "vit"}, "cannot be fine-tuned"),
        ({"model_type": None}, "cannot be fine-tuned"),
        ({"model_type": "mine", "auto_map": {"AutoModel": "x.Y"}}, "code of its own, which is not run"),
        ({"num_hidden_layers": 3}, "do not fit config.json"),
        ({"intermediate_size": 99}, "do not fit config.json"),
    ],
)
def test_a_configuration_of_something_else(changes, match, folder):
    rewrite(folder / "config.json", **changes)
    refused(folder, match)


HUGE = [10**6, 2**31, 10**12, 10**18]
CLAIMS = [
    *(
        {name: size}
        for name in (
            "num_hidden_layers",
            "hidden_size",
            "vocab_size",
            "num_labels",
            "intermediate_size",
            "max_position_embeddings",
            "type_vocab_size",
            "pad_token_id",
            "bos_token_id",
            "num_attention_heads",
            "anything",
        )
        for size in HUGE
        if (name, size) != ("anything", 10**6) and (name, size) != ("bos_token_id", 10**6)
    ),
    *(
        {name: value}
        for name in ("num_hidden_layers", "num_attention_heads", "hidden_size", "vocab_size")
        for value in (0, -1, 0.5, "2", True, [], {})
    ),
    {"num_hidden_layers": 1},
    {"num_attention_heads": 3},
    {"vocab_size": 50},
    {"hidden_size": 16},
    {"hidden_dropout_prob": 1.0},
    {"hidden_dropout_prob": -0.1},
    {"hidden_dropout_prob": "x"},
    {"hidden_act": "x"},
    {"hidden_act": 1e308},
    {"layer_norm_eps": 1e308},
    {"dtype": "load"},
    {"id2label": [1]},
    {"id2label": {"0": 1}},
    {"id2label": {"0": "a", "1": "b"}, "num_labels": 3},
    {"pad_token_id": -1},
    {"pad_token_id": "x"},
]


@pytest.mark.parametrize("changes", CLAIMS, ids=lambda changes: str(changes)[:50])
def test_what_a_configuration_claims_is_compared_before_anything_is_made(changes, folder, monkeypatch):
    from sadari.pretrained import encoders as pretrained

    def made(*_, **__):
        pytest.fail("transformers was asked")

    monkeypatch.setattr(pretrained, "described", made)
    rewrite(folder / "config.json", **changes)
    start = time.process_time()
    with pytest.raises((ModelError, pytest.fail.Exception)) as caught:
        pretrained.read_model(folder, ["a", "b"], several=False)
    assert time.process_time() - start < 2
    if not {"intermediate_size", "type_vocab_size"} & set(changes):  # which the number of all numbers bounds
        assert isinstance(caught.value, ModelError)
    monkeypatch.undo()
    if isinstance(caught.value, ModelError):
        assert "config.json" in str(caught.value)
    else:
        refused(folder, "do not fit config.json")


@pytest.mark.parametrize("said", ["x", None, [], True])
def test_a_longest_text_that_is_no_number(said, folder):
    rewrite(folder / "tokenizer_config.json", model_max_length=said)
    if said is None:  # as if it said nothing
        BertClassifier(weights=folder, **QUICK).fit(TEXTS, LABELS)
    else:
        refused(folder, "model_max_length|tokenizer cannot be read")


def test_weights_listed_in_another_folder_are_not_opened(folder):
    (folder / "model.safetensors").rename(folder.parent / "other.safetensors")
    listed = {"metadata": {}, "weight_map": {"embeddings.word_embeddings.weight": "../other.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(listed))
    refused(folder, "does not list the files")


@pytest.mark.parametrize("value", [1e30, float("nan"), float("-inf")])
def test_weights_of_which_no_sum_is_a_number_are_refused(value, folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if name.endswith("word_embeddings.weight"))
    weights[name][3] = value
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    refused(folder, "holds NaN, infinity, or a number too large to calculate with")


def test_weights_of_which_all_tokens_are_zeros_are_refused(folder):
    zeros = {name: np.zeros_like(value) for name, value in load_file(folder / "model.safetensors").items()}
    save_file(zeros, folder / "model.safetensors", {"format": "pt"})
    refused(folder, "vectors of all tokens are zeros")


@pytest.mark.parametrize(
    ("spoiled", "match"),
    [
        (lambda table: table * 0, "vectors of all tokens are zeros"),
        (lambda table: np.where(np.arange(len(table))[:, None] == 3, np.float32(np.nan), table), "NaN or infinity"),
        (lambda table: np.where(np.arange(len(table))[:, None] == 3, np.float32(np.inf), table), "NaN or infinity"),
        (lambda table: table[:, :0], "no table of vectors|cannot be read|empty|0"),
    ],
)
def test_static_embeddings_that_say_nothing_are_refused(spoiled, match, tmp_path):
    place, table, _ = static_folder(tmp_path / "s")
    save_file({"embeddings": np.ascontiguousarray(spoiled(table))}, place / "model.safetensors")
    with pytest.raises(ModelError, match=match) as caught:
        EmbeddingClassifier(weights=place).fit(TEXTS, LABELS)
    assert str(place) in str(caught.value)


def test_pickled_weights_are_never_opened(folder, tmp_path):
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    said = refused(folder, "pytorch_model.bin alone, which can run code")
    assert "use_safetensors=False" in said


def test_no_weights_in_the_folder(folder):
    (folder / "model.safetensors").unlink()
    refused(folder, "no model.safetensors")


def test_torn_weights(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    refused(folder, "is not safetensors")


def test_no_tokenizer(folder):
    (folder / "tokenizer.json").unlink()
    refused(folder, "no tokenizer beside the weights")


def test_an_empty_vocabulary(folder):
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("")
    rewrite(folder / "tokenizer_config.json", tokenizer_class="BertTokenizer")
    refused(folder, r"Missing \[UNK\]")


def test_a_tokenizer_that_knows_nothing(folder):
    from tokenizers import models

    made = wordpiece()
    made.model = models.WordPiece({"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4}, unk_token="[UNK]")
    made.save(str(folder / "tokenizer.json"))
    refused(folder, "tokenizer is empty")


def test_a_tokenizer_larger_than_the_embedding(folder):
    made = wordpiece()
    made.add_tokens(["quarterback", "touchdown"])
    made.save(str(folder / "tokenizer.json"))
    refused(folder, "does not fit the weights")


def test_the_small_tokenizer_of_another_model(folder, tmp_path):
    """Every id has a row; but most rows belong to words that it does not know."""
    from tokenizers import Tokenizer, models

    small = wordpiece()
    pieces = [piece for piece, at in sorted(small.get_vocab().items(), key=lambda pair: pair[1]) if at < 40]
    small.model = models.WordPiece({piece: at for at, piece in enumerate(pieces)}, unk_token="[UNK]")
    small.save(str(folder / "tokenizer.json"))
    assert Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size() == 40
    refused(folder, "does not fit the weights: its ids go up to 39")
    place, _, _ = static_folder(tmp_path / "s")
    small.save(str(place / "tokenizer.json"))
    with pytest.raises(ModelError, match="does not fit the weights: its ids go up to 39"):
        EmbeddingClassifier(weights=place).fit(TEXTS, LABELS)


def test_a_tokenizer_that_is_none(folder):
    (folder / "tokenizer.json").write_text("{}")
    refused(folder, "tokenizer cannot be read")


def test_texts_in_a_script_that_the_tokenizer_has_not(good):
    with pytest.raises(DataError, match="knows nothing in the texts"):
        BertClassifier(weights=good, **QUICK).fit(["한글", "漢字"] * 4, ["a", "b"] * 4)


def test_a_name_that_is_not_in_the_cache_is_not_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("the network was asked"))
    with pytest.raises(ModelError, match=r"nor such a model in the local cache(.|\n)*--download"):
        find_weights("nobody/nothing-of-this-name")


def test_no_network(tmp_path):
    script = (
        "from sadari.pretrained.find import find_weights\nfrom sadari.errors import DownloadError\n"
        "try: find_weights('nobody/nothing', download=True)\nexcept DownloadError as e: print('SAID', e)"
    )
    import os

    # a port of this machine at which nobody listens
    place = {
        **os.environ,
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "HF_HOME": str(tmp_path),
        "HF_HUB_DOWNLOAD_TIMEOUT": "1",
    }
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, env=place)
    assert "SAID nobody/nothing: could not be fetched" in run.stdout, run.stderr
    assert DownloadError.exit_code == 2


def test_without_the_extra(good, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"sadari\[bert\]"):
        BertClassifier(weights=good, **QUICK).fit(TEXTS, LABELS)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"weights": 3}, "weights is 3"),
        ({"freeze": 3}, "there are 2 layers"),
        ({"freeze": "head"}, "freeze is 'head'"),
        ({"freeze": -1}, "freeze is -1"),
        ({"lora": 0}, "lora is 0"),
        ({"lora": 2, "freeze": 1}, "both given"),
        ({"layer_decay": 0}, "layer_decay is 0"),
        ({"long_texts": "tail"}, "head, head"),
        ({"steps": 0}, "steps is 0"),
        ({"precision": "fp16"}, "auto, fp32, bf16"),
        ({"predict_precision": "int4"}, "fp32, bf16, int8"),
        ({"max_length": 2}, "max_length is 2"),
    ],
)
def test_settings_out_of_range(wrong, match, good):
    with pytest.raises(SettingError, match=match):
        BertClassifier(**{"weights": good, **QUICK, **wrong}).fit(TEXTS, LABELS)


# -- the command line -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def news(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "news.csv"
    rows = [f"{label},{text} {i}" for i, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True))]
    path.write_text("label,text\n" + "\n".join(rows) + "\n")
    return path


def test_train_predict_explain_from_the_command_line(good, news, tmp_path):
    options = ("--rung", "bert", "--weights", good, "-o", tmp_path / "m", "--epochs", 2, "--set", "threads=1")
    assert "wordpiece" in run_well("train", news, *options).stdout
    run_well("predict", tmp_path / "m", "the match was won", "--json")
    assert "won" in run_well("explain", tmp_path / "m", "the match was won").stdout
    evaluated = run_well("evaluate", tmp_path / "m", news, "--json").stdout
    assert 0 <= json.loads(evaluated)["accuracy"]["value"] <= 1


def test_texts_that_are_cut_are_counted_for_who_trains(good, news, tmp_path):
    options = ("--rung", "bert", "--weights", good, "-o", tmp_path / "m", "--epochs", 1, "--set", "threads=1")
    assert re.search(
        r"[1-9]\d* of \d+ texts .* cut after 8 tokens",
        run_well("train", news, *options, "--set", "max_length=8").stdout,
    )


@pytest.mark.parametrize(
    ("more", "says"),
    [((), "--weights FOLDER"), (("--weights", "no/such"), "--download"), (("--weights", "/no/such"), "no such folder")],
)
def test_mistakes_on_the_command_line_leave_with_2(more, says, news, tmp_path):
    assert says in run_badly("train", news, "--rung", "bert", "-o", tmp_path / "m", *more)
    assert not (tmp_path / "m").exists()


def test_weights_are_of_bert_alone(good, news, tmp_path):
    said = run_badly("train", news, "--rung", "bow", "-o", tmp_path / "m", "--weights", good)
    assert "no setting 'weights'" in said
    assert "did you mean" not in said
    assert "leave out --weights" in said


def test_code_beside_weights_of_a_known_kind_is_not_run_and_it_is_said(folder):
    rewrite(folder / "config.json", auto_map={"AutoModel": "own.Model"})
    (folder / "own.py").write_text("raise SystemExit")
    with pytest.warns(SadariWarning, match="code of its own, which is not run"):
        BertClassifier(weights=folder, **QUICK).fit(TEXTS, LABELS)


# -- model folders that lie -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(good, tmp_path_factory):
    place = tmp_path_factory.mktemp("saved") / "m"
    BertClassifier(weights=good, **QUICK).fit(TEXTS, LABELS).save(place)
    return read_model(place)


def changed(files, folder, *, manifest=None, tensors=None, texts=None, config=None):
    """The model with other content, sealed as an honest one; a value of None takes a key out."""

    def merged(old, new):
        return {key: value for key, value in {**old, **(new or {})}.items() if value is not None}

    own = ("format_version", "files", "sha256", "versions", "weights_file")
    head = {key: value for key, value in files.manifest.items() if key not in own}
    texts = dict(texts or {})
    if config is not None:
        texts["config.json"] = json.dumps(merged(json.loads(files.texts["config.json"]), config))
    write_model(
        folder,
        manifest=merged(head, manifest),
        tensors=merged(files.tensors, tensors),
        texts=merged(files.texts, texts),
        weights="model.safetensors",
    )
    return folder


def test_unchanged_it_loads(saved, tmp_path):
    assert np.isfinite(sadari.load(changed(saved, tmp_path / "m")).predict_proba(TEXTS)).all()


LIES = [
    {"config": {"hidden_size": 64}},
    {"config": {"num_hidden_layers": 10**9}},
    {"config": {"num_hidden_layers": -1}},
    {"config": {"num_hidden_layers": 999_999}},
    {"config": {"vocab_size": 10**12}},
    {"config": {"hidden_size": 10**18}},
    {"config": {"num_hidden_layers": "2"}},
    {"config": {"hidden_act": "os.system"}},
    {"config": {"model_type": "gpt2"}},
    {"config": {"model_type": "../x"}},
    {"config": {"model_type": None}},
    {"config": {"num_attention_heads": 0}},
    {"config": {"max_position_embeddings": 1}},
    {"config": {"is_decoder": True}},
    {"config": {"vocab_size": 10}},
    {"config": {"layer_norm_eps": 1e300}},
    {"config": {"chunk_size_feed_forward": -1, "hidden_size": 0}},
    {"texts": {"config.json": "[1]"}},
    {"texts": {"config.json": "[" * 10_000}},
    {"texts": {"config.json": None}},
    {"texts": {"tokenizer.json": "{}"}},
    {"texts": {"tokenizer.json": "[" * 100_000}},
    {"texts": {"tokenizer.json": None}},
    {"manifest": {"model": {"tokenizer": "bpe", "pad_id": 0, "unknown_id": 1}}},
    {"manifest": {"model": {}}},
    {"manifest": {"model": {"tokenizer": "wordpiece", "pad_id": 10**9, "unknown_id": 1}}},
    {"manifest": {"model": {"tokenizer": "wordpiece", "pad_id": -1, "unknown_id": 1}}},
    {"manifest": {"model": {"tokenizer": "wordpiece", "pad_id": "0", "unknown_id": True}}},
    {"manifest": {"settings": {"weights": 7}}},
    {"manifest": {"settings": {"predict_precision": "int2"}}},
    {"manifest": {"settings": {"max_length": 10**9}}},
    {"manifest": {"settings": {"no_such": 1}}},
    {"tensors": {"classifier.weight": None}},
    {"tensors": {"classifier.bias": np.zeros(5, np.float32)}},
    {"tensors": {"classifier.bias": np.zeros(4, np.int64)}},
    {"tensors": {"classifier.bias": np.full(4, 1e30, np.float32)}},
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: str(lie)[:60])
def test_a_folder_that_lies_is_refused(lie, saved, tmp_path):
    folder = changed(saved, tmp_path / "m", **lie)
    start = time.process_time()
    with pytest.raises(ModelError) as error:
        sadari.load(folder)
    assert time.process_time() - start < 2
    assert str(folder) in str(error.value)


def test_weights_near_the_largest_give_defined_answers(saved, tmp_path):
    """The class shares and a warning where there is no number; reasons that end, and say that they do not add up."""
    random = np.random.default_rng(0)
    huge = {name: random.choice([-1e12, 1e12], value.shape).astype(np.float32) for name, value in saved.tensors.items()}
    model = sadari.load(changed(saved, tmp_path / "m", tensors=huge))
    with pytest.warns(SadariWarning, match=r"finds no numbers for \d+ of \d+ texts"):
        found, known = model.predict_with_marks(TEXTS)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found[~known] == model.prior_).all()
    with pytest.warns(SadariWarning):
        explained = model.explain(TEXTS[0])
    assert np.isfinite(explained.contributions).all()
    assert np.isfinite(explained.bias).all()


def test_code_beside_the_model_is_not_run(saved, tmp_path):
    folder = changed(
        saved,
        tmp_path / "m",
        config={"auto_map": {"AutoConfig": "evil.Config"}, "_name_or_path": "x/y"},
        texts={"evil.py": "raise SystemExit"},
    )
    assert np.isfinite(sadari.load(folder).predict_proba(TEXTS)).all()


def test_a_max_length_that_the_places_do_not_hold_is_refused(saved, tmp_path):
    settings = {**saved.manifest["settings"], "max_length": 41}
    with pytest.raises(ModelError, match="max_length"):
        sadari.load(changed(saved, tmp_path / "m", manifest={"settings": settings}))
