"""Every command in Korean: no run of English words but names, options, commands to copy and what stands in the data."""

import re

import click
import pytest

from cli_runs import HEADLINES, run
from sadari import Bert, Generator, Translator
from sadari.cli.app import COMMANDS, app
from sadari.rungs import RUNGS
from sadari.settings.declaration import settings_of

SETTINGS = sorted({name for kind in (*RUNGS.values(), Generator, Translator, Bert) for name in settings_of(kind)})
# what stays as it is: what can be typed, names of formats, measures, settings and their values
AS_IT_IS = re.compile(
    r"(cat \S+ \| )?sadari [a-z].*|curl .*|loss \w+|fasttext [a-z].*|"
    r"BERT tiny|--[-a-z]+( [A-Z]+)?|[\w./-]*/[\w./-]+|\w+=\S+|'[^']*'|“[^”]*”|\"[^\"]*\"|\[[A-Z]+\]|"
    rf"\b({'|'.join(SETTINGS)}) \S+"
)
ENGLISH = re.compile(r"\b[A-Za-z]{2,} [a-z]{2,}\b")
NET = ("--set", "embed_dim=8", "--set", "hidden=8")


def check_korean(result, *, ends=0):
    """What a run prints on either stream, which ends so."""
    assert result.exit_code == ends, result.stderr + repr(result.exception)
    said = result.stdout + result.stderr
    assert re.search("[가-힣]", said), said
    for line in said.splitlines():
        left = AS_IT_IS.sub(" | ", line)
        assert not ENGLISH.search(left), line


