"""Nets that start from word vectors: what their vocabulary is, and which rows their embedding begins with."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import ModelFiles
from sadari.artifact.model import State
from sadari.errors import DataError, SadariWarning, SettingError
from sadari.messages import message
from sadari.rungs.base import Rung
from sadari.rungs.embedding_bag import MOST_NUMBERS, EmbeddingBag
from sadari.rungs.neural.base import SPECIALS, NeuralRung
from sadari.rungs.neural.recurrent import LSTM, BiLSTM
from sadari.rungs.neural.transformer import Transformer
from sadari.text.column import columns
from sadari.text.hashed_vectors import HashedVectors
from sadari.text.table import MISSING, TokenTable
from sadari.text.tokens.tokenize import Tokenizer, tokenizer
from sadari.text.tokens.words import whole_words
from sadari.text.vocab import Vocab
from sadari.train.labels import LabelCodec
from sadari.train.solvers.embedding_bag import BagSettings
from sadari.train.training_context import TrainingContext
from sadari.vectors.initialise import DRAWN, MUST_HOLD, Coverage, cover, fill, fingerprint, look_up, own_words
from sadari.vectors.keyed import WordVectors
from sadari.vectors.vector_source import VectorSource
from sadari.vectors.word2vec.corpus import choose_word_tokenizer

if TYPE_CHECKING:
    from torch import nn

FEW = 0.3  # of the running text: with fewer of its words found, something is probably wrong
BUCKET_NUMBERS = 2**25  # in the n-grams' part of an embedding, unless more are asked for: 128 MiB


class FewWordsFound(SadariWarning):
    """The vectors know few of the words of the texts."""


@dataclass(eq=False)
class Start:
    """What a net starts from: settings, and, once `choose` has seen the texts' words, the embedding's first rows.

    Attributes:
        source: the vectors.
        tune: whether the embedding learns.
        vocabulary: "corpus" (the texts' words), "vectors" (the vectors' own), or "both".
        max_vocab: the most words; the texts' most frequent first, then the vectors' first. None: no limit.
        min_freq: rarer words of the texts that have no vector are unknown.
        seed: of what is drawn.
        matrix: float32 [words, width].
        coverage: what was found.
        sha256: of the words and the matrix.
        taken: the vectors as they were read for it.
    """

    source: VectorSource
    tune: bool
    vocabulary: str
    max_vocab: int | None
    min_freq: int
    seed: int
    matrix: NDArray[np.float32] = field(init=False, repr=False)
    coverage: Coverage = field(init=False)
    sha256: str = field(init=False)
    taken: WordVectors | None = field(init=False, default=None, repr=False)

    def tokenizer(self, texts: Any) -> str:
        """One that keeps words whole: the one of the texts that the vectors were trained on, if it is known."""
        known = self.source.tokenizer
        if known is not None:
            return known
        return choose_word_tokenizer(next(iter(columns(texts)), pl.Series("text", [], dtype=pl.String)))

    def choose(self, table: TokenTable, cut: Tokenizer, *, reserved: Sequence[str] = ()) -> list[str]:
        """The vocabulary: words that are in the texts, in the vectors, or in both; the rows are in `matrix` then.

        Args:
            table: the texts' words and how often each stands there.
            cut: what cut the texts.
            reserved: words that no text can have.

        Raises:
            SettingError: no word of the texts has a vector, or the embedding would be too large.

        Warns:
            FewWordsFound: few have.
        """
        words, counts = _most_frequent_first(table, reserved)
        own = 0 if self.vocabulary == "corpus" else self.max_vocab
        vectors = self.taken = self.source.take(words, own=own)
        _, how = look_up(vectors, words)
        chosen: list[str] = []
        if self.vocabulary != "vectors":
            kept = (how != DRAWN) | (counts >= self.min_freq)
            chosen = [word for word, keep in zip(words, kept.tolist(), strict=True) if keep]
        if self.vocabulary != "corpus":
            left_out = {*chosen, *reserved}
            others = own_words(vectors, lowercase=cut.lowercase, limit=self.max_vocab)
            chosen += [word for word in others if word not in left_out]
        chosen = chosen[: self.max_vocab]
        known = TokenTable.of(chosen).look_up(whole_words(pl.Series(words, dtype=pl.String))) != MISSING
        self.coverage = cover(how, counts, known)
        self._check(cut, len(chosen) * vectors.width)
        self.matrix = fill(vectors, chosen, seed=self.seed).matrix
        self.sha256 = fingerprint(chosen, self.matrix)
        return chosen

    def _check(self, cut: Tokenizer, numbers: int) -> None:
        found, hint = self.coverage, message("name the tokenizer that cut the texts of the vectors: --tokenizer NAME")
        by = message("cut by the tokenizer {name!r}", name=cut.name)
        if found.found + found.made == 0:
            what = message(
                "none of the {words:,} words of the texts, {by}, has a vector in {name}",
                words=found.words,
                by=by,
                name=self.source.name,
            )
            raise SettingError(what, hint=hint)
        if numbers > MOST_NUMBERS:
            raise SettingError(
                message("an embedding of {numbers:,} numbers is too large", numbers=numbers),
                hint=message("at most {most:,}: lower {setting}", most=MOST_NUMBERS, setting="max_vocab"),
            )
        if found.tokens < FEW:
            warnings.warn(
                FewWordsFound(
                    message(
                        "the vectors of {name} know only {share:.0f} % of the text, cut by the tokenizer {tokenizer!r}"
                        "\n  → name the tokenizer that cut the texts of the vectors: --tokenizer NAME",
                        name=self.source.name,
                        share=100 * found.tokens,
                        tokenizer=cut.name,
                    )
                ),
                stacklevel=2,
            )

    def forget(self) -> None:
        """Give up the matrix, of which the net has its copy, and what was read."""
        self.matrix, self.taken = self.matrix[:0], None

    def in_memory(self) -> VectorSource:
        """The source, with what was read of it for these texts."""
        return VectorSource(self.source.name, vectors=self.taken)

    def about(self) -> dict[str, Any]:
        """What a model folder says of the vectors: their weights are in the folder itself."""
        return {"name": self.source.name, "sha256": self.sha256, "coverage": self.coverage.to_dict()}


def checked_about(about: Any) -> tuple[dict[str, Any], Coverage]:
    """What a model folder says of the vectors, and the coverage in it.

    Raises:
        ValueError: it is not what `Start.about` gave.
    """
    if not isinstance(about, dict) or set(about) != {"name", "sha256", "coverage"}:
        raise DataError(MUST_HOLD.filled(name="vectors", names="name, sha256, coverage"))
    if not all(isinstance(about[key], str) and len(about[key]) <= 1_000 for key in ("name", "sha256")):
        raise DataError(message("the vectors' name and sha256 must be short texts"))
    return about, Coverage.of(about["coverage"])


def _most_frequent_first(table: TokenTable, reserved: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """The words of a table and int64 [words], how often each stands; ties in the order of the alphabet."""
    counted = pl.DataFrame(
        {"word": table.to_list(), "count": table.counts[: len(table)]},
        schema={"word": pl.String, "count": pl.Int64},
    ).filter(~pl.col("word").is_in(list(reserved)))
    counted = counted.sort(["count", "word"], descending=[True, False])
    return counted["word"].to_list(), counted["count"].to_numpy()


class Inside(Rung):
    """A rung that does the work of another, with the labels of that; what it does for itself it does for that one.

    Attributes:
        start: from what its embedding starts; None once it is read from a folder.
        tune: whether the embedding learns.
    """

    start: Start | None = None
    tune: bool = True

    def take_labels(self, codec: LabelCodec) -> None:
        """Answer with these labels.

        Args:
            codec: how they are encoded.
        """
        self._codec, self.classes_, self._ready = codec, codec.classes, True

    def costs(self, targets: NDArray[np.int8], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [n]: by how much each text's misfit is multiplied.

        Args:
            targets: int8 [n, k].
            weights: float32 [n], how much each text counts.
        """
        return self._costs(targets, weights)

    def learn(
        self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> None:
        """Train.

        Args:
            texts: n strings, or a stream of them.
            targets: int8 [n, k].
            costs: float32 [n], as `costs` gives them.
            context: what the training needs from outside.
        """
        self._train(texts, targets, costs, context)

    def answers(self, column: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Logits float32 [n, k], and bool [n]: whether anything in the text is known.

        Args:
            column: the texts [n].
        """
        return self._logits(column)

    def contributions(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        """Of a text its features [m], what each adds to each label [m, k], and the bias [k].

        Args:
            column: the text [1].
        """
        return self._contributions(column)

    def state(self) -> State:
        """Tensors, text files, and what else a manifest must say for `restore`."""
        return self._state()

    def restore(self, files: ModelFiles, model: Mapping[str, Any]) -> None:
        """Take up what `state` gave.

        Args:
            files: of the folder.
            model: what the manifest says.
        """
        self._restore(files, model)


# -- the compiled bag -----------------------------------------------------------------------------------------


class StartedWords(HashedVectors):
    """Words that are chosen when those of the texts are known, and hashed n-grams."""

    def __init__(self, cut: Tokenizer, start: Start, *, longest: int, buckets: int | None) -> None:
        super().__init__(cut, longest=longest, buckets=buckets)
        self.start, self.asked = start, buckets is not None

    def _drop_rare(self) -> NDArray[np.int32]:
        learned = self.words
        self.words = TokenTable.of(self.start.choose(learned, self.tokenizer))
        new_ids = self.words.look_up(whole_words(pl.Series(learned.to_list(), dtype=pl.String)))
        kept = new_ids != MISSING
        self.words.counts[new_ids[kept]] = learned.counts[: len(learned)][kept]
        if not self.asked:
            room = max(1, BUCKET_NUMBERS // self.start.matrix.shape[1])
            self.buckets = min(self.buckets or 1, 1 << (room.bit_length() - 1))
        return new_ids


class StartedBag(Inside, EmbeddingBag):
    """`EmbeddingBag` whose words start from vectors, and whose n-grams start at zero."""

    def _new_vectors(self, tokenizer_name: str) -> HashedVectors:
        if self.start is None:  # read from a folder
            return super()._new_vectors(tokenizer_name)
        return StartedWords(tokenizer(tokenizer_name), self.start, longest=self.longest, buckets=self.buckets)

    def _start(self, labels: int) -> None:
        assert self.start is not None
        self.fit_width(self.start.matrix.shape[1])
        self.embedding_ = self._zeros()
        self.embedding_[: len(self.start.matrix)] = self.start.matrix
        self.output_ = np.zeros((labels, self.width), np.float32)

    def fit_width(self, width: int) -> None:
        """Take embeddings as wide as the vectors."""
        self.width = width

    @property
    def vector_width(self) -> int:
        return self.width

    def _optimizer_settings(self) -> BagSettings:
        return replace(super()._optimizer_settings(), tune=self.tune)


# -- torch nets -----------------------------------------------------------------------------------------------


class StartedNet(Inside, NeuralRung):
    """A net whose embedding starts from vectors; the special tokens start at zero."""

    small_batches = False  # measured with those of 64

    embed_dim: int
    identity: Mapping[str, Any] = MappingProxyType({})  # of the rung that this net is the inside of

    def _choose_vocabulary(self, table: TokenTable) -> tuple[Vocab, NDArray[np.int32]]:
        assert self.start is not None
        words = self.start.choose(table, tokenizer(self.tokenizer_), reserved=SPECIALS)
        vocab = Vocab([*SPECIALS, *words], specials=len(SPECIALS))
        return vocab, vocab.encode(whole_words(pl.Series(table.to_list(), dtype=pl.String))).values

    def _new_net(self, vocab_size: int, labels: int) -> nn.Module:
        if self.start is not None:
            self.fit_width(self.start.matrix.shape[1])
        net: Any = super()._new_net(vocab_size, labels)
        net.embedding.weight.requires_grad_(self.tune)
        return net

    def fit_width(self, width: int) -> None:
        """Take embeddings as wide as the vectors."""
        self.embed_dim = width

    @property
    def vector_width(self) -> int:
        return self.embed_dim

    def _begin(self, net: nn.Module) -> None:
        import torch

        assert self.start is not None
        embedding: Any = net.embedding
        with torch.no_grad():
            embedding.weight[: len(SPECIALS)].zero_()
            # copied into the net's own memory: what it learns there, the vectors never see
            embedding.weight[len(SPECIALS) :].copy_(torch.from_numpy(self.start.matrix))

    def _identity(self) -> dict[str, Any]:
        assert self.start is not None
        return {**self.identity, "vectors": self.start.sha256}


class StartedLSTM(StartedNet, LSTM):
    """`LSTM`, started."""


class StartedBiLSTM(StartedNet, BiLSTM):
    """`BiLSTM`, started."""


class StartedTransformer(StartedNet, Transformer):
    """`Transformer`, started; with as many heads, up to 4, as can share the vectors' width, if none are asked for."""

    heads_asked: int | None = None

    def fit_width(self, width: int) -> None:
        super().fit_width(width)
        asked = self.heads_asked
        if asked is not None and width % asked:
            raise SettingError(
                message("the vectors are {width} wide, which {asked} heads cannot share", width=width, asked=asked)
            )
        self.heads = asked or next(heads for heads in (4, 3, 2, 1) if width % heads == 0)
