"""What reading and the audit say in English is said in Korean as well: sentence by sentence, from real files."""

import re

import pytest

from sadari import audit, open_source
from sadari.messages import Message, message, render
from written import written

MESSY = (
    '번호,내용,분류,\n1,배가 고프다,일상,\n2,"헤어졌다\n정말로",이별,\n3,,일상,\n4,  ,이별,\n5,너무 좋다,일상 ,\n'
    '6,이상하다,이별\n7,또 배가 고프다,일상,\n8,또 "배가" 고프다,일상,\n9,배가 고프다,이별,\n10,너무 좋다,일상 ,\n'
)


def notes_of(path, **options):
    source = open_source(path, on_bad_row="skip", **options)
    return source.read().notes


def test_notes_of_a_test_file():
    assert written([message("test: {note}", note=message("delimiter: {name}", name=message("semicolon")))], "ko") == [
        "테스트 데이터: 구분자: 세미콜론"
    ]


def check_korean(note: Message) -> None:
    """It is said in Korean: no English word is left but the names in it."""
    sentence, said = render(note, "en"), render(note, "ko")
    assert re.search("[가-힣]", said), sentence
    left = set(re.findall("[A-Za-z]{3,}", re.sub("“.*”", "", said))) - {"UTF", "BOM", "txt", "News", "class", "title"}
    assert left <= {"description", "alpha", "beta"}, (sentence, said)


@pytest.mark.parametrize(
    ("content", "name", "least"),
    [
        (MESSY.encode("cp949"), "a.csv", 7),
        (MESSY.replace(",", "\t").encode("utf-16"), "a.tsv", 6),
        ("내용;분류\n하나;가\n둘;나\n".encode(), "a.csv", 4),
        ("하나 둘,가\n둘 셋,나\n셋 넷,가\n".encode(), "a.csv", 3),
        (b'"3","alpha","beta"\n"1","one","more"\n', "a.csv", 1),
        ('{"글": "하나", "분류": "가"}\n{"글": "둘",\n{"글": "셋", "분류": "나"}\n'.encode(), "a.jsonl", 3),
    ],
    ids=["cp949", "utf-16", "semicolon", "no-header", "ag-news", "jsonl"],
)
def test_notes_on_reading(tmp_path, content, name, least):
    (tmp_path / name).write_bytes(content)
    notes = notes_of(tmp_path / name)
    assert len(notes) >= least, notes
    for note in notes:
        if name.endswith("jsonl") and "bad row" in note.id:
            said = render(note, "ko")
            assert said.startswith("읽을 수 없는 행 1개를 뺌(처음: 2번째 줄: ")  # what is wrong stays English
        else:
            check_korean(note)


def test_the_first_bad_row_is_named(tmp_path):
    (tmp_path / "a.csv").write_bytes(MESSY.encode("cp949"))
    said = written(notes_of(tmp_path / "a.csv", text="내용", label="분류"), "ko")
    assert "인코딩: CP949(UTF-8이 아니며, 이렇게 읽으면 한국어임)" in said
    assert "머리글: 번호, 내용, 분류, 4번째 열" in said
    assert "따옴표 안에 줄바꿈이 든 행 1개(처음: 2행(3번째 줄), 내용 열)" in said
    assert (
        "읽을 수 없는 행 2개를 뺌(처음: 3행(5번째 줄): 글이 없음(내용 열))" in said
    )  # not row 6, which has no fourth field
    assert any(one.startswith("빈 글 1건을 뺌(4행)") for one in said)


def test_findings_and_their_examples(tmp_path):
    """All that an audit finds in a bad file, with the names and the shares that its own sentences have."""
    rows = [f"{i % 7}번째 글입니다 {i},일상" for i in range(120)]
    rows += ["같은 글,일상", "같은 글,일상", "같은 글,이별", "🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂,이별", "a,일상 "]
    (tmp_path / "train.csv").write_text("\n".join(["내용,분류", *rows]) + "\n", encoding="utf-8")
    (tmp_path / "test.csv").write_text("내용,분류\n같은 글,알 수 없음\nnothing but Latin,일상\n", encoding="utf-8")
    corpora = [open_source(tmp_path / name).read() for name in ("train.csv", "test.csv")]
    found = audit(*corpora, unseen={"words": lambda texts: 0.25})
    said = {f.key: render(f.what, "ko") for f in found.findings}
    assert {"leaked_exact", "contradictions_training", "imbalance", "unseen_labels", "other_scripts"} <= set(said)
    for sentence in said.values():
        assert re.search("[가-힣]", sentence), said
        assert not re.search(r"\b(label|texts?|rows?|training|characters)\b", sentence), sentence
    assert "'일상'" in said["imbalance"]
    assert "F1" in said["imbalance"]
    assert said["unseen_words"] == "words: 이 토크나이저는 글자의 25.0%를 보지 못합니다"
    assert "한글" in said["other_scripts"]
    for finding in found.findings:
        for example in finding.examples:
            own, example = render(example, "ko"), render(example, "en")
            assert finding.key == "similar_labels" or own != example, example
            assert re.findall("“.*", own) == re.findall("“.*", example)  # the texts are the user's
