"""Vocabulary against Counter and torchtext's order; the course's values."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import text_reference as reference
from sadari.errors import DataError, SettingError
from sadari.text.table import MISSING, TokenTable
from sadari.text.tokens.scan import Tokens
from sadari.text.tokens.tokenize import tokenizer
from sadari.text.vocab import PADDING, UNKNOWN, Vocab

LOVE = "I love to play with my words"
WORDS = ["a", "b", "ab", "é", "가", "가나", "z", "\U00020000", "😀", "\ue000", "<unk>", "<pad>", "<x>"]


def tokens_of(texts: list[list[str]]) -> Tokens:
    """Tokens that are these, whatever characters they have."""
    return tokenizer("whitespace")([" ".join(text) for text in texts])


def torchtext_order(texts: list[list[str]], min_freq: int, max_size: int | None, specials: list[str]) -> list[str]:
    counts = Counter(token for text in texts for token in text if token not in specials)
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    tokens = [*specials, *(token for token, count in ranked if count >= min_freq)]
    return tokens if max_size is None else tokens[:max_size]


@settings(deadline=None)
@given(
    texts=st.lists(st.lists(st.sampled_from(WORDS), max_size=12), max_size=6),
    min_freq=st.integers(1, 3),
    room=st.one_of(st.none(), st.integers(0, 8)),
    specials=st.sampled_from([[UNKNOWN, PADDING], [UNKNOWN], [], [PADDING, "<x>", UNKNOWN]]),
)
def test_order_is_torchtexts(texts: list[list[str]], min_freq: int, room: int | None, specials: list[str]) -> None:
    max_size = None if room is None else len(specials) + room
    vocab = Vocab.learn(tokens_of(texts), min_freq=min_freq, max_size=max_size, specials=specials)
    expected = torchtext_order(texts, min_freq, max_size, specials)
    assert vocab.tokens == expected
    assert len(vocab) == len(expected)
    assert vocab.unknown_id == (specials.index(UNKNOWN) if UNKNOWN in specials else MISSING)
    assert vocab.pad_id == (specials.index(PADDING) if PADDING in specials else MISSING)
    ids = vocab.encode(tokens_of(texts))
    words = expected[len(specials) :]
    assert ids.to_lists() == [
        [words.index(token) + len(specials) if token in words else vocab.unknown_id for token in text] for text in texts
    ]
    assert vocab.decode(range(len(vocab))) == expected
    assert [vocab[token] for token in expected] == list(range(len(expected)))
    assert [token in vocab for token in expected] == [False] * len(specials) + [True] * len(words)


@settings(deadline=None)
@given(column=reference.columns_of_texts, batch=st.integers(1, 4))
def test_learning_from_batches_is_learning_from_the_whole(column: list[str], batch: int) -> None:
    cut = tokenizer("basic_english")
    batches = [cut(column[start : start + batch]) for start in range(0, len(column), batch)]
    assert Vocab.learn(batches).tokens == Vocab.learn(cut(column)).tokens


@settings(deadline=None)
@given(column=reference.columns_of_texts)
def test_what_is_encoded_comes_back(column: list[str]) -> None:
    for name in ("characters", "whitespace"):
        tokens = tokenizer(name)(column)
        vocab = Vocab.learn(tokens)
        assert [vocab.decode(row) for row in vocab.encode(tokens)] == tokens.to_lists()
        again = Vocab(vocab.tokens, specials=2)
        assert again.encode(tokens).to_lists() == vocab.encode(tokens).to_lists()


@settings(deadline=None)
@given(column=reference.columns_of_texts, min_freq=st.integers(1, 3))
def test_ids_given_while_learning_are_renamed_to_those_of_the_vocabulary(column: list[str], min_freq: int) -> None:
    tokens = tokenizer("words")(column)
    table = TokenTable()
    first_ids = table.learn(tokens)
    vocab, new_ids = Vocab.from_table(table, min_freq=min_freq)
    assert new_ids[first_ids].tolist() == vocab.encode(tokens).values.tolist()


def test_a_text_cannot_name_a_special() -> None:
    tokens = tokenizer("whitespace")(["<pad> a <unk> a <pad> <pad>"])
    vocab = Vocab.learn(tokens)
    assert vocab.tokens == [UNKNOWN, PADDING, "a"]
    assert vocab.encode(tokens).to_lists() == [[0, 2, 0, 2, 0, 0]]
    assert "<pad>" not in vocab
    assert vocab["<pad>"] == vocab.pad_id == 1
    assert vocab["never seen"] == vocab.unknown_id == 0


def test_without_specials_unknown_tokens_are_missing() -> None:
    vocab = Vocab(["b", "a"])
    assert vocab.encode(tokenizer("whitespace")(["a c b"])).to_lists() == [[1, MISSING, 0]]
    assert (vocab.unknown_id, vocab.pad_id) == (MISSING, MISSING)


# -- the course -------------------------------------------------------------------------------------------


def test_nine_words_are_the_nine_by_nine_identity() -> None:
    tokens = tokenizer("whitespace")(["one two three four five six seven eight nine"])
    vocab = Vocab(tokens.to_lists()[0])
    assert np.array_equal(vocab.one_hot(vocab.encode(tokens)[0]), np.eye(9, dtype=np.float32))


def test_hello_is_five_by_c() -> None:
    vocab = Vocab.learn(tokenizer("characters")(["HELLO WORLD, hello world"]))
    ids = vocab.encode(tokenizer("characters")(["HELLO"]))[0]
    rows = vocab.one_hot(ids)
    assert rows.shape == (5, len(vocab))
    assert rows.dtype == np.float32
    assert np.array_equal(rows.argmax(axis=1), ids)
    assert rows.sum() == 5
    assert np.array_equal(rows[2], rows[3])
    assert vocab.decode(ids) == list("HELLO")


@pytest.mark.data
def test_ids_from_the_test_file_alone() -> None:
    cut = tokenizer("basic_english")
    texts = reference.ag_news("test")
    vocab = Vocab.learn(cut(texts))
    assert vocab.encode(cut([LOVE])).to_lists() == [[266, 2744, 5, 333, 19, 1018, 1983]]
    assert vocab.decode([266, 2744, 5, 333, 19, 1018, 1983]) == LOVE.lower().split()
    expected = torchtext_order([reference.basic_english(text) for text in texts], 1, None, [UNKNOWN, PADDING])
    assert vocab.tokens == expected


@pytest.mark.full_data
def test_vocabulary_of_the_official_training_file() -> None:
    cut = tokenizer("basic_english")
    vocab = Vocab.learn(cut(reference.official_ag_news_train()))
    assert len(vocab) == 95_812
    assert vocab.encode(cut([LOVE])).to_lists() == [[283, 2321, 5, 337, 19, 1301, 2357]]


# -- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tokens", "specials", "message"),
    [
        (["a", "b", "a", "b"], 0, "'a' twice"),
        (["<unk>", "a", "<unk>"], 1, "'<unk>' twice"),
        (["a", "half \ud800"], 0, "no text"),
        (["a", None], 0, "no text"),
        (["a", 5], 0, "no text"),
        (["a"], 2, "specials is 2"),
        (["a"], -1, "specials is -1"),
    ],
)
def test_lists_that_are_no_vocabulary_are_refused(tokens: list[str], specials: int, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Vocab(tokens, specials=specials)


def test_settings_out_of_range_are_refused() -> None:
    tokens = tokenizer("words")(["some words"])
    vocab = Vocab.learn(tokens)
    with pytest.raises(SettingError, match="min_freq is 0"):
        Vocab.learn(tokens, min_freq=0)
    with pytest.raises(SettingError, match=r"max_size is 1\n.*from 2"):
        Vocab.learn(tokens, max_size=1)
    for bad in (-1, 4):
        with pytest.raises(SettingError, match=f"id {bad} is not in the vocabulary"):
            vocab.decode([0, bad])
        with pytest.raises(SettingError, match="is not in the vocabulary"):
            vocab.one_hot(np.array([0, bad]))


def test_an_empty_vocabulary_knows_nothing() -> None:
    vocab = Vocab([])
    assert (len(vocab), vocab.tokens) == (0, [])
    assert vocab.encode(tokenizer("words")(["some words", ""])).to_lists() == [[MISSING, MISSING], []]
    assert vocab.one_hot(np.empty(0, np.int32)).shape == (0, 0)


# -- the table beneath ------------------------------------------------------------------------------------


@settings(deadline=None)
@given(texts=st.lists(st.lists(st.sampled_from([*WORDS, "word" * 50]), max_size=12), max_size=6))
@example(texts=[[]])
def test_the_table_counts_as_counter_does_in_order_of_first_sight(texts: list[list[str]]) -> None:
    table = TokenTable()
    counter: Counter[str] = Counter()
    for text in texts:
        ids = table.learn(tokens_of([text]))
        counter.update(text)
        assert [table.token(i) for i in ids] == text
    assert table.to_list() == list(counter)
    assert table.counts[: len(table)].tolist() == list(counter.values())
    assert [table.find(token) for token in counter] == list(range(len(table)))
    assert table.find("never seen") == MISSING


def test_the_table_grows_past_every_array() -> None:
    words = [f"w{i}" + "x" * (i % 300) for i in range(20_000)]
    table = TokenTable()
    ids = table.learn(tokens_of([words, words[::-1]]))
    assert ids.tolist() == [*range(20_000), *reversed(range(20_000))]
    assert table.to_list() == words
    assert set(table.counts[:20_000].tolist()) == {2}


def test_tokens_of_one_hash_are_told_apart_by_their_bytes() -> None:
    column = tokens_of([["a", "b", "a"], ["c"]])
    same = Tokens(column.content, column.starts, column.lengths, np.zeros(4, np.uint32), column.offsets)
    table = TokenTable()
    assert table.learn(same).tolist() == [0, 1, 0, 2]
    assert table.look_up(same).tolist() == [0, 1, 0, 2]


def test_tokens_made_to_collide_are_refused_before_they_cost_a_square() -> None:
    column = tokens_of([[f"w{i}" for i in range(100_000)]])
    same = Tokens(column.content, column.starts, column.lengths, np.zeros(100_000, np.uint32), column.offsets)
    with pytest.raises(DataError, match="made to collide"):
        TokenTable().learn(same)
