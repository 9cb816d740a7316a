"""Compiled loops: `njit` as Numba's, which is imported when a loop is first called and not when it is defined.

Its import takes longer than a small model's answer to one text, for which plain Python will do as well.
"""

from __future__ import annotations

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


def in_use() -> bool:
    """Whether a compiled loop was called in this process, so that another one costs nothing but itself."""
    return f"{__name__}.dispatcher" in sys.modules


class _Loop:
    """A function that Numba gets when it is first called."""

    def __init__(self, function: Callable[..., Any], cache: bool, options: dict[str, Any]) -> None:
        self._function, self._keep, self._options = function, cache, options
        self.__doc__, self.__name__, self.__module__ = function.__doc__, function.__name__, function.__module__

    @cached_property
    def dispatcher(self) -> Any:
        """Numba's function; it takes this one's place in its module, for loops that call each other and for speed."""
        from sadari.compiling.dispatcher import dispatcher_of

        known: dict[str, Any] = self._function.__globals__
        for name in self._function.__code__.co_names:
            called = known.get(name)
            if isinstance(called, _Loop) and called is not self:
                known[name] = called.dispatcher
        dispatcher = dispatcher_of(self._function, cache=self._keep, options=self._options)
        if known.get(self.__name__) is self:
            known[self.__name__] = dispatcher
        return dispatcher

    def __call__(self, *arguments: Any) -> Any:
        return self.dispatcher(*arguments)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dispatcher, name)
