"""The settings that all which trains a net in the loop has alike: rungs, generators, translators and BERTs."""

from __future__ import annotations

from dataclasses import dataclass

from sadari.settings.shared import Accumulate, Decay, Device, Patience, Positive, Seed, Threads


@dataclass(kw_only=True, eq=False, repr=False)
class NetSettings:
    """How a net is trained; who wants another default writes the field again.

    Args:
        decay: how the learning rate falls after its warm-up: "linear", "cosine" or "constant".
        clip: the largest norm of the gradient; None: not clipped.
        accumulate: batches that make one step together.
        patience: stop after so many validations without a better one.
        device: "cpu", "cuda", "mps" or "auto".
        threads: CPU threads of torch; None: torch's own number.
        seed: seed of every random choice; the same seed gives the same bits on the same machine and threads.
    """

    decay: Decay = "linear"
    clip: Positive | None = 1.0
    accumulate: Accumulate = 1
    patience: Patience | None = None
    device: Device = "cpu"
    threads: Threads | None = None
    seed: Seed = 0
