"""Climb: every rung on one split, measured alike, and which one to take."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sadari.climb.budget.budget import SHARE, Budget, Plan, TooDear
from sadari.climb.conclusion import conclude
from sadari.climb.context import ClimbContext
from sadari.climb.failures import Failed, none_trained, why_failed
from sadari.climb.folder import run_folder, write_run
from sadari.climb.measuring.learning_curves import SHARES, curve_point
from sadari.climb.measuring.measure import measure
from sadari.climb.measuring.scores import score_said
from sadari.climb.progress import Bar
from sadari.climb.result import ClimbResult, RungResult
from sadari.climb.selection import rungs_to_climb
from sadari.climb.split import Frozen, freeze
from sadari.climb.tokenizer import settle_tokenizer
from sadari.climb.training import GivenUp, fewer_rows, first_fold
from sadari.climb.training import train as train_rung
from sadari.climb.tuning import tune
from sadari.climb.verdict.choice import MARGIN, TEXTS_PER_DAY, check_margin
from sadari.climb.verdict.decide import decide
from sadari.climb.verdict.final_model import seconds_to_refit
from sadari.climb.verdict.learned import no_longer_matters, score_of
from sadari.compiling.watching import Stopwatch
from sadari.data.audit.audit import audit
from sadari.data.audit.result import Audit
from sadari.data.corpus import Corpus, check_corpora
from sadari.display.watching import OnProgress, OnRecord, Watching
from sadari.errors import DataError, SettingError
from sadari.messages import LANGUAGES, Message, beside, current_language, message, of
from sadari.metrics.metric import Metric, suggested
from sadari.metrics.predictions import predict_in_order
from sadari.metrics.several import DEFAULT, SeveralMetric
from sadari.rungs import RUNGS, Rung
from sadari.settings.declaration import search_space
from sadari.settings.limits import MOST, Choice, Entries, Flag, Whole, check
from sadari.text.long_texts import cut_note, windows_note
from sadari.text.tokens.tokenize import unseen_share

KEPT = 0.1  # of the budget, for learning curves, and as much for a final model that has more to see than the rungs
AUDITED_TOKENIZERS = ("characters", "whitespace", "words", "basic_english", "syllables")


def climb(
    train: Corpus,
    test: Corpus | None = None,
    *,
    rungs: Sequence[str] | None = None,
    budget: float | None = None,
    seed: int = 0,
    folder: str | Path | None = None,
    lang: str | None = None,
    curves: bool = True,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    keep_duplicates: bool = False,
    validation: float = 0.1,
    metric: str | None = None,
    margin: float = MARGIN,
    texts_per_day: int = TEXTS_PER_DAY,
    refit: bool = True,
    report: bool = True,
    trials: int = 0,
    download: bool = False,
    audited: Audit | None = None,
    verbose: bool | None = None,
    on_progress: OnProgress | None = None,
    on_record: OnRecord | None = None,
    **starts: Any,
) -> ClimbResult:
    """Train every rung on the same rows, compare them on validation rows of these, and say which one to take.

    Args:
        train: labelled texts to train on, one label each or several.
        test: labelled texts that are used once, for the table; None: a tenth of ``train`` is held out.
        rungs: names from `RUNGS`, default all that can be trained; always climbed in the ladder's order.
        budget: seconds; a rung that would take longer makes fewer passes, sees fewer rows, or is skipped, and says so.
        seed: seed of the splits and of every rung.
        folder: for models, predictions, history and report, replaced whole when the climb is done; None: nothing.
        lang: language of the report and of what else is written, "en" or "ko"; None: the one that is spoken.
        curves: also train every rung on fewer rows, for learning curves.
        settings: rung → the settings in which it differs from its defaults.
        keep_duplicates: keep repeated training texts.
        validation: the share of the training rows that is set aside for validation.
        metric: what decides, one of `METRICS`; None: accuracy, of several labels micro-F1, of rare ones macro-F1.
        margin: how much less of it, as a share, is accepted of a rung that costs noticeably less.
        texts_per_day: how many texts are to be labelled, for what that costs.
        refit: train the recommended rung once more, on validation rows too, for ``folder``/model.
        report: write ``report.html`` into ``folder``.
        trials: how many settings to try for each rung on validation rows; 0: only the defaults.
        download: fetch ``weights`` from the hub where they are not in the local cache.
        audited: the audit of these texts, if it has been made already.
        verbose: show how it goes; None: in a notebook and on a terminal.
        on_progress: is called with (share done, 1.0, record), whose ``doing`` says what is being done.
        on_record: is called with a record of each rung that was measured: rung, score and seconds.
        starts: ``vectors``: word vectors or their file; ``weights``: encoders or embeddings, one or a list, or names.

    Raises:
        DataError: no rung can be trained. SettingError: an unknown rung or setting. OutputError: `folder` is another's.
    """
    asked = dict[str, Any](budget=budget, validation=validation, trials=trials, lang=lang, curves=curves, refit=refit)
    asked |= {"keep_duplicates": keep_duplicates, "metric": metric, "margin": margin, "texts_per_day": texts_per_day}
    watching, given = Watching(message("climb"), verbose, on_progress, on_record), {**starts, "download": download}
    return _climb(train, test, audited, rungs, given, asked, settings, seed, folder, report, watching)


def _climb(
    train: Corpus,
    test: Corpus | None,
    audited: Audit | None,
    rungs: Sequence[str] | None,
    given: Mapping[str, Any],
    asked: dict[str, Any],
    settings: Mapping[str, Mapping[str, Any]] | None,
    seed: int,
    folder: str | Path | None,
    report: bool,
    watching: Watching,
) -> ClimbResult:
    check("settings", settings, Entries(), optional=True)
    check("report", report, Flag())
    _check_asked({**asked, **given})
    with watching:
        start, say, lang = time.perf_counter(), Bar(watching), asked["lang"] or current_language()
        selection = rungs_to_climb(rungs, given)
        names = selection.names
        say(message("auditing the data"), 0.0)
        audited = _audited(train, test, audited, seed)
        frozen = freeze(
            train, test, audited, seed=seed, validation=asked["validation"], keep_duplicates=asked["keep_duplicates"]
        )
        kept = KEPT * (asked["curves"] + (asked["refit"] and not frozen.folds))
        with run_folder(folder) as temporary, Stopwatch() as compiling:
            run = ClimbContext(
                frozen,
                seed,
                Budget(asked["budget"], kept=kept, compiling=compiling),
                temporary,
                Path(folder or ""),
                asked["curves"],
                settings or {},
                say,
                frozen.train.provenance(seed=seed),
                names,
                _metric(asked["metric"], frozen),
                asked["trials"],
                asked["refit"],
                named=rungs is not None,
            )
            _start_from(run, selection.starts)
            settle_tokenizer(run)
            results, skipped = _climb_all(run, names, _criteria(asked))
            _draw_curves(run, results, asked)
            say.so_far = None  # what comes now is final
            result = conclude(run, train, results, [*skipped, *selection.left_out], audited, asked)
            result.options = _options(train, test, **asked, **_shown_starts(run))
            result.seconds = time.perf_counter() - start
            if temporary is not None:
                say(message("writing the report"), 0.99)
                write_run(result, temporary, frozen, lang=lang, report=report)
        say(message("done"), 1.0)
        return result


def _check_asked(asked: Mapping[str, Any]) -> None:
    """Refuse what no climb can be asked for, before hours are spent."""
    for name in ("curves", "keep_duplicates", "refit", "download"):
        check(name, asked[name], Flag())
    check("lang", asked["lang"], Choice(LANGUAGES), optional=True)
    check("trials", asked["trials"], Whole(0, MOST))
    check("texts_per_day", asked["texts_per_day"], Whole(1, MOST))
    check_margin(asked["margin"])


def _metric(asked: str | None, frozen: Frozen) -> Metric:
    """What counts, if nobody asks for another: accuracy, or macro-F1 where one label has over nine tenths of the rows,
    or micro-F1 where a text may have several."""
    if frozen.several:
        return SeveralMetric.named(asked or DEFAULT, frozen.label_names, frozen.label_counts)
    usual = "macro-f1" if suggested(frozen.label_counts) else "accuracy"
    return Metric.named(asked or usual, frozen.label_names, frozen.label_counts)


def _audited(train: Corpus, test: Corpus | None, audited: Audit | None, seed: int) -> Audit:
    """The audit of two corpora, if rungs can be compared on them."""
    check_corpora(train, test)
    if test is not None and test.multi_label != train.multi_label:
        raise DataError(message("a text has one label in one file and several in the other"), where=test.source)
    train.check_trainable()
    return audited or audit(train, test, unseen={name: unseen_share(name) for name in AUDITED_TOKENIZERS}, seed=seed)


def _options(train: Corpus, test: Corpus | None, **asked: Any) -> dict[str, Any]:
    """What was climbed on, and how it was asked for: for whoever wants the same again."""
    own = {
        "test": None if test is None else test.source,
        "text_columns": list(train.text_columns),
        "label_column": train.label_column,
    }
    return {**own, **asked}


def _climb_all(
    run: ClimbContext, names: list[str], criteria: Mapping[str, Any]
) -> tuple[list[RungResult], list[tuple[str, Message | str]]]:
    """The rungs that were trained, and those that were not, with the reason."""
    found: dict[str, RungResult | TooDear | Failed] = {}
    try:
        _try_all(run, names, criteria, found)
    except KeyboardInterrupt as asked:
        if not any(isinstance(outcome, RungResult) for outcome in found.values()):
            raise
        run.stop(asked)
        found = {name: found.get(name, Failed(message("stopped before it was measured"))) for name in names}
    results = [outcome for outcome in found.values() if isinstance(outcome, RungResult)]
    left_out = {name: outcome.why for name, outcome in found.items() if not isinstance(outcome, RungResult)}
    if not results and all(isinstance(outcome, TooDear) for outcome in found.values()):
        raise SettingError(
            message("the budget is too small for any rung"), hint=message("give a larger --budget, or fewer rungs")
        )
    if not results:
        raise none_trained(left_out, source=run.frozen.train.source)
    return results, list(left_out.items())


def _try_all(
    run: ClimbContext,
    names: list[str],
    criteria: Mapping[str, Any],
    found: dict[str, RungResult | TooDear | Failed],
) -> None:
    """Try each rung; what becomes of it is put into ``found``."""
    last = len(names) - 1
    for place, name in enumerate(names):
        done = [outcome for outcome in found.values() if isinstance(outcome, RungResult)]
        if not run.named and (why := _why_not(run, name, done)):
            found[name] = Failed(why)
            continue
        if done and not run.named:
            run.to_beat = max(done, key=lambda result: run.metric.sign * score_of(result).value)
        found[name] = _try_one(run, name, place, len(names), share=SHARE if place < last else 1)
        if isinstance(outcome := found[name], RungResult):
            run.progress.measured(outcome)
            if done:
                _say_so_far(run, [*done, outcome], criteria)
    if sum(isinstance(outcome, RungResult) for outcome in found.values()) < 2:
        run.budget.release()  # two rungs, and so a comparison, are worth more than curves
    for name, outcome in found.items():  # time was kept for those behind them, who may not have needed it
        if isinstance(outcome, TooDear) and run.budget.allows(outcome.least):
            found[name] = _try_one(run, name, last, len(names), share=1)


def _say_so_far(run: ClimbContext, done: Sequence[RungResult], criteria: Mapping[str, Any]) -> None:
    """The verdict of two rungs and more, which is said while the others train."""
    taken = decide(done, run.frozen.validation_truth, metric=run.metric, **criteria).rung
    score = next(score_of(result) for result in done if result.rung == taken)
    run.progress.so_far = message("so far {rung}, {score}", rung=taken, score=score_said(run.metric, score.value))


def _why_not(run: ClimbContext, name: str, done: Sequence[RungResult]) -> Message | None:
    """Why a rung that nobody has named is not trained; None where it is."""
    why = RUNGS[name].needless(run.frozen.train.texts, run.frozen.label_counts)
    return why or (no_longer_matters(RUNGS[name], done, run.metric) if done else None)


def _try_one(run: ClimbContext, name: str, place: int, count: int, *, share: float) -> RungResult | TooDear | Failed:
    """The same for one rung. One that raises ends itself, and not what was found of the others."""
    try:
        return _climb_one(run, name, place, count, share=share)
    except GivenUp as given_up:
        return Failed(given_up.why)
    except Exception as error:
        return Failed(why_failed(error, name))


def _start_from(run: ClimbContext, starts: Mapping[str, Mapping[str, Any]]) -> None:
    """Put into the rungs' settings what they start from, and check them all, before hours are spent."""
    started = {name: start for name in run.names if (start := RUNGS[name].starts_from) is not None}
    for name in started:
        run.set(name, **starts[name])
    for name in run.names:  # what somebody has set wrongly is for them to mend
        run.new(name).check()
    for name, start in started.items():
        run.progress(start.reading, 0.0)
        run.set(name, **run.new(name).start_in_memory(run.frozen.train.texts))


