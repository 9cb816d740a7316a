"""Translation on Multi30k: recurrent encoder-decoders without and with attention, and the Transformer.

    python benchmarks/translate.py --pair en-de --net transformer --minutes 55

Each net trains on the 29,000 pairs for so many minutes at most, by the epochs that fit into them, is validated on the
1,014 of `val`, and translates the 1,000 of `test_2016_flickr` once, with beam 5. Texts are lower-cased, and BLEU is on
lower-cased tokens, as published figures for this data are. A training keeps its checkpoint in --keep, and is taken up
there when the same command is given again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from sadari.data.parallel import ParallelCorpus, read_parallel
from sadari.measure.translation import TranslationScores, score_translations, tokenised_bleu
from sadari.tasks.translate import Translator
from timing import table

COMMON: dict[str, Any] = {"subwords": 6000, "lowercase": True, "shared": True, "batch_tokens": 4096, "warmup": 0.05}
RECURRENT: dict[str, Any] = {
    **COMMON, "net": "lstm", "width": 256, "hidden": 256, "dropout": 0.4, "learning_rate": 0.003, "average": 5,
}  # fmt: skip
NETS: dict[str, dict[str, Any]] = {
    "lstm, no attention": {**RECURRENT, "attention": "none", "reverse": True},
    "lstm, additive attention": {**RECURRENT, "attention": "additive"},
    # Wu et al. 2021, "Good for Misconceived Reasons": 41.0 en-de
    "transformer": {
        **COMMON, "net": "transformer", "width": 128, "heads": 4, "layers": 4, "inner": 256, "dropout": 0.3,
        "learning_rate": 0.005, "average": 10,
    },
}  # fmt: skip
HEADER = ["net", "weights", "trained", "epochs", "BLEU, lower-cased tokens", "sacreBLEU", "chrF", "beam 5, 1,000 lines"]


def run(minutes: float = 60, pair: str = "en-de") -> str:
    """The table of all nets: the recurrent ones get a third of the time each."""
    keep = Path(__file__).parent / "runs" / "translate"
    shares = {"lstm, no attention": 1 / 3, "lstm, additive attention": 1 / 3, "transformer": 1.0}
    rows = [row(name, pair, minutes * share, keep=keep) for name, share in shares.items()]
    return table(HEADER, rows)


def row(name: str, pair: str, minutes: float, *, keep: Path, threads: int = 2, **more: Any) -> list[str]:
    """Train one net, or go on with its training, and score it."""
    model = trained(name, pair, minutes, keep=keep, threads=threads, **more)
    test = read(pair, "test_2016_flickr")
    start = time.perf_counter()
    found = model.translate(test.sources)
    seconds = time.perf_counter() - start
    scores = scored(found, test)
    folder = keep / f"{pair} {name}".replace(",", "").replace(" ", "-")
    (keep / f"{folder.name}.txt").write_text("\n".join(found) + "\n", encoding="utf-8")
    model.save(folder, scores={"test BLEU, lower-cased tokens": scores.tokenised_bleu})
    weights = sum(parameter.numel() for parameter in model.net_.parameters()) / 1e6
    took = sum(r["seconds"] for r in model.history_[-1:]) / 60
    return [
        name, f"{weights:.1f} M", f"{took:.0f} min", f"{model.history_[-1]['epoch']:.0f}",
        f"{scores.tokenised_bleu:.1f}", f"{scores.bleu:.1f}", f"{scores.chrf:.1f}", f"{seconds:.1f} s",
    ]  # fmt: skip


def trained(name: str, pair: str, minutes: float, *, keep: Path, threads: int, **more: Any) -> Translator:
    from sadari.train.checkpoint import Run

    train, validation = read(pair, "train"), read(pair, "val")
    settings = {"minutes": minutes, "threads": threads, "precision": "bf16" if has_bf16() else "fp32", **NETS[name]}
    run = keep / f"{pair} {name} {minutes:g} min".replace(",", "").replace(" ", "-")
    resume = run.exists()
    model = Translator(**{**settings, **more})
    print(f"{name}, {pair}: {model.settings()}{', resumed' if resume else ''}", file=sys.stderr, flush=True)
    return model.fit(
        train.sources, train.targets, validation=(validation.sources, validation.targets), progress=said,
        run=Run(run, every=120), resume=resume, bleu=tokenised_bleu,
    )  # fmt: skip


def said(epoch: int, _: int, record: dict[str, float]) -> None:
    if "running" not in record:
        print(
            f"{record['seconds']:7.0f} s  epoch {epoch:3d}  loss {record['cross_entropy']:.3f}  "
            f"validation {record['validation_loss']:.3f}  BLEU {record['bleu']:.1f}", file=sys.stderr, flush=True,
        )  # fmt: skip


def scored(found: list[str], test: ParallelCorpus) -> TranslationScores:
    """sacreBLEU and chrF too on lower-cased references: that is what the nets write."""
    return score_translations(found, test.targets.str.to_lowercase().to_list(), need_sacrebleu=True)


def read(pair: str, part: str) -> ParallelCorpus:
    source, target = pair.split("-")
    folder = Path(os.environ.get("SADARI_DATA", "")) / "multi30k"
    if not folder.is_dir():
        sys.exit("this benchmark needs Multi30k: set SADARI_DATA to a folder with multi30k/train.en and so on")
    return read_parallel(folder / f"{part}.{source}", folder / f"{part}.{target}", keep_blank=part != "train")


def has_bf16() -> bool:
    """Whether the processor multiplies in bf16 itself; without, it is slower than fp32."""
    info = Path("/proc/cpuinfo")
    return info.exists() and any(flag in info.read_text() for flag in ("avx512_bf16", "amx_bf16"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pair", default="en-de", help="en-de or en-fr, or either turned round")
    parser.add_argument("--net", choices=list(NETS), action="append", help="all, if none is named")
    parser.add_argument("--minutes", type=float, default=60.0, help="for each net")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=Path(__file__).parent / "runs" / "translate")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="another setting")
    given = parser.parse_args()
    from sadari.cli.settings import parse_settings

    more = parse_settings(Translator, given.set, {})
    rows = [
        row(name, given.pair, given.minutes, keep=given.keep, threads=given.threads, **more)
        for name in given.net or NETS
    ]
    print(table(HEADER, rows))


if __name__ == "__main__":
    main()
