"""One data set is searched by calls made for one: the same tau2 as when it stands among many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamsc.models.batch import Batch, FloatArray, make_batch
from metamsc.models.kernel import moments, moments_intercept
from metamsc.models.search import maximise, solve_q

# The same root by sums in another order: rounding of some 1e-16 in each, relative to tau2 + smallest
# variance.
SAME = 1e-12
# A study that weighs 1e4 times as much as others multiplies the rounding of its residual by that.
ROUNDING = 1e-9

seeds = st.integers(0, 2**32 - 1)


def some_data(seed: int) -> tuple[FloatArray, FloatArray]:
    """Effects of 2 to 40 studies: variances over up to four decades, none to huge heterogeneity, ties."""
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 41))
    v = 10.0 ** rng.uniform(-rng.uniform(0.0, 4.0), 0.0, k)
    y = rng.normal(100.0 * rng.normal(), np.sqrt(v + 10.0 ** rng.uniform(-4.0, 1.0)), k)
    if rng.random() < 0.2:
        y = np.repeat(y[0], k) + 5.0 * (rng.random(k) < 0.3)
    return y, v


def alone_and_twice(y: FloatArray, v: FloatArray) -> tuple[Batch, Batch, float]:
    alone = make_batch(y[None], v[None])
    return alone, make_batch(np.stack([y, y]), np.stack([v, v])), float(alone.v.min())


@given(seeds, st.booleans())
def test_the_same_maximum(seed: int, restricted: bool) -> None:
    alone, twice, smallest = alone_and_twice(*some_data(seed))
    one, many = maximise(alone, restricted=restricted), maximise(twice, restricted=restricted)
    assert one.shape == (1,)
    assert one[0] == pytest.approx(many[0], abs=SAME * (many[0] + smallest))


@given(seeds, st.floats(0.01, 60.0))
def test_the_same_root_of_q(seed: int, target: float) -> None:
    alone, twice, smallest = alone_and_twice(*some_data(seed))
    one, many = solve_q(alone, np.array([target])), solve_q(twice, np.array([target, target]))
    assert one.shape == (1,)
    assert one[0] == pytest.approx(many[0], abs=SAME * (many[0] + smallest))


@given(seeds, st.floats(0.0, 10.0))
def test_the_same_moments(seed: int, tau2: float) -> None:
    alone, twice, _ = alone_and_twice(*some_data(seed))
    one = moments(alone, np.array([tau2]))
    many = moments_intercept(twice.y, 1.0 / (twice.v + tau2))
    for name in ("Q", "A", "trP", "trPP", "S1", "S2", "cov", "gamma"):
        a, b = getattr(one, name), getattr(many, name)
        assert a.shape == (1, *b.shape[1:])
        # differences of sums (trP, C) lose digits where one weight is nearly all of them
        scale = {"trP": many.S1[0], "trPP": many.S2[0]}.get(name, abs(b.ravel()[0]))
        assert a.ravel()[0] == pytest.approx(b.ravel()[0], rel=0.0, abs=ROUNDING * scale), name


def test_absent_studies_have_no_part() -> None:
    y, v = np.array([[0.1, 9.9, 0.5, -0.2]]), np.array([[0.04, 0.01, 0.09, 0.02]])
    mask = np.array([[True, False, True, True]])
    padded = make_batch(y, v, mask)
    short = make_batch(y[mask][None], v[mask][None])
    for restricted in (True, False):
        assert maximise(padded, restricted=restricted)[0] == pytest.approx(
            maximise(short, restricted=restricted)[0], abs=SAME
        )
    target = np.array([1.0])
    assert solve_q(padded, target)[0] == pytest.approx(solve_q(short, target)[0], abs=SAME)


def test_two_maxima_give_the_higher() -> None:
    # Variances over six decades: the likelihood often has a maximum at 0 and another, or two inside.
    found = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        v = 10.0 ** rng.uniform(-5.0, 1.0, 4)
        y = rng.normal(0.0, 2.0, 4)
        alone, twice, smallest = alone_and_twice(y, v)
        for restricted in (True, False):
            one, many = maximise(alone, restricted=restricted)[0], maximise(twice, restricted=restricted)[0]
            assert one == pytest.approx(many, abs=SAME * (many + smallest))
            found += _maxima(alone, restricted) > 1
    assert found > 10  # else the choice between maxima was never made


def _maxima(batch: Batch, restricted: bool) -> int:
    from metamsc.models.search import _first_look, _settle, upper_bound

    bound = upper_bound(batch)
    if bound[0] == 0.0:
        return 1
    at_zero, low, high, where = _first_look(batch, bound, restricted)
    return int(at_zero[0]) + _settle(batch, low, high, where, restricted)[1].size
