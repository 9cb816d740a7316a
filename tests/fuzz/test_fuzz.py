"""A short run of each target of `make fuzz`, always of the same cases, and every case that was once found."""

import json
import os
from pathlib import Path
from random import Random

import fuzz_run
import pytest

pytestmark = pytest.mark.filterwarnings("ignore::sadari.errors.SadariWarning")  # a warning is no failure

KEPT = Path(__file__).parent / "kept"
CASES = {
    "data": 400,
    "exact": 150,
    "vectors": 200,
    "calls": 400,
    "folders": 150,
    "nets": 60,
    "weights": 12,
    "parquet": 10,
}


@pytest.fixture(scope="session", autouse=True)
def seeds(tmp_path_factory):
    os.environ[fuzz_run.SEED_PLACE] = str(tmp_path_factory.mktemp("seeds"))
    fuzz_run.make_seeds(CASES)
    yield
    del os.environ[fuzz_run.SEED_PLACE]


@pytest.mark.parametrize("name", CASES)
def test_what_is_spoilt_is_read_or_refused(name, tmp_path):
    aim = fuzz_run.target(name)
    for case in aim.whole():
        fuzz_run.put(case, tmp_path / "case")
        aim.check(tmp_path / "case")
    for number in range(CASES[name]):
        fuzz_run.put(aim.make(Random(f"{name}-0-{number}")), tmp_path / "case")
        try:
            aim.check(tmp_path / "case")
        except BaseException as error:
            error.add_note(f"case {name}-0-{number}: python tests/fuzz/fuzz_run.py --case {name}-0-{number}")
            raise


@pytest.mark.parametrize("name", CASES)
def test_a_case_does_not_depend_on_those_drawn_before_it(name):
    aim = fuzz_run.target(name)
    first = [aim.make(Random(f"{name}-1-{number}")) for number in range(100)]
    assert [aim.make(Random(f"{name}-1-{number}")) for number in range(100)] == first


@pytest.mark.parametrize("kept", sorted(KEPT.glob("*/")), ids=lambda kept: kept.name)
def test_what_was_found_once_is_mended(kept, tmp_path):
    fuzz_run.again(kept, tmp_path / "case")


def test_a_row_that_is_lost_is_seen(tmp_path):
    """The check itself: where a row of the file is gone, it says that a cell differs."""
    aim = fuzz_run.target("exact")
    case = aim.make(Random("exact-0-2"))
    how = json.loads(case["how.json"])
    case["how.json"] = json.dumps({**how, "rows": [*how["rows"], how["rows"][1]]}).encode()
    fuzz_run.put(case, tmp_path / "case")
    with pytest.raises(AssertionError, match="a cell differs"):
        aim.check(tmp_path / "case")
