"""Files and folders of results that are whole or absent."""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sadari.artifact import atomic_file, atomic_folder, atomic_write
from sadari.errors import OutputError, SettingError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "표.json"
    atomic_write(file, "가\r\n")
    assert file.read_bytes() == "가\r\n".encode()
    atomic_write(str(file), b"\x00\xff")
    assert file.read_bytes() == b"\x00\xff"
    assert names(file.parent) == ["표.json"]


def test_an_address_is_no_folder_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for address in ("s3://bucket/a.csv", "gs:/bucket/a.csv", Path("memory://a.csv")):
        with pytest.raises(OutputError, match="an address: results are written to folders of this machine"):
            atomic_write(address, "a")
        with pytest.raises(OutputError, match="an address"), atomic_folder(address):
            pass
    atomic_write("a:b", "a")
    assert names(tmp_path) == ["a:b"]


def test_a_file_may_be_written_piece_by_piece(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "result"
    with atomic_file(file) as stream:
        for piece in (b"one, ", b"two, " * 100_000):
            stream.write(piece)
            assert not file.exists()
    assert file.read_bytes() == b"one, " + b"two, " * 100_000
    assert names(file.parent) == ["result"]


@pytest.mark.parametrize("old", [None, "old"])
@pytest.mark.parametrize(
    "error",
    [SettingError("a mistake"), KeyboardInterrupt(), BrokenPipeError(errno.EPIPE, "gone"), ValueError("another")],
    ids=lambda error: type(error).__name__,
)
def test_a_block_that_raises_leaves_the_old_file(tmp_path: Path, error: BaseException, old: str | None) -> None:
    file = tmp_path / ("result" if old else "new/result")
    if old:
        file.write_text(old)

    def save() -> None:
        with atomic_file(file) as stream:
            stream.write(b"half")
            raise error

    with pytest.raises(type(error)) as caught:
        save()
    assert caught.value is error
    assert names(tmp_path) == (["result"] if old else [])
    if old:
        assert file.read_text() == old


def test_a_new_file_has_the_rights_that_any_new_file_has_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    atomic_write(tmp_path / "new", "")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode
    (tmp_path / "new").chmod(0o604)
    atomic_write(tmp_path / "new", "")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    for name in ("there", "not yet"):
        (tmp_path / name).symlink_to(tmp_path / "elsewhere" / name)
    (tmp_path / "elsewhere" / "there").write_text("old")
    for name in ("there", "not yet"):
        atomic_write(tmp_path / name, "new")
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / "elsewhere" / name).read_text() == "new"
    assert names(tmp_path / "elsewhere") == ["not yet", "there"]


def test_devices_and_pipes_are_written_to_and_never_replaced(tmp_path: Path) -> None:
    atomic_write("/dev/null", "gone")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    os.mkfifo(tmp_path / "pipe")
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append((tmp_path / "pipe").read_text()))
    reader.start()
    atomic_write(tmp_path / "pipe", "heard")
    reader.join(10)
    assert heard == ["heard"]
    assert names(tmp_path) == ["pipe"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_one_line() -> None:
    with pytest.raises(OutputError, match=r"^/dev/full: cannot be written: No space left on device\n  → free"):
        atomic_write("/dev/full", "x" * 10)


def test_a_folder_a_file_in_the_way_and_a_name_too_long_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    for bad, reason in [
        ("folder", "Is a directory\n  → choose another name"),
        ("file/below", "Not a directory\n  → choose another name"),
        ("x" * 256, "File name too long\n  → choose a shorter name"),
        ("a\0b", "NUL"),
        ("loop", "symbolic links"),
    ]:
        if bad == "loop":
            (tmp_path / bad).symlink_to(tmp_path / bad)
        with pytest.raises(OutputError, match=reason):
            atomic_write(tmp_path / bad, "new")
    assert names(tmp_path) == ["file", "folder", "loop"]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_appears_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "runs" / "first"
    with atomic_folder(target) as folder:
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / "deep" / "er" / "report.html").write_text("whole")
        (folder / "link").symlink_to("nowhere")
        assert not target.exists()
    assert (target / "deep" / "er" / "report.html").read_text() == "whole"
    assert (target / "link").is_symlink()
    assert names(target.parent) == ["first"]


