"""Gleser & Olkin (2009), Stochastically dependent effect sizes, in The Handbook of Research Synthesis and
Meta-Analysis, 2nd ed., ch. 19: several treatments against one control, several endpoints.

Numbers as printed on the pages named (read in metafor's tests of the same tables). Differences are control
minus treatment, so the control is our first arm.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from metamsc.effects import compute_effects
from metamsc.effects.arm_covariance import arm_covariance
from metamsc.effects.covariance import SamplingCovariance
from metamsc.models.multilevel.fit import MultilevelFit, fit_multilevel

# As printed, four decimals (covariances: five significant digits at most).
PRINTED = 6e-5

STUDY = [1, 1, 2, 3, 3, 3]
TREATMENT = [1, 2, 1, 1, 2, 3]
EVENTS_CONTROL, N_CONTROL = [40, 40, 10, 150, 150, 150], [1000, 1000, 200, 2000, 2000, 2000]
EVENTS_TREAT, N_TREAT = [100, 150, 15, 40, 80, 50], [4000, 4000, 400, 1000, 1000, 1000]


def _fitted(measure: str) -> tuple[Any, MultilevelFit]:
    effects = compute_effects(
        measure,
        events_treat=EVENTS_CONTROL,
        n_treat=N_CONTROL,
        events_control=EVENTS_TREAT,
        n_control=N_TREAT,
    )
    V = arm_covariance(
        measure,
        effects.vi,
        study=STUDY,
        treat=["control"] * 6,
        control=TREATMENT,
        n_treat=N_CONTROL,
        n_control=N_TREAT,
        events_treat=EVENTS_CONTROL,
        events_control=EVENTS_TREAT,
    )
    X = (np.array(TREATMENT)[:, None] == [1, 2, 3]).astype(float)
    return effects, fit_multilevel(effects.yi, V, X=X, names=["1", "2", "3"], ci_method="wald")


def test_risk_differences_page_361() -> None:
    effects, fit = _fitted("RD")
    assert effects.yi == pytest.approx([0.0150, 0.0025, 0.0125, 0.0350, -0.0050, 0.0250], abs=PRINTED)
    assert fit.estimate == pytest.approx([0.0200, 0.0043, 0.0211], abs=PRINTED)  # eq. 19.6
    expected = [[24.612, 19.954, 13.323], [19.954, 28.538, 13.255], [13.323, 13.255, 69.806]]
    assert np.allclose(1e6 * fit.cov, expected, atol=6e-4)  # eq. 19.7
    assert pytest.approx(7.1907, abs=PRINTED) == fit.result.Q  # eq. 19.8


def test_log_odds_ratios_page_363() -> None:
    effects, fit = _fitted("OR")
    assert effects.yi == pytest.approx([0.4855, 0.0671, 0.3008, 0.6657, -0.0700, 0.4321], abs=PRINTED)
    assert fit.estimate == pytest.approx([0.5099, 0.0044, 0.4301], abs=PRINTED)
    expected = [[0.01412, 0.00712, 0.00425], [0.00712, 0.01178, 0.00455], [0.00425, 0.00455, 0.02703]]
    assert np.allclose(fit.cov, expected, atol=6e-6)
    assert pytest.approx(2.0563, abs=PRINTED) == fit.result.Q  # the chapter prints 2.057


def test_log_risk_ratios_page_364() -> None:
    effects, fit = _fitted("RR")
    assert effects.yi == pytest.approx([0.4700, 0.0645, 0.2877, 0.6286, -0.0645, 0.4055], abs=PRINTED)
    assert fit.estimate == pytest.approx([0.4875, 0.0006, 0.4047], abs=PRINTED)


def test_standardised_differences_page_367() -> None:
    means = np.array([7.87, 4.35, 9.32, 8.08, 7.44, 5.34])
    shared = np.array([-1.36, -1.36, 0.98, 1.17, 0.45, 0.45])
    sd = np.array([4.2593, 4.2593, 2.8831, 3.1764, 2.9344, 2.9344])
    n_treat, n_control = np.array([25, 22, 38, 50, 30, 30]), np.array([25, 25, 40, 50, 30, 30])
    n_all = np.array([72, 72, 78, 100, 90, 90])  # all arms of the study, whose SDs are pooled
    treatment = [1, 2, 1, 1, 1, 2]
    d = (means - shared) / sd
    assert d == pytest.approx([2.1670, 1.3406, 2.8927, 2.1754, 2.3821, 1.6664], abs=PRINTED)
    V = arm_covariance(
        "SMD",
        1.0 / n_treat + 1.0 / n_control + d**2 / (2.0 * n_all),
        study=[1, 1, 2, 3, 4, 4],
        treat=treatment,
        control=["control"] * 6,
        n_treat=n_treat,
        n_control=n_control,
        yi=d,
        sd_pooled_over="study",
    )
    X = (np.array(treatment)[:, None] == [1, 2]).astype(float)
    fit = fit_multilevel(d, V, X=X, ci_method="wald")
    assert fit.estimate == pytest.approx([2.3743, 1.5702], abs=PRINTED)
    assert np.allclose(fit.cov, [[0.02257, 0.01244], [0.01244, 0.03554]], atol=6e-6)
    assert pytest.approx(3.9447, abs=PRINTED) == fit.result.Q


def test_two_endpoints_page_371() -> None:
    first = [2.3, 2.5, 2.4, 1.3, 2.5, 2.4, 3.3, 1.7, 1.1, 2.0, 2.8, 2.1, 1.7, 0.6]
    second = [10.3, 6.6, 9.7, 3.1, 8.7, 3.7, 7.5, 8.5, 2.2, 2.1, 3.8, 1.4, 1.8, 3.9]
    sd = [8.2, 7.3, 8.3, 8.9, 8.5, 8.3, 7.7, 9.8, 9.1, 10.4, 9.6, 7.9, 9.2, 10.2]
    r = [0.55, 0.43, 0.57, 0.66, 0.51, 0.59, 0.49]
    n_1, n_2 = np.repeat([22, 21, 26, 18, 38, 42, 39], 2), np.repeat([24, 21, 23, 18, 36, 42, 38], 2)
    d = np.round((np.array(second) - np.array(first)) / sd, 3)  # rounded in the chapter
    v = 1.0 / n_1 + 1.0 / n_2 + d**2 / (2.0 * (n_1 + n_2))
    # One correlation per school: a covariance for each, put side by side.
    rows, blocks = [], []
    for school in range(7):
        at = np.array([2 * school, 2 * school + 1])
        one = arm_covariance(
            "SMD",
            v[at],
            study=[school, school],
            treat=["after", "after"],
            control=["before", "before"],
            n_treat=n_1[at],
            n_control=n_2[at],
            yi=d[at],
            outcome=["maths", "reading"],
            rho=r[school],
        )
        rows.append(at)
        blocks.append(one.blocks[0])
    V = SamplingCovariance(tuple(rows), tuple(blocks), tuple(range(7)))
    X = np.tile(np.eye(2), (7, 1))
    fit = fit_multilevel(d, V, X=X, ci_method="wald")
    # The chapter rounds variances and covariances to four digits before it goes on and prints 19.62.
    assert pytest.approx(19.62, abs=0.02) == fit.result.Q
