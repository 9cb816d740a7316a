"""The climb. Python binds ``sadari.climb`` to this room once something in it is imported, so the room can be called as
the function can: `sadari.climb.climb.climb`."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    def __call__(self, *corpora: Any, **settings: Any) -> Any:
        from sadari.climb.climb import climb

        return climb(*corpora, **settings)


sys.modules[__name__].__class__ = _Room
