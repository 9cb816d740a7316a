"""Run the benchmarks and print their tables: ``python benchmarks/run.py [classify encode predict memory]``.

Those of `LONG` take an hour and more, and are run when they are named: ``make bench BENCH=suite``.
"""

from __future__ import annotations

import platform
import sys
from importlib import import_module, metadata
from pathlib import Path

ALL = (
    "encode",
    "classify",
    "predict",
    "start",
    "course",
    "verdict",
    "neural",
    "bert",
    "distil",
    "vectors_train",
    "vectors_load",
    "vectors_search",
    "vectors_buy",
    "memory",
    "generate",
)
LONG = (
    "scale",
    "serve",
    "translate",
    "pretrain",
    "suite",
    "several",
    "embed",
    "setfit",
    "equality",
    "scale_climb",
    "trust",
)
PACKAGES = ("sadari", "torch", "numpy", "numba", "polars", "scikit-learn", "fasttext-wheel", "gensim", "tokenizers")


def machine() -> str:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        cpu = next((line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line), cpu)
    import os

    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return f"Machine: {cpu}, {os.cpu_count()} cores, Python {platform.python_version()}; {versions}."


def main() -> None:
    chosen = sys.argv[1:] or list(ALL)
    unknown = set(chosen) - {*ALL, *LONG}
    if unknown:
        sys.exit(f"no benchmark {sorted(unknown)[0]!r}; there are: {', '.join([*ALL, *LONG])}")
    parts = [machine()]
    print(parts[0], flush=True)
    for name in chosen:
        print(f"\n## {name}\n", flush=True)
        found = import_module(name).run()
        print(found, flush=True)
        parts.append(f"## {name}\n\n{found}")
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "latest.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
