"""What reports and verdicts say, in each language: one table of sentences a language, filled in with numbers
and names.

A sentence never bends a name (no particle is glued to a rung or a label), so any name fits in any language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sadari.data.audit.findings import SCRIPTS
from sadari.errors import SettingError
from sadari.messages import message, render
from sadari.settings.limits import shown
from sadari.wording import numbers as readable
from sadari.wording.english import ENGLISH
from sadari.wording.korean import KOREAN

SENTENCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"en": MappingProxyType(ENGLISH), "ko": MappingProxyType(KOREAN)}
)
LANGUAGES = tuple(SENTENCES)
_LARGE = {"en": ((1e6, " M"), (1e3, " k")), "ko": ((1e8, "억"), (1e4, "만"))}


@dataclass(frozen=True)
class Wording:
    """The sentences of one language."""

    lang: str
    sentences: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """Fill in the sentence ``key``; values are inserted as they are and never read as a sentence."""
        return self.sentences[key].format(**values)

    def name(self, kind: str, key: str) -> str:
        """The name of a thing of this kind; one without a name reads as its key, underscores as spaces."""
        return self.sentences.get(f"{kind}_{key}", key.replace("_", " "))

    def brief(self, seconds: float, digits: int = 2) -> str:
        """A duration in a table: parts of a second in their symbols, which are the same everywhere."""
        return self.duration(seconds, digits) if seconds >= 0.9995 else readable.duration(seconds, digits)

    def rate(self, texts_per_second: float) -> str:
        """``1_100_000`` → "1.1 M/s", "110만/초"."""
        for limit, unit in _LARGE[self.lang]:
            if texts_per_second >= limit * 0.9995:
                return self.say("a_second", number=f"{readable.significant(texts_per_second / limit, 2)}{unit}")
        return self.say("a_second", number=readable.significant(texts_per_second, 2))

    def script(self, name: str) -> str:
        """What a script such as ``Hangul`` is called."""
        return render(SCRIPTS.get(name, name), self.lang)

    def duration(self, seconds: float, digits: int = 3) -> str:
        """As `readable.duration`, in a sentence of this language: ``90`` → "1 min 30 s", "1분 30초"."""
        parts = readable.duration(seconds, digits).split()
        units = [self.sentences[f"unit_{unit}"] for unit in parts[1::2]]
        return " ".join(map("".join, zip(parts[::2], units, strict=True))) if units else parts[0]

    def cut(self, texts: int, rows: int, tokens: int, read: object = "head") -> str:
        """How many texts were longer than a model reads: "2 of 120 texts (1.7 %) cut after 256 tokens".

        Args:
            read: what is read of those: "head", or "head+tail".
        """
        return self.say(
            "cut_inside" if read == "head+tail" else "cut", tokens=readable.count(tokens), **_share(texts, rows)
        )

    def windows(self, texts: int, rows: int, windows: int, tokens: int) -> str:
        """How many texts were read in pieces: "2 of 120 texts (1.7 %) read in 5 windows of up to 256 tokens"."""
        counts = {"windows": readable.count(windows), "tokens": readable.count(tokens)}
        return self.say("windows", **counts, **_share(texts, rows))


def _share(texts: int, rows: int) -> dict[str, str]:
    share = readable.percent(texts / max(rows, 1))
    return {"texts": readable.count(texts), "rows": readable.count(rows), "share": share}


def wording(lang: str) -> Wording:
    """The sentences of ``"en"`` or ``"ko"``.

    Raises:
        SettingError: another language.
    """
    if not isinstance(lang, str) or lang not in LANGUAGES:
        raise SettingError(
            message("no language {shown}", shown=shown(lang)),
            hint=message("take one of {languages}", languages=", ".join(LANGUAGES)),
        )
    return Wording(lang, SENTENCES[lang])
