"""Climb: every rung on one split, measured alike, and which one to take."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sadari.climb.budget.budget import SHARE, Budget, Plan, TooDear
from sadari.climb.conclusion import conclude
from sadari.climb.context import ClimbContext, Executor
from sadari.climb.executor import InProcess
from sadari.climb.failures import Failed, none_trained, why_failed
from sadari.climb.folder import run_folder, write_run
from sadari.climb.measuring.learning_curves import SHARES, Point, drawn
from sadari.climb.measuring.measure import Measure
from sadari.climb.measuring.scores import score_said
from sadari.climb.progress import Bar
from sadari.climb.result import ClimbResult, RungResult
from sadari.climb.selection import rungs_to_climb
from sadari.climb.split import Frozen, freeze
from sadari.climb.tokenizer import settle_tokenizer
from sadari.climb.training import GivenUp, Rows, fewer_rows, first_fold, judge_kept
from sadari.climb.training import train as train_rung
from sadari.climb.tuning.study import Kept
from sadari.climb.tuning.tune import Trial, tune
from sadari.climb.verdict.choice import MARGIN, TEXTS_PER_DAY, check_margin
from sadari.climb.verdict.decide import decide
from sadari.climb.verdict.final_model import seconds_to_refit
from sadari.climb.verdict.learned import no_longer_matters, score_of
from sadari.compiling.watching import Stopwatch
from sadari.data.audit.audit import audit
from sadari.data.audit.result import Audit
from sadari.data.corpus import Corpus, check_corpora
from sadari.display.warned import warned_once
from sadari.display.watching import OnProgress, OnRecord, Watching
from sadari.errors import DataError, SettingError
from sadari.messages import LANGUAGES, Message, beside, current_language, message, of
from sadari.metrics.metric import ORDINAL, Metric, suggested
from sadari.metrics.several import DEFAULT, SeveralMetric
from sadari.rungs import RUNGS
from sadari.settings.declaration import search_space
from sadari.settings.limits import MOST, Choice, Entries, Flag, Whole, check
from sadari.text.tokens.tokenize import unseen_share

KEPT = 0.1  # of the budget, for learning curves, and as much for a final model that has more to see than the rungs
Outcome = RungResult | TooDear | Failed
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
    executor: Executor | None = None,
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
        executor: who does the work; None: this process, one part after another.
        starts: ``vectors``: word vectors or their file; ``weights``: encoders or embeddings, one or a list, or names.

    Raises:
        DataError: no rung can be trained. SettingError: an unknown rung or setting. OutputError: `folder` is another's.
    """
    asked = {name: value for name, value in locals().items() if name not in ("verbose", "on_progress", "on_record")}
    return _climb(Watching(message("climb"), verbose, on_progress, on_record), **asked)


def _climb(
    watching: Watching,
    *,
    train: Corpus,
    test: Corpus | None,
    audited: Audit | None,
    rungs: Sequence[str] | None,
    starts: Mapping[str, Any],
    download: bool,
    settings: Mapping[str, Mapping[str, Any]] | None,
    seed: int,
    folder: str | Path | None,
    report: bool,
    executor: Executor | None,
    **asked: Any,
) -> ClimbResult:
    given = {**starts, "download": download}
    check("settings", settings, Entries(), optional=True)
    _check_asked({**asked, **given, "report": report})
    with watching, warned_once():
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
                executor or InProcess(),
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
                say(message("writing the report") if report else message("writing the results"), 0.99)
                write_run(result, temporary, frozen, lang=lang, report=report)
        say(message("done"), 1.0)
        return result


def _check_asked(asked: Mapping[str, Any]) -> None:
    """Refuse what no climb can be asked for, before hours are spent."""
    for name in ("curves", "keep_duplicates", "refit", "download", "report"):
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
    if asked in ORDINAL:
        _check_ordered(frozen.train)
    return Metric.named(asked or usual, frozen.label_names, frozen.label_counts)


def _check_ordered(train: Corpus) -> None:
    """Refuse labels that nobody knows the order of.

    Raises:
        SettingError: they are no whole numbers, and no order was given.
    """
    if not train.ordered:
        raise SettingError(
            message("the order of the labels is not known: {labels}", labels=", ".join(train.unordered[:5])),
            hint=message("give it: --order low,medium,high"),
        )


def _audited(train: Corpus, test: Corpus | None, audited: Audit | None, seed: int) -> Audit:
    """The audit of two corpora, if rungs can be compared on them."""
    check_corpora(train=train, test=test)
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
    found: dict[str, Outcome] = {}
    try:
        _try_all(run, names, criteria, found)
    except KeyboardInterrupt as asked:
        if not _done(found):
            raise
        run.stop(asked)
        found = {name: found.get(name, Failed(message("stopped before it was measured"))) for name in names}
    results = _done(found)
    left_out = {name: outcome.why for name, outcome in found.items() if not isinstance(outcome, RungResult)}
    for name in left_out:  # what was measured before it was its turn, and is not taken
        if run.folder is not None:
            shutil.rmtree(run.folder / name, ignore_errors=True)
    run.too_dear = [name for name, outcome in found.items() if isinstance(outcome, TooDear)]
    if not results and len(run.too_dear) == len(found):
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
    found: dict[str, Outcome],
) -> None:
    """Try each rung; what becomes of it is put into ``found``."""
    last = len(names) - 1
    texts, counts = run.frozen.train.texts, run.frozen.label_counts
    needless = {} if run.named else {name: why for name in names if (why := RUNGS[name].needless(texts, counts))}

    def in_turn(run: ClimbContext, name: str) -> RungResult | TooDear:
        place = names.index(name)
        return _climb_one(run, name, place, len(names), share=SHARE if place < last else 1)

    outcome_of = run.executor.rungs(run, [name for name in names if name not in needless], in_turn)
    try:
        for name in names:
            found[name] = _in_its_turn(run, name, needless.get(name), outcome_of, found)
            if isinstance(outcome := found[name], RungResult):
                run.progress.measured(outcome)
                _say_so_far(run, _done(found), criteria)
    except KeyboardInterrupt:
        found |= {name: _try_one(run, name, outcome_of) for name in run.executor.stop() if name not in found}
        raise
    if len(_done(found)) < 2:
        run.budget.release()  # two rungs, and so a comparison, are worth more than curves
    for name, outcome in found.items():  # time was kept for those behind them, who may not have needed it
        if isinstance(outcome, TooDear) and run.budget.allows(outcome.least):
            found[name] = _try_one(run, name, lambda name: _climb_one(run, name, last, len(names), share=1))


