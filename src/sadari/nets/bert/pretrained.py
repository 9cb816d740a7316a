"""A pre-trained encoder of `transformers` as this house runs it: ids and a mask in, logits out.

Encoders that are made like BERT (`FAMILIES`) are run here, on their own modules and weights: attention that is fused
and has no dropout of its own, cheaper random numbers, and a last layer that is worked out for the first token alone,
which is all that the head reads. Any other encoder runs as `transformers` runs it. Both give the same logits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn
from torch.nn import functional

from sadari.errors import SettingError
from sadari.messages import message
from sadari.nets.dropout import Dropout

FAMILIES = frozenset({"bert", "roberta", "xlm-roberta", "camembert", "electra", "distilbert"})
MOST_TOKENS = 4096  # worked on together where reasons are asked for


@dataclass(frozen=True)
class Layer:
    """The modules of one layer, by what they do."""

    query: nn.Module
    key: nn.Module
    value: nn.Module
    attended: nn.Module
    attended_norm: nn.Module
    widen: nn.Module
    activation: Any
    narrow: nn.Module
    norm: nn.Module

    @classmethod
    def of(cls, layer: Any) -> Layer:
        """The modules of a layer of one of `FAMILIES`."""
        if hasattr(layer, "ffn"):  # DistilBERT
            attention, inner = layer.attention, layer.ffn
            return cls(
                attention.q_lin,
                attention.k_lin,
                attention.v_lin,
                attention.out_lin,
                layer.sa_layer_norm,
                inner.lin1,
                inner.activation,
                inner.lin2,
                layer.output_layer_norm,
            )
        attention, out = getattr(layer.attention, "self"), layer.attention.output  # noqa: B009 – no name of ours
        return cls(
            attention.query,
            attention.key,
            attention.value,
            out.dense,
            out.LayerNorm,
            layer.intermediate.dense,
            layer.intermediate.intermediate_act_fn,
            layer.output.dense,
            layer.output.LayerNorm,
        )


class PretrainedEncoder(nn.Module):
    """What runs the layers of a pre-trained encoder; a class that derives from it says where the encoder is (`base`).

    Args:
        config: of the encoder.

    Attributes:
        own: whether the layers are run here.
        state_type: of the states between layers; None: as they come.
    """

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.heads = int(getattr(config, "num_attention_heads", 0))  # some families have other names for it
        self.own = config.model_type in FAMILIES and not getattr(config, "is_decoder", False)
        self.state_type: torch.dtype | None = None
        self.drop, self.attention_drop = Dropout(0.0), Dropout(0.0)

    @property
    def base(self) -> Any:
        """The encoder without a head."""
        raise NotImplementedError

    def set_dropout(self, dropout: float | None, attention_dropout: float, model: Any) -> None:
        """Say what is left out in training.

        Args:
            dropout: of the states; None: as the configuration says.
            attention_dropout: of what a piece attends to.
            model: of `transformers`, the encoder alone or with its head.
        """
        config = model.config
        own = getattr(config, "hidden_dropout_prob", getattr(config, "dropout", 0.1))
        self.drop.share = float(own if dropout is None else dropout)
        self.attention_drop.share = attention_dropout
        if dropout is not None:
            for module in model.modules():
                if isinstance(module, nn.Dropout):
                    module.p = dropout
        for name in ("attention_probs_dropout_prob", "attention_dropout"):
            if hasattr(config, name):
                setattr(config, name, attention_dropout)
        if self.own:
            self.base.embeddings.dropout = self.drop

    def layers(self) -> list[Layer]:
        """The encoder's layers, first to last."""
        inner = getattr(self.base, "encoder", None) or self.base.transformer
        return [Layer.of(layer) for layer in inner.layer]

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """The pieces' own embeddings, before places are added: ids int64 [n, length] → float [n, length, width]."""
        embedded: torch.Tensor = self.base.get_input_embeddings()(ids)
        return embedded

    def states(self, mask: torch.Tensor, *, first_only: bool, **inputs: torch.Tensor) -> torch.Tensor:
        """What the last layer gives: float [n, length, width], or [n, 1, width] of the first token alone.

        Args:
            mask: bool [n, length], True where a text is.
            first_only: whether the first token is all that is wanted.
            inputs: ``input_ids`` int64 [n, length], or ``inputs_embeds`` as `embed` gives them.
        """
        if not self.own:
            found: torch.Tensor = self.base(**inputs, attention_mask=mask.long()).last_hidden_state
            return found[:, :1] if first_only else found
        hidden = self._embedded(**inputs)
        if self.state_type is not None:
            hidden = hidden.to(self.state_type)
        # a mask costs little, but an additive one is made of it again in every layer
        bias = None if bool(mask.all()) else _bias(mask, hidden.dtype)
        layers = self.layers()
        for place, layer in enumerate(layers, 1):
            hidden = self._layer(layer, hidden, bias, first_only=first_only and place == len(layers))
        return hidden if self.state_type is None else hidden.float()

    def _embedded(self, **inputs: torch.Tensor) -> torch.Tensor:
        hidden: torch.Tensor = self.base.embeddings(**{"input_ids": None, **inputs})
        project = getattr(self.base, "embeddings_project", None)
        return hidden if project is None else project(hidden)

    def _layer(
        self, layer: Layer, hidden: torch.Tensor, bias: torch.Tensor | None, *, first_only: bool
    ) -> torch.Tensor:
        """One layer: states [n, length, width] → the same, or [n, 1, width] for the first token alone."""
        asked = hidden[:, :1] if first_only else hidden
        query, key, value = (
            self._split(project(states))
            for project, states in ((layer.query, asked), (layer.key, hidden), (layer.value, hidden))
        )
        mixed = self._mixed(query, key, value, _same(bias, query)).transpose(1, 2).flatten(2)
        asked = layer.attended_norm(self.drop(layer.attended(mixed)) + asked)
        inner = layer.narrow(layer.activation(layer.widen(asked)))
        return layer.norm(self.drop(inner) + asked)

    def _mixed(
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, bias: torch.Tensor | None
    ) -> torch.Tensor:
        """What each query attends to: [n, heads, asked, width]."""
        learning = torch.is_grad_enabled() and query.device.type == "cpu"
        if not (learning and (query.dtype == torch.bfloat16 or (self.training and self.attention_drop.share))):
            dropped = self.attention_drop.share if self.training else 0.0
            return functional.scaled_dot_product_attention(query, key, value, bias, dropped)
        # on a CPU, the gradient of torch's fused attention takes three times as long in bfloat16, and of its unfused
        # one with dropout eight times
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(2, 3)
        if bias is not None:
            scores = scores + bias
        return self.attention_drop(scores.softmax(dim=-1).to(value.dtype)) @ value

    def _split(self, states: torch.Tensor) -> torch.Tensor:
        """[n, length, width] → [n, heads, length, width of a head]."""
        return states.unflatten(2, (self.heads, -1)).transpose(1, 2)


