"""What a training prints: the rows, the settings, the reports, the scores, and the next command."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from sadari import readable
from sadari.cli.arguments.settings import show_settings
from sadari.cli.terminal.printing import (
    NEW_FILE,
    headed,
    labels_named,
    note,
    notes_of_both,
    saved,
    say,
    say_json,
    table,
)
from sadari.cli.train import teacher as teaching
from sadari.messages import Message, beside, counted, message
from sadari.metrics.interval import Interval
from sadari.text.long_texts import cut_note, windows_note

if TYPE_CHECKING:
    from sadari.data.corpus import Corpus
    from sadari.data.source import Source
    from sadari.data.train_data import TrainData
    from sadari.display.terminal import Progress
    from sadari.metrics.evaluate import Evaluation
    from sadari.rungs import Rung

INDENT = 12
print_headed = partial(headed, indent=INDENT)  # as all commands that train a net print
Line = tuple[Message | str | None, ...]  # a heading, and what stands under it
SCORED = {"validation": message("Validation"), "test": message("Test")}
# What a report shows of a record, where it is there: key, heading, format
_REPORT = (
    ("epoch", message("pass"), ",.0f"),
    ("step", message("step"), ",.0f"),
    ("texts", message("texts"), ",.0f"),
    ("loss", message("loss"), ".4f"),
    ("accuracy", message("accuracy"), ".1%"),
    ("validation_accuracy", message("validation"), ".1%"),
    ("seconds", message("seconds"), ".1f"),
)


class Read(Protocol):
    """Texts that a command has read: the names of the files, and what was noticed."""

    names: list[str]
    notes: list[Message]


class Told:
    """Says how a training on plain texts goes.

    Args:
        texts: what is read.
        progress: of the command.
        note: says on standard error what a record holds.
        quiet: print nothing on standard output.
    """

    def __init__(
        self, texts: Read, progress: Progress, note: Callable[[Mapping[str, Any]], None], *, quiet: bool
    ) -> None:
        self._texts, self._progress, self._note, self._quiet = texts, progress, note, quiet

    def start(self, lines: Sequence[Line]) -> None:
        """The texts are read, the net is made; ``lines`` say how."""
        if not self._quiet:
            with self._progress.paused():
                print_lines(lines, self._texts.names, self._texts.notes)

    def record(self, record: Mapping[str, Any]) -> None:
        """Something was scored or written."""
        with self._progress.paused():
            self._note(record)


def print_lines(lines: Sequence[Line], names: Sequence[str] = (), notes: Sequence[Message] = ()) -> None:
    """What there is to say of a net before it learns.

    Args:
        lines: headings, and what stands under them.
        names: of the texts, which stand before what the first line says of them.
        notes: on the texts, which stand after it.
    """
    (head, read, *more), *rest = lines
    print_headed(head or "", beside([", ".join(names) or None, read]), *notes, *more)
    for heading, *texts in rest:
        print_headed(heading or "", *texts)


def print_data(rows: TrainData, source: Source, test: Corpus | None, *, share: float, seed: int) -> None:
    """What was read, what was left out, and how it was split."""
    streamed = message("a batch at a time") if rows.streamed else None
    read = beside([source.title, counted(rows.rows, "text"), labels_named(rows.label_names), streamed])
    dropped = message("{rows} dropped: the same text and label as an earlier one")
    same = dropped.filled(rows=counted(rows.duplicates, "row")) if rows.duplicates else None
    print_headed("Read", read, *notes_of_both(rows.notes, test.notes if test else []), same)
    split = message("train {train:,} · validation {validation:,} ({share:g} %, stratified by label, seed {seed})")
    print_headed(
        "Split",
        split.filled(train=len(rows.labels), validation=len(rows.validation), share=100 * share, seed=seed),
    )


def print_result(model: Rung, output: str, scores: dict[str, Evaluation]) -> None:
    """The settings as they were resolved, a recipe's reports, the scores, and what to do with the model."""
    settings = {**model.resolved_settings(), "tokenizer": model.tokenizer_}
    shown = show_settings({name: value for name, value in settings.items() if name != "seed" and value != ""})
    choice = model.tokenizer_choice_
    print_headed("Settings", shown, choice.said() if choice else None)
    if settings.get("solver") == "adam":
        _print_reports(model.history_)
    if model.cut_:
        print_headed(
            "Long", cut_note(model.cut_, _texts_read(model), settings["max_length"], settings.get("long_texts"))
        )
    texts, windows = model.windowed_
    if texts:
        print_headed("Long", windows_note(texts, _texts_read(model), windows, settings["max_length"]))
    if model.teacher_:
        print_headed("Teacher", *teaching.told(model.teacher_))
    if model.coverage_:
        print_headed("Vectors", beside([model.coverage_.said(), None if settings["tune"] else message("frozen")]))
    print_headed("Trained", beside([readable.duration(model.train_seconds_, 2), _gone_over(model)]))
    for name, evaluation in scores.items():
        _print_scores(name, evaluation)
    saved(output, indent=INDENT)
    print_headed("Next", f"sadari predict {shlex.quote(output)} {NEW_FILE}")


