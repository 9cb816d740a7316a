"""A pre-trained BERT's folder, out and in: Sadari's own and, as it is, one of `transformers`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sadari.artifact import TRANSFORMERS_WEIGHTS, ModelFiles, State
from sadari.artifact.weights import CONFIG
from sadari.errors import SadariError
from sadari.messages import message
from sadari.pretraining.settings import BertSettings
from sadari.pretraining.transformers_folder import BertFolder, bert_of_files, read_bert, sadari_files, shape_json
from sadari.text.subword.wordpiece import WordPiece

if TYPE_CHECKING:
    from sadari.nets.bert.encoder import BertForPreTraining


class SavedBert(BertSettings):
    """A BERT as its folder holds it; see `sadari.pretraining.bert.Bert`."""

    kind = "bert"
    card = "pretraining/card.md.jinja"
    weights_file = TRANSFORMERS_WEIGHTS
    net_: BertForPreTraining | None
    pieces_: WordPiece
    knows_masked_: bool
    knows_next_: bool

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """The BERT of a folder that `save` wrote, or `transformers` did.

        Args:
            folder: the model folder.

        Raises:
            ModelError: torn, hostile, or another kind of model.
        """
        files = sadari_files(folder)
        if files is not None and files.manifest["kind"] == cls.kind:
            return cls.from_files(files)
        model = cls()
        model._adopt(read_bert(folder) if files is None else bert_of_files(files))
        return model

    def _check_fitted(self) -> None:
        if self.net_ is None:
            raise SadariError(message("the model is not trained yet"), hint=message("call fit(texts) first"))

    def _head(self) -> dict[str, Any]:
        return {"tokenizer": {"name": "wordpiece"}}

    def _state(self) -> State:
        net: Any = self.net_
        files = self.pieces_.files(net.shape.max_position_embeddings)
        texts = {**files, CONFIG: shape_json(net.shape, self.pieces_.pad_id)}
        return net.state_dict(), texts, {"masked": self.knows_masked_, "next": self.knows_next_}

    def _restore(self, files: ModelFiles, said: Mapping[str, Any]) -> None:
        self._adopt(bert_of_files(files))

    def _adopt(self, read: BertFolder) -> None:
        import torch

        self.resolved_ = self.resolved(begun=self.size is None)
        with torch.random.fork_rng():
            self.net_ = read.net()
        self.pieces_ = read.pieces
        self.knows_masked_, self.knows_next_ = read.knows_masked, read.knows_next
