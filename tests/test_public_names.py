"""The names of `sadari` itself: imported when first used, and known to editors and type checkers (`tests/typing`)."""

import ast
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import sadari


def test_each_public_name_is_imported_for_type_checkers_from_its_home():
    tree = ast.parse(Path(sadari.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    imported = {alias.name: node.module for node in block.body for alias in node.names}
    assert imported == sadari._HOMES


def test_each_public_name_is_there_and_listed_once():
    assert sorted(sadari.__all__) == sorted(["__version__", *sadari._HOMES])
    for name, home in sadari._HOMES.items():
        assert getattr(import_module(home), name) is not None
        assert getattr(sadari, name) is not None


def test_the_package_says_that_it_is_typed():
    assert files("sadari").joinpath("py.typed").is_file()
