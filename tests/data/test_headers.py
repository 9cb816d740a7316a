"""Headers as programs write them and people mangle them: each is read right, or refused in a line that says why."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from sadari.data.corpus import Corpus
from sadari.data.formats.encodings.encoding import open_stream
from sadari.data.read import open_source
from sadari.data.train_data import gather
from sadari.errors import DataError
from sadari.messages import render
from written import written

ROWS = [(f"a text, the {i}th of them, on {'tea' if i % 2 else 'tax'}", "ab"[i % 2]) for i in range(12)]
TEXTS, LABELS = [text for text, _ in ROWS], [label for _, label in ROWS]


QUALTRICS = ['"{""ImportId"":""QID1_TEXT""}"', '"{""ImportId"":""QID2"",""timeZone"":""Etc/UTC""}"']


def write(folder: Path, content: str, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode())
    return path


def table(header: str, row: str = '"{text}",{label}', end: str = "\n") -> str:
    return (
        end.join([header, *(row.format(i=i, text=text, label=label) for i, (text, label) in enumerate(ROWS, 1))]) + end
    )


def read(path: Path, **options: Any) -> tuple[list[str], list[str]]:
    corpus = open_source(path, **options).read()
    assert corpus.labels is not None
    return corpus.texts.to_list(), corpus.labels.to_list()


def error_of(path: Path, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        open_source(path, **options).read()
    return str(caught.value)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ('"text","label"', '"{i}","{text}","{label}"'),  # R, write.table(sep=",")
        ('"text","label"', '"doc{i}","{text}","{label}"'),
        ('"","text","label"', '"{i}","{text}","{label}"'),  # R, write.csv
        ('"words","kind"', '"{i}","{text}","{label}"'),
        (",words,kind", '{i},"{text}",{label}'),  # pandas
        (",0,1", '{i},"{text}",{label}'),
        ("0,1", '"{text}",{label}'),
        (",top,top\n,text,label", '{i},"{text}",{label}'),  # pandas, columns of two levels
        ("words,kind,,,", '"{text}",{label},,,'),
        ("v1,v2,,", '{label},"{text}",,'),  # a spreadsheet's empty columns
        ("words,kind,", '"{text}",{label}'),
        ("words,kind", '"{text}",{label},'),
        ("words,,kind", '"{text}",,{label}'),
        ("words,source,kind", '"{text}",web,{label}'),
        ("words,kind,added", '"{text}",{label},2024-01-0{i}'),
        ("id,words,kind,share", '{i},"{text}",{label},"0,{i}"'),
        ("id,text,label,id", '{i},"{text}",{label},{i}'),
        ("sep=;\nwords;kind", '"{text}";{label}'),  # Excel
        ("A survey of 2024,\n,\nwords,kind", '"{text}",{label}'),
        ("A survey\nid,words,kind", '{i},"{text}",{label}'),
        ("id, text, label", '{i}, "{text}", {label}'),  # a space after each comma
        ("words, kind", '"{text}" , {label}'),
        ("words,kind", "'{text}',{label}"),
        ("words,\tkind", '"{text}",\t"{label}"'),  # a tab after each comma
        ('"text" "label"', '"{i}" "{text}" "{label}"'),  # R, write.table as it comes
        ('"words" "count" "kind"', '"doc{i}" "{text}" {i} "{label}"'),
        ('"words" "kind"', '"{text}" "{label}"'),
        ("text,label\n------,-----", '"{text}",{label}'),  # sqlcmd
        ("| text | label |\n|------|:-----:|", "|{text}|{label}|"),  # Markdown
        ("| text | label |\n|------+-------|", "|{text}|{label}|"),  # Org
        (" text | label \n------+-------", "{text}|{label}"),  # psql
        ("| text | label |\n|------|:-----:|", "| {text}   |  {label}  |"),
        (" text      | label \n-----------+-------", " {text}   | {label} "),
        (" id | words | kind\n----+-------+-----", " {i} | {text} | {label}"),
        ("id   ,text          ,label\n-----,--------------,-----", '{i}    ,"{text}"  ,{label}    '),
        ("Q1,Q2\nWhat do you say?,Who says it?\n" + ",".join(QUALTRICS), '"{text}",{label}'),
        ('"Q1","Q2"\n"What do you say\nto that?","Who?"\n' + ",".join(QUALTRICS), '"{text}","{label}"'),
        ("Q1\tQ2\n" + "\t".join(QUALTRICS), "{text}\t{label}"),
        ("Respondent ID,What?,Who?\n,Open-Ended Response,Response", '{i},"{text}",{label}'),  # SurveyMonkey
        (",top,top\n,text,label\nid,,", '{i},"{text}",{label}'),  # pandas, with the index's name
        ("내용,분류", '"{text}",{label}'),
        ("レビュー,カテゴリ", '"{text}",{label}'),
        ('Timestamp,"What do you think of it, all in all?",Group', '2024/01/02 3:04:05 PM GMT+9,"{text}",{label}'),
        ("words,url,kind", '"{text}",https://example.org/a/very/long/path/of/a/page/that/nobody/reads/{i},{label}'),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\r", "\r\r\n"])  # the last: Windows, of what had CR LF
def test_columns_are_found(tmp_path: Path, header: str, row: str, end: str) -> None:
    path = write(tmp_path, table(header.replace("\n", end), row, end))
    assert read(path) == (TEXTS, LABELS)


def test_row_names_are_said(tmp_path: Path) -> None:
    path = write(tmp_path, table('"text","label"', '"{i}","{text}","{label}"'))
    for need_label in (True, False):
        source = open_source(path, need_label=need_label)
        assert source.columns == ["row names", "text", "label"]
        assert any("row names" in note for note in written(source.notes))
        assert source.read().texts.to_list() == TEXTS


@pytest.mark.parametrize(
    ("header", "row", "what"),
    [
        ("text,label", "{text},{label}", "names 2 columns, and most rows have 4 fields"),
        ("text,label", "a start {i}, and an end,{label}", "names 2 columns, and most rows have 3 fields"),
        ("text,label,source", '"{text}",{label}', "names 3 columns, and most rows have 2 fields"),
    ],
)
def test_header_that_does_not_fit(tmp_path: Path, header: str, row: str, what: str) -> None:
    message = error_of(write(tmp_path, table(header, row)))
    assert what in message
    assert "--no-header" in message


@pytest.mark.parametrize("again", ["text,label", "Text,LABEL", '"text","label"', "\ufefftext,label", " text , label "])
def test_header_in_the_middle_is_a_bad_row(tmp_path: Path, again: str) -> None:
    content = table("text,label")
    path = write(tmp_path, content + content.replace("text,label", again, 1))
    message = error_of(path)
    assert "row 13 (line 14)" in message
    assert "header" in message
    source = open_source(path, on_bad_row="skip")
    assert source.read().label_names == ["a", "b"]
    assert (source.count_rows(), source.skipped) == (24, 1)


def test_header_in_the_middle_in_another_order_is_never_skipped(tmp_path: Path) -> None:
    path = write(tmp_path, table("text,label") + table("label,text", '{label},"{text}"'))
    for mode in ("error", "skip"):
        message = error_of(path, on_bad_row=mode)
        assert "row 13 (line 14)" in message
        assert "another order" in message


def test_texts_equal_to_a_name_are_rows(tmp_path: Path) -> None:
    path = write(tmp_path, "text,label\ntext,a\nlabel,b\nother,label\ntext,b\n")
    assert read(path) == (["text", "label", "other", "text"], ["a", "b", "label", "b"])


@pytest.mark.parametrize("values", ["", "web"])
def test_column_without_two_values_is_no_label(tmp_path: Path, values: str) -> None:
    message = error_of(write(tmp_path, table("words,source", f'"{{text}}",{values}')))
    assert "no label column found" in message
    assert "not two values" in message


def test_label_of_one_value_by_its_name_gives_way(tmp_path: Path) -> None:
    path = write(tmp_path, table("text,label,category", '"{text}",,{label}'))
    assert read(path) == (TEXTS, LABELS)


def test_name_that_stands_twice(tmp_path: Path) -> None:
    path = write(tmp_path, table("label,text,label", 'x,"{text}",{label}'))
    message = error_of(path)
    assert "'label' twice (columns 1 and 3)" in message
    assert "twice" in error_of(path, label="label")
    assert read(path, label="3") == (TEXTS, LABELS)


def test_numbers_of_rows_are_no_label(tmp_path: Path) -> None:
    assert "no label column" in error_of(write(tmp_path, table("words,kind", '"{text}",{i}')))


@pytest.mark.parametrize(
    "rows",
    [
        ["I was charged twice for a ticket,fraud"] + [f"hello my dear friend {i},ham" for i in range(30)],
        ["I love it,good"] * 3 + ["I hate it,bad"] * 9,
        ["yes,a", "no,b", "maybe,a", "never,b"] * 3,
    ],
)
def test_first_row_without_header_stays(tmp_path: Path, rows: list[str]) -> None:
    path = write(tmp_path, "\n".join(rows))
    assert read(path) == ([row.split(",")[0] for row in rows], [row.split(",")[1] for row in rows])


def test_cr_rows_with_line_feeds_in_cells(tmp_path: Path) -> None:
    content = table("text,label", '"{text}\nsecond line",{label}', "\r")
    for last in (content, content[:-1] + "\n"):
        assert read(write(tmp_path, last)) == ([f"{text}\nsecond line" for text in TEXTS], LABELS)
    assert read(write(tmp_path, table("text,label", '"{text}\rsecond line",{label}'))) == (
        [f"{text}\rsecond line" for text in TEXTS],
        LABELS,
    )


def test_cr_rows_with_both_in_cells(tmp_path: Path) -> None:
    path = write(tmp_path, table("text,label", '"{text}\r\nsecond\rthird",{label}', "\r"))
    assert read(path) == ([f"{text}\r\nsecond\nthird" for text in TEXTS], LABELS)
    stream = open_stream(path)
    whole = path.read_bytes().replace(b"\r\n", b"--").replace(b"\r", b"\n").replace(b"--", b"\r\n")
    for size in range(1, 40):
        blocks = list(stream.blocks(size))
        assert b"".join(blocks) == whole
        assert all(blocks)


def test_several_returns_before_a_line_feed_end_one_line(tmp_path: Path) -> None:
    rows = "".join(f'{{"text": "{text}", "label": "{label}"}}\r\r\n' for text, label in ROWS)
    assert read(write(tmp_path, rows, "data.jsonl")) == (TEXTS, LABELS)
    rows = "".join(f"__label__{label} {text}\r\r\n" for text, label in ROWS)
    assert read(write(tmp_path, rows, "data.txt")) == (TEXTS, LABELS)


def test_rows_that_end_in_lf_cr(tmp_path: Path) -> None:
    path = write(tmp_path, table("text,label", '"{text}\nsecond\n\rthird",{label}', "\n\r"))
    assert read(path) == ([f"{text}\nsecond\nthird" for text in TEXTS], LABELS)
    stream = open_stream(path)
    for size in range(1, 40):
        assert b"".join(stream.blocks(size)) == path.read_bytes().replace(b"\n\r", b"\n")
    for name, line in (("a.jsonl", '{{"text": "{text}", "label": "{label}"}}'), ("a.txt", "__label__{label} {text}")):
        rows = "".join(line.format(text=text, label=label) + "\n\r" for text, label in ROWS)
        assert read(write(tmp_path, rows, name)) == (TEXTS, LABELS)


@pytest.mark.parametrize(("lines", "count"), [("What do you say?,Who says it?\n", 2), ("", 1)])
def test_second_lines_of_a_header_are_said(tmp_path: Path, lines: str, count: int) -> None:
    content = f"Q1,Q2\n{lines}{','.join(QUALTRICS)}\n" + "".join(f'"{text}",{label}\n' for text, label in ROWS)
    source = open_source(write(tmp_path, content))
    assert source.columns == ["Q1", "Q2"]
    assert any(note.startswith(f"{count} record{'s' * (count > 1)} below the header") for note in written(source.notes))
    corpus = source.read()
    assert (corpus.texts.to_list(), corpus.rows.tolist()) == (TEXTS, list(range(1, 13)))


@pytest.mark.parametrize(
    "row", ["Response,a", ",Response", '"{""ImportId"":1}",a', "What do you say?,Who says it?", "idle,"]
)
def test_rows_like_second_lines_stay(tmp_path: Path, row: str) -> None:
    """No row is lost: one that is not known for a header's is a row, or a bad one."""
    content = "text,label\n" + row + "\n" + "".join(f'"{text}",{label}\n' for text, label in ROWS)
    source = open_source(write(tmp_path, content), on_bad_row="skip")
    assert len(source.read()) + source.skipped == len(ROWS) + 1


