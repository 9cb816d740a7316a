"""The ladder: every rung by name, cheapest first. To add one: write its file, add its line."""

from __future__ import annotations

from pathlib import Path

from sadari.artifact import read_model
from sadari.errors import ModelError, SettingError
from sadari.rungs.base import Explanation, Rung
from sadari.rungs.bow import BagOfWords
from sadari.rungs.embedding import EmbeddingMean
from sadari.rungs.embedding_bag import EmbeddingBag
from sadari.rungs.ngram import Ngrams
from sadari.rungs.recurrent import GRU, LSTM, RNN, BiLSTM
from sadari.rungs.tfidf import TfIdf
from sadari.rungs.transformer import Transformer

RUNGS: dict[str, type[Rung]] = {
    "bow": BagOfWords,
    "ngram": Ngrams,
    "tfidf": TfIdf,
    "embedding-bag": EmbeddingBag,
    "embedding": EmbeddingMean,
    "rnn": RNN,
    "gru": GRU,
    "lstm": LSTM,
    "bilstm": BiLSTM,
    "transformer": Transformer,
}

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "RUNGS",
    "BagOfWords",
    "BiLSTM",
    "EmbeddingBag",
    "EmbeddingMean",
    "Explanation",
    "Ngrams",
    "Rung",
    "TfIdf",
    "Transformer",
    "find_rung",
    "load",
]


def find_rung(name: str) -> type[Rung]:
    """The class of a rung.

    Raises:
        SettingError: no such rung.
    """
    if name not in RUNGS:
        raise SettingError(f"there is no rung {name!r}", hint=f"choose from: {', '.join(RUNGS)}")
    return RUNGS[name]


def load(folder: str | Path) -> Rung:
    """The model of a folder, whichever rung it is of.

    Raises:
        ModelError: it is no model, torn, hostile, or of a rung that this version does not have.
    """
    files = read_model(folder)
    name = files.manifest.get("rung")
    if not isinstance(name, str) or name not in RUNGS:
        raise ModelError(
            f"the model is of the rung {name!r}, which is not known here", where=str(folder),
            hint=f"known rungs: {', '.join(RUNGS)}; a newer Sadari may know it",
        )  # fmt: skip
    return RUNGS[name].from_files(files)