def _shown_starts(run: ClimbContext) -> dict[str, Any]:
    """What rungs start from, by its setting, as they show it: one or a list of several; None where none does."""
    shown: dict[str, list[Any]] = {start.setting: [] for kind in RUNGS.values() if (start := kind.starts_from)}
    for name in run.names:
        if (start := RUNGS[name].starts_from) is not None:
            found = run.new(name).resolved_settings()[start.setting]
            shown[start.setting] += [] if found in shown[start.setting] else [found]
    return {setting: found if len(found) > 1 else next(iter(found), None) for setting, found in shown.items()}


def _climb_one(run: ClimbContext, name: str, place: int, count: int, *, share: float) -> RungResult | TooDear:
    """Train and measure one rung, if that share of the time left allows it."""
    frozen = run.frozen
    run.say(name, message("preparing"), place)
    plan = run.budget.plan(run.new(name), frozen, run.seed, share=share)
    if isinstance(plan, TooDear):
        return plan
    ends = run.budget.end_of(share)
    rows, run.planned[name] = plan.rows, plan.settings
    corpus = frozen.train if rows == len(frozen.train) else frozen.train.take(fewer_rows(run, plan))
    tuned = _tune(run, name, corpus, place, count, plan) if run.trials else None
    found = train_rung(run, name, plan, corpus, place, ends=ends)
    run.say(name, message("measuring"), place + 0.85)
    result = measure(run, name, found.model, found.held_out)
    result.rows = len(corpus)
    coverage = found.model.coverage_.said() if found.model.coverage_ else None
    result.note = beside([plan.note, found.note, tuned, _said_of_long(found.model, corpus), coverage])
    return result


