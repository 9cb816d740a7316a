"""Several labels a text, of every rung that starts from nothing: thresholds, folders, and what scikit-learn answers."""

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.svm import LinearSVC

import sadari
from sadari.artifact import read_model, write_model
from sadari.errors import ModelError
from sadari.ragged import Ragged
from sadari.rungs import RUNGS
from sadari.train.batches import Batches
from sadari.train.objectives.classification import ClassifierTask
from sealed import head_of

SIGNS = {"sun": "weather", "rain": "weather", "goal": "sport", "team": "sport", "bank": "money", "coin": "money"}
KINDS = [name for name, kind in RUNGS.items() if kind.starts_from is None]


def rows(count, seed):
    """Texts of two to four words that tell their labels, and words that tell nothing; some have no label."""
    random = np.random.default_rng(seed)
    words = [*SIGNS, "the", "a", "of", "and", "to", "with", "in", "on"]
    texts = [" ".join(random.choice(words, random.integers(2, 5))) for _ in range(count)]
    return texts, [sorted({SIGNS[word] for word in text.split() if word in SIGNS}) for text in texts]


def new(name, **more):
    small = {"epochs": 12, "width": 16} if RUNGS[name].relative_cost > 1 else {}
    known = RUNGS[name]._get_param_names()
    return RUNGS[name](**{key: value for key, value in {**small, **more}.items() if key in known})


@pytest.mark.parametrize("name", KINDS)
def test_thresholds_come_from_validation_rows_and_stay_in_the_folder(name, tmp_path):
    validation = rows(200, 1)
    rung = new(name).fit(*rows(400, 0), validation=validation)
    assert len(np.unique(rung.thresholds_)) > 1
    texts, labels = rows(150, 2)
    probabilities = rung.predict_proba(texts)
    chosen = [tuple(rung.classes_[row >= rung.thresholds_]) for row in probabilities]
    assert rung.predict(texts) == chosen
    assert rung.score(texts, labels) > 0.6
    rung.save(tmp_path / "m")
    again = sadari.load(tmp_path / "m")
    assert (again.thresholds_ == rung.thresholds_).all()
    assert again.predict(texts) == chosen


@pytest.mark.parametrize("name", ["embedding", "gru", "transformer"])
def test_a_net_starts_from_the_share_of_each_label(name):
    texts, labels = rows(60, 0)
    rung = RUNGS[name](epochs=1, learning_rate=1e-7).fit(texts, labels)
    shares = MultiLabelBinarizer().fit_transform(labels).mean(axis=0)
    assert rung.net_.output.bias.detach().numpy() == pytest.approx(np.log(shares / (1 - shares)), abs=1e-3)


@pytest.mark.parametrize(("labels", "dropout"), [(lambda row: row, 0.0), (lambda row: "".join(row), 0.5)])
def test_a_bag_leaves_out_features_where_a_text_has_one_label(labels, dropout, tmp_path):
    texts, found = rows(60, 0)
    rung = new("embedding-bag").fit(texts, [labels(row) for row in found])
    assert rung.resolved_settings()["dropout"] == dropout
    rung.save(tmp_path / "m")
    assert sadari.load(tmp_path / "m").resolved_settings()["dropout"] == dropout


def test_a_net_without_validation_rows_keeps_one_half():
    assert (new("embedding").fit(*rows(100, 0)).thresholds_ == 0.5).all()


@pytest.mark.parametrize("wrong", [[0.5], [0.5, 0.5, 2], "x", [0.5, None, 0.5], [0.5, 0.5, True]])
def test_thresholds_that_are_none_are_refused(wrong, tmp_path):
    new("bow").fit(*rows(100, 0)).save(tmp_path / "m")
    files = read_model(tmp_path / "m")
    head = head_of(files)
    write_model(tmp_path / "wrong", manifest={**head, "thresholds": wrong}, tensors=files.tensors, texts=files.texts)
    with pytest.raises(ModelError, match="thresholds"):
        sadari.load(tmp_path / "wrong")
    del head["thresholds"]
    write_model(tmp_path / "none", manifest=head, tensors=files.tensors, texts=files.texts)
    with pytest.raises(ModelError, match="thresholds"):
        sadari.load(tmp_path / "none")


def test_a_linear_rung_answers_as_one_against_the_rest():
    texts, labels = rows(300, 0)
    rung = new("tfidf", ngram_range=(1, 1), C=1.0, tolerance=1e-6, epochs=1000, tokenizer="whitespace").fit(
        texts, labels
    )
    vectors = TfidfVectorizer(
        ngram_range=(1, 1),
        tokenizer=str.split,
        token_pattern=None,
        sublinear_tf=rung.resolved_settings()["sublinear_tf"],
    )
    codes = MultiLabelBinarizer()
    peer = OneVsRestClassifier(LinearSVC(C=1.0, tol=1e-8, max_iter=100_000))
    peer.fit(vectors.fit_transform(texts), codes.fit_transform(labels))
    new_texts, _ = rows(100, 5)
    assert list(codes.classes_) == list(rung.classes_)
    assert rung.logits(new_texts) == pytest.approx(peer.decision_function(vectors.transform(new_texts)), abs=0.02)


def test_the_loss_of_a_net_is_torchs():
    random = np.random.default_rng(0)
    ids = Ragged(np.arange(12, dtype=np.int32) % 5, np.array([0, 3, 5, 9, 12]))
    targets = random.integers(0, 2, (4, 3)).astype(np.int8)
    costs = random.random(4).astype(np.float32)

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.logits = torch.nn.Parameter(torch.randn(4, 3))

        def forward(self, ids, mask):
            return self.logits

    net = Net()
    task = ClassifierTask(net, ids, targets, costs, Batches(ids.lengths, 4, 100, 0), 0, multilabel=True)
    loss, count, _ = task.loss(net, np.arange(4))
    wanted = torch.nn.BCEWithLogitsLoss(weight=torch.from_numpy(costs)[:, None], reduction="sum")
    assert count == 4
    assert float(loss.detach()) == pytest.approx(
        float(wanted(net.logits.detach(), torch.from_numpy(targets).float())), rel=1e-6
    )
