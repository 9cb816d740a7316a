"""How the tests of the command line run it: in this process, or as a process of its own."""

import os
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

from click.testing import CliRunner, Result

import sadari
from sadari.cli import app

HEADLINES = Path(sadari.__file__).parent / "data" / "headlines"
SADARI = [sys.executable, "-m", "sadari"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "80"}


def run(*arguments: object, stdin: str | bytes | None = None, env: dict[str, str] | None = None) -> Result:
    """In this process, with standard output and error apart."""
    return CliRunner(env={"COLUMNS": "80", **(env or {})}).invoke(app, [str(a) for a in arguments], input=stdin)


def run_well(*arguments: object, stdin: str | bytes | None = None) -> Result:
    """The same, and it must succeed."""
    result = run(*arguments, stdin=stdin)
    assert result.exit_code == 0, result.stderr + repr(result.exception)
    return result


def run_badly(*arguments: object, stdin: str | bytes | None = None) -> str:
    """It must fail as a user's mistake does: a line or two on standard error, which are given back."""
    result = run(*arguments, stdin=stdin)
    assert result.exit_code == 2, (result.stdout, result.stderr, result.exception)
    assert "sadari" in result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr


def spawn(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """As a process of its own."""
    env = {**os.environ, "COLUMNS": "80"}
    return subprocess.run(
        [*SADARI, *map(str, arguments)], capture_output=True, text=True, env=env, timeout=120, **options
    )


def stopped(*arguments: object, run: Path, number: int = signal.SIGINT, cwd: Path | None = None) -> tuple[int, str]:
    """As a process of its own that is asked to end as soon as its run is kept: its exit code, and standard error.

    Args:
        arguments: of a command that trains.
        run: the folder of its run.
        number: of the signal.
        cwd: where it works.
    """
    process = subprocess.Popen(
        [*SADARI, *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        cwd=cwd,
    )
    deadline = time.monotonic() + 90
    while not (run / "sadari.json").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


@cache
def model_folder(rung: str = "tfidf", lang: str = "en") -> Path:
    """A model of the bundled headlines, trained once for all tests."""
    import atexit
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="sadari-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    data = "headlines" if lang == "en" else "headlines_ko"
    run_well("train", data, "--rung", rung, "-o", folder / rung, "--json")
    return folder / rung
