"""From labels to trust: ``make bench BENCH=trust``; a part runs alone too: ``python benchmarks/trust/suspects.py``."""

from __future__ import annotations

from importlib import import_module

PARTS = ("suspects", "sets", "label", "drift")


def run() -> str:
    return "\n\n".join(import_module(f"trust.{part}").run() for part in PARTS)
