"""One file over HTTP, resumed where it broke off and put in place only when its checksum is right.

What has come so far lies beside the target as ``<name>.part`` and survives a torn connection, Ctrl-C and a
kill; the next call goes on from there. The target is absent, what it was before, or whole and checked.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import re
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message as Headers
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from sadari.errors import DownloadError, OutputError, SadariError, SettingError, reason_of
from sadari.messages import Message, message

Progress = Callable[[int, int | None], None]  # (bytes so far, bytes in all or None)

CHUNK = 1 << 16
MOST_ANSWERED = 1 << 22  # bytes
TIMEOUT = 30.0  # seconds without a single byte before a connection counts as torn
# The server or the way to it is at fault for now; every other 4xx and 5xx will be the same next time.
PASSING_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


class _Passing(SadariError):
    """A failure that may be gone at the next try."""


@dataclass
class _Job:
    """One download: what is wanted, and what the server has said of it so far."""

    url: str
    target: Path
    digest: str
    size: int | None
    timeout: float
    progress: Progress | None
    git_blob: bool = False  # whether the digest is Git's name of the content, and not its SHA-256
    etag: str | None = None

    @property
    def part(self) -> Path:
        return self.target.with_name(self.target.name + ".part")

    def have(self) -> int:
        """Bytes of the part file on the disk; 0 where there is none."""
        try:
            return self.part.stat().st_size
        except FileNotFoundError:
            return 0

    def wrong(self, what: Message) -> DownloadError:
        hint = message("it is not the pinned file and was not kept; try another network, or set SADARI_MIRROR")
        return DownloadError(what, where=self.url, hint=hint)


def download(
    url: str,
    path: str | os.PathLike[str],
    *,
    sha256: str | None = None,
    git_blob: str | None = None,
    size: int | None = None,
    progress: Progress | None = None,
    timeout: float = TIMEOUT,
    attempts: int = 5,
    pause: float = 0.5,
) -> Path:
    """Fetch ``url`` to ``path``, whole and checked, or raise and leave ``path`` as it was.

    A file already at ``path`` with the right checksum is not fetched again. Proxies are the environment's.

    Args:
        url: ``http://`` or ``https://``; redirects may lead only to these.
        path: the file to write; its folder is made.
        sha256: the pinned checksum, 64 hexadecimal digits.
        git_blob: in its place, the name that Git gives to the content, 40 hexadecimal digits.
        size: the pinned length in bytes; anything longer is stopped as soon as that shows.
        progress: called with (bytes so far, bytes in all or None) after each piece.
        timeout: seconds without a single byte before a connection counts as torn.
        attempts: connections tried in all, each going on where the one before broke off.
        pause: seconds before the second attempt; doubled before each further one.

    Returns:
        ``path``.

    Raises:
        DownloadError: the server refuses, the connection keeps breaking, or the content is not the pinned.
        OutputError: the disk is full or cannot be written; what has come is kept for the next call.
        SettingError: the checksum or the URL is malformed.
    """
    if git_blob is not None and not re.fullmatch(r"[0-9a-fA-F]{40}", git_blob):
        raise SettingError(message("a name of Git's is 40 hexadecimal digits, not {git_blob!r}", git_blob=git_blob))
    if git_blob is None and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256 or ""):
        raise SettingError(message("a SHA-256 is 64 hexadecimal digits, not {sha256!r}", sha256=sha256))
    if urlsplit(url).scheme not in ("http", "https"):
        raise SettingError(message("only http and https are fetched, not {url!r}", url=url))
    job = _Job(url, Path(path), (git_blob or sha256 or "").lower(), size, timeout, progress, git_blob is not None)
    with _writing(job):
        job.target.parent.mkdir(parents=True, exist_ok=True)
        with _only_writer(job):
            if not _is_pinned(job.target, job):
                _fetch(job, attempts, pause)
    return job.target


def read_answer(url: str) -> bytes:
    """The short answer of a server, of at most `MOST_ANSWERED` bytes.

    Args:
        url: ``http://`` or ``https://``.

    Raises:
        DownloadError: the server refuses, cannot be reached, or says too much.
    """
    job = _Job(url, Path(), "", None, TIMEOUT, None)
    try:
        with _open(job, 0) or io.BytesIO() as response:
            answer = response.read(MOST_ANSWERED + 1)
    except (_Passing, http.client.HTTPException, OSError) as error:
        if isinstance(error, DownloadError):
            raise
        raise DownloadError(
            message("cannot be reached: {reason}", reason=reason_of(error)),
            where=url,
            hint=message("check the network, and run the same command again"),
        ) from None
    if len(answer) > MOST_ANSWERED:
        raise DownloadError(message("the answer is longer than {most:,} bytes", most=MOST_ANSWERED), where=url)
    return answer


def _fetch(job: _Job, attempts: int, pause: float) -> None:
    from sadari.artifact.atomic import sync_folder

    resumed = job.have() > 0  # by an earlier call, perhaps from a file that the server has since replaced
    _complete(job, attempts, pause)
    if resumed and not _is_pinned(job.part, job):
        job.part.unlink()
        _complete(job, attempts, pause)
    if not _is_pinned(job.part, job):
        job.part.unlink()
        raise job.wrong(message("the checksum is not {digest}", digest=job.digest))
    with job.part.open("rb+") as file:
        os.fsync(file.fileno())
    job.part.replace(job.target)
    sync_folder(job.target.parent)


def _complete(job: _Job, attempts: int, pause: float) -> None:
    """Bring the part file to its full length, over as many connections as that takes."""
    reason: Message | str = ""
    for attempt in range(attempts):
        if attempt:
            time.sleep(pause * 2 ** (attempt - 1))
        try:
            _one_connection(job)
            return
        except _Passing as error:
            reason = error.said
    what = message("{have:,} bytes came in {attempts} attempts; the last one ended with: {reason}")
    if job.size is not None:
        what = message("{have:,} of {size:,} bytes came in {attempts} attempts; the last one ended with: {reason}")
    raise DownloadError(
        what.filled(have=job.have(), size=job.size, attempts=attempts, reason=reason),
        where=job.url,
        hint=message("run the same command again: it goes on from there"),
    )


def _one_connection(job: _Job) -> None:
    have = job.have()
    if job.size is not None and have >= job.size:
        if have == job.size:
            return
        job.part.unlink()  # longer than the pinned file: nothing to go on from
        have = 0
    response = _open(job, have)
    if response is None:
        return
    with response:
        start = _start_of(response, job, have)
        total = _total_of(response, start)
        if job.size is not None and total is not None and total != job.size:
            said = message("the server offers {total:,} bytes where {size:,} are pinned", total=total, size=job.size)
            raise job.wrong(said)
        job.etag = response.headers.get("ETag")
        with job.part.open("r+b" if job.part.exists() else "wb") as file:
            file.truncate(start)
            file.seek(start)
            _receive(response, file, job, total)


def _open(job: _Job, have: int) -> http.client.HTTPResponse | None:
    """Ask for the file from byte ``have`` on; None when the server says that there is no more."""
    request = urllib.request.Request(job.url, headers={"User-Agent": "sadari", "Accept-Encoding": "identity"})
    if have:
        request.add_header("Range", f"bytes={have}-")
        if job.etag and not job.etag.startswith("W/"):  # RFC 9110 allows only a strong tag here
            request.add_header("If-Range", job.etag)
    try:
        response: http.client.HTTPResponse = _opener().open(request, timeout=job.timeout)
    except urllib.error.HTTPError as error:
        error.close()
        _refused(error, job, have)
        return None
    except DownloadError:  # a redirect refused; an OSError too, but not a passing one
        raise
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            what = message("its certificate cannot be trusted: {verify_message}", verify_message=reason.verify_message)
            raise DownloadError(what, where=job.url) from None
        raise _Passing(reason_of(reason if isinstance(reason, BaseException) else error)) from None
    return response


def _refused(error: urllib.error.HTTPError, job: _Job, have: int) -> None:
    if error.code == 416 and have:
        # Nothing lies beyond what we have: it is whole, or it is part of another file.
        if error.headers.get("Content-Range") == f"bytes */{have}" and _is_pinned(job.part, job):
            return
        job.part.unlink()
        raise _Passing(message("what had come so far was not a part of this file")) from None
    if error.code in PASSING_STATUS:
        raise _Passing(message("HTTP {code} {reason}", code=error.code, reason=error.reason)) from None
    hint = message("check the address") if error.code in (404, 410) else None
    raise DownloadError(
        message("the server answered {code} {reason}", code=error.code, reason=error.reason), where=job.url, hint=hint
    ) from None


def _start_of(response: http.client.HTTPResponse, job: _Job, have: int) -> int:
    """The byte at which the body begins: ``have``, or 0 from a server that sends everything again."""
    if response.status != 206:
        return 0
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    if match is None or int(match[1]) != have:
        job.part.unlink(missing_ok=True)  # the next attempt asks for everything, without a range
        raise _Passing(message("the server sent another part than the one asked for"))
    return have


def _total_of(response: http.client.HTTPResponse, start: int) -> int | None:
    length = response.headers.get("Content-Length", "")
    return start + int(length) if length.isdecimal() else None


def _receive(response: http.client.HTTPResponse, file: IO[bytes], job: _Job, total: int | None) -> None:
    done, limit = file.tell(), job.size if job.size is not None else total
    while True:
        try:
            piece = response.read1(CHUNK)
        except (http.client.HTTPException, OSError) as error:
            raise _Passing(reason_of(error)) from None
        if not piece:
            break
        done += len(piece)
        if job.size is not None and done > job.size:
            job.part.unlink()
            raise job.wrong(message("more came than the {size:,} bytes that are pinned", size=job.size))
        file.write(piece)
        if job.progress:
            job.progress(done, limit)
    if limit is not None and done < limit:
        raise _Passing(message("the connection ended after {done:,} of {limit:,} bytes", done=done, limit=limit))


def _is_pinned(path: Path, job: _Job) -> bool:
    if not path.is_file() or (job.size is not None and path.stat().st_size != job.size):
        return False
    start = hashlib.sha256()
    if job.git_blob:  # which Git takes of a head and the content
        start = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: start).hexdigest() == job.digest


class _WebOnly(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Headers, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise DownloadError(
                message("the server redirects to {newurl!r}; only http and https are fetched", newurl=newurl),
                where=req.full_url,
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _opener() -> urllib.request.OpenerDirector:
    # urllib's own opener would also read file:, ftp: and data: addresses.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _WebOnly(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


@contextmanager
def _writing(job: _Job) -> Iterator[None]:
    """Turn a failure of the disk into a sentence; those of the network are caught where they arise."""
    try:
        yield
    except (DownloadError, OutputError):
        raise
    except OSError as error:
        what = message("cannot be written: {reason}", reason=reason_of(error))
        if job.part.exists():
            what = message("{what} ({have:,} bytes are kept in {name})", what=what, have=job.have(), name=job.part.name)
        hint = message("make room or choose another folder, then run the same command again")
        raise OutputError(what, where=str(job.target), hint=hint) from error


@contextmanager
def _only_writer(job: _Job) -> Iterator[None]:
    """Hold the one lock on this target; the system drops it when the process dies, however it dies."""
    if sys.platform == "win32":  # an open file there cannot be replaced by another writer anyway
        yield
        return
    import fcntl

    lock = job.target.with_name(job.target.name + ".lock")
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            what = message("another process is downloading this file")
            raise DownloadError(what, where=str(job.target), hint=message("wait until it has ended")) from None
        if lock.exists() and os.path.samestat(os.fstat(descriptor), lock.stat()):
            break
        os.close(descriptor)  # the writer before us removed this lock between our open and our lock
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)
