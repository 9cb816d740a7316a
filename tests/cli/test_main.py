"""The command itself: quick help, errors in a line, and how a run ends."""

import importlib
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pytest
from rich.cells import cell_len

from cli_runs import HEADLINES, SADARI, model_folder, run, run_badly, run_well, spawn
from sadari import __version__
from sadari.cli import main
from sadari.cli.app import COMMANDS
from sadari.cli.arguments import options
from sadari.cli.arguments.inputs import Data, find_data
from sadari.cli.terminal.failures import run_guarded
from sadari.errors import SadariError, SadariWarning
from sadari.messages import LANGUAGES, message, speaking

EVERY_HELP = [
    [],
    *([name] for name in COMMANDS),
    ["data", "list"],
    ["data", "fetch"],
    ["data", "audit"],
    ["weights", "list"],
    ["weights", "fetch"],
]
HEAVY = ("torch", "numba", "sklearn", "scipy", "polars", "numpy", "matplotlib", "rich.progress", "datasketch", "rensa")


@pytest.mark.parametrize("command", EVERY_HELP, ids=" ".join)
def test_help_has_examples_and_loads_nothing_heavy(command):
    code = (
        "import sys\nfrom sadari.cli import main\n"
        f"assert main({[*command, '--help']!r}) == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.stderr.strip() == "[]"
    assert "Usage: sadari" in result.stdout
    if command not in (["data"], ["weights"]):
        assert "Example" in result.stdout


def loaded():
    """Name → command."""
    return {
        name: getattr(importlib.import_module(module), attribute) for name, (module, attribute, _) in COMMANDS.items()
    }


def test_who_takes_weights_of_the_hub_can_fetch_them():
    """The hint of weights that are not here names `--download`."""
    for words in (["label"], ["climb"], ["train"], ["data", "suspects"]):
        said = run_well(*words, "--help").stdout
        assert "--weights" in said
        assert "--download" in said, words


def every_command():
    """The words of each, those of commands within commands too."""
    inner = [[name, each] for name, group in loaded().items() for each in getattr(group, "commands", {})]
    assert ["vectors", "train"] in inner
    return [*EVERY_HELP, *inner, ["pretrain", "probe"]]


@pytest.mark.parametrize("command", every_command(), ids=" ".join)
def test_help_fits_eighty_columns(command):
    """Of Korean letters each takes two."""
    for language in LANGUAGES:
        shown = run(*command, "--help", env={"SADARI_LANG": language}).stdout
        assert max(map(cell_len, shown.splitlines())) <= 80
    assert all(f"  {name} " in run_well("--help").stdout for name in COMMANDS)


def test_every_example_of_the_help_parses():
    """Each ``sadari …`` line of the help names a command, and options that it has."""
    import click

    commands, seen = loaded(), 0
    for command in EVERY_HELP:
        text = run_well(*command, "--help").stdout.replace("\\\n", " ")
        for line in re.findall(r"^ +(?:.*\| )?sadari ([a-z]+ .*)$", text, re.MULTILINE):
            words = line.split("   ")[0].split()
            chosen = commands[words[0]]
            if isinstance(chosen, click.Group):
                chosen = chosen.commands[words[1]]
            known = {option for parameter in chosen.params for option in parameter.opts + parameter.secondary_opts}
            assert {word for word in words if re.match(r"--?[a-z]", word)} <= known, line
            seen += 1
    assert seen > 20


def test_version():
    assert run_well("--version").stdout == f"sadari {__version__}\n"


def test_python_m_and_the_script_are_the_same():
    assert spawn("--version").stdout == f"sadari {__version__}\n"


def test_the_names_in_the_help_are_those_that_there_are():
    from sadari.cli.climb.command import climb
    from sadari.climb.verdict.choice import MARGIN, TEXTS_PER_DAY
    from sadari.metrics.metric import METRICS
    from sadari.rungs import RUNGS
    from sadari.text.tokens.tokenize import TOKENIZERS

    assert tuple(RUNGS) == options.RUNG_NAMES
    assert tuple(TOKENIZERS) == options.TOKENIZER_NAMES
    assert options.METRIC_NAMES == METRICS
    defaults = {option.name: option.default for option in climb.params}
    assert (defaults["margin"], defaults["texts_per_day"]) == (MARGIN, TEXTS_PER_DAY)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["clim"], "did you mean 'climb'"),
        (["climb", "--rung", "bow"], "--rungs"),
        (["climb", "no-such-file.csv"], "no-such-file.csv: there is no such file"),
        (["climb", "headlins"], "did you mean headlines"),
        (["climb", "--rungs", "bow,nope"], "'nope'"),
        (["climb", "--budget", "soon"], "90s, 10m"),
        (["climb", "--budget", "0s"], "90s, 10m"),
        (["climb", "--tokenizer", "nope"], "'nope'"),
        (["climb", "--seed", "-1"], "--seed"),
        (["climb", "-", "--test", "-"], "standard input"),
        (["train", "headlines", "--rung", "lstn", "-o", "x"], "there is no rung 'lstn'"),
        (["train", "headlines", "--rung", "bow"], "-o is missing"),
        (["evaluate", "no-model", "headlines"], "no-model: there is no such"),
        (["predict", "no-model", "a text"], "no-model: there is no such"),
        (["explain", "no-model", "a text"], "no-model: there is no such"),
        (["data", "fetch", "nope"], "nope"),
        (["data", "audit", "nope.csv"], "nope.csv"),
        (["climb", "a\0b.csv"], "b.csv"),
    ],
)
def test_a_users_mistake_is_a_line_or_two(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    complaint = run_badly(*arguments, stdin="x")
    assert said in complaint
    assert len(complaint.splitlines()) <= 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("wrong", ["folder", "empty", "binary", "locked"])
def test_a_file_that_cannot_be_read_is_a_line(wrong, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "data.csv"
    if wrong == "folder":
        path.mkdir()
    else:
        path.write_bytes({"empty": b"", "binary": bytes(range(256)) * 40, "locked": b"text,label\na,b\n"}[wrong])
    if wrong == "locked":
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
    for command in (["climb", path], ["train", path, "--rung", "bow", "-o", tmp_path / "m"], ["data", "audit", path]):
        assert str(path) in run_badly(*command)
    assert [entry.name for entry in tmp_path.iterdir()] == ["data.csv"]


def test_a_folder_that_is_closed_to_us_is_a_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "closed"
    folder.mkdir()
    (folder / "data.csv").write_text("text,label\na,b\n")
    folder.chmod(0)
    try:
        if os.access(folder, os.R_OK):
            pytest.skip("this user may read everything")
        for command in (
            ["climb", "closed/data.csv"],
            ["train", "closed/data.csv", "--rung", "bow", "-o", "m"],
            ["predict", model_folder(), "closed/data.csv"],
        ):
            assert "closed/data.csv: no permission to read it" in run_badly(*command)
        assert "closed: " in run_badly("predict", "closed", "a text")
        assert "closed/m: cannot be written" in run_badly("train", "headlines", "--rung", "bow", "-o", "closed/m")
    finally:
        folder.chmod(0o700)


def test_a_fault_of_our_own_is_a_line_and_with_debug_a_traceback(monkeypatch):
    from sadari.cli.data import command as data

    def fail(*_, **__):
        raise ValueError("one\ntwo")

    monkeypatch.setattr(data.list_, "callback", fail)
    result = run("data", "list")
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    assert "ValueError: one two" in result.stderr
    assert "SADARI_DEBUG=1" in result.stderr
    result = run("data", "list", env={"SADARI_DEBUG": "1"})
    assert result.exit_code == 1
    assert "Traceback" in result.stderr


def test_control_characters_of_a_name_do_not_reach_the_terminal():
    result = run("climb", "no\x1b[31m\x07.csv")
    assert result.exit_code == 2
    assert "\x1b" not in result.stderr
    assert "\\x1b[31m" in result.stderr


def test_a_reader_that_went_away_is_no_error():
    for arguments in (["--help"], ["data", "list"], ["predict", str(model_folder()), str(HEADLINES / "en_test.csv")]):
        process = subprocess.Popen([*SADARI, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        said = process.stderr.read().decode()
        assert process.wait(60) == 141
        assert "Traceback" not in said
        assert "Broken pipe" not in said
        assert "Exception ignored" not in said


def test_output_that_cannot_be_written_is_a_line():
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([*SADARI, "data", "list"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert result.returncode == 2
    assert result.stderr == "sadari: standard output: cannot be written: No space left on device\n"


def test_a_pipe_that_the_temporary_folder_has_no_room_for_is_a_line(tmp_path):
    def small_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    text = "text\n" + "stocks fell again\n" * 5_000
    result = spawn("predict", model_folder(), "-", input=text, preexec_fn=small_disk)
    assert result.returncode == 2
    what, hint = result.stderr.splitlines()
    assert what == f"sadari: {tempfile.gettempdir()}: a pipe cannot be kept while it is read: File too large"
    assert "TMPDIR" in hint


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_stop_in_a_line_and_leave_no_half_run(tmp_path, number, code):
    process = subprocess.Popen(
        [*SADARI, "climb", "headlines"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stdout.readline().startswith("Read ")
    time.sleep(0.3)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert said.splitlines()[-1] == "sadari: stopped"
    assert "Traceback" not in said
    assert not list(tmp_path.iterdir())


def test_sigterm_gives_its_code_where_more_is_said_of_it_than_that(capsys):
    def train():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        except KeyboardInterrupt:
            raise SadariError("stopped", hint="begun with --run RUN, it could be resumed") from None

    assert run_guarded(train) == 143
    assert "--run RUN" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_stops_a_run_is_not_lost_where_python_drops_what_is_raised(number, code, capsys):
    class TakenApart:
        def __del__(self):
            os.kill(os.getpid(), number)

    def work():
        TakenApart()
        time.sleep(60)

    hook = sys.unraisablehook
    assert run_guarded(work) == code
    assert capsys.readouterr().err == "sadari: stopped\n"
    assert sys.unraisablehook == hook


def test_sigterm_gives_its_code_where_other_code_makes_a_ctrl_c_of_it():
    def wait():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        except KeyboardInterrupt:
            raise KeyboardInterrupt from None  # as Ray's code in C++ does

    assert run_guarded(wait) == 143


def test_sigterm_means_what_it_did_after_a_run():
    before = signal.getsignal(signal.SIGTERM)
    main(["--version"])
    assert signal.getsignal(signal.SIGTERM) == before


def test_main_gives_the_exit_code(capsys):
    assert main(["--version"]) == 0
    assert main(["nope"]) == 2
    assert capsys.readouterr().err.startswith("sadari: there is no command 'nope'")


def on_a_terminal(arguments: list[str], *, command: list[str] = SADARI, **env: str) -> str:
    """What a terminal of 80 columns receives."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*command, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        close_fds=True,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **env},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert process.wait(60) == 0
    return shown.decode()


def test_colours_on_a_terminal_unless_refused(tmp_path):
    listing = ["data", "list"]
    assert "\x1b[1m" in on_a_terminal(listing)
    assert "\x1b" not in on_a_terminal(listing, NO_COLOR="1")
    assert "\x1b" not in spawn(*listing).stdout


def test_progress_is_a_bar_on_a_terminal_and_gone_when_it_is_done(tmp_path):
    shown = on_a_terminal(["train", "headlines", "--rung", "bow", "-o", str(tmp_path / "m")])
    assert "━" in shown
    last = shown.rindex("━")
    assert "Settings" in shown[last:]
    assert "\x1b[2K" in shown[last : shown.index("Settings")]  # the bar's line is cleared


def test_data_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bundled = find_data("headlines")
    assert (bundled.name, bundled.columns) == ("headlines", {"text": "title,text", "label": "label"})
    (tmp_path / "headlines").write_text("text,label\n")
    assert find_data("headlines") == Data("headlines", "headlines", None, {})
    (tmp_path / "news").mkdir()
    for path, name in (("a.csv.gz", "a"), ("news/train.csv", "news"), ("news", "news"), ("./x.y.csv", "x")):
        if path != "news":
            (tmp_path / path).write_text("")
        assert find_data(path).name == name
    assert find_data("-").name == "stdin"
    assert find_data("headlines_ko", "headlines_ko").test.endswith("ko_test.csv")


def test_what_is_warned_of_again_and_again_is_said_once(capsys):
    said = message("max_length is {max_length:,}; the model takes {most:,}", max_length=900, most=512)

    def warn():
        for what in ("max_length is 900; the model takes 512", "max_length is 900; the model takes 512", "another"):
            warnings.warn(what, SadariWarning, stacklevel=1)
        with speaking("ko"):
            for _ in range(2):
                warnings.warn(SadariWarning(said), stacklevel=1)
        warnings.warn("another", SadariWarning, stacklevel=1)

    assert run_guarded(warn) == 0
    assert capsys.readouterr().err.splitlines() == [
        "sadari: note: max_length is 900; the model takes 512",
        "sadari: note: another",
        "sadari: 참고: max_length는 900인데, 이 모델은 512까지만 받습니다",
    ]


WARNS = """
import time, warnings
from sadari.cli.terminal.failures import run_guarded
from sadari.display.terminal import Progress
from sadari.errors import SadariWarning

def job():
    with Progress() as say:
        say("working", 0.5)
        time.sleep(0.3)
        warnings.warn("look out", SadariWarning)
        time.sleep(0.2)
    warnings.warn("at the end", SadariWarning)

run_guarded(job)
"""


def test_a_warning_stands_on_a_line_of_its_own_and_not_behind_the_bar():
    shown = on_a_terminal(["-c", WARNS], command=[sys.executable])
    assert "working" in shown
    for said in ("look out", "at the end"):
        before = shown[: shown.index(f"sadari: note: {said}")]
        assert re.search(r"(\x1b\[2K|[\r\n])(\x1b\[[\d?]+[a-zA-Z])*$", before), repr(before[-60:])
