"""Which encoding a file is in: right, or refused with the right one among the candidates, and never silently wrong."""

from __future__ import annotations

import csv
import os
import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest

import sadari
from encodings_texts import sentences, table
from sadari.data.formats.encodings.encoding import UnclearEncodingError, foreign_lines, open_stream
from sadari.data.formats.encodings.guess import judge
from sadari.data.parallel.read import read_parallel
from sadari.data.plain_text import PlainText
from sadari.data.read import open_source
from sadari.errors import DataError
from sadari.vectors.formats.files import read_vectors
from written import written

HEADLINES = Path(sadari.__file__).parent / "data" / "headlines"
ROWS = (1, 1, 2, 3, 5, 8, 12, 20, 50, 100, 250, 500)
KINDS = [
    ("Korean headlines", "cp949"),
    ("Chinese", "gbk"),
    ("Chinese", "gb18030"),
    ("traditional Chinese", "big5"),
    ("traditional Chinese", "gbk"),
    ("Japanese", "shift_jis"),
    ("Japanese", "euc_jp"),
    ("half-width Japanese", "cp932"),
    ("half-width Japanese", "euc_jp"),
    ("English", "cp1252"),
    ("Spanish", "cp1252"),
    ("Portuguese", "cp1252"),
    ("Nordic", "cp1252"),
    ("Catalan", "cp1252"),
    ("Icelandic", "cp1252"),
    ("Polish", "cp1250"),
    ("Vietnamese", "cp1258"),
    ("Czech", "cp1250"),
    ("Czech", "iso8859-2"),
    ("Turkish", "cp1254"),
    ("Russian", "cp1251"),
    ("Russian", "koi8-r"),
    ("Russian", "cp866"),
    ("Greek", "cp1253"),
    ("Hebrew", "cp1255"),
    ("Arabic", "cp1256"),
    ("Thai", "tis-620"),
]
TAKEN = ("gbk", "gb18030", "big5", "shift_jis", "cp932", "euc_jp", "cp1252")
REAL = [
    ("Korean questions", "cp949"),
    ("Korean questions", "euc-kr"),
    ("English captions", "cp1252"),
    ("German captions", "cp1252"),
    ("German captions", "mac-roman"),
    ("German captions", "cp850"),
    ("French captions", "cp1252"),
    ("French captions", "iso8859-15"),
]
ENGLISH = [
    "the tea’s cold",
    "it isn’t what we’d said",
    "“no comment”, the mayor said",
    "a £5 note – or €6",
    "they’ll win the cup",
    "an old café’s menu",
    "“it’s late”, she said",
    "we’re naïve – aren’t we?",
    "the players’ bus",
    "the captain’s heat",
]


@pytest.fixture(scope="module")
def data_folder() -> Path:
    folder = os.environ.get("SADARI_DATA")
    if not folder or not Path(folder, "multi30k").is_dir():
        pytest.skip("real corpora: set SADARI_DATA to their folder")
    return Path(folder)


def curled(text: str, draw: random.Random) -> str:
    """A text with the quotes that Word makes, somewhere in it."""
    words = text.split()
    at = draw.randrange(len(words))
    words[at] = draw.choice([f"{words[at]}’s", f"“{words[at]}”", f"{words[at]} – it isn’t"])
    return " ".join(words)


def made(kind: str, rows: int, draw: random.Random, data: Path | None) -> tuple[list[str], list[str]]:
    """Texts of a kind, and labels in the same language."""
    if kind == "Korean headlines":
        with (HEADLINES / "ko_train.csv").open(encoding="utf-8", newline="") as stream:
            return draw.sample([" ".join(row) for row in csv.reader(stream)][1:], min(rows, 400)), ["정치", "경제"]
    if kind == "English":
        return [f"{draw.choice(ENGLISH)} {draw.randrange(100)}" for _ in range(rows)], ["food", "sport"]
    if data is None:
        return sentences(kind, rows, draw)
    if kind == "Korean questions":
        with (data / "chatbot_ko" / "ChatbotData.csv").open(encoding="utf-8-sig", newline="") as stream:
            return draw.sample([row["Q"] for row in csv.DictReader(stream)], rows), ["일상", "이별", "사랑"]
    language = {"English captions": "en", "German captions": "de", "French captions": "fr"}[kind]
    lines = draw.sample((data / "multi30k" / f"train.{language}").read_text("utf-8").splitlines(), rows)
    if language == "en":
        return [curled(line, draw) for line in lines], ["food", "sport"]
    return lines, ["Fußball", "Küche"] if language == "de" else ["économie", "santé"]


