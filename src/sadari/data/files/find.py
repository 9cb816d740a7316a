"""Which files are meant: by paths, by folders of data files, and by patterns such as ``news/*.parquet``."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePath
from typing import Any, TypeVar

from sadari.artifact.plain_file import as_path
from sadari.data.datasets import PATTERN_SIGNS, is_there
from sadari.data.formats import FORMATS
from sadari.data.formats.format import Format
from sadari.data.formats.opening import find_format
from sadari.data.formats.remote import is_remote, is_remote_folder, remote_files, remote_path
from sadari.errors import DataError, SettingError, reason_of
from sadari.messages import Message, message, plural

P = TypeVar("P", bound=PurePath)
_PATTERN = re.compile(f"[{re.escape(PATTERN_SIGNS)}]")
_TEXTS = (".txt",)  # of a folder they are taken where no table is
_PACKED = ".gz"
_NO_DATA = re.compile(r"(?i)^[._]|\.(crc|md5|sha256)$|^(readme|licen[sc]e)\b|^classes\.txt$")
_TO_TRAIN_ON = {"train", "training"}
_TO_TEST_ON = {"test", "testing", "valid", "validation", "val", "dev", "eval", "holdout"}
_NAMED = 5  # files, by name, of those that are left out or that are there
_LISTED = 2_000  # entries of a folder that are looked at for an error


@dataclass(frozen=True)
class DataFiles:
    """The files that are meant.

    Attributes:
        name: what they are called together.
        paths: of each, in a fixed order; a folder of texts (one folder a label) is one, and "-" is standard input.
        notes: sentences on what was left out.
    """

    name: str
    paths: list[str]
    notes: list[Message] = field(default_factory=list)


def data_files(
    given: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], *, format: str | None = None
) -> DataFiles:
    """The files that paths, folders and patterns stand for.

    A path stands for itself, be there such a file or not. A folder stands for the data files directly in it, by name;
    one that holds a folder of texts for each label stays what it is. A pattern (``*``, ``?``, ``[…]``, and ``**`` for
    folders of any depth) stands for the files that match it, in the order of their names. A file that is named twice
    is read once. Hidden files, and such as ``_SUCCESS`` and ``README``, are no data.

    Args:
        given: one or several of these.
        format: of all files, where the user says it; "folder" leaves a folder what it is.

    Raises:
        DataError: nothing matches a pattern; or it is not clear which files of a folder are meant.
        SettingError: nothing is given, or standard input stands beside other files.
    """
    several: list[Any] = list(given) if isinstance(given, (list, tuple)) else [given]
    names = [_as_written(name) for name in several]
    if not names:
        raise SettingError(message("no file is given"))
    if "-" in names and len(names) > 1:
        raise SettingError(
            message("standard input stands beside other files"), hint=message("give it alone, or put it in a file")
        )
    notes: list[Message] = []
    paths: list[str] = []
    for name in names:
        paths += _meant_by(name, format, notes)
    places = [_place(path) for path in paths]
    first = dict(zip(reversed(places), reversed(paths), strict=True))
    if twice := len(paths) - len(first):
        paths = [first[place] for place in dict.fromkeys(places)]
        notes.append(
            plural(
                "{count:,} file is named twice, and read once", "{count:,} files are named twice, and read once", twice
            )
        )
    if len(paths) > 1:
        notes.insert(0, message("{count:,} files: {files}", count=len(paths), files=_shown(list(map(Path, paths)))))
    return DataFiles(together(names), paths, notes)


def _as_written(name: Any) -> str:
    """A path as the user wrote it."""
    if isinstance(name, str) and (name == "-" or is_remote(name)):
        return name
    path = as_path(name)  # refuses what is none
    return name if isinstance(name, str) else str(path)


def _place(path: str) -> str:
    try:
        return path if is_remote(path) else os.path.realpath(path)
    except ValueError:  # no file can have such a name: opening it says so
        return path


def is_pattern(name: str) -> bool:
    """Whether a name is a pattern, and not the name of a file that is there, or an address."""
    return not is_remote(name) and bool(_PATTERN.search(name)) and not is_there(name)


def together(names: Sequence[str]) -> str:
    """What several files are called: the first two, and how many there are."""
    shown = ", ".join(names[:2])
    return shown if len(names) <= 2 else f"{shown}, … ({len(names):,})"


def folder_of_all(given: Sequence[str]) -> PurePath:
    """The innermost folder that holds all that paths, folders and patterns may stand for, absolute.

    A pattern may match more files tomorrow: its folder is the one before its first sign, whatever matches it today.

    Raises:
        SettingError: some lie here and some elsewhere.
    """
    folders: list[PurePath] = []
    for name in given:
        if is_remote(name):
            path = remote_path(name)
            pattern = bool(_PATTERN.search(name))
            folders.append(fixed_part(path) if pattern else path if is_remote_folder(name) else path.parent)
        elif is_pattern(name):
            folders.append(fixed_part(Path(name)))
        else:
            is_folder = os.path.isdir(name)  # noqa: PTH112 – False where we have no rights
            folders.append(Path(name) if is_folder else Path(name).parent)
    here = [not is_remote(name) for name in given]
    return common_folder([Path(os.path.abspath(f)) if h else f for f, h in zip(folders, here, strict=True)])  # noqa: PTH100 – links stay links


def common_folder(folders: Sequence[PurePath]) -> PurePath:
    """The innermost folder that holds all of these.

    Raises:
        SettingError: some lie here and some elsewhere.
    """
    try:
        return PurePath(os.path.commonpath(folders))
    except ValueError:
        raise SettingError(
            message("some files lie here and some elsewhere"), hint=message("label them by two commands")
        ) from None


def _meant_by(name: str, format: str | None, notes: list[Message]) -> list[str]:
    if is_remote(name):
        return _elsewhere(name, notes)
    if is_pattern(name):
        return _matching(name, notes)
    if name != "-" and format != "folder" and os.path.isdir(name):  # noqa: PTH112 – False where we have no rights
        return _in_folder(name, notes)
    return [name]


def _matching(pattern: str, notes: list[Message]) -> list[str]:
    found = sorted(map(Path, expanded(pattern)), key=lambda path: path.parts)
    files = [path for path in found if path.is_file()]
    if not files:
        what = message("only folders match it") if found else message("nothing matches it")
        raise DataError(what, where=pattern, hint=_what_is_there(pattern))
    taken = _data_among(files)
    if not taken:
        raise DataError(message("no data files match it"), where=pattern, hint=_what_is_there(pattern))
    _say_left_out(pattern, set(found) - set(taken), notes)
    return list(map(str, taken))


def _elsewhere(name: str, notes: list[Message]) -> list[str]:
    """The files that an address stands for, as `_matching` and `_in_folder` find those that lie here."""
    pattern = bool(_PATTERN.search(name)) and not name.startswith(("http:", "https:"))  # there ? begins a query
    found = remote_files(name, pattern=pattern)
    if found is None:
        return [name]
    addresses = {Path(address): address for address in found}
    taken = _data_among(list(addresses))
    if not taken:
        raise DataError(
            message("nothing matches it") if pattern else message("the folder has no data files"), where=name
        )
    if not pattern:
        _check_one_purpose(name, taken)
    _say_left_out(name, set(addresses) - set(taken), notes)
    return [addresses[path] for path in taken]


def expanded(pattern: str) -> list[str]:
    """What matches a pattern, in no order."""
    try:
        return glob.glob(pattern, recursive=True)  # noqa: PTH207 – Path.glob takes no pattern that is absolute
    except ValueError:  # it holds NUL
        return []


def _in_folder(folder: str, notes: list[Message]) -> list[str]:
    """The data files of a folder; the folder itself where it holds none."""
    inside = _entries(folder)
    files = [path for path in inside if path.is_file()]
    tables = [path for path in files if _has_ending(path, _endings()) and not _NO_DATA.search(path.name)]
    texts = [path for path in files if _has_ending(path, _TEXTS) and not _NO_DATA.search(path.name)]
    folders = [path for path in inside if path.is_dir() and not path.name.startswith(".")]
    labels = [path for path in folders if _holds(path, _TEXTS)]
    if labels and tables:
        raise DataError(
            message(
                "holds data files ({files}) and folders of texts ({folders}): which are meant?",
                files=_shown(tables),
                folders=_shown(labels),
            ),
            where=folder,
            hint=message("name the files: '{folder}/*{ending}'; or pass --format folder", **_like(folder, tables[0])),
        )
    taken = [] if labels else tables or texts
    if not taken:
        deeper = [path for path in folders if _holds(path, _endings())]
        if deeper and not labels:
            raise DataError(
                message("holds no data files itself, but in folders of its own ({folders})", folders=_shown(deeper)),
                where=folder,
                hint=message("name the files of all folders by a pattern: '{folder}/**/*.*'", folder=Path(folder)),
            )
        return [folder]
    _check_one_purpose(folder, taken)
    _say_left_out(folder, set(inside) - set(taken), notes)
    return list(map(str, taken))


def _check_one_purpose(folder: str, files: Sequence[Path]) -> None:
    """Refuse a folder of training and test files: who trains on both has nothing left to score on."""
    purposes = [re.split(r"[-_. ]", path.name.lower())[0] for path in files]
    tests = [path for path, purpose in zip(files, purposes, strict=True) if purpose in _TO_TEST_ON]
    if tests and len(tests) < len(files):
        train = next((path for path, purpose in zip(files, purposes, strict=True) if purpose in _TO_TRAIN_ON), None)
        others = train or next(path for path in files if path not in tests)
        raise DataError(
            message("holds files to train on and files to test on ({files})", files=_shown([others, tests[0]])),
            where=folder,
            hint=message("name those that are meant: {train} --test {test}; or all of them: '{folder}/*'").filled(
                train=others, test=tests[0], folder=Path(folder)
            ),
        )


def _data_among(files: Sequence[Path]) -> list[Path]:
    """Those that hold data: where some are named as data files are, these alone."""
    visible = [path for path in files if not _NO_DATA.search(path.name)]
    known = [path for path in visible if _has_ending(path, (*_endings(), *_TEXTS))]
    return known or visible


def _endings() -> tuple[str, ...]:
    formats: list[Format] = list(map(find_format, FORMATS))
    return tuple(ending for format in formats for ending in format.endings)


def _has_ending(path: Path, endings: tuple[str, ...]) -> bool:
    return path.name.lower().removesuffix(_PACKED).endswith(endings)


def _entries(folder: str | Path) -> list[Path]:
    try:
        return sorted(Path(folder).iterdir())
    except OSError as error:
        what = message("the folder cannot be read ({reason})", reason=reason_of(error))
        raise DataError(what, where=str(folder)) from None


def _holds(folder: Path, endings: tuple[str, ...]) -> bool:
    try:
        return any(_has_ending(path, endings) for path in folder.iterdir())
    except OSError:
        return False


def _shown(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths[:_NAMED]) + (", …" if len(paths) > _NAMED else "")


def _like(folder: str, file: Path) -> dict[str, object]:
    return {"folder": Path(folder), "ending": file.suffix}


def _say_left_out(name: str, others: Iterable[Path], notes: list[Message]) -> None:
    left_out = sorted(others)
    if left_out:
        said = plural(
            "{name}: left out as no data: {files}", "{name}: {count:,} left out as no data: {files}", len(left_out)
        )
        notes.append(said.filled(len(left_out), name=name, files=_shown(left_out)))


def _what_is_there(pattern: str) -> Message:
    """What stands in the folder that a pattern asks about, as far as it exists."""
    fixed = fixed_part(Path(pattern))
    folder = next((place for place in (fixed, *fixed.parents) if is_there(place)), fixed)
    if folder != fixed:
        return message("there is no folder {folder}", folder=fixed)
    try:
        names = sorted(path.name for path in islice(folder.iterdir(), _LISTED))
    except OSError:
        return message("the folder {folder} cannot be listed; check the path", folder=folder)
    if not names:
        return message("the folder {folder} is empty", folder=folder)
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    return message("in {folder} there are: {names}", folder=folder, names=shown)


def fixed_part(pattern: P) -> P:
    """The folder that all files which match a pattern are in: what stands before its first sign."""
    parts = pattern.parts
    stop = next((i for i, part in enumerate(parts) if _PATTERN.search(part)), len(parts))
    return type(pattern)(*parts[: min(stop, len(parts) - 1)])
