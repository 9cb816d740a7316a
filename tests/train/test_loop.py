"""The training loop: what falls exactly when, and gradients, rates and losses against torch's own."""

import copy
import math
import time

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from precisions import needs
from sadari.device import resolve_device
from sadari.errors import SettingError
from sadari.nets.embedding import EmbeddingClassifier
from sadari.nets.transformer import TransformerClassifier
from sadari.ragged import Ragged
from sadari.train.batches import Batches
from sadari.train.loop import Loop
from sadari.train.machine.environment import stop_signals, threads
from sadari.train.objectives.classification import ClassifierTask
from sadari.train.optimizer import OptimizerSettings, make_optimizers, rate_at


class Rows:
    """A linear layer that learns rows of numbers, in given batches, with scripted validation scores."""

    def __init__(self, batches, scores=None):
        random = torch.Generator().manual_seed(0)
        self.net = nn.Linear(3, 2)
        with torch.no_grad():
            self.net.weight.copy_(torch.randn(2, 3, generator=random))
            self.net.bias.zero_()
        self.rows, self.codes = torch.randn(40, 3, generator=random), torch.randint(0, 2, (40,), generator=random)
        self.batches, self.scores, self.asked, self.seen = batches, scores, 0, []

    def epoch(self, number):
        return self.batches

    def loss(self, net, batch):
        self.seen.append(list(batch))
        losses = functional.cross_entropy(net(self.rows[batch]), self.codes[batch], reduction="none")
        return losses.sum(), float(len(batch)), {}

    def validate(self):
        self.asked += 1
        return None if self.scores is None else {"accuracy": self.scores[self.asked - 1]}


UNEQUAL = [list(range(7)), list(range(7, 9)), list(range(9, 20)), list(range(20, 23)), list(range(23, 40))]
PLAIN = {"optimizer": "sgd", "decay": "constant", "clip": None, "learning_rate": 0.1}


def joined(batches):
    return [row for batch in batches for row in batch]


def trained(batches, scores=None, **settings):
    task = Rows(batches, scores)
    loop = Loop(task, OptimizerSettings(**{**PLAIN, "epochs": 1, **settings}))
    return task, loop.run(), loop


def test_what_is_done_is_counted_in_what_ends_the_training():
    """A limit of steps ends it before its passes do: all of the steps are done then, and not a part of the passes."""
    counted = {}
    for unit, limits in (("pass", {"epochs": 2}), ("step", {"epochs": 5, "steps": 6}), ("time", {"seconds": 1e-9})):
        told = counted[unit] = []
        loop = Loop(Rows(UNEQUAL), OptimizerSettings(**{**PLAIN, **limits}))
        loop.on_record = lambda record, loop, told=told: told.append(loop.extent())
        loop.run()
        assert loop.unit() == unit
    assert counted == {"pass": [(1, 2), (2, 2)], "step": [(5, 6), (6, 6)], "time": [(1, 1)]}


# -- gradients and steps ----------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_accumulated_batches_are_one_large_batch(optimizer):
    """However unequal they are: the gradient is the mean over all texts, and not the mean of the batches' means."""
    parts, _, _ = trained(UNEQUAL, accumulate=3, epochs=3, optimizer=optimizer)
    whole, _, _ = trained([joined(UNEQUAL[:3]), joined(UNEQUAL[3:])], epochs=3, optimizer=optimizer)
    assert torch.allclose(parts.net.weight, whole.net.weight, atol=1e-6)
    assert torch.allclose(parts.net.bias, whole.net.bias, atol=1e-6)


def test_accumulated_sparse_gradients_are_those_of_one_large_batch():
    nets = []
    for size, accumulate in ((8, 3), (24, 1)):
        torch.manual_seed(0)
        task = words_task(EmbeddingClassifier(40, 3, width=4, sparse=True), in_order=size)
        Loop(task, OptimizerSettings(epochs=2, accumulate=accumulate, learning_rate=0.05)).run()
        nets.append(task.net.state_dict())
    for name, value in nets[0].items():
        assert torch.allclose(value, nets[1][name], atol=1e-6), name


