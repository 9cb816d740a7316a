"""``sadari predict``: every row, in order, with the answers of the model, in every format, whole or not at all."""

import csv
import io
import json
import re
import resource
import signal
import subprocess
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sadari
from cli_runs import HEADLINES, SADARI, model_folder, run_badly, run_well, spawn
from sadari.data.read import open_source
from sadari.labelled.rows import Labelled
from sadari.labelled.writers import escaped, write_stream

TEST = HEADLINES / "en_test.csv"
WORDS = "Stocks fell as the central bank raised rates"


def answers(*arguments, stdin=None):
    """The rows of CSV on standard output."""
    return list(
        csv.DictReader(io.StringIO(run_well("predict", *arguments, stdin=stdin).stdout, newline=""), strict=True)
    )


def labelled(frame):
    """A file's last column taken for a model's answers."""
    return Labelled(frame[:, :-1], frame[:, -1:])


def test_file_keeps_rows_order_and_columns_and_agrees_with_python():
    rows = answers(model_folder(), TEST, "--proba")
    frame = pl.read_csv(TEST)
    model = sadari.load(model_folder())
    texts = (frame["title"] + " " + frame["text"]).to_list()
    assert len(rows) == len(frame)
    for name in frame.columns:
        assert [row[name] for row in rows] == frame[name].to_list()
    labels = [str(label) for label in model.classes_]
    found = np.array([[float(row[f"probability_{label}"]) for label in labels] for row in rows])
    np.testing.assert_allclose(found, model.predict_proba(texts), atol=1e-5)
    assert [row["predicted_label"] for row in rows] == model.predict(texts).tolist()
    assert [float(row["probability"]) for row in rows] == found.max(axis=1).tolist()


def test_one_text_or_a_file_same_answer(tmp_path):
    text = pl.read_csv(TEST)["text"][3]
    [record] = [json.loads(line) for line in run_well("predict", model_folder(), text, "--json").stdout.splitlines()]
    (tmp_path / "one.txt").write_text(text + "\n")
    [from_file] = answers(model_folder(), tmp_path / "one.txt")
    [from_stdin] = answers(model_folder(), "-", stdin=text + "\n")
    assert from_file == from_stdin
    assert record["label"] == from_file["label"]
    assert record["probability"] == pytest.approx(float(from_file["probability"]), abs=1e-5)


