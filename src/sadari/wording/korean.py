"""The sentences in Korean."""

KOREAN = {
    "final_test": "시험 데이터",
    "final_held-out": "따로 떼어 둔 데이터",
    "severity_serious": "심각",
    "severity_warning": "주의",
    "severity_note": "참고",
    "audit_characters": "글자",
    "audit_words": "낱말",
    "audit_min": "최소",
    "audit_median": "중간",
    "audit_p95": "95 %까지",
    "audit_max": "최대",
}