def test_an_epoch_is_torchs_own_steps():
    task, history, _ = trained(UNEQUAL, epochs=2)
    net = Rows(UNEQUAL).net
    sgd = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for batch in UNEQUAL * 2:
        sgd.zero_grad()
        functional.cross_entropy(net(task.rows[batch]), task.codes[batch]).backward()
        sgd.step()
    assert torch.allclose(task.net.weight, net.weight, atol=1e-6)
    assert history[-1]["step"] == 10


@pytest.mark.parametrize("accumulate", [1, 2])
def test_clipping_is_torchs(accumulate):
    task, _, _ = trained(UNEQUAL, clip=0.05, accumulate=accumulate)
    net = Rows(UNEQUAL).net
    sgd = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for first in range(0, 5, accumulate):
        batch = joined(UNEQUAL[first : first + accumulate])
        sgd.zero_grad()
        functional.cross_entropy(net(task.rows[batch]), task.codes[batch]).backward()
        assert nn.utils.clip_grad_norm_(net.parameters(), 0.05) > 0.05
        sgd.step()
    assert torch.allclose(task.net.weight, net.weight, atol=1e-6)


@pytest.mark.parametrize(("epochs", "accumulate", "steps"), [(1, 1, 5), (3, 1, 15), (3, 2, 9), (2, 5, 2), (2, 9, 2)])
def test_epochs_and_steps_are_exact(epochs, accumulate, steps):
    """The course trained one batch too many (`count > epoch_size`)."""
    task, history, loop = trained(UNEQUAL, epochs=epochs, accumulate=accumulate)
    assert task.seen == UNEQUAL * epochs
    assert history[-1]["step"] == loop.progress.step == steps
    assert [record["epoch"] for record in history] == list(range(1, epochs + 1))


# -- rates ------------------------------------------------------------------------------------------------


def test_rates_rise_and_fall_as_they_should():
    optimizer_settings = OptimizerSettings(warmup=0.2)
    rates = [rate_at(optimizer_settings, step, 10) for step in range(10)]
    assert rates == pytest.approx([1 / 3, 2 / 3, 1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8])
    cosine = [rate_at(OptimizerSettings(decay="cosine"), step, 4) for step in range(4)]
    assert cosine == pytest.approx([(1 + math.cos(math.pi * step / 4)) / 2 for step in range(4)])
    assert [rate_at(OptimizerSettings(decay="constant"), step, 4) for step in range(4)] == [1.0] * 4
    assert [rate_at(OptimizerSettings(), step, 4) for step in range(4)] == [1.0, 0.75, 0.5, 0.25]


def test_every_step_has_its_rate():
    task = Rows(UNEQUAL)
    loop = Loop(task, OptimizerSettings(**{**PLAIN, "epochs": 2, "decay": "linear", "warmup": 0.2}))
    rates = []
    loop.optimizers[0].register_step_pre_hook(lambda optimizer, *_: rates.append(optimizer.param_groups[0]["lr"]))
    loop.run()
    assert rates == pytest.approx([0.1 * rate_at(loop.optimizer_settings, step, 10) for step in range(10)])


# -- reports, validation, early stopping ------------------------------------------------------------------


@pytest.mark.parametrize("every", [1, 2, 3, 5, 7, 9, 99])
def test_a_report_falls_after_every_n_steps_exactly(every):
    """Counted through the epochs: 5 batches each, and a validation after each."""
    _, history, _ = trained(UNEQUAL, epochs=3, report_every=every)
    assert [record["step"] for record in history] == [n for n in range(1, 16) if n % every == 0 or n % 5 == 0]


@pytest.mark.parametrize("every", [0, 1, 2, 3, 5, 7, 99])
def test_validation_falls_after_every_n_steps_exactly_and_at_the_end(every):
    task, history, _ = trained(UNEQUAL, [0.5] * 20, epochs=3, validate_every=every)
    wanted = [n for n in range(1, 16) if n % (every or 5) == 0 or n == 15]
    assert task.asked == len(wanted)
    assert [record["step"] for record in history] == wanted
    assert all("accuracy" in record for record in history)