def test_blank_and_unknown_texts_are_marked_and_get_the_prior(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text('id,text\n1,Stocks fell\n2,""\n3," \t "\n4,qqqq zzzz\n')
    rows = answers(model_folder(), path, "--proba")
    assert [row["note"] for row in rows] == ["", "empty", "empty", "nothing known"]
    prior = sadari.load(model_folder()).prior_
    for row in rows[1:]:
        found = [float(value) for key, value in row.items() if key.startswith("probability_")]
        np.testing.assert_allclose(found, prior, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("gaps.csv", 'id,text,more\n1,Stocks fell,x\n2,,y\n3,"",z\n4,A late goal,z\n'),
        (
            "gaps.jsonl",
            '{"id": 1, "text": "Stocks fell"}\n{"id": 2, "text": null}\n{"id": 3}\n{"id": 4, "text": "A goal"}\n',
        ),
        ("one_column.csv", "text\nStocks fell\n\n\r\nA late goal\n"),
        ("lines.txt", "Stocks fell\n\n \nA late goal\n"),
    ],
)
def test_missing_text_stays_and_is_answered_with_the_prior(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    rows = answers(model_folder(), tmp_path / name, "--proba")
    assert [row["note"] for row in rows] == ["", "empty", "empty", ""]
    assert [row["text"].strip() for row in rows][1:3] == ["", ""]
    prior = sadari.load(model_folder()).prior_
    for row in rows[1:3]:
        found = [float(value) for key, value in row.items() if key.startswith("probability_")]
        np.testing.assert_allclose(found, prior, atol=1e-6)
    said = run_well("predict", model_folder(), tmp_path / name, "-o", tmp_path / "out.csv").stderr
    assert "4 texts labelled" in said
    assert "(2 empty)" in said


def test_missing_text_in_parquet_stays_null(tmp_path):
    pl.DataFrame({"text": [WORDS, None]}).write_parquet(tmp_path / "in.parquet")
    run_well("predict", model_folder(), tmp_path / "in.parquet", "-o", tmp_path / "out.parquet")
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found["text"].to_list() == [WORDS, None]
    assert found["note"].to_list() == [None, "empty"]


def test_text_that_is_no_text_is_named_or_left_out(tmp_path):
    path = tmp_path / "wrong.jsonl"
    path.write_text('{"id": 1, "text": "Stocks fell"}\n{"id": 2, "text": 5}\n{"id": 3, "text": "A late goal"}\n')
    complaint = run_badly("predict", model_folder(), path)
    assert f"{path}, line 2: the text (key 'text') is a number, not a string" in complaint
    result = run_well("predict", model_folder(), path, "--on-bad-row", "skip", "--json")
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [1, 3]
    assert "1 bad row left out" in result.stderr


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.jsonl", "out.parquet"])
def test_every_format_holds_the_same(tmp_path, name):
    path = tmp_path / name
    result = run_well("predict", model_folder(), TEST, "-o", path, "--top", "2")
    assert result.stdout == ""
    assert "320 texts labelled" in result.stderr
    read = {
        "out.csv": lambda: pl.read_csv(path),
        "out.tsv": lambda: pl.read_csv(path, separator="\t"),
        "out.jsonl": lambda: pl.read_ndjson(path),
        "out.parquet": lambda: pl.read_parquet(path),
    }[name]()
    expected = pl.DataFrame(answers(model_folder(), TEST, "--top", "2"))
    assert read.columns == expected.columns
    for column in ("label", "text", "predicted_label", "label_2"):
        assert read[column].to_list() == expected[column].to_list()
    np.testing.assert_array_equal(
        read["probability_2"].to_numpy(), expected["probability_2"].cast(pl.Float64).to_numpy()
    )
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


TYPED = pl.DataFrame(
    {
        "id": pl.Series([7, 8], dtype=pl.UInt16),
        "text": [WORDS, "A late goal"],
        "tags": [["a", "b"], []],
        "kind": pl.Series(["x", None], dtype=pl.Categorical),
        "size": pl.Series(["S", "M"], dtype=pl.Enum(["S", "M"])),
        "when": [date(2024, 2, 29), None],
        "at": pl.Series([datetime(2024, 2, 29, 12), None], dtype=pl.Datetime("ms", "Asia/Seoul")),
        "price": [Decimal("1.50"), Decimal("-2.25")],
        "raw": [b"\x00\xff", b""],
        "took": [timedelta(minutes=90), None],
        "low": [[{"raw": b"\x00\xff", "took": timedelta(minutes=90)}], None],
        "deep": [{"a": [1, None], "b": None}, {"a": [], "b": "x"}],
        "yes": [True, None],
        "float": pl.Series([0.1, None], dtype=pl.Float32),
    }
)


def test_parquet_keeps_its_types(tmp_path):
    TYPED.write_parquet(tmp_path / "in.parquet")
    run_well("predict", model_folder(), tmp_path / "in.parquet", "-o", tmp_path / "out.parquet")
    found = pl.read_parquet(tmp_path / "out.parquet").select(TYPED.columns)
    assert found.schema == TYPED.schema
    assert found.equals(TYPED)
    rows = answers(model_folder(), tmp_path / "in.parquet")  # CSV has no lists: they are joined
    assert [row["tags"] for row in rows] == ["a, b", ""]
    assert [row["low"] for row in rows] == ['[{"raw":"AP8=","took":"PT1H30M"}]', ""]
    first, second = (
        json.loads(line)
        for line in run_well("predict", model_folder(), tmp_path / "in.parquet", "--json").stdout.splitlines()
    )
    expected = {
        "id": 7,
        "tags": ["a", "b"],
        "size": "S",
        "when": "2024-02-29",
        "price": "1.50",
        "raw": "AP8=",
        "took": "PT1H30M",
        "low": [{"raw": "AP8=", "took": "PT1H30M"}],
        "deep": {"a": [1, None], "b": None},
        "yes": True,
        "float": 0.1,
    }
    assert {name: first[name] for name in expected} == expected
    assert [second[name] for name in ("when", "took", "low", "yes", "float")] == [None] * 5


def test_category_as_text(tmp_path):
    frame = pl.DataFrame({"text": pl.Series([WORDS, WORDS], dtype=pl.Categorical), "n": [1, 2]})
    frame.write_parquet(tmp_path / "in.parquet")
    run_well("predict", model_folder(), tmp_path / "in.parquet", "-o", tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").select(frame.columns).equals(frame)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=40)
@given(
    objects=st.lists(
        st.dictionaries(st.sampled_from(["id", "n", "text", "a b", "label", "é"]), json_values, max_size=5), max_size=6
    ),
    spaced=st.booleans(),
)
def test_json_lines_keep_what_they_say(objects, spaced):
    objects = [{"text": "first", "id": 1}, *({**one, "text": "more"} if "text" in one else one for one in objects)]
    separators = (", ", ": ") if spaced else (",", ":")
    lines = [json.dumps(one, ensure_ascii=spaced, separators=separators) for one in objects]
    lines = [line.replace("{", "{ ", 1)[:-1] + " }" if spaced else line for line in lines]
    said = run_well("predict", model_folder(), "-", "--json", stdin="\n".join(lines) + "\n").stdout
    found = [json.loads(line) for line in said.split("\n") if line]
    name = "predicted_label" if any("label" in one for one in objects) else "label"
    for line, kept, one in zip(said.split("\n"), objects, found, strict=False):
        assert line.count('"label"') <= 1 or "label" in str(kept.values())
        assert isinstance(one.pop(name), str)
        assert isinstance(one.pop("probability"), float)
        assert one.pop("note") in (None, "empty", "nothing known")
        assert one == kept
        assert [type(value) for value in one.values()] == [type(value) for value in kept.values()]
        assert list(one) == list(kept)
    assert len(found) == len(objects)


def test_keys_that_come_late_in_a_file_are_columns_too(tmp_path):
    path = tmp_path / "late.jsonl"
    rows = [{"text": WORDS, "n": i} for i in range(1500)]
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"text": WORDS, "label": "mine", "late": [1]}]))
    run_well("predict", model_folder(), path, "-o", tmp_path / "out.jsonl")
    last = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[-1])
    assert (last["label"], last["late"]) == ("mine", [1])
    assert last["predicted_label"] in sadari.load(model_folder()).classes_
    last = answers(model_folder(), path)[-1]
    assert (last["label"], last["late"], last["n"]) == ("mine", "[1]", "")


