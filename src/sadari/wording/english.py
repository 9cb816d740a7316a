"""The sentences in English."""

ENGLISH = {
    "final_test": "test",
    "final_held-out": "held-out",
    "severity_serious": "serious",
    "severity_warning": "warning",
    "severity_note": "note",
    "audit_characters": "characters",
    "audit_words": "words",
    "audit_min": "shortest",
    "audit_median": "middle",
    "audit_p95": "95 % up to",
    "audit_max": "longest",
}
