"""Draws the rooms of the house, floor by floor: ``python tools/draw_house.py`` writes ``docs/pictures/rooms*.svg``.

A room imports only what stands below it, or to its left on the same floor; a test compares the floors with the imports
of the source. Rooms have light fills and dark words, what stands around them is a grey of middle lightness, and there
is no background: so the picture reads on a light page and on a dark one. Colours tell kinds of rooms apart for the
colour-blind too (after Okabe and Ito 2008), and nothing is said by colour alone.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
SOURCE = ROOT / "src" / "sadari"

GROUND, DATA, NETS, MODELS, RESULTS, EDGE = "#d3d8de", "#a9c9ee", "#b9dcae", "#f6cf9b", "#e3c3dc", "#f3e6a2"
INK, GREY = "#1a1d21", "#7d8590"
WIDTH, FLOOR, GAP, ROOF, LADDER = 860, 66, 6, 92, 74
LETTER = 5.6  # mean width of a letter of 11 pixels

# From the ground up: fill, then each room with its share of the width, and what is in it.
FLOORS: tuple[tuple[str, dict[str, tuple[float, str, str]]], ...] = (
    (
        GROUND,
        {
            "messages": (1.2, "what is said, as data", "할 말을 데이터로"),
            "errors": (1, "what went wrong", "무엇이 잘못됐나"),
            "forked": (0.9, "after a fork", "fork 뒤의 스레드"),
            "compiling": (1.1, "compiled loops", "컴파일한 반복문"),
            "device": (1, "CPU or GPU", "장치와 정밀도"),
            "settings": (1.1, "declared once", "한 번만 선언"),
        },
    ),
    (
        GROUND,
        {
            "readable": (1, "figures as people read them", "읽기 쉬운 숫자"),
            "display": (1, "what shows itself", "노트북과 터미널에 보이기"),
            "ragged": (1, "encoded texts", "인코딩된 글"),
            "artifact": (1.3, "one model folder, untrusted", "모델 폴더 쓰고 읽기"),
        },
    ),
    (DATA, {"data": (1, "files, data sets, what is wrong with them", "파일과 데이터 세트, 무엇이 잘못됐나")}),
    (
        DATA,
        {
            "text": (1.3, "tokenizers, vocabulary, n-grams, weights", "토크나이저, 어휘, n-그램, 가중치"),
            "nets": (1, "torch modules only", "토치 모듈만"),
        },
    ),
    (
        NETS,
        {
            "vectors": (1.2, "word vectors, search, scores", "단어 벡터, 검색, 점수"),
            "train": (1.2, "the loop, what is learned", "학습 루프, 무엇을 배우나"),
            "pretrained": (1, "weights others made", "남이 만든 가중치"),
        },
    ),
    (
        MODELS,
        {
            "rungs": (1.95, "classifiers, from counts to BERT", "분류기: 세는 것부터 BERT까지"),
            "generation": (1, "writes text", "텍스트 생성"),
            "translation": (1, "translates", "번역"),
            "pretraining": (1.05, "makes a BERT", "BERT 사전 학습"),
        },
    ),
    (
        RESULTS,
        {
            "metrics": (1, "scores, intervals, tests", "점수, 구간, 검정"),
            "plots": (1, "pictures", "그림"),
        },
    ),
    (RESULTS, {"climb": (1, "split, budget, training, verdict", "분할, 시간 예산, 학습, 결론")}),
    (
        EDGE,
        {
            "models": (1, "opens every kind of model", "모든 종류의 모델을 여는 문"),
            "trust": (1, "which labels, which answers", "믿을 레이블, 믿을 답"),
            "export": (1, "models that leave Python", "파이썬 밖으로 나가는 모델"),
        },
    ),
    (
        EDGE,
        {
            "labelled": (1, "rows of a file, labelled", "레이블을 붙인 행"),
            "serve": (1.2, "answers over HTTP", "HTTP로 답하는 서버"),
            "course": (1, "notebooks that teach it", "배우는 노트북"),
            "scale": (1, "on many machines", "여러 컴퓨터에서"),
        },
    ),
    (EDGE, {"cli": (1, "parses what is asked, prints what is found", "요청을 읽고 결과를 보여 줌")}),
)
CAPTIONS = {
    "en": (
        "The rooms of src/sadari: each imports only what stands below it",
        "a text goes up: file → corpus → tokens → ids → net → report",
        "imports go down",
    ),
    "ko": (
        "src/sadari의 방들: 방마다 아래에 있는 것만 가져다 씁니다",
        "글은 위로: 파일 → 말뭉치 → 토큰 → id → 신경망 → 보고서",
        "임포트는 아래로",
    ),
}


def house(lang: str) -> str:
    """The picture.

    Args:
        lang: ``"en"`` or ``"ko"``.
    """
    height = ROOF + len(FLOORS) * (FLOOR + GAP) + 40
    ground = height - 34
    title, up, down = CAPTIONS[lang]
    parts = [f"<title>{escape(title)}</title>", *_roof(), *_ladder(ground)]
    for number, (fill, rooms) in enumerate(FLOORS):
        parts += _floor(ground - (number + 1) * (FLOOR + GAP), fill, rooms, lang)
    parts.append(f'<path d="M0 {ground}H{WIDTH}" stroke="{GREY}" stroke-width="3"/>')
    parts.append(_words(0, ground + 22, f"↑ {up}", GREY))
    parts.append(_words(WIDTH, ground + 22, f"↓ {down}", GREY, anchor="end"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="12">\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _roof() -> list[str]:
    middle, eaves = (LADDER + WIDTH) / 2, ROOF - 8
    return [
        f'<path d="M{LADDER - 4} {eaves}L{middle:g} 8L{WIDTH} {eaves}Z" fill="none" stroke="{GREY}" stroke-width="3" '
        'stroke-linejoin="round"/>',
        _words(middle, eaves - 22, "sadari", GREY, size=22, weight=700, anchor="middle"),
    ]


def _ladder(ground: float) -> list[str]:
    """One rung a floor."""
    rails = [f"M{x} {ground}V{ROOF - 30}" for x in (14, 50)]
    rungs = [f"M14 {ground - (n + 0.5) * (FLOOR + GAP):g}H50" for n in range(len(FLOORS))]
    return [f'<path d="{"".join(rails + rungs)}" stroke="{GREY}" stroke-width="5" stroke-linecap="round" fill="none"/>']


def _floor(top: float, fill: str, rooms: dict[str, tuple[float, str, str]], lang: str) -> list[str]:
    there = {
        name: about for name, about in rooms.items() if (SOURCE / name).is_dir() or (SOURCE / f"{name}.py").is_file()
    }
    unit = (WIDTH - LADDER - GAP * (len(there) - 1)) / sum(share for share, _, _ in there.values())
    left, parts = float(LADDER), []
    for name, (share, english, korean) in there.items():
        width = share * unit
        parts.append(f'<rect x="{left:.1f}" y="{top:g}" width="{width:.1f}" height="{FLOOR}" rx="5" fill="{fill}"/>')
        lines = [english if lang == "en" else korean]
        inner = " · ".join(f"{folder}/" for folder in _packages(name))
        if inner and len(inner) * LETTER < width - 16:
            lines.append(inner)
        size = 15 if len(there) < 6 else 13
        parts.append(_words(left + 9, top + (24 if len(lines) == 1 else 20), name, INK, size=size, weight=700))
        small = 12 if len(there) < 6 else 10.5
        for row, line in enumerate(lines):
            y = top + (45 if len(lines) == 1 else 38 + 17 * row)
            parts.append(_words(left + 9, y, line, INK, size=11 if row else small))
        left += width + GAP
    return parts


def _packages(name: str) -> list[str]:
    """The packages in a room."""
    return sorted(path.parent.name for path in (SOURCE / name).glob("*/__init__.py"))


def _words(
    x: float, y: float, text: str, fill: str, *, size: float = 12, weight: int = 400, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:g}" font-size="{size:g}" font-weight="{weight}" fill="{fill}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )


if __name__ == "__main__":
    for language, file in (("en", "rooms.svg"), ("ko", "rooms.ko.svg")):
        (PICTURES / file).write_text(house(language), encoding="utf-8")
        print(PICTURES / file)
