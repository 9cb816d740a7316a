"""``sadari train``: one rung, with settings of your own, saved as a model folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sadari.cli.arguments import inputs, options
from sadari.cli.train import resume as train_run
from sadari.cli.train import teacher as teaching
from sadari.cli.train import together
from sadari.errors import DataError
from sadari.messages import message

if TYPE_CHECKING:
    from sadari.data.corpus import Corpus
    from sadari.data.train_data import TrainData
    from sadari.display.terminal import Progress
    from sadari.metrics.evaluate import Evaluation
    from sadari.rungs import Rung
    from sadari.rungs.distillation.teacher import Teacher

EXAMPLES = """\b
Examples:
  sadari train news.csv --rung tfidf -o models/news
  sadari train 'news/*.parquet' --rung tfidf -o m   many files as one corpus
  sadari train news.csv --rung tfidf -o m --set C=0.3 --set ngram_range=1,3
  sadari train --rung tfidf --settings           all that --set takes
  sadari train news.csv --rung embedding-bag -o m --epochs 10 --test test.csv
  sadari train news.csv --rung bow -o m --class-weight balanced
  sadari train movies.csv --rung tfidf -o m --label genres --label-sep "|"
  sadari train news.csv --rung vectors --vectors glove.txt -o m --set net=lstm
  sadari train news.csv --rung bert --weights my-bert -o m
  sadari train news.csv --rung bert --weights distilbert-base-uncased \\
      --download -o m

\b
A small model that learns from a large one, on texts without labels as well,
or on altered copies (parts of texts, two halves of two, words left out):
  sadari train news.csv --rung embedding-bag --teacher models/bert -o m \\
      --unlabelled more.txt
  sadari train news.csv --rung lstm --teacher models/bert -o m --altered 4

\b
The course's own recipe, with its reports:
  sadari train ag_news --rung bow -o m --solver adam --epochs 5 \\
      --epoch-size 30000 --report-every 500 \\
      --set sublinear_tf=no --set norm=none

\b
The course's own fine-tuning of a BERT:
  sadari train news.csv --rung bert --weights my-bert -o m --precision fp32 \\
      --set batch_size=8 --set learning_rate=2e-5 --set steps=500 \\
      --set warmup=0 --set decay=constant

\b
Training that can be stopped (Ctrl-C), and resumed to the same bits:
  sadari train news.csv --rung lstm -o m --run runs/lstm
  sadari train --resume runs/lstm

\b
By four processes of a Ray cluster, each with its share of every batch; one
that is lost costs what was done since the last checkpoint:
  sadari train news.csv --rung lstm -o m --run /shared/lstm --ray head:6379 \\
      --workers 4

