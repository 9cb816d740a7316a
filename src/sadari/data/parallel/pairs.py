"""Texts beside their translations, looked through, and parted into training and validation pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.audit.characters import histogram, odd_characters
from sadari.data.audit.duplicates import first_rows, fold
from sadari.data.parallel.direction import same_language
from sadari.data.parallel.misalignment import shifted_run
from sadari.errors import DataError, SettingError
from sadari.messages import Message, message, plural
from sadari.settings.limits import SEED, Number, check, shown

MAX_RATIO = 9.0
"""How many times longer than usual one side may be."""

SHORT = 20  # characters of the longer side up to which no ratio is absurd: "Hi!" may be long in another language
MANY = 0.1  # share of the pairs from which on an oddity is more than that
_LISTED = 10
_SPOILT = {
    "replacement character": plural(
        "{count:,} {side} text with a replacement character ({rows})",
        "{count:,} {side} texts with a replacement character ({rows})",
        1,
    ),
    "wrongly decoded": plural(
        "{count:,} {side} text that looks wrongly decoded ({rows})",
        "{count:,} {side} texts that look wrongly decoded ({rows})",
        1,
    ),
    "control character": plural(
        "{count:,} {side} text with a control character ({rows})",
        "{count:,} {side} texts with a control character ({rows})",
        1,
    ),
}
# Pairs with one side empty, and with both.
_KEPT = (
    plural("{count:,} pair with one side empty kept ({rows})", "{count:,} pairs with one side empty kept ({rows})", 1),
    plural(
        "{count:,} pair with both sides empty kept ({rows})", "{count:,} pairs with both sides empty kept ({rows})", 1
    ),
)
_DROPPED = (
    plural(
        "{count:,} pair with one side empty dropped ({rows})", "{count:,} pairs with one side empty dropped ({rows})", 1
    ),
    plural(
        "{count:,} pair with both sides empty dropped ({rows})",
        "{count:,} pairs with both sides empty dropped ({rows})",
        1,
    ),
)
PAIRS = message("the pairs")


@dataclass(frozen=True)
class ParallelCorpus:
    """Texts and their translations, in file order.

    Args:
        sources: (n,) String, no nulls; none is blank, unless blank ones were to be kept.
        targets: (n,) String, no nulls; none is blank, unless blank ones were to be kept.
        rows: (n,) int64, each pair's line or record number in its file, from 1.
        notes: sentences on what was guessed, dropped or odd.
        source: the files' names, for messages.
    """

    sources: pl.Series
    targets: pl.Series
    rows: NDArray[np.int64]
    notes: list[Message] = field(default_factory=list)
    source: Message | str = PAIRS

    def __len__(self) -> int:
        return self.sources.len()

    def take(self, indices: NDArray[np.int64] | NDArray[np.bool_]) -> ParallelCorpus:
        """The pairs at `indices` (positions, or a bool mask), in that order."""
        at = np.flatnonzero(indices) if indices.dtype == np.bool_ else indices
        return replace(self, sources=self.sources.gather(at), targets=self.targets.gather(at), rows=self.rows[at])


def pair_texts(
    sources: pl.Series | Sequence[str],
    targets: pl.Series | Sequence[str],
    *,
    source: Message | str = PAIRS,
    rows: NDArray[np.int64] | None = None,
    what: str = "row",
    max_ratio: float | None = MAX_RATIO,
    keep_blank: bool = False,
) -> ParallelCorpus:
    """Texts beside their translations, looked through: what cannot be learned from is dropped, the rest reported.

    Args:
        sources: (n,) String, without nulls.
        targets: (n,) String, without nulls.
        source: what messages call them.
        rows: int64, their numbers; None: from 1.
        what: what such a number counts.
        max_ratio: a pair is dropped when one side has this many times the characters that the other's length would
            lead to expect (by the middle ratio of all), and more than 20; None keeps all.
        keep_blank: whether pairs with an empty side stay, as evaluating wants it.

    Raises:
        DataError: there are no pairs, or both sides of all of them are the same.
        SettingError: the sides differ in length, or max_ratio is not above 1.
    """
    if max_ratio is not None and not max_ratio > 1:
        raise SettingError(message("max_ratio must be above 1, not {max_ratio}", max_ratio=max_ratio))
    sources, targets = _column("source", sources), _column("target", targets)
    if len(sources) != len(targets):
        raise SettingError(
            message(
                "{number_of_sources:,} sources but {number_of_targets:,} targets",
                number_of_sources=len(sources),
                number_of_targets=len(targets),
            )
        )
    numbers = np.arange(1, len(sources) + 1) if rows is None else np.asarray(rows, np.int64)
    corpus = ParallelCorpus(sources, targets, numbers, [], source)
    listed = _Listed(what)
    kept = _without_blank(corpus, listed, keep=keep_blank)
    if not len(kept):
        what_is_wrong = message("there are no pairs of texts")
        if len(corpus):
            what_is_wrong = plural(
                "there are no pairs of texts ({count:,} pair with an empty side)",
                "there are no pairs of texts ({count:,} pairs with an empty side)",
                len(corpus),
            )
        raise DataError(what_is_wrong, where=source)
    if max_ratio is not None:
        kept = _without_absurd(kept, max_ratio, listed)
    same = (kept.sources.str.strip_chars() == kept.targets.str.strip_chars()).to_numpy()
    if same.all() and len(kept) > 1:
        said = message("source and target are the same text in all {count:,} pairs", count=len(kept))
        raise DataError(said, where=source, hint=message("was the same file, or column, given twice?"))
    notes = [plural("{count:,} pair", "{count:,} pairs", len(kept)), *listed.notes, *_oddities(kept, same, what)]
    return replace(kept, notes=notes)


def hold_out(corpus: ParallelCorpus, share: float = 0.1, *, seed: int = 0) -> tuple[ParallelCorpus, ParallelCorpus]:
    """Training and validation pairs that share no source text (but for case and spaces); the same for the same seed.

    Args:
        corpus: the pairs.
        share: of the pairs that are held out, above 0 and below 1; as near to it as equal sources allow.
        seed: of the choice.

    Raises:
        SettingError: an impossible share. DataError: there are not two different source texts.
    """
    check("seed", seed, SEED)
    if not Number(0, 1).allows(share) or share in (0, 1):
        raise SettingError(
            message("the share that is held out must be between 0 and 1, not {shown}", shown=shown(share))
        )
    leaders, group_of, sizes = np.unique(first_rows(fold(corpus.sources)), return_inverse=True, return_counts=True)
    if leaders.size < 2:
        what = message("validation pairs need source texts of their own, and there is only one")
        raise DataError(what, where=corpus.source)
    wanted = max(1, round(share * len(corpus)))
    order = np.random.default_rng(seed).permutation(leaders.size)
    too_large = np.where(sizes > wanted, sizes, 0)  # these come last, the smallest of them first
    order = order[np.argsort(too_large[order], kind="stable")]
    count = int(np.searchsorted(np.cumsum(sizes[order]), wanted, side="right"))
    out = np.isin(group_of, order[: min(max(count, 1), leaders.size - 1)])
    return corpus.take(~out), corpus.take(out)


def _column(name: str, texts: pl.Series | Sequence[str]) -> pl.Series:
    try:
        column = texts.alias(name) if isinstance(texts, pl.Series) else pl.Series(name, list(texts), pl.String)
    except TypeError:
        raise SettingError(message("the {name} texts must be strings", name=name)) from None
    if column.dtype != pl.String or column.null_count():
        raise SettingError(message("the {name} texts must be strings, none missing", name=name))
    return column


def _blank(texts: pl.Series) -> NDArray[np.bool_]:
    return ~texts.str.contains(r"\S").to_numpy()


def all_blank(texts: pl.Series) -> bool:
    """Whether there is nothing to read in any."""
    return bool(_blank(texts).all())


class _Listed:
    """Notes on pairs that are dropped, or kept although a side is empty, each with the first of their numbers."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.notes: list[Message] = []

    def add(self, corpus: ParallelCorpus, mask: NDArray[np.bool_], what: Message) -> None:
        """Say of the pairs where `mask` is true what became of them."""
        count = int(np.count_nonzero(mask))
        if count:
            self.notes.append(what.filled(count, rows=_numbered(corpus.rows[mask], self.what)))


