"""n-grams, exact and hashed, against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import text_reference as reference
from sadari.errors import SettingError
from sadari.ragged import Ragged
from sadari.text.ngrams import NO_PREFIX, NgramTable, hashed_ngrams, join_features, ngrams, settle_features
from sadari.text.table import MISSING, TokenTable, spread
from sadari.text.tokens.tokenize import tokenizer
from sadari.text.vocab import PADDING, UNKNOWN

VOCAB = 5
texts_of_ids = st.lists(st.lists(st.integers(-1, VOCAB - 1), max_size=9), max_size=7)
longests = st.integers(1, 4)
Gram = tuple[int, ...]


def grams_of(text: list[int], longest: int) -> list[Gram]:
    """By first word, then by length; none that an unknown word (-1) stands in."""
    found = [tuple(text[i : i + n]) for i in range(len(text)) for n in range(1, min(longest, len(text) - i) + 1)]
    return [gram for gram in found if -1 not in gram]


def as_tuples(table: NgramTable) -> list[Gram]:
    return [tuple(map(int, text.split())) for text in table.to_list([str(i) for i in range(VOCAB)])]


def learned(texts: list[list[int]], longest: int) -> NgramTable:
    table = NgramTable(longest)
    table.learn(Ragged.from_lists(texts), VOCAB)
    return table


# -- lists ------------------------------------------------------------------------------------------------


def test_course_example() -> None:
    tokens = tokenizer("basic_english").tokenize("An adorable little boy is spreading smiles")
    assert [len(ngrams(tokens, n)) for n in (1, 2, 3, 4)] == [7, 6, 5, 4]
    assert ngrams(tokens, 4)[0] == "an adorable little boy"
    assert ngrams(tokens, 8) == []
    with pytest.raises(SettingError, match="n is 0"):
        ngrams(tokens, 0)


def test_the_exact_table_has_the_course_example_too() -> None:
    tokens = tokenizer("basic_english")(["An adorable little boy is spreading smiles"])
    words = TokenTable()
    ids = words.learn(tokens)
    table = NgramTable(4)
    table.learn(Ragged(ids, tokens.offsets), len(words))
    assert np.bincount(table.orders()).tolist() == [0, 7, 6, 5, 4]


@pytest.mark.full_data
def test_one_and_two_grams_of_the_official_training_file() -> None:
    tokens = tokenizer("basic_english")(reference.official_ag_news_train())
    words = TokenTable()
    ids = words.learn(tokens)
    table = NgramTable(2)
    table.learn(Ragged(ids, tokens.offsets), len(words))
    assert len(table) + len((UNKNOWN, PADDING)) == 1_308_844  # the course counts torchtext's specials too


# -- exact ------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(texts=texts_of_ids, longest=longests, batch=st.integers(1, 7))
def test_the_table_numbers_ngrams_by_first_sight(texts: list[list[int]], longest: int, batch: int) -> None:
    table = NgramTable(longest)
    expected: dict[Gram, int] = {}
    for start in range(0, len(texts), batch):
        part = texts[start : start + batch]
        found = table.learn(Ragged.from_lists(part), VOCAB)
        ids = [[expected.setdefault(gram, len(expected)) for gram in grams_of(text, longest)] for text in part]
        assert found.to_lists() == ids
    assert as_tuples(table) == list(expected)
    assert table.orders().tolist() == [len(gram) for gram in expected]
    assert [table.words_of(i) for i in range(len(table))] == [list(gram) for gram in expected]


@settings(deadline=None)
@given(texts=texts_of_ids, others=texts_of_ids, longest=longests)
def test_looking_up_finds_the_known_and_leaves_out_the_rest(
    texts: list[list[int]], others: list[list[int]], longest: int
) -> None:
    table = learned(texts, longest)
    number = {gram: i for i, gram in enumerate(as_tuples(table))}
    # a longer n-gram is known only where its beginning is, as it is wherever it was learned
    expected = [[number[gram] for gram in grams_of(text, longest) if gram in number] for text in others]
    assert table.look_up(Ragged.from_lists(others)).to_lists() == expected


@settings(deadline=None)
@given(texts=texts_of_ids, longest=longests)
def test_the_table_is_made_again_from_its_pairs(texts: list[list[int]], longest: int) -> None:
    table = learned(texts, longest)
    again = NgramTable.of(table.pairs, longest, VOCAB)
    assert np.array_equal(again.pairs, table.pairs)
    more = [[0, 1, 2, 3, 4, 0, 1], *texts, [2, 2, 2]]
    assert again.look_up(Ragged.from_lists(more)).to_lists() == table.look_up(Ragged.from_lists(more)).to_lists()
    assert (
        again.learn(Ragged.from_lists(more), VOCAB).to_lists() == table.learn(Ragged.from_lists(more), VOCAB).to_lists()
    )


@settings(deadline=None)
@given(texts=texts_of_ids, longest=longests, data=st.data())
def test_kept_keeps_the_wanted_and_what_leads_to_them(
    texts: list[list[int]], longest: int, data: st.DataObject
) -> None:
    table = learned(texts, longest)
    grams = as_tuples(table)
    wanted = np.array(data.draw(st.lists(st.booleans(), min_size=len(grams), max_size=len(grams))), np.bool_)
    before = wanted.copy()
    kept, new_ids = table.kept(wanted, VOCAB)
    assert np.array_equal(wanted, before)
    chosen = {gram for gram, want in zip(grams, wanted.tolist(), strict=True) if want}
    needed = {gram[:n] for gram in chosen for n in range(1, longest + 1)}
    assert as_tuples(kept) == [gram for gram in grams if gram in needed]
    number = {gram: i for i, gram in enumerate(as_tuples(kept))}
    assert new_ids.tolist() == [number.get(gram, MISSING) for gram in grams]


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), longest=longests)
def test_the_table_grows_past_every_array(seed: int, longest: int) -> None:
    random = np.random.default_rng(seed)
    texts = [random.integers(0, 300, length).tolist() for length in random.integers(0, 200, 40)]
    table = NgramTable(longest)
    found = table.learn(Ragged.from_lists(texts), 300)
    expected: dict[Gram, int] = {}
    assert found.to_lists() == [[expected.setdefault(g, len(expected)) for g in grams_of(t, longest)] for t in texts]
    assert table.look_up(Ragged.from_lists(texts)).to_lists() == found.to_lists()


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([[NO_PREFIX, 0], [NO_PREFIX, 2]], "does not fit its vocabulary"),
        ([[NO_PREFIX, -1]], "does not fit its vocabulary"),
        ([[0, 1]], "does not fit its vocabulary"),
        ([[NO_PREFIX, 0], [1, 1]], "does not fit its vocabulary"),
        ([[NO_PREFIX, 0], [-1, 1]], "does not fit its vocabulary"),
        ([[NO_PREFIX, 0], [NO_PREFIX, 0]], "one twice"),
        ([[NO_PREFIX, 0], [0, 1], [0, 1]], "one twice"),
        ([[NO_PREFIX, 0], [0, 1], [1, 1]], "one of more than 2 words"),
        ([[NO_PREFIX, 0, 0]], r"not int32 \[size, 2\]"),
        ([NO_PREFIX], r"not int32 \[size, 2\]"),
    ],
)
def test_pairs_that_no_table_has_are_refused(pairs: list[list[int]], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        NgramTable.of(np.array(pairs, np.int32), 2, 2)


def test_pairs_of_another_dtype_are_refused() -> None:
    with pytest.raises(SettingError, match="float64"):
        NgramTable.of(np.array([[np.nan, 0.0]]), 2, 2)


def test_a_chain_of_prefixes_is_refused_in_one_pass() -> None:
    pairs = np.stack([np.arange(-1, 99_999), np.zeros(100_000)], axis=1).astype(np.int32)
    pairs[0, 0] = NO_PREFIX
    with pytest.raises(SettingError, match="more than 16 words"):
        NgramTable.of(pairs, 16, 1)


def test_pairs_made_to_collide_are_refused_before_they_cost_a_square() -> None:
    wanted, slots = 3_000, 8_192
    keys = (NO_PREFIX << 32) + np.arange(1_500_000)
    crowd = [word for word, key in enumerate(keys.tolist()) if spread(key) % slots < 32][:wanted]
    assert len(crowd) == wanted
    pairs = np.stack([np.full(wanted, NO_PREFIX), crowd], axis=1).astype(np.int32)
    with pytest.raises(SettingError, match="made to collide"):
        NgramTable.of(pairs, 1, len(keys))


def test_word_ids_past_the_vocabulary_are_refused() -> None:
    table = learned([[0, 1]], 2)
    past = Ragged.from_lists([[0, VOCAB]])
    with pytest.raises(SettingError, match=f"word id {VOCAB} is not in the vocabulary of {VOCAB}"):
        table.look_up(past)
    with pytest.raises(SettingError, match=f"word id {VOCAB} is not"):
        table.learn(past, VOCAB)


def test_a_table_past_31_bits_is_refused() -> None:
    table = learned([[0, 1]], 2)
    table.size = NO_PREFIX - 3  # as if so many had been learned
    with pytest.raises(SettingError, match="take shorter n-grams"):
        table.learn(Ragged.from_lists([[0, 1]]), VOCAB)


@pytest.mark.parametrize("longest", [0, 17])
def test_lengths_out_of_range_are_refused(longest: int) -> None:
    with pytest.raises(SettingError, match="from 1 to 16"):
        NgramTable(longest)


# -- hashed -----------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(column=reference.columns_of_texts, longest=longests, buckets=st.sampled_from([1, 2, 1000, 2**21, 2**31 - 1]))
def test_buckets_are_fasttexts(column: list[str], longest: int, buckets: int) -> None:
    tokens = tokenizer("whitespace")(column)
    grams, offsets = hashed_ngrams(tokens.hashes, tokens.offsets, longest, buckets)
    expected = [reference.fasttext_buckets(reference.whitespace(text), longest, buckets) for text in column]
    assert Ragged(grams, offsets).to_lists() == expected


@settings(deadline=None)
@given(column=reference.columns_of_texts, longest=longests)
def test_powers_of_two_of_buckets_fold_into_fewer(column: list[str], longest: int) -> None:
    tokens = tokenizer("words")(column)
    many, _ = hashed_ngrams(tokens.hashes, tokens.offsets, longest, 2**21)
    few, _ = hashed_ngrams(tokens.hashes, tokens.offsets, longest, 2**10)
    assert np.array_equal(many & (2**10 - 1), few)


@settings(deadline=None)
@given(words=st.lists(st.lists(st.integers(-1, 9), max_size=5), max_size=6), data=st.data())
def test_joined_and_settled_features_are_words_then_folded_ngrams(words: list[list[int]], data: st.DataObject) -> None:
    of_a_text = st.lists(st.integers(0, 63), max_size=5)
    grams = data.draw(st.lists(of_a_text, min_size=len(words), max_size=len(words)))
    first, second = Ragged.from_lists(words), Ragged.from_lists(grams)
    joined, offsets = join_features(first.values, first.offsets, second.values, second.offsets)
    for new_words in ([], data.draw(st.permutations([-1, -1, *range(8)]))):
        values = joined.copy()
        settle_features(values, np.array(new_words, np.int32), 10, 15)
        renamed = [[new_words[i] if i >= 0 and new_words else i for i in text] for text in words]
        expected = [[*text, *(10 + g % 16 for g in found)] for text, found in zip(renamed, grams, strict=True)]
        assert Ragged(values, offsets).to_lists() == expected


def test_settings_out_of_range_are_refused() -> None:
    hashes, offsets = np.zeros(3, np.uint32), np.array([0, 3])
    for buckets in (0, -1, 2**31):
        with pytest.raises(SettingError, match=f"buckets is {buckets}"):
            hashed_ngrams(hashes, offsets, 2, buckets)
    with pytest.raises(SettingError, match="past the 3 words"):
        hashed_ngrams(hashes, np.array([0, 4]), 2, 8)
