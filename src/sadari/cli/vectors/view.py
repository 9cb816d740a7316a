"""What the commands of ``sadari vectors`` print."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from rich.cells import cell_len

from sadari import readable
from sadari.cli.terminal.printing import bar, columns, headed, json_line, note, pad, say, say_json, table
from sadari.display.lines import printable, sparkline
from sadari.errors import SadariError
from sadari.messages import Message, beside, counted, message, plural

if TYPE_CHECKING:
    from sadari.vectors.evaluation import AnalogyScores, AnalogySection, SimilarityScore
    from sadari.vectors.keyed import Metric, WordVectors
    from sadari.vectors.projection import Projection

BAR = 16
INDENT = 10  # of what stands behind a heading
print_headed = partial(headed, indent=INDENT)  # as all commands of ``sadari vectors`` print
LISTED = 5  # words in a list of examples
_SCORES = {"cosine": "cosine", "euclidean": "distance"}  # what each metric's figures are


@dataclass(frozen=True)
class Answer:
    """What was asked, the words in it, and the words found, each with its cosine or its distance."""

    query: str
    words: Sequence[str]
    found: Sequence[tuple[str, float]]


class Answers:
    """Prints the words that are nearest to what was asked, for reading or as JSON.

    Args:
        vectors: where the words are from.
        metric: "cosine" or "euclidean".
        as_json: print JSON.
    """

    def __init__(self, vectors: WordVectors, metric: Metric, *, as_json: bool) -> None:
        self._vectors, self._metric, self._as_json = vectors, metric, as_json
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
            made = message("{word!r} is made from its subwords", word=word)
            others = self._vectors.variants(word)
            if others:
                made = message("{made}; there is {near}", made=made, near=repr(others[0]))
            say(click.style(printable(f"  {made}"), dim=True))
        room = columns() - 2 - 2 - 7 - 2 - BAR
        widest = min(room, max((cell_len(printable(word)) for word, _ in answer.found), default=0))
        for word, score in answer.found:
            drawn = bar(max(0.0, score), 1, BAR) if self._metric == "cosine" else ""
            say(f"  {pad(printable(word), widest)}  {_score(score)}  {click.style(drawn, fg='green')}".rstrip())

    def _as_dict(self, answer: Answer) -> dict[str, Any]:
        return {
            "query": answer.query,
            "from_subwords": self._made(answer),
            "nearest": [{"word": word, _SCORES[self._metric]: score} for word, score in answer.found],
        }

    def _made(self, answer: Answer) -> list[str]:
        """The words of the query that are not among the vectors': they were made from subwords."""
        return [word for word in dict.fromkeys(answer.words) if word not in self._vectors]


def _score(value: float) -> str:
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
    all_pairs = len(score.pairs)
    pearson = message("Pearson {value}", value=_figure(score.pearson))
    print_headed("Spearman", beside([_figure(score.spearman), pearson, _chance(score.p_value)]))
    missing = all_pairs - score.scored
    parts = [message("{pairs:,} of {all:,} compared", pairs=score.scored, all=all_pairs)]
    for pairs, said in (
        (
            missing,
            message("{pairs:,} without a vector ({share})", share=readable.in_percent(missing / (all_pairs or 1))),
        ),
        (score.lowered, message("{pairs:,} with a word found in lower case")),
        (score.from_subwords, message("{pairs:,} with a word made from subwords")),
    ):
        if pairs:
            parts.append(said.filled(pairs=pairs, share=readable.in_percent(pairs / all_pairs)))
    print_headed("Pairs", beside(parts))
    if score.missing:
        words = counted(len(score.missing), "word")
        print_headed("Missing", message("{words}: {listed}", words=words, listed=_listed(score.missing)))


def _print_analogies(score: AnalogyScores) -> None:

    sums = [*score.kinds, score.total]
    shown = score.sections if len(score.sections) > 1 else []

    def row(part: AnalogySection) -> list[Message | str]:
        accuracy = readable.in_percent(part.accuracy) if part.asked else readable.DASH
        return [
            part.name or message("(no section)"),
            accuracy,
            f"{part.correct:,}",
            f"{part.asked:,}",
            f"{part.questions:,}",
        ]

    def style(number: int, _: int, cell: str) -> str:
        return click.style(cell, bold=True) if number >= len(shown) else cell

    rows = [row(part) for part in [*shown, *sums]]
    for line in table(
        rows,
        headings=["", message("accuracy"), message("right"), message("asked"), message("in the file")],
        widest=40,
        style=style,
    ):
        say(line)
    total = score.total
    if score.missing:
        left = total.questions - total.asked
        said = message("{questions} ({share}) not asked for want of {words}: {listed}")
        said = said.filled(questions=counted(left, "question"), share=readable.in_percent(left / total.questions))
        words = counted(len(score.missing), "word")
        print_headed("Missing", said.filled(words=words, listed=_listed(score.missing)))


