"""``POST /predict/file``: a CSV, JSONL or Parquet file in, the same rows with labels out."""

from __future__ import annotations

import asyncio
import io
import re
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.responses import Response

from sadari.errors import DataError, SadariError
from sadari.messages import Message, message
from sadari.serve.core.answer import FOREIGN, WARM
from sadari.serve.core.shelf import Shelf, Slot
from sadari.serve.http.asked import Asked
from sadari.serve.http.endpoint import Handlers
from sadari.serve.http.exchange import Exchange
from sadari.serve.http.refused import Refused
from sadari.serve.http.streams import Streamed, room_on_disk, save_body
from sadari.serve.protocols.answering import CARE

if TYPE_CHECKING:
    from sadari.data.source import Source
    from sadari.labelled.rows import Answers, Labelled

AT_ONCE = 4  # files, each of which may lie on the disk
ROWS, ROWS_OF_A_NET = 2_048, 64  # a batch; between two, others are answered
CHUNK = 1 << 20
KINDS = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
    "application/x-jsonlines": "jsonl",
    "application/vnd.apache.parquet": "parquet",
}
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
QUERY = ("model", "format", "to", "text", "proba", "top", "on_bad_row", "bom", "escape_formulas", *CARE)
_GZIP = b"\x1f\x8b"
_NUMBER = re.compile(r"[0-9]?\.?[0-9]{1,17}")


def handlers(shelf: Shelf) -> Handlers:
    """The routes.

    Args:
        shelf: the models.
    """
    return [("POST", "/predict/file", partial(predict_file, shelf, asyncio.Semaphore(AT_ONCE)))]


def warm(shelf: Shelf) -> None:
    """Label a small file of each kind, so that the first one that comes waits for nothing to be compiled.

    Args:
        shelf: the models.
    """
    with suppress(SadariError, Refused, OSError), tempfile.TemporaryDirectory(prefix="sadari-file-") as folder:
        file = Path(folder) / "file"
        for slot in shelf:
            for format, content in _warm_files().items():
                file.write_bytes(content)
                query = {"text": "text", "format": format}
                deque(_Made(Exchange(), b"", slot, query, file).pieces, 0)


def _warm_files() -> dict[str, bytes]:
    """A file of each format, with what its readers have loops for: quotes, lines within them, more than ASCII."""
    import polars as pl

    frame = pl.DataFrame({"id": [1, 2, 3], "text": [WARM, f'"{FOREIGN}", and\nmore', ""]})
    out = {name: io.BytesIO() for name in MEDIA}
    frame.write_csv(out["csv"])
    frame.write_csv(out["tsv"], separator="\t")
    frame.write_ndjson(out["jsonl"])
    frame.write_parquet(out["parquet"])
    return {name: stream.getvalue() for name, stream in out.items()}


async def predict_file(shelf: Shelf, places: asyncio.Semaphore, asked: Asked) -> Response:
    """The rows of a file with label, probability and note.

    Args:
        shelf: the models.
        places: how many files may be here at once.
        asked: the file itself is its body; the query says the rest.

    Raises:
        Refused: it is no file that can be read, or too large; or there are too many.
    """
    query = _query(asked)
    slot = shelf.find(query.get("model"))
    if places.locked():
        raise Refused(429, message("too many files are being labelled"), headers={"retry-after": "10"})
    with room_on_disk():
        folder = tempfile.TemporaryDirectory(prefix="sadari-file-")
    await places.acquire()
    done = partial(_done, folder, places)
    try:
        return await _labelled(asked, slot, query, Path(folder.name), done)
    except BaseException:
        done()
        raise


def _done(folder: tempfile.TemporaryDirectory[str], places: asyncio.Semaphore) -> None:
    folder.cleanup()
    places.release()


async def _labelled(
    asked: Asked, slot: Slot, query: dict[str, str], folder: Path, done: Callable[[], None]
) -> Response:
    file = folder / "file"
    await save_body(asked, file)
    asked.exchange.read = True
    asked.exchange.model = slot.name
    run = slot.run if slot.loaded.rung.gains_from_batches else asyncio.to_thread
    made = await run(_Made, asked.exchange, asked.header(b"content-type"), slot, query, file)
    first = await run(next, made.pieces, b"")  # what is wrong with the head of a file is said before an answer begins

    async def pieces() -> AsyncIterator[bytes]:
        try:
            piece = first
            while piece:
                yield piece
                piece = await run(next, made.pieces, b"")
        finally:
            done()

    return Streamed(pieces(), asked.limits.idle, MEDIA[made.format])


