"""BERT (Devlin et al. 2018), as it is pre-trained: an encoder, a head that fills masks, and one that follows sentences.

Weights are named as in `transformers`' ``BertForPreTraining``, so that its files are read and written as they are.
What costs time is left out where nobody looks: the last layer, and the logits over the vocabulary, are computed only
at the tokens from which something is read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from sadari.nets.attention import mix
from sadari.nets.dropout import Dropout
from sadari.nets.token_loss import token_loss
from sadari.settings.limits import MOST, Choice, Whole, check

# name → layers, width, heads, width inside the feed-forward nets
SIZES: dict[str, tuple[int, int, int, int]] = {
    "tiny": (2, 128, 2, 512),
    "mini": (4, 256, 4, 1024),
    "small": (4, 512, 8, 2048),
    "base": (12, 768, 12, 3072),
    "large": (24, 1024, 16, 4096),
}
ACTIVATIONS = {
    "gelu": functional.gelu,
    "gelu_new": lambda states: functional.gelu(states, approximate="tanh"),
    "relu": functional.relu,
}


@dataclass(frozen=True)
class BertShape:
    """What a BERT is made by; the names are those of ``config.json``.

    Attributes:
        vocab_size: number of ids.
        hidden_size: width of the states, a multiple of ``num_attention_heads``.
        intermediate_size: width inside the feed-forward nets.
        max_position_embeddings: tokens of a sequence, at most.
        type_vocab_size: segments.
        layer_norm_eps: added to the variance.
        hidden_act: one of `ACTIVATIONS`.
        dropout: on embeddings and in every layer.
    """

    vocab_size: int = 30_522
    num_hidden_layers: int = 12
    hidden_size: int = 768
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    hidden_act: str = "gelu"
    dropout: float = 0.1

    @classmethod
    def of(cls, size: str, **more: int | float | str) -> BertShape:
        """The shape of a named size (`SIZES`)."""
        layers, width, heads, inner = SIZES[size]
        own = {"num_hidden_layers": layers, "hidden_size": width, "num_attention_heads": heads}
        return cls(**{**own, "intermediate_size": inner, **more})  # type: ignore[arg-type]


def bert_parameters(size: str, *, vocabulary: int = 30_522, labels: int = 0) -> int:
    """How many numbers a BERT learns: 109,482,240 of "base", 335,141,888 of "large", as Devlin et al. 2018 have them.

    Args:
        size: one of `SIZES`.
        vocabulary: tokens of its vocabulary.
        labels: of a classifier on top of it; 0: the encoder alone, without the heads of pre-training.
    """
    check("size", size, Choice(tuple(SIZES)))
    check("vocabulary", vocabulary, Whole(1, MOST))
    check("labels", labels, Whole(0, MOST))
    shape = BertShape.of(size, vocab_size=vocabulary)
    with torch.device("meta"):  # counted without taking memory
        encoder = BertEncoder(shape)
    head = labels * (shape.hidden_size + 1)
    return sum(parameter.numel() for parameter in encoder.parameters()) + head


@dataclass(frozen=True)
class Read:
    """What pre-training reads from a net.

    Attributes:
        masked_loss: the summed cross-entropy (nats) of the masked tokens.
        next_logits: float [n, 2], that the second segment follows (0) or does not (1).
    """

    masked_loss: torch.Tensor
    next_logits: torch.Tensor


class BertForPreTraining(nn.Module):
    """The encoder and both heads; the masked-language head's table is the embedding (Press & Wolf 2017).

    Args:
        shape: what it is made by.
    """

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.shape = shape
        self.bert = BertEncoder(shape)
        self.cls = PreTrainingHeads(shape)
        self.apply(_begin)

    def forward(
        self,
        ids: torch.Tensor,
        segments: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
        places: torch.Tensor | None = None,
        targets: torch.Tensor | None = None,
    ) -> Read:
        """What is learned from, of a batch.

        Args:
            ids: int64 [n, length], some of them masked.
            segments: int64 [n, length]; None: all 0.
            mask: bool [n, length], True for tokens; None: all are.
            places: int64 [m], of the masked tokens in the flattened batch.
            targets: int64 [m], what stood there.
        """
        states = self.bert(ids, segments, mask, read_at(ids, places))
        table = self.bert.embeddings.word_embeddings.weight
        head = self.cls.predictions
        loss, _ = token_loss(head.transform(states[len(ids) :]), table, head.bias, targets)  # type: ignore[arg-type]
        return Read(loss, self.cls.seq_relationship(self.bert.pool(states[: len(ids)])))

    def logits(
        self,
        ids: torch.Tensor,
        segments: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
        places: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits over the vocabulary at ``places``, float [m, vocab_size], and of the next sentence, float [n, 2].

        Arguments as in `forward`; without places, at every token of the flattened batch.
        """
        if places is None:
            places = torch.arange(ids.numel(), device=ids.device)
        states = self.bert(ids, segments, mask, read_at(ids, places))
        masked = self.cls.predictions(states[len(ids) :], self.bert.embeddings.word_embeddings.weight)
        return masked, self.cls.seq_relationship(self.bert.pool(states[: len(ids)]))


