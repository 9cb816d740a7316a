"""``--set``: every setting of every rung can be given as text, and comes out as what it is."""

import inspect
import json

import pytest
from rich.cells import cell_len

from cli_runs import run_badly, run_well
from sadari.cli.arguments.options import parse_delimiter, parse_duration, parse_names
from sadari.cli.arguments.settings import parse_settings, show_settings
from sadari.errors import SettingError
from sadari.rungs import RUNGS
from sadari.settings.declaration import settings_of

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
        (TFIDF, "width=3", "all that it has: sadari train --rung tfidf --settings"),
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


# -- every setting, listed --------------------------------------------------------------------------------

KINDS = [*(("train", "--rung", name) for name in RUNGS), ("generate", "train"), ("translate", "train"), ("pretrain",)]


def kind_of(command):
    from sadari.generation.generator import Generator
    from sadari.pretraining.bert import Bert
    from sadari.translation.translator import Translator

    if command[0] == "train":
        return RUNGS[command[-1]]
    return {"generate": Generator, "translate": Translator, "pretrain": Bert}[command[0]]


@pytest.mark.parametrize("command", KINDS, ids=" ".join)
def test_every_setting_is_listed_with_its_default_and_what_it_may_be(command):
    kind = kind_of(command)
    rows = json.loads(run_well(*command, "--settings", "--json").stdout)["settings"]
    assert [row["name"] for row in rows] == list(inspect.signature(kind).parameters)
    assert {row["name"]: row["default"] for row in rows if not isinstance(row["default"], list)} == {
        name: value
        for name, value in vars(kind()).items()
        if name in settings_of(kind) and not isinstance(value, tuple)
    }
    lines = run_well(*command, "--settings").stdout.splitlines()
    assert max(cell_len(line) for line in lines) <= 80
    for row in rows:
        [line] = [line for line in lines if line.split()[:1] == [row["name"]] and line.startswith("  ")]
        assert row["may_be"].split()[0] in line
    assert f"sadari {' '.join(command)} --set {rows[0]['name']}=" in lines[-1]


@pytest.mark.parametrize("command", KINDS, ids=" ".join)
def test_what_may_be_none_is_what_check_lets_be_none(command):
    kind = kind_of(command)
    for row in json.loads(run_well(*command, "--settings", "--json").stdout)["settings"]:
        if command[-1] in ("vectors", "bert") and row["name"] in ("vectors", "weights"):
            continue  # it cannot be checked without
        given = {**({"vectors": "f.txt"} if command[-1] == "vectors" else {}), row["name"]: None}
        check = kind(**given).check_settings if command[0] == "train" else kind(**given).check
        if row["may_be"].endswith("or none"):
            check()
        else:
            with pytest.raises(SettingError, match=row["name"]):
                check()


@pytest.mark.parametrize("command", [("train", "--rung", "bert"), ("generate", "train"), ("pretrain",)], ids=" ".join)
def test_a_slip_of_the_pen_gets_the_nearest_names_and_the_way_to_all(command, tmp_path):
    """The hint is short; the command that it names does what it says."""
    (tmp_path / "a.txt").write_text("a text")
    more = (tmp_path / "a.txt", "-o", tmp_path / "m")
    said = run_badly(*command, *more, "--set", "learnin_rate=1")
    assert "did you mean 'learning_rate'" in said
    assert len(said.splitlines()) == 2
    assert f"all that it has: sadari {' '.join(command)} --settings" in said
    assert "did you mean" not in run_badly(*command, *more, "--set", "nope=1")
    assert run_badly(*command, *more, "--set", "warmupp=1", "--set", "decay=linear").count("'warmup'") == 1


def test_settings_of_no_rung_are_not_listed():
    assert "--rung is missing" in run_badly("train", "--settings")
    assert "there is no rung 'nope'" in run_badly("train", "--rung", "nope", "--settings")
    assert "--settings" in run_well("train", "--help").stdout
