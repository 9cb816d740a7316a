"""Tokenizers against their definitions, on random and on real texts."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import text_reference as reference
from sadari.errors import DataError, SettingError
from sadari.text import scan
from sadari.text.scan import DENSE, SPACE, WORD, character_kinds
from sadari.text.tokenize import TOKENIZERS, _lower_already, choose_tokenizer, tokenizer

PLAIN = ["characters", "whitespace", "words", "basic_english", "syllables"]
DEFINITIONS = {
    "characters": list,
    "whitespace": str.split,
    "words": reference.words,
    "basic_english": reference.basic_english,
}


@pytest.mark.parametrize("name", DEFINITIONS)
@settings(deadline=None)
@given(column=reference.columns_of_texts)
@example(column=["", " ", "a", "", "A b"])
@example(column=["ΑΣ ΑΣΑ ΑΣ' Σ Α'Σ", "İstanbul İ", "KÅ", "ẞß"])
@example(column=["a\x85b\u2028c\u2029d\x1ce\u00a0f\u200bg\u3000h"])
@example(column=['<BR "/>', '<b"r /"">x', "<br />.<br /><br/>", "<<br />", "<br /", "<", 'a<"', '"<br />"', "<br '/>"])
@example(column=["You're \"quoted\"; isn't it: 1,000.50 (yes)!?"])
@example(column=["e\u0301te ½ ² ٣ Ⅷ _a __ a_", "👩‍👩‍👧 a😀b \U00020000\U00020001"])
def test_tokenizer_equals_its_definition(name: str, column: list[str]) -> None:
    assert tokenizer(name)(column).to_lists() == [DEFINITIONS[name](text) for text in column]


@pytest.mark.data
@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", ["words", "basic_english"])
def test_tokenizer_equals_its_definition_on_all_of_ag_news(name: str, split: str) -> None:
    texts = reference.ag_news(split)
    found = tokenizer(name)(texts).to_lists()
    assert len(found) == {"train": 32_055, "test": 7_600}[split]
    assert found == [DEFINITIONS[name](text) for text in texts]


def test_course_example() -> None:
    assert tokenizer("basic_english").tokenize("He said: hello") == ["he", "said", "hello"]


def test_every_character_is_lowered_as_python_does() -> None:
    """But for those that this Python's Unicode tables do not have yet: the ones that the module names."""
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    lowered = pl.Series([chr(code) for code in codes]).str.to_lowercase().to_list()
    differing = [chr(code) for code, low in zip(codes, lowered, strict=True) if low != chr(code).lower()]
    assert {unicodedata.category(character) for character in differing} <= {"Cn"}


def test_what_a_text_alone_is_not_lowered_for_has_no_capitals() -> None:
    characters = [chr(code) for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000]
    kept = [c for c in characters if _lower_already(pl.Series([c]))]
    assert len(kept) > 200_000
    assert {"é", "ς", "가", "漢", "😭"} <= set(kept)
    assert not {"É", "Σ", "İ", "Ⅷ", "Ⓐ"} & set(kept)
    column = pl.Series(kept)
    assert column.str.to_lowercase().equals(column)


