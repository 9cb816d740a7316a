"""What pre-trained weights attend to, before anybody has trained them further."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sadari.artifact import guarded
from sadari.pretrained import encoders as pretrained
from sadari.pretrained.find import find_weights
from sadari.pretrained.reasons import attention as attended
from sadari.pretrained.restored import NOT_RUN
from sadari.pretrained.tokenizing import read_tokenizer
from sadari.rungs.explanation import Activations
from sadari.text.subword.pretrained import SubwordTokenizer

if TYPE_CHECKING:
    from sadari.nets.bert.pretrained import PretrainedClassifier


def attention(weights: str | Path, text: str, *, download: bool = False) -> Activations:
    """What every token of a text attends to, in every layer and head of some weights as they are.

        found = sadari.attention("bert-base-uncased", "The animal didn't cross the street because it was too tired")
        found.attends("it", layer=5, head=3)
        found.without_special().matrix(layer=5)

    Args:
        weights: a folder with ``config.json``, ``model.safetensors`` and a tokenizer; or a name on the Hugging Face
            hub, which is looked for in the local cache alone. A folder that `sadari.Bert` saved is one.
        text: what is read; of a longer one, as much as the model takes.
        download: fetch the name from the hub if it is not in the cache.

    Returns:
        an `Activations` of the kind "attention". Of a classifier that is trained, `Rung.activations` gives the same.

    Raises:
        ModelError: the folder holds no such encoder. DataError: there is no token in the text.
        MissingExtraError: without transformers.
    """
    from sadari.nets.bert.pretrained import PretrainedClassifier

    folder = find_weights(weights, download=download)
    pretrained.check_folder(folder)
    found = read_tokenizer(folder)
    model, _ = pretrained.read_model(folder, ["no", "yes"], several=False)  # whose head attends to nothing
    pretrained.check_fits(found.pieces, model.config, str(folder))
    room = pretrained.longest_text(model.config, found) - found.pieces.extra
    return activations_of(PretrainedClassifier(model).eval(), found.pieces, text, room)


def activations_of(net: PretrainedClassifier, pieces: SubwordTokenizer, text: str, room: int) -> Activations:
    """What every piece attends to, in every layer and head of a net.

    Args:
        net: that reads the text.
        pieces: its tokenizer.
        text: what is read.
        room: pieces of the text itself that are read.
    """
    with guarded(NOT_RUN):
        tokens, layers = attended(net, pieces, text, room)
    before, after = map(len, pieces.ends)
    special = (*range(before), *range(len(tokens) - after, len(tokens)))
    return Activations("attention", tokens, {f"layer {i}": layer for i, layer in enumerate(layers, 1)}, special)
