"""The real corpora of ``$SADARI_DATA``; a test that wants one is skipped, and says so, where there is none."""

import os
from pathlib import Path

import pytest


def data_file(path):
    """The path of one file of it."""
    place = os.environ.get("SADARI_DATA")
    if not place or not (Path(place) / path).exists():
        pytest.skip(f"{path} of SADARI_DATA is not here")
    return Path(place) / path
