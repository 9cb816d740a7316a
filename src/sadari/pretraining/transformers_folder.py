"""A BERT's folder as `transformers` has it: read, whoever wrote it, without running anything of it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.artifact import MANIFEST, ModelFiles, check_kind, read_model, read_tensors
from sadari.artifact.plain_file import as_path
from sadari.artifact.strict_json import parse_object
from sadari.artifact.weights import CONFIG, TOKENIZER, TOKENIZER_SETTINGS, WORDS
from sadari.errors import DataError, ModelError, reason_of
from sadari.messages import message
from sadari.pretrained.folder import INDEX, SAFE, check_fits, check_knows, check_not_pickled, text_of
from sadari.settings.limits import Choice, Limit, Number, Whole
from sadari.text.subword.wordpiece import WordPiece

if TYPE_CHECKING:
    import torch

    from sadari.nets.bert.encoder import BertForPreTraining, BertShape

# what config.json must say
_LIMITS: dict[str, Limit] = {
    "vocab_size": Whole(6, 2**20),
    "num_hidden_layers": Whole(1, 96),
    "hidden_size": Whole(1, 8192),
    "num_attention_heads": Whole(1, 256),
    "intermediate_size": Whole(1, 2**15),
    "max_position_embeddings": Whole(8, 2**15),
    "type_vocab_size": Whole(1, 16),
    "layer_norm_eps": Number(0, 0.999),
    "hidden_dropout_prob": Number(0, 0.999),
}
_TOGETHER = message("take weights and {config} from the same model", config=CONFIG)
_FILES = message("name the folder of a BERT: {config}, {safe}, tokenizer", config=CONFIG, safe=SAFE)
_TEXTS = (CONFIG, TOKENIZER, WORDS, TOKENIZER_SETTINGS)
_OLD_NAMES = ((".gamma", ".weight"), (".beta", ".bias"))  # of norms, in TensorFlow's checkpoints
_HEAD, _NEXT, _POOLER = "cls.predictions.", "cls.seq_relationship.", "bert.pooler."
_TIED = ("cls.predictions.decoder.weight", "cls.predictions.decoder.bias")


@dataclass(frozen=True)
class BertFolder:
    """What is in a BERT's folder.

    Attributes:
        where: the folder.
        shape: of the net.
        pieces: the tokenizer.
        tensors: name → float32 torch tensor.
        knows_masked: whether the head for masked tokens is there and trained.
        knows_next: whether the head for next sentences is there and trained.
    """

    where: str
    shape: BertShape
    pieces: WordPiece
    tensors: Mapping[str, torch.Tensor]
    knows_masked: bool
    knows_next: bool

    def net(self) -> BertForPreTraining:
        """The net, in evaluation; a head that the folder does not have is new (by torch's random generator).

        Raises:
            ModelError: weights are missing, or do not fit the rest.
        """
        import torch

        from sadari.nets.bert.encoder import BertForPreTraining

        with torch.device("meta"):  # takes no memory: what the configuration claims is compared with what is there
            claimed = BertForPreTraining(self.shape).state_dict()
        for name, wanted in claimed.items():
            found = self.tensors.get(name)
            if found is None and not name.startswith(self._new_parts()):
                raise ModelError(message("there is no tensor {name!r}", name=name), where=self.where, hint=_TOGETHER)
            if found is not None and found.shape != wanted.shape:
                raise ModelError(
                    message(
                        "tensor {name!r} has shape {list}; {config} says {list_2}",
                        name=name,
                        list=list(found.shape),
                        config=CONFIG,
                        list_2=list(wanted.shape),
                    ),
                    where=self.where,
                    hint=_TOGETHER,
                )
        net = BertForPreTraining(self.shape)
        net.load_state_dict({name: self.tensors[name] for name in claimed if name in self.tensors}, strict=False)
        return net.eval()

    def _new_parts(self) -> tuple[str, ...]:
        parts = () if self.knows_masked else (_HEAD,)
        return parts if self.knows_next else (*parts, _NEXT, _POOLER)


def read_bert(folder: str | Path) -> BertFolder:
    """Read a folder that Sadari or `transformers` wrote.

    Raises:
        ModelError: it is no BERT, or its parts do not fit each other; with the reason.
    """
    files = sadari_files(folder)
    if files is not None:
        return bert_of_files(files)
    place = Path(folder)
    said = {name: text_of(place / name) for name in _TEXTS}
    if said[CONFIG] is None:
        raise ModelError(message("is no model: there is no {config}", config=CONFIG), where=str(folder), hint=_FILES)
    return _bert_of(os.fspath(folder), said, _weights(place), next_taught=True)


def sadari_files(folder: str | Path) -> ModelFiles | None:
    """What is in a folder that Sadari wrote; None if it is another's.

    Raises:
        ModelError: there is no folder, or the model in it is torn or hostile.
    """
    place, where = as_path(folder), os.fspath(folder)
    if "\0" in where:
        raise ModelError(message("a name cannot hold NUL"), where=repr(where))
    if not place.is_dir():
        what = message("is a file, not a folder") if place.exists() else message("there is no such folder")
        raise ModelError(what, where=where, hint=_FILES)
    return read_model(folder, as_torch=True) if (place / MANIFEST).exists() else None


def bert_of_files(files: ModelFiles) -> BertFolder:
    """The BERT in a folder that Sadari wrote: a pre-trained one, or a classifier's.

    Raises:
        ModelError: there is none in it, or its parts do not fit each other.
    """
    if CONFIG not in files.texts:
        check_kind(files.manifest, "bert", str(files.folder))
    about = files.manifest.get("model")
    taught = not isinstance(about, Mapping) or about.get("next") is not False
    return _bert_of(str(files.folder), files.texts, files.tensors, next_taught=taught)


def _bert_of(
    where: str, said: Mapping[str, str | None], tensors: Mapping[str, Any], *, next_taught: bool
) -> BertFolder:
    import torch

    try:
        shape = _shape(said.get(CONFIG) or "")
        pieces = WordPiece.of_files(*(said.get(name) for name in (TOKENIZER, WORDS, TOKENIZER_SETTINGS)))
    except ValueError as error:
        raise ModelError(
            message("cannot be read as a BERT: {reason}", reason=reason_of(error)), where=where, hint=_FILES
        ) from error
    check_knows(pieces.pieces, lambda texts: bool((pieces.encode(texts).values != pieces.unknown_id).any()), where)
    check_fits(len(pieces) - 1, shape.vocab_size, where)
    named = {_name(name): torch.as_tensor(value).float() for name, value in tensors.items()}
    return BertFolder(
        where,
        shape,
        pieces,
        named,
        f"{_HEAD}bias" in named,
        next_taught and f"{_NEXT}weight" in named and f"{_POOLER}dense.weight" in named,
    )


def shape_json(shape: BertShape, pad_id: int) -> str:
    """The ``config.json`` of a net."""
    said = {"architectures": ["BertForPreTraining"], "model_type": "bert", **dataclasses.asdict(shape)}
    dropout = said.pop("dropout")
    said |= {
        "hidden_dropout_prob": dropout,
        "attention_probs_dropout_prob": 0.0,
        "initializer_range": 0.02,
        "position_embedding_type": "absolute",
        "pad_token_id": pad_id,
        "tie_word_embeddings": True,
        "dtype": "float32",
    }
    return json.dumps(said, indent=2)


def _shape(text: str) -> BertShape:
    from sadari.nets.bert.encoder import ACTIVATIONS, BertShape

    said = parse_object(text.encode(), CONFIG)
    if said.get("model_type", "bert") != "bert":
        raise DataError(
            message("it is of the type {said!r:.40}; only 'bert' can be pre-trained here", said=said["model_type"])
        )
    if said.get("position_embedding_type", "absolute") != "absolute" or said.get("is_decoder"):
        raise DataError(message("it is a variant of BERT: relative positions, or a decoder"))
    defaults = BertShape()
    limits = {**_LIMITS, "hidden_act": Choice(tuple(ACTIVATIONS))}
    usual = {**dataclasses.asdict(defaults), "hidden_dropout_prob": defaults.dropout}
    found = {name: said.get(name, usual[name]) for name in limits}
    for name, value in found.items():
        if not limits[name].allows(value):
            what = message("{config} says {name} {value!r:.40}; it must be {limit}", config=CONFIG, name=name)
            raise DataError(what.filled(value=value, limit=limits[name]))
    if found["hidden_size"] % found["num_attention_heads"]:
        what = message("{heads} heads cannot share a width of {width}", heads=found["num_attention_heads"])
        raise DataError(what.filled(width=found["hidden_size"]))
    return BertShape(dropout=found.pop("hidden_dropout_prob"), **found)


def _name(name: str) -> str:
    """A tensor's name as `BertForPreTraining` has it: those of a bare encoder have no ``bert.`` before them."""
    for old, new in _OLD_NAMES:
        if name.endswith(old):
            name = name.removesuffix(old) + new
    return f"bert.{name}" if name.startswith(("embeddings.", "encoder.", "pooler.")) else name


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    if not (folder / SAFE).is_file():
        check_not_pickled(folder, "BertForPreTraining")
        if (folder / INDEX).exists():
            raise ModelError(
                message("its weights lie in several files"),
                where=str(folder),
                hint=message("save them as one, unsharded"),
            )
        raise ModelError(message("is no model: there is no {safe}", safe=SAFE), where=str(folder), hint=_FILES)
    return read_tensors(folder / SAFE, as_torch=True)
