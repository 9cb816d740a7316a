"""Fetching weights from a server on this machine that answers as the hub does, and as it should not."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
import pytest

from cli_runs import run_well
from sadari.data.download import download
from sadari.errors import DataError, DownloadError, ModelError, OutputError, SettingError
from sadari.pretrained.find import find_weights
from sadari.pretrained.published import NAMES, SOURCE, advice, fetch_weights, published, suggested

NAME = "all-MiniLM-L6-v2"
REVISION = "0123456789abcdef0123456789abcdef01234567"
LARGE = bytes(range(256)) * 2_000
FILES = {
    "config.json": b'{"model_type": "bert"}\n',
    "modules.json": b"[]",
    "1_Pooling/config.json": b"{}",
    "model.safetensors": LARGE,
    "README.md": b"a card",
    "pytorch_model.bin": b"a pickle",
    "onnx/model.onnx": b"another format",
    "train_script.py": b"code",
}
WANTED = {"config.json", "modules.json", "1_Pooling/config.json", "model.safetensors"}


def git_blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def test_the_name_of_a_blob_is_gits() -> None:
    assert git_blob(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"  # as `git hash-object` prints it


@dataclass
class Hub:
    """What is served; `asked` is what was asked for."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    answer: bytes | None = None
    status: int = 200
    tear: set[str] = field(default_factory=set)  # files of which the first answer ends in the middle
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def stated(self) -> bytes:
        siblings = []
        for name, content in FILES.items():
            one = {"rfilename": name, "size": len(content), "blobId": git_blob(content)}
            if name == "model.safetensors":
                one["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
            siblings.append(one)
        return self.answer if self.answer is not None else json.dumps({"sha": REVISION, "siblings": siblings}).encode()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    own = Hub()

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            own.asked.append(self.path)
            repository = published(NAME).repository
            if own.status != 200:
                self.send_error(own.status)
            elif self.path == f"/api/models/{repository}/revision/main?blobs=true":
                self.give(own.stated())
            elif self.path.startswith(f"/{repository}/resolve/{REVISION}/"):
                self.send_response(302)  # to where the content lies, as large files of the hub do
                self.send_header("Location", "/content/" + self.path.split(REVISION + "/")[1])
                self.end_headers()
            elif self.path.startswith("/content/"):
                self.give(own.files[self.path.removeprefix("/content/")])
            else:
                self.send_error(404)

        def give(self, content: bytes) -> None:
            start = int(self.headers.get("Range", "bytes=0-")[6:-1])
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            name = self.path.removeprefix("/content/")
            if name in own.tear:
                own.tear.discard(name)
                content = content[: start + (len(content) - start) // 2]
            self.wfile.write(content[start:])

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    own.address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", own.address)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield own
    server.shutdown()
    server.server_close()


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_fetched_is_what_can_be_used_and_nothing_that_runs(hub: Hub) -> None:
    folder = fetch_weights(NAME)
    found = files_of(folder)
    source = json.loads(found.pop(SOURCE))
    assert found == {name: FILES[name] for name in WANTED}
    assert source["revision"] == REVISION
    assert source["license"] == "Apache-2.0"
    assert source["files"]["model.safetensors"] == hashlib.sha256(LARGE).hexdigest()
    assert source["files"]["config.json"] == git_blob(FILES["config.json"])
    asked = len(hub.asked)
    assert fetch_weights(NAME) == folder
    assert len(hub.asked) == asked  # it is here


def test_a_name_is_a_folder_once_it_is_fetched(hub: Hub) -> None:
    with pytest.raises(ModelError, match="not on this machine yet") as raised:
        find_weights(NAME)
    assert f"sadari weights fetch {NAME}" in str(raised.value)
    assert hub.asked == []
    folder = fetch_weights(NAME)
    assert find_weights(NAME) == folder == published(NAME).folder


def test_a_name_is_fetched_where_that_is_asked_for(hub: Hub) -> None:
    """As ``--download`` says, whatever command has it."""
    assert find_weights(NAME, download=True) == published(NAME).folder
    assert set(files_of(find_weights(NAME))) == WANTED | {SOURCE}


def test_a_name_that_is_nearly_one_is_said(hub: Hub) -> None:
    for name in ("all-minilm-l6-v2", "all-MiniLM-L6", "potion-base8M"):
        with pytest.raises(ModelError, match=r"did you mean (all-MiniLM-L6-v2|potion-base-8M)\?"):
            find_weights(name)
    with pytest.raises(ModelError, match="--download"):
        find_weights("bert-base-uncased")


@pytest.mark.parametrize("torn", [False, True])
def test_a_folder_of_other_weights_is_not_taken_for_these(hub: Hub, tmp_path: Path, torn: bool) -> None:
    fetch_weights(NAME, tmp_path / "own")
    if torn:
        (tmp_path / "own" / SOURCE).write_text("{")
    before = files_of(tmp_path / "own")
    with pytest.raises(OutputError, match="holds other weights"):
        fetch_weights("potion-base-8M", tmp_path / "own")
    assert files_of(tmp_path / "own") == before


def test_a_torn_download_goes_on_where_it_stopped(hub: Hub) -> None:
    hub.tear = {"model.safetensors"}
    assert files_of(fetch_weights(NAME))["model.safetensors"] == LARGE


@pytest.mark.parametrize("name", sorted(WANTED))
def test_what_is_not_what_the_hub_stated_is_not_kept(hub: Hub, tmp_path: Path, name: str) -> None:
    hub.files[name] = bytes(len(FILES[name]))
    with pytest.raises(DownloadError, match="checksum"):
        fetch_weights(NAME, tmp_path / "own")
    assert name not in files_of(tmp_path / "own")
    assert SOURCE not in files_of(tmp_path / "own")
    hub.files = dict(FILES)
    assert set(files_of(fetch_weights(NAME, tmp_path / "own"))) == WANTED | {SOURCE}


HOSTILE = [
    b"",
    b"no JSON",
    b"[]",
    b"{}",
    b'{"sha": "main", "siblings": []}',
    b'{"sha": "' + REVISION.encode() + b'", "siblings": []}',
    b'{"sha": "' + REVISION.encode() + b'", "siblings": [{"rfilename": "config.json"}]}',
    b'{"sha": "' + REVISION.encode() + b'", "siblings": [{"rfilename": 5, "size": 1}]}',
    b'{"sha": "' + REVISION.encode() + b'", "siblings": [{"rfilename": "../config.json", "size": 1, "blobId": "0"}]}',
    b"[" * 100_000,
    b" " * (5 << 20),
]


@pytest.mark.parametrize("answer", HOSTILE, ids=range(len(HOSTILE)))
def test_an_answer_that_is_none_is_one_line(hub: Hub, tmp_path: Path, answer: bytes) -> None:
    hub.answer = answer
    with pytest.raises(DownloadError, match=r"no answer of a hub|longer than"):
        fetch_weights(NAME, tmp_path / "own")
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_hub_that_refuses_is_one_line(hub: Hub, status: int) -> None:
    hub.status = status
    with pytest.raises(DownloadError, match=str(status)):
        fetch_weights(NAME)


def test_no_network_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="cannot be reached"):
        fetch_weights(NAME, tmp_path / "own", hub="http://127.0.0.1:9")


def test_an_unknown_name_is_said_with_those_that_there_are() -> None:
    with pytest.raises(DataError, match="no weights are called 'all-MiniLM'") as raised:
        published("all-MiniLM")
    assert NAME in str(raised.value)


def test_a_malformed_checksum_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="40 hexadecimal"):
        download("http://127.0.0.1:9/x", tmp_path / "x", git_blob="5")
    with pytest.raises(SettingError, match="64 hexadecimal"):
        download("http://127.0.0.1:9/x", tmp_path / "x")


