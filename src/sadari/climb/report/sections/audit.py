"""The audit: what is wrong with the data, then all that was counted. It comes as nested plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sadari.climb.report.html import Html, Piece, element, foreign
from sadari.climb.report.sections.plain import bars, empty, grid, plain
from sadari.climb.report.sections.view import View

_EXAMPLES = 6  # of a finding
_SEVERITIES = ("serious", "warning", "note")
_AS_GRIDS = ("lengths",)
_AS_BARS = ("labels", "scripts")  # within a file's figures
_AS_SHARES = ("scripts", "tokenizers")  # from 0 to 1


def audit(view: View) -> Html | None:
    """The findings, and the figures of each file; keys that are missing or new do no harm."""
    found = view.result.audit
    if not found:
        return None
    findings = found.get("findings")
    listed = _findings(view, findings) if isinstance(findings, list | tuple) else None
    blocks = [
        element("div", element("h3", view.words.name("audit", str(name))), _block(view, str(name), value))
        for name, value in found.items()
        if name != "findings" and not empty(value)
    ]
    return view.section("audit", listed, element("div", blocks, class_="several blocks"), paged=True)


def _findings(view: View, findings: Sequence[object]) -> Html:
    items = []
    for finding in findings:
        if not isinstance(finding, Mapping):
            items.append(element("li", foreign(str(finding))))
            continue
        severity = str(finding.get("severity", "note"))
        kind = severity if severity in _SEVERITIES else "note"
        what = view.said(finding.get("what", ""))
        examples = finding.get("examples")
        shown = examples[:_EXAMPLES] if isinstance(examples, list | tuple) else []
        items.append(
            element(
                "li",
                element("span", view.words.name("severity", severity), class_=f"badge {kind}"),
                foreign(what),
                element("ul", [element("li", _example(view, example)) for example in shown]) if shown else None,
            )
        )
    return element("ul", items, class_="findings") if items else element("p", view.words.say("audit_clean"))


def _example(view: View, example: object) -> Piece:
    return plain(view, view.said(example), depth=2)


def _block(view: View, name: str, value: object) -> Piece:
    """One part of the audit: shares and labels as bars, lengths as a table, the rest as it comes."""
    if not isinstance(value, Mapping):
        return plain(view, value)
    if name in _AS_SHARES:
        return bars(view, value, shares=True) or plain(view, value)
    drawn: dict[str, Html] = {}
    for key in (*_AS_GRIDS, *_AS_BARS):
        inner = value.get(key)
        if isinstance(inner, Mapping):
            if key == "scripts":
                inner = {view.words.script(str(name)): share for name, share in inner.items()}
            made = grid(view, inner) if key in _AS_GRIDS else bars(view, inner, shares=key in _AS_SHARES)
            if made is not None:
                drawn[key] = made
    rest = {key: inner for key, inner in value.items() if key not in drawn}
    named = [(element("h4", view.words.name("audit", key)), table) for key, table in drawn.items()]
    return [plain(view, rest) if rest else None, *named]
