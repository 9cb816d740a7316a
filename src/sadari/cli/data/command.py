"""``sadari data``: named data sets, and what is wrong with a file."""

from __future__ import annotations

from typing import Any

import click

from sadari.cli.arguments import inputs, options
from sadari.cli.arguments.language import language
from sadari.cli.data.drift import drift
from sadari.cli.data.suspects import suspects
from sadari.messages import beside, message, plain

LIST_EXAMPLES = """\b
Examples:
  sadari data list
  sadari data list --json
"""
FETCH_EXAMPLES = """\b
Examples:
  sadari data fetch ag_news
  SADARI_MIRROR=https://mirror.example/data sadari data fetch ag_news

\b
The files are checked against a pinned SHA-256; a download that was broken off
goes on where it stopped.
"""
HEAD_EXAMPLES = """\b
Examples:
  sadari data head ag_news
  sadari data head ag_news --part test -n 20
  sadari data head news.csv --text title,body --label section --json
"""
AUDIT_EXAMPLES = """\b
Examples:
  sadari data audit news.csv
  sadari data audit news.csv --test test.csv --json
  sadari data audit news.csv --lang ko           in Korean
  sadari data audit ag_news
  sadari data audit 'news/*.parquet' --on-bad-file skip

\b
Finds rows that cannot be read, duplicates and near-duplicates within and
across the files, texts with two labels, rare and misspelt labels, odd
characters, and what each tokenizer cannot see.
"""


@click.group(epilog="Each command has its own --help, with examples.")
def data() -> None:
    """List, fetch, look at and audit data."""


data.add_command(drift)


@data.command("list", epilog=LIST_EXAMPLES)
@options.as_json("As JSON.")
def list_(as_json: bool) -> None:
    """Show the data sets that have a name."""
    from sadari.cli.terminal.printing import headed, say_json
    from sadari.data.datasets import listing

    lines = listing()
    if as_json:
        say_json(plain(lines))
        return
    widest = max(len(line.name) for line in lines) + 2
    for line in lines:
        about = beside([line.description, line.language])
        headed(line.name, about, message("license: {license}", license=line.license), line.place, indent=widest)


@data.command(epilog=FETCH_EXAMPLES)
@click.argument("name")
def fetch(name: str) -> None:
    """Download the data set NAME into the cache, unless it is there.

    Nothing else in Sadari ever downloads.
    """
    from sadari.cli.terminal.printing import headed
    from sadari.data.datasets import fetch as fetch_data
    from sadari.display.terminal import Progress

    with Progress() as progress:
        progress(message("fetching {name}", name=name))

        def bytes_done(done: int, total: int | None) -> None:
            said = message("{name}: {done:,.1f} of {total:,.1f} MB") if total else message("{name}: {done:,.1f} MB")
            progress(said.filled(name=name, done=done / 1e6, total=(total or 0) / 1e6), done / total if total else None)

        found = fetch_data(name, progress=bytes_done)
    headed("Here", f"{found.train}")
    if found.test is not None:
        headed("", f"{found.test}")
    headed("Terms", found.license)
    headed("Next", f"{'sadari translate train' if found.parallel else 'sadari climb'} {name}")


@data.command(epilog=HEAD_EXAMPLES)
@click.argument("data", default="headlines", metavar="DATA")
@click.option(
    "-n", "--count", type=click.IntRange(1), default=5, show_default=True, metavar="N", help="How many rows to show."
)
@click.option("--part", type=click.Choice(["train", "test"]), default="train", help="Of a data set that has a name.")
@options.reading_on
@options.labels
@options.as_json("As JSON, and nothing else, on standard output.")
def head(data: str, **asked: Any) -> None:
    """Show the first rows of DATA: a file or a name."""
    from sadari.cli.arguments.inputs import open_named
    from sadari.cli.data.view import print_head
    from sadari.cli.terminal.printing import say_json

    source = open_named(data, asked, part=asked["part"], need_label=False, missing="empty")
    source.guess_label()
    rows = source.head(asked["count"]).to_dicts()
    if asked["as_json"]:
        say_json({"source": source.title, "notes": source.notes, "rows": rows})
    else:
        print_head(source, rows)


@data.command(epilog=AUDIT_EXAMPLES)
@click.argument("data", nargs=-1, metavar="[DATA…]")
@click.option("--test", metavar="FILE", help="Labelled texts to compare with.")
@options.reading_on
@options.labels
@options.seed
@language
@options.as_json("As JSON, and nothing else, on standard output.")
def audit(data: tuple[str, ...], **asked: Any) -> None:
    """Look for what could spoil a model, or its score, in DATA: a file, several, or a name.

    Labels may be absent.
    """
    from sadari.cli.terminal.printing import say_json
    from sadari.climb.climb import AUDITED_TOKENIZERS
    from sadari.data.audit.audit import audit as audit_corpora
    from sadari.display.terminal import Progress
    from sadari.text.tokens.tokenize import unseen_share

    found = inputs.find_data(data or "headlines", asked["test"])
    with Progress() as progress:
        progress(message("reading {name}", name=found.name))
        sources = [inputs.open_train(found, asked, need_label=False)]
        sources[0].guess_label()
        corpora = [sources[0].read()]
        corpora[0].notes.extend(inputs.belonging_notes(sources[0]))
        if found.test is not None:
            sources.append(inputs.open_test(found, asked, sources[0], need_label=False))
            corpora.append(sources[1].read(keep_blank=True))
        unseen = {name: unseen_share(name) for name in AUDITED_TOKENIZERS}
        test = corpora[1] if found.test is not None else None
        audited = audit_corpora(corpora[0], test, unseen=unseen, seed=asked["seed"], progress=progress)
    if asked["as_json"]:
        bad = {source.title: {"count": source.skipped, "first": source.skipped_rows} for source in sources}
        files = {source.title: source.skipped_files for source in sources}
        read = {"source": corpora[0].source, "notes": corpora[0].notes, "bad_rows": bad, "bad_files": files}
        say_json({**read, "audit": audited.to_dict()})
        return
    from sadari.cli.data.view import print_audit

    print_audit(sources, corpora, audited)


data.add_command(suspects)
