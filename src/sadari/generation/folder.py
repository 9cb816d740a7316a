"""A generator's model folder, out and in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sadari.artifact import ModelFiles, State
from sadari.artifact.restore import load_net
from sadari.errors import DataError, SadariError
from sadari.generation.codec import TextCodec, restored_codec
from sadari.generation.settings import GeneratorSettings
from sadari.messages import message
from sadari.settings.limits import Flag, value_in

if TYPE_CHECKING:
    from sadari.nets.generator import RecurrentGenerator, TransformerGenerator


class SavedGenerator(GeneratorSettings):
    """A generator as its folder holds it; see `sadari.generation.generator.Generator`."""

    kind = "generator"
    card = "generation/card.md.jinja"
    net_: RecurrentGenerator | TransformerGenerator | None
    codec_: TextCodec
    running_: bool
    unknown_learned_: bool

    def _check_fitted(self) -> None:
        if self.net_ is None:
            raise SadariError(message("the generator is not trained yet"), hint=message("call fit(text) first"))

    def _state(self) -> State:
        net: Any = self.net_
        said = {"labels": self.codec_.labels, "running": self.running_, "unknown_learned": self.unknown_learned_}
        return net.state_dict(), self.codec_.state(), said

    def _restore(self, files: ModelFiles, said: Mapping[str, Any]) -> None:
        labels = said.get("labels")
        if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
            raise DataError(message("the labels are no list of texts"))
        self.running_, self.unknown_learned_ = (value_in(said, key, Flag()) for key in ("running", "unknown_learned"))
        if self.running_ and labels:
            raise DataError(message("it has labels, and learned one running text"))
        self.codec_ = restored_codec(self.level, labels, files)
        size = len(self.codec_)
        self.resolved_ = self.resolved(ids=size, tokens=1)
        self.net_ = load_net(files, lambda: self.resolved_.new_net(size))
