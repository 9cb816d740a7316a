"""Weights by a name: fetched only when that is asked for, from a hub on this machine, and found in the cache after."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bert_small import save_encoder

pytest.importorskip("transformers")
COMMIT = "a" * 40
SCRIPT = """
import sys, json
from sadari.errors import SadariError
from sadari.pretrained.encoders import check_folder
from sadari.pretrained.find import find_weights
from sadari.pretrained.tokenizing import read_tokenizer
try:
    folder = find_weights("somebody/small", download=sys.argv[1] == "download")
    check_folder(folder)
    print("FOUND", sorted(path.name for path in folder.iterdir()), read_tokenizer(folder).pieces.kind)
except SadariError as error:
    print("SAID", error)
"""


@pytest.fixture
def hub(tmp_path):
    """The address of a hub that has one model, with a pickle among its files, and what it was asked for."""
    folder = save_encoder(tmp_path / "model")
    (folder / "pytorch_model.bin").write_bytes(b"no")
    (folder / "evil.py").write_text("raise SystemExit")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    asked = []

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.do_GET(body=False)

        def do_GET(self, body=True):
            asked.append(self.path)
            name = self.path.rpartition("/")[2]
            if self.path.startswith("/api/models/somebody/small/tree/"):
                rows = [{"type": "file", "path": name, "size": len(data), "oid": "0"} for name, data in files.items()]
                content = json.dumps(rows).encode()
            elif self.path.startswith("/api/models/somebody/small"):
                content = json.dumps(
                    {"id": "somebody/small", "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
                ).encode()
            elif self.path.startswith("/somebody/small/resolve/") and name in files:
                content = files[name]
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


GO_ON = """
import sys
from sadari import Bert
from sadari.errors import SadariError
try:
    model = Bert(steps=1, length=16, nsp=False, validation=0, threads=1)
    model.fit(["the match was won"] * 4, start="somebody/small", download=sys.argv[1] == "download")
    print("FOUND", model.data_["start"])
except SadariError as error:
    print("SAID", error)
"""


def find(how, address, home, script=SCRIPT):
    place = {**os.environ, "HF_ENDPOINT": address, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN"):
        place.pop(name, None)
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", script, how], capture_output=True, text=True, env=place)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.slow
def test_a_name_is_fetched_when_asked_and_then_found_in_the_cache(hub, tmp_path):
    address, asked = hub
    assert "SAID" in find("look", address, tmp_path / "home")
    assert not asked
    fetched = find("download", address, tmp_path / "home")
    assert "FOUND" in fetched
    assert "wordpiece" in fetched
    assert "model.safetensors" in fetched
    assert asked
    assert not any(path.endswith((".bin", ".py")) for path in asked)
    del asked[:]
    assert find("look", address, tmp_path / "home") == fetched
    assert not asked


@pytest.mark.slow
def test_pre_training_goes_on_from_a_name(hub, tmp_path):
    address, asked = hub
    assert "--download" in find("look", address, tmp_path / "home", GO_ON)
    assert not asked
    assert find("download", address, tmp_path / "home", GO_ON) == "FOUND somebody/small\n"
    assert asked
