"""What rungs say in English while they are trained, said in Korean: what is warned of, and what vectors know.

Rooms below this one speak English alone. A warning is known by its form; one of no known form stays English.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sadari.vectors.fill import Coverage

_WARNINGS = (
    (r"the weights have a head for other labels: a new one for these ([\d,]+) takes its place",
     r"가중치의 출력층은 다른 레이블에 맞춘 것이어서, 이 레이블 \1개에 맞는 새 출력층으로 바꿉니다"),
    (r"max_length is ([\d,]+); the model takes ([\d,]+)",
     r"max_length는 \1인데, 이 모델은 \2까지만 받습니다"),
    (r"(.+) brings code of its own, which is not run: it is read as a plain '(.+)'",
     r"\1: 함께 든 코드는 실행하지 않고 일반 \2 모델로 읽습니다"),
    (r"the vectors of (.+) know only (\d+) % of the text, cut by the tokenizer '(.+)'\n  → .+",
     r"\1: 토크나이저 \3 기준으로, 이 벡터는 글의 \2 %만 압니다"
     "\n  → 벡터를 만든 글을 나눈 토크나이저를 지정하세요: --tokenizer NAME"),
)  # fmt: skip


def warning_in_korean(warning: str) -> str:
    """What is warned of; the same where its form is unknown."""
    for form, sentence in _WARNINGS:
        found = re.fullmatch(form, warning)
        if found is not None:
            return found.expand(sentence)
    return warning


def coverage_in_korean(found: Coverage) -> str:
    """``낱말 25,001개 중 20,311개 찾음(81 %), 없는 4,690개는 벡터와 같은 크기의 난수로 시작 · 글의 97 %를 앎``."""
    share = 100 * found.found / max(1, found.words)
    parts = [f"낱말 {found.words:,}개 중 {found.found:,}개 찾음({share:.0f} %)"]
    if found.other_case:
        parts.append(f"그중 {found.other_case:,}개는 대소문자가 다름")
    if found.made:
        parts.append(f"{found.made:,}개는 조각으로 만듦")
    if found.drawn:
        parts.append(f"없는 {found.drawn:,}개는 벡터와 같은 크기의 난수로 시작")
    if found.left_out:
        parts.append(f"없는 {found.left_out:,}개는 뺌")
    return f"{', '.join(parts)} · 글의 {100 * found.tokens:.0f} %를 앎"
