"""What a server says when it begins."""

from __future__ import annotations

from sadari.cli.terminal.printing import headed
from sadari.serve.settings import ServeSettings


def say_started(url: str, settings: ServeSettings) -> None:
    """Say where it answers, and how to ask.

    Args:
        url: its address.
        settings: what was asked for.
    """
    token = " -H 'authorization: Bearer …'" if settings.token else ""
    headed("Serving", ", ".join(name for name, _ in settings.models))
    headed("Page", f"{url}/")
    headed("Ask", f"""curl {url}/predict{token} -d '{{"inputs": "…"}}'""")
