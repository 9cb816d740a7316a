"""Pre-training BERT tiny on the texts of AG News: what it knows after so many minutes, with and without sentence pairs.

    python benchmarks/pretrain.py --minutes 20

Curves of masked accuracy and next-sentence accuracy on held-out texts, as a table and as a picture for the docs; then
the rung `bert` is fine-tuned from each on 1,000 rows, beside the same net from scratch, and scored on the test file.
A training keeps its checkpoint in --keep, and is taken up there when the same command is given again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from corpora import ag_news
from sadari.data.read import open_source
from sadari.plots.picture import write_picture
from sadari.pretraining.bert import Bert
from timing import table

SETTINGS: dict[str, Any] = {"size": "tiny", "validations": 30}  # the rest is as `sadari pretrain` has it
NETS: dict[str, dict[str, Any]] = {"with pairs": {}, "without pairs": {"nsp": False}}
CURVE_HEADER = ["share of the time", *(f"{name}: {what}" for name in NETS for what in ("masked", "perplexity"))]
HEADER = ["BERT tiny", "steps", "passes", "masked accuracy", "unigram guess", "perplexity", "next sentence"]
TUNED_ROWS = 1_000
TUNED: tuple[dict[str, Any], ...] = ({}, {"learning_rate": 3e-4, "epochs": 10}, {"learning_rate": 1e-3, "epochs": 20})
TUNED_HEADER = ["fine-tuned on 1,000 rows: test accuracy", "the defaults", "rate 3e-4, 10 passes", "rate 1e-3, 20"]
KEEP = Path(__file__).parent / "runs" / "pretrain"
PICTURE = Path(__file__).parent.parent / "docs" / "pictures" / "pretrain.png"


def run(minutes: float = 20, threads: int = 2, keep: Path = KEEP, picture: Path = PICTURE, **more: Any) -> str:
    """Both trainings, their curves, and what the rung `bert` makes of them.

    Args:
        minutes: for each of the two. more: other settings of theirs.
    """
    texts = read()
    models = {name: trained(name, texts, minutes, threads=threads, keep=keep, **more) for name in NETS}
    picture.parent.mkdir(parents=True, exist_ok=True)
    write_picture(picture, lambda: draw({name: model.history_ for name, model in models.items()}))
    rows = [row(name, model) for name, model in models.items()]
    parts = [table(HEADER, rows), table(CURVE_HEADER, curve_rows({n: m.history_ for n, m in models.items()}))]
    return "\n\n".join([*parts, fine_tuned(keep, threads)])


def trained(name: str, texts: pl.Series, minutes: float, *, threads: int, keep: Path, **more: Any) -> Bert:
    """Train one, or go on with its training, and save it; one that is there is read."""
    from sadari.train.checkpoint import Run

    done = keep / f"done-{name}.json".replace(" ", "-")
    said = json.loads(done.read_text(encoding="utf-8")) if done.exists() else {}
    if said and said.get("minutes", minutes) == minutes:
        model = Bert.load(model_folder(keep, name))
        model.history_, model.guess_ = said["history"], said["guess"]
        return model
    settings = {**SETTINGS, "minutes": minutes, "threads": threads}
    folder = keep / f"{name} {minutes:g} min".replace(" ", "-")
    resume = folder.exists()
    model = Bert(**{**settings, **NETS[name], **more})
    print(f"{name}: {model.settings()}{', resumed' if resume else ''}", file=sys.stderr, flush=True)
    model.fit(texts, run=Run(folder, every=120), resume=resume, on_record=said)
    model.save(model_folder(keep, name))
    done.write_text(
        json.dumps({"minutes": minutes, "history": model.history_, "guess": model.guess_}), encoding="utf-8"
    )
    return model


def model_folder(keep: Path, name: str) -> Path:
    return keep / f"model-{name}".replace(" ", "-")


def said(record: Mapping[str, Any]) -> None:
    """Say a score on standard error."""
    next_sentence = f"  next {record['next_accuracy']:.3f}" if "next_accuracy" in record else ""
    print(
        f"{record['seconds']:7.0f} s  step {record['step']:6.0f}  masked {record['masked_accuracy']:.3f}  "
        f"perplexity {record['perplexity']:7.1f}{next_sentence}",
        file=sys.stderr,
        flush=True,
    )


def row(name: str, model: Bert) -> list[str]:
    last, best = model.history_[-1], model.scores_
    following = best.get("next accuracy")
    return [
        name,
        f"{last['step']:,.0f}",
        f"{last['epoch']:.0f}",
        f"{best['masked accuracy']:.1%}",
        f"{model.guess_['guess_accuracy']:.1%}",
        f"{best['perplexity']:.1f}",
        "" if following is None else f"{following:.1%}",
    ]


def curve_rows(histories: dict[str, list[dict[str, float]]]) -> list[list[str]]:
    """Every fifth score, by the share of the time."""
    least = min(len(history) for history in histories.values())
    rows = []
    for place in range(4, least, 5):
        cells = [f"{(place + 1) / least:.0%}"]
        for history in histories.values():
            record = history[place]
            cells += [f"{record['masked_accuracy']:.1%}", f"{record['perplexity']:.0f}"]
        rows.append(cells)
    return rows


def draw(histories: dict[str, list[dict[str, float]]]) -> Any:
    """Masked accuracy and next-sentence accuracy over the minutes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    masked, following = figure.subplots(1, 2)
    for name, history in histories.items():
        minutes = [record["seconds"] / 60 for record in history]
        masked.plot(minutes, [100 * record["masked_accuracy"] for record in history], label=name)
        if "next_accuracy" in history[-1]:
            following.plot(minutes, [100 * record["next_accuracy"] for record in history], label=name)
    masked.set_title("masked tokens found, %", fontsize=10)
    following.set_title("sentence pairs told apart, %", fontsize=10)
    following.axhline(50, color="grey", linewidth=0.8, linestyle=":")
    for axis in (masked, following):
        axis.set_xlabel("minutes", fontsize=9)
        axis.grid(alpha=0.3)
    masked.legend(fontsize=9)
    return figure


