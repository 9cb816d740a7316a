"""Encodings all of whose bytes are ASCII: escape sequences tell which characters are meant. All are valid UTF-8."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from sadari.data.formats.encodings.guess import looks_like_language

_ISO_2022 = {  # what a text begins a run of its characters with → Python's names, the usual one first
    b"\x1b$)C": ("iso2022_kr",),
    b"\x1b$B": ("iso2022_jp", "iso2022_jp_ext"),
    b"\x1b$@": ("iso2022_jp", "iso2022_jp_ext"),
}
_RUNS = {"utf-7": re.compile(rb"\+(?!-)[A-Za-z0-9+/]*-?"), "hz": re.compile(rb"~\{[^\n]*?~\}")}
_DIFFERENT, _MOST = 3, 10_000  # runs: one alone, such as NAME+AGE-, is chance; and no more are read


def switching_codecs(block: bytes) -> Iterator[str]:
    """Python's names of those that a file's first bytes may be in; the rest of the file must be so, too."""
    for sign, codecs_of in _ISO_2022.items():
        if sign in block:
            yield from codecs_of
    for codec, pattern in _RUNS.items():
        runs = {match[0] for match in islice(pattern.finditer(block), _MOST)}
        if len(runs) >= _DIFFERENT and _are_words(runs, codec):
            yield codec


def _are_words(runs: set[bytes], codec: str) -> bool:
    """Whether each run can be decoded, and all of them together look like a language."""
    try:
        words = [(run + b"-").decode(codec) if codec == "utf-7" else run.decode(codec) for run in runs]
    except UnicodeDecodeError:
        return False
    return looks_like_language(" ".join(words))
