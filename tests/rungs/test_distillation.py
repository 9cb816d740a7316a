"""Students of a teacher: closer to it than those that learn alone, on texts without labels too; and what is refused."""

import dataclasses
import json
import warnings

import numpy as np
import polars as pl
import pytest

import sadari
from rungs_headlines import headlines, some
from sadari.data.fingerprint import fingerprint
from sadari.data.read import open_source
from sadari.data.text_stream import TextStream
from sadari.errors import DataError, ModelError, SadariWarning, SettingError
from sadari.rungs import LSTM, RUNGS, BagOfWords, EmbeddingBag, EmbeddingMean, FromVectors, TfIdf
from sadari.rungs.base import Rung
from sadari.rungs.distillation.teacher import JoinedStream, Teacher
from sadari.rungs.distillation.teacher_quality import Worth
from sadari.train.loop import Interrupted
from sadari.train.objectives.soft_targets import SoftTargets
from sadari.vectors.keyed import WordVectors

TEXTS, LABELS = headlines()
TEST = headlines(part="test")[0]
FEW = 150
NET = {"embed_dim": 32, "max_length": 24, "epochs": 8, "learning_rate": 0.03, "dropout": 0.0, "token_dropout": 0.0}


@pytest.fixture(scope="module")
def teacher():
    return TfIdf().fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def folder(teacher, tmp_path_factory):
    place = tmp_path_factory.mktemp("teachers") / "tfidf"
    teacher.save(place)
    return place


def agreement(student, teacher):
    return float((student.predict(TEST) == teacher.predict(TEST)).mean())


def weights(rung):
    if isinstance(rung, EmbeddingBag):
        return [rung.embedding_.tobytes(), rung.output_.tobytes()]
    return [value.numpy().tobytes() for value in rung.net_.state_dict().values()]


def several(labels):
    return [[label, "News"] if row % 3 else [label] for row, label in enumerate(labels)]


# -- what it is for ---------------------------------------------------------------------------------------


def test_a_student_says_what_its_teacher_says_more_often_than_one_that_learned_alone(teacher):
    """On all texts, and with few labels; and the more so where it may read texts without labels."""
    texts, labels = TEXTS.head(FEW), LABELS.head(FEW)
    alone = np.mean([agreement(EmbeddingBag(seed=seed).fit(texts, labels), teacher) for seed in range(3)])
    taught = np.mean(
        [agreement(EmbeddingBag(seed=seed).fit(texts, labels, teacher=teacher), teacher) for seed in range(3)]
    )
    reading = Teacher(teacher, unlabelled=TEXTS)
    read = np.mean(
        [agreement(EmbeddingBag(seed=seed).fit(texts, labels, teacher=reading), teacher) for seed in range(3)]
    )
    assert taught > alone + 0.01
    assert read > taught + 0.2
    every = EmbeddingBag().fit(TEXTS, LABELS)
    assert agreement(EmbeddingBag().fit(TEXTS, LABELS, teacher=teacher), teacher) > agreement(every, teacher)


@pytest.mark.parametrize("kind", [LSTM, EmbeddingMean], ids=lambda kind: kind.name)
def test_nets_learn_from_texts_without_labels(teacher, kind):
    texts, labels = TEXTS.head(FEW), LABELS.head(FEW)
    alone = kind(**NET).fit(texts, labels)
    taught = kind(**NET).fit(texts, labels, teacher=Teacher(teacher, unlabelled=TEXTS))
    assert agreement(taught, teacher) > agreement(alone, teacher) + 0.1
    assert 0.8 < taught.history_[-1]["accuracy"] <= 1  # of texts without labels: what the teacher chooses


