"""What every rung's ``sadari.json`` says, checked: a model folder is a stranger's word until then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sadari.artifact.restore import object_in
from sadari.rungs.ladder import TrainedRung
from sadari.train.labels import KINDS, LabelCodec, class_array
from sadari.train.thresholds import USUAL

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Head:
    """The part of a manifest that all rungs share.

    Attributes:
        codec: the labels.
        prior: float64 [k], the share of each label in training.
        inverse_temperature: by which logits are multiplied before they become probabilities.
        thresholds: float64 [k], of several labels a text: from which probability on a text gets a label.
        teacher: what it learned from, for people.
    """

    codec: LabelCodec
    prior: NDArray[np.float64]
    inverse_temperature: float
    thresholds: NDArray[np.float64]
    teacher: dict[str, Any]


def head_of(rung: TrainedRung) -> dict[str, Any]:
    """What ``sadari.json`` says of a trained rung, as plain values: what `read_head` reads."""
    return {
        "rung": rung.name,
        "label_names": rung.codec.names(),
        "label_kind": rung.codec.kind,
        "label_type": "text" if rung.classes_.dtype.kind in "UO" else "number",
        "prior": [float(share) for share in rung.prior_],
        "inverse_temperature": float(rung.inverse_temperature_),
        **({"thresholds": rung.thresholds_.tolist()} if rung.codec.multilabel else {}),
        **({"tokenizer": {"name": rung.tokenizer_}} if rung.tokenizer_ else {}),
        **({"teacher": rung.teacher_} if getattr(rung, "teacher_", None) else {}),
    }


def read_head(manifest: Mapping[str, Any]) -> Head:
    """The checked head of a manifest.

    Raises:
        ValueError: something is missing, of a wrong type, out of range, or does not fit the rest.
    """
    codec = _codec(manifest)
    prior = manifest.get("prior")
    if not isinstance(prior, list) or len(prior) != len(codec.classes) or not all(map(_is_share, prior)):
        raise ValueError(f"'prior' must hold {len(codec.classes)} numbers from 0 to 1")
    if not codec.multilabel and abs(sum(prior) - 1) > 1e-6:
        raise ValueError("'prior' must sum to 1")
    inverse_temperature = manifest.get("inverse_temperature")
    if not (
        isinstance(inverse_temperature, int | float)
        and not isinstance(inverse_temperature, bool)
        and 1e-12 <= inverse_temperature <= 1e12
    ):
        raise ValueError("'inverse_temperature' must be a number above 0")
    thresholds = manifest.get("thresholds", [USUAL] * len(codec.classes))  # models of before have none
    if not isinstance(thresholds, list) or len(thresholds) != len(codec.classes) or not all(map(_is_share, thresholds)):
        raise ValueError(f"'thresholds' must hold {len(codec.classes)} numbers from 0 to 1")
    return Head(
        codec=codec,
        prior=np.array(prior, dtype=np.float64),
        inverse_temperature=float(inverse_temperature),
        thresholds=np.array(thresholds, dtype=np.float64),
        teacher=object_in(manifest, "teacher") if "teacher" in manifest else {},
    )


def _codec(manifest: Mapping[str, Any]) -> LabelCodec:
    names, kind, label_type = (manifest.get(key) for key in ("label_names", "label_kind", "label_type"))
    if not isinstance(names, list) or len(names) < 2:
        raise ValueError("'label_names' must hold two labels or more")
    if kind not in KINDS:
        raise ValueError(f"'label_kind' must be one of {', '.join(KINDS)}")
    if label_type not in ("text", "number"):
        raise ValueError("'label_type' must be text or number")
    if label_type == "text":
        return LabelCodec(class_array(names), str(kind))
    # one way to write each number, so that no two names are one label
    if not all(_WHOLE.fullmatch(name) for name in names):
        raise ValueError("'label_names' holds something other than whole numbers")
    numbers = [int(name) for name in names]
    if not all(-(2**63) <= number < 2**63 for number in numbers):
        raise ValueError("'label_names' holds a number that does not fit 64 bits")
    return LabelCodec(np.array(numbers, np.int64), str(kind))


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
