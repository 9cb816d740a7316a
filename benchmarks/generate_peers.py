"""What `generate.py` compares with, re-written: nanoGPT's training of a small GPT, and the course's character LSTM.

Both do what the originals do, in their order and at their cost; neither is code of theirs.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

WIDTH, HEADS, LAYERS, BLOCK, BATCH, STEPS = 128, 4, 4, 64, 12, 2000
RATE, LEAST_RATE, WARM_UP = 1e-3, 1e-4, 100
COURSE_WINDOW = 100  # characters


class Norm(nn.Module):
    """Layer norm without a bias."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return functional.layer_norm(states, (WIDTH,), self.weight, None, 1e-5)


class Block(nn.Module):
    """Causal attention, then a GELU net four times as wide, each after a norm and beside a residual path; no biases."""

    def __init__(self) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = Norm(), Norm()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH, bias=False), nn.Linear(WIDTH, WIDTH, bias=False)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH, bias=False), nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        n, length, _ = states.shape
        q, k, v = self.qkv(self.norm_1(states)).split(WIDTH, dim=2)
        q, k, v = (part.view(n, length, HEADS, WIDTH // HEADS).transpose(1, 2) for part in (q, k, v))
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        states = states + self.out(mixed.transpose(1, 2).contiguous().view(n, length, WIDTH))
        return states + self.down(functional.gelu(self.up(self.norm_2(states))))


class SmallGPT(nn.Module):
    """Logits float [n, length, ids] of ids int64 [n, length]."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(size, WIDTH), nn.Embedding(BLOCK, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm, self.head = Norm(), nn.Linear(WIDTH, size, bias=False)
        self.tokens.weight = self.head.weight
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                last = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * LAYERS) if last else 0.02)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        states = self.tokens(ids) + self.places(torch.arange(ids.shape[1]))
        for block in self.blocks:
            states = block(states)
        return self.head(self.norm(states))  # type: ignore[no-any-return]


def small_gpt(ids: NDArray[np.uint16], size: int, *, steps: int = STEPS, seed: int = 1337) -> tuple[SmallGPT, float]:
    """Train it as nanoGPT's README says for a CPU: the net, and the seconds of its steps.

    Its estimates of the loss on the way (20 batches of each part, every 250 steps) are left out: they favour ours.

    Args:
        ids: [n], to learn from. size: different ids. steps: of the 2,000.
    """
    torch.manual_seed(seed)
    net = SmallGPT(size)
    groups = [
        {"params": [weight for weight in net.parameters() if (weight.dim() >= 2) == wide], "weight_decay": decay}
        for wide, decay in ((True, 0.1), (False, 0.0))
    ]
    adam = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.99))
    start = time.perf_counter()
    inputs, targets = _batch(ids)
    for step in range(steps):
        for group in adam.param_groups:
            group["lr"] = _rate(step, steps)
        logits = net(inputs)
        loss = functional.cross_entropy(logits.view(-1, size), targets.view(-1))
        inputs, targets = _batch(ids)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        adam.zero_grad(set_to_none=True)
        loss.item()  # it prints every step's
    return net, time.perf_counter() - start


def _batch(ids: NDArray[np.uint16]) -> tuple[torch.Tensor, torch.Tensor]:
    places = torch.randint(len(ids) - BLOCK, (BATCH,))
    rows = [
        torch.stack([torch.from_numpy(ids[place + shift : place + shift + BLOCK].astype(np.int64)) for place in places])
        for shift in (0, 1)
    ]
    return rows[0], rows[1]


def _rate(step: int, steps: int) -> float:
    if step < WARM_UP:
        return RATE * (step + 1) / (WARM_UP + 1)
    done = (step - WARM_UP) / max(1, steps - WARM_UP)
    return LEAST_RATE + 0.5 * (1 + math.cos(math.pi * done)) * (RATE - LEAST_RATE)


class CourseLSTM(nn.Module):
    """One-hot characters → an LSTM of 64 → linear layer."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.rnn, self.fc = nn.LSTM(size, 64, batch_first=True), nn.Linear(64, size)

    def forward(self, ids: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
        states, state = self.rnn(functional.one_hot(ids, self.size).float(), state)
        return self.fc(states), state


def course_loop(texts: list[str], characters: dict[str, int]) -> tuple[CourseLSTM, int]:
    """The course's training on each text: every window of 100 characters, one step further each, in one batch.

    Returns:
        the net, and how many characters the texts had that were trained on: those of 110 and more.
    """
    torch.manual_seed(0)
    net = CourseLSTM(len(characters))
    adam = torch.optim.Adam(net.parameters(), lr=0.01)
    seen = 0
    for text in texts:
        if len(text) - COURSE_WINDOW < 10:
            continue
        inputs, targets = _all_windows(text, characters)
        adam.zero_grad()
        logits, _ = net(inputs)
        loss = functional.cross_entropy(logits.reshape(-1, len(characters)), targets.flatten())
        loss.backward()
        adam.step()
        seen += len(text)
    return net, seen


def _all_windows(text: str, characters: dict[str, int]) -> tuple[torch.Tensor, torch.Tensor]:
    count = len(text) - COURSE_WINDOW
    inputs, targets = (torch.zeros(count, COURSE_WINDOW, dtype=torch.long) for _ in range(2))
    for i in range(count):
        inputs[i] = torch.tensor([characters[c] for c in text[i : i + COURSE_WINDOW]])
        targets[i] = torch.tensor([characters[c] for c in text[i + 1 : i + COURSE_WINDOW + 1]])
    return inputs, targets
