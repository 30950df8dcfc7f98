"""Laws of selection over the shipped records: nothing is dropped in silence, no participant counts twice."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from metamsc.checks.read import read_records
from metamsc.dataset.build import build_table
from metamsc.dataset.describe import shown_file
from metamsc.dataset.rows import EXCLUSION_CODES, EffectTable
from metamsc.dataset.selection import Selection
from metamsc.outcomes.catalogue import catalogue
from metamsc.records.studies import Studies

ROOT = Path(__file__).parents[2]
OF_THE_STUDY = {"by-plan", "design", "unpublished", "no-control"}
"""Reasons that keep a study out whatever its results are: said once, for all of them."""

OUTCOMES = sorted(
    (outcome.id, setting.value) for outcome in catalogue().outcomes.values() for setting in outcome.settings
)
OPTIONS: list[dict[str, Any]] = [
    {},
    {"multi_arm": "split-control", "treatment": {"msc": "any"}, "post_hoc": "include"},
    {"multi_arm": "highest-dose", "unlabelled_spread": "se", "unpublished": "exclude"},
    {"as_reported_only": True, "time": {"at": "3 months", "tolerance": "6 weeks"}},
    {"treatment": {"msc": "none"}, "control": ["other-cells", "standard-care"], "unlabelled_spread": "sd"},
]


@pytest.fixture(scope="module")
def records() -> Studies:
    return read_records(ROOT / "data/extractions")


@pytest.fixture(scope="module")
def tables(records: Studies) -> list[tuple[EffectTable, dict[str, Any]]]:
    """Every outcome of either setting under every set of options."""
    return [
        (
            build_table(records, Selection.model_validate({"outcome": name, "setting": setting, **options})),
            options,
        )
        for (name, setting), options in product(OUTCOMES, OPTIONS)
    ]


def test_every_result_after_baseline_is_a_row_or_has_a_reason(
    records: Studies, tables: list[tuple[EffectTable, dict[str, Any]]]
) -> None:
    for table, options in tables:
        places = {(row.place.file, row.place.line) for row in table.rows}
        places |= {(item.file, item.line) for item in table.excluded}
        whole = {item.study_id for item in table.excluded if item.code in OF_THE_STUDY}
        for file in records.files:
            if file.study.study.setting.value != table.setting:
                continue
            for index, result in enumerate(file.study.results):
                if result.outcome != table.outcome or result.at == "baseline":
                    continue
                place = (shown_file(file), file.place(("results", index)).line)
                assert place in places or file.study.id in whole, (place, table.outcome, options)


def test_every_reason_is_a_known_one_with_words_and_a_place(
    tables: list[tuple[EffectTable, dict[str, Any]]],
) -> None:
    for table, _ in tables:
        for item in table.excluded:
            assert item.code in EXCLUSION_CODES
            assert item.reason
            assert Path(item.file).is_file()
            assert item.line > 0


def test_no_cohort_counts_twice(tables: list[tuple[EffectTable, dict[str, Any]]]) -> None:
    for table, options in tables:
        studies = {(row.cohort, row.study_id) for row in table.rows}
        assert len({cohort for cohort, _ in studies}) == len(studies)
        if options.get("multi_arm") != "split-control":
            assert len(studies) == len(table.rows)


def test_labels_and_row_ids_differ(tables: list[tuple[EffectTable, dict[str, Any]]]) -> None:
    for table, _ in tables:
        assert len({row.label for row in table.rows}) == len(table.rows)
        assert len({row.row_id for row in table.rows}) == len(table.rows)


def test_effects_are_finite_with_positive_variance(tables: list[tuple[EffectTable, dict[str, Any]]]) -> None:
    pooled = [row for table, _ in tables for row in table.rows]
    assert len(pooled) > 100
    for row in pooled:
        assert abs(row.yi) < 1e6
        assert 0 < row.vi < 1e9


def test_no_single_arm_row(records: Studies, tables: list[tuple[EffectTable, dict[str, Any]]]) -> None:
    designs = {study.id: study.study.design.value for study in records}
    assert "single-arm" in designs.values()
    for table, _ in tables:
        assert not {row.study_id for row in table.rows if "single-arm" in designs[row.study_id]}


def test_only_msc_by_default_and_no_assumption_where_none_is_allowed(
    records: Studies, tables: list[tuple[EffectTable, dict[str, Any]]]
) -> None:
    cells = {(study.id, arm.id): arm.cells for study in records for arm in study.arms}
    for table, options in tables:
        for row in table.rows:
            products = [cells[row.study_id, arm] for arm in row.treatment.arms]
            msc = {product.msc for product in products if product is not None}
            wanted = options.get("treatment", {}).get("msc", "only")
            assert msc == {"only": {True}, "none": {False}}.get(wanted, msc)
            if options.get("as_reported_only"):
                assert not row.imputed
