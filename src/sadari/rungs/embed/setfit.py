"""Rung `setfit`: a sentence encoder learns from pairs of a few texts, and a linear layer is fitted on its vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact.restore import check_learned
from sadari.errors import DataError, ModelError
from sadari.messages import Message, message
from sadari.pretrained.embedders.base import Embedder
from sadari.pretrained.embedders.encoder import EncoderEmbedder, Running
from sadari.pretrained.embedders.read import kind_of_weights, read_embedder
from sadari.pretrained.folder import shown_weights
from sadari.ragged import Ragged
from sadari.rungs.embed.on_vectors import OnVectors, Scaled
from sadari.rungs.resumable import FineTuned
from sadari.rungs.training_rows import check_fits
from sadari.settings.search import LogNumber, Tried
from sadari.settings.shared import AnyPrecision, BatchTexts, Decay, Epochs, LearningRate, Positive, Share, WeightDecay
from sadari.text.column import columns
from sadari.train.solvers.logistic import fit_logistic
from sadari.train.solvers.ridge import Linear
from sadari.train.training_context import TrainingContext

if TYPE_CHECKING:
    from sadari.train.objectives.contrastive import ContrastiveTask
    from sadari.train.optimizer import OptimizerSettings

MOST_PASSES, ENOUGH_PAIRS = 20, 6_000
FEW_ROWS = 100  # of a label, in the median: of more, cheaper rungs learn as much
NO_PAIR = message("no two texts share a label, so that there is no pair to learn from")
TRAINED = {"sentences": 2, "encoder": 1}  # kinds of weights, and how well they suit


@dataclass(kw_only=True, eq=False, repr=False)
class SetFit(OnVectors, FineTuned):
    """A sentence encoder that learns from pairs of texts, and a linear layer on its vectors (Tunstall et al. 2022).

    For 2 to about 100 texts a label. In a pass each text stands in one pair with a text that shares a label, and in one
    with a text that does not; the encoder learns to bring the first together (cosine 1) and the second apart (0). Then
    the layer is fitted by logistic regression, as in setfit's own package: the encoder has parted the training texts
    already, so that any layer is right on them, and least squares would follow more of what is chance in them. Its
    temperature is the one that was right for the encoder before, which had not learned from the texts that were held
    out.

    Args:
        weights: a folder of sentence-transformers, or of an encoder that `BertClassifier` takes; or a name on the
            Hugging Face hub, which is looked for in the local cache alone. A saved model needs them no more.
        download: fetch the name from the hub if it is not in the cache.
        max_length: the most subword tokens of a text, those round it included. None: as many as the weights say.
        epochs: passes over the texts, setfit's own ``num_iterations``; None: 20 of few texts, and of more so many that
            there are about 6,000 pairs.
        batch_size: pairs in a batch.
        learning_rate: of the encoder, at its highest.
        weight_decay: how fast AdamW shrinks weights towards 0; biases, norms and embeddings do not.
        warmup: the share of all steps in which the learning rate rises from 0.
        decay: how the learning rate falls after that: "linear", "cosine" or "constant".
        clip: the largest norm of the gradient; None: not clipped.
        dropout: of the encoder's states in training; None: as the weights' configuration says.
        C: the larger, the closer the layer fits the training texts; None: 1.
        class_weight: None, "balanced", or label → weight.
        precision: of products in training: "fp32", "bf16", or "auto": bf16 where processor or GPU has it.
        predict_precision: of products in prediction, likewise.
        device: "cpu", "cuda", "mps" or "auto".
        threads: CPU threads of torch; None: torch's own number.
        seed: of every random choice; the same seed gives the same bits on the same machine and threads.

    Attributes:
        classes_: the labels [k].
        embedder_: what makes the vectors.
        head_: the linear layer.
        C_: the strength that was taken.
        tokenizer_: what kind the weights' tokenizer is.
        cut_: how many training texts were longer than is read.
        history_: one record a pass.
        epochs_: passes, as they were taken.
        precision_: the precision of training, as it was taken.
    """

    name: ClassVar[str] = "setfit"
    usual_C: ClassVar[float | None] = 1.0
    relative_cost: ClassVar[int] = 100
    libraries: ClassVar[tuple[str, ...]] = ("transformers",)

    epochs: Epochs | None = None
    batch_size: BatchTexts = 16
    learning_rate: Annotated[LearningRate, Tried(LogNumber(5e-6, 1e-4))] = 2e-5
    weight_decay: WeightDecay = 0.01
    warmup: Share = 0.1
    decay: Decay = "linear"
    clip: Positive | None = 1.0
    dropout: Share | None = None
    precision: AnyPrecision = "auto"
    predict_precision: AnyPrecision = "fp32"

    # -- settings ---------------------------------------------------------------------------------------

    def check(self) -> None:
        super().check()
        if self.can_start_from(self._given(), download=self.download):
            return
        raise ModelError(
            message("static embeddings and word vectors have no encoder, which is what this rung trains"),
            where=shown_weights(self._given()),
            hint=message(
                "give a folder of sentence-transformers or of an encoder, or take the rung {name!r}", name="embed"
            ),
        )

    @classmethod
    def can_start_from(cls, weights: Any, *, download: bool = False) -> int:
        return TRAINED.get(kind_of_weights(weights, download=download), 0)

    @classmethod
    def needless(cls, texts: Any, label_counts: NDArray[np.integer]) -> Message | None:
        """That there are many texts of a label, or nowhere two."""
        usual = int(np.median(label_counts)) if len(label_counts) else 0
        if usual > FEW_ROWS:
            return message(
                "it is for few texts of a label, up to about {few}; here there are {usual:,} in the median",
                few=FEW_ROWS,
                usual=usual,
            )
        return NO_PAIR if max(label_counts, default=0) < 2 else None

    def planned_epochs(self, rows: int) -> int:
        """`epochs`; where that is None, as many as so many texts need."""
        return self.epochs or int(np.clip(-(-ENOUGH_PAIRS // max(1, 2 * rows)), 1, MOST_PASSES))

    @property
    def chooses_epochs(self) -> bool:
        return self.epochs is None

    def resolved_settings(self) -> dict[str, Any]:
        settings = super().resolved_settings()
        settings["epochs"] = getattr(self, "epochs_", self.epochs)
        if self.precision == "auto":
            settings["precision"] = getattr(self, "precision_", self.precision)
        return settings

    def optimizer_settings(self) -> OptimizerSettings:
        """These settings as `OptimizerSettings`."""
        from sadari.train.optimizer import OptimizerSettings

        precision = self._fast_precision()
        return OptimizerSettings.of(self, epochs=self.epochs_, optimizer="adamw", precision=precision)

    def _running(self) -> Running:
        return Running(self.device, self.predict_precision, self.threads)

    # -- training ---------------------------------------------------------------------------------------

    def _train(
        self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> None:
        super()._train(texts, targets, costs, context)
        self._fit_head(self._scaled(texts), targets, costs)

    def _fit_layers(
        self,
        vectors: NDArray[np.float32],
        targets: NDArray[np.bool_],
        costs: NDArray[np.float32],
        strengths: Sequence[float],
    ) -> list[Linear]:
        return fit_logistic(vectors, targets, costs, strengths, several=self._codec.multilabel)

    def _scaled(self, texts: Any) -> Scaled:
        """The vectors of the training texts as the encoder makes them now."""
        return Scaled.of(np.concatenate([self.embedder_.embed(column)[0] for column in columns(texts)]))

    def _new_embedder(self, column: pl.Series) -> Embedder:
        found = read_embedder(self._given(), column, self.max_length, self._running())
        assert isinstance(found, EncoderEmbedder)  # `check` has seen to it
        self._fingerprint = found.fingerprint or ""
        return found

    def _prepare(
        self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> ContrastiveTask:
        from sadari.train.objectives.contrastive import ContrastiveTask, Pairs

        ids = Ragged.concat(self._read(texts, lambda column: self._embedder.encode(column)))
        check_fits(ids, targets)
        if not (targets.sum(axis=0, dtype=np.int64) > 1).any():
            raise DataError(
                NO_PAIR,
                hint=message("give two texts of a label at least, or take the rung {name!r}", name="embed"),
            )
        # before the encoder has learned from these texts: then nothing would tell how sure the layer may be
        self._choose_strength(self._scaled(texts), targets, costs)
        self.epochs_ = self.planned_epochs(len(ids))
        self.embedder_ = embedder = self._embedder.unfrozen()
        embedder.net.set_dropout(self.dropout, 0.0, embedder.net.encoder)
        pairs = Pairs(targets, self.batch_size, self.seed)
        return ContrastiveTask(embedder.net, ids, costs, pairs, embedder.pieces.pad_id)

    @property
    def _embedder(self) -> EncoderEmbedder:
        assert isinstance(self.embedder_, EncoderEmbedder)
        return self.embedder_

    def _settle(self) -> None:
        net = self._embedder.net.requires_grad_(False).eval()
        check_learned(**{name: value.cpu().numpy() for name, value in net.state_dict().items()})

    def _weights_fingerprint(self) -> str:
        return self._fingerprint
