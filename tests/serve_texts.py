"""Texts that servers are asked: ordinary ones, one without a known word, an empty one, and others."""

TEXTS = [
    "Stocks fell on Friday after the bank's report",
    "A late goal won the cup",
    "qwxz",
    "",
    "새 위성이 발사됐다 🚀",
]
