"""matplotlib, loaded so that nothing of the surroundings keeps it from drawing into a file."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress


def load_matplotlib() -> None:
    """Import it, whatever window ``MPLBACKEND`` asks for: one that is not installed would be an error.

    Where its folder of settings cannot be written it takes a temporary one, and needs not say so.
    """
    if "matplotlib" in sys.modules:
        return
    window = os.environ.pop("MPLBACKEND", None)
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        import matplotlib
        import matplotlib.font_manager
    finally:
        logger.setLevel(level)
        if window is not None:
            os.environ["MPLBACKEND"] = window
    if window is not None:
        with suppress(ValueError):  # what pyplot will use, for which nothing of ours asks
            matplotlib.rcParams["backend"] = window
