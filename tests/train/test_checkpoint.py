"""A training run that is killed or stopped, and resumed: it ends in the bits of one that never was."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from rungs_headlines import headlines, some
from sadari.artifact import read_model, write_model
from sadari.errors import ModelError, OutputError, SadariWarning, SettingError
from sadari.rungs.neural.embedding import EmbeddingMean
from sadari.rungs.neural.recurrent import GRU, LSTM, RNN, BiLSTM
from sadari.rungs.neural.transformer import Transformer
from sadari.rungs.words import TfIdf
from sadari.train.checkpoint import Run, read_run
from sadari.train.loop import Interrupted, Loop

RUNGS = {rung.name: rung for rung in (EmbeddingMean, RNN, GRU, LSTM, BiLSTM, Transformer)}
EVERY = pytest.mark.parametrize("name", list(RUNGS))
TEXTS, LABELS = some(200)
HELD_TEXTS, HELD_LABELS = (column.head(60).to_list() for column in headlines(part="test"))
# 7 batches an epoch, reports out of step with them, dropout of all kinds
SETTINGS = {
    "epochs": 4,
    "batch_size": 30,
    "report_every": 3,
    "dropout": 0.3,
    "token_dropout": 0.2,
    "embed_dim": 16,
    "warmup": 0.2,
    "seed": 5,
    "threads": 1,
}


def bits(rung):
    """All that two equal runs have in common: weights and history, but for the time."""
    weights = {name: value.numpy().tobytes() for name, value in rung.net_.state_dict().items()}
    return weights, [{key: value for key, value in record.items() if key != "seconds"} for record in rung.history_]


def stop_at(step):
    """A callback that asks for a stop by a signal once that many steps are done."""

    def progress(done, total, record):
        if record["step"] >= step:
            os.kill(os.getpid(), signal.SIGTERM)

    return progress


@EVERY
def test_a_stopped_run_ends_in_the_same_bits(name, tmp_path):
    unbroken = RUNGS[name](**SETTINGS).fit(TEXTS, LABELS)
    run = tmp_path / "run"
    for step in (3, 10, 24):  # in the middle of the first, the second and the fourth epoch
        rung = RUNGS[name](**SETTINGS)
        with pytest.raises(Interrupted, match="pass"):
            rung.fit(TEXTS, LABELS, run=run, resume=step > 3, on_progress=stop_at(step))
        torch.manual_seed(999)  # whatever happens between the two
        head = read_run(run)
        assert step <= head.step <= step + 3
        assert not head.finished
    assert bits(RUNGS[name].resume(run, TEXTS, LABELS)) == bits(unbroken)
    assert read_run(run).finished


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("sparse", [True, False])
def test_optimisers_keep_their_state(optimizer, sparse, tmp_path):
    rung = EmbeddingMean(**SETTINGS, optimizer=optimizer, sparse=sparse, weight_decay=0.01, accumulate=2)
    unbroken = rung.fit(TEXTS, LABELS)
    with pytest.raises(Interrupted):
        EmbeddingMean(**rung.get_params()).fit(TEXTS, LABELS, run=tmp_path / "run", on_progress=stop_at(6))
    assert bits(EmbeddingMean.resume(tmp_path / "run", TEXTS, LABELS)) == bits(unbroken)


def test_early_stopping_remembers_its_best(tmp_path):
    held_out = {"validation": (HELD_TEXTS, HELD_LABELS)}
    rung = EmbeddingMean(**{**SETTINGS, "epochs": 30, "learning_rate": 0.03}, patience=3, validate_every=2)
    unbroken = rung.fit(TEXTS, LABELS, **held_out)
    assert len(unbroken.history_) < 30 * 4  # it did stop early
    stop = unbroken.history_[-1]["step"] - 2  # after the best, before the end
    with pytest.raises(Interrupted):
        EmbeddingMean(**rung.get_params()).fit(
            TEXTS, LABELS, run=tmp_path / "run", on_progress=stop_at(stop), **held_out
        )
    resumed = EmbeddingMean.resume(tmp_path / "run", TEXTS, LABELS, **held_out)
    assert bits(resumed) == bits(unbroken)
    assert resumed.inverse_temperature_ == unbroken.inverse_temperature_


KILLED = """
import json, os, sys
sys.path[:0] = sys.argv[4].split(os.pathsep)
import torch
from test_checkpoint import RUNGS, SETTINGS, TEXTS, LABELS
from sadari.train.checkpoint import Run

def progress(done, total, record):
    print(int(record["step"]), flush=True)

