"""Vocabulary: tokens ↔ ids, most frequent first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.errors import SettingError
from sadari.ragged import Ragged
from sadari.text.scan import Tokens
from sadari.text.table import MISSING, TokenTable

UNKNOWN, PADDING = "<unk>", "<pad>"


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
        tokens = list(tokens)
        if not 0 <= specials <= len(tokens):
            raise SettingError(f"a vocabulary of {len(tokens)} tokens cannot have {specials} specials")
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
        for batch in [tokens] if isinstance(tokens, Tokens) else tokens:
            if not isinstance(batch, Tokens):
                raise SettingError(
                    f"tokens must be what a tokenizer gives, not {type(batch).__name__}",
                    hint='Vocab.learn(sadari.tokenizer("words")(texts))',
                )
            table.learn(batch)
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
        """
        if min_freq < 1:
            raise SettingError(f"min_freq is {min_freq}; it must be at least 1")
        if max_size is not None and max_size < len(specials):
            raise SettingError(f"max_size is {max_size}, but there are {len(specials)} specials")
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
        return self._table.find(token) >= self.specials

    def __getitem__(self, token: str) -> int:
        """The id of one token (a special's too); `unknown_id` where it is not in the vocabulary."""
        found = self._table.find(token)
        return found if found != MISSING else self.unknown_id

    @property
    def tokens(self) -> list[str]:
        """Every token, by id."""
        return self._table.to_list()

    def encode(self, tokens: Tokens) -> Ragged:
        """Ids of tokenized texts; unknown tokens, and a text's own "<pad>", have `unknown_id`."""
        if not isinstance(tokens, Tokens):
            raise SettingError(
                f"tokens must be what a tokenizer gives, not {type(tokens).__name__}",
                hint='vocab.encode(sadari.tokenizer("words")(texts))',
            )
        ids = self._table.look_up(tokens)
        ids[ids < self.specials] = self.unknown_id
        return Ragged(ids, tokens.offsets)

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The tokens of some ids.

        Raises:
            SettingError: an id outside the vocabulary.
        """
        chosen = [int(i) for i in ids]
        for i in chosen:
            if not 0 <= i < len(self):
                raise SettingError(f"id {i} is not in the vocabulary", hint=f"ids are 0 to {len(self) - 1}")
        return [self._table.token(i) for i in chosen]

    def one_hot(self, ids: NDArray[np.integer]) -> NDArray[np.float32]:
        """float32 [length, C]: one row a token, with a single 1 in the column of its id (C is ``len(self)``)."""
        ids = np.asarray(ids)
        if ids.size and (ids.min() < 0 or ids.max() >= len(self)):
            raise SettingError("an id is not in the vocabulary and cannot be one-hot")
        rows = np.zeros((len(ids), len(self)), dtype=np.float32)
        rows[np.arange(len(ids)), ids] = 1
        return rows
