"""Texts cut into sentences, whole columns at a time: European languages, Korean, Chinese, Japanese."""

from __future__ import annotations

import polars as pl

_END, _KEPT = "\x1e", "\x1f"  # where a sentence ends, and a space at which none does
_CLOSING = "[\"'”’»)\\]」』）]*"
_OPENING = "[\"'“‘«(\\[「『（]*"
# a full stop after these ends no sentence; nor after a single letter, which is an initial
_ABBREVIATIONS = (
    "Mr|Mrs|Ms|Dr|Prof|Gen|Col|Lt|Sgt|Capt|Rev|Hon|Sen|Rep|Gov|Pres|St|Mt|Ft|vs|No|Nos|Fig|al|etc|Jr|Sr|Inc|Corp|Co|Ltd"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|approx|dept|est|e\\.g|i\\.e|cf|[A-Z]"
)
_STEPS = (
    # a space after an abbreviation, and one after "U.S." before a word that goes on
    (rf"(\b(?:{_ABBREVIATIONS})\.)[ \t]+", rf"$1{_KEPT}"),
    # .!?… and what closes after it, before white space and what may begin a sentence
    (rf"([.!?…]{_CLOSING})[ \t]+({_OPENING}[\p{{Lu}}\p{{Lt}}\p{{Lo}}\p{{N}}])", rf"$1{_END}$2"),
    # where no space stands between sentences
    (rf"([。！？]{_CLOSING})[ \t]*", rf"$1{_END}"),
    (r"[\r\n\v\f\x{85}\x{2028}\x{2029}]+", _END),
)


def split_sentences(texts: pl.Series) -> pl.Series:
    """The sentences of each text: List[String], none of them blank.

    A line's end is a sentence's end. Within a line a sentence ends at ``.!?…`` before a space and what may begin the
    next one (a capital, a figure, a letter of a script without capitals), and not after an abbreviation or an initial;
    and at ``。！？``.

    Args:
        texts: a String column without missing entries.
    """
    for pattern, by in _STEPS:
        texts = texts.str.replace_all(pattern, by)
    parts = texts.str.split(_END).list.eval(pl.element().str.replace_all(_KEPT, " ", literal=True).str.strip_chars())
    return parts.list.eval(pl.element().filter(pl.element() != ""))
