"""How a translator's net learns from pairs: its batches, its recipe, and which of its weights are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sadari.nets.seq2seq.recurrent import RecurrentSeq2Seq
    from sadari.nets.seq2seq.transformer import TransformerSeq2Seq
    from sadari.train.averaging import LastWeights
    from sadari.train.loop import Loop
    from sadari.train.objectives.translation import Pairs


@dataclass(frozen=True)
class Learned:
    """What a training came to, beside the net itself.

    Attributes:
        history: its records.
        precision: in which it was run. threads: of torch, with which it was.
        weights: which were kept.
        loss: of these on the validation pairs, nats a subword; None without.
    """

    history: list[dict[str, float]]
    precision: str
    threads: int | None
    weights: str
    loss: float | None


def learn(
    net: RecurrentSeq2Seq | TransformerSeq2Seq,
    settings: Any,
    pairs: Pairs,
    held_out: Pairs | None,
    *,
    begin: Callable[[Loop], None],
    score: Callable[[], dict[str, float]] | None,
) -> Learned:
    """Train a net in place.

    Args:
        net: as it was made.
        settings: a translator's, resolved.
        pairs: to learn from.
        held_out: to validate on.
        begin: called with the loop before it runs, which may put it where a checkpoint left it.
        score: other scores of the net as it stands, after each epoch.
    """
    from sadari.train.averaging import LastWeights
    from sadari.train.loop import Loop
    from sadari.train.objectives.translation import PairBatches, TranslationTask

    optimizer_settings = settings.optimizer_settings()
    batches = PairBatches(pairs.sources.lengths, pairs.targets.lengths, settings.batch_tokens, settings.seed)
    last = LastWeights(settings.average)
    task = TranslationTask(net, pairs, batches, settings.label_smoothing, held_out, last, score)
    loop = Loop(task, optimizer_settings)
    begin(loop)
    history = loop.run()
    # of a run that was begun on another machine, the precision is that of there
    return Learned(history, loop.optimizer_settings.precision, loop.threads, *_take_mean(net, last, held_out))


def _take_mean(net: Any, last: LastWeights, held_out: Pairs | None) -> tuple[str, float | None]:
    """Put the mean of the last weights in the place of the best ones, unless these are better.

    Returns:
        which are there now, and their loss on the validation pairs.
    """
    from sadari.train.objectives.translation import mean_loss

    def loss() -> float | None:
        return mean_loss(net, held_out) if held_out is not None and len(held_out) else None

    best_loss = loss()
    if len(last) < 2:
        return "last" if best_loss is None else "best", best_loss
    best = {name: value.clone() for name, value in net.state_dict().items()}
    net.load_state_dict(last.mean())
    mean = loss()
    if best_loss is not None and mean is not None and not mean < best_loss:
        net.load_state_dict(best)
        return "best", best_loss
    return f"mean of the last {len(last)}", mean
