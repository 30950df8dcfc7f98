"""Trim and fill by hand, against the reference, and its laws."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.pool import pool
from metamsc.sensitivity.trim_fill import ESTIMATORS, trim_and_fill

CLOSED_FORM = 1e-8
# The reference iterates tau2 of the filled set with its default convergence, 1e-5 absolute.
REFERENCE_ITERATED = 1e-4

_FILE = json.loads((Path(__file__).parents[1] / "reference/data/bias_bcg.json").read_text())
_BCG = _FILE["data"]["dat"]
_EXPECTED: dict[str, Any] = {case["id"]: case["expect"] for case in _FILE["cases"]}

# Two studies far right of three, all equally precise, so the equal-effects centre is the mean, 22 / 5 = 4.4.
# |away| = 4.4, 3.4, 2.4, 4.6, 5.6, so ranks 3, 2, 1 on the left and 4, 5 on the right: S = 9.
# L0 = (4 * 9 - 5 * 6) / 9 = 2/3, so 1. Without the 10 the centre is 12 / 4 = 3; away = -3, -2, -1, 6, 7:
# the same ranks, so it stays at 1, and the 10 is mirrored to 2 * 3 - 10 = -4.
HEAVY_RIGHT = [0.0, 1.0, 2.0, 9.0, 10.0]
ONES = [1.0] * 5


def _fill(estimator: str, **options: Any) -> Any:
    return trim_and_fill(
        HEAVY_RIGHT, ONES, estimator=estimator, side="left", tau2_method="EE", ci_method="wald", force=True
    )


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_by_hand(estimator: str) -> None:
    # R0 = (5 - 3) - 1 = 1. Q0 = 5 - 1/2 - sqrt(50 - 36 + 1/4) = 4.5 - 3.775 = 0.725, so 1.
    result = _fill(estimator)
    assert (result.k, result.k0, result.side) == (5, 1, "left")
    assert result.filled_yi == pytest.approx((-4.0,), rel=CLOSED_FORM)
    assert result.filled_vi == (1.0,)
    assert result.observed.estimate == pytest.approx(4.4, rel=CLOSED_FORM)
    assert result.adjusted.estimate == pytest.approx((22 - 4) / 6, rel=CLOSED_FORM)
    assert result.adjusted.k == 6


def test_standard_errors_by_hand() -> None:
    # With r = 2/3 and k = 5: 5 * 6 * 11 + 10 r^3 + 27 r^2 + 17 r - 90 r^2 - 90 r + 150 r = 9620 / 27.
    variance = (330 + 80 / 27 + 12 + 34 / 3 - 40 - 60 + 100) / 24
    assert variance == pytest.approx(9620 / 27 / 24)
    assert _fill("L0").k0_se == pytest.approx(4 * math.sqrt(variance) / 9, rel=CLOSED_FORM)
    # R0: sqrt(2 * 1 + 2); p = 1/2 for none missing, halved for each one.
    assert _fill("R0").k0_se == pytest.approx(2.0)
    assert _fill("R0").k0_p == 0.25
    assert _fill("L0").k0_p is None


def test_nothing_is_filled_on_the_heavy_side() -> None:
    # Looking for studies missing on the right: S = 3 + 2 + 1 = 6, L0 = (24 - 30) / 9 < 0.
    result = trim_and_fill(HEAVY_RIGHT, ONES, side="right", tau2_method="EE", force=True)
    assert (result.k0, result.filled_yi, result.warnings) == (0, (), ())
    assert result.adjusted == result.observed


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("method", ["DL", "EE", "REML"])
def test_agrees_with_the_reference(estimator: str, method: str) -> None:
    expected = _EXPECTED[f"trimfill.{estimator}.{method}"]
    result = trim_and_fill(_BCG["yi"], _BCG["vi"], estimator=estimator, tau2_method=method, ci_method="wald")
    tolerance = REFERENCE_ITERATED if method == "REML" and result.k0 else CLOSED_FORM
    assert (result.k0, result.side) == (expected["k0"], expected["side"])
    assert result.k0_se == pytest.approx(expected["se.k0"], rel=CLOSED_FORM)
    assert result.k0_p == expected["p.k0"]
    filled = expected["filled_yi"]
    assert list(result.filled_yi) == pytest.approx(filled, rel=tolerance)
    assert result.adjusted.estimate == pytest.approx(expected["beta"], rel=tolerance)
    assert result.adjusted.heterogeneity.tau2 == pytest.approx(expected["tau2"], rel=tolerance)


effects = st.lists(
    st.tuples(st.integers(-500, 500), st.integers(1, 40)), min_size=5, max_size=14, unique_by=lambda x: x[0]
)


@settings(max_examples=25, deadline=None)
@given(effects, st.sampled_from(["L0", "R0"]))
def test_mirrored_effects_miss_the_mirrored_studies(studies: list[tuple[int, int]], estimator: str) -> None:
    y, v = [s[0] / 100 for s in studies], [s[1] / 16 for s in studies]
    options: dict[str, Any] = {"estimator": estimator, "tau2_method": "DL", "force": True}
    left = trim_and_fill(y, v, side="left", **options)
    right = trim_and_fill([-x for x in y], v, side="right", **options)
    assert right.k0 == left.k0
    assert right.filled_vi == left.filled_vi
    assert right.filled_yi == pytest.approx([-x for x in left.filled_yi], rel=1e-8, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(effects)
def test_the_adjusted_pool_is_that_of_the_filled_set(studies: list[tuple[int, int]]) -> None:
    y, v = [s[0] / 100 for s in studies], [s[1] / 16 for s in studies]
    result = trim_and_fill(y, v, tau2_method="DL", side="left", force=True)
    assert len(result.filled_yi) == result.k0 < len(y)
    whole = pool([*y, *result.filled_yi], [*v, *result.filled_vi], tau2_method="DL")
    assert result.adjusted.estimate == pytest.approx(whole.estimate, rel=1e-10, abs=1e-12)
    # What is filled on the left lies left of what it mirrors, so it never raises the equal-effects mean.
    assert result.k0 == 0 or max(result.filled_yi) < max(y)


def test_equal_effects_have_no_asymmetry() -> None:
    for estimator in ESTIMATORS:
        result = trim_and_fill([0.3] * 5, [0.02, 0.05, 0.1, 0.03, 0.08], estimator=estimator, force=True)
        assert result.k0 == 0
        assert "no asymmetry" in result.warnings[0]


def test_refusals_say_why() -> None:
    with pytest.raises(TooFewStudiesError, match=r"with 9 studies .* at least 10"):
        trim_and_fill(_BCG["yi"][:9], _BCG["vi"][:9])
    with pytest.raises(InputError, match="a side must be given"):
        trim_and_fill(HEAVY_RIGHT, ONES, force=True)
    with pytest.raises(OptionError, match="'left', 'right'"):
        trim_and_fill(HEAVY_RIGHT, ONES, side="up", force=True)
    with pytest.raises(OptionError, match="'L0', 'R0', 'Q0'"):
        trim_and_fill(HEAVY_RIGHT, ONES, estimator="L1", side="left", force=True)
    # One light study far left of four: after trimming, all but it lie right of the centre; S = 14 of 15.
    with pytest.raises(InputError, match="Q0 estimator has no solution"):
        trim_and_fill([0, 1, 1.1, 1.2, 1.3], [1e-6, 1, 1, 1, 1], estimator="Q0", side="left",
                      tau2_method="EE", force=True)  # fmt: skip


def test_inventing_studies_is_said() -> None:
    assert "1 invented study" in _fill("L0").warnings[0]
