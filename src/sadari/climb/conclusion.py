"""What a climb comes to: the verdict, the model to keep, and all figures together."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from sadari import readable
from sadari.artifact.manifest import versions
from sadari.climb.context import ClimbContext
from sadari.climb.measuring.doubtful import doubtful_labels
from sadari.climb.result import ClimbResult, RungResult, Verdict
from sadari.climb.verdict.decide import compare_on_validation, decide, gains_over
from sadari.climb.verdict.final_model import write_final_model
from sadari.climb.verdict.final_rows import final_rows_differ
from sadari.climb.verdict.larger_budget import larger_budget
from sadari.data.audit.result import Audit
from sadari.data.corpus import Corpus
from sadari.messages import Message, message
from sadari.metrics.interval import Interval, PairTest
from sadari.metrics.metric import suggested
from sadari.pretrained.published import advice
from sadari.rungs import RUNGS
from sadari.rungs.ladder import ENCODER

UNEVEN = 10  # times as many rows as the rarest label has
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
    verdict = _verdict(run, results, compared, asked)
    taken = next(each for each in results if each.rung == verdict.rung)
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


def _verdict(
    run: ClimbContext,
    results: list[RungResult],
    compared: tuple[Mapping[str, Interval], Sequence[PairTest]],
    asked: Mapping[str, Any],
) -> Verdict:
    """What to take, what a larger budget would show, and whether the final rows differ."""
    frozen = run.frozen
    verdict = decide(
        results,
        frozen.validation_truth,
        metric=run.metric,
        margin=asked["margin"],
        texts_per_day=asked["texts_per_day"],
        compared=compared,
        names=run.names,
    )
    verdict.sentences += larger_budget(
        results,
        gains_over(verdict.rung, compared[1]),
        run.metric,
        rows=len(frozen.train),
        too_dear=run.too_dear,
        given_up=run.given_up,
    )
    taken = next(each for each in results if each.rung == verdict.rung)
    shares, truths = frozen.label_counts / len(frozen.train), (frozen.validation_truth, frozen.final_truth)
    verdict.sentences += final_rows_differ(taken, shares, *truths, frozen.label_names, frozen.final_name)
    return verdict


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
    """What the verdict goes by, where that is not accuracy, and why; and where labels are rare, what else there is."""
    metric, counts = run.metric, run.frozen.label_counts
    if not run.frozen.several and suggested(counts):
        return [_of_rare(run, asked)]
    if asked is None and counts.max() >= UNEVEN * counts.min():
        return [
            message("the verdict goes by {metric}; by --metric macro-f1 each label counts alike", metric=metric.heading)
        ]
    if metric.name == "micro-f1" and not run.frozen.several:
        return [message("the verdict goes by micro-F1, which is accuracy where a text has one label")]
    return [] if metric.name == "accuracy" else [message("the verdict goes by {metric}", metric=metric.heading)]


def _of_rare(run: ClimbContext, asked: str | None) -> Message:
    """The same where one label has over nine tenths of the rows."""
    metric, counts, names = run.metric, run.frozen.label_counts, run.frozen.label_names
    if metric.name == "accuracy":
        said = message(
            "{label} has {share} % of the training rows, so that accuracy says little: see macro-F1, or decide by "
            "another with --metric macro-f1, average-precision or {rarest}"
        )
    elif asked is None:
        said = message(
            "the verdict goes by macro-F1: {label} has {share} % of the training rows, so that accuracy says little "
            "(others: --metric accuracy, average-precision or {rarest})"
        )
    else:
        return message("the verdict goes by {metric}", metric=metric.heading)
    return said.filled(
        label=readable.label(names[int(counts.argmax())]),
        share=readable.percent(float(counts.max() / counts.sum())),
        rarest=shlex.quote(f"f1:{names[int(counts.argmin())]}"),
    )


def _given_by(taken: RungResult) -> list[Message]:
    """How the recommended model gives labels, where that is not by the largest probability."""
    if taken.several or len(set(taken.thresholds.values())) < 2:
        return []
    return [
        message(
            "{rung} may give a rare label though another is likelier: that was best on the validation rows",
            rung=taken.rung,
        )
    ]
