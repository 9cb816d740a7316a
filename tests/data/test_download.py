"""Downloads against a real HTTP server on this machine that tears, lies, stalls and refuses on request."""

from __future__ import annotations

import hashlib
import http.server
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sadari.data.download import download
from sadari.errors import DownloadError, OutputError, SettingError

BODY = bytes(range(256)) * 3_000  # 768,000 bytes: several pieces
SHA = hashlib.sha256(BODY).hexdigest()


@dataclass
class Behaviour:
    """What the server does; `log` is what it was asked."""

    body: bytes = BODY
    ranges: bool = True
    etag: str | None = '"v1"'
    tear_after: list[int] = field(default_factory=list)  # bytes of the body, one entry a request
    stall_after: int | None = None  # bytes, then silence (first request only)
    statuses: list[int] = field(default_factory=list)  # answered before anything else, one a request
    redirect: str | None = None
    send_length: bool = True
    wrong_range_start: bool = False
    pause_between_pieces: float = 0.0
    log: list[dict[str, str]] = field(default_factory=list)


class Handler(http.server.BaseHTTPRequestHandler):
    behaviour: Behaviour

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        how = self.behaviour
        how.log.append({"path": self.path, **{key.lower(): value for key, value in self.headers.items()}})
        if how.statuses:
            self.send_error(how.statuses.pop(0))
        elif how.redirect and not self.path.startswith("/final"):
            self.send_response(302)
            self.send_header("Location", how.redirect)
            self.end_headers()
        else:
            self.send_file(how)

    def send_file(self, how: Behaviour) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", how.etag) == how.etag
        start = int(asked[1]) if asked and how.ranges and same else 0
        size = len(how.body)
        if start >= size:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if how.wrong_range_start and start:
            start += 7
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        if how.etag:
            self.send_header("ETag", how.etag)
        if how.send_length:
            self.send_header("Content-Length", str(size - start))
        self.end_headers()
        self.send_body(how, how.body[start:])

    def send_body(self, how: Behaviour, body: bytes) -> None:
        if how.tear_after:
            body = body[: how.tear_after.pop(0)]
        stall, how.stall_after = how.stall_after, None
        try:
            if stall is not None:
                self.wfile.write(body[:stall])
                self.wfile.flush()
                time.sleep(1.0)
                return
            for start in range(0, len(body), 1 << 16):
                self.wfile.write(body[start : start + (1 << 16)])
                time.sleep(how.pause_between_pieces)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client hung up: what some of these tests are about


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[tuple[str, Behaviour]]:
    behaviour = Behaviour()
    handler = type("Bound", (Handler,), {"behaviour": behaviour})
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}/file.csv", behaviour
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def get(url: str, path: Path, **settings: object) -> Path:
    arguments: dict[str, object] = {
        "sha256": SHA,
        "size": len(BODY),
        "pause": 0.001,
        "timeout": 5.0,
        **settings,
    }
    return download(url, path, **arguments)  # type: ignore[arg-type]


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_plain_download_is_whole_and_leaves_nothing_else(server, tmp_path):
    url, _ = server
    seen: list[tuple[int, int | None]] = []
    path = get(url, tmp_path / "new" / "file.csv", progress=lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == BODY
    assert leftovers(path.parent) == ["file.csv"]
    assert seen[-1] == (len(BODY), len(BODY))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_what_is_already_there_is_not_asked_for_again(server, tmp_path):
    url, behaviour = server
    (tmp_path / "file.csv").write_bytes(BODY)
    get(url, tmp_path / "file.csv")
    assert behaviour.log == []


def test_a_wrong_file_in_place_is_replaced(server, tmp_path):
    url, _ = server
    (tmp_path / "file.csv").write_bytes(b"stale")
    assert get(url, tmp_path / "file.csv").read_bytes() == BODY


@pytest.mark.parametrize("etag", ['"v1"', 'W/"weak"', None])
def test_a_torn_connection_is_resumed_where_it_broke(server, tmp_path, etag):
    url, behaviour = server
    behaviour.etag = etag
    behaviour.tear_after = [100_000, 1, 300_000]
    assert get(url, tmp_path / "file.csv").read_bytes() == BODY
    ranges = [request.get("range") for request in behaviour.log]
    assert ranges == [None, "bytes=100000-", "bytes=100001-", "bytes=400001-"]
    # RFC 9110, 13.1.5: a weak tag must not be sent in If-Range.
    assert {request.get("if-range") for request in behaviour.log[1:]} == {etag if etag == '"v1"' else None}


def test_a_server_without_ranges_is_started_over(server, tmp_path):
    url, behaviour = server
    behaviour.ranges = False
    behaviour.tear_after = [100_000]
    assert get(url, tmp_path / "file.csv").read_bytes() == BODY
    assert len(behaviour.log) == 2


def test_a_server_that_says_no_length_is_checked_all_the_same(server, tmp_path):
    url, behaviour = server
    behaviour.send_length = False
    behaviour.tear_after = [50_000]
    assert get(url, tmp_path / "file.csv").read_bytes() == BODY  # the pinned size shows that the first was torn
    assert len(behaviour.log) == 2


def test_a_connection_that_keeps_breaking_says_how_much_came_and_the_next_call_goes_on(server, tmp_path):
    url, behaviour = server
    behaviour.tear_after = [1_000, 1_000, 1_000]
    with pytest.raises(DownloadError, match=r"3,000 of 768,000 bytes came in 3 attempts"):
        get(url, tmp_path / "file.csv", attempts=3)
    assert leftovers(tmp_path) == ["file.csv.part"]
    assert get(url, tmp_path / "file.csv").read_bytes() == BODY
    assert behaviour.log[3]["range"] == "bytes=3000-"
    assert leftovers(tmp_path) == ["file.csv"]


def test_a_part_of_another_version_is_dropped_and_the_file_fetched_whole(server, tmp_path):
    url, behaviour = server
    (tmp_path / "file.csv.part").write_bytes(b"x" * 1_000)
    assert get(url, tmp_path / "file.csv").read_bytes() == BODY
    assert [request.get("range") for request in behaviour.log] == ["bytes=1000-", None]


def test_a_file_that_changes_while_it_is_resumed_starts_over(server, tmp_path):
    url, behaviour = server
    behaviour.body = b"old" * 256_000
    behaviour.tear_after = [100_000]

    def change(done: int, total: int | None) -> None:
        if done == 100_000 and behaviour.etag == '"v1"':
            behaviour.body, behaviour.etag = BODY, '"v2"'

    assert get(url, tmp_path / "file.csv", progress=change).read_bytes() == BODY
    assert behaviour.log[1]["if-range"] == '"v1"'


@pytest.mark.parametrize("size", [len(BODY), None])
def test_a_part_that_is_already_whole_is_only_checked(server, tmp_path, size):
    url, behaviour = server
    (tmp_path / "file.csv.part").write_bytes(BODY)
    assert get(url, tmp_path / "file.csv", size=size).read_bytes() == BODY
    assert len(behaviour.log) == (0 if size else 1)  # without a pinned size the server has to say 416


@pytest.mark.parametrize("size", [len(BODY), None])
def test_a_part_longer_than_the_file_starts_over(server, tmp_path, size):
    url, _ = server
    (tmp_path / "file.csv.part").write_bytes(BODY + b"more")
    assert get(url, tmp_path / "file.csv", size=size).read_bytes() == BODY


def test_a_server_that_sends_another_range_than_asked_is_not_believed(server, tmp_path):
    url, behaviour = server
    behaviour.wrong_range_start = True
    behaviour.tear_after = [1_000]
    assert get(url, tmp_path / "file.csv").read_bytes() == BODY


def test_wrong_content_is_refused_and_removed(server, tmp_path):
    url, behaviour = server
    behaviour.body = BODY[:-1] + b"?"
    (tmp_path / "file.csv").write_bytes(b"before")
    with pytest.raises(DownloadError, match="checksum"):
        get(url, tmp_path / "file.csv")
    assert leftovers(tmp_path) == ["file.csv"]
    assert (tmp_path / "file.csv").read_bytes() == b"before"


def test_another_length_than_the_pinned_is_refused_before_the_body(server, tmp_path):
    url, behaviour = server
    behaviour.body = b"<html>Please log in to this network</html>"
    with pytest.raises(DownloadError, match=r"offers 42 bytes where 768,000 are pinned"):
        get(url, tmp_path / "file.csv")
    assert leftovers(tmp_path) == []
    assert len(behaviour.log) == 1


def test_too_long_a_body_is_stopped_at_once(server, tmp_path):
    url, behaviour = server
    behaviour.body, behaviour.send_length = BODY * 200, False
    seen: list[int] = []
    with pytest.raises(DownloadError, match="more came than the 768,000 bytes"):
        get(url, tmp_path / "file.csv", progress=lambda done, _: seen.append(done))
    assert max(seen) <= len(BODY)
    assert leftovers(tmp_path) == []


def test_a_404_is_final(server, tmp_path):
    url, behaviour = server
    behaviour.statuses = [404]
    with pytest.raises(DownloadError, match="404"):
        get(url, tmp_path / "file.csv")
    assert len(behaviour.log) == 1
    assert leftovers(tmp_path) == []


def test_a_passing_failure_of_the_server_is_tried_again(server, tmp_path):
    url, behaviour = server
    behaviour.statuses = [500, 503, 429]
    assert get(url, tmp_path / "file.csv").read_bytes() == BODY
    assert len(behaviour.log) == 4


def test_a_stalled_connection_is_given_up_and_resumed(server, tmp_path):
    url, behaviour = server
    behaviour.stall_after = 200_000
    assert get(url, tmp_path / "file.csv", timeout=0.2).read_bytes() == BODY
    assert behaviour.log[1]["range"] == "bytes=200000-"


def test_a_slow_server_is_waited_for(server, tmp_path):
    url, behaviour = server
    behaviour.pause_between_pieces = 0.03  # over 0.3 s in all
    assert get(url, tmp_path / "file.csv", timeout=0.25).read_bytes() == BODY
    assert len(behaviour.log) == 1


def test_nobody_listening(tmp_path):
    with pytest.raises(DownloadError, match=r"0 of 768,000 bytes came in 2 attempts.*refused"):
        get("http://127.0.0.1:9/file.csv", tmp_path / "file.csv", attempts=2)


def test_a_redirect_over_http_is_followed(server, tmp_path):
    url, behaviour = server
    behaviour.redirect = "/final/file.csv"
    assert get(url, tmp_path / "file.csv").read_bytes() == BODY


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/file.csv", "data:text/plain,x"])
def test_a_redirect_to_anything_else_is_refused(server, tmp_path, target):
    url, behaviour = server
    behaviour.redirect = target
    with pytest.raises(DownloadError, match=r"(?i)redirect"):
        get(url, tmp_path / "file.csv")
    assert len(behaviour.log) == 1
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="making a certificate needs the openssl command")
def test_a_certificate_that_nobody_vouches_for_is_final(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=local -keyout {key} -out {certificate}"
    subprocess.run(command.split(), check=True, capture_output=True)
    behaviour = Behaviour()
    httpd = http.server.HTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"behaviour": behaviour}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    with pytest.raises(DownloadError, match="certificate cannot be trusted"):
        get(f"https://127.0.0.1:{httpd.server_address[1]}/file.csv", tmp_path / "file.csv")
    httpd.shutdown()
    httpd.server_close()
    assert behaviour.log == []
    assert not (tmp_path / "file.csv").exists()