def _done(found: Mapping[str, Outcome]) -> list[RungResult]:
    """The rungs that were measured."""
    return [outcome for outcome in found.values() if isinstance(outcome, RungResult)]


def _in_its_turn(
    run: ClimbContext,
    name: str,
    needless: Message | None,
    outcome_of: Callable[[str], RungResult | TooDear],
    found: Mapping[str, Outcome],
) -> Outcome:
    """What comes of a rung after those below it; one that nobody has named is measured only where it may matter."""
    if not run.named:
        done = _done(found)
        if why := needless or (no_longer_matters(RUNGS[name], done, run.metric) if done else None):
            return Failed(why)
        run.to_beat = max(done, key=lambda result: run.metric.sign * score_of(result).value, default=None)
    return _try_one(run, name, outcome_of)


def _say_so_far(run: ClimbContext, done: Sequence[RungResult], criteria: Mapping[str, Any]) -> None:
    """The verdict of two rungs and more, which is said while the others train."""
    if len(done) < 2:
        return
    taken = decide(done, run.frozen.validation_truth, metric=run.metric, **criteria).rung
    score = next(score_of(result) for result in done if result.rung == taken)
    run.progress.so_far = message("so far {rung}, {score}", rung=taken, score=score_said(run.metric, score.value))


def _try_one(run: ClimbContext, name: str, outcome_of: Callable[[str], RungResult | TooDear]) -> Outcome:
    """What comes of a rung. One that raises ends itself, and not what was found of the others."""
    try:
        outcome = outcome_of(name)
        judge_kept(run, name)
    except GivenUp as given_up:
        run.given_up.append(name)
        return Failed(given_up.why)
    except Exception as error:
        return Failed(why_failed(error, name))
    return outcome


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
    run.say(name, message("preparing"), place)
    plan = run.executor.plan(run, name, share)
    if isinstance(plan, TooDear):
        return plan
    ends = run.budget.end_of(share) if plan.limit is None else time.perf_counter() + plan.limit
    run.planned[name] = plan.settings
    rows = None if plan.rows == len(run.frozen.train) else fewer_rows(run, plan)
    tuned = _tune(run, name, rows, place, count, plan) if run.trials else None
    trained = train_rung(run, name, plan, rows, place, ends=ends)
    run.say(name, message("measuring"), place + 0.85)
    (wait,) = run.executor.start(run, [(Measure(name, rows, trained, plan.note, tuned), None)])
    found: RungResult = wait()
    return found


def _tune(run: ClimbContext, name: str, rows: Rows, place: int, count: int, plan: Plan) -> Message:
    """Look for better settings of a rung, in its share of the time left; says what was found."""
    if not run.budget.allows(3 * plan.seconds):  # as it is, another way, and for good
        return message("no time was left to try settings")
    rows, held = first_fold(run, plan) if run.frozen.folds else (rows, None)

    def scores(each: Sequence[Mapping[str, Any]]) -> Iterable[Callable[[], float]]:
        own = run.own(name)
        return run.executor.start(run, ((Trial(name, {**own, **settings}, rows, held), None) for settings in each))

    def progress(done: int) -> None:
        tried = message("tuning, {done} of {trials} tried", done=done, trials=run.trials)
        run.say(name, tried, place + 0.1)

    seconds = 0.5 * run.budget.time_left() / (1 if run.at_once else count - place)
    space = search_space(RUNGS[name])
    kept = None if run.folder is None else Kept.of(run, name, rows, held)
    run.tuned[name], found, done = tune(
        space, scores, trials=run.trials, seconds=seconds, seed=run.seed, progress=progress, kept=kept
    )
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
    failed: set[str] = set()
    asked = list[RungResult]()  # whose point each of those is that are drawn

    def points() -> Iterator[tuple[Point, None]]:
        for share in SHARES:
            for result in results:
                if result.rung not in failed and (size := drawn(run.frozen, result, share, run.budget)):
                    run.progress(of(result.rung, message("learning curve")), 0.97)
                    asked.append(result)
                    yield Point(result.rung, run.own(result.rung), size), None

    for number, wait in enumerate(run.executor.start(run, points())):
        result = asked[number]
        try:
            point = wait()
        except Exception as error:
            if result.rung not in failed:
                why = message("no learning curve: {why}", why=why_failed(error, result.rung))
                result.note = beside([result.note, why])
            failed.add(result.rung)
            continue
        if point is not None:
            result.curve.insert(0, point)


def _criteria(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asked[name] for name in ("margin", "texts_per_day")}
