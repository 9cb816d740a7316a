"""A translator's model folder: its net, its subwords, and a card for whoever finds it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from sadari.artifact import read_model, write_model
from sadari.artifact.restore import build, known_settings, load_net, object_in
from sadari.errors import ModelError, SettingError
from sadari.messages import message
from sadari.text.subword.bpe import Subwords
from sadari.translation.settings import TranslatorSettings

KIND = "translator"
MOST_WORDS = 10_000
SHARED, SOURCE, TARGET = "tokenizer.json", "source.tokenizer.json", "target.tokenizer.json"


class SavedTranslator(TranslatorSettings):
    """A translator as its folder holds it; see `sadari.translation.translator.Translator`."""

    _ready = False
    net_: Any
    source_subwords_: Subwords
    target_subwords_: Subwords
    shared_: bool
    resolved_: Any
    history_: list[dict[str, float]]
    weights_: str
    validation_loss_: float | None
    train_seconds_: float
    source_words_: list[str]
    target_words_: list[str]
    blank_: int
    too_long_: int
    scores_: dict[str, Any]
    data_: dict[str, Any]

    def save(
        self, folder: str | Path, *, scores: dict[str, Any] | None = None, data: dict[str, Any] | None = None
    ) -> None:
        """Write the model folder, whole or not at all; an older model there is replaced.

        Args:
            folder: where to write it.
            scores: what the model's card says it scored.
            data: what it was trained on.

        Raises:
            OutputError: it could not be written; what was there before is untouched.
        """
        self._check_fitted()
        self.scores_ = self.scores_ if scores is None else scores
        self.data_ = self.data_ if data is None else data
        if self.shared_:
            texts = {SHARED: self.source_subwords_.to_json()}
        else:
            texts = {SOURCE: self.source_subwords_.to_json(), TARGET: self.target_subwords_.to_json()}
        said = {
            "shared": self.shared_,
            "source_subwords": len(self.source_subwords_),
            "target_subwords": len(self.target_subwords_),
            "epochs": int(self.history_[-1]["epoch"]) if self.history_ else 0,
            "weights": self.weights_,
            "seconds": self.train_seconds_,
            "source_words": self.source_words_,
            "target_words": self.target_words_,
        }
        manifest = {
            "kind": KIND,
            "settings": self.resolved_.settings(),
            "translator": said,
            "tokenizer": {"name": "bpe"},
            "scores": self.scores_,
            "data": self.data_,
        }
        tensors = {name: value.detach().cpu() for name, value in self.net_.state_dict().items()}
        write_model(folder, manifest=manifest, tensors=tensors, texts={**texts, "README.md": translator_card(manifest)})

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """The translator of a folder that `save` wrote.

        Args:
            folder: the model folder.

        Raises:
            ModelError: torn, hostile, or a model of another kind.
        """
        files = read_model(folder)
        where, found = str(files.folder), files.manifest["kind"]
        if found != KIND:
            raise ModelError(
                message("is a model of the kind {found!r:.40}, not a translator", found=found), where=where
            )
        with build(where, "translator"):
            model = cls(**known_settings(files.manifest, TranslatorSettings().settings()))
            model.check()
            # of what is None in folders written before it followed the pairs, it was that of few
            model.resolved_ = model.resolved(pairs=0, tokens=0)
            model._take_said(object_in(files.manifest, "translator"))
            model.scores_, model.data_ = (object_in(files.manifest, key) for key in ("scores", "data"))
            names = (SHARED, SHARED) if model.shared_ else (SOURCE, TARGET)
            model.source_subwords_, model.target_subwords_ = (Subwords.from_json(files.text(name)) for name in names)
            sizes = len(model.source_subwords_), len(model.target_subwords_)
            model.net_ = load_net(files, lambda: model.resolved_.new_net(*sizes, shared=model.shared_))
        model._ready = True
        return model

    def _take_said(self, said: dict[str, Any]) -> None:
        """What a manifest says of a translator beside its settings; its training is over and not told again."""
        self.shared_ = said.get("shared") is True
        self.weights_, self.train_seconds_ = str(said.get("weights"))[:80], 0.0
        self.source_words_, self.target_words_ = (_words(said.get(f"{side}_words")) for side in ("source", "target"))
        self.validation_loss_ = None
        self.history_, self.blank_, self.too_long_ = [], 0, 0

    def _check_fitted(self) -> None:
        if not self._ready:
            raise SettingError(
                message("this translator is not trained yet"), hint=message("call fit(sources, targets) first")
            )


def _words(value: Any) -> list[str]:
    """Frequent words of a language; none in a folder that was written before they were kept."""
    value = [] if value is None else value
    if not isinstance(value, list) or len(value) > MOST_WORDS or not all(isinstance(word, str) for word in value):
        raise ValueError("a language's frequent words are not a short list of strings")
    return value


def translator_card(manifest: Mapping[str, Any]) -> str:
    """The README of a translator's folder, in Markdown."""
    settings, said = manifest["settings"], manifest["translator"]
    with_attention = "" if settings["net"] == "transformer" else f", attention {settings['attention']}"
    kept = {name: value for name, value in settings.items() if value is not None}
    rows = [("Scores", manifest["scores"]), ("Trained on", manifest["data"]), ("Settings", kept)]
    tables = [line for title, values in rows if values for line in _table(title, values)]
    shared = "one vocabulary for both languages" if said["shared"] else "a vocabulary for each language"
    return "\n".join(
        [
            f"# A translator: {settings['net']}{with_attention}",
            "",
            f"It reads up to {settings['max_length'] - 1} subwords ({shared}), and writes subword by subword.",
            "",
            *tables,
            "## Use",
            "",
            "```",
            'sadari translate run THIS_FOLDER "a text"',
            "```",
            "",
            "```python",
            "import sadari",
            "",
            'model = sadari.Translator.load("THIS_FOLDER")',
            'model.translate(["a text"])',
            "```",
            "",
            "## Limits",
            "",
            "It writes what is likely after its training pairs, and can leave out, add or turn round what a text says.",
            "The folder holds numbers and words, no code; `sadari.json` lists every file with its SHA-256.",
            "",
        ]
    )


def _table(title: str, rows: Mapping[str, Any]) -> list[str]:
    body = [f"| {_cell(key)} | {_cell(value)} |" for key, value in rows.items()]
    return [f"## {title}", "", "| | |", "|---|---|", *body, ""]


def _cell(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else " ".join(str(value).split())
    return text[:200].replace("\\", "\\\\").replace("|", "\\|").replace("<", "\\<").replace("`", "\\`")
