"""Node, where it is installed: what is written in JavaScript is run by it before anybody else does."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import Any

from sadari.errors import ModelError
from sadari.messages import message

OLDEST = 18
MOST_SECONDS = 300


@dataclass(frozen=True)
class Node:
    """A Node that can run what is written here.

    Attributes:
        path: of the program.
        name: and its version, as people say it.
    """

    path: str
    name: str

    def run(self, body: str, given: dict[str, Any]) -> Any:
        """What a function answers.

        Args:
            body: of an asynchronous function of ``given``, in JavaScript.
            given: its argument, as JSON.

        Raises:
            ModelError: it threw an error, or took too long.
        """
        script = (
            "let text = ''; for await (const part of process.stdin.setEncoding('utf8')) text += part;"
            f"const run = async (given) => {{{body}}};"
            "run(JSON.parse(text)).then((answer) => process.stdout.write(JSON.stringify(answer)),"
            " (error) => { process.stderr.write(String(error)); process.exitCode = 1; });"
        )
        try:
            done = subprocess.run(
                [self.path, "--input-type=module", "--eval", script],
                input=json.dumps(given).encode(),
                capture_output=True,
                timeout=MOST_SECONDS,
                check=True,
            )
            return json.loads(done.stdout)
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            said = getattr(error, "stderr", b"") or str(error).encode()
            raise ModelError(
                message(
                    "the export is refused: {reader} cannot run it: {error:.400}",
                    reader=self.name,
                    error=said.decode("utf-8", "replace").strip(),
                )
            ) from error


NO_NODE = message("JavaScript was not run: there is no Node {oldest} or newer", oldest=OLDEST)


@cache
def found_node() -> Node | None:
    """The Node on this machine; None where there is none, or one that is too old."""
    path = shutil.which("node")
    try:
        said = subprocess.run(
            [path or "node", "--version"], capture_output=True, timeout=20, check=True
        ).stdout.decode()
        major = int(said.strip().removeprefix("v").split(".")[0])
    except (subprocess.SubprocessError, OSError, ValueError):
        return None
    return Node(path, f"Node {major}") if path and major >= OLDEST else None
