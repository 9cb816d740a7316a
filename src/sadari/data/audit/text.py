"""An audit as lines of text, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sadari.data.audit.findings import plural, printable

if TYPE_CHECKING:
    from sadari.data.audit.audit import Audit, SplitAudit

LABELS = 20  # label counts shown
# Said in the summary's first line, whatever was found.
_FIRST_LINE = frozenset({"duplicates_training", "leaked_exact", "leaked_near", "contradictions_training"})


def summary(audit: Audit) -> list[str]:
    """What was found of repeats, and on a second line, if there is more, the gravest of the rest."""
    parts = [_none_or(len(audit.duplicate_rows), "duplicate") + " in training"]
    if len(audit.duplicate_rows):
        parts = [f"{plural(len(audit.duplicate_rows), 'duplicate')} dropped from training"]
    if audit.across:
        exact, near = audit.across["exact"], audit.across["near"]
        scored = " (scored with and without)" if exact else ""
        nearly = f", {near:,} nearly" if near else ""
        parts.append(f"{_none_or(exact, 'text')} also in the test file{scored}{nearly}")
    contradictions = audit.train.contradictions
    said = " with more than one label" if contradictions else ""
    parts.append(f"{_none_or(contradictions, 'text' if contradictions else 'contradiction')}{said}")
    rest = [f for f in audit.findings if f.severity != "note" and f.key not in _FIRST_LINE]
    if not rest:
        return [" · ".join(parts)]
    more = [f"{len(rest) - 2:,} more: sadari data audit"] if len(rest) > 2 else []
    return [" · ".join(parts), " · ".join([*(finding.what for finding in rest[:2]), *more])]


def full(audit: Audit) -> list[str]:
    """Every figure, then every finding with its examples."""
    lines = [*_split("Training", audit.train)]
    if audit.test:
        lines += ["", *_split("Test", audit.test)]
        exact, near = audit.across["exact"], audit.across["near"]
        lines += ["", f"Across        {plural(exact, 'test text')} also in training, {near:,} nearly"]
    if audit.tokenizers:
        shares = " · ".join(f"{name} {share:.2%}" for name, share in audit.tokenizers.items())
        lines += ["", f"Unseen        characters that a tokenizer drops: {shares}"]
    lines += ["", f"Findings      {plural(len(audit.findings), 'finding') if audit.findings else 'none'}"]
    for finding in audit.findings:
        lines.append(f"  {finding.severity:<12}{finding.what}")
        lines += [f"              {example}" for example in finding.examples]
    return lines + [f"  {'limit':<12}{note}" for note in audit.notes]


def _split(name: str, split: SplitAudit) -> list[str]:
    counts = [printable(f"{label} {count:,}") for label, count in split.labels.items()]
    shown = " · ".join(counts[:LABELS]) + (f" · {len(counts) - LABELS:,} more" if len(counts) > LABELS else "")
    scripts = " · ".join(f"{script} {share:.1%}" for script, share in split.scripts.items() if share >= 0.0005)
    odd = " · ".join(f"{what} {count:,}" for what, count in split.odd_characters.items())
    largest = f" · largest {split.imbalance:,.1f} times the smallest" if len(counts) > 1 else ""
    lines = [
        f"{name:<14}{plural(split.rows, 'text')} · {plural(len(split.labels), 'label')}",
        f"  labels      {shown or 'none'}{largest}",
        *(f"  {unit:<12}{_lengths(figures)}" for unit, figures in split.lengths.items()),
        f"  scripts     {scripts or 'no letters'}",
        f"  repeats     {split.exact_duplicates:,} exact · {split.near_duplicates:,} near"
        f" · {plural(split.contradictions, 'contradiction')} · {split.empty:,} empty",
    ]
    return [*lines, f"  unusual     {odd}"] if odd else lines


def _lengths(figures: dict[str, float]) -> str:
    return " · ".join(f"{name} {value:,.0f}" for name, value in figures.items())


def _none_or(count: int, noun: str) -> str:
    return plural(count, noun) if count else f"no {noun}s"
