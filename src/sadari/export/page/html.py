"""``--to html``: a classifier in one file that a browser opens, from a desktop and without a network."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.artifact import atomic_file
from sadari.errors import ModelError, SettingError
from sadari.export.care import Decisions, Scored, care_data
from sadari.export.node import NO_NODE, found_node
from sadari.export.onnx import reading_data
from sadari.export.page.pruning import pruned
from sadari.export.page.weights import PageWeights, scored_by
from sadari.export.page.writing import Writing
from sadari.export.proof import TIE, TOLERANCE, Proof, compare, proof_texts, same_labels
from sadari.export.readers.sadari_reader import Reader
from sadari.messages import message
from sadari.rungs import Rung
from sadari.rungs.portable.forms import MeanOfRows, Portable, WeighedSum
from sadari.train.labels import as_labels

MAX_SIZE = 8.0  # MB
LEAST_FEATURES = 100
ROUNDS = 7  # of halving, to find how many features fit


@dataclass(frozen=True)
class Page:
    """A page that was written.

    Attributes:
        proof: that it answers as what was put into it.
        bits: of its weights.
        features: of how many features it has weights.
        all_features: that the model has.
        changed: of the proof's texts, how many have another label than by the model itself.
        off: the largest difference of a probability from the model's own.
        decided: how many of the texts are decided otherwise than by the model itself, where labels are withheld, sets
            given or texts out of scope found, and it is asked for what changes most; None: the model keeps no rows
            for that.
        accuracy: of the model and of the page, where labels were given.
        answer: from texts to probabilities [n, k], by the page's weights.
    """

    proof: Proof
    bits: int
    features: int
    all_features: int
    changed: int
    off: float
    decided: int | None
    accuracy: tuple[float, float] | None
    answer: Callable[[list[str]], NDArray[np.float64]]


def export_html(
    model: Rung,
    path: str | Path,
    *,
    texts: Sequence[str] | None = None,
    labels: Any = None,
    max_size: float = MAX_SIZE,
    lang: str = "en",
) -> Page:
    """Write a model as one HTML file, once what was written has answered as what was put into it.

    Where the file would be larger than `max_size`, its weights are rounded to 16 bits, then to 8, and then the
    features that move labels least are left out.

    Args:
        model: a trained one.
        path: the file.
        texts: on which it proves itself, as in `sadari.export.onnx.export_onnx`.
        labels: of those texts, from which the change of accuracy is reckoned; None: it is not.
        max_size: of the file, in MB of 1,000,000 bytes.
        lang: of the page: "en" or "ko".

    Raises:
        SettingError: the rung has no such form, or does not fit.
        ModelError: what was written answers a text otherwise; nothing is left of it.
        OutputError: it could not be written; what was there before is untouched.
    """
    portable, everything = _summing(model)
    care = care_data(model)
    weights, page = _fitting(Writing(model, portable, care, lang), everything, max_size)
    asked = proof_texts(texts)
    reader = Reader(reading_data(model, portable) | weights.reading.data(), weights.reading.arrays)

    def scored(some: list[str]) -> Scored:
        found = [reader.read(text) for text in some]
        factor, prior = model.inverse_temperature_, model.prior_
        return scored_by(weights, found, factor=factor, prior=prior, several=model.multilabel)

    expected, own, decisions = scored(asked), model.scored(asked), Decisions(model, care)
    proof = _proved(decisions, page, asked, expected)
    if weights.bits == 32:
        compare(own[1], expected[1], model, asked, message("the page"), TOLERANCE)
        decisions.check(own, decisions.of(expected), asked, message("the page"), TOLERANCE)
    with atomic_file(path) as file:
        file.write(page)
    differences = _differences(decisions, own, expected, labels)
    return Page(proof, weights.bits, weights.features, everything.features, *differences, lambda some: scored(some)[1])


def _summing(model: Rung) -> tuple[Portable, PageWeights]:
    """The form of a model that a page can hold, and its exact weights.

    Raises:
        SettingError: it has another.
    """
    _ = model.codec  # which an untrained one has not
    portable = model.portable()
    if not isinstance(portable.form, WeighedSum | MeanOfRows):
        raise SettingError(
            message("a page can hold rungs that sum rows of weights, and {name!r} is none", name=model.name),
            hint=message("--to onnx takes it; or take a cheaper rung, such as tfidf"),
        )
    if portable.reading.files:
        raise SettingError(
            message("a page cannot cut texts into the subword tokens of this model"),
            hint=message("--to onnx takes it; or start from word vectors"),
        )
    return portable, PageWeights(portable.reading, portable.form, 32, portable.known)


def _differences(
    decisions: Decisions, own: Scored, expected: Scored, labels: Any
) -> tuple[int, float, int | None, tuple[float, float] | None]:
    """``changed``, ``off``, ``decided`` and ``accuracy`` of a `Page`."""
    model = decisions.model
    changed = int((~same_labels(model, own[1], expected[1])).sum())
    off = float(np.abs(own[1] - expected[1]).max(initial=0.0))
    decided = decisions.changed(own, decisions.of(expected), within=0.0)
    most = max((int(wrong.sum()) for wrong in decided), default=None)
    scores = None if labels is None else (_accuracy(model, own[1], labels), _accuracy(model, expected[1], labels))
    return changed, off, most, scores


def _accuracy(model: Rung, probabilities: NDArray[np.floating], labels: Any) -> float:
    """The share of texts, the first of those with these probabilities, that get their labels."""
    wanted = as_labels(labels)
    chosen = model.codec.choose(probabilities[: len(wanted)], model.thresholds_)
    return float(np.mean(model.codec.right(chosen, wanted)))


def _fitting(writing: Writing, everything: PageWeights, max_size: float) -> tuple[PageWeights, bytes]:
    """The weights, as exact as fit, and the page of them."""
    most = max_size * 1e6
    page = b""
    for bits in (32, 16, 8):
        weights = everything if bits == 32 else everything.in_bits(bits)
        page = writing.page(weights)
        if len(page) <= most:
            return weights, page
    if isinstance(everything.form, WeighedSum) and everything.reading.steps[0]["do"] == "hashed":
        raise _too_large(len(page), max_size)
    low, high, best = 0, everything.features, None
    features = int(high * most / len(page))
    for _ in range(ROUNDS):
        features = min(max(features, min(LEAST_FEATURES, high)), high)
        weights = pruned(everything, features).in_bits(8)
        page = writing.page(weights)
        if len(page) <= most:
            low, best = features, (weights, page)
        else:
            high = features
        if high - low <= max(1, high // 50) or features <= LEAST_FEATURES:
            break
        features = (low + high) // 2
    if best is None:
        raise _too_large(len(page), max_size)
    return best


def _too_large(size: int, max_size: float) -> SettingError:
    return SettingError(
        message(
            "the page does not fit in {max_size:g} MB: its smallest has {size:.2f}", max_size=max_size, size=size / 1e6
        ),
        hint=message("allow more with --max-size"),
    )


_ANSWER = r"""
const html = Buffer.from(given.page, "base64").toString("utf8");
const block = (id) => html.match(new RegExp(`<script type="[a-z/]+" id="${id}">([^<]*)</script>`))[1];
const script = html.match(/<script type="module">([^]*)<\/script>/)[1];
const { PageModel } = await import(`data:text/javascript;base64,${Buffer.from(script).toString("base64")}`);
const model = await PageModel.open(block("reading"), block("tables"));
const bits = (flags) => flags.map(Number).join("");
return given.texts.map((text) => {
  const answer = model.answer(text), decided = given.asked.map((asked) => bits(model.decided(answer, asked)));
  return { probabilities: answer.probabilities, decided };
});
"""


def _proved(decisions: Decisions, page: bytes, texts: list[str], expected: Scored) -> Proof:
    """Hold the page to what was put into it: by Node, where there is one."""
    node = found_node()
    if node is None:
        return Proof(len(texts), 0.0, ("Python",), unrun=NO_NODE, care=decisions.said())
    given = {"page": base64.b64encode(page).decode(), "texts": texts, "asked": decisions.asked}
    answers = node.run(_ANSWER, given)
    found = np.array([answer["probabilities"] for answer in answers], np.float64)
    if found.shape != expected[1].shape:
        raise ModelError(
            message("the export is refused: {reader} cannot run it: {error:.400}", reader=node.name, error=answers)
        )
    off = compare(expected[1], found, decisions.model, texts, node.name, TOLERANCE)
    decided = [
        np.array([[mark == "1" for mark in answer["decided"][place]] for answer in answers], np.bool_)
        for place in range(len(decisions.asked))
    ]
    decisions.check(expected, decided, texts, node.name, TIE)
    return Proof(len(texts), off, ("Python", node.name), care=decisions.said())
