"""The shape of the house, held by a machine: no circles, no crowded package, no function longer than a screen."""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Set
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "sadari"
FILES = sorted(SOURCE.rglob("*.py"))
MOST_MODULES = 16
MOST_LINES = 60
MOST_SKIPS = 20  # fewer

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
        ("sadari.rungs", ("bert", "embed", "fasttext", "vectors")),
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


# Where a rung's name is also that of something else: room → names that may stand in it.
OTHER_MEANINGS = {
    "artifact": {"bert", "vectors"},  # kinds of model folders
    "models": {"bert", "vectors"},
    "pretraining": {"bert"},
    "vectors": {"vectors", "fasttext"},  # … and of files
    "data": {"fasttext"},
    "metrics": {"char"},  # a tokenizer of sacreBLEU
    "device": {"lstm", "gru", "rnn"},  # nets
    "nets": {"lstm", "gru", "rnn", "transformer", "bert"},
    "generation": {"lstm", "gru", "transformer", "char"},  # … and what is written
    "translation": {"lstm", "gru", "transformer"},
    "train": {"vectors", "lstm", "bilstm", "transformer"},  # a setting, and what it may be
    "pretrained": {"bert"},  # a kind of `transformers`
    "scale": {"vectors"},  # a setting that names a file
    "climb": {"vectors"},  # an argument of `climb`
    "cli": {"vectors", "bert", "transformer", "fasttext", "char"},  # commands, options, nets, formats, units of texts
}
LISTS_RUNGS = {"cli/arguments/options.py"}  # for `--help`; a test compares the list


def rung_classes() -> set[str]:
    """The names of all classes of rungs, those that nobody sees among them; `Rung` itself is everybody's."""
    from sadari.rungs import Rung

    found, todo = set(), [Rung]
    while todo:
        kinds = [kind for kind in todo.pop().__subclasses__() if kind.__module__.startswith("sadari.rungs.")]
        found |= {kind.__name__ for kind in kinds}
        todo += kinds
    return found


def rungs_known(tree: ast.AST, classes: set[str], names: set[str], others: Set[str] = frozenset()) -> list[str]:
    """Where a file knows one rung from another: by its class, or by its name.

    ``others`` are names that are those of other things, too: they may stand there, but no rung is compared with them.
    """
    found = []
    for node in ast.walk(tree):
        known: set[object] = set()
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[:2] == ["sadari", "rungs"]:
            known = {alias.name for alias in node.names} & classes
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value).split(".")[-1] in ("sadari", "rungs"):
            known = {node.attr} & classes
        elif isinstance(node, ast.Constant):
            known = {node.value} & names if isinstance(node.value, str) else set()
        elif isinstance(node, ast.Compare) and re.search(r"\brung\b|\bRUNGS\b|\.name\b", ast.unparse(node)):
            known = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)} & others
        found += [f"{node.lineno}: {each}" for each in known]
    return found


