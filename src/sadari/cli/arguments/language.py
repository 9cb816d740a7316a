"""Commands in the language that is spoken: their help, what click itself says, and the option that chooses."""

from __future__ import annotations

import gettext
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from inspect import cleandoc
from typing import Any

import click
from click.core import augment_usage_errors

from sadari.messages import (
    DOMAIN,
    LANGUAGES,
    LOCALE,
    VARIABLE,
    current_language,
    language_of_environment,
    speaking,
    translated,
)

_GETTEXT = "LANGUAGE"  # which gettext, and so click, reads before the locale


def language_asked(arguments: Sequence[str]) -> str | None:
    """The language of ``--lang``, wherever it stands before ``--``; else that of the environment."""
    options = "\0".join(arguments).partition("\0--\0")[0]
    asked = [name for name in re.findall(r"(?:^|\0)--lang[=\0](\w+)(?=\0|$)", options) if name in LANGUAGES]
    return asked[-1] if asked else language_of_environment()


@contextmanager
def speaking_with_click(language: str | None) -> Iterator[None]:
    """As `speaking`, and what click says of usage is of the same language; its sentences stand in our catalogues."""
    gettext.bindtextdomain(DOMAIN, str(LOCALE))
    before = gettext.textdomain(), os.environ.get(_GETTEXT)
    with speaking(language):
        gettext.textdomain(DOMAIN)
        os.environ[_GETTEXT] = current_language()
        try:
            yield
        finally:
            gettext.textdomain(before[0])
            os.environ.pop(_GETTEXT)
            os.environ.update({} if before[1] is None else {_GETTEXT: before[1]})


class WideFormatter(click.HelpFormatter):
    """Lays help out by the columns of a terminal, where click counts characters.

    A mark behind each wide character makes it two characters until all is laid out.
    """

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix and _marked(prefix))

    def write_text(self, text: str) -> None:
        super().write_text(_marked(text))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(_marked(name), _marked(what)) for name, what in rows], col_max, col_spacing)

    def getvalue(self) -> str:
        return super().getvalue().replace("\0", "")


def _marked(text: str) -> str:
    return re.sub(
        "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]",
        "\\g<0>\0",
        text,
    )


class _Context(click.Context):
    formatter_class = WideFormatter


def language(command: Any) -> Any:
    """``--lang``; the command is given the language that is spoken, whatever chose it."""
    return click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        callback=lambda context, option, given: current_language(),
        help=f"Language of output and report; else that of {VARIABLE}, or of the locale.",
    )(command)


_LANGUAGE = click.Option(["--lang"], type=click.Choice(LANGUAGES), expose_value=False, help="Language of the output.")


def spoken(command: click.Command) -> Any:
    """A copy of the command, and of those within it, with its help in the language that is spoken, and ``--lang``."""
    said = copy(command)
    said.context_class, said.parse_args = _Context, _parse_args.__get__(said)  # type: ignore[method-assign]
    options = [] if any(each.name == "lang" for each in command.params) else [_LANGUAGE]
    said.params = [_spoken_option(each) for each in [*command.params, *options]]
    if isinstance(said, click.Group):
        said.commands = {name: spoken(inner) for name, inner in said.commands.items()}
    return _translated(said, "help", "epilog", "short_help")


def _parse_args(command: click.Command, context: click.Context, arguments: list[str]) -> list[str]:
    """As click does; of an option without its value it does not say by itself which command was meant."""
    with augment_usage_errors(context):
        return type(command).parse_args(command, context, arguments)


def _spoken_option(option: click.Parameter) -> click.Parameter:
    said: click.Parameter = _translated(copy(option), "help")
    if isinstance(said.type, click.types.IntParamType | click.types.FloatParamType):
        said.type = copy(said.type)
        said.type.name = translated(said.type.name)
    return said


def _translated(what: Any, *names: str) -> Any:
    for name in names:
        if text := getattr(what, name, None):
            setattr(what, name, "\n\n".join(map(translated, paragraphs(text))))
    return what


def paragraphs(text: str) -> list[str]:
    """Of a docstring or of examples: each is a sentence of the catalogues."""
    return cleandoc(text).split("\n\n")