def _numbered(rows: NDArray[np.int64], what: str) -> Message:
    """``rows 4, 9, 12``: at most ten numbers."""
    shown = ", ".join(f"{row:,}" for row in rows[:_LISTED]) + (", …" if rows.size > _LISTED else "")
    if what == "line":
        return plural("line {numbers}", "lines {numbers}", rows.size, numbers=shown)
    return plural("row {numbers}", "rows {numbers}", rows.size, numbers=shown)


def _without_blank(corpus: ParallelCorpus, listed: _Listed, *, keep: bool) -> ParallelCorpus:
    first, second = _blank(corpus.sources), _blank(corpus.targets)
    half, whole = _KEPT if keep else _DROPPED
    listed.add(corpus, first ^ second, half)
    listed.add(corpus, first & second, whole)
    return corpus if keep else corpus.take(~(first | second))


def _without_absurd(corpus: ParallelCorpus, max_ratio: float, listed: _Listed) -> ParallelCorpus:
    """Pairs but for those one side of which is far too long for the other."""
    lengths = [column.str.len_chars().to_numpy().astype(np.float64) for column in (corpus.sources, corpus.targets)]
    ratio = np.log((lengths[1] + 1) / (lengths[0] + 1))
    apart = np.abs(ratio - np.median(ratio))
    absurd = (apart > np.log(max_ratio)) & (np.maximum(*lengths) > SHORT)
    what = plural(
        "{count:,} pair dropped, one side {times:g} times too long for the other ({rows})",
        "{count:,} pairs dropped, one side {times:g} times too long for the other ({rows})",
        1,
        times=max_ratio,
    )
    listed.add(corpus, absurd, what)
    return corpus.take(~absurd)


