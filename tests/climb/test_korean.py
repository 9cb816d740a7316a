"""A climb on Korean texts: the same numbers whatever the file's encoding, with a tokenizer that suits the script."""

import json
import os
import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from rungs_headlines import FOLDER, headlines
from sadari.cli import app
from sadari.climb.climb import climb as climb_rungs
from sadari.data.datasets import find
from sadari.data.read import open_source
from sadari.display import terminal as progress
from sadari.messages import Message, render, speaking
from sadari.metrics.significance import mcnemar
from sadari.rungs import TfIdf
from sadari.vectors.keyed import WordVectors
from tiny_bert import tiny_bert

RUNGS = "bow,ngram,tfidf,embedding-bag"
# What a climb's JSON says of the clock and the place, or (the verdict) weighs by the clock; all else must not depend
# on the encoding.
OF_THE_RUN = frozenset(
    {
        "seconds",
        "train_seconds",
        "one_text_us",
        "bulk_texts_per_second",
        "megabytes",
        "folder",
        "source",
        "notes",
        "options",
        "verdict",
    }
)
ENCODINGS = {"utf-8": None, "cp949": "CP949", "utf-16": "UTF-16"}


def run(*arguments: object) -> str:
    """What the command line prints on standard output, 80 cells wide."""
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.stderr + repr(result.exception)
    return result.stdout


def climb(folder: Path, data: Path, *options: object) -> dict[str, Any]:
    """The climb's JSON; models and predictions lie in `folder`."""
    options = ("--rungs", RUNGS, "--no-curves", "--no-report", "--json", "-o", folder, *options)
    found: dict[str, Any] = json.loads(run("climb", data, *options))
    return found


def numbers(value: Any) -> Any:
    """A climb's JSON without what is `OF_THE_RUN`."""
    if isinstance(value, dict):
        return {name: numbers(inner) for name, inner in value.items() if name not in OF_THE_RUN}
    return [numbers(inner) for inner in value] if isinstance(value, list) else value


def rewritten(source: Path, folder: Path, encoding: str) -> Path:
    """The same file in another encoding, its line ends as they are."""
    folder.mkdir(exist_ok=True)
    copy = folder / source.name
    copy.write_bytes(source.read_text(encoding="utf-8").encode(encoding))
    return copy


def check_same(plain: dict[str, Any], other: dict[str, Any], folders: Sequence[Path]) -> None:
    """Scores, tests, audit, predictions and fingerprints are those of the UTF-8 file."""
    assert numbers(plain) == numbers(other)
    for name in ("best", "majority_share"):
        assert plain["verdict"][name] == other["verdict"][name]
    first, second = [(folder / "predictions.csv").read_bytes() for folder in folders]
    assert first == second
    for rung in RUNGS.split(","):
        ours, theirs = [json.loads((folder / rung / "sadari.json").read_text("utf-8")) for folder in folders]
        assert ours["data"]["sha256"] == theirs["data"]["sha256"]
        assert ours["tokenizer"] == theirs["tokenizer"] == {"name": "syllables"}


