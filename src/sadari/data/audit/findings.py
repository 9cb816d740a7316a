"""An audit in words: what was found, how grave it is, and the rows to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from sadari.data.audit.repeats import Repeats
from sadari.data.corpus import Corpus, near_duplicate_labels
from sadari.data.formats.records import all_numbered, numbered
from sadari.messages import Message, message, plural

EXAMPLES = 3
SHOWN = 100  # characters of a text in an example
FEW = 10  # texts of a label that is called rare

# What to say of odd characters, and whether a reader should act on it.
_ODD = {
    "replacement character": (
        "warning",
        plural(
            "{count:,} text in {split} holds U+FFFD: characters were lost in an earlier conversion",
            "{count:,} texts in {split} hold U+FFFD: characters were lost in an earlier conversion",
            1,
        ),
    ),
    "wrongly decoded": (
        "warning",
        plural(
            "{count:,} text in {split} looks decoded with the wrong encoding, such as “â€™” for “’”",
            "{count:,} texts in {split} look decoded with the wrong encoding, such as “â€™” for “’”",
            1,
        ),
    ),
    "control character": (
        "warning",
        plural(
            "{count:,} text in {split} holds control characters",
            "{count:,} texts in {split} hold control characters",
            1,
        ),
    ),
    "private-use character": (
        "warning",
        plural(
            "{count:,} text in {split} holds private-use characters, which no one else can read",
            "{count:,} texts in {split} hold private-use characters, which no one else can read",
            1,
        ),
    ),
    "invisible character": (
        "note",
        plural(
            "{count:,} text in {split} holds invisible characters, which split words unseen",
            "{count:,} texts in {split} hold invisible characters, which split words unseen",
            1,
        ),
    ),
    "HTML entity": (
        "note",
        plural(
            "{count:,} text in {split} holds left-over HTML entities, such as “&lt;” or “#39;”",
            "{count:,} texts in {split} hold left-over HTML entities, such as “&lt;” or “#39;”",
            1,
        ),
    ),
    "HTML tag": (
        "note",
        plural("{count:,} text in {split} holds HTML tags", "{count:,} texts in {split} hold HTML tags", 1),
    ),
    "backslash": (
        "note",
        plural(
            "{count:,} text in {split} holds backslashes, perhaps left over from escaping",
            "{count:,} texts in {split} hold backslashes, perhaps left over from escaping",
            1,
        ),
    ),
    "not NFC": (
        "note",
        plural(
            "{count:,} text in {split} is not in Unicode's composed form (NFC), "
            "in which every rung but fasttext reads texts",
            "{count:,} texts in {split} are not in Unicode's composed form (NFC), "
            "in which every rung but fasttext reads texts",
            1,
        ),
    ),
}
# The two files, and scripts, as sentences name them.
_SPLITS = {"training": message("training"), "test": message("test")}
SCRIPTS = {
    "Hangul": message("Hangul"),
    "Latin": message("Latin"),
    "Han": message("Han"),
    "Hiragana": message("Hiragana"),
    "Katakana": message("Katakana"),
    "Cyrillic": message("Cyrillic"),
    "Greek": message("Greek"),
    "Hebrew": message("Hebrew"),
    "Arabic": message("Arabic"),
    "Devanagari": message("Devanagari"),
    "Thai": message("Thai"),
    "Other": message("Other"),
}


@dataclass(frozen=True)
class Finding:
    """One thing found. ``key`` stays the same between versions; ``what`` is a sentence."""

    key: str
    count: int
    severity: str  # "serious": scores mislead; "warning": look at it; "note": good to know
    what: Message
    examples: Sequence[Message | str] = ()


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
    found = [replace(one, what=_safe(one.what), examples=list(map(_safe_value, one.examples))) for one in found]
    return sorted(found, key=lambda finding: ("serious", "warning", "note").index(finding.severity))


def _safe(said: Message) -> Message:
    """The sentence whose values, which are the user's, cannot move a terminal's cursor."""
    return replace(said, values={name: _safe_value(value) for name, value in said.values.items()})


def _safe_value(value: Any) -> Any:
    if isinstance(value, list):
        return list(map(_safe_value, value))
    return _safe(value) if isinstance(value, Message) else printable(value) if isinstance(value, str) else value


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
        what = plural(
            "{count:,} test text of {rows:,} also in training: the score rewards memory",
            "{count:,} test texts of {rows:,} also in training: the score rewards memory",
            len(exact),
            rows=len(test),
        )
        sources = repeats.train.first_with(repeats.test.ids[exact[:EXAMPLES]])
        examples = [_pair(train, a, test, b) for a, b in zip(sources, exact, strict=False)]
        yield Finding("leaked_exact", len(exact), "serious", what, examples)
    near = int(repeats.leaked_near.sum())
    if near:
        what = plural(
            "{count:,} test text nearly the same as one in training",
            "{count:,} test texts nearly the same as one in training",
            near,
        )
        yield Finding(
            "leaked_near",
            near,
            "warning",
            what,
            [_pair(train, a, test, b) for a, b in repeats.near_across[:EXAMPLES]],
        )
    other = repeats.contradicting_across
    if len(other):
        what = plural(
            "{count:,} test text in training with another label",
            "{count:,} test texts in training with another label",
            len(other),
        )
        sources = repeats.train.first_with(repeats.test.ids[other[:EXAMPLES]])
        examples = [_pair(train, a, test, b) for a, b in zip(sources, other, strict=False)]
        yield Finding("contradictions_across", len(other), "warning", what, examples)


def _within(evidence: Evidence) -> Iterable[Finding]:
    repeats = evidence.repeats
    for corpus, side, name in zip(evidence.corpora, (repeats.train, repeats.test), ("training", "test"), strict=False):
        rows = side.contradicting
        if len(rows):
            firsts = side.first_with(np.unique(side.ids[rows]))
            examples = [_group(corpus, rows[side.ids[rows] == side.ids[first]]) for first in np.sort(firsts)[:EXAMPLES]]
            what = plural(
                "{count:,} text in {split} with contradictory labels ({rows})",
                "{count:,} texts in {split} with contradictory labels ({rows})",
                len(firsts),
                split=_SPLITS[name],
                rows=plural("{count:,} row", "{count:,} rows", len(rows)),
            )
            yield Finding(f"contradictions_{name}", len(firsts), "warning", what, examples)
        rows = side.duplicates
        if len(rows):
            firsts = side.first_with(side.ids[rows[:EXAMPLES]])
            examples = [_group(corpus, np.array(pair)) for pair in zip(firsts, rows, strict=False)]
            what = plural(
                "{count:,} row in {split} with the text and label of an earlier one",
                "{count:,} rows in {split} with the text and label of an earlier one",
                len(rows),
                split=_SPLITS[name],
            )
            yield Finding(f"duplicates_{name}", len(rows), "note", what, examples)
        yield from _near_within(corpus, repeats.near_within(side), side.labels, name)


def _near_within(corpus: Corpus, pairs: np.ndarray, labels: pl.Series, name: str) -> Iterable[Finding]:
    count = len(np.unique(pairs[:, 1]))
    if not count:
        return
    what = plural(
        "{count:,} text in {split} nearly the same as an earlier one",
        "{count:,} texts in {split} nearly the same as an earlier one",
        count,
        split=_SPLITS[name],
    )
    examples = [_pair(corpus, a, corpus, b) for a, b in pairs[:EXAMPLES]]
    yield Finding(f"near_duplicates_{name}", count, "note", what, examples)
    differ = pairs[(labels.gather(pairs[:, 0]) != labels.gather(pairs[:, 1])).fill_null(False).to_numpy()]
    if len(differ):
        what = plural(
            "{count:,} pair of nearly the same text in {split} with different labels",
            "{count:,} pairs of nearly the same text in {split} with different labels",
            len(differ),
            split=_SPLITS[name],
        )
        examples = [_pair(corpus, a, corpus, b) for a, b in differ[:EXAMPLES]]
        yield Finding(f"near_contradictions_{name}", len(differ), "warning", what, examples)


def _balance(evidence: Evidence) -> Iterable[Finding]:
    train, counts = evidence.corpora[0], evidence.labels[0]
    if not counts:
        return
    rare, common = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if len(counts) == 1:
        what = plural(
            "only label {label!r} in {count:,} row", "only label {label!r} in {count:,} rows", len(train), label=common
        )
        yield Finding("one_label", 1, "serious", what)
    if counts[common] >= 10 * counts[rare]:
        what = message(
            "label {common!r} has {times:,.0f} times as many texts as {rare!r}, of which macro-F1 tells more than "
            "accuracy",
            common=common,
            times=counts[common] / counts[rare],
            rare=rare,
        )
        yield Finding("imbalance", 1, "warning", what)
    few = [label for label, count in counts.items() if count < FEW]
    if few:
        what = plural(
            "{count:,} label with fewer than {few} texts",
            "{count:,} labels with fewer than {few} texts",
            len(few),
            few=FEW,
        )
        yield Finding("rare_labels", len(few), "warning", what, _counted(few, counts))


def _names(evidence: Evidence) -> Iterable[Finding]:
    counts, tested = evidence.labels[0], evidence.labels[-1]
    alike = near_duplicate_labels(list(counts))
    if alike:
        what = plural(
            "{count:,} group of labels that differ only in case, spaces or composition",
            "{count:,} groups of labels that differ only in case, spaces or composition",
            len(alike),
        )
        examples = [" / ".join(map(repr, group)) for group in alike[:EXAMPLES]]
        yield Finding("similar_labels", len(alike), "warning", what, examples)
    new = [label for label in tested if counts and label not in counts]
    if new:
        what = plural(
            "{count:,} test label unknown to training ({texts}, scored as wrong)",
            "{count:,} test labels unknown to training ({texts}, scored as wrong)",
            len(new),
            texts=_texts(sum(tested[label] for label in new)),
        )
        yield Finding("unseen_labels", len(new), "serious", what, _counted(new, tested))


def _counted(labels: Sequence[str], counts: Mapping[str, int]) -> list[Message]:
    return [message("{label}: {texts}", label=label, texts=_texts(counts[label])) for label in labels[:EXAMPLES]]


def _texts(count: int) -> Message:
    return plural("{count:,} text", "{count:,} texts", count)


def _drift(evidence: Evidence) -> Iterable[Finding]:
    if len(evidence.corpora) < 2 or not all(len(corpus) for corpus in evidence.corpora):
        return
    train, test = evidence.scripts
    moved = sum(abs(train.get(script, 0.0) - test.get(script, 0.0)) for script in {*train, *test}) / 2
    if moved > 0.2:
        what = message(
            "training is written in {training}, the test file in {test}", training=_shares(train), test=_shares(test)
        )
        yield Finding("other_scripts", 1, "warning", what)
    first, second = (lengths["characters"]["median"] for lengths in evidence.lengths)
    if max(first, second) > 2 * max(min(first, second), 1):
        what = message(
            "the middle text has {training:,.0f} characters in training and {test:,.0f} in the test file",
            training=first,
            test=second,
        )
        yield Finding("other_lengths", 1, "warning", what)


def _odd_characters(evidence: Evidence) -> Iterable[Finding]:
    for corpus, odd, name in zip(evidence.corpora, evidence.odd, ("training", "test"), strict=False):
        for kind, mask in odd.items():
            severity, what = _ODD[kind]
            rows = mask.arg_true().to_numpy()
            examples = [_group(corpus, rows[i : i + 1]) for i in range(min(EXAMPLES, len(rows)))]
            key = f"{kind.lower().replace(' ', '_').replace('-', '_')}_{name}"
            yield Finding(key, len(rows), severity, what.filled(len(rows), split=_SPLITS[name]), examples)


def _tokenizers(tokenizers: Mapping[str, float]) -> Iterable[Finding]:
    for name, share in tokenizers.items():
        if share >= 0.01:
            severity = "warning" if share >= 0.1 else "note"
            yield Finding(
                f"unseen_{name}",
                1,
                severity,
                message("the tokenizer {name} cannot see {share:.1%} of the characters", name=name, share=share),
            )


def _group(corpus: Corpus, rows: np.ndarray) -> Message:
    """Rows of one text: their numbers, the text, and their labels where these differ or there is one row."""
    numbers = all_numbered(corpus.rows[rows], 5, corpus.places)
    labels = list(dict.fromkeys(_label(corpus, row) for row in rows.tolist()))
    text = f"{_text(corpus, int(rows[0]))}{_in_brackets(labels)}"
    return plural("row {rows}: {text}", "rows {rows}: {text}", len(rows), rows=numbers, text=text)


def _pair(first: Corpus, a: np.integer, second: Corpus, b: np.integer) -> Message:
    labels = list(dict.fromkeys([_label(first, int(a)), _label(second, int(b))]))
    texts = list(dict.fromkeys([_text(first, int(a)), _text(second, int(b))]))
    text = f"{' | '.join(texts)}{_in_brackets(labels)}"
    rows = numbered(first.rows[a], first.places), numbered(second.rows[b], second.places)
    if first is second:
        return message("rows {first} and {second}: {text}", first=rows[0], second=rows[1], text=text)
    return message("training row {first}, test row {second}: {text}", first=rows[0], second=rows[1], text=text)


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


def _shares(scripts: Mapping[str, float]) -> list[Message] | Message:
    most = list(scripts.items())[:3]
    return [
        message("{share:.0%} {script}", share=share, script=SCRIPTS.get(name, name)) for name, share in most
    ] or message("no letters")
