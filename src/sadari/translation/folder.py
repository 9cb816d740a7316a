"""A translator's model folder: its net, its subwords, and what it says of its training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sadari.artifact import ModelFiles, State
from sadari.artifact.restore import load_net, text_in
from sadari.artifact.weights import TOKENIZER
from sadari.errors import DataError, SettingError
from sadari.messages import message
from sadari.settings.limits import Flag, Number, value_in
from sadari.text.subword.bpe import Subwords
from sadari.translation.settings import TranslatorSettings

MOST_WORDS = 10_000
MOST_SECONDS = 1e12


class SavedTranslator(TranslatorSettings):
    """A translator as its folder holds it; see `sadari.translation.translator.Translator`."""

    kind = "translator"
    card = "translation/card.md.jinja"
    _ready = False
    net_: Any
    source_subwords_: Subwords
    target_subwords_: Subwords
    shared_: bool
    weights_: str
    validation_loss_: float | None
    train_seconds_: float
    source_words_: list[str]
    target_words_: list[str]
    blank_: int
    too_long_: int

    def _check_fitted(self) -> None:
        if not self._ready:
            raise SettingError(
                message("this translator is not trained yet"), hint=message("call fit(sources, targets) first")
            )

    def _head(self) -> dict[str, Any]:
        return {"tokenizer": {"name": "bpe"}}

    def _state(self) -> State:
        subwords = (self.source_subwords_, self.target_subwords_)
        texts = {name: each.to_json() for name, each in zip(self._subword_files(), subwords, strict=True)}
        said = {
            "shared": self.shared_,
            "weights": self.weights_,
            "seconds": self.train_seconds_,
            "source_words": self.source_words_,
            "target_words": self.target_words_,
        }
        return self.net_.state_dict(), texts, said

    def _restore(self, files: ModelFiles, said: Mapping[str, Any]) -> None:
        self.resolved_ = self.resolved(pairs=0, tokens=0)
        self.shared_, self.weights_ = value_in(said, "shared", Flag()), text_in(said, "weights")
        self.train_seconds_ = float(value_in(said, "seconds", Number(0, MOST_SECONDS)))
        self.source_words_, self.target_words_ = (_words(said.get(f"{side}_words")) for side in ("source", "target"))
        self.validation_loss_, self.blank_, self.too_long_ = None, 0, 0
        subwords = [Subwords.from_json(files.text(name)) for name in self._subword_files()]
        self.source_subwords_, self.target_subwords_ = subwords
        sizes = [len(each) for each in subwords]
        self.net_ = load_net(files, lambda: self.resolved_.new_net(*sizes, shared=self.shared_))
        self._ready = True

    def _subword_files(self) -> tuple[str, str]:
        return (TOKENIZER, TOKENIZER) if self.shared_ else (f"source.{TOKENIZER}", f"target.{TOKENIZER}")


def _words(value: Any) -> list[str]:
    """Frequent words of a language."""
    if not isinstance(value, list) or len(value) > MOST_WORDS or not all(isinstance(word, str) for word in value):
        raise DataError(message("a language's frequent words are not a short list of strings"))
    return value
