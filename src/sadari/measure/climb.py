"""Climb: every rung on one split, measured alike, and which one to take."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact.manifest import versions
from sadari.data.audit import Audit, audit
from sadari.data.corpus import Corpus
from sadari.errors import SettingError
from sadari.measure import readable
from sadari.measure.bar import onwards, share_done
from sadari.measure.budget import SHARE, Budget, Plan, TooDear
from sadari.measure.chosen import rungs_to_climb
from sadari.measure.curves import learning_curve
from sadari.measure.folder import folder_megabytes, run_folder, write_run
from sadari.measure.frozen import Frozen, freeze, halves, nested_rows
from sadari.measure.metrics import accuracy, confusion_matrix, expected_calibration_error, macro_f1_interval
from sadari.measure.result import ClimbResult, RungResult
from sadari.measure.scoring import label_columns, predict_in_order
from sadari.measure.significance import pair_tests
from sadari.measure.speed import one_text_us, predict_in_bulk
from sadari.measure.tune import tune
from sadari.measure.verdict import decide
from sadari.measure.wording import Wording, wording
from sadari.rungs import RUNGS, BertClassifier, FromVectors, Rung
from sadari.rungs.weights_folder import shown_weights
from sadari.text.tokenize import unseen_share
from sadari.vectors.keyed import WordVectors
from sadari.vectors.wanted import VectorSource

Progress = Callable[[str, float], None]
AUDITED_TOKENIZERS = ("characters", "whitespace", "words", "basic_english", "syllables")


@dataclass
class _Run:
    """What stays the same while the rungs are climbed.

    Attributes:
        folder: where it is written for the moment. place: where it will be.
    """

    frozen: Frozen
    seed: int
    budget: Budget
    folder: Path | None
    place: Path
    curves: bool
    settings: Mapping[str, Mapping[str, Any]]
    progress: Progress
    data: dict[str, Any]
    words: Wording
    names: Sequence[str]
    trials: int = 0
    planned: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    tuned: dict[str, dict[str, Any]] = field(default_factory=dict)

    def along(self, position: float) -> float:
        return share_done(self.names, position)


def climb(
    train: Corpus, test: Corpus | None = None, *, rungs: Sequence[str] | None = None, budget: float | None = None,
    seed: int = 0, folder: str | Path | None = None, lang: str = "en", curves: bool = True,
    settings: Mapping[str, Mapping[str, Any]] | None = None, keep_duplicates: bool = False, validation: float = 0.1,
    report: bool = True, trials: int = 0, vectors: str | Path | WordVectors | VectorSource | None = None,
    weights: str | Path | None = None, download: bool = False, audited: Audit | None = None,
    progress: Progress | None = None,
) -> ClimbResult:  # fmt: skip
    """Train every rung on the same rows, compare them, and say which one to take.

    Early stopping, calibration and the recommendation use validation rows that are taken from training; the final rows
    (``test``, or a tenth of the rows held out) are used once, for the table.

    Args:
        train, test: labelled texts, one label each; those of ``test`` are for the final table.
        rungs: names from `RUNGS`, default all that can be trained; always climbed in the ladder's order.
        budget: seconds for training and learning curves; a rung that would take longer trains on fewer rows, or is
            skipped, and says so.
        seed: of the splits and of every rung. settings: rung → settings other than its defaults.
        folder: where models, predictions, history and report go, whole when the climb is done or not at all; an earlier
            climb there is replaced. None writes nothing. report: write ``report.html`` into it.
        lang: of the verdict and the report, "en" or "ko".
        curves: also train every rung on fewer rows, for learning curves. audited: their audit, if it is made already.
        keep_duplicates: keep training texts that stand there twice. validation: the share of the rows that validate.
        trials: settings to try for each rung, on validation rows; 0: the defaults as they are.
        vectors: what the rung ``vectors`` starts from; without them it is left out.
        weights: the pre-trained weights that the rung ``bert`` starts from, a folder or a name on the Hugging Face hub
            (fetched if ``download``, else looked for in the local cache); without them it is left out.
        progress: called with what is being done and the share done, 0 to 1.

    Raises:
        DataError: texts or labels that cannot be compared on.
        SettingError: an unknown rung, or settings out of range.
        OutputError: `folder` cannot be written, or holds something else; what was there is untouched.
    """
    start, say = time.perf_counter(), progress or (lambda what, share: None)
    words = wording(lang)
    names, left_out = rungs_to_climb(rungs, vectors=vectors, weights=weights, words=words)
    audited = _audited(train, test, audited, seed, say)
    frozen = freeze(train, test, audited, seed=seed, validation=validation, keep_duplicates=keep_duplicates)
    with run_folder(folder) as temporary:
        run = _Run(
            frozen, seed, Budget(budget, words), temporary, Path(folder or ""), curves, settings or {}, onwards(say),
            frozen.train.provenance(seed=seed), words, names, trials,
        )  # fmt: skip
        _start_from(run, vectors, weights, download)
        results, skipped = _climb_all(run, names)
        _draw_curves(run, results)
        result = _conclude(run, train, results, [*skipped, *left_out], audited, lang)
        result.options = _options(
            train, test, budget=budget, validation=validation, trials=trials, keep_duplicates=keep_duplicates,
            curves=curves, lang=lang, vectors=None if vectors is None else VectorSource.of(vectors).name,
            weights=None if weights is None else shown_weights(weights),
        )  # fmt: skip
        result.seconds = time.perf_counter() - start
        if temporary is not None:
            say("report", 0.99)
            write_run(result, temporary, lang=lang, report=report, rows=frozen.final.rows)
    say("done", 1.0)
    return result


def _audited(train: Corpus, test: Corpus | None, audited: Audit | None, seed: int, say: Progress) -> Audit:
    """The audit of two corpora, if rungs can be compared on them."""
    if train.multi_label:
        raise SettingError("climb compares rungs on one label a text", hint="train one with: sadari train --label-sep")
    train.check_trainable()
    say("audit", 0.0)
    return audited or audit(train, test, unseen={name: unseen_share(name) for name in AUDITED_TOKENIZERS}, seed=seed)


def _options(train: Corpus, test: Corpus | None, **asked: Any) -> dict[str, Any]:
    """What was climbed on, and how it was asked for: for whoever wants the same again."""
    own = {
        "test": None if test is None else test.source, "text_columns": list(train.text_columns),
        "label_column": train.label_column,
    }  # fmt: skip
    return {**own, **asked}


def _climb_all(run: _Run, names: list[str]) -> tuple[list[RungResult], list[tuple[str, str]]]:
    """The rungs that were trained, and those that were not, with the reason."""
    found: dict[str, RungResult | TooDear] = {}
    last = len(names) - 1
    for place, name in enumerate(names):
        found[name] = _climb_one(run, name, place, len(names), share=SHARE if place < last else 1)
    for name, outcome in found.items():  # time was kept for those behind them, who may not have needed it
        if isinstance(outcome, TooDear) and run.budget.allows(outcome.least):
            found[name] = _climb_one(run, name, last, len(names), share=1)
    results = [outcome for outcome in found.values() if isinstance(outcome, RungResult)]
    if not results:
        raise SettingError("the budget is too small for any rung", hint="give a larger --budget, or fewer rungs")
    return results, [(name, outcome.why) for name, outcome in found.items() if isinstance(outcome, TooDear)]


def _start_from(run: _Run, vectors: Any, weights: str | Path | None, download: bool) -> None:
    """Put into the rungs' settings what they start from: checked, before hours are spent."""
    if weights is not None:
        _set(run, BertClassifier.name, weights=weights, download=download)
        _new(run, BertClassifier.name).check()
    if vectors is not None:
        run.progress("reading the vectors", 0.0)
        _set(run, FromVectors.name, vectors=vectors)
        model = _new(run, FromVectors.name)
        assert isinstance(model, FromVectors)
        # in memory: they are started from many times
        _set(run, FromVectors.name, vectors=model.read_vectors(run.frozen.train.texts))


