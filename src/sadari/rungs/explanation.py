"""Why a text got its label: what each of its tokens and n-grams added."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sadari import readable
from sadari.display.html import block, muted, rest, table, washed
from sadari.errors import SettingError
from sadari.messages import message
from sadari.settings.limits import Whole, check
from sadari.train.labels import place_of_label

# Logits: a probability p moves by at most p (1 - p), a quarter, times what its logit does; so this is at most 0.1 %.
LEAST_SEEN = 0.004
MOST_SHOWN, MOST_LABELS = 300, 10  # words and labels in a notebook
MOST_MISSING = 0.05  # of the largest logit, which what is added may be off by; int8 is off by some hundredths


@dataclass(frozen=True)
class Explanation:
    """Why a text gets its logits: ``logits = bias + contributions.sum(0)``, exactly but for rounding.

    Attributes:
        labels: the k label names.
        features: the m tokens and n-grams that were found, in the text's order, one entry an occurrence or one a
            feature.
        contributions: float64 [m, k], what each adds to each label's logit.
        bias: float64 [k].
        probabilities: float64 [k], as `Rung.predict_proba` gives them: of these logits; the shares of the labels in
            training where the model knows nothing in the text.
        order: int64 [k], the places of the labels in the order in which the text would be given them; of one that is
            not said, that of the probabilities.
        complete: whether they do sum to the logits. Of weights so large that the logits leap from one to the next on
            the way to the text, they may not: then take them for no more than a hint.
        characters: the c characters of the text as the model reads it, where its features are n-grams of them; else
            none.
        by_character: float64 [c, k], what the n-grams that stand on each character add to each label's logit, handed
            on in equal parts. These are a part of `contributions`: all of it, but for what whole words add.
    """

    labels: list[str]
    features: list[str]
    contributions: NDArray[np.float64]
    bias: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    complete: bool = True
    order: NDArray[np.int64] | None = None
    characters: list[str] = field(default_factory=list)
    by_character: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))

    @property
    def places(self) -> list[int]:
        """The places of the labels, the one that the text is given first."""
        order = np.argsort(-self.probabilities, kind="stable") if self.order is None else self.order
        return [int(place) for place in order]

    @property
    def logits(self) -> NDArray[np.float64]:
        """float64 [k], calibrated: `Rung.decision_function` times the model's sharpness."""
        return self.bias + self.contributions.sum(axis=0)

    def _repr_html_(self) -> str:
        """The labels, and the text's words coloured by what they add to the first of them."""
        first = self.places[0]
        values = self.contributions[:, first]
        spelled = bool(self.characters)
        if spelled:
            values = self.by_character[:, first]
        strengths = np.sign(values) * bar_lengths(values)
        names = self.characters if spelled else self.features
        words = [
            washed(name, float(strength), f"{value:+.2f}", tight=spelled)
            for name, strength, value in zip(names[:MOST_SHOWN], strengths.tolist(), values.tolist(), strict=False)
        ]
        sure = [(self.labels[k], readable.in_percent(float(self.probabilities[k]))) for k in self.places[:MOST_LABELS]]
        legend = message("what speaks for {label} is blue, what speaks against it orange", label=self.labels[first])
        return block(
            table(sure, chosen=0),
            ("" if spelled else " ").join(words) + rest(len(words), len(names)),
            muted(legend),
        )

    def strongest(self, label: str, count: int = 10) -> list[tuple[str, float]]:
        """The features that speak most for ``label`` and, with negative numbers, against it; strongest first.

        Raises:
            SettingError: no such label.
        """
        values = self.contributions[:, place_of_label(label, self.labels)]
        return [(self.features[i], float(values[i])) for i in np.argsort(-np.abs(values), kind="stable")[:count]]


def bar_lengths(logits: ArrayLike, among: ArrayLike | None = None) -> NDArray[np.float64]:
    """How long a bar is to be drawn for each of these, float64, 0 to 1.

    The largest of all is 1, unless it could move a probability by no more than 1 %; and what could not move one by
    0.1 % is 0: of a model that has learned nothing, nothing is to be seen.

    Args:
        logits: what each adds to a logit, of any shape.
        among: all that are drawn on the same scale; None: these.
    """
    sizes = np.abs(np.asarray(logits, np.float64))
    every = sizes if among is None else np.abs(np.asarray(among, np.float64))
    full = max(float(every.max(initial=0.0)), 10 * LEAST_SEEN)
    return np.where(sizes < LEAST_SEEN, 0.0, sizes / full)


@dataclass(frozen=True)
class Activations:
    """What a net does inside while it reads one text.

    Attributes:
        kind: "gates" (of a recurrent net) or "attention" (of a Transformer).
        tokens: the T tokens it reads.
        panels: name → float32 array. Gates: of an LSTM "input", "forget", "candidate", "output", "cell" and
            "hidden", of a GRU "reset", "update", "candidate" and "hidden", of an RNN "hidden", each [T, width]; with
            both directions, "backward input" … too. Attention: "layer 1" …, each [heads, T, T], row =
            the token that attends, column = the token attended to.
        special: the places of the tokens that no text has in it, such as ``[CLS]`` and ``[SEP]``.
    """

    kind: str
    tokens: list[str]
    panels: dict[str, NDArray[np.float32]]
    special: tuple[int, ...] = ()

    def matrix(self, layer: int, head: int | None = None) -> NDArray[np.float32]:
        """What every token attends to in a layer: float32 [T, T], row = who attends; each row of a model sums to 1.

        Args:
            layer: from 1, the lowest.
            head: from 1; None: the mean over all heads.

        Raises:
            SettingError: there is no such layer or head, or no attention.
        """
        if self.kind != "attention":
            raise SettingError(message("the net has no attention"), hint=message("its gates and states are in panels"))
        check("layer", layer, Whole(1, len(self.panels)))
        heads = self.panels[f"layer {layer}"]
        check("head", head, Whole(1, len(heads)), optional=True)
        return heads.mean(axis=0) if head is None else heads[head - 1]

    def attends(self, token: str | int, layer: int, head: int | None = None) -> list[tuple[str, float]]:
        """What one token attends to: every token of the text, in order, and the share that it gets.

        Args:
            token: as it stands in `tokens`, of which the first is meant; or its place, from 0.
            layer: as `matrix`.
            head: as `matrix`.

        Raises:
            SettingError: there is no such token, layer or head.
        """
        if isinstance(token, str):
            if token not in self.tokens:
                raise SettingError(
                    message("there is no token {token!r} in the text", token=token),
                    hint=message("choose from: {tokens}", tokens=", ".join(self.tokens[:80])),
                )
            token = self.tokens.index(token)
        check("token", token, Whole(0, len(self.tokens) - 1))
        return list(zip(self.tokens, self.matrix(layer, head)[token].tolist(), strict=True))

    def without_special(self) -> Activations:
        """The same without `special` tokens; what the others gave to these is missing from the sum of their rows."""
        kept = np.delete(np.arange(len(self.tokens)), self.special)
        across = (slice(None), kept[:, None], kept) if self.kind == "attention" else (kept,)
        panels = {name: panel[across] for name, panel in self.panels.items()}
        return Activations(self.kind, [self.tokens[place] for place in kept.tolist()], panels)
