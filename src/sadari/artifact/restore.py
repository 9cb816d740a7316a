"""A model out of what its folder says: settings, words and weights, compared with what is there before any use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sadari.artifact.read import ModelFiles
from sadari.artifact.strict_json import parse_json
from sadari.errors import DataError, ModelError, SettingError
from sadari.messages import message

if TYPE_CHECKING:
    from torch import nn

VOCABULARY = "vocabulary.json"
LARGEST_WEIGHT = 1e12  # sums of products of such numbers stay finite in float32
Net = TypeVar("Net", bound="nn.Module")


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
def build(where: str, what: str = "model") -> Iterator[None]:
    """Whatever a stranger's words make of a model that is built by them is one error, of its folder.

    Raises:
        ModelError: in place of ValueError, SettingError and DataError; and one that named no folder yet.
    """
    try:
        yield
    except ModelError as error:
        if error.where is not None:
            raise
        raise ModelError(
            message("the {what} cannot be put together: {what_2}", what=what, what_2=error.said),
            where=where,
            hint=error.hint,
        ) from error
    except (SettingError, DataError, ValueError) as error:
        reason = error.said if isinstance(error, SettingError | DataError) else str(error)
        raise ModelError(
            message("the {what} cannot be put together: {reason}", what=what, reason=reason), where=where
        ) from error


def weights_for(files: ModelFiles, make: Callable[[], nn.Module]) -> dict[str, NDArray[Any]]:
    """The weights of a model folder, once what the net claims has been compared with what is there: name → array.

    Args:
        files: what the folder holds.
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
        raise ModelError(message("tensor {name!r} holds numbers too large to calculate with", name=name), where=where)


def check_learned(**arrays: NDArray[np.float32]) -> None:
    """Refuse what a training run that went astray leaves behind: NaN, infinity, or numbers near it.

    Raises:
        SettingError: with what to change.
    """
    if _too_large(arrays):
        raise SettingError(
            message("training diverged: the weights are no longer numbers"),
            hint=message("try a smaller {setting}", setting="learning_rate"),
        )


def _too_large(arrays: Mapping[str, NDArray[np.float32]]) -> str | None:
    for name, array in arrays.items():
        # written so that NaN, which is neither larger nor smaller than anything, counts as too large
        if array.size and not (array.max() <= LARGEST_WEIGHT and array.min() >= -LARGEST_WEIGHT):
            return name
    return None


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
