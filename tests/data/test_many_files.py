"""Many files are one corpus: what is read of them is what is read of one file that holds all their rows."""

import gzip

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sadari import open_source
from sadari.errors import DataError

ROWS = pl.DataFrame(
    {
        "text": [f"row {i} says {'a late goal' if i % 3 else 'stocks fell'}, “{i}”\n or so" for i in range(120)],
        "label": ["sport" if i % 3 else "business" for i in range(120)],
        "n": range(120),
    }
)


def write(frame, path):
    """In the format of the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name.endswith(".parquet"):
        frame.write_parquet(path)
    elif path.name.endswith(".jsonl"):
        frame.write_ndjson(path)
    else:
        text = frame.write_csv(separator="\t" if ".tsv" in path.name else ";" if "semi" in path.name else ",")
        raw = text.encode("utf-16" if "utf16" in path.name else "utf-8")
        path.write_bytes(gzip.compress(raw) if path.name.endswith(".gz") else raw)
    return path


KINDS = ("a.csv", "b.tsv", "c-semi.csv", "d.jsonl", "e.parquet", "f.csv.gz", "g-utf16.csv")


def one(tmp_path, frame=ROWS):
    return open_source(write(frame, tmp_path / "one" / "all.csv")).read()


def same(corpus, other):
    assert corpus.texts.equals(other.texts)
    assert corpus.labels.equals(other.labels)
    assert corpus.provenance(seed=0)["sha256"] == other.provenance(seed=0)["sha256"]


def test_a_folder_of_every_format(tmp_path):
    for at, kind in enumerate(KINDS):
        write(ROWS[at * 17 : at * 17 + 17].select("n", "text", "label"), tmp_path / "in" / kind)
    same(open_source(tmp_path / "in").read(), one(tmp_path, ROWS[: 17 * len(KINDS)]))


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.tuples(st.integers(1, 30), st.sampled_from(KINDS), st.permutations(ROWS.columns)), min_size=2),
    rows=st.integers(1, 200),
)
def test_as_one_file_with_all_rows(tmp_path_factory, cuts, rows):
    folder = tmp_path_factory.mktemp("many")
    taken, paths, known = 0, [], ROWS.columns
    for at, (count, kind, order) in enumerate(cuts):
        part = ROWS[taken % 90 :][:count].select(order)
        taken += count
        paths.append((part, write(part, folder / "in" / f"{at:03}-{kind}")))
    whole = pl.concat([part.select(known) for part, _ in paths])
    expected = one(folder, whole)
    source = open_source([path for _, path in paths], text="text", label="label")
    corpus = source.read()
    same(corpus, expected)
    same(open_source(folder / "in", text="text", label="label").read(), expected)
    assert pl.concat([batch.texts for batch in source.batches(rows)]).equals(expected.texts)
    assert np.all(np.diff(corpus.rows) > 0)
    for number, (part, path) in enumerate(paths):
        begin = sum(len(other) for other, _ in paths[:number])
        name, row = corpus.places.of(int(corpus.rows[begin]))
        assert (name, row) == (str(path), 1), part


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (ROWS.drop("n"), "it lacks n"),
        (ROWS.with_columns(m=1), "it has m more"),
        (ROWS.rename({"label": "topic"}), "it lacks label and it has topic more"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_other_columns_are_an_error_that_names_the_file(tmp_path, bad, says, kind):
    write(ROWS, tmp_path / "a.csv")
    path = write(bad, tmp_path / f"b.{kind}")
    with pytest.raises(DataError) as raised:
        open_source(tmp_path).read()
    assert raised.value.where == str(path)
    assert says in raised.value.what
    assert str(tmp_path / "a.csv") in raised.value.what
    left = open_source(tmp_path, on_bad_file="skip")
    same(left.read(), one(tmp_path))
    assert [str(path) in str(wrong) and says in str(wrong) for wrong in left.skipped_files] == [True]


def test_objects_may_lack_keys_that_are_neither_text_nor_label(tmp_path):
    write(ROWS[:60], tmp_path / "in/a.jsonl")
    write(ROWS[60:].drop("n").with_columns(m=pl.lit("x")), tmp_path / "in/b.jsonl")
    source = open_source(tmp_path / "in")
    same(source.read(), one(tmp_path))
    source.complete_columns()
    assert source.columns == ["text", "label", "n", "m"]
    frames = [batch.frame for batch in source.batches(50)]
    whole = pl.concat(frames)
    assert whole["m"].null_count() == 60
    assert whole["n"].null_count() == 60
    write(ROWS.drop("label"), tmp_path / "in/c.jsonl")
    with pytest.raises(DataError, match=r"c.jsonl: has other columns than .*a.jsonl: it lacks label"):
        open_source(tmp_path / "in").read()


def test_whole_frames_have_one_type_for_each_column(tmp_path):
    write(ROWS[:50], tmp_path / "a.parquet")
    write(ROWS[50:80].with_columns(pl.col("n").cast(pl.Float64)), tmp_path / "b.parquet")
    source = open_source(tmp_path)
    source.use_columns(["text"], None)
    source.complete_columns()
    assert {batch.frame.schema["n"] for batch in source.batches(10)} == {pl.Float64}
    write(ROWS[80:].with_columns(n=pl.lit([1])), tmp_path / "c.parquet")
    with pytest.raises(DataError, match=r"c.parquet: the column 'n' holds List\(.*, and Float64 in the files before"):
        open_source(tmp_path).complete_columns()


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("broken", [b"", b"PAR1 no", b"\xff\xfe\x00", b"\x1f\x8bno gzip"])
def test_a_broken_file_in_the_middle(tmp_path, kind, broken):
    write(ROWS[:60], tmp_path / f"a.{kind}")
    (tmp_path / f"b.{kind}").write_bytes(broken)
    write(ROWS[60:], tmp_path / f"c.{kind}")
    with pytest.raises(DataError) as raised:
        open_source(tmp_path).read()
    assert str(tmp_path / f"b.{kind}") in raised.value.where
    source = open_source(tmp_path, on_bad_file="skip")
    corpus = source.read()
    same(corpus, one(tmp_path))
    assert corpus.rows[60] == corpus.rows[59] + 1 or kind == "jsonl"
    assert len(source.skipped_files) == 1
    assert any("1 file left out" in str(note) for note in corpus.notes)
    same(source.read(), corpus)


def test_the_first_file_may_be_the_broken_one(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"")
    write(ROWS, tmp_path / "b.csv")
    with pytest.raises(DataError, match=r"a.csv: the file is empty"):
        open_source(tmp_path)
    same(open_source(tmp_path, on_bad_file="skip").read(), one(tmp_path))
    (tmp_path / "b.csv").write_bytes(b"")
    with pytest.raises(DataError, match=r"none of the 2 files can be read: the file is empty"):
        open_source(tmp_path, on_bad_file="skip")


def test_a_bad_row_names_file_and_row(tmp_path):
    write(ROWS[:60], tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("text,label,n\na goal,sport,1\nstocks,,2\n,sport,3\none,two\n")
    write(ROWS[60:], tmp_path / "c.parquet")
    for on_bad_file in ("error", "skip"):  # a file with a bad row is no bad file
        with pytest.raises(DataError, match=r"b.csv, row 2 \(line 3\): the label is missing|b.csv, row 4 \(line 5\)"):
            open_source(tmp_path, on_bad_file=on_bad_file).read()
    source = open_source(tmp_path, on_bad_row="skip")
    corpus = source.read()
    assert len(corpus) == 121
    assert source.skipped == corpus.skipped == 3
    assert [str(wrong).removeprefix(str(tmp_path / "b.csv, row ")) for wrong in source.skipped_rows] == [
        "2 (line 3): the label is missing (column label)",
        "3 (line 4): the text is missing (column text)",
        "4 (line 5): 2 fields where the file has 3 columns",
    ]
    assert corpus.places.of(int(corpus.rows[61])) == (str(tmp_path / "c.parquet"), 1)
    assert str(corpus.place(int(corpus.rows[60]))) == f"{tmp_path / 'b.csv'}, row 1"


def test_blank_rows_are_named_with_their_file(tmp_path):
    write(ROWS[:3], tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text('text,label,n\na goal,sport,1\n"  ",sport,2\n')
    corpus = open_source(tmp_path).read()
    assert any(f"{tmp_path / 'b.csv'}:2" in str(note) for note in corpus.notes)


def cut(folder, *, columns=ROWS.columns):
    """As ``split -l 40`` cuts a table; the last file has one line."""
    rows = ROWS.select(columns).with_columns(text=pl.col("text").str.replace_all("\n", " "))
    lines = rows.write_csv().splitlines(keepends=True)
    for at, begin in enumerate(range(0, len(lines), 40)):
        (folder / f"part-{at}.csv").write_text("".join(lines[begin : begin + 40]))
    assert len(lines) % 40 == 1
    return lines


def test_a_table_cut_into_files_has_its_header_in_the_first(tmp_path):
    lines = cut(tmp_path)
    corpus = open_source(tmp_path / "part-*.csv").read()
    (tmp_path / "all.csv").write_text("".join(lines))
    same(corpus, open_source(tmp_path / "all.csv").read())
    assert any("part-1.csv: no header: its columns are called as those of" in str(note) for note in corpus.notes)
    texts = open_source(tmp_path / "part-*.csv", text="text", need_label=False)
    texts.use_columns(["text"], None)  # as for prediction, and for vectors
    assert texts.read().texts.to_list() == corpus.texts.to_list()


def test_a_table_of_one_column_cut_into_files(tmp_path):
    lines = cut(tmp_path, columns=["text"])
    texts = open_source(tmp_path, need_label=False).read().texts
    assert [f'"{text}"\n' if '"' not in text and "," in text else f"{text}\n" for text in texts] == lines[1:]


@pytest.mark.parametrize("names", ["content,category,n\n", "text,label,n\n"])
def test_a_header_alone_is_no_row(tmp_path, names):
    cut(tmp_path)
    (tmp_path / "part-4.csv").write_text(names)
    with pytest.raises(DataError, match=r"part-4.csv: the file has a header but no rows"):
        open_source(tmp_path).read()
    assert len(open_source(tmp_path, on_bad_file="skip").read()) == len(ROWS)


def test_few_characters_in_doubt_are_read_as_the_first_file(tmp_path):
    korean = (
        "text,label\n"
        + "오늘 경기에서 우리 팀이 크게 이겼습니다,스포츠\n주가가 떨어져 투자자들이 걱정합니다,경제\n" * 40
    )
    (tmp_path / "a.csv").write_bytes(korean.encode("cp949"))
    (tmp_path / "b.csv").write_bytes("text,label\nok 골,sport\n".encode("cp949"))
    with pytest.raises(DataError, match="encoding"):
        open_source(tmp_path / "b.csv")
    assert open_source(tmp_path).read().texts[-1] == "ok 골"


def test_class_names_are_those_beside_all_files(tmp_path):
    for day in ("x", "y"):
        (tmp_path / day).mkdir()
        (tmp_path / day / "a.csv").write_text("label,text\n1,a goal\n2,stocks fell\n1,two goals\n2,stocks rose\n")
        (tmp_path / day / "classes.txt").write_text("sport\nbusiness\n")
    corpus = open_source([tmp_path / "x", tmp_path / "y"]).read()
    assert corpus.label_names == ["sport", "business"]
    (tmp_path / "y" / "classes.txt").write_text("business\nsport\n")
    with pytest.raises(DataError, match=r"classes.txt is not the same in"):
        open_source([tmp_path / "x", tmp_path / "y"])


def test_one_label_a_text_or_several(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "a goal", "label": ["sport", "news"]}\n' * 3)
    (tmp_path / "b.jsonl").write_text('{"text": "stocks", "label": "business"}\n' * 3)
    with pytest.raises(DataError, match=r"b.jsonl, line 1: a text has one label, and several in the files before it"):
        open_source(tmp_path).read()
    corpus = open_source(tmp_path, label_sep="|").read()
    assert corpus.labels.to_list() == [["sport", "news"]] * 3 + [["business"]] * 3


def test_data_sets_with_a_name_may_stand_together():
    source = open_source(["headlines", "headlines_ko"])
    assert source.title == "headlines, headlines_ko"
    parts = [open_source(name).read() for name in ("headlines", "headlines_ko")]
    assert source.read().texts.equals(pl.concat([part.texts for part in parts]))
