"""The file of a page: a template, with the model, what the page says, and the scripts that answer and show it."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any

from markupsafe import Markup

from sadari.artifact.weights import encode_weights
from sadari.display.templates import page_templates
from sadari.export.onnx import reader_source, reading_data
from sadari.export.page.said import SAID
from sadari.export.page.weights import PageWeights
from sadari.messages import Message, message, render, speaking
from sadari.rungs import Rung
from sadari.rungs.portable.forms import Portable

SCRIPTS = ("model.mjs", "view.mjs", "withheld.mjs", "page.mjs")  # in one, behind the reader; each uses those before it


@dataclass(frozen=True)
class Writing:
    """What a page is written of, besides its weights.

    Args:
        model: trained.
        portable: the same as it leaves this package.
        care: of `sadari.export.care.care_data`.
        lang: of the page.
    """

    model: Rung
    portable: Portable
    care: dict[str, Any] | None
    lang: str

    def page(self, weights: PageWeights) -> bytes:
        """The file with these weights."""
        model, portable, lang = self.model, self.portable, self.lang
        data = {
            **reading_data(model, portable),
            **weights.reading.data(),
            "page": weights.settings(),
            "factor": model.inverse_temperature_,
            "prior": model.prior_.tolist(),
            "care": self.care,
        }
        with speaking(lang):
            environment = page_templates("sadari.export", "page")
            environment.globals["_"] = lambda sentence, /, **values: render(message(sentence, **values))
            names = [str(name) for name in model.classes_.tolist()]
            return (
                environment.get_template("page.html.jinja")
                .render(
                    lang=lang,
                    labels=", ".join(names[:4]),
                    style=Markup(_source("look.css")),
                    script=Markup("\n".join([reader_source("sadari_reader.mjs").decode(), *map(_source, SCRIPTS)])),
                    reading=Markup(_packed(json.dumps(data, ensure_ascii=False).encode())),
                    tables=Markup(_packed(b"".join(encode_weights(weights.arrays())))),
                    say=Markup(
                        json.dumps({name: render(sentence) for name, sentence in SAID.items()}).replace("<", "\\u003c")
                    ),
                    about=render(_about(model, weights)),
                    care=self.care is not None,
                    whole=weights.bits == 32,
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


def _packed(raw: bytes) -> str:
    return base64.b64encode(gzip.compress(raw, 9, mtime=0)).decode()


def _source(name: str) -> str:
    """A style or a script; what this one imports stands before it in the page."""
    source = resources.files("sadari.export.page").joinpath(name).read_text("utf-8")
    return re.sub(r"^import .*\n", "", source, flags=re.MULTILINE)
