"""What a folder of sentence-transformers says of itself: its modules, how it pools, and how much of a text it reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sadari.artifact import parse_json
from sadari.errors import ModelError, reason_of
from sadari.messages import message
from sadari.pretrained.folder import json_of, text_of

MODULES, SENTENCE_SETTINGS, PROMPTS = "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"
STATIC, TRANSFORMER, POOLING, NORMALISE = "StaticEmbedding", "Transformer", "Pooling", "Normalize"
POOLINGS = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
MOST_TEXT = 65_536  # tokens
_FLAGS = {  # the older names
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_WIDTHS = ("word_embedding_dimension", "embedding_dimension")
# what may stand beside them, and what it must say for a vector to be what it is here
_PLAIN: Mapping[str, tuple[Any, ...]] = {
    "transformer_task": ("feature-extraction",),
    "modality_config": ({"text": {"method": "forward", "method_output_name": "last_hidden_state"}},),
    "module_output_name": ("token_embeddings",),
    "unpad_inputs": (None, True, False),  # a matter of speed
    **dict.fromkeys(("model_args", "model_kwargs", "config_args", "config_kwargs"), ({}, None)),
    **dict.fromkeys(("tokenizer_args", "processor_kwargs", "processing_kwargs"), ({}, None)),
    **dict.fromkeys(("query_length", "document_length", "query_expansion"), (None,)),
}
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Modules:
    """How a folder makes one vector of a text.

    Attributes:
        encoder: the folder of the encoder, or of the static embedding.
        static: whether it is a static embedding.
        pooling: names of `POOLINGS`.
        normalise: whether vectors are brought to length 1.
        longest: tokens that are read of a text, those round it included; None: it does not say.
        lower: whether texts are lower-cased first.
    """

    encoder: Path
    static: bool = False
    pooling: tuple[str, ...] = ("mean",)
    normalise: bool = False
    longest: int | None = None
    lower: bool = False


def read_modules(folder: Path) -> Modules:
    """The modules of a folder; without ``modules.json``, the folder is an encoder whose states are averaged.

    Raises:
        ModelError: it asks for something that is not done here, or is damaged.
    """
    if not (folder / MODULES).is_file():
        return Modules(folder)
    path = folder / MODULES
    try:
        found = parse_json((text_of(path) or "").encode())
    except ValueError as error:
        raise ModelError(message("cannot be read: {reason}", reason=reason_of(error)), where=str(path)) from None
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found) or len(found) > 16:
        raise ModelError(message("is not a list of modules"), where=str(path))
    kinds, places = [_kind(entry, path) for entry in found], [_place(entry, folder, path) for entry in found]
    normalise = kinds[-1:] == [NORMALISE]
    rest = kinds[:-1] if normalise else kinds
    _check_prompt(folder)
    if rest == [STATIC]:
        return Modules(places[0], static=True, normalise=normalise)
    if rest != [TRANSFORMER, POOLING]:
        raise ModelError(
            message(
                "makes a vector by {modules}, which is not done here", modules=" → ".join(kinds) or message("nothing")
            ),
            where=str(path),
            hint=message("Transformer → Pooling (→ Normalize), and StaticEmbedding (→ Normalize), are"),
        )
    longest, lower = _settings(places[0])
    return Modules(places[0], False, _pooling(places[1] / "config.json"), normalise, longest, lower)


def _kind(entry: Mapping[str, Any], path: Path) -> str:
    """The class of a module; its package is sentence-transformers', whose inner order has changed."""
    said = entry.get("type")
    if not isinstance(said, str) or not said.startswith("sentence_transformers."):
        raise ModelError(
            message("names the module {said!r:.80}, whose code is not run", said=said),
            where=str(path),
            hint=message("modules of sentence-transformers itself are known"),
        )
    return said.rpartition(".")[2]


def _place(entry: Mapping[str, Any], folder: Path, path: Path) -> Path:
    said = entry.get("path", "")
    if said in ("", "."):
        return folder
    if not isinstance(said, str) or not _PATH.fullmatch(said):
        raise ModelError(message("names a module outside the folder: {said!r:.80}", said=said), where=str(path))
    return folder / said


def _settings(folder: Path) -> tuple[int | None, bool]:
    """Tokens that are read, and whether texts are lower-cased."""
    path = folder / SENTENCE_SETTINGS
    said = json_of(path) if path.is_file() else {}
    longest, lower = said.pop("max_seq_length", None), said.pop("do_lower_case", False)
    if longest is not None and (type(longest) is not int or not 1 <= longest <= MOST_TEXT):
        raise _refused(path, "max_seq_length", longest)
    if not isinstance(lower, bool):
        raise _refused(path, "do_lower_case", lower)
    for name, value in said.items():
        if value not in _PLAIN.get(name, ()):
            raise _refused(path, name, value)
    return longest, lower


def _pooling(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        raise ModelError(message("is missing; it says how tokens become one vector"), where=str(path))
    said = json_of(path)
    for name in _WIDTHS:
        said.pop(name, None)  # the weights say it
    if not said.pop("include_prompt", True):
        raise _refused(path, "include_prompt", False)
    flags = {_FLAGS[name]: said.pop(name) for name in _FLAGS if name in said}
    modes = said.pop("pooling_mode", [mode for mode in POOLINGS if flags.get(mode)] or ["mean"])
    modes = [modes] if isinstance(modes, str) else modes
    if not all(isinstance(flag, bool) for flag in flags.values()):
        raise _refused(path, "pooling_mode", flags)
    if not isinstance(modes, list) or not modes or len(set(map(str, modes))) != len(modes):
        raise _refused(path, "pooling_mode", modes)
    for mode in modes:
        if mode not in POOLINGS:
            raise _refused(path, "pooling_mode", mode)
    if said:
        raise _refused(path, *next(iter(said.items())))
    return tuple(modes)


def _check_prompt(folder: Path) -> None:
    """Refuse a folder that puts words of its own before every text."""
    path = folder / PROMPTS
    if not path.is_file():
        return
    said = json_of(path)
    name, prompts = said.get("default_prompt_name"), said.get("prompts")
    if name is not None and not (isinstance(prompts, Mapping) and prompts.get(str(name)) == ""):
        raise _refused(path, "default_prompt_name", name)


def _refused(path: Path, name: str, value: Any) -> ModelError:
    return ModelError(
        message("says {name} {value!r:.60}, which is not done here", name=name[:60], value=value), where=str(path)
    )
