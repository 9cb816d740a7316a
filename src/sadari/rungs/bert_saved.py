"""A fine-tuned encoder as files that `transformers` opens as they are, and back from a folder of anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sadari.artifact import ModelFiles, parse_json
from sadari.rungs.pretrained import attention_of, check_kind, config_json, quiet, set_labels, transformers
from sadari.rungs.saved import fill_net, weights_for
from sadari.rungs.weights_folder import CONFIG, TOKENIZER
from sadari.text.pieces import Pieces

if TYPE_CHECKING:
    from sadari.nets.pretrained import PretrainedClassifier

MOST = 1_000_000  # of any number of a configuration
# What a configuration may say about code, other files or other machines; none of it is followed.
_NOT_TAKEN = (
    "auto_map",
    "_name_or_path",
    "name_or_path",
    "custom_pipelines",
    "quantization_config",
    "transformers_weights",
)


def model_texts(config: Any, files: Mapping[str, str], pieces: Pieces) -> tuple[dict[str, str], dict[str, Any]]:
    """The texts of a model folder, and what its manifest must say for `restored_pieces`."""
    about = {"tokenizer": pieces.kind, "pad_id": pieces.pad_id, "unknown_id": pieces.unknown_id}
    return {**files, CONFIG: config_json(config)}, about


def restored_pieces(files: ModelFiles, model: Mapping[str, Any]) -> tuple[Pieces, dict[str, str]]:
    """The tokenizer of a model folder, and its files.

    Raises:
        ValueError: it is none. ModelError: it is missing.
    """
    pieces = Pieces.read(files.text(TOKENIZER), model.get("pad_id"), model.get("unknown_id"))
    if model.get("tokenizer") != pieces.kind:
        raise ValueError(f"the tokenizer is not the {str(model.get('tokenizer'))[:40]!r} that it is said to be")
    return pieces, {name: text for name, text in files.texts.items() if name not in ("README.md", CONFIG)}


def restored_net(files: ModelFiles, labels: list[str], pieces: Pieces, *, several: bool) -> PretrainedClassifier:
    """The net of a model folder, once all that it claims has been compared with the tensors that are there.

    Raises:
        ValueError, ModelError: a configuration that is none, or does not fit tensors, labels or tokenizer.
    """
    import torch

    from sadari.nets.pretrained import PretrainedClassifier

    config = _config(files, labels, several=several)
    auto = transformers().AutoModelForSequenceClassification

    def described() -> Any:
        try:
            return auto.from_config(config, attn_implementation=attention_of(config), dtype=torch.float32)
        except Exception as error:  # whatever a stranger's numbers make of it
            raise ValueError(f"{CONFIG} describes no model: {str(error)[:200]}") from None

    with quiet():
        found = weights_for(files, described)
        unasked = sorted(set(files.tensors) - set(found))
        if unasked:
            raise ValueError(f"{CONFIG} knows no tensor {unasked[0][:80]!r}")
        rows = int(config.vocab_size)
        if max(pieces.largest_id, pieces.pad_id, pieces.unknown_id or 0, *pieces.ends[0], *pieces.ends[1], 0) >= rows:
            raise ValueError(f"the tokenizer's ids do not fit an embedding of {rows:,} rows")
        with torch.random.fork_rng(), _unfilled():
            net = described()
    fill_net(net, found)
    return PretrainedClassifier(net).eval()


def _config(files: ModelFiles, labels: list[str], *, several: bool) -> Any:
    said = parse_json(files.text(CONFIG).encode())
    if not isinstance(said, dict):
        raise ValueError(f"{CONFIG} is not a JSON object")
    check_kind(said, str(files.folder))
    for name, value in said.items():
        if isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) <= MOST:
            raise ValueError(f"{name[:40]!r} in {CONFIG} is {value!r:.40}")
    layers = said.get("num_hidden_layers", said.get("n_layers", 1))
    if not isinstance(layers, int) or layers > len(files.tensors):  # each of them would be made before it is missed
        raise ValueError(f"{CONFIG} speaks of {layers!r:.40} layers; there are {len(files.tensors)} tensors")
    kind = said.pop("model_type")
    taken = {name: value for name, value in said.items() if name not in _NOT_TAKEN}
    try:
        config = transformers().AutoConfig.for_model(kind, **taken)
        set_labels(config, labels, several=several)
    except Exception as error:  # whatever a stranger's words make of it
        raise ValueError(f"{CONFIG} is refused: {str(error)[:200]}") from None
    return config


def _unfilled() -> Any:
    """Weights are read in a moment: nothing need be drawn for them."""
    from transformers.initialization import no_init_weights

    return no_init_weights()
