"""What an audit found: figures, findings, rows; and all of it as lines of text for a terminal."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import numpy as np

from sadari.data.audit.findings import Finding, counted, printable
from sadari.messages import Message, plain

LABELS = 20  # label counts shown
# Said in the summary's first line, whatever was found.
_FIRST_LINE = frozenset({"duplicates_training", "leaked_exact", "leaked_near", "contradictions_training"})


@dataclass
class SplitAudit:
    """One file's figures. Lengths are of the texts as they are; blank ones that were dropped are empty."""

    rows: int
    labels: dict[str, int]  # label → texts that have it
    imbalance: float  # texts of the most frequent label over those of the least frequent; 1.0 without labels
    lengths: dict[str, dict[str, float]]  # "characters", "words" → min, median, p95, max
    empty: int
    exact_duplicates: int  # rows whose text and label an earlier row has
    near_duplicates: int  # texts nearly the same as an earlier one
    contradictions: int  # texts that occur with two labels or more
    scripts: dict[str, float]  # script → share of the letters
    odd_characters: dict[str, int]  # what → texts that have it


@dataclass
class Audit:
    """The result of `audit`. Arrays of rows are positions in the corpus, from 0."""

    train: SplitAudit
    test: SplitAudit | None
    across: dict[str, int]  # test texts that are in training: "exact", "near", and "contradictions" of the exact ones
    tokenizers: dict[str, float]  # tokenizer → share of the characters that it cannot see, 0 to 1
    findings: list[Finding]
    notes: list[Message]
    duplicate_rows: np.ndarray = field(repr=False)  # int64: training rows to drop; the first of each text stays
    near_duplicate_rows: np.ndarray = field(repr=False)  # int64: training rows nearly the same as an earlier one
    contradicting_rows: np.ndarray = field(repr=False)  # int64: training rows of texts with two labels or more
    leaked_exact: np.ndarray = field(repr=False)  # bool [test rows]: the text is in training
    leaked_near: np.ndarray = field(repr=False)  # bool [test rows]: training has nearly this text

    def to_dict(self) -> dict[str, object]:
        """Everything but the arrays, for JSON; sentences are in the current language."""
        return plain(self.figures())

    def figures(self) -> dict[str, object]:
        """The same with the sentences as messages."""
        return {
            "train": asdict(self.train),
            "test": asdict(self.test) if self.test else None,
            "across": dict(self.across),
            "tokenizers": dict(self.tokenizers),
            "findings": [dict(vars(finding)) for finding in self.findings],
            "notes": list(self.notes),
        }

    def summary(self) -> list[str]:
        """What was found of repeats, and on a second line, if there is more, the gravest of the rest."""
        parts = [_none_or(len(self.duplicate_rows), "duplicate") + " in training"]
        if len(self.duplicate_rows):
            parts = [f"{counted(len(self.duplicate_rows), 'duplicate')} dropped from training"]
        if self.across:
            exact, near = self.across["exact"], self.across["near"]
            scored = " (scored with and without)" if exact else ""
            nearly = f", {near:,} nearly" if near else ""
            parts.append(f"{_none_or(exact, 'text')} also in the test file{scored}{nearly}")
        contradictions = self.train.contradictions
        said = " with more than one label" if contradictions else ""
        parts.append(f"{_none_or(contradictions, 'text' if contradictions else 'contradiction')}{said}")
        rest = [f for f in self.findings if f.severity != "note" and f.key not in _FIRST_LINE]
        if not rest:
            return [" · ".join(parts)]
        more = [f"{len(rest) - 2:,} more: sadari data audit"] if len(rest) > 2 else []
        return [" · ".join(parts), " · ".join([*(str(finding.what) for finding in rest[:2]), *more])]

    def lines(self) -> list[str]:
        """Every figure, then every finding with its examples."""
        lines = [*_split("Training", self.train)]
        if self.test:
            lines += ["", *_split("Test", self.test)]
            exact, near = self.across["exact"], self.across["near"]
            lines += ["", f"Across        {counted(exact, 'test text')} also in training, {near:,} nearly"]
        if self.tokenizers:
            shares = " · ".join(f"{name} {share:.2%}" for name, share in self.tokenizers.items())
            lines += ["", f"Unseen        characters that a tokenizer drops: {shares}"]
        lines += ["", f"Findings      {counted(len(self.findings), 'finding') if self.findings else 'none'}"]
        for finding in self.findings:
            lines.append(f"  {finding.severity:<12}{finding.what}")
            lines += [f"              {example}" for example in finding.examples]
        return lines + [f"  {'limit':<12}{note}" for note in self.notes]


def _split(name: str, split: SplitAudit) -> list[str]:
    counts = [printable(f"{label} {count:,}") for label, count in split.labels.items()]
    shown = " · ".join(counts[:LABELS]) + (f" · {len(counts) - LABELS:,} more" if len(counts) > LABELS else "")
    scripts = " · ".join(f"{script} {share:.1%}" for script, share in split.scripts.items() if share >= 0.0005)
    odd = " · ".join(f"{what} {count:,}" for what, count in split.odd_characters.items())
    largest = f" · largest {split.imbalance:,.1f} times the smallest" if len(counts) > 1 else ""
    lines = [
        f"{name:<14}{counted(split.rows, 'text')} · {counted(len(split.labels), 'label')}",
        f"  labels      {shown or 'none'}{largest}",
        *(f"  {unit:<12}{_lengths(figures)}" for unit, figures in split.lengths.items()),
        f"  scripts     {scripts or 'no letters'}",
        f"  repeats     {split.exact_duplicates:,} exact · {split.near_duplicates:,} near"
        f" · {counted(split.contradictions, 'contradiction')} · {split.empty:,} empty",
    ]
    return [*lines, f"  unusual     {odd}"] if odd else lines


def _lengths(figures: dict[str, float]) -> str:
    return " · ".join(f"{name} {value:,.0f}" for name, value in figures.items())


def _none_or(count: int, noun: str) -> str:
    return counted(count, noun) if count else f"no {noun}s"
