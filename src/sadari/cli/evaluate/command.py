"""``sadari evaluate``: what a model scores on labelled texts."""

from __future__ import annotations

from typing import Any

import click

from sadari.cli.arguments import inputs, options
from sadari.cli.arguments.models import load_model, open_for_model
from sadari.messages import counted, message

EXAMPLES = """\b
Examples:
  sadari evaluate runs/news/tfidf test.csv
  sadari evaluate runs/news/tfidf test.csv --json > scores.json
  sadari evaluate runs/headlines/bow headlines
  sadari evaluate models/bert test.csv --precision int8

\b
Intervals are of 95 %. A label that training never saw counts as wrong, and is
listed. An empty text is scored too: its answer is the label most frequent in
training. DATA with a name stands for its test file.
"""


@click.command(epilog=EXAMPLES)
@click.argument("model")
@click.argument("data")
@options.predict_precision
@options.reading
@options.labels
@options.as_json("All scores as JSON, and nothing else, on standard output.")
def evaluate(model: str, data: str, **asked: Any) -> None:
    """Score a MODEL (a folder) on labelled texts: accuracy, macro-F1, calibration, each label, confusions."""
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
        scores = score(rung, corpus)
    if asked["as_json"]:
        from sadari.cli.terminal.printing import say_json

        say_json({"model": model, "source": corpus.source, "notes": corpus.notes, **scores.to_dict()})
        return
    from sadari.cli.evaluate.view import print_scores

    print_scores(scores, corpus)
