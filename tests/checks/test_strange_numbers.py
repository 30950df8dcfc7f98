"""Whatever numbers a record holds that can be read, judging it ends in problems, not in an exception."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from metamsc.checks.run import judge_studies
from metamsc.records.model import Study
from metamsc.records.scalars import LARGEST, SMALLEST
from metamsc.records.studies import Studies

HEAD: dict[str, Any] = {
    "schema": 1,
    "study": {
        "id": "x", "label": "X", "title": "Cells in diabetes",
        "setting": "clinical", "design": "rct-parallel",
    },
    "population": {"diabetes_type": "T2D"},
    "arms": [
        {"id": "msc", "role": "treatment", "cells": {"source": "adipose"}},
        {"id": "control", "role": "control", "comparator": "placebo"},
    ],
    "sources": {"t": {"kind": "table", "reference": "primary", "url": "https://e.org/x", "locator": "1"}},
    "extraction": {"extracted_by": "A", "date": "2026-11-22", "status": "single"},
}  # fmt: skip


def _read(number: float) -> bool:
    """Whether a file may hold the number; what is larger or nearer to 0 is refused on reading (Y116)."""
    return number == 0 or abs(number) >= SMALLEST


number = st.one_of(
    st.floats(-1e3, 1e3).filter(_read),
    st.floats(-LARGEST, LARGEST).filter(_read),
    st.integers(-49, 49).map(lambda power: 10.0**power),
    st.sampled_from([0.0, -0.0, 1.0, 7.5, 1e-9, 0.5, 100.0]),
)
size = st.one_of(st.integers(0, 3), st.integers(0, 200), st.sampled_from([10**4, 10**6]))
positive = number.map(abs)
pair = st.tuples(number, number).map(sorted)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


measured = st.one_of(
    some(n=size, mean=number, sd=positive, ci=pair, range=pair, p=st.floats(0, 1)),
    some(n=size, mean=number, se=positive, ci=pair, range=pair),
    some(
        n=size, change=number, sd=positive, ci=pair, p=st.floats(0, 1), said=st.sampled_from(["fell", "rose"])
    ),
    some(n=size, change=number, se=positive),
    some(
        n=size,
        change=number,
        sd=positive,
        p=st.floats(0, 1),
        p_operator=st.sampled_from(["=", "<", ">"]),
        t=number,
        correlation=st.floats(-1, 1).filter(_read),
        reading_error=positive.filter(bool),
        note=st.sampled_from(["a reduction", "rose"]),
    ),
    some(
        n=size, geometric_mean=positive.filter(bool), geometric_sd=positive.filter(lambda x: x > 1), ci=pair
    ),
    some(n=size, median=number, iq_range=pair, range=pair),
)
counted = some(n=size, events=size, percent=st.floats(0, 100))
test = some(
    test=st.sampled_from(["t", "welch", "z", "f", "chi2", "fisher", "not-reported"]), statistic=number,
    df=positive.filter(bool), p=st.floats(0, 1), p_operator=st.sampled_from(["=", "<", ">"]),
)  # fmt: skip
contrast = st.one_of(
    some(
        difference=number,
        se=positive.filter(bool),
        ci=pair,
        p=st.floats(0, 1),
        p_operator=st.sampled_from(["=", "<", ">"]),
        one_sided=st.booleans(),
        test=st.sampled_from(["t", "z", "f", "chi2", "not-reported"]),
        statistic=number,
        df=positive.filter(bool),
        n_treatment=size,
        n_control=size,
    ),
    some(
        measure=st.just("OR"),
        ratio=positive.filter(bool),
        ci=pair,
        p=st.floats(0, 1),
        se=positive.filter(bool),
    ),
).map(lambda given: {"treatment": "msc", "control": "control", **given})
unit = st.sampled_from(
    [
        ("hba1c", "%"),
        ("hba1c", "mmol/mol"),
        ("insulin_dose", "U/day"),
        ("fasting_glucose", "mg/dL"),
        ("erectile_function", "points"),
        ("wound_area_reduction", "%"),
        ("c_peptide_percent_baseline", "%"),
    ]
)


@st.composite
def row(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["measured", "counted", "contrast"]))
    found: dict[str, Any] = {"source": "t", "at": draw(st.sampled_from(["baseline", "3 months", "6 months"]))}
    if kind == "counted":
        found.update(
            outcome="death", arms={"msc": draw(counted), "control": draw(counted)}, between=draw(test)
        )
        return found
    found["outcome"], found["unit"] = draw(unit)
    if kind == "contrast":
        found["contrast"] = draw(contrast)
    else:
        found.update(arms={"msc": draw(measured), "control": draw(measured)}, integer=draw(st.booleans()))
        if draw(st.booleans()):
            found["between"] = draw(test)
    return found


def keep_sound(rows: list[dict[str, Any]]) -> Study | None:
    """Record of the rows that are sound in structure."""
    sound = []
    for each in rows:
        try:
            Study.model_validate({**HEAD, "results": [each]})
        except ValidationError:
            continue
        sound.append(each)
    return Study.model_validate({**HEAD, "results": sound}) if sound else None


@settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(row(), min_size=1, max_size=5))
def test_judging_never_raises(rows: list[dict[str, Any]]) -> None:
    record = keep_sound(rows)
    if record is not None:
        problems, acknowledged = judge_studies(Studies.of(record))
        assert acknowledged == ()
        assert all(problem.message and problem.code for problem in problems)


def test_a_t_test_of_two_participants_has_no_degrees_of_freedom() -> None:
    arms = {"msc": {"n": 1, "mean": 7.0}, "control": {"n": 1, "mean": 7.0}}
    row = {"outcome": "hba1c", "unit": "%", "at": "3 months", "source": "t", "arms": arms}
    record = keep_sound([{**row, "between": {"test": "t", "statistic": 0.0, "p": 0.5}}])
    assert record is not None
    assert judge_studies(Studies.of(record))[0] == ()