# The message names no candidate: these encodings are not known; all that is asked is that they are not taken.
UNKNOWN = [
    ("Korean headlines", "johab"),
    ("Russian", "cp855"),
    ("Polish", "cp852"),
    ("Turkish", "cp857"),
    ("Turkish", "mac-turkish"),
    ("Greek", "cp737"),
    ("Greek", "mac-greek"),
    ("Hebrew", "cp862"),
    ("Arabic", "iso8859-6"),
    ("English", "cp500"),
    ("Nordic", "cp437"),
]


def outcome(kind: str, encoding: str, number: int, data: Path | None = None) -> str:
    """What becomes of one made file: "right", "named" among the candidates, "lost", or "WRONG"."""
    draw = random.Random(f"{kind} {number}")
    content = table(*made(kind, draw.choice(ROWS), draw, data), draw)
    content = unicodedata.normalize("NFD" if encoding == "cp1258" else "NFC", content)
    raw = content.encode(encoding, "ignore")
    text = raw.decode(encoding)
    if text.isascii():
        return "right"
    best, possible = judge(foreign_lines([raw]))
    if best is not None:
        return "right" if raw.decode(best.codec, "replace") == text else "WRONG"
    return "named" if any(raw.decode(other.codec, "replace") == text for other in possible) else "lost"


def counts(kind: str, encoding: str, files: int, data: Path | None = None) -> dict[str, int]:
    found = [outcome(kind, encoding, number, data) for number in range(files)]
    return {name: found.count(name) for name in ("right", "named", "lost", "WRONG")}


def check(kind: str, encoding: str, found: dict[str, int]) -> None:
    files = sum(found.values())
    assert found["WRONG"] == found["lost"] == 0, found
    if encoding in ("cp949", "euc-kr"):
        assert found["right"] == files, found
    elif encoding in TAKEN:
        assert found["right"] >= 0.7 * files, found  # to refuse everything would be no guess at all


@pytest.mark.parametrize(("kind", "encoding"), KINDS)
def test_a_file_is_read_right_or_refused_by_name(kind: str, encoding: str) -> None:
    check(kind, encoding, counts(kind, encoding, 12))


@pytest.mark.parametrize(("kind", "encoding"), UNKNOWN)
def test_an_encoding_that_is_not_known_is_not_taken_for_another(kind: str, encoding: str) -> None:
    assert counts(kind, encoding, 12)["WRONG"] == 0


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "encoding"), KINDS)
def test_three_hundred_files_of_each(kind: str, encoding: str) -> None:
    check(kind, encoding, counts(kind, encoding, 300))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "encoding"), REAL)
def test_three_hundred_files_of_real_texts(kind: str, encoding: str, data_folder: Path) -> None:
    check(kind, encoding, counts(kind, encoding, 300, data_folder))


