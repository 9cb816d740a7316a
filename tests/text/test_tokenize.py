"""Tokenizers against their definitions, on random and on real texts."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import text_reference as reference
from sadari.errors import DataError, SettingError
from sadari.text.tokens import scan
from sadari.text.tokens.scan import DENSE, MARK, SPACE, WORD, character_kinds
from sadari.text.tokens.tokenize import TOKENIZERS, _lower_already, tokenizer, unseen_share

PLAIN = list(reference.DEFINITIONS)


@pytest.mark.parametrize("name", reference.DEFINITIONS)
@settings(deadline=None)
@given(column=reference.columns_of_texts)
@example(column=["", " ", "a", "", "A b"])
@example(column=["ΑΣ ΑΣΑ ΑΣ' Σ Α'Σ", "İstanbul İ", "KÅ", "ẞß"])
@example(column=["a\x85b\u2028c\u2029d\x1ce\u00a0f\u200bg\u3000h"])
@example(column=['<BR "/>', '<b"r /"">x', "<br />.<br /><br/>", "<<br />", "<br /", "<", 'a<"', '"<br />"', "<br '/>"])
@example(column=["You're \"quoted\"; isn't it: 1,000.50 (yes)!?"])
@example(column=["e\u0301te ½ ² ٣ Ⅷ _a __ a_", "👩‍👩‍👧 a😀b \U00020000\U00020001"])
@example(column=["영화를 봤다, BERT를 써서 (a 1)!", "映画を見た", "é가 x"])
@example(column=["cafe\u0301", "\u1112\u1161\u11ab\u1100\u1173\u11af", "Ti\u1ebfng Vie\u0323\u0302t"])
@example(column=["हिन्दी कि की", "ที่นี่ ກຳລັງ", "ខ្មែរ မြန်မာ", "שָׁלוֹם كِتَاب", "ஸ்ரீ கோ বাংলা", "می\u200cخواهم"])
@example(
    column=[
        "\u0301a \u0301 b\u0301",
        ".\u0301!\ufe0f",
        "❤\ufe0f 👍🏽 1\ufe0f\u20e3",
        "\u200d",
        "가\u302e나\u302f다 か\u309a",
    ]
)
def test_tokenizer_equals_its_definition(name: str, column: list[str]) -> None:
    assert tokenizer(name)(column).to_lists() == [reference.DEFINITIONS[name](text) for text in column]


@pytest.mark.data
@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", ["words", "basic_english"])
def test_tokenizer_equals_its_definition_on_all_of_ag_news(name: str, split: str) -> None:
    texts = reference.ag_news(split)
    found = tokenizer(name)(texts).to_lists()
    assert len(found) == {"train": 32_055, "test": 7_600}[split]
    assert found == [reference.DEFINITIONS[name](text) for text in texts]


def test_course_example() -> None:
    assert tokenizer("basic_english").tokenize("He said: hello") == ["he", "said", "hello"]


def test_every_character_is_lowered_as_python_does() -> None:
    """But for those that this Python's Unicode tables do not have yet: the ones that the module names."""
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    lowered = pl.Series([chr(code) for code in codes]).str.to_lowercase().to_list()
    differing = [chr(code) for code, low in zip(codes, lowered, strict=True) if low != chr(code).lower()]
    assert {unicodedata.category(character) for character in differing} <= {"Cn"}


@pytest.mark.slow
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
    kinds, marks = character_kinds()[0x80:], set(reference.MARKS)
    assert np.array_equal((kinds == WORD) | (kinds == DENSE), [word.match(c) is not None for c in everything])
    assert np.array_equal(kinds == MARK, [c in marks for c in everything])
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


@settings(deadline=None)
@given(text=reference.texts)
def test_every_token_but_of_basic_english_is_in_the_text(text: str) -> None:
    lowered = reference.composed(text).lower()
    assert all(token in lowered for name in ("words", "syllables") for token in tokenizer(name).tokenize(text))


def test_syllables_of_a_korean_word() -> None:
    assert tokenizer("syllables").tokenize("영화를 A b") == ["영", "영화", "영화를", "화", "화를", "를", "a", "b"]


FORMS = ("NFC", "NFD")
SENTENCES = [
    "영화를 봤다! 각 A",
    "Tiếng Việt rất đẹp và dễ học",
    "Le café très français à l'œuvre, naïve façade",
    "ÅNGSTRÖM İstanbul ẞ",
    "हिन्दी में ज़रूर लिखो क़लम",
    "ที่นี่ใหม่",
    "שָׁלוֹם לְכֻלָּם",
    "كِتَابٌ آمِن",
    "ガギグゲゴ パピプペポ を見た",
    "বাংলা কো কৌ",
    "ကြောင့် ဦး",
    "ស្រុកខ្មែរ",
]


@pytest.mark.parametrize("name", TOKENIZERS)
@pytest.mark.parametrize("text", SENTENCES)
def test_decomposed_text_has_the_tokens_of_composed(name: str, text: str) -> None:
    if name == "morphemes":
        pytest.importorskip("kiwipiepy")
    tokens = {form: tokenizer(name).tokenize(unicodedata.normalize(form, text)) for form in FORMS}
    assert tokens["NFD"] == tokens["NFC"] != []
    assert tokenizer(name)([text, unicodedata.normalize("NFD", text)] * 20).to_lists() == [tokens["NFC"]] * 40


@pytest.mark.parametrize(("text", "name"), [(text, name) for text in SENTENCES for name in ("words", "basic_english")])
def test_no_word_is_torn_at_a_mark(text: str, name: str) -> None:
    """Where there is no punctuation, words of two characters and more are those between spaces."""
    plain = unicodedata.normalize("NFC", text).replace("!", "").replace(",", "").replace("'", "").lower()
    assert tokenizer(name).tokenize(plain) == [word for word in plain.split() if len(word) > 1 or name != "words"]


def test_syllables_keep_marks_with_their_letters() -> None:
    assert tokenizer("syllables").tokenize("ที่นี่") == ["ที่", "ที่นี่", "นี่"]
    assert tokenizer("syllables").tokenize("हिन्दी की") == ["हिन्दी", "की"]


@pytest.mark.parametrize("form", FORMS)
def test_decomposed_korean_is_seen_whole(form: str) -> None:
    assert unseen_share("syllables")(pl.Series([unicodedata.normalize(form, "영화를 봤다")] * 3)) == 0


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
from sadari.text.tokens.tokenize import tokenizer
try:
    tokenizer("morphemes")
except MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "'morphemes' needs packages that are not installed" in done.stdout
    assert "sadari[ko]" in done.stdout


# -- what is refused --------------------------------------------------------------------------------------


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
    for name, definition in reference.DEFINITIONS.items():
        assert tokenizer(name)(["b", unit * times, "c d"]).to_lists() == [
            definition(text) for text in ("b", unit * times, "c d")
        ]


def test_a_column_past_what_int32_can_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "MOST_BYTES", 10)
    assert tokenizer("words")(["12345", "67890"]).to_lists() == [["12345"], ["67890"]]
    with pytest.raises(DataError, match="11 bytes of text are too many"):
        tokenizer("words")(["12345", "678901"])
