"""A file format is its module and its line in `FORMATS`: one that is new here is read, known and trained on."""

import sys
from types import ModuleType

import numpy as np
import pytest

from cli_runs import run_badly, run_well
from sadari.data.formats import FORMATS
from sadari.data.formats.format import Format
from sadari.data.formats.lines import lines_column
from sadari.data.formats.opening import find_format
from sadari.data.formats.records import Chunk, Records, line_place, placed
from sadari.data.read import open_source

RECORDS = "!cards\ngood: a fine day\nbad: it rains\n" + "".join(
    f"good: the sun shines on day {day}\nbad: a storm in night {day}\n" for day in range(20)
)


class Cards(Records):
    """``label: text`` a line, below a line ``!cards``."""

    format = "cards"

    def __init__(self, stream):
        self._stream, self.columns = stream, ["label", "text"]
        self.notes, self.encoding = list(stream.notes), stream.encoding
        self.head = self._frame(b"".join(stream.blocks(1 << 16)))

    def _frame(self, content):
        parts = lines_column(content)[1:].str.split_exact(": ", 1).struct.unnest()
        return parts.rename(dict(zip(parts.columns, self.columns, strict=True)))

    def chunks(self, rows, wanted, bad):
        frame = self._frame(b"".join(self._stream.blocks(1 << 16)))
        for start in range(0, len(frame), rows):
            part = frame[start : start + rows]
            numbers = np.arange(start + 2, start + 2 + len(part))
            yield Chunk(
                part if wanted.columns is None else part.select(wanted.columns), numbers, placed(line_place, numbers)
            )


@pytest.fixture
def cards(monkeypatch):
    module = ModuleType("cards_format")
    module.CARDS = Format(lambda stream, asked: Cards(stream), endings=(".cards",), begins=b"!cards", named=True)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(FORMATS, "cards", "cards_format:CARDS")


@pytest.mark.parametrize(
    ("name", "format"), [("a.cards", None), ("a.txt", None), ("a.csv", "cards"), ("a.CARDS", None)]
)
def test_a_new_format_is_known_by_its_ending_its_beginning_and_its_name(cards, tmp_path, name, format):
    (tmp_path / name).write_text(RECORDS, encoding="utf-8")
    read = open_source(tmp_path / name, format=format).read()
    assert len(read) == 42
    assert read.texts[0] == "a fine day"
    assert read.labels[:2].to_list() == ["good", "bad"]


def test_without_its_line_it_is_another_format(tmp_path):
    (tmp_path / "a.txt").write_text(RECORDS, encoding="utf-8")
    assert open_source(tmp_path / "a.txt", need_label=False).format == "lines"


def test_the_command_line_trains_on_it(cards, tmp_path):
    (tmp_path / "a.cards").write_text(RECORDS, encoding="utf-8")
    printed = run_well("train", tmp_path / "a.cards", "--rung", "bow", "-o", tmp_path / "m").stdout
    assert "2 labels: bad, good" in printed


def test_every_line_of_the_table_leads_to_a_format():
    for name in FORMATS:
        assert isinstance(find_format(name), Format)
    endings = [ending for name in FORMATS for ending in find_format(name).endings]
    assert len(endings) == len(set(endings))


def test_the_name_that_is_not_there(tmp_path):
    assert "Invalid value for '--format'" in run_badly("data", "audit", "headlines", "--format", "xlsx")