@pytest.fixture(scope="module")
def in_utf_8(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The headlines as they are, climbed once: the run's folder and its JSON."""
    folder = tmp_path_factory.mktemp("utf-8") / "run"
    return folder, climb(folder, FOLDER / "ko_train.csv", "--test", FOLDER / "ko_test.csv", "--lang", "ko")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp949", "utf-16"])
def test_headlines_score_the_same_in_every_encoding(
    encoding: str, in_utf_8: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    train, test = (rewritten(FOLDER / f"ko_{part}.csv", tmp_path, encoding) for part in ("train", "test"))
    with pytest.raises(UnicodeDecodeError):  # the copy is no UTF-8: it has to be found out
        train.read_text(encoding="utf-8")
    other = climb(tmp_path / "run", train, "--test", test, "--lang", "ko")
    check_same(in_utf_8[1], other, [in_utf_8[0], tmp_path / "run"])
    assert any(str(ENCODINGS[encoding]) in note for note in other["notes"])
    assert other["labels"] == ["경제", "과학기술", "세계", "스포츠"]


def test_a_model_labels_a_file_the_same_in_every_encoding(
    in_utf_8: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    answers = set()
    for encoding in ENCODINGS:
        test = rewritten(FOLDER / "ko_test.csv", tmp_path / encoding, encoding)
        answers.add(run("predict", in_utf_8[0] / "tfidf", test, "--text", "title,text"))
    assert len(answers) == 1
    assert len(answers.pop().splitlines()) == 181


def test_a_korean_climb_fits_80_columns(tmp_path: Path) -> None:
    shown = run(
        "climb", "headlines_ko", "--lang", "ko", "--rungs", RUNGS, "--no-curves", "--no-report", "-o", tmp_path / "run"
    )
    # the path of the next command must stay whole, to be copied
    lines = [line for line in shown.splitlines() if str(tmp_path) not in line]
    assert [line for line in lines if cell_len(line) > 80] == []
    heads = [line.split()[0] for line in shown.splitlines() if line and not line.startswith((" ", "●"))]
    assert heads == ["읽음", "점검", "분할", "결론", "모델", "다음"]
    rows = [line.replace("●", " ").split() for line in shown.splitlines()]
    # as a set: this test is of widths and words, others hold the order
    shown_rungs = [row[0] for row in rows if row and row[0] in RUNGS.split(",") and "±" in row[2]]
    assert sorted(shown_rungs) == sorted(RUNGS.split(","))


def test_the_tokenizer_taken_for_hangul_beats_words_between_spaces() -> None:
    texts, labels = headlines("ko")
    held_out, truth = headlines("ko", "test")
    right = {}
    for name in ("auto", "whitespace", "words"):
        model = TfIdf(tokenizer=name).fit(texts, labels)
        right[name] = model.predict(held_out) == truth.to_numpy()
    for spaced in ("whitespace", "words"):
        won = int((right["auto"] & ~right[spaced]).sum())
        lost = int((right[spaced] & ~right["auto"]).sum())
        assert won > lost
        assert mcnemar(won, lost) < 0.001, (spaced, won, lost)


@pytest.mark.data
def test_real_questions_score_the_same_in_cp949(tmp_path: Path) -> None:
    source = Path(os.environ.get("SADARI_DATA", "")) / "chatbot_ko" / "ChatbotData.csv"
    if not os.environ.get("SADARI_DATA") or not source.is_file():
        pytest.skip("SADARI_DATA is not set, or has no chatbot_ko/ChatbotData.csv")
    found = {}
    for encoding in ("utf-8", "cp949"):
        copy = rewritten(source, tmp_path / encoding, encoding)
        found[encoding] = climb(tmp_path / f"run-{encoding}", copy, "--text", "Q", "--label", "label")
    check_same(found["utf-8"], found["cp949"], [tmp_path / "run-utf-8", tmp_path / "run-cp949"])
    assert any("CP949" in note for note in found["cp949"]["notes"])
    assert not any("CP949" in note for note in found["utf-8"]["notes"])
    plain = found["utf-8"]
    assert plain["labels"] == ["0", "1", "2", "2   "]  # as they stand in the file; which the audit says
    assert any("'2   '" in note for note in plain["notes"])
    # well above the 45 % of the questions that have the most frequent label
    assert all(rung["accuracy"]["low"] > 0.75 for rung in plain["rungs"])


@pytest.mark.parametrize("trials", [0, 2], ids=["as they are", "tuned"])
def test_what_a_korean_climb_says_while_it_works_is_korean(trials: int, tmp_path: Path) -> None:
    """Every word of its progress, but the names of rungs."""
    if trials:
        pytest.importorskip("optuna")
    data = find("headlines_ko")
    train, test = (open_source(path, text="title", label="label").read() for path in (data.train, data.test))
    words = sorted({word for text in train.texts for word in text.split()})
    vectors = WordVectors(words, np.random.default_rng(0).normal(size=(len(words), 8)).astype(np.float32))
    told: list[Message | str] = []
    settings = {"vectors": {"tokenizer": "whitespace"}, "lstm": {"epochs": 1}, "bert": {"epochs": 1, "threads": 1}}
    climb_rungs(
        train.take(np.arange(80)),
        test.take(np.arange(20)),
        rungs=["bow", "vectors", "lstm", "bert"],
        lang="ko",
        trials=trials,
        vectors=vectors,
        weights=tiny_bert(str(tmp_path / "tiny")),
        budget=1e5,
        folder=tmp_path / "run",
        settings=settings,
        on_progress=lambda done, total, record: told.append(record["doing"]),
    )
    said = {re.sub("^(bow|vectors|lstm|bert): ", "", render(what, "ko")) for what in told}
    for what in ("준비 중", "학습 중", "교차 검증 중", "성능 측정 중", "학습 곡선 그리는 중", "보고서 작성 중"):
        assert any(each.startswith(what) for each in said), what  # behind it stands which rung is ahead
    assert ("설정 탐색 중(2가지 중 2가지 시도)" in said) == (trials > 0)
    assert any(re.fullmatch(r"학습 속도 [\d,.]+건/초, 모두 약 .+", what) for what in said)
    for what in (re.sub(" · 지금까지 (bow|vectors|lstm|bert), [\\d.]+%$", "", each) for each in said):
        assert re.search("[가-힣]", what), what
        assert not re.search("[A-Za-z]", re.sub(r"(?<=\d)[mµ]s$", "", what)), what  # but units, as Koreans write them


def test_what_the_line_of_progress_says_itself_is_korean(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: clock.now))
    with speaking("ko"), progress.Progress() as say:
        say("읽는 중")
        clock.now += 13
        say("bow: 학습 중", 0.25)
        notice = progress.watchers[-1]
        notice._depth = 1
        notice._tell()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "   13초  bow: 학습 중(25% 진행)"
    assert not re.search("[A-Za-z]", lines[1])


def test_no_english_stands_in_a_korean_climb_of_a_messy_file(tmp_path: Path) -> None:
    """What is printed, and the page, but for names: of rungs, columns, settings, files and formats."""
    rows = (FOLDER / "ko_train.csv").read_text("utf-8").splitlines()[1:81]
    rows += [rows[0], rows[1], '스포츠 ,"감독이 웃었다","오늘도 이겼다\n내일은 모른다"', "세계,제목뿐,", "경제,,   "]
    rows += [rows[2].replace(rows[2].split(",")[0], "경제", 1), f"{rows[3]} &lt;b&gt;"]
    (tmp_path / "뉴스.csv").write_text("\n".join(["분류,제목,본문", *rows]), encoding="cp949", errors="ignore")
    tested = (FOLDER / "ko_test.csv").read_text("utf-8").splitlines()[1:41]
    tested += [rows[4], "날씨,비가 온다,많이 온다"]
    (tmp_path / "시험.csv").write_text("\n".join(["분류,제목,본문", *tested]), encoding="utf-8")
    given = [tmp_path / "뉴스.csv", "--test", tmp_path / "시험.csv", "--text", "본문", "--on-bad-row", "skip"]
    printed = run("climb", *given, "--lang", "ko", "--rungs", "bow,tfidf,embedding", "-o", tmp_path / "결과")
    page = (tmp_path / "결과" / "report.html").read_text("utf-8")
    page = re.sub("<style.*?</style>|<bdi.*?</bdi>", "", page, flags=re.DOTALL)
    shown = unescape(re.sub("<[^>]+>", " ", page))
    names = {
        "bow",
        "tfidf",
        "embedding",
        "syllables",
        "sadari",
        "Sadari",
        "predict",
        "model",
        "report",
        "html",
        "json",
        "csv",
        "CP949",
        "UTF",
        "TF",
        "IDF",
        "train",
        "class",
        "weight",
        "balanced",
        "HTML",
        "lt",
        "MB",
        "ms",
    }
    commands = {
        "data",
        "audit",
        "DATA",
        "metric",
        "macro",
        "weights",
        "fetch",
        "coverage",
        "sets",
        "ko",
        "sroberta",
        "multitask",
    }  # that it names for what comes next
    names |= commands
    for text in (printed.replace(str(tmp_path), ""), shown.replace(str(tmp_path), "")):
        assert set(re.findall("[A-Za-z]{2,}[0-9]*", text)) - names == set()
    assert "레이블이 서로 모순되는 글" in printed
    assert "날씨" in printed
