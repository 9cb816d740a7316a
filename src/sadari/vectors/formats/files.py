"""Files of word vectors, in and out: word2vec's, GloVe's, fastText's, and our own folder."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from sadari.artifact import atomic_file
from sadari.artifact.plain_file import as_path
from sadari.errors import DataError, OutputError, SettingError
from sadari.messages import Message, message
from sadari.settings.limits import Choice, Whole, check
from sadari.vectors.fasttext.vectors import read_vectors_bin, write_vectors_bin
from sadari.vectors.formats.folder import is_folder, load_vectors, save_vectors
from sadari.vectors.formats.rows import ON_BAD_ROW, Rows, wanted_words
from sadari.vectors.formats.source import VectorFile
from sadari.vectors.formats.text import fields_of, is_number, read_lines, write_lines
from sadari.vectors.formats.word2vec_binary import read_binary, write_binary
from sadari.vectors.keyed import WordVectors, check_vectors

FORMATS = {
    "word2vec-binary": message("word2vec binary"),
    "word2vec-text": message("word2vec text"),
    "glove": message("GloVe text"),
    "fasttext": message("a fastText model"),
    "sadari": message("a folder of Sadari's"),
}
SUFFIXES = {".bin": "word2vec-binary", ".vec": "word2vec-text", ".txt": "word2vec-text", "": "sadari"}
MOST_WIDE = 100_000  # numbers in a vector
FASTTEXT_MAGIC = (793712314).to_bytes(4, "little")
_HEADER = re.compile(rb"[ \t]*+([0-9]++)[ \t]++([0-9]++)[ \t\r]*+(?:\n|\Z)")
_UNPRINTED = re.compile(rb"[\x00-\x08\x0e-\x1a]")


@dataclass(frozen=True)
class Layout:
    """What a file's first bytes say: its format, the width of a vector, and what its header takes and promises."""

    format: str
    width: int
    start: int = 0
    promised: int | None = None


def read_vectors(
    path: str | Path,
    *,
    format: str | None = None,
    words: Iterable[str] | None = None,
    limit: int | None = None,
    encoding: str | None = None,
    on_bad_row: str = "error",
    progress: Callable[[Message | str, float], None] | None = None,
) -> WordVectors:
    """Read word vectors from a file of any common format, or from a folder that `write_vectors` made.

    Words in files of word2vec's and GloVe's formats may be compressed with gzip. Memory holds what is kept and a block
    of the file. The result's notes say which format was read and what was odd: words that stood twice (the first is
    kept), words with spaces, words not valid in the encoding, blank lines, rows without a word.

    Args:
        path: the file or folder.
        format: one of `FORMATS`; None tells it by the first bytes. Two doubtful cases must be named: a first line of
            two whole numbers is a header, unless the format is "glove"; and the bytes of a first vector of one or two
            numbers in binary may happen to be digits.
        words: keep only the rows of these words; in the order of the file.
        limit: read only the first so many rows of the file.
        encoding: of the words; bytes that are not valid in it are replaced. None: found out, and UTF-8 in doubt.
        on_bad_row: "error", or "skip" to leave out rows of a wrong number of values, with values that are no numbers,
            or not finite, and to let a header promise a wrong number of words; all is counted in the notes.
        progress: is told what is being done and the share done, 0 to 1.

    Raises:
        DataError: the file cannot be read, is of no known format, or holds a bad row; file, line and word are named.
        ModelError: the folder is no folder of vectors, torn or hostile.
        SettingError: a setting out of its range.
    """
    path = as_path(path)
    check("format", format, Choice(tuple(FORMATS)), optional=True)
    check("limit", limit, Whole(1, 2**63 - 1), optional=True)
    check("on_bad_row", on_bad_row, Choice(ON_BAD_ROW))
    wanted = wanted_words(words)
    if format == "sadari" or (format is None and is_folder(path)):
        found = load_vectors(path, words=None if wanted is None else wanted.to_list(), limit=limit)
        found.notes.insert(0, _format("sadari", found.width))
        return found
    file = VectorFile(path, encoding)
    if format == "fasttext" or (format is None and file.beginning.startswith(FASTTEXT_MAGIC)):
        return _read_fasttext(file, words=None if wanted is None else wanted.to_list(), limit=limit)
    layout = look_at(file, format)
    if layout.format != "word2vec-binary":
        file.find_encoding()
    rows = Rows(layout.width, where=file.name, wanted=wanted, limit=limit, on_bad_row=on_bad_row)
    header = message("{format}, without a header")
    if layout.promised is not None:
        header = message("{format}, its header promises {words:,} words", words=layout.promised)
    rows.notes = [*file.notes, header.filled(format=_format(layout.format, layout.width))]
    if layout.format == "word2vec-binary":
        read_binary(file, rows, start=layout.start, promised=layout.promised or 0, progress=progress)
    else:
        read_lines(file, rows, promised=layout.promised, progress=progress)
    return rows.finish()


