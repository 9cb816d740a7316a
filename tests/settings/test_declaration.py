"""A setting is declared once, on the constructor: with its type, what it may be, and what a search tries of it."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from sadari.errors import SettingError
from sadari.generation.generator import Generator
from sadari.pretraining.bert import Bert
from sadari.rungs import RUNGS
from sadari.settings.declaration import check_settings, search_space, settings_of, values_of
from sadari.settings.limits import Choice, Flag, Number, Whole
from sadari.settings.search import LogNumber, OneOf, Tried, suggest
from sadari.settings.shared import ClassWeight, ClassWeights, Epochs
from sadari.translation.translator import Translator


class Written:
    """One whose constructor is written out."""

    def __init__(
        self,
        model: Any = None,
        *,
        width: Annotated[int, Whole(1, 8)] = 4,
        epochs: Epochs | None = None,
        share: Annotated[float, Number(0, 1), Tried(LogNumber(0.1, 1))] = 0.5,
        plain: bool = True,
        class_weight: ClassWeight | None = None,
    ) -> None:
        self.model, self.width, self.epochs, self.share = model, width, epochs, share
        self.plain, self.class_weight = plain, class_weight


@dataclass(kw_only=True)
class Fields:
    """One that is a dataclass."""

    width: Annotated[int, Whole(1, 8), Tried(Whole(1, 4))] = 4
    net: Annotated[str, Choice(("bag", "lstm"))] = "bag"


@dataclass(kw_only=True)
class Wider(Fields):
    """Another default, and another search."""

    width: Annotated[int, Tried(OneOf((2, 8)))] = 8
    net: str = "lstm"


def test_types_limits_and_none_are_read_from_the_constructor():
    found = settings_of(Written)
    assert list(found) == ["width", "epochs", "share", "plain", "class_weight"]  # a model is no setting
    assert found["width"].limit == Whole(1, 8)
    assert found["width"].types == (int,)
    assert not found["width"].optional
    assert found["epochs"].limit == Whole(1, 10_000)
    assert (found["epochs"].optional, found["epochs"].default) == (True, None)
    assert found["plain"].limit == Flag()
    assert found["class_weight"].types == (str, Mapping[Any, float])
    assert found["class_weight"].limit == ClassWeights()
    assert search_space(Written) == {"share": LogNumber(0.1, 1)}


def test_what_is_declared_again_keeps_what_is_not_said_again():
    found = settings_of(Wider)
    assert (found["width"].default, found["width"].limit, found["width"].tried) == (8, Whole(1, 8), OneOf((2, 8)))
    assert (found["net"].default, found["net"].limit) == ("lstm", Choice(("bag", "lstm")))
    assert settings_of(Fields)["width"].tried == Whole(1, 4)
    assert values_of(Wider(net="bag")) == {"width": 8, "net": "bag"}


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Written(width=9), r"width is 9\n.*it must be a whole number from 1 to 8"),
        (Written(width=None), "width is None"),
        (Written(epochs=0), r"epochs is 0\n.*to 10,000, or None"),
        (Written(share=float("nan")), "share is nan"),
        (Written(plain=None), "plain is None"),
        (Written(class_weight={"spam": -1}), "class_weight is"),
        (Wider(net="tree"), r"net is 'tree'\n.*one of bag, lstm"),
    ],
)
def test_what_is_out_of_its_range_is_refused_with_its_name(model, said):
    with pytest.raises(SettingError, match=said):
        check_settings(model)


def test_what_is_in_its_range_is_taken():
    for model in (Written(), Written(model=object(), epochs=7, class_weight="balanced"), Fields(), Wider()):
        check_settings(model)


KINDS = [*RUNGS.values(), Generator, Translator, Bert]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_parameter_is_a_setting_and_its_default_may_be(kind):
    found = settings_of(kind)
    assert list(found) == list(inspect.signature(kind).parameters)
    for name, setting in found.items():
        assert (setting.default is None and setting.optional) or setting.limit.allows(setting.default), name


class Ends:
    """What an Optuna trial is asked for, answered by one end of it."""

    def __init__(self, end: int) -> None:
        self.end = end

    def suggest_int(self, name: str, *ends: int) -> int:
        return ends[self.end]

    def suggest_float(self, name: str, *ends: float, log: bool) -> float:
        return ends[self.end]

    def suggest_categorical(self, name: str, values: Any) -> Any:
        return values[self.end]


@pytest.mark.parametrize("kind", RUNGS.values(), ids=RUNGS)
@pytest.mark.parametrize("end", [0, -1])
def test_what_is_tried_may_be(kind, end):
    for name, space in search_space(kind).items():
        assert settings_of(kind)[name].limit.allows(suggest(Ends(end), name, space)), name
