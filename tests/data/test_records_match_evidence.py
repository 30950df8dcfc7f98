"""Every number of the collected evidence stands in the record of its study, and no other number does.

The evidence (``../shared/evidence`` beside the checkout) was collected apart from the records. Each of
its rows must be found as one value of the record: same numbers, same kind of spread, same time, same
address, in an arm of the right role. Rows that no value can hold are listed in ``IN_WORDS``; their
numbers must stand in the text of the record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from metamsc import Study, read_records
from metamsc.records.values import Contrast, Summary, parse_days
from metamsc.vocabulary import ArmRole

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT.parent / "shared" / "evidence"
RECORDS = ROOT / "data" / "extractions"
WORDS = json.loads((Path(__file__).parent / "evidence_names.json").read_text(encoding="utf-8"))
STUDIES: dict[str, dict[str, str]] = WORDS["records"]
"""Setting -> name of a study in the evidence -> id of its record."""

pytestmark = pytest.mark.skipif(
    not EVIDENCE.is_dir(), reason="the evidence folder ../shared/evidence is not beside this checkout"
)

Row = dict[str, Any]

MONTHS_TOLERANCE = 0.08
"""The evidence rounds computed months to one or two decimals: 8 weeks is 1.8 or 1.84."""

IN_WORDS = {
    # C-peptide of unstated kind, or 2 h after a meal: the catalogue has no such outcome.
    ("thakkar-2015", "serum C-peptide"),
    ("uc-msc-series-cn", "2-h postprandial C-peptide"),
    # Not outcomes of the catalogue.
    ("carlsson-2015", "diabetic ketoacidosis at diagnosis"),
    ("mrozikiewicz-rakowska-2023", "time to 50% wound reduction"),
    # Both arms together, blinded: belongs to no arm.
    ("dfu-301-2022", "complete closure, Wagner 2, interim"),
    ("dfu-301-2022", "complete closure, Wagner 1, interim"),
    # The end of a range over three doses that cannot be tied to one of them.
    ("skyler-2015", "adjusted LSM difference vs placebo, smallest of 3 doses (range end)"),
    ("skyler-2015", "adjusted LSM difference vs placebo, range end"),
    # 0 of 45 in three dose arms together: 0 of 15 in each, a derivation of the record.
    ("skyler-2015", "serious AEs"),
    # The n of an arm without a count.
    ("moon-2019", "serious adverse events related to ASC treatment"),
}

OTHER_TIME = {
    # Computed as 3 months; the text says "within about 3 months (week 9)".
    ("pla-general-hospital-tir", "HbA1c <7% and TIR >=70% within about 3 months (week 9)"),
    # The first week after the cells; the row counts reversals at any time within 6 weeks.
    ("milanesi-2012", "reversal of hyperglycemia (temporary, 2-3 weeks, then relapse)"),
    # Two times in one row of the record, both in its `at_note`.
    ("abortus-msc-clusters-2014", "normal blood glucose"),
    ("abortus-msc-clusters-2014", "alive (IPC arm: graft not removed)"),
}

UNLABELLED_THOUGH_SD = {("araujo-2020", "insulin requirement")}
"""The note "± not labelled" stands on the treated arm; both arms were read in the same abstract."""

CONTROL_ARMS = frozenset(WORDS["clinical control arms"])
"""Names of control and comparator arms in the clinical evidence; the preclinical rows say the role."""


@dataclass(frozen=True)
class Held:
    """One value of a record, with what is needed to compare it with a row of the evidence."""

    role: ArmRole | None
    value: Summary | Contrast
    days: float | None
    urls: frozenset[str]
    time: str


def _held(study: Study) -> Iterator[Held]:
    for result in study.results:
        urls, days = _urls(study, *result.source), parse_days(result.at)
        if result.contrast is not None:
            yield Held(None, result.contrast, days, urls, result.at)
        for name, value in (result.arms or {}).items():
            yield Held(study.arm(name).role, value, days, urls, result.at)
    for arm in study.arms:
        for part in (arm.age, arm.disease_duration, arm.bmi):
            if part is not None and part.source is not None:
                yield Held(arm.role, part, 0.0, _urls(study, part.source), "baseline")


def _urls(study: Study, *keys: str) -> frozenset[str]:
    return frozenset(study.sources[key].url or "" for key in keys)


def _numbers(held: Held) -> dict[str, float]:
    """Numbers of a value by the names that the evidence gives them."""
    value = held.value
    if isinstance(value, Contrast):
        centre = value.difference if value.difference is not None else value.ratio
        found: dict[str, float | None] = {"centre": centre, "sem": value.se}
        found["ci_low"], found["ci_high"] = value.ci or (None, None)
    else:
        percent = getattr(value, "percent", None)
        events = getattr(value, "events", None)
        centre = getattr(value, value.centre) if value.centre else (percent if events is None else None)
        found = {"centre": centre, "n": value.n, "events": events, "sd": value.sd, "sem": value.se}
        found["pm_unlabelled"] = value.spread.value if value.spread else None
        found["q1"], found["q3"] = value.iq_range or (None, None)
        found["range_low"], found["range_high"] = value.range or (None, None)
    return {name: float(number) for name, number in found.items() if number is not None}


def _printed(row: Row) -> dict[str, float]:
    """Numbers of a row of the evidence, with the ± that stand in its notes only."""
    names = ("n", "events", "sd", "sem", "pm_unlabelled", "q1", "q3", "range_low", "range_high")
    found = {name: row[name] for name in (*names, "ci_low", "ci_high") if name in row}
    centre = row.get("mean", row.get("median"))
    if centre is not None:
        fall = row.get("unit", "").endswith(("% reduction", "% decrease"))
        found["centre"] = -centre if fall else centre
        for words in re.finditer(r"([\d.]+) \+/- (\d+(?:\.\d+)?)", row.get("note", "")):
            if "UNLABELLED" in row["note"] and float(words[1]) == centre:
                found["pm_unlabelled"] = float(words[2])
    dispersion = re.fullmatch(r"dispersion ([\d.]+) unlabelled", row.get("note", ""))
    if dispersion:
        found["pm_unlabelled"] = float(dispersion[1])
    return {name: float(number) for name, number in found.items()}


def _roles(row: Row) -> set[ArmRole]:
    words = row.get("arm_role", "control" if row["arm"] in CONTROL_ARMS else "treatment")
    if words.startswith("healthy"):
        return {ArmRole.HEALTHY}
    return {ArmRole.CONTROL, ArmRole.COMPARATOR} if words.startswith("control") else {ArmRole.TREATMENT}


def _is(row: Row, held: Held, record: str) -> bool:
    key = (record, _detail(row))
    printed, numbers = _printed(row), _numbers(held)
    if key in UNLABELLED_THOUGH_SD:
        printed["pm_unlabelled"] = printed.pop("sd")
    if isinstance(held.value, Contrast):
        printed.pop("n", None)
    elif held.role not in _roles(row):
        return False
    return printed == numbers and _same_time(row, held, key) and _same_address(row, held)


def _same_time(row: Row, held: Held, key: tuple[str, str]) -> bool:
    if key in OTHER_TIME:
        return True
    if "timepoint_months" in row:
        return held.days is not None and abs(held.days / 30.4375 - row["timepoint_months"]) < MONTHS_TOLERANCE
    at = re.match(r"[\d.]+", held.time)
    return at is None or at[0] in re.findall(r"\d+", row["timepoint"])


def _same_address(row: Row, held: Held) -> bool:
    return any(address in held.urls for address in row["source_url"].split(" ; "))


def _all_numbers(text: str) -> set[float]:
    return {float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)}


def _entries(setting: str) -> list[Row]:
    entries: list[Row] = json.loads((EVIDENCE / f"{setting}.json").read_text(encoding="utf-8"))
    return entries


def _detail(row: Row) -> str:
    return str(row.get("outcome_detail", row["outcome"]))


def _has_value(row: Row) -> bool:
    return bool({"mean", "median", "events"} & set(row))


def _rows(setting: str) -> Iterator[tuple[str, Row]]:
    for entry in _entries(setting):
        for row in entry.get("outcomes", []) if setting == "clinical" else [entry]:
            yield STUDIES[setting][entry["study"]], row


@pytest.fixture(scope="module")
def studies() -> dict[str, Study]:
    return {study.id: study for study in read_records(RECORDS)}


@pytest.mark.parametrize("setting", ["clinical", "preclinical"])
def test_every_study_has_its_record_and_every_record_its_evidence(
    setting: str, studies: dict[str, Study]
) -> None:
    assert set(STUDIES[setting]) == {entry["study"] for entry in _entries(setting)}
    records = {study.id for study in studies.values() if study.study.setting == setting}
    assert set(STUDIES[setting].values()) == records


@pytest.mark.parametrize("setting", ["clinical", "preclinical"])
def test_every_row_of_the_evidence_is_a_value_of_its_record(setting: str, studies: dict[str, Study]) -> None:
    lost = []
    for name, row in _rows(setting):
        if (name, _detail(row)) in IN_WORDS or not _has_value(row):
            continue
        if not any(_is(row, held, name) for held in _held(studies[name])):
            lost.append(f"{name}: {_detail(row)}, {row['arm']}, {_printed(row)}")
    assert lost == []


@pytest.mark.parametrize("setting", ["clinical", "preclinical"])
def test_numbers_that_no_value_can_hold_stand_in_words(setting: str, studies: dict[str, Study]) -> None:
    for name, row in _rows(setting):
        key = (name, _detail(row))
        if key in IN_WORDS or not _has_value(row):
            assert set(map(abs, _printed(row).values())) <= _all_numbers(studies[name].model_dump_json()), key


@pytest.mark.parametrize("setting", ["clinical", "preclinical"])
def test_no_record_has_a_number_that_the_evidence_lacks(setting: str, studies: dict[str, Study]) -> None:
    words: dict[str, str] = {}
    for entry in _entries(setting):
        name = STUDIES[setting][entry["study"]]
        words[name] = words.get(name, "") + json.dumps(entry, ensure_ascii=False)
    for name, text in words.items():
        known = _all_numbers(text)
        for held in _held(studies[name]):
            assert set(map(abs, _numbers(held).values())) <= known, f"{name}: {held}"
        tests = [result.between for result in studies[name].results if result.between is not None]
        assert {test.p for test in tests} <= known, name


@pytest.mark.parametrize("setting", ["clinical", "preclinical"])
def test_what_the_evidence_worked_out_is_a_derivation(setting: str, studies: dict[str, Study]) -> None:
    worked_out = re.compile(r"arithmetic|reconstructed|inferred")
    for name, row in _rows(setting):
        if "events" not in row or not worked_out.search(f"{row['source_location']} {row.get('note', '')}"):
            continue
        if (name, _detail(row)) in IN_WORDS:
            continue
        found = [held.value for held in _held(studies[name]) if _is(row, held, name)]
        assert any(getattr(value, "derivations", ()) for value in found), f"{name}: {row}"