def ko(*arguments, stdin=None):
    return run(*arguments, stdin=stdin, env={"SADARI_LANG": "ko", "COLUMNS": "200"})


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a few headlines, plain texts, pairs, and a trained model; what made them was Korean, too."""
    folder = tmp_path_factory.mktemp("ko")
    for name, rows in (("train", 60), ("test", 30)):
        lines = (HEADLINES / f"ko_{name}.csv").read_text("utf-8").splitlines()[: rows + 1]
        (folder / f"{name}.csv").write_text("\n".join(lines), "utf-8")
    texts = [line.split(",", 1)[1].strip('"') for line in lines[1:]]
    (folder / "글.txt").write_text("\n".join(texts * 3), "utf-8")
    (folder / "한국어.txt").write_text("\n".join(f"나는 {i}을 본다" for i in range(40)), "utf-8")
    (folder / "영어.txt").write_text("\n".join(f"I see {i}" for i in range(40)), "utf-8")
    given = ["--text", "title", "--test", folder / "test.csv", "-o", folder / "m"]
    check_korean(ko("train", folder / "train.csv", "--rung", "tfidf", *given))
    return folder


def commands(group, *name):
    """The words of every command, of those within others too."""
    for each, inner in group.items():
        yield [*name, each]
        yield from commands(getattr(inner, "commands", {}), *name, each)


EVERY = {name: app.get_command(click.Context(app), name) for name in COMMANDS}


@pytest.mark.parametrize("name", [[], *commands(EVERY), ["pretrain", "probe"]], ids=" ".join)
def test_of_help(name):
    for said in (ko(*name, "--help"), run("--lang", "ko", *name, "-h"), run(*name, "--help", "--lang=ko")):
        check_korean(said)
        assert said.stdout.startswith("사용법: sadari")
        assert "옵션:" in said.stdout
    assert run(*name, "--help", env={"SADARI_LANG": "ko"}).stdout == run(*name, "--help", "--lang", "ko").stdout
    assert run(*name, "--help", "--lang", "en", env={"SADARI_LANG": "ko"}).stdout == run(*name, "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["climb", "--hlp"], "'--hlp' 옵션은 없습니다"),
        (["climb", "--seed", "x"], "'--seed'의 값이 잘못되었습니다: 'x'은(는) 쓸 수 없는 값입니다(정수)"),
        (["climb", "--margin", "x"], "쓸 수 없는 값입니다(수)"),
        (["climb", "--seed", "-1"], "범위 밖입니다"),
        (["climb", "--on-bad-row", "x"], "'error', 'skip' 가운데 하나가 아닙니다"),
        (["data", "head", "a", "b"], "인자가 더 있습니다(b)"),
        (["climb", "--budget"], "sadari climb: '--budget' 옵션에는 값 1개가 필요합니다"),
        (["climb", "--no-report=1"], "값을 받지 않습니다"),
        (["predict"], "빠진 인자 'MODEL'"),
        (["vectors", "plat"], "'plat'이라는 명령은 없습니다"),
        (["clim"], "'climb' 명령을 찾으시나요?"),
        (["pretrain", "probe"], "빠진 인자 'MODEL'"),
    ],
)
def test_of_what_cannot_be_typed(arguments, said):
    for result in (ko(*arguments), run("--lang", "ko", *arguments)):
        check_korean(result, ends=2)
        assert said in result.stderr
    assert said not in run(*arguments).stderr


def test_of_classifiers(place):
    check_korean(ko("climb", place / "train.csv", "--rungs", "bow,tfidf", "--no-curves", "-o", place / "run"))
    check_korean(ko("evaluate", place / "m", place / "test.csv", "--text", "title"))
    check_korean(ko("predict", place / "m", "주가가 올랐다", " ", "zzz"))
    check_korean(ko("predict", place / "m", place / "test.csv", "-o", place / "out.csv"))
    check_korean(ko("explain", place / "m", "주가가 크게 올랐다"))
    check_korean(ko("train", "--rung", "tfidf", "--settings"))


def test_of_fasttext(place):
    given = ["--set", "buckets=64", "--epochs", "2", "-o", place / "bag"]
    check_korean(ko("train", place / "train.csv", "--rung", "embedding-bag", "--text", "title", *given))
    check_korean(ko("export", place / "bag", "--to", "fasttext", "-o", place / "bag.bin"))
    check_korean(ko("import", place / "bag.bin", "-o", place / "taken"))


def test_of_data(place):
    check_korean(ko("data", "list"))
    check_korean(ko("data", "audit", place / "train.csv", "--test", place / "test.csv"))


def test_of_vectors(place):
    words = ["--width", "8", "--min-count", "1", "--epochs", "2"]
    check_korean(ko("vectors", "train", place / "글.txt", "-o", place / "vec", *words))
    check_korean(ko("vectors", "info", place / "vec"))
    check_korean(ko("vectors", "convert", place / "vec", "-o", place / "vec.txt"))


def test_of_generation(place):
    given = [*NET, "--steps", "2", "--sample-every", "0", "-o", place / "writer"]
    check_korean(ko("generate", "train", place / "글.txt", *given))


def test_of_pretraining(place):
    given = ["--length", "24", "--batch-size", "8", "--steps", "2", "-o", place / "bert"]
    check_korean(ko("pretrain", place / "글.txt", *given))
    check_korean(ko("pretrain", "probe", place / "bert", "오늘 주가가 [MASK]"))


def test_of_translation(place):
    given = ["--net", "gru", "--width", "16", "--epochs", "1", "-o", place / "translator"]
    check_korean(ko("translate", "train", place / "영어.txt", place / "한국어.txt", *given))
    check_korean(ko("translate", "evaluate", place / "translator", place / "영어.txt", place / "한국어.txt"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "없는모델", "글"],
        ["evaluate", "{place}/m", "없는파일.csv"],
        ["train", "{place}/train.csv"],
        ["train", "{place}/train.csv", "--rung", "nothing", "-o", "m"],
        ["train", "{place}/train.csv", "--rung", "tfidf", "--set", "C=many", "-o", "m"],
        ["train", "{place}/train.csv", "--rung", "tfidf", "--set", "C=-1", "-o", "m"],
        ["export", "{place}/m", "--to", "fasttext", "-o", "m.bin"],
        ["climb", "{place}/train.csv", "--budget", "soon"],
        ["vectors", "nearest", "{place}/train.csv", "말"],
        ["generate", "sample", "{place}/m"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_of_what_goes_wrong(place, arguments):
    check_korean(ko(*(one.format(place=place) for one in arguments)), ends=2)
