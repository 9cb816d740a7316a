"""A fine-tuned encoder as files that `transformers` opens as they are, and back from a folder of anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sadari.artifact import ModelFiles, guarded, own_texts
from sadari.artifact.restore import check_known, fill_net, weights_for
from sadari.artifact.strict_json import parse_object
from sadari.artifact.weights import CONFIG, TOKENIZER
from sadari.messages import message
from sadari.pretrained.config import check_claims
from sadari.pretrained.encoders import check_fits, config_json, config_of, described, quiet, unfilled
from sadari.text.subword.pretrained import SubwordTokenizer

if TYPE_CHECKING:
    from sadari.nets.bert.pretrained import PretrainedClassifier

NOT_RUN = message("the net cannot read a text")


def model_texts(
    config: Any, files: Mapping[str, str], pieces: SubwordTokenizer
) -> tuple[dict[str, str], dict[str, Any]]:
    """The texts of a model folder, and what its manifest must say for `restored_tokenizer`."""
    about = {"tokenizer": pieces.kind, "pad_id": pieces.pad_id, "unknown_id": pieces.unknown_id}
    return {**files, CONFIG: config_json(config)}, about


def restored_tokenizer(files: ModelFiles, model: Mapping[str, Any]) -> tuple[SubwordTokenizer, dict[str, str]]:
    """The tokenizer of a model folder, and its files.

    Raises:
        ValueError: it is none. ModelError: it is missing.
    """
    pieces = SubwordTokenizer.restored(files.text(TOKENIZER), model)
    return pieces, {name: text for name, text in own_texts(files).items() if name != CONFIG}


def restored_net(
    files: ModelFiles, labels: list[str], pieces: SubwordTokenizer, *, several: bool
) -> PretrainedClassifier:
    """The net of a model folder, once all that it claims has been compared with the tensors that are there.

    Raises:
        ValueError, ModelError: a configuration that is none, or does not fit tensors, labels or tokenizer.
    """
    import torch

    from sadari.nets.bert.pretrained import PretrainedClassifier

    said = parse_object(files.text(CONFIG).encode(), CONFIG)
    where = str(files.folder)
    config = config_of(said, labels, several=several, where=where)
    check_claims(said, {name: tensor.shape for name, tensor in files.tensors.items()}, where)
    with quiet():
        found = weights_for(files, lambda: described(config))
        check_known(files.tensors, found)
        check_fits(pieces, config, where)
        with torch.random.fork_rng(), unfilled():
            net = described(config)
    fill_net(net, found)
    whole = PretrainedClassifier(net).eval()
    check_runs(whole, pieces, where)
    return whole


def check_runs(net: PretrainedClassifier, pieces: SubwordTokenizer, where: str) -> None:
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