name, run, every = sys.argv[1], sys.argv[2], float(sys.argv[3])
RUNGS[name](**SETTINGS).fit(TEXTS * 8, LABELS * 8, run=Run(run, every=every), on_progress=progress)
"""


def training_process(name, run, every, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(KILLED)
    command = [
        sys.executable,
        str(script),
        name,
        str(run),
        str(every),
        os.pathsep.join(map(str, Path(__file__).parents[:2])),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def wait_for_step(process, step):
    for line in process.stdout:
        if int(line) >= step:
            return
    pytest.fail(process.stderr.read())


@pytest.mark.parametrize(
    "name", [name if name in ("embedding", "lstm") else pytest.param(name, marks=pytest.mark.slow) for name in RUNGS]
)
def test_a_killed_run_ends_in_the_same_bits(name, tmp_path):
    run = tmp_path / "run"
    process = training_process(name, run, 0.0, tmp_path)  # a checkpoint after every step
    wait_for_step(process, 9)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert 0 < read_run(run).step < 4 * 54
    unbroken = RUNGS[name](**SETTINGS).fit(TEXTS * 8, LABELS * 8)
    assert bits(RUNGS[name].resume(run, TEXTS * 8, LABELS * 8)) == bits(unbroken)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_a_checkpoint_at_once(number, tmp_path):
    process = training_process("lstm", tmp_path / "run", 3600.0, tmp_path)
    wait_for_step(process, 6)
    start = time.perf_counter()
    process.send_signal(number)
    _, said = process.communicate(timeout=10)
    assert time.perf_counter() - start < 10
    assert "Interrupted: training was stopped in pass 1" in said
    assert read_run(tmp_path / "run").step >= 6


@pytest.mark.parametrize("kind", [EmbeddingMean, LSTM, Transformer], ids=lambda kind: kind.name)
def test_the_number_of_threads_is_taken_up_again(kind, tmp_path, monkeypatch):
    """Another number gives other bits: of a Transformer always, of recurrent nets on some processors."""
    before, seen, step = torch.get_num_threads(), [], Loop._step
    settings = {**SETTINGS, "threads": None, "embed_dim": 64, "epochs": 2}
    texts, labels = TEXTS[:90], LABELS[:90]
    monkeypatch.setattr(Loop, "_step", lambda loop, n: seen.append(torch.get_num_threads()) or step(loop, n))
    try:
        torch.set_num_threads(2)
        unbroken = kind(**settings).fit(texts, labels)
        with pytest.raises(Interrupted):
            kind(**settings).fit(texts, labels, run=tmp_path / "run", on_progress=stop_at(3))
        torch.set_num_threads(1)
        with pytest.warns(SadariWarning, match="begun with 2 threads and goes on so: 1 would give other bits"):
            resumed = kind.resume(tmp_path / "run", texts, labels)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
    assert set(seen) == {2}
    assert bits(resumed) == bits(unbroken)


# -- what is refused --------------------------------------------------------------------------------------


@pytest.fixture
def stopped(tmp_path):
    run = tmp_path / "run"
    with pytest.raises(Interrupted):
        EmbeddingMean(**SETTINGS).fit(TEXTS, LABELS, run=run, on_progress=stop_at(3))
    return run


@pytest.mark.parametrize(
    ("texts", "labels", "more", "differs"),
    [
        ([*TEXTS[:-1], TEXTS[-1] + "!"], LABELS, {}, "texts"),
        (TEXTS[::-1], LABELS[::-1], {}, "texts|labels"),
        (TEXTS, [*LABELS[:-1], next(label for label in LABELS if label != LABELS[-1])], {}, "labels"),
        (TEXTS, [label + "s" for label in LABELS], {}, "labels"),
        (TEXTS, LABELS, {"sample_weight": np.arange(1, 201)}, "labels"),
        (TEXTS, LABELS, {"validation": (HELD_TEXTS, HELD_LABELS)}, "validation"),
    ],
)
def test_other_data_is_refused(texts, labels, more, differs, stopped):
    with pytest.raises(SettingError, match=f"not the run that was stopped: ({differs})"):
        EmbeddingMean.resume(stopped, texts, labels, **more)


@pytest.mark.parametrize(
    "changed", [{"seed": 6}, {"epochs": 5}, {"learning_rate": 0.1}, {"class_weight": "balanced"}, {"sparse": False}]
)
def test_other_settings_are_refused(changed, stopped):
    with pytest.raises(SettingError, match=f"{next(iter(changed))} differs: .* then, .* now"):
        EmbeddingMean(**{**SETTINGS, **changed}).fit(TEXTS, LABELS, run=stopped, resume=True)


def test_another_rung_is_refused(stopped):
    with pytest.raises(ModelError, match="a run of 'embedding', not 'lstm'"):
        LSTM.resume(stopped, TEXTS, LABELS)


def test_a_run_that_is_not_finished_is_not_written_over(stopped):
    before = read_run(stopped)
    with pytest.raises(OutputError, match="holds a run that was stopped in pass 1"):
        EmbeddingMean(**SETTINGS).fit(TEXTS, LABELS, run=stopped)
    assert read_run(stopped) == before
    EmbeddingMean.resume(stopped, TEXTS, LABELS)
    EmbeddingMean(**SETTINGS).fit(TEXTS, LABELS, run=stopped)  # a finished one is


def test_a_model_is_not_written_over(tmp_path):
    TfIdf().fit(TEXTS, LABELS).save(tmp_path / "model")
    with pytest.raises(OutputError, match="in the way of the checkpoint"):
        EmbeddingMean(**SETTINGS).fit(TEXTS, LABELS, run=tmp_path / "model")
    TfIdf.load(tmp_path / "model")


def test_a_folder_of_something_else_is_refused_before_training(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    seen = []
    with pytest.raises(OutputError):
        EmbeddingMean(**SETTINGS).fit(TEXTS, LABELS, run=tmp_path, on_progress=lambda *record: seen.append(record))
    assert not seen


def test_resume_needs_a_run(tmp_path):
    with pytest.raises(SettingError, match="needs the folder"):
        EmbeddingMean(**SETTINGS).fit(TEXTS, LABELS, resume=True)
    with pytest.raises(ModelError):
        EmbeddingMean.resume(tmp_path / "nothing", TEXTS, LABELS)
    TfIdf().fit(TEXTS, LABELS).save(tmp_path / "model")
    with pytest.raises(ModelError, match="no checkpoint"):
        EmbeddingMean.resume(tmp_path / "model", TEXTS, LABELS)


@pytest.mark.parametrize("part", ["net.output.weight", "random.cpu.0"])
def test_a_checkpoint_that_lacks_a_part_is_refused(part, stopped, tmp_path):
    files = read_model(stopped, as_torch=True)
    kept = {key: value for key, value in files.manifest.items() if key not in ("format_version", "files", "sha256")}
    tensors = {name: value for name, value in files.tensors.items() if name != part}
    write_model(tmp_path / "torn", manifest=kept, tensors=tensors, texts=files.texts)
    with pytest.raises(ModelError, match="does not fit this run"):
        EmbeddingMean.resume(tmp_path / "torn", TEXTS, LABELS)


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"threads": 10**9}, {"threads": "two"}, {"precision": "fp8"}])
def test_a_checkpoint_of_no_machine_is_refused(wrong, stopped, tmp_path):
    files = read_model(stopped, as_torch=True)
    kept = {key: value for key, value in files.manifest.items() if key not in ("format_version", "files", "sha256")}
    write_model(tmp_path / "torn", manifest={**kept, **wrong}, tensors=files.tensors, texts=files.texts)
    with pytest.raises(ModelError, match="does not fit this run"):
        EmbeddingMean.resume(tmp_path / "torn", TEXTS, LABELS)


def test_a_checkpoint_is_no_model_to_predict_with(stopped):
    with pytest.raises(ModelError):
        EmbeddingMean.load(stopped)


# -- what a kept run does besides -------------------------------------------------------------------------


def test_notes_come_back(tmp_path):
    notes = {"data": "news.csv", "output": "models/news"}
    EmbeddingMean(**SETTINGS).fit(TEXTS, LABELS, run=Run(tmp_path / "run", notes=notes))
    head = read_run(tmp_path / "run")
    assert head.notes == notes
    assert head.identity["rung"] == "embedding"
    assert json.dumps(head.identity)


def test_notes_stay_when_the_run_is_resumed_and_stopped_again(tmp_path):
    run = tmp_path / "run"
    with pytest.raises(Interrupted):
        EmbeddingMean(**SETTINGS).fit(TEXTS, LABELS, run=Run(run, notes={"data": "x"}), on_progress=stop_at(3))
    EmbeddingMean.resume(run, TEXTS, LABELS)
    assert read_run(run).notes == {"data": "x"}


def test_a_finished_run_gives_its_model_again(tmp_path):
    first = EmbeddingMean(**SETTINGS).fit(TEXTS, LABELS, run=tmp_path / "run")
    seen = []
    again = EmbeddingMean.resume(tmp_path / "run", TEXTS, LABELS, on_progress=lambda *record: seen.append(record))
    assert bits(again) == bits(first)
    assert not seen


def test_keeping_a_run_changes_no_bit(tmp_path):
    kept = LSTM(**SETTINGS).fit(TEXTS, LABELS, run=Run(tmp_path / "run", every=0.0))
    assert bits(kept) == bits(LSTM(**SETTINGS).fit(TEXTS, LABELS))


def test_signals_are_as_before_afterwards(tmp_path):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    EmbeddingMean(**SETTINGS).fit(TEXTS, LABELS, run=tmp_path / "run")
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_run_in_another_thread_is_kept_too(tmp_path):
    worker = threading.Thread(target=lambda: EmbeddingMean(**SETTINGS).fit(TEXTS, LABELS, run=tmp_path / "run"))
    worker.start()
    worker.join()
    assert read_run(tmp_path / "run").finished
