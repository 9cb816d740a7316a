"""BLEU against sacreBLEU, and the picture of an alignment."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sadari.errors import DataError, SettingError
from sadari.metrics.bleu import corpus_bleu, tokens_13a
from sadari.metrics.translation import score_translations, tokenised_bleu
from sadari.plots.alignment import draw_alignment
from sadari.translation.alignment import Alignment

sacrebleu = pytest.importorskip("sacrebleu")

WORDS = st.lists(st.sampled_from(["the", "a", "cat", "sat", "on", "mat", "dog", ".", ",", "down"]), max_size=12)
PAIRS = st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=6)
TEXTS = st.text(st.sampled_from("ab1 .,-'\"&;/!?()é한\n_$"), max_size=40)


@settings(max_examples=200, deadline=None)
@given(PAIRS)
def test_bleu_is_sacrebleus(pairs):
    found, wanted = [one for one, _ in pairs], [other for _, other in pairs]
    theirs = sacrebleu.corpus_bleu(
        [" ".join(one) for one in found], [[" ".join(one) for one in wanted]], tokenize="none", force=True
    )
    ours = corpus_bleu(found, wanted)
    assert ours.score == pytest.approx(theirs.score, abs=1e-9)
    if theirs.score:
        assert ours.precisions == pytest.approx(theirs.precisions)
        assert ours.brevity_penalty == pytest.approx(theirs.bp)
    assert (ours.length, ours.reference_length) == (theirs.sys_len, theirs.ref_len)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_tokens_are_those_of_the_wmt_evaluations(text):
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

    assert tokens_13a(text) == Tokenizer13a()(text.rstrip()).split()
    assert tokens_13a(text, lowercase=True) == Tokenizer13a()(text.lower().rstrip()).split()


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
