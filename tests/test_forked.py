"""Forked processes, as multiprocessing, joblib and DataLoader make them: what needs threads that stayed in the parent
is refused at once, all else works. Each child has a minute; one that takes longer hangs."""

from __future__ import annotations

import multiprocessing
import pickle
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import sadari
from rungs_headlines import some
from sadari.errors import ForkError
from sadari.text.tokens.tokenize import TOKENIZERS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fork, and how its threads are counted")

TEXTS, LABELS = some(120)
ASKED = [*TEXTS[:20], "ÉTÉ à Paris", "cafe\u0301 au lait", "", "영화를 보았다"]
SIZES: dict[str, dict[str, Any]] = {
    "bow": {},
    "tfidf": {},
    "word-char": {},
    "embedding-bag": {"epochs": 2},
    "embedding": {"epochs": 1, "embed_dim": 8},
    "lstm": {"epochs": 1, "embed_dim": 8, "hidden": 8},
    "transformer": {"epochs": 1, "embed_dim": 8, "heads": 2, "layers": 1},
}


def in_a_fork(call: Callable[[], Any]) -> Any:
    """What a call gives, or the error that it raises, in a child of this process."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)

    def work() -> None:
        try:
            there.send(call())
        except BaseException as error:
            there.send(error)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python says that forks and threads do not go together
        child = context.Process(target=work)
        child.start()
    try:
        assert here.poll(60), "the child hangs"
        return here.recv()
    finally:
        child.kill()
        child.join()


@pytest.fixture(autouse=True)
def polars_in_use() -> None:
    """Polars has its threads before any fork."""
    import polars as pl

    pl.Series(["a b", "c"]).str.strip_chars().unique()


def refused(call: Callable[[], Any]) -> None:
    error = in_a_fork(call)
    assert isinstance(error, ForkError)
    assert "spawn" in str(error)


@pytest.mark.parametrize("name", SIZES)
def test_a_model_of_the_parents_answers_in_a_fork_as_in_the_parent(name: str) -> None:
    model = sadari.RUNGS[name](**SIZES[name]).fit(TEXTS, LABELS)
    expected = model.predict_proba(ASKED)
    found = in_a_fork(lambda: model.predict_proba(ASKED))
    assert isinstance(found, np.ndarray), found
    np.testing.assert_allclose(found, expected, atol=1e-5)
    found = in_a_fork(lambda: model.explain(TEXTS[0]).probabilities)
    np.testing.assert_allclose(found, expected[0], atol=1e-5)


def test_a_model_is_loaded_in_a_fork(tmp_path: Any) -> None:
    model = sadari.TfIdf().fit(TEXTS, LABELS)
    model.save(tmp_path / "model")
    found = in_a_fork(lambda: sadari.load(tmp_path / "model").predict(ASKED))
    assert isinstance(found, ForkError) or found.tolist() == model.predict(ASKED).tolist()


def test_training_and_reading_in_a_fork_are_refused(tmp_path: Any) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\na b,x\nc d,y\n")
    for name in SIZES:
        refused(lambda name=name: sadari.RUNGS[name]().fit(TEXTS, LABELS))  # type: ignore[misc]
    refused(lambda: sadari.open_source(path).read())
    refused(lambda: sadari.Generator(steps=1).fit(TEXTS))
    refused(lambda: sadari.Translator(epochs=1).fit(TEXTS, TEXTS))
    refused(lambda: sadari.Bert(steps=1).fit(TEXTS))
    refused(lambda: sadari.train_vectors(TEXTS))


@pytest.mark.parametrize("name", [name for name in TOKENIZERS if name != "morphemes"])
def test_tokenizers_work_in_a_fork(name: str) -> None:
    chosen = sadari.tokenizer(name)
    assert in_a_fork(lambda: chosen(ASKED).to_lists()) == chosen(ASKED).to_lists()


def test_morphemes_in_a_fork_of_a_process_that_used_them_are_refused() -> None:
    pytest.importorskip("kiwipiepy")
    chosen = sadari.tokenizer("morphemes")
    chosen(["영화를 보았다"] * 3)
    refused(lambda: chosen(["영화를 보았다"] * 3))


def test_a_translator_of_the_parents_translates_in_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    sources = ["I eat bread", "you drink milk", "we read books", "they see cats", "I drink milk"] * 4
    model = sadari.Translator(net="gru", width=8, hidden=8, layers=1, epochs=1).fit(sources, sources)
    expected = model.translate(sources[:5], beam=2)
    assert in_a_fork(lambda: model.translate(sources[:5], beam=2)) == expected


def test_torch_used_with_threads_and_then_forked_goes_on_with_one() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        large = torch.ones(1 << 21)
        large.exp().sum()
        found = in_a_fork(lambda: float(large.exp().sum() / len(large)))
    finally:
        torch.set_num_threads(before)
    assert found == pytest.approx(np.e, rel=1e-3)


def test_workers_of_a_data_loader_tokenize() -> None:
    chosen = sadari.tokenizer("words")

    class Texts(torch.utils.data.Dataset):  # type: ignore[type-arg]
        def __len__(self) -> int:
            return len(ASKED)

        def __getitem__(self, place: int) -> int:
            return len(chosen.tokenize(ASKED[place]))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        loader = torch.utils.data.DataLoader(
            Texts(), batch_size=4, num_workers=2, multiprocessing_context="fork", timeout=60
        )
        counts = [int(count) for batch in loader for count in batch]
    assert counts == [len(chosen.tokenize(text)) for text in ASKED]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "multiprocessing"])
def test_a_grid_search_in_two_processes_ends(backend: str) -> None:
    import joblib
    from sklearn.model_selection import GridSearchCV

    search = GridSearchCV(sadari.TfIdf(), {"C": [0.1, 1.0]}, cv=2, n_jobs=2, error_score="raise")
    with joblib.parallel_backend(backend), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if backend == "loky":  # processes of its own, which are no forks
            assert search.fit(TEXTS, LABELS).best_score_ > 0.3
        else:
            with pytest.raises(ForkError, match="spawn"):
                search.fit(TEXTS, LABELS)


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_trained_model_of_each_tokenizer_is_pickled_by_its_user(name: str) -> None:
    if name == "morphemes":
        pytest.importorskip("kiwipiepy")
    texts = ["영화를 보았다", "bad film", "밥을 먹었다", "good film"] * 3
    model = sadari.TfIdf(tokenizer=name).fit(texts, ["a", "b", "c", "d"] * 3)
    again = pickle.loads(pickle.dumps(model))  # noqa: S301 - made a moment ago
    assert np.array_equal(again.predict_proba(texts), model.predict_proba(texts))
