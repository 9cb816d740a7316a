"""What every rung's ``sadari.json`` says, checked: a model folder is a stranger's word until then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.artifact.restore import object_in
from sadari.errors import DataError
from sadari.messages import message
from sadari.rungs.answering import Answering
from sadari.settings.limits import Choice, Number, value_in
from sadari.train.labels import KINDS, LabelCodec, class_array

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,18}")


Head = tuple[LabelCodec, NDArray[np.float64], float, NDArray[np.float64], dict[str, Any]]


def head_of(rung: Answering) -> dict[str, Any]:
    """What ``sadari.json`` says of a trained rung, as plain values: what `read_head` reads."""
    return {
        "rung": rung.name,
        "label_names": rung.codec.names(),
        "label_kind": rung.codec.kind,
        "label_type": "text" if rung.classes_.dtype.kind in "UO" else "number",
        "prior": [float(share) for share in rung.prior_],
        "inverse_temperature": float(rung.inverse_temperature_),
        "thresholds": rung.thresholds_.tolist(),
        **({"tokenizer": {"name": rung.tokenizer_}} if rung.tokenizer_ else {}),
        **({"teacher": rung.teacher_} if getattr(rung, "teacher_", None) else {}),
    }


def read_head(manifest: Mapping[str, Any]) -> Head:
    """The part of a manifest that all rungs share, checked.

    Returns:
        The labels; float64 [k], the share of each in training; by what logits are multiplied before they become
        probabilities; float64 [k], the thresholds by which labels are given; and what it learned from, for people.

    Raises:
        ValueError: something is missing, of a wrong type, out of range, or does not fit the rest.
    """
    codec = _codec(manifest)
    prior = _shares(manifest, "prior", codec)
    if not codec.multilabel and abs(prior.sum() - 1) > 1e-6:
        raise DataError(message("'prior' must sum to 1"))
    inverse_temperature = float(value_in(manifest, "inverse_temperature", Number(1e-12, 1e12)))
    teacher = object_in(manifest, "teacher") if "teacher" in manifest else {}
    return codec, prior, inverse_temperature, _shares(manifest, "thresholds", codec), teacher


def _codec(manifest: Mapping[str, Any]) -> LabelCodec:
    names, kind = manifest.get("label_names"), value_in(manifest, "label_kind", Choice(tuple(KINDS)))
    if not isinstance(names, list) or len(names) < 2:
        raise DataError(message("'label_names' must hold two labels or more"))
    if value_in(manifest, "label_type", Choice(("text", "number"))) == "text":
        return LabelCodec(class_array(names), kind)
    # one way to write each number, so that no two names are one label
    if not all(_WHOLE.fullmatch(name) for name in names):
        raise DataError(message("'label_names' holds something other than whole numbers"))
    numbers = [int(name) for name in names]
    if not all(-(2**63) <= number < 2**63 for number in numbers):
        raise DataError(message("'label_names' holds a number that does not fit 64 bits"))
    return LabelCodec(np.array(numbers, np.int64), kind)


def _shares(manifest: Mapping[str, Any], name: str, codec: LabelCodec) -> NDArray[np.float64]:
    """A number from 0 to 1 for each label, float64 [k]."""
    found, count = manifest.get(name), len(codec.classes)
    if not isinstance(found, list) or len(found) != count or not all(map(Number(0, 1).allows, found)):
        raise DataError(message("{name!r} must hold {count:,} numbers from 0 to 1", name=name, count=count))
    return np.array(found, dtype=np.float64)
