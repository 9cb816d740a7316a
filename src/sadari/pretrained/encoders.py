"""Pre-trained weights: where they are, whether they can be used, and what is read from them."""

from __future__ import annotations

import contextlib
import json
import math
import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sadari.artifact import MANIFEST, guarded
from sadari.artifact.restore import NO_TOKENIZER, build, check_weights
from sadari.artifact.weights import CONFIG, TOKENIZER, TOKENIZER_SETTINGS, WORDS
from sadari.errors import DataError, DownloadError, ModelError, SadariWarning
from sadari.messages import message, some_of
from sadari.pretrained import folder as weights_folder
from sadari.pretrained.config import check_claims, check_config, labels_of
from sadari.pretrained.folder import INDEX, SAFE, check_knows, check_not_pickled, check_plain, json_of, weight_shapes
from sadari.pretrained.package import transformers
from sadari.pretrained.published import PUBLISHED, SOURCE, fetch_weights, meant
from sadari.text.subword.pretrained import SubwordTokenizer
from sadari.text.subword.tokenizer_file import check_description, check_vocabulary

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
_WANTED = ["*.json", "*.txt", "*.model", "model*.safetensors"]
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
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[\w.-]{1,96})?")


@dataclass(frozen=True)
class Tokenizing:
    """A tokenizer as it was found beside the weights.

    Attributes:
        pieces: to encode with.
        files: file name → content, as `transformers` reads it again.
        longest: ids that it says a text may have, with those round it; None: it does not say.
    """

    pieces: SubwordTokenizer
    files: dict[str, str]
    longest: int | None


def find_weights(weights: str | Path, *, download: bool = False) -> Path:
    """The folder of some weights.

    Args:
        weights: a folder, a name of `sadari.pretrained.published`, or one on the Hugging Face hub, fetched before.
        download: fetch the name from the hub, if it was not.

    Raises:
        ModelError: no such folder, or nothing of that name in the local cache.
        DownloadError: the hub does not answer, or has nothing of that name.
    """
    path, name = Path(weights).expanduser(), str(weights)
    here = next((one.folder for one in PUBLISHED if one.name == name), None)
    if here is not None and not path.exists():
        if download:
            return fetch_weights(name)
        if not (here / SOURCE).is_file():
            raise ModelError(
                message("these weights are not on this machine yet"),
                where=name,
                hint=message("sadari weights fetch {name}", name=name),
            )
        return here
    with contextlib.suppress(OSError, ValueError):  # too long for a name, or no name at all
        if path.is_dir():
            return path
        if path.exists():
            raise ModelError(
                message("is a file; weights are a folder"), where=name, hint=message("name the folder that it lies in")
            )
    if not _HUB_NAME.fullmatch(name) or name.startswith(".") or isinstance(weights, Path):
        raise ModelError(
            message("there is no such folder of weights"),
            where=name[:200],
            hint=message("name the folder that holds {config}, {safe} and the tokenizer", config=CONFIG, safe=SAFE),
        )
    return _from_hub(name, download)


def _from_hub(name: str, download: bool) -> Path:
    transformers()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True, allow_patterns=_WANTED))
    except (LocalEntryNotFoundError, ValueError, OSError) as error:
        if not download:
            hint = message("check the name; to fetch it from the hub, say so: --download (download=True)")
            raise ModelError(
                message(
                    "there is neither a folder of this name nor such a model in the local cache of the Hugging Face hub"
                ),
                where=name,
                hint=meant(name) or hint,
            ) from error
    hint = message("check the name and the network, or give a folder that is here")
    with guarded(message("could not be fetched from the Hugging Face hub"), where=name, hint=hint, kind=DownloadError):
        return Path(snapshot_download(name, allow_patterns=_WANTED))


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


def read_tokenizer(folder: Path) -> Tokenizing:
    """The tokenizer beside some weights.

    Raises:
        ModelError: it cannot be read, is empty, or knows nothing.
    """
    where = str(folder)
    with build(where, NO_TOKENIZER):
        _check_ids(folder)
    again = message(
        "copy {tokenizer} (or {words}) again from where the weights are from", tokenizer=TOKENIZER, words=WORDS
    )
    with quiet(), guarded(message("the tokenizer cannot be read"), where=where, hint=again):
        found = transformers().AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, use_fast=True
        )
        engine, pad, unknown = getattr(found, "backend_tokenizer", None), found.pad_token_id, found.unk_token_id
        longest = found.model_max_length
        if engine is None:
            raise ModelError(
                message("the tokenizer has no fast form"),
                where=where,
                hint=message(
                    "make one: AutoTokenizer of transformers writes {tokenizer} where it can", tokenizer=TOKENIZER
                ),
            )
        with tempfile.TemporaryDirectory() as place:
            found.save_pretrained(place)
            files = {path.name: path.read_text(encoding="utf-8") for path in sorted(Path(place).glob("*.json"))}
        pieces = engine.get_vocab(with_added_tokens=False)
    if pad is None:
        raise ModelError(
            message("the tokenizer has no token for padding"),
            where=where,
            hint=message('name one, such as "pad_token": "[PAD]", in tokenizer_config.json'),
        )
    if isinstance(longest, bool) or not isinstance(longest, int | float):
        raise ModelError(
            message("the tokenizer's model_max_length is {longest!r:.40}; it must be a number", longest=longest),
            where=where,
            hint=message("mend tokenizer_config.json"),
        )
    with build(where, NO_TOKENIZER):
        reads = SubwordTokenizer.of(engine, pad, unknown)
    check_knows(pieces, lambda texts: bool(reads.known(reads.encode(texts)).any()), where)
    return Tokenizing(reads, files, int(longest) if 0 < longest < 2**31 else None)


def _check_ids(folder: Path) -> None:
    """Refuse ids that are none, in whichever file: what reads them makes a place for each up to the largest.

    Raises:
        ValueError: which. ModelError: a file cannot be read.
    """
    if (folder / TOKENIZER).is_file():
        check_description(json_of(folder / TOKENIZER))
    for name in ("vocab.json", "added_tokens.json"):
        if (folder / name).is_file():
            check_vocabulary(json_of(folder / name))
    said = json_of(folder / TOKENIZER_SETTINGS) if (folder / TOKENIZER_SETTINGS).is_file() else {}
    added = said.get("added_tokens_decoder")
    numbers = list(added) if isinstance(added, dict) else []
    if not all(number.isascii() and number.isdigit() and len(number) < 8 for number in numbers):
        raise DataError(message("the ids of its added tokens are none"))


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


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the bars and reports of `transformers`: what is to be known of them, we say."""
    logging = transformers().utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
