"""Pre-trained weights: where they are, whether they can be used, and what is read from them."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.artifact import MANIFEST
from sadari.errors import DownloadError, MissingExtraError, ModelError, SadariWarning
from sadari.rungs import weights_folder
from sadari.rungs.weights_folder import (
    CONFIG,
    INDEX,
    SAFE,
    TOKENIZER,
    WORDS,
    check_knows,
    check_not_pickled,
    check_plain,
    json_of,
)
from sadari.text.pieces import Pieces

if TYPE_CHECKING:
    from types import ModuleType

EXTRA = "bert"
_TOKENIZERS = (TOKENIZER, WORDS, "vocab.json", "spiece.model", "sentencepiece.bpe.model", "spm.model",
               "tokenizer.model", "tokenizer_78b3253a26.model")  # fmt: skip
_WANTED = ["*.json", "*.txt", "*.model", "model*.safetensors"]
# of which the places begin behind that of padding, as RoBERTa's do
_PLACES_BEHIND_PADDING = frozenset({
    "roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "roberta-prelayernorm", "data2vec-text", "xmod", "ibert",
    "longformer", "esm",
})  # fmt: skip
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[\w.-]{1,96})?")


@dataclass(frozen=True)
class Tokenizing:
    """A tokenizer as it was found beside the weights.

    Attributes:
        pieces: to encode with. files: file name → content, as `transformers` reads it again.
        longest: ids that it says a text may have, with those round it; None: it does not say.
    """

    pieces: Pieces
    files: dict[str, str]
    longest: int | None


def transformers() -> ModuleType:
    """The package.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import transformers
    except ImportError as error:
        raise MissingExtraError("the rung 'bert'", EXTRA) from error
    return transformers


def find_weights(weights: str | Path, *, download: bool = False) -> Path:
    """The folder of some weights.

    Args:
        weights: a folder, or a name on the Hugging Face hub that was downloaded before.
        download: fetch the name from the hub, if it was not.

    Raises:
        ModelError: no such folder, or nothing of that name in the local cache.
        DownloadError: the hub does not answer, or has nothing of that name.
    """
    path, name = Path(weights).expanduser(), str(weights)
    with contextlib.suppress(OSError, ValueError):  # too long for a name, or no name at all
        if path.is_dir():
            return path
        if path.exists():
            raise ModelError("is a file; weights are a folder", where=name, hint="name the folder that it lies in")
    if not _HUB_NAME.fullmatch(name) or name.startswith(".") or isinstance(weights, Path):
        raise ModelError("there is no such folder of weights", where=name[:200],
                         hint=f"name the folder that holds {CONFIG}, {SAFE} and the tokenizer")  # fmt: skip
    return _from_hub(name, download)


def _from_hub(name: str, download: bool) -> Path:
    transformers()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True, allow_patterns=_WANTED))
    except (LocalEntryNotFoundError, ValueError, OSError) as error:
        if not download:
            raise ModelError(
                "there is neither a folder of this name nor such a model in the local cache of the Hugging Face hub",
                where=name, hint="check the name; to fetch it from the hub, say so: --download (download=True)",
            ) from error  # fmt: skip
    try:
        return Path(snapshot_download(name, allow_patterns=_WANTED))
    except Exception as error:  # a dozen classes of several packages: no such name, no rights, no network
        reason = str(error).strip().partition("\n")[0][:200] or type(error).__name__
        raise DownloadError(
            f"could not be fetched from the Hugging Face hub: {reason}", where=name,
            hint="check the name and the network, or give a folder that is here",
        ) from error  # fmt: skip


def check_folder(folder: Path) -> dict[str, Any]:
    """What ``config.json`` says, of weights that can be fine-tuned here.

    Raises:
        ModelError: the folder holds no encoder, no safetensors, or no tokenizer.
    """
    where = str(folder)
    check_plain(folder)
    own = json_of(folder / MANIFEST) if (folder / MANIFEST).is_file() else {}
    if own and not (folder / CONFIG).is_file():
        raise ModelError(f"this is a Sadari model of {own.get('rung') or own.get('kind')!r:.40}, and no BERT",
                         where=where, hint="name a folder of pre-trained weights")  # fmt: skip
    if not (folder / CONFIG).is_file():
        raise ModelError(f"holds no pre-trained model: there is no {CONFIG}", where=where,
                         hint=f"name the folder that holds {CONFIG}, {SAFE} and the tokenizer")  # fmt: skip
    config = json_of(folder / CONFIG)
    check_kind(config, where)
    if not any((folder / name).is_file() for name in (SAFE, INDEX)):
        check_not_pickled(folder, "AutoModel")
        raise ModelError(f"there are no weights: no {SAFE}", where=where,
                         hint="copy it from where the configuration is from")  # fmt: skip
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise ModelError("there is no tokenizer beside the weights", where=where,
                         hint=f"copy {TOKENIZER} (or {WORDS}) from where the weights are from")  # fmt: skip
    return config


