"""Empirical Bayes estimates: by hand, laws, and BCG's as published with lme-type software."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metamsc.models.pool import pool
from metamsc.models.shrinkage import random_effects, shrink_effects

# Closed forms in double precision.
CLOSED_FORM = 1e-12
Z975 = 1.959963984540054
Y, V = [0.0, 1.0, 0.8], [0.1, 0.1, 0.3]


def test_shrinkage_by_hand() -> None:
    # tau2 = 0.1: marginal variances 0.2, 0.2, 0.4, weights 5, 5, 2.5, mean (5 + 2)/12.5 = 0.56, variance 0.08
    rows = shrink_effects(Y, V, tau2=0.1, ci_method="wald")
    assert [r.shrinkage for r in rows] == pytest.approx([0.5, 0.5, 0.25], rel=CLOSED_FORM)
    # 0.5*0 + 0.5*0.56; 0.5*1 + 0.28; 0.25*0.8 + 0.75*0.56
    assert [r.estimate for r in rows] == pytest.approx([0.28, 0.78, 0.62], rel=CLOSED_FORM)
    # 0.5*0.1 + 0.25*0.08 = 0.07
    assert rows[0].se == pytest.approx(math.sqrt(0.07), rel=CLOSED_FORM)
    assert rows[0].interval.high == pytest.approx(0.28 + Z975 * math.sqrt(0.07), rel=CLOSED_FORM)


def test_random_effects_by_hand() -> None:
    rows = random_effects(Y, V, tau2=0.1, ci_method="wald")
    # 0.5*(0 - 0.56); 0.5*0.44; 0.25*0.24; variance of the third 0.25*0.3 + 0.0625*0.08 = 0.08
    assert [r.estimate for r in rows] == pytest.approx([-0.28, 0.22, 0.06], rel=CLOSED_FORM)
    assert rows[2].se == pytest.approx(math.sqrt(0.08), rel=CLOSED_FORM)


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
def test_mean_plus_random_effect_is_the_shrunken_effect(ci_method: str) -> None:
    mean = pool(Y, V, ci_method=ci_method).estimate
    for whole, part in zip(
        shrink_effects(Y, V, ci_method=ci_method), random_effects(Y, V, ci_method=ci_method), strict=True
    ):
        assert whole.estimate == pytest.approx(mean + part.estimate, rel=CLOSED_FORM)


def test_without_heterogeneity_all_are_the_mean() -> None:
    mean = pool(Y, V, tau2_method="EE").estimate
    rows = shrink_effects(Y, V, tau2_method="EE")
    assert [r.estimate for r in rows] == pytest.approx([mean] * 3, rel=CLOSED_FORM)
    assert [r.estimate for r in random_effects(Y, V, tau2_method="EE")] == [0.0, 0.0, 0.0]


def test_with_moderators_effects_shrink_to_the_line() -> None:
    # effects on a line y = 1 + 2x: nothing to shrink
    x = np.arange(5.0)
    rows = shrink_effects(1 + 2 * x, np.full(5, 0.1), X=np.column_stack([np.ones(5), x]), tau2=0.2)
    assert [r.estimate for r in rows] == pytest.approx(list(1 + 2 * x), rel=CLOSED_FORM)
    assert rows[0].to_dict()["shrinkage"] == pytest.approx(2 / 3, rel=CLOSED_FORM)
