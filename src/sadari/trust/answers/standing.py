"""What the answers of all people come to: who said what of which text, what holds, and where two disagree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sadari.trust.answers.journal import Answer


@dataclass
class Standing:
    """One person's answers that stand, by `key_of` their texts, in the order in which they came.

    Attributes:
        answers: what stands of each text: its last answer that was not taken back.
        decided: what this person decided where people disagreed, having seen what they said.
        labels: the list of labels, as this person left it; None: they changed nothing.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    decided: dict[str, Answer] = field(default_factory=dict)
    labels: dict[str, str] | None = None
    _done: list[tuple[dict[str, Answer], str, Answer | None]] = field(default_factory=list, repr=False)

    @classmethod
    def of(cls, answers: Iterable[Answer]) -> Standing:
        """What a journal comes to."""
        standing = cls()
        for answer in answers:
            standing.add(answer)
        return standing

    def add(self, answer: Answer) -> None:
        """One answer more."""
        if answer.labels is not None:
            self.labels = dict(answer.labels)
        elif answer.did != "undo":
            key, place = key_of(answer.text), self.decided if answer.did == "settle" else self.answers
            self._done.append((place, key, place.pop(key, None)))
            place[key] = answer
        elif self._done:
            place, key, before = self._done.pop()
            place.pop(key)
            if before is not None:
                place[key] = before

    @property
    def last(self) -> Answer | None:
        """What would be taken back."""
        return self._done[-1][0][self._done[-1][1]] if self._done else None


def key_of(text: str) -> str:
    """By what a text is known: itself, without white space around it."""
    return text.strip()


@dataclass(frozen=True)
class Disagreement:
    """A text to which people gave different labels, and nobody has decided yet.

    Attributes:
        key: of the text.
        said: name of a person → label; None: "not in this list".
    """

    key: str
    said: Mapping[str, str | None]


def settled(standings: Mapping[str, Standing]) -> dict[str, Answer]:
    """What holds: of each text what somebody decided last, else what all say who answered.

    Args:
        standings: of all people, by name.
    """
    found = {}
    for key, given in _by_text(standings).items():
        decided = [standing.decided[key] for standing in standings.values() if key in standing.decided]
        if decided:
            found[key] = max(decided, key=lambda answer: answer.at)
        elif len({answer.label for answer in given.values()}) == 1:
            found[key] = next(iter(given.values()))
    return found


def disagreements(standings: Mapping[str, Standing]) -> list[Disagreement]:
    """Texts about which people disagree, in the order in which they were answered first."""
    held = settled(standings)
    return [
        Disagreement(key, {name: answer.label for name, answer in given.items()})
        for key, given in _by_text(standings).items()
        if key not in held
    ]


def both_answered(first: Standing, second: Standing) -> tuple[list[str], list[str]]:
    """The labels of the texts that two people answered, each by themselves ("": none of the list)."""
    pairs = [
        (answer.label or "", second.answers[key].label or "")
        for key, answer in first.answers.items()
        if key in second.answers and "skip" not in (answer.did, second.answers[key].did)
    ]
    return [one for one, _ in pairs], [other for _, other in pairs]


def _by_text(standings: Mapping[str, Standing]) -> dict[str, dict[str, Answer]]:
    """Key of a text → who said what of it; who skipped it has said nothing."""
    found: dict[str, dict[str, Answer]] = {}
    for name, standing in standings.items():
        for key, answer in standing.answers.items():
            if answer.did != "skip":
                found.setdefault(key, {})[name] = answer
    return found
