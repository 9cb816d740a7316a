"""What a notebook settles before anything else: its language, how pictures look, the seed, and the news it reads."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

from sadari.messages import LANGUAGES, VARIABLE, message

ABOUT = "course.json"  # beside the notebooks: which language they are in
# Okabe and Ito (2008): told apart by the colour-blind, too
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000")
MOST_THREADS = 2  # nets as small as these lose time with more
_LOOK: Any = {
    "figure.figsize": (9.0, 4.2),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "font.size": 13,
    "axes.titlesize": 15,
    "axes.labelsize": 13,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.fontsize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": False,
    "lines.linewidth": 2.2,
    "image.cmap": "cividis",
}


def start(seed: int = 0) -> None:
    """Begin a notebook: what Sadari says is in the notebook's language, pictures can be read from the last row, and
    each run draws the same numbers.

    Args:
        seed: of ``random``, NumPy and torch.
    """
    import numpy as np
    import torch

    os.environ[VARIABLE] = _language()
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 – what a student calls
    torch.manual_seed(seed)
    torch.set_num_threads(min(MOST_THREADS, torch.get_num_threads()))
    _style()
    said = "AG News" if news() == "ag_news" else message("the bundled headlines")
    print(message("Ready. The news of this course: {news}.", news=said))


def news() -> str:
    """The name of the news that the course reads: AG News where ``SADARI_DATA`` or the cache has it, else the bundled
    headlines. `sadari.open_source` takes it."""
    from sadari.data.datasets import find
    from sadari.errors import DataError

    try:
        find("ag_news")
    except DataError:
        return "headlines"
    return "ag_news"


def _language() -> str:
    """Of the notebook: the folder says it, where it was not moved."""
    for folder in (Path.cwd(), Path.cwd().parent):
        try:
            asked = json.loads((folder / ABOUT).read_text(encoding="utf-8"))["lang"]
        except (OSError, ValueError, LookupError, TypeError):
            continue
        if asked in LANGUAGES:
            return str(asked)
    return os.environ.get(VARIABLE, "en")


def _style() -> None:
    from cycler import cycler
    from matplotlib import rcParams

    from sadari.plots.picture import fonts_here

    rcParams.update(_LOOK)
    rcParams["axes.prop_cycle"] = cycler(color=list(COLOURS))
    rcParams["font.family"] = fonts_here()
