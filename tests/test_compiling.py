"""Compiled loops run whatever becomes of the cache: none, full, torn, or another's."""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import sadari
from cli_runs import model_folder, run_well

MODULE = """
from sadari.compiling import njit
@njit(cache=True, nogil=True)
def twice(x):
    return x + x
"""
SCRIPT = """
import sys, warnings
from loops import twice
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    print(twice(21), twice(1.5))
print(sum(twice.stats.cache_hits.values()), sum("NUMBA_CACHE_DIR" in str(each.message) for each in told), len(told))
"""


def run(folder, **options):
    """What the loops give; how often the cache was of use; warnings of the cache, and of all kinds."""
    env = {**os.environ, "PYTHONPATH": f"{folder}:{Path(sadari.__file__).parent.parent}", **options.pop("env", {})}
    done = subprocess.run(
        [sys.executable, "-B", "-c", SCRIPT], capture_output=True, text=True, env=env, timeout=60, **options
    )
    assert done.returncode == 0, done.stderr
    answer, counts = done.stdout.splitlines()
    return answer, tuple(map(int, counts.split()))


@pytest.fixture
def loops(tmp_path):
    (tmp_path / "loops.py").write_text(MODULE, encoding="utf-8")
    return tmp_path


def test_what_is_compiled_is_kept(loops):
    assert run(loops) == ("42 3.0", (0, 0, 0))
    assert run(loops) == ("42 3.0", (2, 0, 0))
    assert len(list((loops / "__pycache__").glob("*.nbc"))) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suffix", "damage"), [(".nbi", "cut"), (".nbc", "cut"), (".nbc", "zeros"), (".nbc", "another's")]
)
def test_a_torn_cache_is_made_anew(suffix, damage, loops):
    run(loops)
    files = sorted((loops / "__pycache__").glob(f"*{suffix}"))
    contents = [path.read_bytes() for path in files]
    for path, content, other in zip(files, contents, reversed(contents), strict=True):
        broken = {"cut": content[: len(content) // 2], "zeros": bytes(len(content)), "another's": other}
        path.write_bytes(broken[damage])
    answer, (_, told, warned) = run(loops)
    assert (answer, told, warned) == ("42 3.0", 0, 0)
    run(loops)  # a torn file of one type of two is seen only when that type is asked for
    assert run(loops) == ("42 3.0", (2, 0, 0))


def no_room():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def test_a_full_disk_is_said_once(loops):
    assert run(loops, preexec_fn=no_room) == ("42 3.0", (0, 1, 1))
    assert not list((loops / "__pycache__").glob("*.nb*"))
    assert run(loops) == ("42 3.0", (0, 0, 0))


def test_no_place_for_a_cache_is_said_once(loops):
    (loops / "__pycache__").write_text("in the way", encoding="utf-8")
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/cache"}
    assert run(loops, env=nowhere) == ("42 3.0", (0, 1, 1))
    assert run(loops, env={**nowhere, "NUMBA_CACHE_DIR": str(loops / "cache")}) == ("42 3.0", (0, 0, 0))
    assert run(loops, env={**nowhere, "NUMBA_CACHE_DIR": str(loops / "cache")}) == ("42 3.0", (2, 0, 0))


def test_processes_that_compile_at_once(loops):
    env = {**os.environ, "PYTHONPATH": f"{loops}:{Path(sadari.__file__).parent.parent}"}
    begun = [
        subprocess.Popen([sys.executable, "-B", "-c", SCRIPT], stdout=subprocess.PIPE, text=True, env=env)
        for _ in range(4)
    ]
    assert {process.communicate(timeout=60)[0].splitlines()[0] for process in begun} == {"42 3.0"}
    run(loops)
    assert run(loops) == ("42 3.0", (2, 0, 0))


@pytest.mark.slow
def test_a_command_works_from_a_read_only_installation_without_a_home(tmp_path):
    installed = tmp_path / "installed" / "sadari"
    shutil.copytree(Path(sadari.__file__).parent, installed, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [installed, *(path for path in installed.rglob("*") if path.is_dir())]:
        (folder / "__pycache__").write_text("in the way", encoding="utf-8")  # root may write where nobody may
    env = {**os.environ, "PYTHONPATH": str(installed.parent), "HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/c"}
    texts = ("Stocks fell on Friday", "The team won the cup")  # one alone is answered without what is compiled
    done = subprocess.run(
        [sys.executable, "-B", "-m", "sadari", "predict", str(model_folder()), *texts],
        capture_output=True,
        text=True,
        env={**env, "COLUMNS": "80"},
        timeout=250,
        cwd=tmp_path,
    )
    assert done.returncode == 0
    assert done.stdout == run_well("predict", model_folder(), *texts).stdout
    assert len(re.findall("NUMBA_CACHE_DIR", done.stderr)) == 1
