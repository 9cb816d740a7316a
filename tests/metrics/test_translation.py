"""BLEU against sacreBLEU, and the picture of an alignment."""

import math

import numpy as np
import pytest
import sacrebleu

from sadari.errors import DataError, SettingError
from sadari.metrics.translation import score_translations, tokenised_bleu
from sadari.plots.alignment import draw_alignment
from sadari.translation.alignment import Alignment


def test_bleu_is_what_its_definition_says():
    """Papineni et al. 2002: 4 of 5 words, 2 of 4 pairs, 1 of 3 threes stand in the reference, and no four, which
    counts as half a hit of 2; 5 tokens for 6."""
    wanted = 100 * math.exp(1 - 6 / 5) * (4 / 5 * 2 / 4 * 1 / 3 * 0.5 / 2) ** 0.25
    assert tokenised_bleu(["The cat sat a mat"], ["the cat sat on the mat"]) == pytest.approx(wanted)


def test_scores_are_sacrebleus_with_its_signature():
    found = ["The cat sat on the mat.", "A dog, it's 3.5 years-old!", "", "same"]
    wanted = ["The cat sat on a mat.", "A dog; it is 3.5 years old.", "nothing here", "same"]
    scores = score_translations(found, wanted)
    assert scores.bleu == pytest.approx(sacrebleu.corpus_bleu(found, [wanted]).score)
    assert scores.chrf == pytest.approx(sacrebleu.corpus_chrf(found, [wanted]).score)
    assert scores.tokenised_bleu == pytest.approx(sacrebleu.corpus_bleu(found, [wanted], lowercase=True).score)
    assert scores.tokenised_bleu == tokenised_bleu(found, wanted)
    assert "tok:13a" in scores.bleu_signature
    assert "case:mixed" in scores.bleu_signature
    assert scores.exact == 25
    characters = score_translations(["나는 간다"], ["나는 온다"], tokenizer="char")
    assert characters.bleu > score_translations(["나는 간다"], ["나는 온다"]).bleu
    assert "tok:char" in characters.bleu_signature


def test_what_cannot_be_scored():
    for found, wanted in ((["a"], []), ([], []), (["a", "b"], ["a"])):
        with pytest.raises(SettingError):
            score_translations(found, wanted)
    with pytest.raises(SettingError, match="mecab"):
        score_translations(["a"], ["a"], tokenizer="mecab")
    assert score_translations([""], [""]).tokenised_bleu == 0


@pytest.mark.filterwarnings("ignore:no font here")
def test_a_picture_of_an_alignment(tmp_path):
    found = Alignment(["나는", "우유를", "$x$", "</s>"], ["I", "drink", "</s>"], np.full((3, 4), 0.25))
    for name in ("a.svg", "a.png", "a.pdf"):
        draw_alignment(found, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert all(word in svg for word in ("나는", "우유를", "$x$", "drink"))
    with pytest.raises(SettingError):
        draw_alignment(found, tmp_path / "a.gif")
    with pytest.raises(DataError):
        draw_alignment(Alignment(["a"] * 99, ["b"], np.full((1, 99), 1 / 99)), tmp_path / "b.svg")
