"""Vocabulary: tokens ↔ ids, most frequent first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.errors import SettingError
from sadari.messages import message
from sadari.ragged import Ragged, flat_ids
from sadari.settings.limits import Whole, check, shown
from sadari.text.column import as_column, entries_of, one_column
from sadari.text.table import MISSING, TokenTable
from sadari.text.tokens.scan import Tokens

UNKNOWN, PADDING = "<unk>", "<pad>"
MOST_CELLS = 2**31  # of a one-hot matrix: 8 GiB


class Vocab:
    """Tokens ↔ ids in torchtext's order: the specials, then the most frequent token, ties alphabetical.

    Args:
        tokens: every token, specials first; its place is its id.
        specials: how many of them are specials (``<unk>``, ``<pad>`` …), which no text can contain as tokens.

    Raises:
        SettingError: a token stands twice, or is no text.

    Attributes:
        unknown_id: the id that `encode` gives to unknown tokens; −1 without ``<unk>``.
        pad_id: the id of ``<pad>``, the one place where it is written; −1 without one.
    """

    def __init__(self, tokens: Sequence[str], *, specials: int = 0) -> None:
        tokens = list(one_column(tokens, message("tokens")))
        check("specials", specials, Whole(0, len(tokens)))
        self.specials = specials
        self._table = TokenTable.of(tokens)
        head = tokens[:specials]
        self.unknown_id = head.index(UNKNOWN) if UNKNOWN in head else MISSING
        self.pad_id = head.index(PADDING) if PADDING in head else MISSING

    @classmethod
    def learn(
        cls,
        tokens: Tokens | Iterable[Tokens],
        *,
        min_freq: int = 1,
        max_size: int | None = None,
        specials: Sequence[str] = (UNKNOWN, PADDING),
    ) -> Vocab:
        """The vocabulary of some tokenized texts.

        Args:
            tokens: what a tokenizer made of a column, or several of them (read one after another).
            min_freq: rarer tokens are left out.
            max_size: the most entries, specials included.
            specials: what stands before all tokens.
        """
        table = TokenTable()
        for batch in [tokens] if isinstance(tokens, Tokens) else entries_of(tokens, message("tokens")):
            table.learn(_tokenized(batch, "learn"))
        return cls.from_table(table, min_freq=min_freq, max_size=max_size, specials=specials)[0]

    @classmethod
    def from_table(
        cls,
        table: TokenTable,
        *,
        min_freq: int = 1,
        max_size: int | None = None,
        specials: Sequence[str] = (UNKNOWN, PADDING),
    ) -> tuple[Vocab, NDArray[np.int32]]:
        """The vocabulary of a table's counts, and int32 [len(table)]: the new id of each of its tokens.

        Tokens that are left out have `unknown_id` there, so ids given while learning need no second look-up.

        Args:
            table: tokens and how often each was seen.
            min_freq: rarer tokens are left out.
            max_size: the most entries, special ones included; None: no limit.
            specials: entries that are in any case, in the order of their ids.
        """
        check("min_freq", min_freq, Whole(1, 2**63 - 1))
        specials = as_column(specials).to_list()
        check("max_size", max_size, Whole(len(specials), 2**63 - 1), optional=True)
        counted = pl.DataFrame(
            {"token": table.to_list(), "count": table.counts[: len(table)], "old": np.arange(len(table))},
            schema={"token": pl.String, "count": pl.Int64, "old": pl.Int64},
        ).filter((pl.col("count") >= min_freq) & ~pl.col("token").is_in(list(specials)))
        counted = counted.sort(["count", "token"], descending=[True, False])
        if max_size is not None:
            counted = counted.head(max_size - len(specials))
        vocab = cls([*specials, *counted["token"].to_list()], specials=len(specials))
        new_ids = np.full(len(table), vocab.unknown_id, np.int32)
        new_ids[counted["old"].to_numpy()] = np.arange(len(specials), len(vocab), dtype=np.int32)
        return vocab, new_ids

    def __repr__(self) -> str:
        return f"Vocab of {len(self):,} entries, {self.specials} of them specials"

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, token: str) -> bool:
        return isinstance(token, str) and self._table.find(token) >= self.specials

    def __getitem__(self, token: str) -> int:
        """The id of one token (a special's too); `unknown_id` where it is not in the vocabulary.

        Raises:
            SettingError: what is asked for is no text; of an id, `decode` gives the token.
        """
        if not isinstance(token, str):
            raise SettingError(
                message("a token must be a string, not {name}: {shown}", name=type(token).__name__, shown=shown(token)),
                hint=message("of ids, decode gives the tokens"),
            )
        found = self._table.find(token)
        return found if found != MISSING else self.unknown_id

    @property
    def tokens(self) -> list[str]:
        """Every token, by id."""
        return self._table.to_list()

    def encode(self, tokens: Tokens) -> Ragged:
        """Ids of tokenized texts; unknown tokens, and a text's own "<pad>", have `unknown_id`.

        Args:
            tokens: what a tokenizer made of texts.
        """
        ids = self._table.look_up(_tokenized(tokens, "encode"))
        ids[ids < self.specials] = self.unknown_id
        return Ragged(ids, tokens.offsets)

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The tokens of some ids.

        Args:
            ids: ids of this vocabulary.

        Raises:
            SettingError: an id outside the vocabulary.
        """
        return [self._table.token(i) for i in self._own(ids).tolist()]

    def one_hot(self, ids: NDArray[np.integer]) -> NDArray[np.float32]:
        """float32 [length, C]: one row a token, with a single 1 in the column of its id (C is ``len(self)``).

        Args:
            ids: the ids of one text.
        """
        own = self._own(ids)
        if len(own) * len(self) > MOST_CELLS:
            raise SettingError(
                message(
                    "{number_of_own:,} ids of {number_of_self:,} would be {number_of_own_2:,} numbers one-hot",
                    number_of_own=len(own),
                    number_of_self=len(self),
                    number_of_own_2=len(own) * len(self),
                ),
                hint=message("take fewer ids at once, or embed them"),
            )
        rows = np.zeros((len(own), len(self)), dtype=np.float32)
        rows[np.arange(len(own)), own] = 1
        return rows

    def _own(self, ids: Any) -> NDArray[np.int32]:
        """Ids as an array.

        Raises:
            SettingError: one is no whole number, or is not in the vocabulary.
        """
        own = flat_ids(ids)
        wrong = (own < 0) | (own >= len(self))
        if wrong.any():
            raise SettingError(
                message("id {own} is not in the vocabulary", own=own[wrong.argmax()]),
                hint=message("ids are 0 to {number_of_self}", number_of_self=len(self) - 1),
            )
        return own


def _tokenized(tokens: Any, method: str) -> Tokens:
    if not isinstance(tokens, Tokens):
        raise SettingError(
            message("tokens must be what a tokenizer gives, not {name}", name=type(tokens).__name__),
            hint=message('{method}(sadari.tokenizer("words")(texts))', method=method),
        )
    return tokens