@pytest.mark.parametrize("above", ["text\n", "\n", "text,label\n", "A survey\n\n"])
def test_first_row_that_is_too_long(tmp_path: Path, above: str) -> None:
    for text in ("a word " * 1_300_000, "x" * (9 << 20)):
        message = error_of(write(tmp_path, above + text + "\n"), need_label=False)
        assert f"line {above.count(chr(10)) + 1}" in message
        assert "the record is longer than 8 MiB" in message


def test_first_row_that_is_long(tmp_path: Path) -> None:
    text = "a word " * 1_190_000  # 8.3 MB, and the limit is 8 MiB
    for above in ("", "text\n"):
        texts = open_source(write(tmp_path, above + text + "\n"), need_label=False).read().texts.to_list()
        assert texts == [text]
    assert read(write(tmp_path, "text,label\n" + "\n" * 300_000 + "one,a\ntwo,b\n")) == (["one", "two"], ["a", "b"])


@pytest.mark.parametrize("hostile", ["{}x,a", "a,{}x", "a\t{}x", "{}", "a,b\n{}x,a", '"a"{}x'])
@pytest.mark.parametrize("run", ["-", "\t", " ", "\r", "| ", '" '])
def test_long_runs_in_the_first_lines_take_no_time(tmp_path: Path, hostile: str, run: str) -> None:
    path = write(tmp_path, hostile.format(run * 150_000) + "\n" + "b,c\n" * 3)
    began = time.process_time()
    with suppress(DataError):
        open_source(path, need_label=False)
    assert time.process_time() - began < 10  # a second at most; quadratic: minutes


