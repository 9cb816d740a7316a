"""The token that ends a text, as fastText ends a line: ``</s>``, so that a model can learn how texts end."""

from __future__ import annotations

import numpy as np

from sadari.compiling import njit
from sadari.errors import DataError
from sadari.messages import message
from sadari.text.tokens.scan import MOST_BYTES, Tokens, hash_bytes

END = "</s>"
_END_BYTES = np.frombuffer(END.encode(), np.uint8)


def with_ends(tokens: Tokens) -> Tokens:
    """The same texts, each with `END` behind its last token.

    A token that looks like it within a text goes: fastText would read no further.

    Raises:
        DataError: the texts are so long that no int32 can name the place of one more token.
    """
    if len(tokens.content) + len(END) > MOST_BYTES:
        raise DataError(
            message(
                "{number_of_content:,} bytes of text are too many to work on at once",
                number_of_content=len(tokens.content),
            )
        )
    content = np.concatenate([tokens.content, _END_BYTES])
    room = len(tokens) + len(tokens.offsets) - 1
    starts, lengths, hashes = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.uint32)
    offsets = np.zeros_like(tokens.offsets)
    _end_texts(
        content,
        tokens.starts,
        tokens.lengths,
        tokens.hashes,
        tokens.offsets,
        len(tokens.content),
        starts,
        lengths,
        hashes,
        offsets,
    )
    n = int(offsets[-1])
    return Tokens(content, starts[:n], lengths[:n], hashes[:n], offsets)


@njit(cache=True, nogil=True)
def is_end(content, start, length):  # type: ignore[no-untyped-def]
    """Whether these bytes are ``</s>``."""
    return (
        length == 4
        and content[start] == 60
        and content[start + 1] == 47
        and content[start + 2] == 115
        and content[start + 3] == 62
    )


@njit(cache=True, nogil=True)
def _end_texts(content, starts, lengths, hashes, offsets, end, out_starts, out_lengths, out_hashes, out_offsets):  # type: ignore[no-untyped-def]
    end_hash = hash_bytes(content, end, end + 4)
    n = 0
    for t in range(len(offsets) - 1):
        for i in range(offsets[t], offsets[t + 1]):
            if not is_end(content, starts[i], lengths[i]):
                out_starts[n], out_lengths[n], out_hashes[n] = starts[i], lengths[i], hashes[i]
                n += 1
        out_starts[n], out_lengths[n], out_hashes[n] = end, 4, end_hash
        n += 1
        out_offsets[t + 1] = n
