"""The trials of a rung, kept in Optuna's journal, so that a search that ended can be gone on with."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sadari.artifact import guarded, open_plain
from sadari.artifact.atomic import output_errors
from sadari.climb.context import ClimbContext
from sadari.climb.training import Rows
from sadari.errors import DataError
from sadari.messages import message
from sadari.rungs import RUNGS
from sadari.settings.declaration import plain_settings, search_space
from sadari.settings.limits import Limit
from sadari.settings.search import suggest

if TYPE_CHECKING:
    import optuna

TRIALS = "trials.log"  # in the folder of a climb
DEFAULTS = "score of the defaults"
STARTING = 5  # trials that are drawn before the others are chosen by what these scored


class _Alone:
    """Optuna's lock of a journal, which only the threads of this process write to; it dies with the process."""

    _lock = threading.Lock()

    def acquire(self) -> bool:
        return self._lock.acquire()

    def release(self) -> None:
        self._lock.release()


@dataclass(frozen=True)
class Kept:
    """Where the trials of a rung are kept.

    Attributes:
        journal: the file; other rungs have theirs in it, too.
        name: of the trials that answer one question: on the same rows, with the same seed, settings and search space.
    """

    journal: Path
    name: str

    @classmethod
    def of(cls, context: ClimbContext, rung: str, rows: Rows, held: Rows) -> Kept:
        """Where those of a rung are kept in a climb that has a folder.

        Args:
            context: the climb.
            rung: its name.
            rows: the training rows (positions); None: all.
            held: those that are scored; None: the validation rows that are set aside.
        """
        asked = {
            "data": context.data,
            "metric": context.metric.name,
            "settings": plain_settings(context.new(rung).resolved_settings()),
            "space": {name: repr(limit) for name, limit in search_space(RUNGS[rung]).items()},
            "rows": [None if part is None else hashlib.sha256(part.tobytes()).hexdigest() for part in (rows, held)],
        }
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
        return cls(context.place / TRIALS, f"{rung} {digest[:16]}")

    def open(self) -> optuna.Study:
        """The study, with the trials that are there already.

        Raises:
            OutputError: the journal cannot be written. DataError: it is none.
        """
        import optuna
        from optuna.storages.journal import JournalFileBackend

        with output_errors(self.journal):
            self.journal.parent.mkdir(parents=True, exist_ok=True)
            _cut_torn_line(self.journal)
        hint = message("move it away: the search then begins anew")
        with guarded(message("is no journal of trials"), where=str(self.journal), hint=hint, kind=DataError):
            backend = JournalFileBackend(str(self.journal), lock_obj=_Alone())  # type: ignore[arg-type]
            storage = optuna.storages.JournalStorage(backend)
            return optuna.create_study(study_name=self.name, storage=storage, direction="maximize", load_if_exists=True)


def _cut_torn_line(journal: Path) -> None:
    """Cut what was being written when a process was killed: what is written next would stand on the same line."""
    with suppress(FileNotFoundError), open_plain(journal) as stream:
        written = stream.read()
        whole = written.rfind(b"\n") + 1
        if whole < len(written):
            with journal.open("r+b") as torn:
                torn.truncate(whole)


@dataclass(frozen=True)
class Search:
    """A search under way.

    Attributes:
        study: Optuna's.
        space: what a trial may try of which setting.
        seed: of the trials.
    """

    study: optuna.Study
    space: Mapping[str, Limit]
    seed: int

    @property
    def done(self) -> list[optuna.trial.FrozenTrial]:
        """The trials that have a score, in the order in which they were chosen."""
        return self._trials("COMPLETE")

    def settings_of(self, trial: Any) -> dict[str, Any]:
        """What a trial tries."""
        return {name: suggest(trial, name, limit) for name, limit in self.space.items()}

    def settings_tried(self, trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
        """The same of one that was chosen before."""
        import optuna

        return self.settings_of(optuna.trial.FixedTrial(trial.params))

    def round(self, size: int) -> Sequence[tuple[int, dict[str, Any]]]:
        """(Number, settings) of the trials to score next: those that were chosen and not scored, else new ones.

        The same are chosen whether the search goes on in one process or in the next.

        Args:
            size: how many new ones.
        """
        import optuna

        left = []
        for trial in self._trials("RUNNING"):
            if set(trial.params) == set(self.space):
                left.append((trial.number, self.settings_tried(trial)))
            else:  # killed while it was being chosen
                self.study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        if left:
            return left[:size]
        seed = (self.seed + len(self.done)) % 2**32
        self.study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTING)
        return [(trial.number, self.settings_of(trial)) for trial in (self.study.ask() for _ in range(size))]

    def _trials(self, state: str) -> list[optuna.trial.FrozenTrial]:
        import optuna

        return self.study.get_trials(deepcopy=False, states=(optuna.trial.TrialState[state],))
