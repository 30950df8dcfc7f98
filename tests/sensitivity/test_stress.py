"""Stress test: each part is what the single function gives, verdicts are counts that can be made by hand."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.errors import InputError, OptionError
from metamsc.sensitivity.cumulative import cumulative, leave_one_out
from metamsc.sensitivity.missing import bound_missing
from metamsc.sensitivity.missing_result import MissingTrial
from metamsc.sensitivity.stress_result import NOT_ASKED, PARTS, StressTest, Tried
from metamsc.sensitivity.stress_test import stress_test
from metamsc.sensitivity.stress_verdicts import CHECKS

EXACT = 1e-12  # a mean of three numbers near 1

EQUAL: dict[str, Any] = {"tau2_method": "EE", "ci_method": "wald"}


def three(**more: Any) -> StressTest:
    """Effects 0.9, 1.0, -0.7 with standard error 0.5 each; equal effects, normal intervals.

    Mean 0.4, se 0.5 / sqrt 3 = 0.288675, interval -0.1658 to 0.9658: includes 0.
    Without the 1st: mean 0.15, se 0.353553, interval -0.5429 to 0.8429: includes 0.
    Without the 2nd: mean 0.10, interval -0.5929 to 0.7929: includes 0.
    Without the 3rd: mean 0.95, interval 0.2571 to 1.6429: excludes 0.
    """
    return stress_test([0.9, 1.0, -0.7], [0.25] * 3, labels=["A", "B", "C"], **EQUAL, **more)


def test_leaving_one_out_by_hand() -> None:
    verdict = three(mid=0.5).verdict("leave-one-out")
    assert verdict is not None
    assert verdict.n == 3
    assert verdict.low == pytest.approx(0.10, abs=EXACT)
    assert verdict.high == pytest.approx(0.95, abs=EXACT)
    assert (verdict.n_direction, verdict.n_significance) == (0, 1)
    # the pooled 0.4 is smaller than 0.5, only 0.95 is not
    assert verdict.n_mid == 1
    assert verdict.names == ("C",)
    assert verdict.changes is True


def test_evidence_as_it_came_in_by_hand() -> None:
    """In order of years: C -0.7, then with A 0.1, then with B 0.4, which is the whole and is not counted."""
    found = three(years=[2005, 2010, 1999])
    assert found.by_year.found is not None
    assert [row.label for row in found.by_year.found.rows if row is not None] == ["C", "A", "B"]
    verdict = found.verdict("by-year")
    assert verdict is not None
    # -0.7 +- 0.98 includes 0
    assert (verdict.n, verdict.n_direction, verdict.n_significance) == (2, 1, 0)
    assert (verdict.low, verdict.high) == pytest.approx((-0.7, 0.1), abs=EXACT)


def test_a_year_that_is_not_known_is_a_reason() -> None:
    found = three(years=[2005, None, 1999])
    assert found.by_year.found is None
    assert found.by_year.refused == "the year is not known of 1 of 3 studies."


def test_cohorts_are_left_out_together() -> None:
    """Without cohort x (A and C) only B is left: 1.0; without y (B): 0.1."""
    found = three(cohorts=["x", "y", "x"])
    refits = found.without_cohort.found
    assert refits is not None
    assert refits.labels == ("x", "y")
    assert [row.estimate for row in refits.rows if row is not None] == pytest.approx([1.0, 0.1], abs=EXACT)
    assert three().without_cohort.found is None
    assert "of its own" in three().without_cohort.refused


def test_parts_are_what_the_single_functions_give() -> None:
    rng = np.random.default_rng(3)
    yi, vi = rng.normal(0.3, 0.3, 12).tolist(), rng.uniform(0.02, 0.2, 12).tolist()
    found = stress_test(yi, vi)
    labels = found.labels
    assert found.without_study.found == leave_one_out(yi, vi, labels=labels)
    assert found.by_precision.found == cumulative(yi, vi, order=vi, labels=labels)
    assert found.small_study is not None
    assert found.small_study.trim_fill.found is not None
    assert found.subsets.found is not None
    assert found.subsets.found.n_subsets == 2**12 - 1
    assert found.subsets.found.is_all


@pytest.mark.parametrize("k", [3, 9])
def test_small_study_tests_are_refused_below_ten(k: int) -> None:
    found = stress_test(np.linspace(0.1, 0.5, k), np.linspace(0.01, 0.2, k))
    assert found.small_study is not None
    parts: list[Tried[Any]] = [
        found.small_study.rank,
        found.small_study.trim_fill,
        found.small_study.pet_peese,
    ]
    parts += [found.small_study.limit, found.small_study.selection, found.small_study.p_uniform]
    parts += [found.small_study.fail_safe, found.small_study.excess]
    parts += found.small_study.regressions.values()
    assert all(part.found is None and f"with {k} studies" in part.refused for part in parts)
    forced = stress_test(np.linspace(0.1, 0.5, k), np.linspace(0.01, 0.2, k), force=True)
    assert forced.forced
    assert forced.small_study is not None
    assert forced.small_study.trim_fill.found is not None
    verdict = forced.verdict("small-study")
    assert verdict is not None
    assert not verdict.refused


def test_the_regression_is_the_one_made_for_the_measure() -> None:
    k = 12
    rng = np.random.default_rng(4)
    n = rng.integers(20, 80, k)
    events = rng.integers(4, 15, k)
    arms: dict[str, Any] = {"n_treat": n, "n_control": n + 3}
    y, v = rng.normal(0.2, 0.2, k), rng.uniform(0.02, 0.2, k)
    small = stress_test(y, v, measure="SMD", parts=["small_study"], **arms).small_study
    assert small is not None
    assert list(small.regressions) == ["Pustejovsky–Rodgers", "regression on 1/√n"]
    counts: dict[str, Any] = {"events_treat": events, "events_control": events + 1}
    small = stress_test(y, v, measure="OR", parts=["small_study"], **arms, **counts).small_study
    assert small is not None
    assert list(small.regressions) == ["Harbord", "Peters", "Egger"]
    small = stress_test(y, v, measure="OR", parts=["small_study"]).small_study
    assert small is not None
    assert list(small.regressions) == ["Egger"]


def test_known_missing_trials_enter_table_and_bound() -> None:
    missing = [
        MissingTrial(label="X", n=60, status="selected", reason="not significant"),
        MissingTrial(label="Y", status="unrelated"),
    ]
    found = three(n_treat=[20, 20, 20], n_control=[20, 20, 20], missing=missing, mid=0.5)
    assert found.missing is not None
    assert found.missing.studies == {"included": 3, "selected": 1, "unclear": 0, "unrelated": 1}
    assert found.missing.participants["included"] == 120
    bounds = found.bounds.found
    assert bounds is not None
    assert [bound.assumes.split(" of ")[0] for bound in bounds] == [
        "as precise as the median",
        "as precise as the most precise",
    ]
    direct = bound_missing([0.9, 1.0, -0.7], [0.25] * 3, missing, n_total=[40] * 3, threshold=0.5, **EQUAL)
    assert bounds[0].bound == direct
    verdict = found.verdict("known-missing")
    assert verdict is not None
    assert (verdict.n, verdict.names, verdict.changes) == (2, ("X", "Y"), None)


def test_a_bound_needs_one_assumption_where_all_sizes_are_known() -> None:
    found = three(n_total=[40, 40, 40], missing=[MissingTrial(label="X", n=60)])
    assert found.bounds.found is not None
    assert [bound.assumes for bound in found.bounds.found] == [""]


def test_rows_of_one_cohort_are_one_line_of_the_table() -> None:
    found = three(n_total=[40, 30, 20], cohorts=["x", "y", "x"], missing=[MissingTrial(label="X", n=60)])
    assert found.missing is not None
    assert [(row.label, row.n) for row in found.missing.rows] == [("A", 60.0), ("B", 30.0), ("X", 60)]


def test_whether_missing_trials_that_agree_would_be_enough() -> None:
    """Two trials of 1.0 with variance 1: z = sqrt 2, not significant; with two more alike z = 2, it is."""
    alike = bound_missing([1.0, 1.0], [1.0, 1.0], [MissingTrial(label=x, vi=1.0) for x in "ab"], **EQUAL)
    assert (alike.is_significant, alike.is_significant_if_alike) == (False, True)
    one = bound_missing([1.0, 1.0], [1.0, 1.0], [MissingTrial(label="a", vi=1.0)], **EQUAL)
    # z = 3 / sqrt 3 = 1.73
    assert (one.is_significant, one.is_significant_if_alike) == (False, False)


def test_every_choice_is_combined() -> None:
    found = stress_test([0.1, 0.5, 0.9], [0.02, 0.03, 0.04], tau2_method="SJ", ci_method="t")
    curve = found.choices.found
    assert curve is not None
    assert curve.decisions == (("tau2_method", 4), ("ci_method", 4))
    assert curve.estimate.shape == (16,)
    verdict = found.verdict("choices")
    assert verdict is not None
    assert verdict.n == 16
    assert verdict.low == pytest.approx(float(curve.estimate.min()), rel=1e-15)


@pytest.mark.parametrize("k", [1, 2])
def test_one_and_two_studies(k: int) -> None:
    found = stress_test([0.4, 0.8][:k], [0.04, 0.09][:k])
    assert found.subsets.found is None
    few = {1: "one study has no subset but itself", 2: "two studies have no others but each"}[k]
    assert found.subsets.refused == f"{few}; at least 3 are needed to compare subsets."
    assert (found.without_study.found is None) == (k == 1)
    assert (found.choices.found is None) == (k == 1)
    assert all(item.refused for item in found.verdicts) == (k == 1)


def test_only_the_parts_asked_for() -> None:
    found = three(parts=["subsets"])
    assert [item.check for item in found.verdicts] == ["subsets"]
    assert found.without_study.refused == found.choices.refused == NOT_ASKED
    assert found.small_study is None
    assert {CHECKS[item.check] for item in three().verdicts} == {"one-study", "missing", "choices", "subsets"}
    with pytest.raises(OptionError, match=r"'influence'.*got 'everything'"):
        three(parts=["everything"])
    assert set(PARTS) == {"influence", "small_study", "missing", "choices", "subsets"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"years": [2000]}, "years must have one value per study; got 1 for 3"),
        ({"cohorts": ["a"]}, "cohorts must have one value per study"),
        ({"n_total": [1, 2, math.nan]}, "n_total must have one number, 0 or more, per study"),
        ({"mid": 0.0}, "mid must be a positive size on the analysis scale; got 0.0"),
    ],
)
def test_wrong_columns_are_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        three(**given)


def test_everything_goes_into_json() -> None:
    rng = np.random.default_rng(5)
    found = stress_test(
        rng.normal(0.3, 0.3, 11), rng.uniform(0.02, 0.2, 11), mid=0.2, missing=[MissingTrial(label="X")]
    )
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["verdicts"][0]["check"] == "leave-one-out"
    assert data["without_study"]["found"]["rows"][0]["k"] == 10
    assert "estimate" not in data["choices"]["found"]


effects = st.lists(st.tuples(st.floats(-2, 2, allow_nan=False), st.floats(0.01, 1.0)), min_size=3, max_size=7)


@settings(deadline=None, max_examples=25)
@given(effects)
def test_changing_every_sign_changes_no_verdict(rows: list[tuple[float, float]]) -> None:
    yi, vi = [y for y, _ in rows], [v for _, v in rows]
    parts = ["influence", "subsets"]
    one = stress_test(yi, vi, mid=0.3, parts=parts, **EQUAL)
    other = stress_test([-y for y in yi], vi, mid=0.3, parts=parts, **EQUAL)
    if one.pooled.estimate == 0.0:
        return  # nothing is the other side of zero
    for a, b in zip(one.verdicts, other.verdicts, strict=True):
        assert (a.n, a.n_direction, a.n_significance, a.n_mid) == (
            b.n,
            b.n_direction,
            b.n_significance,
            b.n_mid,
        )