def test_redirects_in_a_circle_end(server, tmp_path):
    url, behaviour = server
    behaviour.redirect = "/file.csv"
    with pytest.raises(DownloadError, match="302"):
        get(url, tmp_path / "file.csv")
    assert len(behaviour.log) < 20


def test_the_proxy_of_the_environment_is_used(server, tmp_path, monkeypatch):
    url, behaviour = server
    monkeypatch.setenv("http_proxy", url.removesuffix("/file.csv"))
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert get("http://news.invalid/file.csv", tmp_path / "file.csv").read_bytes() == BODY
    assert behaviour.log[0]["path"] == "http://news.invalid/file.csv"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/x", "news.csv", "data:,x"])
def test_an_address_that_is_not_of_the_web_is_refused(url, tmp_path):
    with pytest.raises(SettingError, match="http"):
        get(url, tmp_path / "file.csv")


def test_a_malformed_checksum_is_refused(tmp_path):
    with pytest.raises(SettingError, match="64 hexadecimal"):
        get("http://127.0.0.1:9/file.csv", tmp_path / "file.csv", sha256="d52ea96a97a2d943681189a97654912d")


def test_two_writers_of_one_file_do_not_meet(server, tmp_path):
    url, behaviour = server
    behaviour.pause_between_pieces = 0.02
    begun, results = threading.Event(), []

    def first() -> None:
        results.append(get(url, tmp_path / "file.csv", progress=lambda *_: begun.set()).read_bytes() == BODY)

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(5)
    with pytest.raises(DownloadError, match="another process is downloading"):
        get(url, tmp_path / "file.csv")
    thread.join()
    assert results == [True]
    assert leftovers(tmp_path) == ["file.csv"]


