"""Rules on numbers: hand arithmetic, published examples, and laws that clean data must obey."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from metamsc.checks import changes, granularity, intervals, magnitude, printed_tests, spreads
from metamsc.checks.granularity import possible_sums, sd_limits
from metamsc.checks.rounding import Range, decimals, unrounded
from metamsc.checks.rule import RecordCheck
from metamsc.checks.spread_rows import spread_series
from metamsc.records.model import Study
from metamsc.records.values import Summary

CLOSE = 1e-9
"""Closed forms in double precision."""

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


def study(*rows: dict[str, Any], outcome: str = "wound_area_reduction", unit: str = "%") -> Study:
    base = {"outcome": outcome, "unit": unit, "at": "12 weeks", "source": "t"}
    return Study.model_validate({**HEAD, "results": [{**base, **row} for row in rows]})


def one(value: dict[str, Any], **row: Any) -> Study:
    return study({"arms": {"msc": value}, **row})


def told(check: RecordCheck, record: Study) -> int:
    return len(list(check(record)))


@pytest.mark.parametrize(
    ("value", "beside", "expected"),
    [(7.5, (), 1), (7.0, (), 0), (7.0, (0.25,), 1), (7.0, (3.0, None), 0), (0.125, (), 3), (1e6, (), 0)],
)
def test_decimals(value: float, beside: tuple[float | None, ...], expected: int) -> None:
    assert decimals(value, *beside) == expected


def test_unrounded_holds_what_is_printed_so() -> None:
    low, high = unrounded(7.5)
    assert (low, high) == pytest.approx((7.45, 7.55), abs=1e-7)


def test_grim_of_brown_and_heathers() -> None:
    """Their first example: a mean of 5.19 of 28 people; 145/28 = 5.18 and 146/28 = 5.21."""
    assert not possible_sums(5.19, 28)
    assert list(possible_sums(5.18, 28)) == [145]
    assert told(granularity.check_mean_of_whole_numbers, one({"n": 28, "mean": 5.19}, integer=True)) == 1
    assert told(granularity.check_mean_of_whole_numbers, one({"n": 28, "mean": 5.19})) == 0
    assert told(granularity.check_mean_of_whole_numbers, one({"n": 28, "mean": 5.18}, integer=True)) == 0


def test_grimmer_by_hand() -> None:
    """Five whole numbers with sum 52: squares sum to 4·SD² + 540.8, which must be even as 52 is.

    SD 2.07: 4·4.2642 to 4·4.3056 + 540.8 = 557.86 to 558.02, holds 558, even. SD 2.13: 558.86 to 559.03,
    holds 559 only, odd.
    """
    assert (
        told(granularity.check_sd_of_whole_numbers, one({"n": 5, "mean": 10.4, "sd": 2.07}, integer=True))
        == 0
    )
    assert (
        told(granularity.check_sd_of_whole_numbers, one({"n": 5, "mean": 10.4, "sd": 2.13}, integer=True))
        == 1
    )


whole = st.lists(st.integers(0, 25), min_size=3, max_size=30).filter(lambda x: len(set(x)) > 1)


@settings(deadline=None)
@example([0, 0, 1], 1, 0, False)  # SD 0.577 printed without decimals is "1", beside a mean of 0.3
@given(whole, st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_whole_numbers_are_never_called_impossible(
    values: list[int], places: int, spread_places: int, as_se: bool
) -> None:
    sd = float(np.std(values, ddof=1))
    spread = round(sd / math.sqrt(len(values)), spread_places) if as_se else round(sd, spread_places)
    record = one(
        {"n": len(values), "mean": round(float(np.mean(values)), places), "se" if as_se else "sd": spread},
        integer=True,
    )
    assert told(granularity.check_mean_of_whole_numbers, record) == 0
    assert told(granularity.check_sd_of_whole_numbers, record) == 0


def test_sd_within_range_by_hand() -> None:
    """Three values 0, 3, 6: SD exactly 3, and no other SD is possible with this mean and range."""
    limits = sd_limits(Summary.model_validate({"n": 3, "mean": 3.0, "range": [0.0, 6.0]}))
    assert limits.low <= 3.0 <= limits.high
    # without a mean: least √(36/(2·2)) = 3, most √(36/4·3/2) = 3.674; each limit widened by rounding
    limits = sd_limits(Summary.model_validate({"n": 3, "median": 3.0, "range": [0.0, 6.0]}))
    assert limits.low == pytest.approx(5 / 2, abs=1e-6)  # the range is at least 5.5 - 0.5
    assert limits.high == pytest.approx(7 / 2 * math.sqrt(1.5), abs=1e-6)


values = st.lists(st.floats(-50, 50), min_size=3, max_size=25)


@settings(deadline=None)
@given(values, st.integers(0, 2))
def test_no_sample_has_an_sd_outside_its_range(sample: list[float], places: int) -> None:
    sd = round(float(np.std(sample, ddof=1)), places)
    record = one({
        "n": len(sample), "mean": round(float(np.mean(sample)), places), "sd": sd,
        "range": [round(min(sample), places), round(max(sample), places)],
    })  # fmt: skip
    assert told(granularity.check_sd_within_range, record) == 0


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=4, max_size=30), st.integers(1, 3))
def test_intervals_of_samples_are_accepted(sample: list[float], places: int) -> None:
    mean, sd = float(np.mean(sample)), float(np.std(sample, ddof=1))
    half = stats.t.ppf(0.975, len(sample) - 1) * sd / math.sqrt(len(sample))
    value = {
        "n": len(sample), "mean": round(mean, places),
        "ci": [round(mean - half, places), round(mean + half, places)],
    }  # fmt: skip
    if round(sd, places) > 0:
        value["sd"] = round(sd, places)
    assert told(intervals.check_interval_fits_spread, one(value)) == 0
    assert told(intervals.check_interval_symmetric, one(value)) == 0


def test_interval_by_hand() -> None:
    """SD 10, n 25: SE 2, half-width by t on 24 df 4.13; as SE it would be 20.6."""
    assert (
        told(intervals.check_interval_fits_spread, one({"n": 25, "mean": 50, "sd": 10, "ci": [45.9, 54.1]}))
        == 0
    )
    found = list(
        intervals.check_interval_fits_spread(one({"n": 25, "mean": 50, "sd": 10, "ci": [29.4, 70.6]}))
    )
    assert [f.hint for f in found] == ["it fits when 10 is a standard error: write `se: 10`"]


def ratio(value: float, low: float, high: float) -> Study:
    contrast = {"treatment": "msc", "control": "control", "measure": "RR", "ratio": value, "ci": [low, high]}
    return study({"contrast": contrast, "outcome": "ulcer_healing", "unit": None})


def test_ratios_are_symmetric_on_the_log_scale() -> None:
    assert told(intervals.check_interval_symmetric, ratio(2.0, 1.0, 4.0)) == 0  # 2/1 = 4/2
    assert told(intervals.check_interval_symmetric, ratio(2.1, 1.1, 3.1)) == 1
    assert told(intervals.check_interval_symmetric, ratio(2.1, 0.0, 4.1)) == 1


def course(before: dict[str, Any], after: dict[str, Any], change: dict[str, Any]) -> Study:
    return study(
        {"at": "baseline", "arms": {"msc": before}}, {"arms": {"msc": after}}, {"arms": {"msc": change}},
        outcome="hba1c",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "n", "found"),
    [(-1.1, 20, 0), (-1.2, 20, 0), (-1.3, 20, 1), (1.1, 20, 1), (-1.3, 19, 0), (-1.6, 19, 1)],
)
def test_change_is_final_minus_baseline(change: float, n: int, found: int) -> None:
    """8.6 to 7.5 is -1.1; three roundings of 0.05 allow 0.15; another n a quarter of the SD of 1.0 more."""
    record = course(
        {"n": 20, "mean": 8.6, "sd": 0.9}, {"n": n, "mean": 7.5, "sd": 1.02}, {"n": n, "change": change}
    )
    assert told(changes.check_change_is_difference, record) == found


def test_correlation_by_hand() -> None:
    """SDs 3 and 4: the SD of the change is between 4 - 3 = 1 (r = 1) and 4 + 3 = 7 (r = -1)."""
    for sd, found in ((0.8, 1), (1.1, 0), (5.1, 0), (6.9, 0), (7.3, 1)):
        record = course(
            {"n": 20, "mean": 8.6, "sd": 3.01}, {"n": 20, "mean": 7.5, "sd": 4.01},
            {"n": 20, "change": -1.1, "sd": sd},
        )  # fmt: skip
        assert told(changes.check_correlation_possible, record) == found, sd


def between(msc: dict[str, Any], control: dict[str, Any], **test: Any) -> Study:
    return study({"arms": {"msc": msc, "control": control}, "between": test})


A, B = {"n": 25, "mean": 52.2, "sd": 10.1}, {"n": 25, "mean": 44.2, "sd": 10.1}


@pytest.mark.parametrize(
    ("test", "agrees", "given_by_values"),
    [
        (
            {"test": "t", "statistic": 2.8, "df": 48, "p": 0.007},
            0,
            0,
        ),  # 8/(10.1·√(2/25)) = 2.8005, P = 0.0073
        ({"test": "t", "statistic": 2.8, "df": 48, "p": 0.07}, 1, 0),
        ({"test": "t", "statistic": 2.8, "df": 50, "p": 0.007}, 1, 0),
        ({"test": "t", "statistic": 28.0, "df": 48, "p_operator": "<", "p": 0.001}, 0, 1),
        ({"test": "t", "p": 0.007}, 0, 0),
        ({"test": "t", "p": 0.6}, 0, 1),
        ({"test": "t", "p_operator": "<", "p": 0.05}, 0, 0),
        ({"test": "t", "p_operator": "<", "p": 0.001}, 0, 1),
        ({"test": "t", "p_operator": ">", "p": 0.05}, 0, 1),
        ({"p": 0.01}, 0, 0),  # an unnamed test may be adjusted
        ({"p": 0.9}, 0, 1),
        ({"test": "mann-whitney", "p": 0.9}, 0, 0),
        ({"test": "f", "statistic": 7.84, "df": 48, "p": 0.007}, 0, 0),  # F = t² = 7.84
    ],
)
def test_printed_tests(test: dict[str, Any], agrees: int, given_by_values: int) -> None:
    record = between(A, B, **test)
    assert told(printed_tests.check_test_agrees, record) == agrees
    assert told(printed_tests.check_values_give_test, record) == given_by_values


def test_hint_names_the_reading_that_fits() -> None:
    """As SDs 2.02 of 25 each: t = 8/(2.02·√(2/25)) = 14.0; as SEs: 8/√(2·2.02²) = 2.80, P = 0.007."""
    record = between({**A, "sd": 2.02}, {**B, "sd": 2.02}, test="t", p=0.007)
    (found,) = printed_tests.check_values_give_test(record)
    assert found.hint == "the printed test fits when the spreads are standard errors: write `se`"


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.integers(4, 40), st.integers(4, 40), st.integers(1, 2))
def test_tests_of_samples_are_accepted(seed: int, n: int, m: int, places: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(50, 10, n), rng.normal(45, 12, m)
    test = stats.ttest_ind(a, b)
    arms = [
        {"n": len(x), "mean": round(float(x.mean()), places), "sd": round(float(x.std(ddof=1)), places)}
        for x in (a, b)
    ]
    record = between(
        *arms,
        test="t",
        statistic=round(float(test.statistic), 2),
        df=n + m - 2,
        p=round(float(test.pvalue), 3),
    )
    assert told(printed_tests.check_test_agrees, record) == 0
    assert told(printed_tests.check_values_give_test, record) == 0


def series_of(*sds: float, scale: float = 1.0) -> list[float]:
    arms = {
        name: {"n": 21, "mean": 8.0 * scale, "sd": sd * scale}
        for name, sd in zip(("msc", "control"), sds, strict=True)
    }
    found = list(spread_series(study({"arms": arms}, outcome="fasting_glucose", unit="mmol/L")))
    return [each.log_evidence([math.log(21) / 2] * 2) for each in found]


def test_evidence_is_zero_as_labelled_and_does_not_know_units() -> None:
    record = study({"arms": {"msc": A, "control": B}}, outcome="fasting_glucose", unit="mmol/L")
    assert [each.log_evidence([0.0, 0.0]) for each in spread_series(record)] == []  # 50 mmol/L: P701 tells
    assert series_of(1.6, 1.7) == pytest.approx(series_of(1.6, 1.7, scale=1.5), abs=CLOSE)
    assert series_of(1.6, 1.7)[0] < 0 < series_of(0.35, 0.37)[0]


def test_evidence_by_hand() -> None:
    """One arm, SD/mean at the usual centre, no control: only the spread speaks.

    Variance of log SD: 0.5/20 + 0.15² + width²; evidence = -(½ ln 21)²/2/variance.
    """
    usual = next(iter(spread_series(study({"arms": {"msc": {"n": 21, "mean": 8.0, "sd": 1.6}}},
                                          outcome="fasting_glucose", unit="mmol/L")))).usual  # fmt: skip
    assert usual is not None
    sd = 8.0 * math.exp(usual.centre)
    record = study(
        {"arms": {"msc": {"n": 21, "mean": 8.0, "sd": sd}}}, outcome="fasting_glucose", unit="mmol/L"
    )
    (found,) = spread_series(record)
    variance = 0.5 / 20 + 0.15**2 + usual.width**2
    expected = -((math.log(21) / 2) ** 2) / 2 / variance
    assert found.log_evidence([math.log(21) / 2]) == pytest.approx(expected, rel=CLOSE)


def test_dose_limits() -> None:
    for value, unit, found in (
        (1e6, "cells/kg", 0), (1e9, "cells/kg", 1), (1e3, "cells/kg", 1), (2e8, "cells", 0),
        (1e12, "cells", 1),
        (1.0, "million cells/kg", 0), (100.0, "ug", 0),
    ):  # fmt: skip
        arms = [dict(arm) for arm in HEAD["arms"]]
        arms[0]["cells"] = {"source": "adipose", "dose": {"value": value, "unit": unit}}
        record = Study.model_validate({**HEAD, "arms": arms})
        assert told(magnitude.check_dose_plausible, record) == found, (value, unit)


@pytest.mark.parametrize(
    ("means", "n", "found"), [((8.0, 8.4), 20, 0), ((8.0, 9.0), 20, 1), ((8.0, 8.9), 5, 0)]
)
def test_baseline(means: tuple[float, float], n: int, found: int) -> None:
    """0.4, 1.0 and 0.9 SDs: the second is 3.2 SEs from 0, the third 1.4."""
    arms = {
        name: {"n": n, "mean": mean, "sd": 1.0} for name, mean in zip(("msc", "control"), means, strict=True)
    }
    later = {"arms": {name: {"n": n, "mean": 7.9, "sd": 1.01} for name in arms}}
    record = study({"at": "baseline", "arms": arms}, later, outcome="hba1c")
    assert told(magnitude.check_baseline_balance, record) == found
    assert (
        told(magnitude.check_baseline_balance, study({"at": "baseline", "arms": arms}, outcome="hba1c")) == 0
    )


def test_large_difference_counts_sds() -> None:
    for mean, found in ((9.1, 0), (9.4, 1)):  # 2.8 and 3.4 SDs above 6.0
        arms = {"msc": {"n": 4, "mean": 6.0, "sd": 1.0}, "control": {"n": 4, "mean": mean, "sd": 1.2}}
        record = study({"arms": arms}, outcome="fasting_glucose", unit="mmol/L")
        assert told(spreads.check_large_difference, record) == found


def test_ranges_meet() -> None:
    assert Range(1, 2).meets(Range(2, 3))
    assert not Range(1, 2).meets(Range(2.1, 3))
    assert 1.5 in Range(1, 2)
    assert 2.5 not in Range(1, 2)
