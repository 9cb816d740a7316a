"""What a server says when it begins."""

from __future__ import annotations

from sadari.cli.terminal.printing import headed
from sadari.messages import message
from sadari.serve.settings import ServeSettings


def say_loading(settings: ServeSettings) -> None:
    """Say what is loaded, and that a first run has more to do.

    Args:
        settings: what was asked for.
    """
    names = ", ".join(name for name, _ in settings.models)
    headed("Loading", message("{names} (the first run of a version compiles its loops: a minute or two)", names=names))


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
