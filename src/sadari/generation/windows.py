"""Windows of a running text, to learn the next token of: the course's batches, as views of one row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sadari.errors import DataError
from sadari.messages import message
from sadari.ragged import flat_ids
from sadari.settings.limits import MOST, Whole, check

if TYPE_CHECKING:
    import torch


def windows(
    ids: torch.Tensor | NDArray[np.integer] | Sequence[int], length: int, *, step: int = 1
) -> tuple[torch.Tensor, torch.Tensor]:
    """Sliding windows of a row of ids, and of each the same window one token later, which it is to predict.

    Both are strided views of one copy of the row: however much the windows overlap, nothing more is stored. Write into
    neither; ``inputs[[3, 1, 4]]`` is a batch of its own.

    Args:
        ids: [n], all tokens of a text: ``vocab.encode(tokenizer([text]))[0]``.
        length: tokens of a window.
        step: how many tokens the next window begins later; with ``step=length`` none stands in two windows.

    Returns:
        inputs and targets int64 [windows, length], with ``targets[:, :-1] == inputs[:, 1:]``. Of these there are
        ``(n - 1 - length) // step + 1``.

    Raises:
        DataError: the row is too short for one window. SettingError: it is no row of whole numbers.
    """
    import torch

    check("length", length, Whole(1, MOST))
    check("step", step, Whole(1, MOST))
    given: Any = ids
    row = torch.from_numpy(
        flat_ids(given.numpy(force=True) if isinstance(given, torch.Tensor) else given).astype(np.int64)
    )
    if len(row) <= length:
        raise DataError(
            message(
                "a window of {length:,} and the token behind it need {least:,} tokens; there are {tokens:,}",
                length=length,
                least=length + 1,
                tokens=len(row),
            )
        )
    return row[:-1].unfold(0, length, step), row[1:].unfold(0, length, step)