def test_many_writers_at_once_leave_one_whole_file(server, tmp_path):
    url, _ = server
    outcomes: list[str] = []

    def one() -> None:
        try:
            get(url, tmp_path / "file.csv")
            outcomes.append("whole")
        except DownloadError:
            outcomes.append("busy")

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8
    assert "whole" in outcomes
    assert (tmp_path / "file.csv").read_bytes() == BODY
    assert leftovers(tmp_path) == ["file.csv"]


CLIENT = """
import resource, sys
from pathlib import Path
from sadari.data.download import download
from sadari.errors import SadariError
url, path, sha, size, limit = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    download(url, path, sha256=sha, size=int(size), progress=lambda done, _: print(done, flush=True))
except SadariError as error:
    print(type(error).__name__, error, flush=True)
"""


def client(url: str, path: Path, limit: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CLIENT, url, str(path), SHA, str(len(BODY)), str(limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="the limit on a file's size is POSIX's")
def test_a_disk_that_takes_no_more_is_said_and_the_next_call_goes_on(server, tmp_path):
    url, behaviour = server
    output, _ = client(url, tmp_path / "file.csv", limit=300_000).communicate(timeout=30)
    assert "OutputError" in output
    assert "bytes are kept in file.csv.part" in output
    kept = (tmp_path / "file.csv.part").stat().st_size
    assert 0 < kept <= 300_000
    assert get(url, tmp_path / "file.csv").read_bytes() == BODY
    assert behaviour.log[-1]["range"] == f"bytes={kept}-"


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
def test_a_killed_download_leaves_no_lock_and_is_resumed(server, tmp_path):
    url, behaviour = server
    behaviour.pause_between_pieces = 0.02
    process = client(url, tmp_path / "file.csv")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    assert not (tmp_path / "file.csv").exists()
    behaviour.pause_between_pieces = 0.0
    assert get(url, tmp_path / "file.csv").read_bytes() == BODY
    assert behaviour.log[-1]["range"].startswith("bytes=")
    assert leftovers(tmp_path) == ["file.csv"]


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write(server, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        get(server[0], tmp_path / "file.csv")
    tmp_path.chmod(0o700)


def test_a_file_where_the_folder_should_be(server, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        get(server[0], tmp_path / "cache" / "file.csv")
    assert (tmp_path / "cache").read_text() == "in the way"
