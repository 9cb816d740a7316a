"""Translation: texts of one language written again in another, by an encoder-decoder that learned it from pairs.

model = Translator(net="gru").fit(english, french)
model.translate(["I drink milk"])
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.data.fingerprint import fingerprint
from sadari.data.parallel.direction import frequent_words, looks_swapped
from sadari.display.watching import OnProgress, OnRecord, Watching
from sadari.errors import DataError, SettingError
from sadari.messages import message
from sadari.ragged import Ragged
from sadari.text.column import as_column, two_parts
from sadari.text.subword.bpe import Subwords
from sadari.train.callbacks import Watch
from sadari.train.machine import distributed as processes
from sadari.train.training_context import ResumableRun, TrainingContext
from sadari.translation.alignment import Alignment, align_words
from sadari.translation.folder import SavedTranslator
from sadari.translation.pairs import encode_pairs, filled, two_columns
from sadari.translation.scripts import same_script, vocabulary_size

if TYPE_CHECKING:
    import torch

    from sadari.train.checkpoint import Run
    from sadari.train.objectives.translation import Pairs
    from sadari.translation.beam_search import Found

# of translations and their references, 0 to 100
Bleu = Callable[[Sequence[str], Sequence[str]], float]
WATCHED = 200  # validation texts that are translated after each epoch, if that is asked for


@dataclass(frozen=True)
class Sources:
    """Texts as a translator reads them.

    Attributes:
        ids: of their subwords, each with its end.
        cut: bool [n], whether a text was longer than the translator reads.
        unknown: int64 [n], how many of its subwords are unknown.
    """

    ids: Ragged
    cut: NDArray[np.bool_]
    unknown: NDArray[np.int64]


@dataclass(frozen=True)
class Translation:
    """One text's translation.

    Attributes:
        text: itself. An empty text's is empty.
        log_probability: of the translation by the model (nats).
        score: by which it was ranked before others: the same, by its length.
    """

    text: str
    log_probability: float
    score: float


class Translator(SavedTranslator):
    """An encoder-decoder with its subwords; the settings are `TranslatorSettings`'.

    Attributes:
        resolved_: the settings that were used. None is a limit that was not set, or what `shared_` and the subwords
            decide.
        net_: the torch module.
        source_subwords_: the vocabulary of the source language.
        target_subwords_: the vocabulary of the target language; the same one if shared.
        history_: records of the training.
        weights_: which weights were kept: "best", "last", or "mean of the last" so many.
        validation_loss_: the loss of these weights on the validation pairs, nats a subword; None without such pairs.
        train_seconds_: how long `fit` took.
        source_words_: the most frequent words of the source language, by which `looks_swapped` knows it.
        target_words_: the same of the target language.
        blank_: training pairs left out because a side is empty.
        too_long_: training pairs left out because a side has more than ``max_length`` subwords.
        scores_: what a saved model says it scored.
        data_: what a saved model says it was trained on.
    """

    # -- training ---------------------------------------------------------------------------------------

    def fit(
        self,
        sources: Any,
        targets: Any,
        *,
        validation: tuple[Any, Any] | None = None,
        run: Run | str | Path | None = None,
        resume: bool = False,
        bleu: Bleu | None = None,
        verbose: bool | None = None,
        on_progress: OnProgress | None = None,
        on_record: OnRecord | None = None,
        on_start: Callable[[Self, Pairs], None] | None = None,
    ) -> Self:
        """Learn from pairs of texts. Pairs with an empty side are left out and counted.

        Args:
            sources: n texts.
            targets: their n translations, in the same order.
            validation: sources and targets that are not learned from, but used to find the best weights and to stop
                early.
            run: a folder for the run's checkpoint, or a `sadari.train.checkpoint.Run` that says more.
            resume: continue the run in that folder; it ends in the same bits as without a break.
            bleu: scores greedy translations of the first validation texts after each epoch, for the history to show:
                `sadari.metrics.translation.tokenised_bleu`.
            verbose: show how it goes; None: in a notebook and on a terminal.
            on_progress: is called with (done, total, figures) after each record, and about once a second; see
                `sadari.display.watching`.
            on_record: is called with each record that ``history_`` keeps.
            on_start: is called with this translator and its pairs, once its settings are chosen and its net is made.

        Raises:
            DataError: pairs that cannot be learned from.
            SettingError: a setting out of its range; or another run than the one in the folder.
            Interrupted: it was stopped (of `sadari.train.loop`), and can be resumed.
        """
        self._ready = False  # a fit that fails leaves no mixture of two models
        self.check()
        kept, start = ResumableRun.begin(run, resume), time.perf_counter()
        processes.join()
        validation = self._validation_columns(validation)
        columns = two_columns(sources, targets, "training")
        pairs = self._to_learn(*columns)
        held_out = None if validation is None else self._held_out(*validation)
        longest = np.maximum(pairs.sources.lengths, pairs.targets.lengths)
        self.resolved_ = self.resolved(pairs=len(pairs), tokens=int(longest.sum()))
        self.scores_ = {}
        self.data_ = {"pairs": len(pairs)}
        score = None if bleu is None or held_out is None else self._watched(held_out, bleu)
        with Watching(message("a translator"), verbose, on_progress, on_record) as watching:
            context = TrainingContext(Watch(watching), run=kept)
            self._train(pairs, held_out, context, lambda: self._identity(columns, validation), score, on_start)
        self.train_seconds_ = time.perf_counter() - start
        self._ready = True
        return self

    def _validation_columns(self, validation: tuple[Any, Any] | None) -> tuple[pl.Series, pl.Series] | None:
        if validation is not None:
            return two_columns(*two_parts(validation, message("validation must be (sources, targets)")), "validation")
        if self.patience is not None:
            raise SettingError(
                message("patience needs validation pairs"), hint=message("fit(…, validation=(sources, targets))")
            )
        return None

    def chosen(self) -> dict[str, Any]:
        """The settings that were None, and were chosen for these pairs: name → value."""
        found, given = self.resolved_.settings(), self.settings()
        return {name: value for name, value in found.items() if value != given[name]}

    def _identity(self, columns: Sequence[pl.Series], validation: tuple[Any, Any] | None) -> dict[str, Any]:
        """What must be the same for a run to go on."""
        held_out = None if validation is None else [fingerprint([texts]) for texts in validation]
        return {
            "task": "translation",
            "settings": self.settings(),
            "texts": [fingerprint([column]) for column in columns],
            "validation rows": held_out,
        }

    def _to_learn(self, sources: pl.Series, targets: pl.Series) -> Pairs:
        """What is learned, and on the way the subwords, and the frequent words, of both languages.

        Raises:
            DataError: there is nothing.
        """
        read, written = filled(sources, targets)
        self.blank_ = len(sources) - len(read)
        if not len(read):
            raise DataError(
                message("there is no pair of texts to learn from"),
                hint=message("each line needs a source and a target"),
            )
        self.source_words_, self.target_words_ = frequent_words(read), frequent_words(written)
        self._learn_subwords(read, written)
        pairs, self.too_long_ = self._pairs(read, written)
        if not len(pairs):
            raise DataError(
                message("every pair has a text of more than {max_length} subwords", max_length=self.max_length),
                hint=message("raise max_length"),
            )
        return pairs

    def _learn_subwords(self, sources: pl.Series, targets: pl.Series) -> None:
        self.shared_ = same_script(sources, targets) if self.shared is None else self.shared
        groups = [[sources, targets]] if self.shared_ else [[sources], [targets]]
        learned = [
            Subwords.train(group, size=self.subwords or vocabulary_size(group), lowercase=self.lowercase)
            for group in groups
        ]
        self.source_subwords_, self.target_subwords_ = learned[0], learned[-1]

    def _pairs(self, sources: pl.Series, targets: pl.Series) -> tuple[Pairs, int]:
        """What is learned or scored, and how many pairs are too long for it."""
        return encode_pairs(sources, targets, (self.source_subwords_, self.target_subwords_), self.max_length)

    def _held_out(self, sources: pl.Series, targets: pl.Series) -> Pairs:
        """What is validated on; of no pairs at all, none.

        Raises:
            DataError: there are pairs, and none that can be scored: nothing could be watched.
        """
        pairs, too_long = self._pairs(*filled(sources, targets))
        if len(sources) and not len(pairs):
            what, hint = message("every validation pair has an empty side"), message("give others")
            if too_long:
                what = message(
                    "every validation pair has a text of more than {max_length} subwords", max_length=self.max_length
                )
                hint = message("give others, or raise max_length")
            raise DataError(
                what,
                hint=hint,
            )
        return pairs

    def _watched(self, held_out: Pairs, bleu: Bleu) -> Callable[[], dict[str, float]]:
        """What scores translations of the first validation texts, by the net as it stands."""
        rows = np.arange(min(WATCHED, len(held_out)))
        sources = held_out.sources.take(rows)
        references = self.target_subwords_.decode(held_out.targets.take(rows).to_lists())

        def score() -> dict[str, float]:
            found = self._search(sources, 1, 1.0)
            return {"bleu": bleu(self.target_subwords_.decode(one.ids for one in found), references)}

        return score

    def _train(
        self,
        pairs: Pairs,
        held_out: Pairs | None,
        context: TrainingContext,
        identity: Callable[[], dict[str, Any]],
        score: Callable[[], dict[str, float]] | None,
        on_start: Callable[[Self, Pairs], None] | None,
    ) -> None:
        from sadari.train.averaging import LastWeights
        from sadari.train.machine.environment import seed_dropout, seeded
        from sadari.train.objectives.translation import PairBatches, TranslationTask, take_mean

        with seeded(self.seed):
            own = self.resolved_
            self.net_ = own.new_net(len(self.source_subwords_), len(self.target_subwords_), shared=self.shared_)
            seed_dropout(self.seed)
            batches, last = PairBatches.of(pairs, own.batch_tokens, own.seed), LastWeights(own.average)
            task = TranslationTask(self.net_, pairs, batches, own.label_smoothing, held_out, last, score)
            if on_start is not None:
                on_start(self, pairs)
            self._learn(task, context, identity)
            self.weights_, self.validation_loss_ = take_mean(self.net_, last, held_out)

    # -- translating ------------------------------------------------------------------------------------

    def translate(self, texts: Any, *, beam: int = 5, length_penalty: float = 1.0) -> list[str]:
        """Translate texts. `search` also says how sure the model is.

        Args:
            texts: strings: a list, array, Series or other column of them.
            beam: as for `search`.
            length_penalty: as for `search`.
        """
        return [found.text for found in self.search(texts, beam=beam, length_penalty=length_penalty)]

    def search(
        self,
        texts: Any,
        *,
        beam: int = 5,
        length_penalty: float = 1.0,
        progress: Callable[[float], None] | None = None,
    ) -> list[Translation]:
        """The most probable translation of each text, as far as a beam finds it.

        An empty text has an empty translation; of a text that is too long, the beginning is translated.

        Args:
            texts: n texts.
            beam: how many continuations are followed at once, 1 (greedy) to 512.
            length_penalty: 0 ranks translations by their probability, 1 by its mean a subword.
            progress: told the share of the texts that is done.
        """
        found = self._search(self.read(texts).ids, beam, length_penalty, progress)
        texts_found = self.target_subwords_.decode(one.ids for one in found)
        return [Translation(text, one.log_probability, one.score) for text, one in zip(texts_found, found, strict=True)]

    def read(self, texts: Any) -> Sources:
        """Texts as this translator reads them, and what of them it does not know.

        Args:
            texts: strings: a list, array, Series or other column of them.
        """
        from sadari.train.objectives.translation import with_end

        self._check_fitted()
        ids = self.source_subwords_.encode(as_column(texts))
        kept, _ = ids.truncate(self.max_length - 1)
        unknown = np.concatenate([[0], np.cumsum(kept.values == Subwords.unknown_id)])
        return Sources(with_end(kept, Subwords.end_id), ids.lengths > kept.lengths, np.diff(unknown[kept.offsets]))

    def looks_swapped(self, texts: Any, references: Any = None) -> bool:
        """Whether texts look like what this translator writes, and not like what it reads: the wrong direction.

        Args:
            texts: to be translated.
            references: translations of them, which are looked at as well.
        """
        self._check_fitted()
        return looks_swapped(
            as_column(texts),
            None if references is None else as_column(references),
            source_words=self.source_words_,
            target_words=self.target_words_,
        )

    def _search(
        self, ids: Ragged, beam: int, length_penalty: float, progress: Callable[[float], None] | None = None
    ) -> list[Found]:
        from sadari.train.machine.environment import threads
        from sadari.translation.search import best_translations

        with threads(self.threads):
            return best_translations(
                self.net_, ids, beam=beam, length_penalty=length_penalty, most=self.max_length - 1, progress=progress
            )

    def alignment(
        self, text: str, translation: str | None = None, *, beam: int = 5, length_penalty: float = 1.0
    ) -> Alignment:
        """Which source words each word of a translation looked at.

        Args:
            text: the source.
            translation: of it; None: the one that `translate` finds.
            beam: as for `search`.
            length_penalty: as for `search`.

        Raises:
            SettingError: this translator has no attention.
            DataError: the text is empty.
        """
        import torch

        ids = self.read([text]).ids
        if len(ids.values) < 2:
            raise DataError(message("there is nothing in the text to look at"))
        if translation is None:
            written = self._search(ids, beam, length_penalty)[0].ids
        else:
            written = self.target_subwords_.encode([translation]).values.tolist()[: self.max_length - 1]
        source = torch.from_numpy(ids.values.astype(np.int64)).unsqueeze(0).to(self._device)
        inputs = torch.tensor([[Subwords.start_id, *written]], device=self._device)
        self.net_.eval()
        with torch.inference_mode():
            weights = self.net_.alignment(source, torch.ones_like(source, dtype=torch.bool), inputs)
        if weights is None:
            raise SettingError(
                message("this translator has no attention to look at"),
                hint=message("train one with --attention additive"),
            )
        return align_words(
            self.source_subwords_.words(ids.values.tolist()),
            self.target_subwords_.words([*written, Subwords.end_id]),
            weights[0].float().cpu().numpy(),
        )

    @property
    def _device(self) -> torch.device:
        return next(self.net_.parameters()).device