def read_at(ids: torch.Tensor, places: torch.Tensor | None) -> torch.Tensor:
    """int64 [n + m]: where something is read from the flattened batch: first tokens, then the masked ones."""
    first = torch.arange(0, ids.numel(), ids.shape[1], device=ids.device)
    return first if places is None else torch.cat([first, places])


class BertEncoder(nn.Module):
    """Embeddings, layers, and the pooler: what `transformers` calls ``BertModel``."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.embeddings = Embeddings(shape)
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(Layer(shape) for _ in range(shape.num_hidden_layers))})
        self.pooler = nn.ModuleDict({"dense": nn.Linear(shape.hidden_size, shape.hidden_size)})

    def forward(
        self,
        ids: torch.Tensor,
        segments: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
        places: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """States float [m, width] at ``places`` int64 [m] of the flattened batch; of all tokens without places.

        Args:
            ids: int64 [n, length].
            segments: int64 [n, length]; None: all 0.
            mask: bool [n, length], True for tokens.
            places: int64 [m], tokens of the flattened batch; None: all.
        """
        states = self.embeddings(ids, segments)
        layers = list(self.encoder["layer"])  # type: ignore[call-overload]
        for layer in layers[:-1]:
            states = layer(states, mask)
        if places is None:
            places = torch.arange(ids.numel(), device=ids.device)
        found: torch.Tensor = layers[-1](states, mask, places)
        return found

    def pool(self, first: torch.Tensor) -> torch.Tensor:
        """What stands for a sequence, float [n, width], of its first token's state."""
        return torch.tanh(self.pooler["dense"](first))


class Embeddings(nn.Module):
    """The sum of what a token is, where it stands, and in which segment; normed."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        width = shape.hidden_size
        self.word_embeddings = nn.Embedding(shape.vocab_size, width)
        self.position_embeddings = nn.Embedding(shape.max_position_embeddings, width)
        self.token_type_embeddings = nn.Embedding(shape.type_vocab_size, width)
        self.LayerNorm = nn.LayerNorm(width, eps=shape.layer_norm_eps)
        self.dropout = Dropout(shape.dropout)

    def forward(self, ids: torch.Tensor, segments: torch.Tensor | None) -> torch.Tensor:
        """float [n, length, width] of int64 [n, length]."""
        states = self.word_embeddings(ids) + self.position_embeddings.weight[: ids.shape[1]]
        types = self.token_type_embeddings
        states = states + (types.weight[0] if segments is None else functional.embedding(segments, types.weight))
        dropped: torch.Tensor = self.dropout(self.LayerNorm(states))
        return dropped


class Layer(nn.Module):
    """Self-attention and a feed-forward net, each beside a residual path and before a layer norm (post-norm)."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        width = shape.hidden_size
        self.attention = Attention(shape)
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, shape.intermediate_size)})
        self.output = Added(shape.intermediate_size, shape)
        self.activation = ACTIVATIONS[shape.hidden_act]

    def forward(
        self, states: torch.Tensor, mask: torch.Tensor | None, places: torch.Tensor | None = None
    ) -> torch.Tensor:
        """float [n, length, width] → the same shape; with ``places`` int64 [m] only there: float [m, width]."""
        mixed = self.attention(states, mask, places)
        found: torch.Tensor = self.output(self.activation(self.intermediate["dense"](mixed)), mixed)
        return found


