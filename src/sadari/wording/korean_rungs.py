"""What rungs say in English while they are trained, said in Korean: what is warned of, and what vectors know.

Rooms below this one speak English alone. A warning is known by its form; one of no known form stays English.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sadari.vectors.initialise import Coverage

_WARNINGS = (
    (
        r"the weights have a head for other labels: a new one for these ([\d,]+) takes its place",
        r"가중치의 출력층은 다른 레이블에 맞춘 것이어서, 이 레이블 \1개에 맞는 새 출력층으로 바꿉니다",
    ),
    (r"max_length is ([\d,]+); the model takes ([\d,]+)", r"max_length는 \1인데, 이 모델은 \2까지만 받습니다"),
    (
        r"(.+) brings code of its own, which is not run: it is read as a plain '(.+)'",
        r"\1: 함께 든 코드는 실행하지 않고 일반 \2 모델로 읽습니다",
    ),
    (
        r"the vectors of (.+) know only (\d+) % of the text, cut by the tokenizer '(.+)'\n  → .+",
        r"\1: 토크나이저 \3 기준으로, 이 벡터는 글의 \2 %만 압니다"
        "\n  → 벡터를 만든 글을 나눈 토크나이저를 지정하세요: --tokenizer NAME",
    ),
    (
        r"(bf16|int8) cannot be had on this (\w+) \((.+)\): the work is done in float32",
        r"이 컴퓨터의 \2에서는 \1 연산을 할 수 없어 float32로 계산합니다 (\3)",
    ),
    (r"a chart is left out of the report: (.+)", r"보고서에서 그림 하나를 뺍니다: \1"),
    (
        r"compiled loops are not kept \(there is no folder for them\): every run .+, a climb for about (\d+) s\n  → .+",
        r"컴파일한 반복문을 둘 폴더가 없어 실행할 때마다 다시 컴파일합니다. climb에서 약 \1초 걸립니다"
        "\n  → 쓸 수 있는 폴더를 NUMBA_CACHE_DIR로 지정하세요",
    ),
    (
        r"compiled loops are not kept \((.+)\): every run .+, a climb for about (\d+) s\n  → .+",
        r"컴파일한 반복문을 저장하지 못해(\1) 실행할 때마다 다시 컴파일합니다. climb에서 약 \2초 걸립니다"
        "\n  → 쓸 수 있고 자리가 있는 폴더를 NUMBA_CACHE_DIR로 지정하세요",
    ),
)


_REASONS = (
    (r"no token stands (\d+) times in the texts", r"글에 \1번 이상 나오는 토큰이 없음"),
    (
        r"training texts such as (.+): no text has anything that the tokenizer '(\w+)' takes for a token",
        r"\1 같은 학습 글에서 토크나이저 \2가 알아보는 토큰이 하나도 없음",
    ),
    (
        r"training texts such as (.+): no text has anything that the tokenizer '(\w+)' and the settings leave .+",
        r"\1 같은 학습 글에서 토크나이저 \2와 설정이 남기는 특징이 하나도 없음",
    ),
    (r"training diverged: .+", r"학습이 발산해 가중치가 수가 아니게 됨"),
    (r"(.+): cannot be written: (.+)", r"\1: 쓸 수 없음: \2"),
    (r"try --tokenizer characters", r"--tokenizer characters 를 써 보세요"),
    (r"free some space, or choose another disk", r"공간을 비우거나 다른 디스크를 고르세요"),
    (r"choose a place that you may write to", r"쓸 권한이 있는 곳을 고르세요"),
)


def warning_in_korean(warning: str) -> str:
    """What is warned of; the same where its form is unknown."""
    return _translated(warning, _WARNINGS)


def reason_in_korean(reason: str) -> str:
    """Why a rung could not be trained, or what to do about it; the same where its form is unknown."""
    return _translated(reason, _REASONS)


def _translated(said: str, forms: tuple[tuple[str, str], ...]) -> str:
    for form, sentence in forms:
        found = re.fullmatch(form, said)
        if found is not None:
            return found.expand(sentence)
    return said


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
