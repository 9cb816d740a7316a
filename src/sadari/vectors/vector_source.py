"""Word vectors to start from, by name: in memory, or a file of which only the wanted rows are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from sadari.messages import Named
from sadari.vectors.formats.folder import is_folder
from sadari.vectors.initialise import FOUND, in_every_case, look_up
from sadari.vectors.keyed import WordVectors

IN_MEMORY = Named("vectors in memory")


@dataclass(frozen=True, eq=False)
class VectorSource:
    """Word vectors that somebody may start from.

    Attributes:
        name: the file's own, without its folder.
        path: where it lies.
        vectors: where they are in memory.
    """

    name: str
    path: Path | None = None
    vectors: WordVectors | None = field(default=None, repr=False)

    @classmethod
    def of(cls, given: str | Path | WordVectors | VectorSource) -> VectorSource:
        """Of a path, of vectors, or as it is."""
        if isinstance(given, VectorSource):
            return given
        if isinstance(given, WordVectors):
            return cls(IN_MEMORY, vectors=given)
        return cls(Path(given).name or str(given), path=Path(given))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # nothing ever changes the vectors, and they are large

    @property
    def tokenizer(self) -> str | None:
        """The tokenizer of the texts that they were trained on, if it is known."""
        if self.vectors is not None:
            return self.vectors.tokenizer
        # only our folders say it; of a fastText model a look would read all its pieces, which may be gigabytes
        return self._read(limit=1).tokenizer if self.path is not None and is_folder(self.path) else None

    def take(self, words: Sequence[str], *, own: int | None) -> WordVectors:
        """At least the vectors of these words, in any case, and the source's own first ones.

        Args:
            words: of some texts.
            own: how many of the source's words are wanted, whether they are in the texts or not; None: all of them.

        Raises:
            DataError, ModelError: the file cannot be read.
        """
        if self.vectors is not None:
            return self.vectors
        if own is None:
            return self._read()
        if own == 0:
            return self._read(words=in_every_case(words))
        head = self._read(limit=own)
        _, how = look_up(head, words)
        others = [word for word, found in zip(words, how.tolist(), strict=True) if found != FOUND]
        return _joined(head, self._read(words=in_every_case(others))) if others else head

    def _read(self, *, words: Sequence[str] | None = None, limit: int | None = None) -> WordVectors:
        from sadari.vectors.formats.files import read_vectors

        assert self.path is not None
        return read_vectors(self.path, words=words, limit=limit)


def _joined(head: WordVectors, rest: WordVectors) -> WordVectors:
    """The first ones, then those of the others that are not among them."""
    new = np.flatnonzero(head.rows_of(rest.words) < 0)
    if not len(new):
        return head
    return WordVectors(
        [*head.words, *(rest.words[i] for i in new.tolist())],
        np.concatenate([head.matrix, rest.matrix[new]]),
        subwords=head.subwords,
        notes=head.notes,
        tokenizer=head.tokenizer,
    )
