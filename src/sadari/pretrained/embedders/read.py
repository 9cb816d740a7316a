"""Whatever gives one vector a text, by what a folder holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import polars as pl

from sadari.artifact import MANIFEST, ModelFiles
from sadari.errors import DataError
from sadari.messages import message
from sadari.pretrained.embedders.base import Embedder
from sadari.pretrained.embedders.encoder import EncoderEmbedder, Running, read_encoder, restored_encoder
from sadari.pretrained.embedders.modules import MODULES, read_modules
from sadari.pretrained.embedders.static import (
    StaticEmbedder,
    SubwordReader,
    is_static,
    read_static,
    restored_static,
)
from sadari.pretrained.embedders.words import WordsEmbedder, read_word_vectors, restored_words, whole_words
from sadari.pretrained.encoders import check_folder
from sadari.pretrained.find import find_weights
from sadari.pretrained.folder import check_plain, json_of
from sadari.pretrained.published import NAMES
from sadari.vectors.formats.folder import KIND as WORD_VECTORS
from sadari.vectors.keyed import WordVectors
from sadari.vectors.vector_source import VectorSource

WeightsKind = Literal["encoder", "sentences", "static", "words"]


def kind_of_weights(weights: str | Path, *, download: bool = False) -> WeightsKind:
    """What some weights are: an encoder, one of sentences, static embeddings, or word vectors, as a file's always are.

    Args:
        weights: a folder, a file, or a name on the Hugging Face hub.
        download: fetch the name from the hub, if it is not here.

    Raises:
        ModelError: no such weights, or a damaged folder. DownloadError: the hub does not give them.
    """
    path = Path(weights).expanduser()
    if path.is_file() or _are_our_vectors(path):
        return "words"
    folder = find_weights(weights, download=download)
    check_plain(folder)
    if is_static(folder) or read_modules(folder).static:
        return "static"
    return "sentences" if (folder / MODULES).is_file() else "encoder"


def _are_our_vectors(path: Path) -> bool:
    return (path / MANIFEST).is_file() and json_of(path / MANIFEST).get("kind") == WORD_VECTORS


def check_embedder(weights: str | Path, *, download: bool = False) -> None:
    """Refuse weights that give no vectors, as far as that can be seen without reading all of them.

    Raises:
        ModelError: what is wrong.
    """
    if kind_of_weights(weights, download=download) in ("encoder", "sentences"):
        check_folder(read_modules(find_weights(weights)).encoder)


def read_embedder(
    weights: str | Path,
    texts: pl.Series,
    max_length: int | None = None,
    running: Running | None = None,
    *,
    lowest: bool = False,
) -> Embedder:
    """The embedder of some weights.

    Args:
        weights: as in `kind_of_weights`.
        texts: some of those that are to be embedded.
        max_length: tokens to read of a text; None: as many as the weights say.
        running: on which device an encoder is run, and how.
        lowest: whether the mean of what enters an encoder's lowest layer stands beside its vector.

    Raises:
        DataError, ModelError: they cannot be read.
    """
    kind = kind_of_weights(weights)
    if kind == "words":
        return read_word_vectors(Path(weights).expanduser(), texts)
    folder = find_weights(weights)
    modules = read_modules(folder)
    if kind == "static":
        return read_static(modules, max_length)
    check_folder(modules.encoder)
    return read_encoder(modules, max_length, running or Running(), lowest)


def word_source(given: str | Path | WordVectors | VectorSource) -> VectorSource:
    """Word vectors to start from; of static embeddings those of the tokens that are whole words.

    Args:
        given: a file or folder of word vectors, a folder of static embeddings or its name, or vectors in memory.

    Raises:
        ModelError: static embeddings that cannot be read.
    """
    source = VectorSource.of(given)
    if source.path is None or source.path.is_file() or _are_our_vectors(source.path):
        return source
    if not source.path.is_dir() and source.name not in NAMES:
        return source  # it is missing, as who reads it will say
    modules = read_modules(find_weights(str(source.path)))
    if not modules.static and not is_static(modules.encoder):
        return source
    made = read_static(modules, None)
    assert isinstance(made.reader, SubwordReader)
    return VectorSource(source.name, vectors=whole_words(made, made.reader))


def restored_embedder(files: ModelFiles, said: Mapping[str, Any], running: Running) -> Embedder:
    """The embedder in a model folder.

    Raises:
        ValueError, ModelError, SettingError: there is none, or its parts do not fit each other.
    """
    kind = said.get("embedder")
    if kind == EncoderEmbedder.kind:
        return restored_encoder(files, said, running)
    restore = {StaticEmbedder.kind: restored_static, WordsEmbedder.kind: restored_words}.get(str(kind))
    if restore is None:
        raise DataError(message("there is no embedder {kind!r:.40}", kind=str(kind)))
    return restore(files, said)