class PretrainedClassifier(PretrainedEncoder):
    """A pre-trained encoder with a head of ``k`` labels.

    Args:
        model: a model for sequence classification of `transformers`.
        dropout: of the states, in training; None: as its configuration says.
        attention_dropout: of what a piece attends to, in training.
        layer_decay: the learning rate of each layer, as a share of that of the one above it.

    Attributes:
        model: the same, whose names its weights have.
    """

    def __init__(
        self, model: Any, dropout: float | None = None, attention_dropout: float = 0.0, layer_decay: float = 1.0
    ) -> None:
        super().__init__(model.config)
        self.model, self.layer_decay = model, layer_decay
        self.set_dropout(dropout, attention_dropout, model)

    def rate_shares(self) -> dict[str, float]:
        """Name of a parameter → the share of the learning rate that it learns by: the deeper, the less."""
        top = int(self.model.config.num_hidden_layers) + 1
        return {name: self.layer_decay ** (top - depth) for name, depth in self._depths(top).items()}

    def freeze(self, what: int | str) -> None:
        """Keep some weights as they are: "embeddings", the whole "encoder", or those and so many bottom layers.

        Raises:
            SettingError: there are fewer layers than that.
        """
        top = int(self.model.config.num_hidden_layers) + 1
        if isinstance(what, int) and what >= top:
            raise SettingError(
                message("freeze is {what}; there are {top} layers", what=what, top=top - 1),
                hint=message("from 0 to {top}", top=top - 1),
            )
        last = {"embeddings": 0, "encoder": top - 1}[what] if isinstance(what, str) else what
        depths = self._depths(top)
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(depths[name] > last)

    def _depths(self, top: int) -> dict[str, int]:
        """Name of a parameter → how deep it lies, from 0 in the embeddings to ``top`` in pooler and head."""
        encoder = f"model.{self.model.base_model_prefix}."
        return {
            name: _depth(name.removeprefix(encoder), top) if name.startswith(encoder) else top
            for name, _ in self.named_parameters()
        }

    @property
    def base(self) -> Any:
        """The encoder without its head."""
        return self.model.base_model

    def from_embeddings(self, embedded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits [n, k] of embeddings [n, length, width] as `embed` gives them; mask bool [n, length]."""
        return self._logits(mask, inputs_embeds=embedded)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits float [n, k] of ids int64 [n, length] and mask bool [n, length], True where a text is."""
        return self._logits(mask, input_ids=ids)

    def attention_weights(self, ids: torch.Tensor) -> list[torch.Tensor]:
        """What each piece attends to, of ids int64 [1, length]: each layer's [1, heads, length, length]."""
        kept = self.model.config._attn_implementation
        self.model.set_attn_implementation("eager")  # the fused one keeps no weights
        try:
            found = self.model(input_ids=ids, attention_mask=torch.ones_like(ids), output_attentions=True)
        finally:
            self.model.set_attn_implementation(kept)
        return list(found.attentions)

    def _logits(self, mask: torch.Tensor, **inputs: torch.Tensor) -> torch.Tensor:
        if not self.own:
            logits: torch.Tensor = self.model(**inputs, attention_mask=mask.long()).logits
            return logits
        return self._head(self.states(mask, first_only=True, **inputs))

    def _head(self, first: torch.Tensor) -> torch.Tensor:
        """Logits of the first token's states [n, 1, width]."""
        model = self.model
        logits: torch.Tensor
        if hasattr(model, "pre_classifier"):  # DistilBERT
            logits = model.classifier(model.dropout(functional.relu(model.pre_classifier(first[:, 0]))))
        elif getattr(self.base, "pooler", None) is not None:  # BERT
            logits = model.classifier(model.dropout(self.base.pooler(first)))
        else:
            logits = model.classifier(first)
        return logits


class EnteredBehindEmbedding(Protocol):
    """A net that takes its pieces' embeddings, too."""

    def embed(self, ids: torch.Tensor) -> torch.Tensor: ...

    def from_embeddings(self, embedded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor: ...


class BetweenEnds:
    """An encoder entered behind its embedding, for reasons: what stands round a text always stands there.

    So what is asked is what the text's own pieces add, and not what ``[CLS]`` does.

    Args:
        net: in evaluation mode.
        before: ids that stand before each text.
        after: ids that stand after it.
    """

    def __init__(self, net: EnteredBehindEmbedding, before: Sequence[int], after: Sequence[int]) -> None:
        self.net, self.before, self.after = net, before, after

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Embeddings float [1, length, width] of ids int64 [1, length] between the ends."""
        return self.net.embed(ids)

    def from_embeddings(self, embedded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits [n, k] of embeddings [n, length, width], none of them padding."""
        parts = []
        for rows in embedded.split(max(1, MOST_TOKENS // max(1, embedded.shape[1]))):
            ends = [
                self.net.embed(torch.tensor([list(ids)], device=embedded.device)).expand(len(rows), -1, -1)
                for ids in (self.before, self.after)
            ]
            whole = torch.cat([ends[0], rows, ends[1]], dim=1)
            parts.append(self.net.from_embeddings(whole, torch.ones_like(whole[:, :, 0], dtype=torch.bool)))
        return torch.cat(parts)


def _depth(name: str, top: int) -> int:
    """How deep a parameter of an encoder lies: 0 in the embeddings, then the layer's number from 1, ``top`` above."""
    if re.search(r"\bpooler\.", name):
        return top
    layer = re.search(r"layers?\.([0-9]+)\.", name)
    if layer:
        return int(layer[1]) + 1
    # what stands between layers, such as a norm for all of them, is as deep as the lowest
    return 0 if re.search(r"\b(embeddings\w*|\w+_embeddings|embed_\w+)\.", name) else 1


def _bias(mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """What is added to attention: [n, 1, 1, length], 0 where a text is and as good as minus infinity elsewhere."""
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(~mask, torch.finfo(dtype).min)[
        :, None, None
    ]


def _same(bias: torch.Tensor | None, query: torch.Tensor) -> torch.Tensor | None:
    """The bias in the queries' type, which autocast may have changed."""
    return bias if bias is None or bias.dtype == query.dtype else bias.to(query.dtype)
