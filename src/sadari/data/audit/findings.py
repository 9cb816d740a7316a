"""An audit in words: what was found, how grave it is, and the rows to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from sadari.data.audit.repeats import Repeats
from sadari.data.corpus import Corpus, near_duplicate_labels

EXAMPLES = 3
SHOWN = 100  # characters of a text in an example
FEW = 10  # texts of a label that is called rare

# What to say of odd characters, and whether a reader should act on it.
_ODD = {
    "replacement character": ("warning", "hold U+FFFD: characters were lost in an earlier conversion"),
    "wrongly decoded": ("warning", "look decoded with the wrong encoding, such as “â€™” for “’”"),
    "control character": ("warning", "hold control characters"),
    "private-use character": ("warning", "hold private-use characters, which no one else can read"),
    "invisible character": ("note", "hold invisible characters, which split words unseen"),
    "HTML entity": ("note", "hold left-over HTML entities, such as “&lt;” or “#39;”"),
    "HTML tag": ("note", "hold HTML tags"),
    "backslash": ("note", "hold backslashes, perhaps left over from escaping"),
    "not NFC": (
        "note",
        "are not in Unicode's composed form (NFC), in which every rung but fasttext reads texts",
    ),
}


@dataclass(frozen=True)
class Finding:
    """One thing found. ``key`` stays the same between versions; ``what`` is an English sentence."""

    key: str
    count: int
    severity: str  # "serious": scores mislead; "warning": look at it; "note": good to know
    what: str
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Evidence:
    """All that the findings are drawn from. Of two splits the first is training."""

    corpora: Sequence[Corpus]
    labels: Sequence[Mapping[str, int]]  # label → texts
    odd: Sequence[Mapping[str, pl.Series]]
    lengths: Sequence[Mapping[str, Mapping[str, float]]]
    scripts: Sequence[Mapping[str, float]]
    repeats: Repeats
    tokenizers: Mapping[str, float]


def plural(count: int, noun: str) -> str:
    """``1 text``, ``2,000 texts``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def find_all(evidence: Evidence) -> list[Finding]:
    """All findings, the gravest first, in an order that depends on the data alone."""
    found = [
        *_across(evidence),
        *_within(evidence),
        *_balance(evidence),
        *_names(evidence),
        *_drift(evidence),
        *_odd_characters(evidence),
        *_tokenizers(evidence.tokenizers),
    ]
    found = [
        replace(one, what=printable(one.what), examples=[printable(line) for line in one.examples]) for one in found
    ]
    return sorted(found, key=lambda finding: ("serious", "warning", "note").index(finding.severity))


