"""Where pre-trained weights are: a folder, a published name, or the cache of the Hugging Face hub."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from sadari.artifact import guarded
from sadari.artifact.weights import CONFIG
from sadari.errors import DownloadError, ModelError
from sadari.messages import message
from sadari.pretrained.folder import SAFE
from sadari.pretrained.package import transformers
from sadari.pretrained.published import PUBLISHED, SOURCE, fetch_weights, meant

_WANTED = ["*.json", "*.txt", "*.model", "model*.safetensors"]
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[\w.-]{1,96})?")


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
