"""The shape of the house, held by a machine: no circles, no crowded package, no function longer than a screen."""

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "sadari"
FILES = sorted(SOURCE.rglob("*.py"))
MOST_MODULES = 16
MOST_LINES = 60
MOST_SKIPS = 20  # fewer
# one compiled loop, which took up to four times as long with its branches in functions; and one still to be split
STILL_LONG = {"scan_loop", "sniff"}

Graph = dict[str, set[str]]


def module_name(path: Path, source: Path) -> str:
    parts = path.relative_to(source.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def import_graph(source: Path) -> Graph:
    """Module → modules of the same package that it imports, anywhere: deferred, and for type checkers alone, too."""
    paths = {module_name(path, source): path for path in sorted(source.rglob("*.py"))}
    graph: Graph = {}
    for name, path in paths.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        found = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found |= {module for module in imported(node, package, paths) if module in paths}
        graph[name] = found - {name}
    return graph


def imported(node: ast.AST, package: str, modules: dict[str, Path]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    base = ".".join([*above, *([node.module] if node.module else [])])
    inner = [f"{base}.{alias.name}" for alias in node.names]
    return [module if module in modules else base for module in inner]


def circles(graph: Graph) -> list[list[str]]:
    """The strongly connected components of more than one module."""

    def reached(start: str) -> set[str]:
        seen, todo = set(), [start]
        while todo:
            for other in graph.get(todo.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return seen

    far = {name: reached(name) for name in graph}
    parts = {frozenset({name, *(other for other in far[name] if name in far[other])}) for name in graph}
    return sorted(sorted(part) for part in parts if len(part) > 1)


def test_nothing_is_imported_in_a_circle():
    assert circles(import_graph(SOURCE)) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": "from pack import b", "b.py": "import os"}, []),
        ({"a.py": "from pack import b", "b.py": "def f():\n    from pack.a import x"}, [["pack.a", "pack.b"]]),
        ({"a.py": "from .b import x", "b.py": "if TYPE_CHECKING:\n    import pack.a"}, [["pack.a", "pack.b"]]),
        ({"a.py": "import pack.b", "b.py": "import pack.c", "c.py": "import pack.a"}, [["pack.a", "pack.b", "pack.c"]]),
        ({"__init__.py": "from pack.a import x", "a.py": "from pack import y"}, [["pack", "pack.a"]]),
        ({"__init__.py": "from pack.a import x", "a.py": "import os"}, []),
    ],
)
def test_a_circle_is_found(tmp_path, files, expected):
    (tmp_path / "pack").mkdir()
    for name, text in {"__init__.py": "", **files}.items():
        (tmp_path / "pack" / name).write_text(text, encoding="utf-8")
    assert circles(import_graph(tmp_path / "pack")) == expected


@pytest.mark.parametrize(
    ("room", "siblings"),
    [
        ("sadari", ("rungs", "generation", "translation", "pretraining")),
        ("sadari.rungs", ("bert", "fasttext", "vectors")),
    ],
)
def test_siblings_do_not_know_each_other(room, siblings):
    """They stand side by side on what they share."""
    sides = tuple(f"{room}.{name}" for name in siblings)

    def side(module: str) -> str:
        return next((one for one in sides if module == one or module.startswith(f"{one}.")), "")

    graph = import_graph(SOURCE)
    assert set(sides) == {side(name) for name in graph} - {""}
    known = {f"{name} imports {other}" for name in graph for other in graph[name] if side(name) and side(other)}
    assert not {pair for pair in known if len({side(name) for name in pair.split(" imports ")}) > 1}


def test_no_package_is_crowded():
    counts = Counter(path.parent for path in FILES if path.name != "__init__.py")
    assert not {str(folder.relative_to(ROOT)): n for folder, n in counts.items() if n > MOST_MODULES}


def test_the_formatters_layout_is_the_layout():
    mark = re.compile(r"#\s*fmt:\s*(skip|off)")
    kept = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("src", "tests", "tools", "benchmarks", "docs")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if mark.search(line)
    ]
    assert len(kept) < MOST_SKIPS, kept


@pytest.mark.parametrize("folder", ["src", "tools"])
def test_no_function_is_longer_than_a_screen(folder):
    long = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > MOST_LINES and node.name not in STILL_LONG:
                    long[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = lines
    assert not long


def test_no_phrase_script_is_in_the_wheel():
    """The wheel is `src/sadari`; what makes the phrases lies in `tools/`, and what they are is one table of data."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        build = tomllib.load(file)["tool"]["hatch"]["build"]
    assert build["targets"]["wheel"] == {"packages": ["src/sadari"]}
    assert set(build) == {"targets"}
    scripts = {path.name for path in (ROOT / "tools" / "phrases").glob("*.py")} - {"__init__.py", "__main__.py"}
    assert {"grammar.py", "sentences.py", "verbs.py"} <= scripts
    bundled = [path.name for path in (SOURCE / "data" / "phrases").iterdir() if path.name != "__pycache__"]
    assert bundled == ["phrases.csv"]
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(from|import) tools\b", text, re.MULTILINE), path