def test_reports_count_steps_where_several_batches_make_one():
    _, history, _ = trained(UNEQUAL, epochs=4, accumulate=2, report_every=2, validate_every=100)
    assert [record["step"] for record in history] == [2, 4, 6, 8, 10, 12]
    assert [record["batch"] for record in history] == [4, 2, 5, 4, 2, 5]


def test_reports_and_validation_out_of_step():
    task, history, _ = trained(UNEQUAL, [0.5] * 20, report_every=2, validate_every=3)
    assert [(record["batch"], "accuracy" in record) for record in history] == [
        (2, False),
        (3, True),
        (4, False),
        (5, True),
    ]
    assert task.asked == 2


def test_a_loss_is_the_mean_over_texts():
    """The course summed means of batches and divided by texts: 15.2 was printed as 0.95."""
    task, history, _ = trained(UNEQUAL, learning_rate=1e-9)
    wanted = functional.cross_entropy(Rows(UNEQUAL).net(task.rows), task.codes)
    assert history[-1]["loss"] == pytest.approx(wanted.item(), abs=1e-6)
    _, history, _ = trained(UNEQUAL, learning_rate=1e-9, report_every=2)
    first = functional.cross_entropy(Rows(UNEQUAL).net(task.rows[:9]), task.codes[:9])
    assert history[0]["loss"] == pytest.approx(first.item(), abs=1e-6)  # of its own two batches
    second = functional.cross_entropy(Rows(UNEQUAL).net(task.rows[9:23]), task.codes[9:23])
    assert history[1]["loss"] == pytest.approx(second.item(), abs=1e-6)


def test_a_history_is_plain_data():
    """The course kept `total_loss += loss` and every graph behind it."""
    _, history, loop = trained(UNEQUAL, report_every=2)
    assert all(type(value) is float for record in history for value in record.values())
    assert all(type(value) is float for value in loop.progress.sums.values())


def test_early_stopping_keeps_the_best_weights():
    scores = [0.5, 0.7, 0.6, 0.7, 0.6, 0.9]
    task, history, loop = trained(UNEQUAL, scores, epochs=6, patience=3)
    assert task.asked == 5  # three validations without a better one; an equal one is no better
    assert history[-1]["epoch"] == 5
    assert loop.progress.finished
    assert torch.equal(task.net.weight, trained(UNEQUAL, epochs=2)[0].net.weight)


def test_the_best_weights_are_kept_without_patience_too():
    task, history, _ = trained(UNEQUAL, [0.5, 0.9, 0.6, 0.1], epochs=4)
    assert len(history) == 4
    assert torch.equal(task.net.weight, trained(UNEQUAL, epochs=2)[0].net.weight)


def test_stopping_in_the_middle_of_an_epoch_trains_no_further():
    task, history, _ = trained(UNEQUAL, [0.9, 0.5, 0.4, 0.3, 0.2, 0.1], epochs=3, validate_every=2, patience=2)
    assert [record["step"] for record in history] == [2, 4, 6]
    assert task.seen == [*UNEQUAL, UNEQUAL[0]]


def test_training_that_diverges_is_an_error():
    task = Rows(UNEQUAL)
    with torch.no_grad():
        task.rows.mul_(1e30)
    with pytest.raises(SettingError, match="diverged"):
        Loop(task, OptimizerSettings(**{**PLAIN, "learning_rate": 1000.0, "epochs": 5})).run()


# -- the loss of a classifier -----------------------------------------------------------------------------


