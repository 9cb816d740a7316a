"""In which precision work is done: what is asked for where the machine has it, and else float32, which is said."""

import json
import os
import re
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import sadari
from bert_small import LABELS, TEXTS, save_encoder
from cli_runs import run_well
from precisions import OF_AVX2, needs, trials, without
from sadari import Generator, Translator, device
from sadari.device import TRIALS, bf16_is_fast, precision_here, why_not
from sadari.errors import SadariWarning
from sadari.pretraining.bert import Bert
from sadari.rungs import GRU, LSTM, BertClassifier
from sadari.train.loop import Interrupted, Loop
from sadari.train.machine.environment import operations

CPU = torch.device("cpu")
VERSE = "the cat sat on the mat. the dog sat on the log.\n" * 12
SMALL = {"hidden": 8, "batch_size": 4, "window": 16, "steps": 3, "validations": 1, "threads": 1}
NET = {"embed_dim": 8, "hidden": 4, "epochs": 2, "max_length": 12, "batch_size": 16, "threads": 1}
PAIRS = (["a cat", "a dog", "the cat sat", "the dog ran"] * 5, ["un chat", "un chien", "le chat", "le chien"] * 5)
TRANSLATOR = {"net": "lstm", "width": 8, "hidden": 8, "epochs": 1, "threads": 1}
PRETRAINED = {"length": 16, "batch_size": 8, "steps": 2, "validations": 1, "threads": 1, "nsp": False}
AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
SAID = r"bf16 cannot be had on this cpu \(.+: .+\): the work is done in float32"


