"""Pre-trained weights: where they are, whether they can be used, and what is read from them."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sadari.artifact import MANIFEST, guarded
from sadari.artifact.restore import build, check_weights
from sadari.artifact.weights import CONFIG, TOKENIZER, WORDS
from sadari.errors import DataError, ModelError, SadariWarning
from sadari.messages import message, some_of
from sadari.pretrained import folder as weights_folder
from sadari.pretrained.config import check_claims, check_config, labels_of
from sadari.pretrained.folder import INDEX, SAFE, check_not_pickled, check_not_zero, check_plain, json_of, weight_shapes
from sadari.pretrained.package import quiet, transformers
from sadari.pretrained.tokenizing import Tokenizing
from sadari.text.subword.pretrained import SubwordTokenizer

_TOKENIZERS = (
    TOKENIZER,
    WORDS,
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
    "spm.model",
    "tokenizer.model",
    "tokenizer_78b3253a26.model",
)
# of which the places begin behind that of padding, as RoBERTa's do
_PLACES_BEHIND_PADDING = frozenset(
    {
        "roberta",
        "xlm-roberta",
        "xlm-roberta-xl",
        "camembert",
        "roberta-prelayernorm",
        "data2vec-text",
        "xmod",
        "ibert",
        "longformer",
        "esm",
    }
)
# What a configuration may say about code, other files or other machines, and what is said here in its place.
_NOT_TAKEN = frozenset(
    {
        "auto_map",
        "name_or_path",
        "custom_pipelines",
        "quantization_config",
        "transformers_weights",
        "model_type",
        "id2label",
        "label2id",
        "num_labels",
        "problem_type",
        "dtype",
        "torch_dtype",
        "return_dict",
        "use_return_dict",
        "output_hidden_states",
        "output_attentions",
        "attn_implementation",
        "per_layer_config",
    }
)


def check_folder(folder: Path) -> dict[str, Any]:
    """What ``config.json`` says, of weights that can be fine-tuned here.

    Raises:
        ModelError: the folder holds no encoder, no safetensors, or no tokenizer.
    """
    where = str(folder)
    check_plain(folder)
    own = json_of(folder / MANIFEST) if (folder / MANIFEST).is_file() else {}
    if own and not (folder / CONFIG).is_file():
        raise ModelError(
            message("this is a Sadari model of {get!r:.40}, and no BERT", get=own.get("rung") or own.get("kind")),
            where=where,
            hint=message("name a folder of pre-trained weights"),
        )
    if not (folder / CONFIG).is_file():
        raise ModelError(
            message("holds no pre-trained model: there is no {config}", config=CONFIG),
            where=where,
            hint=message("name the folder that holds {config}, {safe} and the tokenizer", config=CONFIG, safe=SAFE),
        )
    config = json_of(folder / CONFIG)
    check_kind(config, where)
    check_config(config, where)
    if not any((folder / name).is_file() for name in (SAFE, INDEX)):
        check_not_pickled(folder, "AutoModel")
        raise ModelError(
            message("there are no weights: no {safe}", safe=SAFE),
            where=where,
            hint=message("copy it from where the configuration is from"),
        )
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise ModelError(
            message("there is no tokenizer beside the weights"),
            where=where,
            hint=message(
                "copy {tokenizer} (or {words}) from where the weights are from", tokenizer=TOKENIZER, words=WORDS
            ),
        )
    check_claims(config, weight_shapes(folder), where)
    return config


def check_kind(config: Mapping[str, Any], where: str) -> None:
    """Refuse a configuration of anything but an encoder that `transformers` knows.

    Raises:
        ModelError: what it is.
    """
    transformers()
    from transformers.models.auto import modeling_auto

    kind = config.get("model_type")
    if not isinstance(kind, str) or kind not in modeling_auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES:
        what = message("a model of the type {kind!r:.40} cannot be fine-tuned here", kind=kind)
        if config.get("auto_map"):
            what = message("{what} (it brings code of its own, which is not run)", what=what)
        raise ModelError(what, where=where, hint=message("BERT, RoBERTa, DistilBERT, ELECTRA and their like can"))
    encoder = kind in modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES and not config.get("is_encoder_decoder")
    if not encoder or config.get("is_decoder"):
        raise ModelError(
            message("a model of the type {kind!r} is no encoder", kind=kind),
            where=where,
            hint=message("BERT, RoBERTa, DistilBERT, ELECTRA and their like are"),
        )


def read_model(folder: Path, labels: list[str], *, several: bool) -> tuple[Any, bool]:
    """A model for sequence classification with the weights of a folder, and a head for these labels.

    Args:
        folder: of the weights.
        labels: their names.
        several: whether a text may have several.

    Returns:
        the model in float32, and whether a head for other labels was replaced.

    Raises:
        ModelError: the weights cannot be read, or hold no such encoder.
    """
    where, said = str(folder), check_folder(folder)
    if said.get("auto_map"):
        warnings.warn(
            SadariWarning(
                message(
                    "{where} brings code of its own, which is not run: it is read as a plain {model_type!r}",
                    where=where,
                    model_type=said["model_type"],
                )
            ),
            stacklevel=2,
        )
    config = config_of(said, labels, several=several, where=where)
    _check_size(config, weight_shapes(folder), where)
    with quiet(), guarded(message("the weights cannot be read"), where=where, hint=message("copy or fetch them again")):
        model, found = transformers().AutoModelForSequenceClassification.from_pretrained(
            str(folder),
            config=config,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            dtype="float32",
            attn_implementation=attention_of(config),
        )
    prefix = model.base_model_prefix + "."
    lost = sorted(name for name in found["missing_keys"] if name.startswith(prefix) and ".pooler." not in name)
    wrong = sorted(str(entry[0] if isinstance(entry, tuple | list) else entry) for entry in found["mismatched_keys"])
    lost += [name for name in wrong if name.startswith(prefix)]
    if lost:
        raise ModelError(
            message("the weights do not fit {config}, which asks for {names}", config=CONFIG, names=some_of(lost, 1)),
            where=where,
            hint=message("take weights and {config} from the same model", config=CONFIG),
        )
    check_weights(where, **{name: value.numpy() for name, value in model.state_dict().items()})
    words = model.get_input_embeddings()
    if words is not None:
        check_not_zero(words.weight.detach().numpy(), str(folder / SAFE) if (folder / SAFE).is_file() else where)
    heads = [name for name in found["missing_keys"] if not name.startswith(prefix)]
    return model, bool(wrong) or (not heads and labels_of(said) != len(labels))


def config_of(said: Mapping[str, Any], labels: list[str], *, several: bool, where: str) -> Any:
    """The configuration of `transformers` that ``config.json`` speaks of, with these labels in place of its own.

    Raises:
        ModelError: it is none of an encoder that can be used here.
    """
    check_kind(said, where)
    check_config(said, where)
    auto = transformers().AutoConfig
    with quiet(), guarded(message("{file} is refused", file=CONFIG), where=where):
        kind = said["model_type"]
        own = type(auto.for_model(kind))
        fields = own.__dataclass_fields__
        # what is no field becomes an attribute, in the place of a method if it is called like one
        taken = {
            name: value
            for name, value in said.items()
            if name not in _NOT_TAKEN and not name.startswith("_") and (name in fields or not hasattr(own, name))
        }
        config = auto.for_model(kind, **taken)
        set_labels(config, labels, several=several)
    return config


def described(config: Any) -> Any:
    """The model of `transformers` that a configuration describes, with weights that are drawn.

    Raises:
        ModelError: it describes none.
    """
    import torch

    with guarded(message("{file} describes no model", file=CONFIG)):
        auto = transformers().AutoModelForSequenceClassification
        return auto.from_config(config, attn_implementation=attention_of(config), dtype=torch.float32)


def unfilled() -> Any:
    """A context in which models are made without drawing weights: they are read in a moment."""
    from transformers.initialization import no_init_weights

    return no_init_weights()


def _check_size(config: Any, shapes: Mapping[str, Sequence[int]], where: str) -> None:
    """Refuse a configuration that asks for more numbers than there are, before any memory is taken for them."""
    import torch

    with quiet(), build(where), torch.device("meta"):
        base = described(config).base_model
    asked = sum(part.numel() for name, part in base.named_parameters() if "pooler." not in name)
    there = sum(math.prod(shape) for shape in shapes.values())
    if asked > there:
        raise ModelError(
            message(
                "the weights do not fit {config}, which asks for {asked:,} numbers; there are {there:,}",
                config=CONFIG,
                asked=asked,
                there=there,
            ),
            where=where,
            hint=message("take weights and {config} from the same model", config=CONFIG),
        )


def attention_of(config: Any) -> str:
    """What `transformers` is to work attention out by: torch's fused one, which DeBERTa and MPNet have not."""
    kind = transformers().AutoModelForSequenceClassification._model_mapping[type(config)]
    return "sdpa" if getattr(kind, "_supports_sdpa", False) else "eager"


