"""Why what is built on an encoder answers as it does: what each word adds, and what each piece attends to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sadari.errors import DataError
from sadari.messages import message
from sadari.ragged import Ragged
from sadari.text.long_texts import fit_long
from sadari.text.subword.pretrained import SubwordTokenizer

if TYPE_CHECKING:
    from sadari.nets.bert.pretrained import PretrainedClassifier
    from sadari.nets.bert.sentence import SentenceClassifier

STRETCHES, TOLERANCE = 4, 1e-3  # of the path; every stretch that needs it is halved


def word_contributions(
    net: PretrainedClassifier | SentenceClassifier, pieces: SubwordTokenizer, text: str, room: int, way: str
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """The words of a text that are read, what each adds to each logit [m, k], and the logits [k] without any.

    Args:
        net: in evaluation mode.
        pieces: the net's tokenizer.
        text: the text to explain.
        room: pieces of the text that are read at once.
        way: how longer ones are read.

    Raises:
        DataError: there is nothing in the text.
    """
    import torch

    from sadari.nets.bert.integrated_gradients import integrated_gradients
    from sadari.nets.bert.pretrained import BetweenEnds

    found = list(pieces.words(text))
    if not found:
        raise DataError(message("there is no token in the text to look at"))
    ids = np.array(pieces.engine.encode(text, add_special_tokens=False).ids, np.int64)
    places = Ragged(np.arange(len(ids), dtype=np.int32), np.array([0, len(ids)]))
    windows = fit_long(places, room, way)[0]
    inner = BetweenEnds(net, *pieces.ends)
    device = next(net.parameters()).device
    total: NDArray[np.float64] | None = None
    bias: NDArray[np.float64] | float = 0.0
    for window in windows:
        values, start = integrated_gradients(
            inner, torch.from_numpy(ids[window]).to(device), pieces=STRETCHES, tolerance=TOLERANCE
        )
        total = np.zeros((len(ids), values.shape[1])) if total is None else total
        total[window] += values / len(windows)
        bias = bias + start / len(windows)
    assert total is not None
    words = np.array([word for word, _, _ in found])
    read = np.unique(windows.values)
    names, sums = _by_word(words[read], [found[place][1:] for place in read], total[read])
    return names, sums, np.asarray(bias)


def _by_word(
    words: NDArray[np.int64], shown: Sequence[tuple[str, str]], values: NDArray[np.float64]
) -> tuple[list[str], NDArray[np.float64]]:
    """Words in place of their pieces, and the sums of what these add."""
    starts = np.flatnonzero(np.diff(words, prepend=-1) != 0).tolist()
    names = []
    for start, stop in zip(starts, [*starts[1:], len(words)], strict=True):
        # where a character is made of several pieces, each stands for all of it
        parts = [text for text, _ in groupby(text for _, text in shown[start:stop])]
        names.append("".join(parts).strip() or shown[start][0])
    return names, np.add.reduceat(values, starts, axis=0)


def attention(
    net: PretrainedClassifier, pieces: SubwordTokenizer, text: str, room: int
) -> tuple[list[str], list[NDArray]]:
    """The pieces that are read of a text, those round it included, and each layer's attention [heads, T, T]."""
    import torch

    encoded = pieces.engine.encode(text, add_special_tokens=False)
    if not encoded.ids:
        raise DataError(message("there is no token in the text to look at"))
    before, after = pieces.ends
    ids = [*before, *encoded.ids[:room], *after]
    tokens = [pieces.engine.id_to_token(number) or "?" for number in ids]
    device = next(net.parameters()).device
    with torch.inference_mode():
        layers = net.attention_weights(torch.tensor([ids], device=device))
    return tokens, [layer[0].float().cpu().numpy() for layer in layers]