def test_a_start_from_vectors_is_taught_too(teacher):
    words = sorted({word for text in TEXTS.head(400) for word in text.lower().split() if word.isalpha()})
    vectors = WordVectors(words, np.random.default_rng(0).normal(0, 0.3, (len(words), 16)).astype(np.float32))
    texts, labels = TEXTS.head(FEW), LABELS.head(FEW)
    for net in ("bag", "lstm"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            alone = FromVectors(vectors=vectors, net=net, epochs=8, max_length=None if net == "bag" else 24).fit(
                texts, labels
            )
            taught = FromVectors(vectors=vectors, net=net, epochs=8, max_length=None if net == "bag" else 24).fit(
                texts, labels, teacher=Teacher(teacher, unlabelled=TEXTS)
            )
        assert agreement(taught, teacher) > agreement(alone, teacher) + 0.05


def test_several_labels_a_text():
    labels = several(LABELS.to_list())
    teacher = TfIdf().fit(TEXTS, labels)
    alone = EmbeddingBag().fit(TEXTS.head(FEW), labels[:FEW])
    taught = EmbeddingBag().fit(TEXTS.head(FEW), labels[:FEW], teacher=Teacher(teacher, unlabelled=TEXTS))
    wanted = teacher.predict(TEST)
    right = [np.mean([a == b for a, b in zip(model.predict(TEST), wanted, strict=True)]) for model in (alone, taught)]
    assert right[1] > right[0] + 0.1
    net = EmbeddingMean(**NET).fit(TEXTS.head(FEW), labels[:FEW], teacher=Teacher(teacher, unlabelled=TEXTS))
    assert np.mean([a == b for a, b in zip(net.predict(TEST), wanted, strict=True)]) > right[0]


def test_an_indicator_matrix(teacher):
    matrix = (LABELS.to_numpy()[:, None] == np.unique(LABELS.to_numpy())).astype(np.int64)
    own = TfIdf().fit(TEXTS, matrix)
    student = EmbeddingBag().fit(TEXTS.head(FEW), matrix[:FEW], teacher=Teacher(own, unlabelled=TEXTS))
    assert (student.predict(TEST) == own.predict(TEST)).all(axis=1).mean() > 0.6


# -- how it is mixed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [EmbeddingBag, LSTM], ids=lambda kind: kind.name)
def test_labels_alone_are_the_plain_training_bit_for_bit(teacher, kind):
    given = {"epochs": 2, "class_weight": "balanced"}
    texts, labels = some(200)
    held = (TEXTS.tail(100), LABELS.tail(100))
    plain = kind(**given).fit(texts, labels, validation=held)
    taught = kind(**given).fit(texts, labels, validation=held, teacher=Teacher(teacher, trust=0.0, temperature=5.0))
    assert weights(plain) == weights(taught)
    assert plain.inverse_temperature_ == taught.inverse_temperature_
    assert weights(plain) != weights(kind(**given).fit(texts, labels, validation=held, teacher=teacher))


def test_the_same_seed_gives_the_same_bits(teacher):
    guide = Teacher(teacher, unlabelled=TEXTS)
    one, other = (EmbeddingBag(seed=3).fit(*some(100), teacher=guide) for _ in range(2))
    assert weights(one) == weights(other)


def test_where_the_teacher_alone_counts_wrong_labels_do_no_harm(teacher):
    wrong = np.roll(np.unique(LABELS.to_numpy()), 1)[np.searchsorted(np.unique(LABELS.to_numpy()), LABELS.to_numpy())]
    with pytest.warns(SadariWarning, match=r"right in \d\.\d % of 1,000 labelled rows, no better"):
        student = EmbeddingBag().fit(TEXTS, wrong, teacher=Teacher(teacher, trust=1.0))
    assert agreement(student, teacher) > 0.8
    assert student.teacher_["agrees with labels"] < 0.1


def test_columns_go_by_the_names_of_the_labels():
    """A teacher whose labels are numbers has them in another order than one whose labels are texts."""
    codes = {name: number for number, name in enumerate(["9", "10", "100", "2"])}
    numbers = np.array([int(list(codes)[place]) for place in np.unique(LABELS.to_numpy(), return_inverse=True)[1]])
    teacher = TfIdf().fit(TEXTS, numbers)
    named = [str(number) for number in numbers]
    student = EmbeddingBag().fit(TEXTS.head(FEW), named[:FEW], teacher=Teacher(teacher, unlabelled=TEXTS))
    assert [str(name) for name in teacher.classes_] != [str(name) for name in student.classes_]
    assert np.mean([str(a) == str(b) for a, b in zip(student.predict(TEST), teacher.predict(TEST), strict=True)]) > 0.8


def test_class_weights_and_sample_weights_count_with_a_teacher(teacher):
    guide = Teacher(teacher, unlabelled=TEXTS.head(500))
    texts, labels = some(200)
    for kind, given in ((EmbeddingBag, {}), (EmbeddingMean, NET)):
        plain = kind(**given).fit(texts, labels, teacher=guide)
        heavy = kind(**given, class_weight={"Sports": 30.0}).fit(texts, labels, teacher=guide)
        assert (heavy.predict(TEST) == "Sports").sum() > (plain.predict(TEST) == "Sports").sum()
    counts = np.where(np.array(labels) == "Sports", 50.0, 1.0)
    trusting = Teacher(teacher, trust=0.0, unlabelled=TEXTS.head(500))
    plain = EmbeddingBag().fit(texts, labels, teacher=trusting)
    weighed = EmbeddingBag().fit(texts, labels, counts, teacher=trusting)
    assert weights(plain) != weights(weighed)


def test_the_shares_of_the_labels_are_those_of_the_labelled_texts(teacher):
    texts, labels = some(200)
    student = EmbeddingBag(epochs=1).fit(texts, labels, teacher=Teacher(teacher, unlabelled=TEXTS))
    assert student.prior_.tolist() == EmbeddingBag(epochs=1).fit(texts, labels).prior_.tolist()
    assert student.data_["rows"] == 200


# -- texts without labels ---------------------------------------------------------------------------------


def test_texts_that_must_not_be_learned_are_left_out_and_counted(teacher):
    texts, labels = some(200)
    more = ["", " \t", "zzqx zzqx", *texts[:7], *TEXTS[200:210], *TEXTS[200:210], *TEXTS[900:905], *TEST[:3]]
    held = (TEXTS.tail(100), LABELS.tail(100))
    student = EmbeddingBag(epochs=1).fit(
        texts, labels, validation=held, teacher=Teacher(teacher, unlabelled=more, never=TEST)
    )
    assert student.teacher_ == {
        "rung": "tfidf",
        "temperature": 2.0,
        "trust": 0.9,
        "agrees with labels": student.teacher_["agrees with labels"],
        "labelled texts": 200,
        "unlabelled texts": 10,
        "left out, blank": 2,
        "left out, repeated": 10,
        "left out, training texts": 7,
        "left out, validation texts": 5,
        "left out, test texts": 3,
        "left out, unknown to the teacher": 1,
    }


def test_a_labelled_text_that_the_teacher_does_not_know_is_learned_by_its_label(teacher):
    texts, labels = some(100)
    strange = ["zzqx zzqx", "qqvv"] * 10
    student = EmbeddingBag().fit([*texts, *strange], [*labels, *["Sports", "World"] * 10], teacher=teacher)
    assert student.predict(["zzqx", "qqvv"]).tolist() == ["Sports", "World"]


def test_a_stream_and_texts_without_labels(teacher, tmp_path):
    path = tmp_path / "some.csv"
    texts, labels = some(120)
    pl.DataFrame({"label": labels, "text": texts}).write_csv(path)
    stream = TextStream(open_source(path), rows=50)
    guide = Teacher(teacher, unlabelled=TEXTS)
    for kind in (EmbeddingBag, LSTM):
        given = {"epochs": 2} if kind is EmbeddingBag else {"epochs": 1, "embed_dim": 8, "hidden": 8}
        one = kind(**given).fit(stream, labels, teacher=guide)
        other = kind(**given).fit(texts, labels, teacher=guide)
        assert weights(one) == weights(other)
        assert one.teacher_ == other.teacher_
    joined = JoinedStream(stream, TEXTS)
    assert len(joined) == sum(map(len, joined)) == 120 + len(TEXTS)


def test_the_teacher_is_told_of_as_it_reads(teacher):
    said = []
    EmbeddingBag(epochs=1).fit(
        *some(100), teacher=Teacher(teacher, unlabelled=TEXTS, say=lambda what, share: said.append((str(what), share)))
    )
    assert said[0][0].startswith("the teacher reads the labelled texts: 100 of 100, ")
    assert said[-1][0].startswith("the teacher reads the unlabelled texts: 900 of 900, ")
    assert said[-1][0].endswith(" texts/s")
    assert [share for _, share in said] == [1.0, 512 / 900, 1.0]


def test_a_teacher_reads_a_text_once_for_all_its_students(teacher, monkeypatch):
    guide, asked, one = Teacher(teacher, unlabelled=TEXTS), [], TfIdf.predict_with_marks

    def counted(self, texts):
        asked.append(len(texts))
        return one(self, texts)

    monkeypatch.setattr(TfIdf, "predict_with_marks", counted)
    first = EmbeddingBag(epochs=1).fit(*some(100), teacher=guide)
    assert sum(asked) == len(TEXTS)
    again = EmbeddingBag(epochs=1).fit(*some(100), teacher=dataclasses.replace(guide, temperature=2.0))
    assert sum(asked) == len(TEXTS)
    assert weights(first) == weights(again)


# -- saving, resuming -------------------------------------------------------------------------------------


def test_a_student_s_folder_says_who_taught_it(folder, tmp_path):
    student = EmbeddingBag(epochs=1).fit(*some(100), teacher=Teacher(folder, unlabelled=TEXTS, temperature=3.0))
    student.save(tmp_path / "m")
    said = json.loads((tmp_path / "m" / "sadari.json").read_text())["teacher"]
    assert said == student.teacher_ == sadari.load(tmp_path / "m").teacher_
    assert (said["rung"], said["folder"], said["temperature"], said["trust"]) == ("tfidf", "tfidf", 3.0, 0.9)
    assert len(said["sha256"]) == 64
    card = (tmp_path / "m" / "README.md").read_text()
    assert "## Taught by" in card
    assert "| unlabelled texts | 900 |" in card
    again = sadari.load(tmp_path / "m")
    again.save(tmp_path / "again")
    assert json.loads((tmp_path / "again" / "sadari.json").read_text())["teacher"] == said
    assert student.fit(*some(100)).teacher_ == {}
    student.save(tmp_path / "m")
    assert "teacher" not in json.loads((tmp_path / "m" / "sadari.json").read_text())


def test_a_run_goes_on_with_the_same_teacher_alone(teacher, tmp_path):
    guide = Teacher(teacher, unlabelled=TEXTS.head(300))
    given = {"embed_dim": 8, "hidden": 4, "epochs": 3, "report_every": 2}
    texts, labels = some(100)
    unbroken = LSTM(**given).fit(texts, labels, teacher=guide)
    told = []

    def stop(done, total, record):
        told.append(record)
        if len(told) == 3:
            import signal

            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted):
        LSTM(**given).fit(texts, labels, teacher=guide, run=tmp_path / "run", on_progress=stop)
    for other in (None, dataclasses.replace(guide, temperature=3.0), TfIdf(C=0.01).fit(TEXTS, LABELS)):
        with pytest.raises(SettingError, match="this is not the run"):
            LSTM(**given).fit(texts, labels, teacher=other, run=tmp_path / "run", resume=True)
    resumed = LSTM.resume(tmp_path / "run", texts, labels, teacher=guide)
    assert weights(resumed) == weights(unbroken)


