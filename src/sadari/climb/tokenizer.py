"""The tokenizer of a climb: chosen once, for all rungs that would choose one by the texts."""

from __future__ import annotations

import numpy as np

from sadari.climb.context import ClimbContext
from sadari.messages import message
from sadari.rungs import RUNGS
from sadari.train.tokenizer_choice import MOST_ROWS, choose_tokenizer


def settle_tokenizer(run: ClimbContext) -> None:
    """Choose it by the training rows, for words and pairs of words alike, and put it into the rungs' settings.

    Args:
        run: the climb; ``run.tokenizer`` is the choice then, or stays None where no rung leaves it to the texts.
    """
    names = [name for name in run.names if RUNGS[name].auto_by_texts and run.new(name).tokenizer == "auto"]
    if not names:
        return
    run.progress(message("choosing the tokenizer"), 0.0)
    train = run.frozen.train
    targets = train.indicator.astype(np.int8)
    run.tokenizer = choose_tokenizer(
        train.texts, targets, longest=(1, 2), multilabel=train.multi_label, enough=MOST_ROWS
    )
    for name in names:
        run.set(name, tokenizer=run.tokenizer.name)
