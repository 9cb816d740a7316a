"""Small encoders that others have published: a short list, and how one of them comes here.

Nothing is fetched unless it is asked for. The hub states a checksum of each file of a revision; what comes is checked
against it, and the revision is written down beside the files.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from sadari.artifact import atomic_write, parse_json
from sadari.data.download import download, read_answer
from sadari.errors import DataError, DownloadError, OutputError
from sadari.messages import Message, alternatives, message

SOURCE = "source.json"  # of a fetched folder: from where, at which revision, under which licence
HUB = "https://huggingface.co"
FEW = 100  # labelled texts a label, up to which such weights often help most
_TAKEN = re.compile(r"(\d_[A-Za-z]+/)?[\w-][\w.-]*\.(json|txt|model|safetensors)")
_MOST_FILES = 100

Progress = Callable[[str, int, int], None]  # file, bytes so far, bytes in all


@dataclass(frozen=True)
class Published:
    """Weights that can be fetched.

    Attributes:
        name: by which they are known here.
        repository: of the hub.
        kind: "static" (one vector a token) or "encoder".
        languages: that they are for.
        megabytes: about so many are fetched.
        license: as their card states it; "" where it states none.
    """

    name: str
    repository: str
    kind: str
    languages: str
    megabytes: int
    license: str

    @property
    def folder(self) -> Path:
        """Where `fetch` puts them, whether they are there or not."""
        return Path(platformdirs.user_cache_dir("sadari")) / "weights" / self.name

    @property
    def is_here(self) -> bool:
        """Whether they were fetched whole."""
        return (self.folder / SOURCE).is_file()

    @property
    def card(self) -> str:
        """The address of their card."""
        return f"{HUB}/{self.repository}"


PUBLISHED = (
    Published("potion-base-8M", "minishlab/potion-base-8M", "static", "en", 30, "MIT"),
    Published("potion-multilingual-128M", "minishlab/potion-multilingual-128M", "static", "101 languages", 530, "MIT"),
    Published("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2", "encoder", "en", 91, "Apache-2.0"),
    Published(
        "paraphrase-multilingual-MiniLM-L12-v2",
        "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        "encoder",
        "50 languages",
        480,
        "Apache-2.0",
    ),
    Published("ko-sroberta-multitask", "jhgan/ko-sroberta-multitask", "encoder", "ko", 443, ""),
)
NAMES = tuple(one.name for one in PUBLISHED)


def published(name: str) -> Published:
    """The weights of that name.

    Args:
        name: one of `NAMES`.

    Raises:
        DataError: there are none.
    """
    for one in PUBLISHED:
        if one.name == name:
            return one
    raise DataError(
        message("no weights are called {name!r}", name=name),
        hint=meant(name, 0.4) or message("choose from: {rungs}", rungs=", ".join(NAMES)),
    )


def meant(name: str, alike: float = 0.8) -> Message | None:
    """Which of `NAMES` may be meant by a name that none of them has; None: none of them.

    Args:
        name: what was given.
        alike: how much of it must agree, 0 to 1; capitals do not count.
    """
    lower = {one.lower(): one for one in NAMES}
    close = difflib.get_close_matches(name.lower(), lower, n=2, cutoff=alike)
    return message("did you mean {near}?", near=alternatives([lower[one] for one in close])) if close else None


def suggested(scripts: set[str]) -> Published:
    """The encoder to begin with, for texts in these scripts.

    Args:
        scripts: names of Unicode's scripts in which much of the texts is written.
    """
    if "Hangul" in scripts:
        return published("ko-sroberta-multitask")
    return published("all-MiniLM-L6-v2" if scripts <= {"Latin"} else "paraphrase-multilingual-MiniLM-L12-v2")


def fetch_weights(
    name: str, folder: str | Path | None = None, *, progress: Progress | None = None, hub: str | None = None
) -> Path:
    """Fetch weights, unless they are here, and return their folder.

    Args:
        name: one of `NAMES`.
        folder: where to put them; None: in the user's cache, where ``--weights NAME`` finds them.
        progress: called with the file under way, its bytes so far, and its bytes in all.
        hub: the address of the hub; None: ``$HF_ENDPOINT``, else the public one.

    Raises:
        DataError: no weights have this name.
        DownloadError: the hub refuses, cannot be reached, or sends what it did not state.
        OutputError: the folder cannot be written, or holds other weights.
    """
    one = published(name)
    place = one.folder if folder is None else Path(folder)
    if (place / SOURCE).is_file():
        _check_holds(place, one)
        return place
    address = (hub or os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")
    revision, files = _stated(address, one)
    for file in files:
        download(
            f"{address}/{one.repository}/resolve/{revision}/{file.name}",
            place / file.name,
            sha256=file.sha256,
            git_blob=file.git_blob,
            size=file.size,
            progress=None if progress is None else _of_file(progress, file),
        )
    source = {
        "source": f"{address}/{one.repository}",
        "revision": revision,
        "license": one.license,
        "files": {file.name: file.sha256 or file.git_blob for file in files},
    }
    atomic_write(place / SOURCE, json.dumps(source, indent=2).encode() + b"\n")
    return place


def _check_holds(place: Path, one: Published) -> None:
    """Refuse a folder into which other weights were fetched.

    Raises:
        OutputError: which ones.
    """
    try:
        said = str(parse_json((place / SOURCE).read_bytes())["source"])
    except (OSError, ValueError, KeyError, TypeError):
        said = str(place / SOURCE)
    if not said.endswith(f"/{one.repository}"):
        raise OutputError(
            message("holds other weights: {source}", source=said),
            where=str(place),
            hint=message("give another folder to put {name} into", name=one.name),
        )


@dataclass(frozen=True)
class _File:
    name: str
    size: int
    sha256: str | None  # of a large file
    git_blob: str | None  # of a small one


def _of_file(progress: Progress, file: _File) -> Callable[[int, int | None], None]:
    return lambda done, total: progress(file.name, done, file.size)


def _stated(address: str, one: Published) -> tuple[str, list[_File]]:
    """The revision that the hub has now, and what it states of the files that are wanted of it."""
    url = f"{address}/api/models/{one.repository}/revision/main?blobs=true"
    try:
        said = parse_json(read_answer(url))
        revision, siblings = said["sha"], said["siblings"]
        files = [_file_of(entry) for entry in siblings if _TAKEN.fullmatch(entry["rfilename"])]
        if not re.fullmatch(r"[0-9a-f]{40}", revision) or not 0 < len(files) <= _MOST_FILES:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise DownloadError(
            message("this is no answer of a hub: revision, files and their checksums are asked for"),
            where=url,
            hint=message("check the address in HF_ENDPOINT"),
        ) from None
    safe = any(file.name.endswith(".safetensors") for file in files)
    if not safe:
        raise DownloadError(message("the hub has no safetensors of these weights"), where=url)
    return revision, files


def _file_of(entry: dict[str, Any]) -> _File:
    """One file as the hub states it; `download` checks the sums. Raises ValueError, KeyError or TypeError."""
    large = entry.get("lfs")
    size, blob = int(entry["size"]), None if large else str(entry["blobId"])
    return _File(entry["rfilename"], size, str(large["sha256"]) if large else None, blob)


def advice(labelled: int, labels: int, scripts: set[str]) -> Message | None:
    """What fetching weights may buy, in a line; None where the labels are not few.

    Args:
        labelled: training rows.
        labels: different labels.
        scripts: as in `suggested`.
    """
    if labelled > FEW * max(labels, 1):
        return None
    one = suggested(scripts)
    said = message(
        "With {rows:,} labelled rows a pre-trained encoder often does better: sadari weights fetch {name}, then "
        "--weights {name}."
    )
    if one.is_here:
        said = message(
            "With {rows:,} labelled rows a pre-trained encoder often does better; one is here: --weights {name}."
        )
    return said.filled(rows=labelled, name=one.name)
