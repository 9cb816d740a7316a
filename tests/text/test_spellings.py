"""Words spelled almost like one, against the plain table of distances."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from sadari.text.spellings import SHORTEST, Spellings


def letters_of(word):
    return unicodedata.normalize("NFD", word.lower())


def distance(one, other):
    """Damerau's: a letter left out, put in, taken for another, or two that changed places."""
    table = {(i, 0): i for i in range(len(one) + 1)} | {(0, j): j for j in range(len(other) + 1)}
    for i, a in enumerate(one, 1):
        for j, b in enumerate(other, 1):
            best = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a != b))
            if i > 1 and j > 1 and one[i - 2 : i] == other[j - 2 : j][::-1]:
                best = min(best, table[i - 2, j - 2] + 1)
            table[i, j] = best
    return table[len(one), len(other)]


def plain_near(words, word):
    spelled = letters_of(word)
    if len(spelled) < SHORTEST:
        return []
    far = [distance(letters_of(each), spelled) for each in words]
    fewest = min([each for each in far if each], default=9)
    return [row for row, each in enumerate(far) if each == fewest] if fewest <= 1 + (len(spelled) > 5) else []


WORDS = st.text("abcBAé가각한국", max_size=8)


@given(st.lists(WORDS, min_size=1, max_size=30), WORDS)
def test_the_nearest_are_those_of_the_plain_table(words, word):
    assert Spellings(words).near(word).tolist() == plain_near(words, word)


def test_a_korean_syllable_is_compared_by_its_letters():
    words = ["한국", "미국", "영화"]
    assert Spellings(words).near("항국").tolist() == [0]
    assert Spellings(words).near("영하").tolist() == [2]  # 화 is ㅎ and one vowel
    assert Spellings(words).near("영호수").tolist() == []
    assert Spellings([]).near("king").tolist() == []
