"""Rules on contrasts, changes within an arm, figures and directions: hand arithmetic, laws of clean data."""

import copy
from typing import Any

import numpy as np
import pytest
from scipy import stats

from metamsc.checks import (
    changes,
    contrasts,
    digitised,
    directions,
    duplicates,
    granularity,
    identity,
    intervals,
    magnitude,
    plausibility,
    spreads,
    within_arm,
)
from metamsc.checks.rule import RecordCheck
from metamsc.records.model import Study
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


def study(*rows: dict[str, Any], **head: Any) -> Study:
    base = {"outcome": "hba1c", "unit": "%", "at": "12 weeks", "source": "t"}
    return Study.model_validate({**HEAD, **head, "results": [{**base, **row} for row in rows]})


def contrast(**values: Any) -> Study:
    return study({"contrast": {"treatment": "msc", "control": "control", "difference": 1.02, **values}})


def arm(**values: Any) -> Study:
    return study({"arms": {"msc": values}})


def told(check: RecordCheck, record: Study) -> int:
    return len(list(check(record)))


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"se": 0.41, "p": 0.012}, 0),  # z = 1.02/0.41 = 2.49
        ({"se": 0.41, "p": 0.12}, 1),
        ({"se": 0.41, "p": 0.05, "p_operator": "<"}, 0),  # 0.012 is below the bound
        ({"se": 0.41, "p": 0.001, "p_operator": "<"}, 1),
        ({"se": 0.31, "p": 0.05, "p_operator": ">"}, 1),  # z = 3.3
        ({"se": 0.61, "p": 0.05, "one_sided": True}, 0),  # z = 1.67: two-sided 0.095, one-sided 0.048
        ({"se": 0.61, "p": 0.004}, 1),
        ({"se": 0.41, "test": "t", "statistic": 2.5, "df": 38}, 0),
        ({"se": 0.41, "test": "t", "statistic": 0.25, "df": 38}, 1),
        ({"se": 0.41, "test": "f", "statistic": 6.25, "df": 38}, 0),  # t² = 2.5²
        ({"se": 0.41, "test": "chi2", "statistic": 2.5}, 1),  # should be 6.25
        ({"test": "t", "statistic": 2.5, "df": 8, "p": 0.037}, 0),  # t of 2.5 on 8 df: 0.0370
        ({"test": "t", "statistic": 2.5, "df": 8, "p": 0.012}, 1),  # that is the normal one
        ({"ci": [-0.4, 2.4], "p": 0.03}, 1),  # holds 0
        ({"ci": [0.1, 1.9], "p": 0.03}, 0),
        ({"ci": [0.2, 1.8], "p": 0.3}, 1),
    ],
)
def test_contrast_agrees_with_itself(values: dict[str, Any], found: int) -> None:
    assert told(contrasts.check_contrast_agrees, contrast(**values)) == found


def test_few_degrees_of_freedom_are_no_normal() -> None:
    """Difference 1.02, SE 0.255, 4 and 4 animals: t = 4 on 6 df, P = 0.0071; z would say 0.00006."""
    assert stats.t.sf(4, 6) * 2 == pytest.approx(0.00712, abs=1e-5)
    record = contrast(se=0.255, n_treatment=4, n_control=4, p=0.007)
    assert told(contrasts.check_contrast_agrees, record) == 0


def test_size_of_a_contrast_in_sds() -> None:
    """SE 0.21 of 15 and 16: SD = 0.21/sqrt(1/15 + 1/16) = 0.584; 4 SDs are 2.34, 2.39 with rounding."""
    for difference, found in ((2.2, 0), (2.5, 1)):
        record = contrast(difference=difference, se=0.21, n_treatment=15, n_control=16)
        assert len(list(contrasts.large_contrasts(record))) == found
    assert list(contrasts.large_contrasts(contrast(difference=9.0, se=0.2))) == []


