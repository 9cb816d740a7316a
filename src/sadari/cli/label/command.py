"""``sadari label``: label the texts of a file on a page in the browser, those first from which most is learned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sadari.cli.arguments import options
from sadari.cli.arguments.inputs import find_data, open_named
from sadari.errors import DataError, SettingError, reason_of
from sadari.messages import counted, message

if TYPE_CHECKING:
    from sadari.trust.active.candidates import Candidates
    from sadari.trust.labelling import Labelling

EXAMPLES = """\b
Examples:
  sadari label texts.csv -o labels.csv --labels "Sports,World,Business"
  sadari label texts.csv -o labels.csv --labels "spam=wants money,ham"
  sadari label texts.csv -o labels.csv --weights models/minilm
  sadari label texts.csv -o labels.csv --model runs/news/model
  sadari label texts.csv -o labels.csv --guidelines how.txt
  sadari label texts.csv -o labels.csv --as kim      a second person
  sadari label texts.csv -o labels.csv --write       the CSV, no page
  sadari climb labels.csv

\b
On the page each label has a key; U takes back, S skips, N: none of the list,
L: a new label. Each answer is on the disk before the next text is shown, in
labels.csv.answers/NAME.jsonl; labels.csv is made of all that lies there.
"""
MOST_GUIDELINES = 200_000  # bytes


@click.command(epilog=EXAMPLES)
@click.argument("file")
@click.option("-o", "--output", metavar="CSV", required=True, help="Where the labels go; the answers lie beside it.")
@click.option(
    "--labels", "names", metavar="NAMES", help="a,b,c, or a=what it means,b=…; more can be added on the page."
)
@click.option("--model", metavar="MODEL", help="A trained model, whose labels are asked, and whose doubts come first.")
@click.option("--weights", metavar="NAME", help="An encoder, by which texts are compared.  [default: their words]")
@click.option("--download", is_flag=True, help="Fetch --weights from the Hugging Face hub if they are not here.")
@click.option("--as", "person", default="me", show_default=True, metavar="NAME", help="Who labels.")
@click.option("--guidelines", metavar="FILE", help="A text that stands beside: how to label.")
@click.option("--candidates", type=click.IntRange(100), metavar="N", help="Texts to choose among.  [default: 20,000]")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address; others than loopback need $SADARI_TOKEN."
)
@click.option("--port", type=click.IntRange(0, 65_535), default=8_000, show_default=True, help="0: a free one.")
@click.option("--write", "only_write", is_flag=True, help="Write the CSV of the answers so far, and show no page.")
@options.seed
@options.reading
def label(file: str, **asked: Any) -> None:
    """Label the texts of FILE on a page in the browser.

    Asked next is the text from which most is learned; one in ten is drawn at random, so that the page can say how good
    a model of the labels is, and when more of them no longer pay.
    """
    from sadari.trust.answers.journal import Journal, folder_of
    from sadari.trust.answers.table import check_output

    output = Path(asked["output"])
    check_output(output)
    guidelines = "" if asked["guidelines"] is None else _guidelines(Path(asked["guidelines"]))
    names = parse_labels(asked["names"])
    journal = Journal(folder_of(output), asked["person"])
    try:
        candidates = _candidates(file, output, asked)
        labelling = _labelling(candidates, journal, output, names, guidelines, asked)
        if not asked["only_write"]:
            _serve(labelling, asked)
        _say_written(labelling)
    finally:
        journal.close()


def parse_labels(given: str | None) -> dict[str, str]:
    """Name → what it means, of ``"a,b=what it means,c"``.

    Raises:
        SettingError: a name is blank or too long, or stands twice.
    """
    from sadari.trust.labelling import check_label

    found: dict[str, str] = {}
    for part in (given or "").split(",") if given else []:
        name, _, meaning = (side.strip() for side in part.partition("="))
        check_label(name)
        if name in found:
            raise SettingError(message("--labels has {name!r} twice", name=name))
        found[name] = meaning
    return found


def _guidelines(path: Path) -> str:
    """The text of a file.

    Raises:
        DataError: it cannot be read, or is too long.
    """
    from sadari.artifact.plain_file import open_plain

    try:
        with open_plain(path) as stream:
            content = stream.read(MOST_GUIDELINES + 1)
        if len(content) > MOST_GUIDELINES:
            raise DataError(message("longer than {most:,} bytes", most=MOST_GUIDELINES), where=str(path))
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(message("cannot be read: {reason}", reason=reason_of(error)), where=str(path)) from None


def _candidates(file: str, output: Path, asked: dict[str, Any]) -> Candidates:
    """What may be asked, with notes on what is not."""
    from sadari.cli.terminal.printing import note
    from sadari.trust.active.candidates import MOST, read_candidates
    from sadari.trust.answers.journal import folder_of, journals_in
    from sadari.trust.answers.standing import Standing

    found = find_data(file)
    source = open_named(found.train, asked, known=found.columns, need_label=False, missing="empty")
    source.use_columns(source.text_columns, None)
    standings = [Standing.of(answers) for answers in journals_in(folder_of(output)).values()]
    answered = [answer.text for each in standings for answer in each.answers.values()]
    candidates = read_candidates(source, answered, asked["candidates"] or MOST)
    for said in source.notes:
        note(said)
    for said in candidates.notes():
        note(said)
    return candidates


def _labelling(
    candidates: Candidates, journal: Any, output: Path, names: dict[str, str], guidelines: str, asked: dict[str, Any]
) -> Labelling:
    from sadari.trust.active.spaces import space_of
    from sadari.trust.labelling import Labelling

    prior = None
    if asked["model"] is not None:
        from sadari.cli.arguments.models import load_model

        model = load_model(asked["model"])
        prior = model.predict_proba
        names = names or dict.fromkeys(map(str, model.classes_.tolist()), "")
    if asked["weights"] is not None:
        from sadari.pretrained.embedders.read import check_embedder

        check_embedder(asked["weights"], download=asked["download"])
    space = space_of(asked["weights"], asked["seed"])
    return Labelling(candidates, journal, output, names, space, guidelines=guidelines, prior=prior, seed=asked["seed"])


def _serve(labelling: Labelling, asked: dict[str, Any]) -> None:
    """The page, until it is ended."""
    from sadari.cli.terminal.printing import headed
    from sadari.serve.labelling.run import serve_labelling
    from sadari.serve.settings import ServeSettings, token_of_environment

    settings = ServeSettings(models=(), host=asked["host"], port=asked["port"], token=token_of_environment())
    serve_labelling(labelling, settings, lambda url: headed("Page", f"{url}/"))


def _say_written(labelling: Labelling) -> None:
    """Write the table, and say what is in it."""
    from sadari.cli.terminal.printing import headed, note

    labelling.close()
    table = labelling.table()
    headed("Labels", message("{count}, in {path}", count=counted(len(table), "text"), path=str(labelling.output)))
    if left := len(labelling.disagreements()):
        note(message("not in it, for people disagree about them: {count}", count=counted(left, "text")))
    for name, agreement in labelling.view().agreement.items():
        if agreement.kappa is not None:
            note(
                message(
                    "with {name}: {count}, Cohen's kappa {kappa:.2f}",
                    name=name,
                    count=counted(agreement.texts, "text"),
                    kappa=agreement.kappa.value,
                )
            )
    if len(table):
        headed("Next", f"sadari climb {labelling.output}")
