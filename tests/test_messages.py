"""Sentences in other languages: complete, with the values of the English, compiled, and chosen at the edge."""

import pytest

from catalogues import (
    as_mo,
    as_po,
    brought_up_to_date,
    catalogue_files,
    extracted,
    misplaced,
    read_catalogue,
)

EVERY = [pytest.param(path, id=path.parent.parent.name) for path in catalogue_files()]


@pytest.fixture(scope="module")
def found():
    return extracted()


@pytest.mark.parametrize("path", EVERY)
def test_a_catalogue_has_the_ids_of_the_source_and_is_compiled(path, found):
    """After a change of a sentence: ``make messages``."""
    assert as_po(brought_up_to_date(read_catalogue(path), found)) == path.read_bytes()
    assert as_mo(read_catalogue(path)) == path.with_suffix(".mo").read_bytes()


@pytest.mark.parametrize("path", EVERY)
def test_translations_take_the_values_of_the_english(path):
    assert not misplaced(read_catalogue(path))