class _Made:
    """A file that is being labelled; every step of `pieces` reads, answers and writes some rows."""

    def __init__(self, exchange: Exchange, kind: bytes, slot: Slot, query: dict[str, str], file: Path) -> None:
        from sadari.labelled.rows import Answers, Wanted
        from sadari.rungs.cautious import Caution

        self._exchange, self._file = exchange, file
        try:
            source = _opened(file, query, kind, slot)
            source.complete_columns()
            if query.get("on_bad_row") != "skip":
                deque(source.batches(ROWS), 0)  # a bad row is said before an answer begins, which it would break off
        except DataError as error:
            raise _refused(error) from None
        self.format = query.get("to") or (source.format if source.format in MEDIA else "csv")
        rung = slot.loaded.rung
        care = Caution(**{name: float(query[name]) for name in CARE if name in query})
        wanted = Wanted(query.get("proba") == "true", int(query.get("top", "1")), care)
        answers = Answers(rung, source.columns, wanted)
        labelled = self._rows(source, answers, ROWS_OF_A_NET if rung.gains_from_batches else ROWS)
        how = {"escape": query.get("escape_formulas") == "true", "bom": query.get("bom") == "true"}
        self.pieces = self._parquet(labelled) if self.format == "parquet" else self._text(labelled, how)

    def _rows(self, source: Source, answers: Answers, rows: int) -> Iterator[Labelled]:
        from sadari.labelled.rows import Labelled

        try:
            for batch in source.batches(rows):
                self._exchange.texts += len(batch.texts)
                yield Labelled(batch.frame, answers.answer(batch.texts), batch.lines)
        except DataError as error:
            raise _refused(error) from None

    def _text(self, labelled: Iterator[Labelled], how: dict[str, bool]) -> Iterator[bytes]:
        from sadari.labelled.writers import text_pieces

        for piece in text_pieces(labelled, self.format, **how):
            yield bytes(piece)

    def _parquet(self, labelled: Iterator[Labelled]) -> Iterator[bytes]:
        from sadari.labelled.writers import write_file

        out = self._file.with_name("labelled.parquet")
        with room_on_disk():
            write_file(out, labelled)
        with out.open("rb") as stream:
            while piece := stream.read(CHUNK):
                yield piece


def _query(asked: Asked) -> dict[str, str]:
    """What the query says.

    Raises:
        Refused: there is no such thing, or it is given twice.
    """
    found: dict[str, str] = {}
    for name, value in parse_qsl(asked.scope["query_string"].decode("latin-1"), keep_blank_values=True):
        if name not in QUERY:
            raise Refused(
                422,
                message("there is no {name!r} in the query", name=name[:40]),
                hint=message("choose from: {names}", names=", ".join(QUERY)),
            )
        if name in found:
            raise Refused(422, message("is given twice"), where=name)
        _check(name, value)
        found[name] = value
    return found


def _check(name: str, value: str) -> None:
    allowed: dict[str, Any] = {
        **dict.fromkeys(("format", "to"), tuple(MEDIA)),
        "on_bad_row": ("error", "skip"),
        **dict.fromkeys(("proba", "bom", "escape_formulas"), ("true", "false")),
    }
    if name in allowed and value not in allowed[name]:
        raise Refused(422, message("must be one of: {among}", among=", ".join(allowed[name])), where=name)
    if name in CARE and not _NUMBER.fullmatch(value):
        raise Refused(422, message("must be {wanted}", wanted=message("a number")), where=name)
    if name == "top" and not (value.isascii() and value.isdigit() and 0 < int(value[:9]) < 10_000):
        raise Refused(422, message("must be {wanted}", wanted=message("a whole number")), where=name)


def _opened(file: Path, query: dict[str, str], content_type: bytes, slot: Slot) -> Source:
    from sadari.data.read import open_source
    from sadari.labelled.columns import use_columns_of_model

    usual = _format_of(file)
    kind = content_type.split(b";")[0].strip().decode("latin-1").lower()
    source = open_source(
        file,
        text=query.get("text"),
        need_label=False,
        format=query.get("format") or KINDS.get(kind) or usual,
        on_bad_row="skip" if query.get("on_bad_row") == "skip" else "error",
        missing="empty",
    )
    if "text" not in query:
        use_columns_of_model(source, slot.loaded.rung, need_label=False)
    source.use_columns(source.text_columns, None)
    return source


def _format_of(file: Path) -> str:
    """By its first bytes; what is neither Parquet nor JSONL is CSV.

    Raises:
        Refused: it is compressed.
    """
    with file.open("rb") as stream:
        head = stream.read(64)
    if head.startswith(_GZIP):
        raise Refused(415, message("the file is compressed"), hint=message("send it as it is"))
    if head.startswith(b"PAR1"):
        return "parquet"
    return "jsonl" if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") else "csv"


def _refused(error: DataError) -> Refused:
    """The same error without the name that the file has here."""
    values = error.place.values if isinstance(error.place, Message) else {}
    place = values.get("place")
    if place is None and "number" in values:
        place = message("line {number:,}", number=values["number"])
    return Refused(422, error.said, where=place, hint=_HINTS)


_HINTS = message("mend it, or say more in the query: {names}", names=", ".join(QUERY))
