"""Compiled loops: `njit` as Numba's, which is imported when a loop is first called and not when it is defined.

Its import takes longer than a small model's answer to one text, for which plain Python will do as well.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cached_property
from typing import Any


def njit(*, cache: bool = False, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Numba's `njit`; with `cache`, what is compiled is kept where there is a place for it: in ``NUMBA_CACHE_DIR``,
    beside the source, or among the user's caches. Where there is none, that is said when something is compiled.

    Warns:
        SadariWarning: once a process, that nothing is kept.
    """
    return lambda function: _Loop(function, cache, options)


def native(signature: str) -> Callable[[Callable[..., None]], Native]:
    """A compiled function of numbers and addresses, which is called as one of C.

    A call of Numba's dispatcher looks at every array that it is given. In a loop that is quick; between other work,
    when nothing of it is in the processor's caches, it takes longer than the answer to a short text.

    Args:
        signature: in Numba's words: ``"void(voidptr, int32)"``. What it calls must raise nothing. It is called with
            bytes, whole numbers of 32 bits, arrays of ctypes and ``byref`` of these: ctypes is told no types, for to
            convert by them takes it ten times as long.
    """
    return lambda function: Native(function, signature)


def in_use() -> bool:
    """Whether a compiled loop was called in this process, so that another one costs nothing but itself."""
    return f"{__name__}.dispatcher" in sys.modules


class _NumbasOwn:
    """A function of Numba's, for loops to call."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def dispatcher(self) -> Any:
        """The function."""
        import numba

        return getattr(numba, self._name)


array_at: Any = _NumbasOwn("carray")  # (address, shape, dtype): an array where there is one


def _compile_called(function: Callable[..., Any]) -> None:
    """Put Numba's functions in the place of those that a function calls."""
    known: dict[str, Any] = function.__globals__
    for name in function.__code__.co_names:
        called = known.get(name)
        if isinstance(called, _Loop | _NumbasOwn) and getattr(called, "plain", None) is not function:
            known[name] = called.dispatcher


class _Loop:
    """A function that Numba gets when it is first called.

    Attributes:
        plain: the function as Python runs it.
    """

    def __init__(self, function: Callable[..., Any], cache: bool, options: dict[str, Any]) -> None:
        self.plain, self._keep, self._options = function, cache, options
        self.__doc__, self.__name__, self.__module__ = function.__doc__, function.__name__, function.__module__

    @cached_property
    def dispatcher(self) -> Any:
        """Numba's function; it takes this one's place in its module, for loops that call each other and for speed."""
        from sadari.compiling.dispatcher import dispatcher_of

        known: dict[str, Any] = self.plain.__globals__
        _compile_called(self.plain)
        dispatcher = dispatcher_of(self.plain, cache=self._keep, options=self._options)
        if known.get(self.__name__) is self:
            known[self.__name__] = dispatcher
        return dispatcher

    def __call__(self, *arguments: Any) -> Any:
        return self.dispatcher(*arguments)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dispatcher, name)


class Native:
    """A function that is compiled when it is first wanted; see `native`."""

    def __init__(self, function: Callable[..., None], signature: str) -> None:
        self._function, self._signature = function, signature

    @cached_property
    def call(self) -> Callable[..., None]:
        """It, as ctypes calls it; Python's lock is kept."""
        from sadari.compiling.dispatcher import address_of

        _compile_called(self._function)
        return ctypes.PYFUNCTYPE(None)(address_of(self._function, self._signature))