def words_task(net, *, in_order=None, **options):
    random = np.random.default_rng(0)
    ids = Ragged.from_lists([random.integers(2, 40, random.integers(0, 9)).tolist() for _ in range(48)])
    targets = options.pop("targets", np.eye(3, dtype=np.int8)[random.integers(0, 3, 48)])
    costs = options.pop("costs", np.ones(48, np.float32))
    task = ClassifierTask(net, ids, targets, costs, Batches(ids.lengths, 48), 1, **options)
    if in_order:
        rows = [np.arange(first, first + in_order) for first in range(0, 48, in_order)]
        object.__setattr__(task, "batches", type("Fixed", (), {"epoch": lambda self, number, **_: rows})())
    return task


def logits_of(task, rows):
    ids, mask = task.ids.take(rows).padded(1)
    return task.net(ids, mask)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_loss_and_label_smoothing_are_torchs(smoothing):
    task = words_task(EmbeddingClassifier(40, 3), label_smoothing=smoothing)
    rows = np.arange(5, 25)
    total, weight, sums = task.loss(task.net, rows)
    logits, codes = logits_of(task, rows), torch.from_numpy(task.targets[rows]).argmax(1)
    assert (total / weight).item() == pytest.approx(
        functional.cross_entropy(logits, codes, label_smoothing=smoothing).item(), abs=1e-6
    )
    assert sums["accuracy"] == int((logits.argmax(1) == codes).sum())