def test_added_columns_look_alike_behind_json_lines_and_other_rows(tmp_path):
    rows = [{"text": text} for text in (WORDS, "A late goal", "", "qqqq")]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pl.DataFrame(rows).write_parquet(tmp_path / "in.parquet")
    for name in ("jsonl", "parquet"):
        arguments = [tmp_path / f"in.{name}", "--proba", "-o", tmp_path / f"{name}.jsonl"]
        run_well("predict", model_folder(), *arguments)
    told = [(tmp_path / f"{name}.jsonl").read_text().replace('": "', '":"') for name in ("jsonl", "parquet")]
    assert told[0] == told[1]


def test_taken_names_give_way(tmp_path):
    path = tmp_path / "taken.csv"
    path.write_text(f"text,label,predicted_label,note,probability\n{WORDS},a,b,c,d\n")
    [row] = answers(model_folder(), path)
    assert [row[name] for name in ("label", "predicted_label", "note", "probability")] == ["a", "b", "c", "d"]
    assert row["predicted_label_2"] in sadari.load(model_folder()).classes_
    assert {"predicted_note", "predicted_probability"} <= set(row)


def test_columns_as_in_training():
    """The bundled test file has a title and a text; the model was trained on both, joined."""
    assert "title and text, as in training" in run_well("predict", model_folder(), TEST).stderr
    assert "as in training" not in run_well("predict", model_folder(), TEST, "--text", "text").stderr


