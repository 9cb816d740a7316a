"""Which language is which, by frequent words: a source and a target that were swapped, or that are one language."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from sadari.data.audit.characters import WITHOUT_SPACES

# Scripts without spaces are compared by characters.
_WORD = rf"[{WITHOUT_SPACES}]|[\p{{L}}\p{{M}}]+"
_SAMPLE = 20_000
_TIMES, _MARGIN = 1.5, 0.1


def frequent_words(texts: pl.Series | Sequence[str], count: int = 500) -> list[str]:
    """The most frequent words in lower case, the first most frequent; what a model keeps to know its languages by.

    Args:
        texts: String; of more than 20,000 the first are looked at.
        count: how many, at most.
    """
    words = _words(texts)
    counted = words.value_counts(name="count").sort(["count", words.name], descending=[True, False])
    return counted[words.name].head(count).to_list()


def looks_swapped(
    sources: pl.Series | Sequence[str],
    targets: pl.Series | Sequence[str] | None = None,
    *,
    source_words: Collection[str],
    target_words: Collection[str],
) -> bool:
    """Whether these texts go the other way: what is given as source looks like what the model writes.

    Args:
        sources: texts to translate.
        targets: their references, where there are any.
        source_words: `frequent_words` of the sources that the model was trained on.
        target_words: `frequent_words` of the targets that the model was trained on.
    """
    straight, crossed = _share(sources, source_words), _share(sources, target_words)
    sides = 1
    if targets is not None:
        straight, crossed = straight + _share(targets, target_words), crossed + _share(targets, source_words)
        sides = 2
    return crossed > _TIMES * straight and crossed - straight > _MARGIN * sides


def same_language(sources: pl.Series | Sequence[str], targets: pl.Series | Sequence[str]) -> bool:
    """Whether both sides look like one language: its frequent words are as frequent on the other."""
    first, second = (frequent_words(texts, 200) for texts in (sources, targets))
    own = _share(sources, first) + _share(targets, second)
    crossed = _share(sources, second) + _share(targets, first)
    return crossed > 0.8 * own > 0


def _words(texts: pl.Series | Sequence[str]) -> pl.Series:
    column = texts if isinstance(texts, pl.Series) else pl.Series("text", list(texts), pl.String)
    words = column.head(_SAMPLE).str.to_lowercase().str.extract_all(_WORD).explode()
    return words.drop_nulls().alias("word")


def _share(texts: pl.Series | Sequence[str], words: Collection[str]) -> float:
    """The share, 0 to 1, of the texts' words that are among these; 0 where there are none."""
    found = _words(texts)
    return float(found.is_in(pl.Series(list(words), dtype=pl.String).implode()).mean() or 0.0)  # type: ignore[arg-type]