def _set(run: _Run, name: str, **settings: Any) -> None:
    run.settings = {**run.settings, name: {**run.settings.get(name, {}), **settings}}


def _new(run: _Run, name: str) -> Rung:
    settings = dict(run.settings.get(name, {}))
    unknown = sorted(set(settings) - set(RUNGS[name]._get_param_names()))
    if unknown:
        raise SettingError(f"the rung {name!r} has no setting {unknown[0]!r}",
                           hint=f"it has: {', '.join(RUNGS[name]._get_param_names())}")  # fmt: skip
    planned = run.planned.get(name, {})
    return RUNGS[name](**{"seed": run.seed, **planned, **run.tuned.get(name, {}), **settings})


def _climb_one(run: _Run, name: str, place: int, count: int, *, share: float) -> RungResult | TooDear:
    """Train and measure one rung, if that share of the time left allows it."""
    frozen = run.frozen
    run.progress(f"{name}: preparing", run.along(place))
    plan = run.budget.plan(_new(run, name), frozen, run.seed, share=share)
    if isinstance(plan, TooDear):
        return plan
    rows, run.planned[name] = plan.rows, plan.settings
    corpus = frozen.train if rows == len(frozen.train) else frozen.train.take(_fewer_rows(run, plan))
    tuned = _tune(run, name, corpus, place, count, plan) if run.trials else ""
    model = _new(run, name)
    what = ": ".join(filter(None, [name, plan.said(run.words)]))
    run.progress(what, run.along(place))

    def progress(done: int, total: int, record: dict[str, float]) -> None:
        run.progress(what, run.along(place + 0.4 * record.get("share", done / total)))

    if frozen.folds:
        model.fit(corpus.texts, corpus.labels, progress=progress)
        held_out = _validate_in_folds(run, name, model, plan, place + 0.4)
    else:
        held = (frozen.validation.texts, frozen.validation.labels)
        model.fit(corpus.texts, corpus.labels, validation=held, progress=progress)
        held_out = predict_in_order(model, frozen.validation.texts, frozen.label_names).argmax(axis=1)
    run.progress(f"{name}: measuring", run.along(place + 0.85))
    result = _measure(run, name, model, held_out.astype(np.int32))
    result.rows = len(corpus)
    longest = _said_of_long(run, model, corpus)
    coverage = str(model.coverage_) if isinstance(model, FromVectors) else ""
    result.note = " · ".join(filter(None, [plan.note, tuned, longest, coverage]))
    return result


