"""``sadari evaluate``: what a model scores on labelled texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sadari.cli.arguments import inputs, options
from sadari.cli.arguments.models import load_model, open_for_model
from sadari.errors import SettingError
from sadari.messages import counted, message

EXAMPLES = """\b
Examples:
  sadari evaluate runs/news/model test.csv
  sadari evaluate runs/news/model test.csv --json > scores.json
  sadari evaluate runs/headlines/bow headlines
  sadari evaluate models/bert test.csv --precision int8
  sadari evaluate models/fraud test.csv --thresholds fraud
  sadari evaluate models/old models/new test.csv --changes changed.csv
  sadari evaluate models/old models/new test.csv --fail-if worse

\b
Intervals are of 95 %. A label that training never saw counts as wrong, and is
listed. An empty text is scored too: its answer is the label most frequent in
training. DATA with a name stands for its test file.

\b
Of two models the rows are the same, and the gain has a paired test. --fail-if
gives the exit status 1 where the new model is surely worse, or not surely
better: for a pipeline.
"""


@click.command(epilog=EXAMPLES)
@click.argument("places", nargs=-1, required=True, metavar="MODEL [NEW] DATA")
@click.option("--metric", metavar="NAME", help="What two models are compared by, as in climb.  [default: accuracy]")
@click.option("--thresholds", metavar="LABEL", help="Show what each threshold of LABEL would give.")
@click.option("--changes", metavar="FILE", help="Write the texts that the new model answers otherwise.")
@click.option("--fail-if", "fail_if", type=click.Choice(["worse", "not-better"]), help="Exit with status 1 if so.")
@click.option("--escape-formulas", is_flag=True, help="In --changes put ' before cells that a spreadsheet would run.")
@options.predict_precision
@options.reading
@options.labels
@options.as_json("All scores as JSON, and nothing else, on standard output.")
@click.pass_context
def evaluate(context: click.Context, places: tuple[str, ...], **asked: Any) -> None:
    """Score a MODEL (a folder) on labelled texts: accuracy, macro-F1, calibration, each label, confusions.

    With two models, on the same texts: may NEW take the place of MODEL?
    """
    if len(places) == 3 and asked["thresholds"] is not None:
        raise SettingError(message("--thresholds is for one model"))
    if len(places) == 2:
        _one(*places, asked)
    elif len(places) == 3:
        context.exit(_two(*places, asked))
    else:
        raise click.UsageError(str(message("give a model and DATA, or two models and DATA")), context)


def _one(model: str, data: str, asked: dict[str, Any]) -> None:
    """One model."""
    for name in ("metric", "changes", "fail_if"):
        if asked[name] is not None:
            option = f"--{name.replace('_', '-')}"
            raise SettingError(
                message("{option} is for two models", option=option),
                hint=message("sadari evaluate OLD NEW DATA"),
            )
    from sadari.display.terminal import Progress
    from sadari.metrics.evaluate import check_some_known
    from sadari.metrics.evaluate import evaluate as score

    found = inputs.find_data(data, labelled=True)
    with Progress() as progress:
        progress(message("loading the model"))
        rung = load_model(model, precision=asked["precision"])
        progress(message("reading {name}", name=found.name))
        path = found.test or found.train
        source = open_for_model(path, asked, rung, need_label=True, known=found.columns)
        source.title = found.titles.get(path, source.title)
        corpus = source.read(keep_blank=True)
        check_some_known(corpus, [str(label) for label in rung.classes_.tolist()])
        progress(message("labelling {texts}", texts=counted(len(corpus), "text")))
        scores = score(rung, corpus, thresholds_of=asked["thresholds"])
    if asked["as_json"]:
        from sadari.cli.terminal.printing import say_json

        say_json({"model": model, "source": corpus.source, "notes": corpus.notes, **scores.to_dict()})
        return
    from sadari.cli.evaluate.view import print_scores, print_thresholds

    print_scores(scores, corpus)
    if scores.thresholds is not None:
        print_thresholds(asked["thresholds"], scores.thresholds)


def _two(old: str, new: str, data: str, asked: dict[str, Any]) -> int:
    """Two models: the exit status."""
    from sadari.cli.evaluate.replacement import print_replacement, write_changes
    from sadari.display.terminal import Progress
    from sadari.metrics.evaluate import check_some_known
    from sadari.metrics.metric import check_metric
    from sadari.trust.replacement import compare_models

    if asked["metric"] is not None:
        check_metric(asked["metric"])
    place = None if asked["changes"] is None else Path(asked["changes"])
    if place is not None:
        from sadari.cli.arguments.outputs import check_file, check_not_read
        from sadari.labelled.writers import format_of

        check_file(place)
        format_of(place, option="--changes")
    found = inputs.find_data(data, labelled=True)
    if place is not None:
        check_not_read(place, found.test or found.train, option="--changes", format=asked["format"])
    with Progress() as progress:
        progress(message("loading the model"))
        models = [load_model(folder, precision=asked["precision"]) for folder in (old, new)]
        progress(message("reading {name}", name=found.name))
        source = open_for_model(found.test or found.train, asked, models[0], need_label=True, known=found.columns)
        source.title = found.titles.get(found.test or found.train, source.title)
        corpus = source.read(keep_blank=True)
        for model in models:
            check_some_known(corpus, model.codec.names())
        progress(message("labelling {texts}", texts=counted(len(corpus), "text")))
        result = compare_models(models[0], models[1], corpus, metric=asked["metric"])
        if place is not None:
            write_changes(result.changes, place, escape=asked["escape_formulas"])
    if asked["as_json"]:
        from sadari.cli.terminal.printing import say_json

        say_json({"old": old, "new": new, "source": corpus.source, "notes": corpus.notes, **result.to_dict()})
    else:
        print_replacement(result, corpus, old, new)
    return int(result.worse if asked["fail_if"] == "worse" else asked["fail_if"] is not None and not result.better)
