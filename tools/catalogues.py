"""Bring the message catalogues up to date with the source: ``make messages``.

Every language is one ``src/sadari/locale/<language>/LC_MESSAGES/sadari.po``; a folder of a new language with an empty
file of that name begins one. The ids come out of the source (`extracted`): a new one stands in the
file without a translation; one whose English changed a little keeps its translation and is marked fuzzy, and is not
used until somebody has looked at it and taken the mark away; one that is gone goes. Entries stand in the order of
their ids, without dates or lines of the source, so that two people's changes seldom meet.

The compiled ``.mo`` beside each file is committed too: a checkout, an editable installation and a wheel then speak
every language with no step of their own, and a test compares it with its ``.po``.
"""

from __future__ import annotations

import ast
import io
import string
import sys
from collections.abc import Collection, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import IO, Any

import click
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).parent.parent / "src" / "sadari"
sys.path.insert(0, str(SOURCE.parent))  # of this checkout, installed or not

import sadari.cli  # noqa: E402
from sadari.cli.arguments.language import paragraphs, spoken  # noqa: E402

LOCALE = SOURCE / "locale"
KEYWORDS = {
    "message": None,
    "plural": (1, 2),
    "Named": None,
    "_": None,  # in templates
    # what a line of the terminal begins with
    "headed": (1,),
    "_head": (1,),
    "print_headed": (1,),
}
# what click says to who types something else than a command takes, and the heads of its help
FROM_CLICK: list[str | tuple[str, str]] = [
    "Usage:",
    "Options",
    "Commands",
    "Show this message and exit.",
    "default: {default}",
    "required",
    "Missing command.",
    "Missing argument",
    "Missing option",
    "Missing parameter",
    # what an option takes
    "integer",
    "integer range",
    "float",
    "float range",
    "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}",
    "No such command {name!r}.",
    "No such option {name!r}.",
    "Option {name!r} does not take a value.",
    "{value!r} is not a valid {number_type}.",
    "{value!r} is not a valid boolean. Recognized values: {states}",
    "{value} is not in the range {range}.",
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
]
OPTIONS = {"**.jinja": {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}}


def extracted() -> Catalog:
    """All ids of the source."""
    found = Catalog()
    for _, _, said, _, _ in extract_from_dir(
        SOURCE, [("**.py", _calls), ("**.jinja", "jinja2")], OPTIONS, keywords=KEYWORDS, strip_comment_tags=True
    ):
        found.add(said)
    for text in (*help_texts(), *FROM_CLICK):
        found.add(text)
    return found


def help_texts() -> Iterator[str]:
    """What ``--help`` of every command says: docstrings, examples and options, as click has them."""
    for module in walk_packages(sadari.cli.__path__, "sadari.cli."):
        for command in vars(import_module(module.name)).values():
            if isinstance(command, click.Command):
                texts = [command.help, command.epilog, command.short_help]
                yield from (paragraph for text in texts if text for paragraph in paragraphs(text))
                options = [each for each in spoken(command).params if isinstance(each, click.Option)]
                yield from (option.help for option in options if option.help)


def _calls(file: IO[bytes], keywords: Collection[str], tags: object, options: object) -> Iterator[tuple[Any, ...]]:
    """The strings of every such call of a Python file, however deep it stands: Babel's own reader passes over some."""
    for node in ast.walk(ast.parse(file.read())):
        name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
        if name in keywords:
            strings = [_string(argument) for argument in node.args]
            if strings and strings[0]:
                yield node.lineno, name, (*strings, None), []


def _string(argument: ast.expr) -> str | None:
    """What an argument says: a string, or, of ``"" if … else "Read"``, the one that is not empty."""
    if isinstance(argument, ast.IfExp):
        return _string(argument.body) or _string(argument.orelse)
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def catalogue_files() -> list[Path]:
    """The catalogue of each language."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/sadari.po"))


def read_catalogue(path: Path) -> Catalog:
    """What stands in a ``.po``."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


class PlainCatalog(Catalog):
    """A catalogue whose head has neither dates nor the version of Babel: the same entries give the same bytes."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:  # type: ignore[override]
        """What a reader of it needs."""
        return [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", str(self.plural_forms))]


def brought_up_to_date(catalogue: Catalog, found: Catalog) -> Catalog:
    """The catalogue with the ids of the source, and no others."""
    catalogue.update(found)
    return _plain(catalogue)


def as_po(catalogue: Catalog) -> bytes:
    """The text of a ``.po``."""
    lines = "".join(f'"{name}: {value}\\n"\n' for name, value in _plain(catalogue).mime_headers)
    body = io.BytesIO()
    write_po(body, catalogue, width=0, omit_header=True, sort_output=True, no_location=True, ignore_obsolete=True)
    return f'msgid ""\nmsgstr ""\n{lines}\n'.encode() + body.getvalue().lstrip(b"\n")


def as_mo(catalogue: Catalog) -> bytes:
    """The bytes of a ``.mo``; what is fuzzy is left out."""
    body = io.BytesIO()
    write_mo(body, _plain(catalogue))
    return body.getvalue()


def _plain(catalogue: Catalog) -> PlainCatalog:
    new = PlainCatalog(locale=catalogue.locale)
    for entry in catalogue:
        if entry.id:
            new.add(entry.id, entry.string, flags=entry.flags - {"python-format"})
    return new


def untranslated(catalogue: Catalog) -> list[str]:
    """The ids that have no translation, or one that nobody has looked at."""
    return [_forms(each.id)[0] for each in catalogue if each.id and (each.fuzzy or not all(_forms(each.string)))]


def misplaced(catalogue: Catalog) -> list[str]:
    """The ids whose translation takes other values than the English does."""
    return [
        _forms(each.id)[0]
        for each in catalogue
        if each.id
        and any(placeholders(form) != placeholders(_forms(each.id)[-1]) for form in filter(None, _forms(each.string)))
    ]


def placeholders(sentence: str) -> set[str]:
    """The names of the values that a sentence takes."""
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(sentence) if name}


def _forms(sentence: str | Sequence[str] | None) -> Sequence[str]:
    return (sentence or "",) if isinstance(sentence, str | None) else sentence


def main() -> int:
    """Update and compile every catalogue; say what has no translation yet."""
    found = extracted()
    for path in catalogue_files():
        new = brought_up_to_date(read_catalogue(path), found)
        path.write_bytes(as_po(new))
        path.with_suffix(".mo").write_bytes(as_mo(read_catalogue(path)))
        print(f"{path.relative_to(SOURCE)}: {len(new)} messages, {len(untranslated(new))} without a translation")
    return 0


if __name__ == "__main__":
    sys.exit(main())
