"""The best translation of each of many texts, in batches of like lengths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from sadari.nets.seq2seq.recurrent import RecurrentSeq2Seq
from sadari.nets.seq2seq.transformer import TransformerSeq2Seq
from sadari.nets.token_rules import forbid
from sadari.ragged import Ragged
from sadari.text.subword.bpe import Subwords
from sadari.translation.beam_search import Found, beam_search, check_beam

SEARCH_ROWS = 512  # continuations that are searched at once


def best_translations(
    net: RecurrentSeq2Seq | TransformerSeq2Seq,
    ids: Ragged,
    *,
    beam: int,
    length_penalty: float,
    most: int,
    progress: Callable[[float], None] | None = None,
) -> list[Found]:
    """The best translation that a beam finds for each text; an empty one for an empty text.

    Args:
        net: left in evaluation.
        ids: of the texts, each with its end.
        beam: as in `sadari.translation.beam_search.beam_search`.
        length_penalty: as in `sadari.translation.beam_search.beam_search`.
        most: subwords that the net can write.
        progress: told the share of the texts that is done.
    """
    check_beam(beam, length_penalty)
    best = [Found([], 0.0, 0.0) for _ in range(len(ids))]
    lengths, device = ids.lengths, next(net.parameters()).device
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] > 1]  # an empty text has no more than its end
    size = SEARCH_ROWS // beam
    net.eval()
    with torch.inference_mode():
        for first in range(0, len(order), size):
            rows = order[first : first + size]
            source, mask = ids.take(rows).padded(Subwords.pad_id)
            # no translation that makes sense is longer; a net that has gone astray would never end
            longest = np.minimum(2 * lengths[rows] + 20, most).tolist()
            found = beam_search(
                net.stepper(source.to(device), mask.to(device)),
                longest,
                start=Subwords.start_id,
                end=Subwords.end_id,
                width=beam,
                length_penalty=length_penalty,
                device=device,
                rules=[forbid([Subwords.pad_id, Subwords.unknown_id, Subwords.start_id])],
            )
            for row, ones in zip(rows.tolist(), found, strict=True):
                best[row] = ones[0]
            if progress is not None:
                progress((first + len(rows)) / len(order))
    return best
