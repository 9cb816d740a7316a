"""What every rung is: a scikit-learn classifier of texts that can be saved, loaded and asked why.

A rung adds methods of its own: `_train` (learn), `_logits` (score), `_contributions` (explain), and `_state` and
`_restore` (to and from a model folder). Its constructor's arguments are its settings, stored as they are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import CALIBRATION, Model, ModelFiles
from sadari.device import resolve_device
from sadari.display.history import History
from sadari.display.watching import OnProgress, OnRecord, Watching
from sadari.errors import DataError, ModelError, SettingError
from sadari.messages import Message, message, render
from sadari.rungs.cautious import Cautious, restored_rows
from sadari.rungs.distillation.teacher import Teacher, taught
from sadari.rungs.estimator import Estimator, deferred
from sadari.rungs.explanation import Explanation
from sadari.rungs.ladder import ENCODER, StartsFrom
from sadari.rungs.portable.forms import Portable
from sadari.rungs.saved import head_of, read_head
from sadari.rungs.training_rows import Rows, row_weights, training_rows
from sadari.settings.declaration import check_settings, plain_settings
from sadari.settings.limits import Number, check, shown
from sadari.settings.shared import ClassWeight
from sadari.text.column import as_column, two_parts
from sadari.train.callbacks import Judge, Watch
from sadari.train.labels import LabelCodec, as_labels
from sadari.train.solvers.temperature import fit_inverse_temperature, sigmoid
from sadari.train.thresholds import USUAL, choose_thresholds
from sadari.train.tokenizer_choice import TokenizerChoice, choose_tokenizer
from sadari.train.training_context import ResumableRun, TrainingContext
from sadari.train.validation_set import HeldOut, validation_fingerprint
from sadari.vectors.initialise import Coverage

if TYPE_CHECKING:
    from sadari.train.checkpoint import Run

__all__ = ["Explanation", "Rung"]


@deferred
class Rung(Cautious, Estimator, Model):
    """A text classifier with scikit-learn's contract. See the subclasses for what each one is.

    Attributes:
        classes_: the labels [k], in the order of all columns.
        prior_: float64 [k], the share of the training texts that have each label.
        inverse_temperature_: logits are multiplied by it, so that the probabilities are calibrated.
        thresholds_: float64 [k], by which labels are given: see `sadari.train.labels.LabelCodec.given`.
        calibration_: what it said of rows that it was not trained on; None where there were none.
        dropped_rows_: rows (from 1) that were blank and not learned from.
        history_: one record an epoch.
        train_seconds_: how long `fit` took; of a run that was resumed, all of it.
        teacher_: the teacher and its settings; empty without one.
        tokenizer_: the tokenizer taken.
        tokenizer_choice_: the same and why, where the texts decided it in `fit`; else None.
        cut_: how many training texts were longer than the rung reads.
        windowed_: how many were longer and read in windows, and in how many of these.
        shortened_: (steps made, steps planned) where a limit of time has made them fewer; else None.
        coverage_: how many words of the training texts have a vector; None of a rung that starts from none.
    """

    # what others need to know of a rung, so that nobody has to know its name
    starts_from: ClassVar[StartsFrom | None] = None
    reads: ClassVar[Literal["tokens", "characters", "subwords"]] = "tokens"
    relative_cost: ClassVar[int] = 1  # of training, beside a linear rung's, roughly
    gains_from_batches: ClassVar[bool] = False  # whether many texts at once take much less time than one by one
    libraries: ClassVar[tuple[str, ...]] = ()  # whose versions belong to what is said of its results
    looks_up: ClassVar[bool] = False  # whether what it makes of a text is looked up where it made it before
    auto_by_texts: ClassVar[bool] = False  # whether the tokenizer "auto" is chosen by the texts and labels
    votes_on_labels: ClassVar[bool] = False  # whether it looks for wrong labels, unless somebody says which rungs do
    resumable: ClassVar[bool] = False  # whether its training can be kept in a folder and to a time
    history_of = History
    kind = "classifier"
    card = "rungs/card.md.jinja"

    # what only some rungs can tell of a training
    tokenizer_choice_: TokenizerChoice | None = None
    cut_: int = 0
    windowed_: tuple[int, int] = (0, 0)
    shortened_: tuple[int, int] | None = None
    coverage_: Coverage | None = None
    class_weight: ClassWeight | None

    # -- training ---------------------------------------------------------------------------------------

    def fit(
        self,
        texts: Any,
        labels: Any = None,
        sample_weight: Any = None,
        *,
        validation: tuple[Any, Any] | None = None,
        teacher: Teacher | Rung | str | Path | None = None,
        run: Run | str | Path | None = None,
        resume: bool = False,
        seconds: float | None = None,
        judge: Judge | None = None,
        verbose: bool | None = None,
        on_progress: OnProgress | None = None,
        on_record: OnRecord | None = None,
    ) -> Self:
        """Train on texts and their labels. Blank texts are left out, with a warning.

        Args:
            texts: n strings: list, array, Polars Series, or a `TextStream` over a file larger than memory.
            labels: n labels (strings or whole numbers); or n collections of them, or an indicator matrix [n, k], for
                several labels a text.
            sample_weight: n numbers, how much each text counts; one of 0 is not learned from, but its label is known.
            validation: (texts, labels) that are not trained on, but used for early stopping and to calibrate
                probabilities.
            teacher: a trained classifier with the same labels, its folder, or a `Teacher`: a net learns its answers.
            run: a folder for the run's checkpoint, or a `sadari.train.checkpoint.Run` that says more. It is written at
                the start, every minute, when Ctrl-C or SIGTERM ends the training, and at the end.
            resume: go on with the run in that folder, to the same bits. Texts, labels, settings and teacher must be
                the same.
            seconds: that this may take. A training that proves too slow makes fewer steps, and its rate falls with
                them; another comes to the same bits as without a limit. A linear rung makes fewer passes, half of them
                at least; others that keep no run take no heed of it.
            judge: is shown what the net says of the validation texts while it trains, and may end that by raising.
            verbose: show how it goes; None: in a notebook and on a terminal, unless scikit-learn asks for it, as in
                cross-validation.
            on_progress: is called with (done, total, figures) after each record, and about once a second; see
                `sadari.display.watching`.
            on_record: is called with each record that ``history_`` keeps.

        Raises:
            DataError: texts or labels that cannot be learned from.
            SettingError: a setting out of its range; a run of a rung that keeps none, or another than in the folder.
            Interrupted: it was stopped (of `sadari.train.loop`), and can be resumed.
            OutputError: something else is in the run's folder.
        """
        self._ready = False  # a fit that fails leaves no mixture of two models
        self.check()
        check("seconds", seconds, Number(1e-9, 1e9), optional=True)
        guide = None if teacher is None else Teacher.of(teacher).checked(self)
        with Watching(self.name, verbose, on_progress, on_record) as watching:
            return self._fit((texts, labels, sample_weight), validation, (run, resume), guide, seconds, judge, watching)

    def _repr_html_(self) -> None:
        """A notebook shows a model in a line: what it learned stands elsewhere."""

    def _repr_mimebundle_(self, **asked: Any) -> dict[str, str]:
        return {"text/plain": repr(self)}

    def _fit(
        self,
        learned: tuple[Any, Any, Any],
        validation: tuple[Any, Any] | None,
        run: tuple[Run | str | Path | None, bool],
        guide: Teacher | None,
        seconds: float | None,
        judge: Judge | None,
        watching: Watching,
    ) -> Self:
        """Train on (texts, labels, weights), and say so to whoever watches."""
        start = time.perf_counter()
        validation = None if validation is None else _read_twice(validation)
        kept = self._kept_run(*run, validation)
        rows = training_rows(*learned)
        self.dropped_rows_ = rows.dropped
        self._codec, targets = LabelCodec.learn(rows.labels)
        rows, targets = rows.that_count(targets)
        self.classes_ = self._codec.classes
        self.prior_, self.inverse_temperature_ = _prior(targets, self._codec.multilabel), 1.0
        self.calibration_ = None
        held_out = HeldOut.of(validation, self._codec)
        self._let_judge(watching, judge, held_out)
        watch = self._watch(watching, held_out)  # before a teacher reads, which may take minutes
        self.scores_, self.data_ = {}, {"rows": len(targets)}
        self._learn(rows, targets, TrainingContext(watch, run=kept, ends=seconds and start + seconds), guide, held_out)
        self.history_ = History(self.history_)
        self.train_seconds_ = watch.earlier_seconds + time.perf_counter() - start
        self._ready = True
        return self

    def _learn(
        self,
        rows: Rows,
        targets: NDArray[np.int8],
        context: TrainingContext,
        guide: Teacher | None,
        held_out: HeldOut | None,
    ) -> None:
        """Train on the rows, with what a teacher says of them, and calibrate on the validation set."""
        texts, weights = rows.texts, rows.weights
        self.thresholds_ = np.full(targets.shape[1], USUAL)
        self.teacher_ = {}
        if guide is not None:
            told = taught(guide, rows, self._codec, targets, held_out)
            texts, targets, weights, soft_targets, self.teacher_ = vars(told).values()
            context = replace(context, soft_targets=soft_targets)
            if soft_targets is not None:  # whose probabilities it takes over, and so what they mean
                self.thresholds_ = guide.thresholds(self._codec)
        self._train(texts, targets, self._costs(targets, weights), context)
        if held_out is not None:
            logits, known = self._logits_of(held_out.texts)
            self._sharpen(logits, held_out.wanted, known)

    def _take_tokenizer(self, texts: Any, targets: NDArray[np.int8], longest: int) -> None:
        """Settle `tokenizer_`: the one set, else by the texts and labels, for n-grams of up to so many words."""
        self.tokenizer_, self.tokenizer_choice_ = self.get_params(deep=False)["tokenizer"], None
        if self.tokenizer_ == "auto":
            choice = choose_tokenizer(texts, targets, longest=(longest,), multilabel=self._codec.multilabel)
            self.tokenizer_, self.tokenizer_choice_ = choice.name, choice
            self.data_["tokenizer"] = render(choice.said(), "en")

    def _watch(self, watching: Watching, held_out: HeldOut | None) -> Watch:
        """What watches the training, and stops it early where the settings say so.

        Raises:
            SettingError: there are no texts to watch it by.
        """
        patience = getattr(self, "patience", None)
        asking = [name for name in ("patience", "validate_every") if getattr(self, name, None)]
        if asking and held_out is None:
            raise SettingError(
                message("{watching} needs validation texts", watching=asking[0]),
                hint=message("fit(…, validation=(texts, labels))"),
            )
        return Watch(watching, self._scorer(held_out) if asking and held_out is not None else None, patience)

    def _let_judge(self, watching: Watching, judge: Judge | None, held_out: HeldOut | None) -> None:
        """Let a judge look, at the shares of the training that he asked for."""
        places = list(judge.places) if judge is not None and held_out is not None else []
        if not places or judge is None or held_out is None:
            return

        def look(done: float, total: float, record: Mapping[str, Any]) -> None:
            share = done / total
            if places and places[0] <= share < 1:
                while places and places[0] <= share:
                    places.pop(0)
                judge(self._probabilities(*self._logits_of(held_out.texts)))

        watching.also(look)

    def _kept_run(
        self, run: Run | str | Path | None, resume: bool, validation: tuple[pl.Series, Any] | None
    ) -> ResumableRun | None:
        """The run to train in.

        Raises:
            SettingError: the rung keeps none.
        """
        if run is not None and not self.keeps_runs:
            raise SettingError(
                message("the rung {name!r} trains too fast to keep a run", name=self.name),
                hint=message("leave out run"),
            )
        kept = ResumableRun.begin(run, resume, self._run_notes())
        return kept and replace(kept, identity={"validation rows": validation_fingerprint(validation)})

    def _run_notes(self) -> dict[str, Any]:
        """What a run's checkpoint says to whoever resumes it."""
        return {}

    def portable(self) -> Portable:
        """The trained model as it leaves this package: how texts become ids, as data, and what is made of them.

        Raises:
            SettingError: it cannot leave it, and why.
        """
        raise SettingError(message("the rung {name!r} has no form outside Sadari", name=self.name))

    def check(self) -> None:
        """Raise an error for settings that cannot be used, at all or on this machine. `fit` calls it first.

        Raises:
            SettingError: which one, what it is and what it may be.
        """
        self.check_settings()
        device = getattr(self, "device", None)
        if device is not None:
            resolve_device(device)

    def answer_on(self, device: str | None, precision: str | None) -> None:
        """Answer on a device, and in a precision, of which training knew nothing; a rung without a net has no choice.

        Args:
            device: "cpu", "cuda", "mps" or "auto"; None: as it is.
            precision: "fp32", "bf16" or "auto"; None: as it is.

        Raises:
            SettingError: they cannot be had here, or the rung takes no such precision.
        """
        asked = {"device": device, "predict_precision": precision}
        known = self.get_params(deep=False)
        self.set_params(**{name: value for name, value in asked.items() if value is not None and name in known})
        Rung.check(self)  # not what it started from, which may be gone: its own folder has all that it needs

    def _costs(self, targets: NDArray[np.int8], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [n]: by how much each text's misfit is multiplied."""
        return self._codec.row_costs(targets, self.class_weight) * weights

    def _scorer(self, held_out: HeldOut) -> Callable[[], dict[str, float]]:
        """What scores the net as it stands on validation texts, for early stopping."""
        return lambda: {"validation_accuracy": held_out.accuracy(self._logits_of(held_out.texts)[0])}

    def calibrate(self, logits: NDArray[np.floating], labels: Any) -> None:
        """Fit temperature and thresholds to logits of texts that were not trained on, as in cross-validation.

        Args:
            logits: float [m, k], as `logits` gives them.
            labels: m labels.

        Raises:
            DataError: logits that are no finite numbers, or not as many as the labels ask for.
        """
        self._check_fitted()
        wanted = self._codec.matrix(labels) > 0
        try:
            numbers = np.asarray(logits)
        except (TypeError, ValueError, RuntimeError):  # rows of several lengths; a tensor that asks for a gradient
            numbers = np.empty(0, object)
        if numbers.dtype.kind not in "fiu":
            raise DataError(message("logits must be an array of numbers, not {shown}", shown=shown(logits)))
        if numbers.shape != wanted.shape:
            raise DataError(
                message(
                    "logits of shape {shape} and {number_of_wanted:,} labels do not fit each other",
                    shape=numbers.shape,
                    number_of_wanted=len(wanted),
                )
            )
        if not np.isfinite(numbers).all():
            raise DataError(message("the logits are not finite"))
        self._sharpen(numbers, wanted, np.ones(len(logits), np.bool_))

    def _sharpen(
        self,
        logits: NDArray[np.floating],
        wanted: NDArray[np.bool_],
        usable: NDArray[np.bool_],
        costs: NDArray[np.floating] | None = None,
    ) -> None:
        """The same, of those rows of logits [m, k] and wanted labels [m, k] that are usable [m], by their costs [m]."""
        if not self._codec.multilabel:
            usable = usable & wanted.any(axis=1)  # a label that training never saw says nothing about these
        if not usable.any():
            return
        logits, wanted, several = logits[usable], wanted[usable], self._codec.multilabel
        costs = None if costs is None else np.maximum(costs[usable], 1e-12)
        self._keep_held_out(logits, wanted)
        self.inverse_temperature_ = fit_inverse_temperature(logits, wanted, multilabel=several, costs=costs)
        if several:
            self.thresholds_ = choose_thresholds(sigmoid(logits * np.float64(self.inverse_temperature_)), wanted)

    def resolved_settings(self) -> dict[str, Any]:
        """The settings that training used, or would use, with the name of the tokenizer that ``auto`` has chosen."""
        settings: dict[str, Any] = self.get_params(deep=False)
        if "tokenizer" in settings and self.tokenizer_:
            settings["tokenizer"] = self.tokenizer_
        return settings

    def planned_epochs(self, rows: int) -> int:
        """How many passes over the training texts the settings ask for.

        Args:
            rows: number of training texts.
        """
        return int(getattr(self, "epochs", None) or 1)

    def calibration_passes(self, rows: int, labels: int) -> int:
        """How many more passes over the training texts it takes to calibrate on some of them.

        Args:
            rows: number of training texts.
            labels: number of labels.
        """
        return 0

    def planned_batch(self, rows: int) -> int | None:
        """How many of so many texts are in a batch; None where that is not chosen by their number.

        Args:
            rows: number of training texts.
        """
        return None

    @property
    def chooses_epochs(self) -> bool:
        """Whether how often it goes over the texts is its own choice, so that it may go less often."""
        return False

    @property
    def keeps_runs(self) -> bool:
        """Whether its training can be kept in a folder, with these settings."""
        return self.resumable

    @classmethod
    def can_start_from(cls, weights: Any, *, download: bool = False) -> int:
        """How well the rung can start from pre-trained weights: 0 not at all, 1 as well, 2 it is made for them.

        Args:
            weights: a folder, a file, or a name on the Hugging Face hub.
            download: fetch the name from the hub, if it is not here.

        Raises:
            ModelError: no such weights, or damaged ones. DownloadError: the hub does not give them.
        """
        return int(cls.starts_from is ENCODER)

    @classmethod
    def needless(cls, texts: Any, label_counts: NDArray[np.integer]) -> Message | None:
        """Why a climb does without it on these texts, unless somebody asks for it by name; None: it is worth a try.

        Args:
            texts: strings: a list, array, Series or other column of them.
            label_counts: int [k], how many of the texts have each label.
        """
        return None

    def start_in_memory(self, texts: Any) -> dict[str, Any]:
        """Settings by which rungs like this one train on these texts many times without reading a file each time.

        Args:
            texts: strings: a list, array, Series or other column of them.
        """
        return {}

    def check_settings(self) -> None:
        """Raise an error for settings that no machine can use.

        Raises:
            SettingError: which one, what it is and what it may be.
        """
        check_settings(self)

    def score(self, texts: Any, labels: Any, sample_weight: Any = None) -> float:
        """The share of texts whose predicted labels are exactly the true ones.

        Args:
            texts: n strings: a list, array, Series or other column of them.
            labels: their n true labels.
            sample_weight: n numbers, how much each text counts; None: all alike.
        """
        self._check_fitted()
        column, wanted = as_column(texts), as_labels(labels)
        if len(column) != len(wanted):
            raise DataError(
                message(
                    "there are {number_of_column:,} texts and {number_of_wanted:,} labels; each text needs its label",
                    number_of_column=len(column),
                    number_of_wanted=len(wanted),
                )
            )
        weights = row_weights(sample_weight, len(column))
        if not len(column):
            raise DataError(message("there is no text to score on"))
        return float(np.average(self._codec.right(self.predict(column), wanted), weights=weights))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]  # scikit-learn calls it, so its classes are there
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        tags.target_tags.required = True
        tags.classifier_tags.multi_label = True
        return tags

    # -- saving -----------------------------------------------------------------------------------------

    def _saved_settings(self) -> dict[str, Any]:
        return plain_settings(self.resolved_settings())

    @classmethod
    def _setting_names(cls) -> Collection[str]:
        names: list[str] = cls._get_param_names()
        return names

    @classmethod
    def _of_settings(cls, settings: dict[str, Any]) -> Self:
        rung = cls(**settings)
        rung.check_settings()
        return rung

    def _head(self) -> dict[str, Any]:
        return head_of(self)

    @classmethod
    def from_files(cls, files: ModelFiles) -> Self:
        """The model of a folder that is read already.

        Args:
            files: what was read from the folder.

        Raises:
            ModelError: it is of another kind or rung, or its parts do not fit each other.
        """
        found = files.manifest.get("rung")
        if files.manifest["kind"] == cls.kind and found != cls.name:
            raise ModelError(
                message("this is a model of the rung {found!r:.80}, not {name!r}", found=found, name=cls.name),
                where=str(files.folder),
            )
        rung = super().from_files(files)
        rung._ready = True
        return rung

    def _take_up(self, files: ModelFiles) -> None:
        super()._take_up(files)
        head = read_head(files.manifest)
        self._codec, self.prior_, self.inverse_temperature_, self.thresholds_, self.teacher_ = head
        self.classes_ = self._codec.classes
        self.calibration_ = restored_rows(files.texts, CALIBRATION, self._codec)

    def _beside(self) -> dict[str, str]:
        rows = self.calibration_
        return {} if rows is None else {CALIBRATION: rows.encoded()}

    # -- what a rung adds -------------------------------------------------------------------------------

    def _train(
        self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> None:
        """Learn from texts, targets int8 [n, k] and costs float32 [n]."""
        raise NotImplementedError


def _read_twice(validation: tuple[Any, Any]) -> tuple[pl.Series, Any]:
    """Validation texts and labels, which a generator would give but once."""
    texts, labels = two_parts(validation, message("validation must be (texts, labels)"))
    return as_column(texts), as_labels(labels)


def _prior(targets: NDArray[np.int8], multilabel: bool) -> NDArray[np.float64]:
    shares = targets.sum(axis=0, dtype=np.int64) / max(1, len(targets))
    return shares if multilabel else shares / max(shares.sum(), 1e-12)
