"""What a training prints: the rows, the settings, the reports, the scores, and the next command."""

from __future__ import annotations

import shlex
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from sadari.artifact import megabytes
from sadari.cli.arguments.settings import show_settings
from sadari.cli.terminal.printing import headed, say, say_json, table
from sadari.cli.train import teacher as teaching
from sadari.messages import Message, message
from sadari.text.long_texts import cut_note, windows_note
from sadari.wording import numbers as readable

if TYPE_CHECKING:
    from sadari.data.corpus import Corpus
    from sadari.data.read import Source
    from sadari.data.train_data import TrainData
    from sadari.metrics.evaluate import Evaluation
    from sadari.rungs import Rung

INDENT = 12
MOST_LABELS = 8
# What a report shows of a record, where it is there: key, heading, format
_REPORT = (
    ("epoch", "pass", ",.0f"),
    ("step", "step", ",.0f"),
    ("texts", "texts", ",.0f"),
    ("loss", "loss", ".4f"),
    ("accuracy", "accuracy", ".1%"),
    ("validation_accuracy", "validation", ".1%"),
    ("seconds", "seconds", ".1f"),
)


def print_data(rows: TrainData, source: Source, test: Corpus | None, *, share: float, seed: int) -> None:
    """What was read, what was left out, and how it was split."""
    names = [readable.label(name) for name in rows.label_names]
    more = f" and {len(names) - MOST_LABELS:,} more" if len(names) > MOST_LABELS else ""
    read = f"{source.title} · {rows.rows:,} texts · {len(names):,} labels: {', '.join(names[:MOST_LABELS])}{more}"
    _head("Read", read + (" · a batch at a time" if rows.streamed else ""))
    own = [note for note in (test.notes if test else []) if note not in rows.notes]
    for note in [*rows.notes, *(message("test: {note}", note=note) for note in own)]:
        _head("", note)
    if rows.duplicates:
        _head("", f"{rows.duplicates:,} rows dropped: the same text and label as an earlier one")
    split = f"train {len(rows.labels):,} · validation {len(rows.validation):,}"
    _head("Split", f"{split} ({100 * share:g} %, stratified by label, seed {seed})")


def print_result(model: Rung, output: str, scores: dict[str, Evaluation]) -> None:
    """The settings as they were resolved, a recipe's reports, the scores, and what to do with the model."""
    settings = {**model.resolved_settings(), "tokenizer": model.tokenizer_}
    _head("Settings", show_settings({name: value for name, value in settings.items() if name != "seed"}))
    if settings.get("solver") == "adam":
        _print_reports(model.history_)
    if model.cut_:
        _head("Long", cut_note(model.cut_, _texts_read(model), settings["max_length"], settings.get("long_texts")))
    texts, windows = model.windowed_
    if texts:
        _head("Long", windows_note(texts, _texts_read(model), windows, settings["max_length"]))
    for place, line in enumerate(teaching.told(model.teacher_) if model.teacher_ else []):
        _head("" if place else "Teacher", line)
    if model.coverage_:
        _head("Vectors", str(model.coverage_) + ("" if settings["tune"] else " · frozen"))
    _head("Trained", f"{readable.duration(model.train_seconds_, 2)} · {_gone_over(model)}")
    for name, evaluation in scores.items():
        _print_scores(name, evaluation)
    size = megabytes(output)
    _head("Saved", f"{output} · {readable.significant(size, 2)} MB")
    _head("Next", f"sadari predict {shlex.quote(output)} new.csv")


def _texts_read(model: Rung) -> int:
    """With labels, and those of which the teacher alone was asked."""
    taught = (model.teacher_.get(f"{kind} texts", 0) for kind in ("unlabelled", "altered"))
    return int(model.data_["rows"] + sum(taught))


def _gone_over(model: Rung) -> str:
    """How often the texts were gone over; of a training that so many steps have ended, that it was these."""
    last = model.history_[-1] if model.history_ else {}
    passes, steps = int(last.get("epoch", 0)), int(last.get("step", 0))
    if steps and steps == getattr(model, "steps", None):
        return f"{steps:,} step{'s' * (steps != 1)}, the last in pass {passes:,}"
    return f"{passes} pass{'es' * (passes != 1)}"


