r"""Tokens by a regular expression of one's own: ``regex:\b\w+\b``.

The expressions are those of Rust's `regex`, by way of Polars: the time that they take grows with the text's length and
no faster, whatever the pattern, and one that would need much memory is refused. So one that stands in a stranger's
model folder can do no harm. They know no look-around and no references back.
"""

from __future__ import annotations

import polars as pl

from sadari.errors import SettingError
from sadari.forked import check_threads
from sadari.messages import message

PREFIX = "regex:"
LONGEST = 1_000  # characters of a pattern


def pattern_of(name: object) -> str | None:
    """The expression in the name of a tokenizer; None where it is none of these."""
    return name.removeprefix(PREFIX) if isinstance(name, str) and name.startswith(PREFIX) else None


def check_pattern(pattern: str) -> None:
    """Refuse an expression that cannot be used.

    Raises:
        SettingError: what is wrong with it.
    """
    hint = message("such as {example}", example=r"regex:\b\w+\b")
    if not 0 < len(pattern) <= LONGEST:
        raise SettingError(
            message(
                "a regular expression has 1 to {most:,} characters, not {found:,}", most=LONGEST, found=len(pattern)
            ),
            hint=hint,
        )
    check_threads()
    try:
        pattern.encode()  # half a surrogate pair can be written nowhere
        pl.Series(["a"]).str.extract_all(pattern)
    except (pl.exceptions.PolarsError, UnicodeError) as error:
        why = [line.strip() for line in str(error).split("\n\n")[0].splitlines() if line.strip()][-1]
        raise SettingError(
            message("the regular expression {pattern!r} cannot be used: {why}", pattern=pattern, why=why), hint=hint
        ) from None


def found_tokens(column: pl.Series, pattern: str, end: str) -> pl.Series:
    """What the expression finds in each text, in order, joined by `end`."""
    check_threads()
    return column.str.extract_all(pattern).list.join(end)