def _figure(value: float) -> Message | str:
    return f"{value:.4f}".replace("-", "−") if value == value else message("– (all scores are equal)")


def _chance(p_value: float) -> str:
    if p_value != p_value:
        return "p = –"
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:LISTED]) + (", …" if len(words) > LISTED else "")


# -- pictures and files ---------------------------------------------------------------------------------------


def print_projection(found: Projection, picture: Path) -> None:
    """What the picture shows, and how much of the words' variance."""

    print_headed("Picture", str(picture))
    across, upward = found.shares
    said = message("{share:.0f} % of their variance: {across:.0f} % across, {upward:.0f} % upward")
    said = said.filled(share=100 * (across + upward), across=100 * across, upward=100 * upward)
    print_headed("Shows", beside([counted(len(found.words), "word"), said]))


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

    print_headed("Words", beside([f"{found['words']:,}", message("{width:,} numbers each", width=found["width"])]))
    print_headed("Notes", *found["notes"])
    print_headed("First", " · ".join(found["first"]))
    if found["length"] is not None:
        low, mean, high = (f"{found['length'][key]:.3g}" for key in ("smallest", "mean", "largest"))
        print_headed("Lengths", message("{low} to {high}, {mean} in the mean", low=low, high=high, mean=mean))
    if found["zero"]:
        print_headed("", message("{zero} of zeros, which no word is near to", zero=counted(found["zero"], "vector")))
    if found["tokens"] is not None:
        print_headed("Seen", message("{tokens:,} words of text, which were counted", tokens=found["tokens"]))
    parts = found["subwords"]
    if parts is None:
        print_headed("Subwords", message("none: a word that is not among these has no vector"))
    else:
        every = message(
            "{buckets:,} buckets for pieces of {shortest} to {longest} {unit}: every word has a vector", **parts
        )
        print_headed("Subwords", every)


def print_written(vectors: WordVectors, output: str, *, lost: Sequence[Message]) -> None:
    """What was written where, what got lost on the way, and what to do next."""

    said = message("{words}, {width:,} wide: {output}", words=counted(len(vectors), "word"))
    print_headed("Written", said.filled(width=vectors.width, output=output), *lost)
    frequent = (vectors.word(row) for row in range(min(200, len(vectors))))
    word = next((word for word in frequent if word.isalpha() and len(word.encode()) > 4), "WORD")
    print_headed("Next", f"sadari vectors nearest {shlex.quote(output)} {word}")


def print_trained(
    vectors: WordVectors, output: str, notes: Sequence[Message | str], lost: Sequence[Message], *, as_json: bool
) -> None:
    """What was read, what was learned, what its format cannot hold, and what to do next."""
    training = vectors.training
    history, settings = training["history"], training["settings"]
    if as_json:
        found = {"vectors": output, "words": len(vectors), "width": vectors.width, "notes": [*notes, *lost]}
        say_json({**found, **training, "tokenizer": vectors.tokenizer})
        return
    note(*notes)
    said = plural(
        "{words}, {different:,} different; {kept:,} kept, which stand once or more",
        "{words}, {different:,} different; {kept:,} kept, which stand {count:,} times or more",
        settings["min_count"],
        words=counted(training["tokens"], "word"),
        different=len(vectors) + training["rare"],
        kept=len(vectors),
    )
    print_headed("Read", said)
    kind = message("{model}, {width} wide, {epochs} in {seconds:.1f} s")
    if settings["subwords"] is not None:
        kind = message("{model}, with pieces of {unit}, {width} wide, {epochs} in {seconds:.1f} s")
    kind = kind.filled(epochs=counted(len(history), "pass"), seconds=sum(record["seconds"] for record in history))
    print_headed("Trained", kind.filled(model=settings["model"], unit=settings["unit"], width=vectors.width))
    losses = [record["loss"] for record in history]
    fall = f" {sparkline(losses)} {losses[-1]:.3f}" if len(losses) > 1 else ""
    print_headed("Loss", f"{losses[0]:.3f}{fall}")
    print_headed("Vectors", output, *lost)
    example = next((word for word in vectors.words[20:] if word.isalpha() and len(word) > 3), vectors.words[-1])
    print_headed("Next", f"sadari vectors nearest {shlex.quote(output)} {shlex.quote(example)}")
