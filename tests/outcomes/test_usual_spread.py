"""Usual spreads: what is said to come from the shipped records does; the rest says where it comes from."""

from functools import cache
from pathlib import Path

import pytest
from pydantic import ValidationError

from metamsc.checks.read import read_records
from metamsc.outcomes.catalogue import Outcome, UsualSpread, catalogue
from metamsc.outcomes.units import convert
from metamsc.records.studies import Studies
from metamsc.vocabulary import Setting

SHIPPED = Path(__file__).parents[2] / "data" / "extractions"
USUAL = [(o, entry) for o in catalogue().outcomes.values() for entry in (*o.usual_cv, *o.usual_sd)]
FROM_RECORDS = [(o, entry) for o, entry in USUAL if entry.basis == "records"]
HALF_A_PERCENT = 0.005 + 1e-9
"""The catalogue prints ratios with two decimals; 1e-9 for binary fractions of a half."""


@cache
def shipped() -> Studies:
    return read_records(SHIPPED)


def _ratios(outcome: Outcome, setting: Setting) -> list[tuple[str, float]]:
    """Record and SD/mean of every arm with a labelled SD, in the outcome's own unit where it converts."""
    found = []
    for study in shipped():
        if study.study.setting is not setting:
            continue
        for row in study.results:
            for value in (row.arms or {}).values():
                if row.outcome != outcome.id or not value.sd or not value.mean:
                    continue
                sd, mean, unit = value.sd, value.mean, row.unit or "%"
                if outcome.id == "hba1c":  # its two units have different zeros
                    sd = convert(sd, outcome, unit, "%", kind="difference").value
                    mean = convert(mean, outcome, unit, "%").value
                found.append((study.id, sd / mean))
    return found


@pytest.mark.parametrize(("outcome", "entry"), FROM_RECORDS, ids=[f"{o.id}" for o, _ in FROM_RECORDS])
def test_ranges_from_records_are_those_of_the_records(outcome: Outcome, entry: UsualSpread) -> None:
    found = _ratios(outcome, entry.setting)
    assert sorted({record for record, _ in found}) == list(entry.records)
    assert len(found) == entry.arms
    for end, ratio in zip(entry.range, (min(r for _, r in found), max(r for _, r in found)), strict=True):
        assert abs(end - ratio) <= HALF_A_PERCENT


def test_judgement_is_called_judgement() -> None:
    assert {entry.basis for _, entry in USUAL} == {"records", "published", "judgement"}
    assert all(entry.source and (entry.url is not None) == (entry.basis == "published") for _, entry in USUAL)
    for _, entry in USUAL:
        assert entry.range[1] / entry.range[0] < 10, "tells nothing"


def test_a_source_is_demanded() -> None:
    fields = {"setting": "clinical", "range": [0.1, 0.2], "basis": "published", "source": "a paper"}
    with pytest.raises(ValidationError, match="gives a `url`"):
        UsualSpread.model_validate(fields)
    with pytest.raises(ValidationError, match="low to high"):
        UsualSpread.model_validate({**fields, "url": "https://example.org", "range": [0.2, 0.1]})
