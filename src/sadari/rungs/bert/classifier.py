"""Rung `bert`: a pre-trained encoder of `transformers`, fine-tuned."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import TRANSFORMERS_WEIGHTS, ModelFiles, guarded
from sadari.artifact.weights import CONFIG
from sadari.device import PREDICT_PRECISIONS, precision_here
from sadari.errors import SadariWarning, SettingError
from sadari.messages import message
from sadari.pretrained import encoders as pretrained
from sadari.pretrained.embedders.read import kind_of_weights
from sadari.pretrained.find import find_weights
from sadari.pretrained.folder import digest_file, shown_weights
from sadari.pretrained.reasons import word_contributions
from sadari.pretrained.restored import NOT_RUN, check_runs, restored_model, restored_tokenizer
from sadari.pretrained.tokenizing import read_tokenizer
from sadari.ragged import Ragged
from sadari.rungs.bert import settings as bert_settings
from sadari.rungs.bert.attention import activations_of
from sadari.rungs.bert.texts import TextReader, TrainingTexts, averaged
from sadari.rungs.explanation import Activations
from sadari.rungs.ladder import ENCODER, StartsFrom, given_weights
from sadari.rungs.net_rung import NetRung
from sadari.rungs.portable.forms import Encoder, Portable
from sadari.rungs.resumable import FineTuned
from sadari.rungs.training_rows import check_fits
from sadari.settings.limits import Choice, Number, Whole
from sadari.settings.search import LogNumber, OneOf, Tried
from sadari.settings.shared import (
    AnyPrecision,
    BatchTexts,
    BatchTokens,
    Count,
    LearningRate,
    Share,
    WeightDecay,
    WeightsPlace,
)
from sadari.text.column import as_column, columns
from sadari.text.long_texts import WAYS
from sadari.text.reading.subwords import subword_reading
from sadari.train.batches import Batches
from sadari.train.training_context import TrainingContext

if TYPE_CHECKING:
    import torch

    from sadari.nets.bert.pretrained import PretrainedClassifier
    from sadari.train.objectives.classification import ClassifierTask
    from sadari.train.optimizer import OptimizerSettings

PREDICT_TEXTS, PREDICT_TOKENS = 64, 4096


@dataclass(kw_only=True, eq=False, repr=False)
class BertClassifier(FineTuned, NetRung):
    """A pre-trained encoder (BERT, RoBERTa, DistilBERT, ELECTRA, MiniLM and their like) and a linear head.

    The course's own run is ``BertClassifier(weights=…, batch_size=8, learning_rate=2e-5, steps=500, warmup=0,
    decay="constant", precision="fp32")``.

    Args:
        weights: a folder with ``config.json``, ``model.safetensors`` and a tokenizer; or a name on the Hugging Face
            hub, which is looked for in the local cache alone. A saved model needs them no more.
        download: fetch the name from the hub if it is not in the cache.
        max_length: the most subword tokens of a text, the special ones at both ends included. None: chosen by the
            lengths of the first 65,536 texts so that one in a hundred is cut, and at most what the model takes.
        long_texts: what is read of longer texts: "head" (the beginning), "head+tail" (a quarter from the beginning, the
            rest from the end), or "windows" (all of it; the logits of the windows are averaged).
        epochs: passes over the texts, at most; None: two of 10,000 texts and more, up to ten of few.
        steps: of the optimiser, at most; None: no such limit.
        batch_size: the most texts in a batch.
        batch_tokens: the most subword tokens in a batch, padding included.
        learning_rate: at its highest; None: 1e-4, 3e-4 of a net that is no wider than 128, and 5e-4 with LoRA.
        layer_decay: each layer's share of the rate of the one above it; 1: all alike.
        weight_decay: how fast AdamW shrinks weights towards 0; biases, norms and embeddings do not.
        warmup: the share of all steps in which the learning rate rises from 0.
        decay: how the learning rate falls after that: "linear", "cosine" or "constant".
        clip: the largest norm of the gradient; None: not clipped.
        accumulate: batches that make one step together.
        freeze: how many of the bottom layers, with the embeddings, stay as they are; or "embeddings", or "encoder".
        lora: the rank of thin matrices that are learned in place of the encoder's weights, and added to them at the
            end; None: the weights themselves learn.
        dropout: of the states; None: as the weights' configuration says.
        attention_dropout: of what a piece attends to; above 0 it makes attention several times slower.
        label_smoothing: the share of each target given to all labels alike.
        class_weight: None, "balanced", or label → weight.
        patience: stop after so many validations without a better accuracy, and keep the best net.
        validate_every: score the validation texts every so many steps; 0: after every epoch.
        epoch_size: texts of a pass, drawn anew for each; None: all.
        report_every: a record every so many steps, besides those of validations; 0: none.
        precision: of products in training: "fp32", "bf16", or "auto": bf16 where processor or GPU has it.
        predict_precision: "fp32"; "bf16", or on a CPU "int8", are faster, and off by hundredths of a logit.
        device: "cpu", "cuda", "mps" or "auto".
        threads: CPU threads of torch; None: torch's own number.
        seed: seed of every random choice; the same seed gives the same bits on the same machine and threads.

    Attributes:
        net_: the torch module, whose ``model`` is that of `transformers`.
        pieces_: the tokenizer.
        tokenizer_: what kind it is.
        reader_: how texts are read.
        history_: records of the training.
        epochs_: passes, at most, as they were taken.
        max_length_: subword tokens that are read at once, as it was taken.
        precision_: the precision of training, as it was taken.
        cut_: how many training texts were longer than that, and cut.
        windowed_: how many were longer and read in windows, and in how many of these.
        head_replaced_: whether the weights had a head for other labels.
    """

    name: ClassVar[str] = "bert"
    starts_from: ClassVar[StartsFrom] = ENCODER
    reads: ClassVar[Literal["subwords"]] = "subwords"
    relative_cost: ClassVar[int] = 60
    gains_from_batches: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("transformers",)
    takes_teacher: ClassVar[bool] = True
    weights_file: ClassVar[str] = TRANSFORMERS_WEIGHTS

    weights: WeightsPlace | None = None
    download: bool = False
    max_length: Annotated[int, Whole(4, 65_536)] | None = None
    long_texts: Annotated[str, Choice(WAYS)] = "head"
    steps: Count | None = None
    batch_size: BatchTexts = 16
    batch_tokens: BatchTokens = 8192
    learning_rate: Annotated[LearningRate, Tried(LogNumber(3e-5, 3e-4))] | None = None
    layer_decay: Annotated[float, Number(1e-3, 1), Tried(OneOf((0.8, 0.9, 1.0)))] = 1.0
    weight_decay: WeightDecay = 0.01
    warmup: Share = 0.1
    freeze: Annotated[int | str, bert_settings.Freeze()] = 0
    lora: Annotated[int, Whole(1, 4096)] | None = None
    dropout: Share | None = None
    attention_dropout: Share = 0.0
    label_smoothing: Share = 0.0
    precision: AnyPrecision = "auto"
    predict_precision: Annotated[str, Choice(PREDICT_PRECISIONS)] = "fp32"

    # -- settings ---------------------------------------------------------------------------------------

    def check(self) -> None:
        super().check()
        pretrained.check_folder(self._folder())

    @classmethod
    def can_start_from(cls, weights: Any, *, download: bool = False) -> int:
        return {"encoder": 2, "sentences": 1}.get(kind_of_weights(weights, download=download), 0)

    def _folder(self) -> Path:
        return find_weights(given_weights(self.weights, self.name), download=self.download)

    def check_settings(self) -> None:
        super().check_settings()
        if self.lora is not None and self.freeze:
            raise SettingError(
                message("lora and freeze are both given"),
                hint=message("with lora, no layer's own weights learn at all"),
            )

    def resolved_settings(self) -> dict[str, Any]:
        settings = self.get_params(deep=False)
        settings["weights"] = None if self.weights is None else shown_weights(self.weights)
        settings["learning_rate"] = self._rate()
        taken = {"epochs": "epochs_", "max_length": "max_length_"}
        if self.precision == "auto":  # what was asked for stays, if it could not be had here
            taken["precision"] = "precision_"
        return {**settings, **{name: getattr(self, kept, settings[name]) for name, kept in taken.items()}}

    def planned_epochs(self, rows: int) -> int:
        """`epochs`; or as many as the steps need, where these are given; or what so many texts need."""
        batch = self.batch_size * self.accumulate
        if self.epochs is None and self.steps is not None:
            return max(1, -(-self.steps * batch // max(1, min(rows, self.epoch_size or rows))))
        return self.epochs or bert_settings.passes(rows, batch)

    @property
    def chooses_epochs(self) -> bool:
        return self.epochs is None and self.steps is None

    def _rate(self) -> float:
        if self.learning_rate is not None:
            return self.learning_rate
        net: Any = getattr(self, "net_", None)
        width = getattr(net.model.config, "hidden_size", None) if net is not None else None
        return bert_settings.rate(width, lora=self.lora is not None)

    def optimizer_settings(self) -> OptimizerSettings:
        """These settings as `OptimizerSettings`."""
        from sadari.train.optimizer import OptimizerSettings

        return OptimizerSettings.of(
            self,
            epochs=getattr(self, "epochs_", self.epochs) or 1,
            learning_rate=self._rate(),
            optimizer="adamw",
            precision=self._fast_precision(),
        )

    def _weights_fingerprint(self) -> str:
        return _fingerprint(self._folder())

    # -- training ---------------------------------------------------------------------------------------

    def _prepare(
        self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> ClassifierTask:
        folder = self._folder()
        pretrained.check_folder(folder)
        found = read_tokenizer(folder)
        self.pieces_, self.tokenizer_, self._files = found.pieces, found.pieces.kind, found.files
        self.net_ = self._new_net(folder)
        most = pretrained.longest_text(self.net_.model.config, found)
        read = TrainingTexts.of(columns(texts), self.pieces_, self.max_length, most, self.long_texts)
        check_fits(read, targets)
        self.reader_, self.max_length_, self.cut_ = read.reader, read.reader.longest, read.cut
        self.windowed_ = read.windowed
        if (self.max_length or 0) > most:
            said = message(
                "max_length is {max_length:,}; the model takes {most:,}", max_length=self.max_length, most=most
            )
            warnings.warn(SadariWarning(said), stacklevel=2)
        self.epochs_ = self.planned_epochs(len(read.ids))
        return self._task(read, targets, costs, context)

    def _new_net(self, folder: Path) -> PretrainedClassifier:
        """The net before training."""
        from sadari.nets.bert.pretrained import PretrainedClassifier

        model, self.head_replaced_ = pretrained.read_model(folder, self._codec.names(), several=self._codec.multilabel)
        pretrained.check_fits(self.pieces_, model.config, str(folder))
        if self.head_replaced_:
            warnings.warn(
                SadariWarning(
                    message(
                        "the weights have a head for other labels: a new one for these {number_of_classes} takes "
                        "its place",
                        number_of_classes=len(self.classes_),
                    )
                ),
                stacklevel=2,
            )
        if self.lora is not None:
            from sadari.nets.bert.lora import add_lora

            add_lora(model, self.lora)
        net = PretrainedClassifier(model, self.dropout, self.attention_dropout, self.layer_decay)
        if self.freeze:
            net.freeze(self.freeze)
        check_runs(net, self.pieces_, str(folder))
        return net

    def _task(
        self, read: TrainingTexts, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> ClassifierTask:
        from sadari.train.objectives.classification import ClassifierTask

        return ClassifierTask(
            self.net_,
            read.ids,
            targets[read.owners],
            read.shares(costs),
            Batches(read.ids.lengths, self.batch_size, self.batch_tokens, self.seed, self.epoch_size),
            self.pieces_.pad_id,
            self._codec.multilabel,
            self.label_smoothing,
            context.watch.score,
            None if context.soft_targets is None else context.soft_targets.take(read.owners),
        )

    def _settle(self) -> None:
        """What was learned becomes a plain model for prediction."""
        if self.lora is not None:
            from sadari.nets.bert.lora import merge_lora

            merge_lora(self.net_.model)
        self.net_.requires_grad_(True).eval()
        self.__dict__.pop("_quick", None)
        super()._settle()

    def portable(self) -> Portable:
        files = {**self._files, CONFIG: pretrained.config_json(self.net_.model.config)}
        reading = subword_reading(self.pieces_, self.reader_.room, way=self.long_texts, files=files)
        return Portable(reading, Encoder(self.net_), self.pieces_.largest_id + 1)

    # -- predicting -------------------------------------------------------------------------------------

    def encode(self, column: pl.Series) -> Ragged:
        """Pieces of the texts as the net reads them; with windows, those of one text one after the other.

        Args:
            column: the texts.
        """
        return self.reader_.read(self.pieces_.encode(column))[0]

    def cut_texts(self, texts: Any) -> NDArray[np.bool_]:
        self._check_fitted()
        if self.long_texts == "windows":
            return super().cut_texts(texts)
        return self.reader_.cut(self.pieces_.encode(as_column(texts)))

    def token_counts(self, texts: Any) -> NDArray[np.int64]:
        self._check_fitted()
        column = as_column(texts)
        ids, owners = self.reader_.read(self.pieces_.encode(column))
        return np.bincount(owners, ids.lengths, len(column)).astype(np.int64)

    def windows(self, texts: Any) -> NDArray[np.int64]:
        self._check_fitted()
        if self.long_texts != "windows":
            return super().windows(texts)
        ids = self.pieces_.encode(as_column(texts))
        return np.bincount(self.reader_.read(ids)[1], minlength=len(ids))

    def _logits(self, column: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        from sadari.train.outputs import outputs

        whole, labels = self.pieces_.encode(column), len(self.classes_)
        ids, owners = self.reader_.read(whole)
        net, bf16 = self._predicting_net(next(self.net_.parameters()).device)
        batches = Batches(ids.lengths, PREDICT_TEXTS, PREDICT_TOKENS)
        with guarded(NOT_RUN):
            out = outputs(net, ids, batches, self.pieces_.pad_id, labels, threads=self.threads, bf16=bf16)
        return averaged(out, owners, len(whole)), self.pieces_.known(whole)

    def _predicting_net(self, device: torch.device) -> tuple[PretrainedClassifier, bool]:
        """The net as it predicts, and whether under autocast: on a CPU made ready once, or, while it trains, anew."""
        from sadari.nets.bert.optimised import optimised

        asked, packed = self.predict_precision, device.type == "cpu" and self.net_.own
        needed = "whole numbers" if asked == "int8" else "packed layers" if packed else "layers"
        if device.type != "cpu":
            return self.net_.eval(), precision_here(asked, device, needed) == "bf16"
        made: tuple[str, PretrainedClassifier, bool] | None = getattr(self, "_quick", None)
        if made is None or made[0] != asked or not self.__sklearn_is_fitted__():
            precision = precision_here(asked, device, needed)
            made = self._quick = asked, optimised(self.net_, precision), precision == "bf16" and not packed
        return made[1:]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_quick"}

    def _contributions(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        with guarded(NOT_RUN):
            return word_contributions(self.net_, self.pieces_, column[0], self.reader_.room, self.long_texts)

    def activations(self, text: str) -> Activations | None:
        """What every piece attends to, in every layer and head."""
        self._check_fitted()
        return activations_of(self.net_, self.pieces_, text, self.reader_.room)

    # -- saving -----------------------------------------------------------------------------------------

    def _weights(self) -> dict[str, Any]:
        return {name: value.detach().float().cpu() for name, value in self.net_.model.state_dict().items()}

    def _state(self) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
        texts = {**self._files, CONFIG: pretrained.config_json(self.net_.model.config)}
        pieces = self.pieces_
        about = {"tokenizer": pieces.kind, "pad_id": pieces.pad_id, "unknown_id": pieces.unknown_id}
        return self._weights(), texts, about

    def _restore(self, files: ModelFiles, model: Mapping[str, Any]) -> None:
        from sadari.nets.bert.pretrained import PretrainedClassifier

        self.pieces_, self._files = restored_tokenizer(files, model)
        self.tokenizer_ = self.pieces_.kind
        several = self._codec.multilabel
        self.net_ = PretrainedClassifier(
            restored_model(files, self.pieces_, self._codec.names(), several=several)
        ).eval()
        check_runs(self.net_, self.pieces_, str(files.folder))
        self.epochs_, self.max_length_ = self.epochs or 1, self.max_length or bert_settings.LEAST_LENGTH
        pretrained.check_places("max_length", self.max_length_, self.net_.model.config)
        self.reader_ = TextReader(self.pieces_, self.max_length_, self.long_texts)


def _fingerprint(folder: Path) -> str:
    """SHA-256 of the weights that a run starts from."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        digest_file(digest, path)
    return digest.hexdigest()
