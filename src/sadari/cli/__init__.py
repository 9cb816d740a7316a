"""The command line: parsing and printing only.

Each command group is one file, imported when it is called for, and imports what computes when it runs:
``sadari --help`` and ``sadari climb --help`` load no torch, Numba, scikit-learn or Polars.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Sequence

from sadari.cli.app import app

__all__ = ["app", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``sadari`` with these arguments (default: those of the process) and give the exit code.

    0: done. 1: a fault of Sadari's own. 2: something the user can mend. 130: stopped with Ctrl-C,
    or a run that is kept (``--run``) by SIGTERM. 141: the reader of the output went away. 143: ended by SIGTERM.
    """
    atexit.register(gc.freeze)  # else Python looks for cycles among all objects once more: 0.25 s
    return app.run(arguments)
