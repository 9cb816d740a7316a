"""Which rung is recommended, why, and what is said about it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sadari.climb.result import RungResult
from sadari.climb.verdict.choice import weight
from sadari.climb.verdict.decide import compare_on_validation, cost_of, decide, gains_over
from sadari.climb.verdict.final_rows import final_rows_differ
from sadari.climb.verdict.larger_budget import larger_budget
from sadari.errors import DataError, SettingError
from sadari.messages import LANGUAGES
from sadari.metrics.classification import wilson
from sadari.metrics.metric import Metric
from sadari.rungs import RUNGS
from written import written


def rung(name: str, correct: np.ndarray, truth: np.ndarray, *, train: float, rate: float) -> RungResult:
    """A rung that answers the wrong one of two labels where ``correct`` is false."""
    predictions = np.where(correct, truth, 1 - truth).astype(np.int32)
    score = wilson(int(correct.sum()), len(correct))
    return RungResult(
        rung=name,
        settings={},
        accuracy=score,
        macro_f1=score,
        calibration_error=0.0,
        train_seconds=train,
        one_text_us=10.0,
        bulk_texts_per_second=rate,
        megabytes=1.0,
        predictions=predictions,
        probabilities=np.eye(2, dtype=np.float32)[predictions],
        validation_predictions=predictions,
        validation_accuracy=score,
    )


def ladder(
    rows: int, *wrong: int, train=(1.0, 4.0, 3600.0), rate=(1e6, 3e5, 200.0)
) -> tuple[list[RungResult], np.ndarray]:
    """Rungs of which the i-th gets ``wrong[i]`` rows wrong, each other ones."""
    truth = (np.arange(rows) % 2).astype(np.int32)
    rungs, start = [], 0
    for name, count, seconds, speed in zip(("bow", "tfidf", "lstm"), wrong, train, rate, strict=False):
        correct = np.ones(rows, dtype=bool)
        correct[start : start + count] = False
        start += count
        rungs.append(rung(name, correct, truth, train=seconds, rate=speed))
    return rungs, truth


def test_among_the_unnoticed_the_best_validated():
    """Three rows of 3,000 are chance; but where nobody would notice the cost, there is no reason to take less."""
    rungs, truth = ladder(3000, 330, 327, 329, train=(0.03, 20, 50), rate=(1e6, 1e5, 1e4))
    verdict = decide(rungs, truth)
    assert verdict.rung == verdict.best == "tfidf"
    assert (verdict.next_rung, verdict.gain, verdict.gain_p, verdict.cost_ratio) == (None, 0.0, 1.0, 1.0)
    assert written(verdict.sentences)[0] == (
        "Take tfidf: it is the best on the 3,000 validation rows (89.1 %), and nobody would notice what it costs: 20 s "
        "to train, 10 s to label 1,000,000 texts."
    )


def test_a_cheaper_one_within_the_margin():
    """15 rows of 3,000 are half a point; an hour to train and 5,000 s to label a million texts count in full."""
    rungs, truth = ladder(3000, 330, 240, 225)
    verdict = decide(rungs, truth)
    assert (verdict.rung, verdict.best, verdict.next_rung) == ("tfidf", "lstm", "lstm")
    assert verdict.gain == pytest.approx(15 / 3000)
    assert verdict.cost_ratio == pytest.approx(1500)
    text = " ".join(written(verdict.sentences))
    assert "Take tfidf (92.0 % on 3,000 validation rows): lstm has 92.5 %, but costs noticeably more." in text
    assert "lstm would buy 0.5 ± 1.4 points, which may be chance (p = 0.52), for 1.0 h to train in place of 4" in text
    assert "1.4 h to label 1,000,000 texts in place of 3" in text
    assert "With 50 % certainty tfidf loses no more than the margin of 0.5 points by that." in text
    assert verdict.certainty == pytest.approx(0.5, abs=0.01)


def test_a_dearer_one_that_is_worth_it():
    rungs, truth = ladder(3000, 400, 300, 100)
    verdict = decide(rungs, truth)
    assert verdict.rung == verdict.best == "lstm"
    text = " ".join(written(verdict.sentences))
    assert "the best on the 3,000 validation rows (96.7 %), better than the cheaper ones by more than chance" in text
    assert "Of the cheaper ones tfidf comes closest: 6.7 ± 1.3 points less (p < 0.001), but 4" in text


def test_by_more_than_chance_is_said_only_of_what_is_more_than_chance():
    """70 s to train are hardly noticed, so that little is asked for; and of a rung as dear nothing is said by it."""
    rungs, truth = ladder(3000, 330, 320, train=(1.0, 70.0))
    text = " ".join(written(decide(rungs, truth).sentences))
    assert (
        "Take tfidf: it is the best on the 3,000 validation rows (89.3 %), and cheaper ones save too little to" in text
    )
    assert "more than chance" not in text
    rungs, truth = ladder(3000, 400, 103, 100, train=(1.0, 3600.0, 3600.0), rate=(1e6, 200.0, 200.0))
    text = " ".join(written(decide(rungs, truth).sentences))
    assert "better than the cheaper ones by more than chance" in text
    assert "tfidf could still be up to" in text


def test_fewer_texts_a_day_make_a_rung_cheaper():
    """At 1,000 texts a day 200 a second are 5 s: what was dear in labelling alone is noticed by nobody."""
    rungs, truth = ladder(3000, 330, 240, 225, train=(1.0, 4.0, 50.0))
    assert decide(rungs, truth).rung == "tfidf"
    assert decide(rungs, truth, texts_per_day=1_000).rung == "lstm"
    assert decide(rungs, truth, texts_per_day=1_000).texts_per_day == 1_000


def test_how_many_texts_make_it_dear_is_said_where_that_alone_does():
    """200 a second label 120,000 texts in ten minutes, which nobody would notice; an hour to train stays an hour."""
    rungs, truth = ladder(3000, 330, 240, 225, train=(1.0, 4.0, 50.0))
    verdict = decide(rungs, truth)
    said = "With 120,000 texts a day or fewer lstm would be the one to take: --texts-per-day 120000."
    assert written(verdict.sentences)[-2] == said
    assert decide(rungs, truth, texts_per_day=120_000).rung == "lstm"
    assert not any("a day or fewer" in one for one in written(decide(rungs, truth, texts_per_day=500_000).sentences))
    assert not any("a day or fewer" in one for one in written(decide(ladder(3000, 330, 240, 225)[0], truth).sentences))


def test_what_is_likelier_than_not_is_said():
    """33 of 3,000 rows are twice the margin and more: that no more is lost has 23 % certainty."""
    rungs, truth = ladder(3000, 700, 573, 540)
    verdict = decide(rungs, truth)
    assert (verdict.rung, verdict.best) == ("tfidf", "lstm")
    sure = f"{100 * (1 - verdict.certainty):.0f}"
    assert f"With {sure} % certainty tfidf loses more than the margin of 0.5 points by that." in written(
        verdict.sentences
    )


def test_of_rungs_that_are_as_good_none_is_called_the_best():
    rungs, truth = ladder(300, 30, 20, 20, train=(1.0, 2.0, 3.0), rate=(1e6, 1e6, 1e6))
    said = written(decide(rungs, truth).sentences)[0]
    assert said.startswith("Take tfidf: none is better on the 300 validation rows (93.3 %), and nobody")


def far(wrong: int, rows: int = 1000) -> tuple[list[RungResult], np.ndarray]:
    """tfidf, and three nets so many rows worse."""
    truth = (np.arange(rows) % 2).astype(np.int32)
    right = np.arange(rows) >= 100
    worse = np.arange(rows) >= 100 + wrong
    names = ("tfidf", "rnn", "gru", "lstm")
    return [rung(name, right if name == "tfidf" else worse, truth, train=1, rate=1e6) for name in names], truth


def budget_said(rungs: list[RungResult], truth: np.ndarray, **asked: Any) -> list[str]:
    """What is said of the budget, in a climb of 5,000 rows."""
    gains = gains_over("tfidf", compare_on_validation(rungs, truth, Metric())[1])
    for each in rungs:
        each.rows = each.rows or 5_000
    more = {"rows": 5_000, "too_dear": (), "given_up": (), **asked}
    return written(larger_budget(rungs, gains, Metric(), **more))


def test_a_larger_budget_is_named_where_it_could_matter():
    """Nets that are surely worse speak for the others of their kind; a few rows say little of what all would teach."""
    rungs, truth = far(200)
    assert budget_said(rungs, truth) == []
    assert budget_said(rungs, truth, too_dear=["bilstm"]) == []
    said = budget_said(rungs, truth, too_dear=["char", "bilstm", "bert"])
    assert said == ["Not trained for want of time: char, bert. With a larger --budget the verdict may be another."]
    rungs[1].cut = True
    assert budget_said(rungs, truth) == []
    rungs[1].rows = 1_000
    said = budget_said(rungs, truth)
    assert said == ["Cut short for want of time: rnn. With a larger --budget the verdict may be another."]
    assert budget_said(rungs[:1], truth, too_dear=["bilstm"])
    assert budget_said(rungs[:1], truth, too_dear=["bilstm"], given_up=["rnn", "embedding"]) == []
    rungs, truth = far(2)
    rungs[3].cut = True
    (said,) = budget_said(rungs, truth, too_dear=["bilstm"])
    assert said == (
        "Not trained for want of time: bilstm; cut short: lstm. With a larger --budget the verdict may be another."
    )
    rungs[0].validation_score = wilson(1_000, 1_000)
    assert budget_said(rungs, truth, too_dear=["bilstm"]) == []


def test_the_margin_is_asked_for():
    """12 of 3,000 rows, all one way: 0.4 points, not chance (p = 0.0005)."""
    truth = (np.arange(3000) % 2).astype(np.int32)
    right = np.ones((2, 3000), dtype=bool)
    right[0, :112], right[1, :100] = False, False
    rungs = [
        rung("tfidf", right[0], truth, train=1, rate=1e6),
        rung("bert", right[1], truth, train=3600, rate=200),
    ]
    verdict = decide(rungs, truth)
    assert verdict.rung == "tfidf"
    assert "0.4 ± 0.2 points (p < 0.001), which is within the margin, for" in " ".join(written(verdict.sentences))
    assert decide(rungs, truth, margin=0.003).rung == "bert"
    with pytest.raises(SettingError, match="margin"):
        decide(rungs, truth, margin=1)


def test_another_metric_decides_otherwise():
    """The first is right more often; the second finds the rare label."""
    truth = np.array([1] * 50 + [0] * 950, np.int32)
    never, often = np.zeros(1000, np.int32), np.array([1] * 40 + [0] * 10 + [1] * 60 + [0] * 890, np.int32)
    rungs = [rung(name, made == truth, truth, train=1, rate=1e6) for name, made in (("bow", never), ("tfidf", often))]
    assert decide(rungs, truth).rung == "bow"
    verdict = decide(rungs, truth, metric=Metric("macro-f1"))
    assert (verdict.rung, verdict.metric) == ("tfidf", "macro-f1")
    assert "macro-F1 74.8 %" in written(verdict.sentences)[0]  # (1860 / 1930 + 80 / 150) / 2
    verdict = decide(rungs, truth, metric=Metric("f1:1", "1", 1))
    assert "F1 of 1 53.3 %" in written(verdict.sentences)[0]


def test_final_rows_play_no_part():
    rungs, truth = ladder(3000, 330, 240, 225)
    before = decide(rungs, truth)
    for each in rungs:
        each.predictions = np.zeros(7, dtype=np.int32)
        each.accuracy = wilson(0, 7)
    assert decide(rungs, truth) == before


def test_a_rung_no_better_than_the_most_frequent_label_is_called_that():
    generator = np.random.default_rng(0)
    truth = (generator.random(300) < 0.2).astype(np.int32)
    guess = np.where(generator.random(300) < 0.85, 0, 1)
    verdict = decide([rung("bow", guess == truth, truth, train=1, rate=1e6)], truth)
    assert verdict.majority_p == 1.0
    assert verdict.majority_share == pytest.approx((truth == 0).mean())
    said = written(verdict.sentences)
    assert "only rung" in said[0]
    assert any("always answering the most frequent label" in sentence for sentence in said)
    assert not any("nothing to learn" in sentence for sentence in said)  # nothing that reads characters was tried
    assert any("--weights" in sentence for sentence in said)
    rungs, truth = ladder(400, 20, 10, 5)
    assert not any("most frequent" in str(sentence) for sentence in decide(rungs, truth).sentences)


def test_nothing_to_learn_where_words_and_characters_fail(monkeypatch):
    class Characters(RUNGS["bow"]):
        name, reads = "letters", "characters"

    monkeypatch.setitem(RUNGS, "letters", Characters)
    generator = np.random.default_rng(0)
    truth = (generator.random(300) < 0.4).astype(np.int32)
    blind = generator.random(300) < 0.5
    words = rung("bow", blind, truth, train=1, rate=1e6)
    letters = rung("letters", generator.random(300) < 0.5, truth, train=1, rate=1e6)
    said = written(decide([words, letters], truth).sentences)
    assert any("there may be nothing to learn here" in sentence for sentence in said)
    said = written(decide([words], truth).sentences)
    assert any("--rungs" in sentence and "letters" in sentence for sentence in said)
    said = written(decide([words], truth, names=["bow", "letters", "embed"]).sentences)
    assert not any("--rungs" in sentence or "--weights" in sentence for sentence in said)
    assert "Left out were letters, which read in another way; the table says why." in said
    seeing = rung("letters", np.ones(300, bool), truth, train=1, rate=1e6)
    assert not any("most frequent" in sentence for sentence in written(decide([words, seeing], truth).sentences))


def test_a_rare_label_that_is_found_is_something_learned():
    """Accuracy is that of never naming the label (96 %), macro-F1 is 0.74: nothing is said of nothing to learn."""
    truth = np.array([1] * 40 + [0] * 960, np.int32)
    made = np.array([1] * 20 + [0] * 20 + [1] * 20 + [0] * 940, np.int32)
    assert (made == truth).mean() == (truth == 0).mean()
    verdict = decide([rung("bow", made == truth, truth, train=1, rate=1e6)], truth)
    assert verdict.majority_p < 0.001
    assert not any("most frequent" in sentence for sentence in written(verdict.sentences))
    never = np.zeros(1000, np.int32)
    verdict = decide([rung("bow", never == truth, truth, train=1, rate=1e6)], truth)
    assert any("--class-weight balanced" in sentence for sentence in written(verdict.sentences))
    weighed = rung("bow", never == truth, truth, train=1, rate=1e6)
    weighed.settings = {"class_weight": "balanced"}
    assert not any("--class-weight" in sentence for sentence in written(decide([weighed], truth).sentences))


def test_more_rows_are_advised_by_the_learning_curve():
    truth = (np.arange(200) % 2).astype(np.int32)
    made = rung("bow", np.arange(200) % 3 > 0, truth, train=1, rate=1e6)
    made.validation_predictions = np.zeros(200, np.int32)
    for last, advised in ((0.6, True), (0.55, False), (0.501, False)):  # ± 7 points is what 200 rows can tell
        made.curve = [(100, 0.5), (200, last)]
        assert any("More rows could help" in one for one in written(decide([made], truth).sentences)) == advised


def test_final_rows_that_differ_are_said_to():
    """A fifth of the final rows is of a label that is rare in training, and none of them is right."""
    validation, final = np.array([0] * 490 + [1] * 10), np.array([0] * 800 + [1] * 200)
    made = rung("bow", validation == 0, validation, train=1, rate=1e6)
    made.predictions, made.accuracy = np.zeros(1000, np.int32), wilson(800, 1000)
    about = (validation, final, ["usual", "rare"], "test")
    said = written(final_rows_differ(made, np.array([0.98, 0.02]), *about))
    assert said == [
        "The test rows differ from the training rows: bow is right in 80.0 % of them, and in 98.0 % of the validation "
        "rows.",
        "The label rare is on 20.0 % of them and on 2.0 % of the training rows; 0.0 % of these rows are right.",
    ]
    made.accuracy = wilson(970, 1000)
    assert final_rows_differ(made, np.array([0.98, 0.02]), *about) == []


def test_unseen_labels_are_wrong_for_every_rung():
    rungs, truth = ladder(1000, 50, 40, 30)
    unseen = truth.copy()
    unseen[-100:] = -1
    assert decide(rungs, unseen).gain == decide(rungs, truth).gain
    assert decide(rungs, np.full(1000, -1, dtype=np.int32)).majority_share == 0.0


@given(
    st.lists(st.tuples(st.integers(0, 60), st.floats(0.01, 1e5), st.floats(1, 1e7)), min_size=1, max_size=3),
    st.integers(200, 2000),
    st.sampled_from(["accuracy", "macro-f1", "log-loss"]),
)
@example([(0, 1.0, 1e6), (0, 2.0, 1e6)], 200, "macro-f1")
@example([(0, 1.0, 1e6), (0, 2.0, 1e6)], 200, "log-loss")
@settings(max_examples=60, deadline=None)
def test_sentences_agree_with_figures(specs, rows, metric):
    wrong, train, rate = zip(*specs, strict=True)
    rungs, truth = ladder(rows, *wrong, train=train, rate=rate)
    verdict = decide(rungs, truth, metric=Metric(metric))
    costs = {each.rung: cost_of(each) for each in rungs}
    right = {each.rung: (each.validation_predictions == truth).sum() for each in rungs}
    assert right[verdict.best] == max(right.values())
    for sentence in verdict.sentences:
        name, said = sentence.values.get("rung"), sentence.id
        if "comes closest" in said:
            assert weight(costs[verdict.rung], costs[name]) > 0
        if "would buy" in said:
            assert weight(costs[name], costs[verdict.rung]) > 0
            assert right[name] > right[verdict.rung]
        if "but costs noticeably more" in said:
            assert weight(costs[sentence.values["best"]], costs[verdict.rung]) > 0
        if "nobody would notice" in said:
            assert costs[name].training <= 60
            assert costs[name].labelling <= 600
            assert right[name] == max(right.values())
        if "by more than chance, and worth" in said:
            assert all(right[name] > right[other] for other in costs if weight(costs[name], costs[other]))
        if "every other trained rung is worse" in said:
            assert all(right[verdict.rung] > right[other] for other in costs if other != verdict.rung)
        if "none is noticeably cheaper" in said:
            assert not any(weight(costs[name], cost) for cost in costs.values())
    if verdict.next_rung is not None:
        assert right[verdict.next_rung] > right[verdict.rung]
    for lang in LANGUAGES:
        for sentence in written(verdict.sentences, lang):
            assert "{" not in sentence
            assert "nan" not in sentence


def test_korean_says_the_same_numbers():
    rungs, truth = ladder(3000, 330, 240, 225)
    sentences = decide(rungs, truth).sentences
    english, korean = written(sentences), written(sentences, "ko")
    assert korean[0].startswith("tfidf 단계를 쓰세요")
    for one, other in zip(english, korean, strict=True):
        digits = [sorted("".join(c if c in "0123456789.," else " " for c in s).split()) for s in (one, other)]
        strip = [sorted(number.strip(".,") for number in numbers if number.strip(".,")) for numbers in digits]
        assert strip[0] == strip[1]


def test_names_are_never_read_as_sentences():
    rungs, truth = ladder(120, 6, 4, 3)
    rungs[1].rung = "{rows}"
    assert str(decide(rungs, truth).sentences[0]).startswith("Take {rows} (")


def test_what_cannot_be_decided_is_refused():
    rungs, truth = ladder(100, 3, 2)
    with pytest.raises(SettingError, match="no rung"):
        decide([], truth)
    with pytest.raises(SettingError, match="twice"):
        decide([rungs[0], rungs[0]], truth)
    with pytest.raises(DataError, match="bow: 100 validation predictions for 99 rows"):
        decide(rungs, truth[:-1])
    with pytest.raises(DataError, match="no validation rows"):
        decide(rungs, truth[:0])
