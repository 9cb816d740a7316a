"""Repeated and nearly repeated texts, against brute force; and what the characters of a column show."""

from __future__ import annotations

import itertools
import os
import random
import time
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sadari.data.audit import characters, duplicates
from sadari.data.audit.characters import code_points, histogram, odd_characters, pieces, script_of, script_shares
from sadari.data.audit.duplicates import first_rows, fold, near_pairs, shingle_width, shingles
from written import written

SOME = st.text(alphabet="aAbB é\u0065\u0301\t\n\u3000가\u1100\u1161İß.", max_size=12)
WORDS = ["market", "coach", "rocket", "treaty", "bank", "goal", "chip", "vote", "oil", "team"]
WORDS += ["web", "army", "fund", "cup", "robot", "peace", "rate", "win", "code", "war"]


def strings(values: list[str]) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def runs(text: str, width: int) -> set[str]:
    return {text[start : start + width] for start in range(len(text) - width + 1)}


def jaccard(a: str, b: str, width: int) -> float:
    first, second = runs(a, width), runs(b, width)
    return len(first & second) / len(first | second)


def family(rng: random.Random, members: int) -> list[str]:
    """A text and copies of it with more and more words changed."""
    words = rng.choices(WORDS, k=25)
    out = [" ".join(words)]
    for _ in range(members - 1):
        words = list(words)
        words[rng.randrange(len(words))] = rng.choice(WORDS)
        out.append(" ".join(words))
    return out


@given(st.lists(SOME, max_size=12))
def test_fold_equals_its_definition_and_is_its_own_fixed_point(texts):
    folded = fold(strings(texts))
    assert folded.to_list() == [" ".join(unicodedata.normalize("NFC", text.lower()).split()) for text in texts]
    assert fold(folded).to_list() == folded.to_list()


def test_fold_takes_missing_texts_as_empty():
    assert fold(pl.Series([None, "  "], dtype=pl.String)).to_list() == ["", ""]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", None]))))
def test_first_rows_are_those_of_a_dictionary(rows):
    seen: dict[tuple[str, str | None], int] = {}
    expected = [seen.setdefault(row, index) for index, row in enumerate(rows)]
    found = first_rows(strings([a for a, _ in rows]), pl.Series([b for _, b in rows], dtype=pl.String))
    assert found.tolist() == expected


@given(st.lists(SOME, max_size=8), st.sampled_from([3, 5]))
def test_two_shingles_have_one_hash_exactly_when_they_are_one_run_of_characters(texts, width):
    hashes, offsets = shingles(strings(texts), width)
    expected = [text[start : start + width] for text in texts for start in range(len(text) - width + 1)]
    assert np.diff(offsets).tolist() == [max(len(text) - width + 1, 0) for text in texts]
    assert len(hashes) == len(expected)
    assert len(set(zip(hashes.tolist(), expected, strict=True))) == len(set(expected)) == len(set(hashes.tolist()))


@pytest.mark.parametrize("seed", range(5))
def test_near_pairs_are_those_of_brute_force(seed):
    rng = random.Random(seed)
    texts = list(dict.fromkeys(itertools.chain.from_iterable(family(rng, 4) for _ in range(60))))
    found = near_pairs(strings(texts), width=5, seed=seed)
    pairs = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    truth = {
        (a, b): similarity
        for a, b in itertools.combinations(range(len(texts)), 2)
        if (similarity := jaccard(texts[a], texts[b], 5)) >= 0.8
    }
    assert len(truth) > 50
    assert pairs == sorted(pairs)
    assert set(pairs) <= set(truth)
    assert found.similarity.tolist() == pytest.approx([truth[pair] for pair in pairs])
    assert len(pairs) >= 0.98 * len(truth)
    assert found.notes == ()


def test_the_same_seed_finds_the_same_pairs():
    rng = random.Random(1)
    texts = strings(list(dict.fromkeys(itertools.chain.from_iterable(family(rng, 5) for _ in range(40)))))
    once, again = (near_pairs(texts, width=5, seed=7) for _ in range(2))
    assert once.first.tolist() == again.first.tolist()
    assert once.second.tolist() == again.second.tolist()


@pytest.mark.parametrize(
    "texts", [[], ["one text alone"], ["ab", "abc"], ["", "x"], ["가나다라마바사", "전혀 다른 문장"]]
)
def test_there_may_be_nothing_to_compare(texts):
    assert len(near_pairs(strings(texts), width=5).first) == 0


