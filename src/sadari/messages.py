"""What is said to people is data until it is printed: a sentence's id and its values, rendered at the edge.

    message("there is no device {name!r}", name="cpux")

The id is the English sentence itself, as gettext has it, with a place for each value; a language is one catalogue
(``locale/<language>/LC_MESSAGES/sadari.po``). No code reads, cuts or matches a finished sentence: who wants to know
what was said asks for the id and the values.
"""

from __future__ import annotations

import gettext
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, is_dataclass, replace
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "sadari"
LANGUAGES = ("en", *sorted(file.parts[-3] for file in LOCALE.glob("*/LC_MESSAGES/sadari.mo")))
VARIABLE = "SADARI_LANG"


@dataclass(frozen=True)
class Message:
    """A sentence, or a part of one, that is not written out yet.

    Args:
        id: the English sentence with ``{names}`` where values go, as `str.format` reads it.
        values: what goes there; a value may be a message itself, or a list of messages and strings, which is joined
            by commas.
        plural: the sentence for any count but one; None where there is no such difference.
        count: what decides between the two.
    """

    id: str
    values: Mapping[str, Any] = field(default_factory=dict)
    plural: str | None = None
    count: int = 1

    def __str__(self) -> str:
        return render(self)

    def filled(self, count: int | None = None, **values: Any) -> Message:
        """The same sentence, of a table of them, with these values, and for this count where it has two forms."""
        if count is None:
            return replace(self, values={**self.values, **values})
        return replace(self, values={**self.values, "count": count, **values}, count=count)


