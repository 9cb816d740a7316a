"""The ladder: every rung by name, cheapest first. To add one: write its file, add its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sadari.artifact import ModelFiles
from sadari.errors import SettingError
from sadari.messages import message
from sadari.rungs import ladder
from sadari.rungs.base import Explanation, Rung
from sadari.rungs.bert.classifier import BertClassifier
from sadari.rungs.characters import Char, WordChar
from sadari.rungs.embed.classifier import EmbeddingClassifier
from sadari.rungs.embed.setfit import SetFit
from sadari.rungs.embedding_bag import EmbeddingBag
from sadari.rungs.fasttext.classifier import FastTextModel
from sadari.rungs.neural.embedding import EmbeddingMean
from sadari.rungs.neural.recurrent import GRU, LSTM, RNN, BiLSTM
from sadari.rungs.neural.transformer import Transformer
from sadari.rungs.vectors.classifier import FromVectors
from sadari.rungs.words import BagOfWords, Ngrams, TfIdf
from sadari.settings.limits import shown

RUNGS: dict[str, type[Rung]] = ladder.RUNGS
IMPORTED: dict[str, type[Rung]] = ladder.IMPORTED

RUNGS |= {
    "bow": BagOfWords,
    "ngram": Ngrams,
    "tfidf": TfIdf,
    "char": Char,
    "word-char": WordChar,
    "embedding-bag": EmbeddingBag,
    "vectors": FromVectors,
    "embed": EmbeddingClassifier,
    "embedding": EmbeddingMean,
    "rnn": RNN,
    "gru": GRU,
    "lstm": LSTM,
    "bilstm": BiLSTM,
    "transformer": Transformer,
    "bert": BertClassifier,
    "setfit": SetFit,
}
# What is taken over from elsewhere, and no step of the ladder.
IMPORTED |= {"fasttext": FastTextModel}

__all__ = [
    "GRU",
    "IMPORTED",
    "LSTM",
    "RNN",
    "RUNGS",
    "BagOfWords",
    "BertClassifier",
    "BiLSTM",
    "Char",
    "EmbeddingBag",
    "EmbeddingClassifier",
    "EmbeddingMean",
    "Explanation",
    "FastTextModel",
    "FromVectors",
    "Ngrams",
    "Rung",
    "SetFit",
    "TfIdf",
    "Transformer",
    "WordChar",
    "check_rung",
    "find_rung",
    "from_files",
    "import_model",
    "load",
]


def check_rung(name: str, model: Any) -> None:
    """Refuse what is no classifier.

    Args:
        name: of the argument.
        model: what was given for it.

    Raises:
        SettingError: what it is.
    """
    if not isinstance(model, Rung):
        raise SettingError(
            message("{name} is {shown}", name=name, shown=shown(model)),
            hint=message("it must be a trained classifier: sadari.load(folder)"),
        )


def find_rung(name: str) -> type[Rung]:
    """The class of a rung.

    Raises:
        SettingError: no such rung.
    """
    if not isinstance(name, str):
        raise SettingError(
            message("a rung is {shown}", shown=shown(name)),
            hint=message("choose from: {rungs}", rungs=", ".join(RUNGS)),
        )
    if name in IMPORTED:
        raise SettingError(
            message("the rung {name!r} is only imported, not trained", name=name),
            hint=message("train embedding-bag, and export it to fastText"),
        )
    if name not in RUNGS:
        raise SettingError(
            message("there is no rung {name!r}", name=name),
            hint=message("choose from: {rungs}", rungs=", ".join(RUNGS)),
        )
    return RUNGS[name]


def import_model(path: str | Path, **options: Any) -> FastTextModel:
    """Take over a classifier that another program trained: today fastText.

    Args:
        path: the other program's file.
        options: of `FastTextModel.from_file`.

    Raises:
        ModelError: it is no such file, damaged, or holds no classifier.
    """
    return FastTextModel.from_file(path, **options)


def load(folder: str | Path) -> Rung:
    """Load a trained model, of whichever rung it is.

    Args:
        folder: the model folder.

    Raises:
        ModelError: it is none, torn, hostile, or of a rung that this version does not have.
    """
    rung: Rung = ladder.load(folder)
    return rung


def from_files(files: ModelFiles) -> Rung:
    """Restore a trained model from a folder that is read already.

    Args:
        files: what was read from the folder.

    Raises:
        ModelError: it is of a rung that this version does not have, or its parts do not fit each other.
    """
    rung: Rung = ladder.from_files(files)
    return rung
