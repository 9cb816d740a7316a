"""Whether new texts are of the kind that a model learned from; and if not, what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.audit.characters import histogram, script_shares
from sadari.data.corpus import Corpus, check_corpora
from sadari.errors import DataError, SettingError
from sadari.messages import message
from sadari.metrics.two_samples import LabelShift, TwoSampleTest, label_shift, two_sample_test
from sadari.rungs import Rung, check_rung
from sadari.settings.limits import Whole, check
from sadari.trust.drifting.features import form, sureness, topics
from sadari.trust.drifting.guessed import guess
from sadari.trust.drifting.words import ChangedWord, changed_words

MOST_TESTED = 2_000  # rows of each side in the test: more show differences too small to matter
MOST_LEARNED = 20_000  # labelled rows from which the labels of both sides are guessed
LEAST = 20  # rows a side
ALARM = 0.03  # the p-value below which texts are said to have changed


@dataclass(frozen=True)
class Drift:
    """How new texts differ from those before.

    Attributes:
        rows: how many texts there were and are, (before, after).
        test: whether both are of one kind: all features together, and each kind by itself.
        labels: the labels; empty where there are none.
        shift: their shares before, and the estimate of those after; None without labels.
        given: float64 [k]: their shares in the new file's own label column; None where it has none.
        unknown_labels: label of the new file that there was not before → rows.
        words: the words whose share of texts changed, by evidence.
        lengths: median characters a text, (before, after); None where the texts before are not at hand.
        scripts: script → share of the letters, (before, after).
        alarm: the p-value below which it counts as changed.
    """

    rows: tuple[int, int]
    test: TwoSampleTest
    labels: list[str]
    shift: LabelShift | None
    given: NDArray[np.float64] | None
    unknown_labels: dict[str, int]
    words: list[ChangedWord]
    lengths: tuple[float, float] | None
    scripts: dict[str, tuple[float, float]]
    alarm: float = ALARM

    @property
    def changed(self) -> bool:
        """Whether the texts are said to have changed."""
        return self.test.p_value < self.alarm

    @property
    def largest_move(self) -> float:
        """By how much the estimated share of the label that surely moved most did; 0 where none did.

        Surely: the interval of the estimate does not hold the share before.
        """
        if self.shift is None:
            return 0.0
        sure = (self.shift.before < self.shift.low) | (self.shift.before > self.shift.high)
        return float(np.abs(self.shift.after - self.shift.before)[sure].max(initial=0.0))

    @property
    def unknown_share(self) -> float:
        """The share of the new rows whose label was not there before."""
        return sum(self.unknown_labels.values()) / max(1, self.rows[1])

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        shift = self.shift
        labels = (
            [] if shift is None else zip(self.labels, shift.before, shift.after, shift.low, shift.high, strict=True)
        )
        given = None if self.given is None else dict(zip(self.labels, self.given.tolist(), strict=True))
        return {
            "changed": self.changed,
            "p_value": self.test.p_value,
            "alarm": self.alarm,
            "permutations": self.test.permutations,
            "rows": list(self.rows),
            "tests": {name: {"auc": each.auc, "p_value": each.p_value} for name, each in self.test.blocks.items()},
            "labels": {
                name: {"before": float(a), "after": float(b), "low": float(low), "high": float(high)}
                for name, a, b, low, high in labels
            },
            "given_labels": given,
            "unknown_labels": self.unknown_labels,
            "words": [each.to_dict() for each in self.words],
            "median_length": None if self.lengths is None else list(self.lengths),
            "scripts": {name: list(shares) for name, shares in self.scripts.items()},
        }


def drift(
    before: Corpus, after: Corpus, *, alarm: float = ALARM, permutations: int = 999, words: int = 20, seed: int = 0
) -> Drift:
    """Compare new texts with those that came before, such as a model's training texts.

    Up to 2,000 texts of each side are compared in three ways, each a classifier that is asked which side a text is of:
    by its words, by its length and characters, and, where the texts before have labels, by the probabilities that
    models give it which have not seen it. See `two_sample_test`.

    Args:
        before: texts, with one label each or without.
        after: new texts; labels may be absent.
        alarm: the p-value below which they count as changed.
        permutations: how often rows are shuffled between both sides.
        words: how many changed words are named at most.
        seed: of every random choice.

    Raises:
        DataError: one of both has fewer than 20 texts.
        SettingError: one of both is no corpus, or a number is none that can be.
    """
    check_corpora(before=before, after=after)
    check("words", words, Whole(0, 100_000))
    for corpus in (before, after):
        _check_enough(len(corpus), corpus.source)
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(len(corpus))[:MOST_LEARNED] for corpus in (before, after)]
    tested = [corpus.texts.gather(some[:MOST_TESTED]) for corpus, some in zip((before, after), rows, strict=True)]
    both, first = pl.concat(tested), len(tested[0])
    blocks: dict[str, NDArray[np.floating]] = {"words": topics(both, seed=seed), "form": form(both)}
    guessed = None
    if len(before.label_names) > 1:
        guessed = guess(before.take(rows[0]), after.texts.gather(rows[1]), seed=seed)
        table = np.vstack([guessed.before[:MOST_TESTED], guessed.after[:MOST_TESTED]])
        blocks |= {"labels": table[:, 1:], "sureness": sureness(table)}
    return Drift(
        rows=(len(before), len(after)),
        test=two_sample_test(blocks, first, permutations=permutations, seed=seed),
        labels=before.label_names,
        shift=None if guessed is None else guessed.shift(seed),
        given=_given(before, after),
        unknown_labels=_unknown(before, after),
        words=changed_words(before.texts.gather(rows[0]), after.texts.gather(rows[1]), most=words),
        lengths=(_length(before), _length(after)),
        scripts=_scripts(before.texts, after.texts),
        alarm=alarm,
    )


def drift_from_model(
    model: Rung, after: Corpus, *, alarm: float = ALARM, permutations: int = 999, seed: int = 0
) -> Drift:
    """Compare the labels that a model gives new texts, and how sure it is of them, with what it did before.

    Before: on the rows that it keeps to calibrate on, which it was not trained on.

    Args:
        model: trained, for one label a text.
        after: new texts; labels may be absent.
        alarm: the p-value below which they count as changed.
        permutations: how often rows are shuffled.
        seed: of every random choice.

    Raises:
        SettingError: the model keeps no such rows, or too few, or its texts may have several labels.
        DataError: there are fewer than 20 texts.
    """
    check_rung("model", model)
    check_corpora(after=after)
    kept = model.calibration_
    if kept is None or kept.certain is None or len(kept.truth) < LEAST:
        raise SettingError(
            message("this model keeps no answers, one label each and {least} at least, to compare with", least=LEAST),
            hint=message("give the file that it learned from in its place"),
        )
    _check_enough(len(after), after.source)
    rng, names = np.random.default_rng(seed), model.codec.names()
    texts = after.texts.gather(rng.permutation(len(after))[:MOST_LEARNED])
    logits, probabilities, _ = model.scored(texts)
    given = model.codec.given(probabilities, model.thresholds_)
    some = rng.permutation(len(kept.truth))[:MOST_TESTED]
    labels = np.concatenate([kept.given[some], given[:MOST_TESTED]])
    certainty = np.concatenate([kept.certainty[some], kept.certain(logits, given)[:MOST_TESTED]])
    odds = np.log(np.clip(certainty, 1e-6, 1 - 1e-6) / (1 - np.clip(certainty, 1e-6, 1 - 1e-6)))
    blocks = {"labels": np.equal.outer(labels, np.arange(1, len(names))).astype(np.float64), "sureness": odds[:, None]}
    k = len(names)
    table = np.bincount(k * kept.truth + kept.given, minlength=k * k).reshape(k, k)
    own = after.counts if after.labels is not None else {}
    return Drift(
        rows=(len(kept.truth), len(after)),
        test=two_sample_test(blocks, len(some), permutations=permutations, seed=seed),
        labels=names,
        shift=label_shift(table, np.bincount(given, minlength=k), seed=seed),
        given=np.array([own.get(name, 0) for name in names]) / len(after) if own else None,
        unknown_labels={name: rows for name, rows in own.items() if name not in set(names)},
        words=[],
        lengths=None,
        scripts={},
        alarm=alarm,
    )


def _check_enough(rows: int, source: str) -> None:
    if rows < LEAST:
        raise DataError(
            message("{rows:,} texts are too few to compare; {least} are needed", rows=rows, least=LEAST), where=source
        )


def _length(corpus: Corpus) -> float:
    return float(corpus.texts.str.len_chars().median() or 0)  # type: ignore[arg-type]


def _scripts(before: pl.Series, after: pl.Series) -> dict[str, tuple[float, float]]:
    shares = [script_shares(histogram(texts)) for texts in (before, after)]
    names = {name: max(each.get(name, 0.0) for each in shares) for each in shares for name in each}
    return {
        name: (shares[0].get(name, 0.0), shares[1].get(name, 0.0)) for name in sorted(names, key=lambda n: -names[n])
    }


def _given(before: Corpus, after: Corpus) -> NDArray[np.float64] | None:
    """float64 [k]: the shares of the labels in the new texts' own column."""
    if after.labels is None or before.labels is None:
        return None
    counts = after.counts
    return np.array([counts.get(name, 0) for name in before.label_names]) / len(after)


def _unknown(before: Corpus, after: Corpus) -> dict[str, int]:
    if after.labels is None or before.labels is None:
        return {}
    known = set(before.label_names)
    return {name: rows for name, rows in after.counts.items() if name not in known}
