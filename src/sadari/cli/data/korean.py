"""An audit in Korean: the figures of `sadari.data.audit.result`, and the findings, as heads and texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sadari.data.audit.result import LABELS
from sadari.messages import render
from sadari.wording import wording

if TYPE_CHECKING:
    from sadari.data.audit.result import Audit, SplitAudit

WORDS = wording("ko")
ODD = {
    "replacement character": "깨진 글자(U+FFFD)",
    "wrongly decoded": "잘못 풀린 인코딩",
    "control character": "제어 문자",
    "private-use character": "사용자 정의 문자",
    "invisible character": "보이지 않는 문자",
    "HTML entity": "HTML 기호",
    "HTML tag": "HTML 태그",
    "backslash": "역슬래시",
    "not NFC": "NFC가 아님",
}


def lines(audited: Audit) -> Iterator[tuple[str, str]]:
    """Head and text of every line; both are empty where a line is left free."""
    yield from _split("학습", audited.train)
    if audited.test:
        yield "", ""
        yield from _split("시험", audited.test)
        exact, near = audited.across["exact"], audited.across["near"]
        yield "", ""
        yield "두 파일", f"시험 글 {exact:,}건이 학습에도 있고, {near:,}건은 거의 같음"
    if audited.tokenizers:
        shares = " · ".join(f"{name} {share:.2%}" for name, share in audited.tokenizers.items())
        yield "", ""
        yield "못 보는 글자", f"토크나이저가 버리는 글자의 비율: {shares}"
    yield "", ""
    yield "찾은 것", f"{len(audited.findings):,}가지" if audited.findings else "없음"
    for finding in audited.findings:
        severity = WORDS.name("severity", finding.severity)
        yield f"  {severity}", render(finding.what, "ko")
        yield from (("", render(example, "ko")) for example in finding.examples)
    yield from (("  한계", render(note, "ko")) for note in audited.notes)


def _split(name: str, split: SplitAudit) -> Iterator[tuple[str, str]]:
    counts = [f"{label} {count:,}" for label, count in split.labels.items()]
    shown = " · ".join(counts[:LABELS]) + (f" · 외 {len(counts) - LABELS:,}개" if len(counts) > LABELS else "")
    largest = f" · 가장 많은 것이 가장 적은 것의 {split.imbalance:,.1f}배" if len(counts) > 1 else ""
    yield name, f"글 {split.rows:,}건 · 레이블 {len(counts):,}개"
    yield "  레이블", f"{shown or '없음'}{largest}"
    for unit, figures in split.lengths.items():
        said = " · ".join(f"{WORDS.name('audit', figure)} {value:,.0f}" for figure, value in figures.items())
        yield f"  {WORDS.name('audit', unit)}", said
    scripts = [f"{WORDS.script(script)} {share:.1%}" for script, share in split.scripts.items() if share >= 0.0005]
    yield "  문자", " · ".join(scripts) or "글자 없음"
    repeats = f"똑같은 글 {split.exact_duplicates:,} · 거의 같은 글 {split.near_duplicates:,}"
    yield "  되풀이", f"{repeats} · 레이블이 둘인 글 {split.contradictions:,} · 빈 글 {split.empty:,}"
    if split.odd_characters:
        yield "  이상한 것", " · ".join(f"{ODD.get(what, what)} {n:,}" for what, n in split.odd_characters.items())
