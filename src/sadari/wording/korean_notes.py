"""What reading and the audit say in English, said in Korean: sentences are known by their form.

Rooms below this one speak English alone. What a sentence names (columns, labels, texts) is the user's, and stays as it
is; a sentence of no known form stays English.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from re import Match

SCRIPTS_IN_KOREAN = {"Hangul": "한글", "Latin": "로마자", "Han": "한자", "Kana": "가나", "Cyrillic": "키릴"}
_DELIMITERS = {"comma": "쉼표", "tab": "탭", "semicolon": "세미콜론", "bar": "세로줄"}


def note_in_korean(note: str) -> str:
    """A sentence on how data was read, an audit's finding, or an example of one; the same where its form is unknown."""
    return _said(note, _NOTES)


def _said(text: str, forms: tuple[tuple[re.Pattern[str], str | Callable[[Match[str]], str]], ...]) -> str:
    for form, sentence in forms:
        found = form.fullmatch(text)
        if found is not None:
            return found.expand(sentence) if isinstance(sentence, str) else sentence(found)
    return text


def _columns(named: str) -> str:
    """``column title`` → ``title``; ``columns title and text`` → ``title, text``."""
    names = re.sub(r"^columns? (?=.*\D)", "", named)
    return _unnamed(names.replace(" and ", ", "))


def _unnamed(names: str) -> str:
    """The columns that have no name of their own: ``column 4`` → ``4번째 열``."""
    return re.sub(r"(?<![^ ,'])column (\d+)(?![^ ,'])", r"\1번째 열", names)


def _scripts(shares: str) -> str:
    return re.sub(r"[A-Z]\w+", lambda name: SCRIPTS_IN_KOREAN.get(name[0], name[0]), shares)


def _place(place: str) -> str:
    return _said(place, _PLACES)


def _guessed(what: str) -> Callable[[Match[str]], str]:
    def say(found: Match[str]) -> str:
        joined = "을 이어 붙임" if found["joined"] else ""
        return f"{what}: {_columns(found['names'])} 열{joined}(짐작)".replace("번째 열 열", "번째 열")

    return say


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


