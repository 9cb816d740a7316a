"""What a user's script sees of Sadari's types. Only mypy reads it (`make check`).

Each `type: ignore` is an error that a user makes and that mypy must report: one that it does not report fails too.
"""

from collections.abc import Sequence
from typing import assert_type

import sadari
from sadari.climb.result import ClimbResult
from sadari.rungs.base import Rung
from sadari.rungs.words import TfIdf
from sadari.text.vocab import Vocab


def use(texts: Sequence[str], labels: Sequence[str]) -> None:
    model = sadari.TfIdf(min_df=2).fit(texts, labels)
    assert_type(model, TfIdf)
    assert_type(sadari.TfIdf.load("my-model"), TfIdf)
    kept: sadari.Generator = sadari.load("my-model")  # whatever the folder says it is
    assert_type(kept.sample("a"), str)
    assert_type(sadari.RUNGS["bow"], type[Rung])
    assert_type(sadari.Vocab.learn(sadari.tokenizer("words")(texts)), Vocab)
    assert_type(sadari.climb(sadari.open_source("news.csv").read(), budget=60), ClimbResult)

    sadari.TfIdf(min_df="two")  # type: ignore[arg-type]
    sadari.TfIdf(min_dff=2)  # type: ignore[call-arg]
    sadari.climb("news.csv")  # type: ignore[arg-type]
    sadari.no_such_name  # type: ignore[attr-defined]  # noqa: B018
