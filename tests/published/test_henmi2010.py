"""Henmi & Copas (2010), Confidence intervals for random effects meta-analysis and robustness to publication
bias, Stat Med 29:2969-2983: acupoint P6 stimulation against nausea (Lee & Done 2004), log odds ratios.

Numbers of page 2978 as metafor's test of this page records them. Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import pytest

from metamsc.effects import compute_effects
from metamsc.models.henmi_copas import henmi_copas
from metamsc.models.pool import pool
from tests.published.printed import digits

# Lee A & Done ML (2004), Cochrane Database Syst Rev, CD003281: nausea with stimulation and with sham, of
# how many
TRIALS = [
    (18, 100, 20, 100), (5, 50, 18, 50), (9, 20, 7, 20), (32, 135, 31, 139), (9, 23, 10, 23), (11, 18, 12,
    18),
    (69, 122, 80, 122), (3, 25, 12, 25), (1, 30, 1, 30), (11, 30, 19, 30), (7, 44, 16, 39), (4, 47, 6, 47),
    (1, 30, 13, 30), (24, 40, 71, 80), (16, 50, 53, 88), (28, 110, 25, 111),
]  # fmt: skip
A, N1, C, N2 = (list(column) for column in zip(*TRIALS, strict=True))
EFFECTS = compute_effects("OR", events_treat=A, n_treat=N1, events_control=C, n_control=N2)


def test_dersimonian_laird() -> None:
    r = pool(EFFECTS.yi, EFFECTS.vi, tau2_method="DL", ci_method="wald")
    assert r.heterogeneity.tau2 == pytest.approx(0.3325, abs=digits(4))
    assert r.estimate == pytest.approx(-0.6787, abs=digits(4))
    assert (r.ci.low, r.ci.high) == pytest.approx((-1.0664, -0.2911), abs=digits(4))


def test_henmi_copas() -> None:
    r = henmi_copas(EFFECTS.yi, EFFECTS.vi)
    assert r.estimate == pytest.approx(-0.5145, abs=digits(4))
    assert (r.ci.low, r.ci.high) == pytest.approx((-0.9994, -0.0295), abs=digits(4))