def test_the_command_fetches_and_says_what_is_next(hub: Hub) -> None:
    listing = " ".join(run_well("weights", "list").stdout.split())
    assert f"sadari weights fetch {NAME}" in listing
    assert "its card states none" in listing  # of which the list claims no licence
    said = run_well("weights", "fetch", NAME).stdout
    assert f"sadari climb DATA --weights {NAME}" in said
    listed = {one["name"]: one for one in json.loads(run_well("weights", "list", "--json").stdout)}
    assert set(listed) == set(NAMES)
    assert listed[NAME]["here"] is True
    assert listed["potion-base-8M"]["here"] is False


def test_few_labels_are_told_which_weights_could_help() -> None:
    assert suggested({"Latin"}).name == "all-MiniLM-L6-v2"
    assert suggested({"Latin", "Hangul"}).name == "ko-sroberta-multitask"
    assert suggested({"Cyrillic"}).name == "paraphrase-multilingual-MiniLM-L12-v2"
    assert advice(401, 4, {"Latin"}) is None
    said = advice(400, 4, {"Latin"})
    assert said is not None
    assert "sadari weights fetch all-MiniLM-L6-v2" in str(said)


def test_what_was_fetched_is_not_advised_to_be_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: str(tmp_path / name))
    here = published("all-MiniLM-L6-v2").folder
    here.mkdir(parents=True)
    (here / SOURCE).write_text("{}")
    said = str(advice(400, 4, {"Latin"}))
    assert "fetch" not in said
    assert said.endswith("one is here: --weights all-MiniLM-L6-v2.")