\b
Validation rows are taken from DATA, stratified by label, and not trained on.
Files over 256 MB are read a batch at a time.
"""


# settings that have an option of their own
LEAST_SCORED = 500  # validation rows of a training of few steps; its score is then known to within 4 points
_OWN_OPTIONS = (
    "device",
    "precision",
    "class_weight",
    "epochs",
    "patience",
    "tokenizer",
    "solver",
    "epoch_size",
    "report_every",
    "seed",
    "vectors",
    "weights",
)


@click.command(epilog=EXAMPLES)
@click.argument("data", nargs=-1, metavar="DATA…")
@click.option("--rung", metavar="NAME", help=f"One of: {', '.join(options.RUNG_NAMES)}.")
@options.model
@click.option("--test", metavar="FILE", help="Labelled texts to score on at the end.")
@options.settings("Any setting of the rung")
@options.class_weight
@click.option("--vectors", metavar="FILE", help="Word vectors to start from (vectors).")
@click.option(
    "--weights",
    metavar="FOLDER",
    help="What bert, embed or setfit starts from: a folder, a name of sadari weights list, or a hub name.",
)
@click.option("--download", is_flag=True, help="Fetch --weights from the Hugging Face hub if they are not here.")
@options.no_cache
@click.option("--epochs", metavar="N", help="Passes over the texts.")
@click.option("--patience", metavar="N", help="Stop after N passes (or validations) without a better score.")
@click.option(
    "--tokenizer", metavar="NAME", help=f"{', '.join(options.TOKENIZER_NAMES)}, regex:PATTERN.  [default: auto]"
)
@click.option(
    "--solver", metavar="NAME", help="dual, or adam: the course's recipe (bow, ngram, tfidf, char, word-char)."
)
@click.option("--epoch-size", metavar="N", help="Texts a pass (nets; --solver adam).")
@click.option("--report-every", metavar="N", help="A report every N steps (nets; --solver adam).")
@teaching.options
@options.reading
@options.labels
@options.validation
@options.seed
@options.machine(" (nets)")
@click.option("--keep-duplicates", is_flag=True, help="Keep repeated texts that have the same label.")
@click.option("--stream/--no-stream", default=None, help="Read a batch at a time.  [default: files over 256 MB]")
@options.kept_run(" (embedding and up)")
@together.options
@options.as_json("Settings, rows and scores as JSON, and nothing else, on standard output.")
@click.pass_context
def train(context: click.Context, **_: Any) -> None:
    """Train one rung on DATA and save the model.

    DATA is a file, a folder of data files, a pattern such as 'news/*.parquet', several of these, which are one corpus,
    a name, or "-".
    """
    from sadari.cli.terminal import settings as settings_view
    from sadari.rungs import find_rung

    if context.params["list_settings"]:
        if context.params["rung"] is None:
            raise click.UsageError(str(message("--rung is missing: of which are the settings?")))
        settings_view.print_settings(find_rung(context.params["rung"]), as_json=context.params["as_json"])
        return
    with train_run.only_the_first_speaks():
        _train(train_run.arguments(context))


def _train(asked: dict[str, Any]) -> None:
    from sadari.cli.arguments.outputs import check_model_folder
    from sadari.cli.arguments.settings import parse_settings
    from sadari.cli.train import resume as train_run
    from sadari.cli.train import view as train_view
    from sadari.data.train_data import gather, is_large
    from sadari.display.terminal import Progress
    from sadari.metrics.evaluate import check_some_known
    from sadari.pretrained.embedders.cache import without_cache
    from sadari.rungs import find_rung

    kind, output = find_rung(asked["rung"]), asked["output"]
    own_given = {**{name: asked[name] for name in _OWN_OPTIONS}, "download": asked["download"] or None}
    model = kind(**parse_settings(kind, asked["settings"], own_given))
    model.check()  # before a file is read, which may take minutes
    teacher = teaching.find_teacher(model, asked)
    kept = train_run.fit_options(model, asked)
    check_model_folder(Path(output))
    found = inputs.find_data(asked["data"], asked["test"], labelled=True)
    with Progress() as progress, together.fitting(model, asked) as fit:
        progress(message("reading {name}", name=found.name))
        source = inputs.open_train(found, asked)
        test = None if asked["test"] is None else inputs.read_test(found, asked, source)
        stream = is_large(source) if asked["stream"] is None else asked["stream"]
        rows = gather(
            source,
            validation=asked["validation"],
            seed=asked["seed"],
            keep_duplicates=asked["keep_duplicates"],
            stream=stream,
            say=progress,
        )
        if steps := getattr(model, "steps", None):  # scoring is not to take longer than what is scored
            learned = steps * model.resolved_settings()["batch_size"]
            rows = rows.validated_on(max(LEAST_SCORED, learned), seed=asked["seed"])
        if teacher is not None:
            teacher, guessed = teaching.with_texts(teacher, asked, found, source, test, progress)
            rows.notes.extend(guessed)
        if test is not None and test.multi_label != rows.validation.multi_label:
            raise DataError(message("a text has one label in one file and several in the other"), where=test.source)
        if test is not None:
            check_some_known(test, rows.label_names)
        if not asked["as_json"]:
            with progress.paused():
                train_view.print_data(rows, source, test, share=asked["validation"], seed=asked["seed"])
        with without_cache(asked["no_cache"]):
            _fit(model, fit, rows, progress, kept, teacher)
            if not train_run.is_first():
                return
            scores = _score(model, rows, test, progress)
        progress(message("saving"))
        _save(model, output, rows, scores, asked)
        train_run.discard(asked["run"])
    if asked["as_json"]:
        train_view.print_json(model, output, rows, scores)
    else:
        train_view.print_result(model, output, scores)


def _fit(
    model: Rung,
    fit: Callable[..., Any],
    rows: TrainData,
    progress: Progress,
    kept: dict[str, Any],
    teacher: Teacher | None,
) -> None:
    from sadari.cli.train import view as train_view

    reports = bool(getattr(model, "report_every", 0) or getattr(model, "validate_every", 0))

    def print_report(record: Mapping[str, Any]) -> None:
        with progress.paused():
            train_view.print_report(record)

    progress(message("reading the texts into features"))
    told = print_report if reports else None
    held_out = (rows.validation.texts, rows.validation.labels)
    try:
        with train_run.says_how_to_resume(kept):
            fit(rows.texts, rows.labels, validation=held_out, teacher=teacher, on_record=told, **kept)
    except KeyboardInterrupt:
        if kept or not model.keeps_runs:
            raise
        from sadari.train.loop import Interrupted

        raise Interrupted("stopped", hint=message("begun with --run RUN, it could be resumed")) from None


def _score(model: Rung, rows: TrainData, test: Corpus | None, progress: Progress) -> dict[str, Evaluation]:
    """Scores on the validation rows, and on the test file if there is one."""
    from sadari.metrics.evaluate import evaluate

    progress(message("scoring on the validation rows"))
    scores = {"validation": evaluate(model, rows.validation)}
    if test is not None:
        progress(message("scoring on the test file"))
        scores["test"] = evaluate(model, test)
    return scores


def _save(model: Rung, output: str, rows: TrainData, scores: dict[str, Any], asked: dict[str, Any]) -> None:
    figures = {}
    for name, evaluation in scores.items():
        figures[f"{name} accuracy"] = evaluation.accuracy.value
        figures[f"{name} macro-F1"] = evaluation.macro_f1.value
    data = rows.provenance(seed=asked["seed"])
    if asked["label_sep"]:
        data["label_sep"] = asked["label_sep"]
    model.save(output, scores=figures, data=data)
