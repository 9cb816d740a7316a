"""Sadari: climb the whole ladder of text models on your own labelled texts.

    import sadari

    model = sadari.TfIdf().fit(texts, labels)
    model.predict(["a new text"])
    model.save("my-model")
    sadari.load("my-model")

Names are imported when they are first used, so that ``import sadari`` and ``sadari --help`` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for editors and type checkers; at run time `__getattr__` imports what is used
    from sadari.climb.climb import climb
    from sadari.data.audit.audit import audit
    from sadari.data.corpus import Corpus
    from sadari.data.read import open_source
    from sadari.errors import SadariError
    from sadari.generation.generator import Generator
    from sadari.generation.windows import windows
    from sadari.models import load
    from sadari.nets.bert.encoder import bert_parameters
    from sadari.pretraining.bert import Bert
    from sadari.ragged import Ragged
    from sadari.rungs import (
        GRU,
        LSTM,
        RNN,
        RUNGS,
        BagOfWords,
        BertClassifier,
        BiLSTM,
        Char,
        EmbeddingBag,
        EmbeddingClassifier,
        EmbeddingMean,
        FastTextModel,
        FromVectors,
        Ngrams,
        SetFit,
        TfIdf,
        Transformer,
        WordChar,
    )
    from sadari.rungs.bert.attention import attention
    from sadari.rungs.distillation.teacher import Teacher
    from sadari.text.tokens.tokenize import tokenizer
    from sadari.text.vocab import Vocab
    from sadari.translation.translator import Translator
    from sadari.trust.suspects.find import suspects
    from sadari.vectors.formats.files import read_vectors, write_vectors
    from sadari.vectors.keyed import WordVectors
    from sadari.vectors.word2vec.trainer import train_vectors

__version__ = "0.1.0"

_HOMES = {
    "BagOfWords": "sadari.rungs",
    "Ngrams": "sadari.rungs",
    "TfIdf": "sadari.rungs",
    "Char": "sadari.rungs",
    "WordChar": "sadari.rungs",
    "EmbeddingBag": "sadari.rungs",
    "FromVectors": "sadari.rungs",
    "EmbeddingMean": "sadari.rungs",
    "FastTextModel": "sadari.rungs",
    "RNN": "sadari.rungs",
    "GRU": "sadari.rungs",
    "LSTM": "sadari.rungs",
    "BiLSTM": "sadari.rungs",
    "Transformer": "sadari.rungs",
    "BertClassifier": "sadari.rungs",
    "EmbeddingClassifier": "sadari.rungs",
    "SetFit": "sadari.rungs",
    "Teacher": "sadari.rungs.distillation.teacher",
    "RUNGS": "sadari.rungs",
    "load": "sadari.models",
    "WordVectors": "sadari.vectors.keyed",
    "train_vectors": "sadari.vectors.word2vec.trainer",
    "read_vectors": "sadari.vectors.formats.files",
    "write_vectors": "sadari.vectors.formats.files",
    "Generator": "sadari.generation.generator",
    "windows": "sadari.generation.windows",
    "attention": "sadari.rungs.bert.attention",
    "bert_parameters": "sadari.nets.bert.encoder",
    "Bert": "sadari.pretraining.bert",
    "Ragged": "sadari.ragged",
    "Vocab": "sadari.text.vocab",
    "tokenizer": "sadari.text.tokens.tokenize",
    "open_source": "sadari.data.read",
    "Corpus": "sadari.data.corpus",
    "audit": "sadari.data.audit.audit",
    "climb": "sadari.climb.climb",
    "suspects": "sadari.trust.suspects.find",
    "Translator": "sadari.translation.translator",
    "SadariError": "sadari.errors",
}

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "RUNGS",
    "BagOfWords",
    "Bert",
    "BertClassifier",
    "BiLSTM",
    "Char",
    "Corpus",
    "EmbeddingBag",
    "EmbeddingClassifier",
    "EmbeddingMean",
    "FastTextModel",
    "FromVectors",
    "Generator",
    "Ngrams",
    "Ragged",
    "SadariError",
    "SetFit",
    "Teacher",
    "TfIdf",
    "Transformer",
    "Translator",
    "Vocab",
    "WordChar",
    "WordVectors",
    "__version__",
    "attention",
    "audit",
    "bert_parameters",
    "climb",
    "load",
    "open_source",
    "read_vectors",
    "suspects",
    "tokenizer",
    "train_vectors",
    "windows",
    "write_vectors",
]


if not TYPE_CHECKING:  # a checker that saw it would take every name for one of ours

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'sadari' has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
