"""Pages for readers: the commands that they name are there, with those options, and both languages say the same."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from sadari.cli.app import app

ROOT = Path(__file__).parent.parent
KOREAN = sorted([ROOT / "README.ko.md", *(ROOT / "docs").glob("*.ko.md")])
PAGES = sorted({ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *KOREAN})


def commands(page: Path) -> list[list[str]]:
    """What follows ``sadari`` in the lines of fenced blocks, without comments and what pipes and joins commands."""
    blocks = re.findall(r"^```(?:bash|sh)?\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    parts = [part for line in lines for part in re.split(r"\s(?:&&|[|<>])\s", re.split(r"\s# ", line)[0])]
    return [words[1:] for words in (shlex.split(part) for part in parts if part.startswith("sadari "))]


def parsed(arguments: list[str]) -> tuple[str, ...]:
    """The name of the command, when its options and the number of its arguments are right."""
    command: click.Command = app
    context, name = click.Context(command), []
    while isinstance(command, click.Group):
        found = command.get_command(context, arguments[0])
        assert found is not None
        command, arguments, name = found, arguments[1:], [*name, arguments[0]]
        context = click.Context(command, parent=context)
    _, left, _ = command.make_parser(context).parse_args(list(arguments))
    assert not left
    return tuple(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_is_there_with_its_options(page):
    for command in commands(page):
        assert parsed(command), command


def test_a_command_or_an_option_that_is_not_there_is_found():
    with pytest.raises(click.UsageError, match="no command"):
        parsed(["clim"])
    with pytest.raises(click.NoSuchOption):
        parsed(["climb", "news.csv", "--bugdet", "10m"])


@pytest.mark.parametrize("page", KOREAN, ids=lambda page: page.name)
def test_both_languages_show_the_same_commands(page):
    """Those with the same options; texts and names of files may differ."""
    english = page.with_name(page.name.replace(".ko.md", ".md"))
    both = [[(parsed(each), options(each)) for each in commands(one)] for one in (english, page)]
    assert both[0] == both[1]


def options(command: list[str]) -> set[str]:
    return {word for word in command if word.startswith("-")} - {"--lang", "--bom"}
