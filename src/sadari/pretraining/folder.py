"""A pre-trained BERT's folder, out and in: Sadari's own and, as it is, one of `transformers`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sadari.artifact import write_model
from sadari.artifact.card import table_lines
from sadari.artifact.restore import build, known_settings
from sadari.artifact.weights import CONFIG
from sadari.errors import SadariError
from sadari.messages import message
from sadari.pretrained.folder import SAFE
from sadari.pretraining.settings import BertSettings
from sadari.pretraining.transformers_folder import read_bert, shape_json
from sadari.train.allowed_settings import plain_settings

if TYPE_CHECKING:
    from sadari.nets.bert.encoder import BertForPreTraining
    from sadari.text.subword.wordpiece import WordPiece

KIND = "bert"


class SavedBert(BertSettings):
    """A BERT as its folder holds it; see `sadari.pretraining.bert.Bert`."""

    net_: BertForPreTraining | None
    pieces_: WordPiece
    resolved_: Any
    knows_masked_: bool
    knows_next_: bool
    scores_: dict[str, Any]
    data_: dict[str, Any]

    def save(self, folder: str | Path, *, data: Mapping[str, Any] | None = None) -> None:
        """Write the model folder, whole or not at all; `transformers` opens it as it is.

        Args:
            folder: where to write it.
            data: what it was trained on, besides what it knows itself (name, columns).

        Raises:
            OutputError: it could not be written; what was there before is untouched.
        """
        self._check_fitted()
        net: Any = self.net_
        manifest = {
            "kind": KIND,
            "settings": plain_settings(self.resolved_.settings()),
            "bert": {"masked": self.knows_masked_, "next": self.knows_next_},
            "tokenizer": {"name": "wordpiece"},
            "scores": dict(self.scores_),
            "data": {**self.data_, **(data or {})},
        }
        texts = {
            **self.pieces_.files(net.shape.max_position_embeddings),
            CONFIG: shape_json(net.shape, self.pieces_.pad_id),
            "README.md": bert_card(manifest),
        }
        tensors = {name: value.detach().cpu() for name, value in net.state_dict().items()}
        write_model(folder, manifest=manifest, tensors=tensors, texts=texts, weights=SAFE)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """The BERT of a folder that `save` wrote, or `transformers` did.

        Args:
            folder: the model folder.

        Raises:
            ModelError: torn, hostile, or another kind of model.
        """
        import torch

        read = read_bert(folder)
        with build(read.where):
            ours = read.manifest.get("kind") == KIND
            settings = known_settings(read.manifest, BertSettings().settings()) if ours else {}
            model = cls(**settings)
            model.check()
            model.resolved_ = model.resolved(begun=settings.get("size") is None)
        with torch.random.fork_rng():
            model.net_ = read.net()
        model.pieces_ = read.pieces
        model.knows_masked_, model.knows_next_ = read.knows_masked, read.knows_next
        for name in ("scores", "data"):
            value = read.manifest.get(name, {})
            setattr(model, f"{name}_", value if isinstance(value, dict) else {})
        return model

    def _check_fitted(self) -> None:
        if self.net_ is None:
            raise SadariError(message("the model is not trained yet"), hint=message("call fit(texts) first"))


def bert_card(manifest: Mapping[str, Any]) -> str:
    """The README of the folder, in Markdown."""
    size = manifest["settings"]["size"]
    settings = {name: value for name, value in manifest["settings"].items() if value is not None}
    following = ["It was also taught whether a sentence follows another.", ""] if manifest["bert"]["next"] else []
    lines = [
        f"# A BERT{f' of the size {size}' if size else ''}, pre-trained",
        "",
        "It fills masked tokens, and is a start for classifiers of texts like those it was trained on.",
        *following,
        *table_lines("Scores", manifest["scores"]),
        *table_lines("Trained on", manifest["data"]),
        *table_lines("Settings", settings),
        "## Use",
        "",
        "```",
        'sadari pretrain probe THIS_FOLDER "She [MASK] fun at the [MASK] party"',
        "sadari train DATA --rung bert --weights THIS_FOLDER -o MODEL",
        "```",
        "",
        "```python",
        "from transformers import AutoTokenizer, BertForPreTraining",
        "",
        'tokenizer = AutoTokenizer.from_pretrained("THIS_FOLDER")',
        'model = BertForPreTraining.from_pretrained("THIS_FOLDER")',
        "```",
        "",
        "## Limits",
        "",
        "It knows what stood in its texts, their errors and leanings included.",
        "The folder holds numbers and words, no code; `sadari.json` lists every file with its SHA-256.",
        "",
    ]
    return "\n".join(lines)
