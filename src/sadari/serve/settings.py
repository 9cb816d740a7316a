"""What a server is asked for, and what it lets in."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

from sadari.errors import SettingError
from sadari.messages import message

TOKEN_VARIABLE = "SADARI_TOKEN"
MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How much one request, and all of them together, may ask for.

    Attributes:
        body: bytes of a request, decompressed.
        texts: texts of a request.
        characters: of one text.
        depth: of nested JSON.
        seconds: that a request may take, from its first byte to the last of its answer.
        file: bytes of a file to label.
        idle: seconds without a byte, of a file to label or of its answer.
        connections: open at the same time.
        waiting: seconds that a request may have to wait for its turn; more are refused.
        head: bytes of a request's line and headers.
    """

    body: int = MIB
    texts: int = 128
    characters: int = 100_000
    depth: int = 32
    seconds: float = 10.0
    file: int = 100 * MIB
    idle: float = 10.0
    connections: int = 1_000
    waiting: float = 0.5
    head: int = 64 << 10


@dataclass(frozen=True)
class ServeSettings:
    """What a server is asked for.

    Attributes:
        models: (name, folder) of each, the first being the one that answers where none is named.
        host: the address that it listens at.
        port: 0 takes a free one.
        token: what clients must show; None: nothing, which only the loopback addresses may.
        allowed_hosts: names besides the loopback ones by which it may be called.
        cors: origins whose pages may read the answers.
        workers: processes.
        device: of nets; None: that of the model.
        precision: in which a BERT predicts; None: that of the model.
        log_texts: whether the texts stand in the log.
        batching: whether nets answer waiting requests together.
        limits: how much may be asked for.
    """

    models: tuple[tuple[str, str], ...]
    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = field(default=None, repr=False)
    allowed_hosts: tuple[str, ...] = ()
    cors: tuple[str, ...] = ()
    workers: int = 1
    device: str | None = None
    precision: str | None = None
    log_texts: bool = False
    batching: bool = True
    limits: Limits = field(default_factory=Limits)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    def check(self) -> None:
        """Refuse what would be open to everybody, or cannot be.

        Raises:
            SettingError: no model, a name twice, or an address that others reach without a token.
        """
        names = [name for name, _ in self.models]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise SettingError(
                message("two models are called {name!r}", name=twice),
                hint=message("give each a name of its own: NAME=FOLDER"),
            )
        if not self.loopback and not self.token:
            raise SettingError(
                message("others could reach {host} without a token", host=self.host),
                hint=message("set the variable {variable}, or leave out --host", variable=TOKEN_VARIABLE),
            )


@lru_cache(256)
def is_loopback(host: str) -> bool:
    """Whether an address, or ``localhost``, leads to this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def token_of_environment() -> str | None:
    """The token of the variable SADARI_TOKEN, if it is set."""
    return os.environ.get(TOKEN_VARIABLE, "").strip() or None
