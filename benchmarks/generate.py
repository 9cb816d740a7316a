"""Generation: small nets on Tiny Shakespeare, the course's character loop, and what it saves to keep what was read.

    python benchmarks/generate.py                          # all of it: a quarter of an hour
    python benchmarks/generate.py best --minutes 5 --net lstm --set hidden=512

Losses are nats a character on the last tenth of the text, read in windows as in training (the LSTM: with its state
carried on). Ours and the peers run on as many threads.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from corpora import ag_news, read_plain
from generate_peers import course_loop, small_gpt
from sadari.generation.corpus import gather
from sadari.generation.generator import Generator
from sadari.train.machine.environment import threads as torch_threads
from sadari.train.objectives.language_modelling import HeldOut
from timing import in_turn, ratio, table
from translate import has_bf16

# nanoGPT's small setting; the rate and its decay are ours
SAME_SIZE: dict[str, Any] = {
    "net": "transformer",
    "embed_dim": 128,
    "heads": 4,
    "layers": 4,
    "window": 64,
    "batch_size": 12,
    "steps": 2000,
    "dropout": 0.0,
    "learning_rate": 0.003,
    "warmup": 0.05,
    "validations": 1,
}
BEST: dict[str, dict[str, Any]] = {
    "lstm": {"net": "lstm", "hidden": 512, "window": 64, "batch_size": 16, "learning_rate": 0.004},
    "transformer": {
        "net": "transformer",
        "embed_dim": 192,
        "heads": 6,
        "layers": 4,
        "window": 128,
        "batch_size": 8,
        "learning_rate": 0.003,
    },
}


def run(minutes: float = 5, steps: int = 2000, threads: int = 2) -> str:
    """All tables.

    Args:
        minutes: of each of the best nets. steps: of the small Transformer and its peer. threads: of all.
    """
    parts = [same_setting(steps, threads), best(minutes, threads), course(threads), cache()]
    return "\n\n".join(parts)


def same_setting(steps: int = 2000, threads: int = 2) -> str:
    """A Transformer as small as nanoGPT's on a CPU, beside that one."""
    text = shakespeare()
    training_text = gather(text)
    ids = training_text.ids[1:].astype(np.uint16)  # without the end at the beginning, which is ours
    with torch_threads(threads):
        peer, peer_seconds = small_gpt(ids, len(training_text.codec), steps=steps)
    held_out = HeldOut(training_text.held_out, training_text.known)
    rows = [["nanoGPT's loop, re-written", f"{peer_seconds:.0f}", f"{held_out.score(peer.eval(), 64).loss:.3f}"]]
    precision = "bf16" if has_bf16() else "fp32"
    start = time.perf_counter()
    model = Generator(**{**SAME_SIZE, "steps": steps}, precision=precision, threads=threads).fit(text)
    seconds = time.perf_counter() - start  # of everything: the ids, the steps, the held-out loss
    rows.append(
        [f"Sadari transformer, {precision}, all included", f"{seconds:.0f}", f"{model.scores_['validation loss']:.3f}"]
    )
    rows.append(["asked: at most", f"{peer_seconds:.0f}", "1.880"])
    return table([f"Tiny Shakespeare, {steps:,} steps of 12 × 64 characters", "seconds", "held-out loss"], rows)


def best(minutes: float = 5, threads: int = 2, nets: list[str] | None = None, **more: Any) -> str:
    """The best loss within so many minutes on two cores."""
    text, rows = shakespeare(), []
    for name in nets or list(BEST):
        settings = {
            "minutes": minutes,
            "threads": threads,
            "precision": "bf16" if has_bf16() else "fp32",
            **BEST[name],
            **more,
        }
        start = time.perf_counter()
        model = Generator(**settings).fit(text, on_record=said)
        seconds = time.perf_counter() - start
        weights = sum(parameter.numel() for parameter in model.net_.parameters()) / 1e6
        rows.append(
            [
                name,
                f"{weights:.1f} M",
                f"{seconds:.0f}",
                f"{model.history_[-1]['step']:,.0f}",
                f"{model.scores_['validation loss']:.3f}",
                f"{model.scores_['bits per character']:.3f}",
            ]
        )
    header = [
        "Tiny Shakespeare, the best in a time",
        "weights",
        "seconds",
        "steps",
        "held-out loss",
        "bits a character",
    ]
    return table(header, rows)


