"""Texts beside their translations: reading them, what is wrong with them, and splits that do not leak."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phrases_file import PATH as PHRASES
from real_data import data_file
from sadari.data.parallel.direction import frequent_words, looks_swapped, same_language
from sadari.data.parallel.misalignment import first_slip, shifted_run
from sadari.data.parallel.pairs import ParallelCorpus, hold_out, pair_texts
from sadari.data.parallel.read import read_pairs, read_parallel
from sadari.errors import DataError, SettingError
from written import written

ENGLISH = [f"The {n} small birds sing in the old tree{'!' * (n % 3 == 0)}" for n in range(40)]
KOREAN = [f"작은 새 {n}마리가 늙은 나무에서 노래해요{'!' * (n % 3 == 0)}" for n in range(40)]


def put(path: Path, lines: list[str], *, encoding: str = "utf-8", end: str = "\n", last: str | None = None) -> Path:
    path.write_bytes((end.join(lines) + (end if last is None else last)).encode(encoding))
    return path


def two(folder: Path, sources: list[str], targets: list[str]) -> tuple[Path, Path]:
    return put(folder / "a.en", sources), put(folder / "a.ko", targets)


def test_line_n_translates_line_n(tmp_path):
    corpus = read_parallel(*two(tmp_path, ENGLISH, KOREAN))
    assert (corpus.sources.to_list(), corpus.targets.to_list()) == (ENGLISH, KOREAN)
    assert corpus.rows.tolist() == list(range(1, 41))
    assert written(corpus.notes) == ["40 pairs"]
    assert str(corpus.source) == f"{tmp_path / 'a.en'} and {tmp_path / 'a.ko'}"
    assert len(corpus) == 40


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", None])
def test_each_file_has_its_own_encoding_and_line_ends(tmp_path, encoding, end, last):
    first = put(tmp_path / "en", ENGLISH)
    second = put(tmp_path / "ko", KOREAN, encoding=encoding, end=end, last=last)
    corpus = read_parallel(first, second)
    assert corpus.targets.to_list() == KOREAN
    assert corpus.sources.to_list() == ENGLISH
    if encoding == "cp949":
        assert any("CP949" in note and note.startswith(str(second)) for note in written(corpus.notes))


def test_an_encoding_that_is_named(tmp_path):
    first = put(tmp_path / "en", ENGLISH, encoding="utf-16-le")
    second = put(tmp_path / "ko", KOREAN, encoding="cp949")
    corpus = read_parallel(first, second, encoding="utf-16-le", target_encoding="cp949")
    assert (corpus.sources.to_list(), corpus.targets.to_list()) == (ENGLISH, KOREAN)
    with pytest.raises(DataError, match="UTF-16"):
        read_parallel(first, second, encoding="utf-16-be", target_encoding="utf-16-be")


def test_compressed_and_from_standard_input(tmp_path, monkeypatch):
    packed = tmp_path / "a.ko.gz"
    packed.write_bytes(gzip.compress("\n".join(KOREAN).encode()))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\n".join(ENGLISH).encode())))
    corpus = read_parallel("-", packed)
    assert (corpus.sources.to_list(), corpus.targets.to_list()) == (ENGLISH, KOREAN)
    assert str(corpus.source) == f"standard input and {packed}"
    with pytest.raises(SettingError, match="both be standard input"):
        read_parallel("-", "-")


def test_other_ends_of_lines_are_text(tmp_path):
    strange = [f"{text}\u2028x\x85y\x0bz\x0c{n}" for n, text in enumerate(ENGLISH)]
    corpus = read_parallel(*two(tmp_path, strange, KOREAN))
    assert corpus.sources.to_list() == strange
    assert written(corpus.notes)[1].startswith("40 source texts with a control character (lines 1, 2,")


@pytest.mark.parametrize(("sources", "targets"), [(["", "b"], ["x", "y"]), (["a", "b"], ["x", " \t\u3000"])])
def test_an_empty_side(tmp_path, sources, targets):
    corpus = read_parallel(*two(tmp_path, [*sources, *ENGLISH], [*targets, *KOREAN]))
    assert len(corpus) == 41
    row = 1 if sources[0] == "" else 2
    assert f"1 pair with one side empty dropped (line {row})" in written(corpus.notes)
    assert row not in corpus.rows


def test_empty_lines_are_counted_by_kind(tmp_path):
    sources, targets = list(ENGLISH), list(KOREAN)
    for row in (3, 8, 11):
        sources[row] = ""
    for row in (8, 20):
        targets[row] = "  "
    paths = two(tmp_path, sources, targets)
    corpus = read_parallel(*paths)
    assert written(corpus.notes)[:3] == [
        "36 pairs",
        "3 pairs with one side empty dropped (lines 4, 12, 21)",
        "1 pair with both sides empty dropped (line 9)",
    ]
    kept = read_parallel(*paths, keep_blank=True, max_ratio=None)
    assert (len(kept), kept.sources[3], written(kept.notes)[0]) == (40, "", "40 pairs")


def test_many_rows_are_not_all_listed():
    corpus = pair_texts([*ENGLISH, *[""] * 30], [*KOREAN, *["x"] * 30])
    assert written(corpus.notes)[1].endswith("(rows 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, …)")


@pytest.mark.parametrize("nothing", [["", ""], [" ", "\t"]])
def test_nothing_to_learn_from(nothing):
    with pytest.raises(DataError, match=r"no pairs of texts \(2 pairs with an empty side\)"):
        pair_texts(nothing, ["x", "y"])
    with pytest.raises(DataError, match="no pairs of texts"):
        pair_texts([], [])


def test_unequal_files_say_both_counts_and_where_they_slip(tmp_path):
    first, second = two(tmp_path, ENGLISH * 10, [line for n, line in enumerate(KOREAN * 10) if n != 152])
    with pytest.raises(DataError) as caught:
        read_parallel(first, second)
    assert f"400 in {first}, 399 in {second}" in caught.value.what
    assert "slip near line 153: “The 32 small birds" in caught.value.hint
    assert "작은 새 33마리" in caught.value.hint
    skipped = read_parallel(first, second, on_bad_row="skip")
    assert len(skipped) == 399
    assert "1 line too many left out at the end" in written(skipped.notes)[0]
    assert "line 153" in written(skipped.notes)[0]


def test_a_file_that_was_cut_off(tmp_path):
    first, second = two(tmp_path, ENGLISH, KOREAN[:30])
    with pytest.raises(DataError) as caught:
        read_parallel(first, second)
    assert "the first 30 seem to fit; line 31 of the longer is “The 30 small birds" in caught.value.hint


def test_empty_lines_at_the_end_are_nothing(tmp_path):
    assert len(read_parallel(*two(tmp_path, [*ENGLISH, "", " "], KOREAN))) == 40


def test_what_a_hint_shows_cannot_move_the_cursor(tmp_path):
    first, second = two(tmp_path, [*ENGLISH, "\x1b[2J" + "x" * 500], KOREAN)
    with pytest.raises(DataError) as caught:
        read_parallel(first, second)
    assert "\\u001b[2Jxxx" in caught.value.hint
    assert len(caught.value.hint) < 200


def test_the_same_file_twice(tmp_path):
    first = put(tmp_path / "a", ENGLISH)
    copy = put(tmp_path / "b", ENGLISH)
    link = tmp_path / "c"
    link.symlink_to(first)
    for other in (first, link):
        with pytest.raises(SettingError, match="the same file"):
            read_parallel(first, other)
    with pytest.raises(DataError, match="the same text in all 40 pairs") as caught:
        read_parallel(first, copy)
    assert "given twice" in str(caught.value.hint)


def test_pairs_with_the_same_text_on_both_sides():
    few = pair_texts([*ENGLISH, "OK"], [*KOREAN, " OK "])
    assert "1 pair with the same text on both sides (row 41)" in written(few.notes)
    many = pair_texts([*ENGLISH, *ENGLISH[:20]], [*KOREAN, *ENGLISH[:20]])
    assert any(
        note.startswith("20 pairs with the same text") and "untranslated" in note for note in written(many.notes)
    )
    assert written(pair_texts(["OK"], ["OK"]).notes)[0] == "1 pair"  # of one pair nothing is known


def test_absurd_lengths_are_dropped_and_listed():
    sources, targets = [*ENGLISH, "Hi", "Yes", "x" * 2000], [*KOREAN, "안녕하세요 " * 20, "네, 그렇습니다", "네"]
    corpus = pair_texts(sources, targets)
    assert written(corpus.notes)[1] == "2 pairs dropped, one side 9 times too long for the other (rows 41, 43)"
    assert corpus.rows.tolist() == [*range(1, 41), 42]
    assert len(pair_texts(sources, targets, max_ratio=None)) == 43
    assert len(pair_texts(sources, targets, max_ratio=10_000)) == 43
    for ratio in (1, 0, -3, float("nan")):
        with pytest.raises(SettingError, match="max_ratio"):
            pair_texts(sources, targets, max_ratio=ratio)


def test_one_language_may_be_much_longer_than_the_other():
    corpus = pair_texts([text * 12 for text in ENGLISH], KOREAN)
    assert len(corpus) == 40


def test_repeated_pairs_and_several_translations():
    corpus = pair_texts([*ENGLISH, *ENGLISH[:3], ENGLISH[0]], [*KOREAN, *KOREAN[:3], "다른 말로 하면 작은 새들이에요"])
    assert len(corpus) == 44
    assert "3 pairs that repeat an earlier one" in written(corpus.notes)
    assert "1 source text with more than one translation" in written(corpus.notes)


def test_spoilt_characters():
    corpus = pair_texts([*ENGLISH, "it\ufffds here now", "donâ€™t"], [*KOREAN, "여기\x07 있어요", "하지 마요"])
    assert "1 source text with a replacement character (row 41)" in written(corpus.notes)
    assert "1 source text with a wrongly decoded (row 42)" not in written(corpus.notes)
    assert "1 source text that looks wrongly decoded (row 42)" in written(corpus.notes)
    assert "1 target text with a control character (row 41)" in written(corpus.notes)


def test_a_nul_byte_is_no_text(tmp_path):
    first, second = two(tmp_path, ENGLISH, [*KOREAN[:5], "a\0b", *KOREAN[6:]])
    with pytest.raises(DataError, match=r"a\.ko: is a binary file"):
        read_parallel(first, second)


@pytest.mark.parametrize(("content", "message"), [(None, "no such file"), (b"", "empty"), (b"PK\x03\x04", "zip")])
def test_files_that_cannot_be_read(tmp_path, content, message):
    first, second = put(tmp_path / "en", ENGLISH), tmp_path / "ko"
    if content is not None:
        second.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_parallel(first, second)
    with pytest.raises(DataError, match="folder"):
        read_parallel(first, tmp_path)
    with pytest.raises(SettingError, match="on_bad_row"):
        read_parallel(first, first, on_bad_row="drop")


def test_texts_in_memory():
    corpus = pair_texts(pl.Series(ENGLISH), KOREAN, rows=np.arange(40) + 7)
    assert corpus.rows[0] == 7
    some = corpus.take(np.array([5, 2]))
    assert (some.sources.to_list(), some.rows.tolist()) == ([ENGLISH[5], ENGLISH[2]], [12, 9])
    assert corpus.take(corpus.rows < 9).targets.to_list() == KOREAN[:2]
    with pytest.raises(SettingError, match="2 sources but 1 targets"):
        pair_texts(["a", "b"], ["c"])
    for wrong in ([1, 2], [None, "a"], pl.Series([1, 2])):
        with pytest.raises(SettingError, match="must be strings"):
            pair_texts(wrong, ["a", "b"])


# Two columns of a table


def test_two_columns_by_name_and_by_number():
    by_name = read_pairs(PHRASES, source_column="en", target_column="fr")
    by_number = read_pairs(PHRASES, source_column=1, target_column=2)
    assert by_name.sources.to_list() == by_number.sources.to_list()
    assert (by_name.sources[0], by_name.targets[0]) == ("I drink milk", "Je bois du lait")
    assert by_name.rows[0] == 1
    assert f"{len(by_name):,} pairs" in written(by_name.notes)
    other = read_pairs(PHRASES, source_column="ko", target_column="en")
    assert (other.sources[0], other.targets[0]) == ("나는 우유를 마셔요", "I drink milk")


def test_a_column_that_is_not_there():
    with pytest.raises(DataError, match="no column 'de'; the columns are: en, fr, ko"):
        read_pairs(PHRASES, source_column="en", target_column="de")
    with pytest.raises(SettingError, match="both column 'en'"):
        read_pairs(PHRASES, source_column="en", target_column=1)


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_tables_of_every_kind(tmp_path, kind):
    frame = pl.DataFrame({"label": ["x"] * 40, "q": ENGLISH, "number": range(40), "a": KOREAN})
    path = tmp_path / f"t.{kind}"
    write = {
        "csv": frame.write_csv,
        "tsv": frame.write_csv,
        "jsonl": frame.write_ndjson,
        "parquet": frame.write_parquet,
    }
    write[kind](path, **({"separator": "\t"} if kind == "tsv" else {}))
    corpus = read_pairs(path, source_column="q", target_column="a")
    assert (corpus.sources.to_list(), corpus.targets.to_list()) == (ENGLISH, KOREAN)
    assert not [note for note in written(corpus.notes) if "label" in note and "header" not in note]


def test_missing_fields_are_empty_sides(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('q,a\n"one, two",하나 둘\nthree,\n,넷\n"a ""quoted""\nline",줄\nNA,없음\n')
    corpus = read_pairs(path, source_column="q", target_column="a")
    assert corpus.sources.to_list() == ["one, two", 'a "quoted"\nline', "NA"]
    assert corpus.rows.tolist() == [1, 4, 5]
    assert "2 pairs with one side empty dropped (rows 2, 3)" in written(corpus.notes)


def test_rows_that_cannot_be_read(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"q": "one", "a": "하나"}\n{"q": 2, "a": "둘"}\n{"q": "three", "a": "셋"}\n')
    with pytest.raises(DataError, match="line 2"):
        read_pairs(path, source_column="q", target_column="a")
    corpus = read_pairs(path, source_column="q", target_column="a", on_bad_row="skip")
    assert corpus.sources.to_list() == ["one", "three"]
    assert any("1 bad row left out" in note for note in written(corpus.notes))
    path.write_text("q,a\n")
    with pytest.raises(DataError):
        read_pairs(path, source_column="q", target_column="a", format="csv")


# Which way it goes


def test_a_pair_of_swapped_files_is_seen():
    pairs = read_pairs(PHRASES, source_column="en", target_column="fr")
    words = {"source_words": frequent_words(pairs.sources), "target_words": frequent_words(pairs.targets)}
    assert not looks_swapped(pairs.sources, pairs.targets, **words)
    assert looks_swapped(pairs.targets, pairs.sources, **words)
    assert looks_swapped(["Je bois du lait"], **words)
    assert not looks_swapped(["I drink milk"], **words)
    assert not looks_swapped(["나는 우유를 마셔요"], **words)  # neither of the two
    for nothing in ([], [""], ["123 !"]):
        assert not looks_swapped(nothing, nothing, **words)


def test_frequent_words_come_in_order():
    assert frequent_words(["b a B", "a b c", "猫猫 犬"]) == ["b", "a", "猫", "c", "犬"]
    assert frequent_words(["b a B", "a b c"], 2) == ["b", "a"]
    assert frequent_words([]) == []


def test_one_language_on_both_sides():
    assert same_language(ENGLISH, ENGLISH[::-1])
    assert not same_language(ENGLISH, KOREAN)
    assert not same_language(["1"], ["2"])
    assert "both sides look like the same language" in written(pair_texts(ENGLISH, ENGLISH[::-1]).notes)


# Where alignment slips


@given(st.integers(30, 370), st.booleans(), st.integers(1, 3))
def test_a_gap_is_found_where_it_is(at, in_sources, size):
    rng = np.random.default_rng(at)
    lengths = rng.integers(3, 30, 400)
    first = pl.Series(["a" * int(n) + "." for n in lengths])
    second = pl.Series(["b" * int(2 * n) + "." for n in lengths])
    keep = pl.Series(np.delete(np.arange(400), np.arange(at, at + size)))
    slip = first_slip(first.gather(keep), second) if in_sources else first_slip(first, second.gather(keep))
    assert abs(slip - at) <= 6


def test_no_slip_in_a_file_that_is_cut_off():
    texts = pl.Series([f"{n * 7919 % 1000} birds" for n in range(300)])
    assert first_slip(texts, texts[:250]) == 250
    assert first_slip(texts[:1], texts) <= 1


def test_lines_that_stand_one_off_for_a_while():
    rng = np.random.default_rng(0)
    first = [f"{'word ' * int(n)}{n}" for n in rng.integers(1, 30, 2000)]
    second = [text.replace("word", "낱말") for text in first]
    assert shifted_run(pl.Series(first), pl.Series(second)) is None
    moved = second[:500] + second[501:901] + [second[500]] + second[901:]
    found = shifted_run(pl.Series(first), pl.Series(moved))
    assert found is not None
    assert abs(found[0] - 500) <= 5
    assert abs(found[1] - 900) <= 5
    notes = written(pair_texts(first, moved).notes)
    assert any("seem to stand one beside their translation" in note for note in notes)


def test_pairs_that_translate_nothing_show_no_slip():
    rng = np.random.default_rng(1)
    for _ in range(20):
        first, second = (pl.Series(["x" * int(n) for n in rng.integers(1, 60, 3000)]) for _ in range(2))
        assert shifted_run(first, second) is None
    assert shifted_run(first[:40], second[:40]) is None


# Holding out


TEXTS = st.lists(st.sampled_from(["a", "A ", "b", "c", "d", "e", "f g", "f  g"]), min_size=1, max_size=60)


@given(TEXTS, st.floats(0.01, 0.99), st.integers(0, 5))
def test_no_source_text_is_on_both_sides(sources, share, seed):
    corpus = ParallelCorpus(
        pl.Series(sources), pl.Series([f"t{n}" for n in range(len(sources))]), np.arange(len(sources))
    )
    folded = [" ".join(text.lower().split()) for text in sources]
    if len(set(folded)) == 1:
        with pytest.raises(DataError, match="only one"):
            hold_out(corpus, share, seed=seed)
        return
    train, held_out = hold_out(corpus, share, seed=seed)
    assert len(train)
    assert len(held_out)
    assert sorted([*train.rows.tolist(), *held_out.rows.tolist()]) == list(range(len(sources)))
    sides = [{folded[row] for row in part.rows.tolist()} for part in (train, held_out)]
    assert not sides[0] & sides[1]
    again = hold_out(corpus, share, seed=seed)
    assert again[1].rows.tolist() == held_out.rows.tolist()
    assert held_out.targets.to_list() == [f"t{row}" for row in held_out.rows.tolist()]


def test_the_share_is_kept_where_sources_differ():
    corpus = pair_texts(ENGLISH, KOREAN)
    assert [len(part) for part in hold_out(corpus, 0.1)] == [36, 4]
    assert hold_out(corpus, 0.1, seed=1)[1].rows.tolist() != hold_out(corpus, 0.1)[1].rows.tolist()
    frequent = pair_texts([*ENGLISH, *["Hello there"] * 60], [*KOREAN, *[f"안녕 {n}" for n in range(60)]])
    assert [len(part) for part in hold_out(frequent, 0.1)] == [90, 10]
    for share in (0, 1, -0.5, float("nan")):
        with pytest.raises(SettingError, match="between 0 and 1"):
            hold_out(corpus, share)


# Real translations


@pytest.mark.data
@pytest.mark.parametrize("language", ["de", "fr"])
def test_multi30k(language):
    corpus = read_parallel(data_file("multi30k/train.en"), data_file(f"multi30k/train.{language}"))
    assert 28_990 <= len(corpus) <= 29_000
    assert f"{len(corpus):,} pairs" == written(corpus.notes)[0]
    assert not [note for note in written(corpus.notes) if "one beside" in note or "same" in note]
    words = {"source_words": frequent_words(corpus.sources), "target_words": frequent_words(corpus.targets)}
    test = read_parallel(
        data_file("multi30k/test_2016_flickr.en"),
        data_file(f"multi30k/test_2016_flickr.{language}"),
        max_ratio=None,
        keep_blank=True,
    )
    assert len(test) == 1_000
    assert not looks_swapped(test.sources, test.targets, **words)
    assert looks_swapped(test.targets, test.sources, **words)
    alone = [looks_swapped([text], **words) for text in test.sources.head(200)]
    other = [looks_swapped([text], **words) for text in test.targets.head(200)]
    assert sum(alone) == 0
    assert sum(other) >= 195


@pytest.mark.data
def test_what_multi30k_has_no_translation_for_is_dropped():
    corpus = read_parallel(data_file("multi30k/train.en"), data_file("multi30k/train.de"))
    dropped = sorted(set(range(1, 29_001)) - set(corpus.rows.tolist()))
    german = data_file("multi30k/train.de").read_text(encoding="utf-8").split("\n")
    assert {german[row - 1] for row in dropped} == {"@@"}


@pytest.mark.data
@pytest.mark.parametrize("language", ["de", "fr"])
def test_a_line_missing_from_multi30k_is_found(language):
    english, other = (
        pl.Series(data_file(f"multi30k/train.{name}").read_text(encoding="utf-8").split("\n")[:3000])
        for name in ("en", language)
    )
    rng = np.random.default_rng(0)
    for at in rng.integers(20, 2980, 12).tolist():
        keep = pl.Series(np.delete(np.arange(3000), at))
        assert abs(first_slip(english, other.gather(keep)) - at) <= 10
        assert abs(first_slip(english.gather(keep), other) - at) <= 10


@pytest.mark.data
def test_questions_and_answers():
    corpus = read_pairs(data_file("chatbot_ko/ChatbotData.csv"), source_column="Q", target_column="A")
    assert len(corpus) > 11_800
    assert not [note for note in written(corpus.notes) if "beside" in note]
    train, held_out = hold_out(corpus, 0.05)
    assert set(train.sources).isdisjoint(held_out.sources)