def set_labels(config: Any, labels: list[str], *, several: bool) -> None:
    """Write labels into a configuration of `transformers`, as its pipelines read them."""
    config.num_labels = len(labels)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: place for place, label in enumerate(labels)}
    config.problem_type = "multi_label_classification" if several else "single_label_classification"
    config.use_cache = False


def longest_text(config: Any, tokenizing: Tokenizing) -> int:
    """The most ids that a model takes, those round a text included."""
    said = [number for number in (places(config), tokenizing.longest) if number is not None and number > 0]
    return min(said, default=512)


def places(config: Any) -> int | None:
    """How many places a model has embeddings for; None where it has none."""
    count = getattr(config, "max_position_embeddings", None)
    if not isinstance(count, int):
        return None
    if config.model_type == "mpnet":  # whose place of padding is 1, whatever its configuration says
        return count - 2
    return count - (config.pad_token_id + 1 if config.model_type in _PLACES_BEHIND_PADDING else 0)


def check_places(name: str, longest: int, config: Any) -> None:
    """Refuse to read more tokens than a model has places for.

    Args:
        name: of the setting.
        longest: its value.
        config: of the model.

    Raises:
        DataError: with both numbers.
    """
    count = places(config)
    if count is not None and longest > count:
        said = message("{name} is {longest:,}, and there are {places:,} places", name=name, longest=longest)
        raise DataError(said.filled(places=count))


def check_fits(pieces: SubwordTokenizer, config: Any, where: str) -> None:
    """Refuse a tokenizer that gives ids which the embedding has not.

    Raises:
        ModelError: with both numbers.
    """
    weights_folder.check_fits(
        max(pieces.largest_id, pieces.pad_id, pieces.unknown_id or 0, *pieces.round_ids), int(config.vocab_size), where
    )


def config_json(config: Any) -> str:
    """``config.json`` as `transformers` reads it."""
    text: str = config.to_json_string(use_diff=True)
    said = json.loads(text)
    said.pop("_name_or_path", None)  # where it lay on the machine that trained it
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"
