"""A generator of text: it learns from texts, token by token, and continues a prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sadari.display.watching import OnProgress, OnRecord, Watching
from sadari.errors import DataError, SettingError
from sadari.generation.codec import END_ID, UNKNOWN_ID, Written
from sadari.generation.corpus import TrainingText, characters_of, gather
from sadari.generation.folder import SavedGenerator
from sadari.generation.sampling import Rules, choose
from sadari.messages import message
from sadari.settings.declaration import plain_settings
from sadari.settings.limits import SEED, Flag, Whole, check
from sadari.text.column import as_column
from sadari.train.callbacks import Watch
from sadari.train.machine import distributed as processes
from sadari.train.settings import best_record
from sadari.train.training_context import ResumableRun, TrainingContext

if TYPE_CHECKING:
    from sadari.nets.generator import RecurrentGenerator, TransformerGenerator
    from sadari.train.checkpoint import Run
    from sadari.train.loop import Loop
    from sadari.train.objectives.language_modelling import LanguageScore


@dataclass(kw_only=True, eq=False, repr=False)
class Generator(SavedGenerator):
    """A language model over characters, words or subwords.

    Args:
        level: what a token is: "char", "word" or "subword" (`sadari.generation.codec`).
        net: "lstm", "gru" or "transformer".
        embed_dim: width of the embeddings, and of a Transformer's states. 0: ids are read one-hot (lstm, gru). None:
            128, or one-hot with few ids.
        hidden: width of an lstm's or gru's state.
        layers: how many.
        heads: attention heads of a Transformer's layers.
        inner: width inside a Transformer's feed-forward nets; None: 4 times the width of its states.
        tied: a Transformer's output weights are its embeddings.
        window: tokens read at once in training. Back-propagation through time goes back so far (the state goes on),
            and a Transformer looks back on so many.
        dropout: the share of values that is zeroed in training. None: 0.1; 0 for a Transformer; 0.4 for an lstm that
            learns from few words.
        min_freq: rarer tokens become ``<unk>``; None: 2 of words, else 1.
        max_vocab: the most tokens, the most frequent ones.
        epochs: passes over the text, at most. None of ``epochs``, ``steps`` and ``minutes``: ten million tokens.
        steps: training steps, at most.
        minutes: minutes of training, at most.
        batch_size: streams of an lstm or gru, windows of a Transformer that make a step.
        learning_rate: the highest learning rate.
        optimizer: "adam", "adamw" or "sgd" (with momentum 0.9).
        weight_decay: how fast weights shrink towards 0; biases, norms and embeddings do not.
        beta2: how slowly adam and adamw forget the size of gradients.
        warmup: the share of all steps in which the learning rate rises from 0.
        decay: how the learning rate falls after that: "linear", "cosine" or "constant".
        floor: the share of the learning rate that is left at the end.
        clip: the largest norm of the gradient; None: not clipped.
        accumulate: batches that make one step together.
        validation: the share of the text that is held out, at its end, to score on; at most 262,144 tokens.
        validations: how many times the held-out part is scored, evenly over the run.
        patience: stop after so many validations without a better one.
        report_every: a record every so many steps, besides those of validations; 0: none.
        sample_every: show what it writes every so many steps; 0: never.
        sample_prompt: what it then writes on from.
        device: "cpu", "cuda", "mps" or "auto".
        precision: "fp32", or "bf16" where the machine is faster with it.
        compile: use torch.compile.
        threads: CPU threads of torch; None: torch's own number.
        seed: seed of every random choice; the same seed gives the same bits, unless ``minutes`` ends the run.

    A setting that is None is chosen when the model is trained; see `sadari.generation.settings`.

    Attributes:
        net_: the torch module.
        coder_: ids and what they mean.
        resolved_: the settings that were used; a limit that is None was not set.
        history_: records of the training; their losses are nats a token.
        running_: whether it learned one running text, and no ends of texts.
        unknown_learned_: whether ``<unk>`` stood in the training text, and so means something.
        scores_: what a model card says it scored.
        data_: what a model card says it was trained on.
    """

    def __post_init__(self) -> None:
        self.net_: RecurrentGenerator | TransformerGenerator | None = None
        self.history_: list[dict[str, float]] = []
        self.scores_: dict[str, Any] = {}
        self.data_: dict[str, Any] = {}

    # -- training ---------------------------------------------------------------------------------------

    def fit(
        self,
        texts: Any,
        labels: Any = None,
        *,
        run: Run | str | Path | None = None,
        resume: bool = False,
        verbose: bool | None = None,
        on_progress: OnProgress | None = None,
        on_record: OnRecord | None = None,
        on_start: Callable[[Self, TrainingText], None] | None = None,
    ) -> Self:
        """Learn from texts.

        Args:
            texts: one running text, or several (a list, a column), each of which has a beginning and an end.
            labels: one label for each text, by which `stream` can ask for such a text; or None.
            run: a folder for the run's checkpoint, or a `sadari.train.checkpoint.Run` that says more.
            resume: continue the run in that folder; texts and settings must be the same. It ends in the same bits as
                without a break, unless ``minutes`` ends it.
            verbose: show how it goes, and what it writes; None: in a notebook and on a terminal.
            on_progress: is called with (done, total, figures) after every step; see `sadari.display.watching`.
            on_record: is called with each record that ``history_`` keeps, and with what is written after every
                ``sample_every`` steps: ``step`` and ``sample``.
            on_start: is called with this generator and what it learns, once its net is made.

        Raises:
            DataError: too little text, or labels that do not fit.
            SettingError: a setting out of its range, another run than the one in the folder, or a loss that diverged.
            Interrupted: it was stopped (of `sadari.train.loop`), and can be resumed.
            OutputError: something else is in the run's folder.
        """
        self.check()
        with Watching(message("a generator of text"), verbose, on_progress, on_record) as watching:
            self._fit(texts, labels, run, resume, watching, on_start)
        self.scores_ = self._best_scores()
        return self

    def _fit(
        self,
        texts: Any,
        labels: Any,
        run: Run | str | Path | None,
        resume: bool,
        watching: Watching,
        on_start: Callable[[Self, TrainingText], None] | None,
    ) -> None:
        from sadari.train.machine.environment import seed_dropout, seeded

        kept = ResumableRun.begin(run, resume)
        processes.join()
        context = TrainingContext(
            Watch(watching), run=kept, every_step=True, then=lambda loop: self._write_sample(loop, watching)
        )
        watching.doing(message("reading the texts"))
        training_text = gather(
            texts,
            labels,
            level=self.level,
            min_freq=self.min_freq or (2 if self.level == "word" else 1),
            max_vocab=self.max_vocab,
            validation=self.validation,
            seed=self.seed,
        )
        self._take(training_text)
        with seeded(self.seed):
            self.net_ = self.resolved_.new_net(len(self.codec_))
            seed_dropout(self.seed)
            if on_start is not None:
                on_start(self, training_text)
            identity = {"generator": plain_settings(self.settings()), "texts": training_text.fingerprint}
            self._learn(self._task(training_text), context, lambda: identity)

    def _take(self, training_text: TrainingText) -> None:
        """What the texts say of the model to be."""
        self.codec_, self.running_ = training_text.codec, training_text.texts == 0
        self.unknown_learned_ = bool((training_text.ids == UNKNOWN_ID).any())
        self.resolved_ = self.resolved(ids=len(training_text.codec), tokens=len(training_text.ids))
        self.data_ = {
            "texts": training_text.texts or 1,
            "tokens": training_text.learned,
            "held out": training_text.scored,
            "sha256": training_text.fingerprint,
        }

    def _task(self, training_text: TrainingText) -> Any:
        from sadari.train.objectives.language_modelling import HeldOut, LanguageTask, check_length

        own = self.resolved_
        check_length(len(training_text.ids), own.window)
        held_out = None
        if len(training_text.held_out) > training_text.known:
            hidden = range(2, 2 + len(training_text.codec.labels))
            held_out = HeldOut(training_text.held_out, training_text.known, training_text.characters, hidden=hidden)
        return LanguageTask(self.net_, training_text.ids, own.batch_size, own.window, own.seed, held_out)  # type: ignore[arg-type]

    def _write_sample(self, loop: Loop, watching: Watching) -> None:
        """Write something, where it is time to; of several processes the first one does."""
        every, step = self.resolved_.sample_every, loop.progress.step
        if every and step % every == 0 and processes.place()[0] == 0:
            watching.record(*loop.extent(), {"step": step, "sample": self.glimpse()})

    def glimpse(self) -> str:
        """What the net, as it stands, writes on from ``sample_prompt``."""
        return self.sample(self.sample_prompt, length=200, temperature=0.8)

    def _best_scores(self) -> dict[str, Any]:
        """The scores of the weights that were kept: those of the best validation."""
        best = best_record(self.history_)
        names = ("validation_loss", "bits_per_character", "perplexity")
        return {name.replace("_", " "): best[name] for name in names if name in best}

    # -- writing ----------------------------------------------------------------------------------------

    def sample(self, prompt: str = "", length: int = 300, **options: Any) -> str:
        """The prompt and what the model writes after it, as one string.

        Args:
            prompt: how the text begins.
            length: the most tokens to write after it.
            options: as for `stream`.
        """
        return prompt + "".join(self.stream(prompt, length, **options))

    def stream(
        self,
        prompt: str = "",
        length: int = 300,
        *,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int = 0,
        label: str | None = None,
        cached: bool = True,
    ) -> Iterator[str]:
        """Write on from a prompt: yield each piece as soon as it is written, without the prompt.

        Args:
            prompt: what to go on from; "" for a text from its beginning, or from the beginning of a line. Of characters
                or words that the model does not know, see `unknown_in`, it reads the others. Of level "word", a blank
                at its end is the one before the next word.
            length: the most tokens (of level "char": characters); fewer where several texts were learned, and the
                model ends its own.
            temperature: see `sadari.generation.sampling.Rules`.
            top_k: see `sadari.generation.sampling.Rules`.
            top_p: see `sadari.generation.sampling.Rules`.
            seed: seed of the random choices, from 0; the same seed gives the same text.
            label: the label that the text shall have.
            cached: False reads everything again for each token, to compare with.

        Raises:
            SettingError: a value out of its range, or a label that the model does not know.
            DataError: a prompt that is no text.
        """
        check("length", length, Whole(0, 2**63 - 1))
        check("seed", seed, SEED)
        check("cached", cached, Flag())
        ids = self._read(prompt, label)
        forbidden = [UNKNOWN_ID, *range(2, 2 + len(self.codec_.labels)), *([END_ID] if self.running_ else [])]
        rules = Rules(temperature, top_k, top_p, frozenset(forbidden))
        pieces = self._write(ids, int(length), rules, seed, cached)
        return pieces if self._without_open_blank(prompt) == prompt else _without_first_blank(pieces)

    def unknown_in(self, prompt: str) -> list[str]:
        """The characters or words of a prompt that the model does not know, each once.

        They are read as ``<unk>`` if that stood in the training text, and passed over if not.

        Args:
            prompt: the beginning of a text.
        """
        self._check_fitted()
        return self.codec_.unknown_in(self._without_open_blank(prompt))

    def length_of(self, prompt: str) -> int:
        """How many tokens a prompt is; a Transformer looks back on the last ``window`` at most.

        Args:
            prompt: the beginning of a text.
        """
        self._check_fitted()
        return len(self.codec_.encode(as_column([self._without_open_blank(prompt)])).values)

    def score(self, texts: Any) -> LanguageScore:
        """How well the model predicts texts: loss, perplexity, bits a character.

        Args:
            texts: one running text, or several; their ends count as tokens where the model learned ends.

        Raises:
            DataError: there is no token in them.
        """
        from sadari.train.machine.environment import threads as cpu_threads
        from sadari.train.objectives.language_modelling import HeldOut

        self._check_fitted()
        column = as_column([texts] if isinstance(texts, str) else texts)
        parts = [part for row in self.codec_.encode(column) for part in ([row] if self.running_ else [row, _END])]
        ids = np.concatenate([_END, *parts])
        if len(ids) < 2:
            raise DataError(message("there is no text to score"))
        net: Any = self.net_
        net.eval()
        held_out = HeldOut(ids, 1, characters_of(self.codec_, ids))
        with cpu_threads(self.resolved_.threads):
            return held_out.score(net, self.resolved_.window)

    def _read(self, prompt: str, label: str | None) -> list[int]:
        """The ids that are read before anything is written; at least one."""
        self._check_fitted()
        labels = self.codec_.labels
        if label is not None and label not in labels:
            hint = message("it was trained without --condition")
            if labels:
                hint = message("its labels: {known:.500}", known=", ".join(labels))
            raise SettingError(message("the model knows no label {label!r:.80}", label=label), hint=hint)
        ids = self.codec_.encode(as_column([self._without_open_blank(prompt)])).values.tolist()
        if not self.unknown_learned_:
            ids = [token for token in ids if token != UNKNOWN_ID]
        if not self.running_:
            return [END_ID, *([] if label is None else [2 + labels.index(label)]), *ids]
        line = self.codec_.encode(as_column(["\n"])).values.tolist()
        return ids or ([END_ID] if UNKNOWN_ID in line else line)

    def _without_open_blank(self, prompt: str) -> str:
        """The prompt; at level "word", where each word brings the blank before it, without one at the end."""
        return prompt.removesuffix(" ") if self.level == "word" and isinstance(prompt, str) else prompt

    def _write(self, ids: list[int], length: int, rules: Rules, seed: int, cached: bool) -> Iterator[str]:
        import torch

        from sadari.train.machine.environment import threads as cpu_threads

        net: Any = self.net_
        net.eval()
        generator = torch.Generator().manual_seed(int(seed))
        stepper, written, read = net.stepper(cached=cached), Written(self.codec_), ids
        for _ in range(length):
            # not around the loop: whoever takes the text would be in inference mode as well
            with torch.inference_mode(), cpu_threads(self.resolved_.threads):
                logits = stepper.read(torch.tensor([read], device=next(net.parameters()).device))
                token = int(choose(logits.float(), rules, generator))
            if token == END_ID:
                break
            read = [token]
            if text := written(token):
                yield text
        if text := written.end():
            yield text


_END = np.full(1, END_ID, np.int32)


def _without_first_blank(pieces: Iterator[str]) -> Iterator[str]:
    for piece in pieces:
        yield piece.removeprefix(" ")
        break
    yield from pieces
