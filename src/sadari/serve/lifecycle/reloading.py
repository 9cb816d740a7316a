"""A model folder that is replaced while it serves: the new model answers, or the old one; there is no error between."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from sadari.serve.app import Served
from sadari.serve.core.shelf import Slot

EVERY = 1.0  # seconds between two looks


async def watch_folders(served: Served, hangup: asyncio.Event) -> None:
    """Look at all folders again and again; without end.

    Args:
        served: whose folders they are.
        hangup: set when all of them are to be read again.
    """
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(hangup.wait(), EVERY)
        asked = hangup.is_set()
        hangup.clear()
        for slot in served.shelf:
            if asked or await asyncio.to_thread(slot.replaced):
                await _reload(served, slot)


async def _reload(served: Served, slot: Slot) -> None:
    line = {"time": time.time(), "event": "reload", "model": slot.name}
    try:
        await asyncio.to_thread(slot.reload)
    except Exception as error:  # whatever it is: who answers goes on answering
        served.metrics.reloaded(slot.name, "refused")
        served.log.event({**line, "result": "refused", "error": str(error)})
    else:
        served.metrics.reloaded(slot.name, "new")
        served.log.event({**line, "result": "new", "fingerprint": slot.loaded.identity})
