"""Our recurrent rungs against the loops that the course teaches, re-written with their mistakes.

Batches of 16 drawn at random, padded with 0 to the batch's longest, encoded one text at a time in Python, Adam 0.001,
embedding 64, hidden 32, one pass: the RNN's mean over all steps (padding too), the LSTM's state after the padding, the
LSTM on packed sequences, and the EmbeddingBag.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence

from corpora import ag_news, read_plain
from sadari.data.read import open_source
from sadari.rungs.embedding_bag import EmbeddingBag
from sadari.rungs.neural.recurrent import LSTM, RNN
from timing import table


def tokenize(text: str) -> list[str]:
    spaced = re.sub(r"([.,()!?'])", r" \1 ", text.lower().replace('"', ""))
    return re.sub(r"<br />|[;:]", " ", spaced).split()


class CourseData:
    """A vocabulary from counts, and texts encoded each time they are read."""

    def __init__(self, texts: list[str], labels: list[str]) -> None:
        counter: Counter[str] = Counter()
        for text in texts:
            counter.update(tokenize(text))
        self.ids = {word: i for i, word in enumerate(["<unk>", *sorted(counter, key=lambda w: (-counter[w], w))])}
        self.rows = list(zip(texts, [int(label) - 1 for label in labels], strict=True))

    def encode(self, text: str) -> list[int]:
        return [self.ids.get(word, 0) for word in tokenize(text)]

    def batches(self, rows: list[tuple[str, int]], size: int = 16) -> Any:
        for first in range(0, len(rows), size):
            part = rows[first : first + size]
            encoded = [self.encode(text) for text, _ in part]
            yield encoded, torch.tensor([label for _, label in part])


def padded(encoded: list[list[int]]) -> torch.Tensor:
    longest = max(map(len, encoded))
    return torch.stack([functional.pad(torch.tensor(ids), (0, longest - len(ids)), value=0) for ids in encoded])


class CourseRNN(nn.Module):
    def __init__(self, words: int) -> None:
        super().__init__()
        self.embedding, self.rnn, self.out = nn.Embedding(words, 64), nn.RNN(64, 32, batch_first=True), nn.Linear(32, 4)

    def forward(self, encoded: list[list[int]]) -> torch.Tensor:
        states, _ = self.rnn(self.embedding(padded(encoded)))
        return self.out(states.mean(dim=1))


class CourseLSTM(nn.Module):
    packed = False

    def __init__(self, words: int) -> None:
        super().__init__()
        self.embedding, self.rnn, self.out = (
            nn.Embedding(words, 64),
            nn.LSTM(64, 32, batch_first=True),
            nn.Linear(32, 4),
        )
        self.embedding.weight.data = torch.randn_like(self.embedding.weight.data) - 0.5

    def forward(self, encoded: list[list[int]]) -> torch.Tensor:
        inputs: Any = self.embedding(padded(encoded))
        if self.packed:
            lengths = [len(ids) for ids in encoded]
            inputs = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        _, (hidden, _) = self.rnn(inputs)
        return self.out(hidden[-1])


class CoursePacked(CourseLSTM):
    packed = True


class CourseBag(nn.Module):
    def __init__(self, words: int) -> None:
        super().__init__()
        self.embedding, self.out = nn.EmbeddingBag(words, 64), nn.Linear(64, 4)

    def forward(self, encoded: list[list[int]]) -> torch.Tensor:
        offsets = torch.tensor([0, *np.cumsum([len(ids) for ids in encoded])[:-1].tolist()])
        return self.out(self.embedding(torch.tensor([i for ids in encoded for i in ids]), offsets))


def train(net: nn.Module, data: CourseData, rows: list[tuple[str, int]]) -> float:
    """One pass as the course's loop makes it: texts a second."""
    adam = torch.optim.Adam(net.parameters(), lr=0.001)
    total_loss: Any = 0
    right, seen = 0, 0
    start = time.perf_counter()
    for encoded, labels in data.batches(rows):
        adam.zero_grad()
        logits = net(encoded)
        loss = functional.cross_entropy(logits, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        total_loss += loss.detach()
        right += int((logits.argmax(dim=1) == labels).sum())
        seen += len(labels)
    return seen / (time.perf_counter() - start)


def accuracy(net: nn.Module, data: CourseData, texts: list[str], labels: list[str]) -> float:
    net.eval()
    right = 0
    with torch.inference_mode():
        for encoded, truth in data.batches(list(zip(texts, [int(label) - 1 for label in labels], strict=True))):
            right += int((net(encoded).argmax(dim=1) == truth).sum())
    return right / len(texts)


def run(runs: int = 1) -> str:
    texts, labels = read_plain(ag_news() / "train.csv")
    test = read_plain(ag_news() / "test.csv")
    data = CourseData(texts, labels)
    rows = data.rows[:]
    random.Random(0).shuffle(rows)
    found: list[list[str]] = []
    for title, make in (
        ("RNN", CourseRNN),
        ("LSTM", CourseLSTM),
        ("LSTM, packed", CoursePacked),
        ("EmbeddingBag", CourseBag),
    ):
        torch.manual_seed(0)
        net = make(len(data.ids))
        train(make(len(data.ids)), data, rows[:320])
        speed = train(net, data, rows)
        found.append([f"course {title}, batch 16, one pass", f"{speed:,.0f}", f"{accuracy(net, data, *test):.4f}"])
    found += ours(test)
    return table(["32,055 texts of AG News, training", "texts a second", "test accuracy"], found)


def ours(test: tuple[list[str], list[str]]) -> list[list[str]]:
    corpus = open_source(ag_news() / "train.csv").read()
    held_out = open_source(ag_news() / "test.csv").read()
    small: dict[str, Any] = {"embed_dim": 64, "hidden": 32}
    large: dict[str, Any] = {"batch_size": 128, "learning_rate": 0.01}
    ways: dict[str, Callable[[], Any]] = {
        "rnn, the course's sizes, one pass": lambda: RNN(**small, epochs=1),
        "lstm, the course's sizes, one pass": lambda: LSTM(**small, epochs=1),
        "lstm, the same, batch 128, rate 0.01": lambda: LSTM(**small, **large, epochs=1),
        "lstm, the same, two threads": lambda: LSTM(**small, **large, epochs=1, threads=2),
        "lstm, packed, the course's sizes, one pass": lambda: LSTM(**small, epochs=1, packed=True),
        "lstm, the course's sizes, defaults": lambda: LSTM(**small),
        "embedding-bag, defaults": EmbeddingBag,
    }
    # What a process pays once (imports, compiled loops read from their cache) is no part of texts a second.
    LSTM(**small, epochs=1).fit(corpus.texts[:200], corpus.labels[:200])
    found = []
    for title, make in ways.items():
        model = make().fit(corpus.texts, corpus.labels)
        passes = model.history_[-1]["epoch"]
        speed = len(corpus) * passes / model.train_seconds_
        right = float(np.mean(model.predict(held_out.texts) == held_out.labels.to_numpy()))
        found.append([f"Sadari {title} (tokenizing included)", f"{speed:,.0f}", f"{right:.4f}"])
    return found
