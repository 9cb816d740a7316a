"""How weights move: the recipe of a training run, its optimisers, and the learning rate at each step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

import torch
from torch import nn

from sadari.settings.declaration import check_settings, settings_of
from sadari.settings.shared import (
    Accumulate,
    Beta2,
    Count,
    Decay,
    Device,
    Every,
    Floor,
    LearningRate,
    Optimizer,
    Patience,
    Positive,
    Precision,
    Share,
    Threads,
    WeightDecay,
)


@dataclass(frozen=True)
class OptimizerSettings:
    """How a net is trained; the same for classifiers, language models, translation and pre-training.

    Attributes:
        epochs: passes over the data, at most.
        steps: of the optimisers, at most; None: no such limit.
        seconds: of training, at most; None: no such limit. The rate then follows the time, so two runs differ.
        learning_rate: at its highest.
        optimizer: "adam", "adamw" or "sgd" (with momentum 0.9).
        beta2: how slowly adam and adamw forget the size of gradients.
        weight_decay: decoupled for adamw; not for biases, norms and embeddings.
        warmup: the share of all steps in which the rate rises from 0.
        decay: "linear" or "cosine" to the floor, or "constant".
        floor: the share of the learning rate that is left at the end.
        clip: the largest norm of the gradient; None: not clipped.
        accumulate: batches that make one step together: the gradient is the mean over all their texts.
        report_every: a record every so many steps, counted through all epochs, besides those of validations; 0: none.
        validate_every: score the validation rows every so many steps, and at the end; 0: after each epoch.
        validations: score them so many times, evenly over the whole run, and not by epochs and batches; 0: by these.
        patience: stop after so many validations without a better one.
        precision: "fp32", or "bf16" products (autocast).
        device: "cpu", "cuda", "mps", or "auto".
        compile: run the net through torch.compile.
        threads: CPU threads of torch; None: torch's own number.
    """

    epochs: Count = 10
    steps: Count | None = None
    seconds: Positive | None = None
    learning_rate: LearningRate = 0.001
    optimizer: Optimizer = "adam"
    beta2: Beta2 = 0.999
    weight_decay: WeightDecay = 0.0
    warmup: Share = 0.0
    decay: Decay = "linear"
    floor: Floor = 0.0
    clip: Positive | None = 1.0
    accumulate: Accumulate = 1
    report_every: Every = 0
    validate_every: Every = 0
    validations: Every = 0
    patience: Patience | None = None
    precision: Precision = "fp32"
    device: Device = "cpu"
    compile: bool = False
    threads: Threads | None = None

    def __post_init__(self) -> None:
        check_settings(self)

    @classmethod
    def of(cls, settings: Any, **own: Any) -> Self:
        """The recipe in the settings of something that trains; what it does not say is as it is by default.

        Args:
            settings: a rung, a generator, a translator …; ``minutes`` of it are ``seconds`` here.
            own: values that are not its settings' own.
        """
        found = {name: getattr(settings, name) for name in settings_of(cls) if hasattr(settings, name)}
        minutes = getattr(settings, "minutes", None)
        return cls(**{**found, "seconds": minutes and 60 * minutes, **own})


def rate_at(optimizer_settings: OptimizerSettings, step: float, steps: float) -> float:
    """The share (above 0, up to 1) of the learning rate at step number ``step``, from 0, of ``steps``."""
    warm = int(optimizer_settings.warmup * steps)
    if step < warm:
        return (step + 1) / (warm + 1)
    if optimizer_settings.decay == "constant":
        return 1.0
    done = min(1.0, (step - warm) / max(1, steps - warm))
    left = 1 - done if optimizer_settings.decay == "linear" else 0.5 * (1 + math.cos(math.pi * done))
    return optimizer_settings.floor + (1 - optimizer_settings.floor) * left


@runtime_checkable
class HasRateShares(Protocol):
    """A net whose parts learn at rates of their own."""

    def rate_shares(self) -> Mapping[str, float]:
        """Name of a parameter → the share of the learning rate that it learns by; 1 where there is none."""


def make_optimizers(net: nn.Module, optimizer_settings: OptimizerSettings) -> list[torch.optim.Optimizer]:
    """One optimiser for dense gradients, and one for sparse embeddings where there are any."""
    sparse = {id(m.weight) for m in net.modules() if isinstance(m, nn.Embedding | nn.EmbeddingBag) and m.sparse}
    embeddings = {id(m.weight) for m in net.modules() if isinstance(m, nn.Embedding | nn.EmbeddingBag)}
    shares = net.rate_shares() if isinstance(net, HasRateShares) else {}
    dense: dict[tuple[bool, float], list[nn.Parameter]] = {}
    rows = []
    for name, parameter in net.named_parameters():
        if not parameter.requires_grad:
            continue
        if id(parameter) in sparse:
            rows.append(parameter)
            continue
        plain = parameter.dim() < 2 or id(parameter) in embeddings
        dense.setdefault((plain, shares.get(name, 1.0)), []).append(parameter)
    groups = [
        {
            "params": dense[plain, share],
            "weight_decay": 0.0 if plain else optimizer_settings.weight_decay,
            "share": share,
        }
        for plain, share in sorted(dense)
    ]
    made: list[torch.optim.Optimizer] = []
    # one pass over the weights and not eight: of a large embedding, that is a third of the training
    fused = next(net.parameters()).device.type in ("cpu", "cuda")
    betas = (0.9, optimizer_settings.beta2)
    if groups:
        if optimizer_settings.optimizer == "sgd":
            made.append(torch.optim.SGD(groups, lr=optimizer_settings.learning_rate, momentum=0.9, fused=fused))
        elif optimizer_settings.optimizer == "adam":
            made.append(torch.optim.Adam(groups, lr=optimizer_settings.learning_rate, betas=betas, fused=fused))
        else:
            made.append(torch.optim.AdamW(groups, lr=optimizer_settings.learning_rate, betas=betas, fused=fused))
    if rows:
        if optimizer_settings.optimizer == "sgd":
            made.append(torch.optim.SGD(rows, lr=optimizer_settings.learning_rate))
        else:
            made.append(torch.optim.SparseAdam(rows, lr=optimizer_settings.learning_rate, betas=betas))
        made[-1].param_groups[0]["share"] = 1.0
    return made
