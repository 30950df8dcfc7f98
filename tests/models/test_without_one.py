"""Fits without each study from shared sums: the same numbers as one by one, or none at all."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.models.batch import FloatArray
from metamsc.models.fit import BatchFit, fit_batch
from metamsc.models.without_one import FEWEST, fit_without_one

# Interpolated sums are good to some 1e-14; tau2 and what follows from differences of sums lose some digits.
SAME = 1e-9


def _one_by_one(y: FloatArray, v: FloatArray, method: str, ci_method: str) -> BatchFit:
    mask = ~np.eye(y.size, dtype=np.bool_)
    shape = mask.shape
    return fit_batch(
        np.broadcast_to(y, shape),
        np.broadcast_to(v, shape),
        mask=mask,
        tau2_method=method,
        ci_method=ci_method,
    )


def _compare(found: BatchFit, expected: BatchFit, smallest: float) -> None:
    for field in fields(BatchFit):
        ours, theirs = getattr(found, field.name), getattr(expected, field.name)
        size = np.abs(theirs) + (smallest if field.name in ("tau2", "typical_v") else 1e-3)
        assert (np.abs(ours - theirs) / size).max() < SAME, field.name


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["ML", "REML"]),
    st.sampled_from(["wald", "hksj", "hksj-adhoc"]),
)
def test_the_same_as_one_by_one(seed: int, method: str, ci_method: str) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(FEWEST, 140))
    v = 10.0 ** rng.uniform(-rng.uniform(0.2, 1.5), 0.0, k)
    y = rng.normal(5.0 * rng.normal(), np.sqrt(v + rng.choice([0.0, 0.01, 0.2, 3.0])))
    found = fit_without_one(y, v, restricted=method == "REML", ci_method=ci_method)
    if found is not None:
        _compare(found, _one_by_one(y, v, method, ci_method), float(v.min()))


@pytest.mark.parametrize("spread", [0.0, 0.05, 2.0])
def test_usual_data_are_fitted_this_way(spread: float) -> None:
    rng = np.random.default_rng(1)
    v = rng.uniform(0.01, 0.2, 300)
    y = rng.normal(0.3, np.sqrt(v + spread))
    found = fit_without_one(y, v, restricted=True, ci_method="hksj-adhoc")
    assert found is not None
    _compare(found, _one_by_one(y, v, "REML", "hksj-adhoc"), 0.01)


def test_some_fits_at_zero_and_some_not() -> None:
    # Q near its degrees of freedom: without one study tau2 is 0, without another it is not.
    rng = np.random.default_rng(3)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        v = rng.uniform(0.05, 0.2, 80)
        y = rng.normal(0.0, np.sqrt(v * 1.02))
        found = fit_without_one(y, v, restricted=True, ci_method="wald")
        if found is not None and 0 < (found.tau2 == 0.0).sum() < 80:
            _compare(found, _one_by_one(y, v, "REML", "wald"), 0.05)
            return
    pytest.fail("no such data among 200")


def test_what_is_not_simple_is_left_to_the_ordinary_fits() -> None:
    rng = np.random.default_rng(2)
    v = rng.uniform(0.01, 0.2, 80)
    y = rng.normal(0.3, 0.3, 80)
    assert fit_without_one(y[: FEWEST - 1], v[: FEWEST - 1], restricted=True, ci_method="wald") is None
    heavy = np.append(v[:-1], 1e-6)  # one study has nearly all the weight
    assert fit_without_one(y, heavy, restricted=True, ci_method="wald") is None