def _said_of_long(model: Rung, corpus: Corpus) -> Message | None:
    """How many training texts were longer than the rung reads at once, and what became of them."""
    own = model.resolved_settings()
    rows, most = len(corpus), own.get("max_length", 0)
    cut = int(np.count_nonzero(model.cut_texts(corpus.texts)))
    if cut:
        return cut_note(cut, rows, most, own.get("long_texts"))
    pieces = model.windows(corpus.texts)
    long = pieces[pieces > 1]
    return windows_note(len(long), rows, int(long.sum()), most) if len(long) else None


def _tune(run: ClimbContext, name: str, corpus: Corpus, place: int, count: int, plan: Plan) -> Message:
    """Look for better settings of a rung, in its share of the time left; says what was found."""
    frozen = run.frozen
    if not run.budget.allows(3 * plan.seconds):  # as it is, another way, and for good
        return message("no time was left to try settings")
    if frozen.folds:
        rows, held = first_fold(run, plan)
        train, held_out, truth = frozen.train.take(rows), frozen.train.take(held), frozen.validation_truth[held]
    else:
        train, held_out, truth = corpus, frozen.validation, frozen.validation_truth

    def score(settings: dict[str, Any]) -> float:
        run.tuned[name] = settings
        model = run.new(name).fit(train.texts, train.labels)
        return run.metric.sign * run.metric.quick(truth, predict_in_order(model, held_out.texts, frozen.label_names))

    def progress(done: int) -> None:
        tried = message("tuning, {done} of {trials} tried", done=done, trials=run.trials)
        run.say(name, tried, place + 0.1)

    seconds = 0.5 * run.budget.time_left() / (count - place)
    best, found, done = tune(
        search_space(RUNGS[name]), score, trials=run.trials, seconds=seconds, seed=run.seed, progress=progress
    )
    run.tuned[name] = best
    return message(
        "{tried} settings tried on validation rows, the best with {score}",
        tried=done,
        score=score_said(run.metric, run.metric.sign * found),
    )