# -- what is refused --------------------------------------------------------------------------------------


def test_rungs_that_learn_from_labels_alone_say_so(teacher):
    takers = {name for name, kind in RUNGS.items() if kind.takes_teacher}
    assert takers == set(RUNGS) - {"bow", "ngram", "tfidf", "char", "word-char", "embed", "setfit"}
    with pytest.raises(SettingError, match="'tfidf' learns from labels alone") as error:
        TfIdf().fit(*some(50), teacher=teacher)
    assert "embedding-bag" in str(error.value)


def test_every_rung_that_takes_a_teacher_heeds_it():
    """A rung that took one and forgot it would be a plain one in disguise."""
    kinds = {kind for kind in RUNGS.values() if kind.takes_teacher}
    for kind in kinds:
        owner = next(base for base in kind.__mro__ if "takes_teacher" in vars(base))
        assert owner is not Rung


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"temperature": 0.0}, "temperature is 0.0"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"trust": 1.5}, "trust is 1.5"),
        ({"trust": True}, "trust is True"),
    ],
)
def test_settings_out_of_their_range(teacher, given, message):
    with pytest.raises(SettingError, match=message):
        EmbeddingBag().fit(*some(50), teacher=Teacher(teacher, **given))


def test_a_teacher_with_other_labels(teacher):
    texts, labels = some(100)
    changed = ["Politics" if label == "World" else label for label in labels]
    with pytest.raises(DataError, match="other labels") as error:
        EmbeddingBag().fit(texts, changed, teacher=teacher)
    assert "it knows Business, Sci/Tech, Sports, World" in str(error.value)
    assert "they have Business, Politics, Sci/Tech, Sports" in str(error.value)
    with pytest.raises(DataError, match="gives one label a text, and these texts have several"):
        EmbeddingBag().fit(texts, several(labels), teacher=teacher)


