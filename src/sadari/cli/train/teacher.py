"""``--teacher`` of ``sadari train``: who teaches, the texts without labels, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sadari import readable
from sadari.cli.arguments.inputs import Data, find_data, open_named, use_columns_of_training
from sadari.cli.arguments.models import load_model
from sadari.cli.arguments.options import together
from sadari.errors import ModelError, SettingError
from sadari.messages import Message, beside, message, notes_of

if TYPE_CHECKING:
    import polars as pl

    from sadari.cli.arguments.inputs import Data
    from sadari.data.corpus import Corpus
    from sadari.data.source import Source
    from sadari.display.terminal import Progress
    from sadari.rungs import Rung
    from sadari.rungs.distillation.teacher import Teacher

ALONE = ("unlabelled", "altered", "temperature", "trust")
# What a model keeps of texts that could not be learned from, and how it is said.
_LEFT_OUT = {
    "left out, blank": message("{texts:,} blank"),
    "left out, repeated": message("{texts:,} repeated"),
    "left out, training texts": message("{texts:,} training texts"),
    "left out, validation texts": message("{texts:,} validation texts"),
    "left out, test texts": message("{texts:,} test texts"),
    "left out, unknown to the teacher": message("{texts:,} unknown to the teacher"),
}


options = together(  # of a training with a teacher
    click.option("--teacher", metavar="MODEL", help="A trained model with the same labels to learn from."),
    click.option(
        "--unlabelled", multiple=True, metavar="FILE", help="Texts without labels, for --teacher to answer; repeatable."
    ),
    click.option(
        "--altered",
        type=int,
        metavar="N",
        help="Altered copies of every text (parts of it, mixtures) for --teacher to answer too: 4, say.  [default: 0]",
    ),
    click.option("--temperature", type=float, metavar="T", help="Above 1, unlikely labels count more.  [default: 2]"),
    click.option(
        "--trust",
        type=float,
        metavar="SHARE",
        help="How much the teacher's answer counts for a labelled text.  [default: 0.9]",
    ),
)


def find_teacher(model: Rung, asked: Mapping[str, Any]) -> Teacher | None:
    """The teacher that is asked for, read and checked before any text is; None without one.

    Raises:
        SettingError: what only a teacher needs without one; a rung that takes none; a setting out of its range.
        ModelError: it is no classifier.
    """
    from sadari.rungs.distillation.teacher import Teacher

    if asked.get("teacher") is None:
        for name in ALONE:
            if asked.get(name) not in (None, ()):
                raise SettingError(
                    message("--{name} needs a teacher", name=name),
                    hint=message("give a trained model: --teacher MODEL"),
                )
        return None
    if "-" in asked["unlabelled"]:
        raise SettingError(
            message("texts without labels cannot come from standard input"), hint=message("put them in a file")
        )
    given = {name: asked[name] for name in ("altered", "temperature", "trust") if asked[name] is not None}
    folder = asked["teacher"]
    if not Path(folder).exists():
        raise ModelError(
            message("there is no such model to teach"), where=folder, hint=message("--teacher takes a model's folder")
        )
    if Path(folder).is_dir():
        load_model(folder)  # of a climb's folder it names the models
    return Teacher(folder, **given).checked(model)


def with_texts(
    teacher: Teacher, asked: Mapping[str, Any], found: Data, train: Source, test: Corpus | None, progress: Progress
) -> tuple[Teacher, list[Message]]:
    """The teacher with the texts that it is to answer, and what reading them has guessed.

    Args:
        teacher: who answers.
        asked: the options of the command line.
        found: the file with labels, as it was opened.
        train: the texts with labels.
        test: those of which nothing must be learned.
        progress: told what is being done.

    Raises:
        DataError: a file that cannot be read, or has no text column.
    """
    import polars as pl

    columns: list[pl.Series] = []
    notes: list[Message] = []
    for name in asked["unlabelled"]:
        progress(message("reading {name}", name=name))
        texts, guessed = _read(name, asked, found, train)
        columns.append(texts)
        notes += notes_of(Path(name).name, guessed)
    unlabelled = pl.concat(columns, rechunk=True) if columns else None
    never = None if test is None else test.texts
    return replace(teacher, unlabelled=unlabelled, never=never, say=progress), notes


def _read(name: str, asked: Mapping[str, Any], found: Data, train: Source) -> tuple[pl.Series, list[Message]]:
    """The texts of a file, from the columns of the training file where it has them."""
    data = find_data(name)
    own = {key: asked.get(key) for key in ("encoding", "on_bad_row")}
    if Path(data.first).suffix == Path(found.first).suffix:
        own |= {key: asked.get(key) for key in ("format", "delimiter", "header")}
    source = open_named(data.train, own, known=data.columns, need_label=False, missing="empty")
    wanted = train.text_columns
    if wanted != source.text_columns and set(wanted) <= set(source.columns):
        kept = source.label_column if source.label_column not in wanted else None
        use_columns_of_training(source, wanted, kept)
    corpus = source.read(keep_blank=True)
    return corpus.texts, corpus.notes


def told(about: Mapping[str, Any]) -> list[Message | str]:
    """What a model says of its teacher, in a line or two."""
    who = f"{about['rung']} ({about['folder']})" if "folder" in about else str(about["rung"])
    labels = message("agrees with {share} of the labels")
    if about.get("trained on these"):
        labels = message("agrees with {share} of the labels, on which it was trained itself")
    labels = labels.filled(share=readable.in_percent(about["agrees with labels"]))
    weights = message("temperature {temperature:g} · trust {trust:g}")
    lines = [beside([who, labels, weights.filled(temperature=about["temperature"], trust=about["trust"])])]
    left_out = [said.filled(texts=about[why]) for why, said in _LEFT_OUT.items() if why in about]
    if about["unlabelled texts"] or left_out:
        texts = message("{texts:,} texts without labels", texts=about["unlabelled texts"])
        lines.append(beside([texts, message("left out: {texts}", texts=left_out) if left_out else None]))
    if about.get("altered texts"):
        copies = message("{texts:,} altered copies, up to {most:,} of a text")
        lines.append(copies.filled(texts=about["altered texts"], most=about["altered copies"]))
    elif "altered texts" in about:
        lines.append(message("no altered copies: they are made of texts of two words or more that it knows"))
    elif about.get("trained on these") and not about["unlabelled texts"]:
        lines.append(message("it knows these texts by heart; of altered copies of them it says more: --altered 4"))
    return lines
