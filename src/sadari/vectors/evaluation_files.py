"""Files to evaluate word vectors with: pairs of words with people's scores, and analogies."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sadari.data.formats.encodings.encoding import read_text
from sadari.errors import DataError
from sadari.messages import message

PAIR_HINT = message("a line is two words and a number, such as: tiger, cat, 7.35")


def holds_analogies(path: str | Path) -> bool:
    """Whether a file is one of analogies, by its first line; else it is one of word pairs.

    Raises:
        DataError: it cannot be read.
    """
    first = next((line for _, line in _lines(Path(path))), "")
    fields = first.split()
    return first.startswith(":") or (len(fields) == 4 and all(_number(field) is None for field in fields))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbers and content of lines that are neither blank nor comments."""
    text, _ = read_text(path)
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if line and not line.startswith(("#", "//")):
            yield number, line


def read_pairs(path: Path) -> list[tuple[str, str, float]]:
    """Word, word and score of every line but the header.

    Between them are tabs, commas, semicolons or spaces; of several numbers in a line the first is the score. A first
    line without a number is the header; lines that begin with ``#`` are comments.

    Raises:
        DataError: the file cannot be read, or a line is no pair (which is named).
    """
    lines = list(_lines(path))
    if lines and _columns(lines[0][1])[1] < 0:
        lines = lines[1:]
    if not lines:
        raise DataError(message("holds no pair of words with a score"), where=str(path), hint=PAIR_HINT)
    delimiter, column = _columns(lines[0][1])
    pairs = []
    for number, line in lines:
        fields = _fields(line, delimiter)
        score = _number(fields[column]) if 1 < column < len(fields) else None
        if score is None or not (fields[0] and fields[1]):
            raise DataError(
                message("is no pair of words with a score: {line!r:.80}", line=line),
                where=message("{path}, line {number:,}", path=path, number=number),
                hint=PAIR_HINT,
            )
        pairs.append((fields[0], fields[1], score))
    return pairs


def _columns(line: str) -> tuple[str | None, int]:
    """What stands between the columns (None: spaces), and the first column with a number after two words, or −1."""
    delimiter = next((sign for sign in "\t,;" if line.count(sign) > 1), None)
    fields = _fields(line, delimiter)
    return delimiter, next((i for i, field in enumerate(fields) if i > 1 and _number(field) is not None), -1)


def _fields(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return line.split()
    if '"' in line:
        try:
            [fields] = csv.reader([line], delimiter=delimiter)
        except csv.Error:  # a field too long for it
            return [line]
        return [field.strip() for field in fields]
    return [field.strip() for field in line.split(delimiter)]


def _number(field: str) -> float | None:
    try:
        value = float(field)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def read_questions(path: Path) -> tuple[list[str], NDArray[np.int64], list[list[str]]]:
    """The sections' names, the section of each question, and its four words.

    The format of word2vec's ``questions-words.txt``: a section begins with a line ``: name``.

    Raises:
        DataError: the file cannot be read, or a line is no question (which is named).
    """
    names: list[str] = []
    sections: list[int] = []
    questions: list[list[str]] = []
    for number, line in _lines(path):
        if line.startswith(":"):
            names.append(line[1:].strip())
            continue
        words = line.split("\t") if line.count("\t") == 3 else line.split()
        if len(words) != 4:
            raise DataError(
                message("has {number_of_words} words, not 4: {line!r:.80}", number_of_words=len(words), line=line),
                where=message("{path}, line {number:,}", path=path, number=number),
                hint=message("a question is such as: Athens Greece Oslo Norway"),
            )
        if not names:
            names.append("")
        sections.append(len(names) - 1)
        questions.append([word.strip() for word in words])
    if not questions:
        raise DataError(
            message("holds no question"), where=str(path), hint=message("four words a line: Athens Greece Oslo Norway")
        )
    return names, np.array(sections), questions
