"""Does a wheel, installed as a stranger would, climb? ``python tests/platforms/check.py [PYTHON …]``

For each Python: a new environment, the wheel with nothing pinned but torch, and a climb of the bundled headlines in
each of `CASES`. Prints one line of a table for each; the exit status is 1 if any climb failed.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TORCH = "torch==2.13.0"
RUNGS = "bow,tfidf,embedding-bag,gru"
NOBODY = {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent/cache", "MPLCONFIGDIR": ""}
# name → what is set in the environment, and the encoding in which the output must be
CASES: dict[str, tuple[dict[str, str], str]] = {
    "UTF-8": ({"PYTHONUTF8": "1"}, "utf-8"),
    "C locale": ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "ascii"),
    "CP949": ({"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp949"}, "cp949"),
    "CP1252": ({"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252"}, "cp1252"),
    "read-only, no home": ({"PYTHONUTF8": "1", **NOBODY}, "utf-8"),
}
VERSIONS = "import sys, numpy, numba, polars, torch; print(sys.version.split()[0], torch.__version__, numpy.__version__, numba.__version__, polars.__version__, sep=' | ')"  # noqa: E501


def main() -> int:
    """Build, install and climb; 0 if all is well."""
    pythons = sys.argv[1:] or [sys.executable]
    failed = False
    print("| system | Python | torch | NumPy | Numba | Polars |", *(f"{name} |" for name in CASES))
    print("|---" * (6 + len(CASES)) + "|", flush=True)
    with tempfile.TemporaryDirectory(prefix="sadari-platforms-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        wheel = build(pythons[0], folder)
        for number, python in enumerate(pythons):
            installed = install(python, wheel, folder / f"environment-{number}")
            versions = subprocess.run([installed, "-c", VERSIONS], capture_output=True, text=True, check=True).stdout
            results = [climb(installed, case, folder / f"{number}-{place}") for place, case in enumerate(CASES)]
            failed |= not all(result.startswith(("climbs", "not tried")) for result in results)
            print(
                f"| {platform.system()} {platform.machine()} | {versions.strip()} |",
                " | ".join(results),
                "|",
                flush=True,
            )
    return int(failed)


def build(python: str, folder: Path) -> Path:
    """The wheel of this checkout."""
    subprocess.run([python, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder / "wheel", ROOT], check=True)
    return next((folder / "wheel").glob("*.whl"))


def install(python: str, wheel: Path, environment: Path) -> str:
    """The Python of a new environment that holds the wheel and what it needs, as new as there is."""
    subprocess.run([python, "-m", "venv", environment], check=True)
    inner = str(environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    subprocess.run([inner, "-m", "pip", "install", "--quiet", TORCH, wheel], check=True)
    return inner


def climb(python: str, case: str, folder: Path) -> str:
    """``climbs``, or what went wrong."""
    given, encoding = CASES[case]
    folder.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANG", "NUMBA"))}
    read_only = case.startswith("read-only")
    if read_only:
        if os.name == "nt":
            return "not tried"
        folder.chmod(0o777)
    # Root may write anywhere, so it becomes somebody who may not.
    user = {"user": "nobody", "extra_groups": []} if read_only and os.geteuid() == 0 else {}
    if read_only and not user:
        for place in Path(python).parent.parent.rglob("sadari/**/"):
            place.chmod(0o555)
    asked = ["climb", "headlines", "--rungs", RUNGS, "--budget", "120s", "-o", str(folder / "run")]
    try:
        run = subprocess.run(
            [python, "-m", "sadari", *asked],
            capture_output=True,
            env={**env, **given},
            cwd=folder,
            timeout=900,
            **user,
        )
    except PermissionError:  # a Python in the home of root
        return "not tried: nobody may not run it"
    said = run.stderr.decode(errors="replace")
    try:
        shown = run.stdout.decode(encoding)
    except UnicodeDecodeError as error:
        return f"wrote other than {encoding}: {error}"
    if run.returncode or "Verdict" not in shown or "Traceback" in said:
        return f"exit status {run.returncode}: {said.strip().splitlines()[-1:]}"
    if read_only and said.count("NUMBA_CACHE_DIR") != 1:
        return "does not say that nothing is kept"
    return "climbs"


if __name__ == "__main__":
    sys.exit(main())