def _draw_curves(run: ClimbContext, results: list[RungResult], asked: Mapping[str, Any]) -> None:
    """Learning curves with the time that is left when every rung has had its turn, round by round.

    What the final model will take is kept back.
    """
    taken = decide(results, run.frozen.validation_truth, metric=run.metric, **_criteria(asked)).rung
    run.budget.release(seconds_to_refit(run, next(result for result in results if result.rung == taken)))
    for result in results:
        result.curve = [(result.rows, run.metric.quick(run.frozen.validation_truth, result.validation_table()))]
        run.planned.pop(result.rung, None)  # passes that were cut for all rows say nothing of fewer
    try:
        if run.curves and not run.stopped:
            _draw_rounds(run, sorted(results, key=lambda result: result.train_seconds))
    except KeyboardInterrupt as stopped:
        run.stop(stopped)
    run.budget.release()


def _draw_rounds(run: ClimbContext, results: list[RungResult]) -> None:
    """The points of one share for all rungs, the cheapest first, then those of half of it."""
    failed = set()
    for share in SHARES:
        for result in results:
            if result.rung in failed:
                continue
            run.progress(of(result.rung, message("learning curve")), 0.97)
            try:
                point = curve_point(
                    run.frozen, run.metric, result, share, partial(run.new, result.rung), run.budget, run.seed
                )
            except Exception as error:
                failed.add(result.rung)
                why = message("no learning curve: {why}", why=why_failed(error, result.rung))
                result.note = beside([result.note, why])
                continue
            if point is not None:
                result.curve.insert(0, point)


def _criteria(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asked[name] for name in ("margin", "texts_per_day")}
