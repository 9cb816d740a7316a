"""Why a request is not answered: one JSON error with what is wrong, what to do, and the limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sadari.errors import SadariError
from sadari.messages import Message, message, render

KINDS = {
    400: "validation",
    401: "unauthorized",
    404: "not_found",
    405: "not_found",
    408: "timeout",
    413: "too_large",
    421: "unauthorized",
    429: "overloaded",
    431: "too_large",
    500: "internal",
    503: "overloaded",
}


class Refused(SadariError):
    """A request that gets an error.

    Args:
        status: of the answer.
        what: what is wrong.
        where: in the request: ``inputs[3]``.
        hint: what to do about it.
        limit: the limit that it went past: its name and its value.
        headers: of the answer.
    """

    def __init__(
        self,
        status: int,
        what: Message | str,
        *,
        where: Message | str | None = None,
        hint: Message | str | None = None,
        limit: tuple[str, float] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.status, self.limit, self.headers = status, limit, dict(headers or {})

    def body(self) -> dict[str, Any]:
        """What the client reads, in the language that is spoken."""
        return error_body(self, self.status, self.limit)


def error_body(error: SadariError, status: int, limit: tuple[str, float] | None = None) -> dict[str, Any]:
    """``{"error": …, "error_type": …, "hint": …, "limit": …}``: what existing clients read, and more."""
    said = render(message("{where}: {what}", where=error.where, what=error.what)) if error.where else error.what
    found: dict[str, Any] = {"error": said, "error_type": KINDS.get(status, "validation")}
    if error.hint:
        found["hint"] = error.hint
    if limit is not None:
        found["limit"] = {"name": limit[0], "most": limit[1]}
    return found


def past_limit(status: int, what: Message, name: str, most: float, **more: Any) -> Refused:
    """The refusal of what is larger than a limit."""
    return Refused(status, what, limit=(name, most), **more)


class ClientGone(Exception):
    """The client has closed the connection: nobody reads an answer."""
