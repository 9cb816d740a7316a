"""Pre-training BERT: a net learns a language from plain texts, by masked tokens and sentences that follow each other.

model = Bert(size="tiny", minutes=20).fit(texts)
model.save("models/bert")
model.fill("She [MASK] fun at the [MASK] party")
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sadari.artifact.plain_file import as_path
from sadari.display.watching import OnProgress, OnRecord, Watching
from sadari.errors import DataError, ModelError, SettingError
from sadari.messages import Message, message
from sadari.pretrained.folder import shown_weights
from sadari.pretraining.corpus import MOST_HELD_OUT, PreTrainingTexts, read_texts
from sadari.pretraining.folder import SavedBert
from sadari.pretraining.probe import Filled, MaskedToken, fill_masks, follows_probability, hide_tokens
from sadari.pretraining.settings import MOST_POSITIONS
from sadari.pretraining.transformers_folder import read_bert
from sadari.settings.declaration import plain_settings
from sadari.text.subword.wordpiece import WordPiece
from sadari.train.callbacks import Watch
from sadari.train.machine import distributed as processes
from sadari.train.objectives.bert_masking import Masking
from sadari.train.objectives.bert_segments import Documents, pair_segments, stretches, windows
from sadari.train.settings import best_record
from sadari.train.training_context import ResumableRun, TrainingContext

if TYPE_CHECKING:
    from sadari.nets.bert.encoder import BertForPreTraining
    from sadari.train.checkpoint import Run
    from sadari.train.loop import Loop

LEAST_PAIRS = 2  # of sentences, from which on half can be exchanged
TRAINED = ("masked_loss", "perplexity", "masked_accuracy", "next_accuracy", "scored_tokens")


@dataclass(kw_only=True, eq=False, repr=False)
class Bert(SavedBert):
    """A BERT that is pre-trained here, or goes on from one that was trained elsewhere.

    Args:
        size: "tiny", "mini", "small", "base" or "large" (`sadari.nets.bert.encoder.SIZES`). None: tiny, or that of
            the start.
        vocabulary: pieces of the tokenizer, at most; None: by the texts.
        lowercase: the tokenizer lower-cases.
        nsp: learn whether a sentence follows another.
        packed: without ``nsp``, every sequence is full: texts stand one after another in it. (As a rule each text is
            a sequence by itself, or several if it is long.)
        masked: the share of tokens that is masked.
        whole_words: words are masked with all their pieces.
        alike: a new net begins by attending to tokens that are alike (`align_queries_with_keys`). None: where it is
            tiny or mini.
        length: tokens of a sequence, at most.
        epochs: passes over the texts, at most. None of ``epochs``, ``steps`` and ``minutes``: 40 passes.
        steps: training steps, at most.
        minutes: minutes of training, at most.
        batch_size: sequences of a step; None: 64, or 32 of packed ones.
        learning_rate: the highest learning rate.
        optimizer: "adam", "adamw" or "sgd" (with momentum 0.9).
        weight_decay: how fast weights shrink towards 0; biases, norms and embeddings do not.
        beta2: how slowly adam and adamw forget the size of gradients.
        warmup: the share of all steps in which the learning rate rises from 0.
        decay: how the learning rate falls after that: "linear", "cosine" or "constant".
        floor: the share of the learning rate that is left at the end.
        clip: the largest norm of the gradient; None: not clipped.
        accumulate: batches that make one step together.
        dropout: on embeddings and in every layer. None: 0 where a new net is tiny or mini, that of the start, else
            0.1.
        validation: the share of the texts that is held out to score on; at most 131,072 tokens of it are, and in a
            short run fewer, so that scoring takes a small share of it (``scored_tokens`` says how many they were).
        validations: how many times the held-out part is scored, evenly over the run.
        patience: stop after so many validations without a better one.
        report_every: a record every so many steps, besides those of validations; 0: none.
        device: "cpu", "cuda", "mps" or "auto".
        precision: "fp32", "bf16", or "auto": "bf16" where the machine is faster with it.
        compile: use torch.compile.
        threads: CPU threads of torch; None: torch's own number.
        seed: seed of every random choice; the same seed gives the same bits, unless ``minutes`` ends the run.

    Attributes:
        net_: the torch module.
        pieces_: the tokenizer.
        resolved_: the settings that were used. None is a limit that was not set, or what the BERT it starts from
            decides.
        knows_masked_: whether it learned to fill in masked tokens.
        knows_next_: whether it learned to tell whether a sentence follows another.
        history_: records of the training; losses in nats.
        guess_: the scores of guessing by frequency alone.
        final_: scores of the weights that were kept, on all held-out tokens that are scored.
        new_: parts of the net that were not in the folder it started from, and so began at random.
        scores_: what a model card says it scored.
        data_: what a model card says it was trained on.
    """

    def __post_init__(self) -> None:
        self.net_: BertForPreTraining | None = None
        self.history_: list[dict[str, float]] = []
        self.guess_: dict[str, float] = {}
        self.final_: dict[str, float] = {}
        self.new_: list[Message] = []
        self.knows_masked_ = self.knows_next_ = False
        self.scores_: dict[str, Any] = {}
        self.data_: dict[str, Any] = {}

    # -- training ---------------------------------------------------------------------------------------

    def fit(
        self,
        texts: Any,
        *,
        start: str | Path | None = None,
        download: bool = False,
        run: Run | str | Path | None = None,
        resume: bool = False,
        verbose: bool | None = None,
        on_progress: OnProgress | None = None,
        on_record: OnRecord | None = None,
        on_start: Callable[[Self, PreTrainingTexts], None] | None = None,
    ) -> Self:
        """Learn from texts.

        Args:
            texts: a list or column of texts, each a document whose lines and sentences follow each other; or an
                iterable of such columns that can be read many times, and may be larger than memory.
            start: the folder of a BERT to go on from, whose tokenizer is taken with it; or a name on the Hugging Face
                hub, which is looked for in the local cache.
            download: fetch it from the hub if it is not in the cache.
            run: a folder for the run's checkpoint, or a `sadari.train.checkpoint.Run` that says more.
            resume: continue the run in that folder; texts and settings must be the same. It ends in the same bits as
                without a break, unless ``minutes`` ends it.
            verbose: show how it goes; None: in a notebook and on a terminal.
            on_progress: is called with (done, total, figures) after every step, and with what is ``doing`` while texts
                are read or scored; see `sadari.display.watching`.
            on_record: is called with each record that ``history_`` keeps.
            on_start: is called with this BERT and what was read, once its net is made.

        Raises:
            DataError: too little text.
            SettingError: a setting out of its range, another run than the one in the folder, or a loss that diverged.
            ModelError: the start is no BERT. DownloadError: it could not be fetched.
            Interrupted: it was stopped (of `sadari.train.loop`), and can be resumed.
            OutputError: something else is in the run's folder.
        """
        self.check()
        self.guess_, self.final_, self.new_, self.knows_masked_, self.knows_next_ = {}, {}, [], False, False
        with Watching(message("pre-training"), verbose, on_progress, on_record) as watching:
            self._fit(texts, start, download, run, resume, watching, on_start)
        return self

    def _fit(
        self,
        texts: Any,
        start: str | Path | None,
        download: bool,
        run: Run | str | Path | None,
        resume: bool,
        watching: Watching,
        on_start: Callable[[Self, PreTrainingTexts], None] | None,
    ) -> None:
        from sadari.train.machine.environment import seed_dropout, seeded

        context = TrainingContext(Watch(watching), run=ResumableRun.begin(run, resume), every_step=True)
        processes.join()
        self.resolved_ = self.resolved(begun=start is not None)
        with seeded(self.seed):
            pieces = None if start is None else self._begin_from(start, download)
            read = self._read(texts, pieces, watching)
            self._take(read, start)
            seed_dropout(self.seed)
            task = self._task(read)
            if on_start is not None:
                on_start(self, read)
            loop = self._learn(task, context, lambda: self._identity(read, start))
        self.knows_masked_, self.knows_next_ = True, self.nsp
        watching.doing(message("scoring the held-out texts"))
        self._score(loop)

    def _read(self, texts: Any, pieces: WordPiece | None, watching: Watching) -> PreTrainingTexts:
        return read_texts(
            texts,
            pieces=pieces,
            vocabulary=self.vocabulary,
            lowercase=self.lowercase,
            length=self.length,
            packed=self.packed,
            validation=self.validation,
            told=lambda what, tokens: watching.doing(what, tokens=tokens),
        )

    def _begin_from(self, start: str | Path, download: bool) -> WordPiece:
        """Take the net of a folder: its tokenizer."""
        from sadari.pretrained.find import find_weights

        for name in ("size", "vocabulary", "alike"):
            if getattr(self, name):
                raise SettingError(
                    message("{name} is that of the start, and cannot be set", name=name),
                    hint=message("leave out {name}", name=name),
                )
        as_path(start)  # which a name on the hub could be, too
        read = read_bert(start if os.path.lexists(start) else find_weights(start, download=download))
        if self.length > read.shape.max_position_embeddings:
            raise SettingError(
                message(
                    "length is {length}; the start reads {max_position_embeddings} tokens at most",
                    length=self.length,
                    max_position_embeddings=read.shape.max_position_embeddings,
                ),
                hint=message(
                    "a length of {max_position_embeddings} or less",
                    max_position_embeddings=read.shape.max_position_embeddings,
                ),
            )
        if read.pieces.lowercase and not self.lowercase:
            raise SettingError(
                message("the start's tokenizer lower-cases, and is taken as it is"), hint=message("leave out lowercase")
            )
        if self.nsp and read.shape.type_vocab_size < 2:
            raise SettingError(
                message("the start reads one text at a time, and cannot learn which follow"), hint=message("--no-nsp")
            )
        dropout = read.shape.dropout if self.dropout is None else self.dropout
        self.resolved_ = replace(self.resolved_, dropout=dropout, lowercase=read.pieces.lowercase)
        self.net_ = replace(read, shape=replace(read.shape, dropout=dropout)).net()
        heads = (
            (message("the head that fills masks"), read.knows_masked),
            (message("the head that follows sentences"), read.knows_next),
        )
        self.new_ = [name for name, known in heads if not known]
        return read.pieces

    def _take(self, read: PreTrainingTexts, start: str | Path | None) -> None:
        """What the texts say of the model to be.

        Raises:
            DataError: there are too few sentences to learn which follow each other.
        """
        from sadari.nets.bert.encoder import BertForPreTraining, BertShape, align_queries_with_keys

        if self.nsp:
            _check_pairs(read.learned)
        self.pieces_ = read.pieces
        if start is None:
            own = self.resolved_
            self.net_ = BertForPreTraining(
                BertShape.of(
                    own.size, vocab_size=len(read.pieces), max_position_embeddings=MOST_POSITIONS, dropout=own.dropout
                )
            )
            if own.alike:
                align_queries_with_keys(self.net_.bert)
        self.data_ = {
            "texts": read.texts,
            "tokens": read.tokens,
            "held out": len(read.held_out.values),
            "sha256": read.fingerprint,
            **({} if start is None else {"start": shown_weights(start)}),
        }

    def _task(self, read: PreTrainingTexts) -> Any:
        from sadari.train.objectives.bert import HeldOutText, PreTrainingTask, Reading, count_ids

        own, pieces = self.resolved_, read.pieces
        reading = Reading(
            read.learned,
            self._masking(pieces),
            pieces.class_id,
            pieces.separator_id,
            pieces.pad_id,
            own.length,
            own.batch_size,
            pair_segments if own.nsp else windows if own.packed else stretches,
            own.seed,
        )
        held_out = None
        if len(read.held_out.values) > 1:
            scored = replace(reading, documents=read.held_out.first(MOST_HELD_OUT))
            held_out = HeldOutText(scored, count_ids(read.learned, len(pieces)))
            self.guess_ = held_out.guess
        return PreTrainingTask(self.net_, reading, held_out)  # type: ignore[arg-type]

    def _identity(self, read: PreTrainingTexts, start: str | Path | None) -> dict[str, Any]:
        """What must be the same for a run to go on."""
        return {
            "task": "pre-training",
            "settings": plain_settings(self.settings()),
            "texts": read.fingerprint,
            "vocabulary": len(read.pieces),
            "start": None if start is None else shown_weights(start),
        }

    def _score(self, loop: Loop) -> None:
        """Score the weights that were kept: on more than on the way, where that was little."""
        from sadari.train.machine.environment import threads

        task: Any = loop.task
        with threads(loop.threads), loop.products():
            self.final_ = task.final() or best_record(self.history_)
        self.scores_ = {name.replace("_", " "): self.final_[name] for name in TRAINED if name in self.final_}
        if self.scores_:
            self.scores_["masked accuracy of the unigram guess"] = self.guess_["guess_accuracy"]

    # -- probing ----------------------------------------------------------------------------------------

    def hide(self, text: str, *, seed: int = 0) -> list[MaskedToken]:
        """The tokens of a text as a BERT sees them while it learns: some of them hidden, which it is to guess.

        Of all tokens ``masked`` (0.15) are chosen; of these eight in ten become ``[MASK]``, one another token, and one
        stays as it is (Devlin et al. 2018, section 3.1). It is done anew in each pass, as with another seed.

        Args:
            text: what is read.
            seed: of the draw.
        """
        self._check_fitted()
        return hide_tokens(self.pieces_, text, self._masking(self.pieces_), seed)

    def _masking(self, pieces: WordPiece) -> Masking:
        own = self.resolved_
        return Masking(pieces.mask_id, pieces.special, pieces.goes_on, own.masked, own.whole_words)

    def fill(self, text: str, second: str | None = None, *, top: int = 5) -> list[list[Filled]]:
        """The most likely tokens at each ``[MASK]`` of a text, the most likely first.

        Args:
            text: with one ``[MASK]`` or more.
            second: a sentence after it, which may have some too.
            top: how many for each.

        Raises:
            SettingError: there is no ``[MASK]``. DataError: the text is too long.
            ModelError: the model was not taught to fill.
        """
        self._check_fitted()
        if not self.knows_masked_:
            raise ModelError(
                message("the model has no head that fills masks"),
                hint=message("teach it: sadari pretrain TEXT… --from FOLDER -o MODEL"),
            )
        return fill_masks(self.net_, self.pieces_, text, second, top)  # type: ignore[arg-type]

    def follows(self, first: str, second: str) -> float:
        """How probable it is that the second sentence follows the first, 0 to 1.

        Args:
            first: a sentence.
            second: the sentence that may follow it.

        Raises:
            DataError: one is empty, or they are too long. ModelError: the model was not taught which follow.
        """
        self._check_fitted()
        if not self.knows_next_:
            raise ModelError(
                message("the model was not taught whether sentences follow each other"),
                hint=message("probe one text with a [MASK], or train without --no-nsp"),
            )
        return follows_probability(self.net_, self.pieces_, first, second)  # type: ignore[arg-type]


def _check_pairs(documents: Documents) -> None:
    """Refuse texts in which next to no sentence follows another."""
    several = int((np.diff(documents.offsets) > 1).sum())
    if len(documents) < LEAST_PAIRS or several < LEAST_PAIRS:
        sentences = len(documents.sentences) - 1
        raise DataError(
            message(
                "too few sentences follow each other to learn which do: {sentences:,} in all, and of the "
                "{number_of_documents:,} texts so many with two or more: {several:,}",
                sentences=sentences,
                number_of_documents=len(documents),
                several=several,
            ),
            hint=message("learn masks alone: --no-nsp (nsp=False); or give texts of several sentences"),
        )