def test_clean_contrasts_are_silent() -> None:
    """Differences, SEs, intervals, t and P of 200 simulated trials, each rounded, contradict nothing."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        n = int(rng.integers(4, 40))
        a, b = rng.normal(7.5, 1.0, n), rng.normal(8.2, 1.1, n + 1)
        test = stats.ttest_ind(a, b)
        ci = test.confidence_interval()
        se = (ci.high - ci.low) / 2 / stats.t.ppf(0.975, test.df)
        values: dict[str, Any] = {
            "difference": round(float(a.mean() - b.mean()), 2),
            "ci": [round(float(ci.low), 2), round(float(ci.high), 2)],
            "se": round(float(se), 3), "n_treatment": n, "n_control": n + 1,
            "test": "t", "statistic": round(float(test.statistic), 2), "df": float(test.df),
            "p": round(float(test.pvalue), 3),
        }  # fmt: skip
        if values["p"] > 0:
            record = contrast(**values)
            assert list(contrasts.check_contrast_agrees(record)) == []
            assert list(intervals.check_interval_symmetric(record)) == []


@pytest.mark.parametrize(
    ("values", "found"),
    [
        # change -1.3, SD 0.9, n 21: t = 1.3/(0.9/sqrt 21) = 6.62, P = 0.000002
        ({"p": 0.001, "p_operator": "<"}, 0),
        ({"p": 0.05}, 0),  # mostly a bound
        ({"p": 0.2}, 1),
        ({"t": -6.6}, 0),
        ({"t": -1.44}, 1),  # as if 0.9 were the SD of 4.1 people
        ({"t": -6.6, "p": 0.04}, 1),
    ],
)
def test_change_gives_its_test(values: dict[str, Any], found: int) -> None:
    record = arm(n=21, change=-1.3, sd=0.9, **values)
    assert told(within_arm.check_change_gives_test, record) == found


def test_printed_correlation_is_that_of_the_sds() -> None:
    """SDs 1.0, 1.0 and 0.8: r = (1 + 1 - 0.64)/2 = 0.68; with 0.75 to 0.85 for 0.8, 0.64 to 0.72."""
    for printed, found in ((0.68, 0), (0.75, 0), (0.4, 1), (0.95, 1)):
        record = study(
            {"at": "baseline", "arms": {"msc": {"n": 20, "mean": 8.62, "sd": 1.01}}},
            {"arms": {"msc": {"n": 20, "mean": 7.51, "sd": 1.02, "correlation": printed}}},
            {"arms": {"msc": {"n": 20, "change": -1.11, "sd": 0.8}}},
        )
        assert told(within_arm.check_correlation_given, record) == found


def test_reading_errors() -> None:
    figure = {"t": {**HEAD["sources"]["t"], "kind": "figure"}}
    for error, larger in ((0.1, 0), (1.2, 1)):
        row = {"arms": {"msc": {"n": 10, "mean": 7.5, "sd": 1.0, "reading_error": error}}}
        assert told(digitised.check_reading_error_size, study(row)) == larger
        assert told(digitised.check_figures_and_reading_errors, study(row)) == 1
        assert told(digitised.check_figures_and_reading_errors, study(row, sources=figure)) == 0
    bare = study({"arms": {"msc": {"n": 10, "mean": 7.5}}}, sources=figure)
    assert told(digitised.check_figures_and_reading_errors, bare) == 1


def test_one_row_against_all_others() -> None:
    def row(outcome: str, unit: str, msc: float, control: float, sd: float) -> dict[str, Any]:
        arms = {
            name: {"n": 20, "mean": mean, "sd": sd} for name, mean in (("msc", msc), ("control", control))
        }
        return {"outcome": outcome, "unit": unit, "arms": arms}

    good = [row("fasting_glucose", "mmol/L", 8.0, 10.0, 1.9), row("insulin_dose", "U/kg/day", 0.5, 0.8, 0.2)]
    # z = 1.3/(1.0·sqrt(2/20)) = 4.1, in favour of one arm or the other
    for msc, control, found in ((8.8, 7.5, 1), (7.5, 8.8, 0), (8.0, 7.5, 0)):
        record = study(*good, row("hba1c", "%", msc, control, 1.0))
        assert told(directions.check_row_against_others, record) == found
    assert told(directions.check_row_against_others, study(good[0], row("hba1c", "%", 8.8, 7.5, 1.0))) == 0


def test_geometric_means() -> None:
    """0.42, geometric SD 1.7, n 21: half-width of the log 0.531·2.086/sqrt 21 = 0.242, 0.330 to 0.535."""
    for ci, found in (([0.33, 0.54], 0), ([0.41, 0.43], 1), ([0.1, 1.8], 1)):
        record = arm(n=21, geometric_mean=0.42, geometric_sd=1.7, ci=ci)
        assert told(intervals.check_interval_fits_spread, record) == found
    assert told(intervals.check_interval_symmetric, arm(n=21, geometric_mean=0.42, ci=[0.21, 0.63])) == 1
    assert told(intervals.check_interval_symmetric, arm(n=21, geometric_mean=0.42, ci=[0.28, 0.63])) == 0


def test_scale_of_a_score() -> None:
    """Ten values from 1 to 25 with the mean 21: SD at most sqrt(4·20·10/9) = 9.4, and rounding."""
    for sd, found in ((9.0, 0), (11.5, 1)):
        row = {
            "outcome": "erectile_function",
            "unit": "points",
            "arms": {"msc": {"n": 10, "mean": 21.1, "sd": sd}},
        }
        assert told(granularity.check_sd_within_range, study(row)) == found


def test_sd_many_times_the_mean() -> None:
    for mean, found in ((0.12, 0), (0.09, 1)):
        row = {
            "outcome": "c_peptide_fasting",
            "unit": "nmol/L",
            "arms": {"msc": {"n": 21, "mean": mean, "sd": 0.31}},
        }
        assert told(spreads.check_sd_many_times_mean, study(row)) == found
    row = {"outcome": "wound_area_reduction", "arms": {"msc": {"n": 21, "mean": 3.0, "sd": 48.0}}}
    assert told(spreads.check_sd_many_times_mean, study(row)) == 0  # may be below 0


def test_means_of_people_and_sizes_of_differences() -> None:
    arms = copy.deepcopy(HEAD["arms"])
    arms[0] |= {"age": {"mean": 283, "unit": "years"}, "bmi": {"mean": 24.4, "unit": "kg/m2"}}
    assert told(plausibility.check_means_plausible, study(arms=arms)) == 1
    arms[0]["age"] = {"mean": 283, "unit": "months"}
    assert told(plausibility.check_means_plausible, study(arms=arms)) == 0
    # the range of HbA1c, 4 to 18 %, is 14 wide
    assert [told(plausibility.check_means_plausible, contrast(difference=d)) for d in (-13.0, -15.0)] == [
        0,
        1,
    ]


@pytest.mark.parametrize(
    ("cells", "value", "unit", "found"),
    [
        ({}, 1e6, "cells/kg", 0),
        ({}, 1e8, "cells/kg", 1),
        ({"msc": False, "product": "mononuclear-cells"}, 1e8, "cells/kg", 0),
        ({"route": "intralesional"}, 5e5, "cells", 0),
        ({"route": "intravenous"}, 5e5, "cells", 1),
        ({"route": "intravenous"}, 1.5e11, "cells", 1),
    ],
)
def test_doses_by_product_and_route(cells: dict[str, Any], value: float, unit: str, found: int) -> None:
    arms = copy.deepcopy(HEAD["arms"])
    arms[0]["cells"] = {"source": "adipose", **cells, "dose": {"value": value, "unit": unit}}
    assert told(magnitude.check_dose_plausible, study(arms=arms)) == found


def test_arms_alike_at_the_start() -> None:
    for mean, found in ((14.9, 0), (71.0, 0), (150.3, 1)):
        arms = {"msc": {"n": 54, "mean": mean}, "control": {"n": 51, "mean": 14.98}}
        row = {"outcome": "wound_area", "unit": "cm2", "at": "baseline", "arms": arms}
        assert told(magnitude.check_no_jump, study(row)) == found


def test_notes_that_speak_of_a_fall() -> None:
    for change, note, found in (
        (1.3, "printed as a reduction of 1.3", 1),
        (-1.3, "printed as a reduction of 1.3", 0),
        (-1.3, "the mean rose", 1),
        (1.3, "fell at first, then increased", 0),
        (0.0, "no reduction", 0),
    ):
        assert told(changes.check_words_and_sign, arm(n=20, change=change, note=note)) == found


def test_streptozotocin_is_a_model_of_type_1_unless_said() -> None:
    def model(**more: Any) -> Study:
        head = {**HEAD, "study": {**HEAD["study"], "setting": "preclinical", "design": "animal-controlled"}}
        head.pop("population")
        induction = {"agent": "streptozotocin", **more.pop("induction", {})}
        head["model"] = {"species": "rat", "induction": induction, "models_type": "T2D", **more}
        return Study.model_validate(head)

    assert told(identity.check_induction_type, model(strain="Wistar")) == 1
    assert told(identity.check_induction_type, model(strain="Goto-Kakizaki")) == 0
    assert told(identity.check_induction_type, model(induction={"schedule": "to neonatal rats, day 2"})) == 0


def test_second_reports_show_by_their_numbers() -> None:
    def record(name: str, *rows: dict[str, Any]) -> Study:
        found = study(*rows).model_dump(mode="json", by_alias=True, exclude_unset=True)
        found["study"]["id"] = name
        return Study.model_validate(found)

    def row(outcome: str, a: int, b: int) -> dict[str, Any]:
        arms = {"msc": {"n": 27, "events": a}, "control": {"n": 26, "events": b}}
        return {"outcome": outcome, "unit": None, "arms": arms}

    def found(*records: Study) -> int:
        told = [duplicates.telling_numbers(record) for record in records]
        return len(list(duplicates.check_numbers_in_two_records(Studies.of(*records), told)))

    # digits of 13/27 and 6/26: 2 + 2 + 1 + 2 = 7; of 11/27 and 4/26: 7; ten are needed
    one, two = row("insulin_independence", 13, 6), row("responder", 11, 4)
    assert found(record("a", one), record("b", one)) == 0
    assert found(record("a", one, two), record("b", one, two)) == 1
    assert found(record("a", one, two), record("b", one, row("responder", 12, 4))) == 0
    same = {
        "contrast": {
            "treatment": "msc",
            "control": "control",
            "difference": 4.41,
            "se": 2.163,
            "ci": [0.17, 8.65],
        }
    }
    assert found(record("a", same), record("b", same)) == 1