def test_a_folder_that_holds_no_classifier(tmp_path, teacher):
    with pytest.raises(ModelError):
        EmbeddingBag().fit(*some(50), teacher=tmp_path / "nowhere")
    (tmp_path / "sadari.json").write_text("{}")
    with pytest.raises(ModelError):
        EmbeddingBag().fit(*some(50), teacher=str(tmp_path))
    run = tmp_path / "run"
    LSTM(embed_dim=4, hidden=4, epochs=1).fit(*some(50), run=run)
    with pytest.raises(ModelError, match="a training run that is not finished, and no classifier"):
        EmbeddingBag().fit(*some(50), teacher=run)
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        EmbeddingBag().fit(*some(50), teacher=BagOfWords())


def test_texts_that_are_none(teacher):
    with pytest.raises(DataError, match="must be a string"):
        EmbeddingBag().fit(*some(50), teacher=Teacher(teacher, unlabelled=["fine", 3]))
    student = EmbeddingBag(epochs=1).fit(*some(50), teacher=Teacher(teacher, unlabelled=["", " "]))
    assert student.teacher_["unlabelled texts"] == 0


def test_nothing_of_the_lesson_is_kept(teacher):
    student = EmbeddingBag(epochs=1).fit(*some(50), teacher=teacher)
    assert not any(isinstance(kept, SoftTargets) for kept in vars(student).values())

    def fail(done, total, record):
        raise OSError("the terminal is gone")

    for kind in (EmbeddingBag, LSTM):
        broken = kind(epochs=2)
        with pytest.raises(OSError, match="gone"):
            broken.fit(*some(50), teacher=teacher, on_progress=fail)
        assert not any(isinstance(kept, SoftTargets) for kept in vars(broken).values())