def check_kind(config: dict[str, Any], where: str) -> None:
    """Refuse a configuration of anything but an encoder that `transformers` knows.

    Raises:
        ModelError: what it is.
    """
    transformers()
    from transformers.models.auto import modeling_auto

    kind = config.get("model_type")
    if not isinstance(kind, str) or kind not in modeling_auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES:
        code = " (it brings code of its own, which is not run)" if config.get("auto_map") else ""
        raise ModelError(f"a model of the type {kind!r:.40} cannot be fine-tuned here{code}", where=where,
                         hint="BERT, RoBERTa, DistilBERT, ELECTRA and their like can")  # fmt: skip
    encoder = kind in modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES and not config.get("is_encoder_decoder")
    if not encoder or config.get("is_decoder"):
        raise ModelError(f"a model of the type {kind!r} is no encoder", where=where,
                         hint="BERT, RoBERTa, DistilBERT, ELECTRA and their like are")  # fmt: skip


def read_tokenizer(folder: Path) -> Tokenizing:
    """The tokenizer beside some weights.

    Raises:
        ModelError: it cannot be read, is empty, or knows nothing.
    """
    where = str(folder)
    with quiet():
        try:
            found = transformers().AutoTokenizer.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False, use_fast=True
            )
        except Exception as error:  # whatever a stranger's files make of it
            raise ModelError(
                f"the tokenizer cannot be read: {_first_line(error)}", where=where,
                hint=f"copy {TOKENIZER} (or {WORDS}) again from where the weights are from",
            ) from error  # fmt: skip
    engine = getattr(found, "backend_tokenizer", None)
    if engine is None:
        raise ModelError("the tokenizer has no fast form", where=where,
                         hint=f"make one: AutoTokenizer of transformers writes {TOKENIZER} where it can")  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        found.save_pretrained(place)
        files = {path.name: path.read_text(encoding="utf-8") for path in sorted(Path(place).glob("*.json"))}
    pad = found.pad_token_id
    if pad is None:
        raise ModelError("the tokenizer has no token for padding", where=where,
                         hint="name one, such as \"pad_token\": \"[PAD]\", in tokenizer_config.json")  # fmt: skip
    try:
        pieces = Pieces.of(engine, pad, found.unk_token_id)
    except ValueError as error:
        raise ModelError(str(error), where=where) from error
    check_knows(
        engine.get_vocab(with_added_tokens=False),
        lambda texts: bool(pieces.known(pieces.encode(texts)).any()),
        where,
    )
    longest = found.model_max_length
    return Tokenizing(pieces, files, int(longest) if 0 < longest < 2**31 else None)


def read_model(folder: Path, labels: list[str], *, several: bool) -> tuple[Any, bool]:
    """A model for sequence classification with the weights of a folder, and a head for these labels.

    Args:
        labels: their names. several: whether a text may have several.

    Returns:
        the model in float32, and whether a head for other labels was replaced.

    Raises:
        ModelError: the weights cannot be read, or hold no such encoder.
    """
    where = str(folder)
    auto = transformers()
    with quiet():
        try:
            config = auto.AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
            if getattr(config, "auto_map", None):
                warnings.warn(
                    f"{where} brings code of its own, which is not run: it is read as a plain {config.model_type!r}",
                    SadariWarning, stacklevel=2,
                )  # fmt: skip
            had = getattr(config, "num_labels", 2)
            set_labels(config, labels, several=several)
            model, found = auto.AutoModelForSequenceClassification.from_pretrained(
                str(folder), config=config, local_files_only=True, trust_remote_code=False, use_safetensors=True,
                ignore_mismatched_sizes=True, output_loading_info=True, dtype="float32",
                attn_implementation=attention_of(config),
            )  # fmt: skip
        except Exception as error:  # safetensors', json's, torch's and transformers' own
            raise ModelError(f"the weights cannot be read: {_first_line(error)}", where=where,
                             hint="copy or fetch them again") from error  # fmt: skip
    prefix = model.base_model_prefix + "."
    lost = sorted(name for name in found["missing_keys"] if name.startswith(prefix) and ".pooler." not in name)
    wrong = sorted(str(entry[0] if isinstance(entry, tuple | list) else entry) for entry in found["mismatched_keys"])
    lost += [name for name in wrong if name.startswith(prefix)]
    if lost:
        more = f" and {len(lost) - 1:,} more" if len(lost) > 1 else ""
        raise ModelError(f"the weights do not fit {CONFIG}, which asks for {lost[0]}{more}", where=where,
                         hint=f"take weights and {CONFIG} from the same model")  # fmt: skip
    heads = [name for name in found["missing_keys"] if not name.startswith(prefix)]
    return model, bool(wrong) or (not heads and had != len(labels))


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


def check_fits(pieces: Pieces, config: Any, where: str) -> None:
    """Refuse a tokenizer that gives ids which the embedding has not.

    Raises:
        ModelError: with both numbers.
    """
    weights_folder.check_fits(max(pieces.largest_id, pieces.pad_id), int(config.vocab_size), where)


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


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__
