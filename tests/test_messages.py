"""Sentences in other languages: complete, with the values of the English, compiled, and chosen at the edge."""

import ast
import re
from collections.abc import Iterator

import pytest

from catalogues import (
    KEYWORDS,
    SOURCE,
    as_mo,
    as_po,
    brought_up_to_date,
    catalogue_files,
    extracted,
    misplaced,
    read_catalogue,
    untranslated,
)
from cli_runs import run
from sadari import errors
from sadari.errors import DataError
from sadari.messages import current_language, language_of_environment, message, speaking

OWN_ERRORS = {kind.__name__ for kind in vars(errors).values() if isinstance(kind, type)}
EVERY = [pytest.param(path, id=path.parent.parent.name) for path in catalogue_files()]


@pytest.fixture(scope="module")
def found():
    return extracted()


def test_what_heads_a_line_is_found_under_whatever_name():
    """``head = partial(headed, …)`` would print English in every language: no catalogue has what ``head`` is given."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.value.args:
                made = [part.id for part in (node.value.func, node.value.args[0]) if isinstance(part, ast.Name)]
                if made[:1] == ["partial"] and made[1:] in (["headed"], ["print_headed"]):
                    assert {target.id for target in node.targets if isinstance(target, ast.Name)} <= set(KEYWORDS), path


@pytest.mark.parametrize("path", EVERY)
def test_a_catalogue_has_the_ids_of_the_source_and_is_compiled(path, found):
    """After a change of a sentence: ``make messages``."""
    assert as_po(brought_up_to_date(read_catalogue(path), found)) == path.read_bytes()
    assert as_mo(read_catalogue(path)) == path.with_suffix(".mo").read_bytes()


@pytest.mark.parametrize("path", EVERY)
def test_every_message_has_a_translation(path, found):
    assert not untranslated(brought_up_to_date(read_catalogue(path), found))


@pytest.mark.parametrize("path", EVERY)
def test_translations_take_the_values_of_the_english(path):
    assert not misplaced(read_catalogue(path))


def test_percents_stand_as_koreans_write_them():
    """95%, and not 95 %, in sentences and in documents."""
    root = SOURCE.parent.parent
    documents = [root / "docs" / "korean.md", *root.glob("*.ko.md"), *root.glob("docs/*.ko.md")]
    assert len(documents) > 3
    assert not [path for path in documents if re.search(r"[0-9] %", path.read_text("utf-8"))]
    ko = next(path for path in catalogue_files() if path.parent.parent.name == "ko")
    said = [form for each in read_catalogue(ko) for form in (each.string if each.pluralizable else [each.string])]
    assert len(said) > 1000
    assert not [form for form in said if re.search(r"[0-9}] %", form)]


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, None),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko"}, "ko"),
        ({"LC_MESSAGES": "en_US.UTF-8", "LANG": "ko_KR.UTF-8"}, "en"),
        ({"LC_ALL": "ko_KR.eucKR", "LANG": "C"}, "ko"),
        ({"LC_ALL": "", "LANG": "ko_KR"}, "ko"),
        ({"LC_ALL": "C", "LANG": "ko_KR"}, None),
        ({"LANG": "kok_IN"}, None),
        ({"SADARI_LANG": "en", "LANG": "ko_KR.UTF-8"}, "en"),
        ({"SADARI_LANG": "ko", "LANG": "C"}, "ko"),
    ],
)
def test_the_language_of_an_environment(environment, language, monkeypatch):
    """As POSIX orders the variables of a locale, behind our own."""
    for name in ("SADARI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language_of_environment() == language


MISSING = "missing.csv: 그런 파일이 없습니다"


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--lang", "ko", "train", "missing.csv", "--rung", "bow", "-o", "m"], {}),
        (["train", "missing.csv", "--rung", "bow", "-o", "m", "--lang", "ko"], {}),
        (["data", "audit", "missing.csv", "--lang", "ko"], {"LANG": "en_US.UTF-8"}),
        (["climb", "missing.csv"], {"SADARI_LANG": "ko"}),
        (["climb", "missing.csv"], {"LC_ALL": "ko_KR.UTF-8"}),
        (["vectors", "train", "missing.csv", "-o", "m", "--lang", "ko"], {}),
    ],
)
def test_every_command_speaks_the_language_that_is_asked_for(arguments, environment):
    assert MISSING in run(*arguments, env=environment).stderr
    assert current_language() == "en"


def test_the_option_goes_before_the_environment():
    said = run("climb", "missing.csv", "--lang", "en", env={"SADARI_LANG": "ko"}).stderr
    assert "missing.csv: there is no such file" in said


def test_python_speaks_english_unless_it_is_asked(monkeypatch):
    said = DataError(message("there is no such file"), where="a.csv")
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    assert str(said) == "a.csv: there is no such file"
    monkeypatch.setenv("SADARI_LANG", "ko")
    assert str(said) == "a.csv: 그런 파일이 없습니다"
    with speaking("en"):
        assert str(said) == "a.csv: there is no such file"


SAYING = {
    "echo",
    "headed",
    "note",
    "print",
    "print_headed",
    "progress",
    "say",
    "style",
    "table",
    "UsageError",
    "_head",
    "_say",
}
COMMAND = re.compile(r"(sadari|fasttext) [a-z]")  # to be copied
SEVERAL_WORDS = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")


def bare_sentences(node: ast.AST) -> Iterator[str]:
    """Strings of several words below a node that are no id of a message, no key, nor a command to copy."""
    if isinstance(node, ast.Call) and name_of(node) in ("message", "plural", "counted"):
        return
    if isinstance(node, ast.Subscript):
        node = node.value
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "It" for part in node.values)
    if SEVERAL_WORDS.search(text) and not COMMAND.match(text):
        yield text
    for child in ast.iter_child_nodes(node):
        yield from bare_sentences(child)


@pytest.mark.parametrize("path", sorted((SOURCE / "cli").rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_what_a_command_prints_is_no_bare_sentence(path):
    """A head is an id of the catalogues; what else is printed goes through `message`."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and name_of(call) in SAYING:
            heads = call.args[:1] if "head" in getattr(call.func, "id", "") else []
            said = [*call.args[len(heads) :], *(keyword.value for keyword in call.keywords)]
            assert not [text for each in said for text in bare_sentences(each)], f"{path}:{call.lineno}"