def test_class_weights_are_torchs():
    """Weights of labels, as costs of mean 1 over all texts: the weighted mean of torch."""
    per_label = np.array([1.0, 5.0, 0.5], np.float32)
    task = words_task(EmbeddingClassifier(40, 3))
    costs = (task.targets * per_label).sum(1)
    task = words_task(task.net, costs=(costs / costs.mean()).astype(np.float32))
    rows = np.arange(48)
    total, weight, _ = task.loss(task.net, rows)
    wanted = functional.cross_entropy(
        logits_of(task, rows), torch.from_numpy(task.targets).argmax(1), weight=torch.from_numpy(per_label)
    )
    assert (total / weight).item() == pytest.approx(wanted.item(), abs=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_several_labels_are_as_many_yes_or_no(smoothing):
    targets = np.random.default_rng(1).integers(0, 2, (48, 3)).astype(np.int8)
    task = words_task(EmbeddingClassifier(40, 3), targets=targets, multilabel=True, label_smoothing=smoothing)
    rows = np.arange(48)
    total, weight, sums = task.loss(task.net, rows)
    logits, wanted = logits_of(task, rows), torch.from_numpy(targets).float()
    soft = wanted * (1 - smoothing) + smoothing / 2
    assert (total / weight).item() == pytest.approx(
        3 * functional.binary_cross_entropy_with_logits(logits, soft).item(), abs=1e-5
    )
    assert sums["accuracy"] == int(((logits > 0) == (wanted > 0)).all(1).sum())


def test_a_process_without_a_share_adds_nothing():
    task = words_task(EmbeddingClassifier(40, 3))
    total, weight, sums = task.loss(task.net, np.empty(0, np.int64))
    assert (total.item(), weight, sums["accuracy"]) == (0.0, 0.0, 0.0)
    total.backward()
    assert float(task.net.embedding.weight.grad.abs().max()) == 0


# -- optimisers, devices, precision -----------------------------------------------------------------------


def test_only_matrices_decay():
    net = TransformerClassifier(40, 3, width=8, heads=2, layers=1)
    (optimizer,) = make_optimizers(net, OptimizerSettings(optimizer="adamw", weight_decay=0.1))
    decays = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    for name, parameter in net.named_parameters():
        matrix = parameter.dim() > 1 and "embedding" not in name
        assert decays[id(parameter)] == (0.1 if matrix else 0.0), name
    assert len(decays) == len(list(net.parameters()))


@pytest.mark.parametrize(("name", "kind"), [("adam", torch.optim.SparseAdam), ("sgd", torch.optim.SGD)])
def test_sparse_embeddings_have_an_optimiser_of_their_own(name, kind):
    net = EmbeddingClassifier(40, 3, sparse=True)
    dense, sparse = make_optimizers(net, OptimizerSettings(optimizer=name))
    assert type(sparse) is kind
    assert [p for group in sparse.param_groups for p in group["params"]] == [net.embedding.weight]
    assert net.embedding.weight not in {p for group in dense.param_groups for p in group["params"]}


@pytest.mark.parametrize("name", ["cuda", "cuda:3", "mps", "warp", "xpu", ""])
def test_a_device_that_is_not_there_is_an_error(name):
    if name.startswith("cuda") and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    if name == "mps" and torch.backends.mps.is_available():
        pytest.skip("there is Apple's GPU here")
    with pytest.raises(SettingError):
        resolve_device(name)


def test_auto_finds_a_device():
    assert resolve_device("auto").type in ("cuda", "mps", "cpu")


@pytest.mark.parametrize(
    "wrong",
    [{"optimizer": "lion"}, {"decay": "step"}, {"precision": "fp8"}, {"epochs": 0}, {"accumulate": 0}, {"warmup": 1}],
)
def test_a_recipe_that_cannot_be_is_refused(wrong):
    with pytest.raises(SettingError):
        OptimizerSettings(**wrong)


@needs("bf16", "layers")
def test_bf16_products_leave_the_weights_in_fp32():
    nets = {}
    for precision in ("fp32", "bf16"):
        torch.manual_seed(0)
        task = words_task(TransformerClassifier(40, 3, width=16, heads=2, layers=1, dropout=0.0))
        history = Loop(task, OptimizerSettings(epochs=30, precision=precision, learning_rate=0.01)).run()
        nets[precision] = task.net
        assert history[-1]["loss"] < 0.5 * history[0]["loss"]
        assert all(value.dtype == torch.float32 for value in task.net.state_dict().values())
    assert not torch.equal(nets["fp32"].output.weight, nets["bf16"].output.weight)


@pytest.mark.slow
def test_a_compiled_net_learns_the_same_and_keeps_its_names():
    nets = []
    for compiled in (False, True):
        torch.manual_seed(0)
        task = words_task(EmbeddingClassifier(40, 3))
        names = list(task.net.state_dict())
        Loop(task, OptimizerSettings(epochs=3, compile=compiled)).run()
        assert list(task.net.state_dict()) == names  # and not `_orig_mod.…`
        nets.append(task.net)
    assert torch.allclose(nets[0].embedding.weight, nets[1].embedding.weight, atol=1e-5)


def test_threads_are_set_back():
    before = torch.get_num_threads()
    with pytest.raises(KeyError), threads(before + 1):  # noqa: PT012
        assert torch.get_num_threads() == before + 1
        raise KeyError
    assert torch.get_num_threads() == before


def test_no_checkpoint_no_signal_handler():
    with stop_signals(None):
        pass
    _, _, loop = trained(UNEQUAL)
    loop.ask_to_stop()
    with pytest.raises(KeyboardInterrupt):
        loop.ask_to_stop()


def test_the_pad_embedding_stays_zero():
    """The course padded with 0, which was `<unk>`, and trained it."""
    for sparse in (False, True):
        for optimizer in ("adam", "adamw", "sgd"):
            task = words_task(EmbeddingClassifier(40, 3, sparse=sparse))
            before = copy.deepcopy(task.net.embedding.weight)
            Loop(task, OptimizerSettings(epochs=3, optimizer=optimizer, weight_decay=0.1, learning_rate=0.1)).run()
            assert float(task.net.embedding.weight[1].detach().abs().max()) == 0
            assert not torch.equal(task.net.embedding.weight[2:], before[2:])


def test_time_that_is_up_between_two_epochs_still_ends_with_a_validation():
    task = Rows([[0, 1], [2, 3]], scores=[0.5] * 100)

    def slow(loop):
        if loop.progress.step == 4:  # the last of its epoch: the next one begins when the time is up
            time.sleep(0.3)

    loop = Loop(task, OptimizerSettings(**PLAIN, epochs=10_000, seconds=0.25, validations=2), on_step=slow)
    last = loop.run()[-1]
    assert last["step"] == loop.progress.step
    assert last["seconds"] >= 0.25
    assert last["accuracy"] == 0.5