def refused(path: Path, **options: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        open_source(path, **options).read()
    return caught.value


def test_words_alone_are_korean_where_they_can_be() -> None:
    for word in ("한글", "좋아요", "영화 재미있음", "㈜삼성", "똠방각하", "서울특별시", "「소설」·시", "ㅋㅋ 웃겨요"):
        best, _ = judge(word.encode("cp949"))
        assert best is not None, word
        assert best.codec == "cp949", word


def test_korean_with_hanja_kana_and_marks(tmp_path: Path) -> None:
    rows = [
        "美·中 정상회담, 北 「도발」 경고,정치",
        "おはよう는 일본말로 아침 인사,문화",
        "李 대통령 “경제 살리겠다”…野 반발,정치",
    ]
    (tmp_path / "a.csv").write_bytes("\n".join(["제목,분류", *(f'"{r[:-3]}",{r[-2:]}' for r in rows)]).encode("cp949"))
    source = open_source(tmp_path / "a.csv")
    assert source.encoding == "cp949"
    assert "encoding: CP949 (not UTF-8; read so, it is Korean)" in written(source.notes)


def test_the_first_byte_that_is_no_ascii_may_be_far(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\n" + b"plain ascii,a\n" * 700_000 + "这家餐馆的汤味道太咸了,饮食\n".encode("gbk"))
    source = open_source(path)
    assert source.encoding == "gb18030"
    assert source.read().texts[-1] == "这家餐馆的汤味道太咸了"


def test_a_byte_that_tells_two_encodings_apart_is_looked_for() -> None:
    """ISO 8859-15 has € where CP1252 has ¤; it stands in the last of many lines."""
    lines = ["l’été à la télé".replace("’", "'")] * 20_000 + ["il a payé 5 €"]
    sample = foreign_lines(["\n".join(lines).encode("iso8859-15")])
    assert "payé 5 €" in sample.decode("iso8859-15")
    assert len(sample) < 200_000


def test_a_long_line_without_an_end(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(("这家餐馆的汤味道太咸了面包也不新鲜，" * 60_000).encode("gbk"))
    text = PlainText(tmp_path / "a.txt")
    assert text.read().startswith("这家餐馆")
    assert any("GB18030" in note for note in written(text.notes))


def test_a_damaged_file_names_its_line_and_is_never_read_as_another(tmp_path: Path) -> None:
    korean = "한글 문장입니다,가\n" * 50
    for encoding, name in (("cp949", "CP949"), ("utf-8", "UTF-8")):
        for broken in (b"\xff", b"\x80\n", b"\xc7 "):
            path = tmp_path / "a.csv"
            path.write_bytes(b"text,label\n" + korean.encode(encoding) + broken + b"x,a\n" + korean.encode(encoding))
            error = refused(path)
            assert "line 52" in str(error)
            assert f"is not valid {name}" in str(error)
            assert "--encoding" in str(error)


def test_two_encodings_in_one_file(tmp_path: Path) -> None:
    rows = ["한글 문장입니다,가\n".encode()] * 40 + ["한글 문장입니다,가\n".encode("cp949")]
    (tmp_path / "a.csv").write_bytes(b"text,label\n" + b"".join(rows))
    assert "line 42 is not valid UTF-8" in str(refused(tmp_path / "a.csv"))


def test_what_is_in_doubt_shows_what_each_encoding_would_make_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"text,label\n" + "你好,a\n".encode("gbk"))
    error = refused(tmp_path / "a.csv")
    assert isinstance(error, UnclearEncodingError)
    assert "gb18030 reads “你好”; cp949 reads “콱봤”" in error.what
    assert "--encoding gb18030, --encoding cp949" in str(error.hint)
    assert open_source(tmp_path / "a.csv", encoding="gb18030").read().texts[0] == "你好"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("iso2022_jp", "とても美味しい"), ("iso2022_jp_ext", "ｶﾀｶﾅ です"), ("iso2022_kr", "정말 맛있다")],
)
@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
def test_encodings_whose_bytes_are_all_ascii(tmp_path: Path, encoding: str, text: str, name: str) -> None:
    (tmp_path / name).write_bytes(f'text,label\n"{text}",a\n"{text} B, 2",b\n'.encode(encoding))
    source = open_source(tmp_path / name)
    assert source.encoding == encoding
    assert f"encoding: {encoding.upper()}, by its escape sequences" in written(source.notes)
    assert source.read().texts.to_list() == [text, f"{text} B, 2"]
    (tmp_path / name).write_bytes(b"text,label\n\x1b$B is no Japanese,a\nnor this,b\n")
    assert open_source(tmp_path / name).encoding == "utf-8"


@pytest.mark.parametrize(
    ("encoding", "texts"),
    [
        ("utf-7", ["오늘 날씨가 좋네요", "음식이 맛있다", "1 + 1 = 2"]),
        ("utf-7", ["l'été à la télé", "très naïf", "une fenêtre"]),
        ("utf-7", ["今天天气很好", "球队赢得了比赛", "你好"]),
        ("hz", ["今天天气很好", "球队赢得了比赛", "~ 你好 ~"]),
    ],
)
def test_encodings_that_shift(tmp_path: Path, encoding: str, texts: list[str]) -> None:
    content = "text,label\n" + "".join(f'"{text}",{"ab"[i % 2]}\n' for i, text in enumerate(texts))
    (tmp_path / "a.csv").write_bytes(content.encode(encoding))
    source = open_source(tmp_path / "a.csv")
    assert f"encoding: {encoding.upper()}, by its escape sequences" in written(source.notes)
    assert source.read().texts.to_list() == texts


def test_quotes_as_utf_7_may_write_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"text,label\n+ACI-a+AF8-b+ACI-,x\n+ACI-b +AD0 c, d+ACI-,y\n")
    assert open_source(tmp_path / "a.csv").read().texts.to_list() == ["a_b", "b = c, d"]


