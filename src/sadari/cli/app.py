"""The command ``sadari`` itself: its commands by name, and its help."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NoReturn

import click

from sadari import __version__
from sadari.cli.arguments.language import language, language_asked, speaking_with_click, spoken
from sadari.cli.terminal.failures import run_guarded
from sadari.messages import message, translated

# name → (module, attribute, what it does), in the order of use
COMMANDS = {
    "climb": (
        "sadari.cli.climb.command",
        "climb",
        message("Train every rung, compare them, and say which is worth its cost."),
    ),
    "train": ("sadari.cli.train.command", "train", message("Train one rung and save the model.")),
    "evaluate": ("sadari.cli.evaluate.command", "evaluate", message("Score a model on labelled texts.")),
    "predict": ("sadari.cli.predict.command", "predict", message("Label texts: a file, standard input, or arguments.")),
    "explain": ("sadari.cli.explain.command", "explain", message("Show which words speak for which label in a text.")),
    "vectors": (
        "sadari.cli.vectors.command",
        "vectors",
        message("Train, search, compare, picture and convert word vectors."),
    ),
    "import": ("sadari.cli.exchange.command", "import_", message("Take over a classifier that fastText trained.")),
    "export": ("sadari.cli.exchange.command", "export", message("Write a model for another program.")),
    "serve": ("sadari.cli.serve.command", "serve", message("Let others ask a model over HTTP.")),
    "label": ("sadari.cli.label.command", "label", message("Label texts on a page, those first that teach most.")),
    "generate": ("sadari.cli.generate.command", "generate", message("Learn to write from texts, and write.")),
    "translate": (
        "sadari.cli.translate.command",
        "translate",
        message("Learn to translate from pairs of texts, and translate."),
    ),
    "pretrain": ("sadari.cli.pretrain.command", "pretrain", message("Pre-train a BERT on plain texts, and probe it.")),
    "weights": ("sadari.cli.weights.command", "weights", message("List and fetch pre-trained weights.")),
    "data": ("sadari.cli.data.command", "data", message("List, fetch and audit data.")),
    "course": (
        "sadari.cli.course.command",
        "course",
        message("Write the course: six notebooks, to learn how all this works."),
    ),
}

EXAMPLES = """\b
Examples:
  sadari climb                                   the bundled headlines
  sadari climb news.csv --test test.csv          your own file
  sadari predict runs/news/model new.csv -o labelled.csv
  sadari explain runs/news/model "Stocks fell on Friday"
"""


class App(click.Group):
    """Commands that are imported when they are called, and errors that are one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            near = get_close_matches(cmd_name, COMMANDS, n=1)
            said = message("there is no command {name!r}", name=cmd_name)
            if near:
                said = message("there is no command {name!r}; did you mean {near!r}?", name=cmd_name, near=near[0])
            ctx.fail(str(said))
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = spoken(getattr(import_module(module), attribute))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(translated("Commands")):
            formatter.write_dl([(name, str(what)) for name, (_, _, what) in COMMANDS.items()])

    def run(self, arguments: Sequence[str] | None = None) -> int:
        """Run with these arguments: the exit code."""
        given = sys.argv[1:] if arguments is None else list(arguments)
        with speaking_with_click(language_asked(given)):
            return run_guarded(lambda: self._call(given))

    def _call(self, arguments: list[str]) -> int:
        # Not click's own `main`: it makes a closed pipe an error, and Ctrl-C as well.
        self._main_shell_completion({}, "sadari")
        try:
            with spoken(self).make_context("sadari", arguments) as context:
                self.invoke(context)
        except click.exceptions.Exit as end:
            return end.exit_code
        return 0

    def main(self, args: Sequence[str] | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        """Run as a process does, and exit."""
        sys.exit(self.run(args))


@click.group(
    cls=App, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@language
@click.version_option(__version__, prog_name="sadari", message="%(prog)s %(version)s")
def app(lang: str) -> None:
    """Climb the whole ladder of text models on your own labelled texts, and learn which rung is worth its cost."""
