"""The settings of a translator: what each is, what it may be, and the net and recipe that they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from sadari.device import bf16_is_fast, resolve_device
from sadari.errors import SettingError
from sadari.messages import message
from sadari.settings.limits import Choice, Whole
from sadari.settings.shared import (
    BatchTokens,
    Every,
    Heads,
    InnerWidth,
    Layers,
    Optimizer,
    Share,
    Threads,
    WeightDecay,
    Width,
)
from sadari.text.subword.bpe import Subwords
from sadari.train.settings import TaskSettings
from sadari.translation.defaults import BY_PAIRS, EPOCHS, MANY_PAIRS, settings_by_pairs

if TYPE_CHECKING:
    from sadari.nets.seq2seq.recurrent import RecurrentSeq2Seq
    from sadari.nets.seq2seq.transformer import TransformerSeq2Seq

NETS = ("transformer", "lstm", "gru")
ATTENTIONS = ("additive", "none")


@dataclass(kw_only=True, eq=False, repr=False)
class TranslatorSettings(TaskSettings):
    """How a translator is made and trained.

    Args:
        net: "transformer", or "lstm" or "gru": recurrent nets.
        attention: of recurrent nets: "additive" or "none".
        reverse: recurrent nets read the source from its last word to its first.
        bidirectional: they read it in both directions; None: with attention, unless ``reverse``.
        width: of embeddings, and of a Transformer's states, then a multiple of ``heads``.
        hidden: width of a recurrent net's states.
        layers: of encoder and decoder each.
        heads: of a Transformer.
        inner: width inside its feed-forward nets; None: twice ``width``.
        dropout: the share of values that is zeroed in training.
        subwords: entries of a vocabulary, at most; None: by the size of the texts, 8,000 at most.
        shared: one vocabulary for both languages; None: if they are written in the same script.
        tied: the output layer is the target embedding.
        lowercase: texts are lower-cased, and so are translations.
        max_length: subwords of a text, its end included. Longer pairs are not learned; longer texts are cut.
        epochs: passes over the pairs, at most; None: 15, or, with ``minutes``, as many as there is time for.
        minutes: of training, at most; the learning rate then follows the time. None: no such limit.
        learning_rate: at its highest.
        optimizer: "adam", "adamw" or "sgd" (with momentum 0.9).
        weight_decay: how fast weights shrink towards 0; biases, norms and embeddings do not.
        warmup: the share of all steps in which the learning rate rises from 0.
        decay: how the learning rate falls after that: "linear", "cosine" or "constant".
        clip: the largest norm of the gradient; None: not clipped.
        accumulate: batches that make one step together.
        label_smoothing: the share of each target that is given to the whole vocabulary alike.
        batch_tokens: the most tokens of a batch on either side, padding included.
        average: the net at the end is the mean of those after the last so many epochs, if that is better on the
            validation pairs than the best one of all (and without validation pairs, always).
        patience: with validation pairs, stop after so many epochs without a better loss on them.
        report_every: a record every so many batches; 0: every epoch.
        precision: "fp32", "bf16", or "auto": bf16 of many pairs where the device is faster with it.
        device: "cpu", "cuda", "mps" or "auto".
        threads: CPU threads of torch; None: torch's own number.
        seed: seed of every random choice; the same seed gives the same bits on the same machine and threads, unless
            ``minutes`` is the limit.

    Where layers, width, dropout, learning_rate and batch_tokens are None, they follow from the net and the number of
    pairs; see `sadari.translation.defaults`.
    """

    beta2: ClassVar[float] = 0.98

    net: Annotated[str, Choice(NETS)] = "transformer"
    attention: Annotated[str, Choice(ATTENTIONS)] = "additive"
    reverse: bool = False
    bidirectional: bool | None = None
    width: Width | None = None
    hidden: Width = 256
    layers: Layers | None = None
    heads: Heads = 4
    inner: InnerWidth | None = None
    subwords: Annotated[int, Whole(100, 2**20)] | None = None
    shared: bool | None = None
    tied: bool = True
    lowercase: bool = False
    max_length: Annotated[int, Whole(2, 8192)] = 256
    optimizer: Optimizer = "adam"
    weight_decay: WeightDecay = 0.0
    warmup: Share = 0.1
    label_smoothing: Share = 0.1
    batch_tokens: BatchTokens | None = None
    average: Annotated[int, Whole(1, 1000)] = 5
    report_every: Every = 0
    threads: Threads | None = 1

    def check(self) -> None:
        super().check()
        if self.net == "transformer":
            width = BY_PAIRS["transformer"]["width"][0] if self.width is None else self.width  # however many pairs
            if width % self.heads:
                raise SettingError(
                    message("width is {width}, which {heads} heads cannot share", width=width, heads=self.heads),
                    hint=message("a multiple of heads"),
                )
            if self.attention == "none":
                raise SettingError(
                    message("a Transformer is nothing without attention"),
                    hint=message("net lstm or gru can be without"),
                )
            if self.reverse:
                raise SettingError(
                    message("a Transformer reads all words at once, in no direction: reverse is for lstm and gru")
                )

    def resolved(self, *, pairs: int, tokens: int) -> Self:
        """These settings with what follows from the pairs; limits that there are not stay None.

        Args:
            pairs: to learn from.
            tokens: of them in all, of each pair's longer side.
        """
        found = settings_by_pairs(self.net, pairs, tokens)
        if self.minutes is None:
            found["epochs"] = EPOCHS
        own = self._with(found)
        if own.precision != "auto":
            return own
        # of few pairs the batches are small, and then it is no faster
        operations = ("layers",) if own.net == "transformer" else ("layers", own.net)
        faster = pairs >= MANY_PAIRS and bf16_is_fast(resolve_device(own.device), *operations)
        return replace(own, precision="bf16" if faster else "fp32")

    def new_net(self, source_size: int, target_size: int, *, shared: bool) -> RecurrentSeq2Seq | TransformerSeq2Seq:
        """The net before training. The settings must be `resolved`.

        Args:
            source_size: number of source ids.
            target_size: number of target ids.
            shared: whether both languages have one vocabulary.
        """
        from sadari.nets.seq2seq.recurrent import RecurrentSeq2Seq
        from sadari.nets.seq2seq.transformer import TransformerSeq2Seq

        own: Any = self
        if own.net == "transformer":
            return TransformerSeq2Seq(
                source_size,
                target_size,
                width=own.width,
                heads=own.heads,
                layers=own.layers,
                inner=own.inner,
                max_length=own.max_length,
                dropout=own.dropout,
                shared=shared,
                tied=own.tied,
                pad_id=Subwords.pad_id,
            )
        both = own.bidirectional
        if both is None:
            both = own.attention != "none" and not own.reverse
        return RecurrentSeq2Seq(
            source_size,
            target_size,
            cell=own.net,
            attention=own.attention,
            reverse_source=own.reverse,
            bidirectional=both,
            width=own.width,
            hidden=own.hidden,
            layers=own.layers,
            dropout=own.dropout,
            shared=shared,
            tied=own.tied,
            pad_id=Subwords.pad_id,
        )
