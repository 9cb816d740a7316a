"""What the neural rungs share: ids of a vocabulary, a torch net, and the training loop."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import ModelFiles
from sadari.errors import DataError
from sadari.ragged import Ragged, append_to, offsets_of
from sadari.rungs.base import Rung
from sadari.rungs.saved import VOCABULARY
from sadari.text.table import TokenTable
from sadari.text.tokenize import tokenizer
from sadari.text.vectorize import columns, resolve_tokenizer
from sadari.text.vocab import PADDING, UNKNOWN, Vocab
from sadari.train.batches import Batches
from sadari.train.watch import Watch

if TYPE_CHECKING:
    import torch
    from torch import nn

SPECIALS = (UNKNOWN, PADDING)
PREDICT_TEXTS, PREDICT_TOKENS = 256, 32_768


@dataclass(kw_only=True, eq=False, repr=False)
class NeuralRung(Rung):
    """A torch net over the ids of a text.

    Args:
        tokenizer: a name of `sadari.text.tokenize.TOKENIZERS`, or "auto": chosen by the script of the texts.
        min_freq: rarer tokens become ``<unk>``.
        max_vocab: the most tokens, the most frequent ones.
        max_length: longer texts are cut after so many tokens.
        dropout: as the net has it.
        token_dropout: the share of tokens hidden from the net in training.
        label_smoothing: the share of each target given to all labels alike.
        epochs: passes over the texts, at most.
        learning_rate, optimizer, weight_decay, warmup, decay, clip, accumulate: see `sadari.train.optimise.Recipe`.
        batch_size: the most texts in a batch. batch_tokens: the most tokens in it, padding included.
        sparse: sparse gradients for the embeddings.
        report_every, validate_every: a record, or a validation, every so many batches; 0: every epoch.
        patience: with validation texts, stop after so many validations without a better accuracy, and keep the best.
        class_weight: None, "balanced", or label → weight.
        device: "cpu", "cuda", "mps" or "auto". precision: "fp32" or "bf16". compile: use torch.compile.
        threads: of torch on the CPU.
        seed: of all that is drawn; the same seed gives the same bits on the same machine and threads.

    Attributes:
        net_: the torch module. vocab_: the vocabulary. tokenizer_: the tokenizer taken. history_: records of the training.
        cut_: how many training texts were longer than ``max_length``.
    """

    name: ClassVar[str] = ""

    tokenizer: str = "auto"
    min_freq: int = 2
    max_vocab: int | None = None
    max_length: int = 256
    dropout: float = 0.2
    token_dropout: float = 0.1
    label_smoothing: float = 0.05
    epochs: int = 10
    learning_rate: float = 0.002
    optimizer: str = "adam"
    weight_decay: float = 0.0
    warmup: float = 0.05
    decay: str = "linear"
    clip: float | None = 1.0
    accumulate: int = 1
    batch_size: int = 64
    batch_tokens: int = 16_384
    sparse: bool = False
    report_every: int = 0
    validate_every: int = 0
    patience: int | None = None
    class_weight: str | Mapping[Any, float] | None = None
    device: str = "cpu"
    precision: str = "fp32"
    compile: bool = False
    threads: int | None = None
    seed: int = 0

    # -- training ---------------------------------------------------------------------------------------

    def _new_net(self, vocab_size: int, labels: int) -> nn.Module:
        """The net before training; a rung says which."""
        raise NotImplementedError

    def _train(self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], watch: Watch) -> None:
        import torch

        from sadari.train.loop import Loop, seed_everything

        ids = self._learn_vocabulary(texts)
        if len(ids) != len(targets):
            raise DataError(f"there are {len(ids):,} texts and {len(targets):,} labels; each text needs its label")
        with torch.random.fork_rng():
            seed_everything(self.seed)
            self.net_ = self._new_net(len(self.vocab_), targets.shape[1])
            task = ClassifierTask(self, ids, targets, costs, watch.score)
            loop = Loop(task, self.recipe(), on_record=_told(watch, self.epochs))
            self.history_ = loop.run()
        self.net_.eval()

    def recipe(self) -> Any:
        """The `sadari.train.optimise.Recipe` of these settings."""
        from sadari.train.optimise import Recipe

        return Recipe(
            epochs=self.epochs, learning_rate=self.learning_rate, optimizer=self.optimizer,
            weight_decay=self.weight_decay, warmup=self.warmup, decay=self.decay, clip=self.clip,
            accumulate=self.accumulate, max_texts=self.batch_size, max_tokens=self.batch_tokens,
            report_every=self.report_every, validate_every=self.validate_every, patience=self.patience,
            precision=self.precision, device=self.device, compile=self.compile, seed=self.seed, threads=self.threads,
        )  # fmt: skip

    def _learn_vocabulary(self, texts: Any) -> Ragged:
        chosen = resolve_tokenizer(self.tokenizer, texts)
        self.tokenizer_ = chosen.name
        table = TokenTable()
        values, stored, self.cut_ = [np.empty(0, np.int32)], 0, 0
        lengths = [np.zeros(0, np.int64)]
        sample: list[str] = []
        for column in columns(texts):
            sample = sample or column.head(3).to_list()
            tokens = chosen(column)
            part, cut = Ragged(table.learn(tokens), tokens.offsets).truncate(self.max_length)
            append_to(values, stored, [part.values])
            stored, self.cut_ = stored + len(part.values), self.cut_ + cut
            lengths.append(part.lengths)
        if not len(table):
            raise DataError(
                f"no text has anything that the tokenizer {chosen.name!r} takes for a token",
                where=f"training texts such as {', '.join(repr(text[:60]) for text in sample) or '(none)'}",
                hint="try --tokenizer characters",
            )
        max_size = None if self.max_vocab is None else self.max_vocab + len(SPECIALS)
        self.vocab_, new_ids = Vocab.from_table(table, min_freq=self.min_freq, max_size=max_size, specials=SPECIALS)
        if len(self.vocab_) == len(SPECIALS):
            raise DataError(f"no token stands {self.min_freq} times in the texts", hint="give min_freq=1")
        return Ragged(new_ids[values[0]], offsets_of(np.concatenate(lengths)))

    # -- predicting -------------------------------------------------------------------------------------

    def encode(self, column: pl.Series) -> Ragged:
        """Ids of texts as the net reads them, cut to ``max_length``."""
        return self.vocab_.encode(tokenizer(self.tokenizer_)(column)).truncate(self.max_length)[0]

    def _logits(self, column: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        import torch

        ids = self.encode(column)
        out = np.empty((len(ids), len(self.classes_)), np.float32)
        device = next(self.net_.parameters()).device
        training = self.net_.training
        self.net_.eval()
        with torch.inference_mode():
            for rows in Batches(ids.lengths, PREDICT_TEXTS, PREDICT_TOKENS).in_order():
                batch, mask = ids.take(rows).padded(self.vocab_.pad_id)
                out[rows] = self.net_(batch.to(device), mask.to(device)).float().cpu().numpy()
        self.net_.train(training)
        known = np.concatenate([[0], np.cumsum(ids.values >= len(SPECIALS))])
        return out, np.diff(known[ids.offsets]) > 0

    def _contributions(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        ids = self.encode(column)
        tokens = tokenizer(self.tokenizer_)(column).to_lists()[0][: self.max_length]
        values, bias = integrated_gradients(self.net_, ids.values, len(self.classes_))
        return tokens, values, bias

    # -- saving -----------------------------------------------------------------------------------------

    def _state(self) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
        tensors = {name: value.detach().cpu() for name, value in self.net_.state_dict().items()}
        texts = {VOCABULARY: json.dumps(self.vocab_.tokens, ensure_ascii=False)}
        return tensors, texts, {"tokenizer": self.tokenizer_}

    def _restore(self, files: ModelFiles, model: Mapping[str, Any]) -> None:
        import torch

        self.tokenizer_ = str(model["tokenizer"])
        tokenizer(self.tokenizer_)
        words = json.loads(files.text(VOCABULARY))
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError("the vocabulary is not a list of words")
        if words[: len(SPECIALS)] != list(SPECIALS):
            raise ValueError(f"the vocabulary does not begin with {', '.join(SPECIALS)}")
        self.vocab_ = Vocab(words, specials=len(SPECIALS))
        with torch.device("meta"):  # takes no memory: what the settings claim is compared with what is there
            self.net_ = self._new_net(len(words), len(self.classes_))
        for name, wanted in self.net_.state_dict().items():
            files.tensor(name, shape=tuple(wanted.shape), dtype=str(wanted.dtype).removeprefix("torch."))
        loaded = {name: torch.from_numpy(np.ascontiguousarray(files.tensors[name])) for name in self.net_.state_dict()}
        with torch.random.fork_rng():
            self.net_ = self._new_net(len(words), len(self.classes_))
        self.net_.load_state_dict(loaded)
        self.net_.eval()


class ClassifierTask:
    """A classifier as the training loop sees it: batches of texts, cross-entropy, validation accuracy."""

    def __init__(
        self,
        rung: NeuralRung,
        ids: Ragged,
        targets: NDArray[np.int8],
        costs: NDArray[np.float32],
        score: Callable[[], dict[str, float]] | None,
    ) -> None:
        import torch

        self.rung, self.ids, self.net, self.score = rung, ids, rung.net_, score
        self.multilabel = rung._codec.multilabel
        self.targets = torch.from_numpy(targets)
        self.codes = self.targets.argmax(dim=1)
        self.costs = torch.from_numpy(costs)
        self.batches = Batches(ids.lengths, rung.batch_size, rung.batch_tokens, rung.seed)

    def epoch(self, number: int) -> Sequence[NDArray[np.int64]]:
        from sadari.train.processes import place

        rank, world = place()
        return self.batches.epoch(number, rank=rank, world=world)

    def loss(self, net: nn.Module, batch: NDArray[np.int64]) -> tuple[torch.Tensor, float, dict[str, float]]:
        import torch
        from torch.nn import functional

        device = next(self.net.parameters()).device
        # a process without a share of this batch still runs the net, for its gradient of nothing
        rows = batch if len(batch) else np.zeros(1, np.int64)
        share = 1.0 if len(batch) else 0.0
        ids, mask = self.ids.take(rows).padded(self.rung.vocab_.pad_id)
        logits = net(ids.to(device), mask.to(device)).float()
        place = torch.from_numpy(rows)
        costs = self.costs[place].to(device) * share
        smoothing = self.rung.label_smoothing
        if self.multilabel:
            wanted = self.targets[place].to(device).float()
            soft = wanted * (1 - smoothing) + 0.5 * smoothing
            losses = functional.binary_cross_entropy_with_logits(logits, soft, reduction="none").sum(dim=1)
            right = ((logits > 0) == (wanted > 0)).all(dim=1)
        else:
            codes = self.codes[place].to(device)
            losses = functional.cross_entropy(logits, codes, reduction="none", label_smoothing=smoothing)
            right = logits.argmax(dim=1) == codes
        return (losses * costs).sum(), float(len(batch)), {"accuracy": float(right.sum()) * share}

    def validate(self) -> dict[str, float] | None:
        return None if self.score is None else self.score()


def integrated_gradients(
    net: nn.Module, ids: NDArray[np.int32], labels: int, steps: int = 64
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each token adds to each logit (Sundararajan et al. 2017): float64 [m, labels], and the logits of no token at all.

    The path leads from embeddings of zero to the text's own in a straight line, sampled at ``steps`` Gauss-Legendre points.
    Contributions and the logits at zero sum to the text's logits (completeness), up to the error of the sampling.
    """
    import torch

    if len(ids) == 0:
        empty = np.zeros((0, labels))
        ids_, mask = torch.zeros(1, 0, dtype=torch.long), torch.zeros(1, 0, dtype=torch.bool)
        with torch.inference_mode():
            return empty, net(ids_, mask)[0].double().numpy()
    device = next(net.parameters()).device
    points, weights = np.polynomial.legendre.leggauss(steps)
    batch = torch.from_numpy(ids.astype(np.int64)).unsqueeze(0).to(device)
    mask = torch.ones_like(batch, dtype=torch.bool)
    embedded = net.embed(batch).detach()  # type: ignore[operator]
    along = torch.tensor((points + 1) / 2, dtype=embedded.dtype, device=device).view(-1, 1, 1)
    path = (along * embedded).requires_grad_(True)
    logits = net.from_embeddings(path, mask.expand(steps, -1))  # type: ignore[operator]
    share = torch.tensor(weights / 2, dtype=torch.float64)
    columns = []
    for label in range(labels):
        (gradient,) = torch.autograd.grad(logits[:, label].sum(), path, retain_graph=label + 1 < labels)
        mean = (gradient.double().cpu() * share.view(-1, 1, 1)).sum(dim=0)
        columns.append((mean * embedded[0].double().cpu()).sum(dim=1).numpy())
    with torch.inference_mode():
        start = net.from_embeddings(torch.zeros_like(embedded), mask)[0].double().cpu().numpy()  # type: ignore[operator]
    return np.stack(columns, axis=1), start


def _told(watch: Watch, epochs: int) -> Callable[[dict[str, float], int], None] | None:
    if watch.progress is None:
        return None
    progress = watch.progress

    def tell(record: dict[str, float], batches: int) -> None:
        progress(int(record["epoch"]), epochs, record)

    return tell
