"""What reports and verdicts say, in each language: one table of sentences, filled in with numbers and names.

A sentence never bends a name (no particle is glued to a rung or a label), so any name fits in any language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sadari.errors import SettingError
from sadari.measure import readable


@dataclass(frozen=True)
class Wording:
    """The sentences of one language."""

    lang: str
    sentences: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """Fill in the sentence ``key``; values are inserted as they are and never read as a sentence."""
        return self.sentences[key].format(**values)

    def time_ratio(self, ratio: float) -> str:
        """``12`` → "12 times the time a text", ``0.3`` → "30 % of the time a text"."""
        return self._ratio("time", ratio)

    def training_ratio(self, ratio: float) -> str:
        """``40`` → "40 times the training time", ``0.3`` → "30 % of the training time"."""
        return self._ratio("training", ratio)

    def _ratio(self, what: str, ratio: float) -> str:
        if 1 / 1.1 < ratio < 1.1:
            return self.sentences[f"{what}_same"]
        if ratio < 1:
            return self.say(f"{what}_share", percent=readable.times(100 * ratio))
        return self.say(f"{what}_times", times=readable.times(ratio))


def wording(lang: str) -> Wording:
    """The sentences of ``"en"`` or ``"ko"``.

    Raises:
        SettingError: another language.
    """
    if lang not in LANGUAGES:
        raise SettingError(f"no language {lang!r}", hint=f"take one of {', '.join(LANGUAGES)}")
    return Wording(lang, _SENTENCES[lang])


_ENGLISH = {
    # The verdict
    "verdict_only": "Take {rung}: it is the only rung that was trained, so there is nothing to compare it "
    "with ({accuracy} % on {rows} validation rows).",
    "verdict_best_and_cheapest": "Take {rung}: it is the most accurate on the {rows} validation rows "
    "({accuracy} %), and none is clearly cheaper.",
    "verdict_best": "Take {rung}: it is the most accurate on the {rows} validation rows ({accuracy} %), and "
    "every cheaper rung is significantly worse.",
    "verdict_cheapest": "Take {rung}: it is the cheapest rung that is not significantly worse than the best "
    "on the {rows} validation rows ({accuracy} %, against {best_accuracy} % for {best}).",
    "verdict_closest_cheaper": "Of the cheaper ones {rung} comes closest: {loss} ± {half} points less ({p}) "
    "for {time}.",
    "verdict_buys": "{rung} would buy {gain} ± {half} points ({p}) for {time} and {training}.",
    "verdict_buys_by_chance": "{rung} would buy {gain} ± {half} points, which may be chance ({p}), for "
    "{time} and {training}.",
    "verdict_telling": "With {rows} validation rows, differences under about {points} points cannot be told "
    "apart.",
    "verdict_too_few": "{rows} validation rows are too few to tell any two rungs apart.",
    "verdict_hides": "{rung} could still be up to {points} points better.",
    "verdict_majority": "But always answering the most frequent label would be right in {share} % of them, "
    "and {rung} is not clearly better than that ({p}): there may be nothing to learn here, or too few rows "
    "to learn it from.",
    "time_same": "about the same time a text",
    "time_share": "{percent} % of the time a text",
    "time_times": "{times} times the time a text",
    "training_same": "about the same training time",
    "training_share": "{percent} % of the training time",
    "training_times": "{times} times the training time",
}

_KOREAN = {
    "verdict_only": "{rung} 단계를 쓰세요. 학습한 단계가 하나뿐이라 비교할 대상이 없습니다(검증 {rows}건에서 "
    "{accuracy} %).",
    "verdict_best_and_cheapest": "{rung} 단계를 쓰세요. 검증 {rows}건에서 가장 정확하고({accuracy} %), "
    "비용이 뚜렷이 더 적은 단계도 없습니다.",
    "verdict_best": "{rung} 단계를 쓰세요. 검증 {rows}건에서 가장 정확하고({accuracy} %), 비용이 더 적은 "
    "단계는 모두 유의하게 떨어집니다.",
    "verdict_cheapest": "{rung} 단계를 쓰세요. 검증 {rows}건에서 최고 단계보다 유의하게 떨어지지 않는 단계 "
    "가운데 비용이 가장 적습니다({accuracy} %, 최고인 {best} 단계는 {best_accuracy} %).",
    "verdict_closest_cheaper": "비용이 더 적은 단계 중에서는 {rung} 단계가 가장 가깝습니다: {time}에 {loss} "
    "± {half} %p 낮습니다({p}).",
    "verdict_buys": "{rung} 단계로 올라가면 {time}, {training}을 들여 {gain} ± {half} %p를 얻습니다({p}).",
    "verdict_buys_by_chance": "{rung} 단계로 올라가면 {time}, {training}을 들여 {gain} ± {half} %p를 얻지만, "
    "우연일 수 있습니다({p}).",
    "verdict_telling": "검증 {rows}건으로는 약 {points} %p보다 작은 차이를 가려낼 수 없습니다.",
    "verdict_too_few": "검증 {rows}건은 어느 두 단계의 차이를 가려내기에도 너무 적습니다.",
    "verdict_hides": "{rung} 단계가 실제로는 최대 {points} %p까지 더 나을 수도 있습니다.",
    "verdict_majority": "다만 가장 흔한 레이블만 답해도 그중 {share} %는 맞고, {rung} 단계는 그보다 뚜렷이 "
    "낫지 않습니다({p}). 배울 것이 없거나, 배우기에 행이 너무 적을 수 있습니다.",
    "time_same": "한 건당 거의 같은 시간",
    "time_share": "한 건당 {percent} %의 시간",
    "time_times": "한 건당 {times}배의 시간",
    "training_same": "거의 같은 학습 시간",
    "training_share": "{percent} %의 학습 시간",
    "training_times": "{times}배의 학습 시간",
}

_SENTENCES = MappingProxyType({"en": MappingProxyType(_ENGLISH), "ko": MappingProxyType(_KOREAN)})
LANGUAGES = tuple(_SENTENCES)