def _said_of_long(run: _Run, model: Rung, corpus: Corpus) -> str:
    """How many training texts were longer than the rung reads at once, and what became of them."""
    own = model.resolved_settings()
    rows, most = len(corpus), own.get("max_length", 0)
    cut = int(np.count_nonzero(model.cut_texts(corpus.texts)))
    if cut:
        return run.words.cut(cut, rows, most, own.get("long_texts"))
    pieces = model.windows(corpus.texts)
    long = pieces[pieces > 1]
    return run.words.windows(len(long), rows, int(long.sum()), most) if len(long) else ""


def _tune(run: _Run, name: str, corpus: Corpus, place: int, count: int, plan: Plan) -> str:
    """Look for better settings of a rung, in its share of the time left; says what was found."""
    frozen = run.frozen
    if not run.budget.allows(3 * plan.seconds):  # as it is, another way, and for good
        return run.words.say("tune_no_time")
    if frozen.folds:
        rows, held = _folds(run, plan)[0]
        train, held_out, truth = frozen.train.take(rows), frozen.train.take(held), frozen.validation_truth[held]
    else:
        train, held_out, truth = corpus, frozen.validation, frozen.validation_truth

    def score(settings: dict[str, Any]) -> float:
        run.tuned[name] = settings
        model = _new(run, name).fit(train.texts, train.labels)
        return float((predict_in_order(model, held_out.texts, frozen.label_names).argmax(axis=1) == truth).mean())

    def progress(done: int) -> None:
        run.progress(f"{name}: tuning, {done} of {run.trials} tried", run.along(place + 0.1))

    seconds = 0.5 * run.budget.time_left() / (count - place)
    best, accuracy, done = tune(name, score, trials=run.trials, seconds=seconds, seed=run.seed, progress=progress)
    run.tuned[name] = best
    return run.words.say("tune_tried", tried=done, accuracy=readable.percent(accuracy))


def _fewer_rows(run: _Run, plan: Plan) -> NDArray[np.int64]:
    """The training rows (positions) that a rung is trained on, where it is not on all."""
    if plan.validates_itself(len(run.frozen.train)):
        return _folds(run, plan)[0][0]
    return nested_rows(run.frozen, plan.rows, run.seed)


def _folds(run: _Run, plan: Plan) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Of each fold the training rows (positions) that are learned from, and those that are validated."""
    frozen, every = run.frozen, np.arange(len(run.frozen.train))
    parts = halves(frozen, run.seed) if plan.halves else frozen.folds
    held = [np.setdiff1d(every, part) for part in parts]
    if plan.halves:
        parts = [nested_rows(frozen, plan.rows, run.seed, among=part) for part in parts]
    return list(zip(parts, held, strict=True))


def _validate_in_folds(run: _Run, name: str, model: Rung, plan: Plan, at: float) -> NDArray[np.int64]:
    """Each training row's label by a model that did not see it: int64 [train]; ``model`` is calibrated on the same."""
    frozen, folds = run.frozen, _folds(run, plan)
    logits = np.zeros((len(frozen.train), len(frozen.label_names)), np.float32)
    codes = np.zeros(len(frozen.train), np.int64)
    complete = np.zeros(len(frozen.train), np.bool_)
    for number, (rows, others) in enumerate(folds):

        def told(done: int, total: int, record: dict[str, float], number: int = number) -> None:
            share = (number + record.get("share", done / total)) / len(folds)
            run.progress(f"{name}: validating in folds", run.along(at + 0.4 * share))

        told(0, 1, {})
        part = frozen.train.take(rows)
        one = model
        if number or not plan.validates_itself(len(frozen.train)):
            one = _new(run, name).fit(part.texts, part.labels, progress=told)
        texts = frozen.train.texts.gather(others)
        codes[others] = predict_in_order(one, texts, frozen.label_names).argmax(axis=1)
        places = label_columns(one, frozen.label_names)
        if (places >= 0).all():
            logits[others] = one.logits(texts)[:, places]
            complete[others] = True
    assert frozen.train.labels is not None
    own_order = [frozen.label_names.index(str(label)) for label in model.classes_.tolist()]
    model.calibrate(logits[complete][:, own_order], frozen.train.labels.filter(pl.Series(complete)))
    return codes


