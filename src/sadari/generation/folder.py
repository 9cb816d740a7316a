"""A generator's model folder, out and in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sadari.artifact import ModelFiles, read_model, write_model
from sadari.artifact.card import table_lines
from sadari.artifact.restore import build, known_settings, load_net, object_in
from sadari.errors import ModelError, SadariError
from sadari.generation.codec import LEVELS, TextCodec, restored_codec
from sadari.generation.settings import GeneratorSettings
from sadari.messages import message
from sadari.train.allowed_settings import plain_settings

if TYPE_CHECKING:
    from sadari.nets.generator import RecurrentGenerator, TransformerGenerator

KIND = "generator"


class SavedGenerator(GeneratorSettings):
    """A generator as its folder holds it; see `sadari.generation.generator.Generator`."""

    net_: RecurrentGenerator | TransformerGenerator | None
    codec_: TextCodec
    resolved_: Any
    running_: bool
    unknown_learned_: bool
    scores_: dict[str, Any]
    data_: dict[str, Any]

    def save(self, folder: str | Path, *, data: Mapping[str, Any] | None = None) -> None:
        """Write the model folder, whole or not at all; an older model there is replaced.

        Args:
            folder: where to write it.
            data: what it was trained on, besides what it knows itself (name, columns).

        Raises:
            OutputError: it could not be written; what was there before is untouched.
        """
        self._check_fitted()
        net: Any = self.net_
        manifest = {
            "kind": KIND,
            "settings": plain_settings(self.resolved_.settings()),
            "generator": {
                "labels": self.codec_.labels,
                "running": self.running_,
                "unknown_learned": self.unknown_learned_,
            },
            "scores": dict(self.scores_),
            "data": {**self.data_, **(data or {})},
        }
        texts = {**self.codec_.state(), "README.md": generator_card(manifest)}
        tensors = {name: value.detach().cpu() for name, value in net.state_dict().items()}
        write_model(folder, manifest=manifest, tensors=tensors, texts=texts)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """The generator of a folder that `save` wrote.

        Args:
            folder: the model folder.

        Raises:
            ModelError: torn, hostile, or another kind of model.
        """
        return cls.from_files(read_model(folder))

    @classmethod
    def from_files(cls, files: ModelFiles) -> Self:
        """The generator of a folder that has been read already.

        Args:
            files: what was read from the folder.

        Raises:
            ModelError: it is another kind of model, or its parts do not fit each other.
        """
        where, found = str(files.folder), files.manifest["kind"]
        if found != KIND:
            raise ModelError(message("is a model of the kind {found!r:.40}, not a generator", found=found), where=where)
        with build(where):
            generator = cls(**known_settings(files.manifest, GeneratorSettings().settings()))
            generator.check()
            labels, generator.running_, generator.unknown_learned_ = _said(files.manifest.get("generator"))
            generator.codec_ = restored_codec(generator.level, labels, files)
            size = len(generator.codec_)
            generator.resolved_ = generator.resolved(ids=size, tokens=1)
            generator.scores_, generator.data_ = (object_in(files.manifest, key) for key in ("scores", "data"))
            generator.net_ = load_net(files, lambda: generator.resolved_.new_net(size))
        return generator

    def _check_fitted(self) -> None:
        if self.net_ is None:
            raise SadariError(message("the generator is not trained yet"), hint=message("call fit(text) first"))


def _said(said: Any) -> tuple[list[str], bool, bool]:
    said = said if isinstance(said, dict) else {}
    labels, running, unknown = (said.get(key) for key in ("labels", "running", "unknown_learned"))
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ValueError("the labels are no list of texts")
    if not isinstance(running, bool) or not isinstance(unknown, bool):
        raise ValueError("it is not said what texts it learned")
    if running and labels:
        raise ValueError("it has labels, and learned one running text")
    return labels, running, unknown


def generator_card(manifest: Mapping[str, Any]) -> str:
    """The README of a generator's folder, in Markdown."""
    settings, labels = manifest["settings"], manifest["generator"]["labels"]
    units = dict(zip(LEVELS, ("characters", "words", "subwords (byte-level BPE)"), strict=True))[settings["level"]]
    asked = ' --label "LABEL"' if labels else ""
    lines = [
        f"# A generator of text: `{settings['net']}` over {units}",
        "",
        "Goes on with a text, one token after another, each drawn by how likely it is.",
        *([f"It can be asked for a text of {len(labels)} labels."] if labels else []),
        "",
        *table_lines("Scores", manifest["scores"]),
        *table_lines("Trained on", manifest["data"]),
        *table_lines("Settings", {name: value for name, value in settings.items() if value is not None}),
        "## Use",
        "",
        "```",
        f'sadari generate sample THIS_FOLDER "a beginning"{asked} --length 300 --temperature 0.8',
        "```",
        "",
        "```python",
        "from sadari import Generator",
        "",
        'model = Generator.load("THIS_FOLDER")',
        'model.sample("a beginning", length=300, temperature=0.8)',
        "```",
        "",
        "## Limits",
        "",
        "It writes what is like its training text, and may repeat parts of that. It knows nothing of what is true.",
        "The folder holds numbers and words, no code; `sadari.json` lists every file with its SHA-256.",
        "",
    ]
    return "\n".join(lines)
