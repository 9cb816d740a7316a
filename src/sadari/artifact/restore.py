"""A model out of what its folder says: settings, words and weights, compared with what is there before any use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sadari.artifact.read import ModelFiles
from sadari.artifact.strict_json import parse_json
from sadari.errors import DataError, ModelError, SadariError, SettingError, reason_of
from sadari.messages import Message, message

if TYPE_CHECKING:
    from torch import nn

VOCABULARY = "vocabulary.json"
NO_MODEL = message("the model cannot be put together: {reason}")
NO_TOKENIZER = message("the tokenizer cannot be put together: {reason}")
NO_VECTORS = message("the vectors cannot be put together: {reason}")
TOO_LARGE = message("{name} holds NaN, infinity, or a number too large to calculate with")
LARGEST_WEIGHT = 1e12  # sums of products of such numbers stay finite in float32
Net = TypeVar("Net", bound="nn.Module")


def read_words(files: ModelFiles, first: Sequence[str] = ()) -> list[str]:
    """The words of a model's vocabulary, by id.

    Args:
        files: what the folder holds.
        first: what it must begin with.

    Raises:
        DataError: the file is no JSON list of texts, or begins with others.
        ModelError: there is no such file.
    """
    words = parse_json(files.text(VOCABULARY).encode())
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise DataError(message("{file} is not a list of words", file=VOCABULARY))
    if words[: len(first)] != list(first):
        raise DataError(message("the vocabulary does not begin with {words:.160}", words=", ".join(first)))
    return words


@contextmanager
def build(where: str, what: Message = NO_MODEL) -> Iterator[None]:
    """Whatever a stranger's words make of a model that is built by them is one error, of its folder.

    Raises:
        ModelError: in place of ValueError, SettingError and DataError; and one that named no folder yet.
    """
    try:
        yield
    except (ModelError, ValueError) as error:
        if isinstance(error, ModelError) and error.place is not None:
            raise
        said = what.filled(reason=reason_of(error))
        raise ModelError(said, where=where, hint=error.advice if isinstance(error, SadariError) else None) from error


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


def check_known(found: Collection[str], known: Collection[str]) -> None:
    """Refuse tensors that a model does not know.

    Args:
        found: the names of those that are there.
        known: the names of those that it may have.

    Raises:
        DataError: the first of them.
    """
    for name in sorted(set(found) - set(known)):
        raise DataError(message("the model knows no tensor {name!r:.80}", name=name))


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
        raise ModelError(TOO_LARGE.filled(name=message("tensor {name!r:.80}", name=name)), where=where)


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
        raise DataError(message("there is no setting {name!r:.80}", name=unknown[0]))
    # JSON has no tuples
    return {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}


def text_in(manifest: Mapping[str, Any], key: str) -> str:
    """One text of a manifest.

    Raises:
        DataError: there is none.
    """
    value = manifest.get(key)
    if not isinstance(value, str):
        raise DataError(message("{name!r} is missing or not a text", name=key))
    return value


def object_in(manifest: Mapping[str, Any], key: str) -> dict[str, Any]:
    """One object of a manifest.

    Raises:
        DataError: there is none.
    """
    value = manifest.get(key)
    if not isinstance(value, dict):
        raise DataError(message("{name!r} is missing or not an object", name=key))
    return value