def _oddities(corpus: ParallelCorpus, same: NDArray[np.bool_], what: str) -> list[Message]:
    """Sentences on what may be wrong with the pairs that stay."""
    notes = []
    identical = int(np.count_nonzero(same))
    if identical:
        said = plural(
            "{count:,} pair with the same text on both sides ({rows})",
            "{count:,} pairs with the same text on both sides ({rows})",
            identical,
            rows=_numbered(corpus.rows[same], what),
        )
        if identical > MANY * len(corpus):
            said = message("{what}: is one side left untranslated?", what=said)
        notes.append(said)
    elif same_language(corpus.sources, corpus.targets):
        notes.append(message("both sides look like the same language"))
    repeated = len(corpus) - np.unique(first_rows(corpus.sources, corpus.targets)).size
    if repeated:
        notes.append(
            plural("{count:,} pair that repeats an earlier one", "{count:,} pairs that repeat an earlier one", repeated)
        )
    frame = pl.DataFrame({"source": corpus.sources, "target": corpus.targets}).unique()
    several = int((frame.group_by("source").len()["len"] > 1).sum())
    if several:
        notes.append(
            plural(
                "{count:,} source text with more than one translation",
                "{count:,} source texts with more than one translation",
                several,
            )
        )
    for side, texts in ((message("source"), corpus.sources), (message("target"), corpus.targets)):
        for kind, mask in odd_characters(texts, histogram(texts)).items():
            if kind in _SPOILT:
                rows = corpus.rows[mask.to_numpy()]
                notes.append(_SPOILT[kind].filled(rows.size, side=side, rows=_numbered(rows, what)))
    run = shifted_run(corpus.sources, corpus.targets)
    if run is not None:
        begin, end = corpus.rows[run[0]], corpus.rows[run[1] - 1]
        if what == "line":
            moved = message(
                "lines {first:,} to {last:,} seem to stand one beside their translation", first=begin, last=end
            )
        else:
            moved = message(
                "rows {first:,} to {last:,} seem to stand one beside their translation", first=begin, last=end
            )
        notes.append(moved)
    return notes
