"""``sadari vectors train``: files in, vectors out, mistakes in one line."""

import gzip
import json

import pytest

from sadari.cli import main
from sadari.vectors.formats.files import read_vectors

LINES = ["the cat sat on the mat", "the dog sat on the log", "a cat and a dog", ""] * 40


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return path


def test_a_plain_file_becomes_a_folder_that_knows_how_it_was_made(text, tmp_path, capsys):
    out = tmp_path / "vectors"
    assert main(["vectors", "train", str(text), "-o", str(out), "--min-count", "1", "--width", "8", "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    assert "Read      680 words, 9 different; 9 kept, which stand once or more" in printed
    assert "5 passes" in printed
    assert f"sadari vectors nearest {out}" in " ".join(printed.split())
    vectors = read_vectors(out)
    assert (len(vectors), vectors.width, vectors.tokenizer) == (9, 8, "basic_english")
    assert vectors.training["settings"]["seed"] == 3
    assert vectors.counts.sum() == 680
    assert main(["vectors", "nearest", str(out), "cat"]) == 0


def test_deterministic_runs_write_the_same_bytes(text, tmp_path):
    for name in ("one.vec", "two.vec"):
        asked = ["vectors", "train", str(text), "-o", str(tmp_path / name), "--min-count", "1", "--deterministic"]
        assert main([*asked, "--subwords", "2-3"]) == 0
    assert (tmp_path / "one.vec").read_bytes() == (tmp_path / "two.vec").read_bytes()


def test_several_files_packed_or_not_and_tables(text, tmp_path, capsys):
    packed = tmp_path / "more.txt.gz"
    packed.write_bytes(gzip.compress("\n".join(LINES).encode()))
    table = tmp_path / "rows.csv"
    table.write_text("id,question,answer\n" + "1,the cat,a dog\n2,,a log\n" * 20, encoding="utf-8")
    asked = ["vectors", "train", str(text), str(packed), "-o", str(tmp_path / "v"), "--min-count", "1", "--json"]
    assert main(asked) == 0
    assert json.loads(capsys.readouterr().out)["tokens"] == 1360
    asked = ["vectors", "train", str(table), "--text", "question,answer", "-o", str(tmp_path / "w"), "--json"]
    assert main(asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["tokens"] == 20 * 6
    assert found["settings"]["model"] == "skipgram"


def test_of_a_folder_all_text_files_are_read_by_their_names(tmp_path, capsys):
    place = tmp_path / "texts"
    place.mkdir()
    asked = ["-o", str(tmp_path / "v"), "--min-count", "1", "--deterministic", "--json"]
    assert main(["vectors", "train", str(place), *asked]) == 2
    assert f"{place}: there are no .txt files in the folder" in capsys.readouterr().err
    (place / "b.txt").write_text("\n".join(LINES[:80]), encoding="utf-8")
    (place / "a.txt.gz").write_bytes(gzip.compress("\n".join(LINES[80:]).encode()))
    (place / "c.csv").write_text("text\nnot read\n", encoding="utf-8")
    found = []
    for given in ([place], [place / "a.txt.gz", place / "b.txt"]):
        assert main(["vectors", "train", *map(str, given), *asked]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert [one["tokens"] for one in found] == [680, 680]
    assert found[0]["history"][-1]["loss"] == found[1]["history"][-1]["loss"]
    assert found[0]["notes"] == [f"{place}: 2 .txt files, 1 other passed over"]


def test_a_folder_of_labels_is_a_table(tmp_path, capsys):
    for label in ("glad", "sad"):
        (tmp_path / "moods" / label).mkdir(parents=True)
        (tmp_path / "moods" / label / "1.txt").write_text("the cat sat\non the mat")
    asked = ["vectors", "train", str(tmp_path / "moods"), "-o", str(tmp_path / "v"), "--min-count", "1", "--json"]
    assert main([*asked, "--format", "folder", "--sample", "0"]) == 0
    assert json.loads(capsys.readouterr().out)["tokens"] == 12
    assert main(asked) == 2
    assert "--format folder" in capsys.readouterr().err


def test_a_file_of_one_long_line_is_cut_at_spaces(tmp_path, capsys):
    path = tmp_path / "long.txt"
    path.write_text("the cat sat on the mat " * 600_000, encoding="utf-8")  # 13.8 MB without a line end
    asked = ["vectors", "train", str(path), "-o", str(tmp_path / "v"), "--epochs", "1", "--width", "4", "--json"]
    assert main(asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["tokens"], found["words"]) == (3_600_000, 5)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--subwords", "x"], "--subwords is 'x'"),
        (["--subwords", "5-2"], "subwords is (5, 2)"),
        (["--deterministic", "--workers", "2"], "--deterministic is one thread"),
        (["--min-count", "500"], "no word stands 500 times"),
        (["--width", "0"], "width is 0"),
        (["--device", "cuda:99"], "cuda"),
        (["--learning-rate", "nan"], "learning_rate is nan"),
        (["--sample", "2"], "sample is 2.0"),
        (["--unit", "jamo"], "there are no subwords"),
        (["--buckets", "9"], "there are no subwords"),
        (["--format", "html"], "'html' is not one of"),
        (["gone.txt"], "gone.txt: there is no such file"),
        (["gone"], "no data set is called 'gone'"),
        (["-", "-"], "standard input can be read only once"),
        (["--min-count", "1", "--sample", "1e-9", "--epochs", "1"], "no word stands beside another"),
    ],
)
def test_a_mistake_is_one_line(text, tmp_path, capsys, more, said):
    assert main(["vectors", "train", str(text), "-o", str(tmp_path / "v"), *more]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not (tmp_path / "v").exists()


@pytest.mark.parametrize("name", ["v.html", "thesis", "file/v"])
def test_where_they_will_lie_is_checked_before_anything_is_read(tmp_path, capsys, name):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    # a file that is not there is said later than a place that is taken
    assert main(["vectors", "train", str(tmp_path / "gone.txt"), "-o", str(tmp_path / name)]) == 2
    error = capsys.readouterr().err
    assert name.split("/", maxsplit=1)[0] in error
    assert "gone" not in error


def test_what_a_format_cannot_hold_is_said(text, tmp_path, capsys):
    asked = ["vectors", "train", str(text), "--min-count", "1", "--width", "4", "--subwords", "2-3", "-o"]
    assert main([*asked, str(tmp_path / "v.vec")]) == 0
    assert "without subwords" in " ".join(capsys.readouterr().out.split())
    assert main([*asked, str(tmp_path / "v.bin"), "--to", "fasttext"]) == 0
    assert "without" not in capsys.readouterr().out
    assert read_vectors(tmp_path / "v.bin").subwords.longest == 3


def test_what_is_in_the_way_stays(text, tmp_path, capsys):
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "thesis.txt").write_text("mine")
    assert main(["vectors", "train", str(text), "-o", str(tmp_path / "v"), "--min-count", "1"]) == 2
    assert (tmp_path / "v" / "thesis.txt").read_text() == "mine"
    assert main(["vectors", "train", str(tmp_path / "gone.txt"), "-o", str(tmp_path / "w")]) == 2
    (tmp_path / "blank.txt").write_text("\n \n")
    assert main(["vectors", "train", str(tmp_path / "blank.txt"), "-o", str(tmp_path / "w")]) == 2
    assert "there is no word in the texts" in capsys.readouterr().err