def look_at(file: VectorFile, format: str | None = None) -> Layout:
    """Tell a file's format by its first bytes.

    Args:
        file: the file, opened.
        format: what the caller says it is, if anything.

    Raises:
        DataError: it is none, or not what the caller says.
    """
    head, skip = file.beginning, 0
    if file.encoding != "utf-8" and format != "word2vec-binary":
        head = codecs.getincrementaldecoder(file.encoding)("replace").decode(head).encode("utf-8", "replace")
    if head.startswith(codecs.BOM_UTF8):
        head, skip = head.removeprefix(codecs.BOM_UTF8), len(codecs.BOM_UTF8)
    header = None if format == "glove" else _HEADER.match(head)
    if header is None:
        if format in ("word2vec-text", "word2vec-binary"):
            what = message("has no header: its first line is not two whole numbers, of words and of values")
            raise DataError(what, where=file.name, hint=message("leave out the format, or name another"))
        return Layout("glove", _checked_width(_width(file, head), file.name))
    if len(header[1]) > 18 or len(header[2]) > 18:
        raise DataError(
            message("the first line promises more words than there can be"),
            where=message("{name}, line 1", name=file.name),
        )
    promised, width = int(header[1]), _checked_width(int(header[2]), file.name)
    binary = format == "word2vec-binary" or (format is None and _is_binary(head[header.end() :], width))
    return Layout("word2vec-binary" if binary else "word2vec-text", width, header.end() + skip, promised)


def _checked_width(width: int, name: str) -> int:
    if not 1 <= width <= MOST_WIDE:
        what = message(
            "says that a vector has {width:,} values; it has 1 to {most_wide:,}", width=width, most_wide=MOST_WIDE
        )
        raise DataError(what, where=message("{name}, line 1", name=name), hint=message("is it a file of word vectors?"))
    return width


