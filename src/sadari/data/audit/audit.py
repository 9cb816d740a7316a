"""What is wrong with this data, before anything is trained on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from sadari.data.audit.characters import histogram, odd_characters, script_shares
from sadari.data.audit.duplicates import fold, shingle_width
from sadari.data.audit.findings import Evidence, find_all
from sadari.data.audit.repeats import Repeats, Side, find_repeats
from sadari.data.audit.result import Audit, SplitAudit
from sadari.data.corpus import Corpus, check_corpora
from sadari.data.split import label_keys
from sadari.forked import check_threads
from sadari.messages import Message, message
from sadari.settings.limits import SEED, Entries, Function, check, shown

UNSEEN_SAMPLE = 2_000  # texts shown to each tokenizer


def audit(
    train: Corpus,
    test: Corpus | None = None,
    *,
    unseen: Mapping[str, Callable[[pl.Series], float]] | None = None,
    seed: int = 0,
    progress: Callable[[Message], None] | None = None,
) -> Audit:
    """Count what could spoil a model or its score: repeats, leaks, contradictions, stray characters.

    Two texts are the same when they are so after `sadari.data.audit.duplicates.fold`, and nearly the same when the
    Jaccard similarity of their character shingles is 0.8 or more.

    Args:
        train: the texts to learn from; labels may be absent.
        test: the texts to score on, if they are in a file of their own.
        unseen: tokenizer name → function from a String column to the share of its characters (0 to 1) that
            this tokenizer cannot see; each is given a sample of at most 2,000 training texts.
        seed: of the sample, and of the search for near-duplicates. The same seed gives the same audit.
        progress: called with the name of each step as it begins.
    """
    check_threads()
    check_corpora(train=train, test=test)
    check("seed", seed, SEED)
    check("unseen", unseen, Entries(), optional=True)
    for name, share in (unseen or {}).items():
        check(f"unseen[{shown(name)}]", share, Function())
    say = progress or (lambda step: None)
    corpora = [train] if test is None else [train, test]
    say(message("looking at the characters"))
    looked = [_Look(corpus) for corpus in corpora]
    say(message("looking for duplicates"))
    repeats = find_repeats(
        pl.concat([look.folded for look in looked]),
        pl.concat([_label_keys(corpus) for corpus in corpora]),
        len(train),
        width=shingle_width(looked[0].scripts),
        seed=seed,
    )
    say(message("looking at the tokenizers"))
    tokenizers = _unseen_shares(train.texts, unseen, seed)
    return _gather(looked, repeats, tokenizers)


def _gather(looked: list[_Look], repeats: Repeats, tokenizers: dict[str, float]) -> Audit:
    evidence = Evidence(
        corpora=[look.corpus for look in looked],
        labels=[look.counts for look in looked],
        odd=[look.odd for look in looked],
        lengths=[look.lengths for look in looked],
        scripts=[look.scripts for look in looked],
        repeats=repeats,
        tokenizers=tokenizers,
    )
    with_test = len(looked) == 2
    across = {
        "exact": int(repeats.leaked_exact.sum()),
        "near": int(repeats.leaked_near.sum()),
        "contradictions": len(repeats.contradicting_across),
    }
    return Audit(
        train=_split_audit(looked[0], repeats.train, repeats),
        test=_split_audit(looked[1], repeats.test, repeats) if with_test else None,
        across=across if with_test else {},
        tokenizers=tokenizers,
        findings=find_all(evidence),
        notes=list(repeats.near.notes),
        duplicate_rows=repeats.train.duplicates,
        near_duplicate_rows=np.unique(repeats.near_within(repeats.train)[:, 1]),
        contradicting_rows=repeats.train.contradicting,
        leaked_exact=repeats.leaked_exact,
        leaked_near=repeats.leaked_near,
    )


class _Look:
    """What one pass over one split's texts shows."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        texts = corpus.texts.fill_null("")
        counted = histogram(texts)
        self.folded = fold(texts)
        self.scripts = script_shares(counted)
        self.odd = odd_characters(texts, counted)
        words = pl.select(
            pl.when(self.folded == "").then(0).otherwise(self.folded.str.count_matches(" ", literal=True) + 1)
        ).to_series()
        self.counts = {} if corpus.labels is None else corpus.counts  # in the corpus's order of labels
        self.lengths = {"characters": _quantiles(texts.str.len_chars()), "words": _quantiles(words)}
        self.empty = int((self.folded == "").sum()) + len(corpus.blank_rows)


def _split_audit(look: _Look, side: Side, repeats: Repeats) -> SplitAudit:
    counts = look.counts.values()
    return SplitAudit(
        rows=len(look.corpus),
        labels=look.counts,
        imbalance=max(counts) / min(counts) if counts else 1.0,
        lengths=look.lengths,
        empty=look.empty,
        exact_duplicates=len(side.duplicates),
        near_duplicates=len(np.unique(repeats.near_within(side)[:, 1])),
        contradictions=len(np.unique(side.ids[side.contradicting])),
        scripts=look.scripts,
        odd_characters={name: int(mask.sum()) for name, mask in look.odd.items()},
    )


def _quantiles(lengths: pl.Series) -> dict[str, float]:
    if not len(lengths):
        return {"min": 0, "median": 0, "p95": 0, "max": 0}
    low, middle, high, most = np.quantile(lengths.to_numpy(), [0, 0.5, 0.95, 1], method="inverted_cdf").tolist()
    return {"min": low, "median": middle, "p95": high, "max": most}


def _label_keys(corpus: Corpus) -> pl.Series:
    """One String a row; two are equal exactly when the rows' labels are, in whatever order."""
    if corpus.labels is None:
        return pl.Series("label", [None] * len(corpus), dtype=pl.String)
    return label_keys(corpus.labels).alias("label")


def _unseen_shares(
    texts: pl.Series, unseen: Mapping[str, Callable[[pl.Series], float]] | None, seed: int
) -> dict[str, float]:
    if len(texts) > UNSEEN_SAMPLE:
        chosen = np.random.default_rng(seed).choice(len(texts), UNSEEN_SAMPLE, replace=False)
        texts = texts.gather(np.sort(chosen))
    return {name: float(share(texts)) for name, share in (unseen or {}).items()}
