"""An analogy as it is written, ``king - man + 1.3*woman``: words, and the weight with which each is added."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sadari.errors import SettingError
from sadari.messages import message
from sadari.settings.limits import Number, check, shown

_HINT = message('write it as "king - man + woman", or "king - man + 1.3*woman"')
_SIGNS = {"+": 1, "-": -1, "−": -1}  # the last is the minus sign of print, U+2212
_WEIGHTED = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})\*(?=\S)")
_SPACED = re.compile(r"(?<!\S)([+−-]?(?:[0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9}))[ \t]{0,9}\*[ \t]{0,9}(?=\S)")
_MOST = 1e9  # of a weight; those that are written have nine figures before the point


def weights_of(analogy: Any) -> dict[str, float]:
    """The words of an analogy, each with its weight.

    Args:
        analogy: as `parse_analogy` reads it, or the weights themselves.

    Raises:
        SettingError: it is neither, or there are no words.
    """
    if isinstance(analogy, str):
        return parse_analogy(analogy)
    if not isinstance(analogy, Mapping) or not all(isinstance(word, str) for word in analogy):
        raise SettingError(message("an analogy is a text, not {shown}", shown=shown(analogy)), hint=_HINT)
    for word, weight in analogy.items():
        check(word, weight, Number(-_MOST, _MOST))
    if not analogy:
        raise SettingError(message("there are no words"), hint=_HINT)
    return {word: float(weight) for word, weight in analogy.items()}


def parse_analogy(text: str) -> dict[str, float]:
    """``"king - man + 1.3*woman"`` as ``{"king": 1.0, "man": -1.0, "woman": 1.3}``.

    ``+`` and ``-`` (or −) stand between spaces, or right before a word: ``"king -man +woman"``. Elsewhere in a word
    they are part of it: ``e-mail`` is one word, and so is what follows an operator: ``"king - -lrb-"``. A number and
    ``*`` before a word are its weight; a number alone is a word. A word that stands twice has the sum of its weights.

    Args:
        text: what is asked.

    Raises:
        SettingError: there is no word, an operator without a word, or two words without an operator.
    """
    weights: dict[str, float] = {}
    sign, last = 0, ""  # of the word to come: 0 if there was no operator
    for piece in _SPACED.sub(r"\1*", text).split():
        if piece in _SIGNS:
            if sign:
                raise SettingError(
                    message("{last!r} and {piece!r} stand together in {text!r}", last=last, piece=piece, text=text),
                    hint=_HINT,
                )
            sign = _SIGNS[piece]
        else:
            word = piece
            if not sign and piece[0] in _SIGNS:
                sign, word = _SIGNS[piece[0]], piece[1:]
            if not sign and last:
                raise SettingError(
                    message("between {last!r} and {word!r} stands neither + nor -", last=last, word=word),
                    hint=_HINT,
                )
            weight, word = _weighted(word)
            weights[word] = weights.get(word, 0.0) + (sign or 1) * weight
            sign = 0
        last = piece
    if not last:
        raise SettingError(message("there are no words"), hint=_HINT)
    if sign:
        raise SettingError(
            message("after the last {last!r} a word is missing in {text!r}", last=last, text=text), hint=_HINT
        )
    return weights


def _weighted(piece: str) -> tuple[float, str]:
    """``"1.3*woman"`` as 1.3 and ``"woman"``."""
    found = _WEIGHTED.match(piece)
    return (float(found[1]), piece[found.end() :]) if found else (1.0, piece)
