"""Running text: every word of a file comes once, in its order, however its lines lie."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sadari.data import plain_text
from sadari.data.plain_text import PlainText
from sadari.errors import DataError


def read(path):
    return [line for column in PlainText(path).columns() for line in column.to_list()]


def test_lines_come_without_blank_ones(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("one two\r\n\n \t\nthree\n가 나".encode())
    assert read(path) == ["one two", "three", "가 나"]
    path.write_bytes(gzip.compress("하나 둘\n셋".encode("cp949")))
    assert read(path) == read(path) == ["하나 둘", "셋"]


@pytest.mark.parametrize("character", ["a", "é", "字", "🎉"])
def test_a_line_without_white_space_is_cut_between_characters(tmp_path, monkeypatch, character):
    monkeypatch.setattr(plain_text, "PIECE_BYTES", 64)
    monkeypatch.setattr(plain_text, "BLOCK_BYTES", 97)
    path = tmp_path / "long.txt"
    path.write_text(character * 1_000, encoding="utf-8")
    found = read(path)
    assert "".join(found) == character * 1_000
    assert max(len(piece.encode()) for piece in found) <= 64 + 97 + 4


@given(st.lists(st.text("ab 字\t\n", max_size=60)), st.integers(5, 40))
def test_no_word_is_lost_or_cut_while_lines_are_short(tmp_path_factory, parts, size):
    text = "".join(parts)
    path = tmp_path_factory.mktemp("text") / "t.txt"
    path.write_text(text + "\nend", encoding="utf-8", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_text, "BLOCK_BYTES", size)
        assert [line for line in read(path) if line.strip()] == [
            line for line in f"{text}\nend".split("\n") if line.strip()
        ]


def test_what_is_no_text_is_said(tmp_path):
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "binary.txt").write_bytes(b"a\0b" * 10)
    for path in (tmp_path / "empty.txt", tmp_path / "binary.txt", tmp_path, tmp_path / "gone.txt"):
        with pytest.raises(DataError):
            read(path)
