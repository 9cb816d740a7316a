"""A pre-trained encoder that gives one vector a text: its last states, pooled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from sadari.nets.bert.pretrained import PretrainedEncoder

_LEAST = 1e-9  # tokens or weight that something is divided by, as sentence-transformers has it


def _mean(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (states * mask).sum(dim=1) / mask.sum(dim=1).clamp_min(_LEAST)


def _mean_of_root(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (states * mask).sum(dim=1) / mask.sum(dim=1).clamp_min(_LEAST).sqrt()


def _by_place(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    places = torch.arange(1, states.shape[1] + 1, dtype=states.dtype, device=states.device)[None, :, None]
    return _mean(states, mask * places)


def _largest(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return states.masked_fill(mask == 0, float("-inf")).amax(dim=1)


def _last(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    last = (mask[:, :, 0].sum(dim=1).long() - 1).clamp_min(0)
    return states[torch.arange(len(states), device=states.device), last]


# sentence-transformers' names, in the order in which it puts several side by side; padding stands behind each text
POOLINGS: Mapping[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "cls": lambda states, mask: states[:, 0],
    "max": _largest,
    "mean": _mean,
    "mean_sqrt_len_tokens": _mean_of_root,
    "weightedmean": _by_place,
    "lasttoken": _last,
}


class SentenceEncoder(PretrainedEncoder):
    """A pre-trained encoder and what makes one vector of its states.

    Args:
        encoder: of `transformers`, without a head.
        pooling: names of `POOLINGS`; of several, the vectors stand side by side.
        normalise: whether each vector is brought to length 1.
        lowest: whether the mean of what enters the lowest layer, brought to the vector's length, stands beside it,
            where the layers are run here (``own``). It has the words themselves, and their mean the topic.

    Attributes:
        encoder: the same.
        width: of a vector.
    """

    def __init__(
        self, encoder: Any, pooling: Sequence[str] = ("mean",), normalise: bool = False, lowest: bool = False
    ) -> None:
        super().__init__(encoder.config)
        self.encoder, self.pooling, self.normalise = encoder, tuple(pooling), normalise
        self.lowest = lowest and self.own
        self.width = int(encoder.config.hidden_size) * (len(self.pooling) + self.lowest)

    @property
    def base(self) -> Any:
        return self.encoder

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Vectors float32 [n, width] of ids int64 [n, length] and mask bool [n, length], True where a text is."""
        return self.pooled(mask, input_ids=ids)

    def pooled(self, mask: torch.Tensor, **inputs: torch.Tensor) -> torch.Tensor:
        """Vectors float32 [n, width]; the arguments are those of `PretrainedEncoder.states`."""
        states = self.states(mask, first_only=self.pooling == ("cls",), **inputs).float()
        weights = mask[:, :, None].to(states.dtype)
        found = torch.cat([POOLINGS[name](states, weights) for name in self.pooling], dim=1)
        if self.normalise:
            found = functional.normalize(found, dim=1)
        if not self.lowest:
            return found
        beside = functional.normalize(_mean(self._embedded(**inputs).float(), weights), dim=1)
        return torch.cat([found, beside * found.norm(dim=1, keepdim=True)], dim=1)


class SentenceClassifier(nn.Module):
    """A sentence encoder and a linear layer on its vectors, entered behind the encoder's embedding, for reasons.

    Args:
        encoder: in evaluation mode.
        weight: float32 [width, k].
        bias: float32 [k].
    """

    def __init__(self, encoder: SentenceEncoder, weight: torch.Tensor, bias: torch.Tensor) -> None:
        super().__init__()
        self.encoder, self.weight, self.bias = encoder, weight, bias

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """As `PretrainedEncoder.embed`."""
        return self.encoder.embed(ids)

    def from_embeddings(self, embedded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits [n, k] of embeddings [n, length, width]; mask bool [n, length]."""
        return self.encoder.pooled(mask, inputs_embeds=embedded) @ self.weight + self.bias
