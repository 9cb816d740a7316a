"""What reading and the audit say in English, said in Korean: sentences are known by their form.

Rooms below this one speak English alone. What a sentence names (columns, labels, texts) is the user's, and stays as it
is; a sentence of no known form stays English.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from re import Match

SCRIPTS_IN_KOREAN = {"Hangul": "한글", "Latin": "로마자", "Han": "한자", "Kana": "가나", "Cyrillic": "키릴"}


def note_in_korean(note: str) -> str:
    """A sentence on how data was read, an audit's finding, or an example of one; the same where its form is unknown."""
    return _said(note, _NOTES)


def _said(text: str, forms: tuple[tuple[re.Pattern[str], str | Callable[[Match[str]], str]], ...]) -> str:
    for form, sentence in forms:
        found = form.fullmatch(text)
        if found is not None:
            return found.expand(sentence) if isinstance(sentence, str) else sentence(found)
    return text


def _scripts(shares: str) -> str:
    return re.sub(r"[A-Z]\w+", lambda name: SCRIPTS_IN_KOREAN.get(name[0], name[0]), shares)


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


_NOTES: tuple[tuple[re.Pattern[str], str | Callable[[Match[str]], str]], ...] = (
    # What an audit found, where a count does not say it all
    (
        _form(r"label '(.*)' has (\S+) times as many texts as '(.*)'; .*"),
        r"레이블 ‘\1’의 글이 ‘\3’의 \2배입니다. 매크로 F1을 보고, --class-weight balanced를 써 보세요",
    ),
    (_form(r"only label (.*) in ([\d,]+) rows?"), r"레이블이 \1 하나뿐입니다(\2행)"),
    (
        _form(r"the tokenizer (\S+) cannot see ([\d.]+)% of the characters"),
        r"\1: 이 토크나이저는 글자의 \2 %를 보지 못합니다",
    ),
    (
        _form(r"training is written in (.*), the test file in (.*)"),
        lambda m: f"학습 글은 {_scripts(m[1])}, 시험 글은 {_scripts(m[2])}로 쓰였습니다",
    ),
    (
        _form(r"the middle text has ([\d,]+) characters in training and ([\d,]+) in the test file"),
        r"가운데 글이 학습에서는 \1글자, 시험에서는 \2글자입니다",
    ),
    # Examples of an audit's findings
    (_form(r"training row ([\d,]+), test row ([\d,]+): (“.*)"), r"학습 \1행, 시험 \2행: \3"),
    (_form(r"rows ([\d,]+) and ([\d,]+): (“.*)"), r"\1행과 \2행: \3"),
    (_form(r"rows? ([\d,]+(?:, [\d,]+)*(?:, …)?): (“.*)"), r"\1행: \2"),
    (_form(r"(.*): ([\d,]+) texts?"), r"\1: 글 \2건"),
)
