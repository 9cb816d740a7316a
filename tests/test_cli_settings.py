"""``--set``: every setting of every rung can be given as text, and comes out as what it is."""

import pytest

from sadari.cli.options import parse_delimiter, parse_duration, parse_names
from sadari.cli.settings import parse_settings, show_settings
from sadari.errors import SettingError
from sadari.rungs import RUNGS

TFIDF, BAG = RUNGS["tfidf"], RUNGS["embedding-bag"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("C=0.3", 0.3),
        ("C=1e-3", 1e-3),
        ("C=none", None),
        ("ngram_range=1,3", (1, 3)),
        ("ngram_range=(1, 3)", (1, 3)),
        ("min_df=2", 2),
        ("max_df=0.5", 0.5),
        ("max_df=1", 1.0),
        ("max_features=none", None),
        ("sublinear_tf=no", False),
        ("binary=True", True),
        ("norm=none", None),
        ("norm=l1", "l1"),
        ("class_weight=balanced", "balanced"),
        ("class_weight=Sports=2,Sci/Tech=0.5", {"Sports": 2.0, "Sci/Tech": 0.5}),
        ("class_weight=a=b=2", {"a=b": 2.0}),
        ("solver=adam", "adam"),
    ],
)
def test_values_have_the_type_of_the_setting(text, value):
    name = text.partition("=")[0]
    found = parse_settings(TFIDF, [text], {})
    assert found == {name: value}
    assert type(found[name]) is type(value)
    TFIDF(**found)


@pytest.mark.parametrize(
    ("rung", "text", "said"),
    [
        (TFIDF, "c=1", "did you mean 'C'"),
        (TFIDF, "width=3", "it has: tokenizer, ngram_range"),
        (BAG, "ngram_range=1,2", "no setting 'ngram_range'"),
        (TFIDF, "C=many", "it must be a number or none"),
        (TFIDF, "min_df=1.5", "it must be a whole number"),
        (TFIDF, "ngram_range=1", "2 values such as 1,2"),
        (TFIDF, "ngram_range=1,2,3", "2 values such as 1,2"),
        (TFIDF, "binary=maybe", "true or false"),
        (TFIDF, "C", "name=value"),
        (TFIDF, "=3", "name=value"),
    ],
)
def test_what_cannot_be_says_what_can(rung, text, said):
    with pytest.raises(SettingError, match=r"(?s).*") as caught:
        parse_settings(rung, [text], {})
    assert said in str(caught.value)


def test_options_of_their_own_count_too_and_nothing_is_given_twice():
    assert parse_settings(TFIDF, [], {"epochs": "3", "solver": None, "seed": 7}) == {"epochs": 3, "seed": 7}
    with pytest.raises(SettingError, match="twice"):
        parse_settings(TFIDF, ["epochs=4"], {"epochs": "3"})
    with pytest.raises(SettingError, match="'solver'"):
        parse_settings(BAG, [], {"solver": "adam"})


@pytest.mark.parametrize("rung", RUNGS.values(), ids=RUNGS)
def test_what_is_shown_can_be_given(rung):
    """The settings line of a training is made of words that ``--set`` takes."""
    settings = {name: value for name, value in rung().resolved_settings().items() if value not in (None, False, 0)}
    shown = show_settings(settings).split(" · ")
    assert parse_settings(rung, [part.replace(" ", "=", 1) for part in shown], {}) == settings


@pytest.mark.parametrize(
    ("text", "seconds"), [(None, None), ("90", 90), ("90s", 90), ("10m", 600), ("10 min", 600), ("1.5h", 5400)]
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "-1m", "0", "1d", "1m30s", "nan", "١m"])
def test_what_is_no_duration(text):
    with pytest.raises(SettingError):
        parse_duration(text)


def test_lists_and_delimiters():
    assert parse_names(None) is None
    assert parse_names(" bow, tfidf,") == ["bow", "tfidf"]
    assert [parse_delimiter(text) for text in ("\\t", "tab", ";", None)] == ["\t", "\t", ";", None]