def print_json(model: Rung, output: str, rows: TrainData, scores: dict[str, Evaluation]) -> None:
    """The same for programs."""
    say_json(
        {
            "rung": model.name,
            "model": output,
            "settings": model.resolved_settings(),
            "rows": {
                "read": rows.rows,
                "train": len(rows.labels),
                "validation": len(rows.validation),
                "dropped_duplicates": rows.duplicates,
                "dropped_blank": rows.blank,
                "cut": model.cut_,
            },
            **(
                {"windows": dict(zip(("texts", "windows"), model.windowed_, strict=True))}
                if any(model.windowed_)
                else {}
            ),
            **({"teacher": model.teacher_} if model.teacher_ else {}),
            **({"vectors": model.coverage_.to_dict()} if model.coverage_ else {}),
            "seconds": model.train_seconds_,
            "history": model.history_,
            "notes": rows.notes,
            **{name: evaluation.to_dict() for name, evaluation in scores.items()},
        }
    )


def sparkline(values: list[float], width: int = 16) -> str:
    """Figures as bars, the largest the highest: ``█▆▄▂▁``; more than `width` of them as the means of so many groups."""
    count = min(width, len(values))
    edges = [place * len(values) // count for place in range(count + 1)]
    shown = [sum(values[first:stop]) / (stop - first) for first, stop in pairwise(edges)]
    low, high = min(shown), max(shown)
    return "".join("▁▂▃▄▅▆▇█"[round(7 * (value - low) / (high - low)) if high > low else 0] for value in shown)


def standing(done: int, total: int, record: dict[str, float], losses: list[float]) -> str:
    """How a training goes, for its progress line: ``pass 2 of 9 █▆▄▂▁ loss 0.338, validation 88.7 %``."""
    said = [f"loss {record['loss']:.3f}"] if "loss" in record else []
    for key, name in (("validation_accuracy", "validation"), ("accuracy", "accuracy")):
        if key in record:
            said.append(f"{name} {readable.percent(record[key])} %")
            break
    return f"pass {done} of {total} {sparkline(losses, 8)} {', '.join(said)}"


def print_report(record: dict[str, float]) -> None:
    """One line of a training run that reports every n steps, as the course's loop prints it; on standard error."""
    texts, step = record.get("texts"), record["step"]
    parts = [f"pass {record['epoch']:.0f}", f"{step:>7,.0f} steps" if texts is None else f"{texts:>9,.0f} texts"]
    for key, name in (("loss", "loss"), ("accuracy", "accuracy"), ("validation_accuracy", "validation")):
        if key in record:
            parts.append(f"{name} {record[key]:.4f}")
    click.echo("  ".join(parts), err=True)


def _print_scores(name: str, scores: Evaluation) -> None:
    """One line: accuracy and macro-F1 with their intervals; more lines where something weighs on them."""
    interval = scores.macro_f1
    half = f" ±{readable.plus_minus(interval)}" if readable.percent(interval.low) != readable.DASH else ""
    parts = [
        f"accuracy {readable.percent(scores.accuracy.value)} ±{readable.plus_minus(scores.accuracy)} %",
        f"macro-F1 {readable.percent(interval.value)}{half} %",
    ]
    if scores.calibration_error is not None:
        parts.append(f"calibration {readable.points(scores.calibration_error)} points off")
    _head(name.capitalize(), " · ".join(parts))
    if scores.unseen_labels:
        count = sum(scores.unseen_labels.values())
        _head("", f"{count:,} with labels that training never saw, counted as wrong: {', '.join(scores.unseen_labels)}")


def _print_reports(history: list[dict[str, float]]) -> None:
    keys = [entry for entry in _REPORT if history and entry[0] in history[0]]
    rows = [[format(record[key], shape) for key, _, shape in keys] for record in history]
    for line in table(rows, headings=[heading for _, heading, _ in keys], left=0) if rows else []:
        say(line)


def _head(head: str, text: Message | str) -> None:
    headed(head, text, indent=INDENT)
