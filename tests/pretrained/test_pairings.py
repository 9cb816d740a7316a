"""Each kind of weights is given to the rungs that can use it, and they do."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from bert_small import LABELS, TEXTS, save_encoder
from embedders_small import sentence_folder, static_folder
from sadari.climb.selection import rungs_to_climb
from sadari.errors import ModelError, SettingError
from sadari.pretrained.embedders.read import read_embedder, word_source
from sadari.rungs import RUNGS, FromVectors
from sadari.vectors.formats.files import write_vectors
from sadari.vectors.keyed import WordVectors

pytest.importorskip("transformers")


def _own_bert(folder: Path) -> Path:
    from sadari import Bert

    sentences = [f"{one}. {other}." for one, other in pairwise(TEXTS)]
    Bert(length=16, batch_size=8, steps=2, validations=1, threads=1, vocabulary=200).fit(sentences).save(folder)
    return folder


def _own_vectors(folder: Path) -> Path:
    words = sorted({word for text in TEXTS for word in text.split()})
    matrix = np.random.default_rng(0).normal(size=(len(words), 9)).astype(np.float32)
    write_vectors(WordVectors(words, matrix, tokenizer="words"), folder)
    return folder


KINDS: dict[str, tuple[Callable[[Path], Path], set[str]]] = {
    "an encoder": (save_encoder, {"bert", "embed", "setfit"}),
    "a sentence encoder": (
        lambda folder: sentence_folder(folder, save_encoder(folder.with_name("plain")), {"pooling_mode": "mean"}),
        {"bert", "embed", "setfit"},
    ),
    "static embeddings": (lambda folder: static_folder(folder)[0], {"embed", "vectors"}),
    "word vectors": (_own_vectors, {"embed", "vectors"}),
    "a BERT of ours": (_own_bert, {"bert", "embed", "setfit"}),
}
QUICK: dict[str, dict[str, Any]] = {
    "bert": {"epochs": 1, "steps": 2, "threads": 1, "precision": "fp32"},
    "vectors": {"epochs": 3},
    "embed": {"threads": 1},
    "setfit": {"threads": 1},
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("kind", list(KINDS))
def test_weights_go_to_the_rungs_that_can_use_them(kind: str, tmp_path: Path) -> None:
    make, wanted = KINDS[kind]
    folder = make(tmp_path / "w")
    selection = rungs_to_climb(None, {"weights": [folder]})
    given = {name: start for name, start in selection.starts.items() if name in QUICK}
    assert set(given) == wanted
    for name, start in given.items():
        model = RUNGS[name](**start, **QUICK[name]).fit(TEXTS, LABELS)
        assert np.isfinite(model.predict_proba(TEXTS[:3])).all()
        assert model.resolved_settings()[RUNGS[name].starts_from.setting] == "w"
    for name in set(QUICK) - wanted:
        with pytest.raises((SettingError, ModelError)):
            rungs_to_climb([name], {"weights": [folder]})


# -- static embeddings as word vectors ------------------------------------------------------------------------


def test_whole_words_have_the_rows_of_their_tokens(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    size = static_folder(tmp_path / "size")[2].get_vocab_size()
    more = {"weights": random.random(size).astype(np.float32), "mapping": random.integers(0, 9, size)}
    folder, table, tokenizer = static_folder(tmp_path / "w", **more)
    vectors = word_source(folder).take([], own=None)
    assert {"the", "match"} <= set(vectors.words)
    assert len(vectors.words) > 20
    for word, row in zip(vectors.words, vectors.matrix, strict=True):
        (number,) = tokenizer.encode(word, add_special_tokens=False).ids
        assert np.allclose(row, table[more["mapping"][number]] * more["weights"][number])
    pieces = {piece for piece in tokenizer.get_vocab() if piece.startswith("##")}
    assert pieces
    assert not any(word.startswith(("#", "[")) for word in vectors.words)


def test_a_word_has_the_vector_that_embed_gives_it(tmp_path: Path) -> None:
    folder = static_folder(tmp_path / "w", config={"normalize": False})[0]
    vectors = word_source(folder).take([], own=None)
    embedded = read_embedder(folder, pl.Series(TEXTS)).embed(pl.Series(vectors.words))[0]
    assert np.allclose(embedded, vectors.matrix, atol=1e-6)


def test_tokens_of_bytes_and_of_sentencepiece_are_words_too(tmp_path: Path) -> None:
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    texts = ["héllo wörld", "안녕 세계", "plain words here"] * 4
    for name in ("bytes", "metaspace"):
        made = Tokenizer(models.BPE(unk_token=None))
        if name == "bytes":
            made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
            alphabet = pre_tokenizers.ByteLevel.alphabet()
        else:
            made.pre_tokenizer, made.decoder, alphabet = pre_tokenizers.Metaspace(), decoders.Metaspace(), []
        made.normalizer = normalizers.NFC()
        made.train_from_iterator(
            texts, trainers.BpeTrainer(vocab_size=400, show_progress=False, initial_alphabet=alphabet)
        )
        folder = static_folder(tmp_path / name)[0]
        made.save(str(folder / "tokenizer.json"))
        table = np.random.default_rng(0).normal(size=(made.get_vocab_size(), 5)).astype(np.float32)
        save_file({"embeddings": table}, folder / "model.safetensors")
        assert {"héllo", "wörld", "안녕", "세계", "plain"} <= set(word_source(folder).take([], own=None).words)


def test_it_learns_from_them_and_is_loaded_without_them(tmp_path: Path) -> None:
    import shutil

    from sadari.rungs import load

    folder = static_folder(tmp_path / "w")[0]
    model = FromVectors(vectors=folder, epochs=20).fit(TEXTS, LABELS)
    assert model.coverage_.words > 0
    assert model.score(TEXTS, LABELS) > 0.9
    model.save(tmp_path / "m")
    shutil.rmtree(folder)
    assert np.allclose(load(tmp_path / "m").predict_proba(TEXTS), model.predict_proba(TEXTS), atol=1e-6)


def test_a_folder_that_is_neither_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    with pytest.raises((ModelError, SettingError)) as error:
        FromVectors(vectors=tmp_path / "w").fit(TEXTS, LABELS)
    assert str(tmp_path / "w") in str(error.value)
