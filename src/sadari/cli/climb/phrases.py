"""The words around a climb's table, and on the line that shows how far it is, in English and Korean.

The verdict's own are in `sadari.wording`.
"""

from __future__ import annotations

PHRASES = {
    "en": {
        "read": "Read",
        "audit": "Audit",
        "split": "Split",
        "verdict": "Verdict",
        "model": "Model",
        "next": "Next",
        "texts": "{rows} texts",
        "labels": "{count} labels: {names}",
        "more": "and {count} more",
        "words": "{words} words in the middle text",
        "split_line": "train {train} · validation {validation} · {final} {rows}, used once",
        "split_folds": "train {train}, each validated once in {folds} folds · {final} {rows}, used once",
        "leaks": "{count} {final} texts stand, or nearly stand, in training too: “{column}” is without them",
        "hidden": "no room here for {columns}: a wider terminal, the report and --json have it",
        "script": "{names} script",
        "report": "report: {path}",
        "new_file": "new.csv",
        "reading": "reading {name}",
        "auditing": "looking for duplicates, leaks and contradictions",
    },
    "ko": {
        "read": "읽음",
        "audit": "점검",
        "split": "나눔",
        "verdict": "결론",
        "model": "모델",
        "next": "다음",
        "texts": "글 {rows}건",
        "labels": "레이블 {count}개: {names}",
        "more": "외 {count}개",
        "words": "글 길이 중앙값 {words}낱말",
        "split_line": "학습 {train} · 검증 {validation} · {final} {rows}(한 번만 씀)",
        "split_folds": "학습 {train}({folds}겹 교차 검증) · {final} {rows}(한 번만 씀)",
        "leaks": "{final} {count}건이 학습에도 똑같이 또는 거의 같게 있음: “{column}” 열은 이를 뺀 점수",
        "hidden": "자리가 없어 뺀 열: {columns}. 더 넓은 터미널, 보고서, --json에 있습니다",
        "script": "{names}",
        "report": "보고서: {path}",
        "new_file": "새글.csv",
        "reading": "{name} 읽는 중",
        "auditing": "중복, 누출, 어긋난 레이블 찾는 중",
    },
}
