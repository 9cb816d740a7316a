"""What Numba compiles, and a cache of it that may be absent, full, torn or shared.

Numba's own cache makes each of these an error: a read-only installation without a home fails at import, a full disk
and a torn file in the first call.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numba
from numba.core import event, sigutils
from numba.core.caching import FunctionCache, NullCache
from numba.core.ccallback import CFunc

from sadari.compiling.watching import watchers
from sadari.errors import SadariWarning, reason_of
from sadari.messages import Message, message, of

COST = "15 s"  # measured: a climb of the bundled headlines on a server of 2026
_said: set[str] = set()


def dispatcher_of(function: Callable[..., Any], *, cache: bool, options: Mapping[str, Any]) -> Any:
    """What Numba makes of a function; what it compiles is kept if there is a place for it."""
    dispatcher = numba.njit(**options)(function)
    if cache and hasattr(dispatcher, "enable_caching"):  # a plain function with NUMBA_DISABLE_JIT
        dispatcher._cache = _cache_for(function)
    return dispatcher


def address_of(function: Callable[..., None], signature: str) -> int:
    """The address of a function that is compiled for C."""
    made: Any = CFunc(function, sigutils.normalize_signature(signature), locals={}, options={"nopython": True})
    made._cache = _cache_for(function)
    made.compile()
    address: int = made.address
    return address


class _Listener(event.Listener):
    """Tells `watchers` of what is compiled."""

    def on_start(self, event: Any) -> None:
        for watcher in list(watchers):
            watcher.begin()

    def on_end(self, event: Any) -> None:
        for watcher in list(watchers):
            watcher.end()


event.register("numba:compile", _Listener())


def _cache_for(function: Callable[..., Any]) -> Any:
    try:
        return _Cache(function)
    except (OSError, RuntimeError):  # RuntimeError: Numba found no folder that it may write to
        return _NoCache()


class _NoCache(NullCache):
    """No place for one."""

    def load_overload(self, sig: Any, target_context: Any) -> None:
        """Nothing."""
        _warn(message("there is no folder for them"))


class _Cache(FunctionCache):
    """Numba's, in which what cannot be read is compiled anew, and what cannot be kept is not."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What an earlier run compiled for these types, or None."""
        try:
            found = super().load_overload(sig, target_context)
            # Of two processes that write the first time, one may take the other's file for its own.
            if found is None or tuple(found.signature.args) == tuple(sigutils.normalize_signature(sig)[0]):
                return found
        except Exception:  # torn, or not ours to read: any error at all may come of unpickling it
            pass
        with suppress(OSError):
            self.flush()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, if that is possible."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            self.disable()
            _warn(of(str(self.cache_path), reason_of(error)))


def _warn(why: Message) -> None:
    if not _said:
        _said.add(why.id)
        warnings.warn(
            SadariWarning(
                message(
                    "compiled loops are not kept ({why}): every run compiles them anew, a climb for about "
                    "{cost}\n  → set NUMBA_CACHE_DIR to a folder that may be written to and has room",
                    why=why,
                    cost=COST,
                )
            ),
            stacklevel=2,
        )
