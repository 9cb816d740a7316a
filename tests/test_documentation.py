"""What `make docs` cannot see: parameters of public names without an entry, and public names without a page."""

import ast
import inspect
import re
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import sadari

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
SOURCES = sorted((ROOT / "src" / "sadari").rglob("*.py"))


def entries(doc: str, section: str) -> list[str]:
    """The names in a section of a Google docstring without its indentation, as they stand there."""
    found = re.search(rf"^{section}:\n((?:    .*\n?)+)", doc, re.MULTILINE)
    return re.findall(r"^    (\S.*?)(?: \(.*?\))?:", found[1], re.MULTILINE) if found else []


def doc_of(documented: Any) -> str:
    """The docstring of an object itself, not one that it inherits."""
    return inspect.cleandoc(getattr(documented, "__func__", documented).__doc__ or "")


def parameters(function: object) -> list[str]:
    signature = inspect.signature(function)
    return [name for name in signature.parameters if name not in ("self", "cls")]


def own_bases(cls: type) -> list[type]:
    """The class and those of ours that it inherits from."""
    return [base for base in cls.__mro__ if base.__module__.startswith("sadari")]


def public_surface() -> dict[str, tuple[list[str], list[str]]]:
    """Name → its parameters, and the entries for them, of all public functions, classes and their public methods.

    A method that overrides another need not repeat its entries, nor a class those of its base.
    """
    found = {}
    for name, home in sadari._HOMES.items():
        public = getattr(import_module(home), name)
        if inspect.isfunction(public):
            found[name] = parameters(public), entries(doc_of(public), "Args")
        elif isinstance(public, type):
            said = [entry for base in own_bases(public) for entry in dict.fromkeys(entries(doc_of(base), "Args"))]
            fields = entries(doc_of(public), "Attributes") if is_dataclass(public) else []
            found[name] = parameters(public), [*dict.fromkeys(said), *fields]
            for method, function in methods(public):
                overridden = [vars(base)[method] for base in own_bases(public) if method in vars(base)]
                said = [entries(doc_of(each), "Args") for each in overridden]
                found[f"{name}.{method}"] = parameters(function), next(filter(None, said), [])
    return found


def methods(cls: type) -> list[tuple[str, Any]]:
    """Its public methods that are ours, inherited ones too."""
    names = {name for base in own_bases(cls) for name in vars(base) if not name.startswith("_")}
    values = {name: getattr(cls, name) for name in sorted(names)}
    functions = {name: getattr(value, "__func__", value) for name, value in values.items()}
    ours = {name: each for name, each in functions.items() if inspect.isfunction(each)}
    return [(name, each) for name, each in ours.items() if each.__module__.startswith("sadari")]  # not sklearn's


SURFACE = public_surface()


@pytest.mark.parametrize("name", SURFACE)
def test_each_parameter_of_the_public_surface_has_one_entry(name):
    there, said = SURFACE[name]
    assert not set(there) - set(said), f"{name} says nothing of these"
    assert len(said) == len(set(said)), f"{name} says twice: {said}"


def test_each_public_name_is_in_the_reference():
    pages = "\n".join(path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md"))
    shown = set(re.findall(r"^::: (\S+)$", pages, re.MULTILINE))
    for name, home in sadari._HOMES.items():
        assert shown & {f"sadari.{name}", f"{home}.{name}", home}, f"no page of docs/reference shows {name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_entry_is_of_one_parameter_that_is_there(path):
    """Of functions that are not public, too: no entry of several names, none of a parameter that is gone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            said = entries(ast.get_docstring(node) or "", "Args")
            there = [each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)]
            assert not set(said) - set(there), f"{path}:{node.lineno}: {node.name}"
            assert len(said) == len(set(said)), f"{path}:{node.lineno}: {node.name}"
        elif isinstance(node, ast.ClassDef):
            said = [name for part in ("Args", "Attributes") for name in entries(ast.get_docstring(node) or "", part)]
            assert all(name.isidentifier() for name in said), f"{path}:{node.lineno}: {node.name}"


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        ("Sum.\n\n    Args:\n        a: one.\n        b: two,\n            still two: yes.\n", ["a", "b"]),
        ("Sum.\n\n    Args:\n        a, b: both.\n", ["a, b"]),
        ("Sum.\n\n    Args:\n        a: one. b: two.\n\n    Returns:\n        c: d.\n", ["a"]),
        ("Sum.", []),
    ],
)
def test_entries_are_read_as_they_stand(doc, expected):
    assert entries(inspect.cleandoc(doc), "Args") == expected


def test_a_function_that_documents_parameters_documents_all_of_them():
    """Those that are not public, too; who reads an entry looks for the others beside it."""
    wrong = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                given = node.args
                every = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
                names = {each.arg for each in every if each is not None} - {"self", "cls"}
                said = {name.lstrip("*") for name in entries(ast.get_docstring(node) or "", "Args")}
                if said and said != names:
                    wrong[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = said ^ names
    assert not wrong