def test_errors_are_no_bare_sentences():
    """Of our own kinds: what was wrong and what to do about it go through `message`."""
    for path in sorted(SOURCE.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in OWN_ERRORS:
                said = [*call.args, *(keyword.value for keyword in call.keywords)]
                assert not [text for each in said for text in bare_sentences(each)], f"{path}:{call.lineno}"


# What whoever writes a program did wrong, in Python's own words: an interface of Python's asks for that class.
OF_PYTHON = {
    "__init__.py": "AttributeError",
    "export/readers/sadari_reader.py": "ValueError",  # which runs without Sadari
    "ragged.py": "IndexError TypeError",
    "rungs/estimator.py": "AttributeError",
}


def test_what_is_raised_is_no_bare_sentence():
    """Of whatever kind: a `ValueError("…")` becomes the reason in a sentence that a user reads."""
    for path in sorted(SOURCE.rglob("*.py")):
        allowed = OF_PYTHON.get(path.relative_to(SOURCE).as_posix(), "").split()
        for raised in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            error = raised.exc if isinstance(raised, ast.Raise) else None
            if isinstance(error, ast.Call) and getattr(error.func, "id", "") not in allowed:
                assert not [text for each in error.args for text in bare_sentences(each)], f"{path}:{raised.lineno}"


def test_values_of_sentences_are_no_bare_sentences():
    """What stands in a sentence is written in its language, too."""
    for path in sorted(SOURCE.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and name_of(call) in ("message", "plural", "filled"):
                values = [keyword.value for keyword in call.keywords]
                assert not [text for each in values for text in bare_sentences(each)], f"{path}:{call.lineno}"


def name_of(call: ast.Call) -> str:
    """Of the function or method that is called."""
    return getattr(call.func, "id", getattr(call.func, "attr", ""))
