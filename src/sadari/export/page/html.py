"""``--to html``: a classifier in one file that a browser opens, from a desktop and without a network."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from numpy.typing import NDArray

from sadari.artifact import atomic_file
from sadari.artifact.weights import encode_weights
from sadari.errors import ModelError, SettingError
from sadari.export.node import NO_NODE, found_node
from sadari.export.onnx import reader_source, reading_data
from sadari.export.page.pruning import pruned
from sadari.export.page.weights import PageWeights, probabilities_of
from sadari.export.proof import TOLERANCE, Proof, compare, proof_texts, same_labels
from sadari.export.readers.sadari_reader import Reader
from sadari.messages import Message, message, render, speaking
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
        accuracy: of the model and of the page, where labels were given.
        answer: from texts to probabilities [n, k], by the page's weights.
    """

    proof: Proof
    bits: int
    features: int
    all_features: int
    changed: int
    off: float
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
    everything = PageWeights(portable.reading, portable.form, 32, portable.known)
    weights, page = _fitting(model, portable, everything, max_size, lang)
    asked = proof_texts(texts)
    reader = Reader(reading_data(model, portable) | weights.reading.data(), weights.reading.arrays)

    def answer(some: list[str]) -> NDArray[np.float64]:
        found = [reader.read(text) for text in some]
        factor, prior = model.inverse_temperature_, model.prior_
        return probabilities_of(weights, found, factor=factor, prior=prior, several=model.multilabel)

    expected, own = answer(asked), model.predict_proba(asked)
    proof = _proved(model, page, asked, expected)
    if weights.bits == 32:
        compare(own, expected, model, asked, message("the page"), TOLERANCE)
    with atomic_file(path) as file:
        file.write(page)
    changed = int((~same_labels(model, own, expected)).sum())
    off = float(np.abs(own - expected).max(initial=0.0))
    scores = None if labels is None else (_accuracy(model, own, labels), _accuracy(model, expected, labels))
    return Page(proof, weights.bits, weights.features, everything.features, changed, off, scores, answer)


def _accuracy(model: Rung, probabilities: NDArray[np.floating], labels: Any) -> float:
    """The share of texts, the first of those with these probabilities, that get their labels."""
    wanted = as_labels(labels)
    chosen = model.codec.choose(probabilities[: len(wanted)], model.thresholds_)
    return float(np.mean(model.codec.right(chosen, wanted)))


def _fitting(
    model: Rung, portable: Portable, everything: PageWeights, max_size: float, lang: str
) -> tuple[PageWeights, bytes]:
    """The weights, as exact as fit, and the page of them."""
    most = max_size * 1e6
    page = b""
    for bits in (32, 16, 8):
        weights = everything if bits == 32 else everything.in_bits(bits)
        page = page_bytes(model, portable, weights, lang)
        if len(page) <= most:
            return weights, page
    if isinstance(portable.form, WeighedSum) and portable.reading.steps[0]["do"] == "hashed":
        raise _too_large(len(page), max_size)
    low, high, best = 0, everything.features, None
    features = int(high * most / len(page))
    for _ in range(ROUNDS):
        features = min(max(features, min(LEAST_FEATURES, high)), high)
        weights = pruned(everything, features).in_bits(8)
        page = page_bytes(model, portable, weights, lang)
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


def page_bytes(model: Rung, portable: Portable, weights: PageWeights, lang: str) -> bytes:
    """The file."""
    data = {
        **reading_data(model, portable),
        **weights.reading.data(),
        "page": weights.settings(),
        "factor": model.inverse_temperature_,
        "prior": model.prior_.tolist(),
    }
    with speaking(lang):
        environment = Environment(
            loader=PackageLoader("sadari.export", "page"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals["_"] = lambda sentence, /, **values: render(message(sentence, **values))
        names = [str(name) for name in model.classes_.tolist()]
        return (
            environment.get_template("page.html.jinja")
            .render(
                lang=lang,
                labels=", ".join(names[:4]),
                style=Markup(_source("look.css")),
                script=Markup(
                    "\n".join([reader_source("sadari_reader.mjs").decode(), _source("view.mjs"), _source("page.mjs")])
                ),
                reading=Markup(_packed(json.dumps(data, ensure_ascii=False).encode())),
                tables=Markup(_packed(b"".join(encode_weights(weights.arrays())))),
                say=Markup(json.dumps(_said()).replace("<", "\\u003c")),
                about=render(_about(model, weights)),
            )
            .encode()
        )


def _about(model: Rung, weights: PageWeights) -> Message:
    return message(
        "A model of the rung {name}, written by Sadari: {features:,} features, weights of {bits} bits.",
        name=model.name,
        features=weights.features,
        bits=weights.bits,
    )


def _said() -> dict[str, str]:
    """What the page says while it works."""
    said = {
        "empty": message("Without a text, the model gives the shares of the labels in its training."),
        "unknown": message("The model knows nothing in this text: these are the shares of the labels in its training."),
        "old": message("This browser is too old for this page."),
        "no_rows": message("The file has no rows below its head."),
        "all": message("all"),
        "none": message("none"),
        "rows": message("{kept} of {all} rows", kept="{kept}", all="{all}"),
    }
    return {name: render(sentence) for name, sentence in said.items()}


def _packed(raw: bytes) -> str:
    return base64.b64encode(gzip.compress(raw, 9, mtime=0)).decode()


def _source(name: str) -> str:
    return resources.files("sadari.export.page").joinpath(name).read_text("utf-8")


_ANSWER = r"""
const html = Buffer.from(given.page, "base64").toString("utf8");
const block = (id) => html.match(new RegExp(`<script type="[a-z/]+" id="${id}">([^<]*)</script>`))[1];
const script = html.match(/<script type="module">([^]*)<\/script>/)[1];
const { PageModel } = await import(`data:text/javascript;base64,${Buffer.from(script).toString("base64")}`);
const model = await PageModel.open(block("reading"), block("tables"));
return given.texts.map((text) => model.answer(text).probabilities);
"""


def _proved(model: Rung, page: bytes, texts: list[str], expected: NDArray[np.float64]) -> Proof:
    """Hold the page to what was put into it: by Node, where there is one."""
    node = found_node()
    if node is None:
        return Proof(len(texts), 0.0, ("Python",), unrun=NO_NODE)
    answers = node.run(_ANSWER, {"page": base64.b64encode(page).decode(), "texts": texts})
    found = np.array(answers, np.float64)
    if found.shape != expected.shape:
        raise ModelError(
            message("the export is refused: {reader} cannot run it: {error:.400}", reader=node.name, error=answers)
        )
    off = compare(expected, found, model, texts, node.name, TOLERANCE)
    return Proof(len(texts), off, ("Python", node.name))
