"""A folder of pre-trained weights as `transformers` writes it: its files, read without running anything of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from sadari.artifact import TRANSFORMERS_WEIGHTS, kind_of, open_plain, read_shapes
from sadari.artifact.plain_file import FOLDER
from sadari.artifact.strict_json import parse_object
from sadari.artifact.weights import TOKENIZER, WORDS
from sadari.errors import DataError, ModelError, reason_of
from sadari.messages import message

if TYPE_CHECKING:
    import polars as pl

SAFE, INDEX = TRANSFORMERS_WEIGHTS, f"{TRANSFORMERS_WEIGHTS}.index.json"
MOST_TEXT = 2**26  # bytes of a file of words
PROBE = ("the news of the day", "오늘의 뉴스", "a b c d e f g h i j 0 1 2 3")
PROBED = 2_000  # pieces of the vocabulary itself
SPECIAL_PIECES = 5  # such as [PAD], [UNK], [CLS], [SEP], [MASK]
MOST_ROWS = 2  # of an embedding for each token; with more of them the tokenizer is that of another model
_AGAIN = message("copy it again from where the weights are from")
MARKS = "#▁Ġ"  # of pieces that go on with a word, or begin one
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\.safetensors")  # beside the list, nowhere else
_SAYS_NOTHING = re.compile(r"(model|models|weights|encoder|final|best|last|out|output|checkpoint)([-_.]?\d+)?", re.I)
_PICKLED = (
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "pytorch_model.pt",
    "model.bin",
    "model.pt",
    "tf_model.h5",
    "flax_model.msgpack",
    "model.ckpt.index",
)


def shown_weights(weights: str | Path) -> str:
    """The name that was given, or of a file or folder the last part of its path: where it lies is nobody's business.

    Where that part says nothing, such as ``model`` or ``checkpoint-500``, the one before it stands with it.
    """
    path = Path(weights)
    if not path.exists():
        return str(weights)
    parts = Path(os.path.abspath(path)).parts  # noqa: PTH100 - "." and ".." have no name, and links keep theirs
    return "/".join(parts[-2:] if _SAYS_NOTHING.fullmatch(parts[-1]) else parts[-1:])


def text_of(path: Path) -> str | None:
    """What a file says; None if there is none.

    Raises:
        ModelError: it is too large, no UTF-8, or cannot be read.
    """
    if not path.is_file():
        return None
    try:
        return _bytes_of(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ModelError(message("is not UTF-8 text"), where=str(path), hint=_AGAIN) from None


def json_of(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        ModelError: it holds none, is too large, or cannot be read.
    """
    try:
        return parse_object(_bytes_of(path), path.name)
    except DataError as error:
        raise ModelError(
            message("cannot be read: {reason}", reason=reason_of(error)), where=str(path), hint=_AGAIN
        ) from None


