"""Early stopping: the epochs that it waits, and the weights that it keeps."""

import numpy as np
import pytest

from rungs_headlines import FIRST_RUNGS, headlines, some
from sadari.display.watching import Watching
from sadari.errors import SettingError
from sadari.rungs import RUNGS, BagOfWords, EmbeddingBag, EmbeddingMean
from sadari.train import callbacks as watch_module
from sadari.train.callbacks import Reporter, Watch
from sadari.train.loop import Progress

SETTINGS = [
    ("bow", {}),
    ("bow", {"solver": "adam", "learning_rate": 0.02}),
    ("ngram", {}),
    ("tfidf", {}),
    ("tfidf", {"buckets": 2**12}),
    ("char", {}),
    ("word-char", {}),
    ("embedding-bag", {}),
]


@pytest.mark.parametrize(
    ("scores", "patience", "epochs", "best"),
    [
        ([0.5, 0.6, 0.6, 0.5, 0.9], 2, 4, 2),  # equal is not better: of equals the first is kept
        ([0.5, 0.4, 0.6, 0.5, 0.4], 2, 5, 3),
        ([0.5, 0.4], 1, 2, 1),
        ([0.1, 0.2, 0.3], 1, 3, 3),
        ([0.0, 0.0, 0.0, 0.0], 3, 4, 1),
    ],
)
def test_stops_after_so_many_epochs_without_a_better_score(scores, patience, epochs, best):
    given, weight, seen = iter(scores), np.zeros(2, np.float32), []
    watch = Watch(
        Watching("a net", None, lambda *record: seen.append(record)),
        lambda: {"validation_accuracy": next(given)},
        patience,
    )
    watch.keep(weight)
    for epoch in range(1, len(scores) + 1):
        weight[:] = epoch
        if watch(epoch, len(scores), {}):
            break
    assert epoch == epochs
    assert len(seen) == epochs
    assert seen[0] == (1, len(scores), {"validation_accuracy": scores[0]})
    watch.restore()
    assert weight.tolist() == [best, best]


def test_without_a_score_it_never_stops_and_restores_nothing():
    watch, weight = Watch(), np.ones(1, np.float32)
    watch.keep(weight)
    assert not watch(1, 2, {})
    weight[:] = 7
    watch.restore()
    assert weight[0] == 7


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_a_rung_ends_with_the_weights_of_its_best_epoch(name, settings):
    texts, labels = some(200)
    validation = tuple(column.to_list() for column in headlines(part="test"))
    rung = RUNGS[name](**settings, epochs=30, patience=3)
    rung.fit(texts, labels, validation=validation)
    scores = [record["validation_accuracy"] for record in rung.history_]
    best = int(np.argmax(scores))
    assert len(scores) == min(30, best + 1 + 3) or rung.history_[-1].get("violation", 1) < 1e-3
    assert rung.score(*validation) == pytest.approx(scores[best])


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_watching_changes_nothing_but_where_training_ends(name, settings):
    """The scores are looked at between epochs: the first epochs are those of a run that nobody watches."""
    texts, labels = some(120)
    validation = tuple(column.to_list() for column in headlines(part="test"))
    watched = RUNGS[name](**settings, epochs=4, patience=4).fit(texts, labels, validation=validation)
    alone = RUNGS[name](**settings, epochs=4).fit(texts, labels)
    assert [r["loss"] for r in watched.history_] == [r["loss"] for r in alone.history_]


def test_patience_without_validation_texts_is_refused():
    with pytest.raises(SettingError, match="validation"):
        EmbeddingBag(patience=2).fit(*some(20))
    with pytest.raises(SettingError, match="validation"):
        EmbeddingBag(patience=2).fit(*some(20), validation=([], []))


def test_several_labels_are_watched_too():
    texts, labels = some(150)
    several = [(label, "long") if len(text) > 150 else (label,) for text, label in zip(texts, labels, strict=True)]
    rung = BagOfWords(patience=2).fit(texts[:100], several[:100], validation=(texts[100:], several[100:]))
    assert 0 < rung.history_[-1]["validation_accuracy"] <= 1


