"""What an audit found: figures, findings, rows; and all of it as lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from sadari.data.audit.findings import SCRIPTS, Finding, printable
from sadari.display.html import block, table
from sadari.messages import Message, beside, counted, message, plain

LABELS = 20  # label counts shown
# Said in the summary's first line, whatever was found.
_FIRST_LINE = frozenset({"duplicates_training", "leaked_exact", "leaked_near", "contradictions_training"})
# What figures, units of length, odd characters and severities are called.
FIGURES = {
    "min": message("shortest"),
    "median": message("median"),
    "p95": message("95 % up to"),
    "max": message("longest"),
}
UNITS = {"characters": message("characters"), "words": message("words")}
ODD = {
    "replacement character": message("replacement character"),
    "wrongly decoded": message("wrongly decoded"),
    "control character": message("control character"),
    "private-use character": message("private-use character"),
    "invisible character": message("invisible character"),
    "HTML entity": message("HTML entity"),
    "HTML tag": message("HTML tag"),
    "backslash": message("backslash"),
    "not NFC": message("not NFC"),
}
SEVERITIES = {"serious": message("serious"), "warning": message("warning"), "note": message("note")}


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

    def _repr_html_(self) -> str:
        """Every figure and finding, a part after the other."""
        parts = ((section.lines, beside([section.title, section.about])) for section in self.sections())
        return block(*(table(lines, caption=said, left=2) for lines, said in parts))

    def summary(self, *, kept: bool = False) -> list[Message | str]:
        """What was found of repeats, and on a second line, if there is more, the gravest of the rest.

        Args:
            kept: whether duplicates stay in training.
        """
        repeats = beside([self._duplicates(kept), self._leaks(), _contradictions(self.train.contradictions)])
        rest = [f for f in self.findings if f.severity != "note" and f.key not in _FIRST_LINE]
        more = message("{count:,} more: sadari data audit DATA", count=len(rest) - 2) if len(rest) > 2 else None
        return [repeats, beside([*(finding.what for finding in rest[:2]), more])] if rest else [repeats]

    def _duplicates(self, kept: bool) -> Message:
        if not len(self.duplicate_rows):
            return message("no duplicates in training")
        said = message("{duplicates} kept in training") if kept else message("{duplicates} dropped from training")
        return said.filled(duplicates=counted(len(self.duplicate_rows), "duplicate"))

    def _leaks(self) -> Message | None:
        if not self.across:
            return None
        exact, near = self.across["exact"], self.across["near"]
        said = message("no texts also in the test file")
        if exact:
            said = message("{texts} also in the test file (scored with and without)", texts=counted(exact, "text"))
        return message("{exact}, {near:,} nearly", exact=said, near=near) if near else said

    def sections(self) -> list[Section]:
        """Every figure, then every finding with its examples."""
        found = [_split(message("Training"), self.train)]
        if self.test:
            across = message(
                "{texts} also in training, {near:,} nearly",
                texts=counted(self.across["exact"], "test text"),
                near=self.across["near"],
            )
            found += [_split(message("Test"), self.test), Section(message("Across"), across)]
        if self.tokenizers:
            shares = " · ".join(f"{name} {share:.2%}" for name, share in self.tokenizers.items())
            dropped = message("characters that a tokenizer drops: {shares}", shares=shares)
            found.append(Section(message("Unseen"), dropped))
        lines: list[Line] = []
        for finding in self.findings:
            lines.append((SEVERITIES[finding.severity], finding.what))
            lines += [("", example) for example in finding.examples]
        lines += [(message("limit"), note) for note in self.notes]
        number = counted(len(self.findings), "finding") if self.findings else message("none")
        return [*found, Section(message("Findings"), number, lines)]


Line = tuple[Message | str, Message | str]  # what it is called, and what is said of it


@dataclass(frozen=True)
class Section:
    """A part of an audit in words."""

    title: Message
    about: Message | str
    lines: Sequence[Line] = ()


def _contradictions(count: int) -> Message:
    if not count:
        return message("no contradictions")
    return message("{texts} with contradictory labels", texts=counted(count, "text"))


def _split(name: Message, split: SplitAudit) -> Section:
    labels: list[Message | str] = [printable(f"{label} {count:,}") for label, count in split.labels.items()]
    more = message("{count:,} more", count=len(labels) - LABELS) if len(labels) > LABELS else None
    largest = message("largest {times:,.1f} times the smallest", times=split.imbalance) if len(labels) > 1 else None
    scripts = [
        message("{name} {share:.1%}", name=SCRIPTS.get(script, script), share=share)
        for script, share in split.scripts.items()
        if share >= 0.0005
    ]
    repeats = message(
        "{exact:,} exact · {near:,} near · {contradictions} · {empty:,} empty",
        exact=split.exact_duplicates,
        near=split.near_duplicates,
        contradictions=counted(split.contradictions, "contradiction"),
        empty=split.empty,
    )
    odd = [message("{name} {count:,}", name=ODD[kind], count=count) for kind, count in split.odd_characters.items()]
    lines: list[Line] = [
        (message("labels"), beside([*(labels[:LABELS] or [message("none")]), more, largest])),
        *((UNITS[unit], _lengths(figures)) for unit, figures in split.lengths.items()),
        (message("scripts"), beside(scripts) or message("no letters")),
        (message("repeats"), repeats),
        *([(message("unusual"), beside(odd))] if odd else []),
    ]
    return Section(name, beside([counted(split.rows, "text"), counted(len(split.labels), "label")]), lines)


def _lengths(figures: dict[str, float]) -> Message | str:
    return beside([message("{name} {count:,.0f}", name=FIGURES[name], count=value) for name, value in figures.items()])
