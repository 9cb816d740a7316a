"""Whether a server of Ray is at an address, found out in seconds: Ray itself asks again and again."""

from __future__ import annotations

import socket
import time

_HEADERS_FRAME = 1
_FRAME = 9  # bytes before what a frame holds
_MOST = 2**16  # bytes of a frame that is read: those of an answer are small
_OK = 0x88  # ":status: 200" in HPACK's table
_SIZE_UPDATE = 6  # bytes at most that may stand before it


def answers_as_ray(host: str, port: int, seconds: float, *, encrypted: bool = False) -> bool:
    """Call a method that no server has: one of gRPC, which Ray's are, says so under HTTP's status 200, others 404.

    Args:
        host: name or number.
        port: of the server.
        seconds: for all of it.
        encrypted: the server speaks TLS, so that it is only looked whether it is there.

    Raises:
        TimeoutError: it says nothing for so long.
        OSError: nobody is there.
    """
    end = time.monotonic() + seconds
    with socket.create_connection((host, port), timeout=seconds) as connection:
        if encrypted:
            return True
        connection.sendall(_call())
        while head := _read(connection, _FRAME, end):
            length = int.from_bytes(head[:3], "big")
            content = _read(connection, length, end) if length <= _MOST else b""
            if head[3] == _HEADERS_FRAME:
                return _OK in content[:_SIZE_UPDATE]
            if len(content) < length:
                return False
    return False


def _call() -> bytes:
    """HTTP/2's first bytes, no settings, and one request (RFC 9113, RFC 7541)."""

    def literal(name: bytes, value: bytes) -> bytes:
        return name + bytes([len(value)]) + value

    fields = b"\x83\x86"  # :method POST, :scheme http
    fields += literal(b"\x04", b"/ray.Sadari/IsThere") + literal(b"\x01", b"ray")  # :path, :authority
    fields += literal(b"\x0f\x10", b"application/grpc") + literal(literal(b"\0", b"te"), b"trailers")
    settings = b"\0\0\0\4\0\0\0\0\0"
    ends = 0x4 | 0x1  # of the headers, of the stream
    headers = len(fields).to_bytes(3, "big") + bytes([_HEADERS_FRAME, ends]) + (1).to_bytes(4, "big") + fields
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + headers


def _read(connection: socket.socket, count: int, end: float) -> bytes:
    """So many bytes; fewer where there are no more."""
    found = b""
    while len(found) < count:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        more = connection.recv(count - len(found))
        if not more:
            break
        found += more
    return found if len(found) == count else b""
