"""Data sets that have a name: `headlines`, `headlines_ko` and `phrases`, bundled, and `ag_news`, found or fetched.

Nothing is downloaded unless `fetch` is called. A fetched file is pinned by its SHA-256, so what `find`
returns from the cache is whole and is what its publisher offered.
"""

from __future__ import annotations

import difflib
import importlib.resources
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from sadari.data.download import Progress, download
from sadari.errors import DataError
from sadari.messages import Message, alternatives, message


@dataclass(frozen=True)
class _About:
    """What is said of a named data set."""

    name: str
    language: str  # ISO 639-1
    license: Message | str
    description: Message


@dataclass(frozen=True)
class Listed(_About):
    """One line of `sadari data list`."""

    place: Message | str  # the folder it lies in, or how to get it
    ready: bool


@dataclass(frozen=True)
class _File:
    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class _Known(_About):
    text: str | None = None
    label: str | None = None
    parallel: tuple[str, ...] = ()
    bundled: tuple[str, ...] = ()  # training file, and test file if any, beside this module
    url: str = ""  # the folder that holds `files`
    files: tuple[_File, ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dataset(_Known):
    """Files of a named data set, ready to be read.

    ``text`` and ``label`` are what `sadari.data.read.open_source` takes for its columns; None lets it
    recognise the layout. ``parallel`` names the columns of one text in several languages: such a set has no labels.
    """

    train: Path
    test: Path | None


_KNOWN = (
    _Known(
        name="headlines",
        language="en",
        license="CC0-1.0",
        description=message("short news items in four classes, written for this project"),
        text="title,text",
        label="label",
        bundled=("headlines/en_train.csv", "headlines/en_test.csv"),
    ),
    _Known(
        name="headlines_ko",
        language="ko",
        license="CC0-1.0",
        description=message("short Korean news items in four classes, written for this project"),
        text="title,text",
        label="label",
        bundled=("headlines/ko_train.csv", "headlines/ko_test.csv"),
    ),
    _Known(
        name="phrases",
        language="en, fr, ko",
        license="CC0-1.0",
        description=message("simple sentences in three languages, to translate; made by a grammar of this project"),
        text="en",
        parallel=("en", "fr", "ko"),
        bundled=("phrases/phrases.csv",),
    ),
    _Known(
        name="ag_news",
        language="en",
        license=message("research and other non-commercial use (AG's corpus of news articles)"),
        description=message("news in four classes, 120,000 + 7,600 texts (Zhang et al. 2015, arXiv 1509.01626)"),
        # torchtext's source for the same files; its MD5 sums are b1a00f82… and d52ea96a….
        url="https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/master/data/ag_news_csv",
        files=(
            _File("test.csv", "521465c2428ed7f02f8d6db6ffdd4b5447c1c701962353eb2c40d548c3c85699", 1_857_427),
            _File("train.csv", "76a0a2d2f92b286371fe4d4044640910a04a803fdd2538e0f3f29a5c6f6b672e", 29_470_338),
        ),
        classes=("World", "Sports", "Business", "Sci/Tech"),
    ),
)

PATTERN_SIGNS = "*?["
"""By which a pattern is known, such as ``news*``; no data set has one in its name."""

NAMES = tuple(known.name for known in _KNOWN)


def find(name: str) -> Dataset:
    """The data set of that name: from the package, ``$SADARI_DATA`` or the cache; nothing is downloaded.

    Raises:
        DataError: no data set has this name, or it is not on this machine yet (the hint says how to get it).
    """
    known = _known(name)
    for folder in _places(known):
        train, test = _files_in(folder, known)
        if train.is_file():
            return Dataset(**vars(known), train=train, test=test if test is not None and test.is_file() else None)
    if known.bundled:
        raise DataError(
            message("the data set {name!r} should be part of the package, and is not", name=name),
            where=str(_files_in(_places(known)[0], known)[0]),
            hint=message("install sadari again"),
        )
    looked = ", ".join(str(folder) for folder in _places(known))
    raise DataError(
        message("the data set {name!r} is not on this machine (looked in {looked})", name=name, looked=looked),
        hint=message("sadari data fetch {name}", name=name),
    )


def named(path: str | Path) -> Dataset | None:
    """The data set that a name stands for; None where it is the path of a file, which comes first, or ``"-"``.

    Args:
        path: what a user gave.

    Raises:
        DataError: as `find`; a word that is no file is taken for a name.
    """
    if not isinstance(path, str) or path == "-" or is_there(path):
        return None
    if path not in NAMES and any(sign in path for sign in "/\\.\0" + PATTERN_SIGNS):
        return None
    return find(path)


def is_there(path: str | Path) -> bool:
    """Whether there is a file or folder of this name, or may be one behind a folder that is closed to us."""
    try:
        return Path(path).exists()
    except PermissionError:  # reading it will say what is wrong
        return True
    except (OSError, ValueError):  # too long for a name, or no name at all
        return False


def fetch(name: str, *, progress: Progress | None = None, url: str | None = None) -> Dataset:
    """Download a data set into the cache, unless it lies there or in ``$SADARI_DATA`` already, and return its files.

    Args:
        name: one of `NAMES`; a bundled one is returned as it is.
        progress: called with (bytes so far, bytes in all) for the file under way.
        url: the folder to download from; by default ``$SADARI_MIRROR/<name>``, else the publisher's.

    Raises:
        DataError: no data set has this name.
        DownloadError: see `sadari.data.download.download`.
        OutputError: the cache cannot be written.
    """
    from sadari.artifact import atomic_write

    known = _known(name)
    if known.bundled:
        return find(name)
    given = next((place for place in _places(known) if place != cache_folder() / known.name), None)
    if url is None and given is not None and all((given / file.name).is_file() for file in known.files):
        return find(name)  # the user's own files come first, as they do for `find`
    folder = cache_folder() / known.name
    source = url or _mirror(known) or known.url
    for file in known.files:
        address = f"{source.rstrip('/')}/{file.name}"
        download(address, folder / file.name, sha256=file.sha256, size=file.size, progress=progress)
    # the names of labels 1, 2, … one a line, as the publisher's archive has them beside its CSV files
    atomic_write(folder / "classes.txt", "".join(f"{name}\n" for name in known.classes))
    train, test = _files_in(folder, known)
    return Dataset(**vars(known), train=train, test=test)


def listing() -> list[Listed]:
    """Every named data set, in a fixed order, with the place where `find` would take it from."""
    lines = []
    for known in _KNOWN:
        found = [folder for folder in _places(known) if _files_in(folder, known)[0].is_file()]
        absent = message("not here yet: sadari data fetch {name}", name=known.name)
        place = str(_files_in(found[0], known)[0].parent) if found else absent
        lines.append(Listed(known.name, known.language, known.license, known.description, place, bool(found)))
    return lines


def cache_folder() -> Path:
    """Where `fetch` puts its files: ``sadari/data`` in the user's cache folder."""
    return Path(platformdirs.user_cache_dir("sadari")) / "data"


def _known(name: str) -> _Known:
    for known in _KNOWN:
        if known.name == name:
            return known
    close = difflib.get_close_matches(name.lower().replace("-", "_"), NAMES, n=2)
    hint = (
        message("did you mean {near}?", near=alternatives(close))
        if close
        else message("give a name, or the path of a file that exists")
    )
    raise DataError(
        message("no data set is called {name!r}; there are {names}", name=name, names=", ".join(NAMES)), hint=hint
    )


def _places(known: _Known) -> list[Path]:
    if known.bundled:
        return [Path(str(importlib.resources.files("sadari") / "data"))]
    own = os.environ.get("SADARI_DATA")
    return [Path(folder) / known.name for folder in (own, cache_folder()) if folder]


def _files_in(folder: Path, known: _Known) -> tuple[Path, Path | None]:
    """The training and the test file, whether they are there or not."""
    train, *test = known.bundled or ("train.csv", "test.csv")
    return folder / train, folder / test[0] if test else None


def _mirror(known: _Known) -> str | None:
    mirror = os.environ.get("SADARI_MIRROR")
    return f"{mirror.rstrip('/')}/{known.name}" if mirror else None