def said(record: Mapping[str, Any]) -> None:
    """Print a validation on standard error."""
    print(
        f"{record['seconds']:7.1f} s  step {record['step']:6,.0f}  loss {record['loss']:.3f}  "
        f"held out {record['validation_loss']:.3f}",
        file=sys.stderr,
        flush=True,
    )


def course(threads: int = 2, texts: int = 20, our_texts: int = 3000) -> str:
    """Characters of text learned in a second: the course's loop, and ours with the same net."""
    read = [text for text in read_plain(ag_news() / "test.csv")[0] if len(text) >= 110]
    characters = {character: place for place, character in enumerate(sorted(set("".join(read))))}
    with torch_threads(threads):
        course_loop(read[:2], characters)  # imports and caches, which do not count
        start = time.perf_counter()
        _, seen = course_loop(read[:texts], characters)
        peer = seen / (time.perf_counter() - start)
    text = "\n".join(read[:our_texts])
    settings: dict[str, Any] = {"net": "lstm", "embed_dim": 0, "hidden": 64, "epochs": 1, "validation": 0.0}
    Generator(**settings).fit(text[:20_000])
    rows = [[f"the course's loop, {len(characters)} characters", f"{peer:,.0f}", "1"]]
    for count in sorted({1, threads}):
        start = time.perf_counter()
        Generator(**settings, threads=count).fit(text)
        speed = len(text) / (time.perf_counter() - start)
        rows.append([f"Sadari lstm, the same net, threads: {count}", f"{speed:,.0f}", f"{speed / peer:.0f}"])
    rows.append(["asked: at least", "", "20"])
    return table(["One-hot characters → LSTM 64, AG News", "characters a second", "times the course's"], rows)


def cache(tokens: int = 500, runs: int = 3) -> str:
    """Writing so many tokens with what was read kept, and with everything read again for each of them."""
    rows = []
    for name, settings in (
        ("transformer, 4 layers, width 128", {"net": "transformer", "window": 512}),
        ("lstm 256", {"net": "lstm"}),
    ):
        # how well it writes is no matter here
        model = Generator(**settings, steps=2, validation=0.0, threads=1).fit(shakespeare()[:50_000])
        ways = {
            way: lambda kept=kept, model=model: model.sample("ROMEO:", tokens, cached=kept)
            for way, kept in (("kept", True), ("again", False))
        }
        timed = in_turn(ways, runs=runs)
        assert timed["kept"].result == timed["again"].result
        least, middle, most = ratio(timed["again"], timed["kept"])
        rows.append(
            [
                name,
                f"{1000 * timed['kept'].median / tokens:.2f}",
                f"{1000 * timed['again'].median / tokens:.2f}",
                f"{middle:.1f} ({least:.1f} to {most:.1f})",
            ]
        )
    rows.append(["asked: at least", "", "", "5"])
    return table([f"Writing {tokens} tokens, one thread", "kept, ms a token", "read again", "times as fast"], rows)


def shakespeare() -> str:
    file = Path(os.environ.get("SADARI_DATA", "")) / "shakespeare" / "input.txt"
    if not file.is_file():
        sys.exit("this benchmark needs Tiny Shakespeare: set SADARI_DATA to a folder with shakespeare/input.txt")
    return file.read_text(encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=["same", "best", "course", "cache"], help="all, if none is named")
    parser.add_argument("--steps", type=int, default=2000, help="of the small Transformer and its peer")
    parser.add_argument("--minutes", type=float, default=5.0, help="of each net of `best`")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--net", choices=list(BEST), action="append", help="of `best`; both, if none is named")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="another setting for `best`")
    given = parser.parse_args()
    from sadari.cli.arguments.settings import parse_settings

    more = parse_settings(Generator, given.set, {})
    if given.part is None:
        print(run(given.minutes, given.steps, given.threads))
    elif given.part == "same":
        print(same_setting(given.steps, given.threads))
    elif given.part == "best":
        print(best(given.minutes, given.threads, given.net, **more))
    else:
        print(course(given.threads) if given.part == "course" else cache())


if __name__ == "__main__":
    main()
