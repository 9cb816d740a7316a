"""An encoder of `transformers` out of a model folder of anybody's, once all that it claims has been looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sadari.artifact import ModelFiles, guarded, own_texts
from sadari.artifact.restore import check_known, fill_net, weights_for
from sadari.artifact.strict_json import parse_object
from sadari.artifact.weights import CONFIG, TOKENIZER
from sadari.messages import message
from sadari.pretrained.config import check_claims
from sadari.pretrained.encoders import check_fits, config_of, described, unfilled
from sadari.pretrained.package import quiet
from sadari.text.subword.pretrained import SubwordTokenizer

if TYPE_CHECKING:
    from torch import nn

NOT_RUN = message("the net cannot read a text")


def restored_tokenizer(files: ModelFiles, said: Mapping[str, Any]) -> tuple[SubwordTokenizer, dict[str, str]]:
    """The tokenizer of a model folder, and its files.

    Raises:
        DataError: it is none. ModelError: it is missing.
    """
    pieces = SubwordTokenizer.restored(files.text(TOKENIZER), said)
    return pieces, {name: text for name, text in own_texts(files).items() if name != CONFIG}


def restored_model(
    files: ModelFiles,
    pieces: SubwordTokenizer,
    labels: Sequence[str],
    *,
    several: bool = False,
    part: Callable[[Any], Any] = lambda model: model,
) -> Any:
    """The model of `transformers` in a folder, filled with the tensors that are there.

    Args:
        files: with no tensors but the model's.
        pieces: its tokenizer.
        labels: of its head.
        several: whether a text may have several of them.
        part: what of the model was saved.

    Raises:
        DataError, ModelError: a configuration that is none, or does not fit tensors, labels or tokenizer.
    """
    import torch

    said = parse_object(files.text(CONFIG).encode(), CONFIG)
    where = str(files.folder)
    config = config_of(said, list(labels), several=several, where=where)
    check_claims(said, {name: tensor.shape for name, tensor in files.tensors.items()}, where)
    with quiet():
        found = weights_for(files, lambda: part(described(config)))
        check_known(files.tensors, found)
        check_fits(pieces, config, where)
        with torch.random.fork_rng(), unfilled():
            model = part(described(config))
    fill_net(model, found)
    return model


def check_runs(net: nn.Module, pieces: SubwordTokenizer, where: str) -> None:
    """Refuse a net that `transformers` makes, and cannot run: its numbers are of the right size, and wrong together.

    Raises:
        ModelError: what it says.
    """
    import torch

    before, after = pieces.ends
    ids = torch.tensor([[*before, pieces.pad_id, *after]])
    training = net.training
    with torch.inference_mode(), guarded(NOT_RUN, where=where):
        net.eval()(ids, torch.ones_like(ids, dtype=torch.bool))
    net.train(training)
