"""``sadari climb``: every rung on one split, and which one to take."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sadari.cli.arguments import options
from sadari.cli.arguments.language import language
from sadari.errors import SettingError
from sadari.messages import message

if TYPE_CHECKING:
    from sadari.climb.context import Executor
    from sadari.data.corpus import Corpus

EXAMPLES = """\b
Examples:
  sadari climb                                   the bundled headlines
  sadari climb headlines_ko --lang ko            in Korean
  sadari climb news.csv --test test.csv          scored on your own test file
  sadari climb 'news/*.parquet'                  many files as one corpus
  sadari climb news.csv --text title,body --label topic --rungs bow,tfidf
  sadari climb big.csv --budget 10m -o runs/big  no longer than ten minutes
  sadari climb news.csv --class-weight balanced  where some labels are rare
  sadari climb news.csv --vectors glove.6B.100d.txt
  sadari climb news.csv --weights my-bert --budget 30m
  sadari climb few.csv --weights all-MiniLM-L6-v2
  sadari climb fraud.csv --metric f1:fraud       where a rare label counts
  sadari climb stars.csv --ordinal               4 is nearer to 5 than 1 is
  sadari climb fraud.csv --metric cost=costs.csv a missed fraud costs 100
  sadari climb tickets.csv --group customer      no customer on both sides
  sadari climb news.csv --time date              tested on the latest
  sadari climb news.csv --budget 1h --ray auto   on all machines of a cluster
  sadari climb news.csv --json > climb.json      for programs

\b
The verdict rests on validation rows taken from the training data; the test
file (or a tenth held out) is used once, for the table. An earlier run in the
same folder is replaced; any other folder is left alone.
"""

_STARTS = ("vectors", "weights", "download")  # what rungs start from, and whether it may be fetched


@click.command(epilog=EXAMPLES)
@click.argument("data", nargs=-1, metavar="[DATA…]")
@click.option("--test", metavar="FILE", help="Labelled texts for the final table.  [default: a tenth held out]")
@click.option("--rungs", metavar="NAMES", help=f"Some of: {', '.join(options.RUNG_NAMES)}.  [default: all]")
@click.option(
    "--budget",
    metavar="TIME",
    default="10m",
    show_default=True,
    help="Time for training and curves: 90s, 10m, 1h, none. A rung that takes longer trains on fewer rows, or is left"
    " out. Compiling, once on a machine, comes on top.",
)
@click.option(
    "--tokenizer", metavar="NAME", help=f"{', '.join(options.TOKENIZER_NAMES)}, regex:PATTERN.  [default: by the texts]"
)
@options.class_weight
@click.option("--vectors", metavar="FILE", help="Word vectors for the rung vectors, which is left out without them.")
@click.option(
    "--weights",
    metavar="FOLDER",
    multiple=True,
    help="An encoder, static embeddings or word vectors: a folder, a name of sadari weights list, or a hub name, for"
    " the rungs that can use it (embed, bert, setfit, vectors). May be given several times.",
)
@click.option("--download", is_flag=True, help="Fetch --weights from the Hugging Face hub if they are not here.")
@options.no_cache
@click.option("-o", "--output", metavar="FOLDER", help="Models, report, table.  [default: runs/ and DATA's name]")
@options.reading
@options.labels
@options.validation
@options.belonging
@click.option(
    "--metric",
    metavar="NAME",
    help=f"What the verdict goes by: {', '.join(options.METRIC_NAMES)}."
    "  [default: accuracy; of several labels micro-f1; macro-f1 where one label has over nine tenths of the rows]",
)
@click.option(
    "--ordinal",
    is_flag=True,
    help="Labels have an order (stars): the verdict goes by weighted kappa, and a near miss is better than a far one.",
)
@click.option("--order", metavar="A,B,C", help="The labels from the lowest to the highest, where they are no numbers.")
@click.option(
    "--margin",
    type=float,
    metavar="SHARE",
    default=0.005,
    show_default=True,
    help="How much less of it is accepted of a rung that costs noticeably less: 0.005 is half a point.",
)
@click.option(
    "--texts-per-day",
    type=click.IntRange(1, 2**31 - 1),
    metavar="N",
    default=1_000_000,
    show_default=True,
    help="How many texts are to be labelled, for what that costs.",
)
@options.seed
@click.option("--keep-duplicates", is_flag=True, help="Keep repeated training texts.")
@click.option(
    "--tune",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    metavar="N",
    help="Try N settings of each rung on validation rows.",
)
@options.ray
@click.option(
    "--task-cpus",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --ray: processors of each task, the threads of a net.  [default: 1]",
)
@click.option("--no-refit", is_flag=True, help="Leave the model as measured, without the validation rows.")
@click.option("--no-curves", is_flag=True, help="Leave out the learning curves, which take about half the time.")
@click.option("--no-report", is_flag=True, help="Leave out report.html.")
@language
@options.as_json("Print the whole result as JSON, and nothing else, on standard output.")
def climb(data: tuple[str, ...], **asked: Any) -> None:
    """Train every rung, compare them, and say which is worth its cost.

    DATA is a file of labelled texts (CSV, TSV, JSONL, Parquet, fastText lines, a folder per label; gzip too), "-" for
    standard input, or a name from "sadari data list". Many files are one corpus: a folder of data files, a pattern such
    as 'news/*.parquet', or several of these.
    """
    from sadari.cli.arguments import inputs, outputs
    from sadari.cli.climb import view as climb_view
    from sadari.climb.climb import AUDITED_TOKENIZERS
    from sadari.climb.climb import climb as climb_rungs
    from sadari.climb.selection import rungs_to_climb
    from sadari.data.audit.audit import audit
    from sadari.display.terminal import Progress
    from sadari.pretrained.embedders.cache import without_cache
    from sadari.rungs import RUNGS
    from sadari.text.tokens.tokenize import tokenizer, unseen_share

    choices = _choices(asked)
    ray = _ray(asked)
    # before a file is read
    selection = rungs_to_climb(choices["rungs"], {name: asked[name] for name in _STARTS})
    if asked["tokenizer"] not in (None, "auto"):
        tokenizer(asked["tokenizer"])
    for name, start in selection.starts.items():
        RUNGS[name](**start).check()
    found = inputs.find_data(data or "headlines", asked["test"], labelled=True)
    folder = Path(asked["output"] or Path("runs") / found.name)
    settings = _settings(asked)
    outputs.check_run_folder(folder)
    with Progress() as progress, ray as executor:
        progress(message("reading {name}", name=found.name))
        train, test = inputs.read_pair(found, asked)
        train, test = _ordered(train, asked["order"]), test and _ordered(test, asked["order"])
        _check(train, settings)
        progress(message("looking for duplicates, leaks and contradictions"))
        audited = audit(
            train, test, unseen={name: unseen_share(name) for name in AUDITED_TOKENIZERS}, seed=asked["seed"]
        )
        if not asked["as_json"]:
            with progress.paused():
                climb_view.print_data(train, test, audited, kept=asked["keep_duplicates"])
        with without_cache(asked["no_cache"]):
            result = climb_rungs(
                train, test, folder=folder, settings=settings, audited=audited, executor=executor, **choices
            )
    if asked["as_json"]:
        from sadari.cli.terminal.printing import json_for_output
        from sadari.climb.folder import to_json

        click.echo(json_for_output(to_json(result)), nl=False)
        return
    climb_view.print_result(result, folder, report=not asked["no_report"], known=[*train.notes])


def _choices(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What `sadari.climb.climb.climb` is asked for besides data and settings."""
    from sadari.metrics.metric import ORDINAL, check_metric

    if asked["metric"] is not None:
        check_metric(asked["metric"])
        if asked["ordinal"] and asked["metric"] not in ORDINAL:
            raise SettingError(
                message("--ordinal goes by weighted kappa, and --metric {metric} does not", metric=asked["metric"]),
                hint=message("leave out one of them, or take one of: {metrics}", metrics=", ".join(ORDINAL)),
            )
    same = ("seed", "lang", "margin", "texts_per_day", "keep_duplicates", "validation", *_STARTS)
    return {
        "budget": options.parse_duration(asked["budget"]),
        "rungs": options.parse_names(asked["rungs"]),
        "curves": not asked["no_curves"],
        "refit": not asked["no_refit"],
        "report": not asked["no_report"],
        "trials": asked["tune"],
        "metric": asked["metric"] or ("weighted-kappa" if asked["ordinal"] or asked["order"] else None),
        **{name: asked[name] for name in same},
    }


