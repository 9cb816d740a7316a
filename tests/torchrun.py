"""Scripts that processes of torchrun run together on this machine, with gloo."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
PATHS = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])


def begin(script: Path, *arguments: str, count: int = 2, paths: str = PATHS) -> subprocess.Popen[str]:
    """The processes, under way."""
    return subprocess.Popen(
        [*COMMAND, f"--nproc-per-node={count}", str(script), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths},
    )


def run(source: str, place: Path, *arguments: str, paths: str = PATHS) -> Any:
    """What a script printed behind SAID, as JSON, or None; it must end well.

    Args:
        source: of the script.
        place: a folder to write it to.
        arguments: of the script.
        paths: where it finds modules.
    """
    (place / "train.py").write_text(source)
    process = begin(place / "train.py", *arguments, paths=paths)
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    said = [line.removeprefix("SAID") for line in out.splitlines() if line.startswith("SAID")]
    assert len(said) < 2, "the first process alone speaks"
    return json.loads(said[0]) if said else None
