"""One cohort, one estimate. All studies are invented."""

import random
from typing import Any

import pytest

from metamsc.dataset.build import build_table
from metamsc.dataset.selection import Selection
from metamsc.records.model import Study
from metamsc.records.studies import Studies
from tests.dataset.invented import CONTROL, contrast, means, study, table, treated


def report(study_id: str, at: str, n: int = 10, year: int = 2020, cohort: str = "shared") -> Study:
    value = {"mean": 7.0, "sd": 1.0, "n": n}
    return study(study_id, means(at, msc=value), cohort=cohort, year=year)


def chosen(*studies: Study, at: str = "12 months") -> str:
    found = table(*studies, at=at)
    (row,) = found.rows
    assert len(found.excluded) == len(studies) - 1
    assert {item.code for item in found.excluded} == {"cohort"}
    return row.study_id


def test_the_better_time_stands_for_the_cohort() -> None:
    assert chosen(report("a", "3 months", n=30), report("b", "11 months")) == "b"
    assert chosen(report("a", "3 months", n=30), report("b", "11 months"), at="3 months") == "a"


def test_then_more_participants_then_the_later_report_then_the_id() -> None:
    assert chosen(report("a", "12 months"), report("b", "12 months", n=12)) == "b"
    assert chosen(report("a", "12 months", year=2021), report("b", "12 months", year=2019)) == "a"
    assert chosen(report("b", "12 months"), report("a", "12 months")) == "a"


def test_the_reason_names_the_report_that_is_used() -> None:
    found = table(report("a", "3 months"), report("b", "12 months"), at="12 months")
    assert found.excluded[0].reason == "same participants as Invented b, whose result at 12 months is used"


def test_a_report_that_cannot_be_used_does_not_stand_for_its_cohort() -> None:
    bare = study("a", means("12 months", msc={"mean": 7.0, "n": 10}), cohort="shared")
    found = table(bare, report("b", "3 months"), at="12 months")
    assert [row.study_id for row in found.rows] == ["b"]
    assert [item.code for item in found.excluded] == ["no-spread"]


def test_studies_without_a_cohort_key_are_their_own() -> None:
    assert table(study("a", means()), study("b", means())).k == 2


def test_arms_kept_apart_stay_together() -> None:
    """All arms of the report that is used are rows, none of the other one."""
    result = means()
    result["arms"] = {name: {"mean": 7.0, "sd": 1.0, "n": 10} for name in ("low", "high", "control")}
    arms = [treated("low"), treated("high"), CONTROL]
    found = table(
        study("a", result, arms=arms, cohort="shared"),
        report("b", "3 months"),
        at="12 months",
        multi_arm="split-control",
    )
    assert [row.study_id for row in found.rows] == ["a", "a"]
    assert [item.study_id for item in found.excluded] == ["b"]


def mixed() -> list[Study]:
    """A dozen invented studies of every fate, with equal years and labels on purpose."""
    return [
        *(study(f"rct-{i}", means(), label="Invented", year=2020) for i in range(4)),
        report("c1", "3 months"),
        report("c2", "12 months"),
        study("bare", means(msc={"mean": 7.0, "n": 10})),
        study("contrast", contrast(difference=-0.3, se=0.2), year=2015),
        study("single", means(), design="single-arm"),
        study("times", means("3 months"), means("12 months"), means("24 months")),
        study("old", means(), year=1999, label="Zebra"),
        study("undated", means(), year=None),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_records_is_irrelevant(seed: int) -> None:
    plan = Selection.model_validate({"outcome": "hba1c"})
    studies = mixed()
    random.Random(seed).shuffle(studies)  # noqa: S311 - an order, not a secret
    assert build_table(studies, plan) == build_table(mixed(), plan)
    assert build_table(Studies.of(*studies), plan).to_dict() == build_table(mixed(), plan).to_dict()


def test_rows_stand_by_year_label_and_id_and_undated_ones_last() -> None:
    rows = table(*mixed()).rows
    keys = [(row.year or 9999, row.label.partition(" (")[0], row.row_id) for row in rows]
    assert keys == sorted(keys)
    assert rows[0].study_id == "old"
    assert rows[-1].study_id == "undated"


def test_labels_and_ids_are_unique() -> None:
    rows = table(*mixed()).rows
    assert len({row.label for row in rows}) == len({row.row_id for row in rows}) == len(rows) == 9


def test_every_result_is_a_row_or_has_a_reason() -> None:
    found = table(*mixed())
    studies = {study.id: len(study.results) for study in mixed()}
    said: dict[str, int] = dict.fromkeys(studies, 0)
    for study_id in (*(row.study_id for row in found.rows), *(item.study_id for item in found.excluded)):
        said[study_id] += 1
    assert said == studies


def test_moderators_and_frame_hold_every_row() -> None:
    found = table(*mixed())
    frame = found.to_frame()
    assert list(frame["row_id"]) == [row.row_id for row in found.rows]
    assert set(frame["diabetes_type"]) == {"T1D"}
    assert found.yi == tuple(frame["yi"])
    assert [value**0.5 for value in found.vi] == pytest.approx(list(frame["sei"]), rel=1e-12)


def empty_frames() -> list[Any]:
    return [table(outcome="hba1c").to_frame(), table(*mixed()).to_frame()]


def test_a_table_without_rows_has_all_columns() -> None:
    empty, full = empty_frames()
    assert list(empty.columns) == list(full.columns)
    assert len(empty) == 0
