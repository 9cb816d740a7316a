"""The package `transformers`, imported where it is used; an extra of the installation brings it."""

from __future__ import annotations

from types import ModuleType

from sadari.errors import MissingExtraError
from sadari.messages import message

EXTRA = "bert"


def transformers() -> ModuleType:
    """The package.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import transformers
    except ImportError as error:
        raise MissingExtraError(message("the rung 'bert'"), EXTRA) from error
    return transformers