def printable(text: str) -> str:
    """The text with everything escaped that could move a terminal's cursor or turn its line around."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _across(evidence: Evidence) -> Iterable[Finding]:
    if len(evidence.corpora) < 2:
        return
    train, test = evidence.corpora
    repeats = evidence.repeats
    exact = np.flatnonzero(repeats.leaked_exact)
    if len(exact):
        what = f"{plural(len(exact), 'test text')} of {len(test):,} also in training: the score rewards memory"
        sources = repeats.train.first_with(repeats.test.ids[exact[:EXAMPLES]])
        examples = [_pair(train, a, test, b) for a, b in zip(sources, exact, strict=False)]
        yield Finding("leaked_exact", len(exact), "serious", what, examples)
    near = int(repeats.leaked_near.sum())
    if near:
        what = f"{plural(near, 'test text')} nearly the same as one in training"
        yield Finding(
            "leaked_near",
            near,
            "warning",
            what,
            [_pair(train, a, test, b) for a, b in repeats.near_across[:EXAMPLES]],
        )
    other = repeats.contradicting_across
    if len(other):
        what = f"{plural(len(other), 'test text')} in training with another label"
        sources = repeats.train.first_with(repeats.test.ids[other[:EXAMPLES]])
        examples = [_pair(train, a, test, b) for a, b in zip(sources, other, strict=False)]
        yield Finding("contradictions_across", len(other), "warning", what, examples)


def _within(evidence: Evidence) -> Iterable[Finding]:
    repeats = evidence.repeats
    for corpus, side, name in zip(evidence.corpora, (repeats.train, repeats.test), ("training", "test"), strict=False):
        rows = side.contradicting
        if len(rows):
            firsts = side.first_with(np.unique(side.ids[rows]))
            texts = plural(len(firsts), "text")
            examples = [_group(corpus, rows[side.ids[rows] == side.ids[first]]) for first in np.sort(firsts)[:EXAMPLES]]
            what = f"{texts} in {name} with more than one label ({plural(len(rows), 'row')})"
            yield Finding(f"contradictions_{name}", len(firsts), "warning", what, examples)
        rows = side.duplicates
        if len(rows):
            firsts = side.first_with(side.ids[rows[:EXAMPLES]])
            examples = [_group(corpus, np.array(pair)) for pair in zip(firsts, rows, strict=False)]
            what = f"{plural(len(rows), 'row')} in {name} with the text and label of an earlier one"
            yield Finding(f"duplicates_{name}", len(rows), "note", what, examples)
        yield from _near_within(corpus, repeats.near_within(side), side.labels, name)


def _near_within(corpus: Corpus, pairs: np.ndarray, labels: pl.Series, name: str) -> Iterable[Finding]:
    count = len(np.unique(pairs[:, 1]))
    if not count:
        return
    what = f"{plural(count, 'text')} in {name} nearly the same as an earlier one"
    examples = [_pair(corpus, a, corpus, b) for a, b in pairs[:EXAMPLES]]
    yield Finding(f"near_duplicates_{name}", count, "note", what, examples)
    differ = pairs[(labels.gather(pairs[:, 0]) != labels.gather(pairs[:, 1])).fill_null(False).to_numpy()]
    if len(differ):
        what = f"{plural(len(differ), 'pair')} of nearly the same text in {name} with different labels"
        examples = [_pair(corpus, a, corpus, b) for a, b in differ[:EXAMPLES]]
        yield Finding(f"near_contradictions_{name}", len(differ), "warning", what, examples)


def _balance(evidence: Evidence) -> Iterable[Finding]:
    train, counts = evidence.corpora[0], evidence.labels[0]
    if not counts:
        return
    rare, common = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if len(counts) == 1:
        yield Finding("one_label", 1, "serious", f"only label {common!r} in {plural(len(train), 'row')}")
    if counts[common] >= 10 * counts[rare]:
        what = f"label {common!r} has {counts[common] / counts[rare]:,.0f} times as many texts as {rare!r}"
        yield Finding("imbalance", 1, "warning", f"{what}; look at macro-F1, and try --class-weight balanced")
    few = [label for label, count in counts.items() if count < FEW]
    if few:
        what = f"{plural(len(few), 'label')} with fewer than {FEW} texts"
        yield Finding("rare_labels", len(few), "warning", what, _counted(few, counts))


def _names(evidence: Evidence) -> Iterable[Finding]:
    counts, tested = evidence.labels[0], evidence.labels[-1]
    alike = near_duplicate_labels(list(counts))
    if alike:
        what = f"{plural(len(alike), 'group')} of labels that differ only in case, spaces or composition"
        examples = [" / ".join(map(repr, group)) for group in alike[:EXAMPLES]]
        yield Finding("similar_labels", len(alike), "warning", what, examples)
    new = [label for label in tested if counts and label not in counts]
    if new:
        rows = plural(sum(tested[label] for label in new), "text")
        what = f"{plural(len(new), 'test label')} unknown to training ({rows}, scored as wrong)"
        yield Finding("unseen_labels", len(new), "serious", what, _counted(new, tested))


def _counted(labels: Sequence[str], counts: Mapping[str, int]) -> list[str]:
    return [f"{label}: {plural(counts[label], 'text')}" for label in labels[:EXAMPLES]]


def _drift(evidence: Evidence) -> Iterable[Finding]:
    if len(evidence.corpora) < 2 or not all(len(corpus) for corpus in evidence.corpora):
        return
    train, test = evidence.scripts
    moved = sum(abs(train.get(script, 0.0) - test.get(script, 0.0)) for script in {*train, *test}) / 2
    if moved > 0.2:
        what = f"training is written in {_shares(train)}, the test file in {_shares(test)}"
        yield Finding("other_scripts", 1, "warning", what)
    first, second = (lengths["characters"]["median"] for lengths in evidence.lengths)
    if max(first, second) > 2 * max(min(first, second), 1):
        what = f"the middle text has {first:,.0f} characters in training and {second:,.0f} in the test file"
        yield Finding("other_lengths", 1, "warning", what)


def _odd_characters(evidence: Evidence) -> Iterable[Finding]:
    for corpus, odd, name in zip(evidence.corpora, evidence.odd, ("training", "test"), strict=False):
        for kind, mask in odd.items():
            severity, what = _ODD[kind]
            rows = mask.arg_true().to_numpy()
            examples = [_group(corpus, rows[i : i + 1]) for i in range(min(EXAMPLES, len(rows)))]
            key = f"{kind.lower().replace(' ', '_').replace('-', '_')}_{name}"
            what = f"{plural(len(rows), 'text')} in {name} {what if len(rows) > 1 else _singular(what)}"
            yield Finding(key, len(rows), severity, what, examples)


def _singular(what: str) -> str:
    verb, rest = what.split(" ", 1)
    return f"{ {'hold': 'holds', 'look': 'looks', 'are': 'is'}[verb] } {rest}"


def _tokenizers(tokenizers: Mapping[str, float]) -> Iterable[Finding]:
    for name, share in tokenizers.items():
        if share >= 0.01:
            severity = "warning" if share >= 0.1 else "note"
            yield Finding(
                f"unseen_{name}",
                1,
                severity,
                f"the tokenizer {name} cannot see {share:.1%} of the characters",
            )


def _group(corpus: Corpus, rows: np.ndarray) -> str:
    """Rows of one text: their numbers, the text, and their labels where these differ or there is one row."""
    numbers = ", ".join(f"{corpus.rows[row]:,}" for row in rows[:5]) + (", …" if len(rows) > 5 else "")
    labels = list(dict.fromkeys(_label(corpus, row) for row in rows.tolist()))
    return f"row{'s' * (len(rows) > 1)} {numbers}: {_text(corpus, int(rows[0]))}{_in_brackets(labels)}"


def _pair(first: Corpus, a: np.integer, second: Corpus, b: np.integer) -> str:
    labels = list(dict.fromkeys([_label(first, int(a)), _label(second, int(b))]))
    if first is second:
        numbers = f"rows {first.rows[a]:,} and {second.rows[b]:,}"
    else:
        numbers = f"training row {first.rows[a]:,}, test row {second.rows[b]:,}"
    texts = list(dict.fromkeys([_text(first, int(a)), _text(second, int(b))]))
    return f"{numbers}: {' | '.join(texts)}{_in_brackets(labels)}"


def _in_brackets(labels: list[str]) -> str:
    shown = " / ".join(label for label in labels if label)
    return f" ({shown})" if shown else ""


def _text(corpus: Corpus, row: int) -> str:
    text = " ".join((corpus.texts[row] or "").split())
    return f"“{text[:SHOWN]}{'…' if len(text) > SHOWN else ''}”"


def _label(corpus: Corpus, row: int) -> str:
    if corpus.labels is None or corpus.labels[row] is None:
        return ""
    return ", ".join(corpus.labels[row]) if corpus.multi_label else str(corpus.labels[row])


def _shares(scripts: Mapping[str, float]) -> str:
    return ", ".join(f"{share:.0%} {script}" for script, share in list(scripts.items())[:3]) or "no letters"
