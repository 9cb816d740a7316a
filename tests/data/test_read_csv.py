"""Reading CSV: dialects, headers, columns, and every row that is not what it should be."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sadari.data.formats.csv import records as csv_records
from sadari.data.read import open_source
from sadari.errors import DataError, SettingError
from written import written


def write(folder: Path, content: str | bytes, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows_of(path: Path, **options: Any) -> tuple[list[str], list[str]]:
    corpus = open_source(path, **options).read(keep_blank=True)
    assert corpus.labels is not None
    return corpus.texts.to_list(), corpus.labels.to_list()


def error_of(path: Path, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        open_source(path, **options).read()
    return str(caught.value)


# --- AG News and the Korean chatbot: the real files


@pytest.fixture
def data_folder() -> Path:
    folder = os.environ.get("SADARI_DATA")
    if not folder or not Path(folder, "ag_news/test.csv").exists():
        pytest.skip("SADARI_DATA is not set, or has no ag_news")
    return Path(folder)


@pytest.mark.data
@pytest.mark.parametrize(
    "options", [{}, {"text": "title,description", "label": "class"}, {"text": "2,3", "label": "1"}]
)
def test_ag_news_layout_is_recognised_with_its_class_names(data_folder: Path, options: dict[str, Any]) -> None:
    source = open_source(data_folder / "ag_news/test.csv", **options)
    corpus = source.read()
    assert len(corpus) == 7600
    assert corpus.label_names == ["World", "Sports", "Business", "Sci/Tech"]
    assert corpus.counts == dict.fromkeys(corpus.label_names, 1900)
    assert corpus.texts[0].startswith("Fears for T N pension after talks Unions representing workers")
    assert any("no header" in note for note in written(source.notes))
    assert any("World, Sports, Business, Sci/Tech" in note for note in written(source.notes))


@pytest.mark.data
def test_ag_news_train_equals_what_the_csv_module_reads(data_folder: Path) -> None:
    path = data_folder / "ag_news/train.csv"
    corpus = open_source(path).read()
    with path.open(encoding="utf-8", newline="") as handle:
        expected = [" ".join(part for part in row[1:] if part) for row in csv.reader(handle)]
    assert corpus.texts.to_list() == expected


@pytest.mark.data
@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-8-sig", "utf-16"])
def test_korean_chatbot_reads_the_same_in_every_encoding(data_folder: Path, tmp_path: Path, encoding: str) -> None:
    original = data_folder / "chatbot_ko/ChatbotData.csv"
    copy = write(tmp_path, original.read_text("utf-8").encode(encoding))
    source = open_source(copy)
    assert (source.text_columns, source.label_column) == (["Q"], "label")
    corpus = source.read()
    expected = list(csv.DictReader(io.StringIO(original.read_text("utf-8"))))
    assert corpus.texts.to_list() == [row["Q"] for row in expected]
    assert corpus.labels is not None
    assert corpus.labels.to_list() == [row["label"] for row in expected]
    assert any("CP949" in note for note in written(source.notes)) == (encoding == "cp949")


# --- what a field may hold

fields = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(fields, fields, fields), min_size=1, max_size=20),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    block=st.integers(1, 64),
    batch=st.integers(1, 7),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_any_rows_the_csv_module_writes_are_read_back(
    tmp_path: Path,
    rows: list[tuple[str, ...]],
    delimiter: str,
    end: str,
    block: int,
    batch: int,
    quoting: int,
) -> None:
    """Any fields, delimiters, line ends, wherever the blocks of bytes are cut."""
    handle = io.StringIO(newline="")
    writer = csv.writer(handle, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(["first", "text", "last"])
    writer.writerows(rows)
    path = write(tmp_path, handle.getvalue())
    usual = csv_records.BLOCK_BYTES
    csv_records.BLOCK_BYTES = block
    try:
        source = open_source(path, text="text", need_label=False, delimiter=delimiter, header=True, on_bad_row="skip")
        batches = list(source.batches(batch))
    finally:
        csv_records.BLOCK_BYTES = usual
    # An empty field is a missing text unless it is in quotes, as QUOTE_ALL has it.
    kept = [i for i, row in enumerate(rows) if row[1] or quoting == csv.QUOTE_ALL]
    assert source.skipped == len(rows) - len(kept)
    assert [text for b in batches for text in b.texts] == [rows[i][1] for i in kept]
    assert [number - 1 for b in batches for number in b.rows] == kept
    assert [row for b in batches for row in b.frame.fill_null("").rows()] == [rows[i] for i in kept]
    assert all(0 < b.texts.len() <= batch for b in batches)


def test_frames_equal_those_of_polars(tmp_path: Path) -> None:
    content = 'id,text,label\n1,"a ""b"" c",x\n2,,y\n3,"",x\n4,"two\nlines",\n5, sp ,"""q"""\n'
    source = open_source(write(tmp_path, content), need_label=False, on_bad_row="skip", text="id")
    ours = pl.concat([batch.frame for batch in source.batches()])
    theirs = pl.read_csv(io.StringIO(content), infer_schema=False)
    assert ours.to_dicts() == theirs.to_dicts()


def test_newline_inside_quotes_is_text_and_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, 'text,label\n"one\ntwo",a\nthree,b\n"four\r\nfive",a\n')
    source = open_source(path)
    corpus = source.read()
    assert corpus.texts.to_list() == ["one\ntwo", "three", "four\r\nfive"]
    assert corpus.rows.tolist() == [1, 2, 3]
    assert any(
        "2 rows hold line breaks" in n and "row 1 (line 2)" in n and "'text'" in n for n in written(corpus.notes)
    )


@pytest.mark.parametrize("word", ["NA", "null", "None", "nan", "NULL", "N/A", "NaN", "#N/A", "-", "1e5", "01"])
def test_words_that_elsewhere_mean_missing_are_kept(tmp_path: Path, word: str) -> None:
    path = write(tmp_path, f"text,label\n{word},a\nother,{word}\n")
    assert rows_of(path) == ([word, "other"], ["a", word])


def test_labels_are_strings_exactly_as_written(tmp_path: Path) -> None:
    path = write(tmp_path, "text,label\na,01\nb,1\nc,Sport\nd,sport \ne,New York\nf,1.0\n")
    corpus = open_source(path).read()
    assert corpus.label_names == sorted(["01", "1", "Sport", "sport ", "New York", "1.0"])
    assert any("'Sport' and 'sport '" in note for note in written(corpus.notes))


def test_numeric_labels_sort_by_value(tmp_path: Path) -> None:
    path = write(tmp_path, "text,label\na,10\nb,9\nc,-1\nd,9\n")
    corpus = open_source(path).read()
    assert corpus.label_names == ["-1", "9", "10"]
    assert corpus.codes.tolist() == [2, 1, 0, 1]
    assert corpus.codes.dtype == "int32"


# --- missing and blank


@pytest.mark.parametrize(
    ("content", "place", "what"),
    [
        ("text,label\nfine,a\n,b\n", "row 2 (line 3)", "text is missing"),
        ("text,label\nfine,a\nalso,\n", "row 2 (line 3)", "label is missing"),
        ('text,label\nfine,a\nalso,"  "\n', "row 2 (line 3)", "label is missing"),
        ("text,label\nfine,1\nalso,\nmore,0\n", "row 2 (line 3)", "label is missing"),
    ],
)
def test_missing_text_or_label_is_an_error_with_its_row(tmp_path: Path, content: str, place: str, what: str) -> None:
    path = write(tmp_path, content)
    message = error_of(path)
    assert place in message
    assert what in message
    assert str(path) in message
    corpus = open_source(path, on_bad_row="skip").read()
    assert corpus.skipped == 1
    assert any("1 bad row left out" in note and place in note for note in written(corpus.notes))
    assert 2 not in corpus.rows


def test_blank_texts_are_kept_in_batches_and_dropped_from_a_corpus(tmp_path: Path) -> None:
    path = write(tmp_path, 'text,label\none,a\n"",b\n"  ",a\ntwo,b\n')
    source = open_source(path)
    assert [text for batch in source.batches() for text in batch.texts] == ["one", "", "  ", "two"]
    corpus = source.read()
    assert corpus.texts.to_list() == ["one", "two"]
    assert corpus.blank_rows.tolist() == [2, 3]
    assert any("2 blank texts dropped (rows 2, 3)" in note for note in written(corpus.notes))


def test_missing_texts_may_be_empty_ones(tmp_path: Path) -> None:
    path = write(tmp_path, 'text,label\n,a\none,b\n"",a\n')
    source = open_source(path, missing="empty")
    (batch,) = source.batches()
    assert batch.texts.to_list() == ["", "one", ""]
    assert batch.frame["text"].to_list() == [None, "one", ""]
    assert source.skipped == 0
    corpus = source.read(keep_blank=True)
    assert corpus.texts.to_list() == ["", "one", ""]
    assert corpus.blank_rows.size == 0
    assert any("2 blank texts kept (rows 1, 3)" in note for note in written(corpus.notes))
    assert source.read().blank_rows.tolist() == [1, 3]
    with pytest.raises(SettingError):
        open_source(path, missing="blank")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("header", "first"), [("text\n", None), ("", False)])
def test_empty_lines_of_one_column_are_texts_where_missing_ones_are(
    tmp_path: Path, end: str, header: str, first: bool | None
) -> None:
    content = (header + "one two\n\nthree\n\n").replace("\n", end)
    path = write(tmp_path, content)
    options = {"need_label": False, "format": "csv", "header": first}
    batches = list(open_source(path, missing="empty", **options).batches(rows=1))
    assert [text for batch in batches for text in batch.texts] == ["one two", "", "three", ""]
    assert [int(row) for batch in batches for row in batch.rows] == [1, 2, 3, 4]
    assert len(open_source(path, **options).read()) == 2
    two = write(tmp_path, "text,n\none,1\n\ntwo,2\n", "two.csv")
    assert len(open_source(two, missing="empty", need_label=False).read()) == 2


def test_joined_columns_leave_out_empty_parts(tmp_path: Path) -> None:
    path = write(tmp_path, 'title,description,label\nA,b,x\n,c,y\n"",d,x\nE,,y\n')
    assert rows_of(path)[0] == ["A b", "c", "d", "E"]
    path = write(tmp_path, "title,description,label\nA,b,x\n,,y\n")
    assert "row 2 (line 3)" in error_of(path)


def test_prediction_needs_no_label_and_takes_blanks_in_one(tmp_path: Path) -> None:
    path = write(tmp_path, "text,label\nfine,a\nalso,\n")
    (batch,) = open_source(path, need_label=False).batches()
    assert batch.labels is not None
    assert batch.labels.to_list() == ["a", None]
    path = write(tmp_path, "id,text\n1,one\n2,two\n")
    source = open_source(path, need_label=False)
    assert source.label_column is None
    (batch,) = source.batches()
    assert batch.labels is None
    assert batch.frame.columns == ["id", "text"]
    assert "no label column" in error_of(write(tmp_path, "text\none\ntwo\n"))


# --- rows that are no rows


@pytest.mark.parametrize(("row", "count"), [("only text", 1), ("a,b,c", 3)])
def test_wrong_number_of_fields(tmp_path: Path, row: str, count: int) -> None:
    path = write(tmp_path, "text,label\n" + "fine,a\n" * 5 + row + "\n" + "fine,b\n" * 5)
    message = error_of(path)
    assert "row 6 (line 7)" in message
    assert f"{count} field" in message
    assert "2 columns" in message
    corpus = open_source(path, on_bad_row="skip").read()
    assert (len(corpus), corpus.skipped) == (10, 1)
    assert corpus.rows.tolist() == [1, 2, 3, 4, 5, 7, 8, 9, 10, 11]


def test_pair_of_stray_quotes_does_not_eat_rows(tmp_path: Path) -> None:
    """Two stray quotes 50 rows apart make one valid field; fields quoted elsewhere keep quoting on."""
    lines = [f'"text, number {i}",{"ab"[i % 2]}' for i in range(200)]
    for i in range(50, 101):
        lines[i] = f"plain {i},{'ab'[i % 2]}"
    lines[50], lines[100] = '"stray,a', 'end",b'
    path = write(tmp_path, "text,label\n" + "\n".join(lines) + "\n")
    message = error_of(path)
    assert "row 51 (line 52)" in message
    assert "51 lines that look like rows" in message
    corpus = open_source(path, on_bad_row="skip").read()
    assert (len(corpus), corpus.skipped) == (149, 1)


@pytest.mark.parametrize("mode", ["error", "skip"])
def test_rows_that_a_quote_takes_in_do_not_depend_on_the_batch(tmp_path: Path, mode: str) -> None:
    """A label is known from the head, or from a row before: also one that first comes beyond the head."""
    lines = [f'"text, number {i}",{"ab"[i > 1500]}' for i in range(3000)]
    lines[2], lines[5], lines[1400] = '"stray,a', 'end",a', '"two\nlines",a'
    lines[2000], lines[2004] = '"stray,b', 'end",b'
    lines[1600], lines[1603] = '"stray,c', 'end",c'  # no other row has that label
    path = write(tmp_path, "text,label\n" + "\n".join(lines).replace('number 3"', '3"') + "\n")
    seen = set()
    for rows in (1, 2, 3, 7, 1000, 10**6):
        source = open_source(path, on_bad_row=mode)
        try:
            texts = [text for batch in source.batches(rows) for text in batch.texts]
            seen.add((tuple(texts), source.skipped))
        except DataError as error:
            seen.add((str(error),))
    assert len(seen) == 1


def test_stray_quotes_in_a_file_that_never_quotes_are_characters(tmp_path: Path) -> None:
    lines = [f"row {i},{'ab'[i % 2]}" for i in range(100)]
    lines[25], lines[75] = '"stray,b', 'end",b'
    source = open_source(write(tmp_path, "text,label\n" + "\n".join(lines) + "\n"))
    corpus = source.read()
    assert len(corpus) == 100
    assert corpus.texts[25] == '"stray'
    assert any("plain characters" in note for note in written(source.notes))


def test_text_after_a_closing_quote(tmp_path: Path) -> None:
    rows = ['"a, b",x'] * 5 + ['"He said "hi", and left",y'] + ['"c, d",y'] * 5
    path = write(tmp_path, "text,label\n" + "\n".join(rows) + "\n")
    message = error_of(path)
    assert "row 6 (line 7)" in message
    assert "stray quote" in message
    assert len(open_source(path, on_bad_row="skip").read()) == 10


def test_quote_never_closed_names_where_it_opened(tmp_path: Path) -> None:
    rows = ['"a, b",x', '"c, d",y'] * 3 + ['"open, z'] + ["e,x"] * 20
    message = error_of(write(tmp_path, "text,label\n" + "\n".join(rows) + "\n"))
    assert "row 7 (line 8)" in message
    assert "never closed" in message


def test_quote_never_closed_in_the_first_row(tmp_path: Path) -> None:
    for content, line in (('text,label\n"a, b, c\nd, e\n', "line 2"), ('"text,label\na,b,c\n', "line 1")):
        message = error_of(write(tmp_path, content))
        assert line in message
        assert "never closed" in message


def test_tab_separated_texts_with_quotes_as_characters(tmp_path: Path) -> None:
    path = write(tmp_path, 'text\tlabel\n"Hi" he said\ta\n"Oh!"\tb\nno\ta\n5" nails\tb\n', "data.tsv")
    assert rows_of(path) == (['"Hi" he said', '"Oh!"', "no", '5" nails'], ["a", "b", "a", "b"])


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    path = write(tmp_path, "text,label\n\none,a\n\r\n\ntwo,b\n\n\n")
    corpus = open_source(path).read()
    assert corpus.texts.to_list() == ["one", "two"]
    assert corpus.rows.tolist() == [1, 2]


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(tmp_path: Path, end: str, last: bool) -> None:
    path = write(tmp_path, end.join(["text,label", "one,a", "two,b"]) + end * last)
    assert rows_of(path) == (["one", "two"], ["a", "b"])


# --- delimiter and header


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_is_found_and_said(tmp_path: Path, delimiter: str) -> None:
    rows = [f"well, text {i}, and more{delimiter}{'ab'[i % 2]}" for i in range(9)]
    source = open_source(write(tmp_path, f"text{delimiter}label\n" + "\n".join(rows)))
    assert source.delimiter == delimiter
    assert any("delimiter" in note for note in written(source.notes))
    assert len(source.read()) == 9


def test_wrong_delimiter_says_which_would_do(tmp_path: Path) -> None:
    path = write(tmp_path, "text;label\none;a\ntwo;b\n")
    assert "found 1 column; `;` would give 2" in error_of(path, delimiter=",")


def test_delimiter_must_be_one_character(tmp_path: Path) -> None:
    path = write(tmp_path, "text;label\none;a\ntwo;b\n")
    for delimiter in ("::", "é", '"', "\n"):
        with pytest.raises(SettingError):
            open_source(path, delimiter=delimiter)


def test_duplicate_header(tmp_path: Path) -> None:
    message = error_of(write(tmp_path, "text,label,text\na,b,c\n"))
    assert "'text' twice" in message
    assert "columns 1 and 3" in message


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("text,label\none,a\ntwo,b\n", True),
        ("phrase,verdict\nsome longer phrase here,good\nanother long phrase here,bad\n", True),
        ("I love this film,pos\nI hate that film,neg\nwhat a film,pos\n", False),
        ("0,first text here\n1,second text here\n0,third text\n", False),
        ("review,a fine one\nother,a poor one\nreview,so so\n", False),
    ],
)
def test_header_is_found_out_and_said(tmp_path: Path, content: str, header: bool) -> None:
    source = open_source(write(tmp_path, content))
    assert any(note.startswith("header") for note in written(source.notes)) == header
    assert any(note.startswith("no header") for note in written(source.notes)) != header
    assert len(source.read()) == content.count("\n") - header
    assert len(open_source(tmp_path / "data.csv", header=False, text="1", label="2").read()) == content.count("\n")


def test_columns_by_name_and_number(tmp_path: Path) -> None:
    path = write(tmp_path, "id,kind,words\n7,a,hello\n8,b,bye\n")
    assert rows_of(path, text="words", label="kind") == (["hello", "bye"], ["a", "b"])
    assert rows_of(path, text="3", label="2") == (["hello", "bye"], ["a", "b"])
    assert rows_of(path, text=["kind", 3], label="id") == (["a hello", "b bye"], ["7", "8"])
    message = error_of(path, text="wrds", label="kind")
    assert "no column 'wrds'" in message
    assert "id, kind, words" in message
    assert "did you mean 'words'?" in message
    assert "no column '4'" in error_of(path, text="4", label="kind")
    assert "both text and label" in error_of(path, text="words", label="words")


@pytest.mark.parametrize(
    ("header", "texts", "label"),
    [
        ("label,text", ["text"], "label"),
        ("Title,Description,Class", ["Title", "Description"], "Class"),
        ("id,document,label", ["document"], "label"),
        ("Q,A,label", ["Q"], "label"),
        ("headline,category", ["headline"], "category"),
        ("sentiment,review", ["review"], "sentiment"),
        ("문장,라벨", ["문장"], "라벨"),
    ],
)
def test_columns_are_guessed_by_name_and_said(tmp_path: Path, header: str, texts: list[str], label: str) -> None:
    columns = header.split(",")
    rows = [",".join(f"{name} {i}" for name in columns) for i in range(6)]
    source = open_source(write(tmp_path, header + "\n" + "\n".join(rows) + "\n"))
    assert (source.text_columns, source.label_column) == (texts, label)
    assert sum("guessed" in note for note in written(source.notes)) == 2


def test_columns_are_guessed_by_content(tmp_path: Path) -> None:
    rows = "\n".join(f"{i},{'xyz'[i % 3]},these are many words {i}" for i in range(30))
    source = open_source(write(tmp_path, rows + "\n"))
    assert (source.text_columns, source.label_column) == (["column 3"], "column 2")


def test_row_numbers_are_no_classes(tmp_path: Path) -> None:
    rows = "\n".join(f"{i + 1},{'ab'[i % 2]},these are many more words {i}" for i in range(30))
    source = open_source(write(tmp_path, rows))
    assert (source.text_columns, source.label_column) == (["column 3"], "column 2")


def test_classes_file_names_the_labels(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("World\nSports\n")
    path = write(tmp_path, '"2","a","words and more words of it"\n"1","b","words and more words of them"\n')
    assert open_source(path).read().label_names == ["World", "Sports"]
    (tmp_path / "classes.txt").write_text("World\n")  # fewer names than labels: it belongs to something else
    assert open_source(path).read().label_names == ["1", "2"]


def test_label_outside_the_classes_file_further_down(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("World\nSports\n")
    good = '"2","a","words and more words of it"\n' * 20_000
    path = write(tmp_path, good + '"3","a","words and more words of it"\n')
    message = error_of(path)
    assert "row 20,001" in message
    assert "classes.txt" in message


# --- several labels


def test_label_separator_gives_several_labels(tmp_path: Path) -> None:
    path = write(tmp_path, 'text,label\none,"a, b"\ntwo,b\nthree,"a,,a"\n')
    corpus = open_source(path, label_sep=",").read()
    assert corpus.multi_label
    assert corpus.labels is not None
    assert corpus.labels.to_list() == [["a", "b"], ["b"], ["a"]]
    assert corpus.label_names == ["a", "b"]
    assert corpus.indicator.tolist() == [[True, True], [False, True], [True, False]]


def test_an_empty_cell_of_several_labels_is_a_text_without_any(tmp_path: Path) -> None:
    corpus = open_source(write(tmp_path, 'text,label\none," , "\ntwo,\nthree,a\n'), label_sep=",").read()
    assert corpus.labels is not None
    assert corpus.labels.to_list() == [[], [], ["a"]]
    assert "2 texts have no label at all" in map(str, corpus.notes)


def test_batches_can_be_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, "text,label\n" + "".join(f"t{i},{i % 2}\n" for i in range(100)) + ",1\n")
    source = open_source(path, on_bad_row="skip")
    first, second = ([b.texts.to_list() for b in source.batches(30)] for _ in range(2))
    assert first == second
    assert [len(b) for b in first] == [30, 30, 30, 10]
    assert (source.skipped, source.count_rows()) == (1, 100)
    assert sum("left out" in note for note in written(source.notes)) == 1


def test_columns_without_names_are_called_by_their_numbers(tmp_path: Path) -> None:
    path = write(tmp_path, "\n".join(f"a text of some words {i},{'ab'[i % 2]}" for i in range(20)))
    source = open_source(path)
    assert "text: column 1 (guessed)" in written(source.notes)
    assert "label: column 2 (guessed)" in written(source.notes)