def test_a_template_repeated_thousands_of_times_is_found_without_comparing_all_with_all():
    texts = strings([f"dear customer your parcel number {i:05} is on its way to you, thank you" for i in range(20_000)])
    start = time.process_time()
    found = near_pairs(texts, width=5)
    assert time.process_time() - start < 20  # all with all would be 200 million pairs
    assert len(np.unique(found.second)) > 0.99 * (len(texts) - 1)


def test_past_a_limit_a_sample_is_searched_and_that_is_said(monkeypatch):
    rng = random.Random(2)
    texts = list(dict.fromkeys(itertools.chain.from_iterable(family(rng, 2) for _ in range(200))))
    monkeypatch.setattr(duplicates, "MAX_TEXTS", 100)
    prefer = np.arange(len(texts)) >= len(texts) - 60
    found = near_pairs(strings(texts), width=5, prefer=prefer)
    assert f"among 100 of {len(texts)} texts" in " ".join(written(found.notes))
    last = len(texts) - 60
    whole = near_pairs(strings(texts[last:]), width=5)  # the preferred ones are all still compared
    kept = [(a - last, b - last) for a, b in zip(found.first, found.second, strict=True) if a >= last]
    assert kept == list(zip(whole.first, whole.second, strict=True))
    monkeypatch.setattr(duplicates, "MAX_CHARACTERS", 1_000)
    assert "chosen at random" in " ".join(written(near_pairs(strings(texts), width=5).notes))
    monkeypatch.undo()
    monkeypatch.setattr(duplicates, "MAX_PAIR_CHARACTERS", 3_000)
    limited = near_pairs(strings(texts), width=5)
    assert "similar pairs were compared" in " ".join(written(limited.notes))
    assert 0 < len(limited.first) < 20
    monkeypatch.undo()
    monkeypatch.setattr(duplicates, "MAX_LENGTH", 10)
    assert len(near_pairs(strings(texts), width=5).first) == 0


@pytest.mark.data
def test_no_near_duplicate_of_ag_news_is_missed():
    path = Path(os.environ.get("SADARI_DATA", "")) / "ag_news" / "test.csv"
    if not os.environ.get("SADARI_DATA") or not path.is_file():
        pytest.skip("SADARI_DATA is not set, or has no ag_news/test.csv")
    frame = pl.read_csv(path, has_header=False, new_columns=["class", "title", "text"], infer_schema=False)
    texts = fold(frame["title"] + " " + frame["text"]).unique(maintain_order=True).head(4_000)
    hashes, offsets = shingles(texts, 5)
    _, ids = np.unique(hashes, return_inverse=True)
    sets = sparse.csr_matrix((np.ones(len(ids)), ids, offsets))
    sets.sum_duplicates()
    sets.data[:] = 1
    common = (sets @ sets.T).tocoo()  # all pairs, exactly
    sizes = np.diff(sets.indptr)
    similarity = common.data / (sizes[common.row] + sizes[common.col] - common.data)
    near = (common.row < common.col) & (similarity >= 0.8)
    truth = set(zip(common.row[near].tolist(), common.col[near].tolist(), strict=True))
    found = near_pairs(texts, width=5)
    assert len(truth) > 5
    assert set(zip(found.first.tolist(), found.second.tolist(), strict=True)) == truth


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), max_size=10))
def test_the_histogram_is_that_of_a_counter(texts):
    counted = histogram(strings(texts))
    expected = Counter("".join(texts))
    assert dict(zip(counted.characters(), counted.counts.tolist(), strict=True)) == dict(expected)
    assert "".join(map(chr, code_points(strings(texts)).tolist())) == "".join(texts)


@given(st.lists(st.integers(0, 9)), st.integers(1, 20))
def test_pieces_are_in_order_cover_all_and_keep_to_the_limit(lengths, limit):
    cut = list(pieces(np.array(lengths, np.int64), limit))
    assert [row for piece in cut for row in range(len(lengths))[piece]] == list(range(len(lengths)))
    for piece in cut:
        assert sum(lengths[piece]) <= limit or piece.stop - piece.start == 1


