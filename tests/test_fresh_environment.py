"""What a fresh environment holds is enough: the main commands run where the packages of tests cannot be imported."""

import subprocess
import sys

import pytest

RUN = """
import importlib.abc, importlib.metadata, re, sys


def wanted(name, found):
    name = re.sub(r"[-_.]+", "-", name).lower()
    if name in found:
        return found
    found.add(name)
    try:
        asked = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return found  # of another platform
    for each in asked:
        if "extra ==" not in each:
            wanted(re.split(r"[^A-Za-z0-9._-]", each)[0], found)
    return found


here = wanted("sadari", set())
modules = importlib.metadata.packages_distributions()
named = {module: {re.sub(r"[-_.]+", "-", name).lower() for name in names} for module, names in modules.items()}
assert {"torch", "polars", "click"} <= here and "pytest" not in here


class Fresh(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if not named.get(name.split(".")[0], here) & here:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Fresh())
from sadari.cli import main

for command in sys.argv[1:]:
    if main(command.split()):
        sys.exit(f"sadari {command}")
"""
COMMANDS = [
    "climb headlines --rungs bow,word-char,embedding-bag --no-curves -o run",
    "predict run/model headlines -o labelled.csv",
    "evaluate run/model headlines",
    "explain run/model Stocks",
    "data suspects headlines --run run -o suspects.csv",
    "data drift headlines headlines",
    "export run/model --to html -o page.html",
]


@pytest.mark.parametrize("missing", ["safetensors", "pytest"])
def test_a_package_of_the_tests_cannot_be_imported(missing):
    code = RUN.partition("from sadari")[0] + f"import {missing}"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert f"No module named '{missing}'" in found.stderr


def test_the_main_commands_need_no_more_than_the_dependencies(tmp_path):
    found = subprocess.run([sys.executable, "-c", RUN, *COMMANDS], cwd=tmp_path, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "page.html").is_file()