def test_no_rung_is_known_outside_its_room():
    """Who needs something of a rung finds it on the class: what it starts from and reads, what it costs."""
    from sadari.rungs import IMPORTED, RUNGS

    classes, names = rung_classes(), {*RUNGS, *IMPORTED}
    assert {"TfIdf", "LinearRung", "LSTM", "NeuralRung", "BertClassifier", "FastTextModel"} <= classes
    found = []
    for path in FILES:
        place = path.relative_to(SOURCE)
        room = place.parts[0].removesuffix(".py")
        if room not in ("rungs", "__init__") and place.as_posix() not in LISTS_RUNGS:
            others = OTHER_MEANINGS.get(room, set())
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [f"{place}:{known}" for known in rungs_known(tree, classes, names - others, others)]
    assert not found


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("if rung.name == 'bow': pass", ["1: bow"]),
        ("COSTS = {'bow': 1}", ["1: bow"]),
        ("def f():\n    from sadari.rungs.linear import Bag", ["2: Bag"]),
        ("import sadari.rungs\nisinstance(model, sadari.rungs.Bag)", ["2: Bag"]),
        ("from sadari.rungs import RUNGS, Rung\nRUNGS[name].relative_cost", []),
        ("from torch import nn\nnn.Bag", []),
        ("message('train one with --rung bow')", []),
        ("net == 'lstm'", []),
        ("rung.name == 'lstm'", ["1: lstm"]),
        ("record['rung'] in ('lstm', 'other')", ["1: lstm"]),
    ],
)
def test_a_rung_that_is_known_is_found(code, known):
    assert rungs_known(ast.parse(code), {"Bag"}, {"bow"}, {"lstm"}) == known


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
                if lines > MOST_LINES:
                    long[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = lines
    assert not long


def test_no_phrase_script_is_in_the_wheel():
    """The wheel is `src/sadari` and the notebooks of `course/`; what makes the phrases lies in `tools/`, and what they
    are is one table of data."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        build = tomllib.load(file)["tool"]["hatch"]["build"]
    assert build["targets"]["wheel"] == {
        "packages": ["src/sadari"],
        "force-include": {"course": "sadari/course/notebooks"},
    }
    assert set(build) == {"targets"}
    scripts = {path.name for path in (ROOT / "tools" / "phrases").glob("*.py")} - {"__init__.py", "__main__.py"}
    assert {"grammar.py", "sentences.py", "verbs.py"} <= scripts
    bundled = [path.name for path in (SOURCE / "data" / "phrases").iterdir() if path.name != "__pycache__"]
    assert bundled == ["phrases.csv"]
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(from|import) tools\b", text, re.MULTILINE), path


def defined_names(tree: ast.Module) -> set[str]:
    """Functions, classes, and attributes that a class of the module has or sets on itself."""
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and root(node) == "self":
            names.add(node.attr)
    return names


def foreign_privates(tree: ast.Module) -> list[str]:
    """``other._name`` where the other is neither ``self`` nor made here by ``cls``, nor handed to the class itself.

    A class may touch the privates of its other instances: an argument's, where the name is one of this module. What
    a function got from a call, or finds in an attribute, is another's.
    """
    own, made, got = defined_names(tree), {"self", "cls"}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            names = {target.id for target in node.targets if isinstance(target, ast.Name)}
            if root(node.value.func) in ("cls", "super"):
                made |= names
            else:
                got |= names
    return [
        f"{node.lineno} {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and re.match(r"_(?!_)", node.attr)
        and root(node) != "super"
        and not (isinstance(node.value, ast.Name) and node.value.id in made)
        and not (isinstance(node.value, ast.Name) and node.value.id not in got and node.attr in own)
    ]


def root(node: ast.expr) -> str:
    """The name with which ``a.b.c`` and ``a(…).b`` begin."""
    while not isinstance(node, ast.Name):
        inner = getattr(node, "value", getattr(node, "func", None))
        if not isinstance(inner, ast.expr):
            return ""
        node = inner
    return node.id


OUR_NAMES = set().union(*(defined_names(ast.parse(path.read_text(encoding="utf-8"))) for path in FILES))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_nobody_touches_anothers_privates(path):
    found = foreign_privates(ast.parse(path.read_text(encoding="utf-8")))
    assert [place for place in found if place.rpartition(".")[2] in OUR_NAMES] == []  # others' libraries aside


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def f(self): return self._a + super()._b()", []),
        ("class A:\n def _b(self): return self.inner._b(1)", ["2 self.inner._b"]),
        ("def f(other): return other._a", ["1 other._a"]),
        ("def f(cls):\n rung = cls()\n rung._ready = True\n return rung", []),
        ("class A:\n _a: int\n def f(self, other): return other._a", []),
        ("class A:\n def __init__(self): self._a = 1\n def f(self, other): return other._a + other._b", ["3 other._b"]),
        ("class A:\n def _b(self):\n  inner = self.new()\n  return inner._b()", ["4 inner._b"]),
        ("x = kind.__mro__, other.y_", []),
    ],
)
def test_a_foreign_private_is_found(code, found):
    assert foreign_privates(ast.parse(code)) == found
