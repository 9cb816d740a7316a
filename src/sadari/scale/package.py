"""Which Sadari, Python and Ray a process runs: those of a cluster must be the driver's, or answers could differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Package:
    """What a process runs.

    Args:
        python: major and minor version.
        ray: version.
        sadari: version; None where it is not installed.
        source: a digest of Sadari's own source, which tells apart two states of one version.
    """

    python: str
    ray: str
    sadari: str | None
    source: str | None


@cache
def here() -> Package:
    """What this process runs; read once, since files may change while it runs."""
    return Package(*of_worker()())


def of_worker() -> Callable[[], tuple[str, str, str | None, str | None]]:
    """A function that says what the process runs in which it is called, as the values of a `Package`.

    It is made anew, so that it travels as code: where Sadari is absent, its name would lead nowhere.
    """

    def ask() -> tuple[str, str, str | None, str | None]:
        import hashlib
        import sys
        from pathlib import Path

        import ray

        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        try:
            import sadari
        except ImportError:
            return python, ray.__version__, None, None
        digest = hashlib.sha256()
        root = Path(sadari.__file__).parent
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
        return python, ray.__version__, sadari.__version__, digest.hexdigest()[:16]

    return ask
