"""``sadari explain``: which words and n-grams of a text speak for which label."""

from __future__ import annotations

import sys
from typing import Any

import click

from sadari.cli.arguments import options
from sadari.cli.arguments.models import load_model
from sadari.errors import DataError, SettingError
from sadari.messages import message

EXAMPLES = """\b
Examples:
  sadari explain runs/news/model "Stocks fell on Friday"
  sadari explain runs/news/model "A late goal in Turin" --label World
  echo "Oil rises again" | sadari explain runs/news/model - --json
  sadari explain runs/news/lstm "It was too tired" --picture gates.svg

\b
The figures of a column, the bias with them, add up to the label's logit; the
logits make the probabilities. For the counting rungs they are exact; for the
nets they are integrated gradients, which add up too.

\b
Of char and word-char the text stands above, its characters green where the
n-grams on them speak for the label, red where against it; --json has figures.
"""


@click.command(epilog=EXAMPLES)
@click.argument("model")
@click.argument("text")
@click.option("--label", metavar="LABEL", help="Explain this label.  [default: the likeliest]")
@click.option(
    "--top", type=click.IntRange(1), default=10, show_default=True, metavar="N", help="How many words to show."
)
@click.option("--picture", metavar="FILE", help="Draw an LSTM's gates or a Transformer's attention: .svg, .png, .pdf.")
@options.as_json("The whole explanation as JSON, and nothing else, on standard output.")
def explain(model: str, text: str, label: str | None, top: int, picture: str | None, as_json: bool) -> None:
    """Show what every word and n-gram of TEXT adds to every label ("-": standard input).

    MODEL is a model folder.
    """
    from sadari.display.terminal import Progress

    text = _read(text)
    if picture is not None:
        from sadari.plots.picture import check_picture

        check_picture(picture)
    with Progress() as progress:
        progress(message("loading the model"))
        rung = load_model(model)
        names = [str(name) for name in rung.classes_.tolist()]
        if label is not None and label not in names:
            raise SettingError(
                message("the model has no label {label!r}", label=label),
                hint=message("it has: {names}", names=", ".join(names)),
            )
        if picture is not None:  # first: what cannot be drawn is known before the reasons are
            progress(message("drawing"))
            _draw(rung, text, picture)
        progress(message("looking for reasons"))
        found = rung.explain(text)
        [known] = rung.predict_with_marks([text])[1].tolist()
        [cut] = rung.cut_texts([text]).tolist()
    if as_json:
        from sadari.cli.terminal.printing import say_json

        say_json(_as_dict(text, found, known, cut))
        return
    from sadari.cli.explain.view import print_explanation
    from sadari.cli.terminal.printing import headed, note

    if cut:
        note(message("The text is longer than the model reads: this is of its beginning."))
    print_explanation(found, label=label, top=top, known=known)
    if not found.complete:
        note(
            message(
                "What the words add does not sum to the logits: the model's weights are very large. Take it for a hint."
            )
        )
    if picture is not None:
        headed("Picture", picture, indent=12)


def _draw(rung: Any, text: str, picture: str) -> None:
    """Write the picture of what the net does inside, if there is anything to see."""
    from sadari.plots.activations import draw_activations

    found = rung.activations(text)
    if found is None:
        raise SettingError(
            message("the rung {name!r} has no gates and no attention to draw", name=rung.name),
            hint=message("leave out --picture"),
        )
    draw_activations(found, picture)


def _read(text: str) -> str:
    """The text itself, or that of standard input."""
    try:
        if text == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig").rstrip("\r\n")
        text.encode()
    except UnicodeDecodeError:
        raise DataError(message("is not UTF-8"), where=message("standard input")) from None
    except UnicodeEncodeError:
        raise DataError(message("the text is not valid in this terminal's encoding")) from None
    return text


def _as_dict(text: str, found: Any, known: bool, cut: bool) -> dict[str, Any]:
    """Everything: probabilities, logits and bias by label, and each feature's and character's contributions."""

    def by_label(values: Any) -> dict[str, float]:
        return dict(zip(found.labels, values.tolist(), strict=True))

    return {
        "text": text,
        "label": found.labels[found.places[0]],
        "known": known,
        "cut": cut,
        "probabilities": by_label(found.probabilities),
        "logits": by_label(found.logits),
        "bias": by_label(found.bias),
        "complete": found.complete,
        "features": [
            {"feature": feature, "contributions": by_label(row)}
            for feature, row in zip(found.features, found.contributions, strict=True)
        ],
        "characters": [
            {"character": character, "contributions": by_label(row)}
            for character, row in zip(found.characters, found.by_character, strict=True)
        ],
    }
