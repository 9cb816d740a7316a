"""A small folder of every kind that is read from strangers, and what a user does with it once it is loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bert_small import LABELS, TEXTS, save_encoder
from fasttext_files import small_model

SHORT, SHORT_LABELS = TEXTS[:24], LABELS[:24]
ASKED = [*TEXTS[:3], "", "zzqq 가나 🎉"]
NET = {"epochs": 1, "embed_dim": 8}
TINY = {"hidden": 8, "batch_size": 4, "window": 8, "steps": 2, "validations": 1}


def _classifier(name: str, **settings: Any) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        from sadari.rungs import RUNGS

        RUNGS[name](**settings).fit(SHORT, SHORT_LABELS).save(folder)

    return make


def _generator(net: str, level: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        from sadari import Generator

        more = {"max_vocab": 280} if level == "subword" else {"min_freq": 1}
        wide = {"embed_dim": 8, "heads": 2, "layers": 2} if net == "transformer" else {}
        Generator(net=net, level=level, **TINY, **wide, **more).fit(SHORT, SHORT_LABELS).save(folder)

    return make


def _translator(net: str, shared: bool) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        from sadari import Translator

        asked = {"width": 8, "hidden": 8, "epochs": 1, "heads": 2, "layers": 1, "subwords": 120, "shared": shared}
        Translator(net=net, **asked).fit(SHORT, SHORT[::-1]).save(folder)

    return make


def _pretrained(folder: Path) -> None:
    from sadari import Bert

    Bert(length=16, batch_size=8, steps=2, validations=1, threads=1, vocabulary=120).fit(
        [f"{one}. {other}." for one, other in pairwise(TEXTS)]
    ).save(folder)


def _vectors(folder: Path) -> None:
    from sadari.vectors.formats.files import write_vectors

    write_vectors(_word_vectors(), folder)


def _word_vectors() -> Any:
    from sadari.vectors.keyed import WordVectors
    from sadari.vectors.subwords import Subwords

    random = np.random.default_rng(0)
    words = sorted({word for text in TEXTS for word in text.split()})
    matrix = random.normal(size=(len(words), 4)).astype(np.float32)
    pieces = Subwords(random.normal(size=(50, 4)).astype(np.float32), shortest=2, longest=5)
    return WordVectors(words, matrix, counts=np.arange(len(words))[::-1].copy(), subwords=pieces, tokenizer="words")


def _from_vectors(net: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        from sadari.rungs import FromVectors

        FromVectors(vectors=_word_vectors(), net=net, epochs=1).fit(SHORT, SHORT_LABELS).save(folder)

    return make


def _fine_tuned(family: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        from sadari.rungs import BertClassifier

        weights = save_encoder(folder.with_name(f"{family}-start"), family)
        BertClassifier(weights=weights, epochs=1, threads=1, precision="fp32").fit(SHORT, SHORT_LABELS).save(folder)

    return make


def _few_shot(folder: Path) -> None:
    from sadari.rungs import SetFit

    weights = save_encoder(folder.with_name("setfit-start"))
    SetFit(weights=weights, epochs=1, threads=1, precision="fp32").fit(SHORT, SHORT_LABELS).save(folder)


def _weights(family: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        save_encoder(folder, family, head=True)

    return make


def _sentences(folder: Path) -> None:
    from embedders_small import sentence_folder

    plain = save_encoder(folder.with_name(f"{folder.name}-start"))
    sentence_folder(folder, plain, {"pooling_mode": "mean"}, normalise=True)


def _static(folder: Path) -> None:
    from embedders_small import static_folder

    size = static_folder(folder.with_name(f"{folder.name}-start"))[2].get_vocab_size()
    random = np.random.default_rng(1)
    mapping = np.minimum(np.arange(size), size // 2)
    static_folder(folder, config={"max_length": 99}, mapping=mapping, weights=random.random(size).astype(np.float32))


def _embed(weights: Callable[[Path], None]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        from sadari.rungs import EmbeddingClassifier

        begin = folder.with_name(f"{folder.name}-weights")
        weights(begin)
        EmbeddingClassifier(weights=begin, threads=1).fit(SHORT, SHORT_LABELS).save(folder)

    return make


def _fasttext(**settings: Any) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        from sadari.rungs import FastTextModel
        from sadari.vectors.fasttext.file import write_fasttext

        write_fasttext(small_model(**settings), folder.with_suffix(".bin"))
        FastTextModel.from_file(folder.with_suffix(".bin")).save(folder)

    return make


# -- what is done with them ---------------------------------------------------------------------------------


def _predict(folder: Path) -> None:
    import sadari

    model = sadari.load(folder)
    found = model.predict_proba(ASKED)
    assert np.isfinite(found).all(), "a probability that is no number"
    model.explain(ASKED[0])
    model.activations(ASKED[0])
    model.top_features(3)
    model.cut_texts(ASKED)


def _write(folder: Path) -> None:
    from sadari import Generator

    model = Generator.load(folder)
    model.sample("the", length=4, **({"label": model.codec_.labels[0]} if model.codec_.labels else {}))


def _translate(folder: Path) -> None:
    from sadari import Translator

    model = Translator.load(folder)
    model.translate(ASKED, beam=2)
    model.looks_swapped(ASKED)


def _fill(folder: Path) -> None:
    from sadari import Bert

    model = Bert.load(folder)
    model.fill("the [MASK] was won")


def _look_up(folder: Path) -> None:
    from sadari.vectors.formats.files import read_vectors

    read_vectors(folder).vectors_of(["the", "match", "zzqq"])


def _fine_tune(folder: Path) -> None:
    from sadari.rungs import BertClassifier

    model = BertClassifier(weights=folder, epochs=1, steps=1, threads=1, precision="fp32").fit(SHORT, SHORT_LABELS)
    assert np.isfinite(model.predict_proba(ASKED)).all(), "a probability that is no number"


def _embed_with(folder: Path) -> None:
    from sadari.rungs import EmbeddingClassifier

    model = EmbeddingClassifier(weights=folder, threads=1).fit(SHORT, SHORT_LABELS)
    assert np.isfinite(model.predict_proba(ASKED)).all(), "a probability that is no number"


def _words_of(folder: Path) -> None:
    from sadari.rungs import FromVectors

    model = FromVectors(vectors=folder, epochs=1).fit(SHORT, SHORT_LABELS)
    assert np.isfinite(model.predict_proba(ASKED)).all(), "a probability that is no number"


def _start_from(folder: Path) -> None:
    from sadari.pretraining.transformers_folder import read_bert

    read = read_bert(folder)
    read.net()
    import polars as pl

    read.pieces.encode(pl.Series(ASKED))


CLASSIFIERS = {
    "bow": _classifier("bow"),
    "ngram": _classifier("ngram"),
    "tfidf": _classifier("tfidf", buckets=64),
    "char": _classifier("char", max_features=300),
    "word-char": _classifier("word-char", max_features=300),
    "embedding-bag": _classifier("embedding-bag", epochs=1),
    "embedding": _classifier("embedding", **NET),
    "gru": _classifier("gru", hidden=8, **NET),
    "bilstm": _classifier("bilstm", hidden=8, **NET),
    "transformer": _classifier("transformer", heads=2, layers=2, **NET),
    "vectors-bag": _from_vectors("bag"),
    "vectors-lstm": _from_vectors("lstm"),
    "bert": _fine_tuned("bert"),
    "deberta": _fine_tuned("deberta-v2"),
    "distilbert": _fine_tuned("distilbert"),
    "setfit": _few_shot,
    "embed-sentences": _embed(_sentences),
    "embed-static": _embed(_static),
    "embed-words": _embed(_vectors),
    "fasttext": _fasttext(),
    "fasttext-pruned": _fasttext(pruned=True),
}
Use = Callable[[Path], None]
KINDS: dict[str, tuple[Callable[[Path], None], Use]] = {
    **{name: (make, _predict) for name, make in CLASSIFIERS.items()},
    "generator-char": (_generator("lstm", "char"), _write),
    "generator-word": (_generator("gru", "word"), _write),
    "generator-subword": (_generator("transformer", "subword"), _write),
    "translator": (_translator("transformer", True), _translate),
    "translator-lstm": (_translator("lstm", False), _translate),
    "pretrained": (_pretrained, _fill),
    "vectors": (_vectors, _look_up),
    "weights-bert": (_weights("bert"), _fine_tune),
    "weights-roberta": (_weights("roberta"), _fine_tune),
    "weights-distilbert": (_weights("distilbert"), _fine_tune),
    "weights-sentences": (_sentences, _embed_with),
    "weights-static": (_static, _embed_with),
    "weights-words": (_vectors, _embed_with),
    "weights-static-words": (_static, _words_of),
    "weights-start": (_weights("bert"), _start_from),
}


def texts_of(folder: Path) -> dict[str, Any]:
    """The JSON files of a folder and of those in it: name → what each says."""
    return {str(path.relative_to(folder)): json.loads(path.read_bytes()) for path in sorted(folder.rglob("*.json"))}