def _bytes_of(path: Path) -> bytes:
    try:
        with open_plain(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MOST_TEXT:
                raise ModelError(
                    message("takes {size:,} bytes; {most_text:,} is the limit", size=size, most_text=MOST_TEXT),
                    where=str(path),
                )
            return file.read()
    except OSError as error:
        raise ModelError(message("cannot be read: {reason}", reason=reason_of(error)), where=str(path)) from None


def digest_file(digest: Any, path: Path) -> None:
    """Put the content of a file into a hash of `hashlib`."""
    with path.open("rb") as file:
        while chunk := file.read(2**22):
            digest.update(chunk)


def check_not_zero(table: NDArray[Any], where: str) -> None:
    """Refuse vectors of tokens that hold nothing but zeros: every text would be the same.

    Raises:
        ModelError: they do.
    """
    if not table.any():
        raise ModelError(message("the vectors of all tokens are zeros"), where=where, hint=_AGAIN)


def check_plain(folder: Path) -> None:
    """Refuse a folder in which something is no file: `transformers` would wait for a pipe.

    Raises:
        ModelError: what it is.
    """
    try:
        kinds = {entry.name: kind_of(entry.stat().st_mode) for entry in sorted(folder.iterdir()) if entry.exists()}
    except OSError as error:
        raise ModelError(message("cannot be read: {reason}", reason=reason_of(error)), where=str(folder)) from None
    for name, kind in kinds.items():
        if kind not in (None, FOLDER):
            raise ModelError(
                message("is {kind}, not a plain file", kind=kind),
                where=str(folder / name),
                hint=message("take it away"),
            )


def weight_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the weights in a folder, by name, in one file or in several; only their headers are read.

    Raises:
        ModelError: they cannot be read, or the list of the files names one that lies elsewhere.
    """
    if (folder / SAFE).is_file():
        return read_shapes(folder / SAFE)
    parts = json_of(folder / INDEX).get("weight_map")
    names = set(parts.values()) if isinstance(parts, dict) and all(map(_is_part, parts.values())) else set()
    if not names:
        raise ModelError(message("does not list the files of the weights"), where=str(folder / INDEX), hint=_AGAIN)
    return {name: shape for part in sorted(names) for name, shape in read_shapes(folder / part).items()}


def _is_part(name: object) -> bool:
    return isinstance(name, str) and bool(_PART.fullmatch(name))


def check_not_pickled(folder: Path, reader: str) -> None:
    """Refuse a folder, in which there are no safetensors, for the pickles that are there in their place.

    Args:
        folder: of the weights.
        reader: the class of `transformers` that converts them.

    Raises:
        ModelError: the first of them, with the way to convert it.
    """
    for name in _PICKLED:
        if (folder / name).exists():
            raise ModelError(
                message(
                    "the weights are in {name} alone, which can run code when it is opened, as pickles can: "
                    "it is not read",
                    name=name,
                ),
                where=str(folder),
                hint=message(
                    'if you trust where they are from, convert them: python -c "from transformers import '
                    "{reader}; {reader}.from_pretrained('FOLDER', "
                    "use_safetensors=False).save_pretrained('NEW')\", and copy the tokenizer's files",
                    reader=reader,
                ),
            )


def check_knows(pieces: Collection[str], reads: Callable[[pl.Series], bool], where: str) -> None:
    """Refuse a tokenizer that reads nothing: offline, `transformers` can make an empty one up without a word.

    Args:
        pieces: of its vocabulary, the special ones included.
        reads: whether it knows a piece of any of some texts.
        where: the folder, for errors.

    Raises:
        ModelError: it is empty.
    """
    import polars as pl

    size = len(pieces)
    # its own as well: the texts are of two scripts, and it may be of another
    own = [bare for piece in islice(pieces, PROBED) if (bare := piece.strip(MARKS)).isalnum()]
    try:
        known = size > SPECIAL_PIECES and reads(pl.Series([*PROBE, *own]))
    except Exception:  # the Rust side knows no other class: it misses the very piece for what is unknown
        known = False
    if not known:
        raise ModelError(
            message("the tokenizer is empty: of its {size:,} pieces none stands in any text", size=size),
            where=where,
            hint=message(
                "copy {tokenizer} (or {words}) again from where the weights are from", tokenizer=TOKENIZER, words=WORDS
            ),
        )


def check_fits(largest_id: int, rows: int, where: str) -> None:
    """Refuse a tokenizer that gives ids which an embedding of so many rows has not, or leaves most rows unused.

    Some models have a few rows more than tokens, so that their number is a multiple of 64, say.

    Raises:
        ModelError: with both numbers.
    """
    tokens = largest_id + 1
    if not tokens <= rows <= MOST_ROWS * tokens:
        raise ModelError(
            message(
                "the tokenizer does not fit the weights: its ids go up to {largest_id:,}, the embedding "
                "has {rows:,} rows",
                largest_id=largest_id,
                rows=rows,
            ),
            where=where,
            hint=message("take weights and tokenizer from the same model"),
        )