# -- fine-tuning ----------------------------------------------------------------------------------------------


def fine_tuned(keep: Path, threads: int) -> str:
    """Test accuracy of the rung `bert` on 1,000 rows, from each start."""
    from sadari.rungs import RUNGS

    if "bert" not in RUNGS:
        return "Fine-tuning is left out: this Sadari has no rung `bert`."
    scratch = keep / "model-from-scratch"
    untrained(model_folder(keep, "with pairs"), scratch)
    starts = {**{f"pre-trained {name}": model_folder(keep, name) for name in NETS}, "from scratch": scratch}
    rows = [[name, *(f"{accuracy(folder, threads, **more):.1%}" for more in TUNED)] for name, folder in starts.items()]
    return table(TUNED_HEADER, rows)


def untrained(like: Path, folder: Path) -> None:
    """A net like that of a folder, with its tokenizer, that has learned nothing."""
    import torch

    from sadari.nets.bert.encoder import BertForPreTraining

    model = Bert.load(like)
    torch.manual_seed(0)
    model.net_ = BertForPreTraining(model.net_.shape)
    model.save(folder)


def accuracy(weights: Path, threads: int, **more: Any) -> float:
    """Of the rung `bert`, fine-tuned from these weights on 1,000 rows, on the test texts."""
    from sadari.rungs import find_rung

    train, test = corpus("train.csv"), corpus("test.csv")
    part, _ = train.split(validation=1 - TUNED_ROWS / len(train), seed=0)
    start = time.perf_counter()
    model = find_rung("bert")(weights=str(weights), threads=threads, **more)
    model.fit(part.texts, part.labels)
    score = float(model.score(test.texts, test.labels))
    print(f"{weights.name} {more}: {score:.4f} in {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return score


def corpus(file: str) -> Any:
    return open_source(ag_news() / file).read()


def read() -> pl.Series:
    """The training texts: a title, and after it, as a sentence of its own, what it stands above."""
    source = open_source(ag_news() / "train.csv")
    frame = pl.concat([batch.frame for batch in source.batches()])
    return frame.select(pl.concat_str("title", "description", separator="\n")).to_series()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0, help="for each of the two")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=KEEP)
    parser.add_argument("--picture", type=Path, default=PICTURE)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="another setting")
    parser.add_argument("--trial", action="store_true", help="train the first alone, and draw nothing")
    given = parser.parse_args()
    from sadari.cli.arguments.settings import parse_settings

    more = parse_settings(Bert, given.set, {})
    if given.trial:
        model = trained("with pairs", read(), given.minutes, threads=given.threads, keep=given.keep, **more)
        print(table(HEADER, [row("with pairs", model)]))
        return
    print(run(given.minutes, given.threads, given.keep, given.picture, **more))


if __name__ == "__main__":
    main()
