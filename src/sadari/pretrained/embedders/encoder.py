"""A pre-trained encoder as an embedder: batches of like length, its last states pooled."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import ModelFiles, State, guarded
from sadari.artifact.weights import CONFIG
from sadari.device import bf16_is_fast, precision_here, resolve_device
from sadari.errors import DataError
from sadari.messages import message
from sadari.pretrained import encoders
from sadari.pretrained.embedders.base import Embedded, Embedder
from sadari.pretrained.embedders.modules import MOST_TEXT, POOLINGS, Modules
from sadari.pretrained.folder import digest_file
from sadari.pretrained.reasons import word_contributions
from sadari.pretrained.restored import NOT_RUN, check_runs, restored_model, restored_tokenizer
from sadari.pretrained.tokenizing import read_tokenizer
from sadari.ragged import Ragged
from sadari.settings.limits import Flag, Whole, value_in
from sadari.text.long_texts import fit_long
from sadari.text.subword.pretrained import SubwordTokenizer
from sadari.train.batches import Batches

if TYPE_CHECKING:
    import torch

    from sadari.nets.bert.sentence import SentenceEncoder

BATCH_TEXTS, BATCH_TOKENS = 64, 4096
_LABELS = ["0", "1"]  # of a head that is not asked for
ENCODER = "encoder"  # before the names of its tensors in a model folder


@dataclass(frozen=True)
class Running:
    """How an encoder is run.

    Attributes:
        device: "cpu", "cuda", "mps" or "auto".
        precision: "fp32", "bf16", or "auto": bf16 where processor or GPU has it.
        threads: CPU threads of torch; None: torch's own number.
    """

    device: str = "cpu"
    precision: str = "fp32"
    threads: int | None = None


class EncoderEmbedder(Embedder):
    """An encoder of `transformers`, frozen.

    Args:
        net: the encoder and its pooling.
        pieces: the tokenizer.
        files: those of the tokenizer, name → content.
        longest: subword tokens that are read of a text, those round it included.
        lower: whether texts are lower-cased first.
        running: on which device, and how.
    """

    kind = "encoder"
    longest: int

    def __init__(
        self,
        net: SentenceEncoder,
        pieces: SubwordTokenizer,
        files: Mapping[str, str],
        longest: int,
        lower: bool,
        running: Running,
    ) -> None:
        self.net, self.pieces, self.files = net.requires_grad_(False).eval(), pieces, dict(files)
        self.longest, self.lower, self.running = longest, lower, running
        self.width, self.tokenizer = net.width, pieces.kind
        self._quick: tuple[Running, SentenceEncoder, bool] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_quick": None}

    @property
    def room(self) -> int:
        """Pieces of a text itself that are read."""
        return max(1, self.longest - self.pieces.extra)

    def cut(self, column: pl.Series) -> NDArray[np.bool_]:
        return self.pieces.encode(self._cased(column)).lengths > self.room

    def token_counts(self, column: pl.Series) -> NDArray[np.int64]:
        return self.encode(column)[0].lengths

    def _cased(self, column: pl.Series) -> pl.Series:
        return column.str.to_lowercase() if self.lower else column

    def encode(self, column: pl.Series) -> tuple[Ragged, NDArray[np.bool_]]:
        """Ids of texts as the encoder reads them, and bool [n]: whether anything in the text is known.

        Args:
            column: the texts.
        """
        whole = self.pieces.encode(self._cased(column))
        return self.pieces.closed(fit_long(whole, self.room, "head")[0]), self.pieces.known(whole)

    def unfrozen(self) -> EncoderEmbedder:
        """The same encoder, whose weights may learn: what it has made of texts before is not looked up."""
        found = EncoderEmbedder(self.net, self.pieces, self.files, self.longest, self.lower, self.running)
        found.net.requires_grad_(True)
        return found

    def run_on(self, **running: Any) -> None:
        self.running = replace(self.running, **running)

    def _embed(self, column: pl.Series) -> Embedded:
        from sadari.train.outputs import outputs

        ids, known = self.encode(column)
        net, bf16 = self._ready(resolve_device(self.running.device))
        batches, threads = Batches(ids.lengths, BATCH_TEXTS, BATCH_TOKENS), self.running.threads
        with guarded(NOT_RUN):
            out = outputs(net, ids, batches, self.pieces.pad_id, self.width, threads=threads, bf16=bf16)
        return out, known

    def _ready(self, device: torch.device) -> tuple[SentenceEncoder, bool]:
        """The net made ready once for this device and precision, and whether it runs under autocast."""
        from sadari.nets.bert.optimised import optimised

        if self._quick is None or self._quick[0] != self.running:
            packed = device.type == "cpu" and self.net.own
            needed, asked = "packed layers" if packed else "layers", self.running.precision
            if asked == "auto":
                asked = "bf16" if bf16_is_fast(device, needed) else "fp32"
            precision = precision_here(asked, device, needed)
            net = optimised(self.net, precision) if device.type == "cpu" else self.net.to(device)
            self._quick = self.running, net, precision == "bf16" and not packed
        return self._quick[1:]

    def contributions(
        self, text: str, weight: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        import torch

        from sadari.nets.bert.sentence import SentenceClassifier

        device = next(self.net.parameters()).device
        head = (torch.from_numpy(np.ascontiguousarray(part, np.float32)).to(device) for part in (weight, bias))
        with guarded(NOT_RUN):
            return word_contributions(
                SentenceClassifier(self.net, *head), self.pieces, self._cased(pl.Series([text]))[0], self.room, "head"
            )

    def state(self) -> State:
        tensors = {f"{ENCODER}.{name}": value.cpu() for name, value in self.net.encoder.state_dict().items()}
        texts = {**self.files, CONFIG: encoders.config_json(self.net.encoder.config)}
        said = {
            "tokenizer": self.tokenizer,
            "pad_id": self.pieces.pad_id,
            "unknown_id": self.pieces.unknown_id,
            "pooling": list(self.net.pooling),
            "normalise": self.net.normalise,
            "lowest": self.net.lowest,
            "longest": self.longest,
            "lower": self.lower,
        }
        return tensors, texts, said


def read_encoder(modules: Modules, max_length: int | None, running: Running, lowest: bool = False) -> EncoderEmbedder:
    """The encoder of a folder.

    Args:
        modules: what the folder says of itself.
        max_length: subword tokens to read of a text; None: as many as the folder says.
        running: on which device, and how.
        lowest: as in `SentenceEncoder`.

    Raises:
        ModelError: the weights cannot be read, or hold no such encoder.
    """
    from sadari.nets.bert.sentence import SentenceEncoder

    folder = modules.encoder
    found = read_tokenizer(folder)
    encoder = _encoder_of(encoders.read_model(folder, _LABELS, several=False)[0])
    encoders.check_fits(found.pieces, encoder.config, str(folder))
    most = encoders.longest_text(encoder.config, found)
    longest = min(max_length or modules.longest or most, most)
    net = SentenceEncoder(encoder, modules.pooling, modules.normalise, lowest)
    check_runs(net, found.pieces, str(folder))
    embedder = EncoderEmbedder(net, found.pieces, found.files, longest, modules.lower, running)
    # what a vector depends on: the weights, the tokenizer, and how they are used
    digest = hashlib.sha256(
        repr((modules.pooling, modules.normalise, net.lowest, longest, modules.lower, running.precision)).encode()
    )
    _add_files(digest, folder)
    embedder.fingerprint = digest.hexdigest()
    return embedder


def restored_encoder(files: ModelFiles, said: Mapping[str, Any], running: Running) -> EncoderEmbedder:
    """The encoder of a model folder that `EncoderEmbedder.state` describes.

    Raises:
        ValueError, ModelError: its parts do not fit each other.
    """
    from sadari.nets.bert.sentence import SentenceEncoder

    pieces, texts = restored_tokenizer(files, said)
    pooling = said.get("pooling")
    if not isinstance(pooling, list) or not 0 < len(pooling) == len(set(map(str, pooling))):
        raise DataError(message("'pooling' must be a list of names"))
    if not all(mode in POOLINGS for mode in pooling):
        raise DataError(message("'pooling' names another than {poolings}", poolings=", ".join(POOLINGS)))
    begin = f"{ENCODER}."
    own = {name.removeprefix(begin): value for name, value in files.tensors.items() if name.startswith(begin)}
    encoder = restored_model(replace(files, tensors=own), pieces, _LABELS, part=_encoder_of)
    longest = value_in(said, "longest", Whole(1, MOST_TEXT))
    encoders.check_places("longest", longest, encoder.config)
    normalise, lowest, lower = (value_in(said, name, Flag()) for name in ("normalise", "lowest", "lower"))
    net = SentenceEncoder(encoder, pooling, normalise, lowest)
    check_runs(net, pieces, str(files.folder))
    return EncoderEmbedder(net, pieces, texts, longest, lower, running)


def _encoder_of(model: Any) -> Any:
    """A model's encoder without the layer that some put on the first token, and nothing here asks for."""
    encoder = model.base_model
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    return encoder


def _add_files(digest: Any, folder: Path) -> None:
    """Put the content of a folder's weights, configuration and tokenizer into a hash."""
    for path in sorted(folder.iterdir()):
        if path.suffix in (".safetensors", ".json", ".txt", ".model") and path.is_file():
            digest.update(path.name.encode())
            digest_file(digest, path)
