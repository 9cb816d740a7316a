"""What the commands of ``sadari vectors`` print."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from rich.cells import cell_len

from sadari.cli.terminal.printing import bar, columns, headed, json_line, note, pad, printable, say, say_json, table
from sadari.errors import SadariError

if TYPE_CHECKING:
    from sadari.vectors.evaluation import AnalogyScores, AnalogySection, SimilarityScore
    from sadari.vectors.keyed import WordVectors
    from sadari.vectors.projection import Projection

BAR = 16
INDENT = 10  # of what stands behind a heading
LISTED = 5  # words in a list of examples


@dataclass(frozen=True)
class Answer:
    """What was asked, the words in it, and the words found with their cosines."""

    query: str
    words: Sequence[str]
    found: Sequence[tuple[str, float]]


def print_headed(head: str, text: str) -> None:
    """A heading, and a text behind it, as all commands of ``sadari vectors`` print them."""
    headed(head, text, indent=INDENT)


class Answers:
    """Prints the words that are nearest to what was asked, for reading or as JSON.

    Args:
        vectors: where the words are from.
        as_json: print JSON.
    """

    def __init__(self, vectors: WordVectors, *, as_json: bool) -> None:
        self._vectors, self._as_json = vectors, as_json
        self._printed = 0

    def print_all(self, answers: Iterable[Answer]) -> None:
        """All that was asked, at the end."""
        if self._as_json:
            say_json([self._as_dict(answer) for answer in answers])
            return
        for answer in answers:
            self._print(answer)

    def answer(self, lines: Iterable[str], find: Callable[[str], Answer]) -> None:
        """One line after the other, each at once; one that cannot be answered does not stop the others."""
        for line in lines:
            try:
                answer = find(line)
            except SadariError as error:
                if self._as_json:
                    click.echo(json_line({"query": line, "error": error.what, "hint": error.hint}))
                else:
                    note(str(error))
            else:
                if self._as_json:
                    click.echo(json_line(self._as_dict(answer)))
                else:
                    self._print(answer)
            sys.stdout.flush()

    def _print(self, answer: Answer) -> None:
        if self._printed:
            say()
        self._printed += 1
        say(click.style(printable(answer.query), bold=True))
        for word in self._made(answer):
            other = self._vectors.likely(word)
            say(
                click.style(
                    printable(f"  {word!r} is made from its subwords" + (f"; {other}" if other else "")), dim=True
                )
            )
        room = columns() - 2 - 2 - 7 - 2 - BAR
        widest = min(room, max((cell_len(printable(word)) for word, _ in answer.found), default=0))
        for word, cosine in answer.found:
            drawn = click.style(bar(max(0.0, cosine), 1, BAR), fg="green")
            say(f"  {pad(printable(word), widest)}  {_cosine(cosine)}  {drawn}".rstrip())

    def _as_dict(self, answer: Answer) -> dict[str, Any]:
        return {
            "query": answer.query,
            "from_subwords": self._made(answer),
            "nearest": [{"word": word, "cosine": cosine} for word, cosine in answer.found],
        }

    def _made(self, answer: Answer) -> list[str]:
        """The words of the query that are not among the vectors': they were made from subwords."""
        return [word for word in dict.fromkeys(answer.words) if word not in self._vectors]


def _cosine(value: float) -> str:
    return f"{value:7.4f}".replace("-", "−")


# -- evaluating -----------------------------------------------------------------------------------------------


def print_scores(scores: Sequence[SimilarityScore | AnalogyScores]) -> None:
    """Every file's figures, in the order they were asked for."""
    from sadari.vectors.evaluation import SimilarityScore

    for i, score in enumerate(scores):
        if i:
            say()
        say(click.style(printable(score.source), bold=True))
        if isinstance(score, SimilarityScore):
            _print_pairs(score)
        else:
            _print_analogies(score)


def _print_pairs(score: SimilarityScore) -> None:
    from sadari.data.audit.findings import counted  # not above: it takes a quarter of a second, and most need none

    all_pairs = len(score.pairs)
    print_headed("Spearman", f"{_figure(score.spearman)} · Pearson {_figure(score.pearson)} · {_chance(score.p_value)}")
    parts = [f"{score.scored:,} of {all_pairs:,} compared"]
    if score.scored < all_pairs:
        parts.append(f"{all_pairs - score.scored:,} without a vector ({_share(all_pairs - score.scored, all_pairs)})")
    if score.lowered:
        parts.append(f"{score.lowered:,} with a word found in lower case")
    if score.from_subwords:
        parts.append(f"{score.from_subwords:,} with a word made from subwords")
    print_headed("Pairs", " · ".join(parts))
    if score.missing:
        print_headed("Missing", f"{counted(len(score.missing), 'word')}: {_listed(score.missing)}")