def warned(work):
    """What `work` gives, and what it warned of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        made = work()
    return made, [str(one.message) for one in told if issubclass(one.category, SadariWarning)]


# -- the trial ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", [name for name in TRIALS if name != "whole numbers"])
def test_all_can_be_done_in_float32(operation):
    assert why_not("fp32", "cpu", operation) is None


def test_a_trial_leaves_no_trace():
    device.why_not.cache_clear()
    torch.manual_seed(3)
    wanted = torch.rand(3)
    torch.manual_seed(3)
    for operation in TRIALS:
        why_not("bf16", "cpu", operation)
    assert torch.equal(torch.rand(3), wanted)
    assert torch.is_grad_enabled()
    assert not torch.is_autocast_enabled("cpu")


def test_a_trial_may_be_made_in_the_middle_of_a_prediction():
    found = []
    for mode in (torch.inference_mode, torch.no_grad, torch.enable_grad):
        device.why_not.cache_clear()
        with mode():
            found.append({operation: why_not("bf16", "cpu", operation) for operation in TRIALS})
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("error", [RuntimeError("no kernel\nlong story"), NotImplementedError(), AttributeError("x")])
def test_whatever_goes_wrong_is_a_no_and_is_tried_once(error):
    tried = []

    def fails(where, dtype):
        tried.append(str(dtype))
        raise error

    with trials(layers=fails):
        for _ in range(3):
            with pytest.warns(SadariWarning, match=SAID) as told:
                assert precision_here("bf16", CPU, "layers") == "fp32"
            assert (str(error).partition("\n")[0] or type(error).__name__) in str(told[0].message)
            assert "long story" not in str(told[0].message)
        assert tried == ["torch.bfloat16"]
        assert precision_here("fp32", CPU, "layers") == "fp32"
        assert not bf16_is_fast(CPU, "layers")


def test_what_can_be_had_is_taken_without_a_word():
    with trials(layers=lambda where, dtype: None):
        assert precision_here("bf16", CPU, "layers") == "bf16"


def test_bf16_is_fast_only_where_onednn_takes_it(monkeypatch):
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    with trials(layers=lambda where, dtype: None):
        assert not bf16_is_fast(CPU, "layers")


def test_products_of_int8_that_lose_their_carry_are_a_no(monkeypatch):
    """As they are with AVX2 and no VNNI: made positive, two products are summed in 16 bits, and cut off."""

    def saturating(one, other):
        pairs = (one.int() + 128).unflatten(1, (-1, 2))[..., None] * other.int().unflatten(0, (-1, 2))
        return pairs.sum(dim=2).clamp(max=2**15 - 1).sum(dim=1) - 128 * other.int().sum(dim=0)

    small = torch.arange(16, dtype=torch.int8).view(4, 4)
    assert torch.equal(saturating(small, small).int(), small.int() @ small.int())
    monkeypatch.setattr(torch, "_int_mm", saturating)
    with trials():
        with pytest.warns(SadariWarning, match="products come out wrong: 4,080 for 516,128"):
            assert precision_here("int8", CPU, "whole numbers") == "fp32"
        assert "4,080 for 516,128" in needs("int8", "whole numbers").kwargs["reason"]  # tests that need it are skipped


def test_what_a_net_does_is_seen():
    net = nn.Sequential(
        nn.LSTM(2, 2), nn.Sequential(nn.GRU(2, 2), nn.RNN(2, 2, nonlinearity="relu")), nn.Conv1d(2, 2, 1)
    )
    assert operations(nn.Linear(2, 2)) == ["layers"]
    assert set(operations(net)) == {"layers", "lstm", "gru", "rnn", "convolution"} <= set(TRIALS)


# -- training in what cannot be had -----------------------------------------------------------------------------


def same_bits(one, two):
    return all(torch.equal(value, two.net_.state_dict()[name]) for name, value in one.net_.state_dict().items())


def train_lstm(precision):
    return LSTM(**NET, precision=precision).fit(TEXTS, LABELS)


def train_generator(precision):
    return Generator(**SMALL, precision=precision).fit(VERSE)


def train_translator(precision):
    return Translator(**TRANSLATOR, precision=precision).fit(*PAIRS)


def train_bert(precision):
    return Bert(**PRETRAINED, precision=precision).fit(VERSE.splitlines() * 3)


@pytest.mark.parametrize(
    ("missing", "train"),
    [("lstm", train_lstm), ("lstm", train_generator), ("lstm", train_translator), ("layers", train_bert)],
)
def test_training_goes_on_in_float32_and_the_model_keeps_what_was_asked(missing, train, tmp_path):
    with without(missing):
        plain, quiet = warned(lambda: train("fp32"))
        model, told = warned(lambda: train("bf16"))
    assert quiet == []
    assert len(set(told)) == 1
    assert re.fullmatch(SAID, told[0])
    assert OF_AVX2[missing] in told[0]
    assert same_bits(model, plain)
    model.save(tmp_path / "m")
    assert json.loads((tmp_path / "m" / "sadari.json").read_text())["settings"]["precision"] == "bf16"
    _, told = warned(lambda: type(model).load(tmp_path / "m"))  # it is asked for where something is done in it
    assert told == []


def test_what_does_not_need_the_missing_part_is_done_in_bf16(monkeypatch):
    taken, step = set(), Loop._step
    monkeypatch.setattr(Loop, "_step", lambda loop, n: taken.add(loop.optimizer_settings.precision) or step(loop, n))
    with trials(lstm=OF_AVX2.pop, gru=lambda where, dtype: None, layers=lambda where, dtype: None):
        GRU(**NET, precision="bf16").fit(TEXTS, LABELS)
    assert taken == {"bf16"}


def test_auto_says_nothing():
    with without("layers"):
        model, told = warned(lambda: train_bert("auto"))
    assert told == []
    assert model.resolved_.precision == "fp32"


# -- predicting ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    pytest.importorskip("transformers")
    weights = save_encoder(tmp_path_factory.mktemp("weights") / "bert")
    return BertClassifier(weights=weights, epochs=1, threads=1, precision="fp32").fit(TEXTS, LABELS)


@pytest.mark.parametrize(("asked", "missing"), [("bf16", "packed layers"), ("int8", "whole numbers")])
def test_a_model_of_another_machine_predicts_here(asked, missing, bert, tmp_path):
    bert.set_params(predict_precision="fp32")
    wanted = bert.logits(TEXTS)
    bert.set_params(predict_precision=asked).save(tmp_path / "m")
    with without(missing):
        found = sadari.load(tmp_path / "m")
        logits, told = warned(lambda: [found.logits(TEXTS) for _ in range(3)])
    assert len(told) == 1
    assert f"{asked} cannot be had on this cpu" in told[0]
    assert all(np.array_equal(one, wanted) for one in logits)
    assert found.predict_precision == asked


def test_the_command_line_says_it_once(bert, tmp_path):
    bert.set_params(predict_precision="fp32").save(tmp_path / "m")
    with without("packed layers"):
        plain = run_well("predict", tmp_path / "m", *TEXTS[:3], "--json")
        asked = run_well("predict", tmp_path / "m", *TEXTS[:3], "--json", "--precision", "bf16")
    assert asked.stdout == plain.stdout
    assert asked.stderr.count("bf16 cannot be had") == 1
    assert plain.stderr.count("bf16") == 0


@needs("bf16", "layers")
def test_a_net_of_another_family_predicts_in_bf16_too(tmp_path):
    """Its layers are not laid out anew, and yet what was asked for is done."""
    pytest.importorskip("transformers")
    weights = save_encoder(tmp_path / "albert", "albert")
    model = BertClassifier(weights=weights, epochs=1, threads=1, precision="fp32").fit(TEXTS, LABELS)
    exact, near = model.logits(TEXTS), model.set_params(predict_precision="bf16").logits(TEXTS)
    assert not np.array_equal(near, exact)
    assert np.abs(near - exact).max() < 0.1 * max(1, np.abs(exact).max())


# -- going on elsewhere ---------------------------------------------------------------------------------------------


@pytest.fixture
def stopped(tmp_path, monkeypatch):
    """Begins a run of an LSTM in a precision, which is stopped after three steps: its folder."""
    step = Loop._step

    def stopping(loop, batches):
        step(loop, batches)
        if loop.progress.step == 3:
            loop.ask_to_stop()

    def begin(precision):
        monkeypatch.setattr(Loop, "_step", stopping)
        with pytest.raises(Interrupted):
            LSTM(**NET, precision=precision).fit(TEXTS, LABELS, run=tmp_path / "run")
        monkeypatch.setattr(Loop, "_step", step)
        return tmp_path / "run"

    return begin


@needs("bf16", "lstm")
def test_a_run_in_bf16_goes_on_where_there_is_none(stopped):
    run = stopped("bf16")
    with without("lstm"):
        model, told = warned(lambda: LSTM.resume(run, TEXTS, LABELS))
    assert [one for one in told if "begun in bf16 and goes on in fp32: its bits will differ" in one]
    assert len(set(told)) == 2
    assert model.precision == "bf16"
    assert np.isfinite(model.predict_proba(TEXTS)).all()


@needs("bf16", "lstm")
def test_a_run_that_had_to_be_in_float32_stays_so_where_there_is_bf16(stopped):
    with without("lstm"), pytest.warns(SadariWarning, match=SAID):
        run = stopped("bf16")
    model, told = warned(lambda: LSTM.resume(run, TEXTS, LABELS))
    assert told == ["the run was begun in fp32 and goes on so, not in bf16"]
    assert same_bits(model, train_lstm("fp32"))


# -- a processor with AVX2, imitated -------------------------------------------------------------------------------


def test_on_avx2_everything_asked_for_in_bf16_comes_to_its_end(bert, tmp_path):
    """As a process of its own: torch and oneDNN are limited, and what they then cannot do is theirs to say."""
    bert.set_params(predict_precision="bf16").save(tmp_path / "bert")
    script = """
    import sys, warnings
    import numpy as np
    warnings.simplefilter("ignore")
    import sadari, test_device as t
    for train in (t.train_lstm, t.train_bert):
        assert np.isfinite(train("bf16").history_[-1]["loss"])
    assert t.train_generator("bf16").sample("the", 5)
    assert len(t.train_translator("bf16").translate(["a cat"])) == 1
    assert np.isfinite(sadari.load(sys.argv[1]).logits(t.TEXTS)).all()
    print("done")
    """
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, **AVX2, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths}
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "bert")],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "done\n"
