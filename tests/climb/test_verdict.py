"""Which rung is recommended, why, and what is said about it."""

from __future__ import annotations

import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sadari.climb.result import RungResult
from sadari.climb.verdict import ALIKE, cost, decide, explain_verdict
from sadari.errors import DataError, SettingError
from sadari.metrics.classification import wilson
from sadari.metrics.significance import pair_tests
from sadari.wording import LANGUAGES, SENTENCES, wording
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


def ladder(rows: int, *wrong: int, train=(1.0, 4.0, 60.0), rate=(1e6, 3e5, 5e3)) -> tuple[list[RungResult], np.ndarray]:
    """Rungs of which the i-th gets ``wrong[i]`` rows wrong, each other ones."""
    truth = (np.arange(rows) % 2).astype(np.int32)
    rungs, start = [], 0
    for name, count, seconds, speed in zip(("bow", "tfidf", "lstm"), wrong, train, rate, strict=False):
        correct = np.ones(rows, dtype=bool)
        correct[start : start + count] = False
        start += count
        rungs.append(rung(name, correct, truth, train=seconds, rate=speed))
    return rungs, truth


def test_the_cheapest_that_is_not_worse():
    rungs, truth = ladder(3000, 330, 240, 225)  # bow is clearly worse; tfidf and lstm cannot be told apart
    verdict = decide(rungs, truth)
    assert (verdict.rung, verdict.best, verdict.next_rung) == ("tfidf", "lstm", "lstm")
    assert verdict.gain == pytest.approx(15 / 3000)
    assert verdict.gain_p > 0.05
    assert verdict.cost_ratio == pytest.approx(60)
    text = " ".join(map(str, verdict.sentences))
    assert "Take tfidf: it is the cheapest rung that is not significantly worse than the best" in text
    assert "lstm would buy 0.5 ± 1.4 points, which may be chance (p = 0.52), for 60 times the time a text" in text
    assert "bow comes closest: 3.0 ± 1.6 points less (p < 0.001) for 30 % of the time a text" in text


def test_the_best_where_every_cheaper_rung_is_worse():
    rungs, truth = ladder(3000, 400, 300, 100)
    verdict = decide(rungs, truth)
    assert verdict.rung == verdict.best == "lstm"
    assert verdict.next_rung is None
    assert (verdict.gain, verdict.gain_p, verdict.cost_ratio) == (0.0, 1.0, 1.0)
    assert "every cheaper rung is significantly worse" in str(verdict.sentences[0])
    assert "tfidf comes closest" in str(verdict.sentences[1])


def test_the_cheapest_where_it_is_the_most_accurate():
    rungs, truth = ladder(1000, 50, 60, 70)
    verdict = decide(rungs, truth)
    assert verdict.rung == verdict.best == "bow"
    assert "none is clearly cheaper" in str(verdict.sentences[0])


def test_a_dearer_best_and_the_rung_between_are_both_told():
    rungs, truth = ladder(200, 20, 18, 15)
    verdict = decide(rungs, truth)
    assert (verdict.rung, verdict.next_rung, verdict.best) == ("bow", "tfidf", "lstm")
    assert sum("would buy" in str(sentence) for sentence in verdict.sentences) == 2


def test_small_data_says_what_it_cannot_tell():
    rungs, truth = ladder(120, 6, 4, 3)
    verdict = decide(rungs, truth)
    assert verdict.rung == "bow"
    text = " ".join(map(str, verdict.sentences))
    # 9 disagreements of bow and lstm: 9 : 0 tells, p · 3 = 0.012; 8 : 1 gives 0.117. So 9 rows, 7.5 points.
    assert "With 120 validation rows, differences under about 7.5 points cannot be told apart." in text
    assert "lstm could still be up to" in text
    rungs, truth = ladder(4, 1, 0, 0)
    assert any("4 validation rows are too few" in str(sentence) for sentence in decide(rungs, truth).sentences)


def test_costs_alike_go_by_the_ladder():
    rungs, truth = ladder(500, 40, 40, 40, train=(1.0, 0.9, 0.85), rate=(1e6, 1e6, 1e6))
    assert cost(rungs[0]) < ALIKE * cost(rungs[2])
    assert decide(rungs, truth).rung == "bow"
    rungs, truth = ladder(500, 40, 40, 40, train=(9.0, 0.9, 0.85), rate=(1e6, 1e6, 1e6))
    assert decide(rungs, truth).rung == "tfidf"


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
    assert "always answering the most frequent label" in str(verdict.sentences[-1])
    assert "only rung" in str(verdict.sentences[0])
    rungs, truth = ladder(400, 20, 10, 5)
    assert not any("most frequent" in str(sentence) for sentence in decide(rungs, truth).sentences)


def test_unseen_labels_are_wrong_for_every_rung():
    rungs, truth = ladder(1000, 50, 40, 30)
    unseen = truth.copy()
    unseen[-100:] = -1
    assert decide(rungs, unseen).gain == decide(rungs, truth).gain
    assert decide(rungs, np.full(1000, -1, dtype=np.int32)).majority_share == 0.0


@given(
    st.lists(st.tuples(st.integers(0, 60), st.floats(0.01, 1e4), st.floats(1, 1e7)), min_size=1, max_size=3),
    st.integers(200, 2000),
)
@settings(max_examples=60, deadline=None)
def test_what_is_recommended_keeps_its_promise(specs, rows):
    wrong, train, rate = zip(*specs, strict=True)
    rungs, truth = ladder(rows, *wrong, train=train, rate=rate)
    verdict = decide(rungs, truth)
    tests = pair_tests({each.rung: each.validation_predictions == truth for each in rungs})
    right = {each.rung: (each.validation_predictions == truth).sum() for each in rungs}
    assert right[verdict.best] == max(right.values())
    against_best = {name: t for t in tests if verdict.best in (t.first, t.second) for name in (t.first, t.second)}
    good = [each for each in rungs if each.rung == verdict.best or against_best[each.rung].p_corrected >= 0.05]
    assert verdict.rung in [each.rung for each in good]
    chosen = next(each for each in rungs if each.rung == verdict.rung)
    assert all(cost(chosen) <= ALIKE * cost(each) for each in good)
    if verdict.next_rung is not None:
        assert right[verdict.next_rung] > right[verdict.rung]
        assert verdict.gain == pytest.approx((right[verdict.next_rung] - right[verdict.rung]) / rows)
    else:
        assert right[verdict.rung] == max(right.values())
    for lang in LANGUAGES:
        for sentence in written(explain_verdict(verdict, rungs, tests), lang):
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


def test_every_language_has_every_sentence_with_the_same_blanks():
    def blanks(sentence: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}

    english = SENTENCES["en"]
    for lang in LANGUAGES:
        assert set(SENTENCES[lang]) == set(english)
        for key, sentence in SENTENCES[lang].items():
            assert sentence.strip(), key
            assert blanks(sentence) == blanks(english[key]), key
    with pytest.raises(SettingError, match="no language 'de'"):
        wording("de")


def test_names_are_never_read_as_sentences():
    rungs, truth = ladder(120, 6, 4, 3)
    rungs[0].rung = "{rows}"
    assert str(decide(rungs, truth).sentences[0]).startswith("Take {rows}: ")


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