@pytest.mark.parametrize(
    ("settings", "message"), [({"patience": 1}, "validation"), ({"class_weight": {"Nonsense": 2.0}}, "Nonsense")]
)
def test_a_fit_that_is_refused_leaves_no_lesson_to_the_next(teacher, settings, message):
    texts, labels = some(50)
    student, alone = (LSTM(epochs=1, hidden=16, embed_dim=16) for _ in range(2))
    with pytest.raises((SettingError, DataError), match=message):
        student.set_params(**settings).fit(texts, labels, teacher=teacher)
    student.set_params(patience=None, class_weight=None).fit(texts, labels)
    assert weights(student) == weights(alone.fit(texts, labels))


# -- bert -------------------------------------------------------------------------------------------------


def test_bert_teaches_and_is_taught(teacher, tmp_path):
    """By its folder, a BERT teaches a bag; and it learns itself, whole or in windows, from a teacher."""
    from sadari.rungs import BertClassifier
    from tiny_bert import tiny_bert

    given = {"weights": tiny_bert(str(tmp_path / "tiny")), "threads": 1, "epochs": 1, "max_length": 12}
    texts, labels = some(60)
    guide = Teacher(teacher, unlabelled=TEXTS[60:90])
    for long_texts in ("head", "windows"):
        plain = BertClassifier(**given, long_texts=long_texts).fit(texts, labels)
        taught = BertClassifier(**given, long_texts=long_texts).fit(texts, labels, teacher=guide)
        distrusted = BertClassifier(**given, long_texts=long_texts).fit(
            texts, labels, teacher=Teacher(teacher, trust=0.0)
        )
        assert taught.teacher_["unlabelled texts"] == 30
        assert weights(plain) == weights(distrusted)
        assert weights(plain) != weights(taught)
    taught.save(tmp_path / "bert")
    with pytest.warns(SadariWarning, match="nothing to teach"):  # weights drawn by lot, and a single pass
        student = EmbeddingBag().fit(texts, labels, teacher=Teacher(tmp_path / "bert", trust=1.0, unlabelled=TEXTS))
    assert student.teacher_["rung"] == "bert"
    assert (student.predict(TEXTS) == taught.predict(TEXTS)).mean() > 0.6


