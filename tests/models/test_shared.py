"""Subsets of one set of studies: the same numbers as when each is fitted on its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.models import shared
from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.fit import fit_batch
from metamsc.models.shared import SharedStudies, fit_shared, maximise_shared

# The same maximum reached from another start: relative to tau2 + smallest variance.
SAME = 1e-10
# Sums of the same terms in the same order, centred at another point.
CLOSED_FORM = 1e-9

seeds = st.integers(0, 2**32 - 1)


def some_subsets(seed: int, most: int = 24) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Effects of 2 to `most` studies, variances over up to four decades, and 40 subsets."""
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, most))
    v = 10.0 ** rng.uniform(-rng.uniform(0.0, 4.0), 0.0, k)
    y = rng.normal(10.0 * rng.normal(), np.sqrt(v + 10.0 ** rng.uniform(-4.0, 1.0)), k)
    present = rng.random((40, k)) < rng.uniform(0.2, 0.9)
    present[~present.any(axis=1), 0] = True
    return y, v, present


@settings(max_examples=40, deadline=None)
@given(seeds, st.sampled_from(["EE", "DL", "ML", "REML", "PM", "SJ"]))
def test_the_same_as_one_by_one(seed: int, method: str) -> None:
    y, v, present = some_subsets(seed)
    found = fit_shared(SharedStudies.of(y, v), present, method)
    shape = present.shape
    fits = fit_batch(
        np.broadcast_to(y, shape),
        np.broadcast_to(v, shape),
        tau2_method=method,
        ci_method="wald",
        mask=present,
    )
    scale = v.min() + fits.tau2
    size = np.abs(y).max()
    np.testing.assert_array_equal(found.k, fits.k)
    assert (np.abs(found.tau2 - fits.tau2) / scale).max() < SAME * max(1.0, size**2 / v.min() * 1e-4)
    np.testing.assert_allclose(found.Q, fits.Q, rtol=CLOSED_FORM, atol=1e-9)
    np.testing.assert_allclose(found.estimate, fits.estimate[:, 0], rtol=1e-8, atol=1e-9 * size)
    np.testing.assert_allclose(found.I2, fits.I2, rtol=1e-6, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_without_one_of_many(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(65, 120))  # beyond the tables: by subtraction
    v = 10.0 ** rng.uniform(-2.0, 0.0, k)
    y = rng.normal(0.3, np.sqrt(v + rng.choice([0.0, 0.01, 0.3])))
    present = ~np.eye(k, dtype=np.bool_)
    studies = SharedStudies.of(y, v)
    found = maximise_shared(studies, present, restricted=True) * studies.scale**2
    shape = present.shape
    fits = fit_batch(np.broadcast_to(y, shape), np.broadcast_to(v, shape), mask=present, tau2_method="REML")
    assert (np.abs(found - fits.tau2) / (v.min() + fits.tau2)).max() < SAME


def test_any_subsets_of_many_studies() -> None:
    rng = np.random.default_rng(5)
    v = rng.uniform(0.01, 0.2, 90)
    y = rng.normal(0.3, np.sqrt(v + 0.05))
    present = rng.random((50, 90)) < 0.5
    found = fit_shared(SharedStudies.of(y, v), present, "REML")
    shape = present.shape
    fits = fit_batch(np.broadcast_to(y, shape), np.broadcast_to(v, shape), mask=present, tau2_method="REML")
    np.testing.assert_allclose(found.tau2, fits.tau2, rtol=SAME)


def test_one_study_and_identical_effects() -> None:
    present = np.array([[True, False, False], [True, True, False], [True, True, True]])
    found = fit_shared(
        SharedStudies.of(np.array([0.2, 0.2, 0.9]), np.array([0.1, 0.2, 0.05])), present, "REML"
    )
    assert found.k.tolist() == [1.0, 2.0, 3.0]
    assert found.estimate[:2] == pytest.approx([0.2, 0.2], rel=1e-15)
    assert found.tau2[:2].tolist() == found.Q[:2].tolist() == found.I2[:2].tolist() == [0.0, 0.0]


def test_by_hand() -> None:
    # y = 0, 1 with v = 0.1: Q = 1 / 0.2 = 5, DL tau2 = (5 - 1) / (10 + 10 - 200 / 20) = 0.4,
    # typical variance 1 / 10 = 0.1, I2 = 100 * 0.4 / 0.5 = 80.
    found = fit_shared(
        SharedStudies.of(np.array([0.0, 1.0]), np.array([0.1, 0.1])), np.ones((1, 2), dtype=np.bool_), "DL"
    )
    assert (found.Q[0], found.tau2[0], found.I2[0], found.estimate[0]) == pytest.approx((5.0, 0.4, 80.0, 0.5))


def test_huge_effects_are_searched_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    studies = SharedStudies.of(np.array([0.0, 1e6, 5.0, -2e6]), np.array([1.0, 1.0, 1.0, 2.0]))
    assert not studies.is_shareable
    monkeypatch.setattr(shared, "_Sums", None)  # it would fail if it were used
    present = np.ones((2, 4), dtype=np.bool_)
    found = fit_shared(studies, present, "REML")
    fits = fit_batch(
        np.array([[0.0, 1e6, 5.0, -2e6]] * 2), np.array([[1.0, 1.0, 1.0, 2.0]] * 2), tau2_method="REML"
    )
    np.testing.assert_allclose(found.tau2, fits.tau2, rtol=SAME)
