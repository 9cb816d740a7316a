"""The bundled phrases' Korean: particles by the last sound, and conjugation against tables and an analyser."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from phrases import korean
from phrases.actions import actions
from phrases.adjectives import ADJECTIVES
from phrases_file import KOREAN, found

NOT_PARTICLES = {"이", "아이", "고양이", "많이", "가을", "마을", "겨울", "화가", "작가"}


def final(syllable: str) -> int:
    """The final consonant, 0 for none (Unicode, chapter 3.12)."""
    return (ord(syllable) - 0xAC00) % 28


def test_particles_fit_the_syllable_before_them():
    seen: Counter[str] = Counter()
    for text in KOREAN:
        words = text.rstrip("?").split()
        for word, after in zip(words, [*words[1:], ""], strict=True):
            particle, before = word[-1], word[-2:-1]
            if particle not in "은는이가을를" or not before or word in NOT_PARTICLES:
                continue
            if particle == "는" and (after == "것을" or word.endswith("있는")):
                continue  # an ending of verbs
            assert (final(before) > 0) == (particle in "은이을"), f"{word} in {text}"
            seen[particle] += 1
    assert set(seen) == set("은는이가을를")
    assert min(seen.values()) > 50


def test_to_be_fits_the_syllable_before_it():
    fitted = 0
    for text in KOREAN:
        last = text.rstrip("?").split()[-1]
        if last.endswith("이에요") and last != "이에요":
            assert final(last[-4]), text
            fitted += 1
        elif last.endswith("예요") and not last.endswith("거예요"):
            assert not final(last[-3]), text
            fitted += 1
    assert fitted > 50
    assert found("[이가] 아니에요", KOREAN) == found("아니에요", KOREAN)


POLITE = """
마시 마셔요, 먹 먹어요, 읽 읽어요, 쓰 써요, 사 사요, 팔 팔아요, 좋아하 좋아해요, 보 봐요, 듣/ㄷ 들어요,
걷/ㄷ 걸어요, 돕/ㅂ 도와요, 부르/르 불러요, 고르/르 골라요, 빠르/르 빨라요, 모르/르 몰라요, 배우 배워요,
주 줘요, 보내 보내요, 기다리 기다려요, 가 가요, 가져오 가져와요, 깨 깨요, 끝내 끝내요, 크 커요, 바쁘 바빠요,
고프 고파요, 세 세요, 무겁/ㅂ 무거워요, 아름답/ㅂ 아름다워요, 입 입어요, 찾 찾아요, 켜 켜요, 치 쳐요,
만들 만들어요, 길 길어요, 있 있어요, 맛있 맛있어요, 심 심어요, 씻 씻어요, 추 춰요, 높 높아요, 뜯 뜯어요
"""


@pytest.mark.parametrize("row", POLITE.strip().split(","))
def test_the_polite_present(row):
    stem, polite = row.split()
    assert korean.verb(stem, "present") == polite


@pytest.mark.parametrize(
    ("stem", "form", "negated", "said"),
    [
        ("마시", "past", False, "마셨어요"),
        ("듣/ㄷ", "past", False, "들었어요"),
        ("부르/르", "past", False, "불렀어요"),
        ("돕/ㅂ", "past", False, "도왔어요"),
        ("공부하", "past", False, "공부했어요"),
        ("먹", "past", True, "먹지 않았어요"),
        ("듣/ㄷ", "future", False, "들을 거예요"),
        ("만들", "future", False, "만들 거예요"),
        ("돕/ㅂ", "future", False, "도울 거예요"),
        ("읽", "future", False, "읽을 거예요"),
        ("켜", "can", False, "켤 수 있어요"),
        ("수영하", "can", True, "수영할 수 없어요"),
        ("쓰", "must", False, "써야 해요"),
        ("걷/ㄷ", "like", False, "걷는 것을 좋아해요"),
        ("만들", "like", False, "만드는 것을 좋아해요"),
        ("있", "present", True, "없어요"),
        ("알", "present", True, "몰라요"),
        ("좋아하", "present", True, "좋아하지 않아요"),
    ],
)
def test_other_endings(stem, form, negated, said):
    assert korean.verb(stem, form, negated=negated) == said


def test_wanting_differs_by_person():
    assert korean.verb("보", "want") == "보고 싶어요"
    assert korean.verb("보", "want", first_or_second=False) == "보고 싶어 해요"
    assert korean.verb("보", "want", negated=True) == "보고 싶지 않아요"
    assert found(r"^(?:나는|우리는) .*싶어 (?:해요|하지)", KOREAN) == []
    assert found(r"^(?:그는|그녀는|그들은|민지는|아이들은) .*싶(?:어요|지)", KOREAN) == []
    assert found(r"^나는 .*싶어요", KOREAN)


def test_a_word_that_is_no_hangul_has_no_particle():
    with pytest.raises(ValueError, match="Hangul"):
        korean.topic("milk")


JOINED = {
    "present": [("어요", "EF")],
    "past": [("었", "EP"), ("어요", "EF")],
    "must": [("어야", "EC"), ("하", "VX"), ("어요", "EF")],
    "future": [("ᆯ", "ETM"), ("거", "NNB"), ("이", "VCP"), ("에요", "EF")],
    "like": [("는", "ETM"), ("것", "NNB"), ("을", "JKO"), ("좋아하", "VV"), ("어요", "EF")],
}


def test_a_morphological_analyser_joins_stems_and_endings_alike():
    kiwipiepy = pytest.importorskip("kiwipiepy", reason="kiwipiepy (the extra 'ko') is not installed")
    kiwi = kiwipiepy.Kiwi()
    stems = {(action.stem, "VV") for action in actions()}
    stems |= {(adjective.ko, "VA") for adjective in ADJECTIVES.values() if adjective.ko and adjective.ko[0] != "="}
    for marked, tag in sorted(stems):
        words, _, irregular = marked.partition("/")
        stem, kind = words.split(" ")[-1], f"{tag}-{'I' if irregular in ('ㄷ', 'ㅂ') else 'R'}"
        for form, endings in JOINED.items():
            if tag == "VV" or form in ("present", "past"):
                theirs = re.sub("거에요|거이에요", "거예요", kiwi.join([(stem, kind), *endings]).replace(" ", ""))
                ours = korean.verb(marked, form).replace(" ", "")
                assert ours.endswith(theirs), (marked, form)
        if tag == "VA" and not stem.endswith("있"):
            theirs = kiwi.join([(stem, kind), ("ᆫ", "ETM"), ("집", "NNG")])
            assert f"{korean.before_noun(marked)} 집".endswith(theirs), marked
