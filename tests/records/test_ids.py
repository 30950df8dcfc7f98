"""Ids made of names as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamsc.records.ids import LONGEST, has_name, make_id
from metamsc.records.scaffold import is_doi

NAMES = {
    "Cai et al. 2016": "cai-et-al-2016",
    "Müller-Lüdenscheidt 2019": "muller-ludenscheidt-2019",
    "O'Brien 2020": "obrien-2020",
    "D’Addio 2014": "daddio-2014",
    "Strauß 2020": "strauss-2020",
    "Bjørn Øæ 2011": "bjorn-oae-2011",
    "Łukasz 2019": "lukasz-2019",
    "Al‐Otaibi 2020": "al-otaibi-2020",
    "Carlsson P-O, 2015": "carlsson-p-o-2015",
    "İnan 2020": "inan-2020",
    "李 2020": "2020",
    "../x": "x",
    "  ": "",
}


@pytest.mark.parametrize(("name", "found"), NAMES.items())
def test_names(name: str, found: str) -> None:
    assert make_id(name) == found
    assert has_name(found) == (found not in ("", "2020"))


@given(st.text(max_size=200))
def test_an_id_is_one_or_nothing(text: str) -> None:
    found = make_id(text)
    assert len(found) <= LONGEST
    assert make_id(found) == found
    assert not set(found) - set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_doi() -> None:
    assert is_doi("10.2337/dc15-0171")
    assert not is_doi("https://doi.org/10.2337/dc15-0171")
