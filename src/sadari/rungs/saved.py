"""What every rung's ``sadari.json`` says, checked: a model folder is a stranger's word until then."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sadari.artifact import ModelFiles, parse_json
from sadari.errors import DataError, ModelError, SettingError
from sadari.rungs.labels import KINDS, LabelCodec, class_array
from sadari.rungs.settings import plain_settings

if TYPE_CHECKING:
    from torch import nn

    from sadari.rungs.base import Rung

VOCABULARY = "vocabulary.json"
LARGEST_WEIGHT = 1e12  # sums of products of such numbers stay finite in float32
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,18}")
Net = TypeVar("Net", bound="nn.Module")


@dataclass(frozen=True)
class Head:
    """The part of a manifest that all rungs share.

    Attributes:
        settings: of the constructor.
        codec: the labels.
        prior: float64 [k], the share of each label in training.
        sharpness: by which logits are multiplied before they become probabilities.
        model: what the rung itself has to say.
        scores, data, teacher: for people.
    """

    settings: dict[str, Any]
    codec: LabelCodec
    prior: NDArray[np.float64]
    sharpness: float
    model: dict[str, Any]
    scores: dict[str, Any]
    data: dict[str, Any]
    teacher: dict[str, Any]


def head_of(
    rung: Rung, model: dict[str, Any], scores: Mapping[str, Any] | None, data: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What ``sadari.json`` says of a trained rung, as plain values: what `read_head` reads.

    Args:
        model: what the rung itself has to say. scores, data: other ones than the rung knows of itself.
    """
    return {
        "kind": "classifier",
        "rung": rung.name,
        "settings": plain_settings(rung.resolved_settings()),
        "label_names": rung._codec.names(),
        "label_kind": rung._codec.kind,
        "label_type": "text" if rung.classes_.dtype.kind in "UO" else "number",
        "prior": [float(share) for share in rung.prior_],
        "sharpness": float(rung.sharpness_),
        "model": model,
        "tokenizer": {"name": model["tokenizer"]},
        "scores": dict(rung.scores_ if scores is None else scores),
        "data": dict(rung.data_ if data is None else data),
        **({"teacher": rung.teacher_} if getattr(rung, "teacher_", None) else {}),
    }


def read_head(manifest: Mapping[str, Any], allowed_settings: Collection[str]) -> Head:
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
    sharpness = manifest.get("sharpness")
    if not (isinstance(sharpness, int | float) and not isinstance(sharpness, bool) and 1e-12 <= sharpness <= 1e12):
        raise ValueError("'sharpness' must be a number above 0")
    return Head(
        settings=known_settings(manifest, allowed_settings),
        codec=codec,
        prior=np.array(prior, dtype=np.float64),
        sharpness=float(sharpness),
        model=object_in(manifest, "model"),
        scores=object_in(manifest, "scores"),
        data=object_in(manifest, "data"),
        teacher=object_in(manifest, "teacher") if "teacher" in manifest else {},
    )


def read_words(files: ModelFiles) -> list[str]:
    """The words of a model's vocabulary, by id.

    Raises:
        ValueError: the file is no JSON list of texts.
        ModelError: there is no such file.
    """
    words = parse_json(files.text(VOCABULARY).encode())
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{VOCABULARY} is not a list of words")
    return words


def tokenizer_name(model: Mapping[str, Any]) -> str:
    """The tokenizer that a model was trained with.

    Raises:
        ValueError: it is not named.
    """
    name = model.get("tokenizer")
    if not isinstance(name, str):
        raise ValueError("the tokenizer is not named")
    return name


@contextmanager
def put_together(where: str, what: str = "model") -> Iterator[None]:
    """Whatever a stranger's words make of a model that is built by them is one error, of its folder.

    Raises:
        ModelError: in place of ValueError, SettingError and DataError; and one that named no folder yet.
    """
    try:
        yield
    except ModelError as error:
        if error.where is not None:
            raise
        raise ModelError(f"the {what} cannot be put together: {error.what}", where=where, hint=error.hint) from error
    except (SettingError, DataError, ValueError) as error:
        reason = error.what if isinstance(error, SettingError | DataError) else str(error)
        raise ModelError(f"the {what} cannot be put together: {reason}", where=where) from error


def weights_for(files: ModelFiles, make: Callable[[], nn.Module]) -> dict[str, NDArray[Any]]:
    """The weights of a model folder, once what the net claims has been compared with what is there: name → array.

    Args:
        make: gives the net; here without memory.

    Raises:
        ModelError: one is missing, does not fit, or holds numbers too large.
    """
    import torch

    with torch.device("meta"):
        claimed = make().state_dict()
    found = {
        name: files.tensor(name, shape=tuple(wanted.shape), dtype=str(wanted.dtype).removeprefix("torch."))
        for name, wanted in claimed.items()
    }
    check_weights(str(files.folder), **found)
    return found


def load_net(files: ModelFiles, make: Callable[[], Net]) -> Net:
    """The net that ``make`` gives, in evaluation, with the weights of a model folder.

    Raises:
        ModelError: as `weights_for`.
    """
    import torch

    found = weights_for(files, make)
    with torch.random.fork_rng():
        net = make()
    fill_net(net, found)
    return net.eval()


def fill_net(net: nn.Module, weights: Mapping[str, NDArray[Any]]) -> None:
    """Put weights that `weights_for` gave into a net."""
    import torch

    net.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in weights.items()})


def check_weights(where: str, **arrays: NDArray[np.float32]) -> None:
    """Refuse numbers so large that a sum of their products may be infinite.

    Raises:
        ModelError: which tensor.
    """
    name = _too_large(arrays)
    if name:
        raise ModelError(f"tensor {name!r} holds numbers too large to calculate with", where=where)


def check_learned(**arrays: NDArray[np.float32]) -> None:
    """Refuse what a training run that went astray leaves behind: NaN, infinity, or numbers near it.

    Raises:
        SettingError: with what to change.
    """
    if _too_large(arrays):
        raise SettingError("training diverged: the weights are no longer numbers", hint="try a smaller learning_rate")


def _too_large(arrays: Mapping[str, NDArray[np.float32]]) -> str | None:
    for name, array in arrays.items():
        # written so that NaN, which is neither larger nor smaller than anything, counts as too large
        if array.size and not (array.max() <= LARGEST_WEIGHT and array.min() >= -LARGEST_WEIGHT):
            return name
    return None


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


def known_settings(manifest: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The settings of a manifest.

    Raises:
        ValueError: there are none, or some that are not known.
    """
    settings = object_in(manifest, "settings")
    unknown = sorted(set(settings) - set(known))
    if unknown:
        raise ValueError(f"there is no setting {unknown[0][:80]!r}")
    # JSON has no tuples
    return {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}


def object_in(manifest: Mapping[str, Any], key: str) -> dict[str, Any]:
    """One object of a manifest.

    Raises:
        ValueError: there is none.
    """
    value = manifest.get(key)
    if not isinstance(value, dict):
        raise ValueError(f"{key!r} is missing or not an object")
    return value


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