def test_texts_as_arguments_are_a_line_each():
    lines = run_well("predict", model_folder(), WORDS, "A late goal in Turin", "").stdout.splitlines()
    assert len(lines) == 3
    assert re.match(r"\w+ +\d+\.\d %  Stocks fell", lines[0])
    assert lines[2].endswith("(empty)")
    lines = run_well("predict", model_folder(), WORDS, "--proba").stdout.splitlines()
    assert len(re.findall(r"\d+\.\d %", "".join(lines))) == 4


def test_wide_characters_are_cut_to_the_line():
    from rich.cells import cell_len

    shown = run_well("predict", model_folder("bow", "ko"), "국회가 예산안을 통과시켰다 " * 20, "짧은 글").stdout
    assert [cell_len(line) for line in shown.splitlines() if cell_len(line) > 80] == []
    assert "…" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new.csv"], "new.csv: there is no such file"),
        ([TEST, "a text"], "give only files, or only texts"),
        ([TEST, "-o", "out.docx"], "end it in one of: .csv"),
        ([TEST, "-o", "out"], "end it in one of: .csv"),
        ([TEST, "-o", "out.csv", "--json"], "-o NAME.jsonl"),
        ([TEST, "-o", "out.parquet", "--escape-formulas"], "CSV and TSV alone"),
        ([TEST, "-o", "out.jsonl", "--bom"], "CSV and TSV alone"),
        ([TEST, "--json", "--bom"], "CSV and TSV alone"),
        ([TEST, "-o", TEST], "the file that is read"),
        ([TEST, "-o", "folder.csv"], "there is a folder of this name"),
        ([TEST, "-o", f"{TEST}/out.csv"], "is a file, not a folder"),
        ([TEST, "--text", "nope"], "there is no column 'nope'"),
        (["a\udce9 text"], "not valid text"),
    ],
)
def test_mistakes(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    before = TEST.read_bytes()
    assert said in run_badly("predict", model_folder(), *arguments)
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.csv"]
    assert TEST.read_bytes() == before


def test_folder_of_a_climb_is_no_model(tmp_path):
    (tmp_path / "climb.json").write_text("{}")
    model_folder().rename(model_folder().with_name("moved"))
    try:
        (tmp_path / "tfidf").symlink_to(model_folder().with_name("moved"))
        assert f"take one of: {tmp_path}/tfidf" in run_badly("predict", tmp_path, "a text")
    finally:
        model_folder().with_name("moved").rename(model_folder())


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.parquet"])
def test_bad_row_in_the_middle_leaves_the_old_result(tmp_path, name):
    path = tmp_path / "in.csv"
    path.write_text("text,n\n" + f"{WORDS},1\n" * 70_000 + f"{WORDS},1,2\n" + f"{WORDS},1\n" * 10)
    (tmp_path / name).write_text("old")
    complaint = run_badly("predict", model_folder(), path, "-o", tmp_path / name)
    assert "row 70,001" in complaint
    assert "3 fields where the file has 2 columns" in complaint
    assert (tmp_path / name).read_text() == "old"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(["in.csv", name])


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.parquet"])
def test_full_disk_leaves_the_old_result(tmp_path, name):
    def small_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    (tmp_path / name).write_text("old")
    result = spawn("predict", model_folder(), TEST, "-o", tmp_path / name, preexec_fn=small_disk)
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1] == f"sadari: {tmp_path / name}: cannot be written: File too large"
    assert (tmp_path / name).read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_link_and_missing_parents(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "real.csv").chmod(0o640)
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    run_well("predict", model_folder(), WORDS, "-o", tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("text,label")
    assert (tmp_path / "real.csv").stat().st_mode & 0o777 == 0o640
    run_well("predict", model_folder(), WORDS, "-o", tmp_path / "a" / "b" / "new.jsonl")
    assert json.loads((tmp_path / "a" / "b" / "new.jsonl").read_text())["text"] == WORDS


cells = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12))