class Attention(nn.Module):
    """Multi-head self-attention, its output and the norm."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        width = shape.hidden_size
        self.heads = shape.num_attention_heads
        self.self = nn.ModuleDict({name: nn.Linear(width, width) for name in ("query", "key", "value")})
        self.output = Added(width, shape)

    def forward(self, states: torch.Tensor, mask: torch.Tensor | None, places: torch.Tensor | None) -> torch.Tensor:
        """As in `Layer`."""
        n, length, width = states.shape
        split = (part(states).view(n, length, self.heads, width // self.heads) for part in self.self.values())
        queries, keys, values = (part.transpose(1, 2) for part in split)
        # no dropout on the attention weights: with it, torch's CPU kernel is not the fused one
        mixed = mix(queries, keys, values, None if mask is None else mask[:, None, None, :])
        mixed = mixed.transpose(1, 2).reshape(n, length, width)
        if places is not None:
            mixed, states = mixed.view(-1, width)[places], states.reshape(-1, width)[places]
        found: torch.Tensor = self.output(mixed, states)
        return found


class Added(nn.Module):
    """A linear layer whose output is added to what came before, and normed."""

    def __init__(self, inner: int, shape: BertShape) -> None:
        super().__init__()
        self.dense = nn.Linear(inner, shape.hidden_size)
        self.LayerNorm = nn.LayerNorm(shape.hidden_size, eps=shape.layer_norm_eps)
        self.dropout = Dropout(shape.dropout)

    def forward(self, inner: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        """float [..., width] of [..., inner] and [..., width]."""
        normed: torch.Tensor = self.LayerNorm(self.dropout(self.dense(inner)) + before)
        return normed


class PreTrainingHeads(nn.Module):
    """The masked-language head, and the next-sentence head."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.predictions = MaskedHead(shape)
        self.seq_relationship = nn.Linear(shape.hidden_size, 2)


class MaskedHead(nn.Module):
    """One more layer before the logits over the vocabulary."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.transform = Transform(shape)
        self.bias = nn.Parameter(torch.zeros(shape.vocab_size))

    def forward(self, states: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
        """Logits float [m, vocab_size] of states [m, width], by the embedding's table."""
        return functional.linear(self.transform(states), table, self.bias)


class Transform(nn.Module):
    """A linear layer, activation and norm: float [m, width] → the same shape."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        self.dense = nn.Linear(shape.hidden_size, shape.hidden_size)
        self.LayerNorm = nn.LayerNorm(shape.hidden_size, eps=shape.layer_norm_eps)
        self.activation = ACTIVATIONS[shape.hidden_act]

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        normed: torch.Tensor = self.LayerNorm(self.activation(self.dense(states)))
        return normed


def _begin(module: nn.Module) -> None:
    """BERT's weights to start from: normal of deviation 0.02, biases 0."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)


@torch.no_grad()
def align_queries_with_keys(encoder: BertEncoder) -> None:
    """Let every token look for others like it, to start with: keys are queries (Trockman & Kolter 2023).

    From BERT's own start a small net attends to all tokens alike for thousands of steps. The deviation is such that a
    token's score with itself is about 2.5 at any width, as 0.02 makes it at 768; where a token stands says less at
    first than what it is.
    """
    nn.init.normal_(encoder.embeddings.position_embeddings.weight, std=0.01)
    for layer in encoder.encoder["layer"]:  # type: ignore[attr-defined]
        attention = layer.attention
        query, key = attention.self["query"], attention.self["key"]
        width = query.in_features
        nn.init.normal_(query.weight, std=1.6 / math.sqrt(width * math.sqrt(width / attention.heads)))
        key.weight.copy_(query.weight)
