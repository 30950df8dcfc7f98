"""The evidence map counts cohorts, keeps gaps apart from results without numbers, and loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from metamsc.analysis.evidence_map import map_evidence
from metamsc.checks.read import read_records
from metamsc.errors import OptionError
from metamsc.records.studies import Studies

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def records() -> Studies:
    return read_records(ROOT / "data" / "extractions")


def test_a_cell_of_the_shipped_records(records: Studies) -> None:
    # Cai 2016: umbilical-cord MSC in type 1, HbA1c of 21 against 21 (data/extractions/clinical/cai-2016.yml).
    # Lu 2021 has the same source and type, its HbA1c stands in a figure only.
    cell = map_evidence(records, "clinical").cell("hba1c", "T1D", "umbilical-cord")
    assert cell is not None
    assert cell.controlled == ("cai-2016",)
    assert "lu-2021" in cell.without_numbers
    assert (cell.participants, cell.unknown_sizes) == (42, 0)


@pytest.mark.parametrize("setting", ["clinical", "preclinical"])
def test_every_result_and_missing_result_is_somewhere(records: Studies, setting: str) -> None:
    found = map_evidence(records, setting)
    there = {
        (cell.outcome, cohort)
        for cell in found.cells
        for cohort in (*cell.controlled, *cell.uncontrolled, *cell.without_numbers)
    }
    n_expected = 0
    for study in records:
        treated = {
            arm.id
            for arm in study.arms
            if arm.cells is not None and arm.cells.msc and arm.role == "treatment"
        }
        if study.study.setting.value != setting or not treated:
            continue
        for missing in study.missing_results:
            assert (missing.outcome, study.cohort) in there
            n_expected += 1
        for result in study.results:
            named = set(result.arms or {}) | ({result.contrast.treatment} if result.contrast else set())
            if named & treated:
                assert (result.outcome, study.cohort) in there
                n_expected += 1
    assert n_expected > 50


def test_a_cohort_is_in_one_list_of_a_cell(records: Studies) -> None:
    for setting in ("clinical", "preclinical"):
        for cell in map_evidence(records, setting).cells:
            everyone = [*cell.controlled, *cell.uncontrolled, *cell.without_numbers]
            assert len(everyone) == len(set(everyone)) > 0


def test_reports_of_one_cohort_count_once(records: Studies) -> None:
    # Araujo 2020, Dantas 2020, 2021 and the 12-month abstract are one Brazilian cohort.
    cell = map_evidence(records, "clinical").cell("hba1c", "T1D", "adipose")
    assert cell is not None
    cohort = records.study("dantas-2020").cohort
    assert cohort == records.study("araujo-2020").cohort
    assert cell.controlled.count(cohort) == 1


def test_products_that_are_not_msc_come_in_only_when_asked_for(records: Studies) -> None:
    strict, wide = (map_evidence(records, "clinical", msc_only=only) for only in (True, False))
    assert wide.n_cohorts > strict.n_cohorts
    assert len(wide.cells) >= len(strict.cells)


def test_gaps_are_what_is_left(records: Studies) -> None:
    found = map_evidence(records, "clinical")
    grid = [
        found.cell(key, kind, source)
        for key, _ in found.outcomes
        for kind in found.diabetes_types
        for source in found.msc_sources
    ]
    assert grid.count(None) == found.n_gaps > 0


def test_an_unknown_setting_is_refused(records: Studies) -> None:
    with pytest.raises(OptionError, match="'clinical', 'preclinical'"):
        map_evidence(records, "animals")


def test_no_records() -> None:
    found = map_evidence(Studies(), "clinical")
    assert (found.n_cohorts, found.cells, found.n_gaps) == (0, (), 0)