def _ordered(corpus: Corpus, order: str | None) -> Corpus:
    """The corpus, with its labels in the order that the user gives.

    Raises:
        SettingError: a label is missing there, or stands there twice.
    """
    names = options.parse_names(order)
    if names is None:
        return corpus
    if missing := [name for name in corpus.label_names if name not in names]:
        raise SettingError(
            message("--order lacks the label {label!r}", label=missing[0]),
            hint=message("there are: {names}", names=", ".join(corpus.label_names[:10])),
        )
    if twice := [name for number, name in enumerate(names) if name in names[:number]]:
        raise SettingError(message("--order has the label {label!r} twice", label=twice[0]))
    return replace(corpus, label_order=tuple(names))


def _ray(asked: Mapping[str, Any]) -> AbstractContextManager[Executor | None]:
    """What does the work: a cluster, where one is asked for."""
    if asked["ray"] is None:
        if asked["task_cpus"] is not None:
            raise SettingError(
                message("--task-cpus needs a cluster"), hint=message("give --ray too, or leave --task-cpus out")
            )
        return nullcontext()
    from sadari.scale.climb import climbing_on
    from sadari.scale.cluster import check_address

    return climbing_on(check_address(asked["ray"]), cpus=asked["task_cpus"] or 1)


def _settings(asked: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Rung → the settings that options give to all rungs, where it has them."""
    from sadari.cli.arguments.settings import parse_settings
    from sadari.rungs import RUNGS
    from sadari.settings.declaration import settings_of

    given = {name: asked[name] for name in ("tokenizer", "class_weight")}
    return {
        name: parse_settings(kind, [], {key: value for key, value in given.items() if key in settings_of(kind)})
        for name, kind in RUNGS.items()
    }


def _check(train: Corpus, settings: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse what cannot be climbed on, before it is looked through.

    Raises:
        DataError: too few labels or rows. SettingError: a weight for what is no label.
    """
    from sadari.train.labels import check_weighed

    train.check_trainable()
    for own in settings.values():
        check_weighed(own.get("class_weight"), train.label_names)