@pytest.mark.parametrize(
    "text",
    [
        "call +82-10-1234-5678, +1-202- or +420- +100- +120- +108-",
        "NAME+AGE-SEX",
        "A+B-C, C++, g++- and +-",
        "tax +tea- +tip- +top- +AGE- +ACE- +ACT-",
        "a ~{x~} b ~{yy~} c ~{zzzz~}",
        "Nf3+ Kd7 +AGE- +AGI- it is a + b",
    ],
)
def test_plus_signs_are_no_utf_7(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(f'text,label\n"{text}",a\n"{text} 2",b\n', "utf-8")
    source = open_source(tmp_path / "a.csv")
    assert source.encoding == "utf-8"
    assert source.read().texts.to_list() == [text, f"{text} 2"]


@pytest.mark.parametrize("rows", [1, 3, 12, 60])
@pytest.mark.parametrize("text", ["two words\xa0here", "A line.\xa0 Another", "in\xadter\xadnational news", "20 °C"])
def test_one_mark_of_cp1252_and_no_letter(tmp_path: Path, text: str, rows: int) -> None:
    lines = [f"{text} {'of the old town ' * (i % 3)}{i}" for i in range(rows)]
    (tmp_path / "a.csv").write_bytes(("text,label\n" + "".join(f"{line},a\n" for line in lines)).encode("cp1252"))
    source = open_source(tmp_path / "a.csv")
    assert source.encoding == "cp1252"
    assert source.read().texts.to_list() == lines


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_no_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    for name, content in (
        ("a.csv", "text,label\n한글 문장,가\n둘째 문장,나\n"),
        ("a.jsonl", '{"text": "한글 문장", "label": "가"}\n{"text": "둘째 문장", "label": "나"}\n'),
        ("a.txt", "한글 문장\n둘째 문장\n"),
    ):
        (tmp_path / name).write_bytes(content.encode(encoding))
        source = open_source(tmp_path / name, need_label=False)
        assert source.encoding == encoding
        assert f"encoding: {encoding.upper()}, without a byte order mark" in written(source.notes)
        assert source.read().texts.to_list() == ["한글 문장", "둘째 문장"]
    assert PlainText(tmp_path / "a.txt").read() == "한글 문장\n둘째 문장\n"
    (tmp_path / "en").write_text("a sentence\nthe second\n", encoding="utf-8")
    assert len(read_parallel(tmp_path / "en", tmp_path / "a.txt")) == 2
    (tmp_path / "a.vec").write_bytes("한글 1 2\n단어 3 4\n".encode(encoding))
    vectors = read_vectors(tmp_path / "a.vec")
    assert vectors.words == ["한글", "단어"]
    assert str(vectors.notes[0]) == f"encoding: {encoding.upper()}, without a byte order mark"
    (tmp_path / "b.vec").write_bytes("2 2\n한글 1 2\n단어 3 4\n".encode(encoding))
    assert read_vectors(tmp_path / "b.vec").words == ["한글", "단어"]


@pytest.mark.parametrize(
    ("encoding", "words"),
    [("cp949", ["한글", "단어", "그리고"]), ("gbk", ["我们", "这个", "时候"]), ("cp1252", ["café", "für", "naïve"])],
)
def test_words_of_vectors(tmp_path: Path, encoding: str, words: list[str]) -> None:
    (tmp_path / "a.vec").write_bytes("".join(f"{word} 1 2.5\n" for word in words).encode(encoding))
    vectors = read_vectors(tmp_path / "a.vec")
    assert vectors.words == words
    assert str(vectors.notes[0]).startswith("encoding: ")


def test_names_of_classes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("label,text\n1,주가가 올랐다\n2,이겼다\n".encode("cp949"))
    for content in ("경제\n체육\n".encode("cp949"), "경제\n체육\n".encode("utf-16-le"), "경제\r\n체육\r\n".encode()):
        (tmp_path / "classes.txt").write_bytes(content)
        source = open_source(tmp_path / "a.csv")
        assert list(source.label_order) == ["경제", "체육"]
    (tmp_path / "classes.txt").write_bytes("你\n好\n".encode("gbk"))  # too little to be told, but by its neighbour
    (tmp_path / "a.csv").write_bytes("label,text\n1,股票市场大幅下跌\n2,球队赢得了比赛\n".encode("gbk"))
    source = open_source(tmp_path / "a.csv")
    assert list(source.label_order) == ["你", "好"]
    assert "label names from classes.txt (GB18030 (GBK)): 你, 好" in written(source.notes)


def test_a_folder_of_files_that_say_little_alone(tmp_path: Path) -> None:
    words = ["你好", "汤太咸了", "面包不新鲜", "球队赢了", "医生建议", "价格便宜", "非常满意"]
    for number, word in enumerate(words):
        path = tmp_path / ("good" if number % 2 else "bad") / f"{number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(word.encode("gbk"))
    with pytest.raises(UnclearEncodingError):
        open_stream(tmp_path / "bad" / "0.txt")
    source = open_source(tmp_path)
    assert sorted(source.read().texts.to_list()) == sorted(words)
    assert "encoding: 7 files read as GB18030 (GBK), the others as UTF-8" in written(source.notes)
