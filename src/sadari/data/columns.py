"""Which columns hold the text and the label: as the user says, else by their names, else by their content."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from sadari.errors import DataError

TEXT_NAMES = (
    *("text", "texts", "sentence", "content", "contents", "review", "document", "question", "q", "utterance"),
    *(
        "comment",
        "message",
        "tweet",
        "body",
        "post",
        "article",
        "headline",
        "title",
        "description",
        "abstract",
    ),
    *(
        "query",
        "input",
        "sms",
        "email",
        "본문",
        "내용",
        "문장",
        "텍스트",
        "질문",
        "리뷰",
        "제목",
        "댓글",
        "기사",
    ),
)
TITLE_NAMES = ("title", "headline", "subject", "제목")
BODY_NAMES = ("description", "content", "contents", "body", "abstract", "summary", "article", "본문", "내용")
LABEL_NAMES = (
    *(
        "label",
        "labels",
        "class",
        "category",
        "categories",
        "target",
        "topic",
        "topics",
        "sentiment",
        "intent",
    ),
    *("tag", "tags", "y", "genre", "section", "class_name", "label_name", "label_text", "rating", "stars"),
    *("라벨", "레이블", "분류", "카테고리", "범주", "주제", "감정", "의도"),
)
_KNOWN_NAMES = frozenset(TEXT_NAMES + LABEL_NAMES)


@dataclass
class Choice:
    """The columns taken, and sentences on what was guessed."""

    texts: list[str]
    label: str | None
    notes: list[str] = field(default_factory=list)


def split_names(given: str | Sequence[str | int] | None, columns: Sequence[str] | None = None) -> list[str | int]:
    """``"title,description"`` as a list; a column that is itself called so stays one."""
    if given is None:
        return []
    if isinstance(given, str):
        if columns is not None and given in columns:
            return [given]
        return [part.strip() for part in given.split(",") if part.strip()]
    return list(given)


def find_column(asked: str | int, columns: Sequence[str], *, where: str) -> str:
    """A column by its name, or by its number counted from 1.

    Raises:
        DataError: there is no such column.
    """
    if isinstance(asked, str) and asked in columns:
        return asked
    number = int(asked) if str(asked).isdecimal() else 0
    if 1 <= number <= len(columns):
        return columns[number - 1]
    shown = ", ".join(columns[:12]) + (", …" if len(columns) > 12 else "")
    near = difflib.get_close_matches(str(asked), columns, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"by name, or by number from 1 to {len(columns)}"
    raise DataError(f"there is no column {asked!r}; the columns are: {shown}", where=where, hint=hint)


def choose_columns(
    head: pl.DataFrame,
    *,
    text: str | Sequence[str | int] | None,
    label: str | int | None,
    need_label: bool,
    where: str,
) -> Choice:
    """Take the columns asked for and guess the others from the file's head.

    Args:
        head: the first records; text columns are String.
        text, label: as the user gave them, or None. need_label: whether to insist on a label.
        where: the file, for messages.

    Raises:
        DataError: a column is not there, or none can be guessed.
    """
    columns = head.columns
    texts = [find_column(name, columns, where=where) for name in split_names(text, columns)]
    chosen = None if label is None else find_column(label, columns, where=where)
    if chosen is not None and chosen in texts:
        raise DataError(f"column {chosen!r} cannot be both text and label", where=where)
    choice = Choice(texts, chosen)
    if chosen is None:
        choice.label = _label_by_name(columns, texts)
    if not texts:
        _guess_texts(head, choice, need_label, where)
    elif choice.label is None and need_label:
        choice.label = _label_by_content(head, texts)
    if chosen is None:
        if choice.label is None and need_label:
            shown = ", ".join(columns[:12])
            what = f"no label column found; the columns are: {shown}"
            raise DataError(what, where=where, hint="name it with --label")
        if choice.label is not None:
            choice.notes.append(f"label: {_columns_named([choice.label])} (guessed)")
    return choice


def _guess_texts(head: pl.DataFrame, choice: Choice, need_label: bool, where: str) -> None:
    strings = [c for c in head.columns if c != choice.label and head.schema[c] == pl.String]
    choice.texts = _texts_by_name([c for c in head.columns if c != choice.label])
    if not choice.texts:
        if not strings:
            raise DataError("no text column found", where=where, hint="name it with --text")
        if choice.label is None and need_label and len(strings) > 1:
            choice.label = _label_by_content(head, [_longest(head, strings)])
            strings = [c for c in strings if c != choice.label]
        choice.texts = [_longest(head, strings)]
    elif choice.label is None and need_label:
        choice.label = _label_by_content(head, choice.texts)
    joined = ", joined" if len(choice.texts) > 1 else ""
    choice.notes.append(f"text: {_columns_named(choice.texts)}{joined} (guessed)")


def _columns_named(names: Sequence[str]) -> str:
    """``columns title and text``; in a file without header the names say ``column`` themselves."""
    if all(name.startswith("column ") for name in names):
        return " and ".join(names)
    return f"column{'s' * (len(names) > 1)} {' and '.join(names)}"


def _texts_by_name(columns: list[str]) -> list[str]:
    names = {c.strip().casefold(): c for c in reversed(columns)}
    title = next((names[n] for n in TITLE_NAMES if n in names), None)
    body = next((names[n] for n in BODY_NAMES if n in names), None)
    if title and body and "text" not in names:
        return [title, body]
    return next(([names[n]] for n in TEXT_NAMES if n in names), [])


def _label_by_name(columns: list[str], texts: list[str]) -> str | None:
    names = {c.strip().casefold(): c for c in reversed(columns) if c not in texts}
    return next((names[n] for n in LABEL_NAMES if n in names), None)


def _longest(head: pl.DataFrame, columns: list[str]) -> str:
    return max(columns, key=lambda c: _mean_length(head[c]))


def _mean_length(column: pl.Series) -> float:
    """Characters of a text on average, a missing one having none."""
    return float(column.str.len_chars().fill_null(0).to_numpy().mean()) if len(column) else 0.0


def _label_by_content(head: pl.DataFrame, texts: list[str]) -> str | None:
    """The column with the fewest distinct values, all short and repeated."""
    best: tuple[int, str] | None = None
    for name in head.columns:
        column = head[name]
        if name in texts or column.dtype.is_nested():
            continue
        distinct = column.n_unique()
        repeated = distinct <= max(2, head.height // 2) or head.width == 2
        short = column.dtype != pl.String or _mean_length(column) <= 40
        if repeated and short and (best is None or distinct < best[0]):
            best = distinct, name
    return best[1] if best else None


def is_ag_news_layout(rows: pl.DataFrame) -> bool:
    """Headerless class (a small whole number), title, description: what AG News and its kin have.

    Args:
        rows: the file's first records, the very first included, all String.
    """
    if rows.width != 3:
        return False
    classes = rows.to_series(0)
    if not classes.str.contains(r"^[1-9][0-9]?$").fill_null(False).all():
        return False
    if rows.height > 4 and classes.n_unique() == rows.height:  # row numbers
        return False
    title, description = rows.to_series(1), rows.to_series(2)
    worded = int(description.str.contains(r"\p{L}").fill_null(False).sum())
    return worded > 0.9 * rows.height and _mean_length(description) > 20 and _mean_length(title) > 0


def looks_like_header(first: list[str], rest: pl.DataFrame, known: Sequence[str]) -> bool:
    """Whether the first record names the columns.

    Args:
        first: its fields. rest: the records below it. known: column names the user gave.
    """
    cells = [cell.strip() for cell in first]
    if any(not name.isdecimal() for name in known):
        return True  # a name can only be found in a header
    for i, cell in enumerate(cells):
        repeated = (rest.to_series(i) == first[i]).any()
        if cell.casefold() in _KNOWN_NAMES and not repeated and max(map(len, cells)) <= 40:
            return True
    if any(_is_number(cell) for cell in cells) or not all(cells) or len(set(cells)) < len(cells):
        return False
    votes = 0
    for i, cell in enumerate(cells):
        column = rest.to_series(i).drop_nulls()
        if not column.len():
            continue
        if column.str.contains(r"^[-+]?[0-9]+([.,][0-9]+)?$").all():
            votes += 2
        elif (column == cell).any():
            votes -= 2
        elif len(cell) <= 30 and (column.str.len_chars().mean() or 0) > 3 * len(cell):  # type: ignore[operator]
            votes += 1
    return votes > 0


def knows_names(columns: Sequence[str]) -> bool:
    """Whether one of the columns has a name that texts or labels usually have."""
    return any(name.strip().casefold() in _KNOWN_NAMES for name in columns)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
