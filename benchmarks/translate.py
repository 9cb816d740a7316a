"""Translation on Multi30k: recurrent encoder-decoders without and with attention, and the Transformer.

    python benchmarks/translate.py --pair en-de --net transformer

Each net passes over the 29,000 pairs so many times, is validated on the 1,014 of `val`, and translates the 1,000 of
`test_2016_flickr` once, with beam 5. Texts are lower-cased, and BLEU is on lower-cased tokens, as published figures for
this data are. One thread each: two are no more than half as fast again, and several trainings can run side by side. A
training keeps its checkpoint in --keep, and is taken up there when the same command is given again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from sadari.data.parallel.pairs import ParallelCorpus
from sadari.data.parallel.read import read_parallel
from sadari.device import bf16_is_fast
from sadari.metrics.translation import TranslationScores, score_translations, tokenised_bleu
from sadari.translation.translator import Translator
from timing import table

COMMON: dict[str, Any] = {"subwords": 6000, "lowercase": True, "shared": True, "batch_tokens": 2560, "warmup": 0.05}
RECURRENT: dict[str, Any] = {
    **COMMON,
    "net": "lstm",
    "width": 256,
    "hidden": 256,
    "dropout": 0.4,
    "learning_rate": 0.003,
    "average": 5,
    "epochs": 12,
}
NETS: dict[str, dict[str, Any]] = {
    "lstm, no attention": {**RECURRENT, "attention": "none", "reverse": True},
    "lstm, additive attention": {**RECURRENT, "attention": "additive"},
    # Wu et al. 2021, "Good for Misconceived Reasons": 41.0 en-de
    "transformer": {
        **COMMON,
        "net": "transformer",
        "width": 128,
        "heads": 4,
        "layers": 4,
        "inner": 256,
        "dropout": 0.3,
        "learning_rate": 0.004,
        "average": 10,
        "epochs": 45,
    },
}
HEADER = [
    "net",
    "weights",
    "passes",
    "trained",
    "of it the processor's",
    "BLEU, lower-cased tokens",
    "sacreBLEU",
    "chrF",
    "beam 5, 1,000 lines",
]
KEEP = Path(__file__).parent / "runs" / "translate"


def run() -> str:
    """The tables of all nets, English to German and to French: about four hours."""
    return "\n\n".join(
        table([pair, *HEADER[1:]], [row(name, pair, keep=KEEP) for name in NETS]) for pair in ("en-de", "en-fr")
    )


def row(name: str, pair: str, *, keep: Path, **more: Any) -> list[str]:
    """Train one net, or go on with its training, and score it."""
    model = trained(name, pair, keep=keep, **more)
    processor = time.process_time() / 60
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
        name,
        f"{weights:.1f} M",
        f"{model.history_[-1]['epoch']:.0f}",
        f"{took:.0f} min",
        f"{processor:.0f} min",
        f"{scores.tokenised_bleu:.1f}",
        f"{scores.bleu:.1f}",
        f"{scores.chrf:.1f}",
        f"{seconds:.1f} s",
    ]


def trained(name: str, pair: str, *, keep: Path, **more: Any) -> Translator:
    from sadari.train.checkpoint import Run

    train, validation = read(pair, "train"), read(pair, "val")
    settings = {"precision": "bf16" if has_bf16() else "fp32", **NETS[name]}
    run = keep / f"{pair} {name} run".replace(",", "").replace(" ", "-")
    resume = run.exists()
    model = Translator(**{**settings, **more})
    print(f"{name}, {pair}: {model.settings()}{', resumed' if resume else ''}", file=sys.stderr, flush=True)
    return model.fit(
        train.sources,
        train.targets,
        validation=(validation.sources, validation.targets),
        on_record=said,
        run=Run(run, every=120),
        resume=resume,
        bleu=tokenised_bleu,
    )


def said(record: Mapping[str, Any]) -> None:
    print(
        f"{record['seconds']:7.0f} s  pass {record['epoch']:3.0f}  loss {record['cross_entropy']:.3f}  "
        f"validation {record['validation_loss']:.3f}  BLEU {record['bleu']:.1f}",
        file=sys.stderr,
        flush=True,
    )


def scored(found: list[str], test: ParallelCorpus) -> TranslationScores:
    """sacreBLEU and chrF too on lower-cased references: that is what the nets write."""
    return score_translations(found, test.targets.str.to_lowercase().to_list())


def read(pair: str, part: str) -> ParallelCorpus:
    source, target = pair.split("-")
    folder = Path(os.environ.get("SADARI_DATA", "")) / "multi30k"
    if not folder.is_dir():
        sys.exit("this benchmark needs Multi30k: set SADARI_DATA to a folder with multi30k/train.en and so on")
    return read_parallel(folder / f"{part}.{source}", folder / f"{part}.{target}", keep_blank=part != "train")


def has_bf16() -> bool:
    """Whether the processor multiplies in bf16 itself; without, it is slower than fp32."""
    return bf16_is_fast(torch.device("cpu"), "layers", "lstm")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pair", default="en-de", help="en-de or en-fr, or either turned round")
    parser.add_argument("--net", choices=list(NETS), action="append", help="all, if none is named")
    parser.add_argument("--keep", type=Path, default=KEEP)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="another setting")
    given = parser.parse_args()
    from sadari.cli.arguments.settings import parse_settings

    more = parse_settings(Translator, given.set, {})
    rows = [row(name, given.pair, keep=given.keep, **more) for name in given.net or NETS]
    print(table(HEADER, rows))


if __name__ == "__main__":
    main()
