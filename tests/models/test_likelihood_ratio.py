"""Likelihood-ratio test of moderators: by hand, and refusals."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from metamsc.errors import InputError, OptionError
from metamsc.models.likelihood_ratio import compare_designs
from metamsc.models.pool import pool

# Closed forms in double precision.
CLOSED_FORM = 1e-12
Y, V = [0.1, 0.3, 0.8, 1.0], [0.04, 0.04, 0.04, 0.04]
X = [[1, 0], [1, 0], [1, 1], [1, 1]]


def test_equal_effects_by_hand() -> None:
    # -2 log-likelihoods differ by the residual sums of squares: Q = 25*(0.45^2+0.25^2+0.25^2+0.45^2) = 13.25
    # against 25*4*0.1^2 = 1; P(chi-square(1) > 12.25) = 2 Phi(-3.5)
    r = compare_designs(Y, V, X=X, tau2_method="EE")
    assert r.statistic == pytest.approx(12.25, rel=CLOSED_FORM)
    assert (r.df, r.R2) == (1, None)
    assert r.p == pytest.approx(math.erfc(3.5 / math.sqrt(2)), rel=1e-10)


def test_maximum_likelihood_is_that_of_the_two_fits() -> None:
    r = compare_designs(Y, V, X=X)
    full, reduced = pool(Y, V, X=X, tau2_method="ML"), pool(Y, V, tau2_method="ML")
    assert full.loglik is not None
    assert reduced.loglik is not None
    assert r.statistic == pytest.approx(2 * (full.loglik - reduced.loglik), rel=1e-8)
    # the moderator leaves less than sampling error: all heterogeneity is accounted for
    assert r.R2 == 100.0
    assert json.loads(json.dumps(r.to_dict()))["df"] == 1


def test_misuse_is_named() -> None:
    with pytest.raises(OptionError, match="REML"):
        compare_designs(Y, V, X=X, tau2_method="REML")
    with pytest.raises(InputError, match="column 2 does not"):
        compare_designs(Y, V, X=X, reduced_X=np.column_stack([np.ones(4), [0, 1, 0, 1]]))
    with pytest.raises(InputError, match="more independent columns"):
        compare_designs(Y, V, X=X, reduced_X=X)