def test_a_column_of_many_pieces_is_counted_like_one(monkeypatch):
    texts = strings(["한글과 letters", "и ещё", "", "z" * 50] * 5)
    whole = histogram(texts)
    monkeypatch.setattr(characters, "PIECE", 7)
    cut = histogram(texts)
    assert cut.points.tolist() == whole.points.tolist()
    assert cut.counts.tolist() == whole.counts.tolist()


@pytest.mark.parametrize(
    ("character", "script"),
    [
        ("a", "Latin"),
        ("É", "Latin"),
        ("ß", "Latin"),
        ("Ａ", "Latin"),
        ("Я", "Cyrillic"),
        ("ω", "Greek"),
        ("한", "Hangul"),
        ("ㄱ", "Hangul"),
        ("漢", "Han"),
        ("ひ", "Hiragana"),
        ("カ", "Katakana"),
        ("ｶ", "Katakana"),
        ("ع", "Arabic"),
        ("ש", "Hebrew"),
        ("ก", "Thai"),
        ("क", "Devanagari"),
        ("ा", "Devanagari"),
        ("𝐀", "Other"),
        ("1", None),
        (" ", None),
        ("!", None),
        ("\u0301", None),
        ("🙂", None),
        ("\ue000", None),
    ],
)
def test_scripts_of_letters(character, script):
    assert script_of(character) == script


def test_shares_are_of_letters_alone_and_the_largest_comes_first():
    shares = script_shares(histogram(strings(["abc 123", "가나다라마 !!!", "я"])))
    assert list(shares) == ["Hangul", "Latin", "Cyrillic"]
    assert list(shares.values()) == pytest.approx([5 / 9, 3 / 9, 1 / 9])
    assert script_shares(histogram(strings(["12", ""]))) == {}
    assert (shingle_width(shares), shingle_width({"Latin": 1.0}), shingle_width({})) == (3, 5, 5)


ODD = {
    "replacement character": (["a\ufffdb"], ["a?b"]),
    "wrongly decoded": (["itâ€™s", "cafÃ©", "Â£5", "占쏙옙"], ["château", "Ãngulo", "SÃO", "占領"]),
    "control character": (["a\x00", "\x1b[31m", "a\u0085b"], ["a\tb\nc\r"]),
    "private-use character": (["\ue000", "\U000f0000"], ["\ufffc"]),
    "invisible character": (
        ["a\u200bb", "\ufeffa", "\u202eabc", "soft\u00adhyphen"],
        ["می\u200cخواهم", "👩\u200d🚀"],
    ),
    "HTML entity": (
        ["&lt;b&gt;", "it #39;s", "&#x27;", " quot;yes quot;", "AT&amp;T"],
        ["a; b", "AT&T; x", "#5; 1", "salt;"],
    ),
    "HTML tag": (["<b>x</b>", '<a href="x">'], ["1 < 2 > 0", "i <3 u"]),
    "backslash": (["second\\team"], ["a/b"]),
    "not NFC": (["e\u0301", "\u1112\u1161\u11ab"], ["é", "한", "q\u0301"]),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_characters_are_found_and_ordinary_ones_are_not(kind):
    odd, ordinary = ODD[kind]
    texts = strings([*odd, *ordinary])
    found = odd_characters(texts, histogram(texts))
    assert found[kind].to_list() == [True] * len(odd) + [False] * len(ordinary)
    assert kind not in odd_characters(strings(ordinary), histogram(strings(ordinary)))


@pytest.mark.parametrize(
    "seed", ["<a", "&a", "&#", "#1", "&amp", "Ã", "\u200b", "\\", " \t", "<" + "a" * 199, "&" + "a" * 31]
)
def test_no_pattern_is_slow_on_a_hostile_megabyte(seed):
    text = strings([(seed * (1_000_000 // len(seed)))])
    counted = histogram(text)
    fold(text), odd_characters(text, counted)  # the patterns are compiled at their first use
    start = time.process_time()
    odd_characters(text, counted)
    fold(text)
    assert time.process_time() - start < 3  # nine patterns and the folding, 0.05 s each; by the square it is hours


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6))
def test_any_text_at_all_can_be_looked_at(texts):
    column = strings(texts)
    folded = fold(column).unique(maintain_order=True)
    odd_characters(column, histogram(column))
    for width in (3, 5):
        near_pairs(folded.filter(folded != ""), width=width)