def _print_analogies(score: AnalogyScores) -> None:
    from sadari.data.audit.findings import counted

    sums = [*score.kinds, score.total]
    shown = score.sections if len(score.sections) > 1 else []

    def row(part: AnalogySection) -> list[str]:
        accuracy = f"{100 * part.accuracy:.1f} %" if part.asked else "–"
        return [part.name or "(no section)", accuracy, f"{part.correct:,}", f"{part.asked:,}", f"{part.questions:,}"]

    def style(number: int, _: int, cell: str) -> str:
        return click.style(cell, bold=True) if number >= len(shown) else cell

    rows = [row(part) for part in [*shown, *sums]]
    for line in table(rows, headings=["", "accuracy", "right", "asked", "in the file"], widest=40, style=style):
        say(line)
    total = score.total
    if score.missing:
        left = total.questions - total.asked
        print_headed(
            "Missing",
            f"{counted(left, 'question')} ({_share(left, total.questions)}) not asked for want of "
            f"{counted(len(score.missing), 'word')}: {_listed(score.missing)}",
        )


def _figure(value: float) -> str:
    return f"{value:.4f}".replace("-", "−") if value == value else "– (all scores are equal)"


def _chance(p_value: float) -> str:
    if p_value != p_value:
        return "p = –"
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:LISTED]) + (", …" if len(words) > LISTED else "")


# -- pictures and files ---------------------------------------------------------------------------------------


def print_projection(found: Projection, picture: Path) -> None:
    """What the picture shows, and how much of the words' variance."""
    from sadari.data.audit.findings import counted

    print_headed("Picture", str(picture))
    print_headed(
        "Shows",
        f"{counted(len(found.words), 'word')} · {100 * sum(found.shares):.0f} % of their variance: "
        f"{100 * found.shares[0]:.0f} % across, {100 * found.shares[1]:.0f} % upward",
    )


def describe(vectors: WordVectors, source: str) -> dict[str, Any]:
    """What vectors are, as plain values."""
    lengths = np.delete(vectors.lengths, vectors.directionless)
    subwords = vectors.subwords
    return {
        "source": source,
        "words": len(vectors),
        "width": vectors.width,
        "notes": vectors.notes,
        "first": [vectors.word(row) for row in range(min(10, len(vectors)))],
        "length": {"smallest": float(lengths.min()), "mean": float(lengths.mean()), "largest": float(lengths.max())}
        if len(lengths)
        else None,
        "zero": len(vectors.directionless),
        "tokens": None if vectors.counts is None else int(vectors.counts.sum()),
        "subwords": None
        if subwords is None
        else {
            "buckets": subwords.buckets,
            "shortest": subwords.shortest,
            "longest": subwords.longest,
            "unit": subwords.unit,
        },
    }


def print_description(found: dict[str, Any]) -> None:
    """What vectors are, for a reader."""
    from sadari.data.audit.findings import counted

    print_headed("Words", f"{found['words']:,} · {found['width']:,} numbers each")
    for i, line in enumerate(found["notes"]):
        print_headed("" if i else "Notes", line)
    print_headed("First", " · ".join(found["first"]))
    if found["length"] is not None:
        low, mean, high = (f"{found['length'][key]:.3g}" for key in ("smallest", "mean", "largest"))
        print_headed("Lengths", f"{low} to {high}, {mean} in the mean")
    if found["zero"]:
        print_headed("", f"{counted(found['zero'], 'vector')} of zeros, which no word is near to")
    if found["tokens"] is not None:
        print_headed("Seen", f"{found['tokens']:,} words of text, which were counted")
    parts = found["subwords"]
    if parts is None:
        print_headed("Subwords", "none: a word that is not among these has no vector")
    else:
        pieces = f"pieces of {parts['shortest']} to {parts['longest']} {parts['unit']}"
        print_headed("Subwords", f"{parts['buckets']:,} buckets for {pieces}: every word has a vector")


def print_written(vectors: WordVectors, output: str, *, lost: Sequence[str]) -> None:
    """What was written where, what got lost on the way, and what to do next."""
    from sadari.data.audit.findings import counted

    print_headed("Written", f"{counted(len(vectors), 'word')}, {vectors.width:,} wide: {output}")
    for line in lost:
        print_headed("", line)
    frequent = (vectors.word(row) for row in range(min(200, len(vectors))))
    word = next((word for word in frequent if word.isalpha() and len(word.encode()) > 4), "WORD")
    print_headed("Next", f"sadari vectors nearest {shlex.quote(output)} {word}")
