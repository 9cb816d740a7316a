"""A quick model and a net of the bundled headlines, and a server of both."""

import pytest

import sadari
from sadari.data.datasets import find
from sadari.serve.settings import Limits, ServeSettings
from serving import running


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Model folders by name: a linear one, and a net."""
    place = tmp_path_factory.mktemp("models")
    corpus = sadari.open_source(find("headlines").train).read()
    for rung in (sadari.TfIdf(), sadari.LSTM(epochs=1, max_length=12, embed_dim=8, hidden=8)):
        rung.fit(corpus.texts, corpus.labels).save(place / rung.name)
    return {name: str(place / name) for name in ("tfidf", "lstm")}


@pytest.fixture(scope="session")
def models(folders):
    """The same, loaded in Python."""
    return {name: sadari.load(folder) for name, folder in folders.items()}


@pytest.fixture(scope="session")
def server(folders):
    patient = Limits(seconds=60.0, waiting=30.0)  # of a machine that does other things; overload has tests of its own
    with running(ServeSettings(tuple(folders.items()), port=0, limits=patient)) as found:
        yield found