def test_words_of_dashes_are_rows(tmp_path: Path) -> None:
    path = write(tmp_path, "text,label\n--,a\n" + "".join(f'"{text}",{label}\n' for text, label in ROWS))
    assert read(path) == (["--", *TEXTS], ["a", *LABELS])


@pytest.mark.parametrize(
    ("line", "name"), [('{{"text": "{text}", "label": "{label}"}}', "jsonl"), ("__label__{label} {text}", "fasttext")]
)
def test_lines_of_another_format_under_the_name_of_a_table(tmp_path: Path, line: str, name: str) -> None:
    path = write(tmp_path, "".join(line.format(text=text, label=label) + "\n" for text, label in ROWS))
    assert f"pass --format {name}" in error_of(path)
    assert read(path, format=name) == (TEXTS, LABELS)
    assert len(read(write(tmp_path, table("text,label", "{{{i}}} tea,{label}")))[0]) == len(ROWS)


def test_mixed_line_ends(tmp_path: Path) -> None:
    assert read(write(tmp_path, table("text,label") + "last,a\r\nlast,b\n")) == (
        [*TEXTS, "last", "last"],
        [*LABELS, *"ab"],
    )
    message = error_of(write(tmp_path, table("text,label") + "last,a\rlast,b\r"))
    assert "row 13 (line 14)" in message
    assert "line ends mixed" in message


