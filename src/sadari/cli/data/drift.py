"""``sadari data drift``: whether new texts are of the kind that came before, and what changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sadari import readable
from sadari.cli.arguments import inputs, options
from sadari.cli.arguments.models import load_model, open_for_model
from sadari.errors import DataError, SettingError
from sadari.messages import Message, beside, counted, message

if TYPE_CHECKING:
    from sadari.display.terminal import Progress
    from sadari.trust.drifting.drift import Drift

EXAMPLES = """\b
Examples:
  sadari data drift train.csv new.csv
  sadari data drift train.csv new.csv --fail-if "p<0.01"   for a scheduled job
  sadari data drift train.csv new.csv --fail-if "label>0.1" --json
  sadari data drift runs/news/model new.jsonl

\b
--fail-if gives the exit status 1 where what it says is so:
  p<0.01       the p-value of all features together is below 0.01
  label>0.1    the share of some label moved by more than 10 points: by the
               estimate, whose interval does not hold the share before
  unknown>0    more than this share of the new rows has a label that is new
"""
INDENT = 13
MOST_SURE = 1e-5  # no p-value of as many shuffles as may be asked for is below it
SIGNS = {"p": "<", "label": ">", "unknown": ">"}
MOST_LABELS = 40
WIDEST = 24


@click.command(epilog=EXAMPLES)
@click.argument("before", metavar="DATA|MODEL")
@click.argument("new", metavar="NEW")
@click.option("--fail-if", "fail_if", metavar="WHAT", help="Exit with status 1 if so: p<0.01, label>0.1, unknown>0.")
@click.option(
    "--permutations",
    type=click.IntRange(99, 100_000),
    default=999,
    show_default=True,
    metavar="N",
    help="How often rows are shuffled.",
)
@options.reading_on
@options.labels
@options.seed
@options.as_json("As JSON, and nothing else, on standard output.")
@click.pass_context
def drift(context: click.Context, before: str, new: str, **asked: Any) -> None:
    """Compare NEW texts with those of DATA: are they of the same kind, and what changed?

    Labels are compared where DATA has some; NEW needs none. A MODEL (a folder) has no texts to compare with, but what
    it answered on rows that it was not trained on.
    """
    from sadari.display.terminal import Progress

    condition = _condition(asked["fail_if"], asked["permutations"])
    found = inputs.find_data(before, new)
    with Progress() as progress:
        if _is_model(before):
            result, names = _from_model(before, found, asked, progress)
        else:
            result, names = _from_data(found, asked, progress)
    if condition is not None:
        _check_seen(result, condition[0], names)
    if asked["as_json"]:
        from sadari.cli.terminal.printing import say_json

        say_json({"before": names[0], "after": names[1], **result.to_dict()})
    else:
        _print(result, names)
    if condition is not None and _holds(result, *condition):
        context.exit(1)


def _is_model(place: str) -> bool:
    """Whether DATA is the folder of a model, or of a climb, which `load_model` refuses by naming its models."""
    from sadari.artifact import MANIFEST

    try:
        return any((Path(place) / name).is_file() for name in (MANIFEST, "climb.json"))
    except (OSError, ValueError):
        return False


def _from_model(folder: str, found: inputs.Data, asked: dict[str, Any], progress: Progress) -> tuple[Drift, list[str]]:
    from sadari.trust.drifting.drift import drift_from_model

    progress(message("loading the model"))
    model = load_model(folder)
    source = open_for_model(found.test or "", asked, model, need_label=False)
    after = source.read(keep_blank=True)
    progress(message("labelling {texts}", texts=counted(len(after), "text")))
    result = drift_from_model(model, after, permutations=asked["permutations"], seed=asked["seed"])
    return result, [folder, after.source]


def _from_data(found: inputs.Data, asked: dict[str, Any], progress: Progress) -> tuple[Drift, list[str]]:
    from sadari.trust.drifting.drift import drift as compare

    progress(message("reading {name}", name=found.name))
    source = inputs.open_train(found, asked, need_label=False)
    corpora = [source.read(), inputs.read_test(found, asked, source, need_label=False)]
    progress(message("comparing {texts}", texts=counted(sum(map(len, corpora)), "text")))
    result = compare(*corpora, permutations=asked["permutations"], seed=asked["seed"])
    return result, [corpus.source for corpus in corpora]


def _condition(text: str | None, permutations: int) -> tuple[str, float] | None:
    """What ends with the status 1: a figure, and its limit.

    Raises:
        SettingError: it is something else, or can never be so.
    """
    if text is None:
        return None
    parts = [(figure, text.partition(sign)) for figure, sign in SIGNS.items()]
    figure, limit = next(
        ((figure, part[2]) for figure, part in parts if part[1] and part[0].strip() == figure), ("", "")
    )
    try:
        asked = float(limit)
    except ValueError:
        asked = math.nan
    if not (MOST_SURE < asked <= 1 if figure == "p" else 0 <= asked < 1):
        raise SettingError(
            message("--fail-if is {text!r}", text=text), hint=message("write p<0.01, label>0.1 or unknown>0")
        )
    least = 1 / (permutations + 1)
    if figure == "p" and asked <= least:
        what = message("--fail-if {text} is never so: of {count:,} shuffles p is at least {least:.2g}")
        raise SettingError(
            what.filled(text=text, count=permutations, least=least),
            hint=message("--permutations {count}", count=math.ceil(1 / asked)),
        )
    return figure, asked


def _check_seen(result: Drift, figure: str, names: Sequence[str]) -> None:
    """An alarm that could not go off is no alarm.

    Raises:
        DataError: labels are asked about, and there are none to compare.
    """
    if figure == "label" and result.shift is None:
        raise DataError(
            message("has no labels, two at least, of which the shares could move"),
            where=names[0],
            hint=message("name their column with --label, or write p<0.01 for --fail-if"),
        )
    if figure == "unknown" and result.given is None:
        raise DataError(
            message("--fail-if unknown needs labels in both files"),
            where=names[1],
            hint=message("name their column with --label, or write p<0.01 for --fail-if"),
        )


def _holds(result: Drift, figure: str, limit: float) -> bool:
    if figure == "p":
        return result.test.p_value < limit
    return (result.largest_move if figure == "label" else result.unknown_share) > limit


def _print(result: Drift, names: list[str]) -> None:
    from sadari.cli.terminal.printing import headed, say, table

    _head = partial(headed, indent=INDENT)
    _head("Read", *(beside([name, counted(rows, "text")]) for name, rows in zip(names, result.rows, strict=True)))
    say()
    p = readable.significant(result.test.p_value, 2)
    if result.changed:
        _head("Changed", message("the new texts are of another kind: p = {p}", p=p))
    else:
        _head("Alike", message("nothing shows that the new texts are of another kind: p = {p}", p=p))
    say()
    ways: list[Sequence[Message | str]] = [
        (WAYS[name], f"{each.auc:.3f}", f"{each.p_value:.3f}") for name, each in result.test.blocks.items()
    ]
    for line in table(ways, headings=[message("seen by"), "AUC", "p"]):
        say(line)
    _print_labels(result)
    if result.words:
        say()
        rows = [(each.word, *map(readable.percent, (each.before, each.after))) for each in result.words]
        headings = [message("word"), message("% of texts before"), message("% now")]
        for line in table(rows, headings=headings, widest=WIDEST):
            say(line)
    if result.lengths is None:
        return
    say()
    _head(
        "Length",
        message("{before:,.0f} → {after:,.0f} characters (median)", before=result.lengths[0], after=result.lengths[1]),
    )
    _head("Scripts", *_scripts(result))


WAYS: dict[str, Message] = {
    "words": message("words"),
    "form": message("length and characters"),
    "labels": message("labels, as guessed"),
    "sureness": message("how sure the guess is"),
}


def _print_labels(result: Drift) -> None:
    from sadari.cli.terminal.printing import headed, say, table

    shift = result.shift
    if shift is None:
        return
    say()
    order = sorted(range(len(result.labels)), key=lambda k: -abs(shift.after[k] - shift.before[k]))[:MOST_LABELS]
    headings: list[Message | str] = [
        message("label"),
        message("% before"),
        message("% now, estimated"),
        message("95 %"),
    ]
    rows: list[list[Message | str]] = []
    for k in order:
        between = f"{readable.percent(shift.low[k])}–{readable.percent(shift.high[k])}"
        rows.append([result.labels[k], readable.percent(shift.before[k]), readable.percent(shift.after[k]), between])
        if result.given is not None:
            rows[-1].append(readable.percent(result.given[k]))
    if result.given is not None:
        headings.append(message("% in the file"))
    for line in table(rows, headings=headings, widest=WIDEST):
        say(line)
    if len(order) < len(result.labels):
        say(message("  … and {count:,} more labels", count=len(result.labels) - len(order)))
    for name, count in sorted(result.unknown_labels.items(), key=lambda item: -item[1])[:MOST_LABELS]:
        headed("New label", beside([name, counted(count, "row")]), indent=INDENT)


def _scripts(result: Drift) -> list[Message]:
    from sadari.data.audit.findings import SCRIPTS

    return [
        message(
            "{script}: {before} % → {after} % of the letters",
            script=SCRIPTS.get(name, name),
            before=readable.percent(a),
            after=readable.percent(b),
        )
        for name, (a, b) in result.scripts.items()
        if max(a, b) >= 0.005
    ]
