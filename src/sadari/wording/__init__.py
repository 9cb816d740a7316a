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
from sadari.wording.english import ENGLISH
from sadari.wording.korean import KOREAN

SENTENCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"en": MappingProxyType(ENGLISH), "ko": MappingProxyType(KOREAN)}
)
LANGUAGES = tuple(SENTENCES)


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

    def script(self, name: str) -> str:
        """What a script such as ``Hangul`` is called."""
        return render(SCRIPTS.get(name, name), self.lang)


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