# --- labels that are several in one field


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (["c|d", "a", "a|b", "b|c", "d", "a|d", "c"], "--label-sep '|' would make 4 labels of 7"),
        (["x; y", "y; z", "x; z", "x"], "--label-sep ';' would make 3 labels of 4"),
        (["['a', 'b']", "['a']", "['b']", "[]"], "lists written as text"),
        (["World", "Sci/Tech", "Sports"], None),
        (["sport/tennis", "sport/golf", "news/local", "news/world"], None),
        (["a|b", "c"], None),
    ],
)
def test_several_labels_in_one_field_are_pointed_out(tmp_path: Path, labels: list[str], says: str | None) -> None:
    rows = "".join(f'some text {i},"{label}"\n' for i, label in enumerate(labels * 3))
    path = write(tmp_path, "text,label\n" + rows)
    notes = [note for note in written(open_source(path).read().notes) if note.startswith("labels such as")]
    assert len(notes) == (says is not None)
    assert says is None or says in notes[0]
    if says and "'|'" in says:
        assert open_source(path, label_sep="|").read().label_names == ["a", "b", "c", "d"]
        korean = [render(note, "ko") for note in open_source(path).read().notes]
        assert any(note.endswith("나누면 7개가 4개가 됨") for note in korean)


@pytest.mark.parametrize("stream", [False, True])
def test_training_on_two_labels_of_which_one_has_one_row(tmp_path: Path, stream: bool) -> None:
    path = write(tmp_path, "text,label\n" + "".join(f"text {i},{'fraud' if i == 7 else 'ham'}\n" for i in range(25)))
    with pytest.raises(DataError, match="row 8: label 'fraud' stands in this row alone"):
        gather(open_source(path), validation=0.1, seed=0, keep_duplicates=False, stream=stream, say=lambda said: None)


def test_many_labels_are_counted_without_a_table_of_all() -> None:
    names = pl.Series([f"label {i}" for i in range(100_000)])
    corpus = Corpus(names, names, np.arange(100_000), "memory")
    assert set(corpus.counts.values()) == {1}
    assert len(corpus.counts) == 100_000


def test_quotes_behind_backslashes_are_no_missing_rows(tmp_path: Path) -> None:
    message = error_of(write(tmp_path, table("text,label", '"He said \\"{text}\\" and left",{label}')))
    assert "text follows a closing quote" in message
    assert "double a quote" in message