_LANGUAGES = {"Korean": "한국어", "Chinese": "중국어", "Japanese": "일본어", "Western European": "서유럽 언어"}
_READ_AS = _form(r"([\d,]+) files? read as ([^,]+)")
_PLACES = (
    (_form(r"row ([\d,]+) \(line ([\d,]+)\)"), r"\1행(\2번째 줄)"),
    (_form(r"row ([\d,]+)"), r"\1행"),
    (_form(r"line ([\d,]+)"), r"\1번째 줄"),
    (_form(r"file (.+)"), r"\1 파일"),
)
_WRONG = (
    (_form(r"the text is missing \(column (.*)\)"), lambda m: f"글이 없음({_columns(m[1])} 열)"),
    (_form(r"the label is missing \(column (.*)\)"), lambda m: f"레이블이 없음({_columns(m[1])} 열)"),
    (_form(r"(\d+) fields? where the file has (\d+) columns"), r"열이 \2개인 파일인데 \1칸짜리 행"),
    (
        _form(r"(\d+) fields? where the file has (\d+) columns, and a carriage return that ends no line: .*"),
        r"열이 \2개인 파일인데 \1칸짜리 행. 줄을 끝내지 않는 CR이 있음: 줄바꿈이 섞여 있는지 볼 것",
    ),
    (_form(r"says again what the header says: .*"), "머리글을 되풀이함: 파일을 이어 붙였는지 볼 것"),
    (_form(r"text follows a closing quote: a stray quote in the row"), "닫는 따옴표 뒤에 글이 있음: 잘못 든 따옴표"),
)
_NOTES: tuple[tuple[re.Pattern[str], str | Callable[[Match[str]], str]], ...] = (
    (
        _form(r"encoding: (.+) \(not UTF-8; read so, it is (.+)\)"),
        lambda m: f"인코딩: {m[1]}(UTF-8이 아니며, 이렇게 읽으면 {_LANGUAGES[m[2]]}임)",
    ),
    (_form(r"encoding: (\S+), by its byte order mark"), r"인코딩: \1(파일 첫머리의 BOM을 보고)"),
    (_form(r"encoding: (\S+), without a byte order mark"), r"인코딩: \1(BOM 없음)"),
    (
        _form(r"encoding: (.+), the others as UTF-8"),
        lambda m: "인코딩: " + _READ_AS.sub(r"파일 \1개는 \2로", m[1]) + ", 나머지는 UTF-8로 읽음",
    ),
    (_form(r"delimiter: (\w+)"), lambda m: f"구분자: {_DELIMITERS.get(m[1], m[1])}"),
    (_form(r'quotes \("\) are read as plain characters: .*'), '따옴표(")는 칸을 감싸는 것이 아니어서 글자 그대로 읽음'),
    (_form(r"quotes: single ones \('\) wrap the fields of this file"), "작은따옴표(')가 칸을 감쌈"),
    (_form(r"spaces between delimiters and quotes are no part of the fields"), "구분자와 따옴표 사이의 빈칸은 뺌"),
    (
        _form(r"columns (.*) are all called ['\"](.*)['\"]"),
        lambda m: f"{m[1].replace(' and ', ', ')}번째 열의 이름이 모두 ‘{m[2]}’",
    ),
    (
        _form(r"the header is one name short: .*"),
        "머리글에 이름이 하나 모자람: R이 쓰는 것처럼 첫째 열을 행 이름으로 봄",
    ),
    (_form(r"(\d+) records? above the header passed over: (.*)"), r"머리글 위의 \1행은 읽지 않음: \2"),
    (
        _form(r"no header: columns class, title, description, as AG News has them"),
        "머리글 없음: AG News처럼 class, title, description 열",
    ),
    (_form(r"no header: ([\d,]+) columns?, called by their numbers"), r"머리글 없음: 열 \1개를 번호로 부름"),
    (_form(r"header: (.*)"), lambda m: f"머리글: {_unnamed(m[1])}"),
    (_form(r"text: (?P<names>.*?)(?P<joined>, joined)? \(guessed\)"), _guessed("글")),
    (_form(r"label: (?P<names>.*?)(?P<joined>, joined)? \(guessed\)"), _guessed("레이블")),
    (_form(r"text: (.*), as in training"), lambda m: f"글: {_columns(m[1])} 열(학습할 때처럼)"),
    (_form(r"label: (.*), as in training"), lambda m: f"레이블: {_columns(m[1])} 열(학습할 때처럼)"),
    (_form(r"label names from (.+?): (.*)"), r"레이블 이름(\1에서): \2"),
    (
        _form(r"([\d,]+) rows? holds? line breaks inside quotes \((?:the first: )?(.*), column '(.*)'\)"),
        lambda m: f"따옴표 안에 줄바꿈이 든 행 {m[1]}개(처음: {_place(m[2])}, {_columns(m[3])} 열)",
    ),
    (
        _form(r"([\d,]+) bad rows? left out \(the first: ((?:row|line|file) [^:]*): (.*)\)"),
        lambda m: f"읽을 수 없는 행 {m[1]}개를 뺌(처음: {_place(m[2])}, {_said(m[3], _WRONG)})",
    ),
    (_form(r"([\d,]+) blank texts? dropped \(rows? (.*)\)"), r"빈 글 \1건을 뺌(\2행)"),
    (_form(r"([\d,]+) blank texts? kept \(rows? (.*)\)"), r"빈 글 \1건을 그대로 둠(\2행)"),
    (
        _form(r"labels (.*) differ only in spaces, case or composition; they are kept apart"),
        lambda m: f"레이블 {m[1].replace(' and ', ', ')}: 공백, 대소문자, 자모 조합만 다르며 서로 다른 레이블로 둠",
    ),
    (
        _form(r"labels such as (.*) look like several in one: --label-sep (.*) would make ([\d,]+) labels of ([\d,]+)"),
        r"\1 같은 레이블은 여러 레이블을 한 칸에 적은 듯: --label-sep \2로 나누면 \4개가 \3개가 됨",
    ),
    (
        _form(r"labels such as (.*) look like lists written as text: .*"),
        r"\1 같은 레이블은 목록을 글로 적은 듯: 한 글자로 이어 적고 --label-sep으로 알려 줄 것",
    ),
    (_form(r"([\d,]+) files? passed over: not \.txt"), r".txt가 아닌 파일 \1개는 읽지 않음"),
    (
        _form(r"([\d,]+) (test|held-out) rows have labels that training never saw, and count as wrong: (.*)"),
        lambda m: (
            f"{'시험 데이터' if m[2] == 'test' else '따로 떼어 둔 데이터'} {m[1]}건은 학습에 없던 레이블이어서 "
            f"틀린 것으로 셈: {m[3]}"
        ),
    ),
    (_form(r"test: (.*)"), lambda m: f"시험 파일: {note_in_korean(m[1])}"),
    (_form(r"((?:row|line|file) [^:]*): (.*)"), lambda m: f"{_place(m[1])}: {_said(m[2], _WRONG)}"),
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
