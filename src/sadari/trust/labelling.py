"""Labelling a file: what is asked, what is answered, and what has been learned from it.

`Labelling` is asked by several threads: those of the page, and the one of its own that makes vectors, learns and writes
the table while a person reads.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sadari.errors import SadariError, SettingError
from sadari.messages import Message, message
from sadari.metrics.agreement import Agreement, cohen_kappa
from sadari.trust.active.asking import Asking
from sadari.trust.active.candidates import Candidates
from sadari.trust.active.curve import Curve, learning_curve
from sadari.trust.active.spaces import Space, together
from sadari.trust.answers.journal import Answer, Did, Drawn, Journal, folder_of, journals_in
from sadari.trust.answers.standing import Disagreement, Standing, both_answered, disagreements, key_of, settled
from sadari.trust.answers.table import table_of_answers, write_table

MOST_LABELS, LONGEST_LABEL = 200, 200
TENTH, THIRD = 10, 3  # one in so many questions is drawn at random, or is one that another person has answered
PORTION = 1_024  # texts that are made vectors of at a time
AHEAD = 4  # questions that are left when more are chosen
PATIENCE = 5.0  # seconds that the end waits for what is learned behind the page; it is not needed any more

log = logging.getLogger("sadari.trust")


@dataclass(frozen=True)
class Question:
    """A text that is asked.

    Attributes:
        key: by which its answer names it.
        text: as it stands in the file.
        row: where, from 1; 0: it is no longer there.
        drawn: why it is asked.
        said: for a disagreement, who said what.
    """

    key: str
    text: str
    row: int
    drawn: Drawn
    said: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """What a page shows.

    Attributes:
        name: of the person.
        question: what is asked; None: all is answered.
        labels: name → what it means.
        counts: name → how many texts have it.
        answered: by this person: texts with a label, with none of the list, skipped.
        texts: that could be asked.
        curve: how good the labels make a model; None: nothing is known yet.
        agreement: with each other person.
        disagreements: how many are not settled.
        can_undo: whether there is an answer to take back.
        ready: the share of the texts of which there are vectors.
        fault: what went wrong behind the page.
    """

    name: str
    question: Question | None
    labels: Mapping[str, str]
    counts: Mapping[str, int]
    answered: Mapping[str, int]
    texts: int
    curve: Curve | None
    agreement: Mapping[str, Agreement]
    disagreements: int
    can_undo: bool
    ready: float
    fault: Message | str | None


class Labelling:
    """One person who labels a file.

    Args:
        candidates: the texts that may be asked.
        journal: of this person, open.
        output: the table of labels; other people's journals lie beside it.
        labels: name → what it means; more are added while labelling.
        space: makes what vectors are made with, behind the page, of the texts.
        guidelines: how to label, for people.
        prior: a model's probabilities for texts, float64 [n, labels], by which to choose the first; or None.
        seed: of all draws.
    """

    def __init__(
        self,
        candidates: Candidates,
        journal: Journal,
        output: Path,
        labels: Mapping[str, str],
        space: Callable[[pl.Series], Space],
        *,
        guidelines: str = "",
        prior: Callable[[pl.Series], np.ndarray[Any, Any]] | None = None,
        seed: int = 0,
    ) -> None:
        self.candidates, self.output, self.guidelines = candidates, output, guidelines
        self._journal, self._new_space, self._prior, self._seed = journal, space, prior, seed
        self._keys = candidates.texts.str.strip_chars().to_list()
        self._place = {key: place for place, key in enumerate(self._keys)}
        self._rows = dict(zip(self._keys, candidates.rows.tolist(), strict=True))
        self._lock, self._wake = threading.RLock(), threading.Event()
        self._standings = {
            name: Standing.of(answers)
            for name, answers in journals_in(folder_of(output)).items()
            if name != journal.name
        }
        self._own = self._standings[journal.name] = Standing.of(journal.answers)
        self._labels = _all_labels(labels, self._standings.values())
        self._queue: list[int] = []
        self._asked: Question | None = None
        self._listing = False  # whether disagreements are asked
        self._curve: Curve | None = None
        self._ready, self._dirty, self._ended = 0.0, True, False
        self._fault: Message | str | None = None
        self._learned_at = 0
        self._thread = threading.Thread(target=self._work, name="labelling", daemon=True)

    # -- what the page does -----------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to learn behind the page."""
        self._thread.start()

    def close(self) -> None:
        """Write the table a last time, and let others write under this name.

        Raises:
            OutputError: it could not be written.
        """
        self._ended = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE)
        try:
            write_table(self.output, self.table())
        finally:
            self._journal.close()

    def table(self) -> pl.DataFrame:
        """The labels that hold, of all people, as `sadari.trust.answers.table.table_of_answers` has them."""
        others = journals_in(folder_of(self.output))
        with self._lock:
            for name, answers in others.items():
                if name != self._journal.name:
                    self._standings[name] = Standing.of(answers)
            return table_of_answers(self._standings, self._rows)

    def view(self) -> View:
        """What the page shows."""
        with self._lock:
            if self._asked is None:
                self._asked = self._next()
            return View(
                name=self._journal.name,
                question=self._asked,
                labels=dict(self._labels),
                counts=self._counts(),
                answered=_tally(self._own),
                texts=len(self._keys),
                curve=self._curve,
                agreement=self._agreements(),
                disagreements=len(disagreements(self._standings)),
                can_undo=self._own.last is not None,
                ready=self._ready,
                fault=self._fault,
            )

    def answer(self, key: str, did: Did, label: str | None = None) -> None:
        """Keep an answer to what is asked; to anything else it is none, for it was given already.

        Args:
            key: of the question.
            did: "label", "none" or "skip".
            label: for "label".

        Raises:
            SettingError: there is no such label. OutputError: it could not be kept; it is asked again.
        """
        with self._lock:
            asked = self._asked
            if asked is None or asked.key != key:
                return
            if did == "label" and label not in self._labels:
                raise SettingError(message("there is no label {name!r}", name=label))
            if asked.drawn == "listed" and did != "skip":
                did = "settle"
            self._keep(Answer(did, asked.text, label, asked.row, asked.drawn, _now()))
            self._asked = None
            if asked.drawn == "listed" and did == "skip":
                self._listing = False
        self._wake.set()

    def undo(self) -> None:
        """Take back the last answer; it is asked again.

        Raises:
            OutputError: that could not be kept.
        """
        with self._lock:
            last = self._own.last
            if last is None:
                return
            self._keep(Answer("undo", at=_now()))
            key = key_of(last.text)
            said = next((each.said for each in disagreements(self._standings) if each.key == key), {})
            self._asked = Question(key, last.text, last.row, last.drawn, said if last.did == "settle" else {})
        self._wake.set()

    def add_label(self, name: str, meaning: str = "") -> None:
        """One label more, or another meaning for one.

        Args:
            name: of the label.
            meaning: a line on when to give it.

        Raises:
            SettingError: it is blank or too long, or there are too many.
        """
        name = name.strip()
        with self._lock:
            check_label(name)
            if len(self._labels) >= MOST_LABELS and name not in self._labels:
                raise SettingError(message("there are {count:,} labels already", count=MOST_LABELS))
            labels = {**self._labels, name: meaning.strip()}
            self._keep(Answer("list", labels=labels, at=_now()))
            self._labels = labels

    def ask_disagreements(self, wanted: bool = True) -> None:
        """Ask what people disagree about, or go on with new texts.

        Args:
            wanted: which of the two.
        """
        with self._lock:
            self._listing, self._asked = wanted, None

    def disagreements(self) -> list[Disagreement]:
        """What people disagree about."""
        with self._lock:
            return disagreements(self._standings)

    # -- what is asked ----------------------------------------------------------------------------------

    def _keep(self, answer: Answer) -> None:
        self._journal.add(answer)
        self._own.add(answer)
        self._dirty = True

    def _next(self) -> Question | None:
        """A disagreement, what another person has answered, what was drawn at random, or what was chosen."""
        if self._listing:
            for found in disagreements(self._standings):
                return self._question(found.key, "listed", found.said)
            self._listing = False
        number = len(self._own.answers)
        shared = self._of_others()
        if shared and number % THIRD == THIRD - 1:
            return self._question(shared[0], "shared")
        if number % TENTH == TENTH // 2 and (drawn := self._drawn()) is not None:
            return self._question(drawn, "random")
        while self._queue:
            key = self._keys[self._queue.pop(0)]
            if self._is_new(key):
                return self._question(key, "chosen")
        fresh = next(
            (key for key, no in zip(self._keys, self.candidates.reserved, strict=True) if not no and self._is_new(key)),
            None,
        )
        if fresh is not None:
            return self._question(fresh, "chosen")
        drawn = self._drawn()
        if drawn is not None:
            return self._question(drawn, "random")
        return self._question(shared[0], "shared") if shared else None

    def _question(self, key: str, drawn: Drawn, said: Mapping[str, str | None] | None = None) -> Question:
        place = self._place.get(key)
        if place is None:  # another person's text, of a file that was another
            text = next(each.answers[key].text for each in self._standings.values() if key in each.answers)
            return Question(key, text, 0, drawn, said or {})
        return Question(key, self.candidates.texts[place], int(self.candidates.rows[place]), drawn, said or {})

    def _is_new(self, key: str) -> bool:
        return self._rows[key] > 0 and not any(key in each.answers for each in self._standings.values())

    def _drawn(self) -> str | None:
        return next(
            (key for key, yes in zip(self._keys, self.candidates.reserved, strict=True) if yes and self._is_new(key)),
            None,
        )

    def _of_others(self) -> list[str]:
        """What other people gave a label, and this one has not seen."""
        return [
            key
            for name, each in self._standings.items()
            if name != self._journal.name
            for key, answer in each.answers.items()
            if answer.did != "skip" and key not in self._own.answers
        ]

    # -- figures ----------------------------------------------------------------------------------------

    def _counts(self) -> dict[str, int]:
        found = dict.fromkeys(self._labels, 0)
        for answer in settled(self._standings).values():
            if answer.label in found:
                found[answer.label] += 1
        return found

    def _agreements(self) -> dict[str, Agreement]:
        own = self._own
        return {
            name: found
            for name, each in self._standings.items()
            if name != self._journal.name and (found := cohen_kappa(*both_answered(own, each))).texts
        }

    # -- behind the page --------------------------------------------------------------------------------

    def _work(self) -> None:
        """Make vectors, then learn whenever there is something new; write the table. Until the end."""
        asking: Asking | None = None
        while not self._ended:
            try:
                self._write()
                if asking is None:
                    asking = self._begin()
                if asking is not None and self._is_due(asking):
                    self._learn(asking)
                self._fault = None
            except SadariError as error:
                self._fault = error.said
            except Exception as error:  # whatever it is: answers are kept all the same
                self._fault = message("a fault of Sadari's own: {kind}", kind=type(error).__name__)
                log.exception("labelling", exc_info=error)
            self._wake.wait(5.0)
            self._wake.clear()

    def _write(self) -> None:
        with self._lock:
            dirty, self._dirty = self._dirty, False
        if dirty:
            try:
                write_table(self.output, self.table())
            except SadariError:
                self._dirty = True
                raise

    def _begin(self) -> Asking | None:
        """Vectors of all candidates."""
        texts = self.candidates.texts
        space, parts = self._new_space(texts), []
        for start in range(0, len(texts), PORTION):
            if self._ended:
                return None
            parts.append(space.place(texts[start : start + PORTION]))
            self._ready = min(start + PORTION, len(texts)) / len(texts)
        with self._lock:
            labels = dict(self._labels)
        asking = Asking(
            together(parts), self.candidates.reserved, len(labels), strength=space.strength, seed=self._seed
        )
        if self._prior is not None:
            asking.prior = self._prior(texts)
        elif labels:
            said = [f"{name}: {meaning}" if meaning else name for name, meaning in labels.items()]
            asking.named = space.place(pl.Series(said, dtype=pl.String)).vectors
        return asking

    def _is_due(self, asking: Asking) -> bool:
        """Whether there are as many new answers as make learning worth while, or questions run out."""
        with self._lock:
            return (
                not self._learned_at
                or len(self._queue) <= AHEAD
                or len(self._known()[0]) >= self._learned_at + asking.size
            )

    def _known(self) -> tuple[list[int], list[str], list[bool]]:
        """Candidates with a label, in the order of the answers; their labels; and which were drawn at random."""
        held = [
            (self._place[key], answer.label, answer.drawn == "random")
            for key, answer in settled(self._standings).items()
            if answer.label in self._labels and key in self._place
        ]
        return [place for place, _, _ in held], [label or "" for _, label, _ in held], [drawn for _, _, drawn in held]

    def _learn(self, asking: Asking) -> None:
        """Learn from all answers, choose what to ask next, and work out the curve."""
        with self._lock:
            places, given, drawn = self._known()
            names = list(self._labels)
            seen = [self._place[key] for each in self._standings.values() for key in each.answers if key in self._place]
        codes = np.array([names.index(label) for label in given], np.int64)
        asking.labels, asking.done, asking.codes = len(names), np.array(places, np.int64), codes
        asking.only(np.array([row > 0 for row in self.candidates.rows]), np.array(seen, np.int64))
        batch = asking.choose(asking.size + AHEAD, asking.learned()).tolist()
        with self._lock:
            self._queue, self._learned_at = batch, max(1, len(places))
        curve = learning_curve(asking.placed.features, asking.done, codes, drawn, len(names), asking.strength)
        with self._lock:
            self._curve = curve


def check_label(name: str) -> None:
    """Refuse what is no name of a label.

    Raises:
        SettingError: it is blank, too long, or on several lines.
    """
    if not name.strip() or len(name) > LONGEST_LABEL or any(not letter.isprintable() for letter in name):
        raise SettingError(
            message("{name!r:.60} is no name of a label", name=name),
            hint=message("take up to {most} characters on one line", most=LONGEST_LABEL),
        )


def _all_labels(given: Mapping[str, str], standings: Sequence[Standing] | Any) -> dict[str, str]:
    """The labels that were given, then those that people added."""
    found = dict(given)
    for standing in standings:
        for name, meaning in (standing.labels or {}).items():
            found[name] = found.get(name) or meaning
        for answer in standing.answers.values():
            if answer.label is not None:
                found.setdefault(answer.label, "")
    return found


def _tally(standing: Standing) -> dict[str, int]:
    found = {"label": 0, "none": 0, "skip": 0}
    for answer in standing.answers.values():
        found[answer.did] += 1
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
