"""What the neural rungs share: ids of a vocabulary, a torch net, and the training loop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import ModelFiles
from sadari.artifact.restore import VOCABULARY, load_net, read_words, text_in
from sadari.data.text_stream import TextStream
from sadari.device import resolve_device
from sadari.errors import DataError
from sadari.messages import message
from sadari.ragged import Ragged, offsets_of
from sadari.rungs.net_rung import NetRung
from sadari.rungs.neural import defaults as sizes
from sadari.rungs.portable.forms import Net, Portable
from sadari.rungs.training_rows import check_fits
from sadari.settings.limits import Number
from sadari.settings.search import LogNumber, Tried
from sadari.settings.shared import (
    BatchTexts,
    BatchTokens,
    Count,
    LearningRate,
    MaxLength,
    Optimizer,
    Precision,
    Share,
    Threads,
    WeightDecay,
)
from sadari.text.column import as_column, columns
from sadari.text.ids_on_disk import GrowingIds
from sadari.text.reading.reading import vocabulary_reading
from sadari.text.table import TokenTable
from sadari.text.tokens.tokenize import TokenizerName, no_tokens, tokenizer
from sadari.text.vocab import PADDING, UNKNOWN, Vocab
from sadari.train.batches import Batches
from sadari.train.training_context import TrainingContext

if TYPE_CHECKING:
    import torch
    from torch import nn

    from sadari.train.objectives.classification import ClassifierTask

SPECIALS = (UNKNOWN, PADDING)
MIN_FREQ = 2
STREAMED_IN_MEMORY = 2**25  # tokens of a stream: 128 MiB of ids; more go to a file
PREDICT_TEXTS, PREDICT_TOKENS = 256, 32_768


@dataclass(kw_only=True, eq=False, repr=False)
class NeuralRung(NetRung):
    """A torch net over the ids of a text.

    Args:
        tokenizer: a name of `sadari.text.tokens.tokenize.TOKENIZERS`, or "auto": chosen by the texts.
        min_freq: rarer tokens become ``<unk>``. Where no token is as frequent as the default, it counts as 1.
        max_vocab: the most tokens, the most frequent ones; None: no limit.
        max_length: longer texts are cut after so many tokens. None: chosen by the lengths of the first 65,536 texts so
            that one in a hundred is cut, but 256 to 512.
        dropout: the share of values that is zeroed in training.
        token_dropout: the share of tokens hidden from the net in training.
        label_smoothing: the share of each target given to all labels alike.
        epochs: passes over the texts, at most; None: by the number of texts, more for few.
        learning_rate: the highest learning rate.
        optimizer: "adam", "adamw" or "sgd" (with momentum 0.9).
        weight_decay: how fast weights shrink towards 0; biases, norms and embeddings do not.
        warmup: the share of all steps in which the learning rate rises from 0.
        decay: how the learning rate falls after that: "linear", "cosine" or "constant".
        clip: the largest norm of the gradient; None: not clipped.
        accumulate: batches that make one step together.
        batch_size: the most texts in a batch; None: 64, and 32 where there are few texts.
        batch_tokens: the most tokens in it, padding included.
        sparse: sparse gradients for the embeddings; None: where they pay, from 100,000 words on.
        epoch_size: texts of a pass, drawn anew for each; None: all.
        report_every: a record every so many steps, besides those of validations; 0: none.
        validate_every: score the validation texts every so many steps, and keep the best net; 0: after every epoch.
        patience: stop after so many validations without a better accuracy, and keep the best net.
        class_weight: None, "balanced", or label → weight.
        device: "cpu", "cuda", "mps" or "auto".
        precision: "fp32" or "bf16".
        compile: use torch.compile.
        threads: CPU threads of torch; None: torch's own number. One is the default: nets of these sizes gain little
            from more, and beside another busy process two are several times slower than one.
        seed: seed of every random choice; the same seed gives the same bits on the same machine and threads.

    Attributes:
        net_: the torch module.
        vocab_: the vocabulary.
        tokenizer_: the tokenizer that was used.
        history_: records of the training.
        epochs_: passes, at most.
        batch_size_: the most texts in a batch, as it was taken.
        max_length_: the most tokens of a text, as it was taken.
        cut_: how many training texts were longer than that.
    """

    name: ClassVar[str] = ""
    relative_cost: ClassVar[int] = 4
    gains_from_batches: ClassVar[bool] = True
    takes_teacher: ClassVar[bool] = True
    least_epochs: ClassVar[int] = 4  # of a large corpus
    small_batches: ClassVar[bool] = True  # whether batches of few texts are smaller

    auto_by_texts = True

    tokenizer: TokenizerName = "auto"
    min_freq: Count = MIN_FREQ
    max_vocab: Count | None = 200_000
    max_length: MaxLength | None = None
    dropout: Annotated[Share, Tried(Number(0.1, 0.6))] = 0.2
    token_dropout: Annotated[Share, Tried(Number(0.0, 0.5))] = 0.1
    label_smoothing: Share = 0.05
    learning_rate: Annotated[LearningRate, Tried(LogNumber(0.001, 0.01))] = 0.002
    optimizer: Optimizer = "adam"
    weight_decay: WeightDecay = 0.0
    warmup: Share = 0.05
    batch_size: BatchTexts | None = None
    batch_tokens: BatchTokens = 16_384
    sparse: bool | None = None
    precision: Precision = "fp32"
    compile: bool = False
    threads: Threads | None = 1

    # -- training ---------------------------------------------------------------------------------------

    def _new_net(self, vocab_size: int, labels: int) -> nn.Module:
        """The net before training; a rung says which."""
        raise NotImplementedError

    def _prepare(
        self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> ClassifierTask:
        ids = self._learn_vocabulary(texts, targets)
        check_fits(ids, targets)
        self.epochs_, self.batch_size_ = self.planned_epochs(len(ids)), self.planned_batch(len(ids))
        self.sparse_ = self._takes_sparse(len(self.vocab_))
        self.net_ = self._new_net(len(self.vocab_), targets.shape[1])
        self._begin(self.net_)
        if self._codec.multilabel:
            from sadari.train.objectives.classification import start_at_shares

            start_at_shares(self.net_.get_parameter("output.bias"), targets)
        return self._task(ids, targets, costs, context)

    def _begin(self, net: nn.Module) -> None:
        """Give a net that was just made other weights to start from than those drawn."""

    def _task(
        self, ids: Ragged, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> ClassifierTask:
        from sadari.train.objectives.classification import ClassifierTask

        return ClassifierTask(
            self.net_,
            ids,
            targets,
            costs,
            Batches(ids.lengths, self.batch_size_, self.batch_tokens, self.seed, self.epoch_size),
            self.vocab_.pad_id,
            self._codec.multilabel,
            self.label_smoothing,
            context.watch.score,
            context.soft_targets,
        )

    def planned_batch(self, rows: int) -> int:
        """`batch_size`, or what suits the number of texts where that is None.

        Args:
            rows: number of training texts.
        """
        if self.batch_size is not None:
            return self.batch_size
        return sizes.batch_texts(rows) if self.small_batches else sizes.BATCH

    def planned_epochs(self, rows: int) -> int:
        """`epochs`, or what so many texts need: `least_epochs` of 30,000 texts and more, and up to 40 of few."""
        return self.epochs or sizes.passes(rows, self.least_epochs, self.planned_batch(rows))

    @property
    def chooses_epochs(self) -> bool:
        return self.epochs is None

    def resolved_settings(self) -> dict[str, Any]:
        settings = super().resolved_settings()
        taken = {name: f"{name}_" for name in ("epochs", "batch_size", "max_length", "min_freq", "sparse")}
        return {**settings, **{name: getattr(self, kept, settings[name]) for name, kept in taken.items()}}

    def _takes_sparse(self, words: int) -> bool:
        """Whether the embedding of so many words has sparse gradients, which not every device and compiler knows."""
        # a model that is loaded may have been trained on a device that is not here
        on_mps = self.device in ("auto", "mps") and resolve_device("auto").type == "mps"
        if self.compile or on_mps:
            return False
        return sizes.sparse_pays(words) if self.sparse is None else self.sparse

    def _learn_vocabulary(self, texts: Any, targets: NDArray[np.int8]) -> Ragged:
        self._take_tokenizer(texts, targets, 2)
        chosen = tokenizer(self.tokenizer_)
        table = TokenTable()
        # what fits memory as texts fits it as ids; what is streamed need not
        ids = GrowingIds(STREAMED_IN_MEMORY if isinstance(texts, TextStream) else 2**62)
        lengths: list[NDArray[np.int64]] = []
        sample: list[str] = []
        self.cut_ = 0
        for column in columns(texts):
            sample = sample or column.head(3).to_list()
            tokens = chosen(column)
            if not lengths:
                self.max_length_ = self.max_length or sizes.longest_read(np.diff(tokens.offsets))
            part, cut = Ragged(table.learn(tokens), tokens.offsets).truncate(self.max_length_)
            ids.append(part.values)
            lengths.append(part.lengths)
            self.cut_ += cut
        if not len(table):
            raise no_tokens(chosen.name, sample)
        self.vocab_, new_ids = self._choose_vocabulary(table)
        return Ragged(ids.renamed(new_ids), offsets_of(np.concatenate(lengths)))

    def _choose_vocabulary(self, table: TokenTable) -> tuple[Vocab, NDArray[np.int32]]:
        """The vocabulary of the training texts' tokens, and int32 [table]: the id of each of these in it."""
        max_size = None if self.max_vocab is None else self.max_vocab + len(SPECIALS)
        # few texts may have no token twice: nobody who left the setting alone wants to hear of it
        for least in (self.min_freq, 1) if self.min_freq == MIN_FREQ else (self.min_freq,):
            vocab, new_ids = Vocab.from_table(table, min_freq=least, max_size=max_size, specials=SPECIALS)
            if len(vocab) > len(SPECIALS):
                self.min_freq_ = least
                return vocab, new_ids
        raise DataError(
            message("no token stands {min_freq} times in the texts", min_freq=self.min_freq),
            hint=message("give a smaller {setting}", setting="min_freq"),
        )

    def portable(self) -> Portable:
        reading = vocabulary_reading(tokenizer(self.tokenizer_), self.vocab_, self.max_length_)
        return Portable(reading, Net(self.net_), len(self.vocab_))

    # -- predicting -------------------------------------------------------------------------------------

    def encode(self, column: pl.Series) -> Ragged:
        """Ids of texts as the net reads them, cut to ``max_length_``.

        Args:
            column: the texts.
        """
        return self.vocab_.encode(tokenizer(self.tokenizer_)(column)).truncate(self.max_length_)[0]

    def cut_texts(self, texts: Any) -> NDArray[np.bool_]:
        self._check_fitted()
        return np.diff(tokenizer(self.tokenizer_)(as_column(texts)).offsets) > self.max_length_

    def token_counts(self, texts: Any) -> NDArray[np.int64]:
        self._check_fitted()
        return self.encode(as_column(texts)).lengths

    def _logits(self, column: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        from sadari.train.outputs import outputs

        ids = self.encode(column)
        training, labels = self.net_.training, len(self.classes_)
        batches = Batches(ids.lengths, PREDICT_TEXTS, PREDICT_TOKENS)
        out = outputs(self.net_.eval(), ids, batches, self.vocab_.pad_id, labels, threads=self.threads)
        self.net_.train(training)
        known = np.concatenate([[0], np.cumsum(ids.values >= len(SPECIALS))])
        return out, np.diff(known[ids.offsets]) > 0

    def _read_one(self, column: pl.Series) -> tuple[list[str], torch.Tensor]:
        """Of a column of one text: its tokens as the net reads them, and their ids int64 [length] on its device."""
        import torch

        tokens = tokenizer(self.tokenizer_)(column).to_lists()[0][: self.max_length_]
        ids = torch.from_numpy(self.encode(column).values.astype(np.int64))
        return tokens, ids.to(next(self.net_.parameters()).device)

    def _tokens_to_see(self, text: str) -> tuple[list[str], torch.Tensor]:
        """The tokens of one text and their ids int64 [1, length], for pictures.

        Raises:
            DataError: there is no token in it.
        """
        tokens, ids = self._read_one(as_column([text]))
        if not tokens:
            raise DataError(message("there is no token in the text to look at"))
        return tokens, ids.unsqueeze(0)

    def _contributions(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        from sadari.nets.bert.integrated_gradients import integrated_gradients

        tokens, ids = self._read_one(column)
        return tokens, *integrated_gradients(self.net_, ids)  # type: ignore[arg-type]

    # -- saving -----------------------------------------------------------------------------------------

    def _weights(self) -> dict[str, torch.Tensor]:
        return {name: value.detach().cpu() for name, value in self.net_.state_dict().items()}

    def _state(self) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
        texts = {VOCABULARY: json.dumps(self.vocab_.tokens, ensure_ascii=False)}
        return self._weights(), texts, {"tokenizer": self.tokenizer_}

    def _restore(self, files: ModelFiles, model: Mapping[str, Any]) -> None:
        self.tokenizer_ = text_in(model, "tokenizer")
        tokenizer(self.tokenizer_)
        words = read_words(files, SPECIALS)
        self.vocab_ = Vocab(words, specials=len(SPECIALS))
        self.epochs_, self.batch_size_ = self.epochs or 1, self.batch_size or sizes.BATCH
        self.max_length_, self.sparse_ = self.max_length or sizes.SHORT, bool(self.sparse)
        self.net_ = load_net(files, lambda: self._new_net(len(words), len(self.classes_)))
