"""What the page of labelling asks: every answer changes something, and brings back what is to be shown then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from typing import Any

from starlette.responses import Response

from sadari.messages import message, plain
from sadari.metrics.interval import Interval
from sadari.serve.http.asked import Asked
from sadari.serve.http.endpoint import Handlers
from sadari.serve.http.fields import an_object, choice, field, required
from sadari.serve.http.refused import Refused
from sadari.serve.http.replies import JSON, json_reply
from sadari.trust.labelling import Labelling, View

DID = ("label", "none", "skip")


def handlers(labelling: Labelling) -> Handlers:
    """The routes.

    Args:
        labelling: what is asked and answered.
    """
    return [
        ("GET", "/label", partial(_show, labelling)),
        ("POST", "/label/answer", partial(_change, labelling, _answer)),
        ("POST", "/label/undo", partial(_change, labelling, lambda body: Labelling.undo)),
        ("POST", "/label/labels", partial(_change, labelling, _add_label)),
        ("POST", "/label/disagreements", partial(_change, labelling, _disagreements)),
        ("GET", "/label/table", partial(_table, labelling)),
    ]


Body = dict[str, Any]
Change = Callable[[Labelling], None]


async def _show(labelling: Labelling, asked: Asked) -> Response:
    view = await asyncio.to_thread(labelling.view)
    return json_reply(shown(view, labelling.guidelines, asked.language))


async def _change(labelling: Labelling, read: Callable[[Body], Change], asked: Asked) -> Response:
    """Do what a body asks for, and show what there is then."""
    check_own(asked)
    await asyncio.to_thread(read(an_object(await asked.json())), labelling)
    return await _show(labelling, asked)


def check_own(asked: Asked) -> None:
    """Refuse what a page from elsewhere may have sent: a browser sends JSON for none that this server does not let.

    Raises:
        Refused: the body is said to be something else than JSON, or another site sent it.
    """
    if asked.header(b"content-type").split(b";")[0].strip().lower() != JSON.encode():
        raise Refused(415, message("the body must be {kind}", kind=JSON))
    origin = asked.header(b"origin")
    if origin and origin.partition(b"://")[2] != asked.header(b"host"):
        raise Refused(403, message("another site has sent this"))


def _answer(body: Body) -> Change:
    key, did = _text(body, "key"), choice(body, "did", DID)
    if did is None:
        required(body, "did")
    label = field(body, "label", str)
    if (did == "label") != (label is not None):
        raise Refused(422, message("a label is given with {did!r} alone", did="label"), where="label")
    return lambda labelling: labelling.answer(key, did, label)  # type: ignore[arg-type]


def _add_label(body: Body) -> Change:
    name, meaning = _text(body, "name"), field(body, "meaning", str) or ""
    return lambda labelling: labelling.add_label(name, meaning)


def _disagreements(body: Body) -> Change:
    wanted = field(body, "wanted", bool) or False
    return lambda labelling: labelling.ask_disagreements(wanted)


def _text(body: Body, name: str) -> str:
    required(body, name)
    return field(body, name, str) or ""


async def _table(labelling: Labelling, asked: Asked) -> Response:
    """The labels so far, as CSV."""
    written = BytesIO()
    (await asyncio.to_thread(labelling.table)).write_csv(written)
    named = {"content-disposition": 'attachment; filename="labels.csv"'}
    return Response(written.getvalue(), 200, named, "text/csv")


def shown(view: View, guidelines: str, language: str) -> dict[str, Any]:
    """A view as JSON has it.

    Args:
        view: what is shown.
        guidelines: how to label.
        language: of what was said.
    """
    curve = view.curve
    found: dict[str, Any] = {**vars(view), "guidelines": guidelines}
    found["labels"] = [
        {"name": name, "meaning": meaning, "count": view.counts.get(name, 0)} for name, meaning in view.labels.items()
    ]
    found["curve"] = curve and {
        **vars(curve),
        "points": [{"labels": point.labels, **vars(point.accuracy)} for point in curve.points],
    }
    found["agreement"] = [
        {"name": name, "texts": each.texts, "share": each.share, "kappa": _ends(each.kappa)}
        for name, each in view.agreement.items()
    ]
    del found["counts"]
    whole: dict[str, Any] = plain(found, language)
    return whole


def _ends(interval: Interval | None) -> Mapping[str, float] | None:
    return None if interval is None else vars(interval)
