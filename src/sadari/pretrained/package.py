"""The package `transformers`, imported where it is used; an extra of the installation brings it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
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


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the bars and reports of `transformers`: what is to be known of them, we say."""
    logging = transformers().utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