def test_validation_makes_the_probabilities_its_own():
    """Calibrated on validation texts, the likelihood of these is the best that one factor can make."""
    texts, labels = headlines(part="test")
    wanted = None
    for name in FIRST_RUNGS:
        rung = FIRST_RUNGS[name]().fit(*some(300), validation=(texts, labels))
        wanted = rung._codec.matrix(labels) > 0
        loss = -np.log(rung.predict_proba(texts)[wanted]).mean()
        for factor in (0.8, 1.25):
            inverse_temperature, rung.inverse_temperature_ = (
                rung.inverse_temperature_,
                rung.inverse_temperature_ * factor,
            )
            assert -np.log(rung.predict_proba(texts)[wanted]).mean() > loss
            rung.inverse_temperature_ = inverse_temperature


def test_progress_is_told_of_every_epoch():
    seen = []
    EmbeddingBag(epochs=3).fit(*some(40), on_progress=lambda done, most, record: seen.append((done, most)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


# -- how a net's training is told -------------------------------------------------------------------------


class Loops:
    """What a `Reporter` looks at of a loop."""

    def __init__(self):
        self.progress, self.share = Progress(), 0.0

    def batch(self, loss, texts):
        self.progress.sums["loss"] = self.progress.sums.get("loss", 0.0) + loss * texts
        self.progress.sums["weight"] = self.progress.sums.get("weight", 0.0) + texts
        self.progress.step, self.share = self.progress.step + 1, self.share + 0.125

    def extent(self):
        return self.share * 2, 2


def test_what_is_told_between_records_is_of_the_time_since(monkeypatch):
    now, told, records, loop = [100.0], [], [], Loops()
    monkeypatch.setattr(watch_module, "time", type("Clock", (), {"perf_counter": lambda: now[0]}))
    reporter = Reporter(Watching("a net", None, lambda *what: told.append(what), records.append))
    for loss, texts in ((4.0, 10), (2.0, 30), (1.0, 10), (0.5, 10)):
        loop.batch(loss, texts)
        now[0] += 0.6
        reporter.step(loop)
    assert [record["step"] for *_, record in told] == [2, 4]  # once a second, at the next step
    assert [record["loss"] for *_, record in told] == pytest.approx([2.5, 0.75])
    assert [(done, total) for done, total, _ in told] == [(0.5, 2), (1.0, 2)]
    assert not records
    loop.progress.sums = {}  # as a record leaves them
    reporter.record({"epoch": 1.0, "batch": 4.0, "step": 4.0, "loss": 1.9}, loop)
    assert records == [{"epoch": 1.0, "batch": 4.0, "step": 4.0, "loss": 1.9}]
    assert told[-1] == (1.0, 2, records[0])
    now[0] += 5
    reporter.step(loop)  # nothing since the record
    loop.batch(3.0, 10)
    reporter.step(loop)
    assert told[-1][2]["loss"] == 3.0
    assert len(told) == 4


def test_every_record_of_a_net_is_told_with_how_much_is_done():
    texts, labels = some(120)
    told, records = [], []
    rung = EmbeddingMean(epochs=2, batch_size=30, report_every=3, threads=1)
    rung.fit(texts, labels, on_progress=lambda *what: told.append(what), on_record=records.append)
    assert records == rung.history_
    assert [(done, total) for done, total, record in told if record in records] == [(0.75, 2), (1, 2), (1.5, 2), (2, 2)]


def test_validation_every_n_steps_needs_no_patience_and_keeps_the_best():
    texts, labels = some(120)
    held = tuple(column.head(80).to_list() for column in headlines(part="test"))
    rung = EmbeddingMean(epochs=12, batch_size=30, validate_every=5, learning_rate=0.03, threads=1)
    rung.fit(texts, labels, validation=held)
    assert [record["step"] for record in rung.history_] == [5, 10, 15, 20, 25, 30, 35, 40, 45, 48]
    scores = [record["validation_accuracy"] for record in rung.history_]
    assert np.mean(rung.predict(held[0]) == np.array(held[1])) == pytest.approx(max(scores))
    with pytest.raises(SettingError, match="validate_every needs validation texts"):
        rung.fit(texts, labels)
