"""The rung `embed` as it leaves this package: a table of vectors, or an encoder, and the layer on it."""

from __future__ import annotations

import numpy as np

from sadari.artifact.weights import CONFIG, TOKENIZER
from sadari.errors import SettingError
from sadari.messages import message
from sadari.pretrained.embedders.base import Embedder
from sadari.pretrained.embedders.encoder import EncoderEmbedder
from sadari.pretrained.embedders.static import StaticEmbedder, SubwordReader
from sadari.pretrained.embedders.words import WordReader
from sadari.pretrained.encoders import config_json
from sadari.rungs.portable.forms import Encoder, MeanOfRows, Portable
from sadari.text.reading.reading import Reading
from sadari.text.reading.subwords import NO_LIMIT, subword_reading, words_reading


def portable_embedder(embedder: Embedder, weight: np.ndarray, bias: np.ndarray) -> Portable:
    """An embedder with a linear layer on its vectors.

    Args:
        embedder: what makes the vectors.
        weight: float32 [width, k].
        bias: float32 [k].

    Raises:
        SettingError: it cannot leave this package.
    """
    if isinstance(embedder, EncoderEmbedder):
        files = {**embedder.files, CONFIG: config_json(embedder.net.encoder.config)}
        reading = subword_reading(embedder.pieces, embedder.room, lowercase=embedder.lower, files=files)
        return Portable(reading, Encoder(embedder.net, weight, bias), embedder.pieces.largest_id + 1)
    if not isinstance(embedder, StaticEmbedder):
        raise SettingError(message("embedders of the kind {kind!r} have no form outside Sadari", kind=embedder.kind))
    rows = embedder.table if embedder.mapping is None else embedder.table[embedder.mapping]
    if embedder.weights is not None:
        rows = rows[: len(embedder.weights)] * embedder.weights[: len(rows), None]
    form = MeanOfRows(rows, np.ascontiguousarray(weight.T), bias, embedder.normalise)
    return Portable(_reading(embedder), form, len(rows))


def _reading(embedder: StaticEmbedder) -> Reading:
    reader = embedder.reader
    if isinstance(reader, WordReader):
        return words_reading(reader.cut, reader.vocabulary, embedder.longest)
    assert isinstance(reader, SubwordReader)
    dropped = None if reader.keep_unknown else reader.unknown_id
    files = {TOKENIZER: reader.content}
    return subword_reading(reader.pieces, embedder.longest or NO_LIMIT, ends=False, dropped=dropped, files=files)
