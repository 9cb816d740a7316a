"""``sadari vectors``: searching, comparing, picturing and converting, from the command line."""

import json
import os
import subprocess

import numpy as np
import pytest

from cli_runs import SADARI, run_badly, run_well, spawn
from sadari.cli.vectors.options import FORMATS
from sadari.vectors.formats import files
from sadari.vectors.formats.files import read_vectors, write_vectors
from sadari.vectors.keyed import WordVectors
from sadari.vectors.subwords import Subwords

COURSE = """\
king 1 1 0
queen 1 -1 0
man 0 1 0
woman 0 -1 0
apple 0 0 1
royal 1 0 0.1
서울 0.1 0 1
"""


@pytest.fixture
def course(tmp_path):
    path = tmp_path / "course.txt"
    path.write_text(COURSE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Vectors with subwords and counts, in a folder of our own."""
    rng = np.random.default_rng(0)
    words = ["영화", "배우", "노래", "가수", "the", "tiger", "cat"]
    vectors = WordVectors(
        words,
        rng.standard_normal((7, 12), dtype=np.float32),
        counts=np.arange(7, 0, -1),
        subwords=Subwords(rng.standard_normal((500, 12), dtype=np.float32)),
    )
    path = tmp_path_factory.mktemp("vectors") / "korean"
    write_vectors(vectors, path)
    return path


def test_the_names_in_the_help_are_those_of_the_readers():
    assert tuple(files.FORMATS) == FORMATS


@pytest.mark.parametrize("command", ["nearest", "analogy", "evaluate", "plot", "convert", "info"])
def test_every_command_shows_examples(command):
    assert command in run_well("vectors", "--help").stdout
    shown = run_well("vectors", command, "--help").stdout
    assert f"  sadari vectors {command} " in shown
    assert max(map(len, shown.splitlines())) <= 80


# -- nearest and analogy --------------------------------------------------------------------------------------


def test_nearest_prints_words_and_cosines(course):
    result = run_well("vectors", "nearest", course, "king", "apple", "-n", 2)
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [" ".join(line[:2]) for line in lines] == [
        "king",
        "man 0.7071",
        "royal 0.7036",
        "",
        "apple",
        "서울 0.9950",
        "royal 0.0995",
    ]
    assert "format" in result.stderr


def test_columns_stand_below_each_other_where_letters_are_two_cells_wide(course):
    from rich.cells import cell_len

    lines = run_well("vectors", "nearest", course, "apple", "-n", 6).stdout.splitlines()[1:]
    assert len({cell_len(line[: line.index(".")]) for line in lines}) == 1


def test_nearest_as_json_is_what_python_finds(course):
    vectors = read_vectors(course)
    found = json.loads(run_well("vectors", "nearest", course, "king", "서울", "--json").stdout)
    assert [answer["query"] for answer in found] == ["king", "서울"]
    for answer in found:
        pairs = [(near["word"], near["cosine"]) for near in answer["nearest"]]
        assert pairs == vectors.nearest(answer["query"])
        assert answer["from_subwords"] == []


def test_excluded_words_are_left_out(course):
    assert "man" not in run_well("vectors", "nearest", course, "king", "--exclude", "man, woman").stdout.split()


def test_the_course_s_analogy(course):
    for words in (["king - man + woman"], ["king", "-", "man", "+", "woman"]):
        result = run_well("vectors", "analogy", course, *words, "-n", 1)
        assert result.stdout.split()[:6] == ["king", "-", "man", "+", "woman", "queen"]
    found = json.loads(run_well("vectors", "analogy", course, "king - man + woman", "--json").stdout)
    pairs = [(near["word"], near["cosine"]) for near in found[0]["nearest"]]
    assert pairs == read_vectors(course).analogy("king + woman - man")


def test_weights_and_distances(course):
    asked = ("analogy", course, "king - man + 1.3*woman", "--metric", "euclidean", "-n", 2)
    lines = [line.split() for line in run_well("vectors", *asked).stdout.splitlines()]
    found = read_vectors(course).analogy("king - man + 1.3*woman", 2, metric="euclidean")
    assert lines == [["king", "-", "man", "+", "1.3*woman"], *([word, f"{far:.4f}"] for word, far in found)]
    [answer] = json.loads(run_well("vectors", "nearest", course, "king", "--metric", "euclidean", "--json").stdout)
    pairs = [(near["word"], near["distance"]) for near in answer["nearest"]]
    assert pairs == read_vectors(course).nearest("king", metric="euclidean")


def test_words_made_from_subwords_are_marked(folder):
    result = run_well("vectors", "nearest", folder, "영화를", "Tiger")
    assert "'영화를' is made from its subwords" in result.stdout
    assert "'Tiger' is made from its subwords; there is 'tiger'" in result.stdout
    found = json.loads(run_well("vectors", "analogy", folder, "영화를 - 영화 + 노래", "--json").stdout)
    assert found[0]["from_subwords"] == ["영화를"]


def test_words_come_through_a_pipe_and_one_that_is_unknown_does_not_stop_the_others(course):
    result = run_well("vectors", "nearest", course, "-n", 1, stdin="\ufeffking\r\n\nKing\n서울\n")
    assert [line.split()[:1] for line in result.stdout.splitlines()] == [["king"], ["man"], [], ["서울"], ["apple"]]
    assert "'King' has no vector\n  → did you mean 'king'?" in result.stderr
    result = run_well("vectors", "nearest", course, "-", "--json", stdin="king\nKing\n")
    one, other = map(json.loads, result.stdout.splitlines())
    assert one["nearest"][0]["word"] == "man"
    assert other == {"query": "King", "error": "the word 'King' has no vector", "hint": "did you mean 'king'?"}


def test_analogies_come_through_a_pipe(course):
    result = run_well("vectors", "analogy", course, "-n", 1, "--json", stdin="king - man + woman\nking man\n")
    one, other = map(json.loads, result.stdout.splitlines())
    assert one["nearest"][0]["word"] == "queen"
    assert "neither + nor -" in other["error"]


def test_each_line_is_answered_before_the_next_is_asked(course):
    with subprocess.Popen(
        [*SADARI, "vectors", "nearest", str(course), "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        for word, near in (("king", "man"), ("apple", "서울")):
            process.stdin.write(f"{word}\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["nearest"][0]["word"] == near
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (
            ["nearest", "COURSE", "King", "queen", "kong"],
            "2 words have no vector: 'King', 'kong'\n  → in place of 'King' there is",
        ),
        (["nearest", "COURSE", "king", "-n", "0"], "'-n'"),
        (["nearest", "no.vec", "king"], "no.vec: there is no such file"),
        (["analogy", "COURSE", "king -"], "after the last '-' a word is missing"),
        (["analogy", "no.vec", "king woman"], "neither + nor -"),
        (["analogy", "COURSE", "kong - man"], "'kong' has no vector"),
        (["plot", "COURSE", "-o", "x.png"], "no words to draw"),
        (["plot", "COURSE", "king", "man"], "picture has no name"),
        (["plot", "COURSE", "king", "man", "-o", "x.gif"], "cannot be written as '.gif'"),
        (["plot", "COURSE", "king", "-o", "x.png"], "two words or more"),
        (["plot", "COURSE", "king", "Man", "-o", "x.png"], "'Man' has no vector\n  → did you mean 'man'?"),
        (["evaluate", "COURSE", "no.tsv"], "no.tsv: there is no such file"),
        (["evaluate", "no.vec", "COURSE", "--kind", "analogies"], "no.vec: there is no such file"),
        (["evaluate", "no.vec", "TORN"], "torn.csv, line 2: is no pair"),
        (["convert", "COURSE", "-o", "x.glove"], "names no format"),
        (["convert", "COURSE", "-o", "/no/rights/x.vec", "--words", "no.txt"], ""),
        (["info", "no.vec"], "there is no such file"),
        (["info", "COURSE", "--limit", "0"], "--limit"),
    ],
)
def test_mistakes_are_a_line_or_two(course, arguments, what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "torn.csv").write_text("king,man,1\nking,man\n")
    named = {"COURSE": str(course), "TORN": "torn.csv"}
    said = run_badly("vectors", *[named.get(part, part) for part in arguments])
    assert what in said
    assert not list(tmp_path.glob("x.*"))


def test_without_words_a_terminal_is_not_waited_for(course):
    import pty

    terminal, inside = pty.openpty()
    try:
        result = spawn("vectors", "nearest", course, stdin=inside)
    finally:
        os.close(terminal)
        os.close(inside)
    assert result.returncode == 2
    assert "give a word, or -" in result.stderr


def test_bytes_that_are_no_text_are_said(course):
    assert "standard input, line 2" in run_badly("vectors", "nearest", course, stdin=b"king\n\xff\n")


# -- evaluate -------------------------------------------------------------------------------------------------


def test_both_kinds_of_files_are_evaluated_in_one_go(course, tmp_path):
    pairs, questions = tmp_path / "pairs.csv", tmp_path / "questions.txt"
    pairs.write_text("word1,word2,score\nKing,queen,8\nking,apple,1\nking,man,6\nking,cabbage,0.2\n", encoding="utf-8")
    questions.write_text(": royal\nman king woman queen\nman king woman duchess\n: gram\nking man queen woman\n")
    result = run_well("vectors", "evaluate", course, pairs, questions)
    assert "3 of 4 compared · 1 without a vector (25.0 %) · 1 with a word found in lower case" in " ".join(
        result.stdout.split()
    )
    assert "1 word: cabbage" in result.stdout
    table = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines() if "%" in line}
    assert table["royal"] == ["100.0", "%", "1", "1", "2"]
    assert table["total"] == ["100.0", "%", "2", "2", "3"]
    assert "1 question (33.3 %) not asked for want of 1 word: duchess" in " ".join(result.stdout.split())
    similarity, analogies = json.loads(run_well("vectors", "evaluate", course, pairs, questions, "--json").stdout)
    assert (similarity["kind"], similarity["scored"], similarity["missing"]) == ("pairs", 3, ["cabbage"])
    assert similarity["pairs"][3] == {"first": "king", "second": "cabbage", "human": 0.2, "cosine": None}
    assert (analogies["kind"], analogies["total"]["correct"], analogies["sections"][0]["name"]) == (
        "analogies",
        2,
        "royal",
    )


def test_words_from_subwords_can_be_left_out(folder, tmp_path):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("영화를\t배우\t7\n영화\t배우\t5\n노래\t가수\t8\n", encoding="utf-8")
    assert "1 with a word made from subwords" in " ".join(run_well("vectors", "evaluate", folder, pairs).stdout.split())
    [known] = json.loads(run_well("vectors", "evaluate", folder, pairs, "--known-only", "--json").stdout)
    assert (known["scored"], known["missing"]) == (2, ["영화를"])


def test_what_cannot_be_evaluated_is_a_dash_and_not_a_crash(course, tmp_path):
    questions = tmp_path / "q.txt"
    questions.write_text("a b c d\n")
    assert "–" in run_well("vectors", "evaluate", course, questions).stdout
    [found] = json.loads(run_well("vectors", "evaluate", course, questions, "--json").stdout)
    assert found["total"]["accuracy"] is None
    pairs = tmp_path / "p.csv"
    pairs.write_text("king,man,1\nking,apple,1\n")
    assert "all scores are equal" in run_well("vectors", "evaluate", course, pairs).stdout


# -- plot, convert, info --------------------------------------------------------------------------------------


def test_a_picture_of_words_and_of_neighbours(course, tmp_path):
    picture = tmp_path / "words.svg"
    result = run_well("vectors", "plot", course, "queen", "--nearest", "apple", "-n", 2, "-o", picture)
    assert "4 words" in result.stdout
    drawn = picture.read_text(encoding="utf-8")
    assert all(f">{word}<" in drawn for word in ("queen", "apple", "서울", "royal"))
    found = json.loads(run_well("vectors", "plot", course, "king", "man", "woman", "--json").stdout)
    assert [point["word"] for point in found["points"]] == ["king", "man", "woman"]
    assert found["picture"] is None


@pytest.mark.parametrize("name", ["out.vec", "out.bin", "out.txt", "out"])
def test_converting_keeps_words_and_bits(course, tmp_path, name):
    result = run_well("vectors", "convert", course, "-o", tmp_path / name)
    assert "7 words, 3 wide" in result.stdout
    assert "sadari vectors nearest" in result.stdout
    old, new = read_vectors(course), read_vectors(tmp_path / name)
    assert new.words == old.words
    assert np.array_equal(new.matrix, old.matrix)


def test_fewer_words(course, tmp_path):
    (tmp_path / "list.txt").write_bytes("서울\r\nking\n\nnobody\n".encode("cp949"))
    run_well("vectors", "convert", course, "-o", tmp_path / "a.vec", "--words", tmp_path / "list.txt")
    assert read_vectors(tmp_path / "a.vec").words == ["king", "서울"]
    run_well("vectors", "convert", course, "-o", tmp_path / "b", "--to", "glove", "--limit", 2)
    assert [line.split()[0] for line in (tmp_path / "b").read_text().splitlines()] == ["king", "queen"]
    (tmp_path / "none.txt").write_text("nobody\n")
    for source in (course, tmp_path / "a.vec"):
        said = run_badly("vectors", "convert", source, "-o", tmp_path / "c", "--words", tmp_path / "none.txt")
        assert "has none of these words" in said
    assert not (tmp_path / "c").exists()


def test_what_a_format_cannot_hold_is_said(folder, tmp_path):
    assert "without subwords" in run_well("vectors", "convert", folder, "-o", tmp_path / "x.vec").stdout
    assert "without" not in run_well("vectors", "convert", folder, "-o", tmp_path / "x").stdout
    assert read_vectors(tmp_path / "x").subwords is not None


def test_nothing_is_written_over_what_is_no_model(course, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("x")
    run_badly("vectors", "convert", course, "-o", tmp_path / "mine")
    assert (tmp_path / "mine" / "diary.txt").read_text() == "x"


def test_info(folder, course):
    said = run_well("vectors", "info", folder).stdout
    assert "7 · 12 numbers each" in said
    assert "500 buckets for pieces of 3 to 6 characters" in said
    assert "28 words of text" in said
    found = json.loads(run_well("vectors", "info", course, "--json").stdout)
    assert (found["words"], found["width"], found["subwords"], found["zero"]) == (7, 3, None, 0)
    assert found["first"][0] == "king"
    assert found["length"]["largest"] == pytest.approx(2**0.5)


def test_files_that_gensim_wrote(tmp_path):
    keyed_vectors = pytest.importorskip("gensim.models").KeyedVectors
    rng = np.random.default_rng(0)
    theirs = keyed_vectors(16)
    words = [f"w{i}" for i in range(200)] + ["한국어"]
    theirs.add_vectors(words, rng.standard_normal((201, 16)).astype(np.float32))
    for name, binary in (("v.bin", True), ("v.vec", False)):
        theirs.save_word2vec_format(str(tmp_path / name), binary=binary)
        found = json.loads(run_well("vectors", "nearest", tmp_path / name, "한국어", "--json").stdout)
        wanted = theirs.most_similar("한국어")
        assert [near["word"] for near in found[0]["nearest"]] == [word for word, _ in wanted]
        assert np.allclose([near["cosine"] for near in found[0]["nearest"]], [c for _, c in wanted], atol=1e-6)
