"""Standard input, output and error in every state: each byte arrives, or the exit status says that it did not."""

import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from cli_runs import HEADLINES, SADARI, model_folder, run_well
from sadari.cli.terminal.streams import Text, Whole

ENCODINGS = ["cp949", "euc-kr", "cp1252", "latin-1", "ascii"]
TEXT = "환율이 2.5 % 내렸다 – “급락”…"


def spawn(*arguments, encoding=None, cwd=None, stdin=b"", **options):
    env = {**os.environ, "COLUMNS": "80", "PYTHONUTF8": "0"}
    env.pop("PYTHONIOENCODING", None)
    if encoding:
        env["PYTHONIOENCODING"] = encoding
    run = subprocess.run(
        [*SADARI, *map(str, arguments)], capture_output=True, env=env, timeout=120, cwd=cwd, input=stdin, **options
    )
    assert b"Traceback" not in run.stderr
    return run


def small(tmp_path):
    """Labelled texts in two languages, of which the latter is in no encoding of the west."""
    path = tmp_path / "small.csv"
    rows = [f"good fine day {i},좋음" for i in range(30)] + [f"나쁜 슬픈 날 {i},나쁨" for i in range(30)]
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("encoding", "lang"), [*((name, "en") for name in ENCODINGS), ("cp949", "ko"), ("cp1252", "ko")]
)
def test_a_climb_ends_in_every_encoding(encoding, lang, tmp_path):
    asked = ["climb", small(tmp_path), "--rungs", "bow", "--lang", lang, "-o", tmp_path / "out"]
    run = spawn(*asked, "--no-report", encoding=encoding)
    assert run.returncode == 0, run.stderr
    said = run.stdout.decode(encoding)  # strictly
    assert "bow" in said
    assert lang == "ko" or " us" in said  # microseconds
    in_utf8 = (tmp_path / "out" / "climb.json").read_bytes().decode("utf-8")
    assert "좋음" in in_utf8
    korean = encoding in ("cp949", "euc-kr")
    assert ("좋음" in said) == korean
    assert (b"PYTHONIOENCODING=utf-8" in run.stderr) != korean  # what is lost is told of


def commands(tmp_path):
    data, model = small(tmp_path), model_folder(lang="ko")
    return [
        ["--help"],
        ["train", data, "--rung", "bow", "-o", tmp_path / "model"],
        ["train", "--settings", "--rung", "lstm"],
        ["evaluate", model, "headlines_ko"],
        ["evaluate", model, "headlines_ko", "--json"],
        ["predict", model, TEXT],
        ["predict", model, TEXT, "--json"],
        ["predict", model, data],
        ["explain", model, TEXT],
        ["explain", model, TEXT, "--json"],
        ["data", "list"],
        ["data", "audit", data],
    ]


def test_every_command_prints_in_ascii(tmp_path):
    """ASCII has least; what programs read is UTF-8, or JSON in which nothing is lost."""
    for arguments in commands(tmp_path):
        run = spawn(*arguments, encoding="ascii", cwd=tmp_path)
        assert run.returncode == 0, (arguments, run.stderr)
        assert run.stdout
        if "--json" in arguments and "predict" not in arguments:
            run.stdout.decode("ascii")
            assert json.loads(run.stdout) == json.loads(run_well(*arguments).stdout)
        elif arguments[0] == "predict" and TEXT not in arguments:
            assert run.stdout.decode("utf-8") == run_well(*arguments).stdout.replace("\n", "\r\n")
        elif "--json" in arguments:
            assert json.loads(run.stdout.decode("utf-8"))["text"] == TEXT
        else:
            run.stdout.decode("ascii")
        run.stderr.decode("ascii")


def through(encoding, text, errors=None):
    """What arrives of a text."""
    ours, theirs = os.pipe()
    stream = Text(Whole(theirs, needed=True), encoding, errors)
    stream.write(text)
    stream.flush()
    os.close(theirs)
    with os.fdopen(ours, "rb") as reader:
        return reader.read().decode(encoding), stream.lost


