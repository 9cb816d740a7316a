"""Messages as a reader has them."""

from collections.abc import Iterable

from sadari.messages import Message, render


def written(said: Iterable[Message | str], language: str = "en") -> list[str]:
    """Each of them as a sentence of this language."""
    return [render(each, language) for each in said]
