"""What a net does inside, and the picture of it."""

import warnings

import numpy as np
import polars as pl
import pytest
import torch
from matplotlib import font_manager
from matplotlib.figure import Figure

from sadari.errors import DataError, SadariWarning, SettingError
from sadari.plots.activations import draw_activations
from sadari.plots.picture import FONTS, write_picture
from sadari.rungs import GRU, LSTM, RNN, BagOfWords, BiLSTM, Transformer

TEXTS = ["the cat sat on the mat", "a dog ran in the park", "the cat ate the fish", "a dog bit a man"] * 4
LABELS = ["cat", "dog", "cat", "dog"] * 4
QUICK = {"epochs": 1, "min_freq": 1, "embed_dim": 8}


def test_attention_is_the_shares_of_every_layer_and_head():
    model = Transformer(**QUICK, heads=2, layers=2, pooling="class").fit(TEXTS, LABELS)
    found = model.activations("the cat sat")
    assert found.tokens == ["<class>", "the", "cat", "sat"]
    assert list(found.panels) == ["layer 1", "layer 2"]
    for weights in found.panels.values():
        assert weights.shape == (2, 4, 4)
        assert np.allclose(weights.sum(axis=-1), 1, atol=1e-5)


def test_layer_and_head_one_word_and_special_tokens():
    model = Transformer(**QUICK, heads=2, layers=2, pooling="class").fit(TEXTS, LABELS)
    found = model.activations("the cat sat")
    assert np.array_equal(found.matrix(2, 1), found.panels["layer 2"][0])
    assert np.allclose(found.matrix(1), found.panels["layer 1"].mean(axis=0))
    shares = found.attends("cat", 2, 1)
    assert [token for token, _ in shares] == found.tokens
    assert [share for _, share in shares] == found.panels["layer 2"][0, 2].tolist()
    assert found.attends(2, 2, 1) == shares
    bare = found.without_special()
    assert bare.tokens == ["the", "cat", "sat"]
    assert np.array_equal(bare.matrix(2, 1), found.matrix(2, 1)[1:, 1:])
    for wrong in ({"layer": 3}, {"layer": 0}, {"layer": 1, "head": 3}):
        with pytest.raises(SettingError, match=next(reversed(wrong))):
            found.matrix(**wrong)
    with pytest.raises(SettingError, match=r"no token 'dog'(.|\n)*<class>, the, cat, sat"):
        found.attends("dog", 1)
    with pytest.raises(SettingError, match="no attention"):
        LSTM(**QUICK, hidden=4).fit(TEXTS, LABELS).activations("the cat").matrix(1)


@pytest.mark.parametrize("rung", [RNN, GRU, LSTM, BiLSTM])
def test_gates_lead_to_the_states_that_the_net_computes(rung):
    model = rung(**QUICK, hidden=4).fit(TEXTS, LABELS)
    found = model.activations("the cat ate the fish")
    ids = torch.from_numpy(model.encode(pl.Series(["the cat ate the fish"])).values.astype(np.int64))
    with torch.inference_mode():
        embedded = model.net_.embed(ids.unsqueeze(0))
        states, _ = model.net_.recurrent(embedded, torch.tensor([5]))
    shown = np.concatenate([found.panels[name] for name in found.panels if name.endswith("hidden")], axis=1)
    assert np.allclose(shown, states[0].numpy(), atol=1e-6)
    gates = {RNN: (), GRU: ("reset", "update")}.get(rung, ("input", "forget", "output"))
    for gate in gates:
        assert ((found.panels[gate] > 0) & (found.panels[gate] < 1)).all()
    if rung is GRU:  # Cho et al. (2014), as torch has it: the update gate says how much of the old state is kept
        kept, new, hidden = (found.panels[name] for name in ("update", "candidate", "hidden"))
        before = np.vstack([np.zeros((1, 4)), hidden[:-1]])
        assert np.allclose(hidden, (1 - kept) * new + kept * before, atol=1e-6)
    figure = draw_activations(found)
    assert len(figure.axes) >= len(found.panels)


@pytest.mark.filterwarnings("ignore:no font here")  # boxes are the same each time, too
@pytest.mark.parametrize("ending", [".svg", ".png", ".pdf"])
def test_pictures_are_written_the_same_each_time(tmp_path, ending):
    for model in (LSTM(**QUICK, hidden=4), Transformer(**QUICK, heads=2)):
        found = model.fit(TEXTS, LABELS).activations("the <b> cat $x^2$ 영화")
        first = draw_activations(found, tmp_path / f"one{ending}").read_bytes()
        assert draw_activations(found, tmp_path / f"two{ending}").read_bytes() == first
        assert len(first) > 1_000
        if ending == ".svg":
            assert b"<b>" not in first


def test_what_cannot_be_drawn_is_said(tmp_path):
    assert BagOfWords().fit(TEXTS, LABELS).activations("the cat") is None
    model = LSTM(**QUICK, hidden=4).fit(TEXTS, LABELS)
    with pytest.raises(DataError, match="no token"):
        model.activations("  ")
    with pytest.raises(SettingError, match="gif"):
        draw_activations(model.activations("the cat"), tmp_path / "x.gif")
    with pytest.raises(DataError, match="too many to draw"):
        draw_activations(model.activations("the cat " * 50), tmp_path / "x.png")


@pytest.fixture
def old_font_list(monkeypatch):
    """What matplotlib's cache says of a machine on which fonts were installed since."""
    manager = font_manager.fontManager
    monkeypatch.setattr(manager, "ttflist", [entry for entry in manager.ttflist if entry.name == "DejaVu Sans"])
    font_manager.fontManager._findfont_cached.cache_clear()
    font_manager._get_fontconfig_fonts.cache_clear()


def draw_korean(path):
    def draw():
        figure = Figure()
        figure.text(0.5, 0.5, "사랑", weight="bold")
        return figure

    return write_picture(path, draw)


def test_fonts_that_came_after_matplotlibs_list_are_found(tmp_path, old_font_list, caplog):
    names = {font_manager.get_font(file).family_name for file in font_manager.findSystemFonts()}
    if not names & set(FONTS[1:]):
        pytest.skip("no font with Hangul is installed here")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_korean(tmp_path / "a.png")
    assert caplog.records == []


def test_boxes_in_place_of_letters_are_said(tmp_path, old_font_list, monkeypatch):
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    with pytest.warns(SadariWarning, match="no font here has 사 랑: boxes stand for them"):
        draw_korean(tmp_path / "a.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_korean(tmp_path / "a.svg")  # letters stay letters
    assert "사랑" in (tmp_path / "a.svg").read_text(encoding="utf-8")