class Figure:
    """A value that languages write in ways of their own, such as a large number."""

    def written(self, language: str) -> str:
        """As it stands in a sentence of this language."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.written(current_language())


class Named(str, Figure):
    """A name that we give to something, among names that users give to files: a text like those, which sentences write
    in their language. It must be an id of the catalogues."""

    __slots__ = ()

    def written(self, language: str) -> str:
        return _catalogue(language).gettext(self)


def message(id: str, /, **values: Any) -> Message:
    """The sentence with these values."""
    return Message(id, values)


def plural(one: str, many: str, count: int, /, **values: Any) -> Message:
    """The sentence for one, or for another count, which stands in it as ``{count}``."""
    return Message(one, {"count": count, **values}, many, count)


_COUNTED = {
    "text": plural("{count:,} text", "{count:,} texts", 2),
    "test text": plural("{count:,} test text", "{count:,} test texts", 2),
    "validation text": plural("{count:,} validation text", "{count:,} validation texts", 2),
    "label": plural("{count:,} label", "{count:,} labels", 2),
    "row": plural("{count:,} row", "{count:,} rows", 2),
    "line": plural("{count:,} line", "{count:,} lines", 2),
    "pair": plural("{count:,} pair", "{count:,} pairs", 2),
    "question": plural("{count:,} question", "{count:,} questions", 2),
    "character": plural("{count:,} character", "{count:,} characters", 2),
    "word": plural("{count:,} word", "{count:,} words", 2),
    "subword": plural("{count:,} subword", "{count:,} subwords", 2),
    "token": plural("{count:,} token", "{count:,} tokens", 2),
    "vector": plural("{count:,} vector", "{count:,} vectors", 2),
    "parameter": plural("{count:,} parameter", "{count:,} parameters", 2),
    "pass": plural("{count:,} pass", "{count:,} passes", 2),
    "step": plural("{count:,} step", "{count:,} steps", 2),
    "duplicate": plural("{count:,} duplicate", "{count:,} duplicates", 2),
    "contradiction": plural("{count:,} contradiction", "{count:,} contradictions", 2),
    "finding": plural("{count:,} finding", "{count:,} findings", 2),
    "setting": plural("{count:,} setting", "{count:,} settings", 2),
    "task": plural("{count:,} task", "{count:,} tasks", 2),
    "processor": plural("{count:,} processor", "{count:,} processors", 2),
    "node": plural("{count:,} node", "{count:,} nodes", 2),
    "notebook": plural("{count:,} notebook", "{count:,} notebooks", 2),
    "worker": plural("{count:,} worker", "{count:,} workers", 2),
    "CPU": plural("{count:,} CPU", "{count:,} CPUs", 2),
    "GPU": plural("{count:,} GPU", "{count:,} GPUs", 2),
}


def counted(count: int, noun: str) -> Message:
    """``1 text``, ``2,000 texts``."""
    return _COUNTED[noun].filled(count)


def both(parts: Sequence[Message | str]) -> Message | str:
    """``a and b``, ``a and b and c``."""
    first, *rest = parts
    return message("{first} and {second}", first=first, second=both(rest)) if rest else first


def beside(parts: Sequence[Message | str | None]) -> Message | str:
    """``a · b · c`` of those that there are; an empty text of none."""
    first, *rest = [part for part in parts if part] or [""]
    return message("{first} · {second}", first=first, second=beside(rest)) if rest else first


def of(name: Message | str, note: Message | str) -> Message:
    """What is said of one of several things, behind its name."""
    return message("{name}: {note}", name=name, note=note)


def notes_of(name: Message | str, notes: Sequence[Message | str]) -> list[Message]:
    """Each of the notes on one of several files, behind its name."""
    return [of(name, note) for note in notes]


def alternatives(names: Sequence[object]) -> Message | str:
    """``a or b or c``."""
    said: Message | str = names[0] if isinstance(names[0], Message) else str(names[0])
    for name in names[1:]:
        said = message("{these} or {that}", these=said, that=name)
    return said


def some_of(names: Sequence[str], most: int) -> Message | str:
    """``a, b and 3 more``: at most so many of some names."""
    shown = ", ".join(names[:most])
    return message("{names} and {count:,} more", names=shown, count=len(names) - most) if len(names) > most else shown


def render(said: Message | Figure | str, language: str | None = None) -> str:
    """The sentence in a language: the one given, else `current_language`; what no catalogue has stays English."""
    if isinstance(said, str) and not isinstance(said, Figure):
        return said
    language = language or current_language()
    if isinstance(said, Figure):
        return said.written(language)
    sentence, values = _sentence(said, language)
    return sentence.format_map(values)


def _sentence(said: Message, language: str) -> tuple[str, dict[str, Any]]:
    """The sentence of a language, and the values that go into it as that language writes them."""
    catalogue = _catalogue(language)
    if said.plural is None:
        sentence = catalogue.gettext(said.id)
    else:
        sentence = catalogue.ngettext(said.id, said.plural, said.count)
    return sentence, {name: _written(value, language) for name, value in said.values.items()}


def pieces(said: Message, language: str | None = None) -> Iterator[tuple[str | None, str]]:
    """A sentence as `render` writes it, in pieces: (the name of the value that is put there, or None, its text)."""
    sentence, values = _sentence(said, language or current_language())
    formatter = Formatter()
    for text, name, form, conversion in formatter.parse(sentence):
        yield None, text
        if name is None:
            continue
        if isinstance(said.values[name], Message):
            yield from pieces(said.values[name], language)
        else:
            yield name, formatter.format_field(formatter.convert_field(values[name], conversion), form or "")


def outline(said: Message | str) -> tuple[Any, ...]:
    """What a sentence says but for its figures, and bars that are drawn of them: ids and names."""
    if isinstance(said, Message):
        return said.id, *(outline(each) for each in said.values.values() if isinstance(each, Message | str))
    return (said,) if any(map(str.isalpha, said)) else ()


def plain(value: Any, language: str | None = None) -> Any:
    """Nested plain values, for JSON, with every message in them written out; of a dataclass, its fields."""
    if isinstance(value, Message):
        return render(value, language)
    if is_dataclass(value):
        return plain(vars(value), language)
    if isinstance(value, Mapping):
        return {key: plain(entry, language) for key, entry in value.items()}
    return [plain(entry, language) for entry in value] if isinstance(value, list | tuple) else value


def _written(value: Any, language: str) -> Any:
    if isinstance(value, Message | Figure):
        return render(value, language)
    if isinstance(value, list) and all(isinstance(each, Message | str) for each in value):
        return ", ".join(render(each, language) for each in value)
    return value


_language: ContextVar[str | None] = ContextVar("language", default=None)


def current_language() -> str:
    """The language that `speaking` set, else that of the variable SADARI_LANG, else English."""
    return _language.get() or _named(os.environ.get(VARIABLE, "")) or "en"


def language_of_environment() -> str | None:
    """The language of SADARI_LANG, else of the locale; None where neither names one that there is a catalogue of."""
    asked = next(filter(None, map(os.environ.get, (VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return _named(asked)


def _named(locale: str) -> str | None:
    """``ko_KR.UTF-8`` → ``"ko"``."""
    language = re.split(r"[_.@-]", locale.strip().lower())[0]
    return language if language in LANGUAGES else None


def translated(text: str) -> str:
    """A text that has no values, such as one of ``--help``, in the language that is spoken."""
    return _catalogue(current_language()).gettext(text)


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Render messages in this language inside the block; None changes nothing."""
    token = _language.set(language or _language.get())
    try:
        yield
    finally:
        _language.reset(token)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True)
