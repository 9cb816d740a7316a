"""The tokenizer beside pre-trained weights."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from sadari.artifact import guarded
from sadari.artifact.restore import NO_TOKENIZER, build
from sadari.artifact.weights import TOKENIZER, TOKENIZER_SETTINGS, WORDS
from sadari.errors import DataError, ModelError
from sadari.messages import message
from sadari.pretrained.folder import check_knows, json_of
from sadari.pretrained.package import quiet, transformers
from sadari.text.subword.pretrained import SubwordTokenizer
from sadari.text.subword.tokenizer_file import check_description, check_vocabulary


@dataclass(frozen=True)
class Tokenizing:
    """A tokenizer as it was found beside the weights.

    Attributes:
        pieces: to encode with.
        files: file name → content, as `transformers` reads it again.
        longest: ids that it says a text may have, with those round it; None: it does not say.
    """

    pieces: SubwordTokenizer
    files: dict[str, str]
    longest: int | None


def read_tokenizer(folder: Path) -> Tokenizing:
    """The tokenizer beside some weights.

    Raises:
        ModelError: it cannot be read, is empty, or knows nothing.
    """
    where = str(folder)
    with build(where, NO_TOKENIZER):
        _check_ids(folder)
    again = message(
        "copy {tokenizer} (or {words}) again from where the weights are from", tokenizer=TOKENIZER, words=WORDS
    )
    with quiet(), guarded(message("the tokenizer cannot be read"), where=where, hint=again):
        found = transformers().AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, use_fast=True
        )
        engine, pad, unknown = getattr(found, "backend_tokenizer", None), found.pad_token_id, found.unk_token_id
        longest = found.model_max_length
        if engine is None:
            raise ModelError(
                message("the tokenizer has no fast form"),
                where=where,
                hint=message(
                    "make one: AutoTokenizer of transformers writes {tokenizer} where it can", tokenizer=TOKENIZER
                ),
            )
        with tempfile.TemporaryDirectory() as place:
            found.save_pretrained(place)
            files = {path.name: path.read_text(encoding="utf-8") for path in sorted(Path(place).glob("*.json"))}
        pieces = engine.get_vocab(with_added_tokens=False)
    if pad is None:
        raise ModelError(
            message("the tokenizer has no token for padding"),
            where=where,
            hint=message('name one, such as "pad_token": "[PAD]", in tokenizer_config.json'),
        )
    if isinstance(longest, bool) or not isinstance(longest, int | float):
        raise ModelError(
            message("the tokenizer's model_max_length is {longest!r:.40}; it must be a number", longest=longest),
            where=where,
            hint=message("mend tokenizer_config.json"),
        )
    with build(where, NO_TOKENIZER):
        reads = SubwordTokenizer.of(engine, pad, unknown)
    check_knows(pieces, lambda texts: bool(reads.known(reads.encode(texts)).any()), where)
    return Tokenizing(reads, files, int(longest) if 0 < longest < 2**31 else None)


def _check_ids(folder: Path) -> None:
    """Refuse ids that are none, in whichever file: what reads them makes a place for each up to the largest.

    Raises:
        ValueError: which. ModelError: a file cannot be read.
    """
    if (folder / TOKENIZER).is_file():
        check_description(json_of(folder / TOKENIZER))
    for name in ("vocab.json", "added_tokens.json"):
        if (folder / name).is_file():
            check_vocabulary(json_of(folder / name))
    said = json_of(folder / TOKENIZER_SETTINGS) if (folder / TOKENIZER_SETTINGS).is_file() else {}
    added = said.get("added_tokens_decoder")
    numbers = list(added) if isinstance(added, dict) else []
    if not all(number.isascii() and number.isdigit() and len(number) < 8 for number in numbers):
        raise DataError(message("the ids of its added tokens are none"))
