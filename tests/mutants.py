"""Folders with one value replaced by another, resealed; run as a script it tries those that it is told of.

A case is (kind, file, path, number of the value). Each answer is a line of JSON: the case, what became of it, the
seconds, and by how many megabytes the process grew.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from every_folder import KINDS, texts_of
from process_use import Clock, clock, peak_megabytes, time_used

DEEP: Any = "DEEP"
VALUES: list[Any] = [
    -1,
    0,
    1,
    2**31,
    10**6,
    10**12,
    10**18,
    1e308,
    float("nan"),
    "x",
    "",
    None,
    [],
    {},
    True,
    DEEP,
    "\ud800",
    0.5,
    "A" * 10_000,
]
SECONDS, MEGABYTES = 10, 500
MANIFEST = "sadari.json"
_OWN = {"format_version", "files", "sha256", "versions"}  # tests of the folder itself look at these
_FEW = 4  # entries of a long list or vocabulary that are tried: the first ones and the last


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, as the keys that lead to it; of many alike, a few."""
    if path:
        yield path
    if isinstance(value, dict | list):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        many = len(keys) > 80 or (isinstance(value, list) and len(keys) > 8)
        for key in [*keys[: _FEW - 1], keys[-1]] if many else keys:
            yield from places(value[key], (*path, key))


def cases(kind: str, folder: Path) -> list[list[Any]]:
    """All mutants of a folder."""
    found = []
    for name, said in texts_of(folder).items():
        for path in places(said):
            if not (name == MANIFEST and path[0] in _OWN):
                found += [[kind, name, list(path), number] for number in range(len(VALUES))]
    return found


def mutate(folder: Path, name: str, path: list[Any], value: Any) -> None:
    """Replace one value in a folder, and vouch for it in its manifest if it has one."""
    said = json.loads((folder / name).read_bytes())
    inner = said
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    text = json.dumps(said, indent=2).replace(json.dumps(DEEP), "[" * 5000 + "]" * 5000)
    if (folder / MANIFEST).exists():
        manifest = said if name == MANIFEST else json.loads((folder / MANIFEST).read_bytes())
        manifest.pop("sha256", None)
        if name != MANIFEST:
            data = text.encode()
            (folder / name).write_bytes(data)
            manifest["files"][name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        body = json.dumps(manifest, indent=2).replace(json.dumps(DEEP), "[" * 5000 + "]" * 5000)
        body = body.removesuffix("\n}")
        seal = hashlib.sha256(body.encode()).hexdigest()
        (folder / MANIFEST).write_bytes(body.encode() + f',\n  "sha256": "{seal}"\n}}\n'.encode())
    else:
        (folder / name).write_bytes(text.encode())


def attempt(kind: str, folder: Path) -> str:
    """Use a folder: ``works``, ``refused``, or what went wrong."""
    from sadari.errors import SadariError

    try:
        KINDS[kind][1](folder)
    except SadariError as error:
        said = str(error)
        return f"BAD MEMORY {said[:300]}" if "memory" in said.lower() else f"refused {said[:160]}"
    except TimeoutError as error:
        return f"BAD SLOW {error}"
    except BaseException as error:  # this is what is looked for
        import traceback

        last = traceback.extract_tb(error.__traceback__)[-1]
        inner = [
            f"{Path(f.filename).name}:{f.lineno}"
            for f in traceback.extract_tb(error.__traceback__)
            if "/sadari/" in f.filename
        ][-2:]
        return f"BAD RAW {type(error).__name__}: {str(error)[:200]} ({last.name}; {inner})"
    return "works"


def watch(since: Clock) -> None:
    """Raise a TimeoutError once this process has been at work or asleep for too long since then."""

    def look(*_: Any) -> None:
        if time_used(since, clock(os.getpid())) > SECONDS * 3:
            raise TimeoutError(f"more than {SECONDS * 3} s")

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 1, 1)


def main() -> None:
    """Try the cases of standard input, with folders from the place that the first argument names."""
    warnings.simplefilter("ignore")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    place, work = Path(sys.argv[1]), Path(sys.argv[2])
    import torch

    torch.set_num_threads(1)
    warm: set[str] = set()
    for line in sys.stdin:
        case = json.loads(line)
        kind, name, path, number = case
        if kind not in warm:  # what is compiled or imported once is not the folder's doing
            first = attempt(kind, place / kind)
            assert first == "works", f"{kind}: {first}"
            warm.add(kind)
            used = int(Path("/proc/self/statm").read_text().split()[0]) * 4096
            limit = used + (MEGABYTES + 1500) * 2**20
            resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
        folder = work / "m"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(place / kind, folder)
        mutate(folder, name, path, VALUES[number])
        before, since = peak_megabytes(), clock(os.getpid())
        print(json.dumps(["trying", case]), flush=True)
        watch(since)
        outcome = attempt(kind, folder)
        signal.setitimer(signal.ITIMER_REAL, 0)
        seconds = time_used(since, clock(os.getpid()))
        grown = int(peak_megabytes() - before)
        if grown > MEGABYTES:
            outcome = f"BAD GREW by {grown} MB; {outcome}"
        elif seconds > SECONDS:
            outcome = f"BAD SLOW {seconds:.0f} s; {outcome}"
        print(json.dumps(["done", case, outcome, round(seconds, 2), grown]), flush=True)


if __name__ == "__main__":
    main()
