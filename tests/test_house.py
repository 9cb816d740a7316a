"""The house rules that a machine can hold: imports run one way, no catch-all rooms, heavy packages only where used."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "sadari"

# From the ground up: a room may import those before it. `artifact` knows only errors, so rungs may stand on it.
ROOMS = [
    "messages",
    "errors",
    "forked",
    "compiling",
    "device",
    "settings",
    "readable",
    "display",
    "ragged",
    "artifact",
    "data",
    "text",
    "nets",
    "vectors",
    "train",
    "pretrained",
    "rungs",
    "generation",
    "translation",
    "pretraining",
    "metrics",
    "plots",
    "climb",
    "models",
    "trust",
    "labelled",
    "export",
    "serve",
    "course",
    "scale",
    "cli",
]
FILES = sorted(SOURCE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            pytest.fail(f"{path}: a relative import hides where it leads")
        rooms |= {name.split(".")[1] for name in names if name.startswith("sadari.")}
    return rooms


def test_every_file_is_in_a_known_room():
    strays = {room_of(path) for path in FILES} - set(ROOMS) - {"__init__", "__main__"}
    assert not strays


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_run_one_way(path):
    room = room_of(path)
    if room in ("__init__", "__main__"):
        return
    for other in imported_rooms(path) - {"__version__"}:
        assert ROOMS.index(other) <= ROOMS.index(room), f"{room} may not import {other}"


def test_artifact_knows_only_errors():
    for path in (SOURCE / "artifact").rglob("*.py"):
        assert imported_rooms(path) <= {"messages", "errors", "artifact"}, path


def test_no_room_for_everything_else():
    forbidden = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert not [path for path in FILES if path.stem in forbidden or path.parent.name in forbidden]


def test_nothing_is_pickled():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not {alias.name.split(".")[0] for alias in node.names} & {"pickle", "marshal", "shelve", "dill"}
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in {"pickle", "marshal", "shelve", "dill"}


@pytest.mark.parametrize("module", ["sadari", "sadari.errors", "sadari.cli"])
def test_heavy_packages_are_imported_where_they_are_used(module):
    script = f"import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert not loaded & {
        "torch",
        "numba",
        "sklearn",
        "scipy",
        "polars",
        "matplotlib",
        "numpy",
        "rich",
        "datasketch",
        "rensa",
        "ray",
    }


def test_ray_is_known_in_one_room_and_imported_when_it_is_asked_for():
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "ray" for name in names):
                assert room_of(path) == "scale", path
                assert node not in tree.body, path


def packages_imported(path: Path) -> set[str]:
    """The packages of others that a file imports, at whatever depth."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found |= {name.split(".")[0] for name in names}
    return found - {"sadari"} - sys.stdlib_module_names


NOT_FOR_USERS = {"bench", "docs", "dev"}
# Packages whose module is called otherwise, and those that come with another one, whatever its version.
CALLED = {"scikit-learn": "sklearn", "prometheus-client": "prometheus_client"}
COME_WITH = {
    "jinja2": {"markupsafe"},
    "matplotlib": {"cycler"},
    "tokenizers": {"huggingface_hub"},
    "torch": {"fsspec"},
    "jupyterlab": {"IPython"},
}


def test_what_is_imported_is_a_dependency_or_an_extra_that_is_named():
    """Not what tests or benchmarks alone have brought here: a fresh environment lacks it."""
    project = tomllib.loads((SOURCE.parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].items()
    said = [*project["dependencies"], *(each for name, group in extras if name not in NOT_FOR_USERS for each in group)]
    asked = {re.split(r"[>=<;\[ ]", each)[0] for each in said}
    allowed = set().union(*({CALLED.get(name, name)} | COME_WITH.get(name, set()) for name in asked))
    assert {"torch", "sklearn", "kiwipiepy", "markupsafe"} <= allowed
    assert "pytest" not in allowed
    for path in FILES:
        assert not packages_imported(path) - allowed, path


def test_loops_are_compiled_in_one_way():
    """Numba's own `njit` ends a run where there is no place for its cache."""
    for path in FILES:
        if room_of(path) != "compiling":
            assert not re.search(r"from numba import|numba\.n?jit", path.read_text(encoding="utf-8")), path


def test_text_files_have_an_encoding_of_their_own():
    """Without one, what is read and written depends on the machine's locale."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                assert names_its_encoding(node), f"{path}:{node.lineno}"


def names_its_encoding(call: ast.Call) -> bool:
    """Whether a call that opens a text file, if it is one, says in what encoding."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name in ("TextIOWrapper", "NamedTemporaryFile", "TemporaryFile") or any(
        key.arg == "encoding" for key in call.keywords
    ):
        return True
    if name == "read_text":
        return isinstance(call.func, ast.Name) or bool(call.args)  # a function of ours, or Path's with one
    if name == "write_text":
        return len(call.args) > 1 or ast.unparse(call.func).startswith("super()")  # click's, which writes help
    of_os = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "os"
    if name not in ("open", "fdopen") or (of_os and name == "open"):
        return True
    given = [*call.args, *(key.value for key in call.keywords if key.arg == "mode")]
    said = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    modes = [text for text in said if re.fullmatch(r"[rwxabt+]+", text)]
    if isinstance(call.func, ast.Attribute) and name == "open" and not modes:
        return True  # of an object of ours, which has none
    return any("b" in mode for mode in modes)


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("open(path)", False),
        ("open(path, 'w')", False),
        ("path.open('w')", False),
        ("path.write_text(x)", False),
        ("path.read_text()", False),
        ("os.fdopen(d, 'w')", False),
        ("open(path, 'rb')", True),
        ("open(path, encoding='utf-8')", True),
        ("path.read_text('utf-8')", True),
        ("os.open(path, flags)", True),
        ("os.fdopen(d, 'wb')", True),
        ("path.open('rb')", True),
    ],
)
def test_a_call_without_an_encoding_is_seen(code, named):
    assert names_its_encoding(ast.parse(code, mode="eval").body) == named


def test_nets_know_no_files_and_no_tokenizers():
    for path in (SOURCE / "nets").rglob("*.py"):
        assert not imported_rooms(path) & {"data", "text", "artifact"}, path


def test_what_a_user_reads_calls_a_pass_a_pass():
    """`epochs` is the name of a setting, and "epoch" of a record's entry; in sentences both are passes."""
    said = re.compile(r"(?<![-\w])epoch(?![-\w])|(^|\d) epochs\b")
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in docstrings:
                assert node.value == "epoch" or not said.search(node.value), f"{path}:{node.lineno}: {node.value}"


# What may read text by patterns in these rooms: the terminal's own lines, what PyTorch says, HTML and SVG.
READS_TEXT = {
    "climb/failures.py",
    "climb/report/charts.py",
    "climb/report/environment.py",
    "cli/data/view.py",
}
SPEAKING_ROOMS = ("climb", "readable.py", "cli/climb", "cli/data", "data/audit")


def test_no_sentence_is_read_by_a_pattern():
    """What was said is a message: who wants to know more asks for its id and values."""
    for path in FILES:
        place = path.relative_to(SOURCE).as_posix()
        if not place.startswith(SPEAKING_ROOMS) or place in READS_TEXT:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not isinstance(node, ast.Import) or all(alias.name != "re" for alias in node.names), path


def test_no_note_is_known_by_how_it_begins():
    """In all rooms: ``note.startswith``, ``note.replace`` and their like would read a finished sentence."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in (
                "startswith",
                "endswith",
                "replace",
                "partition",
                "split",
            ):
                assert getattr(node.value, "id", "") not in ("note", "notes", "finding"), f"{path}:{node.lineno}"