def _texts_read(model: Rung) -> int:
    """With labels, and those of which the teacher alone was asked."""
    taught = (model.teacher_.get(f"{kind} texts", 0) for kind in ("unlabelled", "altered"))
    return int(model.data_["rows"] + sum(taught))


def _gone_over(model: Rung) -> Message:
    """How often the texts were gone over; of a training that so many steps have ended, that it was these."""
    last = model.history_[-1] if model.history_ else {}
    passes, steps = int(last.get("epoch", 0)), int(last.get("step", 0))
    if steps and steps == getattr(model, "steps", None):
        return message("{steps}, the last in pass {number:,}", steps=counted(steps, "step"), number=passes)
    return counted(passes, "pass")


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
            "notes": [*rows.notes, *([model.tokenizer_choice_.said()] if model.tokenizer_choice_ else [])],
            **{name: evaluation.to_dict() for name, evaluation in scores.items()},
        }
    )


def step_reached(record: Mapping[str, float], held_out: Message | None) -> Message | str:
    """A record of such a training, in a line."""
    step = message("step {step:,.0f}", step=record["step"])
    loss = message("loss {loss:.3f}", loss=record["loss"])
    return beside([step, readable.duration(record["seconds"], 2), loss, held_out])


def gone_over(last: Mapping[str, float]) -> Message | str:
    """How long such a training took, and how far it went, by its last record."""
    took = readable.duration(last["seconds"], 2)
    return beside([took, counted(int(last["step"]), "step"), counted(int(last["epoch"]), "pass")])


def print_report(record: Mapping[str, float]) -> None:
    """One line of a training run that reports every n steps, as the course's loop prints it; on standard error."""
    texts, step = record.get("texts"), record["step"]
    parts = [
        message("pass {number:.0f}", number=record["epoch"]),
        message("{step:>7,.0f} steps", step=step) if texts is None else message("{texts:>9,.0f} texts", texts=texts),
    ]
    for key, score in (
        ("loss", message("loss {value:.4f}")),
        ("accuracy", message("accuracy {value:.4f}")),
        ("validation_accuracy", message("validation {value:.4f}")),
    ):
        if key in record:
            parts.append(score.filled(value=record[key]))
    note("  ".join(map(str, parts)))


def _print_scores(name: str, scores: Evaluation) -> None:
    """One line: accuracy and macro-F1 with their intervals; more lines where something weighs on them."""
    parts = [message("accuracy {score} %", score=_with_half(scores.accuracy))]
    parts.append(message("macro-F1 {score} %", score=_with_half(scores.macro_f1)))
    if scores.calibration_error is not None:
        parts.append(message("calibration {points} points off", points=readable.points(scores.calibration_error)))
    print_headed(SCORED[name], beside(parts))
    if scores.unseen_labels:
        unseen = message("{texts} with labels that training never saw, counted as wrong: {labels}")
        texts = counted(sum(scores.unseen_labels.values()), "text")
        print_headed("", unseen.filled(texts=texts, labels=", ".join(scores.unseen_labels)))


def _with_half(interval: Interval) -> str:
    half = f" ±{readable.plus_minus(interval)}" if readable.percent(interval.low) != readable.DASH else ""
    return f"{readable.percent(interval.value)}{half}"


def _print_reports(history: list[dict[str, float]]) -> None:
    keys = [entry for entry in _REPORT if history and entry[0] in history[0]]
    rows = [[format(record[key], shape) for key, _, shape in keys] for record in history]
    for line in table(rows, headings=[heading for _, heading, _ in keys], left=0) if rows else []:
        say(line)


def parameters(net: Any) -> int:
    """How many numbers a net learns."""
    return sum(parameter.numel() for parameter in net.parameters())