def _is_binary(rest: bytes, width: int) -> bool:
    """Whether what follows a header is no line of a word and numbers, not even a bad one."""
    line, ended, _ = rest.lstrip(b"\r\n").partition(b"\n")
    if _UNPRINTED.search(line) or b"\r" in line.rstrip(b"\r"):
        return True
    fields = fields_of(line)
    if not ended and len(fields) < 2:  # no more than a word, or nothing
        return False
    return sum(map(is_number, fields[1:])) < max(1, min(width, len(fields) - 1) // 2)


def _width(file: VectorFile, head: bytes) -> int:
    """How many numbers end the first line that is not blank."""
    body = head.lstrip(b" \t\r\n")
    line, ended, _ = body.partition(b"\n")
    if not ended and not file.whole:
        what = message("is no file of word vectors: its first line is longer than {count:,} KiB", count=len(body) >> 10)
        raise DataError(what, where=file.name)
    if b"\0" in head or _UNPRINTED.search(line):
        what = message("is a binary file, but not of word2vec's or fastText's formats")
        raise DataError(what, where=file.name, hint=message("these can be read: {formats}", formats=", ".join(FORMATS)))
    if b"\r" in line.rstrip(b"\r"):
        what = message("has lines that end in a carriage return alone, or a word with one in it")
        raise DataError(what, where=file.name, hint=message("end its lines in line feeds"))
    fields = fields_of(line)
    numbers = 0
    while numbers < len(fields) - 1 and is_number(fields[-1 - numbers]):
        numbers += 1
    if numbers == 0:
        shown = line.decode("utf-8", "replace")
        what = message(
            "is no file of word vectors: its first line is not a word and numbers, but {shown!r:.60}", shown=shown
        )
        raise DataError(what, where=file.name, hint=message("these can be read: {formats}", formats=", ".join(FORMATS)))
    return numbers


def _format(name: str, width: int) -> Message:
    return message("format: {name}, {width:,} wide", name=FORMATS[name], width=width)


def _read_fasttext(file: VectorFile, *, words: list[str] | None, limit: int | None) -> WordVectors:
    if file.compressed:
        raise DataError(
            message("is a compressed fastText model"), where=file.name, hint=message("decompress it first (gunzip)")
        )

    found = read_vectors_bin(file.path, words=words, limit=limit)
    found.notes.insert(0, _format("fasttext", found.width))
    return found


def write_vectors(vectors: WordVectors, path: str | Path, *, format: str | None = None) -> None:
    """Write word vectors, whole or not at all; read back, they have the same bits.

    Only the formats "sadari" and "fasttext" keep subwords, and only "sadari" keeps counts.

    Args:
        vectors: what to write.
        path: a file; for "sadari", a folder.
        format: one of `FORMATS`; None goes by the name: .bin is word2vec binary, .vec and .txt are word2vec text, a
            name without a suffix is a folder of our own.

    Raises:
        SettingError: no such format, or a word that it cannot hold.
        DataError: a vector that is not finite.
        OutputError: it could not be written; what was there before is untouched.
    """
    path = as_path(path)
    check_vectors(vectors)
    check("format", format, Choice(tuple(FORMATS)), optional=True)
    chosen = format or _format_of(path)
    _check_finite(vectors)
    if chosen == "sadari":
        save_vectors(vectors, path)
        return
    if chosen == "fasttext":
        write_vectors_bin(vectors, path)
        return
    _check_words(vectors.words, chosen)
    if is_folder(path):
        raise OutputError(
            message("is a folder, where a file is to be written"), where=str(path), hint=message("choose another name")
        )
    with atomic_file(path) as stream:
        if chosen == "word2vec-binary":
            write_binary(stream, vectors.words, vectors.matrix)
        else:
            write_lines(stream, vectors.words, vectors.matrix, header=chosen == "word2vec-text")


def _format_of(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(name for name in SUFFIXES if name)
        raise SettingError(
            message("the name of the file ends in {suffix!r}, which names no format", suffix=suffix),
            hint=message(
                "end it in one of {known}, or name the format: {formats}", known=known, formats=", ".join(FORMATS)
            ),
        )
    return SUFFIXES[suffix]


def _check_finite(vectors: WordVectors) -> None:
    for first in range(0, len(vectors), 65_536):  # a block at a time: a mapped matrix need not fit memory
        good = np.isfinite(vectors.matrix[first : first + 65_536]).all(axis=1)
        if not good.all():
            word = vectors.word(first + int(good.argmin()))
            raise DataError(message("the vector of {word!r:.60} holds a number that is not finite", word=word))


def _check_words(words: list[str], format: str) -> None:
    """Refuse words that a reader of the format would take for something else."""
    column = pl.Series(words, dtype=pl.String)
    wrong = column.str.contains("[ \t\r\n\\x00-\\x08]") | (column == "")
    if format == "glove" and words and words[0].startswith("\ufeff"):
        wrong[0] = True  # it would be taken for a mark of the encoding
    if wrong.any():
        word = words[int(wrong.arg_max() or 0)]
        raise SettingError(
            message(
                "{sum:,} words cannot be written in this format, being empty, or holding spaces or "
                "control characters, such as {word!r:.60}",
                sum=int(wrong.sum()),
                word=word,
            ),
            hint=message("write a folder of our own (format 'sadari'), which holds any word"),
        )
