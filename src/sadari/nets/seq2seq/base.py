"""What encoder-decoders have in common: how the logits of a batch, and its loss, are made of the decoder's states."""

from __future__ import annotations

import torch
from torch import nn

from sadari.nets.seq2seq.vocabularies import Vocabularies


class Seq2Seq(nn.Module):
    """The base of encoder-decoders."""

    words: Vocabularies

    def states(self, source: torch.Tensor, mask: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        """The decoder's last states float [n, target, its width]; arguments as in `forward`."""
        raise NotImplementedError

    def unprojected(self, states: torch.Tensor) -> torch.Tensor:
        """What logits are made of, float [..., width].

        Args:
            states: float [..., the decoder's width], as `states` gives them.
        """
        return states

    def forward(
        self,
        source: torch.Tensor,
        mask: torch.Tensor,
        inputs: torch.Tensor,
        targets: torch.Tensor,
        smoothing: float = 0.0,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The summed loss of a batch, every target token told those before it (teacher forcing).

        Args:
            source: int64 [n, source].
            mask: bool [n, source], True for real tokens.
            inputs: int64 [n, target]: the start, then the target tokens.
            targets: int64 [n, target]: what follows on each of ``inputs``; negative where nothing does.
            smoothing: share of the probability that is spread over all tokens (label smoothing).

        Returns:
            as `sadari.nets.token_loss.token_loss`.
        """
        states = self.states(source, mask, inputs)
        real = targets.flatten() >= 0  # padding would cost as much as what is real
        return self.words.loss(self.unprojected(states.flatten(0, 1)[real]), targets.flatten()[real], smoothing)

    def logits(self, source: torch.Tensor, mask: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        """Logits float [n, target, target_size] of what follows on each input; arguments as in `forward`."""
        return self.words.logits(self.unprojected(self.states(source, mask, inputs)))
