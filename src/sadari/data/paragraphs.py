"""Running text as paragraphs: what stands between two blank lines belongs together."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from sadari.data.plain_text import PlainText

MOST_LINES = 4096  # that are held while a paragraph does not end
_ENDS = r"[.!?…。！？:;][\"'”’»)\]」』）]*\s*$"
_GOES_ON = r"^\s*\p{Ll}"


def paragraphs(text: PlainText) -> Iterator[pl.Series]:
    """The paragraphs of a text, as String columns of some MB; can be called again.

    Lines stay lines, but one that begins with a small letter goes on with the line before it, unless a sentence ends
    there: in books and mails lines are as long as the page allows. A text without blank lines is cut after
    `MOST_LINES` lines.
    """
    rest = pl.Series("line", [], dtype=pl.String)
    for lines in text.columns(blank=True):
        lines = rest.append(lines.alias("line")) if len(rest) else lines.alias("line")
        blank = lines.str.strip_chars() == ""
        last = int(blank.arg_true()[-1]) if blank.any() else 0
        if len(lines) - last > MOST_LINES:
            last = len(lines)
        yield from _joined(lines[:last], blank[:last])
        rest = lines[last:]
    yield from _joined(rest, rest.str.strip_chars() == "")


def _joined(lines: pl.Series, blank: pl.Series) -> Iterator[pl.Series]:
    if blank.all():
        return
    goes_on = pl.col("line").str.contains(_GOES_ON) & ~pl.col("line").shift(1).str.contains(_ENDS)
    frame = pl.DataFrame({"line": lines, "blank": blank}).with_columns(
        paragraph=pl.col("blank").cum_sum(), between=pl.when(goes_on).then(pl.lit(" ")).otherwise(pl.lit("\n"))
    )
    frame = frame.filter(~pl.col("blank")).with_columns(number=pl.int_range(pl.len()).over("paragraph"))
    part = pl.col("paragraph") * MOST_LINES + pl.col("number") // MOST_LINES
    written = pl.concat_str("between", pl.col("line").str.strip_chars())
    yield (
        frame.group_by(part.alias("part"), maintain_order=True).agg(text=written.str.join(""))["text"].str.strip_chars()
    )
