"""The bundled phrases: what is in the file, and English rules written out here once more."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from phrases import grammar
from phrases_file import ENGLISH, FRENCH, KOREAN, PATH, ROWS, TRIPLES, found
from sadari.cli.arguments.inputs import find_data
from sadari.data import datasets
from sadari.errors import DataError


def test_the_grammar_writes_the_file_byte_for_byte():
    assert grammar.to_csv().encode() == PATH.read_bytes()


def test_what_is_in_it():
    assert ROWS[0] == ["en", "fr", "ko"]
    assert 2_000 <= len(TRIPLES) <= 3_000
    assert TRIPLES[0] == ("I drink milk", "Je bois du lait", "나는 우유를 마셔요")


@pytest.mark.parametrize("column", [ENGLISH, FRENCH, KOREAN], ids=["en", "fr", "ko"])
def test_no_sentence_has_two_translations(column):
    assert len({text.casefold() for text in column}) == len(column)


def test_most_words_occur_more_than_once():
    for column, share in ((ENGLISH, 0.08), (FRENCH, 0.2), (KOREAN, 0.2)):
        counts = Counter(word for text in column for word in set(re.findall(r"[\w'-]+", text)))
        assert sum(count == 1 for count in counts.values()) < share * len(counts)


def test_no_subject_and_no_noun_has_too_many_sentences():
    for pattern in (r"^(\S+은|\S+는|\S+ \S+은|\S+ \S+는) ", r"(\S+)[을를] "):
        counts = Counter(match[1] for text in KOREAN if (match := re.search(pattern, text)))
        assert counts.most_common(1)[0][1] < 0.07 * len(KOREAN)


def test_letters_marks_and_spaces():
    for en, fr, ko in TRIPLES:
        assert re.fullmatch(r"[A-Z][A-Za-zé ,-]*\??", en), en
        assert re.fullmatch(r"[A-ZÀÉÎŒ][A-Za-zàâçéèêëîïôùûœ ,'ÉŒ-]*( \?)?", fr), fr
        assert re.fullmatch(r"[가-힣 ]+요\??", ko), ko
        assert en.endswith("?") == fr.endswith(" ?") == ko.endswith("?")
        for text in (en, fr, ko):
            assert text == " ".join(text.split())


def test_negations_are_in_all_three():
    for en, fr, ko in TRIPLES:
        negative = bool(re.search(r"\bnot\b|cannot|^There (?:is|are) no\b", en))
        assert negative == bool(re.search(r"\b[Nn](?:e |')", fr)), en
        assert negative == bool(re.search(r"지 않|없어요|아니에요|수 없|몰라요", ko)), (en, ko)


MEANINGS = {
    r"^I\b": (r"^J(?:e |')", r"^나는"),
    r"^We\b": (r"^Nous ", r"^우리는"),
    r"^He\b": (r"^Il ", r"^그는"),
    r"^She\b": (r"^Elle ", r"^그녀는"),
    r"^They\b": (r"^Ils ", r"^그들은"),
    r"^You\b": (r"^Vous ", r"^당신은"),
    r"\bMinji\b": (r"\bMinji\b", r"민지"),
    r"\bsisters?\b": (r"\bsœurs?\b", r"여동생"),
    r"\btomorrow\b": (r"\bdemain\b", r"내일"),
    r"\byesterday\b": (r"\bhier\b", r"어제"),
    r"\btoday\b": (r"\baujourd'hui\b", r"오늘"),
    r"\btwo\b": (r"\bdeux\b", r"두 "),
    r"\bthree\b": (r"\btrois\b", r"세 "),
    r"\bgoing to\b": (r"\b(?:vais|va|allons|allez|vont)\b", r" 거예요"),
    r"\b(?:has|have) to\b": (r"\bd(?:ois|oit|evons|oivent)\b", r"야 해요"),
    r"\b(?:can|Can|cannot)\b": (r"\bs(?:ais|ait|avons|avez|avent)\b", r"수 (?:있|없)어요"),
    r"\b(?:want|wants) to\b": (r"\bv(?:eux|eut|oulons|oulez|eulent)\b", r"고 싶"),
    r"^Please\b": (r", s'il vous plaît$", r" 주세요$"),
    r"\bmilk\b": (r"\blait\b", "우유"),
    r"\bwater\b": (r"\beau\b", "물"),
    r"\bbooks?\b": (r"\blivres?\b", "책"),
    r"\bvery\b": (r"\btrès\b", "아주"),
}


@pytest.mark.parametrize("english", MEANINGS)
def test_a_word_means_the_same_in_all_three(english):
    rows = [row for row in TRIPLES if re.search(english, row[0])]
    french, korean = MEANINGS[english]
    assert len(rows) > 10
    assert [row for row in rows if not re.search(french, row[1])] == []
    assert [row for row in rows if not re.search(korean, row[2])] == []


def test_what_was_done_ends_in_the_past_in_korean():
    past = [ko for en, _, ko in TRIPLES if re.search(r"\b[Dd]id\b|(?:yesterday|last week|last year)$", en)]
    assert len(past) > 100
    for text in past:
        before, last = text.rstrip("?")[-3], text.rstrip("?")[-2:]
        assert ((ord(before) - 0xAC00) % 28, last) == (20, "어요"), text  # ㅆ


# English

BASES = """
drink eat read write buy sell like hate want need know see watch listen open close clean wash make do prepare finish
learn study speak play wear take wait find lose break receive bring meet invite help draw sing plant repair use choose
order borrow visit give send show lend sleep run swim dance cook work walk laugh cry travel drive go live have
"""
THIRD = {base: base + "s" for base in BASES.split()} | {
    "watch": "watches",
    "wash": "washes",
    "finish": "finishes",
    "study": "studies",
    "cry": "cries",
    "go": "goes",
    "do": "does",
    "have": "has",
}
MANY = r"(?:I|You|We|They|[Tt]he children|[Tt]he students|[Mm]y friends|The dogs|The birds)"
ONE = (
    r"(?:He|She|[Mm]y (?:mother|father|sister|brother|friend|cousin)|[Oo]ur neighbor|Minji|Junho|Marie|Paul"
    r"|[Tt]he (?:boy|girl|man|woman|student|doctor|baby|cat|dog))"
)
OFTEN = r"(?: often| always| sometimes)?"


def without_time(text: str) -> str:
    """The sentence without the time that opens it."""
    head, comma, rest = text.partition(", ")
    return rest[0].upper() + rest[1:] if comma and head != "Please" else text


def test_every_english_verb_agrees_with_its_subject():
    plain = [without_time(text) for text in ENGLISH]
    bases, thirds = "|".join(THIRD), "|".join(THIRD.values())
    assert [text for text in found(rf"^{ONE}{OFTEN} (?:{bases})\b", plain) if " read " not in text] == []
    assert found(rf"^{MANY}{OFTEN} (?:{thirds}|is|was)\b", plain) == []
    assert found(rf"\b(?:do|does|did|(?:do|does|did) not|to|can|cannot) (?:{thirds})\b", plain) == []
    assert found(rf"\b(?:Does|does) {MANY}\b|\b(?:Do|do) {ONE}\b", plain) == []
    assert found(rf"^{ONE} (?:do|are|am)\b|^(?:You|We|They) (?:does|is|am)\b|^I (?:does|is|are)\b", plain) == []
    assert len(found(rf"^{ONE}{OFTEN} (?:{thirds})\b", plain)) > 200
    assert len(found(rf"^{MANY}{OFTEN} (?:{bases})\b", plain)) > 100


def test_to_read_without_an_s_is_the_past_and_says_when():
    without = found(rf"^{ONE} read\b", ENGLISH)
    assert without
    assert found(r"(?:yesterday|yesterday evening|this morning|today|on Monday)$", without) == without


def test_to_be_agrees():
    assert (
        found(r"^(?:He|She|Minji|Paul|This|The (?:boy|girl|house|cat)) are\b|^(?:These|They|We|You) is\b", ENGLISH)
        == []
    )
    assert found(r"\b[Ii]s (?:they|you|we|these)\b|\b[Aa]re (?:he|she|this)\b|\bI (?:is|are)\b", ENGLISH) == []
    assert (
        found(r"^There is (?:two|three|four|five)\b|^There are (?:a|an)\b|^There is no \w+s (?:on|in)\b", ENGLISH) == []
    )
    assert found(r"^There are (?:two|three|four|five) \w+", ENGLISH)


def test_a_and_an_go_by_sound():
    vowel = r"(?:[aeio]\w*|u(?!ni|se)\w*|hour|honest)"
    assert found(rf"\ba {vowel}\b", ENGLISH) == []
    assert found(rf"\ban (?!{vowel}\b)", ENGLISH) == []
    assert found(r"\ban umbrella\b", ENGLISH)
    assert found(r"\b(?:a|an) (?:milk|water|bread|music|shoes|books|homework|money)\b", ENGLISH) == []


def test_numbers_take_plurals():
    nouns = [re.search(r"\b(?:two|three|four|five) (\w+)", text) for text in ENGLISH]
    counted = {match[1] for match in nouns if match}
    assert {noun for noun in counted if not noun.endswith("s")} == {"children"}
    assert len(counted) > 15


# The data set by its name


def test_it_is_listed_and_found():
    found_set = datasets.find("phrases")
    assert (found_set.parallel, found_set.label, found_set.test) == (("en", "fr", "ko"), None, None)
    assert found_set.license == "CC0-1.0"
    line = next(line for line in datasets.listing() if line.name == "phrases")
    assert line.ready
    assert line.place == str(PATH.parent)


@pytest.mark.parametrize(("data", "test"), [("phrases", None), ("headlines", "phrases")])
def test_it_is_not_for_classifying(data, test):
    with pytest.raises(DataError, match="no labels") as caught:
        find_data(data, test, labelled=True)
    assert "sadari translate" in str(caught.value.hint)


def test_its_text_can_be_read_without_labels():
    assert find_data("phrases").train == str(PATH)
    assert find_data("phrases").columns == {"text": "en"}
