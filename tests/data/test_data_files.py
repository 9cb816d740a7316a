"""Which files paths, folders and patterns stand for."""

import pytest

from sadari.data.files.find import data_files, folder_of_all
from sadari.errors import DataError, SettingError


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("text,label\na b,x\n")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_stands_for_its_data_files_in_order(here):
    make(here, "in/b.jsonl", "in/a.csv", "in/c.parquet", "in/d.csv.gz")
    make(here, "in/_SUCCESS", "in/.a.csv.crc", "in/README.md", "in/x.bin", "in/classes.txt", "in/notes.txt", "in/sub/z")
    found = data_files("in")
    assert found.name == "in"
    assert found.paths == ["in/a.csv", "in/b.jsonl", "in/c.parquet", "in/d.csv.gz"]
    assert [note.values["count"] for note in found.notes] == [4, 7]


def test_a_folder_of_texts_for_each_label_stays_what_it_is(here):
    make(here, "reviews/good/1.txt", "reviews/bad/1.txt", "reviews/urls.txt")
    assert data_files("reviews").paths == ["reviews"]
    make(here, "reviews/index.csv")
    with pytest.raises(DataError, match=r"index.csv.*bad, good.*\n.*--format folder"):
        data_files("reviews")
    assert data_files("reviews", format="folder").paths == ["reviews"]


def test_texts_are_taken_where_there_is_no_table(here):
    make(here, "in/1.txt", "in/2.txt.gz")
    assert data_files("in").paths == ["in/1.txt", "in/2.txt.gz"]


def test_training_and_test_files_are_not_made_one(here):
    make(here, "in/train-0.csv", "in/train-1.csv", "in/test.csv")
    with pytest.raises(DataError, match=r"train-0.csv, test.csv.*\n.*in/train-0.csv --test in/test.csv"):
        data_files("in")
    assert len(data_files("in/*").paths) == 3
    assert data_files("in/train*").paths == ["in/train-0.csv", "in/train-1.csv"]


def test_data_in_deeper_folders_is_asked_for_by_a_pattern(here):
    make(here, "in/day=1/a.parquet", "in/day=2/a.parquet")
    with pytest.raises(DataError, match=r"day=1, day=2.*\n.*in/\*\*/\*"):
        data_files("in")
    assert data_files("in/**/*.parquet").paths == ["in/day=1/a.parquet", "in/day=2/a.parquet"]


@pytest.mark.parametrize("pattern", ["in/*.parquet", "in/[x]*", "in/??.csv", "in/a\0*"])
def test_a_pattern_that_nothing_matches_says_what_is_there(here, pattern):
    make(here, "in/a.csv", "in/b.csv")
    with pytest.raises(DataError, match=r"nothing matches it\n.*in in there are: a.csv, b.csv"):
        data_files(pattern)


def test_a_pattern_in_a_folder_that_is_not_there(here):
    with pytest.raises(DataError, match=r"nothing matches it\n.*there is no folder nowhere"):
        data_files("nowhere/*.csv")


def test_only_folders_match(here):
    make(here, "in/a/1.csv")
    with pytest.raises(DataError, match="only folders match it"):
        data_files("in/*")


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(here):
    make(here, "a[1].csv", "a1.csv")
    assert data_files("a[1].csv").paths == ["a[1].csv"]


def test_order_is_by_folder_and_name_and_as_given(here):
    make(here, "in/a/1.csv", "in/a-b/1.csv", "in/b.csv")
    assert data_files("in/**/*.csv").paths == ["in/a/1.csv", "in/a-b/1.csv", "in/b.csv"]
    assert data_files(["in/b.csv", "in/a"]).paths == ["in/b.csv", "in/a/1.csv"]


def test_a_file_named_twice_is_read_once(here):
    make(here, "in/a.csv", "in/b.csv")
    found = data_files(["in/b.csv", "in/*.csv", "./in/b.csv"])
    assert found.paths == ["in/b.csv", "in/a.csv"]
    assert [note.values["count"] for note in found.notes] == [2, 2]
    assert found.name == "in/b.csv, in/*.csv, … (3)"


def test_files_without_a_known_ending_are_taken_where_no_other_is(here):
    make(here, "in/part-0", "in/part-1", "in/_SUCCESS", "in/part-0.crc")
    assert data_files("in/*").paths == ["in/part-0", "in/part-1"]
    make(here, "in/a.csv")
    assert data_files("in/*").paths == ["in/a.csv"]


def test_standard_input_stands_alone(here):
    assert data_files("-").paths == ["-"]
    with pytest.raises(SettingError, match="standard input"):
        data_files(["-", "a.csv"])
    with pytest.raises(SettingError, match="no file"):
        data_files([])


def test_what_is_not_there_stands_for_itself(here):
    """Opening it says what is wrong."""
    assert data_files(["missing.csv", "b.csv"]).paths == ["missing.csv", "b.csv"]


def test_the_folder_that_holds_all_is_no_file(tmp_path):
    for name in ("in/a.csv", "in/b.csv", "in/sub/c.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text\nx\n", "utf-8")
    place = tmp_path / "in"
    for given, folder in (
        ([place / "a.csv"], place),
        ([place / "a.csv", place / "a.csv"], place),
        ([place / "a.csv", place / "sub" / "c.csv"], place),
        ([place / "sub" / "c.csv"], place / "sub"),
        ([place], place),
        ([place / "sub", place / "*.csv"], place),
        ([place / "*" / "*.csv"], place),
        ([place / "no such file.csv"], place),
    ):
        assert folder_of_all(list(map(str, given))) == folder