@pytest.mark.parametrize("name", ["syllables", "basic_english"])
def test_a_text_alone_does_not_wait_for_polars_threads(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that goes to them takes 8 ms on a busy machine, where all the rest of a prediction takes 0.1."""
    waits = []
    select = pl.DataFrame.select_seq  # through which a Series runs what is an expression
    monkeypatch.setattr(pl.DataFrame, "select_seq", lambda *given, **more: waits.append(1) or select(*given, **more))
    cut = tokenizer(name)
    assert cut.tokenize("오늘 뭐 먹지? café 😭")
    assert not waits
    assert cut.tokenize("ÉTÉ") == ["été"]
    assert waits  # the way to see it sees it


@pytest.mark.parametrize("frame", ["a{}Σ", "aΣ{}b", "{}Σ", "aΣ{}"])
def test_a_final_sigma_is_lowered_as_python_does_beside_every_character(frame: str) -> None:
    characters = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) != "Cn"]
    framed = [frame.format(character) for character in characters]
    assert pl.Series(framed).str.to_lowercase().to_list() == [text.lower() for text in framed]


def test_character_kinds_are_those_of_re_for_every_code_point() -> None:
    word, space = re.compile(r"\w"), re.compile(r"\s")
    everything = [chr(code) for code in range(0x80, 0x110000)]
    kinds = character_kinds()[0x80:]
    assert np.array_equal(kinds >= WORD, [word.match(c) is not None for c in everything])
    assert np.array_equal(kinds == SPACE, [space.match(c) is not None for c in everything])
    assert character_kinds()[[ord(c) for c in "가ㄱ漢かカไ\U00020000"]].tolist() == [DENSE] * 7
    assert character_kinds()[[ord(c) for c in "éЖαع९"]].tolist() == [WORD] * 5


@settings(deadline=None)
@given(column=reference.columns_of_texts)
def test_hashes_are_those_of_fasttext(column: list[str]) -> None:
    for name in PLAIN:
        tokens = tokenizer(name)(column)
        flat = [token for text in tokens.to_lists() for token in text]
        assert tokens.hashes.tolist() == [reference.fnv1a(token) for token in flat]


@pytest.mark.parametrize("name", PLAIN)
@settings(deadline=None)
@given(column=reference.columns_of_texts)
def test_a_text_has_the_same_tokens_alone_and_in_any_column(name: str, column: list[str]) -> None:
    cut = tokenizer(name)
    assert cut(column).to_lists() == [cut.tokenize(text) for text in column]


# -- Korean ---------------------------------------------------------------------------------------------


def pieces(word: str) -> list[str]:
    """One to three characters from each place of the word."""
    return [word[i : i + n] for i in range(len(word)) for n in range(1, min(3, len(word) - i) + 1)]


@settings(deadline=None)
@given(column=reference.columns_of_texts)
@example(column=["영화를 봤다, BERT를 써서 (a 1)!", "映画を見た", "é가 x"])
def test_syllables_cut_dense_words_alone_and_only_into_substrings(column: list[str]) -> None:
    kinds = character_kinds()

    def expected(text: str) -> list[str]:
        found = []
        for word in re.findall(r"\w+|[.,()!?']", text.lower()):
            dense = any(ord(c) >= 128 and kinds[ord(c)] == DENSE for c in word)
            found += pieces(word) if dense else [word]
        return found

    assume(not re.search("[\u1100-\u11ff]", "".join(column)))  # single jamo are composed first
    found = tokenizer("syllables")(column).to_lists()
    assert found == [expected(text) for text in column]
    assert all(token in text.lower() for text, tokens in zip(column, found, strict=True) for token in tokens)


def test_syllables_of_a_korean_word() -> None:
    assert tokenizer("syllables").tokenize("영화를 A b") == ["영", "영화", "영화를", "화", "화를", "를", "a", "b"]


def test_syllables_of_single_jamo_are_those_of_composed_text() -> None:
    text = "영화를 봤다! 각 A"
    apart = unicodedata.normalize("NFD", text)
    assert apart != text
    assert tokenizer("syllables").tokenize(apart) == tokenizer("syllables").tokenize(text)


def test_morphemes() -> None:
    pytest.importorskip("kiwipiepy", reason="kiwipiepy is not installed (pip install 'sadari[ko]')")
    cut = tokenizer("morphemes")
    assert cut.tokenize("영화를 봤다") == ["영화", "를", "보", "었", "다"]
    column = ["친구가 BERT 모델을 샀어요!", "", "  ", "plain English here", "a\x1fb", "😀 좋아 \0", "나는 학교에 간다"]
    assert cut(column).to_lists() == [cut.tokenize(text) for text in column]
    assert cut.tokenize("") == []
    assert "bert" in cut.tokenize(column[0])


def test_morphemes_without_kiwipiepy_name_the_extra() -> None:
    code = """
import sys
sys.modules["kiwipiepy"] = None
from sadari.errors import MissingExtraError
from sadari.text.tokenize import tokenizer
try:
    tokenizer("morphemes")
except MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "'morphemes' needs packages that are not installed" in done.stdout
    assert "sadari[ko]" in done.stdout


# -- choosing, and what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "chosen"),
    [
        (["Plain English", "and more of it"], "basic_english"),
        (["un café très français, naïve façade"], "basic_english"),
        (["영화를 봤다", "BERT 모델"], "syllables"),
        (["映画を見た", "ไทย"], "syllables"),
        (["Мама мыла раму", "Привет"], "words"),
        (["", "123 !?", "😀"], "words"),
        ([""], "basic_english"),
        ([], "basic_english"),
    ],
)
def test_auto_goes_by_the_letters(texts: list[str], chosen: str) -> None:
    assert choose_tokenizer(pl.Series("text", texts, dtype=pl.String)) == chosen


def test_auto_looks_at_texts_from_end_to_end() -> None:
    texts = pl.Series(["plain"] * 3_000 + ["한국어 글"] * 30_000)
    assert choose_tokenizer(texts) == "syllables"
    assert choose_tokenizer(texts.head(20_000).reverse()) == "syllables"


def test_an_unknown_tokenizer_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(SettingError, match="no tokenizer 'spacy'") as caught:
        tokenizer("spacy")
    assert all(name in str(caught.value) for name in TOKENIZERS)


@pytest.mark.parametrize("name", PLAIN)
def test_no_texts_and_empty_texts(name: str) -> None:
    assert tokenizer(name)([]).to_lists() == []
    assert tokenizer(name)(["", "", ""]).to_lists() == [[], [], []]
    assert tokenizer(name)(["", "ab", ""]).to_lists()[::2] == [[], []]


@given(times=st.integers(1, 5_000), unit=st.sampled_from(["a ", "가", "가a", "! ", "''", "long " * 50, "<br />"]))
@settings(max_examples=30, deadline=None)
def test_a_long_text_is_a_short_one_repeated(times: int, unit: str) -> None:
    """The arrays grow while the compiled loop scans; nothing may be lost or moved by that."""
    for name, definition in DEFINITIONS.items():
        assert tokenizer(name)(["b", unit * times, "c d"]).to_lists() == [
            definition(text) for text in ("b", unit * times, "c d")
        ]
    word = (unit * times).split()[0]
    if word.startswith("가"):
        assert tokenizer("syllables").tokenize(word) == pieces(word)


def test_a_column_past_what_int32_can_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "MOST_BYTES", 10)
    assert tokenizer("words")(["12345", "67890"]).to_lists() == [["12345"], ["67890"]]
    with pytest.raises(DataError, match="11 bytes of text are too many"):
        tokenizer("words")(["12345", "678901"])