# -- whether there is anything to learn from it -----------------------------------------------------------


@pytest.fixture(scope="module")
def guesser():
    """A teacher of labels that have nothing to do with its texts."""
    return TfIdf().fit(TEXTS, np.random.default_rng(0).permutation(LABELS.to_numpy()))


def warned(**given):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        student = EmbeddingBag(epochs=1).fit(**given)
    return student, [str(one.message) for one in told]


def test_a_teacher_at_chance_is_said_to_be_before_anything_is_learned_from_it(teacher, guesser):
    texts, labels = TEST, headlines(part="test")[1]
    student, told = warned(texts=texts, labels=labels, teacher=guesser)
    [said] = told
    agrees = 100 * student.teacher_["agrees with labels"]
    assert said.startswith(f"the teacher is right in {agrees:.1f} % of 320 labelled rows, no")
    assert "better than always answering '" in said
    assert "' (25.0 %): it may have nothing to teach" in said
    assert warned(texts=texts, labels=labels, teacher=teacher)[1] == []


def test_a_teacher_that_always_says_the_commonest_label_is_at_chance():
    texts, labels = [f"word{i} thing" for i in range(60)], ["a"] * 45 + ["b"] * 15
    easy = TfIdf().fit(["thing thing"] * 20 + ["other"], ["a"] * 20 + ["b"])
    [said] = warned(texts=texts, labels=labels, teacher=easy)[1]
    assert "right in 75.0 % of 60 labelled rows, no better than always answering 'a' (75.0 %)" in said


def test_rows_that_a_teacher_learned_by_heart_flatter_it(tmp_path):
    """It was trained on the very rows: the validation rows tell, which it was not; without any it is said."""
    words = np.random.default_rng(0).integers(0, 10**6, 300)
    texts, labels = [f"n{one}" for one in words], [("a", "b", "c")[one % 3] for one in words]
    rows = (pl.Series(texts[:200]), pl.Series(labels[:200]))
    own = BagOfWords().fit(*rows)
    own.save(tmp_path / "own", data={"sha256": fingerprint([rows[0]], rows[1])})
    given = {"texts": texts[:200], "labels": labels[:200], "teacher": tmp_path / "own"}
    student, [said] = warned(**given, validation=(texts[200:], labels[200:]))
    assert student.teacher_["agrees with labels"] == 1.0
    assert student.teacher_["trained on these"] is True
    assert "of 100 validation rows, no" in said
    assert warned(**given)[1] == []  # nothing else is known
    strange = {**given, "texts": texts[100:], "labels": labels[100:]}
    assert "trained on these" not in warned(**strange)[0].teacher_


def test_of_several_labels_the_commonest_answer_is_all_of_them(guesser):
    labels = [["News", "Sports"] if row % 4 else ["News"] for row in range(len(TEXTS))]
    random = TfIdf().fit(TEXTS, [labels[place] for place in np.random.default_rng(1).permutation(len(labels))])
    [said] = warned(texts=TEXTS.head(200), labels=labels[:200], teacher=random)[1]
    assert "always answering 'News' and 'Sports' (75.0 %)" in said


def test_chance_is_that_of_the_sign_test():
    from scipy.stats import binomtest

    random = np.random.default_rng(0)
    for _ in range(20):
        targets = np.eye(3, dtype=np.int8)[random.choice(3, 60, p=[0.5, 0.3, 0.2])]
        chosen = np.where(
            random.random(60)[:, None] < 0.4, targets, np.eye(3, dtype=np.int8)[random.integers(0, 3, 60)]
        )
        worth = Worth.of(chosen, targets, ["a", "b", "c"])
        right, easy = (chosen == targets).all(axis=1), targets[:, 0] == 1
        won, lost = int((right & ~easy).sum()), int((~right & easy).sum())
        assert worth.chance == pytest.approx(binomtest(won, won + lost, alternative="greater").pvalue)
        assert (worth.right, worth.commonest) == (right.mean(), easy.mean())
