"""Saved models with other content, sealed as honest ones are."""

from pathlib import Path
from typing import Any

from sadari.artifact import read_model, write_model

MADE_BY_THE_FOLDER = ("format_version", "files", "sha256", "versions")


def head_of(files: Any) -> dict[str, Any]:
    """The manifest of what `read_model` gave, but for what is made when a folder is written."""
    return {key: value for key, value in files.manifest.items() if key not in MADE_BY_THE_FOLDER}


def changed(rung: Any, place: Path, *, settings=None, tensors=None, texts=None, model=None) -> Path:
    """The rung's folder with other content; a tensor that is None is left out."""
    rung.save(place / "honest")
    files = read_model(place / "honest")
    head = head_of(files)
    head["settings"] = {**head["settings"], **(settings or {})}
    head["model"] = {**head["model"], **(model or {})}
    kept = {name: value for name, value in {**files.tensors, **(tensors or {})}.items() if value is not None}
    write_model(place / "hostile", manifest=head, tensors=kept, texts={**files.texts, **(texts or {})})
    return place / "hostile"