def _measure(run: _Run, name: str, model: Rung, held_out: NDArray[np.int32]) -> RungResult:
    frozen = run.frozen
    probabilities, bulk = predict_in_bulk(model, frozen.final.texts, frozen.label_names)
    confusion = confusion_matrix(frozen.final_truth, probabilities.argmax(axis=1), classes=len(frozen.label_names))
    checked = confusion_matrix(frozen.validation_truth, held_out, classes=len(frozen.label_names))
    result = RungResult(
        rung=name,
        settings=dict(model.resolved_settings()),
        accuracy=accuracy(confusion),
        macro_f1=macro_f1_interval(confusion, seed=run.seed),
        calibration_error=expected_calibration_error(frozen.final_truth, probabilities),
        train_seconds=model.train_seconds_,
        one_text_us=one_text_us(model, frozen.final.texts),
        bulk_texts_per_second=bulk,
        megabytes=0.0,
        predictions=probabilities.argmax(axis=1).astype(np.int32),
        probabilities=probabilities,
        validation_predictions=held_out,
        validation_accuracy=accuracy(checked),
        history=model.history_,
        top_features=model.top_features(),
    )
    if frozen.leaked.any() and not frozen.leaked.all():
        clean = ~frozen.leaked
        result.accuracy_without_leaks = accuracy(
            confusion_matrix(frozen.final_truth[clean], result.predictions[clean], classes=len(frozen.label_names))
        )
    if run.folder is not None:
        scores = {f"{frozen.final_name} accuracy": result.accuracy.value,
                  f"{frozen.final_name} macro-F1": result.macro_f1.value,
                  "validation accuracy": result.validation_accuracy.value}  # fmt: skip
        model.save(run.folder / name, scores=scores, data=run.data)
        result.folder = str(run.place / name)
        result.megabytes = folder_megabytes(run.folder / name)
    return result


def _tokenizers_taken(results: list[RungResult], lang: str) -> list[str]:
    """Which tokenizer the rungs used, in a sentence."""
    taken = {result.rung: str(result.settings["tokenizer"]) for result in results if "tokenizer" in result.settings}
    names = list(dict.fromkeys(taken.values()))
    if len(names) > 1:
        names = [f"{rung} {name}" for rung, name in taken.items()]
    if not names:
        return []
    return [f"{'토크나이저' if lang == 'ko' else 'tokenizer'}: {', '.join(names)}"]


def _draw_curves(run: _Run, results: list[RungResult]) -> None:
    """Learning curves with the time that is left when every rung has had its turn, the cheapest first."""
    if not run.curves:
        return
    for result in sorted(results, key=lambda result: result.train_seconds):
        run.progress(f"{result.rung}: learning curve", 0.97)
        run.planned.pop(result.rung, None)  # passes that were cut for all rows say nothing of fewer
        result.curve = learning_curve(run.frozen, result, lambda: _new(run, result.rung), run.budget, run.seed)  # noqa: B023


def _conclude(
    run: _Run, train: Corpus, results: list[RungResult], skipped: list[tuple[str, str]], audited: Audit, lang: str
) -> ClimbResult:
    frozen = run.frozen
    verdict = decide(results, frozen.validation_truth, lang=lang)
    return ClimbResult(
        source=train.source,
        label_names=frozen.label_names,
        rows=frozen.rows,
        final_name=frozen.final_name,
        seed=run.seed,
        rungs=results,
        skipped=skipped,
        validation_tests=pair_tests({r.rung: r.validation_predictions == frozen.validation_truth for r in results}),
        final_tests=pair_tests({r.rung: r.predictions == frozen.final_truth for r in results}),
        verdict=verdict,
        truth=frozen.final_truth,
        final_texts=[text[:400] for text in frozen.final.texts.to_list()],
        leaked=frozen.leaked,
        audit=audited.to_dict(),
        notes=[*frozen.notes, *_tokenizers_taken(results, lang)],
        versions=versions(*(["transformers"] if any(r.rung == BertClassifier.name for r in results) else [])),
    )
