"""What a short command waits for: the modules that are loaded, not the time, which depends on the machine."""

import subprocess
import sys

import pytest

from cli_runs import model_folder

LOADED = (
    "import sys; from sadari.cli import main; code = main(sys.argv[1:]); print(*sorted(sys.modules)); sys.exit(code)"
)
HEAVY = {"torch", "sklearn", "scipy.stats", "scipy.sparse", "scipy.optimize", "pandas", "matplotlib", "transformers"}


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_one_text_by_a_linear_model_loads_nothing_that_it_does_not_need(command):
    run = subprocess.run(
        [sys.executable, "-c", LOADED, command, str(model_folder()), "Stocks fell on Friday"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not HEAVY & set(run.stdout.splitlines()[-1].split())
