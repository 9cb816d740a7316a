"""What a pre-trained BERT knows: what may stand at a mask, and whether a sentence follows another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import polars as pl

from sadari.errors import DataError, ModelError, SettingError
from sadari.messages import message
from sadari.settings.limits import MOST, Whole, check
from sadari.text.column import as_column
from sadari.text.subword.wordpiece import MASK, WordPiece
from sadari.train.objectives.bert_masking import Masking

if TYPE_CHECKING:
    import torch

    from sadari.nets.bert.encoder import BertForPreTraining

_ANY_MASK = re.compile(rf"{re.escape(MASK)}|<mask>", re.IGNORECASE)


@dataclass(frozen=True)
class Filled:
    """One piece that may stand at a mask, and how probable it is (0 to 1)."""

    piece: str
    probability: float


class MaskedToken(NamedTuple):
    """A token of a text, and what a BERT that learns sees in its place.

    Attributes:
        token: what stands there, and is to be guessed where it is chosen.
        shown: what the net sees.
        how: "mask" or "random" where something else is shown, "same" where it is chosen and shown as it is; None
            where it is not chosen.
    """

    token: str
    shown: str
    how: Literal["mask", "random", "same"] | None


def hide_tokens(pieces: WordPiece, text: str, masking: Masking, seed: int) -> list[MaskedToken]:
    """A text as a BERT that learns sees it; see `sadari.pretraining.bert.Bert.hide`."""
    check("seed", seed, Whole(0, MOST))
    (ids,) = pieces.encode(as_column([text]))
    closed = np.array([pieces.class_id, *ids, pieces.separator_id], np.int64)
    shown, places, _ = masking.hide(closed, np.random.default_rng(seed))
    how: list[Literal["mask", "random", "same"] | None] = [None] * len(closed)
    for place in places.tolist():
        same, masked = shown[place] == closed[place], shown[place] == pieces.mask_id
        how[place] = "same" if same else "mask" if masked else "random"
    names = pieces.pieces
    return [MaskedToken(names[id], names[seen], each) for id, seen, each in zip(closed, shown, how, strict=True)]


def with_masks(text: str) -> str:
    """The text with ``[MASK]`` as models write it, for ``[mask]``, and RoBERTa's ``<mask>``, in any case."""
    return _ANY_MASK.sub(MASK, text)


def fill_masks(
    net: BertForPreTraining, pieces: WordPiece, text: str, second: str | None, top: int
) -> list[list[Filled]]:
    """The likeliest pieces at each ``[MASK]``, each by itself; see `sadari.pretraining.bert.Bert.fill`."""
    import torch

    check("top", top, Whole(1, 2**63 - 1))
    ids, segments = _sequence(net, pieces, text, second)
    places = (ids[0] == pieces.mask_id).nonzero()[:, 0]
    if not len(places):
        raise SettingError(
            message("there is no {mask} in the text", mask=MASK),
            hint=message('write one where a word is missing: "a {mask} day"', mask=MASK),
        )
    with torch.inference_mode():
        logits, _ = net.logits(ids, segments, None, places)
    never = torch.from_numpy(pieces.special).to(logits.device)
    logits = logits.float()[:, : len(pieces)].masked_fill(never, float("-inf"))
    found = logits.softmax(dim=1).topk(min(top, int((~never).sum())), dim=1)
    return [
        [Filled(pieces.pieces[id], probability) for id, probability in zip(ids, probabilities, strict=True)]
        for ids, probabilities in zip(found.indices.tolist(), found.values.tolist(), strict=True)
    ]


def follows_probability(net: BertForPreTraining, pieces: WordPiece, first: str, second: str) -> float:
    """How probable it is that the second sentence follows; see `sadari.pretraining.bert.Bert.follows`."""
    import torch

    if second is None:
        raise DataError(message("there is nothing in {name}", name=message("the second")))
    ids, segments = _sequence(net, pieces, first, second)
    with torch.inference_mode():
        _, following = net.logits(ids, segments, None, ids.new_zeros(0))
    return float(following.float().softmax(dim=1)[0, 0])


def _sequence(
    net: BertForPreTraining, pieces: WordPiece, text: str, second: str | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and segments int64 [1, length] of a text, or of two.

    Raises:
        DataError: one is no text, there is nothing in it, or they are too long. ModelError: there are two, and it
            reads one.
    """
    import torch

    texts = as_column([text] if second is None else [text, second])
    masked = pl.Series([with_masks(part) for part in texts], dtype=pl.String)
    parts = pieces.encode(masked, specials=True)
    first = message("the text") if second is None else message("the first sentence")
    for part, name in zip(parts, (first, message("the second")), strict=False):
        if not len(part):
            raise DataError(message("there is nothing in {name}", name=name))
    if len(parts) > net.shape.type_vocab_size:
        raise ModelError(
            message("the model reads one text at a time: it cannot tell a second one from the first"),
            hint=message("leave out the second, or put both into one"),
        )
    ids, segments = [pieces.class_id], [0]
    for segment, part in enumerate(parts):
        ids += [*part.tolist(), pieces.separator_id]
        segments += [segment] * (len(part) + 1)
    most = net.shape.max_position_embeddings
    if len(ids) > most:
        raise DataError(
            message(
                "there are {number_of_ids:,} tokens, and the model reads {most:,}", number_of_ids=len(ids), most=most
            ),
            hint=message("give a shorter text"),
        )
    device = next(net.parameters()).device
    return torch.tensor([ids], device=device), torch.tensor([segments], device=device)
