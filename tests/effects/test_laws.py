"""Laws every measure keeps, over many random data sets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.effects import MEASURES, back_transform, compute_effects
from metamsc.effects.recover_groups import combine_means
from metamsc.effects.standardised import hedges_correction

RTOL = 1e-9  # closed forms; differences of means cancel up to three digits at these magnitudes
ATOL = 1e-12  # where the effect itself is near zero

FAST = settings(max_examples=60, deadline=None)  # no deadline: a busy machine is not a failure

sizes = st.integers(2, 200)
means = st.floats(1, 1000)
spreads = st.floats(0.1, 50)
factors = st.floats(0.01, 100)


@st.composite
def arms(draw: st.DrawFn) -> dict[str, Any]:
    """Two arms with positive means; never both of size 2, so that J is not near its pole."""
    return {
        "n_treat": draw(sizes) + 1,
        "mean_treat": draw(means),
        "sd_treat": draw(spreads),
        "n_control": draw(sizes) + 1,
        "mean_control": draw(means),
        "sd_control": draw(spreads),
    }


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """A 2×2 table, empty cells included."""
    n_treat, n_control = draw(sizes), draw(sizes)
    return {
        "events_treat": draw(st.integers(0, n_treat)),
        "n_treat": n_treat,
        "events_control": draw(st.integers(0, n_control)),
        "n_control": n_control,
    }


def swap(data: dict[str, Any]) -> dict[str, Any]:
    """Exchange the arms."""
    other = {"treat": "control", "control": "treat"}
    return {f"{name.split('_')[0]}_{other[name.split('_')[1]]}": value for name, value in data.items()}


def close(got: Any, expected: Any) -> bool:
    return bool(np.allclose(got, expected, rtol=RTOL, atol=ATOL))


@pytest.mark.parametrize("measure", ["MD", "SMD", "SMDH", "ROM", "CVR", "RPB", "D2ORL"])
@FAST
@given(data=arms())
def test_swapping_arms_flips_the_sign_of_a_mean_measure(measure: str, data: dict[str, Any]) -> None:
    one, other = compute_effects(measure, **data), compute_effects(measure, **swap(data))
    assert close(one.yi, -other.yi)
    assert close(one.vi, other.vi)


@pytest.mark.parametrize("measure", ["RR", "OR", "RD", "PETO", "AS", "YUQ", "YUY"])
@FAST
@given(data=tables())
def test_swapping_arms_flips_the_sign_of_a_count_measure(measure: str, data: dict[str, Any]) -> None:
    one = compute_effects(measure, undefined="missing", **data)
    other = compute_effects(measure, undefined="missing", **swap(data))
    assert np.allclose(one.yi, -other.yi, rtol=RTOL, atol=ATOL, equal_nan=True)
    assert np.allclose(one.vi, other.vi, rtol=RTOL, atol=ATOL, equal_nan=True)


@FAST
@given(data=arms(), c=factors)
def test_a_change_of_unit_scales_md_and_leaves_smd_and_rom(data: dict[str, Any], c: float) -> None:
    scaled = {name: value if name.startswith("n_") else c * value for name, value in data.items()}
    md, md_scaled = compute_effects("MD", **data), compute_effects("MD", **scaled)
    assert close(md_scaled.yi, c * md.yi)
    assert close(md_scaled.vi, c**2 * md.vi)
    for measure in ("SMD", "ROM", "VR", "CVR"):
        drop = ("mean_treat", "mean_control") if measure == "VR" else ()
        before = compute_effects(measure, **{name: data[name] for name in data if name not in drop})
        after = compute_effects(measure, **{name: scaled[name] for name in scaled if name not in drop})
        assert close(before.yi, after.yi)
        assert close(before.vi, after.vi)


@FAST
@given(data=arms(), shift=st.floats(-100, 100))
def test_a_shift_of_both_means_leaves_differences(data: dict[str, Any], shift: float) -> None:
    shifted = {name: value + shift if name.startswith("mean") else value for name, value in data.items()}
    for measure in ("MD", "SMD"):
        before, after = compute_effects(measure, **data), compute_effects(measure, **shifted)
        assert close(before.yi, after.yi)


@FAST
@given(data=tables())
def test_counting_non_events_flips_or_and_rd(data: dict[str, Any]) -> None:
    others = {
        **data,
        "events_treat": data["n_treat"] - data["events_treat"],
        "events_control": data["n_control"] - data["events_control"],
    }
    for measure in ("OR", "RD", "PETO", "AS"):
        one = compute_effects(measure, undefined="missing", **data)
        other = compute_effects(measure, undefined="missing", **others)
        assert np.allclose(one.yi, -other.yi, rtol=RTOL, atol=ATOL, equal_nan=True)
        assert np.allclose(one.vi, other.vi, rtol=RTOL, atol=ATOL, equal_nan=True)


@FAST
@given(rows=st.lists(arms(), min_size=2, max_size=8))
def test_rows_do_not_influence_each_other(rows: list[dict[str, Any]]) -> None:
    together: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    for measure in ("MD", "SMD", "ROM"):
        effects = compute_effects(measure, **together)
        alone = [compute_effects(measure, **row) for row in rows]
        assert effects.yi.tolist() == [float(one.yi[0]) for one in alone]
        assert effects.vi.tolist() == [float(one.vi[0]) for one in alone]


@FAST
@given(df=st.floats(2, 1e5))
def test_the_correction_shrinks_and_grows_with_df(df: float) -> None:
    j = hedges_correction(np.array([df, df + 1]))
    assert 0 < j[0] < j[1] < 1


@FAST
@given(
    groups=st.lists(
        st.tuples(st.integers(2, 40), st.floats(-100, 100), st.floats(0.1, 20)), min_size=3, max_size=5
    )
)
def test_combining_groups_does_not_depend_on_the_order(groups: list[tuple[int, float, float]]) -> None:
    n, mean, sd = zip(*groups, strict=True)
    at_once = combine_means(n, mean, sd).value
    first = combine_means(n[:2], mean[:2], sd[:2]).value
    stepwise = combine_means((first.n, *n[2:]), (first.mean, *mean[2:]), (first.sd, *sd[2:])).value
    backwards = combine_means(n[::-1], mean[::-1], sd[::-1]).value
    for other in (stepwise, backwards):
        assert close((other.n, other.mean, other.sd), (at_once.n, at_once.mean, at_once.sd))


@FAST
@given(x=st.integers(-30, 30).map(lambda tenth: tenth / 10))
def test_null_is_shown_as_no_effect_and_order_is_kept(x: float) -> None:
    for name, measure in MEASURES.items():
        if measure.null is None:
            continue
        shown_null = float(back_transform(name, measure.null))
        assert shown_null == (1.0 if measure.is_ratio else 0.0)
        assert (float(back_transform(name, x)) >= shown_null) == (x >= 0)
