"""What all linear rungs share: weighed counts and one linear layer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sadari.artifact import ModelFiles
from sadari.artifact.restore import VOCABULARY, check_learned, check_weights, read_words
from sadari.compiling import in_use
from sadari.errors import SettingError
from sadari.messages import message
from sadari.nets.compiled import linear_logits, linear_logits_of_one, probabilities_loop
from sadari.ragged import Ragged
from sadari.rungs.answering import finite
from sadari.rungs.base import Rung
from sadari.rungs.one_answer import OneAnswer
from sadari.rungs.portable.forms import Portable, WeighedSum
from sadari.rungs.training_rows import check_fits
from sadari.settings.limits import Choice, Flag, Number, Range, Whole
from sadari.settings.search import LogNumber, Tried
from sadari.settings.shared import (
    BatchTexts,
    ClassWeight,
    Count,
    Epochs,
    Every,
    LearningRate,
    Patience,
    Positive,
    Seed,
)
from sadari.text.characters.beside import WordsAndCharacters
from sadari.text.column import as_column
from sadari.text.feature_table import FeatureTable
from sadari.text.hashed_vectors import HashedVectors
from sadari.text.reading.reading import reading_of
from sadari.text.vectorize import CountVectors
from sadari.text.weigh import Counts, CountsOnDemand, Weights, count, on_disk_if_large, term_weights, weigh
from sadari.train.callbacks import Watch
from sadari.train.solvers.adam import AdamSettings, train_with_adam
from sadari.train.solvers.dual_coordinate_descent import held_out_logits, solve_dual
from sadari.train.solvers.temperature import calibration_folds
from sadari.train.training_context import TrainingContext

if TYPE_CHECKING:
    from sadari.nets.bag import LinearBag


Vectors = CountVectors | HashedVectors | WordsAndCharacters


@dataclass(kw_only=True, eq=False, repr=False)
class LinearRung(Rung):
    """Weighed counts of words or n-grams, one weight for each feature and label, and a bias.

    Subclasses are the rungs: what differs between them are the class attributes below.

    Args:
        ngram_range: shortest and longest n-gram; None: the rung's `default_ngram_range`.
        min_df: n-grams in fewer texts are left out.
        max_df: n-grams in a larger share of the texts are left out.
        max_features: the most features, the most frequent ones.
        sublinear_tf: 1 + ln(count) in place of the count.
        binary: 1 in place of every count.
        norm: "l2", "l1" or None: a text's weights are scaled to that norm.
        solver: "dual" (coordinate descent on the squared hinge loss) or "adam" (Adam on small batches).
        C: the cost of errors on training texts; a larger C fits them more closely ("dual"). None: the rung's
            `default_C`.
        epochs: the most passes over the texts; None: the rung's `default_epochs`.
        tolerance: stop when no step of a pass is larger ("dual").
        learning_rate: Adam's ("adam").
        batch_size: texts a step ("adam").
        epoch_size: texts a pass; None: all ("adam").
        report_every: a record every so many steps; 0: one a pass ("adam").
        class_weight: None, "balanced", or label → weight.
        patience: with validation texts, stop after so many passes without a better accuracy, and keep the best.
        seed: seed of every random choice; the same seed gives the same bits.

    Attributes:
        classes_: the labels [k].
        history_: one record an epoch.
        weight_: float32 [features, k].
        bias_: float32 [k].
        net_: the torch module; it shares this model's memory.
        train_seconds_: seconds that `fit` took.
    """

    default_ngram_range: ClassVar[tuple[int, int]] = (1, 1)
    default_C: ClassVar[float] = 1.0
    default_epochs: ClassVar[int] = 8
    use_idf: ClassVar[bool] = False

    ngram_range: Annotated[tuple[int, int], Range(1, 16)] | None = None
    min_df: Annotated[Count, Tried(Whole(1, 3))] = 1
    max_df: Annotated[float, Number(1e-9, 1)] = 1.0
    max_features: Count | None = None
    sublinear_tf: Annotated[bool, Tried(Flag())] = True
    binary: bool = False
    norm: Annotated[str, Choice(("l1", "l2"))] | None = "l2"
    solver: Annotated[str, Choice(("dual", "adam"))] = "dual"
    C: Annotated[Positive, Tried(LogNumber(0.03, 10.0))] | None = None
    epochs: Epochs | None = None
    tolerance: Annotated[float, Number(0, 1e9)] = 1e-3
    learning_rate: LearningRate = 0.001
    batch_size: BatchTexts = 16
    epoch_size: Count | None = None
    report_every: Every = 0
    class_weight: ClassWeight | None = None
    patience: Patience | None = None
    seed: Seed = 0

    def planned_epochs(self, rows: int) -> int:
        return int(self.resolved_settings()["epochs"])

    def calibration_passes(self, rows: int, labels: int) -> int:
        if self.solver != "dual":
            return 0
        folds = sum(1 for _ in calibration_folds(rows, labels, seed=self.seed))
        return folds * _settling(folds)

    def resolved_settings(self) -> dict[str, Any]:
        """The settings, with the rung's defaults in place of None."""
        settings = super().resolved_settings()
        settings["ngram_range"] = tuple(self.ngram_range or self.default_ngram_range)
        settings["C"] = self.default_C if self.C is None else self.C
        settings["epochs"] = self.epochs or self.default_epochs
        return settings

    def _train(
        self, texts: Any, targets: NDArray[np.int8], costs: NDArray[np.float32], context: TrainingContext
    ) -> None:
        watch = context.watch
        self._choose_reading(texts, targets)
        self._vectors = self._new_vectors()
        found = self._vectors.fit(texts)
        counts = on_disk_if_large(count(found, self._vectors.size) if isinstance(found, Ragged) else found)
        del found
        check_fits(counts, targets)
        self._weights = weigh(
            counts,
            idf=self.use_idf,
            sublinear=self.sublinear_tf,
            binary=self.binary,
            norm=self.norm,
            second=self._vectors.second,
        )
        scale = self._weights.row_scale(counts)
        labels = targets.shape[1]
        self.weight_, self.bias_ = np.zeros((counts.size, labels), np.float32), np.zeros(labels, np.float32)
        watch.keep(self.weight_, self.bias_)
        if self.solver == "adam":
            self._train_adam(counts, scale, targets, costs, watch)
        else:
            self._train_dual(counts, scale, targets, costs, context)
        watch.restore()
        check_learned(weight=self.weight_, bias=self.bias_)

    def _choose_reading(self, texts: Any, targets: NDArray[np.int8]) -> None:
        """Settle how texts are read, where the settings leave it to the texts."""
        raise NotImplementedError

    def _reading(self) -> dict[str, Any]:
        """What was settled, as the folder has it."""
        raise NotImplementedError

    def _restore_reading(self, model: Mapping[str, Any]) -> None:
        """Take up what was settled.

        Raises:
            ValueError: it is not in the folder.
        """
        raise NotImplementedError

    def _new_vectors(self) -> Vectors:
        """What counts features, empty as yet."""
        raise NotImplementedError

    def _train_dual(
        self,
        counts: Counts | CountsOnDemand,
        scale: NDArray[np.float32],
        targets: NDArray[np.int8],
        costs: NDArray[np.float32],
        context: TrainingContext,
    ) -> None:
        signs = np.where(targets > 0, np.int8(1), np.int8(-1))
        exact = costs.astype(np.float64) * self.resolved_settings()["C"]
        costs = np.clip(exact, 1e-12, 1e12).astype(np.float32)  # so that one over it is finite too
        folds = list(calibration_folds(len(counts), signs.shape[1], seed=self.seed))
        epochs = int(self.resolved_settings()["epochs"])
        solution = solve_dual(
            counts,
            self._weights,
            scale,
            signs,
            costs,
            epochs=epochs,
            tolerance=self.tolerance,
            seed=self.seed,
            monitor=context.watch,
            start=(self.weight_, self.bias_),
            ends=context.ends,
            settling=self.calibration_passes(len(counts), signs.shape[1]),
        )
        self.history_ = solution.history
        passes = _settling(len(folds))
        self.shortened_ = None if solution.in_time else (len(solution.history), epochs)
        logits = [
            held_out_logits(
                counts,
                self._weights,
                scale,
                signs,
                costs,
                solution,
                rows,
                epochs=passes,
                seed=self.seed,
                last=rows is folds[-1],
            )
            for rows in folds
        ]
        wanted = targets[np.concatenate(folds)] > 0
        self._sharpen(np.concatenate(logits), wanted, np.ones(len(wanted), np.bool_))

    def _train_adam(
        self,
        counts: Counts | CountsOnDemand,
        scale: NDArray[np.float32],
        targets: NDArray[np.int8],
        costs: NDArray[np.float32],
        watch: Watch,
    ) -> None:
        optimizer_settings = AdamSettings(
            epochs=self.resolved_settings()["epochs"],
            epoch_size=self.epoch_size,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            report_every=self.report_every,
            multilabel=self._codec.multilabel,
            seed=self.seed,
        )
        self.history_ = train_with_adam(
            counts,
            self._weights,
            scale,
            targets,
            costs,
            self.weight_,
            self.bias_,
            optimizer_settings,
            monitor=watch,
            watching=watch.watching,
        )

    @property
    def net_(self) -> LinearBag:
        """The trained torch module; it shares this model's memory."""
        from sadari.nets.bag import LinearBag

        return LinearBag.sharing(self.weight_, self.bias_)

    def portable(self) -> Portable:
        reading = reading_of(self._vectors)
        form = WeighedSum(
            self.weight_,
            self.bias_,
            self._weights.feature_scale,
            self.sublinear_tf,
            self.binary,
            self.norm,
            self._weights.bound,
        )
        known = len(self._vectors.words) if isinstance(self._vectors, HashedVectors) else self._vectors.size
        return Portable(reading, form, known)

    def weighed(self, texts: pl.Series) -> tuple[Counts, NDArray[np.float32]]:
        """The texts as this model sees them: counts, and float32 [stored], the weight of each stored feature.

        Args:
            texts: the texts.
        """
        counts = self._count(texts)
        return counts, self._weights.values(counts, self._weights.row_scale(counts))

    def feature_table(self, texts: Any, *, counts: bool = False) -> FeatureTable:
        """The texts as this model sees them: what it weighs each word or n-gram with, by name.

        Args:
            texts: strings: a list, array, Series or other column of them.
            counts: how often each stands in a text, and not its weight.

        Raises:
            SettingError: its features are hashed, and have no names.
        """
        from scipy.sparse import csr_matrix

        self._check_fitted()
        column, vectors = as_column(texts), self._vectors
        if isinstance(vectors, HashedVectors):
            raise SettingError(message("the features of {name!r} are hashed, and have no names", name=self.name))
        counted = self._count(column)
        values = counted.counts.astype(np.int64) if counts else self.weighed(column)[1]
        matrix = csr_matrix((values, counted.ids.copy(), counted.offsets), shape=(len(counted), counted.size))
        matrix.sort_indices()
        return FeatureTable(matrix, vectors.names_of(np.arange(counted.size, dtype=np.int32)), column.to_list())

    def _count(self, column: pl.Series) -> Counts:
        return self._vectors.transform(column)

    def _logits_of(self, texts: Any) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        if (
            type(texts) is list
            and len(texts) == 1
            and type(texts[0]) is str
            and not isinstance(self._vectors, HashedVectors)
        ):
            counts = self._vectors.count_one(texts[0])  # a column would take longer than all the rest
            if counts is not None:
                return finite(*self._scored(counts))
        return super()._logits_of(texts)

    def answer_one(self, text: str) -> tuple[list[float], bool] | None:
        ready: OneAnswer | None = getattr(self, "_one_answer", None)
        if ready is None or not ready.fits(self.weight_, self.prior_, self.inverse_temperature_):
            vectors = self._vectors
            if not in_use() or isinstance(vectors, WordsAndCharacters) or not vectors.ready_for_one:
                return None
            net, said = (self.weight_, self.bias_), (self.prior_, self.inverse_temperature_, self._codec.multilabel)
            ready = self._one_answer = OneAnswer(vectors, self._weights, net, *said)
        return ready(text)

    def _probabilities(self, logits: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float64]:
        out = np.empty(logits.shape, np.float64)
        fill = probabilities_loop if in_use() or len(logits) > 1 else probabilities_loop.plain
        fill(logits, known, float(self.inverse_temperature_), self.prior_, self._codec.multilabel, out)
        return out

    def _logits(self, column: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        return self._scored(self._count(column))

    def _scored(self, counts: Counts) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        out = np.empty((len(counts), len(self.bias_)), np.float32)
        score = linear_logits if in_use() or len(counts) > 1 else linear_logits_of_one
        score(
            counts.ids,
            counts.counts,
            counts.offsets,
            self._weights.tf,
            self._weights.feature_scale,
            self._weights.row_scale(counts),
            self._weights.bound,
            self.weight_,
            self.bias_,
            out,
        )
        return out, self._vectors.known(counts)

    def _contributions(self, column: pl.Series) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        counts, values = self.weighed(column)
        contributions = values[:, None].astype(np.float64) * self.weight_[counts.ids]
        return self._vectors.names_in(column[0], counts.ids), contributions, self.bias_.astype(np.float64)

    def _top_features(self, count: int, labels: Mapping[str, int]) -> dict[str, list[tuple[str, float]]]:
        if isinstance(self._vectors, HashedVectors):
            return {}  # a bucket has no name
        found: dict[str, tuple[NDArray[np.int32], NDArray[np.float32]]] = {}
        for label, k in labels.items():
            scaled = self.weight_[:, k] * self._weights.feature_scale
            best = np.argpartition(-scaled, min(count, len(scaled) - 1))[:count]
            best = best[np.argsort(-scaled[best], kind="stable")]
            found[label] = best.astype(np.int32), scaled[best]
        if not found:
            return {}
        names = iter(self._vectors.names_of(np.concatenate([best for best, _ in found.values()])))  # slow one by one
        return {label: [(next(names), weight) for weight in weights.tolist()] for label, (_, weights) in found.items()}

    def _state(self) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
        words, arrays = self._vectors.state()
        tensors = {
            "weight": self.weight_,
            "bias": self.bias_,
            "feature_scale": self._weights.feature_scale,
            **arrays,
        }
        texts = {VOCABULARY: json.dumps(words, ensure_ascii=False)}
        return tensors, texts, self._reading()

    def _restore(self, files: ModelFiles, model: Mapping[str, Any]) -> None:
        labels = len(self.classes_)
        self._restore_reading(model)
        self._vectors = self._new_vectors()
        arrays = {name: files.tensor(name, dtype="int32") for name in self._vectors.array_names}
        self._vectors.restore(read_words(files), arrays)
        size = self._vectors.size
        self.weight_ = files.tensor("weight", shape=(size, labels), dtype="float32")
        self.bias_ = files.tensor("bias", shape=(labels,), dtype="float32")
        scale = files.tensor("feature_scale", shape=(size,), dtype="float32")
        check_weights(str(files.folder), weight=self.weight_, bias=self.bias_, feature_scale=scale)
        self._weights = Weights(
            term_weights(sublinear=self.sublinear_tf, binary=self.binary), scale, self.norm, self._vectors.second
        )


def _settling(folds: int) -> int:
    """Passes in which the other texts settle: of few texts each has more to say, and they cost little."""
    return 1 if folds == 1 else 3