@pytest.mark.parametrize(
    "error",
    [
        SettingError("a mistake"),
        KeyboardInterrupt(),
        ValueError("another"),
        FileNotFoundError(errno.ENOENT, "no such file", "/some/input.csv"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_block_raises_comes_out_as_it_is_and_nothing_stays(tmp_path: Path, error: BaseException) -> None:
    def save() -> None:
        with atomic_folder(tmp_path / "a" / "b" / "run") as folder:
            (folder / "half").write_text("half")
            raise error

    with pytest.raises(type(error)) as caught:
        save()
    assert caught.value is error
    assert names(tmp_path) == []


def test_a_disk_that_fills_up_in_the_block_is_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="run: cannot be written: No space left on device\n  → free some"),
        atomic_folder(tmp_path / "run"),
        Path("/dev/full").open("w") as full,
    ):
        full.write("x")
    assert names(tmp_path) == []


def test_a_folder_that_is_there_is_not_replaced_unless_asked(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with atomic_folder(tmp_path / "run") as folder:  # an empty one may be filled
        (folder / "n").write_text("1")
    with pytest.raises(OutputError, match="exists and is not empty\n  → "), atomic_folder(tmp_path / "run"):
        pytest.fail("it is refused before any work is done")
    asked = []
    with atomic_folder(tmp_path / "run", may_replace=asked.append) as folder:
        (folder / "n").write_text("2")
    assert set(asked) == {tmp_path / "run"}
    assert (tmp_path / "run" / "n").read_text() == "2"
    assert names(tmp_path) == ["run"]


def test_a_folder_that_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    def save() -> None:
        with atomic_folder(tmp_path / "run") as folder:
            (folder / "n").write_text("mine")
            (tmp_path / "run").mkdir()
            (tmp_path / "run" / "n").write_text("theirs")

    with pytest.raises(OutputError, match="exists and is not empty"):
        save()
    assert (tmp_path / "run" / "n").read_text() == "theirs"
    assert names(tmp_path) == ["run"]


def test_a_save_at_work_is_left_alone_and_a_dead_one_is_cleaned_away(tmp_path: Path) -> None:
    code = (
        "import sys, time; from sadari.artifact import atomic_folder\n"
        "with atomic_folder(sys.argv[1], may_replace=lambda folder: None) as folder:\n"
        "    (folder / 'n').write_text('slow'); print(folder, flush=True); sys.stdin.read()"
    )
    slow = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "run")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    at_work, dead = (Path(saver.stdout.readline().strip()) for saver in slow)  # type: ignore[union-attr]
    slow[1].kill()
    slow[1].wait()
    stranger = tmp_path / ".run.sadari-new-notes"
    stranger.write_text("not ours")
    assert at_work.is_dir()
    assert dead.is_dir()
    with atomic_folder(tmp_path / "run") as folder:
        (folder / "n").write_text("quick")
    assert names(tmp_path) == sorted(["run", at_work.name, stranger.name])
    assert slow[0].communicate("")[0] == ""
    assert slow[0].returncode == 0
    assert (tmp_path / "run" / "n").read_text() == "slow"
    assert names(tmp_path) == [stranger.name, "run"]
    slow[1].communicate()


def test_a_name_that_begins_another_is_not_cleaned_with_it(tmp_path: Path) -> None:
    stale = tmp_path / ".run.b.sadari-new-00000000"
    stale.mkdir()
    atomic_write(tmp_path / "run", "")
    assert stale.is_dir()
    atomic_write(tmp_path / "run.b", "")
    assert not stale.exists()


def test_readers_of_a_file_never_see_half_of_it(tmp_path: Path) -> None:
    file, size = tmp_path / "result", 300_000
    atomic_write(file, b"0" * size)
    stop = threading.Event()

    def write() -> None:
        for n in range(1, 40):
            atomic_write(file, str(n % 10).encode() * size)
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    deadline = time.monotonic() + 30
    while not stop.is_set() and time.monotonic() < deadline:
        data = file.read_bytes()
        assert len(data) == size
        assert data.count(data[:1]) == size
    writer.join()
    assert stop.is_set()


def test_the_current_folder_and_those_above_it_are_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    for path in (".", "..", tmp_path / "a" / "b", tmp_path / "a"):
        with pytest.raises(OutputError, match="holds the current folder"), atomic_folder(path, may_replace=print):
            pytest.fail("it is refused before any work is done")
    with atomic_folder("run") as folder:
        (folder / "n").write_text("1")
    assert (tmp_path / "a" / "b" / "run" / "n").read_text() == "1"


def test_a_mounted_disk_is_not_replaced() -> None:
    mounted = next((path for path in ("/dev/shm", "/proc", "/sys") if os.path.ismount(path)), None)
    if mounted is None:
        pytest.skip("nothing is mounted here")
    with pytest.raises(OutputError, match="mounted"), atomic_folder(mounted, may_replace=print):
        pytest.fail("it is refused before any work is done")


def test_what_cannot_be_written_inside_is_told_of_by_its_own_name(tmp_path: Path) -> None:
    def save() -> None:
        with atomic_folder(tmp_path / "run") as folder:
            (folder / "models").write_text("in the way")
            atomic_write(folder / "models" / "report", "x")

    with pytest.raises(OutputError, match=f"^{re.escape(str(tmp_path))}/run/models/report: cannot be written"):
        save()
    assert names(tmp_path) == []
