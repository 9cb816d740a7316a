"""What a climb comes to: the verdict, the model to keep, and all figures together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sadari import readable
from sadari.artifact.manifest import versions
from sadari.climb.context import ClimbContext
from sadari.climb.measuring.doubtful import doubtful_labels
from sadari.climb.result import ClimbResult, RungResult
from sadari.climb.verdict.decide import compare_on_validation, decide
from sadari.climb.verdict.final_model import write_final_model
from sadari.climb.verdict.final_rows import final_rows_differ
from sadari.data.audit.result import Audit
from sadari.data.corpus import Corpus
from sadari.messages import Message, message
from sadari.metrics.metric import suggested
from sadari.pretrained.published import advice
from sadari.rungs import RUNGS
from sadari.rungs.ladder import ENCODER

MUCH = 0.1  # of the letters: a script that weights should know


def conclude(
    run: ClimbContext,
    train: Corpus,
    results: list[RungResult],
    skipped: list[tuple[str, Message | str]],
    audited: Audit,
    asked: Mapping[str, Any],
) -> ClimbResult:
    """Decide, and put together what was found; the final model is written meanwhile.

    Args:
        run: the climb.
        train: what was climbed on.
        results: of the rungs that were trained.
        skipped: the others, and why.
        audited: the audit of the texts.
        asked: metric, margin and texts a day.
    """
    frozen, metric = run.frozen, run.metric
    compared = compare_on_validation(results, frozen.validation_truth, metric)
    scores, final_tests = metric.compare(frozen.final_truth, {each.rung: each.final_answers for each in results})
    for each in results:
        each.score = scores[each.rung]
    verdict = decide(
        results,
        frozen.validation_truth,
        metric=metric,
        margin=asked["margin"],
        texts_per_day=asked["texts_per_day"],
        compared=compared,
        names=run.names,
    )
    taken = next(each for each in results if each.rung == verdict.rung)
    shares, truths = frozen.label_counts / len(frozen.train), (frozen.validation_truth, frozen.final_truth)
    verdict.sentences += final_rows_differ(taken, shares, *truths, frozen.label_names, frozen.final_name)
    model = write_final_model(run, taken)
    return ClimbResult(
        source=train.source,
        label_names=frozen.label_names,
        rows=frozen.rows,
        final_name=frozen.final_name,
        seed=run.seed,
        rungs=results,
        skipped=skipped,
        validation_tests=compared[1],
        final_tests=final_tests,
        verdict=verdict,
        model=model,
        truth=frozen.final_truth,
        final_texts=[text[:400] for text in frozen.final.texts.to_list()],
        leaked=frozen.leaked,
        audit=audited.figures(),
        notes=[*frozen.notes, *_given_by(taken), *_notes(run, results, audited, asked["metric"])],
        doubtful=doubtful_labels(frozen, results),
        versions=versions(*sorted({name for result in results for name in RUNGS[result.rung].libraries})),
    )


def _notes(run: ClimbContext, results: list[RungResult], audited: Audit, asked: str | None) -> list[Message]:
    """What the climb decided by itself, and what may help."""
    compiled = run.budget.said_of_compiling()
    said = [*_tokenizers_taken(run, results), *_what_counts(run, asked), *_weights_could_help(run, audited)]
    return [*said, *([] if compiled is None else [compiled]), *run.executor.notes]


def _tokenizers_taken(run: ClimbContext, results: list[RungResult]) -> list[Message]:
    """Which tokenizer the rungs used, and why, in a sentence."""
    taken = {
        result.rung: str(result.settings["tokenizer"])
        for result in results
        if RUNGS[result.rung].reads == "tokens" and "tokenizer" in result.settings
    }
    names = list(dict.fromkeys(taken.values()))
    if run.tokenizer is not None and names in ([], [run.tokenizer.name]):
        return [run.tokenizer.said()]
    if len(names) > 1:
        names = [f"{rung} {name}" for rung, name in taken.items()]
    if not names:
        return []
    return [message("tokenizer: {names}", names=", ".join(names))]


def _weights_could_help(run: ClimbContext, audited: Audit) -> list[Message]:
    """What fetching an encoder may buy, where labels are few and none was given."""
    if any(RUNGS[name].starts_from == ENCODER for name in run.names):  # one was given, if perhaps in vain
        return []
    scripts = {name for name, share in audited.train.scripts.items() if share > MUCH}
    said = advice(len(run.frozen.train), len(run.frozen.label_names), scripts)
    return [] if said is None else [said]


def _what_counts(run: ClimbContext, asked: str | None) -> list[Message]:
    """What the verdict goes by, where that is not accuracy, and why."""
    metric, counts = run.metric, run.frozen.label_counts
    if metric.name == "accuracy" and not (suggested(counts) and not run.frozen.several):
        return []
    said = message("the verdict goes by {metric}", metric=metric.heading)
    if not run.frozen.several and suggested(counts):
        about = {
            "label": readable.label(run.frozen.label_names[int(counts.argmax())]),
            "share": readable.percent(float(counts.max() / counts.sum())),
            "rarest": run.frozen.label_names[int(counts.argmin())],
        }
        if metric.name == "accuracy":
            return [
                message(
                    "{label} has {share} % of the training rows, so that accuracy says little: see macro-F1, or decide "
                    "by another with --metric macro-f1, average-precision or f1:{rarest}",
                    **about,
                )
            ]
        if asked is None:
            said = message(
                "the verdict goes by macro-F1: {label} has {share} % of the training rows, so that accuracy says "
                "little (others: --metric accuracy, average-precision or f1:{rarest})",
                **about,
            )
    return [said]


def _given_by(taken: RungResult) -> list[Message]:
    """How the recommended model gives labels, where that is not by the largest probability."""
    if taken.several or len(set(taken.thresholds.values())) < 2:
        return []
    return [message("a rare label may be given though another is likelier, as far as that was best on validation rows")]