@settings(deadline=None)
@given(rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=8))
def test_csv_is_rfc_4180(rows):
    columns = {"text": [a for a, _ in rows], 'b,"c': [b for _, b in rows]}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    out = io.BytesIO()
    write_stream(out, [labelled(frame.head(1)), labelled(frame.slice(1))], "csv")
    told = list(csv.reader(io.StringIO(out.getvalue().decode(), newline=""), strict=True))
    assert told == [list(frame.columns), *[[a or "", b or ""] for a, b in rows]]
    records = re.sub(rb'"(?:[^"]|"")*"', b"", out.getvalue()).split(b"\r\n")
    assert len(records) == len(rows) + 2
    assert records[-1] == b""


def test_missing_and_empty_stay_apart_in_csv(tmp_path):
    path = tmp_path / "out.csv"
    frame = pl.DataFrame({"text": ["x", "y", "z"], "b": [None, "", "q"]})
    with path.open("wb") as stream:
        write_stream(stream, [labelled(frame)], "csv")
    [batch] = open_source(path, text="text", need_label=False).batches()
    assert batch.frame["b"].to_list() == [None, "", "q"]


@settings(deadline=None)
@given(texts=st.lists(st.text(st.sampled_from("=+-@\t\r\n'ab \""), max_size=5), min_size=1, max_size=8))
def test_no_cell_is_a_formula_when_escaped(texts):
    frame = pl.DataFrame({"=text": texts, "@n": [1.5] * len(texts)})
    out = io.BytesIO()
    write_stream(out, [labelled(frame)], "csv", escape=True)
    for row in csv.reader(io.StringIO(out.getvalue().decode(), newline=""), strict=True):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    back = escaped(frame)["'=text"].to_list()
    assert [cell.removeprefix("'") if cell != text else cell for cell, text in zip(back, texts, strict=True)] == texts