@pytest.mark.parametrize(
    ("encoding", "text", "arrives", "lost"),
    [
        ("utf-8", TEXT, TEXT, 0),
        ("cp949", "12 µs – 한국", "12 us - 한국", 0),
        ("euc-kr", "→ ± ● …", "→ ± ● …", 0),
        ("cp1252", "12 µs – 한 →", "12 µs – ?? ->", 1),
        ("latin-1", "café\u0301 “a” ≤ b", 'caf\xe9\u0301 "a" <= b'.replace("\u0301", "?"), 1),
        ("latin-1", "cafe\u0301", "café", 0),  # composed
        ("ascii", "µ · × █▌ é €", "u | x #= e ?", 2),
        ("cp949", "é", "e", 1),
    ],
)
def test_what_stands_for_what_an_encoding_lacks(encoding, text, arrives, lost):
    assert through(encoding, text) == (arrives, lost)


def test_the_users_own_way_of_replacing_is_kept():
    assert through("ascii", "µ", "xmlcharrefreplace") == ("&#181;", 0)


def slow_reader(command, env, *, wait=0.5):
    """Of a pipe that does not block, which is full for a while: exit status, and all that came."""
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
    fcntl.fcntl(theirs, fcntl.F_SETFL, fcntl.fcntl(theirs, fcntl.F_GETFL) | os.O_NONBLOCK)
    process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.PIPE, env=env)
    os.close(theirs)
    time.sleep(wait)  # no oracle: a reader that is quicker sees the same
    with os.fdopen(ours, "rb") as reader:
        found = reader.read()
    said = process.stderr.read()
    process.stderr.close()
    return process.wait(60), found, said


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("kind", ["csv", "text"])
def test_a_slow_reader_of_a_pipe_that_does_not_block_gets_every_byte(kind, unbuffered, tmp_path):
    model = model_folder()
    arguments = (
        ["predict", model, HEADLINES / "en_test.csv"]
        if kind == "csv"
        else ["predict", model, *(f"Stocks fell on day {day}" for day in range(150))]
    )
    whole = run_well(*arguments).stdout
    command = [*SADARI, *map(str, arguments)]
    code, found, said = slow_reader(command, {**os.environ, "PYTHONUNBUFFERED": unbuffered})
    assert code == 0, said
    assert found.decode().replace("\r\n", "\n") == whole
    assert len(found) > 4096


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_file_that_may_not_grow_is_an_error(unbuffered, tmp_path):
    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))

    command = [*SADARI, "predict", str(model_folder()), str(HEADLINES / "en_test.csv")]
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with (tmp_path / "out.csv").open("wb") as file:
        run = subprocess.run(
            command, stdout=file, stderr=subprocess.PIPE, env=env, preexec_fn=limited, text=True, timeout=60
        )
    assert run.returncode == 2
    assert run.stderr.splitlines()[-1] == "sadari: standard output: cannot be written: File too large"


def in_shell(line):
    """The exit status and what came on standard output and error."""
    line = line.replace("sadari", f"{sys.executable} -m sadari")
    run = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return run.returncode, run.stdout, run.stderr


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("sadari data list >&-", 2, "sadari: standard output: is closed"),
        ("sadari --version >&-", 2, "sadari: standard output: is closed"),
        ("sadari data list 1</dev/null", 2, "sadari: standard output: cannot be written: Bad file descriptor"),
        ("sadari data list >/dev/full", 2, "sadari: standard output: cannot be written: No space left on device"),
        ("PYTHONUNBUFFERED=1 sadari data list >/dev/full", 2, "sadari: standard output: cannot be written"),
        ("sadari data lst 2>&-", 2, ""),
        ("sadari data lst 2>/dev/full", 2, ""),
        ("sadari data audit - <&-", 2, "sadari: standard input: is closed"),
        ("sadari data list >&- 2>&- <&-", 2, ""),
    ],
)
def test_streams_that_are_closed_or_full(line, code, said):
    found = in_shell(line)
    assert found[0] == code
    assert found[1] == ""
    assert found[2].startswith(said)
    assert len(found[2].splitlines()) <= 2
    assert bool(found[2]) == bool(said)


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full", "<&-"])
def test_work_goes_on_without_standard_error_or_input(closed, tmp_path):
    code, shown, _ = in_shell(f"sadari train headlines --rung bow -o {tmp_path / 'm'} {closed}")
    assert code == 0
    assert "Saved" in shown
    assert run_well("predict", tmp_path / "m", "Stocks fell").stdout
