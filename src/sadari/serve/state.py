"""What a server is in the middle of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class State:
    """Shared by what ends a server and what says so.

    Attributes:
        closing: it has been told to end: it takes no more requests, and finishes those it has.
    """

    closing: bool = False