def test_escape_formulas_on_the_command_line(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text('text,link\nStocks fell,"=HYPERLINK(""http://x"")"\n-5 degrees,ok\n')
    plain, safe = answers(model_folder(), path), answers(model_folder(), path, "--escape-formulas")
    assert [row["link"] for row in plain] == ['=HYPERLINK("http://x")', "ok"]
    assert [row["link"] for row in safe] == ['\'=HYPERLINK("http://x")', "ok"]
    assert safe[1]["text"] == "'-5 degrees"
    assert [row["probability"] for row in plain] == [row["probability"] for row in safe]


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-8"])
def test_a_file_of_excels_may_come_back_with_a_byte_order_mark(tmp_path, encoding):
    """Excel takes a CSV file without one for its own code page, and shows Hangul as rubbish."""
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_bytes("text,메모\nStocks fell on Friday,하나\nA late goal,둘\n".encode(encoding))
    plain = run_well("predict", model_folder(), path, "-o", out).stderr
    without = out.read_bytes()
    assert ("--bom" in plain) == (encoding != "utf-8")
    said = run_well("predict", model_folder(), path, "-o", out, "--bom").stderr
    assert "--bom" not in said
    assert out.read_bytes() == b"\xef\xbb\xbf" + without
    assert list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig"))))[1]["메모"] == "둘"
    assert [row["메모"] for row in answers(model_folder(), out)] == ["하나", "둘"]  # it can be read again
    shown = run_well("predict", model_folder(), "A late goal", "--bom").stdout_bytes
    assert shown.startswith(b"\xef\xbb\xbftext,label")


def test_several_labels(tmp_path):
    texts = ["war battle", "love kiss", "war love kiss battle"] * 30
    labels = ["war", "love", "war|love"] * 30
    path = tmp_path / "genres.csv"
    path.write_text(
        "text,genres\n" + "".join(f"{t} {i},{g}\n" for i, (t, g) in enumerate(zip(texts, labels, strict=True)))
    )
    run_well("train", path, "--rung", "bow", "--label-sep", "|", "-o", tmp_path / "m", "--json")
    [both, none] = [
        json.loads(line)
        for line in run_well("predict", tmp_path / "m", "battle kiss war love", "qq", "--json").stdout.splitlines()
    ]
    assert sorted(both["label"]) == ["love", "war"]
    assert len(both["probability"]) == 2
    assert none["note"] == "nothing known"
    rows = answers(tmp_path / "m", path)
    assert {row["label"] for row in rows} <= {"war", "love", "war, love", "love, war"}


@pytest.mark.slow
def test_a_file_larger_than_memory_would_like_is_streamed(tmp_path):
    """150 MB in, and no more memory than for a tenth of that but for what allocators keep."""
    piece = TEST.read_bytes().partition(b"\n")[2]
    peaks = []
    for megabytes in (15, 150):
        path = tmp_path / f"{megabytes}.csv"
        with path.open("wb") as stream:
            stream.write(b'"label","title","text"\n')
            for _ in range(megabytes * 1_000_000 // len(piece)):
                stream.write(piece)
        command = [*SADARI, "predict", str(model_folder()), str(path), "-o", str(tmp_path / "o.csv")]
        code = (
            "import resource, subprocess\n"
            f"assert subprocess.run({command!r}, stderr=subprocess.DEVNULL).returncode == 0\n"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        )
        peaks.append(int(subprocess.run([SADARI[0], "-c", code], capture_output=True, text=True).stdout) / 1024)
    assert peaks[1] < 800, peaks
    assert peaks[1] - peaks[0] < 150, peaks


def test_texts_longer_than_the_model_reads_are_counted_wherever_they_are_cut(tmp_path):
    rows = [f"{'red green blue' if i % 2 else 'one two three'} {i},{'ab'[i % 2]}" for i in range(60)]
    long = "red " * 500
    (tmp_path / "d.csv").write_text("text,label\n" + "\n".join([*rows, f"{long},b", f"one {long},a"]) + "\n")
    arguments = ["--epochs", "1", "--set", "max_length=6", "-o", tmp_path / "m"]
    printed = " ".join(run_well("train", tmp_path / "d.csv", "--rung", "embedding", *arguments).stdout.split())
    assert re.search(r"Long [12] of 56 texts \(\d\.\d %\) cut after 6 tokens", printed)
    model = sadari.load(tmp_path / "m")
    assert model.cut_texts(["red " * 6, "red " * 7, ""]).tolist() == [False, True, False]
    assert sadari.load(model_folder()).cut_texts([long]).tolist() == [False]
    found = answers(tmp_path / "m", tmp_path / "d.csv")
    assert [row["note"] for row in found[-3:]] == ["", "cut", "cut"]
    assert "(2 cut)" in run_well("predict", tmp_path / "m", tmp_path / "d.csv", "-o", tmp_path / "out.csv").stderr
    assert (
        "2 texts (3.2 %) cut: longer than the model reads"
        in run_well("evaluate", tmp_path / "m", tmp_path / "d.csv").stdout
    )
    assert json.loads(run_well("evaluate", tmp_path / "m", tmp_path / "d.csv", "--json").stdout)["cut_texts"] == 2
    assert "longer than the model reads" in run_well("explain", tmp_path / "m", long).stderr
    assert json.loads(run_well("explain", tmp_path / "m", long, "--json").stdout)["cut"]


def test_a_word_that_is_also_a_folder_is_a_text_and_that_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stocks").mkdir()
    result = run_well("predict", model_folder(), "stocks")
    assert "'stocks' is taken as a text; for the folder of this name write stocks/" in result.stderr
    assert "no text files" in run_badly("predict", model_folder(), "stocks/")
    run_well("predict", model_folder(), "stocks", "-o", "out.csv")
    assert "1 text labelled" in run_well("predict", model_folder(), WORDS, "-o", "out.csv").stderr
